//! The books: the guide as people keep and paste it (R1 to R8), the customers, the policy, and the orders they lead to.
#![expect(clippy::unwrap_used, reason = "tests")]

use chrono::{DateTime, NaiveDate};
use coc::cli::books::{Overrides, load};
use coc::cli::check::Report;
use coc::domain::books::{BookFile, read_books, read_policy};
use coc::domain::customers::{Customer, Customers, Grade, read_customers};
use coc::domain::ids::Name;
use coc::domain::input::Books;
use coc::domain::people::order::{Duty, Leaves, absence_at, account_order, assign_order};
use coc::domain::people::order::{Order, msp_order, urgent_order};
use coc::domain::people::read_guide;
use coc::domain::people::{Absence, AbsenceScope, AccountDuty, LineError, Roster, Warning};
use coc::domain::policy::{ChainKind, Policy};
use coc::domain::time::Time;
use proptest::prelude::*;
use std::collections::BTreeMap;

const WHOLE: &str = include_str!("guide/whole.txt");
const SHIPPED_GUIDE: &str = include_str!("../data/guide.txt");
const SHIPPED_CUSTOMERS: &str = include_str!("../data/customers.csv");
const SHIPPED_POLICY: &str = include_str!("../data/policy.toml");
const ORDERS: &str = include_str!("golden/orders.csv");

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> Time {
    DateTime::parse_from_rfc3339(text).unwrap()
}

fn near() -> NaiveDate {
    day("2025-08-05")
}

fn good(text: &str) -> (Roster, Vec<Warning>) {
    read_guide(text, near()).unwrap()
}

fn bad(text: &str) -> Vec<LineError> {
    read_guide(text, near()).unwrap_err()
}

fn names(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(" ")
}

fn name(text: &str) -> Name {
    Name::from(text)
}

/// The guide with 가온별's note replaced; the note stands on line 14.
fn noted(note: &str) -> String {
    WHOLE.replace("* 8월 6일(수), 7일(목) 전일 휴가", note)
}

/// 가온별's absences under this note, as "from..to scope".
fn absences(note: &str) -> Vec<String> {
    absences_near(note, near())
}

fn absences_near(note: &str, near: NaiveDate) -> Vec<String> {
    let (roster, _) = read_guide(&noted(note), near).unwrap_or_else(|e| panic!("{note}: {e:?}"));
    let said = |absence: &Absence| {
        let form = "%y-%m-%d %H:%M";
        let from = absence.from.map_or(String::new(), |from| from.format(form).to_string());
        let scope = match absence.scope {
            AbsenceScope::All => "all",
            AbsenceScope::General => "general",
        };
        format!("{from}..{} {scope}", absence.to.format(form))
    };
    roster.person(&name("가온별")).unwrap().absences.iter().map(said).collect()
}

fn warnings_at_note(note: &str) -> Vec<String> {
    let (_, warnings) = good(&noted(note));
    warnings.into_iter().filter(|w| w.line == 14).map(|w| w.text).collect()
}

fn error_at_note(note: &str) -> String {
    let errors = bad(&noted(note));
    let at_note: Vec<_> = errors.iter().filter(|error| error.line == 14).collect();
    assert_eq!(at_note.len(), 1, "{note}: {errors:?}");
    at_note[0].text.clone()
}

// ---- the guide as it is -------------------------------------------------------------------------------------------------------

#[test]
fn the_whole_guide_is_read() {
    let (roster, warnings) = good(WHOLE);
    let general: Vec<Name> = roster.general.iter().map(|entry| entry.name.clone()).collect();
    assert_eq!(names(&general), "가온별 나래솔 다솜윤 라온결 마루한");
    let parts: Vec<String> = roster
        .parts
        .iter()
        .map(|part| format!("{} {} / {}", part.name, part.leader, names(&part.members)))
        .collect();
    assert_eq!(
        parts,
        [
            "Leaf 바름찬 / 사랑빈 가온별 라온결",
            "Tiger 아람준 / 자람우 차오름 카이로 마루한",
            "Aqua 타래은 / 파란하 다솜윤 나래솔",
        ]
    );
    assert_eq!(roster.people.len(), 13);
    let military: Vec<&str> =
        roster.people.iter().filter(|p| p.military).map(|p| p.name.as_str()).collect();
    assert_eq!(military, ["나래솔", "마루한"]);
    assert_eq!(roster.account_owner(AccountDuty::Primary), Some(&name("라온결")));
    assert_eq!(roster.account_owner(AccountDuty::Backup), Some(&name("마루한")));
    assert_eq!(roster.internal_account_owner(), Some(&name("마루한")));
    assert_eq!(roster.phone(&name("타래은")).unwrap().as_str(), "010-0000-1012");
    let maru = roster.person(&name("마루한")).unwrap();
    assert_eq!(maru.email.as_deref(), Some("maru8229@exmaple.co.kr"), "never changed");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0].line, 34);
    assert!(
        warnings[0].text.contains("exmaple.co.kr") && warnings[0].text.contains("example.co.kr")
    );
}

#[test]
fn r3_and_r4_the_guides_own_absences() {
    assert_eq!(
        absences("* 8월 6일(수), 7일(목) 전일 휴가"),
        ["25-08-06 00:00..25-08-07 00:00 all", "25-08-07 00:00..25-08-08 00:00 all"]
    );
    let (roster, _) = good(WHOLE);
    let narae = &roster.person(&name("나래솔")).unwrap().absences;
    assert_eq!(narae.len(), 1);
    assert_eq!(narae[0].from, None);
    assert_eq!(narae[0].to, at("2025-08-29T00:00:00+09:00"));
    assert_eq!(narae[0].scope, AbsenceScope::General);
    assert_eq!(narae[0].reason, "군사 훈련 및 기타 업무로 General Ticket 제외");
    assert_eq!(narae[0].korean(), "~8/28 군사 훈련 및 기타 업무로 General Ticket 제외");
    let gaon = &roster.person(&name("가온별")).unwrap().absences;
    assert_eq!(gaon[0].reason, "전일 휴가");
    assert_eq!(gaon[0].korean(), "8/6 전일 휴가");
}

#[test]
fn the_shipped_guide_is_the_guide_with_years() {
    let (shipped, warnings) = read_guide(SHIPPED_GUIDE, day("2026-11-23")).unwrap();
    assert_eq!(shipped, good(WHOLE).0);
    assert_eq!(warnings.len(), 1);
}

// ---- as people paste it -------------------------------------------------------------------------------------------------------

