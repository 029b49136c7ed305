//! What a ladder says.

use super::super::desk::Desk;
use super::super::errand::CallEvent;
use super::super::ids::{CaseId, Name, PhoneNumber, TicketLink};
use super::super::ladder::{Acceptance, LadderState, RungEnd, Via};
use super::super::message::{Button, Line, Message, Piece};
use super::super::policy::Policy;
use super::super::time::{Time, clock};
use super::super::turn::{
    ExhaustedPress, RungPress, Token, button, danger, lines, one_line, primary,
};
use super::{bracketed, line};

/// What a ladder is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The customer's name; empty when unknown.
    pub customer: String,
    /// What people are asked to take: `긴급 티켓`.
    pub what: String,
    /// What exactly; empty when the ticket says it.
    pub detail: String,
    /// The ticket, when there is one.
    pub ticket: Option<TicketLink>,
    /// It is practice, and says so.
    pub drill: bool,
}

/// What a rung's mention needs to know.
#[derive(Debug)]
pub struct RungWords<'a> {
    /// The case.
    pub case: CaseId,
    /// The rung's number within the ladder.
    pub nth: usize,
    /// Who is reached.
    pub who: &'a Name,
    /// Who comes after.
    pub after: Option<&'a Name>,
    /// The person's number, when known.
    pub number: Option<&'a PhoneNumber>,
    /// Whether the bot phones alongside.
    pub dials: bool,
    /// What is doubtful about reaching this person here (reading 14).
    pub warnings: &'a [String],
    /// That the rung begins late, and why; empty when it does not.
    pub late: String,
}

/// A rung: the one post of a case that mentions its person.
#[must_use]
pub fn rung(desk: &Desk, subject: &Subject, it: &RungWords<'_>) -> Message {
    let length = desk.policy.value.chain.rung;
    let then = match it.after {
        Some(next) => format!("까지 응답이 없으면 {}에게 넘어갑니다.", next.polite()),
        None => "까지 응답이 없으면 더 연락할 사람이 없어 COC에 알립니다.".to_owned(),
    };
    let mention = desk.mention(it.who);
    let known = matches!(mention, Piece::Person { .. });
    let mut said = vec![
        vec![
            if it.late.is_empty() { Piece::IfLate } else { it.late.as_str().into() },
            mention,
            " ".into(),
            bracketed(&subject.customer),
            format!("{}입니다.", subject.what).into(),
        ],
        vec![Piece::After(length), then.into()],
    ];
    said.extend(detail(subject));
    if let Some(ticket) = &subject.ticket {
        said.push(vec![Piece::Link(ticket.to_string())]);
    }
    said.push(match (it.number, it.dials) {
        (Some(_), true) => line!["☎️ 전화도 함께 겁니다: 1 수락 · 2 거절 · 3 다시 듣기"],
        (Some(number), false) => line![format!("☎️ COC는 전화해 주십시오: {number}")],
        (None, _) => {
            line!["☎️ 등록된 전화번호가 없습니다. COC가 번호를 확인해 전화해 주십시오."]
        }
    });
    if !known {
        said.push(line!["⚠️ Slack 사용자를 찾지 못했습니다. COC가 전화로 알려 주십시오."]);
    }
    said.extend(it.warnings.iter().map(|warning| line![format!("⚠️ {warning}")]));
    said.push(line!["✅ 반응이나 스레드 답글도 수락입니다."]);
    let token = |press| Token::Rung(it.case, it.nth, press);
    let buttons = vec![
        primary("수락", &token(RungPress::Accept)),
        button("부재", &token(RungPress::Absent)),
        button("거절", &token(RungPress::Refuse)),
    ];
    Message { lines: said, buttons }
}

fn detail(subject: &Subject) -> Option<Line> {
    (!subject.detail.is_empty()).then(|| line![subject.detail.clone()])
}

