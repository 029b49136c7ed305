//! Temperatures, fire and smoke as people type them: `27.5`, `27.5도`, `실외기 38 덕트 정상`, `화재`.

use super::super::super::readings::{Celsius, Spot};
use super::super::super::text::pattern;
use regex::Regex;
use std::sync::LazyLock;

/// What somebody typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) enum Typed {
    /// Temperatures, one or more.
    Readings(Vec<Told>),
    /// Fire or smoke (F4), with what else was said.
    Alarm {
        /// Smoke, and no fire seen.
        smoke: bool,
        /// What else was said.
        more: String,
    },
    /// Nothing that can be read.
    Unread,
}

/// One temperature as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) struct Told {
    /// Where; `None`: it does not say.
    pub(in crate::domain) spot: Option<Spot>,
    /// What; or the number as written, where no room can be so.
    pub(in crate::domain) celsius: Result<Celsius, String>,
    /// What else was said.
    pub(in crate::domain) state: String,
}

static SPOT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:8\s*층\s*)?(?:서버\s*[실룸]|실외기)"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:현재\s*)?(?:온도)?\s*[:=]?\s*([-+−]?\d{1,6}(?:[.,]\d{1,6})?)\s*(?:°\s*[Cc]|℃|도|[Cc])?",
        r"(?:\s*(?:입니다|이에요|예요|임))?(?:\.?$|\.?[\s,/·)(]+)(?s:(.*))$",
    ))
});
static ALARM: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^(연기|smoke|화재|불|불꽃|fire)(?:$|[\s,.:/]+)(?s:(.*))$"));

/// Reads it.
pub(in crate::domain) fn read(text: &str) -> Typed {
    let text = text.trim();
    let bare = SPOT.find(text).filter(|spot| spot.start() == 0).map_or(text, |spot| {
        text[spot.end()..].trim_start_matches(|c: char| c.is_whitespace() || c == '에')
    });
    if let Some(found) = ALARM.captures(bare) {
        let part = |nth| found.get(nth).map_or("", |one| one.as_str());
        let smoke = matches!(part(1).to_lowercase().as_str(), "연기" | "smoke");
        return Typed::Alarm { smoke, more: part(2).trim().to_owned() };
    }
    let told: Option<Vec<Told>> = pieces(text).into_iter().map(piece).collect();
    match told {
        Some(told) if !told.is_empty() => Typed::Readings(told),
        Some(_) | None => Typed::Unread,
    }
}

/// The text cut where a place is named that a number follows.
fn pieces(text: &str) -> Vec<(Option<Spot>, &str)> {
    let mut cuts: Vec<(usize, usize, Spot)> = Vec::new();
    for found in SPOT.find_iter(text) {
        let rest = text[found.end()..].trim_start();
        // a place that no number follows belongs to what was said of the one before
        if NUMBER.is_match(rest.trim_start_matches(['은', '는', ':', ' '])) {
            let spot = if found.as_str().contains("실외기") {
                Spot::OutdoorUnit
            } else {
                Spot::ServerRoom
            };
            cuts.push((found.start(), found.end(), spot));
        }
    }
    let mut pieces = Vec::new();
    let head = text[..cuts.first().map_or(text.len(), |cut| cut.0)].trim();
    // "서버실 실외기 38": the first place alone says nothing
    if !head.is_empty() && !SPOT.replace_all(head, "").trim().is_empty() {
        pieces.push((None, head));
    }
    for (nth, (_, from, spot)) in cuts.iter().enumerate() {
        let to = cuts.get(nth + 1).map_or(text.len(), |next| next.0);
        pieces.push((Some(*spot), text[*from..to].trim_start_matches(['은', '는', ':', ' '])));
    }
    pieces
}

/// A temperature of this place, as it stands in a form.
pub(in crate::domain) fn of(spot: Spot, text: &str) -> Option<Told> {
    piece((Some(spot), text))
}

fn piece((spot, text): (Option<Spot>, &str)) -> Option<Told> {
    let found = NUMBER.captures(text.trim_matches(|c: char| c.is_whitespace() || c == '/'))?;
    let part = |nth| found.get(nth).map_or("", |one| one.as_str());
    let written = part(1);
    let degrees: f64 = written.replace(',', ".").replace('−', "-").parse().ok()?;
    let celsius = plausible(spot.unwrap_or(Spot::ServerRoom), degrees);
    let state = part(2).trim().trim_end_matches(['/', ',']).trim().to_owned();
    Some(Told { spot, celsius: celsius.ok_or_else(|| written.to_owned()), state })
}

