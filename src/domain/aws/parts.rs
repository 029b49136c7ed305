//! What the readers of AWS's texts have in common: fields whatever their case, times in every shape, accounts, regions.

use super::super::ids::AccountId;
use super::super::text::pattern;
use super::super::time::{Time, in_seoul};
use chrono::{DateTime, Datelike, NaiveDateTime};
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

/// The longest text of one field that is kept, in letters.
pub(super) const LONGEST: usize = 16_000;
/// The most things of one list (dimensions, resources) that are kept.
pub(super) const MOST: usize = 1_000;

/// A field of an object by its name, whatever its case: the same thing is `AlarmName` here and `alarmName` there.
pub(super) fn field<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let object = object.as_object()?;
    object.get(name).or_else(|| {
        object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

/// A field of a field.
pub(super) fn at<'a>(object: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(object, |object, name| field(object, name))
}

/// What stands there as text; `None` where there is none, or nothing in it.
pub(super) fn text_at(object: &Value, path: &[&str]) -> Option<String> {
    let said = match at(object, path)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!said.is_empty()).then(|| bounded(&said))
}

/// A whole number, written as a number or as text.
pub(super) fn whole_at(object: &Value, path: &[&str]) -> Option<u64> {
    match at(object, path)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A flag, written as `true` or as `"true"`.
pub(super) fn flag_at(object: &Value, path: &[&str]) -> bool {
    match at(object, path) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.trim().eq_ignore_ascii_case("true"),
        Some(Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => false,
    }
}

/// A time that stands there.
pub(super) fn time_at(object: &Value, path: &[&str]) -> Option<Time> {
    time(&text_at(object, path)?)
}

/// An account that stands there, as text or as a number.
pub(super) fn account_at(object: &Value, path: &[&str]) -> Option<AccountId> {
    match at(object, path)? {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => format!("{:012}", number.as_u64()?).parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Cut where it is longer than anybody reads.
pub(super) fn bounded(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((cut, _)) => format!("{}…", &text[..cut]),
    }
}

/// A time in any shape that AWS writes: RFC 3339, with `+0000`, RFC 2822 with whatever weekday, as in SNS's mails.
pub(super) fn time(text: &str) -> Option<Time> {
    let text = text.trim();
    // a weekday tells nothing that the date does not, and AWS's own samples bear wrong ones
    let dated = WEEKDAY.replace(text, "");
    let utc = |format: &str| {
        NaiveDateTime::parse_from_str(&dated, format).ok().map(|at| at.and_utc().fixed_offset())
    };
    let at = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .or_else(|_| DateTime::parse_from_rfc2822(&dated))
        .ok()
        .or_else(|| utc("%d %B, %Y %H:%M:%S UTC"))
        .or_else(|| utc("%d %b %Y %H:%M:%S UTC"))
        .or_else(|| utc("%Y-%m-%d %H:%M:%S%.f UTC"))
        .or_else(|| utc("%Y-%m-%dT%H:%M:%S%.f"))?;
    // what no calendar of people reaches is a slip, and sums with it would overflow
    (1970..=2200).contains(&at.naive_utc().year()).then(|| in_seoul(&at))
}

static WEEKDAY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+"));

/// Region and account of an ARN (`arn:aws:cloudwatch:ap-northeast-2:310000000001:alarm:…`), where they are real ones.
pub(super) fn of_arn(arn: &str) -> (Option<String>, Option<AccountId>) {
    let mut parts = arn.trim().split(':');
    if parts.next() != Some("arn") {
        return (None, None);
    }
    let region = parts.nth(2).filter(|one| is_region(one)).map(str::to_owned);
    (region, parts.next().and_then(|one| one.parse().ok()))
}

static REGION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-[a-z]{2,12}){1,2}-[0-9]\b"));

fn is_region(text: &str) -> bool {
    REGION.find(text).is_some_and(|found| found.as_str().len() == text.len())
}

/// The regions that SNS writes out, and AWS's mails with it.
const NAMES: [(&str, &str); 30] = [
    ("Asia Pacific (Seoul)", "ap-northeast-2"),
    ("Asia Pacific (Tokyo)", "ap-northeast-1"),
    ("Asia Pacific (Osaka)", "ap-northeast-3"),
    ("Asia Pacific (Singapore)", "ap-southeast-1"),
    ("Asia Pacific (Sydney)", "ap-southeast-2"),
    ("Asia Pacific (Jakarta)", "ap-southeast-3"),
    ("Asia Pacific (Melbourne)", "ap-southeast-4"),
    ("Asia Pacific (Malaysia)", "ap-southeast-5"),
    ("Asia Pacific (Thailand)", "ap-southeast-7"),
    ("Asia Pacific (Mumbai)", "ap-south-1"),
    ("Asia Pacific (Hyderabad)", "ap-south-2"),
    ("Asia Pacific (Hong Kong)", "ap-east-1"),
    ("Asia Pacific (Taipei)", "ap-east-2"),
    ("US East (N. Virginia)", "us-east-1"),
    ("US East (Ohio)", "us-east-2"),
    ("US West (N. California)", "us-west-1"),
    ("US West (Oregon)", "us-west-2"),
    ("Canada (Central)", "ca-central-1"),
    ("Canada West (Calgary)", "ca-west-1"),
    ("EU (Ireland)", "eu-west-1"),
    ("Europe (Ireland)", "eu-west-1"),
    ("EU (London)", "eu-west-2"),
    ("Europe (London)", "eu-west-2"),
    ("EU (Paris)", "eu-west-3"),
    ("Europe (Paris)", "eu-west-3"),
    ("EU (Frankfurt)", "eu-central-1"),
    ("Europe (Frankfurt)", "eu-central-1"),
    ("EU (Stockholm)", "eu-north-1"),
    ("Europe (Stockholm)", "eu-north-1"),
    ("South America (Sao Paulo)", "sa-east-1"),
];

/// A region as AWS's programs name it, where it is known by the name that people read; else as it stands.
pub(super) fn region(text: &str) -> String {
    let text = text.trim();
    let known = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    known.map_or(text, |(_, id)| id).to_owned()
}

/// A region that a text speaks of.
pub(super) fn region_in(text: &str) -> Option<String> {
    let by_id = REGION.find(text).map(|found| found.as_str().to_owned());
    by_id.or_else(|| {
        let named = NAMES.iter().find(|(name, _)| text.contains(name));
        named.map(|(_, id)| (*id).to_owned())
    })
}

static NOT_THE_SUBJECT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"https?://[^\s<>|]+|arn:aws[a-z-]*:sns:\S+"));

