//! The property. What happened is written down as [`Event`]s from what can be seen from outside (what was handed in and taken, what
//! was posted), and judged by [`judge`], which knows nothing of the program's own state.

use crate::domain::accounts::typed;
use crate::domain::books::read_policy;
use crate::domain::case::CaseChange;
use crate::domain::change::Change;
use crate::domain::customers::{Customers, read_customers};
use crate::domain::decide::{Decision, decide};
use crate::domain::desk::{Desk, Due};
use crate::domain::errand::{ErrandKind, Outcome};
use crate::domain::ids::{CaseId, ChannelId, ErrandId, MessageRef, SlackGroup, SlackUser, Ts};
use crate::domain::input::{
    CustomerRecord, Directory, Group, Input, Member, ReplyTo, SlackAct, SlackInput,
};
use crate::domain::message::{Answer, Message};
use crate::domain::people::read_guide;
use crate::domain::procedures::offboard::{Ending, OffboardChange, Stage};
use crate::domain::time::{Time, seoul};
use crate::domain::turn::{OffboardPress, Token, UnlinkPress};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const CUSTOMER: &str = "한빛전자";
const ACCOUNTS: [&str; 3] = ["123456789012", "123456789013", "310000000008"];
const PEOPLE: [(&str, &str); 7] = [
    ("U1", "오하라"),
    ("U2", "유가람"),
    ("U3", "고윤슬"),
    ("U4", "한별"),
    ("U5", "도담솔"),
    ("U6", "가온별"),
    ("U7", "하늘솔"),
];
const CSR: [&str; 2] = ["U1", "U2"];
const COC: [&str; 3] = ["U3", "U4", "U5"];

/// What can be seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    /// A request was taken, or changed: by whom, for when, with which accounts (none: 미정), and whether by a salesperson.
    Requested { by: String, at: Time, accounts: Vec<String>, by_csr: bool },
    /// A salesperson's confirmation of the list was taken; by whom it was brought.
    Released { by: String, accounts: Vec<String> },
    /// The execution was stopped, to be confirmed anew.
    Stopped,
    /// Somebody's confirmation was taken.
    Confirmed { by: String, coc: bool, name_right: bool },
    /// COC, or the bot in x, was asked to unlink an account; whether it fits the record in force.
    Asked { account: String, at: Time, fits: bool },
    /// Its outcome was taken.
    Outcome { account: String, done: bool },
}

/// What the property forbids; `needed`: how many confirm.
fn judge(events: &[Event], needed: usize) -> Result<(), String> {
    let mut authors: BTreeSet<&str> = BTreeSet::new();
    let mut confirmed: BTreeSet<&str> = BTreeSet::new();
    let (mut due, mut named, mut unnamed_once): (_, BTreeSet<String>, _) =
        (None, BTreeSet::new(), false);
    let mut open: Option<&str> = None;
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for event in events {
        match event {
            Event::Requested { by, at, accounts, by_csr } => {
                authors.insert(by);
                confirmed.clear();
                due = Some(*at);
                unnamed_once |= accounts.is_empty();
                let accounts: BTreeSet<String> = accounts.iter().cloned().collect();
                // what is unlinked already is no part of what still has to be named
                let left = || named.iter().filter(|one| !done.contains(one.as_str()));
                let stand = !unnamed_once || *by_csr || accounts.iter().eq(left());
                named = if stand { accounts } else { BTreeSet::new() };
            }
            Event::Released { by, accounts } => {
                authors.insert(by);
                named = accounts.iter().cloned().collect();
            }
            Event::Stopped => confirmed.clear(),
            Event::Confirmed { by, coc, name_right } => {
                if *coc && *name_right && !authors.contains(by.as_str()) {
                    confirmed.insert(by);
                } else {
                    return Err(format!("{by} may not confirm so: {event:?}"));
                }
            }
            Event::Asked { account, at, fits } => {
                if due.is_none_or(|due| *at < due) {
                    return Err(format!("{account} is asked for before 퇴점 일시"));
                }
                if !fits {
                    return Err(format!("{account} does not fit the record"));
                }
                if !named.contains(account) {
                    return Err(format!("nobody named or confirmed {account}"));
                }
                if confirmed.len() < needed {
                    return Err(format!("{account} without {needed} confirmations"));
                }
                if done.contains(account.as_str()) {
                    return Err(format!("{account} is unlinked already"));
                }
                if let Some(open) = open {
                    return Err(format!("{account} is asked for while {open} is"));
                }
                open = Some(account);
            }
            Event::Outcome { account, done: is_done } => {
                if open != Some(account) {
                    return Err(format!("an outcome of {account}, which was not asked for"));
                }
                open = None;
                if *is_done && !done.insert(account) {
                    return Err(format!("{account} is unlinked twice"));
                }
            }
        }
    }
    Ok(())
}

