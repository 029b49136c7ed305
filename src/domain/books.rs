//! The data folder's three texts, read together: policy, guide, customers. Pure; files are read elsewhere.

use super::contacts::read_contacts;
use super::customers::{Customers, Grade, read_customers_with_lines};
use super::definitions::read_definitions;
use super::ids::is_topic_arn;
use super::input::Books;
use super::mail::read_templates;
use super::people::contact::is_email;
use super::people::{Roster, read_guide};
use super::policy::{GroupRef, Heartbeat, Policy};
use super::scripts::read_scripts;
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use toml::de::{DeTable, DeValue, Deserializer};

/// One of the data folder's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BookFile {
    /// `policy.toml`
    Policy,
    /// `guide.txt`
    Guide,
    /// `customers.csv`
    Customers,
    /// The mail templates in `mail/`
    Mails,
    /// The checklists' definitions in `procedures/`
    Procedures,
    /// The scripts of telephone calls in `scripts/`
    Scripts,
    /// `contacts.toml`
    Contacts,
}

impl BookFile {
    /// Its name in the data folder.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy.toml",
            Self::Guide => "guide.txt",
            Self::Customers => "customers.csv",
            Self::Mails => "mail",
            Self::Procedures => "procedures",
            Self::Scripts => "scripts",
            Self::Contacts => "contacts.toml",
        }
    }
}

impl fmt::Display for BookFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something wrong with a book: nothing of the books goes live.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{}: {text}", place(*file, *line))]
pub struct BookError {
    /// Which.
    pub file: BookFile,
    /// Where, counted from 1; `None` when it is about the whole file.
    pub line: Option<usize>,
    /// What was read, what is expected, an example, in Korean.
    pub text: String,
}

/// Something doubtful about a book; it goes live all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookWarning {
    /// Which.
    pub file: BookFile,
    /// Where, counted from 1; `None` when it is about the whole file.
    pub line: Option<usize>,
    /// What is doubtful, in Korean.
    pub text: String,
}

impl fmt::Display for BookWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", place(self.file, self.line), self.text)
    }
}

/// `guide.txt:14`
fn place(file: BookFile, line: Option<usize>) -> String {
    line.map_or_else(|| file.to_string(), |line| format!("{file}:{line}"))
}

/// The books as read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadBooks {
    /// The policy.
    pub policy: Policy,
    /// The guide's people.
    pub roster: Roster,
    /// The customers.
    pub customers: Customers,
    /// What is doubtful, by file and line.
    pub warnings: Vec<BookWarning>,
}

