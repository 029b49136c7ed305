//! The page in the browser: its files, its view of the workspace, and what people do on it.

use super::backstage::{BotTurn, ClockTurn, Monitored};
use super::deeds::{Act, Deed, Trouble, do_in_slack, person, place};
use super::notices::{self, Level, Status};
use super::recording::Recording;
use super::scenes::{Opening, SCENES, Scene, scene};
use super::server::Sandbox;
use super::workspace::{Channel, View, Workspace};
use crate::domain::errand::CallEvent;
use crate::domain::ids::{ChannelId, MessageRef, Ts};
use crate::domain::time::Time;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use futures_util::stream::{self, Stream};
use rust_embed::RustEmbed;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, watch};

/// How often the clock, the telephone and the desk are looked at while nothing else happens.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Changes that come together go out together.
const GATHER: Duration = Duration::from_millis(30);

#[derive(RustEmbed)]
#[folder = "src/sandbox/page"]
struct Files;

/// How long a scene's opening waits for the app to take what happens.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks whether the app has.
const BLINK: Duration = Duration::from_millis(20);

/// The practice that goes on: which it is, and what was done in it.
#[derive(Clone)]
struct Practice {
    going: Arc<Mutex<Going>>,
    /// Held by whoever moves the clock, the bot or the scene: one at a time.
    stage: Arc<AsyncMutex<()>>,
}

struct Going {
    /// Counts the practices; whoever keeps something about messages forgets it when this changes.
    run: u64,
    scene: Option<&'static Scene>,
    recording: Recording,
    /// How many alarms were sent.
    alarms: u32,
    /// What AWS said of its own services; `None` until the feed was read for the first time.
    status: Option<Vec<(Time, Status)>>,
}

impl Going {
    fn new(run: u64, scene: Option<&'static Scene>, recording: Recording) -> Self {
        Self { run, scene, recording, alarms: 0, status: None }
    }
}

impl Practice {
    fn new(sandbox: &Sandbox) -> Self {
        let recording = Recording::new("자유 연습", sandbox.backstage().now(), BTreeMap::new());
        let going = Going::new(1, None, recording);
        Self { going: Arc::new(Mutex::new(going)), stage: Arc::default() }
    }

    fn going(&self) -> MutexGuard<'_, Going> {
        self.going.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn routes(sandbox: &Sandbox) -> Router<Sandbox> {
    Router::new()
        .route("/", get(|| file("index.html", "text/html; charset=utf-8")))
        .route("/app.js", get(|| file("app.js", "text/javascript; charset=utf-8")))
        .route("/style.css", get(|| file("style.css", "text/css; charset=utf-8")))
        .route("/page/state", get(state))
        .route("/page/stream", get(stream_changes))
        .route("/page/act", post(act))
        .route("/page/scenario.yaml", get(scenario))
        .layer(Extension(Practice::new(sandbox)))
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

/// `GET /page/state`: everything that the page shows.
async fn state(
    State(sandbox): State<Sandbox>,
    Extension(practice): Extension<Practice>,
) -> Json<Value> {
    let mut said = snapshot(&sandbox, &practice);
    said["panels"] = panels(&sandbox);
    Json(said)
}

/// What Slack shows: people, channels, messages, forms.
fn snapshot(sandbox: &Sandbox, practice: &Practice) -> Value {
    let (sockets, waiting) = {
        let outbox = sandbox.outbox();
        (outbox.sockets(), outbox.waiting())
    };
    let workspace = sandbox.workspace();
    let (run, scene) = {
        let mut going = practice.going();
        going.recording.observe(&workspace);
        (going.run, going.scene)
    };
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
        "scenes": SCENES,
        "monitored": sandbox.backstage().monitored(),
        "practice": { "run": run, "scene": scene },
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
        "past_calls": backstage.past_calls(),
        "outside": backstage.outside(),
        "cases": backstage.cases(),
        "bot_runs": backstage.bot_runs(),
    })
}

/// What one reader of the stream was told last.
struct Told {
    sandbox: Sandbox,
    practice: Practice,
    stirred: watch::Receiver<u64>,
    workspace: String,
    /// Without the time, which is another one at every look; the page reckons on by itself.
    panels: Value,
    /// The time is told anew even if nothing else changed.
    look: bool,
}

