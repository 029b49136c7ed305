//! What commands, forms and the guide's reader are answered with.

use super::super::case::{Case, Procedure};
use super::super::customers::Customer;
use super::super::desk::Desk;
use super::super::ids::{CaseId, Name, TicketLink};
use super::super::ladder::{Ladder, LadderState};
use super::super::message::{Field, FieldError, FieldKind, Form, Line, Message, Piece};
use super::super::people::absence::{Absence, AbsenceScope};
use super::super::people::order::{Candidate, Skipped};
use super::super::people::{LineError, Warning};
use super::super::procedures::assignment::Assignment;
use super::super::procedures::urgent::Urgent;
use super::super::time::{Time, clock};
use super::super::turn::{Token, lines, one_line, primary};
use super::{line, refused, topic};
use chrono::NaiveDate;

/// How many lines one answer shows at the most; Slack folds longer ones.
const LONGEST_LIST: usize = 40;

/// `/coc help`
#[must_use]
pub fn help() -> Message {
    lines(vec![
        line!["*쓸 수 있는 명령입니다.* 답은 본인에게만 보입니다.".replace('*', "")],
        line![
            "/assign 고객사 티켓링크 [@담당자] — 티켓을 배정합니다 (COC). 비우면 양식이 열립니다."
        ],
        line![
            "/leave [@사람] 2025-08-06 ~ 2025-08-07 사유 [일반티켓] — 부재를 등록합니다 (/coc leave도 같습니다)."
        ],
        line!["/call — 걸려 온 전화를 기록하고 읽어 드릴 말씀을 봅니다 (COC). 양식이 열립니다."],
        line!["/coc order [고객사] — 지금 호출 순서와 제외된 사람, 이유를 봅니다."],
        line!["/coc why 사건번호 — 그 사건에서 누가 왜 호출되었는지 봅니다."],
        line!["/coc cases — 진행 중인 사건과 다음 예정 시각을 봅니다."],
        line![
            "/coc alarm 고객사 [L3] 알람이름 — 메일이나 전화로 받은 알람을 등록합니다 (COC). 비우면 양식이 열립니다."
        ],
        line!["/coc alarms [고객사] — 호출 없이 기록만 한 알람을 봅니다."],
        line!["/coc health — AWS 서비스 상태를 봅니다. @COC AWS 상태라고 물어도 됩니다."],
        line![
            "/coc setup 고객사 채널 티켓링크 연락처 — 관제 구성을 시작합니다. 비우면 양식이 열립니다."
        ],
        line!["/onboard — 입점을 시작합니다 (COC, CSR). 양식이 열립니다."],
        line![
            "/offboard — 강제 퇴점을 요청합니다 (CSR, COC). 실행은 요청하지 않은 COC가 확인합니다."
        ],
        line!["/coc done 티켓링크 — 끝난 티켓을 활성 티켓 수에서 뺍니다."],
        line!["/coc contact [이름] — 연락처 카드를 봅니다."],
        line![
            "/coc room 온도 — 서버실 온도를 기록합니다 (COC). 실외기: /coc room 실외기 38 덕트 정상. 비우면 양식이 열립니다."
        ],
        line!["/coc room 화재, /coc room 연기 — 바로 COC 전체에 알립니다 (누구나)."],
        line!["/coc order [고객사] --days 14 — 앞으로 사람이 부족한 때를 봅니다."],
        line![
            "/coc duty [@사람] — COC 근무자를 보거나 정합니다. /coc handover [전할 말] — 근무를 인계합니다 (COC)."
        ],
        line!["/coc board — 관제 화면을 여는 링크를 받습니다. 본인만, 한 번 쓸 수 있습니다."],
        line!["/coc guide — 업무가이드를 다시 읽고 바뀐 점을 보여 줍니다 (COC)."],
        line!["/coc account 9012 — 계정의 고객사, Payer, 상태, 입퇴점 이력을 봅니다 (COC)."],
        line!["/coc report 입퇴점 [2025-08] — 월간 입퇴점 현황을 만듭니다 (COC)."],
        line![
            "/coc report 일간|주간|월간 [csv] — 보고의 수치를 봅니다. csv는 표를 DM으로 보냅니다."
        ],
        line!["/coc drill [긴급|msp 고객사] — 고객과 티켓 없이 호출을 훈련합니다 (COC)."],
        line!["긴급 요청(CSR): #general에 @COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: 링크"],
    ])
}

