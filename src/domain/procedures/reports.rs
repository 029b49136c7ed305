//! Reports in n (W2).

use super::super::turn::Turn;
use super::commands::Typed;

/// `/coc report 일간|주간|월간`
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>, rest: &str) {
    let _ = (turn, typed, rest);
}
