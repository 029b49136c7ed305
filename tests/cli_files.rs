//! `coc check`, `coc doctor` and `coc journal` as people and programs meet them: the built binary.

#![expect(clippy::unwrap_used, reason = "tests")]

use chrono::TimeDelta;
use coc::domain::change::Change;
use coc::domain::ids::{ChannelId, MessageRef, SlackUser, Ts};
use coc::domain::input::{Input, SlackAct, SlackInput};
use coc::domain::time::Time;
use coc::journal::{Draft, Journal, Opened, Sled};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const WHOLE: &str = include_str!("guide/whole.txt");
const CUSTOMERS: &str = include_str!("../data/customers.csv");

/// A folder to run `coc` in, with a data folder.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(guide: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(folder.path("data")).unwrap();
        std::fs::write(folder.path("data/guide.txt"), guide).unwrap();
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn coc(&self, arguments: &[&str]) -> Output {
        self.coc_with(arguments, &[])
    }

    /// With nothing in the environment but this.
    fn coc_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coc"));
        command.args(arguments).current_dir(self.0.path()).env_clear();
        command.env("AWS_STATUS_URL", "off");
        command.envs(environment.iter().copied()).output().unwrap()
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The one document on stdout; the status is as expected.
#[track_caller]
fn document(output: &Output, status: i32) -> Value {
    assert_eq!(output.status.code(), Some(status), "{}{}", stdout(output), stderr(output));
    serde_json::from_str(&stdout(output)).unwrap()
}

#[test]
fn check_counts_what_it_read() {
    let folder = Folder::new(WHOLE);
    std::fs::write(folder.path("data/customers.csv"), CUSTOMERS).unwrap();
    let read = document(&folder.coc(&["check", "--json"]), 0);
    assert_eq!(read["errors"], json!([]));
    assert_eq!(read["read"], json!({"general": 5, "parts": 3, "people": 13, "customers": 12}));
    let warning = &read["warnings"][0];
    assert_eq!((&warning["file"], &warning["line"]), (&json!("data/guide.txt"), &json!(34)));
    let said = stdout(&folder.coc(&["check"]));
    assert!(said.starts_with("⚠️ data/guide.txt:34: 마루한"), "{said}");
    assert!(said.ends_with("고객 12곳. 확인할 것 2건.\n"), "{said}");
}

#[test]
fn a_broken_guide_is_told_with_its_line() {
    let mistakes = [
        ("8월 6일(수)", "8월 6일(월)", 14, "가온별"),
        ("010-0000-1003\n\t\n", "\n\t\n", 21, "다솜윤"),
        ("010-0000-1003\n", "010-OOOO-1003\n", 23, "다솜윤"),
        ("gaon@example.co.kr", "gaon.example.co.kr", 12, "가온별"),
        ("General 티켓 담당자", "일반 담당", 1, "General"),
        ("TS Part Engineers", "TS 명단", 1, "TS Part Engineers"),
        ("카이로(010-0000-1011)", "카이로", 58, "카이로"),
    ];
    for (right, wrong, line, word) in mistakes {
        assert!(WHOLE.contains(right), "{right}");
        let folder = Folder::new(&WHOLE.replacen(right, wrong, 1));
        let read = document(&folder.coc(&["check", "--json"]), 2);
        let error = &read["errors"][0];
        assert_eq!(error["file"], "data/guide.txt");
        assert_eq!(error["line"], line, "{error}");
        assert!(error["text"].as_str().unwrap().contains(word), "{error}");
        assert_eq!(read["read"], Value::Null);

        let output = folder.coc(&["check"]);
        assert_eq!(output.status.code(), Some(2));
        let said = stdout(&output);
        assert!(said.starts_with(&format!("⛔ data/guide.txt:{line}: ")), "{said}");
    }
}

#[test]
fn somebody_of_the_general_list_without_a_part_is_told() {
    let folder = Folder::new(&WHOLE.replacen("다솜윤(010-0000-1003), \n", "", 1));
    let output = folder.coc(&["check", "--json"]);
    let read: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let found = [&read["errors"], &read["warnings"]];
    let found = found.iter().flat_map(|list| list.as_array().unwrap());
    let said: Vec<String> = found.map(ToString::to_string).collect();
    assert!(said.iter().any(|text| text.contains("다솜윤")), "{said:?}");
}

