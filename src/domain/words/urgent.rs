//! What an urgent request is answered with.

use super::super::desk::Desk;
use super::super::ids::{CaseId, Name, TicketLink};
use super::super::ladder::LadderState;
use super::super::message::{Line, Message, Piece};
use super::super::people::order::Skipped;
use super::super::procedures::urgent::{CustomerRead, Ending, Request, Urgent, UrgentState};
use super::super::time::{Time, clock};
use super::super::turn::{Token, UrgentPress, button, danger, lines, one_line, primary};
use super::super::watch::is_late;
use super::paging::Subject;
use super::{bracketed, line, some_of};

const EXAMPLE: &str = "예: @COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: https://support.example.com/agent/tickets/4242";

/// What a request lacks, a line each; empty when nothing.
#[must_use]
pub fn missing(desk: &Desk, request: &Request) -> Vec<String> {
    let mut lacking = customer_missing(desk, &request.customer);
    if let Err(read) = &request.ticket {
        lacking.push(ticket_missing(read));
    }
    lacking
}

/// The same, of a case as it stands.
#[must_use]
pub fn still_missing(desk: &Desk, urgent: &Urgent) -> Vec<String> {
    let mut lacking = customer_missing(desk, &urgent.customer);
    if urgent.ticket.is_none() {
        lacking.push(ticket_missing(""));
    }
    lacking
}

fn customer_missing(desk: &Desk, customer: &CustomerRead) -> Vec<String> {
    match customer {
        CustomerRead::Known(_) => Vec::new(),
        CustomerRead::Missing => {
            vec!["고객사가 없습니다. \"고객사: 한빛전자\"처럼 적어 주십시오.".to_owned()]
        }
        CustomerRead::Unknown(read) => vec![unknown_customer(desk, read)],
    }
}

/// A customer's name that is on no record, with those that look like it.
#[must_use]
pub fn unknown_customer(desk: &Desk, read: &str) -> String {
    let similar = desk.customers.value.similar(read);
    let read = clipped(read);
    let hint = if similar.is_empty() {
        String::new()
    } else {
        format!(" 비슷한 이름: {}.", similar.join(", "))
    };
    format!("고객사를 찾지 못했습니다. 읽은 값: \"{read}\".{hint}")
}

/// What was read, as far as it is worth repeating.
fn clipped(read: &str) -> String {
    const LONGEST: usize = 60;
    match read.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &read[..end]),
        None => read.to_owned(),
    }
}

/// A ticket's link that is not there or cannot be read.
#[must_use]
pub fn ticket_missing(read: &str) -> String {
    let example = "https://support.example.com/agent/tickets/4242";
    let read = clipped(read);
    if read.is_empty() {
        format!("티켓 링크가 없습니다. \"티켓: {example}\"처럼 적어 주십시오.")
    } else {
        format!("티켓 링크를 읽지 못했습니다. 읽은 값: \"{read}\". 예: {example}")
    }
}

/// Something is missing (reading 8).
#[must_use]
pub fn asked(desk: &Desk, case: CaseId, lacking: &[String]) -> Message {
    let mut said: Vec<Line> = lacking
        .iter()
        .enumerate()
        .map(|(nth, lack)| line![format!("{}{lack}", if nth == 0 { "⚠️ " } else { "" })])
        .collect();
    said.push(line!["메시지를 고치시면 바로 다시 읽습니다. COC는 [그대로 시작]할 수 있습니다."]);
    // a first check goes to the whole of CSR in g, never to one in private (A10, reading 26)
    let mut to_all = desk.mention_group(&desk.policy.value.groups.csr);
    to_all.push(" 요청 내용을 확인해 주십시오.".into());
    said.push(to_all);
    let buttons = vec![
        primary("그대로 시작", &Token::Urgent(case, UrgentPress::StartAnyway)),
        button("미결정", &Token::Urgent(case, UrgentPress::Undecided)),
        danger("취소", &Token::Urgent(case, UrgentPress::Cancel)),
    ];
    Message { lines: said, buttons }
}

