//! Reads what Slack sends: pure, from raw JSON.
//!
//! The client library's own models are not used: one field of an unexpected type makes them lose a message's whole text.

use crate::domain::ids::{ChannelId, MessageRef, SlackUser, Ts};
use crate::domain::input::{ReplyTo, SlackAct, SlackInput, reaction_key};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The longest body that is read, in bytes.
pub const MAX_BODY: usize = 1 << 20;

/// The events that the app subscribes to, each with the scopes it needs.
pub const EVENTS: &[(&str, &[&str])] = &[
    ("app_home_opened", &[]),
    ("app_mention", &["app_mentions:read"]),
    ("message.channels", &["channels:history"]),
    ("message.groups", &["groups:history"]),
    ("reaction_added", &["reactions:read"]),
    ("reaction_removed", &["reactions:read"]),
];

/// The slash commands that the app registers; all of them need the scope `commands`.
pub const COMMANDS: &[&str] = &["/assign", "/offboard", "/onboard", "/call", "/leave", "/coc"];

/// A body that cannot be read. Says nothing of its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Longer than [`MAX_BODY`].
    #[error("the body has {bytes} bytes, more than {MAX_BODY}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// No JSON, or nested too deeply (128 levels).
    #[error("no readable JSON at line {line}, column {column}")]
    NotJson {
        /// Where it goes wrong, from 1.
        line: usize,
        /// Where it goes wrong, from 1.
        column: usize,
    },
    /// A form without its `payload`.
    #[error("the form has no payload")]
    NoPayload,
}

/// Why something that Slack sent is no input. Says nothing personal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    /// A type that the desk does not read.
    #[error("type {0}")]
    Kind(String),
    /// A message of a kind that no person writes (a join, a topic).
    #[error("message subtype {0}")]
    Subtype(String),
    /// A bot wrote it.
    #[error("a bot's")]
    Bot,
    /// The desk's own doing.
    #[error("the bot's own")]
    Own,
    /// Only attachments or a link's preview changed.
    #[error("an edit that leaves the text as it was")]
    SameText,
    /// It stands on no message (a file, the app's home).
    #[error("stands on no message")]
    NoMessage,
    /// A selection in a form that is not handed in yet, or the like.
    #[error("no button was pressed")]
    NoButton,
    /// A field is absent or of another type than documented; a JSON pointer.
    #[error("without {0}")]
    Missing(&'static str),
}

/// Reads a body as JSON.
///
/// # Errors
/// When it is too long, not JSON, or nested more than 128 levels deep.
pub fn read(body: &[u8]) -> Result<Value, Unreadable> {
    if body.len() > MAX_BODY {
        return Err(Unreadable::TooLong { bytes: body.len() });
    }
    serde_json::from_slice(body)
        .map_err(|error| Unreadable::NotJson { line: error.line(), column: error.column() })
}

/// Reads the form that Slack posts for a slash command, as the object that Socket Mode brings.
///
/// # Errors
/// When it is too long.
pub fn read_command(body: &[u8]) -> Result<Value, Unreadable> {
    if body.len() > MAX_BODY {
        return Err(Unreadable::TooLong { bytes: body.len() });
    }
    let fields: Map<String, Value> = url::form_urlencoded::parse(body)
        .map(|(key, value)| (key.into_owned(), Value::String(value.into_owned())))
        .collect();
    Ok(Value::Object(fields))
}

/// Reads the form that Slack posts for an interaction: JSON in its field `payload`.
///
/// # Errors
/// When it is too long, has no `payload`, or that is not JSON.
pub fn read_interaction(body: &[u8]) -> Result<Value, Unreadable> {
    if body.len() > MAX_BODY {
        return Err(Unreadable::TooLong { bytes: body.len() });
    }
    let (_, payload) = url::form_urlencoded::parse(body)
        .find(|(key, _)| key == "payload")
        .ok_or(Unreadable::NoPayload)?;
    read(payload.as_bytes())
}

