//! A simulated year of a busy desk (`benches/traffic`), a tenth at a time: what a record costs while the journal grows, and what a start
//! does.

use crate::rounded;
use crate::scene::{Bot, Line, StandIn};
use crate::traffic::{Traffic, Unhurried};
use chrono::TimeDelta;
use coc::engine::Engine;
use coc::journal::{SNAPSHOT_EVERY, Sled};
use coc::ports::Clock;
use coc::service::WallClock;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// So many things happen one by one, each durable before the next, after every tenth.
const ONE_BY_ONE: usize = 60;

/// Plays so many days.
pub(crate) fn measure(days: i64) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let slack = runtime.block_on(StandIn::open()).address;
    let folder = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    let state = folder.path().join("state");
    println!("\n{days} days of a busy desk, a tenth at a time\n");
    println!(
        "| tenth | records | decided, applied and written together, µs a record | each durable by itself, ms a record | cases kept | \
         snapshot, MB | snapshot written in, ms | opened with it and {} records after it, ms | on disk, MB |",
        SNAPSHOT_EVERY / 2
    );
    println!("|-:|-:|-:|-:|-:|-:|-:|-:|-:|");
    let from = WallClock.now() - TimeDelta::days(days);
    let mut traffic = Traffic::new(1, from);
    let began = Instant::now();
    for tenth in 1..=10 {
        let until = from + TimeDelta::seconds(TimeDelta::days(days).num_seconds() / 10 * tenth);
        let (mut engine, _) = Engine::open(Unhurried::new(Sled::open(&state).unwrap())).unwrap();
        if tenth == 1 {
            traffic.start(&mut engine);
        }
        let (before, running) = (engine.last_seq(), Instant::now());
        while traffic.now() < until {
            traffic.step(&mut engine);
        }
        if tenth == 10 {
            traffic.finish(&mut engine);
        }
        let together = per(running.elapsed(), engine.last_seq() - before) * 1e6;
        drop(engine);
        let (mut engine, _) = Engine::open(Sled::open(&state).unwrap()).unwrap();
        let (before, running) = (engine.last_seq(), Instant::now());
        if tenth < 10 {
            for _ in 0..ONE_BY_ONE {
                traffic.step(&mut engine);
            }
        }
        let alone = match engine.last_seq() - before {
            0 => "–".to_owned(),
            records => rounded(per(running.elapsed(), records) * 1e3),
        };
        let writing = Instant::now();
        engine.snapshot();
        let written = writing.elapsed();
        let (records, kept) = (engine.last_seq(), engine.desk().cases.len());
        let snapshot = serde_json::to_vec(engine.desk()).unwrap().len();
        drop(engine);
        let mut engine = Engine::open(Unhurried::new(Sled::open(&state).unwrap())).unwrap().0;
        while tenth < 10 && engine.last_seq() < records + SNAPSHOT_EVERY / 2 {
            traffic.step(&mut engine);
        }
        drop(engine);
        let opening = Instant::now();
        drop(Engine::open(Sled::open(&state).unwrap()).unwrap());
        let opened = opening.elapsed();
        println!(
            "| {tenth} | {records} | {} | {alone} | {kept} | {} | {} | {} | {} |",
            rounded(together),
            rounded(megabytes(snapshot as u64)),
            rounded(crate::millis(written)),
            rounded(crate::millis(opened)),
            rounded(megabytes(size(&state)))
        );
    }
    let whole = began.elapsed();
    let bot = Bot::start(&state, slack, Line::Http);
    let ready = crate::millis(bot.ready_after);
    std::thread::sleep(Duration::from_millis(1_500));
    let [resident, most] = ["VmRSS", "VmHWM"].map(|what| rounded(bot.memory(what)));
    bot.stop();
    println!(
        "\nThe whole in {} s. `coc run` on it then: ready after {} ms, {resident} MB resident, {most} MB at the most.",
        rounded(whole.as_secs_f64()),
        rounded(ready)
    );
}

#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn per(time: Duration, records: u64) -> f64 {
    time.as_secs_f64() / records.max(1) as f64
}

#[expect(clippy::cast_precision_loss, reason = "three figures")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}

fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| if path.is_dir() { size(&path) } else { path.metadata().unwrap().len() })
        .sum()
}
