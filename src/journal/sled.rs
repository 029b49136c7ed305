//! The embedded store: sled 0.34 in the state folder, with the precautions that it needs.
//!
//! - `flush` hands the pages to the disk without waiting for the disk's own cache. So every append also calls `sync_all`
//!   on a second handle of the file `db` before it returns.
//! - Values beyond an eighth of a megabyte go to files of their own that sled never syncs, and so do leaves (up to 17
//!   values) of that size. So a record is cut into pieces of 4096 bytes, all written in one batch.
//! - A truncated `snap.*` (sled's own snapshot of its page table, not ours) makes it refuse to open. The file is only a
//!   short cut to the log in `db`: it is set aside, and sled reads the whole log.
//! - sled's lock shows only as text in an error. So the folder has a lock of its own.
//! - Where its log is damaged, sled ends it, without a word. The sign of life that follows every append (see
//!   [`Journal::append`](super::Journal::append)) makes that show.
//! - The periodic flush stays on: without it sled collects no garbage.
//! - sled's page cache looks at its capacity only when one of its 256 shards has seen 64 accesses. A journal touches each
//!   page a few times and never again, so pages would pile up by the tens of megabytes; so each value counts by its size (`touch`).
//!
//! A record's pieces have the keys `seq` (8 bytes) and piece (2 bytes), big-endian, and the values:
//! layout (1 byte), then in piece 0 the record's hash (32 bytes) and its length (4 bytes, big-endian), then the bytes.
//! The hash covers the pieces together; the record itself says its number.

use super::chain::{Break, Why};
use super::digest::Digest;
use super::folder::{self, Folder};
use super::store::{Alive, AppendError, Erase, MAX_RECORD_BYTES, Store, StoreError, StoredRecord};
use ::sled::{Batch, Config, Db};
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tracing::warn;

/// The layout of the values written now.
const LAYOUT: u8 = 1;

/// How much of a record goes into one value.
const PIECE: usize = 4096;

const _: () =
    assert!(MAX_RECORD_BYTES.div_ceil(PIECE) <= u16::MAX as usize, "a piece fits its key");

/// sled's page cache. The journal is read once, from front to back; nothing is gained by keeping it.
const CACHE_BYTES: u64 = 1 << 20;

/// For how many bytes of a value an access is made up. With 64 accesses to each of 256 shards, about 4 MB of pages are
/// held beyond the capacity.
const BYTES_PER_ACCESS: usize = 256;

/// How often sled writes out and tidies up by itself.
const FLUSH_EVERY_MS: u64 = 1000;

/// How long a database of this same process that was just dropped may still hold its file.
const RELEASE_WITHIN: Duration = Duration::from_secs(3);

/// A journal's store in a folder of this machine.
#[derive(Debug)]
pub struct Sled {
    // Dropped in this order: the folder is let go when the database is closed.
    db: Db,
    file: File,
    next: u64,
    /// A snapshot on its way to disk: nobody waits for it.
    writing: Mutex<Option<JoinHandle<()>>>,
    folder: Folder,
}

impl Sled {
    /// Opens the state folder, which is made if it is missing.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another process uses it; [`StoreError::Folder`] when it cannot be made or written;
    /// [`StoreError::Failed`] when the database does not open, also not after a repair.
    pub fn open(state: &Path) -> Result<Self, StoreError> {
        let folder = Folder::claim(state)?;
        let path = folder.path().join("journal");
        let fresh = !path.join("db").exists();
        folder::make(&path)?;
        if fresh {
            // Written before the database file: left by a process that was killed while it made the folder.
            remove_if_there(&path.join("conf"))?;
        }
        let mut opened = open_database(&path);
        if matches!(opened, Err(Opening::Corrupt)) && set_snapshots_aside(&folder, &path)? {
            opened = open_database(&path);
        }
        let db = opened.map_err(Opening::into_error)?;
        if fresh {
            folder::sync(&path.join("conf"))?;
        }
        let db_path = path.join("db");
        let file = File::options().read(true).write(true).open(&db_path);
        let file = file.map_err(folder::at(&db_path))?;
        // sled may have zeroed a torn end and renamed its snapshot.
        file.sync_all().map_err(folder::at(&db_path))?;
        folder::sync(&path)?;
        folder::sync(state)?;
        let mut store = Self { db, file, next: 1, writing: Mutex::default(), folder };
        store.next = store.last_key()?.map_or(1, |key| key.seq + 1);
        Ok(store)
    }

