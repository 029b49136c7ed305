//! The bot's side: Slack's Web API, its answers and errors by Slack's own names.

use super::blocks::{self, Surface};
use super::message::{Author, Ephemeral, Message};
use super::person::{add_reaction, remove_reaction};
use super::views::{DEEPEST, View};
use super::{Channel, Group, RESPONSE_LIVES, RESPONSE_USES, TRIGGER_LIVES, User, Workspace};
use crate::domain::ids::{ChannelId, MessageRef, SlackGroup, SlackUser, Ts};
use crate::domain::time::Time;
use serde_json::{Map, Value, json};

/// The longest text that Slack takes, in characters.
const LONGEST_TEXT: usize = 40_000;
/// The longest text of an update.
const LONGEST_UPDATE: usize = 4_000;
/// Slack's own user.
const SLACKBOT: &str = "USLACKBOT";

/// A method's refusal: Slack's name for it, and details where Slack gives some.
#[derive(Debug)]
pub(super) struct Refusal {
    error: &'static str,
    details: Vec<String>,
}

impl From<&'static str> for Refusal {
    fn from(error: &'static str) -> Self {
        Self { error, details: Vec::new() }
    }
}

pub(super) type Answer = Result<Value, Refusal>;

/// A call's arguments: JSON types, or the strings of a form.
pub(super) struct Args<'a>(&'a Value);

impl Args<'_> {
    pub(super) fn text(&self, key: &str) -> Option<String> {
        match &self.0[key] {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null
            | Value::Bool(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => None,
        }
    }

    pub(super) fn required(&self, key: &str) -> Result<String, Refusal> {
        self.text(key).ok_or_else(|| Refusal {
            error: "invalid_arguments",
            details: vec![format!("missing required field: {key}")],
        })
    }

    fn flag(&self, key: &str) -> bool {
        match &self.0[key] {
            Value::Bool(flag) => *flag,
            Value::String(text) => matches!(text.as_str(), "true" | "1"),
            Value::Number(number) => number.as_i64() == Some(1),
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        }
    }

    /// A JSON value, also where it comes as a string; `Err` when the string is no JSON.
    pub(super) fn json(&self, key: &str) -> Result<Option<Value>, ()> {
        match &self.0[key] {
            Value::Null => Ok(None),
            Value::String(text) if text.is_empty() => Ok(None),
            Value::String(text) => serde_json::from_str(text).map(Some).map_err(|_| ()),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Ok(Some(self.0[key].clone()))
            }
        }
    }

    fn limit(&self, usual: usize, most: usize) -> Result<usize, Refusal> {
        match self.text("limit") {
            None => Ok(usual),
            Some(text) => match text.parse::<usize>() {
                Ok(0) => Ok(usual),
                Ok(limit) => Ok(limit.min(most)),
                Err(_) => Err("invalid_limit".into()),
            },
        }
    }

    fn user(&self, key: &str) -> Result<SlackUser, Refusal> {
        self.required(key).map(SlackUser)
    }
}

impl Workspace {
    /// One call of Slack's Web API: `{"ok":true,…}`, or `{"ok":false,"error":…}` by Slack's own names. `args` holds JSON types, or
    /// strings where the call came as a form. `apps.connections.open` belongs to the server that has the sockets.
    pub fn api(&mut self, now: Time, token: Option<&str>, method: &str, args: &Value) -> Value {
        let args = Args(args);
        let answer = match token.map(str::to_owned).or_else(|| args.text("token")) {
            _ if method == "api.test" => Ok(json!({})),
            None => Err("not_authed".into()),
            Some(token) if token != self.bot.bot_token => Err("invalid_auth".into()),
            Some(_) => self.method(now, method, &args),
        };
        finished(answer)
    }

