//! The guide's procedures, one file each: which inputs it takes and how it composes ladder, checklist and watch.

pub mod absences;
pub mod assignment;
pub mod chain;
pub mod commands;
pub mod guide;
pub mod heartbeats;
pub mod incident;
pub mod intake;
pub mod list;
pub mod mail;
pub mod outage;
pub mod paging;
pub mod phd;
pub mod services;
pub mod setup;
pub mod stray;
pub mod tam;
pub mod tickets;
pub mod topics;
pub mod urgent;
