//! What programs ask of the bot: whether it lives, whether it does its work, and how much of it.

pub mod health;
pub mod metrics;
