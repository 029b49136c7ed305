//! What the board shows, as plain data: a pure function of the desk and the time.
//!
//! Names of people stand on the screen, their telephone numbers and the customers' addresses do not ([`discreet`]).

use crate::domain::calendar::Calendar;
use crate::domain::case::{Case, Note, Procedure};
use crate::domain::change::Chore;
use crate::domain::desk::{Desk, Room, Trouble};
use crate::domain::errand::{ErrandKind, Service};
use crate::domain::ids::CaseId;
use crate::domain::message::{Line, Piece, plain_line};
use crate::domain::procedures::assignment::choose;
use crate::domain::procedures::outage::open_events;
use crate::domain::procedures::reports::ReportKind;
use crate::domain::readings::Spot;
use crate::domain::time::{Time, clock};
use crate::domain::words;
use crate::domain::words::ladders::{Step, StepIs, steps};
use chrono::TimeDelta;
use regex::Regex;
use serde::Serialize;
use std::sync::LazyLock;

/// So many cases stand on the screen; the rest is counted.
const CASES: usize = 12;
/// So many of those who come next in a case.
const NEXT: usize = 3;
/// So many of those who were reached, the last ones.
const OVER: usize = 4;
/// So many due times.
const WAKES: usize = 8;
/// So many of those who come next for General tickets.
const GENERAL: usize = 6;
/// How far ahead absences are told.
const AHEAD: TimeDelta = TimeDelta::days(14);
/// So many absences.
const ABSENCES: usize = 8;
/// How far back the rooms' cases are looked at.
const ROOMS_BACK: TimeDelta = TimeDelta::hours(24);
/// So many of them.
const ROOMS: usize = 4;
/// So many cases back the last alarm is looked for.
const ALARMS_BACK: usize = 2_000;
/// What was read of AWS longer ago than this may be different by now.
const OLD: TimeDelta = TimeDelta::minutes(30);
/// How long a pause is told of.
const PAUSE_TOLD: TimeDelta = TimeDelta::hours(12);
/// What is owed for longer than this is held up.
const HELD_UP: TimeDelta = TimeDelta::minutes(2);

/// What the bot knows of itself besides the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vitals {
    /// Slack's line is up and the journal is written.
    pub ready: bool,
}

/// Everything on the board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoardView {
    /// The day, for people.
    pub day: String,
    /// What kind of time it is: 업무 시간, 점심시간, 업무 외 시간.
    pub hours: &'static str,
    /// One line that says the most important thing.
    pub headline: String,
    /// The open cases, the next due first.
    pub cases: Vec<CaseRow>,
    /// How many more there are.
    pub more: usize,
    /// What falls due next.
    pub wakes: Vec<WakeRow>,
    /// Who is next for a General ticket (A2).
    pub general: General,
    /// Who is away now, or soon.
    pub absences: Vec<Away>,
    /// AWS's own services (H2).
    pub aws: Aws,
    /// The rooms (F).
    pub rooms: Vec<Seen>,
    /// The last alarm, and the last one that called nobody.
    pub alarms: Vec<Seen>,
    /// How the bot itself is doing, the worst first.
    pub health: Vec<Condition>,
}

/// A due time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// In milliseconds since 1970, for the countdown.
    pub at: i64,
    /// As people read it.
    pub clock: String,
    /// What for.
    pub why: String,
}

impl Due {
    fn new(at: Time, why: &str, now: Time) -> Self {
        let clock = clock(at, now.date_naive());
        Self { at: at.timestamp_millis(), clock, why: why.to_owned() }
    }
}

/// A case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseRow {
    /// Its number.
    pub id: CaseId,
    /// As people read it.
    pub number: String,
    /// What it is, and whose.
    pub title: String,
    /// How it stands.
    pub state: String,
    /// When it began.
    pub since: String,
    /// What comes next.
    pub due: Option<Due>,
    /// Its people: the last that were reached, whose turn it is, who is next.
    pub people: Vec<Step>,
    /// How many more come after those.
    pub after: usize,
    /// Its thread in Slack.
    pub slack: Option<String>,
    /// Somebody is being reached right now.
    pub calling: bool,
}

