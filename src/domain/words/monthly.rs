//! What people read of the month's on- and off-boardings (W1).

use super::super::checklist::{StepKind, StepState};
use super::super::ids::{AccountId, CaseId};
use super::super::message::{Line, Message};
use super::super::procedures::list::List;
use super::super::procedures::monthly::{Made, Monthly, Move, Way};
use super::super::time::{Time, clock};
use super::super::turn::{lines, one_line};
use super::super::watch::is_late;
use super::{line, refused};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// So many lines of a report stand in a message; the mail bears all of them.
const LINES_SHOWN: usize = 30;

/// `2025년 8월`
#[must_use]
pub fn month(first: NaiveDate) -> String {
    first.format("%Y년 %-m월").to_string()
}

/// A payer as people read it.
fn payer(one: Option<&AccountId>) -> String {
    one.map_or("Payer 미확인".to_owned(), |payer| format!("Payer {payer}"))
}

/// The step in which a payer's accounts are checked by hand.
#[must_use]
pub fn check_title(of: Option<&AccountId>, accounts: usize) -> String {
    format!("수작업 확인: {} (계정 {accounts}개)", payer(of))
}

/// What a check by hand has to say.
#[must_use]
pub const fn check_evidence() -> &'static str {
    "확인 결과"
}

/// The step in which the report is mailed.
#[must_use]
pub const fn mail_title() -> &'static str {
    "메일"
}

/// `입점 2 · 퇴점 1`
fn counts<'a>(moves: impl Iterator<Item = &'a Move>) -> String {
    let ways: Vec<Way> = moves.map(|one| one.way).collect();
    let of = |way: Way| ways.iter().filter(|one| **one == way).count();
    format!("입점 {} · 퇴점 {}", of(Way::Came), of(Way::Left))
}

/// The figures of the month, in one line.
fn figures(one: &Monthly) -> String {
    if one.moves.is_empty() {
        return "입점과 퇴점: 없음".to_owned();
    }
    let customers: BTreeSet<&str> = one.moves.iter().map(|one| one.customer.as_str()).collect();
    let payers: BTreeSet<Option<&AccountId>> =
        one.moves.iter().map(|one| one.payer.as_ref()).collect();
    format!("{} (고객사 {}곳, Payer {}개)", counts(one.moves.iter()), customers.len(), payers.len())
}

/// What neither came nor left; nothing where there is none.
fn rest(one: &Monthly) -> Vec<String> {
    let parts = [
        ("월말에 입점 중", one.rest.coming),
        ("월말에 퇴점 진행 중", one.rest.leaving),
        ("입점 취소", one.rest.not_come),
        ("퇴점 취소", one.rest.stayed),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| format!("{what} {count}"))
        .collect();
    if said.is_empty() { Vec::new() } else { vec![said.join(" · ")] }
}

/// The report without what was found by hand: figures, by customer, by payer.
fn report(one: &Monthly) -> Vec<String> {
    let mut said = vec![figures(one)];
    said.extend(rest(one));
    if let Some(since) = one.kept_since {
        said.push(format!(
            "입퇴점 이력은 {}부터 있습니다. 그 전의 것은 들어 있지 않습니다.",
            since.format("%Y-%m-%d %H:%M")
        ));
    }
    if one.moves.is_empty() {
        return said;
    }
    let mut customers: BTreeMap<&str, Vec<&Move>> = BTreeMap::new();
    let mut payers: BTreeMap<Option<&AccountId>, Vec<&Move>> = BTreeMap::new();
    for one in &one.moves {
        customers.entry(&one.customer).or_default().push(one);
        payers.entry(one.payer.as_ref()).or_default().push(one);
    }
    said.push("고객사별".to_owned());
    for (customer, moves) in customers {
        said.push(format!("[{customer}] {}", counts(moves.iter().copied())));
        said.extend(moves.into_iter().map(moved));
    }
    said.push("Payer별".to_owned());
    for (of, moves) in payers {
        let check = one.to_check.iter().any(|one| one.as_ref() == of);
        let check = if check { " — 수작업 확인 대상" } else { "" };
        said.push(format!("{}: {}{check}", payer(of), counts(moves.into_iter())));
    }
    said
}

fn moved(one: &Move) -> String {
    let way = match one.way {
        Way::Came => "입점",
        Way::Left => "퇴점",
    };
    let ticket = one.ticket.as_ref().map_or_else(String::new, |ticket| format!(", {ticket}"));
    format!(
        "· {} {way} {} ({}, 사건 {}{ticket})",
        one.at.format("%-m/%-d"),
        one.account,
        payer(one.payer.as_ref()),
        one.case
    )
}

/// The report in its final form: with what was found by hand, by whom and when.
#[must_use]
pub fn report_of(list: &List, one: &Monthly) -> String {
    let mut said = report(one);
    let checks = list.checklist.steps.iter().filter_map(|step| match &step.state {
        StepState::Done { by, at, evidence } if step.definition.kind == StepKind::Plain => {
            let at = at.format("%-m/%-d %H:%M");
            Some(format!("· {}: {evidence} ({by}, {at})", step.definition.title))
        }
        StepState::Done { .. } | StepState::Open { .. } | StepState::Waiting => None,
    });
    let checks: Vec<String> = checks.collect();
    if !checks.is_empty() {
        said.push("수작업 확인 결과".to_owned());
        said.extend(checks);
    }
    said.join("\n")
}

