//! `coc explain order`: whom a chain reaches, in order (A5, M8).

use super::Files;
use crate::cli::{Done, Failure, Folders, values};
use crate::domain::time::Time;
use clap::Subcommand;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    chain: Chain,
}

#[derive(Debug, Subcommand)]
enum Chain {
    /// 그 시각의 긴급 연락 순서를 보입니다.
    Urgent(Urgent),
    /// 그 시각의 MSP 고객 연락 순서를 보입니다.
    Msp(Msp),
}

#[derive(Debug, clap::Args)]
struct Urgent {
    /// 기준 시각 (예: "2025-08-05 22:00", 시간대가 없으면 서울)
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    at: Time,
    /// 결과를 JSON 문서 하나로 보입니다
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Msp {
    /// 고객사 명 또는 별칭
    #[arg(long, value_name = "NAME")]
    customer: String,
    /// 기준 시각 (예: "2025-08-05 22:00", 시간대가 없으면 서울)
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    at: Time,
    /// 결과를 JSON 문서 하나로 보입니다
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, _files: &Files, _folders: &Folders) -> Done {
    match args.chain {
        Chain::Urgent(_) => Err(Failure::absent("explain order urgent")),
        Chain::Msp(_) => Err(Failure::absent("explain order msp")),
    }
}
