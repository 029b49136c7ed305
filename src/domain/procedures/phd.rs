//! AWS Health events, customer by customer (P2 to P5), and the daily look at them (P1).

use super::super::aws::HealthEvent;
use super::super::case::{CaseChange, Home, Procedure};
use super::super::change::Change;
use super::super::desk::{Desk, Room};
use super::super::errand::{Errand, ErrandKind, Outcome, Place, Urgency};
use super::super::ids::{AccountId, CaseId, ErrandId, Name, SlackUser};
use super::super::input::ReplyTo;
use super::super::mail::{Email, Occasion};
use super::super::message::Message;
use super::super::policy::Policy;
use super::super::time::{Time, seoul_at};
use super::super::turn::{PhdPress, Turn};
use super::super::watch::asked_again_at;
use super::super::words::{self, phd as said};
use super::{mail, paging};
use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// So many resources of one account are kept by name; all of them stand in the journal.
const RESOURCES_KEPT: usize = 500;
/// When what was asked for at `asked`, the `times`-th time, is asked for again.
fn asks_again(policy: &Policy, asked: Time, times: u32) -> Time {
    asked_again_at(asked, policy.phd.chase_after, times)
}

/// An AWS Health event of one customer, or the daily look at all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phd {
    /// The customer's name; empty for the daily look, and while nobody knows whose the account is.
    pub customer: String,
    /// What began it: the name of a delivery, or of a due time.
    pub origin: String,
    /// What it is about.
    pub matter: Matter,
    /// When it was over; `None` while it is open.
    pub over: Option<Time>,
}

/// What a case of AWS Health is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// An event that the customer is told of.
    Event(Box<Event>),
    /// The daily look (P1).
    Check(Check),
}

/// An event that a customer is told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What AWS said last.
    pub latest: HealthEvent,
    /// The customer's accounts that it is about, with their resources.
    pub accounts: Vec<Affected>,
    /// What AWS said, page by page.
    pub communications: Vec<Communication>,
    /// Where it is shown.
    pub card: Card,
    /// The status that people were shown last.
    pub shown_status: String,
    /// Counts what people were shown: a mail that bears less is to be sent again (P3).
    pub edition: u32,
    /// Whether the customer is to be phoned (P2).
    pub phoned: bool,
    /// The mail to the customer.
    pub mail: Mail,
    /// The call to the customer.
    pub call: Call,
    /// Where it was announced in g, as an open issue (P5).
    pub general: Option<ErrandId>,
    /// Whether its end was told there.
    pub end_told: bool,
    /// When it was last asked for, or last moved.
    pub asked: Time,
    /// How often it was asked for since it last said something new.
    pub times: u32,
}

/// An account that an event is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    /// Which; `None` where AWS does not tell.
    pub account: Option<AccountId>,
    /// Its resources.
    pub resources: BTreeSet<String>,
}

/// One communication of AWS to one account; its pages come one by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Communication {
    /// AWS's name for it.
    pub id: String,
    /// To whom.
    pub account: Option<AccountId>,
    /// The pages that came.
    pub came: BTreeSet<u32>,
    /// How many there are.
    pub pages: u32,
    /// Since when some that came are not shown yet; `None`: all that came are shown.
    pub waits_since: Option<Time>,
    /// Whether people know of it.
    pub shown: bool,
}

/// Where an event is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// Not yet: pages are missing, or no channel is there.
    NotYet,
    /// In this post.
    Shown(Home),
}

/// The mail to the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mail {
    /// None was sent.
    Due,
    /// It is being sent.
    Sending {
        /// The errand that sends it.
        errand: ErrandId,
        /// Who pressed 메일 발송.
        by: Name,
        /// What it bears.
        edition: u32,
    },
    /// It was sent.
    Sent {
        /// When.
        at: Time,
        /// Who pressed 메일 발송.
        by: Name,
        /// What it bears.
        edition: u32,
    },
}

/// The call to the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// The event is none of those that are phoned.
    NotNeeded {
        /// How often nobody was reached all the same.
        absent: u32,
    },
    /// It is due (P2).
    Due {
        /// How often nobody was reached.
        absent: u32,
    },
    /// Somebody was told.
    Connected {
        /// When.
        at: Time,
        /// Who says so.
        by: Name,
    },
}

/// The daily look (P1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// When it fell due.
    pub due: Time,
    /// The post that asks.
    pub home: Home,
    /// When it was last asked.
    pub asked: Time,
    /// How often it was asked again.
    pub times: u32,
    /// Who looked; `None` while nobody did.
    pub by: Option<Name>,
}

