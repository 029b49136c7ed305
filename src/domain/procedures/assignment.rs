//! Assigning a ticket and watching for its acknowledgement (A1, A2, A7 to A9; readings 2 to 5, 20).

mod state;

pub use state::{Assignment, AssignmentChange, AssignmentState, NoticeRef, Ringing};

use super::super::case::{CaseChange, Procedure};
use super::super::change::Change;
use super::super::desk::{Desk, Room};
use super::super::errand::{
    CallEvent, Errand, ErrandKind, Outcome, Place, Presence, TicketAct, Urgency,
};
use super::super::ids::{CaseId, ErrandId, MessageRef, Name, PhoneNumber, SlackUser, TicketLink};
use super::super::input::ReplyTo;
use super::super::ladder::Via;
use super::super::people::order::{Duty, Skipped, absence_at, assign_order, msp_order};
use super::super::text::{Reading, mark, pattern, read, ticket_link};
use super::super::time::Time;
use super::super::turn::{AskPress, CallPress, Token, Turn, thread_of};
use super::super::watch::Watch;
use super::super::words;
use super::paging::{hang_up, under};
use super::tickets;
use regex::Regex;
use std::sync::LazyLock;

/// Who may be given a ticket now, in order, and who was passed over (A1, A2, R6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// In order.
    pub order: Vec<Name>,
    /// Who is passed over, and why.
    pub skipped: Vec<Skipped>,
    /// Whether each is a customer's own engineer, whose presence is looked at first (A1).
    pub own_engineers: bool,
    /// What is doubtful.
    pub warnings: Vec<String>,
}

/// Chooses for a customer (empty: nobody knows which). MSP: 정, 부, then the rest of the MSP chain without SA; the company's own
/// accounts: their owner; others: the General list by active tickets.
#[must_use]
pub fn choose(desk: &Desk, customer: &str, now: Time) -> Choice {
    let roster = &desk.roster.value;
    let record = desk.customers.value.find(customer);
    let general = |first: Option<Name>| {
        let (mut order, skipped) =
            assign_order(roster, &desk.leaves, &desk.active_tickets(), &desk.last_assigned, now);
        if let Some(first) = first.filter(|first| order.contains(first)) {
            order.retain(|name| name != &first);
            order.insert(0, first);
        }
        Choice { order, skipped, own_engineers: false, warnings: Vec::new() }
    };
    match record {
        Some(one) if one.name == desk.policy.value.company.customer => {
            general(roster.internal_account_owner().cloned())
        }
        Some(one) if one.runs_msp_chain() => {
            let mut order = msp_order(roster, one, &desk.policy.value);
            let sa = [&one.sa_primary, &one.sa_backup];
            order.candidates.retain(|one| !sa.iter().any(|sa| sa.as_ref() == Some(&one.name)));
            let (available, skipped) = order.available(roster, &desk.leaves, now);
            Choice {
                order: available.into_iter().map(|candidate| candidate.name.clone()).collect(),
                skipped,
                own_engineers: true,
                warnings: order.warnings_at(roster, &desk.leaves, now),
            }
        }
        Some(_) | None => general(None),
    }
}

/// Why a call is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// It fell due.
    Due(Watch),
    /// COC wants it once more.
    Again {
        /// Who pressed it.
        by: Name,
    },
}

/// A decision about one assignment.
struct Work<'t, 'a> {
    turn: &'t mut Turn<'a>,
    id: CaseId,
    one: Assignment,
}

impl<'t, 'a> Work<'t, 'a> {
    fn of(turn: &'t mut Turn<'a>, id: CaseId) -> Option<Self> {
        let one = turn.desk.cases.get(&id)?.procedure.as_assignment()?.clone();
        Some(Self { turn, id, one })
    }

    fn step(&mut self, change: AssignmentChange) {
        if matches!(
            change,
            AssignmentChange::Round { .. }
                | AssignmentChange::Confirmed { .. }
                | AssignmentChange::Ended { .. }
        ) {
            self.take_back_asks();
        }
        self.one.apply(&change);
        self.turn.change(Change::Case(self.id, CaseChange::Assignment(change)));
    }

