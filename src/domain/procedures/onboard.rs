//! On-boarding of accounts: a checklist per payer (N1 to N7), whose errors reach people at once (N4).

use super::super::accounts::{AccountEvent, Entry, Register, typed};
use super::super::case::Procedure;
use super::super::change::Change;
use super::super::checklist::{Step, StepKind, StepState};
use super::super::customers::Customer;
use super::super::desk::{Desk, Room};
use super::super::errand::{Place, TicketAct, Urgency};
use super::super::ids::{AccountId, CaseId, ErrandId, Name, SlackUser, TicketLink};
use super::super::input::ReplyTo;
use super::super::ladder::Acceptance;
use super::super::mail::{DraftState, Email, Occasion};
use super::super::message::{Answer, FieldError, Line, Message};
use super::super::people::contact::is_email;
use super::super::people::order::{Duty, absence_at};
use super::super::people::roster::AccountDuty;
use super::super::text::{pattern, ticket_link};
use super::super::time::Time;
use super::super::turn::Turn;
use super::super::words;
use super::commands::{Typed, tell_in_noti};
use super::dispatch::{self, Cause, Ended};
use super::list::{Ending, List, ListChange, ListKind, Owner, Stage, Work, begin_work};
use super::{mail, tickets};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// The accounts of a payer that are taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onboard {
    /// The payer that they are linked to.
    pub payer: AccountId,
    /// The accounts.
    pub accounts: Vec<AccountId>,
    /// The ticket that asks for it (N2).
    pub ticket: TicketLink,
    /// The owner of the ticket (R5, R6); `None` where there is nobody.
    pub owner: Option<TicketOwner>,
    /// How the customer is reached.
    pub contact: Contact,
    /// What is doubtful about it, in Korean.
    pub warnings: Vec<String>,
    /// Who entered it.
    pub by: Name,
    /// The invitation's draft; `None` while there is none, or where none could be made.
    pub draft: Option<ErrandId>,
    /// The errors that were told, oldest first (N4).
    pub errors: Vec<StepError>,
}

/// Who owns the ticket of an on-boarding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketOwner {
    /// Who.
    pub name: Name,
    /// As what: `계정 업무 담당(정)`.
    pub duty: String,
}

/// How the customer is reached: as typed into the form, else as on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// As people read it; empty when nobody knows.
    pub said: String,
    /// Where the mails go.
    pub emails: Vec<String>,
    /// Which numbers are phoned.
    pub phones: Vec<String>,
}

/// An error of a step, for which people are reached (N4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepError {
    /// Which step, counted from 0.
    pub step: usize,
    /// The case in which people are reached.
    pub case: CaseId,
    /// Who told it.
    pub by: Name,
    /// When.
    pub at: Time,
    /// What became of it.
    pub state: ErrorState,
}

/// What became of an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorState {
    /// Nobody took it yet.
    Open,
    /// Somebody took it.
    Taken {
        /// Who.
        by: Name,
        /// When.
        at: Time,
    },
    /// Nobody is looked for any more.
    Ended {
        /// By whom.
        by: Name,
        /// When.
        at: Time,
    },
}

/// A step of an on-boarding besides those of its checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnboardChange {
    /// The invitation was drafted.
    Drafted {
        /// The errand that posted the draft.
        post: ErrandId,
    },
    /// A step went wrong (N4).
    Failed(StepError),
    /// Something became of an error.
    Error {
        /// The case in which people are reached.
        case: CaseId,
        /// What.
        state: ErrorState,
    },
}

impl Onboard {
    /// Takes a step.
    pub fn apply(&mut self, change: &OnboardChange) {
        match change {
            OnboardChange::Drafted { post } => self.draft = Some(*post),
            OnboardChange::Failed(error) => self.errors.push(error.clone()),
            OnboardChange::Error { case, state } => {
                if let Some(error) = self.errors.iter_mut().find(|error| error.case == *case) {
                    error.state = state.clone();
                }
            }
        }
    }

    /// The error for which people are being reached.
    #[must_use]
    pub fn open_error(&self) -> Option<&StepError> {
        self.errors.iter().find(|error| error.state == ErrorState::Open)
    }
}

/// The on-boarding that a list is, when it is one.
#[must_use]
pub const fn of(list: &List) -> Option<&Onboard> {
    match &list.kind {
        ListKind::Onboard(one) => Some(one),
        ListKind::Tam(_)
        | ListKind::Setup(_)
        | ListKind::SaGuide(_)
        | ListKind::Heartbeat(_)
        | ListKind::MspOffboard(_)
        | ListKind::Monthly(_) => None,
    }
}

