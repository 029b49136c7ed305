//! The execution (X4 to X6): the second person's confirmation, one account after the other, errors, the end.

use super::{
    Asked, COC, Chase, Confirmation, Done, Ending, Failure, OffboardChange, Run, Stage, Why, Work,
    error,
};
use crate::domain::accounts::AccountEvent;
use crate::domain::desk::{Desk, Room};
use crate::domain::errand::{Place, TicketAct, Urgency};
use crate::domain::ids::{CaseId, Name, SlackUser};
use crate::domain::input::ReplyTo;
use crate::domain::people::order::{Duty, absence_at};
use crate::domain::people::roster::AccountDuty;
use crate::domain::procedures::paging::under;
use crate::domain::procedures::{assignment, tickets};
use crate::domain::time::Time;
use crate::domain::turn::{Turn, UnlinkPress};
use crate::domain::words;
use std::collections::BTreeMap;

/// The customer's name was typed again (X4).
pub(in crate::domain::procedures) fn confirmed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    round: u32,
    fields: &BTreeMap<String, String>,
) {
    let typed = fields.get("customer").map_or("", |text| text.trim());
    let Some(mut work) = Work::of(turn, id) else {
        turn.answer = error("customer", words::stale().plain());
        return;
    };
    let asking = match work.confirming(by, round) {
        Ok(asking) => asking.clone(),
        Err(message) => {
            work.turn.answer = error("customer", message.plain());
            return;
        }
    };
    let customer = work.one.request.customer.clone();
    if !same_name(typed, &customer) {
        let text = words::offboard::wrong_name(typed, &customer);
        work.turn.answer = error("customer", text);
        return;
    }
    let accounts = asking.checked.accounts().to_vec();
    let checked = match work.check(&accounts) {
        Ok(checked) => checked,
        Err(problems) => {
            let text =
                words::offboard::stopped_at_confirmation(work.turn.desk, &work.one, &problems);
            work.stop(accounts, Why::Record { problems });
            work.turn.answer = error("customer", text);
            return;
        }
    };
    let (desk, now) = (work.turn.desk, work.turn.now);
    let name = desk.name_of(by);
    let by_whom = Confirmation { user: by.clone(), name, at: now, round, checked };
    let note = words::offboard::confirmed_note(&work.one, &by_whom);
    work.note(Some(by), note);
    work.step(OffboardChange::Confirmed { by: by_whom });
    let Stage::Asking { asking, .. } = work.one.stage.clone() else { return };
    let needed = desk.policy.value.offboard.confirmations;
    match asking.confirmed(round, &work.one.authors, needed) {
        None => {
            if let Some(channel) = desk.room(Room::Unlink) {
                let message = words::offboard::confirmed_one(desk, &asking, needed);
                work.post(Urgency::Notice, under(channel, asking.post), message);
            }
            work.show_card();
        }
        Some(confirmed) => {
            work.clear(&words::offboard::confirmed_line(&confirmed));
            let run = Run { confirmed, rest: accounts, asked: 0, sheet: asking.post };
            work.next(run, by);
        }
    }
}

/// Whether the customer's name was typed again, letter by letter but for spaces around and between.
fn same_name(typed: &str, name: &str) -> bool {
    let even = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    even(typed) == even(name)
}

impl Work<'_, '_> {
    /// The next account, or the end. `sheet`: the post in x that was confirmed.
    pub(super) fn next(&mut self, run: Run, by: &SlackUser) {
        let Run { confirmed, mut rest, asked, sheet } = run;
        if rest.is_empty() {
            return self.finish(by);
        }
        let checked = match self.check(&rest[..1]) {
            Ok(checked) => checked,
            Err(problems) => return self.stop(rest, Why::Record { problems }),
        };
        let (desk, now) = (self.turn.desk, self.turn.now);
        let Some(channel) = desk.room(Room::Unlink) else {
            return self.stop(rest, Why::Unposted { refused: None });
        };
        let account = rest.remove(0);
        let place = (self.one.done.len() + 1, self.one.done.len() + 1 + rest.len());
        let template = desk.policy.value.offboard.command.trim();
        let command = (!template.is_empty()).then(|| {
            let text = template.replace("{account}", &account.to_string());
            let place = Place { channel: channel.clone(), thread: None };
            self.turn.post(Some(self.id), Urgency::Notice, place, words::offboard::command(text))
        });
        let message = words::offboard::unlink(
            (self.id, self.one.round, asked),
            &self.one,
            &checked,
            place,
            command.is_some(),
        );
        let post = self.post(Urgency::Notice, under(channel, command.unwrap_or(sheet)), message);
        self.note(None, words::offboard::unlink_note(&account, command.is_some()));
        let run = Run { confirmed, rest, asked: asked + 1, sheet };
        let asked = Asked { account, nth: asked, post, command, checked };
        self.go(Stage::Running { run, now: asked, chase: Chase::new(now) });
        self.show_card();
    }

