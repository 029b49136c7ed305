//! Where a journal is read from: a state folder, or an export.

use crate::journal::attest::{Pledges, attests};
use crate::journal::line::{self, Line, OVERHEAD};
use crate::journal::store::MAX_RECORD_BYTES;
use crate::journal::{self, JournalError, Record, Sled, Store, Tail, chain};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Why a journal cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is none.
    #[error(
        "{}에 저널이 없습니다. `coc run`이 쓰는 상태 폴더나 `coc journal export --out FILE`로 만든 파일을 정해 주십시오. 예: --journal state", .0.display()
    )]
    Absent(PathBuf),
    /// A line of an export does not hold.
    #[error("{} {line}행: {why}. `coc journal export`가 낸 파일인지 확인해 주십시오.", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: u64,
        /// What is wrong, in Korean.
        why: String,
    },
    /// The journal is not whole.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The disk refuses.
    #[error("{}: {source}", .path.display())]
    Io {
        /// What was read.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ReadError {
    /// Whether another path or file would help, rather than another machine.
    #[must_use]
    pub const fn is_input(&self) -> bool {
        matches!(self, Self::Absent(_) | Self::Line { .. })
    }
}

/// Hands over every record of a state folder or of an export, its chain checked.
///
/// # Errors
/// See [`ReadError`]; the records before the fault were handed over.
pub fn read(path: &Path, each: impl FnMut(Record)) -> Result<(), ReadError> {
    if path.is_file() { lines(path, each) } else { folder(path, each) }
}

/// What people who were forgotten are called in a journal; `read` says what is wrong with it.
///
/// # Errors
/// See [`ReadError`].
pub fn aliases(path: &Path) -> Result<BTreeSet<String>, ReadError> {
    let mut found = BTreeSet::new();
    if !path.is_file() {
        if !Sled::is_there(path) {
            return Err(ReadError::Absent(path.to_owned()));
        }
        let store = Sled::open(path).map_err(JournalError::from)?;
        let read = store.read(1, &mut |stored| {
            found.extend(attests(&stored).map(|forgotten| forgotten.alias));
            ControlFlow::Continue(())
        });
        read.map_err(JournalError::from)?;
        return Ok(found);
    }
    let io = |source| ReadError::Io { path: path.to_owned(), source };
    for (number, text) in (1..).zip(BufReader::new(File::open(path).map_err(io)?).split(b'\n')) {
        if let Ok(Line { stored, .. }) = line::read(&text.map_err(io)?, number) {
            found.extend(attests(&stored).map(|forgotten| forgotten.alias));
        }
    }
    Ok(found)
}

fn folder(path: &Path, mut each: impl FnMut(Record)) -> Result<(), ReadError> {
    if !Sled::is_there(path) {
        return Err(ReadError::Absent(path.to_owned()));
    }
    let store = Sled::open(path).map_err(JournalError::from)?;
    let tail = journal::walk(&store, 0, |_, record| each(record))?;
    Ok(journal::check_witnesses(&store, tail)?)
}

fn lines(path: &Path, mut each: impl FnMut(Record)) -> Result<(), ReadError> {
    let io = |source| ReadError::Io { path: path.to_owned(), source };
    let mut lines = BufReader::new(File::open(path).map_err(io)?);
    let mut tail = Tail::START;
    let mut pledges = Pledges::default();
    let mut text = Vec::new();
    loop {
        text.clear();
        let mut line = (&mut lines).take((MAX_RECORD_BYTES + OVERHEAD + 1) as u64);
        if line.read_until(b'\n', &mut text).map_err(io)? == 0 {
            break;
        }
        let number = tail.seq + 1;
        let wrong = |why: String| ReadError::Line { path: path.to_owned(), line: number, why };
        let text = text.strip_suffix(b"\n").unwrap_or(&text);
        let Line { stored, held } =
            line::read(text, number).map_err(|why| wrong(why.to_string()))?;
        pledges.take(&stored, held);
        let record = chain::record_of(&stored).map_err(|at| wrong(at.why.to_string()))?;
        tail.follow(&stored, chain::Link::from(&record)).map_err(|at| wrong(at.why.to_string()))?;
        each(record);
    }
    pledges.settle().map_err(|at| ReadError::Line {
        path: path.to_owned(),
        line: at.seq,
        why: at.why.to_string(),
    })?;
    if tail.seq == 0 { Err(ReadError::Absent(path.to_owned())) } else { Ok(()) }
}
