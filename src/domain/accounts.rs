//! The register: what became of every AWS account that came or went through the desk (N, X, W1). And accounts as people type them.

use super::ids::{AccountId, CaseId, Name, NotAnAccount};
use super::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Every account that came or went through the desk, with its history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Register(BTreeMap<AccountId, Vec<Entry>>);

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

impl Register {
    /// Takes an entry.
    pub fn apply(&mut self, account: &AccountId, entry: &Entry) {
        self.0.entry(account.clone()).or_default().push(entry.clone());
    }

    /// What became of an account, oldest first; empty when it never came or went through the desk.
    #[must_use]
    pub fn history(&self, account: &AccountId) -> &[Entry] {
        self.0.get(account).map_or(&[], Vec::as_slice)
    }

    /// Every account with its history, by number.
    pub fn all(&self) -> impl Iterator<Item = (&AccountId, &[Entry])> {
        self.0.iter().map(|(account, entries)| (account, entries.as_slice()))
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
        self.history(account).iter().rev().find_map(|entry| entry.payer.as_ref())
    }
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

    proptest! {
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
