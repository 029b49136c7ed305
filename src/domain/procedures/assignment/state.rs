//! An assignment's life as data: where it stands, and the steps that lead there.

use crate::domain::ids::{ErrandId, MessageRef, Name, TicketLink};
use crate::domain::ladder::Via;
use crate::domain::policy::Policy;
use crate::domain::time::Time;
use crate::domain::watch::Watch;
use serde::{Deserialize, Serialize};

/// A ticket and who has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The ticket.
    pub ticket: TicketLink,
    /// The customer's name, as far as known.
    pub customer: String,
    /// Counts reassignments; buttons of earlier rounds are over.
    pub round: u32,
    /// Who had it before, newest last.
    pub earlier: Vec<Name>,
    /// Messages of people that gave it to somebody: what is said under an earlier one still belongs to it.
    #[serde(default)]
    pub written: Vec<MessageRef>,
    /// Where it stands.
    pub state: AssignmentState,
}

/// Where an assignment stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentState {
    /// Out of hours: waits for opening (A2).
    Queued {
        /// The opening.
        until: Time,
    },
    /// Nobody can be given it now; COC was told.
    Stuck {
        /// Since when.
        since: Time,
    },
    /// Slack is asked about somebody's presence (A1).
    Looking {
        /// About whom.
        who: Name,
        /// The errand that asks.
        errand: ErrandId,
    },
    /// A doubtful person is asked first (A1).
    Asking {
        /// Who.
        who: Name,
        /// The post that asks.
        post: ErrandId,
        /// Until when.
        until: Time,
    },
    /// The notice is on its way to Slack; its clock has not started (reading 2).
    Announcing {
        /// For whom.
        who: Name,
        /// The post.
        notice: ErrandId,
    },
    /// The notice stands; the clock runs.
    Waiting {
        /// For whom.
        who: Name,
        /// The notice.
        notice: NoticeRef,
        /// The 30-minute call.
        watch: Watch,
    },
    /// The 30-minute call is under way, or COC was asked for it (reading 5).
    Calling {
        /// For whom.
        who: Name,
        /// The notice.
        notice: NoticeRef,
        /// When it fell due.
        due: Time,
        /// The bot's own call, while it rings.
        ringing: Option<Ringing>,
    },
    /// Acknowledged.
    Confirmed {
        /// By whom.
        who: Name,
        /// The notice.
        notice: NoticeRef,
        /// When the assignment was given.
        since: Time,
        /// When it was acknowledged.
        at: Time,
        /// How.
        how: Via,
    },
    /// The notice was withdrawn (deleted), or the ticket is done.
    Ended {
        /// When.
        at: Time,
        /// The notice, if there was one.
        notice: Option<NoticeRef>,
    },
}

/// The bot's own call of an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ringing {
    /// The errand that placed it.
    pub call: ErrandId,
    /// When COC is asked to look after it, should nothing have been heard of it; `None` once that was done.
    pub doubt_at: Option<Time>,
}

/// An assignment notice in n.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeRef {
    /// Written by a person.
    Written(MessageRef),
    /// Posted by the bot.
    Posted(ErrandId),
}

/// A step of an assignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentChange {
    /// The next round begins: whoever had it has it no more.
    Round {
        /// The customer's name as known now.
        customer: String,
    },
    /// Waits for opening.
    Queued {
        /// The opening.
        until: Time,
    },
    /// Nobody can be given it.
    Stuck {
        /// Since when.
        since: Time,
    },
    /// Slack is asked about somebody.
    Looking {
        /// About whom.
        who: Name,
        /// The errand.
        errand: ErrandId,
    },
    /// A doubtful person is asked.
    Asking {
        /// Who.
        who: Name,
        /// The post.
        post: ErrandId,
        /// Until when.
        until: Time,
    },
    /// This person did not take it; not asked again in this round.
    PassedOver {
        /// Who.
        who: Name,
    },
    /// The notice is owed.
    Announcing {
        /// For whom.
        who: Name,
        /// The post.
        notice: ErrandId,
    },
    /// The clock started.
    Waiting {
        /// The notice.
        notice: NoticeRef,
        /// For whom.
        who: Name,
        /// The 30-minute call.
        watch: Watch,
    },
    /// The call fell due.
    Calling {
        /// The bot's own call.
        ringing: Option<Ringing>,
    },
    /// Nothing was heard of the bot's own call; COC was asked.
    CallDoubted,
    /// The bot's own call is over without an acknowledgement.
    CallOver,
    /// Acknowledged.
    Confirmed {
        /// When.
        at: Time,
        /// How.
        how: Via,
    },
    /// Withdrawn or done.
    Ended {
        /// When.
        at: Time,
    },
}

