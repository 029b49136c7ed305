//! What COC reads of an account.

use super::super::accounts::{AccountEvent, Entry, Standing};
use super::super::desk::Desk;
use super::super::ids::AccountId;
use super::super::message::{Line, Message, Piece};
use super::super::time::Time;
use super::super::turn::{lines, one_line};
use super::{line, refused, services};

/// So many things that became of an account stand in an answer; all of them stand in the journal.
const ENTRIES_SHOWN: usize = 12;
/// So many accounts that end alike stand in an answer.
const ACCOUNTS_SHOWN: usize = 20;

/// What became of it, in a word.
#[must_use]
pub const fn event(what: AccountEvent) -> &'static str {
    match what {
        AccountEvent::Joining => "입점 시작",
        AccountEvent::Joined => "입점 완료",
        AccountEvent::NotJoined => "입점 취소",
        AccountEvent::Leaving => "퇴점 요청",
        AccountEvent::Left => "퇴점 완료",
        AccountEvent::UnlinkFailed => "링크 해지 오류",
        AccountEvent::Stays => "퇴점 취소",
    }
}

/// How it stands, in a word.
#[must_use]
pub const fn standing(how: Standing) -> &'static str {
    match how {
        Standing::Untold => "고객 기록에 있음 (입퇴점 이력 없음)",
        Standing::Joining => "입점 중",
        Standing::Here => "입점",
        Standing::Leaving => "퇴점 진행 중",
        Standing::UnlinkFailed => "퇴점 진행 중 (링크 해지 오류)",
        Standing::Gone => "퇴점",
        Standing::NeverCame => "입점하지 않음",
    }
}

fn date(at: Time) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// Whose it is: by the record, else by what became of it.
fn customer(desk: &Desk, account: &AccountId) -> String {
    match desk.customers.value.by_account(account) {
        Some(one) if one.name == desk.policy.value.company.customer => {
            format!("{} ({}, 회사 자신의 계정)", one.name, one.grade)
        }
        Some(one) => format!("{} ({})", one.name, one.grade),
        None => match desk.accounts.history(account).last() {
            Some(last) => format!("{} (입퇴점 이력의 이름)", last.customer),
            None => "모릅니다".to_owned(),
        },
    }
}

/// Where record and register do not agree.
fn doubt(desk: &Desk, account: &AccountId) -> Option<Line> {
    let on_record = desk.customers.value.by_account(account);
    let text = match (desk.accounts.standing(account), on_record) {
        (Standing::Gone, Some(one)) => {
            format!("⚠️ 퇴점했으나 고객 기록에는 아직 {}의 계정입니다.", one.name)
        }
        (Standing::Here, None) => "⚠️ 입점했으나 고객 기록에는 없습니다.".to_owned(),
        (_, Some(one)) => {
            let last = desk.accounts.history(account).last()?;
            if last.customer == one.name {
                return None;
            }
            format!("⚠️ 이력의 고객사는 {}이고, 고객 기록은 {}입니다.", last.customer, one.name)
        }
        (_, None) => return None,
    };
    Some(line![format!("{text} FitCloud를 확인해 주십시오.")])
}

fn entry(desk: &Desk, one: &Entry) -> Line {
    let payer = one.payer.as_ref().map_or_else(String::new, |payer| format!(", Payer {payer}"));
    let mut said: Line = line![format!(
        "· {} {} — {}{payer}, 사건 {}",
        date(one.at),
        event(one.what),
        one.by,
        one.case
    )];
    if let Some(ticket) = desk.accounts.ticket_of(one.case) {
        said.push(" ".into());
        said.push(Piece::Link(ticket.to_string()));
    }
    said
}

/// Everything that is known of an account.
#[must_use]
pub fn card(desk: &Desk, account: &AccountId, now: Time) -> Message {
    let history = desk.accounts.history(account);
    let state = standing(desk.accounts.standing(account));
    let since = history.last().map_or_else(String::new, |one| format!(" ({}부터)", date(one.at)));
    let payer = desk.accounts.payer_of(account).map_or("모릅니다".to_owned(), ToString::to_string);
    let mut said = vec![
        line![format!("계정 {account}: {state}{since}")],
        line![format!("고객사: {}", customer(desk, account))],
        line![format!("Payer: {payer}")],
    ];
    said.extend(doubt(desk, account));
    let before = history.len().saturating_sub(ENTRIES_SHOWN);
    if before > 0 {
        said.push(line![format!(
            "이력 {}건 가운데 마지막 {ENTRIES_SHOWN}건입니다.",
            history.len()
        )]);
    } else if !history.is_empty() {
        said.push(line![format!("이력 {}건입니다.", history.len())]);
    }
    said.extend(history[before..].iter().map(|one| entry(desk, one)));
    said.extend(services::basis(desk, now, false));
    lines(said)
}

/// Several accounts end alike.
#[must_use]
pub fn several(desk: &Desk, accounts: &[AccountId], now: Time) -> Message {
    let mut said = vec![line![format!("같은 번호로 끝나는 계정이 {}개 있습니다.", accounts.len())]];
    said.extend(accounts.iter().take(ACCOUNTS_SHOWN).map(|account| {
        let state = standing(desk.accounts.standing(account));
        line![format!("· {account} — {}, {state}", customer(desk, account))]
    }));
    if accounts.len() > ACCOUNTS_SHOWN {
        said.push(line![format!("외 {}개", accounts.len() - ACCOUNTS_SHOWN)]);
    }
    if let Some(first) = accounts.first() {
        said.push(line![format!("하나를 보려면 12자리로 적어 주십시오. 예: /coc account {first}")]);
    }
    said.extend(services::basis(desk, now, false));
    lines(said)
}

/// No such account is known.
#[must_use]
pub fn none(desk: &Desk, read: &str, now: Time) -> Message {
    let on_record: usize = desk.customers.value.0.iter().map(|one| one.accounts.len()).sum();
    let mut said = vec![
        line![format!("⛔ 그런 계정이 없습니다. 읽은 값: \"{read}\".")],
        line![format!(
            "고객 기록의 계정 {on_record}개와 입퇴점 이력의 계정 {}개에서 찾았습니다. 번호를 다시 확인해 주십시오.",
            desk.accounts.all().count()
        )],
    ];
    said.extend(services::basis(desk, now, false));
    lines(said)
}

/// What was typed is no account.
#[must_use]
pub fn unreadable(read: &str) -> Message {
    refused(
        format!("계정을 읽지 못했습니다. 읽은 값: \"{read}\"."),
        "마지막 4자리나 12자리 전체를 적어 주십시오. 예: /coc account 9012, /coc account 1234-5678-9012",
    )
}

/// Somebody else asked.
#[must_use]
pub fn coc_only() -> Message {
    one_line("⛔ 계정 이력은 COC만 볼 수 있습니다. 필요하시면 #general에서 COC에 물어 주십시오.")
}
