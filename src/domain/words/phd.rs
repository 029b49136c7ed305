//! What people read of AWS Health events (P2 to P5) and of the daily look at them (P1).

use super::super::aws::HealthEvent;
use super::super::desk::Desk;
use super::super::ids::{CaseId, Name};
use super::super::mail::Email;
use super::super::message::{Button, Line, Message, Piece};
use super::super::policy::HealthCategory;
use super::super::procedures::phd::{Call, Check, Event, Mail, Matter, Phd, Task, open_events};
use super::super::time::{Time, clock};
use super::super::turn::{PhdPress, Token, button, lines, one_line, primary};
use super::{bracketed, lateness, line};

/// How much of AWS's own words a post shows, in letters; the mail bears all of it.
const SHOWN: usize = 500;
/// How many accounts and resources a post names.
const NAMED: usize = 5;
/// How many resources a mail names.
const NAMED_IN_MAIL: usize = 50;
/// How many events the daily look lists.
const LISTED: usize = 20;

/// What the case is.
#[must_use]
pub const fn title(phd: &Phd) -> &'static str {
    match phd.matter {
        Matter::Event(_) => "PHD",
        Matter::Check(_) => "PHD 확인",
    }
}

/// Where it stands, in a few words.
#[must_use]
pub fn state(phd: &Phd) -> String {
    match &phd.matter {
        Matter::Check(check) => match (&check.by, phd.over) {
            (Some(by), _) => format!("{} 확인", by.polite()),
            (None, Some(_)) => "답 없이 지나감".to_owned(),
            (None, None) => "확인 대기".to_owned(),
        },
        Matter::Event(event) => {
            let what = short(&event.latest);
            match phd.over {
                Some(_) if phd.customer.is_empty() => format!("{what}: 확인하고 닫음"),
                Some(_) => format!("{what}: 전파 완료"),
                None if phd.home().is_none() => format!("{what}: 나머지 쪽을 기다리는 중"),
                None if phd.customer.is_empty() => format!("{what}: 고객사 확인"),
                None => format!("{what}: {}", still_to_do(event)),
            }
        }
    }
}

/// The category in Korean.
fn category(event: &HealthEvent) -> &str {
    match HealthCategory::named(&event.category) {
        Some(HealthCategory::Issue) => "장애",
        Some(HealthCategory::ScheduledChange) => "예정된 변경",
        Some(HealthCategory::AccountNotification) => "계정 알림",
        Some(HealthCategory::Investigation) => "조사",
        None => &event.category,
    }
}

/// The status in Korean.
fn status(read: &str) -> String {
    match read {
        "open" => "진행 중".to_owned(),
        "upcoming" => "예정".to_owned(),
        "closed" => "종료".to_owned(),
        "" => "알 수 없음".to_owned(),
        other => other.to_owned(),
    }
}

fn day(at: Option<Time>) -> String {
    at.map_or_else(|| "미정".to_owned(), |at| at.format("%Y-%m-%d %H:%M").to_string())
}

/// `EC2 예정된 변경`
fn short(event: &HealthEvent) -> String {
    let service = if event.service.is_empty() { "AWS" } else { &event.service };
    format!("{service} {}", category(event))
}

/// `EC2 예정된 변경 · ap-northeast-2 · 시작 2026-08-27 22:19`
fn in_short(event: &HealthEvent) -> String {
    format!("{} · {} · 시작 {}", short(event), region(event), day(event.start))
}

fn region(event: &HealthEvent) -> &str {
    if event.region.is_empty() { "리전 미정" } else { &event.region }
}

fn cut(text: &str, most: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match flat.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &flat[..end]),
        None => flat,
    }
}

fn first_of(all: &[String], most: usize) -> String {
    let shown = all.iter().take(most).cloned().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} 외 {more}개"),
    }
}

fn accounts(event: &Event) -> Vec<String> {
    let name = |account: &Option<_>| match account {
        Some(account) => format!("{account}"),
        None => "미확인".to_owned(),
    };
    event.accounts.iter().map(|one| name(&one.account)).collect()
}

