//! The desk's figures of a stretch of time (W2), and how people could be reached over the last ninety days. All of it follows from cases,
//! the register and what was counted ([`super::tally`]); nothing is kept for it.

use super::accounts::AccountEvent;
use super::case::{Case, Procedure};
use super::desk::Desk;
use super::errand::CallEvent;
use super::ids::{CaseId, Name};
use super::ladder::{Ladder, LadderState, RungEnd};
use super::procedures::assignment::AssignmentState;
use super::procedures::dispatch::Cause;
use super::procedures::incident::Stage;
use super::procedures::list::ListKind;
use super::procedures::phd::Matter;
use super::readings::Spot;
use super::tally::{Counted, Counts};
use super::time::Time;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far reachability looks back.
pub const REACHED_OVER: TimeDelta = TimeDelta::days(90);

/// From `from` on and before `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Its beginning.
    pub from: Time,
    /// Its end.
    pub to: Time,
}

impl Period {
    /// Whether an instant lies in it.
    #[must_use]
    pub fn holds(&self, at: Time) -> bool {
        self.from <= at && at < self.to
    }
}

/// Things that were asked of people, and how soon somebody took them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// When each of them began that began in the period.
    pub began: Vec<Time>,
    /// Of those that somebody took by now: when each began, and after how many whole seconds it was taken; the oldest first.
    pub waits: Vec<(Time, u32)>,
}

impl Asked {
    /// How many began.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.began.len()
    }

    /// How many of those somebody took.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.waits.len()
    }

    fn take(&mut self, since: Time, at: Time) {
        self.waits.push((since, seconds(at - since)));
    }

    /// Half were taken sooner, in seconds; of an even number the mean of the middle two. `None` where nothing was taken.
    #[must_use]
    pub fn median(&self) -> Option<u32> {
        median(self.waits.iter().map(|(_, seconds)| *seconds).collect())
    }

    /// Nine of ten were taken as soon (nearest rank), in seconds. `None` where nothing was taken.
    #[must_use]
    pub fn ninetieth(&self) -> Option<u32> {
        let mut sorted: Vec<u32> = self.waits.iter().map(|(_, seconds)| *seconds).collect();
        sorted.sort_unstable();
        let rank = (sorted.len() * 9).div_ceil(10);
        sorted.get(rank.checked_sub(1)?).copied()
    }
}

/// To the nearest second: Slack's clock and ours differ by less.
fn seconds(span: TimeDelta) -> u32 {
    u32::try_from((span.num_milliseconds() + 500) / 1000).unwrap_or(0)
}

/// The middle one; of an even number the mean of the middle two.
#[must_use]
pub fn median(mut values: Vec<u32>) -> Option<u32> {
    values.sort_unstable();
    let upper = values.get(values.len() / 2).copied()?;
    if values.len().is_multiple_of(2) {
        let lower = values.get(values.len() / 2 - 1).copied()?;
        Some(lower + (upper - lower) / 2)
    } else {
        Some(upper)
    }
}

/// What one person did in the period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Calls for help that the person took: urgent requests, incidents and others.
    pub taken: u32,
    /// Tickets that were assigned to the person.
    pub assigned: u32,
}

/// The rooms' temperatures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rooms {
    /// When, and how warm, in tenths of a degree; the oldest first.
    pub readings: Vec<(Time, i32)>,
    /// How many readings were due that nobody told, of every room.
    pub missed: u32,
}

/// What happened in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Which.
    pub period: Period,
    /// Urgent requests (A4), from the request to the acceptance.
    pub urgent: Asked,
    /// Assignments (A7), from the notice to the confirmation.
    pub assigned: Asked,
    /// Other calls for help: errors of on-boardings, telephoned outages (N4, C5).
    pub dispatched: Asked,
    /// Telephone calls and alarms.
    pub counts: Counts,
    /// By person.
    pub load: BTreeMap<Name, Load>,
    /// When each incident began (M5 to M10, G1).
    pub incidents: Vec<Time>,
    /// AWS Health events of customers (P).
    pub phd: u32,
    /// `[REQ]`s of AWS's TAM (T).
    pub tam: u32,
    /// Events of AWS's status feeds (H2).
    pub outages: u32,
    /// Accounts whose link was completed (N5).
    pub joined: u32,
    /// Accounts that were unlinked (X4).
    pub left: u32,
    /// The rooms' readings (F2); `None` where none are taken.
    pub rooms: Option<Rooms>,
    /// Cases that are open now, the oldest first: they go on to the next shift.
    pub open: Vec<CaseId>,
}

