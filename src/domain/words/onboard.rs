//! What people read of the on-boarding of accounts (N).

use super::super::checklist::{Step, StepKind};
use super::super::desk::Desk;
use super::super::ids::{AccountId, CaseId, Name, NotAnAccount, TicketLink};
use super::super::ladder::Acceptance;
use super::super::message::{Button, Field, FieldKind, Form, Line, Message, Piece};
use super::super::people::Absence;
use super::super::procedures::list::List;
use super::super::procedures::onboard::{
    Contact, ErrorState, Onboard, Rest, StepError, TicketOwner, of, script,
};
use super::super::time::{Time, clock};
use super::super::turn::{StepPress, Token, button, lines, one_line};
use super::{bracketed, line, object, refused, to_csr};

/// How the owner of the company's own accounts is called (R6).
pub const INTERNAL: &str = "솔트웨어 내부 계정 담당";

/// How the owners of account tickets are called (R5).
#[must_use]
pub fn duty(sign: &str) -> String {
    format!("계정 업무 담당({sign})")
}

/// How many accounts stand in one line.
const SHOWN: usize = 40;

fn joined(accounts: &[AccountId]) -> String {
    let shown =
        accounts.iter().take(SHOWN).map(AccountId::to_string).collect::<Vec<_>>().join(", ");
    match accounts.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} 외 {more}개"),
    }
}

/// The head of its card; `how`: the sign and the words of its end.
#[must_use]
pub fn head(
    one: &Onboard,
    how: Option<(&str, &str)>,
    about: impl Fn(&str, String) -> Line,
    now: Time,
) -> Vec<Line> {
    let payer = &one.payer;
    let first = match how {
        Some((sign, how)) => about(sign, format!("입점을 {how}. Payer {payer}")),
        None => about("", format!("입점입니다. Payer {payer}")),
    };
    let mut said = vec![first, vec![Piece::Link(one.ticket.to_string())]];
    said.extend(details(one, now));
    if how.is_none() {
        said.extend(one.warnings.iter().map(|text| line![format!("⚠️ {text}")]));
    }
    said
}

/// Accounts, owner, contact, errors.
#[must_use]
pub fn details(one: &Onboard, now: Time) -> Vec<Line> {
    let mut said = vec![line![format!("계정 {}개: {}", one.accounts.len(), joined(&one.accounts))]];
    said.push(line![match &one.owner {
        Some(TicketOwner { name, duty }) => format!("티켓 담당: {name} ({duty})"),
        None => "티켓 담당: 없음".to_owned(),
    }]);
    said.push(line![match one.contact.said.as_str() {
        "" => "고객 연락처: 고객 기록에 없습니다".to_owned(),
        said => format!("고객 연락처: {said}"),
    }]);
    said.extend(one.errors.iter().map(|error| line![error_state(error, now)]));
    said
}

fn error_state(error: &StepError, now: Time) -> String {
    let today = now.date_naive();
    let (step, case) = (error.step + 1, error.case);
    match &error.state {
        ErrorState::Open => {
            format!("🚨 {step}번 단계 오류: 담당을 부르고 있습니다 (사건 {case})")
        }
        ErrorState::Taken { by, at } => {
            format!("{step}번 단계 오류: {by} 맡음 ({}, 사건 {case})", clock(*at, today))
        }
        ErrorState::Ended { by, at } => {
            format!("{step}번 단계 오류: 호출 끝남 ({by}, {}, 사건 {case})", clock(*at, today))
        }
    }
}

/// What helps with a step that is open, behind it on the card.
#[must_use]
pub fn step_note(desk: &Desk, one: &Onboard, step: &Step) -> String {
    match step.definition.kind {
        StepKind::Mail => match one.draft {
            Some(_) if desk.presence.adapters.mail => {
                " [완료]를 누르면 스레드의 초안을 보냅니다".to_owned()
            }
            Some(_) => " 스레드의 초안을 직접 보낸 뒤 [완료]를 누릅니다".to_owned(),
            None => " 초안을 만들 수 없습니다. 직접 보내 주십시오".to_owned(),
        },
        StepKind::Phone => format!(" {}", numbers(&one.contact)),
        StepKind::Credit => " 잔여 크레딧을 적습니다 (0도 됩니다)".to_owned(),
        StepKind::Plain | StepKind::Ticket => String::new(),
    }
}

