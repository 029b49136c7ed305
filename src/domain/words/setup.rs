//! What `/coc setup` is answered with.

use super::super::definitions::SetupDefinition;
use super::super::ids::CaseId;
use super::super::message::{Field, FieldKind, Form, Message};
use super::super::turn::{Token, lines, one_line};
use super::{line, refused};

/// How the command is typed.
pub const EXAMPLE: &str = "/coc setup 한빛전자 Email https://support.example.com/agent/tickets/4243 ops@hanbit.example.com";

/// By somebody who may not.
#[must_use]
pub fn not_allowed() -> Message {
    refused(
        "관제 구성은 COC와 CSR, 엔지니어만 시작할 수 있습니다. 시작하지 않았습니다.",
        "COC에 요청해 주십시오.",
    )
}

/// Something that must be there is not.
#[must_use]
pub fn missing(example: &str) -> String {
    format!("없습니다. 예: {example}")
}

/// No channel is named.
#[must_use]
pub fn no_channel(read: &str) -> String {
    let read = if read.is_empty() { String::new() } else { format!(" 읽은 값: \"{read}\".") };
    format!("없습니다.{read} 예: Email (SNS, Slack, Teams, DataDog, 기존알람, 또는 새 이름)")
}

/// A contact by which nobody can be reached.
#[must_use]
pub fn bad_contact(read: &str) -> String {
    format!("메일 주소나 전화번호가 없습니다. 읽은 값: \"{read}\". 예: ops@hanbit.example.com")
}

/// The same is worked off already.
#[must_use]
pub fn running_already(id: CaseId) -> String {
    format!("같은 고객사, 채널, 티켓의 관제 구성을 이미 하고 있습니다 (사건 {id}).")
}

/// It began.
#[must_use]
pub fn accepted(id: CaseId, customer: &str) -> Message {
    lines(vec![
        line![format!("[{customer}] 관제 구성을 시작했습니다. 사건 {id}")],
        line!["단계는 #coc-noti의 글에서 [완료]로 마칩니다."],
    ])
}

/// There is no channel for its card.
#[must_use]
pub fn no_room() -> Message {
    one_line("⛔ #coc-noti 채널을 찾지 못해 시작하지 않았습니다. 봇을 그 채널에 초대해 주십시오.")
}

/// The form of `/coc setup`.
#[must_use]
pub fn form(definition: &SetupDefinition) -> Form {
    let field = |key: &str, label: &str, hint: String| Field {
        key: key.to_owned(),
        label: label.to_owned(),
        hint,
        initial: String::new(),
        optional: false,
        kind: FieldKind::Line,
    };
    let channels = definition.channels.join(", ");
    Form {
        token: Token::SetupForm.text(),
        title: "관제 구성".to_owned(),
        intro: vec![line!["작성된 신청서의 티켓과 고객 연락처가 있어야 시작합니다."]],
        submit: "시작".to_owned(),
        fields: vec![
            field("customer", "고객사", "예: 한빛전자".to_owned()),
            field("channel", "채널", format!("{channels}, DataDog, 기존알람, 또는 새 이름")),
            field(
                "ticket",
                "티켓",
                "예: https://support.example.com/agent/tickets/4243".to_owned(),
            ),
            field("contact", "연락처", "예: ops@hanbit.example.com".to_owned()),
        ],
    }
}