/// The server room's readings in a period; `None` where none are asked for, and none were taken.
fn rooms(desk: &Desk, period: Period) -> Option<Rooms> {
    let read = desk.readings.between(period.from, period.to);
    let read = read.filter(|reading| reading.spot == Spot::ServerRoom);
    let readings: Vec<(Time, i32)> =
        read.map(|reading| (reading.at, i32::from(reading.celsius.tenths()))).collect();
    let missed = desk.readings.missed_between(period.from, period.to).count();
    let missed = u32::try_from(missed).unwrap_or(u32::MAX);
    let is_of_use = !readings.is_empty() || missed > 0;
    is_of_use.then_some(Rooms { readings, missed })
}

/// The figures of a period, as far as they are known by now.
#[must_use]
pub fn figures(desk: &Desk, period: Period) -> Figures {
    let mut it = Figures {
        period,
        urgent: Asked::default(),
        assigned: Asked::default(),
        dispatched: Asked::default(),
        counts: desk.tallies.between(period.from, period.to),
        load: BTreeMap::new(),
        incidents: Vec::new(),
        phd: 0,
        tam: 0,
        outages: 0,
        joined: 0,
        left: 0,
        rooms: rooms(desk, period),
        open: desk.cases.values().filter(|case| case.is_open()).map(|case| case.id).collect(),
    };
    for case in desk.cases.values().filter(|case| period.holds(case.opened)) {
        add(desk, &mut it, case);
    }
    for entry in desk.accounts.all().flat_map(|(_, entries)| entries) {
        match entry.what {
            AccountEvent::Joined if period.holds(entry.at) => it.joined += 1,
            AccountEvent::Left if period.holds(entry.at) => it.left += 1,
            AccountEvent::Joining
            | AccountEvent::Joined
            | AccountEvent::NotJoined
            | AccountEvent::Leaving
            | AccountEvent::Left
            | AccountEvent::UnlinkFailed
            | AccountEvent::Stays => {}
        }
    }
    it
}

fn add(desk: &Desk, it: &mut Figures, case: &Case) {
    let taken = ladder_of(&case.procedure).and_then(|ladder| match &ladder.state {
        LadderState::Taken(taken) => Some(taken),
        LadderState::Between
        | LadderState::Calling(_)
        | LadderState::Exhausted { .. }
        | LadderState::Stopped { .. } => None,
    });
    let is_drill = is_drill(&case.procedure);
    if let Some(taken) = taken
        && !is_drill
    {
        it.load.entry(taken.by.clone()).or_default().taken += 1;
    }
    match &case.procedure {
        Procedure::Urgent(_) => {
            it.urgent.began.push(case.opened);
            if let Some(taken) = taken {
                it.urgent.take(case.opened, taken.at);
            }
        }
        Procedure::Assignment(one) => {
            it.assigned.began.push(case.opened);
            if let Some(who) = one.assignee() {
                it.load.entry(who.clone()).or_default().assigned += 1;
            }
            if let AssignmentState::Confirmed { notice, since, at, .. } = &one.state {
                // the clock starts at the notice (reading 2)
                let noticed = desk.stands_at(notice).and_then(|stands| stands.ts.time());
                it.assigned.take(noticed.unwrap_or(*since), *at);
            }
        }
        Procedure::Dispatch(_) if is_drill => {}
        Procedure::Dispatch(_) => {
            it.dispatched.began.push(case.opened);
            if let Some(taken) = taken {
                it.dispatched.take(case.opened, taken.at);
            }
        }
        Procedure::Incident(_) => it.incidents.push(case.opened),
        Procedure::Phd(one) => match one.matter {
            Matter::Event(_) => it.phd += 1,
            Matter::Check(_) => {}
        },
        Procedure::Outage(_) => it.outages += 1,
        Procedure::List(one) => match one.kind {
            ListKind::Tam(_) => it.tam += 1,
            ListKind::Setup(_)
            | ListKind::SaGuide(_)
            | ListKind::Heartbeat(_)
            | ListKind::Onboard(_)
            | ListKind::MspOffboard(_)
            | ListKind::Monthly(_) => {}
        },
        Procedure::Stray(_)
        | Procedure::Offboard(_)
        | Procedure::Inquiry(_)
        | Procedure::Climate(_) => {}
    }
}

/// Whether a case is a practice chain.
#[must_use]
pub fn is_drill(procedure: &Procedure) -> bool {
    procedure.as_dispatch().is_some_and(|one| matches!(one.cause, Cause::Drill { .. }))
}

/// The ladder of a case, also of an incident that is over.
#[must_use]
pub fn ladder_of(procedure: &Procedure) -> Option<&Ladder> {
    if let Procedure::Incident(one) = procedure
        && let Stage::Over { chain, .. } = &one.stage
    {
        return chain.as_ref();
    }
    procedure.ladder()
}