/// A command that nobody answers yet.
#[must_use]
pub fn unknown_command(command: &str) -> Message {
    refused(
        format!("{} 아직 준비되지 않은 명령입니다.", topic(command)),
        "업무가이드의 절차대로 직접 처리해 주십시오. 지금 쓸 수 있는 명령: /coc help",
    )
}

/// A word behind `/coc` that nobody knows.
#[must_use]
pub fn unknown_word(word: &str) -> Message {
    refused(
        format!("모르는 명령입니다. 읽은 값: \"{word}\"."),
        "쓸 수 있는 말: help, order, why, cases, alarm, alarms, health, setup, done, leave, guide, account, report, drill, contact, room, duty, handover, board. 예: /coc order 한빛전자",
    )
}

/// `/coc why` without a number.
#[must_use]
pub fn case_number_missing(read: &str) -> Message {
    refused(
        format!("사건번호를 읽지 못했습니다. 읽은 값: \"{read}\"."),
        "예: /coc why 12 — 번호는 /coc cases에서 볼 수 있습니다.",
    )
}

/// `/coc why` of a case that is not there.
#[must_use]
pub fn no_such_case(id: CaseId) -> Message {
    refused(
        format!("그런 사건이 없습니다. 읽은 값: {id}."),
        "번호는 /coc cases에서 볼 수 있습니다.",
    )
}

/// `/coc done` of a ticket that is not tracked.
#[must_use]
pub fn no_such_ticket(ticket: &TicketLink) -> Message {
    refused(format!("배정된 적이 없는 티켓입니다: {ticket}"), "링크를 확인해 주십시오.")
}

/// `/coc done` of somebody else's ticket.
#[must_use]
pub fn not_own_ticket() -> Message {
    refused("담당자와 COC만 완료로 표시할 수 있습니다. 바뀐 것은 없습니다.", "")
}

/// `/coc done`
#[must_use]
pub fn ticket_done(ticket: &TicketLink) -> Message {
    lines(vec![
        line!["완료로 기록했습니다. 활성 티켓 수에서 뺐습니다."],
        vec![Piece::Link(ticket.to_string())],
    ])
}

fn skipped_lines(skipped: &[Skipped]) -> Vec<Line> {
    if skipped.is_empty() {
        return vec![line!["건너뛴 사람 없음."]];
    }
    let mut said = vec![line!["건너뛴 사람:"]];
    said.extend(skipped.iter().map(|one| line![format!("· {} — {}", one.name, one.why)]));
    said
}

/// `/coc order`
#[must_use]
pub fn order(
    customer: Option<&Customer>,
    available: &[(&Candidate, Vec<String>)],
    skipped: &[Skipped],
    warnings: &[String],
    now: Time,
) -> Message {
    let head = match customer {
        Some(one) => {
            let chain = if one.runs_msp_chain() { "MSP 순서" } else { "General 순서" };
            let important = if one.important { " · 주요 고객" } else { "" };
            format!(
                "[{}] {}{important} · {chain} ({} 기준)",
                one.name,
                one.grade,
                now.format("%H:%M")
            )
        }
        None => format!("긴급 호출 순서 ({} 기준)", now.format("%-m/%-d %H:%M")),
    };
    let mut said = vec![line![head]];
    for (nth, (candidate, doubts)) in available.iter().enumerate() {
        said.push(line![format!("{}. {} — {}", nth + 1, candidate.name, candidate.place)]);
        said.extend(doubts.iter().map(|text| line![format!("   ⚠️ {text}")]));
    }
    said.extend(skipped_lines(skipped));
    said.extend(warnings.iter().map(|warning| line![format!("⚠️ {warning}")]));
    lines(said)
}

