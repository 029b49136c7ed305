//! What is said of checklists: their card, their steps, what comes next.

use super::super::checklist::{StepDefinition, StepKind, StepState};
use super::super::desk::Desk;
use super::super::ids::{CaseId, Name};
use super::super::message::{Button, Field, FieldKind, Form, Line, Message, Piece};
use super::super::procedures::list::{Ending, List, ListKind, Missing, Owner, SaGuide, Stage};
use super::super::time::{Time, clock};
use super::super::turn::{ListPress, StepPress, Token, button, danger, lines, one_line, primary};
use super::{and, bracketed, lateness, line, tam, topic};

/// What it is, in lists of cases.
#[must_use]
pub const fn title(list: &List) -> &'static str {
    match &list.kind {
        ListKind::Tam(_) => "TAM [REQ]",
        ListKind::Setup(_) => "관제 구성",
        ListKind::SaGuide(_) => "SA 가이드",
        ListKind::Heartbeat(_) => "정기 신호",
        ListKind::Onboard(_) => "입점",
        ListKind::MspOffboard(_) => "MSP 퇴점",
        ListKind::Monthly(_) => "월간 입퇴점 현황",
    }
}

/// Where it stands, in a few words.
#[must_use]
pub fn state(list: &List) -> String {
    let state = match &list.stage {
        Stage::Asking { .. } => "고객사를 기다립니다".to_owned(),
        Stage::Over { how, .. } => match how {
            Ending::Done => "완료".to_owned(),
            Ending::Cancelled { by } => format!("취소 ({by})"),
            Ending::CameBack => "다시 와서 종료".to_owned(),
        },
        Stage::Working => {
            let done = list.checklist.steps.iter().filter(|step| step.evidence().is_some()).count();
            let open: Vec<&str> =
                list.checklist.open().map(|(_, step)| step.definition.title.as_str()).collect();
            format!("{done}/{}단계, 남은 일: {}", list.checklist.steps.len(), open.join(", "))
        }
    };
    match &list.kind {
        ListKind::Onboard(one) => super::onboard::state(one, &state),
        ListKind::Tam(_)
        | ListKind::Setup(_)
        | ListKind::SaGuide(_)
        | ListKind::Heartbeat(_)
        | ListKind::MspOffboard(_)
        | ListKind::Monthly(_) => state,
    }
}

/// Whose a step is, as a mention: the group, or the engineer of the list.
fn owner(desk: &Desk, list: &List, definition: &StepDefinition) -> Vec<Piece> {
    let groups = &desk.policy.value.groups;
    match Owner::of(definition) {
        Owner::Coc => desk.mention_group(&groups.coc),
        Owner::Csr => desk.mention_group(&groups.csr),
        Owner::Sa => desk.mention_group(&groups.sa),
        Owner::Ts => match engineer(list) {
            Some(who) => vec![desk.mention(who)],
            None => desk.mention_group(&groups.coc),
        },
    }
}

const fn engineer(list: &List) -> Option<&Name> {
    match &list.kind {
        ListKind::Setup(setup) => setup.ts.as_ref(),
        ListKind::Onboard(one) => match &one.owner {
            Some(owner) => Some(&owner.name),
            None => None,
        },
        ListKind::MspOffboard(one) => one.ts.as_ref(),
        ListKind::Tam(_) | ListKind::SaGuide(_) | ListKind::Heartbeat(_) | ListKind::Monthly(_) => {
            None
        }
    }
}

/// Whose a step is, by name.
fn owner_name(list: &List, definition: &StepDefinition) -> String {
    match (Owner::of(definition), engineer(list)) {
        (Owner::Ts, Some(who)) => format!("{} {who}", definition.owner),
        (Owner::Ts | Owner::Coc | Owner::Csr | Owner::Sa, _) => definition.owner.clone(),
    }
}

/// The owners of these steps, each once.
fn owners(desk: &Desk, list: &List, steps: &[usize]) -> Line {
    let mut said: Line = Vec::new();
    let steps = steps.iter().filter_map(|nth| list.checklist.steps.get(*nth));
    for piece in steps.flat_map(|step| owner(desk, list, &step.definition)) {
        if !said.contains(&piece) {
            said.push(piece);
            said.push(" ".into());
        }
    }
    said
}

