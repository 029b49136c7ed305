//! The chat through Slack's Web API.
//!
//! Nothing is tried again and no pace is kept here: the errand runner does both. Only reading back page by page waits out a limit,
//! because beginning anew would meet the same limit again.

use super::api::{Api, Failed, Method, Settings, WebApi};
use super::blocks::{self, Rendered, Unfit};
use super::events::{self, Past};
use crate::domain::errand::Presence;
use crate::domain::ids::{ChannelId, ErrandId, MessageRef, PhoneNumber, SlackGroup, SlackUser, Ts};
use crate::domain::input::{Directory, Group, Member, ReplyTo, SlackInput};
use crate::domain::message::{Form, Message};
use crate::domain::time::Time;
use crate::domain::words;
use crate::ports::{Chat, Clock, Picture, PortError, Upload, Watched};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// The `event_type` of the metadata that every post bears; its payload is `{"id": "<errand>"}`.
pub const METADATA: &str = "coc_errand";

/// How far Slack's clock and ours may be apart when a post is looked for.
const MARGIN: chrono::TimeDelta = chrono::TimeDelta::minutes(5);
/// How long a post waits, time after time, for Slack to have looked at its picture.
const LOOKED_AT_AFTER: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];
const PAGE: usize = 200;
/// An answer with more pages than this is taken for a fault.
const PAGES: usize = 500;
/// A longer wait than this is the errand runner's.
const PATIENCE: Duration = Duration::from_secs(60);
const WAITS: u32 = 5;

/// Slack as the chat.
pub struct Slack<A = Api> {
    api: A,
    clock: Arc<dyn Clock>,
    me: OnceCell<Me>,
}

impl<A> std::fmt::Debug for Slack<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slack").finish_non_exhaustive()
    }
}

struct Me {
    user: SlackUser,
    bot: Option<String>,
    url: Option<String>,
}

impl Slack {
    /// The chat with the bot's token. The clock tells whether a do-not-disturb is on.
    ///
    /// # Errors
    /// When the machine has no certificates to trust.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        Ok(Self::over(Api::new(settings)?, clock))
    }
}

impl<A: WebApi> Slack<A> {
    /// The chat over any way to the Web API.
    #[must_use]
    pub fn over(api: A, clock: Arc<dyn Clock>) -> Self {
        Self { api, clock, me: OnceCell::new() }
    }

    async fn me(&self) -> Result<&Me, PortError> {
        let ask = || async {
            let answer = self.api.post(Method::AuthTest, &json!({})).await?;
            let user = text(&answer, "user_id").ok_or(Failed::garbled(Method::AuthTest))?;
            let bot = text(&answer, "bot_id").map(str::to_owned);
            let url = text(&answer, "url").filter(|url| url.starts_with("https://"));
            Ok(Me { user: SlackUser::from(user), bot, url: url.map(str::to_owned) })
        };
        self.me.get_or_try_init(ask).await
    }

    /// All elements of a paged answer, `list` in each page.
    /// Every channel that the bot can know of, whether it is in it or not, by id, with its name (no `#`). For the doctor: the desk
    /// needs to know only those that the bot is in.
    ///
    /// # Errors
    /// As the port says.
    pub async fn channels_there(&self) -> Result<BTreeMap<ChannelId, String>, PortError> {
        let types = [("types", "public_channel,private_channel".to_owned())];
        let channels = self.all(Method::ConversationsList, &types, "channels").await?;
        let named = |channel: &Value| {
            Some((ChannelId::from(text(channel, "id")?), text(channel, "name")?.to_owned()))
        };
        Ok(channels.iter().filter_map(named).collect())
    }

