//! API destinations of Amazon EventBridge: events as they are, or what an input transformer made of them (G3). Each request bears a
//! secret that both sides know.

use super::request::{Now, Secret, Unverified, answered};
use super::sns::{hex, is_whole};
use super::{Notices, Unavailable};
use crate::domain::input::{Notice, Way};
use crate::domain::time::{Time, in_seoul};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use chrono::{DateTime, TimeDelta};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Where EventBridge posts to.
pub const PATH: &str = "/hooks/eventbridge";
/// The longest body that is read, in bytes; an event has 256 KiB at most, and a sign of it may be escaped.
pub const MAX_BODY: usize = 1 << 20;
/// EventBridge gives up after five seconds; the rest is for the way.
pub const ANSWER_WITHIN: Duration = Duration::from_millis(4500);

/// Which requests are taken.
#[derive(Clone)]
pub enum Trust {
    /// Those that bear this secret.
    Secret(Secret),
    /// All of them, for practice.
    Anybody,
}

/// The hook.
#[derive(Clone)]
pub struct Hook {
    trust: Trust,
    desk: Arc<dyn Notices>,
    now: Now,
}

/// The address that EventBridge posts to.
pub fn router(hook: Hook) -> Router {
    Router::new().route(PATH, post(take)).with_state(hook)
}

async fn take(State(hook): State<Hook>, headers: HeaderMap, body: Body) -> StatusCode {
    let deadline = Instant::now() + ANSWER_WITHIN;
    let answer =
        move |headers: HeaderMap, body: Bytes| async move { hook.answer(&headers, &body).await };
    answered(headers, body, MAX_BODY, deadline, "eventbridge", answer).await
}

/// Why a request is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error("a body that is too long")]
    TooLong,
    #[error("{0}")]
    Unverified(#[from] Unverified),
    #[error("{0}")]
    Unreadable(&'static str),
    #[error("the journal could not keep it; EventBridge sends it again")]
    NotKept,
}

impl From<Unavailable> for Refusal {
    fn from(Unavailable: Unavailable) -> Self {
        Self::NotKept
    }
}

impl Refusal {
    const fn status(self) -> StatusCode {
        match self {
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unverified(_) => StatusCode::FORBIDDEN,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::NotKept => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl Hook {
    /// A hook that hands in here what it trusts.
    #[must_use]
    pub const fn new(trust: Trust, desk: Arc<dyn Notices>, now: Now) -> Self {
        Self { trust, desk, now }
    }

    /// Takes a request, and says what it is answered; it is durable when that is a success.
    pub async fn answer(&self, headers: &HeaderMap, body: &[u8]) -> StatusCode {
        match self.take(headers, body).await {
            Ok(()) => StatusCode::OK,
            Err(refusal) => {
                let status = refusal.status();
                tracing::warn!(%refusal, %status, "a request of EventBridge's was not taken");
                status
            }
        }
    }

    async fn take(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
        if body.len() > MAX_BODY {
            return Err(Refusal::TooLong);
        }
        match &self.trust {
            Trust::Secret(secret) => secret.borne(headers)?,
            Trust::Anybody => {}
        }
        let text = std::str::from_utf8(body).map_err(|_| Refusal::Unreadable("no text"))?;
        is_whole(text).map_err(Refusal::Unreadable)?;
        let (key, sent) = match Event::read(text) {
            Some(event) => {
                let at = event.time.and_then(|at| DateTime::parse_from_rfc3339(&at).ok());
                (format!("eb:{}", event.id), at.map(|at| in_seoul(&at)))
            }
            None => (self.key_of(text).await?, None),
        };
        let way = Way::EventBridge;
        let notice = Notice { key, way, sent, subject: None, text: text.to_owned() };
        Ok(self.desk.notice(notice).await?)
    }

    /// A name for words that bear none. The same words within a minute or two are one delivery, sent again because the answer was lost;
    /// later ones tell of something new, and so do other words.
    async fn key_of(&self, text: &str) -> Result<String, Refusal> {
        let words = hex(&Sha256::digest(text.as_bytes()));
        let now = (self.now)();
        let at = |at: Time| format!("eb:{words}:{}", at.format("%Y-%m-%dT%H:%M"));
        let earlier = at(now - TimeDelta::minutes(1));
        if self.desk.knows(&earlier).await? { Ok(earlier) } else { Ok(at(now)) }
    }
}

/// An event of EventBridge's own shape. What an input transformer made may have an `id` as well, but not of the event: an update of a
/// finding bears the finding's again.
#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "detail-type")]
    _kind: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(default)]
    time: Option<String>,
}

impl Event {
    fn read(text: &str) -> Option<Self> {
        let event: Self = serde_json::from_str(text).ok()?;
        ((1..=200).contains(&event.id.len())).then_some(event)
    }
}
