//! What people do, and what Slack tells the app of it.

use super::blocks;
use super::message::{Author, Message, Reaction};
use super::payload::{Delivery, DeliveryKind, VERIFICATION_TOKEN};
use super::text::{self, Named, Names};
use super::{Channel, Workspace};
use crate::domain::ids::{ChannelId, MessageRef, SlackUser, Ts};
use crate::domain::time::Time;
use serde_json::{Value, json};

/// Whether a text is what a person types or what Slack stores already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// Typed: `@이름` becomes a mention, addresses become links, `& < >` are escaped, as Slack does while people type.
    Plain,
    /// In Slack's format already: kept as it is.
    Raw,
}

/// Which button is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick<'a> {
    /// The first that bears this label.
    Label(&'a str),
    /// The one of this block and action.
    Id {
        /// Its block.
        block_id: &'a str,
        /// Its action.
        action_id: &'a str,
    },
}

/// Where a button is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PressOn<'a> {
    /// On a message of a channel, a thread or direct messages.
    Message(&'a MessageRef),
    /// On a message that only this person sees.
    Ephemeral(&'a MessageRef),
    /// On the app's home.
    Home,
    /// In the form that is open.
    Form,
}

/// Why somebody cannot do something. The words are for the person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nobody has this id.
    #[error("그런 사람이 없습니다. 읽은 값: \"{0}\"")]
    NoSuchUser(SlackUser),
    /// No channel has this id.
    #[error("그런 채널이 없습니다. 읽은 값: \"{0}\"")]
    NoSuchChannel(ChannelId),
    /// The person is not in the channel.
    #[error("채널에 들어와 있지 않습니다. 채널: #{0}")]
    NotInChannel(String),
    /// The app takes no direct messages.
    #[error("이 앱은 DM을 받지 않습니다. 채널에 적어 주십시오. 예: #general")]
    NoDirectMessages,
    /// There is nothing to say.
    #[error("빈 메시지는 보낼 수 없습니다. 한 글자 이상 적어 주십시오.")]
    Empty,
    /// No such message stands.
    #[error("그런 메시지가 없습니다. 읽은 값: {} {}", .0.channel, .0.ts)]
    NoSuchMessage(MessageRef),
    /// The message is somebody else's.
    #[error("본인이 쓴 메시지만 고치거나 지울 수 있습니다.")]
    NotYours,
    /// The reaction is there already.
    #[error("이미 남긴 반응입니다. 읽은 값: :{0}:")]
    ReactedAlready(String),
    /// The reaction is not there.
    #[error("남기지 않은 반응입니다. 읽은 값: :{0}:")]
    NotReacted(String),
    /// The message has no such button now.
    #[error("그런 버튼이 없습니다. 읽은 값: \"{read}\". 지금 있는 버튼: {}", list(.there))]
    NoSuchButton {
        /// What was looked for.
        read: String,
        /// The labels that are there.
        there: Vec<String>,
    },
    /// No form is open for the person.
    #[error("열려 있는 양식이 없습니다.")]
    NoOpenForm,
    /// The form has no such field.
    #[error("그런 항목이 없습니다. 읽은 값: \"{read}\". 지금 있는 항목: {}", list(.there))]
    NoSuchField {
        /// What was looked for.
        read: String,
        /// The labels that are there.
        there: Vec<String>,
    },
    /// The field has no such choice.
    #[error("{field}: 고를 수 없는 값입니다. 읽은 값: \"{read}\". 고를 수 있는 값: {}", list(.there))]
    NoSuchChoice {
        /// The field's label.
        field: String,
        /// What was read.
        read: String,
        /// What can be chosen; empty for people.
        there: Vec<String>,
    },
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "없음".to_owned() } else { names.join(", ") }
}

impl Workspace {
    /// Somebody writes a message, or a reply when `thread` is given. Returns where it stands and what Slack tells the app: a
    /// `message` event, and before it an `app_mention` when the bot is mentioned.
    ///
    /// # Errors
    /// The person is not in the channel, the thread's message does not stand, or there is nothing to say.
    pub fn say(
        &mut self,
        now: Time,
        user: &SlackUser,
        channel: &ChannelId,
        thread: Option<&Ts>,
        text: &str,
        typing: Typing,
    ) -> Result<(MessageRef, Vec<Delivery>), Refused> {
        self.may_write(user, channel)?;
        if text.trim().is_empty() {
            return Err(Refused::Empty);
        }
        let thread = match thread {
            Some(ts) => {
                let at = MessageRef { channel: channel.clone(), ts: ts.clone() };
                Some(self.thread_root(channel, ts).ok_or(Refused::NoSuchMessage(at))?)
            }
            None => None,
        };
        let text = self.type_text(text, typing);
        let at = MessageRef { channel: channel.clone(), ts: self.stamp(now) };
        let message = Message {
            at: at.clone(),
            author: Author::Person(user.clone()),
            thread,
            text,
            blocks: Vec::new(),
            files: Vec::new(),
            metadata: None,
            reactions: Vec::new(),
            edited: None,
            tombstone: false,
            serial: self.next_serial(),
        };
        self.put(message.clone());
        Ok((at, self.told_of_new(now, &message)))
    }

