//! The workspace of the shipped data folder, without anything around it, and where a test may listen.
#![allow(dead_code, reason = "each test uses a part of it")]

use async_trait::async_trait;
use coc::domain::books::read_books;
use coc::domain::errand::CallEvent;
use coc::domain::input::Books;
use coc::domain::time::Time;
use coc::ports::Clock;
use coc::sandbox::backstage::{Backstage, BotTurn, ClockTurn, OpenCase, Ringing};
use coc::sandbox::workspace::Workspace;
use coc::service::{WallClock, today};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

/// The shipped books, without the mail templates.
pub(crate) fn shipped() -> Books {
    Books {
        policy: include_str!("../../data/policy.toml").to_owned(),
        guide: include_str!("../../data/guide.txt").to_owned(),
        customers: include_str!("../../data/customers.csv").to_owned(),
        mails: BTreeMap::new(),
        procedures: BTreeMap::new(),
        scripts: BTreeMap::new(),
        contacts: String::new(),
    }
}

/// A workspace with the people of the shipped books; 오하라 is a CSR, 고윤슬 of COC.
pub(crate) fn furnished() -> Workspace {
    coc::sandbox::furnish::furnished(&read_books(&shipped(), today()).unwrap())
}

/// An address that nobody has and nobody will be given: whoever asks the system for any port gets a higher one. So it can be left
/// and taken again.
pub(crate) fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let nth = std::process::id() * 101 + NEXT.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(20_000 + nth % 10_000).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if std::net::TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

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