    /// COC is asked no more to phone somebody who has answered, or whose the ticket is no more, where that was not posted yet.
    fn take_back_asks(&mut self) {
        let bears_call = |errand: &Errand| {
            let buttons = errand.as_post().map(|(_, message)| message.buttons.as_slice());
            buttons.unwrap_or_default().iter().any(|button| {
                matches!(Token::read(&button.token), Some(Token::Call(id, ..)) if id == self.id)
            })
        };
        let owed = self.turn.desk.errands.values().filter(|errand| bears_call(errand));
        let asks: Vec<ErrandId> = owed.map(|errand| errand.id).collect();
        for ask in asks {
            self.turn.drop_errand(ask);
        }
    }

    fn say(&mut self, urgency: Urgency, message: super::super::message::Message) {
        if let Some(place) = place(self.turn.desk, &self.one) {
            self.turn.post(Some(self.id), urgency, place, message);
        }
    }

    /// Finds somebody and gives the ticket; out of hours it waits for opening (A2).
    fn place_with_somebody(&mut self) {
        let desk = self.turn.desk;
        let now = self.turn.now;
        let choice = choose(desk, &self.one.customer, now);
        if !choice.own_engineers && !desk.calendar().is_open(now) {
            let until = desk.calendar().next_opening(now);
            return self.step(AssignmentChange::Queued { until });
        }
        let next = choice.order.iter().find(|name| !self.one.earlier.contains(name)).cloned();
        match next {
            None => {
                self.step(AssignmentChange::Stuck { since: now });
                let message = words::assignment::nobody(&self.one, &choice.skipped);
                self.say(Urgency::Page, message);
            }
            Some(who) => match desk.slack_of(&who) {
                Some(user) if choice.own_engineers => {
                    let kind = ErrandKind::Presence { of: user.clone() };
                    let errand = self.turn.owe(Some(self.id), Urgency::Answer, kind);
                    self.step(AssignmentChange::Looking { who, errand });
                }
                Some(_) | None => self.announce(&who),
            },
        }
    }

    /// The notice in the guide's fixed form (A7).
    fn announce(&mut self, who: &Name) {
        let Some(channel) = self.turn.desk.room(Room::Noti) else {
            let since = self.turn.now;
            self.turn.note_by(self.id, None, "#coc-noti 채널을 찾지 못해 배정 글을 올리지 못함");
            return self.step(AssignmentChange::Stuck { since });
        };
        let message = words::assignment::notice(self.turn.desk, self.id, &self.one, who);
        let place = Place { channel, thread: None };
        let notice = self.turn.post(Some(self.id), Urgency::Page, place, message);
        self.step(AssignmentChange::Announcing { who: who.clone(), notice });
    }

    /// The clock starts at the Slack notice (reading 2).
    fn watch(&mut self, who: &Name, notice: NoticeRef, since: Time) {
        let call = self.turn.desk.calendar().call_at(since);
        let watch = Watch { since, due: call.at, why: call.why };
        let message = words::assignment::clock_started(self.turn.desk, who, &watch);
        self.step(AssignmentChange::Waiting { notice, who: who.clone(), watch });
        self.say(Urgency::Notice, message);
        let (ticket, now) = (self.one.ticket.clone(), self.turn.now);
        tickets::assign(self.turn, self.id, &ticket, who, words::tickets::assigned(who, now));
    }

    fn silence_phone(&mut self) -> bool {
        if let AssignmentState::Calling { ringing: Some(Ringing { call, .. }), .. } = self.one.state
        {
            hang_up(self.turn, Some(self.id), call);
            return true;
        }
        false
    }

    fn confirm(&mut self, how: Via) {
        let Some(who) = self.one.assignee().cloned() else { return };
        let due = match &self.one.state {
            AssignmentState::Waiting { watch, .. } => Some(watch.due),
            AssignmentState::Queued { .. }
            | AssignmentState::Stuck { .. }
            | AssignmentState::Looking { .. }
            | AssignmentState::Asking { .. }
            | AssignmentState::Announcing { .. }
            | AssignmentState::Calling { .. }
            | AssignmentState::Confirmed { .. }
            | AssignmentState::Ended { .. } => None,
        };
        let hung_up = self.silence_phone();
        let at = self.turn.now;
        let message = words::assignment::confirmed(&who, at, &how, due, hung_up);
        let posted = match self.one.notice() {
            Some(NoticeRef::Posted(errand)) => Some(*errand),
            Some(NoticeRef::Written(_)) | None => None,
        };
        self.step(AssignmentChange::Confirmed { at, how });
        if let Some(post) = posted {
            let message = words::assignment::notice_done(self.turn.desk, &self.one, &who);
            let kind = ErrandKind::Update { post, message };
            self.turn.owe(Some(self.id), Urgency::Housekeeping, kind);
        }
        self.say(Urgency::Notice, message);
        let (ticket, comment) = (self.one.ticket.clone(), words::tickets::confirmed(&who, at));
        tickets::owe(self.turn, self.id, &ticket, TicketAct::Comment, comment);
    }

