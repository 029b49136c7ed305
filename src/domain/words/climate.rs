//! What people read of the rooms: rounds of readings (F1, F2), heat (F3), fire and smoke (F4).

use super::super::checklist::{ChecklistChange, StepDefinition, StepState};
use super::super::definitions::TEMPERATURE;
use super::super::desk::Desk;
use super::super::ids::{CaseId, Name};
use super::super::message::{Button, Field, FieldKind, Form, Line, Message, Piece};
use super::super::policy;
use super::super::procedures::climate::{Climate, Ending, Matter, Stage, is_hot};
use super::super::readings::{Check, Missed, Reading, Spot};
use super::super::time::{Time, clock};
use super::super::turn::{ClimatePress, RoomPress, Token, button, danger, lines, primary};
use super::{lateness, line, refused};

const EXAMPLE: &str = "예: /coc room 27.5 또는 /coc room 실외기 38 덕트 정상";

/// What people call a place.
#[must_use]
pub const fn spot(spot: Spot) -> &'static str {
    match spot {
        Spot::ServerRoom => "8층 서버실",
        Spot::OutdoorUnit => "8층 실외기",
    }
}

/// The place that the form names.
#[must_use]
pub fn spot_named(text: &str) -> Spot {
    if text.contains("실외기") { Spot::OutdoorUnit } else { Spot::ServerRoom }
}

/// Where a case stands, in a few words.
#[must_use]
pub fn state(one: &Climate) -> String {
    let what = what(one);
    match &one.stage {
        Stage::Open => {
            let open: Vec<&str> =
                one.checklist.open().map(|(_, step)| step.definition.title.as_str()).collect();
            format!("{what}: {} 차례", open.join(", "))
        }
        Stage::Over { how: Ending::Done, .. } => format!("{what}: 조치 완료"),
        Stage::Over { how: Ending::Cooled(reading), .. } => {
            format!("{what}: {}도로 확인", reading.celsius)
        }
        Stage::Over { how: Ending::Nothing { by }, .. } => format!("{what}: 이상 없음 ({by})"),
    }
}

fn what(one: &Climate) -> String {
    match &one.matter {
        Matter::Heat { latest, .. } => format!("서버실 고온 {}도", latest.celsius),
        Matter::Fire { smoke, .. } => fire(*smoke).to_owned(),
    }
}

const fn fire(smoke: bool) -> &'static str {
    if smoke { "서버실 연기" } else { "서버실 화재" }
}

fn spots(of: &[Spot]) -> String {
    of.iter().map(|one| spot(*one)).collect::<Vec<_>>().join(", ")
}

/// `27.5도 (CCTV 이상 없음, 고윤슬, 00:05)`
fn told(reading: &Reading, now: Time) -> String {
    let state =
        if reading.state.is_empty() { String::new() } else { format!("{}, ", reading.state) };
    let sign = if reading.is_fine { "" } else { "⚠️ " };
    let at = clock(reading.at, now.date_naive());
    format!("{sign}{}도 ({state}{}, {at})", reading.celsius, reading.by)
}

// ── rounds ──

fn enter_button() -> Button {
    primary("온도 기록", &Token::Room(RoomPress::Enter))
}

/// A round of readings is asked for.
#[must_use]
pub fn check(
    desk: &Desk,
    check: &Check,
    unanswered: &[Missed],
    skipped: u32,
    now: Time,
) -> Message {
    let today = now.date_naive();
    let late = lateness(desk, check.due, now);
    let due = clock(check.due, today);
    let head = format!("{late}{} 온도 확인 시간입니다 ({due}).", spots(&check.spots));
    let mut said: Vec<Line> = vec![line!["⏰ ", Piece::IfLate, head]];
    if let Some(first) = unanswered.first() {
        let at = clock(first.due, today);
        let of: Vec<Spot> = unanswered.iter().map(|one| one.spot).collect();
        said.push(line![format!("⚠️ 지난 확인({at})의 기록이 없습니다: {}", spots(&of))]);
    }
    if skipped > 0 {
        said.push(line![format!("⚠️ 멈춰 있던 동안 온도 확인 {skipped}번을 묻지 못했습니다.")]);
    }
    for one in &check.spots {
        said.push(line![match one {
            Spot::ServerRoom => "8층 서버실: CCTV 화면과 온도를 확인해 주십시오.",
            Spot::OutdoorUnit => {
                "8층 실외기(관제실, 서버실, 스마트팜 데모룸용): 온도와 덕트 상태를 확인해 주십시오."
            }
        }]);
    }
    let until = clock(check.asked + desk.policy.value.rooms.chase_after.delta(), today);
    said.push(line![format!(
        "COC는 [온도 기록]을 누르거나 이 스레드에 적어 주십시오 ({}). {until}까지 없으면 다시 알립니다.",
        if check.spots.contains(&Spot::OutdoorUnit) { "27.5, 실외기 38 덕트 정상" } else { "27.5" }
    )]);
    Message { lines: said, buttons: vec![enter_button()] }
}