#[test]
fn pastes_of_the_same_guide_are_the_same_roster() {
    let expected = good(WHOLE).0;
    let no_blank_lines: String =
        WHOLE.lines().filter(|line| !line.trim().is_empty()).map(|l| format!("{l}\n")).collect();
    let tight: String = SHIPPED_GUIDE
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| format!("{line}\n"))
        .collect();
    let table_lines = "\
General 티켓 담당자(CSG/TS)
이름\temail\t긴급연락전화번호\t휴무일 및 주의 사항
가온별\tgaon@example.co.kr\t010-0000-1001\t* 8월 6일(수), 7일(목) 전일 휴가
나래솔\tnarae.sol@example.co.kr\t010-0000-1002\t~ 8월 28일 : 군사 훈련 및 기타 업무로 General Ticket 제외
다솜윤 dasom05@example.co.kr 010-0000-1003
라온결\traon9408@example.co.kr\t010-0000-1004\t* 계정 해지 통합 업무 담당(정)
마루한\tmaru8229@exmaple.co.kr\t010-0000-1005\t* 계정 해지 통합 업무 담당(부)
* 솔트웨어 내부 계정 담당
TS Part Engineers
Part Name\tPart Leader\tPart Members
Leaf\t바름찬(010-0000-1006)\t사랑빈(010-0000-1007), 가온별(010-0000-1001), 라온결(010-0000-1004)
Tiger\t아람준(010-0000-1008)\t자람우(010-0000-1009) 차오름(010-0000-1010), 카이로(010-0000-1011), 마루한(010-0000-1005) :military_helmet:
Aqua\t타래은(010-0000-1012)\t파란하(010-0000-1013), 다솜윤(010-0000-1003), 나래솔(010-0000-1002) 🪖
";
    let pastes = [
        ("crlf", WHOLE.replace('\n', "\r\n")),
        ("old mac", WHOLE.replace('\n', "\r")),
        ("bom", format!("\u{feff}{WHOLE}")),
        ("spaces for tabs", WHOLE.replace('\t', "    ")),
        ("nbsp", WHOLE.replace('\t', "\u{a0}\u{a0}")),
        ("zero width", WHOLE.replace("010-", "\u{200b}010-").replace("휴가", "휴\u{200d}가")),
        ("wide brackets", WHOLE.replace('(', "（").replace(')', "）")),
        ("wide signs", WHOLE.replace('~', "～").replace(" : ", "：").replace(", ", "，")),
        ("wave dash", WHOLE.replace('~', "〜")),
        (
            "wide digits",
            WHOLE
                .replace("8월 6일", "８월 ６일")
                .replace("010-0000-1001", "０１０-００００-１００１"),
        ),
        ("no blank lines", no_blank_lines),
        ("no blank lines, shipped", tight),
        ("bare digits", WHOLE.replace("010-0000-", "0100000")),
        ("spaced digits", WHOLE.replace("010-0000-", "010 0000 ")),
        ("helmet", WHOLE.replace(":military_helmet:", " 🪖")),
        (
            "heading",
            WHOLE.replace("General 티켓 담당자 ( CSG/TS )", "  general  티켓 담당자(CSG / TS)  "),
        ),
        (
            "mailto",
            WHOLE.replace("gaon@example.co.kr", "<mailto:gaon@example.co.kr|gaon@example.co.kr>"),
        ),
        ("nothing indented", WHOLE.replace("\n\t", "\n")),
        ("a line a row", table_lines.to_owned()),
        ("comma too many", WHOLE.replace("라온결(010-0000-1004)\n", "라온결(010-0000-1004),\n")),
        ("courtesy", WHOLE.replace("\n다솜윤\n", "\n다솜윤 님\n")),
        (
            "no bullets",
            WHOLE.replace("* 계정", "계정").replace("* 솔트", "솔트").replace("* 8월", "8월"),
        ),
    ];
    for (how, text) in pastes {
        match read_guide(&text, near()) {
            Ok((roster, _)) => assert_eq!(roster, expected, "{how}"),
            Err(errors) => panic!("{how}: {errors:?}"),
        }
    }
}

#[test]
fn decomposed_hangul_is_the_same_name() {
    use unicode_normalization::UnicodeNormalization;
    let apart: String = WHOLE.nfd().collect();
    assert_eq!(good(&apart).0, good(WHOLE).0);
}

#[test]
fn r8_a_helmet_in_the_general_table_counts() {
    let (roster, _) = good(&WHOLE.replace("\n다솜윤\n", "\n다솜윤 :military_helmet:\n"));
    assert!(roster.person(&name("다솜윤")).unwrap().military);
}

// ---- absences -----------------------------------------------------------------------------------------------------------------