/// Reads an `event_callback` of the Events API.
///
/// # Errors
/// Why it is no input.
pub fn event(envelope: &Value) -> Result<SlackInput, Ignored> {
    let kind = need(envelope, "/type")?;
    if kind != "event_callback" {
        return Err(Ignored::Kind(word(kind)));
    }
    let event = envelope.get("event").ok_or(Ignored::Missing("/event"))?;
    let me = own_user(envelope);
    let (key, by, what) = match need(event, "/type")? {
        "message" => match text_at(event, "/subtype") {
            Some("message_changed") => changed(event)?,
            Some("message_deleted") => deleted(event)?,
            _ if is_bots(event) => bot_said(&ChannelId::from(need(event, "/channel")?), event)?,
            _ => said_in(event)?,
        },
        "app_mention" => said_in(event)?,
        "reaction_added" => reacted(envelope, event, true)?,
        "reaction_removed" => reacted(envelope, event, false)?,
        "app_home_opened" => home_opened(envelope, event)?,
        other => return Err(Ignored::Kind(word(other))),
    };
    if Some(by.as_str()) == me {
        return Err(Ignored::Own);
    }
    Ok(SlackInput { key, by, what, raw: Some(without_token(envelope)) })
}

/// Whether an `event_callback` is about a message of the bot's own.
#[must_use]
pub fn is_own_post(envelope: &Value) -> bool {
    let me = own_user(envelope);
    me.is_some()
        && text_at(envelope, "/event/type") == Some("message")
        && filled(envelope, "/event/user") == me
}

/// Reads an interaction: a button that was pressed, a form that was handed in.
///
/// # Errors
/// Why it is no input.
pub fn interaction(payload: &Value) -> Result<SlackInput, Ignored> {
    let what = match need(payload, "/type")? {
        "block_actions" => pressed(payload)?,
        "view_submission" => submitted(payload)?,
        other => return Err(Ignored::Kind(word(other))),
    };
    Ok(SlackInput {
        key: format!("i:{}", need(payload, "/trigger_id")?),
        by: user(payload, "/user/id")?,
        what,
        raw: Some(without_token(payload)),
    })
}

/// Reads a slash command: the form's fields as an object.
///
/// # Errors
/// Why it is no input.
pub fn command(fields: &Value) -> Result<SlackInput, Ignored> {
    let trigger = need(fields, "/trigger_id")?;
    let channel = ChannelId::from(need(fields, "/channel_id")?);
    Ok(SlackInput {
        key: format!("c:{trigger}"),
        by: user(fields, "/user_id")?,
        what: SlackAct::Commanded {
            command: need(fields, "/command")?.to_owned(),
            text: text_at(fields, "/text").unwrap_or_default().to_owned(),
            channel: channel.clone(),
            trigger: trigger.to_owned(),
            reply: ReplyTo {
                channel,
                thread: filled(fields, "/thread_ts").map(Ts::from),
                url: filled(fields, "/response_url").map(str::to_owned),
            },
        },
        raw: Some(without_token(fields)),
    })
}

/// Something read back from a conversation's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// When it was done; of a reaction, for which history keeps no time, its message's.
    pub at: Ts,
    /// What was done.
    pub input: SlackInput,
}

/// Reads one message of `conversations.history` or `conversations.replies`: the message, its last edit, its reactions. Those of
/// `me` are left out.
#[must_use]
pub fn past(channel: &ChannelId, message: &Value, me: Option<&SlackUser>) -> Vec<Past> {
    let Some(ts) = filled(message, "/ts").map(Ts::from) else { return Vec::new() };
    let to = MessageRef { channel: channel.clone(), ts: ts.clone() };
    let mut found = Vec::new();
    let mut add = |at: &Ts, key: String, by: SlackUser, what: SlackAct| {
        if Some(&by) != me {
            found.push(Past { at: at.clone(), input: SlackInput { key, by, what, raw: None } });
        }
    };
    if let Ok((key, by, what)) = bot_said(channel, message) {
        add(&ts, key, by, what);
    } else if let Ok((key, by, what)) = said(channel, message) {
        add(&ts, key, by.clone(), what);
        if let Some(edited) = filled(message, "/edited/ts").map(Ts::from) {
            let key = format!("e:{channel}:{ts}:{edited}");
            let (thread, text) = (thread(message, &ts), words(message));
            add(&edited, key, by, SlackAct::Edited { at: to.clone(), thread, text });
        }
    }
    for reaction in message.get("reactions").and_then(Value::as_array).into_iter().flatten() {
        let Some(emoji) = filled(reaction, "/name").map(bare_emoji) else { continue };
        let users = reaction.get("users").and_then(Value::as_array).into_iter().flatten();
        for by in users.filter_map(Value::as_str).filter(|id| !id.is_empty()).map(SlackUser::from) {
            let key = reaction_key(&to, &by, emoji);
            let what = SlackAct::Reacted { to: to.clone(), emoji: emoji.to_owned() };
            add(&ts, key, by, what);
        }
    }
    found
}

type Act = (String, SlackUser, SlackAct);

