//! What the telephone service of `docs/openapi/phone.yaml` tells of its calls. Each request is signed with the token that both
//! sides know.

use super::request::{Now, from_hex, header, is_of_now, received};
use super::voice::{self, At, Heard, NOT_KEPT, Next};
use super::{Hooks, Unavailable};
use crate::adapters::phone_http::HOOK;
use crate::domain::errand::CallEvent;
use crate::domain::ids::ErrandId;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use ring::hmac;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The longest body that is read, in bytes.
const MAX_BODY: usize = 16 << 10;
/// The person at the other end hears nothing meanwhile.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Something that the service tells.
#[derive(Deserialize)]
struct Told {
    id: ErrandId,
    #[serde(flatten)]
    event: Event,
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Key { key: Key, page: ErrandId, turn: u8 },
    NoKey { page: ErrandId, turn: u8 },
    Busy,
    NoAnswer,
    Voicemail,
    Failed,
    Ended,
    Cancelled,
}

/// A single key.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Key(char);

impl TryFrom<String> for Key {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut signs = text.chars();
        match (signs.next(), signs.next()) {
            (Some(key @ ('0'..='9' | '*' | '#')), None) => Ok(Self(key)),
            _ => Err("one key"),
        }
    }
}

/// What the voice does next.
#[derive(Serialize)]
struct Then {
    then: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    speech: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<ErrandId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    turn: Option<u8>,
}

impl From<Next> for Then {
    fn from(next: Next) -> Self {
        match next {
            Next::Ask { page, turn, speech } => {
                Self { then: "ask", speech: Some(speech), page: Some(page), turn: Some(turn) }
            }
            Next::End(speech) => {
                Self { then: "hang_up", speech: speech.map(str::to_owned), page: None, turn: None }
            }
        }
    }
}

#[derive(Clone)]
struct Shared {
    key: hmac::Key,
    hooks: Arc<dyn Hooks>,
    now: Now,
}

/// The address that the service posts to. `token` is the one that it is called with; it must not be empty.
pub fn router(token: &str, hooks: Arc<dyn Hooks>, now: Now) -> Router {
    let key = hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes());
    Router::new().route(HOOK, post(told)).with_state(Shared { key, hooks, now })
}

impl Shared {
    fn is_signed(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let stamp = header(headers, "x-coc-timestamp");
        let stamp = stamp.and_then(|at| Some((at, at.parse::<i64>().ok()?)));
        let Some((stamp, at)) = stamp else { return false };
        let signature = header(headers, "x-coc-signature").and_then(from_hex);
        let Some(signature) = signature else { return false };
        let signed = [stamp.as_bytes(), b".", body].concat();
        hmac::verify(&self.key, &signed, &signature).is_ok() && is_of_now(at, (self.now)()).is_ok()
    }
}

async fn told(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    let deadline = Instant::now() + ANSWER_WITHIN;
    let body = match received(&headers, body, MAX_BODY, deadline).await {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    if !shared.is_signed(&headers, &body) {
        tracing::warn!("a request that is not the telephone service's was refused");
        return StatusCode::FORBIDDEN.into_response();
    }
    let Ok(told) = serde_json::from_slice::<Told>(&body) else {
        tracing::warn!("an unreadable request of the telephone service was refused");
        return StatusCode::BAD_REQUEST.into_response();
    };
    let is_talk = matches!(told.event, Event::Key { .. } | Event::NoKey { .. });
    // in a task of its own, so that a caller who hangs up does not end it half-way
    let taking = tokio::spawn(async move { took(shared.hooks.as_ref(), told).await });
    match timeout_at(deadline, taking).await {
        Ok(Ok(Ok(Some(next)))) => return Json(Then::from(next)).into_response(),
        Ok(Ok(Ok(None))) => return StatusCode::NO_CONTENT.into_response(),
        Ok(Ok(Err(Unavailable))) => {
            tracing::warn!("the journal could not keep what a call brought")
        }
        Ok(Err(error)) => {
            tracing::error!(panicked = error.is_panic(), "taking what a call brought ended early");
        }
        Err(_) => tracing::warn!("taking what a call brought took too long"),
    }
    if is_talk {
        (StatusCode::SERVICE_UNAVAILABLE, Json(Then::from(NOT_KEPT))).into_response()
    } else {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}

async fn took(hooks: &dyn Hooks, told: Told) -> Result<Option<Next>, Unavailable> {
    let reference = told.id.to_string();
    let over = match told.event {
        Event::Key { key: Key(key), page, turn } => {
            let at = At { page, reference, turn };
            return voice::answer(hooks, &at, Heard::Key(key)).await.map(Some);
        }
        Event::NoKey { page, turn } => {
            let at = At { page, reference, turn };
            return voice::answer(hooks, &at, Heard::Nothing).await.map(Some);
        }
        Event::Cancelled => return Ok(None),
        Event::Busy => CallEvent::Busy,
        Event::NoAnswer => CallEvent::NoAnswer,
        Event::Voicemail => CallEvent::Voicemail,
        Event::Failed => CallEvent::Failed,
        Event::Ended => CallEvent::Answered,
    };
    voice::tell(hooks, &reference, told.id, over).await?;
    Ok(None)
}
