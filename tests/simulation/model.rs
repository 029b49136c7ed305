//! What ought to happen, told a second time: the ladder (readings 9 to 11, 13, 20) and the call rule (readings 1 to 5), written from
//! the readings and knowing nothing of how the desk does it. It sees what people see (posts, calls) and what reached the bot, and
//! says which rule was broken.
//!
//! While everything works it says when to the minute; through faults it keeps the bounds: in order, nobody twice, nobody skipped,
//! nobody sooner than the rung before allows, nobody after an acceptance.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, TimeDelta, Timelike, Weekday};
use coc::domain::errand::CallEvent;
use coc::replay::{Act, Did, Heard, Told, World};
use std::collections::{BTreeMap, BTreeSet};

type Time = DateTime<FixedOffset>;

/// What the limits of posts and a moment's work may cost.
const MOMENT: TimeDelta = TimeDelta::seconds(45);
/// Silence on one rung (reading 10).
const RUNG: TimeDelta = TimeDelta::minutes(5);

const GENERAL: [&str; 5] = ["가온별", "나래솔", "다솜윤", "라온결", "마루한"];
const MILITARY: [&str; 2] = ["나래솔", "마루한"];
/// Members in table order, the leader last.
const PARTS: [&[&str]; 3] = [
    &["사랑빈", "가온별", "라온결", "바름찬"],
    &["자람우", "차오름", "카이로", "마루한", "아람준"],
    &["파란하", "다솜윤", "나래솔", "타래은"],
];
/// Customers whose chain is the MSP chain: MSP (not Basic), or 주요 (readings 7, 19). TS 정, 부; SA 정, 부.
const MSP: [(&str, [&str; 4]); 5] = [
    ("가나게임즈", ["자람우", "차오름", "하늘솔", "노을찬"]),
    ("푸른병원", ["카이로", "", "노을찬", ""]),
    ("두레교육", ["", "", "하늘솔", "노을찬"]),
    ("바다여행", ["다솜윤", "나래솔", "노을찬", ""]),
    ("이음금융", ["바름찬", "마루한", "하늘솔", "노을찬"]),
];

/// Somebody of a chain: whether as one of the General list, from which a military service takes away (reading 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    who: &'static str,
    general: bool,
}

fn order(customer: &str) -> Vec<Place> {
    let mut order: Vec<Place> = Vec::new();
    let mut add = |who: &'static str, general: bool| {
        if !who.is_empty() && !order.iter().any(|place| place.who == who) {
            order.push(Place { who, general });
        }
    };
    match MSP.iter().find(|(name, _)| *name == customer) {
        None => {
            GENERAL.iter().for_each(|who| add(who, true));
            PARTS.iter().copied().flatten().for_each(|who| add(who, false));
        }
        Some((_, [primary, backup, sa_primary, sa_backup])) => {
            add(primary, false);
            add(backup, false);
            for owner in [primary, backup] {
                let part = PARTS.iter().find(|part| part.contains(owner));
                part.into_iter().copied().flatten().for_each(|who| add(who, false));
            }
            let late = |who: &&&str| MILITARY.contains(*who);
            GENERAL.iter().filter(|who| !late(who)).for_each(|who| add(who, true));
            GENERAL.iter().filter(late).for_each(|who| add(who, true));
            add(sa_primary, false);
            add(sa_backup, false);
        }
    }
    order
}

/// The guide's notes: 가온별 8월 6일, 7일 전일 휴가; 나래솔 ~8월 28일 General 제외 (readings 14, 28).
fn absent(place: Place, at: Time) -> bool {
    let day = at.date_naive();
    let august = |day| NaiveDate::from_ymd_opt(2025, 8, day).unwrap();
    match place.who {
        "가온별" => august(6) <= day && day <= august(7),
        "나래솔" => place.general && day <= august(28),
        _ => false,
    }
}

/// Whether this minute is business time (reading 1), and whether its day is a business day.
fn business(at: Time) -> (bool, bool) {
    let holiday = (at.month(), at.day()) == (8, 15);
    let day = !holiday && !matches!(at.weekday(), Weekday::Sat | Weekday::Sun);
    let hour = at.hour();
    (day && (9..18).contains(&hour) && hour != 12, day)
}

