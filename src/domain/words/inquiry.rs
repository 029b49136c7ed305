//! What people read of calls that somebody makes to the desk: the form, the words to say, the card and what hangs on it (C1 to C8).

use super::super::customers::Customer;
use super::super::desk::{Desk, Room};
use super::super::ids::{CaseId, Name, PhoneNumber, TicketLink};
use super::super::input::ReplyTo;
use super::super::ladder::Via;
use super::super::message::{Field, FieldKind, Form, Line, Message, Piece};
use super::super::procedures::inquiry::{Call, Ending, Inquiry, Kind, Stage, Todo};
use super::super::scripts::{Filling, Script};
use super::super::time::{Time, clock};
use super::super::turn::{InquiryPress, Token, button, lines, one_line, primary};
use super::{bracketed, line, refused as refusal, services};

// ── the form ──

/// What a caller may want, as the form has it.
pub const KINDS: [(Kind, &str); 4] = [
    (Kind::OtherBusiness, "AWS 외"),
    (Kind::NotTechnical, "AWS 기술 외"),
    (Kind::Outage, "장애"),
    (Kind::General, "일반 문의"),
];
/// The answer of somebody who cannot write a mail.
pub const CANNOT_MAIL: &str = "아니오";
const CAN_MAIL: &str = "예";

const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::OtherBusiness => "AWS 외",
        Kind::NotTechnical => "AWS 기술 외",
        Kind::Outage => "장애",
        Kind::General => "일반 문의",
    }
}

fn said(desk: &Desk, script: Script, operator: &Name, customer: &str, caller: &str) -> Vec<Line> {
    let promise = desk.policy.value.desk.promise.korean();
    let filling = Filling {
        promise: &promise,
        mail: &desk.contacts.support,
        operator: operator.as_str(),
        customer,
        caller,
    };
    let words = desk.scripts.say(script, &filling);
    let last = words.len().saturating_sub(1);
    let quoted = words.into_iter().enumerate().map(|(nth, text)| {
        let (open, close) = (if nth == 0 { "\"" } else { "" }, if nth == last { "\"" } else { "" });
        line![format!("{open}{text}{close}")]
    });
    quoted.collect()
}

/// The form of `/call`: the first script above, the fields in the order of the conversation (C4).
#[must_use]
pub fn form(desk: &Desk, operator: &Name, reply: &ReplyTo) -> Form {
    let field = |key: &str, label: &str, hint: &str, kind, optional| Field {
        key: key.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        initial: String::new(),
        optional,
        kind,
    };
    let choice =
        |words: &[&str]| FieldKind::Choice(words.iter().map(|word| (*word).to_owned()).collect());
    let kinds = KINDS.map(|(_, word)| word);
    let mut intro = vec![line!["☎️ 먼저 이렇게 여쭙니다."]];
    intro.extend(said(desk, Script::Common, operator, "", ""));
    Form {
        token: Token::InquiryForm(reply.clone()).text(),
        title: "전화 응대".to_owned(),
        intro,
        submit: "기록".to_owned(),
        fields: vec![
            field("kind", "종류", "AWS 외이면 나머지는 비워도 됩니다.", choice(&kinds), false),
            field("customer", "고객사 명", "예: 한빛전자", FieldKind::Line, true),
            field("caller", "문의자", "예: 한별", FieldKind::Line, true),
            field("belongs", "문의자 소속", "예: 한빛전자 전산팀", FieldKind::Line, true),
            field("number", "연락처", "예: 010-0000-2001", FieldKind::Line, true),
            field(
                "account",
                "계정 마지막 4자리",
                "고객사를 몰라도 이것으로 찾습니다. 예: 9012",
                FieldKind::Line,
                true,
            ),
            field("about", "내용", "", FieldKind::Lines, true),
            Field {
                initial: CAN_MAIL.to_owned(),
                ..field("mail", "메일 가능", "", choice(&[CAN_MAIL, CANNOT_MAIL]), false)
            },
        ],
    }
}

/// By somebody who may not.
#[must_use]
pub fn not_allowed() -> Message {
    refusal("전화 기록은 COC만 할 수 있습니다. 기록하지 않았습니다.", "COC에 요청해 주십시오.")
}

