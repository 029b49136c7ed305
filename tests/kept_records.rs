//! What was written once is read for ever: records of every shape that the program ever wrote, kept in `tests/kept_records.jsonl`, are
//! read and mean the same. A field that is renamed, a variant that is taken away, a default that is missing shows here before it keeps
//! somebody's journal from opening.
//!
//! The file only grows. `COC_BLESS=1` adds records of shapes that are new; nothing that stands there is ever taken out or changed.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
#[path = "common/files.rs"]
mod files;

use coc::journal::Record;
use coc::replay::Stage;
use common::books;
use files::scenarios;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

fn kept_file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/kept_records.jsonl")
}

fn kept() -> Vec<String> {
    let text = std::fs::read_to_string(kept_file()).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Which members a value has, and of which kind each is. Keys that are data (names, numbers) are all the same.
fn shape(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Null => drop(into.insert(format!("{path}: null"))),
        Value::Bool(_) => drop(into.insert(format!("{path}: bool"))),
        Value::Number(_) => drop(into.insert(format!("{path}: number"))),
        // a variant without contents is a word
        Value::String(text) if is_word(text) => drop(into.insert(format!("{path}: {text}"))),
        Value::String(_) => drop(into.insert(format!("{path}: text"))),
        Value::Array(all) => {
            into.insert(format!("{path}[]"));
            all.iter().for_each(|one| shape(one, &format!("{path}[]"), into));
        }
        Value::Object(members) => {
            for (key, member) in members {
                let key = if is_word(key) { key } else { "*" };
                shape(member, &format!("{path}.{key}"), into);
            }
        }
    }
}

/// A name of the program's own.
fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.len() < 30
        && text.chars().all(|sign| sign.is_ascii_lowercase() || sign == '_')
}

/// What people typed is no shape.
fn shape_of(record: &Value) -> BTreeSet<String> {
    let mut shapes = BTreeSet::new();
    shape(record, "", &mut shapes);
    shapes
}

/// The same with long texts cut short: the books are long, and their shape is a text.
fn cut(value: &mut Value) {
    match value {
        Value::String(text) if text.chars().count() > 80 => {
            *text = text.chars().take(40).collect();
        }
        Value::Array(all) => all.iter_mut().for_each(cut),
        Value::Object(members) => {
            // what Slack sent is of Slack's shape
            members.remove("raw");
            members.values_mut().for_each(cut);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What the program of today writes in all the scenarios.
fn written_today() -> Vec<String> {
    let (files, books) = (scenarios(), books());
    let (next, lines) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let play = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (_, world) = Stage::set(file, &books).unwrap().play(&[]).unwrap();
            let written = world.journal().unwrap().into_iter().map(|record| {
                let mut value = serde_json::to_value(&record).unwrap();
                cut(&mut value);
                value.to_string()
            });
            lines.lock().unwrap().extend(written);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(play);
        }
    });
    let mut lines = lines.into_inner().unwrap();
    lines.sort();
    lines
}

#[test]
fn what_was_written_once_is_read_and_means_the_same() {
    let lines = kept();
    assert!(lines.len() > 100, "the kept records are not there");
    for (nth, line) in lines.iter().enumerate() {
        let record: Record = serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("line {}: {error}: {line}", nth + 1));
        // nothing of it is passed over: a member that is not read would be missing
        let (was, is): (Value, Value) =
            (serde_json::from_str(line).unwrap(), serde_json::to_value(&record).unwrap());
        let lost: Vec<String> = shape_of(&was).difference(&shape_of(&is)).cloned().collect();
        assert!(lost.is_empty(), "line {}: {lost:?} are lost: {line}", nth + 1);
    }
}

#[test]
fn the_kept_records_know_every_shape_that_is_written_today() {
    let mut known = BTreeSet::new();
    for line in kept() {
        known.append(&mut shape_of(&serde_json::from_str(&line).unwrap()));
    }
    let mut today = written_today();
    // the shortest that shows something, for people who look there
    today.sort_by_key(String::len);
    let mut added = Vec::new();
    for line in today {
        let shapes = shape_of(&serde_json::from_str(&line).unwrap());
        if !shapes.is_subset(&known) {
            known.extend(shapes);
            added.push(line);
        }
    }
    if std::env::var_os("COC_BLESS").is_some() {
        let mut file =
            std::fs::OpenOptions::new().create(true).append(true).open(kept_file()).unwrap();
        for line in &added {
            writeln!(file, "{line}").unwrap();
        }
        return;
    }
    assert!(
        added.is_empty(),
        "{} records have shapes that tests/kept_records.jsonl does not know, the first:\n{}\nto add them: COC_BLESS=1 cargo test --test kept_records",
        added.len(),
        added[0]
    );
}
