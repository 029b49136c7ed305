//! Every scenario, with the process crashed at a spread of its records and of its effects in the world: people see the same as
//! without a crash, and nobody is called or mentioned twice.
#![expect(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "a bound on real time")]

mod common;
#[path = "common/files.rs"]
mod files;

use coc::domain::change::Change;
use coc::domain::errand::ErrandKind;
use coc::replay::{Act, Crash, Did, Played, play};
use common::books;
use files::{folder, scenarios};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the whole spread may take, in seconds; a slower machine looks at fewer places of each scenario. `COC_CRASH_SECONDS` says
/// otherwise.
const ALTOGETHER: u64 = 50;

/// A start reads a changed guide by itself, before anybody asks for it: with a crash more is said here, rightly.
const READS_THE_GUIDE: &str = "98-guide-applied.yaml";

#[test]
fn a_guide_that_was_asked_for_before_the_crash_is_shown_once() {
    let file = folder().join(READS_THE_GUIDE);
    let (plain, world) = play(&file, &books(), &[]).unwrap();
    let asks = |change: &Change| match change {
        Change::Owed(errand) => matches!(errand.kind, ErrandKind::ReadGuide { .. }),
        _ => false,
    };
    let journal = world.journal().unwrap();
    let record = journal.iter().find(|record| record.changes.iter().any(asks)).unwrap();
    crashed_there(&file, &plain, Crash::AfterRecord(record.seq)).unwrap();
}

#[test]
fn a_crash_anywhere_is_not_seen() {
    let mut files = scenarios();
    files.retain(|file| !file.ends_with(READS_THE_GUIDE));
    let seconds = std::env::var("COC_CRASH_SECONDS");
    let altogether =
        Duration::from_secs(seconds.map_or(ALTOGETHER, |seconds| seconds.parse().unwrap()));
    let begun = Instant::now();
    let mut wrong = Vec::new();
    for (nth, file) in files.iter().enumerate() {
        let (plain, world) = play(file, &books(), &[]).unwrap();
        let (records, effects) = world.counts();
        let mut places: Vec<Crash> = (1..=records).map(Crash::AfterRecord).collect();
        places.extend((1..=effects).map(Crash::AfterEffect));
        let until = altogether.mul_f64((nth + 1) as f64 / files.len() as f64);
        for place in spread(&places) {
            if let Err(difference) = crashed_there(file, &plain, place) {
                wrong.push(difference);
                break;
            }
            if begun.elapsed() > until {
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each of these once showed something at one place only: a request read back by a start that was cut short, a call accepted before
/// its placing was known, a form's answer, a pause before another pause.
#[test]
fn these_are_crashed_at_every_place() {
    let known = ["13-undecided-in-text", "67-assign-form", "90-down-late-call", "93-down-request"];
    for name in known {
        let file = folder().join(name).with_extension("yaml");
        let (plain, world) = play(&file, &books(), &[]).unwrap();
        let (records, effects) = world.counts();
        let places = (1..=records).map(Crash::AfterRecord);
        for place in places.chain((1..=effects).map(Crash::AfterEffect)) {
            crashed_there(&file, &plain, place).unwrap();
        }
    }
}

fn crashed_there(file: &Path, plain: &Played, place: Crash) -> Result<(), String> {
    let difference = match play(file, &books(), &[place]) {
        Ok((crashed, _)) => compare(plain, &crashed),
        Err(error) => Some(error.to_string()),
    };
    difference.map_or(Ok(()), |text| Err(format!("{} {place:?}: {text}", file.display())))
}

/// Every place, in an order that covers the whole wherever it is broken off.
fn spread(places: &[Crash]) -> Vec<Crash> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    // bit-reversed counting visits halves, then quarters, then eighths
    let bits = usize::BITS - places.len().leading_zeros();
    order.sort_by_key(|nth| nth.reverse_bits() >> (usize::BITS - bits.max(1)));
    order.into_iter().map(|nth| places[nth]).collect()
}

/// What people see, place by place: a thread, a person's own messages, a telephone. Between places the order is nobody's concern.
fn compare(plain: &Played, crashed: &Played) -> Option<String> {
    let (plain, crashed) = (seen(&plain.acts), seen(&crashed.acts));
    let places = plain.keys().chain(crashed.keys());
    for place in places {
        let none = Vec::new();
        let (left, right) =
            (plain.get(place).unwrap_or(&none), crashed.get(place).unwrap_or(&none));
        if left != right {
            let nth = left.iter().zip(right).take_while(|(left, right)| left == right).count();
            let line =
                |lines: &[String]| lines.get(nth).map_or("(nothing)", String::as_str).to_owned();
            return Some(format!("{place}: expected {}\n    but was {}", line(left), line(right)));
        }
    }
    None
}

fn seen(acts: &[Act]) -> BTreeMap<String, Vec<String>> {
    let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // posts are named by what they say, for their numbers may differ
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    for act in acts {
        // a crash may cost the second after which something is tried again
        let at = act.at.format("%m-%d %H:%M");
        let named = |names: &BTreeMap<&str, String>, root: &Option<String>| {
            let root = root.as_deref().unwrap_or("-");
            names.get(root).cloned().unwrap_or_else(|| root.to_owned())
        };
        match &act.did {
            Did::Post { id, channel, thread, words, .. } => {
                let place = format!("{channel} {}", named(&names, thread));
                names.insert(id, format!("{at} {}", words.text));
                let said = format!("{at} {} {:?} {:?}", words.text, words.mentions, words.buttons);
                seen.entry(place).or_default().push(said);
            }
            // what a post says in the end; on the way there a step may be repeated
            Did::Update { id, words, .. } => {
                let place = format!("post {}", named(&names, &Some(id.clone())));
                last.insert(place, format!("{} {:?}", words.text, words.buttons));
            }
            // Slack keeps none to look for: one that may not have arrived is sent again
            Did::Ephemeral { to, words, .. } => {
                once(&mut seen, format!("to {to}"), format!("{at} {}", words.text));
            }
            Did::View { to, title, errors, .. } => {
                once(&mut seen, format!("form of {to}"), format!("{at} {title} {errors:?}"));
            }
            Did::Dm { to, words, .. } => {
                seen.entry(format!("dm {to}")).or_default().push(format!("{at} {}", words.text));
            }
            Did::Call { to, number, about, .. } => {
                let said = format!("{at} call {number} {about}");
                seen.entry(format!("phone {to}")).or_default().push(said);
            }
            Did::Ticket { action, ticket, fields, .. } => {
                let said = format!("{at} {action} {fields:?}");
                seen.entry(format!("ticket {ticket}")).or_default().push(said);
            }
            // a mail server keeps none to look for
            Did::Mail { to, subject, text, .. } => {
                once(&mut seen, format!("mail {to:?}"), format!("{at} {subject} {text}"));
            }
            Did::Hangup { to } => {
                seen.entry(format!("phone {to}")).or_default().push(format!("{at} hang up"));
            }
        }
    }
    seen.extend(last.into_iter().map(|(place, said)| (place, vec![said])));
    seen
}

fn once(seen: &mut BTreeMap<String, Vec<String>>, place: String, said: String) {
    let said_there = seen.entry(place).or_default();
    if said_there.last() != Some(&said) {
        said_there.push(said);
    }
}