pub(super) fn customers(variant: u32) -> String {
    let header = "name,aliases,grade,important,ts_primary,ts_backup,sa_primary,sa_backup,csr,accounts,emails,phones,guardduty_agreed,environment_rule,comment";
    let (one, other, grade) = match variant % 5 {
        0 | 1 => ("123456789012;123456789013", "310000000008", "일반"),
        2 => ("123456789012", "310000000008;123456789013", "일반"),
        3 => ("123456789013;310000000008", "123456789012", "일반"),
        _ => ("123456789012;123456789013", "310000000008", "MSP"),
    };
    format!(
        "{header}\n{CUSTOMER},,{grade},,,,,,오하라,{one},,,,,\n솔빛출판,,일반,,,,,,유가람,{other},,,,,\n솔트웨어,,일반,,,,,,,310000000013,,,,,\n"
    )
}

/// The desk with its surroundings.
pub(super) struct World {
    pub(super) desk: Desk,
    seq: u64,
    pub(super) now: Time,
    pub(super) slack_is_up: bool,
    journal: Vec<(Time, Vec<Change>)>,
    pub(super) buttons: Vec<(MessageRef, String)>,
    pub(super) forms: Vec<String>,
    /// What was posted, by channel, and what was told alone.
    pub(super) said: Vec<(String, String)>,
    lists: Vec<MessageRef>,
    events: BTreeMap<CaseId, Vec<Event>>,
    customers: Customers,
    keys: u64,
    last: Option<Input>,
    posts: u32,
}

impl World {
    pub(super) fn new(command: bool, needed: u32) -> Self {
        let now = seoul("2025-08-13T10:00:00".parse().unwrap());
        let template = if command { "/unlink {account}" } else { "" };
        let policy = format!("[offboard]\ncommand = \"{template}\"\nconfirmations = {needed}\n");
        let member = |name: &str| Member { name: name.to_owned(), email: None, phone: None };
        let group = |handle: &str, who: &[&str]| Group {
            handle: handle.to_owned(),
            members: who.iter().map(|id| SlackUser::from(*id)).collect(),
        };
        let channels = [("C1", "general"), ("C2", "coc-noti"), ("C4", "강제링크해지")];
        let directory = Directory {
            users: PEOPLE.map(|(id, name)| (SlackUser::from(id), member(name))).into(),
            groups: [
                (SlackGroup::from("S1"), group("coc", &COC)),
                (SlackGroup::from("S3"), group("csr", &CSR)),
            ]
            .into(),
            channels: channels.map(|(id, name)| (ChannelId::from(id), name.to_owned())).into(),
            ..Directory::default()
        };
        let guide = include_str!("../../../../../data/guide.txt");
        let (roster, _) = read_guide(guide, now.date_naive()).unwrap();
        let text = customers(0);
        let record = read_customers(&text).unwrap();
        let mut world = Self {
            desk: Desk::default(),
            seq: 0,
            now,
            slack_is_up: true,
            journal: Vec::new(),
            buttons: Vec::new(),
            forms: vec![Token::OffboardForm.text()],
            said: Vec::new(),
            lists: Vec::new(),
            events: BTreeMap::new(),
            customers: record.clone(),
            keys: 0,
            last: None,
            posts: 0,
        };
        world.take(vec![
            Change::PolicyAdopted {
                text: policy.clone(),
                policy: Box::new(read_policy(&policy).unwrap()),
            },
            Change::CustomersAdopted { text, customers: record },
            Change::RosterAdopted { text: guide.to_owned(), roster },
            Change::DirectoryRead(directory),
        ]);
        world
    }

