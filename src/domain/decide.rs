//! The one decision: what an input changes, given the desk as it is. Pure: the same desk, input and time give the same changes.

use super::case::Procedure;
use super::change::{Change, Wake};
use super::desk::{Desk, LiveCall};
use super::errand::{CallEvent, ErrandKind, Outcome, Urgency};
use super::ids::{CaseId, ErrandId, MessageRef, SlackUser, Ts};
use super::input::{Input, ReplyTo, SlackAct, SlackInput, reaction_key};
use super::ladder::Via;
use super::message::Answer;
use super::procedures::{
    assignment, board, chain, climate, commands, dispatch, drill, duty, guide, incident, inquiry,
    intake, list, mail, offboard, outage, phd, services, stray, tam, tickets, topics, urgent,
};
use super::time::Time;
use super::turn::{Token, Turn};
use super::words;

/// A decision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// What it changes, in order; nothing: not worth a record.
    pub changes: Vec<Change>,
    /// What a form's author is told while the form is open.
    pub answer: Answer,
}

/// Decides; the decision will be record `seq` of the journal.
#[must_use]
pub fn decide(desk: &Desk, input: &Input, now: Time, seq: u64) -> Decision {
    let mut turn = Turn::new(desk, now, seq);
    taken(&mut turn, input);
    if drill::is_in_the_way(&turn) {
        // its telephone is put down first, so that nothing real is told in a call that began as practice
        turn = Turn::new(desk, now, seq);
        drill::stop(&mut turn);
        taken(&mut turn, input);
    }
    drill::after(&mut turn);
    Decision { changes: turn.changes, answer: turn.answer }
}

fn taken(turn: &mut Turn<'_>, input: &Input) {
    let desk = turn.desk;
    match input {
        Input::Started { alive_until, phone_adapter, adapters } => turn.change(Change::Started {
            alive_until: *alive_until,
            phone_adapter: *phone_adapter,
            adapters: *adapters,
        }),
        Input::CaughtUp => {
            if desk.presence.catching_up {
                turn.change(Change::CaughtUp);
            }
        }
        Input::ReadBack => {
            if desk.presence.unread_since.is_some() {
                turn.change(Change::ReadBack);
            }
        }
        Input::Stopping => turn.change(Change::Stopped),
        Input::Books(books) => guide::books(turn, books),
        Input::Directory(directory) => {
            if directory != &desk.directory {
                turn.change(Change::DirectoryRead(directory.clone()));
            }
        }
        Input::Tickets(counts) => turn.change(Change::TicketsCounted(counts.clone())),
        Input::Slack(slack) => {
            let known = desk.seen.contains_key(&slack.key) || desk.kept(&slack.key).is_some();
            if !known {
                did(turn, slack);
                let is_kept = matches!(turn.changes.as_slice(), [Change::Kept(_)]);
                // a form that stays open is answered so again, should its delivery be repeated
                let stays_open = matches!(turn.answer, Answer::Errors(_));
                if !turn.changes.is_empty() && !is_kept && !stays_open {
                    turn.change(Change::Seen(slack.key.clone()));
                }
            }
        }
        Input::TakenUp { key } => {
            if let Some(slack) = desk.kept(key) {
                turn.change(Change::KeptDone { key: key.clone() });
                did(turn, slack);
                // it is told apart from a post's outcome only once
                turn.changes.retain(|change| !matches!(change, Change::Kept(_)));
                turn.change(Change::Seen(key.clone()));
            }
        }
        Input::Settled { errand, outcome } => settled(turn, *errand, outcome),
        Input::Phone { call, event } => phoned(turn, *call, *event),
        Input::Woken(Wake { case, .. }) => woken(turn, *case),
        Input::Chimed(chime) => services::chimed(turn, *chime),
        Input::Trouble { service, since, why } => {
            services::trouble(turn, *service, *since, why);
        }
        Input::Record(record) => guide::record(turn, record),
        Input::Ticket(news) => tickets::news(turn, news),
        Input::Notice(notice) => intake::noticed(turn, notice),
        Input::Status(news) => outage::news(turn, news),
        Input::Topic(news) => topics::news(turn, news),
        Input::Forgotten(forgotten) => {
            turn.change(Change::Forgotten { alias: forgotten.alias.clone() });
        }
    }
}

