//! Messages, and how Slack writes them down.

use super::text::{self, Bit};
use super::{Bot, Workspace};
use crate::domain::ids::{ChannelId, MessageRef, SlackUser, Ts};
use serde_json::{Value, json};

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// A person.
    Person(SlackUser),
    /// The installed app.
    Bot,
}

/// An emoji under a message, and whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// The emoji's name, without colons.
    pub name: String,
    /// Who set it, in order.
    pub users: Vec<SlackUser>,
}

/// A message of a channel or of direct messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Where it stands.
    pub at: MessageRef,
    /// Who wrote it.
    pub author: Author,
    /// The thread's root, when it is a reply.
    pub thread: Option<Ts>,
    /// The text in Slack's format.
    pub text: String,
    /// Block Kit, as posted, with the ids that Slack fills in. Empty for what people type.
    pub blocks: Vec<Value>,
    /// The files that were handed over with it, by id.
    pub files: Vec<String>,
    /// What the app hung on it, `{event_type, event_payload}`.
    pub metadata: Option<Value>,
    /// The emojis under it.
    pub reactions: Vec<Reaction>,
    /// Who changed it last, and when.
    pub edited: Option<(SlackUser, Ts)>,
    /// It was deleted, but its replies stand.
    pub tombstone: bool,
    /// Slack's number for what a client sent.
    pub(super) serial: u64,
}

/// A message that one person alone sees. Slack keeps none.
#[derive(Clone, Debug, PartialEq)]
pub struct Ephemeral {
    /// Where it is shown.
    pub at: MessageRef,
    /// Who sees it.
    pub to: SlackUser,
    /// In which thread.
    pub thread: Option<Ts>,
    /// The text in Slack's format.
    pub text: String,
    /// Block Kit.
    pub blocks: Vec<Value>,
}

impl Message {
    /// The root of the thread that it belongs to or starts.
    #[must_use]
    pub fn root(&self) -> MessageRef {
        let ts = self.thread.clone().unwrap_or_else(|| self.at.ts.clone());
        MessageRef { channel: self.at.channel.clone(), ts }
    }
}

impl Workspace {
    /// A message as Slack's API and events write it, without the app's metadata.
    #[must_use]
    pub fn message_json(&self, message: &Message) -> Value {
        let mut said = json!({ "type": "message", "ts": message.at.ts, "text": message.text });
        if message.tombstone {
            said["subtype"] = json!("tombstone");
            said["user"] = json!("USLACKBOT");
            said["hidden"] = json!(true);
        } else {
            match &message.author {
                Author::Person(user) => {
                    said["user"] = json!(user);
                    said["client_msg_id"] = json!(client_msg_id(message.serial));
                    said["blocks"] = json!([typed_block(message)]);
                }
                Author::Bot => {
                    said["user"] = json!(self.bot.user);
                    said["bot_id"] = json!(self.bot.bot_id);
                    said["app_id"] = json!(self.bot.app_id);
                    said["bot_profile"] = self.bot_profile();
                    if !message.blocks.is_empty() {
                        said["blocks"] = json!(message.blocks);
                    }
                    if !message.files.is_empty() {
                        let files = message.files.iter().map(|id| self.file_json(id));
                        said["files"] = files.collect();
                    }
                }
            }
            said["team"] = json!(self.team_id);
        }
        if let Some((by, ts)) = &message.edited {
            said["edited"] = json!({ "user": by, "ts": ts });
        }
        if !message.reactions.is_empty() {
            let reactions = message.reactions.iter();
            said["reactions"] = reactions
                .map(
                    |one| json!({ "name": one.name, "users": one.users, "count": one.users.len() }),
                )
                .collect();
        }
        self.add_thread(message, &mut said);
        said
    }

    fn add_thread(&self, message: &Message, said: &mut Value) {
        if let Some(root) = &message.thread {
            said["thread_ts"] = json!(root);
            let root = MessageRef { channel: message.at.channel.clone(), ts: root.clone() };
            if let Some(root) = self.messages.get(&root) {
                said["parent_user_id"] = json!(root.user(&self.bot));
            }
            return;
        }
        let Some(replies) = self.threads.get(&message.at).filter(|replies| !replies.is_empty())
        else {
            return;
        };
        let mut users: Vec<&SlackUser> = Vec::new();
        for reply in self.replies(&message.at) {
            let user = reply.user(&self.bot);
            if !users.contains(&user) {
                users.push(user);
            }
        }
        said["thread_ts"] = json!(message.at.ts);
        said["reply_count"] = json!(replies.len());
        said["reply_users_count"] = json!(users.len());
        said["reply_users"] = json!(users);
        said["latest_reply"] = json!(replies.last());
        said["is_locked"] = json!(false);
        said["subscribed"] = json!(message.author == Author::Bot);
    }