#[test]
fn absences_in_their_usual_shapes() {
    let whole = "25-08-06 00:00..25-08-07 00:00 all";
    let three = "25-08-06 00:00..25-08-09 00:00 all";
    let table: &[(&str, &[&str])] = &[
        ("8월 6일(수) 휴가", &[whole]),
        ("8/6(수) 휴가", &[whole]),
        ("8/6 연차", &[whole]),
        ("8.6(수) 휴가", &[whole]),
        ("2025-08-06 휴가", &[whole]),
        ("2025.8.6 휴가", &[whole]),
        ("2025년 8월 6일(수) 휴가", &[whole]),
        ("25년 8월 6일 휴가", &[whole]),
        ("8월 6일 수요일 휴가", &[whole]),
        ("휴가: 8월 6일(수)", &[whole]),
        ("8월 6일(수) ~ 8일(금) 휴가", &[three]),
        ("8월 6일(수)~8월 8일(금) 휴가", &[three]),
        ("8월 6일(수) - 8일(금) 휴가", &[three]),
        ("8월 6일(수)부터 8일(금)까지 휴가", &[three]),
        ("8월 6일부터 3일간 휴가", &[three]),
        ("8/6~8/8 휴가", &[three]),
        ("8/6~8 휴가", &[three]),
        ("2025-08-06 ~ 2025-08-08 출장", &[three]),
        ("8월 6일(수) 오후 반차", &["25-08-06 13:00..25-08-06 18:00 all"]),
        ("8월 6일(수) 오전 반차", &["25-08-06 09:00..25-08-06 13:00 all"]),
        ("8월 6일(수) 14:00~16:00 외근", &["25-08-06 14:00..25-08-06 16:00 all"]),
        ("8월 6일(수) 외근 14:00 ~ 16:00", &["25-08-06 14:00..25-08-06 16:00 all"]),
        ("8월 6일(수) 오후 2시~4시 외근", &["25-08-06 14:00..25-08-06 16:00 all"]),
        ("8월 6일(수) 14~16시 외근", &["25-08-06 14:00..25-08-06 16:00 all"]),
        ("8월 6일(수) 22:00~24:00 외근", &["25-08-06 22:00..25-08-07 00:00 all"]),
        ("8월 6일(수) 22:00~02:00 외근", &["25-08-06 22:00..25-08-07 02:00 all"]),
        ("8월 6일(수) 14:00 ~ 7일(목) 12:00 출장", &["25-08-06 14:00..25-08-07 12:00 all"]),
        ("~ 8월 28일 : 교육으로 일반 티켓 제외", &["..25-08-29 00:00 general"]),
        ("8월 28일까지 General 제외", &["..25-08-29 00:00 general"]),
        ("8월 6일(수) ~ 8일(금) General Ticket 제외", &["25-08-06 00:00..25-08-09 00:00 general"]),
        ("8월 6일(수) 휴가, 8일(금) 오후 반차", &[whole, "25-08-08 13:00..25-08-08 18:00 all"]),
        (
            "8월 6일(수) 휴가\n* 8월 12일(화) 오전 반차",
            &[whole, "25-08-12 09:00..25-08-12 13:00 all"],
        ),
        ("8월 30일(토) ~ 2일(화) 휴가", &["25-08-30 00:00..25-09-03 00:00 all"]),
        ("12월 30일 ~ 1월 2일 휴가", &["25-12-30 00:00..26-01-03 00:00 all"]),
        ("8월 6, 7일 휴가", &[whole, "25-08-07 00:00..25-08-08 00:00 all"]),
        ("8월 6일(수) 및 8월 8일(금) 휴가", &[whole, "25-08-08 00:00..25-08-09 00:00 all"]),
        (
            "~ 8월 28일 : 군사 훈련 및\n기타 업무로 General Ticket 제외",
            &["..25-08-29 00:00 general"],
        ),
        ("8월 6일(수),\n7일(목) 전일 휴가", &[whole, "25-08-07 00:00..25-08-08 00:00 all"]),
    ];
    for (note, expected) in table {
        assert_eq!(absences(note), *expected, "{note}");
    }
}

#[test]
fn reading_21_the_weekday_fixes_the_year() {
    let one = |note: &str, near: &str| absences_near(note, day(near)).remove(0);
    assert_eq!(one("8월 6일(수) 휴가", "2026-03-01"), "25-08-06 00:00..25-08-07 00:00 all");
    assert_eq!(one("8월 6일(목) 휴가", "2025-08-05"), "26-08-06 00:00..26-08-07 00:00 all");
    assert_eq!(one("1월 2일 휴가", "2025-12-20"), "26-01-02 00:00..26-01-03 00:00 all");
    assert_eq!(
        one("12월 30일(화), 31일(수) 휴가", "2026-01-05"),
        "25-12-30 00:00..25-12-31 00:00 all"
    );
    // The second day's weekday decides when the first has none: 2024, not the nearer 2025.
    assert_eq!(one("8월 6일, 7일(수) 휴가", "2025-08-05"), "24-08-06 00:00..24-08-07 00:00 all");
}

#[test]
fn wrong_days_are_errors_that_say_what_is_right() {
    let said = error_at_note("* 8월 6일(월) 휴가");
    assert!(said.contains("2025년 8월 6일은 수요일"), "{said}");
    assert!(said.contains("2024년 8월 6일은 화요일"), "{said}");
    let said = error_at_note("* 8월 6일(수), 7일(금) 휴가");
    assert!(said.contains("2025년 8월 7일은 목요일"), "{said}");
    let said = error_at_note("* 2025년 8월 6일(목) 휴가");
    assert!(said.contains("수요일") && !said.contains("2024"), "{said}");
    for note in
        ["2월 30일 휴가", "13월 1일 휴가", "8월 32일 휴가", "2025-02-29 휴가", "8월 0일 휴가"]
    {
        assert!(error_at_note(note).contains("없는 날짜"), "{note}");
    }
    assert!(error_at_note("8월 8일(금) ~ 8월 6일(수) 휴가").contains("앞섭니다"));
    assert!(error_at_note("8월 6일 25:00~26:00 외근").contains("없는 시각"));
    assert!(error_at_note("2025-01-01 ~ 2035-01-01 휴직").contains("1년"));
}

#[test]
fn what_cannot_be_read_is_never_dropped_in_silence() {
    for note in [
        "* 매주 금요일 오후 반차",
        "* 다음 주 휴가",
        "* General Ticket 제외",
        "* 9월 중 출장 예정",
        "* 8월 6일(수) 휴가 취소",
        "* 8월 6일(수) 생일",
    ] {
        assert_eq!(absences(note), Vec::<String>::new(), "{note}");
        assert_eq!(warnings_at_note(note).len(), 1, "{note}");
    }
    for (note, expected) in [
        ("* 상시 General Ticket 제외", "..99-01-01 00:00 general"),
        ("* 8월 6일(수) ~ : 휴직", "25-08-06 00:00..99-01-01 00:00 all"),
        ("* 8월 6일부터 휴직", "25-08-06 00:00..99-01-01 00:00 all"),
        ("* 8월 6일(수) 반차", "25-08-06 00:00..25-08-07 00:00 all"),
        ("* 8월 6일(수) 2시~4시 외근", "25-08-06 14:00..25-08-06 16:00 all"),
        ("* 8월 6일(수) 14:00 외근", "25-08-06 14:00..25-08-07 00:00 all"),
        ("* 1월 20일 휴가", "26-01-20 00:00..26-01-21 00:00 all"),
        ("* 8월 6일(수) 휴가, 연차 2일 남음", "25-08-06 00:00..25-08-07 00:00 all"),
    ] {
        assert_eq!(absences(note), [expected], "{note}");
        assert_eq!(warnings_at_note(note).len(), 1, "{note}: {:?}", warnings_at_note(note));
    }
    assert_eq!(warnings_at_note("* 문의는 메일로 부탁드립니다"), Vec::<String>::new());
}