    fn method(&mut self, now: Time, method: &str, args: &Args<'_>) -> Answer {
        match method {
            "auth.test" => Ok(self.auth_test()),
            "chat.postMessage" => self.post_message(now, args),
            "chat.update" => self.update(now, args),
            "chat.delete" => self.delete_own(now, args),
            "chat.postEphemeral" => self.post_ephemeral(now, args),
            "chat.getPermalink" => self.get_permalink(args),
            "conversations.history" => self.history(args),
            "conversations.replies" => self.thread_replies(args),
            "conversations.list" => self.list_channels(args, None),
            "users.conversations" => {
                let user = args.text("user").map_or_else(|| self.bot.user.clone(), SlackUser);
                self.list_channels(args, Some(&user))
            }
            "conversations.info" => self.channel_info(args),
            "conversations.members" => self.channel_members(args),
            "conversations.open" => self.open_direct(args),
            "conversations.join" => self.join(args),
            "users.list" => self.list_users(now, args),
            "users.info" => self.user_info(args),
            "bots.info" => self.bot_info(args),
            "users.lookupByEmail" => self.lookup_by_email(args),
            "users.getPresence" => {
                let user = self.api_user(args, "user")?;
                Ok(json!({ "presence": if user.active { "active" } else { "away" } }))
            }
            "users.profile.get" => {
                let user = self.api_user(args, "user")?;
                Ok(json!({ "profile": self.profile_json(user) }))
            }
            "dnd.info" => {
                let user = self.api_user(args, "user")?;
                Ok(dnd_json(user, now))
            }
            "usergroups.list" => Ok(self.list_groups(args)),
            "usergroups.users.list" => {
                let id = SlackGroup(args.required("usergroup")?);
                let group = self.groups.get(&id).ok_or("no_such_subteam")?;
                Ok(json!({ "users": group.members }))
            }
            "files.getUploadURLExternal" => self.upload_url(args),
            "files.completeUploadExternal" => self.complete_upload(now, args),
            "views.open" | "views.push" => self.open_view(now, method, args),
            "views.update" => self.update_view(args),
            "views.publish" => self.publish(args),
            "reactions.add" | "reactions.remove" => self.bot_reaction(now, method, args),
            "reactions.get" => {
                let at = self.item(args)?;
                let message = self.messages.get(&at).ok_or("message_not_found")?;
                let mut said = self.message_json(message);
                said["permalink"] = json!(self.permalink(message));
                Ok(json!({ "type": "message", "channel": at.channel, "message": said }))
            }
            _ => Err("unknown_method".into()),
        }
    }

    fn auth_test(&self) -> Value {
        json!({
            "url": format!("https://{}.slack.com/", self.team_domain),
            "team": "COC 연습",
            "user": self.bot.name.to_lowercase(),
            "team_id": self.team_id,
            "user_id": self.bot.user,
            "bot_id": self.bot.bot_id,
            "is_enterprise_install": false,
        })
    }

    fn post_message(&mut self, now: Time, args: &Args<'_>) -> Answer {
        let channel = self.target(args)?;
        if !self.is_member(&channel, &self.bot.user) {
            return Err("not_in_channel".into());
        }
        let (text, blocks) = self.contents(args)?;
        let metadata = metadata(args)?;
        let thread = match args.text("thread_ts") {
            Some(ts) => Some(self.thread_root(&channel, &Ts(ts)).ok_or("thread_not_found")?),
            None => None,
        };
        let at = MessageRef { channel, ts: self.stamp(now) };
        let message = Message {
            at: at.clone(),
            author: Author::Bot,
            thread,
            text,
            blocks: blocks.unwrap_or_default(),
            files: Vec::new(),
            metadata: metadata.flatten(),
            reactions: Vec::new(),
            edited: None,
            tombstone: false,
            serial: self.next_serial(),
        };
        self.put(message.clone());
        let told = self.told_of_new(now, &message);
        self.echoes.extend(told);
        Ok(json!({ "channel": at.channel, "ts": at.ts, "message": self.full_json(&message, true) }))
    }

    fn update(&mut self, now: Time, args: &Args<'_>) -> Answer {
        let at = self.api_message(args, "ts")?;
        let (text, blocks) = self.contents(args)?;
        if text.chars().count() > LONGEST_UPDATE {
            return Err("msg_too_long".into());
        }
        let metadata = metadata(args)?;
        let (bot, stamp) = (self.bot.user.clone(), self.stamp(now));
        let message = self.messages.get_mut(&at).ok_or("message_not_found")?;
        if message.author != Author::Bot || message.tombstone {
            return Err("cant_update_message".into());
        }
        let before = message.clone();
        // Slack keeps what a call leaves out; an empty list or object takes it away.
        if !text.is_empty() || args.0.get("text").is_some() {
            message.text = text;
        }
        if let Some(blocks) = blocks {
            message.blocks = blocks;
        }
        if let Some(metadata) = metadata {
            message.metadata = metadata;
        }
        message.edited = Some((bot, stamp.clone()));
        let after = message.clone();
        let told = self.told_of_change(now, &stamp, &before, &after);
        self.echoes.extend(told);
        Ok(json!({
            "channel": at.channel,
            "ts": at.ts,
            "text": after.text,
            "message": self.full_json(&after, true),
        }))
    }

    fn delete_own(&mut self, now: Time, args: &Args<'_>) -> Answer {
        let at = self.api_message(args, "ts")?;
        let message = self.messages.get(&at).ok_or("message_not_found")?;
        if message.author != Author::Bot || message.tombstone {
            return Err("cant_delete_message".into());
        }
        let told = self.take_away(now, &at).ok_or("message_not_found")?;
        self.echoes.extend(told);
        Ok(json!({ "channel": at.channel, "ts": at.ts }))
    }

    fn post_ephemeral(&mut self, now: Time, args: &Args<'_>) -> Answer {
        let channel = self.api_channel(args)?.id.clone();
        if !self.is_member(&channel, &self.bot.user) {
            return Err("not_in_channel".into());
        }
        let user = args.user("user")?;
        if !self.is_member(&channel, &user) {
            return Err("user_not_in_channel".into());
        }
        let (text, blocks) = self.contents(args)?;
        let thread = args.text("thread_ts").map(Ts);
        let at = self.show(now, &user, &channel, thread, text, blocks.unwrap_or_default());
        Ok(json!({ "message_ts": at.ts }))
    }

