//! The rows of the golden table of L2 (M5, reading 17), each as posts in the alarm channel of a replay; and a storm.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use chrono::{NaiveDateTime, NaiveTime, TimeDelta};
use coc::replay::scenario::Scenario;
use coc::replay::{Act, Did, Player};
use common::books;
use serde_json::json;
use std::path::Path;

/// One thing that CloudWatch tells.
#[derive(Clone)]
struct Told {
    at: NaiveTime,
    name: &'static str,
    metric: &'static str,
    state: &'static str,
    account: &'static str,
    twice: bool,
}

fn clock(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M:%S").unwrap()
}

fn told(at: NaiveTime) -> Told {
    Told {
        at,
        name: "[L2] web-1",
        metric: "CPUUtilization",
        state: "ALARM",
        account: "310000000002",
        twice: false,
    }
}

/// What a row tells.
fn read(row: &str) -> Vec<Vec<Told>> {
    match row {
        "one L3 at 03:12" => vec![vec![Told { name: "[L3] web-1", ..told(clock("03:12:00")) }]],
        // 새벽마켓 calls production "prod"
        "three L1; or L3 outside production" => {
            let low = |at| Told { name: "[L1] web-1", ..told(clock(at)) };
            let elsewhere =
                Told { name: "[L3] dev-web-1", account: "310000000001", ..told(clock("10:00:00")) };
            vec![vec![low("10:00:00"), low("10:10:00"), low("10:20:00")], vec![elsewhere]]
        }
        _ => {
            let mut found: Vec<Told> = Vec::new();
            for word in row.split([' ', ',']).filter(|word| !word.is_empty()) {
                if word.contains(':') {
                    found.push(told(clock(word)));
                    continue;
                }
                let last = found.last_mut().unwrap();
                match word {
                    "CPU" | "ALARM" | "delivered" => {}
                    "memory" => last.metric = "mem_used_percent",
                    "OK" => last.state = "OK",
                    "twice" => last.twice = true,
                    other => panic!("{row}: {other}"),
                }
            }
            vec![found]
        }
    }
}

/// An alarm as CloudWatch tells it by SNS.
fn cloudwatch(name: &str, metric: &str, state: &str, account: &str, at: NaiveDateTime) -> String {
    let at = (at - TimeDelta::hours(9)).format("%Y-%m-%dT%H:%M:%S.000+0000").to_string();
    let body = json!({
        "AlarmName": name, "AlarmDescription": null, "AWSAccountId": account,
        "NewStateValue": state, "NewStateReason": "Threshold Crossed", "StateChangeTime": at,
        "Region": "Asia Pacific (Seoul)", "OldStateValue": "OK",
        "AlarmArn": format!("arn:aws:cloudwatch:ap-northeast-2:{account}:alarm:{name}"),
        "Trigger": {
            "MetricName": metric, "Namespace": "AWS/EC2", "StatisticType": "Statistic",
            "Statistic": "AVERAGE", "Unit": null, "Period": 60, "EvaluationPeriods": 1,
            "Dimensions": [{ "value": "i-0abc", "name": "InstanceId" }],
            "ComparisonOperator": "GreaterThanThreshold", "Threshold": 90.0,
            "TreatMissingData": "missing", "EvaluateLowSampleCountPercentile": "",
        },
    });
    body.to_string()
}

fn acts(scenario: &str, folder: &Path) -> Vec<Act> {
    let scenario: Scenario = serde_saphyr::from_str(scenario).unwrap();
    let mut player = Player::new(&scenario, folder, &books(), &[]).unwrap();
    for step in &scenario.steps {
        player.step(&step.value).unwrap();
    }
    player.end().unwrap().0.acts
}

/// When incidents began.
fn played(told: &[Told]) -> Vec<String> {
    let day = chrono::NaiveDate::from_ymd_opt(2025, 8, 5).unwrap();
    let mut steps = String::new();
    let (mut date, mut last) = (day, None);
    let mut step = 0;
    for one in told {
        if last.is_some_and(|last| one.at < last) {
            date = date.succ_opt().unwrap();
        }
        last = Some(one.at);
        let at = date.and_time(one.at);
        let body = cloudwatch(one.name, one.metric, one.state, one.account, at);
        steps.push_str(&format!("  - at: {}\n", at.format("%Y-%m-%dT%H:%M:%S")));
        steps.push_str(&format!("  - say: {{by: aws1, in: \"#alarms\", text: '{body}'}}\n"));
        step += 2;
        if one.twice {
            steps.push_str(&format!("  - repeat: {{step: {step}, times: 2}}\n"));
            step += 1;
        }
    }
    let scenario = format!(
        "title: l2\nstart: {day}T00:00:00\npolicy: {{alarm.channel: \"#alarms\"}}\npeople:\n  aws1: {{name: 알람전달, role: customer}}\nsteps:\n{steps}"
    );
    let acts = acts(&scenario, Path::new("."));
    let opened = posts(&acts).filter(|(_, in_thread, text)| !in_thread && text.starts_with("🚨"));
    opened.map(|(act, ..)| act.at.format("%H:%M:%S").to_string()).collect()
}

