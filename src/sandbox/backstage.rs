//! What the page shows and moves beside Slack: the clock, the telephone, the desk.

use super::workspace::Workspace;
use crate::domain::errand::CallEvent;
use crate::domain::ids::{MessageRef, Name};
use crate::domain::time::Time;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

    /// The calls that are over, the newest first.
    fn past_calls(&self) -> Vec<PastCall> {
        Vec::new()
    }

    /// What the bot did to tickets and which mails it sent, the newest first.
    fn outside(&self) -> Vec<Outside> {
        Vec::new()
    }

    /// The customers of whom alarms can be sent.
    fn monitored(&self) -> Vec<Monitored> {
        Vec::new()
    }

    /// Posts a text to one of the bot's own addresses, as a monitoring service does.
    ///
    /// # Errors
    /// Why it was not taken, in words for the person at the page.
    async fn post(&self, _path: &str, _text: &str) -> Result<(), String> {
        Err("여기에서는 알람을 보낼 수 없습니다.".to_owned())
    }

    /// AWS's status feed reads like this from now on, and is read at once.
    ///
    /// # Errors
    /// Why it was not read, in words for the person at the page.
    async fn feed(&self, _text: &str) -> Result<(), String> {
        Err("여기에서는 AWS 상태를 바꿀 수 없습니다.".to_owned())
    }

    /// The open cases, the most pressing first.
    fn cases(&self) -> Vec<OpenCase>;

    /// Whether the bot runs.
    fn bot_runs(&self) -> bool;

    /// Kills the bot as by signal 9, or starts it again.
    ///
    /// # Errors
    /// Why not, in words for the person at the page.
    async fn turn_bot(&self, turn: BotTurn) -> Result<(), String>;

    /// Ends the practice: the bot stops, its journal and the calls are forgotten, the clock shows `at` and stands. Gives the
    /// workspace in which the next practice begins.
    ///
    /// # Errors
    /// Why not, in words for the person at the page.
    async fn clear(&self, _at: Time) -> Result<Workspace, String> {
        Err("여기에서는 연습을 새로 시작할 수 없습니다.".to_owned())
    }

    /// Starts the bot over an empty journal, with these active tickets at the support desk.
    ///
    /// # Errors
    /// Why not, in words for the person at the page.
    async fn begin(&self, _tickets: BTreeMap<Name, u32>) -> Result<(), String> {
        Err("여기에서는 연습을 새로 시작할 수 없습니다.".to_owned())
    }
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

/// A call that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastCall {
    /// Who was called.
    pub to: String,
    /// The number.
    pub number: String,
    /// Since when it rang.
    pub since: Time,
    /// Until when.
    pub until: Time,
    /// What the person did; `None`: the bot hung up.
    pub event: Option<CallEvent>,
}

/// A customer whose account is watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Monitored {
    /// The customer.
    pub name: String,
    /// One of its accounts.
    pub account: String,
}

/// Something that the bot did outside Slack and the telephone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outside {
    /// When.
    pub at: Time,
    /// What, in a few words.
    pub title: String,
    /// What it says, in lines.
    pub text: String,
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
    /// The people of its order: reached, being reached, still to come.
    pub ladder: Vec<Step>,
}

/// Somebody in the order of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Who.
    pub who: String,
    /// How far it is with this person.
    pub is: StepIs,
    /// Why at this place, or how it ended.
    pub note: String,
}

/// How far it is with somebody in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepIs {
    /// Reached, and over.
    Over,
    /// Being reached.
    Now,
    /// Still to come.
    Next,
    /// Away at present.
    Away,
}
