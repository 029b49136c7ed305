//! `coc` runs the duty desk of a 24x7 Cloud Operations Centre.

pub mod adapters;
pub mod domain;
pub mod ingress;
pub mod journal;
pub mod ports;
