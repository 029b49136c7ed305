//! What people read of a forced off-boarding (X).

use super::super::customers::{Customer, Grade};
use super::super::desk::Desk;
use super::super::ids::{AccountId, CaseId, Name, NotAnAccount};
use super::super::message::{Button, Line, Message, Piece};
use super::super::procedures::assignment::Given;
use super::super::procedures::offboard::{
    Asking, Checked, Confirmation, Confirmed, Ending, Failure, Fault, Listed, MspOffboard,
    Offboard, Problem, Request, Run, Stage, Why,
};
use super::super::time::{Span, Time, clock};
use super::super::turn::{
    OffboardPress, Token, UnlinkPress, button, danger, lines, one_line, primary,
};
use super::super::watch::is_late;
use super::{bracketed, lateness, line, object, refused, topic};
use chrono::{Datelike, Weekday};

mod forms;

pub use forms::{confirm_form, edit_form, form, mail_form, why_form};

/// The letter of a weekday: `수`.
#[must_use]
pub const fn weekday(day: Weekday) -> char {
    match day {
        Weekday::Mon => '월',
        Weekday::Tue => '화',
        Weekday::Wed => '수',
        Weekday::Thu => '목',
        Weekday::Fri => '금',
        Weekday::Sat => '토',
        Weekday::Sun => '일',
    }
}

/// `2025-08-13 (수) 14:10`
fn when(at: Time) -> String {
    format!("{} ({}) {}", at.format("%Y-%m-%d"), weekday(at.weekday()), at.format("%H:%M"))
}

/// `12분 전`, `방금`
fn ago(at: Time, now: Time) -> String {
    let minutes = u32::try_from((now - at).num_minutes()).unwrap_or(0);
    if minutes == 0 { "방금".to_owned() } else { format!("{} 전", Span::minutes(minutes).korean()) }
}

/// `123456789012 (끝자리 9012)`
fn shown(account: &AccountId) -> String {
    format!("{account} (끝자리 {})", account.last_four())
}

fn numbered(accounts: &[AccountId]) -> Vec<Line> {
    let accounts = accounts.iter().enumerate();
    accounts.map(|(nth, account)| line![format!("{}. {}", nth + 1, shown(account))]).collect()
}

fn joined(accounts: &[AccountId]) -> String {
    accounts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn grade(checked: &Checked) -> String {
    let important = if checked.important() { " · 주요 고객" } else { "" };
    format!("{}{important}", checked.grade())
}

/// How old the check against the record is, and how old the record.
fn checked_line(desk: &Desk, checked: &Checked, now: Time) -> Line {
    let today = now.date_naive();
    let record = match checked.record() {
        Some(as_of) => format!("고객 기록 {} 기준, {}", clock(as_of, today), ago(as_of, now)),
        None => "고객 기록의 기준 시각은 알 수 없습니다".to_owned(),
    };
    let stale = desk.policy.value.customers.stale_after.delta();
    let old = if checked.record().is_some_and(|as_of| now - as_of > stale) {
        " ⚠️ 고객 기록이 오래되었습니다."
    } else {
        ""
    };
    let at = clock(checked.at(), today);
    line![format!("계정 확인: {at} ({}). {record}.{old}", ago(checked.at(), now))]
}

/// The customer's CSR owner (reading 26); the group where the record has none.
fn csr_of(desk: &Desk, customer: &str) -> Line {
    let csr = desk.customers.value.find(customer).and_then(|one| one.csr.as_ref());
    match csr {
        Some(csr) => vec![desk.mention(csr)],
        None => desk.mention_group(&desk.policy.value.groups.csr),
    }
}

fn headed(sign: &str, to: Line, customer: &str, text: impl Into<String>) -> Line {
    let mut first: Line = Vec::new();
    if !sign.is_empty() {
        first.push(format!("{sign} ").into());
    }
    if !to.is_empty() {
        first.extend(to);
        first.push(" ".into());
    }
    first.push(bracketed(customer));
    first.push(text.into().into());
    first
}

fn coc(desk: &Desk) -> Line {
    desk.mention_group(&desk.policy.value.groups.coc)
}

fn csr_group(desk: &Desk) -> Line {
    desk.mention_group(&desk.policy.value.groups.csr)
}

fn number(id: CaseId) -> Line {
    line![format!("사건 {id}")]
}

fn ticket(one: &Offboard) -> Line {
    vec![Piece::Link(one.request.ticket.to_string())]
}

fn press(id: CaseId, round: u32, press: OffboardPress) -> Token {
    Token::Offboard(id, round, press)
}

fn edit_button(id: CaseId, one: &Offboard) -> Button {
    button("고치기", &press(id, one.round, OffboardPress::Edit))
}

/// 취소 until the first account is unlinked, 종료 afterwards.
fn end_button(id: CaseId, one: &Offboard) -> Button {
    if one.done.is_empty() {
        danger("취소", &press(id, one.round, OffboardPress::Cancel))
    } else {
        danger("종료", &press(id, one.round, OffboardPress::Close))
    }
}

/// What `end_button` does, for the line above it.
const fn ending_word(one: &Offboard) -> &'static str {
    if one.done.is_empty() {
        "그만두시려면 [취소]를 눌러 주십시오."
    } else {
        "남은 계정을 그대로 두고 끝내시려면 [종료]를 눌러 주십시오."
    }
}

// --- where it stands ---

/// Where it stands, in a few words.
#[must_use]
pub fn state(one: &Offboard) -> String {
    match &one.stage {
        Stage::Naming { .. } => "계정 확인 대기".to_owned(),
        Stage::Scheduled { .. } => format!("{} 실행 예정", one.request.at.format("%-m/%-d %H:%M")),
        Stage::Asking { .. } => "실행 확인 대기".to_owned(),
        Stage::Running { run, .. } => {
            let all = one.done.len() + 1 + run.rest.len();
            format!("해지 중 ({}/{all})", one.done.len() + 1)
        }
        Stage::Failed { failure, .. } => format!("해지 오류 ({})", failure.account),
        Stage::Stopped { why, .. } => match why {
            Why::Held { by } => format!("보류 ({by})"),
            Why::Record { .. } => "고객 기록과 맞지 않아 멈춤".to_owned(),
            Why::Unposted { .. } => "#강제링크해지에 올리지 못해 멈춤".to_owned(),
        },
        Stage::Over { how, .. } => match how {
            Ending::Done => "완료".to_owned(),
            Ending::Cancelled { by } => format!("취소 ({by})"),
            Ending::Closed { by, .. } => format!("일부만 해지하고 종료 ({by})"),
        },
    }
}

fn card_head(desk: &Desk, one: &Offboard) -> Line {
    let customer = &one.request.customer;
    let at = one.request.at;
    match &one.stage {
        Stage::Naming { .. } => {
            headed("⚠️", coc(desk), customer, "강제 퇴점: 대상 계정이 미정입니다.")
        }
        Stage::Scheduled { .. } => {
            headed("", Vec::new(), customer, format!("강제 퇴점 요청입니다. {}", when(at)))
        }
        Stage::Asking { .. } => headed(
            "",
            Vec::new(),
            customer,
            "강제 퇴점: #강제링크해지에서 실행 확인을 기다립니다.",
        ),
        Stage::Running { run, .. } => {
            let all = one.done.len() + 1 + run.rest.len();
            let text = format!("강제 퇴점: 링크를 해지하고 있습니다 ({}/{all}).", one.done.len() + 1);
            headed("", Vec::new(), customer, text)
        }
        Stage::Failed { .. } => {
            headed("⚠️", Vec::new(), customer, "강제 퇴점: 링크 해지 오류로 멈췄습니다.")
        }
        Stage::Stopped { why, .. } => match why {
            Why::Held { by } => {
                headed("", Vec::new(), customer, format!("강제 퇴점: 보류 중입니다 ({by})."))
            }
            Why::Record { .. } => {
                headed("⚠️", Vec::new(), customer, "강제 퇴점: 고객 기록과 맞지 않아 멈췄습니다.")
            }
            Why::Unposted { .. } => headed(
                "⚠️",
                Vec::new(),
                customer,
                "강제 퇴점: #강제링크해지에 올리지 못해 멈췄습니다.",
            ),
        },
        Stage::Over { how, .. } => match how {
            Ending::Done => headed("✅", Vec::new(), customer, "강제 퇴점을 마쳤습니다."),
            Ending::Cancelled { by } => {
                headed("⛔", Vec::new(), customer, format!("강제 퇴점을 취소했습니다 ({by})."))
            }
            Ending::Closed { by, .. } => headed(
                "⛔",
                Vec::new(),
                customer,
                format!("강제 퇴점을 일부만 하고 끝냈습니다 ({by})."),
            ),
        },
    }
}