    /// Whether there is a journal in this folder.
    #[must_use]
    pub fn is_there(state: &Path) -> bool {
        state.join("journal").join("db").is_file()
    }

    fn last_key(&self) -> Result<Option<Key>, StoreError> {
        let last = self.db.last().map_err(failed("마지막 기록 읽기"))?;
        last.map(|(key, _)| Key::parse(&key, self.next)).transpose()
    }

    /// Waits for a snapshot that is on its way.
    fn written(&self) {
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if writing.take().is_some_and(|writing| writing.join().is_err()) {
            warn!("스냅샷을 쓰다가 멈췄습니다. 저널은 그 스냅샷 없이 이어집니다");
        }
    }

    /// Makes the page of this value count in sled's page cache by its size, so that the pages before it are let go.
    fn touch(&self, key: &[u8], bytes: usize) -> Result<(), StoreError> {
        (0..bytes / BYTES_PER_ACCESS)
            .try_for_each(|_| self.db.get(key).map(drop))
            .map_err(failed("기록 읽기"))
    }

    /// A full disk is no fault of the database's: it is told with what helps.
    fn not_kept(&self, error: ::sled::Error) -> StoreError {
        match error {
            ::sled::Error::Io(source) => folder::at(&self.folder.path().join("journal"))(source),
            ::sled::Error::CollectionNotFound(_)
            | ::sled::Error::Unsupported(_)
            | ::sled::Error::ReportableBug(_)
            | ::sled::Error::Corruption { .. } => failed("기록 저장")(error),
        }
    }

    /// Keeps these records, in one piece with what `writes` holds already; everything but the checks of who may write.
    fn keep(&self, batch: &[StoredRecord], mut writes: Batch) -> Result<(), StoreError> {
        let mut written = Vec::with_capacity(batch.len());
        for stored in batch {
            for (piece, value) in pieces(stored) {
                let key = Key { seq: stored.seq, piece }.bytes();
                written.push((key, value.len()));
                writes.insert(&key, value);
            }
        }
        self.db.apply_batch(writes).map_err(|error| self.not_kept(error))?;
        self.db.flush().map_err(|error| self.not_kept(error))?;
        self.file.sync_all().map_err(folder::at(&self.folder.path().join("journal/db")))?;
        written.iter().try_for_each(|(key, bytes)| self.touch(key, *bytes))
    }
}

impl Drop for Sled {
    /// The folder is nobody else's as long as something is written there.
    fn drop(&mut self) {
        self.written();
    }
}

impl Store for Sled {
    fn last(&self) -> Result<Option<StoredRecord>, StoreError> {
        let Some(key) = self.last_key()? else { return Ok(None) };
        let mut last = None;
        self.read(key.seq, &mut |stored| {
            last = Some(stored);
            ControlFlow::Continue(())
        })?;
        Ok(last)
    }

    fn read(
        &self,
        from: u64,
        each: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut assembly = Assembly { expected: from, open: None };
        for entry in self.db.range(Key { seq: from, piece: 0 }.bytes()..) {
            let (key, value) = entry.map_err(failed("기록 읽기"))?;
            self.touch(&key, value.len())?;
            if let Some(stored) = assembly.take(&key, &value)?
                && each(stored).is_break()
            {
                return Ok(());
            }
        }
        assembly.finish()
    }

    fn append(&mut self, expected_next: u64, batch: &[StoredRecord]) -> Result<(), AppendError> {
        if expected_next != self.next {
            return Err(AppendError::Stale { expected: expected_next, next: self.next });
        }
        let oversized = batch.iter().find(|stored| stored.bytes.len() > MAX_RECORD_BYTES);
        if let Some(stored) = oversized {
            let bytes = stored.bytes.len();
            return Err(AppendError::TooLarge { bytes, limit: MAX_RECORD_BYTES });
        }
        self.keep(batch, Batch::default()).map_err(AppendError::Doubtful)?;
        self.next = batch.last().map_or(self.next, |stored| stored.seq + 1);
        Ok(())
    }

    fn snapshots(&self) -> Result<Vec<u64>, StoreError> {
        self.written();
        self.folder.snapshots()
    }

    fn snapshot(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        self.folder.snapshot(seq)
    }

