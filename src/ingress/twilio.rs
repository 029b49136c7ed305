//! Twilio's calls back: the keys that people press, and what becomes of a call. Each is signed.
//!
//! Callbacks come late, twice and out of order. What a call came to is told once, by the first of them that says it: afterwards
//! the desk has no such call any more, and those in between (ringing, in-progress) say nothing that it needs. So there is no order
//! to be kept by their SequenceNumber.

use super::voice::{self, At, Heard, NOT_KEPT, Next};
use super::{Hooks, Unavailable};
use crate::adapters::twilio::{AGAIN, Callbacks, twiml};
use crate::domain::errand::CallEvent;
use crate::domain::ids::ErrandId;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use url::form_urlencoded;

/// The longest body that is read, in bytes; Twilio's are about one thousand.
const MAX_BODY: usize = 64 << 10;
/// Twilio waits for fifteen seconds; the person at the other end hears nothing meanwhile.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// A form's fields, as they came.
pub type Fields = Vec<(String, String)>;

/// Checks Twilio's signatures.
#[derive(Clone, Debug)]
pub struct Verifier {
    key: hmac::Key,
}

impl Verifier {
    /// With the account's token, which must not be empty.
    #[must_use]
    pub fn new(token: &str) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes()) }
    }

    /// Whether the signature is that of a request to this address with these fields, in constant time. Twilio leaves the port out or
    /// not.
    #[must_use]
    pub fn holds(&self, url: &str, fields: &[(String, String)], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature.trim()) else { return false };
        let mut sorted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (key, value) in fields {
            sorted.entry(key).or_default().insert(value);
        }
        let mut tail = String::new();
        for (key, values) in &sorted {
            for value in values {
                tail.push_str(key);
                tail.push_str(value);
            }
        }
        let (with, without) = ports(url);
        [with, without].iter().any(|url| {
            hmac::verify(&self.key, format!("{url}{tail}").as_bytes(), &signature).is_ok()
        })
    }
}

/// An address with its port and without it.
fn ports(url: &str) -> (String, String) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let port = authority.rfind(':').filter(|colon| !authority[*colon..].contains(']'));
    let host = &authority[..port.unwrap_or(authority.len())];
    let usual = if scheme == "http" { "80" } else { "443" };
    let port = port.map_or(usual, |colon| &authority[colon + 1..]);
    (format!("{scheme}://{host}:{port}{tail}"), format!("{scheme}://{host}{tail}"))
}

#[derive(Clone)]
struct Shared {
    verifier: Verifier,
    callbacks: Callbacks,
    hooks: Arc<dyn Hooks>,
}

/// The two addresses that Twilio posts to. `callbacks` says what they are called from outside: the signature is over that, and the
/// Host header is nobody's word.
pub fn router(verifier: Verifier, callbacks: Callbacks, hooks: Arc<dyn Hooks>) -> Router {
    Router::new()
        .route(Callbacks::VOICE, post(spoken))
        .route(Callbacks::STATUS, post(became))
        .with_state(Shared { verifier, callbacks, hooks })
}

/// A request that is Twilio's.
struct Told {
    call: ErrandId,
    turn: u8,
    sid: String,
    fields: Fields,
}

impl Told {
    fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn by_machine(&self) -> bool {
        self.field("AnsweredBy").is_some_and(|by| by.starts_with("machine") || by == "fax")
    }
}

