//! The customer record: grades, owners, accounts (M8's 정/부, A1, A3, N, X).

use super::ids::{AccountId, Name};
use super::people::LineError;
use super::people::contact::is_email;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// All customers, in the file's order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customers(pub Vec<Customer>);

/// A support grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Grade {
    /// Managed.
    #[serde(rename = "MSP")]
    Msp,
    /// 단순 MC 서비스; counts as not MSP (reading 19).
    #[serde(rename = "MSP Basic")]
    MspBasic,
    /// Everybody else.
    #[serde(rename = "일반")]
    General,
}

impl std::fmt::Display for Grade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Msp => "MSP",
            Self::MspBasic => "MSP Basic",
            Self::General => "일반",
        })
    }
}

/// One customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The name on tickets.
    pub name: String,
    /// Other names people use.
    pub aliases: Vec<String>,
    /// The support grade.
    pub grade: Grade,
    /// 주요 고객.
    pub important: bool,
    /// TS 정.
    pub ts_primary: Option<Name>,
    /// TS 부.
    pub ts_backup: Option<Name>,
    /// SA 정.
    pub sa_primary: Option<Name>,
    /// SA 부.
    pub sa_backup: Option<Name>,
    /// The sales owner.
    pub csr: Option<Name>,
    /// AWS accounts.
    pub accounts: Vec<AccountId>,
    /// The customer's addresses.
    pub emails: Vec<String>,
    /// The customer's telephone numbers.
    pub phones: Vec<String>,
    /// GuardDuty propagation was agreed (G1).
    pub guardduty_agreed: bool,
    /// Words that mark an alarm as production; empty: all are (M2).
    pub environment_rule: Vec<String>,
    /// What was agreed with this customer apart (M7).
    pub comment: String,
}

impl Customer {
    /// Whether trouble of this customer runs the MSP chain (M8: MSP or 주요).
    #[must_use]
    pub fn runs_msp_chain(&self) -> bool {
        self.grade == Grade::Msp || self.important
    }
}

/// The file's columns, in order.
pub const COLUMNS: [&str; 15] = [
    "name",
    "aliases",
    "grade",
    "important",
    "ts_primary",
    "ts_backup",
    "sa_primary",
    "sa_backup",
    "csr",
    "accounts",
    "emails",
    "phones",
    "guardduty_agreed",
    "environment_rule",
    "comment",
];

/// Reads `customers.csv`. Text without a line that is not blank is a file without customers.
///
/// # Errors
/// Everything that is wrong, each with its line; then no record.
pub fn read_customers(csv: &str) -> Result<Customers, Vec<LineError>> {
    read_customers_with_lines(csv).map(|(customers, _)| customers)
}

/// [`read_customers`], with the line of each customer.
pub(super) fn read_customers_with_lines(
    csv: &str,
) -> Result<(Customers, Vec<usize>), Vec<LineError>> {
    let text = csv.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Ok((Customers::default(), Vec::new()));
    }
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rows: Vec<(usize, Vec<String>)> = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let start = record.position().map_or(0, csv::Position::byte);
                rows.push((line_of(text, start), record.iter().map(str::to_owned).collect()));
            }
            Err(error) => {
                let line = line_of(text, error.position().map_or(0, csv::Position::byte));
                let text =
                    format!("CSV로 읽을 수 없습니다 ({error}). 따옴표와 쉼표를 확인해 주십시오.");
                return Err(vec![LineError { line, text }]);
            }
        }
    }
    let mut rows = rows.into_iter();
    let Some((line, header)) = rows.next() else {
        return Ok((Customers::default(), Vec::new()));
    };
    if header.iter().map(|name| name.to_lowercase()).ne(COLUMNS.map(str::to_owned)) {
        let text = format!(
            "머리글이 다릅니다. 읽은 값: {}. 이대로 적어 주십시오: {}",
            header.join(","),
            COLUMNS.join(",")
        );
        return Err(vec![LineError { line, text }]);
    }
    let mut book = Book::default();
    for (line, fields) in rows {
        if fields.iter().any(|field| !field.is_empty()) {
            book.row(line, &fields);
        }
    }
    book.errors.sort_by_key(|error| error.line);
    if book.errors.is_empty() {
        Ok((Customers(book.customers), book.lines))
    } else {
        Err(book.errors)
    }
}

