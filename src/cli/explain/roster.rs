//! `coc explain roster`: the guide as read (R1 to R8).

use super::{Files, when};
use crate::cli::{Done, Folders, books, out, values};
use crate::domain::books::BookFile;
use crate::domain::ids::Name;
use crate::domain::people::absence::OPEN_END;
use crate::domain::people::{
    Absence, AbsenceScope, AccountDuty, GeneralEntry, Part, Roster, Warning,
};
use crate::domain::time::Time;
use serde::Serialize;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 기준 시각 (예: "2025-08-05 22:00", 시간대가 없으면 서울)
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    at: Time,
    /// 결과를 JSON 문서 하나로 보입니다
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document {
    at: String,
    general: Vec<General>,
    parts: Vec<PartRow>,
    /// Everybody of the guide, each once, with what does not depend on a list.
    people: Vec<PersonRow>,
    warnings: Vec<LineWarning>,
}

#[derive(Serialize)]
struct General {
    name: String,
    email: Option<String>,
    phone: Option<String>,
    military: bool,
    account_duty: Option<AccountDuty>,
    internal_accounts: bool,
    absences: Vec<AbsenceRow>,
}

#[derive(Serialize)]
struct AbsenceRow {
    /// `None`: already in force (R4).
    from: Option<String>,
    /// Exclusive (reading 28); `None`: without an end.
    to: Option<String>,
    scope: AbsenceScope,
    reason: String,
    /// Whether it holds at the time that was asked about.
    now: bool,
}

#[derive(Serialize)]
struct PartRow {
    name: String,
    leader: String,
    members: Vec<String>,
}

#[derive(Serialize)]
struct PersonRow {
    name: String,
    phone: String,
    military: bool,
}

#[derive(Serialize)]
struct LineWarning {
    line: usize,
    text: String,
}

pub(super) fn run(args: &Args, files: &Files, folders: &Folders) -> Done {
    let overrides = files.overrides();
    let (roster, warnings) = books::guide(folders, &overrides, args.at.date_naive())?;
    if args.json {
        return out::json(&document(&roster, warnings, args.at));
    }
    let path = overrides.path(&folders.data, BookFile::Guide);
    let mut lines = told(&roster, args.at);
    let warnings = warnings.iter();
    lines.extend(warnings.map(|w| format!("⚠️ {}:{}: {}", path.display(), w.line, w.text)));
    out::text(&lines.join("\n"))
}

fn document(roster: &Roster, warnings: Vec<Warning>, at: Time) -> Document {
    let names = |names: &[Name]| names.iter().map(ToString::to_string).collect();
    Document {
        at: at.to_rfc3339(),
        general: roster.general.iter().map(|entry| general(roster, entry, at)).collect(),
        parts: roster
            .parts
            .iter()
            .map(|Part { name, leader, members }| PartRow {
                name: name.clone(),
                leader: leader.to_string(),
                members: names(members),
            })
            .collect(),
        people: roster
            .people
            .iter()
            .map(|person| PersonRow {
                name: person.name.to_string(),
                phone: person.phone.to_string(),
                military: person.military,
            })
            .collect(),
        warnings: warnings
            .into_iter()
            .map(|Warning { line, text }| LineWarning { line, text })
            .collect(),
    }
}

fn general(roster: &Roster, entry: &GeneralEntry, at: Time) -> General {
    let GeneralEntry { name, account_duty, internal_accounts } = entry;
    let person = roster.person(name);
    General {
        name: name.to_string(),
        email: person.and_then(|person| person.email.clone()),
        phone: person.map(|person| person.phone.to_string()),
        military: person.is_some_and(|person| person.military),
        account_duty: *account_duty,
        internal_accounts: *internal_accounts,
        absences: person
            .into_iter()
            .flat_map(|person| &person.absences)
            .map(|absence| AbsenceRow {
                from: absence.from.map(|from| from.to_rfc3339()),
                to: (absence.to != OPEN_END).then(|| absence.to.to_rfc3339()),
                scope: absence.scope,
                reason: absence.reason.clone(),
                now: absence.covers(at),
            })
            .collect(),
    }
}

fn told(roster: &Roster, at: Time) -> Vec<String> {
    let mut lines = vec![
        format!("업무가이드 명단: {} 기준", when(at)),
        format!("General 티켓 담당자 {}명", roster.general.len()),
    ];
    for (nth, entry) in roster.general.iter().enumerate() {
        let person = roster.person(&entry.name);
        let mut said = vec![entry.name.to_string()];
        said.extend(person.and_then(|person| person.email.clone()));
        said.extend(person.map(|person| person.phone.to_string()));
        said.extend(person.filter(|person| person.military).map(|_| "병역특례".to_owned()));
        said.extend(entry.account_duty.map(|duty| match duty {
            AccountDuty::Primary => "계정 해지 통합 업무 담당(정)".to_owned(),
            AccountDuty::Backup => "계정 해지 통합 업무 담당(부)".to_owned(),
        }));
        said.extend(entry.internal_accounts.then(|| "솔트웨어 내부 계정 담당".to_owned()));
        lines.push(format!("{}. {}", nth + 1, said.join(" · ")));
        let absences = person.into_iter().flat_map(|person| &person.absences);
        lines.extend(absences.map(|absence| absent(absence, at)));
    }
    lines.push(format!("TS 파트 {}개", roster.parts.len()));
    for part in &roster.parts {
        let member = |name: &Name| {
            let phone = roster.phone(name).map(|phone| format!("({phone})")).unwrap_or_default();
            let military = roster.person(name).is_some_and(|person| person.military);
            format!("{name}{phone}{}", if military { " 병역특례" } else { "" })
        };
        let members: Vec<String> = part.members.iter().map(member).collect();
        let members = if members.is_empty() { "없음".to_owned() } else { members.join(", ") };
        lines.push(format!("- {}: 리더 {}, 구성원 {members}", part.name, member(&part.leader)));
    }
    lines
}

fn absent(absence: &Absence, at: Time) -> String {
    let now = if absence.covers(at) { " (지금 부재)" } else { "" };
    format!("   부재: {}{now}", absence.korean())
}
