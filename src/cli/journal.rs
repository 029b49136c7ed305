//! `coc journal export|verify|restore|forget`: the journal as JSON lines, its chain checked, a state folder rebuilt, somebody forgotten.

use super::audit::{Claim, Extract, Proof};
use super::forget::{Forget, forget};
use super::progress::Progress;
use crate::domain::ids::CaseId;
use crate::domain::input::{Input, Rewritten};
use crate::domain::time::Time;
use crate::journal::attest::Pledges;
use crate::journal::forget::{ForgetError, take_at_their_word};
use crate::journal::line::{self, Line, OVERHEAD};
use crate::journal::store::MAX_RECORD_BYTES;
use crate::journal::{
    self, AppendError, Break, Digest, Folder, JournalError, Postgres, Record, Sled, Store,
    StoreError, StoredRecord, Tail, Why, chain,
};
use crate::ports::Clock;
use crate::service::WallClock;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// How many records are made durable at once by a restore, at most.
const RESTORE_BATCH: usize = 512;

/// How many bytes of records are made durable at once by a restore, about.
const RESTORE_BATCH_BYTES: usize = 1 << 20;

/// What `coc journal` does.
#[derive(Clone, Debug, PartialEq, Eq, clap::Subcommand)]
pub enum JournalCommand {
    /// 저널을 JSON Lines로 내보냅니다.
    Export(Export),
    /// 저널의 해시 사슬을 처음부터 끝까지 확인합니다.
    Verify(Verify),
    /// 내보낸 파일에서 빈 상태 폴더를 다시 만듭니다.
    Restore(Restore),
    /// 떠난 사람을 저널에서 지웁니다. 해시 사슬은 그대로 이어집니다. 봇을 멈추고 실행합니다.
    Forget(Forget),
}

/// Options of `coc journal export`.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct Export {
    /// 표준 출력 대신 쓸 파일
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// 이 사건의 기록만, 읽을 수 있는 글과 해시 사슬의 증명으로
    #[arg(long, value_name = "ID", value_parser = case_number)]
    pub case: Option<CaseId>,
    /// 사건의 기록을 JSON 문서 하나로 냅니다
    #[arg(long, requires = "case")]
    pub json: bool,
    /// 가리지 않은 원문이 든 증명을 뺍니다
    #[arg(long, requires = "case")]
    pub no_proof: bool,
}

/// `12` or `#12`.
fn case_number(text: &str) -> Result<CaseId, String> {
    let number = text.trim().trim_start_matches('#').parse().ok().filter(|number| *number > 0);
    number
        .map(CaseId)
        .ok_or_else(|| format!("읽은 값: \"{text}\". 사건 번호를 적어 주십시오. 예: 12"))
}

/// Options of `coc journal verify`.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct Verify {
    /// 결과를 JSON 문서 하나로 냅니다
    #[arg(long)]
    pub json: bool,
    /// 저널 대신, `coc journal export --case`가 낸 파일을 저널 없이 확인합니다
    #[arg(long, value_name = "FILE")]
    pub export: Option<PathBuf>,
    /// 그 파일을 저널에서 다시 만든 것과 견줍니다
    #[arg(long, requires = "export")]
    pub with_journal: bool,
}

/// Options of `coc journal restore`.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub struct Restore {
    /// `coc journal export`가 낸 파일
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// 떠난 사람을 지운 기록을, 그것을 증명하는 뒷부분이 없어도 받아들입니다 (깨진 저널의 앞부분을 살릴 때)
    #[arg(long)]
    pub take_rewritten: bool,
    /// 결과를 JSON 문서 하나로 냅니다
    #[arg(long)]
    pub json: bool,
}