    async fn all(
        &self,
        method: Method,
        arguments: &[(&str, String)],
        list: &str,
    ) -> Result<Vec<Value>, Failed> {
        let mut found = Vec::new();
        let mut cursor = String::new();
        for _ in 0..PAGES {
            let mut page = arguments.to_vec();
            page.push(("limit", PAGE.to_string()));
            if !cursor.is_empty() {
                page.push(("cursor", cursor.clone()));
            }
            let mut answer = self.patiently(method, &page).await?;
            match answer.get_mut(list).map(Value::take) {
                Some(Value::Array(elements)) => found.extend(elements),
                _ => return Err(Failed::garbled(method)),
            }
            let next = answer.pointer("/response_metadata/next_cursor").and_then(Value::as_str);
            match next {
                Some(next) if !next.is_empty() && next != cursor => next.clone_into(&mut cursor),
                _ => return Ok(found),
            }
        }
        tracing::warn!(method = method.name(), PAGES, "a paged answer without an end");
        Err(Failed::garbled(method))
    }

    async fn patiently(
        &self,
        method: Method,
        arguments: &[(&str, String)],
    ) -> Result<Value, Failed> {
        let mut waits = 0;
        loop {
            let answer = self.api.get(method, arguments).await;
            match answer.as_ref().err().and_then(Failed::asked_wait) {
                Some(wait) if wait <= PATIENCE && waits < WAITS => {
                    waits += 1;
                    tokio::time::sleep(wait).await;
                }
                _ => return answer,
            }
        }
    }

    /// The messages of a channel or of one thread since then, each as Slack keeps it.
    async fn history(
        &self,
        channel: &ChannelId,
        thread: Option<&Ts>,
        since: Option<Time>,
    ) -> Result<Vec<Value>, Failed> {
        let mut arguments = vec![
            ("channel", channel.to_string()),
            ("include_all_metadata", "true".to_owned()),
            ("inclusive", "true".to_owned()),
        ];
        if let Some(since) = since {
            let oldest = format!("{}.{:06}", since.timestamp(), since.timestamp_subsec_micros());
            arguments.push(("oldest", oldest));
        }
        let method = match thread {
            Some(root) => {
                arguments.push(("ts", root.to_string()));
                Method::ConversationsReplies
            }
            None => Method::ConversationsHistory,
        };
        self.all(method, &arguments, "messages").await
    }

    async fn say(
        &self,
        errand: ErrandId,
        channel: &ChannelId,
        thread: Option<&Ts>,
        message: &Message,
    ) -> Result<MessageRef, PortError> {
        let body = self.bearing(errand, channel, thread, message)?;
        self.posted(channel, &body).await
    }

    /// A post of this message in Slack's format, with the errand's id on it.
    fn bearing(
        &self,
        errand: ErrandId,
        channel: &ChannelId,
        thread: Option<&Ts>,
        message: &Message,
    ) -> Result<Value, PortError> {
        let mut body = content(message)?;
        body["channel"] = json!(channel);
        body["metadata"] = metadata(errand);
        body["unfurl_links"] = json!(false);
        body["unfurl_media"] = json!(false);
        if let Some(thread) = thread {
            body["thread_ts"] = json!(thread);
        }
        Ok(body)
    }

    async fn posted(&self, channel: &ChannelId, body: &Value) -> Result<MessageRef, PortError> {
        let method = Method::ChatPostMessage;
        let answer = self.api.post(method, body).await?;
        // Without its timestamp the post stands, but nobody knows where: it has to be looked for.
        let unknown = || PortError::Unknown { why: format!("{}: no ts", method.name()) };
        let ts = Ts::from(text(&answer, "ts").ok_or_else(unknown)?);
        let channel = text(&answer, "channel").map_or_else(|| channel.clone(), ChannelId::from);
        Ok(MessageRef { channel, ts })
    }

    /// Puts bytes into Slack's store: Slack names it and says where the bytes go.
    async fn stored(&self, file: &Upload) -> Result<String, PortError> {
        let method = Method::FilesUploadUrl;
        let arguments = [("filename", file.name.clone()), ("length", file.bytes.len().to_string())];
        let answer = self.api.get(method, &arguments).await?;
        let (Some(url), Some(id)) = (text(&answer, "upload_url"), text(&answer, "file_id")) else {
            return Err(Failed::garbled(method).into());
        };
        self.api.send_file(url, file.bytes.clone()).await?;
        Ok(id.to_owned())
    }

