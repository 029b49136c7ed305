//! Telephone numbers and e-mail addresses as the guide has them.

use crate::domain::ids::PhoneNumber;
use unicode_normalization::UnicodeNormalization;

pattern!(EMAIL, r"^[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$");

/// Whether the text is an e-mail address.
pub(crate) fn is_email(text: &str) -> bool {
    EMAIL.is_match(text) && !text.contains("..")
}

/// Whether the text holds nothing but the signs of a telephone number, and digits enough for one; dates (`2025-08-06`) do not count.
pub(super) fn phoneish(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let plain = text.chars().all(|c| c.is_ascii_digit() || " -.()+".contains(c));
    plain && digits >= 7 && (text.starts_with(['0', '+', '(']) || digits > 8)
}

/// Reads a telephone number in any of its usual shapes (`010-0000-1001`, `01000001001`, `010 0000 1001`, `+82 10-0000-1001`).
///
/// # Errors
/// A Korean sentence that says what was read and what is expected.
pub(super) fn read_phone(text: &str) -> Result<PhoneNumber, String> {
    let text = text.trim();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let wrong = || {
        let count = digits.len();
        Err(format!(
            "전화번호 \"{text}\"을(를) 읽을 수 없습니다 (숫자 {count}자리). 예: 010-0000-1001"
        ))
    };
    if !text.chars().all(|c| c.is_ascii_digit() || " -.()+".contains(c)) {
        return wrong();
    }
    let local = match digits.strip_prefix("82") {
        Some(rest) => format!("0{}", rest.trim_start_matches('0')),
        None => digits.clone(),
    };
    // A trunk prefix, then three or four digits, then four: 02 is the one prefix of two digits, 010 the one that always has eleven.
    let prefix = if local.starts_with("02") { 2 } else { 3 };
    let fits = match (prefix, local.len()) {
        (2, 9 | 10) | (3, 11) => true,
        (3, 10) => !local.starts_with("010"),
        _ => false,
    };
    if !fits || !local.starts_with('0') {
        return wrong();
    }
    let (area, rest) = local.split_at(prefix);
    let (exchange, line) = rest.split_at(rest.len() - 4);
    Ok(PhoneNumber(format!("{area}-{exchange}-{line}")))
}

/// Reads the number of somebody outside, as it is typed while they speak: [`read_phone`]'s shapes in any width and with any dash, the
/// eight digits of a company's own number (`1668-4108`), and foreign numbers with their `+`.
///
/// # Errors
/// A Korean sentence that says what was read and what is expected.
pub(crate) fn read_any_phone(text: &str) -> Result<PhoneNumber, String> {
    let even: String = text
        .trim()
        .nfkc()
        .map(|c| if matches!(c, '\u{2010}'..='\u{2015}' | '−' | '~' | '/') { '-' } else { c })
        .collect();
    let digits: String = even.chars().filter(char::is_ascii_digit).collect();
    let plain = even.chars().all(|c| c.is_ascii_digit() || " -.()+".contains(c));
    if plain && digits.len() == 8 && ["15", "16", "18"].iter().any(|one| digits.starts_with(one)) {
        let (exchange, line) = digits.split_at(4);
        return Ok(PhoneNumber(format!("{exchange}-{line}")));
    }
    let foreign = even.starts_with('+') && !digits.starts_with("82");
    if plain && foreign && (8..=15).contains(&digits.len()) {
        return Ok(PhoneNumber(format!("+{digits}")));
    }
    read_phone(&even)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::{is_email, phoneish, read_any_phone, read_phone};

    #[test]
    fn the_usual_shapes_are_one_number() {
        for text in [
            "010-0000-1001",
            "01000001001",
            "010 0000 1001",
            "010.0000.1001",
            "+82 10-0000-1001",
            "+82 (0)10-0000-1001",
            "(010) 0000-1001",
        ] {
            assert_eq!(read_phone(text).unwrap().as_str(), "010-0000-1001", "{text}");
        }
        assert_eq!(read_phone("02-6249-6111").unwrap().as_str(), "02-6249-6111");
    }

    #[test]
    fn anything_else_says_what_was_read() {
        for text in ["010-0000-100", "010-0000-10011", "010-0000-100l", "", "없음", "10-0000-1001"]
        {
            let said = read_phone(text).unwrap_err();
            assert!(
                said.contains(&format!("\"{text}\"")) && said.contains("010-0000-1001"),
                "{said}"
            );
        }
    }

    #[test]
    fn a_date_is_no_number() {
        assert!(!phoneish("2025-08-06"));
        assert!(phoneish("010 0000 1001"));
    }

    #[test]
    fn whoever_calls_has_one_number_however_it_is_typed() {
        for (text, number) in [
            ("01000002001", "010-0000-2001"),
            (" 010 – 0000 – 2001 ", "010-0000-2001"),
            ("０１０-００００-２００１", "010-0000-2001"),
            ("+82-10-0000-2001", "010-0000-2001"),
            ("0262496111", "02-6249-6111"),
            ("1668 4108", "1668-4108"),
            ("+1 (206) 555-0100", "+12065550100"),
        ] {
            assert_eq!(read_any_phone(text).unwrap().as_str(), number, "{text}");
        }
        for text in ["12345678", "+1", "010-0000-20x1", "1668-41"] {
            assert!(read_any_phone(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses() {
        assert!(is_email("narae.sol@example.co.kr"));
        for text in ["narae.sol", "narae@", "a b@example.co.kr", "a@example", "a@example..kr"] {
            assert!(!is_email(text), "{text}");
        }
    }
}
