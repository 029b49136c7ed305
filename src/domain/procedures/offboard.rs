//! Forced off-boarding (X1 to X6, X8): asked for by one, confirmed by another, one account after the other.
//!
//! Nothing is unlinked that was not held against the customer record right before ([`Checked`]), confirmed in this very round by
//! somebody who has no part in the request ([`Confirmed`]), at 퇴점 일시 or after. The state says so: a [`Run`] holds its
//! confirmation, and an account that is asked for holds its check.

mod check;
mod msp;
mod run;
mod state;

pub use check::{Checked, Fault, Problem, mismatches};
pub use msp::MspOffboard;
pub(super) use msp::ended as msp_ended;
pub(in crate::domain) use run::unlink_pressed;
pub(super) use run::{confirmed, unlink_failed};
pub use state::{
    Asked, Asking, Chase, Confirmation, Confirmed, Done, Ending, Failure, Listed, Offboard,
    OffboardChange, Request, Run, Stage, Why,
};

use super::super::accounts::{AccountEvent, Entry};
use super::super::case::{CaseChange, Home, Procedure};
use super::super::change::Change;
use super::super::customers::Customers;
use super::super::desk::Room;
use super::super::errand::{Errand, ErrandKind, Outcome, Place, Urgency};
use super::super::ids::{
    AccountId, CaseId, ChannelId, ErrandId, MessageRef, SlackUser, TicketLink,
};
use super::super::input::ReplyTo;
use super::super::message::{Answer, FieldError, Message};
use super::super::policy::Role;
use super::super::time::Time;
use super::super::turn::{OffboardPress, Turn};
use super::super::words;
use super::commands::Typed;
use super::paging::under;
use super::urgent;
use super::urgent::Board;
use check::{Changing, Wanted, Wrong, fits, read, reads_as_confirmed};
use std::collections::{BTreeMap, BTreeSet};

/// The role of those who run and confirm.
const COC: [Role; 1] = [Role::Coc];

fn error(key: &str, text: impl Into<String>) -> Answer {
    // a field's error is one line, and bears its sign already
    let text = text.into().trim_start_matches("⛔ ").replace('\n', " ");
    Answer::Errors(vec![FieldError { key: key.to_owned(), text }])
}

/// Whoever handed in a form is answered in n, alone.
fn tell_in_noti(turn: &mut Turn<'_>, by: &SlackUser, message: Message) {
    match turn.desk.room(Room::Noti) {
        Some(channel) => turn.tell(by, &ReplyTo { channel, thread: None, url: None }, message),
        None => {
            let kind = ErrandKind::Direct { to: by.clone(), message };
            turn.owe(None, Urgency::Answer, kind);
        }
    }
}

/// `/offboard`
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>) {
    let desk = turn.desk;
    if !desk.holds(typed.by, &desk.policy.value.roles.offboard) {
        return turn.tell(typed.by, typed.reply, words::offboard::not_allowed());
    }
    turn.open_form(typed.by, typed.trigger, words::offboard::form());
}

/// The form was handed in.
pub(super) fn submitted(turn: &mut Turn<'_>, by: &SlackUser, fields: &BTreeMap<String, String>) {
    let desk = turn.desk;
    if !desk.holds(by, &desk.policy.value.roles.offboard) {
        turn.answer = error("customer", words::offboard::not_allowed().plain());
        return;
    }
    let asked = match read(desk, fields, None, turn.now) {
        Ok(asked) => asked,
        Err(wrong) => return refuse(turn, by, *wrong),
    };
    let Some(channel) = desk.room(Room::Noti) else {
        turn.answer = error("customer", words::setup::no_room().plain());
        return;
    };
    let name = desk.name_of(by);
    let request = Request {
        customer: asked.customer,
        reason: asked.reason,
        at: asked.at,
        ticket: asked.ticket,
        by: name.clone(),
    };
    let card = turn.next_errand();
    let (now, unnamed) = (turn.now, asked.accounts == Wanted::Unnamed);
    let (stage, named) = match asked.accounts {
        Wanted::These(checked) => {
            let accounts = checked.accounts().to_vec();
            (Stage::Scheduled { checked }, accounts)
        }
        Wanted::Unnamed => {
            let naming = Stage::Naming { list: Listed::Nothing, chase: Chase::new(now) };
            (naming, Vec::new())
        }
    };
    let one = Offboard {
        home: Home::Post(channel.clone(), card),
        card,
        origin: format!("offboard:{}:{}", request.customer, request.ticket),
        request,
        unnamed,
        authors: BTreeMap::from([(by.clone(), name)]),
        round: 1,
        done: Vec::new(),
        stage,
        boards: Vec::new(),
        withdrawn: Vec::new(),
    };
    let id = turn.open(Procedure::Offboard(one.clone()));
    let mut work = Work { turn, id, one };
    if unnamed {
        let accounts = work.on_record();
        work.list(accounts);
    }
    let message = words::offboard::card(work.turn.desk, id, &work.one, now);
    let kind = ErrandKind::Post { place: Place { channel, thread: None }, message };
    work.turn.owe_as(card, Some(id), Urgency::Answer, kind);
    work.note(Some(by), words::offboard::requested_note(&work.one, &named));
    work.register(&named, AccountEvent::Leaving, by);
    let message = words::offboard::accepted(id, &work.one, now);
    tell_in_noti(work.turn, by, message);
}

