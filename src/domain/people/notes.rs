//! Absences out of a note as people write it: "8월 6일(수), 7일(목) 전일 휴가", "~ 8월 28일 : … General Ticket 제외" (R2 to R4, readings 14,
//! 21, 28).
//!
//! A note is cut into tokens (days, times, `~`, commas, words), the tokens into groups (days, then what is said of them). Days
//! without a year are settled together: the first year near the guide's date under which every weekday of the note is right.

use super::absence::{Absence, AbsenceScope, OPEN_END};
use super::clean::squash;
use crate::domain::time::{Time, seoul};
use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Weekday};
use regex::Captures;

/// What a note says of absences.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NoteRead {
    /// The absences, in the order of the note.
    pub(super) absences: Vec<Absence>,
    /// What cannot be, in Korean.
    pub(super) errors: Vec<String>,
    /// What is doubtful, in Korean.
    pub(super) warnings: Vec<String>,
}

/// Words that make a note one about an absence.
const ABSENCE_WORDS: [&str; 26] = [
    "휴가",
    "제외",
    "부재",
    "반차",
    "외근",
    "출장",
    "휴무",
    "연차",
    "월차",
    "병가",
    "휴직",
    "공가",
    "병원",
    "예비군",
    "민방위",
    "훈련",
    "불가",
    "경조",
    "조퇴",
    "결근",
    "입원",
    "교육",
    "재택불가",
    "쉼",
    "off",
    "vacation",
];

/// Words that turn an absence round.
const NEGATIONS: [&str; 4] = ["취소", "철회", "복귀", "해제"];

/// Words of an absence that has no end.
const OPEN_WORDS: [&str; 4] = ["상시", "무기한", "항상", "영구"];

/// 오전 반차, in minutes of the day: opening to the end of lunch.
const MORNING: (u32, u32) = (9 * 60, 13 * 60);
/// 오후 반차, in minutes of the day: the end of lunch to closing.
const AFTERNOON: (u32, u32) = (13 * 60, 18 * 60);
/// A range that is longer is more likely a slip than an absence.
const LONGEST_DAYS: i64 = 366;
/// A range or list that would have to roll over more days than this was rather written backwards.
const ROLL_DAYS: i64 = 183;
/// A day without year and weekday that lies farther from the guide's date is worth a second look.
const SURE_DAYS: i64 = 120;

/// Whether the note speaks of an absence.
pub(super) fn speaks_of_absence(note: &str) -> bool {
    let bare = squash(note);
    ABSENCE_WORDS.iter().any(|word| bare.contains(word))
}

/// Whether a day stands in the note.
pub(super) fn has_day(note: &str) -> bool {
    tokens(note).iter().any(|token| matches!(token, Token::Day(_)))
}

/// Reads the absences of one note (cleaned text); `near` is the guide's date.
pub(super) fn read_absences(note: &str, near: NaiveDate) -> NoteRead {
    let mut read = NoteRead::default();
    let tokens = tokens(note);
    let absence = speaks_of_absence(note);
    if !tokens.iter().any(|token| matches!(token, Token::Day(_))) {
        if absence {
            read_undated(note, &mut read);
        }
        return read;
    }
    let (prefix, groups) = groups(&tokens);
    let days: Vec<(&RawDay, Link)> = groups.iter().flat_map(|group| group.days()).collect();
    let settled = match settle(&days, near) {
        Ok(settled) => settled,
        Err(why) => {
            read.errors.push(why);
            return read;
        }
    };
    let bare = squash(note);
    if !absence || NEGATIONS.iter().any(|word| bare.contains(word)) {
        read.warnings.push(format!(
            "\"{note}\": 날짜가 있으나 부재로 읽지 않았습니다. 부재라면 휴가, 반차, 외근, 제외 같은 말로 적어 주십시오. 예: 8월 6일(수) 전일 휴가"
        ));
        return read;
    }
    let year_is_given = days.first().is_some_and(|(day, _)| day.year.is_some());
    let weekday_is_given = days.iter().any(|(day, _)| day.weekday.is_some());
    if let Some(first) = settled.first()
        && !year_is_given
        && !weekday_is_given
        && (*first - near).num_days().abs() > SURE_DAYS
    {
        read.warnings.push(format!(
            "\"{note}\": 연도와 요일이 없어 {}(으)로 읽었습니다. 맞는지 확인해 주십시오. 예: {}년 8월 6일(수) 휴가",
            full_date(*first),
            first.year()
        ));
    }
    let mut dates = settled.into_iter();
    for (index, group) in groups.iter().enumerate() {
        group.read(note, if index == 0 { &prefix } else { "" }, &mut dates, &mut read);
    }
    let unread =
        groups.iter().any(|group| UNREAD.is_match(&group.text)) || UNREAD.is_match(&prefix);
    if unread {
        read.warnings.push(format!(
            "\"{note}\": 날짜로 읽지 못한 부분이 있습니다. 월과 일을 함께 적어 주십시오. 예: 8월 6일(수) ~ 8일(금) 휴가"
        ));
    }
    read
}

