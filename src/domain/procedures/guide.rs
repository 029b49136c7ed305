//! The data folder's books coming into force, and the guide's change that waits for 적용 (R1).

use super::super::books::read_policy;
use super::super::change::Change;
use super::super::contacts::read_contacts;
use super::super::customers::read_customers;
use super::super::definitions::read_definitions;
use super::super::desk::Room;
use super::super::errand::{Errand, ErrandKind, Place, Service, Urgency};
use super::super::ids::SlackUser;
use super::super::input::{Books, CustomerRecord, ReplyTo};
use super::super::mail::read_templates;
use super::super::message::Message;
use super::super::people::{LineError, read_guide};
use super::super::scripts::read_scripts;
use super::super::turn::{Turn, one_line};
use super::super::words;
use super::{offboard, services};

/// The data folder as read at start-up. Policy and customers come into force at once; a roster only when there is none, for a
/// changed guide waits for 적용. What cannot be read leaves the old in force and is told in n.
pub(in crate::domain) fn books(turn: &mut Turn<'_>, books: &Books) {
    let desk = turn.desk;
    let fresh = desk.roster.text.is_empty();
    if desk.policy.text != books.policy || fresh {
        match read_policy(&books.policy) {
            Ok(policy) => turn.change(Change::PolicyAdopted {
                text: books.policy.clone(),
                policy: Box::new(policy),
            }),
            Err(errors) => {
                let errors: Vec<LineError> = errors
                    .into_iter()
                    .map(|error| LineError { line: error.line.unwrap_or(1), text: error.text })
                    .collect();
                refused(turn, "policy.toml", &books.policy, &errors);
            }
        }
    }
    // no text is no record: where it comes from elsewhere the books bring none, and what is in force stays so
    if desk.customers.text != books.customers && !books.customers.is_empty() {
        match read_customers(&books.customers) {
            Ok(customers) => {
                offboard::record_changed(turn, &customers);
                turn.change(Change::CustomersAdopted { text: books.customers.clone(), customers });
            }
            Err(errors) => refused(turn, "customers.csv", &books.customers, &errors),
        }
    }
    match read_templates(&books.mails) {
        Ok(templates) if templates == desk.templates => {}
        Ok(templates) => turn.change(Change::TemplatesAdopted { templates }),
        Err(errors) => {
            for (file, error) in errors {
                let file = format!("mail/{file}");
                let text = books.mails.values().cloned().collect::<String>();
                refused(turn, &file, &text, std::slice::from_ref(&error));
            }
        }
    }
    match read_definitions(&books.procedures) {
        Ok(definitions) if definitions == desk.definitions => {}
        Ok(definitions) => turn.change(Change::DefinitionsAdopted { definitions }),
        Err(errors) => {
            for (file, error) in errors {
                let file = format!("procedures/{file}");
                let text = books.procedures.values().cloned().collect::<String>();
                refused(turn, &file, &text, std::slice::from_ref(&error));
            }
        }
    }
    match read_scripts(&books.scripts) {
        Ok(scripts) if scripts == desk.scripts => {}
        Ok(scripts) => turn.change(Change::ScriptsAdopted { scripts }),
        Err(errors) => {
            for (file, error) in errors {
                let file = format!("scripts/{file}");
                let text = books.scripts.values().cloned().collect::<String>();
                refused(turn, &file, &text, std::slice::from_ref(&error));
            }
        }
    }
    match read_contacts(&books.contacts) {
        Ok(contacts) if contacts == desk.contacts => {}
        Ok(contacts) => turn.change(Change::ContactsAdopted { contacts }),
        Err(errors) => refused(turn, "contacts.toml", &books.contacts, &errors),
    }
    // somebody asked for it before the stop, and is answered by itself
    let asked = |errand: &Errand| matches!(errand.kind, ErrandKind::ReadGuide { .. });
    if desk.roster.text != books.guide
        && !desk.errands.values().any(asked)
        && desk.proposed.as_ref().is_none_or(|proposal| proposal.text != books.guide)
    {
        match read_guide(&books.guide, turn.now.date_naive()) {
            Ok((roster, _)) if fresh => {
                turn.change(Change::RosterAdopted { text: books.guide.clone(), roster });
            }
            Ok((roster, warnings)) => {
                let diff = desk.roster.value.diff(&roster);
                propose(turn, &books.guide, words::commands::guide_diff(&diff, &warnings));
            }
            Err(errors) => refused(turn, "guide.txt", &books.guide, &errors),
        }
    }
}