fn numbers(contact: &Contact) -> String {
    match contact.phones.as_slice() {
        [] => "등록된 전화번호가 없습니다".to_owned(),
        phones => format!("고객 전화: {}", phones.join(", ")),
    }
}

/// 대본, while somebody has to phone.
#[must_use]
pub fn script_button(case: CaseId, list: &List) -> Option<Button> {
    of(list)?;
    let (nth, _) =
        list.checklist.open().find(|(_, step)| step.definition.kind == StepKind::Phone)?;
    Some(button("대본", &Token::Step(case, nth, StepPress::Script)))
}

/// 오류, of a step; `title`: which, where it is not the first of those that are open.
#[must_use]
pub fn error_button(case: CaseId, nth: usize, title: Option<&str>) -> Button {
    let token = Token::Step(case, nth, StepPress::Error);
    match title {
        None => button("오류", &token),
        Some(title) => button(&format!("오류: {title}"), &token),
    }
}

/// What is read on the telephone by `operator` (N3, N7). `in_thread`: everybody sees it; else whoever asked. `None`: nothing is.
#[must_use]
pub fn call(list: &List, nth: usize, operator: &Name, in_thread: bool) -> Option<Message> {
    let one = of(list)?;
    let step = list.checklist.steps.get(nth)?;
    let text = step.definition.script.as_deref()?;
    let mut said = vec![
        vec![
            "☎️ ".into(),
            bracketed(&list.customer),
            format!("{} 대본입니다 ({operator}).", step.definition.title).into(),
        ],
        line![numbers(&one.contact)],
    ];
    said.extend(script(text, operator, &one.accounts).lines().map(|text| line![text]));
    said.push(if in_thread {
        line!["다른 분이 거시면 단계가 적힌 글의 [대본]을 눌러 주십시오. 이름이 바뀌어 나옵니다."]
    } else {
        line!["통화하신 뒤 단계가 적힌 글에서 [완료]를 눌러 주십시오."]
    });
    Some(lines(said))
}

/// What the customer has to do, when it is asked for again (N6).
#[must_use]
pub fn guidance(list: &List, steps: &[usize]) -> Vec<Line> {
    let Some(one) = of(list) else { return Vec::new() };
    let mut said = Vec::new();
    for step in steps.iter().filter_map(|nth| list.checklist.steps.get(*nth)) {
        if let (StepKind::Plain, Some(text)) = (step.definition.kind, &step.definition.script) {
            let contact = match one.contact.said.as_str() {
                "" => String::new(),
                said => format!(" ({said})"),
            };
            said.push(line![format!(
                "{} 미비: 고객에게 다시 안내해 주십시오{contact}.",
                step.definition.title
            )]);
            said.extend(text.trim().lines().map(|text| line![text]));
        }
    }
    said
}

/// The links are complete, for the customer's CSR (N5, reading 26).
#[must_use]
pub fn shared(desk: &Desk, id: CaseId, list: &List, credit: &str) -> Option<Message> {
    let one = of(list)?;
    let mut first: Line = line!["✅ "];
    first.extend(to_csr(desk, &list.customer));
    first.push(" ".into());
    first.push(bracketed(&list.customer));
    first.push(format!("링크가 완료되었습니다. Payer {}", one.payer).into());
    Some(lines(vec![
        first,
        line![format!("계정 {}개: {}", one.accounts.len(), joined(&one.accounts))],
        line![format!("잔여 크레딧: {credit}")],
        vec![Piece::Link(one.ticket.to_string())],
        line![format!("사건 {id}")],
    ]))
}

/// 오류 was pressed: people are being reached (N4).
#[must_use]
pub fn failed(list: &List, error: &StepError) -> Message {
    lines(vec![
        vec![
            "🚨 ".into(),
            bracketed(&list.customer),
            format!(
                "{} 오류: 사건 {}에서 담당을 부릅니다 ({}, {}).",
                title(list, error.step),
                error.case,
                error.by,
                error.at.format("%H:%M")
            )
            .into(),
        ],
        line!["이 단계는 열려 있습니다. 해결되면 [완료]를 눌러 주십시오. 호출도 함께 끝납니다."],
    ])
}

