//! An incident: what rings, how far its propagation has come.

use super::super::super::alarms::MetricKey;
use super::super::super::case::Home;
use super::super::super::ids::{AccountId, CaseId, ErrandId, Name, TicketLink};
use super::super::super::ladder::{Ladder, LadderChange, LadderState};
use super::super::super::people::order::Order;
use super::super::super::policy::{AlarmLevel, Policy};
use super::super::super::time::Time;
use super::super::super::watch::asked_again_at;
use super::super::urgent::Board;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An incident and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// The card, in whose thread it lives.
    pub home: Home,
    /// The customer's name.
    pub customer: String,
    /// What began it: the name of a delivery.
    pub origin: String,
    /// When it began.
    pub opened: Time,
    /// What it is about.
    pub about: About,
    /// How far it has come.
    pub stage: Stage,
    /// When COC was last asked to do something, or told how it stands.
    pub asked: Time,
    /// How often it was asked again since it last went on.
    #[serde(default)]
    pub chased: u32,
    /// Whether the card says what is so.
    pub card: Card,
    /// Other posts that bear buttons of the case, with what they say.
    pub boards: Vec<Board>,
    /// What is still to be said in the thread.
    pub news: News,
}

/// What an incident is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Alarms, by metric; those over one metric are told apart by their names.
    Alarms(BTreeMap<MetricKey, Vec<Ring>>),
    /// A GuardDuty finding.
    Finding(Box<Found>),
}

/// An alarm of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    /// Its name.
    pub alarm: String,
    /// Its level.
    pub level: AlarmLevel,
    /// The account it is in; `None` of what a person entered.
    pub account: Option<AccountId>,
    /// Its region; may be empty.
    pub region: String,
    /// The resource; may be empty.
    pub resource: String,
    /// Why it rings, short.
    pub reason: String,
    /// How often it hit.
    pub hits: u32,
    /// When it first hit, as far as this incident knows.
    pub first: Time,
    /// When it last changed its state.
    pub last: Time,
    /// Whether it rings now.
    pub state: RingState,
}

/// Whether an alarm rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RingState {
    /// It does.
    Ringing,
    /// All is well.
    Fine,
}

/// A finding of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Its id; an update bears it again.
    pub id: String,
    /// `PrivilegeEscalation:IAMUser/AdministrativePermissions`
    pub kind: String,
    /// In tenths: 80 is 8.0.
    pub severity: u16,
    /// The account it is in.
    pub account: Option<AccountId>,
    /// Its region.
    pub region: String,
    /// One line.
    pub title: String,
    /// More of it, short.
    pub detail: String,
    /// When.
    pub at: Time,
    /// How often it was told.
    pub told: u32,
    /// Whether it came as plain text (G3).
    pub plain: bool,
}

/// How far an incident has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// COC judges whether a finding is propagated (G4).
    Judging,
    /// The customer is called first (M6).
    Contact {
        /// How often nobody answered.
        absent: u32,
    },
    /// Somebody at the customer's was reached: is more needed?
    Deciding {
        /// Who reached the customer.
        by: Name,
        /// When.
        at: Time,
    },
    /// The customer is told by mail alone (G4).
    MailOnly {
        /// Who decided so.
        by: Name,
    },
    /// Engineers are reached in order, one has it, or nobody is left (M8).
    Chain(Ladder),
    /// A ticket is being opened at the support desk (M9).
    Opening {
        /// The errand that opens it.
        errand: ErrandId,
    },
    /// COC is asked to open one and to assign it (M9).
    TicketAsked,
    /// It is an ordinary ticket (M9).
    Ticket {
        /// Its link.
        ticket: TicketLink,
        /// Its assignment.
        case: CaseId,
    },
    /// The customer is led to its sales contact (M9).
    Sales,
    /// Over.
    Over {
        /// When.
        at: Time,
        /// Who ended it.
        by: Name,
        /// How.
        how: Closing,
        /// Who had been reached in order until then, if anybody was to be.
        chain: Option<Ladder>,
    },
}

/// How an incident ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// 조치 불필요
    NotNeeded,
    /// 종료
    Closed,
    /// The customer was told by mail (M10, G4).
    Mailed,
}