fn said_in(event: &Value) -> Result<Act, Ignored> {
    said(&ChannelId::from(need(event, "/channel")?), event)
}

fn said(channel: &ChannelId, message: &Value) -> Result<Act, Ignored> {
    a_persons(message)?;
    let by = user(message, "/user")?;
    let ts = Ts::from(need(message, "/ts")?);
    let key = format!("m:{channel}:{ts}");
    let thread = thread(message, &ts);
    let at = MessageRef { channel: channel.clone(), ts };
    Ok((key, by, SlackAct::Said { at, thread, text: words(message) }))
}

/// Whether an app wrote it.
fn is_bots(message: &Value) -> bool {
    text_at(message, "/subtype") == Some("bot_message") || filled(message, "/bot_id").is_some()
}

/// A message of an app, in a channel: what it says stands in its text, or in its attachments alone.
fn bot_said(channel: &ChannelId, message: &Value) -> Result<Act, Ignored> {
    match text_at(message, "/subtype") {
        None | Some("bot_message") if is_bots(message) => {}
        None | Some("bot_message") => return Err(Ignored::Bot),
        Some(other) => return Err(Ignored::Subtype(word(other))),
    }
    let ts = Ts::from(need(message, "/ts")?);
    if thread(message, &ts).is_some() {
        return Err(Ignored::Bot);
    }
    let by = filled(message, "/user").or_else(|| filled(message, "/bot_id"));
    let by = SlackUser::from(by.ok_or(Ignored::Missing("/bot_id"))?);
    let mut text = words(message);
    let attached = message.get("attachments").and_then(Value::as_array);
    for part in attached.into_iter().flatten() {
        let said = ["/pretext", "/title", "/text"].into_iter().filter_map(|at| filled(part, at));
        let said: Vec<&str> = said.collect();
        let said =
            if said.is_empty() { filled(part, "/fallback").into_iter().collect() } else { said };
        for line in said {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(line);
        }
    }
    let key = format!("m:{channel}:{ts}");
    let at = MessageRef { channel: channel.clone(), ts };
    Ok((key, by, SlackAct::BotSaid { at, text }))
}

fn changed(event: &Value) -> Result<Act, Ignored> {
    let channel = ChannelId::from(need(event, "/channel")?);
    let message = event.get("message").ok_or(Ignored::Missing("/message"))?;
    let ts = Ts::from(need(message, "/ts")?);
    // A message that heads a thread leaves a tombstone when it is deleted, and Slack calls that a change.
    if text_at(message, "/subtype") == Some("tombstone") {
        return gone(event, channel, ts);
    }
    a_persons(message)?;
    if text_at(event, "/previous_message/text") == text_at(message, "/text") {
        return Err(Ignored::SameText);
    }
    let edited = filled(message, "/edited/ts")
        .or_else(|| filled(event, "/event_ts"))
        .ok_or(Ignored::Missing("/message/edited/ts"))?;
    let key = format!("e:{channel}:{ts}:{edited}");
    let by = user(message, "/user")?;
    let thread = thread(message, &ts);
    let at = MessageRef { channel, ts };
    Ok((key, by, SlackAct::Edited { at, thread, text: words(message) }))
}

fn deleted(event: &Value) -> Result<Act, Ignored> {
    let channel = ChannelId::from(need(event, "/channel")?);
    let ts = Ts::from(need(event, "/deleted_ts")?);
    gone(event, channel, ts)
}

/// Slack does not say who deleted a message; it is taken to be its author.
fn gone(event: &Value, channel: ChannelId, ts: Ts) -> Result<Act, Ignored> {
    let previous = event.get("previous_message").ok_or(Ignored::Missing("/previous_message"))?;
    a_persons(previous)?;
    let by = user(previous, "/user")?;
    let key = format!("d:{channel}:{ts}");
    Ok((key, by, SlackAct::Deleted { at: MessageRef { channel, ts } }))
}

fn reacted(envelope: &Value, event: &Value, added: bool) -> Result<Act, Ignored> {
    if need(event, "/item/type")? != "message" {
        return Err(Ignored::NoMessage);
    }
    let channel = ChannelId::from(need(event, "/item/channel")?);
    let ts = Ts::from(need(event, "/item/ts")?);
    let emoji = bare_emoji(need(event, "/reaction")?).to_owned();
    let by = user(event, "/user")?;
    let to = MessageRef { channel, ts };
    Ok(if added {
        // the key that the same reaction bears when it is read back from history
        (reaction_key(&to, &by, &emoji), by, SlackAct::Reacted { to, emoji })
    } else {
        let key = format!("u:{}", need(envelope, "/event_id")?);
        (key, by, SlackAct::Unreacted { to, emoji })
    })
}

