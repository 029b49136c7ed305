//! Every service that the bot works with, on this machine and without an account anywhere.

#![allow(dead_code, reason = "each program uses a part of it")]
#![allow(unused_imports, reason = "each program uses a part of it")]

pub(crate) mod fitcloud;
pub(crate) mod gate;
pub(crate) mod letterbox;
pub(crate) mod outside;
pub(crate) mod slack;
pub(crate) mod sns;
pub(crate) mod twilio;
#[path = "../common/workplace.rs"]
pub(crate) mod workplace;
pub(crate) mod zendesk;
