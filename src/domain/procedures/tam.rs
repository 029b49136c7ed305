//! AWS TAM's `[REQ]` in #saltware-pls-technical-support (T1 to T5): a checklist in the thread of the message.

use super::super::case::Home;
use super::super::checklist::{Checklist, StepKind, StepState};
use super::super::desk::{Desk, Room};
use super::super::errand::{Place, Urgency};
use super::super::ids::{AccountId, CaseId, ErrandId, MessageRef, Name, SlackUser, TicketLink};
use super::super::input::ReplyTo;
use super::super::mail::{DraftState, Email, Occasion};
use super::super::message::Message;
use super::super::policy::Role;
use super::super::text::{Reading, mark, pattern, read};
use super::super::time::Time;
use super::super::turn::{Turn, thread_of};
use super::super::words;
use super::list::{Ending, List, ListChange, ListKind, Stage, Work};
use super::urgent::named_by_words;
use super::{assignment, incident, mail};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// A `[REQ]` and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tam {
    /// Who wrote it.
    pub by: SlackUser,
    /// When.
    pub said_at: Time,
    /// What it says, without the tag.
    pub request: String,
    /// Which customer it is about, as far as its text tells.
    pub which: Which,
    /// The mail's draft; `None` where none could be made.
    pub draft: Option<ErrandId>,
    /// Technical support, once it was asked for (T5).
    pub support: Option<Support>,
}

/// Which customer a text is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// This one, by its name on record.
    Known(String),
    /// More than one.
    Several(Vec<String>),
    /// What was written is on no record.
    Unknown(String),
    /// Nothing was written.
    Missing,
}

/// Technical support that was asked for (T5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Support {
    /// The ticket.
    pub ticket: TicketLink,
    /// The case of its assignment.
    pub case: CaseId,
    /// Who asked.
    pub by: Name,
    /// When.
    pub at: Time,
}

/// A step of a `[REQ]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TamChange {
    /// Its text was read anew.
    Read {
        /// What it says.
        request: String,
        /// Which customer it is about.
        which: Which,
    },
    /// The mail was drafted.
    Drafted {
        /// The errand that posted the draft; `None`: none could be made.
        post: Option<ErrandId>,
    },
    /// Technical support was asked for.
    Supported(Support),
}

impl Tam {
    /// Takes a step.
    pub fn apply(&mut self, change: &TamChange) {
        match change {
            TamChange::Read { request, which } => {
                self.request = request.clone();
                self.which = which.clone();
            }
            TamChange::Drafted { post } => self.draft = *post,
            TamChange::Supported(support) => self.support = Some(support.clone()),
        }
    }
}

static TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\[\s*r\s*e\s*q\s*\]"));
static LABEL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"고객사?(?:\s*명)?\s*[:=]\s*([^/\n|,]*)"));
static ACCOUNT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?-u:\b)(?:\d{12}|\d{4}-\d{4}-\d{4})(?-u:\b)"));

/// What a person reads, without the tag and the customer's label: people by name, groups left out.
fn request_of(desk: &Desk, reading: &Reading) -> String {
    let text = TAG.replace_all(&reading.words, " ");
    let mut text = without_label(desk, &text);
    for user in &reading.users {
        let known = desk.directory.users.contains_key(user);
        let name = if known { format!("@{}", desk.name_of(user)) } else { String::new() };
        text = text.replace(&mark(&user.0), &name);
    }
    for group in &reading.groups {
        text = text.replace(&mark(&group.0), "");
    }
    let lines: Vec<String> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    lines.join("\n").trim().to_owned()
}

/// A text without `고객사: 이름`, which is meant for the desk and not for the customer.
fn without_label(desk: &Desk, text: &str) -> String {
    let Some(found) = LABEL.captures(text) else { return text.to_owned() };
    let (Some(whole), Some(written)) = (found.get(0), found.get(1)) else { return text.to_owned() };
    let rest = &text[whole.end()..];
    let words: Vec<&str> = written.as_str().split_whitespace().collect();
    let known = |upto: &usize| desk.customers.value.find(&words[..*upto].join(" ")).is_some();
    let behind = match (1..=words.len()).rev().find(known) {
        Some(upto) => words[upto..].join(" "),
        // what stands before a separator is the name, whoever that is
        None if !rest.is_empty() => String::new(),
        None => return text.to_owned(),
    };
    let rest = rest.trim_start_matches(['/', '|', ',', ' ']);
    format!("{}{behind} {rest}", &text[..whole.start()])
}

