//! `coc` runs the duty desk of a 24x7 Cloud Operations Centre.

pub mod domain;
pub mod journal;
pub mod ports;

pub mod sandbox;
