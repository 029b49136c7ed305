//! What is said of AWS TAM's `[REQ]`s (T1 to T5).

use super::super::checklist::{StepKind, StepState};
use super::super::customers::Customer;
use super::super::desk::Desk;
use super::super::ids::{CaseId, Name};
use super::super::message::{Button, Field, FieldKind, Form, Line, Message, Piece};
use super::super::procedures::assignment::{Assignment, Given};
use super::super::procedures::list::{Ending, List, ListKind, Stage};
use super::super::procedures::tam::{Support, Tam, Which};
use super::super::time::{Time, clock};
use super::super::turn::{ListPress, Token, button, lines, one_line, primary};
use super::{bracketed, line, to_csr};

/// Whose name stands beside what the bot itself did.
#[must_use]
pub fn the_bot() -> Name {
    Name::from("봇")
}

const fn tam_of(list: &List) -> Option<&Tam> {
    match &list.kind {
        ListKind::Tam(tam) => Some(tam),
        ListKind::Setup(_)
        | ListKind::SaGuide(_)
        | ListKind::Heartbeat(_)
        | ListKind::Onboard(_)
        | ListKind::MspOffboard(_)
        | ListKind::Monthly(_) => None,
    }
}

fn coc(desk: &Desk) -> Line {
    desk.mention_group(&desk.policy.value.groups.coc)
}

fn unknown(desk: &Desk, which: &Which) -> String {
    match which {
        Which::Unknown(read) => super::urgent::unknown_customer(desk, read),
        Which::Several(names) => {
            format!("고객사를 하나로 정하지 못했습니다. 읽은 값: {}.", names.join(", "))
        }
        Which::Missing | Which::Known(_) => "고객사를 찾지 못했습니다.".to_owned(),
    }
}

const HOW_TO_NAME_IT: &str =
    "이 스레드에 \"고객사: 한빛전자\"처럼 적거나 글을 고치시면 바로 다시 읽습니다.";

/// The card while nobody knows the customer (T1).
#[must_use]
pub fn question(desk: &Desk, id: CaseId, list: &List) -> Message {
    let why = tam_of(list).map_or_else(String::new, |tam| unknown(desk, &tam.which));
    let mut first: Line = line!["⚠️ "];
    first.extend(coc(desk));
    first.push(format!(" AWS TAM [REQ] 전파 요청입니다. {why}").into());
    Message {
        lines: vec![
            first,
            line![HOW_TO_NAME_IT],
            line!["기록에 없는 고객사이면 COC가 [그대로 시작]을 눌러 직접 처리합니다."],
            line![format!("사건 {id}")],
        ],
        buttons: vec![
            primary("그대로 시작", &Token::List(id, ListPress::Anyway)),
            super::list::cancel_button(id),
        ],
    }
}

/// The customer is asked for again.
#[must_use]
pub fn asked_again(desk: &Desk) -> Message {
    let mut first: Line = line!["⏰ "];
    first.extend(coc(desk));
    first.push(" [REQ]의 고객사를 아직 모릅니다. 전파를 시작하지 않았습니다.".into());
    lines(vec![first, line![HOW_TO_NAME_IT]])
}

/// A reply names a customer that is on no record.
#[must_use]
pub fn still_unknown(desk: &Desk, read: &str) -> Message {
    let why = super::urgent::unknown_customer(desk, read);
    lines(vec![line![format!("⚠️ {why}")], line![HOW_TO_NAME_IT]])
}

/// The customer is known by now, or another than before.
#[must_use]
pub fn known(desk: &Desk, list: &List, before: &str) -> Message {
    let mut first: Line = line![if before.is_empty() { "🚨 " } else { "⚠️ " }];
    first.extend(coc(desk));
    if before.is_empty() {
        first.push(" ".into());
        first.push(bracketed(&list.customer));
        first.push("고객사를 확인했습니다. 전파를 시작합니다.".into());
        return lines(vec![first]);
    }
    first.push(format!(" 고객사가 바뀌었습니다: {before} → {}", list.customer).into());
    let done: Vec<&str> = list
        .checklist
        .steps
        .iter()
        .filter(|step| step.evidence().is_some())
        .map(|step| step.definition.title.as_str())
        .collect();
    let mut said = vec![first];
    if !done.is_empty() {
        said.push(line![format!(
            "이미 마친 것은 앞의 고객사 앞으로 한 것입니다: {}. 확인해 주십시오.",
            done.join(", ")
        )]);
    }
    lines(said)
}

