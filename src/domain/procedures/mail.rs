//! Mails to customers: drafted in the case's thread, changed in a form, sent by somebody's button.

use super::super::case::Procedure;
use super::super::change::Change;
use super::super::customers::Customer;
use super::super::desk::Desk;
use super::super::errand::{Errand, ErrandKind, Outcome, Place, Urgency};
use super::super::ids::{CaseId, ErrandId, Name, SlackUser};
use super::super::input::ReplyTo;
use super::super::mail::{Draft, DraftChange, DraftState, Email, Occasion, addresses};
use super::super::message::{Answer, FieldError, Message};
use super::super::people::contact::is_email;
use super::super::turn::{DraftPress, MailPress, Turn, thread_of};
use super::super::words;
use super::{incident, list, onboard};
use std::collections::BTreeMap;

/// Whether a mail of this kind can be drafted for this customer, so that its button is worth showing.
#[must_use]
pub(super) fn can_draft(turn: &Turn<'_>, occasion: Occasion, customer: &str) -> bool {
    let desk = turn.desk;
    let record = desk.customers.value.find(customer);
    desk.presence.adapters.mail
        && desk.templates.has(occasion)
        && record.is_some_and(|one| !one.emails.is_empty())
}

fn allowed(turn: &Turn<'_>, by: &SlackUser) -> bool {
    turn.desk.holds(by, &turn.desk.policy.value.roles.mail)
}

/// A button that drafts a mail of the case.
pub(in crate::domain) fn pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    press: MailPress,
    reply: &ReplyTo,
) {
    match press {
        MailPress::Draft => draft_of_case(turn, id, by, reply),
    }
}

fn draft_of_case(turn: &mut Turn<'_>, id: CaseId, by: &SlackUser, reply: &ReplyTo) {
    let desk = turn.desk;
    if !allowed(turn, by) {
        return turn.tell(by, reply, words::mail::not_allowed());
    }
    let procedure = desk.cases.get(&id).map(|case| &case.procedure);
    if let Some(Procedure::Incident(_)) = procedure {
        return incident::draft_mail(turn, id, by, reply);
    }
    if procedure.is_some_and(onboard::is_one) {
        return onboard::draft_reminder(turn, id, by, reply);
    }
    let Some(Procedure::Urgent(urgent)) = procedure else {
        return turn.tell(by, reply, words::stale());
    };
    let Some(taken) = urgent.taken() else { return turn.tell(by, reply, words::stale()) };
    let waits = |draft: &Draft| draft.case == id && draft.state != DraftState::Discarded;
    if desk.drafts.values().any(waits) {
        return turn.tell(by, reply, words::mail::drafted_already());
    }
    let at = taken.at.format("%Y-%m-%d %H:%M").to_string();
    let ticket = urgent.ticket.as_ref().map_or("", |ticket| ticket.as_str());
    let names = [("engineer", taken.by.as_str()), ("at", at.as_str()), ("ticket", ticket)];
    let place = thread_of(&urgent.root);
    match compose(desk, Occasion::UrgentTaken, urgent.customer.name(), &names) {
        Ok((customer, mail)) => _ = write(turn, id, customer, mail, place),
        Err(why) => turn.tell(by, reply, why),
    }
}

/// The mail of an occasion to a customer, and the customer's name on record. `names` fill the template beside company and customer.
///
/// # Errors
/// What people are told when no mail can be made of it.
pub(super) fn compose(
    desk: &Desk,
    occasion: Occasion,
    customer: &str,
    names: &[(&str, &str)],
) -> Result<(String, Email), Message> {
    let record = desk.customers.value.find(customer).filter(|one| !one.emails.is_empty());
    let record = record.ok_or_else(|| words::mail::no_address(customer))?;
    let mail = fill(desk, occasion, record, names);
    Ok((record.name.clone(), mail.ok_or_else(|| words::mail::no_template(occasion))?))
}

/// The mail of an occasion to a customer on record, who may have no address; `None` where there is no template for it.
pub(super) fn fill(
    desk: &Desk,
    occasion: Occasion,
    record: &Customer,
    names: &[(&str, &str)],
) -> Option<Email> {
    let common = [
        ("company", desk.policy.value.company.customer.as_str()),
        ("customer", record.name.as_str()),
    ];
    let names: BTreeMap<&str, &str> = common.iter().chain(names).copied().collect();
    let (subject, text) = desk.templates.fill(occasion, &names)?;
    let (from, to) = (desk.policy.value.mail.from.clone(), record.emails.clone());
    Some(Email { from, to, cc: Vec::new(), subject, text })
}

