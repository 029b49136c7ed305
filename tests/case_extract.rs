//! `coc journal export --case` and `coc journal verify --export`: what an auditor reads of one case, and what the hash chain proves of it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use coc::cli::journal::{CommandError, Export, Verify, export, verify};
use coc::domain::ids::CaseId;
use coc::journal::{Digest, Draft, Journal, Opened, Record, Sled};
use coc::replay::play;
use common::books;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A state folder with the journal of a scenario.
struct Place {
    folder: TempDir,
    records: Vec<Record>,
}

impl Place {
    fn new(scenario: &str) -> Self {
        let records =
            play(&scenarios().join(scenario), &books(), &[]).unwrap().1.journal().unwrap();
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("state"), &records);
        Self { folder, records }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn export(&self, options: &Export) -> Result<String, CommandError> {
        let mut out = Vec::new();
        export(&self.path("state"), options, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn text(&self, case: u64) -> String {
        self.export(&Export { case: Some(CaseId(case)), ..Export::default() }).unwrap()
    }

    fn json(&self, case: u64) -> String {
        let options = Export { case: Some(CaseId(case)), json: true, ..Export::default() };
        self.export(&options).unwrap()
    }

    /// What `verify --export` says of this text; the error's words where it does not hold.
    fn verify(&self, text: &[u8], with_journal: bool) -> Result<String, (u8, String)> {
        let file = self.path("extract");
        fs::write(&file, text).unwrap();
        let options = Verify { export: Some(file), with_journal, ..Verify::default() };
        let mut out = Vec::new();
        let result = verify(&self.path("state"), &options, &mut out);
        result.map_err(|error| (error.exit_code(), error.to_string()))?;
        Ok(String::from_utf8(out).unwrap())
    }
}

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

fn write(state: &Path, records: &[Record]) {
    let store = Sled::open(state).unwrap();
    let Opened { mut journal, .. } = Journal::open::<Value>(store, "none").unwrap();
    let drafts: Vec<Draft> = records
        .iter()
        .map(|record| Draft {
            at: record.at,
            input: record.input.clone(),
            changes: record.changes.clone(),
        })
        .collect();
    journal.append(&drafts).unwrap();
}

/// The readable part.
fn readable(text: &str) -> &str {
    text.split("===== 증명 =====").next().unwrap()
}

/// A `[REQ]`: a mail, telephone numbers, a form.
fn tam() -> Place {
    Place::new("155-tam-three-tasks.yaml")
}

#[test]
fn an_auditor_reads_who_did_what_with_what_before_their_eyes() {
    let place = tam();
    let text = place.text(1);
    let said = readable(&text);
    for words in [
        "coc 사건 감사 기록 1\n사건 #1 TAM [REQ] [한빛전자]\n",
        "님이 #saltware-pls-technical-support에 씀: [REQ] 한빛전자 계정에서",
        "님이 [완료]을(를) 누름 (보고 있던 글: 일",
        "에서 고친 내용)",
        "· 사건 시작: TAM [REQ] [한빛전자]",
        "    받는 사람: o***@hanbit.example.com",
        "· 경과 (고윤슬): ",
        "에게 양식 \"단계 완료\"",
        "님이 양식을 냄\n      티켓: https://support.example.com/agent/tickets/4242\n",
        "· 상태: 완료",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(said.contains("고윤슬(U"), "who pressed, with the id that Slack knows: {said}");
    for hidden in ["010-0000", "ops@hanbit"] {
        assert!(!said.contains(hidden), "{hidden}");
    }
    // every record bears its hash and the one before
    let shown = said.lines().filter(|line| line.starts_with("기록 ")).count();
    assert_eq!(said.lines().filter(|line| line.starts_with("  해시 ")).count(), shown);
    assert!(shown > 10, "{shown}");
    assert_eq!(text, place.text(1), "the same journal gives the same bytes");
}

#[test]
fn an_extract_is_checked_without_the_journal_and_against_it() {
    let place = tam();
    let mut out = Vec::new();
    verify(&place.path("state"), &Verify { json: true, ..Verify::default() }, &mut out).unwrap();
    let journal: Value = serde_json::from_slice(&out).unwrap();
    let head = journal["last_hash"].as_str().unwrap();
    for text in [place.text(1), place.json(1)] {
        let said = place.verify(text.as_bytes(), false).unwrap();
        assert!(said.starts_with("감사 기록이 온전합니다. 사건 #1의 기록 "), "{said}");
        assert!(said.contains(&format!("마지막 해시: {head}\n")), "the journal's own end: {said}");
        assert!(said.contains("증명하지 않는 것"), "{said}");
        let said = place.verify(text.as_bytes(), true).unwrap();
        assert!(said.contains("글자까지 같습니다"), "{said}");
    }
    let file = place.path("extract");
    let mut out = Vec::new();
    let options = Verify { json: true, export: Some(file), with_journal: false };
    verify(&place.path("nowhere"), &options, &mut out).unwrap();
    let verdict: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!((&verdict["ok"], &verdict["case"]), (&Value::from(true), &Value::from(1)));
    assert_eq!(verdict["last_hash"], head);
    // the journal goes on: what was extracted before holds still
    let early = place.text(1);
    let more = Place::new("00-first.yaml").records;
    let store = Sled::open(&place.path("state")).unwrap();
    let Opened { mut journal, .. } = Journal::open::<Value>(store, "none").unwrap();
    let last = more.last().unwrap();
    let (at, input) = (last.at, last.input.clone());
    journal.append(&[Draft { at, input, changes: last.changes.clone() }]).unwrap();
    drop(journal);
    place.verify(early.as_bytes(), true).unwrap();
}

#[test]
fn anybody_can_check_a_record_with_base64_and_sha256_alone() {
    use base64::Engine;
    let place = tam();
    let text = place.text(1);
    let records: Vec<&str> = text.lines().filter(|line| line.starts_with("record ")).collect();
    assert!(!records.is_empty());
    for line in records {
        let parts: Vec<&str> = line.split(' ').collect();
        let [_, seq, hash, bytes] = parts.as_slice() else { panic!("{line}") };
        let bytes = base64::engine::general_purpose::STANDARD.decode(bytes).unwrap();
        assert_eq!(Digest::of(&bytes).to_string(), *hash);
        let record: Record = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(record.seq.to_string(), *seq);
        assert_eq!(record.changes, place.records[usize::try_from(record.seq).unwrap() - 1].changes);
    }
}

#[test]
fn one_changed_byte_is_noticed_wherever_it_stands() {
    let place = Place::new("51-ack-by-button.yaml");
    let text = place.text(1).into_bytes();
    place.verify(&text, false).unwrap();
    let step = (text.len() / 400).max(1);
    let mut places: Vec<usize> = (0..text.len()).step_by(step).collect();
    // the ends of lines and the whole tail
    places.extend(text.len().saturating_sub(200)..text.len());
    for at in places {
        let mut changed = text.clone();
        changed[at] ^= 1;
        let (status, why) = place.verify(&changed, false).unwrap_err();
        // nothing but the very first line tells that the file is one of ours
        assert!(status == 1 || (status == 2 && at < 40), "byte {at}: {status} {why}");
    }
    for cut in [1, 10, 100, 1000] {
        assert!(place.verify(&text[..text.len() - cut], false).is_err(), "{cut} cut off");
    }
}

#[test]
fn records_that_are_left_out_exchanged_or_invented_are_noticed() {
    let place = Place::new("51-ack-by-button.yaml");
    let text = place.text(1);
    let lines: Vec<&str> = text.lines().collect();
    let without = |drop: &dyn Fn(usize, &str) -> bool| {
        let left = lines.iter().enumerate().filter(|(nth, line)| !drop(*nth, line));
        let mut said: String = left.map(|(_, line)| format!("{line}\n")).collect();
        // whoever forges the readable part can mend its sum
        let sum = Digest::of(readable(&said).as_bytes()).to_string();
        let old = said.lines().find(|line| line.starts_with("text ")).unwrap().to_owned();
        said = said.replace(&old, &format!("text {sum}"));
        said
    };
    assert!(place.verify(without(&|_, _| false).as_bytes(), false).is_ok());
    let chained: Vec<usize> = (0..lines.len())
        .filter(|nth| lines[*nth].starts_with("record ") || lines[*nth].starts_with("link "))
        .collect();
    for nth in &chained {
        assert!(place.verify(without(&|at, _| at == *nth).as_bytes(), false).is_err(), "{nth}");
    }
    let mut swapped = lines.clone();
    swapped.swap(chained[0], chained[1]);
    assert!(place.verify((swapped.join("\n") + "\n").as_bytes(), false).is_err());
    // a sentence that is changed with its sum passes alone, and not against the journal
    let forged = without(&|_, line| line.contains("· 상태: "));
    place.verify(forged.as_bytes(), false).unwrap();
    let (status, why) = place.verify(forged.as_bytes(), true).unwrap_err();
    assert!(status == 1 && why.contains("저널에서 다시 만든 것과"), "{why}");
    // another journal's extract
    let other = tam();
    let (status, _) = other.verify(text.as_bytes(), true).unwrap_err();
    assert_eq!(status, 1);
    let mut document: Value = serde_json::from_str(&place.json(1)).unwrap();
    document["records"][0]["at"] = "2020-01-01T00:00:00+09:00".into();
    let (status, _) = place.verify(document.to_string().as_bytes(), false).unwrap_err();
    assert_eq!(status, 1);
    let mut document: Value = serde_json::from_str(&place.json(1)).unwrap();
    document["records"][1]["said"][0] = "들어온 것: 아무것도".into();
    let (status, _) = place.verify(document.to_string().as_bytes(), false).unwrap_err();
    assert_eq!(status, 1);
}

#[test]
fn what_cannot_be_extracted_or_checked_is_told() {
    let place = Place::new("51-ack-by-button.yaml");
    let none = Export { case: Some(CaseId(99)), ..Export::default() };
    let error = place.export(&none).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(
        error.to_string().contains("사건 #99이(가) 저널에 없습니다. 저널에는 #1부터"),
        "{error}"
    );
    for file in [&b"nothing of the kind\n"[..], b"", b"{}", b"{\"v\":1}\n"] {
        let (status, why) = place.verify(file, false).unwrap_err();
        assert!(status == 2 && why.contains("감사 기록이 아닙니다"), "{why}");
    }
    let options = Export { case: Some(CaseId(1)), no_proof: true, ..Export::default() };
    let bare = place.export(&options).unwrap();
    assert_eq!(bare, readable(&place.text(1)));
    let (status, why) = place.verify(bare.as_bytes(), false).unwrap_err();
    assert!(status == 2 && why.contains("증명이 없어"), "{why}");
    // into a file, whole or not at all
    let file = place.path("case.txt");
    let options = Export { case: Some(CaseId(1)), out: Some(file.clone()), ..Export::default() };
    assert_eq!(place.export(&options).unwrap(), "");
    assert_eq!(fs::read_to_string(file).unwrap(), place.text(1));
    assert!(!place.path("case.txt.partial").exists());
}
