//! The rooms: temperatures every two hours (F2) and by season (F1), heat (F3), fire and smoke (F4).
//!
//! The rounds of readings belong to the desk itself ([`Readings`]); a room that is hot or burns is a case.

pub(super) mod told;

use super::super::case::{CaseChange, Home, Procedure};
use super::super::change::Change;
use super::super::checklist::{Checklist, ChecklistChange, NotFinished, StepDefinition};
use super::super::definitions::TEMPERATURE;
use super::super::desk::{Desk, Room};
use super::super::errand::{Anchor, Errand, ErrandKind, Outcome, Place, Urgency};
use super::super::ids::{CaseId, MessageRef, Name, SlackUser};
use super::super::input::ReplyTo;
use super::super::message::{Answer, FieldError, Message};
use super::super::policy::{self, Policy, Role};
use super::super::readings::{Check, Missed, Reading, Readings, ReadingsChange, Spot};
use super::super::time::{Span, Time, seoul_at};
use super::super::turn::{ClimatePress, RoomPress, Turn};
use super::super::watch::asked_again_at;
use super::super::words::{self, climate as said};
use super::commands::{Typed, tell_in_noti};
use super::urgent;
use chrono::{Datelike, NaiveTime, TimeDelta};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use told::Told;

/// A room that is hot, or burns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Climate {
    /// Its card, in whose thread it lives.
    pub home: Home,
    /// What began it.
    pub origin: String,
    /// What is the matter.
    pub matter: Matter,
    /// What is to be done, step by step.
    pub checklist: Checklist,
    /// When it was last asked for, or last moved.
    pub asked: Time,
    /// How often it was asked for since it last moved.
    pub times: u32,
    /// Whether it is over.
    pub stage: Stage,
}

/// What is the matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// It is too hot (F3).
    Heat {
        /// The reading with which it began.
        first: Reading,
        /// The last one.
        latest: Reading,
    },
    /// It burns, or there is smoke (F4).
    Fire {
        /// Smoke, and no fire seen.
        smoke: bool,
        /// Who says so.
        by: Name,
        /// The same by its Slack user.
        user: SlackUser,
        /// When.
        at: Time,
        /// What else was said; empty: nothing.
        more: String,
    },
}

/// Whether it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It is not.
    Open,
    /// It is.
    Over {
        /// Since when.
        at: Time,
        /// How.
        how: Ending,
    },
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Everything is done.
    Done,
    /// It is cool again (F3).
    Cooled(Reading),
    /// 이상 없음: neither fire nor smoke.
    Nothing {
        /// Who says so.
        by: Name,
    },
}

/// A step of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClimateChange {
    /// Its thread is gone: it goes on elsewhere.
    Moved(Home),
    /// A step of what is to be done.
    Checklist(ChecklistChange),
    /// Another temperature was told, and it is still too hot.
    StillHot(Reading),
    /// It was told of again.
    Repeated {
        /// When.
        at: Time,
    },
    /// It was asked for again.
    Asked {
        /// When.
        at: Time,
    },
    /// It is over.
    Over {
        /// When.
        at: Time,
        /// How.
        how: Ending,
    },
}

/// Definitions always say when a step is asked for again; a list without steps would be asked for so.
const ASKED_AGAIN_AFTER: Span = Span::minutes(5);

impl Climate {
    /// Takes a step.
    pub fn apply(&mut self, change: &ClimateChange) {
        match change {
            ClimateChange::Moved(home) => self.home = home.clone(),
            ClimateChange::Checklist(change) => {
                self.checklist.apply(change);
                if let ChecklistChange::Finished { at, .. } = change {
                    self.moved(*at);
                }
            }
            ClimateChange::StillHot(reading) => {
                if let Matter::Heat { latest, .. } = &mut self.matter {
                    *latest = reading.clone();
                }
                self.moved(reading.at);
            }
            ClimateChange::Repeated { at } => self.moved(*at),
            ClimateChange::Asked { at } => {
                self.asked = *at;
                self.times = self.times.saturating_add(1);
            }
            ClimateChange::Over { at, how } => {
                self.stage = Stage::Over { at: *at, how: how.clone() };
            }
        }
    }

    const fn moved(&mut self, at: Time) {
        (self.asked, self.times) = (at, 0);
    }