#[test]
fn check_says_everything_that_is_wrong_at_once() {
    let folder = Folder::new(&WHOLE.replacen("8월 6일(수)", "8월 6일(월)", 1));
    std::fs::write(folder.path("data/customers.csv"), "name\n").unwrap();
    std::fs::write(folder.path("data/policy.toml"), "\n[chain]\nrnug = \"5m\"\n").unwrap();
    let read = document(&folder.coc(&["check", "--json"]), 2);
    let places: Vec<(&str, u64)> = read["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["file"].as_str().unwrap(), e["line"].as_u64().unwrap()))
        .collect();
    let expected = [("data/policy.toml", 3), ("data/guide.txt", 14), ("data/customers.csv", 1)];
    assert_eq!(places, expected);
}

#[test]
fn a_topic_that_cannot_be_one_is_told_with_its_line() {
    let folder = Folder::new(WHOLE);
    let policy = "[intake]\ntopics = [\n  \"arn:aws:sns:ap-northeast-2:123456789012:coc-alarms\",\n  \"coc-alarms\",\n  \"arn:aws:sqs:ap-northeast-2:123456789012:coc-alarms\", \"arn:aws-cn:sns:cn-north-1:123456789012:a.fifo\",\n]\n";
    std::fs::write(folder.path("data/policy.toml"), policy).unwrap();
    let read = document(&folder.coc(&["check", "--json"]), 0);
    let of_policy = read["warnings"].as_array().unwrap().iter();
    let of_policy = of_policy.filter(|found| found["file"] == "data/policy.toml");
    let places: Vec<(u64, bool)> = of_policy
        .map(|found| {
            let says = found["text"].as_str().unwrap().contains("arn:aws:sns:");
            (found["line"].as_u64().unwrap(), says)
        })
        .collect();
    assert_eq!(places, [(4, true), (5, true)]);
}

fn draft(n: u64) -> Draft {
    let start: Time = "2025-08-05T22:00:00+09:00".parse().unwrap();
    let at = MessageRef { channel: ChannelId::from("C1"), ts: Ts(format!("1754398800.{n:06}")) };
    let key = format!("m:C1:{}", at.ts);
    let what = SlackAct::Said { at, thread: None, text: "확인했습니다".to_owned() };
    let by = SlackUser::from("U1");
    Draft {
        at: start + TimeDelta::seconds(i64::try_from(n).unwrap()),
        input: Input::Slack(SlackInput { key: key.clone(), by, what, raw: None }),
        changes: vec![Change::Seen(key)],
    }
}

fn write_journal(state: &Path, count: u64) {
    let opened: Opened<Sled, Value> = Journal::open(Sled::open(state).unwrap(), "test").unwrap();
    let mut journal = opened.journal;
    journal.append(&(1..=count).map(draft).collect::<Vec<_>>()).unwrap();
}

#[test]
fn a_journal_is_verified_exported_and_restored() {
    let folder = Folder::new(WHOLE);
    write_journal(&folder.path("state"), 7);
    let verdict = document(&folder.coc(&["journal", "verify", "--json"]), 0);
    assert_eq!((&verdict["ok"], &verdict["records"]), (&json!(true), &json!(7)));

    let exported = folder.coc(&["journal", "export"]);
    assert_eq!(exported.status.code(), Some(0), "{}", stderr(&exported));
    assert_eq!(stdout(&exported).lines().count(), 7);
    let to_file = folder.coc(&["journal", "export", "--out", "j.jsonl"]);
    assert_eq!((to_file.status.code(), stdout(&to_file).as_str()), (Some(0), ""));
    assert_eq!(std::fs::read_to_string(folder.path("j.jsonl")).unwrap(), stdout(&exported));

    let restored = folder.coc(&["journal", "restore", "j.jsonl", "--state", "new", "--json"]);
    let restored = document(&restored, 0);
    assert_eq!(restored["last_hash"], verdict["last_hash"]);
    let again = document(&folder.coc(&["journal", "verify", "--json", "--state", "new"]), 0);
    assert_eq!(again, verdict);
}

#[test]
fn what_a_journal_command_cannot_do_is_told_on_stderr() {
    let folder = Folder::new(WHOLE);
    for command in [&["journal", "verify"][..], &["journal", "export"]] {
        let output = folder.coc(command);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
        assert!(stderr(&output).starts_with("⛔ state에 저널이 없습니다"), "{}", stderr(&output));
    }
    assert!(!folder.path("state").exists(), "looking makes nothing");

    write_journal(&folder.path("state"), 3);
    folder.coc(&["journal", "export", "--out", "j.jsonl"]);
    let full = folder.coc(&["journal", "restore", "j.jsonl"]);
    assert_eq!(full.status.code(), Some(2));
    assert!(stderr(&full).contains("비어 있지 않습니다"), "{}", stderr(&full));

    let text = std::fs::read_to_string(folder.path("j.jsonl")).unwrap();
    std::fs::write(folder.path("j.jsonl"), text.replacen("U1", "U2", 1)).unwrap();
    let changed = folder.coc(&["journal", "restore", "j.jsonl", "--state", "new"]);
    assert_eq!(changed.status.code(), Some(2));
    assert!(stderr(&changed).contains("j.jsonl 1행"), "{}", stderr(&changed));
    assert!(!folder.path("new").exists());

    let in_use = Sled::open(&folder.path("state")).unwrap();
    let busy = folder.coc(&["journal", "verify"]);
    assert_eq!(busy.status.code(), Some(1));
    assert!(stderr(&busy).contains("다른 coc 프로세스"), "{}", stderr(&busy));
    drop(in_use);
}

fn check_of<'a>(document: &'a Value, what: &str) -> &'a Value {
    document["checks"].as_array().unwrap().iter().find(|check| check["what"] == what).unwrap()
}

