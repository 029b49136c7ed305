//! An alarm or finding that is propagated: the customer first, then the MSP chain, a ticket or the sales contact (M5 to M10, G1, G4).

mod state;

pub use state::{
    About, Card, Closing, Found, Incident, IncidentChange, Names, News, Ring, RingState, Stage,
};

use super::super::alarms::MetricKey;
use super::super::case::{CaseChange, Home, Procedure};
use super::super::change::Change;
use super::super::customers::{Customer, Grade};
use super::super::desk::{Desk, Room};
use super::super::errand::{Errand, ErrandKind, NewTicket, Outcome, Place, Urgency};
use super::super::ids::{CaseId, ChannelId, Name, SlackUser, TicketLink};
use super::super::input::ReplyTo;
use super::super::ladder::{LadderChange, LadderState};
use super::super::mail::{DraftState, Email, Occasion};
use super::super::message::Message;
use super::super::people::order::msp_order;
use super::super::turn::{ExhaustedPress, IncidentPress, Turn};
use super::super::words;
use super::super::words::paging::Subject;
use super::paging::Paging;
use super::urgent::{Board, doubts, take_buttons};
use super::{assignment, mail};

/// How often the customer is called before an MSP Basic customer gets a mail instead (M10).
const CALLS_BEFORE_MAIL: u32 = 2;

/// How often alarms that come and go change a card.
const CARD_EVERY: chrono::TimeDelta = chrono::TimeDelta::seconds(3);

/// The channel that alarms are posted to. One that the bot is not in is still named: posting there fails, and that is told.
pub(super) fn noti(desk: &Desk) -> ChannelId {
    desk.room(Room::Noti).unwrap_or_else(|| ChannelId(desk.policy.value.channels.noti.clone()))
}

/// Begins an incident with its card. Alarms and agreed findings alike mention COC: somebody is to act now.
pub(super) fn open(
    turn: &mut Turn<'_>,
    customer: &str,
    origin: &str,
    about: About,
    stage: Stage,
) -> CaseId {
    let post = turn.next_errand();
    let channel = noti(turn.desk);
    let one = Incident {
        home: Home::Post(channel.clone(), post),
        customer: customer.to_owned(),
        origin: origin.to_owned(),
        opened: turn.now,
        about,
        stage,
        asked: turn.now,
        chased: 0,
        card: Card::Fresh { since: turn.now },
        boards: Vec::new(),
        news: News { said: turn.now, joined: Names::default(), fine: Names::default() },
    };
    let id = turn.open(Procedure::Incident(one.clone()));
    let message = words::incident::card(turn.desk, id, &one);
    let place = Place { channel, thread: None };
    turn.owe_as(post, Some(id), Urgency::Page, ErrandKind::Post { place, message });
    id
}

/// An alarm of an open incident hit again: the card says how often, and nothing else is posted (M5).
pub(super) fn absorb(turn: &mut Turn<'_>, id: CaseId, one: &Incident, key: MetricKey, ring: Ring) {
    let known = one.ring(&key, &ring.alarm).is_some();
    let ring = Box::new(ring);
    let change = if known {
        IncidentChange::Again { key, ring }
    } else {
        IncidentChange::Joined { key, ring }
    };
    let was_fine = one.is_fine();
    go_on(turn, id, one, change);
    if was_fine && !one.boards.is_empty() {
        // what offered to end it is of no use while it rings again
        if let Some(mut work) = Work::of(turn, id) {
            work.clear();
        }
    }
}

/// Another alarm of the customer joins an open incident.
pub(super) fn join(turn: &mut Turn<'_>, id: CaseId, one: &Incident, key: MetricKey, ring: Ring) {
    go_on(turn, id, one, IncidentChange::Joined { key, ring: Box::new(ring) });
}

/// An alarm of an open incident is well.
pub(super) fn fine(
    turn: &mut Turn<'_>,
    id: CaseId,
    one: &Incident,
    key: MetricKey,
    alarm: &str,
    at: super::super::time::Time,
) {
    go_on(turn, id, one, IncidentChange::Fine { key, alarm: alarm.to_owned(), at });
}

