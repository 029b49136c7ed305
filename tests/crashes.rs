//! Every scenario with the process crashed at every place: after each of its records, and after each of its effects in the world
//! whose outcome is no record yet. People see the same as without a crash, at the same instants, and the journal tells it again.
//!
//! `COC_CRASHES=twice`, as `.ci/run` has it, crashes each place a second time too, while the process comes up from the first: in turn
//! after the first, second … record of that start; with `COC_CRASHES=everywhere` after each of them, which takes four times as long.
//! `COC_SCENARIO=85` plays the files alone whose names begin so.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "how long it takes is told")]
#![expect(clippy::print_stderr, reason = "how much was looked at is told")]

mod common;
#[path = "common/files.rs"]
mod files;

use coc::replay::journal::Again;
use coc::replay::{Act, Crash, Did, Played, Stage, Words, World};
use common::books;
use files::{folder, scenarios};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// How many records a start has at the least and at the most that is crashed into: it is up, what was missed is read, timers run;
/// more, where posts are looked for.
const RECORDS_OF_A_START: u64 = 4;

/// A carrier that does not answer is asked again after a second; a process that comes up in that second asks at once.
const ASKS_AT_ONCE: &str = "86-phone-timeout";

/// A start reads a changed guide by itself, before anybody asks for it: crashed in between, it is as if it had been started after the
/// change.
const READS_THE_GUIDE: &str = "98-guide-applied";
const CHANGES_THE_GUIDE: &str = "  - guide: {file: guides/swapped.txt}\n";

/// Two pages that are due in one second go out as one call; of a process that comes up between them the first goes out as a call, and
/// the second joins it.
const TWO_AS_ONE_CALL: &str = "100-two-pages-one-call";

/// How long a service has not answered, and when it is asked again, is not in the journal: a process that comes up asks at once and
/// counts from there.
const SERVICES_DOWN: [&str; 9] = [
    "104-mail-server-down",
    "105-support-desk-down",
    "136-ticket-by-hand",
    "150-phd-mail-server-down",
    "167-tam-mail-server-refuses",
    "186-aws-status-feed-down",
    "187-aws-status-no-feed",
    "257-onboard-mail-server-down",
    "291-call-general-outage",
];

/// A scenario, and what people see of it without a crash.
struct Plain {
    name: String,
    stage: Stage,
    seen: Seen,
    /// What they may see instead, where a start in between shows.
    started: Option<Seen>,
    records: u64,
    effects: u64,
}

#[test]
fn a_crash_anywhere_is_not_seen() {
    let only = std::env::var("COC_SCENARIO").unwrap_or_default();
    let plain: Vec<Plain> = scenarios()
        .iter()
        .filter(|file| file.file_name().unwrap().to_str().unwrap().starts_with(&only))
        .map(|file| plain(file))
        .collect();
    // unoptimised, all of it takes minutes
    let (every, seconds) = match std::env::var("COC_CRASHES").as_deref() {
        Ok("few") => (40, 0),
        Err(_) => (4, 0),
        Ok("once") => (1, 0),
        Ok("twice") => (1, 1),
        Ok("everywhere") => (1, RECORDS_OF_A_START),
        Ok(other) => panic!("COC_CRASHES is few, once, twice or everywhere, not {other:?}"),
    };
    let records: u64 = plain.iter().map(|plain| plain.records).sum();
    let effects: u64 = plain.iter().map(|plain| plain.effects).sum();
    assert!(records > 0 && effects > 0, "nothing was played");

    let mut wrong = Vec::new();
    let begun = Instant::now();
    let once: Vec<(&Plain, Vec<Crash>)> = plain
        .iter()
        .flat_map(|plain| plain.places().step_by(every).map(move |place| (plain, vec![place])))
        .collect();
    let found = everywhere(&once, |(plain, crashes)| plain.crashed(crashes));
    eprintln!(
        "crashes: {} scenarios, {records} records and {effects} effects, crashed at every {every}th in turn: {} plays in {:.1?}",
        plain.len(),
        once.len(),
        begun.elapsed()
    );
    wrong.extend(found.into_iter().filter_map(|found| found.err()));

    if seconds > 0 {
        let begun = Instant::now();
        let pairs: Vec<(&Plain, Vec<Crash>)> = once
            .iter()
            .zip(0_u64..)
            .flat_map(|((plain, first), place)| {
                (0..seconds).map(move |more| {
                    let nth = (place + more) % RECORDS_OF_A_START + 1;
                    (*plain, vec![first[0], Crash::AfterRecordOfStart(nth)])
                })
            })
            .collect();
        let found = everywhere(&pairs, |(plain, crashes)| plain.crashed(crashes));
        let struck = found.iter().filter(|found| matches!(found, Ok(Struck::All))).count();
        eprintln!(
            "crashes: {} plays crashed again while coming up in {:.1?}; {} more ended before the second crash",
            struck,
            begun.elapsed(),
            found.iter().filter(|found| matches!(found, Ok(Struck::First))).count(),
        );
        assert!(struck * 2 > pairs.len(), "most of the second crashes must strike");
        wrong.extend(found.into_iter().filter_map(|found| found.err()));
    } else {
        eprintln!(
            "crashes: the places between, and a second crash of each, are left to COC_CRASHES=twice (.ci/run)"
        );
    }
    assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));
}

