//! Time travel: a journal comes to the same state when it is played again, and under other books it says who would have been
//! reached instead. The journals are those of the scenarios.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
#[path = "common/files.rs"]
mod files;

use coc::domain::ids::Name;
use coc::journal::{Draft, Held, Journal, Opened, Record, Sled, StoredRecord, line};
use coc::replay::journal::{
    Again, CaseDiff, End, Instead, Other, Replayed, Story, compare, play_instead,
};
use coc::replay::play;
use common::books;
use files::{folder, scenarios};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The journal of a scenario of `tests/scenarios`.
fn journal(name: &str) -> Vec<Record> {
    records(&folder().join(name))
}

fn records(file: &Path) -> Vec<Record> {
    play(file, &books(), &[]).unwrap().1.journal().unwrap()
}

/// The journal of a scenario written here.
fn journal_of(scenario: &str) -> Vec<Record> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.yaml");
    std::fs::write(&file, scenario).unwrap();
    records(&file)
}

fn again(records: &[Record]) -> Replayed {
    let mut again = Again::default();
    records.iter().for_each(|record| again.take(record));
    again.finish().unwrap()
}

fn with_guide(guide: &str) -> Instead {
    Instead { guide: Some(guide.to_owned()), ..Instead::default() }
}

fn instead(records: &[Record], instead: &Instead) -> Vec<CaseDiff> {
    let control = play_instead(records, &Instead::default()).unwrap();
    compare(&again(records).cases, &control, &play_instead(records, instead).unwrap())
}

fn names(story: &Story) -> Vec<&str> {
    story.reached.iter().map(|one| one.who.as_str()).collect()
}

/// `22:00 가온별`
fn calls(story: &Story) -> Vec<String> {
    story.reached.iter().map(|one| format!("{} {}", one.at.format("%H:%M"), one.who)).collect()
}

/// Why a night that is played in the simplified way may differ from what was recorded, scenario by scenario.
const SIMPLIFIED: [(&str, &str); 4] = [
    ("286-call-slack-fails.yaml", "an outage held back the posts"),
    ("84-both-fail.yaml", "an outage held back the posts"),
    ("136-ticket-by-hand.yaml", "the support desk was down: there the bot opens a ticket itself"),
    ("150-phd-mail-server-down.yaml", "the mail server took nothing for a day"),
];

#[test]
fn every_scenario_comes_to_the_same_state_and_the_same_people() {
    let mut other = Vec::new();
    for file in scenarios() {
        let records = records(&file);
        let replayed = again(&records);
        let first = replayed.first_difference.as_ref();
        assert!(replayed.is_same(), "{}: {first:#?}", file.display());
        let same = play_instead(&records, &Instead::default()).unwrap();
        let diffs = compare(&replayed.cases, &same, &same);
        let name = file.file_name().unwrap().to_str().unwrap();
        let differs = diffs.iter().find(|diff| diff.changed || !diff.faithful);
        match (differs, SIMPLIFIED.iter().any(|(excused, _)| *excused == name)) {
            (Some(diff), false) => other.push(format!("{name}: {diff}")),
            (None, true) => other.push(format!("{name}: needs no excuse")),
            (Some(_), true) | (None, false) => {}
        }
    }
    assert!(other.is_empty(), "{}", other.join("\n"));
}

const NIGHT: &str = r##"
title: 가온별 is away, 다솜윤 takes it
start: 2025-08-05T22:00:00+09:00
policy: {phone: desk}
people:
  csr1: {name: 오하라, role: csr}
  coc1: {name: 고윤슬, role: coc}
steps:
  - say: {by: csr1, in: "#general", text: "@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: https://support.example.com/agent/tickets/4242", as: m1}
  - wait: 3m
  - press: {by: coc1, button: 부재, on: "last:가온별"}
  - wait: 4m
  - press: {by: 다솜윤, button: 수락, on: "last:다솜윤"}
  - wait: 1m
"##;