/// The finding of an open incident was told again.
pub(super) fn found_again(turn: &mut Turn<'_>, id: CaseId, one: &Incident, severity: u16) {
    go_on(turn, id, one, IncidentChange::FoundAgain { severity });
}

/// One change from outside: the card follows, and the thread at most once a minute. Of an incident in a storm nothing is copied while
/// a change of its card is under way and the thread was told of something a moment ago.
fn go_on(turn: &mut Turn<'_>, id: CaseId, one: &Incident, change: IncidentChange) {
    let quiet = matches!(one.card, Card::Changing { stale: true, .. } | Card::Waiting { .. });
    let is_news = match &change {
        IncidentChange::Joined { .. } | IncidentChange::Fine { .. } => true,
        IncidentChange::Again { .. }
        | IncidentChange::FoundAgain { .. }
        | IncidentChange::Said { .. }
        | IncidentChange::Moved(_)
        | IncidentChange::Absent
        | IncidentChange::ChainBegun { .. }
        | IncidentChange::Ladder(_)
        | IncidentChange::Asked { .. }
        | IncidentChange::Chased { .. }
        | IncidentChange::Shown(_)
        | IncidentChange::Cleared
        | IncidentChange::CardChanging { .. }
        | IncidentChange::CardStale
        | IncidentChange::CardWaits { .. }
        | IncidentChange::CardFresh { .. } => false,
    };
    let waits = !is_news
        || one.news_due().is_some_and(|due| due > turn.now)
        || turn.now < one.news.said + chrono::TimeDelta::minutes(1);
    if quiet && waits {
        return turn.change(Change::Case(id, CaseChange::Incident(change)));
    }
    let Some(mut work) = Work::of(turn, id) else { return };
    work.step(change);
    if !waits {
        work.say_news();
    }
    work.refresh_later();
}

/// A decision about one incident.
struct Work<'t, 'a> {
    turn: &'t mut Turn<'a>,
    id: CaseId,
    one: Incident,
}

impl<'t, 'a> Work<'t, 'a> {
    fn of(turn: &'t mut Turn<'a>, id: CaseId) -> Option<Self> {
        let mut one = incident(turn.desk, id)?.clone();
        // what this very turn decided of it already
        for change in &turn.changes {
            if let Change::Case(of, CaseChange::Incident(change)) = change
                && *of == id
            {
                one.apply(change);
            }
        }
        Some(Self { turn, id, one })
    }

    fn step(&mut self, change: IncidentChange) {
        self.one.apply(&change);
        self.turn.change(Change::Case(self.id, CaseChange::Incident(change)));
    }

