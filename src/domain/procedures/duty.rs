//! Who is on duty at COC, and the hand-over of a shift.

use super::super::change::Change;
use super::super::desk::{Desk, Room};
use super::super::errand::{Anchor, Errand, ErrandKind, Outcome, Place, Urgency};
use super::super::ids::{CaseId, ChannelId, ErrandId, SlackUser};
use super::super::input::ReplyTo;
use super::super::policy::{Policy, Role, Shift};
use super::super::text::{Reading, pattern, read};
use super::super::time::{Time, seoul_at};
use super::super::turn::{HandoverPress, Turn};
use super::super::watch::asked_again_at;
use super::super::words::{self, duty as said};
use super::commands::Typed;
use super::paging::under;
use chrono::{Days, NaiveDate, TimeDelta};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Who is on duty, and the hand-overs of the last shifts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// Who was named by hand, beside the policy's rota.
    pub named: Option<Named>,
    /// The last hand-over.
    pub handover: Option<Handover>,
    /// Those before it, oldest first.
    pub past: Vec<Handover>,
}

/// Who was named to be on duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Who.
    pub people: Vec<SlackUser>,
    /// Until when; `None`: until others are named.
    pub until: Option<Time>,
}

impl Named {
    /// Whether it still holds at `now`.
    #[must_use]
    pub fn holds(&self, now: Time) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// A shift that is handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// The post.
    pub post: ErrandId,
    /// Where it stands.
    pub channel: ChannelId,
    /// Who hands over.
    pub by: SlackUser,
    /// When.
    pub at: Time,
    /// Who is expected to take over; empty: nobody knows.
    pub to: Vec<SlackUser>,
    /// What is passed on besides; empty: nothing.
    pub memo: String,
    /// The cases that were open, as whoever took over saw them.
    pub open: Vec<CaseId>,
    /// How far it is.
    pub state: HandoverState,
}

/// How far a hand-over is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoverState {
    /// Nobody took over yet.
    Waiting {
        /// When it was last asked for.
        asked: Time,
        /// How often it was asked for again.
        times: u32,
    },
    /// Somebody took over.
    Taken {
        /// Who.
        by: SlackUser,
        /// When.
        at: Time,
    },
    /// Another one took its place.
    Replaced,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DutyChange {
    /// People were named to be on duty.
    Named(Named),
    /// A shift is handed over; an earlier one that nobody took is replaced.
    HandedOver(Box<Handover>),
    /// It was asked for again.
    Asked {
        /// When.
        at: Time,
    },
    /// Somebody took over.
    Taken {
        /// Who.
        by: SlackUser,
        /// When.
        at: Time,
    },
}

/// How long hand-overs are remembered.
const KEPT: TimeDelta = TimeDelta::days(90);
/// Whoever takes over so shortly before a shift ends is on duty in the next one.
const BEFORE_THE_NEXT: TimeDelta = TimeDelta::hours(2);

impl Duty {
    /// Takes a change.
    pub fn apply(&mut self, at: Time, change: &DutyChange) {
        match change {
            DutyChange::Named(named) => self.named = Some(named.clone()),
            DutyChange::HandedOver(handover) => {
                if let Some(mut before) = self.handover.replace((**handover).clone()) {
                    if let HandoverState::Waiting { .. } = before.state {
                        before.state = HandoverState::Replaced;
                    }
                    self.past.push(before);
                }
                self.past.retain(|one| at - one.at < KEPT);
            }
            DutyChange::Asked { at } => {
                if let Some(Handover { state: HandoverState::Waiting { asked, times }, .. }) =
                    &mut self.handover
                {
                    (*asked, *times) = (*at, times.saturating_add(1));
                }
            }
            DutyChange::Taken { by, at } => {
                if let Some(handover) = &mut self.handover {
                    handover.state = HandoverState::Taken { by: by.clone(), at: *at };
                }
            }
        }
    }

    /// When a hand-over that nobody took is asked for again.
    #[must_use]
    pub fn next_chase(&self, policy: &Policy) -> Option<Time> {
        match &self.handover.as_ref()?.state {
            HandoverState::Waiting { asked, times } => {
                Some(asked_again_at(*asked, policy.duty.chase_after, *times))
            }
            HandoverState::Taken { .. } | HandoverState::Replaced => None,
        }
    }
}