    fn put_snapshot(&mut self, seq: u64, bytes: &[u8]) -> Result<(), StoreError> {
        self.written();
        let (state, bytes) = (self.folder.path().to_owned(), bytes.to_vec());
        let writing = std::thread::Builder::new().name("snapshot".to_owned()).spawn(move || {
            if let Err(error) = folder::put_snapshot(&state, seq, &bytes) {
                warn!(%error, seq, "스냅샷을 쓰지 못했습니다. 저널은 그 스냅샷 없이 이어집니다");
            }
        });
        let writing = writing.map_err(folder::at(self.folder.path()))?;
        *self.writing.lock().unwrap_or_else(PoisonError::into_inner) = Some(writing);
        Ok(())
    }

    fn note_alive(&mut self, alive: &Alive) -> Result<(), StoreError> {
        self.folder.note_alive(alive)
    }

    fn last_alive(&self) -> Result<Option<Alive>, StoreError> {
        self.folder.last_alive()
    }
}

impl Erase for Sled {
    fn rewrite(&mut self, batch: &[StoredRecord]) -> Result<(), StoreError> {
        let mut writes = Batch::default();
        for stored in batch {
            // a shorter text has fewer pieces
            for entry in self.db.scan_prefix(stored.seq.to_be_bytes()) {
                let (key, _old) = entry.map_err(failed("기록 읽기"))?;
                writes.remove(key);
            }
        }
        self.keep(batch, writes)
    }

    fn drop_copies(&mut self) -> Result<(), StoreError> {
        // one that is on its way would be there again
        self.written();
        self.folder.drop_snapshots()
    }
}

/// Where a piece of a record is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    seq: u64,
    piece: u16,
}

impl Key {
    fn bytes(self) -> [u8; 10] {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.seq.to_be_bytes());
        bytes[8..].copy_from_slice(&self.piece.to_be_bytes());
        bytes
    }

    /// `expected` names the record in the error when there is no telling.
    fn parse(bytes: &[u8], expected: u64) -> Result<Self, StoreError> {
        let Ok([s0, s1, s2, s3, s4, s5, s6, s7, p0, p1]) = <[u8; 10]>::try_from(bytes) else {
            return Err(incomplete(expected));
        };
        let seq = u64::from_be_bytes([s0, s1, s2, s3, s4, s5, s6, s7]);
        // Numbers begin at 1, and the last one has a successor.
        if seq == 0 || seq == u64::MAX {
            return Err(incomplete(expected));
        }
        Ok(Self { seq, piece: u16::from_be_bytes([p0, p1]) })
    }
}

/// Cuts a record into values, in order.
fn pieces(stored: &StoredRecord) -> impl Iterator<Item = (u16, Vec<u8>)> {
    let length = u32::try_from(stored.bytes.len()).unwrap_or(u32::MAX);
    (0_u16..).zip(stored.bytes.chunks(PIECE)).map(move |(piece, bytes)| {
        let mut value = vec![LAYOUT];
        if piece == 0 {
            value.extend_from_slice(stored.hash.as_bytes());
            value.extend_from_slice(&length.to_be_bytes());
        }
        value.extend_from_slice(bytes);
        (piece, value)
    })
}

/// Puts records together again from their pieces.
struct Assembly {
    /// The record that comes next, if all is well.
    expected: u64,
    open: Option<Partial>,
}

struct Partial {
    seq: u64,
    next_piece: u16,
    hash: Digest,
    length: usize,
    bytes: Vec<u8>,
}

impl Assembly {
    /// Takes the next piece, and hands out the record that it completes.
    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<Option<StoredRecord>, StoreError> {
        let key = Key::parse(key, self.expected)?;
        let Some((&layout, value)) = value.split_first() else { return Err(incomplete(key.seq)) };
        if layout != LAYOUT {
            return Err(StoreError::Layout { found: layout, known: LAYOUT });
        }
        let (mut partial, bytes) = match self.open.take() {
            Some(partial) if partial.seq == key.seq && partial.next_piece == key.piece => {
                (partial, value)
            }
            Some(partial) => return Err(incomplete(partial.seq)),
            None if key.piece == 0 => Partial::begin(key.seq, value)?,
            None => return Err(incomplete(key.seq)),
        };
        partial.bytes.extend_from_slice(bytes);
        partial.next_piece = key.piece.saturating_add(1);
        if partial.bytes.len() > partial.length || bytes.is_empty() {
            return Err(incomplete(key.seq));
        }
        if partial.bytes.len() < partial.length {
            self.open = Some(partial);
            return Ok(None);
        }
        self.expected = key.seq + 1;
        let Partial { seq, hash, bytes, .. } = partial;
        Ok(Some(StoredRecord { seq, hash, bytes }))
    }

