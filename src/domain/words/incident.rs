//! What people read of an incident: its card, what happens in its thread.

use super::super::customers::{Customer, Grade};
use super::super::desk::Desk;
use super::super::ids::{CaseId, Name, TicketLink};
use super::super::ladder::LadderState;
use super::super::message::{Button, Line, Message, Piece, plain_line};
use super::super::people::order::Skipped;
use super::super::procedures::incident::{
    About, Closing, Found, Incident, Names, Ring, RingState, Stage,
};
use super::super::time::{Time, clock};
use super::super::turn::{IncidentPress, Token, button, danger, lines, one_line, primary};
use super::{bracketed, line, some_of};

/// How many alarms a card lists.
const ALARMS_SHOWN: usize = 10;

/// What it is: `L3 알람`, `GuardDuty 알람`.
#[must_use]
pub fn what(one: &Incident) -> String {
    match &one.about {
        About::Alarms(_) => format!("{:?} 알람", one.level()),
        About::Finding(_) => "GuardDuty 알람".to_owned(),
    }
}

/// Its alarm's name, and how many more; a finding's kind.
#[must_use]
pub fn named(one: &Incident) -> String {
    match &one.about {
        About::Finding(found) => found.kind.clone(),
        About::Alarms(_) => {
            let name = one.headline().map_or("", |ring| ring.alarm.as_str());
            match one.rings().count().saturating_sub(1) {
                0 => name.to_owned(),
                more => format!("{name} 외 {more}건"),
            }
        }
    }
}

fn severity(tenths: u16) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn between_dots(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().filter(|part| !part.is_empty()).copied().collect();
    parts.join(" · ")
}

fn where_of(ring: &Ring) -> String {
    let account = ring.account.as_ref().map(|account| format!("계정 {account}"));
    between_dots(&[account.as_deref().unwrap_or_default(), &ring.region, &ring.resource])
}

fn ring_lines(ring: &Ring, alone: bool, today: chrono::NaiveDate) -> Vec<Line> {
    let state = match ring.state {
        RingState::Ringing => String::new(),
        RingState::Fine => ", 지금 정상".to_owned(),
    };
    let hits = format!("{} 발생 {}회{state}", clock(ring.last, today), ring.hits);
    let at = where_of(ring);
    if alone {
        let mut said = Vec::new();
        if !at.is_empty() {
            said.push(line![at]);
        }
        said.push(line![hits]);
        if !ring.reason.is_empty() {
            said.push(line![format!("내용: {}", ring.reason.replace('\n', " "))]);
        }
        return said;
    }
    let at = if at.is_empty() { String::new() } else { format!(" · {at}") };
    vec![line![format!("· {} ({hits}){at}", ring.alarm)]]
}

fn finding_lines(found: &Found, today: chrono::NaiveDate) -> Vec<Line> {
    let account = found.account.as_ref().map(|account| format!("계정 {account}"));
    let at = between_dots(&[account.as_deref().unwrap_or_default(), &found.region]);
    let mut said = vec![line![format!(
        "심각도 {} · {} 수신 {}회",
        severity(found.severity),
        clock(found.at, today),
        found.told
    )]];
    if !at.is_empty() {
        said.push(line![at]);
    }
    for text in [&found.title, &found.detail] {
        if !text.is_empty() {
            said.push(line![text.replace('\n', " ")]);
        }
    }
    said
}