/// The customer that stands behind `고객사:`, and what was written there; `None` where nothing is.
fn labelled(desk: &Desk, text: &str) -> Option<(String, Option<String>)> {
    let written = LABEL.captures(text)?.get(1)?.as_str();
    let written = written.trim().trim_matches(['[', ']', '"', '\'', '.']).trim();
    if written.is_empty() {
        return None;
    }
    let customers = &desk.customers.value;
    // words may follow the name where no separator does
    let words: Vec<&str> = written.split(' ').collect();
    let found = (1..=words.len()).rev().find_map(|upto| customers.find(&words[..upto].join(" ")));
    Some((written.to_owned(), found.map(|one| one.name.clone())))
}

/// Which customer a text is about: by account, by label, by a name that stands in it.
fn which(desk: &Desk, text: &str) -> Which {
    let customers = &desk.customers.value;
    let accounts: Vec<&str> = ACCOUNT.find_iter(text).map(|found| found.as_str()).collect();
    let known = accounts.iter().filter_map(|read| read.parse::<AccountId>().ok());
    let mut names: BTreeSet<String> = known
        .filter_map(|account| customers.by_account(&account))
        .map(|one| one.name.clone())
        .collect();
    let label = labelled(desk, text);
    if let Some((_, Some(name))) = &label {
        names.insert(name.clone());
    }
    let mut names = names.into_iter();
    match (names.next(), names.next()) {
        (Some(one), None) => Which::Known(one),
        (Some(one), Some(other)) => Which::Several([one, other].into_iter().chain(names).collect()),
        (None, _) => match (label, named_by_words(customers, text), accounts.first()) {
            (Some((written, _)), _, _) => Which::Unknown(written),
            (None, Some(name), _) => Which::Known(name),
            (None, None, Some(account)) => Which::Unknown((*account).to_owned()),
            (None, None, None) => Which::Missing,
        },
    }
}

/// A message was written; a `[REQ]` in the TAM channel opens a case in its thread (T1), whoever wrote it. `root` is the thread that a
/// case of it lives in.
pub(in crate::domain) fn said(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    at: &MessageRef,
    root: &MessageRef,
    text: &str,
) {
    let desk = turn.desk;
    if desk.room(Room::Tam).as_ref() != Some(&at.channel) {
        return;
    }
    let reading = read(text);
    if !TAG.is_match(&reading.words) {
        return;
    }
    let (now, which) = (turn.now, which(desk, &reading.words));
    let (customer, stage) = match &which {
        Which::Known(name) => (name.clone(), Stage::Working),
        Which::Several(_) | Which::Unknown(_) | Which::Missing => {
            (String::new(), Stage::Asking { asked: now })
        }
    };
    let tam = Tam {
        by: by.clone(),
        said_at: at.ts.time().unwrap_or(now),
        request: request_of(desk, &reading),
        which,
        draft: None,
        support: None,
    };
    let list = List {
        home: Home::Message(root.clone()),
        customer,
        origin: format!("m:{}:{}", at.channel, at.ts),
        kind: ListKind::Tam(tam),
        card: turn.next_errand(),
        checklist: Checklist::new(desk.definitions.tam.clone(), now),
        stage,
    };
    let id = Work::open(turn, list.clone(), thread_of(root));
    let mut work = Work { turn, id, list };
    if work.list.stage == Stage::Working {
        contacts(&mut work);
        draft(&mut work);
    }
}

fn tam_of(list: &List) -> Option<&Tam> {
    match &list.kind {
        ListKind::Tam(tam) => Some(tam),
        ListKind::Setup(_)
        | ListKind::SaGuide(_)
        | ListKind::Heartbeat(_)
        | ListKind::Onboard(_)
        | ListKind::MspOffboard(_)
        | ListKind::Monthly(_) => None,
    }
}

/// The mail as the template has it; `None` without a template or a customer on record.
fn composed(desk: &Desk, list: &List) -> Option<Email> {
    let tam = tam_of(list)?;
    let record = desk.customers.value.find(&list.customer)?;
    let at = tam.said_at.format("%Y-%m-%d %H:%M").to_string();
    mail::fill(desk, Occasion::Tam, record, &[("request", &tam.request), ("at", &at)])
}

/// Where COC reads what AWS's people, who are in the TAM channel, are not to read.
fn inside(desk: &Desk) -> Place {
    Place { channel: incident::noti(desk), thread: None }
}

/// Shows COC how to reach the customer; not in the thread, which AWS's people read too.
fn contacts(work: &mut Work<'_, '_>) {
    let desk = work.turn.desk;
    let Some(record) = desk.customers.value.find(&work.list.customer) else { return };
    let message = words::tam::contacts(work.id, record);
    work.turn.post(Some(work.id), Urgency::Answer, inside(desk), message);
}