/// Why a subcommand did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Bad usage or bad input: exit 2.
    #[error("{0}")]
    Input(String),
    /// The journal is not whole, or the machine failed: exit 1.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Work that failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The journal cannot be read, or does not hold.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An export stopped at the first record that does not hold; those before it were written.
    #[error("온전한 기록 {kept}건까지 {where_to}에 내보냈습니다. {source}")]
    Partial {
        /// How many records were written.
        kept: u64,
        /// Where they are.
        where_to: String,
        /// What stopped it.
        source: JournalError,
    },
    /// A record could not be kept.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// Somebody could not be forgotten.
    #[error(transparent)]
    Forget(ForgetError),
    /// An extract of a case does not hold.
    #[error(
        "{file}: {why}. 저널에서 나온 그대로가 아니므로 믿지 마십시오. 다시 만들려면: coc journal export --case 번호"
    )]
    Extract {
        /// The file.
        file: String,
        /// Where it does not.
        why: String,
    },
    /// Reading or writing failed.
    #[error("{path}: {source}")]
    Io {
        /// What was read or written.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

impl CommandError {
    /// The process's exit status for it.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Failed(_) => 1,
        }
    }
}

impl From<JournalError> for CommandError {
    fn from(error: JournalError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        JournalError::from(error).into()
    }
}

/// Carries out a subcommand, with stdout for its results.
pub(crate) fn main(command: &JournalCommand, folders: &super::Folders) -> super::Done {
    let url = super::settings::setting("DATABASE_URL")
        .map_err(|error| super::Failure::input(error.to_string()))?;
    let place = match &url {
        Some(url) => Place::Database(url),
        None => Place::Folder(&folders.state),
    };
    let mut stdout = io::stdout().lock();
    run_at(place, command, &mut stdout).map_err(|error| match error {
        CommandError::Input(said) => super::Failure::input(said),
        CommandError::Failed(failure) => super::Failure::Work(failure.into()),
    })
}

/// Carries out a subcommand on the journal in the state folder.
///
/// # Errors
/// See [`CommandError`].
pub fn run(
    state: &Path,
    command: &JournalCommand,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    run_at(Place::Folder(state), command, out)
}

/// Where a journal is.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// In this state folder.
    Folder(&'a Path),
    /// In the database of this address.
    Database(&'a str),
}

impl Place<'_> {
    /// The journal that is there, to be read.
    fn existing(self) -> Result<Box<dyn Store>, CommandError> {
        match self {
            Self::Folder(state) => Ok(Box::new(open_existing(state)?)),
            Self::Database(url) => {
                let store = Postgres::open(url)?;
                if store.last()?.is_none() {
                    return Err(CommandError::Input(
                        "DATABASE_URL의 데이터베이스에 저널이 없습니다. 주소를 확인하시거나 `coc journal restore FILE`로 채워 주십시오.".to_owned(),
                    ));
                }
                Ok(Box::new(store))
            }
        }
    }
}

/// Carries out a subcommand on the journal that is there.
///
/// # Errors
/// See [`CommandError`].
pub fn run_at(
    place: Place<'_>,
    command: &JournalCommand,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    match (command, place) {
        (JournalCommand::Export(options), place) => {
            write_export(place.existing()?.as_ref(), options, out)
        }
        (JournalCommand::Verify(options), place) => verify_at(place, options, out),
        (JournalCommand::Restore(options), Place::Folder(state)) => restore(state, options, out),
        (JournalCommand::Restore(options), Place::Database(url)) => {
            restore_shared(url, options, out)
        }
        (JournalCommand::Forget(options), place) => forget(place, options, WallClock.now(), out),
    }
}

/// Writes every record as one line (see [`crate::journal::line`]) to `out` or to the file of the options. The file appears whole; when
/// the journal breaks, what comes before the break is kept beside it, as `FILE.partial`.
///
/// # Errors
/// [`CommandError::Input`] when there is no journal; [`Failure::Partial`] when it breaks.
pub fn export(state: &Path, options: &Export, out: &mut impl Write) -> Result<(), CommandError> {
    write_export(&open_existing(state)?, options, out)
}

fn write_export(
    store: &dyn Store,
    options: &Export,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    if let Some(case) = options.case {
        return export_case(store, case, options, out);
    }
    let Some(file) = &options.out else {
        return write_lines(store, &mut BufWriter::new(out), "표준 출력");
    };
    let partial = beside(file, ".partial");
    let shown = partial.display().to_string();
    let target = journal_private(&partial).map_err(io_at(&partial))?;
    let mut target = BufWriter::new(target);
    write_lines(store, &mut target, &shown)?;
    target.get_ref().sync_all().map_err(io_at(&partial))?;
    fs::rename(&partial, file).map_err(io_at(file))?;
    journal::sync_folder_of(file)?;
    Ok(())
}

