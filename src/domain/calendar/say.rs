//! How days, times and sums are written for people.

use super::day::Lunch;
use crate::domain::time::{Span, Time};
use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta, Timelike, Weekday};

/// Days of a row that are named one by one; the rest are counted.
const NAMED_AT_MOST: usize = 12;

/// `13:15`, with seconds only where there are some.
pub(super) fn time(time: NaiveTime) -> String {
    let pattern = if time.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
    time.format(pattern).to_string()
}

/// `8월 4일(월)`.
#[must_use]
pub fn korean_date(date: NaiveDate) -> String {
    format!("{}월 {}일({})", date.month(), date.day(), weekday(date.weekday()))
}

/// `8월 4일(월) 13:15`; the year in front where it is not that of `near`.
pub(super) fn moment(at: Time, near: NaiveDate) -> String {
    let day = at.date_naive();
    let said = format!("{} {}", korean_date(day), time(at.time()));
    if day.year() == near.year() { said } else { format!("{}년 {said}", day.year()) }
}

/// `2025년 8월 4일(월) 11:45에 받았습니다.`
pub(super) fn received(at: Time) -> String {
    let day = at.date_naive();
    format!("{}년 {} {}에 받았습니다.", day.year(), korean_date(day), time(at.time()))
}

/// `11:45 + 업무시간 30분 = 13:15 (점심 12:00–13:00 제외)`.
pub(super) fn sum(from: NaiveTime, length: Span, to: NaiveTime, lunch: Option<Lunch>) -> String {
    let line = format!("{} + 업무시간 {} = {}", time(from), length.korean(), time(to));
    match lunch {
        Some(lunch) => format!("{line} (점심 {} 제외)", window(lunch.from, lunch.to)),
        None => line,
    }
}

/// `12:00–13:00`.
pub(super) fn window(from: NaiveTime, to: NaiveTime) -> String {
    format!("{}–{}", time(from), time(to))
}

/// The days that a search passed over: `건너뛴 날: 8월 15일(금) 광복절, 8월 16일(토) 주말`.
pub(super) fn skipped(days: &[(NaiveDate, String)]) -> Option<String> {
    let named: Vec<String> = days
        .iter()
        .take(NAMED_AT_MOST)
        .map(|(day, name)| format!("{} {name}", korean_date(*day)))
        .collect();
    let line = format!("건너뛴 날: {}", named.join(", "));
    match days.len() {
        0 => None,
        n if n > NAMED_AT_MOST => Some(format!("{line} 외 {}일", n - NAMED_AT_MOST)),
        _ => Some(line),
    }
}

/// A piece of business time in whole seconds: `1시간 30분`.
pub(super) fn length(length: TimeDelta) -> String {
    let seconds = u32::try_from(length.num_seconds().max(0)).unwrap_or(u32::MAX);
    Span::seconds(seconds).korean()
}

const fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "월",
        Weekday::Tue => "화",
        Weekday::Wed => "수",
        Weekday::Thu => "목",
        Weekday::Fri => "금",
        Weekday::Sat => "토",
        Weekday::Sun => "일",
    }
}
