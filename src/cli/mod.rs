//! The command line, one file a subcommand.
//!
//! Results go to stdout (`out`), everything else to stderr. Exit status: 0 fine, 1 the work failed, 2 bad usage or input.

pub(crate) mod audit;
pub mod books;
pub mod check;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod failure;
pub mod forget;
pub mod journal;
mod korean;
pub(crate) mod logs;
pub(crate) mod out;
mod progress;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod sandbox;
pub(crate) mod settings;
mod standby;
mod systemd;
pub(crate) mod values;
pub(crate) mod wiring;

pub(crate) use failure::{Done, Failure};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// 24x7 COC 당직 데스크를 돕는 Slack 봇입니다.
#[derive(Debug, Parser)]
#[command(name = "coc", version)]
struct Cli {
    #[command(flatten)]
    folders: FolderArgs,
    #[command(subcommand)]
    command: Command,
}

/// One variant a subcommand; their order is that of the help.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// 봇을 실행합니다.
    Run(run::Args),
    /// 이 컴퓨터에서 연습용 작업 공간을 엽니다.
    Sandbox(sandbox::Args),
    /// 시나리오 파일을 가상 시계로 재생하고 봇이 한 일을 보입니다.
    Replay(replay::Args),
    /// 데이터 폴더를 모두 읽고 잘못된 곳을 줄 번호와 함께 알립니다.
    Check(check::Args),
    /// 봇의 판단과 그 이유를 보입니다.
    Explain(explain::Args),
    /// 데이터 폴더, 상태 폴더, 환경 설정을 살피고 빠진 것을 알립니다.
    Doctor(doctor::Args),
    /// 저널을 내보내거나 검증하거나 복원합니다.
    #[command(subcommand)]
    Journal(journal::JournalCommand),
}

#[derive(Debug, clap::Args)]
struct FolderArgs {
    /// 정책, 가이드, 고객 파일이 있는 폴더 (기본값: data)
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// 저널이 있는 폴더 (기본값: state)
    #[arg(long, global = true, value_name = "DIR")]
    state: Option<PathBuf>,
}

/// The two folders that every subcommand works with.
#[derive(Debug)]
pub(crate) struct Folders {
    /// Policy, guide, customers, scripts, procedures.
    pub(crate) data: PathBuf,
    /// The journal.
    pub(crate) state: PathBuf,
    /// Whether `--data` was given; a folder asked for by name has to be there.
    pub(crate) data_given: bool,
}

impl From<FolderArgs> for Folders {
    fn from(args: FolderArgs) -> Self {
        let data_given = args.data.is_some();
        Self {
            data: args.data.unwrap_or_else(|| PathBuf::from("data")),
            state: args.state.unwrap_or_else(|| PathBuf::from("state")),
            data_given,
        }
    }
}

/// Reads the arguments. What is no command (help, version, a mistake) is answered here.
///
/// # Errors
/// The exit status when there is nothing left to do: 0 after help, 2 after a mistake.
pub(crate) fn read(
    args: impl IntoIterator<Item = OsString>,
) -> Result<(Command, Folders), ExitCode> {
    // `--json` may stand anywhere, also before the subcommand that it belongs to
    let (json, mut args): (Vec<OsString>, Vec<OsString>) =
        args.into_iter().partition(|argument| argument == "--json");
    args.extend(json.into_iter().take(1));
    let read = korean::localised(Cli::command())
        .try_get_matches_from(args)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    match read {
        Ok(cli) => Ok((cli.command, cli.folders.into())),
        Err(error) if error.use_stderr() => {
            Err(finish(Err(Failure::input(korean::usage_error(&error)))))
        }
        Err(help) => Err(finish(out::text(&korean::help(&help.render())))),
    }
}

/// Says on stderr what went wrong, if anything did, and gives the exit status.
pub(crate) fn finish(done: Done) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            out::note(&format!("⛔ {failure}"));
            failure.status()
        }
    }
}

/// Reads the command line, hands over to the subcommand, says how it went.
#[must_use]
pub fn main() -> ExitCode {
    let (command, folders) = match read(std::env::args_os()) {
        Ok(read) => read,
        Err(status) => return status,
    };
    let done = match command {
        Command::Run(args) => run::run(args, &folders),
        Command::Sandbox(args) => sandbox::run(&args, &folders),
        Command::Replay(args) => replay::run(&args, &folders),
        Command::Check(args) => check::run(&args, &folders),
        Command::Explain(args) => explain::run(args, &folders),
        Command::Doctor(args) => doctor::run(&args, &folders),
        Command::Journal(args) => journal::main(&args, &folders),
    };
    finish(done)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        korean::localised(Cli::command()).debug_assert();
    }

    #[test]
    fn every_command_says_in_korean_what_it_does() {
        fn visit(command: &clap::Command) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(about.ends_with("니다"), "{}: {about}", command.get_name());
            for argument in command.get_arguments() {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                let korean = help.chars().any(|letter| ('가'..='힣').contains(&letter));
                assert!(korean, "{} {}: {help}", command.get_name(), argument.get_id());
            }
            command.get_subcommands().for_each(visit);
        }
        visit(&korean::localised(Cli::command()));
    }

    #[test]
    fn folders_are_taken_before_and_after_the_subcommand() {
        let lines = [
            "coc --data d --state s explain call --at 2025-08-04T11:45",
            "coc explain --data d call --at 2025-08-04T11:45 --state s",
            "coc explain call --at 2025-08-04T11:45 --state s --data d",
        ];
        for line in lines {
            let matches =
                korean::localised(Cli::command()).try_get_matches_from(line.split(' ')).unwrap();
            let folders = Cli::from_arg_matches(&matches).unwrap().folders;
            assert_eq!(folders.data, Some(PathBuf::from("d")), "{line}");
            assert_eq!(folders.state, Some(PathBuf::from("s")), "{line}");
        }
    }
}