/// A temperature that a place can have.
fn plausible(spot: Spot, degrees: f64) -> Option<Celsius> {
    let within = match spot {
        Spot::ServerRoom => 0.0..=70.0,
        Spot::OutdoorUnit => -30.0..=90.0,
    };
    Celsius::of(degrees).filter(|one| within.contains(&one.degrees()))
}

/// Whether what was said of a place is as it should be; `None`: it does not say.
pub(in crate::domain) fn is_fine(state: &str) -> Option<bool> {
    let state: String = state.split_whitespace().collect();
    let without = state.replace("이상없", "").replace("문제없", "").replace("과열없", "");
    let without = without.replace("역류없", "");
    let wrong =
        ["이상", "역류", "막힘", "막혔", "과열", "비정상", "고장", "파손", "누수", "문제", "꺼짐"];
    if wrong.iter().any(|word| without.contains(word)) {
        return Some(false);
    }
    let fine = ["정상", "양호", "이상없", "문제없", "과열없", "역류없", "ok", "OK"];
    fine.iter().any(|word| state.contains(word)).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        match read(text) {
            Typed::Readings(told) => {
                let one = |told: Told| {
                    let spot = match told.spot {
                        None => "?",
                        Some(Spot::ServerRoom) => "서버실",
                        Some(Spot::OutdoorUnit) => "실외기",
                    };
                    let celsius = match told.celsius {
                        Ok(celsius) => celsius.to_string(),
                        Err(written) => format!("({written})"),
                    };
                    format!("{spot} {celsius} {}", told.state).trim_end().to_owned()
                };
                told.into_iter().map(one).collect::<Vec<_>>().join(" | ")
            }
            Typed::Alarm { smoke, more } => {
                format!("{} {more}", if smoke { "연기" } else { "화재" }).trim_end().to_owned()
            }
            Typed::Unread => "—".to_owned(),
        }
    }

    #[test]
    fn what_people_type_is_read() {
        for (text, read) in [
            ("27.5", "? 27.5"),
            ("27.5도", "? 27.5"),
            ("27.5도입니다", "? 27.5"),
            ("27,5 ℃", "? 27.5"),
            ("27.5°C", "? 27.5"),
            ("온도 27", "? 27"),
            ("온도: 27.04", "? 27"),
            ("서버실 27.5", "서버실 27.5"),
            ("8층 서버실 27.5도", "서버실 27.5"),
            ("서버룸: 27", "서버실 27"),
            ("서버실은 27도 CCTV 이상 없음", "서버실 27 CCTV 이상 없음"),
            ("실외기 38 덕트 정상", "실외기 38 덕트 정상"),
            ("8층 실외기 -3.2도, 덕트 정상", "실외기 -3.2 덕트 정상"),
            ("서버실 27.5 / 실외기 38 덕트 정상", "서버실 27.5 | 실외기 38 덕트 정상"),
            ("27.5 실외기 38 정상", "? 27.5 | 실외기 38 정상"),
            ("서버실 실외기 38 정상", "실외기 38 정상"),
            ("실외기 41 덕트 이상, 서버실 쪽", "실외기 41 덕트 이상, 서버실 쪽"),
            ("300", "? (300)"),
            ("-80", "? (-80)"),
            ("-1", "? (-1)"),
            ("실외기 -80 정상", "실외기 (-80) 정상"),
            ("연기", "연기"),
            ("화재", "화재"),
            ("불", "화재"),
            ("서버실 연기 랙 3번", "연기 랙 3번"),
            ("서버실에 화재", "화재"),
            ("fire", "화재"),
            ("", "—"),
            ("서버실", "—"),
            ("실외기 정상", "—"),
            ("뜨겁습니다", "—"),
            ("12시에 다시 보겠습니다", "—"),
            ("27.5.1도", "—"),
            ("27.5도.", "? 27.5"),
            ("이십칠도", "—"),
            ("불편합니다", "—"),
            ("화재경보 점검", "—"),
        ] {
            assert_eq!(said(text), read, "{text}");
        }
    }

    #[test]
    fn a_place_is_as_it_should_be_or_not() {
        for (state, fine) in [
            ("덕트 정상", Some(true)),
            ("CCTV 이상 없음", Some(true)),
            ("덕트 이상", Some(false)),
            ("덕트 역류", Some(false)),
            ("온도 정상, 덕트 막힘", Some(false)),
            ("비정상", Some(false)),
            ("", None),
            ("덕트", None),
        ] {
            assert_eq!(is_fine(state), fine, "{state}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_people_type_upsets_it(text in "\\PC*") {
            let _ = (read(&text), is_fine(&text));
        }
    }
}
