//! What people read of AWS's own services (H1 to H4).

use super::super::desk::{Desk, Room, Trouble};
use super::super::errand::Service;
use super::super::ids::{CaseId, Name};
use super::super::message::{Line, Message, Piece};
use super::super::procedures::outage::{Outage, Task, open_events};
use super::super::status::{About, Event, Item, Kind, Source, State};
use super::super::time::{Span, Time, clock};
use super::super::turn::{OutagePress, Token, lines, primary};
use super::{line, refused};
use chrono::TimeDelta;

/// So many letters of AWS's words are quoted.
const QUOTED: usize = 600;
/// And so many where several events stand below each other.
const QUOTED_IN_LIST: usize = 160;
/// What was read longer ago than this may be different by now.
const OLD: TimeDelta = TimeDelta::minutes(30);
/// So many events of one region, and of all the others together, are listed.
const LISTED: usize = 8;

fn bounded(text: &str, at_most: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= at_most {
        return text;
    }
    let head: String = text.chars().take(at_most).collect();
    format!("{}…", head.trim_end())
}

/// `서울 ec2`
fn what(desk: &Desk, about: &About) -> String {
    let region = about.region.as_deref();
    let place = desk.policy.value.feeds.told_as(region).or(region).unwrap_or("글로벌");
    format!("{place} {}", service(about))
}

/// What people call the service.
#[must_use]
pub fn service(about: &About) -> &str {
    if about.service == "multipleservices" { "여러 서비스" } else { &about.service }
}

/// How it stands, as a sentence without its end.
#[must_use]
pub const fn stands(kind: Kind) -> &'static str {
    match kind {
        Kind::Resolved => "끝났습니다",
        Kind::Information => "AWS의 안내가 있습니다",
        Kind::Impact => "서비스에 영향이 있습니다",
        Kind::Disruption => "서비스가 중단되었습니다",
    }
}

/// The same sign for the same kind.
const fn sign(kind: Kind) -> &'static str {
    match kind {
        Kind::Resolved => "✅",
        Kind::Information => "⚠️",
        Kind::Impact | Kind::Disruption => "🚨",
    }
}

fn quote(item: &Item, at_most: usize, now: Time) -> Line {
    let at = clock(item.at, now.date_naive());
    let words = if item.text.trim().is_empty() { &item.summary } else { &item.text };
    line![format!("AWS {at}: \"{}\"", bounded(words, at_most))]
}

fn dashboard(desk: &Desk) -> Line {
    line!["상태 화면: ", Piece::Link(desk.policy.value.feeds.dashboard.clone())]
}

fn lasted(event: &Event) -> String {
    let minutes = (event.last.at - event.began).num_minutes().max(1);
    Span::minutes(u32::try_from(minutes).unwrap_or(u32::MAX / 60)).korean()
}

/// The post in g (H2), as the event stands.
#[must_use]
pub fn notice(desk: &Desk, one: &Outage, now: Time) -> Message {
    let today = now.date_naive();
    let (event, what) = (&one.event, what(desk, &one.about));
    let (since, last) = (clock(event.began, today), clock(event.last.at, today));
    let mut said = match event.state {
        State::Open => {
            let (sign, stands) = (sign(event.last.kind), stands(event.last.kind));
            vec![line![format!("{sign} AWS {what}: {stands} ({since}부터).")]]
        }
        State::Resolved => vec![line![format!("✅ AWS {what}: 끝났습니다 ({since}–{last}).")]],
        State::FellSilent => vec![line![format!(
            "⏰ AWS {what}: 24시간 동안 새 소식이 없어 닫았습니다 ({since}부터)."
        )]],
    };
    if !event.last.summary.is_empty() {
        said.push(line![format!("제목: {}", bounded(&event.last.summary, 200))]);
    }
    said.push(quote(&event.last, QUOTED, now));
    if event.state == State::Open {
        said.push(line![
            "다음 소식과 종료는 이 스레드에 올립니다. 고객 문의에는 이 내용을 안내해 주십시오."
        ]);
    }
    said.push(dashboard(desk));
    lines(said)
}

