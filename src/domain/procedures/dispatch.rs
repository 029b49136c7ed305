//! People reached in order for something that is neither an urgent request nor an alarm: an error of an on-boarding (N4, reading 16), an
//! outage that an MSP customer telephoned about (C5).

use super::super::case::{CaseChange, Home, Procedure};
use super::super::change::Change;
use super::super::desk::Room;
use super::super::errand::{Errand, ErrandKind, Outcome, Place, Urgency};
use super::super::ids::{CaseId, ErrandId, Name, SlackUser, TicketLink};
use super::super::input::ReplyTo;
use super::super::ladder::{Ladder, LadderChange, LadderState};
use super::super::message::Message;
use super::super::people::order::{Order, account_order, msp_order};
use super::super::policy::Policy;
use super::super::time::Time;
use super::super::turn::{DispatchPress, ExhaustedPress, Turn};
use super::super::watch::asked_again_at;
use super::super::words;
use super::super::words::paging::Subject;
use super::paging::Paging;
use super::urgent::{Board, take_buttons};
use super::{inquiry, onboard};
use serde::{Deserialize, Serialize};

/// People who are reached in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// Its card, whose thread it lives in.
    pub home: Home,
    /// The card.
    pub card: ErrandId,
    /// The customer's name; empty where nobody knows it.
    pub customer: String,
    /// What began it: a name that is the same for the same thing.
    pub origin: String,
    /// What people are asked for.
    pub cause: Cause,
    /// The ticket, when there is one.
    pub ticket: Option<TicketLink>,
    /// Who is reached, in order.
    pub ladder: Ladder,
    /// Posts that bear buttons of the case.
    pub boards: Vec<Board>,
    /// When COC was asked again since nobody is left to reach, oldest first.
    pub asked_again: Vec<Time>,
    /// When somebody ended it.
    pub over: Option<Over>,
}

/// What people are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// An error of an on-boarding (N4).
    OnboardingError {
        /// The checklist in which it happened.
        list: CaseId,
        /// Which step.
        step: String,
    },
    /// A customer telephoned (C5).
    Inquiry {
        /// The record of the call.
        inquiry: CaseId,
        /// What it is about, in the operator's words.
        about: String,
    },
    /// Practice: nothing happened.
    Drill {
        /// Who began it; `None`: the desk, by its policy.
        by: Option<Name>,
        /// The customer whose chain it follows; `None`: the urgent chain.
        customer: Option<String>,
    },
}

/// How it ended by somebody's hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Over {
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Name,
    /// Why.
    pub why: Ended,
}

/// Why nobody is looked for any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// 종료
    Closed,
    /// The step that went wrong is done.
    StepDone,
    /// What it was for was given up.
    Cancelled,
}

/// A step of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DispatchChange {
    /// Of the ladder.
    Ladder(LadderChange),
    /// A post bears buttons of the case.
    Shown(Board),
    /// No post bears any more.
    Cleared,
    /// COC was asked again what is to be done, now that nobody is left to reach.
    AskedAgain {
        /// When.
        at: Time,
    },
    /// Somebody ended it.
    Over(Over),
}

impl Dispatch {
    /// Takes a step.
    pub fn apply(&mut self, change: &DispatchChange) {
        match change {
            DispatchChange::Ladder(change) => {
                if matches!(change, LadderChange::Restarted { .. }) {
                    self.asked_again.clear();
                }
                self.ladder.apply(change);
            }
            DispatchChange::AskedAgain { at } => self.asked_again.push(*at),
            DispatchChange::Shown(board) => self.boards.push(board.clone()),
            DispatchChange::Cleared => self.boards.clear(),
            DispatchChange::Over(over) => self.over = Some(over.clone()),
        }
    }

    /// Whether somebody is still to be found.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.over.is_none() && !matches!(self.ladder.state, LadderState::Taken(_))
    }

    /// The next due time.
    #[must_use]
    pub fn wake(&self, policy: &Policy) -> Option<Time> {
        match (&self.over, &self.ladder.state) {
            (None, LadderState::Exhausted { at }) => {
                let asked = self.asked_again.last().unwrap_or(at);
                let times = u32::try_from(self.asked_again.len()).unwrap_or(u32::MAX - 1);
                Some(asked_again_at(*asked, policy.chain.chase_after, times))
            }
            (
                Some(_),
                LadderState::Exhausted { .. }
                | LadderState::Between
                | LadderState::Calling(_)
                | LadderState::Taken(_)
                | LadderState::Stopped { .. },
            ) => None,
            (
                None,
                LadderState::Between
                | LadderState::Calling(_)
                | LadderState::Taken(_)
                | LadderState::Stopped { .. },
            ) => self.ladder.deadline(policy.chain.rung),
        }
    }

    /// What people are asked to take.
    #[must_use]
    pub fn subject(&self) -> Subject {
        let drill = matches!(self.cause, Cause::Drill { .. });
        Subject {
            drill,
            customer: if drill { "훈련".to_owned() } else { self.customer.clone() },
            what: words::dispatch::what(&self.cause).to_owned(),
            detail: words::dispatch::detail(&self.cause),
            ticket: self.ticket.clone(),
        }
    }
}

