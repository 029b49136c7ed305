//! `coc sandbox`: a practice workspace on this machine.

use super::{Done, Failure, Folders, values};
use crate::domain::time::Time;
use std::net::SocketAddr;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 연습용 페이지의 주소 (예: 127.0.0.1:4003)
    #[arg(long, value_name = "ADDR", value_parser = values::address)]
    listen: Option<SocketAddr>,
    /// 시계를 이 시각에서 시작합니다 (예: "2025-08-05 22:00")
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    at: Option<Time>,
    /// 브라우저에서 페이지를 엽니다
    #[arg(long)]
    open: bool,
}

pub(crate) fn run(_args: Args, _folders: &Folders) -> Done {
    Err(Failure::absent("sandbox"))
}
