//! The command line of `coc`: reads it, hands over to the subcommand, says how it went.

mod cli;

use cli::{Command, check, doctor, explain, journal, replay, run, sandbox};
use std::process::ExitCode;

fn main() -> ExitCode {
    let (command, folders) = match cli::read(std::env::args_os()) {
        Ok(read) => read,
        Err(status) => return status,
    };
    let done = match command {
        Command::Run(args) => run::run(args, &folders),
        Command::Sandbox(args) => sandbox::run(args, &folders),
        Command::Replay(args) => replay::run(args, &folders),
        Command::Check(args) => check::run(args, &folders),
        Command::Explain(args) => explain::run(args, &folders),
        Command::Doctor(args) => doctor::run(args, &folders),
        Command::Journal(args) => journal::run(args, &folders),
    };
    cli::finish(done)
}
