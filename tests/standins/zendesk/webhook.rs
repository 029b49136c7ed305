//! What Zendesk tells others: signed requests, sent again as Zendesk sends again.

use axum::body::Bytes;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use coc::adapters::http::{Base, Http, NoReply, Reply};
use http_body_util::Full;
use ring::hmac;
use std::time::Duration;

/// One event to be told.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) invocation: String,
    pub(crate) body: String,
}

/// Who is told.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    /// The whole address.
    pub(crate) url: String,
    pub(crate) secret: String,
}

/// Zendesk's signature of a body that is sent at `stamp`.
pub(crate) fn signed(secret: &str, stamp: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, format!("{stamp}{body}").as_bytes()))
}

/// Sends it once, signed at `at`.
pub(crate) async fn deliver(hook: &Hook, delivery: &Delivery, at: DateTime<Utc>) -> Reply {
    try_to_deliver(hook, delivery, at).await.unwrap()
}

async fn try_to_deliver(
    hook: &Hook,
    delivery: &Delivery,
    at: DateTime<Utc>,
) -> Result<Reply, NoReply> {
    let stamp = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let origin = Base::read(&hook.url, "").unwrap();
    let http = Http::new(&origin, Duration::from_secs(10)).unwrap();
    let request = Request::post(&hook.url)
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Zendesk Webhook")
        .header("x-zendesk-account-id", "12514403")
        .header("x-zendesk-webhook-id", "01JXWEBHOOK")
        .header("x-zendesk-webhook-invocation-id", &delivery.invocation)
        .header("x-zendesk-webhook-signature", signed(&hook.secret, &stamp, &delivery.body))
        .header("x-zendesk-webhook-signature-timestamp", stamp)
        .body(Full::new(Bytes::from(delivery.body.clone())))
        .unwrap();
    http.send(request).await
}

/// Sends it until it is taken or Zendesk gives up.
pub(crate) async fn deliver_stubbornly(hook: Hook, delivery: Delivery) {
    for _ in 0..4 {
        let Ok(reply) = try_to_deliver(&hook, &delivery, Utc::now()).await else {
            // nobody is there just now
            tokio::time::sleep(Duration::from_secs(1)).await;
            continue;
        };
        let wait = match reply.status {
            StatusCode::CONFLICT => Some(Duration::from_secs(1)),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                reply.retry_after().filter(|wait| *wait < Duration::from_secs(60))
            }
            _ => None,
        };
        let Some(wait) = wait else { return };
        tokio::time::sleep(wait).await;
    }
}
