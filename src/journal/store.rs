//! What the journal asks of a place that keeps bytes.

use super::chain::{Break, Tail};
use super::digest::Digest;
use crate::domain::time::Time;
use serde::{Deserialize, Serialize};
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// The longest record, in bytes of JSON. The largest inputs are the data folder's texts, far below this.
pub const MAX_RECORD_BYTES: usize = 4 << 20;

/// How many snapshots a store keeps: the newest may turn out to be unreadable.
pub const SNAPSHOTS_KEPT: usize = 2;

/// One record as it is kept: its bytes, and the hash under which they were handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its place in the journal, from 1.
    pub seq: u64,
    /// What its bytes hashed to when they were written. Whoever reads it checks that they still do.
    pub hash: Digest,
    /// The record's JSON.
    pub bytes: Vec<u8>,
}

impl StoredRecord {
    /// A record about to be kept.
    #[must_use]
    pub fn seal(seq: u64, bytes: Vec<u8>) -> Self {
        Self { seq, hash: Digest::of(&bytes), bytes }
    }
}

/// A sign of life: when, and which record was the last one then.
///
/// It is written after that record was durable, so a journal that ends before it has lost something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alive {
    /// When the process was alive.
    pub at: Time,
    /// The last record then; 0 when there was none.
    pub seq: u64,
    /// The hash of that record.
    pub hash: Digest,
}

impl Alive {
    /// The journal's end then.
    #[must_use]
    pub const fn tail(&self) -> Tail {
        Tail { seq: self.seq, hash: self.hash }
    }
}

/// A place that keeps records, snapshots and signs of life as bytes. What they mean, and whether they fit together, is
/// [`Journal`](super::Journal)'s concern.
///
/// A store belongs to one writer at a time. An embedded store holds a lock on its folder for as long as it is open; a
/// store shared by machines lets [`append`](Store::append) of a writer whose lease is gone fail with
/// [`AppendError::Stale`].
pub trait Store: Send {
    /// Whether this writer may act: whoever shares its store with others does not act outside once its lease may be another's, for what
    /// it owes is that one's to carry out.
    fn leads(&self) -> bool {
        true
    }

    /// The last record, if there is one.
    ///
    /// # Errors
    /// When the store cannot be read, or the record is not whole.
    fn last(&self) -> Result<Option<StoredRecord>, StoreError>;

    /// Hands over the records from `from` on, in order, until `each` breaks. A number that is missing is passed over
    /// without a word: whoever reads counts.
    ///
    /// # Errors
    /// When the store cannot be read, or a record is not whole ([`StoreError::Damaged`]).
    fn read(
        &self,
        from: u64,
        each: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// Keeps the whole batch or nothing of it. When this returns `Ok`, the batch survives a loss of power.
    ///
    /// `batch` is numbered without gaps from `expected_next`.
    ///
    /// # Errors
    /// [`AppendError::Stale`] when another writer went on after the record before `expected_next`; nothing was kept
    /// then. [`AppendError::Doubtful`] when the outcome is unknown.
    fn append(&mut self, expected_next: u64, batch: &[StoredRecord]) -> Result<(), AppendError>;

    /// The records for which a snapshot is kept, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn snapshots(&self) -> Result<Vec<u64>, StoreError>;

    /// One of the snapshots listed.
    ///
    /// # Errors
    /// When it cannot be read.
    fn snapshot(&self, seq: u64) -> Result<Vec<u8>, StoreError>;

    /// Keeps a snapshot, durably, and drops all but the newest [`SNAPSHOTS_KEPT`].
    ///
    /// # Errors
    /// When it could not be kept. The older ones are there still.
    fn put_snapshot(&mut self, seq: u64, bytes: &[u8]) -> Result<(), StoreError>;

    /// Notes a sign of life, cheaply: it survives a killed process at once, a loss of power within seconds.
    ///
    /// # Errors
    /// When it could not be written.
    fn note_alive(&mut self, alive: &Alive) -> Result<(), StoreError>;

    /// The newest sign of life; one that cannot be read counts as none.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn last_alive(&self) -> Result<Option<Alive>, StoreError>;
}

/// A store in which a record can get another text under the hash that it has: what [`forget`](super::forget) needs, and nothing else uses.
pub trait Erase: Store {
    /// Keeps these bytes for records that are there, in place of what they were; their hashes stay. The whole batch or nothing of it. When
    /// this returns `Ok`, it survives a loss of power, and nothing that is read brings the old bytes back.
    ///
    /// # Errors
    /// When it was not kept; doing it again does no harm.
    fn rewrite(&mut self, batch: &[StoredRecord]) -> Result<(), StoreError>;