/// A form that cannot be taken: its author reads what is wrong; the salespeople are asked about accounts that speak against the
/// record (X3), and an MSP customer's list is opened (X1, X7). Nothing of it is kept.
fn refuse(turn: &mut Turn<'_>, by: &SlackUser, wrong: Wrong) {
    let Wrong { errors, customer, mismatches, msp } = wrong;
    if let Some(asked) = msp {
        let text = msp::opened(turn, by, &asked);
        turn.answer = error("customer", text);
        return;
    }
    if let Some(customer) = customer.filter(|_| !mismatches.is_empty()) {
        ask_about(turn, by, &customer, &mismatches);
    }
    turn.answer = Answer::Errors(errors);
}

/// The salespeople are asked about accounts that are not that customer's; once for the same.
fn ask_about(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    customer: &str,
    mismatches: &[(AccountId, Fault)],
) {
    let desk = turn.desk;
    let accounts: BTreeSet<String> =
        mismatches.iter().map(|(account, _)| account.to_string()).collect();
    let accounts: Vec<String> = accounts.into_iter().collect();
    let key = format!("offboard:{customer}:{}", accounts.join(","));
    if desk.seen.contains_key(&key) {
        return;
    }
    let Some(channel) = desk.room(Room::General).or_else(|| desk.room(Room::Noti)) else { return };
    turn.change(Change::Seen(key));
    let message = words::offboard::ask_about(desk, &desk.name_of(by), customer, mismatches);
    turn.post(None, Urgency::Answer, Place { channel, thread: None }, message);
}

/// A decision about one off-boarding.
struct Work<'t, 'a> {
    turn: &'t mut Turn<'a>,
    id: CaseId,
    one: Offboard,
}

impl<'t, 'a> Work<'t, 'a> {
    fn of(turn: &'t mut Turn<'a>, id: CaseId) -> Option<Self> {
        let one = turn.desk.cases.get(&id)?.procedure.as_offboard()?.clone();
        Some(Self { turn, id, one })
    }

    fn step(&mut self, change: OffboardChange) {
        self.one.apply(&change);
        self.turn.change(Change::Case(self.id, CaseChange::Offboard(change)));
    }

    fn go(&mut self, stage: Stage) {
        self.step(OffboardChange::Went { stage: Box::new(stage) });
    }

    fn note(&mut self, by: Option<&SlackUser>, text: String) {
        self.turn.note(self.id, by, text);
    }

    fn author(&mut self, by: &SlackUser) {
        if !self.one.authors.contains_key(by) {
            let name = self.turn.desk.name_of(by);
            self.step(OffboardChange::Author { user: by.clone(), name });
        }
    }

    fn post(&mut self, urgency: Urgency, place: Place, message: Message) -> ErrandId {
        let has_buttons = !message.buttons.is_empty();
        let post = self.turn.post(Some(self.id), urgency, place, message.clone());
        if has_buttons {
            self.step(OffboardChange::Shown(Board { post, message }));
        }
        post
    }

    fn say(&mut self, message: Message) -> ErrandId {
        let place = self.one.home.thread();
        self.post(Urgency::Notice, place, message)
    }

    /// A post in g; in the thread in n where the bot is not in g.
    fn general(&mut self, message: Message) -> ErrandId {
        let place = match self.turn.desk.room(Room::General) {
            Some(channel) => Place { channel, thread: None },
            None => self.one.home.thread(),
        };
        self.post(Urgency::Notice, place, message)
    }

    /// The card says where it stands, once it stands itself.
    fn show_card(&mut self) {
        if self.turn.desk.posts.contains_key(&self.one.card) {
            let message = words::offboard::card(self.turn.desk, self.id, &self.one, self.turn.now);
            let kind = ErrandKind::Update { post: self.one.card, message };
            self.turn.owe(Some(self.id), Urgency::Housekeeping, kind);
        }
    }

    /// The buttons of this round are void; the posts say why.
    fn clear(&mut self, why: &str) {
        let boards = std::mem::take(&mut self.one.boards);
        if boards.is_empty() {
            return;
        }
        for Board { post, message } in boards {
            let message = words::offboard::over(&message, why);
            let kind = ErrandKind::Update { post, message };
            self.turn.owe(Some(self.id), Urgency::Housekeeping, kind);
        }
        self.step(OffboardChange::Cleared);
    }

    /// What became of accounts, for the register.
    fn register(&mut self, accounts: &[AccountId], what: AccountEvent, by: &SlackUser) {
        let by = self.turn.desk.name_of(by);
        for account in accounts {
            let entry = Entry {
                at: self.turn.now,
                what,
                customer: self.one.request.customer.clone(),
                payer: self.turn.desk.accounts.payer_of(account).cloned(),
                case: self.id,
                by: by.clone(),
            };
            self.turn.change(Change::Account { account: account.clone(), entry });
        }
    }

