//! HTTP mode, Slack's side: signed requests to the app's request URLs, sent again as Slack does, and what comes back.

use super::server::Sandbox;
use super::socket::{PATIENCE, Subject};
use super::workspace::{Delivery, DeliveryKind};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use ring::hmac;
use serde_json::{Value, json};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{sleep, timeout};
use url::{Host, Url};

/// The most of an answer that is read, in bytes.
const LONGEST_ANSWER: usize = 1 << 20;

/// Where an app in HTTP mode is reached, and how what is sent there is signed.
#[derive(Clone)]
pub struct RequestUrls {
    events: Url,
    commands: Url,
    interactions: Url,
    signing_secret: String,
    /// After how long an event that failed is sent again, time by time. Slack: at once, after a minute, after five.
    pub again_after: Vec<Duration>,
}

/// Without the secret: what is shown may be logged.
impl fmt::Debug for RequestUrls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestUrls")
            .field("events", &self.events.as_str())
            .field("commands", &self.commands.as_str())
            .field("interactions", &self.interactions.as_str())
            .field("again_after", &self.again_after)
            .finish_non_exhaustive()
    }
}

/// Why something is no request URL of a practice workspace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotHere {
    /// It is no URL.
    #[error("URL이 아닙니다. 읽은 값: \"{0}\". 예: http://127.0.0.1:3000/slack/events")]
    NoUrl(String),
    /// Practice stays on this machine.
    #[error(
        "이 컴퓨터의 http 주소만 쓸 수 있습니다. 읽은 값: \"{0}\". 예: http://127.0.0.1:3000/slack/events"
    )]
    Elsewhere(String),
}

impl RequestUrls {
    /// The three request URLs of an app, each on this machine.
    ///
    /// # Errors
    /// One of them is no URL, or not on a loopback address over http.
    pub fn new(
        events: &str,
        commands: &str,
        interactions: &str,
        signing_secret: &str,
    ) -> Result<Self, NotHere> {
        Ok(Self {
            events: loopback(events)?,
            commands: loopback(commands)?,
            interactions: loopback(interactions)?,
            signing_secret: signing_secret.to_owned(),
            again_after: vec![Duration::ZERO, Duration::from_secs(60), Duration::from_secs(5 * 60)],
        })
    }

    /// Slack's signature of a body sent at `timestamp` (seconds since 1970).
    fn signature(&self, timestamp: u64, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.signing_secret.as_bytes());
        let tag = hmac::sign(&key, format!("v0:{timestamp}:{body}").as_bytes());
        let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("v0={hex}")
    }

    fn url(&self, kind: DeliveryKind) -> &Url {
        match kind {
            DeliveryKind::Event => &self.events,
            DeliveryKind::Interactive => &self.interactions,
            DeliveryKind::Command => &self.commands,
        }
    }
}

fn loopback(text: &str) -> Result<Url, NotHere> {
    let url = Url::parse(text).map_err(|_| NotHere::NoUrl(text.to_owned()))?;
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if here && url.scheme() == "http" { Ok(url) } else { Err(NotHere::Elsewhere(text.to_owned())) }
}

/// Why a delivery failed, by Slack's names (`x-slack-retry-reason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failed {
    /// Nobody took the connection.
    Connection,
    /// No answer within three seconds.
    Timeout,
    /// An answer that is not 2xx; `last` when it asks not to be tried again.
    Status { last: bool },
}

impl Failed {
    fn reason(self) -> &'static str {
        match self {
            Self::Connection => "connection_failed",
            Self::Timeout => "http_timeout",
            Self::Status { .. } => "http_error",
        }
    }
}

/// Posts signed requests.
#[derive(Clone, Debug)]
pub(super) struct Postman {
    urls: RequestUrls,
    client: Client<HttpConnector, Body>,
}

