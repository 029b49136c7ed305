//! Business time (readings 1 to 4, A9): golden tables, sums that people read, and properties.

#![expect(clippy::unwrap_used, reason = "tests")]

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta, Weekday};
use coc::domain::calendar::Calendar;
use coc::domain::policy::{Hours, NamedDay};
use coc::domain::time::{Span, Time, seoul_at};
use proptest::prelude::*;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> Time {
    Time::parse_from_rfc3339(&format!("{text}+09:00")).unwrap()
}

fn time_of_day(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

fn named(day: &str, name: &str) -> NamedDay {
    NamedDay { date: date(day), name: name.to_owned() }
}

/// The elections and temporary holidays of 2024 to 2026.
fn decided() -> Vec<NamedDay> {
    vec![
        named("2024-04-10", "국회의원 선거일"),
        named("2024-10-01", "임시공휴일(국군의 날)"),
        named("2025-01-27", "임시공휴일"),
        named("2025-06-03", "대통령 선거일"),
        named("2026-06-03", "지방선거일"),
    ]
}

fn usual() -> Calendar {
    Calendar::new(&Hours::default())
}

fn rows(table: &str) -> Vec<(String, String)> {
    csv::Reader::from_reader(table.as_bytes()).deserialize().map(Result::unwrap).collect()
}

#[test]
fn every_golden_notice_is_phoned_at_its_golden_time() {
    let rows = rows(include_str!("golden/call_at.csv"));
    assert_eq!(rows.len(), 19);
    for (notice, expected) in rows {
        let call = usual().call_at(Time::parse_from_rfc3339(&notice).unwrap());
        assert_eq!(call.at.to_rfc3339(), expected, "{notice}: {:#?}", call.sum);
    }
}

#[test]
fn the_holidays_of_2024_to_2027_are_the_golden_ones() {
    let calendar = Calendar::new(&Hours { holidays: decided(), ..Hours::default() });
    let found: Vec<(String, String)> = calendar
        .non_business_days(date("2024-01-01"), date("2027-12-31"))
        .into_iter()
        .map(|(day, name)| (day.to_string(), name))
        .collect();
    assert_eq!(found, rows(include_str!("golden/holidays.csv")));
}

#[test]
fn the_sum_shows_the_arithmetic() {
    let sums = [
        (
            "2025-08-04T11:45:00",
            "점심 제외 30분",
            vec![
                "2025년 8월 4일(월) 11:45에 받았습니다. 업무시간(09:00–18:00)입니다.",
                "11:45 + 업무시간 30분 = 13:15 (점심 12:00–13:00 제외)",
            ],
        ),
        (
            "2025-08-04T10:00:00",
            "업무시간 30분",
            vec![
                "2025년 8월 4일(월) 10:00에 받았습니다. 업무시간(09:00–18:00)입니다.",
                "10:00 + 업무시간 30분 = 10:30",
            ],
        ),
        (
            "2025-08-04T12:00:00",
            "점심 뒤 30분",
            vec![
                "2025년 8월 4일(월) 12:00에 받았습니다. 점심시간(12:00–13:00)이므로 13:00부터 셉니다.",
                "13:00 + 업무시간 30분 = 13:30",
            ],
        ),
        (
            "2025-08-14T17:40:00",
            "다음 영업일 업무 시작",
            vec![
                "2025년 8월 14일(목) 17:40에 받았습니다. 17:30 이후이므로 다음 영업일 업무 시작에 전화합니다.",
                "건너뛴 날: 8월 15일(금) 광복절, 8월 16일(토) 주말, 8월 17일(일) 주말",
                "다음 영업일 업무 시작 = 8월 18일(월) 09:00",
            ],
        ),
        (
            "2025-10-03T12:30:00",
            "업무 시작 뒤 30분",
            vec![
                "2025년 10월 3일(금) 12:30에 받았습니다. 쉬는 날입니다 (개천절).",
                "건너뛴 날: 10월 4일(토) 주말, 10월 5일(일) 추석 연휴, 10월 6일(월) 추석, 10월 7일(화) 추석 연휴, \
                 10월 8일(수) 대체공휴일(추석), 10월 9일(목) 한글날",
                "업무 시작은 10월 10일(금) 09:00입니다.",
                "09:00 + 업무시간 30분 = 09:30",
            ],
        ),
        (
            "2025-08-05T00:10:07",
            "업무 시작 뒤 30분",
            vec![
                "2025년 8월 5일(화) 00:10:07에 받았습니다. 업무 시작(09:00) 전입니다.",
                "업무 시작은 8월 5일(화) 09:00입니다.",
                "09:00 + 업무시간 30분 = 09:30",
            ],
        ),
        (
            "2025-12-31T17:30:00",
            "다음 영업일 업무 시작",
            vec![
                "2025년 12월 31일(수) 17:30에 받았습니다. 17:30 이후이므로 다음 영업일 업무 시작에 전화합니다.",
                "건너뛴 날: 1월 1일(목) 신정",
                "다음 영업일 업무 시작 = 2026년 1월 2일(금) 09:00",
            ],
        ),
    ];
    for (notice, why, sum) in sums {
        let call = usual().call_at(at(notice));
        assert_eq!(
            (call.why.as_str(), call.sum),
            (why, sum.into_iter().map(str::to_owned).collect())
        );
    }
}

#[test]
fn other_hours_move_the_rule_with_them() {
    let hours = Hours {
        open: time_of_day("08:30"),
        close: time_of_day("17:30"),
        lunch_from: time_of_day("11:30"),
        lunch_to: time_of_day("12:30"),
        late_from: time_of_day("16:45"),
        answer_within: Span::minutes(45),
        ..Hours::default()
    };
    let calendar = Calendar::new(&hours);
    let calls = [
        ("2025-08-04T07:00:00", "2025-08-04T09:15:00"),
        ("2025-08-04T10:45:00", "2025-08-04T12:30:00"),
        ("2025-08-04T11:00:00", "2025-08-04T12:45:00"),
        ("2025-08-04T11:30:00", "2025-08-04T13:15:00"),
        ("2025-08-04T16:44:59", "2025-08-04T17:29:59"),
        ("2025-08-04T16:45:00", "2025-08-05T08:30:00"),
        ("2025-08-09T16:45:00", "2025-08-11T09:15:00"),
    ];
    for (notice, expected) in calls {
        assert_eq!(calendar.call_at(at(notice)).at, at(expected), "{notice}");
    }
}

#[test]
fn a_sum_past_closing_waits_for_the_next_opening() {
    let hours = Hours { late_from: time_of_day("19:00"), ..Hours::default() };
    let calendar = Calendar::new(&hours);
    for notice in ["2025-08-08T17:30:00", "2025-08-08T17:45:00", "2025-08-08T18:30:00"] {
        assert_eq!(calendar.call_at(at(notice)).at, at("2025-08-11T09:00:00"), "{notice}");
    }
    let call = calendar.call_at(at("2025-08-08T17:45:00"));
    let told = "17:45 + 업무시간 30분: 업무 종료(18:00)까지 끝나지 않으므로 다음 영업일 업무 시작에 전화합니다.";
    assert_eq!(call.sum.get(1).map(String::as_str), Some(told));
}

#[test]
fn the_notice_may_be_told_from_another_offset() {
    let utc = Time::parse_from_rfc3339("2025-08-04T02:45:00+00:00").unwrap();
    assert_eq!(usual().call_at(utc).at.to_rfc3339(), "2025-08-04T13:15:00+09:00");
    assert!(usual().is_open(utc));
}

#[test]
fn a_calendar_is_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>(of: T) -> T {
        of.clone()
    }
    let calendar = shared(usual());
    let asked = std::thread::scope(|scope| {
        let ask = || calendar.holiday(date("2031-10-01"));
        [scope.spawn(ask), scope.spawn(ask)].map(|thread| thread.join().unwrap())
    });
    assert_eq!(asked, [Some("추석".to_owned()), Some("추석".to_owned())]);
}

