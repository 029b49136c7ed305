//! Requests to Slack's Web API: which methods there are, where they go, and what a failure means.

use super::super::http;
use super::events::{COMMANDS, EVENTS};
use crate::ports::PortError;
use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;
use slack_morphism::errors::SlackClientError;
use slack_morphism::hyper_tokio::SlackClientHyperConnector;
use slack_morphism::{
    ClientResult, SlackApiToken, SlackApiTokenValue, SlackClient, SlackClientApiCallContext,
    SlackClientHttpConnector,
};
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;
use url::Url;

pub mod probe;

macro_rules! methods {
    ($($(#[$doc:meta])* $method:ident $name:literal $repeat:ident [$($scope:literal)*],)*) => {
        /// A method of Slack's Web API. Nothing else is ever called, so the manifest can be held against this list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Method {
            $($(#[$doc])* $method,)*
        }

        impl Method {
            /// Slack's name for it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$method => $name,)* }
            }

            /// The bot scopes that it needs for all that it is used for here.
            #[must_use]
            pub const fn scopes(self) -> &'static [&'static str] {
                match self { $(Self::$method => &[$($scope),*],)* }
            }

            const fn repeat(self) -> Repeat {
                match self { $(Self::$method => Repeat::$repeat,)* }
            }
        }

        /// Every method that is called, with its bot scopes.
        pub const METHODS: &[(&str, &[&str])] = &[$(($name, &[$($scope),*]),)*];
    };
}

/// What it means to call a method again whose answer never came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Nothing: it reads, or the second time changes nothing.
    Harmless,
    /// People would see it twice.
    Seen,
}

methods! {
    /// Opens a Socket Mode connection; with the app-level token, whose scope is `connections:write`.
    AppsConnectionsOpen "apps.connections.open" Harmless [],
    /// Who the bot is.
    AuthTest "auth.test" Harmless [],
    /// Shows a message to one person.
    ChatPostEphemeral "chat.postEphemeral" Seen ["chat:write"],
    /// Posts a message.
    ChatPostMessage "chat.postMessage" Seen ["chat:write"],
    /// Changes an own message.
    ChatUpdate "chat.update" Harmless ["chat:write"],
    /// The channels that there are.
    ConversationsList "conversations.list" Harmless ["channels:read" "groups:read"],
    /// Reads a channel back; `im:history` to find an own direct message before it is repeated.
    ConversationsHistory "conversations.history" Harmless
        ["channels:history" "groups:history" "im:history"],
    /// Opens the direct messages with a person.
    ConversationsOpen "conversations.open" Harmless ["im:write"],
    /// Reads a thread back.
    ConversationsReplies "conversations.replies" Harmless
        ["channels:history" "groups:history" "im:history"],
    /// Whether notifications are paused.
    DndInfo "dnd.info" Harmless ["dnd:read"],
    /// Makes an uploaded file one of the chat's store; with a channel, hands it over there.
    FilesComplete "files.completeUploadExternal" Seen ["files:write"],
    /// Asks where a file's bytes may go.
    FilesUploadUrl "files.getUploadURLExternal" Harmless ["files:write"],
    /// The user groups.
    UsergroupsList "usergroups.list" Harmless ["usergroups:read"],
    /// The channels that the bot is in.
    UsersConversations "users.conversations" Harmless ["channels:read" "groups:read"],
    /// Whether a person is active.
    UsersGetPresence "users.getPresence" Harmless ["users:read"],
    /// Everybody.
    UsersList "users.list" Harmless ["users:read" "users:read.email"],
    /// A person's status.
    UsersProfileGet "users.profile.get" Harmless ["users.profile:read"],
    /// Opens a form.
    ViewsOpen "views.open" Seen [],
    /// Publishes the app's home.
    ViewsPublish "views.publish" Harmless [],
}

/// Scopes that no method here needs yet, each with the reason why it is asked for at installation: a later one would need the
/// workspace's administrator again.
pub const RESERVED: &[(&str, &str)] = &[
    ("canvases:read", "the work guide may be kept as a canvas (R1)"),
    ("reactions:write", "marking a message as read"),
];

/// Every bot scope of the app: of its methods, events and commands, and the reserved ones.
#[must_use]
pub fn scopes() -> BTreeSet<&'static str> {
    let methods = METHODS.iter().flat_map(|(_, scopes)| *scopes).copied();
    let events = EVENTS.iter().flat_map(|(_, scopes)| *scopes).copied();
    let commands = (!COMMANDS.is_empty()).then_some("commands");
    let reserved = RESERVED.iter().map(|(scope, _)| *scope);
    methods.chain(events).chain(commands).chain(reserved).collect()
}

/// Where the Web API is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base(http::Base);

const BASE_EXAMPLE: &str = "http://127.0.0.1:4003/api/";