// ---- what is wrong with it ----------------------------------------------------------------------------------------------------

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let table = [
        (WHOLE.replace("General 티켓 담당자 ( CSG/TS )", ""), 1, "General 티켓 담당자"),
        (WHOLE.replace("TS Part Engineers ( 25.2.10 ~ )", ""), 1, "TS Part Engineers"),
        (WHOLE.replace("이름\n", "\n"), 2, "이름"),
        (WHOLE.replace("\temail\n", "\t주소\n"), 7, "주소"),
        (WHOLE.replace("\tPart Leader\n", ""), 45, "Part Leader"),
        (WHOLE.replace("\t010-0000-1003\n", ""), 21, "긴급연락전화번호가 없습니다"),
        (WHOLE.replace("\t010-0000-1003\n", "\t010-0000-103\n"), 23, "010-0000-103"),
        (WHOLE.replace("\t010-0000-1003\n", "\t010-0000-l003\n"), 23, "010-0000-l003"),
        (WHOLE.replace("\tdasom05@example.co.kr\n", ""), 21, "e-mail이 없습니다"),
        (
            WHOLE.replace("dasom05@example.co.kr", "dasom05.example.co.kr"),
            22,
            "dasom05.example.co.kr",
        ),
        (WHOLE.replace("\n라온결\n", "\n다솜윤\n"), 26, "두 번"),
        (WHOLE.replace("\n라온결\n", "\n"), 27, "이름 줄"),
        (WHOLE.replace("파란하(010-0000-1013)", "자람우(010-0000-1009)"), 63, "두 번"),
        (WHOLE.replace("라온결(010-0000-1004)", "라온길(010-0000-1004)"), 26, "라온길"),
        (WHOLE.replace("라온결(010-0000-1004)", "라온결(010-0000-1099)"), 52, "표마다"),
        (WHOLE.replace("카이로(010-0000-1011)", "카이로"), 58, "전화번호가 없습니다"),
        (WHOLE.replace("카이로(010-0000-1011)", "카이로(010-0000-11)"), 58, "010-0000-11"),
        (WHOLE.replace("\t아람준(010-0000-1008)\n", ""), 54, "리더"),
        (WHOLE.replace("\t아람준(010-0000-1008)\n", "\t아람준\n"), 55, "전화번호가 없습니다"),
        (WHOLE.replace("\nTiger\n", "\n\n"), 55, "빈 줄"),
        (WHOLE.replace("담당(부)", "담당(정)"), 36, "한 명만"),
        (WHOLE.replace("raon9408@example", "gaon@example"), 26, "가온별에게도"),
    ];
    for (text, line, words) in table {
        let errors = bad(&text);
        let hit = errors.iter().any(|error| error.line == line && error.text.contains(words));
        assert!(hit, "expected {line}: …{words}…, read {errors:?}");
    }
}

#[test]
fn a_part_without_members_is_an_error() {
    let text = WHOLE.replace(
        "\t파란하(010-0000-1013), \n다솜윤(010-0000-1003), \n나래솔(010-0000-1002):military_helmet:\n",
        "",
    );
    let errors = bad(&text);
    assert!(
        errors.iter().any(|e| e.line == 61 && e.text.contains("구성원이 없습니다")),
        "{errors:?}"
    );
    let none = WHOLE.replace("Tiger\n", "Tiger\n\nWolf\n");
    let errors = bad(&none);
    assert!(errors.iter().any(|e| e.line == 54 && e.text.contains("Tiger")), "{errors:?}");
}

#[test]
fn everything_wrong_is_said_at_once() {
    let text = WHOLE
        .replace("010-0000-1003\n", "010\n")
        .replace("8월 6일(수)", "8월 6일(월)")
        .replace("카이로(010-0000-1011)", "카이로");
    let lines: Vec<usize> = bad(&text).iter().map(|error| error.line).collect();
    assert_eq!(lines, [14, 23, 58]);
}

#[test]
fn a_table_without_its_head_is_one_error() {
    for gone in [
        "TS Part Engineers ( 25.2.10 ~ )",
        "Part Name\n",
        "General 티켓 담당자 ( CSG/TS )",
        "이름\n",
    ] {
        let errors = bad(&WHOLE.replace(gone, ""));
        assert_eq!(errors.len(), 1, "{gone}: {errors:?}");
    }
}

#[test]
fn r5_and_r6_missing_duties_are_doubtful() {
    let text = WHOLE.replace("* 계정 해지 통합 업무 담당(정) ", "");
    let warnings = good(&text).1;
    assert!(warnings.iter().any(|w| w.line == 2 && w.text.contains("담당(정)")), "{warnings:?}");
    let text = WHOLE.replace("* 솔트웨어 내부 계정 담당\n", "");
    let warnings = good(&text).1;
    assert!(warnings.iter().any(|w| w.text.contains("내부 계정 담당")), "{warnings:?}");
    let text = WHOLE.replace("담당(정) ", "담당");
    let warnings = good(&text).1;
    assert!(warnings.iter().any(|w| w.line == 29 && w.text.contains("정·부")), "{warnings:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever becomes of the guide, it is read or refused; what is wrong lies within it, and nobody stands twice.
    #[test]
    fn no_guide_makes_the_reader_fall_over(
        edits in prop::collection::vec((0_usize..180, 0_u8..5, "\\PC{0,6}"), 1..8),
        year in 1990_i32..2100,
    ) {
        let mut lines: Vec<String> = WHOLE.lines().map(str::to_owned).collect();
        for (at, how, junk) in edits {
            let at = at % lines.len();
            match how {
                0 => { lines.remove(at); }
                1 => { let line = lines[at].clone(); lines.insert(at, line); }
                2 => {
                    let cut: Vec<char> = lines[at].chars().collect();
                    let middle = cut.len() / 2;
                    let (front, back) = cut.split_at(middle);
                    lines[at] = front.iter().copied().chain(junk.chars()).chain(back.iter().copied()).collect();
                }
                3 => { lines[at] = junk; }
                _ => { let line = lines.remove(at); lines.insert(0, line); }
            }
            if lines.is_empty() { lines.push(String::new()); }
        }
        let text = lines.join("\n");
        let count = text.lines().count().max(1) + 1;
        match read_guide(&text, NaiveDate::from_ymd_opt(year, 8, 5).unwrap()) {
            Ok((roster, warnings)) => {
                prop_assert!(warnings.iter().all(|w| (1..=count).contains(&w.line)));
                let mut seen = std::collections::BTreeSet::new();
                prop_assert!(roster.people.iter().all(|person| seen.insert(person.name.clone())));
                prop_assert!(roster.people.iter().all(|person| !person.phone.as_str().is_empty()));
                prop_assert!(roster.general.iter().all(|entry| roster.part_of(&entry.name).is_some()));
                prop_assert!(roster.diff(&roster).is_empty());
            }
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                prop_assert!(errors.iter().all(|e| (1..=count).contains(&e.line)), "{errors:?}");
            }
        }
    }

    /// A note of dates and words in any order is read or refused.
    #[test]
    fn no_note_makes_the_reader_fall_over(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "8월", "6일", "(수)", "~", ",", " ", "부터", "까지", "휴가", "오후", "14:00", "2시", "99", "2025년", "/", "-",
            "31", "General 제외", "3일간", "상시", "2월 30일", "반차", ":", "및", "0", "２", "12월 31일", "요일", "9999-12-31",
        ]), 0..12),
        junk in "\\PC{0,8}",
    ) {
        let text = noted(&format!("* {}{junk}", pieces.concat()));
        let errors = read_guide(&text, near()).err();
        prop_assert!(errors.is_none_or(|errors| !errors.is_empty()));
    }
}

