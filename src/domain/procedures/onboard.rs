//! On-boarding of accounts: a checklist per payer (N1 to N7).

use super::super::ids::{AccountId, CaseId, Name, SlackUser, TicketLink};
use super::super::input::ReplyTo;
use super::super::turn::Turn;
use super::commands::Typed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The accounts of a payer that are taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onboard {
    /// The payer that they are linked to.
    pub payer: AccountId,
    /// The accounts.
    pub accounts: Vec<AccountId>,
    /// The ticket that asks for it (N2).
    pub ticket: TicketLink,
    /// The owner of account tickets (R5); `None` where there is nobody.
    pub owner: Option<Name>,
    /// Who entered it.
    pub by: Name,
}

/// `/onboard`
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>) {
    let _ = (turn, typed);
}

/// The form was handed in.
pub(super) fn submitted(turn: &mut Turn<'_>, by: &SlackUser, fields: &BTreeMap<String, String>) {
    let _ = (turn, by, fields);
}

/// 오류 (N4)
pub(super) fn failed(turn: &mut Turn<'_>, id: CaseId, by: &SlackUser, nth: usize, reply: &ReplyTo) {
    let _ = (turn, id, by, nth, reply);
}
