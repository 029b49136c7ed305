//! The call rule (A9, reading 3) and sums of business time, each with the arithmetic that people can follow.

use super::day::Reach;
use super::{Calendar, CallTime, Found, say};
use crate::domain::time::{Span, Time, in_seoul, seoul_at};
use chrono::{NaiveDate, TimeDelta};

/// What the notice's time of day means, and with it which part of the rule holds.
enum Arrival {
    /// No business day; its name.
    DayOff(String),
    /// A business day, before it opens.
    BeforeOpening,
    /// A business day, at `late_from` or later.
    Late,
    /// A business day that has closed though it is not late yet.
    AfterClose,
    /// Business time or lunch.
    Open,
}

impl Calendar {
    /// When a notice is phoned (A9, reading 3).
    ///
    /// - at `hours.late_from` or later → the next business day's opening;
    /// - in lunch → the end of lunch and `hours.answer_within`;
    /// - before opening, or on no business day → the next opening and `hours.answer_within`;
    /// - otherwise `hours.answer_within` of business time later: lunch is not counted, and nothing ends inside it.
    ///
    /// A sum that would end at closing or later is phoned at the next business day's opening, so that with any hours a later
    /// notice never gets an earlier call, and every call lies in business time. With hours that leave no business time at all
    /// every call is at an opening; with no business day in sight see [`Calendar::next_business_day`].
    #[must_use]
    pub fn call_at(&self, notice: Time) -> CallTime {
        let notice = in_seoul(&notice);
        let (date, time) = (notice.date_naive(), notice.time());
        let mut sum = vec![];
        match self.arrival(date, notice) {
            Arrival::DayOff(name) => {
                sum.push(format!("{} 쉬는 날입니다 ({name}).", say::received(notice)));
                let found = self.find_business_day(date);
                self.say_skipped(&found, &mut sum);
                self.call_after_opening(found.date, notice, sum)
            }
            Arrival::BeforeOpening => {
                let open = say::time(self.day.open);
                sum.push(format!("{} 업무 시작({open}) 전입니다.", say::received(notice)));
                self.call_after_opening(date, notice, sum)
            }
            Arrival::Late => {
                let late = say::time(self.hours.late_from);
                sum.push(format!(
                    "{} {late} 이후이므로 다음 영업일 업무 시작에 전화합니다.",
                    say::received(notice)
                ));
                self.call_at_next_opening(date, notice, sum)
            }
            Arrival::AfterClose => {
                let close = say::time(self.day.close);
                sum.push(format!(
                    "{} 업무 종료({close}) 이후이므로 다음 영업일 업무 시작에 전화합니다.",
                    say::received(notice)
                ));
                self.call_at_next_opening(date, notice, sum)
            }
            Arrival::Open => {
                let (from, why) = match self.day.lunch_at(time) {
                    Some(lunch) => {
                        sum.push(format!(
                            "{} 점심시간({})이므로 {}부터 셉니다.",
                            say::received(notice),
                            say::window(lunch.from, lunch.to),
                            say::time(lunch.to)
                        ));
                        (lunch.to, "점심 뒤")
                    }
                    None => {
                        let hours = say::window(self.day.open, self.day.close);
                        sum.push(format!("{} 업무시간({hours})입니다.", say::received(notice)));
                        (time, "업무시간")
                    }
                };
                self.call_after(seoul_at(date, from), notice, why, sum)
            }
        }
    }