/// A note about an absence without a day: in force for good when it says so, else doubtful.
fn read_undated(note: &str, read: &mut NoteRead) {
    let bare = squash(note);
    let negated = NEGATIONS.iter().any(|word| bare.contains(word));
    if OPEN_WORDS.iter().any(|word| bare.contains(word)) && !negated {
        let reason = tidy(note);
        read.absences.push(Absence { from: None, to: OPEN_END, scope: scope(note), reason });
        read.warnings.push(format!(
            "\"{note}\": 끝나는 날이 없어 계속 부재로 읽었습니다. 끝을 적으시려면 예: ~ 8월 28일 : General Ticket 제외"
        ));
        return;
    }
    read.warnings.push(format!(
        "\"{note}\": 부재로 보이나 날짜를 읽을 수 없어 반영하지 않았습니다. 예: 8월 6일(수) 전일 휴가"
    ));
}

/// General when the note takes the person out of the General tickets alone.
fn scope(text: &str) -> AbsenceScope {
    let bare = squash(text);
    let general = ["general", "제너럴", "일반티켓"].iter().any(|word| bare.contains(word));
    if general && bare.contains("제외") { AbsenceScope::General } else { AbsenceScope::All }
}

/// A reason without the bullets and separators around it.
fn tidy(text: &str) -> String {
    let loose = |c: char| c.is_whitespace() || "*-:,;~·•.".contains(c);
    let words: Vec<&str> = text.trim_matches(loose).split_whitespace().collect();
    words.join(" ")
}

// ---- tokens -------------------------------------------------------------------------------------------------------------------

#[derive(Clone, Debug, PartialEq, Eq)]
struct RawDay {
    year: Option<i32>,
    month: Option<u32>,
    day: u32,
    weekday: Option<Weekday>,
    /// As written, for messages.
    text: String,
}

/// A time of day in minutes; 24:00 is 1440.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RawTime {
    minutes: u32,
    /// 오전 or 오후 was written, or the hour leaves no doubt.
    sure: bool,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Day(RawDay),
    Time(RawTime),
    /// `~`, 부터
    From,
    /// 까지
    Until,
    /// `,` 및 / ·
    And,
    /// 3일간
    Lasting(u32),
    Words(String),
}

pattern!(NUMBER, r"^\+?\d{2,4}-\d{3,4}-\d{4}");
pattern!(LASTING, r"^(\d{1,3})\s*일\s*(?:간|동안)");
pattern!(ORDINAL, r"^\d+\s*(?:일\s*(?:차|째)|시간|주|개월|년차|회|명|건|차)");
pattern!(YMD, r"^'?(20\d{2}|\d{2})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{1,2})\.?");
pattern!(KOREAN, r"^(?:'?(20\d{2}|\d{2})\s*년\s*)?(\d{1,2})\s*월\s*(\d{1,2})(\s*일)?");
pattern!(SLASH, r"^(\d{1,2})\s*/\s*(\d{1,2})(?:\s*일)?");
pattern!(DOT, r"^(\d{1,2})\.\s?(\d{1,2})\.?");
pattern!(DAY, r"^(\d{1,2})\s*일");
pattern!(BARE, r"^(\d{1,2})");
pattern!(CLOCK, r"^(?P<time>(?:(오전|오후)\s*)?(\d{1,2}):(\d{2}))");
// "14~16시": the first number is an hour as well.
pattern!(HOURS, r"^(?P<time>(?:(오전|오후)\s*)?(\d{1,2}))\s*[~-]\s*\d{1,2}\s*시");
pattern!(
    HOUR,
    r"^(?P<time>(?:(오전|오후)\s*)?(\d{1,2})\s*시(?:\s*(\d{1,2})\s*분|\s*(?P<half>반))?)"
);
pattern!(WEEKDAY, r"^\s*(?:[(\[]\s*([월화수목금토일])(?:\s*요일)?\s*[)\]]|([월화수목금토일])요일)");
pattern!(UNREAD, r"\d{1,2}\s*[월일]|\d{1,2}/\d{1,2}|\d{4}-\d");