fn round(check: &Check, now: Time) -> Vec<Line> {
    let one = |one: &Spot| match check.told.get(one) {
        Some(reading) => line![format!("{}: {}", spot(*one), told(reading, now))],
        None => line![format!("{}: 기록 없음", spot(*one))],
    };
    check.spots.iter().map(one).collect()
}

/// The round's post as readings come in.
#[must_use]
pub fn card(check: &Check, now: Time) -> Message {
    let due = clock(check.due, now.date_naive());
    let left: Vec<Spot> = check.left().collect();
    let (first, buttons) = if left.is_empty() {
        (format!("✅ {due} 온도 확인을 마쳤습니다."), Vec::new())
    } else {
        let left = spots(&left);
        (format!("⏰ {due} 온도 확인: {}도 기록해 주십시오.", left), vec![enter_button()])
    };
    let mut said = vec![line![first]];
    said.extend(round(check, now));
    Message { lines: said, buttons }
}

/// The round's post when the next one has taken its place.
#[must_use]
pub fn passed(check: &Check, now: Time) -> Message {
    let due = clock(check.due, now.date_naive());
    let mut said = vec![line![format!(
        "⚠️ {due} 온도 확인은 기록 없이 지나갔습니다. 새 글에서 답해 주십시오."
    )]];
    said.extend(round(check, now));
    lines(said)
}

/// The round is asked for again.
#[must_use]
pub fn chase(desk: &Desk, check: &Check, due: Time, next: Option<Time>, now: Time) -> Message {
    let today = now.date_naive();
    let left: Vec<Spot> = check.left().collect();
    let mut first: Line = vec!["⏰ ".into()];
    first.extend(desk.mention_group(&desk.policy.value.groups.coc));
    let late = lateness(desk, due, now);
    let at = clock(check.due, today);
    first.push(format!(" {late}{} 온도 기록이 아직입니다 ({at} 예정).", spots(&left)).into());
    let next =
        next.map_or_else(String::new, |next| format!(" {}에 다시 알립니다.", clock(next, today)));
    lines(vec![
        first,
        line![format!("위 글의 [온도 기록]을 누르거나 이 스레드에 온도를 적어 주십시오.{next}")],
    ])
}

/// The form of a reading.
#[must_use]
pub fn form(open: Option<&Check>) -> Form {
    let all = [Spot::ServerRoom, Spot::OutdoorUnit];
    let due = open.and_then(|check| check.left().next()).unwrap_or(Spot::ServerRoom);
    let field = |key: &str, label: &str, hint: &str, kind, optional| Field {
        key: key.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        initial: String::new(),
        optional,
        kind,
    };
    let places = FieldKind::Choice(all.map(|one| spot(one).to_owned()).to_vec());
    let hint = "실외기는 덕트 상태를 적어 주십시오. 예: 덕트 정상";
    Form {
        token: Token::RoomForm.text(),
        title: "온도 기록".to_owned(),
        intro: vec![line!["화재나 연기는 /coc room 화재, /coc room 연기로 바로 알립니다."]],
        submit: "기록".to_owned(),
        fields: vec![
            Field { initial: spot(due).to_owned(), ..field("spot", "장소", "", places, false) },
            field("celsius", "온도", "예: 27.5", FieldKind::Line, false),
            field("state", "상태", hint, FieldKind::Line, true),
        ],
    }
}

