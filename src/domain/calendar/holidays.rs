//! The public holidays of South Korea, computed year by year (reading 1).
//!
//! Solar days stand at their date. Lunar ones come from the traditional calendar, which follows the national observatory's table
//! from 1912 to 2050 and the same astronomy after it. Substitute days follow the decree on public holidays (관공서의 공휴일에 관한
//! 규정, article 3), each rule from the year in which it began to hold. Elections and temporary holidays cannot be computed: they
//! are in the policy (`hours.holidays`).
//!
//! The result is right in [`KNOWN_YEARS`]. Earlier years show today's days without substitutes.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use icu_calendar::types::Month;
use icu_calendar::{Date, cal::KoreanTraditional};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::OnceLock;

/// The years whose holidays are known: from the first substitutes to the end of the observatory's table.
pub const KNOWN_YEARS: RangeInclusive<i32> = 2014..=2050;

/// When a holiday that is lost is given back on another day.
#[derive(Clone, Copy, Debug)]
enum Substitute {
    /// Never: 신정, 현충일.
    Never,
    /// From this year on, when it falls on a Saturday, on a Sunday or on another holiday.
    Weekend { since: i32 },
    /// From this year on, when it falls on a Sunday or on another holiday: 설날, 추석.
    Sunday { since: i32 },
}

impl Substitute {
    /// Whether a holiday on `date`, shared with another one or not, is given back.
    fn due(self, date: NaiveDate, shared: bool) -> bool {
        let (since, saturday_counts) = match self {
            Self::Never => return false,
            Self::Weekend { since } => (since, true),
            Self::Sunday { since } => (since, false),
        };
        date.year() >= since
            && match date.weekday() {
                Weekday::Sun => true,
                Weekday::Sat => saturday_counts,
                Weekday::Mon | Weekday::Tue | Weekday::Wed | Weekday::Thu | Weekday::Fri => shared,
            }
    }
}

/// A holiday at a date of the solar calendar.
struct Solar {
    name: &'static str,
    month: u32,
    day: u32,
    /// The first year in which it is a public holiday; `None`: before every year that matters here.
    since: Option<i32>,
    substitute: Substitute,
}

#[rustfmt::skip]
const SOLAR: [Solar; 10] = [
    Solar { name: "신정", month: 1, day: 1, since: None, substitute: Substitute::Never },
    Solar { name: "삼일절", month: 3, day: 1, since: None, substitute: Substitute::Weekend { since: 2022 } },
    Solar { name: "노동절", month: 5, day: 1, since: Some(2026), substitute: Substitute::Weekend { since: 2026 } },
    Solar { name: "어린이날", month: 5, day: 5, since: None, substitute: Substitute::Weekend { since: 2014 } },
    Solar { name: "현충일", month: 6, day: 6, since: None, substitute: Substitute::Never },
    Solar { name: "제헌절", month: 7, day: 17, since: Some(2026), substitute: Substitute::Weekend { since: 2026 } },
    Solar { name: "광복절", month: 8, day: 15, since: None, substitute: Substitute::Weekend { since: 2021 } },
    Solar { name: "개천절", month: 10, day: 3, since: None, substitute: Substitute::Weekend { since: 2021 } },
    Solar { name: "한글날", month: 10, day: 9, since: None, substitute: Substitute::Weekend { since: 2021 } },
    Solar { name: "성탄절", month: 12, day: 25, since: None, substitute: Substitute::Weekend { since: 2023 } },
];

/// A holiday at a date of the lunar calendar.
struct Lunar {
    name: &'static str,
    month: u8,
    day: u8,
    /// What the days before and after it are called; `None`: they are no holidays.
    around: Option<&'static str>,
    substitute: Substitute,
}

#[rustfmt::skip]
const LUNAR: [Lunar; 3] = [
    Lunar { name: "설날", month: 1, day: 1, around: Some("설날 연휴"), substitute: Substitute::Sunday { since: 2014 } },
    Lunar { name: "부처님오신날", month: 4, day: 8, around: None, substitute: Substitute::Weekend { since: 2023 } },
    Lunar { name: "추석", month: 8, day: 15, around: Some("추석 연휴"), substitute: Substitute::Sunday { since: 2014 } },
];

/// A holiday on one day.
struct Holiday {
    /// What that day is called.
    name: &'static str,
    /// What a substitute for it names.
    festival: &'static str,
    substitute: Substitute,
}

/// The holidays of a year with their names.
type Year = BTreeMap<NaiveDate, String>;

const FIRST_KEPT: i32 = 1900;
const KEPT: usize = 201;

