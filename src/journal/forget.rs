//! A person who left is taken out of the journal, and its chain holds (`coc journal forget`).
//!
//! In every record the person's name gives way to an alias, and the telephone numbers, addresses and Slack ids that the guide and the
//! directory of the workspace, as they stand in the journal, knew of that name, give way to neutral ones of the same form. It is the same
//! everywhere, so a record still reads, and the journal comes to the same desk as before but for the names.
//!
//! A record that is rewritten keeps its hash, over which the chain runs, and a new record at the end attests the text that it has now
//! ([`attest`](super::attest)). What this costs must be known: of a rewritten record nobody can tell any more what its hash was
//! made of. That it was rewritten, when, and at whose wish stands in the chain and is told by `coc journal verify`; and where somebody
//! guesses the name, the old hash tells whether the guess is right. Who wants less than that begins another journal.
//!
//! In this order, so that whatever stops it leaves a journal that opens, and doing it again completes it:
//!
//! 1. the attesting record is appended, durable like any other: reading takes the old text (by its own hash) and the new one;
//! 2. snapshots are dropped, for they hold the name, and one is put of the desk with the person forgotten: a start reads that, and never
//!    records of which some name the person by the name and some by the alias;
//! 3. records get their new text, some at a time;
//! 4. last, and in one piece, those from which was learned what else belongs to the name: as long as they are not rewritten, doing it again
//!    finds the same.
//!
//! Doing it again makes the same texts, for a wish that was begun is known by its attestation, and takes its alias and number from there.

use super::attest::{Gathering, Held};
use super::digest::Digest;
use super::rename::{Change as Renaming, Kind, Renamer, Unsearchable};
use super::store::{AppendError, Erase, Store, StoreError, StoredRecord};
use super::{Draft, Journal, JournalError, Opened, Record, SnapshotError, Tail, chain, walk_as};
use crate::domain::change::Change;
use crate::domain::desk::Desk;
use crate::domain::ids::{CaseId, Name, PhoneNumber, SlackUser};
use crate::domain::input::{Directory, Forgotten, Input, Rewritten};
use crate::domain::people::contact::{is_email, read_any_phone};
use crate::domain::people::{Roster, read_guide};
use crate::domain::procedures::duty::HandoverState;
use crate::domain::time::Time;
use aho_corasick::AhoCorasick;
use serde::Serialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use unicode_normalization::UnicodeNormalization;

/// How many records one attesting record names at most: it stays well below the longest record.
const ATTESTED_TOGETHER: usize = 20_000;
/// How many records get their new text in one piece.
const REWRITTEN_TOGETHER: usize = 256;
/// The same by their length in bytes, about.
const REWRITTEN_BYTES: usize = 1 << 20;
/// The shortest text that is looked for, in letters: shorter ones stand in everything.
const SHORTEST: usize = 2;
/// The longest alias, in letters.
const LONGEST_ALIAS: usize = 30;

/// Who is to be forgotten, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The name, as the guide or Slack has it.
    pub name: String,
    /// What else belongs to the person: other spellings, numbers, addresses, Slack ids.
    pub also: Vec<String>,
    /// What the name gives way to; `None`: `퇴사자-1`, by the next number.
    pub alias: Option<String>,
    /// Who asks for it.
    pub by: String,
}

/// What is to be done.
#[derive(Debug)]
pub struct Plan {
    renamer: Renamer,
    alias: String,
    number: u32,
    by: String,
    /// Records whose text changes, with the hash of the new one.
    records: BTreeMap<u64, Digest>,
    /// Those of them that no attestation names yet.
    unattested: Vec<u64>,
    /// Those from which something was learned of the person.
    teachers: BTreeSet<u64>,
    /// How many records the journal has.
    of: u64,
    found: Found,
    obstacles: Vec<Obstacle>,
}

