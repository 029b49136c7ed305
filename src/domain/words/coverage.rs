//! What people read of the coming weeks: when too few people could be reached (R2).

use super::super::desk::Desk;
use super::super::message::{Line, Message};
use super::super::procedures::coverage::{Group, Stretch};
use super::super::time::Time;
use super::super::turn::lines;
use super::{lateness, line, refused, some_of};

/// How many stretches are shown.
const SHOWN: usize = 30;
/// How many people who are away are named.
const NAMED: usize = 6;

fn group(of: &Group) -> String {
    match of {
        Group::General => "General".to_owned(),
        Group::Urgent => "긴급 순서".to_owned(),
        Group::Owners(customer) => format!("[{customer}] TS 정·부"),
        Group::Msp(customer) => format!("[{customer}] MSP 순서"),
    }
}

/// `8/6 00:00–8/8 00:00: General 1명 (2명 이상 필요, 부재: …)`
fn stretch(one: &Stretch) -> String {
    let at = |at: Time| at.format("%-m/%-d %H:%M").to_string();
    let names: Vec<String> = one.away.iter().map(ToString::to_string).collect();
    let away = if names.is_empty() {
        String::new()
    } else {
        format!(", 부재: {}", some_of(&names, ", ", NAMED))
    };
    let needed = if one.is_short() {
        format!(" ({}명 이상 필요{away})", one.needed)
    } else {
        format!(" ({}명 중{away})", one.of)
    };
    let many = if one.present == 0 {
        "아무도 없음".to_owned()
    } else {
        format!("{}명", one.present)
    };
    format!("{}–{}: {} {many}{needed}", at(one.from), at(one.to), group(&one.group))
}

/// The short ones, soonest first.
fn short(all: &[Stretch]) -> Vec<Line> {
    let mut short: Vec<&Stretch> = all.iter().filter(|one| one.is_short()).collect();
    short.sort_by(|one, other| {
        (one.from, one.to, &one.group).cmp(&(other.from, other.to, &other.group))
    });
    let more = short.len().saturating_sub(SHOWN);
    let mut said: Vec<Line> =
        short.iter().take(SHOWN).map(|one| line![format!("⚠️ {}", stretch(one))]).collect();
    if more > 0 {
        said.push(line![format!("외 {more}건")]);
    }
    said
}

/// `/coc order --days 14`
#[must_use]
pub fn ahead(all: &[Stretch], only: Option<&str>, days: i64, now: Time) -> Message {
    let to = now + chrono::TimeDelta::days(days);
    let whose = only.map_or_else(String::new, |name| format!("[{name}] "));
    let span = format!("{}–{}", now.format("%-m/%-d %H:%M"), to.format("%-m/%-d %H:%M"));
    let short = short(all);
    let mut said = Vec::new();
    if short.is_empty() {
        said.push(line![format!(
            "✅ {whose}앞으로 {days}일({span}) 동안 사람이 부족한 때가 없습니다."
        )]);
        if let Some(least) = least(all, only) {
            said.push(line![format!("가장 적은 때: {}", stretch(least))]);
        }
    } else {
        said.push(line![format!("{whose}앞으로 {days}일({span})에 사람이 부족한 때입니다.")]);
        said.extend(short);
        said.push(line!["빠진 부재는 /leave로 등록하고, 겹치는 휴가는 조정해 주십시오."]);
    }
    lines(said)
}

/// The stretch with the fewest people of the General list, or of a customer's chain.
fn least<'a>(all: &'a [Stretch], only: Option<&str>) -> Option<&'a Stretch> {
    let of = |one: &&Stretch| match &one.group {
        Group::General => true,
        Group::Msp(_) => only.is_some(),
        Group::Urgent | Group::Owners(_) => false,
    };
    all.iter().filter(of).min_by_key(|one| (one.present, one.from))
}

/// The look of the morning.
#[must_use]
pub fn morning(desk: &Desk, all: &[Stretch], days: i64, due: Time, now: Time) -> Message {
    let late = lateness(desk, due, now);
    let mut said =
        vec![line![format!("⚠️ {late}앞으로 {days}일 안에 사람이 부족한 때가 있습니다.")]];
    said.extend(short(all));
    said.push(line![
        "겹치는 휴가를 조정하거나 가이드의 명단을 확인해 주십시오. 다시 보기: /coc order --days"
    ]);
    lines(said)
}

/// So many days cannot be looked at.
#[must_use]
pub fn bad_days(read: &str, furthest: i64) -> Message {
    refused(
        format!(
            "날짜 수를 읽지 못했습니다. 읽은 값: \"{read}\". 1에서 {furthest} 사이로 적어 주십시오."
        ),
        "예: /coc order --days 14",
    )
}
