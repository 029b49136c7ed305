//! Damaged files and values: found out, named, never a panic.

use crate::{State, at, drafts, open, read_all};
use coc::journal::{JournalError, Memory, Sled, StoreError, StoredRecord, Why};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::tempdir;

fn broken<T: std::fmt::Debug>(result: Result<T, JournalError>) -> (u64, Why) {
    match result.unwrap_err() {
        JournalError::Broken(at) => (at.seq, at.why),
        other @ (JournalError::Store(_) | JournalError::Lost { .. }) => panic!("{other}"),
    }
}

#[test]
fn a_gap_is_named() {
    let memory = Memory::new();
    open(memory.clone()).unwrap().journal.append(&drafts(1, 6)).unwrap();
    memory.tamper(3, |_| None);
    memory.tamper(4, |_| None);
    let journal = open(memory).unwrap().journal;
    let mut seen = 0;
    let walked = journal.read_after(0, |record| seen = record.seq);
    assert_eq!(broken(walked), (3, Why::Missing { found: 5 }));
    assert_eq!(seen, 2);
}

#[test]
fn a_record_put_in_anothers_place_is_named() {
    let memory = Memory::new();
    open(memory.clone()).unwrap().journal.append(&drafts(1, 4)).unwrap();
    let fourth = memory.records().pop().unwrap();
    memory.tamper(2, |stored| Some(StoredRecord { seq: stored.seq, ..fourth }));
    assert_eq!(broken(read_all(&open(memory).unwrap().journal)), (2, Why::Misnumbered { says: 4 }));
}

#[test]
fn a_rewritten_record_breaks_the_chain_after_it() {
    let (memory, other) = (Memory::new(), Memory::new());
    open(memory.clone()).unwrap().journal.append(&drafts(1, 4)).unwrap();
    open(other.clone()).unwrap().journal.append(&drafts(11, 14)).unwrap();
    memory.tamper(1, |_| other.records().into_iter().next());
    assert_eq!(broken(read_all(&open(memory).unwrap().journal)), (2, Why::Unlinked));
}

/// sled's files named `snap.*` in a state folder.
fn snaps(state: &Path) -> Vec<PathBuf> {
    let inside = |entry: fs::DirEntry| {
        entry.file_name().to_string_lossy().starts_with("snap.").then(|| entry.path())
    };
    fs::read_dir(state.join("journal")).unwrap().filter_map(|e| inside(e.unwrap())).collect()
}

#[test]
fn damaged_snap_files_are_set_aside_and_nothing_is_lost() {
    type Damage = fn(&[u8]) -> Vec<u8>;
    let damages: [Damage; 4] = [
        |_| Vec::new(),
        |bytes| bytes[..bytes.len() / 2].to_vec(),
        |bytes| bytes[..bytes.len() - 1].to_vec(),
        |bytes| bytes.iter().map(|byte| !byte).collect(),
    ];
    for damage in damages {
        let folder = tempdir().unwrap();
        let state = folder.path();
        for round in 0..3 {
            let mut journal = open(Sled::open(state).unwrap()).unwrap().journal;
            journal.append(&drafts(round * 50 + 1, round * 50 + 50)).unwrap();
            journal.note_alive(at(0)).unwrap();
        }
        let snaps = snaps(state);
        assert!(!snaps.is_empty());
        for snap in &snaps {
            let bytes = fs::read(snap).unwrap();
            fs::write(snap, damage(&bytes)).unwrap();
        }
        let damaged = fs::read(&snaps[0]).unwrap();
        let mut journal = open(Sled::open(state).unwrap()).unwrap().journal;
        assert_eq!(read_all(&journal).unwrap().len(), 150);
        journal.append(&drafts(151, 151)).unwrap();
        let kept = state.join("damaged-1").join(snaps[0].file_name().unwrap());
        assert_eq!(fs::read(kept).unwrap(), damaged);
        drop(journal);
        assert_eq!(
            read_all(&open(Sled::open(state).unwrap()).unwrap().journal).unwrap().len(),
            151
        );
    }
}

#[test]
fn a_damaged_sign_of_life_counts_as_none() {
    let folder = tempdir().unwrap();
    let mut journal = open(Sled::open(folder.path()).unwrap()).unwrap().journal;
    journal.append(&drafts(1, 1)).unwrap();
    journal.note_alive(at(500)).unwrap();
    drop(journal);
    let alive = folder.path().join("alive");
    let good = fs::read(&alive).unwrap();
    for damage in [&good[..0], &good[..20], b"\xff\n".as_slice()] {
        fs::write(&alive, damage).unwrap();
        assert_eq!(open(Sled::open(folder.path()).unwrap()).unwrap().alive_until, Some(at(1)));
    }
    let longer_before = [good.as_slice(), b"rest of a longer line"].concat();
    fs::write(&alive, longer_before).unwrap();
    assert_eq!(open(Sled::open(folder.path()).unwrap()).unwrap().alive_until, Some(at(500)));
}

