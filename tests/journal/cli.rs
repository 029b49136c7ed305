//! `coc journal export|verify|restore`.

use crate::{drafts, open, read_all, said};
use coc::cli::journal::{CommandError, Export, Failure, Restore, Verify, export, restore, verify};
use coc::journal::{Digest, Sled, Tail};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::tempdir;

fn write(state: &Path, count: u64) -> Tail {
    let mut journal = open(Sled::open(state).unwrap()).unwrap().journal;
    let mut written = drafts(1, count);
    written[0] = said(1, &format!("줄바꿈\n따옴표 \" {}", "가".repeat(3000)));
    journal.append(&written).unwrap()
}

fn exported(state: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    export(state, &Export::default(), &mut out).unwrap();
    out
}

fn restored(state: &Path, file: PathBuf) -> Result<String, CommandError> {
    let mut out = Vec::new();
    restore(state, &Restore { file, json: true, take_rewritten: false }, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn verified(state: &Path) -> (serde_json::Value, Result<(), CommandError>) {
    let mut out = Vec::new();
    let result = verify(state, &Verify { json: true, ..Verify::default() }, &mut out);
    (serde_json::from_slice(&out).unwrap(), result)
}

#[test]
fn an_export_restores_to_the_same_journal() {
    let folder = tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let tail = write(&old, 1200);
    let lines = exported(&old);
    assert_eq!(lines.iter().filter(|&&byte| byte == b'\n').count(), 1200);
    let file = folder.path().join("export.jsonl");
    export(&old, &Export { out: Some(file.clone()), ..Export::default() }, &mut Vec::new())
        .unwrap();
    assert_eq!(fs::read(&file).unwrap(), lines);

    let said = restored(&new, file).unwrap();
    assert_eq!(said, format!("{{\"records\":1200,\"last_hash\":\"{}\"}}\n", tail.hash));
    assert_eq!(exported(&new), lines);
    let journal = open(Sled::open(&new).unwrap()).unwrap().journal;
    assert_eq!(journal.tail(), tail);
    assert_eq!(read_all(&journal).unwrap().len(), 1200);
    let left: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn a_line_is_json_with_its_hash() {
    let folder = tempdir().unwrap();
    let tail = write(folder.path(), 2);
    let lines = String::from_utf8(exported(folder.path())).unwrap();
    let (first, second) = lines.trim_end().split_once('\n').unwrap();
    let json: serde_json::Value = serde_json::from_str(second).unwrap();
    assert_eq!(json["hash"], tail.hash.to_string());
    assert_eq!(json["seq"], 2);
    // As README readers would do it: the line without its hash, hashed, is the next line's `prev`.
    let (bare, _) = first.rsplit_once(",\"hash\":").unwrap();
    assert_eq!(json["prev"], Digest::of(format!("{bare}}}").as_bytes()).to_string());
}

#[test]
fn a_sound_journal_verifies() {
    let folder = tempdir().unwrap();
    let tail = write(folder.path(), 3);
    let (verdict, result) = verified(folder.path());
    result.unwrap();
    let expected = serde_json::json!({
        "ok": true, "records": 3, "last_hash": tail.hash.to_string(), "broken": null,
    });
    assert_eq!(verdict, expected);
    let mut out = Vec::new();
    verify(folder.path(), &Verify::default(), &mut out).unwrap();
    let said = String::from_utf8(out).unwrap();
    assert!(said.contains("온전합니다. 온전한 기록 3건"), "{said}");
}

#[test]
fn a_broken_journal_says_where_and_its_sound_part_can_be_saved() {
    let folder = tempdir().unwrap();
    let state = folder.path().join("state");
    write(&state, 5);
    let db = sled::Config::new().path(state.join("journal")).open().unwrap();
    let key = [&4_u64.to_be_bytes()[..], &[0, 0]].concat();
    let mut value = db.get(&key).unwrap().unwrap();
    value[60] ^= 1;
    db.insert(key, value).unwrap();
    drop(db);

    let (verdict, result) = verified(&state);
    let failed = result.unwrap_err();
    assert_eq!(failed.exit_code(), 1);
    assert!(failed.to_string().contains("기록 4번"), "{failed}");
    assert_eq!(verdict["ok"], false);
    assert_eq!(verdict["records"], 3);
    assert_eq!(verdict["broken"]["seq"], 4);

    let file = folder.path().join("export.jsonl");
    let failed =
        export(&state, &Export { out: Some(file.clone()), ..Export::default() }, &mut Vec::new())
            .unwrap_err();
    assert_eq!(failed.exit_code(), 1);
    assert!(matches!(failed, CommandError::Failed(Failure::Partial { kept: 3, .. })), "{failed}");
    assert!(!file.exists());
    let new = folder.path().join("new");
    restored(&new, folder.path().join("export.jsonl.partial")).unwrap();
    assert_eq!(open(Sled::open(&new).unwrap()).unwrap().journal.tail().seq, 3);
}

#[test]
fn a_changed_export_is_refused_with_its_line_and_leaves_nothing() {
    let folder = tempdir().unwrap();
    let old = folder.path().join("old");
    write(&old, 9);
    let lines = exported(&old);
    let starts: Vec<usize> =
        (0..lines.len()).filter(|&n| n == 0 || lines[n - 1] == b'\n').collect();
    let file = folder.path().join("changed.jsonl");
    let state = folder.path().join("state");
    let text = String::from_utf8(lines.clone()).unwrap();
    let all: Vec<&str> = text.split_inclusive('\n').collect();

    let mut changes: Vec<(usize, Vec<u8>)> = Vec::new();
    for (line, at) in [(1, 40), (5, 8), (5, 100), (9, 3)] {
        let mut changed = lines.clone();
        changed[starts[line - 1] + at] ^= 1;
        changes.push((line, changed));
    }
    changes.push((3, [&all[..2], &all[3..]].concat().concat().into_bytes()));
    changes.push((4, [&all[..3], &all[2..]].concat().concat().into_bytes()));
    changes.push((2, all[1..].concat().into_bytes()));
    changes.last_mut().unwrap().0 = 1;
    changes.push((9, lines[..lines.len() - 5].to_vec()));
    changes.push((3, [all[..2].concat().as_bytes(), b"\n", all[2..].concat().as_bytes()].concat()));
    for (line, changed) in changes {
        fs::write(&file, changed).unwrap();
        let refused = restored(&state, file.clone()).unwrap_err();
        assert_eq!(refused.exit_code(), 2);
        assert!(refused.to_string().contains(&format!("changed.jsonl {line}행: ")), "{refused}");
        assert!(!state.exists() && !folder.path().join("state.restoring").exists());
    }
}

#[test]
fn a_restore_refuses_what_it_should_not_touch() {
    let folder = tempdir().unwrap();
    let old = folder.path().join("old");
    write(&old, 2);
    let file = folder.path().join("export.jsonl");
    fs::write(&file, exported(&old)).unwrap();

    let refused = restored(&old, file.clone()).unwrap_err();
    assert_eq!(refused.exit_code(), 2);
    assert!(refused.to_string().contains("비어 있지 않습니다"), "{refused}");

    let refused = restored(&folder.path().join("new"), folder.path().join("none")).unwrap_err();
    assert_eq!(refused.exit_code(), 2);

    fs::write(folder.path().join("empty"), "").unwrap();
    let refused = restored(&folder.path().join("new"), folder.path().join("empty")).unwrap_err();
    assert_eq!(refused.exit_code(), 2);
    assert!(!folder.path().join("new").exists());

    // An empty folder is taken, and what a killed restore left is cleared away.
    let empty = folder.path().join("made");
    fs::create_dir(&empty).unwrap();
    write(&folder.path().join("made.restoring"), 4);
    restored(&empty, file).unwrap();
    assert_eq!(open(Sled::open(&empty).unwrap()).unwrap().journal.tail().seq, 2);
}

#[test]
fn a_restore_under_way_is_not_disturbed() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("export.jsonl");
    write(&folder.path().join("old"), 1);
    fs::write(&file, exported(&folder.path().join("old"))).unwrap();
    let _other = Sled::open(&folder.path().join("new.restoring")).unwrap();
    let refused = restored(&folder.path().join("new"), file).unwrap_err();
    assert_eq!(refused.exit_code(), 1);
    assert!(folder.path().join("new.restoring").join("journal").exists());
}

#[test]
fn where_there_is_no_journal_none_is_made() {
    let folder = tempdir().unwrap();
    let state = folder.path().join("state");
    let refused = verify(&state, &Verify::default(), &mut Vec::new()).unwrap_err();
    assert_eq!(refused.exit_code(), 2);
    let refused = export(&state, &Export::default(), &mut Vec::new()).unwrap_err();
    assert_eq!(refused.exit_code(), 2);
    assert!(!state.exists());
}

#[test]
fn a_journal_in_use_is_left_alone() {
    let folder = tempdir().unwrap();
    let _running = Sled::open(folder.path()).unwrap();
    let refused = export(folder.path(), &Export::default(), &mut Vec::new()).unwrap_err();
    assert_eq!(refused.exit_code(), 1);
    assert!(refused.to_string().contains("다른 coc 프로세스"), "{refused}");
}
