//! What several test programs need.

use coc::domain::input::Books;
use std::collections::BTreeMap;
use std::path::Path;

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
        mails: BTreeMap::from([("urgent-taken.txt".to_owned(), read("mail/urgent-taken.txt"))]),
    }
}
