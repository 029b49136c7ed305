//! The reader of the guide's own text (R1 to R8): two tables out of a page that people keep in Slack and paste.
//!
//! A paste loses blank lines, tabs and widths, so cells are told apart by what they hold first and by where they stand second.

use super::absence::Absence;
use super::clean::{clean, lines, squash};
use super::contact::{is_email, phoneish, read_phone};
use super::notes::{has_day, read_absences, speaks_of_absence};
use super::roster::{AccountDuty, GeneralEntry, Part, Person, Roster};
use crate::domain::ids::{Name, PhoneNumber};
use chrono::NaiveDate;
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something doubtful at a line of the guide (lines count from 1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The line.
    pub line: usize,
    /// What is doubtful, in Korean.
    pub text: String,
}

/// Something wrong at a line of the guide (lines count from 1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{line}행: {text}")]
pub struct LineError {
    /// The line.
    pub line: usize,
    /// What was read, what is expected, in Korean.
    pub text: String,
}

/// Reads the roster out of the guide; `near` is the guide's date, by which years are found (reading 21).
///
/// Warnings come in the order of their lines.
///
/// # Errors
/// Everything that is wrong, each with its line, in the order of lines; then no roster.
pub fn read_guide(text: &str, near: NaiveDate) -> Result<(Roster, Vec<Warning>), Vec<LineError>> {
    let mut reader = Reader::default();
    let roster = reader.read(text, near);
    reader.errors.sort_by_key(|error| error.line);
    reader.warnings.sort_by_key(|warning| warning.line);
    if reader.errors.is_empty() { Ok((roster, reader.warnings)) } else { Err(reader.errors) }
}

pattern!(GENERAL_HEADING, r"(?i)^general(?:티켓|ticket)담[당장]자(?:\(.*\))?$");
pattern!(PARTS_HEADING, r"(?i)^ts-?parts?engineers?(?:\(.*\))?$");
pattern!(PAGE_HEADING, r"(?i)^coc업무가이드$");
pattern!(SLACK_LINK, r"<(?:mailto:|tel:)[^|>]*\|([^>]*)>|<(?:mailto:|tel:)([^>]*)>");
pattern!(EMOJI, r":[a-z0-9_+-]*[a-z_][a-z0-9_+-]*:(?:skin-tone-\d:)?");
pattern!(MILITARY, r":military_helmet:|\x{1FA96}|[(\[]?병역\s*특례[)\]]?");
pattern!(NAMED_PHONE, r"^(.*?)\s*[(\[]\s*([^()\[\]]*?)\s*[)\]]$");
pattern!(SPACED_PHONE, r"^(\D+?)\s+(\+?\d[\d .-]{6,})$");
pattern!(PHONE_IN_BRACKETS, r"[(\[]\s*\+?\d[\d .-]{5,}\s*[)\]]");
pattern!(MISSING_COMMA, r"([)\]])\s*(\p{L})");
pattern!(ROW_IN_A_LINE, r"^([^@*]*?)\s+(\S+@\S+)(?:\s+(.*))?$");
pattern!(PHONE_FIRST, r"^(\+?\d[\d .-]{7,}\d)(?:\s+(.*))?$");
pattern!(BULLET, r"^(?:[*•·∙▪◦‣※○o⊙-]\s+|[*•▪◦‣※○⊙])\s*");

/// One cell of a table.
#[derive(Clone, Debug)]
struct Cell {
    line: usize,
    text: String,
    /// A tab or spaces stand before it, or it is not the first of its line.
    indented: bool,
    /// A blank line stands before it.
    after_blank: bool,
}

/// A note of the General table, its lines put together.
#[derive(Debug)]
struct Note {
    line: usize,
    text: String,
}

/// A row of the General table.
#[derive(Debug)]
struct Row {
    line: usize,
    name: Name,
    military: bool,
    email: Option<String>,
    email_line: usize,
    phone: Option<PhoneNumber>,
    notes: Vec<Note>,
    expects: Expects,
    /// The last line that belongs to it.
    last_line: usize,
}

/// The cell that comes next in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expects {
    Email,
    Phone,
    Note,
}

/// Somebody in the part table.
#[derive(Debug)]
struct Member {
    line: usize,
    name: Name,
    phone: Option<PhoneNumber>,
    military: bool,
}

/// A row of the part table.
#[derive(Debug)]
struct PartRow {
    line: usize,
    name: String,
    /// Cells of people: the leader's, then the members'.
    groups: Vec<Vec<Member>>,
}

