//! Standing by: a node that shares its journal with others waits for its turn to lead. What Slack hands to it meanwhile goes to the one
//! that leads, through the database.

use crate::domain::input::{SlackAct, SlackInput};
use crate::domain::message::Answer;
use crate::ingress::{Desk, Unavailable};
use crate::journal::Postgres;
use crate::journal::postgres::Inbox;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How often a node that stands by asks for the lease. With the lease's own length this bounds how long nobody leads.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// So long it takes at the most to learn that nobody else leads.
pub(super) const AT_ONCE: Duration = Duration::from_millis(300);

/// Waits until this node leads; `None` when it is to stop before. `at_hand` is used first, where it is given: a connection that broke is
/// made anew.
pub(super) async fn turn(
    at_hand: Option<Postgres>,
    url: &str,
    mut stop: watch::Receiver<bool>,
) -> Option<Postgres> {
    let (url, holder) = (url.to_owned(), holder());
    let mut at_hand = at_hand;
    let mut is_told = false;
    loop {
        let (url, holder, node) = (url.clone(), holder.clone(), at_hand.take());
        // the database may take its time, and others have work meanwhile
        let asked = tokio::task::spawn_blocking(move || {
            let node = node.map_or_else(|| Postgres::open(&url), Ok)?;
            let leads = node.try_lead(&holder)?;
            Ok::<_, crate::journal::StoreError>((node, leads))
        });
        match asked.await {
            Ok(Ok((node, true))) => return Some(node),
            Ok(Ok((node, false))) => {
                if !std::mem::replace(&mut is_told, true) {
                    tracing::info!("다른 coc가 이끌고 있습니다. 대기합니다.");
                }
                at_hand = Some(node);
            }
            Ok(Err(error)) => tracing::warn!(%error, "the database does not answer"),
            Err(error) => tracing::error!(%error, "asking for the lease broke off"),
        }
        tokio::select! {
            () = sleep(ASK_EVERY) => {}
            _ = stop.wait_for(|stop| *stop) => return None,
        }
    }
}

/// What this node is called in the lease: for people who look there.
fn holder() -> String {
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{machine}:{}", std::process::id())
}

/// How often the leader looks for what reached the others, and they for its answers.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a database that did not answer is left alone.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How long a form waits for the leader's answer; Slack waits for three seconds.
const FORM_WAITS: Duration = Duration::from_millis(2200);

/// Slack's line of a node that stands by.
pub(super) struct Relay {
    pub(super) inbox: Arc<Inbox>,
}

#[async_trait]
impl Desk for Relay {
    async fn take(&self, input: SlackInput) -> Result<Answer, Unavailable> {
        let is_form = matches!(input.what, SlackAct::Submitted { .. });
        let id = self.inbox.put(&input).await.map_err(|error| {
            tracing::warn!(%error, "an input was not handed on; Slack sends it again");
            Unavailable
        })?;
        if !is_form {
            return Ok(Answer::Nothing);
        }
        // what is wrong with a form is told while it is open
        let answered = async {
            loop {
                match self.inbox.answer_of(id).await {
                    Ok(Some(answer)) => return answer,
                    Ok(None) => {}
                    Err(error) => tracing::warn!(%error, "the answer to a form is not known yet"),
                }
                sleep(LOOK_EVERY).await;
            }
        };
        timeout(FORM_WAITS, answered).await.map_err(|_| Unavailable)
    }

    async fn connected(&self, up: bool) {
        tracing::info!(up, "Slack's line of a node that stands by");
    }
}

/// The leader takes what reached the others, one after another, for as long as it leads.
pub(super) async fn take_in(inbox: Arc<Inbox>, desk: Arc<dyn Desk>) {
    loop {
        match inbox.waiting().await {
            Ok(waiting) => {
                for (id, input) in waiting {
                    let Ok(answer) = desk.take(input).await else { break };
                    if let Err(error) = inbox.answer(id, &answer).await {
                        tracing::warn!(%error, "what was taken is taken once more");
                        break;
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%error, "what reached the others is not known");
                sleep(AGAIN_AFTER).await;
            }
        }
        sleep(LOOK_EVERY).await;
    }
}