fn titles(list: &List, steps: &[usize]) -> String {
    let titles: Vec<String> = steps
        .iter()
        .filter_map(|nth| {
            let step = list.checklist.steps.get(*nth)?;
            Some(numbered(list, *nth, &step.definition.title))
        })
        .collect();
    titles.join(", ")
}

/// A step's title, with its number where there are several.
fn numbered(list: &List, nth: usize, title: &str) -> String {
    if list.checklist.steps.len() == 1 { title.to_owned() } else { format!("{}. {title}", nth + 1) }
}

/// The steps, a line each: what is done, by whom, whose turn it is.
#[must_use]
pub fn steps(desk: &Desk, list: &List, now: Time) -> Vec<Line> {
    let today = now.date_naive();
    let steps = list.checklist.steps.iter().enumerate();
    steps
        .map(|(nth, step)| {
            let title = numbered(list, nth, &step.definition.title);
            let owner = owner_name(list, &step.definition);
            let more = match (&list.kind, step.definition.kind) {
                (ListKind::Monthly(one), StepKind::Mail) => {
                    super::monthly::mail_note(one).to_owned()
                }
                (ListKind::Onboard(one), _) => super::onboard::step_note(desk, one, step),
                (_, kind) => tam::step_note(desk, list, kind),
            };
            match &step.state {
                StepState::Done { by, at, evidence } => {
                    let mut said = line![format!("{title}: 완료 ({by}, {})", clock(*at, today))];
                    said.extend(handed_in(step.definition.kind, evidence));
                    said
                }
                StepState::Open { .. } | StepState::Waiting if !list.is_open() => {
                    line![format!("{title}: 하지 않음")]
                }
                StepState::Open { .. } => line![format!("{title}: 할 차례 ({owner}){more}")],
                StepState::Waiting => line![format!("{title}: 대기 ({owner})")],
            }
        })
        .collect()
}

/// What was handed in, behind a step that is done. To which address a mail went stands in the record, not where others read.
fn handed_in(kind: StepKind, evidence: &str) -> Line {
    match (kind, evidence) {
        (StepKind::Mail, "") => line![" 직접 보냄"],
        (StepKind::Mail, _) | (_, "") => Vec::new(),
        (StepKind::Ticket, link) => vec![" ".into(), Piece::Link(link.to_owned())],
        (StepKind::Credit, text) => line![format!(" 잔여 크레딧: {text}")],
        (StepKind::Plain | StepKind::Phone, text) => line![format!(" {text}")],
    }
}

/// Its card: what it is, its steps, what to press.
#[must_use]
pub fn card(desk: &Desk, id: CaseId, list: &List, now: Time) -> Message {
    if matches!(list.stage, Stage::Asking { .. }) {
        return tam::question(desk, id, list);
    }
    let open: Vec<usize> = list.checklist.open().map(|(nth, _)| nth).collect();
    let is_open = list.is_open();
    let to = if is_open { owners(desk, list, &open) } else { Vec::new() };
    let mut said = head(list, to, now);
    said.extend(steps(desk, list, now));
    if is_open {
        said.push(line![what_to_press(list, &open)]);
    }
    said.push(line![format!("사건 {id}")]);
    Message { lines: said, buttons: buttons(id, list, &open) }
}