#[derive(Default)]
struct Reader {
    errors: Vec<LineError>,
    warnings: Vec<Warning>,
}

impl Reader {
    fn error(&mut self, line: usize, text: impl Into<String>) {
        self.errors.push(LineError { line, text: text.into() });
    }

    fn warn(&mut self, line: usize, text: impl Into<String>) {
        self.warnings.push(Warning { line, text: text.into() });
    }

    fn read(&mut self, text: &str, near: NaiveDate) -> Roster {
        let lines = lines(text);
        let heading = |pattern: &Regex, from: usize| {
            lines
                .iter()
                .position(|(number, line)| *number > from && pattern.is_match(&heading_text(line)))
        };
        let general = heading(&GENERAL_HEADING, 0);
        let parts = heading(&PARTS_HEADING, 0);
        let part_columns = match parts {
            Some(_) => None,
            None => lines.iter().position(|(_, line)| heading_text(line).starts_with("partname")),
        };
        let region = |start: usize| {
            // The page's own title also stands above the tables, so only what follows them ends them.
            let page = heading(&PAGE_HEADING, start + 1);
            // Without its heading the part table still must not be read as rows of the General table.
            let ends = [general, parts, part_columns, page];
            let end = ends.into_iter().flatten().filter(|end| *end > start).min();
            cells(&lines[start + 1..end.unwrap_or(lines.len())])
        };
        if general.is_none() {
            self.error(
                1,
                "General 담당자 표의 제목을 찾지 못했습니다. 표 위에 한 줄로 적어 주십시오. 예: General 티켓 담당자 ( CSG/TS )",
            );
        }
        if parts.is_none() {
            self.error(
                1,
                "TS 파트 표의 제목을 찾지 못했습니다. 표 위에 한 줄로 적어 주십시오. 예: TS Part Engineers ( 25.2.10 ~ )",
            );
        }
        let rows = general.map(|at| self.general(lines[at].0, &region(at)));
        let part_rows = parts.map(|at| self.parts(lines[at].0, &region(at)));
        let (Some(rows), Some(part_rows)) = (rows, part_rows) else { return Roster::default() };
        let heading_line = general.map_or(1, |at| lines[at].0);
        self.assemble(heading_line, rows, part_rows, near)
    }

    // ---- the General table ----

    fn general(&mut self, heading: usize, cells: &[Cell]) -> Vec<Row> {
        let Some(cells) = self.after_header(
            heading,
            cells,
            &[
                ("이름", &["이름", "성명"]),
                ("email", &["email", "e-mail", "이메일", "메일"]),
                ("긴급연락전화번호", &["전화", "연락처", "휴대폰", "phone"]),
                ("휴무일 및 주의 사항", &["휴무", "주의", "비고", "휴가"]),
            ],
            "General 담당자 표",
        ) else {
            return Vec::new();
        };
        let mut rows: Vec<Row> = Vec::new();
        for (at, cell) in cells.iter().enumerate() {
            let next = cells.get(at + 1);
            let starts = match rows.last() {
                None => true,
                Some(row) => {
                    starts_row(cell, next) && (row.expects == Expects::Note || !cell.indented)
                }
            };
            if starts {
                self.start_row(cell, &mut rows);
            } else if let Some(row) = rows.last_mut() {
                self.fill_row(row, cell);
            }
        }
        if rows.is_empty() {
            self.error(
                heading,
                "General 담당자가 한 명도 없습니다. 이름, email, 긴급연락전화번호, 휴무일 순서로 적어 주십시오.",
            );
        }
        rows
    }

    fn start_row(&mut self, cell: &Cell, rows: &mut Vec<Row>) {
        if is_email(&cell.text) || phoneish(&cell.text) || !name_like(&cell.text) {
            let line = cell.line;
            self.error(
                line,
                format!(
                    "\"{}\": 이름이 올 자리입니다. 이름을 한 줄에 혼자 적어 주십시오. 예: 가온별",
                    short(&cell.text)
                ),
            );
            return;
        }
        let (name, military) = bare_name(&cell.text);
        rows.push(Row {
            line: cell.line,
            name,
            military,
            email: None,
            email_line: cell.line,
            phone: None,
            notes: Vec::new(),
            expects: Expects::Email,
            last_line: cell.line,
        });
    }

