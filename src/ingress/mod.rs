//! What comes in: verify, parse, hand to the desk, acknowledge.

use crate::domain::errand::CallEvent;
use crate::domain::ids::ErrandId;
use crate::domain::input::{Notice, SlackInput, TicketNews, TopicNews};
use crate::domain::message::Answer;
use crate::domain::policy::Admission;
use crate::metrics::Way;
use async_trait::async_trait;
use futures_util::future::{BoxFuture, FutureExt, ready};
use std::time::Duration;

pub mod eventbridge;
pub mod http;
pub mod limits;
pub mod phone;
pub mod request;
pub mod sns;
pub mod socket;
pub mod twilio;
mod voice;
pub mod zendesk;

/// What becomes of an input that was handed over: it ends as [`Desk::take`] does.
pub type Taken = BoxFuture<'static, Result<Answer, Unavailable>>;

/// Where inputs are handed in.
#[async_trait]
pub trait Desk: Send + Sync {
    /// Takes an input; returns only when it is durable in the journal. One that was taken before changes nothing and is answered
    /// all the same.
    ///
    /// # Errors
    /// When the journal cannot keep it: the sender is left to try again.
    async fn take(&self, input: SlackInput) -> Result<Answer, Unavailable>;

    /// Hands an input over. The desk sees inputs in the order in which this returns; what it returns ends when the input is durable,
    /// so that several on their way are written down together. A desk that knows no such difference takes one after the other.
    ///
    /// # Errors
    /// As [`Desk::take`], where that is known at once.
    async fn hand_over(&self, input: SlackInput) -> Result<Taken, Unavailable> {
        let answer = self.take(input).await?;
        Ok(ready(Ok(answer)).boxed())
    }

    /// Slack's line is up (its first connection stands) or down (its last one is gone).
    async fn connected(&self, up: bool);

    /// Anything at all came from Slack, a ping too.
    fn heard(&self) {}

    /// Slack delivered an event, a press or a command, whether the desk reads it or not; `own`: a post of the bot's own.
    fn delivered(&self, own: bool) {
        let _ = own;
    }

    /// What Slack delivered is acknowledged, so long after its receipt.
    fn acknowledged(&self, way: Way, took: Duration) {
        let _ = (way, took);
    }
}

/// Where the hooks of the other services hand in what they bring.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Takes what happened on a telephone; durable when it returns. What is over already changes nothing.
    ///
    /// # Errors
    /// When the journal cannot keep it.
    async fn phoned(&self, call: ErrandId, event: CallEvent) -> Result<(), Unavailable>;

    /// What this errand's call is about, while the desk waits for its answer: also when the carrier's word on the placing is not in
    /// yet. `None`: it is over.
    ///
    /// # Errors
    /// When the desk is gone.
    async fn page(&self, call: ErrandId) -> Result<Option<Page>, Unavailable>;

    /// What a telephone call is about that was not answered yet, in order; `reference` is the carrier's name for the call.
    ///
    /// # Errors
    /// When the desk is gone.
    async fn pages(&self, reference: &str) -> Result<Vec<Page>, Unavailable>;

    /// Takes what the support desk tells of a ticket; durable when it returns. What was taken before changes nothing.
    ///
    /// # Errors
    /// When the journal cannot keep it.
    async fn ticket(&self, news: TicketNews) -> Result<(), Unavailable>;
}

/// Where the hooks of monitoring services hand in what they bring.
#[async_trait]
pub trait Notices: Send + Sync {
    /// Takes what a monitoring service tells; durable when it returns. What was taken before changes nothing.
    ///
    /// # Errors
    /// When the journal cannot keep it.
    async fn notice(&self, notice: Notice) -> Result<(), Unavailable>;

    /// Takes what became of the subscription to a topic of SNS; durable when it returns. What was taken before changes nothing.
    ///
    /// # Errors
    /// When the journal cannot keep it.
    async fn topic(&self, news: TopicNews) -> Result<(), Unavailable>;

    /// Whether the policy in force listens to this topic of SNS.
    ///
    /// # Errors
    /// When the desk is gone.
    async fn admits(&self, topic: &str) -> Result<Admission, Unavailable>;

    /// Whether something of this name was taken lately.
    ///
    /// # Errors
    /// When the desk is gone.
    async fn knows(&self, key: &str) -> Result<bool, Unavailable>;
}

/// One of the things that a telephone call is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The errand that owed the call.
    pub call: ErrandId,
    /// What the voice says of it.
    pub about: String,
}

/// The journal cannot keep an input now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal cannot keep it now")]
pub struct Unavailable;
