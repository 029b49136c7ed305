//! Who watches the bot: a dead-man's ping to whoever raises the alarm when it stops, and the question to Slack whether it still takes
//! the bot's token.

use super::{Handle, Service};
use crate::adapters::http::{Base, Http};
use crate::adapters::slack::api::{Api, Method, WebApi};
use crate::metrics::Watched;
use crate::ports::PortError;
use axum::http::Request;
use http_body_util::Full;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// How often Slack is asked.
const ASK_EVERY: Duration = Duration::from_secs(60);
/// How long whoever is pinged may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// Where nobody is to be pinged, how often the policy is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(15);

impl Service {
    /// Pings the address of the policy from now on, while the bot is ready.
    pub fn ping(&mut self) {
        self.side.spawn(keep_pinging(self.handle()));
    }

    /// Asks Slack from now on whether it takes the token that this client bears.
    pub fn ask_slack(&mut self, api: Arc<Api>) {
        self.side.spawn(keep_asking(self.handle(), api));
    }
}

async fn keep_asking(handle: Handle, api: Arc<Api>) {
    let mut ticks = interval(ASK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // the start has just asked a lot
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let health = handle.health();
        match api.post(Method::AuthTest, &json!({})).await {
            Ok(_) => {
                health.answered(true, false);
                handle.metrics().probed(Watched::Ok);
            }
            Err(failed) => {
                let error = PortError::from(failed);
                if matches!(error, PortError::Transient { retry_after: Some(_), .. }) {
                    // it answers, and is busy
                    continue;
                }
                let refused = matches!(error, PortError::Permanent { .. });
                tracing::warn!(%error, refused, "Slack does not answer for the token");
                health.answered(false, refused);
                handle.metrics().probed(Watched::Failed);
            }
        }
    }
}

/// Where to ping, with the address that it was made of.
struct Target {
    url: String,
    http: Option<(Base, Http)>,
}

impl Target {
    fn of(url: String) -> Self {
        // what the policy takes is an address, so that this is for nothing but a machine without certificates
        let base = Base::read(&url, "https://hc-ping.com/uuid").ok();
        let http = base.and_then(|base| Http::new(&base, ANSWERS_WITHIN).ok().map(|h| (base, h)));
        if http.is_none() {
            tracing::error!("the address of watch.ping_url cannot be pinged");
        }
        Self { url, http }
    }

    /// Nothing that is logged bears the address: whoever knows it can keep the alarm silent.
    async fn ping(&self) -> Watched {
        let Some((base, http)) = &self.http else { return Watched::Failed };
        let Ok(request) = Request::get(base.at("")).body(Full::default()) else {
            return Watched::Failed;
        };
        match http.send(request).await {
            Ok(reply) if reply.status.is_success() => Watched::Ok,
            Ok(reply) => {
                tracing::warn!(status = reply.status.as_u16(), "a dead-man ping was refused");
                Watched::Failed
            }
            Err(error) => {
                tracing::warn!(%error, "a dead-man ping got no answer");
                Watched::Failed
            }
        }
    }
}

async fn keep_pinging(handle: Handle) {
    let mut target: Option<Target> = None;
    let mut withheld = false;
    loop {
        // looked at anew each time: the policy may have changed, and a loop that hangs is not pinged for
        let Ok(policy) = handle.look(|desk| desk.policy.value.watch.clone()).await else { return };
        let url = policy.ping_url.trim();
        if url.is_empty() {
            target = None;
            sleep(LOOK_EVERY).await;
            continue;
        }
        let to = match target.take() {
            Some(target) if target.url == url => target,
            Some(_) | None => Target::of(url.to_owned()),
        };
        let not_ready = handle.health().not_ready();
        let went = if not_ready.is_empty() {
            to.ping().await
        } else {
            if !withheld {
                tracing::warn!(?not_ready, "dead-man pings are withheld: the desk is not ready");
            }
            Watched::Withheld
        };
        withheld = went == Watched::Withheld;
        handle.metrics().pinged(went, handle.now());
        target = Some(to);
        sleep(Duration::from_secs(u64::from(policy.ping_every.as_seconds().max(1)))).await;
    }
}
