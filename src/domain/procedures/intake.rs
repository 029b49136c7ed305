//! What comes from outside: read, and handed to the procedure that it is for. What nobody understands is kept and shown.

use super::super::ids::MessageRef;
use super::super::input::Notice;
use super::super::turn::Turn;

/// A monitoring service tells something.
pub(in crate::domain) fn noticed(_turn: &mut Turn<'_>, _notice: &Notice) {}

/// A message was written; in the alarm channel of the policy it is an alarm.
pub(in crate::domain) fn said(_turn: &mut Turn<'_>, _at: &MessageRef, _text: &str) {}