/// The `[REQ]`'s text changed while it is worked off.
#[must_use]
pub fn text_changed(mail_open: bool, by_hand: bool) -> Message {
    one_line(match (mail_open, by_hand) {
        (true, false) => "⚠️ [REQ] 글이 바뀌어 메일 초안을 새로 만들었습니다.",
        (true, true) => {
            "⚠️ [REQ] 글이 바뀌었습니다. 고쳐 두신 메일 초안은 그대로입니다. 확인해 주십시오."
        }
        (false, _) => "⚠️ [REQ] 글이 바뀌었습니다. 메일은 바뀌기 전에 보냈습니다. 확인해 주십시오.",
    })
}

/// COC goes on without a customer on record.
#[must_use]
pub fn anyway(by: &Name) -> Message {
    lines(vec![
        line![format!("기록에 없는 고객사로 시작합니다 ({by} 기록).")],
        line!["메일과 전화는 COC가 직접 하신 뒤 [완료]를 눌러 주십시오."],
    ])
}

/// Another `[REQ]` in the thread of one that is worked off.
#[must_use]
pub fn one_at_a_time(id: CaseId) -> Message {
    one_line(format!(
        "⛔ 이 스레드에서는 사건 {id}의 [REQ]를 처리하고 있습니다. 다른 요청은 채널에 새 글로 적어 주십시오."
    ))
}

/// A draft was made anew because the first was thrown away.
#[must_use]
pub fn drafted_anew() -> Message {
    one_line(
        "메일 초안을 새로 올렸습니다. 확인하신 뒤 다시 [완료]를 눌러 주십시오. 아직 보내지 않았습니다.",
    )
}

/// What helps with a step that is open, behind it on the card.
#[must_use]
pub fn step_note(desk: &Desk, list: &List, kind: StepKind) -> String {
    let Some(tam) = tam_of(list) else { return String::new() };
    let record = desk.customers.value.find(&list.customer);
    match kind {
        StepKind::Mail => match (record, tam.draft) {
            (None, _) => " 직접 보내 주십시오".to_owned(),
            (Some(_), _) if !desk.templates.has(super::super::mail::Occasion::Tam) => {
                " 메일 양식(mail/tam.txt)이 없습니다. 직접 보내 주십시오".to_owned()
            }
            (Some(_), _) => " [완료]를 누르면 #coc-noti의 초안을 보냅니다".to_owned(),
        },
        StepKind::Phone => match record.map(|one| one.phones.as_slice()) {
            Some([]) | None => " 등록된 전화번호가 없습니다".to_owned(),
            // AWS's people read this thread too
            Some([_, ..]) => " 고객 연락처는 #coc-noti에 있습니다".to_owned(),
        },
        StepKind::Ticket | StepKind::Plain | StepKind::Credit => String::new(),
    }
}

/// How to reach the customer, in n: the thread of the `[REQ]` is read by AWS's people too.
#[must_use]
pub fn contacts(id: CaseId, record: &Customer) -> Message {
    let listed = |all: &[String]| {
        if all.is_empty() { "고객 기록에 없습니다".to_owned() } else { all.join(", ") }
    };
    let mut said = vec![vec![
        "☎️ ".into(),
        bracketed(&record.name),
        "AWS TAM [REQ]의 고객 연락처입니다.".into(),
    ]];
    if !record.comment.is_empty() {
        said.push(line![format!("협의 사항: {}", record.comment)]);
    }
    said.push(line![format!("전화: {}", listed(&record.phones))]);
    said.push(line![format!("메일: {}", listed(&record.emails))]);
    said.push(line![
        "[REQ] 스레드는 AWS 담당자도 봅니다. 연락처는 옮겨 적지 마시고, 하신 일은 그 스레드의 [완료]로 남겨 주십시오."
    ]);
    said.push(line![format!("사건 {id}")]);
    lines(said)
}

