//! A journal's store in memory: for replay, and for tests that crash what writes to it.

use super::store::{Alive, AppendError, Erase, SNAPSHOTS_KEPT, Store, StoreError, StoredRecord};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A handle on a store in memory. Clones share what is kept, so a clone held by a test survives the writer's end.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    records: BTreeMap<u64, StoredRecord>,
    snapshots: BTreeMap<u64, Vec<u8>>,
    alive: Option<Alive>,
    failure: Option<Failure>,
}

/// How an append fails; the writer cannot tell the two apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing was kept.
    BeforeEffect,
    /// Everything was kept, only the answer is lost.
    AfterEffect,
}

/// What an append says that was told to fail.
#[derive(Debug, thiserror::Error)]
#[error("시험을 위해 실패하도록 정해졌습니다")]
struct Told;

impl Memory {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the next append fail, through whichever handle it comes.
    pub fn fail_next(&self, failure: Failure) {
        self.kept().failure = Some(failure);
    }

    /// All records as they are kept, for a test to look at.
    #[must_use]
    pub fn records(&self) -> Vec<StoredRecord> {
        self.kept().records.values().cloned().collect()
    }

    /// Changes what is kept behind the journal's back, as a broken disk would: the record at `seq` becomes what `damage`
    /// makes of it, or nothing.
    pub fn tamper(&self, seq: u64, damage: impl FnOnce(StoredRecord) -> Option<StoredRecord>) {
        let mut kept = self.kept();
        if let Some(damaged) = kept.records.remove(&seq).and_then(damage) {
            kept.records.insert(damaged.seq, damaged);
        }
    }

    /// The same for a snapshot.
    pub fn tamper_snapshot(&self, seq: u64, damage: impl FnOnce(&mut Vec<u8>)) {
        self.kept().snapshots.get_mut(&seq).map(damage);
    }

    /// The number that the next record gets.
    pub(super) fn next(&self) -> u64 {
        self.kept().next()
    }

    /// Every change is made by one statement, so a thread that panicked left nothing half done.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn next(&self) -> u64 {
        self.records.last_key_value().map_or(1, |(seq, _)| seq + 1)
    }
}

impl Store for Memory {
    fn last(&self) -> Result<Option<StoredRecord>, StoreError> {
        Ok(self.kept().records.last_key_value().map(|(_, stored)| stored.clone()))
    }

    fn read(
        &self,
        from: u64,
        each: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        // One at a time: whoever reads may look at this store meanwhile.
        let mut from = from;
        loop {
            let next = self.kept().records.range(from..).next().map(|(_, stored)| stored.clone());
            let Some(stored) = next else { return Ok(()) };
            from = stored.seq + 1;
            if each(stored).is_break() {
                return Ok(());
            }
        }
    }

    fn append(&mut self, expected_next: u64, batch: &[StoredRecord]) -> Result<(), AppendError> {
        let mut kept = self.kept();
        let next = kept.next();
        if next != expected_next {
            return Err(AppendError::Stale { expected: expected_next, next });
        }
        let failure = kept.failure.take();
        if failure != Some(Failure::BeforeEffect) {
            kept.records.extend(batch.iter().map(|stored| (stored.seq, stored.clone())));
        }
        match failure {
            None => Ok(()),
            Some(Failure::BeforeEffect | Failure::AfterEffect) => {
                Err(AppendError::Doubtful(StoreError::Failed {
                    doing: "기록 저장",
                    source: Box::new(Told),
                }))
            }
        }
    }

    fn snapshots(&self) -> Result<Vec<u64>, StoreError> {
        Ok(self.kept().snapshots.keys().rev().copied().collect())
    }

    fn snapshot(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        Ok(self.kept().snapshots.get(&seq).cloned().unwrap_or_default())
    }

    fn put_snapshot(&mut self, seq: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let mut kept = self.kept();
        kept.snapshots.insert(seq, bytes.to_vec());
        while kept.snapshots.len() > SNAPSHOTS_KEPT {
            kept.snapshots.pop_first();
        }
        Ok(())
    }

    fn note_alive(&mut self, alive: &Alive) -> Result<(), StoreError> {
        self.kept().alive = Some(*alive);
        Ok(())
    }

    fn last_alive(&self) -> Result<Option<Alive>, StoreError> {
        Ok(self.kept().alive)
    }
}

impl Erase for Memory {
    fn rewrite(&mut self, batch: &[StoredRecord]) -> Result<(), StoreError> {
        self.kept().records.extend(batch.iter().map(|stored| (stored.seq, stored.clone())));
        Ok(())
    }

    fn drop_copies(&mut self) -> Result<(), StoreError> {
        self.kept().snapshots.clear();
        Ok(())
    }
}
