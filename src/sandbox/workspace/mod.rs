//! A Slack workspace as a value: people, groups, channels, messages, open forms, and one installed app (the bot).
//!
//! Pure: no I/O, and the time is passed in. Two faces:
//! - what a **person** does ([`Workspace::say`], [`Workspace::press`], …) returns the deliveries that Slack would send to the app;
//! - what the **bot** does ([`Workspace::api`], [`Workspace::respond`]) takes and returns what Slack's Web API would; what Slack
//!   tells the app of its own acts waits in [`Workspace::take_echoes`].
//!
//! Slack's own ways that matter to a bot are kept: a mention comes as two events, a deleted message that has replies becomes a
//! tombstone, triggers live three seconds, ephemeral messages leave no history, only `& < >` are escaped.

mod api;
mod blocks;
mod files;
mod limits;
mod message;
mod payload;
mod person;
mod text;
mod views;

pub(super) use blocks::state as chosen;
pub use blocks::{Button, Field};
pub use files::File;
pub use limits::Rate;
pub use message::{Author, Ephemeral, Message, Reaction};
pub(super) use payload::VERIFICATION_TOKEN;
pub use payload::{Delivery, DeliveryKind};
pub use person::{Pick, PressOn, Refused, Typing};
pub use text::{Bit, read as read_text, unescape};
pub use views::{Answered, OpenForm, View};

use crate::domain::ids::{ChannelId, MessageRef, SlackGroup, SlackUser, Ts};
use crate::domain::time::Time;
use limits::Limits;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How long a trigger opens forms.
const TRIGGER_LIVES: chrono::TimeDelta = chrono::TimeDelta::seconds(3);
/// How long a `response_url` takes posts.
const RESPONSE_LIVES: chrono::TimeDelta = chrono::TimeDelta::minutes(30);
/// How many posts a `response_url` takes.
const RESPONSE_USES: u8 = 5;

/// A person of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Slack's id.
    pub id: SlackUser,
    /// The account's name (`gaon`); can be typed behind an `@`, like the real name.
    pub handle: String,
    /// The name that people see.
    pub real_name: String,
    /// The address.
    pub email: String,
    /// The number of the profile; empty for none.
    pub phone: String,
    /// Whether Slack shows the person as active.
    pub active: bool,
    /// The status text.
    pub status: String,
    /// The status emoji, without colons.
    pub emoji: String,
    /// Since when notifications are paused.
    pub dnd_since: Option<Time>,
}

/// A user group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Slack's id.
    pub id: SlackGroup,
    /// The handle, without `@`.
    pub handle: String,
    /// What it is called.
    pub name: String,
    /// Who is in it.
    pub members: Vec<SlackUser>,
}

/// A channel, or the direct messages between one person and the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Slack's id.
    pub id: ChannelId,
    /// The name, without `#`; empty for direct messages.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// The person, for direct messages.
    pub direct_with: Option<SlackUser>,
    /// Who is in it; the bot too.
    pub members: BTreeSet<SlackUser>,
}

/// The installed app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bot {
    /// The bot's user.
    pub user: SlackUser,
    /// `B…`
    pub bot_id: String,
    /// `A…`
    pub app_id: String,
    /// What it is called; `@COC` mentions it.
    pub name: String,
    /// The token that Web API methods ask for.
    pub bot_token: String,
    /// The token that opens sockets.
    pub app_token: String,
}

/// The workspace. See the module's documentation.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The installed app.
    pub bot: Bot,
    team_id: String,
    team_domain: String,
    response_base: String,
    files: BTreeMap<String, File>,
    users: BTreeMap<SlackUser, User>,
    groups: BTreeMap<SlackGroup, Group>,
    channels: BTreeMap<ChannelId, Channel>,
    messages: BTreeMap<MessageRef, Message>,
    threads: BTreeMap<MessageRef, BTreeSet<Ts>>,
    ephemerals: Vec<Ephemeral>,
    modals: BTreeMap<SlackUser, Vec<View>>,
    homes: BTreeMap<SlackUser, View>,
    triggers: BTreeMap<String, Trigger>,
    responses: BTreeMap<String, Response>,
    echoes: Vec<Delivery>,
    limits: Limits,
    last_stamp: i64,
    serial: u64,
}

