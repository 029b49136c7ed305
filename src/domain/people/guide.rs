//! The reader of the guide's own text.

use super::roster::Roster;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Something doubtful at a line of the guide (lines count from 1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The line.
    pub line: usize,
    /// What is doubtful, in Korean.
    pub text: String,
}

/// Something wrong at a line of the guide (lines count from 1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{line}행: {text}")]
pub struct LineError {
    /// The line.
    pub line: usize,
    /// What was read, what is expected, in Korean.
    pub text: String,
}

/// Reads the roster out of the guide; `near` is the guide's date, by which years are found (reading 21).
///
/// # Errors
/// Everything that is wrong, each with its line; then no roster.
pub fn read_guide(_text: &str, _near: NaiveDate) -> Result<(Roster, Vec<Warning>), Vec<LineError>> {
    Err(vec![])
}
