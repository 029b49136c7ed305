//! The state folder: who may use it, and the small files in it.
//!
//! ```text
//! lock         held while a process uses the folder
//! journal/     sled's files
//! snapshots/   <seq>: the desk's state after that record
//! alive        the newest sign of life
//! damaged-<n>/ files that were set aside before a repair
//! board.key    what signs the sessions of the board; not the journal's
//! ```

use super::store::{Alive, SNAPSHOTS_KEPT, StoreError};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tracing::warn;

const LOCK: &str = "lock";
const ALIVE: &str = "alive";
const SNAPSHOTS: &str = "snapshots";

/// Turns what the system said about a path into an error that names it.
pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    move |source| StoreError::Folder { path: path.to_owned(), source }
}

/// A state folder that this process alone uses, until this value is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    alive: Option<File>,
    /// Held for its lock.
    _lock: File,
}

impl Folder {
    /// Takes the folder, which is made if it is missing.
    pub(crate) fn claim(path: &Path) -> Result<Self, StoreError> {
        make(path)?;
        let lock = path.join(LOCK);
        let file = private(OpenOptions::new().create(true).truncate(false).write(true))
            .open(&lock)
            .map_err(at(&lock))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), alive: None, _lock: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Busy { folder: path.to_owned() }),
            Err(TryLockError::Error(error)) => Err(at(&lock)(error)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Moves nothing, copies these files to a folder of their own, and returns that.
    pub(super) fn set_aside(&self, files: &[PathBuf]) -> Result<PathBuf, StoreError> {
        let mut n = 1_u32;
        let kept = loop {
            let candidate = self.path.join(format!("damaged-{n}"));
            match fs::create_dir(&candidate) {
                Ok(()) => break candidate,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => n += 1,
                Err(error) => return Err(at(&candidate)(error)),
            }
        };
        for file in files {
            let copy = kept.join(file.file_name().unwrap_or_default());
            fs::copy(file, &copy).map_err(at(&copy))?;
            sync(&copy)?;
        }
        sync(&kept)?;
        sync(&self.path)?;
        Ok(kept)
    }

    /// Overwrites the sign of life in place: one small write, left to the system to bring to disk.
    pub(super) fn note_alive(&mut self, alive: &Alive) -> Result<(), StoreError> {
        let path = self.path.join(ALIVE);
        let text = sealed_line(alive)?;
        if self.alive.is_none() {
            let file = private(OpenOptions::new().create(true).truncate(false).write(true))
                .open(&path)
                .map_err(at(&path))?;
            self.alive = Some(file);
        }
        let written = self.alive.as_mut().map_or(Ok(()), |file| {
            file.seek(SeekFrom::Start(0))?;
            file.write_all(text.as_bytes())
        });
        written.map_err(at(&path))
    }

    pub(super) fn last_alive(&self) -> Result<Option<Alive>, StoreError> {
        let path = self.path.join(ALIVE);
        match fs::read(&path) {
            Ok(bytes) => {
                let alive = read_sealed_line(&bytes);
                if alive.is_none() {
                    warn!("마지막으로 살아 있던 시각을 읽을 수 없어 마지막 기록의 시각을 씁니다");
                }
                Ok(alive)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(&path)(error)),
        }
    }

    pub(super) fn snapshots(&self) -> Result<Vec<u64>, StoreError> {
        snapshots(&self.path)
    }

    pub(super) fn snapshot(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        let path = snapshot_path(&self.path, seq);
        fs::read(&path).map_err(at(&path))
    }

    pub(super) fn drop_snapshots(&self) -> Result<(), StoreError> {
        let folder = self.path.join(SNAPSHOTS);
        for seq in self.snapshots()? {
            let path = snapshot_path(&self.path, seq);
            fs::remove_file(&path).map_err(at(&path))?;
        }
        // one that was never finished holds as much
        let half = folder.join("half");
        if half.exists() {
            fs::remove_file(&half).map_err(at(&half))?;
        }
        if folder.is_dir() { sync(&folder) } else { Ok(()) }
    }
}

/// The numbers of the snapshots in a state folder, the newest first.
fn snapshots(state: &Path) -> Result<Vec<u64>, StoreError> {
    let folder = state.join(SNAPSHOTS);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at(&folder)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.map_err(at(&folder))?.file_name();
        // A half-written one bears another name.
        found.extend(name.to_str().and_then(|name| name.parse::<u64>().ok()));
    }
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

fn snapshot_path(state: &Path, seq: u64) -> PathBuf {
    state.join(SNAPSHOTS).join(format!("{seq:020}"))
}

/// Keeps a snapshot in a state folder that somebody holds, and lets older ones go.
pub(super) fn put_snapshot(state: &Path, seq: u64, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = state.join(SNAPSHOTS);
    make(&folder)?;
    let half = folder.join("half");
    let mut file = private(OpenOptions::new().create(true).truncate(true).write(true))
        .open(&half)
        .map_err(at(&half))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(&half))?;
    let path = snapshot_path(state, seq);
    fs::rename(&half, &path).map_err(at(&path))?;
    sync(&folder)?;
    for old in snapshots(state)?.into_iter().skip(SNAPSHOTS_KEPT) {
        let path = snapshot_path(state, old);
        fs::remove_file(&path).map_err(at(&path))?;
    }
    Ok(())
}

/// Makes a folder, with those above it, that only its owner can read: the journal holds names and telephone numbers.
pub(super) fn make(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(at(path))?;
    sync_folder_of(path)
}

/// Brings the name of a file or folder to disk.
pub(crate) fn sync_folder_of(path: &Path) -> Result<(), StoreError> {
    sync(parent(path))
}

/// The folder that a path stands in.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        Some(_) | None => Path::new("."),
    }
}

/// Files that only their owner can read.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Brings a file, or the list of a folder's files, to disk.
pub(super) fn sync(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(at(path))
}

/// JSON, a tab, its hash, a line break. What stands behind it is the rest of a longer line from before.
fn sealed_line(alive: &Alive) -> Result<String, StoreError> {
    let json = serde_json::to_string(alive).map_err(|source| StoreError::Failed {
        doing: "살아 있다는 표시",
        source: Box::new(source),
    })?;
    Ok(format!("{json}\t{}\n", super::Digest::of(json.as_bytes())))
}

fn read_sealed_line(bytes: &[u8]) -> Option<Alive> {
    let line = std::str::from_utf8(bytes.split(|&byte| byte == b'\n').next()?).ok()?;
    let (json, hash) = line.split_once('\t')?;
    if hash.parse() != Ok(super::Digest::of(json.as_bytes())) {
        return None;
    }
    serde_json::from_str(json).ok()
}
