//! What the support desk's tickets are told, and what people are told of them.

use super::super::ids::Name;
use super::super::ladder::{Ladder, RungEnd};
use super::super::message::{Message, Piece};
use super::super::policy::Policy;
use super::super::procedures::urgent::Urgent;
use super::super::time::Time;
use super::super::turn::lines;
use super::paging::{ended, via};
use super::{bracketed, line};

/// An urgent case's story as an internal comment: who was reached when, and what came of it.
#[must_use]
pub fn timeline(urgent: &Urgent, by: &Name, policy: &Policy) -> String {
    let mut said = vec![format!("[COC] [{}] 긴급 대응 경과", urgent.customer.name())];
    if let Some(asked) = urgent.request.ts.time() {
        said.push(format!("{} 요청: {by}", asked.format("%Y-%m-%d %H:%M")));
    }
    if let Some(ladder) = urgent.ladder() {
        said.extend(rungs(ladder, policy));
    }
    if let Some(taken) = urgent.taken() {
        let at = taken.at.format("%Y-%m-%d %H:%M");
        said.push(format!("{at} {} 수락 ({})", taken.by, via(&taken.how)));
    }
    said.join("\n")
}

fn rungs<'a>(ladder: &'a Ladder, policy: &'a Policy) -> impl Iterator<Item = String> + 'a {
    ladder.over.iter().filter(|over| over.how != RungEnd::Accepted).map(|over| {
        let at = over.opened.format("%Y-%m-%d %H:%M");
        format!("{at} {} 호출: {}", over.who, ended(&over.how, over.at, policy))
    })
}

/// A ticket was given to somebody (A7).
#[must_use]
pub fn assigned(who: &Name, at: Time) -> String {
    format!("[COC] {} {}에게 배정했습니다.", at.format("%Y-%m-%d %H:%M"), who.polite())
}

/// The assignee acknowledged it (A8).
#[must_use]
pub fn confirmed(who: &Name, at: Time) -> String {
    format!("[COC] {} {}이 확인했습니다.", at.format("%Y-%m-%d %H:%M"), who.polite())
}

/// Somebody told the bot that it is done.
#[must_use]
pub fn done(by: &Name, at: Time) -> String {
    format!("[COC] {} 완료 ({by} 기록)", at.format("%Y-%m-%d %H:%M"))
}

/// Something could not be done to a ticket: COC does it by hand.
#[must_use]
pub fn not_done(customer: &str, link: &str, what: &str, why: &str) -> Message {
    lines(vec![
        vec![
            "⚠️ ".into(),
            bracketed(customer),
            format!("티켓 시스템에 {what}하지 못했습니다. COC가 직접 해 주십시오.").into(),
        ],
        line![format!("이유: {why}")],
        vec![Piece::Link(link.to_owned())],
    ])
}

/// The ticket was solved at the support desk.
#[must_use]
pub fn solved(customer: &str) -> Message {
    lines(vec![vec![
        "✅ ".into(),
        bracketed(customer),
        "티켓이 해결되었습니다 (티켓 시스템). 활성 티켓에서 뺍니다.".into(),
    ]])
}

/// The ticket was opened again at the support desk.
#[must_use]
pub fn reopened(customer: &str, link: &str) -> Message {
    lines(vec![
        vec![
            "⚠️ ".into(),
            bracketed(customer),
            "해결된 티켓이 다시 열렸습니다 (티켓 시스템).".into(),
        ],
        vec![Piece::Link(link.to_owned())],
        line!["COC는 /assign 고객사 티켓링크 [@담당자] 로 다시 배정해 주십시오."],
    ])
}

/// The ticket's assignee was changed at the support desk.
#[must_use]
pub fn moved(customer: &str, to: &Name) -> Message {
    lines(vec![vec![
        bracketed(customer),
        format!(
            "티켓 시스템에서 담당자가 {}으로 바뀌었습니다. 새 배정 글에서 다시 시작합니다.",
            to.polite()
        )
        .into(),
    ]])
}

/// The ticket's assignee was changed to somebody whom the guide does not know.
#[must_use]
pub fn moved_to_stranger(customer: &str) -> Message {
    lines(vec![
        vec![
            "⚠️ ".into(),
            bracketed(customer),
            "티켓 시스템에서 담당자가 업무가이드에 없는 사람으로 바뀌었습니다.".into(),
        ],
        line!["배정 글의 담당자는 그대로입니다. COC는 확인해 주십시오."],
    ])
}
