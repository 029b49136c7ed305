//! What people read of mails that wait to be sent.

use super::super::ids::{CaseId, Name};
use super::super::mail::{Draft, DraftState, Email, Occasion};
use super::super::message::{Button, Field, FieldKind, Form, Line, Message};
use super::super::time::Time;
use super::super::turn::{DraftPress, MailPress, Token, button, danger, lines, one_line, primary};
use super::{bracketed, line};

/// The button under an acceptance that drafts the customer's mail.
#[must_use]
pub fn offer(case: CaseId) -> Button {
    button("고객 메일", &Token::Mail(case, MailPress::Draft))
}

/// What it is, behind a sign: a customer's mail, or one to the company's own people.
fn called(sign: &str, draft: &Draft, rest: String) -> Line {
    let mut said: Line = Vec::new();
    if !sign.is_empty() {
        said.push(format!("{sign} ").into());
    }
    if draft.customer.is_empty() {
        said.push(format!("메일{rest}").into());
    } else {
        said.push(bracketed(&draft.customer));
        said.push(format!("고객 메일{rest}").into());
    }
    said
}

fn head(mail: &Email) -> Vec<Line> {
    let to = match mail.to.as_slice() {
        [] => "없음 (고객 기록에 주소가 없습니다. [고치기]로 적어 주십시오)".to_owned(),
        to => to.join(", "),
    };
    let mut said = vec![line![format!("받는 사람: {to}")]];
    if !mail.cc.is_empty() {
        said.push(line![format!("참조: {}", mail.cc.join(", "))]);
    }
    said.push(line![format!("제목: {}", mail.subject)]);
    said
}

/// How much of a mail's text stands in a message; the form shows all of it.
const SHOWN: usize = 1500;

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A draft that waits. `by_hand`: no mail server is configured, people send it themselves. `trouble`: why it came back.
#[must_use]
pub fn draft(draft: &Draft, by_hand: bool, trouble: Option<&str>) -> Message {
    let mut said: Vec<Line> =
        vec![called("✉️", draft, " 초안입니다. 아직 보내지 않았습니다.".to_owned())];
    if let Some(why) = trouble {
        said.insert(0, line![format!("⛔ 메일을 보내지 못했습니다: {why}")]);
        said.push(line!["주소나 내용을 [고치기]로 고친 뒤 다시 [메일 발송]을 눌러 주십시오."]);
    }
    said.extend(head(&draft.mail));
    said.extend(shown(&draft.mail.text).lines().map(|text| line![text]));
    said.push(if by_hand {
        line!["메일 서버가 설정되어 있지 않습니다. 직접 보내신 뒤 [메일 발송]을 누르면 보낸 것으로 남깁니다."]
    } else {
        line!["확인하신 뒤 [메일 발송]을 눌러 주십시오."]
    });
    let token = |press| Token::Draft(draft.post, press);
    Message {
        lines: said,
        buttons: vec![
            primary("메일 발송", &token(DraftPress::Send)),
            button("고치기", &token(DraftPress::Edit)),
            danger("초안 지우기", &token(DraftPress::Discard)),
        ],
    }
}

fn over(draft: &Draft, first: Line) -> Message {
    let mut said = vec![first];
    said.extend(head(&draft.mail));
    lines(said)
}

/// It is being sent.
#[must_use]
pub fn sending(draft: &Draft, by: &Name) -> Message {
    over(draft, called("✉️", draft, format!("을 보내고 있습니다 ({by} 발송).")))
}

/// It is sent.
#[must_use]
pub fn sent(draft: &Draft, by: &Name, at: Time, by_hand: bool) -> Message {
    let how = if by_hand { "직접 발송, " } else { "" };
    let rest = format!("을 보냈습니다 ({how}{by}, {}).", at.format("%H:%M"));
    over(draft, called("✅", draft, rest))
}

/// Nobody wants it.
#[must_use]
pub fn discarded(draft: &Draft, by: &Name) -> Message {
    let rest = format!(" 초안을 지웠습니다 ({by} 기록). 보낸 메일은 없습니다.");
    lines(vec![called("", draft, rest)])
}

/// Told in the thread when it is sent.
#[must_use]
pub fn sent_note(draft: &Draft) -> String {
    let what = if draft.customer.is_empty() { "메일" } else { "고객 메일" };
    format!("{what} 발송: {}", draft.mail.to.join(", "))
}

