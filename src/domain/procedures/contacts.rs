//! Contact cards (K1, K2, C2).

use super::super::desk::Desk;
use super::super::message::Message;
use super::super::words;

/// `/coc contact [이름]`
pub(super) fn asked(desk: &Desk, name: &str) -> Message {
    let contacts = &desk.contacts;
    match contacts.find(name) {
        cards if cards.is_empty() => words::contacts::unknown(name, contacts),
        cards => words::contacts::cards(&cards),
    }
}