/// A later update, in the thread (H2).
#[must_use]
pub fn update(item: &Item, now: Time) -> Message {
    let mut said = vec![line![format!("{}: {}.", bounded(&item.summary, 200), stands(item.kind))]];
    said.push(quote(item, QUOTED, now));
    lines(said)
}

/// An update that is older than one that was told already.
#[must_use]
pub fn late(item: &Item, now: Time) -> Message {
    let at = clock(item.at, now.date_naive());
    lines(vec![line![format!("늦게 받은 소식입니다 ({at}).")], quote(item, QUOTED, now)])
}

/// AWS changed the words of an update.
#[must_use]
pub fn mended(item: &Item, now: Time) -> Message {
    let at = clock(item.at, now.date_naive());
    lines(vec![line![format!("AWS가 {at} 소식을 고쳤습니다.")], quote(item, QUOTED, now)])
}

/// AWS says that it is over, in the thread (H2).
#[must_use]
pub fn ended(desk: &Desk, one: &Outage, now: Time) -> Message {
    let (event, what) = (&one.event, what(desk, &one.about));
    let at = clock(event.last.at, now.date_naive());
    lines(vec![
        line![format!("✅ AWS {what}: {at}에 끝났습니다 ({} 동안).", lasted(event))],
        quote(&event.last, QUOTED, now),
        line!["영향이 남은 고객이 있으면 티켓으로 접수해 주십시오."],
    ])
}

/// AWS said nothing for a day, in the thread.
#[must_use]
pub fn fell_silent(desk: &Desk, one: &Outage) -> Message {
    let what = what(desk, &one.about);
    lines(vec![
        line![format!("⏰ AWS {what}: 24시간 동안 새 소식이 없어 이 공지를 닫습니다.")],
        line!["AWS가 종료를 알린 것은 아닙니다. 상태 화면에서 확인해 주십시오."],
        dashboard(desk),
    ])
}

/// COC is asked to look at the control room's screen (H3); in n.
#[must_use]
pub fn look(desk: &Desk, id: CaseId, one: &Outage, now: Time) -> Message {
    let policy = &desk.policy.value;
    let since = clock(one.event.began, now.date_naive());
    let general = policy.channels.general.trim_start_matches('#');
    let told = if desk.room(Room::General).is_some() { general } else { "이 채널" };
    let told = if told == general { format!("#{general}") } else { told.to_owned() };
    let (sign, what) = (sign(one.event.last.kind), what(desk, &one.about));
    Message {
        lines: vec![
            line![format!("{sign} AWS {what}: 관제 화면 확인이 필요합니다 ({since}부터).")],
            line!["COC는 관제 화면을 함께 확인하고 [완료]를 눌러 주십시오."],
            line![format!("공지는 {told}에 올렸고, 끝나면 그 스레드에 알립니다.")],
        ],
        buttons: vec![primary("완료", &Token::Outage(id, OutagePress::Done))],
    }
}

/// The same post when somebody looked, or nobody has to any more.
#[must_use]
pub fn looked(desk: &Desk, one: &Outage, now: Time) -> Message {
    let what = what(desk, &one.about);
    lines(vec![match &one.task {
        Task::Done { by, at, .. } => {
            let at = clock(*at, now.date_naive());
            line![format!("✅ AWS {what}: 관제 화면을 확인했습니다 ({by}, {at}).")]
        }
        Task::Asked { .. } | Task::None => {
            line![format!(
                "AWS {what}: 공지가 닫혀 관제 화면 확인을 더 요청하지 않습니다 (확인 기록 없음)."
            )]
        }
    }])
}

/// 완료 where somebody pressed it before.
#[must_use]
pub fn looked_already(by: &Name, at: Time, now: Time) -> Message {
    let at = clock(at, now.date_naive());
    refused(
        format!("{} 님이 {at}에 이미 확인했습니다.", by),
        "바뀐 것은 없습니다. 더 하실 일은 없습니다.",
    )
}