    /// Shows a message to one person alone.
    fn show(
        &mut self,
        now: Time,
        to: &SlackUser,
        channel: &ChannelId,
        thread: Option<Ts>,
        text: String,
        blocks: Vec<Value>,
    ) -> MessageRef {
        let at = MessageRef { channel: channel.clone(), ts: self.stamp(now) };
        self.ephemerals.push(Ephemeral { at: at.clone(), to: to.clone(), thread, text, blocks });
        at
    }

    /// A post to a `response_url` (its last part is `token`), or a slash command's acknowledgement with words in it.
    /// Answers `{"ok":true}` or an error by Slack's name.
    pub fn respond(&mut self, now: Time, token: &str, body: &Value) -> Value {
        let answer = self.response(now, token, body);
        finished(answer)
    }

    fn response(&mut self, now: Time, token: &str, body: &Value) -> Answer {
        let args = Args(body);
        let Some(url) = self.responses.get_mut(token) else { return Err("invalid_token".into()) };
        if now - url.issued > RESPONSE_LIVES {
            return Err("expired_url".into());
        }
        if url.uses >= RESPONSE_USES {
            return Err("used_url".into());
        }
        let (user, channel, source) = (url.user.clone(), url.channel.clone(), url.source.clone());
        if args.flag("delete_original") {
            self.forget_original(now, source.as_ref());
        } else {
            let (text, blocks) = self.contents(&args)?;
            let blocks = blocks.unwrap_or_default();
            let replaced = args.flag("replace_original")
                && self.replace_original(now, source.as_ref(), &text, &blocks);
            if !replaced {
                self.response_post(now, &args, &user, &channel, text, blocks);
            }
        }
        if let Some(url) = self.responses.get_mut(token) {
            url.uses += 1;
        }
        Ok(json!({}))
    }

    /// A slash command's acknowledgement with words in it, shown as a post to its `response_url` would be. Words that Slack would
    /// not take are left out, as Slack does.
    pub fn command_answer(
        &mut self,
        now: Time,
        user: &SlackUser,
        channel: &ChannelId,
        body: &Value,
    ) {
        let args = Args(body);
        if let Ok((text, blocks)) = self.contents(&args) {
            self.response_post(now, &args, user, channel, text, blocks.unwrap_or_default());
        }
    }

    fn response_post(
        &mut self,
        now: Time,
        args: &Args<'_>,
        user: &SlackUser,
        channel: &ChannelId,
        text: String,
        blocks: Vec<Value>,
    ) {
        let thread = args.text("thread_ts").map(Ts);
        if args.text("response_type").as_deref() != Some("in_channel") {
            self.show(now, user, channel, thread, text, blocks);
            return;
        }
        let message = Message {
            at: MessageRef { channel: channel.clone(), ts: self.stamp(now) },
            author: Author::Bot,
            thread: thread.and_then(|ts| self.thread_root(channel, &ts)),
            text,
            blocks,
            files: Vec::new(),
            metadata: None,
            reactions: Vec::new(),
            edited: None,
            tombstone: false,
            serial: self.next_serial(),
        };
        self.put(message.clone());
        let told = self.told_of_new(now, &message);
        self.echoes.extend(told);
    }

    fn forget_original(&mut self, now: Time, source: Option<&MessageRef>) {
        let Some(at) = source else { return };
        self.ephemerals.retain(|shown| shown.at != *at);
        if let Some(told) = self.take_away(now, at) {
            self.echoes.extend(told);
        }
    }

    fn replace_original(
        &mut self,
        now: Time,
        source: Option<&MessageRef>,
        text: &str,
        blocks: &[Value],
    ) -> bool {
        let Some(at) = source else { return false };
        if let Some(shown) = self.ephemerals.iter_mut().find(|shown| shown.at == *at) {
            text.clone_into(&mut shown.text);
            blocks.clone_into(&mut shown.blocks);
            return true;
        }
        let (bot, stamp) = (self.bot.user.clone(), self.stamp(now));
        let Some(message) = self.messages.get_mut(at) else { return false };
        let before = message.clone();
        text.clone_into(&mut message.text);
        blocks.clone_into(&mut message.blocks);
        message.edited = Some((bot, stamp.clone()));
        let after = message.clone();
        let told = self.told_of_change(now, &stamp, &before, &after);
        self.echoes.extend(told);
        true
    }