/// The accounts, with what became of each.
fn accounts(one: &Offboard, now: Time) -> Vec<Line> {
    let today = now.date_naive();
    let mut said: Vec<String> = one
        .done
        .iter()
        .map(|done| {
            let at = clock(done.at, today);
            format!("{}: 해지 완료 ({}, {at})", shown(&done.account), done.by)
        })
        .collect();
    let left = match &one.stage {
        Stage::Over { how: Ending::Closed { rest, .. }, .. } => {
            rest.iter().map(|account| format!("{}: 남겨 둠", shown(account))).collect()
        }
        Stage::Over { .. }
        | Stage::Naming { .. }
        | Stage::Scheduled { .. }
        | Stage::Asking { .. }
        | Stage::Running { .. }
        | Stage::Failed { .. }
        | Stage::Stopped { .. } => one
            .left_to_do()
            .iter()
            .map(|account| format!("{}{}", shown(account), state_of(one, account, today)))
            .collect::<Vec<_>>(),
    };
    said.extend(left);
    let said = said.into_iter().enumerate();
    said.map(|(nth, text)| line![format!("{}. {text}", nth + 1)]).collect()
}

fn state_of(one: &Offboard, account: &AccountId, today: chrono::NaiveDate) -> String {
    match &one.stage {
        Stage::Running { now, .. } if &now.account == account => ": 해지 중".to_owned(),
        Stage::Failed { failure, .. } if &failure.account == account => {
            let why =
                if failure.why.is_empty() { String::new() } else { format!(", {}", failure.why) };
            format!(": 실패 ({}, {}{why})", failure.by, clock(failure.at, today))
        }
        Stage::Naming { .. }
        | Stage::Scheduled { .. }
        | Stage::Asking { .. }
        | Stage::Running { .. }
        | Stage::Failed { .. }
        | Stage::Stopped { .. }
        | Stage::Over { .. } => String::new(),
    }
}

fn card_next(one: &Offboard) -> Vec<Line> {
    match &one.stage {
        Stage::Naming { list: Listed::Shown { .. }, .. } => vec![
            line![
                "고객 기록의 목록을 #general에 올렸습니다. CSR이 확인하면 진행합니다. 목록을 확인하시고, 다르면 [고치기]를 눌러 주십시오."
            ],
            line!["메일로 확인을 받으셨으면 [메일 확인]을 눌러 주십시오."],
        ],
        Stage::Naming { list: Listed::Nothing, .. } => {
            vec![line!["고객 기록에 계정이 없습니다. 계정을 확인하신 뒤 [고치기]로 적어 주십시오."]]
        }
        Stage::Scheduled { .. } => vec![line![
            "퇴점 일시에 #강제링크해지에서 COC에 실행 확인을 요청합니다. 바뀐 것이 있으면 [고치기]를 눌러 주십시오."
        ]],
        Stage::Asking { .. }
        | Stage::Running { .. }
        | Stage::Failed { .. }
        | Stage::Stopped { .. }
        | Stage::Over { .. } => Vec::new(),
    }
}

/// Its card: what was asked for, where it stands.
#[must_use]
pub fn card(desk: &Desk, id: CaseId, one: &Offboard, now: Time) -> Message {
    let request = &one.request;
    let mut said = vec![card_head(desk, one)];
    said.push(line![format!("사유: {} · 요청: {}", request.reason, request.by)]);
    said.push(line![format!("퇴점 일시: {}", when(request.at))]);
    said.extend(accounts(one, now));
    if let Stage::Scheduled { checked } | Stage::Asking { asking: Asking { checked, .. }, .. } =
        &one.stage
    {
        said.push(line![format!("등급: {}", grade(checked))]);
        let at = clock(checked.at(), now.date_naive());
        said.push(line![format!("계정 확인: {at}, 고객 기록과 모두 맞습니다.")]);
    }
    if let Stage::Asking { asking, .. } = &one.stage
        && !asking.by.is_empty()
    {
        said.push(line![format!("실행 확인: {}", names(&asking.by))]);
    }
    if let Stage::Running { run, .. } | Stage::Failed { run, .. } = &one.stage {
        said.push(line![format!("실행 확인: {}", names(run.confirmed.by()))]);
    }
    said.extend(card_next(one));
    said.push(ticket(one));
    said.push(number(id));
    let buttons = match &one.stage {
        Stage::Naming { list: Listed::Shown { .. }, .. } => vec![
            edit_button(id, one),
            button("메일 확인", &press(id, one.round, OffboardPress::Mail)),
            end_button(id, one),
        ],
        Stage::Naming { .. } | Stage::Scheduled { .. } | Stage::Asking { .. } => {
            vec![edit_button(id, one), end_button(id, one)]
        }
        Stage::Running { .. }
        | Stage::Failed { .. }
        | Stage::Stopped { .. }
        | Stage::Over { .. } => Vec::new(),
    };
    Message { lines: said, buttons }
}

fn names(by: &[Confirmation]) -> String {
    let names = by.iter().map(|one| format!("{} ({})", one.name, one.at.format("%H:%M")));
    names.collect::<Vec<_>>().join(", ")
}

/// A post whose buttons are void: without them, and with what became of it.
#[must_use]
pub fn over(message: &Message, why: &str) -> Message {
    let mut message = message.without_buttons();
    let last = message.lines.last().is_some_and(|last| {
        matches!(last.as_slice(), [Piece::Text(text)] if text.starts_with("사건 #"))
    });
    let at = message.lines.len() - usize::from(last);
    message.lines.insert(at, line![why]);
    message
}

// --- the form's answers ---

/// By somebody who may not ask for it.
#[must_use]
pub fn not_allowed() -> Message {
    refused(
        "강제 퇴점은 CSR과 COC만 요청하고 고칠 수 있습니다. 바뀐 것은 없습니다.",
        "담당 CSR에게 요청해 주십시오.",
    )
}

/// The request is taken.
#[must_use]
pub fn accepted(id: CaseId, one: &Offboard, now: Time) -> Message {
    let mut said =
        vec![headed("", Vec::new(), &one.request.customer, format!("강제 퇴점을 접수했습니다. 사건 {id}"))];
    match &one.stage {
        Stage::Naming { list: Listed::Nothing, .. } => {
            said.push(line!["고객 기록에 계정이 없어 COC가 목록을 적습니다. 그 목록을 CSR이 확인하면 진행합니다."]);
        }
        Stage::Naming { list: Listed::Shown { .. }, .. } => {
            said.push(line!["고객 기록의 계정 목록을 #general에 올렸습니다. CSR이 확인하면 진행합니다."]);
        }
        Stage::Scheduled { .. }
        | Stage::Asking { .. }
        | Stage::Running { .. }
        | Stage::Failed { .. }
        | Stage::Stopped { .. }
        | Stage::Over { .. } => {
            said.push(line![format!("대상 계정: {}", joined(&one.left_to_do()))]);
            let at = if one.request.at <= now { "지금".to_owned() } else { when(one.request.at) };
            said.push(line![format!(
                "{at} #강제링크해지에서 COC에 실행 확인을 요청합니다. 요청하신 분은 확인할 수 없습니다."
            )]);
        }
    }
    lines(said)
}