/// The customer record as its source has it now. One that cannot be read leaves the old in force and is told in n.
pub(in crate::domain) fn record(turn: &mut Turn<'_>, record: &CustomerRecord) {
    let desk = turn.desk;
    if desk.customers.text != record.text {
        match read_customers(&record.text) {
            Ok(customers) => {
                offboard::record_changed(turn, &customers);
                turn.change(Change::CustomersAdopted { text: record.text.clone(), customers });
            }
            Err(errors) => return refused(turn, "customers.csv", &record.text, &errors),
        }
    }
    if desk.record.as_of.is_none_or(|known| known < record.as_of) {
        turn.change(Change::RecordSeen { as_of: record.as_of });
    }
    services::recovered(turn, Service::Customers);
}

/// Told once for each text, not at every start.
fn refused(turn: &mut Turn<'_>, file: &str, text: &str, errors: &[LineError]) {
    if turn.desk.refused.get(file).is_some_and(|known| known == text) {
        return;
    }
    // at the very first start nobody can be told yet
    if turn.desk.room(Room::Noti).is_some() {
        turn.change(Change::BookRefused { file: file.to_owned(), text: text.to_owned() });
    }
    told(turn, words::commands::book_refused(file, errors));
}

fn told(turn: &mut Turn<'_>, message: Message) {
    if let Some(channel) = turn.desk.room(Room::Noti) {
        turn.post(None, Urgency::Notice, Place { channel, thread: None }, message);
    }
}

fn propose(turn: &mut Turn<'_>, text: &str, message: Message) {
    if let Some(channel) = turn.desk.room(Room::Noti) {
        let post = turn.post(None, Urgency::Answer, Place { channel, thread: None }, message);
        turn.change(Change::GuideProposed { text: text.to_owned(), post });
    }
}

/// The guide as read anew by `/coc guide`: the difference is posted, errors go to who asked.
pub(in crate::domain) fn read_anew(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    reply: &ReplyTo,
    text: &str,
) {
    let desk = turn.desk;
    match read_guide(text, turn.now.date_naive()) {
        Err(errors) => {
            turn.tell(by, reply, words::commands::book_refused("guide.txt", &errors));
        }
        Ok((roster, warnings)) => {
            let diff = desk.roster.value.diff(&roster);
            if text == desk.roster.text || (diff.is_empty() && roster == desk.roster.value) {
                return turn.tell(by, reply, words::commands::guide_same(&warnings));
            }
            turn.tell(
                by,
                reply,
                one_line(
                    "업무가이드의 바뀐 점을 #coc-noti에 올립니다. [적용]을 눌러야 반영됩니다.",
                ),
            );
            propose(turn, text, words::commands::guide_diff(&diff, &warnings));
        }
    }
}

/// 적용: only the guide that was shown goes live.
pub(in crate::domain) fn apply_pressed(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    on: Option<super::super::ids::ErrandId>,
    reply: &ReplyTo,
) {
    let desk = turn.desk;
    if !desk.holds(by, &desk.policy.value.roles.guide) {
        return turn.tell(by, reply, words::urgent::coc_only());
    }
    let Some(proposal) = desk.proposed.as_ref().filter(|proposal| on == Some(proposal.post)) else {
        return turn.tell(by, reply, words::commands::guide_stale());
    };
    match read_guide(&proposal.text, turn.now.date_naive()) {
        Ok((roster, _)) => {
            let message = words::commands::guide_applied(&desk.name_of(by), turn.now);
            let shown = ErrandKind::Update { post: proposal.post, message: message.clone() };
            turn.owe(None, Urgency::Housekeeping, shown);
            turn.change(Change::RosterAdopted { text: proposal.text.clone(), roster });
            told(turn, message);
        }
        Err(errors) => {
            turn.tell(by, reply, words::commands::book_refused("guide.txt", &errors));
        }
    }
}
