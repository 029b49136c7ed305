//! The engine's parts without a network: decisions, durable appends, reading back, snapshots, the rules. `cargo bench --bench desk`;
//! docs/performance.md says what is measured how.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on stops")]

#[allow(dead_code, reason = "each bench uses its part")]
mod traffic;

use coc::domain::calendar::Calendar;
use coc::domain::decide::decide;
use coc::domain::desk::Desk;
use coc::domain::errand::ErrandKind;
use coc::domain::ids::SlackUser;
use coc::domain::input::{Input, SlackAct};
use coc::domain::people::order::urgent_order;
use coc::domain::time::Time;
use coc::engine::Engine;
use coc::errands::Runner;
use coc::journal::{Draft, Journal, Memory, Record, Sled};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::LazyLock;
use traffic::{Traffic, Unhurried};

fn main() {
    divan::main();
}

fn night() -> Time {
    "2025-08-05T22:00:00+09:00".parse().unwrap()
}

fn on_disk() -> tempfile::TempDir {
    tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap()
}

fn started(at: Time) -> (Traffic, Engine<Unhurried<Memory>>) {
    let (mut engine, _) = Engine::open(Unhurried::new(Memory::new())).unwrap();
    let mut traffic = Traffic::new(7, at);
    traffic.start(&mut engine);
    (traffic, engine)
}

/// A desk with so many urgent chains under way, and what may come in next.
struct Busy {
    desk: Desk,
    now: Time,
    talk: Input,
    request: Input,
    press: Input,
    wake: Input,
    due: Time,
}

impl Busy {
    fn with(open: usize) -> Self {
        let (mut traffic, mut engine) = started(night());
        for _ in 0..open {
            let asked = traffic.urgent();
            traffic.offer(&mut engine, Input::Slack(asked));
        }
        let talk = traffic
            .said("어제 말씀드린 대시보드는 오늘 오후에 다시 확인해 보겠습니다. 감사합니다!");
        let request = traffic.urgent();
        // one more chain than `open` is there while its press and its wake are looked at
        let asked = traffic.urgent();
        let mut token = None;
        let seq = engine.last_seq();
        engine.offer(traffic.now(), vec![Input::Slack(asked)]).unwrap();
        for errand in engine.desk().owed() {
            if let ErrandKind::Post { message, .. } = &errand.kind
                && let Some(button) = message.buttons.iter().find(|button| button.label == "부재")
            {
                token = Some(button.token.clone());
            }
        }
        assert!(engine.last_seq() > seq);
        let token = token.unwrap();
        traffic.settle(&mut engine);
        let desk = engine.desk().clone();
        let on = desk.posts.values().last().unwrap().at.clone();
        let press = traffic.press(&SlackUser::from(traffic::COC), &on, &token);
        assert!(matches!(press.what, SlackAct::Pressed { .. }));
        let wake = desk.next_wake().unwrap();
        let (now, due) = (traffic.now(), wake.due);
        let (talk, request, press) =
            (Input::Slack(talk), Input::Slack(request), Input::Slack(press));
        Self { desk, now, talk, request, press, wake: Input::Woken(wake), due }
    }

    fn bench(&self, bencher: Bencher<'_, '_>, input: &Input, now: Time, acts: bool) {
        let seq = 1_000_000;
        assert_eq!(decide(&self.desk, input, now, seq).changes.is_empty(), !acts);
        bencher.bench(|| decide(black_box(&self.desk), black_box(input), now, seq));
    }
}

/// Whether anything is measured; else (`cargo test --benches`) each part runs once and small.
fn in_earnest() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Open cases.
fn open_cases() -> &'static [usize] {
    if in_earnest() { &[0, 100, 1000] } else { &[0, 5] }
}

/// Records of the days that are read back.
fn records() -> u64 {
    if in_earnest() { 10_000 } else { 300 }
}

mod decision {
    use super::{Bencher, Busy, open_cases};

    #[divan::bench(args = open_cases())]
    fn talk_that_is_not_for_us(bencher: Bencher<'_, '_>, open: usize) {
        let busy = Busy::with(open);
        busy.bench(bencher, &busy.talk, busy.now, false);
    }

    #[divan::bench(args = open_cases())]
    fn urgent_request(bencher: Bencher<'_, '_>, open: usize) {
        let busy = Busy::with(open);
        busy.bench(bencher, &busy.request, busy.now, true);
    }

