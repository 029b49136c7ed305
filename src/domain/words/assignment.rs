//! What is said of a ticket's assignment.

use super::super::desk::Desk;
use super::super::errand::Presence;
use super::super::ids::{CaseId, Name, PhoneNumber};
use super::super::ladder::Via;
use super::super::message::{Button, Line, Message, Piece};
use super::super::people::order::Skipped;
use super::super::policy::{AssignPolicy, is_among};
use super::super::procedures::assignment::{Assignment, AssignmentState, Given, Occasion};
use super::super::time::{Time, clock};
use super::super::turn::{AskPress, CallPress, Token, button, lines, one_line, primary};
use super::super::watch::Watch;
use super::{bracketed, lateness, line, object};

const EXAMPLE: &str =
    "예: @다솜윤 [한빛전자] 티켓 배정 [https://support.example.com/agent/tickets/4243]";

fn fixed_form(desk: &Desk, one: &Assignment, who: &Name) -> Line {
    let mention = match desk.mention(who) {
        known @ Piece::Person { .. } => known,
        // the fixed form wants the bare name behind the @
        Piece::Text(_)
        | Piece::Bold(_)
        | Piece::Group { .. }
        | Piece::Link(_)
        | Piece::After(_)
        | Piece::IfLate => Piece::Text(format!("@{who}")),
    };
    vec![
        mention,
        format!(" [{}] 티켓 배정 [", shown(&one.customer)).into(),
        Piece::Link(one.ticket.to_string()),
        "]".into(),
    ]
}

/// A customer's name; a word in its place while nobody knows it.
fn shown(customer: &str) -> &str {
    if customer.is_empty() { "고객사 미확인" } else { customer }
}

/// The notice in the guide's fixed form (A7).
#[must_use]
pub fn notice(desk: &Desk, case: CaseId, one: &Assignment, who: &Name) -> Message {
    let buttons = vec![primary("확인", &Token::Notice(case, one.round))];
    Message { lines: vec![fixed_form(desk, one, who)], buttons }
}

/// The notice once it is acknowledged: without its button.
#[must_use]
pub fn notice_done(desk: &Desk, one: &Assignment, who: &Name) -> Message {
    lines(vec![fixed_form(desk, one, who)])
}

/// The clock started: until when, why, and what can be done.
#[must_use]
pub fn clock_started(desk: &Desk, who: &Name, watch: &Watch) -> Message {
    let today = watch.since.date_naive();
    let mut said = vec![
        line![format!(
            "{}, {}까지 확인이 없으면 전화드립니다 ({}).",
            who.polite(),
            clock(watch.due, today),
            watch.why
        )],
        line!["[확인]을 누르시거나 ✅ 반응, 스레드 답글을 남겨 주십시오."],
    ];
    if desk.slack_of(who).is_none() {
        said.push(line!["⚠️ Slack 사용자를 찾지 못했습니다. COC가 전화로 알려 주십시오."]);
    }
    lines(said)
}

/// Acknowledged.
#[must_use]
pub fn confirmed(who: &Name, at: Time, how: &Via, due: Option<Time>, hung_up: bool) -> Message {
    let by = match how {
        Via::Desk { by } => format!(", {by} 기록"),
        Via::Phone => ", 전화".to_owned(),
        Via::Button | Via::Reaction | Via::Reply => String::new(),
    };
    let mut text = format!("✅ {} 확인 ({}{by}).", who.polite(), at.format("%H:%M"));
    if let Some(due) = due {
        text.push_str(&format!(" {} 전화 예정을 취소했습니다.", clock(due, at.date_naive())));
    } else if hung_up {
        text.push_str(" 걸던 전화를 끊었습니다.");
    }
    one_line(text)
}

/// Since when nothing was heard: the usual length, or the time of the notice where the rule made it longer.
fn unanswered(desk: &Desk, watch: &Watch, now: Time) -> String {
    let length = desk.policy.value.hours.answer_within;
    let lunch = (watch.due - watch.since) > length.delta()
        && watch.since.date_naive() == watch.due.date_naive();
    if watch.due - watch.since == length.delta() || lunch {
        format!("{} 동안 확인이 없어", length.korean())
    } else {
        format!("{} 배정 뒤 확인이 없어", clock(watch.since, now.date_naive()))
    }
}