/// A workspace that cannot be reached; one that can is tried in `tests/doctor.rs`.
const SLACK: [(&str, &str); 3] = [
    ("SLACK_BOT_TOKEN", "xoxb-hidden"),
    ("SLACK_SIGNING_SECRET", "hidden"),
    ("SLACK_API_URL", "http://127.0.0.1:1/api/"),
];

#[test]
fn doctor_is_content_with_the_folders_and_settings() {
    let folder = Folder::new(WHOLE);
    let read = document(&folder.coc_with(&["doctor", "--json"], &SLACK), 1);
    assert_eq!(read["ok"], false);
    let states: Vec<(&str, &str)> = read["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (check["what"].as_str().unwrap(), check["state"].as_str().unwrap()))
        // what the temporary folder stands on, and which fonts there are, is this machine's affair
        .filter(|(what, _)| !["상태 폴더의 디스크", "한글 글꼴"].contains(what))
        .collect();
    let expected = [
        ("데이터 폴더", "ok"),
        ("상태 폴더", "ok"),
        ("남은 공간", "ok"),
        ("Slack 설정", "ok"),
        ("Slack 토큰", "missing"),
        ("Slack 권한", "untried"),
        ("시계", "untried"),
        ("Slack 채널", "untried"),
        ("Slack 사람", "untried"),
        ("Slack 그룹", "untried"),
        ("전화 설정", "off"),
        ("티켓 설정", "off"),
        ("메일 설정", "off"),
        ("고객 기록 설정", "off"),
        ("고객 기록", "doubt"),
        ("AWS 상태 피드", "off"),
        ("관제 알람 (SNS)", "off"),
        ("관제 알람 (EventBridge)", "off"),
    ];
    assert_eq!(states, expected);
    assert!(!folder.path("state").exists(), "looking makes nothing");

    write_journal(&folder.path("state"), 4);
    let read = document(&folder.coc_with(&["doctor", "--json"], &SLACK), 1);
    let text = check_of(&read, "상태 폴더")["text"].as_str().unwrap();
    assert!(text.contains("기록 4건"), "{text}");
    let in_use = Sled::open(&folder.path("state")).unwrap();
    let read = document(&folder.coc_with(&["doctor", "--json"], &SLACK), 1);
    assert_eq!(check_of(&read, "상태 폴더")["state"], "untried", "a running bot is no fault");
    drop(in_use);
}

#[test]
fn doctor_names_what_is_missing_and_shows_no_value() {
    let folder = Folder::new(&WHOLE.replacen("8월 6일(수)", "8월 6일(월)", 1));
    std::fs::write(folder.path("state"), "a file in its place").unwrap();
    let environment = [
        ("SLACK_BOT_TOKEN", "xoxb-hidden"),
        ("SLACK_API_URL", "http://127.0.0.1:1/api/"),
        ("SLACK_APP_TOKEN_FILE", "no/such/file"),
        ("TWILIO_FROM", "010-0000-9999"),
    ];
    let output = folder.coc_with(&["doctor", "--json"], &environment);
    let read = document(&output, 1);
    assert_eq!(read["ok"], false);
    let missing = [
        ("데이터 폴더", "data/guide.txt:14: 가온별"),
        ("상태 폴더", "state"),
        ("Slack 설정", "SLACK_APP_TOKEN_FILE: no/such/file"),
        ("전화 설정", "TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, COC_PUBLIC_URL도 필요합니다"),
    ];
    for (what, said) in missing {
        let check = check_of(&read, what);
        assert_eq!(check["state"], "missing", "{check}");
        assert!(check["text"].as_str().unwrap().contains(said), "{check}");
    }
    let shown = format!("{}{}", stdout(&output), stderr(&output));
    assert!(!shown.contains("hidden") && !shown.contains("010-0000-9999"), "{shown}");
    assert!(stderr(&output).contains("5가지"), "{shown}");

    let bare = stdout(&folder.coc(&["doctor"]));
    assert!(bare.contains("⛔ Slack 설정: SLACK_BOT_TOKEN과, SLACK_APP_TOKEN"), "{bare}");
    assert!(bare.contains("coc sandbox"), "{bare}");
}
