//! `coc doctor`: what the bot needs on this machine, and what is missing of it.
//!
//! It looks at the data folder, the state folder and the environment, and tries Slack ([`slack`]), the telephone ([`phone`]),
//! the support desk ([`tickets`]), the mail server ([`mail`]), the customer record ([`customers`]) and the status
//! feeds ([`feeds`]) for real. No secret is shown.

mod customers;
mod database;
mod disk;
mod feeds;
mod mail;
mod monitoring;
mod phone;
mod slack;
mod tickets;

use super::books::{Overrides, load};
use super::check::Report;
use super::settings::{SettingError, setting};
use super::{Done, Failure, Folders, out};
use crate::domain::books::{ReadBooks, read_books};
use crate::journal::{self, JournalError, Sled, StoreError};
use crate::service::today;
use serde::Serialize;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 결과를 JSON 문서 하나로 보입니다
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document {
    /// Nothing that is needed is missing.
    ok: bool,
    checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Check {
    what: &'static str,
    state: State,
    text: String,
}

impl Check {
    fn of(what: &'static str, (state, text): (State, String)) -> Self {
        Self { what, state, text }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Everything is there.
    Ok,
    /// Something that is needed is missing or wrong.
    Missing,
    /// Worth a look; the desk goes on.
    Doubt,
    /// Not set up; the desk goes on without it.
    Off,
    /// Not looked at.
    Untried,
}

impl State {
    fn sign(self) -> &'static str {
        match self {
            Self::Ok => "✅",
            Self::Missing => "⛔",
            Self::Off => "–",
            Self::Doubt => "⚠️",
            Self::Untried => "?",
        }
    }
}

pub(crate) fn run(args: &Args, folders: &Folders) -> Done {
    let mut checks = vec![data(&folders.data)];
    match setting("DATABASE_URL") {
        Ok(None) => {
            checks.extend([state(&folders.state), space(&folders.state)]);
            checks.push(disk::check(standing(&folders.state)));
        }
        Ok(Some(url)) => checks.push(database::check(&url)),
        Err(error) => {
            checks.push(Check::of("데이터베이스", (State::Missing, error.to_string())));
        }
    }
    checks.push(font());
    let books = books(&folders.data);
    checks.push(slack());
    checks.extend(slack::checks(books.as_ref()));
    checks.extend(phone::checks());
    checks.extend(SERVICES.iter().map(Service::check));
    checks.extend(tickets::checks(books.as_ref()));
    checks.extend(mail::checks(&folders.data, books.as_ref().map(|books| &books.policy)));
    checks.push(customers::check(&folders.data));
    checks.extend(feeds::checks(books.as_ref().map(|books| &books.policy)));
    checks.extend(monitoring::checks(books.as_ref().map(|books| &books.policy)));
    let missing = checks.iter().filter(|check| check.state == State::Missing).count();
    if args.json {
        out::json(&Document { ok: missing == 0, checks })?;
    } else {
        let line = |check: &Check| format!("{} {}: {}", check.state.sign(), check.what, check.text);
        out::text(&checks.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    }
    match missing {
        0 => Ok(()),
        missing => {
            Err(Failure::work(format!("필요한 것 {missing}가지가 빠졌거나 잘못되었습니다.")))
        }
    }
}

/// What an attempt comes to.
///
/// # Errors
/// When there is nothing to attempt it with.
fn wait_for<T>(attempt: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("실행 환경을 만들 수 없습니다: {error}"))?;
    Ok(runtime.block_on(attempt))
}

/// The books on disk, when all of them can be read.
fn books(folder: &Path) -> Option<ReadBooks> {
    let books = load(folder, &Overrides::default()).ok()?;
    read_books(&books, today()).ok()
}

fn data(folder: &Path) -> Check {
    let report = Report::of(folder, today());
    let (state, text) = match (report.errors.as_slice(), &report.read) {
        ([], Some(read)) => (
            State::Ok,
            format!(
                "읽었습니다 ({}). 사람 {}명, 고객 {}곳, 확인할 것 {}건 (coc check).",
                folder.display(),
                read.people,
                read.customers,
                report.warnings.len()
            ),
        ),
        (errors, _) => {
            let first = errors.first().map(|first| format!(" {first}")).unwrap_or_default();
            let wrong = errors.len();
            (State::Missing, format!("고칠 것이 {wrong}건 있습니다 (coc check).{first}"))
        }
    };
    Check { what: "데이터 폴더", state, text }
}

fn state(folder: &Path) -> Check {
    let (state, text) = match writable(folder) {
        Err((path, source)) => (
            State::Missing,
            format!(
                "{}에 쓸 수 없습니다 ({source}). 쓰기 권한과 남은 공간을 확인해 주십시오.",
                path.display()
            ),
        ),
        Ok(()) if !Sled::is_there(folder) => (
            State::Ok,
            format!("쓸 수 있습니다 ({}). 저널은 첫 실행 때 만듭니다.", folder.display()),
        ),
        Ok(()) => match whole(folder) {
            Ok(records) => {
                (State::Ok, format!("저널이 온전합니다. 기록 {records}건 ({}).", folder.display()))
            }
            Err(JournalError::Store(StoreError::Busy { .. })) => (
                State::Untried,
                format!(
                    "{}을(를) 실행 중인 coc가 쓰고 있어 저널을 확인하지 못했습니다. 멈춘 뒤 coc journal verify로 확인해 주십시오.",
                    folder.display()
                ),
            ),
            Err(
                error @ (JournalError::Store(
                    StoreError::Folder { .. }
                    | StoreError::Layout { .. }
                    | StoreError::Damaged(_)
                    | StoreError::Failed { .. },
                )
                | JournalError::Broken(_)
                | JournalError::Lost { .. }),
            ) => (State::Missing, error.to_string()),
        },
    };
    Check { what: "상태 폴더", state, text }
}

/// What the reports' pictures are drawn with (W2).
fn font() -> Check {
    let (state, text) = match crate::chart::font() {
        Some(path) => (State::Ok, format!("{}로 보고의 그림을 그립니다.", path.display())),
        None => (
            State::Doubt,
            "한글 글꼴이 없어 보고의 그림에 글자가 없습니다. fonts-nanum 같은 글꼴을 설치해 주십시오."
                .to_owned(),
        ),
    };
    Check { what: "한글 글꼴", state, text }
}

/// With less room than this the journal may soon not take a record, and with it no request. In MiB.
const ROOM: u64 = 512;

fn space(folder: &Path) -> Check {
    let there = standing(folder);
    let (state, text) = match rustix::fs::statvfs(there) {
        Ok(disk) => match disk.f_bavail.saturating_mul(disk.f_frsize) >> 20 {
            free if free >= ROOM => (State::Ok, format!("{free} MiB 남았습니다.")),
            free => (
                State::Missing,
                format!(
                    "{free} MiB만 남았습니다. 저널이 더 쓰이지 못하면 요청을 받을 수 없습니다. {}이(가) 있는 디스크에 {ROOM} MiB 이상 비워 주십시오.",
                    there.display()
                ),
            ),
        },
        Err(error) => {
            (State::Untried, format!("{}: 남은 공간을 알 수 없습니다 ({error}).", there.display()))
        }
    };
    Check { what: "남은 공간", state, text }
}

/// The folder itself, or where it would be made.
fn standing(folder: &Path) -> &Path {
    let mut there = folder.ancestors().filter(|folder| !folder.as_os_str().is_empty());
    there.find(|folder| folder.exists()).unwrap_or(Path::new("."))
}

/// Tries to write where the state folder is, or where it would be made. Leaves nothing behind.
fn writable(folder: &Path) -> Result<(), (PathBuf, io::Error)> {
    let there = standing(folder);
    let probe = there.join(format!(".coc-doctor-{}", std::process::id()));
    let at = |error| (there.to_owned(), error);
    OpenOptions::new().create_new(true).write(true).open(&probe).map_err(at)?;
    fs::remove_file(&probe).map_err(at)
}

/// How many records the journal has, when all of them hold.
fn whole(folder: &Path) -> Result<u64, JournalError> {
    let store = Sled::open(folder)?;
    let tail = journal::walk(&store, 0, |_, _| {})?;
    journal::check_witnesses(&store, tail)?;
    Ok(tail.seq)
}

/// Settings by whether they are given; their values are not kept.
struct Given {
    here: Vec<&'static str>,
    absent: Vec<&'static str>,
    wrong: Vec<SettingError>,
}

impl Given {
    fn of(names: &[&'static str]) -> Self {
        let mut given = Self { here: Vec::new(), absent: Vec::new(), wrong: Vec::new() };
        for name in names {
            match setting(name) {
                Ok(Some(_)) => given.here.push(name),
                Ok(None) => given.absent.push(name),
                Err(error) => given.wrong.push(error),
            }
        }
        given
    }

    fn has(&self, name: &str) -> bool {
        self.here.contains(&name)
    }

    fn wrong(&self) -> Option<String> {
        let said: Vec<String> = self.wrong.iter().map(ToString::to_string).collect();
        (!said.is_empty()).then(|| said.join(" "))
    }
}

fn slack() -> Check {
    use self::slack::{APP, BOT};
    const SECRET: &str = "SLACK_SIGNING_SECRET";
    let given = Given::of(&[BOT, APP, SECRET]);
    let (state, text) = match (given.wrong(), given.has(BOT), given.has(APP), given.has(SECRET)) {
        (Some(wrong), ..) => (State::Missing, wrong),
        (None, true, true, _) => (State::Ok, format!("{BOT}, {APP} 있음 (Socket Mode).")),
        (None, true, false, true) => {
            (State::Ok, format!("{BOT}, {SECRET} 있음 (HTTP Events API)."))
        }
        (None, true, false, false) => (
            State::Missing,
            format!("{APP} (Socket Mode) 또는 {SECRET} (HTTP Events API)이 필요합니다."),
        ),
        (None, false, true, _) | (None, false, _, true) => {
            (State::Missing, format!("{BOT}이 필요합니다."))
        }
        (None, false, false, false) => (
            State::Missing,
            format!(
                "{BOT}과, {APP} (Socket Mode) 또는 {SECRET} (HTTP Events API)이 필요합니다. Slack 없이 써 보시려면: coc sandbox"
            ),
        ),
    };
    Check { what: "Slack 설정", state, text }
}

/// A service that the desk can do without.
struct Service {
    what: &'static str,
    /// All of them or none.
    settings: &'static [&'static str],
    /// What holds when none is given.
    without: &'static str,
}

const SERVICES: [Service; 3] = [
    Service {
        what: "티켓 설정",
        settings: &super::wiring::tickets::NEEDED,
        without: "활성 티켓 수는 봇이 배정한 것만 셉니다.",
    },
    Service {
        what: "메일 설정", settings: &["SMTP_URL"], without: "메일은 COC가 직접 보냅니다."
    },
    Service {
        what: "고객 기록 설정",
        settings: &["FITCLOUD_URL", "FITCLOUD_TOKEN"],
        without: "customers.csv를 씁니다.",
    },
];

impl Service {
    fn check(&self) -> Check {
        let given = Given::of(self.settings);
        let (state, text) = if let Some(wrong) = given.wrong() {
            (State::Missing, wrong)
        } else if given.here.is_empty() {
            let names = self.settings.join(", ");
            (State::Off, format!("{names} 없음. {}", self.without))
        } else if given.absent.is_empty() {
            (State::Ok, format!("{} 있음.", given.here.join(", ")))
        } else {
            let (here, absent) = (given.here.join(", "), given.absent.join(", "));
            (State::Missing, format!("{here} 있음. {absent}도 필요합니다."))
        };
        Check { what: self.what, state, text }
    }
}