#[derive(Clone, Debug)]
struct Trigger {
    user: SlackUser,
    issued: Time,
    used: bool,
}

#[derive(Clone, Debug)]
struct Response {
    user: SlackUser,
    channel: ChannelId,
    /// The message whose button was pressed.
    source: Option<MessageRef>,
    issued: Time,
    uses: u8,
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new()
    }
}

impl Workspace {
    /// A workspace with the bot in it and nobody else.
    #[must_use]
    pub fn new() -> Self {
        let bot = Bot {
            user: "U0SANDBOXCOC".into(),
            bot_id: "B0SANDBOXCOC".to_owned(),
            app_id: "A0SANDBOXCOC".to_owned(),
            name: "COC".to_owned(),
            bot_token: "xoxb-sandbox".to_owned(),
            app_token: "xapp-sandbox".to_owned(),
        };
        Self {
            bot,
            team_id: "T0SANDBOX".to_owned(),
            team_domain: "coc-sandbox".to_owned(),
            response_base: "http://127.0.0.1/response".to_owned(),
            files: BTreeMap::new(),
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            channels: BTreeMap::new(),
            messages: BTreeMap::new(),
            threads: BTreeMap::new(),
            ephemerals: Vec::new(),
            modals: BTreeMap::new(),
            homes: BTreeMap::new(),
            triggers: BTreeMap::new(),
            responses: BTreeMap::new(),
            echoes: Vec::new(),
            limits: Limits::default(),
            last_stamp: 0,
            serial: 0,
        }
    }

    /// Where `response_url`s point: this, `/` and a token.
    pub fn set_response_base(&mut self, base: &str) {
        base.trim_end_matches('/').clone_into(&mut self.response_base);
    }

    /// Adds a person, who joins every channel there is. Ids count up in the order of adding.
    pub fn add_user(&mut self, handle: &str, real_name: &str, email: &str) -> SlackUser {
        let id = SlackUser(format!("U0SBX{:05}", self.users.len() + 1));
        for channel in self.channels.values_mut().filter(|channel| channel.direct_with.is_none()) {
            channel.members.insert(id.clone());
        }
        let user = User {
            id: id.clone(),
            handle: handle.to_owned(),
            real_name: real_name.to_owned(),
            email: email.to_owned(),
            phone: String::new(),
            active: true,
            status: String::new(),
            emoji: String::new(),
            dnd_since: None,
        };
        self.users.insert(id.clone(), user);
        id
    }

    /// Puts a number into a person's profile.
    pub fn set_phone(&mut self, user: &SlackUser, phone: &str) {
        if let Some(user) = self.users.get_mut(user) {
            phone.clone_into(&mut user.phone);
        }
    }

    /// Adds a user group.
    pub fn add_group(&mut self, handle: &str, name: &str, members: &[SlackUser]) -> SlackGroup {
        let id = SlackGroup(format!("S0SBX{:05}", self.groups.len() + 1));
        let group = Group {
            id: id.clone(),
            handle: handle.to_owned(),
            name: name.to_owned(),
            members: members.to_vec(),
        };
        self.groups.insert(id.clone(), group);
        id
    }

    /// Puts somebody into a user group.
    pub fn join_group(&mut self, group: &SlackGroup, user: &SlackUser) {
        if let Some(group) = self.groups.get_mut(group)
            && !group.members.contains(user)
        {
            group.members.push(user.clone());
        }
    }

    /// Adds a channel with everybody and the bot in it. `name` without `#`.
    pub fn add_channel(&mut self, name: &str, purpose: &str) -> ChannelId {
        let count = self.channels.values().filter(|channel| channel.direct_with.is_none()).count();
        let id = ChannelId(format!("C0SBX{:05}", count + 1));
        let mut members: BTreeSet<SlackUser> = self.users.keys().cloned().collect();
        members.insert(self.bot.user.clone());
        let channel = Channel {
            id: id.clone(),
            name: name.to_owned(),
            purpose: purpose.to_owned(),
            direct_with: None,
            members,
        };
        self.channels.insert(id.clone(), channel);
        id
    }

    /// Takes somebody (the bot, too) out of a channel.
    pub fn leave_channel(&mut self, channel: &ChannelId, user: &SlackUser) {
        if let Some(channel) = self.channels.get_mut(channel) {
            channel.members.remove(user);
        }
    }