#[test]
fn the_golden_table_of_l2_holds() {
    let text = std::fs::read_to_string("tests/golden/l2.csv").unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut rows = 0;
    for record in reader.records() {
        let record = record.unwrap();
        let (row, expected) = (&record[0], &record[1]);
        rows += 1;
        for told in read(row) {
            let opened = played(&told);
            let wanted: Vec<String> = match expected.trim_end_matches(" only") {
                "never" => Vec::new(),
                "at once" => vec![told[0].at.format("%H:%M:%S").to_string()],
                at => vec![at.to_owned()],
            };
            assert_eq!(opened, wanted, "{row}");
        }
    }
    assert_eq!(rows, 11);
}

/// Fifty customers and a thousand alarms in a minute, of the levels that `level` gives.
fn storm(level: impl Fn(usize) -> &'static str) -> Vec<Act> {
    let folder = tempfile::tempdir().unwrap();
    let account = |customer: usize| format!("4{customer:011}");
    let mut customers = coc::domain::customers::COLUMNS.join(",");
    for customer in 0..50 {
        customers.push_str(&format!(
            "\n고객{customer},,일반,,,,,,,{},,010-0000-2001,,,",
            account(customer)
        ));
    }
    std::fs::write(folder.path().join("customers.csv"), customers).unwrap();
    let start = chrono::NaiveDate::from_ymd_opt(2025, 8, 5).unwrap().and_hms_opt(22, 0, 0).unwrap();
    let mut steps = String::new();
    for nth in 0..1_000 {
        let at = start + TimeDelta::milliseconds(60 * i64::try_from(nth).unwrap());
        let name = format!("[{}] web-{nth} CPU", level(nth));
        let body = cloudwatch(&name, &format!("metric{nth}"), "ALARM", &account(nth % 50), at);
        steps.push_str(&format!("  - at: {}+09:00\n", at.format("%Y-%m-%dT%H:%M:%S%.3f")));
        steps.push_str(&format!("  - say: {{by: aws1, in: \"#alarms\", text: '{body}'}}\n"));
    }
    let scenario = format!(
        "title: storm\nstart: 2025-08-05T22:00:00\ncustomers: customers.csv\npolicy: {{alarm.channel: \"#alarms\"}}\npeople:\n  aws1: {{name: 알람전달, role: customer}}\nsteps:\n{steps}  - wait: 2m\n"
    );
    acts(&scenario, folder.path())
}

fn posts(acts: &[Act]) -> impl Iterator<Item = (&Act, bool, &str)> {
    acts.iter().filter_map(|act| {
        let Did::Post { thread, words, .. } = &act.did else { return None };
        Some((act, thread.is_some(), words.text.as_str()))
    })
}

#[test]
fn a_storm_stays_readable() {
    let acts = storm(|_| "L3");
    let cards = posts(&acts).filter(|(_, in_thread, _)| !in_thread);
    let cards: Vec<&str> = cards.map(|(_, _, text)| text).collect();
    assert_eq!(cards.len(), 50, "a card for each customer");
    let said: Vec<&str> =
        posts(&acts).filter(|(_, in_thread, _)| *in_thread).map(|p| p.2).collect();
    assert!(said.len() <= 100, "at most a post a minute in each thread: {}", said.len());
    // nothing is lost: the first alarm of each customer is on its card, all others are told of
    let told: usize = said
        .iter()
        .map(|text| {
            let count = text.strip_prefix("알람 ").and_then(|rest| rest.split('건').next());
            count.unwrap().parse::<usize>().unwrap()
        })
        .sum();
    assert_eq!(told + cards.len(), 1_000);
    let changes = acts.iter().filter(|act| matches!(act.did, Did::Update { .. })).count();
    assert!(changes <= 50 * 30, "{changes} changes of cards");
}

#[test]
fn the_one_page_among_a_thousand_notes_goes_out_at_once() {
    let acts = storm(|nth| if nth == 777 { "L3" } else { "L1" });
    let posts: Vec<_> = posts(&acts).collect();
    assert_eq!(posts.len(), 1, "{posts:?}");
    assert!(posts[0].2.contains("[L3] web-777 CPU"), "{}", posts[0].2);
    assert_eq!(posts[0].0.at.format("%H:%M:%S").to_string(), "22:00:46");
}
