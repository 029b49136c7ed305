//! Start-up and memory by the length of the journal.

use crate::scene::{Bot, Line, StandIn};
use crate::traffic::{Traffic, Unhurried};
use crate::{millis, rounded, spread};
use coc::engine::Engine;
use coc::journal::Sled;
use coc::ports::Clock;
use coc::service::WallClock;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Measures for journals of so many records.
pub(crate) fn measure(records: &[u64], times: usize) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let slack = runtime.block_on(StandIn::open()).address;
    println!(
        "\nstart-up of `coc run` until /readyz: the middle of up to {times} runs (least–most)\n"
    );
    println!("| records | start | ready after, ms | resident, MB | at the most, MB |");
    println!("|-:|-|-|-|-|");
    for &records in records {
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("journal-{records}"));
        let _ = fs::remove_dir_all(&state);
        let written = write(&state, records);
        row(records, "the first ever, no snapshot", &[once(&state, slack)]);
        let after_stop: Vec<_> = (0..times).map(|_| once(&state, slack)).collect();
        row(records, "after an orderly stop", &after_stop);
        // it takes half a minute where the journal is long
        let read_all: Vec<_> = (0..if records > 100_000 { 1 } else { times })
            .map(|_| {
                let snapshots = state.join("snapshots");
                fs::remove_dir_all(&snapshots).unwrap();
                once(&state, slack)
            })
            .collect();
        row(records, "snapshots lost: all records read", &read_all);
        println!("{written}; in the folder: {}", sizes(&state));
        fs::remove_dir_all(&state).unwrap();
    }
}

/// What a day of the traffic comes to.
const RECORDS_A_DAY: u64 = 1_073;

struct Start {
    ready: f64,
    resident: f64,
    most: f64,
}

fn once(state: &Path, slack: std::net::SocketAddr) -> Start {
    let bot = Bot::start(state, slack, Line::Http);
    let ready = millis(bot.ready_after);
    std::thread::sleep(Duration::from_millis(1500));
    let start = Start { ready, resident: bot.memory("VmRSS"), most: bot.memory("VmHWM") };
    bot.stop();
    start
}

fn row(records: u64, how: &str, starts: &[Start]) {
    let column = |of: fn(&Start) -> f64| spread(starts.iter().map(of).collect());
    let (ready, resident, most) =
        (column(|one| one.ready), column(|one| one.resident), column(|one| one.most));
    println!("| {records} | {how} | {ready} | {resident} | {most} |");
}

/// Writes a journal of about so many records, ending now with nothing open. Says what it wrote.
fn write(state: &Path, records: u64) -> String {
    let began = Instant::now();
    let store = Unhurried::new(Sled::open(state).unwrap());
    if records == 0 {
        return "an empty folder".to_owned();
    }
    // as many days as these records take, so that what is kept for 90 days is there
    let days = i64::try_from(records / RECORDS_A_DAY + 1).unwrap();
    let mut traffic = Traffic::new(1, WallClock.now() - chrono::TimeDelta::days(days));
    let from = traffic.now();
    let (mut engine, _) = Engine::open(store).unwrap();
    traffic.start(&mut engine);
    while engine.last_seq() < records {
        traffic.step(&mut engine);
    }
    traffic.finish(&mut engine);
    let cases = engine.desk().last_case;
    let kept = engine.desk().cases.len();
    let posts = engine.desk().posts.len();
    let seen = engine.desk().seen.len();
    let last = engine.last_seq();
    let snapshot = serde_json::to_vec(engine.desk()).unwrap().len();
    format!(
        "{last} records of {} days, {cases} cases; the desk keeps {kept} cases, {posts} posts, {seen} deliveries, {} kB as JSON; written in {} s",
        (traffic.now() - from).num_days(),
        snapshot / 1024,
        rounded(began.elapsed().as_secs_f64()),
    )
}

fn sizes(state: &Path) -> String {
    let mut found: Vec<(PathBuf, u64)> = Vec::new();
    for folder in [state.join("journal"), state.join("journal/blobs"), state.join("snapshots")] {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let files = entries.map(|entry| entry.unwrap()).filter(|entry| entry.path().is_file());
        found.extend(files.map(|entry| (entry.path(), entry.metadata().unwrap().len())));
    }
    let named = found.iter().map(|(path, bytes)| {
        let name = path.file_name().unwrap().to_string_lossy();
        format!("{name} {} kB", bytes / 1024)
    });
    named.collect::<Vec<_>>().join(", ")
}
