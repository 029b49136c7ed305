//! `coc explain assign`: who would get a ticket now (A1, A2, R6).

use super::{Files, PassedOver, desk_of, moment, skipped_text, warnings_text, when};
use crate::cli::{Done, Failure, Folders, out, values};
use crate::domain::change::Change;
use crate::domain::customers::Customer;
use crate::domain::desk::Desk;
use crate::domain::ids::Name;
use crate::domain::procedures::assignment::{Choice, choose};
use crate::domain::time::Time;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 고객사 명 또는 별칭
    #[arg(long, value_name = "NAME")]
    customer: Option<String>,
    /// 사람별 보유 티켓 수 (예: "가온별=3,다솜윤=1")
    #[arg(long, value_name = "NAME=N,...", value_parser = counts)]
    tickets: Option<BTreeMap<Name, u32>>,
    /// 기준 시각 (예: "2025-08-05 10:00", 시간대가 없으면 서울)
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    at: Time,
    /// 결과를 JSON 문서 하나로 보입니다
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document {
    at: String,
    /// `None` when nobody knows whose the ticket is.
    customer: Option<String>,
    /// Who gets the ticket; `None` when it is queued to opening, or nobody is left.
    assignee: Option<String>,
    /// When it is given: at once, or at opening (A2).
    not_before: String,
    rule: &'static str,
    order: Vec<String>,
    skipped: Vec<PassedOver>,
    warnings: Vec<String>,
    /// `order` again, with the active tickets of each.
    counts: Vec<Count>,
}

#[derive(Serialize)]
struct Count {
    name: String,
    tickets: u32,
}

pub(super) fn run(args: &Args, files: &Files, folders: &Folders) -> Done {
    let mut desk = desk_of(files, folders, args.at)?;
    if let Some(tickets) = &args.tickets {
        known(&desk, tickets)?;
        desk.apply(args.at, &Change::TicketsCounted(tickets.clone()));
    }
    let named = args.customer.as_deref();
    let customer = named.map(|name| files.customer(folders, &desk, name)).transpose()?;
    let document = decide(&desk, customer, args.at);
    if args.json { out::json(&document) } else { out::text(&told(&desk, &document, args.at)) }
}

/// Counts of people whom the guide does not have are slips.
fn known(desk: &Desk, tickets: &BTreeMap<Name, u32>) -> Result<(), Failure> {
    let roster = &desk.roster.value;
    let Some(stranger) = tickets.keys().find(|name| roster.person(name).is_none()) else {
        return Ok(());
    };
    let names: Vec<&str> = roster.general.iter().map(|entry| entry.name.as_str()).collect();
    Err(Failure::input(format!(
        "--tickets: 가이드에 없는 사람입니다. 읽은 값: \"{stranger}\". General 목록: {}. 예: --tickets \"{}=3\"",
        names.join(", "),
        names.first().unwrap_or(&"가온별")
    )))
}

/// What the desk would do with a ticket of this customer.
fn decide(desk: &Desk, customer: Option<&Customer>, at: Time) -> Document {
    let name = customer.map_or("", |one| one.name.as_str());
    let Choice { order, skipped, own_engineers, mut warnings } = choose(desk, name, at);
    // A customer's own engineers are asked at any hour (A1), the General list in business hours (A2).
    let not_before = if own_engineers { at } else { desk.calendar().at_or_next_open(at) };
    let queued = at < not_before;
    if queued {
        warnings.extend(otherwise_then(desk, name, &order, not_before));
    } else if order.is_empty() {
        warnings
            .push("지금 맡을 수 있는 사람이 없습니다. COC가 담당자를 정해야 합니다.".to_owned());
    }
    if customer.is_some_and(|one| one.name == desk.policy.value.company.customer)
        && desk.roster.value.internal_account_owner().is_none()
    {
        warnings.push(
            "가이드에 솔트웨어 내부 계정 담당이 없습니다. 일반 티켓처럼 배정합니다.".to_owned(),
        );
    }
    let active = desk.active_tickets();
    let tickets = |name: &Name| active.get(name).copied().unwrap_or_default();
    Document {
        at: at.to_rfc3339(),
        customer: customer.map(|one| one.name.clone()),
        assignee: order.first().filter(|_| !queued).map(ToString::to_string),
        not_before: not_before.to_rfc3339(),
        rule: rule(desk, customer, own_engineers),
        counts: order
            .iter()
            .map(|name| Count { name: name.to_string(), tickets: tickets(name) })
            .collect(),
        order: order.iter().map(ToString::to_string).collect(),
        skipped: skipped.iter().map(PassedOver::from).collect(),
        warnings,
    }
}

