//! Checklists that people work off: their card, their steps, their chasing (M1, M3, M4, M11, M12, G2, P1, T).

use super::super::case::Home;
use super::super::errand::{Errand, Outcome};
use super::super::ids::{CaseId, MessageRef, SlackUser};
use super::super::input::ReplyTo;
use super::super::policy::Policy;
use super::super::time::Time;
use super::super::turn::{StepPress, Turn};
use serde::{Deserialize, Serialize};

/// A checklist that is worked off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// The post whose thread it lives in.
    pub home: Home,
    /// The customer's name.
    pub customer: String,
    /// What began it: the name of a delivery, or of a due time.
    pub origin: String,
    /// When it was over; `None` while it is open.
    pub over: Option<Time>,
}

/// A step of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListChange {
    /// It is over.
    Over {
        /// When.
        at: Time,
    },
}

impl List {
    /// Takes a step.
    pub const fn apply(&mut self, change: &ListChange) {
        match change {
            ListChange::Over { at } => self.over = Some(*at),
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

/// Somebody replied in the thread.
pub(in crate::domain) fn replied(
    _turn: &mut Turn<'_>,
    _id: CaseId,
    _by: &SlackUser,
    _at: &MessageRef,
    _text: &str,
) {
}

/// The message that the case hangs on was changed.
pub(in crate::domain) fn edited(_turn: &mut Turn<'_>, _id: CaseId, _at: &MessageRef, _text: &str) {}

/// 완료
pub(in crate::domain) fn pressed(
    _turn: &mut Turn<'_>,
    _id: CaseId,
    _by: &SlackUser,
    _nth: usize,
    _press: StepPress,
    _trigger: &str,
    _reply: &ReplyTo,
) {
}

/// What became of an errand of the case.
pub(in crate::domain) fn settled(
    _turn: &mut Turn<'_>,
    _id: CaseId,
    _errand: &Errand,
    _outcome: &Outcome,
) {
}

/// A due time of the case has come.
pub(in crate::domain) fn woken(_turn: &mut Turn<'_>, _id: CaseId) {}

/// The solution architects are to guide a customer whose own setting sent a finding of low severity (G2); once while such a task of
/// that customer is open.
pub(in crate::domain) fn guide_customer(
    _turn: &mut Turn<'_>,
    _origin: &str,
    _customer: &str,
    _finding: &super::super::aws::Finding,
) {
}
