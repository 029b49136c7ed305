//! Drills: a marked practice chain through the real path, without customers and tickets. At most one runs, none beside a real chain, and
//! a real one ends it.

use super::super::case::{CaseChange, Procedure};
use super::super::change::Change;
use super::super::desk::{Desk, Room};
use super::super::errand::{ErrandKind, Place, Urgency};
use super::super::figures::{is_drill, ladder_of, reached_with};
use super::super::ids::{CaseId, Name};
use super::super::ladder::{LadderChange, LadderState};
use super::super::time::{Time, seoul_at};
use super::super::turn::Turn;
use super::super::words;
use super::commands::Typed;
use super::dispatch::{self, Cause, Dispatch, DispatchChange, Ended, Over};
use super::incident::IncidentChange;
use super::urgent::UrgentChange;
use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta};
use serde::{Deserialize, Serialize};

/// What the desk remembers of its drills besides their cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drills {
    /// The one that runs.
    pub running: Option<CaseId>,
    /// When the last one began, or the desk itself; `None` before its first start.
    pub last: Option<Time>,
    /// The next one waits at least until then.
    pub put_off: Option<Time>,
}

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrillChange {
    /// One begins.
    Begun {
        /// Its case.
        case: CaseId,
        /// When.
        at: Time,
    },
    /// It is over.
    Ended,
    /// The next one waits.
    PutOff {
        /// Until then.
        until: Time,
    },
}

impl Drills {
    /// The desk starts.
    pub fn started(&mut self, at: Time) {
        self.last = self.last.or(Some(at));
    }

    /// Takes a step.
    pub fn apply(&mut self, change: &DrillChange) {
        match change {
            DrillChange::Begun { case, at } => {
                *self = Self { running: Some(*case), last: Some(*at), put_off: None };
            }
            DrillChange::Ended => self.running = None,
            DrillChange::PutOff { until } => self.put_off = Some(*until),
        }
    }
}

/// How long a drill waits for a real chain to end.
const WAITS: TimeDelta = TimeDelta::minutes(30);
/// The minutes after opening at which the desk's own drills begin, one after the other by day.
const SLOTS: [i64; 8] = [60, 335, 130, 405, 95, 370, 300, 440];

/// When the next drill of the desk's own begins; `None` where the policy wants none, and while one runs.
#[must_use]
pub fn due(desk: &Desk) -> Option<Time> {
    let every = desk.policy.value.drill.every_days;
    if every == 0 || desk.drills.running.is_some() {
        return None;
    }
    let from = desk.drills.last?.date_naive().checked_add_days(Days::new(u64::from(every)))?;
    let due = on_or_after(desk, from)?;
    Some(desk.drills.put_off.map_or(due, |until| until.max(due)))
}

/// The time of a drill on the first business day from `day` on.
fn on_or_after(desk: &Desk, day: NaiveDate) -> Option<Time> {
    let calendar = desk.calendar();
    let day = if calendar.is_business_day(day) { day } else { calendar.next_business_day(day) };
    let opening = calendar.opening_on(day)?;
    let nth = usize::try_from(day.num_days_from_ce()).unwrap_or_default() % SLOTS.len();
    let at = opening + TimeDelta::minutes(SLOTS[nth]);
    Some(if calendar.is_open(at) { at } else { opening })
}

/// The desk's own drill falls due.
pub(in crate::domain) fn scheduled(turn: &mut Turn<'_>, due: Time) {
    let (desk, now) = (turn.desk, turn.now);
    if !desk.calendar().is_open(now) {
        let tomorrow = seoul_at(due.max(now).date_naive(), NaiveTime::MIN) + TimeDelta::days(1);
        if let Some(until) = on_or_after(desk, tomorrow.date_naive()) {
            turn.change(Change::Drill(DrillChange::PutOff { until }));
        }
    } else if real_chain(desk).is_some() {
        turn.change(Change::Drill(DrillChange::PutOff { until: now + WAITS }));
    } else {
        begin(turn, None, None);
    }
}

/// A real chain in which somebody is still to be found.
fn real_chain(desk: &Desk) -> Option<CaseId> {
    let is_real = |procedure: &Procedure| {
        !is_drill(procedure)
            && procedure.is_open()
            && ladder_of(procedure).is_some_and(super::super::ladder::Ladder::is_open)
    };
    desk.cases.values().find(|case| is_real(&case.procedure)).map(|case| case.id)
}

fn begin(turn: &mut Turn<'_>, by: Option<Name>, customer: Option<String>) -> Option<CaseId> {
    let origin = format!("drill:{}", turn.now.format("%Y-%m-%dT%H:%M:%S"));
    let case = dispatch::begin(turn, &origin, "", Cause::Drill { by, customer }, None)?;
    turn.change(Change::Drill(DrillChange::Begun { case, at: turn.now }));
    Some(case)
}