/// Every on-boarding that the desk knows, oldest first.
fn all(desk: &Desk) -> impl Iterator<Item = (CaseId, &List, &Onboard)> {
    desk.cases.iter().filter_map(|(id, case)| {
        let list = case.procedure.as_list()?;
        Some((*id, list, of(list)?))
    })
}

static CALLER: LazyLock<Regex> = LazyLock::new(|| pattern("XXX"));
static LAST_FOUR: LazyLock<Regex> = LazyLock::new(|| pattern(r"xxxx(?:\s*,\s*xxxx)*"));

/// What is read on the telephone, with the name of who reads it and the last four digits of the accounts (N3, N7).
#[must_use]
pub fn script(script: &str, operator: &Name, accounts: &[AccountId]) -> String {
    let digits: Vec<&str> = accounts.iter().map(AccountId::last_four).collect();
    let named = CALLER.replace_all(script.trim(), regex::NoExpand(operator.as_str()));
    LAST_FOUR.replace_all(&named, regex::NoExpand(&digits.join(", "))).into_owned()
}

static AMOUNT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        // whose it is
        r"(?i)^(?:(?:[^\d:=]{1,20}|\d{4}|\d{12}|\d{4}-\d{4}-\d{4})\s*[:=]\s*)?",
        r"(?:약\s*)?(?:usd|us\$|\$|krw|₩)?\s*",
        r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?\s*(?:천|만|억|k)?\s*",
        r"(?:usd|us\$|\$|krw|원|달러|불|크레딧|credits?)?",
        // until when, say
        r"(?:\s*\([^()]*\))?$",
    ))
});

/// The remaining credit as typed: an amount of money, or one per account; 0 is one (N5). `None`: no amount stands there.
#[must_use]
pub fn credit(text: &str) -> Option<String> {
    let even: String = text.nfkc().collect();
    let parts: Vec<&str> = even
        .split(['\n', ';', '/'])
        .flat_map(|part| part.split(", "))
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    let reads = !parts.is_empty() && parts.iter().all(|part| AMOUNT.is_match(part));
    reads.then(|| parts.join(", "))
}

/// What `/onboard` was told.
struct Asked {
    customer: String,
    payer: String,
    accounts: String,
    ticket: Result<TicketLink, String>,
    contact: String,
}

/// What is to be taken in, once nothing is wrong with it.
struct Checked<'a> {
    record: &'a Customer,
    sets: Vec<Set>,
    ticket: TicketLink,
    contact: Contact,
}

/// The accounts of one payer.
struct Set {
    payer: AccountId,
    accounts: Vec<AccountId>,
}

/// What is wrong with a form, field by field.
#[derive(Default)]
struct Wrong(Vec<FieldError>);

impl Wrong {
    fn add(&mut self, key: &str, text: String) {
        match self.0.iter_mut().find(|error| error.key == key) {
            Some(error) => {
                error.text.push(' ');
                error.text.push_str(&text);
            }
            None => self.0.push(FieldError { key: key.to_owned(), text }),
        }
    }

    fn has(&self, key: &str) -> bool {
        self.0.iter().any(|error| error.key == key)
    }
}

/// Where an account stands with the desk, by the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Nothing runs, and nothing says that it is linked.
    Free,
    /// It is linked.
    Joined,
    /// Its on-boarding runs.
    Joining(CaseId),
    /// Its off-boarding runs.
    Leaving(CaseId),
}

fn standing(register: &Register, account: &AccountId) -> Standing {
    let (mut linked, mut now) = (false, Standing::Free);
    for entry in register.history(account) {
        match entry.what {
            AccountEvent::Joined => linked = true,
            AccountEvent::NotJoined | AccountEvent::Left => linked = false,
            AccountEvent::Joining
            | AccountEvent::Leaving
            | AccountEvent::UnlinkFailed
            | AccountEvent::Stays => {}
        }
        now = match entry.what {
            AccountEvent::Joining => Standing::Joining(entry.case),
            AccountEvent::Leaving | AccountEvent::UnlinkFailed => Standing::Leaving(entry.case),
            AccountEvent::Joined
            | AccountEvent::NotJoined
            | AccountEvent::Left
            | AccountEvent::Stays => {
                if linked {
                    Standing::Joined
                } else {
                    Standing::Free
                }
            }
        };
    }
    now
}

fn payers(text: &str, wrong: &mut Wrong) -> Vec<AccountId> {
    let mut found: Vec<AccountId> = Vec::new();
    let read = typed(text);
    if read.is_empty() {
        wrong.add("payer", words::onboard::missing("999988887777"));
    }
    for one in read {
        match one {
            Ok(payer) if found.contains(&payer) => {
                wrong.add("payer", words::onboard::repeated(&payer));
            }
            Ok(payer) => found.push(payer),
            Err(error) => wrong.add("payer", words::onboard::bad_account(&error)),
        }
    }
    found
}