    /// Whether something is still to come.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open)
    }

    /// The next due time.
    #[must_use]
    pub fn wake(&self, _policy: &Policy) -> Option<Time> {
        let after = self.checklist.open().filter_map(|(_, step)| step.definition.chase_after).min();
        self.is_open()
            .then(|| asked_again_at(self.asked, after.unwrap_or(ASKED_AGAIN_AFTER), self.times))
    }

    /// Whether it is about heat (F3), not about fire.
    #[must_use]
    pub const fn is_heat(&self) -> bool {
        matches!(self.matter, Matter::Heat { .. })
    }
}

// ── what others of the program read ──

/// The readings of `from` ≤ time < `to`, oldest first; the last 90 days are remembered.
pub fn readings(desk: &Desk, from: Time, to: Time) -> impl Iterator<Item = &Reading> {
    desk.readings.between(from, to)
}

/// What was due in `from` ≤ time < `to` and nobody told, oldest first.
pub fn missed(desk: &Desk, from: Time, to: Time) -> impl Iterator<Item = &Missed> {
    desk.readings.missed_between(from, to)
}

/// Whether a reading is so hot that something must be done (F3): of the server room alone.
#[must_use]
pub fn is_hot(policy: &policy::Rooms, reading: &Reading) -> bool {
    match reading.spot {
        Spot::ServerRoom => reading.celsius.degrees() >= policy.hot_from,
        Spot::OutdoorUnit => false,
    }
}

/// The open cases of rooms, the oldest first.
pub fn open_cases(desk: &Desk) -> impl Iterator<Item = (CaseId, &Climate)> {
    let open = |one: &&Climate| one.is_open();
    desk.cases
        .iter()
        .filter_map(move |(id, case)| Some((*id, case.procedure.as_climate().filter(open)?)))
}

// ── the rounds of readings ──

/// When the next round falls due; `done` is up to when they are dealt with. `None`: nobody is asked.
#[must_use]
pub fn next_check(policy: &policy::Rooms, done: Time) -> Option<Time> {
    if !policy.prompt {
        return None;
    }
    let every = i64::from(policy.every.as_seconds().max(1));
    let midnight = |day| seoul_at(day, NaiveTime::MIN);
    let today = midnight(done.date_naive());
    let passed = (done - today).num_seconds() / every;
    let next = today + TimeDelta::seconds((passed + 1) * every);
    Some(done.date_naive().succ_opt().map_or(next, |tomorrow| next.min(midnight(tomorrow))))
}

/// When a round is asked for again: after the policy's while, then after twice as long each time, until the next takes its place.
#[must_use]
pub fn next_chase(policy: &policy::Rooms, check: &Check) -> Option<Time> {
    let after = policy.chase_after.delta() * (1 << check.times.min(8));
    let at = check.asked + after;
    let next = next_check(policy, check.due);
    (check.is_open() && next.is_none_or(|next| at < next)).then_some(at)
}

/// Where a reading is due then: in the server room always (F2), at the outdoor unit in summer, at night and at weekends (F1).
fn due_at(desk: &Desk, due: Time) -> Vec<Spot> {
    let policy = &desk.policy.value.rooms;
    let mut spots = vec![Spot::ServerRoom];
    if policy.is_summer(due.month()) && !desk.calendar().is_open(due) {
        spots.push(Spot::OutdoorUnit);
    }
    spots
}

/// It is time for a round of readings, or was while the desk was away: then one alone is asked for, the last.
pub(in crate::domain) fn check(turn: &mut Turn<'_>, due: Time) {
    let (desk, now) = (turn.desk, turn.now);
    let policy = &desk.policy.value.rooms;
    let Some(channel) = desk.room(Room::Noti) else { return };
    let before = desk.readings.open_check();
    let mut missed: Vec<Missed> = before
        .into_iter()
        .flat_map(|check| check.left().map(|spot| Missed { due: check.due, spot }))
        .collect();
    let unanswered = missed.clone();
    let (mut latest, mut skipped) = (due, 0_u32);
    while let Some(next) = next_check(policy, latest).filter(|next| *next <= now) {
        missed.extend(due_at(desk, latest).into_iter().map(|spot| Missed { due: latest, spot }));
        (latest, skipped) = (next, skipped + 1);
    }
    if let Some(check) = before
        && let Some(post) = check.post()
    {
        let message = said::passed(check, now);
        turn.owe(None, Urgency::Housekeeping, ErrandKind::Update { post, message });
    }
    let post = turn.next_errand();
    let check = Check {
        due: latest,
        home: Home::Post(channel.clone(), post),
        spots: due_at(desk, latest),
        told: BTreeMap::new(),
        asked: now,
        times: 0,
    };
    let message = said::check(desk, &check, &unanswered, skipped, now);
    turn.change(Change::Readings(ReadingsChange::Asked { check: Box::new(check), missed }));
    let kind = ErrandKind::Post { place: Place { channel, thread: None }, message };
    turn.owe_as(post, None, Urgency::Notice, kind);
}