    /// The customer's accounts on record that have not left.
    fn on_record(&self) -> Vec<AccountId> {
        let desk = self.turn.desk;
        let record = desk.customers.value.find(&self.one.request.customer);
        let accounts = record.map_or(&[][..], |one| one.accounts.as_slice());
        let stays = |account: &&AccountId| desk.accounts.has_left(account).is_none();
        accounts.iter().filter(stays).cloned().collect()
    }

    fn check(&self, accounts: &[AccountId]) -> Result<Checked, Vec<Problem>> {
        let desk = self.turn.desk;
        let customer = &self.one.request.customer;
        fits(desk, &desk.customers.value, customer, accounts, Some(self.id), self.turn.now)
    }

    /// A list of accounts waits for a salesperson's confirmation (X8).
    fn list(&mut self, accounts: Vec<AccountId>) {
        let chase = Chase::new(self.turn.now);
        if accounts.is_empty() {
            return self.go(Stage::Naming { list: Listed::Nothing, chase });
        }
        let desk = self.turn.desk;
        let message = words::offboard::list(desk, self.id, &self.one, &accounts, self.turn.now);
        let post = self.general(message);
        self.go(Stage::Naming { list: Listed::Shown { accounts, post }, chase });
    }

    /// COC is asked for its confirmation, or the reason is told why it cannot be (X4).
    /// `due`: when it fell due, where the desk itself was waited for.
    fn ask(&mut self, accounts: Vec<AccountId>, due: Option<Time>) {
        let checked = match self.check(&accounts) {
            Ok(checked) => checked,
            Err(problems) => return self.stop(accounts, Why::Record { problems }),
        };
        let (desk, now) = (self.turn.desk, self.turn.now);
        let Some(channel) = desk.room(Room::Unlink) else {
            return self.stop(accounts, Why::Unposted { refused: None });
        };
        let message = words::offboard::sheet(desk, self.id, &self.one, &checked, due, now);
        let post = self.post(Urgency::Answer, Place { channel, thread: None }, message);
        let asking = Asking { checked, post, by: Vec::new() };
        self.go(Stage::Asking { asking, chase: Chase::new(now) });
        self.note(None, words::offboard::asked_note(self.one.round));
        self.show_card();
    }

    /// It waits for 퇴점 일시, or is asked for at once where that is over.
    fn schedule(&mut self, checked: Checked) {
        if self.turn.now < self.one.request.at {
            self.go(Stage::Scheduled { checked });
            self.show_card();
        } else {
            self.ask(checked.accounts().to_vec(), None);
        }
    }

    /// It stands still until COC goes on.
    fn stop(&mut self, rest: Vec<AccountId>, why: Why) {
        let (desk, now) = (self.turn.desk, self.turn.now);
        self.clear(&words::offboard::stopped_line(&why, now));
        self.go(Stage::Stopped { rest: rest.clone(), why: why.clone(), chase: Chase::new(now) });
        let by = None;
        self.note(by, words::offboard::stopped_note(&why));
        let message = words::offboard::stopped(desk, self.id, &self.one, &why);
        self.say(message);
        if let Why::Record { problems } = &why {
            let message = words::offboard::does_not_fit(desk, self.id, &self.one, problems);
            self.general(message);
        }
        self.show_card();
    }

    /// 취소 or 종료: the accounts that are left stay.
    fn end(&mut self, by: &SlackUser, how: Ending) {
        let (at, rest) = (self.turn.now, self.one.left_to_do());
        let was_named = !matches!(self.one.stage, Stage::Naming { .. });
        self.clear(&words::offboard::ended_line(&how, at));
        self.step(OffboardChange::NextRound);
        self.go(Stage::Over { at, how: how.clone() });
        self.note(Some(by), words::offboard::ended_note(&how));
        if was_named {
            self.register(&rest, AccountEvent::Stays, by);
        }
        let desk = self.turn.desk;
        if let Ending::Closed { .. } = &how {
            let message = words::offboard::done(desk, self.id, &self.one, at);
            self.general(message);
        }
        let message = words::offboard::ended(desk, self.id, &self.one, true);
        self.say(message);
        self.show_card();
    }

    fn has_part(&self, by: &SlackUser) -> bool {
        self.one.authors.contains_key(by)
    }

    fn tell(&mut self, by: &SlackUser, reply: &ReplyTo, message: Message) {
        self.turn.tell(by, reply, message);
    }

    /// Why this person cannot confirm this round now.
    fn confirming(&self, by: &SlackUser, round: u32) -> Result<&Asking, Message> {
        let desk = self.turn.desk;
        if !desk.holds(by, &COC) {
            return Err(words::offboard::coc_confirms());
        }
        if self.has_part(by) {
            return Err(words::offboard::not_by_an_author(&self.one));
        }
        let Stage::Asking { asking, .. } = &self.one.stage else {
            return Err(words::offboard::stands_elsewhere(&self.one, self.turn.now));
        };
        if self.one.round != round {
            return Err(words::offboard::older_round());
        }
        if self.turn.now < self.one.request.at {
            return Err(words::offboard::too_early(&self.one));
        }
        if asking.by.iter().any(|one| &one.user == by) {
            return Err(words::offboard::confirmed_already());
        }
        Ok(asking)
    }

