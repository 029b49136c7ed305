//! Bad input: everything that outsiders can hand in is read without a panic and without a broken promise. The corpus is one of
//! each kind, and what `fuzz/run` found to break a reader.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::print_stdout, reason = "shown when one breaks")]

mod readers;

use readers::READERS;
use std::path::{Path, PathBuf};

fn files(of: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(of);
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_reader_bears_the_kept_corpus() {
    for (name, read) in READERS {
        let files = files(name);
        assert!(!files.is_empty(), "{name} has no corpus");
        for file in files {
            println!("{}", file.display());
            read(&std::fs::read(&file).unwrap());
        }
    }
}

/// Cut off on the way, and with one byte that became another.
#[test]
fn every_reader_bears_what_was_damaged_on_the_way() {
    for (name, read) in READERS.iter().filter(|(name, _)| *name != "desk") {
        for file in files(name) {
            println!("{name} {}", file.display());
            let whole = std::fs::read(&file).unwrap();
            for nth in 1..8 {
                let at = whole.len() * nth / 8;
                read(&whole[..at]);
                for byte in [0, b'"', b'9', b'\n', 0xed] {
                    let mut damaged = whole.clone();
                    if let Some(was) = damaged.get_mut(at) {
                        *was = byte;
                        read(&damaged);
                    }
                }
            }
        }
    }
}
