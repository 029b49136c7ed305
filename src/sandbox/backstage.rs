//! What the page shows and moves beside Slack: the clock, the telephone, the desk.

use crate::domain::errand::CallEvent;
use crate::domain::ids::MessageRef;
use crate::domain::time::Time;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// The rest of the practice: given by the caller, shown and moved by the page.
#[async_trait]
pub trait Backstage: Send + Sync {
    /// Now, on the practice clock.
    fn now(&self) -> Time;

    /// How many seconds of the practice clock pass in one.
    fn speed(&self) -> f64;

    /// Moves the practice clock.
    ///
    /// # Errors
    /// Why it cannot be moved so, in words for the person at the page.
    async fn turn_clock(&self, turn: ClockTurn) -> Result<(), String>;

    /// The calls that ring now.
    fn ringing(&self) -> Vec<Ringing>;

    /// Somebody does something with a ringing call.
    ///
    /// # Errors
    /// Why not, in words for the person at the page.
    async fn answer_phone(&self, call: &str, event: CallEvent) -> Result<(), String>;

    /// The open cases, the most pressing first.
    fn cases(&self) -> Vec<OpenCase>;

    /// Whether the bot runs.
    fn bot_runs(&self) -> bool;

    /// Kills the bot as by signal 9, or starts it again.
    ///
    /// # Errors
    /// Why not, in words for the person at the page.
    async fn turn_bot(&self, turn: BotTurn) -> Result<(), String>;
}

/// What can be done with the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BotTurn {
    /// Gone between two instructions.
    Kill,
    /// Up again.
    Start,
}

/// A way to move the practice clock.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockTurn {
    /// On by so many seconds.
    Advance(u32),
    /// On to the next business day, 09:00.
    NextBusinessDay,
    /// From now on so many seconds pass in one; 0 stops it.
    Speed(f64),
}

/// A call that rings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ringing {
    /// The carrier's name for it.
    pub id: String,
    /// Who is called.
    pub to: String,
    /// The number.
    pub number: String,
    /// What the voice says.
    pub about: String,
    /// Since when.
    pub since: Time,
}

/// An open case, as the desk panel shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenCase {
    /// Its number as people write it (`#3`).
    pub id: String,
    /// What it is about.
    pub title: String,
    /// Where it stands.
    pub state: String,
    /// When it wakes next.
    pub next_at: Option<Time>,
    /// Why it wakes then.
    pub next_why: String,
    /// The message that it hangs on.
    pub at: Option<MessageRef>,
}
