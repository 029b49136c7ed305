//! CloudWatch alarms: as SNS sends them (metric, metric math, composite), as EventBridge does, and as the mail of SNS reads.

use super::super::time::in_seoul;
use super::{Alarm, AlarmState, Metric};
use serde_json::Value;

/// Reads it; `None` when it is something else.
pub(super) fn of_json(json: &Value) -> Option<Alarm> {
    let said = |place: &str| json.pointer(place).and_then(Value::as_str).unwrap_or_default();
    let name = json.get("AlarmName")?.as_str()?.to_owned();
    let state = match said("/NewStateValue") {
        "OK" => AlarmState::Ok,
        "ALARM" => AlarmState::Alarm,
        "INSUFFICIENT_DATA" => AlarmState::InsufficientData,
        _ => return None,
    };
    let dimensions = json.pointer("/Trigger/Dimensions").and_then(Value::as_array);
    let mut dimensions: Vec<String> = dimensions
        .into_iter()
        .flatten()
        .filter_map(|one| {
            let (name, value) = (one.get("name")?.as_str()?, one.get("value")?.as_str()?);
            Some(format!("{name}={value}"))
        })
        .collect();
    dimensions.sort();
    let at = chrono::DateTime::parse_from_str(said("/StateChangeTime"), "%Y-%m-%dT%H:%M:%S%.f%z");
    Some(Alarm {
        name,
        description: said("/AlarmDescription").to_owned(),
        account: said("/AWSAccountId").parse().ok(),
        region: said("/Region").to_owned(),
        state,
        reason: said("/NewStateReason").to_owned(),
        at: at.ok().map(|at| in_seoul(&at)),
        metric: Metric {
            namespace: said("/Trigger/Namespace").to_owned(),
            name: said("/Trigger/MetricName").to_owned(),
            dimensions,
        },
        tags: Vec::new(),
    })
}

/// Reads it from plain text; `None` when it is something else.
pub(super) const fn of_text(_subject: Option<&str>, _text: &str) -> Option<Alarm> {
    None
}
