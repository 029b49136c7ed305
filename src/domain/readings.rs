//! The rooms' temperatures: what was asked for, what was read, what nobody read (F1, F2).

use super::case::Home;
use super::errand::Place;
use super::ids::{ErrandId, Name};
use super::time::Time;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How long readings are remembered, for reports; the journal keeps them for good.
const KEPT: TimeDelta = TimeDelta::days(90);
/// In the threads of so many checks a reading may be told: a day's.
const POSTS_KEPT: usize = 12;

/// Where a temperature is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spot {
    /// 8층 서버실 (F2)
    ServerRoom,
    /// 8층 실외기 (F1)
    OutdoorUnit,
}

/// A temperature in tenths of a degree Celsius.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Celsius(i16);

impl Celsius {
    /// The temperature nearest to so many degrees; `None` where no room can be so.
    #[must_use]
    pub fn of(degrees: f64) -> Option<Self> {
        let tenths = (degrees * 10.0).round();
        if !(-1_000.0..=1_000.0).contains(&tenths) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "within a thousand")]
        let tenths = tenths as i16;
        Some(Self(tenths))
    }

    /// In tenths of a degree.
    #[must_use]
    pub const fn tenths(self) -> i16 {
        self.0
    }

    /// In degrees.
    #[must_use]
    pub fn degrees(self) -> f64 {
        f64::from(self.0) / 10.0
    }
}

impl fmt::Display for Celsius {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.degrees())
    }
}

/// A temperature that somebody read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// When it was told.
    pub at: Time,
    /// Where.
    pub spot: Spot,
    /// What.
    pub celsius: Celsius,
    /// What was said of the place, the duct of the outdoor unit above all; empty: nothing.
    pub state: String,
    /// Whether that is as it should be.
    pub is_fine: bool,
    /// Who read it.
    pub by: Name,
}

/// A reading that was due and that nobody told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// When it was due.
    pub due: Time,
    /// Where.
    pub spot: Spot,
}

/// A round of readings that COC was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// When it fell due.
    pub due: Time,
    /// The post that asks.
    pub home: Home,
    /// Where readings are due.
    pub spots: Vec<Spot>,
    /// Those that were told.
    pub told: BTreeMap<Spot, Reading>,
    /// When it was last asked for.
    pub asked: Time,
    /// How often it was asked for again.
    pub times: u32,
}

impl Check {
    /// Where a reading is still due.
    pub fn left(&self) -> impl Iterator<Item = Spot> {
        self.spots.iter().copied().filter(|spot| !self.told.contains_key(spot))
    }

    /// Whether a reading answers it.
    #[must_use]
    pub fn takes(&self, reading: &Reading) -> bool {
        self.spots.contains(&reading.spot) && self.due <= reading.at
    }

    /// Whether a reading is still due.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.left().next().is_some()
    }

    /// The post that asks.
    #[must_use]
    pub const fn post(&self) -> Option<ErrandId> {
        match &self.home {
            Home::Post(_, post) => Some(*post),
            Home::Message(_) => None,
        }
    }

    /// Its thread.
    #[must_use]
    pub fn thread(&self) -> Place {
        self.home.thread()
    }
}

/// The temperatures of the last months, and the round that is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readings {
    /// Up to when the rounds are dealt with; `None` before the first start.
    pub settled: Option<Time>,
    /// The last round.
    pub check: Option<Check>,
    /// The posts of the last rounds, oldest first.
    posts: Vec<ErrandId>,
    series: Vec<Reading>,
    missed: Vec<Missed>,
}

/// What becomes of the temperatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingsChange {
    /// A round began.
    Asked {
        /// The round.
        check: Box<Check>,
        /// What nobody told until then.
        missed: Vec<Missed>,
    },
    /// The round was asked for again.
    Chased {
        /// When.
        at: Time,
    },
    /// A temperature was told.
    Told {
        /// Which.
        reading: Reading,
        /// Whether it stands in the place of the last one of that spot, which was mistyped.
        corrects: bool,
    },
}