/// There is no channel for what comes next.
#[must_use]
pub fn no_room(room: Room) -> String {
    let channel = match room {
        Room::General => "#general",
        Room::Noti => "#coc-noti",
        Room::Tam => "#saltware-pls-technical-support",
        Room::Unlink => "#강제링크해지",
    };
    format!("{channel} 채널을 찾지 못해 기록하지 않았습니다. 봇을 그 채널에 초대해 주십시오.")
}

/// No kind that there is.
#[must_use]
pub fn kind_missing(read: &str) -> String {
    let read = if read.is_empty() { String::new() } else { format!(" 읽은 값: \"{read}\".") };
    format!("종류를 골라 주십시오.{read} 예: 일반 문의")
}

/// More letters than fit.
#[must_use]
pub fn too_long(most: usize) -> String {
    format!("{most}자보다 깁니다. 줄여 주십시오.")
}

/// No last four digits.
#[must_use]
pub fn bad_digits(read: &str) -> String {
    format!(
        "숫자 4자리가 아닙니다. 읽은 값: \"{read}\". 계정의 마지막 4자리를 적어 주십시오. 예: 9012"
    )
}

fn names(customers: &[&Customer]) -> String {
    customers.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Name and digits are of different customers.
#[must_use]
pub fn contradiction(customer: &str, digits: &str, owners: &[&Customer]) -> String {
    let whose = if owners.is_empty() {
        "고객 기록에 없는 계정입니다".to_owned()
    } else {
        format!("{digits}은(는) {}의 계정입니다", names(owners))
    };
    format!(
        "{customer}에는 끝자리가 {digits}인 계정이 없습니다. {whose}. 다시 확인하고, 확실하지 않은 쪽은 비워 주십시오."
    )
}

/// Nobody has an account with these digits.
#[must_use]
pub fn no_such_digits(digits: &str) -> String {
    format!(
        "끝자리가 {digits}인 계정이 고객 기록에 없습니다. 다시 확인하거나 고객사 명을 적어 주십시오. {NOT_ON_RECORD}"
    )
}

/// Several customers have an account with these digits.
#[must_use]
pub fn several(digits: &str, owners: &[&Customer]) -> String {
    format!(
        "끝자리가 {digits}인 계정이 여러 고객사에 있습니다: {}. 고객사 명을 적어 주십시오.",
        names(owners)
    )
}

const NOT_ON_RECORD: &str = "기록에 없는 고객이면 종류를 AWS 기술 외로 바꿔 CSR에 메모를 남깁니다.";

/// A name that is on no record, and whose the digits are.
#[must_use]
pub fn unknown_name(desk: &Desk, read: &str, digits: Option<(&str, &[&Customer])>) -> String {
    let unknown = super::urgent::unknown_customer(desk, read);
    match digits {
        Some((digits, owners)) if !owners.is_empty() => format!(
            "{unknown} 계정 {digits}은(는) {}의 것입니다. 맞으면 고객사 명을 비워 주십시오.",
            names(owners)
        ),
        Some(_) | None => format!("{unknown} {NOT_ON_RECORD}"),
    }
}

/// Neither name nor digits.
#[must_use]
pub fn customer_missing() -> String {
    format!("고객사 명이나 계정 마지막 4자리를 적어 주십시오. 예: 한빛전자. {NOT_ON_RECORD}")
}

/// Something that the memo needs.
#[must_use]
pub fn missing_in_memo(example: &str) -> String {
    format!("전화 메모에 필요합니다. 예: {example}")
}

/// Nobody could call back.
#[must_use]
pub fn number_missing(kind: Kind) -> String {
    let why = match kind {
        Kind::NotTechnical => "전화 메모에 필요합니다.",
        Kind::OtherBusiness | Kind::Outage | Kind::General => "다시 전화 드릴 번호가 필요합니다.",
    };
    format!("{why} 예: 010-0000-2001")
}

// ── the call, in a few words ──

fn grade(call: &Call) -> String {
    match call.grade {
        Some(grade) if call.own_engineers && !grade.to_string().starts_with("MSP") => {
            format!("{grade} · 주요 고객")
        }
        Some(grade) => format!("{grade} 고객"),
        None => "고객사 미확인".to_owned(),
    }
}

const fn hours(call: &Call) -> &'static str {
    if call.in_hours { "업무시간" } else { "업무 외 시간" }
}