    /// Who may change or give up the request.
    fn may_change(&self, by: &SlackUser) -> bool {
        let desk = self.turn.desk;
        desk.holds(by, &desk.policy.value.roles.offboard) || self.has_part(by)
    }
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
    let Some(mut work) = Work::of(turn, id) else {
        return turn.tell(by, reply, words::stale());
    };
    match press {
        OffboardPress::Confirm => match work.confirming(by, round) {
            Ok(asking) => {
                let desk = work.turn.desk;
                let form =
                    words::offboard::confirm_form(desk, id, &work.one, asking, work.turn.now);
                work.turn.open_form(by, trigger, form);
            }
            Err(message) => work.tell(by, reply, message),
        },
        OffboardPress::Hold => work.hold(by, round, reply),
        OffboardPress::Edit => work.open_edit(by, round, trigger, reply),
        OffboardPress::Accounts => work.accounts_confirmed(by, round, reply),
        OffboardPress::Resume => work.resume(by, round, reply),
        OffboardPress::Cancel => work.cancel(by, round, reply),
        OffboardPress::Close => work.close(by, round, reply),
        OffboardPress::Mail => match work.vouching(by, round) {
            Ok(_) => {
                let form = words::offboard::mail_form(work.turn.desk, id, &work.one);
                work.turn.open_form(by, trigger, form);
            }
            Err(message) => work.tell(by, reply, message),
        },
        OffboardPress::Explain => match work.explaining(by, round, None) {
            Ok(failure) => {
                let form = words::offboard::why_form(id, &work.one, &failure);
                work.turn.open_form(by, trigger, form);
            }
            Err(message) => work.tell(by, reply, message),
        },
    }
}

impl Work<'_, '_> {
    /// 보류
    fn hold(&mut self, by: &SlackUser, round: u32, reply: &ReplyTo) {
        let desk = self.turn.desk;
        if !desk.holds(by, &COC) && !self.has_part(by) {
            return self.tell(by, reply, words::offboard::coc_confirms());
        }
        let Stage::Asking { asking, .. } = &self.one.stage else {
            let message = words::offboard::stands_elsewhere(&self.one, self.turn.now);
            return self.tell(by, reply, message);
        };
        if self.one.round != round {
            return self.tell(by, reply, words::offboard::older_round());
        }
        let rest = asking.checked.accounts().to_vec();
        self.stop(rest, Why::Held { by: desk.name_of(by) });
    }

    /// 다시 진행
    fn resume(&mut self, by: &SlackUser, round: u32, reply: &ReplyTo) {
        let desk = self.turn.desk;
        if !desk.holds(by, &COC) {
            return self.tell(by, reply, words::offboard::coc_goes_on());
        }
        if self.one.round != round {
            return self.tell(by, reply, words::offboard::older_round());
        }
        match self.one.stage.clone() {
            Stage::Failed { run, .. } => {
                self.clear(&words::offboard::resumed_line(&desk.name_of(by), self.turn.now));
                self.note(Some(by), "다시 진행".to_owned());
                self.next(run, by);
            }
            Stage::Stopped { rest, why, .. } => {
                if let (Err(problems), Why::Record { .. }) = (self.check(&rest), &why) {
                    let customer = &self.one.request.customer;
                    let text = words::offboard::problems(desk, customer, &problems);
                    return self.tell(by, reply, words::offboard::still_does_not_fit(text));
                }
                self.clear(&words::offboard::resumed_line(&desk.name_of(by), self.turn.now));
                self.step(OffboardChange::NextRound);
                self.note(Some(by), "다시 진행".to_owned());
                match self.check(&rest) {
                    Ok(checked) => self.schedule(checked),
                    Err(problems) => self.stop(rest, Why::Record { problems }),
                }
            }
            Stage::Naming { .. }
            | Stage::Scheduled { .. }
            | Stage::Asking { .. }
            | Stage::Running { .. }
            | Stage::Over { .. } => {
                let message = words::offboard::stands_elsewhere(&self.one, self.turn.now);
                self.tell(by, reply, message);
            }
        }
    }

    /// 취소, by COC or whoever asked, before the first account is unlinked.
    fn cancel(&mut self, by: &SlackUser, round: u32, reply: &ReplyTo) {
        let desk = self.turn.desk;
        if !desk.holds(by, &COC) && !self.has_part(by) {
            return self.tell(by, reply, words::offboard::not_yours_to_cancel());
        }
        match &self.one.stage {
            Stage::Running { .. } => {
                return self.tell(by, reply, words::offboard::running_cannot_be_cancelled());
            }
            Stage::Over { .. } => {
                let message = words::offboard::stands_elsewhere(&self.one, self.turn.now);
                return self.tell(by, reply, message);
            }
            Stage::Naming { .. }
            | Stage::Scheduled { .. }
            | Stage::Asking { .. }
            | Stage::Failed { .. }
            | Stage::Stopped { .. } => {}
        }
        if !self.one.done.is_empty() {
            return self.tell(by, reply, words::offboard::begun_cannot_be_cancelled());
        }
        if self.one.round != round {
            return self.tell(by, reply, words::offboard::older_round());
        }
        let (name, rest) = (desk.name_of(by), self.one.left_to_do());
        self.end(by, Ending::Cancelled { by: name, rest });
    }