    fn fill_row(&mut self, row: &mut Row, cell: &Cell) {
        let joined = cell.line.saturating_sub(row.last_line) <= 1 && !cell.after_blank;
        row.last_line = cell.line;
        match row.expects {
            Expects::Email if is_email(&cell.text) => {
                row.email = Some(cell.text.clone());
                row.email_line = cell.line;
                row.expects = Expects::Phone;
            }
            Expects::Email if phoneish(&cell.text) => {
                row.expects = Expects::Phone;
                self.fill_row(row, cell);
            }
            Expects::Email if is_note(&cell.text) => {
                row.expects = Expects::Note;
                self.fill_row(row, cell);
            }
            Expects::Email => {
                row.expects = Expects::Phone;
                self.error(
                    cell.line,
                    format!(
                        "{}: e-mail \"{}\"을(를) 읽을 수 없습니다. 예: gaon@example.co.kr",
                        row.name,
                        short(&cell.text)
                    ),
                );
                // Said already; a second sentence about a missing one would mislead.
                row.email = Some(String::new());
            }
            Expects::Phone if is_note(&cell.text) => {
                row.expects = Expects::Note;
                self.fill_row(row, cell);
            }
            Expects::Phone => {
                row.expects = Expects::Note;
                match read_phone(&cell.text) {
                    Ok(phone) => row.phone = Some(phone),
                    Err(why) => {
                        self.error(cell.line, format!("{}: {why}", row.name));
                        row.phone = Some(PhoneNumber(String::new()));
                    }
                }
            }
            Expects::Note if is_email(&cell.text) || phoneish(&cell.text) => {
                self.error(
                    cell.line,
                    format!(
                        "{}의 칸이 이미 찼는데 \"{}\"이(가) 더 있습니다. 이름 줄이 빠졌는지 확인해 주십시오. 순서: 이름, email, 긴급연락전화번호, 휴무일 및 주의 사항",
                        row.name, cell.text
                    ),
                );
            }
            Expects::Note => add_note(row, cell, joined),
        }
    }