fn did(turn: &mut Turn<'_>, slack: &SlackInput) {
    let by = &slack.by;
    let own = &turn.desk.directory;
    if own.bot.as_ref() == Some(by) || own.bot_id.as_deref() == Some(by.as_str()) {
        return;
    }
    match &slack.what {
        SlackAct::Said { at, thread: Some(thread), text } if thread != &at.ts => {
            replied(turn, slack, at, thread, text);
        }
        SlackAct::Said { at, text, .. } => {
            let since = at.ts.time().unwrap_or(turn.now);
            assignment::said(turn, by, at, text, since);
            urgent::said(turn, by, at, at, text);
            tam::said(turn, by, at, at, text);
            intake::said(turn, at, text);
            outage::asked(turn, by, at, at, text);
        }
        // other apps give the desk no orders: they are listened to in the alarm channel alone
        SlackAct::BotSaid { at, text } => intake::said(turn, at, text),
        SlackAct::Edited { at, thread, text } => edited(turn, by, at, thread.as_ref(), text),
        SlackAct::Deleted { at } => deleted(turn, by, at),
        SlackAct::Reacted { to, emoji } => reacted(turn, slack, to, emoji),
        SlackAct::Unreacted { to, emoji } => {
            let Some((id, _)) = case_at(turn.desk, to) else { return };
            if !turn.desk.policy.value.acks.take(emoji) {
                return;
            }
            turn.change(Change::Unseen(reaction_key(to, by, emoji)));
            // told in the story only (reading 20)
            turn.note(id, Some(by), format!("반응 :{emoji}: 취소 (바뀐 것 없음)"));
        }
        SlackAct::Pressed { on, token, trigger, reply, .. } => {
            pressed(turn, by, on, token, trigger, reply);
        }
        SlackAct::Commanded { command, text, trigger, reply, .. } => {
            commands::commanded(turn, &commands::Typed { by, command, text, trigger, reply });
        }
        SlackAct::Submitted { token, fields } => commands::submitted(turn, by, token, fields),
        SlackAct::HomeOpened => board::home_opened(turn, by),
        SlackAct::HomePressed { token, trigger } => board::home_pressed(turn, by, token, trigger),
    }
}

/// The case of a message, and what runs in it.
fn case_at<'a>(desk: &'a Desk, at: &MessageRef) -> Option<(CaseId, &'a Procedure)> {
    let id = desk.case_at(at)?;
    Some((id, &desk.cases.get(&id)?.procedure))
}

/// A reaction or reply for a message that nobody knows: it may be an own post whose outcome is not in yet.
fn keep(turn: &mut Turn<'_>, slack: &SlackInput, channel: &super::ids::ChannelId) {
    let posting = turn
        .desk
        .errands
        .values()
        .any(|errand| errand.as_post().is_some_and(|(place, _)| &place.channel == channel));
    if posting && turn.desk.kept.len() < 200 {
        turn.change(Change::Kept(Box::new(slack.clone())));
    }
}

fn reacted(turn: &mut Turn<'_>, slack: &SlackInput, to: &MessageRef, emoji: &str) {
    if !turn.desk.policy.value.acks.take(emoji) {
        return;
    }
    match case_at(turn.desk, to) {
        Some((id, Procedure::Urgent(_) | Procedure::Incident(_) | Procedure::Dispatch(_))) => {
            chain::reacted(turn, id, &slack.by, to, emoji);
        }
        Some((id, Procedure::Assignment(_))) => {
            let logged = format!("반응 :{emoji}:");
            assignment::acknowledged(turn, id, &slack.by, Via::Reaction, &logged);
        }
        Some((id, Procedure::Inquiry(_))) => inquiry::reacted(turn, id, &slack.by, emoji),
        // nobody is asked for an acknowledgement there
        Some((
            _,
            Procedure::Stray(_)
            | Procedure::Phd(_)
            | Procedure::Outage(_)
            | Procedure::List(_)
            | Procedure::Offboard(_)
            | Procedure::Climate(_),
        )) => {}
        None => keep(turn, slack, &to.channel),
    }
}

