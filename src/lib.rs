//! `coc` runs the duty desk of a 24x7 Cloud Operations Centre.

pub mod cli {
    //! The command line, one file a subcommand.
    pub mod journal;
}
pub mod domain;
pub mod engine;
pub mod errands;
pub mod journal;
pub mod ports;
pub mod recovery;

pub mod sandbox;
