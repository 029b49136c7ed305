//! Contact cards (K1, K2, C2).

use super::super::message::Message;
use super::super::turn::Turn;

/// `/coc contact [이름]`
pub(super) fn asked(turn: &Turn<'_>, rest: &str) -> Message {
    let _ = (turn, rest);
    Message::default()
}