    /// The cells behind a table's header; says so when a column is not there.
    fn after_header<'a>(
        &mut self,
        heading: usize,
        cells: &'a [Cell],
        columns: &[(&str, &[&str])],
        table: &str,
    ) -> Option<&'a [Cell]> {
        let names = |column: &(&str, &[&str]), cell: &Cell| {
            let bare = squash(&cell.text);
            bare == squash(column.0)
                || (bare.chars().count() <= 16
                    && column.1.iter().any(|word| bare.contains(&squash(word))))
        };
        let expected: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let expected = expected.join(", ");
        let first = columns.first()?;
        let start = cells
            .iter()
            .position(|cell| squash(&cell.text) == squash(first.0) || names(first, cell));
        let Some(start) = start else {
            self.error(
                heading,
                format!("{table}의 머리글 \"{}\"을(를) 찾지 못했습니다. 순서: {expected}", first.0),
            );
            return None;
        };
        for (offset, column) in columns.iter().enumerate() {
            let cell = cells.get(start + offset);
            if !cell.is_some_and(|cell| names(column, cell)) {
                let read = cell.map_or("", |cell| cell.text.as_str());
                self.error(
                    cell.map_or(heading, |cell| cell.line),
                    format!(
                        "{table}의 머리글 \"{}\"이(가) 올 자리에서 \"{}\"을(를) 읽었습니다. 순서: {expected}",
                        column.0,
                        short(read)
                    ),
                );
                return None;
            }
        }
        Some(&cells[start + columns.len()..])
    }

    // ---- the part table ----

    fn parts(&mut self, heading: usize, cells: &[Cell]) -> Vec<PartRow> {
        let Some(cells) = self.after_header(
            heading,
            cells,
            &[
                ("Part Name", &["partname", "파트이름", "파트명"]),
                ("Part Leader", &["partleader", "파트리더", "파트장"]),
                ("Part Members", &["partmember", "파트원", "구성원"]),
            ],
            "TS 파트 표",
        ) else {
            return Vec::new();
        };
        let cells = &cells[..end_of_parts(cells)];
        let mut rows: Vec<PartRow> = Vec::new();
        let mut comma = false;
        for (at, cell) in cells.iter().enumerate() {
            let people = holds_people(&cell.text);
            let no_leader = rows.last().is_some_and(|row| row.groups.is_empty());
            let next = cells.get(at + 1).filter(|next| holds_people(&next.text));
            // A comma too many behind the last member.
            let part_follows =
                cell.after_blank && !cell.indented && next.is_some_and(|n| n.indented);
            if people || (comma && !part_follows) || (cell.indented && no_leader) {
                let Some(row) = rows.last_mut() else {
                    self.error(
                        cell.line,
                        format!("\"{}\": 파트 이름이 없습니다. 사람 앞 줄에 파트 이름을 적어 주십시오. 예: Leaf", short(&cell.text)),
                    );
                    continue;
                };
                if cell.after_blank && !comma && row.groups.len() >= 2 {
                    self.error(
                        cell.line,
                        format!(
                            "\"{}\": {} 파트의 구성원 뒤에 빈 줄이 있고 사람이 이어집니다. 새 파트라면 이름을, 같은 파트라면 쉼표를 적어 주십시오.",
                            short(&cell.text),
                            row.name
                        ),
                    );
                }
                let members = self.members(cell);
                match row.groups.last_mut() {
                    Some(group) if comma => group.extend(members),
                    Some(_) | None if members.is_empty() => {}
                    Some(_) | None => row.groups.push(members),
                }
                comma = ends_with_comma(&cell.text);
                continue;
            }
            comma = false;
            if name_like(&cell.text) && (!cell.indented || next.is_some()) {
                let name = cell.text.trim().to_owned();
                rows.push(PartRow { line: cell.line, name, groups: Vec::new() });
            } else if name_like(&cell.text) {
                let members = self.members(cell);
                if let Some(row) = rows.last_mut() {
                    row.groups.push(members);
                }
            } else {
                self.warn(
                    cell.line,
                    format!("TS 파트 표에서 읽지 않은 줄입니다: \"{}\". 사람이라면 예: 사랑빈(010-0000-1007)", short(&cell.text)),
                );
            }
        }
        if rows.is_empty() {
            self.error(
                heading,
                "TS 파트가 하나도 없습니다. 파트 이름, 리더, 구성원 순서로 적어 주십시오. 예: Leaf",
            );
        }
        rows
    }

    /// The people of one cell.
    fn members(&mut self, cell: &Cell) -> Vec<Member> {
        let mut members: Vec<Member> = Vec::new();
        let parted = MISSING_COMMA.replace_all(&cell.text, "$1, $2");
        for piece in split_people(&parted) {
            let military = MILITARY.is_match(&piece);
            let piece = MILITARY.replace_all(&piece, "");
            let piece = EMOJI.replace_all(&piece, "");
            let piece = piece.trim();
            if piece.is_empty() {
                if military && let Some(last) = members.last_mut() {
                    last.military = true;
                }
                continue;
            }
            let split = NAMED_PHONE.captures(piece).or_else(|| SPACED_PHONE.captures(piece));
            let (name, phone) = match &split {
                Some(hit) => (&hit[1], Some(hit[2].to_owned())),
                None => (piece, None),
            };
            if !name_like(name) {
                self.error(
                    cell.line,
                    format!(
                        "\"{}\": 사람을 읽을 수 없습니다. 예: 사랑빈(010-0000-1007)",
                        short(piece)
                    ),
                );
                continue;
            }
            let (name, _) = bare_name(name);
            let phone = match phone {
                Some(text) => read_phone(&text).map_err(|why| format!("{name}: {why}")),
                None => Err(format!(
                    "{name}: 전화번호가 없습니다. 이름 뒤 괄호에 적어 주십시오. 예: {name}(010-0000-1007)"
                )),
            };
            let phone = phone.map_err(|why| self.error(cell.line, why)).ok();
            members.push(Member { line: cell.line, name, phone, military });
        }
        members
    }

    // ---- both together ----

    fn assemble(
        &mut self,
        heading: usize,
        rows: Vec<Row>,
        part_rows: Vec<PartRow>,
        near: NaiveDate,
    ) -> Roster {
        let mut roster = Roster::default();
        let mut lines: BTreeMap<Name, usize> = BTreeMap::new();
        let mut duties: Vec<(AccountDuty, Name, usize)> = Vec::new();
        for row in &rows {
            if let Some(first) = lines.get(&row.name) {
                self.error(
                    row.line,
                    format!(
                        "{}: General 표에 두 번 있습니다 ({first}행). 한 줄만 남겨 주십시오.",
                        row.name
                    ),
                );
                continue;
            }
            lines.insert(row.name.clone(), row.line);
            let (entry, absences) = self.notes(row, near, &mut duties);
            self.missing_cells(row);
            roster.general.push(entry);
            roster.people.push(Person {
                name: row.name.clone(),
                email: row.email.clone().filter(|email| !email.is_empty()),
                phone: row.phone.clone().unwrap_or_else(|| PhoneNumber(String::new())),
                military: row.military,
                absences,
            });
        }
        let mut placed: BTreeMap<Name, (String, usize)> = BTreeMap::new();
        for row in part_rows {
            self.part(row, &mut roster, &lines, &mut placed);
        }
        // A part table that could not be read is one error, not one a person.
        for row in rows.iter().filter(|_| !placed.is_empty()) {
            if !placed.contains_key(&row.name) && lines.get(&row.name) == Some(&row.line) {
                let near_by = similar_name(&row.name, placed.keys());
                let hint =
                    near_by.map_or_else(String::new, |name| format!(" 비슷한 이름: {name}."));
                self.error(
                    row.line,
                    format!(
                        "{}: General 표에 있으나 어느 TS 파트에도 없습니다.{hint} 파트 표에 넣어 주십시오. 예: {}(010-0000-1001)",
                        row.name, row.name
                    ),
                );
            }
        }
        self.check_duties(heading, &roster, &duties, !rows.is_empty());
        self.check_emails(&rows);
        self.check_phones(&roster, &lines, &placed);
        roster
    }

    fn missing_cells(&mut self, row: &Row) {
        if row.email.is_none() {
            self.error(
                row.line,
                format!(
                    "{}: e-mail이 없습니다. 이름 아래 칸에 적어 주십시오. 예: gaon@example.co.kr",
                    row.name
                ),
            );
        }
        if row.phone.is_none() {
            self.error(row.line, format!("{}: 긴급연락전화번호가 없습니다. e-mail 아래 칸에 적어 주십시오. 예: 010-0000-1001", row.name));
        }
    }

    /// What a row's notes say.
    fn notes(
        &mut self,
        row: &Row,
        near: NaiveDate,
        duties: &mut Vec<(AccountDuty, Name, usize)>,
    ) -> (GeneralEntry, Vec<Absence>) {
        let mut entry =
            GeneralEntry { name: row.name.clone(), account_duty: None, internal_accounts: false };
        let mut absences = Vec::new();
        for note in &row.notes {
            let bare = squash(&note.text);
            if bare.contains("내부계정") && (bare.contains("담당") || bare.contains("담장"))
            {
                entry.internal_accounts = true;
            }
            if is_account_duty(&bare) {
                match duty_of(&bare) {
                    Some(duty) => {
                        entry.account_duty = Some(duty);
                        duties.push((duty, row.name.clone(), note.line));
                    }
                    None => self.warn(
                        note.line,
                        format!("{}: \"{}\"에 정·부 표시가 없어 반영하지 않았습니다. 예: 계정 해지 통합 업무 담당(정)", row.name, short(&note.text)),
                    ),
                }
            }
            let read = read_absences(&note.text, near);
            for why in read.errors {
                self.error(note.line, format!("{}: {why}", row.name));
            }
            for why in read.warnings {
                self.warn(note.line, format!("{}: {why}", row.name));
            }
            absences.extend(read.absences);
        }
        (entry, absences)
    }

    fn part(
        &mut self,
        row: PartRow,
        roster: &mut Roster,
        general: &BTreeMap<Name, usize>,
        placed: &mut BTreeMap<Name, (String, usize)>,
    ) {
        let PartRow { line, name: part, groups } = row;
        if roster.parts.iter().any(|known| known.name == part) {
            self.error(line, format!("{part}: 같은 파트가 두 번 있습니다. 한 번만 적어 주십시오."));
        }
        let mut groups = groups.into_iter();
        let mut leaders = groups.next().unwrap_or_default();
        let members: Vec<Member> = groups.flatten().collect();
        if leaders.len() != 1 {
            let read: Vec<&str> = leaders.iter().map(|member| member.name.as_str()).collect();
            let read = if read.is_empty() { "없음".to_owned() } else { read.join(", ") };
            self.error(
                line,
                format!("{part}: 파트 리더는 한 명이어야 합니다 (읽은 값: {read}). 리더와 구성원을 다른 칸에 적어 주십시오. 예: 바름찬(010-0000-1006)"),
            );
        } else if members.is_empty() {
            self.error(line, format!("{part}: 구성원이 없습니다. 리더 아래 칸에 적어 주십시오. 예: 사랑빈(010-0000-1007)"));
        }
        let mut names = Vec::new();
        let leader = (!leaders.is_empty()).then(|| leaders.remove(0));
        let leader_name = leader.as_ref().map(|leader| leader.name.clone());
        for member in leaders.into_iter().chain(members).chain(leader) {
            if let Some((other, first)) = placed.get(&member.name) {
                self.error(
                    member.line,
                    format!("{}: TS 파트 표에 두 번 있습니다 ({other}, {first}행). 한 곳에만 적어 주십시오.", member.name),
                );
                continue;
            }
            placed.insert(member.name.clone(), (part.clone(), member.line));
            if Some(&member.name) != leader_name.as_ref() {
                names.push(member.name.clone());
            }
            self.person(member, roster, general);
        }
        if let Some(leader) = leader_name {
            roster.parts.push(Part { name: part, leader, members: names });
        }
    }

    /// Somebody of the part table is somebody of the General table, or new.
    fn person(&mut self, member: Member, roster: &mut Roster, general: &BTreeMap<Name, usize>) {
        let Some(known) = roster.people.iter_mut().find(|person| person.name == member.name) else {
            roster.people.push(Person {
                name: member.name,
                email: None,
                phone: member.phone.unwrap_or_else(|| PhoneNumber(String::new())),
                military: member.military,
                absences: Vec::new(),
            });
            return;
        };
        known.military |= member.military;
        if let Some(phone) = member.phone
            && !known.phone.as_str().is_empty()
            && known.phone != phone
        {
            let line = general.get(&member.name).copied().unwrap_or(member.line);
            let said = format!(
                "{}: 전화번호가 표마다 다릅니다. General 표({line}행): {}, 파트 표: {phone}. 하나로 맞춰 주십시오.",
                member.name, known.phone
            );
            self.error(member.line, said);
        }
    }

    /// R5 and R6: one 정, one 부, somebody for the company's own accounts.
    fn check_duties(
        &mut self,
        heading: usize,
        roster: &Roster,
        duties: &[(AccountDuty, Name, usize)],
        rows: bool,
    ) {
        for (duty, sign) in [(AccountDuty::Primary, "정"), (AccountDuty::Backup, "부")] {
            let mut holders = duties.iter().filter(|(held, _, _)| *held == duty);
            let first = holders.next();
            // Said twice of one person it is still one owner.
            let other = first.and_then(|(_, first, _)| holders.find(|(_, name, _)| name != first));
            match (first, other) {
                (Some((_, first, _)), Some((_, second, line))) => self.error(
                    *line,
                    format!("{second}: 계정 해지 통합 업무 담당({sign})이 {first}에게도 있습니다. 한 명만 남겨 주십시오."),
                ),
                (None, _) if rows => self.warn(
                    heading,
                    format!("계정 해지 통합 업무 담당({sign})이 없습니다. 비고란에 적어 주십시오. 예: * 계정 해지 통합 업무 담당({sign})"),
                ),
                (None | Some(_), None | Some(_)) => {}
            }
        }
        if rows && !roster.general.iter().any(|entry| entry.internal_accounts) {
            self.warn(heading, "솔트웨어 내부 계정 담당이 없습니다. 비고란에 적어 주십시오. 예: * 솔트웨어 내부 계정 담당");
        }
    }

    /// Reading 22: a domain that looks like the one most people have is doubtful, never changed.
    fn check_emails(&mut self, rows: &[Row]) {
        let mut domains: BTreeMap<String, usize> = BTreeMap::new();
        let mut owners: BTreeMap<String, &Name> = BTreeMap::new();
        let mut known: Vec<(&Row, String)> = Vec::new();
        for row in rows {
            let Some(email) = row.email.as_deref().map(str::to_lowercase) else { continue };
            let Some((_, domain)) = email.split_once('@') else { continue };
            *domains.entry(domain.to_owned()).or_default() += 1;
            known.push((row, domain.to_owned()));
            if let Some(other) = owners.insert(email.clone(), &row.name)
                && *other != row.name
            {
                self.error(
                    row.line,
                    format!("{}: e-mail \"{email}\"이(가) {other}에게도 있습니다. 한 사람에 하나씩 적어 주십시오.", row.name),
                );
            }
        }
        let common = domains.iter().max_by_key(|(_, count)| **count);
        let Some((common, count)) = common.map(|(domain, count)| (domain.clone(), *count)) else {
            return;
        };
        for (row, domain) in known {
            let rarer = domains.get(&domain).is_some_and(|own| *own < count);
            if rarer && strsim::damerau_levenshtein(&domain, &common) <= 2 {
                self.warn(
                    row.email_line,
                    format!(
                        "{}: e-mail 도메인 \"{domain}\"이(가) 다른 사람의 \"{common}\"과(와) 비슷합니다. 오타인지 확인해 주십시오. 적힌 그대로 두었습니다.",
                        row.name
                    ),
                );
            }
        }
    }

    fn check_phones(
        &mut self,
        roster: &Roster,
        general: &BTreeMap<Name, usize>,
        placed: &BTreeMap<Name, (String, usize)>,
    ) {
        let mut owners: BTreeMap<&PhoneNumber, &Name> = BTreeMap::new();
        for person in &roster.people {
            if person.phone.as_str().is_empty() {
                continue;
            }
            if let Some(other) = owners.insert(&person.phone, &person.name) {
                let line = general.get(&person.name).or(placed.get(&person.name).map(|p| &p.1));
                self.warn(
                    line.copied().unwrap_or(1),
                    format!(
                        "{}: 전화번호 {}이(가) {other}에게도 있습니다. 맞는지 확인해 주십시오.",
                        person.name, person.phone
                    ),
                );
            }
        }
    }
}