fn head(list: &List, to: Line, now: Time) -> Vec<Line> {
    let about = |sign: &str, text: String| {
        let mut first: Line = Vec::new();
        if !sign.is_empty() {
            first.push(format!("{sign} ").into());
        }
        first.extend(to.clone());
        if !list.customer.is_empty()
            || !matches!(list.kind, ListKind::Heartbeat(_) | ListKind::Monthly(_))
        {
            first.push(bracketed(&list.customer));
        }
        first.push(text.into());
        first
    };
    let how: Option<(&str, &str)> = match &list.stage {
        Stage::Over { how: Ending::Done, .. } => Some(("✅", "마쳤습니다")),
        Stage::Over { how: Ending::Cancelled { .. }, .. } => Some(("⛔", "취소했습니다")),
        Stage::Over { how: Ending::CameBack, .. } => {
            Some(("✅", "마쳤습니다. 신호가 다시 왔습니다"))
        }
        Stage::Asking { .. } | Stage::Working => None,
    };
    match &list.kind {
        ListKind::Tam(_) => {
            let first = match how {
                Some((sign, how)) => about(sign, format!("AWS TAM [REQ] 처리를 {how}.")),
                None => about("🚨", "AWS TAM [REQ] 전파 요청입니다 (24x7).".to_owned()),
            };
            vec![first]
        }
        ListKind::Setup(setup) => {
            let what = format!("관제 구성 (알람 채널: {})", setup.channel);
            let first = match how {
                Some((sign, how)) => about(sign, format!("{what}을 {how}.")),
                None => about("", format!("{what}입니다.")),
            };
            let contact = line![format!("고객 연락처: {}", setup.contact)];
            vec![first, vec![Piece::Link(setup.ticket.to_string())], contact]
        }
        ListKind::SaGuide(guide) => guide_head(guide, how, about, now),
        ListKind::Heartbeat(one) => missing_head(one, how, about, now),
        ListKind::Onboard(one) => super::onboard::head(one, how, about, now),
        ListKind::MspOffboard(one) => super::offboard::msp_head(one, how, about),
        ListKind::Monthly(one) => super::monthly::head(list, one, how, about),
    }
}

fn guide_head(
    guide: &SaGuide,
    how: Option<(&str, &str)>,
    about: impl Fn(&str, String) -> Line,
    now: Time,
) -> Vec<Line> {
    let first = match how {
        Some((sign, how)) => about(sign, format!("저위험도 GuardDuty 알람의 고객 가이드를 {how}.")),
        None => about(
            "⚠️",
            "고객 설정으로 저위험도 GuardDuty 알람이 왔습니다. 전파하지 않았습니다.".to_owned(),
        ),
    };
    let account = guide.account.as_ref().map_or_else(String::new, |one| format!(", 계정 {one}"));
    let at = clock(guide.at, now.date_naive());
    let last = format!("마지막: {} (심각도 {}{account}, {at})", guide.title, guide.severity);
    vec![first, line![last], line![format!("지금까지 {}건", guide.count)]]
}

fn missing_head(
    one: &Missing,
    how: Option<(&str, &str)>,
    about: impl Fn(&str, String) -> Line,
    now: Time,
) -> Vec<Line> {
    let today = now.date_naive();
    let first = match how {
        Some((sign, how)) => about(sign, format!("정기 신호 확인을 {how}: {}", one.name)),
        None => about("⚠️", format!("정기 신호가 오지 않았습니다: {}", one.name)),
    };
    let every = one.every.korean();
    let since = match one.last {
        Some(last) => format!("{every}마다 와야 합니다. 마지막: {}", clock(last, today)),
        None => format!(
            "{every}마다 와야 합니다. {}부터 한 번도 오지 않았습니다.",
            clock(one.from, today)
        ),
    };
    let mut said = vec![first, line![since]];
    if how.is_none() {
        said.push(line![
            "보내는 쪽(알람, SNS)과 받는 쪽을 확인해 주십시오. 다시 오면 저절로 끝납니다."
        ]);
    }
    said
}

/// Whose it is, in front of a sentence; nothing where it is nobody's.
fn whose(list: &List) -> Option<Piece> {
    let nobodys = list.customer.is_empty() && matches!(list.kind, ListKind::Monthly(_));
    (!nobodys).then(|| bracketed(&list.customer))
}

fn what_to_press(list: &List, open: &[usize]) -> String {
    match (&list.kind, open) {
        (ListKind::Tam(_), _) => {
            "한 일마다 [완료]를 눌러 주십시오. 순서는 바꾸어도 됩니다.".to_owned()
        }
        (ListKind::Onboard(_), _) => super::onboard::what_to_press(),
        (
            ListKind::Setup(_)
            | ListKind::SaGuide(_)
            | ListKind::Heartbeat(_)
            | ListKind::MspOffboard(_)
            | ListKind::Monthly(_),
            [one],
        ) => match list.checklist.steps.get(*one) {
            Some(step) => {
                format!("{} 하신 뒤 [완료]를 눌러 주십시오.", topic(&step.definition.owner))
            }
            None => String::new(),
        },
        (
            ListKind::Setup(_)
            | ListKind::SaGuide(_)
            | ListKind::Heartbeat(_)
            | ListKind::MspOffboard(_)
            | ListKind::Monthly(_),
            _,
        ) => "한 일마다 [완료]를 눌러 주십시오.".to_owned(),
    }
}