/// `/coc cases`
#[must_use]
pub fn cases(desk: &Desk, now: Time) -> Message {
    let open: Vec<_> = desk.cases.values().filter(|case| case.is_open()).collect();
    if open.is_empty() {
        return one_line("진행 중인 사건이 없습니다.");
    }
    let mut said = vec![line![format!("진행 중인 사건 {}건", open.len())]];
    for case in open.iter().take(LONGEST_LIST) {
        let (what, state) =
            (super::cases::title(&case.procedure), super::cases::state(&case.procedure));
        let due = case.procedure.wake(&desk.policy.value);
        let next =
            due.map_or_else(String::new, |due| format!(" 다음: {}", clock(due, now.date_naive())));
        said.push(line![format!("{} {what} {state}{next}", case.id)]);
    }
    if open.len() > LONGEST_LIST {
        said.push(line![format!("외 {}건", open.len() - LONGEST_LIST)]);
    }
    said.push(line!["자세히: /coc why 사건번호"]);
    lines(said)
}

/// `/coc why`: everybody who was chosen or passed over, and why.
#[must_use]
pub fn why(desk: &Desk, id: CaseId, now: Time) -> Message {
    let Some(case) = desk.cases.get(&id) else { return no_such_case(id) };
    let today = now.date_naive();
    let mut said = chosen(desk, case, now);
    if !case.notes.is_empty() {
        said.push(line!["기록:"]);
        let skip = case.notes.len().saturating_sub(LONGEST_LIST);
        said.extend(case.notes.iter().skip(skip).map(|note| {
            let by = note.by.as_ref().map_or_else(String::new, |by| format!("{by}: "));
            line![format!("· {} {by}{}", clock(note.at, today), note.text)]
        }));
    }
    lines(said)
}

/// What a case is and how it stands; everybody who was chosen or passed over, and why.
#[must_use]
pub fn chosen(desk: &Desk, case: &Case, now: Time) -> Vec<Line> {
    let id = case.id;
    match &case.procedure {
        Procedure::Urgent(one) => why_urgent(desk, id, one, now),
        Procedure::Assignment(one) => why_assignment(desk, id, one, now),
        one @ (Procedure::Incident(_)
        | Procedure::Stray(_)
        | Procedure::Phd(_)
        | Procedure::Outage(_)
        | Procedure::List(_)
        | Procedure::Offboard(_)
        | Procedure::Dispatch(_)
        | Procedure::Inquiry(_)
        | Procedure::Climate(_)) => {
            let (title, state) = (super::cases::title(one), super::cases::state(one));
            let mut said = vec![line![format!("사건 {id} {title} {state}")]];
            if let Some(ladder) = one.ladder() {
                said.extend(why_ladder(desk, ladder, now));
            }
            if let Procedure::List(list) = one {
                said.extend(super::onboard::why(list, now));
                said.extend(super::list::steps(desk, list, now));
            }
            said
        }
    }
}

fn why_urgent(desk: &Desk, id: CaseId, one: &Urgent, now: Time) -> Vec<Line> {
    let mut said = vec![line![format!(
        "사건 {id} 긴급 [{}] {} 요청: {}",
        one.customer.name(),
        super::urgent::state(one),
        desk.name_of(&one.by)
    )]];
    if let Some(ladder) = one.ladder() {
        said.extend(why_ladder(desk, ladder, now));
    }
    said
}