// ---- cells --------------------------------------------------------------------------------------------------------------------

/// A line as a heading: without markers of headings and lists, spaces and case.
fn heading_text(line: &str) -> String {
    squash(line.trim_matches(|c: char| c.is_whitespace() || "#*_|>".contains(c)))
}

/// The cells of some lines: parted by tabs and bars, blank ones left out; a whole row in one line parted at its address.
fn cells(lines: &[(usize, String)]) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut blank = true;
    for (line, text) in lines {
        let text = SLACK_LINK.replace_all(text, "$1$2");
        if text.chars().all(|c| c.is_whitespace() || c == '|') {
            blank = true;
            continue;
        }
        let mut indented = text.starts_with([' ', '\t']);
        for piece in text.split(['\t', '|']).map(str::trim).filter(|piece| !piece.is_empty()) {
            for piece in split_row(piece) {
                cells.push(Cell { line: *line, text: piece, indented, after_blank: blank });
                indented = true;
                blank = false;
            }
        }
    }
    cells
}

/// "가온별 gaon@example.co.kr 010-0000-1001 * 휴가" in its cells.
fn split_row(text: &str) -> Vec<String> {
    let Some(hit) = ROW_IN_A_LINE.captures(text) else { return vec![text.to_owned()] };
    let (name, email) = (hit[1].trim(), &hit[2]);
    if !name_like(name) || speaks_of_absence(name) || !is_email(email) {
        return vec![text.to_owned()];
    }
    let mut found = vec![name.to_owned(), email.to_owned()];
    let rest = hit.get(3).map_or("", |rest| rest.as_str().trim());
    match PHONE_FIRST.captures(rest) {
        Some(hit) => {
            found.push(hit[1].to_owned());
            found.extend(hit.get(2).map(|note| note.as_str().to_owned()));
        }
        None => found.push(rest.to_owned()),
    }
    found.retain(|cell| !cell.trim().is_empty());
    found
}

