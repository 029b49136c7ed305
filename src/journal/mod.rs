//! The journal: every decision, durable before it is acted upon, chained by hashes.
//!
//! A record's hash is SHA-256 over its JSON exactly as it is stored; the next record's `prev` is that hash. Nothing
//! re-serialises a record that is stored, so a later program that writes its fields otherwise still reads the same chain.
//! The one thing that alters a record is the wish of a person who left to be forgotten ([`forget`]); a later record says so ([`attest`]).
//!
//! Two levels: a [`Store`] keeps bytes by number ([`memory`], [`sled`]); [`Journal`] gives them meaning: layout versions,
//! the chain, snapshots.
//!
//! What is refused, and what is not:
//! - A crash may leave records that nobody was told about. They are whole (a store keeps a batch or nothing of it), so
//!   they stand, and what they owe is carried out.
//! - A record that is there but damaged, be it the very last, is an error that names it ([`JournalError::Broken`]). The
//!   stores leave no half-written tail behind, so such a record was whole once and may have been acted upon. Nothing
//!   drops it silently; a person does, by `coc journal export` (what is intact) and `coc journal restore`.
//! - A journal that ends before its newest sign of life or snapshot has lost records that were acted upon:
//!   [`JournalError::Lost`], and the same way out.
//! - A record of a layout or with contents that this program does not know ([`Why::UnknownVersion`],
//!   [`Why::Unreadable`]) is never passed over.
//! - A snapshot is only a short cut. One that is damaged, of another schema, or of another history is ignored with a
//!   warning, and the journal is read from further back. Only one made after the journal's end says that something is lost.

pub mod attest;
pub mod chain;
pub mod digest;
mod folder;
pub mod forget;
pub mod lease;
mod leased;
pub mod line;
pub mod memory;
pub mod postgres;
pub mod proof;
mod rename;
pub mod sled;
mod snapshot;
pub mod store;

pub use attest::Held;
pub use chain::{Break, Link, Tail, Why};
pub use digest::Digest;
pub(crate) use folder::{Folder, private, sync_folder_of};
pub use leased::{Leased, Reach, Seat};
pub use memory::Memory;
pub use postgres::Postgres;
pub use sled::Sled;
pub use store::{Alive, AppendError, Erase, Store, StoreError, StoredRecord};

use crate::domain::change::Change;
use crate::domain::input::Input;
use crate::domain::time::Time;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use store::MAX_RECORD_BYTES;
use tracing::warn;

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The layout of this record; see [`FORMAT`].
    pub v: u32,
    /// Counted from 1 without gaps.
    pub seq: u64,
    /// When it was decided.
    pub at: Time,
    /// What happened.
    pub input: Input,
    /// What it changed.
    pub changes: Vec<Change>,
    /// The hash of the record before; 64 zeros before the first.
    pub prev: Digest,
}

/// The layout of records written now.
pub const FORMAT: u32 = 1;

/// After this many records a snapshot may be worth its writing; it is when they are as long as the newest one. So all snapshots together
/// cost no more writing than the records, however big the desk has grown, and a start reads no more records than snapshot.
pub const SNAPSHOT_EVERY: u64 = 1000;

/// How long a record is about, where it was not looked at.
const ABOUT_BYTES: u64 = 1024;

/// A decision that is to become a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// When it was decided.
    pub at: Time,
    /// What happened.
    pub input: Input,
    /// What it changes.
    pub changes: Vec<Change>,
}

/// A [`Record`] about to be written, with the same fields in the same order.
#[derive(Serialize)]
struct Draw<'a> {
    v: u32,
    seq: u64,
    at: Time,
    input: &'a Input,
    changes: &'a [Change],
    prev: Digest,
}

/// Why a journal cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// The chain does not hold.
    #[error(
        "저널이 온전하지 않습니다. {0}. `coc journal export`로 온전한 앞부분을 내보내고 `coc journal restore`로 새 상태 폴더를 만들 수 있습니다."
    )]
    Broken(Break),
    /// Records that were acted upon are not there.
    #[error(
        "저널의 뒷부분이 없습니다. {known}번까지 있었으나 {last}번에서 끝납니다. 백업이 있으면 그것으로, 없으면 `coc journal export`로 내보낸 것으로 `coc journal restore`를 실행해 주십시오."
    )]
    Lost {
        /// The last record there is.
        last: u64,
        /// The last record there was, by a sign of life or a snapshot.
        known: u64,
    },
}

impl From<StoreError> for JournalError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged(at) => Self::Broken(at),
            StoreError::Busy { .. }
            | StoreError::Folder { .. }
            | StoreError::Layout { .. }
            | StoreError::Failed { .. } => Self::Store(error),
        }
    }
}

