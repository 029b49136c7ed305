//! From the environment to the ports: which services are configured, and what they are reached with. One that is set up by half is
//! told on stderr, and the desk goes on without it.

pub(crate) mod board;
pub(crate) mod customers;
pub(crate) mod feeds;
pub(crate) mod mail;
pub(crate) mod monitoring;
pub(crate) mod phone;
pub(crate) mod tickets;