/// Posts the mail's draft, where one can be made: it shows what 완료 will send, and to whom.
pub(super) fn draft(work: &mut Work<'_, '_>) {
    let Some(mail) = composed(work.turn.desk, &work.list) else {
        if tam_of(&work.list).is_some_and(|tam| tam.draft.is_some()) {
            work.step(ListChange::Tam(TamChange::Drafted { post: None }));
        }
        return;
    };
    let (customer, place) = (work.list.customer.clone(), inside(work.turn.desk));
    let post = mail::write(work.turn, work.id, customer, mail, place);
    work.step(ListChange::Tam(TamChange::Drafted { post: Some(post) }));
}

/// Takes back a draft that nobody sent.
fn withdraw(work: &mut Work<'_, '_>) {
    let Some(draft) = tam_of(&work.list).and_then(|tam| tam.draft) else { return };
    let Some(draft) = work.turn.desk.drafts.get(&draft).cloned() else { return };
    if draft.state == DraftState::Open {
        let bot = words::tam::the_bot();
        mail::discard(work.turn, draft, &bot);
    }
}

fn mail_is_open(list: &List) -> bool {
    let mail = list.checklist.of_kind(StepKind::Mail);
    mail.is_some_and(|(_, step)| !matches!(step.state, StepState::Done { .. }))
}

/// The customer is known by now, or is another than was thought.
fn known(work: &mut Work<'_, '_>, name: String) {
    let at = work.turn.now;
    let before = std::mem::take(&mut work.list.customer);
    work.step(ListChange::Customer { name });
    if matches!(work.list.stage, Stage::Asking { .. }) {
        work.step(ListChange::Begun { at });
    }
    withdraw(work);
    let message = words::tam::known(work.turn.desk, &work.list, &before);
    work.say(message);
    work.show_card();
    contacts(work);
    if mail_is_open(&work.list) {
        draft(work);
    }
}

/// The `[REQ]`'s message was changed: it is read again.
pub(super) fn edited(mut work: Work<'_, '_>, text: &str) {
    let desk = work.turn.desk;
    let reading = read(text);
    let Some(tam) = tam_of(&work.list).cloned().filter(|_| work.list.is_open()) else { return };
    if !TAG.is_match(&reading.words) {
        return work.turn.note(work.id, Some(&tam.by), "글에서 [REQ]가 빠짐 (바뀐 것 없음)");
    }
    let (request, now) = (request_of(desk, &reading), which(desk, &reading.words));
    if request == tam.request && now == tam.which {
        return;
    }
    let by_hand = tam.draft.and_then(|post| desk.drafts.get(&post)).is_some_and(|draft| {
        draft.state == DraftState::Open && composed(desk, &work.list).as_ref() != Some(&draft.mail)
    });
    let change = TamChange::Read { request: request.clone(), which: now.clone() };
    work.step(ListChange::Tam(change));
    match (now, &work.list.stage) {
        (Which::Known(name), _) if name != work.list.customer => known(&mut work, name),
        (_, Stage::Asking { .. }) => work.show_card(),
        (_, Stage::Working) if request != tam.request => {
            let mail_open = mail_is_open(&work.list);
            work.say(words::tam::text_changed(mail_open, by_hand));
            if mail_open && !by_hand {
                withdraw(&mut work);
                draft(&mut work);
            }
        }
        (_, Stage::Working | Stage::Over { .. }) => {}
    }
}

/// Somebody replied in the thread: `고객사: 이름` says which customer it is. Whether it was for this.
pub(super) fn replied(
    mut work: Work<'_, '_>,
    by: &SlackUser,
    at: &MessageRef,
    root: &MessageRef,
    text: &str,
) -> bool {
    let desk = work.turn.desk;
    let reading = read(text);
    if TAG.is_match(&reading.words) {
        if work.list.is_open() {
            let message = words::tam::one_at_a_time(work.id);
            work.turn.tell_at(by, at, Some(&root.ts), message);
        } else {
            said(work.turn, by, at, root, text);
        }
        return true;
    }
    let asking = matches!(work.list.stage, Stage::Asking { .. });
    let bare = desk.customers.value.find(&reading.words).filter(|_| asking);
    let named = match bare {
        Some(one) => Some((reading.words.clone(), Some(one.name.clone()))),
        None => labelled(desk, &reading.words),
    };
    let Some((written, found)) = named.filter(|_| work.list.is_open()) else { return false };
    if !asking && !desk.holds(by, &[Role::Coc, Role::Csr]) {
        work.turn.note(work.id, Some(by), "고객사를 적었으나 COC와 CSR만 바꿀 수 있음");
        return true;
    }
    match found {
        Some(name) if name == work.list.customer => {}
        Some(name) => {
            work.turn.note(work.id, Some(by), format!("고객사: {name}"));
            known(&mut work, name);
        }
        None => work.say(words::tam::still_unknown(desk, &written)),
    }
    true
}

