//! The data folder's books, read from disk.

use super::{Failure, Folders};
use crate::domain::books::{BookFile, read_books, read_policy};
use crate::domain::input::Books;
use crate::domain::policy::Policy;
use crate::ports::Library;
use std::io;
use std::path::{Path, PathBuf};

/// Files to be read in place of the data folder's.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// In place of `policy.toml`.
    pub policy: Option<PathBuf>,
    /// In place of `guide.txt`.
    pub guide: Option<PathBuf>,
    /// In place of `customers.csv`.
    pub customers: Option<PathBuf>,
}

impl Overrides {
    /// Where the book is read from.
    #[must_use]
    pub fn path(&self, data: &Path, file: BookFile) -> PathBuf {
        let other = match file {
            BookFile::Policy => &self.policy,
            BookFile::Guide => &self.guide,
            BookFile::Customers => &self.customers,
        };
        other.clone().unwrap_or_else(|| data.join(file.name()))
    }

    fn names(&self, file: BookFile) -> bool {
        match file {
            BookFile::Policy => self.policy.is_some(),
            BookFile::Guide => self.guide.is_some(),
            BookFile::Customers => self.customers.is_some(),
        }
    }
}

/// A book that cannot be had from disk.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It must be there and is not.
    #[error("{}: 파일이 없습니다. 가이드 전체를 UTF-8 텍스트로 저장해 주십시오. 다른 곳에 있으면 --data로 알려 주십시오. 예: coc check --data data", .0.display())]
    Missing(PathBuf),
    /// Its bytes are no UTF-8; `line` is the first line that is not.
    #[error("{}:{line}: UTF-8이 아닌 글자가 있습니다. 파일을 UTF-8로 다시 저장해 주십시오. 예: 메모장 → 다른 이름으로 저장 → 인코딩 UTF-8", .path.display())]
    NotUtf8 {
        /// Which file.
        path: PathBuf,
        /// The first such line, counted from 1.
        line: usize,
    },
    /// The disk refuses.
    #[error("{}: 파일을 읽을 수 없습니다 ({source}). 경로와 권한을 확인해 주십시오.", .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Reads the books. The policy and the customers may be absent (empty text); the guide, and whatever `overrides` names, may not.
///
/// # Errors
/// Every book that cannot be had.
pub fn load(data: &Path, overrides: &Overrides) -> Result<Books, Vec<LoadError>> {
    let mut errors = Vec::new();
    let mut read = |file: BookFile| {
        let path = overrides.path(data, file);
        let may_be_absent = file != BookFile::Guide && !overrides.names(file);
        match text(&path) {
            Ok(text) => text,
            Err(LoadError::Missing(_)) if may_be_absent => String::new(),
            Err(error) => {
                errors.push(error);
                String::new()
            }
        }
    };
    let books = Books {
        policy: read(BookFile::Policy),
        guide: read(BookFile::Guide),
        customers: read(BookFile::Customers),
    };
    if errors.is_empty() { Ok(books) } else { Err(errors) }
}

fn text(path: &Path) -> Result<String, LoadError> {
    let path = || path.to_owned();
    let bytes = match std::fs::read(path()) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(LoadError::Missing(path()));
        }
        Err(source) => return Err(LoadError::Unreadable { path: path(), source }),
    };
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = error.as_bytes().iter().take(good);
        LoadError::NotUtf8 { path: path(), line: before.filter(|b| **b == b'\n').count() + 1 }
    })
}

/// The policy alone, for questions that need nothing else. Where the data folder holds none the defaults hold.
///
/// # Errors
/// Bad input with file and line.
pub(crate) fn policy(folders: &Folders, overrides: &Overrides) -> Result<Policy, Failure> {
    if folders.data_given && !folders.data.is_dir() {
        return Err(Failure::input(format!(
            "{}: 폴더를 찾을 수 없습니다. 경로를 확인해 주십시오.",
            folders.data.display()
        )));
    }
    let path = overrides.path(&folders.data, BookFile::Policy);
    let text = match text(&path) {
        Ok(text) => text,
        Err(LoadError::Missing(_)) if !overrides.names(BookFile::Policy) => String::new(),
        Err(error) => return Err(Failure::input(error.to_string())),
    };
    read_policy(&text).map_err(|errors| {
        let said: Vec<String> = errors
            .iter()
            .map(|error| match error.line {
                Some(line) => format!("{}:{line}: {}", path.display(), error.text),
                None => format!("{}: {}", path.display(), error.text),
            })
            .collect();
        Failure::input(said.join("\n"))
    })
}

/// Reads the books and checks them whole, as of today.
///
/// # Errors
/// Bad input with everything that is wrong, by file and line.
pub(crate) fn load_checked(data: &Path, overrides: &Overrides) -> Result<Books, Failure> {
    let books = load(data, overrides).map_err(|errors| {
        let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::input(said.join("\n"))
    })?;
    let today = crate::service::today();
    read_books(&books, today).map_err(|errors| {
        let said: Vec<String> = errors
            .iter()
            .map(|error| {
                let path = overrides.path(data, error.file);
                match error.line {
                    Some(line) => format!("{}:{line}: {}", path.display(), error.text),
                    None => format!("{}: {}", path.display(), error.text),
                }
            })
            .collect();
        Failure::input(said.join("\n"))
    })?;
    Ok(books)
}

/// The data folder, read anew when somebody asks for it.
#[derive(Clone, Debug)]
pub(crate) struct FolderLibrary(PathBuf);

impl FolderLibrary {
    pub(crate) fn new(data: &Path) -> Self {
        Self(data.to_owned())
    }
}

impl Library for FolderLibrary {
    fn guide(&self) -> Result<String, String> {
        text(&self.0.join(BookFile::Guide.name())).map_err(|error| error.to_string())
    }
}
