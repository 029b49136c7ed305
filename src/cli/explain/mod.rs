//! `coc explain`: what the desk decides, and why.
//!
//! The answers are the desk's own: it is built from the books ([`desk_of`]) and asked with the functions that the bot decides by.
//! What only a running bot knows (`/leave`, presence, who was given a ticket last) is not in it.

mod assign;
mod call;
mod holidays;
mod order;
mod roster;

use super::{Done, Failure, Folders, books};
use crate::domain::books::{BookFile, ReadBooks};
use crate::domain::calendar::{Calendar, korean_date};
use crate::domain::change::Change;
use crate::domain::customers::Customer;
use crate::domain::desk::Desk;
use crate::domain::people::order::Skipped;
use crate::domain::time::Time;
use chrono::{Datelike, Timelike};
use clap::Subcommand;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    files: Files,
    #[command(subcommand)]
    command: Command,
}

/// Files in place of the data folder's.
#[derive(Debug, clap::Args)]
pub(crate) struct Files {
    /// 데이터 폴더의 guide.txt 대신 읽을 파일
    #[arg(long, global = true, value_name = "FILE")]
    guide: Option<PathBuf>,
    /// 데이터 폴더의 customers.csv 대신 읽을 파일
    #[arg(long, global = true, value_name = "FILE")]
    customers: Option<PathBuf>,
    /// 데이터 폴더의 policy.toml 대신 읽을 파일
    #[arg(long, global = true, value_name = "FILE")]
    policy: Option<PathBuf>,
}

impl Files {
    fn overrides(&self) -> books::Overrides {
        books::Overrides {
            policy: self.policy.clone(),
            guide: self.guide.clone(),
            customers: self.customers.clone(),
        }
    }

    /// Business time by the policy in force.
    fn calendar(&self, folders: &Folders) -> Result<Calendar, Failure> {
        let policy = books::policy(folders, &self.overrides())?;
        Ok(Calendar::new(&policy.hours))
    }

    /// The customer of that name or alias.
    ///
    /// # Errors
    /// Bad input, with names that look like it.
    fn customer<'a>(
        &self,
        folders: &Folders,
        desk: &'a Desk,
        name: &str,
    ) -> Result<&'a Customer, Failure> {
        let customers = &desk.customers.value;
        customers.find(name).ok_or_else(|| {
            let file = self.overrides().path(&folders.data, BookFile::Customers);
            let expected = match customers.similar(name).as_slice() {
                [] => "고객 파일의 name이나 aliases에 있는 이름을 적어 주십시오.".to_owned(),
                similar => format!("비슷한 이름: {}.", similar.join(", ")),
            };
            let example = customers.0.first().map_or("가나게임즈", |one| &one.name);
            Failure::input(format!(
                "--customer: 고객사를 찾지 못했습니다 ({}). 읽은 값: \"{name}\". {expected} 예: --customer {example}",
                file.display()
            ))
        })
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 그 시각의 알림에 언제 전화하는지 계산과 함께 보입니다.
    Call(call::Args),
    /// 연락 순서와 제외된 사람을 이유와 함께 보입니다.
    Order(order::Args),
    /// 지금 티켓을 받을 사람을 보유 티켓 수와 함께 보입니다.
    Assign(assign::Args),
    /// 가이드에서 읽은 명단, 파트, 부재, 표시를 보입니다.
    Roster(roster::Args),
    /// 공휴일과 대체공휴일, 임시공휴일을 보입니다.
    Holidays(holidays::Args),
}

pub(crate) fn run(args: Args, folders: &Folders) -> Done {
    let files = &args.files;
    match args.command {
        Command::Call(args) => call::run(&args, files, folders),
        Command::Order(args) => order::run(&args, files, folders),
        Command::Assign(args) => assign::run(&args, files, folders),
        Command::Roster(args) => roster::run(&args, files, folders),
        Command::Holidays(args) => holidays::run(&args, files, folders),
    }
}

/// The desk with these books in force at `at`, and nothing else known. Dates without a year are found near `at` (reading 21).
fn desk_of(files: &Files, folders: &Folders, at: Time) -> Result<Desk, Failure> {
    let ReadBooks { policy, roster, customers, warnings: _ } =
        books::read(folders, &files.overrides(), at.date_naive())?;
    let text = String::new;
    let changes = [
        Change::PolicyAdopted { text: text(), policy: Box::new(policy) },
        Change::CustomersAdopted { text: text(), customers },
        Change::RosterAdopted { text: text(), roster },
    ];
    let mut desk = Desk::default();
    for change in &changes {
        desk.apply(at, change);
    }
    Ok(desk)
}

/// Somebody who is passed over, as JSON has it.
#[derive(Serialize)]
struct PassedOver {
    name: String,
    why: String,
}

impl From<&Skipped> for PassedOver {
    fn from(skipped: &Skipped) -> Self {
        Self { name: skipped.name.to_string(), why: skipped.why.clone() }
    }
}

fn skipped_text(skipped: &[PassedOver]) -> String {
    if skipped.is_empty() {
        return "건너뛴 사람 없음.".to_owned();
    }
    let lines = skipped.iter().map(|one| format!("\n- {}: {}", one.name, one.why));
    format!("건너뛴 사람:{}", lines.collect::<String>())
}

fn warnings_text(warnings: &[String]) -> impl Iterator<Item = String> + '_ {
    warnings.iter().map(|warning| format!("⚠️ {warning}"))
}

/// `2025년 8월 5일(화) 22:00`, with seconds only where there are some.
fn when(at: Time) -> String {
    let pattern = if at.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
    format!("{}년 {} {}", at.year(), korean_date(at.date_naive()), at.format(pattern))
}

/// `2025년 8월 5일(화) 22:00, 업무 외 시간`.
fn moment(calendar: &Calendar, at: Time) -> String {
    let hours = if calendar.is_open(at) { "업무시간" } else { "업무 외 시간" };
    format!("{}, {hours}", when(at))
}
