//! The app's home: what one person has, when that person's turn comes, and what the desk does meanwhile.

use super::super::case::{Case, Procedure};
use super::super::desk::Desk;
use super::super::ids::{Name, SlackUser};
use super::super::message::{Line, Message, Piece};
use super::super::people::Absence;
use super::super::people::order::{Duty, absence_at, urgent_order};
use super::super::policy::Role;
use super::super::procedures::assignment::choose;
use super::super::procedures::list::ListKind;
use super::super::time::{Time, clock};
use super::super::turn::{HomePress, Token, button, primary};
use super::line;

/// So many of each list are shown; the rest is counted.
const LISTED: usize = 15;
/// So many of those who come first.
const FIRST: usize = 5;
/// So many closed requests are shown beside the open ones.
const PAST: usize = 5;

/// The home of one person.
#[must_use]
pub fn home(desk: &Desk, user: &SlackUser, now: Time) -> Message {
    let name = desk.name_of(user);
    let roles = desk.roles_of(user);
    let is = |role: Role| roles.contains(&role);
    let mut said = vec![line![format!(
        "{}, COC 당직 데스크입니다. {} 기준입니다.",
        name.polite(),
        now.format("%-m/%-d %H:%M")
    )]];
    let guide = desk.roster.value.person(&name).is_some();
    if guide {
        said.extend(own_tickets(desk, &name, now));
        said.extend(own_turns(desk, &name, now));
        said.extend(own_absences(desk, &name, now));
    }
    if is(Role::Csr) {
        said.extend(own_requests(desk, user, &name, now));
    }
    if is(Role::Coc) {
        said.extend(open_cases(desk, now));
        said.extend(order(desk, now));
    }
    said.push(heading("더 보기"));
    if roles.is_empty() {
        said.push(line![
            "업무가이드와 담당 그룹에 없는 분입니다. 필요한 것은 COC에 요청해 주십시오."
        ]);
    }
    said.push(line!["/coc help — 쓸 수 있는 명령을 봅니다."]);
    if desk.sees_board(user) {
        said.push(line!["/coc board — 관제 화면을 여는 링크를 받습니다."]);
    }
    let mut buttons = Vec::new();
    if guide || is(Role::Coc) {
        buttons.push(primary("부재 등록", &Token::Home(HomePress::Leave)));
    }
    buttons.push(button("새로 고침", &Token::Home(HomePress::Refresh)));
    Message { lines: said, buttons }
}

fn heading(text: &str) -> Line {
    vec![Piece::Text("\n".to_owned()), Piece::Bold(text.to_owned())]
}

/// A list with its heading; what is too long is counted.
fn list(title: &str, rows: Vec<Line>, none: &str) -> Vec<Line> {
    let more = rows.len().saturating_sub(LISTED);
    let mut said = vec![heading(&match rows.len() {
        0 => title.to_owned(),
        count => format!("{title} {count}건"),
    })];
    if rows.is_empty() {
        said.push(line![none.to_owned()]);
    }
    said.extend(rows.into_iter().take(LISTED));
    if more > 0 {
        said.push(line![format!("외 {more}건")]);
    }
    said
}

fn own_tickets(desk: &Desk, name: &Name, now: Time) -> Vec<Line> {
    let today = now.date_naive();
    let rows: Vec<Line> = desk
        .tickets_of(name)
        .map(|(case, since)| {
            let (title, state) =
                (super::cases::title(&case.procedure), super::cases::state(&case.procedure));
            let mut row =
                line![format!("· {} {title} ({}부터) {state} ", case.id, clock(since, today))];
            row.extend(case.procedure.ticket().map(|ticket| Piece::Link(ticket.to_string())));
            row
        })
        .collect();
    let mut said = list("내 티켓", rows, "데스크가 배정한 열린 티켓이 없습니다.");
    if let Some(count) = desk.counted.tickets.get(name) {
        let at = desk.counted.at.map(|at| format!(" ({} 기준)", clock(at, today)));
        said.push(line![format!(
            "티켓 시스템이 센 활성 티켓: {count}건{}",
            at.unwrap_or_default()
        )]);
    }
    said
}

/// At which place somebody stands now, and who comes before.
fn own_turns(desk: &Desk, name: &Name, now: Time) -> Vec<Line> {
    let roster = &desk.roster.value;
    let mut said = vec![heading("내 순서")];
    for case in desk.open_cases() {
        let Some(rung) = case.procedure.ladder().and_then(|ladder| ladder.rung()) else { continue };
        if &rung.who == name {
            let title = super::cases::title(&case.procedure);
            said.push(line![format!(
                "🚨 지금 {title} 호출 중입니다 (사건 {}). 스레드에서 답해 주십시오.",
                case.id
            )]);
        }
    }
    if roster.general_entry(name).is_some() {
        let choice = choose(desk, "", now);
        let counts = desk.active_tickets();
        let count = counts.get(name).copied().unwrap_or(0);
        said.push(match choice.order.iter().position(|one| one == name) {
            Some(0) => line![format!("General 티켓: 다음 차례입니다 (활성 {count}건).")],
            Some(nth) => line![format!(
                "General 티켓: {}번째입니다 (활성 {count}건). 앞: {}",
                nth + 1,
                names(&choice.order[..nth])
            )],
            None => line![format!(
                "General 티켓: 지금은 빠져 있습니다{}.",
                why(desk, name, Duty::General, now)
            )],
        });
    }
    let order = urgent_order(roster, &desk.policy.value);
    let (available, _) = order.available(roster, &desk.leaves, now);
    let before: Vec<Name> = available.iter().map(|one| one.name.clone()).collect();
    said.push(match before.iter().position(|one| one == name) {
        Some(nth) => line![format!("긴급 호출: {}번째입니다.", nth + 1)],
        None => {
            line![format!("긴급 호출: 지금은 빠져 있습니다{}.", why(desk, name, Duty::Other, now))]
        }
    });
    said
}