    /// The direct messages' channel with a person.
    async fn direct_channel(&self, to: &SlackUser) -> Result<ChannelId, PortError> {
        let method = Method::ConversationsOpen;
        let answer = self.api.post(method, &json!({"users": to})).await?;
        let id = answer.pointer("/channel/id").and_then(Value::as_str);
        Ok(id.map(ChannelId::from).ok_or(Failed::garbled(method))?)
    }
}

#[async_trait]
impl<A: WebApi> Chat for Slack<A> {
    async fn post(
        &self,
        errand: ErrandId,
        channel: &ChannelId,
        thread: Option<&Ts>,
        message: &Message,
    ) -> Result<MessageRef, PortError> {
        self.say(errand, channel, thread, message).await
    }

    async fn upload(&self, file: &Upload) -> Result<String, PortError> {
        let id = self.stored(file).await?;
        let body = json!({"files": [{"id": id, "title": file.title}]});
        self.api.post(Method::FilesComplete, &body).await?;
        Ok(id)
    }

    /// Slack takes a picture into a message only once it has looked at it, a moment after the upload.
    async fn post_with(
        &self,
        errand: ErrandId,
        channel: &ChannelId,
        thread: Option<&Ts>,
        message: &Message,
        picture: &Picture,
    ) -> Result<MessageRef, PortError> {
        let mut body = self.bearing(errand, channel, thread, message)?;
        let image = json!({
            "type": "image", "slack_file": {"id": picture.id}, "alt_text": picture.alt,
        });
        if let Some(blocks) = body["blocks"].as_array_mut() {
            blocks.push(image);
        }
        for pause in LOOKED_AT_AFTER {
            match self.posted(channel, &body).await {
                Err(PortError::Permanent { why }) if why.contains("invalid_blocks") => {
                    tracing::debug!(why, "the picture is not ready yet");
                    tokio::time::sleep(pause).await;
                }
                answer => return answer,
            }
        }
        self.posted(channel, &body).await
    }

    async fn hand_over(
        &self,
        to: &SlackUser,
        message: &Message,
        file: &Upload,
        look_since: Option<Time>,
    ) -> Result<(), PortError> {
        let channel = self.direct_channel(to).await?;
        if let Some(since) = look_since {
            let named = |message: &Value| {
                let files = message.get("files").and_then(Value::as_array).into_iter().flatten();
                files.into_iter().any(|one| text(one, "name") == Some(&file.name))
            };
            match self.history(&channel, None, Some(since)).await {
                Ok(messages) if messages.iter().any(named) => return Ok(()),
                Ok(_) => {}
                // where direct messages may not be read, one too many is better than none
                Err(error) => match PortError::from(error) {
                    PortError::Permanent { why } => tracing::debug!(why, "not to be looked for"),
                    error @ (PortError::Transient { .. }
                    | PortError::NotYet { .. }
                    | PortError::Unknown { .. }) => return Err(error),
                },
            }
        }
        let id = self.stored(file).await?;
        let body = json!({
            "files": [{"id": id, "title": file.title}],
            "channel_id": channel,
            "initial_comment": content(message)?["text"],
        });
        self.api.post(Method::FilesComplete, &body).await?;
        Ok(())
    }

