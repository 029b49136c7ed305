//! What reports say, in words, in a picture and as a table (W2).

use super::super::chart::{Chart, Panel, Series};
use super::super::desk::Desk;
use super::super::figures::{self, Asked, Figures, Reached, Rooms, median};
use super::super::ids::Name;
use super::super::message::{Line, Message, Piece};
use super::super::procedures::reports::ReportKind;
use super::super::tally::{Counted, Counts};
use super::super::time::{Span, Time};
use super::super::turn::{lines, one_line};
use super::{line, refused};
use chrono::{NaiveTime, TimeDelta};
use std::collections::BTreeMap;

/// How many people and how many open cases a report names; the table has all.
const PEOPLE_NAMED: usize = 12;
const CASES_NAMED: usize = 10;

/// 일간 · 주간 · 월간
#[must_use]
pub const fn title(kind: ReportKind) -> &'static str {
    match kind {
        ReportKind::Daily => "일간 보고",
        ReportKind::Weekly => "주간 보고",
        ReportKind::Monthly => "월간 보고",
    }
}

/// `8/4 09:00 ~ 8/5 09:00`; of whole days `8/4 ~ 8/10`; up to the present `8/4 09:00 ~ 지금`.
fn span(figures: &Figures, now: Time) -> String {
    let (from, to) = (figures.period.from, figures.period.to);
    if to > now {
        return format!("{} ~ 지금", from.format("%-m/%-d %H:%M"));
    }
    if from.time() == NaiveTime::MIN && to.time() == NaiveTime::MIN {
        let last = to - TimeDelta::days(1);
        return format!("{} ~ {}", from.format("%-m/%-d"), last.format("%-m/%-d"));
    }
    format!("{} ~ {}", from.format("%-m/%-d %H:%M"), to.format("%-m/%-d %H:%M"))
}

fn lasted(seconds: Option<u32>) -> String {
    seconds.map_or_else(|| "없음".to_owned(), |seconds| Span::seconds(seconds).korean())
}

fn asked(what: &str, taken: &str, asked: &Asked) -> String {
    let mut said = format!("{what} {}건", asked.asked());
    if asked.asked() > 0 {
        said.push_str(&format!(": {taken} {}건", asked.taken()));
    }
    if asked.taken() > 0 {
        let (half, most) = (lasted(asked.median()), lasted(asked.ninetieth()));
        said.push_str(&format!(" ({taken}까지 중앙값 {half}, 90% {most} 이내)"));
    }
    said
}

const fn call_end(what: Counted) -> &'static str {
    match what {
        Counted::CallPlaced => "발신",
        Counted::CallNotPlaced => "걸지 못함",
        Counted::CallAccepted => "수락",
        Counted::CallRejected => "거절",
        Counted::CallAnswered => "받고 번호 누르지 않음",
        Counted::CallBusy => "통화 중",
        Counted::CallNoAnswer => "받지 않음",
        Counted::CallVoicemail => "음성사서함",
        Counted::CallFailed => "연결 실패",
        Counted::CallHungUp => "먼저 끊음",
        Counted::AlarmL1 => "L1",
        Counted::AlarmL2 => "L2",
        Counted::AlarmL3 => "L3",
        Counted::Finding => "GuardDuty",
    }
}

fn count(counts: &Counts, what: Counted) -> u32 {
    counts.get(&what).copied().unwrap_or_default()
}

fn calls(counts: &Counts) -> String {
    let placed = count(counts, Counted::CallPlaced);
    let not_placed = count(counts, Counted::CallNotPlaced);
    let mut said = format!("전화 {placed}건");
    let ends: Vec<String> = Counted::CALL_ENDS
        .into_iter()
        .filter(|end| count(counts, *end) > 0)
        .map(|end| format!("{} {}", call_end(end), count(counts, end)))
        .collect();
    if !ends.is_empty() {
        said.push_str(&format!(": {}", ends.join(" · ")));
    }
    if not_placed > 0 {
        said.push_str(&format!(" / 걸지 못해 COC에 요청 {not_placed}건"));
    }
    said
}