    fn take(&mut self, changes: Vec<Change>) {
        for change in &changes {
            if let Change::Case(id, CaseChange::Offboard(OffboardChange::Went { stage })) = change
                && matches!(**stage, Stage::Stopped { .. })
            {
                self.events.entry(*id).or_default().push(Event::Stopped);
            }
            self.desk.apply(self.now, change);
        }
        self.journal.push((self.now, changes));
        self.seq += 1;
    }

    pub(super) fn offer(&mut self, input: &Input) -> Decision {
        let decision = decide(&self.desk, input, self.now, self.seq);
        self.take(decision.changes.clone());
        if self.slack_is_up {
            self.carry_out();
        }
        decision
    }

    pub(super) fn carry_out(&mut self) {
        while let Some((id, case, kind)) = self
            .desk
            .errands
            .iter()
            .next()
            .map(|(id, errand)| (*id, errand.case, errand.kind.clone()))
        {
            let outcome = match kind {
                ErrandKind::Post { place, message } => {
                    self.posts += 1;
                    let ts = Ts(format!("{}.{:06}", self.now.timestamp(), self.posts));
                    let at = MessageRef { channel: place.channel, ts };
                    self.said.push((at.channel.to_string(), message.plain()));
                    self.see(id, case, &at, &message);
                    Outcome::Posted(at)
                }
                ErrandKind::Ephemeral { message, .. } => {
                    self.said.push(("alone".to_owned(), message.plain()));
                    Outcome::Done
                }
                ErrandKind::OpenForm { form, .. } => {
                    self.forms.push(form.token);
                    Outcome::Done
                }
                _ => Outcome::Done,
            };
            let settled = Input::Settled { errand: id, outcome };
            let decision = decide(&self.desk, &settled, self.now, self.seq);
            self.take(decision.changes);
        }
    }

