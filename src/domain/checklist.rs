//! The checklist: ordered steps, each with an owner, evidence where it is needed, and chasing (M1, P, T2, N1, X, F2).
//!
//! What the steps are is data (`data/procedures/*.toml`); a procedure that uses one brings its words and its place.

use super::ids::Name;
use super::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// A step as its definition has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepDefinition {
    /// What is to be done, as people read it.
    pub title: String,
    /// Whose it is, as people read it (`CSR`, `TS 담당자`).
    pub owner: String,
    /// The label of what must be handed in to finish it (`티켓`, `잔여 크레딧`); absent: nothing.
    #[serde(default)]
    pub evidence: Option<String>,
    /// Whether later steps may be finished while this one is open (N6).
    #[serde(default)]
    pub may_stay_open: bool,
    /// After how long an open step is asked for again; absent: never.
    #[serde(default)]
    pub chase_after: Option<Span>,
    /// Whether it is asked for again in business hours alone.
    #[serde(default)]
    pub in_hours: bool,
    /// What finishing it does besides.
    #[serde(default)]
    pub kind: StepKind,
    /// What the customer is told: read on the telephone, or shown when the step is asked for again (N3, N6, N7).
    #[serde(default)]
    pub script: Option<String>,
}

/// What finishing a step does besides being written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Nothing.
    #[default]
    Plain,
    /// The mail to the customer is sent (T2).
    Mail,
    /// The customer is phoned: the numbers are shown (T2).
    Phone,
    /// What is handed in is a ticket's link.
    Ticket,
    /// What is handed in is the remaining credit: the links are complete, which is shared (N5).
    Credit,
}

/// A step and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it is.
    pub definition: StepDefinition,
    /// How far it is.
    pub state: StepState,
}

/// How far a step is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Steps before it come first.
    Waiting,
    /// It can be done.
    Open {
        /// Since when it was last asked for.
        asked: Time,
        /// It is not asked for before then: the day's business was over.
        #[serde(default)]
        quiet_until: Option<Time>,
    },
    /// It is done.
    Done {
        /// By whom.
        by: Name,
        /// When.
        at: Time,
        /// What was handed in; empty where nothing is asked for.
        evidence: String,
    },
}

/// A checklist that is being worked off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checklist {
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// A step of a checklist's life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChecklistChange {
    /// A step was finished; those that waited for it open.
    Finished {
        /// Which, counted from 0.
        step: usize,
        /// By whom.
        by: Name,
        /// When.
        at: Time,
        /// What was handed in.
        evidence: String,
    },
    /// An open step was asked for again.
    Chased {
        /// Which, counted from 0.
        step: usize,
        /// When.
        at: Time,
    },
    /// An open step is not asked for before then.
    Quieted {
        /// Which, counted from 0.
        step: usize,
        /// The next opening.
        until: Time,
    },
    /// Open steps are asked for from now on.
    Restarted {
        /// Now.
        at: Time,
    },
}

/// Why a step cannot be finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFinished {
    /// There is no such step.
    Unknown,
    /// It is done already.
    Already {
        /// By whom.
        by: Name,
        /// When.
        at: Time,
    },
    /// This one comes first.
    Before {
        /// Its title.
        title: String,
    },
    /// What must be handed in was not.
    Lacking {
        /// Its label.
        evidence: String,
    },
}

impl Step {
    /// What was handed in, once it is done.
    #[must_use]
    pub fn evidence(&self) -> Option<&str> {
        match &self.state {
            StepState::Done { evidence, .. } => Some(evidence),
            StepState::Waiting | StepState::Open { .. } => None,
        }
    }
}

impl Checklist {
    /// A checklist of these steps; the first is open.
    #[must_use]
    pub fn new(definitions: Vec<StepDefinition>, now: Time) -> Self {
        let steps = definitions
            .into_iter()
            .map(|definition| Step { definition, state: StepState::Waiting });
        let mut checklist = Self { steps: steps.collect() };
        checklist.open_next(now);
        checklist
    }

    /// Opens every step that nothing unfinished stands before; a step that may stay open holds nobody up.
    fn open_next(&mut self, now: Time) {
        for step in &mut self.steps {
            if step.state == StepState::Waiting {
                step.state = StepState::Open { asked: now, quiet_until: None };
            }
            let holds_up =
                !matches!(step.state, StepState::Done { .. }) && !step.definition.may_stay_open;
            if holds_up {
                break;
            }
        }
    }

    /// Whether this step may be finished with this evidence.
    ///
    /// # Errors
    /// Why not.
    pub fn finish(
        &self,
        step: usize,
        by: &Name,
        at: Time,
        evidence: &str,
    ) -> Result<ChecklistChange, NotFinished> {
        let found = self.steps.get(step).ok_or(NotFinished::Unknown)?;
        match &found.state {
            StepState::Done { by, at, .. } => {
                return Err(NotFinished::Already { by: by.clone(), at: *at });
            }
            StepState::Waiting => {
                let first =
                    self.steps.iter().find(|one| matches!(one.state, StepState::Open { .. }));
                let title = first.map_or_else(String::new, |one| one.definition.title.clone());
                return Err(NotFinished::Before { title });
            }
            StepState::Open { .. } => {}
        }
        let evidence = evidence.trim().to_owned();
        match &found.definition.evidence {
            Some(label) if evidence.is_empty() => {
                Err(NotFinished::Lacking { evidence: label.clone() })
            }
            Some(_) | None => Ok(ChecklistChange::Finished { step, by: by.clone(), at, evidence }),
        }
    }

