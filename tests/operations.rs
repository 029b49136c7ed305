//! What an operator deploys: the files in `deploy/` fit the program.
#![expect(clippy::unwrap_used, reason = "tests")]

use chrono::TimeDelta;
use coc::domain::desk::Desk;
use coc::domain::errand::{ErrandKind, Outcome, Service};
use coc::domain::ids::SlackUser;
use coc::domain::time::Time;
use coc::metrics::{ClockStep, DeskView, Door, Label, Metrics, TurnedAway, Watched, Way};
use coc::ports::PortError;
use prometheus_client::encoding::{prometheus_text, text};
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn now() -> Time {
    "2025-08-05T22:00:00+09:00".parse().unwrap()
}

/// Everything that can be measured, measured once.
fn measured() -> Metrics {
    let metrics = Metrics::default();
    let kind = ErrandKind::Presence { of: SlackUser::from("U0GAON") };
    let refused = Outcome::Refused { why: "가온별 님의 010-0000-1001".to_owned() };
    metrics.settled(Label::from(&kind), Label::from(&refused));
    let failed = Err(PortError::Permanent { why: "channel_not_found C0SECRET".to_owned() });
    metrics.attempted(Label::from(&kind), &failed, Duration::from_millis(30));
    metrics.looked(&DeskView::of(&Desk::default(), now()));
    metrics.woke(TimeDelta::milliseconds(20));
    metrics.acknowledged(Way::Socket, Duration::from_millis(3));
    metrics.acknowledged(Way::Http, Duration::from_millis(3));
    metrics.appended(3, 2_000, Duration::from_millis(2));
    metrics.append_failed();
    metrics.turned_away(Door::Sns, TurnedAway::Refused);
    metrics.trouble(Service::Mail);
    metrics.slack_is_up(true);
    metrics.heard(now());
    metrics.event(now());
    metrics.probed(Watched::Ok);
    metrics.pinged(Watched::Ok, now());
    metrics.clock_stepped(ClockStep::Back);
    metrics.is(true, true);
    metrics.started(now());
    metrics.machine(Some(1), Some(2));
    metrics
}

fn exposed() -> String {
    let mut said = String::new();
    prometheus_text::encode(&mut said, &measured().registry()).unwrap();
    said
}

/// The names of all series, as a query uses them. Those of cases, which the empty desk has none of, stand there as well.
fn names(said: &str) -> BTreeSet<String> {
    let samples = said.lines().filter(|line| !line.starts_with('#'));
    let mut names: BTreeSet<String> =
        samples.map(|line| line.split(['{', ' ']).next().unwrap().to_owned()).collect();
    names.insert("coc_open_cases".to_owned());
    names
}

fn used(queries: &[String]) -> BTreeSet<String> {
    let name = Regex::new(r"\b(?:coc|process)_[a-z_]+").unwrap();
    queries.iter().flat_map(|one| name.find_iter(one)).map(|one| one.as_str().to_owned()).collect()
}