    /// A post stands: its buttons can be pressed; an account may be asked for.
    fn see(&mut self, _: ErrandId, case: Option<CaseId>, at: &MessageRef, message: &Message) {
        let said = message.plain();
        for button in &message.buttons {
            self.buttons.push((at.clone(), button.token.clone()));
            if let Some(Token::Offboard(_, _, OffboardPress::Accounts)) = Token::read(&button.token)
            {
                self.lists.push(at.clone());
            }
        }
        let Some(case) = case else { return };
        let by_command = said.strip_prefix("/unlink ").map(str::to_owned);
        let has_command = !self.desk.policy.value.offboard.command.is_empty();
        let by_hand = message.buttons.iter().any(|button| button.label == "성공") && !has_command;
        let account = by_command.or_else(|| {
            let found = said.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 12);
            found.filter(|_| by_hand).map(str::to_owned)
        });
        if let Some(account) = account {
            let owner = self.customers.by_account(&account.parse().unwrap());
            let fits = owner.is_some_and(|one| one.name == CUSTOMER)
                && owner.is_some_and(|one| one.grade.to_string() != "MSP");
            let event = Event::Asked { account, at: self.now, fits };
            self.events.entry(case).or_default().push(event);
        }
    }

    fn slack(&mut self, by: &str, what: SlackAct) -> Input {
        self.keys += 1;
        let key = format!("k:{}", self.keys);
        Input::Slack(SlackInput { key, by: SlackUser::from(by), what, raw: None })
    }

    /// The last account that was asked for in a case.
    fn asked(&self, case: CaseId) -> Option<String> {
        self.events.get(&case)?.iter().rev().find_map(|event| match event {
            Event::Asked { account, .. } => Some(account.clone()),
            _ => None,
        })
    }

    pub(super) fn press(&mut self, by: &str, on: &MessageRef, token: &str) {
        let reply = ReplyTo { channel: on.channel.clone(), thread: None, url: None };
        let what = SlackAct::Pressed {
            on: on.clone(),
            thread: None,
            token: token.to_owned(),
            trigger: "t".to_owned(),
            reply,
        };
        let input = self.slack(by, what);
        self.deliver(input);
    }

    pub(super) fn submit(&mut self, by: &str, token: &str, fields: &[(&str, String)]) {
        let fields = fields.iter().map(|(key, text)| ((*key).to_owned(), text.clone())).collect();
        let what = SlackAct::Submitted { token: token.to_owned(), fields };
        let input = self.slack(by, what);
        self.deliver(input);
    }

    /// Offers what somebody did, and writes down what was taken of it before anything of it is posted.
    fn deliver(&mut self, input: Input) {
        let was_up = std::mem::replace(&mut self.slack_is_up, false);
        let decision = self.offer(&input);
        self.slack_is_up = was_up;
        self.write_down(&input, &decision);
        // a form that was refused may be handed in again
        self.last = Some(input).filter(|_| decision.answer == Answer::Nothing);
        if was_up {
            self.carry_out();
        }
    }

    fn write_down(&mut self, input: &Input, decision: &Decision) {
        let Input::Slack(SlackInput { by, what, .. }) = input else { return };
        let by = by.to_string();
        let cases: BTreeSet<CaseId> = decision
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::Case(id, _) => Some(*id),
                Change::Opened(case) => Some(case.id),
                _ => None,
            })
            .filter(|id| self.desk.cases[id].procedure.as_offboard().is_some())
            .collect();
        let Some(case) = cases.first().copied() else { return };
        let asked = self.asked(case);
        let taken = decision.answer == Answer::Nothing;
        let left = self.desk.cases[&case].procedure.as_offboard().unwrap().left_to_do();
        let accounts: Vec<String> = left.iter().map(ToString::to_string).collect();
        let events = self.events.entry(case).or_default();
        match what {
            SlackAct::Pressed { token, .. } => match Token::read(token).unwrap() {
                Token::Offboard(_, _, OffboardPress::Accounts) => {
                    assert!(CSR.contains(&by.as_str()), "{by} released a list");
                    events.push(Event::Released { by, accounts });
                }
                Token::Unlink(_, _, _, press) => {
                    assert!(COC.contains(&by.as_str()), "{by} recorded an outcome");
                    let account = asked.unwrap();
                    let done = press == UnlinkPress::Done;
                    events.push(Event::Outcome { account, done });
                }
                _ => {}
            },
            SlackAct::Submitted { token, fields } if taken => match Token::read(token).unwrap() {
                Token::OffboardForm | Token::OffboardEditForm(..) => {
                    events.push(Event::Requested {
                        at: fields["at"].parse_time(),
                        accounts: typed(&fields["accounts"])
                            .into_iter()
                            .filter_map(|one| one.ok().map(|one| one.to_string()))
                            .collect(),
                        by_csr: CSR.contains(&by.as_str()),
                        by,
                    });
                }
                Token::OffboardConfirmForm(..) => {
                    let coc = COC.contains(&by.as_str());
                    let name_right = fields["customer"] == CUSTOMER;
                    events.push(Event::Confirmed { by, coc, name_right });
                }
                Token::OffboardMailForm(..) => {
                    assert!(COC.contains(&by.as_str()), "{by} recorded a mail");
                    events.push(Event::Released { by, accounts });
                }
                _ => {}
            },
            SlackAct::Said { .. } if CSR.contains(&by.as_str()) => {
                let naming = matches!(
                    &self.desk.cases[&case].procedure.as_offboard().unwrap().stage,
                    Stage::Naming { .. }
                );
                if !naming {
                    events.push(Event::Released { by, accounts });
                }
            }
            _ => {}
        }
    }

    pub(super) fn wake(&mut self) {
        for _ in 0..50 {
            let due = self.desk.next_due().filter(|due| due.at() <= self.now);
            let Some(due @ Due::Case(_)) = due else { return };
            self.offer(&due.input());
        }
    }

    /// The process is gone and comes up again: the records alone give the desk.
    fn crash(&mut self) {
        let mut desk = Desk::default();
        for (at, changes) in &self.journal {
            changes.iter().for_each(|change| desk.apply(*at, change));
        }
        assert_eq!(
            serde_json::to_value(&desk.cases).unwrap(),
            serde_json::to_value(&self.desk.cases).unwrap(),
        );
        // what was decided and not written down is decided again
        self.desk = desk;
    }

    /// One thing happens, by chance.
    fn step(&mut self, dice: u32) {
        let pick = |n: usize, shift: u32| (dice >> shift) as usize % n;
        let by = match pick(8, 8) {
            0 | 1 => CSR[pick(2, 12)],
            2..=6 => COC[pick(3, 12)],
            _ => PEOPLE[5 + pick(2, 12)].0,
        };
        let recent = |len: usize| {
            let back = if pick(5, 14) == 0 { pick(len.max(1), 16) } else { pick(4, 16) };
            len.saturating_sub(1 + back)
        };
        let minutes = i64::try_from(pick(4, 20) * 10).unwrap();
        match dice % 16 {
            0 => {
                let accounts = match pick(6, 22) {
                    0 => "미정".to_owned(),
                    1 => ACCOUNTS[..2].join("\n"),
                    nth => ACCOUNTS[nth % 3].to_owned(),
                };
                // sometimes a form that changes a request, seldom while one is under way
                if pick(3, 28) == 0 && !self.events.is_empty() {
                    return;
                }
                let edits: Vec<String> = self
                    .forms
                    .iter()
                    .filter(|form| matches!(Token::read(form), Some(Token::OffboardEditForm(..))))
                    .cloned()
                    .collect();
                let form = match edits.last() {
                    Some(edit) if pick(2, 25) == 0 => edit.clone(),
                    _ => Token::OffboardForm.text(),
                };
                let at = (self.now + chrono::TimeDelta::minutes(minutes))
                    .format("%Y-%m-%d %H:%M")
                    .to_string();
                let number = pick(2, 26);
                let fields = [
                    ("customer", CUSTOMER.to_owned()),
                    ("reason", format!("미수 {}", pick(3, 18))),
                    ("at", at),
                    ("accounts", accounts),
                    ("ticket", format!("https://support.example.com/agent/tickets/424{number}")),
                ];
                self.submit(by, &form, &fields);
            }
            1..=6 if !self.buttons.is_empty() => {
                // half of the time one that leads on, by somebody who may
                let leads_on = self.buttons.iter().rev().take(8).find(|(_, token)| {
                    matches!(
                        Token::read(token),
                        Some(
                            Token::Offboard(
                                _,
                                _,
                                OffboardPress::Confirm
                                    | OffboardPress::Accounts
                                    | OffboardPress::Resume
                            ) | Token::Unlink(..)
                        )
                    )
                });
                let guided = pick(2, 27) == 0;
                let (on, token) = match leads_on {
                    Some(found) if guided => found.clone(),
                    _ => self.buttons[recent(self.buttons.len())].clone(),
                };
                let by = match Token::read(&token) {
                    Some(Token::Offboard(_, _, OffboardPress::Accounts)) if guided => {
                        CSR[pick(2, 12)]
                    }
                    _ if guided => COC[pick(3, 12)],
                    _ => by,
                };
                self.press(by, &on, &token);
            }
            7..=10 => {
                let last = pick(2, 27) == 0;
                let nth = if last { self.forms.len() - 1 } else { recent(self.forms.len()) };
                let form = self.forms[nth].clone();
                let by = if last { COC[pick(3, 12)] } else { by };
                let name = if pick(6, 22) == 0 { "솔빛출판" } else { CUSTOMER }.to_owned();
                let (csr, mail) = (CSR[pick(2, 24)].to_owned(), "RE: 계정".to_owned());
                match Token::read(&form) {
                    Some(Token::OffboardConfirmForm(..)) => {
                        self.submit(by, &form, &[("customer", name)]);
                    }
                    Some(Token::OffboardMailForm(..)) => {
                        self.submit(by, &form, &[("csr", csr), ("mail", mail)]);
                    }
                    Some(Token::UnlinkForm(..)) => {
                        self.submit(by, &form, &[("why", "응답 없음".to_owned())]);
                    }
                    _ => {}
                }
            }
            11 => {
                if let Some(root) = self.lists.last().cloned() {
                    self.keys += 1;
                    let ts = Ts(format!("{}.9{:05}", self.now.timestamp(), self.keys));
                    let text = if pick(3, 22) == 0 {
                        "확인해 보겠습니다"
                    } else {
                        "확인했습니다"
                    };
                    let what = SlackAct::Said {
                        at: MessageRef { channel: root.channel.clone(), ts },
                        thread: Some(root.ts),
                        text: text.to_owned(),
                    };
                    let input = self.slack(by, what);
                    self.deliver(input);
                }
            }
            12 => {
                self.now += chrono::TimeDelta::minutes(minutes + 1);
                self.wake();
            }
            13 => {
                // mostly as it was
                let variant = if pick(6, 22) == 0 { dice >> 26 } else { 0 };
                let text = customers(variant);
                self.customers = read_customers(&text).unwrap();
                let record = CustomerRecord { text, as_of: self.now };
                self.offer(&Input::Record(record));
            }
            14 => {
                if let Some(last) = self.last.clone() {
                    let before = self.events.clone();
                    self.deliver(last);
                    assert_eq!(before, self.events, "a repeated delivery did something");
                }
            }
            _ => match pick(6, 22) {
                0 => self.slack_is_up = false,
                1..=3 => {
                    self.slack_is_up = true;
                    self.carry_out();
                    self.wake();
                }
                _ => self.crash(),
            },
        }
    }
}