fn resources(event: &Event) -> Vec<String> {
    event.accounts.iter().flat_map(|one| one.resources.iter().cloned()).collect()
}

/// The last part of an ARN is what people call a thing by.
fn bare(resource: &str) -> String {
    if !resource.starts_with("arn:") {
        return resource.to_owned();
    }
    resource.rsplit(['/', ':']).next().unwrap_or(resource).to_owned()
}

fn still_to_do(event: &Event) -> String {
    let mut left: Vec<String> = Vec::new();
    for task in event.left() {
        left.push(match (task, &event.call) {
            (Task::Mail, _) if event.edition > 1 && event.mail != Mail::Due => {
                "메일 다시 발송".to_owned()
            }
            (Task::Mail, _) => "메일 발송".to_owned(),
            (Task::Call, Call::Due { absent }) if *absent > 0 => {
                format!("고객 통화 (부재 {absent}회)")
            }
            (Task::Call, _) => "고객 통화".to_owned(),
        });
    }
    if left.is_empty() {
        if event.is_sending() { "메일을 보내는 중" } else { "없음" }.to_owned()
    } else {
        left.join(", ")
    }
}

/// What AWS says, for the posts that show it.
fn about(event: &HealthEvent) -> Vec<Line> {
    let mut said = vec![
        line![format!("{} · AWS 상태: {}", event.code, status(&event.status))],
        line![format!("시작: {} · 종료: {}", day(event.start), day(event.end))],
    ];
    if !event.description.is_empty() {
        said.push(line![format!("내용: {}", cut(&event.description, SHOWN))]);
    }
    if event.status != "closed" && event.description.contains("[RESOLVED]") {
        said.push(line!["⚠️ AWS의 글에는 [RESOLVED]가 있습니다. 상태는 아직 종료가 아닙니다."]);
    }
    said
}

/// The card of an event, as it is now.
#[must_use]
pub fn card(desk: &Desk, id: CaseId, phd: &Phd, now: Time) -> Message {
    match &phd.matter {
        Matter::Event(event) if phd.customer.is_empty() => stray_card(id, phd, event),
        Matter::Event(event) => customer_card(desk, id, phd, event, now),
        Matter::Check(check) => answered(check, phd.over, now),
    }
}

fn customer_card(desk: &Desk, id: CaseId, phd: &Phd, event: &Event, now: Time) -> Message {
    let latest = &event.latest;
    let what = format!("{} ({})", short(latest), region(latest));
    let mut said: Vec<Line> = vec![match (phd.over, event.phoned) {
        (Some(_), _) => vec![
            "✅ ".into(),
            bracketed(&phd.customer),
            format!("PHD 전파를 마쳤습니다: {what}").into(),
        ],
        (None, true) => vec![
            "🚨 ".into(),
            bracketed(&phd.customer),
            format!("PHD 주요 알림입니다: {what}").into(),
        ],
        (None, false) => {
            vec!["✉️ ".into(), bracketed(&phd.customer), format!("PHD 알림입니다: {what}").into()]
        }
    }];
    let record = desk.customers.value.find(&phd.customer);
    if let Some(comment) = record.map(|one| &one.comment).filter(|text| !text.is_empty()) {
        said.push(line![format!("고객사 협의 사항: {comment}")]);
    }
    said.push(line![format!("계정: {}", first_of(&accounts(event), NAMED))]);
    said.extend(about(latest));
    said.extend(named_resources(event));
    let to = record.map(|one| one.emails.join(", ")).unwrap_or_default();
    let phones = record.map(|one| one.phones.join(", ")).unwrap_or_default();
    let by_hand = !desk.presence.adapters.mail;
    said.push(line![format!("1. 메일: {}", mail_task(event, &to, by_hand, now))]);
    let call = call_task(event, &phones, phd.is_open(), now);
    said.push(line![format!("2. 고객 통화: {call}")]);
    let token = |press| Token::Phd(id, press);
    let mut buttons: Vec<Button> = Vec::new();
    if event.left().contains(&Task::Mail) && !event.is_sending() {
        buttons.push(primary("메일 발송", &token(PhdPress::Mail)));
    }
    let connected = matches!(event.call, Call::Connected { .. });
    if phd.over.is_none() && !connected {
        buttons.push(button("연결됨", &token(PhdPress::Connected)));
        buttons.push(button("부재", &token(PhdPress::Absent)));
    }
    Message { lines: said, buttons }
}