    /// The events of a new message of a person or of the bot.
    pub(super) fn told_of_new(&mut self, now: Time, message: &Message) -> Vec<Delivery> {
        let Some(channel) = self.channels.get(&message.at.channel) else { return Vec::new() };
        if !self.overhears(channel) {
            return Vec::new();
        }
        let mut event = self.message_json(message);
        event["channel"] = json!(message.at.channel);
        event["event_ts"] = json!(message.at.ts);
        let mut told = Vec::new();
        let of_person = matches!(message.author, Author::Person(_));
        let me = text::Bit::User(self.bot.user.clone());
        if of_person && text::read(&message.text).contains(&me) {
            let mut mention = event.clone();
            mention["type"] = json!("app_mention");
            told.push(self.event(now, mention));
        }
        event["channel_type"] = json!("channel");
        told.push(self.event(now, event));
        told
    }

    /// Somebody changes an own message: `message_changed`.
    ///
    /// # Errors
    /// No such message stands, it is somebody else's, or there is nothing to say.
    pub fn edit(
        &mut self,
        now: Time,
        user: &SlackUser,
        at: &MessageRef,
        text: &str,
        typing: Typing,
    ) -> Result<Vec<Delivery>, Refused> {
        self.own(user, at)?;
        if text.trim().is_empty() {
            return Err(Refused::Empty);
        }
        let text = self.type_text(text, typing);
        let stamp = self.stamp(now);
        let Some(message) = self.messages.get_mut(at) else {
            return Err(Refused::NoSuchMessage(at.clone()));
        };
        let before = message.clone();
        message.text = text;
        message.edited = Some((user.clone(), stamp.clone()));
        let after = message.clone();
        Ok(self.told_of_change(now, &stamp, &before, &after))
    }

    /// `message_changed`, when the app is where it happened.
    pub(super) fn told_of_change(
        &mut self,
        now: Time,
        stamp: &Ts,
        before: &Message,
        after: &Message,
    ) -> Vec<Delivery> {
        let Some(channel) = self.channels.get(&after.at.channel) else { return Vec::new() };
        if !self.overhears(channel) {
            return Vec::new();
        }
        let event = json!({
            "type": "message",
            "subtype": "message_changed",
            "message": self.message_json(after),
            "previous_message": self.message_json(before),
            "channel": after.at.channel,
            "hidden": true,
            "ts": stamp,
            "event_ts": stamp,
            "channel_type": "channel",
        });
        vec![self.event(now, event)]
    }

    /// Somebody deletes an own message: `message_deleted`; or, as in Slack, `message_changed` to a `tombstone` when the message has
    /// replies.
    ///
    /// # Errors
    /// No such message stands, or it is somebody else's.
    pub fn delete(
        &mut self,
        now: Time,
        user: &SlackUser,
        at: &MessageRef,
    ) -> Result<Vec<Delivery>, Refused> {
        self.own(user, at)?;
        self.take_away(now, at).ok_or_else(|| Refused::NoSuchMessage(at.clone()))
    }

    /// Deletes whoever's message; `None` when none stands.
    pub(super) fn take_away(&mut self, now: Time, at: &MessageRef) -> Option<Vec<Delivery>> {
        let (gone, tombstone) = self.remove(at)?;
        let stamp = self.stamp(now);
        if let Some(tombstone) = tombstone {
            return Some(self.told_of_change(now, &stamp, &gone, &tombstone));
        }
        let heard = self.channels.get(&at.channel).is_some_and(|channel| self.overhears(channel));
        if !heard {
            return Some(Vec::new());
        }
        let event = json!({
            "type": "message",
            "subtype": "message_deleted",
            "previous_message": self.message_json(&gone),
            "channel": at.channel,
            "hidden": true,
            "deleted_ts": at.ts,
            "ts": stamp,
            "event_ts": stamp,
            "channel_type": "channel",
        });
        Some(vec![self.event(now, event)])
    }