    /// A user's id (`U…`) in place of the channel stands for the direct messages with that person.
    async fn find_post(
        &self,
        errand: ErrandId,
        channel: &ChannelId,
        thread: Option<&Ts>,
        since: Time,
    ) -> Result<Option<MessageRef>, PortError> {
        let channel = if channel.as_str().starts_with(['U', 'W']) {
            self.direct_channel(&SlackUser::from(channel.as_str())).await?
        } else {
            channel.clone()
        };
        let messages = match self.history(&channel, thread, Some(since - MARGIN)).await {
            Ok(messages) => messages,
            // The thread's root is gone, and what hung on it.
            Err(failed) if failed.is(&["thread_not_found"]) => return Ok(None),
            Err(failed) => return Err(failed.into()),
        };
        let wanted = errand.to_string();
        let bear = messages.iter().filter(|message| {
            let at = |place| message.pointer(place).and_then(Value::as_str);
            at("/metadata/event_type") == Some(METADATA)
                && at("/metadata/event_payload/id") == Some(&wanted)
        });
        // of two copies people answered the one that they saw first
        let first = bear.filter_map(|message| text(message, "ts")).min();
        Ok(first.map(|ts| MessageRef { channel, ts: Ts::from(ts) }))
    }

    async fn update(
        &self,
        errand: ErrandId,
        post: &MessageRef,
        message: &Message,
    ) -> Result<(), PortError> {
        let mut body = content(message)?;
        body["channel"] = json!(post.channel);
        body["ts"] = json!(post.ts);
        body["metadata"] = metadata(errand);
        self.api.post(Method::ChatUpdate, &body).await?;
        Ok(())
    }

    async fn ephemeral(
        &self,
        to: &SlackUser,
        reply: &ReplyTo,
        message: &Message,
    ) -> Result<(), PortError> {
        let mut body = content(message)?;
        if let Some(thread) = &reply.thread {
            body["thread_ts"] = json!(thread);
        }
        if let Some(url) = &reply.url {
            let mut answer = body.clone();
            answer["response_type"] = json!("ephemeral");
            answer["replace_original"] = json!(false);
            match self.api.respond(url, &answer).await {
                Ok(()) => return Ok(()),
                // It may stand there already: asking again by the other way could show it twice.
                Err(error @ PortError::Unknown { .. }) => return Err(error),
                Err(
                    PortError::Transient { why, .. }
                    | PortError::NotYet { why }
                    | PortError::Permanent { why },
                ) => {
                    tracing::debug!(why, "the response_url is of no use, chat.postEphemeral next");
                }
            }
        }
        body["channel"] = json!(reply.channel);
        body["user"] = json!(to);
        self.api.post(Method::ChatPostEphemeral, &body).await?;
        Ok(())
    }

    async fn direct(
        &self,
        errand: ErrandId,
        to: &SlackUser,
        message: &Message,
    ) -> Result<MessageRef, PortError> {
        let channel = self.direct_channel(to).await?;
        self.say(errand, &channel, None, message).await
    }

    async fn open_form(
        &self,
        _to: &SlackUser,
        trigger: &str,
        form: &Form,
    ) -> Result<(), PortError> {
        let view = blocks::form(form).map_err(unfit)?;
        let body = json!({"trigger_id": trigger, "view": view});
        self.api.post(Method::ViewsOpen, &body).await?;
        Ok(())
    }

    async fn publish_home(&self, to: &SlackUser, message: &Message) -> Result<(), PortError> {
        let view = blocks::home(message).map_err(unfit)?;
        let body = json!({"user_id": to, "view": view});
        self.api.post(Method::ViewsPublish, &body).await?;
        Ok(())
    }

    async fn presence(&self, of: &SlackUser) -> Result<Presence, PortError> {
        let user = [("user", of.to_string())];
        let (presence, profile, dnd) = tokio::try_join!(
            self.api.get(Method::UsersGetPresence, &user),
            self.api.get(Method::UsersProfileGet, &user),
            self.api.get(Method::DndInfo, &user),
        )?;
        let profile = profile.get("profile").unwrap_or(&Value::Null);
        let emoji = text(profile, "status_emoji").unwrap_or_default();
        Ok(Presence {
            active: text(&presence, "presence") == Some("active"),
            dnd: is_quiet(&dnd, self.clock.now()),
            status: text(profile, "status_text").unwrap_or_default().to_owned(),
            emoji: emoji.trim_matches(':').to_owned(),
        })
    }