    /// The 30-minute call (A9, reading 5): by the bot, or asked of COC.
    fn call(&mut self, occasion: &Occasion) {
        let Some(who) = self.one.assignee().cloned() else { return };
        let desk = self.turn.desk;
        let number = desk.phone_of(&who);
        match number {
            Some(number) if desk.dials() => {
                self.dial(&who, number);
                let message = words::assignment::calling(desk, &who, occasion, self.turn.now);
                self.say(Urgency::Notice, message);
            }
            number => {
                self.step(AssignmentChange::Calling { ringing: None });
                let message = words::assignment::call_asked(
                    desk,
                    self.id,
                    &self.one,
                    &who,
                    number.as_ref(),
                    occasion,
                    self.turn.now,
                );
                self.say(Urgency::Page, message);
            }
        }
    }

    fn dial(&mut self, who: &Name, number: PhoneNumber) {
        let about = words::phone::assignment(&self.one.customer, &self.one.ticket);
        let kind = ErrandKind::Call { to: who.clone(), number, about };
        let call = self.turn.owe(Some(self.id), Urgency::Page, kind);
        let doubt_at = Some(self.turn.now + self.turn.desk.policy.value.chain.rung.delta());
        self.step(AssignmentChange::Calling { ringing: Some(Ringing { call, doubt_at }) });
    }

    /// The call did not lead to an acknowledgement: COC chooses (reading 5).
    fn call_failed(&mut self, why: &str) {
        self.step(AssignmentChange::CallOver);
        self.ask_coc(why);
    }

    fn ask_coc(&mut self, why: &str) {
        let Some(who) = self.one.assignee().cloned() else { return };
        let number = self.turn.desk.phone_of(&who);
        let message = words::assignment::call_failed(
            self.turn.desk,
            self.id,
            &self.one,
            &who,
            number.as_ref(),
            why,
        );
        self.say(Urgency::Page, message);
    }

    /// The present holder's clock stops; the next round begins.
    fn next_round(&mut self, customer: String) {
        self.withdraw();
        self.step(AssignmentChange::Round { customer });
    }

    /// Takes back what is under way: a call, and what was not said or asked yet.
    fn withdraw(&mut self) {
        self.silence_phone();
        match &self.one.state {
            AssignmentState::Announcing { notice: post, .. }
            | AssignmentState::Asking { post, .. }
            | AssignmentState::Looking { errand: post, .. } => {
                let post = *post;
                self.turn.drop_errand(post);
            }
            AssignmentState::Queued { .. }
            | AssignmentState::Stuck { .. }
            | AssignmentState::Waiting { .. }
            | AssignmentState::Calling { .. }
            | AssignmentState::Confirmed { .. }
            | AssignmentState::Ended { .. } => {}
        }
    }

    fn end(&mut self) {
        self.withdraw();
        let at = self.turn.now;
        self.step(AssignmentChange::Ended { at });
    }
}

/// Where an assignment's posts go: the thread of the notice; n itself before there is one.
pub(super) fn place(desk: &Desk, one: &Assignment) -> Option<Place> {
    match one.notice() {
        Some(NoticeRef::Written(at)) => Some(thread_of(at)),
        Some(NoticeRef::Posted(errand)) => match desk.posts.get(errand) {
            Some(post) => Some(thread_of(&post.at)),
            None => desk.room(Room::Noti).map(|channel| under(channel, *errand)),
        },
        None => desk.room(Room::Noti).map(|channel| Place { channel, thread: None }),
    }
}

/// Begins an assignment, or the next round of one that is there already: by rule, or to a person of COC's choice.
pub(in crate::domain) fn begin(
    turn: &mut Turn<'_>,
    ticket: TicketLink,
    customer: String,
    to: Option<Name>,
) -> CaseId {
    let mut work = open(turn, ticket, customer);
    match to {
        Some(who) => work.announce(&who),
        None => work.place_with_somebody(),
    }
    work.id
}

