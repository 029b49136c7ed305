//! The practice workspace: a Slack stand-in on this machine.
//!
//! [`workspace`] is the model, pure and told the time. `coc replay` calls it directly on a virtual clock; the loopback server
//! puts HTTP, Socket Mode and a page in front of the same model.

pub mod workspace;