    /// The text and the blocks of a call; `None` for blocks that are not mentioned.
    fn contents(&mut self, args: &Args<'_>) -> Result<(String, Option<Vec<Value>>), Refusal> {
        let text = args.text("text").unwrap_or_default();
        if text.chars().count() > LONGEST_TEXT {
            return Err("msg_too_long".into());
        }
        let blocks = match args.json("blocks") {
            Err(()) => return Err("invalid_blocks_format".into()),
            Ok(None) => None,
            Ok(Some(Value::Array(blocks))) => Some(blocks),
            Ok(Some(_)) => return Err("invalid_blocks_format".into()),
        };
        let empty = blocks.as_ref().is_none_or(Vec::is_empty);
        if text.is_empty() && empty {
            return Err("no_text".into());
        }
        let Some(blocks) = blocks else { return Ok((text, None)) };
        let mut serial = self.serial;
        let accepted = blocks::accept(&blocks, Surface::Message, || {
            serial += 1;
            format!("b{serial:x}")
        });
        self.serial = serial;
        let wrong = |details| Refusal { error: "invalid_blocks", details };
        let blocks = accepted.map_err(wrong)?;
        if !self.has_pictures(&blocks) {
            return Err(wrong(vec!["invalid slack file".to_owned()]));
        }
        Ok((text, Some(blocks)))
    }

    fn get_permalink(&self, args: &Args<'_>) -> Answer {
        let at = self.api_message(args, "message_ts")?;
        let message = self.messages.get(&at).ok_or("message_not_found")?;
        Ok(json!({ "channel": at.channel, "permalink": self.permalink(message) }))
    }

    fn history(&self, args: &Args<'_>) -> Answer {
        let channel = self.readable_channel(args)?;
        let window = Window::read(args, 100, 999)?;
        let all = self.messages(&channel.id).filter(|message| message.thread.is_none());
        let mut fits: Vec<&Message> = all.filter(|message| window.holds(&message.at.ts)).collect();
        // Asked only for what is newer, Slack pages forward from there; otherwise back from the newest. A page is newest first.
        let forward = window.oldest.is_some() && window.latest.is_none();
        if !forward {
            fits.reverse();
        }
        let fits: Vec<&Message> = fits
            .into_iter()
            .filter(|message| window.after_cursor(&message.at.ts, forward))
            .collect();
        let more = fits.len() > window.limit;
        let page = &fits[..fits.len().min(window.limit)];
        let cursor = page.last().filter(|_| more).map(|message| &message.at.ts);
        let mut said: Vec<Value> = page
            .iter()
            .map(|message| self.full_json(message, args.flag("include_all_metadata")))
            .collect();
        if forward {
            said.reverse();
        }
        let mut answer = json!({ "messages": said, "has_more": more, "pin_count": 0 });
        if let Some(cursor) = cursor {
            answer["response_metadata"] = json!({ "next_cursor": cursor_at(cursor) });
        }
        Ok(answer)
    }

    fn thread_replies(&self, args: &Args<'_>) -> Answer {
        let channel = self.readable_channel(args)?;
        let at = MessageRef { channel: channel.id.clone(), ts: Ts(args.required("ts")?) };
        let Some(root) = self.messages.get(&at) else { return Err("thread_not_found".into()) };
        let window = Window::read(args, 1000, 1000)?;
        let metadata = args.flag("include_all_metadata");
        let fits: Vec<&Message> = self
            .replies(&at)
            .filter(|reply| window.holds(&reply.at.ts) && window.after_cursor(&reply.at.ts, true))
            .collect();
        let more = fits.len() > window.limit;
        let page = &fits[..fits.len().min(window.limit)];
        // The root comes with every page.
        let mut said = vec![self.full_json(root, metadata)];
        said.extend(page.iter().map(|reply| self.full_json(reply, metadata)));
        let mut answer = json!({ "messages": said, "has_more": more });
        if let Some(last) = page.last().filter(|_| more) {
            answer["response_metadata"] = json!({ "next_cursor": cursor_at(&last.at.ts) });
        }
        Ok(answer)
    }

    fn full_json(&self, message: &Message, metadata: bool) -> Value {
        let mut said = self.message_json(message);
        if let Some(hung) = message.metadata.as_ref().filter(|_| metadata) {
            said["metadata"] = hung.clone();
        }
        said
    }

    fn list_channels(&self, args: &Args<'_>, of: Option<&SlackUser>) -> Answer {
        let types = args.text("types").unwrap_or_else(|| "public_channel".to_owned());
        let wanted = |channel: &&Channel| {
            let kind = if channel.direct_with.is_some() { "im" } else { "public_channel" };
            types.split(',').any(|one| one.trim() == kind)
                && of.is_none_or(|user| channel.members.contains(user))
        };
        let all: Vec<Value> = self
            .channels
            .values()
            .filter(wanted)
            .map(|channel| self.channel_json(channel))
            .collect();
        paged(args, "channels", all, 100)
    }

    fn channel_info(&self, args: &Args<'_>) -> Answer {
        let channel = self.api_channel(args)?;
        let mut said = self.channel_json(channel);
        if args.flag("include_num_members") {
            said["num_members"] = json!(channel.members.len());
        }
        Ok(json!({ "channel": said }))
    }

    fn channel_members(&self, args: &Args<'_>) -> Answer {
        let channel = self.api_channel(args)?;
        paged(args, "members", channel.members.iter().map(|user| json!(user)).collect(), 100)
    }

