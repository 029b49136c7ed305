//! AWS Health events as EventBridge sends them.

use super::HealthEvent;
use serde_json::Value;

/// Reads it; `None` when it is something else.
pub(super) fn of_json(_json: &Value) -> Option<HealthEvent> {
    None
}
