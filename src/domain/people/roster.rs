//! The roster in force.

use super::absence::Absence;
use crate::domain::ids::{Name, PhoneNumber};
use serde::{Deserialize, Serialize};

/// The guide's people, in the guide's order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// The General list in its order (R1).
    pub general: Vec<GeneralEntry>,
    /// The parts in table order (R7).
    pub parts: Vec<Part>,
    /// Everybody, once each (a person on both lists is one person), General list first, then each part's members and its leader.
    pub people: Vec<Person>,
}

/// A row of the General list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneralEntry {
    /// Who.
    pub name: Name,
    /// Owner of account tickets (R5).
    pub account_duty: Option<AccountDuty>,
    /// Owner of the company's own accounts (R6).
    pub internal_accounts: bool,
}

/// Which of the two owners of account tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountDuty {
    /// 정
    #[serde(rename = "정")]
    Primary,
    /// 부
    #[serde(rename = "부")]
    Backup,
}

/// A part of TS (R7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// `Leaf`, `Tiger`, `Aqua`.
    pub name: String,
    /// Its leader (PL).
    pub leader: Name,
    /// Its other members in table order.
    pub members: Vec<Name>,
}

/// Somebody of the guide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The name, the key of everything.
    pub name: Name,
    /// The address by which Slack knows the person; only the General table has it.
    pub email: Option<String>,
    /// The number for emergencies.
    pub phone: PhoneNumber,
    /// 병역특례 (R8).
    pub military: bool,
    /// From the note column.
    pub absences: Vec<Absence>,
}

impl Roster {
    /// The person of that name.
    #[must_use]
    pub fn person(&self, name: &Name) -> Option<&Person> {
        self.people.iter().find(|person| &person.name == name)
    }

    /// The part that this person leads or belongs to.
    #[must_use]
    pub fn part_of(&self, name: &Name) -> Option<&Part> {
        self.parts.iter().find(|part| &part.leader == name || part.members.contains(name))
    }

    /// The row of the General list, when the person is on it.
    #[must_use]
    pub fn general_entry(&self, name: &Name) -> Option<&GeneralEntry> {
        self.general.iter().find(|entry| &entry.name == name)
    }

    /// The person's number, when the guide has one.
    #[must_use]
    pub fn phone(&self, name: &Name) -> Option<&PhoneNumber> {
        self.person(name).map(|person| &person.phone)
    }

    /// The owner of account tickets (R5).
    #[must_use]
    pub fn account_owner(&self, duty: AccountDuty) -> Option<&Name> {
        let mut general = self.general.iter();
        general.find(|entry| entry.account_duty == Some(duty)).map(|entry| &entry.name)
    }

    /// The owner of the company's own accounts (R6).
    #[must_use]
    pub fn internal_account_owner(&self) -> Option<&Name> {
        self.general.iter().find(|entry| entry.internal_accounts).map(|entry| &entry.name)
    }
}

impl Part {
    /// Everybody of the part in the order in which they are asked: the members, the leader last (readings 9, 13).
    pub fn in_order(&self) -> impl Iterator<Item = &Name> {
        self.members.iter().chain(std::iter::once(&self.leader))
    }
}