/// The longest title that fits a button.
const ON_A_BUTTON: usize = 30;

fn buttons(id: CaseId, list: &List, open: &[usize]) -> Vec<Button> {
    let mut buttons = Vec::new();
    if list.is_open() {
        for (place, nth) in open.iter().enumerate() {
            let token = Token::Step(id, *nth, StepPress::Done);
            let step = list.checklist.steps.get(*nth);
            let title = step.map_or_else(String::new, |one| one.definition.title.clone());
            let short = if title.chars().count() <= ON_A_BUTTON {
                title
            } else {
                format!("{}번", nth + 1)
            };
            let which = (place > 0).then_some(short);
            buttons.push(match &which {
                None => primary("완료", &token),
                Some(which) => button(&format!("완료: {which}"), &token),
            });
            if matches!(list.kind, ListKind::Onboard(_)) {
                buttons.push(super::onboard::error_button(id, *nth, which.as_deref()));
            }
        }
        buttons.extend(super::onboard::script_button(id, list));
    }
    buttons.extend(tam::support_button(id, list));
    let can_be_cancelled = matches!(
        list.kind,
        ListKind::Tam(_)
            | ListKind::Setup(_)
            | ListKind::Monthly(_)
            | ListKind::Onboard(_)
            | ListKind::MspOffboard(_)
    );
    if list.is_open() && can_be_cancelled {
        buttons.push(cancel_button(id));
    }
    buttons
}

/// 취소
#[must_use]
pub fn cancel_button(id: CaseId) -> Button {
    danger("취소", &Token::List(id, ListPress::Cancel))
}

/// A step is done, and what comes next (T4).
#[must_use]
pub fn finished(
    desk: &Desk,
    list: &List,
    nth: usize,
    by: &Name,
    evidence: &str,
    opened: &[usize],
    now: Time,
) -> Message {
    let Some(step) = list.checklist.steps.get(nth) else { return Message::default() };
    let title = numbered(list, nth, &step.definition.title);
    let mut first = line![format!("✅ {title}: 완료했습니다 ({by}, {}).", now.format("%H:%M"))];
    first.extend(handed_in(step.definition.kind, evidence));
    let mut said = vec![first];
    let left: Vec<usize> = list.checklist.open().map(|(nth, _)| nth).collect();
    if !opened.is_empty() {
        let same = |nth: &usize| {
            let next = list.checklist.steps.get(*nth);
            next.is_some_and(|next| Owner::of(&next.definition) == Owner::of(&step.definition))
        };
        // whoever has just finished one looks at the list already
        let mut next =
            if opened.iter().all(same) { Vec::new() } else { owners(desk, list, opened) };
        next.push(format!("다음 단계: {}", titles(list, opened)).into());
        said.push(next);
    } else if !left.is_empty() {
        said.push(line![format!("남은 일: {}", titles(list, &left))]);
    }
    lines(said)
}

/// A step that is done, in the story.
#[must_use]
pub fn finished_note(list: &List, nth: usize, evidence: &str) -> String {
    let title = list.checklist.steps.get(nth).map_or("", |step| &step.definition.title);
    if evidence.is_empty() {
        format!("{title}: 완료")
    } else {
        format!("{title}: 완료 ({evidence})")
    }
}