fn tokens(note: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut rest = note;
    let mut after_digit = false;
    while let Some(letter) = rest.chars().next() {
        let taken = if after_digit { None } else { take(rest, &found) };
        let length = match taken {
            Some((token, length)) => {
                found.push(token);
                length
            }
            None => {
                match found.last_mut() {
                    Some(Token::Words(words)) => words.push(letter),
                    Some(
                        Token::Day(_)
                        | Token::Time(_)
                        | Token::From
                        | Token::Until
                        | Token::And
                        | Token::Lasting(_),
                    )
                    | None => found.push(Token::Words(letter.to_string())),
                }
                letter.len_utf8()
            }
        };
        // The rest of a number that was no day is no day either ("2010" is not "20" and "10").
        after_digit = letter.is_ascii_digit()
            && length == 1
            && rest[length..].starts_with(|c: char| c.is_ascii_digit());
        rest = &rest[length..];
    }
    found.retain(|token| !is_blank(token));
    found
}

fn is_blank(token: &Token) -> bool {
    matches!(token, Token::Words(words) if words.trim().is_empty())
}

/// The token at the start of `rest` and its length, behind the tokens `before`; `None`: a letter of words.
fn take(rest: &str, before: &[Token]) -> Option<(Token, usize)> {
    let mut back = before.iter().rev().filter(|token| !is_blank(token));
    let last = back.next();
    let dated = matches!(last, Some(Token::Day(_) | Token::Time(_)));
    if let Some(hit) = NUMBER.find(rest) {
        return Some((Token::Words(hit.as_str().to_owned()), hit.end()));
    }
    if let Some(hit) = LASTING.captures(rest) {
        return Some((Token::Lasting(number(&hit, 1)?), hit.get(0)?.end()));
    }
    if let Some(hit) = ORDINAL.find(rest) {
        return Some((Token::Words(hit.as_str().to_owned()), hit.end()));
    }
    if let Some(token) = take_time(rest) {
        return Some(token);
    }
    let place = match last {
        Some(Token::Day(_)) => Place::Behind,
        Some(Token::From | Token::And) if matches!(back.next(), Some(Token::Day(_))) => {
            Place::Joined
        }
        Some(Token::Words(words)) if words.trim_end().ends_with(',') => Place::Behind,
        Some(_) | None => Place::Anywhere,
    };
    let carried = before.iter().any(|token| matches!(token, Token::Day(_)));
    if let Some(token) = take_day(rest, place, carried) {
        return Some(token);
    }
    let word = |word: &str, token: Token| rest.starts_with(word).then_some((token, word.len()));
    if let Some(token) = word("~", Token::From) {
        return Some(token);
    }
    if !dated {
        return None;
    }
    let digit_follows =
        |from: usize| rest[from..].trim_start().starts_with(|c: char| c.is_ascii_digit());
    if rest.starts_with('-') && digit_follows(1) {
        return Some((Token::From, 1));
    }
    word("부터", Token::From)
        .or_else(|| word("에서", Token::From))
        .or_else(|| word("이후", Token::From))
        .or_else(|| word("까지", Token::Until))
        .or_else(|| word(",", Token::And))
        .or_else(|| {
            [
                ("및", "및".len()),
                ("와", "와".len()),
                ("과", "과".len()),
                ("/", 1),
                ("·", 2),
                ("&", 1),
            ]
            .into_iter()
            .find(|(sign, length)| rest.starts_with(sign) && digit_follows(*length))
            .map(|(_, length)| (Token::And, length))
        })
}

fn take_time(rest: &str) -> Option<(Token, usize)> {
    let hit =
        CLOCK.captures(rest).or_else(|| HOURS.captures(rest)).or_else(|| HOUR.captures(rest))?;
    let half = hit.name("half").is_some();
    let whole = hit.name("time")?;
    let hour = number(&hit, 3)?;
    let minute = if half { 30 } else { number(&hit, 4).unwrap_or(0) };
    let (hour, sure) = match hit.get(2).map(|m| m.as_str()) {
        Some("오후") if hour < 12 => (hour + 12, true),
        Some("오전") if hour == 12 => (0, true),
        Some(_) => (hour, true),
        None => (hour, whole.as_str().contains(':') || !(1..=7).contains(&hour)),
    };
    let text = whole.as_str().to_owned();
    Some((Token::Time(RawTime { minutes: hour * 60 + minute, sure, text }), whole.end()))
}

/// Where a number stands that may be a day.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Joined to a day by `~` or a comma.
    Joined,
    /// Right behind a day, or behind words and a comma.
    Behind,
    /// Anywhere else.
    Anywhere,
}