    /// Drops all snapshots, and whatever else is a copy of what records say.
    ///
    /// # Errors
    /// When one is still there.
    fn drop_copies(&mut self) -> Result<(), StoreError>;
}

impl<S: Store + ?Sized> Store for Box<S> {
    fn leads(&self) -> bool {
        (**self).leads()
    }

    fn last(&self) -> Result<Option<StoredRecord>, StoreError> {
        (**self).last()
    }

    fn read(
        &self,
        from: u64,
        each: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        (**self).read(from, each)
    }

    fn append(&mut self, expected_next: u64, batch: &[StoredRecord]) -> Result<(), AppendError> {
        (**self).append(expected_next, batch)
    }

    fn snapshots(&self) -> Result<Vec<u64>, StoreError> {
        (**self).snapshots()
    }

    fn snapshot(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        (**self).snapshot(seq)
    }

    fn put_snapshot(&mut self, seq: u64, bytes: &[u8]) -> Result<(), StoreError> {
        (**self).put_snapshot(seq, bytes)
    }

    fn note_alive(&mut self, alive: &Alive) -> Result<(), StoreError> {
        (**self).note_alive(alive)
    }

    fn last_alive(&self) -> Result<Option<Alive>, StoreError> {
        (**self).last_alive()
    }
}

/// Why a store could not do its part.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the folder open.
    #[error(
        "상태 폴더 {folder}을(를) 다른 coc 프로세스가 쓰고 있습니다. 그 프로세스를 끝내거나 --state로 다른 폴더를 정해 주십시오. 예: --state /var/lib/coc2"
    )]
    Busy {
        /// The state folder.
        folder: PathBuf,
    },
    /// The folder or a file in it cannot be made, read or written.
    #[error(
        "상태 폴더의 {path}을(를) 쓸 수 없습니다: {source}. 쓰기 권한과 남은 공간을 확인해 주십시오. 예: --state /var/lib/coc"
    )]
    Folder {
        /// What could not be used.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A value bears a layout that this program does not know.
    #[error(
        "저장된 값의 형식이 {found}입니다. 이 프로그램이 아는 형식은 {known}입니다. 더 새로운 coc로 열어 주십시오."
    )]
    Layout {
        /// What was read.
        found: u8,
        /// What is expected.
        known: u8,
    },
    /// A record is not as it was written.
    #[error(transparent)]
    Damaged(#[from] Break),
    /// The embedded database gave up.
    #[error("저장소 오류: {doing}: {source}")]
    Failed {
        /// What was tried.
        doing: &'static str,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Why a batch was not kept, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else went on with the journal. Nothing was kept. Whoever gets this is not the writer any more and steps
    /// down.
    #[error(
        "다른 프로세스가 먼저 기록했습니다. {expected}번을 쓰려 했으나 저장소의 다음 번호는 {next}번입니다. 이 프로세스는 물러납니다."
    )]
    Stale {
        /// What this writer took for the next number.
        expected: u64,
        /// What the next number is.
        next: u64,
    },
    /// One record is too long. Nothing was kept, and the journal can go on.
    #[error("기록 하나가 {bytes}바이트입니다. {limit}바이트까지 저장할 수 있습니다.")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// [`MAX_RECORD_BYTES`].
        limit: usize,
    },
    /// A record has no form as JSON. Nothing was kept, and the journal can go on.
    #[error("기록을 JSON으로 쓸 수 없습니다: {0}")]
    Unwritable(#[source] serde_json::Error),
    /// Whether the batch was kept is unknown until the store is opened again. The journal takes no more.
    #[error("기록이 저장되었는지 알 수 없습니다. 다시 시작하면 저장된 데서 이어집니다. 원인: {0}")]
    Doubtful(#[source] StoreError),
    /// The outcome of an earlier batch is unknown, so nothing can follow it.
    #[error("앞선 저장의 결과를 알 수 없어 더 기록하지 않습니다. coc를 다시 시작해 주십시오.")]
    Closed,
}