/// A step of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhdChange {
    /// It is over.
    Over {
        /// When.
        at: Time,
    },
    /// A page came.
    Heard {
        /// When.
        at: Time,
        /// The page.
        event: Box<HealthEvent>,
    },
    /// What came is shown.
    Told {
        /// When.
        at: Time,
        /// Whether the customer is to be phoned.
        phoned: bool,
    },
    /// The card is posted.
    Shown {
        /// Where.
        home: Home,
    },
    /// It is known whose the account is.
    Found {
        /// The customer's name.
        customer: String,
    },
    /// The mail is being sent.
    Mailing {
        /// The errand that sends it.
        errand: ErrandId,
        /// Who pressed.
        by: Name,
    },
    /// The mail is sent.
    Mailed {
        /// When.
        at: Time,
        /// Who pressed.
        by: Name,
    },
    /// The mail could not be sent.
    MailReturned {
        /// When.
        at: Time,
    },
    /// The customer was told on the telephone.
    Connected {
        /// When.
        at: Time,
        /// Who says so.
        by: Name,
    },
    /// Nobody was reached.
    Absent {
        /// When.
        at: Time,
    },
    /// It was asked for again.
    Asked {
        /// When.
        at: Time,
    },
    /// It was announced in g (P5).
    Announced {
        /// The post there.
        post: ErrandId,
    },
    /// Its end was told in g.
    EndTold,
    /// Somebody looked, or dealt with it by hand.
    Done {
        /// When.
        at: Time,
        /// Who.
        by: Name,
    },
}

/// What is still to be done for a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// The mail (P3).
    Mail,
    /// The call (P2).
    Call,
}

impl Communication {
    fn is_whole(&self) -> bool {
        u32::try_from(self.came.len()).unwrap_or(u32::MAX) >= self.pages
    }
}

impl Event {
    fn new(at: Time, event: &HealthEvent) -> Self {
        let mut one = Self {
            latest: event.clone(),
            accounts: Vec::new(),
            communications: Vec::new(),
            card: Card::NotYet,
            shown_status: String::new(),
            edition: 0,
            phoned: false,
            mail: Mail::Due,
            call: Call::NotNeeded { absent: 0 },
            general: None,
            end_told: false,
            asked: at,
            times: 0,
        };
        one.hear(at, event);
        one
    }

    fn communication(&self, event: &HealthEvent) -> Option<&Communication> {
        let same =
            |one: &&Communication| one.id == event.communication && one.account == event.account;
        self.communications.iter().find(same)
    }

    /// Whether this page came before.
    fn knows(&self, event: &HealthEvent) -> bool {
        self.communication(event).is_some_and(|one| one.came.contains(&event.page))
    }

    fn hear(&mut self, at: Time, event: &HealthEvent) {
        let same = |one: &&mut Communication| {
            one.id == event.communication && one.account == event.account
        };
        match self.communications.iter_mut().find(same) {
            Some(one) => {
                one.came.insert(event.page);
                one.pages = one.pages.max(event.pages);
                one.waits_since = one.waits_since.or(Some(at));
            }
            None => self.communications.push(Communication {
                id: event.communication.clone(),
                account: event.account.clone(),
                came: BTreeSet::from([event.page]),
                pages: event.pages,
                waits_since: Some(at),
                shown: false,
            }),
        }
        // one that was overtaken on its way says nothing new of the event
        if event.updated >= self.latest.updated {
            self.latest = event.clone();
        }
        let affected = match self.accounts.iter().position(|one| one.account == event.account) {
            Some(nth) => self.accounts.get_mut(nth),
            None => {
                let account = event.account.clone();
                self.accounts.push(Affected { account, resources: BTreeSet::new() });
                self.accounts.last_mut()
            }
        };
        if let Some(affected) = affected {
            let room = RESOURCES_KEPT.saturating_sub(affected.resources.len());
            affected.resources.extend(event.entities.iter().take(room).cloned());
        }
    }

    /// Until when pages are waited for; `None`: all that came is shown.
    fn waits_until(&self, policy: &Policy) -> Option<Time> {
        let waiting = || self.communications.iter().filter(|one| one.waits_since.is_some());
        let first = waiting().filter_map(|one| one.waits_since).min()?;
        let whole = waiting().all(Communication::is_whole);
        Some(if whole { first } else { first + policy.phd.pages_within.delta() })
    }

    /// How many pages of those that are announced did not come.
    #[must_use]
    pub fn missing_pages(&self) -> u32 {
        let missing = |one: &Communication| {
            one.pages.saturating_sub(u32::try_from(one.came.len()).unwrap_or(u32::MAX))
        };
        self.communications.iter().map(missing).sum()
    }

