//! In which order people are asked: the chains of A5, M8 and N4, and the assignment of A2 (readings 9, 13 to 16).
//!
//! An order names everybody, also those who are away: whether somebody is away is asked again at each rung
//! ([`Candidate::absence`]), because a chain may outlast an absence, or an absence be entered while it runs.

use super::absence::{Absence, AbsenceScope};
use super::roster::{AccountDuty, Roster};
use crate::domain::customers::Customer;
use crate::domain::ids::{Name, PhoneNumber};
use crate::domain::policy::{ChainKind, Policy};
use crate::domain::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Absences that were entered by `/leave` (R2), beside the guide's.
pub type Leaves = BTreeMap<Name, Vec<Absence>>;

/// For what somebody is asked, hence which absences remove (reading 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// As one of the General list: every absence removes.
    General,
    /// As TS owner, member of a part, account owner or SA: an absence scoped to General does not remove.
    Other,
}

/// Somebody in an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Who.
    pub name: Name,
    /// Why at this place: `General 목록 1번`, `정 담당자`, `정 파트(Tiger) 구성원`, `SA 정`.
    pub place: String,
    /// The number to call; `None` when the guide has none.
    pub phone: Option<PhoneNumber>,
    /// What is doubtful about this person, whenever it is.
    pub warnings: Vec<String>,
    /// Which absences remove the person here.
    pub duty: Duty,
}

/// Somebody who is not asked now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Who.
    pub name: Name,
    /// Why, in Korean: `8/6 전일 휴가`.
    pub why: String,
}

/// Everybody in the order in which they are asked, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Everybody, also who is away.
    pub candidates: Vec<Candidate>,
    /// What is doubtful about the order, in Korean (reading 15).
    pub warnings: Vec<String>,
}

impl Candidate {
    /// The absence that removes this person at `at`, if any.
    #[must_use]
    pub fn absence<'a>(
        &self,
        roster: &'a Roster,
        leaves: &'a Leaves,
        at: Time,
    ) -> Option<&'a Absence> {
        absence_at(roster, leaves, &self.name, self.duty, at)
    }

    /// What is shown beside this person at `at`: the standing warnings, and an absence that does not remove here (reading 14).
    #[must_use]
    pub fn warnings_at(&self, roster: &Roster, leaves: &Leaves, at: Time) -> Vec<String> {
        let mut warnings = self.warnings.clone();
        if self.duty == Duty::Other
            && self.absence(roster, leaves, at).is_none()
            && let Some(absence) = absence_at(roster, leaves, &self.name, Duty::General, at)
        {
            let said = absence.korean();
            warnings.push(format!(
                "{}: General 제외 중입니다 ({said}). TS 순서에는 남습니다.",
                self.name
            ));
        }
        warnings
    }
}

impl Order {
    /// Who can be asked at `at`, in order, and who is skipped and why (R2).
    #[must_use]
    pub fn available(
        &self,
        roster: &Roster,
        leaves: &Leaves,
        at: Time,
    ) -> (Vec<&Candidate>, Vec<Skipped>) {
        let mut present = Vec::new();
        let mut skipped = Vec::new();
        for candidate in &self.candidates {
            match candidate.absence(roster, leaves, at) {
                None => present.push(candidate),
                Some(absence) => {
                    skipped.push(Skipped { name: candidate.name.clone(), why: absence.korean() });
                }
            }
        }
        (present, skipped)
    }

    /// Everything doubtful at `at`: of the order, then of each who can be asked.
    #[must_use]
    pub fn warnings_at(&self, roster: &Roster, leaves: &Leaves, at: Time) -> Vec<String> {
        let (present, _) = self.available(roster, leaves, at);
        let own = present.into_iter().flat_map(|person| person.warnings_at(roster, leaves, at));
        self.warnings.iter().cloned().chain(own).collect()
    }

    /// Adds somebody at the end; who stands in the order already keeps the earlier place.
    fn push(&mut self, roster: &Roster, name: &Name, place: String, duty: Duty) {
        if self.candidates.iter().any(|candidate| &candidate.name == name) {
            return;
        }
        let phone = roster.phone(name).cloned();
        let mut warnings = Vec::new();
        if phone.is_none() {
            warnings.push(format!(
                "{name}: 가이드에 전화번호가 없습니다. COC가 번호를 확인해 전화해 주십시오."
            ));
        }
        self.candidates.push(Candidate { name: name.clone(), place, phone, warnings, duty });
    }

    /// The General list; with `military_last` its 병역특례 people come behind the others, list order inside each half.
    fn push_general(&mut self, roster: &Roster, military_last: bool) {
        let late = |name: &Name| military_last && roster.person(name).is_some_and(|p| p.military);
        let rows = || roster.general.iter().enumerate();
        let first = rows().filter(|(_, entry)| !late(&entry.name));
        let second = rows().filter(|(_, entry)| late(&entry.name));
        for (index, entry) in first.chain(second) {
            let last = if late(&entry.name) { " (병역특례 후순위)" } else { "" };
            let place = format!("General 목록 {}번{last}", index + 1);
            self.push(roster, &entry.name, place, Duty::General);
        }
    }

