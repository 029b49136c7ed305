//! Calls that people make to the desk (C1 to C8): the record, the words to say, and what happens next.

mod form;
mod state;

pub use state::{Call, Ending, Inquiry, InquiryChange, Kind, Stage, Todo};

use super::super::case::{CaseChange, Home, Procedure};
use super::super::change::Change;
use super::super::customers::Customer;
use super::super::desk::{Desk, Room};
use super::super::errand::{Errand, ErrandKind, NewTicket, Outcome, Place, Urgency};
use super::super::ids::{CaseId, Name, SlackUser, TicketLink};
use super::super::input::ReplyTo;
use super::super::ladder::{LadderState, Via};
use super::super::message::{Answer, FieldError, Message, Piece};
use super::super::people::order::{Duty, absence_at, assign_order};
use super::super::text::read;
use super::super::time::Time;
use super::super::turn::{InquiryPress, Turn};
use super::super::watch::asked_again_at;
use super::super::words;
use super::commands::Typed;
use super::dispatch::{self, Cause, Dispatch};
use super::incident::noti;
use super::urgent::{Board, take_buttons};
use super::{assignment, tickets};
use form::Heard;
use std::collections::BTreeMap;

/// How many things nobody can change are written into a story.
const NOTES: usize = 200;

/// `/call`: the form, at any hour.
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>) {
    let desk = turn.desk;
    if !desk.holds(typed.by, &desk.policy.value.roles.call) {
        return turn.tell(typed.by, typed.reply, words::inquiry::not_allowed());
    }
    let form = words::inquiry::form(desk, &desk.name_of(typed.by), typed.reply);
    turn.open_form(typed.by, typed.trigger, form);
}

/// The form was handed in; `reply` is where `/call` was typed.
pub(super) fn submitted(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    reply: &ReplyTo,
    fields: &BTreeMap<String, String>,
) {
    let desk = turn.desk;
    let refused = |text: String| Answer::Errors(vec![FieldError { key: "kind".to_owned(), text }]);
    if !desk.holds(by, &desk.policy.value.roles.call) {
        turn.answer = refused(words::inquiry::not_allowed().plain());
        return;
    }
    let heard = match form::read(desk, fields) {
        Ok(heard) => heard,
        Err(errors) => {
            turn.answer = Answer::Errors(errors);
            return;
        }
    };
    let room = match heard.kind {
        Kind::OtherBusiness => None,
        Kind::NotTechnical => Some(Room::General),
        Kind::Outage | Kind::General => Some(Room::Noti),
    };
    if let Some(room) = room.filter(|room| desk.room(*room).is_none()) {
        turn.answer = refused(words::inquiry::no_room(room));
        return;
    }
    let customer = heard.customer;
    let call = call_of(turn, by, heard);
    let (id, one) = begin(turn, by, call, customer);
    let told = words::inquiry::to_say(turn.desk, id, &one, customer, turn.now);
    turn.tell(by, reply, told);
}

fn call_of(turn: &Turn<'_>, by: &SlackUser, heard: Heard<'_>) -> Call {
    let desk = turn.desk;
    let Heard { kind, customer, company, caller, belongs, number, last_four, about, can_mail } =
        heard;
    Call {
        by: desk.name_of(by),
        at: turn.now,
        in_hours: desk.calendar().is_open(turn.now),
        kind,
        company: customer.map_or(company, |one| one.name.clone()),
        grade: customer.map(|one| one.grade),
        own_engineers: customer.is_some_and(Customer::runs_msp_chain),
        caller,
        belongs,
        number,
        last_four,
        about,
        can_mail,
    }
}

/// What happens next, once the record stands.
enum Next {
    /// The customer's engineers are reached in order (C5).
    Chain,
    /// Somebody is asked to call back (C6, C7).
    Ask,
    /// COC finds out who sells to the customer (C8).
    FindSales,
    /// Nothing.
    Nothing,
}