/// Nobody answered: COC is asked again.
pub(in crate::domain) fn chase(turn: &mut Turn<'_>) {
    let (desk, now) = (turn.desk, turn.now);
    let policy = &desk.policy.value.rooms;
    let Some(check) = desk.readings.open_check() else { return };
    let Some(due) = next_chase(policy, check).filter(|due| *due <= now) else { return };
    let again = Check { asked: now, times: check.times + 1, ..check.clone() };
    turn.change(Change::Readings(ReadingsChange::Chased { at: now }));
    let next = next_chase(policy, &again).or_else(|| next_check(policy, check.due));
    let message = said::chase(desk, check, due, next, now);
    turn.post(None, Urgency::Page, check.thread(), message);
}

/// What became of a post that belongs to no case: what was to stand under a round's post that is gone stands in n itself.
pub(in crate::domain) fn posted(turn: &mut Turn<'_>, errand: &Errand, outcome: &Outcome) {
    let (Outcome::Refused { .. }, Some((place, message))) = (outcome, errand.as_post()) else {
        return;
    };
    let desk = turn.desk;
    let Some(check) = &desk.readings.check else { return };
    let stands = check.home.stands_at(desk).map(|at| at.ts);
    let is_under = match &place.thread {
        Some(Anchor::PostOf(post)) => check.post() == Some(*post),
        Some(Anchor::Message(ts)) => stands.as_ref() == Some(ts),
        None => false,
    };
    if let Some(channel) = desk.room(Room::Noti).filter(|_| is_under) {
        turn.post(None, errand.urgency, Place { channel, thread: None }, message.clone());
    }
}

// ── readings ──

/// Why a reading is not taken.
enum Refused {
    /// It cannot be read.
    Unread,
    /// No place can be so.
    Implausible(Spot, String),
    /// It does not say how the duct is.
    NoState,
}

/// What was typed, as far as it can be taken; of one that does not say where, the place is guessed by what is due.
fn taken(turn: &Turn<'_>, by: &Name, at: Time, told: Vec<Told>) -> Result<Vec<Reading>, Refused> {
    let due: Vec<Spot> =
        turn.desk.readings.open_check().map(|check| check.left().collect()).unwrap_or_default();
    let mut taken = Vec::new();
    for one in told {
        let says_where =
            one.spot.or_else(|| one.state.contains("덕트").then_some(Spot::OutdoorUnit));
        let spot = match (says_where, due.as_slice()) {
            (Some(spot), _) => spot,
            (None, [spot]) => *spot,
            (None, _) => Spot::ServerRoom,
        };
        let celsius = one.celsius.map_err(|written| Refused::Implausible(spot, written))?;
        let fine = told::is_fine(&one.state);
        let is_fine = match (spot, fine) {
            (Spot::OutdoorUnit, None) => return Err(Refused::NoState),
            (Spot::OutdoorUnit | Spot::ServerRoom, Some(fine)) => fine,
            (Spot::ServerRoom, None) => true,
        };
        let (by, state) = (by.clone(), one.state);
        taken.push(Reading { at, spot, celsius, state, is_fine, by });
    }
    if taken.is_empty() { Err(Refused::Unread) } else { Ok(taken) }
}