/// When a notice is phoned (reading 3): business time is counted off minute by minute.
pub(crate) fn call_at(notice: Time) -> Time {
    let minute = TimeDelta::minutes(1);
    let mut at = notice;
    let mut left = TimeDelta::minutes(30);
    let late = business(notice).1 && (notice.hour(), notice.minute()) >= (17, 30);
    if late {
        left = TimeDelta::zero();
    }
    loop {
        let past = TimeDelta::seconds(i64::from(at.second()))
            + TimeDelta::nanoseconds(i64::from(at.nanosecond()));
        let step = minute - past;
        let (open, _) = business(at);
        if open && (left.is_zero() && !late || late && at.date_naive() != notice.date_naive()) {
            return at;
        }
        if open && !late {
            if left < step && !left.is_zero() {
                at += left;
                left = TimeDelta::zero();
                continue;
            }
            left -= step;
        }
        at += step;
    }
}

/// A request as it was written; the world may hear of it late.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) customer: String,
    pub(crate) by: &'static str,
    pub(crate) complete: bool,
    pub(crate) decided: bool,
}

/// A notice as a person wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    pub(crate) who: &'static str,
    pub(crate) customer: &'static str,
    pub(crate) ticket: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    /// Nothing was asked of anybody yet.
    Before,
    /// Since when it is to reach people.
    Running(Time),
    Exhausted(Time),
    /// 취소, 종료, 미결정.
    Stopped,
    Accepted(Time),
}

#[derive(Debug)]
struct Rung {
    who: String,
    /// When the first of mention and call was there.
    began: Time,
    posted: bool,
    called: bool,
    /// 부재, 거절, or the telephone.
    ended: Option<Time>,
}

impl Rung {
    fn due(&self) -> Time {
        self.ended.unwrap_or(self.began + RUNG)
    }
}

#[derive(Debug)]
struct Chain {
    asked: Asked,
    order: Vec<Place>,
    stands: Stands,
    round: Vec<Rung>,
    /// Everybody who was ever reached.
    reached: BTreeSet<String>,
    refused: BTreeSet<String>,
    /// Who accepted by a reaction or a reply, which wait where it is not known yet that the post stands.
    by_word: Option<String>,
    /// The bot said who took it.
    confirmed: Option<String>,
    /// Where people were told that nobody is left, in this round.
    alarms: BTreeSet<String>,
}

#[derive(Debug)]
struct Notice {
    noted: (String, String, u64),
    call_at: Time,
    acknowledged: Option<Time>,
    /// COC does something else with the ticket.
    in_hand: bool,
    /// Somebody else has it.
    over: bool,
    called: Option<Time>,
}

/// What ought to happen; see the module.
#[derive(Debug, Default)]
pub(crate) struct Model {
    phones: bool,
    asked: BTreeMap<String, Asked>,
    noted: BTreeMap<String, Noted>,
    chains: BTreeMap<String, Chain>,
    /// By the notice's name.
    notices: BTreeMap<String, Notice>,
    /// Which chain (by customer) or notice a message belongs to.
    chain_of: BTreeMap<String, String>,
    notice_of: BTreeMap<String, String>,
    rung_of: BTreeMap<String, (String, String)>,
    call_of: BTreeMap<String, (String, String)>,
    /// Who did anything at all that might be an acceptance.
    doers: BTreeSet<String>,
    acts: usize,
    heard: usize,
    keys: BTreeSet<String>,
    /// Since when everything works.
    calm: Option<Time>,
    /// How far the process's clock went behind and ahead of the time; what falls due is off by no more than the two together.
    behind: TimeDelta,
    ahead: TimeDelta,
    hasty: TimeDelta,
}

const COC: [&str; 2] = ["고윤슬", "민가을"];
const RUNG_BUTTONS: [&str; 3] = ["수락", "부재", "거절"];

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    Some(text.split_once(from)?.1.split_once(to)?.0)
}