    /// Somebody sets an emoji (named without colons): `reaction_added`.
    ///
    /// # Errors
    /// No such message stands, or the emoji is there already.
    pub fn react(
        &mut self,
        now: Time,
        user: &SlackUser,
        at: &MessageRef,
        emoji: &str,
    ) -> Result<Vec<Delivery>, Refused> {
        self.known(user)?;
        let message = self.standing_mut(at)?;
        if !add_reaction(message, user, emoji) {
            return Err(Refused::ReactedAlready(emoji.to_owned()));
        }
        Ok(self.told_of_reaction(now, "reaction_added", user, at, emoji))
    }

    /// Somebody takes an emoji back: `reaction_removed`.
    ///
    /// # Errors
    /// No such message stands, or the emoji is not there.
    pub fn unreact(
        &mut self,
        now: Time,
        user: &SlackUser,
        at: &MessageRef,
        emoji: &str,
    ) -> Result<Vec<Delivery>, Refused> {
        self.known(user)?;
        let message = self.standing_mut(at)?;
        if !remove_reaction(message, user, emoji) {
            return Err(Refused::NotReacted(emoji.to_owned()));
        }
        Ok(self.told_of_reaction(now, "reaction_removed", user, at, emoji))
    }

    pub(super) fn told_of_reaction(
        &mut self,
        now: Time,
        kind: &str,
        user: &SlackUser,
        at: &MessageRef,
        emoji: &str,
    ) -> Vec<Delivery> {
        let heard = self.channels.get(&at.channel).is_some_and(|channel| self.overhears(channel));
        let Some(message) = self.messages.get(at).filter(|_| heard) else { return Vec::new() };
        let item_user = message.user(&self.bot).clone();
        let stamp = self.stamp(now);
        let event = json!({
            "type": kind,
            "user": user,
            "reaction": emoji,
            "item": { "type": "message", "channel": at.channel, "ts": at.ts },
            "item_user": item_user,
            "event_ts": stamp,
        });
        vec![self.event(now, event)]
    }

    /// Somebody presses a button: `block_actions`.
    ///
    /// # Errors
    /// There is no such message, form or button now.
    pub fn press(
        &mut self,
        now: Time,
        user: &SlackUser,
        on: PressOn<'_>,
        pick: Pick<'_>,
    ) -> Result<Delivery, Refused> {
        self.known(user)?;
        let blocks = self.blocks_on(user, on)?;
        let chosen = find_button(&blocks, pick)?;
        let stamp = self.stamp(now);
        let mut action = chosen.element.clone();
        action["block_id"] = json!(chosen.block_id);
        action["action_ts"] = json!(stamp);
        let mut payload = self.interaction("block_actions", user);
        payload["trigger_id"] = json!(self.trigger(now, user));
        payload["actions"] = json!([action]);
        match on {
            PressOn::Message(at) | PressOn::Ephemeral(at) => {
                self.press_place(now, user, at, on, &mut payload);
            }
            PressOn::Home | PressOn::Form => self.press_view(user, on, &mut payload),
        }
        Ok(Delivery { kind: DeliveryKind::Interactive, payload })
    }

    fn press_place(
        &mut self,
        now: Time,
        user: &SlackUser,
        at: &MessageRef,
        on: PressOn<'_>,
        payload: &mut Value,
    ) {
        let ephemeral = matches!(on, PressOn::Ephemeral(_));
        let name = self.channels.get(&at.channel).map_or("", Self::payload_name);
        payload["channel"] = json!({ "id": at.channel, "name": name });
        let message = self.messages.get(at).filter(|_| !ephemeral);
        let thread = match message {
            Some(message) => message.thread.clone(),
            None => self.ephemeral(user, at).and_then(|shown| shown.thread.clone()),
        };
        payload["container"] = json!({
            "type": "message",
            "message_ts": at.ts,
            "channel_id": at.channel,
            "is_ephemeral": ephemeral,
        });
        if let Some(thread) = thread {
            payload["container"]["thread_ts"] = json!(thread);
        }
        if let Some(message) = message {
            payload["message"] = self.message_json(message);
        }
        payload["state"] = json!({ "values": {} });
        payload["response_url"] =
            json!(self.response_url(now, user, &at.channel, Some(at.clone())));
    }

    fn press_view(&self, user: &SlackUser, on: PressOn<'_>, payload: &mut Value) {
        let view = match on {
            PressOn::Home => self.homes.get(user),
            PressOn::Form | PressOn::Message(_) | PressOn::Ephemeral(_) => self.modal(user),
        };
        if let Some(view) = view {
            payload["container"] = json!({ "type": "view", "view_id": view.id });
            payload["view"] = self.view_json(view);
        }
    }

