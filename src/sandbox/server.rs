//! The loopback server: Slack's Web API, Socket Mode and `response_url`s around one [`Workspace`], and the page.

use super::backstage::Backstage;
use super::page;
use super::request_url::{Postman, RequestUrls};
use super::socket::{self, Outbox, Subject};
use super::workspace::{Answered, Delivery, Workspace};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, RawQuery, State, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{any, get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What can be set about a practice workspace.
#[derive(Clone, Debug)]
pub struct Options {
    /// The slash commands that the page offers.
    pub commands: Vec<Command>,
    /// After how long an event that was not acknowledged is sent again.
    pub again_after: Duration,
    /// HTTP mode: the app is reached at its request URLs, and no socket is opened. `None`: Socket Mode.
    pub deliver_to: Option<RequestUrls>,
    /// The scopes that the bot's token is said to have (`x-oauth-scopes`); nothing is said of none.
    pub scopes: Vec<String>,
}

/// A slash command as the page offers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// With its `/`.
    pub name: String,
    /// What can stand behind it.
    pub usage: String,
}

impl Default for Options {
    fn default() -> Self {
        let commands = [
            ("/assign", "고객사 티켓링크 [@담당자]"),
            ("/offboard", "강제 퇴점 요청 양식"),
            ("/onboard", "입점 양식"),
            ("/call", "전화 응대 기록 양식"),
            ("/leave", "[@사람] 2025-08-06 ~ 2025-08-07 사유 [일반티켓]"),
            (
                "/coc",
                "help · order [고객사] · why 사건번호 · cases · done 티켓링크 · leave · guide · board",
            ),
        ];
        let command = |(name, usage): (&str, &str)| Command {
            name: name.to_owned(),
            usage: usage.to_owned(),
        };
        Self {
            commands: commands.into_iter().map(command).collect(),
            again_after: Duration::from_secs(10),
            deliver_to: None,
            scopes: Vec::new(),
        }
    }
}

/// A practice workspace that is served; clones are the same one.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    workspace: Arc<Mutex<Workspace>>,
    backstage: Arc<dyn Backstage>,
    options: Options,
    outbox: Mutex<Outbox>,
    postman: Option<Postman>,
    stir: watch::Sender<u64>,
    address: OnceLock<SocketAddr>,
}

impl Sandbox {
    /// Puts a server in front of a workspace.
    #[must_use]
    pub fn new(
        workspace: Arc<Mutex<Workspace>>,
        backstage: Arc<dyn Backstage>,
        options: Options,
    ) -> Self {
        let postman = options.deliver_to.clone().map(Postman::new);
        Self(Arc::new(Inner {
            workspace,
            backstage,
            options,
            outbox: Mutex::default(),
            postman,
            stir: watch::Sender::new(0),
            address: OnceLock::new(),
        }))
    }

    /// Serves until `stop` is ready. The listener's address becomes part of the URLs that are handed out.
    ///
    /// # Errors
    /// The listener has no address, or the sandbox is served already.
    pub async fn serve(
        &self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send,
    ) -> std::io::Result<()> {
        self.serve_beside(Router::new(), listener, stop).await
    }

    /// The same, with other addresses beside the sandbox's own: what the bot itself is called at.
    ///
    /// # Errors
    /// As of [`serve`](Self::serve).
    pub async fn serve_beside(
        &self,
        others: Router,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send,
    ) -> std::io::Result<()> {
        let address = listener.local_addr()?;
        if self.0.address.set(address).is_err() {
            return Err(std::io::Error::other("the sandbox is served already"));
        }
        self.workspace().set_response_base(&format!("http://{address}/response"));
        // Not a graceful shutdown: the page's event stream never ends by itself.
        tokio::select! {
            served = axum::serve(listener, self.router().merge(others)) => served,
            () = stop => Ok(()),
        }
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/api/{method}", any(api))
            .route("/socket", get(open_socket))
            .route("/response/{token}", post(response_url))
            .route("/upload/{id}", post(take_bytes).layer(DefaultBodyLimit::max(LONGEST_FILE)))
            .route("/files/{id}", get(file))
            .merge(page::routes(self))
            .with_state(self.clone())
    }

    /// Hands things to the app that the caller had the workspace do.
    pub fn deliver(&self, deliveries: Vec<Delivery>) {
        for delivery in deliveries {
            self.dispatch(delivery);
        }
        self.stir();
    }

    /// Hands one thing to the app, by the way that the app chose.
    pub(super) fn dispatch(&self, delivery: Delivery) {
        match &self.0.postman {
            Some(postman) => postman.dispatch(self, delivery),
            None => socket::dispatch(self, delivery),
        }
    }