    fn open_direct(&mut self, args: &Args<'_>) -> Answer {
        if let Some(id) = args.text("channel").map(ChannelId) {
            let known = self.channels.get(&id).is_some_and(|channel| channel.direct_with.is_some());
            let answer = json!({ "no_op": true, "already_open": true, "channel": { "id": id } });
            return if known { Ok(answer) } else { Err("channel_not_found".into()) };
        }
        let users: Vec<String> = match args.0["users"].as_array() {
            Some(users) => users.iter().map(blocks::string).collect(),
            None => {
                let users = args.text("users").unwrap_or_default();
                let users = users.split(',').map(str::trim).filter(|user| !user.is_empty());
                users.map(str::to_owned).collect()
            }
        };
        let user = match users.as_slice() {
            [] => return Err("users_list_not_supplied".into()),
            [one] => SlackUser(one.clone()),
            [_, _, ..] => return Err("not_enough_users".into()),
        };
        if !self.users.contains_key(&user) {
            return Err("user_not_found".into());
        }
        let (id, open) = self.direct(&user);
        let channel = match self.channels.get(&id) {
            Some(channel) if args.flag("return_im") => self.channel_json(channel),
            Some(_) | None => json!({ "id": id }),
        };
        Ok(json!({ "no_op": open, "already_open": open, "channel": channel }))
    }

    fn join(&mut self, args: &Args<'_>) -> Answer {
        let id = self.api_channel(args)?.id.clone();
        let bot = self.bot.user.clone();
        let Some(channel) = self.channels.get_mut(&id) else {
            return Err("channel_not_found".into());
        };
        if channel.direct_with.is_some() {
            return Err("method_not_supported_for_channel_type".into());
        }
        let new = channel.members.insert(bot);
        let channel = channel.clone();
        let mut answer = json!({ "channel": self.channel_json(&channel) });
        if !new {
            answer["warning"] = json!("already_in_channel");
            answer["response_metadata"] = json!({ "warnings": ["already_in_channel"] });
        }
        Ok(answer)
    }

    fn list_users(&self, now: Time, args: &Args<'_>) -> Answer {
        let mut all: Vec<Value> = vec![self.slackbot_json(), self.bot_user_json()];
        all.extend(self.users.values().map(|user| self.user_json(user)));
        let mut answer = paged(args, "members", all, 1000)?;
        answer["cache_ts"] = json!(now.timestamp());
        Ok(answer)
    }

    /// A person, the bot, or Slackbot.
    fn user_info(&self, args: &Args<'_>) -> Answer {
        let id = args.user("user")?;
        let said = match self.users.get(&id) {
            Some(user) => self.user_json(user),
            None if id == self.bot.user => self.bot_user_json(),
            None if id.as_str() == SLACKBOT => self.slackbot_json(),
            None => return Err("user_not_found".into()),
        };
        Ok(json!({ "user": said }))
    }

    fn bot_info(&self, args: &Args<'_>) -> Answer {
        let known = args.text("bot").is_none_or(|id| id == self.bot.bot_id);
        if !known {
            return Err("bot_not_found".into());
        }
        let mut said = self.bot_profile();
        said["user_id"] = json!(self.bot.user);
        Ok(json!({ "bot": said }))
    }

    fn lookup_by_email(&self, args: &Args<'_>) -> Answer {
        let email = args.required("email")?;
        let found = self.users.values().find(|user| user.email.eq_ignore_ascii_case(&email));
        let user = found.ok_or("users_not_found")?;
        Ok(json!({ "user": self.user_json(user) }))
    }

    fn list_groups(&self, args: &Args<'_>) -> Value {
        let include = args.flag("include_users");
        let groups: Vec<Value> =
            self.groups.values().map(|group| self.group_json(group, include)).collect();
        json!({ "usergroups": groups })
    }

    fn open_view(&mut self, now: Time, method: &str, args: &Args<'_>) -> Answer {
        let body = self.view_argument(args)?;
        if body["type"] != "modal" {
            return Err(wrong_arguments(vec![
                "must be one of: modal [json-pointer:/view/type]".to_owned(),
            ]));
        }
        let id = args.text("trigger_id").or_else(|| args.text("interactivity_pointer"));
        let trigger = id.and_then(|id| self.triggers.get_mut(&id)).ok_or("invalid_trigger_id")?;
        if now - trigger.issued > TRIGGER_LIVES {
            return Err("expired_trigger_id".into());
        }
        if trigger.used {
            return Err("exchanged_trigger_id".into());
        }
        let user = trigger.user.clone();
        let external = body["external_id"].as_str().filter(|id| !id.is_empty());
        let mut open = self.modals.values().flatten();
        if external.is_some() && open.any(|view| view.body["external_id"].as_str() == external) {
            return Err("duplicate_external_id".into());
        }
        let depth = self.modals.get(&user).map_or(0, Vec::len);
        if method == "views.push" && depth >= DEEPEST {
            return Err("push_limit_reached".into());
        }
        trigger.used = true;
        if method == "views.open" {
            self.modals.remove(&user);
        }
        let view = self.push_modal(&user, body);
        Ok(json!({ "view": self.view_json(&view) }))
    }

