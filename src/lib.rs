//! `coc` runs the duty desk of a 24x7 Cloud Operations Centre.

pub mod adapters;
pub mod chart;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod errands;
pub mod feeds;
pub mod ingress;
pub mod journal;
pub mod metrics;
pub mod ports;
pub mod probes;
pub mod recovery;
pub mod replay;
pub mod sandbox;
pub mod service;
pub mod web;