fn named_resources(event: &Event) -> Option<Line> {
    let names: Vec<String> = resources(event).iter().map(|one| bare(one)).collect();
    let missing = match event.missing_pages() {
        0 => String::new(),
        missing => format!(" ({missing}쪽이 아직 오지 않았습니다. 오면 더합니다)"),
    };
    if names.is_empty() && missing.is_empty() {
        return None;
    }
    let shown = if names.is_empty() { "없음".to_owned() } else { first_of(&names, NAMED) };
    Some(line![format!("대상: {shown}{missing}")])
}

fn mail_task(event: &Event, to: &str, by_hand: bool, now: Time) -> String {
    let today = now.date_naive();
    let how = match (to, by_hand) {
        ("", _) => "고객 기록에 메일 주소가 없습니다. 주소를 넣은 뒤 [메일 발송]을 눌러 주십시오."
            .to_owned(),
        (to, true) => format!(
            "메일 서버가 설정되어 있지 않습니다. 스레드의 글을 직접 보낸 뒤 [메일 발송]을 눌러 주십시오 ({to})."
        ),
        (to, false) => format!("[메일 발송]을 누르면 나갑니다 ({to})."),
    };
    match &event.mail {
        Mail::Due => how,
        Mail::Sending { by, .. } => format!("보내고 있습니다 ({by})."),
        Mail::Sent { at, by, edition } if *edition < event.edition => {
            format!("새 내용을 다시 보내야 합니다 (지난 발송: {by}, {}). {how}", clock(*at, today))
        }
        Mail::Sent { at, by, .. } => format!("보냄 ({by}, {}).", clock(*at, today)),
    }
}

fn call_task(event: &Event, phones: &str, open: bool, now: Time) -> String {
    let number =
        if phones.is_empty() { "고객 기록에 전화번호가 없습니다" } else { phones };
    let tried = |absent: u32| {
        if absent > 0 { format!(" (부재 {absent}회)") } else { String::new() }
    };
    match &event.call {
        Call::NotNeeded { .. } if !open => "필수가 아닙니다.".to_owned(),
        Call::NotNeeded { absent } => {
            format!("필수가 아닙니다. 하셨으면 [연결됨]으로 남겨 주십시오.{}", tried(*absent))
        }
        Call::Due { absent } => {
            format!("{number}. 통화한 뒤 [연결됨]이나 [부재]를 눌러 주십시오.{}", tried(*absent))
        }
        Call::Connected { at, by } => format!("연결됨 ({by}, {}).", clock(*at, now.date_naive())),
    }
}

/// An event of an account that is on no record.
fn stray_card(id: CaseId, phd: &Phd, event: &Event) -> Message {
    let latest = &event.latest;
    let mut said: Vec<Line> = vec![line![format!(
        "⚠️ [고객사 미확인] PHD 알림입니다: {} ({})",
        short(latest),
        region(latest)
    )]];
    said.push(line![format!("계정: {}", first_of(&accounts(event), NAMED))]);
    said.extend(about(latest));
    said.extend(named_resources(event));
    if phd.over.is_some() {
        said.push(line!["COC가 확인하고 닫았습니다."]);
        return lines(said);
    }
    if event.accounts.iter().all(|one| one.account.is_none()) {
        said.push(line![
            "AWS가 계정을 적지 않았습니다. 어느 고객사인지 AWS Health에서 확인해 주십시오."
        ]);
    } else {
        said.push(line!["이 계정은 고객 기록에 없습니다. 어느 고객사인지 확인해 주십시오."]);
        said.push(line!["고객 기록에 계정을 넣으면 그 고객의 알림으로 이어집니다."]);
    }
    said.push(line!["기록할 고객이 아니면 전파 여부를 확인한 뒤 [완료]를 눌러 주십시오."]);
    Message { lines: said, buttons: vec![button("완료", &Token::Phd(id, PhdPress::Done))] }
}

