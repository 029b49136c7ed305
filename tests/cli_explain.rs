//! `coc explain` as people and programs meet it: the built binary.

#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const WHOLE: &str = include_str!("guide/whole.txt");
const CUSTOMERS: &str = include_str!("../data/customers.csv");
const ORDERS: &str = include_str!("golden/orders.csv");
const CALLS: &str = include_str!("golden/call_at.csv");

/// A folder with a data folder of its own: the guide and these customers.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(customers: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        if !customers.is_empty() {
            std::fs::create_dir(folder.path("data")).unwrap();
            std::fs::write(folder.path("data/guide.txt"), WHOLE).unwrap();
            std::fs::write(folder.path("data/customers.csv"), customers).unwrap();
        }
        folder
    }

    fn shipped() -> Self {
        Self::new(CUSTOMERS)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn coc(&self, arguments: &[&str]) -> Output {
        coc_in(self.0.path(), arguments)
    }

    /// What a question is answered with, as JSON.
    #[track_caller]
    fn ask(&self, arguments: &[&str]) -> Value {
        document(&self.coc(&[&["explain"], arguments, &["--json"]].concat()))
    }

    #[track_caller]
    fn text(&self, arguments: &[&str]) -> String {
        let output = self.coc(&[&["explain"], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    }
}

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
        ("[hours]\nopne = \"09:00\"\n", 2, "hours.opne", "hours.open"),
        ("[hours]\nopen = 9\n", 2, "hours.open", "예: hours.open = \"09:00\""),
        ("[hours]\n\nopen = \"9시\"\n", 3, "9시", "예: hours.open = \"09:00\""),
        ("phone = \"fax\"\n", 1, "fax", "desk"),
        ("[chain]\nrung = \"5분\"\n", 2, "5분", "5m"),
        ("[[hours.holidays]]\ndate = \"2025-13-01\"\nname = \"가\"\n", 2, "2025-13-01", "예: "),
        ("[hours\n", 1, "TOML", "예: "),
    ];
    for (text, line, read, expected) in mistakes {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        std::fs::write(folder.path().join("data/policy.toml"), text).unwrap();
        let output = coc_in(folder.path(), &["explain", "call", "--at", "2025-08-04T11:45"]);
        refused(&output, &[&format!("data/policy.toml:{line}: "), read, expected]);
    }
}

