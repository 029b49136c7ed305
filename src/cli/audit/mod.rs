//! `coc journal export --case`: what happened in one case, for an auditor to read, with a proof that the journal says so; and
//! `coc journal verify --export`, which checks such an extract.
//!
//! The proof is a run of the chain from the case's first record to the journal's end: the case's records with their bytes, the
//! others as [`Bridge`]s, which show that they hang together and nothing of what they say. Where records were rewritten because somebody
//! was forgotten, the record that says so is there too.

mod masked;
mod story;

use super::journal::CommandError;
use crate::domain::ids::CaseId;
use crate::domain::input::{Input, Rewritten};
use crate::domain::time::Time;
use crate::domain::words;
use crate::journal::attest::Pledges;
use crate::journal::proof::{Bridge, NoLink, prev_at_end};
use crate::journal::{self, Digest, Held, Record, Store, StoredRecord, Tail, chain};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use masked::masked;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use story::Follower;

/// The first line of an extract.
const FIRST: &str = "coc 사건 감사 기록 1";
/// What parts the part that people read from the proof.
const PROOF: &str = "===== 증명 =====";
/// The last line of an extract with its proof.
const END: &str = "===== 끝 =====";

/// An extract of the journal: what concerns one case.
#[derive(Debug)]
pub(crate) struct Extract {
    case: CaseId,
    /// The journal's end when it was made.
    head: Tail,
    records: Vec<Shown>,
    text: String,
    proof: Vec<Proven>,
}

/// A record that concerns the case, as people read it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    seq: u64,
    at: Time,
    hash: Digest,
    prev: Digest,
    said: Vec<String>,
}

/// A link of the chain.
#[derive(Debug)]
enum Proven {
    /// A record of the case, whole.
    Whole(StoredRecord),
    /// One that attests what rewritten records before it say now, whole.
    Attest(StoredRecord),
    /// Another one.
    Bridge { seq: u64, hash: Digest, bridge: Bridge },
}

/// An extract as one JSON document.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    case: u64,
    last: u64,
    last_hash: Digest,
    records: Vec<Shown>,
    /// The part that people read, whole.
    text: String,
    /// The proof's lines; empty where it was left out.
    proof: Vec<String>,
}

const FORMAT: &str = "coc-case-extract-1";

impl Extract {
    /// Reads what concerns a case from a journal, up to record `last` (`None`: to its end).
    ///
    /// # Errors
    /// When the journal does not hold, or knows no such case.
    pub(crate) fn of<S: Store + ?Sized>(
        store: &S,
        case: CaseId,
        last: Option<u64>,
    ) -> Result<Self, CommandError> {
        let mut follower = Follower::new(case);
        let (mut records, mut proof) = (Vec::new(), Vec::new());
        let mut head = Tail::START;
        let mut unlinked = None;
        let mut rewritten: BTreeMap<u64, Digest> = BTreeMap::new();
        let walked = journal::walk(store, 0, |stored, record| {
            if last.is_some_and(|last| last < stored.seq) || unlinked.is_some() {
                return;
            }
            head = Tail { seq: stored.seq, hash: stored.hash };
            let bytes = Digest::of(&stored.bytes);
            let spoken_for = |one: &Rewritten| {
                rewritten.get(&one.seq).is_some_and(|bytes| bytes.to_string() == one.hash)
            };
            let attests = matches!(
                &record.input,
                Input::Forgotten(forgotten) if forgotten.records.iter().any(spoken_for)
            );
            if bytes != stored.hash {
                rewritten.insert(stored.seq, bytes);
            }
            if let Some(said) = follower.take(&record) {
                let Record { seq, at, prev, .. } = record;
                records.push(Shown { seq, at, hash: stored.hash, prev, said });
                proof.push(Proven::Whole(stored.clone()));
            } else if !proof.is_empty() && attests {
                proof.push(Proven::Attest(stored.clone()));
            } else if !proof.is_empty() {
                match Bridge::of(stored) {
                    Ok(bridge) => {
                        proof.push(Proven::Bridge { seq: stored.seq, hash: stored.hash, bridge });
                    }
                    Err(NoLink) => unlinked = Some(stored.seq),
                }
            }
        });
        let end = walked?;
        if last.is_none() {
            journal::check_witnesses(store, end)?;
        }
        if let Some(seq) = unlinked {
            let why = format!("기록 {seq}번: {NoLink}");
            return Err(CommandError::Input(why));
        }
        let desk = follower.desk();
        if records.is_empty() {
            let known = match desk.last_case {
                0 => "저널에 사건이 하나도 없습니다.".to_owned(),
                last => format!("저널에는 #1부터 #{last}까지 있습니다."),
            };
            return Err(CommandError::Input(format!(
                "사건 {case}이(가) 저널에 없습니다. {known} 예: coc journal export --case 1"
            )));
        }
        let title = desk.cases.get(&case).map(|found| {
            let state = words::cases::state(&found.procedure);
            (words::cases::title(&found.procedure), state)
        });
        let text = readable(case, title.as_ref(), &records, head);
        Ok(Self { case, head, records, text, proof })
    }