    fn update_view(&mut self, args: &Args<'_>) -> Answer {
        let body = self.view_argument(args)?;
        let (id, external) = (args.text("view_id"), args.text("external_id"));
        let wanted = |view: &View| {
            id.as_ref() == Some(&view.id)
                || external.is_some() && view.body["external_id"].as_str() == external.as_deref()
        };
        let found = self
            .modals
            .iter()
            .find_map(|(user, stack)| stack.iter().position(wanted).map(|at| (user.clone(), at)));
        let (user, at) = found.ok_or("not_found")?;
        let stands = self.modals.get(&user).and_then(|stack| stack.get(at));
        let hash = args.text("hash");
        if hash.is_some() && stands.map(|view| &view.hash) != hash.as_ref() {
            return Err("hash_conflict".into());
        }
        let view = self.replace_modal(&user, at, body).ok_or("not_found")?;
        Ok(json!({ "view": self.view_json(&view) }))
    }

    fn publish(&mut self, args: &Args<'_>) -> Answer {
        let user = args.user("user_id")?;
        if !self.users.contains_key(&user) {
            return Err("user_not_found".into());
        }
        let body = self.view_argument(args)?;
        if body["type"] != "home" {
            return Err(wrong_arguments(vec![
                "must be one of: home [json-pointer:/view/type]".to_owned(),
            ]));
        }
        let mut view = self.new_view(&user, body);
        if let Some(old) = self.homes.get(&user) {
            view.id.clone_from(&old.id);
            view.root.clone_from(&old.id);
        }
        let said = self.view_json(&view);
        self.homes.insert(user, view);
        Ok(json!({ "view": said }))
    }

    fn view_argument(&mut self, args: &Args<'_>) -> Answer {
        let missing = || vec!["missing required field: view".to_owned()];
        let view = match args.json("view") {
            Ok(Some(view)) if view.is_object() => view,
            Ok(_) | Err(()) => return Err(wrong_arguments(missing())),
        };
        self.accept_view(&view).map_err(wrong_arguments)
    }

    fn bot_reaction(&mut self, now: Time, method: &str, args: &Args<'_>) -> Answer {
        let at = self.item(args)?;
        let emoji = args.required("name")?.trim_matches(':').to_owned();
        let named = |c: char| c.is_alphanumeric() || "_+-':".contains(c);
        if emoji.is_empty() || !emoji.chars().all(named) {
            return Err("invalid_name".into());
        }
        let bot = self.bot.user.clone();
        let message = self.messages.get_mut(&at).ok_or("message_not_found")?;
        let kind = if method == "reactions.add" {
            if !add_reaction(message, &bot, &emoji) {
                return Err("already_reacted".into());
            }
            "reaction_added"
        } else {
            if !remove_reaction(message, &bot, &emoji) {
                return Err("no_reaction".into());
            }
            "reaction_removed"
        };
        let told = self.told_of_reaction(now, kind, &bot, &at, &emoji);
        self.echoes.extend(told);
        Ok(json!({}))
    }

    /// Where `chat.postMessage` goes: a channel by id or name, or a person (the direct messages).
    fn target(&mut self, args: &Args<'_>) -> Result<ChannelId, Refusal> {
        let named = args.text("channel").ok_or("channel_not_found")?;
        let user = SlackUser(named.clone());
        if self.users.contains_key(&user) {
            return Ok(self.direct(&user).0);
        }
        let by_id = self.channels.get(&ChannelId(named.clone()));
        let found = by_id.or_else(|| self.channel_named(&named));
        Ok(found.ok_or("channel_not_found")?.id.clone())
    }

    fn api_channel(&self, args: &Args<'_>) -> Result<&Channel, Refusal> {
        let id = args.text("channel").ok_or("channel_not_found")?;
        Ok(self.channels.get(&ChannelId(id)).ok_or("channel_not_found")?)
    }

    /// A channel whose messages the bot may read.
    fn readable_channel(&self, args: &Args<'_>) -> Result<&Channel, Refusal> {
        let channel = self.api_channel(args)?;
        if channel.members.contains(&self.bot.user) {
            Ok(channel)
        } else {
            Err("not_in_channel".into())
        }
    }

    fn api_message(&self, args: &Args<'_>, key: &str) -> Result<MessageRef, Refusal> {
        let channel = self.api_channel(args)?.id.clone();
        let at = MessageRef { channel, ts: Ts(args.required(key)?) };
        if self.messages.contains_key(&at) { Ok(at) } else { Err("message_not_found".into()) }
    }