/// Posts a draft with its buttons; returns the errand that posts it.
pub(super) fn write(
    turn: &mut Turn<'_>,
    case: CaseId,
    customer: String,
    mail: Email,
    place: Place,
) -> ErrandId {
    let post = turn.next_errand();
    let draft = Draft { post, case, customer, mail, state: DraftState::Open };
    let message = words::mail::draft(&draft, by_hand(turn), None);
    turn.owe_as(post, Some(case), Urgency::Answer, ErrandKind::Post { place, message });
    turn.change(Change::Drafted(Box::new(draft)));
    post
}

/// Somebody's button sends a mail at once; without a mail server it is drafted for somebody to send by hand.
pub(super) fn send_now(
    turn: &mut Turn<'_>,
    case: CaseId,
    customer: String,
    mail: Email,
    place: Place,
    by: &Name,
) {
    if by_hand(turn) {
        write(turn, case, customer, mail, place);
        return;
    }
    let post = turn.next_errand();
    let errand = turn.owe(Some(case), Urgency::Answer, ErrandKind::Mail { mail: mail.clone() });
    let state = DraftState::Sending { errand, by: by.clone() };
    let draft = Draft { post, case, customer, mail, state };
    let message = words::mail::sending(&draft, by);
    turn.owe_as(post, Some(case), Urgency::Answer, ErrandKind::Post { place, message });
    turn.change(Change::Drafted(Box::new(draft)));
}

/// A drafted mail of a case is sent, by the server or by somebody's hand: the case goes on.
fn is_sent(turn: &mut Turn<'_>, draft: &Draft, by: &Name) {
    match turn.desk.cases.get(&draft.case).map(|case| &case.procedure) {
        Some(Procedure::Incident(_)) => incident::mailed(turn, draft.case, by),
        Some(Procedure::List(_)) => list::mailed(turn, draft, by),
        Some(
            Procedure::Urgent(_)
            | Procedure::Assignment(_)
            | Procedure::Stray(_)
            | Procedure::Phd(_)
            | Procedure::Outage(_)
            | Procedure::Offboard(_)
            | Procedure::Dispatch(_)
            | Procedure::Inquiry(_)
            | Procedure::Climate(_),
        )
        | None => {}
    }
}

fn by_hand(turn: &Turn<'_>) -> bool {
    !turn.desk.presence.adapters.mail
}

fn step(turn: &mut Turn<'_>, draft: &mut Draft, change: DraftChange) {
    draft.apply(&change);
    turn.change(Change::Draft { draft: draft.post, change });
}

fn show(turn: &mut Turn<'_>, draft: &Draft, message: Message) {
    let kind = ErrandKind::Update { post: draft.post, message };
    turn.owe(Some(draft.case), Urgency::Answer, kind);
}

/// 메일 발송 · 고치기 · 초안 지우기
pub(in crate::domain) fn draft_pressed(
    turn: &mut Turn<'_>,
    id: ErrandId,
    by: &SlackUser,
    press: DraftPress,
    trigger: &str,
    reply: &ReplyTo,
) {
    if !allowed(turn, by) {
        return turn.tell(by, reply, words::mail::not_allowed());
    }
    let Some(draft) = turn.desk.drafts.get(&id).cloned() else {
        return turn.tell(by, reply, words::stale());
    };
    if let Some(how) = words::mail::over_already(&draft.state) {
        return turn.tell(by, reply, words::mail::is_over(&how));
    }
    let who = turn.desk.name_of(by);
    match press {
        DraftPress::Edit => turn.open_form(by, trigger, words::mail::form(&draft)),
        DraftPress::Discard => discard(turn, draft, &who),
        DraftPress::Send if draft.mail.to.is_empty() => {
            turn.tell(by, reply, words::mail::nobody_to_send_to());
        }
        DraftPress::Send => send(turn, draft, &who),
    }
}

/// Nobody wants it any more.
pub(super) fn discard(turn: &mut Turn<'_>, mut draft: Draft, who: &Name) {
    step(turn, &mut draft, DraftChange::Discarded);
    let message = words::mail::discarded(&draft, who);
    show(turn, &draft, message);
}

/// Sends an open draft that has an address, or writes down that somebody sent it by hand.
pub(super) fn send(turn: &mut Turn<'_>, mut draft: Draft, who: &Name) {
    if by_hand(turn) {
        let at = turn.now;
        step(turn, &mut draft, DraftChange::Sent { at, by: who.clone() });
        turn.note_by(draft.case, Some(who.clone()), words::mail::sent_note(&draft));
        let message = words::mail::sent(&draft, who, at, true);
        show(turn, &draft, message);
        return is_sent(turn, &draft, who);
    }
    let kind = ErrandKind::Mail { mail: draft.mail.clone() };
    let errand = turn.owe(Some(draft.case), Urgency::Answer, kind);
    step(turn, &mut draft, DraftChange::Sending { errand, by: who.clone() });
    let message = words::mail::sending(&draft, who);
    show(turn, &draft, message);
}