/// The company's own record (R6).
#[must_use]
pub fn company_customer(desk: &Desk) -> String {
    let company = &desk.policy.value.company.customer;
    let owner = desk.roster.value.internal_account_owner();
    let to = owner.map_or_else(
        || "업무가이드의 내부 계정 담당에게".to_owned(),
        |owner| format!("내부 계정 담당 {}에게", owner.polite()),
    );
    format!("{company} 내부 계정은 강제 퇴점하지 않습니다. {to} 요청해 주십시오. 예: 한빛전자")
}

/// Accounts are gone already: the customer cannot become another.
#[must_use]
pub fn customer_is_bound(customer: &str) -> String {
    format!("이미 해지한 계정이 있어 고객사를 바꿀 수 없습니다. 그대로 적어 주십시오: {customer}")
}

/// A reason that is too long.
#[must_use]
pub fn reason_too_long(read: usize, longest: usize) -> String {
    format!("{read}자입니다. {longest}자 안으로 적어 주십시오. 예: 3개월 미수")
}

/// A time that cannot be read.
#[must_use]
pub fn bad_time(read: &str, now: Time) -> String {
    let example = now + chrono::TimeDelta::days(1);
    let example = example.format("%Y-%m-%d 14:10");
    if read.is_empty() {
        return format!("없습니다. 예: {example}");
    }
    format!("일시를 읽지 못했습니다. 읽은 값: \"{read}\". 연도와 24시간 시각으로 적어 주십시오. 예: {example}")
}

/// A time whose weekday is not that of its day.
#[must_use]
pub fn wrong_weekday(read: &str, said: char, is: char) -> String {
    format!("요일이 다릅니다. 읽은 값: \"{read}\". {said}요일이 아니라 {is}요일입니다. 날짜를 확인해 주십시오. 예: 2025-08-13(수) 14:10")
}

/// A time that is over.
#[must_use]
pub fn past_time(at: Time, now: Time) -> String {
    let example = now + chrono::TimeDelta::hours(1);
    format!(
        "지난 일시입니다. 읽은 값: {}. 지금({}) 이후로 적어 주십시오. 예: {}",
        when(at),
        now.format("%Y-%m-%d %H:%M"),
        example.format("%Y-%m-%d %H:%M")
    )
}

/// A time that is too far ahead.
#[must_use]
pub fn far_time(at: Time) -> String {
    format!("1년보다 먼 일시입니다. 읽은 값: {}. 연도를 확인해 주십시오. 예: 2025-08-13 14:10", when(at))
}

/// No account is named.
#[must_use]
pub fn no_accounts() -> String {
    "계정이 없습니다. 12자리 숫자로 적어 주십시오. 특정하지 못하면 미정이라고 적습니다. 예: 123456789012, 123456789013".to_owned()
}

/// Something that is no account.
#[must_use]
pub fn not_an_account(error: &NotAnAccount) -> String {
    let read = format!("\"{}\"", error.read);
    if error.digits == 0 {
        return format!("{} 계정이 아닙니다. 12자리 숫자로 적어 주십시오. 예: 123456789012", topic(&read));
    }
    format!(
        "{} {}자리입니다. 12자리 숫자로 적어 주십시오. 예: 123456789012",
        topic(&read),
        error.digits
    )
}

/// An account that stands there twice.
#[must_use]
pub fn repeated(account: &AccountId) -> String {
    format!("{}이 두 번 있습니다. 한 번만 적어 주십시오.", shown(account))
}

/// The same ticket is worked on already.
#[must_use]
pub fn running_already(id: CaseId) -> String {
    format!("이 티켓의 강제 퇴점을 이미 하고 있습니다 (사건 {id}). 바꾸시려면 그 글에서 [고치기]를 눌러 주십시오.")
}

fn fault(desk: &Desk, customer: &str, account: &AccountId, fault: &Fault) -> String {
    let what = match fault {
        Fault::Unknown => {
            format!("고객 기록에 없는 계정입니다. [{customer}]의 계정인지 확인해 주십시오.")
        }
        Fault::Of { owner } => {
            format!("[{customer}]가 아니라 [{owner}]의 계정입니다. 확인해 주십시오.")
        }
        Fault::Company => {
            let company = &desk.policy.value.company.customer;
            format!("{company} 내부 계정입니다. 강제 퇴점하지 않습니다.")
        }
        Fault::Left { at } => {
            format!("{}에 이미 퇴점했습니다. 빼 주십시오.", at.format("%-m/%-d %H:%M"))
        }
        Fault::Busy { case } => {
            format!("다른 퇴점에서 진행 중입니다 (사건 {case}). 빼 주십시오.")
        }
    };
    format!("{account}: {what}")
}

