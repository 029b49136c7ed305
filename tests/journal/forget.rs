//! `coc journal forget`: somebody who left is nowhere in the journal any more, and its chain holds.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/files.rs"]
mod files;

use crate::{drafts, said};
use coc::cli::forget::Forget;
use coc::cli::journal::{
    CommandError, Export, JournalCommand, Restore, Verify, export, restore, run, verify,
};
use coc::domain::desk::Desk;
use coc::domain::ids::{Name, SlackUser};
use coc::domain::input::{Forgotten, Input, Rewritten};
use coc::domain::time::Time;
use coc::engine::{Engine, Follower, News};
use coc::journal::forget::{ForgetError, Plan, Wish};
use coc::journal::{
    Alive, AppendError, Digest, Draft, Erase, Journal, JournalError, Memory, Opened, Record, Sled,
    Store, StoreError, StoredRecord, Why, check_witnesses, walk,
};
use coc::replay::journal::Again;
use coc::replay::play;
use common::books;
use serde_json::Value;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::tempdir;

/// After everything.
fn later(minutes: i64) -> Time {
    let then: Time = "2025-09-01T09:00:00+09:00".parse().unwrap();
    then + chrono::TimeDelta::minutes(minutes)
}

fn wish(name: &str) -> Wish {
    Wish { name: name.to_owned(), by: "고윤슬".to_owned(), ..Wish::default() }
}

/// A night in which 가온별 is called and away, and a guide without 가온별 that takes effect the next morning. The night is over.
const NIGHT: &str = r##"
title: 가온별 is away, 다솜윤 takes it, 가온별 leaves
start: 2025-08-05T22:00:00+09:00
people:
  csr1: {name: 오하라, role: csr}
  coc1: {name: 고윤슬, role: coc}
steps:
  - say: {by: csr1, in: "#general", text: "@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: https://support.example.com/agent/tickets/4242", as: m1}
  - wait: 6m
  - press: {by: 다솜윤, button: 수락, on: "last:다솜윤"}
  - reply: {by: 가온별, to: m1, text: "제 번호는 010-0000-1001, 메일은 gaon@example.co.kr입니다"}
  - slash: {by: 가온별, in: "#coc-noti", command: "/leave", text: "2025-08-06 ~ 2025-08-07 휴가"}
  - at: 2025-08-06T10:00:00+09:00
  - guide: {file: without.txt}
  - slash: {by: coc1, in: "#coc-noti", command: "/coc", text: "guide"}
  - wait: 1m
  - press: {by: coc1, button: 적용, on: "last"}
  - wait: 1h
"##;

/// The records of that night, 가온별 gone from the guide, the customers and Slack.
fn night() -> &'static [Record] {
    static NIGHT_PLAYED: OnceLock<Vec<Record>> = OnceLock::new();
    NIGHT_PLAYED.get_or_init(|| {
        let folder = tempdir().unwrap();
        let mut books = books();
        books.customers = books.customers.replace("가온별", "라온결");
        let (from, to) = (books.guide.find("가온별").unwrap(), books.guide.find("나래솔").unwrap());
        let without = format!("{}{}", &books.guide[..from], &books.guide[to..]);
        let without = without.replace("가온별(010-0000-1001), \n", "");
        assert!(!without.contains("가온별"));
        fs::write(folder.path().join("without.txt"), without).unwrap();
        fs::write(folder.path().join("night.yaml"), NIGHT).unwrap();
        let (_, world) = play(&folder.path().join("night.yaml"), &books, &[]).unwrap();
        let memory = Memory::new();
        filled(memory.clone(), &world.journal().unwrap());
        let (mut engine, _) = Engine::open(memory.clone()).unwrap();
        let mut directory = engine.desk().directory.clone();
        directory.users.retain(|_, member| member.name != "가온별");
        engine.offer(later(-60), vec![Input::Directory(directory)]).unwrap();
        records_of(&memory)
    })
}

/// A store with these records.
fn filled<S: Store>(store: S, records: &[Record]) {
    let Opened { mut journal, .. } = Journal::open::<Value>(store, "none").unwrap();
    let draft = |record: &Record| Draft {
        at: record.at,
        input: record.input.clone(),
        changes: record.changes.clone(),
    };
    journal.append(&records.iter().map(draft).collect::<Vec<_>>()).unwrap();
}

