//! What is read again and again beside the loop: who is who, the active tickets, the customer record, AWS's status feeds.

use super::{Handle, SLACK_AGAIN_AFTER, read_once};
use crate::domain::errand::Service;
use crate::domain::input::{CustomerRecord, Input};
use crate::domain::time::Time;
use crate::feeds::{Watcher, read};
use crate::ports::{Chat, CustomerSource, Engineer, Feeds, PortError, Tickets};
use crate::recovery::read_directory;
use chrono::TimeDelta;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// How often the workspace's people, groups and channels are read anew.
const DIRECTORY_EVERY: Duration = Duration::from_secs(600);
/// How often active tickets are counted, when nothing says that they changed.
const COUNTS_EVERY: Duration = Duration::from_secs(120);
/// News of tickets that come together are counted together.
const COUNTS_AFTER: Duration = Duration::from_secs(2);
/// A clock that was set back must not keep the feeds from being read.
const FEEDS_AT_LEAST_EVERY: Duration = Duration::from_secs(3_600);
/// What did not change is written down again after so long, for its age to be known.
const SAID_AGAIN_AFTER: TimeDelta = TimeDelta::minutes(10);
/// A source that fails for so long is told of.
const TOLD_AFTER: TimeDelta = TimeDelta::minutes(1);

/// Keeps the directory fresh; reads back first what the start could not.
pub(super) async fn keep_directory(
    handle: Handle,
    chat: Arc<dyn Chat>,
    mut complete: bool,
    since: Option<Time>,
) {
    loop {
        let wait = if complete { DIRECTORY_EVERY } else { SLACK_AGAIN_AFTER };
        tokio::time::sleep(wait).await;
        let read = if complete {
            read_directory(&mut handle.clone(), chat.as_ref()).await
        } else {
            read_once(&handle, chat.as_ref(), since).await
        };
        match read {
            Ok(()) => complete = true,
            Err(error) => tracing::warn!(%error, "the workspace was not read"),
        }
    }
}

/// Since when a source fails, and whether the desk was told.
#[derive(Debug, Default)]
struct Failing {
    since: Option<Time>,
}

impl Failing {
    /// What the desk learns of another failure.
    fn again(&mut self, service: Service, error: &PortError, now: Time) -> Option<Input> {
        let since = *self.since.get_or_insert(now);
        (now - since >= TOLD_AFTER).then(|| Input::Trouble {
            service,
            since,
            why: error.to_string(),
        })
    }
}

async fn offer(handle: &Handle, input: Input) {
    if let Err(error) = handle.offer(vec![input]).await {
        tracing::warn!(%error, "what was read was not taken");
    }
}

/// Keeps the counts of active tickets fresh (A2): every now and then, and soon after news of a ticket.
pub(super) async fn keep_counts(handle: Handle, tickets: Arc<dyn Tickets>, news: Arc<Notify>) {
    let mut failing = Failing::default();
    loop {
        count(&handle, tickets.as_ref(), &mut failing).await;
        tokio::select! {
            () = tokio::time::sleep(COUNTS_EVERY) => {}
            () = news.notified() => tokio::time::sleep(COUNTS_AFTER).await,
        }
    }
}

async fn count(handle: &Handle, tickets: &dyn Tickets, failing: &mut Failing) {
    let looked = handle.look(|desk| {
        let people = desk.roster.value.people.iter();
        let people: Vec<Engineer> = people
            .map(|one| Engineer { name: one.name.clone(), email: one.email.clone() })
            .collect();
        (people, desk.counted.at, desk.active_tickets())
    });
    // a loop that is gone needs no counts
    let Ok((people, counted_at, mut known)) = looked.await else { return };
    let now = handle.now();
    match tickets.active(&people).await {
        Ok(counts) => {
            failing.since = None;
            known.retain(|_, count| *count > 0);
            let old = counted_at.is_none_or(|at| now - at >= SAID_AGAIN_AFTER);
            let same = counts.iter().filter(|(_, count)| **count > 0).eq(known.iter());
            if old || !same {
                offer(handle, Input::Tickets(counts)).await;
            }
        }
        Err(error) => {
            tracing::warn!(%error, "active tickets were not counted");
            if let Some(input) = failing.again(Service::Tickets, &error, now) {
                offer(handle, input).await;
            }
        }
    }
}

/// Reading the customer record, and how long that fails.
#[derive(Debug, Default)]
pub(super) struct Reading {
    failing: Failing,
    /// An attempt came to its end, whichever.
    answered: bool,
}

impl Reading {
    /// Keeps the record fresh.
    pub(super) async fn keep(mut self, handle: Handle, source: Arc<dyn CustomerSource>) {
        loop {
            if self.answered {
                tokio::time::sleep(source.every()).await;
            }
            self.read(&handle, source.as_ref()).await;
        }
    }

    /// Reads it once.
    pub(super) async fn read(&mut self, handle: &Handle, source: &dyn CustomerSource) {
        let now = handle.now();
        let read = source.read().await;
        self.answered = true;
        match read {
            Ok(record) => {
                self.failing.since = None;
                if is_news(handle, &record).await {
                    offer(handle, Input::Record(record)).await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the customer record was not read");
                if let Some(input) = self.failing.again(Service::Customers, &error, now) {
                    offer(handle, input).await;
                }
            }
        }
    }
}

/// Whether the desk learns anything: other words, or that the same ones held for longer, or that the source is back.
async fn is_news(handle: &Handle, record: &CustomerRecord) -> bool {
    let (text, as_of) = (record.text.clone(), record.as_of);
    let looked = handle.look(move |desk| {
        let refused = desk.refused.get("customers.csv").is_some_and(|known| known == &text);
        let longer = desk.record.as_of.is_none_or(|known| as_of - known >= SAID_AGAIN_AFTER);
        let news = !refused && (desk.customers.text != text || longer);
        news || desk.in_trouble(Service::Customers)
    });
    looked.await.unwrap_or(false)
}

/// Keeps the state of AWS's own services fresh (H1). The wait is real time, whatever the desk's clock is set to.
pub(super) async fn keep_feeds(handle: Handle, feeds: Arc<dyn Feeds>) {
    let mut watcher = Watcher::new(handle.now());
    loop {
        let wait = (watcher.due() - handle.now()).to_std().unwrap_or_default();
        tokio::time::sleep(wait.min(FEEDS_AT_LEAST_EVERY)).await;
        let Ok(url) = handle.look(|desk| desk.policy.value.feeds.currentevents.clone()).await
        else {
            return;
        };
        let reads = read(feeds.as_ref(), &url).await;
        let now = handle.now();
        let looked = handle.look(move |desk| {
            let inputs = watcher.take(desk, reads, now);
            (watcher, inputs)
        });
        let Ok((back, inputs)) = looked.await else { return };
        watcher = back;
        if !inputs.is_empty()
            && let Err(error) = handle.offer(inputs).await
        {
            tracing::warn!(%error, "what a status feed says was not taken");
        }
    }
}