/// Something that falls due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WakeRow {
    /// When, and what for.
    pub due: Due,
    /// The case; `None`: the desk's own.
    pub case: Option<CaseId>,
    /// What the case is.
    pub title: String,
}

/// Who is next for a General ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct General {
    /// In order.
    pub order: Vec<NextUp>,
    /// How many more.
    pub more: usize,
    /// Who is passed over, and why.
    pub skipped: Vec<NextUp>,
    /// As of when the tickets were counted.
    pub basis: Option<String>,
}

/// Somebody of the General list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NextUp {
    /// Who.
    pub who: String,
    /// How many tickets, or why not.
    pub note: String,
}

/// Somebody who is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Away {
    /// Who.
    pub who: String,
    /// How long, and why.
    pub note: String,
    /// Whether it has begun.
    pub now: bool,
}

/// AWS's own services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Aws {
    /// The regions whose events are told, in the policy's order; last those of no region, where one goes on.
    pub regions: Vec<Region>,
    /// As of when; `None`: not read yet.
    pub as_of: Option<String>,
    /// Why it may be different by now.
    pub doubt: Option<String>,
}

/// A region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Region {
    /// What people call it.
    pub name: String,
    /// How it is.
    pub level: Level,
    /// In words.
    pub says: String,
}

/// Something with a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// When.
    pub at: String,
    /// What.
    pub what: String,
    /// How it stands.
    pub state: String,
    /// Its case.
    pub case: Option<CaseId>,
}

/// How good or bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Somebody has to do something.
    Bad,
    /// Somebody should know.
    Doubt,
    /// All is well.
    Fine,
}

/// How something of the bot is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// How good or bad.
    pub level: Level,
    /// In words.
    pub says: String,
}

/// A case's whole story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Story {
    /// Its number.
    pub id: CaseId,
    /// As people read it.
    pub number: String,
    /// What it is, and whose.
    pub title: String,
    /// How it stands.
    pub state: String,
    /// When it began.
    pub since: String,
    /// Whether something is still to come.
    pub open: bool,
    /// What comes next.
    pub due: Option<Due>,
    /// Why each person was chosen or passed over.
    pub chosen: Vec<Vec<Part>>,
    /// Everything that happened.
    pub notes: Vec<Told>,
    /// Its thread in Slack.
    pub slack: Option<String>,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The words.
    pub text: String,
    /// Where they lead.
    pub href: Option<String>,
}

/// A line of a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// When.
    pub at: String,
    /// Who did it.
    pub by: Option<String>,
    /// What.
    pub what: String,
}

static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // a number stands apart from other letters of ASCII; Korean particles follow it without a gap
    let number = [
        r"\+82[-. ]?\d{1,2}[-. ]?\d{3,4}[-. ]?\d{4}(?-u:\b)",
        r"(?-u:\b)0\d{1,2}[-. )]+\d{3,4}[-. ]\d{4}(?-u:\b)",
        r"(?-u:\b)01\d{8,9}(?-u:\b)",
        r"(?-u:\b)1[568]\d\d-\d{4}(?-u:\b)",
    ];
    Regex::new(&number.join("|")).ok()
});
static ADDRESS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+").ok());

/// The text without telephone numbers and mail addresses: whoever passes the screen reads it.
#[must_use]
pub fn discreet(text: &str) -> String {
    let hidden = |pattern: &Option<Regex>, text: &str, word: &str| match pattern {
        Some(pattern) => pattern.replace_all(text, word).into_owned(),
        // a pattern that does not compile lets nothing through
        None => String::new(),
    };
    hidden(&ADDRESS, &hidden(&NUMBER, text, "(전화번호)"), "(메일 주소)")
}

