//! `coc explain call`: when a notice is phoned (A9, reading 3).

use super::{Files, when};
use crate::cli::{Done, Folders, out, values};
use crate::domain::time::Time;
use serde::Serialize;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 알림을 받은 시각 (예: 2025-08-04T11:45:00+09:00, 시간대가 없으면 서울)
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    at: Time,
    /// 결과를 JSON 문서 하나로 보입니다
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Document {
    received: String,
    call_at: String,
    sum: Vec<String>,
    why: String,
}

pub(super) fn run(args: &Args, files: &Files, folders: &Folders) -> Done {
    let call = files.calendar(folders)?.call_at(args.at);
    if args.json {
        return out::json(&Document {
            received: args.at.to_rfc3339(),
            call_at: call.at.to_rfc3339(),
            sum: call.sum,
            why: call.why,
        });
    }
    let sum: String = call.sum.iter().map(|line| format!("- {line}\n")).collect();
    out::text(&format!("전화 시각: {} ({})\n{sum}", when(call.at), call.why))
}
