//! The way from a node that stands by to the one that leads: through the database, durable before its sender hears of it. What a hook
//! must know of the desk for its answer is read from the node's own copy.

use super::Standing;
use crate::domain::desk::Desk as State;
use crate::domain::errand::CallEvent;
use crate::domain::ids::ErrandId;
use crate::domain::input::{Input, Notice, SlackAct, SlackInput, TicketNews, TopicNews};
use crate::domain::message::Answer;
use crate::domain::policy::Admission;
use crate::ingress::{Desk, Hooks, Notices, Page, Unavailable};
use crate::journal::postgres::Inbox;
use crate::service::Handle;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How often the leader looks for what reached the others, and they for its answers.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a database that did not answer is left alone.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How long a form waits for the leader's answer; Slack waits for three seconds.
const FORM_WAITS: Duration = Duration::from_millis(2200);
/// How long is waited for a call that the copy does not know yet: a telephone may be answered before its placing has been read.
const COPY_WAITS: Duration = Duration::from_millis(700);
/// How long a key on a telephone waits for the leader, so that what the voice says next is true. It is kept already: whoever leads next takes
/// it.
const KEY_WAITS: Duration = Duration::from_millis(2000);

/// Every door of a node that stands by.
pub(crate) struct Relay {
    inbox: Arc<Inbox>,
    standing: Standing,
}

impl Relay {
    /// Hands on by this inbox, and knows what this node knows.
    pub(crate) const fn new(inbox: Arc<Inbox>, standing: Standing) -> Self {
        Self { inbox, standing }
    }

    async fn put(&self, input: Input) -> Result<i64, Unavailable> {
        self.inbox.put(&input).await.map_err(|error| {
            tracing::warn!(%error, "an input was not handed on; its sender tries again");
            Unavailable
        })
    }

    /// The leader's answer.
    async fn answered(&self, id: i64) -> Answer {
        loop {
            match self.inbox.answer_of(id).await {
                Ok(Some(answer)) => return answer,
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "the leader's answer is not known yet"),
            }
            sleep(LOOK_EVERY).await;
        }
    }

    fn look<T>(&self, look: impl FnOnce(&State) -> T) -> Result<T, Unavailable> {
        self.standing.look(|copy| look(copy.desk())).ok_or(Unavailable)
    }

    /// What the copy says, once it says something; its last word after a while.
    async fn looked<T: Default + PartialEq>(
        &self,
        look: impl Fn(&State) -> T,
    ) -> Result<T, Unavailable> {
        let said = timeout(COPY_WAITS, async {
            loop {
                let said = self.look(&look)?;
                if said != T::default() {
                    return Ok(said);
                }
                sleep(LOOK_EVERY).await;
            }
        });
        match said.await {
            Ok(said) => said,
            Err(_) => self.look(&look),
        }
    }
}

#[async_trait]
impl Desk for Relay {
    async fn take(&self, input: SlackInput) -> Result<Answer, Unavailable> {
        let is_form = matches!(input.what, SlackAct::Submitted { .. });
        let id = self.put(Input::Slack(input)).await?;
        if !is_form {
            return Ok(Answer::Nothing);
        }
        // what is wrong with a form is told while it is open
        timeout(FORM_WAITS, self.answered(id)).await.map_err(|_| Unavailable)
    }

    async fn connected(&self, up: bool) {
        tracing::info!(up, "Slack's line of a node that stands by");
    }
}

#[async_trait]
impl Hooks for Relay {
    async fn phoned(&self, call: ErrandId, event: CallEvent) -> Result<(), Unavailable> {
        let id = self.put(Input::Phone { call, event }).await?;
        if timeout(KEY_WAITS, self.answered(id)).await.is_err() {
            tracing::warn!("nobody has taken yet what happened on a telephone; it is kept");
        }
        Ok(())
    }

    async fn page(&self, call: ErrandId) -> Result<Option<Page>, Unavailable> {
        let about = self.looked(|desk| desk.about_of(call).map(str::to_owned)).await?;
        Ok(about.map(|about| Page { call, about }))
    }

    async fn pages(&self, reference: &str) -> Result<Vec<Page>, Unavailable> {
        let pages = |desk: &State| {
            let calls = desk.calls_of(reference);
            calls.map(|(call, live)| Page { call, about: live.about.clone() }).collect::<Vec<_>>()
        };
        self.looked(pages).await
    }

    async fn ticket(&self, news: TicketNews) -> Result<(), Unavailable> {
        self.put(Input::Ticket(news)).await.map(drop)
    }
}

#[async_trait]
impl Notices for Relay {
    async fn notice(&self, notice: Notice) -> Result<(), Unavailable> {
        self.put(Input::Notice(notice)).await.map(drop)
    }

    async fn topic(&self, news: TopicNews) -> Result<(), Unavailable> {
        self.put(Input::Topic(news)).await.map(drop)
    }

    async fn admits(&self, topic: &str) -> Result<Admission, Unavailable> {
        self.look(|desk| desk.policy.value.intake.admits(topic))
    }

    async fn knows(&self, key: &str) -> Result<bool, Unavailable> {
        self.look(|desk| desk.seen.contains_key(key))
    }
}

/// The leader takes what reached the others, one after another, for as long as it leads.
pub(crate) async fn take_in(inbox: Arc<Inbox>, desk: Handle) {
    // what a newer program put in waits for one that can read it
    let mut unreadable = Vec::new();
    loop {
        match inbox.waiting(&unreadable).await {
            Ok(waiting) => {
                for (id, input) in waiting {
                    let Some(input) = input else {
                        tracing::error!(
                            id,
                            "다른 coc가 넘긴 것을 이 프로그램이 읽을 수 없습니다. 같은 버전으로 올려 주십시오."
                        );
                        unreadable.push(id);
                        continue;
                    };
                    let is_ticket = matches!(input, Input::Ticket(_));
                    let Ok(mut answers) = desk.offer(vec![input]).await else { break };
                    if is_ticket {
                        desk.count_tickets();
                    }
                    let answer = answers.pop().unwrap_or_default();
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