/// A page as the voice says it; `waiting` urgent requests wait, this one included.
#[must_use]
pub fn spoken(subject: &Subject, waiting: usize) -> String {
    if subject.drill {
        return super::drill::spoken();
    }
    super::phone::urgent(&subject.customer, &subject.what, subject.ticket.as_ref(), waiting)
}

/// How a rung ended, in a few words.
#[must_use]
pub fn ended(how: &RungEnd, now: Time, policy: &Policy) -> String {
    let at = now.format("%H:%M");
    match how {
        RungEnd::Absent { by } => format!("부재 ({by} 기록, {at})"),
        RungEnd::Refused { by } => format!("거절 ({by} 기록, {at})"),
        RungEnd::Phone(event) => format!("{} ({at})", call_event(*event)),
        RungEnd::Silent => format!("{} 동안 응답 없음 ({at})", policy.chain.rung.korean()),
        RungEnd::Accepted => format!("수락 ({at})"),
        RungEnd::Stopped => format!("호출 중단 ({at})"),
    }
}

/// What happened on a call, in a few words.
#[must_use]
pub const fn call_event(event: CallEvent) -> &'static str {
    match event {
        CallEvent::Accepted => "전화로 수락",
        CallEvent::Rejected => "전화로 거절",
        CallEvent::Answered => "전화 받음, 번호를 누르지 않음",
        CallEvent::Busy => "전화 통화 중",
        CallEvent::NoAnswer => "전화 받지 않음",
        CallEvent::Voicemail => "음성사서함으로 연결",
        CallEvent::Failed => "전화 연결 실패",
    }
}

/// A rung is over.
#[must_use]
pub fn passed_on(late: &str, who: &Name, why: &str, next: Option<&Name>) -> Message {
    let then = match next {
        Some(next) => format!("다음은 {}입니다.", next.polite()),
        None => "더 연락할 사람이 없습니다.".to_owned(),
    };
    one_line(format!("⏭️ {late}{}: {why}. {then}", who.polite()))
}

/// A rung's post after its time: it names the person without a mention. `late` still offers 수락 to somebody who wakes up late.
#[must_use]
pub fn retired(subject: &Subject, who: &Name, why: &str, late: Option<(CaseId, usize)>) -> Message {
    let mut said = vec![vec![
        format!("{} ", who.polite()).into(),
        bracketed(&subject.customer),
        format!("{} 호출은 끝났습니다: {why}.", subject.what).into(),
    ]];
    if let Some(ticket) = &subject.ticket {
        said.push(vec![Piece::Link(ticket.to_string())]);
    }
    let buttons = match late {
        Some((case, nth)) => {
            said.push(line!["지금 맡으실 수 있으면 [수락]을 눌러 주십시오."]);
            vec![button("수락", &Token::Rung(case, nth, RungPress::Accept))]
        }
        None => Vec::new(),
    };
    Message { lines: said, buttons }
}

/// Who took it, for posts that are over.
#[must_use]
pub fn taken_by(who: &Name, now: Time) -> String {
    format!("{} 수락 ({})", who.polite(), now.format("%H:%M"))
}

/// An acceptance.
#[must_use]
pub fn taken(acceptance: &Acceptance, cancelled: u32, then: Vec<Button>) -> Message {
    let mut text = format!(
        "✅ {}이 {}에 수락했습니다 ({}).",
        acceptance.by.polite(),
        acceptance.at.format("%H:%M"),
        via(&acceptance.how)
    );
    if cancelled > 0 {
        text.push_str(&format!(" 대기 중이던 호출 {cancelled}건을 취소했습니다."));
    }
    Message { buttons: then, ..one_line(text) }
}

/// The way an acknowledgement came.
#[must_use]
pub fn via(how: &Via) -> String {
    match how {
        Via::Button => "버튼".to_owned(),
        Via::Reaction => "반응".to_owned(),
        Via::Reply => "답글".to_owned(),
        Via::Phone => "전화".to_owned(),
        Via::Desk { by } => format!("{by} 기록"),
    }
}

