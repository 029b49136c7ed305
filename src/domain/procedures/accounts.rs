//! `/coc account`: what became of an account, for COC alone.

use super::super::case::Procedure;
use super::super::desk::Desk;
use super::super::ids::{AccountId, TicketLink};
use super::super::policy::Role;
use super::super::turn::Turn;
use super::super::words;
use super::commands::Typed;
use super::list::ListKind;
use std::collections::BTreeSet;

/// The ticket of a case in which accounts come or go.
#[must_use]
pub fn ticket_of(procedure: &Procedure) -> Option<TicketLink> {
    if let Procedure::List(list) = procedure {
        return match &list.kind {
            ListKind::Onboard(one) => Some(one.ticket.clone()),
            ListKind::MspOffboard(one) => Some(one.ticket.clone()),
            ListKind::Tam(_)
            | ListKind::Setup(_)
            | ListKind::SaGuide(_)
            | ListKind::Heartbeat(_)
            | ListKind::Monthly(_) => list.ticket(),
        };
    }
    procedure.ticket().cloned()
}

/// Which accounts are asked for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// This one.
    Whole(AccountId),
    /// All that end in these four digits.
    Ending(String),
}

/// Reads `9012`, `123456789012`, `1234-5678-9012`, `1234 5678 9012`; `None`: neither four digits nor twelve.
fn read(typed: &str) -> Option<Asked> {
    let between = |letter: char| letter.is_whitespace() || matches!(letter, '-' | '–' | '‑');
    let bare: String = typed.chars().filter(|letter| !between(*letter)).collect();
    match bare.parse() {
        Ok(account) => Some(Asked::Whole(account)),
        Err(_) if bare.len() == 4 && bare.bytes().all(|one| one.is_ascii_digit()) => {
            Some(Asked::Ending(bare))
        }
        Err(_) => None,
    }
}

/// The accounts that are asked for: those in the register, and those on record.
fn found(desk: &Desk, asked: &Asked) -> BTreeSet<AccountId> {
    let fits = |account: &&AccountId| match asked {
        Asked::Whole(whole) => *account == whole,
        Asked::Ending(digits) => account.last_four() == digits,
    };
    let told = desk.accounts.all().map(|(account, _)| account);
    let on_record = desk.customers.value.0.iter().flat_map(|one| &one.accounts);
    told.chain(on_record).filter(fits).cloned().collect()
}

/// `/coc account 1234`: the last four digits, or all twelve.
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>, rest: &str) {
    let desk = turn.desk;
    let message = match read(rest) {
        _ if !desk.holds(typed.by, &[Role::Coc]) => words::accounts::coc_only(),
        None => words::accounts::unreadable(rest),
        Some(asked) => {
            let accounts: Vec<AccountId> = found(desk, &asked).into_iter().collect();
            match accounts.as_slice() {
                [] => words::accounts::none(desk, rest, turn.now),
                [one] => words::accounts::card(desk, one, turn.now),
                several => words::accounts::several(desk, several, turn.now),
            }
        }
    };
    turn.tell(typed.by, typed.reply, message);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn an_account_as_it_is_typed() {
        let whole = Asked::Whole("123456789012".parse().unwrap());
        for text in ["123456789012", "1234-5678-9012", " 1234 5678 9012 ", "1234‑5678‑9012"] {
            assert_eq!(read(text).as_ref(), Some(&whole), "{text}");
        }
        for text in ["9012", " 90 12", "9-0-1-2"] {
            assert_eq!(read(text), Some(Asked::Ending("9012".to_owned())), "{text}");
        }
        for text in
            ["", "901", "90123", "12345678901", "1234567890123", "한빛전자", "901a", "９０１２"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