impl Told {
    /// The next event, as soon as there is one; `None` when the sandbox is gone.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            self.stirred.mark_unchanged();
            let workspace = snapshot(&self.sandbox, &self.practice).to_string();
            if workspace != self.workspace {
                self.workspace.clone_from(&workspace);
                return Some((Ok(Event::default().event("workspace").data(workspace)), self));
            }
            let told = panels(&self.sandbox);
            let mut timeless = told.clone();
            timeless["now"] = Value::Null;
            if self.look || timeless != self.panels {
                (self.panels, self.look) = (timeless, false);
                return Some((Ok(Event::default().event("panels").data(told.to_string())), self));
            }
            tokio::select! {
                changed = self.stirred.changed() => {
                    if changed.is_err() {
                        return None;
                    }
                    tokio::time::sleep(GATHER).await;
                }
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            self.look = true;
        }
    }
}

/// `GET /page/stream`: `workspace` and `panels` events, each whole, sent when they differ from the last.
async fn stream_changes(
    State(sandbox): State<Sandbox>,
    Extension(practice): Extension<Practice>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stirred = sandbox.stirred();
    let (workspace, panels) = (String::new(), Value::Null);
    let told = Told { sandbox, practice, stirred, workspace, panels, look: true };
    Sse::new(stream::unfold(told, Told::next)).keep_alive(KeepAlive::default())
}