    /// Every account is unlinked: the ticket is closed, and g is told (X6).
    fn finish(&mut self, by: &SlackUser) {
        let (desk, at) = (self.turn.desk, self.turn.now);
        self.go(Stage::Over { at, how: Ending::Done });
        self.note(None, words::offboard::done_note(&self.one));
        let ticket = self.one.request.ticket.clone();
        match desk.assignment_of(&ticket).filter(|(_, one)| one.is_open() || one.held().is_some()) {
            Some((case, _)) => assignment::done(self.turn, case, by),
            None => {
                let comment = words::offboard::ticket_comment(&self.one, at);
                tickets::owe(self.turn, self.id, &ticket, TicketAct::Solve, comment);
            }
        }
        let closes = desk.presence.adapters.tickets;
        let message = words::offboard::done(desk, self.id, &self.one, at);
        self.general(message);
        let message = words::offboard::ended(desk, self.id, &self.one, closes);
        self.say(message);
        self.show_card();
    }
}

/// 성공 · 실패 of an account: the round, and which asking.
pub(in crate::domain) fn unlink_pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    of: (u32, usize),
    press: UnlinkPress,
    reply: &ReplyTo,
) {
    let Some(mut work) = Work::of(turn, id) else {
        return turn.tell(by, reply, words::stale());
    };
    let desk = work.turn.desk;
    if !desk.holds(by, &COC) {
        return work.tell(by, reply, words::offboard::coc_records());
    }
    let (run, asked) = match work.one.stage.clone() {
        Stage::Running { run, now, .. } if (work.one.round, now.nth) == of => (run, now),
        Stage::Running { .. }
        | Stage::Naming { .. }
        | Stage::Scheduled { .. }
        | Stage::Asking { .. }
        | Stage::Failed { .. }
        | Stage::Stopped { .. }
        | Stage::Over { .. } => {
            let message = words::offboard::recorded_already(&work.one, work.turn.now);
            return work.tell(by, reply, message);
        }
    };
    let (name, at) = (desk.name_of(by), work.turn.now);
    match press {
        UnlinkPress::Done => {
            work.clear(&words::offboard::unlinked_line(&name, at));
            work.note(Some(by), words::offboard::unlinked_note(&asked.account));
            work.register(std::slice::from_ref(&asked.account), AccountEvent::Left, by);
            let done = Done { account: asked.account, by: name, at };
            work.step(OffboardChange::Unlinked { done });
            work.next(run, by);
        }
        UnlinkPress::Failed => work.failed(run, &asked, by),
    }
}

/// Who sees to an error with accounts: 계정 업무 담당 정, else 부, whoever is there (R5, X5); else the General list decides.
fn account_duty(desk: &Desk, now: Time) -> Option<Name> {
    let roster = &desk.roster.value;
    let owners = [AccountDuty::Primary, AccountDuty::Backup];
    let mut owners = owners.into_iter().filter_map(|duty| roster.account_owner(duty));
    owners.find(|who| absence_at(roster, &desk.leaves, who, Duty::Other, now).is_none()).cloned()
}

impl Work<'_, '_> {
    /// An account could not be unlinked: the rest waits, somebody sees to it, g is told (X5).
    fn failed(&mut self, run: Run, asked: &Asked, by: &SlackUser) {
        let (desk, at) = (self.turn.desk, self.turn.now);
        let name = desk.name_of(by);
        self.clear(&words::offboard::failed_line(&name, at));
        self.note(Some(by), words::offboard::failed_note(&asked.account));
        self.register(std::slice::from_ref(&asked.account), AccountEvent::UnlinkFailed, by);
        let Run { confirmed, rest, asked: times, sheet } = run;
        let rest = std::iter::once(asked.account.clone()).chain(rest).collect();
        let request = self.one.request.clone();
        let who = account_duty(desk, at);
        let assignment = assignment::begin(self.turn, request.ticket, request.customer, who);
        let given = assignment::outcome(self.turn, assignment);
        let mut failure = Failure {
            account: asked.account.clone(),
            nth: asked.nth,
            by: name,
            at,
            why: String::new(),
            told: None,
            assignment,
        };
        let run = Run { confirmed, rest, asked: times, sheet };
        let message =
            words::offboard::failed_in_general(desk, self.id, &self.one, &failure, &run, &given);
        failure.told = Some(self.general(message));
        let chase = Chase::new(at);
        self.go(Stage::Failed { run: run.clone(), failure: failure.clone(), chase });
        let message = words::offboard::failed(desk, self.id, &self.one, &failure, &run, &given);
        self.say(message);
        self.show_card();
    }
}

/// It was told what went wrong with an account.
pub(in crate::domain::procedures) fn unlink_failed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    of: (u32, usize),
    fields: &BTreeMap<String, String>,
) {
    let why = fields.get("why").map_or("", |text| text.trim()).to_owned();
    let Some(mut work) = Work::of(turn, id) else {
        turn.answer = error("why", words::stale().plain());
        return;
    };
    let failure = match work.explaining(by, of.0, Some(of.1)) {
        Ok(failure) => failure,
        Err(message) => {
            work.turn.answer = error("why", message.plain());
            return;
        }
    };
    if why.is_empty() {
        work.turn.answer = error("why", words::setup::missing("이미 다른 조직의 계정이라는 응답"));
        return;
    }
    let desk = work.turn.desk;
    work.step(OffboardChange::Explained { why: why.clone() });
    work.note(Some(by), words::offboard::explained_note(&failure.account, &why));
    let message = words::offboard::explained(&failure, &desk.name_of(by), &why);
    if let (Some(channel), Some(told)) = (desk.room(Room::General), failure.told) {
        work.post(Urgency::Notice, under(channel, told), message);
    } else {
        work.say(message);
    }
    work.show_card();
}
