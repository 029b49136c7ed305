//! What is looked at before anything is unlinked: the form's fields, and the accounts against the customer record (X1 to X3, R6).

use super::MspOffboard;
use crate::domain::accounts::typed;
use crate::domain::customers::{Customer, Customers, Grade};
use crate::domain::desk::Desk;
use crate::domain::ids::{AccountId, CaseId, TicketLink};
use crate::domain::message::FieldError;
use crate::domain::procedures::list::ListKind;
use crate::domain::text::{pattern, ticket_link};
use crate::domain::time::{Time, seoul_at};
use crate::domain::words;
use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Accounts that were held against the customer record, all of them right. Nothing but `fits` makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    accounts: Vec<AccountId>,
    grade: Grade,
    important: bool,
    at: Time,
    record: Option<Time>,
}

impl Checked {
    /// The accounts, in the order in which they were asked for; at least one.
    #[must_use]
    pub fn accounts(&self) -> &[AccountId] {
        &self.accounts
    }

    /// The customer's grade on that record.
    #[must_use]
    pub const fn grade(&self) -> Grade {
        self.grade
    }

    /// 주요 고객.
    #[must_use]
    pub const fn important(&self) -> bool {
        self.important
    }

    /// When they were looked at.
    #[must_use]
    pub const fn at(&self) -> Time {
        self.at
    }

    /// As of when the record was; `None` where nobody said.
    #[must_use]
    pub const fn record(&self) -> Option<Time> {
        self.record
    }
}

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// No customer of that name is on record (any more).
    NoCustomer,
    /// An MSP customer: its TS owner sees to it (X1, X7).
    Msp,
    /// The company's own record (R6).
    Company,
    /// No account is named.
    NoAccounts,
    /// Of an account.
    Account {
        /// Which.
        account: AccountId,
        /// What.
        fault: Fault,
    },
}

/// What is wrong with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It is on nobody's record.
    Unknown,
    /// It is another customer's.
    Of {
        /// Whose.
        owner: String,
    },
    /// It is the company's own (R6).
    Company,
    /// It was unlinked already.
    Left {
        /// When.
        at: Time,
    },
    /// Another case sees to it.
    Busy {
        /// Which.
        case: CaseId,
    },
}

impl Fault {
    /// Whether it speaks against the customer record, and the salespeople are asked (X3).
    #[must_use]
    pub const fn is_mismatch(&self) -> bool {
        match self {
            Self::Unknown | Self::Of { .. } => true,
            Self::Company | Self::Left { .. } | Self::Busy { .. } => false,
        }
    }
}

/// The accounts of `problems` that speak against the customer record.
#[must_use]
pub fn mismatches(problems: &[Problem]) -> Vec<(AccountId, Fault)> {
    let of = |problem: &Problem| match problem {
        Problem::Account { account, fault } if fault.is_mismatch() => {
            Some((account.clone(), fault.clone()))
        }
        Problem::Account { .. }
        | Problem::NoCustomer
        | Problem::Msp
        | Problem::Company
        | Problem::NoAccounts => None,
    };
    problems.iter().filter_map(of).collect()
}

/// The open case in which an account goes or is to go; not `own`.
fn busy(desk: &Desk, account: &AccountId, own: Option<CaseId>) -> Option<CaseId> {
    let has = |id: CaseId, case: &crate::domain::case::Case| {
        let procedure = &case.procedure;
        let offboard =
            procedure.as_offboard().is_some_and(|one| one.left_to_do().contains(account));
        let list = procedure.as_list().is_some_and(|list| {
            matches!(&list.kind, ListKind::MspOffboard(one) if one.accounts.contains(account))
        });
        case.is_open() && Some(id) != own && (offboard || list)
    };
    desk.cases.iter().find(|(id, case)| has(**id, case)).map(|(id, _)| *id)
}

