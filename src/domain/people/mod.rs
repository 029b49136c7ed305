//! Who can be asked: the roster as the guide has it (R1 to R8), absences, and the orders in which people are reached.

/// A regular expression, compiled once. Every pattern is a constant that the tests of its module run.
macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: std::sync::LazyLock<regex::Regex> =
            std::sync::LazyLock::new(|| regex::Regex::new($text).expect("a constant pattern"));
    };
}

pub mod absence;
mod clean;
pub(crate) mod contact;
mod diff;
pub mod guide;
mod notes;
pub mod order;
pub mod roster;

pub use absence::{Absence, AbsenceScope};
pub use guide::{LineError, Warning, read_guide};
pub use roster::{AccountDuty, GeneralEntry, Part, Person, Roster};
