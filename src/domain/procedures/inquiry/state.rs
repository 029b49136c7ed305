//! Somebody who telephoned: who, about what, and what came of it.

use super::super::super::case::Home;
use super::super::super::customers::Grade;
use super::super::super::ids::{CaseId, Name, PhoneNumber};
use super::super::super::ladder::Via;
use super::super::super::policy::Policy;
use super::super::super::time::Time;
use super::super::urgent::Board;
use serde::{Deserialize, Serialize};

/// Somebody telephoned the desk (C1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inquiry {
    /// The post in whose thread it lives; `None` where nothing is posted (C2).
    pub home: Option<Home>,
    /// The customer's name on record; empty where nobody knows it, or it does not matter.
    pub customer: String,
    /// What began it: a name that is the same for the same call.
    pub origin: String,
    /// What the operator wrote down.
    pub call: Call,
    /// What is to come, or came of it.
    pub stage: Stage,
    /// How many people were asked to call back; their buttons bear the number.
    pub round: u32,
    /// Who was asked before the present one.
    pub earlier: Vec<Name>,
    /// Posts that bear buttons of the case.
    pub boards: Vec<Board>,
}

/// What the operator wrote down of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Who took it.
    pub by: Name,
    /// When it was handed in.
    pub at: Time,
    /// Whether that was within business hours.
    pub in_hours: bool,
    /// What the caller wants.
    pub kind: Kind,
    /// The company as the record has it, else as the caller said it.
    pub company: String,
    /// The customer's grade; `None` where the customer is not known.
    pub grade: Option<Grade>,
    /// Whether the customer has engineers of its own: MSP or 주요 (M8).
    pub own_engineers: bool,
    /// The caller's name; empty where it was not said.
    pub caller: String,
    /// Where the caller belongs; empty where it was not said.
    pub belongs: String,
    /// Where the caller can be reached.
    pub number: Option<PhoneNumber>,
    /// The last four digits of the account; empty where they were not said.
    pub last_four: String,
    /// What it is about; empty where it was not said.
    pub about: String,
    /// Whether the caller can write a mail.
    pub can_mail: bool,
}

/// What a caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something that has nothing to do with AWS (C2).
    OtherBusiness,
    /// Something of AWS that is not technical (C3).
    NotTechnical,
    /// An outage (C5, M9).
    Outage,
    /// Anything else (C6 to C8).
    General,
}

/// What is to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Somebody will call back by then: the customer's engineers are reached in order (C5).
    Promised {
        /// The case in which they are.
        chain: CaseId,
        /// Until when.
        due: Time,
    },
    /// The time of the promise is over, and nobody took it.
    Broken {
        /// The case in which people are reached.
        chain: CaseId,
        /// When the promise fell due.
        due: Time,
        /// When COC is told again.
        again: Time,
        /// How often COC was told again.
        times: u32,
    },
    /// The caller was asked to write a mail, and may still say that this is not possible (C6 to C8).
    Advised {
        /// Until when.
        until: Time,
    },
    /// Somebody is asked to call back at the opening (C6).
    Queued {
        /// The opening.
        until: Time,
    },
    /// Somebody is asked to call back (C6, C7).
    Asked {
        /// Who.
        who: Name,
        /// When that person and COC are told again.
        again: Time,
        /// How often they were.
        times: u32,
    },
    /// COC has to see to it.
    Todo {
        /// What is to be done.
        what: Todo,
        /// When COC is told again.
        again: Time,
        /// How often COC was told again.
        times: u32,
    },
    /// Nothing is to come.
    Over {
        /// Since when.
        at: Time,
        /// What came of it.
        how: Ending,
    },
}

/// What COC has to see to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Todo {
    /// An engineer is to be found: nobody is left who could be asked.
    Engineer,
    /// Whoever sells to the customer is to be found: the record does not say (C8).
    Sales,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The caller was given another number (C2).
    Redirected,
    /// A memo stands in g (C3).
    Memo,
    /// The caller will write a mail.
    Mail,
    /// The caller was led to the customer's CSR (C8, A3).
    Sales {
        /// Who that is.
        csr: Name,
    },
    /// An engineer took the outage.
    Taken {
        /// Who.
        by: Name,
    },
    /// COC ended the chain.
    ChainEnded {
        /// Who.
        by: Name,
    },
    /// Whoever was asked will call back.
    Confirmed {
        /// Who will.
        by: Name,
        /// How that was said.
        how: Via,
    },
    /// COC saw to it.
    Done {
        /// Who.
        by: Name,
    },
}

/// A step of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InquiryChange {
    /// Its thread is gone: it goes on elsewhere.
    Moved(Home),
    /// It goes on.
    To(Stage),
    /// The caller cannot write a mail after all.
    CannotMail,
    /// Somebody is asked to call back.
    Asked {
        /// Who.
        who: Name,
        /// When that person is told again.
        again: Time,
    },
    /// What is open was told again.
    Chased {
        /// When it is told again.
        again: Time,
    },
    /// A post bears buttons of the case.
    Shown(Board),
    /// No post bears any more.
    Cleared,
}

impl Inquiry {
    /// Takes a step.
    pub fn apply(&mut self, change: &InquiryChange) {
        match change {
            InquiryChange::Moved(home) => self.home = Some(home.clone()),
            InquiryChange::To(stage) => self.stage = stage.clone(),
            InquiryChange::CannotMail => self.call.can_mail = false,
            InquiryChange::Asked { who, again } => {
                if let Stage::Asked { who: before, .. } = &self.stage {
                    self.earlier.push(before.clone());
                }
                self.round = self.round.saturating_add(1);
                self.stage = Stage::Asked { who: who.clone(), again: *again, times: 0 };
            }
            InquiryChange::Chased { again: next } => match &mut self.stage {
                Stage::Broken { again, times, .. }
                | Stage::Asked { again, times, .. }
                | Stage::Todo { again, times, .. } => {
                    *again = *next;
                    *times = times.saturating_add(1);
                }
                Stage::Promised { .. }
                | Stage::Advised { .. }
                | Stage::Queued { .. }
                | Stage::Over { .. } => {}
            },
            InquiryChange::Shown(board) => self.boards.push(board.clone()),
            InquiryChange::Cleared => self.boards.clear(),
        }
    }

    /// Whether something is still to come.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.stage, Stage::Over { .. })
    }

    /// The next due time.
    #[must_use]
    pub const fn wake(&self, _policy: &Policy) -> Option<Time> {
        match &self.stage {
            Stage::Promised { due, .. } => Some(*due),
            Stage::Queued { until } | Stage::Advised { until } => Some(*until),
            Stage::Broken { again, .. }
            | Stage::Asked { again, .. }
            | Stage::Todo { again, .. } => Some(*again),
            Stage::Over { .. } => None,
        }
    }

    /// The case in which people are reached for it.
    #[must_use]
    pub const fn chain(&self) -> Option<CaseId> {
        match &self.stage {
            Stage::Promised { chain, .. } | Stage::Broken { chain, .. } => Some(*chain),
            Stage::Advised { .. }
            | Stage::Queued { .. }
            | Stage::Asked { .. }
            | Stage::Todo { .. }
            | Stage::Over { .. } => None,
        }
    }
}