/// A day at the start of `rest`. A number without its month is one only where a month is `carried` and its place or weekday says so:
/// "2일" of "연차 2일 사용" is none.
fn take_day(rest: &str, place: Place, carried: bool) -> Option<(Token, usize)> {
    let connected = place == Place::Joined;
    let year = |hit: &Captures<'_>, nth: usize| {
        let year: i32 = hit.get(nth)?.as_str().parse().ok()?;
        Some(if year < 100 { year + 2000 } else { year })
    };
    let finish = |year, month, day, end: usize| {
        let tail = WEEKDAY.captures(&rest[end..]);
        let weekday = tail.as_ref().and_then(|hit| hit.get(1).or(hit.get(2)));
        let weekday = weekday.and_then(|hit| weekday_of(hit.as_str()));
        let end = end + tail.and_then(|hit| hit.get(0)).map_or(0, |hit| hit.end());
        let text = rest[..end].trim().to_owned();
        (Token::Day(RawDay { year, month, day, weekday, text }), end)
    };
    let with_weekday = |end: usize| WEEKDAY.is_match(&rest[end..]);
    let joined = |end: usize| rest[end..].trim_start().starts_with(['~', ',', '/', '-']);
    if let Some(hit) = YMD.captures(rest) {
        let end = hit.get(0)?.end();
        return Some(finish(year(&hit, 1), number(&hit, 2), number(&hit, 3)?, end));
    }
    if let Some(hit) = KOREAN.captures(rest) {
        let end = hit.get(0)?.end();
        if hit.get(4).is_some() || with_weekday(end) || joined(end) {
            return Some(finish(year(&hit, 1), number(&hit, 2), number(&hit, 3)?, end));
        }
        return None;
    }
    if let Some(hit) = SLASH.captures(rest) {
        let (month, end) = (number(&hit, 1)?, hit.get(0)?.end());
        return (month <= 12).then_some(finish(None, Some(month), number(&hit, 2)?, end));
    }
    if let Some(hit) = DOT.captures(rest) {
        let (month, end) = (number(&hit, 1)?, hit.get(0)?.end());
        if with_weekday(end) || joined(end) || connected {
            return (month <= 12).then_some(finish(None, Some(month), number(&hit, 2)?, end));
        }
        return None;
    }
    if let Some(hit) = DAY.captures(rest) {
        let end = hit.get(0)?.end();
        let taken = carried && (place != Place::Anywhere || with_weekday(end));
        return taken.then_some(finish(None, None, number(&hit, 1)?, end));
    }
    let hit = BARE.captures(rest)?;
    let end = hit.get(0)?.end();
    let alone = !rest[end..].trim_start().starts_with(|c: char| c.is_ascii_digit() || c == ':');
    let taken = carried && alone && (with_weekday(end) || connected);
    taken.then_some(finish(None, None, number(&hit, 1)?, end))
}

fn number(hit: &Captures<'_>, nth: usize) -> Option<u32> {
    hit.get(nth)?.as_str().parse().ok()
}

fn weekday_of(letter: &str) -> Option<Weekday> {
    let index = ["월", "화", "수", "목", "금", "토", "일"].iter().position(|l| *l == letter)?;
    Weekday::try_from(u8::try_from(index).ok()?).ok()
}

fn weekday_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "월요일",
        Weekday::Tue => "화요일",
        Weekday::Wed => "수요일",
        Weekday::Thu => "목요일",
        Weekday::Fri => "금요일",
        Weekday::Sat => "토요일",
        Weekday::Sun => "일요일",
    }
}

fn full_date(day: NaiveDate) -> String {
    format!("{}년 {}월 {}일", day.year(), day.month(), day.day())
}

// ---- groups -------------------------------------------------------------------------------------------------------------------

/// How a day hangs on the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// It stands beside it.
    List,
    /// It ends the range that the one before begins.
    Range,
}

/// Some days and what is said of them.
#[derive(Debug, Default)]
struct Group {
    items: Vec<Item>,
    /// Times written behind the days.
    times: Vec<(Option<RawTime>, Option<RawTime>)>,
    text: String,
}

#[derive(Debug)]
struct Item {
    from: Option<(RawDay, Option<RawTime>)>,
    to: Until,
}

#[derive(Debug)]
enum Until {
    /// The end of the day that it began.
    SameDay,
    Day(RawDay, Option<RawTime>),
    Days(u32),
    /// No end was written.
    Open,
}

impl Group {
    fn days(&self) -> Vec<(&RawDay, Link)> {
        let mut days = Vec::new();
        for item in &self.items {
            let begun = item.from.as_ref().map(|(day, _)| (day, Link::List));
            let ended = match &item.to {
                Until::Day(day, _) => {
                    Some((day, if begun.is_some() { Link::Range } else { Link::List }))
                }
                Until::SameDay | Until::Days(_) | Until::Open => None,
            };
            days.extend(begun.into_iter().chain(ended));
        }
        days
    }