    /// As people read it, with the proof behind it.
    pub(crate) fn text(&self, with_proof: bool) -> String {
        if !with_proof {
            return self.text.clone();
        }
        let mut said = self.text.clone();
        said.push_str(PROOF);
        said.push('\n');
        for line in self.lines() {
            said.push_str(&line);
            said.push('\n');
        }
        said.push_str(END);
        said.push('\n');
        said
    }

    /// As one JSON document.
    ///
    /// # Errors
    /// When it has no form as JSON.
    pub(crate) fn json(self, with_proof: bool) -> Result<String, serde_json::Error> {
        let proof = if with_proof { self.lines() } else { Vec::new() };
        let document = Document {
            format: FORMAT.to_owned(),
            case: self.case.0,
            last: self.head.seq,
            last_hash: self.head.hash,
            records: self.records,
            text: self.text,
            proof,
        };
        serde_json::to_string(&document)
    }

    /// The proof, line by line.
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("case {}", self.case.0),
            format!("text {}", Digest::of(self.text.as_bytes())),
            format!("last {} {}", self.head.seq, self.head.hash),
        ];
        lines.extend(self.proof.iter().map(|one| match one {
            Proven::Whole(stored) => {
                format!("record {} {} {}", stored.seq, stored.hash, BASE64.encode(&stored.bytes))
            }
            Proven::Attest(stored) => {
                format!("attest {} {} {}", stored.seq, stored.hash, BASE64.encode(&stored.bytes))
            }
            Proven::Bridge { seq, hash, bridge } => format!(
                "link {seq} {hash} {} {} {}",
                bridge.before,
                Digest::from_bytes(bridge.state),
                BASE64.encode(&bridge.rest)
            ),
        }));
        lines
    }
}

/// The part that people read.
fn readable(
    case: CaseId,
    title: Option<&(String, String)>,
    records: &[Shown],
    head: Tail,
) -> String {
    let mut said = String::new();
    let mut line = |text: &str| {
        said.push_str(text);
        said.push('\n');
    };
    line(FIRST);
    match title {
        Some((title, state)) => {
            line(&masked(&format!("사건 {case} {title}")));
            line(&masked(&format!("지금의 상태: {state}")));
        }
        None => line(&format!("사건 {case} (끝난 지 오래되어 상태는 이력에서만 보입니다)")),
    }
    line(&format!("이 사건의 기록 {}건, 저널의 끝은 기록 {}번", records.len(), head.seq));
    line(&format!("저널의 끝 해시: {}", head.hash));
    line("");
    line("읽는 법");
    line(
        "- 시각은 서울 시각입니다. 한 기록은 들어온 것 하나와 그때 봇이 정한 것 모두입니다. 일의 번호(12.0)는 기록의 번호와 순서입니다.",
    );
    line(
        "- 전화번호와 메일 주소는 가렸습니다. 증명에는 이 사건의 기록이 가리지 않은 원문으로 들어 있습니다. 원문을 보면 안 되는 분에게는 --no-proof로 만든 것을 주십시오.",
    );
    line(
        "- 확인: coc journal verify --export 이파일 (저널 없이), --with-journal을 붙이면 저널에서 다시 만들어 견줍니다.",
    );
    line(
        "- coc 없이 확인: record 줄의 마지막 칸을 base64로 풀어 SHA-256을 내면 그 줄의 해시이고, 원문 끝의 prev가 앞 기록의 해시입니다.",
    );
    line(
        "- link 줄은 보이지 않는 기록입니다. 앞부분의 바이트 수, 그때까지의 SHA-256 상태, 끝부분(base64)이고, 이어서 계산하면 그 줄의 해시입니다.",
    );
    line(
        "- attest 줄은 떠난 사람을 지운 기록입니다. 고쳐진 기록의 SHA-256은 그 줄의 해시가 아니라 attest 줄의 원문에 적힌 것이고, 사슬은 원래의 해시로 이어집니다.",
    );
    line("- 저널의 끝 해시는 그날 coc journal verify가 말한 것과 같아야 합니다.");
    line("");
    for one in records {
        line(&record_line(one.seq, one.at));
        for said in &one.said {
            line(&format!("  {said}"));
        }
        line(&hash_line(one.hash));
        line(&prev_line(one.prev));
        line("");
    }
    said
}