    fn record(&self) -> Option<&'a Customer> {
        self.turn.desk.customers.value.find(&self.one.customer)
    }

    fn place(&self) -> Place {
        self.one.home.thread()
    }

    fn say(&mut self, urgency: Urgency, message: Message) {
        let place = self.place();
        self.turn.post(Some(self.id), urgency, place, message);
    }

    /// Says something with buttons of the case; they go when the case goes on.
    fn show(&mut self, urgency: Urgency, place: Place, message: Message) {
        let post = self.turn.post(Some(self.id), urgency, place, message.clone());
        self.step(IncidentChange::Shown(Board { post, message }));
    }

    /// Buttons of where the case stood before are of no use any more.
    fn clear(&mut self) {
        let boards = std::mem::take(&mut self.one.boards);
        if boards.is_empty() {
            return;
        }
        take_buttons(self.turn, self.id, boards);
        self.step(IncidentChange::Cleared);
    }

    fn moved(&mut self, stage: Stage) {
        self.clear();
        self.step(IncidentChange::Moved(Box::new(stage)));
        let at = self.turn.now;
        self.step(IncidentChange::Asked { at });
    }

    /// The card says what is so, at once or after the change that is on its way.
    fn refresh(&mut self) {
        match self.one.card {
            Card::Fresh { .. } | Card::Waiting { .. } => self.change_card(),
            Card::Changing { stale: false, .. } => self.step(IncidentChange::CardStale),
            Card::Changing { stale: true, .. } => {}
        }
    }

    /// The same for what nobody waits for: not more often than now and then.
    fn refresh_later(&mut self) {
        match self.one.card {
            Card::Fresh { since } if self.turn.now < since + CARD_EVERY => {
                self.step(IncidentChange::CardWaits { until: since + CARD_EVERY });
            }
            Card::Waiting { .. } => {}
            Card::Fresh { .. } | Card::Changing { .. } => self.refresh(),
        }
    }

    fn change_card(&mut self) {
        let Home::Post(_, post) = self.one.home else { return };
        let message = words::incident::card(self.turn.desk, self.id, &self.one);
        let kind = ErrandKind::Update { post, message };
        let errand = self.turn.owe(Some(self.id), Urgency::Notice, kind);
        self.step(IncidentChange::CardChanging { errand });
    }

    /// The same, unless what happened meanwhile changed nothing of what it says.
    fn change_card_from(&mut self, shown: &ErrandKind) {
        let now = words::incident::card(self.turn.desk, self.id, &self.one);
        let same = matches!(shown, ErrandKind::Update { message, .. } if *message == now);
        if !same {
            self.change_card();
        }
    }

    /// Says in the thread what came and went; when all is well, how it can be ended.
    fn say_news(&mut self) {
        let message = words::incident::news(self.id, &self.one);
        let at = self.turn.now;
        self.step(IncidentChange::Said { at });
        if message.buttons.is_empty() {
            self.say(Urgency::Notice, message);
        } else {
            self.clear();
            let place = self.place();
            self.show(Urgency::Notice, place, message);
        }
    }

    fn paging(&mut self) -> Option<Paging<'_, 'a>> {
        let ladder = self.one.ladder()?.clone();
        let (subject, place) = (subject(&self.one), self.place());
        let wrap = |change| CaseChange::Incident(IncidentChange::Ladder(change));
        Some(Paging::new(self.turn, ladder, self.id, subject, place, wrap))
    }

    /// Lets the ladder act; keeps the own copy in step with it.
    fn page(&mut self, act: impl FnOnce(&mut Paging<'_, 'a>)) {
        let before = self.one.ladder().map(|ladder| ladder.state.clone());
        let steps = self.turn.changes.len();
        let Some(mut paging) = self.paging() else { return };
        act(&mut paging);
        let shown = paging.shown;
        // the ladder's steps stand in the turn already: the own copy takes them from there
        let taken: Vec<IncidentChange> = self.turn.changes[steps..]
            .iter()
            .filter_map(|change| {
                let Change::Case(of, CaseChange::Incident(step)) = change else { return None };
                let of_ladder = *of == self.id && matches!(step, IncidentChange::Ladder(_));
                of_ladder.then(|| step.clone())
            })
            .collect();
        for change in &taken {
            self.one.apply(change);
        }
        let now = self.one.ladder().map(|ladder| &ladder.state);
        if let Some(LadderState::Taken(_)) = now
            && !matches!(before, Some(LadderState::Taken(_)))
        {
            self.clear();
        }
        for (post, message) in shown {
            self.step(IncidentChange::Shown(Board { post, message }));
        }
        if taken.iter().any(shows) {
            self.refresh();
        }
    }

    // ── first contact (M6) ──

    fn connected(&mut self, by: &Name) {
        let at = self.turn.now;
        self.moved(Stage::Deciding { by: by.clone(), at });
        self.note(by, "고객 연결됨");
        let msp = self.record().is_some_and(Customer::runs_msp_chain);
        self.say(Urgency::Notice, words::incident::connected(&self.one, by, at, msp));
    }

    fn absent(&mut self, by: &Name) {
        let at = self.turn.now;
        self.clear();
        self.step(IncidentChange::Absent);
        self.step(IncidentChange::Asked { at });
        let Stage::Contact { absent } = self.one.stage else { return };
        self.note(by, &format!("고객 부재 {absent}회"));
        let basic = self.record().is_some_and(|one| one.grade == Grade::MspBasic);
        let due = basic && absent >= CALLS_BEFORE_MAIL;
        let mail = due.then(|| self.mail());
        let mails = matches!(mail, Some(Ok(_)));
        let again = basic && !due && self.record().is_some_and(|one| !one.emails.is_empty());
        let message = words::incident::absent(&self.one, by, at, absent, again, mails);
        self.say(Urgency::Notice, message);
        match mail {
            Some(Ok((customer, mail))) if !self.has_draft() => {
                let place = self.place();
                mail::write(self.turn, self.id, customer, mail, place);
            }
            Some(Err(why)) => self.say(Urgency::Page, words::incident::no_mail(&why)),
            Some(Ok(_)) | None => {}
        }
    }

    fn has_draft(&self) -> bool {
        self.turn.desk.drafts.values().any(|draft| {
            draft.case == self.id
                && matches!(draft.state, DraftState::Open | DraftState::Sending { .. })
        })
    }

    fn mail(&self) -> Result<(String, Email), Message> {
        let names = words::incident::mail_names(&self.one);
        let names: Vec<(&str, &str)> =
            names.iter().map(|(name, said)| (*name, said.as_str())).collect();
        mail::compose(self.turn.desk, Occasion::Alarm, &self.one.customer, &names)
    }

    fn note(&mut self, by: &Name, text: &str) {
        self.turn.note_by(self.id, Some(by.clone()), text);
    }

    // ── what is more than that (M8, M9) ──

    fn needed(&mut self, by: &Name) {
        self.note(by, "추가 조치 필요");
        let desk = self.turn.desk;
        let Some(record) = self.record() else {
            // the record lost the customer meanwhile: nobody knows its engineers, COC does
            return self.ask_for_ticket(None);
        };
        if record.runs_msp_chain() {
            return self.begin_chain(by, record);
        }
        if !desk.calendar().is_open(self.turn.now) {
            self.moved(Stage::Sales);
            let message = words::incident::sales(desk, self.id, &self.one, record, by);
            let place = self.place();
            return self.show(Urgency::Page, place, message);
        }
        if !desk.presence.adapters.tickets {
            return self.ask_for_ticket(None);
        }
        let ticket = NewTicket {
            subject: words::incident::ticket_subject(&self.one),
            comment: words::incident::ticket_text(desk, self.id, &self.one, record, by),
        };
        let kind = ErrandKind::OpenTicket { ticket };
        let errand = self.turn.owe(Some(self.id), Urgency::Answer, kind);
        self.moved(Stage::Opening { errand });
        self.say(Urgency::Notice, words::incident::opening(&self.one, by));
    }

    fn begin_chain(&mut self, by: &Name, record: &Customer) {
        let desk = self.turn.desk;
        let order = msp_order(&desk.roster.value, record, &desk.policy.value);
        let (available, skipped) = order.available(&desk.roster.value, &desk.leaves, self.turn.now);
        let names: Vec<Name> = available.iter().map(|one| one.name.clone()).collect();
        let doubts = doubts(desk, &order, self.turn.now);
        let mut message = words::incident::chain(&self.one, by, &names, &skipped, &doubts);
        message.lines.extend(words::services::basis(desk, self.turn.now, false));
        self.clear();
        self.step(IncidentChange::ChainBegun { order });
        self.say(Urgency::Notice, message);
        self.page(|paging| paging.advance());
        self.refresh();
    }

    fn ask_for_ticket(&mut self, why: Option<&str>) {
        self.moved(Stage::TicketAsked);
        let message = words::incident::open_by_hand(self.turn.desk, &self.one, why);
        self.say(Urgency::Page, message);
    }

    fn ticket_is(&mut self, ticket: TicketLink, case: CaseId) {
        let message = words::incident::ticketed(&self.one, &ticket, case);
        self.moved(Stage::Ticket { ticket, case });
        self.say(Urgency::Notice, message);
        self.refresh();
    }

    // ── a finding is judged (G4) ──

    fn propagate(&mut self, by: Option<&Name>, press: &str) {
        if let Some(by) = by {
            self.note(by, press);
        }
        self.moved(Stage::Contact { absent: 0 });
        let message = words::incident::propagated(self.turn.desk, self.id, &self.one, by, press);
        let place = self.place();
        if by.is_some() {
            self.say(Urgency::Notice, message);
        } else {
            self.show(Urgency::Page, place, message);
        }
    }

    fn mail_only(&mut self, by: &Name, reply: &ReplyTo, user: &SlackUser) {
        let (customer, mail) = match self.mail() {
            Ok(made) => made,
            // nothing is decided that cannot be done
            Err(why) => return self.turn.tell(user, reply, words::incident::no_mail(&why)),
        };
        self.note(by, "이메일만");
        self.moved(Stage::MailOnly { by: by.clone() });
        let place = self.place();
        mail::send_now(self.turn, self.id, customer, mail, place, by);
        self.refresh();
    }

    // ── the end ──

    fn close(&mut self, by: &Name, how: Closing) {
        let is_calling = matches!(
            &self.one.stage,
            Stage::Chain(ladder) if !matches!(ladder.state, LadderState::Taken(_))
        );
        if is_calling {
            self.page(|paging| paging.stop("종료"));
        }
        let chain = self.one.ladder().cloned();
        let at = self.turn.now;
        self.moved(Stage::Over { at, by: by.clone(), how, chain });
        self.note(by, words::incident::closing(how));
        self.say(Urgency::Notice, words::incident::closed(&self.one, by, how));
        self.refresh();
    }

    fn pressed(&mut self, user: &SlackUser, press: IncidentPress, reply: &ReplyTo) {
        let desk = self.turn.desk;
        if !desk.holds(user, &desk.policy.value.roles.alarm) {
            return self.turn.tell(user, reply, words::incident::not_allowed());
        }
        let by = desk.name_of(user);
        let msp = self.record().is_some_and(Customer::runs_msp_chain);
        match (press, &self.one.stage) {
            (_, Stage::Over { .. }) => {
                return self.turn.tell(user, reply, words::incident::is_over(&self.one));
            }
            (IncidentPress::Connected, Stage::Contact { .. }) => self.connected(&by),
            (IncidentPress::Absent, Stage::Contact { .. }) => self.absent(&by),
            (IncidentPress::Needed, Stage::Deciding { .. }) => self.needed(&by),
            (IncidentPress::NotNeeded, Stage::Deciding { .. } | Stage::Sales) => {
                return self.close(&by, Closing::NotNeeded);
            }
            // nobody answers, and COC has to go on all the same (M8)
            (IncidentPress::Needed, Stage::Contact { absent }) if msp && *absent > 0 => {
                self.needed(&by);
            }
            (IncidentPress::NotNeeded, Stage::Contact { absent }) if msp && *absent > 0 => {
                return self.close(&by, Closing::NotNeeded);
            }
            (IncidentPress::Propagate, Stage::Judging) => self.propagate(Some(&by), "전파"),
            (IncidentPress::Unsure, Stage::Judging) => self.propagate(Some(&by), "판단 불가"),
            (IncidentPress::MailOnly, Stage::Judging) => {
                return self.mail_only(&by, reply, user);
            }
            (IncidentPress::Close, _) if self.one.is_fine() || self.one.is_handed_on() => {
                return self.close(&by, Closing::Closed);
            }
            (
                IncidentPress::Connected
                | IncidentPress::Absent
                | IncidentPress::Needed
                | IncidentPress::NotNeeded
                | IncidentPress::Propagate
                | IncidentPress::MailOnly
                | IncidentPress::Unsure
                | IncidentPress::Close,
                _,
            ) => {
                return self.turn.tell(user, reply, words::incident::not_now(&self.one));
            }
        }
        self.refresh();
    }

    fn woken(&mut self) {
        let now = self.turn.now;
        if self.one.news_due().is_some_and(|due| due <= now) {
            self.say_news();
        }
        if self.one.card_due().is_some_and(|due| due <= now) {
            self.change_card();
        }
        let policy = &self.turn.desk.policy.value;
        if self.one.ask_due(policy).is_none_or(|due| due > now) {
            return;
        }
        match &self.one.stage {
            Stage::Judging => {
                self.propagate(None, "");
                self.refresh();
            }
            Stage::Chain(ladder)
                if matches!(ladder.state, LadderState::Calling(_) | LadderState::Between) =>
            {
                self.page(|paging| paging.woken());
            }
            Stage::Contact { .. }
            | Stage::Deciding { .. }
            | Stage::MailOnly { .. }
            | Stage::Chain(_)
            | Stage::Opening { .. }
            | Stage::TicketAsked
            | Stage::Ticket { .. }
            | Stage::Sales => self.chase(),
            Stage::Over { .. } => {}
        }
    }

    /// Nobody pressed anything: COC is asked again, with the buttons of where it stands.
    fn chase(&mut self) {
        let at = self.turn.now;
        self.clear();
        self.step(IncidentChange::Chased { at });
        let desk = self.turn.desk;
        let msp = self.record().is_some_and(Customer::runs_msp_chain);
        let message = words::incident::chase(desk, self.id, &self.one, msp, at);
        let place = Place { channel: noti(desk), thread: None };
        self.show(Urgency::Page, place, message);
    }
}