    /// What is still to be done, in its order (P2): the mail, the call.
    #[must_use]
    pub fn left(&self) -> Vec<Task> {
        let mail = match &self.mail {
            Mail::Due => true,
            Mail::Sending { edition, .. } | Mail::Sent { edition, .. } => *edition < self.edition,
        };
        let call = match self.call {
            Call::Due { .. } => true,
            Call::NotNeeded { .. } | Call::Connected { .. } => false,
        };
        [(mail, Task::Mail), (call, Task::Call)]
            .into_iter()
            .filter_map(|(due, task)| due.then_some(task))
            .collect()
    }

    const fn is_connected(&self) -> bool {
        matches!(self.call, Call::Connected { .. })
    }

    /// Whether the mail is under way.
    #[must_use]
    pub const fn is_sending(&self) -> bool {
        matches!(self.mail, Mail::Sending { .. })
    }

    /// Whether AWS says that it is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.latest.status == "closed"
    }

    /// Whether it is an issue that is not over (P5).
    #[must_use]
    pub fn is_open_issue(&self) -> bool {
        self.latest.category.eq_ignore_ascii_case("issue") && self.latest.status == "open"
    }

    fn asks_at(&self, policy: &Policy) -> Option<Time> {
        (!self.left().is_empty()).then(|| asks_again(policy, self.asked, self.times))
    }
}

impl Phd {
    /// Takes a step.
    pub fn apply(&mut self, change: &PhdChange) {
        if let PhdChange::Over { at } = change {
            self.over = Some(*at);
            return;
        }
        if let PhdChange::Found { customer } = change {
            customer.clone_into(&mut self.customer);
            return;
        }
        match &mut self.matter {
            Matter::Event(event) => {
                if let PhdChange::Heard { .. } = change {
                    self.over = None;
                }
                if let PhdChange::Done { at, .. } = change {
                    self.over = Some(*at);
                }
                event.apply(change);
            }
            Matter::Check(check) => match change {
                PhdChange::Asked { at } => {
                    check.asked = *at;
                    check.times += 1;
                }
                PhdChange::Done { at, by } => {
                    check.by = Some(by.clone());
                    self.over = Some(*at);
                }
                PhdChange::Over { .. }
                | PhdChange::Found { .. }
                | PhdChange::Heard { .. }
                | PhdChange::Told { .. }
                | PhdChange::Shown { .. }
                | PhdChange::Mailing { .. }
                | PhdChange::Mailed { .. }
                | PhdChange::MailReturned { .. }
                | PhdChange::Connected { .. }
                | PhdChange::Absent { .. }
                | PhdChange::Announced { .. }
                | PhdChange::EndTold => debug_assert!(false, "a step of an event"),
            },
        }
    }

    /// Whether something is still to come.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.over.is_none()
    }

    /// The post whose thread it lives in; `None` while it has none.
    #[must_use]
    pub const fn home(&self) -> Option<&Home> {
        match &self.matter {
            Matter::Event(event) => match &event.card {
                Card::Shown(home) => Some(home),
                Card::NotYet => None,
            },
            Matter::Check(check) => Some(&check.home),
        }
    }

    /// The next due time.
    #[must_use]
    pub fn wake(&self, policy: &Policy) -> Option<Time> {
        if self.over.is_some() {
            return None;
        }
        match &self.matter {
            Matter::Event(event) => match (&event.card, event.waits_until(policy)) {
                // what nobody could be shown is tried again
                (Card::NotYet, waits) => {
                    let again = event.asked + policy.phd.chase_after.delta();
                    Some(if event.times == 0 { waits.unwrap_or(again) } else { again })
                }
                (Card::Shown(_), waits) => waits.into_iter().chain(event.asks_at(policy)).min(),
            },
            Matter::Check(check) => {
                let again = asks_again(policy, check.asked, check.times);
                // the next one takes its place
                let next = next_check(policy, check.due).filter(|next| *next <= again);
                Some(next.map_or(again, |next| next + policy.phd.chase_after.delta()))
            }
        }
    }
}