/// The report as a message shows it.
fn shown(one: &Monthly) -> Vec<Line> {
    let all = report(one);
    let more = all.len().saturating_sub(LINES_SHOWN);
    let mut said: Vec<Line> = all.into_iter().take(LINES_SHOWN).map(|text| line![text]).collect();
    if more > 0 {
        said.push(line![format!("외 {more}줄은 메일에 모두 담습니다.")]);
    }
    said
}

/// Who or what had it made, and how late.
fn made(one: &Monthly) -> String {
    match &one.made {
        Made::ByItself { due, at } => {
            let today = at.date_naive();
            let late = if is_late(*due, *at) {
                format!(" (늦음: {} 예정)", clock(*due, today))
            } else {
                String::new()
            };
            format!("{} 정기 작성{late}", at.format("%-m/%-d %H:%M"))
        }
        Made::Asked { by, at } => format!("{} {by} 요청으로 작성", at.format("%-m/%-d %H:%M")),
    }
}

/// The head of its card; `how`: the sign and the words of its end.
#[must_use]
pub fn head(
    list: &List,
    one: &Monthly,
    how: Option<(&str, &str)>,
    about: impl Fn(&str, String) -> Line,
) -> Vec<Line> {
    let what = format!("{} 입퇴점 현황", month(one.month));
    let to_check = list.checklist.open().any(|(_, step)| step.definition.kind == StepKind::Plain);
    let first = match how {
        Some((sign, how)) => about(sign, format!("{what}을 {how}.")),
        None if to_check => about("", format!("{what} (초안, 확인 전)입니다.")),
        None => about("", format!("{what} (초안, 발송 전)입니다.")),
    };
    let mut said = vec![first, line![made(one)]];
    said.extend(shown(one));
    if how.is_none() && to_check {
        said.push(line![
            "메인 Payer가 아닌 계정은 FitCloud에서 확인한 뒤 결과를 적어 주십시오. 모두 확인해야 메일 초안이 나옵니다."
        ]);
    }
    said
}

/// How the mail is sent, behind its step.
#[must_use]
pub const fn mail_note(one: &Monthly) -> &'static str {
    match one.draft {
        Some(_) => " [완료]를 누르면 스레드의 초안을 보냅니다",
        None => "",
    }
}

/// There is no template for the mail.
#[must_use]
pub fn no_template() -> Message {
    lines(vec![
        line!["⚠️ 메일 양식(mail/monthly.txt)이 없어 초안을 만들지 못했습니다."],
        line!["위의 현황을 직접 보내신 뒤 [완료]를 누르면 보낸 것으로 남깁니다."],
    ])
}

/// What was typed is no month.
#[must_use]
pub fn no_month(read: &str) -> Message {
    refused(
        format!("달을 읽지 못했습니다. 읽은 값: \"{read}\"."),
        "예: /coc report 입퇴점 2025-08 — 비우면 지난달입니다. 보낸 달을 또 만들려면 끝에 다시를 적습니다.",
    )
}

/// The month has not begun.
#[must_use]
pub fn not_begun(first: NaiveDate) -> Message {
    refused(
        format!("{}은 아직 오지 않은 달입니다.", month(first)),
        "지난달까지 만들 수 있습니다. 예: /coc report 입퇴점",
    )
}

/// The month that is not over yet, for the one who asked.
#[must_use]
pub fn preview(one: &Monthly) -> Message {
    let mut said = vec![line![format!(
        "{} 입퇴점 현황 (집계 중)입니다. 달이 끝나지 않아 올리지 않았습니다.",
        month(one.month)
    )]];
    said.extend(shown(one));
    lines(said)
}

/// It is being worked off.
#[must_use]
pub fn open_already(id: CaseId, first: NaiveDate) -> Message {
    one_line(format!(
        "⛔ {} 입퇴점 현황은 이미 #coc-noti에 있습니다 (사건 {id}). 그 글에서 이어 가 주십시오.",
        month(first)
    ))
}

/// It is sent.
#[must_use]
pub fn done_already(id: CaseId, first: NaiveDate, at: Time) -> Message {
    refused(
        format!(
            "{} 입퇴점 현황은 {}에 마쳤습니다 (사건 {id}).",
            month(first),
            at.format("%-m/%-d %H:%M")
        ),
        format!("또 만들려면: /coc report 입퇴점 {} 다시", first.format("%Y-%m")),
    )
}

/// It was begun.
#[must_use]
pub fn opened(id: CaseId, first: NaiveDate) -> Message {
    one_line(format!("{} 입퇴점 현황을 #coc-noti에 올렸습니다 (사건 {id}).", month(first)))
}

/// There is nowhere to post it.
#[must_use]
pub fn no_channel() -> Message {
    one_line("⛔ 봇이 #coc-noti에 없어 올리지 못했습니다. 봇을 채널에 초대한 뒤 다시 해 주십시오.")
}
