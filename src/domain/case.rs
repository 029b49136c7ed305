//! Cases: one running procedure each, with its story.

use super::ids::{CaseId, Name};
use super::procedures::assignment::{Assignment, AssignmentChange};
use super::procedures::urgent::{Urgent, UrgentChange};
use super::time::Time;
use serde::{Deserialize, Serialize};

/// A case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its number.
    pub id: CaseId,
    /// When it began.
    pub opened: Time,
    /// What runs in it.
    pub procedure: Procedure,
    /// What is worth telling of it besides its state, oldest first.
    pub notes: Vec<Note>,
}

/// The procedures that make cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Procedure {
    /// An urgent request (A4 to A6).
    Urgent(Urgent),
    /// A ticket assignment (A1, A2, A7 to A9).
    Assignment(Assignment),
}

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: Time,
    /// Who did it, if a person did.
    pub by: Option<Name>,
    /// What, in Korean.
    pub text: String,
}

/// A step of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseChange {
    /// Something worth telling happened.
    Noted(Note),
    /// Of an urgent request.
    Urgent(UrgentChange),
    /// Of an assignment.
    Assignment(AssignmentChange),
}

impl Case {
    /// Takes a step. A step of another procedure is a programming error and changes nothing.
    pub fn apply(&mut self, change: &CaseChange) {
        match (change, &mut self.procedure) {
            (CaseChange::Noted(note), _) => self.notes.push(note.clone()),
            (CaseChange::Urgent(change), Procedure::Urgent(urgent)) => urgent.apply(change),
            (CaseChange::Assignment(change), Procedure::Assignment(one)) => one.apply(change),
            (CaseChange::Urgent(_), Procedure::Assignment(_))
            | (CaseChange::Assignment(_), Procedure::Urgent(_)) => {
                debug_assert!(false, "a step of another procedure");
            }
        }
    }

    /// Whether something of it is still to come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match &self.procedure {
            Procedure::Urgent(urgent) => urgent.is_open(),
            Procedure::Assignment(assignment) => assignment.is_open(),
        }
    }
}