fn title(list: &List, nth: usize) -> String {
    let title = list.checklist.steps.get(nth).map_or("", |step| &step.definition.title);
    format!("{}. {title}", nth + 1)
}

/// The same, in the story.
#[must_use]
pub fn failed_note(list: &List, error: &StepError) -> String {
    format!("{}: 오류 (사건 {})", title(list, error.step), error.case)
}

/// 오류 while people are being reached already.
#[must_use]
pub fn failed_already(list: &List, error: &StepError) -> Message {
    one_line(format!(
        "⛔ {} 오류로 이미 담당을 부르고 있습니다 (사건 {}, {}이 {}에 알림). 새로 부르지 않았습니다.",
        title(list, error.step),
        error.case,
        error.by.polite(),
        error.at.format("%H:%M")
    ))
}

/// Somebody took the error.
#[must_use]
pub fn error_taken(case: CaseId, taken: &Acceptance) -> Message {
    one_line(format!(
        "✅ {}이 {}에 오류 대응을 맡았습니다 (사건 {case}). 해결되면 그 단계의 [완료]를 눌러 주십시오.",
        taken.by.polite(),
        taken.at.format("%H:%M")
    ))
}

/// 종료 of the calling.
#[must_use]
pub fn error_ended(case: CaseId, by: &Name) -> Message {
    one_line(format!(
        "⛔ {}이 오류 호출을 종료했습니다 (사건 {case}). 단계는 그대로 열려 있습니다.",
        by.polite()
    ))
}

/// 고객 메일 when nothing is left of which the customer would have to be told, or no mail can be made of it.
#[must_use]
pub fn nothing_to_remind() -> Message {
    one_line(
        "⛔ 고객에게 다시 안내할 단계가 남아 있지 않거나 메일을 만들 수 없습니다. 초안을 만들지 않았습니다.",
    )
}

/// What is told with the end of a list that is done: what becomes of the ticket. `by_desk`: the bot closes it itself.
#[must_use]
pub fn done(rest: &Rest, by_desk: bool, ticket: &TicketLink) -> Vec<Line> {
    let link = vec![Piece::Link(ticket.to_string())];
    match rest {
        Rest::Nothing if by_desk => vec![line!["티켓을 완료 처리합니다."], link],
        Rest::Nothing => vec![
            line!["티켓 시스템이 연결되어 있지 않습니다. COC는 티켓을 직접 닫아 주십시오."],
            link,
        ],
        Rest::Open(cases) => {
            let cases: Vec<String> = cases.iter().map(CaseId::to_string).collect();
            vec![line![format!(
                "같은 티켓의 다른 Payer가 남아 티켓은 열어 둡니다: 사건 {}",
                cases.join(", ")
            )]]
        }
        Rest::Cancelled(payers) => vec![
            line![format!(
                "취소한 Payer가 있어 티켓은 열어 둡니다: {}. 더 할 일이 없으면 직접 닫아 주십시오.",
                joined(payers)
            )],
            link,
        ],
    }
}

/// What is told with 취소.
#[must_use]
pub fn cancelled(linked: bool, ticket: &TicketLink) -> Vec<Line> {
    vec![
        line![if linked {
            "링크는 이미 완료되어 있어 계정은 입점된 것으로 남습니다. 티켓은 닫지 않았습니다."
        } else {
            "계정은 입점되지 않은 것으로 남깁니다. 티켓은 닫지 않았습니다."
        }],
        vec![Piece::Link(ticket.to_string())],
    ]
}

/// How it began, in the story.
#[must_use]
pub fn begun_note(payer: &AccountId, accounts: &[AccountId]) -> String {
    format!("입점 시작: Payer {payer}, 계정 {}", joined(accounts))
}

/// What the support desk's people read when the ticket is given to its owner.
#[must_use]
pub fn assigned_comment(owner: &TicketOwner, customer: &str) -> String {
    format!("[{customer}] 입점을 시작했습니다. 티켓 담당: {} ({}).", owner.name, owner.duty)
}

/// What the support desk's people read when the ticket is closed.
#[must_use]
pub fn solved_comment(customer: &str) -> String {
    format!("[{customer}] 입점을 모두 마쳤습니다.")
}

