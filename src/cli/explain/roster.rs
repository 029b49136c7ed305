//! `coc explain roster`: the guide as read (R1 to R8).

use super::Files;
use crate::cli::{Done, Failure, Folders, values};
use crate::domain::time::Time;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 기준 시각 (예: "2025-08-05 22:00", 시간대가 없으면 서울)
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    at: Time,
    /// 결과를 JSON 문서 하나로 보입니다
    #[arg(long)]
    json: bool,
}

pub(super) fn run(_args: &Args, _files: &Files, _folders: &Folders) -> Done {
    Err(Failure::absent("explain roster"))
}