    /// The message that a reaction is about.
    fn item(&self, args: &Args<'_>) -> Result<MessageRef, Refusal> {
        let (Some(_), Some(ts)) = (args.text("channel"), args.text("timestamp")) else {
            return Err("no_item_specified".into());
        };
        if padded(&ts).is_none() {
            return Err("bad_timestamp".into());
        }
        self.api_message(args, "timestamp")
    }

    fn api_user(&self, args: &Args<'_>, key: &str) -> Result<&User, Refusal> {
        Ok(self.users.get(&args.user(key)?).ok_or("user_not_found")?)
    }

    fn channel_json(&self, channel: &Channel) -> Value {
        if let Some(user) = &channel.direct_with {
            return json!({
                "id": channel.id, "created": 0, "is_archived": false, "is_im": true,
                "is_org_shared": false, "user": user, "is_user_deleted": false, "priority": 0,
            });
        }
        json!({
            "id": channel.id,
            "name": channel.name,
            "name_normalized": channel.name,
            "is_channel": true,
            "is_group": false,
            "is_im": false,
            "is_mpim": false,
            "is_private": false,
            "created": 0,
            "creator": "USLACKBOT",
            "is_archived": false,
            "is_general": channel.name == "general",
            "unlinked": 0,
            "is_shared": false,
            "is_org_shared": false,
            "is_pending_ext_shared": false,
            "pending_shared": [],
            "context_team_id": self.team_id,
            "parent_conversation": null,
            "is_ext_shared": false,
            "shared_team_ids": [self.team_id],
            "is_member": channel.members.contains(&self.bot.user),
            "topic": { "value": "", "creator": "", "last_set": 0 },
            "purpose": { "value": channel.purpose, "creator": "", "last_set": 0 },
            "previous_names": [],
            "num_members": channel.members.len(),
        })
    }

    /// A person as `users.info` and events write one.
    pub(super) fn user_json(&self, user: &User) -> Value {
        json!({
            "id": user.id,
            "team_id": self.team_id,
            "name": user.handle,
            "deleted": false,
            "color": "9f69e7",
            "real_name": user.real_name,
            "tz": "Asia/Seoul",
            "tz_label": "Korea Standard Time",
            "tz_offset": 32_400,
            "profile": self.profile_json(user),
            "is_admin": false,
            "is_owner": false,
            "is_primary_owner": false,
            "is_restricted": false,
            "is_ultra_restricted": false,
            "is_bot": false,
            "is_app_user": false,
            "updated": 0,
            "is_email_confirmed": true,
        })
    }

    fn profile_json(&self, user: &User) -> Value {
        let emoji = if user.emoji.is_empty() { String::new() } else { format!(":{}:", user.emoji) };
        json!({
            "title": "",
            "phone": "",
            "skype": "",
            "real_name": user.real_name,
            "real_name_normalized": user.real_name,
            "display_name": user.handle,
            "display_name_normalized": user.handle,
            "status_text": user.status,
            "status_emoji": emoji,
            "status_emoji_display_info": [],
            "status_expiration": 0,
            "avatar_hash": "",
            "email": user.email,
            "phone": user.phone,
            "team": self.team_id,
        })
    }

    fn bot_user_json(&self) -> Value {
        let name = self.bot.name.to_lowercase();
        json!({
            "id": self.bot.user,
            "team_id": self.team_id,
            "name": name,
            "deleted": false,
            "real_name": self.bot.name,
            "tz": "Asia/Seoul",
            "tz_offset": 32_400,
            "profile": {
                "real_name": self.bot.name,
                "display_name": "",
                "status_text": "",
                "status_emoji": "",
                "api_app_id": self.bot.app_id,
                "bot_id": self.bot.bot_id,
                "always_active": true,
                "team": self.team_id,
            },
            "is_bot": true,
            "is_app_user": false,
            "updated": 0,
        })
    }

    /// Slackbot stands in every workspace, and does not say that it is a bot.
    fn slackbot_json(&self) -> Value {
        json!({
            "id": SLACKBOT,
            "team_id": self.team_id,
            "name": "slackbot",
            "deleted": false,
            "real_name": "Slackbot",
            "tz": "America/Los_Angeles",
            "tz_offset": -28_800,
            "profile": {
                "real_name": "Slackbot",
                "display_name": "Slackbot",
                "status_text": "",
                "status_emoji": "",
                "always_active": true,
                "team": self.team_id,
            },
            "is_bot": false,
            "is_app_user": false,
            "updated": 0,
        })
    }

    fn group_json(&self, group: &Group, include_users: bool) -> Value {
        let mut said = json!({
            "id": group.id,
            "team_id": self.team_id,
            "is_usergroup": true,
            "is_subteam": true,
            "name": group.name,
            "description": "",
            "handle": group.handle,
            "is_external": false,
            "date_create": 0,
            "date_update": 0,
            "date_delete": 0,
            "auto_type": null,
            "auto_provision": false,
            "enterprise_subteam_id": "",
            "created_by": "USLACKBOT",
            "updated_by": "USLACKBOT",
            "deleted_by": null,
            "prefs": { "channels": [], "groups": [] },
            "user_count": group.members.len(),
            "channel_count": 0,
        });
        if include_users {
            said["users"] = json!(group.members);
        }
        said
    }
}

