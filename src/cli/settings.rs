//! Settings of the environment. Secrets come from a variable or from the file that `NAME_FILE` names, never from the command line,
//! and no message here bears a value.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// A setting that cannot be had although somebody tried to give it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingError {
    /// Both ways are used at once.
    #[error("{name}와 {name}_FILE이 함께 있습니다. 하나만 남겨 주십시오.")]
    Twice {
        /// The variable.
        name: &'static str,
    },
    /// The value is no text.
    #[error("{name}: UTF-8이 아닌 글자가 있습니다. 값을 다시 적어 주십시오.")]
    NotText {
        /// The variable.
        name: &'static str,
    },
    /// The file cannot be read.
    #[error("{name}_FILE: {}을(를) 읽을 수 없습니다 ({source}). 경로와 권한을 확인해 주십시오.", .path.display())]
    Unreadable {
        /// The variable, without `_FILE`.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds nothing.
    #[error("{name}_FILE: {}이(가) 비어 있습니다. 파일에 값을 한 줄로 적어 주십시오.", .path.display())]
    Empty {
        /// The variable, without `_FILE`.
        name: &'static str,
        /// The file.
        path: PathBuf,
    },
}

/// The value of a setting, without the blanks around it; `None` when it is not given. A variable that is empty is not given.
///
/// # Errors
/// See [`SettingError`].
pub(crate) fn setting(name: &'static str) -> Result<Option<String>, SettingError> {
    read(name, |name| std::env::var_os(name))
}

fn read(
    name: &'static str,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<String>, SettingError> {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    match (given(name), given(&format!("{name}_FILE"))) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(SettingError::Twice { name }),
        (Some(value), None) => {
            let text = value.into_string().map_err(|_| SettingError::NotText { name })?;
            Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
        }
        (None, Some(path)) => {
            let path = PathBuf::from(path);
            let text = match std::fs::read_to_string(&path) {
                Ok(text) => text.trim().to_owned(),
                Err(source) => return Err(SettingError::Unreadable { name, path, source }),
            };
            if text.is_empty() { Err(SettingError::Empty { name, path }) } else { Ok(Some(text)) }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::io::Write;

    fn with(given: &[(&str, &str)]) -> Result<Option<String>, SettingError> {
        read("TOKEN", |name| {
            given.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn a_value_comes_from_the_variable_or_from_a_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b" from-file\n").unwrap();
        let path = file.path().to_str().unwrap();
        assert_eq!(with(&[]).unwrap(), None);
        assert_eq!(with(&[("TOKEN", ""), ("TOKEN_FILE", "")]).unwrap(), None);
        assert_eq!(with(&[("TOKEN", " ")]).unwrap(), None);
        assert_eq!(with(&[("TOKEN", "plain ")]).unwrap().as_deref(), Some("plain"));
        assert_eq!(with(&[("TOKEN_FILE", path)]).unwrap().as_deref(), Some("from-file"));
    }

    #[test]
    fn what_cannot_be_had_is_named_without_its_value() {
        let empty = tempfile::NamedTempFile::new().unwrap();
        let path = empty.path().to_str().unwrap();
        let wrong: [(&[(&str, &str)], &str); 3] = [
            (&[("TOKEN", "hidden"), ("TOKEN_FILE", path)], "TOKEN와 TOKEN_FILE"),
            (&[("TOKEN_FILE", "no/such/file")], "TOKEN_FILE: no/such/file"),
            (&[("TOKEN_FILE", path)], "비어 있습니다"),
        ];
        for (given, said) in wrong {
            let error = with(given).unwrap_err().to_string();
            assert!(error.contains(said) && !error.contains("hidden"), "{error}");
        }
    }
}
