//! The people of a case, one after the other: who was reached and how that ended, whose turn it is, who comes after.

use super::super::case::{Case, Procedure};
use super::super::desk::Desk;
use super::super::ids::Name;
use super::super::ladder::Ladder;
use super::super::procedures::assignment::{Assignment, AssignmentState};
use super::super::time::{Time, clock};
use serde::Serialize;

/// A person of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Who.
    pub who: Name,
    /// Whether it is that person's turn.
    pub is: StepIs,
    /// What is worth saying of it.
    pub note: String,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepIs {
    /// Was.
    Over,
    /// Is.
    Now,
    /// Will be.
    Next,
    /// Would be, but is away.
    Away,
}

/// The people of a case; none where nobody is reached in order.
#[must_use]
pub fn steps(desk: &Desk, case: &Case, now: Time) -> Vec<Step> {
    match (&case.procedure, case.procedure.ladder()) {
        (Procedure::Assignment(one), _) => holders(one),
        (_, Some(ladder)) => of_ladder(desk, ladder, now),
        (_, None) => Vec::new(),
    }
}

fn of_ladder(desk: &Desk, ladder: &Ladder, now: Time) -> Vec<Step> {
    let policy = &desk.policy.value;
    let step = |who: &Name, is: StepIs, note: String| Step { who: who.clone(), is, note };
    let ended = ladder.over.iter().map(|over| {
        step(&over.who, StepIs::Over, super::paging::ended(&over.how, over.at, policy))
    });
    let mut steps: Vec<Step> = ended.collect();
    if let Some(rung) = ladder.rung() {
        let until = super::paging::until(ladder.deadline(policy.chain.rung), now);
        steps.push(step(&rung.who, StepIs::Now, until));
    }
    let reached = |who: &Name| {
        ladder.rung().is_some_and(|rung| &rung.who == who)
            || ladder.over[ladder.earlier..].iter().any(|over| &over.who == who)
    };
    for candidate in ladder.order.candidates.iter().filter(|one| !reached(&one.name)) {
        match candidate.absence(&desk.roster.value, &desk.leaves, now) {
            Some(absence) => steps.push(step(&candidate.name, StepIs::Away, absence.korean())),
            None => steps.push(step(&candidate.name, StepIs::Next, candidate.place.clone())),
        }
    }
    steps
}

/// Who had a ticket, and who has it.
fn holders(one: &Assignment) -> Vec<Step> {
    let step =
        |who: &Name, is: StepIs, note: &str| Step { who: who.clone(), is, note: note.to_owned() };
    let mut steps: Vec<Step> =
        one.earlier.iter().map(|who| step(who, StepIs::Over, "앞 순서")).collect();
    match &one.state {
        AssignmentState::Looking { who, .. } => steps.push(step(who, StepIs::Now, "상태 확인")),
        AssignmentState::Asking { who, .. } => steps.push(step(who, StepIs::Now, "먼저 물음")),
        AssignmentState::Announcing { who, .. } => steps.push(step(who, StepIs::Now, "알리는 중")),
        AssignmentState::Waiting { who, watch, .. } => {
            let call =
                format!("{} 전화 예정 ({})", clock(watch.due, watch.since.date_naive()), watch.why);
            steps.push(step(who, StepIs::Now, &call));
        }
        AssignmentState::Calling { who, .. } => steps.push(step(who, StepIs::Now, "전화 확인 중")),
        AssignmentState::Queued { .. }
        | AssignmentState::Stuck { .. }
        | AssignmentState::Confirmed { .. }
        | AssignmentState::Ended { .. } => {}
    }
    steps
}
