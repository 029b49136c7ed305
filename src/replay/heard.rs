//! What reached the process, beside what it did ([`Act`](super::Act)): for a reference model that holds the two together.

use crate::domain::errand::CallEvent;
use crate::domain::time::Time;

/// Something that the process took, durably.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// When.
    pub at: Time,
    /// How much the bot had done by then: the length of the list of its acts.
    pub acts: usize,
    /// Its own name; a repeat bears it again.
    pub key: String,
    /// Whose deed it is, by name.
    pub by: String,
    /// What it is.
    pub told: Told,
}

/// The kinds of thing that reach the process. Messages are named as in [`Did`](super::Did).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A message, with what it hangs on.
    Said {
        /// Its name.
        message: String,
        /// The thread's root, for a reply.
        thread: Option<String>,
        /// `#general`
        channel: String,
        /// When it was written, by Slack's clock.
        written: Option<Time>,
        /// As Slack sends it.
        text: String,
    },
    /// A reaction.
    Reacted {
        /// On which message.
        message: String,
        /// The root of that message's thread, or the message itself.
        thread: String,
        /// Without colons.
        emoji: String,
    },
    /// A button.
    Pressed {
        /// On which message.
        message: String,
        /// The root of that message's thread, or the message itself.
        thread: String,
        /// The button's label.
        label: String,
    },
    /// A slash command.
    Commanded {
        /// `/assign`
        command: String,
        /// What stood behind it.
        text: String,
    },
    /// What somebody did with a telephone.
    Phone {
        /// The errand that it is told of: each page of a call has its own.
        errand: String,
        /// What happened.
        event: CallEvent,
        /// What it holds for, as the voice says it: a key for one page, anything else for every page of the call.
        pages: Vec<String>,
    },
    /// A page became part of a call that was placed before; nothing of it is to be seen outside.
    Joined {
        /// The errand that placed that call.
        call: String,
        /// The page, as the voice says it.
        page: String,
    },
    /// A notice of a monitoring service; what it says is its sender's.
    Noticed,
}