/// Takes readings, each in the place of one that the same person told just before (it was mistyped): the round says so, and heat begins or ends its case (F3). Returns what their author is told.
fn record(turn: &mut Turn<'_>, taken: &[Reading], may_correct: bool) -> Message {
    let desk = turn.desk;
    let policy = &desk.policy.value.rooms;
    let mut all: Readings = desk.readings.clone();
    let mut corrected = Vec::new();
    for reading in taken {
        let corrects = all.last(reading.spot).filter(|last| {
            let since = reading.at - last.at;
            let soon = since >= TimeDelta::zero() && since <= policy.correct_within.delta();
            may_correct && last.by == reading.by && soon
        });
        corrected.extend(corrects.cloned());
        let corrects = corrects.is_some();
        let change = ReadingsChange::Told { reading: reading.clone(), corrects };
        all.apply(turn.now, &change);
        turn.change(Change::Readings(change));
    }
    if let Some(check) = &all.check
        && let Some(post) = check.post()
        && taken.iter().any(|reading| check.takes(reading))
    {
        let message = said::card(check, turn.now);
        turn.owe(None, Urgency::Notice, ErrandKind::Update { post, message });
    }
    for reading in taken {
        if !reading.is_fine
            && let Some(channel) = desk.room(Room::Noti)
        {
            let place = Place { channel, thread: None };
            turn.post(None, Urgency::Page, place, said::not_fine(reading, policy));
        }
        if reading.spot == Spot::ServerRoom {
            heat(turn, reading);
        }
    }
    said::recorded(taken, &corrected, policy)
}

fn refusal(refused: Refused, read: &str) -> Message {
    match refused {
        Refused::Unread => said::unread(read),
        Refused::Implausible(spot, written) => said::implausible(spot, &written),
        Refused::NoState => said::no_state(),
    }
}

fn may(turn: &Turn<'_>, by: &SlackUser) -> bool {
    turn.desk.holds(by, &[Role::Coc])
}

/// `/coc room`
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>, rest: &str) {
    match told::read(rest) {
        told::Typed::Alarm { smoke, more } => {
            let message = alarm(turn, typed.by, smoke, &more);
            turn.tell(typed.by, typed.reply, message);
        }
        told::Typed::Readings(_) | told::Typed::Unread if !may(turn, typed.by) => {
            turn.tell(typed.by, typed.reply, said::not_allowed());
        }
        told::Typed::Unread if rest.trim().is_empty() => {
            turn.open_form(typed.by, typed.trigger, said::form(turn.desk.readings.open_check()));
        }
        told::Typed::Unread => turn.tell(typed.by, typed.reply, said::unread(rest)),
        told::Typed::Readings(told) => {
            let by = turn.desk.name_of(typed.by);
            let message = match taken(turn, &by, turn.now, told) {
                Ok(taken) => record(turn, &taken, true),
                Err(refused) => refusal(refused, rest),
            };
            turn.tell(typed.by, typed.reply, message);
        }
    }
}

/// 온도 기록
pub(in crate::domain) fn room_pressed(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    press: RoomPress,
    trigger: &str,
    reply: &ReplyTo,
) {
    let RoomPress::Enter = press;
    if may(turn, by) {
        turn.open_form(by, trigger, said::form(turn.desk.readings.open_check()));
    } else {
        turn.tell(by, reply, said::not_allowed());
    }
}

/// The form was handed in.
pub(super) fn submitted(turn: &mut Turn<'_>, by: &SlackUser, fields: &BTreeMap<String, String>) {
    let field = |key: &str| fields.get(key).map(|text| text.trim().to_owned()).unwrap_or_default();
    let wrong =
        |key: &str, text: String| Answer::Errors(vec![FieldError { key: key.to_owned(), text }]);
    if !may(turn, by) {
        turn.answer = wrong("spot", said::not_allowed().plain());
        return;
    }
    let spot = said::spot_named(&field("spot"));
    let (celsius, state) = (field("celsius"), field("state"));
    let Some(one) = told::of(spot, &celsius) else {
        turn.answer = wrong("celsius", said::unread_celsius(&celsius));
        return;
    };
    let said_of_it = [one.state.clone(), state].into_iter().filter(|one| !one.is_empty());
    let state = said_of_it.collect::<Vec<_>>().join(", ");
    let told = Told { state, ..one };
    let by_name = turn.desk.name_of(by);
    match taken(turn, &by_name, turn.now, vec![told]) {
        Ok(taken) => {
            let message = record(turn, &taken, true);
            tell_in_noti(turn, by, message);
        }
        Err(Refused::NoState) => turn.answer = wrong("state", said::no_state_in_form()),
        Err(Refused::Implausible(spot, written)) => {
            turn.answer = wrong("celsius", said::implausible_celsius(spot, &written));
        }
        Err(Refused::Unread) => turn.answer = wrong("celsius", said::unread_celsius(&celsius)),
    }
}