/// A reading was taken.
#[must_use]
pub fn recorded(taken: &[Reading], corrected: &[Reading], policy: &policy::Rooms) -> Message {
    let mut said: Vec<Line> = Vec::new();
    for reading in taken {
        let before = corrected.iter().find(|one| one.spot == reading.spot);
        let instead = before
            .map_or_else(String::new, |one| format!(" (방금 적은 {}도를 고쳤습니다)", one.celsius));
        let state =
            if reading.state.is_empty() { String::new() } else { format!(" · {}", reading.state) };
        let (place, celsius) = (spot(reading.spot), reading.celsius);
        said.push(line![format!("✅ 기록했습니다: {place} {celsius}도{state}{instead}")]);
        if is_hot(policy, reading) {
            said.push(line![format!(
                "{}도 이상입니다. #coc-noti의 글을 따라 조치해 주십시오.",
                policy.hot_from
            )]);
        }
    }
    lines(said)
}

/// Something is not as it should be at a place.
#[must_use]
pub fn not_fine(reading: &Reading, policy: &policy::Rooms) -> Message {
    let tell = policy.tell.iter().filter(|one| one.as_str() != "119").cloned();
    let tell = tell.collect::<Vec<_>>().join(", ");
    let place = spot(reading.spot);
    let mut said = vec![line![format!("⚠️ {place} 상태가 이상합니다: {}", reading.state)]];
    said.push(line![format!("온도 {}도, {} 기록", reading.celsius, reading.by)]);
    if !tell.is_empty() {
        said.push(line![format!("COC는 현장을 확인하고 {tell}에 알려 주십시오.")]);
    }
    lines(said)
}

/// Only COC records temperatures.
#[must_use]
pub fn not_allowed() -> Message {
    refused(
        "온도 기록은 COC만 할 수 있습니다. 기록하지 않았습니다.",
        "화재나 연기는 누구나 알릴 수 있습니다: /coc room 화재, /coc room 연기",
    )
}

/// No temperature can be read.
#[must_use]
pub fn unread(read: &str) -> Message {
    refused(
        format!("온도를 읽지 못했습니다. 읽은 값: \"{read}\". 기록하지 않았습니다."),
        format!("{EXAMPLE}. 화재는 /coc room 화재"),
    )
}

/// The same in a form.
#[must_use]
pub fn unread_celsius(read: &str) -> String {
    format!("온도를 읽지 못했습니다. 읽은 값: \"{read}\". 숫자로 적어 주십시오. 예: 27.5")
}

const fn range(spot: Spot) -> &'static str {
    match spot {
        Spot::ServerRoom => "0도에서 70도 사이",
        Spot::OutdoorUnit => "-30도에서 90도 사이",
    }
}

/// No place can be so hot or cold.
#[must_use]
pub fn implausible(of: Spot, written: &str) -> Message {
    refused(
        format!("{} {written}도는 {}가 아닙니다. 기록하지 않았습니다.", spot(of), range(of)),
        EXAMPLE,
    )
}

/// The same in a form.
#[must_use]
pub fn implausible_celsius(of: Spot, written: &str) -> String {
    format!("읽은 값: \"{written}\". {}로 적어 주십시오. 예: 27.5", range(of))
}

/// How the duct is was not said.
#[must_use]
pub fn no_state() -> Message {
    refused(
        "실외기의 덕트 상태가 없습니다. 기록하지 않았습니다.",
        "예: /coc room 실외기 38 덕트 정상 (이상하면: 덕트 이상, 어떤지)",
    )
}

/// The same in a form.
#[must_use]
pub fn no_state_in_form() -> String {
    "실외기는 덕트가 정상인지 이상인지 적어 주십시오. 예: 덕트 정상".to_owned()
}

// ── a room that is hot, or burns ──

fn steps(one: &Climate, now: Time) -> Vec<Line> {
    let today = now.date_naive();
    let step = |(nth, step): (usize, &super::super::checklist::Step)| {
        let title = format!("{}. {}", nth + 1, step.definition.title);
        line![match &step.state {
            StepState::Done { by, at, evidence } => {
                let handed = match (evidence.as_str(), one.is_heat()) {
                    ("", _) => String::new(),
                    (celsius, true) => format!(": {celsius}도"),
                    (text, false) => format!(": {text}"),
                };
                format!("{title} — 완료{handed} ({by}, {})", clock(*at, today))
            }
            StepState::Open { .. } | StepState::Waiting if !one.is_open() => match &one.stage {
                Stage::Over { how: Ending::Cooled(reading), .. } if measures(&step.definition) => {
                    let at = clock(reading.at, today);
                    format!("{title} — {}도 ({}, {at})", reading.celsius, reading.by)
                }
                Stage::Open | Stage::Over { .. } => format!("{title} — 하지 않음"),
            },
            StepState::Open { .. } => format!("{title} — 할 차례"),
            StepState::Waiting => format!("{title} — 대기"),
        }]
    };
    one.checklist.steps.iter().enumerate().map(step).collect()
}

