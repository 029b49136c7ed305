//! The month's on- and off-boardings: collated from the register, checked by hand where the payer is none of the main ones, mailed (W1).

use super::super::accounts::{AccountEvent, Standing, payer, standing};
use super::super::case::Home;
use super::super::checklist::{Checklist, StepDefinition, StepKind, StepState};
use super::super::desk::{Desk, Room};
use super::super::errand::Place;
use super::super::ids::{AccountId, CaseId, ErrandId, Name, TicketLink};
use super::super::mail::{Email, Occasion};
use super::super::policy::{Policy, Role};
use super::super::text::pattern;
use super::super::time::{Time, seoul, seoul_at};
use super::super::turn::Turn;
use super::super::words::{self, monthly as said};
use super::commands::Typed;
use super::list::{Ending, List, ListChange, ListKind, Stage, Work};
use super::mail;
use chrono::{Datelike, Months, NaiveDate};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The month's on- and off-boardings, as they were collated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monthly {
    /// The first day of the month.
    pub month: NaiveDate,
    /// Who or what had it made.
    pub made: Made,
    /// Who came and who left, by customer, then by time.
    pub moves: Vec<Move>,
    /// What did not come to an end in that month.
    pub rest: Rest,
    /// The payers whose accounts are checked by hand, in order; `None` stands for accounts whose payer nobody told.
    pub to_check: Vec<Option<AccountId>>,
    /// Since when the register is kept, where that is later than the month's beginning.
    pub kept_since: Option<Time>,
    /// The mail's draft, once everything is checked; `None` before, and where none could be made.
    pub draft: Option<ErrandId>,
}

/// Who or what had a report made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Made {
    /// The month was over.
    ByItself {
        /// When it was due.
        due: Time,
        /// When it was made.
        at: Time,
    },
    /// `/coc report 입퇴점`
    Asked {
        /// By whom.
        by: Name,
        /// When.
        at: Time,
    },
}

/// An account that came or left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Which.
    pub account: AccountId,
    /// Whether it came or left.
    pub way: Way,
    /// Whose it is.
    pub customer: String,
    /// Its payer; `None` where nobody told.
    pub payer: Option<AccountId>,
    /// When.
    pub at: Time,
    /// In which case.
    pub case: CaseId,
    /// That case's ticket.
    pub ticket: Option<TicketLink>,
}

/// Whether an account came or left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// It was linked.
    Came,
    /// It was unlinked.
    Left,
}

/// What neither came nor left in a month, in accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// Being taken in when the month was over.
    pub coming: usize,
    /// Being unlinked when the month was over.
    pub leaving: usize,
    /// On-boardings that were given up in it.
    pub not_come: usize,
    /// Off-boardings that were given up in it.
    pub stayed: usize,
}

/// A step of a monthly report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MonthlyChange {
    /// The mail was drafted.
    Drafted {
        /// The errand that posted the draft; `None`: none could be made.
        post: Option<ErrandId>,
    },
}

impl Monthly {
    /// Takes a step.
    pub fn apply(&mut self, change: &MonthlyChange) {
        match change {
            MonthlyChange::Drafted { post } => self.draft = *post,
        }
    }

    /// The accounts of a payer that came or left.
    #[must_use]
    pub fn accounts_of(&self, payer: Option<&AccountId>) -> BTreeSet<&AccountId> {
        let of_payer = self.moves.iter().filter(|one| one.payer.as_ref() == payer);
        of_payer.map(|one| &one.account).collect()
    }
}

/// The first day of the month that this day lies in.
fn month_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// The first day of the next month; `None` at the end of time.
fn after(month: NaiveDate) -> Option<NaiveDate> {
    month.checked_add_months(Months::new(1))
}

fn before(month: NaiveDate) -> Option<NaiveDate> {
    month.checked_sub_months(Months::new(1))
}

/// When a month is reported: on the first of the next.
fn due(policy: &Policy, month: NaiveDate) -> Option<Time> {
    after(month).map(|next| seoul_at(next, policy.reports.monthly_at))
}

/// When the next report is due; `done` is the last month that was dealt with.
#[must_use]
pub fn next_due(policy: &Policy, done: NaiveDate) -> Option<Time> {
    due(policy, after(done)?)
}

/// The last month whose report was due before the desk began at `at`.
#[must_use]
pub fn over_before(policy: &Policy, at: Time) -> Option<NaiveDate> {
    let last = before(month_of(at.date_naive()))?;
    if due(policy, last)? < at { Some(last) } else { before(last) }
}

