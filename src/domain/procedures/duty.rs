//! Who is on duty at COC, and the hand-over of a shift.

use super::super::ids::SlackUser;
use super::super::input::ReplyTo;
use super::super::turn::{HandoverPress, Turn};
use super::commands::Typed;

/// `/coc duty`
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>, rest: &str) {
    let _ = (turn, typed, rest);
}

/// `/coc handover`
pub(super) fn handover(turn: &mut Turn<'_>, typed: &Typed<'_>) {
    let _ = (turn, typed);
}

/// 인수
pub(in crate::domain) fn pressed(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    press: HandoverPress,
    reply: &ReplyTo,
) {
    let _ = (turn, by, press, reply);
}