/// The accounts by payer. One payer: all are its own. Several: a line per payer, `payer: account, account`; a line without a payer
/// goes on with the one before.
fn sets(payers: &[AccountId], text: &str, wrong: &mut Wrong) -> Vec<Set> {
    let set = |payer: &AccountId| Set { payer: payer.clone(), accounts: Vec::new() };
    let mut sets: Vec<Set> = payers.iter().map(set).collect();
    if text.is_empty() {
        wrong.add("accounts", words::onboard::missing("123456789014, 123456789015"));
        return sets;
    }
    let sure = !wrong.has("payer");
    let mut current = (sets.len() == 1).then_some(0);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (head, rest) = match line.split_once([':', '：']) {
            Some((head, rest)) => (Some(head), rest),
            None => (None, line),
        };
        match head.map(str::parse::<AccountId>) {
            Some(Ok(payer)) => {
                current = sets.iter().position(|set| set.payer == payer);
                if current.is_none() && sure {
                    wrong.add("accounts", words::onboard::payer_not_named(&payer));
                    continue;
                }
            }
            Some(Err(error)) => {
                wrong.add("accounts", words::onboard::bad_account(&error));
                current = None;
                continue;
            }
            None if current.is_none() && sure => {
                wrong.add("accounts", words::onboard::whose(line));
                continue;
            }
            None => {}
        }
        for one in typed(rest) {
            match (one, current) {
                (Ok(account), Some(nth)) => sets[nth].accounts.push(account),
                // whose it is depends on a payer that cannot be read
                (Ok(_), None) => {}
                (Err(error), _) => wrong.add("accounts", words::onboard::bad_account(&error)),
            }
        }
    }
    if sure && !wrong.has("accounts") {
        for set in sets.iter().filter(|set| set.accounts.is_empty()) {
            wrong.add("accounts", words::onboard::no_accounts(&set.payer));
        }
    }
    sets
}

/// Holds the accounts against the record, the register and each other.
fn check_accounts(desk: &Desk, record: Option<&Customer>, sets: &[Set], wrong: &mut Wrong) {
    let company = &desk.policy.value.company.customer;
    let of_another = |account: &AccountId| {
        let other = desk.customers.value.by_account(account)?;
        record.filter(|own| own.name != other.name).map(|_| other)
    };
    for payer in sets.iter().map(|set| &set.payer) {
        // accounts are linked to the company's own payers as a rule
        if let Some(other) = of_another(payer).filter(|other| &other.name != company) {
            wrong.add("payer", words::onboard::of_another(payer, &other.name));
        }
    }
    let mut seen = BTreeSet::new();
    for account in sets.iter().flat_map(|set| &set.accounts) {
        if !seen.insert(account) {
            wrong.add("accounts", words::onboard::repeated(account));
            continue;
        }
        if let Some(other) = of_another(account) {
            wrong.add(
                "accounts",
                if &other.name == company {
                    words::onboard::company_own(account)
                } else {
                    words::onboard::of_another(account, &other.name)
                },
            );
            continue;
        }
        match standing(&desk.accounts, account) {
            Standing::Free => {}
            Standing::Joined => wrong.add("accounts", words::onboard::joined_already(account)),
            Standing::Joining(case) => {
                wrong.add("accounts", words::onboard::joining_already(account, case));
            }
            Standing::Leaving(case) => {
                wrong.add("accounts", words::onboard::leaving(account, case))
            }
        }
    }
}

static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:\+|\b0)[\d .()-]{6,}\d"));

/// How the customer is reached; what was not typed is as on record. `None`: what was typed is no address and no number.
fn contact(typed: &str, record: &Customer) -> Option<Contact> {
    let said = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let parts = said.split([' ', ',', ';', '/', '(', ')', '<', '>']);
    let emails: Vec<String> = parts.filter(|part| is_email(part)).map(str::to_owned).collect();
    let rest = emails.iter().fold(said.clone(), |text, email| text.replace(email.as_str(), " "));
    let phones: Vec<String> =
        NUMBER.find_iter(&rest).map(|found| found.as_str().to_owned()).collect();
    if said.is_empty() {
        let (emails, phones) = (record.emails.clone(), record.phones.clone());
        let said = emails.iter().chain(&phones).cloned().collect::<Vec<_>>().join(", ");
        return Some(Contact { said, emails, phones });
    }
    if emails.is_empty() && phones.is_empty() {
        return None;
    }
    Some(Contact {
        said,
        emails: if emails.is_empty() { record.emails.clone() } else { emails },
        phones: if phones.is_empty() { record.phones.clone() } else { phones },
    })
}

