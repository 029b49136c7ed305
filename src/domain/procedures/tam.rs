//! AWS TAM's [REQ] in #saltware-pls-technical-support (T1 to T5).

use super::super::ids::{MessageRef, SlackUser};
use super::super::turn::Turn;

/// A message was written; a [REQ] in the TAM channel opens a case in its thread (T1).
pub(in crate::domain) fn said(
    _turn: &mut Turn<'_>,
    _by: &SlackUser,
    _at: &MessageRef,
    _text: &str,
) {
}