/// The order in which people are asked for a customer: MSP and 주요 customers' own (M8); for the others the account duty (reading 16).
fn order_for(turn: &Turn<'_>, customer: &str, cause: &Cause) -> Order {
    let desk = turn.desk;
    let (roster, policy) = (&desk.roster.value, &desk.policy.value);
    let customer = match cause {
        Cause::Drill { customer, .. } => customer.as_deref().unwrap_or_default(),
        Cause::OnboardingError { .. } | Cause::Inquiry { .. } => customer,
    };
    match (cause, desk.customers.value.find(customer)) {
        (_, Some(record)) if record.runs_msp_chain() => msp_order(roster, record, policy),
        (Cause::OnboardingError { .. }, _) => account_order(roster),
        (Cause::Inquiry { .. } | Cause::Drill { .. }, _) => {
            super::super::people::order::urgent_order(roster, policy)
        }
    }
}

/// Begins to reach people; `None` where there is no n to post in.
pub(super) fn begin(
    turn: &mut Turn<'_>,
    origin: &str,
    customer: &str,
    cause: Cause,
    ticket: Option<TicketLink>,
) -> Option<CaseId> {
    let channel = turn.desk.room(Room::Noti)?;
    let order = order_for(turn, customer, &cause);
    let card = turn.next_errand();
    let one = Dispatch {
        home: Home::Post(channel.clone(), card),
        card,
        customer: customer.to_owned(),
        origin: origin.to_owned(),
        cause,
        ticket,
        ladder: Ladder::new(order),
        boards: Vec::new(),
        asked_again: Vec::new(),
        over: None,
    };
    let id = turn.open(Procedure::Dispatch(one.clone()));
    let message = words::dispatch::card(id, &one, turn.now);
    let kind = ErrandKind::Post { place: Place { channel, thread: None }, message };
    turn.owe_as(card, Some(id), Urgency::Page, kind);
    Work { turn, id, one }.page(|paging| paging.advance());
    Some(id)
}

struct Work<'t, 'a> {
    turn: &'t mut Turn<'a>,
    id: CaseId,
    one: Dispatch,
}

impl<'t, 'a> Work<'t, 'a> {
    fn of(turn: &'t mut Turn<'a>, id: CaseId) -> Option<Self> {
        let one = turn.desk.cases.get(&id)?.procedure.as_dispatch()?.clone();
        Some(Self { turn, id, one })
    }

    fn step(&mut self, change: DispatchChange) {
        self.one.apply(&change);
        self.turn.change(Change::Case(self.id, CaseChange::Dispatch(change)));
    }

    fn page(&mut self, act: impl FnOnce(&mut Paging<'_, 'a>)) {
        let before = self.card();
        self.act(act);
        if self.card() != before {
            self.show_card();
        }
    }

    /// Lets the ladder act; keeps the own copy in step with it.
    fn act(&mut self, act: impl FnOnce(&mut Paging<'_, 'a>)) {
        let was_open = self.one.is_open();
        let mut paging = Paging::new(
            self.turn,
            self.one.ladder.clone(),
            self.id,
            self.one.subject(),
            self.one.home.thread(),
            |change| CaseChange::Dispatch(DispatchChange::Ladder(change)),
        );
        act(&mut paging);
        let (ladder, shown) = (paging.ladder, paging.shown);
        self.one.ladder = ladder;
        if was_open && !self.one.is_open() {
            self.clear();
            self.tell_taken();
        }
        for (post, message) in shown {
            self.step(DispatchChange::Shown(Board { post, message }));
        }
    }

    /// Where it came from learns who took it.
    fn tell_taken(&mut self) {
        let LadderState::Taken(taken) = self.one.ladder.state.clone() else { return };
        match &self.one.cause {
            Cause::OnboardingError { list, .. } => {
                onboard::error_taken(self.turn, *list, self.id, &taken);
            }
            Cause::Inquiry { .. } => inquiry::chain_over(self.turn, self.id, &self.one),
            Cause::Drill { .. } => {}
        }
    }

    fn clear(&mut self) {
        let boards = std::mem::take(&mut self.one.boards);
        if !boards.is_empty() {
            take_buttons(self.turn, self.id, boards);
            self.step(DispatchChange::Cleared);
        }
    }

    fn card(&self) -> Message {
        words::dispatch::card(self.id, &self.one, self.turn.now)
    }

    /// The card says how far it is now.
    fn show_card(&mut self) {
        let message = self.card();
        let kind = ErrandKind::Update { post: self.one.card, message };
        self.turn.owe(Some(self.id), Urgency::Housekeeping, kind);
    }

