//! What the compiler does not hold: the arrows between the modules, the purity of the domain, the privacy of the tree, and files
//! that one can still read.
#![expect(clippy::unwrap_used, reason = "tests")]

use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Which top-level modules a module may use besides itself. `cli` stands above everything, `domain` beneath.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ports", &["domain"]),
    ("journal", &["domain"]),
    ("metrics", &["domain", "ports"]),
    ("engine", &["domain", "journal"]),
    ("chart", &["domain"]),
    ("errands", &["chart", "domain", "ports"]),
    ("feeds", &["domain", "ports"]),
    ("recovery", &["domain", "engine", "errands", "ports"]),
    ("adapters", &["domain", "ports"]),
    ("ingress", &["adapters", "domain", "metrics", "ports"]),
    // a Slack stand-in knows Slack, not the bot
    ("sandbox", &["domain", "ports"]),
    (
        "replay",
        &[
            "adapters", "domain", "engine", "errands", "feeds", "ingress", "journal", "ports",
            "recovery", "sandbox",
        ],
    ),
    (
        "service",
        &[
            "adapters", "domain", "engine", "errands", "feeds", "ingress", "journal", "metrics",
            "ports", "recovery", "web",
        ],
    ),
    // looks at the desk, and changes nothing
    ("web", &["domain", "ports"]),
    ("probes", &["domain", "engine", "metrics", "ports", "service"]),
    (
        "cli",
        &[
            "adapters", "chart", "domain", "engine", "errands", "feeds", "ingress", "journal",
            "metrics", "ports", "probes", "recovery", "replay", "sandbox", "service", "web",
        ],
    ),
];

/// What the domain has no business with: files, network, clocks, tasks, randomness, the log, Slack's client. A hash map's order
/// differs from run to run, and a replay would with it.
const NOT_IN_DOMAIN: &[&str] = &[
    r"\bstd::(env|fs|io|net|process|thread)\b",
    r"\b(tokio|rand|tracing|slack_morphism)::",
    r"\basync\b|\.await\b",
    r"\b(SystemTime|Instant|Utc::now|Local::now)\b",
    r"\bHash(Map|Set)\b",
];

/// Longer than this and a file holds more than one thing.
const LONGEST_FILE: usize = 1_200;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under a folder, but for what is built, kept or fetched there.
fn files(folder: &Path) -> Vec<PathBuf> {
    const NOT_OURS: [&str; 4] = [".git", "node_modules", "state", "target"];
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if NOT_OURS.contains(&name.as_str()) || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A source file under `src/`: its place there (`domain/people/mod.rs`), and its lines without those that are comments.
struct Source {
    place: String,
    lines: Vec<(usize, String)>,
}

impl Source {
    /// `domain` of `domain/people/mod.rs`; `engine` of `engine.rs`.
    fn module(&self) -> &str {
        let first = self.place.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// How many `super::` lead from the file to the crate's root.
    fn depth(&self) -> usize {
        let parts = self.place.split('/').count();
        if self.place.ends_with("/mod.rs") { parts - 1 } else { parts }
    }
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let rust = files(&src).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    rust.map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().enumerate().map(|(nth, line)| (nth + 1, line.to_owned()));
        Source {
            place: path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned(),
            lines: lines.filter(|(_, line)| !line.trim_start().starts_with("//")).collect(),
        }
    })
    .collect()
}

