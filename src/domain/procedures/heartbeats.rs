//! Heartbeats: what should come regularly and did not.

use super::super::change::Change;
use super::super::input::{Notice, Way};
use super::super::policy::Heartbeat;
use super::super::turn::Turn;
use super::list::{Ending, ListKind, Missing, Work, begin};

/// Something came: what waited for it waits anew, and a case that said that it was missing is over. Whether anything waited.
pub(in crate::domain) fn beat(turn: &mut Turn<'_>, notice: &Notice) -> bool {
    let desk = turn.desk;
    let mut awaited = false;
    for one in desk.policy.value.heartbeats.iter().filter(|one| is_it(one, notice)) {
        awaited = true;
        let missing = desk.beats.get(&one.name).and_then(|beat| beat.missing);
        turn.change(Change::Beat { name: one.name.clone() });
        if let Some(mut work) = missing.and_then(|case| Work::of(turn, case))
            && work.list.is_open()
        {
            work.end(Ending::CameBack);
        }
    }
    awaited
}

fn is_it(one: &Heartbeat, notice: &Notice) -> bool {
    let wanted = one.matches.trim().to_lowercase();
    let topic = match &notice.way {
        Way::Sns { topic } => topic.as_str(),
        Way::EventBridge => "",
    };
    let texts = [topic, notice.subject.as_deref().unwrap_or_default(), &notice.text];
    texts.iter().any(|text| text.to_lowercase().contains(&wanted))
}

/// The desk's due time for it has come: what is missing becomes a case, once.
pub(in crate::domain) fn missing(turn: &mut Turn<'_>) {
    let (desk, now) = (turn.desk, turn.now);
    for (due, one) in desk.missing_beats().filter(|(due, _)| *due <= now) {
        let Some(beat) = desk.beats.get(&one.name) else { continue };
        let (last, from) = (beat.last, beat.from);
        let kind = Missing { name: one.name.clone(), last, from, every: one.every };
        let customer = desk.customers.value.find(&one.customer);
        let customer = customer.map_or(one.customer.as_str(), |one| one.name.as_str());
        let origin = format!("heartbeat:{}:{}", one.name, due.timestamp());
        let steps = desk.definitions.heartbeat.clone();
        if let Some(case) = begin(turn, &origin, customer, ListKind::Heartbeat(kind), steps) {
            turn.change(Change::BeatMissed { name: one.name.clone(), case });
        }
    }
}