/// Something is still missing; told to COC in n.
#[must_use]
pub fn still_asking(desk: &Desk, case: CaseId, urgent: &Urgent) -> Message {
    let waited = desk.policy.value.urgent.ask_again.korean();
    let mut said = vec![vec![
        "⏰ ".into(),
        bracketed(urgent.customer.name()),
        format!(
            "긴급 요청이 {waited} 동안 시작되지 못했습니다 (요청: {}).",
            desk.name_of(&urgent.by)
        )
        .into(),
    ]];
    said.extend(still_missing(desk, urgent).into_iter().map(|lack| line![lack]));
    said.push(line!["COC는 확인 후 [그대로 시작]이나 [취소]를 눌러 주십시오."]);
    let buttons = vec![
        primary("그대로 시작", &Token::Urgent(case, UrgentPress::StartAnyway)),
        danger("취소", &Token::Urgent(case, UrgentPress::Cancel)),
    ];
    Message { lines: said, buttons }
}

/// The chain begins. `asked` is when the request was written, when it is first answered now.
#[must_use]
#[expect(clippy::too_many_arguments, reason = "one sentence each, and one caller")]
pub fn started(
    desk: &Desk,
    case: CaseId,
    asked: Option<Time>,
    urgent: &Urgent,
    order: &[Name],
    skipped: &[Skipped],
    warnings: &[String],
    now: Time,
) -> Message {
    let calendar = desk.calendar();
    let customer = desk.customers.value.find(urgent.customer.name());
    let grade = match customer {
        Some(one) if one.important => format!("{} · 주요 고객", one.grade),
        Some(one) => format!("{} 고객", one.grade),
        None => "등급 미확인".to_owned(),
    };
    let hours = if calendar.is_open(now) {
        "업무 시간".to_owned()
    } else {
        match calendar.holiday(now.date_naive()) {
            Some(day) => format!("업무 외 시간({day})"),
            None => "업무 외 시간".to_owned(),
        }
    };
    let chain =
        if customer.is_some_and(|one| one.runs_msp_chain()) { "MSP 순서" } else { "순서" };
    let names: Vec<String> = order.iter().map(ToString::to_string).collect();
    let mut reached = format!("{chain}: {}", some_of(&names, " → ", 3));
    if names.is_empty() {
        reached = format!("{chain}: 지금 연락할 수 있는 사람이 없습니다.");
    }
    if !skipped.is_empty() {
        let said: Vec<String> =
            skipped.iter().map(|one| format!("{}, {}", one.name, one.why)).collect();
        reached.push_str(&format!(" (제외: {})", said.join("; ")));
    }
    let mut said: Vec<Line> = vec![vec![
        "🚨 ".into(),
        bracketed(urgent.customer.name()),
        "긴급 대응을 시작합니다. ".into(),
        format!("{grade} · {hours}").into(),
    ]];
    if calendar.is_open(now) {
        said.push(line!["업무 시간이지만 결정된 요청이어서 순서대로 호출합니다."]);
    }
    said.push(line![reached]);
    if let Some(asked) = asked.filter(|asked| is_late(*asked, now)) {
        said.push(line![format!(
            "⚠️ 늦음: {} 요청{}",
            clock(asked, now.date_naive()),
            super::stopped_meanwhile(desk, asked, now)
        )]);
    }
    said.extend(warnings.iter().map(|warning| line![format!("⚠️ {warning}")]));
    let opening = if calendar.is_open(now) {
        "바로 일반 티켓으로 배정합니다.".to_owned()
    } else {
        let opening = calendar.next_opening(now);
        format!("{}에 일반 티켓으로 배정합니다.", clock(opening, now.date_naive()))
    };
    said.push(line![format!("미결정이면 [미결정]을 눌러 주십시오. {opening}")]);
    let mut facts = vec![format!("사건 {case}")];
    facts.extend(super::services::record_as_of(desk, now));
    facts.push("경과는 이 스레드에 남깁니다.".to_owned());
    said.push(line![facts.join(" · ")]);
    Message { lines: said, buttons: case_buttons(case) }
}