impl Assignment {
    /// Takes a step.
    pub fn apply(&mut self, change: &AssignmentChange) {
        match change {
            AssignmentChange::Round { customer } => {
                self.round += 1;
                self.customer.clone_from(customer);
                self.put_aside();
            }
            AssignmentChange::Queued { until } => {
                self.state = AssignmentState::Queued { until: *until };
            }
            AssignmentChange::Stuck { since } => {
                self.state = AssignmentState::Stuck { since: *since };
            }
            AssignmentChange::Looking { who, errand } => {
                self.state = AssignmentState::Looking { who: who.clone(), errand: *errand };
            }
            AssignmentChange::Asking { who, post, until } => {
                self.state =
                    AssignmentState::Asking { who: who.clone(), post: *post, until: *until };
            }
            AssignmentChange::PassedOver { who } => self.earlier.push(who.clone()),
            AssignmentChange::Announcing { who, notice } => {
                self.state = AssignmentState::Announcing { who: who.clone(), notice: *notice };
            }
            AssignmentChange::Waiting { notice, who, watch } => {
                if let NoticeRef::Written(at) = notice
                    && !self.written.contains(at)
                {
                    self.written.push(at.clone());
                }
                self.state = AssignmentState::Waiting {
                    who: who.clone(),
                    notice: notice.clone(),
                    watch: watch.clone(),
                };
            }
            AssignmentChange::Calling { ringing } => self.call(*ringing),
            AssignmentChange::CallDoubted => {
                if let AssignmentState::Calling { ringing: Some(ringing), .. } = &mut self.state {
                    ringing.doubt_at = None;
                }
            }
            AssignmentChange::CallOver => {
                if let AssignmentState::Calling { ringing, .. } = &mut self.state {
                    *ringing = None;
                }
            }
            AssignmentChange::Confirmed { at, how } => self.confirm(*at, how),
            AssignmentChange::Ended { at } => {
                let notice = self.notice().cloned();
                self.state = AssignmentState::Ended { at: *at, notice };
            }
        }
    }

    fn put_aside(&mut self) {
        if let Some(who) = self.assignee().cloned() {
            self.earlier.push(who);
        }
    }

    fn call(&mut self, now_ringing: Option<Ringing>) {
        match &mut self.state {
            AssignmentState::Waiting { who, notice, watch } => {
                self.state = AssignmentState::Calling {
                    who: who.clone(),
                    notice: notice.clone(),
                    due: watch.due,
                    ringing: now_ringing,
                };
            }
            AssignmentState::Calling { ringing, .. } => *ringing = now_ringing,
            AssignmentState::Queued { .. }
            | AssignmentState::Stuck { .. }
            | AssignmentState::Looking { .. }
            | AssignmentState::Asking { .. }
            | AssignmentState::Announcing { .. }
            | AssignmentState::Confirmed { .. }
            | AssignmentState::Ended { .. } => {}
        }
    }

