//! The forms of a forced off-boarding.

use super::super::super::desk::Desk;
use super::super::super::ids::CaseId;
use super::super::super::message::{Field, FieldKind, Form};
use super::super::super::procedures::offboard::{Asking, Failure, Listed, Offboard, Stage};
use super::super::super::time::Time;
use super::super::super::turn::Token;
use super::super::{bracketed, line};
use super::{about, checked_line, joined, numbered, shown};

fn field(key: &str, label: &str, hint: &str, initial: String, kind: FieldKind) -> Field {
    let (key, label, hint) = (key.to_owned(), label.to_owned(), hint.to_owned());
    Field { key, label, hint, initial, optional: false, kind }
}

/// What the fields hold at first.
#[derive(Default)]
struct Initial {
    customer: String,
    reason: String,
    at: String,
    accounts: String,
    ticket: String,
}

fn fields(initial: Initial) -> Vec<Field> {
    vec![
        field("customer", "대상 고객사 명", "예: 한빛전자", initial.customer, FieldKind::Line),
        field("reason", "퇴점 사유", "예: 3개월 미수", initial.reason, FieldKind::Line),
        field("at", "퇴점 일시", "예: 2025-08-13 14:10", initial.at, FieldKind::Line),
        field(
            "accounts",
            "대상 AWS Accounts",
            "12자리 숫자. 쉼표, 빈칸, 줄로 나눕니다. 특정하지 못하면 미정",
            initial.accounts,
            FieldKind::Lines,
        ),
        field(
            "ticket",
            "티켓",
            "예: https://support.example.com/agent/tickets/4243",
            initial.ticket,
            FieldKind::Line,
        ),
    ]
}

/// The form of `/offboard`.
#[must_use]
pub fn form() -> Form {
    Form {
        token: Token::OffboardForm.text(),
        title: "강제 퇴점 요청".to_owned(),
        intro: vec![line![
            "MSP 미가입 고객사만 대상입니다. 계정은 고객 기록과 맞추어 보고, 실행은 요청하지 않은 COC가 확인합니다."
        ]],
        submit: "요청".to_owned(),
        fields: fields(Initial::default()),
    }
}

/// The form in which a request is changed.
#[must_use]
pub fn edit_form(id: CaseId, one: &Offboard) -> Form {
    let request = &one.request;
    let accounts = one.left_to_do();
    let accounts = match &one.stage {
        Stage::Naming { list: Listed::Nothing, .. } => "미정".to_owned(),
        Stage::Naming { .. }
        | Stage::Scheduled { .. }
        | Stage::Asking { .. }
        | Stage::Running { .. }
        | Stage::Failed { .. }
        | Stage::Stopped { .. }
        | Stage::Over { .. } => joined(&accounts).replace(", ", "\n"),
    };
    let initial = Initial {
        customer: request.customer.clone(),
        reason: request.reason.clone(),
        at: request.at.format("%Y-%m-%d %H:%M").to_string(),
        accounts,
        ticket: request.ticket.to_string(),
    };
    let mut intro =
        vec![line!["고치시면 앞의 확인은 무효가 되고, 고친 분은 실행을 확인할 수 없습니다."]];
    if !one.done.is_empty() {
        intro.push(line!["이미 해지한 계정은 적지 않습니다. 남은 계정만 적어 주십시오."]);
    }
    Form {
        token: Token::OffboardEditForm(id, one.round).text(),
        title: "강제 퇴점 고치기".to_owned(),
        intro,
        submit: "고치기".to_owned(),
        fields: fields(initial),
    }
}

/// The form in which the execution is confirmed.
#[must_use]
pub fn confirm_form(desk: &Desk, id: CaseId, one: &Offboard, asking: &Asking, now: Time) -> Form {
    let checked = &asking.checked;
    let mut intro = vec![vec![
        bracketed(&one.request.customer),
        format!("계정 {}개의 링크를 해지합니다.", checked.accounts().len()).into(),
    ]];
    intro.extend(about(one, checked));
    intro.extend(numbered(checked.accounts()));
    intro.push(checked_line(desk, checked, now));
    intro.push(line!["제출하시면 계정을 한 번 더 확인하고 실행합니다."]);
    Form {
        token: Token::OffboardConfirmForm(id, one.round).text(),
        title: "강제 퇴점 실행 확인".to_owned(),
        intro,
        submit: "실행".to_owned(),
        fields: vec![field(
            "customer",
            "대상 고객사 명",
            "위 고객사 명을 그대로 다시 적어 주십시오.",
            String::new(),
            FieldKind::Line,
        )],
    }
}

/// The form in which a mail is recorded that confirms the accounts (X8).
#[must_use]
pub fn mail_form(_desk: &Desk, id: CaseId, one: &Offboard) -> Form {
    let mut intro = vec![line![
        "CSR이 메일로 아래 계정을 확인했을 때만 적어 주십시오. 제출하시는 분이 그 메일을 직접 본 것으로 기록하며, 실행은 다른 COC가 확인합니다."
    ]];
    intro.extend(numbered(&one.left_to_do()));
    Form {
        token: Token::OffboardMailForm(id, one.round).text(),
        title: "메일 확인 기록".to_owned(),
        intro,
        submit: "기록".to_owned(),
        fields: vec![
            field("csr", "확인한 CSR", "메일을 보낸 사람", String::new(), FieldKind::Person),
            field(
                "mail",
                "메일 제목과 받은 시각",
                "예: RE: 한빛전자 퇴점 계정 확인 (8/13 10:20 수신)",
                String::new(),
                FieldKind::Line,
            ),
        ],
    }
}

/// The form in which it is told what went wrong.
#[must_use]
pub fn why_form(id: CaseId, one: &Offboard, failure: &Failure) -> Form {
    Form {
        token: Token::UnlinkForm(id, one.round, failure.nth).text(),
        title: "링크 해지 오류".to_owned(),
        intro: vec![vec![bracketed(&one.request.customer), shown(&failure.account).into()]],
        submit: "기록".to_owned(),
        fields: vec![field(
            "why",
            "오류 내용",
            "예: 이미 다른 조직의 계정이라는 응답",
            failure.why.clone(),
            FieldKind::Lines,
        )],
    }
}
