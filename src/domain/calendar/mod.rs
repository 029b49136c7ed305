//! Business time in Seoul: opening hours, holidays, the call rule (readings 1 to 4, 28).
//!
//! - `holidays`: the public holidays of Korea, computed;
//! - `day`: the shape of a business day;
//! - `call_rule`: when a notice is phoned (A9), and sums of business time;
//! - `say`: how days and sums are written for people.

mod call_rule;
mod day;
mod holidays;
mod say;

pub use holidays::KNOWN_YEARS;
pub use say::korean_date;

use super::policy::Hours;
use super::time::{Time, in_seoul, seoul_at};
use chrono::{Days, NaiveDate};
use day::Day;
use std::collections::{BTreeMap, BTreeSet};

/// Answers questions of business time; built from the policy's hours. Cheap to build: the computed holidays are shared.
#[derive(Clone, Debug)]
pub struct Calendar {
    hours: Hours,
    day: Day,
    /// `hours.holidays`.
    added: BTreeMap<NaiveDate, String>,
    /// `hours.workdays`.
    removed: BTreeSet<NaiveDate>,
}

/// When a notice is phoned, and the sum that leads there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallTime {
    /// The call.
    pub at: Time,
    /// The sum, sentence by sentence, in Korean ("11:45 + 업무시간 30분 = 13:15 (점심 12:00–13:00 제외)").
    pub sum: Vec<String>,
    /// The reason in a few words for people ("점심 제외 30분", "다음 영업일 업무 시작").
    pub why: String,
}

/// The outcome of a search for a business day.
struct Found {
    date: NaiveDate,
    /// The days off in between, with their names.
    skipped: Vec<(NaiveDate, String)>,
    /// Whether `date` is the search's last day for want of a business day.
    given_up: bool,
}

impl Calendar {
    /// How far a business day is looked for, in days. Longer rows of days off are a mistake in the policy.
    pub const HORIZON_DAYS: i64 = 400;

    /// A calendar with these hours.
    ///
    /// The policy's own days stand beside the computed ones and move no substitute. A day in `workdays` loses its name; at a
    /// weekend it stays a day off.
    #[must_use]
    pub fn new(hours: &Hours) -> Self {
        let added = hours.holidays.iter().map(|day| (day.date, day.name.clone())).collect();
        let removed = hours.workdays.iter().copied().collect();
        Self { hours: hours.clone(), day: Day::of(hours), added, removed }
    }

    /// The name of the holiday on that date, if it is one: `추석 연휴`, `대체공휴일(추석)`, `어린이날·부처님오신날`.
    #[must_use]
    pub fn holiday(&self, date: NaiveDate) -> Option<String> {
        if self.removed.contains(&date) {
            return None;
        }
        match (holidays::name_of(date), self.added.get(&date)) {
            (None, added) => added.cloned(),
            (Some(computed), Some(added)) if !computed.contains(added.as_str()) => {
                Some(format!("{computed}·{added}"))
            }
            (Some(computed), _) => Some(computed.into_owned()),
        }
    }

    /// Whether the desk's customers work on that date (reading 1).
    #[must_use]
    pub fn is_business_day(&self, date: NaiveDate) -> bool {
        !holidays::is_weekend(date) && self.holiday(date).is_none()
    }

    /// Whether `at` lies within opening hours of a business day; lunch counts as open. Half-open: at closing it is closed.
    #[must_use]
    pub fn is_open(&self, at: Time) -> bool {
        let at = in_seoul(&at);
        self.day.is_open(at.time()) && self.is_business_day(at.date_naive())
    }

    /// The opening of that date; `None` when it is no business day.
    #[must_use]
    pub fn opening_on(&self, date: NaiveDate) -> Option<Time> {
        self.is_business_day(date).then(|| seoul_at(date, self.day.open))
    }

    /// The first opening after `at` (strictly; at an opening itself the next one).
    #[must_use]
    pub fn next_opening(&self, at: Time) -> Time {
        let at = in_seoul(&at);
        let date = at.date_naive();
        self.opening_on(date)
            .filter(|opening| at < *opening)
            .unwrap_or_else(|| seoul_at(self.next_business_day(date), self.day.open))
    }

    /// `at` itself when it is open then, lunch included; otherwise the next opening.
    #[must_use]
    pub fn at_or_next_open(&self, at: Time) -> Time {
        let at = in_seoul(&at);
        if self.is_open(at) { at } else { self.next_opening(at) }
    }

    /// The first business day after `date` (strictly). When none of the next [`Calendar::HORIZON_DAYS`] days is one, the last of
    /// them: a policy without business days must not silence the desk.
    #[must_use]
    pub fn next_business_day(&self, date: NaiveDate) -> NaiveDate {
        self.find_business_day(date).date
    }

    /// The days off of `from`..=`to` with their names, in order. Weekends that bear no name are left out; named ones are there.
    #[must_use]
    pub fn non_business_days(&self, from: NaiveDate, to: NaiveDate) -> Vec<(NaiveDate, String)> {
        from.iter_days()
            .take_while(|date| *date <= to)
            .filter_map(|date| Some((date, self.holiday(date)?)))
            .collect()
    }

    fn find_business_day(&self, after: NaiveDate) -> Found {
        let mut found = Found { date: after, skipped: vec![], given_up: false };
        for days in 1..=Self::HORIZON_DAYS.unsigned_abs() {
            let Some(date) = after.checked_add_days(Days::new(days)) else { break };
            found.date = date;
            match self.day_off(date) {
                None => return found,
                Some(name) => found.skipped.push((date, name)),
            }
        }
        found.given_up = true;
        found
    }

    /// What a day off is called; `None`: it is a business day.
    fn day_off(&self, date: NaiveDate) -> Option<String> {
        let weekend = || holidays::is_weekend(date).then(|| "주말".to_owned());
        self.holiday(date).or_else(weekend)
    }
}