    fn close(&mut self, by: &Name, why: Ended) {
        self.act(|paging| paging.stop(words::dispatch::stopped(why)));
        self.clear();
        self.step(DispatchChange::Over(Over { at: self.turn.now, by: by.clone(), why }));
        self.turn.note_by(self.id, Some(by.clone()), words::dispatch::stopped(why));
        let place = self.one.home.thread();
        let closed = words::dispatch::closed(by, why);
        let closed = if self.one.subject().drill { words::drill::marked(closed) } else { closed };
        self.turn.post(Some(self.id), Urgency::Notice, place, closed);
        self.show_card();
    }

    /// 종료, by COC: where it came from learns of it.
    fn closed_by(&mut self, by: &Name) {
        self.close(by, Ended::Closed);
        match &self.one.cause {
            Cause::OnboardingError { list, .. } => {
                onboard::error_ended(self.turn, *list, self.id, by);
            }
            Cause::Inquiry { .. } => inquiry::chain_over(self.turn, self.id, &self.one),
            Cause::Drill { .. } => {}
        }
    }

    /// Nobody is left, and nobody said what is to be done: COC is asked again (reading 11).
    fn ask_again(&mut self) {
        let (desk, now) = (self.turn.desk, self.turn.now);
        self.step(DispatchChange::AskedAgain { at: now });
        let Some(channel) = desk.room(Room::Noti) else { return };
        let message = words::dispatch::asked_again(desk, self.id, &self.one);
        let place = Place { channel, thread: None };
        let post = self.turn.post(Some(self.id), Urgency::Page, place, message.clone());
        self.step(DispatchChange::Shown(Board { post, message }));
    }
}

/// Lets the ladder of a case act.
pub(super) fn page<'a>(turn: &mut Turn<'a>, id: CaseId, act: impl FnOnce(&mut Paging<'_, 'a>)) {
    if let Some(mut work) = Work::of(turn, id) {
        work.page(act);
    }
}

/// 다시 시작 · 종료 under an exhausted chain (reading 11).
pub(super) fn after_exhaustion(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    press: ExhaustedPress,
) {
    let who = turn.desk.name_of(by);
    let Some(mut work) = Work::of(turn, id) else { return };
    match press {
        ExhaustedPress::Close => work.closed_by(&who),
        ExhaustedPress::Again => {
            let order = order_for(work.turn, &work.one.customer, &work.one.cause);
            work.clear();
            let place = work.one.home.thread();
            work.turn.post(Some(id), Urgency::Notice, place, words::urgent::again(&who));
            work.page(|paging| paging.restart(order));
        }
    }
}

/// 종료, by COC.
pub(in crate::domain) fn pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    press: DispatchPress,
    reply: &ReplyTo,
) {
    let DispatchPress::Close = press;
    let desk = turn.desk;
    let Some(mut work) = Work::of(turn, id) else {
        return turn.tell(by, reply, words::stale());
    };
    if !desk.holds(by, &desk.policy.value.roles.chain) {
        return work.turn.tell(by, reply, words::urgent::coc_only());
    }
    if !work.one.is_open() {
        let message = words::dispatch::is_over(&work.one);
        return work.turn.tell(by, reply, message);
    }
    work.closed_by(&desk.name_of(by));
}

/// Nobody is looked for any more: what it was for is done or given up, and who did that says so elsewhere.
pub(super) fn end(turn: &mut Turn<'_>, id: CaseId, by: &Name, why: Ended) {
    if let Some(mut work) = Work::of(turn, id)
        && work.one.is_open()
    {
        work.close(by, why);
    }
}

/// What became of an errand of the case.
pub(in crate::domain) fn settled(
    turn: &mut Turn<'_>,
    id: CaseId,
    errand: &Errand,
    outcome: &Outcome,
) {
    super::chain::settled(turn, id, errand, outcome);
    let Some(work) = Work::of(turn, id).filter(|work| work.one.card == errand.id) else { return };
    if let (Outcome::Refused { why }, ErrandKind::Post { .. }) = (outcome, &errand.kind) {
        work.turn.note_by(id, None, words::dispatch::card_refused(why));
    }
}

/// The present person's time may be over, or COC be asked again where nobody is left.
pub(in crate::domain) fn woken(turn: &mut Turn<'_>, id: CaseId) {
    let Some(mut work) = Work::of(turn, id) else { return };
    let due = work.one.wake(&work.turn.desk.policy.value).is_some_and(|due| due <= work.turn.now);
    match &work.one.ladder.state {
        LadderState::Exhausted { .. } if due => work.ask_again(),
        LadderState::Exhausted { .. }
        | LadderState::Between
        | LadderState::Calling(_)
        | LadderState::Taken(_)
        | LadderState::Stopped { .. } => work.page(|paging| paging.woken()),
    }
}