/// The form that changes a draft was handed in.
pub(in crate::domain) fn edited(
    turn: &mut Turn<'_>,
    id: ErrandId,
    by: &SlackUser,
    fields: &BTreeMap<String, String>,
) {
    let field = |key: &str| fields.get(key).map(|text| text.trim()).unwrap_or_default();
    let mut errors = Vec::new();
    let mut wrong = |key: &str, text: String| errors.push(FieldError { key: key.to_owned(), text });
    let Some(mut draft) = turn.desk.drafts.get(&id).cloned() else { return };
    if !allowed(turn, by) || draft.state != DraftState::Open {
        wrong(
            "to",
            "이미 보냈거나 지운 초안이어서 고칠 수 없습니다. 창을 닫아 주십시오.".to_owned(),
        );
    }
    let (to, cc) = (addresses(field("to")), addresses(field("cc")));
    for (key, list) in [("to", &to), ("cc", &cc)] {
        if let Some(read) = list.iter().find(|one| !is_email(one)) {
            wrong(key, words::mail::bad_address(read));
        }
    }
    if to.is_empty() {
        wrong("to", words::mail::bad_address(""));
    }
    for key in ["subject", "text"] {
        if field(key).is_empty() {
            wrong(key, words::mail::blank());
        }
    }
    if !errors.is_empty() {
        turn.answer = Answer::Errors(errors);
        return;
    }
    let (subject, text) = (field("subject").replace(['\r', '\n'], " "), field("text").to_owned());
    let mail = Email { from: draft.mail.from.clone(), to, cc, subject, text };
    step(turn, &mut draft, DraftChange::Edited { mail });
    let message = words::mail::draft(&draft, by_hand(turn), None);
    show(turn, &draft, message);
}

/// What became of a mail.
pub(in crate::domain) fn settled(turn: &mut Turn<'_>, errand: &Errand, outcome: &Outcome) {
    let sending = |draft: &&Draft| match &draft.state {
        DraftState::Sending { errand: sends, .. } => *sends == errand.id,
        DraftState::Open | DraftState::Sent { .. } | DraftState::Discarded => false,
    };
    let Some(mut draft) = turn.desk.drafts.values().find(sending).cloned() else { return };
    let DraftState::Sending { by, .. } = draft.state.clone() else { return };
    let why = match outcome {
        Outcome::Done => None,
        Outcome::Refused { why } => Some(why.as_str()),
        Outcome::Expired => Some("하루 동안 메일 서버에 보내지 못했습니다"),
        Outcome::Posted(_)
        | Outcome::Placed { .. }
        | Outcome::Joined { .. }
        | Outcome::Presence(_)
        | Outcome::Guide { .. }
        | Outcome::Opened { .. } => return,
    };
    match why {
        None => {
            let at = turn.now;
            step(turn, &mut draft, DraftChange::Sent { at, by: by.clone() });
            turn.note_by(draft.case, Some(by.clone()), words::mail::sent_note(&draft));
            let message = words::mail::sent(&draft, &by, at, false);
            show(turn, &draft, message);
            is_sent(turn, &draft, &by);
        }
        Some(why) => {
            step(turn, &mut draft, DraftChange::Returned);
            turn.note_by(draft.case, None, format!("고객 메일 발송 실패: {why}"));
            let message = words::mail::draft(&draft, false, Some(why));
            show(turn, &draft, message);
            // an update reaches nobody: what failed is said anew
            if let Some(place) = place_of(turn, &draft) {
                turn.post(
                    Some(draft.case),
                    Urgency::Notice,
                    place,
                    words::mail::returned(&draft, why),
                );
            }
        }
    }
}

/// Where people are told of a draft: where the case lives, or in the draft's channel where that is another. What a mail server says may
/// name the customer's address, and not everybody in the case's channel may read that.
fn place_of(turn: &Turn<'_>, draft: &Draft) -> Option<Place> {
    let home = turn.place_of(draft.case)?;
    let stands = turn.desk.posts.get(&draft.post).map(|post| post.at.channel.clone());
    match stands.filter(|channel| *channel != home.channel) {
        Some(channel) => Some(Place { channel, thread: None }),
        None => Some(home),
    }
}