/// Holds accounts against a customer record, at this moment.
///
/// # Errors
/// Everything that does not fit.
pub(super) fn fits(
    desk: &Desk,
    customers: &Customers,
    customer: &str,
    accounts: &[AccountId],
    own: Option<CaseId>,
    now: Time,
) -> Result<Checked, Vec<Problem>> {
    let company = &desk.policy.value.company.customer;
    let Some(record) = customers.0.iter().find(|one| one.name == customer) else {
        return Err(vec![Problem::NoCustomer]);
    };
    let mut problems = Vec::new();
    if &record.name == company {
        problems.push(Problem::Company);
    } else if record.grade == Grade::Msp {
        problems.push(Problem::Msp);
    }
    if accounts.is_empty() {
        problems.push(Problem::NoAccounts);
    }
    problems.extend(faults(desk, customers, record, accounts, own));
    if problems.is_empty() {
        Ok(Checked {
            accounts: accounts.to_vec(),
            grade: record.grade,
            important: record.important,
            at: now,
            record: desk.record.as_of,
        })
    } else {
        Err(problems)
    }
}

/// What is wrong with each account of a customer.
fn faults(
    desk: &Desk,
    customers: &Customers,
    customer: &Customer,
    accounts: &[AccountId],
    own: Option<CaseId>,
) -> Vec<Problem> {
    let company = &desk.policy.value.company.customer;
    let fault = |account: &AccountId| match customers.by_account(account) {
        _ if desk.accounts.has_left(account).is_some() => {
            let at = desk.accounts.has_left(account)?.at;
            Some(Fault::Left { at })
        }
        None => Some(Fault::Unknown),
        Some(owner) if owner.name == customer.name => {
            busy(desk, account, own).map(|case| Fault::Busy { case })
        }
        Some(owner) if &owner.name == company => Some(Fault::Company),
        Some(owner) => Some(Fault::Of { owner: owner.name.clone() }),
    };
    let of = |account: &AccountId| {
        Some(Problem::Account { account: account.clone(), fault: fault(account)? })
    };
    accounts.iter().filter_map(of).collect()
}

/// The form, read and found right.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) customer: String,
    pub(super) reason: String,
    pub(super) at: Time,
    pub(super) ticket: TicketLink,
    pub(super) accounts: Wanted,
}

/// Which accounts a form asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// These.
    These(Checked),
    /// 미정: nobody can name them yet (X8).
    Unnamed,
}

/// What is wrong with a form.
#[derive(Debug)]
pub(super) struct Wrong {
    /// Field by field.
    pub(super) errors: Vec<FieldError>,
    /// The customer's name on record, where it is known.
    pub(super) customer: Option<String>,
    /// The accounts that speak against the record (X3).
    pub(super) mismatches: Vec<(AccountId, Fault)>,
    /// An MSP customer's form in which nothing else is wrong (X1).
    pub(super) msp: Option<MspAsked>,
}

/// What an MSP customer's form asks for (X7).
#[derive(Debug)]
pub(super) struct MspAsked {
    pub(super) customer: String,
    pub(super) ticket: TicketLink,
    pub(super) accounts: Vec<AccountId>,
}

/// The case that a form changes, as far as it decides what is wrong.
#[derive(Clone, Copy, Debug)]
pub(super) struct Changing<'a> {
    pub(super) case: CaseId,
    /// A time that is over already may stay.
    pub(super) at: Time,
    /// The customer, who cannot become another once an account is gone.
    pub(super) bound_to: Option<&'a str>,
}

/// The longest reason, in letters.
const LONGEST_REASON: usize = 300;
/// How far ahead a time may lie, in days: beyond that the year was mistyped.
const FURTHEST: i64 = 366;