    /// Adds this group's absences; takes its days from `dates`.
    fn read(
        &self,
        note: &str,
        prefix: &str,
        dates: &mut impl Iterator<Item = NaiveDate>,
        read: &mut NoteRead,
    ) {
        let own = format!("{prefix} {}", self.text);
        // "8월 6일 오전, 7일 전일 휴가": what is not said of one group is said of the note.
        let said = if speaks_of_absence(&own) { own.as_str() } else { note };
        let scope = scope(said);
        let reason = match (tidy(&self.text), tidy(prefix)) {
            (text, before) if text.is_empty() && before.is_empty() => tidy(note),
            (text, before) if text.is_empty() || !speaks_of_absence(&text) => {
                tidy(&format!("{before} {text}"))
            }
            (text, _) => text,
        };
        let bare = squash(&own);
        let half = match (bare.contains("오전"), bare.contains("오후")) {
            (true, false) => Some(MORNING),
            (false, true) => Some(AFTERNOON),
            (true, true) | (false, false) => None,
        };
        if bare.contains("반차") && half.is_none() && self.times.is_empty() {
            read.warnings.push(format!(
                "\"{note}\": 반차가 오전인지 오후인지 없어 하루 전체로 읽었습니다. 예: 8월 6일(수) 오후 반차"
            ));
        }
        if self.times.len() > 1 {
            read.warnings.push(format!(
                "\"{note}\": 시각이 여럿이라 첫째 것만 읽었습니다. 한 줄에 하나씩 적어 주십시오. 예: 8월 6일(수) 14:00~16:00 외근"
            ));
        }
        for item in &self.items {
            match item.spans(self.times.first(), half, dates) {
                Ok((spans, doubt)) => {
                    read.warnings.extend(doubt.map(|doubt| format!("\"{note}\": {doubt}")));
                    read.absences.extend(spans.into_iter().map(|(from, to)| Absence {
                        from,
                        to,
                        scope,
                        reason: reason.clone(),
                    }));
                }
                Err(why) => read.errors.push(format!("\"{note}\": {why}")),
            }
        }
    }
}

type Spans = Vec<(Option<Time>, Time)>;

impl Item {
    /// The spans of time, with a doubt; an error says what cannot be.
    fn spans(
        &self,
        times: Option<&(Option<RawTime>, Option<RawTime>)>,
        half: Option<(u32, u32)>,
        dates: &mut impl Iterator<Item = NaiveDate>,
    ) -> Result<(Spans, Option<String>), String> {
        let missing = || "날짜를 읽을 수 없습니다. 예: 8월 6일(수) 전일 휴가".to_owned();
        let from = match &self.from {
            Some((_, time)) => Some((dates.next().ok_or_else(missing)?, time)),
            None => None,
        };
        let (to, to_time) = match &self.to {
            Until::Day(_, time) => (Some(dates.next().ok_or_else(missing)?), time.as_ref()),
            Until::Days(0) => return Err("0일간은 읽을 수 없습니다. 예: 3일간".to_owned()),
            Until::Days(n) => {
                let begun = from.as_ref().map(|(day, _)| *day);
                let last = begun.and_then(|day| day.checked_add_days(Days::new(u64::from(*n) - 1)));
                (last, None)
            }
            Until::SameDay => (from.as_ref().map(|(day, _)| *day), None),
            Until::Open => (None, None),
        };
        let Some(last) = to else {
            let start = match from {
                Some((day, time)) => Some(instant(day, time.as_ref().map_or(Ok(0), check_time)?)?),
                None => None,
            };
            let doubt = "끝나는 날이 없어 계속 부재로 읽었습니다. 예: 8월 6일(수) ~ 8일(금) 휴가";
            return Ok((vec![(start, OPEN_END)], Some(doubt.to_owned())));
        };
        let Some((first, from_time)) = from else {
            let end = match to_time.or(times.and_then(|(_, to)| to.as_ref())) {
                Some(time) => instant(last, check_time(time)?)?,
                None => instant(last, 24 * 60)?,
            };
            return Ok((vec![(None, end)], None));
        };
        let length = (last - first).num_days();
        if length > LONGEST_DAYS {
            return Err(format!(
                "{} ~ {}은(는) {length}일입니다. 1년 이내로 적어 주십시오. 예: 8월 6일(수) ~ 8일(금) 휴가",
                full_date(first),
                full_date(last)
            ));
        }
        if from_time.is_some() || to_time.is_some() {
            // Times inside a range ("8월 6일 14:00 ~ 7일 12:00") bound it as a whole.
            let start = instant(first, from_time.as_ref().map_or(Ok(0), check_time)?)?;
            let end = instant(last, to_time.map_or(Ok(24 * 60), check_time)?)?;
            if end <= start {
                return Err(
                    "끝나는 시각이 시작보다 앞섭니다. 예: 8월 6일(수) 14:00~16:00".to_owned()
                );
            }
            return Ok((vec![(Some(start), end)], None));
        }
        let mut doubt = None;
        let window = match times {
            Some((from, to)) => {
                let (window, doubtful) = window(from.as_ref(), to.as_ref())?;
                doubt = doubtful;
                Some(window)
            }
            None => half,
        };
        let Some((begin, end)) = window else {
            return Ok((vec![(Some(instant(first, 0)?), instant(last, 24 * 60)?)], None));
        };
        // A part of the day is meant of each day of a range.
        let each = first.iter_days().take_while(|day| *day <= last);
        let spans: Result<Spans, String> =
            each.map(|day| Ok((Some(instant(day, begin)?), instant(day, end)?))).collect();
        Ok((spans?, doubt))
    }
}

