//! The desk's rules. Pure: no I/O, no clock, no Slack formats.

pub mod alarms;
pub mod aws;
pub mod books;
pub mod calendar;
pub mod case;
pub mod change;
pub mod checklist;
pub mod customers;
pub mod decide;
pub mod definitions;
pub mod desk;
pub mod errand;
pub mod ids;
pub mod input;
pub mod ladder;
pub mod mail;
pub mod message;
pub mod people;
pub mod policy;
pub mod procedures;
pub mod status;
pub mod text;
pub mod time;
pub mod turn;
pub mod watch;
pub mod words;