/// Whether the card says what is so. At most one change of it is owed at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// It does.
    Fresh {
        /// Since when.
        since: Time,
    },
    /// It was changed a moment ago and is changed again a moment later: a storm changes it now and then, not for each alarm.
    Waiting {
        /// Until then.
        until: Time,
    },
    /// It is being changed.
    Changing {
        /// The errand that changes it.
        errand: ErrandId,
        /// Something happened since that it will not say.
        stale: bool,
    },
}

/// What is still to be said in the thread; a storm is summed up once a minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// When something was last said.
    pub said: Time,
    /// Alarms that joined since.
    pub joined: Names,
    /// Alarms that were well again since.
    pub fine: Names,
}

/// Names, the first few of them and how many more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// The first few.
    pub first: Vec<String>,
    /// How many more.
    pub more: u32,
}

/// How many names one post says.
const NAMES_SAID: usize = 10;

impl Names {
    fn add(&mut self, name: &str) {
        if self.first.iter().any(|known| known == name) {
            return;
        }
        if self.first.len() < NAMES_SAID {
            self.first.push(name.to_owned());
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.first.len() + usize::try_from(self.more).unwrap_or(usize::MAX)
    }
}

/// A step of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentChange {
    /// Another alarm joined it.
    Joined {
        /// Over which metric.
        key: MetricKey,
        /// The alarm.
        ring: Box<Ring>,
    },
    /// One of its alarms hit again.
    Again {
        /// Over which metric.
        key: MetricKey,
        /// The alarm, as it is now; `hits` is how many are added.
        ring: Box<Ring>,
    },
    /// One of its alarms is well.
    Fine {
        /// Over which metric.
        key: MetricKey,
        /// Which.
        alarm: String,
        /// Since when.
        at: Time,
    },
    /// Its finding was told again.
    FoundAgain {
        /// In tenths.
        severity: u16,
    },
    /// What waits was said in the thread.
    Said {
        /// When.
        at: Time,
    },
    /// It goes on.
    Moved(Box<Stage>),
    /// The customer did not answer.
    Absent,
    /// Engineers are reached, in this order.
    ChainBegun {
        /// In this order.
        order: Order,
    },
    /// A step of the ladder.
    Ladder(LadderChange),
    /// COC was asked, or told.
    Asked {
        /// When.
        at: Time,
    },
    /// Nobody pressed anything, and COC was asked again.
    Chased {
        /// When.
        at: Time,
    },
    /// A post bears buttons of the case.
    Shown(Board),
    /// The posts that did bear none any more.
    Cleared,
    /// The card is being changed.
    CardChanging {
        /// By which errand.
        errand: ErrandId,
    },
    /// The change that is on its way does not say everything.
    CardStale,
    /// The card is changed a moment later.
    CardWaits {
        /// When.
        until: Time,
    },
    /// The card says what is so.
    CardFresh {
        /// Since when.
        since: Time,
    },
}

