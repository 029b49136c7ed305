//! What drills say: `[훈련]` stands in every word of theirs.

use super::super::figures::missed_turn;
use super::super::ids::{CaseId, Name};
use super::super::ladder::LadderState;
use super::super::message::{Message, Piece};
use super::super::procedures::dispatch::{Cause, Dispatch};
use super::super::time::{Span, Time, clock};
use super::super::turn::{DispatchPress, Token, danger, lines, one_line};
use super::{line, refused, some_of};

/// What stands in front of every line that begins a message of a drill.
pub const MARK: &str = "[훈련] ";

/// Why a drill is over when something real happens.
pub const STOPPED: &str = "실제 요청이 들어와 훈련 종료";

/// The message with the mark in front.
#[must_use]
pub fn marked(mut message: Message) -> Message {
    if let Some(first) = message.lines.first_mut() {
        first.insert(0, Piece::from(MARK));
    }
    message
}

/// What the voice says of a drill.
#[must_use]
pub fn spoken() -> String {
    "훈련입니다. 실제 요청이 아닙니다. 호출이 닿는지 확인하는 전화입니다.".to_owned()
}

/// What a rung of a drill says besides whose turn it is.
#[must_use]
pub fn detail(customer: Option<&str>) -> String {
    match customer {
        Some(customer) => {
            format!("실제 요청이 아닙니다. {customer}의 MSP 순서로 호출이 닿는지만 확인합니다.")
        }
        None => "실제 요청이 아닙니다. 호출이 닿는지만 확인합니다.".to_owned(),
    }
}

/// The card that heads a drill's thread.
#[must_use]
pub fn card(id: CaseId, one: &Dispatch, now: Time) -> Message {
    let today = now.date_naive();
    let (by, customer) = match &one.cause {
        Cause::Drill { by, customer } => (by.as_ref(), customer.as_deref()),
        Cause::OnboardingError { .. } | Cause::Inquiry { .. } => (None, None),
    };
    let first = match &one.ladder.state {
        LadderState::Taken(taken) => {
            format!("호출 훈련: {}이 {}에 수락했습니다.", taken.by.polite(), clock(taken.at, today))
        }
        LadderState::Exhausted { .. } => "호출 훈련: 모두 연락되지 않았습니다.".to_owned(),
        LadderState::Stopped { .. } => "호출 훈련을 끝냈습니다.".to_owned(),
        LadderState::Between | LadderState::Calling(_) => "호출 훈련을 시작합니다.".to_owned(),
    };
    let mut said = vec![
        line![format!("{MARK}{first}")],
        line![detail(customer)],
        line![match by {
            Some(by) => format!("시작한 사람: {by}"),
            None => "정기 훈련입니다.".to_owned(),
        }],
    ];
    let names: Vec<String> =
        one.ladder.order.candidates.iter().map(|one| one.name.to_string()).collect();
    said.push(line![format!("순서: {}", some_of(&names, " → ", 3))]);
    said.push(line![format!("사건 {id}")]);
    let mut message = lines(said);
    if one.is_open() {
        message.buttons = vec![danger("종료", &Token::Dispatch(id, DispatchPress::Close))];
    }
    message
}

/// How a drill went, in its thread.
#[must_use]
pub fn result(one: &Dispatch, for_real: bool) -> Message {
    let first = match (&one.ladder.state, for_real) {
        (_, true) => "실제 요청이 들어와 훈련을 끝냅니다. 실제 호출에 응답해 주십시오.".to_owned(),
        (LadderState::Taken(taken), false) => {
            let opened = one.ladder.over.iter().find(|over| over.who == taken.by);
            let lasted = opened.map(|over| (taken.at - over.opened).num_seconds());
            let seconds = lasted.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(0);
            format!(
                "훈련을 마쳤습니다: {}이 호출된 지 {} 만에 수락했습니다. 하실 일은 없습니다.",
                taken.by.polite(),
                Span::seconds(seconds).korean()
            )
        }
        (LadderState::Exhausted { .. }, false) => {
            "훈련을 마쳤습니다: 수락한 사람이 없습니다.".to_owned()
        }
        (LadderState::Between | LadderState::Calling(_) | LadderState::Stopped { .. }, false) => {
            "훈련을 끝냈습니다.".to_owned()
        }
    };
    let missed: Vec<String> = one
        .ladder
        .over
        .iter()
        .filter(|over| missed_turn(&over.how, &over.who) == Some(true))
        .map(|over| over.who.to_string())
        .collect();
    let mut said = vec![line![format!("{MARK}{first}")]];
    if !missed.is_empty() {
        said.push(line![format!("연락되지 않은 사람: {}", missed.join(", "))]);
    }
    lines(said)
}

/// People who could not be reached again and again, to COC in n.
#[must_use]
pub fn missed(people: &[(&Name, u32)], id: CaseId) -> Message {
    let said: Vec<String> =
        people.iter().map(|(who, times)| format!("{who} ({times}번 연속)")).collect();
    lines(vec![
        line![format!("{MARK}⚠️ 잇달아 연락되지 않은 사람이 있습니다: {}", said.join(", "))],
        line![format!("번호와 알림 설정을 본인에게 확인해 주십시오. 사건 {id}")],
    ])
}

/// A drill began.
#[must_use]
pub fn begun(id: CaseId) -> Message {
    one_line(format!("호출 훈련을 시작했습니다. 진행은 #coc-noti에서 볼 수 있습니다. 사건 {id}"))
}

/// Somebody other than COC.
#[must_use]
pub fn coc_only() -> Message {
    refused("호출 훈련은 COC만 시작할 수 있습니다. 바뀐 것은 없습니다.", "")
}

/// What kind of drill nobody can make out.
#[must_use]
pub fn which(read: &str) -> Message {
    refused(
        format!("훈련의 종류를 읽지 못했습니다. 읽은 값: \"{read}\"."),
        "긴급이나 msp 고객사를 적어 주십시오. 예: /coc drill, /coc drill msp 가나게임즈",
    )
}

/// `msp` without a customer.
#[must_use]
pub fn customer_missing() -> Message {
    refused("고객사가 없습니다.", "예: /coc drill msp 가나게임즈")
}

/// A customer without an MSP chain.
#[must_use]
pub fn no_msp(customer: &str) -> Message {
    refused(
        format!("[{customer}] MSP·주요 고객이 아니어서 MSP 순서가 없습니다."),
        "긴급 순서의 훈련은 /coc drill로 시작해 주십시오.",
    )
}

/// One runs already.
#[must_use]
pub fn runs_already(id: CaseId) -> Message {
    refused(format!("훈련이 이미 진행 중입니다. 사건 {id}"), "끝난 뒤에 다시 시작해 주십시오.")
}

/// A real chain runs.
#[must_use]
pub fn real_chain_runs(id: CaseId) -> Message {
    refused(
        format!("실제 호출이 진행 중이어서 훈련을 시작하지 않았습니다. 사건 {id}"),
        "실제 호출이 끝난 뒤에 다시 시작해 주십시오.",
    )
}

/// There is no n.
#[must_use]
pub fn no_channel() -> Message {
    refused(
        "#coc-noti를 찾지 못해 훈련을 시작하지 않았습니다.",
        "봇을 그 채널에 초대한 뒤 다시 시작해 주십시오.",
    )
}
