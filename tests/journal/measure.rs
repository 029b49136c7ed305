//! Figures, not checks: `cargo test --release --test journal -- --ignored --nocapture measure`.

#![expect(clippy::print_stdout, reason = "figures")]
#![expect(clippy::disallowed_methods, reason = "how long something took is measured")]

use crate::{State, drafts, open, said};
use coc::journal::{Journal, Sled};
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::tempdir;

/// Resident memory of this process, in kB.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    line.unwrap_or("VmRSS unknown").split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    println!("{what}: {:?}, resident {}", begun.elapsed(), resident());
    done
}

fn opened(what: &str, state: &Path) -> Journal<Sled> {
    timed(what, || open(Sled::open(state).unwrap()).unwrap().journal)
}

#[test]
#[ignore = "prints figures"]
fn figures() {
    let folder = tempdir().unwrap();
    println!("at the start: resident {}", resident());
    let mut journal = opened("open, empty", folder.path());
    let mut each: Vec<Duration> = (1..=300)
        .map(|n| {
            let draft = said(n, "[한빛전자] 확인했습니다");
            let begun = Instant::now();
            journal.append(&[draft]).unwrap();
            begun.elapsed()
        })
        .collect();
    each.sort_unstable();
    println!("append of one: median {:?}, slowest {:?}", each[150], each[299]);
    timed("100,000 records in batches of 500", || {
        for batch in 0..200 {
            journal.append(&drafts(batch * 500, batch * 500 + 499)).unwrap();
        }
    });
    timed("close", || drop(journal));
    let mut journal = opened("open, 100,300 records", folder.path());
    timed("read all", || assert_eq!(read_all_count(&journal), 100_300));
    timed("snapshot", || journal.put_snapshot(&State::new()).unwrap());
    drop(journal);
    let journal = opened("open, 100,300 records and a snapshot", folder.path());
    assert_eq!(journal.tail().seq, 100_300);
    drop(journal);
    std::thread::sleep(Duration::from_secs(2));
    println!("closed: resident {}", resident());
}

fn read_all_count(journal: &Journal<Sled>) -> usize {
    let mut count = 0;
    journal.read_after(0, |_| count += 1).unwrap();
    count
}
