//! Services that the desk can do without: COC is told once when one fails, and once when it works again.

use super::super::change::{Change, Chime, Chore};
use super::super::desk::{Room, Trouble};
use super::super::errand::{ErrandKind, Outcome, Place, Service, Urgency};
use super::super::message::Message;
use super::super::time::Time;
use super::super::turn::Turn;
use super::super::words;
use super::{climate, coverage, drill, duty, heartbeats, monthly, phd, reports};

fn tell(turn: &mut Turn<'_>, urgency: Urgency, message: Message) {
    if let Some(channel) = turn.desk.room(Room::Noti) {
        turn.post(None, urgency, Place { channel, thread: None }, message);
    }
}

/// A service does not work: told once, and tried until it works again.
pub(in crate::domain) fn trouble(turn: &mut Turn<'_>, service: Service, since: Time, why: &str) {
    if turn.desk.in_trouble(service) {
        return;
    }
    let tells = turn.desk.tells_of(service, turn.now);
    turn.change(Change::TroubleBegan { service, since, why: why.to_owned() });
    match service {
        Service::Phone | Service::Tickets | Service::Mail => {
            turn.owe(None, Urgency::Housekeeping, ErrandKind::Probe { service });
        }
        // whoever reads those tells by itself when they are there again
        Service::Customers | Service::Feeds => {}
    }
    if tells {
        tell(turn, Urgency::Page, words::services::down(service, since, why, turn.now));
    }
}

/// It works again.
pub(in crate::domain) fn recovered(turn: &mut Turn<'_>, service: Service) {
    let Some(Trouble::Since { since, told, .. }) = turn.desk.troubles.get(&service) else { return };
    let (since, told) = (*since, *told);
    turn.change(Change::TroubleOver { service });
    if told {
        tell(turn, Urgency::Notice, words::services::back(service, since, turn.now));
    }
}

/// What became of trying whether it works again.
pub(in crate::domain) fn probed(turn: &mut Turn<'_>, service: Service, outcome: &Outcome) {
    match outcome {
        Outcome::Done => recovered(turn, service),
        // it is not configured any more: nobody waits for it
        Outcome::Refused { .. } | Outcome::Expired => {
            if turn.desk.in_trouble(service) {
                turn.change(Change::TroubleOver { service });
            }
        }
        Outcome::Posted(_)
        | Outcome::Placed { .. }
        | Outcome::Joined { .. }
        | Outcome::Presence(_)
        | Outcome::Guide { .. }
        | Outcome::Opened { .. } => {}
    }
}

/// A due time of the desk itself has come.
pub(in crate::domain) fn chimed(turn: &mut Turn<'_>, chime: Chime) {
    match chime.what {
        Chore::RecordIsOld => {
            let Some(as_of) = turn.desk.record.as_of else { return };
            let stale_after = turn.desk.policy.value.customers.stale_after.delta();
            if turn.now - as_of < stale_after {
                return;
            }
            turn.change(Change::RecordWarned);
            tell(turn, Urgency::Notice, words::services::record_is_old(as_of, turn.now));
        }
        Chore::BeatIsMissing => heartbeats::missing(turn),
        Chore::PhdCheck => phd::check(turn, chime.due),
        Chore::Monthly => monthly::month_is_over(turn),
        Chore::RoomCheck => climate::check(turn, chime.due),
        Chore::RoomChase => climate::chase(turn),
        Chore::HandoverChase => duty::chase(turn),
        Chore::CoverageCheck => coverage::check(turn, chime.due),
        Chore::Report(kind) => reports::scheduled(turn, kind, chime.due),
        Chore::Drill => drill::scheduled(turn, chime.due),
    }
}