impl Event {
    fn apply(&mut self, change: &PhdChange) {
        match change {
            PhdChange::Heard { at, event } => self.hear(*at, event),
            PhdChange::Told { at, phoned } => {
                for one in &mut self.communications {
                    (one.waits_since, one.shown) = (None, true);
                }
                self.edition += 1;
                self.shown_status.clone_from(&self.latest.status);
                (self.asked, self.times) = (*at, 0);
                self.phoned |= *phoned;
                if let (true, Call::NotNeeded { absent }) = (*phoned, &self.call) {
                    self.call = Call::Due { absent: *absent };
                }
            }
            PhdChange::Shown { home } => self.card = Card::Shown(home.clone()),
            PhdChange::Mailing { errand, by } => {
                let (errand, by, edition) = (*errand, by.clone(), self.edition);
                self.mail = Mail::Sending { errand, by, edition };
            }
            PhdChange::Mailed { at, by } => {
                let edition = match &self.mail {
                    Mail::Sending { edition, .. } => *edition,
                    Mail::Due | Mail::Sent { .. } => self.edition,
                };
                self.mail = Mail::Sent { at: *at, by: by.clone(), edition };
                self.asked = *at;
            }
            PhdChange::MailReturned { at } => {
                self.mail = Mail::Due;
                self.asked = *at;
            }
            PhdChange::Connected { at, by } => {
                self.call = Call::Connected { at: *at, by: by.clone() };
                self.asked = *at;
            }
            PhdChange::Absent { at } => {
                match &mut self.call {
                    Call::Due { absent } | Call::NotNeeded { absent } => *absent += 1,
                    Call::Connected { .. } => {}
                }
                self.asked = *at;
            }
            PhdChange::Asked { at } => {
                self.asked = *at;
                self.times += 1;
            }
            PhdChange::Announced { post } => self.general = Some(*post),
            PhdChange::EndTold => self.end_told = true,
            // of the case as a whole
            PhdChange::Over { .. } | PhdChange::Found { .. } | PhdChange::Done { .. } => {}
        }
    }
}

/// A case under way in this decision: what was decided of it so far shows in `phd`.
struct Open<'t, 'd> {
    turn: &'t mut Turn<'d>,
    id: CaseId,
    phd: Phd,
}

impl<'t, 'd> Open<'t, 'd> {
    fn of(turn: &'t mut Turn<'d>, id: CaseId) -> Option<Self> {
        let phd = turn.desk.cases.get(&id)?.procedure.as_phd()?.clone();
        Some(Self { turn, id, phd })
    }

    fn step(&mut self, change: PhdChange) {
        self.phd.apply(&change);
        self.turn.change(Change::Case(self.id, CaseChange::Phd(change)));
    }

    fn event(&self) -> Option<&Event> {
        match &self.phd.matter {
            Matter::Event(event) => Some(event),
            Matter::Check(_) => None,
        }
    }

    fn post(&mut self, room: Room, message: Message, urgency: Urgency) -> Option<ErrandId> {
        let channel = self.turn.desk.room(room)?;
        Some(self.turn.post(Some(self.id), urgency, Place { channel, thread: None }, message))
    }

    /// Says something in the card's thread.
    fn say(&mut self, message: Message) {
        if let Some(place) = self.phd.home().map(Home::thread) {
            self.turn.post(Some(self.id), Urgency::Notice, place, message);
        }
    }

    /// The card as it is now.
    fn redraw(&mut self) {
        let Some(Home::Post(_, post)) = self.phd.home().cloned() else { return };
        let message = said::card(self.turn.desk, self.id, &self.phd, self.turn.now);
        self.turn.owe(Some(self.id), Urgency::Notice, ErrandKind::Update { post, message });
    }

    /// Shows what came, should all of it be there or waited for long enough.
    fn tell_if_due(&mut self) {
        let now = self.turn.now;
        let policy = &self.turn.desk.policy.value;
        let waits = self.event().and_then(|event| event.waits_until(policy));
        if waits.is_some_and(|until| until <= now) {
            self.tell();
        }
    }

    fn tell(&mut self) {
        let (desk, now) = (self.turn.desk, self.turn.now);
        let Some(before) = self.event().cloned() else { return };
        if matches!(before.card, Card::NotYet) && desk.room(Room::Noti).is_none() {
            return self.step(PhdChange::Asked { at: now });
        }
        let phoned = desk.policy.value.phd.phones(&before.latest.category);
        self.step(PhdChange::Told { at: now, phoned });
        match before.card {
            Card::NotYet => {
                let message = said::card(desk, self.id, &self.phd, now);
                let urgency = if phoned { Urgency::Page } else { Urgency::Notice };
                if let (Some(post), Some(channel)) =
                    (self.post(Room::Noti, message, urgency), desk.room(Room::Noti))
                {
                    self.step(PhdChange::Shown { home: Home::Post(channel, post) });
                }
                self.turn.note(self.id, None, said::noted(&before.latest));
            }
            Card::Shown(_) => {
                self.redraw();
                // another account of what nobody dealt with yet: the card alone says it
                let untouched = before.mail == Mail::Due && !before.is_connected();
                if before.is_news() || !untouched {
                    self.say(said::news(&self.phd.customer, &before, before.is_news()));
                }
                self.turn.note(self.id, None, said::noted(&before.latest));
            }
        }
        let by_hand = self.event().and_then(|event| mail_by_hand(desk, &self.phd.customer, event));
        if let Some(mail) = by_hand {
            self.say(said::by_hand(&mail));
        }
        self.tell_general();
    }

