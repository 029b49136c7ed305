//! What people and telephones do in any case in which somebody is reached in order (readings 10, 11, 20), whichever procedure it belongs
//! to: an urgent request (A5), an incident (M8).

use super::super::case::{Case, Procedure};
use super::super::change::Change;
use super::super::desk::{Desk, Room};
use super::super::errand::{CallEvent, Errand, ErrandKind, Outcome, Place, Urgency};
use super::super::ids::{CaseId, ErrandId, MessageRef, SlackUser};
use super::super::input::ReplyTo;
use super::super::ladder::{Ladder, LadderState, RungCall, Via};
use super::super::text::read;
use super::super::turn::{ExhaustedPress, RungPress, Turn};
use super::super::words;
use super::paging::Paging;
use super::{dispatch, incident, urgent};

fn ladder(desk: &Desk, id: CaseId) -> Option<&Ladder> {
    desk.cases.get(&id)?.procedure.ladder()
}

/// Lets the ladder of a case act.
fn page<'a>(turn: &mut Turn<'a>, id: CaseId, act: impl FnOnce(&mut Paging<'_, 'a>)) {
    match turn.desk.cases.get(&id).map(|case| &case.procedure) {
        Some(Procedure::Urgent(_)) => urgent::page(turn, id, act),
        Some(Procedure::Incident(_)) => incident::page(turn, id, act),
        Some(Procedure::Dispatch(_)) => dispatch::page(turn, id, act),
        Some(
            Procedure::Assignment(_)
            | Procedure::Stray(_)
            | Procedure::Phd(_)
            | Procedure::Outage(_)
            | Procedure::List(_)
            | Procedure::Offboard(_)
            | Procedure::Inquiry(_)
            | Procedure::Climate(_),
        )
        | None => {}
    }
}

/// Somebody reacted to the case's message, or to a post of it. Counts for people who were reached (reading 20); a rung's post is its own
/// person's.
pub(in crate::domain) fn reacted(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    on: &MessageRef,
    emoji: &str,
) {
    acknowledged(turn, id, by, Some(on), Via::Reaction, &format!("반응 :{emoji}:"));
}

/// Somebody replied in the thread.
pub(in crate::domain) fn replied(turn: &mut Turn<'_>, id: CaseId, by: &SlackUser, text: &str) {
    let words = read(text).words;
    let policy = &turn.desk.policy.value;
    let refuses = policy.chain.refusal_words.iter().any(|word| words.contains(word.as_str()));
    if !refuses {
        return acknowledged(turn, id, by, None, Via::Reply, "답글");
    }
    let who = turn.desk.name_of(by);
    let reached = ladder(turn.desk, id).is_some_and(|ladder| {
        ladder.is_open() && ladder.rung().is_some_and(|rung| rung.who == who)
    });
    if reached {
        turn.note(id, Some(by), "답글을 수락으로 보지 않음");
        if let Some(place) = turn.place_of(id) {
            let message = words::paging::reply_refused(&who);
            turn.post(Some(id), Urgency::Notice, place, message);
        }
    }
}

fn acknowledged(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    on: Option<&MessageRef>,
    how: Via,
    logged: &str,
) {
    let desk = turn.desk;
    let who = desk.name_of(by);
    let Some(ladder) = ladder(desk, id).filter(|ladder| ladder.is_open()) else { return };
    let post = on.and_then(|on| desk.errand_at(on));
    let of_another = post.is_some_and(|post| {
        ladder.rung().is_some_and(|rung| rung.post == post && rung.who != who)
            || ladder.over.iter().any(|over| over.post == post && over.who != who)
    });
    let counts =
        ladder.was_reached(&who) && !of_another && !(how == Via::Reply && ladder.refused(&who));
    if counts {
        page(turn, id, |paging| paging.accept(&who, how));
    } else if desk.cases.get(&id).is_some_and(|case| case.notes.len() < 200) {
        turn.note(id, Some(by), format!("{logged} (호출된 사람이 아니어서 바뀐 것 없음)"));
    }
}

/// 수락 · 부재 · 거절
pub(in crate::domain) fn rung_pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    nth: usize,
    press: RungPress,
    reply: &ReplyTo,
) {
    if ladder(turn.desk, id).is_some() {
        page(turn, id, |paging| paging.pressed(by, nth, press, reply));
    } else {
        turn.tell(by, reply, words::stale());
    }
}

