//! Settings and secrets from the environment: `NAME`, or a file named by `NAME_FILE`. Values never appear in what is said.

use super::Failure;
use std::path::Path;

/// A setting; `None` when neither `NAME` nor `NAME_FILE` is set, or it is blank.
///
/// # Errors
/// Bad input: a file that cannot be read, or a value that is no UTF-8.
pub(crate) fn setting(name: &str) -> Result<Option<String>, Failure> {
    let not_text =
        || Failure::input(format!("{name}: UTF-8이 아닌 값입니다. 값을 확인해 주십시오."));
    if let Some(value) = std::env::var_os(name) {
        let value = value.into_string().map_err(|_| not_text())?;
        return Ok(filled(&value));
    }
    let file_name = format!("{name}_FILE");
    let Some(path) = std::env::var_os(&file_name) else { return Ok(None) };
    let text = std::fs::read_to_string(Path::new(&path)).map_err(|error| {
        Failure::input(format!(
            "{file_name}: {} 파일을 읽을 수 없습니다 ({error}).",
            Path::new(&path).display()
        ))
    })?;
    Ok(filled(&text))
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
