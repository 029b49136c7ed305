//! The journal in PostgreSQL against its promises: nothing acknowledged is lost, and of two nodes one alone writes.
//!
//! Each test starts a server of its own. They are ignored where only cargo is there, and run by `.ci/run`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "bounds on real time")]
#![expect(clippy::print_stdout, reason = "figures")]

mod database;
mod forget;
mod pair;
#[path = "../end_to_end/scene.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod scene;
mod takeover;
mod wire;
#[path = "../common/workplace.rs"]
mod workplace;

use coc::domain::change::Change;
use coc::domain::ids::{ChannelId, MessageRef, SlackUser, Ts};
use coc::domain::input::{Input, SlackAct, SlackInput};
use coc::domain::time::Time;
use coc::journal::{AppendError, Draft, Journal, Opened, Postgres, Sled, Store};
use database::Database;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use wire::{Way, Wire};

type State = BTreeMap<String, u64>;

fn at(n: u64) -> Time {
    let start: Time = "2025-08-05T22:00:00+09:00".parse().unwrap();
    start + chrono::TimeDelta::seconds(i64::try_from(n).unwrap())
}

fn said(n: u64) -> Draft {
    let ts = Ts(format!("1754398800.{n:06}"));
    let key = format!("m:C1:{ts}");
    let what = SlackAct::Said {
        at: MessageRef { channel: ChannelId::from("C1"), ts },
        thread: None,
        text: "[한빛전자] 확인했습니다".to_owned(),
    };
    let by = SlackUser::from("U1");
    let input = Input::Slack(SlackInput { key: key.clone(), by, what, raw: None });
    Draft { at: at(n), input, changes: vec![Change::Seen(key)] }
}

fn open(store: Postgres) -> Opened<Postgres, State> {
    Journal::open(store, "test-1").unwrap()
}

fn seqs(journal: &Journal<Postgres>) -> Vec<u64> {
    let mut seqs = Vec::new();
    journal.read_after(0, |record| seqs.push(record.seq)).unwrap();
    seqs
}

/// A node that leads, waiting for its turn.
fn leading(url: &str, name: &str, within: Duration) -> Postgres {
    let node = Postgres::open(url).unwrap();
    let since = Instant::now();
    while !node.try_lead(name).unwrap() {
        assert!(since.elapsed() < within, "{name} does not come to lead");
        std::thread::sleep(Duration::from_millis(100));
    }
    node
}

#[test]
#[ignore = "needs PostgreSQL"]
fn what_was_kept_is_there_for_the_next_one() {
    let database = Database::start();
    let url = database.url();
    let one = leading(&url, "one", Duration::ZERO);
    let Opened { mut journal, snapshot, alive_until } = open(one);
    assert!(snapshot.is_none() && alive_until.is_none());
    journal.append(&(1..=300).map(said).collect::<Vec<_>>()).unwrap();
    journal.append(&[said(301)]).unwrap();
    journal.put_snapshot(&State::from([("a".to_owned(), 1)])).unwrap();
    journal.append(&[said(302)]).unwrap();
    journal.note_alive(at(400)).unwrap();
    assert_eq!(seqs(&journal), (1..=302).collect::<Vec<_>>());
    // a reader that does not lead sees the same
    let reading = open(Postgres::open(&url).unwrap());
    assert_eq!(seqs(&reading.journal), (1..=302).collect::<Vec<_>>());
    assert_eq!(reading.snapshot.unwrap().seq, 301);
    assert_eq!(reading.alive_until, Some(at(400)));
}