/// The text without its links and the topics that carried it: what stands in those is not what the text is about.
pub(super) fn without_links(text: &str) -> String {
    NOT_THE_SUBJECT.replace_all(text, " ").into_owned()
}

static ACCOUNT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:^|[^0-9])([0-9]{12})(?:[^0-9]|$)"));
static NAMED_ACCOUNT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)(?:account|계정)[^0-9\n]{0,30}([0-9]{12})(?:[^0-9]|$)"));

/// The account that a text speaks of: the one called so, else the only one that stands in it.
pub(super) fn account_in(text: &str) -> Option<AccountId> {
    let text = without_links(text);
    if let Some(named) = NAMED_ACCOUNT.captures(&text) {
        return named[1].parse().ok();
    }
    let mut found: Option<AccountId> = None;
    let mut from = 0;
    while let Some(one) = ACCOUNT.captures_at(&text, from).and_then(|one| one.get(1)) {
        from = one.end();
        let one = one.as_str().parse().ok();
        if found.is_some() && found != one {
            return None;
        }
        found = one;
    }
    found
}

/// An object's own fields as lines `name: value`, as somebody would write them down.
pub(super) fn written_out(object: &Value) -> String {
    let fields = object.as_object().into_iter().flatten();
    let line = |name: &String| Some(format!("{name}: {}", text_at(object, &[name])?));
    fields.filter_map(|(name, _)| line(name)).take(MOST).collect::<Vec<_>>().join("\n")
}

/// The lines `Name: value` of a text, names in small letters without spaces and marks.
pub(super) fn entries(text: &str) -> Vec<(String, String)> {
    let marks = |c: char| c.is_whitespace() || "-*•>_`\"'".contains(c);
    let entry = |line: &str| {
        let line = line.trim().trim_matches('"');
        let (name, value) = line.split_once([':', '：'])?;
        let name: String =
            name.chars().filter(|c| !marks(*c)).flat_map(char::to_lowercase).collect();
        let value = value.trim_matches(|c| marks(c) || c == '\\');
        (!name.is_empty() && name.chars().count() <= 40).then(|| (name, bounded(value)))
    };
    text.lines().filter_map(entry).collect()
}

/// The first entry by one of these names that says something.
pub(super) fn entry<'a>(entries: &'a [(String, String)], names: &[&str]) -> Option<&'a str> {
    let named =
        entries.iter().find(|(name, said)| names.contains(&name.as_str()) && !said.is_empty());
    named.map(|(_, said)| said.as_str())
}