fn records_of(store: &(impl Store + ?Sized)) -> Vec<Record> {
    let mut records = Vec::new();
    let tail = walk(store, 0, |_, record| records.push(record)).unwrap();
    check_witnesses(store, tail).unwrap();
    records
}

fn stored_of(store: &impl Store) -> Vec<StoredRecord> {
    let mut all = Vec::new();
    store
        .read(1, &mut |stored| {
            all.push(stored);
            ControlFlow::Continue(())
        })
        .unwrap();
    all
}

fn as_json(desk: &Desk) -> Value {
    serde_json::to_value(desk).unwrap()
}

/// The desk with the person forgotten, as the plan's words have it.
fn renamed(desk: &Desk, plan: &Plan) -> Value {
    let json = serde_json::to_vec(desk).unwrap();
    serde_json::from_slice(&plan.renamed(&json).unwrap()).unwrap()
}

fn forgettings(records: &[Record]) -> impl Iterator<Item = &Forgotten> {
    records.iter().filter_map(|record| {
        if let Input::Forgotten(forgotten) = &record.input { Some(forgotten) } else { None }
    })
}

/// Where the journal, played again, comes to something else; `None`: nowhere.
fn played_otherwise(records: &[Record]) -> Option<String> {
    let aliases = forgettings(records).map(|forgotten| forgotten.alias.clone());
    let mut again = Again::knowing(aliases.collect());
    records.iter().for_each(|record| again.take(record));
    let replayed = again.finish().unwrap();
    let first = replayed.first_difference.as_ref().map(|one| {
        let nth = one.change;
        let (recorded, decided) = (one.recorded.get(nth), one.decided.get(nth));
        format!("{} {:?}\n{recorded:?}\n{decided:?}", one.seq, one.input)
    });
    (!replayed.is_same()).then(|| first.unwrap_or_default())
}

/// What 가온별 is known by.
const TRACES: [&str; 4] = ["가온별", "010-0000-1001", "01000001001", "gaon@example.co.kr"];

fn assert_no_trace(bytes: &[u8], id: &SlackUser, what: &str) {
    let text = String::from_utf8_lossy(bytes);
    for trace in TRACES.into_iter().chain([id.as_str()]) {
        assert!(!text.contains(trace), "{what}: {trace}");
    }
}

/// 가온별's id in Slack.
fn id() -> SlackUser {
    let found = night().iter().find_map(|record| {
        let Input::Directory(directory) = &record.input else { return None };
        let mut users = directory.users.iter();
        users.find(|(_, one)| one.name == "가온별").map(|(id, _)| id.clone())
    });
    found.unwrap()
}

fn forget_on<S: Erase>(store: S) -> Plan {
    let (mut engine, _) = Engine::open(store).unwrap();
    let plan = engine.plan_forgetting(&wish("가온별"), later(0)).unwrap();
    plan.has_left().unwrap();
    engine.forget(&plan, later(0), |_| {}).unwrap();
    plan
}