    /// The instant `length` of business time after `from`, and the sum that leads there, in Korean.
    ///
    /// Lunch, nights and days off are not counted, and the result is never in them: what would end as lunch begins ends with it,
    /// what would end at closing ends at the next opening. The sum is given up at the opening that lies [`Calendar::HORIZON_DAYS`]
    /// or more after `from` (a length that no policy means, or hours without business time).
    #[must_use]
    pub fn add_business(&self, from: Time, length: Span) -> (Time, Vec<String>) {
        let received = in_seoul(&from);
        let near = received.date_naive();
        let mut at = self.at_or_next_open(received);
        if let Some(lunch) = self.day.lunch_at(at.time()) {
            at = seoul_at(at.date_naive(), lunch.to);
        }
        let mut sum = vec![];
        if at != received {
            sum.push(format!("업무시간은 {}부터 셉니다.", say::moment(at, near)));
        }
        let mut left = length.delta();
        loop {
            let (date, time) = (at.date_naive(), at.time());
            if let Reach::Within(end, lunch) = self.day.reach(time, left) {
                let rest = Span::seconds(u32::try_from(left.num_seconds()).unwrap_or(0));
                let line = say::sum(time, rest, end, lunch);
                sum.push(format!("{} {line}", say::korean_date(date)));
                return (seoul_at(date, end), sum);
            }
            let today = self.day.left(time);
            left = (left - today).max(TimeDelta::zero());
            sum.push(format!(
                "{} {}: 업무시간 {}, 남은 시간 {}",
                say::korean_date(date),
                say::window(time, self.day.close),
                say::length(today),
                say::length(left)
            ));
            let found = self.find_business_day(date);
            self.say_skipped(&found, &mut sum);
            at = seoul_at(found.date, self.day.open);
            if found.given_up
                || self.day.close <= self.day.open
                || found.date - near >= TimeDelta::days(Self::HORIZON_DAYS)
            {
                sum.push(format!("{}까지만 셉니다.", say::moment(at, near)));
                return (at, sum);
            }
        }
    }

    fn arrival(&self, date: NaiveDate, notice: Time) -> Arrival {
        let time = notice.time();
        match self.day_off(date) {
            Some(name) => Arrival::DayOff(name),
            None if time >= self.hours.late_from => Arrival::Late,
            None if time < self.day.open => Arrival::BeforeOpening,
            None if time >= self.day.close => Arrival::AfterClose,
            None => Arrival::Open,
        }
    }

    /// The call of a notice that waits for the opening of `date`.
    fn call_after_opening(&self, date: NaiveDate, notice: Time, mut sum: Vec<String>) -> CallTime {
        let opening = seoul_at(date, self.day.open);
        sum.push(format!("업무 시작은 {}입니다.", say::moment(opening, notice.date_naive())));
        self.call_after(opening, notice, "업무 시작 뒤", sum)
    }

    /// The call of a notice whose clock starts at `from`, an instant in business time.
    fn call_after(&self, from: Time, notice: Time, why: &str, mut sum: Vec<String>) -> CallTime {
        let within = self.hours.answer_within;
        match self.day.reach(from.time(), within.delta()) {
            Reach::Within(end, lunch) => {
                sum.push(say::sum(from.time(), within, end, lunch));
                let why = if lunch.is_some() { "점심 제외" } else { why };
                let at = seoul_at(from.date_naive(), end);
                CallTime { at, sum, why: format!("{why} {}", within.korean()) }
            }
            Reach::PastClose => {
                sum.push(format!(
                    "{} + 업무시간 {}: 업무 종료({})까지 끝나지 않으므로 다음 영업일 업무 시작에 전화합니다.",
                    say::time(from.time()),
                    within.korean(),
                    say::time(self.day.close)
                ));
                self.call_at_next_opening(from.date_naive(), notice, sum)
            }
        }
    }

    /// The call at the opening of the first business day after `date`.
    fn call_at_next_opening(
        &self,
        date: NaiveDate,
        notice: Time,
        mut sum: Vec<String>,
    ) -> CallTime {
        let found = self.find_business_day(date);
        self.say_skipped(&found, &mut sum);
        let at = seoul_at(found.date, self.day.open);
        sum.push(format!("다음 영업일 업무 시작 = {}", say::moment(at, notice.date_naive())));
        CallTime { at, sum, why: "다음 영업일 업무 시작".to_owned() }
    }

    fn say_skipped(&self, found: &Found, sum: &mut Vec<String>) {
        sum.extend(say::skipped(&found.skipped));
        if found.given_up {
            sum.push(format!(
                "{}일 안에 영업일이 없습니다. 정책의 hours.holidays를 확인해 주십시오.",
                Self::HORIZON_DAYS
            ));
        }
    }
}
