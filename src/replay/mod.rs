//! Scenario files on a virtual clock: the same engine, errand runner, Slack parsing and rendering as in production, over a
//! workspace in memory. The same file gives the same bytes. And real journals, played again ([`journal`]).

mod acts;
mod fleet;
mod heard;
mod hooks;
pub mod journal;
mod parts;
mod play;
pub mod scenario;
mod site;
mod world;

pub use acts::{Act, Did, FieldError, Words};
pub use fleet::{Blow, Deed, Grant, Moment, Who, Written};
pub use heard::{Heard, Told};
pub use parts::{Counter, Disk, Line, Nodes, OwnStore, Parts, Sound, Wiring};
pub use play::{PlayError, Played, Player, Stage, play};
pub use world::{Crash, World};