/// The board at `now`.
#[must_use]
pub fn board(desk: &Desk, vitals: Vitals, now: Time) -> BoardView {
    let mut open: Vec<&Case> = desk.open_cases().collect();
    let due = |case: &Case| case.procedure.wake(&desk.policy.value);
    open.sort_by_key(|case| {
        let at = due(case);
        (at.is_none(), at, case.id)
    });
    let cases: Vec<CaseRow> = open.iter().take(CASES).map(|case| row(desk, case, now)).collect();
    let calling = open.iter().filter(|case| is_calling(case)).count();
    BoardView {
        day: day(now),
        hours: hours(&desk.calendar(), desk, now),
        headline: headline(open.len(), calling),
        more: open.len().saturating_sub(cases.len()),
        cases,
        wakes: wakes(desk, now),
        general: general(desk, now),
        absences: absences(desk, now),
        aws: aws(desk, now),
        rooms: rooms(desk, now),
        alarms: alarms(desk, now),
        health: health(desk, vitals, now),
    }
}

fn headline(open: usize, calling: usize) -> String {
    match (open, calling) {
        (0, _) => "진행 중인 사건이 없습니다".to_owned(),
        (open, 0) => format!("진행 중 {open}건"),
        (open, calling) => format!("진행 중 {open}건 · 호출 중 {calling}건"),
    }
}

fn day(now: Time) -> String {
    use chrono::Datelike;
    let weekday = ["월", "화", "수", "목", "금", "토", "일"];
    let nth = usize::try_from(now.weekday().num_days_from_monday()).unwrap_or_default();
    format!(
        "{} ({})",
        now.format("%Y년 %-m월 %-d일"),
        weekday.get(nth).copied().unwrap_or_default()
    )
}

fn hours(calendar: &Calendar, desk: &Desk, now: Time) -> &'static str {
    let hours = &desk.policy.value.hours;
    let time = now.time();
    if !calendar.is_business_day(now.date_naive()) || time < hours.open || time >= hours.close {
        "업무 외 시간"
    } else if time >= hours.lunch_from && time < hours.lunch_to {
        "점심시간"
    } else {
        "업무 시간"
    }
}

fn is_calling(case: &Case) -> bool {
    case.procedure.ladder().is_some_and(|ladder| ladder.rung().is_some())
}

fn row(desk: &Desk, case: &Case, now: Time) -> CaseRow {
    let (people, after) = people(steps(desk, case, now));
    let due = case.procedure.wake(&desk.policy.value);
    CaseRow {
        id: case.id,
        number: case.id.to_string(),
        title: discreet(&words::cases::title(&case.procedure)),
        state: discreet(&words::cases::state(&case.procedure)),
        since: clock(case.opened, now.date_naive()),
        due: due.map(|at| Due::new(at, words::cases::next_is(&case.procedure), now)),
        people,
        after,
        slack: desk.thread_of(case.id).and_then(|at| desk.permalink(&at)),
        calling: is_calling(case),
    }
}

/// The part of a ladder that fits the screen, and how many come after it.
fn people(all: Vec<Step>) -> (Vec<Step>, usize) {
    let count = |is: StepIs| all.iter().filter(|step| step.is == is).count();
    let (over, next) = (count(StepIs::Over), count(StepIs::Next));
    let (mut passed, mut ahead) = (0, 0);
    let fits = |step: &Step| match step.is {
        StepIs::Over => {
            passed += 1;
            passed + OVER > over
        }
        StepIs::Next => {
            ahead += 1;
            ahead <= NEXT
        }
        StepIs::Now => true,
        // who is away is told under 부재
        StepIs::Away => false,
    };
    let shown: Vec<Step> = {
        let mut fits = fits;
        all.into_iter().filter(|step| fits(step)).collect()
    };
    let shown = shown.into_iter().map(|step| Step { note: discreet(&step.note), ..step }).collect();
    (shown, next.saturating_sub(NEXT))
}

