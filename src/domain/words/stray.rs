//! What people read of alarms that nobody understood, and of those that people enter.

use super::super::alarms::{Recorded, Why};
use super::super::desk::Desk;
use super::super::ids::CaseId;
use super::super::message::{Field, FieldKind, Form, Line, Message};
use super::super::policy::Policy;
use super::super::procedures::intake::Taken;
use super::super::procedures::stray::{Stray, StrayState, Subject};
use super::super::time::{Time, clock};
use super::super::turn::{StrayPress, Token, button, lines, one_line, primary};
use super::{line, object, refused};

fn head(one: &Stray) -> (String, String) {
    match &one.subject {
        Subject::Unread { why } => (
            "알 수 없는 알림이 왔습니다.".to_owned(),
            match why.trim_end_matches('.') {
                "" => String::new(),
                why => format!("{why}."),
            },
        ),
        Subject::Account { account, .. } => (
            format!("고객 기록에 없는 계정의 알람입니다: {account}"),
            "고객 기록에 계정을 더하면 다음 알람부터 그 고객으로 읽습니다.".to_owned(),
        ),
        Subject::NoAccount { .. } => (
            "계정을 알 수 없는 알람입니다.".to_owned(),
            "어느 고객의 알람인지 확인해 주십시오.".to_owned(),
        ),
    }
}

fn body(one: &Stray) -> Vec<Line> {
    let mut said: Vec<Line> = Vec::new();
    if !one.name().is_empty() {
        said.push(line![format!("알람: {}", one.name())]);
    }
    if one.more > 0 {
        let names = one.names.join(", ");
        let names = if names.is_empty() { String::new() } else { format!(" ({names})") };
        said.push(line![format!("그 뒤로 {}건 더 왔습니다{names}.", one.more)]);
    }
    said.extend(one.text.lines().map(|text| line![text]));
    said
}

fn buttons(id: CaseId) -> Vec<super::super::message::Button> {
    vec![
        primary("사건 등록", &Token::Stray(id, StrayPress::Open)),
        button("무시", &Token::Stray(id, StrayPress::Ignore)),
    ]
}

const ASK: &str = "사건이면 [사건 등록]으로 고객사를 적어 주시고, 아니면 [무시]를 눌러 주십시오.";

/// The card.
#[must_use]
pub fn card(desk: &Desk, id: CaseId, one: &Stray) -> Message {
    let (first, hint) = head(one);
    let mut head: Line = vec!["⚠️ ".into()];
    if one.is_open() {
        head.extend(desk.mention_group(&desk.policy.value.groups.coc));
        head.push(" ".into());
    }
    head.push(first.into());
    let mut said = vec![head];
    if !hint.is_empty() {
        said.push(line![hint]);
    }
    said.extend(body(one));
    if one.is_open() {
        said.push(line![ASK]);
        said.push(line![format!("사건 {id}")]);
        Message { lines: said, buttons: buttons(id) }
    } else {
        said.push(line![state(one)]);
        lines(said)
    }
}

/// One more, in the thread of another's card.
#[must_use]
pub fn another(text: &str) -> Message {
    let mut said =
        vec![line!["⚠️ 알 수 없는 알림이 더 왔습니다. 사건이면 /coc alarm으로 등록해 주십시오."]];
    said.extend(text.lines().map(|text| line![text]));
    lines(said)
}

/// Nobody looked after it yet.
#[must_use]
pub fn chase(desk: &Desk, id: CaseId, one: &Stray) -> Message {
    let mut first: Line = vec!["⏰ ".into()];
    first.extend(desk.mention_group(&desk.policy.value.groups.coc));
    first.push(format!(" 아직 확인되지 않았습니다. {}", head(one).0).into());
    let mut said = vec![first];
    if !one.name().is_empty() {
        said.push(line![format!("알람: {}", one.name())]);
    }
    said.push(line![ASK]);
    said.push(line![format!("사건 {id}")]);
    Message { lines: said, buttons: buttons(id) }
}

/// Where it stands, in a sentence.
#[must_use]
pub fn state(one: &Stray) -> String {
    match &one.state {
        StrayState::Waiting => "COC의 확인을 기다립니다.".to_owned(),
        StrayState::Made { case, by, at } => {
            format!("사건 {case}로 등록했습니다 ({by} 기록, {}).", at.format("%H:%M"))
        }
        StrayState::Ignored { by, at } => {
            format!("무시했습니다 ({by} 기록, {}).", at.format("%H:%M"))
        }
    }
}

/// Somebody looked after it.
#[must_use]
pub fn done(one: &Stray) -> Message {
    one_line(format!("✅ {}", state(one)))
}

/// A press on one that is over.
#[must_use]
pub fn is_over(one: &Stray) -> Message {
    one_line(format!("⛔ {} 하실 일은 없습니다.", state(one)))
}