/// A person's place and what became of the call, person by person; then who was passed over.
fn why_ladder(desk: &Desk, ladder: &Ladder, now: Time) -> Vec<Line> {
    let today = now.date_naive();
    let place = |who: &Name| {
        ladder
            .order
            .candidates
            .iter()
            .find(|candidate| &candidate.name == who)
            .map_or_else(|| "순서 밖".to_owned(), |candidate| candidate.place.clone())
    };
    let mut said = Vec::new();
    for (nth, over) in ladder.over.iter().enumerate() {
        let how = super::paging::ended(&over.how, over.at, &desk.policy.value);
        said.push(line![format!(
            "{}. {} — {}, {} 호출, {how}",
            nth + 1,
            over.who,
            place(&over.who),
            clock(over.opened, today)
        )]);
    }
    if let Some(rung) = ladder.rung() {
        let until = super::paging::until(ladder.deadline(desk.policy.value.chain.rung), now);
        said.push(line![format!(
            "{}. {} — {}, {} 호출, {until}",
            ladder.over.len() + 1,
            rung.who,
            place(&rung.who),
            clock(rung.opened, today)
        )]);
    }
    let asked_at = match &ladder.state {
        LadderState::Taken(taken) => taken.at,
        LadderState::Exhausted { at } | LadderState::Stopped { at } => *at,
        LadderState::Calling(_) | LadderState::Between => now,
    };
    let (_, skipped) = ladder.order.available(&desk.roster.value, &desk.leaves, asked_at);
    let skipped: Vec<Skipped> =
        skipped.into_iter().filter(|one| !ladder.was_reached(&one.name)).collect();
    said.extend(skipped_lines(&skipped));
    let waiting: Vec<String> = ladder
        .order
        .candidates
        .iter()
        .map(|candidate| &candidate.name)
        .filter(|name| !ladder.was_reached(name) && !skipped.iter().any(|one| &one.name == *name))
        .map(ToString::to_string)
        .collect();
    if !waiting.is_empty() {
        said.push(line![format!("아직 호출되지 않음: {}", waiting.join(", "))]);
    }
    said.extend(ladder.order.warnings.iter().map(|text| line![format!("⚠️ {text}")]));
    said
}

fn why_assignment(desk: &Desk, id: CaseId, one: &Assignment, now: Time) -> Vec<Line> {
    let mut said = vec![
        line![format!("사건 {id} 배정 [{}] {}", one.customer, super::assignment::state(one))],
        vec![Piece::Link(one.ticket.to_string())],
    ];
    if !one.earlier.is_empty() {
        let names: Vec<String> = one.earlier.iter().map(ToString::to_string).collect();
        said.push(line![format!("앞서 맡았거나 건너뛴 사람: {}", names.join(", "))]);
    }
    let choice = super::super::procedures::assignment::choose(desk, &one.customer, now);
    let counts = desk.active_tickets();
    let shown: Vec<String> = choice
        .order
        .iter()
        .map(|name| {
            if choice.own_engineers {
                name.to_string()
            } else {
                format!("{name} {}건", counts.get(name).copied().unwrap_or_default())
            }
        })
        .collect();
    let rule = if choice.own_engineers { "담당 TS 순서" } else { "지금 활성 티켓" };
    said.push(line![format!("{rule}: {}", shown.join(", "))]);
    said.extend(skipped_lines(&choice.skipped));
    said
}

/// The form of `/assign`.
#[must_use]
pub fn assign_form() -> Form {
    Form {
        token: Token::AssignForm.text(),
        title: "티켓 배정".to_owned(),
        intro: vec![line![
            "담당자를 비우면 규칙대로 고릅니다 (MSP는 담당 TS, 일반은 활성 티켓이 적은 순)."
        ]],
        submit: "배정".to_owned(),
        fields: vec![
            field("customer", "고객사", "예: 한빛전자", FieldKind::Line, false),
            field(
                "ticket",
                "티켓",
                "예: https://support.example.com/agent/tickets/4243",
                FieldKind::Line,
                false,
            ),
            field("to", "담당자", "", FieldKind::Person, true),
        ],
    }
}