fn check<'a>(desk: &'a Desk, asked: &Asked) -> Result<Checked<'a>, Vec<FieldError>> {
    let mut wrong = Wrong::default();
    let record = desk.customers.value.find(&asked.customer);
    match record {
        Some(_) => {}
        None if asked.customer.is_empty() => {
            wrong.add("customer", words::onboard::missing("한빛전자"));
        }
        None => wrong.add("customer", words::urgent::unknown_customer(desk, &asked.customer)),
    }
    let payers = payers(&asked.payer, &mut wrong);
    let sets = sets(&payers, &asked.accounts, &mut wrong);
    if let Err(read) = &asked.ticket {
        wrong.add("ticket", words::commands::bad_ticket(read));
    }
    if let Ok(ticket) = &asked.ticket
        && let Some((case, payer)) = running(desk, ticket, &payers)
    {
        // the form was handed in twice: its accounts are in the other on-boarding
        let text = words::onboard::running_already(&payer, case);
        return Err(vec![FieldError { key: "ticket".to_owned(), text }]);
    }
    check_accounts(desk, record, &sets, &mut wrong);
    let contact = record.map(|record| contact(&asked.contact, record));
    if contact == Some(None) {
        wrong.add("contact", words::setup::bad_contact(&asked.contact));
    }
    match (record, &asked.ticket, contact) {
        (Some(record), Ok(ticket), Some(Some(contact))) if wrong.0.is_empty() => {
            Ok(Checked { record, sets, ticket: ticket.clone(), contact })
        }
        _ => Err(wrong.0),
    }
}

/// The on-boarding of this ticket and one of these payers that is worked off already.
fn running(desk: &Desk, ticket: &TicketLink, payers: &[AccountId]) -> Option<(CaseId, AccountId)> {
    let same = |list: &List, one: &Onboard| {
        list.is_open() && &one.ticket == ticket && payers.contains(&one.payer)
    };
    let found = all(desk).find(|(_, list, one)| same(list, one));
    found.map(|(id, _, one)| (id, one.payer.clone()))
}

/// Who owns the ticket: the account duty 정, absent → 부 (R5); of the company's own accounts their owner first (R6). And what is
/// doubtful about it.
fn owner(desk: &Desk, customer: &str, now: Time) -> (Option<TicketOwner>, Vec<String>) {
    let roster = &desk.roster.value;
    let internal = (customer == desk.policy.value.company.customer)
        .then(|| (roster.internal_account_owner(), words::onboard::INTERNAL));
    let duties = [(AccountDuty::Primary, "정"), (AccountDuty::Backup, "부")]
        .map(|(duty, sign)| (roster.account_owner(duty), sign));
    let duties = duties.map(|(name, sign)| (name, words::onboard::duty(sign)));
    let internal = internal.map(|(name, duty)| (name, duty.to_owned()));
    let mut doubts = Vec::new();
    let mut found = None;
    for (name, duty) in internal.into_iter().chain(duties) {
        let Some(name) = name else {
            doubts.push(words::onboard::nobody_is(&duty));
            continue;
        };
        match absence_at(roster, &desk.leaves, name, Duty::Other, now) {
            None => {
                found = Some(TicketOwner { name: name.clone(), duty });
                break;
            }
            Some(absence) => doubts.push(words::onboard::is_absent(&duty, name, absence)),
        }
    }
    if found.is_none() {
        doubts.push(words::onboard::no_owner());
    }
    (found, doubts)
}

