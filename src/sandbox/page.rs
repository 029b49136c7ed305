//! The page in the browser: its files, its view of the workspace, and what people do on it.

use super::backstage::{BotTurn, ClockTurn};
use super::server::Sandbox;
use super::workspace::{Channel, Delivery, Pick, PressOn, Refused, Typing, View, Workspace};
use crate::domain::errand::CallEvent;
use crate::domain::ids::{ChannelId, MessageRef, SlackUser, Ts};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use futures_util::stream::{self, Stream};
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

/// How often the clock, the telephone and the desk are looked at while nothing else happens.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Changes that come together go out together.
const GATHER: Duration = Duration::from_millis(30);

#[derive(RustEmbed)]
#[folder = "src/sandbox/page"]
struct Files;

pub(super) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/", get(|| file("index.html", "text/html; charset=utf-8")))
        .route("/app.js", get(|| file("app.js", "text/javascript; charset=utf-8")))
        .route("/style.css", get(|| file("style.css", "text/css; charset=utf-8")))
        .route("/page/state", get(state))
        .route("/page/stream", get(stream_changes))
        .route("/page/act", post(act))
}

async fn file(name: &'static str, kind: &'static str) -> Response {
    let Some(file) = Files::get(name) else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'self'; img-src 'self' https: data:"),
    ];
    (headers, file.data.into_owned()).into_response()
}

async fn state(State(sandbox): State<Sandbox>) -> Json<Value> {
    let mut said = snapshot(&sandbox);
    said["panels"] = panels(&sandbox);
    Json(said)
}

/// What Slack shows: people, channels, messages, forms.
fn snapshot(sandbox: &Sandbox) -> Value {
    let (sockets, waiting) = {
        let outbox = sandbox.outbox();
        (outbox.sockets(), outbox.waiting())
    };
    let workspace = sandbox.workspace();
    let groups: Vec<Value> = workspace
        .groups()
        .map(|group| json!({ "id": group.id, "handle": group.handle, "name": group.name, "members": group.members }))
        .collect();
    let users: Vec<Value> = workspace
        .users()
        .map(|user| {
            json!({
                "id": user.id, "name": user.real_name, "handle": user.handle, "active": user.active,
                "status": user.status, "emoji": user.emoji, "dnd": user.dnd_since.is_some(),
            })
        })
        .collect();
    let channels: Vec<Value> =
        workspace.channels().map(|channel| channel_json(&workspace, channel)).collect();
    let ephemerals: Vec<Value> = workspace
        .ephemerals()
        .iter()
        .map(|shown| {
            json!({
                "channel": shown.at.channel, "ts": shown.at.ts, "to": shown.to,
                "thread_ts": shown.thread, "text": shown.text, "blocks": shown.blocks,
            })
        })
        .collect();
    let (mut forms, mut homes) = (Map::new(), Map::new());
    for user in workspace.users() {
        if let Some(view) = workspace.modal(&user.id) {
            forms.insert(user.id.to_string(), view_json(view));
        }
        if let Some(view) = workspace.home(&user.id) {
            homes.insert(user.id.to_string(), view_json(view));
        }
    }
    json!({
        "bot": { "id": workspace.bot.user, "name": workspace.bot.name },
        "users": users,
        "groups": groups,
        "channels": channels,
        "ephemerals": ephemerals,
        "forms": forms,
        "homes": homes,
        "commands": sandbox.options().commands,
        "app": { "sockets": sockets, "waiting": waiting },
    })
}

fn channel_json(workspace: &Workspace, channel: &Channel) -> Value {
    let messages: Vec<Value> =
        workspace.messages(&channel.id).map(|message| workspace.message_json(message)).collect();
    json!({
        "id": channel.id, "name": channel.name, "purpose": channel.purpose,
        "direct_with": channel.direct_with, "members": channel.members, "messages": messages,
    })
}

fn view_json(view: &View) -> Value {
    json!({
        "id": view.id, "hash": view.hash, "body": view.body, "errors": view.errors, "answers": view.answers,
    })
}

/// The clock, the telephone, the desk.
fn panels(sandbox: &Sandbox) -> Value {
    let backstage = sandbox.backstage();
    json!({
        "now": backstage.now(),
        "speed": backstage.speed(),
        "ringing": backstage.ringing(),
        "cases": backstage.cases(),
        "bot_runs": backstage.bot_runs(),
    })
}

