//! The board (H3) and the app's home: who is let in, and what is published.

use super::super::errand::{Errand, ErrandKind, Outcome, Urgency};
use super::super::ids::SlackUser;
use super::super::message::Form;
use super::super::turn::{HomePress, Token, Turn};
use super::super::words;
use super::commands::Typed;

/// `/coc board`
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>) {
    if !turn.desk.sees_board(typed.by) {
        return turn.tell(typed.by, typed.reply, words::board::not_allowed());
    }
    let kind = ErrandKind::SignIn { to: typed.by.clone(), reply: typed.reply.clone() };
    turn.owe(None, Urgency::Answer, kind);
}

/// What became of an errand: somebody who asked for a link hears where there is none.
pub(in crate::domain) fn settled(turn: &mut Turn<'_>, errand: &Errand, outcome: &Outcome) {
    if let (ErrandKind::SignIn { to, reply }, Outcome::Refused { .. }) = (&errand.kind, outcome) {
        turn.tell(to, reply, words::board::not_served());
    }
}

/// Somebody opened the app's home.
pub(in crate::domain) fn home_opened(turn: &mut Turn<'_>, by: &SlackUser) {
    let waits = turn
        .desk
        .errands
        .values()
        .any(|errand| matches!(&errand.kind, ErrandKind::Home { of } if of == by));
    // one that is not published yet will show what is true then
    if !waits {
        turn.owe(None, Urgency::Housekeeping, ErrandKind::Home { of: by.clone() });
    }
}

/// A button of the app's home.
pub(in crate::domain) fn home_pressed(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    token: &str,
    trigger: &str,
) {
    match Token::read(token) {
        Some(Token::Home(HomePress::Leave)) => {
            let token = Token::HomeLeaveForm.text();
            turn.open_form(by, trigger, Form { token, ..words::commands::leave_form() });
        }
        // a button of an older home shows the present one
        Some(_) | None => home_opened(turn, by),
    }
}