fn wakes(desk: &Desk, now: Time) -> Vec<WakeRow> {
    let of_cases = desk.wakes().take(WAKES).filter_map(|wake| {
        let case = desk.cases.get(&wake.case)?;
        let why = words::cases::next_is(&case.procedure);
        let title = discreet(&words::cases::title(&case.procedure));
        Some((wake.due, WakeRow { due: Due::new(wake.due, why, now), case: Some(case.id), title }))
    });
    let own = desk.chimes().into_iter().filter_map(|chime| {
        let title = chore(chime.what)?.to_owned();
        Some((chime.due, WakeRow { due: Due::new(chime.due, "", now), case: None, title }))
    });
    let mut all: Vec<(Time, WakeRow)> = of_cases.chain(own).collect();
    all.sort_by_key(|(due, row)| (*due, row.case));
    all.into_iter().take(WAKES).map(|(_, row)| row).collect()
}

/// What the desk does by itself, as far as people wait for it.
const fn chore(what: Chore) -> Option<&'static str> {
    match what {
        Chore::PhdCheck => Some("AWS Health(PHD) 확인 요청"),
        Chore::BeatIsMissing => Some("정기 신호 확인"),
        Chore::Monthly => Some("월간 입퇴점 현황"),
        Chore::RoomCheck => Some("온도 확인 요청"),
        Chore::RoomChase => Some("빠진 온도 확인"),
        Chore::HandoverChase => Some("인수인계 확인"),
        Chore::CoverageCheck => Some("앞으로의 인원 확인"),
        Chore::Report(ReportKind::Daily) => Some("일간 보고"),
        Chore::Report(ReportKind::Weekly) => Some("주간 보고"),
        Chore::Report(ReportKind::Monthly) => Some("월간 보고"),
        Chore::Drill => Some("호출 훈련"),
        Chore::RecordIsOld => None,
    }
}

fn general(desk: &Desk, now: Time) -> General {
    let choice = choose(desk, "", now);
    let counts = desk.active_tickets();
    let order: Vec<NextUp> = choice
        .order
        .iter()
        .take(GENERAL)
        .map(|name| {
            let count = counts.get(name).copied().unwrap_or_default();
            let last = desk.last_assigned.get(name);
            let last = last.map(|at| format!(" · 최근 {}", clock(*at, now.date_naive())));
            NextUp {
                who: name.to_string(), note: format!("{count}건{}", last.unwrap_or_default())
            }
        })
        .collect();
    let skipped = choice
        .skipped
        .iter()
        .map(|one| NextUp { who: one.name.to_string(), note: discreet(&one.why) })
        .collect();
    General {
        more: choice.order.len().saturating_sub(order.len()),
        order,
        skipped,
        basis: words::services::counted_at(desk, now),
    }
}

fn absences(desk: &Desk, now: Time) -> Vec<Away> {
    let mut all = Vec::new();
    for person in &desk.roster.value.people {
        for absence in words::home::absences_of(desk, &person.name, now) {
            if absence.from.is_none_or(|from| from - now < AHEAD) {
                let going = absence.covers(now);
                let away = Away {
                    who: person.name.to_string(),
                    note: discreet(&absence.korean()),
                    now: going,
                };
                all.push((!going, absence.from, away));
            }
        }
    }
    all.sort_by_key(|(later, from, _)| (*later, *from));
    all.into_iter().take(ABSENCES).map(|(.., away)| away).collect()
}