/// How often each thing of the alarms was counted: L1, L2, L3, findings.
#[must_use]
pub fn alarms(counts: &Counts) -> [u32; 4] {
    [Counted::AlarmL1, Counted::AlarmL2, Counted::AlarmL3, Counted::Finding]
        .map(|what| counts.get(&what).copied().unwrap_or_default())
}

/// How one person could be reached, drills included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// How often the person was reached for: turns that somebody else ended do not count.
    pub tried: u32,
    /// How often the person answered in any way.
    pub answered: u32,
    /// How often the person accepted.
    pub accepted: u32,
    /// After how many seconds, each time that the person accepted.
    pub waits: Vec<u32>,
    /// How often in a row the person could not be reached, up to now.
    pub missed_in_a_row: u32,
}

/// How everybody who was reached for could be reached, over the ninety days before `now`.
#[must_use]
pub fn reached(desk: &Desk, now: Time) -> BTreeMap<Name, Reached> {
    reached_with(desk, now, None)
}

/// The same with the ladder of one case as it is by now, when that is not in the desk yet.
#[must_use]
pub fn reached_with(
    desk: &Desk,
    now: Time,
    newer: Option<(CaseId, &Ladder)>,
) -> BTreeMap<Name, Reached> {
    let mut turns: Vec<(Time, &Name, Turn)> = Vec::new();
    for case in desk.cases.values() {
        let newer = newer.filter(|(id, _)| *id == case.id).map(|(_, ladder)| ladder);
        let Some(ladder) = newer.or_else(|| ladder_of(&case.procedure)) else { continue };
        let taken = match &ladder.state {
            LadderState::Taken(taken) => Some(taken),
            LadderState::Between
            | LadderState::Calling(_)
            | LadderState::Exhausted { .. }
            | LadderState::Stopped { .. } => None,
        };
        for over in ladder.over.iter().filter(|over| now - over.opened <= REACHED_OVER) {
            let turn = match taken.filter(|taken| taken.by == over.who && over.at <= taken.at) {
                Some(taken) => Some(Turn::Accepted(seconds(taken.at - over.opened))),
                None => missed_turn(&over.how, &over.who)
                    .map(|missed| if missed { Turn::Missed } else { Turn::Answered }),
            };
            if let Some(turn) = turn {
                turns.push((over.opened, &over.who, turn));
            }
        }
    }
    turns.sort_by_key(|(at, ..)| *at);
    let mut all: BTreeMap<Name, Reached> = BTreeMap::new();
    for (_, who, turn) in turns {
        let one = all.entry(who.clone()).or_default();
        one.tried += 1;
        match turn {
            Turn::Accepted(seconds) => {
                one.answered += 1;
                one.accepted += 1;
                one.waits.push(seconds);
                one.missed_in_a_row = 0;
            }
            Turn::Answered => {
                one.answered += 1;
                one.missed_in_a_row = 0;
            }
            Turn::Missed => one.missed_in_a_row += 1,
        }
    }
    all
}

#[derive(Clone, Copy)]
enum Turn {
    Accepted(u32),
    Answered,
    Missed,
}

/// Whether somebody could not be reached; `None` where nobody can tell, for the turn was ended by others.
#[must_use]
pub fn missed_turn(how: &RungEnd, who: &Name) -> Option<bool> {
    match how {
        RungEnd::Absent { by } | RungEnd::Refused { by } if by == who => Some(false),
        RungEnd::Absent { .. } => Some(true),
        RungEnd::Refused { .. } => Some(false),
        RungEnd::Phone(event) => match event {
            CallEvent::Accepted | CallEvent::Rejected | CallEvent::Answered => Some(false),
            CallEvent::Busy | CallEvent::NoAnswer | CallEvent::Voicemail | CallEvent::Failed => {
                Some(true)
            }
        },
        RungEnd::Silent => Some(true),
        RungEnd::Accepted | RungEnd::Stopped => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(seconds: &[u32]) -> Asked {
        let at = crate::domain::time::seoul(chrono::NaiveDateTime::default());
        Asked { began: Vec::new(), waits: seconds.iter().map(|seconds| (at, *seconds)).collect() }
    }

    #[test]
    fn medians_and_ninetieths() {
        let of = |seconds: &[u32]| (taken(seconds).median(), taken(seconds).ninetieth());
        assert_eq!(of(&[]), (None, None));
        assert_eq!(of(&[60]), (Some(60), Some(60)));
        assert_eq!(of(&[10, 30]), (Some(20), Some(30)));
        assert_eq!(of(&[30, 10, 20]), (Some(20), Some(30)));
        let ten: Vec<u32> = (1..=10).collect();
        assert_eq!(of(&ten), (Some(5), Some(9)));
    }
}