fn replied(turn: &mut Turn<'_>, slack: &SlackInput, at: &MessageRef, thread: &Ts, text: &str) {
    let root = MessageRef { channel: at.channel.clone(), ts: thread.clone() };
    match case_at(turn.desk, &root) {
        Some((id, Procedure::Urgent(_) | Procedure::Incident(_) | Procedure::Dispatch(_))) => {
            chain::replied(turn, id, &slack.by, text);
        }
        Some((id, Procedure::Assignment(_))) => {
            assignment::replied(turn, id, &slack.by, at, text);
        }
        Some((id, Procedure::List(_))) => list::replied(turn, id, &slack.by, at, text),
        Some((id, Procedure::Offboard(_))) => {
            offboard::replied(turn, id, &slack.by, at, &root, text)
        }
        Some((id, Procedure::Inquiry(_))) => {
            if !inquiry::replied(turn, id, &slack.by, text) {
                urgent::said(turn, &slack.by, at, &root, text);
            }
        }
        Some((_, Procedure::Climate(_))) => {
            climate::replied(turn, &slack.by, at, &root, text);
        }
        Some((_, Procedure::Stray(_) | Procedure::Phd(_) | Procedure::Outage(_))) => {
            urgent::said(turn, &slack.by, at, &root, text);
        }
        None if climate::asked_at(turn.desk, &root) => {
            climate::replied(turn, &slack.by, at, &root, text);
        }
        None => {
            // a request may be made in the thread of what it is about
            urgent::said(turn, &slack.by, at, &root, text);
            tam::said(turn, &slack.by, at, &root, text);
        }
    }
    outage::asked(turn, &slack.by, at, &root, text);
    if turn.changes.is_empty() && case_at(turn.desk, &root).is_none() {
        keep(turn, slack, &at.channel);
    }
}

fn edited(turn: &mut Turn<'_>, by: &SlackUser, at: &MessageRef, thread: Option<&Ts>, text: &str) {
    match case_at(turn.desk, at) {
        Some((id, Procedure::Urgent(_))) => urgent::edited(turn, id, text),
        Some((id, Procedure::Assignment(_))) => assignment::edited(turn, id, at, text),
        Some((id, Procedure::List(_))) => list::edited(turn, id, at, text),
        Some((
            _,
            Procedure::Incident(_)
            | Procedure::Stray(_)
            | Procedure::Phd(_)
            | Procedure::Outage(_)
            | Procedure::Offboard(_)
            | Procedure::Inquiry(_)
            | Procedure::Climate(_)
            | Procedure::Dispatch(_),
        )) => {}
        None if thread.is_none_or(|thread| thread == &at.ts) => {
            // a message that was no request yet may have become one
            let since = turn.now;
            assignment::said(turn, by, at, text, since);
            urgent::said(turn, by, at, at, text);
            tam::said(turn, by, at, at, text);
        }
        None => {}
    }
}

fn deleted(turn: &mut Turn<'_>, by: &SlackUser, at: &MessageRef) {
    match case_at(turn.desk, at) {
        Some((id, Procedure::Urgent(one))) => {
            if &one.request == at {
                urgent::deleted(turn, id);
            }
        }
        Some((id, Procedure::Assignment(_))) => assignment::deleted(turn, id, at, by),
        // what has begun goes on: a case never ends in silence
        Some((
            _,
            Procedure::Incident(_)
            | Procedure::Stray(_)
            | Procedure::Phd(_)
            | Procedure::Outage(_)
            | Procedure::List(_)
            | Procedure::Offboard(_)
            | Procedure::Inquiry(_)
            | Procedure::Climate(_)
            | Procedure::Dispatch(_),
        ))
        | None => {}
    }
}