impl Incident {
    /// Takes a step.
    pub fn apply(&mut self, change: &IncidentChange) {
        match change {
            IncidentChange::Joined { key, ring } => {
                if let About::Alarms(alarms) = &mut self.about {
                    self.news.joined.add(&ring.alarm);
                    alarms.entry(key.clone()).or_default().push((**ring).clone());
                }
            }
            IncidentChange::Again { key, ring } => {
                if let Some(known) = self.ring_mut(key, &ring.alarm) {
                    let hits = known.hits.saturating_add(ring.hits);
                    let (first, last) = (known.first.min(ring.first), known.last.max(ring.last));
                    *known = Ring { hits, first, last, ..(**ring).clone() };
                }
            }
            IncidentChange::Fine { key, alarm, at } => {
                if let Some(known) = self.ring_mut(key, alarm) {
                    known.state = RingState::Fine;
                    known.last = *at;
                    self.news.fine.add(alarm);
                }
            }
            IncidentChange::FoundAgain { severity } => {
                if let About::Finding(found) = &mut self.about {
                    found.told = found.told.saturating_add(1);
                    found.severity = *severity;
                }
            }
            IncidentChange::Said { at } => {
                self.news = News { said: *at, joined: Names::default(), fine: Names::default() };
            }
            IncidentChange::Moved(stage) => self.stage = (**stage).clone(),
            IncidentChange::Absent => {
                if let Stage::Contact { absent } = &mut self.stage {
                    *absent = absent.saturating_add(1);
                }
            }
            IncidentChange::ChainBegun { order } => {
                self.stage = Stage::Chain(Ladder::new(order.clone()));
            }
            IncidentChange::Ladder(change) => {
                if let Stage::Chain(ladder) = &mut self.stage {
                    ladder.apply(change);
                    match &ladder.state {
                        LadderState::Taken(taken) => self.asked = taken.at,
                        LadderState::Exhausted { at } | LadderState::Stopped { at } => {
                            self.asked = *at;
                        }
                        LadderState::Between | LadderState::Calling(_) => {}
                    }
                }
            }
            IncidentChange::Asked { at } => {
                self.asked = *at;
                self.chased = 0;
            }
            IncidentChange::Chased { at } => {
                self.asked = *at;
                self.chased += 1;
            }
            IncidentChange::Shown(board) => self.boards.push(board.clone()),
            IncidentChange::Cleared => self.boards.clear(),
            IncidentChange::CardChanging { errand } => {
                self.card = Card::Changing { errand: *errand, stale: false };
            }
            IncidentChange::CardStale => {
                if let Card::Changing { stale, .. } = &mut self.card {
                    *stale = true;
                }
            }
            IncidentChange::CardWaits { until } => self.card = Card::Waiting { until: *until },
            IncidentChange::CardFresh { since } => self.card = Card::Fresh { since: *since },
        }
    }

    fn ring_mut(&mut self, key: &MetricKey, alarm: &str) -> Option<&mut Ring> {
        let About::Alarms(alarms) = &mut self.about else { return None };
        alarms.get_mut(key)?.iter_mut().find(|ring| ring.alarm == alarm)
    }

    /// Its alarm of this name over this metric.
    #[must_use]
    pub fn ring(&self, key: &MetricKey, alarm: &str) -> Option<&Ring> {
        let About::Alarms(alarms) = &self.about else { return None };
        alarms.get(key)?.iter().find(|ring| ring.alarm == alarm)
    }

    /// Whether one of its alarms is over this metric.
    #[must_use]
    pub fn has_metric(&self, key: &MetricKey) -> bool {
        match &self.about {
            About::Alarms(alarms) => alarms.contains_key(key),
            About::Finding(_) => false,
        }
    }

    /// Its alarms, the oldest metric first; none of a finding.
    pub fn rings(&self) -> impl Iterator<Item = &Ring> {
        let alarms = match &self.about {
            About::Alarms(alarms) => Some(alarms),
            About::Finding(_) => None,
        };
        alarms.into_iter().flat_map(|alarms| alarms.values().flatten())
    }

    /// The alarm that stands for all: one that rings rather than one that is well, the highest level, the oldest.
    #[must_use]
    pub fn headline(&self) -> Option<&Ring> {
        self.rings().min_by_key(|ring| {
            (ring.state == RingState::Fine, std::cmp::Reverse(ring.level), ring.first)
        })
    }

