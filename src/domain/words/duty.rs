//! What people read of who is on duty at COC, and of a shift that is handed over.

use super::super::case::{Case, Procedure};
use super::super::desk::Desk;
use super::super::ids::{Name, SlackUser};
use super::super::message::{Line, Message, Piece};
use super::super::procedures::duty::{Handover, Named, current, next, next_people, on_duty};
use super::super::procedures::{climate, phd};
use super::super::readings::Spot;
use super::super::time::{Time, clock};
use super::super::turn::{HandoverPress, Token, lines, primary};
use super::{lateness, line, refused};

/// How many cases and due times a hand-over shows.
const SHOWN: usize = 15;
/// How many letters of what is passed on besides.
const LONGEST_MEMO: usize = 1_000;

/// What is passed on besides, as far as it is kept.
#[must_use]
pub fn clipped(memo: &str) -> String {
    match memo.char_indices().nth(LONGEST_MEMO) {
        Some((end, _)) => format!("{}…", &memo[..end]),
        None => memo.to_owned(),
    }
}

fn names(desk: &Desk, people: &[SlackUser]) -> String {
    people.iter().map(|one| desk.name_of(one).to_string()).collect::<Vec<_>>().join(", ")
}

fn until(at: Option<Time>, now: Time) -> String {
    at.map_or_else(
        || "다시 정할 때까지".to_owned(),
        |at| format!("{}까지", clock(at, now.date_naive())),
    )
}

/// `/coc duty`
#[must_use]
pub fn shown(desk: &Desk, now: Time) -> Message {
    let policy = &desk.policy.value;
    let people = on_duty(desk, now);
    let mut said = Vec::new();
    if people.is_empty() {
        said.push(line!["정해진 COC 근무자가 없습니다."]);
        said.push(line!["정하려면: /coc duty @고윤슬 (여러 명이면 이어서 적습니다)"]);
    } else {
        let named = desk.duty.named.as_ref().filter(|one| one.holds(now));
        let shifts = current(policy, now);
        let shift = shifts.iter().map(|one| one.shift.name.clone()).collect::<Vec<_>>().join(", ");
        let shift = match named {
            Some(named) => format!(" ({})", until(named.until, now)),
            None => format!(" ({shift})"),
        };
        said.push(line![format!("지금 COC 근무: {}{shift}", names(desk, &people))]);
    }
    if let Some(next) = next(policy, now) {
        let who = names(desk, &next_people(desk, now));
        let who = if who.is_empty() { "근무자를 찾지 못함".to_owned() } else { who };
        let at = clock(next.from, now.date_naive());
        said.push(line![format!("다음: {at} {} — {who}", next.shift.name)]);
    }
    lines(said)
}

/// Nobody is named who could be on duty.
#[must_use]
pub fn not_coc(strangers: &[String], read: &str) -> Message {
    let what = if strangers.is_empty() {
        let read = read.replace(['\u{2}', '\u{3}'], "");
        format!("사람을 읽지 못했습니다. 읽은 값: \"{read}\"")
    } else {
        format!("COC 근무자가 아닙니다: {}", strangers.join(", "))
    };
    refused(format!("{what}. 바뀐 것은 없습니다."), "예: /coc duty @고윤슬 @온누리")
}

/// Who is on duty was named: for everybody.
#[must_use]
pub fn named(desk: &Desk, named: &Named, by: &SlackUser, now: Time) -> Message {
    let (who, until) = (names(desk, &named.people), until(named.until, now));
    lines(vec![line![format!("✅ COC 근무: {who} ({until}, {} 등록)", desk.name_of(by))]])
}

/// The same, for who named them.
#[must_use]
pub fn named_answer(desk: &Desk, named: &Named, now: Time) -> Message {
    let (who, until) = (names(desk, &named.people), until(named.until, now));
    lines(vec![line![format!("근무자로 기록했습니다: {who} ({until})")]])
}

/// There is no channel for it.
#[must_use]
pub fn no_room() -> Message {
    refused(
        "#coc-noti 채널을 찾지 못해 인수인계를 올리지 못했습니다.",
        "봇이 그 채널에 있는지 확인해 주십시오.",
    )
}

/// Whoever hands over is told.
#[must_use]
pub fn handed_over() -> Message {
    lines(vec![line!["인수인계를 #coc-noti에 올렸습니다. 다음 근무자가 [인수]를 누르면 끝납니다."]])
}