/// Where a crash did what it should.
enum Struck {
    All,
    /// The play was over before the second one.
    First,
}

fn plain(file: &Path) -> Plain {
    let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
    let stage = Stage::set(file, &books()).unwrap();
    let (played, world) = stage.play(&[]).unwrap();
    let (records, effects) = world.counts();
    let seen = seen(&name, &played);
    let started = (name == READS_THE_GUIDE).then(|| {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains(CHANGES_THE_GUIDE));
        let restarted = format!("{CHANGES_THE_GUIDE}  - crash: {{}}\n");
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(folder().join("guides"), elsewhere.path().join("guides"))
            .unwrap();
        let copy = elsewhere.path().join("copy.yaml");
        std::fs::write(&copy, text.replace(CHANGES_THE_GUIDE, &restarted)).unwrap();
        let (played, _) = Stage::set(&copy, &books()).unwrap().play(&[]).unwrap();
        self::seen(&name, &played)
    });
    Plain { name, stage, seen, started, records, effects }
}

impl Plain {
    fn places(&self) -> impl Iterator<Item = Crash> + use<> {
        let records = (1..=self.records).map(Crash::AfterRecord);
        records.chain((1..=self.effects).map(Crash::AfterEffect))
    }

    fn crashed(&self, crashes: &[Crash]) -> Result<Struck, String> {
        self.play(crashes).map_err(|why| {
            let name = &self.name;
            format!("{name} {crashes:?}: {why}\nto repeat: COC_CRASHES=everywhere COC_SCENARIO={name} cargo test --test crashes")
        })
    }

    fn play(&self, crashes: &[Crash]) -> Result<Struck, String> {
        let (played, world) = self.stage.play(crashes).map_err(|error| error.to_string())?;
        let struck = match world.crashes_to_come() {
            [] => Struck::All,
            [Crash::AfterRecordOfStart(_)] => Struck::First,
            left => return Err(format!("{left:?} did not strike")),
        };
        let unheard = crashes.iter().filter(|crash| matches!(crash, Crash::AfterEffect(_))).count();
        let crashed = seen(&self.name, &played);
        let difference = self.seen.difference(&crashed, unheard);
        if let Some(difference) = difference
            && self
                .started
                .as_ref()
                .is_none_or(|started| started.difference(&crashed, unheard).is_some())
        {
            return Err(difference);
        }
        if crashes.len() > 1 {
            told_again(&world)?;
        }
        Ok(struck)
    }
}

/// The journal is whole, and deciding all of it again comes to the same.
fn told_again(world: &World) -> Result<(), String> {
    let mut again = Again::default();
    for record in world.journal()? {
        again.take(&record);
    }
    let told = again.finish().map_err(|error| error.to_string())?;
    if told.is_same() {
        Ok(())
    } else {
        Err(format!("the journal is decided otherwise now: {:#?}", told.first_difference))
    }
}

/// What people see, place by place: a thread, a message and its changes, one person's own messages, a telephone. Instants are a part
/// of it, so that between two places, too, only what happens at the same instant may change its order.
#[derive(Default)]
struct Seen(BTreeMap<String, Vec<Line>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    said: String,
    /// Slack keeps nothing by which it could be found again: what may not have arrived is done again.
    repeatable: bool,
}

impl Seen {
    fn add(&mut self, place: String, said: String, repeatable: bool) {
        self.0.entry(place).or_default().push(Line { said, repeatable });
    }

