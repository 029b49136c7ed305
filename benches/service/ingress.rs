//! Events from signature (HTTP) or sending (Socket Mode) to acknowledgement: as many as can be, and a thousand a second.

use crate::load::{Events, Front, Run, over_http, over_http_at};
use crate::scene::{Bot, Line, StandIn};
use crate::{millis, quantile, rounded, spread};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Of a hundred events so many are urgent requests, each of which opens a case; the others are people talking.
const SHARES: [usize; 3] = [0, 1, 10];

/// The pace of what comes at a pace of its own.
pub(crate) const PER_SECOND: u32 = 1_000;

fn head(what: &str, at_once: &str, times: usize) {
    println!("\n{what}: the middle of {times} runs (least–most), each with a fresh journal\n");
    println!(
        "| {at_once} | open a case | events/s | p50, ms | p99, ms | longest, ms | those that open a case: p50 / p99, ms |"
    );
    println!("|-:|-:|-|-|-|-|-|");
}

fn row(at_once: usize, share: usize, runs: &[Run]) {
    let at = |share: f64| spread(runs.iter().map(|run| millis(run.at(share))).collect());
    let opening = |share: f64| {
        let mut values: Vec<f64> = runs
            .iter()
            .filter(|run| !run.opening.is_empty())
            .map(|run| millis(quantile(&run.opening, share)))
            .collect();
        values.sort_by(f64::total_cmp);
        if values.is_empty() { "–".to_owned() } else { rounded(quantile(&values, 0.5)) }
    };
    let rate = spread(runs.iter().map(|run| run.per_second).collect());
    println!(
        "| {at_once} | {share} % | {rate} | {} | {} | {} | {} / {} |",
        at(0.5),
        at(0.99),
        at(1.0),
        opening(0.5),
        opening(0.99)
    );
}

/// `coc run` with a fresh journal, which goes when this is dropped.
pub(crate) struct Fresh {
    pub(crate) bot: Bot,
    folder: tempfile::TempDir,
}

impl Fresh {
    pub(crate) async fn start(slack: SocketAddr, line: Line) -> Self {
        let folder = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
        let path = folder.path().join("state");
        std::fs::create_dir(&path).unwrap();
        let starting = tokio::task::spawn_blocking(move || Bot::start(&path, slack, line));
        Self { bot: starting.await.unwrap(), folder }
    }

    /// Stops it in order; how many cases its journal has then.
    pub(crate) fn stop(self) -> u64 {
        self.bot.stop();
        let store = coc::journal::Sled::open(&self.folder.path().join("state")).unwrap();
        coc::engine::Engine::open(store).unwrap().0.desk().last_case
    }
}

/// The HTTP Events API.
pub(crate) async fn http(connections: &[usize], count: usize, times: usize) {
    let slack = Arc::new(StandIn::open().await);
    head("HTTP, signed `/slack/events`", "connections", times);
    for &connections in connections {
        for share in SHARES {
            let mut runs = Vec::new();
            for _ in 0..times {
                let fresh = Fresh::start(slack.address, Line::Http).await;
                let events = Events::new(&slack, share, 0, count);
                runs.push(over_http(fresh.bot.address, events, connections).await);
            }
            row(connections, share, &runs);
        }
    }
}

/// Socket Mode. The bot keeps two connections; so many events are under way on them at once.
pub(crate) async fn socket(at_once: &[usize], count: usize, times: usize) {
    let slack = Arc::new(StandIn::open().await);
    head("Socket Mode, two connections", "at once", times);
    for &at_once in at_once {
        for share in SHARES {
            let mut runs = Vec::new();
            for _ in 0..times {
                let mut front = Front::open(slack.address).await;
                let _fresh = Fresh::start(front.address, Line::Socket).await;
                runs.push(front.run(Events::new(&slack, share, 0, count), at_once).await);
            }
            row(at_once, share, &runs);
        }
    }
}

/// A thousand events a second, whatever becomes of them: so many of which each opens a case, and a third of that of which a tenth does.
pub(crate) async fn rate(count: usize) {
    let slack = Arc::new(StandIn::open().await);
    println!(
        "\n{PER_SECOND} events a second, from when each should have been sent; one run each, with a fresh journal\n"
    );
    println!(
        "| by | open a case | events | events/s | p50, ms | p99, ms | p99.9, ms | longest, ms | resident before / after, MB |"
    );
    println!("|-|-:|-:|-:|-:|-:|-:|-:|-|");
    for (share, count) in [(100, count), (10, count / 3)] {
        for line in [Line::Http, Line::Socket] {
            let mut front = Front::open(slack.address).await;
            let address = match line {
                Line::Http => slack.address,
                Line::Socket => front.address,
            };
            let fresh = Fresh::start(address, line).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            let before = fresh.bot.memory("VmRSS");
            let events = Events::new(&slack, share, 0, count);
            let (run, by) = match line {
                Line::Http => {
                    let to = fresh.bot.address;
                    (over_http_at(to, Arc::clone(&events), PER_SECOND).await, "HTTP")
                }
                Line::Socket => {
                    (front.run_at(Arc::clone(&events), PER_SECOND).await, "Socket Mode")
                }
            };
            let after = fresh.bot.memory("VmRSS");
            assert_eq!(fresh.stop(), events.opening() as u64, "each case once");
            let at = |share: f64| rounded(millis(run.at(share)));
            println!(
                "| {by} | {share} % | {} | {} | {} | {} | {} | {} | {} / {} |",
                run.all.len(),
                rounded(run.per_second),
                at(0.5),
                at(0.99),
                at(0.999),
                at(1.0),
                rounded(before),
                rounded(after)
            );
        }
    }
}
