//! A desk that keeps what the telephones' hooks hand in, by the rules of the real one: a page is open until something was said of
//! it, and what the telephone itself says is said of every page of its call.

#![allow(dead_code, reason = "each test program uses a part of it")]

use async_trait::async_trait;
use coc::domain::errand::CallEvent;
use coc::domain::ids::ErrandId;
use coc::domain::input::TicketNews;
use coc::ingress::{Hooks, Page, Unavailable};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

struct Open {
    page: Page,
    /// The carrier's name for the call, once it is known.
    reference: Option<String>,
}

/// The desk.
#[derive(Default)]
pub(crate) struct Desk {
    open: Mutex<Vec<Open>>,
    kept: Mutex<Vec<(ErrandId, CallEvent)>>,
    away: AtomicBool,
    stuck: AtomicBool,
}

impl Desk {
    /// Owes a call.
    pub(crate) fn owes(&self, call: ErrandId, about: &str) {
        let page = Page { call, about: about.to_owned() };
        self.open.lock().unwrap().push(Open { page, reference: None });
    }

    /// The carrier took it.
    pub(crate) fn placed(&self, call: ErrandId, reference: &str) {
        for open in self.open.lock().unwrap().iter_mut().filter(|open| open.page.call == call) {
            open.reference = Some(reference.to_owned());
        }
    }

    /// It is over for another reason than the telephone's.
    pub(crate) fn drops(&self, call: ErrandId) {
        self.open.lock().unwrap().retain(|open| open.page.call != call);
    }

    /// Whether its journal keeps nothing.
    pub(crate) fn is_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// Whether it answers nothing.
    pub(crate) fn is_stuck(&self, stuck: bool) {
        self.stuck.store(stuck, Ordering::SeqCst);
    }

    /// What counted, in order.
    pub(crate) fn kept(&self) -> Vec<(ErrandId, CallEvent)> {
        self.kept.lock().unwrap().clone()
    }

    async fn answers(&self) -> Result<(), Unavailable> {
        if self.stuck.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.away.load(Ordering::SeqCst) { Err(Unavailable) } else { Ok(()) }
    }
}

#[async_trait]
impl Hooks for Desk {
    async fn phoned(&self, call: ErrandId, event: CallEvent) -> Result<(), Unavailable> {
        self.answers().await?;
        let mut open = self.open.lock().unwrap();
        let Some(of) = open.iter().find(|open| open.page.call == call) else { return Ok(()) };
        let reference = of.reference.clone();
        let keyed = matches!(event, CallEvent::Accepted | CallEvent::Rejected);
        let is_meant = |open: &Open| {
            open.page.call == call || (!keyed && reference.is_some() && open.reference == reference)
        };
        let mut kept = self.kept.lock().unwrap();
        kept.extend(open.iter().filter(|open| is_meant(open)).map(|open| (open.page.call, event)));
        open.retain(|open| !is_meant(open));
        Ok(())
    }

    async fn page(&self, call: ErrandId) -> Result<Option<Page>, Unavailable> {
        self.answers().await?;
        let open = self.open.lock().unwrap();
        Ok(open.iter().find(|open| open.page.call == call).map(|open| open.page.clone()))
    }

    async fn pages(&self, reference: &str) -> Result<Vec<Page>, Unavailable> {
        self.answers().await?;
        let open = self.open.lock().unwrap();
        let of = open.iter().filter(|open| open.reference.as_deref() == Some(reference));
        Ok(of.map(|open| open.page.clone()).collect())
    }

    async fn ticket(&self, _news: TicketNews) -> Result<(), Unavailable> {
        Err(Unavailable)
    }
}
