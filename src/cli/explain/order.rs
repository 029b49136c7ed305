//! `coc explain order`: whom a chain reaches, in order (A5, M8; readings 9, 13 to 15).

use super::{Files, PassedOver, desk_of, moment, skipped_text, warnings_text};
use crate::cli::{Done, Folders, out, values};
use crate::domain::calendar::Calendar;
use crate::domain::customers::Customer;
use crate::domain::desk::Desk;
use crate::domain::people::order::{Order, msp_order, urgent_order};
use crate::domain::time::Time;
use clap::Subcommand;
use serde::Serialize;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    chain: Chain,
}

#[derive(Debug, Subcommand)]
enum Chain {
    /// 그 시각의 긴급 연락 순서를 보입니다.
    Urgent(Urgent),
    /// 그 시각의 MSP 고객 연락 순서를 보입니다.
    Msp(Msp),
}

#[derive(Debug, clap::Args)]
struct Urgent {
    /// 기준 시각 (예: "2025-08-05 22:00", 시간대가 없으면 서울)
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    at: Time,
    /// 결과를 JSON 문서 하나로 보입니다
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Msp {
    /// 고객사 명 또는 별칭
    #[arg(long, value_name = "NAME")]
    customer: String,
    /// 기준 시각 (예: "2025-08-05 22:00", 시간대가 없으면 서울)
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
    /// `None` in the urgent chain.
    customer: Option<String>,
    /// Those who can be asked.
    order: Vec<String>,
    skipped: Vec<PassedOver>,
    warnings: Vec<String>,
    /// `order` again, with why each stands there.
    places: Vec<Place>,
}

#[derive(Serialize)]
struct Place {
    name: String,
    why: String,
    phone: Option<String>,
}

pub(super) fn run(args: &Args, files: &Files, folders: &Folders) -> Done {
    match &args.chain {
        Chain::Urgent(Urgent { at, json }) => {
            let desk = desk_of(files, folders, *at)?;
            let order = urgent_order(&desk.roster.value, &desk.policy.value);
            say(&desk, None, &order, *at, *json)
        }
        Chain::Msp(Msp { customer, at, json }) => {
            let desk = desk_of(files, folders, *at)?;
            let customer = files.customer(folders, &desk, customer)?;
            let mut order = msp_order(&desk.roster.value, customer, &desk.policy.value);
            if !customer.runs_msp_chain() {
                order.warnings.insert(0, outside_msp(customer));
            }
            say(&desk, Some(customer), &order, *at, *json)
        }
    }
}

/// The chain was asked for, so it is shown; the desk itself would not run it (M8, reading 7).
fn outside_msp(customer: &Customer) -> String {
    format!(
        "{}: {} 고객이고 주요 고객이 아닙니다. 실제 긴급 요청에는 MSP 순서가 아니라 General 순서를 씁니다 (coc explain order urgent).",
        customer.name, customer.grade
    )
}

fn say(desk: &Desk, customer: Option<&Customer>, order: &Order, at: Time, json: bool) -> Done {
    let roster = &desk.roster.value;
    let (available, skipped) = order.available(roster, &desk.leaves, at);
    let warnings = order.warnings_at(roster, &desk.leaves, at);
    let skipped: Vec<PassedOver> = skipped.iter().map(PassedOver::from).collect();
    let places: Vec<Place> = available
        .into_iter()
        .map(|candidate| Place {
            name: candidate.name.to_string(),
            why: candidate.place.clone(),
            phone: candidate.phone.as_ref().map(ToString::to_string),
        })
        .collect();
    if json {
        return out::json(&Document {
            at: at.to_rfc3339(),
            customer: customer.map(|one| one.name.clone()),
            order: places.iter().map(|place| place.name.clone()).collect(),
            skipped,
            warnings,
            places,
        });
    }
    let mut lines = vec![heading(&desk.calendar(), customer, at)];
    if places.is_empty() {
        lines.push("연락할 수 있는 사람이 없습니다.".to_owned());
    }
    for (nth, place) in places.iter().enumerate() {
        let phone = place.phone.as_deref().unwrap_or("번호 없음");
        lines.push(format!("{}. {} {phone} · {}", nth + 1, place.name, place.why));
    }
    lines.push(skipped_text(&skipped));
    lines.extend(warnings_text(&warnings));
    out::text(&lines.join("\n"))
}

fn heading(calendar: &Calendar, customer: Option<&Customer>, at: Time) -> String {
    let chain = customer.map_or_else(
        || "긴급 연락 순서".to_owned(),
        |one| {
            let important = if one.important { " · 주요 고객" } else { "" };
            format!("[{}] {}{important} · MSP 연락 순서", one.name, one.grade)
        },
    );
    format!("{chain}: {}", moment(calendar, at))
}