fn number(number: Option<&PhoneNumber>) -> String {
    number.map_or_else(|| "번호 없음".to_owned(), ToString::to_string)
}

/// `한별 (한빛전자 전산팀) · 010-0000-2001`
fn caller(call: &Call) -> String {
    let name = if call.caller.is_empty() { "이름 미확인" } else { &call.caller };
    let belongs = if call.belongs.is_empty() { &call.company } else { &call.belongs };
    let belongs = if belongs.is_empty() { String::new() } else { format!(" ({belongs})") };
    format!("{name}{belongs} · {}", number(call.number.as_ref()))
}

fn about(call: &Call) -> String {
    call.about.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn call_lines(call: &Call) -> Vec<Line> {
    let digits = match call.last_four.as_str() {
        "" => String::new(),
        digits => format!(" · 계정 끝자리 {digits}"),
    };
    let mut said = vec![line![format!("문의자: {}{digits}", caller(call))]];
    if !call.about.is_empty() {
        said.push(line![format!("내용: {}", about(call))]);
    }
    said
}

/// The record's first line in the story (C1).
#[must_use]
pub fn noted(one: &Inquiry) -> String {
    let call = &one.call;
    let company = if call.company.is_empty() { "고객사 미확인" } else { &call.company };
    format!("{} 전화: {company}, 문의자 {}", word(call.kind), caller(call))
}

/// What an engineer who takes the outage needs to know.
#[must_use]
pub fn for_engineers(call: &Call) -> String {
    match about(call).as_str() {
        "" => format!("문의자 {}", caller(call)),
        about => format!("문의자 {}, {about}", caller(call)),
    }
}

/// Where it stands, in a few words.
#[must_use]
pub fn state(one: &Inquiry) -> String {
    match &one.stage {
        Stage::Promised { chain, .. } => format!("연락 약속, 호출 {chain}"),
        Stage::Broken { chain, .. } => format!("연락 약속 지남, 호출 {chain}"),
        Stage::Advised { .. } => "메일 안내".to_owned(),
        Stage::Queued { .. } => "업무 시작에 회신 요청".to_owned(),
        Stage::Asked { who, .. } => format!("{who} 확인 대기"),
        Stage::Todo { what: Todo::Engineer, .. } => "회신할 사람 없음".to_owned(),
        Stage::Todo { what: Todo::Sales, .. } => "영업 담당 미확인".to_owned(),
        Stage::Over { how, .. } => match how {
            Ending::Redirected => "다른 번호 안내".to_owned(),
            Ending::Memo => "CSR 메모".to_owned(),
            Ending::Mail => "메일 안내".to_owned(),
            Ending::Sales { csr } => format!("영업 담당 {csr} 안내"),
            Ending::Taken { by } => format!("{by} 수락"),
            Ending::ChainEnded { by } => format!("호출 종료 ({by})"),
            Ending::Confirmed { by, .. } => format!("{by} 회신 예정"),
            Ending::Done { by } => format!("완료 ({by})"),
        },
    }
}

// ── what stands in channels ──

/// The memo in the guide's own form, in one line (C3).
#[must_use]
pub fn memo(desk: &Desk, call: &Call) -> Message {
    let mut first = desk.mention_group(&desk.policy.value.groups.csr);
    let content = match about(call).as_str() {
        "" => String::new(),
        about => format!(" / 내용: {about}"),
    };
    first.push(
        format!(
            " [문의자: {} / 문의자 소속: {} / 연락처: {}{content}]",
            call.caller,
            call.belongs,
            number(call.number.as_ref())
        )
        .into(),
    );
    lines(vec![first])
}

fn csr_of<'a>(desk: &'a Desk, one: &Inquiry) -> Option<&'a Name> {
    desk.customers.value.find(&one.customer).and_then(|record| record.csr.as_ref())
}