/// The form: of a stray, or of `/coc alarm`.
#[must_use]
pub fn form(of: Option<CaseId>, alarm: &str) -> Form {
    let token = of.map_or(Token::AlarmForm, Token::StrayForm);
    let intro = if of.is_some() {
        "등록하면 바로 고객 1차 연락을 시작합니다."
    } else {
        "메일이나 전화로 받은 알람을 등록합니다. 등급에 따라 다른 알람과 똑같이 처리합니다."
    };
    let field = |key: &str, label: &str, hint: &str, initial: &str, kind, optional| Field {
        key: key.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        initial: initial.to_owned(),
        optional,
        kind,
    };
    let levels = ["L2", "L3"].map(str::to_owned).to_vec();
    Form {
        token: token.text(),
        title: "알람 등록".to_owned(),
        intro: vec![line![intro]],
        submit: "등록".to_owned(),
        fields: vec![
            field("customer", "고객사", "예: 한빛전자", "", FieldKind::Line, false),
            field("alarm", "알람", "예: prod-web-1 CPU", alarm, FieldKind::Line, false),
            field("level", "등급", "", "L3", FieldKind::Choice(levels), false),
            field("text", "내용", "고객에게 알릴 내용", "", FieldKind::Lines, true),
        ],
    }
}

/// What became of an alarm that somebody entered.
#[must_use]
pub(in crate::domain) fn typed(
    customer: &str,
    alarm: &str,
    taken: Taken,
    policy: &Policy,
) -> Message {
    let then = match taken {
        Taken::Opened(case) => {
            format!(
                "{} 열었습니다. #coc-noti에서 이어서 처리해 주십시오.",
                object(&format!("사건 {case}"))
            )
        }
        Taken::Joined(case) => format!("열려 있는 사건 {case}에 더했습니다."),
        Taken::Absorbed(case) => {
            format!("열려 있는 사건 {case}의 같은 알람이어서 횟수만 더했습니다.")
        }
        Taken::Fine(case) => format!("사건 {case}의 알람을 정상으로 기록했습니다."),
        Taken::Stray => "고객사를 알 수 없어 확인을 요청했습니다.".to_owned(),
        Taken::Recorded(Why::First) => format!(
            "첫 번째 발생으로 기록했습니다. {} 안에 다시 발생하면 사건을 엽니다.",
            policy.alarm.l2_window.korean()
        ),
        Taken::Recorded(why) => {
            format!("기록만 했습니다 ({}). 아무도 호출하지 않았습니다.", self::why(why))
        }
    };
    lines(vec![line![format!("[{customer}] {alarm}")], line![then]])
}

/// Why something called nobody, in a few words.
#[must_use]
pub const fn why(why: Why) -> &'static str {
    match why {
        Why::Low => "L1",
        Why::First => "L2 첫 번째 발생",
        Why::NotProduction => "Production 아님",
        Why::Fine => "정상",
        Why::NoData => "데이터 부족",
        Why::Known => "이미 받은 알람",
        Why::Sample => "GuardDuty 샘플",
        Why::NotAgreed => "전파 협의 없음",
        Why::LowSeverity => "GuardDuty 저위험도",
        Why::Closed => "끝난 사건의 갱신",
    }
}

/// How many recorded alarms one answer shows.
const SHOWN: usize = 30;

/// `/coc alarms`
#[must_use]
pub fn recorded<'a>(
    customer: Option<&str>,
    rows: impl Iterator<Item = &'a Recorded>,
    now: Time,
) -> Message {
    let rows: Vec<&Recorded> =
        rows.filter(|row| customer.is_none_or(|customer| row.customer == customer)).collect();
    let whose = customer.map_or_else(String::new, |customer| format!("[{customer}] "));
    if rows.is_empty() {
        return one_line(format!("{whose}기록만 한 알람이 없습니다."));
    }
    let mut said = vec![line![format!("{whose}기록만 한 알람 {}건 (최근 순)", rows.len())]];
    for row in rows.iter().take(SHOWN) {
        let at = clock(row.at, now.date_naive());
        let of = if row.customer.is_empty() { "고객사 미확인" } else { &row.customer };
        said.push(line![format!("· {at} [{of}] {} — {}", row.name, why(row.why))]);
    }
    if rows.len() > SHOWN {
        said.push(line![format!("외 {}건", rows.len() - SHOWN)]);
    }
    lines(said)
}

/// `/coc alarm` with something wrong.
#[must_use]
pub fn example() -> &'static str {
    "/coc alarm 한빛전자 [L3] prod-web-1 CPU (비우면 양식이 열립니다)"
}

/// A customer behind `/coc alarms` that is on no record.
#[must_use]
pub fn unknown(text: String) -> Message {
    refused(text, "예: /coc alarms 한빛전자")
}