    /// The TS who are not on the General list: parts in table order, each part's members before its leader (reading 9).
    fn push_other_ts(&mut self, roster: &Roster) {
        for part in &roster.parts {
            for name in part.in_order() {
                let role = if name == &part.leader { "리더" } else { "구성원" };
                self.push(roster, name, format!("기타 TS: {} 파트 {role}", part.name), Duty::Other);
            }
        }
    }
}

/// The urgent chain (A5, reading 9): the General list, then the other TS.
#[must_use]
pub fn urgent_order(roster: &Roster, policy: &Policy) -> Order {
    let mut order = Order::default();
    order.push_general(roster, policy.chain.military_last.contains(&ChainKind::Urgent));
    order.push_other_ts(roster);
    order
}

/// The MSP chain (M8, readings 13 to 15): 정, 부, the rest of their parts, General, SA.
#[must_use]
pub fn msp_order(roster: &Roster, customer: &Customer, policy: &Policy) -> Order {
    let mut order = Order::default();
    let owners = [(&customer.ts_primary, "정"), (&customer.ts_backup, "부")];
    let owners = owners.map(|(name, sign)| name.as_ref().map(|name| (name, sign)));
    match owners {
        [None, None] => order.warnings.push(format!(
            "{}: 고객 기록에 TS 담당자가 없어 General부터 시작합니다.",
            customer.name
        )),
        [None, Some((backup, _))] => order.warnings.push(format!(
            "{}: 고객 기록에 TS 정 담당자가 없어 부 담당자 {}부터 시작합니다.",
            customer.name,
            backup.polite()
        )),
        [Some(_), None | Some(_)] => {}
    }
    let owners: Vec<(&Name, &str)> = owners.into_iter().flatten().collect();
    for (name, sign) in &owners {
        order.push(roster, name, format!("{sign} 담당자"), Duty::Other);
    }
    // Whether the owner is away or not, the part is the one to ask (M8).
    for (name, sign) in &owners {
        match roster.part_of(name) {
            Some(part) => {
                for member in part.in_order() {
                    let role = if member == &part.leader { "리더" } else { "구성원" };
                    let place = format!("{sign} 파트({}) {role}", part.name);
                    order.push(roster, member, place, Duty::Other);
                }
            }
            None => order.warnings.push(format!(
                "{}: TS {sign} 담당자 {}은(는) 가이드의 TS 파트에 없습니다.",
                customer.name,
                name.polite()
            )),
        }
    }
    order.push_general(roster, policy.chain.military_last.contains(&ChainKind::Msp));
    for (name, place) in [(&customer.sa_primary, "SA 정"), (&customer.sa_backup, "SA 부")] {
        if let Some(name) = name {
            order.push(roster, name, place.to_owned(), Duty::Other);
        }
    }
    order
}

/// The order for errors with accounts of customers outside MSP (N4, reading 16): account duty 정, 부, General, other TS.
#[must_use]
pub fn account_order(roster: &Roster) -> Order {
    let mut order = Order::default();
    for (duty, sign) in [(AccountDuty::Primary, "정"), (AccountDuty::Backup, "부")] {
        let place = format!("계정 업무 담당({sign})");
        match roster.account_owner(duty) {
            Some(name) => order.push(roster, name, place, Duty::Other),
            None => order.warnings.push(format!("가이드에 {place}이(가) 없습니다.")),
        }
    }
    order.push_general(roster, false);
    order.push_other_ts(roster);
    order
}

/// The absence that keeps somebody from a duty at `at`, from the guide or from `/leave`; of several the one that lasts longest.
#[must_use]
pub fn absence_at<'a>(
    roster: &'a Roster,
    leaves: &'a Leaves,
    name: &Name,
    duty: Duty,
    at: Time,
) -> Option<&'a Absence> {
    let noted = roster.person(name).into_iter().flat_map(|person| &person.absences);
    let entered = leaves.get(name).into_iter().flatten();
    noted
        .chain(entered)
        .filter(|absence| absence.covers(at))
        .filter(|absence| match (absence.scope, duty) {
            (AbsenceScope::All, Duty::General | Duty::Other)
            | (AbsenceScope::General, Duty::General) => true,
            (AbsenceScope::General, Duty::Other) => false,
        })
        .max_by_key(|absence| absence.to)
}

/// The General list in the order in which tickets are given out (A2): fewest active tickets, then longest since the last one (never is
/// longest), then list order. Who is away is skipped. A name that `counts` lacks has none.
#[must_use]
pub fn assign_order(
    roster: &Roster,
    leaves: &Leaves,
    counts: &BTreeMap<Name, u32>,
    last: &BTreeMap<Name, Time>,
    at: Time,
) -> (Vec<Name>, Vec<Skipped>) {
    let mut present: Vec<&Name> = Vec::new();
    let mut skipped = Vec::new();
    for entry in &roster.general {
        match absence_at(roster, leaves, &entry.name, Duty::General, at) {
            None => present.push(&entry.name),
            Some(absence) => {
                skipped.push(Skipped { name: entry.name.clone(), why: absence.korean() });
            }
        }
    }
    // A stable sort keeps the list order; no last time sorts before any.
    present.sort_by_key(|name| (counts.get(name).copied().unwrap_or(0), last.get(name).copied()));
    (present.into_iter().cloned().collect(), skipped)
}