    /// Takes a step of its life.
    pub fn apply(&mut self, change: &ChecklistChange) {
        match change {
            ChecklistChange::Finished { step, by, at, evidence } => {
                if let Some(found) = self.steps.get_mut(*step) {
                    let evidence = evidence.clone();
                    found.state = StepState::Done { by: by.clone(), at: *at, evidence };
                }
                self.open_next(*at);
            }
            ChecklistChange::Chased { step, at } => {
                if let Some(Step { state: StepState::Open { asked, .. }, .. }) =
                    self.steps.get_mut(*step)
                {
                    *asked = *at;
                }
            }
            ChecklistChange::Quieted { step, until } => {
                if let Some(Step { state: StepState::Open { quiet_until, .. }, .. }) =
                    self.steps.get_mut(*step)
                {
                    *quiet_until = Some(*until);
                }
            }
            ChecklistChange::Restarted { at } => {
                for step in &mut self.steps {
                    if let StepState::Open { asked, .. } = &mut step.state {
                        *asked = *at;
                    }
                }
            }
        }
    }

    /// Whether everything is done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.steps.iter().all(|step| matches!(step.state, StepState::Done { .. }))
    }

    /// The open steps that are asked for again, each with when.
    pub fn chases(&self) -> impl Iterator<Item = (usize, Time)> {
        let due = |(nth, step): (usize, &Step)| match (&step.state, step.definition.chase_after) {
            (StepState::Open { asked, quiet_until }, Some(after)) => {
                let due = *asked + after.delta();
                Some((nth, quiet_until.map_or(due, |until| due.max(until))))
            }
            (StepState::Open { .. } | StepState::Waiting | StepState::Done { .. }, _) => None,
        };
        self.steps.iter().enumerate().filter_map(due)
    }

    /// The open step that is asked for again next, and when.
    #[must_use]
    pub fn next_chase(&self) -> Option<(usize, Time)> {
        self.chases().min_by_key(|(nth, at)| (*at, *nth))
    }

    /// The open steps, in order.
    pub fn open(&self) -> impl Iterator<Item = (usize, &Step)> {
        let steps = self.steps.iter().enumerate();
        steps.filter(|(_, step)| matches!(step.state, StepState::Open { .. }))
    }

    /// The first step of this kind.
    #[must_use]
    pub fn of_kind(&self, kind: StepKind) -> Option<(usize, &Step)> {
        self.steps.iter().enumerate().find(|(_, step)| step.definition.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::domain::time::seoul;

    fn at(minute: u32) -> Time {
        let day = chrono::NaiveDate::from_ymd_opt(2025, 8, 4).unwrap();
        seoul(day.and_hms_opt(10, minute, 0).unwrap())
    }

    fn definitions() -> Vec<StepDefinition> {
        toml::from_str::<std::collections::BTreeMap<String, Vec<StepDefinition>>>(
            r#"
            [[step]]
            title = "신청서 전달"
            owner = "CSR"
            chase_after = "30m"
            [[step]]
            title = "Cross Account"
            owner = "고객"
            may_stay_open = true
            chase_after = "1h"
            in_hours = true
            [[step]]
            title = "링크 완료 공유"
            owner = "COC"
            evidence = "잔여 크레딧"
            "#,
        )
        .unwrap()
        .remove("step")
        .unwrap()
    }

    #[test]
    fn steps_open_in_order_and_one_that_may_stay_open_holds_nobody_up() {
        let coc = Name::from("고윤슬");
        let mut list = Checklist::new(definitions(), at(0));
        assert_eq!(list.next_chase(), Some((0, at(30))));
        let early = list.finish(2, &coc, at(1), "0").unwrap_err();
        assert_eq!(early, NotFinished::Before { title: "신청서 전달".to_owned() });
        list.apply(&list.finish(0, &coc, at(2), "").unwrap());
        let blank = list.finish(2, &coc, at(3), "  ").unwrap_err();
        assert_eq!(blank, NotFinished::Lacking { evidence: "잔여 크레딧".to_owned() });
        // 0 is an answer (N5)
        list.apply(&list.finish(2, &coc, at(4), "0").unwrap());
        assert!(!list.is_done(), "Cross Account is still open, and chased");
        assert_eq!(list.next_chase().unwrap().0, 1);
        list.apply(&ChecklistChange::Chased { step: 1, at: at(10) });
        assert_eq!(list.next_chase().unwrap().1, at(10) + chrono::TimeDelta::hours(1));
        let morning = at(0) + chrono::TimeDelta::hours(23);
        list.apply(&ChecklistChange::Quieted { step: 1, until: morning });
        assert_eq!(list.next_chase().unwrap().1, morning);
        list.apply(&list.finish(1, &coc, at(20), "").unwrap());
        assert!(list.is_done());
        let twice = list.finish(1, &coc, at(21), "").unwrap_err();
        assert_eq!(twice, NotFinished::Already { by: coc, at: at(20) });
    }
}