/// The card: what happened, what was agreed with the customer (M7), whom to call and what to say.
#[must_use]
pub fn card(desk: &Desk, id: CaseId, one: &Incident) -> Message {
    let today = one.opened.date_naive();
    let record = desk.customers.value.find(&one.customer);
    let calls = matches!(one.stage, Stage::Judging | Stage::Contact { .. });
    let mut first: Line = vec![if calls { "🚨 ".into() } else { "".into() }];
    if calls {
        first.extend(desk.mention_group(&desk.policy.value.groups.coc));
        first.push(" ".into());
    }
    first.push(bracketed(&one.customer));
    first.push(format!("{}: {}", what(one), named(one)).into());
    let mut said = vec![first];
    if let Some(record) = record.filter(|record| !record.comment.is_empty()) {
        said.push(line![format!("협의 사항: {}", record.comment)]);
    }
    match &one.about {
        About::Finding(found) => {
            said.extend(finding_lines(found, today));
            if let Some(record) = record {
                said.extend(shape(desk, record, found));
            }
        }
        About::Alarms(_) => {
            let count = one.rings().count();
            let shown = one.rings().take(ALARMS_SHOWN);
            said.extend(shown.flat_map(|ring| ring_lines(ring, count == 1, today)));
            if count > ALARMS_SHOWN {
                said.push(line![format!("외 {}건", count - ALARMS_SHOWN)]);
            }
        }
    }
    if one.is_in_contact() {
        said.push(line![phones(record)]);
        said.push(line![script(desk, one)]);
    }
    said.push(line![state(one)]);
    let msp = record.is_some_and(Customer::runs_msp_chain);
    let mut buttons = buttons(id, one, msp);
    // what was agreed upon may be to write first
    if one.is_in_contact() && record.is_some_and(wants_mail) {
        buttons.push(super::mail::offer(id));
    }
    if let Some(ask) = ask(one, msp, record) {
        said.push(line![ask]);
    }
    let grade = match record {
        Some(record) if record.important => format!("{} · 주요 고객", record.grade),
        Some(record) => record.grade.to_string(),
        None => "등급 미확인".to_owned(),
    };
    let mut facts = vec![grade, format!("사건 {id}")];
    facts.extend(super::services::record_as_of(desk, one.opened));
    said.push(line![facts.join(" · ")]);
    Message { lines: said, buttons }
}

fn wants_mail(record: &Customer) -> bool {
    let comment = record.comment.to_lowercase();
    !record.emails.is_empty() && ["메일", "mail"].iter().any(|word| comment.contains(word))
}

fn phones(record: Option<&Customer>) -> String {
    match record.filter(|record| !record.phones.is_empty()) {
        Some(record) => format!("고객 연락처: {}", record.phones.join(", ")),
        None => match record.and_then(|record| record.csr.as_ref()) {
            Some(csr) => format!(
                "고객 기록에 연락처가 없습니다. 담당 CSR {}에게 확인해 주십시오.",
                csr.polite()
            ),
            None => "고객 기록에 연락처가 없습니다. CSR에 확인해 주십시오.".to_owned(),
        },
    }
}

/// What is said to the customer.
fn script(desk: &Desk, one: &Incident) -> String {
    let company = &desk.policy.value.company.customer;
    let at = match &one.about {
        About::Finding(found) => found.at,
        About::Alarms(_) => one.headline().map_or(one.opened, |ring| ring.first),
    };
    format!(
        "안내 말씀: \"안녕하십니까. {company} 관제 센터입니다. {}에 {} 알람이 발생하여 연락드렸습니다. 추가 조치가 필요하신지 확인 부탁드립니다.\"",
        at.format("%H:%M"),
        named(one)
    )
}

/// In which form the customer's findings come, where that is to be mended (G3).
fn shape(desk: &Desk, record: &Customer, found: &Found) -> Option<Line> {
    if found.plain {
        return None;
    }
    let owner = record.ts_primary.as_ref().or(record.ts_backup.as_ref());
    let owner =
        owner.map_or_else(|| "TS 담당자".to_owned(), |owner| format!("TS 담당 {}", owner.polite()));
    let plain = desk.policy.value.guardduty.plain.iter().any(|name| name == &record.name);
    Some(line![if plain {
        format!(
            "⚠️ 평문으로 설정된 고객인데 JSON으로 왔습니다. {}이 EventBridge 설정을 확인해 주십시오.",
            owner
        )
    } else {
        format!(
            "⚠️ JSON 형식으로 왔습니다. {}이 고객사 EventBridge에 평문 설정을 해 주십시오.",
            owner
        )
    }])
}