fn is_forgotten_on<S: Erase>(open: impl Fn() -> S) {
    filled(open(), night());
    let before = open();
    let hashes: Vec<Digest> = stored_of(&before).iter().map(|stored| stored.hash).collect();
    drop(before);
    let (mut engine, _) = Engine::open(open()).unwrap();
    engine.snapshot();
    let count = engine.last_seq();
    let plan = engine.plan_forgetting(&wish("가온별"), later(0)).unwrap();
    plan.has_left().unwrap();
    assert_eq!(plan.alias(), "퇴사자-1");
    assert_eq!(plan.found().numbers, ["010-0000-1001"]);
    assert_eq!(plan.found().addresses, ["gaon@example.co.kr"]);
    assert_eq!(plan.found().slack, [id().as_str()]);
    assert!(plan.found().shared.is_empty() && plan.found().kept.is_empty());
    let expected = renamed(engine.desk(), &plan);
    let mut told = 0;
    engine.forget(&plan, later(0), |done| told = done).unwrap();
    assert_eq!(told, plan.records().0 as u64);
    assert_eq!(as_json(engine.desk()), expected);
    assert_eq!(engine.last_seq(), count + 1);
    drop(engine);

    let store = open();
    let stored = stored_of(&store);
    for one in &stored {
        assert_no_trace(&one.bytes, &id(), &format!("record {}", one.seq));
    }
    assert!(stored.iter().map(|one| one.hash).take(hashes.len()).eq(hashes));
    for seq in store.snapshots().unwrap() {
        assert_no_trace(&store.snapshot(seq).unwrap(), &id(), "snapshot");
    }
    let records = records_of(&store);
    assert_eq!(played_otherwise(&records), None);
    let Input::Forgotten(forgotten) = &records.last().unwrap().input else { panic!("{records:?}") };
    assert_eq!((forgotten.alias.as_str(), forgotten.by.as_str()), ("퇴사자-1", "고윤슬"));
    let altered = stored.iter().filter(|one| Digest::of(&one.bytes) != one.hash);
    assert!(altered.map(|one| one.seq).eq(forgotten.records.iter().map(|one| one.seq)));
    drop(store);

    // it goes on from its snapshot, and from the first record where that cannot be read
    let (mut engine, _) = Engine::open(open()).unwrap();
    assert_eq!(as_json(engine.desk()), expected);
    let directory = engine.desk().directory.clone();
    engine.offer(later(1), vec![Input::Books(books()), Input::Directory(directory)]).unwrap();
    let desk = as_json(engine.desk());
    drop(engine);
    let mut store = open();
    store.drop_copies().unwrap();
    let (engine, _) = Engine::open(store).unwrap();
    assert_eq!(as_json(engine.desk()), desk);
}

#[test]
fn somebody_who_left_is_nowhere_any_more_and_the_chain_holds() {
    let memory = Memory::new();
    is_forgotten_on(|| memory.clone());
}

#[test]
fn somebody_who_left_is_nowhere_in_the_state_folder_any_more() {
    let folder = tempdir().unwrap();
    is_forgotten_on(|| Sled::open(folder.path()).unwrap());
}

fn broken(store: &Memory) -> (u64, Why) {
    match walk(store, 0, |_, _| {}).unwrap_err() {
        JournalError::Broken(at) => (at.seq, at.why),
        other @ (JournalError::Store(_) | JournalError::Lost { .. }) => panic!("{other}"),
    }
}

/// Swaps one letter for another in a record behind the journal's back.
fn alter(memory: &Memory, seq: u64, from: &str, to: &str) {
    memory.tamper(seq, |stored| {
        let text = String::from_utf8(stored.bytes).unwrap();
        assert!(text.contains(from), "{text}");
        Some(StoredRecord { bytes: text.replacen(from, to, 1).into_bytes(), ..stored })
    });
}

#[test]
fn what_is_altered_by_hand_besides_is_found() {
    let memory = Memory::new();
    filled(memory.clone(), night());
    forget_on(memory.clone());
    let stored = memory.records();
    let as_written = stored.iter().find(|one| Digest::of(&one.bytes) == one.hash).unwrap().seq;
    let rewritten = stored.iter().find(|one| Digest::of(&one.bytes) != one.hash).unwrap().seq;
    for seq in [as_written, rewritten] {
        memory.tamper(seq, |mut stored| {
            stored.bytes[40] ^= 1;
            Some(stored)
        });
        assert_eq!(broken(&memory), (seq, Why::Altered));
        memory.tamper(seq, |_| stored.iter().find(|one| one.seq == seq).cloned());
    }
    records_of(&memory);
}

