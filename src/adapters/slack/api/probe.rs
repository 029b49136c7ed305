//! One request whose answer's headers count too: Slack tells a token's scopes and its own time nowhere else, and the Slack client
//! keeps headers to itself.

use super::{Failed, Failure, Method, Settings, connector, word};
use crate::domain::time::{Time, in_seoul};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, header};
use chrono::DateTime;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
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

/// How many bytes an answer may have.
const LONGEST: usize = 1 << 20;

/// Calls a method that takes no arguments.
///
/// # Errors
/// See [`Failed`].
pub async fn probe(settings: &Settings, method: Method) -> Result<Probed, Failed> {
    let asked = tokio::time::timeout(settings.time_out, ask(settings, method));
    let answer = asked.await.unwrap_or(Err(Failure::Silence));
    answer.map_err(|failure| Failed::new(method, failure))
}

async fn ask(settings: &Settings, method: Method) -> Result<Probed, Failure> {
    let connector = connector(settings).map_err(|_| Failure::Unreachable)?;
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build(connector);
    let base = settings.base.0.as_str().trim_end_matches('/');
    let token = &settings.token.0.token_value.0;
    let request = Request::post(format!("{base}/{}", method.name()))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::empty())
        // a token with a line break in it, say: no server would take it
        .map_err(|_| Failure::Refused { code: "invalid_auth".to_owned(), needed: None })?;
    let response = client
        .request(request)
        .await
        .map_err(|error| if error.is_connect() { Failure::Unreachable } else { Failure::Broken })?;
    let (head, body) = response.into_parts();
    if head.status == axum::http::StatusCode::TOO_MANY_REQUESTS {
        return Err(Failure::Limited(None));
    }
    if !head.status.is_success() {
        return Err(Failure::Status(head.status.as_u16()));
    }
    let bytes = to_bytes(Body::new(body), LONGEST).await.map_err(|_| Failure::Broken)?;
    let body: Value = serde_json::from_slice(&bytes).map_err(|_| Failure::Garbled)?;
    match body.get("ok").and_then(Value::as_bool) {
        Some(true) => Ok(Probed { scopes: scopes(&head.headers), date: date(&head.headers), body }),
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