impl Default for Base {
    /// Slack itself.
    fn default() -> Self {
        "https://slack.com/api".parse().unwrap_or_else(|_| unreachable!("a valid address"))
    }
}

impl std::str::FromStr for Base {
    type Err = http::NotABase;

    fn from_str(text: &str) -> Result<Self, http::NotABase> {
        http::Base::read(text, BASE_EXAMPLE).map(Self)
    }
}

/// A token, never shown.
#[derive(Clone)]
pub struct Token(SlackApiToken);

impl From<&str> for Token {
    fn from(text: &str) -> Self {
        Self(SlackApiToken::new(SlackApiTokenValue(text.trim().to_owned())))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// How the Web API is reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it is.
    pub base: Base,
    /// The bot's token, or for Socket Mode the app's.
    pub token: Token,
    /// How long one request may take, its answer included.
    pub time_out: Duration,
}

impl Settings {
    /// At Slack's own address, ten seconds a request.
    #[must_use]
    pub fn new(token: Token) -> Self {
        Self { base: Base::default(), token, time_out: Duration::from_secs(10) }
    }
}

/// The Web API, however it is reached: over HTTP, or within the process for replays.
#[async_trait]
pub trait WebApi: Send + Sync {
    /// Calls a reading method with its arguments in the query.
    ///
    /// # Errors
    /// See [`Failed`].
    async fn get(&self, method: Method, arguments: &[(&str, String)]) -> Result<Value, Failed>;

    /// Calls a method with its arguments as JSON.
    ///
    /// # Errors
    /// See [`Failed`].
    async fn post(&self, method: Method, arguments: &Value) -> Result<Value, Failed>;

    /// Sends a file's bytes to where Slack said that they may go, without any token.
    ///
    /// # Errors
    /// See [`PortError`]; an address that is not Slack's is permanent.
    async fn send_file(&self, url: &str, bytes: Vec<u8>) -> Result<(), PortError>;

    /// Answers through a `response_url`, without any token.
    ///
    /// # Errors
    /// See [`PortError`]; an address that is not Slack's is permanent.
    async fn respond(&self, url: &str, message: &Value) -> Result<(), PortError>;
}

type Connector = SlackClientHyperConnector<HttpsConnector<HttpConnector>>;

/// A client of the Web API with one token.
pub struct Api {
    client: SlackClient<Connector>,
    files: http::Http,
    settings: Settings,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Api {
    /// A client; connects when it is first used.
    ///
    /// # Errors
    /// When the machine has no certificates to trust (without TLS none are needed).
    pub fn new(settings: Settings) -> std::io::Result<Self> {
        let connector = http::connector(settings.base.0.is_plain(), settings.time_out)?;
        let files = http::Http::new(&settings.base.0, settings.time_out * 3)?;
        let connector = SlackClientHyperConnector::with_connector(connector)
            .with_slack_api_url(&settings.base.0.at(""));
        Ok(Self { client: SlackClient::new(connector), files, settings })
    }

    async fn answer(
        &self,
        method: Method,
        call: impl Future<Output = ClientResult<Value>>,
    ) -> Result<Value, Failed> {
        let answer = self.within(call).await;
        let answer = match answer {
            // An answer that is no JSON arrives here as an empty one.
            Ok(answer) if answer.get("ok").and_then(Value::as_bool) == Some(true) => Ok(answer),
            Ok(_) => Err(Failure::Garbled),
            Err(failure) => Err(failure),
        };
        answer.map_err(|failure| Failed { method, failure })
    }

    async fn within<T>(&self, call: impl Future<Output = ClientResult<T>>) -> Result<T, Failure> {
        match tokio::time::timeout(self.settings.time_out, call).await {
            Ok(answer) => answer.map_err(|error| Failure::of(&error)),
            Err(_) => Err(Failure::Silence),
        }
    }
}

#[async_trait]
impl WebApi for Api {
    async fn get(&self, method: Method, arguments: &[(&str, String)]) -> Result<Value, Failed> {
        let arguments: Vec<(&str, Option<&String>)> =
            arguments.iter().map(|(name, value)| (*name, Some(value))).collect();
        let session = self.client.open_session(&self.settings.token.0);
        let call = session.http_session_api.http_get(method.name(), &arguments, None);
        self.answer(method, call).await
    }

    async fn post(&self, method: Method, arguments: &Value) -> Result<Value, Failed> {
        let session = self.client.open_session(&self.settings.token.0);
        let call = session.http_session_api.http_post(method.name(), arguments, None);
        self.answer(method, call).await
    }