/// A shift of the rota on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnRota<'a> {
    /// Which.
    pub shift: &'a Shift,
    /// When it begins.
    pub from: Time,
    /// When it ends.
    pub to: Time,
}

fn on_day(shift: &Shift, day: NaiveDate) -> Option<OnRota<'_>> {
    let from = seoul_at(day, shift.from);
    let ends_on = if shift.to > shift.from { day } else { day.checked_add_days(Days::new(1))? };
    Some(OnRota { shift, from, to: seoul_at(ends_on, shift.to) })
}

/// The shifts that begin on the days around `now`, in order.
fn around(policy: &Policy, now: Time) -> Vec<OnRota<'_>> {
    let today = now.date_naive();
    let days = today.checked_sub_days(Days::new(1)).into_iter().chain(today.iter_days().take(3));
    let days: Vec<NaiveDate> = days.collect();
    let all = policy.duty.shifts.iter();
    let mut shifts: Vec<OnRota<'_>> =
        all.flat_map(|shift| days.iter().filter_map(|day| on_day(shift, *day))).collect();
    shifts.sort_by_key(|one| (one.from, one.to));
    shifts
}

/// The shifts of the rota at `now`.
#[must_use]
pub fn current(policy: &Policy, now: Time) -> Vec<OnRota<'_>> {
    around(policy, now).into_iter().filter(|one| one.from <= now && now < one.to).collect()
}

/// The shift of the rota that begins next.
#[must_use]
pub fn next(policy: &Policy, now: Time) -> Option<OnRota<'_>> {
    around(policy, now).into_iter().find(|one| one.from > now)
}

/// Who of a shift is on duty: all of its people, or the one whose turn it is that day.
fn people_of(desk: &Desk, one: &OnRota<'_>) -> Vec<SlackUser> {
    let listed = &one.shift.people;
    let turn = one.shift.rotate_from.and_then(|first| {
        let days = (one.from.date_naive() - first).num_days();
        let nth = days.rem_euclid(i64::try_from(listed.len().max(1)).ok()?);
        listed.get(usize::try_from(nth).ok()?)
    });
    let today: Vec<&String> = match (turn, one.shift.rotate_from) {
        (Some(one), _) => vec![one],
        (None, Some(_)) => Vec::new(),
        (None, None) => listed.iter().collect(),
    };
    today.into_iter().filter_map(|name| known(desk, name)).collect()
}

/// Somebody of the workspace, by a unique real name or by address.
fn known(desk: &Desk, text: &str) -> Option<SlackUser> {
    let text = text.trim().trim_start_matches('@');
    let users = &desk.directory.users;
    if text.contains('@') {
        let same = |mail: &String| mail.eq_ignore_ascii_case(text);
        let mut found = users.iter().filter(|(_, one)| one.email.as_ref().is_some_and(same));
        return found.next().map(|(id, _)| id.clone());
    }
    let mut found = users.iter().filter(|(_, one)| one.name.trim() == text);
    match (found.next(), found.next()) {
        (Some((id, _)), None) => Some(id.clone()),
        (None, _) | (Some(_), Some(_)) => None,
    }
}

/// Who is on duty at COC at `now`: who was named by hand, else the rota's; empty: nobody knows.
#[must_use]
pub fn on_duty(desk: &Desk, now: Time) -> Vec<SlackUser> {
    let named = desk.duty.named.as_ref();
    if let Some(named) = named.filter(|one| one.holds(now)) {
        return named.people.clone();
    }
    unique(current(&desk.policy.value, now).iter().flat_map(|one| people_of(desk, one)).collect())
}

/// Who is on duty in the shift that begins next, by the rota.
#[must_use]
pub fn next_people(desk: &Desk, now: Time) -> Vec<SlackUser> {
    next(&desk.policy.value, now).map(|one| people_of(desk, &one)).unwrap_or_default()
}

fn unique(people: Vec<SlackUser>) -> Vec<SlackUser> {
    let mut once: Vec<SlackUser> = Vec::new();
    for one in people {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

/// Until when somebody who is named at `now` is on duty: to the end of the shift, or of the one that begins shortly.
fn until(policy: &Policy, now: Time) -> Option<Time> {
    let shifts = around(policy, now);
    let ends = |at: Time| {
        shifts.iter().filter(|one| one.from <= at && at < one.to).map(|one| one.to).max()
    };
    let end = ends(now)?;
    if end - now > BEFORE_THE_NEXT { Some(end) } else { ends(end).or(Some(end)) }
}

static AT_WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"@([^\s,@]+)"));