    #[divan::bench(args = open_cases())]
    fn press(bencher: Bencher<'_, '_>, open: usize) {
        let busy = Busy::with(open);
        busy.bench(bencher, &busy.press, busy.now, true);
    }

    #[divan::bench(args = open_cases())]
    fn wake(bencher: Bencher<'_, '_>, open: usize) {
        let busy = Busy::with(open);
        busy.bench(bencher, &busy.wake, busy.due, true);
    }
}

/// A runner that knows the desk, what is owed there, and when.
fn owing(open: usize) -> (Engine<Unhurried<Memory>>, Runner, Time) {
    let (mut traffic, mut engine) = started(night());
    for _ in 0..open {
        let asked = Input::Slack(traffic.urgent());
        engine.offer(traffic.now(), vec![asked]).unwrap();
    }
    let mut runner = Runner::new(engine.desk());
    // what may go at once is on its way when the turns are looked at
    runner.ready(engine.desk(), traffic.now());
    (engine, runner, traffic.now())
}

/// What the loop looks at in every turn: which of the things owed may go now. Nothing was carried out yet, and nothing is new.
#[divan::bench(args = open_cases())]
fn errands_ready(bencher: Bencher<'_, '_>, open: usize) {
    let (engine, mut runner, now) = owing(open);
    bencher.bench_local(|| runner.ready(engine.desk(), now));
}

/// The same after something changed for all of them.
#[divan::bench(args = open_cases(), sample_size = 1)]
fn errands_ready_all_looked_at(bencher: Bencher<'_, '_>, open: usize) {
    let (engine, mut runner, now) = owing(open);
    let owed = engine.desk().owed().count();
    bencher.counter(ItemsCount::new(owed)).bench_local(|| {
        runner.chat_is_back();
        runner.ready(engine.desk(), now)
    });
}

/// Some days of records, and the desk after them.
struct Days {
    records: Vec<Record>,
    bytes: u64,
    memory: Memory,
}

static DAYS: LazyLock<Days> = LazyLock::new(|| {
    let memory = Memory::new();
    let (mut engine, _) = Engine::open(Unhurried::new(memory.clone())).unwrap();
    let mut traffic = Traffic::new(3, night());
    traffic.start(&mut engine);
    while engine.last_seq() < records() {
        traffic.step(&mut engine);
    }
    drop(engine);
    let bytes = memory.records().iter().map(|stored| stored.bytes.len() as u64).sum();
    let journal = Journal::open::<Desk>(memory.clone(), "figures").unwrap().journal;
    let mut records = Vec::new();
    journal.read_after(0, |record| records.push(record)).unwrap();
    Days { records, bytes, memory }
});

/// Records of usual size: none of those that adopt a book.
fn drafts(count: usize) -> Vec<Draft> {
    let usual = DAYS.records.iter().skip(100).take(count).cloned();
    usual.map(|Record { at, input, changes, .. }| Draft { at, input, changes }).collect()
}

mod append {
    use super::{Bencher, BytesCount, DAYS, Desk, File, Journal, Sled, Write, drafts, on_disk};

    const TOGETHER: [usize; 3] = [1, 16, 128];

    #[divan::bench(args = TOGETHER, sample_size = 1)]
    fn durable(bencher: Bencher<'_, '_>, count: usize) {
        let folder = on_disk();
        let mut journal =
            Journal::open::<Desk>(Sled::open(folder.path()).unwrap(), "figures").unwrap().journal;
        let drafts = drafts(count);
        bencher.bench_local(|| journal.append(&drafts).unwrap());
    }

    /// The yardstick: the same bytes, written to the end of a file and brought to disk.
    #[divan::bench(args = TOGETHER, sample_size = 1)]
    fn bare_write_and_fsync(bencher: Bencher<'_, '_>, count: usize) {
        let folder = on_disk();
        let mut file = File::create(folder.path().join("bare")).unwrap();
        let stored = DAYS.memory.records();
        let bytes: Vec<u8> =
            stored.into_iter().skip(100).take(count).flat_map(|one| one.bytes).collect();
        bencher.counter(BytesCount::new(bytes.len())).bench_local(|| {
            file.write_all(&bytes).and_then(|()| file.sync_all()).unwrap();
        });
    }
}

mod reading {
    use super::{
        Bencher, BytesCount, DAYS, Desk, Engine, ItemsCount, Journal, Sled, Unhurried, on_disk,
    };
    use coc::journal::Store;