/// `POST /page/act`: `{"who":…,"do":…}`; answers `{"ok":true}`, with `ts` for a message, or 409 and why not.
async fn act(
    State(sandbox): State<Sandbox>,
    Extension(practice): Extension<Practice>,
    Json(act): Json<Act>,
) -> Response {
    // a task of its own: what was begun is finished even if the browser goes away meanwhile
    let done = tokio::spawn(async move {
        let done = carry_out(&sandbox, &practice, act).await;
        sandbox.stir();
        done
    });
    match done.await {
        Ok(Ok(mut said)) => {
            said["ok"] = json!(true);
            Json(said).into_response()
        }
        Ok(Err(Trouble { words, fields })) => {
            let said = json!({ "ok": false, "error": words, "fields": fields });
            (StatusCode::CONFLICT, Json(said)).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn carry_out(
    sandbox: &Sandbox,
    practice: &Practice,
    Act { who, what }: Act,
) -> Result<Value, Trouble> {
    match what {
        Deed::Clock { turn } => {
            let _alone = practice.stage.lock().await;
            turn_clock(sandbox, practice, turn).await
        }
        Deed::Bot { turn } => {
            let _alone = practice.stage.lock().await;
            turn_bot(sandbox, practice, turn).await
        }
        Deed::Scene { scene } => {
            let _alone = practice.stage.lock().await;
            begin_scene(sandbox, practice, &scene).await
        }
        Deed::Alarm { customer, level, name } => {
            let _alone = practice.stage.lock().await;
            send_alarm(sandbox, practice, &customer, level, &name).await
        }
        Deed::Status { says } => {
            let _alone = practice.stage.lock().await;
            say_status(sandbox, practice, Some(says)).await
        }
        Deed::Phone { call, event } => answer_phone(sandbox, practice, &call, event).await,
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
        | Deed::Presence { .. } => act_in_slack(sandbox, practice, &who, &what),
    }
}

fn act_in_slack(
    sandbox: &Sandbox,
    practice: &Practice,
    who: &str,
    what: &Deed,
) -> Result<Value, Trouble> {
    let awaits = matches!(what, Deed::Press(_) | Deed::Slash { .. } | Deed::Submit { .. });
    if awaits && sandbox.sockets() == 0 {
        let words = "앱이 연결되어 있지 않습니다. 연결된 뒤에 다시 눌러 주십시오.";
        return Err(words.to_owned().into());
    }
    let (said, deliveries) = {
        let now = sandbox.backstage().now();
        let mut workspace = sandbox.workspace();
        let user = person(&workspace, who)?;
        let drafted = practice.going().recording.draft(&workspace, &user, what);
        let (said, deliveries) = do_in_slack(&mut workspace, now, &user, what)?;
        practice.going().recording.keep(now, drafted, message(&said));
        (said, deliveries)
    };
    sandbox.deliver(deliveries);
    Ok(said)
}

/// The message that an act wrote.
fn message(said: &Value) -> Option<MessageRef> {
    let (channel, ts) = (said["channel"].as_str()?, said["ts"].as_str()?);
    Some(MessageRef { channel: ChannelId(channel.to_owned()), ts: Ts(ts.to_owned()) })
}

async fn turn_clock(
    sandbox: &Sandbox,
    practice: &Practice,
    turn: ClockTurn,
) -> Result<Value, Trouble> {
    // what people just did comes before the time that passes
    app_took_all(sandbox).await;
    let from = sandbox.backstage().now();
    sandbox.backstage().turn_clock(turn).await?;
    practice.going().recording.turned(turn, from, sandbox.backstage().now());
    Ok(json!({}))
}

async fn turn_bot(sandbox: &Sandbox, practice: &Practice, turn: BotTurn) -> Result<Value, Trouble> {
    let at = sandbox.backstage().now();
    sandbox.backstage().turn_bot(turn).await?;
    practice.going().recording.bot_turned(at, turn);
    Ok(json!({}))
}

async fn answer_phone(
    sandbox: &Sandbox,
    practice: &Practice,
    call: &str,
    event: CallEvent,
) -> Result<Value, Trouble> {
    let at = sandbox.backstage().now();
    let ringing = sandbox.backstage().ringing().into_iter().find(|one| one.id == call);
    sandbox.backstage().answer_phone(call, event).await?;
    if let Some(ringing) = ringing {
        practice.going().recording.phoned(at, &ringing, event);
    }
    Ok(json!({}))
}

async fn send_alarm(
    sandbox: &Sandbox,
    practice: &Practice,
    customer: &str,
    level: Level,
    name: &str,
) -> Result<Value, Trouble> {
    if name.trim().is_empty() {
        return Err("알람 이름을 적어 주십시오. 예: prod-web-1 CPU".to_owned().into());
    }
    let monitored = sandbox.backstage().monitored();
    let Some(of) = monitored.iter().find(|one| one.name == customer) else {
        let words = format!("고객을 고객 기록에서 찾을 수 없습니다. 읽은 값: \"{customer}\"");
        return Err(words.into());
    };
    let nth = {
        let mut going = practice.going();
        going.alarms += 1;
        going.alarms
    };
    let at = sandbox.backstage().now();
    post_notice(sandbox, practice, &notices::alarm(&of.account, level, name, at, nth)).await
}

async fn post_notice(sandbox: &Sandbox, practice: &Practice, text: &str) -> Result<Value, Trouble> {
    // what people did before comes before it
    app_took_all(sandbox).await;
    let at = sandbox.backstage().now();
    sandbox.backstage().post(notices::PATH, text).await?;
    practice.going().recording.posted(at, text);
    Ok(json!({}))
}

/// `None`: AWS has nothing to say yet, and its feed is read for the first time.
async fn say_status(
    sandbox: &Sandbox,
    practice: &Practice,
    says: Option<Status>,
) -> Result<Value, Trouble> {
    app_took_all(sandbox).await;
    let known = practice.going().status.clone();
    if known.is_none() {
        // what stands in a feed that is read for the first time may be old
        feed(sandbox, practice, Vec::new()).await?;
    }
    let Some(says) = says else { return Ok(json!({})) };
    let mut updates = known.unwrap_or_default();
    let last = updates.last().map(|(_, status)| *status);
    let words = match (last, says) {
        (Some(Status::Impact), Status::Impact) => Some("이미 장애가 이어지고 있습니다."),
        (None | Some(Status::Resolved), Status::Resolved) => Some("끝낼 장애가 없습니다."),
        (None | Some(Status::Resolved), Status::Impact)
        | (Some(Status::Impact), Status::Resolved) => None,
    };
    if let Some(words) = words {
        return Err(words.to_owned().into());
    }
    updates.push((sandbox.backstage().now(), says));
    feed(sandbox, practice, updates).await?;
    Ok(json!({}))
}

async fn feed(
    sandbox: &Sandbox,
    practice: &Practice,
    updates: Vec<(Time, Status)>,
) -> Result<(), Trouble> {
    let at = sandbox.backstage().now();
    let text = notices::feed(&updates);
    sandbox.backstage().feed(&text).await?;
    let mut going = practice.going();
    going.recording.fed(at, &text);
    going.status = Some(updates);
    Ok(())
}

/// Waits until the app is there and has taken everything, but not for ever. Whether it has.
async fn app_took_all(sandbox: &Sandbox) -> bool {
    let taken = async {
        while sandbox.sockets() == 0 || sandbox.outbox().waiting() > 0 {
            tokio::time::sleep(BLINK).await;
        }
    };
    if !sandbox.backstage().bot_runs() {
        return false;
    }
    tokio::time::timeout(PATIENCE, taken).await.is_ok()
}

/// Ends the practice and begins a ready scene.
async fn begin_scene(sandbox: &Sandbox, practice: &Practice, id: &str) -> Result<Value, Trouble> {
    let Some(scene) = scene(id) else {
        let known: Vec<&str> = SCENES.iter().map(|scene| scene.id).collect();
        let known = known.join(", ");
        return Err(format!("그런 장면이 없습니다. 읽은 값: \"{id}\". 있는 장면: {known}").into());
    };
    missing(&sandbox.workspace(), &sandbox.backstage().monitored(), scene)?;
    let workspace = sandbox.backstage().clear(scene.starts()).await?;
    let gone = async {
        while sandbox.sockets() > 0 {
            tokio::time::sleep(BLINK).await;
        }
    };
    // a socket that lingers is closed by its own time-out, and hears nothing of the new practice
    let _ = tokio::time::timeout(PATIENCE, gone).await;
    sandbox.replace(workspace);
    {
        let mut going = practice.going();
        let recording = Recording::new(scene.title, scene.starts(), scene.tickets());
        *going = Going::new(going.run + 1, Some(scene), recording);
    }
    sandbox.backstage().begin(scene.tickets()).await?;
    for opening in scene.opening {
        if !app_took_all(sandbox).await {
            return Err("봇이 연결되지 않아 장면을 시작하지 못했습니다.".to_owned().into());
        }
        let (by, deed) = match *opening {
            Opening::Say { by, channel, text } => (by, say(channel, text)),
            Opening::Slash { by, channel, command, text } => (by, slash(channel, command, text)),
            Opening::Wait(minutes) => {
                turn_clock(sandbox, practice, ClockTurn::Advance(minutes * 60)).await?;
                continue;
            }
            Opening::Alarm { customer, level, name } => {
                send_alarm(sandbox, practice, customer, level, name).await?;
                continue;
            }
            Opening::Notice { text, .. } => {
                post_notice(sandbox, practice, text).await?;
                continue;
            }
            Opening::Status(says) => {
                say_status(sandbox, practice, says).await?;
                continue;
            }
        };
        act_in_slack(sandbox, practice, by, &deed)?;
    }
    app_took_all(sandbox).await;
    turn_clock(sandbox, practice, ClockTurn::Speed(1.0)).await?;
    Ok(json!({ "scene": scene.id, "who": scene.who, "place": scene.place }))
}

fn say(channel: &str, text: &str) -> Deed {
    Deed::Say { channel: channel.to_owned(), thread: None, text: text.to_owned(), raw: false }
}

fn slash(channel: &str, command: &str, text: &str) -> Deed {
    let (channel, command, text) = (channel.to_owned(), command.to_owned(), text.to_owned());
    Deed::Slash { channel, command, text, raw: false }
}

/// The data folder may be somebody's own: a scene needs its people, channels and customers there.
fn missing(workspace: &Workspace, monitored: &[Monitored], scene: &Scene) -> Result<(), Trouble> {
    let mut lacking = Vec::new();
    for opening in scene.opening {
        match opening {
            Opening::Say { by, channel, .. } | Opening::Slash { by, channel, .. } => {
                if person(workspace, by).is_err() {
                    lacking.push((*by).to_owned());
                }
                if workspace.channel(&place(workspace, channel)).is_none() {
                    lacking.push(format!("#{channel}"));
                }
            }
            Opening::Alarm { customer, .. } | Opening::Notice { customer, .. } => {
                if !monitored.iter().any(|one| one.name == *customer) {
                    lacking.push((*customer).to_owned());
                }
            }
            Opening::Wait(_) | Opening::Status(_) => {}
        }
    }
    if lacking.is_empty() {
        return Ok(());
    }
    lacking.sort();
    lacking.dedup();
    let (title, lacking) = (scene.title, lacking.join(", "));
    let words =
        format!("\"{title}\" 장면에 필요한 사람, 채널이나 고객이 자료 폴더에 없습니다: {lacking}");
    Err(words.into())
}

/// `GET /page/scenario.yaml`: the practice so far as a file for `coc replay`.
async fn scenario(
    State(sandbox): State<Sandbox>,
    Extension(practice): Extension<Practice>,
) -> Response {
    app_took_all(&sandbox).await;
    let now = sandbox.backstage().now();
    let (file, start): (_, Time) = {
        let workspace = sandbox.workspace();
        let going = practice.going();
        (going.recording.file(&workspace, now), going.recording.start())
    };
    match file {
        Ok(text) => {
            let name = start.format("practice-%Y%m%d-%H%M.yaml");
            let headers = [
                (header::CONTENT_TYPE, "application/yaml; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ];
            (headers, text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