/// Where it stands, in a few words.
#[must_use]
pub fn state(one: &Outage) -> String {
    let what =
        format!("{} {}", one.about.region.as_deref().unwrap_or("글로벌"), service(&one.about));
    let state = match one.event.state {
        State::Open => "진행 중",
        State::Resolved => "종료",
        State::FellSilent => "소식 없이 닫음",
    };
    format!("{what} {state}")
}

const fn source(source: Source) -> &'static str {
    match source {
        Source::Rss => "AWS 상태 RSS",
        Source::CurrentEvents => "AWS currentevents",
    }
}

/// How AWS is now (H4): the four regions, the others in short, whence and as of when.
#[must_use]
pub fn health(desk: &Desk, now: Time) -> Message {
    let today = now.date_naive();
    let feeds = &desk.policy.value.feeds;
    let Some(as_of) = desk.board.as_of() else {
        return lines(vec![
            line!["⚠️ AWS 상태를 아직 읽지 못했습니다."],
            line!["상태 화면에서 직접 확인해 주십시오."],
            dashboard(desk),
        ]);
    };
    let open = open_events(desk, now);
    let (told, others): (Vec<_>, Vec<_>) =
        open.into_iter().partition(|(about, _)| feeds.told_as(about.region.as_deref()).is_some());
    let head = match told.len() {
        0 => "AWS 상태: 공지 대상 리전에 알려진 문제가 없습니다".to_owned(),
        count => format!("AWS 상태: 진행 중인 문제 {count}건"),
    };
    let mut said = vec![line![format!("{head} ({} 기준).", clock(as_of, today))]];
    let silent_since = match desk.troubles.get(&Service::Feeds) {
        Some(Trouble::Since { since, .. }) => Some(*since),
        // nobody reads it any more
        Some(Trouble::Over { .. }) | None => {
            Some(as_of).filter(|as_of| now - *as_of > OLD.max(feeds.poll.delta() * 2))
        }
    };
    if let Some(since) = silent_since {
        said.push(line![format!(
            "⚠️ {}부터 피드를 읽지 못하고 있어 지금 상태와 다를 수 있습니다.",
            clock(since, today)
        )]);
    }
    let mut areas: Vec<(Option<&str>, &str)> =
        feeds.regions.iter().map(|one| (Some(one.code.as_str()), one.name.as_str())).collect();
    if told.iter().any(|(about, _)| about.region.is_none()) {
        areas.push((None, "글로벌"));
    }
    let mut quiet = Vec::new();
    for (code, name) in areas {
        let here = |about: &About| match (about.region.as_deref(), code) {
            (Some(region), Some(code)) => region.eq_ignore_ascii_case(code),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        let events: Vec<_> = told.iter().filter(|(about, _)| here(about)).collect();
        if events.is_empty() {
            quiet.push(name);
            continue;
        }
        said.push(line![format!("{name}: {}건 진행 중", events.len())]);
        for (about, event) in events.iter().take(LISTED) {
            said.push(line![format!(
                "· {}: {} ({}부터). {}",
                service(about),
                stands(event.last.kind),
                clock(event.began, today),
                bounded(&event.last.summary, 100)
            )]);
            said.push(quote(&event.last, QUOTED_IN_LIST, now));
        }
        said.extend(rest(events.len()));
    }
    if others.is_empty() {
        quiet.push("그 밖의 리전");
    } else {
        said.push(line![format!("그 밖의 리전: {}건 진행 중", others.len())]);
        said.extend(others.iter().take(LISTED).map(|(about, event)| {
            let since = clock(event.began, today);
            let region = about.region.as_deref().unwrap_or("글로벌");
            let summary = bounded(&event.last.summary, 100);
            line![format!("· {region} {} ({since}부터) {summary}", service(about))]
        }));
        said.extend(rest(others.len()));
    }
    if !quiet.is_empty() {
        said.push(line![format!("알려진 문제 없음: {}", quiet.join(", "))]);
    }
    let sources: Vec<&str> = desk.board.read.keys().map(|one| source(*one)).collect();
    said.push(line![format!("출처: {}", sources.join(", "))]);
    said.push(dashboard(desk));
    lines(said)
}

fn rest(count: usize) -> Option<Line> {
    (count > LISTED).then(|| line![format!("외 {}건", count - LISTED)])
}