/// Slack's do-not-disturb of somebody: paused until further notice reads as a window that always holds `now`.
fn dnd_json(user: &User, now: Time) -> Value {
    match user.dnd_since {
        Some(since) => json!({
            "dnd_enabled": true,
            "next_dnd_start_ts": since.timestamp(),
            "next_dnd_end_ts": now.timestamp() + 3600,
        }),
        None => json!({ "dnd_enabled": false, "next_dnd_start_ts": 1, "next_dnd_end_ts": 1 }),
    }
}

/// `Some(None)`: metadata is to be taken away; `None`: it is not mentioned.
fn metadata(args: &Args<'_>) -> Result<Option<Option<Value>>, Refusal> {
    match args.json("metadata") {
        Err(()) => Err("invalid_metadata_format".into()),
        Ok(None) => Ok(None),
        Ok(Some(Value::Object(fields))) if fields.is_empty() => Ok(Some(None)),
        Ok(Some(hung)) => {
            let whole = hung["event_type"].is_string() && hung["event_payload"].is_object();
            if whole { Ok(Some(Some(hung))) } else { Err("invalid_metadata_format".into()) }
        }
    }
}

fn wrong_arguments(details: Vec<String>) -> Refusal {
    Refusal { error: "invalid_arguments", details }
}

fn finished(answer: Answer) -> Value {
    match answer {
        Ok(answer) => {
            let mut said = Map::new();
            said.insert("ok".to_owned(), json!(true));
            if let Value::Object(fields) = answer {
                said.extend(fields);
            }
            Value::Object(said)
        }
        Err(Refusal { error, details }) => {
            let mut said = json!({ "ok": false, "error": error });
            if !details.is_empty() {
                let messages: Vec<String> =
                    details.iter().map(|detail| format!("[ERROR] {detail}")).collect();
                said["errors"] = json!(details);
                said["response_metadata"] = json!({ "messages": messages });
            }
            said
        }
    }
}

/// The part of a history that a call asks for.
struct Window {
    oldest: Option<Ts>,
    latest: Option<Ts>,
    inclusive: bool,
    cursor: Option<Ts>,
    limit: usize,
}

impl Window {
    fn read(args: &Args<'_>, usual: usize, most: usize) -> Result<Self, Refusal> {
        let stamp = |key: &'static str, error: &'static str| match args.text(key) {
            Some(text) => padded(&text).map(Some).ok_or(Refusal::from(error)),
            None => Ok(None),
        };
        let cursor = match args.text("cursor") {
            Some(text) => {
                let ts = text.strip_prefix(CURSOR).and_then(padded);
                Some(ts.ok_or(Refusal::from("invalid_cursor"))?)
            }
            None => None,
        };
        Ok(Self {
            oldest: stamp("oldest", "invalid_ts_oldest")?.filter(|ts| ts.as_str() > "0000000001"),
            latest: stamp("latest", "invalid_ts_latest")?,
            inclusive: args.flag("inclusive"),
            cursor,
            limit: args.limit(usual, most)?,
        })
    }

    fn holds(&self, ts: &Ts) -> bool {
        let above =
            self.oldest.as_ref().is_none_or(|oldest| ts > oldest || self.inclusive && ts == oldest);
        let below =
            self.latest.as_ref().is_none_or(|latest| ts < latest || self.inclusive && ts == latest);
        above && below
    }

    fn after_cursor(&self, ts: &Ts, forward: bool) -> bool {
        self.cursor.as_ref().is_none_or(|cursor| if forward { ts > cursor } else { ts < cursor })
    }
}

const CURSOR: &str = "next_ts:";

fn cursor_at(ts: &Ts) -> String {
    format!("{CURSOR}{ts}")
}

/// A time as callers write it (`1754398800`, `1754398800.5`) as a stamp that sorts.
fn padded(text: &str) -> Option<Ts> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: u64 = seconds.parse().ok()?;
    let digits = fraction.len() <= 6 && fraction.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| Ts(format!("{seconds:010}.{fraction:0<6}")))
}

/// One page of a list, by Slack's cursors.
fn paged(args: &Args<'_>, key: &str, all: Vec<Value>, usual: usize) -> Answer {
    let limit = args.limit(usual, 1000)?;
    let from = match args.text("cursor") {
        Some(cursor) => {
            let place = cursor.strip_prefix("from:").and_then(|place| place.parse::<usize>().ok());
            place.filter(|place| *place <= all.len()).ok_or("invalid_cursor")?
        }
        None => 0,
    };
    let to = (from + limit).min(all.len());
    let next = if to < all.len() { format!("from:{to}") } else { String::new() };
    let mut answer = Map::new();
    answer.insert(key.to_owned(), json!(all[from..to]));
    answer.insert("response_metadata".to_owned(), json!({ "next_cursor": next }));
    Ok(Value::Object(answer))
}
