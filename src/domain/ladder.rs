//! The ladder: people reached in order, one rung at a time, until one accepts (readings 9 to 16).
//!
//! A ladder knows who comes next and what became of those before. It does not know words, channels or telephones; the
//! procedures that use it do (see [`super::procedures::paging`]).

use super::errand::CallEvent;
use super::ids::{ErrandId, Name};
use super::people::Roster;
use super::people::order::{Candidate, Leaves, Order};
use super::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// A ladder and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// Everybody in order, absent people too: absences are looked at again at each rung.
    pub order: Order,
    /// The rungs that are over, in the order they were reached, all rounds together.
    pub over: Vec<RungOver>,
    /// How many of those belong to earlier rounds (다시 시작).
    pub earlier: usize,
    /// Where it stands.
    pub state: LadderState,
}

/// Where a ladder stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LadderState {
    /// Between rungs; only inside one decision.
    Between,
    /// Somebody is being reached.
    Calling(Rung),
    /// Somebody took it.
    Taken(Acceptance),
    /// Nobody is left.
    Exhausted {
        /// Since when.
        at: Time,
    },
    /// It was ended from outside.
    Stopped {
        /// When.
        at: Time,
    },
}

/// Somebody who is being reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// Who.
    pub who: Name,
    /// When it was decided to reach this person.
    pub opened: Time,
    /// The post that mentions the person.
    pub post: ErrandId,
    /// The telephone alongside.
    pub call: RungCall,
    /// Whether anything got out yet.
    pub begun: Begun,
}

/// The telephone beside a rung's mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RungCall {
    /// COC is asked to phone.
    Desk,
    /// Owed, being placed or ringing.
    Ringing(ErrandId),
    /// Over without a decision.
    Over(ErrandId),
}

/// Whether a rung's time runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Begun {
    /// Neither mention nor call got out: no time runs.
    NotYet,
    /// Since here.
    Since(Time),
}

/// A rung that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungOver {
    /// Who was reached.
    pub who: Name,
    /// When it was decided to reach this person.
    pub opened: Time,
    /// The post that mentioned the person.
    pub post: ErrandId,
    /// When it ended.
    pub at: Time,
    /// How it ended.
    pub how: RungEnd,
}

/// How a rung ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RungEnd {
    /// 부재, recorded by a person.
    Absent {
        /// Who recorded it.
        by: Name,
    },
    /// 거절 by button.
    Refused {
        /// Who pressed it.
        by: Name,
    },
    /// The telephone said so.
    Phone(CallEvent),
    /// Time ran out.
    Silent,
    /// This person, or somebody reached before, accepted.
    Accepted,
    /// The ladder was ended from outside.
    Stopped,
}

/// An acceptance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Who takes it.
    pub by: Name,
    /// When.
    pub at: Time,
    /// In which way.
    pub how: Via,
}

/// The way an acknowledgement came (reading 20).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The person's own button.
    Button,
    /// The person's reaction.
    Reaction,
    /// The person's reply in the thread.
    Reply,
    /// Key 1 on the telephone.
    Phone,
    /// COC pressed it for the person.
    Desk {
        /// Who pressed it.
        by: Name,
    },
}

/// A step of a ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LadderChange {
    /// The next person is being reached.
    RungOpened(Rung),
    /// The mention or the call got out: time runs from here.
    RungBegan {
        /// From when.
        at: Time,
    },
    /// The rung's call is over without a decision.
    CallOver,
    /// The person is called again: the voice did not come to this page.
    CallAgain {
        /// The errand that calls.
        call: ErrandId,
    },
    /// The person could not be reached or refused.
    RungEnded {
        /// When.
        at: Time,
        /// How.
        how: RungEnd,
    },
    /// Somebody took it.
    Taken(Acceptance),
    /// Nobody is left.
    Exhausted {
        /// When.
        at: Time,
    },
    /// Ended from outside.
    Stopped {
        /// When.
        at: Time,
    },
    /// From the top again (reading 11).
    Restarted {
        /// The order as it is now.
        order: Order,
    },
    /// Another order for those not reached yet (an edited request).
    Replanned {
        /// The order as it is now.
        order: Order,
    },
}

impl Ladder {
    /// A ladder before its first rung.
    #[must_use]
    pub fn new(order: Order) -> Self {
        Self { order, over: Vec::new(), earlier: 0, state: LadderState::Between }
    }

