//! Values as people type them: instants and dates.

use crate::domain::time::{Time, in_seoul};
use chrono::{DateTime, Datelike, NaiveDate};
use std::net::SocketAddr;
use std::ops::RangeInclusive;

/// Years that are taken for meant; others are slips of the finger.
const YEARS: RangeInclusive<i32> = 1900..=2100;

/// An instant: `2025-08-04T11:45:00+09:00`, with any offset or none (Seoul), `T` or a space, seconds or none.
///
/// # Errors
/// What was read, what is expected, an example, in Korean.
pub(crate) fn instant(text: &str) -> Result<Time, String> {
    read_instant(text.trim()).ok_or_else(|| {
        format!(
            "읽은 값: \"{text}\". {}년부터 {}년까지의 날짜와 시각을 적어 주십시오. 시간대가 없으면 서울 시각입니다. \
             예: 2025-08-04T11:45:00+09:00, \"2025-08-04 11:45\"",
            YEARS.start(),
            YEARS.end()
        )
    })
}

fn read_instant(text: &str) -> Option<Time> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let rest = rest.trim();
    let (time, offset) = rest.split_at(rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len()));
    let offset = match offset {
        "" => "+09:00",
        "Z" | "z" => "+00:00",
        written => written,
    };
    let written = format!("{date}T{}{offset}", time.trim_end());
    ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"]
        .iter()
        .find_map(|pattern| DateTime::parse_from_str(&written, pattern).ok())
        .filter(|at| YEARS.contains(&at.naive_utc().year()))
        .map(|at| in_seoul(&at))
}

/// A date: `2025-08-04`.
///
/// # Errors
/// What was read, what is expected, an example, in Korean.
pub(crate) fn date(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d")
        .ok()
        .filter(|date| YEARS.contains(&date.year()))
        .ok_or_else(|| {
            format!(
                "읽은 값: \"{text}\". {}년부터 {}년까지의 날짜를 적어 주십시오. 예: 2025-08-04",
                YEARS.start(),
                YEARS.end()
            )
        })
}

/// An address to listen on: `127.0.0.1:4003`.
///
/// # Errors
/// What was read, what is expected, an example, in Korean.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    text.trim().parse().map_err(|_| {
        format!("읽은 값: \"{text}\". IP 주소와 포트를 적어 주십시오. 예: 127.0.0.1:4003")
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn an_instant_is_read_as_people_write_it() {
        let same = [
            "2025-08-04T11:45:00+09:00",
            "2025-08-04T11:45:00.000+09:00",
            "2025-08-04T11:45+09:00",
            "2025-08-04T11:45:00+0900",
            "2025-08-04 11:45:00 +09:00",
            "2025-08-04T11:45:00+09",
            "2025-08-04T11:45:00",
            "2025-08-04t11:45",
            "2025-08-04 11:45:00",
            " 2025-08-04 11:45 ",
            "2025-08-04T02:45:00Z",
            "2025-08-04 02:45z",
            "2025-08-03T22:45:00-04:00",
        ];
        for text in same {
            assert_eq!(instant(text).unwrap().to_rfc3339(), "2025-08-04T11:45:00+09:00", "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused_with_an_example() {
        let wrong = [
            "",
            "내일",
            "11:45",
            "2025-08-04",
            "2025-08-04T",
            "2025-08-04T25:00",
            "2025-02-30T10:00",
            "2025-08-04T11:45+99:00",
            "2025-08-04T11:45+09:00 오후",
            "2025-08-04T11:45 KST",
            "0205-08-04T11:45",
            "-262143-01-01T00:00",
            "+262142-12-31T23:59-12:00",
        ];
        for text in wrong {
            let said = instant(text).unwrap_err();
            assert!(said.starts_with(&format!("읽은 값: \"{text}\"")), "{said}");
            assert!(said.contains("예: 2025-08-04T11:45:00+09:00"), "{said}");
        }
    }

    #[test]
    fn an_address_has_a_port() {
        assert_eq!(address("127.0.0.1:4003").unwrap().port(), 4003);
        for text in ["", "4003", "127.0.0.1", "localhost:4003", "127.0.0.1:65536"] {
            assert!(address(text).unwrap_err().contains("예: 127.0.0.1:4003"), "{text}");
        }
    }

    #[test]
    fn a_date_is_a_date() {
        assert_eq!(date("2025-08-04"), Ok(NaiveDate::from_ymd_opt(2025, 8, 4).unwrap()));
        for text in ["", "8월 4일", "2025-08", "2025-02-29", "20250804", "9999-01-01"] {
            assert!(date(text).unwrap_err().contains("예: 2025-08-04"), "{text}");
        }
    }
}