trait ParseTime {
    fn parse_time(&self) -> Time;
}

impl ParseTime for String {
    fn parse_time(&self) -> Time {
        seoul(chrono::NaiveDateTime::parse_from_str(self, "%Y-%m-%d %H:%M").unwrap())
    }
}

fn played(dice: &[u32], command: bool, needed: u32) -> Result<World, String> {
    let mut world = World::new(command, needed);
    for one in dice {
        world.step(*one);
    }
    world.slack_is_up = true;
    world.carry_out();
    for (case, events) in &world.events {
        judge(events, usize::try_from(needed).unwrap())
            .map_err(|why| format!("{case}: {why}\n{events:#?}"))?;
    }
    for case in world.desk.cases.values().filter(|case| case.procedure.as_offboard().is_some()) {
        let due = case.procedure.wake(&world.desk.policy.value);
        if case.is_open() && due.is_none() {
            return Err(format!("{}: open, and nothing asks for it", case.id));
        }
    }
    Ok(world)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn nothing_is_unlinked_unchecked_unconfirmed_early_or_twice(
        dice in proptest::collection::vec(any::<u32>(), 20..300),
        command in any::<bool>(),
        needed in 1_u32..3,
    ) {
        if let Err(why) = played(&dice, command, needed) {
            prop_assert!(false, "{why}");
        }
    }
}