impl From<Break> for JournalError {
    fn from(at: Break) -> Self {
        Self::Broken(at)
    }
}

/// Why a snapshot was not written. The journal goes on without it.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The state has no form as JSON; a map's keys, for one, must be written as text.
    #[error("상태를 JSON으로 쓸 수 없습니다: {0}")]
    Unwritable(#[from] serde_json::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A journal in use: the only writer of its store.
#[derive(Debug)]
pub struct Journal<S> {
    store: S,
    tail: Tail,
    schema: String,
    /// The newest snapshot's last record and length, and the length of what was written since.
    snapshot: u64,
    snapshot_bytes: u64,
    since_bytes: u64,
    closed: bool,
}

/// What opening a journal yields.
#[derive(Debug)]
pub struct Opened<S, D> {
    /// The journal.
    pub journal: Journal<S>,
    /// The newest snapshot that holds. What follows it is read with [`Journal::read_after`].
    pub snapshot: Option<Snapshot<D>>,
    /// When the process before was last known to be alive: its last sign of life or its last record, whichever is
    /// later. `None` before the very first record.
    pub alive_until: Option<Time>,
}

/// What is in a store, beside its records.
#[derive(Debug)]
pub struct Looked<D> {
    /// The last record.
    pub tail: Tail,
    /// The newest snapshot that holds.
    pub snapshot: Option<Snapshot<D>>,
    /// How long that is, in bytes.
    pub snapshot_bytes: u64,
    /// As in [`Opened`].
    pub alive_until: Option<Time>,
}

/// Looks at a store that another may be writing to meanwhile.
///
/// # Errors
/// As [`Journal::open`].
pub fn look<S: Store, D: DeserializeOwned>(
    store: &S,
    schema: &str,
) -> Result<Looked<D>, JournalError> {
    // the end is read last: it reaches at least as far as whatever bears witness to it
    let (alive, snapshots) = (store.last_alive()?, store.snapshots()?);
    let (tail, alive_until) = end_of(store, alive)?;
    let (snapshot, snapshot_bytes) = snapshot::newest(store, &snapshots, tail, schema)?.unzip();
    let snapshot_bytes = snapshot_bytes.unwrap_or_default();
    Ok(Looked { tail, snapshot, snapshot_bytes, alive_until })
}

/// The end of a journal, which reaches as far as the sign of life says, and when its writer was last known to be alive.
fn end_of<S: Store>(store: &S, alive: Option<Alive>) -> Result<(Tail, Option<Time>), JournalError> {
    let (tail, decided) = match &store.last()? {
        None => (Tail::START, None),
        Some(stored) => {
            Tail::unaltered(stored)?;
            let at = chain::record_of(stored)?.at;
            (Tail { seq: stored.seq, hash: stored.hash }, Some(at))
        }
    };
    check_witness(tail, alive.map(|alive| alive.tail()))?;
    Ok((tail, alive.map(|alive| alive.at).max(decided)))
}

/// A state as it was after a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot<D> {
    /// The last record that it contains.
    pub seq: u64,
    /// The state.
    pub state: D,
}

impl<S: Store> Journal<S> {
    /// Opens a journal for writing. `schema` names the form of the state in snapshots: change it when older snapshots
    /// must not be read any more.
    ///
    /// The records themselves are checked by [`read_after`](Self::read_after).
    ///
    /// # Errors
    /// When the store cannot be read, when its last record does not hold, or when records are known to be lost.
    pub fn open<D: DeserializeOwned>(store: S, schema: &str) -> Result<Opened<S, D>, JournalError> {
        let Looked { tail, snapshot, snapshot_bytes, alive_until } = look(&store, schema)?;
        let seq = snapshot.as_ref().map_or(0, |snapshot| snapshot.seq);
        let journal = Self {
            tail,
            schema: schema.to_owned(),
            snapshot: seq,
            snapshot_bytes,
            since_bytes: (tail.seq - seq).saturating_mul(ABOUT_BYTES),
            closed: false,
            store,
        };
        Ok(Opened { journal, snapshot, alive_until })
    }

