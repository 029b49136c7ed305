//! `coc explain call` and `coc explain holidays` as people and programs meet them: the built binary.

#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

/// Runs `coc` in an empty folder.
fn coc(arguments: &[&str]) -> Output {
    coc_in(tempfile::tempdir().unwrap().path(), arguments)
}

fn coc_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_coc")).args(arguments).current_dir(folder).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn document(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    serde_json::from_str(&stdout(output)).unwrap()
}

/// Asserts a refusal: the status, silence on stdout, and what the message says.
#[track_caller]
fn refused(output: &Output, said: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert_eq!(stdout(output), "", "results only on stdout");
    for words in said {
        assert!(message.contains(words), "\"{words}\" is missing in: {message}");
    }
}

#[test]
fn call_tells_the_time_and_the_sum() {
    let output = coc(&["explain", "call", "--at", "2025-08-04T11:45:00+09:00", "--json"]);
    let expected = json!({
        "received": "2025-08-04T11:45:00+09:00",
        "call_at": "2025-08-04T13:15:00+09:00",
        "sum": [
            "2025년 8월 4일(월) 11:45에 받았습니다. 업무시간(09:00–18:00)입니다.",
            "11:45 + 업무시간 30분 = 13:15 (점심 12:00–13:00 제외)",
        ],
        "why": "점심 제외 30분",
    });
    assert_eq!(document(&output), expected);

    let output = coc(&["explain", "call", "--at", "2025-08-04T11:45:00+09:00"]);
    let expected = "전화 시각: 2025년 8월 4일(월) 13:15 (점심 제외 30분)\n\
        - 2025년 8월 4일(월) 11:45에 받았습니다. 업무시간(09:00–18:00)입니다.\n\
        - 11:45 + 업무시간 30분 = 13:15 (점심 12:00–13:00 제외)\n";
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), expected));
}

#[test]
fn call_takes_a_time_in_any_usual_writing() {
    for time in [
        "2025-08-04 11:45",
        "2025-08-04T11:45:00",
        "2025-08-04T02:45:00Z",
        "2025-08-03T22:45-04:00",
    ] {
        let output = coc(&["explain", "call", "--json", "--at", time]);
        let read = document(&output);
        assert_eq!(read["received"], "2025-08-04T11:45:00+09:00", "{time}");
        assert_eq!(read["call_at"], "2025-08-04T13:15:00+09:00", "{time}");
    }
}

#[test]
fn a_bad_time_is_refused_with_an_example() {
    for time in ["내일", "2025-08-04", "2025-13-01T00:00", "11:45", ""] {
        let output = coc(&["explain", "call", "--json", "--at", time]);
        let read = format!("읽은 값: \"{time}\"");
        if time.is_empty() {
            refused(&output, &["--at <TIME>"]);
        } else {
            refused(&output, &["--at <TIME>", &read, "예: 2025-08-04T11:45:00+09:00"]);
        }
    }
}

#[test]
fn holidays_name_the_days_and_leave_plain_weekends_out() {
    let range = ["explain", "holidays", "--from", "2025-10-01", "--to", "2025-10-31"];
    let output = coc(&[&range[..], &["--json"]].concat());
    let expected = json!([
        {"date": "2025-10-03", "name": "개천절"},
        {"date": "2025-10-05", "name": "추석 연휴"},
        {"date": "2025-10-06", "name": "추석"},
        {"date": "2025-10-07", "name": "추석 연휴"},
        {"date": "2025-10-08", "name": "대체공휴일(추석)"},
        {"date": "2025-10-09", "name": "한글날"},
    ]);
    assert_eq!(document(&output), expected);
    assert!(stdout(&coc(&range)).starts_with("2025년 10월 3일(금) 개천절\n"));
}

#[test]
fn no_holidays_are_an_empty_list() {
    let range = ["explain", "holidays", "--from", "2025-11-01", "--to", "2025-11-30"];
    assert_eq!(document(&coc(&[&range[..], &["--json"]].concat())), json!([]));
    assert_eq!(stdout(&coc(&range)), "그 사이에는 공휴일이 없습니다.\n");
}

#[test]
fn bad_dates_are_refused() {
    let backwards = coc(&["explain", "holidays", "--from", "2025-10-02", "--to", "2025-10-01"]);
    refused(&backwards, &["--to: 읽은 값: \"2025-10-01\"", "2025-10-02", "예: "]);
    let no_date = coc(&["explain", "holidays", "--from", "2025-02-29", "--to", "2025-10-01"]);
    refused(&no_date, &["--from <DATE>: 읽은 값: \"2025-02-29\"", "예: 2025-08-04"]);
}

#[test]
fn years_that_are_not_known_for_sure_are_said_to_be_so() {
    let range = ["explain", "holidays", "--from", "2013-01-01", "--to", "2013-01-02", "--json"];
    let output = coc(&range);
    assert_eq!(document(&output), json!([{"date": "2013-01-01", "name": "신정"}]));
    assert!(stderr(&output).contains("2014년부터 2050년까지"), "{}", stderr(&output));
}