    /// Whether the app shows that the events' URL is its own, as Slack asks it to before it sends anything there. `false`, too,
    /// when the app is in Socket Mode.
    pub async fn challenge(&self) -> bool {
        match &self.0.postman {
            Some(postman) => postman.challenge().await,
            None => false,
        }
    }

    /// Shows the page's readers what changed; for changes that did not go through the server.
    pub fn stir(&self) {
        self.0.stir.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// How many sockets the app holds.
    #[must_use]
    pub fn sockets(&self) -> usize {
        self.outbox().sockets()
    }

    /// Asks the app to replace its sockets, as Slack does every few hours.
    pub fn refresh_sockets(&self) {
        self.outbox().refresh();
        self.stir();
    }

    /// Puts another workspace in the place of the present one; what waited for the app is forgotten with it.
    pub(super) fn replace(&self, mut workspace: Workspace) {
        if let Some(address) = self.0.address.get() {
            workspace.set_response_base(&format!("http://{address}/response"));
        }
        self.outbox().forget();
        *self.workspace() = workspace;
        self.stir();
    }

    pub(super) fn workspace(&self) -> MutexGuard<'_, Workspace> {
        // A panic elsewhere leaves the model whole: every change is a few inserts.
        self.0.workspace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.0.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn backstage(&self) -> &dyn Backstage {
        self.0.backstage.as_ref()
    }

    pub(super) fn options(&self) -> &Options {
        &self.0.options
    }

    pub(super) fn stirred(&self) -> watch::Receiver<u64> {
        self.0.stir.subscribe()
    }

    pub(super) fn again_after(&self) -> Duration {
        self.0.options.again_after
    }

    /// Calls the model, then hands on what Slack tells the app of the app's own acts.
    fn on_workspace<T>(&self, work: impl FnOnce(&mut Workspace) -> T) -> T {
        let (done, echoes) = {
            let mut workspace = self.workspace();
            let done = work(&mut workspace);
            (done, workspace.take_echoes())
        };
        self.deliver(echoes);
        done
    }

    /// The app's answer to something a person waits for.
    pub(super) fn acknowledged(&self, subject: &Subject, answer: Option<&Value>) {
        let now = self.backstage().now();
        match subject {
            Subject::Form { user, view_id } => {
                let done = self.workspace().answer_form(user, view_id, answer);
                if done == Answered::Invalid {
                    self.workspace().form_unanswered(
                        user,
                        view_id,
                        "앱의 응답을 읽을 수 없습니다.",
                    );
                }
            }
            Subject::Command { user, channel } => {
                if let Some(answer) = answer {
                    self.on_workspace(|workspace| {
                        workspace.command_answer(now, user, channel, answer)
                    });
                }
            }
            Subject::Press { .. } | Subject::Other => {}
        }
        self.stir();
    }

    /// The app did not answer in time.
    pub(super) fn unanswered(&self, delivery: &Delivery, subject: &Subject) {
        let now = self.backstage().now();
        let kind = delivery.kind.envelope_type();
        tracing::warn!(kind, "the app did not acknowledge within three seconds");
        match subject {
            Subject::Form { user, view_id } => {
                let text = "앱이 3초 안에 응답하지 않았습니다. 다시 제출해 주십시오.";
                self.workspace().form_unanswered(user, view_id, text);
            }
            Subject::Command { user, channel } => {
                let command = delivery.payload["command"].as_str().unwrap_or_default();
                let text =
                    format!("{command}: 앱이 3초 안에 응답하지 않았습니다. (operation_timeout)");
                let body = json!({ "text": text });
                self.on_workspace(|workspace| workspace.command_answer(now, user, channel, &body));
            }
            Subject::Press { user, channel } => {
                let text = "앱이 3초 안에 응답하지 않았습니다. 버튼을 다시 눌러 주십시오.";
                let body = json!({ "text": text });
                self.on_workspace(|workspace| workspace.command_answer(now, user, channel, &body));
            }
            Subject::Other => {}
        }
        self.stir();
    }
}

/// `POST /api/{method}`: JSON, a form, or a query; the token as a bearer or as a field.
async fn api(
    State(sandbox): State<Sandbox>,
    Path(method): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let args = match arguments(query.as_deref(), &headers, &body) {
        Ok(args) => args,
        Err(error) => return Json(json!({ "ok": false, "error": error })).into_response(),
    };
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim);
    if method == "apps.connections.open" {
        let now = sandbox.backstage().now();
        if let Err(wait) = sandbox.workspace().admit(now, &method, &args) {
            return ratelimited(wait);
        }
        return Json(connect(&sandbox, token.or(args["token"].as_str()))).into_response();
    }
    let now = sandbox.backstage().now();
    if let Err(wait) = sandbox.workspace().admit(now, &method, &args) {
        return ratelimited(wait);
    }
    let answer = sandbox.on_workspace(|workspace| workspace.api(now, token, &method, &args));
    sandbox.stir();
    let mut response = Json(answer).into_response();
    if let Ok(scopes) = sandbox.options().scopes.join(",").parse()
        && !sandbox.options().scopes.is_empty()
    {
        response.headers_mut().insert("x-oauth-scopes", scopes);
    }
    response
}

