//! What every hook does with a request before it reads it: takes a body that is not too long, and asks whether the sender is who it
//! says.

use crate::domain::time::Time;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH};
use axum::http::{HeaderMap, StatusCode};
use chrono::TimeDelta;
use futures_util::StreamExt;
use ring::hmac;
use std::future::Future;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// How old a signed request may be, either way; older ones may be repeated by somebody who overheard them.
pub const MAX_AGE: TimeDelta = TimeDelta::minutes(5);

/// How much of a body that is too long is still read and thrown away, in bytes: an answer that comes while the other side is writing
/// is lost with the connection.
const THROWN_AWAY: usize = 32 << 20;

/// What time it is.
pub type Now = Arc<dyn Fn() -> Time + Send + Sync>;

/// Why a request is not taken for the sender's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// Without a signature, a timestamp or a secret.
    #[error("no signature")]
    Absent,
    /// The signature or the secret is another.
    #[error("wrong signature")]
    Wrong,
    /// Rightly signed, but at another time.
    #[error("signed at another time")]
    Stale,
}

/// A secret that would let everybody in; says where the right one is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("비어 있습니다. {found}")]
pub struct EmptySecret {
    found: &'static str,
}

/// A secret that both sides know. Never shown.
#[derive(Clone, Debug)]
pub struct Secret {
    key: hmac::Key,
}

impl Secret {
    /// The secret, without the blanks around it. `found` says, in Korean, where it is found.
    ///
    /// # Errors
    /// When it is empty.
    pub fn new(text: &str, found: &'static str) -> Result<Self, EmptySecret> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmptySecret { found });
        }
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes()) })
    }

    /// Whether `signature` is that of `signed` (HMAC-SHA256), in constant time.
    ///
    /// # Errors
    /// When it is not.
    pub(super) fn signs(&self, signed: &[u8], signature: &[u8]) -> Result<(), Unverified> {
        hmac::verify(&self.key, signed, signature).map_err(|_| Unverified::Wrong)
    }

    /// Whether a request bears the secret itself, in `x-api-key` or as a bearer token; compared in constant time.
    ///
    /// # Errors
    /// When it bears none, or another.
    pub fn borne(&self, headers: &HeaderMap) -> Result<(), Unverified> {
        let bearer = header(headers, AUTHORIZATION.as_str())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token);
        let said = header(headers, "x-api-key").or(bearer).ok_or(Unverified::Absent)?;
        // what is compared are two tags, whose bytes tell nothing of the secret's
        let said = hmac::Key::new(hmac::HMAC_SHA256, said.trim().as_bytes());
        self.signs(b"borne", hmac::sign(&said, b"borne").as_ref())
    }
}

/// Whether a request that was signed at `at` (seconds since 1970) is of now.
///
/// # Errors
/// When it is older than [`MAX_AGE`], or ahead of it.
pub(super) fn is_of_now(at: i64, now: Time) -> Result<(), Unverified> {
    let age = now.timestamp().saturating_sub(at).unsigned_abs();
    if age > MAX_AGE.num_seconds().unsigned_abs() { Err(Unverified::Stale) } else { Ok(()) }
}

/// A header's text; `None` when it is absent or no text.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Bytes written in hexadecimal digits of either case.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes().chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// The whole body, of `longest` bytes at most.
///
/// # Errors
/// The status with which a body is refused that is too long, or that did not come by the deadline.
pub(super) async fn received(
    headers: &HeaderMap,
    body: Body,
    longest: usize,
    deadline: Instant,
) -> Result<Bytes, StatusCode> {
    let read = timeout_at(deadline, read(headers, body, longest)).await;
    read.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))
}

async fn read(headers: &HeaderMap, body: Body, longest: usize) -> Result<Bytes, StatusCode> {
    let announced = header(headers, CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok());
    let mut stream = body.into_data_stream();
    let mut read = Vec::new();
    if announced.is_none_or(|length: usize| length <= longest) {
        loop {
            match stream.next().await {
                Some(Ok(bytes)) if read.len() + bytes.len() <= longest => {
                    read.extend_from_slice(&bytes);
                }
                Some(Ok(_)) => break,
                // it breaks off, and then nobody waits for the answer
                Some(Err(_)) => return Err(StatusCode::BAD_REQUEST),
                None => return Ok(read.into()),
            }
        }
    }
    throw_away(stream).await;
    Err(StatusCode::PAYLOAD_TOO_LARGE)
}

async fn throw_away(mut stream: BodyDataStream) {
    let mut left = THROWN_AWAY;
    while let Some(Ok(bytes)) = stream.next().await {
        match left.checked_sub(bytes.len()) {
            Some(less) => left = less,
            None => break,
        }
    }
}

