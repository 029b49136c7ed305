//! Who can be asked: the roster as the guide has it (R1 to R8), absences, and the orders in which people are reached.

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