#[test]
fn an_attestation_that_lies_is_found() {
    let memory = Memory::new();
    filled(memory.clone(), night());
    forget_on(memory.clone());
    let kept = memory.records();
    let last = kept.last().unwrap().clone();
    let first = kept.iter().find(|one| Digest::of(&one.bytes) != one.hash).unwrap().seq;

    // somebody alters a record, and the attestation with it
    alter(&memory, first, "퇴사자-1", "다솜윤");
    let now = memory.records().into_iter().find(|one| one.seq == first).unwrap();
    let was = kept.iter().find(|one| one.seq == first).unwrap();
    let (was, now) = (Digest::of(&was.bytes).to_string(), Digest::of(&now.bytes).to_string());
    alter(&memory, last.seq, &was, &now);
    assert_eq!(broken(&memory), (first, Why::Altered));
    // and its hash
    memory.tamper(last.seq, |stored| Some(StoredRecord::seal(stored.seq, stored.bytes)));
    let replaced = walk(&memory, 0, |_, _| {}).and_then(|tail| check_witnesses(&memory, tail));
    let JournalError::Broken(at) = replaced.unwrap_err() else { panic!() };
    assert_eq!((at.seq, at.why), (last.seq, Why::Replaced));

    // dropped, the records that it spoke for do not hold, and the journal is known to have gone further
    memory.tamper(last.seq, |_| None);
    assert!(matches!(broken(&memory), (_, Why::Altered)));
    let lost = Engine::open(memory).unwrap_err();
    assert!(matches!(lost, JournalError::Lost { .. } | JournalError::Broken(_)), "{lost}");
}

#[test]
fn an_attestation_speaks_for_earlier_records_alone() {
    let memory = Memory::new();
    let mut journal = crate::open(memory.clone()).unwrap().journal;
    journal.append(&drafts(1, 2)).unwrap();
    let text = |n: u64| {
        let stored = &memory.records()[usize::try_from(n).unwrap() - 1];
        String::from_utf8(stored.bytes.clone()).unwrap().replace("확인", "처리")
    };
    let attest = |seq: u64, text: &str| Draft {
        at: later(0),
        input: Input::Forgotten(Forgotten {
            alias: "퇴사자-1".to_owned(),
            number: 1,
            by: "고윤슬".to_owned(),
            records: vec![Rewritten { seq, hash: Digest::of(text.as_bytes()).to_string() }],
        }),
        changes: Vec::new(),
    };
    journal.append(&[attest(1, &text(1)), said(4, "확인했습니다")]).unwrap();
    // a record before the one that speaks for it, and one after
    alter(&memory, 1, "확인", "처리");
    walk(&memory, 0, |_, _| {}).unwrap();
    journal.append(&[attest(6, &text(4)), said(6, "확인했습니다")]).unwrap();
    alter(&memory, 6, "확인", "처리");
    assert_eq!(broken(&memory), (6, Why::Altered));
}

/// A store that ceases to work after so many things were done.
#[derive(Clone)]
struct Brittle {
    kept: Memory,
    left: Arc<AtomicU32>,
    /// The last thing is done, only not answered.
    done: bool,
}

impl Brittle {
    fn step<T>(&mut self, act: impl FnOnce(&mut Memory) -> T) -> Result<T, StoreError> {
        let gone = || StoreError::Failed { doing: "시험", source: "the power is gone".into() };
        let left = self.left.load(Ordering::Relaxed);
        self.left.store(left.saturating_sub(1), Ordering::Relaxed);
        match (left, self.done) {
            (0, _) | (1, false) => Err(gone()),
            (1, true) => {
                act(&mut self.kept);
                Err(gone())
            }
            _ => Ok(act(&mut self.kept)),
        }
    }
}

impl Store for Brittle {
    fn last(&self) -> Result<Option<StoredRecord>, StoreError> {
        self.kept.last()
    }
    fn read(
        &self,
        from: u64,
        each: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.kept.read(from, each)
    }
    fn append(&mut self, next: u64, batch: &[StoredRecord]) -> Result<(), AppendError> {
        self.step(|kept| kept.append(next, batch)).map_err(AppendError::Doubtful)?
    }
    fn snapshots(&self) -> Result<Vec<u64>, StoreError> {
        self.kept.snapshots()
    }
    fn snapshot(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        self.kept.snapshot(seq)
    }
    fn put_snapshot(&mut self, seq: u64, bytes: &[u8]) -> Result<(), StoreError> {
        self.step(|kept| kept.put_snapshot(seq, bytes))?
    }
    fn note_alive(&mut self, alive: &Alive) -> Result<(), StoreError> {
        self.step(|kept| kept.note_alive(alive))?
    }
    fn last_alive(&self) -> Result<Option<Alive>, StoreError> {
        self.kept.last_alive()
    }
}