/// Does something to its end, also when the caller hangs up or the answer comes too late; `what` names it in the log.
///
/// # Errors
/// When it is not done by the deadline, or panicked: whether it was done is not known.
pub(super) async fn to_its_end<T: Send + 'static>(
    deadline: Instant,
    what: &'static str,
    doing: impl Future<Output = T> + Send + 'static,
) -> Result<T, NotDone> {
    match timeout_at(deadline, tokio::spawn(doing)).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::error!(panicked = error.is_panic(), what, "a request ended early");
            Err(NotDone)
        }
        Err(_) => {
            tracing::warn!(what, "a request took too long; its sender is to try again");
            Err(NotDone)
        }
    }
}

/// The status that a hook answers with, whose sender tries again: a body that is taken by the deadline and handed to `answer`. What is
/// not done by then is to come again: a slow way is no fault of the message's.
pub(super) async fn answered<A: Future<Output = StatusCode> + Send + 'static>(
    headers: HeaderMap,
    body: Body,
    longest: usize,
    deadline: Instant,
    what: &'static str,
    answer: impl FnOnce(HeaderMap, Bytes) -> A,
) -> StatusCode {
    let body = match received(&headers, body, longest, deadline).await {
        Ok(body) => body,
        Err(StatusCode::REQUEST_TIMEOUT) => return StatusCode::SERVICE_UNAVAILABLE,
        Err(status) => {
            tracing::warn!(%status, what, "a body was refused that is too long or broke off");
            return status;
        }
    };
    match to_its_end(deadline, what, answer(headers, body)).await {
        Ok(status) => status,
        Err(NotDone) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// It is not known whether it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotDone;

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
    }

    #[test]
    fn a_secret_is_never_shown_and_never_empty() {
        let shown = format!("{:?}", Secret::new("8f742231b10e", "").unwrap());
        assert!(!shown.contains("8f742231b10e"), "{shown}");
        assert!(Secret::new(" ", "찾는 곳").unwrap_err().to_string().contains("찾는 곳"));
    }

    #[test]
    fn a_secret_that_is_borne() {
        let secret = Secret::new("let-me-in", "").unwrap();
        let borne = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            secret.borne(&headers)
        };
        assert_eq!(borne("x-api-key", "let-me-in"), Ok(()));
        assert_eq!(borne("authorization", "Bearer let-me-in"), Ok(()));
        assert_eq!(borne("authorization", "bearer  let-me-in"), Ok(()));
        assert_eq!(borne("x-api-key", "let-me-in2"), Err(Unverified::Wrong));
        assert_eq!(borne("x-api-key", ""), Err(Unverified::Wrong));
        assert_eq!(borne("authorization", "Basic let-me-in"), Err(Unverified::Absent));
        assert_eq!(secret.borne(&HeaderMap::new()), Err(Unverified::Absent));
    }

    #[tokio::test]
    async fn bodies_are_bounded() {
        let later = Instant::now() + std::time::Duration::from_secs(5);
        let of = async |pieces: Vec<Result<Vec<u8>, std::io::Error>>| {
            let body = Body::from_stream(futures_util::stream::iter(pieces));
            received(&HeaderMap::new(), body, 1_000, later).await.map(|body| body.len())
        };
        let piece = || Ok(vec![0; 500]);
        assert_eq!(of(vec![]).await, Ok(0));
        assert_eq!(of(vec![piece(), piece()]).await, Ok(1_000));
        assert_eq!(of(vec![piece(), piece(), piece()]).await, Err(StatusCode::PAYLOAD_TOO_LARGE));
        let broken = std::io::Error::other("gone");
        assert_eq!(of(vec![piece(), Err(broken)]).await, Err(StatusCode::BAD_REQUEST));
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_LENGTH, 5_000_000.into());
        let announced = received(&headers, Body::from("x"), 1_000, later).await;
        assert_eq!(announced, Err(StatusCode::PAYLOAD_TOO_LARGE));
        let silent =
            Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let soon = Instant::now() + std::time::Duration::from_millis(10);
        let late = received(&HeaderMap::new(), silent, 1_000, soon).await;
        assert_eq!(late, Err(StatusCode::REQUEST_TIMEOUT));
    }

    #[test]
    fn requests_of_another_time() {
        let now = crate::domain::time::seoul(
            chrono::NaiveDate::from_ymd_opt(2025, 8, 5).unwrap().and_hms_opt(22, 0, 0).unwrap(),
        );
        let at = now.timestamp();
        assert_eq!(is_of_now(at - 300, now), Ok(()));
        assert_eq!(is_of_now(at + 300, now), Ok(()));
        assert_eq!(is_of_now(at - 301, now), Err(Unverified::Stale));
        assert_eq!(is_of_now(i64::MIN, now), Err(Unverified::Stale));
    }
}