fn load(figures: &Figures) -> Option<String> {
    let mut people: Vec<(&Name, u32, u32)> =
        figures.load.iter().map(|(who, load)| (who, load.taken, load.assigned)).collect();
    people.sort_by_key(|(_, taken, assigned)| std::cmp::Reverse(taken + assigned));
    let one = |(who, taken, assigned): &(&Name, u32, u32)| match (taken, assigned) {
        (taken, 0) => format!("{who} 수락 {taken}"),
        (0, assigned) => format!("{who} 배정 {assigned}"),
        (taken, assigned) => format!("{who} 수락 {taken}·배정 {assigned}"),
    };
    let said: Vec<String> = people.iter().map(one).collect();
    (!said.is_empty()).then(|| format!("사람별: {}", super::some_of(&said, ", ", PEOPLE_NAMED)))
}

fn rooms(rooms: &Rooms) -> Option<String> {
    let missed = match rooms.missed {
        0 => String::new(),
        missed => format!(" · 기록 빠짐 {missed}회"),
    };
    let warmest = rooms.readings.iter().max_by_key(|(_, tenths)| *tenths);
    let coolest = rooms.readings.iter().map(|(_, tenths)| *tenths).min();
    let (Some(warmest), Some(coolest)) = (warmest, coolest) else {
        return (rooms.missed > 0).then(|| format!("온도 기록 없음{missed}"));
    };
    Some(format!(
        "서버실 온도 {}회: {} ~ {}도 (최고 {}){missed}",
        rooms.readings.len(),
        degrees(coolest),
        degrees(warmest.1),
        warmest.0.format("%-m/%-d %H:%M")
    ))
}

fn degrees(tenths: i32) -> String {
    format!("{}{}.{}", if tenths < 0 { "-" } else { "" }, tenths.abs() / 10, tenths.abs() % 10)
}

fn open_cases(desk: &Desk, figures: &Figures) -> Vec<Line> {
    if figures.open.is_empty() {
        return vec![line!["다음 근무로 넘기는 사건 없음."]];
    }
    let mut said = vec![line![format!("다음 근무로 넘기는 사건 {}건:", figures.open.len())]];
    for id in figures.open.iter().take(CASES_NAMED) {
        if let Some(case) = desk.cases.get(id) {
            let (title, state) =
                (super::cases::title(&case.procedure), super::cases::state(&case.procedure));
            said.push(line![format!("{id} {title} — {state}")]);
        }
    }
    let more = figures.open.len().saturating_sub(CASES_NAMED);
    if more > 0 {
        said.push(line![format!("외 {more}건은 /coc cases에서 볼 수 있습니다.")]);
    }
    said
}

/// A report. `late` stands in front when it was due before; `people` is how everybody could be reached.
#[must_use]
pub fn report(
    desk: &Desk,
    kind: ReportKind,
    figures: &Figures,
    people: Option<&BTreeMap<Name, Reached>>,
    late: &str,
    now: Time,
) -> Message {
    let [l1, l2, l3, findings] = figures::alarms(&figures.counts);
    let mut said = vec![
        vec![
            if late.is_empty() { Piece::IfLate } else { late.into() },
            format!("{} ({})", title(kind), span(figures, now)).into(),
        ],
        line![asked("긴급 요청", "수락", &figures.urgent)],
        line![asked("티켓 배정", "확인", &figures.assigned)],
    ];
    if figures.dispatched.asked() > 0 {
        said.push(line![asked("그 밖의 호출", "수락", &figures.dispatched)]);
    }
    said.push(line![calls(&figures.counts)]);
    said.push(line![format!(
        "알람 L1 {l1} · L2 {l2} · L3 {l3} · GuardDuty {findings} / 알람 사건 {}건",
        figures.incidents.len()
    )]);
    said.push(line![format!(
        "PHD {}건 · TAM [REQ] {}건 · AWS 상태 공지 {}건",
        figures.phd, figures.tam, figures.outages
    )]);
    said.push(line![format!("입점 완료 {}계정 · 퇴점 완료 {}계정", figures.joined, figures.left)]);
    said.extend(figures.rooms.as_ref().and_then(rooms).map(|text| line![text]));
    said.extend(load(figures).map(|text| line![text]));
    said.extend(people.into_iter().flat_map(|people| reachability(desk, people)));
    said.extend(open_cases(desk, figures));
    lines(said)
}