/// Whether the card says something else after a step of the ladder.
const fn shows(step: &IncidentChange) -> bool {
    let IncidentChange::Ladder(step) = step else { return false };
    match step {
        LadderChange::RungOpened(_)
        | LadderChange::RungEnded { .. }
        | LadderChange::Taken(_)
        | LadderChange::Exhausted { .. }
        | LadderChange::Stopped { .. }
        | LadderChange::Restarted { .. }
        | LadderChange::Replanned { .. } => true,
        LadderChange::RungBegan { .. }
        | LadderChange::CallOver
        | LadderChange::CallAgain { .. } => false,
    }
}

fn incident(desk: &Desk, id: CaseId) -> Option<&Incident> {
    desk.cases.get(&id)?.procedure.as_incident()
}

/// Whether it is over, and since no longer than `from`.
pub(super) fn over_since(desk: &Desk, id: CaseId, from: super::super::time::Time) -> bool {
    match incident(desk, id).map(|one| &one.stage) {
        Some(Stage::Over { at, .. }) => *at >= from,
        Some(
            Stage::Judging
            | Stage::Contact { .. }
            | Stage::Deciding { .. }
            | Stage::MailOnly { .. }
            | Stage::Chain(_)
            | Stage::Opening { .. }
            | Stage::TicketAsked
            | Stage::Ticket { .. }
            | Stage::Sales,
        )
        | None => false,
    }
}