/// The part of a day between two times, in minutes; the end may lie in the next day.
fn window(
    from: Option<&RawTime>,
    to: Option<&RawTime>,
) -> Result<((u32, u32), Option<String>), String> {
    let mut begin = from.map_or(Ok(0), check_time)?;
    let mut end = to.map_or(Ok(24 * 60), check_time)?;
    let mut doubt = None;
    let unsure = |time: Option<&RawTime>| time.is_some_and(|time| !time.sure);
    // "오후 2시~4시" carries 오후 over; "2시~4시" of an office day is the afternoon.
    if unsure(to) && (unsure(from) || (end <= begin && end + 12 * 60 > begin)) {
        end += 12 * 60;
    }
    if unsure(from) && (unsure(to) || to.is_none()) {
        begin += 12 * 60;
        doubt =
            Some("오후 시각으로 읽었습니다. 24시간제로 적어 주십시오. 예: 14:00~16:00".to_owned());
    }
    if to.is_none() {
        doubt = Some("끝나는 시각이 없어 하루 끝까지로 읽었습니다. 예: 14:00~16:00".to_owned());
    }
    if end == begin {
        return Err("시작과 끝 시각이 같습니다. 예: 14:00~16:00".to_owned());
    }
    if end < begin {
        end += 24 * 60;
    }
    Ok(((begin, end), doubt))
}

fn check_time(time: &RawTime) -> Result<u32, String> {
    let fits = time.minutes <= 24 * 60;
    fits.then_some(time.minutes)
        .ok_or_else(|| format!("\"{}\"은(는) 없는 시각입니다. 예: 14:00~16:00", time.text))
}

/// The instant so many minutes into a day.
fn instant(day: NaiveDate, minutes: u32) -> Result<Time, String> {
    day.and_time(NaiveTime::MIN)
        .checked_add_signed(TimeDelta::minutes(i64::from(minutes)))
        .map(seoul)
        .ok_or_else(|| format!("{day}은(는) 다룰 수 없는 날짜입니다. 예: 2025년 8월 6일(수)"))
}

/// Cuts the tokens into groups; what stands before the first day is the prefix.
fn groups(tokens: &[Token]) -> (String, Vec<Group>) {
    let mut prefix = String::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        // Days that follow days, with a comma or nothing between, are one list.
        let (skipped, listed) = match token {
            Token::And => (1, true),
            Token::Day(_)
            | Token::Time(_)
            | Token::From
            | Token::Until
            | Token::Lasting(_)
            | Token::Words(_) => (0, false),
        };
        if let Some((item, used)) = item(&tokens[at + skipped..]) {
            at += skipped + used;
            match groups.last_mut() {
                Some(group) if group.text.is_empty() && (listed || group.times.is_empty()) => {
                    group.items.push(item);
                }
                Some(_) | None => groups.push(Group { items: vec![item], ..Group::default() }),
            }
            continue;
        }
        if let Some(group) = groups.last_mut()
            && let Some((times, used)) = times(&tokens[at..])
        {
            group.times.push(times);
            at += used;
            continue;
        }
        let words = match token {
            Token::Words(words) => words.clone(),
            Token::Time(time) => time.text.clone(),
            Token::From => "~".to_owned(),
            Token::And => ",".to_owned(),
            Token::Until => "까지".to_owned(),
            Token::Lasting(days) => format!(" {days} 일간"),
            Token::Day(day) => day.text.clone(),
        };
        let text = groups.last_mut().map_or(&mut prefix, |group| &mut group.text);
        text.push_str(&words);
        at += 1;
    }
    for group in &mut groups {
        group.text = tidy(&group.text);
    }
    (tidy(&prefix), groups)
}