/// Where it stands, for the card.
fn stands(desk: &Desk, one: &Inquiry, now: Time) -> Vec<Line> {
    let today = now.date_naive();
    match &one.stage {
        Stage::Promised { chain, due } => vec![line![format!(
            "{}까지 담당자가 전화 드리기로 했습니다. 호출 사건 {chain}",
            clock(*due, today)
        )]],
        Stage::Broken { chain, due, .. } => vec![line![format!(
            "⏰ {}의 약속이 지났고 아직 맡은 사람이 없습니다. 호출 사건 {chain}",
            clock(*due, today)
        )]],
        Stage::Advised { .. } => {
            let mut said = mail_advised(desk, one);
            said.push(line!["고객이 메일을 보내기 어렵다고 하면 [메일 불가]를 눌러 주십시오."]);
            said
        }
        Stage::Queued { until } => vec![line![format!(
            "메일을 보내기 어려운 고객입니다. {}에 담당자에게 회신을 요청합니다.",
            clock(*until, today)
        )]],
        Stage::Asked { who, .. } => {
            vec![line![format!("{}에게 회신을 요청했습니다. 확인을 기다립니다.", who.polite())]]
        }
        Stage::Todo { what: Todo::Engineer, .. } => {
            vec![line!["⚠️ 회신을 요청할 사람이 없습니다. COC의 확인을 기다립니다."]]
        }
        Stage::Todo { what: Todo::Sales, .. } => {
            vec![line!["⚠️ 고객 기록에 영업 담당이 없습니다. COC의 확인을 기다립니다."]]
        }
        Stage::Over { at, how } => ended(desk, one, how, clock(*at, today)),
    }
}

fn mail_advised(desk: &Desk, one: &Inquiry) -> Vec<Line> {
    let mut said = vec![line![format!("{} 메일 접수를 안내했습니다.", desk.contacts.support)]];
    if let Some(csr) = csr_of(desk, one).filter(|_| !one.call.in_hours && !one.call.own_engineers) {
        said.push(line![format!("영업 담당: {}", csr.polite())]);
    }
    said
}

fn ended(desk: &Desk, one: &Inquiry, how: &Ending, at: String) -> Vec<Line> {
    match how {
        Ending::Redirected => vec![line![format!("{} 안내", desk.contacts.other_business)]],
        Ending::Memo => vec![line!["#general에 전화 메모를 남겼습니다."]],
        Ending::Mail => mail_advised(desk, one),
        Ending::Sales { csr } => {
            let mut said = vec![vec![
                desk.mention(csr),
                " 고객이 즉시 통화를 원해 영업 담당 연락처를 안내했습니다.".into(),
            ]];
            if one.call.kind == Kind::Outage {
                said.push(line![
                    "긴급 대응이 결정되면 #general에 [긴급티켓배정요청]을 올려 주십시오."
                ]);
            }
            said
        }
        Ending::Taken { by } => {
            vec![line![format!("✅ {}이 맡았습니다 ({at}).", by.polite())]]
        }
        Ending::ChainEnded { by } => {
            vec![line![format!("⛔ 호출이 종료되었습니다 ({by}, {at}).")]]
        }
        Ending::Confirmed { by, how } => {
            let desk = match how {
                Via::Desk { by } => format!(", {by} 기록"),
                Via::Button | Via::Reaction | Via::Reply | Via::Phone => String::new(),
            };
            vec![line![format!("✅ {}이 회신하기로 했습니다 ({at}{desk}).", by.polite())]]
        }
        Ending::Done { by } => vec![line![format!("✅ {}이 처리했습니다 ({at}).", by.polite())]],
    }
}