fn pressed(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    on: &MessageRef,
    token: &str,
    trigger: &str,
    reply: &ReplyTo,
) {
    match Token::read(token) {
        Some(Token::Rung(id, nth, press)) => {
            chain::rung_pressed(turn, id, by, nth, press, reply);
        }
        Some(Token::Urgent(id, press)) => urgent::pressed(turn, id, by, press, reply),
        Some(Token::Exhausted(id, press)) => {
            chain::exhausted_pressed(turn, id, by, press, reply);
        }
        Some(Token::Incident(id, press)) => incident::pressed(turn, id, by, press, reply),
        Some(Token::Stray(id, press)) => stray::pressed(turn, id, by, press, trigger, reply),
        Some(Token::Phd(id, press)) => phd::pressed(turn, id, by, press, reply),
        Some(Token::Outage(id, press)) => outage::pressed(turn, id, by, press, reply),
        Some(Token::Step(id, nth, press)) => {
            list::pressed(turn, id, by, nth, press, trigger, reply);
        }
        Some(Token::Offboard(id, round, press)) => {
            offboard::pressed(turn, id, by, round, press, trigger, reply);
        }
        Some(Token::Unlink(id, round, nth, press)) => {
            offboard::unlink_pressed(turn, id, by, (round, nth), press, reply);
        }
        Some(Token::Dispatch(id, press)) => dispatch::pressed(turn, id, by, press, reply),
        Some(Token::Inquiry(id, press)) => inquiry::pressed(turn, id, by, press, reply),
        Some(Token::Climate(id, press)) => climate::pressed(turn, id, by, press, trigger, reply),
        Some(Token::Room(press)) => climate::room_pressed(turn, by, press, trigger, reply),
        Some(Token::Handover(post, press)) => duty::pressed(turn, by, post, press, reply),
        Some(Token::List(id, press)) => list::whole_pressed(turn, id, by, press, trigger, reply),
        Some(Token::Notice(id, round)) => assignment::confirm_pressed(turn, id, by, round, reply),
        Some(Token::Call(id, round, press)) => {
            assignment::call_pressed(turn, id, by, round, press, reply);
        }
        Some(Token::Ask(id, round, press)) => {
            assignment::ask_pressed(turn, id, by, round, press, reply);
        }
        Some(Token::ApplyGuide) => {
            guide::apply_pressed(turn, by, turn.desk.errand_at(on), reply);
        }
        Some(Token::Mail(id, press)) => mail::pressed(turn, id, by, press, reply),
        Some(Token::Draft(draft, press)) => {
            mail::draft_pressed(turn, draft, by, press, trigger, reply);
        }
        Some(
            Token::AssignForm
            | Token::LeaveForm
            | Token::DraftForm(_)
            | Token::StrayForm(_)
            | Token::AlarmForm
            | Token::StepForm(..)
            | Token::SetupForm
            | Token::SupportForm(_)
            | Token::OffboardForm
            | Token::OffboardEditForm(..)
            | Token::OffboardMailForm(..)
            | Token::OffboardConfirmForm(..)
            | Token::UnlinkForm(..)
            | Token::OnboardForm
            | Token::InquiryForm(_)
            | Token::ClimateForm(..)
            | Token::RoomForm
            | Token::Home(_)
            | Token::HomeLeaveForm,
        )
        | None => {
            turn.tell(by, reply, words::stale());
        }
    }
}

fn settled(turn: &mut Turn<'_>, id: ErrandId, outcome: &Outcome) {
    let desk = turn.desk;
    let Some(errand) = desk.errands.get(&id) else {
        // taken back while it was being carried out: a rung's post says that it is over, a telephone must not go on ringing
        match outcome {
            Outcome::Placed { to, .. } | Outcome::Joined { to, .. } => {
                turn.change(Change::Settled { errand: id, outcome: outcome.clone() });
                turn.owe(None, Urgency::Page, ErrandKind::HangUp { call: id, to: to.clone() });
            }
            Outcome::Posted(_) if !desk.posts.contains_key(&id) => {
                chain::posted_after_all(turn, id, outcome);
                offboard::posted_after_all(turn, id, outcome);
            }
            Outcome::Posted(_)
            | Outcome::Done
            | Outcome::Presence(_)
            | Outcome::Guide { .. }
            | Outcome::Refused { .. }
            | Outcome::Expired => {}
            Outcome::Opened { ticket } => incident::opened_after_all(turn, ticket),
        }
        return;
    };
    let placed;
    let outcome = if let (ErrandKind::Call { to, .. }, Outcome::Refused { .. }) =
        (&errand.kind, outcome)
        && desk.heard.contains_key(&id)
    {
        // somebody did something with that telephone: it was placed, whatever the carrier's answer
        placed = Outcome::Placed { reference: String::new(), to: to.clone() };
        &placed
    } else {
        outcome
    };
    turn.change(Change::Settled { errand: id, outcome: outcome.clone() });
    // whether it could be ended or not: nobody waits for it any more
    if let (
        ErrandKind::HangUp { call, .. },
        Outcome::Done | Outcome::Refused { .. } | Outcome::Expired,
    ) = (&errand.kind, outcome)
    {
        turn.change(Change::CallOver { call: *call, how: None });
    }
    if let ErrandKind::Probe { service } = &errand.kind {
        services::probed(turn, *service, outcome);
    }
    if let (ErrandKind::File { to, .. }, Outcome::Refused { why }) = (&errand.kind, outcome) {
        let kind = ErrandKind::Direct { to: to.clone(), message: words::reports::csv_refused(why) };
        turn.owe(None, Urgency::Answer, kind);
    }
    tickets::settled(turn, errand, outcome);
    mail::settled(turn, errand, outcome);
    board::settled(turn, errand, outcome);
    if let (ErrandKind::ReadGuide { by, reply }, Outcome::Guide { text }) = (&errand.kind, outcome)
    {
        guide::read_anew(turn, by, reply, text);
    }
    if let (ErrandKind::ReadGuide { by, reply }, Outcome::Refused { why }) = (&errand.kind, outcome)
    {
        turn.tell(by, reply, words::refused(why.clone(), ""));
    }
    if let Some(case) = errand.case {
        match desk.cases.get(&case).map(|case| &case.procedure) {
            Some(Procedure::Urgent(_)) => chain::settled(turn, case, errand, outcome),
            Some(Procedure::Assignment(_)) => assignment::settled(turn, case, errand, outcome),
            Some(Procedure::Incident(_)) => incident::settled(turn, case, errand, outcome),
            Some(Procedure::Phd(_)) => phd::settled(turn, case, errand, outcome),
            Some(Procedure::List(_)) => list::settled(turn, case, errand, outcome),
            Some(Procedure::Offboard(_)) => offboard::settled(turn, case, errand, outcome),
            Some(Procedure::Dispatch(_)) => dispatch::settled(turn, case, errand, outcome),
            Some(Procedure::Inquiry(_)) => inquiry::settled(turn, case, errand, outcome),
            Some(Procedure::Climate(_)) => climate::settled(turn, case, errand, outcome),
            Some(Procedure::Outage(_)) => outage::settled(turn, case, errand, outcome),
            Some(Procedure::Stray(_)) => stray::settled(turn, case, errand, outcome),
            None => {}
        }
    } else {
        climate::posted(turn, errand, outcome);
        duty::posted(turn, errand, outcome);
    }
}

