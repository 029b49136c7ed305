//! `coc replay`: plays scenario files on a virtual clock, or a real journal again.

use super::books::{Overrides, load_what_is_there};
use super::progress::Progress;
use super::{Done, Failure, Folders, out};
use crate::domain::books::{BookFile, read_policy};
use crate::domain::customers::read_customers;
use crate::domain::people::{LineError, read_guide};
use crate::domain::time::Time;
use crate::journal::Record;
use crate::replay::journal::{
    ASSUMED, Again, CaseDiff, Difference, Instead, ReadError, Replayed, aliases, compare,
    play_instead, read,
};
use crate::replay::{PlayError, play};
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 시나리오 파일 (YAML)
    #[arg(required_unless_present = "journal", conflicts_with = "journal", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// 시나리오 대신 다시 재생할 저널: 상태 폴더, 또는 `coc journal export`가 낸 파일
    #[arg(long, value_name = "DIR")]
    journal: Option<PathBuf>,
    /// 이 가이드였다면 누구에게 연락했을지 견줍니다 (--journal과 함께)
    #[arg(long, value_name = "FILE", requires = "journal", conflicts_with = "files")]
    guide: Option<PathBuf>,
    /// 이 정책이었다면 누구에게 연락했을지 견줍니다 (--journal과 함께)
    #[arg(long, value_name = "FILE", requires = "journal", conflicts_with = "files")]
    policy: Option<PathBuf>,
    /// 이 고객 기록이었다면 누구에게 연락했을지 견줍니다 (--journal과 함께)
    #[arg(long, value_name = "FILE", requires = "journal", conflicts_with = "files")]
    customers: Option<PathBuf>,
    /// 결과를 JSON 문서 하나로 보입니다
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, folders: &Folders) -> Done {
    match &args.journal {
        Some(journal) => travel(args, journal),
        None => scenarios(args, folders),
    }
}

fn scenarios(args: &Args, folders: &Folders) -> Done {
    let books = load_what_is_there(&folders.data).map_err(|errors| {
        let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::input(said.join("\n"))
    })?;
    let mut played = Vec::new();
    // what is shown on the way would be in its way
    let progress = (args.json && args.files.len() > 1).then(|| {
        Progress::begin("시나리오를 재생하는 중", u64::try_from(args.files.len()).ok(), "개")
    });
    for file in &args.files {
        let (one, _) = play(file, &books, &[]).map_err(failure)?;
        if let Some(progress) = &progress {
            progress.step();
        }
        if !args.json {
            out::text(&one.to_string())?;
        }
        played.push(one);
    }
    drop(progress);
    match played.as_slice() {
        _ if !args.json => Ok(()),
        [one] => out::json(one),
        several => out::json(&several),
    }
}

fn failure(error: PlayError) -> Failure {
    match error {
        PlayError::Unreadable { .. } | PlayError::Step { .. } | PlayError::Books(_) => {
            Failure::input(error.to_string())
        }
        PlayError::Failed(_) => Failure::work(error.to_string()),
    }
}

/// What `--journal --json` prints.
#[derive(Serialize)]
struct Document {
    /// The journal came to the same state.
    ok: bool,
    #[serde(flatten)]
    replayed: Replayed,
    /// Under the other books, when some were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    instead: Option<Compared>,
}

