//! `coc explain`: what the desk decides, and why.

mod assign;
mod call;
mod holidays;
mod order;
mod roster;

use super::{Done, Failure, Folders, books};
use crate::domain::calendar::Calendar;
use clap::Subcommand;
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
