//! Daily, weekly and monthly reports: in n on the policy's schedule, and for one person by `/coc report` (W2).

use super::super::change::{Change, Chore};
use super::super::desk::{Desk, Room};
use super::super::errand::{ErrandKind, Place, TextFile, Urgency};
use super::super::figures::{Period, figures, reached};
use super::super::policy::Policy;
use super::super::time::{Time, seoul_at};
use super::super::turn::Turn;
use super::super::words;
use super::commands::Typed;
use super::monthly;
use chrono::{Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Timelike, Weekday};
use serde::{Deserialize, Serialize};

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// 일간: of the 24 hours before.
    Daily,
    /// 주간: of the week before, from Monday.
    Weekly,
    /// 월간: of the month before.
    Monthly,
}

impl ReportKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Daily, Self::Weekly, Self::Monthly];

    /// At what time of day it is posted.
    const fn posted_at(self, policy: &Policy) -> NaiveTime {
        match self {
            Self::Daily => policy.reports.daily_at,
            Self::Weekly => policy.reports.weekly_at,
            Self::Monthly => policy.reports.monthly_at,
        }
    }

    fn falls_on(self, day: NaiveDate) -> bool {
        match self {
            Self::Daily => true,
            Self::Weekly => day.weekday() == Weekday::Mon,
            Self::Monthly => day.day() == 1,
        }
    }

    /// When it falls due next; `done` is up to when it was dealt with.
    #[must_use]
    pub fn next(self, policy: &Policy, done: Time) -> Option<Time> {
        let days = (0..=32).filter_map(|n| done.date_naive().checked_add_days(Days::new(n)));
        let falls = days.filter(|day| self.falls_on(*day));
        falls.map(|day| seoul_at(day, self.posted_at(policy))).find(|due| *due > done)
    }

    /// What the report that falls due then is about.
    fn before(self, due: Time) -> Period {
        let midnight = seoul_at(due.date_naive(), NaiveTime::MIN);
        match self {
            Self::Daily => Period { from: due - TimeDelta::days(1), to: due },
            Self::Weekly => Period { from: midnight - TimeDelta::days(7), to: midnight },
            Self::Monthly => Period { from: a_month_before(midnight), to: midnight },
        }
    }

    /// What it is about when somebody asks now: as long a time, up to now.
    fn up_to(self, now: Time) -> Period {
        let minute = now.with_second(0).and_then(|at| at.with_nanosecond(0)).unwrap_or(now);
        let to = minute + TimeDelta::minutes(1);
        let midnight = seoul_at(now.date_naive(), NaiveTime::MIN);
        let from = match self {
            Self::Daily => to - TimeDelta::days(1),
            Self::Weekly => midnight - TimeDelta::days(7),
            Self::Monthly => a_month_before(midnight),
        };
        Period { from, to }
    }

    /// As people type it.
    fn named(text: &str) -> Option<Self> {
        match text.to_lowercase().as_str() {
            "일간" | "daily" => Some(Self::Daily),
            "주간" | "weekly" => Some(Self::Weekly),
            "월간" | "monthly" => Some(Self::Monthly),
            _ => None,
        }
    }
}

fn a_month_before(at: Time) -> Time {
    at.checked_sub_months(Months::new(1)).unwrap_or(at)
}

/// When each report falls due next.
pub fn due(desk: &Desk) -> impl Iterator<Item = (Option<Time>, Chore)> {
    let policy = &desk.policy.value;
    let posted = desk.reported.iter().filter(|_| policy.reports.post);
    posted.map(|(kind, done)| (kind.next(policy, *done), Chore::Report(*kind)))
}

/// A report falls due, or did while the desk was away: then the latest alone is posted.
pub(in crate::domain) fn scheduled(turn: &mut Turn<'_>, kind: ReportKind, due: Time) {
    let (desk, now) = (turn.desk, turn.now);
    let Some(channel) = desk.room(Room::Noti) else { return };
    let (mut latest, mut left_out) = (due, 0_u32);
    while let Some(next) = kind.next(&desk.policy.value, latest).filter(|next| *next <= now) {
        latest = next;
        left_out = left_out.saturating_add(1);
    }
    let figures = figures(desk, kind.before(latest));
    let people = matches!(kind, ReportKind::Monthly).then(|| reached(desk, now));
    let late = words::lateness(desk, latest, now);
    let mut message = words::reports::report(desk, kind, &figures, people.as_ref(), &late, now);
    message.lines.extend(words::reports::left_out(left_out));
    message.lines.push(words::reports::legend(&figures));
    let chart = Box::new(words::reports::chart(kind, &figures, now));
    let place = Place { channel, thread: None };
    turn.change(Change::Reported { kind, due: latest });
    let kind = ErrandKind::PostWithPicture { place, message, chart };
    turn.owe(None, Urgency::Housekeeping, kind);
}

