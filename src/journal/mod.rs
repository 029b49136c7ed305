//! The journal: every decision, durable before it is acted upon, chained by hashes.

use crate::domain::change::Change;
use crate::domain::input::Input;
use crate::domain::time::Time;
use serde::{Deserialize, Serialize};

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The layout of this record; see [`FORMAT`].
    pub v: u32,
    /// Counted from 1 without gaps.
    pub seq: u64,
    /// When it was decided.
    pub at: Time,
    /// What happened.
    pub input: Input,
    /// What it changed.
    pub changes: Vec<Change>,
    /// The hash of the record before; 64 zeros before the first.
    pub prev: String,
}

/// The layout of records written now.
pub const FORMAT: u32 = 1;