/// The bot phones.
#[must_use]
pub fn calling(desk: &Desk, who: &Name, occasion: &Occasion, now: Time) -> Message {
    let first = match occasion {
        Occasion::Due(watch) => {
            let late = lateness(desk, watch.due, now);
            let why = unanswered(desk, watch, now);
            format!("☎️ {late}{why} {}에게 전화합니다.", who.polite())
        }
        Occasion::Again { by } => {
            format!("☎️ {}에게 다시 전화합니다 ({by} 기록).", who.polite())
        }
    };
    lines(vec![line![first], line!["전화에서 1번을 누르거나 이 스레드에서 확인하시면 끝납니다."]])
}

fn call_buttons(case: CaseId, round: u32) -> Vec<Button> {
    let token = |press| Token::Call(case, round, press);
    vec![
        primary("연결됨", &token(CallPress::Connected)),
        button("부재", &token(CallPress::Absent)),
        button("다시 전화", &token(CallPress::Again)),
        button("재배정", &token(CallPress::Reassign)),
    ]
}

fn number_line(number: Option<&PhoneNumber>) -> Line {
    match number {
        Some(number) => line![number.to_string()],
        None => line!["등록된 전화번호가 없습니다. 다른 방법으로 연락해 주십시오."],
    }
}

/// COC is asked to phone (A9).
#[must_use]
pub fn call_asked(
    desk: &Desk,
    case: CaseId,
    one: &Assignment,
    who: &Name,
    number: Option<&PhoneNumber>,
    occasion: &Occasion,
    now: Time,
) -> Message {
    let (late, why) = match occasion {
        Occasion::Due(watch) => (lateness(desk, watch.due, now), unanswered(desk, watch, now)),
        Occasion::Again { by } => (String::new(), format!("{by} 기록으로 다시")),
    };
    Message {
        lines: vec![
            vec![
                format!("☎️ {late}").into(),
                desk.mention(who),
                format!(" {why} 전화가 필요합니다.").into(),
            ],
            number_line(number),
            line!["COC는 전화한 뒤 결과를 눌러 주십시오."],
        ],
        buttons: call_buttons(case, one.round),
    }
}

/// The call did not lead to an acknowledgement: COC chooses (reading 5).
#[must_use]
pub fn call_failed(
    desk: &Desk,
    case: CaseId,
    one: &Assignment,
    who: &Name,
    number: Option<&PhoneNumber>,
    why: &str,
) -> Message {
    Message {
        lines: vec![
            vec![
                "☎️ ".into(),
                desk.mention(who),
                format!(" 아직 확인되지 않았습니다: {why}.").into(),
            ],
            number_line(number),
            line!["COC는 [다시 전화]나 [재배정]을 골라 주십시오. 자동으로 재배정하지 않습니다."],
        ],
        buttons: call_buttons(case, one.round),
    }
}

/// Given to somebody else: the old clock stops.
#[must_use]
pub fn clock_stopped(old: &Name) -> Message {
    one_line(format!("{} 배정을 거두었습니다. 새 배정 글에서 다시 시작합니다.", old.polite()))
}

/// COC gives it to the next person.
#[must_use]
pub fn reassigned(old: &Name, by: &Name) -> Message {
    one_line(format!("{} 대신 다음 사람에게 재배정합니다 ({by} 기록).", old.polite()))
}

/// Nobody can be given it.
#[must_use]
pub fn nobody(one: &Assignment, skipped: &[Skipped]) -> Message {
    let mut said = vec![vec![
        "🚨 ".into(),
        bracketed(&one.customer),
        "지금 배정할 수 있는 사람이 없습니다.".into(),
    ]];
    said.push(vec![Piece::Link(one.ticket.to_string())]);
    said.extend(skipped.iter().map(|skip| line![format!("{}: {}", skip.name, skip.why)]));
    said.push(line!["COC는 /assign 고객사 티켓링크 @담당자 로 직접 배정해 주십시오."]);
    lines(said)
}

/// Why a person's Slack status is doubtful (A1); `None`: it is not.
#[must_use]
pub fn doubt(presence: &Presence, policy: &AssignPolicy) -> Option<String> {
    let status = presence.status.trim();
    let said = status.to_lowercase();
    let away = policy.away_words.iter().any(|word| said.contains(&word.to_lowercase()));
    let shown_away = !presence.emoji.is_empty() && is_among(&presence.emoji, &policy.away_emoji);
    if away || shown_away {
        let emoji = presence.emoji.trim_matches(':');
        let shown = if status.is_empty() { format!(":{emoji}:") } else { status.to_owned() };
        return Some(format!("Slack 상태가 \"{shown}\"입니다"));
    }
    if presence.dnd {
        return Some("Slack 알림을 꺼 두었습니다".to_owned());
    }
    (!presence.active).then(|| "Slack에서 자리 비움입니다".to_owned())
}

