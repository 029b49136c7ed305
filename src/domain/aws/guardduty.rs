//! GuardDuty findings: EventBridge's event, the bare finding, and plain text.

use super::super::text::pattern;
use super::super::words::aws as words;
use super::parts::{
    account_at, account_in, bounded, entries, entry, field, flag_at, of_arn, region, region_in,
    text_at, time, time_at, whole_at, without_links,
};
use super::{Finding, Shape, Unread};
use regex::Regex;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

/// Reads it; `None` when it is something else.
pub(super) fn of_json(json: &Value) -> Option<Result<Finding, Unread>> {
    if text_at(json, &["source"]).is_some_and(|source| source == "aws.guardduty") {
        let kind = text_at(json, &["detail-type"]).unwrap_or_default();
        return Some(match field(json, "detail") {
            Some(detail) if kind.is_empty() || kind == "GuardDuty Finding" => {
                of_finding(json, detail)
            }
            Some(_) => Err(Unread(words::other_event(&kind))),
            None => Err(Unread(words::lacks("GuardDuty", "detail"))),
        });
    }
    // the API's answer holds a list
    let listed = field(json, "Findings").and_then(Value::as_array).map(Vec::as_slice);
    let bare = match listed {
        Some([one]) => one,
        Some([_, _, ..]) => return None,
        Some([]) | None => json,
    };
    let by_service = text_at(bare, &["service", "serviceName"])
        .is_some_and(|name| name.eq_ignore_ascii_case("guardduty"));
    let by_arn = text_at(bare, &["arn"])
        .is_some_and(|arn| arn.starts_with("arn:aws") && arn.contains(":guardduty:"));
    let by_kind = text_at(bare, &["type"]).is_some_and(|kind| KIND.is_match(&kind));
    (by_service || by_arn || by_kind).then(|| of_finding(bare, bare))
}

fn of_finding(event: &Value, finding: &Value) -> Result<Finding, Unread> {
    let lacks = |what| Unread(words::lacks("GuardDuty", what));
    let kind = text_at(finding, &["type"]).ok_or_else(|| lacks("type"))?;
    let said = text_at(finding, &["severity"])
        .or_else(|| text_at(finding, &["severity", "score"]))
        .or_else(|| text_at(finding, &["severity", "label"]))
        .ok_or_else(|| lacks("severity"))?;
    let severity = severity_of(&said).ok_or_else(|| Unread(words::odd_severity(&said)))?;
    let (arn_region, arn_account) = of_arn(&text_at(finding, &["arn"]).unwrap_or_default());
    let account = account_at(finding, &["accountId"])
        .or_else(|| account_at(event, &["account"]))
        .or(arn_account);
    let region = text_at(finding, &["region"])
        .or_else(|| text_at(event, &["region"]))
        .map(|one| region(&one))
        .or(arn_region)
        .unwrap_or_default();
    let title = text_at(finding, &["title"]).unwrap_or_default();
    let id = text_at(finding, &["id"]).unwrap_or_else(|| {
        let account = account.as_ref().map(ToString::to_string).unwrap_or_default();
        id_of_words(&[&account, &region, &kind, &title])
    });
    Ok(Finding {
        sample: is_sample(finding) || says_sample(&title),
        count: whole_at(finding, &["service", "count"]).unwrap_or(1).max(1),
        updated: time_at(finding, &["updatedAt"])
            .or_else(|| time_at(finding, &["service", "eventLastSeen"]))
            .or_else(|| time_at(event, &["time"])),
        description: text_at(finding, &["description"]).unwrap_or_default(),
        shape: Shape::Json,
        id,
        account,
        region,
        kind,
        severity,
        title,
    })
}

/// `service.additionalInfo.sample`, or the same inside of `additionalInfo.value`, which is JSON written as text.
fn is_sample(finding: &Value) -> bool {
    let inside = || {
        let text = text_at(finding, &["service", "additionalInfo", "value"])?;
        let inner: Value = serde_json::from_str(&text).ok()?;
        Some(flag_at(&inner, &["sample"]))
    };
    flag_at(finding, &["service", "additionalInfo", "sample"]) || inside().unwrap_or(false)
}

/// GuardDuty puts this before the titles of the samples that it makes.
fn says_sample(text: &str) -> bool {
    text.contains("[SAMPLE]")
}

/// 0.1 to 10.0; a word is taken as the least that bears it.
fn severity_of(text: &str) -> Option<f64> {
    let text = text.trim();
    let number = match text.to_ascii_lowercase().as_str() {
        "low" | "낮음" => 1.0,
        "medium" | "중간" | "보통" => 4.0,
        "high" | "높음" => 7.0,
        "critical" | "심각" => 9.0,
        other => other.parse().ok()?,
    };
    (number > 0.0 && number <= 10.0).then_some(number)
}