/// What its ladder is about.
fn subject(one: &Incident) -> Subject {
    Subject {
        customer: one.customer.clone(),
        what: words::incident::what(one),
        detail: words::incident::named(one),
        ticket: None,
        drill: false,
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
        ExhaustedPress::Close => work.close(&who, Closing::Closed),
        ExhaustedPress::Again => {
            let desk = work.turn.desk;
            let order = match (work.record(), work.one.ladder()) {
                (Some(record), _) => msp_order(&desk.roster.value, record, &desk.policy.value),
                (None, Some(ladder)) => ladder.order.clone(),
                (None, None) => return,
            };
            work.clear();
            work.say(Urgency::Notice, words::urgent::again(&who));
            work.page(|paging| paging.restart(order));
        }
    }
}

/// A button of the case.
pub(in crate::domain) fn pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    press: IncidentPress,
    reply: &ReplyTo,
) {
    match Work::of(turn, id) {
        Some(mut work) => work.pressed(by, press, reply),
        None => turn.tell(by, reply, words::stale()),
    }
}

/// A mail that was agreed upon apart (M7): drafted whenever COC wants it.
pub(super) fn draft_mail(turn: &mut Turn<'_>, id: CaseId, by: &SlackUser, reply: &ReplyTo) {
    let Some(mut work) = Work::of(turn, id) else { return turn.tell(by, reply, words::stale()) };
    if !work.one.is_open() {
        let message = words::incident::is_over(&work.one);
        return work.turn.tell(by, reply, message);
    }
    if work.has_draft() {
        return work.turn.tell(by, reply, words::mail::drafted_already());
    }
    match work.mail() {
        Ok((customer, mail)) => {
            let place = work.place();
            let who = work.turn.desk.name_of(by);
            work.note(&who, "고객 메일 초안");
            mail::write(work.turn, id, customer, mail, place);
        }
        Err(why) => work.turn.tell(by, reply, why),
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
    let Some(one) = incident(turn.desk, id) else { return };
    if let Card::Changing { errand: changing, stale } = one.card
        && changing == errand.id
    {
        turn.change(Change::Case(
            id,
            CaseChange::Incident(IncidentChange::CardFresh { since: turn.now }),
        ));
        if stale && let Some(mut work) = Work::of(turn, id) {
            work.change_card_from(&errand.kind);
        }
    }
    let Stage::Opening { errand: opening } = &one.stage else { return };
    if *opening != errand.id {
        return;
    }
    match outcome {
        Outcome::Opened { ticket } => {
            let (customer, ticket) = (one.customer.clone(), ticket.clone());
            let case = assignment::begin(turn, ticket.clone(), customer, None);
            if let Some(mut work) = Work::of(turn, id) {
                work.ticket_is(ticket, case);
            }
        }
        Outcome::Refused { why } => not_opened(turn, id, why),
        Outcome::Expired => not_opened(turn, id, "사흘 동안 응답이 없습니다"),
        Outcome::Posted(_)
        | Outcome::Done
        | Outcome::Placed { .. }
        | Outcome::Joined { .. }
        | Outcome::Presence(_)
        | Outcome::Guide { .. } => {}
    }
}

fn not_opened(turn: &mut Turn<'_>, id: CaseId, why: &str) {
    if let Some(mut work) = Work::of(turn, id) {
        work.turn.note_by(id, None, format!("티켓을 열지 못함: {why}"));
        work.ask_for_ticket(Some(why));
        work.refresh();
    }
}

/// A ticket that nobody waited for any more is open after all: told, for one of two is to be closed.
pub(in crate::domain) fn opened_after_all(turn: &mut Turn<'_>, ticket: &TicketLink) {
    let place = Place { channel: noti(turn.desk), thread: None };
    turn.post(None, Urgency::Notice, place, words::incident::opened_after_all(ticket));
}

/// COC opened a ticket by hand and assigned it: an incident of that customer that waited for one has it.
pub(super) fn assigned(turn: &mut Turn<'_>, customer: &str, ticket: &TicketLink, case: CaseId) {
    let waiting = |(id, one): (CaseId, &Incident)| {
        matches!(one.stage, Stage::TicketAsked | Stage::Opening { .. }).then_some(id)
    };
    let Some(id) = turn.desk.incidents_of(customer).find_map(waiting) else { return };
    if let Some(mut work) = Work::of(turn, id) {
        // should it be open after all, people are told
        if let Stage::Opening { errand } = work.one.stage {
            work.turn.drop_errand(errand);
        }
        work.ticket_is(ticket.clone(), case);
    }
}

/// A due time of the case has come.
pub(in crate::domain) fn woken(turn: &mut Turn<'_>, id: CaseId) {
    if let Some(mut work) = Work::of(turn, id) {
        work.woken();
    }
}

/// A mail of the case that was drafted is sent: where the mail is the end of it, it is over (M10, G4).
pub(in crate::domain) fn mailed(turn: &mut Turn<'_>, id: CaseId, by: &Name) {
    let Some(mut work) = Work::of(turn, id) else { return };
    let basic = work.record().is_some_and(|one| one.grade == Grade::MspBasic);
    let ends = match work.one.stage {
        Stage::MailOnly { .. } => true,
        Stage::Contact { absent } => basic && absent >= CALLS_BEFORE_MAIL,
        Stage::Judging
        | Stage::Deciding { .. }
        | Stage::Chain(_)
        | Stage::Opening { .. }
        | Stage::TicketAsked
        | Stage::Ticket { .. }
        | Stage::Sales
        | Stage::Over { .. } => false,
    };
    if ends {
        work.close(by, Closing::Mailed);
    }
}
