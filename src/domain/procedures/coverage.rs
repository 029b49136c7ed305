//! The coming weeks: every stretch in which too few people could be reached (R2).

use super::super::change::Change;
use super::super::customers::Customers;
use super::super::desk::{Desk, Room};
use super::super::errand::{Place, Urgency};
use super::super::ids::Name;
use super::super::message::Message;
use super::super::people::Roster;
use super::super::people::absence::Absence;
use super::super::people::order::{Candidate, Duty, Leaves, Order, msp_order, urgent_order};
use super::super::policy::Policy;
use super::super::text::pattern;
use super::super::time::{Time, seoul_at};
use super::super::turn::Turn;
use super::super::words::{self, coverage as said};
use chrono::TimeDelta;
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Which people are counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The General list.
    General,
    /// Everybody of the urgent chain (A5).
    Urgent,
    /// TS 정 and 부 of a customer (M8).
    Owners(String),
    /// Everybody of a customer's MSP chain (M8).
    Msp(String),
}

/// A stretch of time in which the same people of a group are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// From here on (inclusive).
    pub from: Time,
    /// Until here (exclusive).
    pub to: Time,
    /// Of whom.
    pub group: Group,
    /// How many are there.
    pub present: usize,
    /// How many there are in all.
    pub of: usize,
    /// Who is away.
    pub away: Vec<Name>,
    /// How many should be there at the least.
    pub needed: usize,
}

impl Stretch {
    /// Whether too few are there.
    #[must_use]
    pub const fn is_short(&self) -> bool {
        self.present < self.needed
    }
}

/// What is counted: the General list, the urgent chain, and of each MSP and important customer the owners and the chain.
fn counted(
    roster: &Roster,
    customers: &Customers,
    policy: &Policy,
    only: Option<&str>,
) -> Vec<(Group, Order, usize)> {
    let needed = usize::try_from(policy.coverage.at_least).unwrap_or(usize::MAX);
    let mut counted = Vec::new();
    if only.is_none() {
        let urgent = urgent_order(roster, policy);
        let of_list = |one: &&Candidate| one.duty == Duty::General;
        let general = urgent.candidates.iter().filter(of_list).cloned().collect();
        counted.push((Group::General, Order { candidates: general, warnings: Vec::new() }, needed));
        counted.push((Group::Urgent, urgent, needed));
    }
    for customer in customers.0.iter().filter(|one| one.runs_msp_chain()) {
        if only.is_some_and(|name| name != customer.name) {
            continue;
        }
        let order = msp_order(roster, customer, policy);
        let is_owner = |one: &&Candidate| {
            [&customer.ts_primary, &customer.ts_backup].contains(&&Some(one.name.clone()))
        };
        let owners: Vec<Candidate> = order.candidates.iter().filter(is_owner).cloned().collect();
        if !owners.is_empty() {
            let order = Order { candidates: owners, warnings: Vec::new() };
            counted.push((Group::Owners(customer.name.clone()), order, 1));
        }
        counted.push((Group::Msp(customer.name.clone()), order, needed));
    }
    counted
}

/// Everybody's coming and going within `from` ≤ time < `to`, with both.
fn turns(roster: &Roster, leaves: &Leaves, from: Time, to: Time) -> Vec<Time> {
    let noted = roster.people.iter().flat_map(|person| &person.absences);
    let entered = leaves.values().flatten();
    let ends = |one: &Absence| [one.from, Some(one.to)].into_iter().flatten();
    let turns = noted.chain(entered).flat_map(ends).filter(|at| from < *at && *at < to);
    turns.chain([from, to]).collect::<BTreeSet<Time>>().into_iter().collect()
}