/// A name made of words: the same words, the same name, on every machine and in every year.
fn id_of_words(words: &[&str]) -> String {
    let mut hash = Sha256::new();
    for word in words.iter().flat_map(|one| one.split_whitespace()) {
        hash.update(word.as_bytes());
        hash.update([0]);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("words-{hex}")
}

/// `UnauthorizedAccess:EC2/SSHBruteForce`, `Backdoor:EC2/C&CActivity.B!DNS`
static KIND: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)\b((?:AttackSequence|Backdoor|Behavior|CredentialAccess|CryptoCurrency|DefenseEvasion|Discovery|Execution
        |Exfiltration|Impact|InitialAccess|Object|PenTest|Persistence|Policy|PrivilegeEscalation|Recon|ResourceConsumption
        |Stealth|Trojan|UnauthorizedAccess):[A-Za-z0-9]{1,40}[/\ ][A-Za-z0-9][A-Za-z0-9.!_&-]{0,120}[A-Za-z0-9])",
    )
});
/// `severity 8`, `Severity: 8.0`, `심각도 8의`, `Severity: High (8.5)`
static SEVERITY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)(?:severity|심각도)(?:[^0-9\n,;/]{0,23}[^0-9\n,;/A-Za-z])?((?:10|[0-9])(?:\.[0-9]+)?)(?:[^0-9.]|\.(?:[^0-9]|$)|$)"#,
    )
});
/// `Severity: HIGH`
static SEVERITY_WORD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)(?:severity|심각도)[\s:="*`는은]{0,12}(low|medium|high|critical|낮음|중간|보통|높음|심각)"#,
    )
});
/// `a HIGH severity finding`
static WORD_SEVERITY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(low|medium|high|critical)[ -]severity"));
static ABOUT_IT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)guard ?duty|가드\s?듀티"));
/// The finding's id in a link of the console or in an ARN.
static LINKED_ID: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:finding/|id%3D|\bid=|fId=)([0-9a-f]{32})(?:[^0-9a-f]|$)"));
static HEX_ID: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[0-9a-f]{32}$"));

/// What a text says besides its title, without the quotes that an input transformer leaves round its lines.
fn rest_of(text: &str, title: &str) -> String {
    let lines = text.lines().map(|line| line.trim().trim_matches('"').trim());
    let rest: Vec<&str> = lines.filter(|line| !line.is_empty() && *line != title.trim()).collect();
    bounded(&rest.join("\n"))
}

/// Reads it from plain text (G3); `None` when it is something else.
pub(super) fn of_text(subject: Option<&str>, text: &str) -> Option<Result<Finding, Unread>> {
    let subject = subject.unwrap_or_default();
    let text = text.replace("&amp;", "&");
    let whole = format!("{subject}\n{text}");
    let kind = KIND.captures(&whole).map(|one| one[1].to_owned());
    let plain = without_links(&whole);
    let severity = SEVERITY
        .captures(&plain)
        .or_else(|| SEVERITY_WORD.captures(&plain))
        .or_else(|| WORD_SEVERITY.captures(&plain))
        .and_then(|one| severity_of(&one[1]));
    let lacks = |what| Some(Err(Unread(words::lacks("GuardDuty", what))));
    let (kind, severity) = match (kind, severity) {
        (Some(kind), Some(severity)) => (kind, severity),
        (Some(_), None) => return lacks("Severity"),
        (None, _) if ABOUT_IT.is_match(&whole) => return lacks("Finding type"),
        (None, _) => return None,
    };
    let entries = entries(&text);
    let id = LINKED_ID.captures(&whole).map(|one| one[1].to_owned()).or_else(|| {
        let said = entry(&entries, &["findingid", "id", "결과id", "결과아이디"])?;
        HEX_ID.is_match(said).then(|| said.to_owned())
    });
    let first =
        text.lines().map(|line| line.trim().trim_matches('"')).find(|line| !line.is_empty());
    let title = entry(&entries, &["title", "findingtitle", "제목"])
        .or_else(|| (!subject.trim().is_empty()).then(|| subject.trim()))
        .or(first)
        .unwrap_or_default();
    let updated = entry(
        &entries,
        &["updatedat", "updated", "time", "eventlastseen", "lastseen", "시각", "발생시각"],
    );
    Some(Ok(Finding {
        id: id.unwrap_or_else(|| id_of_words(&[&whole])),
        account: account_in(&whole),
        region: region_in(&plain).or_else(|| region_in(&whole)).unwrap_or_default(),
        severity,
        title: title.chars().take(200).collect(),
        description: entry(&entries, &["description", "findingdescription", "설명", "내용"])
            .map_or_else(|| rest_of(&text, title), str::to_owned),
        sample: says_sample(&whole),
        count: entry(&entries, &["count", "횟수"])
            .and_then(|one| one.parse().ok())
            .unwrap_or(1)
            .max(1),
        updated: updated.and_then(time),
        shape: Shape::Plain,
        kind,
    }))
}
