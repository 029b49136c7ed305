//! AWS Health events, customer by customer (P2 to P5).

use super::super::case::Home;
use super::super::errand::{Errand, Outcome};
use super::super::ids::{CaseId, SlackUser};
use super::super::input::ReplyTo;
use super::super::policy::Policy;
use super::super::time::Time;
use super::super::turn::{PhdPress, Turn};
use serde::{Deserialize, Serialize};

/// An AWS Health event of one customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phd {
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
pub enum PhdChange {
    /// It is over.
    Over {
        /// When.
        at: Time,
    },
}

impl Phd {
    /// Takes a step.
    pub const fn apply(&mut self, change: &PhdChange) {
        match change {
            PhdChange::Over { at } => self.over = Some(*at),
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

/// 메일 발송 · 연결됨 · 부재
pub(in crate::domain) fn pressed(
    _turn: &mut Turn<'_>,
    _id: CaseId,
    _by: &SlackUser,
    _press: PhdPress,
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

/// A page of an event came (P2 to P5); `key` names the delivery.
pub(in crate::domain) fn told(
    _turn: &mut Turn<'_>,
    _key: &str,
    _event: &super::super::aws::HealthEvent,
) {
}