    fn blocks_on(&self, user: &SlackUser, on: PressOn<'_>) -> Result<Vec<Value>, Refused> {
        match on {
            PressOn::Message(at) => {
                let message = self.messages.get(at).filter(|message| !message.tombstone);
                message.map(|message| message.blocks.clone()).ok_or(at)
            }
            PressOn::Ephemeral(at) => {
                self.ephemeral(user, at).map(|shown| shown.blocks.clone()).ok_or(at)
            }
            PressOn::Home => {
                return Ok(self
                    .homes
                    .get(user)
                    .map_or_else(Vec::new, |view| view.blocks().to_vec()));
            }
            PressOn::Form => {
                let view = self.modal(user).ok_or(Refused::NoOpenForm)?;
                return Ok(view.blocks().to_vec());
            }
        }
        .map_err(|at| Refused::NoSuchMessage(at.clone()))
    }

    fn ephemeral(&self, user: &SlackUser, at: &MessageRef) -> Option<&super::Ephemeral> {
        self.ephemerals.iter().find(|shown| shown.at == *at && shown.to == *user)
    }

    /// Somebody types a slash command (`/assign`) and what stands behind it.
    ///
    /// # Errors
    /// The person is not in the channel.
    pub fn slash(
        &mut self,
        now: Time,
        user: &SlackUser,
        channel: &ChannelId,
        command: &str,
        text: &str,
        typing: Typing,
    ) -> Result<Delivery, Refused> {
        let there = self.in_channel(user, channel)?;
        let name = Self::payload_name(there).to_owned();
        let handle = self.known(user)?.handle.clone();
        let text = self.type_text(text.trim(), typing);
        let payload = json!({
            "token": VERIFICATION_TOKEN,
            "team_id": self.team_id,
            "team_domain": self.team_domain,
            "channel_id": channel,
            "channel_name": name,
            "user_id": user,
            "user_name": handle,
            "command": command,
            "text": text,
            "api_app_id": self.bot.app_id,
            "is_enterprise_install": "false",
            "response_url": self.response_url(now, user, channel, None),
            "trigger_id": self.trigger(now, user),
        });
        Ok(Delivery { kind: DeliveryKind::Command, payload })
    }

    /// Somebody opens the app's home: `app_home_opened`.
    ///
    /// # Errors
    /// There is no such person.
    pub fn open_home(&mut self, now: Time, user: &SlackUser) -> Result<Delivery, Refused> {
        self.known(user)?;
        let (channel, _) = self.direct(user);
        let stamp = self.stamp(now);
        let mut event = json!({
            "type": "app_home_opened",
            "user": user,
            "channel": channel,
            "tab": "home",
            "event_ts": stamp,
        });
        if let Some(view) = self.homes.get(user) {
            event["view"] = self.view_json(view);
        }
        Ok(self.event(now, event))
    }

    /// Slack shows somebody as active or away. The app is not told (only RTM has that event): it asks.
    ///
    /// # Errors
    /// There is no such person.
    pub fn set_presence(&mut self, user: &SlackUser, active: bool) -> Result<(), Refused> {
        self.known_mut(user)?.active = active;
        Ok(())
    }

    /// Somebody pauses notifications until further notice, or no longer. The app is not told: it asks.
    ///
    /// # Errors
    /// There is no such person.
    pub fn set_dnd(&mut self, now: Time, user: &SlackUser, on: bool) -> Result<(), Refused> {
        let user = self.known_mut(user)?;
        user.dnd_since = on.then(|| user.dnd_since.unwrap_or(now));
        Ok(())
    }

    /// Somebody sets the status (emoji named without colons): `user_status_changed`.
    ///
    /// # Errors
    /// There is no such person.
    pub fn set_status(
        &mut self,
        now: Time,
        user: &SlackUser,
        text: &str,
        emoji: &str,
    ) -> Result<Delivery, Refused> {
        let person = self.known_mut(user)?;
        text.clone_into(&mut person.status);
        emoji.trim_matches(':').clone_into(&mut person.emoji);
        let person = person.clone();
        let stamp = self.stamp(now);
        let event = json!({
            "type": "user_status_changed",
            "user": self.user_json(&person),
            "cache_ts": now.timestamp(),
            "event_ts": stamp,
        });
        Ok(self.event(now, event))
    }

    fn type_text(&self, text: &str, typing: Typing) -> String {
        match typing {
            Typing::Raw => text.to_owned(),
            Typing::Plain => text::typed(text, &self.names()),
        }
    }

