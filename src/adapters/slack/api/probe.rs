//! One request whose answer's headers count too: Slack tells a token's scopes and its own time nowhere else, and the Slack client
//! keeps headers to itself.

use super::super::super::http::{Http, NoReply};
use super::{Failed, Failure, Method, Settings, word};
use crate::domain::time::{Time, in_seoul};
use axum::http::{HeaderMap, Request, StatusCode, header};
use chrono::DateTime;
use http_body_util::Full;
use serde_json::Value;
use std::collections::BTreeSet;

/// An answer of Slack's with what its headers say.
#[derive(Clone, Debug, PartialEq)]
pub struct Probed {
    /// The answer; `ok` is true.
    pub body: Value,
    /// The scopes of the token; `None` when Slack does not say.
    pub scopes: Option<BTreeSet<String>>,
    /// Slack's time, to the second; `None` when it does not say.
    pub date: Option<Time>,
}

/// Calls a method that takes no arguments.
///
/// # Errors
/// See [`Failed`].
pub async fn probe(settings: &Settings, method: Method) -> Result<Probed, Failed> {
    ask(settings, method).await.map_err(|failure| Failed::new(method, failure))
}

async fn ask(settings: &Settings, method: Method) -> Result<Probed, Failure> {
    let base = &settings.base.0;
    let http = Http::new(base, settings.time_out).map_err(|_| Failure::Unreachable)?;
    let token = &settings.token.0.token_value.0;
    let request = Request::post(base.at(&format!("/{}", method.name())))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Full::default())
        // a token with a line break in it, say: no server would take it
        .map_err(|_| Failure::Refused { code: "invalid_auth".to_owned(), needed: None })?;
    let reply = http.send(request).await.map_err(|failure| match failure {
        NoReply::Unreachable => Failure::Unreachable,
        NoReply::Silence => Failure::Silence,
        NoReply::Broken | NoReply::TooLong => Failure::Broken,
    })?;
    if reply.status == StatusCode::TOO_MANY_REQUESTS {
        return Err(Failure::Limited(reply.retry_after()));
    }
    if !reply.status.is_success() {
        return Err(Failure::Status(reply.status.as_u16()));
    }
    let body: Value = serde_json::from_slice(&reply.body).map_err(|_| Failure::Garbled)?;
    match body.get("ok").and_then(Value::as_bool) {
        Some(true) => {
            Ok(Probed { scopes: scopes(&reply.headers), date: date(&reply.headers), body })
        }
        Some(false) => {
            let said = |key: &str| body.get(key).and_then(Value::as_str).and_then(word);
            let code = said("error").unwrap_or_else(|| "(unprintable)".to_owned());
            Err(Failure::Refused { code, needed: said("needed") })
        }
        None => Err(Failure::Garbled),
    }
}

fn scopes(headers: &HeaderMap) -> Option<BTreeSet<String>> {
    let text = headers.get("x-oauth-scopes")?.to_str().ok()?;
    Some(text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect())
}

fn date(headers: &HeaderMap) -> Option<Time> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(text).ok().map(|at| in_seoul(&at))
}