fn strings(value: &Value, key: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str().filter(|_| name == key) {
                    Some(text) => found.push(text.to_owned()),
                    None => strings(value, key, found),
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|one| strings(one, key, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn names_and_units_are_prometheus_s() {
    let said = exposed();
    let name = Regex::new(r"^(coc|process)(_[a-z]+)+$").unwrap();
    let mut seen = 0;
    for line in said.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (metric, kind) = line.split_once(' ').unwrap();
        assert!(name.is_match(metric), "{metric}");
        assert_eq!(kind == "counter", metric.ends_with("_total"), "{line}");
        if kind == "histogram" {
            assert!(metric.ends_with("_seconds"), "{line}");
        }
        let help = said.lines().any(|line| line.starts_with(&format!("# HELP {metric} ")));
        assert!(help, "{metric} says what it is");
        seen += 1;
    }
    assert!(seen > 20, "{seen}: {said}");
    for told in [
        "coc_errands_total{kind=\"presence\",outcome=\"refused\"} 1",
        "coc_journal_records_total 3",
        "coc_journal_written_bytes_total 2000",
        "coc_oldest_owed_errand_age_seconds{urgency=\"page\"} 0",
        "coc_wakeup_lateness_seconds_bucket{le=\"0.025\"} 1",
        "coc_wakeup_lateness_seconds_bucket{le=\"0.01\"} 0",
        "coc_requests_turned_away_total{door=\"sns\",why=\"refused\"} 1",
        "coc_service_troubles_total{service=\"phone\"} 0",
        "process_start_time_seconds 1754398800",
    ] {
        assert!(said.lines().any(|line| line.starts_with(told)), "{told}: {said}");
    }
}

#[test]
fn the_other_format_says_the_same() {
    let mut said = String::new();
    text::encode(&mut said, &measured().registry()).unwrap();
    assert!(said.ends_with("# EOF\n"), "{said}");
    assert_eq!(names(&said), names(&exposed()));
}

#[test]
fn no_label_bears_what_people_are_or_wrote() {
    let said = exposed();
    assert!(said.is_ascii(), "{said}");
    let value = Regex::new(r#"="([^"]*)""#).unwrap();
    let plain = Regex::new(r"^([a-z_]+|[0-9.]+(e-?\d+)?|\+Inf)$").unwrap();
    for found in value.captures_iter(&said) {
        assert!(plain.is_match(&found[1]), "{}", &found[0]);
    }
    for secret in ["C0SECRET", "U0GAON", "0000"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
}

#[test]
fn every_query_of_the_dashboard_names_what_is_measured() {
    let dashboard: Value = serde_json::from_str(&file("grafana.json")).unwrap();
    let mut queries = Vec::new();
    strings(&dashboard, "expr", &mut queries);
    strings(&dashboard, "definition", &mut queries);
    let (used, names) = (used(&queries), names(&exposed()));
    let unknown: Vec<_> = used.difference(&names).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(queries.len() > 30 && used.len() > 20, "{used:?}");
    // nothing is measured that nobody looks at
    let unseen: Vec<_> = names
        .iter()
        .map(|name| ["_sum", "_count"].iter().fold(name.as_str(), |n, s| n.trim_end_matches(s)))
        .filter(|name| !used.iter().any(|one| one.starts_with(name)))
        .collect();
    assert!(unseen.is_empty(), "{unseen:?}");
    let ids: BTreeSet<i64> = dashboard["panels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|panel| panel["id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids.len(), dashboard["panels"].as_array().unwrap().len());
}

#[test]
fn every_alert_names_what_is_measured_and_what_to_do() {
    let rules: Value = serde_saphyr::from_str(&file("alerts.yml")).unwrap();
    let mut queries = Vec::new();
    strings(&rules, "expr", &mut queries);
    let (used, names) = (used(&queries), names(&exposed()));
    let unknown: Vec<_> = used.difference(&names).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let rules = rules["groups"][0]["rules"].as_array().unwrap();
    assert!(rules.len() > 10);
    for rule in rules {
        let said = |key: &str| rule["annotations"][key].as_str().unwrap_or_default().to_owned();
        assert!(!said("summary").is_empty() && !said("description").is_empty(), "{rule}");
        let severity = rule["labels"]["severity"].as_str();
        assert!(matches!(severity, Some("page" | "ticket")), "{rule}");
    }
    let outcome = Regex::new(r#"(urgency|outcome)=~?"([a-z|]+)""#).unwrap();
    let known = ["page", "answer", "notice", "housekeeping", "done", "refused", "expired"];
    for found in queries.iter().flat_map(|one| outcome.captures_iter(one)) {
        assert!(found[2].split('|').all(|one| known.contains(&one)), "{}", &found[0]);
    }
}

/// Each defence names the test that stops the attack.
#[test]
fn every_test_that_the_threat_model_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let said = std::fs::read_to_string(root.join("docs/SECURITY.md")).unwrap();
    let named = Regex::new(r"`(tests/[\w/.-]+)(?:::(\w+))?`").unwrap();
    let mut seen = 0;
    for found in named.captures_iter(&said) {
        let text = std::fs::read_to_string(root.join(&found[1]));
        let text = text.unwrap_or_else(|error| panic!("{}: {error}", &found[1]));
        if let Some(test) = found.get(2) {
            let function = format!("fn {}(", test.as_str());
            assert!(text.contains(&function), "{}", &found[0]);
        }
        seen += 1;
    }
    assert!(seen > 40, "{seen}");
}

/// The unit as it is, with the program that was just built.
#[test]
fn systemd_takes_the_unit() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        // nothing is claimed that was not looked at
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("coc.service");
    let unit =
        file("coc.service").replace("/usr/local/bin/coc ", concat!(env!("CARGO_BIN_EXE_coc"), " "));
    std::fs::write(&path, unit).unwrap();
    let verified = Command::new("systemd-analyze").arg("verify").arg(&path).output().unwrap();
    let said = String::from_utf8(verified.stderr).unwrap();
    let about_ours: Vec<_> = said.lines().filter(|line| line.contains("coc")).collect();
    assert!(verified.status.success() && about_ours.is_empty(), "{said}");
    let judged = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=20", "--no-pager"])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&judged.stdout).into_owned();
    assert!(judged.status.success(), "an exposure of 2.0 at the most: {said}");
}

#[test]
fn the_unit_speaks_the_protocol_that_the_program_speaks() {
    let unit = file("coc.service");
    for line in ["Type=notify", "WatchdogSec=60", "Restart=always", "RestartPreventExitStatus=2"] {
        assert!(unit.lines().any(|one| one == line), "{line}");
    }
    assert!(!Regex::new("(?i)xox|xapp-|secret=|token=[^:%]").unwrap().is_match(&unit));
}

#[test]
fn the_container_is_no_root_and_keeps_its_state() {
    let said = file("Containerfile");
    for line in ["USER 10001:10001", "VOLUME /var/lib/coc", "STOPSIGNAL SIGTERM"] {
        assert!(said.lines().any(|one| one == line), "{line}");
    }
    assert!(said.matches("\nFROM ").count() == 2, "what builds is not shipped");
    // what cargo reads to build is copied
    let copied: BTreeSet<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("COPY "))
        .flat_map(str::split_whitespace)
        .collect();
    for needed in ["Cargo.toml", "Cargo.lock", "src", "data", "tests", "benches"] {
        assert!(copied.contains(needed), "{needed}");
    }
}
