//! What a case's story, the ticket and the list of an MSP customer say.

use super::super::super::customers::Grade;
use super::super::super::ids::{AccountId, CaseId, Name};
use super::super::super::message::{Line, Piece};
use super::super::super::procedures::offboard::{
    Confirmation, Ending, Fault, MspOffboard, Offboard, Problem, Why,
};
use super::super::super::time::Time;
use super::super::line;
use super::{grade, joined, shown, when};

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
    let mut said = vec![format!(
        "[COC] {} [{}] 강제 퇴점 완료",
        at.format("%Y-%m-%d %H:%M"),
        one.request.customer
    )];
    said.extend(one.done.iter().map(|done| {
        format!("{} {} 해지 ({} 기록)", done.at.format("%Y-%m-%d %H:%M"), done.account, done.by)
    }));
    said.join("\n")
}

/// An MSP customer's form: the list that was opened instead, now or when the form was handed in before.
#[must_use]
pub fn msp_opened(id: CaseId, ts: Option<&Name>) -> String {
    let ts = ts.map_or_else(
        || "TS 담당자가 기록에 없어 COC가 챙깁니다.".to_owned(),
        |who| format!("TS 담당자: {}.", who.polite()),
    );
    format!(
        "MSP 고객사는 강제 퇴점 대상이 아닙니다. 대신 MSP 퇴점 절차에서 진행합니다 (사건 {id}, #coc-noti). {ts} 이 양식은 닫아 주십시오."
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