    /// 종료, by COC: what is left stays.
    fn close(&mut self, by: &SlackUser, round: u32, reply: &ReplyTo) {
        let desk = self.turn.desk;
        if !desk.holds(by, &COC) {
            return self.tell(by, reply, words::offboard::coc_goes_on());
        }
        if self.one.round != round {
            return self.tell(by, reply, words::offboard::older_round());
        }
        match &self.one.stage {
            Stage::Failed { .. } | Stage::Stopped { .. } if !self.one.done.is_empty() => {
                let (name, rest) = (desk.name_of(by), self.one.left_to_do());
                self.end(by, Ending::Closed { by: name, rest });
            }
            Stage::Failed { .. }
            | Stage::Stopped { .. }
            | Stage::Naming { .. }
            | Stage::Scheduled { .. }
            | Stage::Asking { .. }
            | Stage::Running { .. }
            | Stage::Over { .. } => {
                let message = words::offboard::stands_elsewhere(&self.one, self.turn.now);
                self.tell(by, reply, message);
            }
        }
    }

    /// Why the request cannot be changed by this person now.
    fn editing(&self, by: &SlackUser, round: u32) -> Result<(), Message> {
        if !self.may_change(by) {
            return Err(words::offboard::not_allowed());
        }
        match &self.one.stage {
            Stage::Running { .. } => return Err(words::offboard::running_cannot_be_changed()),
            Stage::Over { .. } => {
                return Err(words::offboard::stands_elsewhere(&self.one, self.turn.now));
            }
            Stage::Naming { .. }
            | Stage::Scheduled { .. }
            | Stage::Asking { .. }
            | Stage::Failed { .. }
            | Stage::Stopped { .. } => {}
        }
        if self.one.round == round { Ok(()) } else { Err(words::offboard::older_round()) }
    }

    /// 고치기
    fn open_edit(&mut self, by: &SlackUser, round: u32, trigger: &str, reply: &ReplyTo) {
        match self.editing(by, round) {
            Ok(()) => {
                let form = words::offboard::edit_form(self.id, &self.one);
                self.turn.open_form(by, trigger, form);
            }
            Err(message) => self.tell(by, reply, message),
        }
    }

    /// Why this person cannot record a mail that confirms the list (X8).
    fn vouching(&self, by: &SlackUser, round: u32) -> Result<Vec<AccountId>, Message> {
        if !self.turn.desk.holds(by, &COC) {
            return Err(words::offboard::coc_records_mail());
        }
        self.named(round)
    }

    /// The list that waits for a confirmation in this round.
    fn named(&self, round: u32) -> Result<Vec<AccountId>, Message> {
        match &self.one.stage {
            Stage::Naming { .. } if self.one.round != round => Err(words::offboard::older_round()),
            Stage::Naming { list: Listed::Shown { accounts, .. }, .. } => Ok(accounts.clone()),
            Stage::Naming { list: Listed::Nothing, .. } => Err(words::offboard::nothing_listed()),
            Stage::Scheduled { .. }
            | Stage::Asking { .. }
            | Stage::Running { .. }
            | Stage::Failed { .. }
            | Stage::Stopped { .. }
            | Stage::Over { .. } => {
                Err(words::offboard::stands_elsewhere(&self.one, self.turn.now))
            }
        }
    }

    /// 계정 확인, by a salesperson (X8).
    fn accounts_confirmed(&mut self, by: &SlackUser, round: u32, reply: &ReplyTo) {
        if !self.turn.desk.holds(by, &[Role::Csr]) {
            return self.tell(by, reply, words::offboard::csr_confirms());
        }
        let how = words::offboard::by_button(&self.turn.desk.name_of(by));
        let released = self.named(round).and_then(|accounts| self.release(by, &accounts, &how));
        if let Err(message) = released {
            self.tell(by, reply, message);
        }
    }

    /// The list is confirmed: it is scheduled now. `how` says who confirmed it and by what.
    fn release(
        &mut self,
        by: &SlackUser,
        accounts: &[AccountId],
        how: &str,
    ) -> Result<(), Message> {
        let (desk, now) = (self.turn.desk, self.turn.now);
        let checked = self.check(accounts).map_err(|problems| {
            let text = words::offboard::problems(desk, &self.one.request.customer, &problems);
            words::offboard::list_does_not_fit(text)
        })?;
        self.author(by);
        self.clear(&words::offboard::released_line(how, now));
        self.step(OffboardChange::NextRound);
        self.note(Some(by), words::offboard::released_note(how, accounts));
        self.register(accounts, AccountEvent::Leaving, by);
        let message = words::offboard::released(&self.one, how, accounts.len(), now);
        self.say(message);
        self.schedule(checked);
        Ok(())
    }

