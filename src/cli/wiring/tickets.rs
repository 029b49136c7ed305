//! The support desk: `ZENDESK_URL`, `ZENDESK_EMAIL`, `ZENDESK_TOKEN`, and `ZENDESK_WEBHOOK_SECRET` for what comes from there.

use super::super::out;
use super::super::settings::setting;
use crate::adapters::zendesk::{Settings, Zendesk};
use crate::ingress::Hooks;
use crate::ingress::request::Now;
use crate::ingress::zendesk::{CountsMoved, Verifier, router};
use crate::ports::Tickets;
use axum::Router;
use std::sync::Arc;

/// All of them or none.
pub(crate) const NEEDED: [&str; 3] = ["ZENDESK_URL", "ZENDESK_EMAIL", "ZENDESK_TOKEN"];
/// With it Zendesk's webhooks are heard.
pub(crate) const SECRET: &str = "ZENDESK_WEBHOOK_SECRET";

/// A support desk that is configured.
pub(crate) struct SupportDesk {
    /// Its client.
    pub(crate) zendesk: Arc<Zendesk>,
    verifier: Option<Verifier>,
}

impl SupportDesk {
    /// What the errand runner needs of it.
    pub(crate) fn port(&self) -> Arc<dyn Tickets> {
        Arc::clone(&self.zendesk) as Arc<dyn Tickets>
    }

    /// Whether its webhooks are heard.
    pub(crate) fn hears(&self) -> bool {
        self.verifier.is_some()
    }

    /// The address for its webhooks, `/hooks/zendesk`, where their secret is known. `moved` is called when counts are worth reading
    /// again.
    pub(crate) fn router(
        &self,
        desk: Arc<dyn Hooks>,
        now: Now,
        moved: CountsMoved,
    ) -> Option<Router> {
        let verifier = self.verifier.clone()?;
        Some(router(verifier, desk, Arc::clone(&self.zendesk), now, moved))
    }
}

/// The support desk as the environment has it; `None` without one.
///
/// # Errors
/// What is missing or wrong, in Korean, without a value that may be a secret.
pub(crate) fn read() -> Result<Option<SupportDesk>, String> {
    let given = |name| setting(name).map_err(|error| error.to_string());
    let secret = given(SECRET)?;
    let values: Vec<Option<String>> = NEEDED.into_iter().map(given).collect::<Result<_, _>>()?;
    let [Some(url), Some(email), Some(token)] = values.as_slice() else {
        let named = |wanted: bool| {
            let names = NEEDED.iter().zip(&values).filter(|(_, value)| value.is_some() == wanted);
            names.map(|(name, _)| *name).collect::<Vec<_>>()
        };
        let (mut here, absent) = (named(true), named(false));
        here.extend(secret.is_some().then_some(SECRET));
        return if here.is_empty() {
            Ok(None)
        } else {
            Err(format!("{} 있음. {}도 필요합니다.", here.join(", "), absent.join(", ")))
        };
    };
    let settings = Settings::new(url, email, token);
    let settings = settings.map_err(|error| format!("ZENDESK_URL: {error}"))?;
    let zendesk = Zendesk::new(settings)
        .map_err(|error| format!("인증서 목록을 읽을 수 없습니다 ({error})."))?;
    let verifier = secret.as_deref().map(Verifier::new).transpose();
    let verifier = verifier.map_err(|error| format!("{SECRET}: {error}"))?;
    Ok(Some(SupportDesk { zendesk: Arc::new(zendesk), verifier }))
}

/// The support desk as the environment has it. One that is half configured is told of on stderr, and the desk goes on without.
pub(crate) fn tickets() -> Option<SupportDesk> {
    read().unwrap_or_else(|why| {
        out::note(&format!(
            "⚠️ 티켓 시스템(Zendesk) 없이 시작합니다. {why} 활성 티켓 수는 봇이 배정한 것만 셉니다."
        ));
        None
    })
}