/// Years once computed. They depend on nothing but the year, so every calendar shares them.
static YEARS: [OnceLock<Year>; KEPT] = [const { OnceLock::new() }; KEPT];

/// The name of the public holiday on that date, if it is one. Days that share a date are joined: `어린이날·부처님오신날`.
pub(super) fn name_of(date: NaiveDate) -> Option<Cow<'static, str>> {
    let kept = usize::try_from(date.year() - FIRST_KEPT).ok().and_then(|index| YEARS.get(index));
    match kept {
        Some(year) => {
            let days = year.get_or_init(|| compute(date.year()));
            days.get(&date).map(|name| Cow::Borrowed(name.as_str()))
        }
        None => compute(date.year()).remove(&date).map(Cow::Owned),
    }
}

fn compute(year: i32) -> Year {
    let days = days_of(year);
    let mut taken: BTreeSet<NaiveDate> = days.keys().copied().collect();
    let mut named: Year = days
        .iter()
        .map(|(&date, holidays)| (date, joined(holidays.iter().map(|holiday| holiday.name))))
        .collect();
    for (&date, holidays) in &days {
        let shared = holidays.len() > 1;
        let lost: Vec<&str> = holidays
            .iter()
            .filter(|holiday| holiday.substitute.due(date, shared))
            .map(|holiday| holiday.festival)
            .collect();
        // Two holidays that share a date are given back as one day, as 2025-05-06 was.
        if !lost.is_empty()
            && let Some(free) = first_free_after(date, &taken)
        {
            taken.insert(free);
            named.insert(free, format!("대체공휴일({})", joined(lost.into_iter())));
        }
    }
    named
}

/// The holidays proper, by date.
fn days_of(year: i32) -> BTreeMap<NaiveDate, Vec<Holiday>> {
    let mut days: BTreeMap<NaiveDate, Vec<Holiday>> = BTreeMap::new();
    for day in SOLAR.iter().filter(|day| day.since.is_none_or(|since| since <= year)) {
        if let Some(date) = NaiveDate::from_ymd_opt(year, day.month, day.day) {
            let (name, substitute) = (day.name, day.substitute);
            days.entry(date).or_default().push(Holiday { name, festival: name, substitute });
        }
    }
    for day in &LUNAR {
        let Some(date) = solar_date(year, day.month, day.day) else { continue };
        let around =
            day.around.map(|name| [(date.pred_opt(), name), (date.succ_opt(), name)]).into_iter();
        for (date, name) in around.flatten().chain([(Some(date), day.name)]) {
            if let Some(date) = date {
                let (festival, substitute) = (day.name, day.substitute);
                days.entry(date).or_default().push(Holiday { name, festival, substitute });
            }
        }
    }
    days
}

/// The solar date of a day in a month, no leap one, of the lunar year that begins in `year`.
fn solar_date(year: i32, month: u8, day: u8) -> Option<NaiveDate> {
    let lunar: Date<KoreanTraditional> =
        Date::try_new_korean_traditional(year, Month::new(month), day).ok()?;
    let days = i32::try_from(lunar.to_rata_die().to_i64_date()).ok()?;
    NaiveDate::from_num_days_from_ce_opt(days)
}

/// The first day after `date` that is neither at a weekend nor a holiday already. Ten days are enough for every festival.
fn first_free_after(date: NaiveDate, taken: &BTreeSet<NaiveDate>) -> Option<NaiveDate> {
    (1..=10)
        .filter_map(|days| date.checked_add_days(Days::new(days)))
        .find(|day| !is_weekend(*day) && !taken.contains(day))
}

