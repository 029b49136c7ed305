//! A proof that a few records stand in one chain, which anybody can check without the records between them.
//!
//! A record that is shown is there with its bytes. Of one that is not shown ([`Bridge`]) only its end is there, in which the hash of
//! the record before it stands, and the state of SHA-256 at the block before that end: from both follows the record's hash, and so
//! that it names the record before it. What else stands in it stays unknown, but for the last few bytes.
//!
//! To find another end, or another state, with the same hash is as hard as to find another record with that hash.

use super::StoredRecord;
use super::digest::Digest;
use sha2::compress256;
use sha2::digest::generic_array::GenericArray;

/// SHA-256 works through this many bytes at a time.
const BLOCK: usize = 64;

/// What SHA-256 begins with (FIPS 180-4, 5.3.3).
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// How the end of a record begins, in which the hash of the record before it stands.
const OPEN: &[u8] = b",\"prev\":\"";
const CLOSE: &[u8] = b"\"}";
const HASH_DIGITS: usize = 64;
/// How long that end is, in bytes.
const END: usize = OPEN.len() + HASH_DIGITS + CLOSE.len();

/// What is shown of a record whose contents are not: that it hangs on the record before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bridge {
    /// How many bytes stand before [`rest`](Self::rest); a multiple of 64.
    pub before: u64,
    /// What SHA-256 has come to after them.
    pub state: [u8; 32],
    /// The record's end: at most 63 bytes of its contents, then `,"prev":"…"}`.
    pub rest: Vec<u8>,
}

/// A record that does not end with the hash of the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("기록의 끝에서 앞 기록의 해시를 읽을 수 없습니다")]
pub struct NoLink;

/// The hash of the record before, as it stands at a record's end.
///
/// # Errors
/// When nothing of the kind stands there.
pub fn prev_at_end(bytes: &[u8]) -> Result<Digest, NoLink> {
    let start = bytes.len().checked_sub(END).ok_or(NoLink)?;
    let inner = bytes[start..].strip_prefix(OPEN).ok_or(NoLink)?;
    let digits = inner.strip_suffix(CLOSE).ok_or(NoLink)?;
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).ok_or(NoLink)
}

impl Bridge {
    /// What is shown of this record.
    ///
    /// # Errors
    /// When it does not end with the hash of the one before it.
    pub fn of(stored: &StoredRecord) -> Result<Self, NoLink> {
        prev_at_end(&stored.bytes)?;
        let cut = (stored.bytes.len() - END) / BLOCK * BLOCK;
        let (hidden, rest) = stored.bytes.split_at(cut);
        let mut state = START;
        compress(&mut state, hidden);
        Ok(Self { before: cut as u64, state: bytes_of(state), rest: rest.to_vec() })
    }

    /// The record's hash, and that of the record before it.
    ///
    /// # Errors
    /// When its end names none.
    pub fn link(&self) -> Result<(Digest, Digest), NoLink> {
        let prev = prev_at_end(&self.rest)?;
        if !self.before.is_multiple_of(BLOCK as u64) {
            return Err(NoLink);
        }
        let mut state = words_of(self.state);
        compress(&mut state, &padded(self.before, &self.rest));
        Ok((Digest::from_bytes(bytes_of(state)), prev))
    }
}

/// The end of a message with what SHA-256 puts behind it: a one, zeros, the length in bits.
fn padded(before: u64, rest: &[u8]) -> Vec<u8> {
    let bits = before.wrapping_add(rest.len() as u64).wrapping_mul(8);
    let mut bytes = rest.to_vec();
    bytes.push(0x80);
    while bytes.len() % BLOCK != BLOCK - 8 {
        bytes.push(0);
    }
    bytes.extend(bits.to_be_bytes());
    bytes
}

/// Works through whole blocks.
fn compress(state: &mut [u32; 8], bytes: &[u8]) {
    for block in bytes.chunks_exact(BLOCK) {
        compress256(state, std::slice::from_ref(GenericArray::from_slice(block)));
    }
}

fn bytes_of(state: [u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (four, word) in bytes.chunks_exact_mut(4).zip(state) {
        four.copy_from_slice(&word.to_be_bytes());
    }
    bytes
}

fn words_of(bytes: [u8; 32]) -> [u32; 8] {
    let mut state = [0; 8];
    for (word, four) in state.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = four.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    state
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    fn record(contents: &str, prev: Digest) -> StoredRecord {
        let contents = contents.replace(['"', '\\'], "'");
        StoredRecord::seal(
            2,
            format!("{{\"text\":\"{contents}\",\"prev\":\"{prev}\"}}").into_bytes(),
        )
    }

    #[test]
    fn what_hangs_on_nothing_has_no_bridge() {
        for text in ["", "{}", "{\"prev\":\"0\"}", "{\"text\":\"a\",\"prev\":\"b\"}"] {
            let stored = StoredRecord::seal(1, text.as_bytes().to_vec());
            assert_eq!(Bridge::of(&stored), Err(NoLink), "{text}");
        }
    }

    #[test]
    fn a_changed_bridge_leads_to_another_hash() {
        let prev = Digest::of(b"before");
        let stored = record(&"가".repeat(100), prev);
        let bridge = Bridge::of(&stored).unwrap();
        let mut changed = Vec::new();
        for at in 0..bridge.rest.len() {
            let mut one = bridge.clone();
            one.rest[at] ^= 1;
            changed.push(one);
        }
        for at in 0..32 {
            let mut one = bridge.clone();
            one.state[at] ^= 1;
            changed.push(one);
        }
        changed.push(Bridge { before: bridge.before + 64, ..bridge.clone() });
        changed.push(Bridge { before: bridge.before + 1, ..bridge.clone() });
        for one in changed {
            assert_ne!(one.link(), Ok((stored.hash, prev)), "{one:?}");
        }
    }

    proptest! {
        #[test]
        fn a_bridge_leads_to_the_records_hash(text in "\\PC{0,300}", before in any::<[u8; 8]>()) {
            let prev = Digest::of(&before);
            let stored = record(&text, prev);
            let bridge = Bridge::of(&stored).unwrap();
            prop_assert_eq!(bridge.link(), Ok((stored.hash, prev)));
            prop_assert!(bridge.rest.len() < END + BLOCK);
        }
    }
}