fn ticket_in(text: &str) -> Option<u64> {
    let digits = text.split_once("tickets/")?.1;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

impl Model {
    pub(crate) fn new(phones: bool) -> Self {
        Self { phones, ..Self::default() }
    }

    pub(crate) fn asked(&mut self, message: String, asked: Asked) {
        self.chain_of.insert(message.clone(), asked.customer.clone());
        self.asked.insert(message, asked);
    }

    pub(crate) fn noted(&mut self, message: String, noted: Noted) {
        self.noted.insert(message, noted);
    }

    pub(crate) fn did(&mut self, who: &str) {
        self.doers.insert(who.to_owned());
    }

    /// Something is amiss until then.
    pub(crate) fn trouble(&mut self, until: Time) {
        self.calm = self.calm.max(Some(until));
    }

    pub(crate) fn clock_was_set(&mut self, ahead: TimeDelta) {
        self.behind = self.behind.min(ahead);
        self.ahead = self.ahead.max(ahead);
        self.hasty = self.ahead - self.behind;
    }

    fn calm_since(&self, at: Time) -> bool {
        self.calm.is_none_or(|calm| calm <= at) && self.hasty.is_zero()
    }

    /// Takes in what happened since the last look.
    pub(crate) fn watch(&mut self, world: &World) -> Result<(), String> {
        world.look(|acts, heard| {
            while self.acts < acts.len() || self.heard < heard.len() {
                match heard.get(self.heard) {
                    Some(one) if one.acts <= self.acts => {
                        self.heard += 1;
                        // a delivery repeated changes nothing
                        if self.keys.insert(one.key.clone()) {
                            self.hear(one);
                        }
                    }
                    _ => {
                        self.acts += 1;
                        self.see(&acts[self.acts - 1])?;
                    }
                }
            }
            Ok::<(), String>(())
        })?;
        self.nothing_is_overdue(world)
    }

    fn see(&mut self, act: &Act) -> Result<(), String> {
        let at = act.at;
        let wrong = |rule: &str| Err(format!("{rule}: {act}"));
        match &act.did {
            Did::Post { id, channel, thread, words, .. } => {
                let text = words.text.as_str();
                if let Some(root) = thread {
                    if let Some(chain) = self.chain_of.get(root).cloned() {
                        self.chain_of.insert(id.clone(), chain);
                    }
                    if let Some(notice) = self.notice_of.get(root).cloned() {
                        self.notice_of.insert(id.clone(), notice);
                    }
                }
                let customer = between(text, "[", "]").unwrap_or_default().to_owned();
                let boards = ["취소", "그대로 시작", "다시 시작"];
                if thread.is_none()
                    && words.buttons.iter().any(|label| boards.contains(&label.as_str()))
                    && self.chains.contains_key(&customer)
                {
                    self.chain_of.insert(id.clone(), customer.clone());
                }
                if words.buttons == RUNG_BUTTONS {
                    let who = words.mentions.first().cloned().unwrap_or_default();
                    self.rung_of.insert(id.clone(), (customer.clone(), who.clone()));
                    return self.reached(&customer, &who, at, false).or_else(|rule| wrong(&rule));
                }
                if text.starts_with("🚨 [") && text.contains("사건은 열려 있습니다") {
                    return self.exhausted(&customer, channel, at).or_else(|rule| wrong(&rule));
                }
                if words.buttons == ["확인"] {
                    let who = words.mentions.first().cloned().unwrap_or_default();
                    let ticket = ticket_in(text).unwrap_or_default();
                    self.notice(id, (who, customer, ticket), at);
                    return Ok(());
                }
                let chain = thread.as_ref().and_then(|root| self.chain_of.get(root)).cloned();
                if let (Some(customer), Some(who)) = (
                    chain,
                    between(text, "✅ ", " 님이 ").filter(|_| text.contains("수락했습니다")),
                ) {
                    return self.taken(&customer, who, at).or_else(|rule| wrong(&rule));
                }
                let notice = thread.as_ref().and_then(|root| self.notice_of.get(root)).cloned();
                if let Some(notice) = notice
                    && text.starts_with("☎️")
                    && (text.contains("확인이 없어") && !text.contains("기록"))
                {
                    return self.first_call(&notice, at).or_else(|rule| wrong(&rule));
                }
                Ok(())
            }
            Did::Call { to, about, errand, .. } => {
                if let Some(customer) = between(about, "COC입니다. ", " 긴급 티켓") {
                    self.call_of.insert(errand.clone(), (customer.to_owned(), to.clone()));
                    return self.reached(customer, to, at, true).or_else(|rule| wrong(&rule));
                }
                let customer = between(about, "COC입니다. ", " 티켓이 배정").unwrap_or_default();
                self.assignee_called(customer, to, errand, at).or_else(|rule| wrong(&rule))
            }
            Did::Update { .. }
            | Did::Ephemeral { .. }
            | Did::Dm { .. }
            | Did::View { .. }
            | Did::Hangup { .. }
            | Did::Ticket { .. }
            | Did::Mail { .. } => Ok(()),
        }
    }

    /// Somebody is mentioned or called for a chain.
    fn reached(
        &mut self,
        customer: &str,
        who: &str,
        at: Time,
        by_phone: bool,
    ) -> Result<(), String> {
        if !self.chains.contains_key(customer) {
            // read back from Slack's history before it was delivered
            let asked = self.asked.values().find(|asked| asked.customer == customer).cloned();
            let Some(asked) = asked else { return Err("somebody is called unasked".to_owned()) };
            self.begin(&asked, at, true);
        }
        let (calm, hasty) = (self.calm, self.hasty);
        let steady = hasty.is_zero();
        let chain = self.chains.get_mut(customer).unwrap();
        match chain.stands {
            // pressed 1 on a telephone whose placing was not known yet: the mention beside it may still come
            Stands::Accepted(_)
                if !by_phone
                    && chain.round.last().is_some_and(|rung| rung.who == who && rung.called) => {}
            Stands::Accepted(since) => {
                return Err(format!("called after an acceptance at {}", since.time()));
            }
            Stands::Stopped => return Err("called after the chain was ended".to_owned()),
            Stands::Exhausted(_) => return Err("called after nobody was left".to_owned()),
            Stands::Before => chain.stands = Stands::Running(at),
            Stands::Running(_) => {}
        }
        if let Some(rung) = chain.round.last_mut()
            && rung.who == who
        {
            let before = if by_phone { &mut rung.called } else { &mut rung.posted };
            if std::mem::replace(before, true) {
                return Err("somebody is reached twice on one rung".to_owned());
            }
            return Ok(());
        }
        if chain.round.iter().any(|rung| rung.who == who) {
            return Err("somebody is reached twice in one round".to_owned());
        }
        let from = chain.round.last().map_or_else(
            || match chain.stands {
                Stands::Running(since) => since,
                Stands::Before | Stands::Exhausted(_) | Stands::Stopped | Stands::Accepted(_) => at,
            },
            Rung::due,
        );
        if at < from - hasty {
            return Err(format!("sooner than the rung before allows ({})", from.time()));
        }
        if steady && calm.is_none_or(|calm| calm <= from) && at > from + MOMENT {
            return Err(format!("later than the rung before asks for ({})", from.time()));
        }
        chain.in_turn(Some(who), [from - hasty, from, at, at + hasty])?;
        chain.reached.insert(who.to_owned());
        chain.round.push(Rung {
            who: who.to_owned(),
            began: at,
            posted: !by_phone,
            called: by_phone,
            ended: None,
        });
        Ok(())
    }

    fn exhausted(&mut self, customer: &str, channel: &str, at: Time) -> Result<(), String> {
        let hasty = self.hasty;
        let Some(chain) = self.chains.get_mut(customer) else {
            return Err("an alarm of nothing".to_owned());
        };
        if !chain.alarms.insert(channel.to_owned()) {
            return Err("the same alarm twice".to_owned());
        }
        match chain.stands {
            Stands::Exhausted(_) => return Ok(()),
            // its twin in the other channel waited for Slack
            Stands::Accepted(_) | Stands::Stopped if chain.alarms.len() == 2 => return Ok(()),
            // owed before, and held up by Slack
            Stands::Accepted(since)
                if chain.round.last().is_some_and(|rung| rung.due() <= since) =>
            {
                return Ok(());
            }
            Stands::Accepted(_) => return Err("an alarm after an acceptance".to_owned()),
            Stands::Stopped | Stands::Before | Stands::Running(_) => {}
        }
        let from = chain.round.last().map_or(at, Rung::due);
        if at < from - hasty {
            return Err("nobody is left, though the last one still has time".to_owned());
        }
        chain.in_turn(None, [from - hasty, from, at, at + hasty])?;
        if chain.stands != Stands::Stopped {
            chain.stands = Stands::Exhausted(at);
        }
        Ok(())
    }

    fn taken(&mut self, customer: &str, who: &str, at: Time) -> Result<(), String> {
        let doers = &self.doers;
        let Some(chain) = self.chains.get_mut(customer) else { return Ok(()) };
        if chain.confirmed.is_some() {
            return Err("taken twice".to_owned());
        }
        if !doers.contains(who) && !COC.iter().any(|coc| doers.contains(*coc)) {
            return Err("taken by somebody who did nothing".to_owned());
        }
        if !chain.reached.contains(who) {
            return Err("taken by somebody who was never reached".to_owned());
        }
        chain.confirmed = Some(who.to_owned());
        if !matches!(chain.stands, Stands::Accepted(_)) {
            // read back from Slack's history before it was delivered
            chain.stands = Stands::Accepted(at);
        }
        Ok(())
    }

    fn begin(&mut self, asked: &Asked, at: Time, at_once: bool) {
        let order = order(&asked.customer);
        let chain = Chain {
            asked: asked.clone(),
            order,
            stands: if at_once { Stands::Running(at) } else { Stands::Before },
            round: Vec::new(),
            reached: BTreeSet::new(),
            refused: BTreeSet::new(),
            by_word: None,
            confirmed: None,
            alarms: BTreeSet::new(),
        };
        self.chains.entry(asked.customer.clone()).or_insert(chain);
    }

    fn notice(&mut self, name: &str, noted: (String, String, u64), at: Time) {
        if self.notices.contains_key(name) {
            return;
        }
        for other in self.notices.values_mut().filter(|other| other.noted.2 == noted.2) {
            other.over = true;
        }
        self.notice_of.insert(name.to_owned(), name.to_owned());
        let call_at = call_at(at);
        let notice = Notice {
            noted,
            call_at,
            acknowledged: None,
            in_hand: false,
            over: false,
            called: None,
        };
        self.notices.insert(name.to_owned(), notice);
    }

    /// The 30-minute call of a notice is announced, or asked of COC (A9).
    fn first_call(&mut self, name: &str, at: Time) -> Result<(), String> {
        let calm = self.calm_since(self.notices[name].call_at);
        let hasty = self.hasty;
        let notice = self.notices.get_mut(name).unwrap();
        if notice.called.replace(at).is_some() {
            return Err("phoned twice by itself".to_owned());
        }
        if let Some(since) = notice.acknowledged {
            return Err(format!("phoned after an acknowledgement at {}", since.time()));
        }
        if notice.over {
            return Err("phoned though somebody else has it".to_owned());
        }
        if at < notice.call_at - hasty - TimeDelta::seconds(1) {
            return Err(format!("phoned before {}", notice.call_at));
        }
        if calm && at > notice.call_at + MOMENT {
            return Err(format!("phoned after {}", notice.call_at));
        }
        Ok(())
    }

    fn assignee_called(
        &mut self,
        customer: &str,
        to: &str,
        errand: &str,
        at: Time,
    ) -> Result<(), String> {
        let hasty = self.hasty;
        let own = |notice: &&Notice| notice.noted.0 == to && notice.noted.1 == customer;
        let mut fitting = self.notices.iter().filter(|(_, notice)| own(notice)).peekable();
        if fitting.peek().is_none() {
            return Err("somebody is called for a ticket that is not theirs".to_owned());
        }
        let waits = fitting.find(|(_, notice)| {
            notice.acknowledged.is_none()
                && !notice.over
                && notice.call_at - hasty - TimeDelta::seconds(1) <= at
        });
        match waits {
            Some((name, _)) => {
                self.call_of.insert(errand.to_owned(), (format!("notice {name}"), to.to_owned()));
                Ok(())
            }
            None => {
                let notices: Vec<_> = self.notices.values().filter(own).collect();
                Err(format!(
                    "an assignee is called too soon or after an acknowledgement {notices:?}"
                ))
            }
        }
    }

    fn hear(&mut self, heard: &Heard) {
        let (at, by) = (heard.at, heard.by.as_str());
        match &heard.told {
            Told::Said { message, thread: None, written, .. } => {
                if let Some(asked) = self.asked.get(message).cloned() {
                    self.begin(&asked, at, asked.complete && asked.decided);
                }
                if let Some(one) = self.noted.get(message).cloned() {
                    let noted = (one.who.to_owned(), one.customer.to_owned(), one.ticket);
                    self.notice(message, noted, written.unwrap_or(at));
                }
            }
            Told::Said { thread: Some(root), text, .. } => {
                let refuses = text.contains("어렵");
                if refuses {
                    return;
                }
                if let Some(chain) = self.chain_at(root)
                    && chain.reached.contains(by)
                    && !chain.refused.contains(by)
                {
                    chain.by_word = Some(by.to_owned());
                    chain.accept(at);
                }
                self.acknowledge(root, by, false, at);
            }
            Told::Reacted { message, thread, emoji } => {
                if emoji != "+1" {
                    return;
                }
                let another = self.rung_of.get(message).is_some_and(|(_, who)| who != by);
                if let Some(chain) = self.chain_at(message)
                    && chain.reached.contains(by)
                    && !another
                {
                    chain.by_word = Some(by.to_owned());
                    chain.accept(at);
                }
                self.acknowledge(thread, by, false, at);
            }
            Told::Pressed { message, thread, label } => {
                self.press(message, thread, label, by, at);
            }
            Told::Commanded { command, text } => {
                if command == "/assign" {
                    let ticket = ticket_in(text);
                    let same = |notice: &&mut Notice| Some(notice.noted.2) == ticket;
                    self.notices.values_mut().filter(same).for_each(|one| one.in_hand = true);
                }
            }
            Told::Phone { errand, event } => {
                let Some((what, who)) = self.call_of.get(errand).cloned() else { return };
                if let Some(name) = what.strip_prefix("notice ") {
                    if *event == CallEvent::Accepted {
                        self.acknowledge(name, &who, false, at);
                    }
                    return;
                }
                let Some(chain) = self.chains.get_mut(&what) else { return };
                match event {
                    CallEvent::Accepted => chain.accept(at),
                    CallEvent::Answered => {}
                    CallEvent::Rejected => {
                        chain.refused.insert(who.clone());
                        chain.end(&who, at);
                    }
                    CallEvent::Busy
                    | CallEvent::NoAnswer
                    | CallEvent::Voicemail
                    | CallEvent::Failed => chain.end(&who, at),
                }
            }
        }
    }

    fn chain_at(&mut self, message: &str) -> Option<&mut Chain> {
        let customer = self.chain_of.get(message)?;
        self.chains.get_mut(customer)
    }

    fn press(&mut self, message: &str, thread: &str, label: &str, by: &str, at: Time) {
        let coc = COC.contains(&by);
        if let Some((customer, who)) = self.rung_of.get(message).cloned() {
            let Some(chain) = self.chains.get_mut(&customer) else { return };
            if !(coc || who == by) {
                return;
            }
            match label {
                "수락" => chain.accept(at),
                "부재" | "거절" => {
                    if label == "거절" || who == by {
                        chain.refused.insert(who.clone());
                    }
                    chain.end(&who, at);
                }
                _ => {}
            }
            return;
        }
        if matches!(label, "확인" | "연결됨") {
            return self.acknowledge(thread, by, coc, at);
        }
        if label == "재배정"
            && let Some(notice) = self.notice_of.get(thread)
            && let Some(notice) = self.notices.get_mut(notice)
        {
            notice.in_hand |= coc;
            return;
        }
        let Some(chain) = self.chain_at(message) else { return };
        let own = chain.asked.by == by;
        match label {
            "취소" | "미결정" if coc || own => chain.stop(),
            "종료" if coc => chain.stop(),
            "그대로 시작" if coc && chain.stands == Stands::Before && chain.asked.decided => {
                chain.stands = Stands::Running(at);
            }
            "다시 시작" if coc => {
                if let Stands::Exhausted(_) = chain.stands {
                    chain.stands = Stands::Running(at);
                    chain.round.clear();
                    chain.alarms.clear();
                }
            }
            _ => {}
        }
    }

    fn acknowledge(&mut self, message: &str, by: &str, coc: bool, at: Time) {
        let Some(name) = self.notice_of.get(message) else { return };
        let Some(notice) = self.notices.get_mut(name) else { return };
        if !notice.over && (coc || notice.noted.0 == by) {
            notice.acknowledged.get_or_insert(at);
        }
    }

    /// While everything works, what falls due is there.
    fn nothing_is_overdue(&self, world: &World) -> Result<(), String> {
        let now = world.now();
        let late = |due: Time| self.calm_since(due) && now > due + MOMENT;
        for (customer, chain) in &self.chains {
            match chain.stands {
                Stands::Running(since) => {
                    let due = chain.round.last().map_or(since, Rung::due);
                    if late(due) {
                        return Err(format!(
                            "{customer}: nobody is reached though it was due at {due}"
                        ));
                    }
                    if let Some(rung) = chain.round.last().filter(|rung| late(rung.began)) {
                        let phoned = rung.called || !self.phones || SA.contains(&rung.who.as_str());
                        if !(rung.posted && phoned) {
                            return Err(format!(
                                "{customer}: {} is mentioned or phoned alone",
                                rung.who
                            ));
                        }
                    }
                }
                Stands::Accepted(since) if late(since) => {
                    if chain.confirmed.is_none() {
                        return Err(format!(
                            "{customer}: nobody is told of the acceptance at {since}"
                        ));
                    }
                    // whether a call was placed may not be known yet
                    if !chain.round.last().is_some_and(|rung| self.calm_since(rung.began)) {
                        continue;
                    }
                    let about = format!("{customer} 긴급");
                    if let Some((who, _)) =
                        world.ringing().into_iter().find(|(_, said)| said.contains(&about))
                    {
                        return Err(format!(
                            "{customer}: {who} rings after an acceptance at {since}"
                        ));
                    }
                }
                Stands::Exhausted(since) if late(since) && chain.alarms.len() != 2 => {
                    return Err(format!("{customer}: not both channels heard that nobody is left"));
                }
                Stands::Before | Stands::Stopped | Stands::Accepted(_) | Stands::Exhausted(_) => {}
            }
        }
        for (name, notice) in &self.notices {
            let open = notice.acknowledged.is_none() && !notice.in_hand && !notice.over;
            if open && notice.called.is_none() && late(notice.call_at) {
                return Err(format!("notice {name}: not phoned at {}", notice.call_at));
            }
        }
        Ok(())
    }

    /// After long quiet: every chain has an acceptance that was told, or an alarm.
    pub(crate) fn ended(&self) -> Result<(), String> {
        for (customer, chain) in &self.chains {
            let fine = match chain.stands {
                Stands::Before | Stands::Stopped => true,
                Stands::Running(_) => false,
                Stands::Exhausted(_) => chain.alarms.len() == 2,
                Stands::Accepted(_) => chain.confirmed.is_some(),
            };
            if !fine {
                return Err(format!("{customer}: ended in silence: {chain:?}"));
            }
        }
        let silent = self.notices.iter().find(|(_, notice)| {
            let open = notice.acknowledged.is_none() && !notice.in_hand && !notice.over;
            open && notice.called.is_none()
        });
        match silent {
            Some((name, notice)) => Err(format!("notice {name}: nobody phoned: {notice:?}")),
            None => Ok(()),
        }
    }
}

const SA: [&str; 2] = ["하늘솔", "노을찬"];

impl Chain {
    /// Whether it is this person's turn (nobody's: all were reached), given when it may have been decided.
    fn in_turn(&self, who: Option<&str>, times: [Time; 4]) -> Result<(), String> {
        for place in &self.order {
            if Some(place.who) == who {
                if times.iter().all(|at| absent(*place, *at)) {
                    return Err("somebody absent is reached".to_owned());
                }
                return Ok(());
            }
            let reached = self.round.iter().any(|rung| rung.who == place.who);
            if !(reached || times.iter().any(|at| absent(*place, *at))) {
                return Err(format!("{} is skipped", place.who));
            }
        }
        match who {
            Some(who) => Err(format!("{who} is not in the order")),
            None => Ok(()),
        }
    }

    /// An acceptance counts as long as nothing else ended the chain.
    fn accept(&mut self, at: Time) {
        match self.stands {
            Stands::Running(_) | Stands::Exhausted(_) => self.stands = Stands::Accepted(at),
            Stands::Before | Stands::Stopped | Stands::Accepted(_) => {}
        }
    }

    fn stop(&mut self) {
        match self.stands {
            Stands::Running(_) | Stands::Exhausted(_) | Stands::Before => {
                self.stands = Stands::Stopped
            }
            Stands::Stopped | Stands::Accepted(_) => {}
        }
    }

    /// The present rung of this person is over.
    fn end(&mut self, who: &str, at: Time) {
        // a reaction that still waits is taken back by the button that does not
        let waits = self.confirmed.is_none() && self.by_word.as_deref() == Some(who);
        if waits && matches!(self.stands, Stands::Accepted(_)) {
            self.stands = Stands::Running(at);
        }
        if let (Stands::Running(_), Some(rung)) = (self.stands, self.round.last_mut())
            && rung.who == who
        {
            rung.ended.get_or_insert(at);
        }
    }
}
