//! `/coc account`: what became of an account, for COC alone.

use super::super::turn::Turn;
use super::commands::Typed;

/// `/coc account 1234`: the last four digits, or all twelve.
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>, rest: &str) {
    let _ = (turn, typed, rest);
}