/// Reads the three texts; `near` is the guide's date (reading 21).
///
/// # Errors
/// Everything that is wrong in any of them, by file and line.
pub fn read_books(books: &Books, near: NaiveDate) -> Result<ReadBooks, Vec<BookError>> {
    let mut errors = Vec::new();
    let policy = read_policy(&books.policy).map_err(|wrong| errors.extend(wrong)).ok();
    let guide = read_guide(&books.guide, near)
        .map_err(|wrong| {
            errors.extend(wrong.into_iter().map(|error| BookError {
                file: BookFile::Guide,
                line: Some(error.line),
                text: error.text,
            }));
        })
        .ok();
    let customers = read_customers_with_lines(&books.customers)
        .map_err(|wrong| {
            errors.extend(wrong.into_iter().map(|error| BookError {
                file: BookFile::Customers,
                line: Some(error.line),
                text: error.text,
            }));
        })
        .ok();
    let mails = read_templates(&books.mails).map_err(|wrong| {
        errors.extend(wrong.into_iter().map(|(file, error)| BookError {
            file: BookFile::Mails,
            line: None,
            text: format!("{file} {}행: {}", error.line, error.text),
        }));
    });
    let procedures = read_definitions(&books.procedures).map_err(|wrong| {
        errors.extend(wrong.into_iter().map(|(file, error)| BookError {
            file: BookFile::Procedures,
            line: None,
            text: format!("{file} {}행: {}", error.line, error.text),
        }));
    });
    if let Err(wrong) = read_scripts(&books.scripts) {
        errors.extend(wrong.into_iter().map(|(file, error)| BookError {
            file: BookFile::Scripts,
            line: None,
            text: format!("{file} {}행: {}", error.line, error.text),
        }));
    }
    if let Err(wrong) = read_contacts(&books.contacts) {
        errors.extend(wrong.into_iter().map(|error| BookError {
            file: BookFile::Contacts,
            line: Some(error.line),
            text: error.text,
        }));
    }
    let (Some(policy), Some((roster, noted)), Some((customers, lines)), Ok(_), Ok(_)) =
        (policy, guide, customers, mails, procedures)
    else {
        return Err(errors);
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut warnings: Vec<BookWarning> = noted
        .into_iter()
        .map(|warning| BookWarning {
            file: BookFile::Guide,
            line: Some(warning.line),
            text: warning.text,
        })
        .collect();
    warnings.extend(doubts(&policy, &roster, &customers, &lines));
    let nobody =
        |beat: &&Heartbeat| !beat.customer.is_empty() && customers.find(&beat.customer).is_none();
    warnings.extend(policy.heartbeats.iter().filter(nobody).map(|beat| BookWarning {
        file: BookFile::Policy,
        line: None,
        text: format!(
            "heartbeats의 고객사 \"{}\"이(가) 고객 기록에 없습니다. 이름을 확인해 주십시오.",
            beat.customer
        ),
    }));
    warnings.extend(odd_topics(&books.policy));
    Ok(ReadBooks { policy, roster, customers, warnings })
}

/// What the books say of one another that does not fit.
fn doubts(
    policy: &Policy,
    roster: &Roster,
    customers: &Customers,
    lines: &[usize],
) -> Vec<BookWarning> {
    let mut warnings = Vec::new();
    for (customer, line) in customers.0.iter().zip(lines) {
        let mut warn = |text: String| {
            warnings.push(BookWarning { file: BookFile::Customers, line: Some(*line), text });
        };
        let owners = [("ts_primary", &customer.ts_primary), ("ts_backup", &customer.ts_backup)];
        for (column, owner) in owners {
            if let Some(owner) = owner
                && roster.person(owner).is_none()
            {
                warn(format!(
                    "{}: {column} \"{owner}\"은(는) 가이드에 없는 사람입니다. 이름으로만 표시하고 COC에 전화를 요청합니다.",
                    customer.name
                ));
            }
        }
        if customer.grade == Grade::Msp && customer.ts_primary.is_none() {
            warn(format!(
                "{}: MSP 고객인데 ts_primary가 비어 있습니다. 이 고객의 순서에는 TS 정 담당자가 없습니다.",
                customer.name
            ));
        }
    }
    let named = policy.alarm.rules.iter().filter_map(|rule| rule.customer.as_ref());
    let named = named.map(|name| ("alarm.rules", name));
    let plain = policy.guardduty.plain.iter().map(|name| ("guardduty.plain", name));
    for (key, name) in named.chain(plain) {
        // as it stands on record, letter by letter: an alias would not be found
        if !customers.0.iter().any(|customer| &customer.name == name) {
            warnings.push(BookWarning {
                file: BookFile::Policy,
                line: None,
                text: format!("{key}: 고객 기록에 없는 이름입니다. 읽은 값: \"{name}\"."),
            });
        }
    }
    if !customers.0.is_empty() && customers.find(&policy.company.customer).is_none() {
        warnings.push(BookWarning {
            file: BookFile::Customers,
            line: None,
            text: format!(
                "회사 자신의 기록 \"{}\"(policy.toml의 company.customer)이(가) 없습니다. 회사 계정의 티켓을 가려낼 수 없습니다.",
                policy.company.customer
            ),
        });
    }
    warnings
}

/// Topics of the policy that cannot be any: nothing will ever come from them.
fn odd_topics(policy: &str) -> Vec<BookWarning> {
    let (table, _) = DeTable::parse_recoverable(policy);
    let intake = table.get_ref().get("intake").and_then(|intake| intake.get_ref().as_table());
    let topics = intake.and_then(|intake| intake.get("topics")?.get_ref().as_array());
    let odd = topics.into_iter().flatten().filter_map(|topic| {
        let text = topic.get_ref().as_str()?;
        (!is_topic_arn(text.trim())).then(|| BookWarning {
            file: BookFile::Policy,
            line: Some(line_at(policy, &topic.span())),
            text: format!("intake.topics: \"{text}\"은(는) SNS 토픽의 ARN이 아닙니다. 여기서는 아무것도 오지 않습니다. 예: \"arn:aws:sns:ap-northeast-2:123456789012:coc-alarms\""),
        })
    });
    odd.collect()
}

// ---- the policy ---------------------------------------------------------------------------------------------------------------

/// Reads `policy.toml`; empty text is the defaults.
///
/// # Errors
/// Everything that is wrong: syntax; else unknown keys and values that cannot be read; else values that do not fit one another.
pub fn read_policy(text: &str) -> Result<Policy, Vec<BookError>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (table, broken) = DeTable::parse_recoverable(text);
    if !broken.is_empty() {
        return Err(broken
            .iter()
            .map(|error| {
                let line = error.span().map(|span| line_at(text, &span));
                policy_error(
                    line,
                    format!("TOML 문법에 맞지 않습니다 ({}). 예: rung = \"5m\"", error.message()),
                )
            })
            .collect());
    }
    let mut reader = PolicyReader { text, lines: BTreeMap::new(), errors: Vec::new() };
    reader.keys(table.get_ref());
    if !reader.errors.is_empty() {
        return Err(reader.errors);
    }
    let policy = Policy::deserialize(Deserializer::from(table)).map_err(|error| {
        let line = error.span().map(|span| line_at(text, &span));
        vec![policy_error(line, format!("정책을 읽을 수 없습니다 ({}).", error.message()))]
    })?;
    reader.sane(&policy);
    if reader.errors.is_empty() { Ok(policy) } else { Err(reader.errors) }
}