fn start(turn: &mut Turn<'_>, by: &SlackUser, checked: Checked<'_>) -> Message {
    let (desk, now) = (turn.desk, turn.now);
    let Checked { record, sets, ticket, contact } = checked;
    if desk.room(Room::Noti).is_none() {
        return words::setup::no_room();
    }
    let (owner, doubts) = owner(desk, &record.name, now);
    // who has it by the desk's own assignment keeps it
    let assigned = desk.assignment_of(&ticket).map(|(_, one)| one);
    let is_given = assigned.is_some_and(|one| one.is_open() || one.held().is_some());
    let holder = assigned.filter(|_| is_given).and_then(|one| one.assignee());
    let who = desk.name_of(by);
    let mut begun = Vec::new();
    for Set { payer, accounts } in sets {
        let known: Vec<&AccountId> =
            accounts.iter().filter(|account| record.accounts.contains(account)).collect();
        let mut warnings = doubts.clone();
        warnings.extend(holder.map(words::onboard::given_already));
        if !known.is_empty() {
            warnings.push(words::onboard::on_record_already(&known));
        }
        if contact.emails.is_empty() {
            warnings.push(words::onboard::no_address());
        }
        let one = Onboard {
            payer: payer.clone(),
            accounts: accounts.clone(),
            ticket: ticket.clone(),
            owner: owner.clone(),
            contact: contact.clone(),
            warnings,
            by: who.clone(),
            draft: None,
            errors: Vec::new(),
        };
        let origin = format!("onboard:{ticket}:{payer}");
        let steps = desk.definitions.onboard.clone();
        let kind = ListKind::Onboard(one);
        let Some(mut work) = begin_work(turn, &origin, &record.name, kind, steps) else { continue };
        let id = work.id;
        enter(&mut work, AccountEvent::Joining, &who);
        work.turn.note_by(id, Some(who.clone()), words::onboard::begun_note(&payer, &accounts));
        let open: Vec<usize> = work.list.checklist.open().map(|(nth, _)| nth).collect();
        opened(&mut work, &open, &who);
        if of(&work.list).is_some_and(|one| one.draft.is_some()) {
            work.show_card();
        }
        begun.push((id, payer, accounts));
    }
    if let (Some(owner), Some((id, ..))) = (&owner, begun.first())
        && !is_given
    {
        let comment = words::onboard::assigned_comment(owner, &record.name);
        tickets::assign(turn, *id, &ticket, &owner.name, comment);
    }
    words::onboard::accepted(&record.name, &begun)
}

/// Something became of every account of the list (W1).
fn enter(work: &mut Work<'_, '_>, what: AccountEvent, by: &Name) {
    let Some(one) = of(&work.list).cloned() else { return };
    for account in one.accounts {
        let entry = Entry {
            at: work.turn.now,
            what,
            customer: work.list.customer.clone(),
            payer: Some(one.payer.clone()),
            case: work.id,
            by: by.clone(),
        };
        work.turn.change(Change::Account { account, entry });
    }
}

/// `/onboard`: its form.
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>) {
    let desk = turn.desk;
    if !desk.holds(typed.by, &desk.policy.value.roles.onboard) {
        return turn.tell(typed.by, typed.reply, words::onboard::not_allowed());
    }
    turn.open_form(typed.by, typed.trigger, words::onboard::form(typed.text.trim()));
}

/// The form was handed in.
pub(super) fn submitted(turn: &mut Turn<'_>, by: &SlackUser, fields: &BTreeMap<String, String>) {
    let desk = turn.desk;
    let field = |key: &str| fields.get(key).map(|text| text.trim().to_owned()).unwrap_or_default();
    if !desk.holds(by, &desk.policy.value.roles.onboard) {
        let text = words::onboard::not_allowed().plain();
        turn.answer = Answer::Errors(vec![FieldError { key: "customer".to_owned(), text }]);
        return;
    }
    let asked = Asked {
        customer: field("customer").trim_matches(['[', ']']).trim().to_owned(),
        payer: field("payer"),
        accounts: field("accounts"),
        ticket: ticket_link(&field("ticket")),
        contact: field("contact"),
    };
    match check(desk, &asked) {
        Ok(checked) => {
            let message = start(turn, by, checked);
            tell_in_noti(turn, by, message);
        }
        Err(errors) => turn.answer = Answer::Errors(errors),
    }
}

/// The mail of an occasion to the customer's contact; `None` where there is no template, or the customer is on record no more.
fn composed(desk: &Desk, list: &List, occasion: Occasion, more: &[(&str, &str)]) -> Option<Email> {
    let one = of(list)?;
    let record = desk.customers.value.find(&list.customer)?;
    let accounts: Vec<String> = one.accounts.iter().map(AccountId::to_string).collect();
    let (payer, accounts) = (one.payer.to_string(), accounts.join("\n"));
    let own = [("payer", payer.as_str()), ("accounts", accounts.as_str())];
    let names: Vec<(&str, &str)> = own.into_iter().chain(more.iter().copied()).collect();
    let mail = mail::fill(desk, occasion, record, &names)?;
    Some(Email { to: one.contact.emails.clone(), ..mail })
}

/// Posts the invitation's draft, where one can be made: it shows what 완료 will send, and to whom (N3).
pub(super) fn draft(work: &mut Work<'_, '_>) {
    let Some(mail) = composed(work.turn.desk, &work.list, Occasion::Invitation, &[]) else {
        return;
    };
    let (customer, place) = (work.list.customer.clone(), work.list.home.thread());
    let post = mail::write(work.turn, work.id, customer, mail, place);
    work.step(ListChange::Onboard(OnboardChange::Drafted { post }));
}