/// The buttons of where it stands.
#[must_use]
pub fn buttons(id: CaseId, one: &Incident, msp: bool) -> Vec<Button> {
    let token = |press| Token::Incident(id, press);
    let needed = || {
        [
            button("추가 조치 필요", &token(IncidentPress::Needed)),
            button("조치 불필요", &token(IncidentPress::NotNeeded)),
        ]
    };
    let close = || danger("종료", &token(IncidentPress::Close));
    let mut buttons = match &one.stage {
        Stage::Judging => vec![
            primary("전파", &token(IncidentPress::Propagate)),
            button("이메일만", &token(IncidentPress::MailOnly)),
            button("판단 불가", &token(IncidentPress::Unsure)),
        ],
        Stage::Contact { absent } => {
            let mut buttons = vec![
                primary("연결됨", &token(IncidentPress::Connected)),
                button("부재", &token(IncidentPress::Absent)),
            ];
            if msp && *absent > 0 {
                buttons.extend(needed());
            }
            buttons
        }
        Stage::Deciding { .. } => needed().to_vec(),
        Stage::Chain(ladder) => match &ladder.state {
            LadderState::Exhausted { .. } => super::paging::exhausted_buttons(id),
            LadderState::Taken(_) | LadderState::Stopped { .. } => vec![close()],
            LadderState::Between | LadderState::Calling(_) => Vec::new(),
        },
        Stage::TicketAsked | Stage::Ticket { .. } => vec![close()],
        Stage::Sales => {
            vec![button("조치 불필요", &token(IncidentPress::NotNeeded)), close()]
        }
        Stage::MailOnly { .. } | Stage::Opening { .. } => Vec::new(),
        Stage::Over { .. } => return Vec::new(),
    };
    if one.is_fine() && !buttons.iter().any(|button| button.label == "종료") {
        buttons.push(close());
    }
    buttons
}

/// What the reader is to do, as the buttons are.
fn ask(one: &Incident, msp: bool, record: Option<&Customer>) -> Option<String> {
    // without an address there is no mail to end with
    let basic = record.is_some_and(|one| one.grade == Grade::MspBasic && !one.emails.is_empty());
    match &one.stage {
        Stage::Judging => {
            Some("내용을 확인하고 [전파], [이메일만], [판단 불가] 가운데 눌러 주십시오.".to_owned())
        }
        Stage::Contact { absent: 0 } => {
            Some("고객에게 전화한 뒤 [연결됨]이나 [부재]를 눌러 주십시오.".to_owned())
        }
        Stage::Contact { absent } if msp && basic && *absent > 1 => Some(
            "스레드의 고객 메일을 보내면 끝납니다. 급하면 [추가 조치 필요]를 눌러 주십시오."
                .to_owned(),
        ),
        Stage::Contact { .. } if msp => Some(
            "다시 전화하거나, 연결을 기다릴 수 없으면 [추가 조치 필요]를 눌러 주십시오.".to_owned(),
        ),
        Stage::Contact { absent: 1 } if basic => {
            Some("다시 전화해 주십시오. 또 부재이면 고객 메일로 끝냅니다.".to_owned())
        }
        Stage::Contact { .. } if basic => Some(
            "스레드의 고객 메일을 보내면 끝납니다. 연결되면 [연결됨]을 눌러 주십시오.".to_owned(),
        ),
        Stage::Contact { .. } => {
            Some("다시 전화한 뒤 [연결됨]이나 [부재]를 눌러 주십시오.".to_owned())
        }
        Stage::Deciding { .. } => {
            Some("고객의 뜻에 따라 [추가 조치 필요]나 [조치 불필요]를 눌러 주십시오.".to_owned())
        }
        Stage::Chain(_)
        | Stage::MailOnly { .. }
        | Stage::Opening { .. }
        | Stage::TicketAsked
        | Stage::Ticket { .. }
        | Stage::Sales
        | Stage::Over { .. } => None,
    }
}

