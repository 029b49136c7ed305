//! What every store must do, and what the journal makes of it.

use crate::{SCHEMA, State, at, drafts, open, read_after, read_all, said};
use coc::domain::input::{Books, Input};
use coc::journal::store::MAX_RECORD_BYTES;
use coc::journal::{
    AppendError, Digest, Draft, Journal, JournalError, Memory, SNAPSHOT_EVERY, Sled, Store,
    StoreError, StoredRecord, Tail, Why, memory::Failure,
};
use std::fs;
use std::path::Path;
use tempfile::tempdir;

/// Runs a test on both stores; the function makes a new handle on the same place.
fn on_each(test: impl Fn(&dyn Fn() -> Box<dyn Store>)) {
    let memory = Memory::new();
    test(&|| Box::new(memory.clone()));
    let folder = tempdir().unwrap();
    test(&|| Box::new(Sled::open(&folder.path().join("state")).unwrap()));
}

#[test]
fn what_is_appended_is_read_again() {
    on_each(|reopen| {
        let written = drafts(1, 40);
        let opened = open(reopen()).unwrap();
        assert_eq!(opened.journal.tail(), Tail::START);
        assert_eq!(opened.alive_until, None);
        let mut journal = opened.journal;
        journal.append(&written[..1]).unwrap();
        journal.append(&[]).unwrap();
        let tail = journal.append(&written[1..]).unwrap();
        assert_eq!(read_all(&journal).unwrap().len(), 40);
        drop(journal);

        let opened = open(reopen()).unwrap();
        assert_eq!(opened.journal.tail(), tail);
        assert_eq!(opened.journal.next_seq(), 41);
        assert_eq!(opened.alive_until, Some(at(40)));
        let records = read_all(&opened.journal).unwrap();
        let again: Vec<Draft> = records
            .iter()
            .map(|r| Draft { at: r.at, input: r.input.clone(), changes: r.changes.clone() })
            .collect();
        assert_eq!(again, written);
        assert_eq!(records[0].prev, Digest::START);
        assert_eq!(read_after(&opened.journal, 38).unwrap(), records[38..]);
        assert_eq!(read_after(&opened.journal, 40).unwrap(), []);
        assert_eq!(read_after(&opened.journal, 41).unwrap(), []);
    });
}