fn aws(desk: &Desk, now: Time) -> Aws {
    use crate::domain::status::Kind;
    let today = now.date_naive();
    let feeds = &desk.policy.value.feeds;
    let as_of = desk.board.as_of();
    let open = open_events(desk, now);
    let here = |code: Option<&str>| -> (Level, String) {
        let events: Vec<_> = open
            .iter()
            .filter(|(about, _)| match (about.region.as_deref(), code) {
                (Some(region), Some(code)) => region.eq_ignore_ascii_case(code),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            })
            .collect();
        match events.first() {
            None if as_of.is_none() => (Level::Doubt, "읽기 전".to_owned()),
            None => (Level::Fine, String::new()),
            Some((about, event)) => {
                let level = match event.last.kind {
                    Kind::Information | Kind::Resolved => Level::Doubt,
                    Kind::Impact | Kind::Disruption => Level::Bad,
                };
                let more = match events.len() {
                    1 => String::new(),
                    count => format!(" 외 {}건", count - 1),
                };
                let (what, since) = (words::outage::service(about), clock(event.began, today));
                let stands = words::outage::stands(event.last.kind);
                (level, format!("{what}: {stands} ({since}부터){more}"))
            }
        }
    };
    let mut regions: Vec<Region> = feeds
        .regions
        .iter()
        .map(|one| {
            let (level, says) = here(Some(&one.code));
            Region { name: one.name.clone(), level, says }
        })
        .collect();
    if open.iter().any(|(about, _)| about.region.is_none()) {
        let (level, says) = here(None);
        regions.push(Region { name: "글로벌".to_owned(), level, says });
    }
    let silent = match desk.troubles.get(&Service::Feeds) {
        Some(Trouble::Since { since, .. }) => Some(*since),
        Some(Trouble::Over { .. }) | None => {
            as_of.filter(|as_of| now - *as_of > OLD.max(feeds.poll.delta() * 2))
        }
    };
    Aws {
        regions,
        as_of: as_of.map(|at| clock(at, today)),
        doubt: silent.map(|since| format!("{}부터 피드를 읽지 못했습니다", clock(since, today))),
    }
}

/// The last temperature of each room, and the rooms' cases of the last day, the newest first.
fn rooms(desk: &Desk, now: Time) -> Vec<Seen> {
    let read = [Spot::ServerRoom, Spot::OutdoorUnit].into_iter().filter_map(|spot| {
        let last = desk.readings.last(spot)?;
        let state = if last.state.is_empty() {
            format!("{}도", last.celsius)
        } else {
            format!("{}도, {}", last.celsius, last.state)
        };
        let at = clock(last.at, now.date_naive());
        Some(Seen {
            at,
            what: words::climate::spot(spot).to_owned(),
            state: discreet(&state),
            case: None,
        })
    });
    let lately = desk.cases.values().rev().take_while(|case| now - case.opened < ROOMS_BACK);
    let cases = lately
        .filter(|case| matches!(case.procedure, Procedure::Climate(_)))
        .take(ROOMS)
        .map(|case| seen(case, now));
    read.chain(cases).collect()
}

fn seen(case: &Case, now: Time) -> Seen {
    Seen {
        at: clock(case.opened, now.date_naive()),
        what: discreet(&words::cases::title(&case.procedure)),
        state: discreet(&words::cases::state(&case.procedure)),
        case: Some(case.id),
    }
}

fn alarms(desk: &Desk, now: Time) -> Vec<Seen> {
    let incident = desk
        .cases
        .values()
        .rev()
        .take(ALARMS_BACK)
        .find(|case| matches!(case.procedure, Procedure::Incident(_)))
        .map(|case| seen(case, now));
    let recorded = desk.alarms.recorded().next().map(|one| {
        let customer = if one.customer.is_empty() { "고객사 미확인" } else { &one.customer };
        Seen {
            at: clock(one.at, now.date_naive()),
            what: discreet(&format!("[{customer}] {}", one.name)),
            state: "기록만 했습니다".to_owned(),
            case: None,
        }
    });
    incident.into_iter().chain(recorded).collect()
}

