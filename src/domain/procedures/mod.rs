//! The guide's procedures, one file each: which inputs it takes and how it composes ladder, checklist and watch.

pub mod absences;
pub mod assignment;
pub mod commands;
pub mod guide;
pub mod mail;
pub mod paging;
pub mod services;
pub mod tickets;
pub mod urgent;