/// `/coc drill [긴급|msp 고객사]`, by COC
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>, rest: &str) {
    let desk = turn.desk;
    if !desk.holds(typed.by, &desk.policy.value.roles.drill) {
        return turn.tell(typed.by, typed.reply, words::drill::coc_only());
    }
    let (word, name) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let name = name.trim().trim_matches(['[', ']']);
    let customer = match word.to_lowercase().as_str() {
        "" | "긴급" if name.is_empty() => None,
        "msp" => match desk.customers.value.find(name) {
            Some(record) if record.runs_msp_chain() => Some(record.name.clone()),
            Some(record) => {
                return turn.tell(typed.by, typed.reply, words::drill::no_msp(&record.name));
            }
            None if name.is_empty() => {
                return turn.tell(typed.by, typed.reply, words::drill::customer_missing());
            }
            None => {
                let message = words::refused(
                    words::urgent::unknown_customer(desk, name),
                    "예: /coc drill msp 가나게임즈",
                );
                return turn.tell(typed.by, typed.reply, message);
            }
        },
        _ => return turn.tell(typed.by, typed.reply, words::drill::which(rest)),
    };
    if let Some(id) = desk.drills.running {
        return turn.tell(typed.by, typed.reply, words::drill::runs_already(id));
    }
    if let Some(id) = real_chain(desk) {
        return turn.tell(typed.by, typed.reply, words::drill::real_chain_runs(id));
    }
    let by = desk.name_of(typed.by);
    let message = match begin(turn, Some(by), customer) {
        Some(id) => words::drill::begun(id),
        None => words::drill::no_channel(),
    };
    turn.tell(typed.by, typed.reply, message);
}

/// Whether a decision reaches for somebody for real while a drill runs.
pub(in crate::domain) fn is_in_the_way(turn: &Turn<'_>) -> bool {
    turn.desk.drills.running.is_some_and(|id| {
        turn.changes.iter().any(|change| {
            matches!(change, Change::Case(other, change) if *other != id && begins_a_rung(change))
        })
    })
}

/// A real request comes: the drill that runs is stopped.
pub(in crate::domain) fn stop(turn: &mut Turn<'_>) {
    if let Some(id) = turn.desk.drills.running {
        dispatch::page(turn, id, |paging| paging.stop(words::drill::STOPPED));
    }
}

/// Looks at what a decision came to: whether the drill that runs is over by it.
pub(in crate::domain) fn after(turn: &mut Turn<'_>) {
    let desk = turn.desk;
    let Some(id) = desk.drills.running else { return };
    let Some(one) = desk.cases.get(&id).and_then(|case| case.procedure.as_dispatch()) else {
        return turn.change(Change::Drill(DrillChange::Ended));
    };
    let reaches_for_real = is_in_the_way(turn);
    let mut one = one.clone();
    for change in &turn.changes {
        if let Change::Case(of, CaseChange::Dispatch(change)) = change
            && *of == id
        {
            one.apply(change);
        }
    }
    let is_over = match one.ladder.state {
        LadderState::Taken(_) | LadderState::Exhausted { .. } | LadderState::Stopped { .. } => true,
        LadderState::Between | LadderState::Calling(_) => one.over.is_some(),
    };
    if is_over {
        end(turn, id, one, reaches_for_real);
    }
}

fn begins_a_rung(change: &CaseChange) -> bool {
    matches!(
        change,
        CaseChange::Urgent(UrgentChange::Ladder(LadderChange::RungOpened(_)))
            | CaseChange::Incident(IncidentChange::Ladder(LadderChange::RungOpened(_)))
            | CaseChange::Dispatch(DispatchChange::Ladder(LadderChange::RungOpened(_)))
    )
}

fn end(turn: &mut Turn<'_>, id: CaseId, mut one: Dispatch, for_real: bool) {
    let (desk, now) = (turn.desk, turn.now);
    turn.change(Change::Drill(DrillChange::Ended));
    let taken = matches!(one.ladder.state, LadderState::Taken(_));
    // whoever presses 종료 has said so in the thread
    let closed = one.over.is_some();
    if one.over.is_none() && !taken {
        let over =
            DispatchChange::Over(Over { at: now, by: Name::from("COC"), why: Ended::Closed });
        one.apply(&over);
        turn.change(Change::Case(id, CaseChange::Dispatch(over)));
    }
    if !closed {
        let place = one.home.thread();
        turn.post(Some(id), Urgency::Notice, place, words::drill::result(&one, for_real));
    }
    // the card says how it ended, and nothing before
    let of_card = |change: &Change| {
        matches!(change, Change::Owed(errand)
            if matches!(&errand.kind, ErrandKind::Update { post, .. } if *post == one.card))
    };
    turn.changes.retain(|change| !of_card(change));
    let message = words::dispatch::card(id, &one, now);
    let kind = ErrandKind::Update { post: one.card, message };
    turn.owe(Some(id), Urgency::Housekeeping, kind);
    let from = desk.policy.value.drill.missed_from.max(1);
    let all = reached_with(desk, now, Some((id, &one.ladder)));
    let missed: Vec<(&Name, u32)> = all
        .iter()
        .filter(|(who, one_of)| {
            one_of.missed_in_a_row >= from && one.ladder.over.iter().any(|over| over.who == **who)
        })
        .map(|(who, one)| (who, one.missed_in_a_row))
        .collect();
    if !missed.is_empty()
        && let Some(channel) = desk.room(Room::Noti)
    {
        let message = words::drill::missed(&missed, id);
        turn.post(Some(id), Urgency::Notice, Place { channel, thread: None }, message);
    }
}
