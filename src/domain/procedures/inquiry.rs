//! Calls that people make to the desk (C1 to C8).

use super::super::case::Home;
use super::super::errand::{Errand, Outcome};
use super::super::ids::{CaseId, SlackUser};
use super::super::input::ReplyTo;
use super::super::policy::Policy;
use super::super::time::Time;
use super::super::turn::{InquiryPress, Turn};
use super::commands::Typed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Somebody telephoned the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inquiry {
    /// The message whose thread it lives in.
    pub home: Home,
    /// The customer's name on record; empty where nobody knows it.
    pub customer: String,
    /// What began it.
    pub origin: String,
}

/// A step of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InquiryChange {
    /// Its thread is gone: it goes on elsewhere.
    Moved(Home),
}

impl Inquiry {
    /// Takes a step.
    pub fn apply(&mut self, change: &InquiryChange) {
        match change {
            InquiryChange::Moved(home) => self.home = home.clone(),
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

/// `/call`
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>) {
    let _ = (turn, typed);
}

/// The form was handed in.
pub(super) fn submitted(turn: &mut Turn<'_>, by: &SlackUser, fields: &BTreeMap<String, String>) {
    let _ = (turn, by, fields);
}

/// A button of the case.
pub(in crate::domain) fn pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    press: InquiryPress,
    reply: &ReplyTo,
) {
    let _ = (turn, id, by, press, reply);
}
