//! The watch: one promise with a due time (the 30-minute call, an answer that somebody owes).

use super::time::Time;
use serde::{Deserialize, Serialize};

/// A promise that falls due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// When its clock started.
    pub since: Time,
    /// When it falls due.
    pub due: Time,
    /// How `due` follows from `since`, in a few words for people.
    pub why: String,
}

/// How late an action may be before people are told that it is late, in seconds.
const PUNCTUAL_WITHIN: i64 = 60;

/// Whether something due at `due` and done at `now` is late enough to say so (reading 4).
#[must_use]
pub fn is_late(due: Time, now: Time) -> bool {
    (now - due).num_seconds() >= PUNCTUAL_WITHIN
}