fn case_buttons(case: CaseId) -> Vec<super::super::message::Button> {
    vec![
        button("미결정", &Token::Urgent(case, UrgentPress::Undecided)),
        danger("취소", &Token::Urgent(case, UrgentPress::Cancel)),
    ]
}

/// 미결정: waits for opening.
#[must_use]
pub fn queued(case: CaseId, urgent: &Urgent, until: Time, now: Time) -> Message {
    Message {
        lines: vec![
            vec![
                bracketed(urgent.customer.name()),
                "미결정으로 기록했습니다. 지금은 아무도 호출하지 않습니다.".into(),
            ],
            line![format!(
                "{}(다음 업무 시작)에 일반 티켓으로 배정합니다.",
                clock(until, now.date_naive())
            )],
        ],
        buttons: vec![danger("취소", &Token::Urgent(case, UrgentPress::Cancel))],
    }
}

/// Handed on as an ordinary assignment.
#[must_use]
pub fn handed_on(urgent: &Urgent) -> Message {
    lines(vec![vec![
        bracketed(urgent.customer.name()),
        "일반 티켓으로 배정합니다. 배정 글은 #coc-noti에 올립니다.".into(),
    ]])
}

/// 취소 or 종료.
#[must_use]
pub fn closed(urgent: &Urgent, who: &Name, word: &str) -> Message {
    lines(vec![vec![
        bracketed(urgent.customer.name()),
        format!("긴급 요청을 끝냈습니다 ({word}, {who} 기록). 더 호출하지 않습니다.").into(),
    ]])
}

/// The request was edited while the chain runs.
#[must_use]
pub fn changed(old: &Subject, new: &Subject) -> Message {
    let mut said = vec![line!["⚠️ 요청 내용이 바뀌었습니다. 호출은 이어서 진행합니다."]];
    if old.customer != new.customer {
        said.push(line![format!("고객사: {} → {}", old.customer, new.customer)]);
    }
    if old.ticket != new.ticket {
        let mut row: Line = line!["티켓: "];
        row.push(match &new.ticket {
            Some(ticket) => Piece::Link(ticket.to_string()),
            None => "없음".into(),
        });
        said.push(row);
    }
    lines(said)
}

/// The request's message is gone while the case runs.
#[must_use]
pub fn deleted(case: CaseId, urgent: &Urgent) -> Message {
    Message {
        lines: vec![
            vec![
                "⚠️ ".into(),
                bracketed(urgent.customer.name()),
                "요청 글이 지워졌습니다. 대응은 계속합니다.".into(),
            ],
            line!["그만두려면 [취소]를 눌러 주십시오."],
        ],
        buttons: case_buttons(case),
    }
}

/// The request's message is gone before anything began.
#[must_use]
pub fn withdrawn() -> Message {
    one_line("긴급 요청 글이 지워져 접수하지 않았습니다. 필요하시면 다시 올려 주십시오.")
}

/// From the top again.
#[must_use]
pub fn again(who: &Name) -> Message {
    one_line(format!("🚨 처음부터 다시 호출합니다 ({who} 기록)."))
}

/// The message lacks what makes it a request.
#[must_use]
pub fn nearly(lacks_mention: bool) -> Message {
    let what = if lacks_mention {
        "⚠️ @COC가 없어 긴급 요청으로 접수하지 않았습니다."
    } else {
        "⚠️ [긴급티켓배정요청]의 대괄호가 없어 접수하지 않았습니다."
    };
    lines(vec![line![what], line!["아래처럼 다시 적어 주십시오."], line![EXAMPLE]])
}