/// Where it stands, in a sentence.
#[must_use]
pub fn state(one: &Incident) -> String {
    match &one.stage {
        Stage::Judging => "전파할지 COC의 판단을 기다립니다.".to_owned(),
        Stage::Contact { absent: 0 } => "고객 1차 연락을 기다립니다.".to_owned(),
        Stage::Contact { absent } => format!("고객 부재 {absent}회. 연락을 계속합니다."),
        Stage::Deciding { by, at } => {
            format!("고객과 연결되었습니다 ({by} 기록, {}).", at.format("%H:%M"))
        }
        Stage::MailOnly { by } => format!("고객 메일 안내로 대신합니다 ({by} 기록)."),
        Stage::Chain(ladder) => match &ladder.state {
            LadderState::Taken(taken) => {
                format!("✅ {}이 {}에 맡았습니다.", taken.by.polite(), taken.at.format("%H:%M"))
            }
            LadderState::Calling(rung) => format!("{}을 호출하고 있습니다.", rung.who.polite()),
            LadderState::Exhausted { .. } => "모두 연락되지 않아 COC를 기다립니다.".to_owned(),
            LadderState::Between => "담당자를 호출하고 있습니다.".to_owned(),
            LadderState::Stopped { .. } => "호출을 멈췄습니다.".to_owned(),
        },
        Stage::Opening { .. } => "Support Desk 티켓을 열고 있습니다.".to_owned(),
        Stage::TicketAsked => "Support Desk 티켓을 기다립니다.".to_owned(),
        Stage::Ticket { case, .. } => {
            format!("Support Desk 티켓으로 배정했습니다 (사건 {case}).")
        }
        Stage::Sales => "고객에게 영업 담당을 안내합니다.".to_owned(),
        Stage::Over { at, by, how, .. } => {
            format!("{}에 끝났습니다 ({}, {by} 기록).", at.format("%-m/%-d %H:%M"), closing(*how))
        }
    }
}

/// What its next due time is for.
#[must_use]
pub const fn next_is(one: &Incident) -> &'static str {
    match &one.stage {
        Stage::Judging => "판단이 없으면 L3로 전파",
        Stage::Chain(ladder) => match &ladder.state {
            LadderState::Between | LadderState::Calling(_) => "다음 사람으로 넘어감",
            LadderState::Taken(_) | LadderState::Exhausted { .. } | LadderState::Stopped { .. } => {
                "다시 알림"
            }
        },
        Stage::Contact { .. }
        | Stage::Deciding { .. }
        | Stage::MailOnly { .. }
        | Stage::Opening { .. }
        | Stage::TicketAsked
        | Stage::Ticket { .. }
        | Stage::Sales
        | Stage::Over { .. } => "다시 알림",
    }
}

/// How it ended, in a word.
#[must_use]
pub const fn closing(how: Closing) -> &'static str {
    match how {
        Closing::NotNeeded => "조치 불필요",
        Closing::Closed => "종료",
        Closing::Mailed => "메일 안내",
    }
}

fn names(names: &Names) -> String {
    let shown = names.first.join(", ");
    if names.more == 0 { shown } else { format!("{shown} 외 {}건", names.more) }
}

/// What came and went since something was last said; when all is well, how it can be ended (M5).
#[must_use]
pub fn news(id: CaseId, one: &Incident) -> Message {
    let mut said = Vec::new();
    if !one.news.joined.is_empty() {
        let count = one.news.joined.count();
        said.push(line![format!("알람 {count}건이 더해졌습니다: {}", names(&one.news.joined))]);
    }
    if !one.news.fine.is_empty() {
        said.push(line![format!("✅ 정상으로 돌아왔습니다: {}", names(&one.news.fine))]);
    }
    let mut buttons = Vec::new();
    if one.is_fine() {
        said.push(line!["모든 알람이 정상입니다. 더 할 일이 없으면 [종료]를 눌러 주십시오."]);
        buttons.push(danger("종료", &Token::Incident(id, IncidentPress::Close)));
    }
    Message { lines: said, buttons }
}

/// The customer was reached.
#[must_use]
pub fn connected(one: &Incident, by: &Name, at: Time, msp: bool) -> Message {
    let then = if msp {
        "담당 엔지니어를 호출합니다"
    } else {
        "업무시간에는 Support Desk 티켓을 열고, 업무시간 외에는 영업 담당을 안내합니다"
    };
    lines(vec![
        vec![
            "☎️ ".into(),
            bracketed(&one.customer),
            format!("고객과 연결되었습니다 ({by} 기록, {}).", at.format("%H:%M")).into(),
        ],
        line!["위 알람 글에서 [추가 조치 필요]나 [조치 불필요]를 눌러 주십시오."],
        line![format!("[추가 조치 필요]를 누르시면 {then}.")],
    ])
}