impl Readings {
    /// Takes a change; returns posts of rounds so old that nobody answers there any more.
    pub fn apply(&mut self, at: Time, change: &ReadingsChange) -> Vec<ErrandId> {
        match change {
            ReadingsChange::Asked { check, missed } => {
                self.settled = Some(check.due);
                self.missed.extend(missed);
                self.missed.retain(|one| at - one.due < KEPT);
                self.posts.extend(check.post());
                self.check = Some((**check).clone());
                let old = self.posts.len().saturating_sub(POSTS_KEPT);
                return self.posts.drain(..old).collect();
            }
            ReadingsChange::Chased { at } => {
                if let Some(check) = &mut self.check {
                    check.asked = *at;
                    check.times = check.times.saturating_add(1);
                }
            }
            ReadingsChange::Told { reading, corrects } => {
                let last = self.series.iter().rposition(|one| one.spot == reading.spot);
                if let Some(last) = last.filter(|_| *corrects) {
                    self.series.remove(last);
                }
                self.series.push(reading.clone());
                // one that was told while nobody read comes late
                self.series.sort_by_key(|one| one.at);
                self.series.retain(|one| at - one.at < KEPT);
                if let Some(check) = &mut self.check
                    && check.takes(reading)
                {
                    check.told.insert(reading.spot, reading.clone());
                }
            }
        }
        Vec::new()
    }

    /// The round under way, while a reading is due.
    #[must_use]
    pub fn open_check(&self) -> Option<&Check> {
        self.check.as_ref().filter(|check| check.is_open())
    }

    /// Whether this post asked for a round of readings, a day ago at the most.
    #[must_use]
    pub fn asked_by(&self, post: ErrandId) -> bool {
        self.posts.contains(&post)
    }

    /// The last reading of a spot.
    #[must_use]
    pub fn last(&self, spot: Spot) -> Option<&Reading> {
        self.series.iter().rev().find(|one| one.spot == spot)
    }

    /// The readings of `from` ≤ time < `to`, oldest first.
    pub fn between(&self, from: Time, to: Time) -> impl Iterator<Item = &Reading> {
        self.series.iter().filter(move |one| from <= one.at && one.at < to)
    }

    /// What was due in `from` ≤ time < `to` and nobody told, oldest first.
    pub fn missed_between(&self, from: Time, to: Time) -> impl Iterator<Item = &Missed> {
        self.missed.iter().filter(move |one| from <= one.due && one.due < to)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::domain::time::seoul;

    fn at(day: u32, hour: u32) -> Time {
        let day =
            chrono::NaiveDate::from_ymd_opt(2025, 1, 1).unwrap() + TimeDelta::days(day.into());
        seoul(day.and_hms_opt(hour, 0, 0).unwrap())
    }

    fn told(readings: &mut Readings, at: Time, degrees: f64, corrects: bool) {
        let reading = Reading {
            at,
            spot: Spot::ServerRoom,
            celsius: Celsius::of(degrees).unwrap(),
            state: String::new(),
            is_fine: true,
            by: Name::from("고윤슬"),
        };
        readings.apply(at, &ReadingsChange::Told { reading, corrects });
    }

    #[test]
    fn a_quarter_of_a_year_is_remembered_and_what_was_mistyped_is_not() {
        let mut readings = Readings::default();
        for day in 0..200 {
            told(&mut readings, at(day, 2), 82.5, false);
            told(&mut readings, at(day, 2), 28.5, true);
        }
        assert_eq!(readings.series.len(), 90);
        let day: Vec<String> =
            readings.between(at(150, 0), at(151, 0)).map(|one| one.celsius.to_string()).collect();
        assert_eq!(day, ["28.5"]);
        assert_eq!(readings.between(at(0, 0), at(110, 0)).count(), 0);
        assert_eq!(readings.last(Spot::OutdoorUnit), None);
    }

    #[test]
    fn degrees_are_kept_to_a_tenth() {
        let said = |degrees: f64| Celsius::of(degrees).map(|one| one.to_string());
        assert_eq!(said(27.46).as_deref(), Some("27.5"));
        assert_eq!(said(38.0).as_deref(), Some("38"));
        assert_eq!(said(-3.2).as_deref(), Some("-3.2"));
        assert_eq!([said(300.0), said(f64::NAN), said(f64::INFINITY)], [None, None, None]);
    }
}
