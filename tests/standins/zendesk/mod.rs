//! A stand-in for Zendesk: as much of an account as the bot meets, over HTTP, and what goes wrong with one, on demand.
//!
//! It knows Zendesk, not the bot. Time in it is counted: every change happens a second after the one before, so that an update's
//! stamp tells two changes apart however fast they come.

mod account;
mod search;
mod server;
mod webhook;

pub(crate) use account::{Account, Change};
pub(crate) use server::{Failure, How, Seen, When, Zendesk};
pub(crate) use webhook::{Delivery, Hook, deliver, signed};