/// The longest file that is taken, in bytes.
const LONGEST_FILE: usize = 16 << 20;

/// `POST /upload/{id}`: a file's bytes come to the address that was given out for them.
async fn take_bytes(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    body: Bytes,
) -> StatusCode {
    let length = body.len();
    let taken = sandbox.workspace().take_bytes(&id, body.into());
    tracing::debug!(id, length, taken, "a file's bytes");
    if taken { StatusCode::OK } else { StatusCode::BAD_REQUEST }
}

/// `GET /files/{id}`: for the page.
async fn file(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let found = sandbox.workspace().file(&id).cloned();
    let Some(file) = found else { return StatusCode::NOT_FOUND.into_response() };
    let kind = if file.name.ends_with(".png") { "image/png" } else { "text/plain; charset=utf-8" };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, file.bytes.unwrap_or_default()).into_response()
}

/// Slack's 429: when to come back stands in the header alone.
fn ratelimited(wait: u32) -> Response {
    let body = Json(json!({ "ok": false, "error": "ratelimited" }));
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, wait.to_string())], body).into_response()
}

fn connect(sandbox: &Sandbox, token: Option<&str>) -> Value {
    let wanted = sandbox.workspace().bot.app_token.clone();
    let bot = sandbox.workspace().bot.bot_token.clone();
    match token {
        None => return json!({ "ok": false, "error": "not_authed" }),
        Some(token) if token == bot => {
            return json!({ "ok": false, "error": "not_allowed_token_type" });
        }
        Some(token) if token != wanted => return json!({ "ok": false, "error": "invalid_auth" }),
        Some(_) => {}
    }
    let Some(address) = sandbox.0.address.get() else {
        return json!({ "ok": false, "error": "internal_error" });
    };
    match sandbox.outbox().ticket() {
        Ok(ticket) => {
            json!({ "ok": true, "url": format!("ws://{address}/socket?ticket={ticket}") })
        }
        Err(error) => json!({ "ok": false, "error": error }),
    }
}

/// The arguments of a call in one object; Slack's error when a JSON body is none.
fn arguments(query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Result<Value, &'static str> {
    let mut args = Map::new();
    let mut take = |encoded: &[u8]| {
        for (key, value) in url::form_urlencoded::parse(encoded) {
            args.insert(key.into_owned(), Value::String(value.into_owned()));
        }
    };
    take(query.unwrap_or_default().as_bytes());
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("application/json")) {
        if !body.is_empty() {
            match serde_json::from_slice(body).map_err(|_| "invalid_json")? {
                Value::Object(fields) => args.extend(fields),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_) => return Err("json_not_object"),
            }
        }
    } else {
        take(body);
    }
    Ok(Value::Object(args))
}

#[derive(Deserialize)]
struct Ticket {
    #[serde(default)]
    ticket: String,
}

/// `GET /socket`: one ticket, one socket.
async fn open_socket(
    State(sandbox): State<Sandbox>,
    Query(Ticket { ticket }): Query<Ticket>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !sandbox.outbox().redeem(&ticket) {
        return StatusCode::FORBIDDEN.into_response();
    }
    upgrade.on_upgrade(move |socket| socket::serve(sandbox, socket))
}

/// `POST /response/{token}`: the app answers somebody.
async fn response_url(
    State(sandbox): State<Sandbox>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(mut args) = arguments(None, &headers, &body) else {
        return (StatusCode::BAD_REQUEST, "invalid_payload").into_response();
    };
    // A form carries the message in one field.
    if let Some(payload) = args["payload"].as_str().and_then(|text| serde_json::from_str(text).ok())
    {
        args = payload;
    }
    let now = sandbox.backstage().now();
    let answer = sandbox.on_workspace(|workspace| workspace.respond(now, &token, &args));
    sandbox.stir();
    if answer["ok"] == true {
        return (StatusCode::OK, "ok").into_response();
    }
    (StatusCode::NOT_FOUND, Json(answer)).into_response()
}