/// How people could be reached over the last ninety days.
fn reachability(desk: &Desk, people: &BTreeMap<Name, Reached>) -> Vec<Line> {
    if people.is_empty() {
        return Vec::new();
    }
    let mut all: Vec<(&Name, &Reached)> = people.iter().collect();
    all.sort_by_key(|(_, one)| std::cmp::Reverse(one.tried));
    let one = |(who, one): &(&Name, &Reached)| {
        let half = median(one.waits.clone())
            .map_or_else(String::new, |seconds| format!(", {}", Span::seconds(seconds).korean()));
        format!("{who} {}번 중 연락 {}·수락 {}{half}", one.tried, one.answered, one.accepted)
    };
    let said: Vec<String> = all.iter().map(one).collect();
    let mut lines = vec![line![format!(
        "최근 90일 호출 (훈련 포함): {}",
        super::some_of(&said, " / ", PEOPLE_NAMED)
    )]];
    let from = desk.policy.value.drill.missed_from.max(1);
    let missed: Vec<String> = all
        .iter()
        .filter(|(_, one)| one.missed_in_a_row >= from)
        .map(|(who, one)| format!("{who} ({}번 연속)", one.missed_in_a_row))
        .collect();
    if !missed.is_empty() {
        lines.push(line![format!("⚠️ 연락되지 않는 사람: {}", missed.join(", "))]);
    }
    lines
}

/// Earlier reports that fell due while the desk was away.
#[must_use]
pub fn left_out(reports: u32) -> Option<Line> {
    (reports > 0).then(|| {
        line![format!(
            "멈춰 있는 동안의 보고 {reports}건은 게시하지 않았습니다. 지난 수치는 /coc report로 봐 주십시오."
        )]
    })
}

/// What the picture under a report shows.
#[must_use]
pub fn legend(figures: &Figures) -> Line {
    let (by, _) = buckets(figures);
    line![format!(
        "그림: {by} 긴급 요청(파랑)·티켓 배정(주황)·알람 사건(회색) 수와 수락까지 걸린 분"
    )]
}

/// A report that nobody can make out.
#[must_use]
pub fn which(read: &str) -> Message {
    let read = if read.is_empty() { "없음".to_owned() } else { format!("\"{read}\"") };
    refused(
        format!("보고의 종류를 읽지 못했습니다. 읽은 값: {read}."),
        "일간, 주간, 월간 중 하나를 적어 주십시오. 예: /coc report 일간 (표 파일은 뒤에 csv)",
    )
}

/// Somebody who is none of the desk's people.
#[must_use]
pub fn not_allowed() -> Message {
    refused("보고는 COC, CSR, SA, 엔지니어만 볼 수 있습니다.", "필요하시면 COC에 요청해 주십시오.")
}

/// The table comes as a direct message.
#[must_use]
pub fn csv_comes() -> Message {
    one_line("표 파일을 DM으로 보냅니다. COC 앱의 메시지를 봐 주십시오.")
}

/// What stands beside the table.
#[must_use]
pub fn csv_is_here(kind: ReportKind, figures: &Figures, now: Time) -> Message {
    one_line(format!("{} 표입니다 ({}).", title(kind), span(figures, now)))
}

/// The file could not be handed over.
#[must_use]
pub fn csv_refused(why: &str) -> Message {
    lines(vec![
        line!["⚠️ 표 파일을 보내지 못했습니다. 수치는 /coc report로 봐 주십시오."],
        line![format!("이유: {why}")],
    ])
}