// ---- a changed guide ----------------------------------------------------------------------------------------------------------

#[test]
fn r1_a_changed_guide_shows_what_changes() {
    let live = good(WHOLE).0;
    assert!(live.diff(&live).is_empty());
    let text = WHOLE
        .replace("010-0000-1013", "010-0000-1099")
        .replace("7일(목) 전일", "8일(금) 전일")
        .replace("카이로(010-0000-1011)", "하람솔(010-0000-1014)")
        .replace("담당(부)", "담당(X)");
    let lines = live.diff(&good(&text).0);
    assert_eq!(
        lines,
        [
            "추가: 하람솔 (Tiger 파트 구성원)",
            "삭제: 카이로 (Tiger 파트 구성원)",
            "계정 해지 통합 업무 담당(부): 마루한 → 없음",
            "Tiger 파트: 리더 아람준, 구성원 자람우, 차오름, 카이로, 마루한 → 리더 아람준, 구성원 자람우, 차오름, 하람솔, 마루한",
            "가온별 부재 추가: 8/8 전일 휴가",
            "가온별 부재 삭제: 8/7 전일 휴가",
            "파란하 전화: 010-0000-1013 → 010-0000-1099",
        ]
    );
}

// ---- orders -------------------------------------------------------------------------------------------------------------------

fn customer(primary: &str, backup: &str) -> Customer {
    let mut customer = shipped().0.remove(1);
    let person = |text: &str| Some(text).filter(|text| !text.is_empty()).map(Name::from);
    customer.ts_primary = person(primary);
    customer.ts_backup = person(backup);
    customer.sa_primary = person("SA정");
    customer.sa_backup = person("SA부");
    customer
}

fn present(order: &Order, roster: &Roster, leaves: &Leaves, time: Time) -> String {
    let (present, _) = order.available(roster, leaves, time);
    present.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_golden_orders() {
    let (roster, policy, leaves) = (good(WHOLE).0, Policy::default(), Leaves::new());
    let mut rows = 0;
    for line in ORDERS.lines().skip(1) {
        let [kind, time, primary, backup, expected] =
            line.split(',').collect::<Vec<_>>().try_into().unwrap();
        let order = match kind {
            "urgent" => urgent_order(&roster, &policy),
            "msp" => msp_order(&roster, &customer(primary, backup), &policy),
            _ => panic!("{kind}"),
        };
        assert_eq!(present(&order, &roster, &leaves, at(time)), expected, "{line}");
        rows += 1;
    }
    assert_eq!(rows, 8);
}

#[test]
fn skipped_people_are_explained() {
    let (roster, leaves) = (good(WHOLE).0, Leaves::new());
    let order = urgent_order(&roster, &Policy::default());
    assert_eq!(order.candidates.len(), 13, "everybody, whoever is away");
    let (_, skipped) = order.available(&roster, &leaves, at("2025-08-06T22:00:00+09:00"));
    let said: Vec<String> = skipped.iter().map(|s| format!("{}: {}", s.name, s.why)).collect();
    assert_eq!(
        said,
        ["가온별: 8/6 전일 휴가", "나래솔: ~8/28 군사 훈련 및 기타 업무로 General Ticket 제외"]
    );
}

#[test]
fn places_say_why() {
    let roster = good(WHOLE).0;
    let order = msp_order(&roster, &customer("자람우", "사랑빈"), &Policy::default());
    let places: Vec<String> =
        order.candidates.iter().map(|c| format!("{} {}", c.name, c.place)).collect();
    assert_eq!(places[0], "자람우 정 담당자");
    assert_eq!(places[1], "사랑빈 부 담당자");
    assert!(places.contains(&"카이로 정 파트(Tiger) 구성원".to_owned()));
    assert!(places.contains(&"아람준 정 파트(Tiger) 리더".to_owned()));
    assert!(places.contains(&"바름찬 부 파트(Leaf) 리더".to_owned()));
    assert!(places.contains(&"다솜윤 General 목록 3번".to_owned()));
    assert!(places.contains(&"나래솔 General 목록 2번 (병역특례 후순위)".to_owned()));
    assert!(places.contains(&"SA정 SA 정".to_owned()));
    let sa = order.candidates.iter().find(|c| c.name == name("SA정")).unwrap();
    assert_eq!(sa.phone, None);
    assert_eq!(sa.warnings.len(), 1);
}

#[test]
fn reading_14_excluded_from_general_alone_one_stays_ts() {
    let (roster, leaves) = (good(WHOLE).0, Leaves::new());
    let time = at("2025-08-06T03:00:00+09:00");
    let order = msp_order(&roster, &customer("나래솔", ""), &Policy::default());
    assert!(present(&order, &roster, &leaves, time).starts_with("나래솔 파란하 다솜윤 타래은"));
    let warnings = order.warnings_at(&roster, &leaves, time);
    assert!(
        warnings.iter().any(|w| w.contains("나래솔") && w.contains("General 제외")),
        "{warnings:?}"
    );
    let later = order.warnings_at(&roster, &leaves, at("2025-08-29T00:00:00+09:00"));
    assert!(!later.iter().any(|w| w.contains("General 제외")), "{later:?}");
    assert!(absence_at(&roster, &leaves, &name("나래솔"), Duty::General, time).is_some());
    assert!(absence_at(&roster, &leaves, &name("나래솔"), Duty::Other, time).is_none());
}

#[test]
fn reading_15_without_ts_the_chain_starts_at_general_and_says_so() {
    let roster = good(WHOLE).0;
    let order = msp_order(&roster, &customer("", ""), &Policy::default());
    assert_eq!(order.candidates[0].name, name("가온별"));
    assert!(order.warnings[0].contains("TS 담당자가 없어"), "{:?}", order.warnings);
    let order = msp_order(&roster, &customer("없는이", ""), &Policy::default());
    assert_eq!(order.candidates[0].name, name("없는이"));
    assert!(order.warnings[0].contains("없는이"), "{:?}", order.warnings);
}

#[test]
fn reading_16_account_errors_outside_msp() {
    let roster = good(WHOLE).0;
    let order = account_order(&roster);
    let time = at("2025-09-01T10:00:00+09:00");
    assert_eq!(
        present(&order, &roster, &Leaves::new(), time),
        "라온결 마루한 가온별 나래솔 다솜윤 사랑빈 바름찬 자람우 차오름 카이로 아람준 파란하 타래은"
    );
}

#[test]
fn military_last_is_the_policys() {
    let roster = good(WHOLE).0;
    let mut policy = Policy::default();
    policy.chain.military_last = vec![ChainKind::Urgent];
    let time = at("2025-09-01T10:00:00+09:00");
    let urgent = present(&urgent_order(&roster, &policy), &roster, &Leaves::new(), time);
    assert!(urgent.starts_with("가온별 다솜윤 라온결 나래솔 마루한"), "{urgent}");
    let msp = msp_order(&roster, &customer("", ""), &policy);
    let msp = present(&msp, &roster, &Leaves::new(), time);
    assert!(msp.starts_with("가온별 나래솔 다솜윤"), "{msp}");
}

#[test]
fn r2_a_leave_counts_like_a_note() {
    let roster = good(WHOLE).0;
    let leave = Absence {
        from: Some(at("2025-09-01T09:00:00+09:00")),
        to: at("2025-09-01T12:00:00+09:00"),
        scope: AbsenceScope::General,
        reason: "교육".to_owned(),
    };
    assert_eq!(leave.korean(), "9/1 09:00~12:00 교육 (General 제외)");
    let leaves = Leaves::from([(name("가온별"), vec![leave])]);
    let order = urgent_order(&roster, &Policy::default());
    let first = |time: &str| order.available(&roster, &leaves, at(time)).0[0].name.clone();
    assert_eq!(first("2025-09-01T08:59:59+09:00"), name("가온별"));
    assert_eq!(first("2025-09-01T09:00:00+09:00"), name("나래솔"));
    assert_eq!(first("2025-09-01T12:00:00+09:00"), name("가온별"), "half-open");
}

#[test]
fn a2_fewest_then_longest_since_then_the_list() {
    let roster = good(WHOLE).0;
    let time = at("2025-08-05T10:00:00+09:00");
    let counts = BTreeMap::from([(name("가온별"), 3), (name("다솜윤"), 1), (name("라온결"), 1)]);
    let last = BTreeMap::from([
        (name("다솜윤"), at("2025-08-04T10:00:00+09:00")),
        (name("라온결"), at("2025-08-01T10:00:00+09:00")),
    ]);
    let (order, skipped) = assign_order(&roster, &Leaves::new(), &counts, &last, time);
    assert_eq!(names(&order), "마루한 라온결 다솜윤 가온별");
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0].name, name("나래솔"));
    let none = BTreeMap::new();
    let (order, _) = assign_order(&roster, &Leaves::new(), &none, &last, time);
    assert_eq!(names(&order), "가온별 마루한 라온결 다솜윤", "never is longest");
}

