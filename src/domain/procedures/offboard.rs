//! Forced off-boarding (X1 to X8).

use super::super::case::Home;
use super::super::errand::{Errand, Outcome};
use super::super::ids::{AccountId, CaseId, MessageRef, Name, SlackUser, TicketLink};
use super::super::input::ReplyTo;
use super::super::policy::Policy;
use super::super::time::Time;
use super::super::turn::{OffboardPress, Turn, UnlinkPress};
use super::commands::Typed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A forced off-boarding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offboard {
    /// Its card, whose thread it lives in.
    pub home: Home,
    /// The customer's name on record.
    pub customer: String,
    /// What began it.
    pub origin: String,
    /// The ticket.
    pub ticket: TicketLink,
}

/// An MSP customer leaves (X7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MspOffboard {
    /// Which accounts.
    pub accounts: Vec<AccountId>,
    /// The ticket.
    pub ticket: TicketLink,
    /// The TS owner, whose the steps are; `None` where there is nobody.
    pub ts: Option<Name>,
    /// Who asked.
    pub by: Name,
}

/// A step of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffboardChange {
    /// Its thread is gone: it goes on elsewhere.
    Moved(Home),
}

impl Offboard {
    /// Takes a step.
    pub fn apply(&mut self, change: &OffboardChange) {
        match change {
            OffboardChange::Moved(home) => self.home = home.clone(),
        }
    }

    /// Whether something is still to come.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        true
    }

    /// The next due time.
    #[must_use]
    pub const fn wake(&self, _policy: &Policy) -> Option<Time> {
        None
    }
}

/// `/offboard`
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>) {
    let _ = (turn, typed);
}

/// The form was handed in.
pub(super) fn submitted(turn: &mut Turn<'_>, by: &SlackUser, fields: &BTreeMap<String, String>) {
    let _ = (turn, by, fields);
}

/// The form that changes a request was handed in.
pub(super) fn edited(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    fields: &BTreeMap<String, String>,
) {
    let _ = (turn, id, by, fields);
}

/// The customer's name was typed again (X4).
pub(super) fn confirmed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    round: u32,
    fields: &BTreeMap<String, String>,
) {
    let _ = (turn, id, by, round, fields);
}

/// It was told what went wrong with an account.
pub(super) fn unlink_failed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    of: (u32, usize),
    fields: &BTreeMap<String, String>,
) {
    let _ = (turn, id, by, of, fields);
}

/// A button of the case.
pub(in crate::domain) fn pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    round: u32,
    press: OffboardPress,
    trigger: &str,
    reply: &ReplyTo,
) {
    let _ = (turn, id, by, round, press, trigger, reply);
}

/// 성공 · 실패 of an account: the round, and which account.
pub(in crate::domain) fn unlink_pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    of: (u32, usize),
    press: UnlinkPress,
    trigger: &str,
    reply: &ReplyTo,
) {
    let _ = (turn, id, by, of, press, trigger, reply);
}

/// Somebody replied in the thread.
pub(in crate::domain) fn replied(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    at: &MessageRef,
    text: &str,
) {
    let _ = (turn, id, by, at, text);
}

/// What became of an errand of the case.
pub(in crate::domain) fn settled(
    turn: &mut Turn<'_>,
    id: CaseId,
    errand: &Errand,
    outcome: &Outcome,
) {
    let _ = (turn, id, errand, outcome);
}

/// A due time of the case has come.
pub(in crate::domain) fn woken(turn: &mut Turn<'_>, id: CaseId) {
    let _ = (turn, id);
}