/// A queued ticket is given by the order of the opening; says so when that is another one than now.
fn otherwise_then(desk: &Desk, customer: &str, now: &[Name], opening: Time) -> Option<String> {
    let then = choose(desk, customer, opening).order;
    let names: Vec<&str> = then.iter().map(Name::as_str).collect();
    (then != now).then(|| {
        format!(
            "{}에는 부재가 달라 순서가 바뀝니다: {}.",
            when(opening),
            if names.is_empty() {
                "맡을 사람이 없음".to_owned()
            } else {
                names.join(" → ")
            }
        )
    })
}

fn rule(desk: &Desk, customer: Option<&Customer>, own_engineers: bool) -> &'static str {
    let company = &desk.policy.value.company.customer;
    if own_engineers {
        "담당 TS 정, 부, 그다음 파트 구성원과 General 순서입니다. 배정 전에 Slack 상태를 확인합니다."
    } else if customer.is_some_and(|one| &one.name == company) {
        "회사 내부 계정입니다. 내부 계정 담당이 먼저이고, 그다음은 활성 티켓이 적은 순서입니다."
    } else {
        "General 목록에서 활성 티켓이 적은 순서입니다. 같으면 목록 순서입니다."
    }
}

fn told(desk: &Desk, document: &Document, at: Time) -> String {
    let customer = document.customer.as_ref().map_or(String::new(), |name| format!("[{name}] "));
    let mut lines = vec![format!("{customer}티켓 배정: {}", moment(&desk.calendar(), at))];
    let queued = document.not_before != document.at;
    lines.push(match &document.assignee {
        Some(name) => format!("담당자: {name}"),
        None if queued => {
            let opening = desk.calendar().at_or_next_open(at);
            format!("담당자: 아직 없음. {}에 배정합니다 (업무 외 시간).", when(opening))
        }
        None => "담당자: 없음.".to_owned(),
    });
    lines.push(document.rule.to_owned());
    let counts = document.counts.iter().enumerate();
    lines.extend(counts.map(|(nth, Count { name, tickets })| {
        format!("{}. {name} · 활성 티켓 {tickets}건", nth + 1)
    }));
    lines.push(skipped_text(&document.skipped));
    lines.extend(warnings_text(&document.warnings));
    lines.join("\n")
}

/// Active tickets by name: `가온별=3,다솜윤=1`.
fn counts(text: &str) -> Result<BTreeMap<Name, u32>, String> {
    let mut counts = BTreeMap::new();
    for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let said = |why: &str| format!("읽은 값: \"{entry}\". {why} 예: \"가온별=3,다솜윤=1\"");
        let read = entry.split_once('=').map(|(name, count)| (name.trim(), count.trim().parse()));
        let Some((name, Ok(count))) = read.filter(|(name, _)| !name.is_empty()) else {
            return Err(said("이름=숫자로 적어 주십시오."));
        };
        if counts.insert(Name::from(name), count).is_some() {
            return Err(said("한 사람은 한 번만 적어 주십시오."));
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_by_name() {
        let expected =
            [("가온별", 3), ("다솜윤", 0)].map(|(name, count)| (Name::from(name), count));
        assert_eq!(counts("가온별=3, 다솜윤 = 0,"), Ok(BTreeMap::from(expected)));
        assert_eq!(counts(""), Ok(BTreeMap::new()));
    }

    #[test]
    fn a_count_that_is_none_is_refused_with_an_example() {
        for text in ["가온별", "가온별=", "=3", "가온별=-1", "가온별=세", "가온별=1,가온별=2"]
        {
            let said = counts(text).err().unwrap_or_default();
            assert!(said.starts_with("읽은 값: ") && said.contains("예: "), "{text}: {said}");
        }
    }
}