/// Somebody wrote under a round's post, or in the thread of a hot room: a number is a reading. Whether it was taken as one.
pub(in crate::domain) fn replied(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    at: &MessageRef,
    root: &MessageRef,
    text: &str,
) {
    let read = super::super::text::read(text).words;
    match told::read(&read) {
        told::Typed::Readings(told) if may(turn, by) => {
            let name = turn.desk.name_of(by);
            // it counts from when it was written, however late it is read
            let written = at.ts.time().map_or(turn.now, |at| at.min(turn.now));
            let message = match taken(turn, &name, written, told) {
                Ok(taken) => record(turn, &taken, true),
                Err(refused) => refusal(refused, &read),
            };
            turn.tell_at(by, at, Some(&root.ts), message);
        }
        // people talk there too
        told::Typed::Readings(_) | told::Typed::Alarm { .. } | told::Typed::Unread => {
            urgent::said(turn, by, at, root, text);
        }
    }
}

/// Whether this message asked for a round of readings.
#[must_use]
pub fn asked_at(desk: &Desk, root: &MessageRef) -> bool {
    desk.errand_at(root).is_some_and(|post| desk.readings.asked_by(post))
}

// ── a room that is hot, or burns ──

/// A case under way in this decision: what was decided of it so far shows in `one`.
struct Work<'t, 'a> {
    turn: &'t mut Turn<'a>,
    id: CaseId,
    one: Climate,
}

impl<'t, 'a> Work<'t, 'a> {
    fn of(turn: &'t mut Turn<'a>, id: CaseId) -> Option<Self> {
        let one = turn.desk.cases.get(&id)?.procedure.as_climate()?.clone();
        Some(Self { turn, id, one })
    }

    fn open(turn: &mut Turn<'_>, origin: String, matter: Matter, steps: Vec<StepDefinition>) {
        let now = turn.now;
        let post = turn.next_errand();
        let channel = super::incident::noti(turn.desk);
        let one = Climate {
            home: Home::Post(channel.clone(), post),
            origin,
            matter,
            checklist: Checklist::new(steps, now),
            asked: now,
            times: 0,
            stage: Stage::Open,
        };
        let id = turn.open(Procedure::Climate(one.clone()));
        let message = said::case_card(turn.desk, id, &one, now);
        let kind = ErrandKind::Post { place: Place { channel, thread: None }, message };
        turn.owe_as(post, Some(id), Urgency::Page, kind);
    }

    fn step(&mut self, change: ClimateChange) {
        self.one.apply(&change);
        self.turn.change(Change::Case(self.id, CaseChange::Climate(change)));
    }

    fn say(&mut self, message: Message) {
        let place = self.one.home.thread();
        self.turn.post(Some(self.id), Urgency::Notice, place, message);
    }

    fn redraw(&mut self) {
        let Home::Post(_, post) = &self.one.home else { return };
        let message = said::case_card(self.turn.desk, self.id, &self.one, self.turn.now);
        let kind = ErrandKind::Update { post: *post, message };
        self.turn.owe(Some(self.id), Urgency::Notice, kind);
    }

    fn end(&mut self, how: Ending) {
        let at = self.turn.now;
        self.step(ClimateChange::Over { at, how: how.clone() });
        self.turn.note_by(self.id, None, said::ended_note(&how));
        self.redraw();
        let message = said::ended(&self.one, &how, at);
        self.say(message);
    }

    fn finish(&mut self, change: ChecklistChange) {
        let ChecklistChange::Finished { step, by, evidence, .. } = &change else { return };
        let note = said::finished_note(&self.one, *step, evidence);
        self.turn.note_by(self.id, Some(by.clone()), note);
        self.step(ClimateChange::Checklist(change.clone()));
        if self.one.checklist.is_done() {
            self.end(Ending::Done);
        } else {
            self.redraw();
            let message = said::finished(&self.one, &change, self.turn.now);
            self.say(message);
        }
    }
}

