//! From the environment to the ports: which services are configured, and what they are reached with. One that is set up by half is
//! told on stderr, and the desk goes on without it.

pub(crate) mod board;
pub(crate) mod customers;
pub(crate) mod feeds;
pub(crate) mod limits;
pub(crate) mod mail;
pub(crate) mod monitoring;
pub(crate) mod phone;
pub(crate) mod tickets;

use crate::ingress::request::Now;
use crate::ingress::{Hooks, Notices};
use axum::Router;
use std::sync::Arc;

/// The services besides Slack that call this program: telephone, support desk, monitoring.
pub(crate) struct Callers {
    pub(crate) carrier: Option<phone::Carrier>,
    pub(crate) tickets: Option<tickets::SupportDesk>,
    monitoring: monitoring::Monitoring,
}

impl Callers {
    /// As the environment has them.
    pub(crate) fn of_environment() -> Self {
        Self {
            carrier: phone::carrier(),
            tickets: tickets::tickets(),
            monitoring: monitoring::Monitoring::of_environment(),
        }
    }

    /// Whether any of them calls, besides SNS, which the policy names.
    pub(crate) fn call(&self) -> bool {
        self.carrier.is_some()
            || self.tickets.as_ref().is_some_and(tickets::SupportDesk::hears)
            || self.monitoring.hears_eventbridge()
    }

    /// Where they call. `moved`: tickets are worth counting again.
    pub(crate) fn routes<D: Hooks + Notices + 'static>(
        &self,
        desk: &Arc<D>,
        now: &Now,
        moved: Arc<dyn Fn() + Send + Sync>,
    ) -> Router {
        let hooks = || Arc::clone(desk) as Arc<dyn Hooks>;
        let notices = Arc::clone(desk) as Arc<dyn Notices>;
        let mut routes = self.monitoring.routes(notices, Arc::clone(now));
        if let Some(carrier) = &self.carrier {
            routes = routes.merge(carrier.routes(hooks(), Arc::clone(now)));
        }
        if let Some(tickets) = &self.tickets
            && let Some(told) = tickets.router(hooks(), Arc::clone(now), moved)
        {
            routes = routes.merge(told);
        }
        routes
    }
}
