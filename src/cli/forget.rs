//! `coc journal forget`: a person who left is taken out of the journal.

use super::journal::{CommandError, Failure, Place, io_at, say_json};
use super::progress::Progress;
use crate::domain::time::Time;
use crate::engine::Engine;
use crate::journal::forget::{ForgetError, Found, Plan, Wish};
use crate::journal::{Digest, Erase, Postgres};
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;
use unicode_normalization::is_nfc;

/// Options of `coc journal forget`.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct Forget {
    /// 떠난 사람의 이름. 가이드나 Slack에 적힌 그대로
    #[arg(value_name = "NAME")]
    pub name: String,
    /// 그 사람의 것인 다른 글: 다른 표기, 전화번호, 메일 주소, Slack id (여러 번 쓸 수 있습니다)
    #[arg(long, value_name = "TEXT")]
    pub also: Vec<String>,
    /// 이름 대신 적을 별칭 (기본값: 퇴사자-1, 다음 번호)
    #[arg(long = "as", value_name = "ALIAS")]
    pub alias: Option<String>,
    /// 누가 지우는지 저널에 남길 이름 (기본값: 이 컴퓨터의 사용자)
    #[arg(long, value_name = "WHO")]
    pub by: Option<String>,
    /// 무엇을 바꿀지 보이기만 하고 바꾸지 않습니다
    #[arg(long)]
    pub dry_run: bool,
    /// 결과를 JSON 문서 하나로 냅니다
    #[arg(long)]
    pub json: bool,
}

/// What `forget --json` prints.
#[derive(Serialize)]
struct Said<'a> {
    /// Whether it was done, not only looked at.
    done: bool,
    alias: &'a str,
    /// How many records change.
    changed: usize,
    /// How many there were.
    records: u64,
    #[serde(flatten)]
    found: &'a Found,
    last_hash: Digest,
}

/// Carries it out on the journal that is there. Nobody else may use it meanwhile.
///
/// # Errors
/// [`CommandError::Input`] when there is no journal, or the person cannot be forgotten yet.
pub(super) fn forget(
    place: Place<'_>,
    options: &Forget,
    now: Time,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    match place {
        Place::Folder(state) => forget_in(super::journal::open_existing(state)?, options, now, out),
        Place::Database(url) => {
            let store = Postgres::open(url)?;
            if !store.try_lead("coc journal forget")? {
                return Err(CommandError::Input(
                    "데이터베이스를 coc가 쓰고 있습니다. 그 coc를 모두 멈추고 다시 실행해 주십시오.".to_owned(),
                ));
            }
            forget_in(store, options, now, out)
        }
    }
}

fn forget_in<S: Erase>(
    store: S,
    options: &Forget,
    now: Time,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let wish = Wish {
        name: options.name.clone(),
        also: options.also.clone(),
        alias: options.alias.clone(),
        by: options.by.clone().unwrap_or_else(whoever),
    };
    let (mut engine, _) = Engine::open(store)?;
    let plan = engine.plan_forgetting(&wish, now)?;
    if !options.dry_run {
        plan.has_left()?;
        let (changed, _) = plan.records();
        let progress = Progress::begin("기록을 고쳐 쓰는 중", u64::try_from(changed).ok(), "건");
        engine.forget(&plan, now, |done| progress.at(done))?;
        drop(progress);
    }
    let said = if options.json {
        let (changed, records) = plan.records();
        let (done, found, last_hash) = (!options.dry_run, plan.found(), engine.tail().hash);
        say_json(&Said { done, alias: plan.alias(), changed, records, found, last_hash }, out)
    } else {
        say(&plan, options.dry_run, engine.tail().hash, out)
    };
    said.map_err(io_at(Path::new("표준 출력")))?;
    Ok(plan.has_left()?)
}

/// Who runs this, by the machine.
fn whoever() -> String {
    let named = |name| std::env::var(name).ok().filter(|user| !user.trim().is_empty());
    ["SUDO_USER", "LOGNAME", "USER"]
        .into_iter()
        .find_map(named)
        .unwrap_or_else(|| "이 컴퓨터의 사용자".to_owned())
}

fn say(plan: &Plan, dry: bool, last_hash: Digest, out: &mut impl Write) -> io::Result<()> {
    let (changed, records) = plan.records();
    let alias = plan.alias();
    let Found { words, numbers, addresses, slack, shared, kept } = plan.found();
    let done = if dry { "바꿀 것입니다" } else { "바꿨습니다" };
    writeln!(out, "기록 {records}건 가운데 {changed}건에서 이름을 {alias}(으)로 {done}.")?;
    // the same name in another spelling of Unicode looks the same
    let words = words.iter().filter(|word| is_nfc(word)).cloned().collect();
    let lists = [
        ("이름과 글", &words),
        ("전화번호", numbers),
        ("메일 주소", addresses),
        ("Slack id", slack),
        ("다른 분도 써서 그대로 두는 것", shared),
        ("더 긴 이름이라 그대로 두는 것", kept),
    ];
    for (what, list) in lists {
        if !list.is_empty() {
            writeln!(out, "- {what}: {}", list.join(", "))?;
        }
    }
    if dry {
        return writeln!(
            out,
            "아직 아무것도 바꾸지 않았습니다. --dry-run 없이 다시 실행하면 바꿉니다."
        );
    }
    writeln!(out, "마지막 해시: {last_hash}")?;
    writeln!(
        out,
        "옛 백업과 내보낸 파일에는 아직 있습니다. 디스크에 남은 조각까지 없애는 법은 docs/백업과복구.md에 있습니다."
    )
}

impl From<ForgetError> for CommandError {
    fn from(error: ForgetError) -> Self {
        if error.is_input() {
            Self::Input(error.to_string())
        } else {
            Self::Failed(Failure::Forget(error))
        }
    }
}