/// A list that a salesperson confirmed half of which is unlinked: COC may go on with the rest of it, and with nothing else.
#[test]
fn what_is_left_of_a_confirmed_list_need_not_be_named_again() {
    let at = seoul("2025-08-13T10:00:00".parse().unwrap());
    let text = |words: &[&str]| words.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    let asked = |account: &str| Event::Asked { account: account.to_owned(), at, fits: true };
    let outcome = |account: &str, done| Event::Outcome { account: account.to_owned(), done };
    let confirmed = || Event::Confirmed { by: "U5".to_owned(), coc: true, name_right: true };
    let [one, other, third] = ACCOUNTS;
    let goes_on_with = |account: &str| {
        let by = |by: &str, accounts: &[&str], by_csr| Event::Requested {
            by: by.to_owned(),
            at,
            accounts: text(accounts),
            by_csr,
        };
        let events = [
            by("U2", &[], true),
            Event::Released { by: "U1".to_owned(), accounts: text(&[one, other]) },
            confirmed(),
            asked(one),
            outcome(one, true),
            asked(other),
            outcome(other, false),
            by("U4", &[account], false),
            confirmed(),
            asked(account),
        ];
        judge(&events, 1)
    };
    assert_eq!(goes_on_with(other), Ok(()));
    assert!(goes_on_with(third).is_err(), "nobody named it");
    assert!(goes_on_with(one).is_err(), "it is unlinked");
}