    /// Opens a journal for writing whose reader has come as far as `known`. Gives also when the process that wrote last was known to be
    /// alive.
    ///
    /// # Errors
    /// As [`open`](Self::open), and when the journal ends before what is known of it.
    pub fn open_known(
        store: S,
        schema: &str,
        known: Tail,
    ) -> Result<(Self, Option<Time>), JournalError> {
        let alive = store.last_alive()?;
        let snapshot = store.snapshots()?.first().copied().unwrap_or_default();
        let (tail, alive_until) = end_of(&store, alive)?;
        check_known(tail, known)?;
        let journal = Self {
            tail,
            schema: schema.to_owned(),
            snapshot,
            // as long as nobody has read it the next one is due in any case
            snapshot_bytes: 0,
            since_bytes: 0,
            closed: false,
            store,
        };
        Ok((journal, alive_until))
    }

    /// Whether this writer may act outside ([`Store::leads`]).
    #[must_use]
    pub fn leads(&self) -> bool {
        self.store.leads()
    }

    /// The last record.
    #[must_use]
    pub const fn tail(&self) -> Tail {
        self.tail
    }

    /// The number that the next record gets.
    #[must_use]
    pub const fn next_seq(&self) -> u64 {
        self.tail.seq + 1
    }

    /// Hands over every record after `after` (0: all of them), checking the chain from there to the end.
    ///
    /// # Errors
    /// At the first record that does not hold; those before it were handed over.
    pub fn read_after(&self, after: u64, mut each: impl FnMut(Record)) -> Result<(), JournalError> {
        if after > self.tail.seq {
            return Ok(());
        }
        let end = walk(&self.store, after, |stored, record| {
            if stored.seq > after {
                each(record);
            }
        })?;
        check_witness(end, Some(self.tail))
    }

    /// Writes these decisions down, in one piece. They are durable when this returns; only then may anything come of
    /// them.
    ///
    /// # Errors
    /// See [`AppendError`]: after [`Stale`](AppendError::Stale) and [`Doubtful`](AppendError::Doubtful) this journal
    /// takes nothing more, and the process starts again or steps down.
    pub fn append(&mut self, drafts: &[Draft]) -> Result<Tail, AppendError> {
        if self.closed {
            return Err(AppendError::Closed);
        }
        let mut tail = self.tail;
        let mut batch = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let stored = seal(tail, draft)?;
            tail = Tail { seq: stored.seq, hash: stored.hash };
            batch.push(stored);
        }
        if batch.is_empty() {
            return Ok(tail);
        }
        if let Err(error) = self.store.append(self.next_seq(), &batch) {
            self.closed = true;
            return Err(error);
        }
        self.tail = tail;
        self.since_bytes += batch.iter().map(|stored| stored.bytes.len() as u64).sum::<u64>();
        // With this the loss of the very last record shows too. It is durable already, so a failure here is none of its.
        let noted = drafts.last().map_or(Ok(()), |draft| self.note_alive(draft.at));
        if let Err(error) = noted {
            warn!(%error, "살아 있다는 표시를 남기지 못했습니다");
        }
        Ok(tail)
    }

    /// Whether enough was written since the newest snapshot for another one ([`SNAPSHOT_EVERY`]).
    #[must_use]
    pub const fn snapshot_due(&self) -> bool {
        self.tail.seq >= self.snapshot + SNAPSHOT_EVERY && self.since_bytes >= self.snapshot_bytes
    }

    /// Keeps the state as it is after the last record.
    ///
    /// # Errors
    /// When it cannot be written. Nothing depends on it: log it and go on. The next one is due after
    /// [`SNAPSHOT_EVERY`] records more, or later.
    pub fn put_snapshot<D: Serialize>(&mut self, state: &D) -> Result<(), SnapshotError> {
        self.snapshot = self.tail.seq;
        self.since_bytes = 0;
        let bytes = snapshot::pack(self.tail, &self.schema, state)?;
        self.snapshot_bytes = bytes.len() as u64;
        Ok(self.store.put_snapshot(self.tail.seq, &bytes)?)
    }

    /// Notes that the process is alive at `at`. Cheap; meant for every few seconds.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_alive(&mut self, at: Time) -> Result<(), StoreError> {
        let Tail { seq, hash } = self.tail;
        self.store.note_alive(&Alive { at, seq, hash })
    }
}

fn seal(tail: Tail, draft: &Draft) -> Result<StoredRecord, AppendError> {
    let seq = tail.seq + 1;
    let Draft { at, input, changes } = draft;
    let draw = Draw { v: FORMAT, seq, at: *at, input, changes, prev: tail.hash };
    let bytes = serde_json::to_vec(&draw).map_err(AppendError::Unwritable)?;
    if bytes.len() > MAX_RECORD_BYTES {
        return Err(AppendError::TooLarge { bytes: bytes.len(), limit: MAX_RECORD_BYTES });
    }
    Ok(StoredRecord::seal(seq, bytes))
}

