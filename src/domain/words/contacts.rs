//! What people read of contact cards (K1, K2).

use super::super::contacts::{Card, Contacts};
use super::super::message::{Line, Message, Piece};
use super::super::turn::lines;
use super::{line, refused};

/// These cards.
#[must_use]
pub fn cards(cards: &[&Card]) -> Message {
    let mut said: Vec<Line> = Vec::new();
    for card in cards {
        said.push(line![format!("■ {}", card.name)]);
        if !card.phone.is_empty() {
            said.push(line![format!("☎️ {}", card.phone)]);
        }
        if !card.email.is_empty() {
            said.push(line![format!("메일: {}", card.email)]);
        }
        for page in &card.links {
            said.push(vec![format!("{}: ", page.title).into(), Piece::Link(page.url.clone())]);
        }
        if !card.note.is_empty() {
            said.push(line![card.note.clone()]);
        }
    }
    lines(said)
}

/// Nobody is called so.
#[must_use]
pub fn unknown(name: &str, contacts: &Contacts) -> Message {
    let names: Vec<&str> = contacts.cards.iter().map(|card| card.name.as_str()).collect();
    refused(
        format!("그런 연락처가 없습니다. 읽은 값: \"{name}\"."),
        format!("있는 연락처: {}. 예: /coc contact Zendesk", names.join(", ")),
    )
}
