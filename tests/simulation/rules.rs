//! What must hold of the desk and the world at every moment, and at the end of a day.

use chrono::TimeDelta;
use coc::domain::case::Procedure;
use coc::domain::decide::decide;
use coc::domain::desk::Desk;
use coc::domain::errand::ErrandKind;
use coc::domain::input::Input;
use coc::domain::ladder::{Ladder, LadderState};
use coc::domain::procedures::assignment::{AssignmentState, Ringing};
use coc::domain::procedures::urgent::UrgentState;
use coc::replay::{Did, World};
use std::collections::{BTreeMap, BTreeSet};

/// One errand id, one visible act; looks only at what is new.
#[derive(Debug, Default)]
pub(crate) struct Errands {
    known: BTreeSet<String>,
    seen: usize,
}

impl Errands {
    pub(crate) fn watch(&mut self, world: &World) -> Result<(), String> {
        world.look(|acts, _| {
            for (nth, act) in acts.iter().enumerate().skip(self.seen) {
                if world.is_stray(nth) {
                    continue;
                }
                if let Did::Post { errand, .. }
                | Did::Call { errand, .. }
                | Did::Ticket { errand, .. } = &act.did
                    && !self.known.insert(errand.clone())
                {
                    return Err(format!("one errand, two visible acts: {errand}: {act}"));
                }
            }
            self.seen = acts.len();
            Ok(())
        })
    }
}

/// What must hold at every moment.
pub(crate) fn holds(world: &World) -> Result<(), String> {
    let Some(desk) = world.live_desk() else {
        // of several nodes another one comes to lead
        let several = world.acknowledged_deliveries().is_some();
        return if several { Ok(()) } else { Err("the process is gone".to_owned()) };
    };
    calls_are_real(desk, world)?;
    for case in desk.cases.values() {
        let owed = desk.errands.values().any(|errand| errand.case == Some(case.id));
        let wake = case.procedure.wake(&desk.policy.value).is_some();
        if let Some(rung) = case.procedure.ladder().and_then(Ladder::rung)
            && !wake
            && !owed
        {
            return Err(format!(
                "an open ladder without a wake: {}: nothing will end the rung of {}",
                case.id, rung.who
            ));
        }
        match &case.procedure {
            Procedure::Urgent(_) => {}
            one @ (Procedure::Incident(_)
            | Procedure::Stray(_)
            | Procedure::Phd(_)
            | Procedure::Outage(_)
            | Procedure::List(_)
            | Procedure::Offboard(_)
            | Procedure::Dispatch(_)
            | Procedure::Inquiry(_)
            | Procedure::Climate(_)) => {
                if one.is_open() && !wake && !owed {
                    return Err(format!("{}: open, and nothing asks for it: {one:?}", case.id));
                }
            }
            Procedure::Assignment(one) => {
                let needs = match &one.state {
                    AssignmentState::Queued { .. }
                    | AssignmentState::Asking { .. }
                    | AssignmentState::Waiting { .. } => wake,
                    AssignmentState::Looking { .. } | AssignmentState::Announcing { .. } => owed,
                    AssignmentState::Stuck { .. }
                    | AssignmentState::Calling { .. }
                    | AssignmentState::Confirmed { .. }
                    | AssignmentState::Ended { .. } => true,
                };
                if !needs {
                    return Err(format!("{}: nothing moves {:?}", case.id, one.state));
                }
            }
        }
    }
    Ok(())
}

/// A call that the desk believes in rings, and its voice names what it is believed to name.
fn calls_are_real(desk: &Desk, world: &World) -> Result<(), String> {
    // whether it rings is on its way to the desk, or was lost there
    if desk.calls.is_empty() || world.is_troubled() {
        return Ok(());
    }
    let ringing = world.ringing();
    // one that is being ended may be over already
    let ending = |id| {
        desk.errands
            .values()
            .any(|errand| matches!(&errand.kind, ErrandKind::HangUp { call, .. } if *call == id))
    };
    for (errand, call) in desk.calls.iter().filter(|(errand, _)| !ending(**errand)) {
        let placed = ringing.iter().find(|(by, _)| format!("call-{by}") == call.reference);
        let Some((by, _)) = placed else {
            return Err(format!(
                "a telephone is believed to ring, though it is over: {errand}: {call:?}"
            ));
        };
        let named = world.look(|acts, _| {
            acts.iter().any(|act| match &act.did {
                Did::Call { errand, about, .. } => errand == by && about.contains(&call.about),
                _ => false,
            })
        });
        if !(named || call.joined) {
            return Err(format!("a voice is believed to say what it does not: {errand}: {call:?}"));
        }
    }
    Ok(())
}