/// How many people of each group are there, stretch by stretch, within `from` ≤ time < `to`; of one customer's alone with `only`.
#[must_use]
pub fn stretches(
    roster: &Roster,
    customers: &Customers,
    policy: &Policy,
    leaves: &Leaves,
    (from, to): (Time, Time),
    only: Option<&str>,
) -> Vec<Stretch> {
    let turns = turns(roster, leaves, from, to);
    let mut all: Vec<Stretch> = Vec::new();
    for (group, order, needed) in counted(roster, customers, policy, only) {
        let first = all.len();
        for span in turns.windows(2) {
            let [from, to] = span else { continue };
            let (there, skipped) = order.available(roster, leaves, *from);
            let away: Vec<Name> = skipped.into_iter().map(|one| one.name).collect();
            let present = there.len();
            match all.get_mut(first..).and_then(<[Stretch]>::last_mut) {
                Some(last) if last.away == away => last.to = *to,
                Some(_) | None => all.push(Stretch {
                    from: *from,
                    to: *to,
                    group: group.clone(),
                    present,
                    of: order.candidates.len(),
                    away,
                    needed,
                }),
            }
        }
    }
    all
}

fn of_desk(desk: &Desk, from: Time, days: i64, only: Option<&str>) -> Vec<Stretch> {
    let (roster, customers) = (&desk.roster.value, &desk.customers.value);
    let span = (from, from + TimeDelta::days(days));
    stretches(roster, customers, &desk.policy.value, &desk.leaves, span, only)
}

/// The furthest that anybody looks ahead, in days.
const FURTHEST: i64 = 60;

/// Two hyphens are often one dash by the time they arrive.
static DAYS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:--|[—–-])\s*(?:days|일)\s*[= ]?\s*(\S*)"));

/// `/coc order [고객사] --days 14`; `None` when it asks for no days.
pub(super) fn asked(turn: &Turn<'_>, text: &str) -> Option<Message> {
    let (desk, now) = (turn.desk, turn.now);
    let found = DAYS.captures(text)?;
    let part = |nth| found.get(nth).map_or("", |one| one.as_str());
    let days = match part(1).trim_end_matches('일') {
        "" => i64::from(desk.policy.value.coverage.days),
        written => match written.parse::<i64>() {
            Ok(days) if (1..=FURTHEST).contains(&days) => days,
            Ok(_) | Err(_) => return Some(said::bad_days(part(1), FURTHEST)),
        },
    };
    let customer = text.replacen(part(0), " ", 1).trim().to_owned();
    let record = desk.customers.value.find(&customer);
    let only = match record {
        None if !customer.is_empty() => {
            let unknown = words::urgent::unknown_customer(desk, &customer);
            return Some(words::refused(unknown, "예: /coc order 가나게임즈 --days 14"));
        }
        Some(one) if one.runs_msp_chain() => Some(one.name.as_str()),
        Some(_) | None => None,
    };
    Some(said::ahead(&of_desk(desk, now, days, only), only, days, now))
}

/// When the coming weeks are looked at next; `done` is up to when they were.
#[must_use]
pub fn next_check(desk: &Desk, done: Time) -> Option<Time> {
    let (policy, calendar) = (&desk.policy.value.coverage, desk.calendar());
    let today = done.date_naive();
    let at = |day| seoul_at(day, policy.check_at);
    if calendar.is_business_day(today) && at(today) > done {
        return Some(at(today));
    }
    Some(at(calendar.next_business_day(today)))
}