/// Writes what concerns one case, as text or as a JSON document.
fn export_case(
    store: &dyn Store,
    case: CaseId,
    options: &Export,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let extract = Extract::of(store, case, None)?;
    let proof = !options.no_proof;
    let said = if options.json {
        extract.json(proof).map(|document| format!("{document}\n"))
    } else {
        Ok(extract.text(proof))
    };
    let stdout = Path::new("표준 출력");
    let said = said.map_err(|error| io_at(stdout)(error.into()))?;
    let Some(file) = &options.out else {
        let written = out.write_all(said.as_bytes()).and_then(|()| out.flush());
        return Ok(written.map_err(io_at(stdout))?);
    };
    let partial = beside(file, ".partial");
    let mut target = journal_private(&partial).map_err(io_at(&partial))?;
    target.write_all(said.as_bytes()).map_err(io_at(&partial))?;
    target.sync_all().map_err(io_at(&partial))?;
    fs::rename(&partial, file).map_err(io_at(file))?;
    journal::sync_folder_of(file)?;
    Ok(())
}

/// How many records there are by the store's own word; `None` when it cannot say, which the walk tells with its reason.
fn length(store: &dyn Store) -> Option<u64> {
    store.last().ok().flatten().map(|last| last.seq)
}

fn write_lines(store: &dyn Store, to: &mut impl Write, shown: &str) -> Result<(), CommandError> {
    let (mut kept, mut written) = (0, Ok(()));
    let progress = Progress::begin("저널을 내보내는 중", length(store), "건");
    let walked = journal::walk_bytes(store, |stored, held| {
        if written.is_ok() {
            written = line::write(stored, held, to);
            kept += 1;
            progress.at(kept);
        }
    });
    drop(progress);
    written.and_then(|()| to.flush()).map_err(io_at(Path::new(shown)))?;
    match walked.and_then(|tail| journal::check_witnesses(store, tail)) {
        Ok(()) => Ok(()),
        Err(source) => Err(Failure::Partial { kept, where_to: shown.to_owned(), source }.into()),
    }
}

/// What `verify --json` prints.
#[derive(Serialize)]
struct Verdict {
    ok: bool,
    records: u64,
    last_hash: Digest,
    broken: Option<Broken>,
    /// Who was forgotten; left out where nobody was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    forgotten: Vec<WasForgotten>,
}

/// That somebody was forgotten.
#[derive(Serialize)]
struct WasForgotten {
    /// The record that says so.
    seq: u64,
    at: Time,
    by: String,
    alias: String,
    /// How many records say what it says that they do.
    records: usize,
    /// How many still have their old text: it was broken off.
    pending: usize,
}

/// Hears every record, and tells who was forgotten.
#[derive(Default)]
struct Forgettings {
    rewritten: BTreeMap<u64, Digest>,
    told: Vec<WasForgotten>,
}

impl Forgettings {
    fn take(&mut self, stored: &StoredRecord, record: Record) {
        let bytes = Digest::of(&stored.bytes);
        if bytes != stored.hash {
            self.rewritten.insert(stored.seq, bytes);
        }
        if let Input::Forgotten(forgotten) = record.input {
            let is = |one: &Rewritten| self.rewritten.get(&one.seq).map(ToString::to_string);
            let done = forgotten.records.iter().filter(|one| is(one).as_ref() == Some(&one.hash));
            let pending = forgotten.records.iter().filter(|one| is(one).is_none());
            self.told.push(WasForgotten {
                seq: record.seq,
                at: record.at,
                records: done.count(),
                pending: pending.count(),
                by: forgotten.by,
                alias: forgotten.alias,
            });
        }
    }
}

