//! The chain: every record names the one before it by its hash.

use super::digest::Digest;
use super::store::StoredRecord;
use super::{FORMAT, Record};
use serde::Deserialize;

/// The end of a journal, or of the part of it that was read: the last record's number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The last record; 0 when there is none.
    pub seq: u64,
    /// Its hash; [`Digest::START`] when there is none.
    pub hash: Digest,
}

impl Tail {
    /// Before the first record.
    pub const START: Self = Self { seq: 0, hash: Digest::START };
}

/// What of a record makes the chain; enough to follow it without knowing inputs and changes.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Link {
    /// The record's layout.
    pub v: u32,
    /// The number that the record gives itself.
    pub seq: u64,
    /// The hash of the record before.
    pub prev: Digest,
}

/// Where the chain breaks, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("기록 {seq}번: {why}")]
pub struct Break {
    /// The first record that does not hold.
    pub seq: u64,
    /// What is wrong with it.
    pub why: Why,
}

/// How a chain breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// There is none of that number, but later ones.
    #[error("이 번호가 없고 {found}번이 이어집니다")]
    Missing {
        /// The number found in its place.
        found: u64,
    },
    /// The bytes are not those that were hashed.
    #[error("내용이 해시와 맞지 않습니다")]
    Altered,
    /// The bytes are not those that were hashed, and none of the records after it says that they may be others.
    #[error("고쳐진 기록이고, 고친 것을 증명하는 기록이 뒤에 없습니다")]
    Unattested,
    /// It does not name the record before it.
    #[error("앞 기록의 해시와 이어지지 않습니다")]
    Unlinked,
    /// It is kept under another number than it bears.
    #[error("내용에는 {says}번이라고 적혀 있습니다")]
    Misnumbered {
        /// The number in its text.
        says: u64,
    },
    /// It is of a layout that this program does not know.
    #[error(
        "형식 v{v}을(를) 이 프로그램은 모릅니다. 아는 형식은 v{FORMAT}입니다. 더 새로운 coc로 실행해 주십시오"
    )]
    UnknownVersion {
        /// Its layout.
        v: u32,
    },
    /// Its layout is known, but this program does not know what it says.
    #[error(
        "이 프로그램이 읽을 수 없는 내용입니다 ({column}번째 글자). 더 새로운 coc가 쓴 기록인지 확인해 주십시오"
    )]
    Unreadable {
        /// Where reading stopped. The parser's own words would quote the record.
        column: usize,
    },
    /// It is another record than the one known to have been there.
    #[error("전에 확인된 기록과 다른 기록입니다")]
    Replaced,
    /// A part of it is not there.
    #[error("저장된 값이 온전하지 않습니다")]
    Incomplete,
}

/// Reads what makes the chain.
///
/// # Errors
/// [`Why::UnknownVersion`] and [`Why::Unreadable`].
pub fn link_of(stored: &StoredRecord) -> Result<Link, Break> {
    parse(stored, |link: &Link| link.v)
}

/// Reads a whole record.
///
/// # Errors
/// [`Why::UnknownVersion`] and [`Why::Unreadable`].
pub fn record_of(stored: &StoredRecord) -> Result<Record, Break> {
    parse(stored, |record: &Record| record.v)
}

/// The version is judged first, also where the rest cannot be read: of a record of another layout nothing else is known.
fn parse<'a, T: Deserialize<'a>>(
    stored: &'a StoredRecord,
    version: impl Fn(&T) -> u32,
) -> Result<T, Break> {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    let parsed = serde_json::from_slice::<T>(&stored.bytes);
    let v = match &parsed {
        Ok(known) => Some(version(known)),
        Err(_) => serde_json::from_slice(&stored.bytes).ok().map(|Version { v }| v),
    };
    let why = match (v, parsed) {
        (Some(FORMAT), Ok(known)) => return Ok(known),
        (Some(FORMAT) | None, Err(error)) => Why::Unreadable { column: error.column() },
        (Some(v), _) => Why::UnknownVersion { v },
        (None, Ok(_)) => unreachable!("what was parsed has a version"),
    };
    Err(Break { seq: stored.seq, why })
}

impl From<&Record> for Link {
    fn from(record: &Record) -> Self {
        Self { v: record.v, seq: record.seq, prev: record.prev }
    }
}

impl Tail {
    /// Whether these are the bytes that were hashed.
    ///
    /// # Errors
    /// [`Why::Altered`].
    pub fn unaltered(stored: &StoredRecord) -> Result<(), Break> {
        if Digest::of(&stored.bytes) == stored.hash {
            Ok(())
        } else {
            Err(Break { seq: stored.seq, why: Why::Altered })
        }
    }

    /// Goes on to the next record, whose bytes were found [`unaltered`](Self::unaltered), or attested.
    ///
    /// # Errors
    /// [`Why::Missing`], [`Why::Misnumbered`], [`Why::Unlinked`].
    pub fn follow(&mut self, stored: &StoredRecord, link: Link) -> Result<(), Break> {
        let expected = self.seq + 1;
        let broken = |seq, why| Err(Break { seq, why });
        if stored.seq != expected {
            return broken(expected, Why::Missing { found: stored.seq });
        }
        if link.seq != stored.seq {
            return broken(stored.seq, Why::Misnumbered { says: link.seq });
        }
        if link.prev != self.hash {
            return broken(stored.seq, Why::Unlinked);
        }
        *self = Self { seq: stored.seq, hash: stored.hash };
        Ok(())
    }
}
