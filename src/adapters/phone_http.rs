//! A telephone behind a small HTTP service of the team's own, which stands before whatever carrier they have. `docs/openapi/phone.yaml`
//! is what that service has to do.
//!
//! A call's name is its errand's id, and the service places a name once: an attempt whose answer was lost is repeated without harm.

use super::e164::E164;
use super::http::{Base, Http, Repeat, Reply, refused};
use crate::domain::ids::{ErrandId, Name, PhoneNumber};
use crate::domain::time::Time;
use crate::ports::{Phone, PortError};
use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, Request, StatusCode};
use chrono::{DateTime, TimeDelta};
use http_body_util::Full;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

const WHAT: &str = "전화 발신(PHONE_URL)";
/// How long a whole exchange may take.
pub const TIME_OUT: Duration = Duration::from_secs(10);
/// Path of the address that the service tells of a call.
pub const HOOK: &str = "/hooks/phone";
/// How far the service's clock may be behind ours before a call's name is taken for one of another journal.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(1);

/// The token that both sides know.
#[derive(Clone)]
pub struct Token(HeaderValue);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// A token that no request could bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("PHONE_TOKEN은 공백 없는 영문자와 숫자, 기호로 적어 주십시오.")]
pub struct NotAToken;

impl Token {
    /// Reads a token.
    ///
    /// # Errors
    /// When it is empty or bears signs that a header cannot.
    pub fn new(token: &str) -> Result<Self, NotAToken> {
        if token.is_empty() || !token.chars().all(|sign| sign.is_ascii_graphic()) {
            return Err(NotAToken);
        }
        let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| NotAToken)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

/// A call to be placed.
#[derive(Serialize)]
struct Placing<'a> {
    id: ErrandId,
    to: &'a str,
    speech: &'a str,
    callback: &'a str,
}

/// A call that the service knows.
#[derive(Deserialize)]
struct Known {
    id: ErrandId,
    created_at: String,
}

/// The telephone by such a service.
#[derive(Clone, Debug)]
pub struct HttpPhone {
    http: Http,
    base: Base,
    token: Token,
    callback: String,
}

impl HttpPhone {
    /// Connects when it is first used. What happens on a call is sent to `public`'s hook; `time_out` bounds every exchange.
    ///
    /// # Errors
    /// When the machine has no certificates to trust.
    pub fn new(
        base: Base,
        token: Token,
        public: &Base,
        time_out: Duration,
    ) -> std::io::Result<Self> {
        let http = Http::new(&base, time_out)?;
        Ok(Self { http, base, token, callback: public.at(HOOK) })
    }

    async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Reply, PortError> {
        let request = Request::builder()
            .method(method)
            .uri(self.base.at(path))
            .header(AUTHORIZATION, self.token.0.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| PortError::Permanent {
                why: format!("{WHAT}: 주소가 틀렸습니다")
            })?;
        // the name makes every repetition harmless, but one whose fate is unknown may be ringing already
        self.http.send(request).await.map_err(|none| none.port(WHAT, Repeat::Doubles))
    }
}

/// The service's answer to one name, in its one form.
fn known(reply: &Reply, id: &str) -> Result<Known, PortError> {
    let known: Option<Known> = serde_json::from_slice(&reply.body).ok();
    known.filter(|known| known.id.to_string() == id).ok_or_else(|| PortError::Unknown {
        why: format!("{WHAT}: 답을 읽을 수 없습니다"),
    })
}

fn harmless(error: PortError) -> PortError {
    match error {
        PortError::Unknown { why } => PortError::Transient { why, retry_after: None },
        PortError::Transient { .. } | PortError::NotYet { .. } | PortError::Permanent { .. } => {
            error
        }
    }
}

#[async_trait]
impl Phone for HttpPhone {
    async fn call(
        &self,
        errand: ErrandId,
        _to: &Name,
        number: &PhoneNumber,
        speech: &str,
    ) -> Result<String, PortError> {
        let to = E164::of(number)?;
        let placing =
            Placing { id: errand, to: to.as_str(), speech, callback: self.callback.as_str() };
        let body = serde_json::to_vec(&placing)
            .map_err(|error| PortError::Permanent { why: format!("{WHAT}: {error}") })?;
        let reply = self.send(Method::POST, "/calls", body).await?;
        match reply.status {
            StatusCode::CREATED | StatusCode::OK => {
                Ok(known(&reply, &errand.to_string())?.id.to_string())
            }
            StatusCode::UNPROCESSABLE_ENTITY => Err(PortError::Permanent {
                why: format!("{WHAT}: 걸 수 없는 번호입니다. 업무가이드의 번호를 확인해 주십시오"),
            }),
            _ => Err(refused(WHAT, &reply, Repeat::Doubles)),
        }
    }

    async fn find_call(
        &self,
        errand: ErrandId,
        _number: &PhoneNumber,
        since: Time,
    ) -> Result<Option<String>, PortError> {
        let id = errand.to_string();
        let path = format!("/calls/{id}");
        let reply = self.send(Method::GET, &path, Vec::new()).await.map_err(harmless)?;
        match reply.status {
            StatusCode::OK => {
                let known = known(&reply, &id).map_err(harmless)?;
                let created = DateTime::parse_from_rfc3339(&known.created_at).map_err(|_| {
                    PortError::Transient {
                        why: format!("{WHAT}: 답을 읽을 수 없습니다"),
                        retry_after: None,
                    }
                })?;
                Ok((created >= since - CLOCKS_DIFFER).then_some(id))
            }
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(refused(WHAT, &reply, Repeat::Harmless)),
        }
    }

    async fn hang_up(&self, reference: &str, _to: &Name) -> Result<(), PortError> {
        let Ok(id) = reference.parse::<ErrandId>() else {
            return Err(PortError::Permanent { why: format!("{WHAT}: 모르는 통화입니다") });
        };
        let path = format!("/calls/{id}");
        let reply = self.send(Method::DELETE, &path, Vec::new()).await.map_err(harmless)?;
        match reply.status {
            StatusCode::OK | StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => Ok(()),
            _ => Err(refused(WHAT, &reply, Repeat::Harmless)),
        }
    }

    async fn probe(&self) -> Result<(), PortError> {
        let reply = self.send(Method::GET, "/health", Vec::new()).await.map_err(harmless)?;
        if reply.status.is_success() {
            return Ok(());
        }
        match refused(WHAT, &reply, Repeat::Harmless) {
            // whatever is wrong there may be mended: it is tried again
            PortError::Permanent { why } => Err(PortError::Transient { why, retry_after: None }),
            error @ (PortError::Transient { .. }
            | PortError::NotYet { .. }
            | PortError::Unknown { .. }) => Err(error),
        }
    }
}