/// Where a call leads (C2 to C8, A3, M9).
fn lead(desk: &Desk, call: &Call, customer: Option<&Customer>, now: Time) -> (Stage, Next) {
    let over = |how| (Stage::Over { at: now, how }, Next::Nothing);
    let todo = |what| Stage::Todo { what, again: again(desk, call.kind, now, 0), times: 0 };
    match call.kind {
        Kind::OtherBusiness => over(Ending::Redirected),
        Kind::NotTechnical => over(Ending::Memo),
        Kind::Outage if call.own_engineers => (todo(Todo::Engineer), Next::Chain),
        Kind::General if call.can_mail => {
            let until = now + desk.policy.value.desk.chase_after.delta();
            (Stage::Advised { until }, Next::Nothing)
        }
        Kind::General if call.own_engineers && !call.in_hours => {
            (Stage::Queued { until: desk.calendar().next_opening(now) }, Next::Nothing)
        }
        Kind::Outage | Kind::General if call.in_hours => (todo(Todo::Engineer), Next::Ask),
        Kind::Outage | Kind::General => match customer.and_then(|one| one.csr.clone()) {
            Some(csr) => over(Ending::Sales { csr }),
            None => (todo(Todo::Sales), Next::FindSales),
        },
    }
}

/// When what nobody took is told again: an outage at any hour, an inquiry within business hours.
fn again(desk: &Desk, kind: Kind, now: Time, times: u32) -> Time {
    let at = asked_again_at(now, desk.policy.value.desk.chase_after, times);
    match kind {
        Kind::Outage => at,
        Kind::OtherBusiness | Kind::NotTechnical | Kind::General => {
            desk.calendar().at_or_next_open(at)
        }
    }
}

/// Writes the call down, and begins what comes next.
fn begin(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    call: Call,
    customer: Option<&Customer>,
) -> (CaseId, Inquiry) {
    let desk = turn.desk;
    let channel = match call.kind {
        Kind::OtherBusiness => None,
        Kind::NotTechnical => desk.room(Room::General),
        Kind::Outage | Kind::General => desk.room(Room::Noti),
    };
    let home = channel.map(|channel| Home::Post(channel, turn.next_errand()));
    let (stage, next) = lead(desk, &call, customer, turn.now);
    let one = Inquiry {
        home,
        customer: customer.map_or_else(String::new, |one| one.name.clone()),
        origin: format!("call:{by}:{}", call.at.timestamp_millis()),
        call,
        stage,
        round: 0,
        earlier: Vec::new(),
        boards: Vec::new(),
    };
    let id = turn.open(Procedure::Inquiry(one.clone()));
    turn.note(id, Some(by), words::inquiry::noted(&one));
    let mut work = Work { turn, id, one };
    work.go_on(next, customer);
    if let Some(Home::Post(channel, post)) = work.one.home.clone() {
        let message = match work.one.call.kind {
            Kind::NotTechnical => words::inquiry::memo(desk, &work.one.call),
            Kind::OtherBusiness | Kind::Outage | Kind::General => {
                words::inquiry::card(desk, id, &work.one, work.turn.now)
            }
        };
        let kind = ErrandKind::Post { place: Place { channel, thread: None }, message };
        work.turn.owe_as(post, Some(id), Urgency::Answer, kind);
    }
    (id, work.one)
}

/// Who could call back, in order: the customer's own engineers where it has some (C6), then whoever a ticket would go to (C7, A2).
fn engineers(desk: &Desk, one: &Inquiry, now: Time) -> Vec<Name> {
    let roster = &desk.roster.value;
    let own = desk.customers.value.find(&one.customer).filter(|_| one.call.own_engineers);
    // those who call somebody back today already come later than those who are as busy otherwise
    let busy = desk.active_tickets();
    let load = |who: &Name| busy.get(who).copied().unwrap_or_default() + call_backs(desk, who, now);
    let Some(record) = own else {
        let mut order = assignment::choose(desk, &one.customer, now).order;
        if one.customer != desk.policy.value.company.customer {
            order.sort_by_key(load);
        }
        return order;
    };
    let owners = [&record.ts_primary, &record.ts_backup].into_iter().flatten().cloned();
    let there = |who: &Name| absence_at(roster, &desk.leaves, who, Duty::Other, now).is_none();
    let (mut general, _) = assign_order(roster, &desk.leaves, &busy, &desk.last_assigned, now);
    general.sort_by_key(load);
    owners.filter(there).chain(general).collect()
}