    #[divan::bench(sample_count = 20)]
    fn apply(bencher: Bencher<'_, '_>) {
        let records = &DAYS.records;
        bencher.counter(ItemsCount::new(records.len())).bench(|| {
            let mut desk = Desk::default();
            for record in records {
                for change in &record.changes {
                    desk.apply(record.at, change);
                }
            }
            desk
        });
    }

    /// Records checked, read and applied, from memory.
    #[divan::bench(sample_count = 20)]
    fn replay(bencher: Bencher<'_, '_>) {
        let days = &*DAYS;
        bencher
            .counter(ItemsCount::new(days.records.len()))
            .counter(BytesCount::new(days.bytes))
            .bench(|| Engine::open(Unhurried::new(days.memory.clone())).unwrap());
    }

    /// The same out of sled.
    #[divan::bench(sample_count = 20)]
    fn replay_from_disk(bencher: Bencher<'_, '_>) {
        let days = &*DAYS;
        let folder = on_disk();
        let mut sled = Sled::open(folder.path()).unwrap();
        for batch in days.memory.records().chunks(200) {
            sled.append(batch[0].seq, batch).unwrap();
        }
        let journal = Journal::open::<Desk>(sled, "figures").unwrap().journal;
        bencher
            .counter(ItemsCount::new(days.records.len()))
            .counter(BytesCount::new(days.bytes))
            .bench_local(|| {
                let mut desk = Desk::default();
                let applied = journal.read_after(0, |record| {
                    for change in &record.changes {
                        desk.apply(record.at, change);
                    }
                });
                applied.unwrap();
                desk
            });
    }
}

/// A desk that keeps so many cases.
mod snapshot {
    use super::{
        Bencher, BytesCount, Desk, Engine, Sled, Traffic, Unhurried, in_earnest, night, on_disk,
        records, started,
    };

    fn kept() -> &'static [usize] {
        if in_earnest() { &[10, 1000, 5000] } else { &[10] }
    }

    fn desk(cases: usize) -> Desk {
        let (mut traffic, mut engine) = started(night());
        while engine.desk().cases.len() < cases {
            traffic.step(&mut engine);
            // whatever is kept for 90 days is all there
            assert!(traffic.now() - night() < chrono::TimeDelta::days(100), "{cases} cases");
        }
        engine.desk().clone()
    }

    #[divan::bench(args = kept(), sample_count = 20)]
    fn to_json(bencher: Bencher<'_, '_>, cases: usize) {
        let desk = desk(cases);
        let bytes = serde_json::to_vec(&desk).unwrap().len();
        bencher.counter(BytesCount::new(bytes)).bench(|| serde_json::to_vec(&desk).unwrap());
    }

    #[divan::bench(args = kept(), sample_count = 20)]
    fn from_json(bencher: Bencher<'_, '_>, cases: usize) {
        let json = serde_json::to_vec(&desk(cases)).unwrap();
        bencher
            .counter(BytesCount::new(json.len()))
            .bench(|| serde_json::from_slice::<Desk>(&json).unwrap().revived());
    }

    /// As the loop does it, with the disk.
    #[divan::bench(sample_count = 20, sample_size = 1)]
    fn kept_on_disk_after_the_days(bencher: Bencher<'_, '_>) {
        let folder = on_disk();
        let store = Unhurried::new(Sled::open(folder.path()).unwrap());
        let (mut engine, _) = Engine::open(store).unwrap();
        let mut traffic = Traffic::new(3, night());
        traffic.start(&mut engine);
        while engine.last_seq() < records() {
            traffic.step(&mut engine);
        }
        drop(engine);
        let (mut engine, _) = Engine::open(Sled::open(folder.path()).unwrap()).unwrap();
        bencher.bench_local(|| engine.snapshot());
    }
}

mod rule {
    use super::{Bencher, Calendar, black_box, night, started, urgent_order};

    #[divan::bench]
    fn call_at(bencher: Bencher<'_, '_>) {
        let calendar = Calendar::new(&started(night()).1.desk().policy.value.hours);
        bencher.bench(|| calendar.call_at(black_box(night())));
    }

    #[divan::bench]
    fn order_of_the_urgent_chain(bencher: Bencher<'_, '_>) {
        let desk = started(night()).1.desk().clone();
        let (roster, policy) = (&desk.roster.value, &desk.policy.value);
        bencher.bench(|| {
            let order = urgent_order(black_box(roster), policy);
            order.available(roster, &desk.leaves, night()).0.len()
        });
    }
}
