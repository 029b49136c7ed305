//! `coc check`: reads everything in the data folder and says all that is wrong with it, with lines.

use super::books::{Overrides, load};
use super::{Done, Failure, Folders, out};
use crate::domain::books::{BookFile, ReadBooks, read_books};
use chrono::NaiveDate;
use serde::Serialize;
use std::path::Path;

/// What a check found, as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Nothing of it goes live while there is one.
    pub errors: Vec<Finding>,
    /// Worth a look.
    pub warnings: Vec<Finding>,
    /// What was read, when nothing was wrong.
    pub read: Option<Counts>,
}

/// One thing that was found.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// The file; `None` when the text names it (a file that cannot be read).
    pub file: Option<String>,
    /// The line, counted from 1; `None` when it is about the whole file.
    pub line: Option<usize>,
    /// What was read, what is expected, an example.
    pub text: String,
}

/// How much was read.
#[derive(Debug, Serialize)]
pub struct Counts {
    /// People of the General list.
    pub general: usize,
    /// TS parts.
    pub parts: usize,
    /// People, each once.
    pub people: usize,
    /// Customers.
    pub customers: usize,
}

impl Report {
    /// Checks a data folder; `near` is today's date (reading 21).
    #[must_use]
    pub fn of(data: &Path, near: NaiveDate) -> Self {
        let none = Overrides::default();
        let file = |file: BookFile| Some(none.path(data, file).display().to_string());
        let mut report = Self { errors: Vec::new(), warnings: Vec::new(), read: None };
        let books = match load(data, &none) {
            Ok(books) => books,
            Err(errors) => {
                let findings = errors.iter();
                let findings =
                    findings.map(|e| Finding { file: None, line: None, text: e.to_string() });
                report.errors.extend(findings);
                return report;
            }
        };
        match read_books(&books, near) {
            Ok(ReadBooks { policy: _, roster, customers, warnings }) => {
                let findings = warnings.into_iter();
                let findings =
                    findings.map(|w| Finding { file: file(w.file), line: w.line, text: w.text });
                report.warnings.extend(findings);
                report.read = Some(Counts {
                    general: roster.general.len(),
                    parts: roster.parts.len(),
                    people: roster.people.len(),
                    customers: customers.0.len(),
                });
            }
            Err(errors) => {
                let findings = errors.into_iter();
                let findings =
                    findings.map(|e| Finding { file: file(e.file), line: e.line, text: e.text });
                report.errors.extend(findings);
            }
        }
        report
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for finding in &self.errors {
            writeln!(f, "⛔ {finding}")?;
        }
        for finding in &self.warnings {
            writeln!(f, "⚠️ {finding}")?;
        }
        match &self.read {
            Some(Counts { general, parts, people, customers }) => writeln!(
                f,
                "✅ 읽었습니다: General {general}명, 파트 {parts}개, 사람 {people}명, 고객 {customers}곳. 확인할 것 {}건.",
                self.warnings.len()
            ),
            None => writeln!(f, "고치신 뒤 coc check로 다시 확인해 주십시오."),
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
            if let Some(line) = self.line {
                write!(f, "{line}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.text)
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 결과를 JSON 문서 하나로 보입니다
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, folders: &Folders) -> Done {
    let report = Report::of(&folders.data, crate::service::today());
    if args.json {
        out::json(&report)?;
    } else {
        out::text(&report.to_string())?;
    }
    match report.errors.len() {
        0 => Ok(()),
        wrong => Err(Failure::input(format!("데이터 폴더에 고칠 것이 {wrong}건 있습니다."))),
    }
}