/// A request in another channel.
#[must_use]
pub fn wrong_channel(desk: &Desk) -> Message {
    let general = desk.policy.value.channels.general.trim_start_matches('#');
    lines(vec![
        line![format!(
            "⛔ 긴급티켓배정요청은 #{general} 채널에서만 접수합니다. 아무도 호출하지 않았습니다."
        )],
        line![format!("#{general}에 다시 올려 주십시오.")],
        line![EXAMPLE],
    ])
}

/// A request by somebody who may not make one.
#[must_use]
pub fn wrong_role() -> Message {
    lines(vec![
        line!["⛔ 긴급티켓배정요청은 CSR과 COC만 할 수 있습니다. 아무도 호출하지 않았습니다."],
        line!["담당 CSR이나 COC에 말씀해 주십시오."],
    ])
}

/// A second request for one ticket.
#[must_use]
pub fn twice(case: CaseId, ticket: &TicketLink) -> Message {
    lines(vec![
        line![format!(
            "⚠️ 이미 진행 중인 긴급 요청입니다 (사건 {case}). 새로 시작하지 않았습니다."
        )],
        vec![Piece::Link(ticket.to_string())],
    ])
}

/// A press by somebody who may not.
#[must_use]
pub fn not_allowed(press: UrgentPress) -> Message {
    one_line(match press {
        UrgentPress::Undecided | UrgentPress::Cancel => {
            "⛔ 요청하신 CSR과 COC만 누를 수 있습니다. 바뀐 것은 없습니다."
        }
        UrgentPress::StartAnyway => {
            "⛔ [그대로 시작]은 COC만 누를 수 있습니다. 바뀐 것은 없습니다."
        }
    })
}

/// A press that is COC's alone.
#[must_use]
pub fn coc_only() -> Message {
    one_line("⛔ COC만 할 수 있습니다. 바뀐 것은 없습니다.")
}

/// A press on a case that stands there already.
#[must_use]
pub fn already(urgent: &Urgent) -> Message {
    one_line(format!("⛔ {} 바뀐 것은 없습니다.", state(urgent)))
}

/// A press on a case that is over.
#[must_use]
pub fn is_over(urgent: &Urgent) -> Message {
    one_line(format!("⛔ {} 하실 일은 없습니다.", state(urgent)))
}

/// Where an urgent case stands, in a sentence.
#[must_use]
pub fn state(urgent: &Urgent) -> String {
    match &urgent.state {
        UrgentState::Asking { .. } => "요청 내용 보완을 기다리고 있습니다.".to_owned(),
        UrgentState::Queued { until } => {
            format!("미결정이며 {}에 배정합니다.", until.format("%-m/%-d %H:%M"))
        }
        UrgentState::Done(Ending::Closed { at }) => {
            format!("{}에 끝난 요청입니다.", at.format("%-m/%-d %H:%M"))
        }
        UrgentState::Done(Ending::Assigned { case }) => {
            format!("일반 티켓으로 배정되었습니다 (사건 {case}).")
        }
        UrgentState::Chain(ladder) => match &ladder.state {
            LadderState::Taken(taken) => {
                format!("이미 {}이 {}에 수락했습니다.", taken.by.polite(), taken.at.format("%H:%M"))
            }
            LadderState::Calling(rung) => format!("{}을 호출하고 있습니다.", rung.who.polite()),
            LadderState::Exhausted { .. } => "모두 연락되지 않아 COC를 기다립니다.".to_owned(),
            LadderState::Between => "호출하고 있습니다.".to_owned(),
            LadderState::Stopped { .. } => "이미 끝난 호출입니다.".to_owned(),
        },
    }
}

/// What the next due time of an urgent request is for.
#[must_use]
pub const fn next_is(urgent: &Urgent) -> &'static str {
    match urgent.state {
        UrgentState::Asking { .. } => "다시 물음",
        UrgentState::Queued { .. } => "일반 티켓으로 배정",
        UrgentState::Chain(_) | UrgentState::Done(_) => "다음 사람으로 넘어감",
    }
}
