//! CloudWatch alarms: as SNS sends them (metric, metric math, composite), as EventBridge does, and as the mail of SNS reads.

use super::super::ids::AccountId;
use super::super::text::pattern;
use super::super::words::aws as words;
use super::parts::{
    MOST, account_at, account_in, at, bounded, entries, entry, field, of_arn, region, region_in,
    text_at, time, time_at, without_links,
};
use super::{Alarm, AlarmState, Metric, Unread};
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Reads it; `None` when it is something else.
pub(super) fn of_json(json: &Value) -> Option<Result<Alarm, Unread>> {
    if field(json, "AlarmName").is_some() {
        return Some(of_sns(json));
    }
    let source = text_at(json, &["source"]).unwrap_or_default();
    let kind = text_at(json, &["detail-type"]).unwrap_or_default();
    // an alarm's action bears under `alarmData` what an event bears under `detail`
    let detail = field(json, "detail")
        .filter(|detail| field(detail, "alarmName").is_some())
        .or_else(|| field(json, "alarmData"));
    if !kind.is_empty() && kind != "CloudWatch Alarm State Change" {
        return (source == "aws.cloudwatch").then(|| Err(Unread(words::other_event(&kind))));
    }
    match detail {
        Some(detail) => Some(of_event(json, detail)),
        None if source == "aws.cloudwatch" => {
            Some(Err(Unread(words::lacks("CloudWatch", "alarmName"))))
        }
        None => None,
    }
}

fn of_sns(json: &Value) -> Result<Alarm, Unread> {
    let lacks = |what| Unread(words::lacks("CloudWatch", what));
    let name = text_at(json, &["AlarmName"]).ok_or_else(|| lacks("AlarmName"))?;
    let state = text_at(json, &["NewStateValue"]).ok_or_else(|| lacks("NewStateValue"))?;
    let arn = text_at(json, &["AlarmArn"]).unwrap_or_default();
    let (arn_region, arn_account) = of_arn(&arn);
    let said_region = text_at(json, &["Region"]).map(|one| region(&one));
    let metric = match field(json, "Trigger") {
        Some(trigger) => metric_of(trigger, text_at(json, &["AlarmRule"])),
        None => composite(text_at(json, &["AlarmRule"])),
    };
    Ok(Alarm {
        description: text_at(json, &["AlarmDescription"]).unwrap_or_default(),
        account: account_at(json, &["AWSAccountId"]).or(arn_account),
        region: arn_region.or(said_region).unwrap_or_default(),
        state: state_of(&state).ok_or_else(|| Unread(words::odd_state(&state)))?,
        reason: text_at(json, &["NewStateReason"]).unwrap_or_default(),
        at: time_at(json, &["StateChangeTime"]),
        metric,
        tags: tags_of(json),
        name,
    })
}

fn of_event(json: &Value, detail: &Value) -> Result<Alarm, Unread> {
    let lacks = |what| Unread(words::lacks("CloudWatch", what));
    let name = text_at(detail, &["alarmName"]).ok_or_else(|| lacks("alarmName"))?;
    let state = text_at(detail, &["state", "value"]).ok_or_else(|| lacks("state.value"))?;
    let arn = text_at(json, &["alarmArn"]).or_else(|| {
        let first = field(json, "resources")?.as_array()?.first()?;
        first.as_str().map(str::to_owned)
    });
    let (arn_region, arn_account) = of_arn(&arn.unwrap_or_default());
    let configuration = field(detail, "configuration").unwrap_or(&Value::Null);
    Ok(Alarm {
        description: text_at(configuration, &["description"]).unwrap_or_default(),
        account: account_at(json, &["account"])
            .or_else(|| account_at(json, &["accountId"]))
            .or(arn_account),
        region: text_at(json, &["region"])
            .map(|one| region(&one))
            .or(arn_region)
            .unwrap_or_default(),
        state: state_of(&state).ok_or_else(|| Unread(words::odd_state(&state)))?,
        reason: text_at(detail, &["state", "reason"]).unwrap_or_default(),
        at: time_at(detail, &["state", "timestamp"]).or_else(|| time_at(json, &["time"])),
        metric: metric_of(configuration, text_at(configuration, &["alarmRule"])),
        tags: tags_of(json),
        name,
    })
}

fn state_of(text: &str) -> Option<AlarmState> {
    match text.trim().to_ascii_uppercase().replace([' ', '-'], "_").as_str() {
        "OK" => Some(AlarmState::Ok),
        "ALARM" => Some(AlarmState::Alarm),
        "INSUFFICIENT_DATA" => Some(AlarmState::InsufficientData),
        _ => None,
    }
}

fn composite(rule: Option<String>) -> Metric {
    Metric { name: rule.unwrap_or_default(), ..Metric::default() }
}

