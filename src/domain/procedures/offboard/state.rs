//! A forced off-boarding's life as data: where it stands, and the steps that lead there.

use super::check::{Checked, Problem};
use crate::domain::case::Home;
use crate::domain::ids::{AccountId, CaseId, ErrandId, Name, SlackUser, TicketLink};
use crate::domain::policy::Policy;
use crate::domain::procedures::urgent::Board;
use crate::domain::time::Time;
use crate::domain::watch::asked_again_at;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A forced off-boarding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offboard {
    /// Its card, whose thread it lives in.
    pub home: Home,
    /// The card.
    pub card: ErrandId,
    /// What began it.
    pub origin: String,
    /// What was asked for.
    pub request: Request,
    /// Whether the request came without accounts: the salespeople confirm each list of them (X8).
    pub unnamed: bool,
    /// Everybody who asked for it, entered or changed it, or vouched for its accounts: none of them confirms the execution.
    pub authors: BTreeMap<SlackUser, Name>,
    /// Counts what was shown to be confirmed: buttons and confirmations of an earlier round are void.
    pub round: u32,
    /// Which accounts are unlinked, in any round.
    pub done: Vec<Done>,
    /// Where it stands.
    pub stage: Stage,
    /// Posts that bear buttons of this round.
    pub boards: Vec<Board>,
    /// Commands that were taken back before it was known whether they stood already.
    pub withdrawn: Vec<ErrandId>,
}

/// What was asked for (X2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The customer's name on record.
    pub customer: String,
    /// Why.
    pub reason: String,
    /// 퇴점 일시: nothing is confirmed or unlinked before.
    pub at: Time,
    /// The ticket.
    pub ticket: TicketLink,
    /// Who handed it in.
    pub by: Name,
}

/// When people were last asked, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chase {
    /// When.
    pub asked: Time,
    /// How often they were asked again.
    pub times: u32,
    /// They are not asked before then: the day's business is over.
    pub quiet_until: Option<Time>,
}

impl Chase {
    /// Asked now for the first time.
    #[must_use]
    pub const fn new(asked: Time) -> Self {
        Self { asked, times: 0, quiet_until: None }
    }

    /// When they are asked again.
    #[must_use]
    pub fn due(&self, policy: &Policy) -> Time {
        let due = asked_again_at(self.asked, policy.offboard.chase_after, self.times);
        self.quiet_until.map_or(due, |until| due.max(until))
    }
}

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The accounts wait for a salesperson's confirmation (X8).
    Naming {
        /// The list.
        list: Listed,
        /// When they were last asked.
        chase: Chase,
    },
    /// It waits for 퇴점 일시.
    Scheduled {
        /// The accounts.
        checked: Checked,
    },
    /// COC is asked to confirm the execution (X4).
    Asking {
        /// What is shown, and who confirmed it.
        asking: Asking,
        /// When COC was last asked.
        chase: Chase,
    },
    /// One account is being unlinked.
    Running {
        /// What was confirmed, and what comes after.
        run: Run,
        /// The account.
        now: Asked,
        /// When COC was last asked for its outcome.
        chase: Chase,
    },
    /// Unlinking an account failed: somebody sees to it, and COC goes on when it can (X5).
    Failed {
        /// What was confirmed; the account that failed is the first of the rest.
        run: Run,
        /// What failed.
        failure: Failure,
        /// When COC was last asked.
        chase: Chase,
    },
    /// It goes on when COC says so.
    Stopped {
        /// The accounts that are left.
        rest: Vec<AccountId>,
        /// Why.
        why: Why,
        /// When COC was last asked.
        chase: Chase,
    },
    /// It is over.
    Over {
        /// When.
        at: Time,
        /// How.
        how: Ending,
    },
}

/// The accounts that wait for a salesperson's confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// The record has none: COC is to write them down.
    Nothing,
    /// These, in a post in g.
    Shown {
        /// The accounts.
        accounts: Vec<AccountId>,
        /// The post.
        post: ErrandId,
    },
}

/// The confirmation that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// The accounts as they were shown.
    pub checked: Checked,
    /// The post that shows them.
    pub post: ErrandId,
    /// Who confirmed so far.
    pub by: Vec<Confirmation>,
}

