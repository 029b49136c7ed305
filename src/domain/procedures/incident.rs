//! An alarm or finding that is propagated: the customer first, then the MSP chain, a ticket or the sales contact (M5 to M10, G1, G4).

use super::super::case::Home;
use super::super::errand::{CallEvent, Errand, Outcome};
use super::super::ids::{CaseId, ErrandId, MessageRef, SlackUser};
use super::super::input::ReplyTo;
use super::super::policy::Policy;
use super::super::time::Time;
use super::super::turn::{ExhaustedPress, IncidentPress, RungPress, Turn};
use serde::{Deserialize, Serialize};

/// An incident and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
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
pub enum IncidentChange {
    /// It is over.
    Over {
        /// When.
        at: Time,
    },
}

impl Incident {
    /// Takes a step.
    pub const fn apply(&mut self, change: &IncidentChange) {
        match change {
            IncidentChange::Over { at } => self.over = Some(*at),
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

    /// The support desk's ticket, where one was opened (M9).
    #[must_use]
    pub const fn ticket(&self) -> Option<&super::super::ids::TicketLink> {
        None
    }

    /// The ladder, while people are reached in order (M8).
    #[must_use]
    pub const fn ladder(&self) -> Option<&super::super::ladder::Ladder> {
        None
    }
}

/// Somebody reacted to a post of the case.
pub(in crate::domain) fn reacted(
    _turn: &mut Turn<'_>,
    _id: CaseId,
    _by: &SlackUser,
    _on: &MessageRef,
    _emoji: &str,
) {
}

/// Somebody replied in the thread.
pub(in crate::domain) fn replied(_turn: &mut Turn<'_>, _id: CaseId, _by: &SlackUser, _text: &str) {}

/// A button of the case.
pub(in crate::domain) fn pressed(
    _turn: &mut Turn<'_>,
    _id: CaseId,
    _by: &SlackUser,
    _press: IncidentPress,
    _reply: &ReplyTo,
) {
}

/// 수락 · 부재 · 거절
pub(in crate::domain) fn rung_pressed(
    _turn: &mut Turn<'_>,
    _id: CaseId,
    _by: &SlackUser,
    _nth: usize,
    _press: RungPress,
    _reply: &ReplyTo,
) {
}

/// 다시 시작 · 종료, by COC (reading 11)
pub(in crate::domain) fn exhausted_pressed(
    _turn: &mut Turn<'_>,
    _id: CaseId,
    _by: &SlackUser,
    _press: ExhaustedPress,
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

/// What happened on a call of the case.
pub(in crate::domain) fn phone(
    _turn: &mut Turn<'_>,
    _id: CaseId,
    _call: ErrandId,
    _event: CallEvent,
    _unheard: bool,
) {
}

/// Key 1 on a call that was given up as never placed.
pub(in crate::domain) fn accepted_on(_turn: &mut Turn<'_>, _call: ErrandId) {}

/// A post that was taken back stands after all.
pub(in crate::domain) fn posted_after_all(
    _turn: &mut Turn<'_>,
    _post: ErrandId,
    _outcome: &Outcome,
) {
}

/// A due time of the case has come.
pub(in crate::domain) fn woken(_turn: &mut Turn<'_>, _id: CaseId) {}

/// A mail of the case that was drafted is sent (M10).
pub(in crate::domain) fn mailed(_turn: &mut Turn<'_>, _id: CaseId, _by: &super::super::ids::Name) {}
