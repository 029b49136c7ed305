//! The practice workspace: a Slack stand-in on this machine.
//!
//! [`workspace`] is the model, pure and told the time. `coc replay` calls it directly on a virtual clock; [`server`] puts the Web
//! API, Socket Mode (or, with [`request_url`], HTTP mode) and a page in front of the same model. [`backstage`] is what the page needs of the rest of the program: the
//! clock, the telephone, the desk.

pub mod backstage;
mod deeds;
pub mod furnish;
pub mod notices;
pub mod offices;
mod page;
mod recording;
pub mod request_url;
pub mod scenes;
pub mod server;
mod socket;
pub mod telephones;
pub mod workspace;