/// What does not fit, a line each.
#[must_use]
pub fn problems(desk: &Desk, customer: &str, problems: &[Problem]) -> String {
    let one = |problem: &Problem| match problem {
        Problem::NoCustomer => format!("[{customer}]가 고객 기록에 없습니다."),
        Problem::Msp => format!("[{customer}]는 MSP 고객사입니다. 강제 퇴점 대상이 아닙니다."),
        Problem::Company => company_customer(desk),
        Problem::NoAccounts => "계정이 없습니다.".to_owned(),
        Problem::Account { account, fault: of } => fault(desk, customer, account, of),
    };
    problems.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// What is wrong with a form's accounts, and which the customer has.
#[must_use]
pub fn problems_of_accounts(desk: &Desk, customer: &Customer, found: &[Problem]) -> String {
    let known = customer.accounts.iter();
    let known: Vec<AccountId> =
        known.filter(|one| desk.accounts.has_left(one).is_none()).cloned().collect();
    let known = if known.is_empty() {
        "고객 기록에 남은 계정이 없습니다.".to_owned()
    } else {
        format!("[{}]의 계정: {}", customer.name, joined(&known))
    };
    let asked = if super::super::procedures::offboard::mismatches(found).is_empty() {
        ""
    } else {
        "\n#general에 계정 확인을 요청합니다."
    };
    format!("{}\n{known}{asked}", problems(desk, &customer.name, found))
}

/// An MSP customer, and other fields are wrong too.
#[must_use]
pub fn msp_after_the_rest() -> String {
    "MSP 고객사는 강제 퇴점 대상이 아닙니다. 나머지를 고쳐 다시 제출하시면 TS 담당자의 MSP 퇴점 절차를 엽니다.".to_owned()
}

/// Why nothing was changed.
#[must_use]
pub fn nothing_changed() -> String {
    "바뀐 것이 없습니다. 고칠 내용을 적거나 양식을 닫아 주십시오.".to_owned()
}

/// The salespeople are asked about accounts that are not that customer's (X3).
#[must_use]
pub fn ask_about(
    desk: &Desk,
    by: &Name,
    customer: &str,
    mismatches: &[(AccountId, Fault)],
) -> Message {
    let mut said =
        vec![headed("⚠️", csr_group(desk), customer, "강제 퇴점의 계정 확인을 요청합니다.")];
    said.extend(
        mismatches.iter().map(|(account, of)| line![fault(desk, customer, account, of)]),
    );
    said.push(line![format!(
        "{}의 요청은 접수하지 않았습니다. 맞는 계정으로 /offboard를 다시 제출해 주십시오.",
        by.polite()
    )]);
    lines(said)
}

// --- X8: the list ---

/// The list that a salesperson confirms.
#[must_use]
pub fn list(desk: &Desk, id: CaseId, one: &Offboard, accounts: &[AccountId], now: Time) -> Message {
    let request = &one.request;
    let mut said = vec![headed(
        "⚠️",
        csr_of(desk, &request.customer),
        &request.customer,
        "강제 퇴점할 계정의 확인이 필요합니다.",
    )];
    said.push(line![format!(
        "사유: {} · 퇴점 일시: {} · 요청: {}",
        request.reason,
        when(request.at),
        request.by
    )]);
    said.extend(numbered(accounts));
    said.extend(super::services::record_as_of(desk, now).map(|basis| line![basis]));
    said.push(line![
        "이 계정을 모두 퇴점하는 것이 맞으면 CSR은 [계정 확인]을 누르거나 이 스레드에 \"확인했습니다\"라고 적어 주십시오."
    ]);
    said.push(line!["다르면 스레드에 적어 주십시오. COC가 고쳐 다시 올립니다. 확인 전에는 진행하지 않습니다."]);
    said.push(ticket(one));
    said.push(number(id));
    let confirm = primary("계정 확인", &press(id, one.round, OffboardPress::Accounts));
    Message { lines: said, buttons: vec![confirm] }
}

/// `오하라 님이 확인`
#[must_use]
pub fn by_button(csr: &Name) -> String {
    format!("{csr} 버튼")
}

/// Confirmed in the thread.
#[must_use]
pub fn by_reply(csr: &Name) -> String {
    format!("{csr} 답글")
}

/// Confirmed by mail.
#[must_use]
pub fn by_mail(csr: &Name, seen_by: &Name, mail: &str) -> String {
    format!("{csr} 메일, {seen_by} 확인: {mail}")
}

/// What the list's post says once it is confirmed.
#[must_use]
pub fn released_line(how: &str, now: Time) -> String {
    format!("✅ 확인되었습니다 ({how}, {}).", now.format("%H:%M"))
}

/// The list is confirmed.
#[must_use]
pub fn released(one: &Offboard, how: &str, count: usize, now: Time) -> Message {
    let next = if one.request.at <= now { "지금".to_owned() } else { when(one.request.at) };
    lines(vec![
        headed(
            "✅",
            Vec::new(),
            &one.request.customer,
            format!("계정 {count}개를 CSR이 확인했습니다 ({how})."),
        ),
        line![format!("{next} #강제링크해지에서 실행 확인을 요청합니다.")],
    ])
}

/// Of the list, in the story.
#[must_use]
pub fn released_note(how: &str, accounts: &[AccountId]) -> String {
    format!("계정 목록 확인 ({how}): {}", joined(accounts))
}

/// A reply that is no confirmation, in the story.
#[must_use]
pub fn other_reply_note(said: &str) -> String {
    format!("계정 목록에 답글 (확인으로 읽지 않음): {said}")
}

/// A salesperson replied something else: COC reads it.
#[must_use]
pub fn other_reply(one: &Offboard, by: &Name, said: &str) -> Message {
    lines(vec![
        headed(
            "",
            Vec::new(),
            &one.request.customer,
            format!("{}이 계정 목록에 답했습니다. 확인으로 읽지 않았습니다.", by.polite()),
        ),
        line![format!("\"{said}\"")],
        line!["목록이 바뀌면 COC는 사건의 첫 글에서 고쳐 주십시오. 고친 목록을 다시 올립니다."],
    ])
}

/// A salesperson whose reply was not read as a confirmation.
#[must_use]
pub fn not_a_confirmation() -> Message {
    refused(
        "이 답글은 확인으로 읽지 않았습니다. COC에는 전했습니다.",
        "목록이 맞으면 [계정 확인]을 누르거나 \"확인했습니다\"라고만 적어 주십시오.",
    )
}

/// 계정 확인 by somebody who is no salesperson.
#[must_use]
pub fn csr_confirms() -> Message {
    refused(
        "계정 확인은 CSR만 할 수 있습니다. 바뀐 것은 없습니다.",
        "메일로 확인을 받으셨으면 COC는 #coc-noti의 글에서 [메일 확인]을 눌러 주십시오.",
    )
}

/// 메일 확인 by somebody who is not of COC.
#[must_use]
pub fn coc_records_mail() -> Message {
    refused(
        "메일 확인은 COC만 기록할 수 있습니다. 바뀐 것은 없습니다.",
        "CSR은 #general의 글에서 [계정 확인]을 눌러 주십시오.",
    )
}

/// There is no list yet.
#[must_use]
pub fn nothing_listed() -> Message {
    refused("아직 계정 목록이 없습니다. 바뀐 것은 없습니다.", "[고치기]로 계정을 먼저 적어 주십시오.")
}

/// The list does not fit the record any more.
#[must_use]
pub fn list_does_not_fit(problems: String) -> Message {
    refused(
        format!("목록이 고객 기록과 맞지 않아 확인하지 않았습니다.\n{problems}"),
        "COC가 [고치기]로 목록을 고쳐 다시 올려야 합니다.",
    )
}

/// A person who is no salesperson.
#[must_use]
pub fn not_a_csr(name: &Name) -> String {
    format!("{}은 CSR 그룹에 없습니다. 확인 메일을 보낸 CSR을 골라 주십시오. 예: 오하라", name.polite())
}

// --- the confirmation of the execution ---

fn about(one: &Offboard, checked: &Checked) -> Vec<Line> {
    let request = &one.request;
    vec![
        line![format!("등급: {} · 사유: {} · 요청: {}", grade(checked), request.reason, request.by)],
        line![format!("퇴점 일시: {}", when(request.at))],
    ]
}

/// COC is asked to confirm the execution (X4).
#[must_use]
pub fn sheet(desk: &Desk, id: CaseId, one: &Offboard, checked: &Checked, now: Time) -> Message {
    let due = one.request.at;
    let mut first: Line = line!["⏰ "];
    if is_late(due, now) {
        first.push(lateness(desk, due, now).into());
    } else {
        first.push(Piece::IfLate);
    }
    first.extend(coc(desk));
    first.push(" ".into());
    first.push(bracketed(&one.request.customer));
    first.push("강제 퇴점의 실행 확인이 필요합니다.".into());
    let mut said = vec![first];
    said.extend(about(one, checked));
    said.push(line![format!("대상 계정 {}개:", checked.accounts().len())]);
    said.extend(numbered(checked.accounts()));
    said.extend(one.done.iter().map(|done| line![format!("이미 해지: {}", shown(&done.account))]));
    said.push(checked_line(desk, checked, now));
    said.push(line![
        "고객사와 계정이 맞으면 [실행 확인]을 누르고 고객사 명을 다시 적어 주십시오. 미루려면 [보류]를 눌러 주십시오."
    ]);
    let needed = desk.policy.value.offboard.confirmations.max(1);
    let authors: Vec<String> = one.authors.values().map(Name::polite).collect();
    let who = if needed > 1 { format!("COC {needed}명이 확인해야 합니다. ") } else { String::new() };
    said.push(line![format!("{who}요청하거나 고친 {}은 확인할 수 없습니다.", authors.join(", "))]);
    said.push(ticket(one));
    said.push(number(id));
    let buttons = vec![
        danger("실행 확인", &press(id, one.round, OffboardPress::Confirm)),
        button("보류", &press(id, one.round, OffboardPress::Hold)),
    ];
    Message { lines: said, buttons }
}

/// 실행 확인 or 보류 by somebody who is not of COC.
#[must_use]
pub fn coc_confirms() -> Message {
    one_line("⛔ 강제 퇴점 실행은 COC만 할 수 있습니다. 요청하신 내용은 그대로 있습니다.")
}

/// 실행 확인 by somebody who has a part in the request.
#[must_use]
pub fn not_by_an_author(one: &Offboard) -> Message {
    let authors: Vec<String> = one.authors.values().map(ToString::to_string).collect();
    refused(
        format!(
            "요청하거나 입력하거나 고친 사람({})은 실행을 확인할 수 없습니다. 바뀐 것은 없습니다.",
            authors.join(", ")
        ),
        "다른 COC에게 [실행 확인]을 부탁해 주십시오.",
    )
}

/// A button of an earlier round.
#[must_use]
pub fn older_round() -> Message {
    refused(
        "요청이 그 뒤에 바뀌어 이 버튼은 쓸 수 없습니다. 바뀐 것은 없습니다.",
        "가장 새 글에서 내용을 다시 확인하고 눌러 주십시오.",
    )
}

/// 실행 확인 before 퇴점 일시.
#[must_use]
pub fn too_early(one: &Offboard) -> Message {
    refused(
        format!("퇴점 일시({}) 전에는 실행할 수 없습니다. 바뀐 것은 없습니다.", when(one.request.at)),
        "그 시각에 다시 눌러 주십시오.",
    )
}

/// The same person confirms a second time.
#[must_use]
pub fn confirmed_already() -> Message {
    refused("이미 확인하셨습니다. 바뀐 것은 없습니다.", "다른 COC 한 명이 더 확인해야 합니다.")
}

/// A press on something that stands elsewhere by now.
#[must_use]
pub fn stands_elsewhere(one: &Offboard, now: Time) -> Message {
    let today = now.date_naive();
    let text = match &one.stage {
        Stage::Naming { .. } => "아직 CSR의 계정 확인을 기다립니다.".to_owned(),
        Stage::Scheduled { .. } => {
            format!("퇴점 일시({})를 기다립니다.", when(one.request.at))
        }
        Stage::Asking { .. } => "#강제링크해지에서 실행 확인을 기다립니다.".to_owned(),
        Stage::Running { run, .. } => {
            format!("실행이 이미 확인되었습니다: {}. 해지하고 있습니다.", names(run.confirmed.by()))
        }
        Stage::Failed { failure, .. } => format!(
            "{}에 {} 해지 실패로 멈춰 있습니다 ({} 기록).",
            clock(failure.at, today),
            failure.account,
            failure.by
        ),
        Stage::Stopped { why, .. } => match why {
            Why::Held { by } => format!("{}이 보류했습니다.", by.polite()),
            Why::Record { .. } => "고객 기록과 맞지 않아 멈춰 있습니다.".to_owned(),
            Why::Unposted { .. } => "#강제링크해지에 올리지 못해 멈춰 있습니다.".to_owned(),
        },
        Stage::Over { at, how } => {
            let at = clock(*at, today);
            match how {
                Ending::Done => format!("{at}에 모두 마쳤습니다."),
                Ending::Cancelled { by } => format!("{at}에 {}이 취소했습니다.", by.polite()),
                Ending::Closed { by, .. } => format!("{at}에 {}이 끝냈습니다.", by.polite()),
            }
        }
    };
    refused(format!("{text} 바뀐 것은 없습니다."), "")
}

/// The customer's name was typed wrong.
#[must_use]
pub fn wrong_name(typed: &str, customer: &str) -> String {
    let customer = object(&format!("\"{customer}\""));
    if typed.is_empty() {
        return format!("없습니다. {customer} 그대로 적어 주십시오. 실행하지 않았습니다.");
    }
    format!(
        "고객사 명이 다릅니다. 읽은 값: \"{typed}\". 이 퇴점이 맞으면 {customer} 그대로 적어 주십시오. 실행하지 않았습니다."
    )
}

/// At the confirmation it turned out that something does not fit.
#[must_use]
pub fn stopped_at_confirmation(desk: &Desk, one: &Offboard, found: &[Problem]) -> String {
    format!(
        "고객 기록이 바뀌어 실행하지 않고 멈췄습니다. #general에 확인을 요청합니다.\n{}",
        problems(desk, &one.request.customer, found)
    )
}

/// One of several confirmed.
#[must_use]
pub fn confirmed_one(_desk: &Desk, asking: &Asking, needed: u32) -> Message {
    let left = usize::try_from(needed).unwrap_or(usize::MAX).saturating_sub(asking.by.len());
    lines(vec![
        line![format!("✅ 실행 확인 {}/{needed}: {}", asking.by.len(), names(&asking.by))],
        line![format!("다른 COC {left}명이 더 [실행 확인]을 누르면 실행합니다.")],
    ])
}

/// What the post says once enough confirmed.
#[must_use]
pub fn confirmed_line(confirmed: &Confirmed) -> String {
    format!("✅ 실행을 확인했습니다: {}", names(confirmed.by()))
}

// --- the execution ---

/// The command that is registered for it, alone: the bot there reads it.
#[must_use]
pub fn command(text: String) -> Message {
    one_line(text)
}

/// COC is asked to unlink an account, or for the outcome of the command above. `place`: which account of how many.
#[must_use]
pub fn unlink(
    desk: &Desk,
    (id, round, nth): (CaseId, u32, usize),
    one: &Offboard,
    checked: &Checked,
    (which, all): (usize, usize),
    has_command: bool,
) -> Message {
    let customer = &one.request.customer;
    let account = joined(checked.accounts());
    let mut said = vec![headed(
        "⏰",
        coc(desk),
        customer,
        format!("링크 해지 {which}/{all}: {account}"),
    )];
    said.push(line![format!(
        "끝자리 {} · 계정 확인: {}, 고객 기록과 맞습니다.",
        checked.accounts().first().map_or("", AccountId::last_four),
        checked.at().format("%H:%M")
    )]);
    said.push(line![if has_command {
        "위 명령의 결과를 보고 [성공] 또는 [실패]를 눌러 주십시오."
    } else {
        "이 계정의 링크를 해지하신 뒤 [성공] 또는 [실패]를 눌러 주십시오."
    }]);
    said.push(number(id));
    let token = |press: UnlinkPress| Token::Unlink(id, round, nth, press);
    let buttons = vec![
        primary("성공", &token(UnlinkPress::Done)),
        danger("실패", &token(UnlinkPress::Failed)),
    ];
    Message { lines: said, buttons }
}

/// 성공 or 실패 by somebody who is not of COC.
#[must_use]
pub fn coc_records() -> Message {
    one_line("⛔ 해지 결과는 COC만 기록할 수 있습니다. 바뀐 것은 없습니다.")
}

/// 성공 or 실패 of an account whose outcome is recorded.
#[must_use]
pub fn recorded_already(one: &Offboard, now: Time) -> Message {
    match &one.stage {
        Stage::Running { now: asked, .. } => refused(
            "이 계정의 결과는 이미 기록했습니다. 바뀐 것은 없습니다.",
            format!("지금 해지하는 계정: {}. 가장 새 글에서 눌러 주십시오.", asked.account),
        ),
        Stage::Naming { .. }
        | Stage::Scheduled { .. }
        | Stage::Asking { .. }
        | Stage::Failed { .. }
        | Stage::Stopped { .. }
        | Stage::Over { .. } => stands_elsewhere(one, now),
    }
}

/// What an account's post says once it is unlinked.
#[must_use]
pub fn unlinked_line(by: &Name, at: Time) -> String {
    format!("✅ 해지했습니다 ({by}, {}).", at.format("%H:%M"))
}

/// What an account's post says once it failed.
#[must_use]
pub fn failed_line(by: &Name, at: Time) -> String {
    format!("⚠️ 실패했습니다 ({by}, {}). 남은 계정은 멈췄습니다.", at.format("%H:%M"))
}

fn given_line(given: &Given) -> Line {
    match given {
        Given::To(who) => line![format!("담당: {}에게 티켓을 배정합니다.", who.polite())],
        Given::Waits(until) => line![format!(
            "담당: {}에 General 목록에서 정합니다.",
            until.format("%-m/%-d %H:%M")
        )],
        Given::Looks => line!["담당: 접속 상태를 보고 정합니다."],
        Given::Nobody => {
            line!["⚠️ 지금 맡을 사람이 없습니다. COC는 /assign으로 배정해 주십시오."]
        }
    }
}

fn failed_lines(one: &Offboard, failure: &Failure, run: &Run, given: &Given) -> Vec<Line> {
    let mut said = vec![line![format!("오류 계정: {}", shown(&failure.account))]];
    let waiting = run.rest.get(1..).unwrap_or_default();
    if !waiting.is_empty() {
        said.push(line![format!("멈춘 계정: {}", joined(waiting))]);
    }
    if !one.done.is_empty() {
        let done: Vec<AccountId> = one.done.iter().map(|done| done.account.clone()).collect();
        said.push(line![format!("해지한 계정: {}", joined(&done))]);
    }
    said.push(given_line(given));
    said
}

/// An error is shared in g (X5).
#[must_use]
pub fn failed_in_general(
    desk: &Desk,
    id: CaseId,
    one: &Offboard,
    failure: &Failure,
    run: &Run,
    given: &Given,
) -> Message {
    let customer = &one.request.customer;
    let mut said = vec![headed("⚠️", csr_of(desk, customer), customer, "강제 링크 해지 오류입니다.")];
    said.extend(failed_lines(one, failure, run, given));
    said.push(line!["해결되면 COC가 멈춘 곳부터 다시 진행하고, 결과를 여기에 알립니다."]);
    said.push(ticket(one));
    said.push(number(id));
    lines(said)
}

/// The same for COC, in its thread.
#[must_use]
pub fn failed(
    desk: &Desk,
    id: CaseId,
    one: &Offboard,
    failure: &Failure,
    run: &Run,
    given: &Given,
) -> Message {
    let customer = &one.request.customer;
    let mut said =
        vec![headed("⚠️", coc(desk), customer, "링크 해지에 실패하여 멈췄습니다.")];
    said.extend(failed_lines(one, failure, run, given));
    said.push(line![
        "무엇이 잘못되었는지 [오류 내용]에 적어 주십시오. 해결되면 [다시 진행]을 눌러 주십시오. 실패한 계정부터 다시 합니다."
    ]);
    said.push(line![format!("계정이 달라지면 [고치기]를 눌러 주십시오. {}", ending_word(one))]);
    said.push(number(id));
    let buttons = vec![
        primary("다시 진행", &press(id, one.round, OffboardPress::Resume)),
        button("오류 내용", &press(id, one.round, OffboardPress::Explain)),
        edit_button(id, one),
        end_button(id, one),
    ];
    Message { lines: said, buttons }
}

/// It was told what went wrong.
#[must_use]
pub fn explained(failure: &Failure, by: &Name, why: &str) -> Message {
    lines(vec![
        line![format!("{}의 오류 내용입니다 ({by} 기록).", failure.account)],
        line![why],
    ])
}

// --- standing still, and the end ---

/// What a post says when it stops.
#[must_use]
pub fn stopped_line(why: &Why, at: Time) -> String {
    let at = at.format("%H:%M");
    match why {
        Why::Held { by } => format!("보류했습니다 ({by}, {at})."),
        Why::Record { .. } => format!("⚠️ 고객 기록과 맞지 않아 멈췄습니다 ({at})."),
        Why::Unposted { .. } => format!("⚠️ 글을 올리지 못해 멈췄습니다 ({at})."),
    }
}

/// It stands still, and what goes on with it.
#[must_use]
pub fn stopped(desk: &Desk, id: CaseId, one: &Offboard, why: &Why) -> Message {
    let customer = &one.request.customer;
    let mut said = match why {
        Why::Held { by } => vec![
            headed("", Vec::new(), customer, format!("{}이 강제 퇴점을 보류했습니다.", by.polite())),
            line!["[다시 진행]을 누르면 계정을 다시 확인하고 실행 확인을 새로 요청합니다."],
        ],
        Why::Record { problems: found } => vec![
            headed("⚠️", coc(desk), customer, "강제 퇴점이 고객 기록과 맞지 않아 멈췄습니다."),
            line![problems(desk, customer, found)],
            line![
                "#general에 확인을 요청했습니다. 고객 기록이 바로잡히면 [다시 진행]을, 요청을 바꾸려면 [고치기]를 눌러 주십시오."
            ],
        ],
        Why::Unposted { refused: None } => vec![
            headed("⚠️", coc(desk), customer, "봇이 #강제링크해지 채널에 없어 멈췄습니다."),
            line!["봇을 그 채널에 초대하신 뒤 [다시 진행]을 눌러 주십시오. 실행 확인은 그 채널에서만 합니다."],
        ],
        Why::Unposted { refused: Some(why) } => vec![
            headed("⚠️", coc(desk), customer, "#강제링크해지에 글을 올리지 못해 멈췄습니다."),
            line![format!("이유: {why}")],
            line!["채널을 확인하신 뒤 [다시 진행]을 눌러 주십시오. 실행 확인을 새로 요청합니다."],
        ],
    };
    said.push(line![ending_word(one)]);
    said.push(number(id));
    let buttons = vec![
        primary("다시 진행", &press(id, one.round, OffboardPress::Resume)),
        edit_button(id, one),
        end_button(id, one),
    ];
    Message { lines: said, buttons }
}

/// The salespeople are asked about what does not fit any more (X3).
#[must_use]
pub fn does_not_fit(desk: &Desk, id: CaseId, one: &Offboard, found: &[Problem]) -> Message {
    let customer = &one.request.customer;
    lines(vec![
        headed("⚠️", csr_group(desk), customer, "강제 퇴점의 계정 확인을 요청합니다."),
        line![problems(desk, customer, found)],
        line!["실행하지 않고 멈췄습니다. 고객 기록을 바로잡거나, #coc-noti의 사건에서 요청을 고쳐 주십시오."],
        ticket(one),
        number(id),
    ])
}

/// It still does not fit.
#[must_use]
pub fn still_does_not_fit(problems: String) -> Message {
    refused(
        format!("아직 고객 기록과 맞지 않습니다. 바뀐 것은 없습니다.\n{problems}"),
        "고객 기록을 바로잡거나 [고치기]로 요청을 고쳐 주십시오.",
    )
}

/// What a post says when COC went on.
#[must_use]
pub fn resumed_line(by: &Name, at: Time) -> String {
    format!("다시 진행합니다 ({by}, {}).", at.format("%H:%M"))
}

/// What a post says when the bot was invited meanwhile.
#[must_use]
pub fn joined_line(at: Time) -> String {
    format!("봇이 채널에 들어와 다시 진행합니다 ({}).", at.format("%H:%M"))
}

/// 다시 진행 or 종료 by somebody who is not of COC.
#[must_use]
pub fn coc_goes_on() -> Message {
    one_line("⛔ 강제 퇴점은 COC만 다시 진행하거나 끝낼 수 있습니다. 바뀐 것은 없습니다.")
}

/// 취소 by somebody else.
#[must_use]
pub fn not_yours_to_cancel() -> Message {
    one_line("⛔ 강제 퇴점은 요청한 사람과 COC만 취소할 수 있습니다. 바뀐 것은 없습니다.")
}

/// 취소 while an account is being unlinked.
#[must_use]
pub fn running_cannot_be_cancelled() -> Message {
    refused(
        "해지를 시작하여 취소할 수 없습니다. 바뀐 것은 없습니다.",
        "멈추시려면 #강제링크해지의 글에서 지금 계정의 결과를 기록해 주십시오. [실패]를 누르면 멈춥니다.",
    )
}

/// 취소 after an account was unlinked.
#[must_use]
pub fn begun_cannot_be_cancelled() -> Message {
    refused(
        "이미 해지한 계정이 있어 취소할 수 없습니다. 바뀐 것은 없습니다.",
        "COC는 [종료]로 남은 계정을 그대로 두고 끝낼 수 있습니다.",
    )
}

/// 고치기 while an account is being unlinked.
#[must_use]
pub fn running_cannot_be_changed() -> Message {
    refused(
        "해지를 시작하여 고칠 수 없습니다. 바뀐 것은 없습니다.",
        "먼저 #강제링크해지의 글에서 지금 계정의 결과를 기록해 주십시오. [실패]를 누르면 멈추고, 그 뒤 고칠 수 있습니다.",
    )
}

/// What a post says when it is over.
#[must_use]
pub fn ended_line(how: &Ending, at: Time) -> String {
    let at = at.format("%H:%M");
    match how {
        Ending::Done => format!("✅ 모두 마쳤습니다 ({at})."),
        Ending::Cancelled { by } => format!("⛔ 취소했습니다 ({by}, {at})."),
        Ending::Closed { by, .. } => format!("⛔ 남은 계정을 두고 끝냈습니다 ({by}, {at})."),
    }
}

/// The result in g, to the customer's CSR (X6, reading 26).
#[must_use]
pub fn done(desk: &Desk, id: CaseId, one: &Offboard, now: Time) -> Message {
    let (customer, today) = (&one.request.customer, now.date_naive());
    let (sign, text) = match &one.stage {
        Stage::Over { how: Ending::Closed { .. }, .. } => {
            ("⚠️", "강제 퇴점을 일부만 하고 끝냈습니다.")
        }
        Stage::Over { .. }
        | Stage::Naming { .. }
        | Stage::Scheduled { .. }
        | Stage::Asking { .. }
        | Stage::Running { .. }
        | Stage::Failed { .. }
        | Stage::Stopped { .. } => ("✅", "강제 퇴점을 마쳤습니다."),
    };
    let mut said = vec![headed(sign, csr_of(desk, customer), customer, text)];
    said.push(line![format!("사유: {} · 요청: {}", one.request.reason, one.request.by)]);
    said.push(line![format!("해지한 계정 {}개:", one.done.len())]);
    said.extend(one.done.iter().enumerate().map(|(nth, done)| {
        line![format!("{}. {} {}", nth + 1, shown(&done.account), clock(done.at, today))]
    }));
    if let Stage::Over { how: Ending::Closed { rest, .. }, .. } = &one.stage {
        said.push(line![format!("남겨 둔 계정: {}", joined(rest))]);
    }
    said.push(ticket(one));
    said.push(number(id));
    lines(said)
}

/// It is over, in its thread; `closes`: the ticket is closed by the bot.
#[must_use]
pub fn ended(desk: &Desk, id: CaseId, one: &Offboard, closes: bool) -> Message {
    let customer = &one.request.customer;
    let Stage::Over { how, .. } = &one.stage else { return Message::default() };
    match how {
        Ending::Done if closes => lines(vec![
            headed("✅", Vec::new(), customer, "강제 퇴점을 모두 마쳐 사건을 닫습니다."),
            line!["티켓을 종료하고 #general에 결과를 알립니다."],
        ]),
        Ending::Done => lines(vec![
            headed("⚠️", coc(desk), customer, "강제 퇴점을 마쳤습니다. 티켓을 직접 종료해 주십시오."),
            line!["티켓 시스템이 연결되어 있지 않습니다. #general에는 결과를 알렸습니다."],
            ticket(one),
            number(id),
        ]),
        Ending::Cancelled { by } => lines(vec![
            headed("⛔", Vec::new(), customer, format!("{}이 강제 퇴점을 취소했습니다.", by.polite())),
            line!["해지한 계정은 없습니다. 티켓은 그대로 있습니다."],
        ]),
        Ending::Closed { by, rest } => lines(vec![
            headed(
                "⛔",
                Vec::new(),
                customer,
                format!("{}이 남은 계정을 두고 강제 퇴점을 끝냈습니다.", by.polite()),
            ),
            line![format!("남겨 둔 계정: {}", joined(rest))],
            line!["#general에 알렸습니다. 티켓은 종료하지 않았습니다. 확인하신 뒤 직접 종료해 주십시오."],
        ]),
    }
}

/// A command that was taken back stands after all.
#[must_use]
pub fn posted_after_all(desk: &Desk, id: CaseId, one: &Offboard) -> Message {
    lines(vec![
        headed(
            "⚠️",
            coc(desk),
            &one.request.customer,
            "멈추기 전에 해지 명령이 이미 올라갔습니다. 결과를 확인해 주십시오.",
        ),
        line!["해지되었다면 담당자와 함께 되돌릴지 정해 주십시오. 다시 진행하기 전에 확인이 필요합니다."],
        number(id),
    ])
}

// --- the request changes ---

/// What differs, a line each.
#[must_use]
pub fn changes(
    old: &Request,
    new: &Request,
    before: &[AccountId],
    wanted: &[AccountId],
) -> Vec<String> {
    let mut said = Vec::new();
    let mut differs = |label: &str, one: String, other: String| {
        if one != other {
            said.push(format!("{label}: {one} → {other}"));
        }
    };
    let accounts = |accounts: &[AccountId]| {
        if accounts.is_empty() { "미정".to_owned() } else { joined(accounts) }
    };
    differs("대상 고객사 명", old.customer.clone(), new.customer.clone());
    differs("퇴점 사유", old.reason.clone(), new.reason.clone());
    differs("퇴점 일시", when(old.at), when(new.at));
    differs("대상 AWS Accounts", accounts(before), accounts(wanted));
    differs("티켓", old.ticket.to_string(), new.ticket.to_string());
    said
}

/// What a post says when the request was changed.
#[must_use]
pub fn edited_line(by: &Name, at: Time) -> String {
    format!("요청이 바뀌어 이 글은 더 쓰지 않습니다 ({by}, {}).", at.format("%H:%M"))
}

/// The request was changed.
#[must_use]
pub fn edited(one: &Offboard, by: &Name, changes: &[String], _now: Time) -> Message {
    let mut said = vec![headed(
        "",
        Vec::new(),
        &one.request.customer,
        format!("{}이 강제 퇴점 요청을 고쳤습니다.", by.polite()),
    )];
    said.extend(changes.iter().map(|change| line![change.as_str()]));
    said.push(line!["앞의 확인과 버튼은 더 쓰지 않습니다. 확인을 새로 받습니다."]);
    lines(said)
}

// --- asked again ---

/// Whoever is to do something is asked again.
#[must_use]
pub fn chased(desk: &Desk, _id: CaseId, one: &Offboard, due: Time, now: Time) -> Message {
    let customer = &one.request.customer;
    let sign = format!("⏰ {}", lateness(desk, due, now));
    let sign = sign.trim_end();
    let (to, text, next) = match &one.stage {
        Stage::Naming { list: Listed::Shown { .. }, .. } => (
            csr_group(desk),
            "강제 퇴점할 계정의 확인을 기다립니다.".to_owned(),
            "위 목록이 맞으면 [계정 확인]을 누르거나 \"확인했습니다\"라고 적어 주십시오.".to_owned(),
        ),
        Stage::Naming { list: Listed::Nothing, .. } => (
            coc(desk),
            "강제 퇴점할 계정이 아직 없습니다.".to_owned(),
            "계정을 확인하신 뒤 사건의 첫 글에서 [고치기]로 적어 주십시오.".to_owned(),
        ),
        Stage::Asking { .. } => (
            coc(desk),
            "강제 퇴점의 실행 확인을 기다립니다.".to_owned(),
            "위 글에서 [실행 확인] 또는 [보류]를 눌러 주십시오.".to_owned(),
        ),
        Stage::Running { now: asked, .. } => (
            coc(desk),
            format!("{}의 해지 결과를 기다립니다.", asked.account),
            "위 글에서 [성공] 또는 [실패]를 눌러 주십시오.".to_owned(),
        ),
        Stage::Failed { failure, .. } => (
            coc(desk),
            format!("{}의 해지 오류가 남아 있습니다.", failure.account),
            "해결되면 위 글에서 [다시 진행]을 눌러 주십시오.".to_owned(),
        ),
        Stage::Stopped { why: Why::Held { by }, .. } => (
            coc(desk),
            format!("{}이 보류한 강제 퇴점이 남아 있습니다.", by.polite()),
            format!("진행하시려면 위 글에서 [다시 진행]을 눌러 주십시오. {}", ending_word(one)),
        ),
        Stage::Stopped { why: Why::Record { .. }, .. } => (
            coc(desk),
            "고객 기록과 맞지 않아 멈춘 강제 퇴점이 남아 있습니다.".to_owned(),
            "확인되면 위 글에서 [다시 진행] 또는 [고치기]를 눌러 주십시오.".to_owned(),
        ),
        Stage::Stopped { why: Why::Unposted { .. }, .. } => (
            coc(desk),
            "#강제링크해지에 올리지 못한 강제 퇴점이 남아 있습니다.".to_owned(),
            "봇을 채널에 초대하신 뒤 위 글에서 [다시 진행]을 눌러 주십시오.".to_owned(),
        ),
        Stage::Scheduled { .. } | Stage::Over { .. } => {
            (Vec::new(), state(one), String::new())
        }
    };
    let mut said = vec![headed(sign, to, customer, text)];
    if !next.is_empty() {
        said.push(line![next]);
    }
    lines(said)
}

// --- the story ---

/// What was asked for, in the story.
#[must_use]
pub fn requested_note(one: &Offboard, accounts: &[AccountId]) -> String {
    let request = &one.request;
    let accounts = if accounts.is_empty() { "미정".to_owned() } else { joined(accounts) };
    format!(
        "강제 퇴점 요청: {} / {} / {} / {accounts} / {}",
        request.customer,
        request.reason,
        when(request.at),
        request.ticket
    )
}

/// The confirmation is asked for, in the story.
#[must_use]
pub fn asked_note(round: u32) -> String {
    format!("#강제링크해지에 실행 확인 요청 ({round}번째 내용)")
}

/// A confirmation, with what its giver saw.
#[must_use]
pub fn confirmed_note(one: &Offboard, by: &Confirmation) -> String {
    let request = &one.request;
    let record = by.checked.record().map_or_else(String::new, |as_of| {
        format!(", 고객 기록 {} 기준", as_of.format("%Y-%m-%d %H:%M"))
    });
    format!(
        "실행 확인 ({}번째 내용, 고객사 명을 다시 적음). 본 내용: {} / {} / {} / {} / {} / 계정 확인 {}{record}",
        by.round,
        request.customer,
        grade(&by.checked),
        request.reason,
        when(request.at),
        joined(by.checked.accounts()),
        by.at.format("%H:%M:%S")
    )
}

/// It stands still, in the story.
#[must_use]
pub fn stopped_note(why: &Why) -> String {
    match why {
        Why::Held { by } => format!("보류 ({by})"),
        Why::Record { problems } => {
            let accounts: Vec<String> = problems
                .iter()
                .map(|problem| match problem {
                    Problem::NoCustomer => "고객사가 기록에 없음".to_owned(),
                    Problem::Msp => format!("{} 등급", Grade::Msp),
                    Problem::Company => "내부 계정".to_owned(),
                    Problem::NoAccounts => "계정 없음".to_owned(),
                    Problem::Account { account, fault } => match fault {
                        Fault::Unknown => format!("{account} 기록에 없음"),
                        Fault::Of { owner } => format!("{account} [{owner}]의 계정"),
                        Fault::Company => format!("{account} 내부 계정"),
                        Fault::Left { .. } => format!("{account} 이미 퇴점"),
                        Fault::Busy { case } => format!("{account} 사건 {case}에서 진행 중"),
                    },
                })
                .collect();
            format!("고객 기록과 맞지 않아 멈춤: {}", accounts.join(", "))
        }
        Why::Unposted { refused: None } => "봇이 #강제링크해지에 없어 멈춤".to_owned(),
        Why::Unposted { refused: Some(why) } => format!("#강제링크해지에 올리지 못해 멈춤: {why}"),
    }
}

/// An account is asked for, in the story.
#[must_use]
pub fn unlink_note(account: &AccountId, has_command: bool) -> String {
    if has_command {
        format!("{account}: 계정을 다시 확인하고 해지 명령을 올림")
    } else {
        format!("{account}: 계정을 다시 확인하고 COC에 해지를 요청")
    }
}

/// An account is unlinked, in the story.
#[must_use]
pub fn unlinked_note(account: &AccountId) -> String {
    format!("{account}: 해지 성공")
}

/// An account could not be unlinked, in the story.
#[must_use]
pub fn failed_note(account: &AccountId) -> String {
    format!("{account}: 해지 실패")
}

/// What went wrong, in the story.
#[must_use]
pub fn explained_note(account: &AccountId, why: &str) -> String {
    format!("{account}: 오류 내용 — {why}")
}

/// The request was changed, in the story.
#[must_use]
pub fn edited_note(changes: &[String]) -> String {
    format!("요청을 고침 (앞의 확인은 무효). {}", changes.join(" / "))
}

/// The end, in the story.
#[must_use]
pub fn ended_note(how: &Ending) -> String {
    match how {
        Ending::Done => "완료".to_owned(),
        Ending::Cancelled { .. } => "취소".to_owned(),
        Ending::Closed { rest, .. } => format!("종료, 남겨 둔 계정: {}", joined(rest)),
    }
}

/// Every account is unlinked, in the story.
#[must_use]
pub fn done_note(one: &Offboard) -> String {
    format!("계정 {}개를 모두 해지", one.done.len())
}

/// What the support desk's people read when the ticket is closed.
#[must_use]
pub fn ticket_comment(one: &Offboard, at: Time) -> String {
    let mut said =
        vec![format!("[COC] {} [{}] 강제 퇴점 완료", at.format("%Y-%m-%d %H:%M"), one.request.customer)];
    said.extend(one.done.iter().map(|done| {
        format!("{} {} 해지 ({} 기록)", done.at.format("%Y-%m-%d %H:%M"), done.account, done.by)
    }));
    said.join("\n")
}

// --- X7 ---

/// The list that an MSP customer's form opened.
#[must_use]
pub fn msp_opened(id: CaseId, ts: Option<&Name>) -> String {
    let ts = ts.map_or_else(
        || "TS 담당자가 기록에 없어 COC가 챙깁니다.".to_owned(),
        |who| format!("TS 담당자: {}.", who.polite()),
    );
    format!(
        "MSP 고객사는 강제 퇴점 대상이 아닙니다. 대신 MSP 퇴점 절차를 열었습니다 (사건 {id}, #coc-noti). {ts} 이 양식은 닫아 주십시오."
    )
}

/// It is open already.
#[must_use]
pub fn msp_opened_already(id: CaseId) -> String {
    format!(
        "MSP 고객사는 강제 퇴점 대상이 아닙니다. 이 티켓의 MSP 퇴점 절차가 이미 있습니다 (사건 {id}, #coc-noti). 이 양식은 닫아 주십시오."
    )
}

/// What was asked for, in the story.
#[must_use]
pub fn msp_note(one: &MspOffboard) -> String {
    let accounts =
        if one.accounts.is_empty() { "미정".to_owned() } else { joined(&one.accounts) };
    format!("MSP 퇴점 요청 (강제 퇴점 대신): {accounts} / {}", one.ticket)
}

/// The head of the card of an MSP customer that leaves (X7); `how`: the sign and the words of its end.
#[must_use]
pub fn msp_head(
    one: &MspOffboard,
    how: Option<(&str, &str)>,
    about: impl Fn(&str, String) -> Line,
) -> Vec<Line> {
    let first = match how {
        Some((sign, how)) => about(sign, format!("MSP 퇴점을 {how}.")),
        None => about("", "MSP 고객사의 퇴점입니다. 링크 해지 전에 확인이 필요합니다.".to_owned()),
    };
    let accounts = if one.accounts.is_empty() {
        "미정".to_owned()
    } else {
        one.accounts.iter().map(shown).collect::<Vec<_>>().join(", ")
    };
    vec![
        first,
        line![format!("대상 계정: {accounts} · 요청: {}", one.by)],
        vec![Piece::Link(one.ticket.to_string())],
    ]
}
