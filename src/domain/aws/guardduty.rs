//! GuardDuty findings: EventBridge's event, the bare finding, and plain text.

use super::Finding;
use serde_json::Value;

/// Reads it; `None` when it is something else.
pub(super) fn of_json(_json: &Value) -> Option<Finding> {
    None
}

/// Reads it from plain text; `None` when it is something else.
pub(super) fn of_text(_subject: Option<&str>, _text: &str) -> Option<Finding> {
    None
}
