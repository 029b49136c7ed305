//! What came from outside and nobody understood: kept, shown to COC, made a case by hand.

use super::super::case::Home;
use super::super::ids::{CaseId, SlackUser};
use super::super::input::ReplyTo;
use super::super::policy::Policy;
use super::super::time::Time;
use super::super::turn::{StrayPress, Turn};
use serde::{Deserialize, Serialize};

/// Something that nobody understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stray {
    /// The post whose thread it lives in.
    pub home: Home,
    /// What began it: the name of a delivery, or of a due time.
    pub origin: String,
    /// When it was over; `None` while it is open.
    pub over: Option<Time>,
}

/// A step of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrayChange {
    /// It is over.
    Over {
        /// When.
        at: Time,
    },
}

impl Stray {
    /// Takes a step.
    pub const fn apply(&mut self, change: &StrayChange) {
        match change {
            StrayChange::Over { at } => self.over = Some(*at),
        }
    }

    /// Whether something is still to come.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.over.is_none()
    }

    /// The next due time.
    #[must_use]
    pub const fn wake(&self, _policy: &Policy) -> Option<Time> {
        None
    }
}

/// 사건 등록 · 무시
pub(in crate::domain) fn pressed(
    _turn: &mut Turn<'_>,
    _id: CaseId,
    _by: &SlackUser,
    _press: StrayPress,
    _trigger: &str,
    _reply: &ReplyTo,
) {
}

/// A due time of the case has come.
pub(in crate::domain) fn woken(_turn: &mut Turn<'_>, _id: CaseId) {}