/// `/onboard` by somebody who may not.
#[must_use]
pub fn not_allowed() -> Message {
    refused(
        "입점은 COC와 CSR만 시작할 수 있습니다. 시작하지 않았습니다.",
        "COC나 담당 CSR에 요청해 주십시오.",
    )
}

/// It began: what was read, and in which cases it is worked off.
#[must_use]
pub fn accepted(customer: &str, begun: &[(CaseId, AccountId, Vec<AccountId>)]) -> Message {
    let mut said = vec![line![format!("[{customer}] 입점을 시작했습니다.")]];
    for (id, payer, accounts) in begun {
        said.push(line![format!(
            "사건 {id} · Payer {payer} · 계정 {}개: {}",
            accounts.len(),
            joined(accounts)
        )]);
    }
    said.push(line![
        "단계는 #coc-noti의 글에서 [완료]로 마칩니다. 틀렸으면 [취소]하고 다시 적어 주십시오."
    ]);
    lines(said)
}

/// Something that must be there is not.
#[must_use]
pub fn missing(example: &str) -> String {
    format!("없습니다. 예: {example}")
}

/// What is no account.
#[must_use]
pub fn bad_account(error: &NotAnAccount) -> String {
    let what = match error.digits {
        // letters between twelve digits, or nothing but words
        0 | 12 => "계정 번호로 읽을 수 없습니다".to_owned(),
        digits => format!("{digits}자리입니다"),
    };
    format!("\"{}\"은(는) {what}. 12자리 숫자로 적어 주십시오. 예: 123456789012.", error.read)
}

/// An account that stands twice in the form.
#[must_use]
pub fn repeated(account: &AccountId) -> String {
    format!("{account}: 두 번 적혔습니다. 한 번만 적어 주십시오.")
}

/// An account of another customer.
#[must_use]
pub fn of_another(account: &AccountId, customer: &str) -> String {
    format!("{account}: 다른 고객사의 기록에 있습니다 ({customer}). 번호를 확인해 주십시오.")
}

/// An account of the company itself (R6).
#[must_use]
pub fn company_own(account: &AccountId) -> String {
    format!("{account}: 회사 내부 계정입니다. 번호를 확인해 주십시오.")
}

/// An account that is linked already.
#[must_use]
pub fn joined_already(account: &AccountId) -> String {
    format!("{account}: 이미 입점된 계정입니다. 빼고 다시 적어 주십시오.")
}

/// An account whose on-boarding runs.
#[must_use]
pub fn joining_already(account: &AccountId, case: CaseId) -> String {
    format!("{account}: 입점이 이미 진행되고 있습니다 (사건 {case}). 빼고 다시 적어 주십시오.")
}

/// An account whose off-boarding runs.
#[must_use]
pub fn leaving(account: &AccountId, case: CaseId) -> String {
    format!("{account}: 퇴점이 진행되고 있습니다 (사건 {case}). 퇴점이 끝난 뒤 다시 적어 주십시오.")
}

/// A payer in the accounts' field that the payers' field lacks.
#[must_use]
pub fn payer_not_named(payer: &AccountId) -> String {
    format!("{payer}: Payer 칸에 없는 Payer입니다. 두 칸을 맞추어 주십시오.")
}

/// Accounts of which nobody can say which payer they belong to.
#[must_use]
pub fn whose(read: &str) -> String {
    format!(
        "어느 Payer의 계정인지 알 수 없습니다. 읽은 값: \"{read}\". Payer가 여럿이면 Payer마다 한 줄씩 적어 주십시오. 예: 999988887777: 123456789014, 123456789015."
    )
}

/// A payer without accounts.
#[must_use]
pub fn no_accounts(payer: &AccountId) -> String {
    format!("{payer}: 이 Payer의 계정이 없습니다. 예: {payer}: 123456789014, 123456789015.")
}

/// The same is worked off already.
#[must_use]
pub fn running_already(payer: &AccountId, case: CaseId) -> String {
    format!(
        "같은 티켓과 Payer({payer})의 입점을 이미 하고 있습니다 (사건 {case}). 시작하지 않았습니다."
    )
}