/// Who is named in a text, and what names nobody.
fn people_in(desk: &Desk, reading: &Reading) -> (Vec<SlackUser>, Vec<String>) {
    let (mut people, mut strangers) = (reading.users.clone(), Vec::new());
    for found in AT_WORD.captures_iter(&reading.words) {
        let written = found.get(1).map_or("", |one| one.as_str());
        match known(desk, written) {
            Some(user) => people.push(user),
            None => strangers.push(format!("@{written}")),
        }
    }
    (unique(people), strangers)
}

/// `/coc duty`
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>, rest: &str) {
    let (desk, now) = (turn.desk, turn.now);
    if rest.trim().is_empty() {
        return turn.tell(typed.by, typed.reply, said::shown(desk, now));
    }
    if !desk.holds(typed.by, &[Role::Coc]) {
        return turn.tell(typed.by, typed.reply, words::urgent::coc_only());
    }
    let (people, mut strangers) = people_in(desk, &read(typed.text));
    let others = people.iter().filter(|one| !desk.holds(one, &[Role::Coc]));
    strangers.extend(others.map(|one| format!("@{}", desk.name_of(one))));
    if people.is_empty() || !strangers.is_empty() {
        return turn.tell(typed.by, typed.reply, said::not_coc(&strangers, rest));
    }
    let named = Named { people, until: until(&desk.policy.value, now) };
    if let Some(channel) = desk.room(Room::Noti) {
        let message = said::named(desk, &named, typed.by, now);
        turn.post(None, Urgency::Notice, Place { channel, thread: None }, message);
    }
    let answer = said::named_answer(desk, &named, now);
    turn.change(Change::Duty(DutyChange::Named(named)));
    turn.tell(typed.by, typed.reply, answer);
}

/// `/coc handover`: what stands behind it is passed on too.
pub(super) fn handover(turn: &mut Turn<'_>, typed: &Typed<'_>) {
    let (desk, now) = (turn.desk, turn.now);
    if !desk.holds(typed.by, &[Role::Coc]) {
        return turn.tell(typed.by, typed.reply, words::urgent::coc_only());
    }
    let Some(channel) = desk.room(Room::Noti) else {
        return turn.tell(typed.by, typed.reply, said::no_room());
    };
    let words = read(typed.text).words;
    let memo = words.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim());
    if let Some(before) = &desk.duty.handover
        && let HandoverState::Waiting { .. } = before.state
    {
        let message = said::replaced(desk, before, now);
        let kind = ErrandKind::Update { post: before.post, message };
        turn.owe(None, Urgency::Housekeeping, kind);
    }
    let post = turn.next_errand();
    let mut to = next_people(desk, now);
    to.retain(|one| one != typed.by);
    let open = desk.cases.values().filter(|case| case.is_open()).map(|case| case.id).collect();
    let handover = Handover {
        post,
        channel: channel.clone(),
        by: typed.by.clone(),
        at: now,
        to,
        memo: said::clipped(memo),
        open,
        state: HandoverState::Waiting { asked: now, times: 0 },
    };
    let message = said::card(desk, &handover, now);
    turn.change(Change::Duty(DutyChange::HandedOver(Box::new(handover))));
    let kind = ErrandKind::Post { place: Place { channel, thread: None }, message };
    turn.owe_as(post, None, Urgency::Notice, kind);
    turn.tell(typed.by, typed.reply, said::handed_over());
}