/// A temperature of the server room: one that is too high begins a case, or goes on with it; any other ends it (F3).
fn heat(turn: &mut Turn<'_>, reading: &Reading) {
    let desk = turn.desk;
    let policy = &desk.policy.value;
    let known = open_cases(desk).find(|(_, one)| one.is_heat()).map(|(id, _)| id);
    let is_hot = is_hot(&policy.rooms, reading);
    // what was read before says nothing of now
    let is_old =
        known.and_then(|id| desk.cases.get(&id)?.procedure.as_climate()).is_some_and(|one| {
            match &one.matter {
                Matter::Heat { latest, .. } => reading.at < latest.at,
                Matter::Fire { .. } => false,
            }
        });
    if is_old {
        return;
    }
    match known.and_then(|id| Work::of(turn, id)) {
        Some(mut work) if is_hot => {
            work.turn.note_by(work.id, Some(reading.by.clone()), said::reading_note(reading));
            work.step(ClimateChange::StillHot(reading.clone()));
            work.redraw();
            let next = work.one.wake(policy);
            let message = said::still_hot(reading, policy.rooms.hot_from, next, work.turn.now);
            work.say(message);
        }
        Some(mut work) => {
            let last = work
                .one
                .checklist
                .open()
                .find(|(_, step)| step.definition.evidence.as_deref() == Some(TEMPERATURE));
            let last = last.map(|(nth, _)| nth);
            if let Some(nth) = last
                && let Ok(change) = work.one.checklist.finish(
                    nth,
                    &reading.by,
                    reading.at,
                    &reading.celsius.to_string(),
                )
            {
                work.step(ClimateChange::Checklist(change));
            }
            work.turn.note_by(work.id, Some(reading.by.clone()), said::reading_note(reading));
            work.end(Ending::Cooled(reading.clone()));
        }
        None if is_hot => {
            let origin = format!("room:{}", reading.at.format("%Y-%m-%dT%H:%M"));
            let matter = Matter::Heat { first: reading.clone(), latest: reading.clone() };
            Work::open(turn, origin, matter, desk.definitions.rooms.heat.clone());
        }
        None => {}
    }
}

/// Somebody sees fire or smoke (F4). Anybody may say so; it is told at once, and who said it hears what comes.
fn alarm(turn: &mut Turn<'_>, by: &SlackUser, smoke: bool, more: &str) -> Message {
    let (desk, now) = (turn.desk, turn.now);
    let who = desk.name_of(by);
    let known = open_cases(desk).find(|(_, one)| !one.is_heat()).map(|(id, _)| id);
    if let Some(mut work) = known.and_then(|id| Work::of(turn, id)) {
        work.step(ClimateChange::Repeated { at: now });
        work.turn.note(work.id, Some(by), said::alarm_note(smoke, more));
        let message = said::alarm_again(desk, &work.one, smoke, &who, more, now);
        let place = work.one.home.thread();
        work.turn.post(Some(work.id), Urgency::Page, place, message);
        return said::alarm_known(work.id);
    }
    let matter = Matter::Fire { smoke, by: who, user: by.clone(), at: now, more: more.to_owned() };
    let origin = format!("fire:{}", now.format("%Y-%m-%dT%H:%M:%S"));
    Work::open(turn, origin, matter, desk.definitions.rooms.fire.clone());
    said::alarm_taken(&desk.definitions.rooms.fire)
}

/// 완료 · 이상 없음
pub(in crate::domain) fn pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    press: ClimatePress,
    trigger: &str,
    reply: &ReplyTo,
) {
    let is_coc = may(turn, by);
    let Some(mut work) = Work::of(turn, id) else { return turn.tell(by, reply, words::stale()) };
    let says_so = match &work.one.matter {
        Matter::Fire { user, .. } => user == by,
        Matter::Heat { .. } => false,
    };
    if let Stage::Over { at, how } = &work.one.stage {
        let message = said::is_over(*at, how, work.turn.now);
        return work.turn.tell(by, reply, message);
    }
    match press {
        ClimatePress::Calm if is_coc && !work.one.is_heat() => {
            let who = work.turn.desk.name_of(by);
            work.turn.note(id, Some(by), "이상 없음");
            work.end(Ending::Nothing { by: who });
        }
        ClimatePress::Done(nth) if is_coc || says_so => {
            let who = work.turn.desk.name_of(by);
            match work.one.checklist.finish(nth, &who, work.turn.now, "") {
                Ok(change) => work.finish(change),
                Err(NotFinished::Lacking { evidence }) => {
                    let form = said::evidence_form(id, nth, &work.one, &evidence, work.turn.desk);
                    work.turn.open_form(by, trigger, form);
                }
                Err(NotFinished::Already { by: who, at }) => {
                    let text = said::already(&who, at, work.turn.now);
                    work.turn.tell(by, reply, words::refused(text, ""));
                }
                Err(NotFinished::Unknown | NotFinished::Before { .. }) => {
                    work.turn.tell(by, reply, words::stale());
                }
            }
        }
        ClimatePress::Done(_) | ClimatePress::Calm => {
            work.turn.tell(by, reply, words::urgent::coc_only());
        }
    }
}