/// The line of the record that the reader found from byte `start` on, counted from 1: blank lines before it are not its own.
fn line_of(text: &str, start: u64) -> usize {
    let start = usize::try_from(start).unwrap_or(text.len()).min(text.len());
    let bytes = text.as_bytes();
    let blank = bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    bytes[..start + blank].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// The file as far as it is read.
#[derive(Default)]
struct Book {
    customers: Vec<Customer>,
    /// The line of each customer.
    lines: Vec<usize>,
    errors: Vec<LineError>,
    /// Names and aliases, made even, with whose they are and where.
    names: BTreeMap<String, (String, usize)>,
    accounts: BTreeMap<AccountId, (String, usize)>,
}

impl Book {
    fn error(&mut self, line: usize, text: String) {
        self.errors.push(LineError { line, text });
    }

    fn row(&mut self, line: usize, fields: &[String]) {
        if fields.len() != COLUMNS.len() {
            self.error(
                line,
                format!(
                    "칸이 {}개입니다. {}개여야 합니다. 쉼표가 든 값은 큰따옴표로 감싸 주십시오. 예: \"심야에는 메일 먼저, 전화는 그 뒤\"",
                    fields.len(),
                    COLUMNS.len()
                ),
            );
            return;
        }
        // The order of COLUMNS, checked above.
        let field = |column: &str| {
            let at = COLUMNS.iter().position(|name| *name == column);
            at.and_then(|at| fields.get(at)).map_or("", String::as_str)
        };
        let list = |column: &str| -> Vec<String> {
            let parts = field(column).split(';').map(str::trim);
            parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let person = |column: &str| Some(field(column)).filter(|n| !n.is_empty()).map(Name::from);
        let name = field("name").to_owned();
        if name.is_empty() {
            self.error(
                line,
                "name이 비어 있습니다. 고객사 이름을 적어 주십시오. 예: 한빛전자".to_owned(),
            );
        }
        let aliases = list("aliases");
        self.claim_names(line, &name, &aliases);
        let grade = self.grade(line, &name, field("grade"));
        let important = self.yes(line, &name, "important", field("important"));
        let agreed = self.yes(line, &name, "guardduty_agreed", field("guardduty_agreed"));
        let accounts = self.accounts(line, &name, &list("accounts"));
        let emails = list("emails");
        for email in emails.iter().filter(|email| !is_email(email)) {
            self.error(
                line,
                format!("{name}: emails의 \"{email}\"을(를) 읽을 수 없습니다. 예: ops@example.com"),
            );
        }
        if person("ts_primary").is_some() && person("ts_primary") == person("ts_backup") {
            self.error(
                line,
                format!(
                    "{name}: ts_primary와 ts_backup이 같은 사람입니다. 부가 없으면 비워 주십시오."
                ),
            );
        }
        if person("sa_primary").is_some() && person("sa_primary") == person("sa_backup") {
            self.error(
                line,
                format!(
                    "{name}: sa_primary와 sa_backup이 같은 사람입니다. 부가 없으면 비워 주십시오."
                ),
            );
        }
        self.lines.push(line);
        self.customers.push(Customer {
            aliases,
            grade,
            important,
            ts_primary: person("ts_primary"),
            ts_backup: person("ts_backup"),
            sa_primary: person("sa_primary"),
            sa_backup: person("sa_backup"),
            csr: person("csr"),
            accounts,
            emails,
            phones: list("phones"),
            guardduty_agreed: agreed,
            environment_rule: list("environment_rule"),
            comment: field("comment").to_owned(),
            name,
        });
    }

    fn claim_names(&mut self, line: usize, name: &str, aliases: &[String]) {
        for said in std::iter::once(name).chain(aliases.iter().map(String::as_str)) {
            let key = even(said);
            if key.is_empty() {
                if !said.is_empty() {
                    self.error(line, format!("\"{said}\": 이름에 글자가 없습니다. 예: 한빛전자"));
                }
                continue;
            }
            match self.names.get(&key) {
                // An alias that only differs in spacing is of no harm.
                Some((owner, first)) if *first == line && owner == name => {}
                Some((owner, first)) => {
                    let text = format!(
                        "{name}: 이름 \"{said}\"이(가) 이미 있습니다 ({owner}, {first}행). 서로 다른 이름을 적어 주십시오."
                    );
                    self.error(line, text);
                }
                None => {
                    self.names.insert(key, (name.to_owned(), line));
                }
            }
        }
    }

    fn grade(&mut self, line: usize, name: &str, text: &str) -> Grade {
        match even(text).as_str() {
            "msp" => Grade::Msp,
            "mspbasic" => Grade::MspBasic,
            "일반" => Grade::General,
            _ => {
                self.error(
                    line,
                    format!("{name}: grade \"{text}\"을(를) 모릅니다. MSP, MSP Basic, 일반 중 하나를 적어 주십시오."),
                );
                Grade::General
            }
        }
    }

    fn yes(&mut self, line: usize, name: &str, column: &str, text: &str) -> bool {
        match text {
            "y" | "Y" => true,
            "" | "n" | "N" => false,
            _ => {
                self.error(
                    line,
                    format!(
                        "{name}: {column} \"{text}\"을(를) 모릅니다. y를 적거나 비워 주십시오."
                    ),
                );
                false
            }
        }
    }

    fn accounts(&mut self, line: usize, name: &str, texts: &[String]) -> Vec<AccountId> {
        let mut accounts = Vec::new();
        for text in texts {
            let account: AccountId = match text.parse() {
                Ok(account) => account,
                Err(error) => {
                    self.error(line, format!("{name}: accounts의 {error}"));
                    continue;
                }
            };
            if let Some((owner, first)) = self.accounts.get(&account) {
                let text = format!(
                    "{name}: 계정 {account}이(가) 이미 있습니다 ({owner}, {first}행). 한 고객에만 적어 주십시오."
                );
                self.error(line, text);
                continue;
            }
            self.accounts.insert(account.clone(), (name.to_owned(), line));
            accounts.push(account);
        }
        accounts
    }
}

/// A name made even: NFKC, lower case, without spaces and the signs of a company's form.
fn even(text: &str) -> String {
    let wide: String = text.nfkc().collect();
    let bare: String =
        wide.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    let bare = bare.replace("(주)", "").replace("주식회사", "");
    bare.trim_matches(|c: char| "[]\"'“”‘’".contains(c)).to_owned()
}

/// How near two names are, from 0 to 1, letter by letter of the Hangul syllables: 전지 and 전자 differ by one of six.
fn nearness(one: &str, other: &str) -> f64 {
    let letters = |text: &str| even(text).nfd().collect::<String>();
    strsim::normalized_damerau_levenshtein(&letters(one), &letters(other))
}

/// Names less near than this are not worth a proposal.
const SIMILAR_FROM: f64 = 0.6;

impl Customer {
    /// The name and the aliases.
    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.aliases.iter().map(String::as_str))
    }
}