/// Collates what the register tells of a month.
fn collated(desk: &Desk, month: NaiveDate, made: Made) -> Monthly {
    let register = &desk.accounts;
    let from = seoul(month.into());
    let to = after(month).map_or(from, |next| seoul(next.into()));
    let mut moves = Vec::new();
    let mut rest = Rest::default();
    for (account, _) in register.all() {
        let history = register.history_until(account, to);
        for (nth, entry) in history.iter().enumerate().filter(|(_, entry)| from <= entry.at) {
            let way = match entry.what {
                AccountEvent::Joined => Way::Came,
                AccountEvent::Left => Way::Left,
                AccountEvent::NotJoined => {
                    rest.not_come += 1;
                    continue;
                }
                AccountEvent::Stays => {
                    rest.stayed += 1;
                    continue;
                }
                AccountEvent::Joining | AccountEvent::Leaving | AccountEvent::UnlinkFailed => {
                    continue;
                }
            };
            moves.push(Move {
                account: account.clone(),
                way,
                customer: entry.customer.clone(),
                payer: payer(&history[..=nth]).cloned(),
                at: entry.at,
                case: entry.case,
                ticket: register.ticket_of(entry.case).cloned(),
            });
        }
        match standing(history) {
            Standing::Joining => rest.coming += 1,
            Standing::Leaving | Standing::UnlinkFailed => rest.leaving += 1,
            Standing::Untold | Standing::Here | Standing::Gone | Standing::NeverCame => {}
        }
    }
    moves.sort_by(|one, other| {
        let key = |one: &Move| (one.customer.clone(), one.way, one.at, one.account.clone());
        key(one).cmp(&key(other))
    });
    let main = &desk.policy.value.company.main_payers;
    let is_main = |payer: &AccountId| main.contains(payer);
    let others = moves.iter().map(|one| one.payer.clone());
    let flagged: BTreeSet<Option<AccountId>> =
        others.filter(|payer| !payer.as_ref().is_some_and(is_main)).collect();
    let nobody_told = flagged.contains(&None).then_some(None);
    let to_check = flagged.into_iter().filter(Option::is_some).chain(nobody_told).collect();
    let kept_since = register.since().filter(|since| from < *since);
    Monthly { month, made, moves, rest, to_check, kept_since, draft: None }
}

/// Its steps: a check by hand for each payer that is none of the main ones, then the mail.
fn steps(policy: &Policy, one: &Monthly) -> Vec<StepDefinition> {
    let step = |title: String, evidence: Option<String>, kind| StepDefinition {
        title,
        owner: "COC".to_owned(),
        evidence,
        may_stay_open: false,
        chase_after: Some(policy.reports.monthly_chase_after),
        in_hours: true,
        kind,
        script: None,
    };
    let check = |payer: &Option<AccountId>| {
        let accounts = one.accounts_of(payer.as_ref()).len();
        let title = said::check_title(payer.as_ref(), accounts);
        step(title, Some(said::check_evidence().to_owned()), StepKind::Plain)
    };
    let mail = step(said::mail_title().to_owned(), None, StepKind::Mail);
    one.to_check.iter().map(check).chain([mail]).collect()
}

/// Begins the report of a month; `None` where there is no channel for it.
fn open(turn: &mut Turn<'_>, month: NaiveDate, made: Made) -> Option<CaseId> {
    let channel = turn.desk.room(Room::Noti)?;
    let origin = match &made {
        Made::ByItself { .. } => format!("monthly:{}", month.format("%Y-%m")),
        // a month may be reported again
        Made::Asked { at, .. } => format!("monthly:{}:{}", month.format("%Y-%m"), at.timestamp()),
    };
    let one = collated(turn.desk, month, made);
    let checklist = Checklist::new(steps(&turn.desk.policy.value, &one), turn.now);
    let card = turn.next_errand();
    let list = List {
        home: Home::Post(channel.clone(), card),
        customer: String::new(),
        origin,
        kind: ListKind::Monthly(one),
        card,
        checklist,
        stage: Stage::Working,
    };
    let id = Work::open(turn, list.clone(), Place { channel, thread: None });
    went_on(&mut Work { turn, id, list });
    Some(id)
}

/// A month is over (W1); those that passed while the desk was away follow one by one.
pub(super) fn month_is_over(turn: &mut Turn<'_>) {
    let (desk, now) = (turn.desk, turn.now);
    let policy = &desk.policy.value;
    let month = desk.months_reported.and_then(after);
    let Some((month, due)) = month.and_then(|month| Some((month, due(policy, month)?))) else {
        return;
    };
    if due <= now {
        open(turn, month, Made::ByItself { due, at: now });
    }
}