#[test]
fn openings() {
    let calendar = usual();
    let openings = [
        ("2025-08-04T08:59:59", "2025-08-04T09:00:00"),
        ("2025-08-04T09:00:00", "2025-08-05T09:00:00"),
        ("2025-08-08T12:00:00", "2025-08-11T09:00:00"),
        ("2025-08-09T00:00:00", "2025-08-11T09:00:00"),
    ];
    for (from, expected) in openings {
        assert_eq!(calendar.next_opening(at(from)), at(expected), "{from}");
    }
    assert_eq!(calendar.opening_on(date("2025-08-04")), Some(at("2025-08-04T09:00:00")));
    assert_eq!(calendar.opening_on(date("2025-08-15")), None);
    assert_eq!(calendar.at_or_next_open(at("2025-08-04T12:30:00")), at("2025-08-04T12:30:00"));
    assert_eq!(calendar.at_or_next_open(at("2025-08-04T18:00:00")), at("2025-08-05T09:00:00"));
    assert!(calendar.is_open(at("2025-08-04T09:00:00")));
    assert!(calendar.is_open(at("2025-08-04T12:30:00")), "lunch is open");
    assert!(!calendar.is_open(at("2025-08-04T18:00:00")));
    assert!(!calendar.is_open(at("2025-08-15T10:00:00")));
}

