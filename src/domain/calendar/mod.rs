//! Business time in Seoul: opening hours, holidays, the call rule (readings 1 to 4, 28).

use super::policy::Hours;
use super::time::Time;
use chrono::NaiveDate;

/// Answers questions of business time; built from the policy's hours.
#[derive(Clone, Debug)]
pub struct Calendar {
    hours: Hours,
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

impl Calendar {
    /// A calendar with these hours.
    #[must_use]
    pub fn new(hours: &Hours) -> Self {
        Self { hours: hours.clone() }
    }

    /// The name of the holiday on that date, if it is one.
    #[must_use]
    pub fn holiday(&self, _date: NaiveDate) -> Option<String> {
        None
    }

    /// Whether the desk's customers work on that date.
    #[must_use]
    pub fn is_business_day(&self, _date: NaiveDate) -> bool {
        false
    }

    /// Whether `at` lies within opening hours of a business day; lunch counts as open.
    #[must_use]
    pub fn is_open(&self, _at: Time) -> bool {
        false
    }

    /// The first opening after `at` (strictly; at an opening itself the next one).
    #[must_use]
    pub fn next_opening(&self, at: Time) -> Time {
        at
    }

    /// The call rule (A9, reading 3).
    #[must_use]
    pub fn call_at(&self, notice: Time) -> CallTime {
        let _ = &self.hours;
        CallTime { at: notice, sum: vec![], why: String::new() }
    }
}