fn headed(customer: &str, emoji: &str, text: impl Into<String>) -> Line {
    vec![format!("{emoji} ").into(), bracketed(customer), Piece::Text(text.into())]
}

fn remaining(event: &Event) -> Line {
    match event.left().as_slice() {
        [] if event.is_sending() => line!["메일을 보내고 있습니다. 끝나면 알려 드립니다."],
        [] => line!["고객에게 모두 전파했습니다. 하실 일은 없습니다. 새 알림이 오면 다시 엽니다."],
        [_, ..] => line![format!("남은 일: {}.", still_to_do(event))],
    }
}

/// AWS said something new, or named another account.
#[must_use]
pub fn news(customer: &str, event: &Event, is_news: bool) -> Message {
    let latest = &event.latest;
    let mut said = Vec::new();
    if is_news {
        let (before, after) = (status(&event.shown_status), status(&latest.status));
        let moved = if before == after { after } else { format!("{before} → {after}") };
        said.push(headed(customer, "✉️", format!("AWS가 새 알림을 보냈습니다. 상태: {moved}")));
        said.extend(about(latest));
    } else {
        said.push(headed(customer, "✉️", "같은 알림에 새 계정이나 대상이 더해졌습니다."));
        said.push(line![format!("계정: {}", first_of(&accounts(event), NAMED))]);
    }
    said.push(line![
        "고객에게 메일로 다시 안내해야 합니다. 위 알림 글에서 [메일 발송]을 눌러 주십시오."
    ]);
    lines(said)
}

/// The mail as people are to send it.
#[must_use]
pub fn by_hand(mail: &Email) -> Message {
    let mut said = vec![
        line!["✉️ 직접 보내실 메일입니다. 보낸 뒤 위 알림 글에서 [메일 발송]을 눌러 주십시오."],
        line![format!("받는 사람: {}", mail.to.join(", "))],
        line![format!("제목: {}", mail.subject)],
    ];
    said.extend(mail.text.lines().map(|text| line![text]));
    lines(said)
}

/// The mail is sent.
#[must_use]
pub fn mailed(customer: &str, event: &Event, by: &Name, by_hand: bool, now: Time) -> Message {
    let how = if by_hand { "직접 보낸 것으로 남겼습니다" } else { "보냈습니다" };
    let at = clock(now, now.date_naive());
    lines(vec![
        headed(customer, "✅", format!("PHD 안내 메일을 {how} ({by}, {at}).")),
        remaining(event),
    ])
}

/// The mail could not be sent.
#[must_use]
pub fn returned(customer: &str, why: &str) -> Message {
    lines(vec![
        headed(customer, "⛔", format!("PHD 안내 메일을 보내지 못했습니다: {why}")),
        line![
            "메일 서버와 고객 기록의 주소를 확인한 뒤 알림 글에서 [메일 발송]을 다시 눌러 주십시오."
        ],
    ])
}

/// The customer was told on the telephone.
#[must_use]
pub fn phoned(customer: &str, event: &Event, by: &Name, now: Time) -> Message {
    let at = clock(now, now.date_naive());
    lines(vec![
        headed(customer, "☎️", format!("고객 담당자와 통화했습니다 ({by} 기록, {at}).")),
        remaining(event),
    ])
}

/// Nobody was reached.
#[must_use]
pub fn absent(customer: &str, event: &Event, by: &Name, now: Time, next: Option<Time>) -> Message {
    let today = now.date_naive();
    let times = match event.call {
        Call::Due { absent } | Call::NotNeeded { absent } => absent,
        Call::Connected { .. } => 0,
    };
    let mut said = vec![headed(
        customer,
        "☎️",
        format!("고객 담당자 부재 {times}회째입니다 ({by} 기록, {}).", clock(now, today)),
    )];
    said.push(remaining(event));
    if let Some(next) = next {
        said.push(line![format!(
            "통화할 때까지 열어 둡니다. {}에 다시 알립니다.",
            clock(next, today)
        )]);
    }
    lines(said)
}