    fn finish(self) -> Result<(), StoreError> {
        self.open.map_or(Ok(()), |partial| Err(incomplete(partial.seq)))
    }
}

impl Partial {
    fn begin(seq: u64, value: &[u8]) -> Result<(Self, &[u8]), StoreError> {
        let Some((hash, rest)) = value.split_first_chunk::<32>() else {
            return Err(incomplete(seq));
        };
        let Some((length, bytes)) = rest.split_first_chunk::<4>() else {
            return Err(incomplete(seq));
        };
        // No allocation by a length that may be damaged.
        let length = u32::from_be_bytes(*length) as usize;
        let hash = Digest::from_bytes(*hash);
        Ok((Self { seq, next_piece: 0, hash, length, bytes: Vec::new() }, bytes))
    }
}

const fn incomplete(seq: u64) -> StoreError {
    StoreError::Damaged(Break { seq, why: Why::Incomplete })
}

fn failed(doing: &'static str) -> impl FnOnce(::sled::Error) -> StoreError {
    move |source| StoreError::Failed { doing, source: Box::new(source) }
}

/// How opening the database fails.
enum Opening {
    /// What sled wrote does not fit together.
    Corrupt,
    /// Anything else.
    Other(StoreError),
}

/// sled found its files damaged.
#[derive(Debug, thiserror::Error)]
#[error("데이터베이스 파일이 손상되었습니다")]
struct Corrupt;

impl Opening {
    fn into_error(self) -> StoreError {
        match self {
            Self::Corrupt => {
                StoreError::Failed { doing: "저장소 열기", source: Box::new(Corrupt) }
            }
            Self::Other(error) => error,
        }
    }
}

fn open_database(path: &Path) -> Result<Db, Opening> {
    wait_until_released(&path.join("db")).map_err(Opening::Other)?;
    let config =
        Config::new().path(path).cache_capacity(CACHE_BYTES).flush_every_ms(Some(FLUSH_EVERY_MS));
    // Some damage makes sled panic where it should return an error.
    let opened = catch_unwind(AssertUnwindSafe(|| config.open())).map_err(|_| Opening::Corrupt)?;
    opened.map_err(|error| match error {
        ::sled::Error::Corruption { .. } => Opening::Corrupt,
        ::sled::Error::Io(source) => Opening::Other(folder::at(path)(source)),
        ::sled::Error::CollectionNotFound(_)
        | ::sled::Error::Unsupported(_)
        | ::sled::Error::ReportableBug(_) => Opening::Other(failed("저장소 열기")(error)),
    })
}

/// The folder is ours, but background threads of a database dropped by this process may hold its file a little longer,
/// and sled does not wait for them.
#[expect(clippy::disallowed_methods, reason = "how long a lock is waited for decides nothing")]
fn wait_until_released(db: &Path) -> Result<(), StoreError> {
    let file = match File::open(db) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(folder::at(db)(error)),
    };
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(fs::TryLockError::WouldBlock) if since.elapsed() < RELEASE_WITHIN => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(fs::TryLockError::WouldBlock) => {
                return Err(StoreError::Busy { folder: db.to_owned() });
            }
            Err(fs::TryLockError::Error(error)) => return Err(folder::at(db)(error)),
        }
    }
}

/// Keeps a copy of sled's own snapshots and takes them away, so that it reads its whole log. Says whether there were any:
/// without them there is nothing to gain by another attempt.
fn set_snapshots_aside(folder: &Folder, path: &Path) -> Result<bool, StoreError> {
    let mut snaps: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(path).map_err(folder::at(path))? {
        let entry = entry.map_err(folder::at(path))?;
        if entry.file_name().to_string_lossy().starts_with("snap.") {
            snaps.push(entry.path());
        }
    }
    if snaps.is_empty() {
        return Ok(false);
    }
    let kept = folder.set_aside(&snaps)?;
    for snap in &snaps {
        remove_if_there(snap)?;
    }
    folder::sync(path)?;
    warn!(
        files = snaps.len(),
        kept = %kept.display(),
        "저장소의 snap 파일이 손상되어 사본을 남기고 로그 전체에서 다시 읽습니다"
    );
    Ok(true)
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(folder::at(path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
