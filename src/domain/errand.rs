//! What the desk owes the world: the closed list of what goes out.

use super::chart::Chart;
use super::ids::{
    CaseId, ChannelId, ErrandId, MessageRef, Name, PhoneNumber, SlackUser, TicketLink, Ts,
};
use super::mail::Email;
use super::message::{Form, Message};
use super::time::Time;
use serde::{Deserialize, Serialize};

/// Something owed. It stays owed until its outcome is in the journal; it is carried out at least once, and looked for before it
/// is repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// Its name.
    pub id: ErrandId,
    /// Since when it is owed.
    pub since: Time,
    /// The case it belongs to.
    pub case: Option<CaseId>,
    /// What goes first when not everything can.
    pub urgency: Urgency,
    /// What it is.
    pub kind: ErrandKind,
}

/// What goes first when not everything can go at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Somebody must be woken.
    Page,
    /// Somebody waits for an answer.
    Answer,
    /// Everything else of a case.
    Notice,
    /// Tidying up and reports.
    Housekeeping,
}

/// Where a post goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The channel.
    pub channel: ChannelId,
    /// The thread, if any.
    pub thread: Option<Anchor>,
}

/// A message that something hangs on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// A message that stands already.
    Message(Ts),
    /// The message that this errand posts; waits for it.
    PostOf(ErrandId),
}

/// The kinds of errand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrandKind {
    /// A message in a channel or thread.
    Post {
        /// Where.
        place: Place,
        /// What.
        message: Message,
    },
    /// An own message is changed.
    Update {
        /// Which: the errand that posted it.
        post: ErrandId,
        /// What it says now.
        message: Message,
    },
    /// A message that one person alone sees. Not looked for before it is repeated: Slack keeps none.
    Ephemeral {
        /// Who.
        to: SlackUser,
        /// Where the person is.
        reply: super::input::ReplyTo,
        /// What.
        message: Message,
    },
    /// A direct message.
    Direct {
        /// Who.
        to: SlackUser,
        /// What.
        message: Message,
    },
    /// A form is opened; of no use once the trigger's three seconds are over.
    OpenForm {
        /// For whom.
        to: SlackUser,
        /// Slack's trigger.
        trigger: String,
        /// The form.
        form: Form,
    },
    /// The app's home of one person, as it was when it was decided: journals of before [`ErrandKind::Home`] hold it.
    PublishHome {
        /// Whose.
        to: SlackUser,
        /// What stands there.
        message: Message,
    },
    /// A telephone call is placed. Calls to one person that are owed at one time become one call, and one that is owed while another
    /// rings joins that one.
    Call {
        /// Who is called.
        to: Name,
        /// The number.
        number: PhoneNumber,
        /// What it is about, as the voice says it: sentences without greeting and keys.
        about: String,
    },
    /// A call that rings is ended.
    HangUp {
        /// The errand that placed it.
        call: ErrandId,
        /// Who was called.
        to: Name,
    },
    /// The guide is read anew from the data folder (R1).
    ReadGuide {
        /// Who asked.
        by: SlackUser,
        /// Where that person is answered.
        reply: super::input::ReplyTo,
    },
    /// Slack's presence, status and do-not-disturb of somebody (A1).
    Presence {
        /// Of whom.
        of: SlackUser,
    },
    /// Something is done to a ticket of the support desk.
    Ticket {
        /// What.
        deed: TicketDeed,
    },
    /// A ticket is opened at the support desk (M9).
    OpenTicket {
        /// Which.
        ticket: NewTicket,
    },
    /// A mail is sent.
    Mail {
        /// Which.
        mail: Email,
    },
    /// A message in a channel or thread with a picture under its words. Where the picture cannot be shown, the words stand alone and
    /// say so.
    PostWithPicture {
        /// Where.
        place: Place,
        /// What.
        message: Message,
        /// The picture.
        chart: Box<Chart>,
    },
    /// A text file for one person alone.
    File {
        /// For whom.
        to: SlackUser,
        /// What stands beside it.
        message: Message,
        /// The file.
        file: TextFile,
    },
    /// A service that failed is tried until it works again.
    Probe {
        /// Which.
        service: Service,
    },
    /// The app's home of one person, as it is when it is published.
    Home {
        /// Whose.
        of: SlackUser,
    },
    /// A link that lets one person in to the board, told to that person alone. It is made when it is told: the journal holds none.
    SignIn {
        /// Who.
        to: SlackUser,
        /// Where the person is.
        reply: super::input::ReplyTo,
    },
}

