//! The operators' manual against the program: what people can press and type is in it, and what it names is there.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use coc::replay::play;
use common::books;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: impl AsRef<Path>) -> String {
    let file = root().join(file);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn manual() -> String {
    read("docs/운영안내.md")
}

/// The part of the manual below a heading of the second level.
fn section(manual: &str, heading: &str) -> String {
    let mut parts = manual.split("\n## ");
    let part = parts.find(|part| part.lines().next() == Some(heading));
    part.unwrap_or_else(|| panic!("no section {heading:?}")).to_owned()
}

fn all(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).unwrap();
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

/// What stands on the buttons that the words of the domain make, and on those that send a form.
fn labels() -> BTreeSet<String> {
    let mut labels = BTreeSet::new();
    let mut folders = vec![root().join("src/domain/words")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    for file in files {
        let text = read(file);
        labels.extend(all(r#"\b(?:button|primary|danger)\(\s*"([^"]+)""#, &text));
        labels.extend(all(r#"\bsubmit:\s*"([^"]+)""#, &text));
    }
    labels
}

/// A scenario's acts.
fn acts(file: &Path) -> Vec<Value> {
    let (played, _) = play(file, &books(), &[]).unwrap_or_else(|error| panic!("{error}"));
    serde_json::to_value(played.acts).unwrap().as_array().unwrap().clone()
}

/// What COC is answered when these commands are typed, one after the other.
fn answers(commands: &BTreeSet<String>) -> Vec<(String, String)> {
    let mut steps = String::new();
    for command in commands {
        let (slash, text) = command.split_once(' ').unwrap_or((command, ""));
        let step =
            serde_json::json!({"by": "coc1", "in": "#coc-noti", "command": slash, "text": text});
        writeln!(steps, "  - slash: {step}\n  - wait: 1m").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("commands.yaml");
    let people = "people:\n  coc1: {name: 고윤슬, role: coc}\n";
    let scenario =
        format!("title: commands\nstart: 2025-08-05T10:00:00+09:00\n{people}steps:\n{steps}");
    std::fs::write(&file, scenario).unwrap();
    let mut said = Vec::new();
    for act in acts(&file) {
        if ["ephemeral", "view"].contains(&act["kind"].as_str().unwrap()) {
            said.push(act["text"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(said.len(), commands.len(), "each command has one answer: {said:#?}");
    commands.iter().cloned().zip(said).collect()
}

/// The commands in code spans: `/assign`, `/coc order`.
fn commands_in(text: &str) -> BTreeSet<String> {
    let typed = all(r"`(/[^`\n]+)`", text).into_iter().filter(|one| !one.starts_with("/readyz"));
    typed
        .map(|one| {
            let mut words = one.split_whitespace();
            let slash = words.next().unwrap();
            match (slash, words.next()) {
                ("/coc", Some(word)) => format!("/coc {word}"),
                (other, _) => other.to_owned(),
            }
        })
        .collect()
}

const NO_WORD: &str = "모르는 명령입니다";
const NOT_YET: &str = "아직 준비되지 않은 명령입니다";

#[test]
fn every_button_is_in_its_table_and_the_table_names_no_other() {
    let labels = labels();
    // the reading of the sources is not blind: what a few nights show is among it
    let scenarios = root().join("tests/scenarios");
    let nights = ["00-first", "11-exhausted", "98-guide-applied"];
    let mut shown = BTreeSet::new();
    for night in nights {
        for act in acts(&scenarios.join(format!("{night}.yaml"))) {
            let buttons = act["buttons"].as_array().cloned().unwrap_or_default();
            shown.extend(buttons.iter().map(|label| label.as_str().unwrap().to_owned()));
        }
    }
    assert!(shown.len() >= 5, "{shown:?}");
    assert!(shown.is_subset(&labels), "shown: {shown:?}, found in the sources: {labels:?}");

    let table = all(r"(?m)^\| \[([^\]]+)\] \|", &section(&manual(), "버튼"));
    assert_eq!(table, labels);
}

/// A forced off-boarding that was asked for, with these accounts and at this time, and what follows.
macro_rules! offboard {
    ($accounts:literal, $at:literal, $then:literal) => {
        concat!(
            "  - slash: {by: csr1, in: '#general', command: /offboard}\n  - submit: {by: csr1, fields: {'대상 고객사 명': 한빛전자, '퇴점 사유': 미수, '퇴점 일시': '2025-08-05 ",
            $at,
            "', '대상 AWS Accounts': '",
            $accounts,
            "', '티켓': LINK}}\n",
            $then
        )
    };
}

/// What leads to a post with buttons, by the word that the manual has for it, and who is meant there by the person concerned.
const PLACES: [(&str, &str, &str); 41] = [
    (
        "전화 회신 요청",
        "  - slash: {by: coc1, in: '#coc-noti', command: /call}\n  - submit: {by: coc1, fields: {종류: 일반 문의, 고객사 명: 솔빛출판, 연락처: 010-0000-2010, 메일 가능: 아니오}}\n",
        "가온별",
    ),
    (
        "메일을 안내한 전화",
        "  - slash: {by: coc1, in: '#coc-noti', command: /call}\n  - submit: {by: coc1, fields: {종류: 일반 문의, 고객사 명: 솔빛출판, 연락처: 010-0000-2010}}\n",
        "가온별",
    ),
    (
        "약속이 지난 전화",
        "  - slash: {by: coc1, in: '#coc-noti', command: /call}\n  - submit: {by: coc1, fields: {종류: 장애, 고객사 명: 은하물류, 연락처: 010-0000-2005}}\n  - wait: 15m\n  - wait: 1s\n",
        "가온별",
    ),
    ("AWS 관제 화면 확인", "  - feed: {url: aws-status, items: aws.rss}\n", "다솜윤"),
    (
        "TAM 요청",
        "  - say: {by: tam1, in: '#saltware-pls-technical-support', text: '[REQ] 한빛전자 안내 부탁드립니다'}\n",
        "오하라",
    ),
    (
        "고객사를 모르는 TAM 요청",
        "  - say: {by: tam1, in: '#saltware-pls-technical-support', text: '[REQ] 안내 부탁드립니다'}\n",
        "오하라",
    ),
    (
        "관제 구성",
        "  - slash: {by: coc1, in: '#coc-noti', command: /coc, text: 'setup 한빛전자 Email LINK ops@hanbit.example.com'}\n",
        "오하라",
    ),
    (
        "긴급 호출",
        "  - say: {by: csr1, in: '#general', text: '@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: LINK'}\n",
        "가온별",
    ),
    (
        "긴급 요청",
        "  - say: {by: csr1, in: '#general', text: '@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: LINK'}\n",
        "오하라",
    ),
    (
        "빠진 것이 있는 요청",
        "  - say: {by: csr1, in: '#general', text: '@COC [긴급티켓배정요청] 고객사: 한빛전자'}\n",
        "오하라",
    ),
    (
        "모두 연락되지 않음",
        "  - say: {by: csr1, in: '#general', text: '@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: LINK'}\n  - wait: 2h\n",
        "가온별",
    ),
    (
        "수락된 긴급 요청",
        "  - say: {by: csr1, in: '#general', text: '@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: LINK'}\n  - press: {by: 가온별, button: 수락, on: last}\n",
        "가온별",
    ),
    (
        "고객 메일 초안",
        "  - say: {by: csr1, in: '#general', text: '@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: LINK'}\n  - press: {by: 가온별, button: 수락, on: last}\n  - press: {by: coc1, button: 고객 메일, on: last}\n",
        "가온별",
    ),
    (
        "배정 글",
        "  - slash: {by: coc1, in: '#coc-noti', command: /assign, text: '한빛전자 LINK @다솜윤'}\n",
        "다솜윤",
    ),
    (
        "30분 전화",
        "  - slash: {by: coc1, in: '#coc-noti', command: /assign, text: '한빛전자 LINK @다솜윤'}\n  - wait: 31m\n",
        "다솜윤",
    ),
    (
        "배정 문의",
        "  - presence: {who: 자람우, is: away}\n  - slash: {by: coc1, in: '#coc-noti', command: /assign, text: '가나게임즈 LINK'}\n",
        "자람우",
    ),
    (
        "고객 1차 연락",
        "  - slash: {by: coc1, in: '#coc-noti', command: /coc, text: 'alarm 은하물류 [L3] web CPU'}\n",
        "가온별",
    ),
    (
        "연결된 고객",
        "  - slash: {by: coc1, in: '#coc-noti', command: /coc, text: 'alarm 은하물류 [L3] web CPU'}\n  - press: {by: coc1, button: 연결됨, on: last}\n",
        "가온별",
    ),
    (
        "맡은 알람",
        "  - slash: {by: coc1, in: '#coc-noti', command: /coc, text: 'alarm 은하물류 [L3] web CPU'}\n  - press: {by: coc1, button: 연결됨, on: last}\n  - press: {by: coc1, button: 추가 조치 필요, on: last}\n  - press: {by: 가온별, button: 수락, on: last}\n",
        "가온별",
    ),
    (
        "GuardDuty 알람",
        "  - say: {by: csr1, in: '#alarms', text: '{\"source\":\"aws.guardduty\",\"detail-type\":\"GuardDuty Finding\",\"account\":\"310000000002\",\"region\":\"ap-northeast-2\",\"detail\":{\"schemaVersion\":\"2.0\",\"accountId\":\"310000000002\",\"region\":\"ap-northeast-2\",\"id\":\"f1\",\"type\":\"UnauthorizedAccess:EC2/SSHBruteForce\",\"severity\":8,\"title\":\"SSH\",\"description\":\"SSH\",\"service\":{\"count\":1},\"updatedAt\":\"2025-08-05T01:00:00.000Z\"}}'}\n",
        "가온별",
    ),
    (
        "알 수 없는 알림",
        "  - say: {by: csr1, in: '#alarms', text: 디스크가 가득 찼습니다}\n",
        "가온별",
    ),
    (
        "PHD 카드",
        "  - post: {path: /hooks/eventbridge, body: PHD/retirement.json, unsigned: true}\n",
        "가온별",
    ),
    (
        "고객사 미확인 카드",
        "  - post: {path: /hooks/eventbridge, body: PHD/stranger.json, unsigned: true}\n",
        "가온별",
    ),
    ("PHD 확인", "  - wait: 23h\n", "가온별"),
    ("온도 확인", "  - wait: 3h\n", "가온별"),
    (
        "서버실 고온",
        "  - slash: {by: coc1, in: '#coc-noti', command: /coc, text: 'room 31'}\n",
        "가온별",
    ),
    (
        "화재와 연기",
        "  - slash: {by: 가온별, in: '#coc-noti', command: /coc, text: 'room 화재'}\n",
        "가온별",
    ),
    (
        "인수인계",
        "  - slash: {by: coc2, in: '#coc-noti', command: /coc, text: handover}\n",
        "가온별",
    ),
    (
        "입점",
        "  - slash: {by: coc1, in: '#coc-noti', command: /onboard, text: ''}\n  - submit: {by: coc1, fields: {고객사 명: 한빛전자, Payer: '999988887777', AWS Accounts: '123456789014', 티켓: LINK}}\n",
        "가온별",
    ),
    (
        "입점 전화",
        "  - slash: {by: coc1, in: '#coc-noti', command: /onboard, text: ''}\n  - submit: {by: coc1, fields: {고객사 명: 한빛전자, Payer: '999988887777', AWS Accounts: '123456789014', 티켓: LINK}}\n  - press: {by: coc1, button: 완료, on: last}\n  - press: {by: coc1, button: 완료, on: last}\n",
        "가온별",
    ),
    (
        "남은 Cross Account",
        "  - slash: {by: coc1, in: '#coc-noti', command: /onboard, text: ''}\n  - submit: {by: coc1, fields: {고객사 명: 한빛전자, Payer: '999988887777', AWS Accounts: '123456789014', 티켓: LINK}}\n  - press: {by: coc1, button: 완료, on: last}\n  - press: {by: coc1, button: 완료, on: last}\n  - press: {by: coc1, button: 완료, on: last}\n  - wait: 25h\n",
        "가온별",
    ),
    (
        "입점 오류 호출",
        "  - slash: {by: coc1, in: '#coc-noti', command: /onboard, text: ''}\n  - submit: {by: coc1, fields: {고객사 명: 한빛전자, Payer: '999988887777', AWS Accounts: '123456789014', 티켓: LINK}}\n  - press: {by: coc1, button: 오류, on: last}\n",
        "가온별",
    ),
    (
        "바뀐 가이드",
        "  - guide: {file: changed.txt}\n  - slash: {by: coc1, in: '#coc-noti', command: /coc, text: guide}\n",
        "가온별",
    ),
    ("강제 퇴점 요청", offboard!("123456789012", "12:00", ""), "오하라"),
    ("계정이 미정인 강제 퇴점", offboard!("미정", "12:00", ""), "오하라"),
    ("퇴점 계정 목록", offboard!("미정", "12:00", ""), "오하라"),
    ("강제 퇴점 실행 확인", offboard!("123456789012", "10:01", "  - wait: 2m\n"), "오하라"),
    (
        "멈춘 강제 퇴점",
        offboard!(
            "123456789012",
            "10:01",
            "  - wait: 2m\n  - press: {by: coc1, button: 보류, on: last}\n"
        ),
        "오하라",
    ),
    (
        "해지 중인 계정",
        offboard!(
            "123456789012",
            "10:01",
            "  - wait: 2m\n  - press: {by: coc1, button: 실행 확인, on: last}\n  - submit: {by: coc1, fields: {'대상 고객사 명': 한빛전자}}\n"
        ),
        "오하라",
    ),
    (
        "해지 오류",
        offboard!(
            "123456789012, 123456789013",
            "10:01",
            "  - wait: 2m\n  - press: {by: coc1, button: 실행 확인, on: last}\n  - submit: {by: coc1, fields: {'대상 고객사 명': 한빛전자}}\n  - press: {by: coc1, button: 성공, on: last}\n  - press: {by: coc1, button: 실패, on: last}\n"
        ),
        "오하라",
    ),
    (
        "MSP 퇴점",
        "  - slash: {by: csr1, in: '#general', command: /offboard}\n  - submit: {by: csr1, fields: {'대상 고객사 명': 가나게임즈, '퇴점 사유': 미수, '퇴점 일시': '2025-08-05 12:00', '대상 AWS Accounts': 미정, '티켓': LINK}}\n",
        "자람우",
    ),
];

/// Whether a press is refused: the person is told so alone.
fn is_refused(place: &str, leads_there: &str, button: &str, who: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let guide = read("data/guide.txt");
    let changed = guide.replace("6일(수), 7일(목) 전일 휴가", "6일(수) 전일 휴가");
    assert_ne!(changed, guide);
    std::fs::write(folder.path().join("changed.txt"), changed).unwrap();
    let feed = read("tests/scenarios/feeds/seoul-morning.rss");
    std::fs::write(folder.path().join("aws.rss"), feed).unwrap();
    let scenario = format!(
        "title: {place}\nstart: 2025-08-05T10:00:00+09:00\npolicy: {{phone: desk, alarm.channel: '#alarms'}}\n\
         people:\n  coc1: {{name: 고윤슬, role: coc}}\n  coc2: {{name: 온누리, role: coc}}\n  csr1: {{name: 오하라, role: csr}}\n  csr2: {{name: 유가람, role: csr}}\n  sa1: {{name: 하늘솔, role: sa}}\n  tam1: {{name: 손다온, role: customer}}\n\
         steps:\n{}  - wait: 10s\n  - press: {{by: {who}, button: {button}, on: last}}\n  - wait: 10s\n",
        leads_there.replace("LINK", "https://support.example.com/agent/tickets/4242").replace(
            "PHD/",
            &format!("{}/", root().join("tests/scenarios/payloads/phd").display())
        )
    );
    let file = folder.path().join("pressed.yaml");
    std::fs::write(&file, scenario).unwrap();
    let told = |act: &Value| act["kind"] == "ephemeral" && act["to"] == who;
    acts(&file).iter().any(|act| told(act) && act["text"].as_str().unwrap().starts_with('⛔'))
}

#[test]
fn who_may_press_a_button_is_as_the_manual_says() {
    let rows = Regex::new(r"(?m)^\| \[([^\]]+)\] \| ([^|]+) \| ([^|]+) \|").unwrap();
    let table = section(&manual(), "버튼");
    let mut pressed = 0;
    for row in rows.captures_iter(&table) {
        let (button, places, who) = (&row[1], &row[2], &row[3]);
        // nobody is refused in the own home
        for place in
            places.split(", ").filter(|place| !place.ends_with("양식") && *place != "앱 홈")
        {
            let known = PLACES.iter().find(|(word, ..)| *word == place);
            let (_, leads_there, concerned) =
                known.unwrap_or_else(|| panic!("where is {place:?}?"));
            let allowed: Vec<&str> = who
                .split(", ")
                .flat_map(|one| match one {
                    "COC" => ["고윤슬", "고윤슬"],
                    "CSR" => ["오하라", "유가람"],
                    "엔지니어" => [*concerned, "타래은"],
                    "그 사람" | "요청한 사람" | "담당자" | "알린 사람" => {
                        [*concerned, *concerned]
                    }
                    other => panic!("who is {other:?}?"),
                })
                .collect();
            for person in ["고윤슬", *concerned, "유가람", "타래은", "하늘솔"] {
                let refused = is_refused(place, leads_there, button, person);
                assert_eq!(
                    refused,
                    !allowed.contains(&person),
                    "{person} presses {button} on {place}"
                );
                pressed += 1;
            }
        }
    }
    assert!(pressed >= 18 * 5, "{pressed} presses");
}

#[test]
fn every_command_that_the_manual_names_is_answered_and_any_other_is_said_to_be_unknown() {
    let manual = manual();
    let mut asked = commands_in(&manual);
    asked.insert("/coc nonsense".to_owned());
    asked.insert("/nonsense".to_owned());
    for (command, said) in answers(&asked) {
        let answered = !said.contains(NO_WORD) && !said.contains(NOT_YET);
        assert_eq!(answered, !command.ends_with("nonsense"), "{command} is answered {said:?}");
    }
}

#[test]
fn every_command_of_the_program_is_in_the_manual() {
    let manual = manual();
    let table = commands_in(&section(&manual, "명령"));
    let named = commands_in(&manual);
    let app: Value = serde_saphyr::from_str(&read("manifest.yml")).unwrap();
    for command in app["features"]["slash_commands"].as_array().unwrap() {
        let command = command["command"].as_str().unwrap();
        let there = named.iter().any(|one| one.split(' ').next() == Some(command));
        assert!(there, "{command} is not in the manual");
    }
    // the program says itself which words it knows
    let nonsense = BTreeSet::from(["/coc nonsense".to_owned()]);
    let (_, said) = answers(&nonsense).remove(0);
    let words = all(r"쓸 수 있는 말: ([a-z, ]+)\.", &said).pop_first().unwrap();
    let known: BTreeSet<String> = words.split(", ").map(|word| format!("/coc {word}")).collect();
    assert!(known.len() >= 7, "{known:?}");
    let missing: Vec<&String> = known.difference(&table).collect();
    assert!(missing.is_empty(), "not in the table of commands: {missing:?}");
    // and the words that it takes in Korean beside them
    let korean = all(r#""[a-z]+" \| "(\p{Hangul}+)""#, &read("src/domain/procedures/commands.rs"));
    assert!(!korean.contains("nonsense") && korean.len() >= 6, "{korean:?}");
    for word in korean.iter().chain(std::iter::once(&"도움말".to_owned())) {
        assert!(table.contains(&format!("/coc {word}")), "/coc {word} is not in the manual");
    }
}

#[test]
fn every_command_line_that_it_names_is_there() {
    let manual = manual();
    let mut lines = all(r"`(coc [^`\n]+)`", &manual);
    lines.extend(all(r"(?m)^\s*(coc [^\n]+)$", &manual));
    assert!(lines.len() >= 8, "{lines:?}");
    for line in lines {
        let words = line.split(' ').skip(1);
        let named: Vec<&str> = words.take_while(|word| !word.starts_with('-')).collect();
        let done =
            Command::new(env!("CARGO_BIN_EXE_coc")).args(&named).arg("--help").output().unwrap();
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

#[test]
fn its_pictures_are_there_are_small_and_are_used() {
    let used: BTreeSet<String> = ["docs/운영안내.md", "README.md"]
        .iter()
        .flat_map(|page| all(r"\]\((?:docs/)?images/([^)]+)\)", &read(page)))
        .collect();
    let folder = std::fs::read_dir(root().join("docs/images")).unwrap().map(Result::unwrap);
    let mut there = BTreeSet::new();
    for file in folder {
        let size = file.metadata().unwrap().len();
        let name = file.file_name().into_string().unwrap();
        assert!(size < 100_000, "{name} has {size} bytes");
        there.insert(name);
    }
    assert_eq!(used, there);
}

#[test]
fn its_links_within_lead_somewhere() {
    let manual = manual();
    let headings = all(r"(?m)^#+ (.+)$", &manual);
    let anchors: BTreeSet<String> = headings
        .iter()
        .map(|heading| {
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -".contains(*c));
            kept.collect::<String>().to_lowercase().replace(' ', "-")
        })
        .collect();
    let links = all(r"\]\(#([^)]+)\)", &manual);
    assert!(!links.is_empty());
    assert!(links.is_subset(&anchors), "{links:?}\n{anchors:?}");
}