/// What belongs to the name, for whoever asked to see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Names and other words.
    pub words: Vec<String>,
    /// Telephone numbers.
    pub numbers: Vec<String>,
    /// Mail addresses.
    pub addresses: Vec<String>,
    /// Slack users.
    pub slack: Vec<String>,
    /// Numbers and addresses that somebody else has as well: they stay.
    pub shared: Vec<String>,
    /// Longer names that hold the name and are another's: they stay.
    pub kept: Vec<String>,
}

/// Why somebody cannot be forgotten yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// A text of the data folder that is in force names the person.
    #[error("{0}에 아직 있습니다. 빼고 봇이 다시 읽게 하십시오(가이드는 [적용]까지)")]
    Book(String),
    /// The person is a member of the workspace.
    #[error(
        "Slack의 구성원입니다. Slack에서 비활성화하고 봇이 다시 읽은 뒤에(길어야 10분) 멈추십시오"
    )]
    Slack,
    /// Open cases name the person.
    #[error("열린 사건에 있습니다: {}. 먼저 끝내십시오", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Cases(Vec<CaseId>),
    /// Something that names the person is still to be sent.
    #[error("아직 내보내지 않은 글이나 전화에 있습니다. 봇을 켜서 내보낸 뒤에 다시 하십시오")]
    Owed,
    /// The person is on duty, or a hand-over waits for the person.
    #[error("지금 근무자이거나 인수인계가 끝나지 않았습니다. 다른 분으로 바꾸고 다시 하십시오")]
    Duty,
}