/// Whether a row of the General table begins here: a name with an address or number behind it, or a name alone where a row may begin.
fn starts_row(cell: &Cell, next: Option<&Cell>) -> bool {
    if !name_like(&cell.text) || is_note(&cell.text) {
        return false;
    }
    is_contact(next) || (!cell.indented && cell.after_blank)
}

fn is_contact(cell: Option<&Cell>) -> bool {
    cell.is_some_and(|cell| {
        cell.text.contains('@') && !cell.text.contains(' ') || phoneish(&cell.text)
    })
}

/// Whether a cell is a note rather than a broken address or number.
fn is_note(text: &str) -> bool {
    BULLET.is_match(text)
        || speaks_of_absence(text)
        || has_day(text)
        || text.starts_with('~')
        || is_account_duty(&squash(text))
        || squash(text).contains("내부계정")
}

/// Whether the text can be a name: a few words of letters.
fn name_like(text: &str) -> bool {
    let text = MILITARY.replace_all(text, "");
    let text = EMOJI.replace_all(&text, "");
    let text = text.trim();
    let letters = text.chars().count();
    text.chars().next().is_some_and(char::is_alphabetic)
        && letters <= 20
        && text.split_whitespace().count() <= 3
        && text.chars().all(|c| c.is_alphanumeric() || " .'-_".contains(c))
}

