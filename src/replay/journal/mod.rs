//! Time travel: a real journal played again.
//!
//! - [`Again`] gives every recorded input to `decide` at its recorded time and holds what is decided now against what was
//!   recorded: the same program must come to the same state.
//! - [`instead`] plays the same people against other books, and [`compare`] says who would have been reached instead.

mod alias;
mod compare;
pub mod instead;
mod script;
mod source;
mod story;

pub use compare::{CaseDiff, compare};
pub use instead::{ASSUMED, Instead, Other, OtherError, play_instead};
pub use source::{ReadError, aliases, read};
pub use story::{End, Key, Procedure, Reached, Stories, Story};

use crate::domain::change::Change;
use crate::domain::decide::decide;
use crate::domain::desk::Desk;
use crate::domain::input::Input;
use crate::domain::time::Time;
use crate::journal::Record;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// A journal that is played again, record by record.
#[derive(Debug, Default)]
pub struct Again {
    /// The desk by the recorded changes.
    recorded: Desk,
    /// The desk by what is decided now; gone after the first difference, from where it would be another story.
    decided: Track,
    stories: Stories,
    records: u64,
    from: Option<Time>,
    to: Option<Time>,
    differing: u64,
    /// What people who were forgotten are called.
    aliases: BTreeSet<String>,
}

#[derive(Debug)]
enum Track {
    Same(Box<Desk>),
    Left(Box<Difference>),
}

impl Default for Track {
    fn default() -> Self {
        Self::Same(Box::default())
    }
}

/// What playing a journal again came to.
#[derive(Debug, Serialize)]
pub struct Replayed {
    /// How many records it has.
    pub records: u64,
    /// The first record's time.
    pub from: Option<Time>,
    /// The last record's time.
    pub to: Option<Time>,
    /// How many records would be decided otherwise, each judged on the desk as recorded.
    pub differing: u64,
    /// The first of them.
    pub first_difference: Option<Difference>,
    /// Whether the desk at the end is the same, as JSON; `None` when a record differs, for then it is another story.
    pub same_state: Option<bool>,
    /// What became of each case, by number.
    pub cases: Vec<Story>,
}

/// A record that would be decided otherwise now.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// Which record.
    pub seq: u64,
    /// When it was decided.
    pub at: Time,
    /// What came in.
    pub input: Value,
    /// The first change that differs, counted from 0.
    pub change: usize,
    /// All changes as recorded.
    pub recorded: Vec<Value>,
    /// All changes as they would be decided now.
    pub decided: Vec<Value>,
}

impl Again {
    /// For a journal in which people are forgotten, by these aliases: where people are listed by name, these may stand elsewhere, and another
    /// particle may follow.
    #[must_use]
    pub fn knowing(aliases: BTreeSet<String>) -> Self {
        Self { aliases, ..Self::default() }
    }

    /// Takes the next record.
    pub fn take(&mut self, record: &Record) {
        self.records += 1;
        self.from = self.from.or(Some(record.at));
        self.to = Some(record.at);
        let desk = match &self.decided {
            Track::Same(desk) => desk,
            Track::Left(_) => &self.recorded,
        };
        let decision = decide(desk, &record.input, record.at, record.seq);
        let judged = judged(record, &decision.changes, &self.aliases);
        for change in &record.changes {
            self.recorded.apply(record.at, change);
            self.stories.take(&self.recorded, record.at, change);
        }
        if matches!(judged, Judged::Other(_)) {
            self.differing += 1;
        }
        let changes = match (&mut self.decided, judged) {
            (Track::Same(desk), Judged::Same) => Some((desk, &decision.changes)),
            // how it was told by the name stays as it was told
            (Track::Same(desk), Judged::SameButForNames) => Some((desk, &record.changes)),
            (Track::Same(_), Judged::Other(difference)) => {
                self.decided = Track::Left(difference);
                None
            }
            (Track::Left(_), _) => None,
        };
        if let Some((desk, changes)) = changes {
            changes.iter().for_each(|change| desk.apply(record.at, change));
        }
    }

    /// What it came to.
    ///
    /// # Errors
    /// When a desk has no form as JSON.
    pub fn finish(self) -> Result<Replayed, serde_json::Error> {
        let (first_difference, same_state) = match self.decided {
            Track::Same(decided) => {
                let same = serde_json::to_value(&decided)? == serde_json::to_value(&self.recorded)?;
                (None, Some(same))
            }
            Track::Left(difference) => (Some(*difference), None),
        };
        Ok(Replayed {
            records: self.records,
            from: self.from,
            to: self.to,
            differing: self.differing,
            first_difference,
            same_state,
            cases: self.stories.told(),
        })
    }
}

impl Replayed {
    /// Whether the journal came to the same state.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.same_state == Some(true)
    }
}

/// What a decision is beside the recorded one.
enum Judged {
    Same,
    /// But for what follows from the names of people who were forgotten: where they stand in a list, which particle follows.
    SameButForNames,
    Other(Box<Difference>),
}

/// Compares as JSON, the form in which a change is kept: what is not kept cannot differ.
fn judged(record: &Record, decided: &[Change], aliases: &BTreeSet<String>) -> Judged {
    if record.changes == decided {
        return Judged::Same;
    }
    let (recorded, decided) = (values(&record.changes), values(decided));
    if recorded == decided {
        return Judged::Same;
    }
    if !aliases.is_empty() && alias::same_but_for_names(aliases, &recorded, &decided) {
        return Judged::SameButForNames;
    }
    let same = recorded.iter().zip(&decided).take_while(|(one, other)| one == other).count();
    Judged::Other(Box::new(Difference {
        seq: record.seq,
        at: record.at,
        input: input(&record.input),
        change: same,
        recorded,
        decided,
    }))
}

fn values(changes: &[Change]) -> Vec<Value> {
    changes.iter().map(|change| serde_json::to_value(change).unwrap_or_default()).collect()
}

fn input(input: &Input) -> Value {
    serde_json::to_value(input).unwrap_or_default()
}