/// The form of `/leave`.
#[must_use]
pub fn leave_form() -> Form {
    let scopes = ["모든 업무", "일반티켓만"].map(str::to_owned).to_vec();
    Form {
        token: Token::LeaveForm.text(),
        title: "부재 등록".to_owned(),
        intro: vec![line!["등록한 날에는 호출과 배정에서 빠집니다."]],
        submit: "등록".to_owned(),
        fields: vec![
            field("who", "사람", "비우면 본인입니다.", FieldKind::Person, true),
            field("from", "시작", "예: 2025-08-06", FieldKind::Line, false),
            field(
                "to",
                "끝",
                "그날까지 쉽니다. 비우면 하루입니다. 예: 2025-08-07",
                FieldKind::Line,
                true,
            ),
            field("reason", "사유", "예: 휴가", FieldKind::Line, false),
            Field {
                initial: "모든 업무".to_owned(),
                ..field("scope", "범위", "", FieldKind::Choice(scopes), false)
            },
        ],
    }
}

fn field(key: &str, label: &str, hint: &str, kind: FieldKind, optional: bool) -> Field {
    Field {
        key: key.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        initial: String::new(),
        optional,
        kind,
    }
}

/// Everything that is wrong with a typed command, a line each, and a corrected example.
#[must_use]
pub fn field_errors(form: &Form, example: &str, errors: &[FieldError]) -> Message {
    let label = |key: &str| {
        let field = form.fields.iter().find(|field| field.key == key);
        field.map_or_else(String::new, |field| format!("{}: ", field.label))
    };
    let mut said: Vec<Line> = errors
        .iter()
        .enumerate()
        .map(|(nth, error)| {
            let sign = if nth == 0 { "⛔ " } else { "" };
            line![format!("{sign}{}{}", label(&error.key), error.text)]
        })
        .collect();
    said.push(line![format!("예: {example}")]);
    lines(said)
}

/// `/assign` by somebody who may not.
#[must_use]
pub fn assign_wrong_role() -> Message {
    refused("티켓 배정은 COC만 할 수 있습니다. 배정하지 않았습니다.", "COC에 요청해 주십시오.")
}

/// A ticket's link that is not there or cannot be read.
#[must_use]
pub fn bad_ticket(read: &str) -> String {
    let example = "https://support.example.com/agent/tickets/4243";
    if read.is_empty() {
        format!("없습니다. 예: {example}")
    } else {
        format!("링크를 읽지 못했습니다. 읽은 값: \"{read}\". 예: {example}")
    }
}

/// A person who is on no list of the guide.
#[must_use]
pub fn not_in_guide(who: &str) -> String {
    format!("업무가이드에 없는 이름입니다. 읽은 값: \"{who}\". 예: @다솜윤")
}

/// Somebody else's absence.
#[must_use]
pub fn others_leave() -> String {
    "다른 사람의 부재는 COC만 등록할 수 있습니다.".to_owned()
}

/// A date that cannot be read.
#[must_use]
pub fn bad_date(read: &str) -> String {
    format!("읽지 못했습니다. 읽은 값: \"{read}\". 예: 2025-08-06")
}

/// An absence that ends before it begins.
#[must_use]
pub fn ends_before(from: NaiveDate, to: NaiveDate) -> String {
    format!("끝({to})이 시작({from})보다 앞섭니다. 순서를 바꿔 주십시오.")
}

/// An absence that is over already.
#[must_use]
pub fn in_the_past(to: NaiveDate) -> String {
    format!("{to}은 이미 지난 날입니다. 오늘 이후로 적어 주십시오.")
}

/// An absence longer than a year.
#[must_use]
pub fn too_long(from: NaiveDate, to: NaiveDate) -> String {
    format!("{from}부터 {to}까지는 1년이 넘습니다. 연도를 확인해 주십시오.")
}

/// An absence without a reason.
#[must_use]
pub fn reason_missing() -> String {
    "없습니다. 예: 휴가".to_owned()
}

fn scope(absence: &Absence) -> &'static str {
    match absence.scope {
        AbsenceScope::All => "모든 업무",
        AbsenceScope::General => "General 티켓만",
    }
}