/// Opens the database under the store and hands it over, as a broken disk or a clumsy hand would.
fn with_database(state: &Path, tamper: impl FnOnce(&sled::Db)) {
    let config = sled::Config::new().path(state.join("journal"));
    // a test beside this one may be starting a process, which holds every file of this one until it is another program
    let mut tries = 0;
    let db = loop {
        match config.open() {
            Ok(db) => break db,
            Err(sled::Error::Io(error)) if tries < 100 => {
                assert!(error.to_string().contains("lock"), "{error}");
                tries += 1;
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            Err(error) => panic!("{error}"),
        }
    };
    tamper(&db);
    db.flush().unwrap();
}

#[test]
fn a_missing_piece_is_named() {
    let folder = tempdir().unwrap();
    let mut journal = open(Sled::open(folder.path()).unwrap()).unwrap().journal;
    let long = crate::said(2, &"가".repeat(5000));
    journal.append(&[crate::said(1, "짧은 기록"), long, crate::said(3, "마지막")]).unwrap();
    drop(journal);
    for (piece, removed) in [(1_u16, 2_u64), (0, 2)] {
        let key = [&removed.to_be_bytes()[..], &piece.to_be_bytes()[..]].concat();
        with_database(folder.path(), |db| assert!(db.remove(key).unwrap().is_some()));
        let read = read_all(&open(Sled::open(folder.path()).unwrap()).unwrap().journal);
        assert_eq!(broken(read), (2, Why::Incomplete));
    }
}

#[test]
fn a_value_of_a_newer_layout_is_refused() {
    let folder = tempdir().unwrap();
    open(Sled::open(folder.path()).unwrap()).unwrap().journal.append(&drafts(1, 1)).unwrap();
    with_database(folder.path(), |db| {
        let (key, mut value) = db.first().unwrap().unwrap();
        value[0] = 2;
        db.insert(key, value).unwrap();
    });
    let refused = open(Sled::open(folder.path()).unwrap()).unwrap_err();
    assert!(refused.to_string().contains("더 새로운 coc"), "{refused}");
}

/// The journal in the folder, read to its end.
fn reads(state: &Path) -> bool {
    Sled::open(state)
        .map_err(JournalError::from)
        .and_then(open)
        .and_then(|opened| read_all(&opened.journal))
        .is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Whatever byte of whatever stored value or key is changed: it is found out.
    #[test]
    fn a_changed_value_is_found_out(
        which in 0_usize..8, at in any::<prop::sample::Index>(), bit in 0_u32..8, in_key in any::<bool>(),
    ) {
        let folder = tempdir().unwrap();
        let mut journal = open(Sled::open(folder.path()).unwrap()).unwrap().journal;
        let mut written = drafts(1, 3);
        written.push(crate::said(4, &"가".repeat(5000)));
        journal.append(&written).unwrap();
        drop(journal);
        prop_assert!(reads(folder.path()));
        with_database(folder.path(), |db| {
            let entries: Vec<_> = db.iter().map(Result::unwrap).collect();
            let (key, value) = entries[which % entries.len()].clone();
            let (mut new_key, mut new_value) = (key.to_vec(), value.to_vec());
            let bytes = if in_key { &mut new_key } else { &mut new_value };
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            db.remove(key).unwrap();
            db.insert(new_key, new_value).unwrap();
        });
        prop_assert!(!reads(folder.path()));
    }

    /// Whatever byte of the database file is changed: all records are there, or it is found out.
    #[test]
    fn a_changed_database_file_is_found_out(
        at in any::<prop::sample::Index>(), length in 1_usize..64, fill in any::<u8>(),
    ) {
        let folder = tempdir().unwrap();
        let mut journal = open(Sled::open(folder.path()).unwrap()).unwrap().journal;
        for n in 0..20 {
            journal.append(&drafts(n * 20 + 1, n * 20 + 20)).unwrap();
        }
        drop(journal);
        let db = folder.path().join("journal").join("db");
        let mut bytes = fs::read(&db).unwrap();
        let at = at.index(bytes.len().min(300_000));
        let to = bytes.len().min(at + length);
        bytes[at..to].fill(fill);
        fs::write(&db, bytes).unwrap();
        let read = Sled::open(folder.path()).map_err(JournalError::from)
            .and_then(open)
            .and_then(|opened| read_all(&opened.journal));
        match read {
            Ok(records) => prop_assert_eq!(records.len(), 400),
            Err(JournalError::Broken(_) | JournalError::Lost { .. }) => {}
            Err(JournalError::Store(error)) => {
                prop_assert!(matches!(error, StoreError::Failed { .. }), "{}", error);
            }
        }
    }

    /// The same for whatever becomes of a record's bytes in any store.
    #[test]
    fn changed_bytes_are_found_out(
        seq in 1_u64..=4, bytes in prop::collection::vec(any::<u8>(), 0..64), resealed in any::<bool>(),
    ) {
        let memory = Memory::new();
        open(memory.clone()).unwrap().journal.append(&drafts(1, 4)).unwrap();
        memory.tamper(seq, |mut stored| {
            if resealed {
                return Some(StoredRecord::seal(seq, bytes));
            }
            stored.bytes = bytes;
            Some(stored)
        });
        let read = open(memory).and_then(|opened| read_all(&opened.journal));
        prop_assert_eq!(broken(read).0, seq);
    }

    /// A snapshot with any bit changed is not used, or is the same one.
    #[test]
    fn a_changed_snapshot_is_passed_over(at in any::<prop::sample::Index>(), bit in 0_u32..8) {
        let memory = Memory::new();
        let mut journal = open(memory.clone()).unwrap().journal;
        journal.append(&drafts(1, 3)).unwrap();
        journal.put_snapshot(&State::from([("cases".to_owned(), 3)])).unwrap();
        memory.tamper_snapshot(3, |bytes| {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        });
        match open(memory) {
            Ok(opened) => prop_assert_eq!(opened.snapshot, None),
            // Its number may now lie beyond the journal's end.
            Err(error) => prop_assert!(matches!(error, JournalError::Lost { .. }), "{}", error),
        }
    }
}