/// A doubtful person is asked first (A1).
#[must_use]
pub fn ask(
    desk: &Desk,
    case: CaseId,
    one: &Assignment,
    who: &Name,
    doubt: &str,
    until: Time,
) -> Message {
    Message {
        lines: vec![
            vec![
                desk.mention(who),
                " ".into(),
                bracketed(&one.customer),
                "티켓을 맡으실 수 있습니까?".into(),
            ],
            line![format!(
                "{doubt}. {}까지 응답이 없으면 다음 담당자로 넘어갑니다.",
                until.format("%H:%M")
            )],
            vec![Piece::Link(one.ticket.to_string())],
        ],
        buttons: vec![
            primary("수락", &Token::Ask(case, one.round, AskPress::Accept)),
            button("거절", &Token::Ask(case, one.round, AskPress::Refuse)),
        ],
    }
}

/// The question once it is over: without buttons and mention.
#[must_use]
pub fn ask_over(one: &Assignment, who: &Name, how: &str, now: Time) -> Message {
    lines(vec![
        vec![
            format!("{} ", who.polite()).into(),
            bracketed(&one.customer),
            format!("티켓 문의는 끝났습니다: {how} ({}).", now.format("%H:%M")).into(),
        ],
        vec![Piece::Link(one.ticket.to_string())],
    ])
}

/// A reply that refuses.
#[must_use]
pub fn reply_refused(case: CaseId, one: &Assignment, who: &Name) -> Message {
    Message {
        lines: vec![
            line![format!("⚠️ {}의 답글은 확인으로 보지 않았습니다.", who.polite())],
            line!["맡으시면 [연결됨], 다른 사람이 맡아야 하면 COC가 [재배정]을 눌러 주십시오."],
        ],
        buttons: call_buttons(case, one.round),
    }
}

/// What is wrong with a written notice, a line each.
#[must_use]
pub fn problems(
    desk: &Desk,
    to: &[Name],
    who: Option<&Name>,
    customer: &str,
    customer_known: bool,
    ticket: Option<&str>,
) -> Vec<String> {
    let mut found = Vec::new();
    match (to, who) {
        (_, Some(_)) => {}
        ([], None) => {
            found.push("담당자: 언급된 사람이 없습니다. @이름을 적어 주십시오.".to_owned())
        }
        ([one], None) => {
            found.push(format!("담당자: {}은 업무가이드에 없는 사람입니다.", one.polite()))
        }
        (several, None) => {
            found.push(format!(
                "담당자: {}명이 언급되었습니다. 한 명만 적어 주십시오.",
                several.len()
            ));
        }
    }
    if !customer_known {
        found.push(if customer.is_empty() {
            "고객사명: 없습니다. [고객사명]을 적어 주십시오.".to_owned()
        } else {
            super::urgent::unknown_customer(desk, customer)
        });
    }
    if let Some(read) = ticket {
        found.push(super::urgent::ticket_missing(read));
    }
    found
}

/// A written notice that cannot be tracked.
#[must_use]
pub fn not_tracked(problems: &[String]) -> Message {
    let mut said =
        vec![line!["⛔ 이 배정 글은 추적하지 못합니다. 글을 고치시면 바로 다시 읽습니다."]];
    said.extend(problems.iter().map(|problem| line![problem.as_str()]));
    said.push(line![EXAMPLE]);
    lines(said)
}

/// A written notice by somebody who may not assign.
#[must_use]
pub fn wrong_role() -> Message {
    lines(vec![
        line!["⛔ 티켓 배정은 COC만 할 수 있습니다. 배정하지 않았습니다."],
        line!["COC에 배정을 요청해 주십시오."],
    ])
}

/// A written notice by somebody who may not write one.
#[must_use]
pub fn notice_refused() -> Message {
    lines(vec![
        line!["⛔ 배정 글은 COC와 엔지니어, CSR만 쓸 수 있습니다. 추적하지 않았습니다."],
        line!["COC에 배정을 요청해 주십시오."],
    ])
}

/// A written notice in another channel.
#[must_use]
pub fn wrong_channel(desk: &Desk) -> Message {
    let noti = desk.policy.value.channels.noti.trim_start_matches('#');
    lines(vec![
        line![format!("⛔ 배정 글은 #{noti} 채널에서만 추적합니다. 여기서는 추적하지 않았습니다.")],
        line![format!("#{noti}에 다시 올려 주십시오.")],
    ])
}

/// A written notice was deleted.
#[must_use]
pub fn withdrawn(one: &Assignment) -> Message {
    lines(vec![
        vec![bracketed(&one.customer), "배정 글이 지워져 확인 추적을 멈췄습니다.".into()],
        line!["다시 배정하려면 /assign을 쓰거나 배정 글을 새로 올려 주십시오."],
    ])
}