#[test]
fn files_and_folders_asked_for_by_name_have_to_be_there() {
    let call = ["explain", "call", "--at", "2025-08-04T11:45"];
    let with = |more: &[&str]| coc(&[&call[..], more].concat());
    refused(&with(&["--policy", "none.toml"]), &["none.toml: 파일이 없습니다", "--policy"]);
    refused(&with(&["--data", "none"]), &["none: 폴더를 찾을 수 없습니다"]);
    assert_eq!(coc(&call).status.code(), Some(0), "without a policy the defaults hold");

    let urgent = ["explain", "order", "urgent", "--at", "2025-08-05T22:00"];
    refused(&coc(&urgent), &["data/guide.txt: 파일이 없습니다", "--data"]);
    let folder = Folder::new("");
    std::fs::write(folder.path("guide.txt"), WHOLE).unwrap();
    let with = |more: &[&str]| folder.coc(&[&urgent[..], more].concat());
    assert_eq!(with(&["--guide", "guide.txt"]).status.code(), Some(0), "the guide is enough");
    refused(&with(&["--guide", "guide.txt", "--customers", "no.csv"]), &["no.csv", "--customers"]);
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

#[test]
fn every_call_of_the_golden_table() {
    let rows: Vec<_> = CALLS.lines().skip(1).filter_map(|line| line.split_once(',')).collect();
    assert_eq!(rows.len(), 19);
    for (notice, call_at) in rows {
        let read = document(&coc(&["explain", "call", "--json", "--at", notice]));
        assert_eq!((&read["received"], &read["call_at"]), (&json!(notice), &json!(call_at)));
    }
}

#[test]
fn every_order_of_the_golden_table() {
    let mut rows = csv::Reader::from_reader(ORDERS.as_bytes());
    let mut seen = 0;
    for row in rows.records() {
        let row = row.unwrap();
        let [kind, at, primary, backup, order] = [0, 1, 2, 3, 4].map(|n| row[n].to_owned());
        let (header, _) = CUSTOMERS.split_once('\n').unwrap();
        let folder = Folder::new(CUSTOMERS);
        let record = format!("가온전자,,MSP,,{primary},{backup},SA정,SA부,,,,,,,");
        std::fs::write(folder.path("one.csv"), format!("{header}\n{record}\n")).unwrap();
        let chain: &[&str] = match kind.as_str() {
            "urgent" => &["order", "urgent"],
            _ => &["order", "msp", "--customer", "가온전자"],
        };
        let read = folder.ask(&[chain, &["--at", &at, "--customers", "one.csv"]].concat());
        let names: Vec<&str> =
            read["order"].as_array().unwrap().iter().flat_map(Value::as_str).collect();
        assert_eq!(names.join(" "), order, "{kind} {at} {primary} {backup}");
        let no_owner =
            strings(&read["warnings"]).iter().any(|said| said.contains("TS 담당자가 없어"));
        assert_eq!(no_owner, kind == "msp" && primary.is_empty(), "reading 15");
        seen += 1;
    }
    assert_eq!(seen, 8);
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn an_order_says_why_each_stands_there_and_why_others_do_not() {
    let folder = Folder::shipped();
    let at = ["--at", "2025-08-06T22:00:00+09:00"];
    let read = folder.ask(&[&["order", "urgent"], &at[..]].concat());
    assert_eq!(
        read["skipped"],
        json!([
            {"name": "가온별", "why": "8/6 전일 휴가"},
            {"name": "나래솔", "why": "~8/28 군사 훈련 및 기타 업무로 General Ticket 제외"},
        ])
    );
    assert_eq!(read["at"], "2025-08-06T22:00:00+09:00");
    assert_eq!(read["warnings"], json!([]));
    assert_eq!(
        read["places"][0],
        json!({"name": "다솜윤", "why": "General 목록 3번", "phone": "010-0000-1003"})
    );
    let said = folder.text(&[&["order", "urgent"], &at[..]].concat());
    assert!(
        said.starts_with("긴급 연락 순서: 2025년 8월 6일(수) 22:00, 업무 외 시간\n1. 다솜윤 "),
        "{said}"
    );
    assert!(said.contains("\n건너뛴 사람:\n- 가온별: 8/6 전일 휴가\n- 나래솔: ~8/28"), "{said}");

    let later = folder.text(&["order", "urgent", "--at", "2025-08-29T10:00"]);
    assert!(later.contains(", 업무시간\n"), "{later}");
    assert!(later.ends_with("건너뛴 사람 없음.\n"), "{later}");
}

#[test]
fn an_absence_from_general_alone_is_a_warning_in_other_rungs() {
    let folder = Folder::shipped();
    let read = folder.ask(&["order", "msp", "--customer", "BADA", "--at", "2025-08-20T22:00"]);
    assert_eq!(read["customer"], "바다여행");
    assert_eq!(strings(&read["order"])[..2], ["다솜윤", "나래솔"]);
    let warnings = strings(&read["warnings"]);
    assert!(
        warnings.iter().any(|said| said.starts_with("나래솔: General 제외 중")),
        "{warnings:?}"
    );
    assert!(
        warnings.iter().any(|said| said.starts_with("노을찬: 가이드에 전화번호가 없")),
        "{warnings:?}"
    );
}

#[test]
fn a_customer_outside_the_msp_chain_is_answered_with_a_warning() {
    let folder = Folder::shipped();
    let read = folder.ask(&["order", "msp", "--customer", "한빛", "--at", "2025-08-29T22:00"]);
    assert_eq!(
        strings(&read["order"]),
        ["가온별", "다솜윤", "라온결", "나래솔", "마루한", "하늘솔"]
    );
    let warnings = strings(&read["warnings"]);
    assert!(
        warnings[0].starts_with("한빛전자: 일반 고객이고 주요 고객이 아닙니다"),
        "{warnings:?}"
    );
    let important =
        folder.ask(&["order", "msp", "--customer", "이음금융", "--at", "2025-08-29T22:00"]);
    assert!(
        !strings(&important["warnings"]).iter().any(|said| said.contains("주요 고객이 아닙니다"))
    );
}

#[test]
fn an_unknown_customer_is_refused_with_names_that_look_like_it() {
    let folder = Folder::shipped();
    for chain in [&["order", "msp"][..], &["assign"]] {
        let at = ["--at", "2025-08-06T22:00", "--customer", "한빛전지", "--json"];
        let output = folder.coc(&[&["explain"], chain, &at[..]].concat());
        refused(&output, &["--customer", "읽은 값: \"한빛전지\"", "비슷한 이름: 한빛전자", "예: "]);
    }
}

#[test]
fn a_ticket_goes_to_who_has_fewest() {
    let folder = Folder::shipped();
    let read = folder.ask(&[
        "assign",
        "--customer",
        "한빛전자",
        "--tickets",
        "다솜윤=2,라온결=1, 마루한=1",
        "--at",
        "2025-08-07T10:00",
    ]);
    assert_eq!(read["assignee"], "라온결");
    assert_eq!(read["not_before"], "2025-08-07T10:00:00+09:00");
    assert_eq!(strings(&read["order"]), ["라온결", "마루한", "다솜윤"]);
    assert_eq!(
        read["skipped"],
        json!([
            {"name": "가온별", "why": "8/7 전일 휴가"},
            {"name": "나래솔", "why": "~8/28 군사 훈련 및 기타 업무로 General Ticket 제외"},
        ])
    );
    assert_eq!(read["counts"][2], json!({"name": "다솜윤", "tickets": 2}));
    let nobody_named = folder.ask(&["assign", "--at", "2025-08-29T12:30"]);
    assert_eq!(nobody_named["assignee"], "가온별", "lunch is open, ties go by the list");
    assert_eq!(nobody_named["customer"], Value::Null);
}

#[test]
fn out_of_hours_a_ticket_waits_for_opening() {
    let folder = Folder::shipped();
    let assign = ["assign", "--tickets", "가온별=3", "--at", "2025-08-05T22:00"];
    let read = folder.ask(&assign);
    assert_eq!(read["assignee"], Value::Null);
    assert_eq!(read["not_before"], "2025-08-06T09:00:00+09:00");
    assert_eq!(strings(&read["order"]), ["다솜윤", "라온결", "마루한", "가온별"]);
    let warnings = strings(&read["warnings"]);
    assert!(warnings[0].contains("2025년 8월 6일(수) 09:00"), "{warnings:?}");
    assert!(
        warnings[0].ends_with("다솜윤 → 라온결 → 마루한."),
        "가온별 is away then: {warnings:?}"
    );
    let said = folder.text(&assign);
    assert!(said.contains("담당자: 아직 없음. 2025년 8월 6일(수) 09:00에 배정합니다"), "{said}");
    assert!(said.contains("4. 가온별 · 활성 티켓 3건"), "{said}");

    let over_chuseok = folder.ask(&["assign", "--at", "2025-10-02T18:00"]);
    assert_eq!(over_chuseok["not_before"], "2025-10-10T09:00:00+09:00");
    assert_eq!(over_chuseok["warnings"], json!([]));
}

#[test]
fn an_own_engineer_is_asked_at_any_hour_and_without_sa() {
    let folder = Folder::shipped();
    let read = folder.ask(&["assign", "--customer", "은하물류", "--at", "2025-08-06T23:00"]);
    assert_eq!(read["assignee"], "사랑빈", "정 is on leave");
    assert_eq!(read["not_before"], "2025-08-06T23:00:00+09:00");
    assert_eq!(strings(&read["order"]), ["사랑빈", "라온결", "바름찬", "다솜윤", "마루한"]);
    assert_eq!(read["warnings"], json!([]), "SA are not asked, so nothing is doubtful about them");
    let read = folder.ask(&["assign", "--customer", "바다여행", "--at", "2025-08-20T10:00"]);
    let warnings = strings(&read["warnings"]);
    assert!(
        warnings.iter().any(|said| said.starts_with("나래솔: General 제외 중")),
        "{warnings:?}"
    );
}

#[test]
fn the_companys_own_tickets_go_to_their_owner() {
    let folder = Folder::shipped();
    let own = ["assign", "--customer", "Saltware", "--tickets", "마루한=9"];
    let read = folder.ask(&[&own[..], &["--at", "2025-08-29T10:00"]].concat());
    assert_eq!(read["assignee"], "마루한");
    assert_eq!(strings(&read["order"]), ["마루한", "가온별", "나래솔", "다솜윤", "라온결"]);
    let at_night = folder.ask(&[&own[..], &["--at", "2025-08-29T19:00"]].concat());
    assert_eq!(at_night["assignee"], Value::Null);
    assert_eq!(at_night["not_before"], "2025-09-01T09:00:00+09:00");
}

#[test]
fn counts_of_a_stranger_are_refused() {
    let folder = Folder::shipped();
    let at = ["--at", "2025-08-07T10:00"];
    let with =
        |tickets| folder.coc(&[&["explain", "assign", "--tickets", tickets], &at[..]].concat());
    refused(&with("가온벌=3"), &["--tickets", "읽은 값: \"가온벌\"", "가온별, 나래솔", "예: "]);
    refused(&with("가온별"), &["--tickets", "이름=숫자"]);
}

#[test]
fn the_roster_is_the_guide_as_read() {
    let folder = Folder::shipped();
    let read = folder.ask(&["roster", "--at", "2025-08-06T22:00"]);
    assert_eq!(
        read["general"][0],
        json!({
            "name": "가온별", "email": "gaon@example.co.kr", "phone": "010-0000-1001",
            "military": false, "account_duty": null, "internal_accounts": false,
            "absences": [
                {"from": "2025-08-06T00:00:00+09:00", "to": "2025-08-07T00:00:00+09:00",
                 "scope": "all", "reason": "전일 휴가", "now": true},
                {"from": "2025-08-07T00:00:00+09:00", "to": "2025-08-08T00:00:00+09:00",
                 "scope": "all", "reason": "전일 휴가", "now": false},
            ],
        })
    );
    let second = &read["general"][1];
    assert_eq!((&second["name"], &second["military"]), (&json!("나래솔"), &json!(true)));
    assert_eq!(
        second["absences"],
        json!([{"from": null, "to": "2025-08-29T00:00:00+09:00", "scope": "general",
                "reason": "군사 훈련 및 기타 업무로 General Ticket 제외", "now": true}])
    );
    assert_eq!(read["general"][3]["account_duty"], "정");
    assert_eq!(read["general"][4]["account_duty"], "부");
    assert_eq!(read["general"][4]["internal_accounts"], true);
    assert_eq!(
        read["parts"][1],
        json!({"name": "Tiger", "leader": "아람준", "members": ["자람우", "차오름", "카이로", "마루한"]})
    );
    assert_eq!(read["people"].as_array().unwrap().len(), 13);
    assert_eq!(read["warnings"].as_array().unwrap().len(), 1);
    assert_eq!(read["warnings"][0]["line"], 34);

    let said = folder.text(&["roster", "--at", "2025-08-06T22:00"]);
    for line in [
        "1. 가온별 · gaon@example.co.kr · 010-0000-1001\n   부재: 8/6 전일 휴가 (지금 부재)\n",
        "- Aqua: 리더 타래은(010-0000-1012), 구성원 파란하(010-0000-1013), ",
        "⚠️ data/guide.txt:34: 마루한: ",
    ] {
        assert!(said.contains(line), "{line} is missing in: {said}");
    }
}

#[test]
fn the_year_of_an_absence_is_found_near_the_time_asked_about() {
    let folder = Folder::shipped();
    let read = folder.ask(&["roster", "--at", "2024-07-01T10:00"]);
    assert_eq!(read["general"][1]["absences"][0]["to"], "2024-08-29T00:00:00+09:00");
    assert_eq!(
        read["general"][0]["absences"][0]["from"], "2025-08-06T00:00:00+09:00",
        "a Wednesday"
    );
}

#[test]
fn a_broken_guide_or_customer_file_is_told_with_the_path_that_was_read() {
    let folder = Folder::shipped();
    let at = ["--at", "2025-08-06T22:00"];
    std::fs::write(folder.path("g.txt"), WHOLE.replace("8월 6일(수)", "8월 6일(월)")).unwrap();
    for question in [&["order", "urgent"][..], &["roster"], &["assign"]] {
        let output = folder.coc(&[&["explain"], question, &at[..], &["--guide", "g.txt"]].concat());
        refused(&output, &["g.txt:14: 가온별"]);
    }
    std::fs::write(folder.path("c.csv"), CUSTOMERS.replace("123456789012", "12345")).unwrap();
    let urgent = ["explain", "order", "urgent", "--customers", "c.csv"];
    refused(&folder.coc(&[&urgent[..], &at[..]].concat()), &["c.csv:2: 한빛전자"]);
    let roster = ["explain", "roster", "--customers", "c.csv"];
    let output = folder.coc(&[&roster[..], &at[..]].concat());
    assert_eq!(output.status.code(), Some(0), "the roster needs the guide alone");
}
