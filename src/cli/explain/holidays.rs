//! `coc explain holidays`: the days off that bear a name (reading 1).

use super::Files;
use crate::cli::{Done, Failure, Folders, out, values};
use crate::domain::calendar::{KNOWN_YEARS, korean_date};
use chrono::{Datelike, NaiveDate};
use serde::Serialize;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 첫날 (예: 2025-01-01)
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    from: NaiveDate,
    /// 마지막 날 (예: 2025-12-31)
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    to: NaiveDate,
    /// 결과를 JSON 문서 하나로 보입니다
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    date: NaiveDate,
    name: String,
}

pub(super) fn run(args: &Args, files: &Files, folders: &Folders) -> Done {
    let (from, to) = (args.from, args.to);
    if to < from {
        return Err(Failure::input(format!(
            "--to: 읽은 값: \"{to}\". --from({from})보다 이르지 않은 날짜를 적어 주십시오. 예: --from 2025-01-01 --to 2025-12-31"
        )));
    }
    let days = files.calendar(folders)?.non_business_days(from, to);
    if !(KNOWN_YEARS.contains(&from.year()) && KNOWN_YEARS.contains(&to.year())) {
        let (first, last) = (KNOWN_YEARS.start(), KNOWN_YEARS.end());
        out::note(&format!(
            "⚠️ {first}년부터 {last}년까지가 아닌 날은 실제 공휴일과 다를 수 있습니다."
        ));
    }
    if args.json {
        let rows: Vec<Row> = days.into_iter().map(|(date, name)| Row { date, name }).collect();
        return out::json(&rows);
    }
    if days.is_empty() {
        return out::text("그 사이에는 공휴일이 없습니다.");
    }
    let line = |(date, name): &(NaiveDate, String)| {
        format!("{}년 {} {name}\n", date.year(), korean_date(*date))
    };
    out::text(&days.iter().map(line).collect::<String>())
}