/// The card that heads its thread.
#[must_use]
pub fn card(desk: &Desk, id: CaseId, one: &Inquiry, now: Time) -> Message {
    let call = &one.call;
    let mut said = vec![vec![
        "☎️ ".into(),
        bracketed(&call.company),
        format!("{} 전화 · {} · {}", word(call.kind), grade(call), hours(call)).into(),
    ]];
    said.extend(comment(desk, one));
    said.extend(call_lines(call));
    said.extend(stands(desk, one, now));
    if call.kind == Kind::Outage
        && call.in_hours
        && !call.own_engineers
        && !desk.presence.adapters.tickets
    {
        said.push(line!["Support Desk 티켓도 열어 주십시오: /assign 고객사 티켓링크 @담당자"]);
    }
    said.push(line![format!("사건 {id} · {} 기록 {}", call.by, clock(call.at, now.date_naive()))]);
    let buttons = match one.stage {
        Stage::Advised { .. } => {
            vec![button("메일 불가", &Token::Inquiry(id, InquiryPress::CannotMail))]
        }
        Stage::Promised { .. }
        | Stage::Broken { .. }
        | Stage::Queued { .. }
        | Stage::Asked { .. }
        | Stage::Todo { .. }
        | Stage::Over { .. } => Vec::new(),
    };
    Message { lines: said, buttons }
}

/// What was agreed with the customer apart (M7).
fn comment(desk: &Desk, one: &Inquiry) -> Option<Line> {
    let record = desk.customers.value.find(&one.customer)?;
    (!record.comment.is_empty()).then(|| line![format!("협의 사항: {}", record.comment)])
}

/// How a promise that was not kept is told.
#[derive(Clone, Copy, Debug)]
pub struct Broken<'a> {
    /// The case in which people are reached.
    pub chain: CaseId,
    /// When the promise fell due.
    pub due: Time,
    /// How far they are, in a few words.
    pub stands: &'a str,
    /// That it is told late, and why; empty when it is not.
    pub late: &'a str,
    /// Whether it was told before.
    pub again: bool,
}

/// Nobody took the outage in time (C5).
#[must_use]
pub fn broken(desk: &Desk, id: CaseId, one: &Inquiry, it: &Broken<'_>, now: Time) -> Message {
    let late = if it.late.is_empty() { Piece::IfLate } else { it.late.into() };
    let mut first = vec!["⏰ ".into(), late];
    first.extend(desk.mention_group(&desk.policy.value.groups.coc));
    first.push(" ".into());
    first.push(bracketed(&one.customer));
    let still = if it.again {
        "아직도 맡은 사람이 없습니다"
    } else {
        "아직 맡은 사람이 없습니다"
    };
    first.push(
        format!(
            "{} 연락 약속({})이 지났습니다. {still}.",
            desk.policy.value.desk.promise.korean(),
            clock(it.due, now.date_naive())
        )
        .into(),
    );
    let mut said = vec![first];
    said.extend(call_lines(&one.call));
    said.push(line![format!("호출 사건 {}: {}", it.chain, it.stands)]);
    said.push(line!["고객에게 전화해 상황을 알려 주십시오."]);
    said.push(line!["고객과 통화했으면 [완료]를 눌러 주십시오."]);
    said.push(line![format!("사건 {id}")]);
    Message {
        lines: said, buttons: vec![primary("완료", &Token::Inquiry(id, InquiryPress::Done))]
    }
}

/// That the time was over, in the story.
#[must_use]
pub fn promise_noted(due: Time) -> String {
    format!("{} 연락 약속이 지남", due.format("%H:%M"))
}

// ── somebody is asked to call back ──

fn asked_buttons(id: CaseId, one: &Inquiry) -> Vec<super::super::message::Button> {
    vec![
        primary("확인", &Token::Inquiry(id, InquiryPress::Confirm(one.round))),
        button("재배정", &Token::Inquiry(id, InquiryPress::Reassign(one.round))),
    ]
}