/// Whether the desk promised somebody something there.
const fn is_promise(procedure: &Procedure) -> bool {
    match procedure {
        Procedure::Assignment(_) | Procedure::Inquiry(_) => true,
        Procedure::Urgent(_)
        | Procedure::Incident(_)
        | Procedure::Stray(_)
        | Procedure::Phd(_)
        | Procedure::Outage(_)
        | Procedure::List(_)
        | Procedure::Offboard(_)
        | Procedure::Dispatch(_)
        | Procedure::Climate(_) => false,
    }
}

/// What falls due, soonest first, a line each.
fn due(mut due: Vec<(Time, String)>, now: Time) -> Vec<Line> {
    due.sort();
    let more = due.len().saturating_sub(SHOWN);
    let mut said: Vec<Line> = due
        .into_iter()
        .take(SHOWN)
        .map(|(at, what)| line![format!("· {} {what}", clock(at, now.date_naive()))])
        .collect();
    if more > 0 {
        said.push(line![format!("· 외 {more}건")]);
    }
    said
}

fn to_come<'a>(desk: &Desk, cases: impl Iterator<Item = &'a Case>) -> Vec<(Time, String)> {
    let of = |case: &Case| {
        let at = case.procedure.wake(&desk.policy.value)?;
        let (title, next) =
            (super::cases::title(&case.procedure), super::cases::next_is(&case.procedure));
        Some((at, format!("{} {title}: {next}", case.id)))
    };
    cases.filter_map(of).collect()
}

/// What is open, what falls due next, what is promised, which readings are missing.
fn content(desk: &Desk, now: Time) -> Vec<Line> {
    let policy = &desk.policy.value;
    let open: Vec<&Case> = desk.cases.values().filter(|case| case.is_open()).collect();
    let mut said = Vec::new();
    if open.is_empty() {
        said.push(line!["열린 사건: 없음"]);
    } else {
        said.push(line![format!("열린 사건: {}건", open.len())]);
        for case in open.iter().take(SHOWN) {
            let title = super::cases::title(&case.procedure);
            let state = super::cases::state(&case.procedure);
            said.push(line![format!("· {} {title} {state}", case.id)]);
        }
        if open.len() > SHOWN {
            said.push(line![format!("· 외 {}건 (/coc cases)", open.len() - SHOWN)]);
        }
    }
    let promised = to_come(desk, open.iter().copied().filter(|case| is_promise(&case.procedure)));
    if !promised.is_empty() {
        said.push(line!["약속:"]);
        said.extend(due(promised, now));
    }
    let mut coming =
        to_come(desk, open.iter().copied().filter(|case| !is_promise(&case.procedure)));
    let room = desk.readings.settled.and_then(|done| climate::next_check(&policy.rooms, done));
    coming.extend(room.map(|at| (at, "온도 확인".to_owned())));
    let look = desk.phd_checked.and_then(|done| phd::next_check(policy, done));
    coming.extend(look.map(|at| (at, "PHD 확인".to_owned())));
    if !coming.is_empty() {
        said.push(line!["다음 예정:"]);
        said.extend(due(coming, now));
    }
    said.push(line![temperatures(desk, now)]);
    said
}

fn temperatures(desk: &Desk, now: Time) -> String {
    let today = now.date_naive();
    if let Some(check) = desk.readings.open_check() {
        let left: Vec<&str> = check.left().map(super::climate::spot).collect();
        return format!("온도: {} 확인 기록 없음 — {}", clock(check.due, today), left.join(", "));
    }
    match desk.readings.last(Spot::ServerRoom) {
        Some(last) => {
            format!("온도: 8층 서버실 {}도 ({}, {})", last.celsius, last.by, clock(last.at, today))
        }
        None => "온도: 기록 없음".to_owned(),
    }
}

/// Who is called to take over.
fn called(desk: &Desk, handover: &Handover) -> Line {
    if handover.to.is_empty() {
        return desk.mention_group(&desk.policy.value.groups.coc);
    }
    let mut said: Line = Vec::new();
    for one in &handover.to {
        if !said.is_empty() {
            said.push(" ".into());
        }
        said.push(Piece::Person { id: one.clone(), name: desk.name_of(one) });
    }
    said
}

