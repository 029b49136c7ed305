//! Slack: what it sends is read in [`events`], what it is sent is written in [`blocks`], [`api`] carries the requests and [`chat`]
//! is the port.
//!
//! The log of `slack-morphism` has to be kept off (see [`QUIET`]).

pub mod api;
pub mod blocks;
pub mod chat;
pub mod events;

/// A directive for the log's filter. The Slack client writes whole answers into its log, and with them people's words; whatever
/// goes wrong comes back as an error and is logged by us, without them.
pub const QUIET: &str = "slack_morphism=off";