fn why(desk: &Desk, name: &Name, duty: Duty, now: Time) -> String {
    let absence = absence_at(&desk.roster.value, &desk.leaves, name, duty, now)
        .or_else(|| absence_at(&desk.roster.value, &desk.leaves, name, Duty::General, now));
    absence.map_or_else(String::new, |absence| format!(" ({})", absence.korean()))
}

fn names(names: &[Name]) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    super::some_of(&names, ", ", 3)
}

/// Somebody's absences that are not over, the next first.
#[must_use]
pub fn absences_of<'a>(desk: &'a Desk, name: &Name, now: Time) -> Vec<&'a Absence> {
    let noted = desk.roster.value.person(name).into_iter().flat_map(|one| &one.absences);
    let entered = desk.leaves.get(name).into_iter().flatten();
    let mut all: Vec<&Absence> = Vec::new();
    for absence in noted.chain(entered).filter(|absence| now < absence.to) {
        if !all.contains(&absence) {
            all.push(absence);
        }
    }
    all.sort_by_key(|absence| (absence.from, absence.to));
    all
}

fn own_absences(desk: &Desk, name: &Name, now: Time) -> Vec<Line> {
    let rows = absences_of(desk, name, now)
        .into_iter()
        .map(|absence| {
            let going = if absence.covers(now) { " — 지금" } else { "" };
            line![format!("· {}{going}", absence.korean())]
        })
        .collect();
    list("내 부재", rows, "등록된 부재가 없습니다. [부재 등록]으로 넣을 수 있습니다.")
}

/// Whether somebody asked for what a case is about, or looks after its customer.
fn is_own_request(desk: &Desk, case: &Case, user: &SlackUser, name: &Name) -> bool {
    let asked = match &case.procedure {
        Procedure::Urgent(one) => &one.by == user,
        Procedure::List(list) if matches!(&list.kind, ListKind::Setup(one) if &one.by == name) => {
            true
        }
        Procedure::Assignment(_)
        | Procedure::Incident(_)
        | Procedure::Stray(_)
        | Procedure::Phd(_)
        | Procedure::Outage(_)
        | Procedure::List(_)
        | Procedure::Offboard(_)
        | Procedure::Dispatch(_)
        | Procedure::Inquiry(_)
        | Procedure::Climate(_) => {
            case.notes.first().is_some_and(|note| note.by.as_ref() == Some(name))
        }
    };
    let customer = case.procedure.customer();
    asked
        || (!customer.is_empty()
            && desk
                .customers
                .value
                .find(customer)
                .is_some_and(|one| one.csr.as_ref() == Some(name)))
}

fn own_requests(desk: &Desk, user: &SlackUser, name: &Name, now: Time) -> Vec<Line> {
    let own = |case: &&Case| is_own_request(desk, case, user, name);
    let rows = desk.open_cases().filter(own).map(|case| row(desk, case, now)).collect();
    let mut said = list("내 요청과 내 고객의 사건", rows, "진행 중인 것이 없습니다.");
    let closed = |case: &&Case| !case.is_open() && own(case);
    let past: Vec<Line> = desk
        .cases
        .values()
        .rev()
        .filter(closed)
        .take(PAST)
        .map(|case| {
            let (title, state) =
                (super::cases::title(&case.procedure), super::cases::state(&case.procedure));
            line![format!(
                "· {} {title} {state} ({} 시작)",
                case.id,
                clock(case.opened, now.date_naive())
            )]
        })
        .collect();
    if !past.is_empty() {
        said.push(heading("최근에 끝난 것"));
        said.extend(past);
    }
    said
}

/// A case in a list: its number, what it is, how it stands, what comes next.
fn row(desk: &Desk, case: &Case, now: Time) -> Line {
    let (title, state) =
        (super::cases::title(&case.procedure), super::cases::state(&case.procedure));
    let next = case.procedure.wake(&desk.policy.value).map_or_else(String::new, |due| {
        let why = super::cases::next_is(&case.procedure);
        format!(" · 다음 {} {why}", clock(due, now.date_naive()))
    });
    line![format!("· {} {title} {state}{next}", case.id)]
}

fn open_cases(desk: &Desk, now: Time) -> Vec<Line> {
    let mut open: Vec<&Case> = desk.open_cases().collect();
    open.sort_by_key(|case| {
        let due = case.procedure.wake(&desk.policy.value);
        (due.is_none(), due, case.id)
    });
    let rows = open.into_iter().map(|case| row(desk, case, now)).collect();
    list("진행 중인 사건", rows, "진행 중인 사건이 없습니다.")
}

/// Who comes first today.
fn order(desk: &Desk, now: Time) -> Vec<Line> {
    let choice = choose(desk, "", now);
    let counts = desk.active_tickets();
    let general: Vec<String> = choice
        .order
        .iter()
        .map(|name| format!("{name} {}건", counts.get(name).copied().unwrap_or(0)))
        .collect();
    let order = urgent_order(&desk.roster.value, &desk.policy.value);
    let (available, _) = order.available(&desk.roster.value, &desk.leaves, now);
    let urgent: Vec<String> = available.iter().map(|one| one.name.to_string()).collect();
    let mut said = vec![
        heading("오늘의 순서"),
        line![format!("General 티켓: {}", super::some_of(&general, " → ", FIRST))],
        line![format!("긴급 호출: {}", super::some_of(&urgent, " → ", FIRST))],
    ];
    for one in choice.skipped {
        said.push(line![format!("· 제외: {} — {}", one.name, one.why)]);
    }
    said
}