/// Somebody is asked to call back (C6, C7).
#[must_use]
pub fn ask(desk: &Desk, id: CaseId, one: &Inquiry, who: &Name, late: &str) -> Message {
    let call = &one.call;
    let mention = desk.mention(who);
    let known = matches!(mention, Piece::Person { .. });
    let late = if late.is_empty() { Piece::IfLate } else { late.into() };
    let what = match call.kind {
        Kind::Outage => "장애 전화의 회신을 부탁드립니다.",
        Kind::OtherBusiness | Kind::NotTechnical | Kind::General => "고객 회신을 부탁드립니다.",
    };
    let mut said =
        vec![vec!["☎️ ".into(), late, mention, " ".into(), bracketed(&one.customer), what.into()]];
    said.extend(call_lines(call));
    if call.kind == Kind::General {
        said.push(line!["메일을 보내기 어려운 고객입니다."]);
    }
    if !known {
        let mut coc: Line = vec!["⚠️ ".into()];
        coc.extend(desk.mention_group(&desk.policy.value.groups.coc));
        coc.push(
            format!(
                " Slack 사용자를 찾지 못했습니다. 전화로 전해 주십시오: {}",
                number(desk.phone_of(who).as_ref())
            )
            .into(),
        );
        said.push(coc);
    }
    said.push(line!["전화하시려면 [확인]을 눌러 주십시오. ✅ 반응이나 스레드 답글도 확인입니다."]);
    Message { lines: said, buttons: asked_buttons(id, one) }
}

/// Nobody confirmed: that person and COC are told again.
#[must_use]
pub fn ask_again(desk: &Desk, id: CaseId, one: &Inquiry, who: &Name) -> Message {
    let mut first = vec!["⏰ ".into(), desk.mention(who), " ".into()];
    first.extend(desk.mention_group(&desk.policy.value.groups.coc));
    first.push(" ".into());
    first.push(bracketed(&one.customer));
    first.push("고객 회신에 확인이 없습니다.".into());
    let mut said = vec![first];
    said.extend(call_lines(&one.call));
    said.push(line![format!(
        "COC는 {}에게 전화로 전해 주십시오: {}",
        who.polite(),
        number(desk.phone_of(who).as_ref())
    )]);
    said.push(line!["맡으면 [확인], 다른 사람에게 부탁하려면 [재배정]을 눌러 주십시오."]);
    Message { lines: said, buttons: asked_buttons(id, one) }
}

/// COC has to see to it.
#[must_use]
pub fn todo(desk: &Desk, id: CaseId, one: &Inquiry, late: &str) -> Message {
    let late = if late.is_empty() { Piece::IfLate } else { late.into() };
    let mut first = vec!["⚠️ ".into(), late];
    first.extend(desk.mention_group(&desk.policy.value.groups.coc));
    if of_sales(one) {
        first.push(" ".into());
        first.extend(desk.mention_group(&desk.policy.value.groups.csr));
    }
    asked_of_coc(id, one, first)
}

/// Nobody saw to it yet.
#[must_use]
pub fn todo_again(desk: &Desk, id: CaseId, one: &Inquiry) -> Message {
    let mut first: Line = vec!["⏰ ".into()];
    first.extend(desk.mention_group(&desk.policy.value.groups.coc));
    asked_of_coc(id, one, first)
}

const fn of_sales(one: &Inquiry) -> bool {
    matches!(one.stage, Stage::Todo { what: Todo::Sales, .. })
}

fn asked_of_coc(id: CaseId, one: &Inquiry, mut first: Line) -> Message {
    let (what, ask) = if of_sales(one) {
        (
            "고객 기록에 영업 담당이 없습니다.",
            "담당을 확인해 고객에게 알리고 [완료]를 눌러 주십시오.",
        )
    } else {
        ("회신을 요청할 사람이 없습니다.", "연락할 사람을 찾아 전하고 [완료]를 눌러 주십시오.")
    };
    first.extend([" ".into(), bracketed(&one.customer), what.into()]);
    let mut said = vec![first];
    said.extend(call_lines(&one.call));
    said.push(line![ask]);
    Message {
        lines: said, buttons: vec![primary("완료", &Token::Inquiry(id, InquiryPress::Done))]
    }
}

/// Whoever sells to the customer learns that the caller was led there.
#[must_use]
pub fn sales_told(desk: &Desk, one: &Inquiry, csr: &Name) -> Message {
    let mut said = vec![vec![
        "☎️ ".into(),
        desk.mention(csr),
        " ".into(),
        bracketed(&one.customer),
        "고객이 즉시 통화를 원해 영업 담당 연락처를 안내했습니다.".into(),
    ]];
    said.extend(call_lines(&one.call));
    lines(said)
}