#[test]
fn the_policy_adds_days_and_takes_days_out() {
    let hours = Hours {
        holidays: vec![
            named("2025-06-03", "대통령 선거일"),
            named("2025-08-15", "창립기념일"),
            named("2025-10-08", "대체공휴일"),
        ],
        workdays: vec![date("2025-10-09"), date("2025-10-05")],
        ..Hours::default()
    };
    let calendar = Calendar::new(&hours);
    let name = |day: &str| calendar.holiday(date(day));
    assert_eq!(name("2025-06-03").as_deref(), Some("대통령 선거일"));
    assert_eq!(name("2025-08-15").as_deref(), Some("광복절·창립기념일"));
    assert_eq!(name("2025-10-08").as_deref(), Some("대체공휴일(추석)"), "said once");
    assert_eq!(name("2025-10-09"), None);
    assert!(calendar.is_business_day(date("2025-10-09")));
    assert_eq!(name("2025-10-05"), None);
    assert!(!calendar.is_business_day(date("2025-10-05")), "still a Sunday");
    assert!(calendar.is_business_day(date("2025-10-10")), "added days move no substitute");
    assert_eq!(calendar.call_at(at("2025-06-02T17:30:00")).at, at("2025-06-04T09:00:00"));
}

#[test]
fn days_off_leave_unnamed_weekends_out_and_keep_named_ones() {
    let found = usual().non_business_days(date("2025-10-03"), date("2025-10-06"));
    let expected = [("2025-10-03", "개천절"), ("2025-10-05", "추석 연휴"), ("2025-10-06", "추석")]
        .map(|(day, name)| (date(day), name.to_owned()));
    assert_eq!(found, expected);
    assert_eq!(usual().non_business_days(date("2025-10-06"), date("2025-10-03")), []);
}

#[test]
fn business_time_is_added_over_lunch_nights_and_days_off() {
    let sums = [
        ("2025-08-04T11:30:00", Span::minutes(30), "2025-08-04T13:00:00"),
        ("2025-08-04T12:10:00", Span::minutes(0), "2025-08-04T13:00:00"),
        ("2025-08-04T17:30:00", Span::minutes(30), "2025-08-05T09:00:00"),
        ("2025-08-14T17:00:00", Span::minutes(90), "2025-08-18T09:30:00"),
        ("2025-08-14T09:00:00", Span::minutes(16 * 60 - 1), "2025-08-18T17:59:00"),
        ("2025-08-16T10:00:00", Span::minutes(60), "2025-08-18T10:00:00"),
    ];
    for (from, length, expected) in sums {
        let (end, sum) = usual().add_business(at(from), length);
        assert_eq!(end, at(expected), "{from} {length}: {sum:#?}");
    }
    let (_, sum) = usual().add_business(at("2025-08-14T17:00:00"), Span::minutes(90));
    let told = [
        "8월 14일(목) 17:00–18:00: 업무시간 1시간, 남은 시간 30분",
        "건너뛴 날: 8월 15일(금) 광복절, 8월 16일(토) 주말, 8월 17일(일) 주말",
        "8월 18일(월) 09:00 + 업무시간 30분 = 09:30",
    ];
    assert_eq!(sum, told);
}