/// The guide with the rows of 가온별 and 다솜윤 exchanged on the General list.
fn exchanged() -> String {
    let guide = books().guide;
    let (from, to) = (guide.find("가온별").unwrap(), guide.find("TS Part").unwrap());
    let list = guide[from..to].replace("가온별", "\u{1}").replace("다솜윤", "가온별");
    let list = list.replace('\u{1}', "다솜윤");
    let list =
        list.replace("gaon@", "\u{1}").replace("dasom05@", "gaon@").replace('\u{1}', "dasom05@");
    let list = list.replace("010-0000-1001", "\u{1}").replace("010-0000-1003", "010-0000-1001");
    format!("{}{}{}", &guide[..from], list.replace('\u{1}', "010-0000-1003"), &guide[to..])
}

#[test]
fn an_answer_counts_from_when_it_was_made() {
    let records = journal_of(NIGHT);
    let diffs = instead(&records, &with_guide(&exchanged()));
    let [diff] = diffs.as_slice() else { panic!("{diffs:?}") };
    assert!(diff.changed && diff.faithful, "{diff}");
    let (was, would) = (diff.was.as_ref().unwrap(), diff.would.as_ref().unwrap());
    assert_eq!(calls(was), ["22:00 가온별", "22:03 다솜윤"]);
    assert_eq!(&was.order[..2], [Name::from("가온별"), Name::from("다솜윤")]);
    // 다솜윤 is asked first and answers at 22:07 as then: by then the second rung is open
    assert_eq!(&would.order[..2], [Name::from("다솜윤"), Name::from("가온별")]);
    assert_eq!(calls(would), ["22:00 다솜윤", "22:05 가온별"]);
    let at = |story: &Story| match &story.end {
        End::Taken { by, at, how } => format!("{by} {} {how}", at.format("%H:%M")),
        end @ (End::Open
        | End::Queued { .. }
        | End::Exhausted { .. }
        | End::Assigned { .. }
        | End::Closed { .. }) => panic!("{end:?}"),
    };
    assert_eq!(
        (at(was), at(would)),
        ("다솜윤 22:07 버튼".to_owned(), "다솜윤 22:07 버튼".to_owned())
    );
    assert!(diff.newly_reached.is_empty() && diff.no_longer_reached.is_empty(), "{diff}");
}

#[test]
fn who_is_asked_later_takes_as_long_to_answer() {
    let guide = books().guide;
    let records = journal_of(NIGHT);
    let away = guide.replacen("010-0000-1001\n", "010-0000-1001\n* 8월 5일(화) 전일 휴가\n", 1);
    assert_ne!(guide, away);
    let diffs = instead(&records, &with_guide(&away));
    let would = diffs[0].would.as_ref().unwrap();
    // asked at 22:00 rather than 22:03; the answer stays at 22:07, when the next one was asked already
    assert_eq!(calls(would), ["22:00 다솜윤", "22:05 라온결"], "{}", diffs[0]);
    assert_eq!(diffs[0].newly_reached, [Name::from("라온결")]);
    assert_eq!(diffs[0].no_longer_reached, [Name::from("가온별")]);

    let policy = Instead {
        policy: Some("phone = \"desk\"\n[chain]\nrung = \"12m\"\n".to_owned()),
        ..Instead::default()
    };
    let silent =
        journal_of(&NIGHT.replace(
            "  - press: {by: coc1, button: 부재, on: \"last:가온별\"}\n",
            "  - wait: 2m\n",
        ));
    let diffs = instead(&silent, &policy);
    // asked at 22:05, answered after 4 minutes; asked at 22:12, likewise
    assert_eq!(calls(diffs[0].was.as_ref().unwrap()), ["22:00 가온별", "22:05 다솜윤"]);
    assert_eq!(calls(diffs[0].would.as_ref().unwrap()), ["22:00 가온별", "22:12 다솜윤"]);
    let End::Taken { by, at, .. } = &diffs[0].would.as_ref().unwrap().end else {
        panic!("{}", diffs[0])
    };
    assert_eq!((by.as_str(), at.format("%H:%M").to_string()), ("다솜윤", "22:16".to_owned()));
}