/// How many callers of today this person was asked to call back.
fn call_backs(desk: &Desk, who: &Name, now: Time) -> u32 {
    let of_today = |one: &Inquiry| {
        let theirs = match &one.stage {
            Stage::Asked { who: asked, .. } => asked == who,
            Stage::Over { how: Ending::Confirmed { by, .. }, .. } => by == who,
            Stage::Promised { .. }
            | Stage::Broken { .. }
            | Stage::Advised { .. }
            | Stage::Queued { .. }
            | Stage::Todo { .. }
            | Stage::Over { .. } => false,
        };
        theirs && one.call.at.date_naive() == now.date_naive()
    };
    let cases = desk.cases.values().rev().take_while(|case| {
        // the newest first: beyond a day there is none of today
        now - case.opened < chrono::TimeDelta::days(1)
    });
    let count = cases.filter(|case| case.procedure.as_inquiry().is_some_and(of_today)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The case in which people are reached already for an outage that this customer telephoned about.
fn running_chain(desk: &Desk, customer: &str) -> Option<CaseId> {
    let of_it = |one: &Dispatch| {
        one.customer == customer && one.is_open() && matches!(one.cause, Cause::Inquiry { .. })
    };
    let mut cases = desk.cases.values();
    cases.find(|case| case.procedure.as_dispatch().is_some_and(of_it)).map(|case| case.id)
}

/// How a chain came to its end; `None` while somebody is still to be found.
fn end_of(chain: &Dispatch) -> Option<Ending> {
    match (&chain.over, &chain.ladder.state) {
        (Some(over), _) => Some(Ending::ChainEnded { by: over.by.clone() }),
        (None, LadderState::Taken(taken)) => Some(Ending::Taken { by: taken.by.clone() }),
        (
            None,
            LadderState::Between
            | LadderState::Calling(_)
            | LadderState::Exhausted { .. }
            | LadderState::Stopped { .. },
        ) => None,
    }
}

struct Work<'t, 'a> {
    turn: &'t mut Turn<'a>,
    id: CaseId,
    one: Inquiry,
}

impl<'t, 'a> Work<'t, 'a> {
    fn of(turn: &'t mut Turn<'a>, id: CaseId) -> Option<Self> {
        let one = turn.desk.cases.get(&id)?.procedure.as_inquiry()?.clone();
        Some(Self { turn, id, one })
    }

    fn step(&mut self, change: InquiryChange) {
        self.one.apply(&change);
        self.turn.change(Change::Case(self.id, CaseChange::Inquiry(change)));
    }

    fn place(&self) -> Place {
        let n = || Place { channel: noti(self.turn.desk), thread: None };
        self.one.home.as_ref().map_or_else(n, Home::thread)
    }

    fn say(&mut self, message: Message) {
        let place = self.place();
        self.turn.post(Some(self.id), Urgency::Notice, place, message);
    }

    /// Posts something that bears buttons.
    fn show(&mut self, place: Place, message: Message) {
        let mut kept = message.clone();
        for line in &mut kept.lines {
            // what is changed later is not late because of that
            line.retain(|piece| *piece != Piece::IfLate);
        }
        let post = self.turn.post(Some(self.id), Urgency::Page, place, message);
        self.step(InquiryChange::Shown(Board { post, message: kept }));
    }

    /// Buttons of where the case stood before are of no use any more.
    fn clear(&mut self) {
        let boards = self.one.boards.clone();
        if !boards.is_empty() {
            take_buttons(self.turn, self.id, boards);
            self.step(InquiryChange::Cleared);
        }
    }

    /// The card says what is so: one change of it is owed at a time, and the one that is owed is made good when it is settled.
    fn refresh(&mut self) {
        let Some(Home::Post(_, post)) = self.one.home else { return };
        let changes = |errand: &Errand| matches!(&errand.kind, ErrandKind::Update { post: of, .. } if *of == post);
        if !self.turn.desk.errands.values().any(changes) {
            let message = words::inquiry::card(self.turn.desk, self.id, &self.one, self.turn.now);
            self.turn.owe(Some(self.id), Urgency::Notice, ErrandKind::Update { post, message });
        }
    }

    fn over(&mut self, how: Ending) {
        let at = self.turn.now;
        self.clear();
        self.step(InquiryChange::To(Stage::Over { at, how }));
        self.refresh();
    }

    fn again(&self, times: u32) -> Time {
        again(self.turn.desk, self.one.call.kind, self.turn.now, times)
    }

    fn go_on(&mut self, next: Next, customer: Option<&Customer>) {
        match next {
            Next::Chain => self.chain(),
            Next::Ask => {
                self.open_ticket(customer);
                self.ask_next("");
            }
            Next::FindSales => self.show_todo(""),
            Next::Nothing => {}
        }
    }

    /// 메일 불가: the call leads elsewhere.
    fn cannot_mail(&mut self, user: &SlackUser) {
        let desk = self.turn.desk;
        self.turn.note(self.id, Some(user), "메일 불가");
        self.step(InquiryChange::CannotMail);
        let customer = desk.customers.value.find(&self.one.customer);
        let (stage, next) = lead(desk, &self.one.call, customer, self.turn.now);
        self.step(InquiryChange::To(stage.clone()));
        self.go_on(next, customer);
        if let Stage::Over { how: Ending::Sales { csr }, .. } = stage {
            // a changed card notifies nobody
            self.say(words::inquiry::sales_told(desk, &self.one, &csr));
        }
        self.refresh();
    }

    // ── an outage of a customer with engineers of its own (C5) ──

    fn chain(&mut self) {
        let desk = self.turn.desk;
        let customer = self.one.customer.clone();
        let running = running_chain(desk, &customer);
        let chain = running.or_else(|| {
            let about = words::inquiry::for_engineers(&self.one.call);
            let cause = Cause::Inquiry { inquiry: self.id, about };
            let origin = format!("{}:chain", self.one.origin);
            dispatch::begin(self.turn, &origin, &customer, cause, None)
        });
        let Some(chain) = chain else { return self.show_todo("") };
        let due = self.turn.now + desk.policy.value.desk.promise.delta();
        self.step(InquiryChange::To(Stage::Promised { chain, due }));
    }

    /// The time of the promise is over.
    fn promise_over(&mut self, chain: CaseId, due: Time) {
        let desk = self.turn.desk;
        let ended = match desk.cases.get(&chain).and_then(|case| case.procedure.as_dispatch()) {
            Some(chain) => end_of(chain),
            None => Some(Ending::ChainEnded { by: self.one.call.by.clone() }),
        };
        if let Some(how) = ended {
            return self.over(how);
        }
        let again = self.again(0);
        self.step(InquiryChange::To(Stage::Broken { chain, due, again, times: 0 }));
        self.turn.note_by(self.id, None, words::inquiry::promise_noted(due));
        self.tell_of_broken_promise(chain, due, false);
        self.refresh();
    }

    fn tell_of_broken_promise(&mut self, chain: CaseId, due: Time, again: bool) {
        let desk = self.turn.desk;
        let stands = desk.cases.get(&chain).and_then(|case| case.procedure.as_dispatch());
        let stands = stands.map_or_else(String::new, words::dispatch::state);
        let late = if again { String::new() } else { words::lateness(desk, due, self.turn.now) };
        let broken = words::inquiry::Broken { chain, due, stands: &stands, late: &late, again };
        let message = words::inquiry::broken(desk, self.id, &self.one, &broken, self.turn.now);
        self.clear();
        self.show(Place { channel: noti(desk), thread: None }, message);
    }

    // ── somebody is asked to call back (C6, C7) ──

    fn ask_next(&mut self, late: &str) {
        let present = match &self.one.stage {
            Stage::Asked { who, .. } => Some(who.clone()),
            Stage::Promised { .. }
            | Stage::Broken { .. }
            | Stage::Advised { .. }
            | Stage::Queued { .. }
            | Stage::Todo { .. }
            | Stage::Over { .. } => None,
        };
        let asked = |who: &Name| self.one.earlier.contains(who) || present.as_ref() == Some(who);
        let next = engineers(self.turn.desk, &self.one, self.turn.now);
        match next.into_iter().find(|who| !asked(who)) {
            Some(who) => self.ask(who, late),
            None => {
                self.clear();
                let again = self.again(0);
                self.step(InquiryChange::To(Stage::Todo { what: Todo::Engineer, again, times: 0 }));
                self.show_todo(late);
            }
        }
    }

    fn ask(&mut self, who: Name, late: &str) {
        self.clear();
        let again = self.again(0);
        self.step(InquiryChange::Asked { who: who.clone(), again });
        let message = words::inquiry::ask(self.turn.desk, self.id, &self.one, &who, late);
        let place = self.place();
        self.show(place, message);
    }

    /// What COC has to see to, in the case's thread.
    fn show_todo(&mut self, late: &str) {
        let message = words::inquiry::todo(self.turn.desk, self.id, &self.one, late);
        let place = self.place();
        self.show(place, message);
    }

    /// The support desk's ticket of an outage (M9), where there is one to be had.
    fn open_ticket(&mut self, customer: Option<&Customer>) {
        if self.one.call.kind != Kind::Outage || !self.turn.desk.presence.adapters.tickets {
            return;
        }
        let ticket = NewTicket {
            subject: words::inquiry::ticket_subject(&self.one),
            comment: words::inquiry::ticket_text(self.id, &self.one, customer),
        };
        self.turn.owe(Some(self.id), Urgency::Answer, ErrandKind::OpenTicket { ticket });
    }

    fn confirm(&mut self, how: Via) {
        let Stage::Asked { who, .. } = self.one.stage.clone() else { return };
        let message = words::inquiry::confirmed(&who, &how, self.turn.now);
        self.say(message);
        self.over(Ending::Confirmed { by: who, how });
    }

    // ── a due time has come ──

    fn woken(&mut self) {
        let now = self.turn.now;
        if self.one.wake(&self.turn.desk.policy.value).is_none_or(|due| due > now) {
            return;
        }
        match self.one.stage.clone() {
            Stage::Promised { chain, due } => self.promise_over(chain, due),
            Stage::Advised { .. } => self.over(Ending::Mail),
            Stage::Queued { until } => {
                let late = words::lateness(self.turn.desk, until, now);
                self.ask_next(&late);
                self.refresh();
            }
            Stage::Broken { chain, due, times, .. } => {
                if self.chased(times) {
                    self.tell_of_broken_promise(chain, due, true);
                }
            }
            Stage::Asked { who, times, .. } => {
                if self.chased(times) {
                    self.clear();
                    let message =
                        words::inquiry::ask_again(self.turn.desk, self.id, &self.one, &who);
                    let place = self.place();
                    self.show(place, message);
                }
            }
            Stage::Todo { times, .. } => {
                if self.chased(times) {
                    self.clear();
                    let message = words::inquiry::todo_again(self.turn.desk, self.id, &self.one);
                    let place = self.place();
                    self.show(place, message);
                }
            }
            Stage::Over { .. } => {}
        }
    }

    /// It is told again; whether there is a use: what was told before may not stand yet.
    fn chased(&mut self, times: u32) -> bool {
        let again = self.again(times + 1);
        self.step(InquiryChange::Chased { again });
        let of_it = |errand: &&Errand| errand.case == Some(self.id) && errand.as_post().is_some();
        !self.turn.desk.errands.values().any(|errand| of_it(&errand))
    }

    // ── buttons ──

    fn pressed(&mut self, user: &SlackUser, press: InquiryPress, reply: &ReplyTo) {
        let desk = self.turn.desk;
        let by = desk.name_of(user);
        let is_coc = desk.holds(user, &desk.policy.value.roles.call);
        match (press, self.one.stage.clone()) {
            (_, Stage::Over { .. }) => {
                self.turn.tell(user, reply, words::inquiry::is_over(&self.one));
            }
            (InquiryPress::Confirm(round), Stage::Asked { who, .. }) if round == self.one.round => {
                if who == by {
                    self.confirm(Via::Button);
                } else if is_coc {
                    self.confirm(Via::Desk { by });
                } else {
                    self.turn.tell(user, reply, words::inquiry::asked_of(&who));
                }
            }
            (_, _) if !is_coc => self.turn.tell(user, reply, words::urgent::coc_only()),
            (InquiryPress::Reassign(round), Stage::Asked { who, .. })
                if round == self.one.round =>
            {
                self.turn.note(self.id, Some(user), words::inquiry::reassigned_noted(&who));
                self.ask_next("");
                self.refresh();
            }
            (InquiryPress::CannotMail, Stage::Advised { .. }) => {
                if self.one.call.number.is_some() {
                    self.cannot_mail(user);
                } else {
                    self.turn.tell(user, reply, words::inquiry::no_number());
                }
            }
            (InquiryPress::Done, Stage::Broken { .. } | Stage::Todo { .. }) => {
                self.turn.note(self.id, Some(user), "완료");
                self.say(words::inquiry::done(&by, self.turn.now));
                self.over(Ending::Done { by });
            }
            (
                InquiryPress::Confirm(_)
                | InquiryPress::Reassign(_)
                | InquiryPress::Done
                | InquiryPress::CannotMail,
                Stage::Promised { .. }
                | Stage::Advised { .. }
                | Stage::Broken { .. }
                | Stage::Queued { .. }
                | Stage::Asked { .. }
                | Stage::Todo { .. },
            ) => self.turn.tell(user, reply, words::stale()),
        }
    }

    /// Whether this person is asked to call back.
    fn is_asked(&self, by: &SlackUser) -> bool {
        let name = self.turn.desk.name_of(by);
        matches!(&self.one.stage, Stage::Asked { who, .. } if *who == name)
    }

    /// Somebody else answered: it changes nothing (reading 20).
    fn logged(&mut self, by: &SlackUser, what: &str) {
        let waits = matches!(self.one.stage, Stage::Asked { .. });
        let notes = self.turn.desk.cases.get(&self.id).map_or(0, |case| case.notes.len());
        if waits && notes < NOTES {
            self.turn.note(self.id, Some(by), words::inquiry::of_another(what));
        }
    }
}

/// Somebody reacted to a post of the case.
pub(in crate::domain) fn reacted(turn: &mut Turn<'_>, id: CaseId, by: &SlackUser, emoji: &str) {
    let Some(mut work) = Work::of(turn, id) else { return };
    if work.is_asked(by) {
        work.confirm(Via::Reaction);
    } else {
        work.logged(by, &format!("반응 :{emoji}:"));
    }
}

/// Somebody replied in the thread. Whether it was for this.
pub(in crate::domain) fn replied(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    text: &str,
) -> bool {
    let Some(mut work) = Work::of(turn, id) else { return false };
    if !work.is_asked(by) {
        work.logged(by, "답글");
        return false;
    }
    let said = read(text).words;
    let policy = &work.turn.desk.policy.value;
    if policy.chain.refusal_words.iter().any(|word| said.contains(word.as_str())) {
        let who = work.turn.desk.name_of(by);
        work.turn.note(id, Some(by), "답글을 확인으로 보지 않음");
        work.say(words::inquiry::refused(&who));
    } else {
        work.confirm(Via::Reply);
    }
    true
}

/// The chain of an outage came to its end: whoever telephoned about it is taken care of.
pub(super) fn chain_over(turn: &mut Turn<'_>, chain: CaseId, how: &Dispatch) {
    let Some(ending) = end_of(how) else { return };
    let of_it = |one: &Inquiry| one.chain() == Some(chain);
    let cases = turn.desk.cases.values();
    let waiting: Vec<CaseId> = cases
        .filter(|case| case.procedure.as_inquiry().is_some_and(of_it))
        .map(|case| case.id)
        .collect();
    for id in waiting {
        if let Some(mut work) = Work::of(turn, id) {
            work.over(ending.clone());
        }
    }
}

/// What became of an errand of the case.
pub(in crate::domain) fn settled(
    turn: &mut Turn<'_>,
    id: CaseId,
    errand: &Errand,
    outcome: &Outcome,
) {
    let Some(mut work) = Work::of(turn, id) else { return };
    match (&errand.kind, outcome) {
        (ErrandKind::Post { place, message }, Outcome::Refused { why }) => {
            work.not_posted(errand, place, message, why);
        }
        (ErrandKind::Update { post, message }, Outcome::Done) => {
            if let Some(Home::Post(_, card)) = work.one.home
                && card == *post
                && &words::inquiry::card(work.turn.desk, id, &work.one, work.turn.now) != message
            {
                work.refresh_after();
            }
        }
        (ErrandKind::OpenTicket { .. }, Outcome::Opened { ticket }) => work.ticket_is(ticket),
        (ErrandKind::OpenTicket { .. }, Outcome::Refused { why }) => work.no_ticket(why),
        (ErrandKind::OpenTicket { .. }, Outcome::Expired) => {
            work.no_ticket("사흘 동안 응답이 없습니다");
        }
        (
            ErrandKind::Post { .. }
            | ErrandKind::PostWithPicture { .. }
            | ErrandKind::File { .. }
            | ErrandKind::Home { .. }
            | ErrandKind::SignIn { .. }
            | ErrandKind::Update { .. }
            | ErrandKind::OpenTicket { .. }
            | ErrandKind::Ephemeral { .. }
            | ErrandKind::Direct { .. }
            | ErrandKind::OpenForm { .. }
            | ErrandKind::PublishHome { .. }
            | ErrandKind::Call { .. }
            | ErrandKind::HangUp { .. }
            | ErrandKind::ReadGuide { .. }
            | ErrandKind::Presence { .. }
            | ErrandKind::Ticket { .. }
            | ErrandKind::Mail { .. }
            | ErrandKind::Probe { .. },
            Outcome::Posted(_)
            | Outcome::Done
            | Outcome::Placed { .. }
            | Outcome::Joined { .. }
            | Outcome::Presence(_)
            | Outcome::Guide { .. }
            | Outcome::Opened { .. }
            | Outcome::Refused { .. }
            | Outcome::Expired,
        ) => {}
    }
}

impl Work<'_, '_> {
    /// Channel or thread are gone: the words go to n rather than nowhere, and the case with them where they headed its thread.
    fn not_posted(&mut self, errand: &Errand, place: &Place, message: &Message, why: &str) {
        let n = Place { channel: noti(self.turn.desk), thread: None };
        self.turn.note_by(self.id, None, words::inquiry::not_posted(why));
        if *place == n {
            return;
        }
        let post = self.turn.post(Some(self.id), errand.urgency, n.clone(), message.clone());
        let heads = matches!(&self.one.home, Some(Home::Post(_, card)) if *card == errand.id);
        if heads {
            self.step(InquiryChange::Moved(Home::Post(n.channel, post)));
        }
        if let Some(board) = self.one.boards.iter().find(|board| board.post == errand.id).cloned() {
            self.step(InquiryChange::Shown(Board { post, ..board }));
        }
    }

    /// A change of the card that came meanwhile: the one that was owed is settled.
    fn refresh_after(&mut self) {
        let Some(Home::Post(_, post)) = self.one.home else { return };
        let message = words::inquiry::card(self.turn.desk, self.id, &self.one, self.turn.now);
        self.turn.owe(Some(self.id), Urgency::Notice, ErrandKind::Update { post, message });
    }

    fn ticket_is(&mut self, ticket: &TicketLink) {
        self.turn.note_by(self.id, None, format!("티켓 {ticket}"));
        self.say(words::inquiry::ticketed(ticket));
        let who = match &self.one.stage {
            Stage::Asked { who, .. } => Some(who.clone()),
            Stage::Over { how: Ending::Confirmed { by, .. }, .. } => Some(by.clone()),
            Stage::Over { .. }
            | Stage::Promised { .. }
            | Stage::Broken { .. }
            | Stage::Advised { .. }
            | Stage::Queued { .. }
            | Stage::Todo { .. } => None,
        };
        if let Some(who) = who {
            let comment = words::inquiry::ticket_assigned(&who);
            tickets::assign(self.turn, self.id, ticket, &who, comment);
        }
    }

    fn no_ticket(&mut self, why: &str) {
        self.turn.note_by(self.id, None, format!("티켓을 열지 못함: {why}"));
        self.say(words::inquiry::no_ticket(why));
    }
}

/// A due time of the case has come.
pub(in crate::domain) fn woken(turn: &mut Turn<'_>, id: CaseId) {
    if let Some(mut work) = Work::of(turn, id) {
        work.woken();
    }
}

/// A button of the case.
pub(in crate::domain) fn pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    press: InquiryPress,
    reply: &ReplyTo,
) {
    match Work::of(turn, id) {
        Some(mut work) => work.pressed(by, press, reply),
        None => turn.tell(by, reply, words::stale()),
    }
}