    /// Whether it has alarms and all of them are well.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        let mut rings = self.rings().peekable();
        rings.peek().is_some() && rings.all(|ring| ring.state == RingState::Fine)
    }

    /// The highest level of its alarms; a finding counts as L3 (G1).
    #[must_use]
    pub fn level(&self) -> AlarmLevel {
        self.rings().map(|ring| ring.level).max().unwrap_or(AlarmLevel::L3)
    }

    /// The id of its finding.
    #[must_use]
    pub fn finding_id(&self) -> Option<&str> {
        match &self.about {
            About::Finding(found) => Some(&found.id),
            About::Alarms(_) => None,
        }
    }

    /// Whether something is still to come.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.stage, Stage::Over { .. })
    }

    /// Whether the customer is still to be reached, or to say whether more is needed.
    #[must_use]
    pub const fn is_in_contact(&self) -> bool {
        matches!(self.stage, Stage::Contact { .. } | Stage::Deciding { .. })
    }

    /// Whether an alarm that comes at `now` joins it instead of beginning an incident of its own.
    #[must_use]
    pub fn takes(&self, now: Time, policy: &Policy) -> bool {
        let young = now - self.opened <= policy.alarm.group_within.delta();
        matches!(self.about, About::Alarms(_)) && self.is_open() && (self.is_in_contact() || young)
    }

    /// Whether somebody looks after it, so that it can be ended whatever its alarms do.
    #[must_use]
    pub const fn is_handed_on(&self) -> bool {
        match &self.stage {
            Stage::Chain(ladder) => {
                !matches!(ladder.state, LadderState::Calling(_) | LadderState::Between)
            }
            Stage::TicketAsked | Stage::Ticket { .. } | Stage::Sales => true,
            Stage::Judging
            | Stage::Contact { .. }
            | Stage::Deciding { .. }
            | Stage::MailOnly { .. }
            | Stage::Opening { .. }
            | Stage::Over { .. } => false,
        }
    }

    /// When what waits is said.
    #[must_use]
    pub fn news_due(&self) -> Option<Time> {
        let waits = !(self.news.joined.is_empty() && self.news.fine.is_empty());
        (waits && self.is_open()).then_some(self.news.said + SAID_EVERY)
    }

    /// When the card is changed that waits for it.
    #[must_use]
    pub const fn card_due(&self) -> Option<Time> {
        match self.card {
            Card::Waiting { until } => Some(until),
            Card::Fresh { .. } | Card::Changing { .. } => None,
        }
    }

    /// When COC is asked again.
    #[must_use]
    pub fn ask_due(&self, policy: &Policy) -> Option<Time> {
        let chase = policy.alarm.chase_after;
        let remind = policy.alarm.remind_after;
        let after = match &self.stage {
            Stage::Judging => return Some(self.asked + policy.guardduty.decide_within.delta()),
            Stage::Contact { .. }
            | Stage::Deciding { .. }
            | Stage::MailOnly { .. }
            | Stage::Opening { .. }
            | Stage::TicketAsked => chase,
            Stage::Chain(ladder) => match &ladder.state {
                LadderState::Calling(_) | LadderState::Between => {
                    return ladder.deadline(policy.chain.rung);
                }
                LadderState::Exhausted { .. } => chase,
                LadderState::Taken(_) | LadderState::Stopped { .. } => remind,
            },
            Stage::Ticket { .. } | Stage::Sales => remind,
            Stage::Over { .. } => return None,
        };
        Some(asked_again_at(self.asked, after, self.chased))
    }

    /// The next due time.
    #[must_use]
    pub fn wake(&self, policy: &Policy) -> Option<Time> {
        self.news_due().into_iter().chain(self.card_due()).chain(self.ask_due(policy)).min()
    }

    /// The support desk's ticket, where one was opened (M9).
    #[must_use]
    pub const fn ticket(&self) -> Option<&TicketLink> {
        match &self.stage {
            Stage::Ticket { ticket, .. } => Some(ticket),
            Stage::Judging
            | Stage::Contact { .. }
            | Stage::Deciding { .. }
            | Stage::MailOnly { .. }
            | Stage::Chain(_)
            | Stage::Opening { .. }
            | Stage::TicketAsked
            | Stage::Sales
            | Stage::Over { .. } => None,
        }
    }

    /// The ladder, while people are reached in order (M8).
    #[must_use]
    pub const fn ladder(&self) -> Option<&Ladder> {
        match &self.stage {
            Stage::Chain(ladder) => Some(ladder),
            Stage::Over { chain, .. } => chain.as_ref(),
            Stage::Judging
            | Stage::Contact { .. }
            | Stage::Deciding { .. }
            | Stage::MailOnly { .. }
            | Stage::Opening { .. }
            | Stage::TicketAsked
            | Stage::Ticket { .. }
            | Stage::Sales => None,
        }
    }
}

/// At most one post about alarms that come and go in so long.
const SAID_EVERY: chrono::TimeDelta = chrono::TimeDelta::minutes(1);