    async fn send_file(&self, url: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        const WHAT: &str = "Slack 파일 올리기";
        let foreign =
            || PortError::Permanent { why: format!("{WHAT}: Slack의 주소가 아닙니다") };
        let url = Url::parse(url).map_err(|_| foreign())?;
        let slacks = url.scheme() == "https"
            && url
                .host_str()
                .is_some_and(|host| host == "files.slack.com" || host.ends_with(".slack.com"));
        if !slacks && !self.settings.base.0.shares_origin(&url) {
            return Err(foreign());
        }
        let request = Request::post(url.as_str())
            .header(CONTENT_TYPE, "application/octet-stream")
            .body(Full::new(Bytes::from(bytes)))
            .map_err(|_| foreign())?;
        // bytes that nobody completed are thrown away
        let repeat = http::Repeat::Harmless;
        let reply = self.files.send(request).await.map_err(|none| none.port(WHAT, repeat))?;
        if reply.status.is_success() { Ok(()) } else { Err(http::refused(WHAT, &reply, repeat)) }
    }

    async fn respond(&self, url: &str, message: &Value) -> Result<(), PortError> {
        let foreign = || PortError::Permanent { why: "response_url: not Slack's".to_owned() };
        let url = Url::parse(url).map_err(|_| foreign())?;
        let slacks = url.scheme() == "https"
            && matches!(url.host_str(), Some("hooks.slack.com" | "hooks.slack-gov.com"));
        if !slacks && !self.settings.base.0.shares_origin(&url) {
            return Err(foreign());
        }
        let span = tracing::Span::none();
        let context = SlackClientApiCallContext {
            rate_control_params: None,
            token: None,
            tracing_span: &span,
            is_sensitive_url: true,
        };
        let call = self.client.http_api.connector.http_post_uri(url, message, context);
        self.within(call).await.map(|_: Value| ()).map_err(|f| f.port("response_url", Repeat::Seen))
    }
}

/// A call that did not work out. Becomes a [`PortError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    method: Method,
    failure: Failure,
}

impl Failed {
    /// A call that failed so.
    #[must_use]
    pub const fn new(method: Method, failure: Failure) -> Self {
        Self { method, failure }
    }

    /// A call that Slack refused with this word.
    #[must_use]
    pub fn refused(method: Method, code: &str) -> Self {
        let code = word(code).unwrap_or_else(|| "(unprintable)".to_owned());
        Self { method, failure: Failure::Refused { code, needed: None } }
    }

    /// An answer that lacks what was asked for.
    #[must_use]
    pub fn garbled(method: Method) -> Self {
        Self { method, failure: Failure::Garbled }
    }

    /// Whether Slack refused it with one of these words.
    #[must_use]
    pub fn is(&self, codes: &[&str]) -> bool {
        match &self.failure {
            Failure::Refused { code, .. } => codes.contains(&code.as_str()),
            Failure::Unreachable
            | Failure::Silence
            | Failure::Broken
            | Failure::Garbled
            | Failure::Limited(_)
            | Failure::Status(_) => false,
        }
    }

    /// How long to wait, if Slack said so.
    #[must_use]
    pub fn asked_wait(&self) -> Option<Duration> {
        match self.failure {
            Failure::Limited(wait) => wait,
            Failure::Unreachable
            | Failure::Silence
            | Failure::Broken
            | Failure::Garbled
            | Failure::Status(_)
            | Failure::Refused { .. } => None,
        }
    }
}

impl From<Failed> for PortError {
    fn from(failed: Failed) -> Self {
        failed.failure.port(failed.method.name(), failed.method.repeat())
    }
}

/// What went wrong, without anything that anybody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection came about.
    Unreachable,
    /// No answer in time.
    Silence,
    /// The connection broke.
    Broken,
    /// An answer that is not Slack's.
    Garbled,
    /// Too many requests.
    Limited(Option<Duration>),
    /// An HTTP status other than 200.
    Status(u16),
    /// Slack said no: its word for why, and the scope that is needed.
    Refused {
        /// The word.
        code: String,
        /// The scope.
        needed: Option<String>,
    },
}

impl Failure {
    fn of(error: &SlackClientError) -> Self {
        match error {
            SlackClientError::RateLimitError(limit) => Self::Limited(limit.retry_after),
            SlackClientError::HttpError(http) => Self::Status(http.status_code.as_u16()),
            SlackClientError::ApiError(api) => {
                let needed = api
                    .http_response_body
                    .as_deref()
                    .and_then(|body| serde_json::from_str::<Value>(body).ok())
                    .and_then(|body| body.get("needed")?.as_str().and_then(word));
                let code = word(&api.code).unwrap_or_else(|| "(unprintable)".to_owned());
                Self::Refused { code, needed }
            }
            SlackClientError::HttpProtocolError(http) => {
                let hyper = http
                    .cause
                    .as_ref()
                    .and_then(|e| e.downcast_ref::<hyper_util::client::legacy::Error>());
                if hyper.is_some_and(hyper_util::client::legacy::Error::is_connect) {
                    Self::Unreachable
                } else {
                    Self::Broken
                }
            }
            SlackClientError::ProtocolError(_) => Self::Garbled,
            SlackClientError::EndOfStream(_)
            | SlackClientError::SystemError(_)
            | SlackClientError::SocketModeProtocolError(_) => Self::Broken,
        }
    }

