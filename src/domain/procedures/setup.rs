//! `/coc setup`: the monitoring of a customer is set up (M1, M3, M4, M11, M12).

use super::super::case::Procedure;
use super::super::checklist::StepDefinition;
use super::super::definitions::SetupDefinition;
use super::super::desk::{Desk, Room};
use super::super::errand::{ErrandKind, Urgency};
use super::super::ids::{CaseId, Name, SlackUser, TicketLink};
use super::super::input::ReplyTo;
use super::super::message::{Answer, FieldError};
use super::super::people::contact::is_email;
use super::super::people::order::{Duty, absence_at};
use super::super::text::{read, ticket_link};
use super::super::time::Time;
use super::super::turn::Turn;
use super::super::words;
use super::assignment;
use super::commands::Typed;
use super::list::{ListKind, begin};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The monitoring of a customer that is set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// The alarm channel, as it is called.
    pub channel: String,
    /// What kind of channel it is.
    pub sort: ChannelSort,
    /// The ticket that asks for it (M1).
    pub ticket: TicketLink,
    /// How the customer is reached (M1).
    pub contact: String,
    /// The engineer of the TS steps; `None` where there is nobody.
    pub ts: Option<Name>,
    /// Who entered it.
    pub by: Name,
}

/// The kinds of alarm channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelSort {
    /// There is a template for it: COC's alone (M4).
    Known,
    /// There is none yet (M4).
    New,
    /// Alarms that are there already (M11).
    Existing,
    /// DataDog (M12).
    DataDog,
}

/// What `/coc setup` was told.
struct Asked {
    customer: String,
    channel: String,
    ticket: Result<TicketLink, String>,
    contact: String,
}

