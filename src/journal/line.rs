//! A record as one line of an export: its JSON exactly as it is stored, with its hash as the last member.
//!
//! The hash is over the line without `,"hash":"…"`, so the chain can be checked without this program.

use super::digest::Digest;
use super::store::StoredRecord;
use std::io::{self, Write};

const OPEN: &[u8] = b",\"hash\":\"";
const CLOSE: &[u8] = b"\"}";
const HASH_DIGITS: usize = 64;

/// How much longer than the record its line is, without the line break.
pub const OVERHEAD: usize = OPEN.len() + HASH_DIGITS + 1;

/// Why a text is no line of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotALine {
    /// The line does not end with its hash.
    #[error("줄 끝의 해시를 읽을 수 없습니다. 줄은 ,\"hash\":\"(64자리)\"}} 로 끝나야 합니다")]
    NoHash,
    /// The hash is of something else.
    #[error("내용이 해시와 맞지 않습니다")]
    Altered,
}

/// Writes the record's line, with its line break.
///
/// # Errors
/// When writing fails.
pub fn write(stored: &StoredRecord, to: &mut impl Write) -> io::Result<()> {
    let Some((_brace, members)) = stored.bytes.split_last() else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "an empty record"));
    };
    to.write_all(members)?;
    to.write_all(OPEN)?;
    write!(to, "{}", stored.hash)?;
    to.write_all(CLOSE)?;
    to.write_all(b"\n")
}

/// Reads a line (without its line break) back into the bytes that were stored. `seq` is the number that it must have to
/// be the next; whether it has is for the chain to say.
///
/// # Errors
/// When there is no hash, or it is not that of the rest.
pub fn read(line: &[u8], seq: u64) -> Result<StoredRecord, NotALine> {
    let body = line.strip_suffix(CLOSE).ok_or(NotALine::NoHash)?;
    let (body, digits) = body
        .len()
        .checked_sub(HASH_DIGITS)
        .and_then(|at| body.split_at_checked(at))
        .ok_or(NotALine::NoHash)?;
    let hash: Digest = std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok())
        .ok_or(NotALine::NoHash)?;
    let members = body.strip_suffix(OPEN).ok_or(NotALine::NoHash)?;
    let mut bytes = Vec::with_capacity(members.len() + 1);
    bytes.extend_from_slice(members);
    bytes.push(b'}');
    if Digest::of(&bytes) != hash {
        return Err(NotALine::Altered);
    }
    Ok(StoredRecord { seq, hash, bytes })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_line_is_the_record_and_its_hash() {
        let stored = StoredRecord::seal(3, br#"{"v":1,"note":"\"}"}"#.to_vec());
        let mut line = Vec::new();
        write(&stored, &mut line).unwrap();
        let text = std::str::from_utf8(&line).unwrap();
        assert_eq!(text, format!("{{\"v\":1,\"note\":\"\\\"}}\",\"hash\":\"{}\"}}\n", stored.hash));
        assert_eq!(line.len(), stored.bytes.len() + OVERHEAD + 1);
        assert_eq!(read(line.trim_ascii_end(), 3), Ok(stored));
    }

    #[test]
    fn a_changed_line_is_noticed() {
        let stored = StoredRecord::seal(1, br#"{"v":1}"#.to_vec());
        let mut line = Vec::new();
        write(&stored, &mut line).unwrap();
        line.pop();
        for at in 0..line.len() {
            let mut changed = line.clone();
            changed[at] ^= 1;
            assert!(read(&changed, 1).is_err(), "byte {at}");
            assert!(read(&line[..at], 1).is_err(), "cut at {at}");
        }
        assert_eq!(read(&line, 1), Ok(stored));
    }
}