#[test]
fn the_policy_of_the_data_folder_holds_and_another_file_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("books");
    std::fs::create_dir(&data).unwrap();
    let policy = "[hours]\n\
        lunch_from = \"12:30\"\n\
        lunch_to = \"13:30\"\n\
        holidays = [{ date = \"2025-08-05\", name = \"창립기념일\" }]\n\
        workdays = [\"2025-08-15\"]\n";
    std::fs::write(data.join("policy.toml"), policy).unwrap();
    std::fs::write(folder.path().join("short.toml"), "[hours]\nanswer_within = \"10m\"\n").unwrap();

    let call = ["explain", "call", "--json", "--at", "2025-08-04T12:15"];
    let with = |more: &[&str]| document(&coc_in(folder.path(), &[&call[..], more].concat()));
    assert_eq!(with(&["--data", "books"])["call_at"], "2025-08-04T13:45:00+09:00");
    assert_eq!(with(&[])["call_at"], "2025-08-04T13:30:00+09:00");
    assert_eq!(with(&["--policy", "short.toml"])["call_at"], "2025-08-04T13:10:00+09:00");

    let before = ["--data", "books", "explain", "holidays", "--json"];
    let range = ["--from", "2025-08-01", "--to", "2025-08-31"];
    let days = document(&coc_in(folder.path(), &[&before[..], &range].concat()));
    assert_eq!(days, json!([{"date": "2025-08-05", "name": "창립기념일"}]));
}

#[test]
fn a_mistake_in_the_policy_is_told_with_file_and_line() {
    let mistakes = [
        ("[hours]\nopne = \"09:00\"\n", "2행", "`opne`", "`open`"),
        ("[hours]\nopen = 9\n", "2행", "open = 9", "예: \"09:00\""),
        ("[hours]\n\nopen = \"9시\"\n", "3행", "\"9시\"", "예: \"09:00\""),
        ("phone = \"fax\"\n", "1행", "`fax`", "`desk`"),
        ("[chain]\nrung = \"5분\"\n", "2행", "\"5분\"", "5m"),
        (
            "[[hours.holidays]]\ndate = \"2025-13-01\"\nname = \"가\"\n",
            "2행",
            "2025-13-01",
            "예: \"2025-08-15\"",
        ),
        ("[hours\n", "1행", "[hours", "TOML"),
    ];
    for (text, line, read, expected) in mistakes {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        std::fs::write(folder.path().join("data/policy.toml"), text).unwrap();
        let output = coc_in(folder.path(), &["explain", "call", "--at", "2025-08-04T11:45"]);
        refused(&output, &["policy.toml", line, read, expected]);
    }
}

#[test]
fn files_and_folders_asked_for_by_name_have_to_be_there() {
    let call = ["explain", "call", "--at", "2025-08-04T11:45"];
    refused(
        &coc(&[&call[..], &["--policy", "none.toml"]].concat()),
        &["none.toml", "찾을 수 없습니다"],
    );
    refused(&coc(&[&call[..], &["--data", "none"]].concat()), &["none", "찾을 수 없습니다"]);
    let without = coc(&call);
    assert_eq!(without.status.code(), Some(0));
    assert!(stderr(&without).contains("기본값으로 계산합니다"), "{}", stderr(&without));
}

#[test]
fn usage_mistakes_are_told_in_korean() {
    refused(&coc(&[]), &["명령을 하나 골라 주십시오", "사용법: coc"]);
    refused(&coc(&["explan"]), &["모르는 명령입니다: \"explan\"", "explain"]);
    refused(&coc(&["explain", "call"]), &["인자가 빠졌습니다: --at <TIME>"]);
    let at = ["--at", "2025-08-04T11:45"];
    refused(&coc(&[&["explain", "call", "--jsn"], &at[..]].concat()), &["\"--jsn\"", "--json"]);
    let twice = coc(&[&["explain", "call"], &at[..], &at[..]].concat());
    refused(&twice, &["--at <TIME>: 한 번만 적어 주십시오"]);
}

#[test]
fn every_command_has_help() {
    let commands = [
        "",
        "run",
        "sandbox",
        "replay",
        "check",
        "explain",
        "explain call",
        "explain order",
        "explain order urgent",
        "explain order msp",
        "explain assign",
        "explain roster",
        "explain holidays",
        "doctor",
        "journal",
        "journal export",
        "journal verify",
        "journal restore",
    ];
    for command in commands {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let output = coc(&arguments);
        let help = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{command}");
        assert!(help.contains(&format!("사용법: coc {command}").trim_end().to_owned()), "{help}");
        assert!(help.contains("--data <DIR>") && help.contains("--state <DIR>"), "{help}");
        assert!(help.lines().next().unwrap_or_default().ends_with("니다"), "{help}");
    }
}
