//! `coc journal`: the journal as JSON lines; its hash chain; a state folder rebuilt.

use super::{Done, Failure, Folders};
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 일지를 JSON 줄로 내보냅니다.
    Export,
    /// 일지의 해시 사슬을 검증합니다.
    Verify,
    /// 내보낸 파일에서 상태 폴더를 다시 만듭니다.
    Restore(Restore),
}

#[derive(Debug, clap::Args)]
struct Restore {
    /// 내보낸 파일 (JSON 줄)
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(crate) fn run(args: Args, _folders: &Folders) -> Done {
    match args.command {
        Command::Export => Err(Failure::absent("journal export")),
        Command::Verify => Err(Failure::absent("journal verify")),
        Command::Restore(_) => Err(Failure::absent("journal restore")),
    }
}
