//! Pages that the bot serves besides the hooks.

pub mod health;
pub mod metrics;
