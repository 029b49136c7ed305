//! Every clause of the work guide has its row in docs/guide-coverage.md, and every row that says that something is done has scenarios
//! that show it.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "common/files.rs"]
mod files;

use coc::replay::scenario::Scenario;
use files::scenarios;
use std::collections::{BTreeMap, BTreeSet};

/// The guide's chapters and how many clauses each has.
const CHAPTERS: [(&str, u32); 14] = [
    ("R", 8),
    ("C", 8),
    ("M", 12),
    ("G", 4),
    ("P", 5),
    ("T", 5),
    ("H", 4),
    ("N", 7),
    ("X", 8),
    ("A", 10),
    ("W", 2),
    ("F", 4),
    ("K", 2),
    ("r", 28),
];
/// Where the guide is silent or double: the readings that the procedures built so far depend on.
const READINGS: [u32; 26] =
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 26, 27, 28];

/// How far a clause is, as its row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Done,
    Partly,
    NotYet,
}

struct Row {
    id: String,
    state: State,
    scenarios: Vec<String>,
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string("docs/guide-coverage.md").unwrap();
    let mut rows = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [id, state, does, shown] = cells.as_slice() else { panic!("four cells: {line}") };
        let state = match *state {
            "상태" => continue,
            "됨" => State::Done,
            "일부" => State::Partly,
            "아직" => State::NotYet,
            other => panic!("{id}: no such state: {other}"),
        };
        assert!(!does.is_empty(), "{id} says nothing");
        let shown = shown.split(',').map(str::trim).filter(|name| !matches!(*name, "" | "—"));
        let scenarios = shown.map(str::to_owned).collect();
        rows.push(Row { id: (*id).to_owned(), state, scenarios });
    }
    rows
}

fn known() -> Vec<String> {
    let of =
        |(chapter, last): (&'static str, u32)| (1..=last).map(move |nth| format!("{chapter}{nth}"));
    CHAPTERS.into_iter().flat_map(of).collect()
}

/// The clauses that each scenario says it shows.
fn tags() -> BTreeMap<String, Vec<String>> {
    scenarios()
        .into_iter()
        .map(|file| {
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&file).unwrap();
            let scenario: Scenario = serde_saphyr::from_str(&text).unwrap();
            (name, scenario.clauses)
        })
        .collect()
}

#[test]
fn every_clause_has_its_row() {
    let rows: Vec<String> = rows().into_iter().map(|row| row.id).collect();
    let clauses: Vec<String> = known().into_iter().filter(|id| !id.starts_with('r')).collect();
    assert_eq!(rows, clauses);
}

#[test]
fn scenarios_tag_what_there_is() {
    let known: BTreeSet<String> = known().into_iter().collect();
    for (name, clauses) in tags() {
        assert!(!clauses.is_empty(), "{name} shows nothing");
        let once: BTreeSet<&String> = clauses.iter().collect();
        assert_eq!(once.len(), clauses.len(), "{name} names a clause twice");
        for clause in clauses {
            assert!(known.contains(&clause), "{name}: no such clause: {clause}");
        }
    }
}

#[test]
fn what_is_done_is_shown() {
    let tags = tags();
    for row in rows() {
        let shows = |name: &String| tags.get(name).is_some_and(|tags| tags.contains(&row.id));
        for name in &row.scenarios {
            assert!(shows(name), "{}: {name} does not show it", row.id);
        }
        let shown = tags.values().any(|tags| tags.contains(&row.id));
        match row.state {
            State::Done | State::Partly => {
                assert!(shown && !row.scenarios.is_empty(), "{} has no scenario", row.id);
            }
            State::NotYet => assert!(!shown, "{} is shown, but its row says not yet", row.id),
        }
    }
}

#[test]
fn readings_in_use_are_shown() {
    let tagged: BTreeSet<String> = tags().into_values().flatten().collect();
    for reading in READINGS {
        assert!(tagged.contains(&format!("r{reading}")), "reading {reading} has no scenario");
    }
}