/// Why nobody was forgotten.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// The journal, which must hold before anything is changed in it.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Something stands in the way.
    #[error("{name}을(를) 아직 지울 수 없습니다.\n{}", .obstacles.iter().map(|one| format!("- {one}.")).collect::<Vec<_>>().join("\n"))]
    StillThere {
        /// The name.
        name: String,
        /// What.
        obstacles: Vec<Obstacle>,
    },
    /// No record names the person.
    #[error(
        "저널에 {0}이(가) 없습니다. 가이드나 Slack에 적힌 이름 그대로 적어 주십시오. 예: coc journal forget 가온별"
    )]
    Unknown(String),
    /// It is no use as an alias.
    #[error("별칭으로 쓸 수 없습니다: \"{read}\" ({why}). 예: --as 퇴사자-7")]
    Alias {
        /// What was read.
        read: String,
        /// Why not.
        why: &'static str,
    },
    /// It is too short to be looked for.
    #[error(
        "\"{0}\"은(는) 너무 짧아 다른 글까지 바뀝니다. 두 글자 이상으로 적어 주십시오. 예: --also gaon.b"
    )]
    TooShort(String),
    /// A record could not be read any more with the name taken out.
    #[error(
        "기록 {seq}번이 읽을 수 없게 됩니다. 이름이나 --also의 글이 이름이 아닌 곳에도 있습니다. 더 긴 글로 적어 주십시오. 예: --also gaon@example.co.kr"
    )]
    Unreadable {
        /// Which record.
        seq: u64,
    },
    /// What is looked for cannot be looked for.
    #[error("{0}")]
    Unsearchable(String),
    /// The attesting record was not kept.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The snapshot was not kept.
    #[error("{0} 다시 실행하면 남은 것부터 이어서 합니다.")]
    Snapshot(#[from] SnapshotError),
    /// A record or snapshot was not kept. Doing it again completes it.
    #[error("{0} 다시 실행하면 남은 것부터 이어서 합니다.")]
    Store(#[from] StoreError),
}

impl ForgetError {
    /// Whether another wish, or something done before, would help: bad input rather than failed work.
    #[must_use]
    pub const fn is_input(&self) -> bool {
        matches!(
            self,
            Self::StillThere { .. }
                | Self::Unknown(_)
                | Self::Alias { .. }
                | Self::TooShort(_)
                | Self::Unreadable { .. }
                | Self::Unsearchable(_)
        )
    }
}

impl From<Unsearchable> for ForgetError {
    fn from(error: Unsearchable) -> Self {
        Self::Unsearchable(error.to_string())
    }
}

impl Plan {
    /// What the name gives way to.
    #[must_use]
    pub fn alias(&self) -> &str {
        &self.alias
    }

    /// How many records change, and of how many.
    #[must_use]
    pub fn records(&self) -> (usize, u64) {
        (self.records.len(), self.of)
    }

    /// What belongs to the name.
    #[must_use]
    pub const fn found(&self) -> &Found {
        &self.found
    }

    /// Whether the person has left, so far as the desk knows: what is still in force would bring the name back.
    ///
    /// # Errors
    /// [`ForgetError::StillThere`].
    pub fn has_left(&self) -> Result<(), ForgetError> {
        if self.obstacles.is_empty() {
            return Ok(());
        }
        let name = self.found.words.first().cloned().unwrap_or_default();
        Err(ForgetError::StillThere { name, obstacles: self.obstacles.clone() })
    }

    /// Whether anything of the person stands in this JSON.
    #[must_use]
    pub fn finds_in(&self, json: &[u8]) -> bool {
        self.renamer.finds_in_json(json)
    }

    /// JSON as it is when the person is forgotten; `None`: it cannot be read.
    #[must_use]
    pub fn renamed(&self, json: &[u8]) -> Option<Vec<u8>> {
        self.renamer.json(json)
    }
}

impl<S: Store> Journal<S> {
    /// Finds out what is to be done so that somebody is forgotten. `desk` is the desk after the last record; who is on duty at `now` has not
    /// left. Whether the person has is for the caller to ask ([`Plan::has_left`]).
    ///
    /// # Errors
    /// See [`ForgetError`]; nothing is changed.
    pub fn plan_forgetting(
        &self,
        desk: &Desk,
        wish: &Wish,
        now: Time,
    ) -> Result<Plan, ForgetError> {
        let name: String = wish.name.trim().nfc().collect();
        for text in std::iter::once(&name).chain(&wish.also) {
            if text.trim().chars().count() < SHORTEST {
                return Err(ForgetError::TooShort(text.clone()));
            }
        }
        if let Some(alias) = &wish.alias {
            check_alias(alias)?;
        }
        let mut known = Known::default();
        let read = |stored: &StoredRecord| {
            let record = chain::record_of(stored)?;
            Ok((chain::Link::from(&record), record))
        };
        walk_as(&self.store, 0, read, |stored, held, record| known.take(stored, held, &record))?;
        let person = known.person(&name, &wish.also);
        let (found, teachers) = known.found(&person, desk);

        let (begun, renamer) = self.begun(wish, &known, &found)?;
        let number = known.numbers.last().map_or(1, |last| last + 1);
        let (alias, number, renamer, is_begun) = match (begun, renamer) {
            (Some((alias, number)), Some(renamer)) => (alias, number, renamer, true),
            _ => {
                let alias = wish.alias.clone().unwrap_or_else(|| format!("퇴사자-{number}"));
                let renamer = renamer_of(&found, &alias, number)?;
                (alias, number, renamer, false)
            }
        };
        if renamer.finds(&alias) {
            return Err(ForgetError::Alias {
                read: alias, why: "지울 글이 들어 있습니다"
            });
        }
        // whoever asks may have the same name
        let by = renamer.text(&wish.by).unwrap_or_else(|| wish.by.clone());
        let obstacles = obstacles(desk, &renamer, &found, now);
        let mut plan = Plan {
            renamer,
            alias,
            number,
            by,
            records: BTreeMap::new(),
            unattested: Vec::new(),
            teachers,
            of: self.tail.seq,
            found,
            obstacles,
        };
        let is_alias_there = self.rewritten(&known, &mut plan)?;
        if plan.records.is_empty() {
            return Err(ForgetError::Unknown(name));
        }
        if is_alias_there && !is_begun {
            return Err(ForgetError::Alias {
                read: plan.alias, why: "저널에 이미 있습니다"
            });
        }
        Ok(plan)
    }

    /// An earlier wish of the same words that was not carried out to its end, by what it attests.
    #[expect(
        clippy::type_complexity,
        reason = "alias and number, and what makes the texts of them"
    )]
    fn begun(
        &self,
        wish: &Wish,
        known: &Known,
        found: &Found,
    ) -> Result<(Option<(String, u32)>, Option<Renamer>), ForgetError> {
        for (alias, number, records) in known.attestations.iter().rev() {
            if wish.alias.as_ref().is_some_and(|wished| wished != alias) {
                continue;
            }
            let Some(first) = records.iter().find(|one| !known.rewritten.contains(&one.seq)) else {
                continue;
            };
            let renamer = renamer_of(found, alias, *number)?;
            let mut is_same = false;
            self.store.read(first.seq, &mut |stored| {
                let text = renamer.json(&stored.bytes);
                is_same = stored.seq == first.seq
                    && text.is_some_and(|text| Digest::of(&text).to_string() == first.hash);
                ControlFlow::Break(())
            })?;
            if is_same {
                return Ok((Some((alias.clone(), *number)), Some(renamer)));
            }
        }
        Ok((None, None))
    }

    /// Makes every record's new text once, to see that it can be made. Says whether the alias stands in the journal already.
    fn rewritten(&self, known: &Known, plan: &mut Plan) -> Result<bool, ForgetError> {
        let attested = known.gathering.clone().attested();
        let search = AhoCorasick::new([&plan.alias]).map_err(Unsearchable::from)?;
        let (mut is_alias_there, mut unreadable) = (false, None);
        self.store.read(1, &mut |stored| {
            is_alias_there = is_alias_there || search.is_match(&stored.bytes);
            match plan.renamer.json(&stored.bytes) {
                Some(text) if text == stored.bytes => {}
                Some(text) if reads_alike(&stored, &text) => {
                    let hash = Digest::of(&text);
                    plan.records.insert(stored.seq, hash);
                    if attested.by(stored.seq, hash).is_none() {
                        plan.unattested.push(stored.seq);
                    }
                }
                Some(_) | None => {
                    unreadable = Some(stored.seq);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })?;
        unreadable.map_or(Ok(is_alias_there), |seq| Err(ForgetError::Unreadable { seq }))
    }
}

impl<S: Erase> Journal<S> {
    /// Carries a plan out. `state`: the state after the last record, with the person forgotten; `each` hears how many records are done.
    ///
    /// # Errors
    /// See [`ForgetError`]. What was done until then stands; planning and carrying out again completes it.
    pub fn forget<D: Serialize>(
        &mut self,
        plan: &Plan,
        at: Time,
        state: &D,
        mut each: impl FnMut(u64),
    ) -> Result<(), ForgetError> {
        let told = plan.unattested.iter().filter_map(|seq| Some((*seq, *plan.records.get(seq)?)));
        let drafts = attesting(&told.collect::<Vec<_>>(), &plan.alias, plan.number, &plan.by, at);
        self.append(&drafts)?;
        self.store.drop_copies()?;
        self.put_snapshot(state)?;

        let teaches = |seq: &u64| plan.teachers.contains(seq);
        let (last, first): (Vec<u64>, Vec<u64>) = plan.records.keys().copied().partition(teaches);
        let mut done = 0;
        let mut rest = first.as_slice();
        while !rest.is_empty() {
            let batch = self.texts(plan, rest, REWRITTEN_TOGETHER, REWRITTEN_BYTES)?;
            self.store.rewrite(&batch)?;
            rest = &rest[batch.len()..];
            done += batch.len() as u64;
            each(done);
        }
        let batch = self.texts(plan, &last, usize::MAX, usize::MAX)?;
        self.store.rewrite(&batch)?;
        each(done + batch.len() as u64);
        Ok(())
    }

    /// The first of these records with their new texts, so many at most; at least one.
    fn texts(
        &self,
        plan: &Plan,
        seqs: &[u64],
        count: usize,
        bytes: usize,
    ) -> Result<Vec<StoredRecord>, ForgetError> {
        let mut batch: Vec<StoredRecord> = Vec::new();
        let mut length = 0;
        for seq in seqs.iter().take(count) {
            if length >= bytes {
                break;
            }
            let mut found = None;
            self.store.read(*seq, &mut |stored| {
                found = Some(stored);
                ControlFlow::Break(())
            })?;
            let text = found.as_ref().and_then(|stored| plan.renamer.json(&stored.bytes));
            let planned = plan.records.get(seq);
            match (found, text) {
                (Some(stored), Some(text))
                    if stored.seq == *seq && planned == Some(&Digest::of(&text)) =>
                {
                    length += text.len();
                    batch.push(StoredRecord { bytes: text, ..stored });
                }
                _ => return Err(ForgetError::Unreadable { seq: *seq }),
            }
        }
        Ok(batch)
    }
}

/// Decisions that attest these records' texts.
fn attesting(
    records: &[(u64, Digest)],
    alias: &str,
    number: u32,
    by: &str,
    at: Time,
) -> Vec<Draft> {
    let draft = |some: &[(u64, Digest)]| {
        let one = |(seq, hash): &(u64, Digest)| Rewritten { seq: *seq, hash: hash.to_string() };
        let forgotten = Forgotten {
            alias: alias.to_owned(),
            number,
            by: by.to_owned(),
            records: some.iter().map(one).collect(),
        };
        let changes = vec![Change::Forgotten { alias: alias.to_owned() }];
        Draft { at, input: Input::Forgotten(forgotten), changes }
    };
    records.chunks(ATTESTED_TOGETHER).map(draft).collect()
}

/// Takes rewritten records at their word whose attestation is lost, with whatever came after them: a new record attests the texts that they
/// have, and says that it does so.
///
/// # Errors
/// When it cannot be kept.
pub fn take_at_their_word<S: Store>(
    store: S,
    records: &[(u64, Digest)],
    at: Time,
) -> Result<Tail, ForgetError> {
    let Opened { mut journal, .. } = Journal::open::<IgnoredAny>(store, "none")?;
    let drafts = attesting(records, "(복원)", 0, "coc journal restore --take-rewritten", at);
    Ok(journal.append(&drafts)?)
}

/// Whether the new text is still the same record but for what it says.
fn reads_alike(stored: &StoredRecord, text: &[u8]) -> bool {
    let renamed = StoredRecord { bytes: text.to_vec(), ..stored.clone() };
    let face = |stored: &StoredRecord| {
        let record = chain::record_of(stored).ok()?;
        Some((record.v, record.seq, record.at, record.prev, record.changes.len()))
    };
    face(stored).is_some_and(|was| Some(was) == face(&renamed))
}

fn check_alias(alias: &str) -> Result<(), ForgetError> {
    let wrong = |why| Err(ForgetError::Alias { read: alias.to_owned(), why });
    let letters = alias.chars().count();
    if !(SHORTEST..=LONGEST_ALIAS).contains(&letters) {
        return wrong("두 글자부터 서른 글자까지입니다");
    }
    if !alias.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
        return wrong("글자, 숫자, -, _만 쓸 수 있습니다");
    }
    Ok(())
}