    /// An open issue is known in g at once, and so is its end (P5).
    fn tell_general(&mut self) {
        let desk = self.turn.desk;
        let Some(event) = self.event().cloned() else { return };
        if self.phd.customer.is_empty() {
            return;
        }
        let others = others_of(desk, self.id, &event.latest.arn);
        if event.is_open_issue() && event.general.is_none() {
            let first = others.iter().find_map(|other| other.general);
            let Some(channel) = desk.room(Room::General) else {
                return self.say(said::no_general(&self.phd.customer));
            };
            let place = match first {
                Some(post) => paging::under(channel, post),
                None => Place { channel, thread: None },
            };
            let message = said::open_issue(desk, &self.phd.customer, &event, first.is_some());
            let post = self.turn.post(Some(self.id), Urgency::Notice, place, message);
            self.step(PhdChange::Announced { post: first.unwrap_or(post) });
        }
        let told = event.end_told || others.iter().any(|other| other.end_told);
        if let (true, false, Some(post), Some(channel)) =
            (event.is_closed(), told, event.general, desk.room(Room::General))
        {
            let message = said::issue_over(&event.latest, self.turn.now);
            let place = paging::under(channel, post);
            self.turn.post(Some(self.id), Urgency::Notice, place, message);
            self.step(PhdChange::EndTold);
        }
    }

    /// Ends the case when the customer knows all that there is (P3).
    fn end_if_told(&mut self) {
        let told = self.event().is_some_and(|event| event.left().is_empty() && !event.is_sending());
        if told && self.phd.is_open() {
            let at = self.turn.now;
            self.step(PhdChange::Over { at });
        }
    }
}

impl Phd {
    fn event(&self) -> Option<&Event> {
        match &self.matter {
            Matter::Event(event) => Some(event),
            Matter::Check(_) => None,
        }
    }
}

impl Event {
    /// Whether a communication waits that nobody knows of; another account's copy of a known one is none.
    fn is_news(&self) -> bool {
        let shown = |id: &str| self.communications.iter().any(|one| one.id == id && one.shown);
        self.communications.iter().any(|one| one.waits_since.is_some() && !shown(&one.id))
    }
}

/// Other customers' cases of the same event.
fn others_of<'d>(desk: &'d Desk, id: CaseId, arn: &str) -> Vec<&'d Event> {
    let event = |case: &'d super::super::case::Case| match &case.procedure {
        Procedure::Phd(phd) if case.id != id => phd.event().filter(|one| one.latest.arn == arn),
        Procedure::Phd(_)
        | Procedure::Urgent(_)
        | Procedure::Assignment(_)
        | Procedure::Incident(_)
        | Procedure::Stray(_)
        | Procedure::Outage(_)
        | Procedure::List(_)
        | Procedure::Offboard(_)
        | Procedure::Dispatch(_)
        | Procedure::Inquiry(_)
        | Procedure::Climate(_) => None,
    };
    desk.cases.values().filter_map(event).collect()
}

/// A page of an event came (P2 to P5); `key` names the delivery.
pub(in crate::domain) fn told(turn: &mut Turn<'_>, key: &str, event: &HealthEvent) {
    // the backup region sends what the region itself sends
    if event.backup {
        return;
    }
    let (desk, now) = (turn.desk, turn.now);
    let customer = customer_of(desk, event.account.as_ref());
    let same = |phd: &Phd| {
        let about = phd.event().filter(|one| one.latest.arn == event.arn);
        about.is_some_and(|one| match customer {
            Some(_) => phd.customer == customer.unwrap_or_default(),
            None => {
                phd.customer.is_empty()
                    && one.accounts.iter().any(|known| known.account == event.account)
            }
        })
    };
    let found = desk.cases.values().rev().find_map(|case| match &case.procedure {
        Procedure::Phd(phd) if same(phd) => Some(case.id),
        Procedure::Phd(_)
        | Procedure::Urgent(_)
        | Procedure::Assignment(_)
        | Procedure::Incident(_)
        | Procedure::Stray(_)
        | Procedure::Outage(_)
        | Procedure::List(_)
        | Procedure::Offboard(_)
        | Procedure::Dispatch(_)
        | Procedure::Inquiry(_)
        | Procedure::Climate(_) => None,
    });
    let mut open = match found {
        Some(id) => {
            let Some(mut open) = Open::of(turn, id) else { return };
            if open.event().is_some_and(|known| known.knows(event)) {
                return;
            }
            open.step(PhdChange::Heard { at: now, event: Box::new(event.clone()) });
            open
        }
        None => {
            let phd = Phd {
                customer: customer.unwrap_or_default().to_owned(),
                origin: key.to_owned(),
                matter: Matter::Event(Box::new(Event::new(now, event))),
                over: None,
            };
            let id = turn.open(Procedure::Phd(phd.clone()));
            Open { turn, id, phd }
        }
    };
    open.tell_if_due();
}