/// The picture could not be shown: a line under the words.
#[must_use]
pub fn without_picture(why: &str) -> Line {
    line![format!("⚠️ 그림을 올리지 못했습니다. 수치는 위와 같습니다. 이유: {why}")]
}

/// The name of a report's file: of which time, or when it was asked for.
#[must_use]
pub fn file_name(kind: ReportKind, of: Time, ending: &str) -> String {
    let kind = match kind {
        ReportKind::Daily => "daily",
        ReportKind::Weekly => "weekly",
        ReportKind::Monthly => "monthly",
    };
    format!("coc-{kind}-{}.{ending}", of.format("%Y-%m-%d-%H%M"))
}

/// By what the picture's bars are grouped, and where each group begins.
fn buckets(figures: &Figures) -> (&'static str, Vec<Time>) {
    let (from, to) = (figures.period.from, figures.period.to);
    let (by, step) = if to - from <= TimeDelta::hours(25) {
        ("시간대별", TimeDelta::hours(1))
    } else {
        ("날짜별", TimeDelta::days(1))
    };
    let mut begins = vec![from];
    while let Some(next) = begins.last().map(|last| *last + step).filter(|next| *next < to) {
        begins.push(next);
    }
    (by, begins)
}

/// The picture of a report.
#[must_use]
pub fn chart(kind: ReportKind, figures: &Figures, now: Time) -> Chart {
    let (by, begins) = buckets(figures);
    let place = |at: Time| begins.partition_point(|begin| *begin <= at).saturating_sub(1);
    let counted = |times: &[Time]| {
        let mut values = vec![0_u32; begins.len()];
        for at in times {
            if let Some(value) = values.get_mut(place(*at)) {
                *value += 1;
            }
        }
        values
    };
    let minutes = |asked: &Asked| {
        let mut waits = vec![Vec::new(); begins.len()];
        for (at, seconds) in &asked.waits {
            if let Some(bucket) = waits.get_mut(place(*at)) {
                bucket.push(*seconds);
            }
        }
        let half = |seconds: Vec<u32>| median(seconds).map_or(0, |half| half.div_ceil(60));
        waits.into_iter().map(half).collect::<Vec<u32>>()
    };
    let hourly = by == "시간대별";
    let labels: Vec<String> = begins
        .iter()
        .map(|at| at.format(if hourly { "%H" } else { "%-m/%-d" }).to_string())
        .collect();
    let series = |name: &str, values: Vec<u32>| Series { name: name.to_owned(), values };
    let title = format!("{} {}", title(kind), span(figures, now));
    // whole degrees, the warmest of each
    let warmest = |readings: &[(Time, i32)]| {
        let mut values = vec![0_u32; begins.len()];
        for (at, tenths) in readings {
            if let Some(value) = values.get_mut(place(*at)) {
                *value = (*value).max(u32::try_from((tenths + 5) / 10).unwrap_or_default());
            }
        }
        values
    };
    let mut panels = vec![
        Panel {
            title: format!("{by} 건수"),
            labels: labels.clone(),
            series: vec![
                series("긴급 요청", counted(&figures.urgent.began)),
                series("티켓 배정", counted(&figures.assigned.began)),
                series("알람 사건", counted(&figures.incidents)),
            ],
        },
        Panel {
            title: format!("{by} 수락·확인까지 걸린 시간 (분, 중앙값)"),
            labels: labels.clone(),
            series: vec![
                series("긴급 요청", minutes(&figures.urgent)),
                series("티켓 배정", minutes(&figures.assigned)),
            ],
        },
    ];
    if let Some(rooms) = figures.rooms.as_ref().filter(|rooms| !rooms.readings.is_empty()) {
        panels.push(Panel {
            title: format!("{by} 서버실 온도 (도, 최고)"),
            labels,
            series: vec![series("서버실", warmest(&rooms.readings))],
        });
    }
    let alt = format!(
        "{title}: {}, {}, 알람 사건 {}건",
        asked("긴급 요청", "수락", &figures.urgent),
        asked("티켓 배정", "확인", &figures.assigned),
        figures.incidents.len()
    );
    let name = file_name(kind, figures.period.to, "png");
    Chart { name, title, alt, panels }
}