/// Whoever was asked will call back.
#[must_use]
pub fn confirmed(who: &Name, how: &Via, now: Time) -> Message {
    let by = match how {
        Via::Desk { by } => format!(", {by} 기록"),
        Via::Button | Via::Reaction | Via::Reply | Via::Phone => {
            format!(", {}", super::paging::via(how))
        }
    };
    one_line(format!("✅ {} 확인 ({}{by}).", who.polite(), now.format("%H:%M")))
}

/// A reply that is no confirmation.
#[must_use]
pub fn refused(who: &Name) -> Message {
    one_line(format!(
        "⚠️ {}의 답글을 확인으로 보지 않았습니다. COC는 [재배정]을 누를 수 있습니다.",
        who.polite()
    ))
}

/// COC saw to it.
#[must_use]
pub fn done(by: &Name, now: Time) -> Message {
    one_line(format!("✅ {}이 처리했습니다 ({}).", by.polite(), now.format("%H:%M")))
}

/// Somebody answered who was not asked; in the story.
#[must_use]
pub fn of_another(what: &str) -> String {
    format!("{what} (요청받은 사람이 아니어서 바뀐 것 없음)")
}

/// Somebody else is asked; in the story.
#[must_use]
pub fn reassigned_noted(who: &Name) -> String {
    format!("재배정 ({who} 대신)")
}

/// A press by somebody who was not asked.
#[must_use]
pub fn asked_of(who: &Name) -> Message {
    one_line(format!(
        "⛔ {}에게 부탁한 회신입니다. 본인과 COC만 누를 수 있습니다. 바뀐 것은 없습니다.",
        who.polite()
    ))
}

/// A press on one that is over.
#[must_use]
pub fn is_over(one: &Inquiry) -> Message {
    one_line(format!("⛔ 이미 끝난 전화입니다: {}. 하실 일은 없습니다.", state(one)))
}

/// 메일 불가 without a number to call back.
#[must_use]
pub fn no_number() -> Message {
    refusal(
        "연락처가 기록되지 않아 회신을 요청하지 못했습니다. 바뀐 것은 없습니다.",
        "/call을 다시 열어 연락처와 메일 가능(아니오)을 적어 주십시오.",
    )
}

/// A post that could not be made; in the story.
#[must_use]
pub fn not_posted(why: &str) -> String {
    format!("게시하지 못함: {why}")
}

// ── the support desk's ticket ──

/// The subject of a ticket for an outage.
#[must_use]
pub fn ticket_subject(one: &Inquiry) -> String {
    format!("[{}] 전화 장애 문의", one.customer)
}

/// Its first comment, which the customer does not see.
#[must_use]
pub fn ticket_text(id: CaseId, one: &Inquiry, customer: Option<&Customer>) -> String {
    let call = &one.call;
    let mut said = vec![
        format!("고객사: {} ({})", one.customer, grade(call)),
        format!("문의자: {}", caller(call)),
    ];
    if !call.last_four.is_empty() {
        said.push(format!("계정 끝자리: {}", call.last_four));
    }
    if !call.about.is_empty() {
        said.push(format!("내용: {}", call.about));
    }
    if let Some(record) = customer.filter(|record| !record.comment.is_empty()) {
        said.push(format!("협의 사항: {}", record.comment));
    }
    said.push(format!("COC 사건 {id}, {} 기록", call.by));
    said.join("\n")
}

/// The ticket is open.
#[must_use]
pub fn ticketed(ticket: &TicketLink) -> Message {
    lines(vec![line!["Support Desk 티켓을 열었습니다."], vec![Piece::Link(ticket.to_string())]])
}

/// The comment beside its assignee.
#[must_use]
pub fn ticket_assigned(who: &Name) -> String {
    format!("전화 회신: {}", who.polite())
}

/// It could not be opened.
#[must_use]
pub fn no_ticket(why: &str) -> Message {
    one_line(format!(
        "⚠️ Support Desk 티켓을 열지 못했습니다 ({why}). COC가 직접 열고 /assign 고객사 티켓링크로 배정해 주십시오."
    ))
}

// ── what the operator is told at once ──

