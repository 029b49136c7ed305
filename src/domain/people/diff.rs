//! What a changed guide would change (R1), for `/coc guide`.

use super::absence::Absence;
use super::roster::{AccountDuty, Part, Person, Roster};
use crate::domain::ids::Name;

impl Roster {
    /// What would change if `new` went live in place of this roster: one Korean line a change; none when nothing changes.
    #[must_use]
    pub fn diff(&self, new: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for person in &new.people {
            if self.person(&person.name).is_none() {
                lines.push(format!("추가: {} ({})", person.name, new.place(&person.name)));
            }
        }
        for person in &self.people {
            if new.person(&person.name).is_none() {
                lines.push(format!("삭제: {} ({})", person.name, self.place(&person.name)));
            }
        }
        self.diff_general(new, &mut lines);
        self.diff_parts(new, &mut lines);
        for person in &new.people {
            if let Some(old) = self.person(&person.name) {
                diff_person(old, person, &mut lines);
            }
        }
        lines
    }

    /// Where somebody stands: "General 1번, Leaf 파트".
    fn place(&self, name: &Name) -> String {
        let general = self.general.iter().position(|entry| &entry.name == name);
        let general = general.map(|index| format!("General {}번", index + 1));
        let part = self.part_of(name).map(|part| {
            let role = if &part.leader == name { "리더" } else { "구성원" };
            format!("{} 파트 {role}", part.name)
        });
        general.into_iter().chain(part).collect::<Vec<_>>().join(", ")
    }

    fn diff_general(&self, new: &Self, lines: &mut Vec<String>) {
        let order = |roster: &Self| -> Vec<Name> {
            roster.general.iter().map(|entry| entry.name.clone()).collect()
        };
        let (before, after) = (order(self), order(new));
        if before != after {
            lines.push(format!("General 순서: {} → {}", list(&before), list(&after)));
        }
        for (duty, sign) in [(AccountDuty::Primary, "정"), (AccountDuty::Backup, "부")] {
            let (before, after) = (self.account_owner(duty), new.account_owner(duty));
            if before != after {
                let line = format!("계정 해지 통합 업무 담당({sign}): {}", change(before, after));
                lines.push(line);
            }
        }
        let (before, after) = (self.internal_account_owner(), new.internal_account_owner());
        if before != after {
            lines.push(format!("솔트웨어 내부 계정 담당: {}", change(before, after)));
        }
    }

    fn diff_parts(&self, new: &Self, lines: &mut Vec<String>) {
        let find = |roster: &Self, name: &str| -> Option<Part> {
            roster.parts.iter().find(|part| part.name == name).cloned()
        };
        let said = |part: &Part| format!("리더 {}, 구성원 {}", part.leader, list(&part.members));
        for part in &new.parts {
            match find(self, &part.name) {
                None => lines.push(format!("파트 추가: {} ({})", part.name, said(part))),
                Some(old) if old != *part => {
                    lines.push(format!("{} 파트: {} → {}", part.name, said(&old), said(part)));
                }
                Some(_) => {}
            }
        }
        for part in &self.parts {
            if find(new, &part.name).is_none() {
                lines.push(format!("파트 삭제: {} ({})", part.name, said(part)));
            }
        }
        let order = |roster: &Self| -> Vec<Name> {
            roster.parts.iter().map(|part| Name(part.name.clone())).collect()
        };
        let (mut before, mut after) = (order(self), order(new));
        before.retain(|name| find(new, name.as_str()).is_some());
        after.retain(|name| find(self, name.as_str()).is_some());
        if before != after {
            lines.push(format!("파트 순서: {} → {}", list(&before), list(&after)));
        }
    }
}

fn diff_person(old: &Person, new: &Person, lines: &mut Vec<String>) {
    let name = &new.name;
    if old.phone != new.phone {
        lines.push(format!("{name} 전화: {} → {}", old.phone, new.phone));
    }
    if old.email != new.email {
        let line = change(old.email.as_ref(), new.email.as_ref());
        lines.push(format!("{name} e-mail: {line}"));
    }
    if old.military != new.military {
        let said = if new.military { "표시됨" } else { "해제됨" };
        lines.push(format!("{name} 병역특례: {said}"));
    }
    let missing_in = |absences: &[Absence], absence: &Absence| !absences.contains(absence);
    for absence in new.absences.iter().filter(|absence| missing_in(&old.absences, absence)) {
        lines.push(format!("{name} 부재 추가: {}", absence.korean()));
    }
    for absence in old.absences.iter().filter(|absence| missing_in(&new.absences, absence)) {
        lines.push(format!("{name} 부재 삭제: {}", absence.korean()));
    }
}

fn list(names: &[Name]) -> String {
    let names: Vec<&str> = names.iter().map(Name::as_str).collect();
    if names.is_empty() { "없음".to_owned() } else { names.join(", ") }
}

fn change<T: std::fmt::Display>(before: Option<&T>, after: Option<&T>) -> String {
    let said = |value: Option<&T>| value.map_or_else(|| "없음".to_owned(), ToString::to_string);
    format!("{} → {}", said(before), said(after))
}
