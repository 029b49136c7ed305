//! What is counted as it happens, because no case tells it afterwards: telephone calls and alarms (W2).

use super::alarms::{AlarmsChange, Why};
use super::case::{CaseChange, Procedure};
use super::change::Change;
use super::desk::Desk;
use super::errand::{CallEvent, ErrandKind, Outcome};
use super::policy::AlarmLevel;
use super::procedures::incident::{About, IncidentChange};
use super::time::{Time, seoul_at};
use chrono::{NaiveTime, TimeDelta, Timelike};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// A telephone rang for a page. A call that is about several pages counts for each.
    CallPlaced,
    /// The carrier did not take it: COC was asked to phone.
    CallNotPlaced,
    /// Key 1.
    CallAccepted,
    /// Key 2.
    CallRejected,
    /// Somebody answered and pressed no key.
    CallAnswered,
    /// Engaged.
    CallBusy,
    /// Nobody picked up.
    CallNoAnswer,
    /// A machine picked up.
    CallVoicemail,
    /// The carrier could not put it through.
    CallFailed,
    /// It was hung up before anybody did anything: somebody else accepted, or the time was over.
    CallHungUp,
    /// An alarm of L1, each time that it rang.
    AlarmL1,
    /// An alarm of L2, each time that it rang.
    AlarmL2,
    /// An alarm of L3, each time that it rang.
    AlarmL3,
    /// A GuardDuty finding.
    Finding,
}

impl Counted {
    /// The ways in which a call ends, in the order in which they are told.
    pub const CALL_ENDS: [Self; 8] = [
        Self::CallAccepted,
        Self::CallRejected,
        Self::CallAnswered,
        Self::CallBusy,
        Self::CallNoAnswer,
        Self::CallVoicemail,
        Self::CallFailed,
        Self::CallHungUp,
    ];

    const fn of_call(event: CallEvent) -> Self {
        match event {
            CallEvent::Accepted => Self::CallAccepted,
            CallEvent::Rejected => Self::CallRejected,
            CallEvent::Answered => Self::CallAnswered,
            CallEvent::Busy => Self::CallBusy,
            CallEvent::NoAnswer => Self::CallNoAnswer,
            CallEvent::Voicemail => Self::CallVoicemail,
            CallEvent::Failed => Self::CallFailed,
        }
    }

    const fn of_alarm(level: AlarmLevel) -> Self {
        match level {
            AlarmLevel::L1 => Self::AlarmL1,
            AlarmLevel::L2 => Self::AlarmL2,
            AlarmLevel::L3 => Self::AlarmL3,
        }
    }
}

/// How often each thing happened.
pub type Counts = BTreeMap<Counted, u32>;

/// Counts by time: to the minute of the last days, to the day of those before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// By the minute or day that begins then.
    by_time: BTreeMap<Time, Counts>,
    /// Before here whole days are counted together.
    days_until: Option<Time>,
}

/// So long minutes are told apart: longer than a daily report looks back.
const MINUTES_KEPT: TimeDelta = TimeDelta::days(3);
/// So long days are kept: longer than a monthly report looks back.
const DAYS_KEPT: TimeDelta = TimeDelta::days(100);

fn day_of(at: Time) -> Time {
    seoul_at(at.date_naive(), NaiveTime::MIN)
}

fn minute_of(at: Time) -> Time {
    at.with_second(0).and_then(|at| at.with_nanosecond(0)).unwrap_or(at)
}

impl Tally {
    /// Counts one that happened at `at`.
    pub fn add(&mut self, at: Time, what: Counted) {
        let days_until = day_of(at - MINUTES_KEPT);
        if self.days_until.is_none_or(|before| before < days_until) {
            self.days_until = Some(days_until);
            self.by_time.retain(|time, _| at - *time <= DAYS_KEPT);
            let later = self.by_time.split_off(&days_until);
            for (time, counts) in std::mem::replace(&mut self.by_time, later) {
                let day = self.by_time.entry(day_of(time)).or_default();
                for (what, count) in counts {
                    *day.entry(what).or_default() += count;
                }
            }
        }
        let counts = self.by_time.entry(minute_of(at)).or_default();
        *counts.entry(what).or_default() += 1;
    }

    /// How often each thing happened from `from` on and before `to`. Exact where `from` and `to` are whole minutes of the last three
    /// days, or midnights.
    #[must_use]
    pub fn between(&self, from: Time, to: Time) -> Counts {
        let mut sum = Counts::new();
        if from < to {
            for counts in self.by_time.range(from..to).map(|(_, counts)| counts) {
                for (what, count) in counts {
                    *sum.entry(*what).or_default() += count;
                }
            }
        }
        sum
    }
}

