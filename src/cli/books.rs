//! The data folder's files as the subcommands read them.

use super::{Failure, Folders, out};
use crate::domain::policy::Policy;
use std::io::ErrorKind;
use std::path::Path;

/// The policy's file in the data folder.
const POLICY: &str = "policy.toml";

/// Reads the policy: `file` where it is given, the data folder's otherwise. Where the data folder holds none the defaults hold.
///
/// # Errors
/// Bad input with file and line: an unknown key, a value that is none, a file asked for by name that is not there.
pub(crate) fn policy(folders: &Folders, file: Option<&Path>) -> Result<Policy, Failure> {
    if let Some(file) = file {
        return match text(file)? {
            Some(text) => parse_policy(file, &text),
            None => Err(missing(file)),
        };
    }
    if folders.data_given && !folders.data.is_dir() {
        return Err(missing(&folders.data));
    }
    let file = folders.data.join(POLICY);
    match text(&file)? {
        Some(text) => parse_policy(&file, &text),
        None => {
            out::note(&format!("⚠️ {} 파일이 없어 기본값으로 계산합니다.", file.display()));
            Ok(Policy::default())
        }
    }
}

/// The text of a file, without a byte order mark; `None` when there is no such file.
fn text(file: &Path) -> Result<Option<String>, Failure> {
    match std::fs::read_to_string(file) {
        Ok(text) => match text.strip_prefix('\u{feff}') {
            Some(bare) => Ok(Some(bare.to_owned())),
            None => Ok(Some(text)),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            let said =
                format!("{}: UTF-8 파일이 아닙니다. UTF-8로 저장해 주십시오.", file.display());
            Err(Failure::input(said))
        }
        Err(error) => {
            Err(Failure::input(format!("{}: 읽을 수 없습니다 ({error}).", file.display())))
        }
    }
}

fn missing(path: &Path) -> Failure {
    Failure::input(format!("{}: 찾을 수 없습니다. 경로를 확인해 주십시오.", path.display()))
}

fn parse_policy(file: &Path, text: &str) -> Result<Policy, Failure> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let read = text.lines().nth(line - 1).unwrap_or_default().trim();
        Failure::input(format!(
            "{} {line}행: 읽은 값: {read}\n{}",
            file.display(),
            reason(error.message())
        ))
    })
}

/// The parser's reason in Korean. Its own words stand where it says something rarer than these.
fn reason(said: &str) -> String {
    if let Some((key, known)) = refusal(said, "unknown field ") {
        return format!("모르는 키입니다: {key}. 쓸 수 있는 키: {known}");
    }
    if let Some((value, known)) = refusal(said, "unknown variant ") {
        return format!("모르는 값입니다: {value}. 쓸 수 있는 값: {known}");
    }
    if let Some((_, expected)) = refusal(said, "invalid type: ") {
        let expected = match expected {
            "a string" => "따옴표 안의 글자 (예: \"09:00\")",
            "a formatted date string" => "따옴표 안의 날짜 (예: \"2025-08-15\")",
            "a sequence" => "목록 (예: [\"a\", \"b\"])",
            other => other,
        };
        return format!("값의 종류가 다릅니다. 쓸 수 있는 값: {expected}");
    }
    if DATE_ERRORS.contains(&said) {
        return "날짜가 아닙니다. 예: \"2025-08-15\"".to_owned();
    }
    if said.is_ascii() {
        format!("TOML로 읽을 수 없습니다: {said}")
    } else {
        said.to_owned()
    }
}

/// What chrono says of a text that is no date; the policy's other values have words of their own.
const DATE_ERRORS: [&str; 4] = [
    "input contains invalid characters",
    "input is out of range",
    "premature end of input",
    "trailing input",
];

/// `unknown field `a`, expected one of `b`, `c`` as what was read and what is expected.
fn refusal<'a>(said: &'a str, opening: &str) -> Option<(&'a str, &'a str)> {
    let rest = said.strip_prefix(opening)?;
    let (read, expected) = rest.split_once(", expected ").unwrap_or((rest, ""));
    Some((read, expected.trim_start_matches("one of ")))
}