/// 다시 시작 · 종료, by COC (reading 11)
pub(in crate::domain) fn exhausted_pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    press: ExhaustedPress,
    reply: &ReplyTo,
) {
    let desk = turn.desk;
    let Some(case) = desk.cases.get(&id) else { return turn.tell(by, reply, words::stale()) };
    let exhausted = case
        .procedure
        .ladder()
        .is_some_and(|ladder| matches!(ladder.state, LadderState::Exhausted { .. }));
    if !desk.holds(by, &desk.policy.value.roles.chain) {
        return turn.tell(by, reply, words::urgent::coc_only());
    }
    match &case.procedure {
        Procedure::Urgent(one) if !exhausted => {
            turn.tell(by, reply, words::urgent::is_over(one));
        }
        Procedure::Incident(one) if !exhausted => {
            turn.tell(by, reply, words::incident::is_over(one));
        }
        Procedure::Dispatch(one) if !exhausted => {
            turn.tell(by, reply, words::dispatch::is_over(one));
        }
        Procedure::Urgent(_) => urgent::after_exhaustion(turn, id, by, press),
        Procedure::Incident(_) => incident::after_exhaustion(turn, id, by, press),
        Procedure::Dispatch(_) => dispatch::after_exhaustion(turn, id, by, press),
        Procedure::Assignment(_)
        | Procedure::Stray(_)
        | Procedure::Phd(_)
        | Procedure::Outage(_)
        | Procedure::List(_)
        | Procedure::Offboard(_)
        | Procedure::Inquiry(_)
        | Procedure::Climate(_) => turn.tell(by, reply, words::stale()),
    }
}

/// What became of a post or call of the case.
pub(in crate::domain) fn settled(
    turn: &mut Turn<'_>,
    id: CaseId,
    errand: &Errand,
    outcome: &Outcome,
) {
    if ladder(turn.desk, id).is_some() {
        page(turn, id, |paging| paging.settled(errand, outcome));
    }
    if let (Outcome::Refused { why }, ErrandKind::Post { place, message }) = (outcome, &errand.kind)
        && place.thread.is_some()
    {
        // the thread is gone (its root was deleted, say): the words go to n rather than nowhere
        turn.note_by(id, None, format!("스레드에 게시하지 못함: {why}"));
        if let Some(channel) = turn.desk.room(Room::Noti) {
            let place = Place { channel, thread: None };
            turn.post(Some(id), errand.urgency, place, message.clone());
        }
    }
}

/// A post that was taken back stands after all: it was being carried out at that moment.
pub(in crate::domain) fn posted_after_all(turn: &mut Turn<'_>, post: ErrandId, outcome: &Outcome) {
    let of_rung = |case: &&Case| {
        let ladder = case.procedure.ladder();
        ladder.is_some_and(|ladder| ladder.over.iter().any(|over| over.post == post))
    };
    let Some(id) = turn.desk.cases.values().find(of_rung).map(|case| case.id) else { return };
    turn.change(Change::Settled { errand: post, outcome: outcome.clone() });
    page(turn, id, |paging| paging.posted_after_all(post));
}

/// What happened on a call of the case.
pub(in crate::domain) fn phone(
    turn: &mut Turn<'_>,
    id: CaseId,
    call: ErrandId,
    event: CallEvent,
    unheard: bool,
) {
    page(turn, id, |paging| paging.phone(call, event, unheard));
}

/// Key 1 on a call that was given up because the carrier did not say that it was placed: it counts as long as its person's turn
/// lasts.
pub(in crate::domain) fn accepted_on(turn: &mut Turn<'_>, call: ErrandId) {
    let of_call = |case: &&Case| {
        let rung = case.procedure.ladder().and_then(Ladder::rung);
        rung.is_some_and(|rung| rung.call == RungCall::Over(call))
    };
    let Some(case) = turn.desk.cases.values().find(of_call) else { return };
    let who = case.procedure.ladder().and_then(Ladder::rung).map(|rung| rung.who.clone());
    if let Some(who) = who {
        page(turn, case.id, |paging| paging.accept(&who, Via::Phone));
    }
}