/// What a change of the desk, as it was before, counts for.
#[must_use]
pub fn counted(desk: &Desk, change: &Change) -> Vec<Counted> {
    match change {
        Change::Settled { errand, outcome } => call_settled(desk, *errand, outcome),
        Change::CallOver { call, how } if desk.calls.contains_key(call) => {
            vec![how.map_or(Counted::CallHungUp, Counted::of_call)]
        }
        Change::Alarms(AlarmsChange::Recorded(one)) => match (one.why, one.level) {
            (Why::Low | Why::First | Why::NotProduction, Some(level)) => {
                vec![Counted::of_alarm(level)]
            }
            (Why::NotAgreed | Why::LowSeverity, _) => vec![Counted::Finding],
            (Why::Low | Why::First | Why::NotProduction, None)
            // no alarm that rings, one that was told already, a test
            | (Why::Fine | Why::NoData | Why::Known | Why::Sample | Why::Closed, _) => Vec::new(),
        },
        Change::Opened(case) => match &case.procedure {
            Procedure::Incident(one) => match &one.about {
                About::Alarms(alarms) => {
                    alarms.values().flatten().map(|ring| Counted::of_alarm(ring.level)).collect()
                }
                About::Finding(_) => vec![Counted::Finding],
            },
            Procedure::Urgent(_)
            | Procedure::Assignment(_)
            | Procedure::Stray(_)
            | Procedure::Phd(_)
            | Procedure::Outage(_)
            | Procedure::List(_)
            | Procedure::Offboard(_)
            | Procedure::Dispatch(_)
            | Procedure::Inquiry(_)
            | Procedure::Climate(_) => Vec::new(),
        },
        Change::Case(
            _,
            CaseChange::Incident(
                IncidentChange::Joined { ring, .. } | IncidentChange::Again { ring, .. },
            ),
        ) => vec![Counted::of_alarm(ring.level)],
        Change::Started { .. }
        | Change::CaughtUp
        | Change::ReadBack
        | Change::Stopped
        | Change::PolicyAdopted { .. }
        | Change::CustomersAdopted { .. }
        | Change::RecordSeen { .. }
        | Change::Board(_)
        | Change::RecordWarned
        | Change::TemplatesAdopted { .. }
        | Change::DefinitionsAdopted { .. }
        | Change::Beat { .. }
        | Change::BeatSeenTo { .. }
        | Change::BeatMissed { .. }
        | Change::RosterAdopted { .. }
        | Change::GuideProposed { .. }
        | Change::BookRefused { .. }
        | Change::DirectoryRead(_)
        | Change::TicketsCounted(_)
        | Change::Seen(_)
        | Change::Unseen(_)
        | Change::Kept(_)
        | Change::KeptDone { .. }
        | Change::Alarms(AlarmsChange::Hit { .. })
        | Change::Account { .. }
        | Change::Readings(_)
        | Change::Duty(_)
        | Change::CoverageChecked { .. }
        | Change::ScriptsAdopted { .. }
        | Change::ContactsAdopted { .. }
        | Change::Forgotten { .. }
        | Change::AbsenceEntered { .. }
        | Change::Case(..)
        | Change::Owed(_)
        | Change::Dropped { .. }
        | Change::CallHeard { .. }
        | Change::TroubleBegan { .. }
        | Change::TroubleOver { .. }
        | Change::Drafted(_)
        | Change::Draft { .. }
        | Change::CallOver { .. }
        | Change::Reported { .. }
        | Change::Drill(_) => Vec::new(),
    }
}

fn call_settled(desk: &Desk, errand: super::ids::ErrandId, outcome: &Outcome) -> Vec<Counted> {
    match outcome {
        Outcome::Placed { .. } | Outcome::Joined { .. } => vec![Counted::CallPlaced],
        Outcome::Refused { .. } => {
            let owed = desk.errands.get(&errand).map(|errand| &errand.kind);
            if matches!(owed, Some(ErrandKind::Call { .. })) {
                vec![Counted::CallNotPlaced]
            } else {
                Vec::new()
            }
        }
        Outcome::Posted(_)
        | Outcome::Done
        | Outcome::Presence(_)
        | Outcome::Guide { .. }
        | Outcome::Opened { .. }
        | Outcome::Expired => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::time::seoul;

    fn at(day: u32, hour: u32, minute: u32) -> Time {
        let date = chrono::NaiveDate::from_ymd_opt(2025, 8, day).unwrap();
        seoul(date.and_hms_opt(hour, minute, 7).unwrap())
    }

    fn total(tally: &Tally, from: Time, to: Time) -> u32 {
        tally.between(minute_of(from), minute_of(to)).values().sum()
    }

    #[test]
    fn minutes_of_late_days_of_before() {
        let mut tally = Tally::default();
        for day in 1..=20 {
            for minute in [0, 30] {
                tally.add(at(day, 9, minute), Counted::AlarmL1);
                tally.add(at(day, 23, minute), Counted::CallPlaced);
            }
        }
        assert!(tally.by_time.len() < 40, "{}", tally.by_time.len());
        assert_eq!(total(&tally, at(20, 9, 1), at(20, 23, 30)), 1 + 1);
        assert_eq!(total(&tally, day_of(at(4, 0, 0)), day_of(at(11, 0, 0))), 7 * 4);
        assert_eq!(total(&tally, day_of(at(1, 0, 0)), at(21, 0, 0)), 20 * 4);
        let text = serde_json::to_string(&tally).unwrap();
        assert_eq!(serde_json::from_str::<Tally>(&text).unwrap(), tally);
    }

    #[test]
    fn what_is_a_hundred_days_old_is_forgotten() {
        let mut tally = Tally::default();
        tally.add(at(1, 9, 0), Counted::AlarmL1);
        tally.add(at(1, 9, 0) + TimeDelta::days(101), Counted::AlarmL2);
        assert_eq!(tally.by_time.len(), 1);
    }
}