#[test]
fn who_was_never_asked_says_nothing() {
    let guide = books().guide;
    let start = guide.find("가온별").unwrap();
    let end = guide.find("라온결").unwrap();
    let without = format!("{}{}", &guide[..start], &guide[end..]);
    let diffs = instead(&journal_of(NIGHT), &with_guide(&without));
    let would = diffs[0].would.as_ref().unwrap();
    assert_eq!(names(would)[..2], ["라온결", "마루한"]);
    assert!(diffs[0].newly_reached.contains(&Name::from("라온결")), "{}", diffs[0]);
}

#[test]
fn another_customer_record_is_another_chain() {
    let records = journal_of(NIGHT);
    let recorded = books().customers;
    let customers = recorded.lines().map(|line| {
        let line = if line.starts_with("한빛전자,") {
            line.replacen(",일반,", ",MSP,", 1)
        } else {
            line.to_owned()
        };
        line + "\n"
    });
    let customers: String = customers.collect();
    assert_ne!(customers, recorded);
    let other = Instead { customers: Some(customers), ..Instead::default() };
    let diffs = instead(&records, &other);
    assert!(diffs[0].changed, "{}", diffs[0]);
    assert_ne!(diffs[0].was.as_ref().unwrap().order, diffs[0].would.as_ref().unwrap().order);
    let text = diffs[0].to_string();
    assert!(text.contains("순서 기록:") && text.contains("순서 변경:"), "{text}");
}

const ERROR: &str = r##"
title: an on-boarding goes wrong at night, 라온결 takes it
start: 2025-08-05T22:00:00+09:00
policy: {phone: desk}
people:
  coc1: {name: 고윤슬, role: coc}
steps:
  - slash: {by: coc1, in: "#coc-noti", command: /onboard, text: ""}
  - submit: {by: coc1, fields: {"고객사 명": 한빛전자, "Payer": "999988887777", "AWS Accounts": "123456789014", "티켓": "https://support.example.com/agent/tickets/4520"}}
  - wait: 1m
  - press: {by: coc1, button: 오류, on: last}
  - wait: 3m
  - press: {by: 라온결, button: 수락, on: "last:라온결"}
  - wait: 1m
"##;

#[test]
fn another_account_duty_is_another_first_call() {
    let records = journal_of(ERROR);
    let guide = books().guide.replace("담당(정)", "담당(\u{1})");
    let guide = guide.replace("담당(부)", "담당(정)").replace('\u{1}', "부");
    let diffs = instead(&records, &with_guide(&guide));
    let changed: Vec<&CaseDiff> = diffs.iter().filter(|diff| diff.changed).collect();
    assert_eq!(changed.len(), 1, "the list is the same, the calling is not: {diffs:#?}");
    assert!(changed[0].faithful);
    assert_eq!(names(changed[0].was.as_ref().unwrap()), ["라온결"]);
    assert_eq!(calls(changed[0].would.as_ref().unwrap()), ["22:01 마루한", "22:06 라온결"]);
}

#[test]
fn a_night_that_was_not_is_the_same_each_time() {
    let records = journal("00-first.yaml");
    let told = |other: Other| serde_json::to_string(&other.stories).unwrap();
    let other = with_guide(&exchanged());
    assert_eq!(
        told(play_instead(&records, &other).unwrap()),
        told(play_instead(&records, &other).unwrap())
    );
}

#[test]
fn the_first_record_that_differs_is_told() {
    let mut records = journal_of(NIGHT);
    let all = records.len();
    let nth = records.iter().position(|record| record.changes.len() > 2).unwrap();
    records[nth].changes.pop();
    let replayed = again(&records);
    let first = replayed.first_difference.as_ref().unwrap();
    assert_eq!(first.seq, records[nth].seq);
    assert_eq!(first.change, records[nth].changes.len());
    assert_eq!(first.decided.len(), first.recorded.len() + 1);
    assert_eq!((replayed.records, replayed.same_state), (all as u64, None));
    assert!(replayed.differing >= 1 && !replayed.is_same());
}