    /// Why this person cannot tell what went wrong; else what did. `nth`: the asking that is meant.
    fn explaining(
        &self,
        by: &SlackUser,
        round: u32,
        nth: Option<usize>,
    ) -> Result<Failure, Message> {
        if !self.turn.desk.holds(by, &COC) {
            return Err(words::urgent::coc_only());
        }
        match &self.one.stage {
            Stage::Failed { failure, .. }
                if self.one.round == round && nth.is_none_or(|nth| nth == failure.nth) =>
            {
                Ok(failure.clone())
            }
            Stage::Failed { .. }
            | Stage::Naming { .. }
            | Stage::Scheduled { .. }
            | Stage::Asking { .. }
            | Stage::Running { .. }
            | Stage::Stopped { .. }
            | Stage::Over { .. } => {
                Err(words::offboard::stands_elsewhere(&self.one, self.turn.now))
            }
        }
    }
}

/// The form that changes a request was handed in: what was shown and confirmed so far is void.
pub(super) fn edited(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    round: u32,
    fields: &BTreeMap<String, String>,
) {
    let Some(mut work) = Work::of(turn, id) else {
        turn.answer = error("customer", words::stale().plain());
        return;
    };
    if let Err(message) = work.editing(by, round) {
        work.turn.answer = error("customer", message.plain());
        return;
    }
    let desk = work.turn.desk;
    let old = work.one.request.clone();
    let bound = !work.one.done.is_empty();
    let changing =
        Changing { case: id, at: old.at, bound_to: bound.then_some(old.customer.as_str()) };
    let asked = match read(desk, fields, Some(changing), work.turn.now) {
        Ok(asked) => asked,
        Err(wrong) => return refuse(work.turn, by, *wrong),
    };
    let request = Request {
        customer: asked.customer,
        reason: asked.reason,
        at: asked.at,
        ticket: asked.ticket,
        by: old.by.clone(),
    };
    let before = work.one.left_to_do();
    let wanted = match &asked.accounts {
        Wanted::These(checked) => checked.accounts().to_vec(),
        Wanted::Unnamed => Vec::new(),
    };
    let was_naming = matches!(work.one.stage, Stage::Naming { .. });
    let same_accounts = wanted == before;
    if request == old && same_accounts {
        work.turn.answer = error("accounts", words::offboard::nothing_changed());
        return;
    }
    // only a salesperson names the accounts of a request that came without any (X8)
    let names = desk.holds(by, &[Role::Csr]);
    let to_be_named = match &asked.accounts {
        Wanted::Unnamed => true,
        Wanted::These(_) => work.one.unnamed && !names && (was_naming || !same_accounts),
    };
    let who = desk.name_of(by);
    let changes = words::offboard::changes(&old, &request, &before, &wanted);
    work.clear(&words::offboard::edited_line(&who, work.turn.now));
    work.step(OffboardChange::NextRound);
    work.step(OffboardChange::Requested { request });
    work.author(by);
    work.note(Some(by), words::offboard::edited_note(&changes));
    let gone: Vec<AccountId> =
        before.iter().filter(|one| to_be_named || !wanted.contains(one)).cloned().collect();
    let new: Vec<AccountId> =
        wanted.iter().filter(|one| was_naming || !before.contains(one)).cloned().collect();
    if !was_naming {
        work.register(&gone, AccountEvent::Stays, by);
    }
    if !to_be_named {
        work.register(&new, AccountEvent::Leaving, by);
    }
    let message = words::offboard::edited(&work.one, &who, &changes, work.turn.now);
    work.say(message);
    match asked.accounts {
        Wanted::These(checked) if !to_be_named => work.schedule(checked),
        Wanted::These(_) => {
            work.list(wanted);
            work.show_card();
        }
        Wanted::Unnamed => {
            let accounts = work.on_record();
            work.list(accounts);
            work.show_card();
        }
    }
}

/// A mail that confirms the list was recorded (X8).
pub(super) fn mail_seen(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    round: u32,
    fields: &BTreeMap<String, String>,
) {
    let field = |key: &str| fields.get(key).map_or("", |text| text.trim());
    let Some(mut work) = Work::of(turn, id) else {
        turn.answer = error("csr", words::stale().plain());
        return;
    };
    let accounts = match work.vouching(by, round) {
        Ok(accounts) => accounts,
        Err(message) => {
            work.turn.answer = error("csr", message.plain());
            return;
        }
    };
    let desk = work.turn.desk;
    let csr = SlackUser::from(field("csr"));
    let mut errors = Vec::new();
    if !desk.holds(&csr, &[Role::Csr]) {
        let text = words::offboard::not_a_csr(&desk.name_of(&csr));
        errors.push(FieldError { key: "csr".to_owned(), text });
    }
    if field("mail").is_empty() {
        let text = words::setup::missing("RE: 한빛전자 퇴점 계정 확인 (8/13 10:20 수신)");
        errors.push(FieldError { key: "mail".to_owned(), text });
    }
    if !errors.is_empty() {
        work.turn.answer = Answer::Errors(errors);
        return;
    }
    let how = words::offboard::by_mail(&desk.name_of(&csr), &desk.name_of(by), field("mail"));
    if let Err(message) = work.release(by, &accounts, &how) {
        work.turn.answer = error("csr", message.plain());
    }
}

