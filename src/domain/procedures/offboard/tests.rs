//! Stories that no scenario can tell, and the property: whatever people, the record, Slack and time do, nothing is unlinked that was not
//! held against the record in force and confirmed by a second person in that very round, not before 퇴점 일시, and nothing twice.
#![expect(clippy::unwrap_used, reason = "tests")]

mod property;