/// The customer was not reached.
#[must_use]
pub fn absent(
    one: &Incident,
    by: &Name,
    at: Time,
    absent: u32,
    basic: bool,
    mails: bool,
) -> Message {
    let then = match (basic, mails) {
        (_, true) => "2회 이상 연결되지 않아 고객 메일로 끝냅니다. 아래 메일을 확인해 주십시오.",
        (true, false) => "다시 전화해 주십시오. 또 부재이면 고객 메일로 끝냅니다.",
        (false, false) => "다시 전화해 주십시오.",
    };
    lines(vec![
        vec![
            "☎️ ".into(),
            bracketed(&one.customer),
            format!("고객 부재 {absent}회 ({by} 기록, {}).", at.format("%H:%M")).into(),
        ],
        line![then],
    ])
}

/// The mail that should be sent cannot be made.
#[must_use]
pub fn no_mail(why: &Message) -> Message {
    let mut said = why.lines.clone();
    said.push(line!["사건은 열려 있습니다. COC가 직접 안내하고 기록해 주십시오."]);
    lines(said)
}

/// Engineers are reached in order (M8).
#[must_use]
pub fn chain(
    one: &Incident,
    by: &Name,
    order: &[Name],
    skipped: &[Skipped],
    warnings: &[String],
) -> Message {
    let names: Vec<String> = order.iter().map(ToString::to_string).collect();
    let mut reached = format!("MSP 순서: {}", some_of(&names, " → ", 3));
    if names.is_empty() {
        "MSP 순서: 지금 연락할 수 있는 사람이 없습니다.".clone_into(&mut reached);
    }
    if !skipped.is_empty() {
        let said: Vec<String> =
            skipped.iter().map(|one| format!("{}, {}", one.name, one.why)).collect();
        reached.push_str(&format!(" (제외: {})", said.join("; ")));
    }
    let mut said = vec![
        vec![
            "🚨 ".into(),
            bracketed(&one.customer),
            format!("추가 조치가 필요합니다 ({by} 기록). 담당 엔지니어를 순서대로 호출합니다.")
                .into(),
        ],
        line![reached],
    ];
    said.extend(warnings.iter().map(|warning| line![format!("⚠️ {warning}")]));
    lines(said)
}

/// Out of hours the customer is led to its sales contact (M9).
#[must_use]
pub fn sales(desk: &Desk, id: CaseId, one: &Incident, record: &Customer, by: &Name) -> Message {
    let mut who: Line = vec!["☎️ ".into()];
    let number = match &record.csr {
        Some(csr) => {
            who.push(desk.mention(csr));
            let number = desk.phone_of(csr);
            number.map_or_else(
                || format!("{}의 번호를 확인해 안내해 주십시오.", csr.polite()),
                |number| format!("안내할 연락처: {} {number}", csr.polite()),
            )
        }
        None => {
            who.extend(desk.mention_group(&desk.policy.value.groups.csr));
            "고객 기록에 영업 담당이 없습니다. CSR에 확인해 안내해 주십시오.".to_owned()
        }
    };
    who.push(" ".into());
    who.push(bracketed(&one.customer));
    who.push(
        format!(
            "고객이 업무시간 외 추가 조치를 원합니다 ({by} 기록). 영업 담당 연락을 안내합니다."
        )
        .into(),
    );
    let token = |press| Token::Incident(id, press);
    Message {
        lines: vec![
            who,
            line![number],
            line!["긴급 대응이 결정되면 #general에 [긴급티켓배정요청]을 올려 주십시오."],
            line!["안내가 끝나면 [종료]를 눌러 주십시오."],
        ],
        buttons: vec![
            button("조치 불필요", &token(IncidentPress::NotNeeded)),
            danger("종료", &token(IncidentPress::Close)),
        ],
    }
}

/// A ticket is being opened (M9).
#[must_use]
pub fn opening(one: &Incident, by: &Name) -> Message {
    lines(vec![vec![
        bracketed(&one.customer),
        format!("추가 조치가 필요합니다 ({by} 기록). Support Desk 티켓을 열어 배정합니다.").into(),
    ]])
}

/// The subject of the ticket.
#[must_use]
pub fn ticket_subject(one: &Incident) -> String {
    format!("[{}] {}: {}", one.customer, what(one), named(one))
}

