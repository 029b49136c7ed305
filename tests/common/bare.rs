//! The practice workspace without anything around it.

use async_trait::async_trait;
use coc::domain::errand::CallEvent;
use coc::domain::time::Time;
use coc::ports::Clock;
use coc::sandbox::backstage::{Backstage, BotTurn, ClockTurn, OpenCase, Ringing};
use coc::service::WallClock;

/// The stand-in's surroundings: the real clock, nothing else.
pub(crate) struct Bare;

#[async_trait]
impl Backstage for Bare {
    fn now(&self) -> Time {
        WallClock.now()
    }
    fn speed(&self) -> f64 {
        1.0
    }
    async fn turn_clock(&self, _turn: ClockTurn) -> Result<(), String> {
        Err("the real clock".to_owned())
    }
    fn ringing(&self) -> Vec<Ringing> {
        Vec::new()
    }
    async fn answer_phone(&self, _call: &str, _event: CallEvent) -> Result<(), String> {
        Err("no telephone".to_owned())
    }
    fn cases(&self) -> Vec<OpenCase> {
        Vec::new()
    }
    fn bot_runs(&self) -> bool {
        true
    }
    async fn turn_bot(&self, _turn: BotTurn) -> Result<(), String> {
        Err("a process of its own".to_owned())
    }
}
