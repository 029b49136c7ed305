//! A store whose appends are measured, and whose signs of life are watched.

use super::Health;
use crate::journal::{Alive, AppendError, Store, StoreError, StoredRecord};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct Measured<S> {
    pub(super) store: S,
    pub(super) health: Arc<Health>,
}

impl<S: Store> Store for Measured<S> {
    fn last(&self) -> Result<Option<StoredRecord>, StoreError> {
        self.store.last()
    }

    fn read(
        &self,
        from: u64,
        each: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.store.read(from, each)
    }

    fn append(&mut self, expected_next: u64, batch: &[StoredRecord]) -> Result<(), AppendError> {
        let began = Instant::now();
        let appended = self.store.append(expected_next, batch);
        let metrics = &self.health.metrics;
        match &appended {
            Ok(()) => {
                let bytes = batch.iter().map(|stored| stored.bytes.len()).sum();
                metrics.appended(batch.len(), bytes, began.elapsed());
            }
            Err(_) => metrics.append_failed(),
        }
        appended
    }

    fn snapshots(&self) -> Result<Vec<u64>, StoreError> {
        self.store.snapshots()
    }

    fn snapshot(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        self.store.snapshot(seq)
    }

    fn put_snapshot(&mut self, seq: u64, bytes: &[u8]) -> Result<(), StoreError> {
        self.store.put_snapshot(seq, bytes)
    }

    fn note_alive(&mut self, alive: &Alive) -> Result<(), StoreError> {
        let noted = self.store.note_alive(alive);
        self.health.unwritable.store(noted.is_err(), Ordering::Relaxed);
        noted
    }

    fn last_alive(&self) -> Result<Option<Alive>, StoreError> {
        self.store.last_alive()
    }
}