/// Begins an assignment that waits for opening, whoever the customer is (T5).
pub(in crate::domain) fn begin_in_hours(
    turn: &mut Turn<'_>,
    ticket: TicketLink,
    customer: String,
) -> CaseId {
    let (now, calendar) = (turn.now, turn.desk.calendar());
    let mut work = open(turn, ticket, customer);
    if calendar.is_open(now) {
        work.place_with_somebody();
    } else {
        work.step(AssignmentChange::Queued { until: calendar.next_opening(now) });
    }
    work.id
}

fn open<'t, 'a>(turn: &'t mut Turn<'a>, ticket: TicketLink, customer: String) -> Work<'t, 'a> {
    let desk = turn.desk;
    if let Some((id, one)) = desk.assignment_of(&ticket) {
        let one = one.clone();
        let mut work = Work { turn, id, one };
        let old = work.one.assignee().cloned();
        if let Some(old) = old {
            let message = words::assignment::clock_stopped(&old);
            work.say(Urgency::Notice, message);
        }
        work.next_round(customer);
        return work;
    }
    let until = turn.now;
    let one = Assignment {
        ticket,
        customer,
        round: 0,
        earlier: Vec::new(),
        written: Vec::new(),
        state: AssignmentState::Queued { until },
    };
    let id = turn.open(Procedure::Assignment(one.clone()));
    Work { turn, id, one }
}

/// An assignment notice as a person writes it: `@담당자 [고객사명] 티켓 배정 [티켓링크]` (A7).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Written {
    to: Vec<Name>,
    customer: String,
    ticket: Result<TicketLink, String>,
}

static PHRASE: LazyLock<Regex> = LazyLock::new(|| pattern(r"티켓\s*배정(?:\s|\[|$|:|https?:)"));
static BRACKETED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[\s*([^\[\]\n]+?)\s*\]"));
static PLAIN_MENTION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"@([\p{Hangul}A-Za-z][\p{Hangul}\w.]*)"));

fn heard(desk: &Desk, text: &str) -> Option<Written> {
    let reading = read(text);
    let found = PHRASE.find(&reading.words)?;
    let to = mentioned(desk, &reading);
    let before = &reading.words[..found.start()];
    let customer = BRACKETED
        .captures_iter(before)
        .filter_map(|found| found.get(1))
        .last()
        .map(|found| found.as_str().to_owned())
        .or_else(|| {
            let without = PLAIN_MENTION.replace_all(before, " ").into_owned();
            let without = reading.users.iter().fold(without, |t, id| t.replace(&mark(&id.0), " "));
            let bare = without.trim().trim_matches(['[', ']']).trim().to_owned();
            (!bare.is_empty()).then_some(bare)
        })
        .unwrap_or_default();
    let after = reading.words[found.start()..].split_once("배정").map_or("", |(_, rest)| rest);
    let ticket = match reading.links.first() {
        Some(link) => ticket_link(link),
        None => Err(after.trim().trim_matches(['[', ']', ' ']).to_owned()),
    };
    // a sentence that only happens to speak of 티켓 배정 is no notice
    let formal =
        !to.is_empty() && (!reading.links.is_empty() || BRACKETED.is_match(&reading.words));
    let formal =
        formal || (!reading.links.is_empty() && !customer.is_empty() && BRACKETED.is_match(before));
    formal.then_some(Written { to, customer, ticket })
}

