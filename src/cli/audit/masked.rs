//! Telephone numbers and mail addresses, made unreadable: an audit needs names, not those.

use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;

#[expect(clippy::expect_used, reason = "constant patterns, compiled by every test run")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

/// Korean numbers in the ways in which people write them; an account's twelve digits are none.
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    let area = r"(?:\+82[-. ]?|(?-u:\b)0)(?:50\d|2|[13-8]\d)";
    pattern(&format!(r"{area}[-. ]?\d{{3,4}}[-. ]?\d{{4}}(?-u:\b)|\+\d{{9,15}}(?-u:\b)"))
});
static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"([A-Za-z0-9])[A-Za-z0-9._%+-]*@((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})"));

/// How many digits of a number stay at its beginning and at its end.
const FIRST: usize = 3;
const LAST: usize = 2;

/// A text without the numbers and addresses in it: `010-****-**01`, `o***@hanbit.example.com`.
pub(super) fn masked(text: &str) -> String {
    let text: Cow<'_, str> = ADDRESS.replace_all(text, "$1***@$2");
    NUMBER
        .replace_all(&text, |found: &Captures<'_>| {
            let Some(whole) = found.get(0) else { return String::new() };
            let number = whole.as_str();
            // the fraction of something, such as Slack's time stamps
            let mut before = text[..whole.start()].chars().rev();
            if before.next() == Some('.') && before.next().is_some_and(|one| one.is_ascii_digit()) {
                return number.to_owned();
            }
            let digits = number.bytes().filter(u8::is_ascii_digit).count();
            let mut nth = 0;
            let hide = |letter: char| {
                if !letter.is_ascii_digit() {
                    return letter;
                }
                nth += 1;
                if nth <= FIRST || nth > digits - LAST { letter } else { '*' }
            };
            number.chars().map(hide).collect::<String>()
        })
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn numbers_and_addresses_are_hidden_and_nothing_else() {
        for (text, expected) in [
            ("전화 010-0000-1001.", "전화 010-****-**01."),
            ("01000001001", "010******01"),
            ("010-0000-2002;010-0000-2003", "010-****-**02;010-****-**03"),
            ("\"number\":\"02-0000-6111\"", "\"number\":\"02-0***-**11\""),
            ("+821000001001", "+821*******01"),
            ("ops@hanbit.example.com, a@b.kr", "o***@hanbit.example.com, a***@b.kr"),
            ("123456789012 012345678901", "123456789012 012345678901"),
            ("1234-5678-9012 · 사건 #12", "1234-5678-9012 · 사건 #12"),
            (
                "https://support.example.com/agent/tickets/4242",
                "https://support.example.com/agent/tickets/4242",
            ),
            ("1754398800.000100 2025-08-05 10:00", "1754398800.000100 2025-08-05 10:00"),
            ("1754398800.031001 2025-08-05 10:00", "1754398800.031001 2025-08-05 10:00"),
            ("02 0000 6111, 0505-0000-1001", "02 0*** **11, 050*-****-**01"),
            ("@가온별 U0100000100", "@가온별 U0100000100"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }
}