/// Somebody's confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Who.
    pub user: SlackUser,
    /// By name.
    pub name: Name,
    /// When.
    pub at: Time,
    /// The round that was shown.
    pub round: u32,
    /// The accounts as they were held against the record at that moment.
    pub checked: Checked,
}

/// A confirmed execution. Nothing but [`Asking::confirmed`] makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    by: Vec<Confirmation>,
}

impl Confirmed {
    /// Who confirmed; at least one, no two alike.
    #[must_use]
    pub fn by(&self) -> &[Confirmation] {
        &self.by
    }
}

impl Asking {
    /// The execution once enough people confirmed this round; none of `authors` counts.
    #[must_use]
    pub fn confirmed(
        &self,
        round: u32,
        authors: &BTreeMap<SlackUser, Name>,
        needed: u32,
    ) -> Option<Confirmed> {
        let mut by: Vec<Confirmation> = Vec::new();
        for one in &self.by {
            let counts = one.round == round
                && one.checked.accounts() == self.checked.accounts()
                && !authors.contains_key(&one.user)
                && !by.iter().any(|known| known.user == one.user);
            if counts {
                by.push(one.clone());
            }
        }
        let enough = by.len() >= usize::try_from(needed.max(1)).unwrap_or(usize::MAX);
        enough.then_some(Confirmed { by })
    }
}

/// An execution under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Who confirmed what.
    pub confirmed: Confirmed,
    /// The accounts that come after the present one.
    pub rest: Vec<AccountId>,
    /// How many times COC was asked to unlink an account in this round.
    pub asked: usize,
    /// The post in x that was confirmed.
    pub sheet: ErrandId,
}

/// The account that is being unlinked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Which.
    pub account: AccountId,
    /// The how manieth asking of this round it is, counted from 0: what its buttons bear.
    pub nth: usize,
    /// The post that bears its buttons.
    pub post: ErrandId,
    /// The command, where the policy has one (reading 25).
    pub command: Option<ErrandId>,
    /// The check right before.
    pub checked: Checked,
}

/// An account that is unlinked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Which.
    pub account: AccountId,
    /// Who recorded it.
    pub by: Name,
    /// When.
    pub at: Time,
}

/// An unlinking that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which account.
    pub account: AccountId,
    /// Which asking it was.
    pub nth: usize,
    /// Who recorded it.
    pub by: Name,
    /// When.
    pub at: Time,
    /// What went wrong, in the recorder's words; empty until somebody tells.
    pub why: String,
    /// The post in g.
    pub told: Option<ErrandId>,
    /// The assignment of its ticket.
    pub assignment: CaseId,
}

/// Why it stands still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// 보류
    Held {
        /// By whom.
        by: Name,
    },
    /// What was asked for does not fit the customer record any more.
    Record {
        /// What does not.
        problems: Vec<Problem>,
    },
    /// There is no #강제링크해지 to post in, or Slack refuses the post.
    Unposted {
        /// Slack's reason; `None`: the bot is not in the channel.
        refused: Option<String>,
    },
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Every account is unlinked (X6).
    Done,
    /// 취소, before the first account was unlinked.
    Cancelled {
        /// By whom.
        by: Name,
        /// The accounts that were to be unlinked.
        rest: Vec<AccountId>,
    },
    /// 종료: the accounts that are left stay.
    Closed {
        /// By whom.
        by: Name,
        /// Those that stay.
        rest: Vec<AccountId>,
    },
}