/// What the journal knows of people, and of those who were forgotten before.
#[derive(Debug, Default)]
struct Known {
    /// People of the guide: name, address, number; with the first record that says so.
    guide: BTreeMap<(String, Option<String>, Option<String>), u64>,
    /// Members of the workspace: id, name, address, number; with the first record that says so. Only where no other of the same
    /// directory has the name.
    members: BTreeMap<(String, String, Option<String>, Option<String>), u64>,
    /// Members whose name another one of the same directory has: known by their address alone.
    namesakes: BTreeMap<(String, String, Option<String>, Option<String>), u64>,
    /// Names of customers, of people of the guide, of parts and channels.
    names: BTreeSet<String>,
    gathering: Gathering,
    attestations: Vec<(String, u32, Vec<Rewritten>)>,
    numbers: BTreeSet<u32>,
    /// Records that are rewritten.
    rewritten: BTreeSet<u64>,
}

/// What belongs to a person, each with the record that says so; `None`: whoever asked does.
#[derive(Debug, Default)]
struct Person {
    all: Vec<(Kind, String, Option<u64>)>,
}

impl Person {
    fn add(&mut self, kind: Kind, text: &str, from: Option<u64>) -> bool {
        let text: String = text.trim().to_owned();
        let is_known = self.all.iter().any(|(known, one, _)| {
            *known == kind
                && (*one == text || kind == Kind::Address && one.eq_ignore_ascii_case(&text))
        });
        let is_new = !text.is_empty() && !is_known;
        if is_new {
            self.all.push((kind, text, from));
        }
        is_new
    }

