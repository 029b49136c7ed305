//! Every scenario file: what the bot does is compared with what was read and found right (`expected/`), and is the same twice.
//!
//! After a change that is meant, `COC_BLESS=1 cargo test --test scenarios` writes the expected files anew; read the difference.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
#[path = "common/files.rs"]
mod files;

use coc::replay::{Did, Played, Words, play};
use common::books;
use files::{folder, scenarios};
use std::path::PathBuf;
use std::sync::LazyLock;

/// Every scenario, played once for all the tests.
fn played() -> &'static [(PathBuf, Played)] {
    static PLAYED: LazyLock<Vec<(PathBuf, Played)>> = LazyLock::new(|| {
        let one = |file: PathBuf| match play(&file, &books(), &[]) {
            Ok((played, _)) => (file, played),
            Err(error) => panic!("{error}"),
        };
        scenarios().into_iter().map(one).collect()
    });
    &PLAYED
}

#[test]
fn every_scenario_does_what_is_expected_of_it() {
    let bless = std::env::var_os("COC_BLESS").is_some();
    let expected = folder().join("expected");
    let mut wrong = Vec::new();
    for (file, played) in played() {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let played = format!("{played}\n");
        let golden = expected.join(format!("{name}.txt"));
        if bless {
            std::fs::create_dir_all(&expected).unwrap();
            std::fs::write(&golden, &played).unwrap();
        }
        let known = std::fs::read_to_string(&golden).unwrap_or_default();
        if known != played {
            wrong.push(format!("{name}: {}", first_difference(&known, &played)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn first_difference(known: &str, played: &str) -> String {
    let mut lines = known.lines().zip(played.lines()).enumerate();
    match lines.find(|(_, (left, right))| left != right) {
        Some((nth, (left, right))) => {
            format!("line {}\n  expected {left}\n  played   {right}", nth + 1)
        }
        None => {
            format!("{} lines expected, {} played", known.lines().count(), played.lines().count())
        }
    }
}

#[test]
fn no_expectation_is_left_without_its_scenario() {
    let known: Vec<String> = scenarios()
        .iter()
        .map(|file| format!("{}.txt", file.file_stem().unwrap().to_str().unwrap()))
        .collect();
    for entry in std::fs::read_dir(folder().join("expected")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name), "expected/{name} belongs to no scenario");
    }
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    for (file, first) in played() {
        let first = serde_json::to_string(first).unwrap();
        let second = serde_json::to_string(&play(file, &books(), &[]).unwrap().0).unwrap();
        assert_eq!(first, second, "{}", file.display());
    }
}

/// AWS's people are in the TAM channel: no customer's telephone number or address stands there.
fn no_contact_is_shown_to_aws(played: &Played, file: &str) {
    for act in &played.acts {
        let (Did::Post { channel, words, .. } | Did::Update { channel, words, .. }) = &act.did
        else {
            continue;
        };
        if channel == "#saltware-pls-technical-support" {
            let is_address = |word: &str| word.find('@').is_some_and(|at| at > 0);
            let shown =
                words.text.contains("010-") || words.text.split_whitespace().any(is_address);
            assert!(!shown, "a contact in the TAM channel: {file}: {act}");
        }
    }
}

/// Rules that hold for every post of every scenario.
#[test]
fn posts_keep_the_rules_of_the_house() {
    for (file, played) in played() {
        for act in &played.acts {
            let (words, is_post) = match &act.did {
                Did::Post { words, .. } => (words, true),
                Did::Update { words, .. }
                | Did::Ephemeral { words, .. }
                | Did::Dm { words, .. } => (words, false),
                Did::View { .. }
                | Did::Call { .. }
                | Did::Hangup { .. }
                | Did::Http { .. }
                | Did::Ticket { .. }
                | Did::Mail { .. } => continue,
            };
            let at = format!("{}: {act}", file.display());
            assert!(!words.text.is_empty(), "{at}");
            assert!(!words.text.contains('!'), "no exclamation marks: {at}");
            if is_rung(words) {
                assert!(words.mentions.len() <= 1, "a rung mentions one person: {at}");
            } else if is_post && !may_mention(words) {
                assert!(words.mentions.is_empty(), "nobody else is mentioned: {at}");
            }
        }
        no_contact_is_shown_to_aws(played, &file.display().to_string());
        nobody_is_mentioned_after_an_acceptance(played, &file.display().to_string());
    }
}

fn is_rung(words: &Words) -> bool {
    words.buttons == ["수락", "부재", "거절"]
}

/// The notice (A7), the question before it (A1), the 30-minute call (voice), an exhausted chain's call to the CSR group (reading 11), and
/// checklists: whoever is to do something, and the customer's CSR when all is done (T3), and what the customer's CSR owner is to know
/// (reading 26). Whoever is to take over a shift.
fn may_mention(words: &Words) -> bool {
    words.buttons == ["확인"]
        || words.buttons == ["수락", "거절"]
        || words.buttons == ["연결됨", "부재", "다시 전화", "재배정"]
        || words.mentions == ["@csr"]
        || (words.mentions.len() == 1 && words.text.contains("담당 CSR: @"))
        || calls_coc(words)
        || words.text.contains("영업 담당 연락을 안내합니다")
        || words.buttons == ["인수"]
        || words.text.contains("인수하신 분이 아직 없습니다")
        || of_a_checklist(words)
        || of_a_call(words)
}

/// Whoever is asked to call back, whoever sells to the customer, and who is to find out who that is (C6 to C8).
fn of_a_call(words: &Words) -> bool {
    words.buttons == ["확인", "재배정"]
        || words.text.contains("영업 담당 연락처를 안내했습니다")
        || words.mentions == ["@coc", "@csr"]
}

/// Alarms, and what nobody understood or looked after (M5, M6, G4): COC's group is called.
fn calls_coc(words: &Words) -> bool {
    words.mentions == ["@coc"] && ["🚨", "⏰", "⚠️"].iter().any(|sign| words.text.starts_with(sign))
}

fn of_a_checklist(words: &Words) -> bool {
    let number =
        |line: &str| line.strip_prefix("사건 #").is_some_and(|nth| nth.parse::<u64>().is_ok());
    let card = words.text.lines().last().is_some_and(number);
    card || [
        "다음 단계: ",
        "남은 일이 있습니다",
        "고객사를 아직 모릅니다",
        "고객사를 확인했습니다",
        "고객사가 바뀌었습니다",
    ]
    .iter()
    .any(|said| words.text.contains(said))
}

fn nobody_is_mentioned_after_an_acceptance(played: &Played, file: &str) {
    let mut over = Vec::new();
    for act in &played.acts {
        let Did::Post { thread: Some(thread), words, .. } = &act.did else { continue };
        if words.text.contains("수락했습니다") {
            over.push(thread.clone());
        } else if over.contains(thread) {
            assert!(!is_rung(words), "{file}: after the acceptance: {act}");
        }
    }
}
