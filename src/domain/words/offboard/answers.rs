//! What the form's author and the salespeople read: refusals, field by field, and the list of X8.

use super::super::super::customers::Customer;
use super::super::super::desk::Desk;
use super::super::super::ids::{AccountId, CaseId, Name, NotAnAccount};
use super::super::super::message::Message;
use super::super::super::procedures::offboard::{
    Fault, Listed, Offboard, Problem, Stage, mismatches,
};
use super::super::super::time::Time;
use super::super::super::turn::{OffboardPress, lines, primary};
use super::super::{line, refused, topic};
use super::{
    csr_group, csr_of, headed, joined, number, numbered, press, shown, subject, ticket, when,
};

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
    let mut said = vec![headed(
        "",
        Vec::new(),
        &one.request.customer,
        format!("강제 퇴점을 접수했습니다. 사건 {id}"),
    )];
    match &one.stage {
        Stage::Naming { list: Listed::Nothing, .. } => {
            said.push(line!["고객 기록에 계정이 없어 COC가 목록을 적습니다. 그 목록을 CSR이 확인하면 진행합니다."]);
        }
        Stage::Naming { list: Listed::Shown { .. }, .. } => {
            said.push(line![
                "고객 기록의 계정 목록을 #general에 올렸습니다. CSR이 확인하면 진행합니다."
            ]);
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
    format!(
        "일시를 읽지 못했습니다. 읽은 값: \"{read}\". 연도와 24시간 시각으로 적어 주십시오. 예: {example}"
    )
}

/// A time whose weekday is not that of its day.
#[must_use]
pub fn wrong_weekday(read: &str, said: char, is: char) -> String {
    format!(
        "요일이 다릅니다. 읽은 값: \"{read}\". {said}요일이 아니라 {is}요일입니다. 날짜를 확인해 주십시오. 예: 2025-08-13(수) 14:10"
    )
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
    format!(
        "1년보다 먼 일시입니다. 읽은 값: {}. 연도를 확인해 주십시오. 예: 2025-08-13 14:10",
        when(at)
    )
}

/// No account is named.
#[must_use]
pub fn no_accounts() -> String {
    "계정이 없습니다. 12자리 숫자로 적어 주십시오. 특정하지 못하면 미정이라고 적습니다. 예: 123456789012, 123456789013".to_owned()
}

/// What is no account, and why; words without a digit are told together.
#[must_use]
pub fn not_accounts(errors: &[NotAnAccount]) -> String {
    let (words, numbers): (Vec<_>, Vec<_>) = errors.iter().partition(|error| error.digits == 0);
    let mut said = Vec::new();
    if !words.is_empty() {
        let words: Vec<&str> = words.iter().map(|error| error.read.as_str()).collect();
        said.push(format!("{} 계정이 아닙니다.", topic(&format!("\"{}\"", words.join(" ")))));
    }
    said.extend(numbers.iter().map(|error| {
        let read = topic(&format!("\"{}\"", error.read));
        if error.digits == 12 {
            format!("{read} 숫자만 적어 주십시오.")
        } else {
            format!("{read} {}자리입니다.", error.digits)
        }
    }));
    said.push("12자리 숫자로 적어 주십시오. 예: 123456789012".to_owned());
    said.join(" ")
}

/// An account that stands there twice.
#[must_use]
pub fn repeated(account: &AccountId) -> String {
    format!("{}이 두 번 있습니다. 한 번만 적어 주십시오.", shown(account))
}

/// The same ticket is worked on already.
#[must_use]
pub fn running_already(id: CaseId) -> String {
    format!(
        "이 티켓의 강제 퇴점을 이미 하고 있습니다 (사건 {id}). 바꾸시려면 그 글에서 [고치기]를 눌러 주십시오."
    )
}

fn fault(desk: &Desk, customer: &str, account: &AccountId, fault: &Fault) -> String {
    let what = match fault {
        Fault::Unknown => {
            format!("고객 기록에 없는 계정입니다. [{customer}]의 계정인지 확인해 주십시오.")
        }
        Fault::Of { owner } => {
            format!("{} 아니라 [{owner}]의 계정입니다. 확인해 주십시오.", subject(customer))
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
        Problem::NoCustomer => format!("{} 고객 기록에 없습니다.", subject(customer)),
        Problem::Msp => format!(
            "{} MSP 고객사입니다. 강제 퇴점 대상이 아닙니다.",
            topic(&format!("[{customer}]"))
        ),
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
        format!("[{}]의 계정: {}.", customer.name, joined(&known))
    };
    let asked = if mismatches(found).is_empty() {
        ""
    } else {
        " #general에 계정 확인을 요청합니다."
    };
    // a field's error is one line
    let found = problems(desk, &customer.name, found).replace('\n', " ");
    format!("{found} {known}{asked}")
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
    said.extend(mismatches.iter().map(|(account, of)| line![fault(desk, customer, account, of)]));
    said.push(line![format!(
        "{}이 제출한 것은 접수하지 않았습니다. 맞는 계정으로 다시 제출해 주십시오.",
        by.polite()
    )]);
    lines(said)
}

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
    said.extend(super::super::services::record_as_of(desk, now).map(|basis| line![basis]));
    said.push(line![
        "이 계정을 모두 퇴점하는 것이 맞으면 CSR은 [계정 확인]을 누르거나 이 스레드에 \"확인했습니다\"라고 적어 주십시오."
    ]);
    said.push(line![
        "다르면 스레드에 적어 주십시오. COC가 고쳐 다시 올립니다. 확인 전에는 진행하지 않습니다."
    ]);
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
    refused(
        "아직 계정 목록이 없습니다. 바뀐 것은 없습니다.",
        "[고치기]로 계정을 먼저 적어 주십시오.",
    )
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
    format!(
        "{}은 CSR 그룹에 없습니다. 확인 메일을 보낸 CSR을 골라 주십시오. 예: 오하라",
        name.polite()
    )
}