/// The people whom a text mentions, by id or by `@이름`.
pub(in crate::domain) fn mentioned(desk: &Desk, reading: &Reading) -> Vec<Name> {
    let mut names: Vec<Name> = reading.users.iter().map(|user| desk.name_of(user)).collect();
    let by_name = PLAIN_MENTION.captures_iter(&reading.words).filter_map(|found| {
        let name = Name::from(found.get(1)?.as_str());
        desk.roster.value.person(&name).map(|person| person.name.clone())
    });
    for name in by_name {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A message was written in n: a notice that a person wrote is tracked like the bot's own (A7).
/// `since` is when it was written, or changed into one: its clock starts there.
pub(in crate::domain) fn said(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    at: &MessageRef,
    text: &str,
    since: Time,
) {
    let desk = turn.desk;
    let here = |room| desk.room(room).as_ref() == Some(&at.channel);
    if !here(Room::Noti) && !here(Room::General) {
        return;
    }
    let Some(written) = heard(desk, text) else { return };
    if !here(Room::Noti) {
        return turn.tell_at(by, at, None, words::assignment::wrong_channel(desk));
    }
    if !desk.holds(by, &desk.policy.value.roles.notice) {
        return turn.tell_at(by, at, None, words::assignment::notice_refused());
    }
    let who = match written.to.as_slice() {
        [one] => desk.roster.value.person(one).map(|person| person.name.clone()),
        _ => None,
    };
    let customer = desk.customers.value.find(&written.customer).map(|one| one.name.clone());
    let problems = words::assignment::problems(
        desk,
        &written.to,
        who.as_ref(),
        &written.customer,
        customer.is_some(),
        written.ticket.as_ref().err().map(String::as_str),
    );
    let (Some(who), Some(customer), Ok(ticket)) = (who, customer, written.ticket) else {
        return turn.tell_at(by, at, None, words::assignment::not_tracked(&problems));
    };
    let mut work = open(turn, ticket, customer);
    work.watch(&who, NoticeRef::Written(at.clone()), since);
}

/// A written notice was changed: it is read again.
pub(in crate::domain) fn edited(turn: &mut Turn<'_>, id: CaseId, at: &MessageRef, text: &str) {
    let desk = turn.desk;
    let Some(written) = heard(desk, text) else { return };
    let Some(work) = Work::of(turn, id) else { return };
    let is_it = matches!(work.one.notice(), Some(NoticeRef::Written(notice)) if notice == at);
    let (Some(who), Ok(ticket)) =
        (written.to.first().filter(|one| desk.roster.value.person(one).is_some()), written.ticket)
    else {
        return;
    };
    let customer = desk
        .customers
        .value
        .find(&written.customer)
        .map_or(written.customer, |one| one.name.clone());
    let same = work.one.assignee() == Some(who)
        && work.one.ticket == ticket
        && work.one.customer == customer;
    if !is_it || same {
        return;
    }
    if work.one.ticket == ticket {
        let mut work = work;
        let now = work.turn.now;
        work.next_round(customer);
        work.watch(who, NoticeRef::Written(at.clone()), now);
    } else {
        let mut work = work;
        let now = work.turn.now;
        work.end();
        let mut other = open(work.turn, ticket, customer);
        other.watch(who, NoticeRef::Written(at.clone()), now);
    }
}

/// A written notice was deleted: it is withdrawn, its clock stops.
pub(in crate::domain) fn deleted(turn: &mut Turn<'_>, id: CaseId, at: &MessageRef, by: &SlackUser) {
    let Some(mut work) = Work::of(turn, id) else { return };
    let is_it = matches!(work.one.notice(), Some(NoticeRef::Written(notice)) if notice == at);
    if !is_it || !work.one.is_open() {
        return;
    }
    let message = words::assignment::withdrawn(&work.one);
    work.end();
    work.turn.note(id, Some(by), "배정 글이 지워져 추적을 멈춤");
    work.turn.tell_at(by, at, None, message);
}

/// Somebody reacted to the notice or a post under it, or replied under it (A8).
pub(in crate::domain) fn acknowledged(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    how: Via,
    logged: &str,
) {
    let who = turn.desk.name_of(by);
    let Some(mut work) = Work::of(turn, id) else { return };
    if !work.one.is_open() {
        return;
    }
    if work.one.assignee() == Some(&who) {
        work.confirm(how);
    } else if matches!(&work.one.state, AssignmentState::Asking { who: asked, .. } if *asked == who)
    {
        work.ask_accepted();
    } else if work.turn.desk.cases.get(&id).is_some_and(|case| case.notes.len() < 200) {
        work.turn.note(id, Some(by), format!("{logged} (담당자가 아니어서 바뀐 것 없음)"));
    }
}

/// A reply under the notice; one that refuses is no acknowledgement.
pub(in crate::domain) fn replied(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    at: &MessageRef,
    text: &str,
) {
    let desk = turn.desk;
    let older_than_notice = Work::of(turn, id).is_some_and(|work| {
        let notice = work.one.notice().and_then(|notice| desk.stands_at(notice));
        notice.is_some_and(|notice| at.ts.time() < notice.ts.time())
    });
    // what was said before the ticket was given is told again after a start, or by Slack
    if older_than_notice {
        return;
    }
    let words = read(text).words;
    let policy = &turn.desk.policy.value;
    if !policy.chain.refusal_words.iter().any(|word| words.contains(word.as_str())) {
        return acknowledged(turn, id, by, Via::Reply, "답글");
    }
    let who = turn.desk.name_of(by);
    let Some(mut work) = Work::of(turn, id) else { return };
    if matches!(&work.one.state, AssignmentState::Asking { who: asked, .. } if *asked == who) {
        work.pass_over(&who, "거절 (답글)");
    } else if work.one.is_open() && work.one.assignee() == Some(&who) {
        work.turn.note(id, Some(by), "답글을 확인으로 보지 않음");
        let message = words::assignment::reply_refused(id, &work.one, &who);
        work.say(Urgency::Notice, message);
    }
}

/// 확인
pub(in crate::domain) fn confirm_pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    round: u32,
    reply: &ReplyTo,
) {
    let desk = turn.desk;
    let Some(mut work) = Work::of(turn, id) else {
        return turn.tell(by, reply, words::stale());
    };
    let Some(who) = work.one.assignee().cloned().filter(|_| work.one.round == round) else {
        return work.turn.tell(by, reply, words::assignment::moved_on(&work.one));
    };
    let own = desk.slack_of(&who) == Some(by);
    if !own && !desk.holds(by, &desk.policy.value.roles.chain) {
        return work.turn.tell(by, reply, words::paging::not_yours(&who));
    }
    if !work.one.is_open() {
        return work.turn.tell(by, reply, words::assignment::already(&work.one));
    }
    work.confirm(if own { Via::Button } else { Via::Desk { by: desk.name_of(by) } });
}

/// 연결됨 · 부재 · 다시 전화 · 재배정, by COC (reading 5)
pub(in crate::domain) fn call_pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    round: u32,
    press: CallPress,
    reply: &ReplyTo,
) {
    let desk = turn.desk;
    let Some(mut work) = Work::of(turn, id) else {
        return turn.tell(by, reply, words::stale());
    };
    let Some(who) = work.one.assignee().cloned().filter(|_| work.one.round == round) else {
        return work.turn.tell(by, reply, words::assignment::moved_on(&work.one));
    };
    let coc = desk.holds(by, &desk.policy.value.roles.chain);
    let own = desk.slack_of(&who) == Some(by) && press == CallPress::Connected;
    if !coc && !own {
        return work.turn.tell(by, reply, words::urgent::coc_only());
    }
    if !work.one.is_open() {
        return work.turn.tell(by, reply, words::assignment::already(&work.one));
    }
    let recorder = desk.name_of(by);
    match press {
        CallPress::Connected if own => work.confirm(Via::Button),
        CallPress::Connected => work.confirm(Via::Desk { by: recorder }),
        CallPress::Absent => {
            work.turn.note(id, Some(by), format!("{who} 부재"));
            work.silence_phone();
            work.call_failed(&format!("부재 ({recorder} 기록, {})", work.turn.now.format("%H:%M")));
        }
        CallPress::Again => {
            work.silence_phone();
            work.call(&Occasion::Again { by: recorder });
        }
        CallPress::Reassign => {
            work.turn.note(id, Some(by), format!("재배정 ({who} → 다음 사람)"));
            let customer = work.one.customer.clone();
            let message = words::assignment::reassigned(&who, &recorder);
            work.say(Urgency::Notice, message);
            work.next_round(customer);
            work.place_with_somebody();
        }
    }
}