/// Whether a step asks for the temperature.
fn measures(definition: &StepDefinition) -> bool {
    definition.evidence.as_deref() == Some(TEMPERATURE)
}

/// The card of a case, as it is now.
#[must_use]
pub fn case_card(desk: &Desk, id: CaseId, one: &Climate, now: Time) -> Message {
    let policy = &desk.policy.value.rooms;
    let mut said = match &one.stage {
        Stage::Open => open_head(desk, one, now),
        Stage::Over { how, .. } => vec![line![ending(one, how)]],
    };
    said.extend(steps(one, now));
    let mut buttons = Vec::new();
    if one.is_open() {
        said.push(line![match &one.matter {
            Matter::Heat { .. } => format!(
                "COC는 하신 뒤 [완료]를 눌러 주십시오. {}도 아래로 내려간 온도가 기록되면 끝납니다.",
                policy.hot_from
            ),
            Matter::Fire { .. } => {
                "하신 뒤 [완료]를 눌러 주십시오. 화재가 아니면 [이상 없음]".to_owned()
            }
        }]);
        if let Some((nth, _)) = one.checklist.open().next() {
            buttons.push(primary("완료", &Token::Climate(id, ClimatePress::Done(nth))));
        }
        buttons.push(match &one.matter {
            Matter::Heat { .. } => button("온도 기록", &Token::Room(RoomPress::Enter)),
            Matter::Fire { .. } => danger("이상 없음", &Token::Climate(id, ClimatePress::Calm)),
        });
    }
    said.push(line![format!("사건 {id}")]);
    Message { lines: said, buttons }
}

fn open_head(desk: &Desk, one: &Climate, now: Time) -> Vec<Line> {
    let policy = &desk.policy.value.rooms;
    let today = now.date_naive();
    let mut first: Line = vec!["🚨 ".into()];
    first.extend(desk.mention_group(&desk.policy.value.groups.coc));
    match &one.matter {
        Matter::Heat { first: began, latest } => {
            let from = policy.hot_from;
            first.push(format!(" 8층 서버실이 {}도입니다 ({from}도 이상).", latest.celsius).into());
            let mut said = vec![first];
            let at = clock(latest.at, today);
            said.push(line![format!("{} 기록, {at}", latest.by)]);
            if began.at != latest.at {
                let at = clock(began.at, today);
                said.push(line![format!("처음 {}도 ({at})", began.celsius)]);
            }
            said
        }
        Matter::Fire { smoke, by, at, more, .. } => {
            let what = if *smoke { "연기가" } else { "화재가" };
            first.push(format!(" 8층 서버실에 {what} 감지되었습니다.").into());
            let more = if more.is_empty() { String::new() } else { format!(": {more}") };
            let at = clock(*at, today);
            vec![
                first,
                line![format!("{by} 님이 {at}에 알림{more}")],
                line!["위험하면 먼저 대피하고 119에 신고해 주십시오."],
            ]
        }
    }
}

fn ending(one: &Climate, how: &Ending) -> String {
    match (how, &one.matter) {
        (Ending::Cooled(reading), _) => {
            format!("✅ 8층 서버실이 {}도로 확인되었습니다 ({}).", reading.celsius, reading.by)
        }
        (Ending::Nothing { by }, Matter::Fire { smoke, .. }) => {
            format!("✅ {}: 이상 없음으로 확인했습니다 ({by}).", fire(*smoke))
        }
        (Ending::Done, Matter::Fire { smoke, .. }) => {
            format!("✅ {} 조치를 마쳤습니다.", fire(*smoke))
        }
        (Ending::Done | Ending::Nothing { .. }, Matter::Heat { .. }) => {
            "✅ 8층 서버실 고온 조치를 마쳤습니다.".to_owned()
        }
    }
}