/// What a step asks for was handed in: a temperature is a reading like any other.
pub(super) fn handed_in(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    nth: usize,
    evidence: &str,
) {
    let wrong =
        |text: String| Answer::Errors(vec![FieldError { key: "evidence".to_owned(), text }]);
    let name = turn.desk.name_of(by);
    let is_coc = may(turn, by);
    let now = turn.now;
    let Some(mut work) = Work::of(turn, id) else {
        turn.answer = wrong(words::stale().plain());
        return;
    };
    let says_so = match &work.one.matter {
        Matter::Fire { user, .. } => user == by,
        Matter::Heat { .. } => false,
    };
    if !is_coc && !says_so {
        work.turn.answer = wrong(words::urgent::coc_only().plain());
        return;
    }
    if let Stage::Over { at, how } = &work.one.stage {
        work.turn.answer = wrong(said::is_over(*at, how, now).plain());
        return;
    }
    match work.one.checklist.finish(nth, &name, now, evidence) {
        Ok(change) => {
            let step = work.one.checklist.steps.get(nth).map(|step| &step.definition);
            let asks = step.and_then(|step| step.evidence.as_deref());
            if !work.one.is_heat() || asks != Some(TEMPERATURE) {
                return work.finish(change);
            }
            let told = told::of(Spot::ServerRoom, evidence);
            match taken(turn, &name, now, told.into_iter().collect()) {
                // it is told in the thread, whether it is cool again or not
                Ok(taken) => {
                    record(turn, &taken, false);
                }
                Err(Refused::Implausible(spot, written)) => {
                    turn.answer = wrong(said::implausible_celsius(spot, &written));
                }
                Err(Refused::Unread | Refused::NoState) => {
                    turn.answer = wrong(said::unread_celsius(evidence));
                }
            }
        }
        Err(NotFinished::Lacking { .. }) => work.turn.answer = wrong(words::list::blank()),
        Err(NotFinished::Already { by, at }) => {
            work.turn.answer = wrong(said::already(&by, at, now));
        }
        Err(NotFinished::Before { .. } | NotFinished::Unknown) => {
            work.turn.answer = wrong(words::stale().plain());
        }
    }
}

/// What became of an errand of the case: words that find no thread go to n with a new card rather than nowhere.
pub(in crate::domain) fn settled(
    turn: &mut Turn<'_>,
    id: CaseId,
    errand: &Errand,
    outcome: &Outcome,
) {
    let (Outcome::Refused { why }, Some((place, message))) = (outcome, errand.as_post()) else {
        return;
    };
    let Some(mut work) = Work::of(turn, id) else { return };
    work.turn.note_by(id, None, said::not_posted_note(why));
    let noti = work.turn.desk.room(Room::Noti);
    let Some(channel) = noti.filter(|_| place.thread.is_some()) else { return };
    let top = Place { channel: channel.clone(), thread: None };
    let under = work.one.home.stands_at(work.turn.desk).map(|at| Anchor::Message(at.ts));
    let is_here = place.thread == work.one.home.thread().thread || place.thread == under;
    if work.one.is_open() && is_here {
        let card = work.turn.next_errand();
        work.step(ClimateChange::Moved(Home::Post(channel, card)));
        let shown = said::case_card(work.turn.desk, id, &work.one, work.turn.now);
        let kind = ErrandKind::Post { place: top, message: shown };
        work.turn.owe_as(card, Some(id), Urgency::Page, kind);
        let place = work.one.home.thread();
        work.turn.post(Some(id), errand.urgency, place, message.clone());
    } else {
        work.turn.post(Some(id), errand.urgency, top, message.clone());
    }
}