/// Reads the records of a store from `after` on (0: from the first) to the end, checks every one of them, and returns
/// where it ended. The record `after` itself is handed over too, as the one that the next hangs on; its own `prev` is
/// taken on trust.
///
/// # Errors
/// At the first record that does not hold; those before it were handed over.
pub fn walk<S: Store + ?Sized>(
    store: &S,
    after: u64,
    mut each: impl FnMut(&StoredRecord, Record),
) -> Result<Tail, JournalError> {
    walk_as(
        store,
        after,
        |stored| {
            let record = chain::record_of(stored)?;
            let link = Link::from(&record);
            Ok((link, record))
        },
        |stored, _held, record| each(stored, record),
    )
}

/// The same for all records, without reading more of them than the chain; says of each how it holds.
///
/// # Errors
/// As [`walk`], but for contents that this program does not know.
pub fn walk_bytes<S: Store + ?Sized>(
    store: &S,
    mut each: impl FnMut(&StoredRecord, Held),
) -> Result<Tail, JournalError> {
    let read = |stored: &StoredRecord| Ok((chain::link_of(stored)?, ()));
    walk_as(store, 0, read, |stored, held, ()| each(stored, held))
}

fn walk_as<S: Store + ?Sized, T>(
    store: &S,
    after: u64,
    read: impl Fn(&StoredRecord) -> Result<(Link, T), Break>,
    each: impl FnMut(&StoredRecord, Held, T),
) -> Result<Tail, JournalError> {
    let mut tail = Tail { seq: after.saturating_sub(1), hash: Digest::START };
    walk_from(store, &mut tail, Some(after), read, each)?;
    Ok(tail)
}

/// Hands over the records that follow `tail`, and checks each. `tail` is moved on with every one.
///
/// # Errors
/// At the first record that does not hold; those before it were handed over.
pub fn follow<S: Store + ?Sized>(
    store: &S,
    tail: &mut Tail,
    mut each: impl FnMut(Record),
) -> Result<(), JournalError> {
    let read = |stored: &StoredRecord| {
        let record = chain::record_of(stored)?;
        Ok((Link::from(&record), record))
    };
    walk_from(store, tail, None, read, |_, _, record| each(record))
}

/// Reads what follows `tail`. The record `trusted` names the one before it by a hash that is believed.
fn walk_from<S: Store + ?Sized, T>(
    store: &S,
    tail: &mut Tail,
    trusted: Option<u64>,
    read: impl Fn(&StoredRecord) -> Result<(Link, T), Break>,
    mut each: impl FnMut(&StoredRecord, Held, T),
) -> Result<(), JournalError> {
    let from = tail.seq + 1;
    let mut checker = attest::Checker::of(store);
    let mut check = |stored: &StoredRecord| {
        let held = checker.holds(stored)?;
        let (link, contents) = read(stored)?;
        if Some(stored.seq) == trusted {
            tail.hash = link.prev;
        }
        tail.follow(stored, link)?;
        Ok((held, contents))
    };
    let mut broken = None;
    store.read(from, &mut |stored| match check(&stored) {
        Ok((held, contents)) => {
            each(&stored, held, contents);
            ControlFlow::Continue(())
        }
        Err(at) => {
            broken = Some(at);
            ControlFlow::Break(())
        }
    })?;
    broken.map_or(Ok(()), |at: Break| Err(at.into()))
}

/// A journal that ends at `tail` must contain what the store's sign of life and its snapshots say was there.
///
/// # Errors
/// As [`JournalError::Lost`] says, and [`Why::Replaced`] when another record stands there.
pub fn check_witnesses<S: Store + ?Sized>(store: &S, tail: Tail) -> Result<(), JournalError> {
    check_witness(tail, store.last_alive()?.map(|alive| alive.tail()))?;
    snapshot::check_reach(store, tail)
}

/// A journal that ends at `tail` must contain the record at which it is known to have ended before.
///
/// # Errors
/// As [`JournalError::Lost`] says, and [`Why::Replaced`] when another record stands there.
pub fn check_known(tail: Tail, known: Tail) -> Result<(), JournalError> {
    check_witness(tail, Some(known))
}

/// A journal that ends at `tail` must contain what is known to have been its end before.
fn check_witness(tail: Tail, known: Option<Tail>) -> Result<(), JournalError> {
    match known {
        Some(known) if known.seq > tail.seq => {
            Err(JournalError::Lost { last: tail.seq, known: known.seq })
        }
        Some(known) if known.seq == tail.seq && known.hash != tail.hash => {
            Err(Break { seq: tail.seq, why: Why::Replaced }.into())
        }
        Some(_) | None => Ok(()),
    }
}
