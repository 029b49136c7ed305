//! `coc journal forget` on the database.

use crate::database::Database;
use crate::{at, leading, open, said};
use coc::domain::change::Change;
use coc::domain::ids::SlackUser;
use coc::domain::input::{Directory, Input, Member};
use coc::journal::{Draft, Journal, Opened, Postgres, Store};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::process::{Command, Output};
use std::time::Duration;

fn directory(n: u64, users: &[(&str, &str)]) -> Draft {
    let member = |name: &str| Member {
        name: name.to_owned(),
        email: Some("gaon@example.co.kr".to_owned()).filter(|_| name == "가온별"),
        phone: None,
    };
    let users = users.iter().map(|(id, name)| (SlackUser::from(*id), member(name)));
    let directory = Directory { users: users.collect(), ..Directory::default() };
    let changes = vec![Change::DirectoryRead(directory.clone())];
    Draft { at: at(n), input: Input::Directory(directory), changes }
}

fn coc(url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coc"));
    command.args(arguments).env_clear().env("DATABASE_URL", url).output().unwrap()
}

fn texts(store: &Postgres) -> Vec<String> {
    let mut all = Vec::new();
    store
        .read(1, &mut |stored| {
            all.push(String::from_utf8(stored.bytes).unwrap());
            ControlFlow::Continue(())
        })
        .unwrap();
    all
}

#[test]
#[ignore = "needs PostgreSQL"]
fn somebody_who_left_is_forgotten_when_nobody_leads() {
    let database = Database::start();
    let url = database.url();
    let Opened { mut journal, .. } = open(leading(&url, "one", Duration::ZERO));
    journal.append(&[directory(1, &[("U1", "가온별"), ("U2", "나래솔")])]).unwrap();
    journal.append(&(2..=700).map(said).collect::<Vec<_>>()).unwrap();
    journal.append(&[directory(701, &[("U2", "나래솔")])]).unwrap();
    journal.put_snapshot(&BTreeMap::from([("가온별".to_owned(), 1_u64)])).unwrap();

    let forget = ["journal", "forget", "가온별", "--by", "고윤슬", "--json"];
    let refused = coc(&url, &forget);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("데이터베이스를 coc가 쓰고 있습니다"), "{said}");
    drop(journal);

    let done = coc(&url, &forget);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let done: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&done["changed"], &done["done"]), (&700.into(), &true.into()));
    let store = Postgres::open(&url).unwrap();
    for text in texts(&store) {
        for trace in ["가온별", "gaon@example.co.kr", "\"U1\""] {
            assert!(!text.contains(trace), "{trace}: {text}");
        }
    }
    let snapshots = store.snapshots().unwrap();
    assert_eq!(snapshots, [702]);
    let snapshot = String::from_utf8(store.snapshot(702).unwrap()).unwrap();
    assert!(!snapshot.contains("가온별"), "{snapshot}");
    let verdict = coc(&url, &["journal", "verify", "--json"]);
    assert!(verdict.status.success(), "{}", String::from_utf8_lossy(&verdict.stderr));
    let verdict: serde_json::Value = serde_json::from_slice(&verdict.stdout).unwrap();
    let forgotten = &verdict["forgotten"][0];
    assert_eq!((&verdict["records"], &forgotten["records"]), (&702.into(), &700.into()));

    // the next one goes on
    let mut journal: Journal<Postgres> = open(leading(&url, "two", Duration::from_secs(5))).journal;
    journal.append(&[crate::said(703)]).unwrap();
    assert_eq!(crate::seqs(&journal).len(), 703);
}