impl Shared {
    async fn told(
        &self,
        path: &str,
        query: Option<String>,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Told, StatusCode> {
        let body = to_bytes(body, MAX_BODY).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
        let fields: Fields = form_urlencoded::parse(&body).into_owned().collect();
        let query = query.unwrap_or_default();
        let url = self.callbacks.at(path, &query);
        let signature = headers.get("x-twilio-signature").and_then(|value| value.to_str().ok());
        let signed = signature.is_some_and(|signature| {
            // what stands behind # is for Twilio itself; whether it signs it is nobody's promise
            let whole = format!("{url}{AGAIN}");
            [url, whole].iter().any(|url| self.verifier.holds(url, &fields, signature))
        });
        if !signed {
            tracing::warn!("a request that is not Twilio's was refused");
            return Err(StatusCode::FORBIDDEN);
        }
        let asked: BTreeMap<_, _> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let call = asked.get("call").and_then(|call| call.parse().ok());
        let turn = asked.get("turn").and_then(|turn| turn.parse().ok()).unwrap_or(0);
        let sid = fields.iter().find(|(key, _)| key == "CallSid").map(|(_, sid)| sid.clone());
        match (call, sid) {
            (Some(call), Some(sid)) => Ok(Told { call, turn, sid, fields }),
            (Some(_) | None, _) => {
                tracing::warn!("a request of Twilio's that names no call was refused");
                Err(StatusCode::BAD_REQUEST)
            }
        }
    }
}

async fn spoken(
    State(shared): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let deadline = Instant::now() + ANSWER_WITHIN;
    let told = shared.told(Callbacks::VOICE, query, &headers, body);
    let told = match timeout_at(deadline, told).await {
        Ok(Ok(told)) => told,
        Ok(Err(status)) => return status.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    // a key is a person's, whatever the machine detection thinks
    let heard = match told.field("Digits").and_then(|digits| digits.chars().next()) {
        Some(key) => Heard::Key(key),
        None if told.by_machine() => Heard::Machine,
        None => Heard::Nothing,
    };
    let at = At { page: told.call, reference: told.sid, turn: told.turn };
    let hooks = Arc::clone(&shared.hooks);
    // in a task of its own, so that a caller who hangs up does not end it half-way
    let answering = tokio::spawn(async move { voice::answer(hooks.as_ref(), &at, heard).await });
    let next = match timeout_at(deadline, answering).await {
        Ok(Ok(Ok(next))) => next,
        Ok(Ok(Err(Unavailable))) => {
            tracing::warn!("the journal could not keep a key; the person is told");
            NOT_KEPT
        }
        Ok(Err(error)) => {
            tracing::error!(panicked = error.is_panic(), "taking a key ended early");
            NOT_KEPT
        }
        Err(_) => {
            tracing::warn!("taking a key took too long; the person is told");
            NOT_KEPT
        }
    };
    let twiml = match next {
        Next::Ask { page, turn, speech } => shared.callbacks.ask(page, turn, &speech),
        Next::End(speech) => twiml::end(speech),
    };
    ([(CONTENT_TYPE, "text/xml; charset=utf-8")], twiml).into_response()
}

/// What a call came to; `None`: it goes on, or we ended it ourselves.
fn came_to(status: &str) -> Option<CallEvent> {
    match status {
        "busy" => Some(CallEvent::Busy),
        "no-answer" => Some(CallEvent::NoAnswer),
        "failed" => Some(CallEvent::Failed),
        "completed" => Some(CallEvent::Answered),
        "queued" | "initiated" | "ringing" | "in-progress" | "canceled" => None,
        _ => {
            tracing::warn!("a call has a status that is not known");
            None
        }
    }
}

async fn became(
    State(shared): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> StatusCode {
    let deadline = Instant::now() + ANSWER_WITHIN;
    let told = shared.told(Callbacks::STATUS, query, &headers, body);
    let told = match timeout_at(deadline, told).await {
        Ok(Ok(told)) => told,
        Ok(Err(status)) => return status,
        Err(_) => return StatusCode::REQUEST_TIMEOUT,
    };
    let event = if told.by_machine() {
        Some(CallEvent::Voicemail)
    } else {
        told.field("CallStatus").and_then(came_to)
    };
    let Some(event) = event else { return StatusCode::NO_CONTENT };
    let hooks = Arc::clone(&shared.hooks);
    let telling =
        tokio::spawn(async move { voice::tell(hooks.as_ref(), &told.sid, told.call, event).await });
    match timeout_at(deadline, telling).await {
        Ok(Ok(Ok(()))) => StatusCode::NO_CONTENT,
        Ok(Ok(Err(Unavailable))) => {
            tracing::warn!(
                "the journal could not keep a call's end; Twilio is asked to tell again"
            );
            StatusCode::SERVICE_UNAVAILABLE
        }
        Ok(Err(error)) => {
            tracing::error!(panicked = error.is_panic(), "taking a call's end ended early");
            StatusCode::SERVICE_UNAVAILABLE
        }
        Err(_) => {
            tracing::warn!("taking a call's end took too long; Twilio is asked to tell again");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Verifier, ports};

    fn fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_documented_signature_holds() {
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let told = fields(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("Caller", "+14158675309"),
            ("To", "+18005551212"),
        ]);
        let verifier = Verifier::new("12345");
        let signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        assert!(verifier.holds(url, &told, signature));
        assert!(verifier.holds(
            "https://mycompany.com:443/myapp.php?foo=1&bar=2",
            &told,
            signature
        ));
        assert!(!verifier.holds("https://mycompany.com:8443/myapp.php", &told, signature));
        assert!(!verifier.holds(url, &told[1..], signature));
        assert!(!Verifier::new("12346").holds(url, &told, signature));
        for other in ["", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "가", "AAAA"] {
            assert!(!verifier.holds(url, &told, other), "{other}");
        }
    }

    #[test]
    fn repeated_fields_are_sorted_and_counted_once() {
        let verifier = Verifier::new("12345");
        let once = fields(&[("a", "1"), ("a", "2"), ("b", "3")]);
        let twice = fields(&[("b", "3"), ("a", "2"), ("a", "1"), ("a", "2")]);
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"12345");
        let signed = ring::hmac::sign(&key, b"https://a.example.com/a1a2b3");
        let signature =
            base64::Engine::encode(&base64::engine::general_purpose::STANDARD, signed.as_ref());
        for fields in [once, twice] {
            assert!(verifier.holds("https://a.example.com/", &fields, &signature));
        }
    }

    #[test]
    fn an_address_with_and_without_its_port() {
        let both = |url| ports(url);
        assert_eq!(
            both("https://a.b/c?d:1"),
            ("https://a.b:443/c?d:1".into(), "https://a.b/c?d:1".into())
        );
        assert_eq!(both("http://a.b:81/c"), ("http://a.b:81/c".into(), "http://a.b/c".into()));
        assert_eq!(both("http://[::1]/c"), ("http://[::1]:80/c".into(), "http://[::1]/c".into()));
        assert_eq!(both("http://[::1]:8?c"), ("http://[::1]:8?c".into(), "http://[::1]?c".into()));
    }
}