/// `/coc report 일간|주간|월간 [csv]`
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>, rest: &str) {
    if let Some(rest) = rest.strip_prefix("입퇴점") {
        return monthly::commanded(turn, typed, rest);
    }
    let (desk, now) = (turn.desk, turn.now);
    if !desk.holds(typed.by, &desk.policy.value.roles.report) {
        return turn.tell(typed.by, typed.reply, words::reports::not_allowed());
    }
    let said: Vec<&str> = rest.split_whitespace().collect();
    let (kind, form) = match said.as_slice() {
        [kind] => (ReportKind::named(kind), Some(Form::Words)),
        [kind, form] => {
            (ReportKind::named(kind), form.eq_ignore_ascii_case("csv").then_some(Form::Csv))
        }
        [] | [..] => (None, None),
    };
    let (Some(kind), Some(form)) = (kind, form) else {
        return turn.tell(typed.by, typed.reply, words::reports::which(rest));
    };
    let figures = figures(desk, kind.up_to(now));
    let people = matches!(kind, ReportKind::Monthly).then(|| reached(desk, now));
    match form {
        Form::Words => {
            let message = words::reports::report(desk, kind, &figures, people.as_ref(), "", now);
            turn.tell(typed.by, typed.reply, message);
        }
        Form::Csv => {
            let name = words::reports::file_name(kind, now, "csv");
            let text = words::reports::csv(desk, &figures, people.as_ref());
            let message = words::reports::csv_is_here(kind, &figures, now);
            let file = TextFile { name, text };
            let kind = ErrandKind::File { to: typed.by.clone(), message, file };
            turn.owe(None, Urgency::Answer, kind);
            turn.tell(typed.by, typed.reply, words::reports::csv_comes());
        }
    }
}

#[derive(Clone, Copy)]
enum Form {
    Words,
    Csv,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::time::seoul;

    fn at(month: u32, day: u32, hour: u32, minute: u32) -> Time {
        let date = NaiveDate::from_ymd_opt(2025, month, day).unwrap();
        seoul(date.and_hms_opt(hour, minute, 0).unwrap())
    }

    #[test]
    fn when_reports_fall_due() {
        let policy = Policy::default();
        let next = |kind: ReportKind, done| kind.next(&policy, done).unwrap();
        assert_eq!(next(ReportKind::Daily, at(8, 5, 8, 59)), at(8, 5, 9, 0));
        assert_eq!(next(ReportKind::Daily, at(8, 5, 9, 0)), at(8, 6, 9, 0));
        assert_eq!(next(ReportKind::Weekly, at(8, 5, 9, 0)), at(8, 11, 9, 10));
        assert_eq!(next(ReportKind::Weekly, at(8, 11, 9, 10)), at(8, 18, 9, 10));
        assert_eq!(next(ReportKind::Monthly, at(8, 1, 9, 20)), at(9, 1, 9, 20));
        assert_eq!(next(ReportKind::Monthly, at(12, 31, 23, 0)).date_naive().year(), 2026);
    }

    #[test]
    fn what_they_are_about() {
        let of = |kind: ReportKind, due| {
            let period = kind.before(due);
            (period.from, period.to)
        };
        assert_eq!(of(ReportKind::Daily, at(8, 5, 9, 0)), (at(8, 4, 9, 0), at(8, 5, 9, 0)));
        assert_eq!(of(ReportKind::Weekly, at(8, 11, 9, 10)), (at(8, 4, 0, 0), at(8, 11, 0, 0)));
        assert_eq!(of(ReportKind::Monthly, at(9, 1, 9, 20)), (at(8, 1, 0, 0), at(9, 1, 0, 0)));
        let asked = ReportKind::Monthly.up_to(at(8, 20, 22, 5));
        assert_eq!((asked.from, asked.to), (at(7, 20, 0, 0), at(8, 20, 22, 6)));
    }
}