/// A remaining credit that is no amount (N5).
#[must_use]
pub fn bad_credit(read: &str) -> String {
    let read = read.trim();
    let what = if read.is_empty() {
        "비어 있습니다.".to_owned()
    } else {
        format!("금액을 읽지 못했습니다. 읽은 값: \"{read}\".")
    };
    format!("{what} 잔여 크레딧을 숫자로 적어 주십시오. 없으면 0입니다. 예: $120.50")
}

/// Accounts that the record has already.
#[must_use]
pub fn on_record_already(accounts: &[&AccountId]) -> String {
    let accounts: Vec<String> = accounts.iter().map(ToString::to_string).collect();
    format!("이미 고객 기록에 있는 계정입니다: {}. 확인해 주십시오.", accounts.join(", "))
}

/// Nobody knows where the invitation goes.
#[must_use]
pub fn no_address() -> String {
    "고객 메일 주소가 없습니다. 초대 메일 초안의 [고치기]로 적어 주십시오.".to_owned()
}

/// The guide names nobody for a duty.
#[must_use]
pub fn nobody_is(duty: &str) -> String {
    format!("가이드에 {duty}이 없습니다.")
}

/// The owner is away.
#[must_use]
pub fn is_absent(duty: &str, name: &Name, absence: &Absence) -> String {
    format!("{duty} {}은 부재입니다 ({}).", name.polite(), absence.korean())
}

/// The ticket is somebody else's by an assignment.
#[must_use]
pub fn given_already(name: &Name) -> String {
    format!("티켓은 {}에게 배정되어 있어 그대로 두었습니다.", name.polite())
}

/// Nobody owns the ticket now.
#[must_use]
pub fn no_owner() -> String {
    "지금 티켓을 맡을 계정 업무 담당이 없습니다. COC가 담당을 정해 주십시오.".to_owned()
}

/// Where it stands, in lists of cases.
#[must_use]
pub fn state(one: &Onboard, state: &str) -> String {
    let error = one
        .open_error()
        .map_or_else(String::new, |error| format!(" (오류 대응 중: 사건 {})", error.case));
    format!("Payer {}, {state}{error}", one.payer)
}

/// How its steps are pressed.
#[must_use]
pub fn what_to_press() -> String {
    format!(
        "한 일마다 [완료]를 눌러 주십시오. {} 누르면 밤에도 바로 담당을 부릅니다.",
        object("[오류]")
    )
}

/// The form of `/onboard`; `customer`: what was typed behind the command.
#[must_use]
pub fn form(customer: &str) -> Form {
    let field = |key: &str, label: &str, hint: &str, kind, optional| Field {
        key: key.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        initial: String::new(),
        optional,
        kind,
    };
    Form {
        token: Token::OnboardForm.text(),
        title: "입점".to_owned(),
        intro: vec![line![
            "계정 통합 요청 티켓이 있어야 시작합니다. Payer마다 단계가 한 벌씩 생깁니다."
        ]],
        submit: "입점 시작".to_owned(),
        fields: vec![
            Field {
                initial: customer.to_owned(),
                ..field("customer", "고객사 명", "예: 한빛전자", FieldKind::Line, false)
            },
            field(
                "payer",
                "Payer",
                "12자리. 여럿이면 쉼표로 나눕니다. 예: 999988887777",
                FieldKind::Line,
                false,
            ),
            field(
                "accounts",
                "AWS Accounts",
                "쉼표나 줄로 나눕니다. Payer가 여럿이면 줄마다 999988887777: 123456789014, 123456789015",
                FieldKind::Lines,
                false,
            ),
            field(
                "ticket",
                "티켓",
                "예: https://support.example.com/agent/tickets/4243",
                FieldKind::Line,
                false,
            ),
            field(
                "contact",
                "고객 연락처",
                "비우면 고객 기록의 메일과 전화로 안내합니다. 예: ops@hanbit.example.com 010-0000-2001",
                FieldKind::Line,
                true,
            ),
        ],
    }
}

/// The head of the steps that `/coc why` shows.
#[must_use]
pub fn why(list: &List, now: Time) -> Vec<Line> {
    of(list).map_or_else(Vec::new, |one| details(one, now))
}
