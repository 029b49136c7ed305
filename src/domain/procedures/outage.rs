//! Events of the AWS status feed (H1 to H4).

use super::super::case::Home;
use super::super::ids::{CaseId, MessageRef, SlackUser};
use super::super::policy::Policy;
use super::super::time::Time;
use super::super::turn::Turn;
use serde::{Deserialize, Serialize};

/// An event of the status feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
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
pub enum OutageChange {
    /// It is over.
    Over {
        /// When.
        at: Time,
    },
}

impl Outage {
    /// Takes a step.
    pub const fn apply(&mut self, change: &OutageChange) {
        match change {
            OutageChange::Over { at } => self.over = Some(*at),
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

/// Somebody may ask how AWS is (H4); `root` is the thread in which that is answered.
pub(in crate::domain) fn asked(
    _turn: &mut Turn<'_>,
    _by: &SlackUser,
    _at: &MessageRef,
    _root: &MessageRef,
    _text: &str,
) {
}

/// A due time of the case has come.
pub(in crate::domain) fn woken(_turn: &mut Turn<'_>, _id: CaseId) {}
