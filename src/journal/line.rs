//! A record as one line of an export: its JSON exactly as it is stored, with its hash as the last member.
//!
//! The hash is over the line without `,"hash":"…"`, so the chain can be checked without this program.
//!
//! A record out of which somebody who left was taken has one member more before its hash, `,"attested_by":12`: the line without both hashes to
//! what record 12 says of it, and not to its hash, which is the one that the next record names ([`super::attest`]).

use super::attest::Held;
use super::digest::Digest;
use super::store::StoredRecord;
use std::io::{self, Write};

const OPEN: &[u8] = b",\"hash\":\"";
const CLOSE: &[u8] = b"\"}";
const HASH_DIGITS: usize = 64;
const ATTESTED: &[u8] = b",\"attested_by\":";
/// How many digits a record's number has at most.
const NUMBER_DIGITS: usize = 20;

/// How much longer than the record its line is at most, without the line break.
pub const OVERHEAD: usize = ATTESTED.len() + NUMBER_DIGITS + OPEN.len() + HASH_DIGITS + 1;

/// A line as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The record.
    pub stored: StoredRecord,
    /// How its bytes are said to hold. Where a later record is named, whoever reads must hear it before the bytes are believed.
    pub held: Held,
}

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
pub fn write(stored: &StoredRecord, held: Held, to: &mut impl Write) -> io::Result<()> {
    let Some((_brace, members)) = stored.bytes.split_last() else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "an empty record"));
    };
    to.write_all(members)?;
    match held {
        Held::AsWritten => {}
        Held::Rewritten { by } => {
            to.write_all(ATTESTED)?;
            write!(to, "{by}")?;
        }
    }
    to.write_all(OPEN)?;
    write!(to, "{}", stored.hash)?;
    to.write_all(CLOSE)?;
    to.write_all(b"\n")
}

/// Reads a line (without its line break) back into the bytes that were stored. `seq` is the number that it must have to
/// be the next; whether it has is for the chain to say.
///
/// # Errors
/// When there is no hash, or it is not that of the rest and no later record is named that says why.
pub fn read(line: &[u8], seq: u64) -> Result<Line, NotALine> {
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
    let (members, held) = match attested_by(members) {
        Some((members, by)) => (members, Held::Rewritten { by }),
        None => (members, Held::AsWritten),
    };
    let mut bytes = Vec::with_capacity(members.len() + 1);
    bytes.extend_from_slice(members);
    bytes.push(b'}');
    // one that holds by itself is written without anybody's word
    if (Digest::of(&bytes) == hash) != (held == Held::AsWritten) {
        return Err(NotALine::Altered);
    }
    Ok(Line { stored: StoredRecord { seq, hash, bytes }, held })
}

/// Takes the number of the attesting record off the end. A record itself ends with `"prev":"…"`, so it cannot be taken for one.
fn attested_by(members: &[u8]) -> Option<(&[u8], u64)> {
    let digits = members.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (rest, number) = members.split_at(members.len() - digits);
    let by: u64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    // one spelling only
    (by.to_string().len() == digits).then_some((rest.strip_suffix(ATTESTED)?, by))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_line_is_the_record_and_its_hash() {
        let stored = StoredRecord::seal(3, br#"{"v":1,"note":"\"}"}"#.to_vec());
        let mut line = Vec::new();
        write(&stored, Held::AsWritten, &mut line).unwrap();
        let text = std::str::from_utf8(&line).unwrap();
        assert_eq!(text, format!("{{\"v\":1,\"note\":\"\\\"}}\",\"hash\":\"{}\"}}\n", stored.hash));
        assert!(line.len() <= stored.bytes.len() + OVERHEAD + 1);
        let held = Held::AsWritten;
        assert_eq!(read(line.trim_ascii_end(), 3), Ok(Line { stored, held }));
    }

    #[test]
    fn a_changed_line_is_noticed() {
        let stored = StoredRecord::seal(1, br#"{"v":1}"#.to_vec());
        let mut line = Vec::new();
        write(&stored, Held::AsWritten, &mut line).unwrap();
        line.pop();
        for at in 0..line.len() {
            let mut changed = line.clone();
            changed[at] ^= 1;
            assert!(read(&changed, 1).is_err(), "byte {at}");
            assert!(read(&line[..at], 1).is_err(), "cut at {at}");
        }
        assert_eq!(read(&line, 1).unwrap().stored, stored);
    }

    #[test]
    fn a_rewritten_record_names_who_attests_it() {
        let stored = StoredRecord {
            bytes: br#"{"v":1,"prev":"0"}"#.to_vec(),
            ..StoredRecord::seal(1, br#"{"v":1,"name":"n","prev":"0"}"#.to_vec())
        };
        let held = Held::Rewritten { by: 12 };
        let mut line = Vec::new();
        write(&stored, held, &mut line).unwrap();
        let text = String::from_utf8(line).unwrap();
        let hash = stored.hash;
        assert_eq!(
            text,
            format!(r#"{{"v":1,"prev":"0","attested_by":12,"hash":"{hash}"}}"#) + "\n"
        );
        assert_eq!(read(text.trim_end().as_bytes(), 1), Ok(Line { stored, held }));
        for wrong in ["", "012", "-1", "99999999999999999999", "\"12\""] {
            let other = text.trim_end().replace("_by\":12", &format!("_by\":{wrong}"));
            assert_eq!(read(other.as_bytes(), 1), Err(NotALine::Altered), "{wrong}");
        }
        let bare = text.trim_end().replace(",\"attested_by\":12", "");
        assert_eq!(read(bare.as_bytes(), 1), Err(NotALine::Altered));
    }
}
