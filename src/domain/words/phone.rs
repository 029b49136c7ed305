//! What the telephone's voice says.

use super::super::ids::TicketLink;

const KEYS: &str = "수락은 1번, 거절은 2번, 다시 듣기는 3번을 눌러 주십시오.";

/// A page as a sentence: which customer, what, which ticket, how many wait.
#[must_use]
pub fn urgent(customer: &str, what: &str, ticket: Option<&TicketLink>, waiting: usize) -> String {
    let customer = if customer.is_empty() { "고객사 미확인" } else { customer };
    format!(
        "{customer} {what}{} 대응 요청입니다. 기다리는 긴급 요청은 모두 {waiting}건입니다.",
        number(ticket)
    )
}

/// An assignment without acknowledgement, as a sentence (A9).
#[must_use]
pub fn assignment(customer: &str, ticket: &TicketLink) -> String {
    format!("{customer} 티켓{}이 배정되었으나 확인이 없어 전화드립니다.", number(Some(ticket)))
}

fn number(ticket: Option<&TicketLink>) -> String {
    ticket.and_then(TicketLink::number).map_or_else(String::new, |number| format!(" {number}번"))
}

/// All that the voice says before it waits for a key: who calls, and every page of this call. The key answers the first.
#[must_use]
pub fn speech(pages: &[&str]) -> String {
    match pages {
        [] => "COC입니다. 이미 처리되었습니다. 하실 일은 없습니다.".to_owned(),
        [one] => format!("COC입니다. {one} {KEYS}"),
        [first, rest @ ..] => {
            let others = rest.join(" 다음, ");
            format!(
                "COC입니다. 요청이 모두 {}건입니다. 먼저, {first} 다음, {others} 첫 번째 건부터 받습니다. {KEYS}",
                pages.len()
            )
        }
    }
}

/// What the voice says after a key, when another page waits.
#[must_use]
pub fn next(page: &str) -> String {
    format!("다음 건입니다. {page} {KEYS}")
}

/// What the voice says after the last key.
#[must_use]
pub const fn goodbye(accepted: bool) -> &'static str {
    if accepted {
        "수락되었습니다. 자세한 내용은 슬랙 스레드를 봐 주십시오. 감사합니다."
    } else {
        "거절로 기록했습니다. 다음 사람에게 연락합니다. 감사합니다."
    }
}

/// What the voice says when no key was pressed.
#[must_use]
pub const fn no_key() -> &'static str {
    "번호가 눌리지 않았습니다. 슬랙에서도 응답하실 수 있습니다. 전화를 마칩니다."
}

/// What the voice says when the page is over by now.
#[must_use]
pub const fn over() -> &'static str {
    "이 요청은 이미 처리되었습니다. 하실 일은 없습니다. 감사합니다."
}

/// What the voice says when the key could not be written down: nothing counts that is not kept.
#[must_use]
pub const fn not_kept() -> &'static str {
    "지금은 응답을 기록하지 못했습니다. 슬랙에서 수락해 주십시오."
}
