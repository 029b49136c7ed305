//! The support desk's webhook: what people do to tickets there.
//!
//! Two shapes are read: Zendesk's own events (a webhook that subscribes to them), and a body that a trigger makes:
//! `{"event_id": "…", "ticket": 4242, "status": "solved", "assignee": "name@example.com", "at": "2025-08-05T13:00:00Z"}`, in which
//! `status`, `assignee` and `at` may each be absent.

use super::request::{
    EmptySecret, NotDone, Now, Secret, Unverified, header, is_of_now, received, to_its_end,
};
use super::{Hooks, Unavailable};
use crate::adapters::zendesk::Zendesk;
use crate::domain::input::{TicketEvent, TicketNews};
use crate::domain::time::Time;
use crate::ports::PortError;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, FixedOffset, TimeDelta};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The longest body that is read, in bytes. An event bears a ticket's description, which has 64 KiB at most.
const MAX_BODY: usize = 1 << 20;
/// Zendesk gives up after ten seconds; the rest is for the way.
const ANSWER_WITHIN: Duration = Duration::from_secs(8);
/// Zendesk sends again what was answered 503 only when it is told how many seconds to wait, and only if these are less than sixty.
const AGAIN_AFTER: &str = "10";
/// How long it is remembered what was told of a ticket last: longer than Zendesk goes on trying.
const REMEMBERED: TimeDelta = TimeDelta::hours(24);
const NEWEST_KEPT: usize = 4_096;

/// Checks Zendesk's signatures.
#[derive(Clone, Debug)]
pub struct Verifier {
    secret: Secret,
}

impl Verifier {
    /// With the webhook's signing secret.
    ///
    /// # Errors
    /// When it is empty.
    pub fn new(secret: &str) -> Result<Self, EmptySecret> {
        const FOUND: &str = "Zendesk 관리 센터에서 웹훅의 서명 비밀 키를 복사해 적어 주십시오.";
        Secret::new(secret, FOUND).map(|secret| Self { secret })
    }

    /// Checks the signature (in constant time) over timestamp and body as they came, then the age.
    ///
    /// # Errors
    /// When it is not Zendesk's or not of now.
    pub fn check(&self, headers: &HeaderMap, body: &[u8], now: Time) -> Result<(), Unverified> {
        let signature = header(headers, "x-zendesk-webhook-signature").ok_or(Unverified::Absent)?;
        let stamp =
            header(headers, "x-zendesk-webhook-signature-timestamp").ok_or(Unverified::Absent)?;
        let signature = STANDARD.decode(signature).map_err(|_| Unverified::Wrong)?;
        self.secret.signs(&[stamp.as_bytes(), body].concat(), &signature)?;
        let at = DateTime::parse_from_rfc3339(stamp).map_err(|_| Unverified::Stale)?;
        is_of_now(at.timestamp(), now)
    }
}

/// What is done when tickets changed hands or state: their counts are worth reading again.
pub type CountsMoved = Arc<dyn Fn() + Send + Sync>;

/// Of which of a ticket's two properties something is told; for each of them what is newest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Property {
    Status,
    Assignee,
}

type Newest = BTreeMap<(u64, Property), DateTime<FixedOffset>>;

#[derive(Clone)]
struct Shared {
    verifier: Verifier,
    desk: Arc<dyn Hooks>,
    zendesk: Arc<Zendesk>,
    now: Now,
    moved: CountsMoved,
    /// When what was told last had happened; held while news is taken, so that deliveries cannot overtake each other in here.
    newest: Arc<Mutex<Newest>>,
}

/// The address that Zendesk posts to, `/hooks/zendesk`. `zendesk` is asked who an assignee is; `moved` is called after an event that
/// can have changed somebody's count.
pub fn router(
    verifier: Verifier,
    desk: Arc<dyn Hooks>,
    zendesk: Arc<Zendesk>,
    now: Now,
    moved: CountsMoved,
) -> Router {
    let shared = Shared { verifier, desk, zendesk, now, moved, newest: Arc::default() };
    Router::new().route("/hooks/zendesk", post(take)).with_state(shared)
}

