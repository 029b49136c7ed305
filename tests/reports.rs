//! A month at the desk, told again from its exported journal: the monthly report says the same (W2).
#![expect(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests")]

mod common;

use chrono::{Datelike, Weekday};
use coc::domain::time::{Time, in_seoul};
use coc::replay::{Did, play};
use common::books;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// August 2025 with urgent requests, assignments, alarms and an unanswered telephone now and then.
fn month() -> String {
    let mut text = "title: a month\nstart: 2025-07-31T12:00:00+09:00\n\
        policy: {phd.check_at: \"23:59\", phd.chase_after: 1000h, reports.daily_at: \"23:58\", alarm.chase_after: 100h, alarm.remind_after: 1000h}\n\
        people:\n  csr1: {name: 오하라, role: csr}\n  coc1: {name: 고윤슬, role: coc}\nsteps:\n"
        .to_owned();
    let mut ticket = 5000;
    let mut link = || {
        ticket += 1;
        format!("https://support.example.com/agent/tickets/{ticket}")
    };
    let mut step = |line: &str| writeln!(text, "  - {line}").unwrap();
    for day in 1..=31_u32 {
        let date = chrono::NaiveDate::from_ymd_opt(2025, 8, day).unwrap();
        let works = !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && day != 15;
        if day % 4 == 1 && day < 29 {
            step(&format!("at: {date}T0{}:10:00+09:00", day % 7));
            step("phone: {who: 다솜윤, does: no-answer}");
            step(&format!(
                "say: {{by: csr1, in: \"#general\", text: \"@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: {}\"}}",
                link()
            ));
            step(&format!("wait: {}s", 20 + day * 7));
            step("press: {by: coc1, button: 부재, on: \"last:가온별\"}");
            step("wait: 40s");
            step("press: {by: 라온결, button: 수락, on: \"last:라온결\"}");
        }
        if works {
            step(&format!("at: {date}T10:{:02}:00+09:00", day));
            step(&format!(
                "slash: {{by: coc1, in: \"#coc-noti\", command: \"/assign\", text: \"한빛전자 {} @마루한\"}}",
                link()
            ));
            step(&format!("wait: {}s", 30 + day * 11));
            step("press: {by: 마루한, button: 확인, on: \"last:마루한\"}");
        }
        if day % 5 == 0 {
            step(&format!("at: {date}T15:00:00+09:00"));
            step(&format!(
                "slash: {{by: coc1, in: \"#coc-noti\", command: \"/coc\", text: \"alarm 한빛전자 [L3] web-{day} CPU\"}}"
            ));
            step("press: {by: coc1, button: 연결됨, on: last}");
            step("press: {by: coc1, button: 조치 불필요, on: last}");
        }
    }
    step("at: 2025-09-01T09:30:00+09:00");
    text
}

#[derive(Default)]
struct Told {
    urgent: Vec<Option<i64>>,
    assigned: Vec<Option<i64>>,
    incidents: usize,
    load: BTreeMap<String, (u32, u32)>,
    calls: BTreeMap<String, u32>,
}

fn time(value: &Value) -> Time {
    in_seoul(&chrono::DateTime::parse_from_rfc3339(value.as_str().unwrap()).unwrap())
}

/// Counts from the journal's own lines, knowing nothing of the desk.
fn recount(lines: &[Value], from: Time, to: Time) -> Told {
    let mut told = Told::default();
    let (mut begun, mut taken) = (BTreeMap::new(), BTreeMap::new());
    let (mut notices, mut stands, mut kinds) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for line in lines {
        let at = time(&line["at"]);
        let holds = from <= at && at < to;
        for change in line["changes"].as_array().unwrap() {
            if let Some(case) = change.get("opened") {
                let kind = case["procedure"].as_object().unwrap().keys().next().unwrap().clone();
                if holds {
                    begun.insert(case["id"].as_u64().unwrap(), (kind, at));
                }
            }
            if let Some(errand) = change.get("owed") {
                let kind = errand["kind"].as_object().unwrap().keys().next().unwrap().clone();
                kinds.insert(errand["id"].to_string(), kind);
            }
            if let Some(settled) = change.get("settled") {
                let errand = settled["errand"].to_string();
                let outcome = &settled["outcome"];
                if let Some(posted) = outcome.get("posted") {
                    let ts: f64 = posted["ts"].as_str().unwrap().parse().unwrap();
                    stands.insert(errand, ts);
                } else if holds
                    && (outcome.get("placed").is_some() || outcome.get("joined").is_some())
                {
                    *told.calls.entry("placed".to_owned()).or_default() += 1;
                }
            }
            if let Some(over) = change.get("call_over")
                && holds
            {
                let how = over["how"].as_str().unwrap_or("hung up").to_owned();
                *told.calls.entry(how).or_default() += 1;
            }
            if let Some(step) = change.get("case") {
                let id = step[0].as_u64().unwrap();
                if let Some(one) = step[1].pointer("/urgent/ladder/taken") {
                    taken.insert(id, (one["by"].as_str().unwrap().to_owned(), time(&one["at"])));
                }
                if let Some(one) = step[1].pointer("/assignment/announcing") {
                    let who = one["who"].as_str().unwrap().to_owned();
                    notices.insert(id, (who, one["notice"].to_string()));
                }
                if let Some(one) = step[1].pointer("/assignment/confirmed") {
                    let (who, _) = &notices[&id];
                    taken.insert(id, (who.clone(), time(&one["at"])));
                }
            }
        }
    }
    for (id, (kind, at)) in &begun {
        let by = taken.get(id);
        match kind.as_str() {
            "urgent" => {
                told.urgent.push(by.map(|(_, then)| (*then - *at).num_seconds()));
                if let Some((who, _)) = by {
                    told.load.entry(who.clone()).or_default().0 += 1;
                }
            }
            "assignment" => {
                let (who, notice) = &notices[id];
                told.load.entry(who.clone()).or_default().1 += 1;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_precision_loss,
                    reason = "a test"
                )]
                let wait =
                    by.map(|(_, then)| (then.timestamp() as f64 - stands[notice]).round() as i64);
                told.assigned.push(wait);
            }
            "incident" => told.incidents += 1,
            _ => {}
        }
    }
    told
}