/// The first comment of the ticket; the support desk's people alone read it.
#[must_use]
pub fn ticket_text(
    desk: &Desk,
    id: CaseId,
    one: &Incident,
    record: &Customer,
    by: &Name,
) -> String {
    let mut said = vec![format!("[COC] 고객이 추가 조치를 요청했습니다 (사건 {id}, {by} 기록).")];
    said.push(format!("고객사: {} ({})", record.name, record.grade));
    said.push(phones(Some(record)));
    if !record.comment.is_empty() {
        said.push(format!("협의 사항: {}", record.comment));
    }
    let today = one.opened.date_naive();
    match &one.about {
        About::Finding(found) => {
            said.push(format!("알람: {}", found.kind));
            said.extend(finding_lines(found, today).iter().map(|line| plain_line(line)));
        }
        About::Alarms(_) => {
            for ring in one.rings().take(ALARMS_SHOWN) {
                said.push(format!("알람: {}", ring.alarm));
                said.extend(ring_lines(ring, true, today).iter().map(|line| plain_line(line)));
            }
        }
    }
    said.push(format!("{} COC", desk.policy.value.company.customer));
    said.join("\n")
}

/// COC is asked to open a ticket (M9). `why`: the bot tried and could not.
#[must_use]
pub fn open_by_hand(desk: &Desk, one: &Incident, why: Option<&str>) -> Message {
    let mut first: Line = vec!["⚠️ ".into()];
    first.extend(desk.mention_group(&desk.policy.value.groups.coc));
    first.push(" ".into());
    first.push(bracketed(&one.customer));
    first.push("Support Desk에 티켓을 열어 주십시오.".into());
    let mut said = vec![first];
    if let Some(why) = why {
        said.push(line![format!("봇이 열지 못했습니다: {why}")]);
    }
    said.push(line![format!("제목: {}", ticket_subject(one))]);
    said.push(line![format!("연 뒤에 /assign {} 티켓링크 로 배정해 주십시오.", one.customer)]);
    lines(said)
}

/// The ticket is there and assigned as any other (M9).
#[must_use]
pub fn ticketed(one: &Incident, ticket: &TicketLink, case: CaseId) -> Message {
    lines(vec![
        vec![
            "✅ ".into(),
            bracketed(&one.customer),
            format!("Support Desk 티켓을 일반 티켓으로 배정합니다 (사건 {case}).").into(),
        ],
        vec![Piece::Link(ticket.to_string())],
    ])
}

/// A second ticket is open.
#[must_use]
pub fn opened_after_all(ticket: &TicketLink) -> Message {
    lines(vec![
        line!["⚠️ 직접 연 티켓이 있는 사건에 봇도 티켓을 열었습니다. 하나를 닫아 주십시오."],
        vec![Piece::Link(ticket.to_string())],
    ])
}

/// A finding is propagated as L3 (G1, G4). `by`: who said so; nobody: the time for it ran out.
#[must_use]
pub fn propagated(
    desk: &Desk,
    id: CaseId,
    one: &Incident,
    by: Option<&Name>,
    press: &str,
) -> Message {
    let Some(by) = by else {
        let mut first: Line = vec!["⏰ ".into()];
        first.extend(desk.mention_group(&desk.policy.value.groups.coc));
        first.push(" ".into());
        first.push(bracketed(&one.customer));
        let limit = desk.policy.value.guardduty.decide_within.korean();
        first.push(format!("{limit} 동안 판단이 없어 L3와 같이 전파합니다.").into());
        let record = desk.customers.value.find(&one.customer);
        let msp = record.is_some_and(Customer::runs_msp_chain);
        let said = vec![
            first,
            line![phones(record)],
            line!["고객에게 전화한 뒤 [연결됨]이나 [부재]를 눌러 주십시오."],
        ];
        return Message { lines: said, buttons: buttons(id, one, msp) };
    };
    lines(vec![
        vec![
            bracketed(&one.customer),
            format!("L3와 같이 전파합니다 ({press}, {by} 기록).").into(),
        ],
        line!["고객에게 전화한 뒤 위 알람 글에서 [연결됨]이나 [부재]를 눌러 주십시오."],
    ])
}

/// It is over.
#[must_use]
pub fn closed(one: &Incident, by: &Name, how: Closing) -> Message {
    lines(vec![vec![
        "✅ ".into(),
        bracketed(&one.customer),
        format!("{} 사건을 끝냈습니다 ({}, {by} 기록).", what(one), closing(how)).into(),
    ]])
}