    async fn directory(&self) -> Result<Directory, PortError> {
        let me = self.me().await?;
        let users = self.all(Method::UsersList, &[], "members").await?;
        let groups = [("include_users", "true".to_owned())];
        let groups = self.patiently(Method::UsergroupsList, &groups).await?;
        let joined = [
            ("types", "public_channel,private_channel".to_owned()),
            ("exclude_archived", "true".to_owned()),
        ];
        let channels = self.all(Method::UsersConversations, &joined, "channels").await?;
        let groups = match groups.get("usergroups").and_then(Value::as_array) {
            Some(groups) => groups.iter().filter_map(group).collect(),
            None => return Err(Failed::garbled(Method::UsergroupsList).into()),
        };
        let named = |channel: &Value| {
            Some((ChannelId::from(text(channel, "id")?), text(channel, "name")?.to_owned()))
        };
        Ok(Directory {
            bot: Some(me.user.clone()),
            bot_id: me.bot.clone(),
            users: users.iter().filter_map(member).collect(),
            groups,
            channels: channels.iter().filter_map(named).collect(),
            url: me.url.clone(),
        })
    }

    /// A watched channel brings the threads under the messages looked at with it. A reaction counts as old as its message.
    async fn missed(&self, watched: &[Watched]) -> Result<Vec<SlackInput>, PortError> {
        let me = self.me().await?;
        let mut threads: BTreeMap<(&ChannelId, Ts), Time> = BTreeMap::new();
        let mut found: Vec<Past> = Vec::new();
        let mut keep = |channel: &ChannelId, message: &Value, since: Time| {
            let all = events::past(channel, message, Some(&me.user));
            let reaction = |past: &Past| past.input.key.starts_with("r:");
            found.extend(
                all.into_iter()
                    .filter(|past| reaction(past) || past.at.time().is_some_and(|at| at >= since)),
            );
        };
        for watch in watched {
            let Watched { channel, thread, since } = watch;
            if let Some(root) = thread {
                earliest(&mut threads, channel, root.clone(), *since);
                continue;
            }
            for message in there(self.history(channel, None, Some(*since)).await)? {
                keep(channel, &message, *since);
                let replied = text(&message, "latest_reply").is_some();
                if let Some(root) = text(&message, "ts").filter(|_| replied) {
                    earliest(&mut threads, channel, Ts::from(root), *since);
                }
            }
        }
        for ((channel, root), since) in threads {
            // The whole thread, because reactions come with messages of any age.
            let messages = there(self.history(channel, Some(&root), None).await)?;
            messages.iter().for_each(|message| keep(channel, message, since));
        }
        found.sort_by_key(|past| past.at.time());
        let mut seen = BTreeSet::new();
        found.retain(|past| seen.insert(past.input.key.clone()));
        Ok(found.into_iter().map(|past| past.input).collect())
    }
}

fn earliest<'a>(
    threads: &mut BTreeMap<(&'a ChannelId, Ts), Time>,
    channel: &'a ChannelId,
    root: Ts,
    since: Time,
) {
    threads.entry((channel, root)).and_modify(|known| *known = since.min(*known)).or_insert(since);
}

fn content(message: &Message) -> Result<Value, PortError> {
    let Rendered { text, blocks } = blocks::message(message).map_err(unfit)?;
    Ok(json!({"text": text, "blocks": blocks, "link_names": false, "parse": "none"}))
}

fn metadata(errand: ErrandId) -> Value {
    json!({"event_type": METADATA, "event_payload": {"id": errand.to_string()}})
}

fn unfit(error: Unfit) -> PortError {
    PortError::Permanent { why: error.to_string() }
}

