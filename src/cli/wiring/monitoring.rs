//! What monitoring services tell: Amazon SNS (the policy's `intake.topics`, `COC_SNS_HOST`), and API destinations of EventBridge
//! (`COC_EVENTBRIDGE_SECRET`).

use super::super::out;
use super::super::settings::setting;
use crate::adapters::http::Base;
use crate::adapters::sns::{EXAMPLE, Hosts, Sns, TIME_OUT};
use crate::ingress::Notices;
use crate::ingress::request::{Now, Secret};
use crate::ingress::{eventbridge, sns};
use axum::Router;
use std::sync::Arc;

/// Another host of SNS's than Amazon's, for tests and private ones.
pub(crate) const HOST: &str = "COC_SNS_HOST";
/// What API destinations, and raw deliveries of SNS, bear.
pub(crate) const SECRET: &str = "COC_EVENTBRIDGE_SECRET";

/// Where SNS is, beside Amazon's own.
///
/// # Errors
/// What is wrong with the setting, in Korean.
pub(crate) fn host() -> Result<Option<Base>, String> {
    let Some(host) = setting(HOST).map_err(|error| error.to_string())? else { return Ok(None) };
    Base::read(&host, EXAMPLE).map(Some).map_err(|error| format!("{HOST}: {error}"))
}

/// The secret of EventBridge's API destinations.
///
/// # Errors
/// What is wrong with the setting, in Korean and without its value.
pub(crate) fn secret() -> Result<Option<Secret>, String> {
    const FOUND: &str = "EventBridge 연결(connection)의 API 키로 넣은 값을 적어 주십시오.";
    let Some(secret) = setting(SECRET).map_err(|error| error.to_string())? else {
        return Ok(None);
    };
    Secret::new(&secret, FOUND).map(Some).map_err(|error| format!("{SECRET}: {error}"))
}

/// The hooks of monitoring services, as the environment has them.
pub(crate) struct Monitoring {
    sns: Arc<Sns>,
    secret: Option<Secret>,
}

impl Monitoring {
    /// What is wrong with the settings is said on stderr, and the hooks do without it.
    pub(crate) fn of_environment() -> Self {
        let host = host().unwrap_or_else(|why| {
            out::note(&format!("⚠️ {why}\nSNS는 Amazon의 주소에서 온 것만 받습니다."));
            None
        });
        let secret = secret().unwrap_or_else(|why| {
            out::note(&format!("⚠️ EventBridge를 받지 않고 시작합니다. {why}"));
            None
        });
        let sns = Arc::new(Sns::new(Hosts::new(host), TIME_OUT));
        Self { sns, secret }
    }

    /// Whether EventBridge is heard.
    pub(crate) const fn hears_eventbridge(&self) -> bool {
        self.secret.is_some()
    }

    /// The addresses that are posted to.
    pub(crate) fn routes(&self, desk: Arc<dyn Notices>, now: Now) -> Router {
        let sender = Arc::clone(&self.sns);
        let trust = sns::Trust::Signed { sender, raw: self.secret.clone() };
        let routes = sns::router(sns::Hook::new(trust, Arc::clone(&desk), Arc::clone(&now)));
        match self.secret.clone() {
            Some(secret) => {
                let trust = eventbridge::Trust::Secret(secret);
                routes.merge(eventbridge::router(eventbridge::Hook::new(trust, desk, now)))
            }
            None => routes,
        }
    }
}

/// The same addresses for practice: whatever is posted there is taken.
pub(crate) fn practice(desk: Arc<dyn Notices>, now: Now) -> Router {
    let sns = sns::Hook::new(sns::Trust::Anybody, Arc::clone(&desk), Arc::clone(&now));
    let eventbridge = eventbridge::Hook::new(eventbridge::Trust::Anybody, desk, now);
    sns::router(sns).merge(eventbridge::router(eventbridge))
}