    fn names(&self) -> Names {
        let mut names = vec![(self.bot.name.clone(), Named::User(self.bot.user.clone()))];
        for user in self.users.values() {
            names.push((user.real_name.clone(), Named::User(user.id.clone())));
            names.push((user.handle.clone(), Named::User(user.id.clone())));
        }
        for group in self.groups.values() {
            names.push((group.handle.clone(), Named::Group(group.id.clone())));
        }
        for word in ["here", "channel", "everyone"] {
            names.push((word.to_owned(), Named::Broadcast(word)));
        }
        Names::new(names)
    }

    fn known(&self, user: &SlackUser) -> Result<&super::User, Refused> {
        self.users.get(user).ok_or_else(|| Refused::NoSuchUser(user.clone()))
    }

    fn known_mut(&mut self, user: &SlackUser) -> Result<&mut super::User, Refused> {
        self.users.get_mut(user).ok_or_else(|| Refused::NoSuchUser(user.clone()))
    }

    fn in_channel(&self, user: &SlackUser, channel: &ChannelId) -> Result<&Channel, Refused> {
        self.known(user)?;
        let there =
            self.channels.get(channel).ok_or_else(|| Refused::NoSuchChannel(channel.clone()))?;
        if !there.members.contains(user) {
            return Err(Refused::NotInChannel(there.name.clone()));
        }
        Ok(there)
    }

    fn may_write(&self, user: &SlackUser, channel: &ChannelId) -> Result<(), Refused> {
        match self.in_channel(user, channel)?.direct_with {
            Some(_) => Err(Refused::NoDirectMessages),
            None => Ok(()),
        }
    }

    fn own(&self, user: &SlackUser, at: &MessageRef) -> Result<(), Refused> {
        let message = self.messages.get(at).filter(|message| !message.tombstone);
        let message = message.ok_or_else(|| Refused::NoSuchMessage(at.clone()))?;
        if message.author == Author::Person(user.clone()) { Ok(()) } else { Err(Refused::NotYours) }
    }

    fn standing_mut(&mut self, at: &MessageRef) -> Result<&mut Message, Refused> {
        let message = self.messages.get_mut(at).filter(|message| !message.tombstone);
        message.ok_or_else(|| Refused::NoSuchMessage(at.clone()))
    }
}

/// Whether the reaction is new.
pub(super) fn add_reaction(message: &mut Message, user: &SlackUser, emoji: &str) -> bool {
    let place = message.reactions.iter().position(|reaction| reaction.name == emoji);
    match place {
        Some(i) if message.reactions[i].users.contains(user) => return false,
        Some(i) => message.reactions[i].users.push(user.clone()),
        None => {
            let (name, users) = (emoji.to_owned(), vec![user.clone()]);
            message.reactions.push(Reaction { name, users });
        }
    }
    true
}

/// Whether the reaction was there.
pub(super) fn remove_reaction(message: &mut Message, user: &SlackUser, emoji: &str) -> bool {
    let Some(reaction) = message.reactions.iter_mut().find(|one| one.name == emoji) else {
        return false;
    };
    let Some(i) = reaction.users.iter().position(|one| one == user) else { return false };
    reaction.users.remove(i);
    message.reactions.retain(|one| !one.users.is_empty());
    true
}

struct Chosen {
    block_id: String,
    element: Value,
}

fn find_button(all: &[Value], pick: Pick<'_>) -> Result<Chosen, Refused> {
    // a menu is no button, but is used like one by whoever knows its ids
    if let Pick::Id { block_id, action_id } = pick
        && let Some(element) = blocks::button(all, block_id, action_id)
    {
        return Ok(Chosen { block_id: block_id.to_owned(), element: element.clone() });
    }
    let buttons = blocks::buttons(all);
    let found = buttons.iter().find(|button| match pick {
        Pick::Label(label) => button.label == label,
        Pick::Id { block_id, action_id } => {
            button.block_id == block_id && button.action_id == action_id
        }
    });
    let element = found.and_then(|button| blocks::button(all, &button.block_id, &button.action_id));
    match (found, element) {
        (Some(button), Some(element)) => {
            Ok(Chosen { block_id: button.block_id.clone(), element: element.clone() })
        }
        (None, _) | (_, None) => Err(Refused::NoSuchButton {
            read: match pick {
                Pick::Label(label) => label.to_owned(),
                Pick::Id { action_id, .. } => action_id.to_owned(),
            },
            there: buttons.into_iter().map(|button| button.label).collect(),
        }),
    }
}
