//! Everything that comes in: the closed list.

use super::change::{Chime, Wake};
use super::errand::{CallEvent, Outcome, Service};
use super::ids::{ChannelId, ErrandId, MessageRef, Name, PhoneNumber, SlackGroup, SlackUser, Ts};
use super::status::News;
use super::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The process came up. What happened while it was away follows before [`Input::CaughtUp`].
    Started {
        /// When it was last known to be alive; `None` on the very first start.
        alive_until: Option<Time>,
        /// Whether a phone adapter is configured.
        phone_adapter: bool,
        /// Which other adapters are.
        #[serde(default)]
        adapters: Adapters,
    },
    /// Timers and errands may run: what was missed has been read, or cannot be read now.
    CaughtUp,
    /// All that was missed has been read.
    ReadBack,
    /// An orderly stop.
    Stopping,
    /// The data folder as read now.
    Books(Books),
    /// Who is who in the workspace now.
    Directory(Directory),
    /// Active tickets of each person, as the support desk counts them (A2).
    Tickets(BTreeMap<Name, u32>),
    /// Something that a person did in Slack.
    Slack(SlackInput),
    /// A reaction or reply that was kept is taken up again.
    TakenUp {
        /// The delivery's name.
        key: String,
    },
    /// What became of an errand.
    Settled {
        /// Which.
        errand: ErrandId,
        /// How it went.
        outcome: Outcome,
    },
    /// Something happened on a telephone call.
    Phone {
        /// The errand that placed the call.
        call: ErrandId,
        /// What happened.
        event: CallEvent,
    },
    /// A due time has come.
    Woken(Wake),
    /// A due time of the desk itself, not of a case, has come.
    Chimed(Chime),
    /// A service that the desk can do without does not work.
    Trouble {
        /// Which.
        service: Service,
        /// Since when.
        since: Time,
        /// Why, for COC.
        why: String,
    },
    /// The customer record as its source has it now.
    Record(CustomerRecord),
    /// Somebody changed a ticket at the support desk itself.
    Ticket(TicketNews),
    /// A monitoring service tells something.
    Notice(Notice),
    /// A status feed of AWS was read (H1).
    Status(News),
    /// A topic of Amazon SNS began to reach the desk, or ceased to.
    Topic(TopicNews),
    /// Somebody who left is named by an alias in earlier records from now on (`coc journal forget`).
    Forgotten(Forgotten),
}

/// Which earlier records name somebody by an alias from now on, and what their text is since. It says neither the name nor anything else
/// that was taken out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// What stands where the name stood.
    pub alias: String,
    /// The how many-th person this is; the neutral numbers, addresses and ids are made of it.
    pub number: u32,
    /// Who asked for it.
    pub by: String,
    /// The records, by number.
    pub records: Vec<Rewritten>,
}

/// A record whose text is another one than that which its hash was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewritten {
    /// The record's number.
    pub seq: u64,
    /// SHA-256 of its text now, as 64 lower-case hexadecimal digits.
    pub hash: String,
}

/// What a monitoring service tells, as it came: what it means is read by the desk ([`super::aws::read`]), and what nobody
/// understands is kept all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The delivery's name: the same for every delivery of the same notice.
    pub key: String,
    /// By which way it came.
    pub way: Way,
    /// When the sender says that it was sent.
    pub sent: Option<Time>,
    /// Its subject line, if it has one.
    pub subject: Option<String>,
    /// Its text, whole.
    pub text: String,
}

/// By which way a notice came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Amazon SNS.
    Sns {
        /// The topic's ARN; empty where it was not told (raw delivery).
        topic: String,
    },
    /// An API destination of EventBridge.
    EventBridge,
}

/// What Amazon SNS tells of the subscription to a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicNews {
    /// The delivery's name: the same for every delivery of the same news.
    pub key: String,
    /// The topic's ARN.
    pub topic: String,
    /// What happened.
    pub what: TopicEvent,
}

/// What happens to the subscription to a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopicEvent {
    /// It was asked for and is confirmed: what the topic tells comes here.
    Subscribed,
    /// Somebody ended it: nothing more comes.
    Unsubscribed,
}

/// The customer record as read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerRecord {
    /// Its text, in the form of `customers.csv`.
    pub text: String,
    /// As of when it is known to be right.
    pub as_of: Time,
}

/// What the support desk tells of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketNews {
    /// The delivery's name: the same for every delivery of the same event.
    pub key: String,
    /// The ticket's number at the support desk.
    pub ticket: u64,
    /// What happened.
    pub what: TicketEvent,
}

/// What happens to a ticket at the support desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketEvent {
    /// It got another assignee.
    Assigned {
        /// The address by which the support desk knows the person; `None`: nobody.
        email: Option<String>,
    },
    /// It is solved or closed.
    Solved,
    /// It is open again.
    Reopened,
}

/// Which services that the desk can do without are configured, besides the telephone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adapters {
    /// The support desk.
    #[serde(default)]
    pub tickets: bool,
    /// Mail.
    #[serde(default)]
    pub mail: bool,
}