async fn take(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    let deadline = Instant::now() + ANSWER_WITHIN;
    let body = match received(&headers, body, MAX_BODY, deadline).await {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    if let Err(why) = shared.verifier.check(&headers, &body, (shared.now)()) {
        tracing::warn!(%why, "a request that is not Zendesk's was refused");
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let invocation = headers.get("x-zendesk-webhook-invocation-id");
    let invocation = invocation.and_then(|id| id.to_str().ok()).map(str::to_owned);
    let told = match read(&body, invocation) {
        Ok(Some(told)) => told,
        Ok(None) => return StatusCode::OK.into_response(),
        Err(why) => {
            tracing::warn!(%why, "an unreadable webhook of Zendesk's was refused");
            return StatusCode::BAD_REQUEST.into_response();
        }
    };
    let taking = async move { shared.hand_in(told).await };
    match to_its_end(deadline, "zendesk", taking).await {
        Ok(Ok(())) => StatusCode::OK.into_response(),
        Ok(Err(NotTaken::Journal)) => {
            tracing::warn!("the journal could not keep a ticket's news; Zendesk sends it again");
            again()
        }
        Ok(Err(NotTaken::Assignee(error))) => {
            tracing::warn!(%error, "an assignee could not be looked up; Zendesk sends it again");
            again()
        }
        Err(NotDone) => again(),
    }
}

fn again() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, AGAIN_AFTER)]).into_response()
}

/// Why news was not taken; Zendesk is to send it again.
enum NotTaken {
    Journal,
    Assignee(PortError),
}

impl From<Unavailable> for NotTaken {
    fn from(Unavailable: Unavailable) -> Self {
        Self::Journal
    }
}

impl Shared {
    async fn hand_in(&self, told: Told) -> Result<(), NotTaken> {
        let mut events = Vec::new();
        for (property, what) in told.what {
            events.push((property, self.event(what).await.map_err(NotTaken::Assignee)?));
        }
        let mut newest = self.newest.lock().await;
        for (property, what) in events {
            let last = newest.get(&(told.ticket, property));
            if told.at.zip(last.copied()).is_some_and(|(at, last)| at < last) {
                tracing::info!(ticket = told.ticket, "news of a ticket that newer ones overtook");
                continue;
            }
            let key = format!("{}:{}", told.key, property.name());
            self.desk.ticket(TicketNews { key, ticket: told.ticket, what }).await?;
            if let Some(at) = told.at {
                remember(&mut newest, (told.ticket, property), at);
            }
        }
        drop(newest);
        (self.moved)();
        Ok(())
    }

    async fn event(&self, what: What) -> Result<TicketEvent, PortError> {
        match what {
            What::Event(event) => Ok(event),
            What::AssignedTo(user) => {
                let email = self.zendesk.email_of(user).await?;
                // somebody who cannot be looked up is not nobody: no address of the guide looks like this
                Ok(TicketEvent::Assigned { email: email.or_else(|| Some(user.to_string())) })
            }
        }
    }
}

fn remember(newest: &mut Newest, of: (u64, Property), at: DateTime<FixedOffset>) {
    newest.insert(of, at);
    if newest.len() > NEWEST_KEPT {
        newest.retain(|_, kept| at.signed_duration_since(*kept) < REMEMBERED);
    }
}

impl Property {
    const fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Assignee => "assignee",
        }
    }
}

/// What a webhook tells, as far as the desk cares.
struct Told {
    /// The same for every delivery.
    key: String,
    ticket: u64,
    /// When it happened, where that is said.
    at: Option<DateTime<FixedOffset>>,
    what: Vec<(Property, What)>,
}

enum What {
    Event(TicketEvent),
    /// A user of Zendesk, by number.
    AssignedTo(u64),
}

/// A body that is not of a shape that is read. Says what is missing, never what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Unreadable {
    #[error("no JSON object")]
    Json,
    #[error("no event id")]
    Id,
    #[error("no ticket number")]
    Ticket,
    #[error("no assignee that is a user's number")]
    Assignee,
}

/// Zendesk's own events and the trigger's body, one beside the other: what of them is there says which it is.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<String>,
    time: Option<String>,
    #[serde(default)]
    detail: Detail,
    #[serde(default)]
    event: Event,
    event_id: Option<Value>,
    ticket: Option<Value>,
    status: Option<String>,
    /// Absent: nothing is said of it; null or empty: nobody.
    #[serde(default, deserialize_with = "said")]
    assignee: Option<Option<String>>,
    at: Option<String>,
}

#[derive(Default, Deserialize)]
struct Detail {
    id: Option<Value>,
}

#[derive(Default, Deserialize)]
struct Event {
    #[serde(default)]
    current: Value,
    #[serde(default)]
    previous: Value,
}

fn said<'de, D: serde::Deserializer<'de>>(of: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(of).map(Some)
}

