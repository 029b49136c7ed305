//! The register: what became of every AWS account that came or went through the desk (N, X, W1). And accounts as people type them.

use super::ids::{AccountId, CaseId, Name, NotAnAccount, TicketLink};
use super::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Every account that came or went through the desk, with its history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Register {
    /// What became of each, oldest first.
    accounts: BTreeMap<AccountId, Vec<Entry>>,
    /// The tickets of the cases in it; cases leave the desk's memory, the register does not.
    tickets: BTreeMap<CaseId, TicketLink>,
    /// Since when it is kept; what came and went before is not in it.
    since: Option<Time>,
}

/// One thing that became of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Time,
    /// What.
    pub what: AccountEvent,
    /// Whose the account is: the name on record.
    pub customer: String,
    /// The payer that it is linked to; `None` where nobody told.
    pub payer: Option<AccountId>,
    /// The case in which it happened.
    pub case: CaseId,
    /// Who did it, or handed it in.
    pub by: Name,
}

/// What becomes of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountEvent {
    /// Its on-boarding began (N1).
    Joining,
    /// Its link is complete (N5).
    Joined,
    /// Its on-boarding was given up.
    NotJoined,
    /// Its off-boarding was asked for (X2).
    Leaving,
    /// It was unlinked (X4).
    Left,
    /// Unlinking it failed (X5).
    UnlinkFailed,
    /// Its off-boarding was given up.
    Stays,
}

/// How an account stands, as far as its history tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing of it went through the desk: the customer record alone knows it.
    Untold,
    /// It is being taken in (N1).
    Joining,
    /// It is linked.
    Here,
    /// Its off-boarding was asked for (X2).
    Leaving,
    /// Unlinking it failed; it is linked still (X5).
    UnlinkFailed,
    /// It was unlinked (X4).
    Gone,
    /// It was to come and did not.
    NeverCame,
}

/// How an account with this history stands.
#[must_use]
pub fn standing(history: &[Entry]) -> Standing {
    // how it stands, and how it stood before the on-boarding that is under way
    let (mut now, mut before) = (Standing::Untold, Standing::Untold);
    for entry in history {
        let settled = match entry.what {
            AccountEvent::Joining => {
                now = Standing::Joining;
                continue;
            }
            AccountEvent::NotJoined => match (now, before) {
                (Standing::Joining | Standing::Untold, Standing::Untold) => Standing::NeverCame,
                // whatever it was, it is again
                (_, before) => before,
            },
            AccountEvent::Joined | AccountEvent::Stays => Standing::Here,
            AccountEvent::Leaving => Standing::Leaving,
            AccountEvent::UnlinkFailed => Standing::UnlinkFailed,
            AccountEvent::Left => Standing::Gone,
        };
        (now, before) = (settled, settled);
    }
    now
}

impl Register {
    /// Takes an entry; `ticket` is that of its case, where it has one.
    pub fn apply(&mut self, account: &AccountId, entry: &Entry, ticket: Option<TicketLink>) {
        if let Some(ticket) = ticket {
            self.tickets.insert(entry.case, ticket);
        }
        self.accounts.entry(account.clone()).or_default().push(entry.clone());
    }

    /// It is kept from now on, unless it is already.
    pub fn begin(&mut self, at: Time) {
        self.since.get_or_insert(at);
    }

    /// Since when it is kept; `None` before the very first start.
    #[must_use]
    pub const fn since(&self) -> Option<Time> {
        self.since
    }

    /// What became of an account, oldest first; empty when it never came or went through the desk.
    #[must_use]
    pub fn history(&self, account: &AccountId) -> &[Entry] {
        self.accounts.get(account).map_or(&[], Vec::as_slice)
    }

    /// What had become of an account before `until`, oldest first.
    #[must_use]
    pub fn history_until(&self, account: &AccountId, until: Time) -> &[Entry] {
        let history = self.history(account);
        let end = history.iter().position(|entry| entry.at >= until);
        &history[..end.unwrap_or(history.len())]
    }

    /// Every account with its history, by number.
    pub fn all(&self) -> impl Iterator<Item = (&AccountId, &[Entry])> {
        self.accounts.iter().map(|(account, entries)| (account, entries.as_slice()))
    }