/// The data folder's texts, as they stand on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    /// `policy.toml`; empty text is the defaults.
    pub policy: String,
    /// `guide.txt`.
    pub guide: String,
    /// `customers.csv`.
    pub customers: String,
    /// The mail templates, by file name within `mail/`.
    #[serde(default)]
    pub mails: BTreeMap<String, String>,
    /// The checklists' definitions, by file name within `procedures/`.
    #[serde(default)]
    pub procedures: BTreeMap<String, String>,
    /// The scripts of telephone calls, by file name within `scripts/`.
    #[serde(default)]
    pub scripts: BTreeMap<String, String>,
    /// `contacts.toml`; empty text is the contacts as shipped.
    #[serde(default)]
    pub contacts: String,
}

/// The workspace's people, groups and channels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// The bot's own user.
    pub bot: Option<SlackUser>,
    /// The bot's `bot_id`, which its own posts bear.
    #[serde(default)]
    pub bot_id: Option<String>,
    /// Members, without bots and people who left.
    pub users: BTreeMap<SlackUser, Member>,
    /// User groups.
    pub groups: BTreeMap<SlackGroup, Group>,
    /// Channels that the bot is in, by id, with their names (no `#`).
    pub channels: BTreeMap<ChannelId, String>,
    /// The workspace's address, with its slash at the end; links to messages begin with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A member of the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The real name.
    pub name: String,
    /// The address; absent where the workspace hides it.
    pub email: Option<String>,
    /// The number of the profile, for people whose number the guide does not have (SA, CSR).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
}

/// A user group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The handle, without `@`.
    pub handle: String,
    /// Who is in it.
    pub members: Vec<SlackUser>,
}

/// Something that a person did in Slack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlackInput {
    /// The delivery's own name; a repeat bears it again. Messages: `m:<channel>:<ts>`, so that the twin events of a mention
    /// (`app_mention`, `message`) and a message read back later are one.
    pub key: String,
    /// Who did it.
    pub by: SlackUser,
    /// What was done.
    pub what: SlackAct,
    /// The payload as it came, without Slack's verification token; `None` when it was read back from history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<serde_json::Value>,
}

/// What was done in Slack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlackAct {
    /// A message was written.
    Said {
        /// The message.
        at: MessageRef,
        /// The thread's root, when it is a reply.
        thread: Option<Ts>,
        /// The text as Slack sends it: `<@U…>`, `<url|label>`, `&amp;`.
        text: String,
    },
    /// Another app wrote a message in a channel, not in a thread.
    BotSaid {
        /// The message.
        at: MessageRef,
        /// The text as Slack sends it, with that of its attachments.
        text: String,
    },
    /// A message was changed.
    Edited {
        /// The message.
        at: MessageRef,
        /// The thread's root, when it is a reply.
        thread: Option<Ts>,
        /// The text now.
        text: String,
    },
    /// A message was deleted.
    Deleted {
        /// The message.
        at: MessageRef,
    },
    /// A reaction was set.
    Reacted {
        /// On which message.
        to: MessageRef,
        /// The emoji's name without colons.
        emoji: String,
    },
    /// A reaction was taken back.
    Unreacted {
        /// On which message.
        to: MessageRef,
        /// The emoji's name without colons.
        emoji: String,
    },
    /// A button was pressed.
    Pressed {
        /// On which message.
        on: MessageRef,
        /// The thread that message hangs on.
        thread: Option<Ts>,
        /// The button's value, as it was posted.
        token: String,
        /// Opens a form for three seconds.
        trigger: String,
        /// Answers to the person alone.
        reply: ReplyTo,
    },
    /// A slash command was typed.
    Commanded {
        /// `/assign`.
        command: String,
        /// What stood behind it.
        text: String,
        /// Where.
        channel: ChannelId,
        /// Opens a form for three seconds.
        trigger: String,
        /// Answers to the person alone.
        reply: ReplyTo,
    },
    /// A form was handed in.
    Submitted {
        /// The form's token, as it was opened.
        token: String,
        /// Its fields' answers by key; people are user ids; blank ones are empty.
        fields: BTreeMap<String, String>,
    },
    /// The app's home was opened.
    HomeOpened,
    /// A button of the app's home was pressed.
    HomePressed {
        /// The button's value, as it was published.
        token: String,
        /// Opens a form for three seconds.
        trigger: String,
    },
}

/// How a person is answered alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyTo {
    /// Where the person is.
    pub channel: ChannelId,
    /// In which thread.
    pub thread: Option<Ts>,
    /// Slack's `response_url`, good for 30 minutes; works where the bot is no member.
    pub url: Option<String>,
}

/// The delivery's name of a reaction, live or read back. It may be set again after it was taken back; see
/// [`SlackAct::Unreacted`].
#[must_use]
pub fn reaction_key(to: &MessageRef, by: &SlackUser, emoji: &str) -> String {
    format!("r:{}:{}:{by}:{emoji}", to.channel, to.ts)
}

impl SlackAct {
    /// The message that a reaction or reply is about: the one reacted to, the thread's root.
    #[must_use]
    pub fn about(&self) -> Option<MessageRef> {
        match self {
            Self::Reacted { to, .. } | Self::Unreacted { to, .. } => Some(to.clone()),
            Self::Said { at, thread: Some(thread), .. } => {
                Some(MessageRef { channel: at.channel.clone(), ts: thread.clone() })
            }
            Self::Said { .. }
            | Self::BotSaid { .. }
            | Self::Edited { .. }
            | Self::Deleted { .. }
            | Self::Pressed { .. }
            | Self::Commanded { .. }
            | Self::Submitted { .. }
            | Self::HomeOpened
            | Self::HomePressed { .. } => None,
        }
    }
}