impl Erase for Brittle {
    fn rewrite(&mut self, batch: &[StoredRecord]) -> Result<(), StoreError> {
        self.step(|kept| kept.rewrite(batch))?
    }
    fn drop_copies(&mut self) -> Result<(), StoreError> {
        self.step(Memory::drop_copies)?
    }
}

/// The night, and then so much of 가온별 that it is rewritten in several pieces.
fn long() -> Memory {
    let memory = Memory::new();
    filled(memory.clone(), night());
    let Opened { mut journal, .. } = Journal::open::<Value>(memory.clone(), "none").unwrap();
    let talk = |n| said(n, &format!("<@{}> 가온별 님께 전했습니다", id()));
    journal.append(&(1..=700).map(talk).collect::<Vec<_>>()).unwrap();
    memory
}

#[test]
fn a_crash_anywhere_leaves_a_journal_that_opens_and_doing_it_again_completes_it() {
    let whole = long();
    let (engine, _) = Engine::open(whole.clone()).unwrap();
    let before = as_json(engine.desk());
    drop(engine);
    let plan = forget_on(whole.clone());
    let expected = whole.records();
    let after = as_json(Engine::open(whole).unwrap().0.desk());
    assert_ne!(before, after);
    let mut crashed = 0;
    for done in [false, true] {
        for steps in 1.. {
            let kept = long();
            let (mut engine, _) = Engine::open(kept.clone()).unwrap();
            engine.snapshot();
            drop(engine);
            let left = Arc::new(AtomicU32::new(steps));
            let brittle = Brittle { kept: kept.clone(), left, done };
            let (mut engine, _) = Engine::open(brittle).unwrap();
            let planned = engine.plan_forgetting(&wish("가온별"), later(0)).unwrap();
            let result = engine.forget(&planned, later(0), |_| {});
            drop(engine);
            let what = format!("{steps} {done} {result:?}");
            // what is there opens, and is the desk of before or of after, nothing between
            records_of(&kept);
            let (engine, _) = Engine::open(kept.clone()).unwrap();
            let desk = as_json(engine.desk());
            assert!(desk == before || desk == after, "{what}");
            drop(engine);
            if kept.records() != expected {
                crashed += 1;
                assert!(result.is_err(), "{what}");
                let again = forget_on(kept.clone());
                assert_eq!((again.alias(), again.found()), (plan.alias(), plan.found()), "{what}");
            }
            assert_eq!(kept.records(), expected, "{what}");
            let (engine, _) = Engine::open(kept.clone()).unwrap();
            assert_eq!(as_json(engine.desk()), after, "{what}");
            if result.is_ok() {
                break;
            }
        }
    }
    // before, at the attestation, at either snapshot, at each of three pieces and the last
    assert!(crashed >= 10, "{crashed}");
}

#[test]
fn a_node_that_stood_by_leads_with_the_person_forgotten() {
    let memory = Memory::new();
    filled(memory.clone(), night());
    let early = Follower::begin(&memory).unwrap();
    let mut late = Follower::begin(&memory).unwrap();
    forget_on(memory.clone());
    let news = News::after(late.tail(), &memory).unwrap();
    late.take(news);
    let expected = as_json(Engine::open(memory.clone()).unwrap().0.desk());
    for follower in [early, late] {
        let (engine, _) = Engine::lead(memory.clone(), follower).unwrap();
        assert_eq!(as_json(engine.desk()), expected);
    }
}

#[test]
fn one_after_the_other_and_who_asked_may_be_the_next() {
    let memory = Memory::new();
    filled(memory.clone(), night());
    forget_on(memory.clone());
    let (mut engine, _) = Engine::open(memory.clone()).unwrap();
    let plan = engine.plan_forgetting(&wish("고윤슬"), later(1)).unwrap();
    assert_eq!(plan.alias(), "퇴사자-2");
    assert!(matches!(plan.has_left(), Err(ForgetError::StillThere { .. })));
    engine.forget(&plan, later(1), |_| {}).unwrap();
    drop(engine);
    let records = records_of(&memory);
    let asked: Vec<&str> = forgettings(&records).map(|one| one.by.as_str()).collect();
    assert_eq!(asked, ["퇴사자-2", "퇴사자-2"]);
    assert!(!memory.records().iter().any(|one| plan.finds_in(&one.bytes)));
    assert_eq!(played_otherwise(&records), None);

    let (engine, _) = Engine::open(memory).unwrap();
    let unknown = engine.plan_forgetting(&wish("가온별"), later(2)).unwrap_err();
    assert!(unknown.to_string().contains("저널에 가온별이(가) 없습니다"), "{unknown}");
}