/// Steps have opened: the mail is drafted, what is read on the telephone is shown with the name of who has just been at it.
fn opened(work: &mut Work<'_, '_>, steps: &[usize], by: &Name) {
    for nth in steps {
        let Some(step) = work.list.checklist.steps.get(*nth) else { continue };
        match step.definition.kind {
            StepKind::Mail => draft(work),
            StepKind::Phone => {
                if let Some(message) = words::onboard::call(&work.list, *nth, by, true) {
                    work.say(message);
                }
            }
            StepKind::Plain | StepKind::Ticket | StepKind::Credit => {}
        }
    }
}

/// A step is done: its links are shared (N5), an error of it is over, what opened is made ready.
pub(super) fn finished(work: &mut Work<'_, '_>, nth: usize, by: &Name, opens: &[usize]) {
    let Some(one) = of(&work.list).cloned() else { return };
    let Some(step) = work.list.checklist.steps.get(nth).cloned() else { return };
    for error in &one.errors {
        if error.step == nth && error.state == ErrorState::Open {
            end_error(work, error.case, by, Ended::StepDone);
        }
    }
    if step.definition.kind == StepKind::Credit {
        enter(work, AccountEvent::Joined, by);
        share(work, step.evidence().unwrap_or_default());
    }
    opened(work, opens, by);
}

/// The links are complete: told in n, to the customer's CSR (N5, reading 26).
fn share(work: &mut Work<'_, '_>, credit: &str) {
    let desk = work.turn.desk;
    let Some(channel) = desk.room(Room::Noti) else { return };
    let Some(message) = words::onboard::shared(desk, work.id, &work.list, credit) else { return };
    let place = Place { channel, thread: None };
    work.turn.post(Some(work.id), Urgency::Notice, place, message);
}

/// Nobody is looked for any more because of this error.
fn end_error(work: &mut Work<'_, '_>, case: CaseId, by: &Name, why: Ended) {
    let state = ErrorState::Ended { by: by.clone(), at: work.turn.now };
    work.step(ListChange::Onboard(OnboardChange::Error { case, state }));
    dispatch::end(work.turn, case, by, why);
}

/// Whether the links of a list are complete.
fn is_linked(list: &List) -> bool {
    let credit = list.checklist.of_kind(StepKind::Credit);
    credit.is_some_and(|(_, step)| matches!(step.state, StepState::Done { .. }))
}

/// It is over: the register and the ticket learn of it. What people are told besides.
pub(super) fn ended(work: &mut Work<'_, '_>, how: &Ending) -> Vec<Line> {
    let Some(one) = of(&work.list).cloned() else { return Vec::new() };
    match how {
        Ending::Cancelled { by } => {
            for error in one.errors.iter().filter(|error| error.state == ErrorState::Open) {
                end_error(work, error.case, by, Ended::Cancelled);
            }
            let linked = is_linked(&work.list);
            if !linked {
                enter(work, AccountEvent::NotJoined, by);
            }
            words::onboard::cancelled(linked, &one.ticket)
        }
        Ending::Done | Ending::CameBack => {
            let rest = rest_of_ticket(work.turn.desk, work.id, &one);
            let by_desk = work.turn.desk.presence.adapters.tickets;
            if rest == Rest::Nothing {
                let comment = words::onboard::solved_comment(&work.list.customer);
                tickets::owe(work.turn, work.id, &one.ticket, TicketAct::Solve, comment);
            }
            words::onboard::done(&rest, by_desk, &one.ticket)
        }
    }
}

/// What keeps a ticket open when one of its on-boardings is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing: all of its payers are done.
    Nothing,
    /// These cases are worked off still.
    Open(Vec<CaseId>),
    /// The last word on these payers is 취소.
    Cancelled(Vec<AccountId>),
}

/// What is left of the ticket besides this case.
fn rest_of_ticket(desk: &Desk, id: CaseId, one: &Onboard) -> Rest {
    let others = || all(desk).filter(|(other, _, it)| *other != id && it.ticket == one.ticket);
    let open: Vec<CaseId> =
        others().filter(|(_, list, _)| list.is_open()).map(|(other, ..)| other).collect();
    if !open.is_empty() {
        return Rest::Open(open);
    }
    // a payer that was cancelled and begun again stands as the last of its on-boardings does
    let mut last: BTreeMap<&AccountId, &List> = BTreeMap::new();
    for (_, list, it) in others().filter(|(_, _, it)| it.payer != one.payer) {
        last.insert(&it.payer, list);
    }
    let cancelled =
        |list: &List| matches!(&list.stage, Stage::Over { how: Ending::Cancelled { .. }, .. });
    let left: Vec<AccountId> = last
        .into_iter()
        .filter(|(_, list)| cancelled(list))
        .map(|(payer, _)| payer.clone())
        .collect();
    if left.is_empty() { Rest::Nothing } else { Rest::Cancelled(left) }
}