fn customer_of<'d>(desk: &'d Desk, account: Option<&AccountId>) -> Option<&'d str> {
    let record = desk.customers.value.by_account(account?)?;
    Some(record.name.as_str())
}

/// 메일 발송 · 연결됨 · 부재 · 완료
pub(in crate::domain) fn pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    press: PhdPress,
    reply: &ReplyTo,
) {
    let desk = turn.desk;
    let roles = &desk.policy.value.roles;
    let refused = match press {
        PhdPress::Mail => (!desk.holds(by, &roles.mail)).then(words::mail::not_allowed),
        PhdPress::Connected | PhdPress::Absent | PhdPress::Done => {
            (!desk.holds(by, &roles.chain)).then(words::urgent::coc_only)
        }
    };
    if let Some(refused) = refused {
        return turn.tell(by, reply, refused);
    }
    let Some(mut open) = Open::of(turn, id) else { return turn.tell(by, reply, words::stale()) };
    let who = desk.name_of(by);
    let done = match press {
        PhdPress::Mail => open.mail(&who),
        PhdPress::Connected => open.connected(by, &who),
        PhdPress::Absent => open.absent(by),
        PhdPress::Done => open.done(by, &who),
    };
    if let Err(answer) = done {
        turn.tell(by, reply, answer);
    }
}

impl Open<'_, '_> {
    fn mail(&mut self, who: &Name) -> Result<(), Message> {
        let (desk, now) = (self.turn.desk, self.turn.now);
        self.find_customer();
        let event = self.event().ok_or_else(words::stale)?;
        if !event.left().contains(&Task::Mail) {
            return Err(said::mailed_already(&event.mail, now));
        }
        if event.is_sending() {
            return Err(said::mailed_already(&event.mail, now));
        }
        if self.phd.customer.is_empty() {
            return Err(said::whose());
        }
        let mail = compose(desk, &self.phd.customer, event)?;
        if desk.presence.adapters.mail {
            let to = mail.to.clone();
            let kind = ErrandKind::Mail { mail };
            let errand = self.turn.owe(Some(self.id), Urgency::Answer, kind);
            self.step(PhdChange::Mailing { errand, by: who.clone() });
            self.turn.note_by(self.id, Some(who.clone()), said::mailing_note(&to));
            self.redraw();
        } else {
            self.mailed(who, true);
        }
        Ok(())
    }

    fn mailed(&mut self, who: &Name, by_hand: bool) {
        let now = self.turn.now;
        self.step(PhdChange::Mailed { at: now, by: who.clone() });
        self.end_if_told();
        self.turn.note_by(self.id, Some(who.clone()), said::mailed_note(by_hand));
        self.redraw();
        if let Some(event) = self.event().cloned() {
            self.say(said::mailed(&self.phd.customer, &event, who, by_hand, now));
        }
    }

    fn connected(&mut self, by: &SlackUser, who: &Name) -> Result<(), Message> {
        let now = self.turn.now;
        let event = self.event().cloned().ok_or_else(words::stale)?;
        if let Call::Connected { at, by } = &event.call {
            return Err(said::phoned_already(by, *at, now));
        }
        if self.phd.customer.is_empty() {
            return Err(said::whose());
        }
        self.step(PhdChange::Connected { at: now, by: who.clone() });
        self.end_if_told();
        self.turn.note(self.id, Some(by), said::phoned_note());
        self.redraw();
        let Some(event) = self.event().cloned() else { return Ok(()) };
        self.say(said::phoned(&self.phd.customer, &event, who, now));
        if event.phoned {
            let message = said::propagated(&self.phd.customer, &event, who, now);
            self.post(Room::Noti, message, Urgency::Notice);
        }
        Ok(())
    }

