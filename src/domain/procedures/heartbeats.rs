//! Heartbeats: what should come regularly and did not.

use super::super::input::Notice;
use super::super::turn::Turn;

/// Something came: what waited for it waits anew.
pub(in crate::domain) fn beat(_turn: &mut Turn<'_>, _notice: &Notice) {}