/// The step that is open, for one who may do it.
///
/// # Errors
/// Why not, for who pressed.
fn open_step<'w>(
    work: &'w Work<'_, '_>,
    by: &SlackUser,
    nth: usize,
) -> Result<(&'w Onboard, &'w Step), Message> {
    let step = work.list.checklist.steps.get(nth);
    let (Some(one), Some(step)) = (of(&work.list), step) else { return Err(words::stale()) };
    if let Stage::Over { at, how } = &work.list.stage {
        return Err(words::list::is_over(*at, how));
    }
    if !work.may(by, Owner::of(&step.definition)) {
        return Err(words::list::not_yours(&step.definition));
    }
    match &step.state {
        StepState::Open { .. } => Ok((one, step)),
        StepState::Done { by, at, .. } => Err(words::list::already(&step.definition, by, *at)),
        StepState::Waiting => Err(words::stale()),
    }
}

/// 오류: people are reached at once, at any hour (N4, reading 16). The step stays open.
pub(super) fn failed(turn: &mut Turn<'_>, id: CaseId, by: &SlackUser, nth: usize, reply: &ReplyTo) {
    let Some(mut work) = Work::of(turn, id) else { return turn.tell(by, reply, words::stale()) };
    let (one, title) = match open_step(&work, by, nth) {
        Ok((one, step)) => (one.clone(), step.definition.title.clone()),
        Err(message) => return work.tell(by, reply, message),
    };
    if let Some(error) = one.open_error() {
        let message = words::onboard::failed_already(&work.list, error);
        return work.tell(by, reply, message);
    }
    let origin = format!("{}:{}:{}", work.list.origin, nth, one.errors.len());
    let cause = Cause::OnboardingError { list: id, step: title };
    let customer = work.list.customer.clone();
    let begun = dispatch::begin(work.turn, &origin, &customer, cause, Some(one.ticket));
    let Some(case) = begun else { return work.tell(by, reply, words::setup::no_room()) };
    let who = work.turn.desk.name_of(by);
    let at = work.turn.now;
    let error = StepError { step: nth, case, by: who.clone(), at, state: ErrorState::Open };
    let message = words::onboard::failed(&work.list, &error);
    work.turn.note_by(id, Some(who), words::onboard::failed_note(&work.list, &error));
    work.step(ListChange::Onboard(OnboardChange::Failed(error)));
    work.say(message);
    work.show_card();
}

fn error_is(turn: &mut Turn<'_>, id: CaseId, case: CaseId, state: ErrorState, message: Message) {
    let Some(mut work) = Work::of(turn, id) else { return };
    if of(&work.list).is_none_or(|one| one.errors.iter().all(|error| error.case != case)) {
        return;
    }
    work.step(ListChange::Onboard(OnboardChange::Error { case, state }));
    work.say(message);
    work.show_card();
}

/// Somebody took the error: told in the list's thread.
pub(super) fn error_taken(turn: &mut Turn<'_>, id: CaseId, case: CaseId, taken: &Acceptance) {
    let state = ErrorState::Taken { by: taken.by.clone(), at: taken.at };
    let message = words::onboard::error_taken(case, taken);
    error_is(turn, id, case, state, message);
}

/// 종료: nobody is looked for any more. Told in the list's thread.
pub(super) fn error_ended(turn: &mut Turn<'_>, id: CaseId, case: CaseId, by: &Name) {
    let state = ErrorState::Ended { by: by.clone(), at: turn.now };
    error_is(turn, id, case, state, words::onboard::error_ended(case, by));
}

/// 대본: what is read on the telephone, for who presses alone (N3, N7).
pub(super) fn script_asked(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    nth: usize,
    reply: &ReplyTo,
) {
    let Some(mut work) = Work::of(turn, id) else { return turn.tell(by, reply, words::stale()) };
    let who = work.turn.desk.name_of(by);
    let message = match open_step(&work, by, nth) {
        Ok(_) => words::onboard::call(&work.list, nth, &who, false).unwrap_or_else(words::stale),
        Err(message) => message,
    };
    work.tell(by, reply, message);
}

/// The open step that its customer is told of again by mail, with what is told (N6).
fn reminder(list: &List) -> Option<(&Step, &str)> {
    list.checklist.open().find_map(|(_, step)| {
        let plain = step.definition.kind == StepKind::Plain;
        step.definition.script.as_deref().filter(|_| plain).map(|guide| (step, guide.trim()))
    })
}

fn reminding(desk: &Desk, list: &List) -> Option<Email> {
    let (step, guide) = reminder(list).filter(|_| list.is_open())?;
    let more = [("step", step.definition.title.as_str()), ("guide", guide)];
    composed(desk, list, Occasion::OnboardReminder, &more).filter(|mail| !mail.to.is_empty())
}