    fn confirm(&mut self, at: Time, how: &Via) {
        let (who, notice, since) = match &self.state {
            AssignmentState::Waiting { who, notice, watch } => {
                (who.clone(), notice.clone(), watch.since)
            }
            AssignmentState::Calling { who, notice, due, .. } => {
                (who.clone(), notice.clone(), *due)
            }
            AssignmentState::Announcing { who, notice } => {
                (who.clone(), NoticeRef::Posted(*notice), at)
            }
            AssignmentState::Queued { .. }
            | AssignmentState::Stuck { .. }
            | AssignmentState::Looking { .. }
            | AssignmentState::Asking { .. }
            | AssignmentState::Confirmed { .. }
            | AssignmentState::Ended { .. } => return,
        };
        self.state = AssignmentState::Confirmed { who, notice, since, at, how: how.clone() };
    }

    /// Who has it, acknowledged or not.
    #[must_use]
    pub fn assignee(&self) -> Option<&Name> {
        match &self.state {
            AssignmentState::Announcing { who, .. }
            | AssignmentState::Waiting { who, .. }
            | AssignmentState::Calling { who, .. }
            | AssignmentState::Confirmed { who, .. } => Some(who),
            AssignmentState::Queued { .. }
            | AssignmentState::Stuck { .. }
            | AssignmentState::Looking { .. }
            | AssignmentState::Asking { .. }
            | AssignmentState::Ended { .. } => None,
        }
    }

    /// Who holds it as an active ticket, and since when (A2).
    #[must_use]
    pub fn held(&self) -> Option<(&Name, Time)> {
        match &self.state {
            AssignmentState::Waiting { who, watch, .. } => Some((who, watch.since)),
            AssignmentState::Calling { who, due, .. } => Some((who, *due)),
            AssignmentState::Confirmed { who, since, .. } => Some((who, *since)),
            // its clock has not started, but the person must not get the next ticket as well
            AssignmentState::Announcing { who, .. } => Some((who, Time::MAX_UTC.into())),
            AssignmentState::Queued { .. }
            | AssignmentState::Stuck { .. }
            | AssignmentState::Looking { .. }
            | AssignmentState::Asking { .. }
            | AssignmentState::Ended { .. } => None,
        }
    }

    /// Who was just given it (A2's tie): from the decision on, for the next ticket may come before the notice stands.
    #[must_use]
    pub fn given(&self) -> Option<&Name> {
        match &self.state {
            AssignmentState::Announcing { who, .. } | AssignmentState::Waiting { who, .. } => {
                Some(who)
            }
            AssignmentState::Queued { .. }
            | AssignmentState::Stuck { .. }
            | AssignmentState::Looking { .. }
            | AssignmentState::Asking { .. }
            | AssignmentState::Calling { .. }
            | AssignmentState::Confirmed { .. }
            | AssignmentState::Ended { .. } => None,
        }
    }

    /// The notice, once there is one.
    #[must_use]
    pub fn notice(&self) -> Option<&NoticeRef> {
        match &self.state {
            AssignmentState::Waiting { notice, .. }
            | AssignmentState::Calling { notice, .. }
            | AssignmentState::Confirmed { notice, .. } => Some(notice),
            AssignmentState::Ended { notice, .. } => notice.as_ref(),
            AssignmentState::Queued { .. }
            | AssignmentState::Stuck { .. }
            | AssignmentState::Looking { .. }
            | AssignmentState::Asking { .. }
            | AssignmentState::Announcing { .. } => None,
        }
    }

    /// Whether something is still to come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.state, AssignmentState::Confirmed { .. } | AssignmentState::Ended { .. })
    }

    /// The next due time.
    #[must_use]
    pub fn wake(&self, _policy: &Policy) -> Option<Time> {
        match &self.state {
            AssignmentState::Queued { until } | AssignmentState::Asking { until, .. } => {
                Some(*until)
            }
            AssignmentState::Waiting { watch, .. } => Some(watch.due),
            AssignmentState::Calling { ringing, .. } => ringing.and_then(|one| one.doubt_at),
            AssignmentState::Stuck { .. }
            | AssignmentState::Looking { .. }
            | AssignmentState::Announcing { .. }
            | AssignmentState::Confirmed { .. }
            | AssignmentState::Ended { .. } => None,
        }
    }
}