const fn script(call: &Call) -> Option<Script> {
    match (call.kind, call.own_engineers, call.in_hours) {
        (Kind::OtherBusiness | Kind::NotTechnical, _, _) => None,
        (Kind::Outage, true, _) => Some(Script::MspOutage),
        (Kind::General, true, _) => Some(Script::MspInquiry),
        (Kind::Outage | Kind::General, false, true) => Some(Script::GeneralInquiry),
        (Kind::Outage | Kind::General, false, false) => Some(Script::GeneralAfterHours),
    }
}

/// The words to say, filled, and what happens next; for the operator alone.
#[must_use]
pub fn to_say(
    desk: &Desk,
    id: CaseId,
    one: &Inquiry,
    customer: Option<&Customer>,
    now: Time,
) -> Message {
    let call = &one.call;
    let today = now.date_naive();
    let mut told: Vec<Line> = Vec::new();
    match call.kind {
        Kind::OtherBusiness => told
            .push(line![format!("☎️ 이 번호로 안내해 주십시오: {}", desk.contacts.other_business)]),
        Kind::NotTechnical => {
            told.push(line!["☎️ 담당자가 연락드린다고 말씀해 주십시오."]);
        }
        Kind::Outage | Kind::General => {
            told.push(vec![
                "☎️ ".into(),
                bracketed(&call.company),
                format!("{} · {}. 이렇게 말씀해 주십시오.", grade(call), hours(call)).into(),
            ]);
        }
    }
    if let Some(script) = script(call) {
        told.extend(said(desk, script, &call.by, &call.company, &call.caller));
        if script == Script::GeneralAfterHours {
            told.push(line![sales(desk, customer)]);
        }
    }
    told.extend(comment(desk, one));
    told.extend(next(one, today));
    told.push(line![format!("기록: 사건 {id}")]);
    if let Some(basis) = services::basis(desk, now, false).filter(|_| customer.is_some()) {
        told.push(basis);
    }
    lines(told)
}

/// Whom a caller is led to out of hours (C8, A3).
fn sales(desk: &Desk, customer: Option<&Customer>) -> String {
    match customer.and_then(|record| record.csr.as_ref()) {
        Some(csr) => match desk.phone_of(csr) {
            Some(number) => format!("영업 담당: {} {number}", csr.polite()),
            None => format!("영업 담당: {} (번호를 확인해 안내해 주십시오)", csr.polite()),
        },
        None => "영업 담당: 고객 기록에 없습니다. CSR에 확인해 다시 연락드린다고 말씀해 주십시오."
            .to_owned(),
    }
}

fn next(one: &Inquiry, today: chrono::NaiveDate) -> Option<Line> {
    let text = match &one.stage {
        Stage::Promised { chain, due } => format!(
            "다음: 사건 {chain}에서 담당자를 호출합니다. {}까지 아무도 맡지 않으면 #coc-noti에 알립니다.",
            clock(*due, today)
        ),
        Stage::Advised { .. } => {
            "다음: 메일을 보내기 어렵다고 하면 #coc-noti의 글에서 [메일 불가]를 눌러 주십시오."
                .to_owned()
        }
        Stage::Queued { until } => format!(
            "다음: 업무 외 시간이어서 {}에 담당자에게 회신을 요청합니다. 급한 장애이면 종류를 장애로 다시 기록해 주십시오.",
            clock(*until, today)
        ),
        Stage::Asked { who, .. } => {
            format!("다음: {}에게 회신을 요청했습니다. 확인이 없으면 다시 알립니다.", who.polite())
        }
        Stage::Todo { .. } => {
            "다음: #coc-noti의 글을 보고 처리한 뒤 [완료]를 눌러 주십시오.".to_owned()
        }
        Stage::Over { how: Ending::Memo, .. } => {
            "다음: #general에 CSR 앞으로 전화 메모를 남겼습니다.".to_owned()
        }
        Stage::Over { how: Ending::Sales { csr }, .. } => {
            format!("다음: {}에게 #coc-noti에서 알렸습니다.", csr.polite())
        }
        Stage::Broken { .. } | Stage::Over { .. } => return None,
    };
    Some(line![text])
}