/// 그대로 시작: COC goes on without a customer on record.
pub(super) fn anyway(mut work: Work<'_, '_>, by: &SlackUser) {
    let at = work.turn.now;
    let read = tam_of(&work.list).and_then(|tam| match &tam.which {
        Which::Unknown(read) if read.parse::<AccountId>().is_err() => Some(read.clone()),
        Which::Unknown(_) | Which::Known(_) | Which::Several(_) | Which::Missing => None,
    });
    if let Some(name) = read {
        work.step(ListChange::Customer { name });
    }
    work.step(ListChange::Begun { at });
    work.turn.note(work.id, Some(by), "그대로 시작");
    let who = work.turn.desk.name_of(by);
    work.say(words::tam::anyway(&who));
    work.show_card();
}

/// All is done: told in g, to the customer's CSR (T3, reading 26).
pub(super) fn share(work: &mut Work<'_, '_>) {
    let desk = work.turn.desk;
    let Some(channel) = desk.room(Room::General).or_else(|| desk.room(Room::Noti)) else { return };
    let message = words::tam::shared(desk, work.id, &work.list, work.turn.now);
    let place = Place { channel, thread: None };
    work.turn.post(Some(work.id), Urgency::Notice, place, message);
}

/// 기술지원 요청: the ticket is asked for where it was not handed in yet (T5).
pub(super) fn support(mut work: Work<'_, '_>, by: &SlackUser, trigger: &str, reply: &ReplyTo) {
    match work.list.ticket() {
        Some(ticket) => {
            let (user, reply) = (by.clone(), reply.clone());
            let Work { turn, id, list } = work;
            if let Err(message) = support_with(Work { turn, id, list }, by, ticket) {
                turn.tell(&user, &reply, message);
            }
        }
        None => match support_refused(&work.list) {
            Some(message) => work.tell(by, reply, message),
            None => {
                let form = words::tam::support_form(work.id, &work.list);
                work.turn.open_form(by, trigger, form);
            }
        },
    }
}

/// Why technical support cannot be asked for now.
fn support_refused(list: &List) -> Option<Message> {
    let Some(tam) = tam_of(list) else { return Some(words::stale()) };
    if let Some(support) = &tam.support {
        return Some(words::tam::supported_already(support));
    }
    match &list.stage {
        Stage::Asking { .. } => Some(words::stale()),
        Stage::Over { at, how: how @ (Ending::Cancelled { .. } | Ending::CameBack) } => {
            Some(words::list::is_over(*at, how))
        }
        Stage::Working | Stage::Over { how: Ending::Done, .. } => None,
    }
}

/// Technical support with this ticket: waits for opening, and is assigned then as any ordinary ticket (T5).
///
/// # Errors
/// Why not, for who asked.
pub(super) fn support_with(
    mut work: Work<'_, '_>,
    by: &SlackUser,
    ticket: TicketLink,
) -> Result<(), Message> {
    let (desk, at) = (work.turn.desk, work.turn.now);
    if let Some(message) = support_refused(&work.list) {
        return Err(message);
    }
    if let Some((case, one)) = desk.assignment_of(&ticket).filter(|(_, one)| one.is_open()) {
        return Err(words::tam::assigned_already(case, one));
    }
    let who = desk.name_of(by);
    if let Some((nth, _)) = work.list.checklist.of_kind(StepKind::Ticket)
        && work.list.is_open()
        && let Ok(change) = work.list.checklist.finish(nth, &who, at, ticket.as_str())
    {
        work.finish(change);
    }
    let customer = work.list.customer.clone();
    let case = assignment::begin_in_hours(work.turn, ticket.clone(), customer);
    let given = assignment::outcome(work.turn, case);
    let support = Support { ticket, case, by: who.clone(), at };
    work.step(ListChange::Tam(TamChange::Supported(support)));
    work.turn.note_by(work.id, Some(who.clone()), format!("기술지원 요청 (사건 {case})"));
    let message = words::tam::supported(&work.list, &who, case, &given, at);
    work.say(message);
    work.show_card();
    Ok(())
}
