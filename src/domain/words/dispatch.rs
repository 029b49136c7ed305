//! What people read where others are reached in order for an error of an on-boarding or for somebody who telephoned (N4, C5).

use super::super::desk::Desk;
use super::super::ids::{CaseId, Name};
use super::super::ladder::LadderState;
use super::super::message::{Line, Message, Piece};
use super::super::procedures::dispatch::{Cause, Dispatch, Ended, Over};
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
        Cause::OnboardingError { .. } => "입점 오류",
        Cause::Inquiry { .. } => "전화로 접수한 장애",
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
        return format!("{} ({})", stopped(over.why), over.by);
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
pub const fn next_is(one: &Dispatch) -> &'static str {
    match one.ladder.state {
        LadderState::Exhausted { .. } => "다시 알림",
        LadderState::Between
        | LadderState::Calling(_)
        | LadderState::Taken(_)
        | LadderState::Stopped { .. } => "다음 사람",
    }
}

/// Why nobody is looked for any more, in a few words.
#[must_use]
pub const fn stopped(why: Ended) -> &'static str {
    match why {
        Ended::Closed => "종료",
        Ended::StepDone => "단계 완료",
        Ended::Cancelled => "입점 취소",
    }
}

/// The card that heads its thread.
#[must_use]
pub fn card(id: CaseId, one: &Dispatch, now: Time) -> Message {
    if matches!(one.cause, Cause::Drill { .. }) {
        return super::drill::card(id, one, now);
    }
    let today = now.date_naive();
    let what = what(&one.cause);
    let (sign, first) = match (&one.over, &one.ladder.state) {
        (Some(Over { why: Ended::StepDone, by, .. }), _) => {
            ("✅", format!("{what}: 오류 난 단계를 마쳐 호출을 끝냈습니다 ({by})."))
        }
        (Some(Over { why: Ended::Closed | Ended::Cancelled, by, .. }), _) => {
            ("⛔", format!("{what}: 호출을 종료했습니다 ({by})."))
        }
        (None, LadderState::Taken(taken)) => {
            let at = clock(taken.at, today);
            ("✅", format!("{what}: {}이 {at}에 수락했습니다.", taken.by.polite()))
        }
        (None, LadderState::Exhausted { .. }) => {
            ("🚨", format!("{what}: 모두 연락되지 않았습니다. 사건은 열려 있습니다."))
        }
        (None, LadderState::Between | LadderState::Calling(_) | LadderState::Stopped { .. }) => {
            ("🚨", format!("{what}: 대응을 시작합니다 (24x7)."))
        }
    };
    let mut said = vec![vec![format!("{sign} ").into(), bracketed(&one.customer), first.into()]];
    let more = detail(&one.cause);
    if !more.is_empty() {
        said.push(line![more]);
    }
    if let Some(ticket) = &one.ticket {
        said.push(vec![Piece::Link(ticket.to_string())]);
    }
    let names: Vec<String> =
        one.ladder.order.candidates.iter().map(|one| one.name.to_string()).collect();
    if names.is_empty() {
        said.push(line!["순서: 가이드에 연락할 사람이 없습니다."]);
    } else {
        said.push(line![format!("순서: {}", some_of(&names, " → ", 3))]);
    }
    said.extend(one.ladder.order.warnings.iter().map(|text| line![format!("⚠️ {text}")]));
    if one.is_open() {
        said.push(line!["COC는 더 부를 까닭이 없으면 [종료]를 눌러 주십시오."]);
    }
    said.push(line![format!("사건 {id}")]);
    let mut message = lines(said);
    if one.is_open() {
        message.buttons = vec![danger("종료", &Token::Dispatch(id, DispatchPress::Close))];
    }
    message
}

/// Somebody ended it.
#[must_use]
pub fn closed(by: &Name, why: Ended) -> Message {
    one_line(match why {
        Ended::Closed => {
            format!("⛔ {}이 호출을 종료했습니다. 더 호출하지 않습니다.", by.polite())
        }
        Ended::StepDone => {
            format!("✅ {}이 오류 난 단계를 마쳤습니다. 더 호출하지 않습니다.", by.polite())
        }
        Ended::Cancelled => {
            format!("⛔ {}이 입점을 취소했습니다. 더 호출하지 않습니다.", by.polite())
        }
    })
}

/// Nobody is left, and COC is asked again what is to be done (reading 11).
#[must_use]
pub fn asked_again(desk: &Desk, id: CaseId, one: &Dispatch) -> Message {
    let mut first: Line = line!["⏰ "];
    first.extend(desk.mention_group(&desk.policy.value.groups.coc));
    first.push(" ".into());
    first.push(bracketed(&one.customer));
    first.push(format!("{}: 연락된 사람이 없이 열려 있습니다.", what(&one.cause)).into());
    let mut said = vec![first];
    let more = detail(&one.cause);
    if !more.is_empty() {
        said.push(line![more]);
    }
    said.push(line!["[다시 시작]하거나, 다른 길로 해결되었으면 [종료]를 눌러 주십시오."]);
    said.push(line![format!("사건 {id}")]);
    Message { buttons: super::paging::exhausted_buttons(id), ..lines(said) }
}

/// Its card could not be posted, in the story.
#[must_use]
pub fn card_refused(why: &str) -> String {
    format!("사건 글을 올리지 못함: {why}")
}

/// A press on one that is over.
#[must_use]
pub fn is_over(one: &Dispatch) -> Message {
    one_line(format!("⛔ 이미 끝난 호출입니다: {}. 바뀐 것은 없습니다.", state(one)))
}