/// It is over: told in its thread.
#[must_use]
pub fn ended(one: &Climate, how: &Ending, now: Time) -> Message {
    let mut said = vec![line![ending(one, how)]];
    let open: Vec<&str> = one
        .checklist
        .steps
        .iter()
        .filter(|step| !matches!(step.state, StepState::Done { .. }) && !measures(&step.definition))
        .map(|step| step.definition.title.as_str())
        .collect();
    match how {
        Ending::Cooled(_) if !open.is_empty() => {
            said.push(line![format!("누르지 않은 단계: {}", open.join(" · "))]);
        }
        Ending::Done => {
            let told = one.checklist.steps.iter().filter_map(|step| {
                let evidence = step.evidence().filter(|text| !text.is_empty())?;
                Some(format!("{}: {evidence}", step.definition.title))
            });
            said.extend(told.map(|text| line![text]));
        }
        Ending::Cooled(_) | Ending::Nothing { .. } => {}
    }
    said.push(line![format!("{}에 끝났습니다. 더 하실 일은 없습니다.", now.format("%H:%M"))]);
    lines(said)
}

/// A step was finished: told in the thread, with what comes next.
#[must_use]
pub fn finished(one: &Climate, change: &ChecklistChange, now: Time) -> Message {
    let title = |nth: usize| {
        one.checklist.steps.get(nth).map_or("", |step| step.definition.title.as_str()).to_owned()
    };
    let next: Vec<String> = one.checklist.open().map(|(nth, _)| title(nth)).collect();
    let done = match change {
        ChecklistChange::Finished { step, by, .. } => {
            format!("✅ {} 완료 ({by}, {}).", title(*step), now.format("%H:%M"))
        }
        ChecklistChange::Chased { .. }
        | ChecklistChange::Quieted { .. }
        | ChecklistChange::Restarted { .. } => String::new(),
    };
    lines(vec![line![done], line![format!("다음: {}", next.join(", "))]])
}

/// It was measured again, and is still too hot.
#[must_use]
pub fn still_hot(reading: &Reading, from: f64, next: Option<Time>, now: Time) -> Message {
    let next = next.map_or_else(String::new, |next| {
        format!(" {}에 다시 알립니다.", clock(next, now.date_naive()))
    });
    lines(vec![
        line![format!(
            "⚠️ 8층 서버실이 아직 {}도입니다 ({from}도 이상, {}).",
            reading.celsius, reading.by
        )],
        line![format!("에어컨이 최저 온도, 강인지 다시 보고 재어 주십시오.{next}")],
    ])
}

/// COC is asked again for a hot room, or for a fire.
#[must_use]
pub fn case_chase(
    desk: &Desk,
    id: CaseId,
    one: &Climate,
    due: Time,
    next: Option<Time>,
    now: Time,
) -> Message {
    let mut first: Line = vec!["⏰ ".into()];
    first.extend(desk.mention_group(&desk.policy.value.groups.coc));
    let late = lateness(desk, due, now);
    let open: Vec<&str> =
        one.checklist.open().map(|(_, step)| step.definition.title.as_str()).collect();
    first.push(format!(" {late}{}: 남은 일이 있습니다 — {}", what(one), open.join(", ")).into());
    let next = next.map_or_else(String::new, |next| {
        format!(" {}에 다시 알립니다.", clock(next, now.date_naive()))
    });
    lines(vec![first, line![format!("위 글의 [완료]를 눌러 주십시오.{next} 사건 {id}")]])
}

/// The form in which a step's evidence is handed in.
#[must_use]
pub fn evidence_form(id: CaseId, nth: usize, one: &Climate, label: &str, desk: &Desk) -> Form {
    let title = one.checklist.steps.get(nth).map_or("", |step| step.definition.title.as_str());
    let tell = desk.policy.value.rooms.tell.join(", ");
    let hint = match &one.matter {
        Matter::Heat { .. } => "예: 28.5".to_owned(),
        Matter::Fire { .. } if tell.is_empty() => "예: 119 (22:10)".to_owned(),
        Matter::Fire { .. } => format!("누구에게 알렸는지 적어 주십시오. 예: {tell}"),
    };
    Form {
        token: Token::ClimateForm(id, nth).text(),
        title: "단계 완료".to_owned(),
        intro: vec![line![format!("{}. {title}", nth + 1)]],
        submit: "완료".to_owned(),
        fields: vec![Field {
            key: "evidence".to_owned(),
            label: label.to_owned(),
            hint,
            initial: String::new(),
            optional: false,
            kind: FieldKind::Line,
        }],
    }
}