    /// What it means for the errand: `what` was called, and repeating it is `harmless` or seen twice.
    #[must_use]
    pub fn port(self, what: &str, repeat: Repeat) -> PortError {
        let doubtful = |why: String| match repeat {
            Repeat::Harmless => PortError::Transient { why, retry_after: None },
            Repeat::Seen => PortError::Unknown { why },
        };
        let later = |why: String| PortError::Transient { why, retry_after: None };
        match self {
            Self::Unreachable => later(format!("{what}: no connection")),
            Self::Silence => doubtful(format!("{what}: no answer in time")),
            Self::Broken => doubtful(format!("{what}: the connection broke")),
            Self::Garbled => doubtful(format!("{what}: an unreadable answer")),
            Self::Limited(retry_after) => {
                PortError::Transient { why: format!("{what}: too many requests"), retry_after }
            }
            Self::Status(status @ (408 | 500..)) => doubtful(format!("{what}: HTTP {status}")),
            Self::Status(status) => PortError::Permanent { why: format!("{what}: HTTP {status}") },
            Self::Refused { code, needed } => {
                let needed = needed.map(|scope| format!(" ({scope})")).unwrap_or_default();
                let why = format!("{what}: {code}{needed}");
                match code.as_str() {
                    // Slack says of these that some of it may have happened.
                    "internal_error" | "fatal_error" => doubtful(why),
                    "ratelimited"
                    | "rate_limited"
                    | "request_timeout"
                    | "service_unavailable"
                    | "team_added_to_org"
                    | "org_login_required"
                    | "external_channel_migrating" => later(why),
                    _ => PortError::Permanent { why },
                }
            }
        }
    }
}

/// A word of Slack's (an error, a scope): nothing that anybody wrote looks like this.
fn word(text: &str) -> Option<String> {
    let fit = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.:,".contains(&b);
    (!text.is_empty() && text.len() <= 80 && text.bytes().all(fit)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_token_goes_out_in_the_clear_to_this_machine_alone() {
        for good in [
            "https://slack.com/api/",
            "http://127.0.0.1:4003/api/",
            "http://localhost:1",
            "http://[::1]:2/",
        ] {
            assert!(good.parse::<Base>().is_ok(), "{good}");
        }
        for bad in [
            "http://slack.com/api",
            "http://127.0.0.1.example.com",
            "ftp://127.0.0.1",
            "",
            "slack.com",
            "https://u:p@slack.com",
        ] {
            let error = bad.parse::<Base>().unwrap_err();
            assert!(error.to_string().contains("예: http://127.0.0.1:4003/api/"));
        }
        assert_eq!("https://slack.com/api/".parse::<Base>().unwrap(), Base::default());
    }

    #[test]
    fn a_token_is_never_shown() {
        let shown = format!("{:?}", Settings::new(Token::from("xoxb-secret")));
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn failures_mean_what_they_should() {
        let of = |failure: Failure, repeat| failure.port("chat.postMessage", repeat);
        let refused = |code: &str| Failure::Refused { code: code.to_owned(), needed: None };
        assert!(matches!(of(Failure::Silence, Repeat::Seen), PortError::Unknown { .. }));
        assert!(matches!(of(Failure::Silence, Repeat::Harmless), PortError::Transient { .. }));
        assert!(matches!(of(Failure::Unreachable, Repeat::Seen), PortError::Transient { .. }));
        assert!(matches!(of(Failure::Status(503), Repeat::Seen), PortError::Unknown { .. }));
        assert!(matches!(of(Failure::Status(404), Repeat::Seen), PortError::Permanent { .. }));
        assert!(matches!(of(refused("fatal_error"), Repeat::Seen), PortError::Unknown { .. }));
        assert!(matches!(of(refused("ratelimited"), Repeat::Seen), PortError::Transient { .. }));
        assert!(matches!(of(refused("not_in_channel"), Repeat::Seen), PortError::Permanent { .. }));
        let needed = Some("users:read".to_owned());
        let missing = Failure::Refused { code: "missing_scope".to_owned(), needed };
        assert_eq!(
            of(missing, Repeat::Harmless).to_string(),
            "chat.postMessage: missing_scope (users:read)"
        );
    }

    #[test]
    fn only_slacks_own_words_reach_a_message() {
        assert_eq!(word("channels:history,groups:history").unwrap().len(), 31);
        for personal in ["가온별", "010-0000-1001", "a b", ""] {
            assert_eq!(word(personal), None);
        }
    }
}