/// Dice that are the same at each run.
fn dice(seed: u64) -> Vec<u32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u32::try_from(state >> 32).unwrap()
    })
    .take(400)
    .collect()
}

#[test]
fn the_property_is_not_empty_and_sees_what_it_forbids() {
    let (mut ends, mut failures, mut released, mut stories) = (0, 0, 0, Vec::new());
    for seed in 1..=60 {
        let world = played(&dice(seed), seed % 2 == 0, 1).unwrap();
        for (id, events) in &world.events {
            let one = world.desk.cases[id].procedure.as_offboard().unwrap();
            ends += usize::from(matches!(one.stage, Stage::Over { how: Ending::Done, .. }));
            let of = |wanted: fn(&Event) -> bool| events.iter().filter(|one| wanted(one)).count();
            failures += of(|one| matches!(one, Event::Outcome { done: false, .. }));
            released += of(|one| matches!(one, Event::Released { .. }));
            if of(|one| matches!(one, Event::Outcome { done: true, .. })) > 0 {
                stories.push(events.clone());
            }
        }
    }
    assert!(ends > 5 && failures > 5 && released > 5, "{ends} {failures} {released}");

    // planted: a history in which one thing is otherwise is noticed
    for events in &stories {
        assert_eq!(judge(events, 1), Ok(()));
        let asked = events.iter().position(|one| matches!(one, Event::Asked { .. })).unwrap();
        let Event::Requested { by: author, .. } = events[0].clone() else { panic!("{events:?}") };
        let without: Vec<Event> =
            events.iter().filter(|one| !matches!(one, Event::Confirmed { .. })).cloned().collect();
        assert!(judge(&without, 1).is_err(), "without a confirmation");
        assert!(judge(events, 4).is_err(), "with too few");
        let doctored = |change: &dyn Fn(&mut Event)| {
            let mut events = events.clone();
            events.iter_mut().for_each(change);
            judge(&events, 1)
        };
        let by_author = doctored(&|event| {
            if let Event::Confirmed { by, .. } = event {
                *by = author.clone();
            }
        });
        assert!(by_author.is_err(), "confirmed by who asked");
        let wrong_name = doctored(&|event| {
            if let Event::Confirmed { name_right, .. } = event {
                *name_right = false;
            }
        });
        assert!(wrong_name.is_err(), "a wrong name");
        let early = doctored(&|event| {
            if let Event::Asked { at, .. } = event {
                *at -= chrono::TimeDelta::days(2);
            }
        });
        assert!(early.is_err(), "too early");
        let misfit = doctored(&|event| {
            if let Event::Asked { fits, .. } = event {
                *fits = false;
            }
        });
        assert!(misfit.is_err(), "against the record");
        let mut changed = events.clone();
        changed.insert(asked, events[0].clone());
        assert!(judge(&changed, 1).is_err(), "changed after the confirmation");
        let mut twice = events.clone();
        twice.insert(asked, events[asked].clone());
        assert!(judge(&twice, 1).is_err(), "asked for twice");
        let done = events.iter().position(|one| matches!(one, Event::Outcome { done: true, .. }));
        let done = done.unwrap();
        let again = events[..done].iter().rposition(|one| matches!(one, Event::Asked { .. }));
        let mut twice = events.clone();
        twice.insert(done + 1, events[again.unwrap()].clone());
        assert!(judge(&twice, 1).is_err(), "unlinked twice");
    }
}