/// Whether the customer can be told by mail of a step that is asked for again.
pub(super) fn can_remind(desk: &Desk, list: &List, steps: &[usize]) -> bool {
    let due = steps.iter().any(|nth| {
        let asked = list.checklist.steps.get(*nth);
        reminder(list).is_some_and(|(step, _)| asked == Some(step))
    });
    due && reminding(desk, list).is_some()
}

/// 고객 메일: what the customer still has to do is drafted (N6).
pub(super) fn draft_reminder(turn: &mut Turn<'_>, id: CaseId, by: &SlackUser, reply: &ReplyTo) {
    let desk = turn.desk;
    let Some(work) = Work::of(turn, id) else { return turn.tell(by, reply, words::stale()) };
    let Some(mail) = reminding(desk, &work.list) else {
        return work.turn.tell(by, reply, words::onboard::nothing_to_remind());
    };
    let invitation = of(&work.list).and_then(|one| one.draft);
    let waits = desk.drafts.values().any(|draft| {
        draft.case == id
            && Some(draft.post) != invitation
            && matches!(draft.state, DraftState::Open | DraftState::Sending { .. })
    });
    if waits {
        return work.turn.tell(by, reply, words::mail::drafted_already());
    }
    let (customer, place) = (work.list.customer.clone(), work.list.home.thread());
    mail::write(work.turn, id, customer, mail, place);
}

/// Whether a case is an on-boarding.
pub(super) fn is_one(procedure: &Procedure) -> bool {
    procedure.as_list().is_some_and(|list| of(list).is_some())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_credit_is_an_amount_in_any_usual_form() {
        for text in [
            "0",
            "0원",
            "$0",
            "$120.50",
            "120.5 USD",
            "USD 1,234.56",
            "US$ 300",
            "₩1,200,000",
            "￦1000",
            "１２０ 달러",
            "약 100만원",
            "$50 (2026-01-31 만료)",
            "잔여: $120",
            "1234: $50, 5678: 0",
            "123456789014 = $10\n123456789015 = $20",
            "100 credits",
        ] {
            assert!(credit(text).is_some(), "{text}");
        }
        for text in [
            "",
            " ",
            "없음",
            "확인 중",
            "확인 중 3",
            "-5",
            "1,23",
            "$",
            "100 사과",
            "1234:",
            "0, 확인 중",
        ] {
            assert_eq!(credit(text), None, "{text}");
        }
        assert_eq!(credit("1234:  $50 / 5678: 0").unwrap(), "1234:  $50, 5678: 0");
    }

    #[test]
    fn a_script_bears_the_caller_and_the_last_four_digits() {
        let accounts = ["123456789014", "123456789015"].map(|text| text.parse().unwrap());
        let said =
            script("XXX입니다. 끝자리 xxxx , xxxx, xxxx 에", &Name::from("고윤슬"), &accounts);
        assert_eq!(said, "고윤슬입니다. 끝자리 9014, 9015 에");
    }

    #[test]
    fn where_an_account_stands_follows_from_its_history() {
        let account: AccountId = "123456789014".parse().unwrap();
        let at = super::super::super::time::seoul(
            chrono::NaiveDate::from_ymd_opt(2025, 8, 5).unwrap().and_hms_opt(10, 0, 0).unwrap(),
        );
        let after = |events: &[AccountEvent]| {
            let mut register = Register::default();
            for (nth, what) in (1..).zip(events) {
                let entry = Entry {
                    at,
                    what: *what,
                    customer: String::new(),
                    payer: None,
                    case: CaseId(nth),
                    by: Name::from("고윤슬"),
                };
                register.apply(&account, &entry, None);
            }
            standing(&register, &account)
        };
        use AccountEvent::{Joined, Joining, Leaving, Left, NotJoined, Stays, UnlinkFailed};
        assert_eq!(after(&[]), Standing::Free);
        assert_eq!(after(&[Joining]), Standing::Joining(CaseId(1)));
        assert_eq!(after(&[Joining, NotJoined]), Standing::Free);
        assert_eq!(after(&[Joining, Joined]), Standing::Joined);
        assert_eq!(after(&[Joined, Leaving]), Standing::Leaving(CaseId(2)));
        assert_eq!(after(&[Joined, Leaving, UnlinkFailed]), Standing::Leaving(CaseId(3)));
        assert_eq!(after(&[Joined, Leaving, Stays]), Standing::Joined);
        assert_eq!(after(&[Leaving, Stays]), Standing::Free);
        assert_eq!(after(&[Joined, Leaving, Left]), Standing::Free);
    }
}
