//! What comes in: verify, parse, hand to the desk, acknowledge.

use crate::domain::input::SlackInput;
use crate::domain::message::Answer;
use async_trait::async_trait;

pub mod http;
pub mod socket;

/// Where inputs are handed in.
#[async_trait]
pub trait Desk: Send + Sync {
    /// Takes an input; returns only when it is durable in the journal. One that was taken before changes nothing and is answered
    /// all the same.
    ///
    /// # Errors
    /// When the journal cannot keep it: the sender is left to try again.
    async fn take(&self, input: SlackInput) -> Result<Answer, Unavailable>;

    /// Slack's line is up (its first connection stands) or down (its last one is gone).
    async fn connected(&self, up: bool);
}

/// The journal cannot keep an input now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal cannot keep it now")]
pub struct Unavailable;