fn health(desk: &Desk, vitals: Vitals, now: Time) -> Vec<Condition> {
    let today = now.date_naive();
    let mut all = Vec::new();
    let mut say = |level: Level, says: String| all.push(Condition { level, says });
    if desk.presence.catching_up {
        say(Level::Doubt, "다시 시작해 놓친 일을 읽고 있습니다".to_owned());
    } else if !vitals.ready {
        say(Level::Bad, "Slack과 연결되어 있지 않습니다".to_owned());
    }
    if let Some(since) = desk.presence.unread_since {
        let since = clock(since, today);
        say(Level::Doubt, format!("{since}부터 Slack에서 있었던 일을 아직 다 읽지 못했습니다"));
    }
    for (room, name) in [
        (Room::General, &desk.policy.value.channels.general),
        (Room::Noti, &desk.policy.value.channels.noti),
    ] {
        if desk.room(room).is_none() {
            let name = name.trim_start_matches('#');
            say(Level::Bad, format!("#{name} 채널에 들어가 있지 않습니다"));
        }
    }
    for (service, trouble) in &desk.troubles {
        if let Trouble::Since { since, .. } = trouble {
            let (name, since) = (words::services::name(*service), clock(*since, today));
            say(Level::Bad, format!("{name}: {since}부터 응답하지 않습니다"));
        }
    }
    // what tries a service that is down is told of above
    let waits = |kind: &ErrandKind| !matches!(kind, ErrandKind::Probe { .. });
    let held = desk.errands.values().filter(|one| waits(&one.kind) && now - one.since > HELD_UP);
    let held = held.count();
    if held > 0 {
        say(Level::Doubt, format!("보내지 못하고 기다리는 것 {held}건"));
    }
    for file in desk.refused.keys() {
        say(Level::Doubt, format!("{file}: 읽지 못해 이전 내용을 씁니다"));
    }
    if desk.proposed.is_some() {
        say(Level::Doubt, "바뀐 업무가이드가 [적용]을 기다립니다".to_owned());
    }
    if let Some(as_of) = desk.record.as_of {
        let old = now - as_of > desk.policy.value.customers.stale_after.delta();
        let level = if old { Level::Doubt } else { Level::Fine };
        say(level, format!("고객 기록: {} 기준", clock(as_of, today)));
    }
    if !desk.presence.phone_adapter {
        say(Level::Fine, "전화: COC가 직접 겁니다".to_owned());
    }
    if let Some(pause) = desk.presence.pauses.last().filter(|one| now - one.to < PAUSE_TOLD) {
        let (from, to) = (clock(pause.from, today), clock(pause.to, today));
        say(Level::Fine, format!("마지막 멈춤: {from}–{to}"));
    }
    if all.iter().all(|one| one.level == Level::Fine) {
        all.push(Condition { level: Level::Fine, says: "봇이 정상입니다".to_owned() });
        all.rotate_right(1);
    }
    all.sort_by_key(|one| one.level);
    all
}

/// A case's whole story; `None` when nobody knows it (any more).
#[must_use]
pub fn story(desk: &Desk, id: CaseId, now: Time) -> Option<Story> {
    let case = desk.cases.get(&id)?;
    let due = case.procedure.wake(&desk.policy.value);
    Some(Story {
        id,
        number: id.to_string(),
        title: discreet(&words::cases::title(&case.procedure)),
        state: discreet(&words::cases::state(&case.procedure)),
        since: clock(case.opened, now.date_naive()),
        open: case.is_open(),
        due: due.map(|at| Due::new(at, words::cases::next_is(&case.procedure), now)),
        chosen: words::commands::chosen(desk, case, now).iter().map(parts).collect(),
        notes: case.notes.iter().map(|note| told(note, now)).collect(),
        slack: desk.thread_of(id).and_then(|at| desk.permalink(&at)),
    })
}

fn told(note: &Note, now: Time) -> Told {
    Told {
        at: clock(note.at, now.date_naive()),
        by: note.by.as_ref().map(ToString::to_string),
        what: discreet(&note.text),
    }
}

/// A line with its links. Only what leads to the web is one.
fn parts(line: &Line) -> Vec<Part> {
    let part = |piece: &Piece| match piece {
        Piece::Link(url) if url.starts_with("https://") || url.starts_with("http://") => {
            Part { text: url.clone(), href: Some(url.clone()) }
        }
        Piece::Link(_)
        | Piece::Text(_)
        | Piece::Bold(_)
        | Piece::Person { .. }
        | Piece::Group { .. }
        | Piece::After(_)
        | Piece::IfLate => {
            let text = discreet(&plain_line(std::slice::from_ref(piece)));
            Part { text, href: None }
        }
    };
    line.iter().map(part).collect()
}
