//! `/leave`: absences that people enter (R2).

use super::super::change::Change;
use super::super::desk::Room;
use super::super::errand::{Place, Urgency};
use super::super::ids::{Name, SlackUser};
use super::super::message::FieldError;
use super::super::people::absence::{Absence, AbsenceScope};
use super::super::text::{pattern, read};
use super::super::time::{Time, seoul_at};
use super::super::turn::Turn;
use super::super::words;
use super::assignment::mentioned;
use chrono::{Days, NaiveDate, NaiveTime};
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What `/leave` was told, as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::domain) struct Asked {
    /// Whose; or what was written in its place.
    pub(super) who: Option<Result<Name, String>>,
    pub(in crate::domain) from: String,
    pub(in crate::domain) to: String,
    pub(in crate::domain) reason: String,
    pub(in crate::domain) general_only: bool,
}

static DATES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(\d{4}\D\d{1,2}\D\d{1,2}\S*|\d{1,2}월\s*\d{1,2}일|\S*\d\S*)(?:\s*[~∼〜–—]\s*(\d\S*))?",
    )
});
static DATE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{4})[-./](\d{1,2})[-./](\d{1,2})$"));
static GENERAL_ONLY: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[?\s*일반\s*티켓\s*\]?"));
static AT_WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"@\S+|\x02[^\x03]*\x03"));

/// Takes the words behind `/leave` apart.
pub(in crate::domain) fn parse(turn: &Turn<'_>, text: &str) -> Asked {
    let reading = read(text);
    let written = AT_WORD.find(&reading.words).map(|found| found.as_str().to_owned());
    let who =
        written.map(|written| mentioned(turn.desk, &reading).into_iter().next().ok_or(written));
    let rest = AT_WORD.replace_all(&reading.words, " ").into_owned();
    let general_only = GENERAL_ONLY.is_match(&rest);
    let rest = GENERAL_ONLY.replace_all(&rest, " ").into_owned();
    let (mut from, mut to) = (String::new(), String::new());
    let mut reason = rest.trim().to_owned();
    if let Some(found) = DATES.captures(&rest) {
        let part = |nth| found.get(nth).map_or("", |one| one.as_str()).to_owned();
        (from, to) = (part(1), part(2));
        if let Some((left, right)) = from.clone().split_once(['~', '∼', '〜'])
            && to.is_empty()
        {
            (from, to) = (left.to_owned(), right.to_owned());
        }
        let whole = found.get(0).map_or("", |one| one.as_str());
        reason = rest.replacen(whole, " ", 1).split_whitespace().collect::<Vec<_>>().join(" ");
    }
    Asked { who, from, to, reason, general_only }
}

/// The same, from the form.
pub(in crate::domain) fn of_form(turn: &Turn<'_>, fields: &BTreeMap<String, String>) -> Asked {
    let field = |key: &str| fields.get(key).map(|text| text.trim().to_owned()).unwrap_or_default();
    let who = Some(field("who"))
        .filter(|id| !id.is_empty())
        .map(|id| Ok(turn.desk.name_of(&SlackUser(id))));
    Asked {
        who,
        from: field("from"),
        to: field("to"),
        reason: field("reason"),
        general_only: field("scope").contains("일반"),
    }
}

fn day(text: &str) -> Option<NaiveDate> {
    let found = DATE.captures(text.trim())?;
    let part = |nth| found.get(nth).and_then(|one| one.as_str().parse::<i32>().ok());
    NaiveDate::from_ymd_opt(part(1)?, u32::try_from(part(2)?).ok()?, u32::try_from(part(3)?).ok()?)
}

/// What became of an absence that was entered.
#[derive(Debug)]
pub(in crate::domain) enum Entered {
    /// It counts from now on.
    New(Name, Absence),
    /// One that was entered before holds all of it: nothing changes.
    Already(Name, Absence),
}

/// Enters an absence, or says field by field why not.
pub(in crate::domain) fn enter(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    asked: &Asked,
) -> Result<Entered, Vec<FieldError>> {
    let desk = turn.desk;
    let mut errors = Vec::new();
    let mut wrong = |key: &str, text: String| {
        errors.push(FieldError { key: key.to_owned(), text });
    };
    let own = desk.name_of(by);
    let named = asked.who.clone().unwrap_or_else(|| Ok(own.clone()));
    let (who, read) = match named {
        Ok(name) => (name.clone(), name.to_string()),
        Err(written) => (Name::from(written.as_str()), written),
    };
    if desk.roster.value.person(&who).is_none() {
        wrong("who", words::commands::not_in_guide(&read));
    } else if who != own && !desk.holds(by, &desk.policy.value.roles.leave) {
        wrong("who", words::commands::others_leave());
    }
    let from = day(&asked.from);
    let to = if asked.to.is_empty() { from } else { day(&asked.to) };
    if from.is_none() {
        wrong("from", words::commands::bad_date(&asked.from));
    }
    if to.is_none() && from.is_some() {
        wrong("to", words::commands::bad_date(&asked.to));
    }
    if let (Some(from), Some(to)) = (from, to) {
        if to < from {
            wrong("to", words::commands::ends_before(from, to));
        } else if to < turn.now.date_naive() {
            wrong("to", words::commands::in_the_past(to));
        } else if (to - from).num_days() > 366 {
            wrong("to", words::commands::too_long(from, to));
        }
    }
    if asked.reason.is_empty() {
        wrong("reason", words::commands::reason_missing());
    }
    let (Some(from), Some(to), true) = (from, to, errors.is_empty()) else { return Err(errors) };
    let absence = Absence {
        from: Some(midnight(from)),
        to: midnight(to + Days::new(1)),
        scope: if asked.general_only { AbsenceScope::General } else { AbsenceScope::All },
        reason: asked.reason.clone(),
    };
    let holds = |old: &&Absence| {
        let scope = old.scope == absence.scope || old.scope == AbsenceScope::All;
        scope && old.to >= absence.to && old.from.is_none_or(|from| Some(from) <= absence.from)
    };
    if let Some(known) = desk.leaves.get(&who).and_then(|leaves| leaves.iter().find(holds)) {
        return Ok(Entered::Already(who, known.clone()));
    }
    turn.change(Change::AbsenceEntered { who: who.clone(), absence: absence.clone() });
    if let Some(channel) = desk.room(Room::Noti) {
        let message = words::commands::leave_entered(&who, &absence, &own);
        turn.post(None, Urgency::Notice, Place { channel, thread: None }, message);
    }
    Ok(Entered::New(who, absence))
}

fn midnight(date: NaiveDate) -> Time {
    seoul_at(date, NaiveTime::MIN)
}