/// The list is over.
#[must_use]
pub fn ended(list: &List, how: &Ending, was_asking: bool) -> Message {
    let what = title(list);
    match how {
        Ending::Done => match list.kind {
            ListKind::Tam(_) => one_line(
                "✅ 세 가지를 모두 마쳐 사건을 닫습니다. 조치 내역을 #general에 공유했습니다.",
            ),
            ListKind::Setup(_)
            | ListKind::SaGuide(_)
            | ListKind::Onboard(_)
            | ListKind::MspOffboard(_)
            | ListKind::Monthly(_) => one_line(format!("✅ {what}: 모두 마쳐 사건을 닫습니다.")),
            ListKind::Heartbeat(_) => one_line(
                "✅ 확인을 마쳐 사건을 닫습니다. 지금부터 다시 기다리고, 또 오지 않으면 알립니다.",
            ),
        },
        Ending::Cancelled { by } => {
            let left = if was_asking { "" } else { " 남은 일은 하지 않습니다." };
            one_line(format!("⛔ {what}: {by} 님이 취소했습니다.{left}"))
        }
        Ending::CameBack => one_line("✅ 정기 신호가 다시 왔습니다. 사건을 닫습니다."),
    }
}

/// Open steps are asked for again.
#[must_use]
pub fn chased(desk: &Desk, list: &List, steps: &[usize], due: Time, now: Time) -> Message {
    let mut first: Line = vec![format!("⏰ {}", lateness(desk, due, now)).into()];
    first.extend(owners(desk, list, steps));
    first.extend(whose(list));
    first.push(format!("{}에 남은 일이 있습니다: {}", title(list), titles(list, steps)).into());
    let mut said = vec![first];
    said.extend(super::onboard::guidance(list, steps));
    said.push(line!["하신 뒤 단계가 적힌 글에서 [완료]를 눌러 주십시오."]);
    lines(said)
}

/// A press by somebody whose step it is not.
#[must_use]
pub fn not_yours(definition: &StepDefinition) -> Message {
    let owner = match Owner::of(definition) {
        Owner::Coc => "COC만".to_owned(),
        Owner::Csr | Owner::Sa | Owner::Ts => format!("{} COC만", and(&definition.owner)),
    };
    one_line(format!("⛔ 이 단계는 {owner} 마칠 수 있습니다. 바뀐 것은 없습니다."))
}

/// A step that is done already.
#[must_use]
pub fn already(definition: &StepDefinition, by: &Name, at: Time) -> Message {
    one_line(format!(
        "⛔ {}: {}이 {}에 이미 마쳤습니다. 하실 일은 없습니다.",
        definition.title,
        by.polite(),
        at.format("%H:%M")
    ))
}

/// A step that others come before.
#[must_use]
pub fn before(title: &str) -> Message {
    one_line(format!("⛔ 앞 단계가 먼저입니다: {title}. 바뀐 것은 없습니다."))
}

/// A press on a list that is over.
#[must_use]
pub fn is_over(at: Time, how: &Ending) -> Message {
    let how = match how {
        Ending::Done => "모두 마쳤습니다".to_owned(),
        Ending::Cancelled { by } => format!("{}이 취소했습니다", by.polite()),
        Ending::CameBack => "다시 와서 닫았습니다".to_owned(),
    };
    one_line(format!("⛔ {}에 {how}. 하실 일은 없습니다.", at.format("%-m/%-d %H:%M")))
}

/// What must be handed in was left blank.
#[must_use]
pub fn blank() -> String {
    "비어 있습니다. 내용을 적어 주십시오. 없으면 0이나 \"없음\"을 적습니다.".to_owned()
}

/// The form in which a step's evidence is handed in.
#[must_use]
pub fn evidence_form(id: CaseId, nth: usize, list: &List, label: &str) -> Form {
    let step = list.checklist.steps.get(nth);
    let title = step.map_or("", |step| &step.definition.title);
    let hint = match step.map(|step| step.definition.kind) {
        Some(StepKind::Ticket) => "예: https://support.example.com/agent/tickets/4243",
        Some(StepKind::Credit) => "예: $120.50 (없으면 0)",
        Some(StepKind::Plain | StepKind::Mail | StepKind::Phone) | None => "",
    };
    Form {
        token: Token::StepForm(id, nth).text(),
        title: "단계 완료".to_owned(),
        intro: vec![
            whose(list)
                .into_iter()
                .chain([format!("{} · {title}", self::title(list)).into()])
                .collect(),
        ],
        submit: "완료".to_owned(),
        fields: vec![Field {
            key: "evidence".to_owned(),
            label: label.to_owned(),
            hint: hint.to_owned(),
            initial: String::new(),
            optional: false,
            kind: FieldKind::Line,
        }],
    }
}
