//! The support desk's tickets: what the desk does to them (A7, A8), and what their people did themselves.

use super::super::case::{Case, CaseChange, Procedure};
use super::super::change::Change;
use super::super::desk::Room;
use super::super::errand::{Errand, ErrandKind, Outcome, Place, TicketAct, TicketDeed, Urgency};
use super::super::ids::{CaseId, Name, TicketLink};
use super::super::input::{TicketEvent, TicketNews};
use super::super::message::Message;
use super::super::turn::Turn;
use super::super::words;
use super::assignment;
use super::urgent::UrgentChange;

/// Does something to a ticket, where a support desk is configured.
pub(super) fn owe(
    turn: &mut Turn<'_>,
    case: CaseId,
    ticket: &TicketLink,
    act: TicketAct,
    comment: String,
) {
    if turn.desk.presence.adapters.tickets {
        let deed = TicketDeed { ticket: ticket.clone(), act, comment };
        turn.owe(Some(case), Urgency::Notice, ErrandKind::Ticket { deed });
    }
}

/// It gets an assignee.
pub(super) fn assign(
    turn: &mut Turn<'_>,
    case: CaseId,
    ticket: &TicketLink,
    to: &Name,
    comment: String,
) {
    let email = turn.desk.roster.value.person(to).and_then(|person| person.email.clone());
    owe(turn, case, ticket, TicketAct::Assign { to: to.clone(), email }, comment);
}

fn say(turn: &mut Turn<'_>, case: &Case, message: Message) {
    let desk = turn.desk;
    let place = turn.place_of(case.id);
    let noti = || desk.room(Room::Noti).map(|channel| Place { channel, thread: None });
    if let Some(place) = place.or_else(noti) {
        turn.post(Some(case.id), Urgency::Notice, place, message);
    }
}

/// What became of something that was to be done to a ticket.
pub(in crate::domain) fn settled(turn: &mut Turn<'_>, errand: &Errand, outcome: &Outcome) {
    let ErrandKind::Ticket { deed } = &errand.kind else { return };
    let why = match outcome {
        Outcome::Refused { why } => why.as_str(),
        Outcome::Expired => "사흘 동안 응답이 없습니다",
        Outcome::Done
        | Outcome::Posted(_)
        | Outcome::Placed { .. }
        | Outcome::Joined { .. }
        | Outcome::Presence(_)
        | Outcome::Guide { .. }
        | Outcome::Opened { .. } => return,
    };
    let Some(case) = errand.case.and_then(|id| turn.desk.cases.get(&id)) else { return };
    let what = match &deed.act {
        TicketAct::Assign { .. } => "배정",
        TicketAct::Comment => "기록",
        TicketAct::Solve => "완료 처리",
    };
    turn.note_by(case.id, None, format!("티켓 시스템 {what} 실패: {why}"));
    let message = words::tickets::not_done(customer(case), deed.ticket.as_str(), what, why);
    say(turn, case, message);
}

fn customer(case: &Case) -> &str {
    case.procedure.customer()
}

fn ticket(case: &Case) -> Option<&TicketLink> {
    case.procedure.ticket()
}

/// Somebody changed a ticket at the support desk itself; the newest case of that ticket follows.
pub(in crate::domain) fn news(turn: &mut Turn<'_>, news: &TicketNews) {
    let desk = turn.desk;
    if desk.seen.contains_key(&news.key) {
        return;
    }
    let of_it = |case: &&Case| ticket(case).and_then(TicketLink::number) == Some(news.ticket);
    let Some(case) = desk.cases.values().rev().find(of_it) else { return };
    turn.change(Change::Seen(news.key.clone()));
    match (&news.what, &case.procedure) {
        (TicketEvent::Solved, Procedure::Urgent(urgent)) => {
            if urgent.taken().is_some() && urgent.solved.is_none() {
                let change = UrgentChange::Solved { at: turn.now };
                turn.change(Change::Case(case.id, CaseChange::Urgent(change)));
                say(turn, case, words::tickets::solved(customer(case)));
            }
        }
        (TicketEvent::Solved, Procedure::Assignment(one)) => {
            if one.held().is_some() || one.is_open() {
                say(turn, case, words::tickets::solved(customer(case)));
                assignment::solved(turn, case.id);
            }
        }
        (TicketEvent::Reopened, Procedure::Urgent(urgent)) => {
            if urgent.solved.is_some() {
                let change = UrgentChange::Reopened;
                turn.change(Change::Case(case.id, CaseChange::Urgent(change)));
                reopened(turn, case);
            }
        }
        (TicketEvent::Reopened, Procedure::Assignment(one)) => {
            if one.held().is_none() && !one.is_open() {
                reopened(turn, case);
            }
        }
        // an incident's ticket is an assignment of its own
        (
            TicketEvent::Solved | TicketEvent::Reopened,
            Procedure::Incident(_)
            | Procedure::Stray(_)
            | Procedure::Phd(_)
            | Procedure::Outage(_)
            | Procedure::List(_)
            | Procedure::Offboard(_)
            | Procedure::Dispatch(_)
            | Procedure::Inquiry(_)
            | Procedure::Climate(_),
        )
        | (
            TicketEvent::Assigned { .. },
            Procedure::Urgent(_)
            | Procedure::Incident(_)
            | Procedure::Stray(_)
            | Procedure::Phd(_)
            | Procedure::Outage(_)
            | Procedure::List(_)
            | Procedure::Offboard(_)
            | Procedure::Dispatch(_)
            | Procedure::Inquiry(_)
            | Procedure::Climate(_),
        ) => {}
        (TicketEvent::Assigned { email }, Procedure::Assignment(one)) => {
            // what we are about to assign ourselves makes older news worthless
            let assigning = desk.errands.values().any(|errand| {
                errand.case == Some(case.id) && matches!(errand.kind, ErrandKind::Ticket { .. })
            });
            let Some(holder) = one.assignee().filter(|_| !assigning) else { return };
            let person = email.as_ref().and_then(|email| {
                desk.roster.value.people.iter().find(|person| {
                    person.email.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(email))
                })
            });
            match person {
                Some(person) if &person.name == holder => {}
                Some(person) => {
                    let (ticket, customer) = (one.ticket.clone(), one.customer.clone());
                    say(turn, case, words::tickets::moved(&customer, &person.name));
                    assignment::begin(turn, ticket, customer, Some(person.name.clone()));
                }
                // unassigned, or given to a group's queue: the case's promise stands
                None if email.is_none() => {}
                None => say(turn, case, words::tickets::moved_to_stranger(customer(case))),
            }
        }
    }
}

fn reopened(turn: &mut Turn<'_>, case: &Case) {
    let link = ticket(case).map_or("", |ticket| ticket.as_str()).to_owned();
    turn.note_by(case.id, None, "티켓이 다시 열림 (티켓 시스템)");
    say(turn, case, words::tickets::reopened(customer(case), &link));
}