/// Somebody replied in a thread of the case: under the list in g a salesperson's "확인했습니다" confirms it (X8).
pub(in crate::domain) fn replied(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    at: &MessageRef,
    root: &MessageRef,
    text: &str,
) {
    let Some(mut work) = Work::of(turn, id) else { return };
    let desk = work.turn.desk;
    let shown = desk.errand_at(root);
    let accounts = match &work.one.stage {
        Stage::Naming { list: Listed::Shown { accounts, post }, .. } if shown == Some(*post) => {
            accounts.clone()
        }
        Stage::Naming { .. }
        | Stage::Scheduled { .. }
        | Stage::Asking { .. }
        | Stage::Running { .. }
        | Stage::Failed { .. }
        | Stage::Stopped { .. }
        | Stage::Over { .. } => return urgent::said(turn, by, at, root, text),
    };
    let confirms = reads_as_confirmed(text);
    let is_csr = desk.holds(by, &[Role::Csr]);
    let refused = match (is_csr, confirms) {
        (true, true) => {
            let how = words::offboard::by_reply(&desk.name_of(by));
            work.release(by, &accounts, &how).err()
        }
        (true, false) => {
            let said = super::super::text::read(text).words;
            work.note(Some(by), words::offboard::other_reply_note(&said));
            let message = words::offboard::other_reply(&work.one, &desk.name_of(by), &said);
            work.say(message);
            Some(words::offboard::not_a_confirmation())
        }
        (false, true) => {
            work.note(Some(by), "계정 목록에 확인 답글 (CSR이 아님, 바뀐 것 없음)".to_owned());
            Some(words::offboard::csr_confirms())
        }
        // talk
        (false, false) => None,
    };
    if let Some(message) = refused {
        work.turn.tell_at(by, at, Some(&root.ts), message);
    }
}

/// What became of an errand of the case.
pub(in crate::domain) fn settled(
    turn: &mut Turn<'_>,
    id: CaseId,
    errand: &Errand,
    outcome: &Outcome,
) {
    let (Outcome::Refused { why }, ErrandKind::Post { place, message }) = (outcome, &errand.kind)
    else {
        return;
    };
    let Some(mut work) = Work::of(turn, id) else { return };
    work.note(None, format!("글을 올리지 못함: {why}"));
    let refused = Why::Unposted { refused: Some(why.clone()) };
    match work.one.stage.clone() {
        Stage::Asking { asking, .. } if asking.post == errand.id => {
            return work.stop(asking.checked.accounts().to_vec(), refused);
        }
        Stage::Running { run, now, .. }
            if now.post == errand.id || now.command == Some(errand.id) =>
        {
            // where the command stands, it may be carried out: its outcome is asked for all the same
            let stands = now.command.is_some() && now.command != Some(errand.id);
            if !stands {
                if now.post != errand.id {
                    work.turn.drop_errand(now.post);
                }
                let rest = std::iter::once(now.account).chain(run.rest).collect();
                return work.stop(rest, refused);
            }
        }
        Stage::Naming { .. }
        | Stage::Scheduled { .. }
        | Stage::Asking { .. }
        | Stage::Running { .. }
        | Stage::Failed { .. }
        | Stage::Stopped { .. }
        | Stage::Over { .. } => {}
    }
    work.post_elsewhere(errand.id, errand.urgency, place, message);
}

impl Work<'_, '_> {
    /// A thread or channel is gone: what was to be said there is said in n, once.
    fn post_elsewhere(
        &mut self,
        errand: ErrandId,
        urgency: Urgency,
        place: &Place,
        message: &Message,
    ) {
        let noti = self.turn.desk.room(Room::Noti);
        let at_root = |channel: &ChannelId| *channel == place.channel && place.thread.is_none();
        let Some(channel) = noti.filter(|channel| !at_root(channel)) else { return };
        let new = Place { channel: channel.clone(), thread: None };
        if errand == self.one.card {
            let card = self.turn.next_errand();
            self.step(OffboardChange::Moved { home: Home::Post(channel, card), card });
            let message = words::offboard::card(self.turn.desk, self.id, &self.one, self.turn.now);
            let kind = ErrandKind::Post { place: new, message };
            self.turn.owe_as(card, Some(self.id), Urgency::Answer, kind);
            return;
        }
        let post = self.post(urgency, new, message.clone());
        match self.one.stage.clone() {
            Stage::Naming { list: Listed::Shown { accounts, post: old }, chase }
                if old == errand =>
            {
                self.go(Stage::Naming { list: Listed::Shown { accounts, post }, chase });
            }
            Stage::Running { run, now, chase } if now.post == errand => {
                self.go(Stage::Running { run, now: Asked { post, ..now }, chase });
            }
            Stage::Failed { run, failure, chase } if failure.told == Some(errand) => {
                let failure = Failure { told: None, ..failure };
                self.go(Stage::Failed { run, failure, chase });
            }
            Stage::Naming { .. }
            | Stage::Scheduled { .. }
            | Stage::Asking { .. }
            | Stage::Running { .. }
            | Stage::Failed { .. }
            | Stage::Stopped { .. }
            | Stage::Over { .. } => {}
        }
    }
}