/// 수락 · 거절 of a doubtful person who was asked first (A1)
pub(in crate::domain) fn ask_pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    round: u32,
    press: AskPress,
    reply: &ReplyTo,
) {
    let desk = turn.desk;
    let Some(mut work) = Work::of(turn, id) else {
        return turn.tell(by, reply, words::stale());
    };
    let AssignmentState::Asking { who, .. } = work.one.state.clone() else {
        return work.turn.tell(by, reply, words::assignment::moved_on(&work.one));
    };
    if work.one.round != round {
        return work.turn.tell(by, reply, words::assignment::moved_on(&work.one));
    }
    let own = desk.slack_of(&who) == Some(by);
    if !own && !desk.holds(by, &desk.policy.value.roles.chain) {
        return work.turn.tell(by, reply, words::paging::not_yours(&who));
    }
    match press {
        AskPress::Accept => work.ask_accepted(),
        AskPress::Refuse => work.pass_over(&who, "거절"),
    }
}

impl Work<'_, '_> {
    fn ask_accepted(&mut self) {
        let AssignmentState::Asking { who, .. } = self.one.state.clone() else { return };
        self.ask_over(&who, "수락");
        self.announce(&who);
    }

    /// The question's post says what became of it, and asks no more.
    fn ask_over(&mut self, who: &Name, how: &str) {
        let AssignmentState::Asking { post, .. } = self.one.state else { return };
        if self.turn.desk.posts.contains_key(&post) {
            let message = words::assignment::ask_over(&self.one, who, how, self.turn.now);
            let kind = ErrandKind::Update { post, message };
            self.turn.owe(Some(self.id), Urgency::Housekeeping, kind);
        } else {
            self.turn.drop_errand(post);
        }
    }