pub(super) fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join("·")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn name(text: &str) -> Option<String> {
        name_of(text.parse().unwrap()).map(Cow::into_owned)
    }

    fn substitutes(year: i32) -> Vec<(String, String)> {
        compute(year)
            .into_iter()
            .filter(|(_, name)| name.starts_with("대체공휴일"))
            .map(|(date, name)| (date.to_string(), name))
            .collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(date, name)| ((*date).to_owned(), (*name).to_owned())).collect()
    }

    #[test]
    fn no_substitutes_before_2014_and_only_three_festivals_before_2021() {
        assert_eq!(substitutes(2013), []);
        assert_eq!(substitutes(2014), pairs(&[("2014-09-10", "대체공휴일(추석)")]));
        assert_eq!(substitutes(2015), pairs(&[("2015-09-29", "대체공휴일(추석)")]));
        assert_eq!(substitutes(2016), pairs(&[("2016-02-10", "대체공휴일(설날)")]));
        // 2017-10-03 was both 개천절 and the day before 추석, on a Tuesday.
        let of_2017 = [("2017-01-30", "대체공휴일(설날)"), ("2017-10-06", "대체공휴일(추석)")];
        assert_eq!(substitutes(2017), pairs(&of_2017));
        let of_2018 = [("2018-05-07", "대체공휴일(어린이날)"), ("2018-09-26", "대체공휴일(추석)")];
        assert_eq!(substitutes(2018), pairs(&of_2018));
        assert_eq!(substitutes(2019), pairs(&[("2019-05-06", "대체공휴일(어린이날)")]));
        assert_eq!(substitutes(2020), pairs(&[("2020-01-27", "대체공휴일(설날)")]));
    }

    #[test]
    fn each_rule_holds_from_its_own_year() {
        let of_2021 = [
            ("2021-08-16", "대체공휴일(광복절)"),
            ("2021-10-04", "대체공휴일(개천절)"),
            ("2021-10-11", "대체공휴일(한글날)"),
        ];
        assert_eq!(substitutes(2021), pairs(&of_2021), "성탄절 on Saturday has none yet");
        let of_2022 = [("2022-09-12", "대체공휴일(추석)"), ("2022-10-10", "대체공휴일(한글날)")];
        assert_eq!(substitutes(2022), pairs(&of_2022), "부처님오신날, 성탄절 have none yet");
        let of_2023 =
            [("2023-01-24", "대체공휴일(설날)"), ("2023-05-29", "대체공휴일(부처님오신날)")];
        assert_eq!(substitutes(2023), pairs(&of_2023));
    }

    #[test]
    fn labour_and_constitution_days_are_public_from_2026() {
        assert_eq!(name("2025-05-01"), None);
        assert_eq!(name("2025-07-17"), None);
        assert_eq!(name("2026-05-01").as_deref(), Some("노동절"));
        assert_eq!(name("2026-07-17").as_deref(), Some("제헌절"));
        assert_eq!(name("2027-05-03").as_deref(), Some("대체공휴일(노동절)"));
        assert_eq!(name("2027-07-19").as_deref(), Some("대체공휴일(제헌절)"));
    }

    #[test]
    fn new_year_and_memorial_day_are_never_given_back() {
        // 2022-01-01 and 2026-06-06 are Saturdays, 2023-01-01 and 2027-06-06 Sundays.
        for day in ["2022-01-03", "2023-01-02", "2026-06-08", "2027-06-07"] {
            assert_eq!(name(day), None, "{day}");
        }
    }

    #[test]
    fn a_saturday_takes_nothing_from_the_long_festivals() {
        assert_eq!(name("2026-09-26").as_deref(), Some("추석 연휴"), "a Saturday");
        assert_eq!(name("2026-09-28"), None);
    }

    #[test]
    fn shared_days_are_given_back_once() {
        assert_eq!(name("2025-05-05").as_deref(), Some("어린이날·부처님오신날"));
        assert_eq!(name("2025-05-06").as_deref(), Some("대체공휴일(어린이날·부처님오신날)"));
        assert_eq!(name("2025-05-07"), None);
        assert_eq!(name("2028-10-03").as_deref(), Some("개천절·추석"));
        assert_eq!(name("2028-10-05").as_deref(), Some("대체공휴일(개천절·추석)"));
        assert_eq!(name("2028-10-06"), None);
    }

    #[test]
    fn a_substitute_steps_over_holidays_and_other_substitutes() {
        // 2025-10-05, the day before 추석, is a Sunday; the festival ends on Tuesday, 한글날 is Thursday.
        assert_eq!(name("2025-10-05").as_deref(), Some("추석 연휴"));
        assert_eq!(name("2025-10-08").as_deref(), Some("대체공휴일(추석)"));
        assert_eq!(name("2025-10-09").as_deref(), Some("한글날"));
        assert_eq!(name("2025-10-10"), None);
        // 2036: Friday is 개천절 and the day before 추석, Sunday the day after it.
        assert_eq!(name("2036-10-06").as_deref(), Some("대체공휴일(개천절·추석)"));
        assert_eq!(name("2036-10-07").as_deref(), Some("대체공휴일(추석)"));
    }

    #[test]
    fn every_year_can_be_asked() {
        for year in [i32::MIN, -10_000, 0, 1899, 1900, 2100, 2101, 9999, 10_000, i32::MAX] {
            assert_eq!(compute(year).keys().filter(|date| date.year() != year).count(), 0);
        }
        assert_eq!(name("1899-03-01").as_deref(), Some("삼일절"));
        assert_eq!(name("2101-03-01").as_deref(), Some("삼일절"));
        assert_eq!(name_of(NaiveDate::MIN).as_deref(), Some("신정"));
        assert_eq!(name_of(NaiveDate::MAX), None);
    }
}
