//! The customer record: grades, owners, accounts (M8's 정/부, A1, A3, N, X).

use super::ids::{AccountId, Name};
use super::people::LineError;
use serde::{Deserialize, Serialize};

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

/// Reads `customers.csv`.
///
/// # Errors
/// Everything that is wrong, each with its line; then no record.
pub fn read_customers(_csv: &str) -> Result<Customers, Vec<LineError>> {
    Err(vec![])
}

impl Customers {
    /// The customer of that name or alias; case, spaces and width do not matter.
    #[must_use]
    pub fn find(&self, _name: &str) -> Option<&Customer> {
        None
    }

    /// Names that look like this one, nearest first, three at most.
    #[must_use]
    pub fn similar(&self, _name: &str) -> Vec<&str> {
        Vec::new()
    }

    /// The one customer whose name or an alias stands in this text; `None` when none or several do.
    #[must_use]
    pub fn named_in(&self, _text: &str) -> Option<&Customer> {
        None
    }
}