/// `None`: nothing that the desk cares for.
fn read(body: &[u8], invocation: Option<String>) -> Result<Option<Told>, Unreadable> {
    // without what the parser says: it quotes what it read
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| Unreadable::Json)?;
    match &envelope.kind {
        Some(kind) => event(kind, &envelope, invocation),
        None => triggered(&envelope, invocation).map(Some),
    }
}

fn event(
    kind: &str,
    envelope: &Envelope,
    invocation: Option<String>,
) -> Result<Option<Told>, Unreadable> {
    let Event { current, previous } = &envelope.event;
    let what = match kind {
        "zen:event-type:ticket.status_changed" => {
            let status = |value: &Value| Status::read(value.as_str().unwrap_or_default());
            match (status(previous), status(current)) {
                (Status::Over, Status::Over) => Vec::new(),
                (_, Status::Over) => vec![(Property::Status, What::Event(TicketEvent::Solved))],
                (Status::Over, Status::Open) => {
                    vec![(Property::Status, What::Event(TicketEvent::Reopened))]
                }
                (Status::Open | Status::Other, Status::Open) | (_, Status::Other) => Vec::new(),
            }
        }
        "zen:event-type:ticket.agent_assignment_changed" => {
            let what = match number(current) {
                Some(0) => What::Event(TicketEvent::Assigned { email: None }),
                Some(user) => What::AssignedTo(user),
                None if is_nobody(current) => What::Event(TicketEvent::Assigned { email: None }),
                None => return Err(Unreadable::Assignee),
            };
            vec![(Property::Assignee, what)]
        }
        // they change what is counted, and nothing that the desk does something about
        "zen:event-type:ticket.created"
        | "zen:event-type:ticket.merged"
        | "zen:event-type:ticket.soft_deleted"
        | "zen:event-type:ticket.undeleted"
        | "zen:event-type:ticket.permanently_deleted"
        | "zen:event-type:ticket.marked_as_spam" => Vec::new(),
        _ => {
            tracing::info!("an event of Zendesk's of another kind was ignored");
            return Ok(None);
        }
    };
    let ticket = envelope.detail.id.as_ref().and_then(number).ok_or(Unreadable::Ticket)?;
    let key = key(envelope.id.clone().or(invocation))?;
    Ok(Some(Told { key, ticket, at: time(envelope.time.as_deref()), what }))
}

fn triggered(envelope: &Envelope, invocation: Option<String>) -> Result<Told, Unreadable> {
    let ticket = envelope.ticket.as_ref().and_then(number).ok_or(Unreadable::Ticket)?;
    let id = envelope.event_id.as_ref().and_then(|id| match id {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    });
    let key = key(id.or(invocation))?;
    let mut what = Vec::new();
    if let Some(email) = &envelope.assignee {
        let email = email.as_deref().map(str::trim).filter(|email| !email.is_empty());
        let email = email.map(str::to_owned);
        what.push((Property::Assignee, What::Event(TicketEvent::Assigned { email })));
    }
    match envelope.status.as_deref().map(Status::read) {
        Some(Status::Over) => what.push((Property::Status, What::Event(TicketEvent::Solved))),
        Some(Status::Open) => what.push((Property::Status, What::Event(TicketEvent::Reopened))),
        Some(Status::Other) => {
            tracing::warn!("a trigger of Zendesk's tells of a status that there is not");
        }
        None => {}
    }
    Ok(Told { key, ticket, at: time(envelope.at.as_deref()), what })
}

fn key(id: Option<String>) -> Result<String, Unreadable> {
    let id = id.filter(|id| !id.is_empty() && id.len() <= 200).ok_or(Unreadable::Id)?;
    Ok(format!("zendesk:{id}"))
}

fn time(text: Option<&str>) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text?).ok()
}

/// Numbers come as such, and as text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn is_nobody(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Open,
    Over,
    /// Deleted, or a word that Zendesk learnt since.
    Other,
}

impl Status {
    fn read(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "new" | "open" | "pending" | "hold" => Self::Open,
            "solved" | "closed" => Self::Over,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn nobody_and_absent_are_two_things() {
        let told = |body: &str| read(body.as_bytes(), None).unwrap().unwrap().what;
        assert!(told(r#"{"event_id": 1, "ticket": "4242", "status": null}"#).is_empty());
        for nobody in [r#""""#, "null", r#"" ""#] {
            let told = told(&format!(r#"{{"event_id": 1, "ticket": 4242, "assignee": {nobody}}}"#));
            assert!(matches!(
                told.as_slice(),
                [(Property::Assignee, What::Event(TicketEvent::Assigned { email: None }))]
            ));
        }
    }
}