/// A day or range at the start of the tokens, and how many it takes.
fn item(tokens: &[Token]) -> Option<(Item, usize)> {
    let (from, mut used) = match tokens {
        [Token::From, Token::Day(_), ..] => {
            let (day, used) = day_and_time(&tokens[1..])?;
            let until = usize::from(matches!(tokens.get(1 + used), Some(Token::Until)));
            return Some((Item { from: None, to: Until::Day(day.0, day.1) }, 1 + used + until));
        }
        [Token::Day(_), Token::Time(_), Token::From, Token::Day(_), ..] => day_and_time(tokens)?,
        [Token::Day(day), ..] => ((day.clone(), None), 1),
        _ => return None,
    };
    let to = match tokens.get(used) {
        Some(Token::Until) => {
            used += 1;
            return Some((Item { from: None, to: Until::Day(from.0, from.1) }, used));
        }
        Some(Token::Lasting(days)) => {
            used += 1;
            Until::Days(*days)
        }
        Some(Token::From) => match tokens.get(used + 1) {
            Some(Token::Day(_)) => {
                let (day, more) = day_and_time(&tokens[used + 1..])?;
                used += 1 + more;
                used += usize::from(matches!(tokens.get(used), Some(Token::Until)));
                Until::Day(day.0, day.1)
            }
            Some(Token::Lasting(days)) => {
                used += 2;
                Until::Days(*days)
            }
            Some(Token::Time(_)) => Until::SameDay,
            Some(Token::From | Token::Until | Token::And | Token::Words(_)) | None => {
                used += 1;
                Until::Open
            }
        },
        Some(Token::Day(_) | Token::Time(_) | Token::And | Token::Words(_)) | None => {
            Until::SameDay
        }
    };
    Some((Item { from: Some(from), to }, used))
}

/// A day with the one time behind it; a time that begins a range of times belongs to the group instead.
fn day_and_time(tokens: &[Token]) -> Option<((RawDay, Option<RawTime>), usize)> {
    let Some(Token::Day(day)) = tokens.first() else { return None };
    match tokens.get(1..) {
        Some([Token::Time(_), Token::From, Token::Time(_), ..]) => Some(((day.clone(), None), 1)),
        Some([Token::Time(time), ..]) => Some(((day.clone(), Some(time.clone())), 2)),
        _ => Some(((day.clone(), None), 1)),
    }
}

/// `14:00~16:00`, `14:00~`, `~16:00`, `16:00까지` at the start of the tokens, and how many it takes.
#[expect(clippy::type_complexity, reason = "a pair of optional bounds, used here alone")]
fn times(tokens: &[Token]) -> Option<((Option<RawTime>, Option<RawTime>), usize)> {
    let ended = |used: usize| usize::from(matches!(tokens.get(used), Some(Token::Until)));
    match tokens {
        [Token::Time(from), Token::From, Token::Time(to), ..] => {
            Some(((Some(from.clone()), Some(to.clone())), 3 + ended(3)))
        }
        [Token::Time(from), Token::From, ..] => Some(((Some(from.clone()), None), 2)),
        [Token::From, Token::Time(to), ..] => Some(((None, Some(to.clone())), 2 + ended(2))),
        [Token::Time(to), Token::Until, ..] => Some(((None, Some(to.clone())), 2)),
        [Token::Time(from), ..] => Some(((Some(from.clone()), None), 1)),
        _ => None,
    }
}

// ---- years --------------------------------------------------------------------------------------------------------------------

/// Why days cannot be.
enum Misfit {
    /// No such day in that year.
    Impossible(String),
    /// The weekday is another.
    Weekday(String),
    /// Another reason, in Korean.
    Other(String),
}