/// A folder to run `coc` in.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn coc(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coc"));
        command.args(arguments).current_dir(self.0.path()).env_clear().output().unwrap()
    }

    fn state(&self, records: &[Record]) {
        let store = Sled::open(&self.path("state")).unwrap();
        let Opened { mut journal, .. } = Journal::open::<Value>(store, "none").unwrap();
        let drafts: Vec<Draft> = records
            .iter()
            .map(|record| Draft {
                at: record.at,
                input: record.input.clone(),
                changes: record.changes.clone(),
            })
            .collect();
        journal.append(&drafts).unwrap();
    }

    fn export(&self, records: &[Record]) {
        let mut file = std::fs::File::create(self.path("night.jsonl")).unwrap();
        for record in records {
            let stored = StoredRecord::seal(record.seq, serde_json::to_vec(record).unwrap());
            line::write(&stored, Held::AsWritten, &mut file).unwrap();
        }
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_command_plays_a_state_folder_and_an_export() {
    let place = Place::new();
    let records = journal_of(NIGHT);
    place.state(&records);
    place.export(&records);
    for source in ["state", "night.jsonl"] {
        let said = place.coc(&["replay", "--journal", source]);
        assert_eq!(said.status.code(), Some(0), "{}{}", stdout(&said), stderr(&said));
        let text = stdout(&said);
        for words in [
            "모든 기록과 마지막 상태가 같습니다",
            "사건 #1 [한빛전자] 긴급 · 2025-08-05 22:00",
            "연락: 22:00 가온별 (부재, 고윤슬 기록 22:03) → 22:03 다솜윤",
            "✅ 다솜윤 님 22:07에 맡음 (버튼)",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
    std::fs::write(place.path("other.txt"), exchanged()).unwrap();
    let said = place.coc(&["replay", "--journal", "state", "--guide", "other.txt", "--json"]);
    assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
    let read: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(read["ok"], true);
    assert_eq!(read["instead"]["changed"], serde_json::json!(["guide"]));
    assert_eq!(read["instead"]["cases"][0]["would"]["reached"][0]["who"], "다솜윤");
    let text = stdout(&place.coc(&["replay", "--journal", "state", "--guide", "other.txt"]));
    assert!(text.contains("이렇게 보았습니다."), "{text}");
    assert!(text.contains("guide.txt을(를) 바꾸면 사건 1건 중 1건이 달라집니다."), "{text}");
}

#[test]
fn the_command_says_what_differs_and_what_it_cannot_read() {
    let place = Place::new();
    let mut records = journal_of(NIGHT);
    let nth = records.iter().position(|record| record.changes.len() > 2).unwrap();
    records[nth].changes.pop();
    place.state(&records);
    let said = place.coc(&["replay", "--journal", "state"]);
    assert_eq!(said.status.code(), Some(1), "{}", stdout(&said));
    let seq = format!("기록 {}번", records[nth].seq);
    assert!(stdout(&said).contains(&seq) && stderr(&said).contains(&seq), "{}", stderr(&said));

    std::fs::write(place.path("wrong.jsonl"), "{}\n").unwrap();
    std::fs::write(place.path("wrong.toml"), "nothing = 1\n").unwrap();
    let wrong: [(&[&str], &str); 7] = [
        (&["replay", "--journal", "nowhere"], "nowhere에 저널이 없습니다"),
        (&["replay", "--journal", "wrong.jsonl"], "wrong.jsonl 1행"),
        (&["replay", "--journal", "state", "--policy", "wrong.toml"], "wrong.toml:1:"),
        (&["replay", "--journal", "state", "a.yaml"], "함께 쓸 수 없습니다"),
        (&["replay", "a.yaml", "--guide", "other.txt"], "함께 쓸 수 없습니다"),
        (&["replay", "--guide", "other.txt"], "인자가 빠졌습니다"),
        (&["replay"], "인자가 빠졌습니다"),
    ];
    for (arguments, words) in wrong {
        let said = place.coc(arguments);
        assert_eq!(said.status.code(), Some(2), "{arguments:?} {}", stderr(&said));
        assert!(stderr(&said).contains(words), "{arguments:?} {}", stderr(&said));
    }
}