/// The name without its courtesy and signs, and whether a helmet stood there.
fn bare_name(text: &str) -> (Name, bool) {
    let military = MILITARY.is_match(text);
    let text = MILITARY.replace_all(text, "");
    let text = EMOJI.replace_all(&text, "");
    let text = text.trim();
    (Name(text.strip_suffix(" 님").unwrap_or(text).trim().to_owned()), military)
}

fn split_people(text: &str) -> Vec<String> {
    text.split([',', ';', '·']).map(|piece| piece.trim().to_owned()).collect()
}

fn ends_with_comma(text: &str) -> bool {
    let text = MILITARY.replace_all(text, "");
    text.trim_end().ends_with([',', ';'])
}

/// Whether somebody with a number stands in the cell.
fn holds_people(text: &str) -> bool {
    let Some(hit) = PHONE_IN_BRACKETS.find(text) else { return SPACED_PHONE.is_match(text) };
    name_like(&text[..hit.start()])
}

/// Where the part table ends: behind its last people, where prose follows a blank line. Lines that might be people or parts with
/// something wrong stay in, so that they are spoken of.
fn end_of_parts(cells: &[Cell]) -> usize {
    let mut end = 0;
    let mut strangers = 0;
    for (at, cell) in cells.iter().enumerate() {
        let comma = at > 0 && ends_with_comma(&cells[at - 1].text);
        let own = holds_people(&cell.text) || comma || !cell.after_blank && strangers == 0;
        if own {
            end = at + 1;
            strangers = 0;
            continue;
        }
        strangers += 1;
        // A part's name, or a name whose number is lost, is followed by people soon, or is the last that was written.
        if strangers > 3 {
            break;
        }
        let soon = cells[at + 1..].iter().take(3).any(|next| holds_people(&next.text));
        if name_like(&cell.text) && end == at && (soon || at + 1 == cells.len()) {
            end = at + 1;
        }
    }
    end
}