    fn has(&self, kind: Kind, text: &str) -> bool {
        let same = |one: &str| {
            let plain: String = text.trim().nfc().collect();
            one == plain || kind == Kind::Address && one.eq_ignore_ascii_case(&plain)
        };
        self.all.iter().any(|(known, one, _)| *known == kind && same(one))
    }
}

impl Known {
    fn take(&mut self, stored: &StoredRecord, held: Held, record: &Record) {
        self.gathering.take(stored);
        if held != Held::AsWritten {
            self.rewritten.insert(stored.seq);
        }
        if let Input::Forgotten(Forgotten { alias, number, records, .. }) = &record.input {
            self.numbers.insert(*number);
            self.attestations.push((alias.clone(), *number, records.clone()));
        }
        for change in &record.changes {
            if let Change::RosterAdopted { roster, .. } = change {
                self.roster(stored.seq, roster);
            } else if let Change::GuideProposed { text, .. } | Change::BookRefused { text, .. } =
                change
            {
                if let Ok((roster, _)) = read_guide(text, record.at.date_naive()) {
                    self.roster(stored.seq, &roster);
                }
            } else if let Change::DirectoryRead(directory) = change {
                self.directory(stored.seq, directory);
            } else if let Change::CustomersAdopted { customers, .. } = change {
                let names =
                    customers.0.iter().flat_map(|one| one.aliases.iter().chain([&one.name]));
                self.names.extend(names.cloned());
            } else if let Change::ContactsAdopted { contacts } = change {
                for card in &contacts.cards {
                    let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
                    let one = (card.name.clone(), part(&card.email), part(&card.phone));
                    self.guide.entry(one).or_insert(stored.seq);
                }
            }
        }
    }