/// All figures as a table: `구분,이름,항목,값`, times in seconds, with the mark by which Excel knows UTF-8.
#[must_use]
pub fn csv(desk: &Desk, figures: &Figures, people: Option<&BTreeMap<Name, Reached>>) -> String {
    let mut rows: Vec<[String; 4]> = Vec::new();
    let mut row = |kind: &str, name: &str, what: &str, value: String| {
        rows.push([kind.to_owned(), name.to_owned(), what.to_owned(), value]);
    };
    row("기간", "", "시작", figures.period.from.to_rfc3339());
    row("기간", "", "끝", figures.period.to.to_rfc3339());
    for (name, asked) in [
        ("긴급 요청", &figures.urgent),
        ("티켓 배정", &figures.assigned),
        ("그 밖의 호출", &figures.dispatched),
    ] {
        let seconds = |value: Option<u32>| value.map(|one| one.to_string()).unwrap_or_default();
        row("요청", name, "건수", asked.asked().to_string());
        row("요청", name, "수락", asked.taken().to_string());
        row("요청", name, "중앙값(초)", seconds(asked.median()));
        row("요청", name, "90%(초)", seconds(asked.ninetieth()));
    }
    let ends = [Counted::CallPlaced, Counted::CallNotPlaced].into_iter().chain(Counted::CALL_ENDS);
    for what in ends {
        row("전화", "", call_end(what), count(&figures.counts, what).to_string());
    }
    for what in [Counted::AlarmL1, Counted::AlarmL2, Counted::AlarmL3, Counted::Finding] {
        row("알람", "", call_end(what), count(&figures.counts, what).to_string());
    }
    row("알람", "", "사건", figures.incidents.len().to_string());
    row("AWS", "PHD", "건수", figures.phd.to_string());
    row("AWS", "TAM [REQ]", "건수", figures.tam.to_string());
    row("AWS", "상태 공지", "건수", figures.outages.to_string());
    row("계정", "입점", "완료", figures.joined.to_string());
    row("계정", "퇴점", "완료", figures.left.to_string());
    for (at, tenths) in figures.rooms.iter().flat_map(|rooms| &rooms.readings) {
        row("서버실", &at.to_rfc3339(), "온도", degrees(*tenths));
    }
    for (who, load) in &figures.load {
        row("사람", who.as_str(), "수락", load.taken.to_string());
        row("사람", who.as_str(), "배정", load.assigned.to_string());
    }
    for (who, one) in people.into_iter().flatten() {
        row("최근 90일", who.as_str(), "호출", one.tried.to_string());
        row("최근 90일", who.as_str(), "연락", one.answered.to_string());
        row("최근 90일", who.as_str(), "수락", one.accepted.to_string());
    }
    for id in &figures.open {
        if let Some(case) = desk.cases.get(id) {
            let (title, state) =
                (super::cases::title(&case.procedure), super::cases::state(&case.procedure));
            row("열린 사건", &id.to_string(), &title, state);
        }
    }
    let mut text = "\u{feff}구분,이름,항목,값\r\n".to_owned();
    for row in rows {
        let fields: Vec<String> = row.iter().map(|field| quoted(field)).collect();
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A field as it stands in a table. What a spreadsheet would take for a formula is kept from it.
fn quoted(field: &str) -> String {
    let safe = if field.starts_with(['=', '+', '-', '@', '\t']) && field.parse::<f64>().is_err() {
        format!("'{field}")
    } else {
        field.to_owned()
    };
    if safe.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::{degrees, quoted};

    #[test]
    fn what_stands_in_a_table() {
        assert_eq!(quoted("가, \"나\""), "\"가, \"\"나\"\"\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("-3.5"), "-3.5");
        assert_eq!([degrees(275), degrees(-3)], ["27.5", "-0.3"]);
    }
}