fn add_note(row: &mut Row, cell: &Cell, joined: bool) {
    let bullet = BULLET.is_match(&cell.text);
    let text = BULLET.replace(&cell.text, "").trim().to_owned();
    if let Some(last) = row.notes.last_mut()
        && !bullet
        && joined
        && goes_on(&last.text, &text)
    {
        last.text = format!("{} {text}", last.text);
        return;
    }
    row.notes.push(Note { line: cell.line, text });
}

/// Whether a note goes on in the next line.
fn goes_on(note: &str, next: &str) -> bool {
    let open_end =
        ["및", ",", "~", ":", "-", "부터", "까지"].iter().any(|sign| note.ends_with(sign));
    let unsaid = has_day(note) && !speaks_of_absence(note) && !has_day(next);
    // "~ 8월 28일 : 군사 훈련 및 기타 업무로" is said whole only with what it is taken out of.
    let rest_of_scope = has_day(note) && !has_day(next) && squash(next).contains("제외");
    let bare = squash(note);
    let unsigned = is_account_duty_begun(&bare)
        && duty_of(&bare).is_none()
        && duty_of(&squash(&format!("{note} {next}"))).is_some();
    open_end || unsaid || rest_of_scope || unsigned
}

// ---- duties -------------------------------------------------------------------------------------------------------------------

fn is_account_duty_begun(bare: &str) -> bool {
    bare.contains("계정") && (bare.contains("해지") || bare.contains("통합"))
}

fn is_account_duty(bare: &str) -> bool {
    is_account_duty_begun(bare) && (bare.contains("담당") || bare.contains("담장"))
}

fn duty_of(bare: &str) -> Option<AccountDuty> {
    let (_, sign) = ["담당", "담장"].iter().find_map(|word| bare.split_once(word))?;
    let sign = sign.strip_prefix('자').unwrap_or(sign);
    let sign = sign.trim_start_matches(['(', '[', ':', '-']);
    if sign.starts_with('정') {
        Some(AccountDuty::Primary)
    } else if sign.starts_with('부') {
        Some(AccountDuty::Backup)
    } else {
        None
    }
}

// ---- words --------------------------------------------------------------------------------------------------------------------

/// A text fit to be quoted in a message.
fn short(text: &str) -> String {
    let text = clean(text);
    if text.chars().count() <= 40 { text } else { text.chars().take(40).chain(['…']).collect() }
}

fn similar_name<'a>(name: &Name, among: impl Iterator<Item = &'a Name>) -> Option<&'a Name> {
    among
        .map(|other| (strsim::damerau_levenshtein(name.as_str(), other.as_str()), other))
        .filter(|(distance, _)| (1..=1).contains(distance))
        .map(|(_, other)| other)
        .next()
}