impl WasForgotten {
    fn say(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { seq, at, by, alias, records, pending } = self;
        let at = at.format("%Y-%m-%d %H:%M");
        writeln!(
            out,
            "- 기록 {seq}번({at}, {by}): 떠난 사람이 적힌 기록 {records}건을 {alias}(으)로 고쳤습니다."
        )?;
        if *pending > 0 {
            writeln!(
                out,
                "  {pending}건에는 아직 옛 글이 있습니다. 같은 이름으로 coc journal forget을 다시 실행해 주십시오."
            )?;
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Broken {
    /// The first record that does not hold; the first that is missing when the end is. `None` when the store itself
    /// cannot be read.
    seq: Option<u64>,
    why: String,
}

/// Walks the chain and prints how many records hold, the last one's hash, and where it breaks.
///
/// # Errors
/// [`CommandError::Input`] when there is no journal; [`Failure::Journal`] when it breaks: the verdict is printed then as
/// well.
pub fn verify(state: &Path, options: &Verify, out: &mut impl Write) -> Result<(), CommandError> {
    verify_at(Place::Folder(state), options, out)
}

fn verify_at(place: Place<'_>, options: &Verify, out: &mut impl Write) -> Result<(), CommandError> {
    match &options.export {
        Some(file) => verify_extract(place, file, options, out),
        None => write_verdict(place.existing()?.as_ref(), options, out),
    }
}

fn write_verdict(
    store: &dyn Store,
    options: &Verify,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let mut good = Tail::START;
    let progress = Progress::begin("저널을 확인하는 중", length(store), "건");
    let mut forgettings = Forgettings::default();
    let walked = journal::walk(store, 0, |stored, record| {
        good = Tail { seq: stored.seq, hash: stored.hash };
        progress.at(good.seq);
        forgettings.take(stored, record);
    });
    drop(progress);
    let walked = walked.and_then(|tail| journal::check_witnesses(store, tail));
    let broken = walked.as_ref().err().map(|error| Broken {
        seq: match error {
            JournalError::Broken(Break { seq, .. }) => Some(*seq),
            JournalError::Lost { last, .. } => Some(last + 1),
            JournalError::Store(_) => None,
        },
        why: error.to_string(),
    });
    let forgotten = forgettings.told;
    let (ok, records, last_hash) = (broken.is_none(), good.seq, good.hash);
    let verdict = Verdict { ok, records, last_hash, broken, forgotten };
    let said = if options.json {
        say_json(&verdict, out)
    } else {
        let state = if verdict.ok { "온전합니다" } else { "온전하지 않습니다" };
        writeln!(out, "저널이 {state}. 온전한 기록 {}건", good.seq)
            .and_then(|()| writeln!(out, "마지막 해시: {}", good.hash))
            .and_then(|()| verdict.forgotten.iter().try_for_each(|one| one.say(out)))
    };
    said.map_err(io_at(Path::new("표준 출력")))?;
    Ok(walked?)
}

/// What `verify --export --json` prints.
#[derive(Serialize)]
struct ExtractVerdict {
    ok: bool,
    #[serde(flatten)]
    proof: Option<Proof>,
    /// Whether it was held against the journal as well.
    with_journal: bool,
    broken: Option<String>,
}

/// Checks an extract of a case: by itself, and against the journal where that is wanted.
fn verify_extract(
    place: Place<'_>,
    file: &Path,
    options: &Verify,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let shown = file.display();
    let expected = "`coc journal export --case 번호 --out FILE`로 만든 파일을 정해 주십시오.";
    let bytes = fs::read(file).map_err(|error| {
        CommandError::Input(format!("{shown}을(를) 열 수 없습니다: {error}. {expected}"))
    })?;
    let claim = Claim::read(&bytes).ok_or_else(|| {
        CommandError::Input(format!("{shown}은(는) 사건의 감사 기록이 아닙니다. {expected}"))
    })?;
    if claim.as_ref().is_ok_and(|claim| !claim.has_proof()) {
        return Err(CommandError::Input(format!(
            "{shown}에는 증명이 없어 확인할 수 없습니다. --no-proof 없이 만든 파일을 정해 주십시오."
        )));
    }
    let checked = claim.and_then(|claim| claim.check().map(|proof| (claim, proof)));
    let mut broken = checked.as_ref().err().cloned();
    if let (Ok((claim, proof)), true) = (&checked, options.with_journal) {
        let store = place.existing()?;
        let again = Extract::of(store.as_ref(), CaseId(proof.case), Some(proof.last))?;
        broken = claim.same_as(&again).err();
    }
    let proof = checked.ok().map(|(_, proof)| proof);
    let said = if options.json {
        let (ok, with_journal) = (broken.is_none(), options.with_journal);
        say_json(&ExtractVerdict { ok, proof, with_journal, broken: broken.clone() }, out)
    } else if let (Some(proof), None) = (&proof, &broken) {
        say_proof(proof, options.with_journal, out)
    } else {
        writeln!(out, "감사 기록이 온전하지 않습니다.")
    };
    said.map_err(io_at(Path::new("표준 출력")))?;
    match broken {
        None => Ok(()),
        Some(why) => Err(Failure::Extract { file: shown.to_string(), why }.into()),
    }
}

fn say_proof(proof: &Proof, with_journal: bool, out: &mut impl Write) -> io::Result<()> {
    let Proof { case, records, links, rewritten, first, last, last_hash } = proof;
    writeln!(
        out,
        "감사 기록이 온전합니다. 사건 #{case}의 기록 {records}건, 사이와 뒤의 기록 {links}건 ({first}–{last}번)"
    )?;
    writeln!(out, "마지막 해시: {last_hash}")?;
    writeln!(out, "증명하는 것")?;
    writeln!(
        out,
        "- 원문 {records}건은 적힌 해시의 기록이고, 이 순서로 마지막 해시까지 빠짐없이 이어집니다."
    )?;
    writeln!(out, "- 읽는 부분의 기록 번호, 시각, 해시는 원문과 같습니다.")?;
    if *rewritten > 0 {
        writeln!(
            out,
            "- 떠난 사람을 지우느라 고쳐진 기록 {rewritten}건은 뒤의 기록이 지금의 글을 증명합니다. 고치기 전의 글은 증명하지 않습니다."
        )?;
    }
    if with_journal {
        writeln!(
            out,
            "- 이 저널에서 다시 만든 것과 글자까지 같습니다. {last}번까지 이 사건의 기록은 이것이 모두입니다."
        )
    } else {
        writeln!(out, "증명하지 않는 것 (저널이 있으면 --with-journal로 확인합니다)")?;
        writeln!(
            out,
            "- 마지막 해시가 그 저널의 것인지: 그날 `coc journal verify`가 말한 해시와 견주어 주십시오."
        )?;
        writeln!(out, "- 읽는 부분의 문장이 원문의 뜻 그대로인지, 이 사건의 기록이 더 없는지")
    }
}

/// What `restore --json` prints.
#[derive(Serialize)]
struct Restored {
    records: u64,
    last_hash: Digest,
}

/// Builds a state folder from an export. The folder must be missing or empty; it appears whole or not at all.
///
/// # Errors
/// [`CommandError::Input`] when the folder has something in it, or a line of the file does not hold (which is named).
pub fn restore(state: &Path, options: &Restore, out: &mut impl Write) -> Result<(), CommandError> {
    refuse_non_empty(state)?;
    let file = &options.file;
    let lines = opened(file)?;
    let scaffold = Scaffold::raise(state)?;
    let (tail, unattested) = rebuild(&scaffold, file, BufReader::new(lines))?;
    let tail = match unattested.first() {
        None => tail,
        Some(_) if options.take_rewritten => {
            let store = Sled::open(&scaffold.path)?;
            take_at_their_word(store, &unattested, WallClock.now())?
        }
        Some((seq, _)) => return Err(unattested_line(file, *seq)),
    };
    scaffold.put_in_place(state)?;
    say_restored(&state.display().to_string(), tail, options, out)
}

fn opened(file: &Path) -> Result<File, CommandError> {
    File::open(file).map_err(|error| {
        CommandError::Input(format!(
            "{}을(를) 열 수 없습니다: {error}. `coc journal export --out FILE`로 만든 파일을 정해 주십시오.",
            file.display()
        ))
    })
}

fn say_restored(
    place: &str,
    tail: Tail,
    options: &Restore,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let said = if options.json {
        say_json(&Restored { records: tail.seq, last_hash: tail.hash }, out)
    } else {
        writeln!(out, "{place}에 기록 {}건을 복원했습니다.", tail.seq)
            .and_then(|()| writeln!(out, "마지막 해시: {}", tail.hash))
    };
    said.map_err(io_at(Path::new("표준 출력")))?;
    Ok(())
}

/// Fills a database from an export. It must be empty, or hold the beginning of the same journal: of a restore that broke off.
///
/// # Errors
/// [`CommandError::Input`] when it holds another journal, when somebody leads there, or when a line of the file does not hold.
fn restore_shared(url: &str, options: &Restore, out: &mut impl Write) -> Result<(), CommandError> {
    let file = &options.file;
    // every line is looked at before the first is kept
    let mut end = Tail::START;
    let progress = Progress::begin("파일을 확인하는 중", None, "건");
    let unattested = each_line(BufReader::new(opened(file)?), file, &mut end, |_| {
        progress.step();
        Ok(())
    })?;
    if let Some((seq, _)) = unattested.first() {
        return Err(unattested_line(file, *seq));
    }
    drop(progress);
    if end.seq == 0 {
        return Err(no_record(file));
    }
    let mut store = Postgres::open(url)?;
    if !store.try_lead("coc journal restore")? {
        return Err(CommandError::Input(
            "데이터베이스를 coc가 쓰고 있습니다. 그 coc를 멈추고 다시 실행해 주십시오.".to_owned(),
        ));
    }
    let there = store.last()?;
    let (mut batch, mut bytes, mut known) = (Vec::new(), 0, there.is_none());
    let mut tail = Tail::START;
    let progress = Progress::begin("저널을 복원하는 중", Some(end.seq), "건");
    each_line(BufReader::new(opened(file)?), file, &mut tail, |stored| {
        progress.at(stored.seq);
        match &there {
            Some(last) if stored.seq < last.seq => return Ok(()),
            Some(last) if stored.seq == last.seq => {
                known = stored.hash == last.hash;
                return if known { Ok(()) } else { Err(another_journal()) };
            }
            Some(_) | None => {}
        }
        bytes += stored.bytes.len();
        batch.push(stored);
        if batch.len() >= RESTORE_BATCH || bytes >= RESTORE_BATCH_BYTES {
            keep(&mut store, &mut batch)?;
            bytes = 0;
        }
        Ok(())
    })?;
    if !known {
        return Err(another_journal());
    }
    keep(&mut store, &mut batch)?;
    drop(progress);
    say_restored("데이터베이스", tail, options, out)
}

fn another_journal() -> CommandError {
    CommandError::Input(
        "데이터베이스에 다른 저널이 있습니다. 빈 데이터베이스를 DATABASE_URL에 정해 주십시오."
            .to_owned(),
    )
}

fn no_record(file: &Path) -> CommandError {
    CommandError::Input(format!(
        "{}에 기록이 없습니다. 기록이 한 줄에 하나씩 있어야 합니다. 예: {{\"v\":1,\"seq\":1,…,\"hash\":\"…\"}}",
        file.display()
    ))
}

/// Hands over the records of an export, each after it was held against the one before. Gives those for which a later record should speak, and
/// none does.
fn each_line(
    mut lines: impl BufRead,
    file: &Path,
    tail: &mut Tail,
    mut each: impl FnMut(StoredRecord) -> Result<(), CommandError>,
) -> Result<Vec<(u64, Digest)>, CommandError> {
    let limit = MAX_RECORD_BYTES + OVERHEAD + 1;
    let mut text = Vec::new();
    let mut pledges = Pledges::default();
    loop {
        text.clear();
        let mut line = (&mut lines).take(limit as u64);
        line.read_until(b'\n', &mut text).map_err(io_at(file))?;
        let Some(Line { stored, held }) = next_line(tail, &text, file)? else { break };
        pledges.take(&stored, held);
        each(stored)?;
    }
    Ok(pledges.unattested())
}

fn unattested_line(file: &Path, line: u64) -> CommandError {
    let why = format!(
        "{}. 파일이 잘렸으면 온전한 파일로, 깨진 저널의 앞부분이면 --take-rewritten을 더해 상태 폴더에 복원해 주십시오",
        Why::Unattested
    );
    wrong_line(file, line, &why)
}

fn wrong_line(file: &Path, line: u64, why: &str) -> CommandError {
    CommandError::Input(format!(
        "{} {line}행: {why}. {line}번 기록이 있어야 합니다.",
        file.display()
    ))
}

fn rebuild(
    scaffold: &Scaffold,
    file: &Path,
    lines: impl BufRead,
) -> Result<(Tail, Vec<(u64, Digest)>), CommandError> {
    let mut store = Sled::open(&scaffold.path)?;
    let mut tail = Tail::START;
    let (mut batch, mut batch_bytes) = (Vec::new(), 0);
    let progress = Progress::begin("저널을 복원하는 중", None, "건");
    let unattested = each_line(lines, file, &mut tail, |stored| {
        progress.step();
        batch_bytes += stored.bytes.len();
        batch.push(stored);
        if batch.len() >= RESTORE_BATCH || batch_bytes >= RESTORE_BATCH_BYTES {
            keep(&mut store, &mut batch)?;
            batch_bytes = 0;
        }
        Ok(())
    })?;
    keep(&mut store, &mut batch)?;
    if tail.seq == 0 {
        return Err(no_record(file));
    }
    Ok((tail, unattested))
}

/// The record of a line, if it is the next one; `None` at the end of the file.
fn next_line(tail: &mut Tail, text: &[u8], file: &Path) -> Result<Option<Line>, CommandError> {
    if text.is_empty() {
        return Ok(None);
    }
    let number = tail.seq + 1;
    let wrong = |why: String| wrong_line(file, number, &why);
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let line = line::read(text, number).map_err(|why| wrong(why.to_string()))?;
    let stored = &line.stored;
    let record = chain::record_of(stored).map_err(|at| wrong(at.why.to_string()))?;
    tail.follow(stored, chain::Link::from(&record)).map_err(|at| wrong(at.why.to_string()))?;
    Ok(Some(line))
}

fn keep(store: &mut impl Store, batch: &mut Vec<StoredRecord>) -> Result<(), CommandError> {
    if let Some(first) = batch.first() {
        store.append(first.seq, batch).map_err(Failure::Append)?;
        batch.clear();
    }
    Ok(())
}

/// A folder beside the state folder in which that is built; taken down again unless it is put in place.
struct Scaffold {
    path: PathBuf,
}

impl Scaffold {
    fn raise(state: &Path) -> Result<Self, CommandError> {
        let path = beside(state, ".restoring");
        if path.exists() {
            // Left by a restore that was killed; one that is under way still holds it.
            drop(Folder::claim(&path)?);
            fs::remove_dir_all(&path).map_err(io_at(&path))?;
        }
        Ok(Self { path })
    }

    fn put_in_place(self, state: &Path) -> Result<(), CommandError> {
        match fs::rename(&self.path, state) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                return Err(not_empty(state));
            }
            Err(error) => return Err(io_at(state)(error).into()),
        }
        journal::sync_folder_of(state)?;
        Ok(())
    }
}

impl Drop for Scaffold {
    fn drop(&mut self) {
        // In place already, or of no use. What cannot be removed is removed by the next restore.
        let _removed = fs::remove_dir_all(&self.path);
    }
}

fn refuse_non_empty(state: &Path) -> Result<(), CommandError> {
    match fs::read_dir(state) {
        Ok(mut entries) => entries.next().map_or(Ok(()), |_| Err(not_empty(state))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(CommandError::Input(format!(
            "상태 폴더 {}을(를) 볼 수 없습니다: {error}. 비어 있거나 없는 폴더를 정해 주십시오. 예: --state state-new",
            state.display()
        ))),
    }
}

fn not_empty(state: &Path) -> CommandError {
    CommandError::Input(format!(
        "상태 폴더 {}이(가) 비어 있지 않습니다. 비어 있거나 없는 폴더를 정해 주십시오. 예: --state state-new",
        state.display()
    ))
}

pub(super) fn open_existing(state: &Path) -> Result<Sled, CommandError> {
    if Sled::is_there(state) {
        return Ok(Sled::open(state)?);
    }
    Err(CommandError::Input(format!(
        "{}에 저널이 없습니다. `coc run`이 쓰는 상태 폴더를 정해 주십시오. 예: --state state",
        state.display()
    )))
}

pub(super) fn say_json(document: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, document)?;
    writeln!(out)
}

/// `state` → `state.restoring`, in the same folder, so that it can be renamed.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.components().as_path().as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

pub(super) fn io_at(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    move |source| Failure::Io { path: path.display().to_string(), source }
}

fn journal_private(path: &Path) -> io::Result<File> {
    journal::private(OpenOptions::new().create(true).truncate(true).write(true)).open(path)
}