/// A due time of the case has come: COC is asked again.
pub(in crate::domain) fn woken(turn: &mut Turn<'_>, id: CaseId) {
    let now = turn.now;
    let policy = &turn.desk.policy.value;
    let Some(mut work) = Work::of(turn, id) else { return };
    let Some(due) = work.one.wake(policy).filter(|due| *due <= now) else { return };
    work.step(ClimateChange::Asked { at: now });
    let next = work.one.wake(policy);
    let message = said::case_chase(work.turn.desk, id, &work.one, due, next, now);
    let place = work.one.home.thread();
    work.turn.post(Some(id), Urgency::Page, place, message);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::domain::ids::{ChannelId, ErrandId};

    fn at(text: &str) -> Time {
        chrono::DateTime::parse_from_rfc3339(text).unwrap()
    }

    #[test]
    fn rounds_are_counted_from_midnight() {
        let rooms = policy::Rooms::default();
        for (done, next) in [
            ("2025-08-05T21:30:00+09:00", "2025-08-05T22:00:00+09:00"),
            ("2025-08-05T22:00:00+09:00", "2025-08-06T00:00:00+09:00"),
            ("2025-08-06T00:00:00+09:00", "2025-08-06T02:00:00+09:00"),
        ] {
            assert_eq!(next_check(&rooms, at(done)), Some(at(next)), "{done}");
        }
        // what does not divide the day begins anew with it
        let odd = policy::Rooms { every: Span::minutes(300), ..rooms.clone() };
        assert_eq!(
            next_check(&odd, at("2025-08-05T20:00:00+09:00")),
            Some(at("2025-08-06T00:00:00+09:00"))
        );
        let off = policy::Rooms { prompt: false, ..rooms };
        assert_eq!(next_check(&off, at("2025-08-05T20:00:00+09:00")), None);
    }

    #[test]
    fn a_round_is_asked_for_more_and_more_seldom_and_not_when_the_next_one_is_due() {
        let rooms = policy::Rooms::default();
        let due = at("2025-08-05T22:00:00+09:00");
        let check = |asked: &str, times| Check {
            due,
            home: Home::Post(ChannelId::from("C1"), ErrandId { seq: 1, nth: 0 }),
            spots: vec![Spot::ServerRoom],
            told: BTreeMap::new(),
            asked: at(asked),
            times,
        };
        let next = |asked: &str, times| next_chase(&rooms, &check(asked, times));
        let said = |asked: &str, times| next(asked, times).map(|at| at.format("%H:%M").to_string());
        assert_eq!(said("2025-08-05T22:00:00+09:00", 0).as_deref(), Some("22:30"));
        assert_eq!(said("2025-08-05T22:30:00+09:00", 1).as_deref(), Some("23:30"));
        assert_eq!(said("2025-08-05T23:30:00+09:00", 2), None);
    }

    #[test]
    fn two_who_press_at_once_finish_one_step() {
        let now = at("2025-08-05T22:05:00+09:00");
        let user = SlackUser::from("U1");
        let step = |title: &str| StepDefinition {
            title: title.to_owned(),
            owner: "COC".to_owned(),
            evidence: None,
            may_stay_open: false,
            chase_after: Some(Span::minutes(2)),
            in_hours: false,
            kind: super::super::super::checklist::StepKind::Plain,
            script: None,
        };
        let one = Climate {
            home: Home::Post(ChannelId::from("C1"), ErrandId { seq: 1, nth: 0 }),
            origin: "fire".to_owned(),
            matter: Matter::Fire {
                smoke: true,
                by: Name::from("고윤슬"),
                user: user.clone(),
                at: now,
                more: String::new(),
            },
            checklist: Checklist::new(vec![step("육안 확인"), step("초기 소화")], now),
            asked: now,
            times: 0,
            stage: Stage::Open,
        };
        let case = super::super::super::case::Case {
            id: CaseId(1),
            opened: now,
            procedure: Procedure::Climate(one),
            notes: Vec::new(),
        };
        let mut desk = Desk::default();
        desk.apply(now, &Change::Opened(Box::new(case)));
        let reply = ReplyTo { channel: ChannelId::from("C1"), thread: None, url: None };
        let press = |desk: &mut Desk, seq| {
            let changes = {
                let mut turn = Turn::new(desk, now, seq);
                pressed(&mut turn, CaseId(1), &user, ClimatePress::Done(0), "t", &reply);
                turn.changes
            };
            changes.iter().for_each(|change| desk.apply(now, change));
            changes
        };
        press(&mut desk, 2);
        let second = press(&mut desk, 3);
        let one = desk.cases[&CaseId(1)].procedure.as_climate().unwrap();
        assert_eq!(one.checklist.open().map(|(nth, _)| nth).collect::<Vec<_>>(), [1]);
        let [Change::Owed(told)] = second.as_slice() else { panic!("{second:?}") };
        let ErrandKind::Ephemeral { message, .. } = &told.kind else { panic!("{told:?}") };
        assert!(message.plain().contains("이미 마쳤습니다"), "{message:?}");
    }
}
