//! Wall-clock time of the desk. Everything in the domain is told the time; nothing reads a clock.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};

/// An instant, seen from Seoul. Korea has kept UTC+9 without daylight saving since 1988.
pub type Time = DateTime<FixedOffset>;

/// The offset of Asia/Seoul: nine hours east of Greenwich.
pub const SEOUL: FixedOffset = match FixedOffset::east_opt(9 * 3600) {
    Some(offset) => offset,
    None => panic!("nine hours is a valid offset"),
};

/// A local date and time of day in Seoul as an instant.
#[must_use]
pub fn seoul(local: NaiveDateTime) -> Time {
    Time::from_naive_utc_and_offset(local - SEOUL_SHIFT, SEOUL)
}

const SEOUL_SHIFT: chrono::TimeDelta = chrono::TimeDelta::hours(9);

/// The instant of `date` at `time` in Seoul.
#[must_use]
pub fn seoul_at(date: NaiveDate, time: NaiveTime) -> Time {
    seoul(date.and_time(time))
}

/// The same instant, seen from Seoul.
#[must_use]
pub fn in_seoul<Tz: TimeZone>(at: &DateTime<Tz>) -> Time {
    at.with_timezone(&SEOUL)
}

/// `HH:MM`, and the day in front when it is not `today`: `22:05`, `8/29 09:00`.
#[must_use]
pub fn clock(at: Time, today: NaiveDate) -> String {
    if at.date_naive() == today {
        at.format("%H:%M").to_string()
    } else {
        at.format("%-m/%-d %H:%M").to_string()
    }
}

/// Durations as people write them (`5m`, `30s`, `1h`), kept as whole seconds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Span(u32);

impl Span {
    /// A span of whole seconds.
    #[must_use]
    pub const fn seconds(n: u32) -> Self {
        Self(n)
    }

    /// A span of whole minutes.
    #[must_use]
    pub const fn minutes(n: u32) -> Self {
        Self(n * 60)
    }

    /// Its length for sums with [`Time`].
    #[must_use]
    pub fn delta(self) -> chrono::TimeDelta {
        chrono::TimeDelta::seconds(i64::from(self.0))
    }

    /// Its length in whole seconds.
    #[must_use]
    pub const fn as_seconds(self) -> u32 {
        self.0
    }

    /// `5분`, `1시간`, `1시간 30분`, `40초`.
    #[must_use]
    pub fn korean(self) -> String {
        let (hours, minutes, seconds) = (self.0 / 3600, self.0 / 60 % 60, self.0 % 60);
        let parts = [(hours, "시간"), (minutes, "분"), (seconds, "초")];
        let said: Vec<String> =
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
        if said.is_empty() { "0초".to_owned() } else { said.join(" ") }
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            n if n > 0 && n % 3600 == 0 => write!(f, "{}h", n / 3600),
            n if n > 0 && n % 60 == 0 => write!(f, "{}m", n / 60),
            n => write!(f, "{n}s"),
        }
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

/// A text that is no duration.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\"은(는) 시간 길이가 아닙니다. 예: 30s, 5m, 1h, 1h30m")]
pub struct NotASpan(String);

impl TryFrom<String> for Span {
    type Error = NotASpan;

    fn try_from(text: String) -> Result<Self, NotASpan> {
        text.parse()
    }
}

impl std::str::FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let wrong = || NotASpan(text.to_owned());
        let (mut total, mut digits) = (0_u32, String::new());
        for letter in text.trim().chars() {
            let unit = match letter {
                '0'..='9' => {
                    digits.push(letter);
                    continue;
                }
                's' => 1,
                'm' => 60,
                'h' => 3600,
                'd' => 86_400,
                _ => return Err(wrong()),
            };
            let n: u32 = digits.parse().map_err(|_| wrong())?;
            digits.clear();
            total = n.checked_mul(unit).and_then(|n| n.checked_add(total)).ok_or_else(wrong)?;
        }
        if digits.is_empty() && !text.trim().is_empty() { Ok(Self(total)) } else { Err(wrong()) }
    }
}
