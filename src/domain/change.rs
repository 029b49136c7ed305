//! What a decision changes: the closed list. (Being built.)

use super::ids::CaseId;
use super::time::Time;
use serde::{Deserialize, Serialize};

/// A due time, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wake {
    /// A case's next due time.
    Case(CaseId, Time),
}

/// One change of the desk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Someone's delivery was taken.
    Seen(String),
}