/// Reads the form's fields.
pub(super) fn read(
    desk: &Desk,
    fields: &BTreeMap<String, String>,
    changing: Option<Changing<'_>>,
    now: Time,
) -> Result<Asked, Box<Wrong>> {
    let field = |key: &str| fields.get(key).map_or("", |text| text.trim());
    let mut errors: Vec<FieldError> = Vec::new();
    let mut wrong = |key: &str, text: String| errors.push(FieldError { key: key.to_owned(), text });
    let mut mismatched = Vec::new();

    let record = desk.customers.value.find(field("customer"));
    let is_msp = record.is_some_and(|one| one.grade == Grade::Msp);
    let company = &desk.policy.value.company.customer;
    match record {
        None if field("customer").is_empty() => {
            wrong("customer", words::setup::missing("한빛전자"));
        }
        None => wrong("customer", words::urgent::unknown_customer(desk, field("customer"))),
        Some(one) if &one.name == company => {
            wrong("customer", words::offboard::company_customer(desk));
        }
        Some(one) => {
            if let Some(bound) = changing.and_then(|one| one.bound_to).filter(|b| *b != one.name) {
                wrong("customer", words::offboard::customer_is_bound(bound));
            }
        }
    }
    let reason = field("reason");
    if reason.is_empty() {
        wrong("reason", words::setup::missing("3개월 미수"));
    } else if reason.chars().count() > LONGEST_REASON {
        wrong("reason", words::offboard::reason_too_long(reason.chars().count(), LONGEST_REASON));
    }
    let at = read_time(field("at"));
    match at {
        Err(NotATime::Weekday(said, is)) => {
            wrong("at", words::offboard::wrong_weekday(field("at"), said, is));
        }
        Err(NotATime::Unread) => wrong("at", words::offboard::bad_time(field("at"), now)),
        Ok(at) if changing.is_some_and(|one| one.at == at) => {}
        Ok(at) if at < this_minute(now) => wrong("at", words::offboard::past_time(at, now)),
        Ok(at) if (at - now).num_days() > FURTHEST => {
            wrong("at", words::offboard::far_time(at));
        }
        Ok(_) => {}
    }
    let accounts = read_accounts(field("accounts"));
    let mut unreadable = false;
    let wanted: Option<Vec<AccountId>> = match accounts {
        Ok(accounts) => accounts,
        Err(text) => {
            unreadable = true;
            wrong("accounts", text);
            None
        }
    };
    if let (Some(record), Some(accounts)) = (record, &wanted) {
        let list = ticket_link(field("ticket")).ok().and_then(|ticket| msp_list(desk, &ticket));
        let own = changing.map(|one| one.case).or(list.map(|(id, _)| id));
        let problems = faults(desk, &desk.customers.value, record, accounts, own);
        if !problems.is_empty() {
            mismatched = mismatches(&problems);
            let text = words::offboard::problems_of_accounts(desk, record, &problems);
            wrong("accounts", text);
        }
    }
    let ticket = ticket_link(field("ticket"));
    match &ticket {
        Err(read) => wrong("ticket", words::commands::bad_ticket(read)),
        Ok(ticket) => {
            if let Some(case) = running(desk, ticket, changing.map(|one| one.case)) {
                wrong("ticket", words::offboard::running_already(case));
            }
        }
    }
    let customer = record.map(|one| one.name.clone());
    match (record, at, ticket) {
        (Some(record), Ok(at), Ok(ticket)) if errors.is_empty() && !unreadable => {
            if is_msp {
                let msp = MspAsked {
                    customer: record.name.clone(),
                    ticket,
                    accounts: wanted.unwrap_or_default(),
                };
                let msp = Some(msp);
                return Err(Box::new(Wrong { errors, customer, mismatches: mismatched, msp }));
            }
            let accounts = match wanted {
                None => Wanted::Unnamed,
                Some(accounts) => {
                    let own = changing.map(|one| one.case);
                    let customers = &desk.customers.value;
                    match fits(desk, customers, &record.name, &accounts, own, now) {
                        Ok(checked) => Wanted::These(checked),
                        Err(problems) => {
                            let text = words::offboard::problems(desk, &record.name, &problems);
                            errors.push(FieldError { key: "accounts".to_owned(), text });
                            let mismatches = mismatches(&problems);
                            let wrong = Wrong { errors, customer, mismatches, msp: None };
                            return Err(Box::new(wrong));
                        }
                    }
                }
            };
            let reason = reason.to_owned();
            Ok(Asked { customer: record.name.clone(), reason, at, ticket, accounts })
        }
        (_, _, _) => {
            if is_msp {
                let text = words::offboard::msp_after_the_rest();
                errors.insert(0, FieldError { key: "customer".to_owned(), text });
            }
            Err(Box::new(Wrong { errors, customer, mismatches: mismatched, msp: None }))
        }
    }
}

