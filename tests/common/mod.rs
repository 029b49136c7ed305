//! What several test programs need of the scenarios.

use coc::domain::input::Books;
use std::path::{Path, PathBuf};

/// The folder of the scenario files.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// The shipped data folder.
pub(crate) fn books() -> Books {
    let read = |name: &str| {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name))
            .unwrap()
    };
    Books {
        policy: read("policy.toml"),
        guide: read("guide.txt"),
        customers: read("customers.csv"),
    }
}