    fn pass_over(&mut self, who: &Name, why: &str) {
        self.ask_over(who, why);
        self.turn.note_by(self.id, None, format!("{who}: {why}"));
        self.step(AssignmentChange::PassedOver { who: who.clone() });
        self.place_with_somebody();
    }

    fn looked(&mut self, who: &Name, presence: Option<&Presence>) {
        let policy = &self.turn.desk.policy.value.assign;
        let doubt = presence.and_then(|presence| words::assignment::doubt(presence, policy));
        let Some(doubt) = doubt else { return self.announce(who) };
        let until = self.turn.now + policy.ask_within.delta();
        let message =
            words::assignment::ask(self.turn.desk, self.id, &self.one, who, &doubt, until);
        let Some(channel) = self.turn.desk.room(Room::Noti) else { return self.announce(who) };
        let place = Place { channel, thread: None };
        let post = self.turn.post(Some(self.id), Urgency::Page, place, message);
        self.step(AssignmentChange::Asking { who: who.clone(), post, until });
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
    match work.one.state.clone() {
        AssignmentState::Announcing { who, notice } if notice == errand.id => match outcome {
            Outcome::Posted(at) => {
                let since = at.ts.time().unwrap_or(work.turn.now);
                work.watch(&who, NoticeRef::Posted(notice), since);
            }
            Outcome::Refused { why } => {
                let since = work.turn.now;
                work.turn.note_by(id, None, format!("배정 글을 올리지 못함: {why}"));
                work.step(AssignmentChange::Stuck { since });
            }
            Outcome::Done
            | Outcome::Placed { .. }
            | Outcome::Joined { .. }
            | Outcome::Presence(_)
            | Outcome::Guide { .. }
            | Outcome::Opened { .. }
            | Outcome::Expired => {}
        },
        AssignmentState::Looking { who, errand: looking } if looking == errand.id => {
            match outcome {
                Outcome::Presence(presence) => work.looked(&who, Some(presence)),
                Outcome::Refused { .. } | Outcome::Expired => work.looked(&who, None),
                Outcome::Posted(_)
                | Outcome::Done
                | Outcome::Placed { .. }
                | Outcome::Joined { .. }
                | Outcome::Guide { .. }
                | Outcome::Opened { .. } => {}
            }
        }
        AssignmentState::Calling { ringing: Some(ringing), .. } if ringing.call == errand.id => {
            if let Outcome::Refused { why } = outcome {
                work.call_failed(&format!("전화를 걸지 못했습니다 ({why})"));
            }
        }
        AssignmentState::Queued { .. }
        | AssignmentState::Stuck { .. }
        | AssignmentState::Looking { .. }
        | AssignmentState::Asking { .. }
        | AssignmentState::Announcing { .. }
        | AssignmentState::Waiting { .. }
        | AssignmentState::Calling { .. }
        | AssignmentState::Confirmed { .. }
        | AssignmentState::Ended { .. } => {}
    }
}

/// What happened on a call of the case.
/// `unheard`: the voice did not come to this page.
pub(in crate::domain) fn phone(
    turn: &mut Turn<'_>,
    id: CaseId,
    call: ErrandId,
    event: CallEvent,
    unheard: bool,
) {
    let Some(mut work) = Work::of(turn, id) else { return };
    if !matches!(work.one.state, AssignmentState::Calling { ringing: Some(own), .. } if own.call == call)
    {
        return;
    }
    let who = work.one.assignee().cloned();
    if let Some(who) = who.filter(|_| unheard)
        && let Some(number) = work.turn.desk.phone_of(&who)
    {
        return work.dial(&who, number);
    }
    match event {
        CallEvent::Accepted => {
            work.step(AssignmentChange::CallOver);
            work.confirm(Via::Phone);
        }
        CallEvent::Answered
        | CallEvent::Rejected
        | CallEvent::Busy
        | CallEvent::NoAnswer
        | CallEvent::Voicemail
        | CallEvent::Failed => work.call_failed(words::paging::call_event(event)),
    }
}

/// A due time of the case has come.
pub(in crate::domain) fn woken(turn: &mut Turn<'_>, id: CaseId) {
    let Some(mut work) = Work::of(turn, id) else { return };
    let now = work.turn.now;
    match work.one.state.clone() {
        AssignmentState::Queued { until } if until <= now => work.place_with_somebody(),
        AssignmentState::Asking { who, until, .. } if until <= now => {
            work.pass_over(&who, "응답 없음");
        }
        AssignmentState::Waiting { watch, .. } if watch.due <= now => {
            work.call(&Occasion::Due(watch))
        }
        AssignmentState::Calling { ringing: Some(ringing), .. }
            if ringing.doubt_at.is_some_and(|at| at <= now) =>
        {
            work.step(AssignmentChange::CallDoubted);
            let length = work.turn.desk.policy.value.chain.rung.korean();
            work.ask_coc(&format!("{length} 동안 전화 결과가 오지 않았습니다"));
        }
        AssignmentState::Queued { .. }
        | AssignmentState::Stuck { .. }
        | AssignmentState::Looking { .. }
        | AssignmentState::Asking { .. }
        | AssignmentState::Announcing { .. }
        | AssignmentState::Waiting { .. }
        | AssignmentState::Calling { .. }
        | AssignmentState::Confirmed { .. }
        | AssignmentState::Ended { .. } => {}
    }
}

/// The ticket is done: it counts no more.
pub(in crate::domain) fn done(turn: &mut Turn<'_>, id: CaseId, by: &SlackUser) {
    if let Some(mut work) = Work::of(turn, id) {
        work.end();
        work.turn.note(id, Some(by), "티켓 완료");
        let comment = words::tickets::done(&work.turn.desk.name_of(by), work.turn.now);
        let ticket = work.one.ticket.clone();
        tickets::owe(work.turn, id, &ticket, TicketAct::Solve, comment);
    }
}

/// The ticket was solved at the support desk: it counts no more.
pub(super) fn solved(turn: &mut Turn<'_>, id: CaseId) {
    if let Some(mut work) = Work::of(turn, id) {
        work.end();
        work.turn.note_by(id, None, "티켓 해결 (티켓 시스템)");
    }
}

/// Whether somebody of the guide can be given a ticket now, for `/assign … @담당자`.
#[must_use]
pub fn absence_of<'a>(
    desk: &'a Desk,
    who: &Name,
    now: Time,
) -> Option<&'a super::super::people::Absence> {
    absence_at(&desk.roster.value, &desk.leaves, who, Duty::Other, now)
}