    fn roster(&mut self, seq: u64, roster: &Roster) {
        for person in &roster.people {
            let phone = Some(person.phone.0.clone());
            let one = (person.name.0.clone(), person.email.clone(), phone);
            self.guide.entry(one).or_insert(seq);
            self.names.insert(person.name.0.clone());
        }
        self.names.extend(roster.parts.iter().map(|part| part.name.clone()));
    }

    fn directory(&mut self, seq: u64, directory: &Directory) {
        let mut count: BTreeMap<&str, u32> = BTreeMap::new();
        for member in directory.users.values() {
            *count.entry(member.name.trim()).or_default() += 1;
        }
        for (SlackUser(id), member) in &directory.users {
            let phone = member.phone.as_ref().map(|PhoneNumber(number)| number.clone());
            let one = (id.clone(), member.name.clone(), member.email.clone(), phone);
            let alone = count.get(member.name.trim()) == Some(&1);
            let into = if alone { &mut self.members } else { &mut self.namesakes };
            into.entry(one).or_insert(seq);
        }
        self.names.extend(directory.channels.values().cloned());
    }

    /// All that belongs to the name, by whatever way: the guide's row, its address in Slack, the member's number.
    fn person(&self, name: &str, also: &[String]) -> Person {
        let mut person = Person::default();
        person.add(Kind::Words, name, None);
        let apart: String = name.nfd().collect();
        person.add(Kind::Words, &apart, None);
        for text in also {
            let text = text.trim();
            let is_id = text.len() > SHORTEST
                && text.starts_with(['U', 'W'])
                && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            if is_email(text) {
                person.add(Kind::Address, text, None);
            } else if let Ok(PhoneNumber(number)) = read_any_phone(text) {
                person.add(Kind::Number, &number, None);
            } else if is_id {
                person.add(Kind::SlackId, text, None);
            } else {
                person.add(Kind::Words, text, None);
            }
        }
        loop {
            let mut learned = false;
            for ((theirs, email, phone), seq) in &self.guide {
                if person.has(Kind::Words, theirs) {
                    let from = Some(*seq);
                    learned |=
                        email.as_ref().is_some_and(|one| person.add(Kind::Address, one, from));
                    learned |=
                        phone.as_ref().is_some_and(|one| person.add(Kind::Number, one, from));
                }
            }
            let alone = self.members.iter().map(|one| (true, one));
            let namesakes = self.namesakes.iter().map(|one| (false, one));
            for (alone, ((id, theirs, email, phone), seq)) in alone.chain(namesakes) {
                let by_mail = email.as_ref().is_some_and(|one| person.has(Kind::Address, one));
                let by_name = alone && person.has(Kind::Words, theirs);
                if !by_mail && !by_name && !person.has(Kind::SlackId, id) {
                    continue;
                }
                let from = Some(*seq);
                learned |= person.add(Kind::SlackId, id, from);
                learned |= email.as_ref().is_some_and(|one| person.add(Kind::Address, one, from));
                learned |= phone.as_ref().is_some_and(|one| person.add(Kind::Number, one, from));
                // a name that holds the known one gives way with it
                if !theirs.contains(name) && theirs.trim().chars().count() >= SHORTEST {
                    learned |= person.add(Kind::Words, theirs, from);
                }
            }
            if !learned {
                return person;
            }
        }
    }

