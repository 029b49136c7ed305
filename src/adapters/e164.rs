//! Telephone numbers as carriers want them.

use crate::domain::ids::PhoneNumber;
use crate::ports::PortError;

/// A number in E.164: `+821000001001`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct E164(String);

/// A text that is no telephone number. It is not repeated: errors are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("전화번호로 읽을 수 없습니다. 예: 010-0000-1001, +82 10-0000-1001")]
pub struct NotANumber;

impl From<NotANumber> for PortError {
    fn from(error: NotANumber) -> Self {
        Self::Permanent { why: error.to_string() }
    }
}

impl E164 {
    /// Reads a number as people write it. One without a country is Korean: its leading 0 becomes +82.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(text: &str) -> Result<Self, NotANumber> {
        let text = text.trim();
        if !text.chars().all(|sign| sign.is_ascii_digit() || " -.()+".contains(sign)) {
            return Err(NotANumber);
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let international = if let Some(korean) = digits.strip_prefix("82") {
            // +82 (0)10: the 0 is not dialled from abroad
            format!("82{}", korean.trim_start_matches('0'))
        } else if text.starts_with('+') {
            digits
        } else if let Some(korean) = digits.strip_prefix('0').filter(|one| !one.starts_with('0')) {
            format!("82{korean}")
        } else {
            return Err(NotANumber);
        };
        // E.164 has fifteen digits at the most; with fewer than ten it reaches nobody in Korea
        let fits = (10..=15).contains(&international.len()) && !international.starts_with('0');
        if fits { Ok(Self(format!("+{international}"))) } else { Err(NotANumber) }
    }

    /// The number of a person.
    ///
    /// # Errors
    /// When it is none.
    pub fn of(number: &PhoneNumber) -> Result<Self, NotANumber> {
        Self::read(number.as_str())
    }

    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{E164, NotANumber};

    #[test]
    fn the_usual_shapes_are_one_number() {
        for text in [
            "010-0000-1001",
            "01000001001",
            " 010 0000 1001",
            "+82 10-0000-1001",
            "+82 (0)10-0000-1001",
            "821000001001",
        ] {
            assert_eq!(E164::read(text).unwrap().as_str(), "+821000001001", "{text}");
        }
        assert_eq!(E164::read("02-0000-1001").unwrap().as_str(), "+82200001001");
        assert_eq!(E164::read("+1 415 555 0100").unwrap().as_str(), "+14155550100");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "없음", "10-0000-1001", "00-821000001001", "010", "client:alice", "+0"] {
            assert_eq!(E164::read(text), Err(NotANumber), "{text}");
        }
    }
}