fn monthly_of(list: &List) -> Option<&Monthly> {
    match &list.kind {
        ListKind::Monthly(one) => Some(one),
        ListKind::Tam(_)
        | ListKind::Setup(_)
        | ListKind::SaGuide(_)
        | ListKind::Heartbeat(_)
        | ListKind::Onboard(_)
        | ListKind::MspOffboard(_) => None,
    }
}

/// The mail as the template has it, with what was found by hand; `None` without a template.
fn composed(desk: &Desk, list: &List) -> Option<Email> {
    let one = monthly_of(list)?;
    let policy = &desk.policy.value;
    let (month, report) = (said::month(one.month), said::report_of(list, one));
    let names = BTreeMap::from([
        ("company", policy.company.customer.as_str()),
        ("month", month.as_str()),
        ("report", report.as_str()),
    ]);
    let (subject, text) = desk.templates.fill(Occasion::Monthly, &names)?;
    Some(Email {
        from: policy.mail.from.clone(),
        to: policy.reports.monthly_to.clone(),
        cc: policy.reports.monthly_cc.clone(),
        subject,
        text,
    })
}

pub(super) fn draft(work: &mut Work<'_, '_>) {
    let Some(mail) = composed(work.turn.desk, &work.list) else {
        return work.say(said::no_template());
    };
    let place = work.list.home.thread();
    let post = mail::write(work.turn, work.id, String::new(), mail, place);
    work.step(ListChange::Monthly(MonthlyChange::Drafted { post: Some(post) }));
}

/// A step is done, or none was needed: when the mail is all that is left, its draft is posted. The final form waits for the checks.
pub(super) fn went_on(work: &mut Work<'_, '_>) {
    let mail = work.list.checklist.of_kind(StepKind::Mail);
    let is_next = mail.is_some_and(|(_, step)| matches!(step.state, StepState::Open { .. }));
    if is_next && monthly_of(&work.list).is_some_and(|one| one.draft.is_none()) {
        draft(work);
    }
}

static MONTH: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(\d{4})\s*(?:[-./]|년)\s*(\d{1,2})\s*월?$"));
/// Behind the month: it is reported once more.
const AGAIN: &str = "다시";

/// The month that was typed (`2025-08`, `2025년 8월`); `None`: it is none.
fn read(typed: &str) -> Option<NaiveDate> {
    let found = MONTH.captures(typed.trim())?;
    let number = |nth: usize| found.get(nth).map(|one| one.as_str());
    NaiveDate::from_ymd_opt(number(1)?.parse().ok()?, number(2)?.parse().ok()?, 1)
}

/// The newest report of a month.
fn report_of(desk: &Desk, month: NaiveDate) -> Option<(CaseId, &List)> {
    let lists = desk.cases.iter().rev();
    let mut lists = lists.filter_map(|(id, case)| Some((*id, case.procedure.as_list()?)));
    lists.find(|(_, list)| monthly_of(list).is_some_and(|one| one.month == month))
}

/// `/coc report 입퇴점 [2025-08] [다시]`: the month before, where none is typed.
pub(super) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>, rest: &str) {
    let desk = turn.desk;
    if !desk.holds(typed.by, &[Role::Coc]) {
        return turn.tell(typed.by, typed.reply, words::urgent::coc_only());
    }
    let this = month_of(turn.now.date_naive());
    let (text, again) = match rest.trim().strip_suffix(AGAIN) {
        Some(text) => (text.trim(), true),
        None => (rest.trim(), false),
    };
    let month = if text.is_empty() { before(this) } else { read(text) };
    let Some(month) = month else {
        return turn.tell(typed.by, typed.reply, said::no_month(text));
    };
    let made = Made::Asked { by: desk.name_of(typed.by), at: turn.now };
    let message = match report_of(desk, month) {
        _ if month > this => said::not_begun(month),
        _ if month == this => said::preview(&collated(desk, month, made)),
        Some((id, list)) if list.is_open() => said::open_already(id, month),
        Some((id, List { stage: Stage::Over { at, how: Ending::Done }, .. })) if !again => {
            said::done_already(id, month, *at)
        }
        Some(_) | None => match open(turn, month, made) {
            Some(id) => said::opened(id, month),
            None => said::no_channel(),
        },
    };
    turn.tell(typed.by, typed.reply, message);
}

#[cfg(test)]
mod tests;
