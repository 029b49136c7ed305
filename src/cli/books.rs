//! The data folder's books, read from disk.

use super::{Failure, Folders};
use crate::domain::books::{BookError, BookFile, ReadBooks, read_books, read_policy};
use crate::domain::input::Books;
use crate::domain::people::{Roster, Warning, read_guide};
use crate::domain::policy::Policy;
use crate::ports::Library;
use chrono::NaiveDate;
use std::collections::BTreeMap;
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
            BookFile::Mails | BookFile::Procedures | BookFile::Scripts | BookFile::Contacts => {
                &None
            }
        };
        other.clone().unwrap_or_else(|| data.join(file.name()))
    }

    fn names(&self, file: BookFile) -> bool {
        match file {
            BookFile::Policy => self.policy.is_some(),
            BookFile::Guide => self.guide.is_some(),
            BookFile::Customers => self.customers.is_some(),
            BookFile::Mails | BookFile::Procedures | BookFile::Scripts | BookFile::Contacts => {
                false
            }
        }
    }
}

/// A book that cannot be had from disk.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It must be there and is not.
    #[error("{}: 파일이 없습니다. {}", .path.display(), advice(*.file))]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
        /// Which book.
        file: BookFile,
    },
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

/// What to do about a book that is not there.
fn advice(file: BookFile) -> &'static str {
    match file {
        BookFile::Guide => {
            "가이드 전체를 UTF-8 텍스트로 저장해 주십시오. 다른 곳에 있으면 --data로 알려 주십시오. 예: coc check --data data"
        }
        BookFile::Policy => "경로를 확인해 주십시오. 예: --policy data/policy.toml",
        BookFile::Customers => "경로를 확인해 주십시오. 예: --customers data/customers.csv",
        BookFile::Mails => "경로를 확인해 주십시오. 예: data/mail",
        BookFile::Procedures => "경로를 확인해 주십시오. 예: data/procedures",
        BookFile::Scripts => "경로를 확인해 주십시오. 예: data/scripts",
        BookFile::Contacts => "경로를 확인해 주십시오. 예: data/contacts.toml",
    }
}

/// Reads the books. The policy and the customers may be absent (empty text); the guide, and whatever `overrides` names, may not.
///
/// # Errors
/// Every book that cannot be had.
pub fn load(data: &Path, overrides: &Overrides) -> Result<Books, Vec<LoadError>> {
    gather(data, |file| one(data, overrides, file))
}

/// Reads the books that are there; one that is not is empty text. For scenarios, which may bring their own.
///
/// # Errors
/// Every book that is there but cannot be read.
pub(crate) fn load_what_is_there(data: &Path) -> Result<Books, Vec<LoadError>> {
    gather(data, |file| match one(data, &Overrides::default(), file) {
        Err(LoadError::Missing { .. }) => Ok(String::new()),
        read => read,
    })
}

/// All books, or everything that keeps them from being had.
fn gather(
    data: &Path,
    read: impl Fn(BookFile) -> Result<String, LoadError>,
) -> Result<Books, Vec<LoadError>> {
    let mut errors = Vec::new();
    let mut had =
        |file: BookFile| read(file).map_err(|error| errors.push(error)).unwrap_or_default();
    let (policy, guide, customers) =
        (had(BookFile::Policy), had(BookFile::Guide), had(BookFile::Customers));
    let contacts = had(BookFile::Contacts);
    let mut folder = |file, extension| {
        folder(data, file, extension).map_err(|error| errors.push(error)).unwrap_or_default()
    };
    let mails = folder(BookFile::Mails, "txt");
    let procedures = folder(BookFile::Procedures, "toml");
    let scripts = folder(BookFile::Scripts, "txt");
    let books = Books { policy, guide, customers, mails, procedures, scripts, contacts };
    if errors.is_empty() { Ok(books) } else { Err(errors) }
}

/// The texts of a book that is a folder, by file; none where there is no such folder.
fn folder(
    data: &Path,
    file: BookFile,
    extension: &str,
) -> Result<BTreeMap<String, String>, LoadError> {
    let folder = data.join(file.name());
    let unreadable = |source| LoadError::Unreadable { path: folder.clone(), source };
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(source) => return Err(unreadable(source)),
    };
    let mut texts = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str())
            && path.extension().is_some_and(|own| own == extension)
        {
            texts.insert(name.to_owned(), text_of(&path, read_file(&path)?)?);
        }
    }
    Ok(texts)
}

