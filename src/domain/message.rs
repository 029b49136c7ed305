//! What people read: messages, buttons and forms, before any Slack format.

use super::ids::{Name, SlackGroup, SlackUser};
use super::time::{Span as Length, Time, clock};
use super::watch::is_late;
use serde::{Deserialize, Serialize};

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// Plain words; nothing in them is read as markup.
    Text(String),
    /// Strong words.
    Bold(String),
    /// Somebody who is notified.
    Person {
        /// Whom Slack notifies.
        id: SlackUser,
        /// What people read.
        name: Name,
    },
    /// A user group that is notified.
    Group {
        /// Whom Slack notifies.
        id: SlackGroup,
        /// What people read, without the `@`.
        handle: String,
    },
    /// A link, shown as its bare address.
    Link(String),
    /// The wall-clock time this long after the clock of the thing began (`22:05`).
    After(Length),
    /// Nothing when the message goes out in time; else `(늦음: 22:00 예정) `.
    IfLate,
}

impl From<&str> for Piece {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// One line, one thought.
pub type Line = Vec<Piece>;

/// A message as people read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its lines; the first fits a telephone's notification.
    pub lines: Vec<Line>,
    /// The buttons under it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
}

/// A button under a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// What comes back when it is pressed; opaque to the chat.
    pub token: String,
    /// How it is drawn. The label alone carries the meaning.
    #[serde(default)]
    pub style: Style,
}

/// How a button is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Like any other.
    #[default]
    Plain,
    /// The likely one.
    Primary,
    /// One that ends something.
    Danger,
}

impl Message {
    /// The message at the time of sending: relative times become wall-clock times. `since` is when it should have gone out,
    /// `began` when the clock of what it announces began.
    #[must_use]
    pub fn at(&self, now: Time, since: Time, began: Time) -> Self {
        let today = now.date_naive();
        let settle = |piece: &Piece| match piece {
            Piece::After(length) => Piece::Text(clock(began + length.delta(), today)),
            Piece::IfLate if is_late(since, now) => {
                Piece::Text(format!("(늦음: {} 예정) ", clock(since, today)))
            }
            Piece::IfLate => Piece::Text(String::new()),
            Piece::Text(_)
            | Piece::Bold(_)
            | Piece::Person { .. }
            | Piece::Group { .. }
            | Piece::Link(_) => piece.clone(),
        };
        let lines = self.lines.iter().map(|line| line.iter().map(settle).collect()).collect();
        Self { lines, buttons: self.buttons.clone() }
    }

    /// The message when its buttons are of no use any more: without them, and without the lines that speak of them.
    #[must_use]
    pub fn without_buttons(&self) -> Self {
        let labels: Vec<String> =
            self.buttons.iter().map(|button| format!("[{}]", button.label)).collect();
        let speaks_of_them = |line: &Line| {
            let said = plain_line(line);
            labels.iter().any(|label| said.contains(label.as_str()))
        };
        let lines = self.lines.iter().filter(|line| !speaks_of_them(line)).cloned().collect();
        Self { lines, buttons: Vec::new() }
    }

    /// What a person reads: `@이름` for people, `@handle` for groups, bare addresses.
    #[must_use]
    pub fn plain(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(|line| plain_line(line)).collect();
        lines.join("\n")
    }

    /// Who is notified: people by name, groups as `@handle`, in order, once each.
    #[must_use]
    pub fn mentions(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for piece in self.lines.iter().flatten() {
            let who = match piece {
                Piece::Person { name, .. } => name.to_string(),
                Piece::Group { handle, .. } => format!("@{handle}"),
                Piece::Text(_)
                | Piece::Bold(_)
                | Piece::Link(_)
                | Piece::After(_)
                | Piece::IfLate => continue,
            };
            if !found.contains(&who) {
                found.push(who);
            }
        }
        found
    }
}

/// One line as a person reads it.
#[must_use]
pub fn plain_line(line: &[Piece]) -> String {
    line.iter()
        .map(|piece| match piece {
            Piece::Text(text) | Piece::Bold(text) => text.clone(),
            Piece::Person { name, .. } => format!("@{name}"),
            Piece::Group { handle, .. } => format!("@{handle}"),
            Piece::Link(url) => url.clone(),
            Piece::After(length) => format!("{} 뒤", length.korean()),
            Piece::IfLate => String::new(),
        })
        .collect()
}

/// A form (Slack calls it a modal).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// What comes back when it is handed in; opaque to the chat.
    pub token: String,
    /// At most 24 characters.
    pub title: String,
    /// Words above the fields.
    pub intro: Vec<Line>,
    /// What stands on the button that hands it in.
    pub submit: String,
    /// The fields, in order.
    pub fields: Vec<Field>,
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name in the answer; ASCII.
    pub key: String,
    /// What people read above it.
    pub label: String,
    /// An example or advice below it; empty for none.
    #[serde(default)]
    pub hint: String,
    /// What stands in it at first; empty for nothing.
    #[serde(default)]
    pub initial: String,
    /// Whether it may stay blank.
    pub optional: bool,
    /// What kind of answer it takes.
    pub kind: FieldKind,
}

/// What kind of answer a field takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// One line.
    Line,
    /// Several lines.
    Lines,
    /// One of these.
    Choice(Vec<String>),
    /// A person of the workspace; the answer is a user id.
    Person,
}

/// What is wrong with one field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's key.
    pub key: String,
    /// What was read, what is expected, an example.
    pub text: String,
}

/// The answer that a form's author gets while the form is still open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// Nothing to say: a form closes.
    #[default]
    Nothing,
    /// The form stays open with these.
    Errors(Vec<FieldError>),
}