fn home_opened(envelope: &Value, event: &Value) -> Result<Act, Ignored> {
    match text_at(event, "/tab") {
        Some("home") | None => {}
        Some(tab) => return Err(Ignored::Kind(word(tab))),
    }
    let key = format!("h:{}", need(envelope, "/event_id")?);
    Ok((key, user(event, "/user")?, SlackAct::HomeOpened))
}

fn pressed(payload: &Value) -> Result<SlackAct, Ignored> {
    let actions = payload.get("actions").and_then(Value::as_array);
    let token = actions
        .into_iter()
        .flatten()
        .filter(|action| text_at(action, "/type") == Some("button"))
        .find_map(|action| filled(action, "/value"))
        .ok_or(Ignored::NoButton)?;
    if text_at(payload, "/view/type") == Some("home") {
        let trigger = need(payload, "/trigger_id")?.to_owned();
        return Ok(SlackAct::HomePressed { token: token.to_owned(), trigger });
    }
    // `message` is absent from a press on an ephemeral message; `container` is there always.
    let either = |one, other| filled(payload, one).or_else(|| filled(payload, other));
    let ts = either("/container/message_ts", "/message/ts").ok_or(Ignored::NoMessage)?;
    let channel = either("/container/channel_id", "/channel/id").ok_or(Ignored::NoMessage)?;
    let channel = ChannelId::from(channel);
    let thread = either("/container/thread_ts", "/message/thread_ts")
        .filter(|root| *root != ts)
        .map(Ts::from);
    Ok(SlackAct::Pressed {
        on: MessageRef { channel: channel.clone(), ts: Ts::from(ts) },
        thread: thread.clone(),
        token: token.to_owned(),
        trigger: need(payload, "/trigger_id")?.to_owned(),
        reply: ReplyTo {
            channel,
            thread,
            url: filled(payload, "/response_url").map(str::to_owned),
        },
    })
}

fn submitted(payload: &Value) -> Result<SlackAct, Ignored> {
    let token = need(payload, "/view/private_metadata")?.to_owned();
    let blocks = payload.pointer("/view/state/values").and_then(Value::as_object);
    let fields: BTreeMap<String, String> = blocks
        .into_iter()
        .flatten()
        .map(|(key, block)| (key.clone(), answer(block).unwrap_or_default().to_owned()))
        .collect();
    Ok(SlackAct::Submitted { token, fields })
}

/// What was entered into one block of a form; `None` for nothing.
fn answer(block: &Value) -> Option<&str> {
    let element = block.as_object()?.values().next()?;
    ["/value", "/selected_option/value", "/selected_user"]
        .into_iter()
        .find_map(|place| text_at(element, place))
}

/// A message that a person wrote: no bot, and no subtype but those of people.
fn a_persons(message: &Value) -> Result<(), Ignored> {
    match text_at(message, "/subtype") {
        None | Some("file_share" | "thread_broadcast") => {}
        Some("bot_message") => return Err(Ignored::Bot),
        Some(other) => return Err(Ignored::Subtype(word(other))),
    }
    if filled(message, "/bot_id").is_some() { Err(Ignored::Bot) } else { Ok(()) }
}

/// The thread that a message replies in. A thread's root bears its own `ts` as `thread_ts`.
fn thread(message: &Value, ts: &Ts) -> Option<Ts> {
    filled(message, "/thread_ts").filter(|root| *root != ts.as_str()).map(Ts::from)
}

/// A message's text; one with a file alone has none.
fn words(message: &Value) -> String {
    text_at(message, "/text").unwrap_or_default().to_owned()
}

/// The user that the app acts as in this workspace.
fn own_user(envelope: &Value) -> Option<&str> {
    let all = envelope.get("authorizations").and_then(Value::as_array)?;
    all.iter()
        .find(|one| one.get("is_bot").and_then(Value::as_bool) == Some(true))
        .and_then(|one| filled(one, "/user_id"))
}

/// Skin tones are appearance: `+1::skin-tone-2` is `+1`.
fn bare_emoji(name: &str) -> &str {
    name.split_once("::").map_or(name, |(bare, _)| bare)
}

/// Slack's verification token is a shared secret of old; nothing here checks it, so nothing keeps it.
fn without_token(payload: &Value) -> Value {
    let mut kept = payload.clone();
    if let Some(fields) = kept.as_object_mut() {
        fields.remove("token");
    }
    kept
}