/// Nothing, where the thread or the channel is gone or the bot was sent out: the others must not be missed for it.
fn there(messages: Result<Vec<Value>, Failed>) -> Result<Vec<Value>, Failed> {
    match messages {
        Err(failed) if failed.is(&["thread_not_found", "channel_not_found", "not_in_channel"]) => {
            tracing::warn!(?failed, "not to be read back");
            Ok(Vec::new())
        }
        messages => messages,
    }
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Whether notifications are paused: by the person for a while, or by the daily schedule.
fn is_quiet(dnd: &Value, now: Time) -> bool {
    let seconds = |field: &str| dnd.get(field).and_then(Value::as_i64);
    let on = |field: &str| dnd.get(field).and_then(Value::as_bool) == Some(true);
    let now = now.timestamp();
    let snoozed = on("snooze_enabled") && seconds("snooze_endtime").is_none_or(|end| now < end);
    let scheduled = on("dnd_enabled")
        && seconds("next_dnd_start_ts").is_some_and(|start| start <= now)
        && seconds("next_dnd_end_ts").is_some_and(|end| now < end);
    snoozed || scheduled
}

/// A member; `None` for bots and people who left.
fn member(user: &Value) -> Option<(SlackUser, Member)> {
    let on = |field: &str| user.get(field).and_then(Value::as_bool) == Some(true);
    let id = text(user, "id")?;
    if on("is_bot") || on("is_workflow_bot") || on("deleted") || id == "USLACKBOT" {
        return None;
    }
    let profile = user.get("profile").unwrap_or(&Value::Null);
    let name = text(profile, "real_name")
        .or_else(|| text(user, "real_name"))
        .or_else(|| text(user, "name"))?;
    let email = text(profile, "email").map(str::to_owned);
    let phone = text(profile, "phone").map(PhoneNumber::from);
    // guests choose their own names: one who is called like an engineer is not that engineer
    let guest = on("is_restricted") || on("is_ultra_restricted") || on("is_stranger");
    let name = if guest { words::guest(name) } else { name.to_owned() };
    Some((SlackUser::from(id), Member { name, email, phone }))
}

/// A user group that is in use.
fn group(group: &Value) -> Option<(SlackGroup, Group)> {
    if group.get("date_delete").and_then(Value::as_i64).is_some_and(|at| at > 0) {
        return None;
    }
    let users = group.get("users").and_then(Value::as_array).into_iter().flatten();
    let members = users.filter_map(Value::as_str).map(SlackUser::from).collect();
    let handle = text(group, "handle")?.to_owned();
    Some((SlackGroup::from(text(group, "id")?), Group { handle, members }))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::time::in_seoul;

    fn at(seconds: i64) -> Time {
        in_seoul(&chrono::DateTime::from_timestamp(seconds, 0).unwrap())
    }

    #[test]
    fn quiet_hours_and_snoozes() {
        let hours = json!({"dnd_enabled": true, "next_dnd_start_ts": 100, "next_dnd_end_ts": 200});
        assert!(!is_quiet(&hours, at(99)));
        assert!(is_quiet(&hours, at(100)));
        assert!(!is_quiet(&hours, at(200)));
        let snooze = json!({"dnd_enabled": false, "snooze_enabled": true, "snooze_endtime": 150});
        assert!(is_quiet(&snooze, at(149)));
        assert!(!is_quiet(&snooze, at(150)));
        assert!(!is_quiet(&json!({}), at(1)));
    }

    #[test]
    fn bots_and_people_who_left_are_no_members() {
        let person = json!({"id": "U0GA", "name": "gaon", "profile":
            {"real_name": "가온별", "email": "gaon@example.co.kr"}});
        let (id, known) = member(&person).unwrap();
        assert_eq!((id.as_str(), known.name.as_str()), ("U0GA", "가온별"));
        assert_eq!(known.email.as_deref(), Some("gaon@example.co.kr"));
        for gone in [
            json!({"id": "U1", "name": "x", "deleted": true}),
            json!({"id": "U1", "name": "x", "is_bot": true}),
            json!({"id": "USLACKBOT", "name": "slackbot"}),
            json!({"name": "x"}),
        ] {
            assert_eq!(member(&gone), None);
        }
    }
}