    /// Sorted for people, without what others have as well; and the records that said so.
    fn found(&self, person: &Person, desk: &Desk) -> (Found, BTreeSet<u64>) {
        let mut found = Found::default();
        let is_others = |kind: Kind, text: &str| {
            let by = |theirs: &str| !person.has(Kind::Words, theirs);
            let number = |one: &str| kind == Kind::Number && one == text;
            let address = |one: &str| kind == Kind::Address && one.eq_ignore_ascii_case(text);
            desk.roster.value.people.iter().any(|one| {
                by(one.name.as_str())
                    && (number(one.phone.as_str()) || one.email.as_deref().is_some_and(address))
            }) || desk
                .contacts
                .cards
                .iter()
                .any(|card| by(&card.name) && (number(&card.phone) || address(&card.email)))
                || desk.customers.value.0.iter().any(|customer| {
                    customer.phones.iter().any(|one| number(one))
                        || customer.emails.iter().any(|one| address(one))
                })
        };
        for (kind, text, _) in &person.all {
            if is_others(*kind, text) {
                found.shared.push(text.clone());
                continue;
            }
            match kind {
                Kind::Words => found.words.push(text.clone()),
                Kind::Number => found.numbers.push(text.clone()),
                Kind::Address => found.addresses.push(text.clone()),
                Kind::SlackId => found.slack.push(text.clone()),
            }
        }
        let longer = |one: &&String| {
            let holds = |word: &String| one.contains(word.as_str()) && *one != word;
            found.words.iter().any(holds) && !person.has(Kind::Words, one)
        };
        found.kept = self.names.iter().filter(longer).cloned().collect();
        let teachers = person.all.iter().filter_map(|(_, _, from)| *from).collect();
        (found, teachers)
    }
}

