//! Absences (R2 to R4): from the guide's note column and from `/leave`.

use super::super::time::{SEOUL, Time};
use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta};
use serde::{Deserialize, Serialize};

/// When somebody cannot be asked, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// From here on (inclusive); `None`: it is already in force (R4).
    pub from: Option<Time>,
    /// Until here (exclusive, reading 28); a day-long absence ends at 24:00. [`OPEN_END`] when the note names no end ("상시").
    pub to: Time,
    /// What it keeps the person from.
    pub scope: AbsenceScope,
    /// As written.
    pub reason: String,
}

/// What an absence keeps a person from (reading 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AbsenceScope {
    /// Every duty.
    All,
    /// The General list only.
    General,
}

/// The end of an absence without an end: midnight of 9999-01-01 in Seoul, the last year that RFC 3339 can write.
pub const OPEN_END: Time = {
    const END: NaiveDateTime = match chrono::NaiveDate::from_ymd_opt(9998, 12, 31) {
        Some(day) => match day.and_hms_opt(15, 0, 0) {
            Some(time) => time,
            None => panic!("a time of day"),
        },
        None => panic!("a date"),
    };
    DateTime::from_naive_utc_and_offset(END, SEOUL)
};

impl Absence {
    /// Whether it holds at `at`.
    #[must_use]
    pub fn covers(&self, at: Time) -> bool {
        self.from.is_none_or(|from| from <= at) && at < self.to
    }

    /// Its length in words: `8/6`, `8/6~8/8`, `8/6 14:00~16:00`, `~8/28`, `상시`.
    #[must_use]
    pub fn period(&self) -> String {
        let whole_days = self.to.time() == NaiveTime::MIN
            && self.from.is_none_or(|f| f.time() == NaiveTime::MIN);
        let open = self.to == OPEN_END;
        // A day-long absence ends at 24:00, which the calendar calls the next day.
        let last = if whole_days { self.to - TimeDelta::minutes(1) } else { self.to };
        let day = |at: Time| at.format("%-m/%-d").to_string();
        match self.from {
            None if open => "상시".to_owned(),
            Some(from) if open => format!("{}부터", day(from)),
            None if whole_days => format!("~{}", day(last)),
            None => format!("~{}", last.format("%-m/%-d %H:%M")),
            Some(from) if whole_days && from.date_naive() == last.date_naive() => day(from),
            Some(from) if whole_days => format!("{}~{}", day(from), day(last)),
            Some(from) if from.date_naive() == last.date_naive() => {
                format!("{}~{}", from.format("%-m/%-d %H:%M"), last.format("%H:%M"))
            }
            Some(from) => {
                format!("{}~{}", from.format("%-m/%-d %H:%M"), last.format("%-m/%-d %H:%M"))
            }
        }
    }

    /// As people read it: `8/6 전일 휴가`, `~8/28 군사 훈련 (General 제외)`.
    #[must_use]
    pub fn korean(&self) -> String {
        let said = format!("{} {}", self.period(), self.reason);
        let said = said.trim_end();
        match self.scope {
            AbsenceScope::General if !self.reason.contains("제외") => {
                format!("{said} (General 제외)")
            }
            AbsenceScope::General | AbsenceScope::All => said.to_owned(),
        }
    }
}