    /// `unheard`: of how many effects the outcome was lost. Each may stand twice, one after the other, if it is repeatable.
    fn difference(&self, crashed: &Self, mut unheard: usize) -> Option<String> {
        let places: BTreeSet<&String> = self.0.keys().chain(crashed.0.keys()).collect();
        for place in places {
            let expected = self.0.get(place).map_or(&[][..], Vec::as_slice);
            let mut was = crashed.0.get(place).cloned().unwrap_or_default();
            loop {
                let same = expected.iter().zip(&was).take_while(|(one, other)| one == other);
                let nth = same.count();
                if nth == expected.len() && nth == was.len() {
                    break;
                }
                let twice = nth > 0 && was.get(nth).is_some_and(|line| *line == was[nth - 1]);
                if unheard > 0 && twice && was[nth].repeatable {
                    unheard -= 1;
                    was.remove(nth);
                    continue;
                }
                let line = |lines: &[Line]| {
                    lines.get(nth).map_or("(nothing)", |line| &line.said).to_owned()
                };
                return Some(format!(
                    "{place}: expected {}\n    but was {}",
                    line(expected),
                    line(&was)
                ));
            }
        }
        None
    }
}

fn of_a_service(words: &Words) -> bool {
    words.text.contains("부터 응답하지 않습니다.") || words.text.contains("복구되었습니다 (")
}

fn seen(name: &str, played: &Played) -> Seen {
    let mut seen = Seen::default();
    // posts are named by when they were posted and what they said, for their numbers may differ
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let exactly = if name == ASKS_AT_ONCE { "%m-%d %H:%M" } else { "%m-%d %H:%M:%S%.f" };
    for Act { at, did } in &played.acts {
        let at = at.format(exactly);
        let named = |post: &str| names.get(post).cloned().unwrap_or_else(|| post.to_owned());
        let under = |thread: &Option<String>| thread.as_deref().map_or_else(String::new, named);
        match did {
            Did::Post { id, channel, thread, words, errand: _ }
                if SERVICES_DOWN.contains(&name) && of_a_service(words) =>
            {
                let place = format!("{channel} {} of services", under(thread));
                let told = if words.text.starts_with('✅') { "works" } else { "does not work" };
                seen.add(place, told.to_owned(), false);
                names.insert(id.clone(), told.to_owned());
            }
            Did::Post { id, channel, thread, words, errand: _ } => {
                let place = format!("{channel} {}", under(thread));
                seen.add(place, format!("{at} {words:?}"), false);
                names.insert(id.clone(), format!("{at} {}", words.text));
            }
            Did::Update { id, channel, thread, words } => {
                let place = format!("{channel} {} {}", under(thread), named(id));
                seen.add(place, format!("{at} {words:?}"), true);
            }
            Did::Ephemeral { id: _, to, channel, thread, words } => {
                let place = format!("{channel} {} to {to} alone", under(thread));
                seen.add(place, format!("{at} {words:?}"), true);
            }
            Did::Dm { id: _, to, thread, words } => {
                seen.add(format!("to {to} {thread:?}"), format!("{at} {words:?}"), false);
            }
            Did::View { to, title, text, fields, errors } => {
                let said = format!("{at} {title} {text} {fields:?} {errors:?}");
                seen.add(format!("form of {to}"), said, true);
            }
            Did::Call { to, number, about, errand: _ } => {
                let about = if name == TWO_AS_ONE_CALL { "" } else { about };
                seen.add(format!("phone of {to}"), format!("{at} call {number} {about}"), false);
            }
            Did::Ticket { action, ticket, fields, errand: _ } => {
                let at = if SERVICES_DOWN.contains(&name) { "" } else { &*at.to_string() };
                seen.add(format!("ticket {ticket}"), format!("{at} {action} {fields:?}"), false);
            }
            // a mail server keeps nothing to look for
            Did::Mail { to, cc, subject, text, errand: _ } => {
                let at = if SERVICES_DOWN.contains(&name) { "" } else { &*at.to_string() };
                seen.add(format!("mail {to:?} {cc:?}"), format!("{at} {subject} {text}"), true);
            }
            Did::Http { path, status } => {
                seen.add(format!("hook {path}"), format!("{at} {status}"), false);
            }
            Did::Hangup { to, errand: _ } => {
                seen.add(format!("phone of {to}"), format!("{at} hung up"), false);
            }
        }
    }
    let (end, title) = (played.ended_at.format(exactly), &played.title);
    seen.add("the end".to_owned(), format!("{end} {title}"), false);
    seen
}

/// Does it with every one of them, on all cores; the results are in the order of `all`.
fn everywhere<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(all.len()));
    let cores = std::thread::available_parallelism().unwrap().get();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some((nth, one)) = {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    all.get(nth).map(|one| (nth, one))
                } {
                    let result = work(one);
                    done.lock().unwrap().push((nth, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(nth, _)| *nth);
    done.into_iter().map(|(_, result)| result).collect()
}
