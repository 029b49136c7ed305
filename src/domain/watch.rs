//! The watch: one promise with a due time (the 30-minute call, an answer that somebody owes).

use super::time::{Span, Time};
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

/// What is open is asked for so often after the same while, then after twice as long each time.
const CHASES_ALIKE: u32 = 4;
/// But not more seldom than after eight times the while.
const CHASE_DOUBLES: u32 = 3;

/// When what was asked for at `asked`, and `times` times before, is asked for again.
#[must_use]
pub fn asked_again_at(asked: Time, after: Span, times: u32) -> Time {
    let doubled = (times + 1).saturating_sub(CHASES_ALIKE).min(CHASE_DOUBLES);
    asked + after.delta() * (1 << doubled)
}