/// 인수
pub(in crate::domain) fn pressed(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    post: ErrandId,
    press: HandoverPress,
    reply: &ReplyTo,
) {
    let HandoverPress::Take = press;
    let (desk, now) = (turn.desk, turn.now);
    if !desk.holds(by, &[Role::Coc]) {
        return turn.tell(by, reply, words::urgent::coc_only());
    }
    let last = desk.duty.handover.as_ref().filter(|one| one.post == post);
    let Some(handover) = last.or_else(|| desk.duty.past.iter().find(|one| one.post == post)) else {
        return turn.tell(by, reply, words::stale());
    };
    match &handover.state {
        HandoverState::Taken { by: taker, at } => {
            turn.tell(by, reply, said::taken_already(&desk.name_of(taker), *at, now));
        }
        HandoverState::Replaced => turn.tell(by, reply, words::stale()),
        HandoverState::Waiting { .. } if by == &handover.by => {
            turn.tell(by, reply, said::own_handover());
        }
        HandoverState::Waiting { .. } => {
            let state = HandoverState::Taken { by: by.clone(), at: now };
            let taken = Handover { state, ..handover.clone() };
            turn.change(Change::Duty(DutyChange::Taken { by: by.clone(), at: now }));
            let named = Named { people: vec![by.clone()], until: until(&desk.policy.value, now) };
            turn.change(Change::Duty(DutyChange::Named(named)));
            let message = said::taken_card(desk, &taken, by, now);
            turn.owe(None, Urgency::Notice, ErrandKind::Update { post, message });
            let place = under(taken.channel.clone(), post);
            turn.post(None, Urgency::Notice, place, said::taken(desk, &taken, by, now));
        }
    }
}

/// Nobody took over: it is asked for again.
pub(in crate::domain) fn chase(turn: &mut Turn<'_>) {
    let (desk, now) = (turn.desk, turn.now);
    let policy = &desk.policy.value;
    let Some(due) = desk.duty.next_chase(policy).filter(|due| *due <= now) else { return };
    let Some(handover) = &desk.duty.handover else { return };
    let asked = DutyChange::Asked { at: now };
    let mut after = desk.duty.clone();
    after.apply(now, &asked);
    turn.change(Change::Duty(asked));
    let message = said::chase(desk, handover, due, after.next_chase(policy), now);
    let place = under(handover.channel.clone(), handover.post);
    turn.post(None, Urgency::Page, place, message);
}

/// What became of a post that belongs to no case: what was to stand under a hand-over that is gone stands in n itself.
pub(in crate::domain) fn posted(turn: &mut Turn<'_>, errand: &Errand, outcome: &Outcome) {
    let (Outcome::Refused { .. }, Some((place, message))) = (outcome, errand.as_post()) else {
        return;
    };
    let desk = turn.desk;
    let Some(handover) = &desk.duty.handover else { return };
    let is_under = place.thread == Some(Anchor::PostOf(handover.post));
    if let Some(channel) = desk.room(Room::Noti).filter(|_| is_under) {
        turn.post(None, errand.urgency, Place { channel, thread: None }, message.clone());
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::domain::books::read_policy;

    fn at(text: &str) -> Time {
        chrono::DateTime::parse_from_rfc3339(&format!("2025-08-{text}:00+09:00")).unwrap()
    }

    #[test]
    fn shifts_go_over_midnight_and_whoever_takes_over_shortly_before_the_next_has_that_one() {
        let policy = read_policy(concat!(
            "[duty]\nshifts = [{ name = \"주간\", from = \"09:00\", to = \"18:00\", people = [\"가\"] },\n",
            "{ name = \"야간\", from = \"18:00\", to = \"09:00\", people = [\"나\", \"다\"], rotate_from = \"2025-08-04\" }]\n",
        ))
        .unwrap();
        let names = |now: &str| -> Vec<String> {
            current(&policy, at(now)).iter().map(|one| one.shift.name.clone()).collect()
        };
        assert_eq!(names("05T08:59"), ["야간"]);
        assert_eq!(names("05T09:00"), ["주간"]);
        assert_eq!(names("05T18:00"), ["야간"]);
        assert_eq!(next(&policy, at("05T10:00")).unwrap().from, at("05T18:00"));
        assert_eq!(next(&policy, at("05T20:00")).unwrap().from, at("06T09:00"));
        assert_eq!(until(&policy, at("05T10:00")), Some(at("05T18:00")));
        assert_eq!(until(&policy, at("05T17:50")), Some(at("06T09:00")));
        assert_eq!(until(&Policy::default(), at("05T17:50")), None);
    }

    #[test]
    fn a_shift_without_people_is_refused_with_its_line() {
        let errors = read_policy(
            "[duty]\nshifts = [{ name = \"주간\", from = \"09:00\", to = \"18:00\", people = [] }]\n",
        );
        let errors = errors.unwrap_err();
        assert_eq!(errors[0].line, Some(2));
        assert!(errors[0].text.contains("people"), "{errors:?}");
    }
}