/// A press by somebody who may not.
#[must_use]
pub fn not_allowed() -> Message {
    one_line("⛔ 고객 메일은 COC와 CSR, 엔지니어만 보낼 수 있습니다. 보낸 것은 없습니다.")
}

/// A second draft of one mail.
#[must_use]
pub fn drafted_already() -> Message {
    one_line(
        "⛔ 이 사건의 고객 메일 초안이 이미 스레드에 있습니다. 그 글에서 보내거나 고쳐 주십시오.",
    )
}

/// Why a draft cannot be sent or changed any more; `None` while it can.
#[must_use]
pub fn over_already(state: &DraftState) -> Option<String> {
    match state {
        DraftState::Open => None,
        DraftState::Sending { by, .. } => Some(format!("{}이 이미 보내고 있습니다.", by.polite())),
        DraftState::Sent { at, by } => {
            Some(format!("{}이 {}에 이미 보냈습니다.", by.polite(), at.format("%H:%M")))
        }
        DraftState::Discarded => Some("이미 지운 초안입니다.".to_owned()),
    }
}

/// A draft without an address.
#[must_use]
pub fn nobody_to_send_to() -> Message {
    one_line("⛔ 받는 사람이 없어 보내지 않았습니다. [고치기]로 주소를 적어 주십시오.")
}

/// A press on a draft that is over.
#[must_use]
pub fn is_over(how: &str) -> Message {
    one_line(format!("⛔ {how} 하실 일은 없습니다."))
}

/// No address is on record.
#[must_use]
pub fn no_address(customer: &str) -> Message {
    lines(vec![vec![
        "⛔ ".into(),
        bracketed(customer),
        "고객 기록에 메일 주소가 없습니다. 초안을 만들지 않았습니다.".into(),
    ]])
}

/// There is no template for it.
#[must_use]
pub fn no_template(occasion: Occasion) -> Message {
    one_line(format!(
        "⛔ 메일 양식이 없습니다: 데이터 폴더의 mail/{}. 초안을 만들지 않았습니다.",
        occasion.file()
    ))
}

/// The form that changes a draft.
#[must_use]
pub fn form(draft: &Draft) -> Form {
    let field = |key: &str, label: &str, hint: &str, initial: String, optional, kind| Field {
        key: key.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        initial,
        optional,
        kind,
    };
    let mail = &draft.mail;
    Form {
        token: Token::DraftForm(draft.post).text(),
        title: if draft.customer.is_empty() {
            "메일 고치기"
        } else {
            "고객 메일 고치기"
        }
        .to_owned(),
        intro: vec![line!["저장해도 보내지 않습니다. 초안의 [메일 발송]을 눌러야 나갑니다."]],
        submit: "저장".to_owned(),
        fields: vec![
            field(
                "to",
                "받는 사람",
                "여럿이면 쉼표로 나눕니다",
                mail.to.join(", "),
                false,
                FieldKind::Line,
            ),
            field("cc", "참조", "", mail.cc.join(", "), true, FieldKind::Line),
            field("subject", "제목", "", mail.subject.clone(), false, FieldKind::Line),
            field("text", "내용", "", mail.text.clone(), false, FieldKind::Lines),
        ],
    }
}

/// An address that is none.
#[must_use]
pub fn bad_address(read: &str) -> String {
    format!("\"{read}\"은(는) e-mail 주소가 아닙니다. 예: ops@example.com")
}

/// A field that must not be blank.
#[must_use]
pub fn blank() -> String {
    "비어 있습니다. 내용을 적어 주십시오.".to_owned()
}

/// Why a mail is not handed over again though nobody knows whether it was taken.
#[must_use]
pub const fn taken_perhaps() -> &'static str {
    "메일 서버가 받은 뒤 답이 끊겼습니다. 이미 도착했을 수 있으니 받는 분에게 확인한 뒤 다시 보내 주십시오"
}

/// It could not be sent.
#[must_use]
pub fn returned(draft: &Draft, why: &str) -> Message {
    lines(vec![
        called("⛔", draft, format!("을 보내지 못했습니다: {why}")),
        line!["초안 글의 [고치기]로 고친 뒤 다시 [메일 발송]을 눌러 주십시오."],
    ])
}