/// It is time to look at the coming weeks: told in n when something is short.
pub(in crate::domain) fn check(turn: &mut Turn<'_>, due: Time) {
    let (desk, now) = (turn.desk, turn.now);
    // whoever was away for days looks once
    let mut latest = due;
    while let Some(next) = next_check(desk, latest).filter(|next| *next <= now) {
        latest = next;
    }
    turn.change(Change::CoverageChecked { due: latest });
    let days = i64::from(desk.policy.value.coverage.days);
    let all = of_desk(desk, now, days, None);
    if all.iter().any(Stretch::is_short)
        && let Some(channel) = desk.room(Room::Noti)
    {
        let message = said::morning(desk, &all, days, latest, now);
        turn.post(None, Urgency::Notice, Place { channel, thread: None }, message);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::domain::books::{ReadBooks, read_books};
    use crate::domain::input::Books;
    use crate::domain::people::absence::AbsenceScope;
    use crate::domain::people::order::absence_at;
    use crate::domain::time::seoul;
    use proptest::prelude::*;

    fn books() -> ReadBooks {
        let books = Books {
            policy: String::new(),
            guide: include_str!("../../../data/guide.txt").to_owned(),
            customers: include_str!("../../../data/customers.csv").to_owned(),
            ..Books::default()
        };
        let day = chrono::NaiveDate::from_ymd_opt(2025, 8, 5).unwrap();
        read_books(&books, day).unwrap()
    }

    fn start() -> Time {
        let day = chrono::NaiveDate::from_ymd_opt(2025, 8, 5).unwrap();
        seoul(day.and_hms_opt(22, 0, 0).unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Whoever counts people minute by minute finds the same.
        #[test]
        fn stretches_are_what_a_look_at_any_minute_shows(
            entered in prop::collection::vec((0_usize..14, 0_i64..30_000, 1_i64..20_000, any::<bool>()), 0..24),
            looks in prop::collection::vec(0_i64..20_160, 40),
            at_least in 1_u32..5,
        ) {
            let mut books = books();
            books.policy.coverage.at_least = at_least;
            let (roster, customers) = (&books.roster, &books.customers);
            let mut leaves = Leaves::new();
            for (who, from, length, all) in entered {
                let Some(person) = roster.people.get(who) else { continue };
                let from = start() - TimeDelta::days(4) + TimeDelta::minutes(from);
                leaves.entry(person.name.clone()).or_default().push(Absence {
                    from: Some(from),
                    to: from + TimeDelta::minutes(length),
                    scope: if all { AbsenceScope::All } else { AbsenceScope::General },
                    reason: String::new(),
                });
            }
            let to = start() + TimeDelta::days(14);
            let found = stretches(roster, customers, &books.policy, &leaves, (start(), to), None);
            for minutes in looks {
                let at = start() + TimeDelta::minutes(minutes);
                for (group, order, needed) in counted(roster, customers, &books.policy, None) {
                    let here = |one: &&Stretch| one.group == group && one.from <= at && at < one.to;
                    let covering: Vec<&Stretch> = found.iter().filter(here).collect();
                    prop_assert_eq!(covering.len(), 1, "each instant is in one stretch");
                    let there = |one: &&Candidate| {
                        absence_at(roster, &leaves, &one.name, one.duty, at).is_none()
                    };
                    let present = order.candidates.iter().filter(there).count();
                    prop_assert_eq!(covering[0].present, present);
                    prop_assert_eq!(covering[0].is_short(), present < needed);
                }
            }
            // the same people are one stretch
            for pair in found.windows(2) {
                let same = pair[0].group == pair[1].group;
                prop_assert!(!same || pair[0].away != pair[1].away);
                prop_assert!(!same || pair[0].to == pair[1].from);
            }
        }
    }

    #[test]
    fn the_guides_own_holidays_are_seen() {
        let books = books();
        let to = start() + TimeDelta::days(14);
        let all = stretches(
            &books.roster,
            &books.customers,
            &books.policy,
            &Leaves::new(),
            (start(), to),
            None,
        );
        let general: Vec<String> = all
            .iter()
            .filter(|one| one.group == Group::General)
            .map(|one| {
                format!(
                    "{}–{} {}/{}",
                    one.from.format("%d %H:%M"),
                    one.to.format("%d %H:%M"),
                    one.present,
                    one.of
                )
            })
            .collect();
        assert_eq!(
            general,
            ["05 22:00–06 00:00 4/5", "06 00:00–08 00:00 3/5", "08 00:00–19 22:00 4/5"]
        );
        assert!(!all.iter().any(Stretch::is_short));
    }
}