    /// The person of that id.
    #[must_use]
    pub fn user(&self, id: &SlackUser) -> Option<&User> {
        self.users.get(id)
    }

    /// Everybody, in the order of adding.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// The one person of that real name or handle.
    #[must_use]
    pub fn user_named(&self, name: &str) -> Option<&User> {
        let mut found =
            self.users.values().filter(|user| user.real_name == name || user.handle == name);
        let first = found.next();
        if found.next().is_none() { first } else { None }
    }

    /// All user groups.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// The user group of that id.
    #[must_use]
    pub fn group(&self, id: &SlackGroup) -> Option<&Group> {
        self.groups.get(id)
    }

    /// The channel of that id.
    #[must_use]
    pub fn channel(&self, id: &ChannelId) -> Option<&Channel> {
        self.channels.get(id)
    }

    /// The channel of that name, with or without `#`.
    #[must_use]
    pub fn channel_named(&self, name: &str) -> Option<&Channel> {
        let name = name.trim_start_matches('#');
        let mut named = self.channels.values().filter(|channel| channel.direct_with.is_none());
        named.find(|channel| channel.name == name)
    }

    /// All channels and direct messages.
    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.channels.values()
    }

    /// The message there.
    #[must_use]
    pub fn message(&self, at: &MessageRef) -> Option<&Message> {
        self.messages.get(at)
    }

    /// A channel's messages and replies, oldest first.
    pub fn messages<'a>(
        &'a self,
        channel: &'a ChannelId,
    ) -> impl DoubleEndedIterator<Item = &'a Message> {
        // Stamps begin with a digit: `:` is behind all of them.
        let to = MessageRef { channel: channel.clone(), ts: Ts(":".to_owned()) };
        let from = MessageRef { channel: channel.clone(), ts: Ts(String::new()) };
        self.messages.range(from..to).map(|(_, message)| message)
    }

    /// The replies to a message, oldest first.
    pub fn replies<'a>(
        &'a self,
        root: &'a MessageRef,
    ) -> impl DoubleEndedIterator<Item = &'a Message> {
        let stamps = self.threads.get(root).into_iter().flatten();
        stamps.filter_map(|ts| {
            self.messages.get(&MessageRef { channel: root.channel.clone(), ts: ts.clone() })
        })
    }

    /// The bot's newest post in a channel or thread that fits; never an ephemeral or a direct message.
    pub fn newest_of_bot(&self, fits: impl Fn(&Message) -> bool) -> Option<&Message> {
        let public = |message: &&Message| {
            self.channels
                .get(&message.at.channel)
                .is_some_and(|channel| channel.direct_with.is_none())
        };
        self.messages
            .values()
            .filter(|message| message.author == Author::Bot && !message.tombstone)
            .filter(public)
            .filter(|message| fits(message))
            .max_by(|a, b| a.at.ts.cmp(&b.at.ts))
    }

    /// The ephemeral messages shown so far, oldest first.
    #[must_use]
    pub fn ephemerals(&self) -> &[Ephemeral] {
        &self.ephemerals
    }

    /// The app's home as one person sees it.
    #[must_use]
    pub fn home(&self, user: &SlackUser) -> Option<&View> {
        self.homes.get(user)
    }

    /// What a person reads on a message: its blocks' words if it has any, else its text; mentions as `@이름`, links as addresses.
    #[must_use]
    pub fn words(&self, text: &str, blocks: &[Value]) -> String {
        let lines = blocks::words(blocks);
        if lines.is_empty() {
            return self.readable(text);
        }
        lines.iter().map(|line| self.readable(line)).collect::<Vec<_>>().join("\n")
    }

    /// Who is notified by a message: people by name, groups as `@handle`, in order, once each.
    #[must_use]
    pub fn mentions(&self, text: &str, blocks: &[Value]) -> Vec<String> {
        let mut lines = blocks::words(blocks);
        if lines.is_empty() {
            lines.push(text.to_owned());
        }
        let mut found: Vec<String> = Vec::new();
        for bit in lines.iter().flat_map(|line| text::read(line)) {
            let name = match bit {
                Bit::User(id) => self.name_of(&id),
                Bit::Group(id) => format!("@{}", self.handle_of(&id)),
                Bit::Broadcast(word) => format!("@{word}"),
                Bit::Text(_) | Bit::Channel(_) | Bit::Link { .. } | Bit::Special(_) => continue,
            };
            if !found.contains(&name) {
                found.push(name);
            }
        }
        found
    }

    /// A text in Slack's format as a person reads it.
    #[must_use]
    pub fn readable(&self, text: &str) -> String {
        let mut out = String::new();
        for bit in text::read(text) {
            match bit {
                Bit::Text(words) | Bit::Special(words) => out.push_str(&words),
                Bit::User(id) => {
                    out.push('@');
                    out.push_str(&self.name_of(&id));
                }
                Bit::Group(id) => {
                    out.push('@');
                    out.push_str(&self.handle_of(&id));
                }
                Bit::Channel(id) => {
                    out.push('#');
                    let known = self.channels.get(&id);
                    out.push_str(known.map_or(id.as_str(), |channel| &channel.name));
                }
                Bit::Broadcast(word) => {
                    out.push('@');
                    out.push_str(&word);
                }
                Bit::Link { url, .. } => {
                    out.push_str(url.strip_prefix("mailto:").unwrap_or(&url));
                }
            }
        }
        out
    }

    fn name_of(&self, id: &SlackUser) -> String {
        if *id == self.bot.user {
            return self.bot.name.clone();
        }
        self.users.get(id).map_or_else(|| id.to_string(), |user| user.real_name.clone())
    }

    fn handle_of(&self, id: &SlackGroup) -> String {
        self.groups.get(id).map_or_else(|| id.to_string(), |group| group.handle.clone())
    }

    /// The buttons on a message now.
    #[must_use]
    pub fn buttons(&self, at: &MessageRef) -> Vec<Button> {
        self.messages.get(at).map_or_else(Vec::new, |message| blocks::buttons(&message.blocks))
    }

    /// What Slack told the app of the app's own acts since the last time.
    pub fn take_echoes(&mut self) -> Vec<Delivery> {
        std::mem::take(&mut self.echoes)
    }

    /// A stamp that no message has: the time's microseconds, later than every stamp before.
    fn stamp(&mut self, now: Time) -> Ts {
        self.last_stamp = now.timestamp_micros().max(self.last_stamp + 1);
        Ts(format!("{}.{:06}", self.last_stamp / 1_000_000, self.last_stamp % 1_000_000))
    }

    /// A new number, the same on every run.
    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    fn trigger(&mut self, now: Time, user: &SlackUser) -> String {
        let n = self.next_serial();
        let id = format!(
            "{}.{n}.{:032x}",
            now.timestamp_millis(),
            n.wrapping_mul(0x9E37_79B9_7F4A_7C15)
        );
        let trigger = Trigger { user: user.clone(), issued: now, used: false };
        self.triggers.retain(|_, old| now - old.issued < TRIGGER_LIVES * 20);
        self.triggers.insert(id.clone(), trigger);
        id
    }

    fn response_url(
        &mut self,
        now: Time,
        user: &SlackUser,
        channel: &ChannelId,
        source: Option<MessageRef>,
    ) -> String {
        let token = format!("R{:010}", self.next_serial());
        let url = format!("{}/{token}", self.response_base);
        let (user, channel) = (user.clone(), channel.clone());
        self.responses.insert(token, Response { user, channel, source, issued: now, uses: 0 });
        url
    }

    fn is_member(&self, channel: &ChannelId, user: &SlackUser) -> bool {
        self.channels.get(channel).is_some_and(|channel| channel.members.contains(user))
    }

    /// The direct messages between a person and the bot; opened when there are none.
    fn direct(&mut self, user: &SlackUser) -> (ChannelId, bool) {
        let open =
            self.channels.values().find(|channel| channel.direct_with.as_ref() == Some(user));
        if let Some(open) = open {
            return (open.id.clone(), true);
        }
        let id = ChannelId(format!("D{}", user.as_str().trim_start_matches('U')));
        let channel = Channel {
            id: id.clone(),
            name: String::new(),
            purpose: String::new(),
            direct_with: Some(user.clone()),
            members: BTreeSet::from([user.clone(), self.bot.user.clone()]),
        };
        self.channels.insert(id.clone(), channel);
        (id, false)
    }
}