#[test]
fn whoever_has_not_left_is_refused_with_what_to_do() {
    let memory = Memory::new();
    filled(memory.clone(), night());
    let (engine, _) = Engine::open(memory).unwrap();
    let refused = |wish: &Wish| {
        let plan = engine.plan_forgetting(wish, later(0));
        plan.and_then(|plan| plan.has_left()).unwrap_err()
    };
    let said = refused(&wish("다솜윤")).to_string();
    assert!(said.contains("다솜윤을(를) 아직 지울 수 없습니다"), "{said}");
    assert!(said.contains("guide.txt에 아직 있습니다"), "{said}");
    assert!(said.contains("Slack의 구성원입니다"), "{said}");
    let said = refused(&wish("라온결")).to_string();
    assert!(said.contains("customers.csv에 아직 있습니다"), "{said}");

    assert!(matches!(refused(&wish("김없음")), ForgetError::Unknown(_)));
    assert!(matches!(refused(&wish("가")), ForgetError::TooShort(_)));
    let with = |alias: &str, also: &[&str]| Wish {
        alias: Some(alias.to_owned()),
        also: also.iter().map(ToString::to_string).collect(),
        ..wish("가온별")
    };
    for (alias, why) in
        [("가", "두 글자"), ("a b", "글자, 숫자"), ("다솜윤", "이미"), ("가온별1", "지울 글")]
    {
        let said = refused(&with(alias, &[])).to_string();
        assert!(said.contains(why) && said.contains("--as 퇴사자-7"), "{said}");
    }
    // a text that records are made of
    let said = refused(&with("퇴사자-9", &["slack"])).to_string();
    assert!(said.contains("읽을 수 없게 됩니다") && said.contains("--also"), "{said}");
}

#[test]
fn an_open_case_holds_it_up() {
    let scenario = NIGHT.split("  - press: {by: 다솜윤").next().unwrap();
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("night.yaml"), scenario).unwrap();
    let (_, world) = play(&folder.path().join("night.yaml"), &books(), &[]).unwrap();
    let memory = Memory::new();
    filled(memory.clone(), &world.journal().unwrap());
    let (engine, _) = Engine::open(memory).unwrap();
    let plan = engine.plan_forgetting(&wish("가온별"), later(0)).unwrap();
    let said = plan.has_left().unwrap_err().to_string();
    assert!(said.contains("열린 사건에 있습니다: #1"), "{said}");
}

fn options(name: &str) -> Forget {
    Forget { name: name.to_owned(), by: Some("고윤슬".to_owned()), ..Forget::default() }
}

