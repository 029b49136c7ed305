//! The desk's rules. Pure: no I/O, no clock, no Slack formats.

pub mod books;
pub mod calendar;
pub mod change;
pub mod customers;
pub mod errand;
pub mod ids;
pub mod input;
pub mod message;
pub mod people;
pub mod policy;
pub mod time;
