//! What people read of a forced off-boarding (X).

use super::super::desk::Desk;
use super::super::ids::{AccountId, CaseId, Name};
use super::super::message::{Button, Line, Message, Piece};
use super::super::procedures::assignment::Given;
use super::super::procedures::offboard::{
    Asking, Checked, Confirmation, Confirmed, Ending, Failure, Listed, Offboard, Problem, Request,
    Run, Stage, Why,
};
use super::super::time::{Span, Time, clock};
use super::super::turn::{
    OffboardPress, Token, UnlinkPress, button, danger, lines, one_line, primary,
};
use super::super::watch::is_late;
use super::{bracketed, ends_in_consonant, lateness, line, object, refused};
use chrono::{Datelike, Weekday};

mod answers;
mod forms;
mod story;

pub use answers::*;
pub use forms::{confirm_form, edit_form, form, mail_form, why_form};
pub use story::*;

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
    if minutes == 0 {
        "방금".to_owned()
    } else {
        format!("{} 전", Span::minutes(minutes).korean())
    }
}

/// `123456789012 (끝자리 9012)`
fn shown(account: &AccountId) -> String {
    format!("{account} (끝자리 {})", account.last_four())
}

fn numbered(accounts: &[AccountId]) -> Vec<Line> {
    let accounts = accounts.iter().enumerate();
    accounts.map(|(nth, account)| line![format!("{}. {}", nth + 1, shown(account))]).collect()
}

/// `[한빛전자]가`, `[너른건설]이`
fn subject(customer: &str) -> String {
    format!("[{customer}]{}", if ends_in_consonant(customer) { "이" } else { "가" })
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
            Ending::Cancelled { by, .. } => format!("취소 ({by})"),
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
        Stage::Asking { .. } => {
            headed("", Vec::new(), customer, "강제 퇴점: #강제링크해지에서 실행 확인을 기다립니다.")
        }
        Stage::Running { run, .. } => {
            let all = one.done.len() + 1 + run.rest.len();
            let text =
                format!("강제 퇴점: 링크를 해지하고 있습니다 ({}/{all}).", one.done.len() + 1);
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
            Ending::Cancelled { by, .. } => {
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
        Stage::Over {
            how: Ending::Closed { rest, .. } | Ending::Cancelled { rest, .. }, ..
        } => rest.iter().map(|account| format!("{}: 남겨 둠", shown(account))).collect(),
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
                "계정 목록을 #general에 올렸습니다. CSR이 확인하면 진행합니다. 목록을 확인하시고, 다르면 [고치기]를 눌러 주십시오."
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
    let last = message.lines.last().is_some_and(
        |last| matches!(last.as_slice(), [Piece::Text(text)] if text.starts_with("사건 #")),
    );
    let at = message.lines.len() - usize::from(last);
    message.lines.insert(at, line![why]);
    message
}

// --- the confirmation of the execution ---

fn about(one: &Offboard, checked: &Checked) -> Vec<Line> {
    let request = &one.request;
    vec![
        line![format!(
            "등급: {} · 사유: {} · 요청: {}",
            grade(checked),
            request.reason,
            request.by
        )],
        line![format!("퇴점 일시: {}", when(request.at))],
    ]
}

/// COC is asked to confirm the execution (X4); `late`: when the desk should have asked.
#[must_use]
pub fn sheet(
    desk: &Desk,
    id: CaseId,
    one: &Offboard,
    checked: &Checked,
    late: Option<Time>,
    now: Time,
) -> Message {
    let mut first: Line = line!["⏰ "];
    match late.filter(|due| is_late(*due, now)) {
        Some(due) => first.push(lateness(desk, due, now).into()),
        None => first.push(Piece::IfLate),
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
    let who = if needed > 1 {
        format!("COC {needed}명이 확인해야 합니다. ")
    } else {
        String::new()
    };
    said.push(line![format!("{who}요청에 참여한 {}은 확인할 수 없습니다.", authors.join(", "))]);
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
            "이 요청을 내거나 고치거나 계정을 확인한 사람({})은 실행을 확인할 수 없습니다. 바뀐 것은 없습니다.",
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
        format!(
            "퇴점 일시({}) 전에는 실행할 수 없습니다. 바뀐 것은 없습니다.",
            when(one.request.at)
        ),
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
                Ending::Cancelled { by, .. } => format!("{at}에 {}이 취소했습니다.", by.polite()),
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
    (id, round, nth): (CaseId, u32, usize),
    one: &Offboard,
    checked: &Checked,
    (which, all): (usize, usize),
    has_command: bool,
) -> Message {
    let customer = &one.request.customer;
    let account = joined(checked.accounts());
    let text = format!("링크 해지 {which}/{all}: {account}");
    let mut said = vec![headed("", Vec::new(), customer, text)];
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
        Given::Waits(until) => {
            line![format!("담당: {}에 General 목록에서 정합니다.", until.format("%-m/%-d %H:%M"))]
        }
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
    let mut said =
        vec![headed("⚠️", csr_of(desk, customer), customer, "강제 링크 해지 오류입니다.")];
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
    let mut said = vec![headed("⚠️", coc(desk), customer, "링크 해지에 실패하여 멈췄습니다.")];
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
    lines(vec![line![format!("{}의 오류 내용입니다 ({by} 기록).", failure.account)], line![why]])
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
            headed(
                "",
                Vec::new(),
                customer,
                format!("{}이 강제 퇴점을 보류했습니다.", by.polite()),
            ),
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
            line![
                "봇을 그 채널에 초대하신 뒤 [다시 진행]을 눌러 주십시오. 실행 확인은 그 채널에서만 합니다."
            ],
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
        line![
            "실행하지 않고 멈췄습니다. 고객 기록을 바로잡거나, #coc-noti의 사건에서 요청을 고쳐 주십시오."
        ],
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
        Ending::Cancelled { by, .. } => format!("⛔ 취소했습니다 ({by}, {at})."),
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
            headed(
                "⚠️",
                coc(desk),
                customer,
                "강제 퇴점을 마쳤습니다. 티켓을 직접 종료해 주십시오.",
            ),
            line!["티켓 시스템이 연결되어 있지 않습니다. #general에는 결과를 알렸습니다."],
            ticket(one),
            number(id),
        ]),
        Ending::Cancelled { by, .. } => lines(vec![
            headed(
                "⛔",
                Vec::new(),
                customer,
                format!("{}이 강제 퇴점을 취소했습니다.", by.polite()),
            ),
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
            line![
                "#general에 알렸습니다. 티켓은 종료하지 않았습니다. 확인하신 뒤 직접 종료해 주십시오."
            ],
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
        line![
            "해지되었다면 담당자와 함께 되돌릴지 정해 주십시오. 다시 진행하기 전에 확인이 필요합니다."
        ],
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
            "위 목록이 맞으면 [계정 확인]을 누르거나 \"확인했습니다\"라고 적어 주십시오."
                .to_owned(),
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
        Stage::Scheduled { .. } | Stage::Over { .. } => (Vec::new(), state(one), String::new()),
    };
    let mut said = vec![headed(sign, to, customer, text)];
    if !next.is_empty() {
        said.push(line![next]);
    }
    lines(said)
}