/// A customer who was not told yet.
#[must_use]
pub fn chase(id: CaseId, customer: &str, event: &Event, now: Time, next: Option<Time>) -> Message {
    let today = now.date_naive();
    let what = if customer.is_empty() { "고객사 확인".to_owned() } else { still_to_do(event) };
    let mut said = vec![
        headed(customer, "⏰", format!("PHD 전파가 남았습니다 (사건 {id}): {what}")),
        line![in_short(&event.latest)],
    ];
    let next =
        next.map_or_else(String::new, |next| format!(" {}에 다시 알립니다.", clock(next, today)));
    said.push(line![format!("COC는 이 사건의 알림 글에서 처리해 주십시오.{next}")]);
    lines(said)
}

/// The post in n after the call of an event that is phoned (P4).
#[must_use]
pub fn propagated(customer: &str, event: &Event, by: &Name, now: Time) -> Message {
    let at = clock(now, now.date_naive());
    let mut said = vec![headed(
        customer,
        "☎️",
        format!("PHD 주요 알림을 고객 담당자에게 전화로 전파했습니다 ({by}, {at})."),
    )];
    said.push(line![in_short(&event.latest)]);
    said.push(line![event.latest.code.clone()]);
    said.push(remaining(event));
    lines(said)
}

/// The announcement of an open issue in g (P5, reading 26). `again`: another customer of an event that stands there already.
#[must_use]
pub fn open_issue(desk: &Desk, customer: &str, event: &Event, again: bool) -> Message {
    let latest = &event.latest;
    let head = if again {
        "같은 AWS 장애의 대상 고객입니다"
    } else {
        "AWS 장애(open issue)입니다"
    };
    let mut said =
        vec![headed(customer, "🚨", format!("{head}: {} · {}", short(latest), region(latest)))];
    said.push(line![format!("계정: {}", first_of(&accounts(event), NAMED))]);
    if !again {
        said.extend(about(latest));
    }
    let csr = desk.customers.value.find(customer).and_then(|one| one.csr.clone());
    let mut owner: Line = vec!["담당 CSR: ".into()];
    match csr {
        Some(name) => owner.push(desk.mention(&name)),
        None => {
            owner.push("기록에 없습니다. ".into());
            owner.extend(desk.mention_group(&desk.policy.value.groups.csr));
        }
    }
    said.push(owner);
    said.push(line!["고객에게는 COC가 메일과 전화로 전파합니다. 종료되면 이 스레드에 알립니다."]);
    lines(said)
}

/// AWS says that the issue is over.
#[must_use]
pub fn issue_over(event: &HealthEvent, now: Time) -> Message {
    let at = clock(now, now.date_naive());
    let mut said = vec![line![format!(
        "✅ AWS가 장애 종료를 알렸습니다 ({at}): {} · {}",
        short(event),
        region(event)
    )]];
    if event.end.is_some() {
        said.push(line![format!("종료: {}", day(event.end))]);
    }
    said.push(line!["고객에게는 COC가 종료를 메일로 안내합니다. 하실 일은 없습니다."]);
    lines(said)
}

/// g is not there.
#[must_use]
pub fn no_general(customer: &str) -> Message {
    lines(vec![
        headed(customer, "⚠️", "#general에 장애를 알리지 못했습니다. 봇이 그 채널에 없습니다."),
        line!["COC가 직접 알려 주십시오."],
    ])
}

/// Whose an account is, is known by now.
#[must_use]
pub fn found(customer: &str) -> Message {
    lines(vec![
        headed(customer, "✅", "고객 기록에서 이 계정의 고객사를 찾았습니다."),
        line!["알림 글의 순서대로 고객에게 전파해 주십시오."],
    ])
}

/// A press of 메일 발송 on a mail that is sent or under way.
#[must_use]
pub fn mailed_already(mail: &Mail, now: Time) -> Message {
    let today = now.date_naive();
    one_line(match mail {
        Mail::Due => "⛔ 보낼 메일이 없습니다. 하실 일은 없습니다.".to_owned(),
        Mail::Sending { by, .. } => {
            format!("⛔ {}이 이미 보내고 있습니다. 끝나면 스레드에 알립니다.", by.polite())
        }
        Mail::Sent { at, by, .. } => format!(
            "⛔ {}이 {}에 이미 보냈습니다. 하실 일은 없습니다.",
            by.polite(),
            clock(*at, today)
        ),
    })
}