// ---- customers ----------------------------------------------------------------------------------------------------------------

fn shipped() -> Customers {
    read_customers(SHIPPED_CUSTOMERS).unwrap()
}

#[test]
fn customers_are_found_however_they_are_written() {
    let customers = shipped();
    for text in [
        "한빛전자",
        " 한빛 전자 ",
        "㈜한빛전자",
        "(주) 한빛전자",
        "주식회사 한빛전자",
        "HANBIT",
        "ｈａｎｂｉｔ",
    ] {
        assert_eq!(customers.find(text).map(|c| c.name.as_str()), Some("한빛전자"), "{text}");
    }
    assert_eq!(customers.find(""), None);
    assert_eq!(customers.find("(주)"), None);
    assert_eq!(customers.similar("한빛전지"), ["한빛전자"]);
    assert_eq!(customers.similar("완전히다른이름입니다"), Vec::<&str>::new());
    let account = "1234-5678-9013".parse().unwrap();
    assert_eq!(customers.by_account(&account).unwrap().name, "한빛전자");
    assert_eq!(customers.by_last_four("4321")[0].name, "가나게임즈");
}

#[test]
fn a_customer_is_named_in_a_text() {
    let customers = shipped();
    let named = |text: &str| customers.named_in(text).map(|c| c.name.clone());
    assert_eq!(named("@COC [긴급티켓배정요청] 한빛 전자 건입니다").as_deref(), Some("한빛전자"));
    assert_eq!(
        named("가나게임즈 장애").as_deref(),
        Some("가나게임즈"),
        "its alias 가나 stands inside it"
    );
    assert_eq!(named("한빛전자와 가나게임즈"), None, "two");
    assert_eq!(named("ganache"), None, "GANA is no word there");
    assert_eq!(named("GANA 장애").as_deref(), Some("가나게임즈"));
    assert_eq!(named("아무도 없습니다"), None);
}

#[test]
fn the_longer_of_two_names_counts() {
    let header = SHIPPED_CUSTOMERS.lines().next().unwrap();
    let text = format!("{header}\n한빛,,일반,,,,,,,,,,,,\n한빛전자,,일반,,,,,,,,,,,,\n");
    let customers = read_customers(&text).unwrap();
    assert_eq!(customers.named_in("한빛전자 긴급").unwrap().name, "한빛전자");
    assert_eq!(customers.named_in("한빛 긴급").unwrap().name, "한빛");
    assert_eq!(customers.named_in("한빛전자 말고 한빛 긴급"), None);
}