    pub(super) fn bot_profile(&self) -> Value {
        let Bot { bot_id, app_id, name, .. } = &self.bot;
        json!({
            "id": bot_id, "app_id": app_id, "name": name, "deleted": false, "updated": 0,
            "team_id": self.team_id,
            "icons": { "image_36": "", "image_48": "", "image_72": "" },
        })
    }

    /// The message's address in a browser.
    pub(super) fn permalink(&self, message: &Message) -> String {
        let (channel, digits) = (&message.at.channel, message.at.ts.as_str().replace('.', ""));
        let thread = message.thread.as_ref();
        let tail = thread.map_or_else(String::new, |ts| format!("?thread_ts={ts}&cid={channel}"));
        format!("https://{}.slack.com/archives/{channel}/p{digits}{tail}", self.team_domain)
    }

    pub(super) fn put(&mut self, message: Message) {
        if let Some(root) = &message.thread {
            let root = MessageRef { channel: message.at.channel.clone(), ts: root.clone() };
            self.threads.entry(root).or_default().insert(message.at.ts.clone());
        }
        self.messages.insert(message.at.clone(), message);
    }

    /// The thread's root for a reply to `ts`: Slack hangs a reply to a reply on the root. `None` when no such message stands.
    pub(super) fn thread_root(&self, channel: &ChannelId, ts: &Ts) -> Option<Ts> {
        let at = MessageRef { channel: channel.clone(), ts: ts.clone() };
        self.messages.get(&at).map(|message| message.root().ts)
    }

    /// Takes a message away; what stands in its place when it has replies. `None` when there was none.
    pub(super) fn remove(&mut self, at: &MessageRef) -> Option<(Message, Option<Message>)> {
        let gone = self.messages.remove(at)?;
        if let Some(root) = &gone.thread {
            let root = MessageRef { channel: at.channel.clone(), ts: root.clone() };
            if let Some(replies) = self.threads.get_mut(&root) {
                replies.remove(&at.ts);
            }
            return Some((gone, None));
        }
        let has_replies = self.threads.get(at).is_some_and(|replies| !replies.is_empty());
        if !has_replies {
            return Some((gone, None));
        }
        let tombstone = Message {
            text: "This message was deleted.".to_owned(),
            blocks: Vec::new(),
            files: Vec::new(),
            metadata: None,
            reactions: Vec::new(),
            edited: None,
            tombstone: true,
            ..gone.clone()
        };
        self.messages.insert(at.clone(), tombstone.clone());
        Some((gone, Some(tombstone)))
    }
}

impl Message {
    /// The user whose message it is.
    pub(super) fn user<'a>(&'a self, bot: &'a Bot) -> &'a SlackUser {
        match &self.author {
            Author::Person(user) => user,
            Author::Bot => &bot.user,
        }
    }
}

fn client_msg_id(serial: u64) -> String {
    format!("{serial:08x}-0000-4000-8000-{serial:012x}")
}

/// What people type comes with a `rich_text` block that says the same.
fn typed_block(message: &Message) -> Value {
    let bits = text::read(&message.text);
    let elements: Vec<Value> = bits
        .into_iter()
        .map(|bit| match bit {
            Bit::Text(words) | Bit::Special(words) => json!({ "type": "text", "text": words }),
            Bit::User(id) => json!({ "type": "user", "user_id": id }),
            Bit::Group(id) => json!({ "type": "usergroup", "usergroup_id": id }),
            Bit::Channel(id) => json!({ "type": "channel", "channel_id": id }),
            Bit::Broadcast(range) => json!({ "type": "broadcast", "range": range }),
            Bit::Link { url, label: None } => json!({ "type": "link", "url": url }),
            Bit::Link { url, label: Some(label) } => {
                json!({ "type": "link", "url": url, "text": label })
            }
        })
        .collect();
    json!({
        "type": "rich_text",
        "block_id": format!("r{:x}", message.serial),
        "elements": [{ "type": "rich_text_section", "elements": elements }],
    })
}