#[derive(Serialize)]
struct Compared {
    /// Which books are others.
    changed: Vec<BookFile>,
    /// What is taken for granted.
    assumed: [&'static str; ASSUMED.len()],
    /// What people did that had nothing to be about.
    unsaid: u64,
    cases: Vec<CaseDiff>,
}

fn unread(error: ReadError) -> Failure {
    let said = error.to_string();
    if error.is_input() { Failure::input(said) } else { Failure::work(said) }
}

fn travel(args: &Args, journal: &Path) -> Done {
    let mut again = Again::knowing(aliases(journal).map_err(unread)?);
    let others = Overrides {
        policy: args.policy.clone(),
        guide: args.guide.clone(),
        customers: args.customers.clone(),
    };
    let wants = others.policy.is_some() || others.guide.is_some() || others.customers.is_some();
    let mut records: Vec<Record> = Vec::new();
    let progress = Progress::begin("저널을 다시 재생하는 중", None, "건");
    let taken = read(journal, |record| {
        again.take(&record);
        progress.step();
        if wants {
            records.push(record);
        }
    });
    drop(progress);
    taken.map_err(unread)?;
    let replayed = again
        .finish()
        .map_err(|error| Failure::work(format!("상태를 JSON으로 쓸 수 없습니다: {error}")))?;
    let instead = match (wants, replayed.from) {
        (true, Some(first)) => Some(compared(&records, &replayed, &others, first)?),
        (true, None) | (false, _) => None,
    };
    let document = Document { ok: replayed.is_same(), replayed, instead };
    if args.json {
        out::json(&document)?;
    } else {
        out::text(&told(&document))?;
    }
    if document.ok {
        return Ok(());
    }
    let said = verdict(&document.replayed);
    match &document.instead {
        // the comparison stands on the record, which is what it was
        Some(_) => {
            out::note(&format!("⚠️ {said}"));
            Ok(())
        }
        None => Err(Failure::work(said)),
    }
}

fn compared(
    records: &[Record],
    replayed: &Replayed,
    others: &Overrides,
    first: Time,
) -> Result<Compared, Failure> {
    let instead = books(others, first)?;
    let failed = |error: crate::replay::journal::OtherError| Failure::work(error.to_string());
    let control = play_instead(records, &Instead::default()).map_err(failed)?;
    let other = play_instead(records, &instead).map_err(failed)?;
    let given = [
        (BookFile::Policy, others.policy.is_some()),
        (BookFile::Guide, others.guide.is_some()),
        (BookFile::Customers, others.customers.is_some()),
    ];
    Ok(Compared {
        changed: given.into_iter().filter(|(_, given)| *given).map(|(file, _)| file).collect(),
        assumed: ASSUMED,
        unsaid: other.unsaid,
        cases: compare(&replayed.cases, &control, &other),
    })
}

/// The other books, each known to be readable; `near` is the guide's date (reading 21).
fn books(others: &Overrides, near: Time) -> Result<Instead, Failure> {
    let mut wrong = Vec::new();
    let mut text = |path: &Option<PathBuf>, check: &dyn Fn(&str) -> Vec<LineError>| {
        let path = path.as_ref()?;
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let errors = check(&text);
                wrong.extend(
                    errors
                        .iter()
                        .map(|one| format!("{}:{}: {}", path.display(), one.line, one.text)),
                );
                Some(text)
            }
            Err(error) => {
                wrong.push(format!(
                    "{}: 파일을 읽을 수 없습니다 ({error}). 경로와 권한을 확인해 주십시오.",
                    path.display()
                ));
                None
            }
        }
    };
    let instead = Instead {
        policy: text(&others.policy, &|text| {
            let errors = read_policy(text).err().unwrap_or_default();
            let line = |error: crate::domain::books::BookError| LineError {
                line: error.line.unwrap_or(1),
                text: error.text,
            };
            errors.into_iter().map(line).collect()
        }),
        guide: text(&others.guide, &|text| {
            read_guide(text, near.date_naive()).err().unwrap_or_default()
        }),
        customers: text(&others.customers, &|text| read_customers(text).err().unwrap_or_default()),
    };
    if wrong.is_empty() { Ok(instead) } else { Err(Failure::input(wrong.join("\n"))) }
}

fn told(document: &Document) -> String {
    let Document { replayed, instead, .. } = document;
    let at = |at: Option<Time>| {
        at.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
    };
    let mut lines =
        vec![format!("기록 {}건 ({} – {})", replayed.records, at(replayed.from), at(replayed.to))];
    if replayed.is_same() {
        lines.push("✅ 지금 다시 판단해도 모든 기록과 마지막 상태가 같습니다.".to_owned());
    } else if let Some(difference) = &replayed.first_difference {
        lines.push(format!("⛔ 다르게 판단하는 기록 {}건. 첫 번째:", replayed.differing));
        lines.extend(shown(difference));
    } else {
        lines.push("⛔ 기록은 모두 같으나 마지막 상태가 다릅니다.".to_owned());
    }
    lines.push(String::new());
    match instead {
        None if replayed.cases.is_empty() => lines.push("사건이 없습니다.".to_owned()),
        None => lines.extend(replayed.cases.iter().map(ToString::to_string)),
        Some(compared) => {
            let files: Vec<&str> = compared.changed.iter().map(|file| file.name()).collect();
            let changed = compared.cases.iter().filter(|case| case.changed).count();
            lines.push(format!(
                "{}을(를) 바꾸면 사건 {}건 중 {changed}건이 달라집니다.",
                files.join(", "),
                compared.cases.len()
            ));
            lines.extend(compared.cases.iter().map(ToString::to_string));
            lines.push(String::new());
            lines.push("이렇게 보았습니다.".to_owned());
            lines.extend(compared.assumed.iter().map(|one| format!("- {one}")));
            if compared.unsaid > 0 {
                lines.push(format!(
                    "- 바뀐 경우에 쓰일 곳이 없는 사람의 행동 {}건은 뺐습니다.",
                    compared.unsaid
                ));
            }
        }
    }
    lines.join("\n")
}

/// How much of a change is shown to people; `--json` has all of it.
const SHOWN: usize = 600;

fn shown(difference: &Difference) -> Vec<String> {
    let brief = |change: Option<&Value>| {
        let text = change.map_or_else(|| "없음".to_owned(), Value::to_string);
        let mut cut: String = text.chars().take(SHOWN).collect();
        if cut.len() < text.len() {
            cut.push('…');
        }
        cut
    };
    vec![
        format!(
            "    기록 {}번 ({}), {}번째 변경",
            difference.seq,
            difference.at.format("%Y-%m-%d %H:%M:%S"),
            difference.change + 1
        ),
        format!("    기록: {}", brief(difference.recorded.get(difference.change))),
        format!("    지금: {}", brief(difference.decided.get(difference.change))),
    ]
}

fn verdict(replayed: &Replayed) -> String {
    match &replayed.first_difference {
        Some(difference) => format!(
            "기록 {}번을 지금은 다르게 판단합니다. 기록한 때와 다른 판의 coc이면 문구만 바뀌어도 다르게 나옵니다. 전체 내용: coc replay --journal … --json",
            difference.seq
        ),
        None => "다시 재생한 마지막 상태가 기록과 다릅니다. 같은 판의 coc으로 재생했는지 확인해 주십시오."
            .to_owned(),
    }
}