fn policy_error(line: Option<usize>, text: String) -> BookError {
    BookError { file: BookFile::Policy, line, text }
}

/// The line of a place in a text, counted from 1.
fn line_at(text: &str, span: &Range<usize>) -> usize {
    text.get(..span.start).unwrap_or(text).matches('\n').count() + 1
}

struct PolicyReader<'a> {
    text: &'a str,
    /// The line of each key that is written, by its dotted path.
    lines: BTreeMap<String, usize>,
    errors: Vec<BookError>,
}

/// A table that holds nothing but one key.
fn alone<'a>(
    key: &toml::Spanned<toml::de::DeString<'a>>,
    value: toml::Spanned<DeValue<'a>>,
) -> DeTable<'a> {
    let mut table = DeTable::new();
    table.insert(key.clone(), value);
    table
}

impl PolicyReader<'_> {
    /// Each key by itself against the defaults, so that everything wrong is said at once.
    fn keys(&mut self, table: &DeTable<'_>) {
        let known = match toml::Table::try_from(Policy::default()) {
            Ok(known) => known,
            Err(error) => {
                self.errors
                    .push(policy_error(None, format!("기본 정책을 쓸 수 없습니다 ({error}).")));
                return;
            }
        };
        let paths: Vec<String> = known
            .iter()
            .flat_map(|(section, value)| match value.as_table() {
                Some(inner) => inner.keys().map(|key| format!("{section}.{key}")).collect(),
                None => vec![section.clone()],
            })
            .collect();
        for (key, value) in table {
            let section = key.get_ref().to_string();
            let line = line_at(self.text, &key.span());
            match (known.get(&section), value.get_ref()) {
                (None, _) => self.unknown(line, &section, &paths),
                (Some(toml::Value::Table(inner)), DeValue::Table(written)) => {
                    for (name, value) in written {
                        let path = format!("{section}.{}", name.get_ref());
                        let line = line_at(self.text, &name.span());
                        let Some(default) = inner.get(name.get_ref().as_ref()) else {
                            self.unknown(line, &path, &paths);
                            continue;
                        };
                        let one = DeValue::Table(alone(name, value.clone()));
                        let document = alone(key, toml::Spanned::new(value.span(), one));
                        self.value(&path, line, default, document);
                    }
                }
                (Some(default), _) => {
                    let document = alone(key, value.clone());
                    self.value(&section, line, default, document);
                }
            }
        }
    }

    fn unknown(&mut self, line: usize, path: &str, known: &[String]) {
        let near = known
            .iter()
            .map(|other| (strsim::jaro_winkler(path, other), other))
            .filter(|(near, _)| *near >= 0.85)
            .max_by(|(one, _), (other, _)| one.total_cmp(other));
        let hint = near.map_or_else(String::new, |(_, other)| format!(" 비슷한 항목: {other}."));
        let text = format!(
            "\"{path}\"은(는) 모르는 항목입니다.{hint} 항목의 목록은 함께 드린 policy.toml에 있습니다."
        );
        self.errors.push(policy_error(Some(line), text));
    }

    /// One value alone.
    fn value(&mut self, path: &str, line: usize, default: &toml::Value, document: DeTable<'_>) {
        self.lines.insert(path.to_owned(), line);
        let document = toml::Spanned::new(0..0, document);
        let Err(error) = Policy::deserialize(Deserializer::from(document)) else { return };
        // The document has no place of its own, its values do.
        let inner = error.span().filter(|span| span.end > 0);
        let line = inner.map_or(line, |span| line_at(self.text, &span));
        let example = match path {
            "hours.holidays" => "[{ date = \"2025-06-03\", name = \"대통령 선거일\" }]".to_owned(),
            "hours.workdays" => "[\"2025-06-03\"]".to_owned(),
            "duty.shifts" => {
                "[{ name = \"주간\", from = \"09:00\", to = \"18:00\", people = [\"고윤슬\"] }]"
                    .to_owned()
            }
            "heartbeats" => {
                "[{ name = \"한빛전자 시험 알람\", match = \"heartbeat-hanbit\", every = \"24h\" }]"
                    .to_owned()
            }
            _ => default.to_string(),
        };
        let said = in_korean(error.message());
        self.errors
            .push(policy_error(Some(line), format!("{path}: {said} 예: {path} = {example}")));
    }

    fn wrong(&mut self, path: &str, text: impl fmt::Display) {
        let line = self.lines.get(path).copied();
        self.errors.push(policy_error(line, format!("{path}: {text}")));
    }

    /// The rooms, the rota, the coming weeks.
    fn sane_rooms(&mut self, policy: &Policy) {
        let rooms = &policy.rooms;
        for (path, month) in
            [("rooms.outdoor_from", rooms.outdoor_from), ("rooms.outdoor_to", rooms.outdoor_to)]
        {
            if !(1..=12).contains(&month) {
                self.wrong(path, format!("{month}은(는) 1에서 12 사이의 달이 아닙니다. 예: 6"));
            }
        }
        if !(0.0..=70.0).contains(&rooms.hot_from) {
            let text =
                format!("{}은(는) 0에서 70 사이의 온도가 아닙니다. 예: 30.0", rooms.hot_from);
            self.wrong("rooms.hot_from", text);
        }
        if rooms.every.as_seconds() < 600 {
            self.wrong("rooms.every", "10분보다 길어야 합니다. 예: \"2h\"");
        }
        if !(1..=60).contains(&policy.coverage.days) {
            self.wrong("coverage.days", "1에서 60 사이로 적어 주십시오. 예: 14");
        }
        for shift in &policy.duty.shifts {
            if shift.name.trim().is_empty() || shift.people.is_empty() {
                self.wrong("duty.shifts", "근무마다 name과 people이 있어야 합니다. 예: { name = \"주간\", from = \"09:00\", to = \"18:00\", people = [\"고윤슬\"] }");
            }
        }
    }

    /// Values that are readable but cannot be meant.
    fn sane(&mut self, policy: &Policy) {
        self.sane_hours(policy);
        self.sane_heartbeats(policy);
        let spans = [
            ("hours.answer_within", policy.hours.answer_within),
            ("chain.rung", policy.chain.rung),
            ("chain.chase_after", policy.chain.chase_after),
            ("urgent.ask_again", policy.urgent.ask_again),
            ("assign.ask_within", policy.assign.ask_within),
            ("alarm.l2_window", policy.alarm.l2_window),
            ("alarm.group_within", policy.alarm.group_within),
            ("alarm.chase_after", policy.alarm.chase_after),
            ("alarm.remind_after", policy.alarm.remind_after),
            ("guardduty.decide_within", policy.guardduty.decide_within),
            ("desk.promise", policy.desk.promise),
            ("desk.chase_after", policy.desk.chase_after),
            ("phd.chase_after", policy.phd.chase_after),
            ("tam.ask_again", policy.tam.ask_again),
            ("rooms.chase_after", policy.rooms.chase_after),
            ("reports.monthly_chase_after", policy.reports.monthly_chase_after),
            ("rooms.every", policy.rooms.every),
            ("rooms.correct_within", policy.rooms.correct_within),
            ("duty.chase_after", policy.duty.chase_after),
            ("feeds.poll", policy.feeds.poll),
            ("customers.stale_after", policy.customers.stale_after),
            ("offboard.chase_after", policy.offboard.chase_after),
            ("watch.ping_every", policy.watch.ping_every),
        ];
        for (path, span) in spans {
            if span.as_seconds() == 0 {
                self.wrong(path, "0보다 길어야 합니다. 예: \"5m\"");
            }
        }
        let url = policy.watch.ping_url.trim();
        let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        let safe = url.starts_with("https://") || here.iter().any(|here| url.starts_with(here));
        if !url.is_empty() && (!safe || url.contains(['?', '@'])) {
            // it may bear a secret, so it is not shown
            let said = "https 주소나 이 컴퓨터의 http 주소를 물음표와 @ 없이 적어 주십시오. 예: \"https://hc-ping.com/uuid\"";
            self.wrong("watch.ping_url", said);
        }
        self.sane_rooms(policy);
        let high = policy.guardduty.high_from;
        if !(0.0..=10.0).contains(&high) {
            self.wrong(
                "guardduty.high_from",
                format!("{high}은(는) 0에서 10 사이가 아닙니다. 예: 7.0"),
            );
        }
        let channels = &policy.channels;
        let names = [
            ("channels.general", &channels.general),
            ("channels.noti", &channels.noti),
            ("channels.unlink", &channels.unlink),
            ("channels.tam", &channels.tam),
            ("company.customer", &policy.company.customer),
        ];
        for (path, name) in names {
            if name.trim_start_matches('#').trim().is_empty() {
                self.wrong(path, "비어 있습니다. 이름을 적어 주십시오. 예: \"#general\"");
            }
        }
        let alarms = policy.alarm.channel.trim_start_matches('#').trim();
        let talked_in = [&channels.general, &channels.noti, &channels.unlink, &channels.tam];
        if talked_in.iter().any(|name| name.trim_start_matches('#').trim() == alarms) {
            self.wrong(
                "alarm.channel",
                format!("\"{alarms}\"은(는) 사람들이 쓰는 채널입니다. 알람만 오는 채널을 적어 주십시오. 예: \"#alarms\""),
            );
        }
        let groups = &policy.groups;
        for (path, group) in
            [("groups.coc", &groups.coc), ("groups.csr", &groups.csr), ("groups.sa", &groups.sa)]
        {
            match group {
                GroupRef::Handle(handle) if handle.trim_start_matches('@').trim().is_empty() => {
                    self.wrong(
                        path,
                        "비어 있습니다. 그룹 이름이나 e-mail 목록을 적어 주십시오. 예: \"coc\"",
                    );
                }
                GroupRef::Handle(_) => {}
                GroupRef::Emails(emails) => self.emails(path, emails),
            }
        }
        let roles = &policy.roles;
        self.emails("mail.from", std::slice::from_ref(&policy.mail.from));
        let lists = [
            ("roles.urgent", &roles.urgent),
            ("roles.assign", &roles.assign),
            ("roles.alarm", &roles.alarm),
            ("roles.chain", &roles.chain),
            ("roles.leave", &roles.leave),
            ("roles.guide", &roles.guide),
            ("roles.mail", &roles.mail),
            ("roles.setup", &roles.setup),
            ("roles.checklist", &roles.checklist),
            ("roles.onboard", &roles.onboard),
            ("roles.offboard", &roles.offboard),
        ];
        for (path, roles) in lists {
            if roles.is_empty() {
                self.wrong(
                    path,
                    "아무도 할 수 없게 됩니다. 하나 이상 적어 주십시오. 예: [\"coc\"]",
                );
            }
        }
        let command = &policy.offboard.command;
        if !command.trim().is_empty() && !command.contains("{account}") {
            self.wrong(
                "offboard.command",
                "계정이 들어갈 자리 {account}이(가) 없습니다. 예: \"/unlink {account}\"",
            );
        }
        if command.contains('\n') {
            self.wrong("offboard.command", "한 줄이어야 합니다. 예: \"/unlink {account}\"");
        }
        if !(1..=2).contains(&policy.offboard.confirmations) {
            self.wrong("offboard.confirmations", "1이나 2를 적어 주십시오. 예: 1");
        }
        self.emails("reports.monthly_to", &policy.reports.monthly_to);
        if !policy.reports.monthly_cc.is_empty() {
            self.emails("reports.monthly_cc", &policy.reports.monthly_cc);
        }
    }

    fn sane_heartbeats(&mut self, policy: &Policy) {
        let mut names = BTreeSet::new();
        for beat in &policy.heartbeats {
            for (key, text) in [("name", &beat.name), ("match", &beat.matches)] {
                if text.trim().is_empty() {
                    self.wrong("heartbeats", format!("{key}이(가) 비어 있습니다."));
                }
            }
            if !names.insert(&beat.name) {
                self.wrong(
                    "heartbeats",
                    format!(
                        "이름 \"{}\"이(가) 두 번 있습니다. 서로 다르게 적어 주십시오.",
                        beat.name
                    ),
                );
            }
            if beat.every.as_seconds() < 60 {
                self.wrong("heartbeats", "every는 1분 이상이어야 합니다. 예: every = \"24h\"");
            }
        }
    }

    fn emails(&mut self, path: &str, emails: &[String]) {
        if emails.is_empty() {
            self.wrong(
                path,
                "비어 있습니다. 주소를 하나 이상 적어 주십시오. 예: [\"csg@saltware.co.kr\"]",
            );
        }
        for email in emails.iter().filter(|email| !is_email(email)) {
            self.wrong(
                path,
                format!("\"{email}\"은(는) e-mail 주소가 아닙니다. 예: [\"csg@saltware.co.kr\"]"),
            );
        }
    }

    /// Reading 1 and 3: no call may fall outside business time.
    fn sane_hours(&mut self, policy: &Policy) {
        let hours = &policy.hours;
        let clock = |time: NaiveTime| time.format("%H:%M").to_string();
        let rising = [
            ("hours.open", hours.open),
            ("hours.lunch_from", hours.lunch_from),
            ("hours.lunch_to", hours.lunch_to),
        ];
        for pair in rising.windows(2) {
            if let [(before_path, before), (path, time)] = pair
                && before >= time
            {
                let (time, before) = (clock(*time), clock(*before));
                self.wrong(
                    path,
                    format!(
                        "{time}은(는) {before_path}({before})보다 늦어야 합니다. 예: \"12:00\""
                    ),
                );
            }
        }
        if hours.close < hours.lunch_to {
            let (close, lunch) = (clock(hours.close), clock(hours.lunch_to));
            self.wrong(
                "hours.close",
                format!("{close}은(는) hours.lunch_to({lunch}) 이후여야 합니다. 예: \"18:00\""),
            );
        }
        if hours.late_from < hours.lunch_to || hours.late_from > hours.close {
            let (late, from, to) =
                (clock(hours.late_from), clock(hours.lunch_to), clock(hours.close));
            self.wrong(
                "hours.late_from",
                format!("{late}은(는) {from}에서 {to} 사이여야 합니다. 예: \"17:30\""),
            );
        }
        let room = |from: NaiveTime, to: NaiveTime| (to - from).max(TimeDelta::zero());
        let answer = hours.answer_within.delta();
        if answer > room(hours.late_from, hours.close)
            || answer > room(hours.open, hours.lunch_from)
        {
            let (late, close) = (clock(hours.late_from), clock(hours.close));
            self.wrong(
                "hours.answer_within",
                format!("{}은(는) 너무 깁니다. hours.late_from({late}) 전의 알림은 hours.close({close})까지, 아침의 알림은 점심 전까지 답할 수 있어야 합니다. 예: \"30m\"", hours.answer_within),
            );
        }
        let mut named = BTreeSet::new();
        for day in &hours.holidays {
            if !named.insert(day.date) {
                self.wrong(
                    "hours.holidays",
                    format!("{}이(가) 두 번 있습니다. 하루에 하나만 적어 주십시오.", day.date),
                );
            }
        }
        for day in hours.workdays.iter().filter(|day| named.contains(day)) {
            self.wrong(
                "hours.workdays",
                format!("{day}이(가) hours.holidays에도 있습니다. 한 곳에만 적어 주십시오."),
            );
        }
    }
}

/// What the TOML reader says of one value, in Korean.
pub(super) fn in_korean(message: &str) -> String {
    if message.chars().any(|c| ('가'..='힣').contains(&c)) {
        return message.to_owned();
    }
    let quoted = message.split('`').nth(1).unwrap_or_default();
    let expected = || message.split_once("expected ").map_or("", |(_, rest)| rest).replace('`', "");
    if message.starts_with("unknown field") {
        format!("\"{quoted}\"은(는) 모르는 항목입니다. 쓸 수 있는 항목: {}.", expected())
    } else if message.starts_with("unknown variant") {
        format!("\"{quoted}\"은(는) 쓸 수 없는 값입니다. 쓸 수 있는 값: {}.", expected())
    } else if message.starts_with("missing field") {
        format!("\"{quoted}\"이(가) 없습니다.")
    } else {
        format!("값의 형식이 다릅니다 ({message}).")
    }
}