#[test]
fn a_policy_without_business_days_still_ends_in_a_call() {
    let from = date("2025-01-01");
    let holidays = (0..1200)
        .map(|days| NamedDay { date: from + TimeDelta::days(days), name: "휴무".to_owned() })
        .collect();
    let calendar = Calendar::new(&Hours { holidays, ..Hours::default() });
    let notice = at("2025-03-03T10:00:00");
    let last = notice.date_naive() + TimeDelta::days(Calendar::HORIZON_DAYS);
    let call = calendar.call_at(notice);
    assert_eq!(call.at, seoul_at(last, time_of_day("09:30")));
    let warned = "400일 안에 영업일이 없습니다. 정책의 hours.holidays를 확인해 주십시오.";
    assert!(call.sum.iter().any(|line| line == warned), "{:#?}", call.sum);
    assert!(call.sum.iter().any(|line| line.ends_with("외 388일")), "{:#?}", call.sum);
    assert_eq!(calendar.next_opening(notice), seoul_at(last, time_of_day("09:00")));
    assert_eq!(calendar.add_business(notice, Span::minutes(1)).0.date_naive(), last);
}

/// Minutes of a day as a time.
fn minute(n: u32) -> NaiveTime {
    NaiveTime::from_num_seconds_from_midnight_opt(n * 60, 0).unwrap()
}

fn moment() -> impl Strategy<Value = Time> {
    // 2020 to 2031, to the second.
    (0_i64..12 * 366 * 86_400)
        .prop_map(|seconds| at("2020-01-01T00:00:00") + TimeDelta::seconds(seconds))
}

fn days() -> impl Strategy<Value = Vec<NaiveDate>> {
    let day = (0_i64..12 * 366).prop_map(|days| date("2020-01-01") + TimeDelta::days(days));
    proptest::collection::vec(day, 0..60)
}

/// Hours whose lunch lies strictly inside the day; late begins anywhere.
fn sane_hours() -> impl Strategy<Value = Hours> {
    (
        proptest::collection::btree_set(0_u32..24 * 60, 4),
        0_u32..24 * 60,
        0_u32..10 * 60,
        days(),
        days(),
    )
        .prop_map(|(marks, late, within, off, on)| {
            let marks: Vec<NaiveTime> = marks.into_iter().map(minute).collect();
            hours(marks.try_into().unwrap(), minute(late), Span::minutes(within), off, on)
        })
}

/// Hours in any order at all, any length of answer, and sometimes no business day for years.
fn any_hours() -> impl Strategy<Value = Hours> {
    let mark = || (0_u32..24 * 60).prop_map(minute);
    ([mark(), mark(), mark(), mark()], mark(), any::<u32>(), days(), days(), any::<bool>())
        .prop_map(|(marks, late, within, mut off, on, never)| {
            if never {
                off = date("2020-01-01").iter_days().take(12 * 366).collect();
            }
            hours(marks, late, Span::seconds(within), off, on)
        })
}

fn hours(
    [open, lunch_from, lunch_to, close]: [NaiveTime; 4],
    late_from: NaiveTime,
    answer_within: Span,
    off: Vec<NaiveDate>,
    workdays: Vec<NaiveDate>,
) -> Hours {
    let holidays = off.into_iter().map(|date| NamedDay { date, name: "휴무".to_owned() }).collect();
    Hours { open, close, lunch_from, lunch_to, late_from, answer_within, holidays, workdays }
}

/// Asserts that `when` is in business time and not in lunch.
fn in_business_time(calendar: &Calendar, hours: &Hours, when: Time) -> Result<(), TestCaseError> {
    prop_assert!(calendar.is_business_day(when.date_naive()), "{when} is a day off");
    let time = when.time();
    prop_assert!(hours.open <= time && time < hours.close, "{when} is outside hours");
    prop_assert!(time < hours.lunch_from || hours.lunch_to <= time, "{when} is in lunch");
    Ok(())
}