    fn absent(&mut self, by: &SlackUser) -> Result<(), Message> {
        let now = self.turn.now;
        let event = self.event().ok_or_else(words::stale)?;
        if let Call::Connected { at, by } = &event.call {
            return Err(said::phoned_already(by, *at, now));
        }
        if self.phd.customer.is_empty() {
            return Err(said::whose());
        }
        let who = self.turn.desk.name_of(by);
        self.step(PhdChange::Absent { at: now });
        self.turn.note(self.id, Some(by), said::absent_note());
        self.redraw();
        let next = self.phd.wake(&self.turn.desk.policy.value);
        if let Some(event) = self.event().cloned() {
            self.say(said::absent(&self.phd.customer, &event, &who, now, next));
        }
        Ok(())
    }

    /// 완료: the daily look, or an event that belongs to nobody on record.
    fn done(&mut self, by: &SlackUser, who: &Name) -> Result<(), Message> {
        let now = self.turn.now;
        if let Some(at) = self.phd.over {
            let done_by = match &self.phd.matter {
                Matter::Check(check) => check.by.clone(),
                Matter::Event(_) => None,
            };
            return Err(said::done_already(done_by.as_ref(), at, now));
        }
        if self.event().is_some() && !self.phd.customer.is_empty() {
            return Err(words::stale());
        }
        self.step(PhdChange::Done { at: now, by: who.clone() });
        self.turn.note(self.id, Some(by), said::done_note(&self.phd));
        self.redraw();
        self.say(said::done(&self.phd, who, now));
        Ok(())
    }

    /// The record may know by now whose an account is.
    fn find_customer(&mut self) -> bool {
        let desk = self.turn.desk;
        if !self.phd.customer.is_empty() {
            return false;
        }
        let Some(event) = self.event() else { return false };
        let mut known = event.accounts.iter().map(|one| one.account.as_ref());
        let Some(customer) = known.find_map(|account| customer_of(desk, account)) else {
            return false;
        };
        let customer = customer.to_owned();
        self.turn.note(self.id, None, said::found_note(&customer));
        self.step(PhdChange::Found { customer });
        true
    }
}

/// The mail to a customer.
fn compose(desk: &Desk, customer: &str, event: &Event) -> Result<Email, Message> {
    let has_address =
        desk.customers.value.find(customer).is_some_and(|record| !record.emails.is_empty());
    if !has_address {
        return Err(said::no_address(customer));
    }
    let names = said::mail_names(event);
    let names: Vec<(&str, &str)> =
        names.iter().map(|(name, text)| (*name, text.as_str())).collect();
    mail::compose(desk, Occasion::Phd, customer, &names).map(|(_, mail)| mail)
}

/// The mail as it would go out, for people who send it by hand; `None` where the bot sends it, or none can be made.
fn mail_by_hand(desk: &Desk, customer: &str, event: &Event) -> Option<Email> {
    (!desk.presence.adapters.mail).then(|| compose(desk, customer, event).ok()).flatten()
}

/// What became of an errand of the case.
pub(in crate::domain) fn settled(
    turn: &mut Turn<'_>,
    id: CaseId,
    errand: &Errand,
    outcome: &Outcome,
) {
    let Some(mut open) = Open::of(turn, id) else { return };
    let Some(Mail::Sending { errand: sends, by, .. }) = open.event().map(|one| one.mail.clone())
    else {
        return;
    };
    if sends != errand.id {
        return;
    }
    let why = match outcome {
        Outcome::Done => return open.mailed(&by, false),
        Outcome::Refused { why } => why.as_str(),
        Outcome::Expired => "하루 동안 메일 서버에 보내지 못했습니다",
        Outcome::Posted(_)
        | Outcome::Placed { .. }
        | Outcome::Joined { .. }
        | Outcome::Presence(_)
        | Outcome::Guide { .. }
        | Outcome::Opened { .. } => return,
    };
    let at = open.turn.now;
    open.step(PhdChange::MailReturned { at });
    open.turn.note(id, None, said::returned_note(why));
    open.redraw();
    open.say(said::returned(&open.phd.customer.clone(), why));
}

/// A due time of the case has come.
pub(in crate::domain) fn woken(turn: &mut Turn<'_>, id: CaseId) {
    let now = turn.now;
    let policy = &turn.desk.policy.value;
    let Some(mut open) = Open::of(turn, id) else { return };
    if open.phd.wake(policy).is_none_or(|due| due > now) {
        return;
    }
    match &open.phd.matter {
        Matter::Check(_) => open.ask_again(),
        Matter::Event(event) => {
            let hidden = matches!(event.card, Card::NotYet);
            let waited = event.waits_until(policy).is_some_and(|until| until <= now);
            if hidden || waited {
                return open.tell();
            }
            if open.find_customer() {
                open.redraw();
                open.say(said::found(&open.phd.customer.clone()));
                open.tell_general();
                return open.step(PhdChange::Asked { at: now });
            }
            open.chase();
        }
    }
}