/// What is measured: one metric, an expression over several, or a composite alarm's rule.
fn metric_of(holder: &Value, rule: Option<String>) -> Metric {
    if let Some(name) = text_at(holder, &["MetricName"]) {
        return Metric {
            namespace: text_at(holder, &["Namespace"]).unwrap_or_default(),
            name,
            dimensions: dimensions_of(holder),
        };
    }
    let Some(Value::Array(queries)) = field(holder, "Metrics") else { return composite(rule) };
    let mut expressions = Vec::new();
    let mut measured = Vec::new();
    for query in queries.iter().take(MOST) {
        if let Some(expression) = text_at(query, &["Expression"]) {
            expressions.push(expression);
        } else if let Some(stat) = field(query, "MetricStat") {
            let metric = field(stat, "Metric").unwrap_or(&Value::Null);
            // SNS names it `MetricName`, an event `name`
            let name = text_at(metric, &["MetricName"]).or_else(|| text_at(metric, &["name"]));
            measured.push((
                text_at(query, &["Id"]).unwrap_or_default(),
                text_at(metric, &["Namespace"]).unwrap_or_default(),
                name.unwrap_or_default(),
                dimensions_of(metric),
            ));
        }
    }
    let band = |one: &String| one.to_ascii_uppercase().starts_with("ANOMALY_DETECTION_BAND");
    if let [(_, namespace, name, dimensions)] = measured.as_slice()
        && expressions.iter().all(band)
    {
        return Metric {
            namespace: namespace.clone(),
            name: name.clone(),
            dimensions: dimensions.clone(),
        };
    }
    // `m1/m2` says nothing without what m1 and m2 are
    let meaning: Vec<String> = measured
        .iter()
        .map(|(id, namespace, name, _)| format!("{id}={namespace} {name}"))
        .collect();
    let said = expressions.join("; ");
    let name = match (said.is_empty(), meaning.is_empty()) {
        (true, true) => rule.unwrap_or_default(),
        (true, false) => meaning.join(", "),
        (false, true) => said,
        (false, false) => format!("{said} ({})", meaning.join(", ")),
    };
    let all: BTreeSet<String> = measured.into_iter().flat_map(|(.., all)| all).collect();
    Metric {
        namespace: String::new(),
        name: bounded(&name),
        dimensions: all.into_iter().take(MOST).collect(),
    }
}

/// Dimensions as a list of names and values, or as a map.
fn dimensions_of(holder: &Value) -> Vec<String> {
    let all: BTreeSet<String> = match field(holder, "Dimensions") {
        Some(Value::Array(list)) => {
            let one = |one: &Value| {
                let value = text_at(one, &["value"]).unwrap_or_default();
                Some(format!("{}={value}", text_at(one, &["name"])?))
            };
            list.iter().filter_map(one).take(MOST).collect()
        }
        Some(map @ Value::Object(names)) => {
            let one =
                |name: &String| format!("{name}={}", text_at(map, &[name]).unwrap_or_default());
            names.keys().map(one).take(MOST).collect()
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {
            BTreeSet::new()
        }
    };
    all.into_iter().collect()
}

/// Tags, as a list of keys and values or as a map.
fn tags_of(json: &Value) -> Vec<(String, String)> {
    let tags = field(json, "Tags").or_else(|| at(json, &["detail", "tags"]));
    let mut found: Vec<(String, String)> = match tags {
        Some(Value::Array(list)) => {
            let one = |one: &Value| {
                let value = text_at(one, &["value"]).unwrap_or_default();
                Some((text_at(one, &["key"]).or_else(|| text_at(one, &["name"]))?, value))
            };
            list.iter().filter_map(one).take(MOST).collect()
        }
        Some(map @ Value::Object(names)) => {
            let one = |name: &String| (name.clone(), text_at(map, &[name]).unwrap_or_default());
            names.keys().map(one).take(MOST).collect()
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {
            Vec::new()
        }
    };
    found.sort();
    found
}

/// `ALARM: "cpu" in Asia Pacific (Seoul)`
static SUBJECT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?m)^\W*(ALARM|OK|INSUFFICIENT[_ ]DATA): "(.{1,300})" in (.{1,60})$"#)
});
/// The first sentence of the mail.
static SENTENCE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?sx)CloudWatch\ Alarm\ "(.{1,300}?)"\ in\ the\ (.{1,60}?)\ region
        \ (?:has\ entered|is\ (?:now\ )?(?:in|returning\ to))\ the\ (ALARM|OK|INSUFFICIENT[_\ ]DATA)\ state"#,
    )
});
/// `CloudWatch Alarm | cpu-mon | ap-northeast-2 | Account: 310000000001`
static CHAT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"CloudWatch Alarm\W*\|\s*([^|\n]{1,300}?)\s*\|\s*([^|\n]{1,60}?)\s*\|\s*Account:[^0-9\n]{0,30}([0-9]{12})",
    )
});
/// `OK -> ALARM`
static CHANGE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:->|→)\s*(ALARM|OK|INSUFFICIENT[_ ]DATA)"));
static STATE_WORD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(ALARM|OK|INSUFFICIENT[_ ]DATA)\b"));
static DIMENSION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"([A-Za-z][A-Za-z0-9_.-]{0,60})\s*=\s*([^,\]\n]{1,300})"));