/// A press of 연결됨 or 부재 after the call.
#[must_use]
pub fn phoned_already(by: &Name, at: Time, now: Time) -> Message {
    one_line(format!(
        "⛔ {}이 {}에 이미 연결됨으로 남겼습니다. 바뀐 것은 없습니다.",
        by.polite(),
        clock(at, now.date_naive())
    ))
}

/// A press of 완료 on what is over.
#[must_use]
pub fn done_already(by: Option<&Name>, at: Time, now: Time) -> Message {
    let at = clock(at, now.date_naive());
    one_line(match by {
        Some(by) => format!("⛔ {}이 {at}에 이미 확인했습니다. 하실 일은 없습니다.", by.polite()),
        None => format!("⛔ {at}에 이미 닫혔습니다. 최신 PHD 확인 글에서 눌러 주십시오."),
    })
}

/// Nobody knows whose it is.
#[must_use]
pub fn whose() -> Message {
    one_line(
        "⛔ 이 계정의 고객사를 모릅니다. 고객 기록에 계정을 넣은 뒤 다시 눌러 주십시오. 바뀐 것은 없습니다.",
    )
}

/// No address is on record.
#[must_use]
pub fn no_address(customer: &str) -> Message {
    lines(vec![
        headed(customer, "⛔", "고객 기록에 메일 주소가 없습니다. 보낸 것은 없습니다."),
        line!["고객 기록의 emails에 주소를 넣은 뒤 [메일 발송]을 다시 눌러 주십시오."],
    ])
}

/// What the mail's template is filled with, beside company and customer.
#[must_use]
pub fn mail_names(event: &Event) -> Vec<(&'static str, String)> {
    let latest = &event.latest;
    let named = first_of(&resources(event), NAMED_IN_MAIL);
    let named = if named.is_empty() { "해당 없음".to_owned() } else { named };
    vec![
        ("service", latest.service.clone()),
        ("event", latest.code.clone()),
        ("account", accounts(event).join(", ")),
        ("region", region(latest).to_owned()),
        ("status", status(&latest.status)),
        ("start", day(latest.start)),
        ("end", day(latest.end)),
        ("resources", named),
        ("description", latest.description.clone()),
    ]
}

/// What the daily look says of those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// How many days nobody was asked, for the desk was away.
    pub skipped: u32,
    /// Whether the one before was not answered.
    pub unanswered: bool,
}

/// The daily look (P1).
#[must_use]
pub fn check(desk: &Desk, id: CaseId, check: &Check, missed: &Missed, now: Time) -> Message {
    let today = now.date_naive();
    let late = lateness(desk, check.due, now);
    let mut said = vec![line![format!(
        "⏰ {late}PHD 확인 시간입니다 ({}).",
        check.due.format("%-m/%-d %H:%M")
    )]];
    if missed.unanswered {
        said.push(line!["⚠️ 지난 PHD 확인은 답 없이 지나갔습니다."]);
    }
    if missed.skipped > 0 {
        said.push(line![format!(
            "⚠️ 멈춰 있던 동안 PHD 확인 {}번을 묻지 못했습니다.",
            missed.skipped
        )]);
    }
    let (left, going) = open_events(desk, now);
    if left.is_empty() && going.is_empty() {
        said.push(line!["봇이 아는 진행 중인 PHD 알림은 없습니다."]);
    }
    if !left.is_empty() {
        said.push(line![format!("고객 전파가 남은 알림 {}건:", left.len())]);
        said.extend(
            left.iter()
                .take(LISTED)
                .map(|(id, phd)| line![format!("· {id} "), bracketed(&phd.customer), state(phd)]),
        );
        said.extend(more(left.len()));
    }
    if !going.is_empty() {
        said.push(line![format!("전파를 마쳤고 AWS에서 끝나지 않은 알림 {}건:", going.len())]);
        let listed = going.iter().take(LISTED).filter_map(|(id, phd)| match &phd.matter {
            Matter::Event(event) => {
                Some(line![format!("· {id} "), bracketed(&phd.customer), in_short(&event.latest)])
            }
            Matter::Check(_) => None,
        });
        said.extend(listed);
        said.extend(more(going.len()));
    }
    said.push(line!["COC는 AWS Health에 새 알림이 없는지 본 뒤 [완료]를 눌러 주십시오."]);
    let again = now + desk.policy.value.phd.chase_after.delta();
    said.push(line![format!("{}까지 답이 없으면 다시 알립니다.", clock(again, today))]);
    Message { lines: said, buttons: vec![primary("완료", &Token::Phd(id, PhdPress::Done))] }
}