proptest! {
    #[test]
    fn a_later_notice_never_gets_an_earlier_call(
        hours in sane_hours(), one in moment(), gap in 0_i64..5 * 86_400,
    ) {
        let calendar = Calendar::new(&hours);
        let (first, second) = (calendar.call_at(one), calendar.call_at(one + TimeDelta::seconds(gap)));
        prop_assert!(first.at <= second.at, "{:#?} {:#?}", first, second);
    }

    #[test]
    fn every_call_is_in_business_time_and_not_before_its_notice(hours in sane_hours(), notice in moment()) {
        let calendar = Calendar::new(&hours);
        let call = calendar.call_at(notice);
        prop_assert!(notice <= call.at);
        in_business_time(&calendar, &hours, call.at)?;
    }

    #[test]
    fn the_next_opening_is_the_first_one_after(hours in sane_hours(), from in moment()) {
        let calendar = Calendar::new(&hours);
        let opening = calendar.next_opening(from);
        prop_assert!(from < opening);
        prop_assert_eq!(calendar.opening_on(opening.date_naive()), Some(opening));
        let between = from.date_naive().iter_days().take_while(|day| *day < opening.date_naive());
        for earlier in between.filter_map(|day| calendar.opening_on(day)) {
            prop_assert!(earlier <= from, "{} was passed over", earlier);
        }
    }

    #[test]
    fn business_time_adds_up(
        hours in sane_hours(), from in moment(), one in 0_u32..30_000, two in 0_u32..30_000,
    ) {
        // A day of at least an hour keeps these sums short of the horizon.
        prop_assume!(hours.close - hours.open - (hours.lunch_to - hours.lunch_from) >= TimeDelta::hours(1));
        let calendar = Calendar::new(&hours);
        let (halfway, _) = calendar.add_business(from, Span::seconds(one));
        let (end, _) = calendar.add_business(from, Span::seconds(one + two));
        in_business_time(&calendar, &hours, halfway)?;
        in_business_time(&calendar, &hours, end)?;
        prop_assert!(from <= halfway && halfway <= end);
        prop_assert_eq!(calendar.add_business(halfway, Span::seconds(two)).0, end);
    }

    #[test]
    fn any_hours_at_all_end_in_an_answer_within_the_horizon(
        hours in any_hours(), one in moment(), gap in 0_i64..5 * 86_400,
    ) {
        let calendar = Calendar::new(&hours);
        // Two searches at the most: for the opening, and past a day that is too short.
        let bound = TimeDelta::days(2 * Calendar::HORIZON_DAYS + 1);
        let call = calendar.call_at(one);
        prop_assert!(one <= call.at && call.at <= one + bound);
        prop_assert!(call.at <= calendar.call_at(one + TimeDelta::seconds(gap)).at);
        let (end, _) = calendar.add_business(one, hours.answer_within);
        prop_assert!(one <= end && end <= one + bound);
        prop_assert!(one < calendar.next_opening(one));
        prop_assert!(one <= calendar.at_or_next_open(one));
    }

    #[test]
    fn a_lost_holiday_is_given_back_on_the_first_free_day(year in 2023_i32..=2100) {
        let calendar = usual();
        let all = calendar.non_business_days(
            NaiveDate::from_ymd_opt(year, 1, 1).unwrap(),
            NaiveDate::from_ymd_opt(year, 12, 31).unwrap(),
        );
        let weekend = |day: NaiveDate| matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        for (day, name) in &all {
            if name.starts_with("대체공휴일") {
                prop_assert!(!weekend(*day), "{} {}", day, name);
                let before = day.pred_opt().unwrap();
                prop_assert!(!calendar.is_business_day(before), "{} {} is not the first free day", day, name);
            }
        }
        // Counted by the decree: what a weekend or a shared date takes comes back, day for day.
        let given = all.iter().filter(|(_, name)| name.starts_with("대체공휴일")).count();
        let lost = all
            .iter()
            .filter(|(day, name)| {
                let shared = name.contains('·') && !name.starts_with("대체공휴일");
                let long = name.split('·').all(|part| part.starts_with("설날") || part.starts_with("추석"));
                let never = ["신정", "현충일"].contains(&name.as_str());
                let (sunday, saturday) = (day.weekday() == Weekday::Sun, day.weekday() == Weekday::Sat);
                !never && (sunday || (saturday && !long) || shared)
            })
            .count();
        prop_assert_eq!(given, lost, "{:?}", all);
    }
}
