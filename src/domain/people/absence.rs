//! Absences (R2 to R4): from the guide's note column and from `/leave`.

use super::super::time::Time;
use serde::{Deserialize, Serialize};

/// When somebody cannot be asked, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// From here on (inclusive); `None`: it is already in force (R4).
    pub from: Option<Time>,
    /// Until here (exclusive, reading 28); a day-long absence ends at 24:00.
    pub to: Time,
    /// What it keeps the person from.
    pub scope: AbsenceScope,
    /// As written.
    pub reason: String,
}

/// What an absence keeps a person from (reading 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AbsenceScope {
    /// Every duty.
    All,
    /// The General list only.
    General,
}

impl Absence {
    /// Whether it holds at `at`.
    #[must_use]
    pub fn covers(&self, at: Time) -> bool {
        self.from.is_none_or(|from| from <= at) && at < self.to
    }
}