/// A name of a channel made even.
fn even(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Which kind of channel a name means, and what people call it; `None`: a name that nobody knows.
fn known_channel(definition: &SetupDefinition, name: &str) -> Option<(ChannelSort, String)> {
    let read = even(name);
    // as it is spoken
    let key = match read.as_str() {
        "이메일" | "메일" => "email",
        "슬랙" => "slack",
        "팀즈" => "teams",
        "데이터독" => "datadog",
        other => other,
    };
    match key {
        "기존알람" | "기존" => Some((ChannelSort::Existing, "기존알람".to_owned())),
        "datadog" => Some((ChannelSort::DataDog, "DataDog".to_owned())),
        _ => {
            let known = definition.channels.iter().find(|one| even(one) == key)?;
            Some((ChannelSort::Known, known.clone()))
        }
    }
}

/// How many words a customer's or channel's name may have.
const NAME_WORDS: usize = 4;

/// Takes the typed words apart: the customer's name, the channel, the ticket, and whatever follows is the contact.
fn parse(desk: &Desk, text: &str) -> Asked {
    let reading = read(text);
    let link = reading.links.first();
    let (before, after) = match link.and_then(|link| reading.words.split_once(link.as_str())) {
        Some((before, after)) => (before, Some(after)),
        None => (reading.words.as_str(), None),
    };
    let tidy = |text: &str| text.trim().trim_matches(['[', ']', '<', '>']).trim().to_owned();
    let words: Vec<&str> = before.split_whitespace().collect();
    let words: Vec<&str> = words.iter().map(|word| word.trim_matches(['[', ']'])).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let first = |upto: usize| words[..upto].join(" ");
    let most = words.len().min(NAME_WORDS);
    let found = (1..=most).rev().find(|upto| desk.customers.value.find(&first(*upto)).is_some());
    let is_channel =
        |words: &[&str]| known_channel(&desk.definitions.setup, &words.join(" ")).is_some();
    // a name that is on no record ends where a channel begins
    let unknown_ends = || {
        let begins = |at: &usize| is_channel(&words[*at..(*at + 1).min(words.len())]);
        (1..words.len()).find(begins).unwrap_or(words.len().min(1))
    };
    let split = found.unwrap_or_else(unknown_ends);
    let (customer, rest) = (first(split), &words[split..]);
    let known = (1..=rest.len().min(NAME_WORDS)).rev().find(|upto| is_channel(&rest[..*upto]));
    let (channel, rest) = match (known, after) {
        (Some(upto), _) => rest.split_at(upto),
        (None, Some(_)) => (rest, &[][..]),
        (None, None) => rest.split_at(rest.len().min(1)),
    };
    let (ticket, contact) = match (link, after) {
        (Some(link), Some(after)) => (ticket_link(link), format!("{} {after}", rest.join(" "))),
        // what stands where the ticket should was meant as one
        (_, None) | (None, _) => {
            let mut rest = rest.iter().copied();
            let meant = rest.next().unwrap_or_default().to_owned();
            (Err(meant), rest.collect::<Vec<_>>().join(" "))
        }
    };
    Asked { customer, channel: channel.join(" "), ticket, contact: tidy(&contact) }
}

/// Whether somebody can be reached by it: it holds an address or a telephone number.
fn is_contact(text: &str) -> bool {
    let words = text.split([' ', ',', ';', '/', '(', ')', '\n']);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits >= 8 || words.into_iter().any(is_email)
}

/// What is to be set up, once nothing is wrong with it.
struct Checked {
    customer: String,
    setup: Setup,
    steps: Vec<StepDefinition>,
}

fn check(turn: &Turn<'_>, by: &SlackUser, asked: &Asked) -> Result<Checked, Vec<FieldError>> {
    let desk = turn.desk;
    let mut errors = Vec::new();
    let mut wrong = |key: &str, text: String| errors.push(FieldError { key: key.to_owned(), text });
    let customer = desk.customers.value.find(&asked.customer).map(|one| one.name.clone());
    if customer.is_none() {
        wrong(
            "customer",
            if asked.customer.is_empty() {
                words::setup::missing("한빛전자")
            } else {
                words::urgent::unknown_customer(desk, &asked.customer)
            },
        );
    }
    if even(&asked.channel).is_empty() {
        wrong("channel", words::setup::no_channel(&asked.channel));
    }
    if let Err(read) = &asked.ticket {
        wrong("ticket", words::commands::bad_ticket(read));
    }
    if asked.contact.is_empty() {
        wrong("contact", words::setup::missing("ops@hanbit.example.com"));
    } else if !is_contact(&asked.contact) {
        wrong("contact", words::setup::bad_contact(&asked.contact));
    }
    let (Some(customer), Ok(ticket), true) = (customer, &asked.ticket, errors.is_empty()) else {
        return Err(errors);
    };
    let definition = &desk.definitions.setup;
    let (sort, channel) = known_channel(definition, &asked.channel)
        .unwrap_or_else(|| (ChannelSort::New, asked.channel.clone()));
    if let Some(id) = running(desk, &customer, &channel, ticket) {
        let text = words::setup::running_already(id);
        return Err(vec![FieldError { key: "ticket".to_owned(), text }]);
    }
    let steps = match sort {
        ChannelSort::Known => &definition.known,
        ChannelSort::New => &definition.new,
        ChannelSort::Existing => &definition.existing,
        ChannelSort::DataDog => &definition.datadog,
    };
    let ts = engineer(desk, &customer, turn.now);
    let (contact, by) = (asked.contact.clone(), desk.name_of(by));
    let setup = Setup { channel, sort, ticket: ticket.clone(), contact, ts, by };
    Ok(Checked { customer, setup, steps: steps.clone() })
}

/// The same set-up that is worked off already.
fn running(desk: &Desk, customer: &str, channel: &str, ticket: &TicketLink) -> Option<CaseId> {
    let same = |procedure: &Procedure| {
        matches!(procedure, Procedure::List(list) if list.is_open()
            && list.customer == customer
            && matches!(&list.kind, ListKind::Setup(one)
                if one.channel == channel && &one.ticket == ticket))
    };
    desk.cases.iter().find(|(_, case)| same(&case.procedure)).map(|(id, _)| *id)
}

/// Who does the TS steps: 정, else 부, whoever of them is there; else the next of the General list.
pub(super) fn engineer(desk: &Desk, customer: &str, now: Time) -> Option<Name> {
    let record = desk.customers.value.find(customer)?;
    let owners: Vec<&Name> =
        [&record.ts_primary, &record.ts_backup].into_iter().flatten().collect();
    let is_there = |who: &&&Name| {
        absence_at(&desk.roster.value, &desk.leaves, who, Duty::Other, now).is_none()
    };
    let own = owners.iter().find(is_there).or_else(|| owners.first()).map(|who| (*who).clone());
    own.or_else(|| assignment::choose(desk, customer, now).order.into_iter().next())
}

fn start(turn: &mut Turn<'_>, checked: Checked) -> super::super::message::Message {
    let Checked { customer, setup, steps } = checked;
    let origin = format!("setup:{}:{}", setup.ticket, setup.channel);
    match begin(turn, &origin, &customer, ListKind::Setup(setup), steps) {
        Some(id) => words::setup::accepted(id, &customer),
        None => words::setup::no_room(),
    }
}

/// `/coc setup 고객사 채널 티켓링크 연락처`; without arguments its form.
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>, text: &str) {
    let desk = turn.desk;
    if !desk.holds(typed.by, &desk.policy.value.roles.setup) {
        return turn.tell(typed.by, typed.reply, words::setup::not_allowed());
    }
    if text.trim().is_empty() {
        let form = words::setup::form(&desk.definitions.setup);
        return turn.open_form(typed.by, typed.trigger, form);
    }
    let message = match check(turn, typed.by, &parse(desk, text)) {
        Ok(checked) => start(turn, checked),
        Err(errors) => words::commands::field_errors(
            &words::setup::form(&desk.definitions.setup),
            words::setup::EXAMPLE,
            &errors,
        ),
    };
    turn.tell(typed.by, typed.reply, message);
}

/// The form was handed in.
pub(super) fn submitted(turn: &mut Turn<'_>, by: &SlackUser, fields: &BTreeMap<String, String>) {
    let desk = turn.desk;
    let field = |key: &str| fields.get(key).map(|text| text.trim().to_owned()).unwrap_or_default();
    if !desk.holds(by, &desk.policy.value.roles.setup) {
        let text = words::setup::not_allowed().plain();
        turn.answer = Answer::Errors(vec![FieldError { key: "customer".to_owned(), text }]);
        return;
    }
    let asked = Asked {
        customer: field("customer"),
        channel: field("channel"),
        ticket: ticket_link(&field("ticket")),
        contact: field("contact"),
    };
    match check(turn, by, &asked) {
        Ok(checked) => {
            let message = start(turn, checked);
            match desk.room(Room::Noti) {
                Some(channel) => {
                    let reply = ReplyTo { channel, thread: None, url: None };
                    turn.tell(by, &reply, message);
                }
                None => {
                    let kind = ErrandKind::Direct { to: by.clone(), message };
                    turn.owe(None, Urgency::Answer, kind);
                }
            }
        }
        Err(errors) => turn.answer = Answer::Errors(errors),
    }
}