/// What was done, in g, for the customer's CSR (T3, reading 26).
#[must_use]
pub fn shared(desk: &Desk, id: CaseId, list: &List, now: Time) -> Message {
    let mut first: Line = line!["✅ "];
    first.extend(to_csr(desk, &list.customer));
    first.push(" ".into());
    first.push(bracketed(&list.customer));
    first.push("AWS TAM [REQ] 조치 내역입니다.".into());
    let mut said = vec![first];
    if let Some(tam) = tam_of(list) {
        let text: Vec<String> = tam.request.lines().map(str::to_owned).collect();
        let more = if text.len() > 3 { " …" } else { "" };
        said.push(line![format!("요청: {}{more}", text[..text.len().min(3)].join(" / "))]);
    }
    let today = now.date_naive();
    for step in &list.checklist.steps {
        let StepState::Done { by, at, evidence } = &step.state else { continue };
        let (title, at) = (&step.definition.title, clock(*at, today));
        said.push(match (step.definition.kind, evidence.as_str()) {
            (StepKind::Ticket, link) => {
                vec![format!("{title}: ").into(), Piece::Link(link.to_owned())]
            }
            (StepKind::Mail, "") => line![format!("{title}: {at} {by} (직접 보냄)")],
            (StepKind::Plain | StepKind::Mail | StepKind::Phone | StepKind::Credit, _) => {
                line![format!("{title}: {at} {by}")]
            }
        });
    }
    said.push(line![format!("사건 {id}")]);
    lines(said)
}

/// 기술지원 요청, while it can be asked for (T5).
#[must_use]
pub fn support_button(id: CaseId, list: &List) -> Option<Button> {
    let tam = tam_of(list)?;
    match &list.stage {
        Stage::Asking { .. }
        | Stage::Over { how: Ending::Cancelled { .. } | Ending::CameBack, .. } => None,
        Stage::Working | Stage::Over { how: Ending::Done, .. } => {
            let token = Token::List(id, ListPress::Support);
            tam.support.is_none().then(|| button("기술지원 요청", &token))
        }
    }
}

/// The form that asks for the ticket of 기술지원 요청.
#[must_use]
pub fn support_form(id: CaseId, list: &List) -> Form {
    Form {
        token: Token::SupportForm(id).text(),
        title: "기술지원 요청".to_owned(),
        intro: vec![
            vec![
                bracketed(&list.customer),
                "요청 사항을 남긴 Support Desk 티켓을 적습니다.".into(),
            ],
            line!["업무시간에 일반 티켓으로 배정합니다."],
        ],
        submit: "요청".to_owned(),
        fields: vec![Field {
            key: "ticket".to_owned(),
            label: "티켓".to_owned(),
            hint: "예: https://support.example.com/agent/tickets/4243".to_owned(),
            initial: String::new(),
            optional: false,
            kind: FieldKind::Line,
        }],
    }
}

/// Technical support was asked for, and what becomes of it (T5).
#[must_use]
pub fn supported(list: &List, by: &Name, case: CaseId, given: &Given, now: Time) -> Message {
    let what = match given {
        Given::To(name) => format!("{}에게 배정 글을 올립니다.", name.polite()),
        Given::Waits(until) => format!(
            "업무 외 시간이어서 {}에 일반 티켓으로 배정합니다.",
            clock(*until, now.date_naive())
        ),
        Given::Looks => "담당 TS의 Slack 상태를 확인한 뒤 배정합니다.".to_owned(),
        Given::Nobody => "지금 배정할 사람이 없어 #coc-noti에 알렸습니다.".to_owned(),
    };
    let mut first: Line = line!["✅ "];
    first.push(bracketed(&list.customer));
    first.push(format!("기술지원을 요청했습니다 ({by}, {}).", now.format("%H:%M")).into());
    lines(vec![first, line![what], line![format!("배정 사건 {case}")]])
}

/// Technical support was asked for before.
#[must_use]
pub fn supported_already(support: &Support) -> Message {
    one_line(format!(
        "⛔ {}이 {}에 이미 요청했습니다 (사건 {}). 하실 일은 없습니다.",
        support.by.polite(),
        support.at.format("%H:%M"),
        support.case
    ))
}

/// The ticket is assigned already.
#[must_use]
pub fn assigned_already(case: CaseId, one: &Assignment) -> Message {
    let whose = one.assignee().map_or_else(
        || "배정을 기다리고 있습니다".to_owned(),
        |who| format!("{}에게 배정되어 있습니다", who.polite()),
    );
    one_line(format!("⛔ 이 티켓은 이미 {whose} (사건 {case}). 바뀐 것은 없습니다."))
}
