//! Mails to customers: drafted in the case's thread, changed in a form, sent by somebody's button.

use super::super::case::Procedure;
use super::super::change::Change;
use super::super::errand::{Errand, ErrandKind, Outcome, Place, Urgency};
use super::super::ids::{CaseId, ErrandId, SlackUser};
use super::super::input::ReplyTo;
use super::super::mail::{Draft, DraftChange, DraftState, Email, Occasion, addresses};
use super::super::message::{Answer, FieldError, Message};
use super::super::people::contact::is_email;
use super::super::turn::{DraftPress, MailPress, Turn, thread_of};
use super::super::words;
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
        MailPress::Draft => draft_urgent(turn, id, by, reply),
    }
}

fn draft_urgent(turn: &mut Turn<'_>, id: CaseId, by: &SlackUser, reply: &ReplyTo) {
    let desk = turn.desk;
    if !allowed(turn, by) {
        return turn.tell(by, reply, words::mail::not_allowed());
    }
    let Some(Procedure::Urgent(urgent)) = desk.cases.get(&id).map(|case| &case.procedure) else {
        return turn.tell(by, reply, words::stale());
    };
    let Some(taken) = urgent.taken() else { return turn.tell(by, reply, words::stale()) };
    let waits = |draft: &Draft| draft.case == id && draft.state != DraftState::Discarded;
    if desk.drafts.values().any(waits) {
        return turn.tell(by, reply, words::mail::drafted_already());
    }
    let Some(customer) = desk.customers.value.find(urgent.customer.name()) else {
        return turn.tell(by, reply, words::mail::no_address(urgent.customer.name()));
    };
    let at = taken.at.format("%Y-%m-%d %H:%M").to_string();
    let ticket = urgent.ticket.as_ref().map_or("", |ticket| ticket.as_str());
    let names = BTreeMap::from([
        ("company", desk.policy.value.company.customer.as_str()),
        ("customer", customer.name.as_str()),
        ("engineer", taken.by.as_str()),
        ("at", at.as_str()),
        ("ticket", ticket),
    ]);
    if customer.emails.is_empty() {
        return turn.tell(by, reply, words::mail::no_address(&customer.name));
    }
    let occasion = Occasion::UrgentTaken;
    let Some((subject, text)) = desk.templates.fill(occasion, &names) else {
        return turn.tell(by, reply, words::mail::no_template(occasion));
    };
    let from = desk.policy.value.mail.from.clone();
    let mail = Email { from, to: customer.emails.clone(), cc: Vec::new(), subject, text };
    let name = customer.name.clone();
    let place = thread_of(&urgent.root);
    write(turn, id, name, mail, place);
}

/// Posts a draft.
fn write(turn: &mut Turn<'_>, case: CaseId, customer: String, mail: Email, place: Place) {
    let post = turn.next_errand();
    let draft = Draft { post, case, customer, mail, state: DraftState::Open };
    let message = words::mail::draft(&draft, by_hand(turn), None);
    turn.owe_as(post, Some(case), Urgency::Answer, ErrandKind::Post { place, message });
    turn.change(Change::Drafted(Box::new(draft)));
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
    let Some(mut draft) = turn.desk.drafts.get(&id).cloned() else {
        return turn.tell(by, reply, words::stale());
    };
    let over = match &draft.state {
        DraftState::Open => None,
        DraftState::Sending { by, .. } => Some(format!("{}이 이미 보내고 있습니다.", by.polite())),
        DraftState::Sent { at, by } => {
            Some(format!("{}이 {}에 이미 보냈습니다.", by.polite(), at.format("%H:%M")))
        }
        DraftState::Discarded => Some("이미 지운 초안입니다.".to_owned()),
    };
    if let Some(how) = over {
        return turn.tell(by, reply, words::mail::is_over(&how));
    }
    let who = turn.desk.name_of(by);
    match press {
        DraftPress::Edit => turn.open_form(by, trigger, words::mail::form(&draft)),
        DraftPress::Discard => {
            step(turn, &mut draft, DraftChange::Discarded);
            let message = words::mail::discarded(&draft, &who);
            show(turn, &draft, message);
        }
        DraftPress::Send if by_hand(turn) => {
            let at = turn.now;
            step(turn, &mut draft, DraftChange::Sent { at, by: who.clone() });
            turn.note(draft.case, Some(by), words::mail::sent_note(&draft));
            let message = words::mail::sent(&draft, &who, at, true);
            show(turn, &draft, message);
        }
        DraftPress::Send => {
            let kind = ErrandKind::Mail { mail: draft.mail.clone() };
            let errand = turn.owe(Some(draft.case), Urgency::Answer, kind);
            step(turn, &mut draft, DraftChange::Sending { errand, by: who.clone() });
            let message = words::mail::sending(&draft, &who);
            show(turn, &draft, message);
        }
    }
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
        | Outcome::Guide { .. } => return,
    };
    match why {
        None => {
            let at = turn.now;
            step(turn, &mut draft, DraftChange::Sent { at, by: by.clone() });
            turn.note_by(draft.case, Some(by.clone()), words::mail::sent_note(&draft));
            let message = words::mail::sent(&draft, &by, at, false);
            show(turn, &draft, message);
        }
        Some(why) => {
            step(turn, &mut draft, DraftChange::Returned);
            turn.note_by(draft.case, None, format!("고객 메일 발송 실패: {why}"));
            let message = words::mail::draft(&draft, false, Some(why));
            show(turn, &draft, message);
            // an update reaches nobody: what failed is said anew, where the case lives
            if let Some(place) = place_of(turn, draft.case) {
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

fn place_of(turn: &Turn<'_>, case: CaseId) -> Option<Place> {
    match &turn.desk.cases.get(&case)?.procedure {
        Procedure::Urgent(urgent) => Some(thread_of(&urgent.root)),
        Procedure::Assignment(one) => super::assignment::place(turn.desk, one),
    }
}
