//! `coc replay`: plays scenario files on a virtual clock.

use super::{Done, Failure, Folders};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 시나리오 파일 (YAML)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// 결과를 JSON 문서 하나로 보입니다
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(_args: Args, _folders: &Folders) -> Done {
    Err(Failure::absent("replay"))
}
