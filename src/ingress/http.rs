//! Slack's HTTP Events API: events, slash commands and interactions, each signed.

use super::request::{
    EmptySecret, NotDone, Now, Secret, Unverified, from_hex, header, is_of_now, received,
    to_its_end,
};
use super::{Desk, Unavailable};
use crate::adapters::slack::blocks;
use crate::adapters::slack::events::{self, Ignored, MAX_BODY, Unreadable};
use crate::domain::input::SlackInput;
use crate::domain::message::Answer;
use crate::domain::time::Time;
use crate::metrics::Way;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Slack gives up after three seconds; the rest is for the way.
pub const ANSWER_WITHIN: Duration = Duration::from_millis(2500);

/// Checks Slack's signatures.
#[derive(Clone, Debug)]
pub struct Verifier {
    secret: Secret,
}

impl Verifier {
    /// With the app's signing secret.
    ///
    /// # Errors
    /// When it is empty.
    pub fn new(secret: &str) -> Result<Self, EmptySecret> {
        const FOUND: &str = "Slack 앱의 Basic Information에 있는 Signing Secret을 적어 주십시오.";
        Secret::new(secret, FOUND).map(|secret| Self { secret })
    }

    /// Checks the signature (`v0`, in constant time) over the body as it came, then its age.
    ///
    /// # Errors
    /// When it is not Slack's or not of now.
    pub fn check(&self, headers: &HeaderMap, body: &[u8], now: Time) -> Result<(), Unverified> {
        let signature = header(headers, "x-slack-signature").ok_or(Unverified::Absent)?;
        let stamp = header(headers, "x-slack-request-timestamp").ok_or(Unverified::Absent)?;
        let signature =
            signature.strip_prefix("v0=").and_then(from_hex).ok_or(Unverified::Wrong)?;
        self.secret.signs(&[b"v0:", stamp.as_bytes(), b":", body].concat(), &signature)?;
        is_of_now(stamp.parse().map_err(|_| Unverified::Stale)?, now)
    }
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
        let own = events::is_own_post(&envelope);
        Ok(Read::Input { input: events::event(&envelope), own })
    })
    .await
}

async fn take_command(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    answered(shared, headers, body, |body| {
        let input = events::command(&events::read_command(body)?);
        Ok(Read::Input { input, own: false })
    })
    .await
}

async fn take_interaction(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    answered(shared, headers, body, |body| {
        let input = events::interaction(&events::read_interaction(body)?);
        Ok(Read::Input { input, own: false })
    })
    .await
}

#[expect(clippy::large_enum_variant, reason = "lives on the stack for a moment")]
enum Read {
    /// Slack tries whether somebody is there.
    Challenge(String),
    Input {
        input: Result<SlackInput, Ignored>,
        /// Whether it brings a post of the bot's own.
        own: bool,
    },
}

async fn answered(
    shared: Shared,
    headers: HeaderMap,
    body: Body,
    parse: fn(&[u8]) -> Result<Read, Unreadable>,
) -> Response {
    let came = Instant::now();
    let deadline = came + ANSWER_WITHIN;
    let body = match received(&headers, body, MAX_BODY, deadline).await {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    if let Err(why) = shared.verifier.check(&headers, &body, (shared.now)()) {
        tracing::warn!(%why, "a request that is not Slack's was refused");
        return StatusCode::UNAUTHORIZED.into_response();
    }
    shared.desk.heard();
    let read = parse(&body);
    if let Ok(Read::Input { own, .. }) = &read {
        shared.desk.delivered(*own);
    }
    let input = match read {
        Ok(Read::Challenge(challenge)) => return challenge.into_response(),
        Ok(Read::Input { input: Ok(input), .. }) => input,
        Ok(Read::Input { input: Err(reason), .. }) => {
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
    match to_its_end(deadline, "slack", async move { desk.take(input).await }).await {
        Ok(Ok(answer)) => {
            shared.desk.acknowledged(Way::Http, came.elapsed());
            reply(&answer)
        }
        Ok(Err(Unavailable)) => {
            tracing::warn!("the journal could not keep an input; Slack is asked to send it again");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Err(NotDone) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn reply(answer: &Answer) -> Response {
    match blocks::answer(answer) {
        Some(body) => Json(body).into_response(),
        None => StatusCode::OK.into_response(),
    }
}