fn coc_forget(state: &Path, options: Forget) -> Result<String, CommandError> {
    let mut out = Vec::new();
    run(state, &JournalCommand::Forget(options), &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn exported(state: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    export(state, &Export::default(), &mut out).unwrap();
    out
}

fn verdict(state: &Path) -> Value {
    let mut out = Vec::new();
    verify(state, &Verify { json: true, ..Verify::default() }, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn the_command_says_what_it_does_and_what_is_left_to_do() {
    let folder = tempdir().unwrap();
    let state = folder.path().join("state");
    filled(Sled::open(&state).unwrap(), night());
    let before = exported(&state);
    let said = coc_forget(&state, Forget { dry_run: true, ..options("가온별") }).unwrap();
    assert!(said.contains("이름을 퇴사자-1(으)로 바꿀 것입니다"), "{said}");
    assert!(said.contains("- 이름과 글: 가온별\n- 전화번호: 010-0000-1001\n"), "{said}");
    assert_eq!(exported(&state), before);

    let said = coc_forget(&state, options("가온별")).unwrap();
    assert!(said.contains("퇴사자-1(으)로 바꿨습니다"), "{said}");
    assert!(said.contains("옛 백업과 내보낸 파일에는 아직 있습니다"), "{said}");
    let after = exported(&state);
    assert_no_trace(&after, &id(), "export");

    let verdict = verdict(&state);
    assert_eq!(verdict["ok"], true);
    let told = &verdict["forgotten"][0];
    assert_eq!(told["alias"], "퇴사자-1");
    assert_eq!(told["by"], "고윤슬");
    assert_eq!(told["pending"], 0);
    assert_eq!(told["seq"], verdict["records"]);
    assert!(told["records"].as_u64().unwrap() > 5, "{verdict}");
    let mut out = Vec::new();
    verify(&state, &Verify::default(), &mut out).unwrap();
    let said = String::from_utf8(out).unwrap();
    assert!(said.contains("퇴사자-1(으)로 고쳤습니다") && said.contains("고윤슬"), "{said}");

    let refused = coc_forget(&state, options("다솜윤")).unwrap_err();
    assert_eq!(refused.exit_code(), 2);
    let json = coc_forget(&state, Forget { dry_run: true, json: true, ..options("하늘솔") });
    assert_eq!(json.unwrap_err().exit_code(), 2);
}

#[test]
fn an_export_carries_it_along_and_a_cut_one_is_refused() {
    let folder = tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    filled(Sled::open(&old).unwrap(), night());
    let before = folder.path().join("before.jsonl");
    fs::write(&before, exported(&old)).unwrap();
    coc_forget(&old, options("가온별")).unwrap();
    let lines = exported(&old);
    let file = folder.path().join("export.jsonl");
    fs::write(&file, &lines).unwrap();
    let restored = |state: &Path, file: &Path| {
        let options = Restore { file: file.to_owned(), json: false, take_rewritten: false };
        restore(state, &options, &mut Vec::new())
    };
    restored(&new, &file).unwrap();
    assert_eq!(exported(&new), lines);
    assert_eq!(verdict(&new), verdict(&old));
    // the disk of the new folder never saw the name
    for entry in fs::read_dir(new.join("journal")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            assert_no_trace(&fs::read(&path).unwrap(), &id(), &path.display().to_string());
        }
    }
    // an old back-up still restores, and still holds the person
    let was = folder.path().join("was");
    restored(&was, &before).unwrap();
    assert!(String::from_utf8(exported(&was)).unwrap().contains("가온별"));

    // without its last line nothing speaks for the rewritten ones
    let text = String::from_utf8(lines).unwrap();
    let cut = text.trim_end().rsplit_once('\n').unwrap().0;
    let first = text.lines().position(|line| line.contains("\"attested_by\"")).unwrap() + 1;
    let cut_file = folder.path().join("cut.jsonl");
    fs::write(&cut_file, cut).unwrap();
    let refused = restored(&folder.path().join("cut"), &cut_file).unwrap_err();
    assert_eq!(refused.exit_code(), 2);
    assert!(
        refused.to_string().contains(&format!("cut.jsonl {first}행: 고쳐진 기록")),
        "{refused}"
    );
    assert!(refused.to_string().contains("--take-rewritten"), "{refused}");
    assert!(!folder.path().join("cut").exists());
    // what is left of a broken journal is saved when somebody says so, and that is told ever after
    let saved = folder.path().join("saved");
    let options = Restore { file: cut_file.clone(), json: false, take_rewritten: true };
    restore(&saved, &options, &mut Vec::new()).unwrap();
    let told = &verdict(&saved)["forgotten"][0];
    assert_eq!(told["by"], "coc journal restore --take-rewritten");
    assert_eq!(told["records"], verdict(&old)["forgotten"][0]["records"]);
    let (engine, _) = Engine::open(Sled::open(&saved).unwrap()).unwrap();
    let (before, _) = Engine::open(Sled::open(&old).unwrap()).unwrap();
    assert_eq!(as_json(engine.desk()), as_json(before.desk()));
    drop((engine, before));
    // and nobody can rewrite another line in its name
    let forged = text.replacen("퇴사자-1", "다솜윤", 1);
    fs::write(&cut_file, forged).unwrap();
    assert_eq!(restored(&folder.path().join("cut"), &cut_file).unwrap_err().exit_code(), 2);

    // played again it is the same, from the folder and from the file
    let coc = |journal: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coc"));
        command.args(["replay", "--journal"]).arg(journal).env_clear().output().unwrap()
    };
    for journal in [&new, &file] {
        let output = coc(journal);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(!coc(&cut_file).status.success());
}

#[test]
fn the_extract_of_a_case_proves_it_without_the_name() {
    let folder = tempdir().unwrap();
    let state = folder.path().join("state");
    filled(Sled::open(&state).unwrap(), night());
    coc_forget(&state, options("가온별")).unwrap();
    let file = folder.path().join("case-1.txt");
    let coc = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coc"));
        let output =
            command.args(arguments).current_dir(folder.path()).env_clear().output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    for form in [&["--json"][..], &[]] {
        let arguments =
            [&["journal", "export", "--case", "1", "--out", "case-1.txt"][..], form].concat();
        assert_eq!(coc(&arguments).0, 0);
        let text = fs::read_to_string(&file).unwrap();
        assert_no_trace(text.as_bytes(), &id(), "extract");
        let (status, said) = coc(&["journal", "verify", "--export", "case-1.txt"]);
        assert_eq!(status, 0, "{said}");
        assert!(said.contains("고쳐진 기록"), "{said}");
        let with = ["journal", "verify", "--export", "case-1.txt", "--with-journal"];
        assert_eq!(coc(&with).0, 0);
    }
    // the attestation taken out, nothing is believed any more
    let text = fs::read_to_string(&file).unwrap();
    let without: String =
        text.split_inclusive('\n').filter(|line| !line.starts_with("attest ")).collect();
    assert_ne!(text, without);
    fs::write(&file, without).unwrap();
    assert_eq!(coc(&["journal", "verify", "--export", "case-1.txt"]).0, 1);
}

/// What is told of a person besides names, numbers and addresses, by scenario: it is told otherwise of the alias.
const TOLD_OTHERWISE: [(&str, &str); 2] = [
    ("98-guide-applied.yaml", "a warning about the domain of the person's address"),
    (
        "99-guide-broken.yaml",
        "a number that a sentence gives as an example, which here is the person's",
    ),
];

fn every_scenario_without_one_of_its_people(half: usize) {
    let people = ["라온결", "오하라", "마루한", "가온별"];
    let mut forgotten = 0;
    for file in files::scenarios() {
        let name = file.file_name().unwrap().to_str().unwrap();
        let number: usize = name.split('-').next().unwrap().parse().unwrap();
        if number % 2 != half {
            continue;
        }
        let person = people[number % people.len()];
        let what = format!("{name} without {person}");
        let (_, world) = play(&file, &books(), &[]).unwrap();
        let memory = Memory::new();
        filled(memory.clone(), &world.journal().unwrap());
        let (mut engine, _) = Engine::open(memory.clone()).unwrap();
        let plan = match engine.plan_forgetting(&wish(person), later(0)) {
            Ok(plan) => plan,
            Err(ForgetError::Unknown(_)) => continue,
            Err(other) => panic!("{what}: {other}"),
        };
        let expected = renamed(engine.desk(), &plan);
        engine.forget(&plan, later(0), |_| {}).unwrap();
        assert_eq!(as_json(engine.desk()), expected, "{what}");
        assert!(engine.desk().roster.value.person(&Name::from(person)).is_none(), "{what}");
        drop(engine);
        let records = records_of(&memory);
        assert!(!memory.records().iter().any(|stored| plan.finds_in(&stored.bytes)), "{what}");
        let otherwise = played_otherwise(&records);
        let excused = TOLD_OTHERWISE.iter().any(|(excused, _)| *excused == name);
        assert_eq!(otherwise.is_some(), excused, "{what}: {otherwise:?}");
        forgotten += 1;
    }
    assert!(forgotten > 90, "{forgotten}");
}

#[test]
fn every_second_scenario_plays_the_same_when_one_of_its_people_is_forgotten() {
    every_scenario_without_one_of_its_people(0);
}

#[test]
fn and_so_does_every_other() {
    every_scenario_without_one_of_its_people(1);
}