/// What a decision made of an assignment so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// This person gets it.
    To(Name),
    /// It waits for opening.
    Waits(Time),
    /// Somebody's presence is looked at first (A1).
    Looks,
    /// Nobody can be given it.
    Nobody,
}

/// What the decision so far made of a case. Reads the turn's own changes, for the desk does not have them yet.
pub(in crate::domain) fn outcome(turn: &Turn<'_>, id: CaseId) -> Given {
    let mut given = Given::Looks;
    for change in &turn.changes {
        let Change::Case(case, CaseChange::Assignment(step)) = change else { continue };
        if *case != id {
            continue;
        }
        match step {
            AssignmentChange::Announcing { who, .. } => given = Given::To(who.clone()),
            AssignmentChange::Queued { until } => given = Given::Waits(*until),
            AssignmentChange::Stuck { .. } => given = Given::Nobody,
            AssignmentChange::Round { .. }
            | AssignmentChange::Looking { .. }
            | AssignmentChange::Asking { .. }
            | AssignmentChange::PassedOver { .. }
            | AssignmentChange::Waiting { .. }
            | AssignmentChange::Calling { .. }
            | AssignmentChange::CallDoubted
            | AssignmentChange::CallOver
            | AssignmentChange::Confirmed { .. }
            | AssignmentChange::Ended { .. } => {}
        }
    }
    given
}
