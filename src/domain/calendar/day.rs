//! The shape of a business day: when it opens, breaks for lunch and closes.

use crate::domain::policy::Hours;
use chrono::{NaiveTime, TimeDelta};

/// A business day's hours, half-open as every window (reading 28).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day {
    /// Business time begins here.
    pub(super) open: NaiveTime,
    /// Business time ends here. A day whose end is not after its beginning has no business time at all.
    pub(super) close: NaiveTime,
    /// Strictly inside the day.
    pub(super) lunch: Option<Lunch>,
}

/// The break; its end comes after its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lunch {
    pub(super) from: NaiveTime,
    pub(super) to: NaiveTime,
}

/// Where some business time leads within one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// To this time of the same day; the lunch that was left out, if any.
    Within(NaiveTime, Option<Lunch>),
    /// To closing or past it.
    PastClose,
}

impl Day {
    /// The day that these hours make. A lunch that begins at the opening or earlier, or lasts to closing, shortens the day; one
    /// that ends before it begins is none.
    pub(super) fn of(hours: &Hours) -> Self {
        let Hours { mut open, mut close, lunch_from: from, lunch_to: to, .. } = *hours;
        let mut lunch = (from < to).then_some(Lunch { from, to });
        if lunch.is_some_and(|lunch| lunch.from <= open) {
            open = open.max(to);
            lunch = None;
        }
        if lunch.is_some_and(|lunch| close <= lunch.to) {
            close = close.min(from);
            lunch = None;
        }
        Self { open, close, lunch }
    }

    /// Whether the day is open at that time; lunch counts as open.
    pub(super) fn is_open(&self, time: NaiveTime) -> bool {
        self.open <= time && time < self.close
    }

    /// The lunch that `time` lies in.
    pub(super) fn lunch_at(&self, time: NaiveTime) -> Option<Lunch> {
        self.lunch.filter(|lunch| lunch.from <= time && time < lunch.to)
    }

    /// Where `length` of business time leads from `from`, a time not before opening and not in lunch. It never leads into lunch:
    /// what would end as lunch begins ends with it.
    pub(super) fn reach(&self, from: NaiveTime, length: TimeDelta) -> Reach {
        let mut end = since_midnight(from) + length;
        let lunch =
            self.lunch.filter(|lunch| from < lunch.from && end >= since_midnight(lunch.from));
        if let Some(lunch) = lunch {
            end += lunch.to - lunch.from;
        }
        if end >= since_midnight(self.close) {
            return Reach::PastClose;
        }
        Reach::Within(NaiveTime::MIN + end, lunch)
    }

    /// The business time from `from`, a time not in lunch, to closing.
    pub(super) fn left(&self, from: NaiveTime) -> TimeDelta {
        let lunch = self.lunch.filter(|lunch| from < lunch.from);
        let all = (self.close - from).max(TimeDelta::zero());
        lunch.map_or(all, |lunch| all - (lunch.to - lunch.from))
    }
}

fn since_midnight(time: NaiveTime) -> TimeDelta {
    time - NaiveTime::MIN
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn at(text: &str) -> NaiveTime {
        text.parse().unwrap()
    }

    fn day(open: &str, from: &str, to: &str, close: &str) -> Day {
        let hours = Hours {
            open: at(open),
            close: at(close),
            lunch_from: at(from),
            lunch_to: at(to),
            ..Hours::default()
        };
        Day::of(&hours)
    }

    #[test]
    fn a_lunch_at_the_edge_shortens_the_day() {
        let noon = Lunch { from: at("12:00:00"), to: at("13:00:00") };
        let usual = day("09:00:00", "12:00:00", "13:00:00", "18:00:00");
        assert_eq!(usual, Day { open: at("09:00:00"), close: at("18:00:00"), lunch: Some(noon) });
        let afternoon = day("12:00:00", "12:00:00", "13:00:00", "18:00:00");
        assert_eq!(afternoon, Day { open: at("13:00:00"), close: at("18:00:00"), lunch: None });
        let morning = day("09:00:00", "12:00:00", "13:00:00", "13:00:00");
        assert_eq!(morning, Day { open: at("09:00:00"), close: at("12:00:00"), lunch: None });
        let none = day("09:00:00", "13:00:00", "12:00:00", "18:00:00");
        assert_eq!(none, Day { open: at("09:00:00"), close: at("18:00:00"), lunch: None });
    }

    #[test]
    fn lunch_is_left_out_of_what_is_left() {
        let usual = day("09:00:00", "12:00:00", "13:00:00", "18:00:00");
        assert_eq!(usual.left(at("09:00:00")), TimeDelta::hours(8));
        assert_eq!(usual.left(at("13:00:00")), TimeDelta::hours(5));
        assert_eq!(usual.left(at("19:00:00")), TimeDelta::zero());
    }
}