    /// The first person in order who was not reached yet and is not absent now (R2).
    #[must_use]
    pub fn next(&self, roster: &Roster, leaves: &Leaves, now: Time) -> Option<&Candidate> {
        self.order.candidates.iter().find(|candidate| {
            !self.reached_this_round(&candidate.name)
                && candidate.absence(roster, leaves, now).is_none()
        })
    }

    /// The person being reached.
    #[must_use]
    pub fn rung(&self) -> Option<&Rung> {
        match &self.state {
            LadderState::Calling(rung) => Some(rung),
            LadderState::Between
            | LadderState::Taken(_)
            | LadderState::Exhausted { .. }
            | LadderState::Stopped { .. } => None,
        }
    }

    fn reached_this_round(&self, who: &Name) -> bool {
        self.rung().is_some_and(|rung| &rung.who == who)
            || self.over[self.earlier..].iter().any(|over| &over.who == who)
    }

    /// Whether this person was or is being reached, in any round.
    #[must_use]
    pub fn was_reached(&self, who: &Name) -> bool {
        self.rung().is_some_and(|rung| &rung.who == who)
            || self.over.iter().any(|over| &over.who == who)
    }

    /// Whether this person, once reached, said no.
    #[must_use]
    pub fn refused(&self, who: &Name) -> bool {
        self.over.iter().rev().find(|over| &over.who == who).is_some_and(|over| {
            match &over.how {
                RungEnd::Refused { .. } | RungEnd::Phone(CallEvent::Rejected) => true,
                // somebody who says "I cannot" does not accept by the next word in the thread
                RungEnd::Absent { by } => by == who,
                RungEnd::Phone(_) | RungEnd::Silent | RungEnd::Accepted | RungEnd::Stopped => false,
            }
        })
    }

    /// Whether an acceptance would still change anything.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(
            self.state,
            LadderState::Calling(_) | LadderState::Between | LadderState::Exhausted { .. }
        )
    }

    /// When the present rung's silence ends it, `rung` after it began; `None` while nothing got out.
    #[must_use]
    pub fn deadline(&self, rung: Span) -> Option<Time> {
        match self.rung()?.begun {
            Begun::NotYet => None,
            Begun::Since(at) => Some(at + rung.delta()),
        }
    }

    /// From when the clock of a rung's post runs.
    #[must_use]
    pub fn clock_of(&self, post: ErrandId) -> Option<Time> {
        match self.rung().filter(|rung| rung.post == post)?.begun {
            Begun::NotYet => None,
            Begun::Since(at) => Some(at),
        }
    }

    /// Takes a step.
    pub fn apply(&mut self, change: &LadderChange) {
        match change {
            LadderChange::RungOpened(rung) => self.state = LadderState::Calling(rung.clone()),
            LadderChange::RungBegan { at } => {
                if let LadderState::Calling(rung) = &mut self.state {
                    rung.begun = Begun::Since(*at);
                }
            }
            LadderChange::CallOver => {
                if let LadderState::Calling(Rung { call, .. }) = &mut self.state
                    && let RungCall::Ringing(id) = *call
                {
                    *call = RungCall::Over(id);
                }
            }
            LadderChange::CallAgain { call: again } => {
                if let LadderState::Calling(Rung { call, .. }) = &mut self.state {
                    *call = RungCall::Ringing(*again);
                }
            }
            LadderChange::RungEnded { at, how } => {
                self.end_rung(*at, how.clone());
                self.state = LadderState::Between;
            }
            LadderChange::Taken(acceptance) => {
                self.end_rung(acceptance.at, RungEnd::Accepted);
                self.state = LadderState::Taken(acceptance.clone());
            }
            LadderChange::Exhausted { at } => self.state = LadderState::Exhausted { at: *at },
            LadderChange::Stopped { at } => {
                self.end_rung(*at, RungEnd::Stopped);
                self.state = LadderState::Stopped { at: *at };
            }
            LadderChange::Restarted { order } => {
                self.order = order.clone();
                self.earlier = self.over.len();
                self.state = LadderState::Between;
            }
            LadderChange::Replanned { order } => self.order = order.clone(),
        }
    }

    fn end_rung(&mut self, at: Time, how: RungEnd) {
        if let LadderState::Calling(rung) = &self.state {
            self.over.push(RungOver {
                who: rung.who.clone(),
                opened: rung.opened,
                post: rung.post,
                at,
                how,
            });
        }
    }
}