fn korean(seconds: i64) -> String {
    let (minutes, rest) = (seconds / 60, seconds % 60);
    match (minutes, rest) {
        (0, rest) => format!("{rest}초"),
        (minutes, 0) => format!("{minutes}분"),
        (minutes, rest) => format!("{minutes}분 {rest}초"),
    }
}

fn said(what: &str, taken: &str, waits: &[Option<i64>]) -> String {
    let mut seconds: Vec<i64> = waits.iter().flatten().copied().collect();
    seconds.sort_unstable();
    let n = seconds.len();
    let half = if n.is_multiple_of(2) {
        (seconds[n / 2 - 1] + seconds[n / 2]) / 2
    } else {
        seconds[n / 2]
    };
    let most = seconds[(n * 9).div_ceil(10) - 1];
    format!(
        "{what} {}건: {taken} {n}건 ({taken}까지 중앙값 {}, 90% {} 이내)",
        waits.len(),
        korean(half),
        korean(most)
    )
}

#[test]
fn the_months_figures_are_those_of_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("month.yaml");
    std::fs::write(&file, month()).unwrap();
    let (played, world) = play(&file, &books(), &[]).unwrap();
    let report = played
        .acts
        .iter()
        .find_map(|act| match &act.did {
            Did::Post { words, .. } if words.text.starts_with("월간 보고 (8/1 ~ 8/31)") => {
                Some(words)
            }
            _ => None,
        })
        .unwrap();
    assert_eq!(report.files, ["coc-monthly-2025-09-01-0000.png"]);
    let lines: Vec<Value> = world
        .journal()
        .unwrap()
        .iter()
        .map(|record| serde_json::to_value(record).unwrap())
        .collect();
    let midnight = |text: &str| time(&Value::String(format!("{text}T00:00:00+09:00")));
    let told = recount(&lines, midnight("2025-08-01"), midnight("2025-09-01"));
    assert!(
        told.urgent.len() > 5 && told.assigned.len() > 15,
        "{} {}",
        told.urgent.len(),
        told.assigned.len()
    );
    let text = &report.text;
    let has = |line: &str| assert!(text.contains(line), "{line}\nin\n{text}");
    has(&said("긴급 요청", "수락", &told.urgent));
    has(&said("티켓 배정", "확인", &told.assigned));
    has(&format!("알람 사건 {}건", told.incidents));
    has(&format!("알람 L1 0 · L2 0 · L3 {}", told.incidents));
    for (who, (taken, assigned)) in &told.load {
        match (taken, assigned) {
            (taken, 0) => has(&format!("{who} 수락 {taken}")),
            (0, assigned) => has(&format!("{who} 배정 {assigned}")),
            (taken, assigned) => has(&format!("{who} 수락 {taken}·배정 {assigned}")),
        }
    }
    let call = |how: &str| told.calls.get(how).copied().unwrap_or(0);
    has(&format!(
        "전화 {}건: 받지 않음 {} · 먼저 끊음 {}",
        call("placed"),
        call("no-answer"),
        call("hung up")
    ));
    assert_eq!(call("placed"), call("no-answer") + call("hung up"), "{:?}", told.calls);
    // what the days say adds up to what the month says
    let of_days: u32 = played
        .acts
        .iter()
        .filter_map(|act| match &act.did {
            Did::Post { words, .. } if words.text.starts_with("일간 보고 (") => {
                let line = words.text.lines().find(|line| line.starts_with("티켓 배정 "))?;
                line.split(['배', '정', ' ', '건']).find_map(|part| part.parse::<u32>().ok())
            }
            _ => None,
        })
        .sum();
    assert_eq!(of_days as usize, told.assigned.len());
}
