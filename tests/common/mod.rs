//! What several test programs need.

use coc::domain::input::Books;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The shipped data folder.
pub(crate) fn books() -> Books {
    let read = |name: &str| {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name))
            .unwrap()
    };
    let folder = |name: &str| -> BTreeMap<String, String> {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name);
        let files = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
        let one = |file: PathBuf| {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(&file).unwrap())
        };
        files.map(one).collect()
    };
    Books {
        policy: read("policy.toml"),
        guide: read("guide.txt"),
        customers: read("customers.csv"),
        mails: folder("mail"),
        procedures: folder("procedures"),
        scripts: folder("scripts"),
        contacts: read("contacts.toml"),
    }
}