#[test]
fn a_wrong_customers_file_says_where() {
    let header = SHIPPED_CUSTOMERS.lines().next().unwrap();
    let table = [
        ("이름,등급\n".to_owned(), 1, "머리글"),
        (format!("{header}\n한빛,,VIP,,,,,,,,,,,,\n"), 2, "VIP"),
        (format!("{header}\n\n한빛,,일반,,,,,,,12345678901,,,,,\n"), 3, "11자리"),
        (
            format!(
                "{header}\n가,,일반,,,,,,,123456789012,,,,,\n나,,일반,,,,,,,123456789012,,,,,\n"
            ),
            3,
            "2행",
        ),
        (format!("{header}\n가나,,일반,,,,,,,,,,,,\n다라,가 나,일반,,,,,,,,,,,,\n"), 3, "2행"),
        (format!("{header}\n,,일반,,,,,,,123456789012,,,,,\n"), 2, "name"),
        (format!("{header}\n한빛,,일반,네,,,,,,,,,,,\n"), 2, "important"),
        (format!("{header}\n한빛,,일반\n"), 2, "칸이 3개"),
        (format!("{header}\n한빛,,일반,,,,,,,,ops,,,,\n"), 2, "ops"),
        (format!("{header}\n한빛,,MSP,,자람우,자람우,,,,,,,,,\n"), 2, "같은 사람"),
    ];
    for (text, line, words) in table {
        let errors = read_customers(&text).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].line, line, "{errors:?}");
        assert!(errors[0].text.contains(words), "{errors:?}");
    }
    assert_eq!(read_customers("").unwrap(), Customers::default());
    assert_eq!(read_customers(&format!("\u{feff}{SHIPPED_CUSTOMERS}")).unwrap(), shipped());
    assert_eq!(read_customers(&SHIPPED_CUSTOMERS.replace('\n', "\r\n")).unwrap(), shipped());
}

#[test]
fn the_shipped_customers_show_every_kind() {
    let customers = shipped().0;
    assert_eq!(customers.len(), 12);
    for grade in [Grade::Msp, Grade::MspBasic, Grade::General] {
        for important in [true, false] {
            let found = customers.iter().any(|c| c.grade == grade && c.important == important);
            assert!(found, "{grade} {important}");
        }
    }
    let phones = customers.iter().flat_map(|c| &c.phones);
    assert!(phones.into_iter().all(|phone| phone.starts_with("010-0000-")));
}

// ---- the policy ---------------------------------------------------------------------------------------------------------------

#[test]
fn the_shipped_policy_is_the_defaults_and_names_every_key() {
    let mut policy = read_policy(SHIPPED_POLICY).unwrap();
    let days: Vec<String> = policy.hours.holidays.iter().map(|d| d.date.to_string()).collect();
    assert_eq!(days, ["2024-04-10", "2024-10-01", "2025-01-27", "2025-06-03", "2026-06-03"]);
    policy.hours.holidays.clear();
    assert_eq!(policy, Policy::default());

    let defaults = toml::Table::try_from(Policy::default()).unwrap();
    let written: toml::Table = SHIPPED_POLICY.parse().unwrap();
    for (section, value) in &defaults {
        let there = written.get(section).unwrap_or_else(|| panic!("{section} is not mentioned"));
        for key in value.as_table().into_iter().flat_map(toml::Table::keys) {
            assert!(there.get(key).is_some(), "{section}.{key} is not mentioned");
        }
    }
}

#[test]
fn every_key_of_the_shipped_policy_is_commented() {
    let lines: Vec<&str> = SHIPPED_POLICY.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        if line.starts_with('[') || line.contains(" = ") && !line.starts_with(['#', ' ']) {
            assert!(lines[index - 1].starts_with("# "), "line {}: {line}", index + 1);
        }
    }
}

#[test]
fn a_wrong_policy_says_which_key_and_where() {
    let table: &[(&str, usize, &str)] = &[
        ("[chain]\nrungs = \"5m\"\n", 2, "chain.rung"),
        ("\n\n[chains]\nrung = \"5m\"\n", 3, "chains"),
        ("phones = \"auto\"\n", 1, "phones"),
        ("[chain]\n\nrung = 5\n", 3, "chain.rung"),
        ("[chain]\nrung = \"5 minutes\"\n", 2, "5 minutes"),
        ("[hours]\nopen = \"9시\"\n", 2, "9시"),
        ("chain.rung = \"0s\"\n", 1, "0보다"),
        ("phone = \"twilio\"\n", 1, "twilio"),
        ("[chain]\nmilitary_last = [\"msp\", \"all\"]\n", 2, "all"),
        ("[hours]\nholidays = [\n  { date = \"2025-13-01\", name = \"x\" },\n]\n", 3, "2025-13-01"),
        ("[hours]\nholidays = [\n  { date = \"2025-06-03\", nam = \"x\" },\n]\n", 3, "nam"),
        ("[hours]\nlunch_from = \"08:00\"\n", 2, "hours.open"),
        ("[hours]\nlunch_to = \"12:00\"\n", 2, "hours.lunch_from"),
        ("[hours]\nclose = \"12:30\"\nlate_from = \"12:30\"\n", 2, "hours.lunch_to"),
        ("[hours]\nlate_from = \"18:30\"\n", 2, "17:30"),
        ("[hours]\nanswer_within = \"45m\"\n", 2, "너무 깁니다"),
        ("[guardduty]\nhigh_from = 11\n", 2, "0에서 10"),
        ("[offboard]\ncommand = \"/unlink\"\n", 2, "{account}"),
        ("[reports]\nmonthly_to = [\"csg\"]\n", 2, "csg"),
        ("[channels]\nnoti = \"#\"\n", 2, "비어"),
        ("[roles]\nguide = []\n", 2, "아무도"),
        ("[chain\nrung = \"5m\"\n", 1, "TOML"),
        ("chain = 5\n", 1, "chain"),
    ];
    for (text, line, words) in table {
        let errors = read_policy(text).unwrap_err();
        let hit = errors.iter().any(|e| e.line == Some(*line) && e.text.contains(words));
        assert!(hit, "{text}: {errors:?}");
        assert!(errors.iter().all(|error| error.file == BookFile::Policy));
    }
    let both = read_policy("[chain]\nrung = 5\n[feeds]\npoll = 5\nextra = 1\n").unwrap_err();
    let lines: Vec<_> = both.iter().filter_map(|error| error.line).collect();
    assert_eq!(lines, [2, 5, 4], "all at once: {both:?}");
}

