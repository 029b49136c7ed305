//! The rows of the golden table of L2 (M5, reading 17), each as posts in the alarm channel of a replay.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use chrono::{NaiveTime, TimeDelta};
use coc::replay::scenario::Scenario;
use coc::replay::{Did, Player};
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

/// When incidents began, and how long after its start the replay ended.
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
        let body = json!({
            "AlarmName": one.name, "AlarmDescription": null, "AWSAccountId": one.account,
            "NewStateValue": one.state, "NewStateReason": "Threshold Crossed",
            "StateChangeTime": (at - TimeDelta::hours(9)).format("%Y-%m-%dT%H:%M:%S.000+0000").to_string(),
            "Region": "Asia Pacific (Seoul)", "OldStateValue": "OK",
            "AlarmArn": format!("arn:aws:cloudwatch:ap-northeast-2:{}:alarm:{}", one.account, one.name),
            "Trigger": {
                "MetricName": one.metric, "Namespace": "AWS/EC2", "StatisticType": "Statistic",
                "Statistic": "AVERAGE", "Unit": null, "Period": 60, "EvaluationPeriods": 1,
                "Dimensions": [{ "value": "i-0abc", "name": "InstanceId" }],
                "ComparisonOperator": "GreaterThanThreshold", "Threshold": 90.0,
                "TreatMissingData": "missing", "EvaluateLowSampleCountPercentile": "",
            },
        });
        let body = body.to_string();
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
    let scenario: Scenario = serde_saphyr::from_str(&scenario).unwrap();
    let mut player = Player::new(&scenario, Path::new("."), &books(), &[]).unwrap();
    for step in &scenario.steps {
        player.step(&step.value).unwrap();
    }
    let (played, _) = player.end().unwrap();
    let opened = played.acts.iter().filter(|act| match &act.did {
        Did::Post { thread: None, words, .. } => words.text.starts_with("🚨"),
        _ => false,
    });
    opened.map(|act| act.at.format("%H:%M:%S").to_string()).collect()
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
