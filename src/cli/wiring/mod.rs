//! From the environment to the ports: which services are configured, and what they are reached with.

pub(crate) mod tickets;
