//! The two streams: results on stdout, everything else on stderr.

use super::{Done, Failure};
use serde::Serialize;
use std::io::{ErrorKind, Write};

/// Prints a result for people, with a line end.
///
/// # Errors
/// When stdout cannot be written. A reader who has seen enough (`| head`) is no error.
pub(crate) fn text(result: &str) -> Done {
    let mut stdout = std::io::stdout().lock();
    let written =
        writeln!(stdout, "{}", result.trim_end_matches('\n')).and_then(|()| stdout.flush());
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::work(format!("표준 출력에 쓸 수 없습니다: {error}"))),
    }
}

/// Prints a result as one JSON document.
///
/// # Errors
/// As [`text`], or when the value has no JSON form.
pub(crate) fn json(result: &impl Serialize) -> Done {
    let document = serde_json::to_string_pretty(result)
        .map_err(|error| Failure::work(format!("JSON으로 쓸 수 없습니다: {error}")))?;
    text(&document)
}

/// Says something beside the result, on stderr.
pub(crate) fn note(said: &str) {
    // With stderr gone nobody is left to tell; the exit status still says how it went.
    let _ = writeln!(std::io::stderr(), "{said}");
}
