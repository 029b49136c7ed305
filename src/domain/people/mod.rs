//! Who can be asked: the roster as the guide has it (R1 to R8), absences, and look-ups.

pub mod absence;
pub mod guide;
pub mod roster;

pub use absence::{Absence, AbsenceScope};
pub use guide::{LineError, Warning, read_guide};
pub use roster::{AccountDuty, GeneralEntry, Part, Person, Roster};