fn phoned(turn: &mut Turn<'_>, call: ErrandId, event: CallEvent) {
    let Some(live) = turn.desk.calls.get(&call) else {
        let placing = turn.desk.errands.get(&call);
        // the first word counts, but for a key: whoever presses one hangs up afterwards, and the end may be told first
        let is_key = |event| matches!(event, CallEvent::Accepted | CallEvent::Rejected);
        let heard = turn.desk.heard.get(&call);
        let is_news = heard.is_none_or(|heard| is_key(event) && !is_key(*heard));
        if placing.is_some_and(|errand| matches!(errand.kind, ErrandKind::Call { .. })) {
            if is_news {
                turn.change(Change::CallHeard { call, event });
            }
        } else if event == CallEvent::Accepted {
            // taken for one that was never placed, and yet somebody was on the line
            chain::accepted_on(turn, call);
        }
        return;
    };
    match event {
        CallEvent::Accepted | CallEvent::Rejected => call_over(turn, call, live, event),
        // the telephone itself says so, of everything that the call was about
        CallEvent::Answered
        | CallEvent::Busy
        | CallEvent::NoAnswer
        | CallEvent::Voicemail
        | CallEvent::Failed => {
            for (call, live) in turn.desk.calls_of(&live.reference) {
                call_over(turn, call, live, event);
            }
        }
    }
}

fn call_over(turn: &mut Turn<'_>, call: ErrandId, live: &LiveCall, event: CallEvent) {
    turn.change(Change::CallOver { call, how: Some(event) });
    let Some(case) = live.case else { return };
    // somebody answered and hung up before the voice came to what joined the call later
    let unheard = live.joined && event == CallEvent::Answered;
    match turn.desk.cases.get(&case).map(|case| &case.procedure) {
        Some(Procedure::Urgent(_) | Procedure::Incident(_) | Procedure::Dispatch(_)) => {
            chain::phone(turn, case, call, event, unheard);
        }
        Some(Procedure::Assignment(_)) => assignment::phone(turn, case, call, event, unheard),
        // nobody is phoned for those
        Some(
            Procedure::Stray(_)
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

fn woken(turn: &mut Turn<'_>, case: CaseId) {
    match turn.desk.cases.get(&case).map(|case| &case.procedure) {
        Some(Procedure::Urgent(_)) => urgent::woken(turn, case),
        Some(Procedure::Assignment(_)) => assignment::woken(turn, case),
        Some(Procedure::Incident(_)) => incident::woken(turn, case),
        Some(Procedure::Stray(_)) => stray::woken(turn, case),
        Some(Procedure::Phd(_)) => phd::woken(turn, case),
        Some(Procedure::Outage(_)) => outage::woken(turn, case),
        Some(Procedure::List(_)) => list::woken(turn, case),
        Some(Procedure::Offboard(_)) => offboard::woken(turn, case),
        Some(Procedure::Dispatch(_)) => dispatch::woken(turn, case),
        Some(Procedure::Inquiry(_)) => inquiry::woken(turn, case),
        Some(Procedure::Climate(_)) => climate::woken(turn, case),
        None => {}
    }
}
