//! Drills: a marked practice chain through the real path.

use super::super::turn::Turn;
use super::commands::Typed;

/// `/coc drill`
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>, rest: &str) {
    let _ = (turn, typed, rest);
}