    /// The ticket of a case that is in it.
    #[must_use]
    pub fn ticket_of(&self, case: CaseId) -> Option<&TicketLink> {
        self.tickets.get(&case)
    }

    /// How an account stands.
    #[must_use]
    pub fn standing(&self, account: &AccountId) -> Standing {
        standing(self.history(account))
    }

    /// Whether an account was unlinked, and has not come back since.
    #[must_use]
    pub fn has_left(&self, account: &AccountId) -> Option<&Entry> {
        self.history(account).iter().rev().find_map(|entry| match entry.what {
            AccountEvent::Left => Some(Some(entry)),
            AccountEvent::Joined => Some(None),
            AccountEvent::Joining
            | AccountEvent::NotJoined
            | AccountEvent::Leaving
            | AccountEvent::UnlinkFailed
            | AccountEvent::Stays => None,
        })?
    }

    /// The payer that an account is linked to, where somebody told.
    #[must_use]
    pub fn payer_of(&self, account: &AccountId) -> Option<&AccountId> {
        payer(self.history(account))
    }
}

/// The payer that was told last in a history.
#[must_use]
pub fn payer(history: &[Entry]) -> Option<&AccountId> {
    history.iter().rev().find_map(|entry| entry.payer.as_ref())
}

/// Accounts as people type them: commas, semicolons, slashes, lines, spaces between; dashes and spaces within. In the order in
/// which they stand; what is no account is told as it was read.
#[must_use]
pub fn typed(text: &str) -> Vec<Result<AccountId, NotAnAccount>> {
    let mut found = Vec::new();
    for part in text.split([',', ';', '/', '\n', '\r', '\t', '·', '、']) {
        let mut pending: Vec<&str> = Vec::new();
        let digits_of = |words: &[&str]| -> usize {
            words.iter().map(|word| word.bytes().filter(u8::is_ascii_digit).count()).sum()
        };
        let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        for word in part.split_whitespace() {
            let joins = is_number(word)
                && pending.iter().all(|word| is_number(word))
                && digits_of(&pending) + digits_of(&[word]) <= 12;
            if !joins && !pending.is_empty() {
                found.push(pending.join(" ").parse());
                pending.clear();
            }
            pending.push(word);
            if digits_of(&pending) >= 12 {
                found.push(pending.join(" ").parse());
                pending.clear();
            }
        }
        if !pending.is_empty() {
            found.push(pending.join(" ").parse());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<String> {
        typed(text)
            .into_iter()
            .map(|one| match one {
                Ok(account) => account.to_string(),
                Err(error) => format!("!{}", error.read),
            })
            .collect()
    }

    #[test]
    fn accounts_in_every_common_way() {
        let both = ["123456789012", "210987654321"];
        for text in [
            "123456789012 210987654321",
            "123456789012, 210987654321",
            "123456789012,210987654321",
            "1234-5678-9012\n2109-8765-4321",
            "1234 5678 9012 2109 8765 4321",
            "1234 5678 9012 / 210987654321",
            " 123456789012;\r\n210987654321 \n",
        ] {
            assert_eq!(read(text), both, "{text}");
        }
    }

    #[test]
    fn what_is_no_account_is_told_as_it_stands() {
        assert_eq!(read("12345678901"), ["!12345678901"]);
        assert_eq!(read("12345678901 210987654321"), ["!12345678901", "210987654321"]);
        assert_eq!(read("1234567890123"), ["!1234567890123"]);
        assert_eq!(read("한빛 123456789012"), ["!한빛", "123456789012"]);
        assert_eq!(read("12345678901a"), ["!12345678901a"]);
        assert!(read(" , \n").is_empty());
    }

    use AccountEvent::{Joined, Joining, Leaving, Left, NotJoined, Stays, UnlinkFailed};

    const EVENTS: [AccountEvent; 7] =
        [Joining, Joined, NotJoined, Leaving, Left, UnlinkFailed, Stays];

    fn entry(minute: i64, what: AccountEvent) -> Entry {
        let day = chrono::NaiveDate::from_ymd_opt(2025, 8, 4).unwrap();
        Entry {
            at: crate::domain::time::seoul(day.into()) + chrono::TimeDelta::minutes(minute),
            what,
            customer: "한빛전자".to_owned(),
            payer: None,
            case: CaseId(1),
            by: Name::from("고윤슬"),
        }
    }

    fn told(events: &[AccountEvent]) -> Vec<Entry> {
        (0..).zip(events).map(|(minute, what)| entry(minute, *what)).collect()
    }

    #[test]
    fn how_an_account_stands_follows_from_its_history() {
        for (events, expected) in [
            (&[][..], Standing::Untold),
            (&[Joining], Standing::Joining),
            (&[Joining, Joined], Standing::Here),
            (&[Joining, NotJoined], Standing::NeverCame),
            (&[Joining, NotJoined, Joining], Standing::Joining),
            (&[Joining, NotJoined, Joining, NotJoined], Standing::NeverCame),
            (&[Leaving], Standing::Leaving),
            (&[Leaving, Stays], Standing::Here),
            (&[Leaving, UnlinkFailed], Standing::UnlinkFailed),
            (&[Leaving, UnlinkFailed, Left], Standing::Gone),
            // whoever has gone and does not come back has gone still
            (&[Leaving, Left, Joining, NotJoined], Standing::Gone),
            (&[Leaving, Left, Joining, Joining, NotJoined], Standing::Gone),
            (&[Leaving, Left, Joining, Joined], Standing::Here),
            (&[Left, Joining, Joined, NotJoined], Standing::Here),
            (&[NotJoined], Standing::NeverCame),
        ] {
            assert_eq!(standing(&told(events)), expected, "{events:?}");
        }
    }

    #[test]
    fn what_is_known_as_of_a_time_leaves_out_what_came_later() {
        let (account, ticket) = ("123456789012".parse::<AccountId>().unwrap(), "https://t.example");
        let mut register = Register::default();
        for one in told(&[Joining, Joined, Leaving]) {
            register.apply(&account, &one, Some(TicketLink::from(ticket)));
        }
        let until = entry(2, Leaving).at;
        assert_eq!(standing(register.history_until(&account, until)), Standing::Here);
        assert_eq!(register.standing(&account), Standing::Leaving);
        assert_eq!(register.ticket_of(CaseId(1)).unwrap().as_str(), ticket);
        let json = serde_json::to_string(&register).unwrap();
        assert_eq!(serde_json::from_str::<Register>(&json).unwrap(), register);
    }

    proptest! {
        /// Whatever comes, in whatever order: an account that was unlinked and did not come back is never said to be linked.
        #[test]
        fn one_that_left_stands_as_gone_until_it_comes_again(
            events in proptest::collection::vec(0usize..7, 0..12)
        ) {
            let events: Vec<AccountEvent> = events.into_iter().map(|nth| EVENTS[nth]).collect();
            let account: AccountId = "123456789012".parse().unwrap();
            let mut register = Register::default();
            for one in told(&events) {
                register.apply(&account, &one, None);
            }
            let now = register.standing(&account);
            prop_assert_eq!(now == Standing::Untold, events.is_empty());
            match events.last() {
                Some(Left) => prop_assert_eq!(now, Standing::Gone),
                Some(Joined | Stays) => prop_assert_eq!(now, Standing::Here),
                _ => {}
            }
            if now == Standing::Gone {
                prop_assert!(register.has_left(&account).is_some());
            }
            // every part of a history is a history
            for (nth, one) in register.history(&account).iter().enumerate() {
                let before = register.history_until(&account, one.at);
                prop_assert_eq!(before.len(), nth);
            }
        }

        #[test]
        fn nothing_typed_is_lost(text in "[0-9 ,;a-z\n-]{0,60}") {
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            prop_assert_eq!(digits(&read(&text).concat()), digits(&text));
        }

        #[test]
        fn however_twelve_digits_are_written(account in "[0-9]{12}", first in 1usize..11, dash in any::<bool>()) {
            let between = if dash { "-" } else { " " };
            let text = format!("{}{between}{}", &account[..first], &account[first..]);
            prop_assert_eq!(typed(&text), vec![Ok(account.parse::<AccountId>().unwrap())]);
        }
    }
}
