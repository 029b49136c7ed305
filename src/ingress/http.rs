//! Slack's HTTP Events API: events, slash commands and interactions, each signed.

use super::{Desk, Unavailable};
use crate::adapters::slack::blocks;
use crate::adapters::slack::events::{self, Ignored, MAX_BODY, Unreadable};
use crate::domain::input::SlackInput;
use crate::domain::message::Answer;
use crate::domain::time::Time;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use ring::hmac;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How old a signed request may be, either way; older ones may be repeated by somebody who overheard them.
pub const MAX_AGE: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// Slack gives up after three seconds; the rest is for the way.
pub const ANSWER_WITHIN: Duration = Duration::from_millis(2500);

/// What time it is.
pub type Now = Arc<dyn Fn() -> Time + Send + Sync>;

/// Checks Slack's signatures.
#[derive(Clone, Debug)]
pub struct Verifier {
    key: hmac::Key,
}

/// Why a request is not taken for Slack's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// Without a signature or a timestamp.
    #[error("no signature")]
    Absent,
    /// The signature is another.
    #[error("wrong signature")]
    Wrong,
    /// Rightly signed, but more than [`MAX_AGE`] ago or ahead.
    #[error("signed at another time")]
    Stale,
}

/// A signing secret that would let everybody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "SLACK_SIGNING_SECRET이 비어 있습니다. Slack 앱의 Basic Information에 있는 Signing Secret을 적어 주십시오."
)]
pub struct EmptySecret;

impl Verifier {
    /// With the app's signing secret.
    ///
    /// # Errors
    /// When it is empty.
    pub fn new(secret: &str) -> Result<Self, EmptySecret> {
        let secret = secret.trim();
        if secret.is_empty() {
            return Err(EmptySecret);
        }
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()) })
    }

    /// Checks the signature (`v0`, in constant time) over the body as it came, then its age.
    ///
    /// # Errors
    /// When it is not Slack's or not of now.
    pub fn check(&self, headers: &HeaderMap, body: &[u8], now: Time) -> Result<(), Unverified> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let signature = header("x-slack-signature").ok_or(Unverified::Absent)?;
        let stamp = header("x-slack-request-timestamp").ok_or(Unverified::Absent)?;
        let signature =
            signature.strip_prefix("v0=").and_then(from_hex).ok_or(Unverified::Wrong)?;
        let signed = [b"v0:", stamp.as_bytes(), b":", body].concat();
        hmac::verify(&self.key, &signed, &signature).map_err(|_| Unverified::Wrong)?;
        let at: i64 = stamp.parse().map_err(|_| Unverified::Stale)?;
        let age = now.timestamp().saturating_sub(at).unsigned_abs();
        if age > MAX_AGE.num_seconds().unsigned_abs() { Err(Unverified::Stale) } else { Ok(()) }
    }
}

/// Bytes written in hexadecimal digits of either case.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes().chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[derive(Clone)]
struct Shared {
    verifier: Verifier,
    desk: Arc<dyn Desk>,
    now: Now,
}

/// The three addresses that Slack posts to.
pub fn router(verifier: Verifier, desk: Arc<dyn Desk>, now: Now) -> Router {
    Router::new()
        .route("/slack/events", post(take_event))
        .route("/slack/commands", post(take_command))
        .route("/slack/interactions", post(take_interaction))
        .with_state(Shared { verifier, desk, now })
}

async fn take_event(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    answered(shared, headers, body, |body| {
        let envelope = events::read(body)?;
        if envelope.get("type").and_then(Value::as_str) == Some("url_verification") {
            let challenge = envelope.get("challenge").and_then(Value::as_str);
            return Ok(Read::Challenge(challenge.unwrap_or_default().to_owned()));
        }
        Ok(Read::Input(events::event(&envelope)))
    })
    .await
}

async fn take_command(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    answered(shared, headers, body, |body| {
        Ok(Read::Input(events::command(&events::read_command(body)?)))
    })
    .await
}

async fn take_interaction(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    answered(shared, headers, body, |body| {
        Ok(Read::Input(events::interaction(&events::read_interaction(body)?)))
    })
    .await
}

#[expect(clippy::large_enum_variant, reason = "lives on the stack for a moment")]
enum Read {
    /// Slack tries whether somebody is there.
    Challenge(String),
    Input(Result<SlackInput, Ignored>),
}

async fn answered(
    shared: Shared,
    headers: HeaderMap,
    body: Body,
    parse: fn(&[u8]) -> Result<Read, Unreadable>,
) -> Response {
    let deadline = Instant::now() + ANSWER_WITHIN;
    let body = match timeout_at(deadline, received(&headers, body)).await {
        Ok(Ok(body)) => body,
        Ok(Err(status)) => return status.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    if let Err(why) = shared.verifier.check(&headers, &body, (shared.now)()) {
        tracing::warn!(%why, "a request that is not Slack's was refused");
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let input = match parse(&body) {
        Ok(Read::Challenge(challenge)) => return challenge.into_response(),
        Ok(Read::Input(Ok(input))) => input,
        Ok(Read::Input(Err(reason))) => {
            tracing::debug!(%reason, "ignored");
            return StatusCode::OK.into_response();
        }
        Err(error) => {
            tracing::warn!(%error, "an unreadable request of Slack's was refused");
            // The same body would be no better a second time.
            return (StatusCode::BAD_REQUEST, [("x-slack-no-retry", "1")]).into_response();
        }
    };
    let desk = Arc::clone(&shared.desk);
    // In a task of its own, so that a caller who hangs up or an answer that comes too late does not end it half-way.
    let taking = tokio::spawn(async move { desk.take(input).await });
    match timeout_at(deadline, taking).await {
        Ok(Ok(Ok(answer))) => reply(&answer),
        Ok(Ok(Err(Unavailable))) => {
            tracing::warn!("the journal could not keep an input; Slack is asked to send it again");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Ok(Err(error)) => {
            tracing::error!(panicked = error.is_panic(), "taking an input ended early");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Err(_) => {
            tracing::warn!("an input took too long; Slack is asked to send it again");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn received(headers: &HeaderMap, body: Body) -> Result<Bytes, StatusCode> {
    let announced = headers.get("content-length").and_then(|length| length.to_str().ok());
    if announced.and_then(|length| length.parse::<usize>().ok()).is_some_and(|l| l > MAX_BODY) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    // It fails when the body is longer than it may be, or breaks off, and then nobody waits for the answer.
    to_bytes(body, MAX_BODY).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)
}

fn reply(answer: &Answer) -> Response {
    match blocks::answer(answer) {
        Some(body) => Json(body).into_response(),
        None => StatusCode::OK.into_response(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn hexadecimal_digits() {
        assert_eq!(from_hex("00ffA0"), Some(vec![0, 255, 160]));
        assert_eq!(from_hex("0"), None);
        assert_eq!(from_hex("가"), None);
        assert_eq!(from_hex("+1"), None);
        assert_eq!(Verifier::new(" ").unwrap_err(), EmptySecret);
    }

    #[test]
    fn a_secret_is_never_shown() {
        let shown = format!("{:?}", Verifier::new("8f742231b10e").unwrap());
        assert!(!shown.contains("8f742231b10e"), "{shown}");
    }
}