fn read_file(path: &Path) -> Result<Vec<u8>, LoadError> {
    std::fs::read(path).map_err(|source| LoadError::Unreadable { path: path.to_owned(), source })
}

fn text_of(path: &Path, bytes: Vec<u8>) -> Result<String, LoadError> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = error.as_bytes().iter().take(good);
        let line = before.filter(|b| **b == b'\n').count() + 1;
        LoadError::NotUtf8 { path: path.to_owned(), line }
    })
}

/// One book's text.
fn one(data: &Path, overrides: &Overrides, file: BookFile) -> Result<String, LoadError> {
    let path = overrides.path(data, file);
    let may_be_absent = file != BookFile::Guide && !overrides.names(file);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return if may_be_absent {
                Ok(String::new())
            } else {
                Err(LoadError::Missing { path, file })
            };
        }
        Err(source) => return Err(LoadError::Unreadable { path, source }),
    };
    text_of(&path, bytes)
}

/// The books, read and held against one another; `near` is the guide's date (reading 21).
///
/// # Errors
/// Bad input with file and line: everything that is wrong in any of them.
pub(crate) fn read(
    folders: &Folders,
    overrides: &Overrides,
    near: NaiveDate,
) -> Result<ReadBooks, Failure> {
    data_is_there(folders)?;
    let books = load(&folders.data, overrides).map_err(|errors| bad(&errors))?;
    read_books(&books, near).map_err(|errors| misread(folders, overrides, &errors))
}

/// The guide alone, for questions that need nothing else; `near` is the guide's date (reading 21).
///
/// # Errors
/// Bad input with file and line.
pub(crate) fn guide(
    folders: &Folders,
    overrides: &Overrides,
    near: NaiveDate,
) -> Result<(Roster, Vec<Warning>), Failure> {
    let file = BookFile::Guide;
    if !overrides.names(file) {
        data_is_there(folders)?;
    }
    let text = one(&folders.data, overrides, file).map_err(|error| bad(&[error]))?;
    read_guide(&text, near).map_err(|errors| {
        let errors = errors.into_iter();
        let errors: Vec<BookError> =
            errors.map(|e| BookError { file, line: Some(e.line), text: e.text }).collect();
        misread(folders, overrides, &errors)
    })
}

/// The policy alone, for questions that need nothing else. Where the data folder holds none the defaults hold.
///
/// # Errors
/// Bad input with file and line.
pub(crate) fn policy(folders: &Folders, overrides: &Overrides) -> Result<Policy, Failure> {
    data_is_there(folders)?;
    let text = one(&folders.data, overrides, BookFile::Policy).map_err(|error| bad(&[error]))?;
    read_policy(&text).map_err(|errors| misread(folders, overrides, &errors))
}

/// A folder that was asked for by name has to be there, also when every book in it may be absent.
fn data_is_there(folders: &Folders) -> Result<(), Failure> {
    if folders.data_given && !folders.data.is_dir() {
        return Err(Failure::input(format!(
            "{}: 폴더를 찾을 수 없습니다. 경로를 확인해 주십시오. 예: --data data",
            folders.data.display()
        )));
    }
    Ok(())
}

fn bad<E: ToString>(errors: &[E]) -> Failure {
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    Failure::input(said.join("\n"))
}

/// Errors with the path of the file that was read, which need not bear the book's own name.
fn misread(folders: &Folders, overrides: &Overrides, errors: &[BookError]) -> Failure {
    let said = errors.iter().map(|error| {
        let path = overrides.path(&folders.data, error.file);
        match error.line {
            Some(line) => format!("{}:{line}: {}", path.display(), error.text),
            None => format!("{}: {}", path.display(), error.text),
        }
    });
    bad(&said.collect::<Vec<String>>())
}

/// Reads the books and checks them whole, as of today.
///
/// # Errors
/// Bad input with everything that is wrong, by file and line.
pub(crate) fn load_checked(folders: &Folders, overrides: &Overrides) -> Result<Books, Failure> {
    let books = load(&folders.data, overrides).map_err(|errors| bad(&errors))?;
    match read_books(&books, crate::service::today()) {
        Ok(_) => Ok(books),
        Err(errors) => Err(misread(folders, overrides, &errors)),
    }
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
        one(&self.0, &Overrides::default(), BookFile::Guide).map_err(|error| error.to_string())
    }
}