impl Open<'_, '_> {
    fn chase(&mut self) {
        let now = self.turn.now;
        let Some(event) = self.event().cloned() else { return };
        self.step(PhdChange::Asked { at: now });
        let next = self.phd.wake(&self.turn.desk.policy.value);
        let message = said::chase(self.id, &self.phd.customer, &event, now, next);
        // what must be phoned is not left to a thread that nobody opens
        if event.phoned {
            self.post(Room::Noti, message, Urgency::Notice);
        } else {
            self.say(message);
        }
    }

    fn ask_again(&mut self) {
        let now = self.turn.now;
        self.step(PhdChange::Asked { at: now });
        let Matter::Check(check) = &self.phd.matter else { return };
        let policy = &self.turn.desk.policy.value;
        let next = self.phd.wake(policy).into_iter().chain(next_check(policy, check.due)).min();
        let message = said::asked_again(check, now, next);
        self.say(message);
    }
}

/// When the daily look is due next; `done` is up to when it was dealt with.
#[must_use]
pub fn next_check(policy: &Policy, done: Time) -> Option<Time> {
    let at = |day: NaiveDate| seoul_at(day, policy.phd.check_at);
    let today = done.date_naive();
    let next = at(today);
    if next > done { Some(next) } else { today.succ_opt().map(at) }
}

/// It is time for the daily look (P1), or was while the desk was away.
pub(in crate::domain) fn check(turn: &mut Turn<'_>, due: Time) {
    let (desk, now) = (turn.desk, turn.now);
    let Some(channel) = desk.room(Room::Noti) else { return };
    // whoever was away for days looks once
    let mut latest = due;
    while let Some(next) = next_check(&desk.policy.value, latest).filter(|next| *next <= now) {
        latest = next;
    }
    let skipped = u32::try_from((latest - due).num_days()).unwrap_or(u32::MAX);
    let unanswered: Vec<CaseId> = desk
        .cases
        .values()
        .filter(|case| match &case.procedure {
            Procedure::Phd(phd) => phd.is_open() && matches!(phd.matter, Matter::Check(_)),
            Procedure::Urgent(_)
            | Procedure::Assignment(_)
            | Procedure::Incident(_)
            | Procedure::Stray(_)
            | Procedure::Outage(_)
            | Procedure::List(_)
            | Procedure::Offboard(_)
            | Procedure::Dispatch(_)
            | Procedure::Inquiry(_)
            | Procedure::Climate(_) => false,
        })
        .map(|case| case.id)
        .collect();
    for id in &unanswered {
        let Some(mut open) = Open::of(turn, *id) else { continue };
        open.step(PhdChange::Over { at: now });
        open.turn.note(*id, None, said::missed_note());
        open.redraw();
    }
    let post = turn.next_errand();
    let check = Check {
        due: latest,
        home: Home::Post(channel.clone(), post),
        asked: now,
        times: 0,
        by: None,
    };
    let phd = Phd {
        customer: String::new(),
        origin: format!("phd:{}", latest.format("%Y-%m-%d")),
        matter: Matter::Check(check.clone()),
        over: None,
    };
    let id = turn.open(Procedure::Phd(phd));
    let missed = said::Missed { skipped, unanswered: !unanswered.is_empty() };
    let message = said::check(desk, id, &check, &missed, now);
    let kind = ErrandKind::Post { place: Place { channel, thread: None }, message };
    turn.owe_as(post, Some(id), Urgency::Notice, kind);
}

/// How long an event that everybody was told of is still spoken of when AWS gives it no end.
const SPOKEN_OF: TimeDelta = TimeDelta::days(7);

/// Cases with their numbers.
pub type Numbered<'d> = Vec<(CaseId, &'d Phd)>;

/// The events of the desk that the daily look shows: those with something left to do, and those that were told and go on.
#[must_use]
pub fn open_events(desk: &Desk, now: Time) -> (Numbered<'_>, Numbered<'_>) {
    let (mut left, mut going) = (Vec::new(), Vec::new());
    for case in desk.cases.values() {
        let Procedure::Phd(phd) = &case.procedure else { continue };
        let Some(event) = phd.event() else { continue };
        if phd.is_open() {
            left.push((case.id, phd));
        } else if !phd.customer.is_empty() && goes_on(event, now) {
            going.push((case.id, phd));
        }
    }
    (left, going)
}

fn goes_on(event: &Event, now: Time) -> bool {
    let latest = &event.latest;
    let ahead = latest.end.or(latest.start).is_some_and(|at| at > now);
    !event.is_closed() && (ahead || now - event.asked < SPOKEN_OF)
}
