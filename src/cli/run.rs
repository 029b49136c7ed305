//! `coc run`: the bot.

use super::{Done, Failure, Folders};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(Args {}: Args, _folders: &Folders) -> Done {
    Err(Failure::absent("run"))
}