/// A step of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffboardChange {
    /// Its thread is gone: it goes on with a new card.
    Moved {
        /// Where it lives now.
        home: Home,
        /// Its card.
        card: ErrandId,
    },
    /// The request is another one now.
    Requested {
        /// As it stands.
        request: Request,
    },
    /// Somebody has a part in what is asked for.
    Author {
        /// Who.
        user: SlackUser,
        /// By name.
        name: Name,
    },
    /// What was shown and confirmed so far is void.
    NextRound,
    /// It stands elsewhere now.
    Went {
        /// Where.
        stage: Box<Stage>,
    },
    /// Somebody confirmed; more have to.
    Confirmed {
        /// Who.
        by: Confirmation,
    },
    /// An account is unlinked.
    Unlinked {
        /// Which.
        done: Done,
    },
    /// It was told what went wrong.
    Explained {
        /// What.
        why: String,
    },
    /// People were asked again.
    Chased {
        /// When.
        at: Time,
    },
    /// People are not asked before then.
    Quieted {
        /// The next opening.
        until: Time,
    },
    /// A post bears buttons of this round.
    Shown(Board),
    /// No post bears any more.
    Cleared,
    /// A command was taken back that may stand already.
    Withdrawn {
        /// Which.
        command: ErrandId,
    },
}

impl Offboard {
    /// Takes a step.
    pub fn apply(&mut self, change: &OffboardChange) {
        match change {
            OffboardChange::Moved { home, card } => {
                self.home = home.clone();
                self.card = *card;
            }
            OffboardChange::Requested { request } => self.request = request.clone(),
            OffboardChange::Author { user, name } => {
                self.authors.insert(user.clone(), name.clone());
            }
            OffboardChange::NextRound => self.round = self.round.saturating_add(1),
            OffboardChange::Went { stage } => self.stage = (**stage).clone(),
            OffboardChange::Confirmed { by } => {
                if let Stage::Asking { asking, .. } = &mut self.stage {
                    asking.by.push(by.clone());
                }
            }
            OffboardChange::Unlinked { done } => self.done.push(done.clone()),
            OffboardChange::Explained { why } => {
                if let Stage::Failed { failure, .. } = &mut self.stage {
                    failure.why = why.clone();
                }
            }
            OffboardChange::Chased { at } => {
                if let Some(chase) = self.chase_mut() {
                    chase.asked = *at;
                    chase.times = chase.times.saturating_add(1);
                    chase.quiet_until = None;
                }
            }
            OffboardChange::Quieted { until } => {
                if let Some(chase) = self.chase_mut() {
                    chase.quiet_until = Some(*until);
                }
            }
            OffboardChange::Shown(board) => self.boards.push(board.clone()),
            OffboardChange::Cleared => self.boards.clear(),
            OffboardChange::Withdrawn { command } => self.withdrawn.push(*command),
        }
    }

    const fn chase_mut(&mut self) -> Option<&mut Chase> {
        match &mut self.stage {
            Stage::Naming { chase, .. }
            | Stage::Asking { chase, .. }
            | Stage::Running { chase, .. }
            | Stage::Failed { chase, .. }
            | Stage::Stopped { chase, .. } => Some(chase),
            Stage::Scheduled { .. } | Stage::Over { .. } => None,
        }
    }

    /// Whether something is still to come.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.stage, Stage::Over { .. })
    }

    /// The next due time.
    #[must_use]
    pub fn wake(&self, policy: &Policy) -> Option<Time> {
        match &self.stage {
            Stage::Scheduled { .. } => Some(self.request.at),
            Stage::Naming { chase, .. }
            | Stage::Asking { chase, .. }
            | Stage::Running { chase, .. }
            | Stage::Failed { chase, .. }
            | Stage::Stopped { chase, .. } => Some(chase.due(policy)),
            Stage::Over { .. } => None,
        }
    }

    /// The accounts that are still to be unlinked, in order; those of a list that nobody confirmed yet too.
    #[must_use]
    pub fn left_to_do(&self) -> Vec<AccountId> {
        match &self.stage {
            Stage::Naming { list: Listed::Nothing, .. } | Stage::Over { .. } => Vec::new(),
            Stage::Naming { list: Listed::Shown { accounts, .. }, .. } => accounts.clone(),
            Stage::Scheduled { checked } => checked.accounts().to_vec(),
            Stage::Asking { asking, .. } => asking.checked.accounts().to_vec(),
            Stage::Running { run, now, .. } => {
                std::iter::once(&now.account).chain(&run.rest).cloned().collect()
            }
            Stage::Failed { run, .. } => run.rest.clone(),
            Stage::Stopped { rest, .. } => rest.clone(),
        }
    }
}