/// A command that was taken back stands after all: COC is told.
pub(in crate::domain) fn posted_after_all(turn: &mut Turn<'_>, post: ErrandId, outcome: &Outcome) {
    let of = |case: &&super::super::case::Case| {
        case.procedure.as_offboard().is_some_and(|one| one.withdrawn.contains(&post))
    };
    let Some(id) = turn.desk.cases.values().find(of).map(|case| case.id) else { return };
    turn.change(Change::Settled { errand: post, outcome: outcome.clone() });
    if let Some(mut work) = Work::of(turn, id) {
        work.note(None, "거두려던 해지 명령이 이미 올라감".to_owned());
        let message = words::offboard::posted_after_all(work.turn.desk, id, &work.one);
        work.say(message);
    }
}

/// Another customer record is in force: what does not fit it any more stops before it is asked for or posted.
pub(in crate::domain) fn record_changed(turn: &mut Turn<'_>, customers: &Customers) {
    let desk = turn.desk;
    let open = desk.cases.values().filter(|case| case.is_open());
    let open: Vec<CaseId> =
        open.filter(|case| case.procedure.as_offboard().is_some()).map(|case| case.id).collect();
    for id in open {
        let Some(mut work) = Work::of(turn, id) else { continue };
        let (now, customer) = (work.turn.now, work.one.request.customer.clone());
        let misfits = |accounts: &[AccountId]| {
            fits(desk, customers, &customer, accounts, Some(id), now).err()
        };
        match work.one.stage.clone() {
            Stage::Scheduled { checked } | Stage::Asking { asking: Asking { checked, .. }, .. } => {
                if let Some(problems) = misfits(checked.accounts()) {
                    work.stop(checked.accounts().to_vec(), Why::Record { problems });
                }
            }
            Stage::Running { run, now: asked, .. } => {
                let first = asked.command.unwrap_or(asked.post);
                let unposted = desk.errands.contains_key(&first);
                if unposted && let Some(problems) = misfits(std::slice::from_ref(&asked.account)) {
                    work.turn.drop_errand(first);
                    work.turn.drop_errand(asked.post);
                    work.step(OffboardChange::Withdrawn { command: first });
                    let rest = std::iter::once(asked.account).chain(run.rest).collect();
                    work.stop(rest, Why::Record { problems });
                }
            }
            Stage::Naming { .. }
            | Stage::Failed { .. }
            | Stage::Stopped { .. }
            | Stage::Over { .. } => {}
        }
    }
}

/// A due time of the case has come: 퇴점 일시, or somebody is asked again.
pub(in crate::domain) fn woken(turn: &mut Turn<'_>, id: CaseId) {
    let Some(mut work) = Work::of(turn, id) else { return };
    let (desk, now) = (work.turn.desk, work.turn.now);
    let policy = &desk.policy.value;
    let Some(due) = work.one.wake(policy).filter(|due| *due <= now) else { return };
    let x = |post: ErrandId| desk.room(Room::Unlink).map(|channel| under(channel, post));
    let place = match &work.one.stage {
        Stage::Scheduled { checked } => {
            let accounts = checked.accounts().to_vec();
            return work.ask(accounts, Some(due));
        }
        Stage::Over { .. } => return,
        // salespeople are asked in business hours
        Stage::Naming { list: Listed::Shown { post, .. }, .. } => {
            if !desk.calendar().is_open(now) {
                let until = desk.calendar().next_opening(now);
                return work.step(OffboardChange::Quieted { until });
            }
            desk.room(Room::General).map(|channel| under(channel, *post))
        }
        Stage::Asking { asking, .. } => x(asking.post),
        Stage::Running { run, now, .. } => x(now.command.unwrap_or(run.sheet)),
        Stage::Stopped { rest, why: Why::Unposted { refused: None }, .. }
            if desk.room(Room::Unlink).is_some() =>
        {
            // the bot was invited meanwhile
            let rest = rest.clone();
            work.clear(&words::offboard::joined_line(now));
            work.step(OffboardChange::NextRound);
            return work.ask(rest, None);
        }
        Stage::Naming { list: Listed::Nothing, .. }
        | Stage::Failed { .. }
        | Stage::Stopped { .. } => None,
    };
    let message = words::offboard::chased(desk, id, &work.one, due, now);
    let place = place.unwrap_or_else(|| work.one.home.thread());
    work.step(OffboardChange::Chased { at: now });
    work.post(Urgency::Notice, place, message);
}

/// The ticket of a case, for lists of cases.
impl Offboard {
    /// The customer's name on record.
    #[must_use]
    pub fn customer(&self) -> &str {
        &self.request.customer
    }

    /// The ticket.
    #[must_use]
    pub const fn ticket(&self) -> &TicketLink {
        &self.request.ticket
    }
}

#[cfg(test)]
mod tests;