/// A press on a round that is over.
#[must_use]
pub fn moved_on(one: &Assignment) -> Message {
    one_line(match one.assignee() {
        Some(who) => format!("⛔ 지난 배정의 버튼입니다. 지금 담당자는 {}입니다.", who.polite()),
        None => "⛔ 지난 배정의 버튼입니다. 바뀐 것은 없습니다.".to_owned(),
    })
}

/// A press on an assignment that is acknowledged already.
#[must_use]
pub fn already(one: &Assignment) -> Message {
    one_line(format!("⛔ {} 하실 일은 없습니다.", state(one)))
}

/// Where an assignment stands, in a sentence.
#[must_use]
pub fn state(one: &Assignment) -> String {
    match &one.state {
        AssignmentState::Queued { until } => {
            format!("{}에 배정합니다.", until.format("%-m/%-d %H:%M"))
        }
        AssignmentState::Stuck { .. } => "배정할 사람이 없어 COC를 기다립니다.".to_owned(),
        AssignmentState::Looking { who, .. } => {
            format!("{} 상태를 확인하고 있습니다.", who.polite())
        }
        AssignmentState::Asking { who, .. } => format!("{}에게 먼저 물었습니다.", who.polite()),
        AssignmentState::Announcing { who, .. } => format!("{}에게 알리고 있습니다.", who.polite()),
        AssignmentState::Waiting { who, watch, .. } => {
            format!("{} 확인 대기, {} 전화 예정.", who.polite(), watch.due.format("%-m/%-d %H:%M"))
        }
        AssignmentState::Calling { who, .. } => format!("{} 전화 확인 중입니다.", who.polite()),
        AssignmentState::Confirmed { who, at, .. } => {
            format!("이미 {}이 {}에 확인했습니다.", who.polite(), at.format("%-m/%-d %H:%M"))
        }
        AssignmentState::Ended { at, .. } => {
            format!("{}에 끝났습니다.", at.format("%-m/%-d %H:%M"))
        }
    }
}

/// The answer to `/assign` that went through.
#[must_use]
pub fn accepted(
    one: &str,
    given: &Given,
    now: Time,
    warning: Option<&str>,
    csr: Option<&Name>,
) -> Message {
    let mut said = vec![line![match given {
        Given::To(who) => format!(
            "[{one}] 티켓을 {}에게 배정합니다. 배정 글은 #coc-noti에 올립니다.",
            who.polite()
        ),
        Given::Waits(until) => {
            format!(
                "[{one}] 업무 시간이 아니어서 {}에 배정합니다.",
                clock(*until, now.date_naive())
            )
        }
        Given::Looks => format!("[{one}] 담당자의 Slack 상태를 확인한 뒤 배정합니다."),
        Given::Nobody => {
            format!("⚠️ [{one}] 지금 배정할 수 있는 사람이 없습니다. 이유는 #coc-noti에 올립니다.")
        }
    }]];
    if let Given::Waits(_) = given {
        let ask = match csr {
            Some(csr) => format!("담당 CSR {}에게", csr.polite()),
            None => "담당 CSR(고객 정보에 없음)에게".to_owned(),
        };
        said.push(line![format!("고객이 긴급 대응을 원하면 {ask} 문의하도록 안내해 주십시오.")]);
    }
    said.extend(warning.map(|warning| line![format!("⚠️ {warning}")]));
    lines(said)
}

/// The person has the ticket already: nothing begins anew.
#[must_use]
pub fn has_it_already(one: &Assignment, who: &Name) -> Message {
    one_line(format!(
        "⛔ 이미 {}에게 배정되어 있습니다. {} 바뀐 것은 없습니다.",
        who.polite(),
        state(one)
    ))
}

/// Why nobody of this name can be assigned.
#[must_use]
pub fn unknown_person(read: &str) -> String {
    format!("{} 업무가이드에서 찾지 못했습니다. 예: @다솜윤", object(&format!("\"{read}\"")))
}

/// What the next due time of an assignment is for.
#[must_use]
pub const fn next_is(one: &Assignment) -> &'static str {
    match one.state {
        AssignmentState::Queued { .. } => "배정",
        AssignmentState::Waiting { .. } => "확인 전화",
        AssignmentState::Stuck { .. }
        | AssignmentState::Looking { .. }
        | AssignmentState::Asking { .. }
        | AssignmentState::Announcing { .. }
        | AssignmentState::Calling { .. }
        | AssignmentState::Confirmed { .. }
        | AssignmentState::Ended { .. } => "응답 기한",
    }
}