impl Errand {
    /// Where it posts, and what; `None` when it is no post.
    #[must_use]
    pub const fn as_post(&self) -> Option<(&Place, &Message)> {
        match &self.kind {
            ErrandKind::Post { place, message }
            | ErrandKind::PostWithPicture { place, message, .. } => Some((place, message)),
            ErrandKind::Update { .. }
            | ErrandKind::Ephemeral { .. }
            | ErrandKind::Direct { .. }
            | ErrandKind::OpenForm { .. }
            | ErrandKind::PublishHome { .. }
            | ErrandKind::Call { .. }
            | ErrandKind::HangUp { .. }
            | ErrandKind::ReadGuide { .. }
            | ErrandKind::Presence { .. }
            | ErrandKind::Ticket { .. }
            | ErrandKind::OpenTicket { .. }
            | ErrandKind::Mail { .. }
            | ErrandKind::File { .. }
            | ErrandKind::Home { .. }
            | ErrandKind::SignIn { .. }
            | ErrandKind::Probe { .. } => None,
        }
    }
}

/// A text file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFile {
    /// Its name, `coc-monthly-2025-08.csv`.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// A ticket that is to be opened. The support desk's people see it, the customer does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTicket {
    /// One line.
    pub subject: String,
    /// The first comment, an internal one.
    pub comment: String,
}

/// What is done to a ticket, with the comment that the support desk's people read beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketDeed {
    /// The ticket.
    pub ticket: TicketLink,
    /// What.
    pub act: TicketAct,
    /// An internal comment; the customer does not see it.
    pub comment: String,
}

/// The kinds of things that are done to a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketAct {
    /// It gets an assignee.
    Assign {
        /// Who.
        to: Name,
        /// The person's address, by which the support desk knows people; `None` where the guide has none.
        email: Option<String>,
    },
    /// The comment alone.
    Comment,
    /// It is done.
    Solve,
}

/// The services that the desk can do without; each has a working way when it is gone, and COC is told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// The telephone's carrier.
    Phone,
    /// The support desk.
    Tickets,
    /// The mail server.
    Mail,
    /// The customer record's source.
    Customers,
    /// AWS's status feeds.
    Feeds,
}

/// How an errand went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The post stands here.
    Posted(MessageRef),
    /// It is done and leaves nothing to refer to.
    Done,
    /// The carrier took the call; what becomes of it comes as [`CallEvent`]s.
    Placed {
        /// The carrier's name for it.
        reference: String,
        /// Who is called.
        to: Name,
    },
    /// A call to this person rings already, and this one became part of it; what becomes of it comes as [`CallEvent`]s.
    Joined {
        /// The carrier's name for the call.
        reference: String,
        /// Who is called.
        to: Name,
    },
    /// What Slack says of a person.
    Presence(Presence),
    /// The guide as it stands on disk.
    Guide {
        /// Its text.
        text: String,
    },
    /// The ticket is open.
    Opened {
        /// Its link.
        ticket: TicketLink,
    },
    /// It cannot be done, now or later.
    Refused {
        /// Why, for COC.
        why: String,
    },
    /// It was of no use any more when its turn came.
    Expired,
}

/// What Slack says of a person (A1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Whether Slack shows the person as active.
    pub active: bool,
    /// Whether notifications are paused now.
    pub dnd: bool,
    /// The status text.
    pub status: String,
    /// The status emoji without colons.
    pub emoji: String,
}

/// What happened on a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallEvent {
    /// Key 1.
    Accepted,
    /// Key 2.
    Rejected,
    /// Answered, no key: silence.
    Answered,
    /// Engaged.
    Busy,
    /// Nobody picked up.
    NoAnswer,
    /// A machine picked up.
    Voicemail,
    /// The carrier could not put it through.
    Failed,
}