#[test]
fn the_hash_is_over_the_bytes_as_stored() {
    let memory = Memory::new();
    open(memory.clone()).unwrap().journal.append(&drafts(1, 2)).unwrap();
    let stored = memory.records();
    let text = String::from_utf8(stored[0].bytes.clone()).unwrap();
    let zeros = "0".repeat(64);
    assert!(text.starts_with(r#"{"v":1,"seq":1,"at":"2025-08-05T22:00:01+09:00","input":{"#));
    assert!(text.ends_with(&format!(r#","prev":"{zeros}"}}"#)), "{text}");
    let second = String::from_utf8(stored[1].bytes.clone()).unwrap();
    assert!(second.ends_with(&format!(r#","prev":"{}"}}"#, Digest::of(text.as_bytes()))));
}

#[test]
fn records_of_any_size_come_back() {
    on_each(|reopen| {
        let mut journal = open(reopen()).unwrap().journal;
        let sizes = [0, 1, 3500, 4096, 8000, 300_000, 2_000_000];
        let written: Vec<Draft> =
            (1..).zip(sizes).map(|(n, size)| said(n, &"a".repeat(size))).collect();
        journal.append(&written).unwrap();
        drop(journal);
        let records = read_all(&open(reopen()).unwrap().journal).unwrap();
        assert!(records.iter().map(|r| &r.input).eq(written.iter().map(|d| &d.input)));
    });
}

#[test]
fn every_length_around_a_piece_comes_back() {
    let folder = tempdir().unwrap();
    let mut journal = open(Sled::open(folder.path()).unwrap()).unwrap().journal;
    let written: Vec<Draft> = (1..).zip(3700..4000).map(|(n, l)| said(n, &"a".repeat(l))).collect();
    journal.append(&written).unwrap();
    let records = read_all(&journal).unwrap();
    assert!(records.iter().map(|r| &r.input).eq(written.iter().map(|d| &d.input)));
}

#[test]
fn a_record_beyond_the_limit_is_refused_and_the_journal_goes_on() {
    on_each(|reopen| {
        let mut journal = open(reopen()).unwrap().journal;
        let books = |guide: String| Draft {
            at: at(1),
            input: Input::Books(Books { guide, ..Books::default() }),
            changes: Vec::new(),
        };
        let batch = [said(1, "먼저"), books("a".repeat(MAX_RECORD_BYTES))];
        let refused = journal.append(&batch).unwrap_err();
        assert!(matches!(refused, AppendError::TooLarge { limit: MAX_RECORD_BYTES, .. }));
        assert_eq!(journal.append(&drafts(1, 1)).unwrap().seq, 1);
        assert_eq!(read_all(&journal).unwrap().len(), 1);
    });
}

#[test]
fn a_loser_learns_it_and_writes_nothing_more() {
    let memory = Memory::new();
    let mut winner = open(memory.clone()).unwrap().journal;
    let mut loser = open(memory.clone()).unwrap().journal;
    winner.append(&drafts(1, 2)).unwrap();
    let lost = loser.append(&drafts(1, 1)).unwrap_err();
    assert!(matches!(lost, AppendError::Stale { expected: 1, next: 3 }));
    assert!(matches!(loser.append(&drafts(1, 1)).unwrap_err(), AppendError::Closed));
    winner.append(&drafts(3, 3)).unwrap();
    assert_eq!(memory.records().len(), 3);
}

#[test]
fn sled_takes_the_expected_number_only() {
    let folder = tempdir().unwrap();
    let mut store = Sled::open(folder.path()).unwrap();
    let record = |seq| StoredRecord::seal(seq, b"{}".to_vec());
    for wrong in [0, 2, u64::MAX] {
        let refused = store.append(wrong, &[record(wrong)]).unwrap_err();
        assert!(matches!(refused, AppendError::Stale { next: 1, .. }), "{wrong}");
    }
    store.append(1, &[record(1), record(2)]).unwrap();
    let refused = store.append(2, &[record(2)]).unwrap_err();
    assert!(matches!(refused, AppendError::Stale { expected: 2, next: 3 }));
    assert_eq!(store.last().unwrap().unwrap().seq, 2);
}

#[test]
fn a_doubtful_append_closes_the_journal_and_opening_again_settles_it() {
    for (failure, kept) in [(Failure::BeforeEffect, 1), (Failure::AfterEffect, 3)] {
        let memory = Memory::new();
        let mut journal = open(memory.clone()).unwrap().journal;
        journal.append(&drafts(1, 1)).unwrap();
        memory.fail_next(failure);
        assert!(matches!(journal.append(&drafts(2, 3)).unwrap_err(), AppendError::Doubtful(_)));
        assert!(matches!(journal.append(&drafts(2, 3)).unwrap_err(), AppendError::Closed));
        let mut journal = open(memory).unwrap().journal;
        assert_eq!(journal.tail().seq, kept);
        assert_eq!(journal.append(&drafts(9, 9)).unwrap().seq, kept + 1);
        assert_eq!(read_all(&journal).unwrap().len() as u64, kept + 1);
    }
}

#[test]
fn signs_of_life_are_kept() {
    on_each(|reopen| {
        let mut journal = open(reopen()).unwrap().journal;
        journal.append(&drafts(1, 5)).unwrap();
        // A sign of life from before the last record is older news than the record.
        journal.note_alive(at(3)).unwrap();
        drop(journal);
        let opened = open(reopen()).unwrap();
        assert_eq!(opened.alive_until, Some(at(5)));
        let mut journal = opened.journal;
        journal.note_alive(at(1_000_000)).unwrap();
        journal.note_alive(at(77)).unwrap();
        drop(journal);
        assert_eq!(open(reopen()).unwrap().alive_until, Some(at(77)));
    });
}

#[test]
fn a_snapshot_spares_what_came_before_it() {
    on_each(|reopen| {
        let mut journal = open(reopen()).unwrap().journal;
        journal.put_snapshot(&State::new()).unwrap();
        for (to, mark) in [(10, "ten"), (20, "twenty"), (30, "thirty")] {
            journal.append(&drafts(to - 9, to)).unwrap();
            journal.put_snapshot(&State::from([(mark.to_owned(), to)])).unwrap();
        }
        journal.append(&drafts(31, 33)).unwrap();
        drop(journal);
        assert_eq!(reopen().snapshots().unwrap(), [30, 20]);

        let opened = open(reopen()).unwrap();
        let snapshot = opened.snapshot.unwrap();
        assert_eq!(snapshot.seq, 30);
        assert_eq!(snapshot.state, State::from([("thirty".to_owned(), 30)]));
        let records = read_after(&opened.journal, snapshot.seq).unwrap();
        assert_eq!(records.iter().map(|r| r.seq).collect::<Vec<_>>(), [31, 32, 33]);
    });
}

#[test]
fn a_snapshot_of_another_schema_or_form_is_passed_over() {
    let memory = Memory::new();
    let mut journal = open(memory.clone()).unwrap().journal;
    journal.append(&drafts(1, 3)).unwrap();
    journal.put_snapshot(&State::new()).unwrap();
    drop(journal);
    let other = Journal::open::<State>(memory.clone(), "test-2").unwrap();
    assert_eq!(other.snapshot, None);
    let other = Journal::open::<Vec<String>>(memory.clone(), SCHEMA).unwrap();
    assert_eq!(other.snapshot, None);
    assert_eq!(open(memory).unwrap().snapshot.unwrap().seq, 3);
}

#[test]
fn a_damaged_snapshot_gives_way_to_the_older_one() {
    let memory = Memory::new();
    let mut journal = open(memory.clone()).unwrap().journal;
    for to in [3, 6] {
        journal.append(&drafts(to - 2, to)).unwrap();
        journal.put_snapshot(&State::from([("to".to_owned(), to)])).unwrap();
    }
    drop(journal);
    memory.tamper_snapshot(6, |bytes| {
        bytes.pop();
    });
    assert_eq!(open(memory.clone()).unwrap().snapshot.unwrap().seq, 3);
    memory.tamper_snapshot(3, Vec::clear);
    let opened = open(memory).unwrap();
    assert_eq!(opened.snapshot, None);
    assert_eq!(read_all(&opened.journal).unwrap().len(), 6);
}

#[test]
fn a_snapshot_of_another_history_is_passed_over() {
    let (one, other) = (Memory::new(), Memory::new());
    let mut journal = open(one).unwrap().journal;
    journal.append(&drafts(1, 2)).unwrap();
    let mut stranger = open(other.clone()).unwrap().journal;
    stranger.append(&drafts(5, 6)).unwrap();
    stranger.put_snapshot(&State::new()).unwrap();
    let bytes = other.snapshot(2).unwrap();
    let mut store = Memory::new();
    let mut journal = open(store.clone()).unwrap().journal;
    journal.append(&drafts(1, 3)).unwrap();
    store.put_snapshot(2, &bytes).unwrap();
    assert_eq!(open(store).unwrap().snapshot, None);
}

#[test]
fn a_state_that_json_cannot_hold_is_an_error_and_no_end() {
    let memory = Memory::new();
    let mut journal = open(memory).unwrap().journal;
    journal.append(&drafts(1, 1)).unwrap();
    let keys_are_lists = std::collections::BTreeMap::from([(vec![1], 1)]);
    assert!(journal.put_snapshot(&keys_are_lists).is_err());
    journal.append(&drafts(2, 2)).unwrap();
}

#[test]
fn snapshots_fall_due() {
    let mut journal = open(Memory::new()).unwrap().journal;
    assert!(!journal.snapshot_due());
    journal.append(&drafts(1, SNAPSHOT_EVERY - 1)).unwrap();
    assert!(!journal.snapshot_due());
    journal.append(&drafts(1, 1)).unwrap();
    assert!(journal.snapshot_due());
    journal.put_snapshot(&State::new()).unwrap();
    assert!(!journal.snapshot_due());
}

/// Else a desk that has grown big would write little else.
#[test]
fn a_long_snapshot_is_followed_by_as_many_bytes_of_records() {
    let memory = Memory::new();
    open(memory.clone()).unwrap().journal.append(&drafts(1, 1)).unwrap();
    let bytes = memory.records()[0].bytes.len();
    on_each(|reopen| {
        let mut journal = open(reopen()).unwrap().journal;
        journal.append(&drafts(1, 1)).unwrap();
        let state = State::from([("x".repeat(bytes * 1_500), 1)]);
        journal.put_snapshot(&state).unwrap();
        journal.append(&drafts(1, SNAPSHOT_EVERY)).unwrap();
        assert!(!journal.snapshot_due());
        journal.append(&drafts(1, SNAPSHOT_EVERY)).unwrap();
        assert!(journal.snapshot_due());
        drop(journal);
        // also after a start
        let mut journal = open(reopen()).unwrap().journal;
        assert!(journal.snapshot_due());
        journal.put_snapshot(&state).unwrap();
        drop(journal);
        let mut journal = open(reopen()).unwrap().journal;
        journal.append(&drafts(1, SNAPSHOT_EVERY)).unwrap();
        assert!(!journal.snapshot_due());
    });
}

#[test]
fn a_journal_that_lost_its_end_does_not_open() {
    let memory = Memory::new();
    open(memory.clone()).unwrap().journal.append(&drafts(1, 5)).unwrap();
    open(memory.clone()).unwrap();
    memory.tamper(5, |_| None);
    let lost = open(memory).unwrap_err();
    assert!(matches!(lost, JournalError::Lost { last: 4, known: 5 }), "{lost}");
}

#[test]
fn a_snapshot_made_after_the_end_shows_that_something_is_lost() {
    let (long, mut short) = (Memory::new(), Memory::new());
    let mut journal = open(long.clone()).unwrap().journal;
    journal.append(&drafts(1, 5)).unwrap();
    journal.put_snapshot(&State::new()).unwrap();
    open(short.clone()).unwrap().journal.append(&drafts(1, 4)).unwrap();
    short.put_snapshot(5, &long.snapshot(5).unwrap()).unwrap();
    for schema in [SCHEMA, "test-2"] {
        let lost = Journal::open::<State>(short.clone(), schema).unwrap_err();
        assert!(matches!(lost, JournalError::Lost { last: 4, known: 5 }), "{lost}");
    }
}

#[test]
fn a_last_record_that_is_not_the_known_one_does_not_open() {
    let memory = Memory::new();
    let mut journal = open(memory.clone()).unwrap().journal;
    journal.append(&drafts(1, 1)).unwrap();
    drop(journal);
    let other = Memory::new();
    open(other.clone()).unwrap().journal.append(&drafts(7, 7)).unwrap();
    memory.tamper(1, |_| other.records().pop());
    let JournalError::Broken(at) = open(memory).unwrap_err() else { panic!("not broken") };
    assert_eq!((at.seq, at.why), (1, Why::Replaced));
}

#[test]
fn an_unknown_version_is_refused_wherever_it_stands() {
    for (seq, text) in [
        (3, r#"{"v":2,"sequence":3}"#.to_owned()),
        (3, format!(r#"{{"v":2,"seq":3,"prev":"{}"}}"#, Digest::START)),
        (2, r#"{"v":7,"anything":[]}"#.to_owned()),
    ] {
        let memory = Memory::new();
        open(memory.clone()).unwrap().journal.append(&drafts(1, 3)).unwrap();
        memory.tamper(seq, |_| Some(StoredRecord::seal(seq, text.clone().into_bytes())));
        let opened = open(memory).and_then(|opened| read_all(&opened.journal));
        let JournalError::Broken(at) = opened.unwrap_err() else { panic!("not broken") };
        assert_eq!(at.seq, seq);
        assert!(matches!(at.why, Why::UnknownVersion { v: 2 | 7 }), "{at}");
    }
}

#[test]
fn an_unknown_input_is_refused_without_quoting_it() {
    let memory = Memory::new();
    open(memory.clone()).unwrap().journal.append(&drafts(1, 1)).unwrap();
    memory.tamper(1, |stored| {
        let text = String::from_utf8(stored.bytes).unwrap().replace("\"slack\"", "\"fax_010\"");
        Some(StoredRecord::seal(1, text.into_bytes()))
    });
    let refused = open(memory).unwrap_err();
    let JournalError::Broken(at) = &refused else { panic!("not broken") };
    assert!(matches!(at.why, Why::Unreadable { column: 1.. }), "{at}");
    assert!(!refused.to_string().contains("fax"), "{refused}");
}

#[test]
fn one_folder_has_one_owner() {
    let folder = tempdir().unwrap();
    let first = Sled::open(folder.path()).unwrap();
    let refused = Sled::open(folder.path()).unwrap_err();
    assert!(matches!(refused, StoreError::Busy { .. }), "{refused}");
    assert!(refused.to_string().contains("다른 coc 프로세스"), "{refused}");
    drop(first);
    Sled::open(folder.path()).unwrap();
}

#[test]
fn a_missing_folder_is_made_and_is_private() {
    let folder = tempdir().unwrap();
    let state = folder.path().join("var").join("state");
    Sled::open(&state).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

#[test]
fn a_place_that_cannot_be_a_folder_is_named() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for state in [file.clone(), file.join("state"), Path::new("/proc/state").to_owned()] {
        let refused = Sled::open(&state).unwrap_err();
        assert!(matches!(refused, StoreError::Folder { .. }), "{refused:?}");
        assert!(refused.to_string().contains("쓰기 권한"), "{refused}");
    }
}

#[test]
fn a_folder_left_by_a_process_killed_while_making_it_opens() {
    let folder = tempdir().unwrap();
    let inner = folder.path().join("journal");
    fs::create_dir_all(&inner).unwrap();
    fs::write(inner.join("conf"), "segment_size: 5242").unwrap();
    let mut journal = open(Sled::open(folder.path()).unwrap()).unwrap().journal;
    journal.append(&drafts(1, 1)).unwrap();
}