/// A shift is handed over.
#[must_use]
pub fn card(desk: &Desk, handover: &Handover, now: Time) -> Message {
    let mut first: Line = vec!["⏰ ".into()];
    first.extend(called(desk, handover));
    let by = desk.name_of(&handover.by);
    first.push(format!(" 근무 인수인계입니다 ({by}, {}).", now.format("%H:%M")).into());
    let mut said = vec![first];
    if !handover.memo.is_empty() {
        said.push(line![format!("전할 말: {}", handover.memo)]);
    }
    said.extend(content(desk, now));
    let until = now + desk.policy.value.duty.chase_after.delta();
    said.push(line![format!(
        "이어받는 분은 [인수]를 눌러 주십시오. {}까지 없으면 다시 알립니다.",
        clock(until, now.date_naive())
    )]);
    let token = Token::Handover(handover.post, HandoverPress::Take);
    Message { lines: said, buttons: vec![primary("인수", &token)] }
}

fn cases(handover: &Handover) -> String {
    if handover.open.is_empty() {
        return "열린 사건 없음".to_owned();
    }
    let shown: Vec<String> = handover.open.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = match handover.open.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" 외 {more}건"),
    };
    format!("열린 사건 {}건: {}{more}", handover.open.len(), shown.join(", "))
}

fn over(desk: &Desk, handover: &Handover, first: String, now: Time) -> Message {
    let at = clock(handover.at, now.date_naive());
    let mut said = vec![line![first]];
    said.push(line![format!("인계: {}, {at} · {}", desk.name_of(&handover.by), cases(handover))]);
    if !handover.memo.is_empty() {
        said.push(line![format!("전할 말: {}", handover.memo)]);
    }
    lines(said)
}

/// Somebody took over: the post.
#[must_use]
pub fn taken_card(desk: &Desk, handover: &Handover, by: &SlackUser, now: Time) -> Message {
    let first = format!("✅ {} 근무를 인수했습니다 ({}).", says(desk, by), now.format("%H:%M"));
    over(desk, handover, first, now)
}

fn says(desk: &Desk, by: &SlackUser) -> String {
    format!("{}이", desk.name_of(by).polite())
}

/// The same, in its thread.
#[must_use]
pub fn taken(desk: &Desk, handover: &Handover, by: &SlackUser, now: Time) -> Message {
    lines(vec![
        line![format!("✅ {} {}에 인수했습니다.", says(desk, by), now.format("%H:%M"))],
        line![format!(
            "지금부터 COC 근무는 {} 님입니다. 본 것: {}",
            desk.name_of(by),
            cases(handover)
        )],
    ])
}

/// Another hand-over takes its place.
#[must_use]
pub fn replaced(desk: &Desk, handover: &Handover, now: Time) -> Message {
    over(desk, handover, "⏭️ 새 인수인계 글로 바뀌었습니다.".to_owned(), now)
}

/// Nobody took over.
#[must_use]
pub fn chase(
    desk: &Desk,
    handover: &Handover,
    due: Time,
    next: Option<Time>,
    now: Time,
) -> Message {
    let today = now.date_naive();
    let mut first: Line = vec!["⏰ ".into()];
    first.extend(called(desk, handover));
    let late = lateness(desk, due, now);
    let at = clock(handover.at, today);
    let by = desk.name_of(&handover.by);
    first.push(format!(" {late}인수하신 분이 아직 없습니다 ({by} 인계, {at}).").into());
    let next =
        next.map_or_else(String::new, |next| format!(" {}에 다시 알립니다.", clock(next, today)));
    lines(vec![first, line![format!("위 글의 [인수]를 눌러 주십시오.{next}")]])
}

/// Whoever hands over cannot take over.
#[must_use]
pub fn own_handover() -> Message {
    refused(
        "인계하신 분은 인수할 수 없습니다. 바뀐 것은 없습니다.",
        "다음 근무자가 눌러야 합니다. 잘못 올렸으면 /coc handover로 다시 올려 주십시오.",
    )
}

/// Somebody took over before.
#[must_use]
pub fn taken_already(by: &Name, at: Time, now: Time) -> Message {
    let at = clock(at, now.date_naive());
    refused(format!("{}이 {at}에 이미 인수했습니다. 바뀐 것은 없습니다.", by.polite()), "")
}