impl Customers {
    /// The customer of that name or alias; case, spaces, width and the company's form ("(주)") do not matter.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Customer> {
        let key = even(name);
        let found = |customer: &&Customer| customer.names().any(|name| even(name) == key);
        if key.is_empty() { None } else { self.0.iter().find(found) }
    }

    /// The customer that has this account (X3).
    #[must_use]
    pub fn by_account(&self, account: &AccountId) -> Option<&Customer> {
        self.0.iter().find(|customer| customer.accounts.contains(account))
    }

    /// The customers that have an account with these last four digits (C4).
    #[must_use]
    pub fn by_last_four(&self, digits: &str) -> Vec<&Customer> {
        let fits =
            |customer: &&Customer| customer.accounts.iter().any(|a| a.last_four() == digits.trim());
        self.0.iter().filter(fits).collect()
    }

    /// Names that look like this one, nearest first, three at most.
    #[must_use]
    pub fn similar(&self, name: &str) -> Vec<&str> {
        let near = |customer: &Customer| {
            customer.names().map(|known| nearness(name, known)).fold(0.0_f64, f64::max)
        };
        let mut found: Vec<(f64, &str)> = self
            .0
            .iter()
            .map(|customer| (near(customer), customer.name.as_str()))
            .filter(|(near, _)| *near >= SIMILAR_FROM)
            .collect();
        found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        found.into_iter().take(3).map(|(_, name)| name).collect()
    }

    /// The one customer whose name or an alias stands in this text; `None` when none or several do. Where one name holds another, the
    /// longer one counts.
    #[must_use]
    pub fn named_in(&self, text: &str) -> Option<&Customer> {
        let text = Spaceless::new(text);
        let mut hits: Vec<(usize, usize, &Customer)> = Vec::new();
        for customer in &self.0 {
            for name in customer.names() {
                let key: Vec<char> = even(name).chars().collect();
                // One letter stands in too many words to be a name.
                if key.len() >= 2 {
                    hits.extend(text.find(&key).map(|start| (start, start + key.len(), customer)));
                }
            }
        }
        let longest = |hit: &(usize, usize, &Customer)| {
            !hits.iter().any(|(start, end, _)| {
                *start <= hit.0 && hit.1 <= *end && end - start > hit.1 - hit.0
            })
        };
        let mut named = hits.iter().filter(|hit| longest(hit)).map(|(_, _, customer)| *customer);
        let first = named.next()?;
        named.all(|other| other.name == first.name).then_some(first)
    }
}

/// A text without its spaces that still knows where they were.
struct Spaceless {
    letters: Vec<char>,
    /// Whether a space stood before the letter.
    parted: Vec<bool>,
}

impl Spaceless {
    fn new(text: &str) -> Self {
        let (mut letters, mut parted, mut space) = (Vec::new(), Vec::new(), true);
        for letter in text.nfkc().flat_map(char::to_lowercase) {
            if letter.is_whitespace() {
                space = true;
                continue;
            }
            letters.push(letter);
            parted.push(std::mem::take(&mut space));
        }
        Self { letters, parted }
    }

    /// Where `key` stands. A key that begins or ends in Latin letters or digits must begin or end a word there: "abc" is not in "abcd".
    fn find<'a>(&'a self, key: &'a [char]) -> impl Iterator<Item = usize> + 'a {
        let starts = self.letters.windows(key.len()).enumerate();
        starts.filter(move |(_, part)| *part == key).map(|(start, _)| start).filter(move |start| {
            let end = start + key.len();
            let latin = |at: Option<&char>| at.is_some_and(char::is_ascii_alphanumeric);
            let glued_before = *start > 0
                && !self.parted[*start]
                && latin(self.letters.get(start - 1))
                && latin(key.first());
            let glued_behind = self.parted.get(end) == Some(&false)
                && latin(self.letters.get(end))
                && latin(key.last());
            !glued_before && !glued_behind
        })
    }
}