#[test]
#[ignore = "needs PostgreSQL"]
fn of_two_nodes_one_leads_and_the_other_takes_over_when_it_is_gone() {
    let database = Database::start();
    let url = database.url();
    let Opened { journal: mut one, .. } = open(leading(&url, "one", Duration::ZERO));
    one.append(&[said(1)]).unwrap();
    let other = Postgres::open(&url).unwrap();
    assert!(!other.try_lead("other").unwrap());
    // renewed all the while
    std::thread::sleep(Duration::from_millis(4500));
    assert!(!other.try_lead("other").unwrap());
    assert!(one.leads() && !other.leads());
    let mut reading = open(Postgres::open(&url).unwrap()).journal;
    let refused = reading.append(&[said(2)]).unwrap_err();
    assert!(matches!(refused, AppendError::Stale { expected: 2, next: 2 }), "{refused}");
    drop(one);
    drop(other);
    let other = leading(&url, "other", Duration::from_secs(1));
    let mut other = open(other).journal;
    other.append(&[said(2)]).unwrap();
    assert_eq!(seqs(&other), [1, 2]);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn whoever_steps_down_is_followed_at_once() {
    let database = Database::start();
    let url = database.url();
    let one = leading(&url, "one", Duration::ZERO);
    let other = Postgres::open(&url).unwrap();
    one.step_down().unwrap();
    assert!(!one.leads());
    assert!(other.try_lead("other").unwrap());
    assert!(!one.try_lead("one").unwrap());
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_database_that_went_away_ends_the_lead_and_keeps_what_was_acknowledged() {
    let mut database = Database::start();
    let url = database.url();
    let Opened { journal: mut one, .. } = open(leading(&url, "one", Duration::ZERO));
    one.append(&[said(1)]).unwrap();
    database.stop();
    let lost = one.append(&[said(2)]).unwrap_err();
    assert!(matches!(lost, AppendError::Doubtful(_)), "{lost}");
    assert!(matches!(one.append(&[said(3)]).unwrap_err(), AppendError::Closed));
    let since = Instant::now();
    while one.leads() {
        assert!(since.elapsed() < Duration::from_secs(4), "it takes itself for the leader still");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(one);
    database.run();
    let mut again = open(leading(&url, "one", Duration::from_secs(5))).journal;
    assert_eq!(seqs(&again), [1]);
    again.append(&[said(2)]).unwrap();
    assert_eq!(seqs(&again), [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn a_leader_that_is_cut_off_in_the_middle_of_a_batch_holds_nobody_up() {
    let database = Database::start();
    let direct = database.url();
    for round in 0..8 {
        let wire = Wire::to(database.address()).await;
        let url = format!("postgres://coc@{}/postgres", wire.address);
        // it writes without a pause, so the wire goes silent while a batch is half way
        let writing = std::thread::spawn(move || {
            let mut one = open(leading(&url, "one", Duration::from_secs(8))).journal;
            let mut kept = one.tail().seq;
            while one.append(&[said(kept + 1)]).is_ok() {
                kept += 1;
            }
            kept
        });
        tokio::time::sleep(Duration::from_millis(700 + round * 3)).await;
        wire.turn(Way::Silent);
        let direct = direct.clone();
        let other = move || {
            let since = Instant::now();
            let other = leading(&direct, "other", Duration::from_secs(9));
            (since.elapsed(), seqs(&open(other).journal))
        };
        let (took, there) = tokio::task::spawn_blocking(other).await.unwrap();
        wire.turn(Way::Cut);
        let kept = writing.join().unwrap();
        println!("round {round}: followed after {took:.1?}, {kept} records");
        let last = *there.last().unwrap();
        assert!(last == kept || last == kept + 1, "what was acknowledged is there: {kept}, {last}");
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn all_nodes_sign_the_boards_sessions_with_one_key() {
    let database = Database::start();
    let (one, other) =
        (Postgres::open(&database.url()).unwrap(), Postgres::open(&database.url()).unwrap());
    assert_eq!(one.board_key([1; 32]).unwrap(), [1; 32]);
    assert_eq!(other.board_key([2; 32]).unwrap(), [1; 32]);
}

#[test]
fn an_address_that_is_none_is_told() {
    let error = Postgres::open("db.example.com").unwrap_err().to_string();
    assert!(error.contains("DATABASE_URL"), "{error}");
}

/// `coc journal …` on the state folder, or on the database when there is an address.
fn journal(state: &Path, url: Option<&str>, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coc"));
    command.env_clear().arg("--state").arg(state).arg("journal").args(args);
    if let Some(url) = url {
        command.env("DATABASE_URL", url);
    }
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_journal_moves_from_the_folder_to_the_database_and_back() {
    let database = Database::start();
    let (url, folder) = (database.url(), tempfile::tempdir().unwrap());
    let place = |name: &str| folder.path().join(name);
    let file = |name: &str| place(name).to_str().unwrap().to_owned();
    let (state, out, again, back) =
        (place("state"), file("one.jsonl"), file("two.jsonl"), place("back"));
    let mut journal_here = {
        let Opened { journal, .. }: Opened<Sled, State> =
            Journal::open(Sled::open(&state).unwrap(), "test-1").unwrap();
        journal
    };
    journal_here.append(&(1..=1500).map(said).collect::<Vec<_>>()).unwrap();
    drop(journal_here);
    let (status, _, said) = journal(&state, Some(&url), &["export"]);
    assert_eq!(status, Some(2), "an empty database: {said}");
    assert!(said.contains("restore"), "{said}");
    assert_eq!(journal(&state, None, &["export", "--out", &out]).0, Some(0));
    let (status, told, said) = journal(&state, Some(&url), &["restore", &out]);
    assert_eq!(status, Some(0), "{said}");
    assert!(told.contains("1500건"), "{told}");
    // the same once more changes nothing: a restore that broke off goes on so
    assert_eq!(journal(&state, Some(&url), &["restore", &out]).0, Some(0));
    let (status, told, _) = journal(&state, Some(&url), &["verify"]);
    assert_eq!(status, Some(0));
    assert!(told.contains("1500건"), "{told}");
    assert_eq!(journal(&state, Some(&url), &["export", "--out", &again]).0, Some(0));
    let read = |path: &str| std::fs::read(path).unwrap();
    assert!(read(&out) == read(&again), "the same bytes");
    assert_eq!(journal(&back, None, &["restore", &again]).0, Some(0));
    assert_eq!(journal(&back, None, &["verify"]).0, Some(0));
    // another journal is not put beside it
    let other = file("other.jsonl");
    let lines = String::from_utf8(read(&out)).unwrap();
    let first: Vec<&str> = lines.lines().take(10).collect();
    std::fs::write(&other, format!("{}\n", first.join("\n"))).unwrap();
    let (status, _, said) = journal(&state, Some(&url), &["restore", &other]);
    assert_eq!(status, Some(2), "{said}");
    // nor while somebody writes there
    let _leading = leading(&url, "one", Duration::from_secs(5));
    let (status, _, said) = journal(&state, Some(&url), &["restore", &out]);
    assert_eq!(status, Some(2));
    assert!(said.contains("멈추고"), "{said}");
}
