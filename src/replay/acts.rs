//! What the bot did to the world, as the replay tells it.

use crate::domain::time::Time;
use serde::Serialize;
use std::collections::BTreeMap;

/// One thing that the bot did, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Act {
    /// When.
    pub at: Time,
    /// What.
    #[serde(flatten)]
    pub did: Did,
}

/// The kinds of act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Did {
    /// A message in a channel or thread.
    Post {
        /// Its name.
        id: String,
        /// `#general`
        channel: String,
        /// The message it hangs on.
        thread: Option<String>,
        /// What it says.
        #[serde(flatten)]
        words: Words,
        /// The errand that it bears; for tests, not told.
        #[serde(skip)]
        errand: String,
    },
    /// An own message was changed.
    Update {
        /// The message's name.
        id: String,
        /// `#general`
        channel: String,
        /// The message it hangs on.
        thread: Option<String>,
        /// What it says now.
        #[serde(flatten)]
        words: Words,
    },
    /// A message that one person alone sees.
    Ephemeral {
        /// Its name.
        id: String,
        /// Who sees it.
        to: String,
        /// Where.
        channel: String,
        /// The message it hangs on.
        thread: Option<String>,
        /// What it says.
        #[serde(flatten)]
        words: Words,
    },
    /// A direct message.
    Dm {
        /// Its name.
        id: String,
        /// To whom.
        to: String,
        /// Never on a message.
        thread: Option<String>,
        /// What it says.
        #[serde(flatten)]
        words: Words,
    },
    /// A form was opened, or stays open with errors.
    View {
        /// For whom.
        to: String,
        /// Its title.
        title: String,
        /// What a person reads beside the labels.
        text: String,
        /// The labels.
        fields: Vec<String>,
        /// What is wrong.
        errors: Vec<FieldError>,
    },
    /// A call was placed.
    Call {
        /// Who is called.
        to: String,
        /// The number.
        number: String,
        /// What the voice says.
        about: String,
        /// The errand that placed it; for tests, not told.
        #[serde(skip)]
        errand: String,
    },
    /// Something was done to a ticket.
    Ticket {
        /// `assign`, `comment`, `close`.
        action: String,
        /// The ticket's link.
        ticket: String,
        /// What it was done with.
        fields: BTreeMap<String, String>,
        /// The errand that did it; for tests, not told.
        #[serde(skip)]
        errand: String,
    },
    /// A mail was sent.
    Mail {
        /// To whom.
        to: Vec<String>,
        /// Copies.
        cc: Vec<String>,
        /// Its subject.
        subject: String,
        /// What it says.
        text: String,
        /// The errand that sent it; for tests, not told.
        #[serde(skip)]
        errand: String,
    },
    /// A hook's answer to what was posted to it.
    Http {
        /// The hook, `/hooks/sns`.
        path: String,
        /// The answer's status.
        status: u16,
    },
    /// A ringing call was ended.
    Hangup {
        /// Who was called.
        to: String,
        /// The errand that had placed the call; for tests, not told.
        #[serde(skip)]
        errand: String,
    },
}

impl Did {
    /// The errand that did it, where an act bears one.
    #[must_use]
    pub fn errand(&self) -> Option<&str> {
        match self {
            Self::Post { errand, .. }
            | Self::Call { errand, .. }
            | Self::Ticket { errand, .. }
            | Self::Mail { errand, .. } => Some(errand),
            // of the call that it ends
            Self::Hangup { .. }
            | Self::Update { .. }
            | Self::Ephemeral { .. }
            | Self::Dm { .. }
            | Self::View { .. }
            | Self::Http { .. } => None,
        }
    }
}

/// What a message says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Words {
    /// What a person reads.
    pub text: String,
    /// Who is notified.
    pub mentions: Vec<String>,
    /// The buttons' labels.
    pub buttons: Vec<String>,
    /// The names of the files with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Its label.
    pub field: String,
    /// What is wrong.
    pub text: String,
}

impl std::fmt::Display for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = self.at.format("%m-%d %H:%M:%S");
        let said = |f: &mut std::fmt::Formatter<'_>, words: &Words| {
            for line in words.text.lines() {
                write!(f, "\n    {line}")?;
            }
            if !words.buttons.is_empty() {
                write!(f, "\n    [{}]", words.buttons.join("] ["))?;
            }
            for file in &words.files {
                write!(f, "\n    파일 {file}")?;
            }
            Ok(())
        };
        let under = |thread: &Option<String>| {
            thread.as_ref().map_or_else(String::new, |root| format!(" ↳{root}"))
        };
        match &self.did {
            Did::Post { id, channel, thread, words, .. } => {
                write!(f, "{at} 글 {id} {channel}{}", under(thread))?;
                said(f, words)
            }
            Did::Update { id, channel, thread, words } => {
                write!(f, "{at} 고침 {id} {channel}{}", under(thread))?;
                said(f, words)
            }
            Did::Ephemeral { to, channel, thread, words, .. } => {
                write!(f, "{at} {to}에게만 {channel}{}", under(thread))?;
                said(f, words)
            }
            Did::Dm { to, words, .. } => {
                write!(f, "{at} {to}에게 DM")?;
                said(f, words)
            }
            Did::View { to, title, text, fields, errors } => {
                write!(f, "{at} {to}의 양식 \"{title}\" ({})", fields.join(", "))?;
                for line in text.lines() {
                    write!(f, "\n    {line}")?;
                }
                for error in errors {
                    write!(f, "\n    ⛔ {}: {}", error.field, error.text)?;
                }
                Ok(())
            }
            Did::Call { to, number, .. } => write!(f, "{at} 전화 {to} {number}"),
            Did::Http { path, status } => write!(f, "{at} HTTP {path} {status}"),
            Did::Hangup { to, .. } => write!(f, "{at} 전화 끊음 {to}"),
            Did::Ticket { action, ticket, fields, .. } => {
                write!(f, "{at} 티켓 {action} {ticket}")?;
                for (name, value) in fields {
                    for line in format!("{name}: {value}").lines() {
                        write!(f, "\n    {line}")?;
                    }
                }
                Ok(())
            }
            Did::Mail { to, cc, subject, text, .. } => {
                write!(f, "{at} 메일 {}", to.join(", "))?;
                if !cc.is_empty() {
                    write!(f, " (참조 {})", cc.join(", "))?;
                }
                write!(f, "\n    {subject}")?;
                for line in text.lines() {
                    write!(f, "\n    {line}")?;
                }
                Ok(())
            }
        }
    }
}