/// A name out of a payload, made fit for a log: Slack's own names pass unchanged, anything else cannot.
fn word(name: &str) -> String {
    let fit = !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.".contains(&b));
    if fit { name.to_owned() } else { "(unprintable)".to_owned() }
}

fn text_at<'a>(value: &'a Value, place: &str) -> Option<&'a str> {
    value.pointer(place).and_then(Value::as_str)
}

fn filled<'a>(value: &'a Value, place: &str) -> Option<&'a str> {
    text_at(value, place).filter(|text| !text.is_empty())
}

fn need<'a>(value: &'a Value, place: &'static str) -> Result<&'a str, Ignored> {
    filled(value, place).ok_or(Ignored::Missing(place))
}

fn user(value: &Value, place: &'static str) -> Result<SlackUser, Ignored> {
    need(value, place).map(SlackUser::from)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn envelope(event: Value) -> Value {
        json!({
            "token": "verification", "team_id": "T01", "api_app_id": "A01", "type": "event_callback",
            "event_id": "Ev01", "event_time": 1_754_398_800, "event": event,
            "authorizations": [{"team_id": "T01", "user_id": "UBOT", "is_bot": true}],
        })
    }

    fn message(more: Value) -> Value {
        let mut event = json!({
            "type": "message", "channel": "C0GENERAL", "channel_type": "channel", "user": "U0CSR",
            "text": "<@UBOT> [긴급티켓배정요청] 고객사: 한빛전자", "ts": "1754398800.000100",
            "event_ts": "1754398800.000100",
        });
        for (key, value) in more.as_object().unwrap() {
            event[key] = value.clone();
        }
        envelope(event)
    }

    fn at(ts: &str) -> MessageRef {
        MessageRef { channel: "C0GENERAL".into(), ts: ts.into() }
    }

    #[test]
    fn a_mention_and_its_message_are_one() {
        let said = event(&message(json!({}))).unwrap();
        let twin = event(&message(json!({"type": "app_mention"}))).unwrap();
        let what = SlackAct::Said {
            at: at("1754398800.000100"),
            thread: None,
            text: "<@UBOT> [긴급티켓배정요청] 고객사: 한빛전자".to_owned(),
        };
        assert_eq!(said.key, "m:C0GENERAL:1754398800.000100");
        assert_eq!((&said.what, said.by.as_str()), (&what, "U0CSR"));
        assert_eq!((twin.key, twin.what), (said.key, said.what));
    }

    #[test]
    fn the_payload_is_kept_without_its_token() {
        let raw = event(&message(json!({}))).unwrap().raw.unwrap();
        assert_eq!(raw.get("token"), None);
        assert_eq!(raw["event_id"], "Ev01");
    }

    #[test]
    fn oddly_typed_neighbours_do_not_cost_the_text() {
        let odd = json!({
            "attachments": [{"id": "one", "fields": [{"value": 3}]}], "metadata": 7, "blocks": "?",
            "edited": null, "client_msg_id": 12,
        });
        assert!(matches!(event(&message(odd)).unwrap().what, SlackAct::Said { text, .. } if
            text.contains("한빛전자")));
    }

    #[test]
    fn files_and_broadcast_replies_are_messages() {
        let file = event(&message(json!({"subtype": "file_share", "text": "", "files": [{}]})));
        assert!(matches!(file.unwrap().what, SlackAct::Said { text, .. } if text.is_empty()));
        let shown = json!({"subtype": "thread_broadcast", "thread_ts": "1754398700.000100"});
        let SlackAct::Said { thread, .. } = event(&message(shown)).unwrap().what else {
            panic!("no message")
        };
        assert_eq!(thread, Some("1754398700.000100".into()));
        let root = json!({"thread_ts": "1754398800.000100"});
        assert!(matches!(event(&message(root)).unwrap().what, SlackAct::Said { thread: None, .. }));
    }

    #[test]
    fn what_no_person_wrote_is_ignored_with_its_reason() {
        let reason = |more| event(&message(more)).unwrap_err();
        let in_a_thread = json!({"bot_id": "B01", "thread_ts": "1754398700.000100"});
        assert_eq!(reason(in_a_thread), Ignored::Bot);
        assert_eq!(reason(json!({"bot_id": "B01", "user": "UBOT"})), Ignored::Own);
        let nobodys = json!({"subtype": "bot_message", "user": null});
        assert_eq!(reason(nobodys), Ignored::Missing("/bot_id"));
        assert_eq!(reason(json!({"user": "UBOT"})), Ignored::Own);
        let joined = json!({"subtype": "channel_join"});
        assert_eq!(reason(joined), Ignored::Subtype("channel_join".to_owned()));
        assert_eq!(reason(json!({"user": 7})), Ignored::Missing("/user"));
        assert_eq!(reason(json!({"ts": null})), Ignored::Missing("/ts"));
        let other = reason(json!({"type": "team_join"}));
        assert_eq!(other, Ignored::Kind("team_join".to_owned()));
        let personal = reason(json!({"type": "가온별 010-0000-1001"}));
        assert_eq!(personal.to_string(), "type (unprintable)");
    }

    #[test]
    fn another_app_says_what_stands_in_its_text_and_attachments() {
        let more = json!({
            "subtype": "bot_message", "user": null, "bot_id": "B0AWS", "text": "",
            "attachments": [
                {"title": "ALARM: prod-web-1", "text": "Threshold Crossed", "fallback": "none"},
                {"fallback": "ALARM: prod-web-2", "fields": 7},
            ],
        });
        let said = event(&message(more)).unwrap();
        assert_eq!(said.by.as_str(), "B0AWS");
        assert_eq!(said.key, "m:C0GENERAL:1754398800.000100");
        let text = "ALARM: prod-web-1\nThreshold Crossed\nALARM: prod-web-2".to_owned();
        assert_eq!(said.what, SlackAct::BotSaid { at: at("1754398800.000100"), text });
    }

    fn edit(new: Value, old: Value) -> Value {
        envelope(json!({
            "type": "message", "subtype": "message_changed", "channel": "C0GENERAL", "hidden": true,
            "message": new, "previous_message": old, "ts": "1754398860.000200",
            "event_ts": "1754398860.000200",
        }))
    }

    #[test]
    fn an_edit_is_one_and_a_link_preview_is_none() {
        let old = json!({"user": "U0CSR", "text": "고객사: 한빛전지", "ts": "1754398800.000100"});
        let new = json!({
            "user": "U0CSR", "text": "고객사: 한빛전자", "ts": "1754398800.000100",
            "edited": {"user": "U0CSR", "ts": "1754398860.000000"},
        });
        let edited = event(&edit(new.clone(), old.clone())).unwrap();
        assert_eq!(edited.key, "e:C0GENERAL:1754398800.000100:1754398860.000000");
        let text = "고객사: 한빛전자".to_owned();
        let what = SlackAct::Edited { at: at("1754398800.000100"), thread: None, text };
        assert_eq!(edited.what, what);
        assert_eq!(event(&edit(new.clone(), new)).unwrap_err(), Ignored::SameText);
        let own = json!({"bot_id": "B01", "user": "UBOT", "text": "x", "ts": "1.0"});
        assert_eq!(event(&edit(own, old)).unwrap_err(), Ignored::Bot);
    }

    #[test]
    fn a_deletion_with_and_without_a_tombstone() {
        let old = json!({"user": "U0CSR", "text": "고객사: 한빛전자", "ts": "1754398800.000100"});
        let plain = envelope(json!({
            "type": "message", "subtype": "message_deleted", "channel": "C0GENERAL",
            "deleted_ts": "1754398800.000100", "previous_message": old, "ts": "1754398900.000300",
        }));
        let stone = json!({"subtype": "tombstone", "user": "USLACKBOT", "ts": "1754398800.000100"});
        for body in [plain, edit(stone, old)] {
            let input = event(&body).unwrap();
            assert_eq!(input.key, "d:C0GENERAL:1754398800.000100");
            assert_eq!(input.by.as_str(), "U0CSR");
            assert_eq!(input.what, SlackAct::Deleted { at: at("1754398800.000100") });
        }
    }

    #[test]
    fn reactions_lose_their_skin_tone() {
        let body = |kind: &str, name: &str, item: Value| {
            envelope(json!({"type": kind, "user": "U0DA", "reaction": name, "item": item}))
        };
        let item = json!({"type": "message", "channel": "C0GENERAL", "ts": "1754398800.000100"});
        let set = event(&body("reaction_added", "+1::skin-tone-2", item.clone())).unwrap();
        let (to, emoji) = (at("1754398800.000100"), "+1".to_owned());
        assert_eq!(set.key, "r:C0GENERAL:1754398800.000100:U0DA:+1");
        assert_eq!(set.what, SlackAct::Reacted { to: to.clone(), emoji: emoji.clone() });
        let back = event(&body("reaction_removed", "+1", item)).unwrap();
        assert_eq!(back.what, SlackAct::Unreacted { to, emoji });
        let file = json!({"type": "file", "file": "F01"});
        assert_eq!(event(&body("reaction_added", "+1", file)).unwrap_err(), Ignored::NoMessage);
    }

    #[test]
    fn only_the_home_tab_is_the_home() {
        let tab = |tab: &str| {
            event(&envelope(json!({"type": "app_home_opened", "user": "U0DA", "tab": tab})))
        };
        assert_eq!(tab("home").unwrap().what, SlackAct::HomeOpened);
        assert_eq!(tab("messages").unwrap_err(), Ignored::Kind("messages".to_owned()));
    }

    fn press(container: Value, action: Value) -> Value {
        json!({
            "type": "block_actions", "token": "verification", "user": {"id": "U0COC"},
            "trigger_id": "12.34.ab", "response_url": "https://hooks.slack.com/actions/T01/1/x",
            "channel": {"id": "C0GENERAL"}, "container": container, "actions": [action],
        })
    }

    #[test]
    fn a_press_in_the_home_has_no_place() {
        let mut body = press(
            json!({"type": "view", "view_id": "V01"}),
            json!({"type": "button", "action_id": "b0", "value": "home/refresh"}),
        );
        body["view"] = json!({"id": "V01", "type": "home"});
        body.as_object_mut().unwrap().remove("channel");
        let what = SlackAct::HomePressed {
            token: "home/refresh".to_owned(),
            trigger: "12.34.ab".to_owned(),
        };
        assert_eq!(interaction(&body).unwrap().what, what);
        body["view"]["type"] = json!("modal");
        assert_eq!(interaction(&body).unwrap_err(), Ignored::NoMessage);
    }

    #[test]
    fn a_press_brings_its_token_and_its_place() {
        let container = json!({
            "type": "message", "message_ts": "1754398801.000100", "channel_id": "C0GENERAL",
            "thread_ts": "1754398800.000100", "is_ephemeral": false,
        });
        let action = json!({"type": "button", "action_id": "b0", "value": "rung/12.0/absent"});
        let input = interaction(&press(container.clone(), action)).unwrap();
        assert_eq!((input.key.as_str(), input.by.as_str()), ("i:12.34.ab", "U0COC"));
        let thread = Some(Ts::from("1754398800.000100"));
        let url = Some("https://hooks.slack.com/actions/T01/1/x".to_owned());
        let reply = ReplyTo { channel: "C0GENERAL".into(), thread: thread.clone(), url };
        let what = SlackAct::Pressed {
            on: at("1754398801.000100"),
            thread,
            token: "rung/12.0/absent".to_owned(),
            trigger: "12.34.ab".to_owned(),
            reply,
        };
        assert_eq!(input.what, what);
        let chosen = json!({"type": "users_select", "selected_user": "U0DA"});
        assert_eq!(interaction(&press(container, chosen)).unwrap_err(), Ignored::NoButton);
        let button = json!({"type": "button", "value": "x"});
        let home = press(json!({"type": "view", "view_id": "V01"}), button);
        assert_eq!(interaction(&home).unwrap_err(), Ignored::NoMessage);
    }

    #[test]
    fn a_form_is_read_from_its_state() {
        let input = interaction(&json!({
            "type": "view_submission", "user": {"id": "U0COC"}, "trigger_id": "12.35.ab",
            "view": {"id": "V01", "callback_id": "coc", "private_metadata": "offboard", "state": {"values": {
                "customer": {"v": {"type": "plain_text_input", "value": "한빛전자"}},
                "ticket": {"v": {"type": "plain_text_input", "value": null}},
                "why": {"v": {"type": "static_select", "selected_option":
                    {"text": {"type": "plain_text", "text": "미수"}, "value": "미수"}}},
                "who": {"v": {"type": "users_select", "selected_user": "U0DA"}},
                "empty": {"v": {"type": "users_select", "selected_user": null}},
            }}},
        }));
        let pairs = [
            ("customer", "한빛전자"),
            ("empty", ""),
            ("ticket", ""),
            ("who", "U0DA"),
            ("why", "미수"),
        ];
        let fields = pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into_iter().collect();
        assert_eq!(
            input.unwrap().what,
            SlackAct::Submitted { token: "offboard".to_owned(), fields }
        );
    }

    #[test]
    fn a_command_is_the_same_as_form_and_as_object() {
        let form = b"token=verification&command=%2Fassign&text=%ED%95%9C%EB%B9%9B%EC%A0%84%EC%9E%90&\
            channel_id=C0NOTI&user_id=U0COC&trigger_id=12.36.ab&response_url=https%3A%2F%2Fhooks.slack.com%2Fc";
        let input = command(&read_command(form).unwrap()).unwrap();
        let same = command(&json!({
            "token": "verification", "command": "/assign", "text": "한빛전자", "channel_id": "C0NOTI",
            "user_id": "U0COC", "trigger_id": "12.36.ab", "response_url": "https://hooks.slack.com/c",
        }));
        assert_eq!(input, same.unwrap());
        assert_eq!(input.key, "c:12.36.ab");
        let SlackAct::Commanded { command, text, reply, .. } = input.what else {
            panic!("no command")
        };
        assert_eq!((command.as_str(), text.as_str()), ("/assign", "한빛전자"));
        assert_eq!(reply.url.as_deref(), Some("https://hooks.slack.com/c"));
    }

    #[test]
    fn history_brings_the_message_its_edit_and_its_reactions() {
        let found = past(
            &"C0GENERAL".into(),
            &json!({
                "type": "message", "user": "U0CSR", "text": "고객사: 한빛전자", "ts": "1754398800.000100",
                "edited": {"user": "U0CSR", "ts": "1754398860.000000"},
                "reactions": [
                    {"name": "white_check_mark", "users": ["U0DA", "UBOT"], "count": 2},
                    {"name": "+1::skin-tone-3", "users": ["U0GA"], "count": 1},
                ],
            }),
            Some(&"UBOT".into()),
        );
        let keys: Vec<_> = found.iter().map(|past| past.input.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "m:C0GENERAL:1754398800.000100",
                "e:C0GENERAL:1754398800.000100:1754398860.000000",
                "r:C0GENERAL:1754398800.000100:U0DA:white_check_mark",
                "r:C0GENERAL:1754398800.000100:U0GA:+1",
            ]
        );
        assert_eq!(found[1].at, "1754398860.000000".into());
        let live = event(&message(json!({}))).unwrap();
        assert_eq!(found[0].input.key, live.key);
    }

    #[test]
    fn history_of_a_bots_post_brings_its_reactions() {
        let post = json!({
            "type": "message", "bot_id": "B01", "user": "UBOT", "ts": "1754398801.000100",
            "reactions": [{"name": "eyes", "users": ["U0DA"]}],
        });
        let found = past(&"C0GENERAL".into(), &post, Some(&"UBOT".into()));
        assert_eq!(found.len(), 1);
        assert!(matches!(found[0].input.what, SlackAct::Reacted { .. }));
    }

    #[test]
    fn long_and_deep_bodies_are_refused() {
        let long = vec![b' '; MAX_BODY + 1];
        assert_eq!(read(&long).unwrap_err(), Unreadable::TooLong { bytes: MAX_BODY + 1 });
        let deep = "[".repeat(200) + &"]".repeat(200);
        assert!(matches!(read(deep.as_bytes()), Err(Unreadable::NotJson { .. })));
        assert!(read("[".repeat(100).as_bytes()).is_err());
        assert_eq!(read_interaction(b"a=b").unwrap_err(), Unreadable::NoPayload);
        let said = read("{\"이름\": 가온별}".as_bytes()).unwrap_err().to_string();
        assert!(!said.contains("가온별"), "{said}");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let names = prop::sample::select(vec![
            "type",
            "event",
            "user",
            "ts",
            "channel",
            "item",
            "message",
            "previous_message",
            "actions",
            "container",
            "view",
            "state",
            "values",
            "authorizations",
            "reactions",
            "users",
            "edited",
            "text",
        ]);
        let words = prop::sample::select(vec![
            "event_callback",
            "message",
            "app_mention",
            "message_changed",
            "reaction_added",
            "block_actions",
            "view_submission",
            "button",
            "",
            "U01",
            "1754398800.000100",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            words.prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(names.clone().prop_map(str::to_owned), inner, 0..8)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(value in any_json(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for read in [event, interaction, command] {
                if let Ok(input) = read(&value) {
                    prop_assert!(!input.key.is_empty() && !input.by.as_str().is_empty());
                }
            }
            for past in past(&"C01".into(), &value, None) {
                prop_assert!(past.input.raw.is_none());
            }
            prop_assert_eq!(read(&bytes).is_ok(), serde_json::from_slice::<Value>(&bytes).is_ok());
            if let Ok(fields) = read_command(&bytes) {
                prop_assert!(fields.is_object());
            }
        }
    }
}
