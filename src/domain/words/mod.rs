//! Every sentence that people read, by procedure. Korean, polite, short: what happened, what comes next, what they can do.

pub mod accounts;
pub mod assignment;
pub mod aws;
pub mod board;
pub mod cases;
pub mod climate;
pub mod commands;
pub mod contacts;
pub mod coverage;
pub mod dispatch;
pub mod drill;
pub mod duty;
pub mod home;
pub mod incident;
pub mod inquiry;
pub mod ladders;
pub mod list;
pub mod mail;
pub mod monthly;
pub mod offboard;
pub mod onboard;
pub mod outage;
pub mod paging;
pub mod phd;
pub mod phone;
pub mod reports;
pub mod services;
pub mod setup;
pub mod stray;
pub mod tam;
pub mod tickets;
pub mod topics;
pub mod urgent;

use super::desk::Desk;
use super::message::{Line, Message, Piece};
use super::time::{Time, clock};
use super::turn::{lines, one_line};
use super::watch::is_late;

/// Builds a [`Line`] of texts and pieces.
macro_rules! line {
    ($($piece:expr),+ $(,)?) => { vec![$($crate::domain::message::Piece::from($piece)),+] };
}
pub(crate) use line;

/// A button whose time is over.
#[must_use]
pub fn stale() -> Message {
    one_line("⛔ 이 버튼은 더 쓸 수 없습니다. 스레드의 최신 글에서 눌러 주십시오.")
}

/// A guest of the workspace, or somebody of another one: never taken for a person of the guide who has the same name.
#[must_use]
pub fn guest(name: &str) -> String {
    format!("{name} (게스트)")
}

/// A refusal: what was wrong, and what is expected.
#[must_use]
pub fn refused(text: impl Into<String>, expected: impl Into<String>) -> Message {
    let expected = expected.into();
    let mut said: Vec<Line> = vec![line![format!("⛔ {}", text.into())]];
    if !expected.is_empty() {
        said.push(line![expected]);
    }
    lines(said)
}

/// Names joined as people read them: the first three, and how many more.
#[must_use]
pub fn some_of(names: &[String], separator: &str, at_most: usize) -> String {
    let shown = names.iter().take(at_most).cloned().collect::<Vec<_>>().join(separator);
    match names.len().saturating_sub(at_most) {
        0 => shown,
        more => format!("{shown} 외 {more}명"),
    }
}

/// `(늦음: 10:30 예정, 10:25–11:00 동안 멈춰 있었습니다) ` for something due at `due` that is done at `now`; nothing when it is in
/// time (reading 4).
#[must_use]
pub fn lateness(desk: &Desk, due: Time, now: Time) -> String {
    if !is_late(due, now) {
        return String::new();
    }
    format!("(늦음: {} 예정{}) ", clock(due, now.date_naive()), stopped_meanwhile(desk, due, now))
}

/// `, 10:25–11:00 동안 멈춰 있었습니다` when the process was away at `due`.
#[must_use]
pub fn stopped_meanwhile(desk: &Desk, due: Time, now: Time) -> String {
    let today = now.date_naive();
    desk.pause_over(due).map_or_else(String::new, |pause| {
        format!(", {}–{} 동안 멈춰 있었습니다", clock(pause.from, today), clock(pause.to, today))
    })
}

/// `은` or `는`.
#[must_use]
pub fn topic(word: &str) -> String {
    format!("{word}{}", if ends_in_consonant(word) { "은" } else { "는" })
}

/// `을` or `를`.
#[must_use]
pub fn object(word: &str) -> String {
    format!("{word}{}", if ends_in_consonant(word) { "을" } else { "를" })
}

/// `과` or `와`.
#[must_use]
pub fn and(word: &str) -> String {
    format!("{word}{}", if ends_in_consonant(word) { "과" } else { "와" })
}

/// Whether a word ends in a consonant as it is spoken: digits and Latin letters by their Korean names.
fn ends_in_consonant(word: &str) -> bool {
    let last = word.chars().rev().find(|letter| letter.is_alphanumeric());
    match last.map(|letter| letter.to_ascii_uppercase()) {
        Some(letter @ '\u{AC00}'..='\u{D7A3}') => !(u32::from(letter) - 0xAC00).is_multiple_of(28),
        Some('0' | '1' | '3' | '6' | '7' | '8' | 'L' | 'M' | 'N' | 'R') => true,
        Some(_) | None => false,
    }
}

/// A customer as it stands in sentences: `[한빛전자] `; nothing when unknown.
#[must_use]
pub fn bracketed(customer: &str) -> Piece {
    if customer.is_empty() {
        Piece::Text("[고객사 미확인] ".to_owned())
    } else {
        Piece::Text(format!("[{customer}] "))
    }
}

/// The customer's CSR as a mention (reading 26); the group, with the name beside it, where Slack does not know the person.
#[must_use]
pub fn to_csr(desk: &Desk, customer: &str) -> Line {
    let csr = desk.customers.value.find(customer).and_then(|one| one.csr.as_ref());
    let group = || desk.mention_group(&desk.policy.value.groups.csr);
    match csr.map(|name| (name, desk.mention(name))) {
        Some((_, person @ Piece::Person { .. })) => vec![person],
        Some((name, _)) => {
            let mut said = group();
            said.push(format!(" (담당 {name})").into());
            said
        }
        None => group(),
    }
}

#[cfg(test)]
mod tests {
    use super::{and, object, topic};

    #[test]
    fn particles_follow_what_is_heard() {
        assert_eq!(object("guide.txt"), "guide.txt를");
        assert_eq!(object("policy.toml"), "policy.toml을");
        assert_eq!(object("\"가온별\""), "\"가온별\"을");
        assert_eq!(topic("/call"), "/call은");
        assert_eq!(topic("사건 #99"), "사건 #99는");
        assert_eq!(topic("나래"), "나래는");
        assert_eq!([and("CSR"), and("SA"), and("TS 담당자")], ["CSR과", "SA와", "TS 담당자와"]);
    }
}