/// After days of quiet every case has ended, or somebody was told that it is theirs.
pub(crate) fn ended(world: &World) -> Result<(), String> {
    let desk = world.live_desk().ok_or("nobody leads")?;
    if let Some(errand) = desk.errands.values().next() {
        return Err(format!("still owed: {errand:?}"));
    }
    for case in desk.cases.values() {
        let fine = match &case.procedure {
            Procedure::Urgent(urgent) => match &urgent.state {
                UrgentState::Asking { told, .. } => *told,
                UrgentState::Chain(ladder) => {
                    !matches!(ladder.state, LadderState::Calling(_) | LadderState::Between)
                }
                UrgentState::Queued { .. } => false,
                UrgentState::Done(_) => true,
            },
            Procedure::Assignment(one) => match &one.state {
                AssignmentState::Stuck { .. }
                | AssignmentState::Confirmed { .. }
                | AssignmentState::Ended { .. }
                // COC was asked
                | AssignmentState::Calling { ringing: None | Some(Ringing { doubt_at: None, .. }), .. } => true,
                // business time may still be to come
                AssignmentState::Waiting { watch, .. } => watch.due - watch.since > TimeDelta::days(3),
                AssignmentState::Queued { .. }
                | AssignmentState::Looking { .. }
                | AssignmentState::Asking { .. }
                | AssignmentState::Announcing { .. }
                | AssignmentState::Calling { .. } => false,
            },
            // each is asked for again and again, and says so
            one @ (Procedure::Incident(_)
            | Procedure::Stray(_)
            | Procedure::Phd(_)
            | Procedure::Outage(_)
            | Procedure::List(_)
            | Procedure::Offboard(_)
            | Procedure::Dispatch(_)
            | Procedure::Inquiry(_)
            | Procedure::Climate(_)) => !one.is_open() || one.wake(&desk.policy.value).is_some(),
        };
        if !fine {
            return Err(format!(
                "a case ends in silence: {} never ended: {:?}",
                case.id, case.procedure
            ));
        }
    }
    Ok(())
}

/// The journal alone gives the desk, and its inputs the same changes again; what was answered for stands in it.
pub(crate) fn replays(world: &World, answered: &BTreeSet<String>) -> Result<(), String> {
    let mut desk = Desk::default();
    let mut lost: BTreeSet<&str> = answered.iter().map(String::as_str).collect();
    let acknowledged = world.acknowledged_deliveries().into_iter().flatten();
    lost.extend(acknowledged.filter(|(_, kept)| **kept).map(|(key, _)| key.as_str()));
    for record in world.journal()? {
        match &record.input {
            Input::Notice(notice) => lost.remove(notice.key.as_str()),
            Input::Slack(input) => lost.remove(input.key.as_str()),
            _ => false,
        };
        let again = decide(&desk, &record.input, record.at, record.seq);
        if again.changes != record.changes {
            return Err(format!(
                "record {} is decided otherwise the second time: {:?}\n  first {:?}\n  then {:?}",
                record.seq, record.input, record.changes, again.changes
            ));
        }
        for change in &record.changes {
            desk.apply(record.at, change);
        }
    }
    if let Some(lost) = lost.first() {
        return Err(format!("answered and not kept: {lost}"));
    }
    let value = |desk: &Desk| -> BTreeMap<String, serde_json::Value> {
        serde_json::from_value(serde_json::to_value(desk).unwrap()).unwrap()
    };
    let (again, live) = (value(&desk), value(world.live_desk().ok_or("nobody leads")?));
    match live.iter().find(|(part, value)| again.get(*part) != Some(value)) {
        Some((part, _)) => Err(format!("the journal gives another desk: {part}")),
        None => Ok(()),
    }
}

/// What must hold of several nodes at every moment.
pub(crate) fn one_leads(world: &World) -> Result<(), String> {
    if let Some(deed) = world.deeds().iter().find(|deed| !(deed.led || deed.under_way)) {
        return Err(format!("a node without the lease does something: {deed:?}"));
    }
    if let Some(written) = world.written().iter().find(|written| !written.led) {
        return Err(format!("a node without the lease wrote to the journal: {written:?}"));
    }
    if let Some(two) = world.two_leaders() {
        return Err(format!("two take themselves for the leader: {two}"));
    }
    match world.grants().iter().find(|grant| !grant.others.is_empty()) {
        Some(grant) => Err(format!(
            "the lease is granted while another takes itself for the leader: {grant:?}"
        )),
        None => Ok(()),
    }
}