/// `GET /page/stream`: `workspace` and `panels` events, each whole, sent when they differ from the last.
async fn stream_changes(
    State(sandbox): State<Sandbox>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stirred = sandbox.stirred();
    let start = (sandbox, stirred, String::new(), String::new());
    let events = stream::unfold(start, |(sandbox, mut stirred, mut told, mut panel)| async move {
        loop {
            stirred.mark_unchanged();
            let workspace = snapshot(&sandbox).to_string();
            if workspace != told {
                told.clone_from(&workspace);
                let event = Event::default().event("workspace").data(workspace);
                return Some((Ok(event), (sandbox, stirred, told, panel)));
            }
            let panels = panels(&sandbox).to_string();
            if panels != panel {
                panel.clone_from(&panels);
                let event = Event::default().event("panels").data(panels);
                return Some((Ok(event), (sandbox, stirred, told, panel)));
            }
            tokio::select! {
                changed = stirred.changed() => {
                    if changed.is_err() {
                        return None;
                    }
                    tokio::time::sleep(GATHER).await;
                }
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// Something done on the page.
#[derive(Deserialize)]
struct Act {
    /// Who does it: an id or a name. Of no matter for the clock and the telephone.
    #[serde(default)]
    who: String,
    #[serde(flatten)]
    what: Deed,
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Deed {
    Say {
        channel: String,
        #[serde(default)]
        thread: Option<Ts>,
        text: String,
        #[serde(default)]
        raw: bool,
    },
    Edit {
        channel: String,
        ts: Ts,
        text: String,
        #[serde(default)]
        raw: bool,
    },
    Delete {
        channel: String,
        ts: Ts,
    },
    React {
        channel: String,
        ts: Ts,
        emoji: String,
    },
    Unreact {
        channel: String,
        ts: Ts,
        emoji: String,
    },
    Press(Press),
    Slash {
        channel: String,
        command: String,
        #[serde(default)]
        text: String,
        #[serde(default)]
        raw: bool,
    },
    Submit {
        #[serde(default)]
        fields: BTreeMap<String, String>,
    },
    CloseView,
    Home,
    Presence {
        #[serde(default)]
        active: Option<bool>,
        #[serde(default)]
        status: Option<String>,
        #[serde(default)]
        emoji: Option<String>,
        #[serde(default)]
        dnd: Option<bool>,
    },
    Clock {
        turn: ClockTurn,
    },
    Bot {
        turn: BotTurn,
    },
    Phone {
        call: String,
        event: CallEvent,
    },
}

/// A press of a button: by label, or by block and action.
#[derive(Deserialize)]
struct Press {
    #[serde(default)]
    on: Surface,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    ts: Option<Ts>,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    block_id: String,
    #[serde(default)]
    action_id: String,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Surface {
    #[default]
    Message,
    Ephemeral,
    Home,
    Form,
}

/// Why an act did not happen: words for the person, and for a form the fields that are wrong, by block.
struct Trouble {
    words: String,
    fields: Map<String, Value>,
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        refused.to_string().into()
    }
}

impl From<String> for Trouble {
    fn from(words: String) -> Self {
        Self { words, fields: Map::new() }
    }
}

/// `POST /page/act`: `{"who":…,"do":…}`; answers `{"ok":true}`, with `ts` for a message, or 409 and why not.
async fn act(State(sandbox): State<Sandbox>, Json(Act { who, what }): Json<Act>) -> Response {
    let done = match what {
        Deed::Clock { turn } => {
            sandbox.backstage().turn_clock(turn).await.map(|()| json!({})).map_err(Trouble::from)
        }
        Deed::Bot { turn } => {
            sandbox.backstage().turn_bot(turn).await.map(|()| json!({})).map_err(Trouble::from)
        }
        Deed::Phone { call, event } => sandbox
            .backstage()
            .answer_phone(&call, event)
            .await
            .map(|()| json!({}))
            .map_err(Trouble::from),
        Deed::Say { .. }
        | Deed::Edit { .. }
        | Deed::Delete { .. }
        | Deed::React { .. }
        | Deed::Unreact { .. }
        | Deed::Press(_)
        | Deed::Slash { .. }
        | Deed::Submit { .. }
        | Deed::CloseView
        | Deed::Home
        | Deed::Presence { .. } => act_in_slack(&sandbox, &who, what),
    };
    sandbox.stir();
    match done {
        Ok(mut said) => {
            said["ok"] = json!(true);
            Json(said).into_response()
        }
        Err(Trouble { words, fields }) => {
            let said = json!({ "ok": false, "error": words, "fields": fields });
            (StatusCode::CONFLICT, Json(said)).into_response()
        }
    }
}

fn act_in_slack(sandbox: &Sandbox, who: &str, what: Deed) -> Result<Value, Trouble> {
    let awaits = matches!(what, Deed::Press(_) | Deed::Slash { .. } | Deed::Submit { .. });
    if awaits && sandbox.sockets() == 0 {
        let words = "앱이 연결되어 있지 않습니다. 연결된 뒤에 다시 눌러 주십시오.";
        return Err(words.to_owned().into());
    }
    let (said, deliveries) = {
        let now = sandbox.backstage().now();
        let mut workspace = sandbox.workspace();
        let user = person(&workspace, who)?;
        do_in_slack(&mut workspace, now, &user, what)?
    };
    sandbox.deliver(deliveries);
    Ok(said)
}

fn person(workspace: &Workspace, who: &str) -> Result<SlackUser, Trouble> {
    let id = SlackUser(who.to_owned());
    if workspace.user(&id).is_some() {
        return Ok(id);
    }
    let named = workspace.user_named(who).ok_or(Refused::NoSuchUser(id))?;
    Ok(named.id.clone())
}

fn place(workspace: &Workspace, channel: &str) -> ChannelId {
    let id = ChannelId(channel.to_owned());
    workspace.channel_named(channel).map_or(id, |channel| channel.id.clone())
}

fn do_in_slack(
    workspace: &mut Workspace,
    now: crate::domain::time::Time,
    user: &SlackUser,
    what: Deed,
) -> Result<(Value, Vec<Delivery>), Trouble> {
    let typing = |raw: bool| if raw { Typing::Raw } else { Typing::Plain };
    let at = |workspace: &Workspace, channel: &str, ts: Ts| MessageRef {
        channel: place(workspace, channel),
        ts,
    };
    let deliveries = match what {
        Deed::Say { channel, thread, text, raw } => {
            let channel = place(workspace, &channel);
            let (at, told) =
                workspace.say(now, user, &channel, thread.as_ref(), &text, typing(raw))?;
            return Ok((json!({ "channel": at.channel, "ts": at.ts }), told));
        }
        Deed::Edit { channel, ts, text, raw } => {
            let at = at(workspace, &channel, ts);
            workspace.edit(now, user, &at, &text, typing(raw))?
        }
        Deed::Delete { channel, ts } => {
            let at = at(workspace, &channel, ts);
            workspace.delete(now, user, &at)?
        }
        Deed::React { channel, ts, emoji } => {
            let at = at(workspace, &channel, ts);
            workspace.react(now, user, &at, emoji.trim_matches(':'))?
        }
        Deed::Unreact { channel, ts, emoji } => {
            let at = at(workspace, &channel, ts);
            workspace.unreact(now, user, &at, emoji.trim_matches(':'))?
        }
        Deed::Press(press) => {
            let ts = press.ts.unwrap_or_else(|| Ts(String::new()));
            let at = at(workspace, &press.channel, ts);
            let on = match press.on {
                Surface::Message => PressOn::Message(&at),
                Surface::Ephemeral => PressOn::Ephemeral(&at),
                Surface::Home => PressOn::Home,
                Surface::Form => PressOn::Form,
            };
            let pick = match &press.label {
                Some(label) => Pick::Label(label),
                None => Pick::Id { block_id: &press.block_id, action_id: &press.action_id },
            };
            vec![workspace.press(now, user, on, pick)?]
        }
        Deed::Slash { channel, command, text, raw } => {
            let channel = place(workspace, &channel);
            vec![workspace.slash(now, user, &channel, &command, &text, typing(raw))?]
        }
        Deed::Submit { fields } => {
            let blank = workspace.blank_fields(user, &fields)?;
            if !blank.is_empty() {
                return Err(blanks(&blank));
            }
            vec![workspace.submit(now, user, &fields)?]
        }
        Deed::CloseView => workspace.close_form(user)?.into_iter().collect(),
        Deed::Home => vec![workspace.open_home(now, user)?],
        Deed::Presence { active, status, emoji, dnd } => {
            if let Some(active) = active {
                workspace.set_presence(user, active)?;
            }
            if let Some(dnd) = dnd {
                workspace.set_dnd(now, user, dnd)?;
            }
            match (status, emoji) {
                (None, None) => Vec::new(),
                (status, emoji) => {
                    let (status, emoji) = (status.unwrap_or_default(), emoji.unwrap_or_default());
                    vec![workspace.set_status(now, user, &status, &emoji)?]
                }
            }
        }
        Deed::Clock { .. } | Deed::Bot { .. } | Deed::Phone { .. } => Vec::new(),
    };
    Ok((json!({}), deliveries))
}

/// Slack's client keeps a form back while a required field is blank.
fn blanks(blank: &[super::workspace::Field]) -> Trouble {
    let fields = blank
        .iter()
        .map(|field| (field.block_id.clone(), json!("비어 있습니다. 값을 적어 주십시오.")))
        .collect();
    let labels: Vec<&str> = blank.iter().map(|field| field.label.as_str()).collect();
    Trouble {
        words: format!("필수 항목이 비어 있습니다: {}", labels.join(", ")), fields
    }
}
