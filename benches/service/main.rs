//! Figures of the real process, `coc run`, beside the practice workspace. `cargo bench --bench service -- PART... [NUMBER...]`, a part being
//! `startup`, `http`, `socket`, `rate`, `rivals`, `watches`, `year` or `storm`; without one all of them. docs/performance.md says what is
//! measured how.
//!
//! Without `--bench` (`cargo test --benches`) each part runs once and small, to see that it works. Nothing is asserted about time.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "figures")]
#![expect(clippy::disallowed_methods, reason = "how long something takes is measured")]

mod ingress;
mod load;
mod rivals;
mod scene;
#[path = "../../tests/standins/sns/mod.rs"]
mod sns;
mod startup;
mod storm;
#[path = "../traffic/mod.rs"]
#[allow(dead_code, reason = "each bench uses its part")]
mod traffic;
mod watches;
#[path = "../../tests/common/workplace.rs"]
mod workplace;
mod year;

use std::time::Duration;

const PARTS: [&str; 8] =
    ["startup", "http", "socket", "rate", "rivals", "watches", "year", "storm"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = !arguments.iter().any(|one| one == "--bench");
    let words: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|one| !one.starts_with("--")).collect();
    let numbers: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let known = PARTS.iter().chain(&["delete"]);
    let strange = words
        .iter()
        .find(|word| word.parse::<u64>().is_err() && !known.clone().any(|one| one == *word));
    assert!(strange.is_none(), "{strange:?} is none of {PARTS:?}");
    let wanted = |part: &str| {
        let named = PARTS.iter().any(|one| words.contains(one));
        words.contains(&part) || !named
    };
    if wanted("startup") {
        let records = match (numbers.as_slice(), quick) {
            ([], true) => vec![200],
            ([], false) => vec![0, 10_000, 1_000_000],
            (numbers, _) => numbers.to_vec(),
        };
        startup::measure(&records, if quick { 1 } else { 3 });
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (events, times) = if quick { (50, 1) } else { (5_000, 3) };
    if wanted("http") {
        runtime.block_on(ingress::http(&[1, 8, 32], events, times));
    }
    if wanted("socket") {
        runtime.block_on(ingress::socket(&[1, 8, 32], events, times));
    }
    if wanted("watches") {
        let open = match (numbers.as_slice(), quick) {
            ([], true) => 30,
            ([], false) => 100_000,
            ([first, ..], _) => usize::try_from(*first).unwrap(),
        };
        let (together, alone) = if quick { (5, 3) } else { (1_000, 30) };
        let due = watches::Due { together, alone, apart: chrono::TimeDelta::milliseconds(400) };
        runtime.block_on(watches::measure(open, &due, if quick { 50 } else { 5_000 }));
    }
    if wanted("year") {
        year::measure(if quick { 10 } else { 365 });
    }
    if wanted("rate") {
        runtime.block_on(ingress::rate(if quick { 100 } else { 30_000 }));
    }
    if wanted("rivals") {
        let (connections, count, times): (&[usize], _, _) =
            if quick { (&[2], 40, 1) } else { (&[1, 8, 32], 2_000, 3) };
        let journal_mode = if words.contains(&"delete") { "delete" } else { "wal" };
        if !runtime.block_on(rivals::measure(connections, count, times, journal_mode)) {
            println!(
                "\nrivals: SKIPPED, for COC_RIVALS names no folder with Bolt (benches/rivals/README.md)"
            );
        }
    }
    if wanted("storm") {
        let counts = match (numbers.as_slice(), quick) {
            ([], true) => vec![60],
            ([], false) => vec![1_000],
            (numbers, _) => numbers.to_vec(),
        };
        let customers = if quick { 3 } else { 50 };
        for count in counts {
            runtime.block_on(storm::measure(usize::try_from(count).unwrap(), customers));
        }
    }
}

/// Value at a share (0 to 1) of sorted values.
fn quantile<T: Copy>(sorted: &[T], share: f64) -> T {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list"
    )]
    let at = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[at]
}

/// The middle of the runs, with the least and the greatest.
fn spread(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    let (least, most) = (quantile(&values, 0.0), quantile(&values, 1.0));
    format!("{} ({}–{})", rounded(quantile(&values, 0.5)), rounded(least), rounded(most))
}

/// Three figures are all that such measurements bear.
fn rounded(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