/// The open list that an MSP customer's form with this ticket led to (X7).
pub(super) fn msp_list<'a>(
    desk: &'a Desk,
    ticket: &TicketLink,
) -> Option<(CaseId, &'a MspOffboard)> {
    desk.cases.iter().find_map(|(id, case)| {
        let list = case.procedure.as_list().filter(|list| list.is_open())?;
        let ListKind::MspOffboard(one) = &list.kind else { return None };
        (&one.ticket == ticket).then_some((*id, one))
    })
}

/// The open case that works on this ticket already; not `own`.
fn running(desk: &Desk, ticket: &TicketLink, own: Option<CaseId>) -> Option<CaseId> {
    let same = |(id, case): &(&CaseId, &crate::domain::case::Case)| {
        let offboard =
            case.procedure.as_offboard().is_some_and(|one| &one.request.ticket == ticket);
        case.is_open() && Some(**id) != own && offboard
    };
    desk.cases.iter().find(same).map(|(id, _)| *id)
}

/// The accounts of a field, each once; `None`: 미정.
fn read_accounts(text: &str) -> Result<Option<Vec<AccountId>>, String> {
    if text.is_empty() {
        return Err(words::offboard::no_accounts());
    }
    let bare: String = text.chars().filter(|letter| letter.is_alphanumeric()).collect();
    if bare == "미정" {
        return Ok(None);
    }
    let read = typed(text);
    let mut accounts: Vec<AccountId> = Vec::new();
    let (mut wrong, mut unread) = (Vec::new(), Vec::new());
    for one in read {
        match one {
            Err(error) => unread.push(error),
            Ok(account) if accounts.contains(&account) => {
                let text = words::offboard::repeated(&account);
                if !wrong.contains(&text) {
                    wrong.push(text);
                }
            }
            Ok(account) => accounts.push(account),
        }
    }
    if !unread.is_empty() {
        wrong.push(words::offboard::not_accounts(&unread));
    }
    match (wrong.is_empty(), accounts.is_empty()) {
        (false, _) => Err(wrong.join(" ")),
        (true, true) => Err(words::offboard::no_accounts()),
        (true, false) => Ok(Some(accounts)),
    }
}

static CONFIRMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:네|예|넵|넹)?(?:위|이)?(?:목록|계정|어카운트|accounts?)?(?:들)?(?:이|은|는)?(?:모두|전부|다)?",
        r"(?:(?:확인|컨펌|승인|confirm(?:ed)?)(?:했습니다|합니다|하였습니다|완료|완료했습니다|완료입니다|되었습니다|됐습니다|드립니다|드렸습니다)?",
        r"|맞습니다|맞아요|맞네요)$|^(?:ok|okay|오케이)$"
    ))
});

/// Whether a reply is a confirmation and nothing else: `확인했습니다`, `네, 맞습니다`. Anything more than that is not.
pub(super) fn reads_as_confirmed(text: &str) -> bool {
    let reading = crate::domain::text::read(text);
    let mut words = reading.words;
    for user in &reading.users {
        words = words.replace(&crate::domain::text::mark(&user.0), "");
    }
    for group in &reading.groups {
        words = words.replace(&crate::domain::text::mark(group.as_str()), "");
    }
    // a question confirms nothing
    if words.contains('?') {
        return false;
    }
    let bare: String = words.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    CONFIRMED.is_match(&bare)
}

fn this_minute(now: Time) -> Time {
    now.with_second(0).and_then(|at| at.with_nanosecond(0)).unwrap_or(now)
}

/// A text that is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotATime {
    /// It cannot be read.
    Unread,
    /// Its weekday is not that of its day: what was said, and what it is.
    Weekday(char, char),
}

static TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*[일.]?",
        r"\s*(?:\(?\s*([월화수목금토일])(?:요일)?\s*\)?)?",
        r"\s*[T,]?\s*(\d{1,2})\s*(?::\s*(\d{2})|시\s*(?:(\d{1,2})\s*분)?)$"
    ))
});

/// A time as people write it, with its year and by the 24-hour clock: `2025-08-13 14:10`, `2025.8.13(수) 14:10`,
/// `2025년 8월 13일 14시 10분`.
pub(super) fn read_time(text: &str) -> Result<Time, NotATime> {
    let found = TIME.captures(text.trim()).ok_or(NotATime::Unread)?;
    let number = |nth: usize| found.get(nth).and_then(|one| one.as_str().parse::<u32>().ok());
    let date = || {
        let year = i32::try_from(number(1)?).ok()?;
        NaiveDate::from_ymd_opt(year, number(2)?, number(3)?)
    };
    let minute = number(6).or_else(|| number(7)).unwrap_or(0);
    let time = || NaiveTime::from_hms_opt(number(5)?, minute, 0);
    let (Some(date), Some(time)) = (date(), time()) else { return Err(NotATime::Unread) };
    let said = found.get(4).and_then(|one| one.as_str().chars().next());
    let is = words::offboard::weekday(date.weekday());
    match said {
        Some(said) if said != is => Err(NotATime::Weekday(said, is)),
        Some(_) | None => Ok(seoul_at(date, time)),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn times_as_people_write_them() {
        let day = NaiveDate::from_ymd_opt(2025, 8, 13).unwrap();
        let at = seoul_at(day, NaiveTime::from_hms_opt(14, 10, 0).unwrap());
        for text in [
            "2025-08-13 14:10",
            " 2025-8-13  14:10 ",
            "2025.08.13 14:10",
            "2025. 8. 13. 14:10",
            "2025/8/13 14:10",
            "2025-08-13T14:10",
            "2025년 8월 13일 14시 10분",
            "2025-08-13(수) 14:10",
            "2025년 8월 13일 수요일 14:10",
        ] {
            assert_eq!(read_time(text), Ok(at), "{text}");
        }
        let hour = seoul_at(day, NaiveTime::from_hms_opt(14, 0, 0).unwrap());
        assert_eq!(read_time("2025-08-13 14시"), Ok(hour));
        for text in [
            "",
            "8/13 14:10",
            "2025-08-13",
            "2025-13-08 14:10",
            "2025-08-13 24:10",
            "2025-02-30 14:10",
            "내일 14:10",
            "2025-08-13 오후 2:10",
            "2025-08-13 14:10 이후",
        ] {
            assert_eq!(read_time(text), Err(NotATime::Unread), "{text}");
        }
        assert_eq!(read_time("2025-08-13(목) 14:10"), Err(NotATime::Weekday('목', '수')));
    }

    #[test]
    fn a_reply_confirms_when_it_says_nothing_else() {
        for text in [
            "확인",
            "확인했습니다.",
            "네, 확인했습니다",
            "네 맞습니다",
            "<@U1> 모두 맞습니다",
            "계정 모두 확인했습니다",
            "컨펌합니다",
            "승인합니다",
            "OK",
        ] {
            assert!(reads_as_confirmed(text), "{text}");
        }
        for text in [
            "확인해 보겠습니다",
            "확인이 필요합니다",
            "확인했는데 하나가 다릅니다",
            "확인 부탁드립니다",
            "확인?",
            "맞습니까?",
            "아닙니다",
            "123456789012만 확인했습니다",
            "확인 안 됩니다",
            "",
        ] {
            assert!(!reads_as_confirmed(text), "{text}");
        }
    }

    #[test]
    fn accounts_are_read_once_each_or_not_at_all() {
        let read = |text: &str| read_accounts(text);
        assert_eq!(read("미정"), Ok(None));
        assert_eq!(read(" 미정. "), Ok(None));
        assert_eq!(read("1234-5678-9012").unwrap().unwrap()[0].to_string(), "123456789012");
        for text in ["", " , ", "미정 123456789012", "12345678901", "123456789012 123456789012"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