#[test]
fn a_policy_may_be_written_in_its_natural_shapes() {
    let text = "\
hours.workdays = [2025-05-01, \"2025-05-02\"]
[[hours.holidays]]
date = 2025-06-03
name = \"대통령 선거일\"
[guardduty]
high_from = 9
[groups]
csr = [\"ohara@example.co.kr\"]
";
    // A dotted key and a header of the same table cannot stand together in TOML, so the list goes inline.
    let text = text
        .replace("[[hours.holidays]]\ndate = 2025-06-03\nname = \"대통령 선거일\"\n", "")
        .replace(
            "[guardduty]",
            "hours.holidays = [{ date = 2025-06-03, name = \"대통령 선거일\" }]\n[guardduty]",
        );
    let policy = read_policy(&text).unwrap();
    assert_eq!(policy.hours.holidays[0].date, day("2025-06-03"));
    assert_eq!(policy.hours.workdays, [day("2025-05-01"), day("2025-05-02")]);
    assert!((policy.guardduty.high_from - 9.0).abs() < f64::EPSILON);
    assert_eq!(read_policy("").unwrap(), Policy::default());
}

// ---- all together -------------------------------------------------------------------------------------------------------------

fn shipped_books() -> Books {
    Books {
        policy: SHIPPED_POLICY.to_owned(),
        guide: SHIPPED_GUIDE.to_owned(),
        customers: SHIPPED_CUSTOMERS.to_owned(),
        ..Books::default()
    }
}

#[test]
fn the_shipped_books_are_sound() {
    let read = read_books(&shipped_books(), day("2026-11-23")).unwrap();
    let said: Vec<String> = read.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("guide.txt:34: 마루한"), "{said:?}");
    assert!(said[1].starts_with("customers.csv:7: 두레교육: MSP"), "{said:?}");
}

#[test]
fn the_books_are_held_against_one_another() {
    let mut books = shipped_books();
    books.customers = books
        .customers
        .replace("MSP,,자람우,", "MSP,,자람오,")
        .replace("\n솔트웨어,", "\n소금웨어,");
    let read = read_books(&books, near()).unwrap();
    let said = |words: &str| read.warnings.iter().any(|w| w.to_string().contains(words));
    assert!(said("customers.csv:3: 가나게임즈: ts_primary \"자람오\""), "{:?}", read.warnings);
    assert!(said("company.customer"), "{:?}", read.warnings);
}

#[test]
fn errors_of_all_books_come_together() {
    let books = Books {
        policy: "[chain]\nrung = 5\n".to_owned(),
        guide: SHIPPED_GUIDE.replace("010-0000-1003\n", "없음\n"),
        customers: SHIPPED_CUSTOMERS.replace("123456789012", "12345"),
        ..Books::default()
    };
    let errors = read_books(&books, near()).unwrap_err();
    let places: Vec<String> = errors.iter().map(|e| e.to_string()).collect();
    assert!(places[0].starts_with("policy.toml:2: "), "{places:?}");
    assert!(places[1].starts_with("guide.txt:23: 다솜윤"), "{places:?}");
    assert!(places[2].starts_with("customers.csv:2: 한빛전자"), "{places:?}");
}

#[test]
fn check_reads_a_folder_and_says_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let report = || Report::of(folder.path(), near());
    let wrong = report();
    assert_eq!(wrong.errors.len(), 1);
    assert!(wrong.to_string().contains("guide.txt: 파일이 없습니다"), "{wrong}");

    std::fs::write(folder.path().join("guide.txt"), WHOLE).unwrap();
    let sound = report();
    assert!(sound.errors.is_empty(), "no policy and no customers are fine: {sound}");
    assert!(sound.to_string().contains("guide.txt:34: 마루한"), "{sound}");
    assert_eq!(sound.read.unwrap().general, 5);

    std::fs::write(folder.path().join("customers.csv"), b"name\n\xb0\xa1\n").unwrap();
    let wrong = report();
    assert!(wrong.to_string().contains("customers.csv:2: UTF-8"), "{wrong}");

    std::fs::write(folder.path().join("customers.csv"), SHIPPED_CUSTOMERS).unwrap();
    std::fs::write(folder.path().join("policy.toml"), "[chain]\nrung = 5\n").unwrap();
    let wrong = report();
    assert_eq!(wrong.errors[0].line, Some(2));
    assert!(wrong.errors[0].file.as_ref().unwrap().ends_with("policy.toml"));
    assert!(wrong.read.is_none());
}

#[test]
fn check_reads_the_checklists_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("guide.txt"), WHOLE).unwrap();
    let procedures = folder.path().join("procedures");
    std::fs::create_dir(&procedures).unwrap();
    let step = "[[step]]\ntitle = \"안내\"\nowner = \"SA\"\nchase_after = \"24h\"\n";
    std::fs::write(procedures.join("sa-guide.toml"), step).unwrap();
    assert!(Report::of(folder.path(), near()).errors.is_empty());

    std::fs::write(procedures.join("sa-guide.toml"), format!("{step}wner = \"SA\"\n")).unwrap();
    std::fs::write(procedures.join("tam.toml"), step).unwrap();
    std::fs::write(procedures.join("lunch.toml"), step).unwrap();
    let said = Report::of(folder.path(), near()).to_string();
    for wrong in [
        "procedures: sa-guide.toml 5행: \"wner\"은(는) 모르는 항목입니다",
        "procedures: tam.toml 1행: kind = \"mail\"인 단계가 0개입니다",
        "procedures: lunch.toml 1행: 모르는 절차입니다",
    ] {
        assert!(said.contains(wrong), "{wrong}: {said}");
    }
}

#[test]
fn check_reads_the_scripts_and_contacts_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("guide.txt"), WHOLE).unwrap();
    let scripts = folder.path().join("scripts");
    std::fs::create_dir(&scripts).unwrap();
    std::fs::write(scripts.join("common.txt"), "고객사 명을 여쭙겠습니다.\n").unwrap();
    assert!(Report::of(folder.path(), near()).errors.is_empty());

    std::fs::write(scripts.join("msp-outage.txt"), "가\n{{ promis }}\n").unwrap();
    let card = "[[contact]]\nname = \"가\"\nuse = \"support\"\nemail = \"가\"\n";
    std::fs::write(folder.path().join("contacts.toml"), format!("\n{card}")).unwrap();
    let said = Report::of(folder.path(), near()).to_string();
    for wrong in [
        "scripts: msp-outage.txt 2행: 대본을 채울 수 없습니다",
        "contacts.toml:2: 가: email",
        "contacts.toml:1: use = \"other-business\"인 연락처가 없습니다",
    ] {
        assert!(said.contains(wrong), "{wrong}: {said}");
    }
}

#[test]
fn a_named_file_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("guide.txt"), WHOLE).unwrap();
    let gone = Overrides { customers: Some("nowhere.csv".into()), ..Overrides::default() };
    let errors = load(folder.path(), &gone).unwrap_err();
    assert!(errors[0].to_string().contains("nowhere.csv"), "{errors:?}");
    let books = load(folder.path(), &Overrides::default()).unwrap();
    assert_eq!(books.guide, WHOLE);
}