/// What makes the new texts, of alias and number alone: the same again when it is done again.
fn renamer_of(found: &Found, alias: &str, number: u32) -> Result<Renamer, ForgetError> {
    let mut changes = Vec::new();
    let mut add = |kind, from: &String, to| changes.push(Renaming { kind, from: from.clone(), to });
    for word in &found.words {
        add(Kind::Words, word, alias.to_owned());
    }
    for (nth, from) in (0_u32..).zip(&found.numbers) {
        let line = 9000 + (number.wrapping_mul(20).wrapping_add(nth)) % 1000;
        add(Kind::Number, from, format!("010-0000-{line}"));
    }
    for (nth, from) in (1_u32..).zip(&found.addresses) {
        add(Kind::Address, from, format!("forgotten-{number}-{nth}@example.com"));
    }
    for (nth, from) in (1_u32..).zip(&found.slack) {
        add(Kind::SlackId, from, format!("U0FORGOTTEN{number}X{nth}"));
    }
    Ok(Renamer::new(&changes, found.kept.iter().cloned(), alias)?)
}

/// What of the desk as it is names the person.
fn obstacles(desk: &Desk, renamer: &Renamer, found: &Found, now: Time) -> Vec<Obstacle> {
    fn json(value: &impl Serialize) -> Vec<u8> {
        serde_json::to_vec(value).unwrap_or_default()
    }
    let mut all = Vec::new();
    let texts = [
        ("guide.txt", &desk.roster.text),
        ("customers.csv", &desk.customers.text),
        ("policy.toml", &desk.policy.text),
    ];
    let proposed = desk.proposed.iter().map(|one| ("guide.txt", &one.text));
    let refused = desk.refused.iter().map(|(file, text)| (file.as_str(), text));
    let mut books: BTreeSet<&str> = texts
        .into_iter()
        .chain(proposed)
        .chain(refused)
        .filter_map(|(file, text)| renamer.finds(text).then_some(file))
        .collect();
    let others = [
        ("contacts.toml", json(&desk.contacts)),
        ("mail/", json(&desk.templates)),
        ("procedures/", json(&desk.definitions)),
        ("scripts/", json(&desk.scripts)),
    ];
    books.extend(
        others.iter().filter(|(_, text)| renamer.finds_in_json(text)).map(|(file, _)| file),
    );
    all.extend(books.into_iter().map(|file| Obstacle::Book(file.to_owned())));
    let is_theirs = |id: &SlackUser| found.slack.iter().any(|one| one == id.as_str());
    let is_named = |name: &str| found.words.iter().any(|one| one == name.trim());
    if desk.directory.users.iter().any(|(id, one)| is_theirs(id) || is_named(&one.name)) {
        all.push(Obstacle::Slack);
    }
    let cases: Vec<CaseId> = desk
        .open_cases()
        .filter(|case| renamer.finds_in_json(&json(case)))
        .map(|case| case.id)
        .collect();
    if !cases.is_empty() {
        all.push(Obstacle::Cases(cases));
    }
    if desk.owed().any(|errand| renamer.finds_in_json(&json(errand)))
        || desk.calls.values().any(|call| is_named(Name::as_str(&call.to)))
    {
        all.push(Obstacle::Owed);
    }
    let named = desk.duty.named.iter().filter(|named| named.holds(now)).flat_map(|one| &one.people);
    let waiting =
        desk.duty.handover.iter().filter(|one| matches!(one.state, HandoverState::Waiting { .. }));
    let waiting = waiting.flat_map(|one| one.to.iter().chain([&one.by]));
    if named.chain(waiting).any(is_theirs) {
        all.push(Obstacle::Duty);
    }
    all
}