/// A step that is finished already.
#[must_use]
pub fn already(by: &Name, at: Time, now: Time) -> String {
    format!("{}이 {}에 이미 마쳤습니다.", by.polite(), clock(at, now.date_naive()))
}

/// A press on a case that is over.
#[must_use]
pub fn is_over(at: Time, how: &Ending, now: Time) -> Message {
    let at = clock(at, now.date_naive());
    let how = match how {
        Ending::Done => "마친 조치입니다".to_owned(),
        Ending::Cooled(reading) => format!("{}도로 확인되어 끝났습니다", reading.celsius),
        Ending::Nothing { by } => format!("이상 없음으로 끝났습니다 ({by})"),
    };
    refused(format!("{at}에 {how}. 바뀐 것은 없습니다."), "")
}

/// Who reports a fire is told what was done.
#[must_use]
pub fn alarm_taken(steps: &[StepDefinition]) -> Message {
    let titles: Vec<&str> = steps.iter().map(|step| step.title.as_str()).collect();
    lines(vec![
        line!["🚨 COC 전체에 알렸습니다. 조치는 #coc-noti의 글에서 이어집니다."],
        line![format!("순서: {}", titles.join(" → "))],
        line!["위험하면 먼저 대피하고 119에 신고해 주십시오."],
    ])
}

/// It was told before.
#[must_use]
pub fn alarm_known(id: CaseId) -> Message {
    lines(vec![
        line![format!(
            "🚨 이미 알려진 일입니다. 사건 {id}의 스레드에 더하고 COC를 다시 불렀습니다."
        )],
        line!["위험하면 먼저 대피하고 119에 신고해 주십시오."],
    ])
}

/// Somebody tells of it again: in the thread.
#[must_use]
pub fn alarm_again(
    desk: &Desk,
    one: &Climate,
    smoke: bool,
    by: &Name,
    more: &str,
    now: Time,
) -> Message {
    let mut first: Line = vec!["🚨 ".into()];
    first.extend(desk.mention_group(&desk.policy.value.groups.coc));
    let more = if more.is_empty() { String::new() } else { format!(": {more}") };
    let at = now.format("%H:%M");
    first.push(format!(" {} 감지를 {by} 님도 알렸습니다 ({at}){more}", fire(smoke)).into());
    let open: Vec<&str> =
        one.checklist.open().map(|(_, step)| step.definition.title.as_str()).collect();
    lines(vec![
        first,
        line![format!("할 차례: {}. 위 글의 [완료]를 눌러 주십시오.", open.join(", "))],
    ])
}

// ── lines of a case's story ──

/// Fire or smoke was told of again.
#[must_use]
pub fn alarm_note(smoke: bool, more: &str) -> String {
    format!("{} 다시 알림 {more}", fire(smoke)).trim_end().to_owned()
}

/// A temperature was told.
#[must_use]
pub fn reading_note(reading: &Reading) -> String {
    format!("온도 {}도", reading.celsius)
}

/// A step was finished.
#[must_use]
pub fn finished_note(one: &Climate, nth: usize, evidence: &str) -> String {
    let title = one.checklist.steps.get(nth).map_or("", |step| step.definition.title.as_str());
    if evidence.is_empty() {
        format!("{title} 완료")
    } else {
        format!("{title} 완료: {evidence}")
    }
}

/// It is over.
#[must_use]
pub fn ended_note(how: &Ending) -> String {
    match how {
        Ending::Done => "조치 완료".to_owned(),
        Ending::Cooled(reading) => format!("{}도로 확인되어 종료", reading.celsius),
        Ending::Nothing { by } => format!("이상 없음으로 종료 ({by})"),
    }
}

/// A post could not be made.
#[must_use]
pub fn not_posted_note(why: &str) -> String {
    format!("글을 올리지 못함: {why}")
}
