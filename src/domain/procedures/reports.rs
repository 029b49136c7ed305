//! Reports in n (W2).

use super::super::turn::Turn;
use super::commands::Typed;
use super::monthly;

/// `/coc report 일간|주간|월간`
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>, rest: &str) {
    if let Some(rest) = rest.strip_prefix("입퇴점") {
        return monthly::commanded(turn, typed, rest);
    }
    let _ = (turn, typed, rest);
}