/// The buttons of an exhausted chain.
#[must_use]
pub fn exhausted_buttons(case: CaseId) -> Vec<Button> {
    vec![
        primary("다시 시작", &Token::Exhausted(case, ExhaustedPress::Again)),
        danger("종료", &Token::Exhausted(case, ExhaustedPress::Close)),
    ]
}

/// Nobody is left (reading 11): in g with the CSR group, in n for COC.
#[must_use]
pub fn exhausted(
    desk: &Desk,
    subject: &Subject,
    tried: usize,
    in_general: bool,
    buttons: Vec<Button>,
) -> Message {
    let first = if tried == 0 {
        "지금 연락할 수 있는 사람이 없습니다.".to_owned()
    } else {
        format!("{tried}명 모두 연락되지 않았습니다.")
    };
    let mut said = vec![vec![
        "🚨 ".into(),
        bracketed(&subject.customer),
        format!("{first} 사건은 열려 있습니다.").into(),
    ]];
    if in_general {
        let mut line = desk.mention_group(&desk.policy.value.groups.csr);
        line.push(" 확인이 필요합니다.".into());
        said.push(line);
    }
    said.extend(detail(subject));
    if let Some(ticket) = &subject.ticket {
        said.push(vec![Piece::Link(ticket.to_string())]);
    }
    said.push(line!["COC는 [다시 시작]이나 [종료]를 눌러 주십시오."]);
    Message { lines: said, buttons }
}

/// The carrier did not take the call: COC is asked to phone, and told why.
#[must_use]
pub fn call_not_placed(who: &Name, number: Option<&PhoneNumber>, why: &str) -> Message {
    let ask = match number {
        Some(number) => format!("COC는 전화해 주십시오: {number}"),
        None => "COC가 연락해 주십시오.".to_owned(),
    };
    lines(vec![
        line![format!("☎️ {} 전화를 걸지 못했습니다. {ask}", who.polite())],
        line![format!("이유: {why}")],
    ])
}

/// The press of somebody who is neither the person mentioned nor COC.
#[must_use]
pub fn not_yours(who: &Name) -> Message {
    one_line(format!("⛔ {}이나 COC만 누를 수 있습니다. 바뀐 것은 없습니다.", who.polite()))
}

/// A press on a chain that is over.
#[must_use]
pub fn is_over(state: &LadderState) -> Message {
    match state {
        LadderState::Taken(taken) => one_line(format!(
            "⛔ 이미 {}이 {}에 수락했습니다. 하실 일은 없습니다.",
            taken.by.polite(),
            taken.at.format("%H:%M")
        )),
        LadderState::Between
        | LadderState::Calling(_)
        | LadderState::Exhausted { .. }
        | LadderState::Stopped { .. } => one_line("⛔ 이미 끝난 호출입니다. 하실 일은 없습니다."),
    }
}

/// 부재 or 거절 on a rung that is over already.
#[must_use]
pub fn passed_already(who: &Name) -> Message {
    one_line(format!(
        "⛔ {} 차례는 이미 지나갔습니다. 스레드의 최신 호출을 봐 주십시오.",
        who.polite()
    ))
}

/// A reply that refuses: it is no acceptance, and the buttons say what can be done.
#[must_use]
pub fn reply_refused(who: &Name) -> Message {
    one_line(format!(
        "⚠️ {}의 답글은 수락으로 보지 않았습니다. 맡으시면 [수락], 어려우시면 [거절]을 눌러 주십시오.",
        who.polite()
    ))
}

/// When a rung's clock ends, for lists.
#[must_use]
pub fn until(due: Option<Time>, now: Time) -> String {
    match due {
        Some(due) => format!("{}까지 대기", clock(due, now.date_naive())),
        None => "알림이 나가는 중".to_owned(),
    }
}