/// Reads it from plain text; `None` when it is something else.
pub(super) fn of_text(subject: Option<&str>, text: &str) -> Option<Result<Alarm, Unread>> {
    let text = text.replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&");
    let sentence = SENTENCE.captures(&text);
    let titled = subject.and_then(|one| SUBJECT.captures(one)).or_else(|| SUBJECT.captures(&text));
    let chat = CHAT.captures(&text);
    if sentence.is_none()
        && titled.is_none()
        && chat.is_none()
        && !text.contains("CloudWatch Alarm")
    {
        return None;
    }
    // beneath stand the names of the topics, under the names of the states
    let body = text.split("State Change Actions:").next().unwrap_or_default();
    let entries = entries(body);
    let lines = |names: &[&str]| entry(&entries, names).map(str::to_owned);
    let name = lines(&["name", "alarmname", "알람이름", "알람명"])
        .or_else(|| sentence.as_ref().map(|one| one[1].to_owned()))
        .or_else(|| chat.as_ref().map(|one| one[1].trim_matches('*').to_owned()))
        .or_else(|| titled.as_ref().map(|one| one[2].to_owned()))?;
    let changed =
        lines(&["statechange", "state", "newstate", "상태"]).and_then(|said| {
            match CHANGE.captures(&said) {
                Some(change) => state_of(&change[1]),
                None => state_of(&said),
            }
        });
    let state = changed
        .or_else(|| sentence.as_ref().and_then(|one| state_of(&one[3])))
        .or_else(|| titled.as_ref().and_then(|one| state_of(&one[1])))
        .or_else(|| chat.as_ref().and_then(|_| state_in(&text, &name)));
    let Some(state) = state else { return Some(Err(Unread(words::lacks("CloudWatch", "State")))) };
    let arn = lines(&["alarmarn"]);
    let (arn_region, arn_account) = of_arn(arn.as_deref().unwrap_or_default());
    let account: Option<AccountId> = lines(&["awsaccount", "account", "accountid", "계정"])
        .and_then(|said| account_in(&said))
        .or(arn_account)
        .or_else(|| chat.as_ref().and_then(|one| one[3].parse().ok()));
    let said_region = lines(&["region", "리전"])
        .or_else(|| sentence.as_ref().map(|one| one[2].to_owned()))
        .or_else(|| chat.as_ref().map(|one| one[2].to_owned()))
        .or_else(|| titled.as_ref().map(|one| one[3].to_owned()));
    let spoken = || region_in(&without_links(body)).unwrap_or_default();
    let name_of_metric = lines(&["metricname", "metricexpression", "alarmrule", "metric", "지표"]);
    let said_dimensions = body.find("Dimensions:").map_or("", |from| &body[from..]);
    let said_dimensions = said_dimensions.lines().next().unwrap_or_default();
    let dimensions: BTreeSet<String> = DIMENSION
        .captures_iter(said_dimensions)
        .map(|one| format!("{}={}", &one[1], one[2].trim()))
        .collect();
    Some(Ok(Alarm {
        name: bounded(&name),
        description: lines(&["description", "설명"]).unwrap_or_default(),
        account,
        region: arn_region.or_else(|| said_region.map(|one| region(&one))).unwrap_or_else(spoken),
        state,
        reason: lines(&["reasonforstatechange", "reason", "사유"]).unwrap_or_default(),
        at: lines(&["timestamp", "time", "statechangetime", "시각"]).and_then(|said| time(&said)),
        metric: Metric {
            namespace: lines(&["metricnamespace", "namespace"]).unwrap_or_default(),
            name: name_of_metric.unwrap_or_default(),
            dimensions: dimensions.into_iter().collect(),
        },
        tags: Vec::new(),
    }))
}

/// The state that a chat post tells by a word of its own, or by the green mark of AWS's chat client; a post about an alarm that tells
/// neither is one that rings.
fn state_in(text: &str, name: &str) -> Option<AlarmState> {
    let rest = text.replace(name, " ");
    if [":white_check_mark:", "✅", ":large_green_circle:", "🟢"]
        .iter()
        .any(|one| rest.contains(one))
    {
        return Some(AlarmState::Ok);
    }
    STATE_WORD.captures(&rest).map_or(Some(AlarmState::Alarm), |one| state_of(&one[1]))
}
