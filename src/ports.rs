//! The hands of the desk: what the errand runner needs of the world. Adapters implement these; replay and tests bring their own.

use crate::domain::errand::{NewTicket, Presence, TicketDeed};
use crate::domain::ids::{
    ChannelId, ErrandId, MessageRef, Name, PhoneNumber, SlackUser, TicketLink, Ts,
};
use crate::domain::input::{CustomerRecord, Directory, ReplyTo, SlackInput};
use crate::domain::mail::Email;
use crate::domain::message::{Form, Message};
use crate::domain::status::Item;
use crate::domain::time::Time;
use async_trait::async_trait;
use chrono::TimeDelta;
use std::collections::BTreeMap;
use std::time::Duration;

/// Why an attempt did not work out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// It did not happen; try again later.
    #[error("{why}")]
    Transient {
        /// For the log and for COC.
        why: String,
        /// What the other side asked us to wait.
        retry_after: Option<Duration>,
    },
    /// It did not happen; the service works but does not take this one now (greylisting, say): try this one again later.
    #[error("{why}")]
    NotYet {
        /// For the log and for COC.
        why: String,
    },
    /// It may have happened (no answer came); look before repeating.
    #[error("{why}")]
    Unknown {
        /// For the log and for COC.
        why: String,
    },
    /// It will never work.
    #[error("{why}")]
    Permanent {
        /// For the log and for COC.
        why: String,
    },
}

/// The chat (Slack). Messages arrive here with relative times settled (see [`Message::at`]).
#[async_trait]
pub trait Chat: Send + Sync {
    /// Posts, bearing the errand's id where [`Chat::find_post`] finds it again.
    async fn post(
        &self,
        errand: ErrandId,
        channel: &ChannelId,
        thread: Option<&Ts>,
        message: &Message,
    ) -> Result<MessageRef, PortError>;

    /// Puts a file into the chat's store, where nobody sees it yet. Returns the store's name for it.
    async fn upload(&self, file: &Upload) -> Result<String, PortError>;

    /// Posts like [`Chat::post`], with a picture of the store under the words.
    async fn post_with(
        &self,
        errand: ErrandId,
        channel: &ChannelId,
        thread: Option<&Ts>,
        message: &Message,
        picture: &Picture,
    ) -> Result<MessageRef, PortError>;

    /// Gives a file to one person directly, with words beside it; with `look_since`, unless one of this name was given since then.
    async fn hand_over(
        &self,
        to: &SlackUser,
        message: &Message,
        file: &Upload,
        look_since: Option<Time>,
    ) -> Result<(), PortError>;

    /// The post that bears this errand's id, if it stands.
    async fn find_post(
        &self,
        errand: ErrandId,
        channel: &ChannelId,
        thread: Option<&Ts>,
        since: Time,
    ) -> Result<Option<MessageRef>, PortError>;

    /// Changes an own post. Its errand id stays on it.
    async fn update(
        &self,
        errand: ErrandId,
        post: &MessageRef,
        message: &Message,
    ) -> Result<(), PortError>;

    /// Shows a message to one person alone.
    async fn ephemeral(
        &self,
        to: &SlackUser,
        reply: &ReplyTo,
        message: &Message,
    ) -> Result<(), PortError>;

    /// Writes to one person directly; bears the errand's id.
    async fn direct(
        &self,
        errand: ErrandId,
        to: &SlackUser,
        message: &Message,
    ) -> Result<MessageRef, PortError>;

    /// Opens a form.
    async fn open_form(&self, to: &SlackUser, trigger: &str, form: &Form) -> Result<(), PortError>;

    /// Publishes the app's home of one person.
    async fn publish_home(&self, to: &SlackUser, message: &Message) -> Result<(), PortError>;

    /// What Slack shows of a person.
    async fn presence(&self, of: &SlackUser) -> Result<Presence, PortError>;

    /// Who is who.
    async fn directory(&self) -> Result<Directory, PortError>;

    /// What happened since: messages, replies and reactions of these channels and threads, oldest first. Reactions come with
    /// every message looked at, new or not.
    async fn missed(&self, watched: &[Watched]) -> Result<Vec<SlackInput>, PortError>;
}

/// A file for the chat's store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its name, with its ending.
    pub name: String,
    /// What people read above it.
    pub title: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// A picture in the chat's store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The store's name for it.
    pub id: String,
    /// What it shows, for those who do not see it.
    pub alt: String,
}

