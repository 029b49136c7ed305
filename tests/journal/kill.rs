//! A real process that appends, killed by signal 9 at any moment.

#![expect(clippy::print_stdout, reason = "the killed process speaks to the test by its output")]
#![expect(clippy::disallowed_methods, reason = "how long something took is measured")]

use crate::{drafts, open, read_all, said};
use coc::journal::{Sled, StoreError};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::tempdir;

const STATE: &str = "COC_TEST_STATE";
const ROUNDS: u64 = 20;

/// The process to be killed. It says each number after the append returned, never before.
#[test]
#[ignore = "started by the tests below"]
fn writer() {
    let Some(state) = std::env::var_os(STATE) else { panic!("{STATE} names the folder") };
    let mut journal = open(Sled::open(Path::new(&state)).unwrap()).unwrap().journal;
    loop {
        let next = journal.next_seq();
        // Batches of one to three, some of them long enough for several pieces.
        let batch: Vec<_> = (next..=next + next % 3)
            .map(|seq| said(seq, &"다".repeat(if seq % 7 == 0 { 9000 } else { 40 })))
            .collect();
        let tail = journal.append(&batch).unwrap();
        println!("durable {}", tail.seq);
        if next.is_multiple_of(5) {
            journal.note_alive(crate::at(next)).unwrap();
        }
        if next.is_multiple_of(50) {
            journal.put_snapshot(&crate::State::new()).unwrap();
        }
    }
}

fn start(state: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "kill::writer", "--nocapture"])
        .env(STATE, state)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn nothing_acknowledged_is_lost() {
    let folder = tempdir().unwrap();
    let begun = Instant::now();
    let mut acknowledged = 0;
    let mut moment = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..ROUNDS {
        let mut child = start(folder.path());
        // Spread the kills over opening and appending alike.
        moment ^= moment << 13;
        moment ^= moment >> 7;
        moment ^= moment << 17;
        std::thread::sleep(Duration::from_millis(moment % 300));
        child.kill().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        for line in said.lines() {
            if let Some((_, seq)) = line.unwrap().rsplit_once("durable ") {
                acknowledged = seq.parse().unwrap();
            }
        }
        child.wait().unwrap();

        let journal = open(Sled::open(folder.path()).unwrap()).unwrap().journal;
        let records = read_all(&journal).unwrap();
        let last = records.last().map_or(0, |record| record.seq);
        assert!(last >= acknowledged, "round {round}: {last} of {acknowledged} are there");
        assert!(last <= acknowledged + 3, "round {round}: one batch at most was under way");
        acknowledged = last;
    }
    assert!(acknowledged > ROUNDS, "the writer hardly wrote: {acknowledged}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn two_processes_cannot_share_a_folder() {
    let folder = tempdir().unwrap();
    let mut child = start(folder.path());
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    while !said.next().unwrap().unwrap().contains("durable ") {}
    let refused = Sled::open(folder.path());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(matches!(refused, Err(StoreError::Busy { .. })), "{refused:?}");
    // Its lock went with it.
    let mut journal = open(Sled::open(folder.path()).unwrap()).unwrap().journal;
    let next = journal.next_seq();
    journal.append(&drafts(next, next)).unwrap();
}