fn more(all: usize) -> Option<Line> {
    (all > LISTED).then(|| line![format!("외 {}건: /coc cases", all - LISTED)])
}

/// The daily look when it is over.
fn answered(check: &Check, over: Option<Time>, now: Time) -> Message {
    let due = check.due.format("%-m/%-d %H:%M");
    one_line(match (&check.by, over) {
        (Some(by), at) => {
            let at = clock(at.unwrap_or(now), now.date_naive());
            format!("✅ {due} PHD 확인을 마쳤습니다 ({by}, {at}).")
        }
        (None, _) => {
            format!("⚠️ {due} PHD 확인은 답 없이 지나갔습니다. 새 확인 글에서 답해 주십시오.")
        }
    })
}

/// The daily look is asked for again.
#[must_use]
pub fn asked_again(check: &Check, now: Time, next: Option<Time>) -> Message {
    let today = now.date_naive();
    let next = next.map_or_else(String::new, |next| {
        format!(" {}까지 답이 없으면 다시 알립니다.", clock(next, today))
    });
    lines(vec![
        line![format!("⏰ PHD 확인이 아직입니다 ({} 예정).", clock(check.due, today))],
        line![format!("COC는 위 글의 [완료]를 눌러 주십시오.{next}")],
    ])
}

/// 완료 was pressed.
#[must_use]
pub fn done(phd: &Phd, by: &Name, now: Time) -> Message {
    let at = clock(now, now.date_naive());
    one_line(match phd.matter {
        Matter::Check(_) => format!("✅ {}이 PHD를 확인했습니다 ({at}).", by.polite()),
        Matter::Event(_) => format!(
            "✅ {}이 확인하고 닫았습니다 ({at}). 같은 알림에 새 내용이 오면 다시 엽니다.",
            by.polite()
        ),
    })
}

/// For the story: a communication came.
#[must_use]
pub fn noted(event: &HealthEvent) -> String {
    format!("AWS 알림: {} ({})", in_short(event), status(&event.status))
}

/// For the story: whose the account is.
#[must_use]
pub fn found_note(customer: &str) -> String {
    format!("고객 기록에서 찾음: {customer}")
}

/// For the story: 메일 발송 was pressed.
#[must_use]
pub fn mailing_note(to: &[String]) -> String {
    format!("메일 발송 누름: {}", to.join(", "))
}

/// For the story: the mail is sent.
#[must_use]
pub fn mailed_note(by_hand: bool) -> String {
    if by_hand { "메일을 직접 보냄" } else { "메일 발송됨" }.to_owned()
}

/// For the story: the mail could not be sent.
#[must_use]
pub fn returned_note(why: &str) -> String {
    format!("메일 발송 실패: {why}")
}

/// For the story: the customer was told on the telephone.
#[must_use]
pub fn phoned_note() -> String {
    "고객 통화: 연결됨".to_owned()
}

/// For the story: nobody was reached.
#[must_use]
pub fn absent_note() -> String {
    "고객 통화: 부재".to_owned()
}

/// For the story: 완료 was pressed.
#[must_use]
pub fn done_note(phd: &Phd) -> String {
    match phd.matter {
        Matter::Check(_) => "PHD 확인",
        Matter::Event(_) => "고객 기록에 없는 계정: 확인하고 닫음",
    }
    .to_owned()
}

/// For the story: nobody answered until the next one.
#[must_use]
pub fn missed_note() -> String {
    "다음 확인까지 답이 없었음".to_owned()
}