/// A channel, or one thread of it, to be read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The channel.
    pub channel: ChannelId,
    /// The thread's root; `None` for the channel's own messages.
    pub thread: Option<Ts>,
    /// Messages from here on; for reactions on older ones name their thread.
    pub since: Time,
}

/// A voice call's carrier. Outcomes come back as inputs, not here.
#[async_trait]
pub trait Phone: Send + Sync {
    /// Places a call and returns the carrier's name for it. `speech` is all that the voice says before it waits for a key; the key
    /// answers what this errand is about.
    async fn call(
        &self,
        errand: ErrandId,
        to: &Name,
        number: &PhoneNumber,
        speech: &str,
    ) -> Result<String, PortError>;

    /// The call that this errand placed, if the carrier knows one.
    async fn find_call(
        &self,
        errand: ErrandId,
        number: &PhoneNumber,
        since: Time,
    ) -> Result<Option<String>, PortError>;

    /// Ends a call that rings or is under way; one that is over already is no error.
    async fn hang_up(&self, reference: &str, to: &Name) -> Result<(), PortError>;

    /// Whether the carrier can be reached and takes our credentials.
    async fn probe(&self) -> Result<(), PortError>;
}

/// The support desk. Without one the journal's own open assignments are counted, and people change tickets by hand.
#[async_trait]
pub trait Tickets: Send + Sync {
    /// How many tickets are neither solved nor closed, for each of these people whom the support desk knows.
    async fn active(&self, of: &[Engineer]) -> Result<BTreeMap<Name, u32>, PortError>;

    /// Does it, all of it or nothing, bearing the errand's id where [`Tickets::is_done`] finds it again.
    async fn act(&self, errand: ErrandId, deed: &TicketDeed) -> Result<(), PortError>;

    /// Opens a ticket, bearing the errand's id where [`Tickets::find_opened`] finds it again.
    async fn open(&self, errand: ErrandId, ticket: &NewTicket) -> Result<TicketLink, PortError>;

    /// The ticket that this errand opened, if there is one.
    async fn find_opened(
        &self,
        errand: ErrandId,
        ticket: &NewTicket,
    ) -> Result<Option<TicketLink>, PortError>;

    /// Whether this errand's deed was done already.
    async fn is_done(&self, errand: ErrandId, deed: &TicketDeed) -> Result<bool, PortError>;

    /// Whether it can be reached and takes our credentials.
    async fn probe(&self) -> Result<(), PortError>;
}

/// Somebody who may hold tickets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engineer {
    /// The name.
    pub name: Name,
    /// The address by which the support desk knows the person.
    pub email: Option<String>,
}

/// A mail server. Without one people send the drafts by hand.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands the mail over for all its addresses, or for none. A repeated errand's mail bears the same Message-ID.
    async fn send(&self, errand: ErrandId, mail: &Email) -> Result<(), PortError>;

    /// Whether it can be reached and takes our credentials.
    async fn probe(&self) -> Result<(), PortError>;
}

/// Where the customer record comes from.
#[async_trait]
pub trait CustomerSource: Send + Sync {
    /// The record as it is now, in the form of `customers.csv`.
    async fn read(&self) -> Result<CustomerRecord, PortError>;

    /// How often it is worth reading.
    fn every(&self) -> Duration;
}

/// AWS's public status feeds (H1).
#[async_trait]
pub trait Feeds: Send + Sync {
    /// The items of the RSS feed as it is now, in any order. What is no feed is an error.
    async fn rss(&self) -> Result<Vec<Item>, PortError>;

    /// The same of the dashboard's list of current events at this address.
    async fn current_events(&self, url: &str) -> Result<Vec<Item>, PortError>;
}

/// The time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now, in Seoul.
    fn now(&self) -> Time;

    /// Returns at `at` or when the clock was moved; the caller looks at the time again.
    async fn sleep_until(&self, at: Option<Time>);
}

/// The data folder, read anew when somebody asks for it.
pub trait Library: Send + Sync {
    /// The guide as it stands on disk.
    ///
    /// # Errors
    /// Why it cannot be read, in Korean.
    fn guide(&self) -> Result<String, String>;
}

/// Who is let in to the board.
pub trait SignIns: Send + Sync {
    /// A link that lets this person in, once, while it lives. A restart of the process ends it.
    ///
    /// # Errors
    /// When nobody could reach the board.
    fn link(&self, to: &SlackUser, lives: TimeDelta) -> Result<String, PortError>;
}
