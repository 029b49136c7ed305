//! An MSP customer leaves (X1, X7): no forced off-boarding, but a checklist for its TS owner.

use super::check::{MspAsked, msp_list};
use crate::domain::accounts::{AccountEvent, Entry};
use crate::domain::change::Change;
use crate::domain::ids::{AccountId, CaseId, Name, SlackUser, TicketLink};
use crate::domain::procedures::list::{Ending, ListKind, begin};
use crate::domain::procedures::setup::engineer;
use crate::domain::turn::Turn;
use crate::domain::words;
use serde::{Deserialize, Serialize};

/// An MSP customer leaves (X7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MspOffboard {
    /// Which accounts; empty: nobody named them.
    pub accounts: Vec<AccountId>,
    /// The ticket.
    pub ticket: TicketLink,
    /// The TS owner, whose the steps are; `None` where there is nobody.
    pub ts: Option<Name>,
    /// Who asked.
    pub by: Name,
}

/// Opens the list that an MSP customer's form leads to; returns what the form's author reads.
pub(super) fn opened(turn: &mut Turn<'_>, by: &SlackUser, asked: &MspAsked) -> String {
    let desk = turn.desk;
    if let Some((id, one)) = msp_list(desk, &asked.ticket) {
        return words::offboard::msp_opened(id, one.ts.as_ref());
    }
    let ts = engineer(desk, &asked.customer, turn.now);
    let by_name = desk.name_of(by);
    let one = MspOffboard {
        accounts: asked.accounts.clone(),
        ticket: asked.ticket.clone(),
        ts: ts.clone(),
        by: by_name,
    };
    let origin = format!("msp-offboard:{}", asked.ticket);
    let steps = desk.definitions.msp_offboard.clone();
    let kind = ListKind::MspOffboard(one.clone());
    let Some(id) = begin(turn, &origin, &asked.customer, kind, steps) else {
        return words::setup::no_room().plain();
    };
    turn.note(id, Some(by), words::offboard::msp_note(&one));
    let by = one.by.clone();
    register(turn, id, &asked.customer, &one, AccountEvent::Leaving, &by);
    words::offboard::msp_opened(id, ts.as_ref())
}

/// The list is over: the register learns what became of the accounts.
pub(in crate::domain::procedures) fn ended(
    turn: &mut Turn<'_>,
    id: CaseId,
    customer: &str,
    one: &MspOffboard,
    how: &Ending,
    by: &Name,
) {
    let what = match how {
        Ending::Done => AccountEvent::Left,
        Ending::Cancelled { .. } | Ending::CameBack => AccountEvent::Stays,
    };
    register(turn, id, customer, one, what, by);
}

fn register(
    turn: &mut Turn<'_>,
    case: CaseId,
    customer: &str,
    one: &MspOffboard,
    what: AccountEvent,
    by: &Name,
) {
    for account in &one.accounts {
        let entry = Entry {
            at: turn.now,
            what,
            customer: customer.to_owned(),
            payer: turn.desk.accounts.payer_of(account).cloned(),
            case,
            by: by.clone(),
        };
        turn.change(Change::Account { account: account.clone(), entry });
    }
}