fn record_line(seq: u64, at: Time) -> String {
    format!("기록 {seq}번 · {}", at.format("%Y-%m-%d %H:%M:%S"))
}

fn hash_line(hash: Digest) -> String {
    format!("  해시 {hash}")
}

fn prev_line(prev: Digest) -> String {
    format!("  앞 기록의 해시 {prev}")
}

/// An extract as it is read from a file.
#[derive(Debug)]
pub(crate) struct Claim {
    /// The part that people read.
    text: String,
    /// The proof's lines; `None`: it was left out.
    proof: Option<Vec<String>>,
    /// The records as a JSON document tells them apart.
    records: Option<Vec<Shown>>,
    /// The case and the end that a JSON document names.
    named: Option<(u64, u64, Digest)>,
}

/// What an extract proves by itself.
#[derive(Debug, Serialize)]
pub(crate) struct Proof {
    /// The case.
    pub(crate) case: u64,
    /// How many of its records are shown.
    pub(crate) records: usize,
    /// How many records between them are shown as links alone.
    pub(crate) links: usize,
    /// Of all of them, how many were rewritten when somebody was forgotten; a later record shown speaks for each.
    #[serde(skip_serializing_if = "none")]
    pub(crate) rewritten: usize,
    /// The first record.
    pub(crate) first: u64,
    /// The journal's end when it was made.
    pub(crate) last: u64,
    /// Its hash.
    pub(crate) last_hash: Digest,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn none(count: &usize) -> bool {
    *count == 0
}

/// Why an extract does not hold, in Korean.
pub(crate) type Broken = String;

impl Claim {
    /// Reads an extract; `None`: the file is none.
    pub(crate) fn read(bytes: &[u8]) -> Option<Result<Self, Broken>> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let known =
                    bytes.starts_with(FIRST.as_bytes()) || bytes.starts_with(b"{\"format\"");
                let why = format!("{}번째 바이트부터 글자가 아닙니다", error.valid_up_to() + 1);
                return known.then_some(Err(why));
            }
        };
        if text.starts_with('{') {
            return Self::of_json(text);
        }
        let (readable, proof) = match text.find(&format!("\n{PROOF}\n")) {
            Some(at) => (&text[..=at], Some(&text[at + PROOF.len() + 2..])),
            None => (text, None),
        };
        let Some(proof) = proof else {
            if !readable.starts_with(FIRST) {
                return None;
            }
            // what people read stands further in, or begins otherwise
            if readable.contains("\nrecord ") {
                return Some(Err(format!("증명의 첫 줄 {PROOF}이(가) 없습니다")));
            }
            let text = readable.to_owned();
            return Some(Ok(Self { text, proof: None, records: None, named: None }));
        };
        Some(match proof.strip_suffix(&format!("{END}\n")) {
            Some(lines) => Ok(Self {
                text: readable.to_owned(),
                proof: Some(lines.lines().map(str::to_owned).collect()),
                records: None,
                named: None,
            }),
            None => Err(format!("끝줄 {END}이(가) 없습니다. 파일이 잘렸을 수 있습니다")),
        })
    }

    fn of_json(text: &str) -> Option<Result<Self, Broken>> {
        let document: Document = match serde_json::from_str(text) {
            Ok(document) => document,
            Err(error) => {
                let why =
                    format!("{}행 {}번째 글자에서 읽을 수 없습니다", error.line(), error.column());
                return text.contains(FORMAT).then_some(Err(why));
            }
        };
        if document.format != FORMAT {
            return None;
        }
        let proof = if document.proof.is_empty() { None } else { Some(document.proof) };
        Some(Ok(Self {
            text: document.text,
            proof,
            records: Some(document.records),
            named: Some((document.case, document.last, document.last_hash)),
        }))
    }

    /// Whether there is a proof in it.
    pub(crate) const fn has_proof(&self) -> bool {
        self.proof.is_some()
    }

    /// Checks it without the journal.
    ///
    /// # Errors
    /// Where it does not hold.
    pub(crate) fn check(&self) -> Result<Proof, Broken> {
        let mut lines = self.proof.iter().flatten().map(|line| line.split(' ').collect::<Vec<_>>());
        let mut next = |name: &str, parts: usize| match lines.next() {
            Some(line) if line.first() == Some(&name) && line.len() == parts => Ok(line),
            _ => Err(format!("증명에 {name} 줄이 없습니다")),
        };
        let case: u64 = number(next("case", 2)?[1])?;
        let text = digest(next("text", 2)?[1])?;
        if Digest::of(self.text.as_bytes()) != text {
            return Err("읽는 부분이 만들 때와 다릅니다".to_owned());
        }
        let last = next("last", 3)?;
        let last = Tail { seq: number(last[1])?, hash: digest(last[2])? };
        let (mut tail, mut first, mut links) = (None::<Tail>, 0, 0);
        let mut pledges = Pledges::default();
        let mut whole = BTreeMap::new();
        for line in lines {
            let (link, record) = match line.as_slice() {
                [kind @ ("record" | "attest"), seq, hash, bytes] => {
                    let stored = StoredRecord {
                        seq: number(seq)?,
                        hash: digest(hash)?,
                        bytes: decoded(bytes)?,
                    };
                    let is_now = Digest::of(&stored.bytes);
                    if is_now != stored.hash {
                        pledges.owe(stored.seq, is_now);
                    }
                    let link = chain::link_of(&stored).map_err(|broken| broken.to_string())?;
                    // what stands between the records is taken from their end: both must say the same
                    if link.seq != stored.seq || prev_at_end(&stored.bytes) != Ok(link.prev) {
                        return Err(format!(
                            "기록 {seq}번: 원문의 번호나 앞 기록의 해시가 다릅니다"
                        ));
                    }
                    let whole = if *kind == "attest" {
                        pledges.take(&stored, Held::AsWritten);
                        None
                    } else {
                        Some(stored.clone())
                    };
                    ((stored.seq, stored.hash, link.prev), whole)
                }
                ["link", seq, hash, before, state, rest] => {
                    let bridge = Bridge {
                        before: number(before)?,
                        state: *digest(state)?.as_bytes(),
                        rest: decoded(rest)?,
                    };
                    let (of, prev) =
                        bridge.link().map_err(|no_link| format!("기록 {seq}번: {no_link}"))?;
                    let (seq, hash) = (number(seq)?, digest(hash)?);
                    if of != hash {
                        pledges.owe(seq, of);
                    }
                    links += 1;
                    ((seq, hash, prev), None)
                }
                other => {
                    let name = other.first().copied().unwrap_or_default();
                    return Err(format!("증명에 모르는 줄이 있습니다: \"{}\"", short(name)));
                }
            };
            let (seq, hash, prev) = link;
            match tail {
                None if record.is_none() => return Err("첫 기록이 원문이 아닙니다".to_owned()),
                None => first = seq,
                Some(before) if before.seq.checked_add(1) != Some(seq) => {
                    return Err(format!("기록 {}번 다음에 {seq}번이 있습니다", before.seq));
                }
                Some(before) if before.hash != prev => {
                    return Err(format!("기록 {seq}번이 앞 기록의 해시와 이어지지 않습니다"));
                }
                Some(_) => {}
            }
            tail = Some(Tail { seq, hash });
            if let Some(stored) = record {
                whole.insert(stored.seq, stored);
            }
        }
        if tail != Some(last) {
            return Err("마지막 기록이 적힌 끝과 다릅니다".to_owned());
        }
        let rewritten = pledges.owed();
        pledges.settle().map_err(|broken| broken.to_string())?;
        self.says_what_is_proven(case, last, &whole)?;
        let (records, last_hash, last) = (whole.len(), last.hash, last.seq);
        Ok(Proof { case, records, links, rewritten, first, last, last_hash })
    }

    /// The part that people read names these records, with these times and hashes, and no others.
    fn says_what_is_proven(
        &self,
        case: u64,
        last: Tail,
        whole: &BTreeMap<u64, StoredRecord>,
    ) -> Result<(), Broken> {
        let mut expected = Vec::new();
        for stored in whole.values() {
            let record = chain::record_of(stored).map_err(|broken| broken.to_string())?;
            expected.push(record_line(record.seq, record.at));
            expected.push(hash_line(stored.hash));
            expected.push(prev_line(record.prev));
            if let Some(shown) = &self.records {
                let same = |one: &&Shown| {
                    one.seq == record.seq
                        && one.at == record.at
                        && one.hash == stored.hash
                        && one.prev == record.prev
                };
                let Some(one) = shown.iter().find(same) else {
                    return Err(format!("기록 {}번의 시각이나 해시가 원문과 다릅니다", record.seq));
                };
                let said: String = one.said.iter().fold(String::new(), |mut said, line| {
                    _ = writeln!(said, "  {line}");
                    said
                });
                let place = format!(
                    "{}\n{said}{}\n",
                    record_line(record.seq, record.at),
                    hash_line(stored.hash)
                );
                if !self.text.contains(&place) {
                    return Err(format!("기록 {}번의 said가 읽는 부분과 다릅니다", record.seq));
                }
            }
        }
        let told = |line: &&str| {
            let is_record = line.strip_prefix("기록 ").is_some_and(|rest| {
                rest.split_once("번 · ").is_some_and(|(seq, _)| seq.parse::<u64>().is_ok())
            });
            is_record || line.starts_with("  해시 ") || line.starts_with("  앞 기록의 해시 ")
        };
        if !self.text.lines().filter(told).eq(expected.iter().map(String::as_str)) {
            return Err("읽는 부분의 기록 번호, 시각, 해시가 증명과 다릅니다".to_owned());
        }
        if !self.text.contains(&format!("\n저널의 끝 해시: {}\n", last.hash))
            || !self.text.starts_with(&format!("{FIRST}\n사건 #{case} "))
        {
            return Err("읽는 부분의 사건 번호나 저널의 끝이 증명과 다릅니다".to_owned());
        }
        let named = self.named.is_none_or(|named| named == (case, last.seq, last.hash));
        let all = self.records.as_ref().is_none_or(|shown| shown.len() == whole.len());
        if named && all {
            Ok(())
        } else {
            Err("case, last, records가 증명과 다릅니다".to_owned())
        }
    }

    /// Whether a journal tells the same of the case, up to the same end.
    ///
    /// # Errors
    /// The first line that differs.
    pub(crate) fn same_as(&self, again: &Extract) -> Result<(), Broken> {
        let (read, told) = (&self.text, &again.text);
        if read == told {
            return Ok(());
        }
        let mut lines = read.lines().zip(told.lines()).enumerate();
        let nth = lines
            .find(|(_, (one, other))| one != other)
            .map_or_else(|| read.lines().count().min(told.lines().count()) + 1, |(nth, _)| nth + 1);
        Err(format!("저널에서 다시 만든 것과 {nth}행부터 다릅니다"))
    }
}

/// The beginning of what was read.
fn short(text: &str) -> String {
    text.chars().take(20).collect()
}

/// A number in its one spelling.
fn number(text: &str) -> Result<u64, Broken> {
    let read = text.parse::<u64>().ok().filter(|number| number.to_string() == text);
    read.ok_or_else(|| format!("\"{}\"은(는) 번호가 아닙니다", short(text)))
}

fn digest(text: &str) -> Result<Digest, Broken> {
    text.parse().map_err(|error| format!("\"{}\": {error}", short(text)))
}

fn decoded(text: &str) -> Result<Vec<u8>, Broken> {
    BASE64.decode(text).map_err(|_| format!("\"{}…\"은(는) base64가 아닙니다", short(text)))
}