/// An absence was entered; in n.
#[must_use]
pub fn leave_entered(who: &Name, absence: &Absence, by: &Name) -> Message {
    let recorded = if who == by { String::new() } else { format!(", {by} 기록") };
    one_line(format!(
        "{} 부재: {} {} ({}{recorded}). 그동안 호출과 배정에서 뺍니다.",
        who.polite(),
        absence.period(),
        absence.reason,
        scope(absence)
    ))
}

/// The answer to `/leave`.
#[must_use]
pub fn leave_done(who: &Name, absence: &Absence) -> Message {
    one_line(format!(
        "{} 부재를 등록했습니다: {} ({}). {}부터 다시 포함합니다.",
        who.polite(),
        absence.period(),
        scope(absence),
        absence.to.format("%-m/%-d")
    ))
}

/// An absence that one on record holds already.
#[must_use]
pub fn leave_already(who: &Name, known: &Absence) -> Message {
    one_line(format!(
        "{}의 부재는 이미 등록되어 있습니다: {} {} ({}). 바뀐 것은 없습니다.",
        who.polite(),
        known.period(),
        known.reason,
        scope(known)
    ))
}

/// Somebody is given a ticket while absent.
#[must_use]
pub fn absent_warning(who: &Name, absence: &Absence) -> String {
    format!("{}은 부재 중입니다 ({} {}).", who.polite(), absence.period(), absence.reason)
}

fn warning_lines(warnings: &[Warning]) -> Vec<Line> {
    warnings.iter().map(|one| line![format!("⚠️ {}행: {}", one.line, one.text)]).collect()
}

/// What a changed guide would change (R1).
#[must_use]
pub fn guide_diff(diff: &[String], warnings: &[Warning]) -> Message {
    let mut said =
        vec![line!["업무가이드가 바뀌었습니다. [적용]을 누를 때까지 지금 명단을 씁니다."]];
    if diff.is_empty() {
        said.push(line!["명단에는 바뀐 점이 없습니다 (글만 바뀜)."]);
    }
    said.extend(diff.iter().take(LONGEST_LIST).map(|row| line![format!("· {row}")]));
    if diff.len() > LONGEST_LIST {
        said.push(line![format!("외 {}줄", diff.len() - LONGEST_LIST)]);
    }
    said.extend(warning_lines(warnings));
    Message { lines: said, buttons: vec![primary("적용", &Token::ApplyGuide)] }
}

/// The guide says what it said before.
#[must_use]
pub fn guide_same(warnings: &[Warning]) -> Message {
    let mut said = vec![line!["업무가이드를 다시 읽었습니다. 바뀐 점이 없습니다."]];
    said.extend(warning_lines(warnings));
    lines(said)
}

/// The guide went live.
#[must_use]
pub fn guide_applied(by: &Name, now: Time) -> Message {
    one_line(format!(
        "업무가이드를 적용했습니다 ({by}, {}). 다음 호출부터 새 명단을 씁니다.",
        now.format("%H:%M")
    ))
}

/// 적용 under a guide that is not the newest that was shown.
#[must_use]
pub fn guide_stale() -> Message {
    refused(
        "더 새로운 업무가이드가 있거나 이미 적용되었습니다. 바뀐 것은 없습니다.",
        "/coc guide로 다시 확인해 주십시오.",
    )
}

/// A book that cannot be read: the old one stays in force.
#[must_use]
pub fn book_refused(file: &str, errors: &[LineError]) -> Message {
    let mut said =
        vec![line![format!("⛔ {file} 파일을 읽지 못했습니다. 이전 내용을 그대로 씁니다.")]];
    said.extend(
        errors.iter().take(LONGEST_LIST).map(|one| line![format!("{}행: {}", one.line, one.text)]),
    );
    if errors.len() > LONGEST_LIST {
        said.push(line![format!("외 {}건", errors.len() - LONGEST_LIST)]);
    }
    lines(said)
}