impl Postman {
    pub(super) fn new(urls: RequestUrls) -> Self {
        Self { urls, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Hands one thing to the app, in a task of its own. Events are sent again until one is taken or the times are used up; what a
    /// person waits for is sent once.
    pub(super) fn dispatch(&self, sandbox: &Sandbox, delivery: Delivery) {
        let (postman, sandbox) = (self.clone(), sandbox.clone());
        tokio::spawn(async move {
            match delivery.kind {
                DeliveryKind::Event => postman.send_event(&delivery).await,
                DeliveryKind::Interactive | DeliveryKind::Command => {
                    postman.ask(&sandbox, &delivery).await;
                }
            }
        });
    }

    async fn send_event(&self, delivery: &Delivery) {
        let mut failed = match self.post(delivery, None).await {
            Ok(_) => return,
            Err(failed) => failed,
        };
        for (nth, wait) in (1_u32..).zip(&self.urls.again_after) {
            if failed == (Failed::Status { last: true }) {
                break;
            }
            sleep(*wait).await;
            match self.post(delivery, Some((nth, failed.reason()))).await {
                Ok(_) => return,
                Err(again) => failed = again,
            }
        }
        tracing::warn!(reason = failed.reason(), "an event was given up");
    }

    async fn ask(&self, sandbox: &Sandbox, delivery: &Delivery) {
        let subject = Subject::of(delivery);
        match self.post(delivery, None).await {
            Ok(answer) => sandbox.acknowledged(&subject, answer.as_ref()),
            Err(_) => sandbox.unanswered(delivery, &subject),
        }
    }

    /// Asks the app to show that the events' URL is its own, as Slack does when the URL is entered.
    pub(super) async fn challenge(&self) -> bool {
        let challenge = "sandbox-challenge";
        let payload = json!({
            "token": super::workspace::VERIFICATION_TOKEN,
            "challenge": challenge,
            "type": "url_verification",
        });
        let delivery = Delivery { kind: DeliveryKind::Event, payload };
        match self.post(&delivery, None).await {
            // The answer may be the bare challenge, which reads as words, or JSON.
            Ok(Some(answer)) => answer["challenge"] == challenge || answer["text"] == challenge,
            Ok(None) | Err(_) => false,
        }
    }

    /// One attempt. The answer, when it bears one: JSON, or bare words as `{"text": …}`, as Slack takes them.
    async fn post(
        &self,
        delivery: &Delivery,
        again: Option<(u32, &'static str)>,
    ) -> Result<Option<Value>, Failed> {
        let request = self.request(delivery, again).map_err(|error| {
            tracing::error!(%error, "a request could not be made");
            Failed::Connection
        })?;
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|_| Failed::Connection)?;
            let (head, body) = answer.into_parts();
            let body = to_bytes(Body::new(body), LONGEST_ANSWER).await;
            let body = body.map_err(|_| Failed::Connection)?;
            taken(head.status, &head.headers, &body)
        };
        timeout(PATIENCE, exchange).await.unwrap_or(Err(Failed::Timeout))
    }

    fn request(
        &self,
        delivery: &Delivery,
        again: Option<(u32, &'static str)>,
    ) -> Result<Request<Body>, axum::http::Error> {
        let form = "application/x-www-form-urlencoded";
        let (content, body) = match delivery.kind {
            DeliveryKind::Event => ("application/json", delivery.payload.to_string()),
            DeliveryKind::Interactive => {
                let payload = delivery.payload.to_string();
                let mut fields = url::form_urlencoded::Serializer::new(String::new());
                (form, fields.append_pair("payload", &payload).finish())
            }
            DeliveryKind::Command => (form, form_of(&delivery.payload)),
        };
        let timestamp = seconds_since_1970();
        let mut request = Request::post(self.urls.url(delivery.kind).as_str())
            .header(header::CONTENT_TYPE, content)
            .header(header::USER_AGENT, "Slackbot 1.0 (+https://api.slack.com/robots)")
            .header("x-slack-request-timestamp", timestamp)
            .header("x-slack-signature", self.urls.signature(timestamp, &body));
        if let Some((nth, reason)) = again {
            request =
                request.header("x-slack-retry-num", nth).header("x-slack-retry-reason", reason);
        }
        request.body(Body::from(body))
    }
}

fn taken(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Result<Option<Value>, Failed> {
    if !status.is_success() {
        let last = headers.get("x-slack-no-retry").is_some_and(|value| value == "1");
        return Err(Failed::Status { last });
    }
    let words = String::from_utf8_lossy(body);
    let words = words.trim();
    if words.is_empty() {
        return Ok(None);
    }
    Ok(Some(match serde_json::from_str(words) {
        Ok(Value::Object(fields)) => Value::Object(fields),
        Ok(_) | Err(_) => json!({ "text": words }),
    }))
}

/// The fields of a slash command as Slack posts them.
fn form_of(payload: &Value) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in payload.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => form.append_pair(key, text),
            Value::Null => form.append_pair(key, ""),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                form.append_pair(key, &value.to_string())
            }
        };
    }
    form.finish()
}

/// Signatures are judged by the machine's clock, wherever the practice clock stands.
#[expect(clippy::disallowed_methods, reason = "a transport's stamp, no decision")]
fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const HERE: &str = "http://127.0.0.1:3000/slack/events";

    #[test]
    fn the_signature_is_that_of_slacks_documentation() {
        let urls = RequestUrls::new(HERE, HERE, HERE, "8f742231b10e8888abcd99yyyzzz85a5").unwrap();
        let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        assert_eq!(
            urls.signature(1_531_420_618, body),
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
        );
        assert!(!format!("{urls:?}").contains("8f742231"));
    }

    #[test]
    fn practice_stays_on_this_machine() {
        for there in ["http://localhost:3000/x", "http://[::1]:3000/x", HERE] {
            assert!(RequestUrls::new(there, HERE, HERE, "s").is_ok(), "{there}");
        }
        for elsewhere in
            ["http://example.com/", "https://127.0.0.1/", "http://127.0.0.1.example.com/"]
        {
            let refused = RequestUrls::new(HERE, elsewhere, HERE, "s").unwrap_err();
            assert_eq!(refused, NotHere::Elsewhere(elsewhere.to_owned()));
        }
        assert_eq!(
            RequestUrls::new(HERE, HERE, "slack", "s").unwrap_err(),
            NotHere::NoUrl("slack".to_owned())
        );
    }

    #[test]
    fn an_answer_is_json_or_words() {
        let nothing = HeaderMap::new();
        let take = |status, body: &str| taken(status, &nothing, body.as_bytes());
        assert_eq!(take(StatusCode::OK, ""), Ok(None));
        assert_eq!(take(StatusCode::OK, "들었습니다"), Ok(Some(json!({ "text": "들었습니다" }))));
        assert_eq!(take(StatusCode::OK, "1"), Ok(Some(json!({ "text": "1" }))));
        assert_eq!(take(StatusCode::OK, r#"{"text":"x"}"#), Ok(Some(json!({ "text": "x" }))));
        assert_eq!(take(StatusCode::BAD_GATEWAY, ""), Err(Failed::Status { last: false }));
        let mut enough = HeaderMap::new();
        enough.insert("x-slack-no-retry", "1".parse().unwrap());
        let refused = taken(StatusCode::BAD_GATEWAY, &enough, b"");
        assert_eq!(refused, Err(Failed::Status { last: true }));
    }
}
