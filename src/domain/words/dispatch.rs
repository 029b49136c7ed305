//! What people read where others are reached in order for an error of an on-boarding or for somebody who telephoned (N4, C5).

use super::super::desk::Desk;
use super::super::ids::{CaseId, Name};
use super::super::ladder::LadderState;
use super::super::message::{Message, Piece};
use super::super::procedures::dispatch::{Cause, Dispatch};
use super::super::time::{Time, clock};
use super::super::turn::{DispatchPress, Token, danger, lines, one_line};
use super::{bracketed, line, some_of};

/// What it is, in lists of cases.
#[must_use]
pub const fn title(one: &Dispatch) -> &'static str {
    match one.cause {
        Cause::OnboardingError { .. } => "입점 오류",
        Cause::Inquiry { .. } => "전화 장애",
        Cause::Drill { .. } => "훈련",
    }
}

/// What people are asked to take.
#[must_use]
pub const fn what(cause: &Cause) -> &'static str {
    match cause {
        Cause::OnboardingError { .. } => "입점 오류 대응",
        Cause::Inquiry { .. } => "전화로 접수한 장애 대응",
        Cause::Drill { .. } => "연습",
    }
}

/// What exactly; empty when there is no more to say.
#[must_use]
pub fn detail(cause: &Cause) -> String {
    match cause {
        Cause::OnboardingError { list, step } => format!("입점 사건 {list}, 오류 난 단계: {step}"),
        Cause::Inquiry { inquiry, about } if about.is_empty() => format!("전화 기록 {inquiry}"),
        Cause::Inquiry { inquiry, about } => format!("전화 기록 {inquiry}: {about}"),
        Cause::Drill { customer, .. } => super::drill::detail(customer.as_deref()),
    }
}

/// Where it stands, in a few words.
#[must_use]
pub fn state(one: &Dispatch) -> String {
    if let Some(over) = &one.over {
        return format!("종료 ({})", over.by);
    }
    match &one.ladder.state {
        LadderState::Between => "호출 준비".to_owned(),
        LadderState::Calling(rung) => format!("{} 호출 중", rung.who),
        LadderState::Taken(taken) => format!("{} 수락", taken.by),
        LadderState::Exhausted { .. } => "모두 연락되지 않음".to_owned(),
        LadderState::Stopped { .. } => "호출 중단".to_owned(),
    }
}

/// What its next due time is for.
#[must_use]
pub const fn next_is(_one: &Dispatch) -> &'static str {
    "다음 사람"
}

/// The card that heads its thread.
#[must_use]
pub fn card(desk: &Desk, id: CaseId, one: &Dispatch, now: Time) -> Message {
    if matches!(one.cause, Cause::Drill { .. }) {
        return super::drill::card(id, one, now);
    }
    let today = now.date_naive();
    let first = match (&one.over, &one.ladder.state) {
        (Some(over), _) => format!("⛔ {} 호출을 종료했습니다 ({}).", what(&one.cause), over.by),
        (None, LadderState::Taken(taken)) => format!(
            "✅ {}: {} 님이 {}에 수락했습니다.",
            what(&one.cause),
            taken.by,
            clock(taken.at, today)
        ),
        (None, LadderState::Exhausted { .. }) => {
            format!("🚨 {}: 모두 연락되지 않았습니다. 사건은 열려 있습니다.", what(&one.cause))
        }
        (None, LadderState::Between | LadderState::Calling(_) | LadderState::Stopped { .. }) => {
            format!("🚨 {}을 시작합니다.", what(&one.cause))
        }
    };
    let mut said = vec![vec![bracketed(&one.customer), first.into()]];
    let more = detail(&one.cause);
    if !more.is_empty() {
        said.push(line![more]);
    }
    if let Some(ticket) = &one.ticket {
        said.push(vec![Piece::Link(ticket.to_string())]);
    }
    let names: Vec<String> =
        one.ladder.order.candidates.iter().map(|one| one.name.to_string()).collect();
    said.push(line![format!("순서: {}", some_of(&names, " → ", 3))]);
    said.extend(one.ladder.order.warnings.iter().map(|text| line![format!("⚠️ {text}")]));
    said.push(line![format!("사건 {id}")]);
    let mut message = lines(said);
    if one.is_open() {
        message.buttons = vec![danger("종료", &Token::Dispatch(id, DispatchPress::Close))];
    }
    let _ = desk;
    message
}

/// Somebody ended it.
#[must_use]
pub fn closed(by: &Name) -> Message {
    one_line(format!("⛔ {by} 님이 호출을 종료했습니다. 더 호출하지 않습니다."))
}

/// A press on one that is over.
#[must_use]
pub fn is_over(one: &Dispatch) -> Message {
    one_line(format!("⛔ 이미 끝난 호출입니다: {}. 바뀐 것은 없습니다.", state(one)))
}