/// Nobody pressed anything: COC is asked again, or reminded.
#[must_use]
pub fn chase(desk: &Desk, id: CaseId, one: &Incident, msp: bool, now: Time) -> Message {
    let record = desk.customers.value.find(&one.customer);
    let opened = clock(one.opened, now.date_naive());
    let mut first: Line = vec!["⏰ ".into()];
    if !matches!(one.stage, Stage::Ticket { .. } | Stage::Sales) {
        first.extend(desk.mention_group(&desk.policy.value.groups.coc));
        first.push(" ".into());
    }
    first.push(bracketed(&one.customer));
    let mut said = Vec::new();
    let what = what(one);
    let waits = match &one.stage {
        Stage::Contact { .. } => "고객 1차 연락의 결과가 없습니다.",
        Stage::Deciding { .. } => "추가 조치가 필요한지 기록되지 않았습니다.",
        Stage::MailOnly { .. } => "고객 메일이 아직 나가지 않았습니다.",
        Stage::Opening { .. } => "Support Desk 티켓이 아직 열리지 않았습니다.",
        Stage::TicketAsked => "Support Desk 티켓이 아직 배정되지 않았습니다.",
        Stage::Chain(_) | Stage::Judging | Stage::Ticket { .. } | Stage::Sales => {
            "사건이 열려 있습니다."
        }
        Stage::Over { .. } => "끝난 사건입니다.",
    };
    first.push(format!("{opened} {what}: {waits}").into());
    said.push(first);
    said.push(line![named(one)]);
    if one.is_in_contact() {
        said.push(line![phones(record)]);
    }
    said.push(line![state(one)]);
    said.push(line![match &one.stage {
        Stage::MailOnly { .. } => "스레드의 메일 초안을 확인해 주십시오.".to_owned(),
        Stage::Opening { .. } | Stage::TicketAsked =>
            format!("급하면 직접 열고 /assign {} 티켓링크 로 배정해 주십시오.", one.customer),
        Stage::Chain(ladder) if matches!(ladder.state, LadderState::Exhausted { .. }) =>
            "[다시 시작]이나 [종료]를 눌러 주십시오.".to_owned(),
        Stage::Chain(_) | Stage::Ticket { .. } | Stage::Sales =>
            "더 할 일이 없으면 [종료]를 눌러 주십시오.".to_owned(),
        Stage::Judging | Stage::Contact { .. } | Stage::Deciding { .. } | Stage::Over { .. } =>
            ask(one, msp, record).unwrap_or_default(),
    }]);
    said.push(line![format!("사건 {id}")]);
    Message { lines: said, buttons: buttons(id, one, msp) }
}

/// The names that the mail's template may use (M10, G4).
#[must_use]
pub fn mail_names(one: &Incident) -> Vec<(&'static str, String)> {
    let (account, region, at, detail) = match &one.about {
        About::Finding(found) => (
            found.account.as_ref().map(ToString::to_string),
            found.region.clone(),
            found.at,
            format!("{} (심각도 {})", found.title, severity(found.severity)),
        ),
        About::Alarms(_) => {
            let first = one.headline();
            (
                first.and_then(|ring| ring.account.as_ref()).map(ToString::to_string),
                first.map(|ring| ring.region.clone()).unwrap_or_default(),
                first.map_or(one.opened, |ring| ring.first),
                first.map(|ring| ring.reason.clone()).unwrap_or_default(),
            )
        }
    };
    vec![
        ("alarm", named(one)),
        ("account", account.unwrap_or_default()),
        ("region", region),
        ("at", at.format("%Y-%m-%d %H:%M").to_string()),
        ("detail", detail),
    ]
}

/// A press by somebody who may not.
#[must_use]
pub fn not_allowed() -> Message {
    one_line("⛔ 알람 사건은 COC만 처리할 수 있습니다. 바뀐 것은 없습니다.")
}

/// A press on an incident that is over.
#[must_use]
pub fn is_over(one: &Incident) -> Message {
    one_line(format!("⛔ {} 하실 일은 없습니다.", state(one)))
}

/// A press that does not fit where it stands.
#[must_use]
pub fn not_now(one: &Incident) -> Message {
    lines(vec![
        line![format!("⛔ 지금은 누를 수 없습니다. {} 바뀐 것은 없습니다.", state(one))],
        line!["알람 글의 지금 버튼을 봐 주십시오."],
    ])
}
