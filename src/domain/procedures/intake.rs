//! What comes from outside: read, and handed to the procedure that it is for. What nobody understands is kept and shown.

use super::super::aws::{Told, read};
use super::super::change::Change;
use super::super::ids::MessageRef;
use super::super::input::Notice;
use super::super::turn::Turn;
use super::{heartbeats, phd};

/// A monitoring service tells something.
pub(in crate::domain) fn noticed(turn: &mut Turn<'_>, notice: &Notice) {
    if turn.desk.seen.contains_key(&notice.key) {
        return;
    }
    turn.change(Change::Seen(notice.key.clone()));
    heartbeats::beat(turn, notice);
    match read(notice.subject.as_deref(), &notice.text) {
        Ok(Told::Health(event)) => phd::told(turn, &notice.key, &event),
        Ok(Told::Alarm(_) | Told::Finding(_)) | Err(_) => {}
    }
}

/// A message was written; in the alarm channel of the policy it is an alarm.
pub(in crate::domain) fn said(_turn: &mut Turn<'_>, _at: &MessageRef, _text: &str) {}
