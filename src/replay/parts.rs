//! What a world is made of besides its people: the disk, the ways to Slack and to the support desk, and the wiring between the outside and the engine. A
//! replay takes sound ones; a test brings its own, so as to see that a broken one is noticed.

use super::fleet::{Blow, Moment};
use crate::domain::desk::{Desk, Due};
use crate::domain::input::Input;
use crate::journal::{Leased, Memory, Seat, Store};
use crate::ports::{Chat, Tickets};
use chrono::TimeDelta;
use std::sync::Arc;

/// Opens the journal's store.
pub type Disk = Box<dyn Fn() -> Box<dyn Store> + Send>;
/// Makes one chat of another.
pub type Line = Box<dyn FnOnce(Arc<dyn Chat>) -> Arc<dyn Chat>>;
/// Makes one support desk of another.
pub type Counter = Box<dyn FnOnce(Arc<dyn Tickets>) -> Arc<dyn Tickets>>;

/// The parts of a world.
pub struct Parts {
    /// Opens the journal's store, once a start: the same records each time.
    pub disk: Disk,
    /// What lies between the outside and the engine.
    pub wiring: Box<dyn Wiring>,
    /// The chat that the hands use, made of the one that reaches the workspace.
    pub chat: Line,
    /// The support desk that the hands use, made of the world's.
    pub tickets: Counter,
    /// Several nodes that share a store, which is used in the place of the disk.
    pub nodes: Option<Nodes>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

impl Default for Parts {
    fn default() -> Self {
        let memory = Memory::new();
        Self {
            disk: Box::new(move || Box::new(memory.clone())),
            wiring: Box::new(Sound),
            chat: Box::new(|chat| chat),
            tickets: Box::new(|tickets| tickets),
            nodes: None,
        }
    }
}

/// A node's store, as it comes to lead, made of its place there and of how far its wall clock is ahead.
pub type OwnStore = Box<dyn Fn(&Seat, TimeDelta) -> Box<dyn Store> + Send>;

/// Several nodes.
pub struct Nodes {
    /// The store that they share.
    pub store: Leased,
    /// What each makes of its place there.
    pub own: OwnStore,
    /// One each: how far its wall clock is ahead of the time.
    pub ahead: Vec<TimeDelta>,
    /// What befalls them, and when.
    pub blows: Vec<(Moment, Blow)>,
}

impl Nodes {
    /// Sound nodes with these clocks.
    #[must_use]
    pub fn new(store: Leased, ahead: Vec<TimeDelta>) -> Self {
        Self { store, own: Box::new(|seat, _| Box::new(seat.clone())), ahead, blows: Vec::new() }
    }
}

/// How inputs and due times reach the engine. Production's loop hands over everything and asks the desk for its next due time; so does
/// [`Sound`].
pub trait Wiring: Send {
    /// A process has read its journal.
    fn started(&mut self, _desk: &Desk) {}

    /// An input on its way to the engine; `None`: it gets lost there.
    fn bring(&mut self, _desk: &Desk, input: Input) -> Option<Input> {
        Some(input)
    }

    /// The next due time that the process knows of.
    fn due(&mut self, desk: &Desk) -> Option<Due> {
        desk.next_due()
    }
}

/// Loses nothing.
#[derive(Clone, Copy, Debug)]
pub struct Sound;

impl Wiring for Sound {}