#[test]
fn the_arrows_run_one_way() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let by_crate = Regex::new(r"\bcrate::(\w+|\{)").unwrap();
    let by_super = Regex::new(r"\b((?:super::)+)(\w+)").unwrap();
    let sources = sources();
    let modules: BTreeSet<&str> = sources.iter().map(Source::module).collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for source in &sources {
        let module = source.module();
        if module == "lib" || module == "main" {
            continue;
        }
        let Some(allowed) = arrows.get(module) else {
            wrong.push(format!("src/{}: {module} has no row in ARROWS", source.place));
            continue;
        };
        for (nth, line) in &source.lines {
            let supers = by_super.captures_iter(line).filter(|found| {
                let up = found[1].matches("super::").count();
                up >= source.depth() && modules.contains(&found[2])
            });
            let to: Vec<String> = by_crate
                .captures_iter(line)
                .map(|found| found[1].to_owned())
                .chain(supers.map(|found| found[2].to_owned()))
                .collect();
            for to in to {
                seen += 1;
                if to == "{" {
                    wrong.push(format!("src/{}:{nth}: one line a module, please", source.place));
                } else if to != module && !allowed.contains(&to.as_str()) {
                    wrong.push(format!("src/{}:{nth}: {module} → {to}", source.place));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "these arrows are not in the table:\n{}", wrong.join("\n"));
    assert!(seen > 100, "the scan sees the tree: {seen}");
}

#[test]
fn the_table_of_arrows_has_no_circle() {
    let mut done = BTreeSet::new();
    while done.len() < ARROWS.len() {
        let next = ARROWS.iter().filter(|(module, uses)| {
            !done.contains(module) && uses.iter().all(|used| done.contains(used))
        });
        let next: Vec<&str> = next.map(|(module, _)| *module).collect();
        assert!(!next.is_empty(), "a circle among those that are left: done are {done:?}");
        done.extend(next);
    }
}

#[test]
fn the_domain_is_pure() {
    let unfit: Vec<Regex> = NOT_IN_DOMAIN.iter().map(|one| Regex::new(one).unwrap()).collect();
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for source in sources().iter().filter(|source| source.module() == "domain") {
        looked_at += 1;
        for (nth, line) in &source.lines {
            let found = unfit.iter().filter_map(|one| one.find(line));
            wrong.extend(found.map(|one| format!("src/{}:{nth}: {}", source.place, one.as_str())));
        }
    }
    assert!(wrong.is_empty(), "the domain is told what it needs:\n{}", wrong.join("\n"));
    assert!(looked_at > 20, "{looked_at}");
}

/// Mobile numbers in a text that are not of the range that belongs to nobody.
fn real_numbers(text: &str) -> Vec<String> {
    let mobile =
        Regex::new(r"(?:^|\D)((?:\+?82[-. ]?)?0?1[016789][-. ]?\d{3,4}[-. ]?\d{4})(?:\D|$)");
    // the digits of a hash are nobody's
    let hash = Regex::new(r"\b[0-9a-f]{64}\b").unwrap();
    let mut real = Vec::new();
    for line in hash.replace_all(text, "").lines() {
        for found in mobile.as_ref().unwrap().captures_iter(line) {
            let written = &found[1];
            let digits: String = written.chars().filter(char::is_ascii_digit).collect();
            let is_mobile =
                written.starts_with('0') || written.trim_start_matches('+').starts_with("82");
            let bare = digits.trim_start_matches("82").trim_start_matches('0');
            if is_mobile && !bare.starts_with("100000") {
                real.push(written.to_owned());
            }
        }
    }
    real
}

#[test]
fn a_number_that_could_be_somebodys_is_seen() {
    // put together here, so that this file passes its own test
    let cases = [("010", "1234", "5678"), ("011", "234", "5678"), ("+8210", "1234", "5678")];
    for (a, b, c) in cases {
        for dash in ["-", "", " ", "."] {
            let written = format!("{a}{dash}{b}{dash}{c}");
            assert_eq!(real_numbers(&format!("전화 {written}로")), [written.as_str()]);
        }
    }
    let hash = format!("a{}{}c{}", "01613", "79259", "0".repeat(52));
    assert_eq!(real_numbers(&hash), Vec::<String>::new());
    assert_eq!(real_numbers(&hash[1..]).len(), 1);
    for fine in ["010-0000-1001", "01000001001", "+82-10-0000-1001", "1754398800.012345"] {
        assert_eq!(real_numbers(fine), Vec::<String>::new(), "{fine}");
    }
}

#[test]
fn nobodys_number_is_in_the_tree() {
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for path in files(root()) {
        if path.ends_with("Cargo.lock") {
            continue;
        }
        // pictures and the like hold no text
        let Ok(text) = String::from_utf8(fs::read(&path).unwrap()) else { continue };
        looked_at += 1;
        let place = path.strip_prefix(root()).unwrap().display().to_string();
        wrong.extend(real_numbers(&text).into_iter().map(|number| format!("{place}: {number}")));
    }
    assert!(wrong.is_empty(), "fictional numbers begin with 010-0000-:\n{}", wrong.join("\n"));
    assert!(looked_at > 50, "{looked_at}");
}

#[test]
fn no_file_is_too_long() {
    let mut wrong = Vec::new();
    for path in files(&root().join("src")) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        if lines > LONGEST_FILE {
            wrong.push(format!("{}: {lines} lines", path.display()));
        }
    }
    assert!(wrong.is_empty(), "more than {LONGEST_FILE} lines:\n{}", wrong.join("\n"));
}