/// The dates of a note's days, all under one year of the three near `near` (reading 21).
fn settle(days: &[(&RawDay, Link)], near: NaiveDate) -> Result<Vec<NaiveDate>, String> {
    let Some(((first, _), rest)) = days.split_first().map(|(first, rest)| (*first, rest)) else {
        return Ok(Vec::new());
    };
    let Some(month) = first.month else {
        return Err(format!(
            "\"{}\": 몇 월인지 없습니다. 월을 함께 적어 주십시오. 예: 8월 6일(수) 전일 휴가",
            first.text
        ));
    };
    let this = near.year().clamp(1971, 9990);
    let years = match first.year {
        Some(year) => vec![year],
        None => vec![this - 1, this, this + 1],
    };
    let mut starts: Vec<NaiveDate> =
        years.iter().filter_map(|y| NaiveDate::from_ymd_opt(*y, month, first.day)).collect();
    if starts.is_empty() {
        return Err(format!("\"{}\": 없는 날짜입니다. 예: 8월 6일(수)", first.text));
    }
    if let Some(expected) = first.weekday
        && starts.iter().all(|date| date.weekday() != expected)
    {
        let said: Vec<String> = starts
            .iter()
            .map(|date| format!("{}은 {}", full_date(*date), weekday_name(date.weekday())))
            .collect();
        return Err(format!(
            "\"{}\": 요일이 맞지 않습니다. {}입니다. 날짜나 요일을 고쳐 주십시오. 예: {}월 {}일({})",
            first.text,
            said.join(", "),
            starts[0].month(),
            starts[0].day(),
            weekday_name(starts[starts.len() / 2].weekday()).chars().take(1).collect::<String>(),
        ));
    }
    starts.retain(|date| first.weekday.is_none_or(|weekday| date.weekday() == weekday));
    // Nearest first; of two equally near the later one, since notes are written ahead.
    starts.sort_by_key(|date| ((*date - near).num_days().abs(), *date < near));
    let mut nearest = None;
    for start in starts {
        match follow(start, rest) {
            Ok(dates) => return Ok(dates),
            Err(why) => nearest = nearest.or(Some(why)),
        }
    }
    Err(match nearest {
        Some(Misfit::Impossible(why) | Misfit::Weekday(why) | Misfit::Other(why)) => why,
        None => format!("\"{}\": 날짜를 읽을 수 없습니다. 예: 8월 6일(수)", first.text),
    })
}

/// The dates that follow `start`: month and year carry over, the end of a range rolls on.
fn follow(start: NaiveDate, rest: &[(&RawDay, Link)]) -> Result<Vec<NaiveDate>, Misfit> {
    let mut dates = vec![start];
    let mut last = start;
    for (day, link) in rest {
        let date = next_date(last, day, *link)?;
        dates.push(date);
        last = date;
    }
    Ok(dates)
}

fn next_date(last: NaiveDate, day: &RawDay, link: Link) -> Result<NaiveDate, Misfit> {
    let ahead = |date: NaiveDate| (date - last).num_days();
    let (year, month) = (last.year(), last.month());
    let candidates: Vec<NaiveDate> = match (day.year, day.month) {
        (Some(year), Some(month)) => vec![NaiveDate::from_ymd_opt(year, month, day.day)],
        (_, Some(month)) => {
            vec![
                NaiveDate::from_ymd_opt(year, month, day.day),
                NaiveDate::from_ymd_opt(year + 1, month, day.day),
            ]
        }
        (_, None) => {
            let (next_year, next_month) =
                if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            vec![
                NaiveDate::from_ymd_opt(year, month, day.day),
                NaiveDate::from_ymd_opt(next_year, next_month, day.day),
            ]
        }
    }
    .into_iter()
    .flatten()
    .collect();
    if candidates.is_empty() {
        return Err(Misfit::Impossible(format!(
            "\"{}\": 없는 날짜입니다. 예: 8월 6일(수)",
            day.text
        )));
    }
    let explicit = day.year.is_some();
    let forward: Vec<NaiveDate> = candidates
        .iter()
        .copied()
        .filter(|date| ahead(*date) >= 0 && (explicit || ahead(*date) <= ROLL_DAYS))
        .collect();
    let allowed = match link {
        Link::Range => forward,
        // A list may be out of order; then the same month or year holds.
        Link::List => forward.into_iter().chain(candidates.iter().copied()).collect(),
    };
    let Some(expected) = day.weekday else {
        return allowed.first().copied().ok_or_else(|| backwards(last, day));
    };
    if let Some(date) = allowed.iter().find(|date| date.weekday() == expected) {
        return Ok(*date);
    }
    match allowed.first() {
        Some(date) => Err(Misfit::Weekday(format!(
            "\"{}\": 요일이 맞지 않습니다. {}은 {}입니다. 날짜나 요일을 고쳐 주십시오.",
            day.text,
            full_date(*date),
            weekday_name(date.weekday())
        ))),
        None => Err(backwards(last, day)),
    }
}

fn backwards(last: NaiveDate, day: &RawDay) -> Misfit {
    Misfit::Other(format!(
        "\"{}\": 끝이 시작({})보다 앞섭니다. 예: 8월 6일(수) ~ 8일(금) 휴가",
        day.text,
        full_date(last)
    ))
}
