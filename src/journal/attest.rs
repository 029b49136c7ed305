//! Records that may differ from what their hash was made of, because a later record says so.
//!
//! The hash of a record covers its whole text, and the next record names that hash: nothing can be taken out of a record without
//! breaking the chain, and the chain is not made anew, for then nothing would tell it from a forged one. So a record out of which a
//! person was taken ([`forget`](super::forget)) keeps its hash, and a later record of the same chain ([`Input::Forgotten`]) bears the hash of
//! its text now. Where the bytes of a record do not hash to the record's hash, they must hash to one that a later record *attests*; the chain
//! itself runs over the hashes as they always were.
//!
//! - Whoever alters a record without that is found out as ever. Whoever drops the attesting record breaks the chain.
//! - The attesting record is looked for where a record does not hold by itself, once, from there to the journal's end. There is no index that
//!   could be wrong, and a start that reads no such record pays nothing.
//! - An attesting record may have been rewritten in its turn; then it counts when a later one attests it.
//! - Every record of which something is taken on a later one's word stands before it, so whoever reads to the end has also checked
//!   the one that gave the word, by its hash and by the chain.

use super::chain::{self, Break, Why};
use super::digest::Digest;
use super::store::{Store, StoredRecord};
use crate::domain::input::{Forgotten, Input};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// How an attesting record's input begins in its JSON.
const MARK: &[u8] = b"\"input\":{\"forgotten\":";
/// Its place: before it stand version, number and time only.
const MARK_WITHIN: usize = 160;

/// How a record's bytes hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// They are those that were hashed.
    AsWritten,
    /// They are others, by the word of this later record.
    Rewritten {
        /// Its number.
        by: u64,
    },
}

/// What a record attests; `None`: it is of another kind.
#[must_use]
pub fn attests(stored: &StoredRecord) -> Option<Forgotten> {
    let head = &stored.bytes[..stored.bytes.len().min(MARK_WITHIN)];
    if !head.windows(MARK.len()).any(|part| part == MARK) {
        return None;
    }
    let record = chain::record_of(stored).ok()?;
    if let Input::Forgotten(forgotten) = record.input { Some(forgotten) } else { None }
}

/// What is attested of records, by their number: the hashes of texts that they may have, each with who says so.
#[derive(Clone, Debug, Default)]
pub struct Attested(BTreeMap<u64, Vec<(Digest, u64)>>);

impl Attested {
    /// Whose word there is for a record's having bytes of that hash.
    #[must_use]
    pub fn by(&self, seq: u64, bytes: Digest) -> Option<u64> {
        let known = self.0.get(&seq)?;
        known.iter().find(|(hash, _)| *hash == bytes).map(|(_, by)| *by)
    }

    /// How a record holds.
    ///
    /// # Errors
    /// [`Why::Altered`].
    pub fn holds(&self, stored: &StoredRecord) -> Result<Held, Break> {
        let bytes = Digest::of(&stored.bytes);
        if bytes == stored.hash {
            return Ok(Held::AsWritten);
        }
        let by = self.by(stored.seq, bytes).map(|by| Held::Rewritten { by });
        by.ok_or(Break { seq: stored.seq, why: Why::Altered })
    }
}

/// Attesting records as they are met; whether each counts shows when all are there.
#[derive(Clone, Debug, Default)]
pub struct Gathering(Vec<(u64, Option<Digest>, Forgotten)>);

impl Gathering {
    /// Takes a record; those of other kinds are passed over.
    pub fn take(&mut self, stored: &StoredRecord) {
        if let Some(forgotten) = attests(stored) {
            let bytes = Digest::of(&stored.bytes);
            self.0.push((stored.seq, (bytes != stored.hash).then_some(bytes), forgotten));
        }
    }

    /// What they attest together. The last one counts by its own hash; one before it that was rewritten counts by the word of a later one.
    #[must_use]
    pub fn attested(mut self) -> Attested {
        self.0.sort_by_key(|(seq, _, _)| *seq);
        let mut all = Attested::default();
        for (by, rewritten, forgotten) in self.0.into_iter().rev() {
            if rewritten.is_some_and(|bytes| all.by(by, bytes).is_none()) {
                continue;
            }
            for one in forgotten.records.into_iter().filter(|one| one.seq < by) {
                if let Ok(hash) = one.hash.parse() {
                    all.0.entry(one.seq).or_default().push((hash, by));
                }
            }
        }
        all
    }
}

/// Checks the records of a store, one after the other.
#[derive(Debug)]
pub(super) struct Checker<'s, S: ?Sized> {
    store: &'s S,
    attested: Option<Attested>,
}

impl<'s, S: Store + ?Sized> Checker<'s, S> {
    pub(super) const fn of(store: &'s S) -> Self {
        Self { store, attested: None }
    }

    /// How a record holds.
    ///
    /// # Errors
    /// [`Why::Altered`].
    pub(super) fn holds(&mut self, stored: &StoredRecord) -> Result<Held, Break> {
        if Digest::of(&stored.bytes) == stored.hash {
            return Ok(Held::AsWritten);
        }
        let store = self.store;
        self.attested.get_or_insert_with(|| attested_after(store, stored.seq)).holds(stored)
    }
}

/// What the records after this one attest. Where the store cannot be read any further, what comes later counts for nothing: whoever
/// walks there is told why.
fn attested_after<S: Store + ?Sized>(store: &S, seq: u64) -> Attested {
    let mut gathering = Gathering::default();
    let read = store.read(seq + 1, &mut |stored| {
        gathering.take(&stored);
        ControlFlow::Continue(())
    });
    if let Err(error) = read {
        tracing::warn!(seq, %error, "고친 기록의 증명을 저널의 끝까지 찾지 못했습니다");
    }
    gathering.attested()
}

/// Records that come one after the other from a file, where nothing can be looked up: what they owe to a later record's word is
/// settled at the end.
#[derive(Debug, Default)]
pub struct Pledges {
    gathering: Gathering,
    open: Vec<(u64, Digest)>,
}

impl Pledges {
    /// Takes the next record, as its line says that it holds.
    pub fn take(&mut self, stored: &StoredRecord, held: Held) {
        self.gathering.take(stored);
        match held {
            Held::AsWritten => {}
            Held::Rewritten { .. } => self.owe(stored.seq, Digest::of(&stored.bytes)),
        }
    }

    /// A record whose bytes hash to this, which is not its hash.
    pub fn owe(&mut self, seq: u64, bytes: Digest) {
        self.open.push((seq, bytes));
    }

    /// For how many records a later one must speak.
    #[must_use]
    pub fn owed(&self) -> usize {
        self.open.len()
    }

    /// After the last record: those that are not as they were written and that none after them attests, with the hashes of their bytes.
    #[must_use]
    pub fn unattested(self) -> Vec<(u64, Digest)> {
        let attested = self.gathering.attested();
        let open = self.open.into_iter();
        open.filter(|(seq, bytes)| attested.by(*seq, *bytes).is_none()).collect()
    }

    /// After the last record.
    ///
    /// # Errors
    /// The first record that is not as it was written and that none after it attests.
    pub fn settle(self) -> Result<(), Break> {
        match self.unattested().first() {
            Some((seq, _)) => Err(Break { seq: *seq, why: Why::Unattested }),
            None => Ok(()),
        }
    }
}
