//! What ought to happen, told a second time: the ladder (readings 9 to 11, 13, 20) and the call rule (readings 1 to 5), written from
//! the readings and knowing nothing of how the desk does it. It sees what people see (posts, calls, tickets, mails) and what reached
//! the bot, and says which rule was broken.
//!
//! While everything works it says when to the minute; through faults it keeps the bounds: in order, nobody twice, nobody skipped,
//! nobody sooner than the rung before allows, nobody after an acceptance. Services that the desk can do without hold up nobody.

use crate::alarms::incidents_of;
use crate::notices::WATCHED;
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, TimeDelta, Timelike, Weekday};
use coc::domain::errand::CallEvent;
use coc::replay::scenario::Failing;
use coc::replay::{Act, Did, Heard, Told, World};
use std::collections::{BTreeMap, BTreeSet};

type Time = DateTime<FixedOffset>;

/// What the limits of posts and a moment's work may cost.
const MOMENT: TimeDelta = TimeDelta::seconds(45);
/// Silence on one rung (reading 10).
const RUNG: TimeDelta = TimeDelta::minutes(5);
/// How long another page joins a call that was placed.
const JOINED_FOR: TimeDelta = TimeDelta::minutes(3);
/// A service that fails again this soon is not told of again.
const TOLD_AGAIN_AFTER: TimeDelta = TimeDelta::minutes(10);
/// A service that works again is noticed within this.
const PROBED_WITHIN: TimeDelta = TimeDelta::seconds(90);

const GENERAL: [&str; 5] = ["가온별", "나래솔", "다솜윤", "라온결", "마루한"];
const MILITARY: [&str; 2] = ["나래솔", "마루한"];
/// Members in table order, the leader last.
const PARTS: [&[&str]; 3] = [
    &["사랑빈", "가온별", "라온결", "바름찬"],
    &["자람우", "차오름", "카이로", "마루한", "아람준"],
    &["파란하", "다솜윤", "나래솔", "타래은"],
];
/// Customers whose chain is the MSP chain: MSP (not Basic), or 주요 (readings 7, 19). TS 정, 부; SA 정, 부.
const MSP: [(&str, [&str; 4]); 7] = [
    ("새벽마켓", ["파란하", "사랑빈", "노을찬", "하늘솔"]),
    ("은하물류", ["가온별", "사랑빈", "하늘솔", "노을찬"]),
    ("가나게임즈", ["자람우", "차오름", "하늘솔", "노을찬"]),
    ("푸른병원", ["카이로", "", "노을찬", ""]),
    ("두레교육", ["", "", "하늘솔", "노을찬"]),
    ("바다여행", ["다솜윤", "나래솔", "노을찬", ""]),
    ("이음금융", ["바름찬", "마루한", "하늘솔", "노을찬"]),
];

/// Somebody of a chain: whether as one of the General list, from which a military service takes away (reading 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) who: &'static str,
    general: bool,
}

pub(crate) fn order(customer: &str) -> Vec<Place> {
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
pub(crate) fn absent(place: Place, at: Time) -> bool {
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
    pub(crate) ticket: Option<u64>,
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

/// What a voice speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Page {
    /// The chain of a customer.
    Chain(String),
    Notice {
        customer: String,
        ticket: u64,
    },
    /// An incident of a customer: [`alarms`](crate::alarms) knows whether it may be.
    Incident(String),
}

impl Page {
    fn read(sentence: &str) -> Option<Self> {
        if let Some((customer, _)) = sentence.split_once(" 긴급 티켓") {
            return Some(Self::Chain(customer.to_owned()));
        }
        if let Some(customer) = incidents_of(sentence).next() {
            return Some(Self::Incident(customer.to_owned()));
        }
        let (customer, rest) = sentence.split_once(" 티켓 ")?;
        let ticket = rest.split_once("번이 배정되었으나")?.0.parse().ok()?;
        Some(Self::Notice { customer: customer.to_owned(), ticket })
    }

    /// The pages of a voice's words, in order.
    fn all(speech: &str) -> Result<Vec<Self>, String> {
        let not_understood = || format!("a voice that nobody understands: {speech}");
        let said = speech.strip_prefix("COC입니다. ").ok_or_else(not_understood)?;
        let (said, count) = match said.strip_prefix("요청이 모두 ") {
            Some(several) => {
                let (count, said) =
                    several.split_once("건입니다. 먼저, ").ok_or_else(not_understood)?;
                (said, count.parse().map_err(|_| not_understood())?)
            }
            None => (said, 1),
        };
        let pages: Option<Vec<Self>> = said.split(" 다음, ").map(Self::read).collect();
        match pages {
            Some(pages) if pages.len() == count => Ok(pages),
            Some(_) | None => Err(not_understood()),
        }
    }
}

/// How a page reaches somebody's telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telephone {
    /// Not, or no longer: the voice did not come to it.
    Silent,
    /// A voice names it; the first of its call, or a later one.
    Named { at: Time, first: bool },
    /// It became part of a call that rang already.
    Shared(Time),
}

/// In which way somebody is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Mention,
    Voice { first: bool },
    Share,
}

/// A call that was placed.
#[derive(Debug)]
struct Call {
    to: String,
    at: Time,
    pages: Vec<Page>,
    over: bool,
    /// Since when it rings though nobody is waited for.
    idle: Option<Time>,
}

/// What people were told of a service.
#[derive(Debug, Default)]
struct Service {
    failed: Vec<Time>,
    works: usize,
    /// When it worked again at the latest.
    until: Option<Time>,
}

/// What was done to a ticket.
#[derive(Debug, Default)]
struct Deeds {
    /// To whom it was given by a notice, how often each.
    given: BTreeMap<String, usize>,
    confirmed: usize,
    /// Who acknowledged once more while a later notice may have stood already.
    early: Vec<String>,
    closed: usize,
    /// How often somebody said that it is done.
    done: usize,
}

#[derive(Debug)]
struct Rung {
    who: String,
    /// When the first of mention and call was there.
    began: Time,
    posted: bool,
    telephone: Telephone,
    /// Since when the telephone is due.
    rings_from: Time,
    /// 부재, 거절, or the telephone.
    ended: Option<Time>,
}

impl Rung {
    fn due(&self) -> Time {
        self.ended.unwrap_or(self.began + RUNG)
    }

    /// From when on everything must have worked for the next to be reached in time.
    fn told(&self) -> Time {
        self.ended.unwrap_or(self.began)
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
    /// Who accepted, as far as it is known.
    taker: Option<String>,
    /// The bot said who took it.
    confirmed: Option<String>,
    /// Whom the support desk was told.
    assigned: Option<String>,
    /// Where people were told that nobody is left, in this round.
    alarms: BTreeSet<String>,
    /// How many of those of earlier rounds are still held up.
    late_alarms: usize,
}

#[derive(Debug)]
struct Notice {
    noted: (String, String, u64),
    call_at: Time,
    acknowledged: Option<Time>,
    /// COC does something else with the ticket.
    in_hand: bool,
    /// Since when somebody else has it, or its ticket is done.
    over: Option<Time>,
    called: Option<Time>,
    telephone: Telephone,
    /// Since when the bot's own call is due.
    rings_from: Option<Time>,
    /// COC ended the call by a button.
    hushed: bool,
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
    /// The buttons of a rung's post, and when it was posted.
    buttons: BTreeMap<String, (Time, Vec<String>)>,
    /// By the errand that placed it.
    calls: BTreeMap<String, Call>,
    services: BTreeMap<Failing, Service>,
    /// By number.
    tickets: BTreeMap<u64, Deeds>,
    /// When a mail was sent first, by its errand.
    mails: BTreeMap<String, Time>,
    /// How often somebody pressed what sends a mail.
    sends: usize,
    /// How often somebody pressed what opens a ticket, and how many were opened.
    opens: usize,
    opened: usize,
    /// Requests of the TAM, whose first [완료] sends a mail.
    requests: BTreeSet<String>,
    begun: Option<Time>,
    /// Who did anything at all that might be an acceptance.
    doers: BTreeSet<String>,
    acts: usize,
    heard: usize,
    keys: BTreeSet<String>,
    /// Since when everything works but for the services that the desk can do without.
    calm: Option<Time>,
    /// How far the process's clock went behind and ahead of the time; what falls due is off by no more than the two together.
    behind: TimeDelta,
    ahead: TimeDelta,
    hasty: TimeDelta,
}

const COC: [&str; 2] = ["고윤슬", "온누리"];
const RUNG_BUTTONS: [&str; 3] = ["수락", "부재", "거절"];
const SERVICES: [(Failing, &str); 3] = [
    (Failing::Phone, "전화 발신"),
    (Failing::Tickets, "티켓 시스템"),
    (Failing::Mail, "메일 발송"),
];

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

    pub(crate) fn requested(&mut self, message: String) {
        self.requests.insert(message);
    }

    pub(crate) fn did(&mut self, who: &str) {
        self.doers.insert(who.to_owned());
    }

    /// Something is amiss until then.
    pub(crate) fn trouble(&mut self, until: Time) {
        self.calm = self.calm.max(Some(until));
    }

    /// A service fails until then.
    pub(crate) fn fails(&mut self, what: Failing, until: Time) {
        let service = self.services.entry(what).or_default();
        service.until = service.until.max(Some(until));
    }

    pub(crate) fn clock_was_set(&mut self, ahead: TimeDelta) {
        self.behind = self.behind.min(ahead);
        self.ahead = self.ahead.max(ahead);
        self.hasty = self.ahead - self.behind;
    }

    /// Whether nobody set a clock.
    pub(crate) fn is_steady(&self) -> bool {
        self.hasty.is_zero()
    }

    pub(crate) fn calm_since(&self, at: Time) -> bool {
        self.calm.is_none_or(|calm| calm <= at) && self.hasty.is_zero()
    }

    /// The same, of a service as well.
    fn works_since(&self, what: Failing, at: Time) -> bool {
        let works =
            self.services.get(&what).and_then(|one| one.until).is_none_or(|until| until <= at);
        works && self.calm_since(at)
    }

    /// Whether it is known to the minute who accepted.
    fn took_calmly(&self, chain: &Chain) -> bool {
        matches!(chain.stands, Stands::Accepted(since) if self.calm_since(since))
    }

    /// Whether it is this person's turn, and what should reach the person is held up.
    fn is_coming(&self, customer: &str, who: &str, at: Time) -> bool {
        self.chains.get(customer).is_some_and(|chain| {
            let due = chain.round.last().map_or(at, Rung::due);
            let times = [due - self.hasty, due, at, at + self.hasty];
            !self.calm_since(at) && chain.in_turn(Some(who), times).is_ok()
        })
    }

    /// Takes in what happened since the last look.
    pub(crate) fn watch(&mut self, world: &World) -> Result<(), String> {
        self.begun.get_or_insert(world.now());
        world.look(|acts, heard| {
            while self.acts < acts.len() || self.heard < heard.len() {
                match heard.get(self.heard) {
                    Some(one) if one.acts <= self.acts => {
                        self.heard += 1;
                        // a delivery repeated changes nothing
                        if self.keys.insert(one.key.clone()) {
                            self.hear(one).map_err(|rule| format!("{rule}: {one:?}"))?;
                        }
                    }
                    _ => {
                        self.acts += 1;
                        // nobody could have known of it, and nobody does anything with it
                        if !world.is_stray(self.acts - 1) {
                            self.see(&acts[self.acts - 1])?;
                        }
                    }
                }
            }
            Ok::<(), String>(())
        })?;
        self.nobody_rings_for_nothing(world)?;
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
                // whom an incident calls is looked at by its own model
                if WATCHED.contains(&customer.as_str())
                    && (words.buttons == RUNG_BUTTONS || text.contains("사건은 열려 있습니다"))
                {
                    return Ok(());
                }
                if words.buttons == RUNG_BUTTONS {
                    let who = words.mentions.first().cloned().unwrap_or_default();
                    self.rung_of.insert(id.clone(), (customer.clone(), who.clone()));
                    self.buttons.insert(id.clone(), (at, words.buttons.clone()));
                    return self
                        .reached(&customer, &who, at, Way::Mention)
                        .or_else(|rule| wrong(&rule));
                }
                if text.starts_with("🚨 [") && text.contains("사건은 열려 있습니다") {
                    return self.exhausted(&customer, channel, at).or_else(|rule| wrong(&rule));
                }
                if words.buttons == ["확인"] {
                    let who = words.mentions.first().cloned().unwrap_or_default();
                    let ticket = ticket_in(text).unwrap_or_default();
                    self.notice(id, (who, customer, ticket), at, at);
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
                    let dials = text.contains("전화합니다");
                    return self.first_call(&notice, dials, at).or_else(|rule| wrong(&rule));
                }
                self.told_of_service(text, at).or_else(|rule| wrong(&rule))
            }
            Did::Call { to, about, errand, .. } => {
                self.placed(errand, to, about, at).or_else(|rule| wrong(&rule))
            }
            Did::Hangup { errand, .. } => self.hung_up(errand, at).or_else(|rule| wrong(&rule)),
            Did::Ticket { action, ticket, fields, .. } => {
                let number = ticket_in(ticket).unwrap_or_default();
                let assignee = fields.get("assignee").map(String::as_str);
                let comment = fields.get("comment").map_or("", String::as_str);
                self.ticket(action, number, assignee, comment, at).or_else(|rule| wrong(&rule))
            }
            Did::Mail { errand, .. } => self.mailed(errand, at).or_else(|rule| wrong(&rule)),
            Did::Update { id, words, .. } => {
                if let Some((_, buttons)) = self.buttons.get_mut(id) {
                    buttons.clone_from(&words.buttons);
                }
                Ok(())
            }
            Did::Ephemeral { .. } | Did::Dm { .. } | Did::View { .. } | Did::Http { .. } => Ok(()),
        }
    }

    fn placed(&mut self, errand: &str, to: &str, speech: &str, at: Time) -> Result<(), String> {
        let pages = Page::all(speech)?;
        let rings = self.calls.values().any(|call| {
            let known = self.works_since(Failing::Phone, call.at);
            call.to == to && !call.over && at - call.at < JOINED_FOR && known
        });
        if rings {
            return Err("called though the same telephone rings already".to_owned());
        }
        for (nth, page) in pages.iter().enumerate() {
            self.paged(page, to, at, Way::Voice { first: nth == 0 })?;
        }
        let call = Call { to: to.to_owned(), at, pages, over: false, idle: None };
        self.calls.insert(errand.to_owned(), call);
        Ok(())
    }

    fn joined(&mut self, errand: &str, to: &str, page: &str, at: Time) -> Result<(), String> {
        let page = Page::read(page).ok_or("a page that nobody understands")?;
        let known = |call: &&Call| call.to == to && !call.over;
        let Some(call) = self.calls.get(errand).filter(known) else {
            return Err("a page joins a call that does not ring".to_owned());
        };
        if self.works_since(Failing::Phone, call.at) && at - call.at > JOINED_FOR + MOMENT {
            return Err("a page joins a call that is long over".to_owned());
        }
        self.paged(&page, to, at, Way::Share)?;
        if let Some(call) = self.calls.get_mut(errand) {
            call.pages.push(page);
        }
        Ok(())
    }

    fn paged(&mut self, page: &Page, to: &str, at: Time, way: Way) -> Result<(), String> {
        match page {
            Page::Chain(customer) => self.reached(customer, to, at, way),
            Page::Notice { customer, ticket } => {
                self.assignee_called(customer, *ticket, to, at, way)
            }
            Page::Incident(_) => Ok(()),
        }
    }

    /// Whether somebody is still waited for on this page.
    fn waits(&self, page: &Page, to: &str, at: Time) -> bool {
        match page {
            Page::Chain(customer) => self.chains.get(customer).is_some_and(|chain| {
                let present = |rung: &Rung| {
                    rung.who == to && rung.ended.is_none() && at < rung.due() - self.hasty
                };
                matches!(chain.stands, Stands::Running(_))
                    && chain.round.last().is_some_and(present)
            }),
            // an undecided request for the same ticket may take it away
            Page::Notice { ticket, .. }
                if self.asked.values().any(|asked| asked.ticket == Some(*ticket)) =>
            {
                false
            }
            Page::Notice { customer, ticket } => self.notices.values().any(|notice| {
                notice.is_of(to, customer, *ticket)
                    && notice.is_open()
                    && notice.telephone != Telephone::Silent
                    && !notice.hushed
            }),
            Page::Incident(_) => false,
        }
    }

    fn hung_up(&mut self, errand: &str, at: Time) -> Result<(), String> {
        let Some(call) = self.calls.get(errand) else {
            return Err("a call is ended that was never placed".to_owned());
        };
        // somebody accepted by a word, and it is not known whether a button took that back
        let perhaps = |page: &Page| match page {
            Page::Chain(customer) => {
                let chain = self.chains.get(customer);
                !self.calm_since(at) && chain.is_some_and(|chain| chain.by_word.is_some())
            }
            Page::Notice { .. } | Page::Incident(_) => false,
        };
        let waits = |page: &&Page| self.waits(page, &call.to, at) && !perhaps(page);
        if let Some(page) = call.pages.iter().find(waits) {
            return Err(format!("hung up though it still rings for {page:?}"));
        }
        if let Some(call) = self.calls.get_mut(errand) {
            call.over = true;
        }
        Ok(())
    }

    fn ticket(
        &mut self,
        action: &str,
        number: u64,
        assignee: Option<&str>,
        comment: &str,
        at: Time,
    ) -> Result<(), String> {
        if let (Some(to), true) = (assignee, comment.contains("긴급 대응 경과")) {
            let customer = between(comment, "[COC] [", "]").unwrap_or_default();
            let calm = self.chains.get(customer).is_some_and(|chain| self.took_calmly(chain));
            let coming = self.is_coming(customer, to, at);
            let Some(chain) = self.chains.get_mut(customer) else {
                return Err("a ticket is given to somebody though nobody asked".to_owned());
            };
            let took = |who: &Option<String>| who.as_deref() == Some(to);
            let may_have =
                !calm && chain.confirmed.is_none() && (coming || chain.reached.contains(to));
            if !(took(&chain.confirmed) || took(&chain.taker) || may_have) {
                return Err("a ticket is given to somebody who did not take it".to_owned());
            }
            if chain.asked.ticket != Some(number) {
                return Err("another ticket is given to somebody".to_owned());
            }
            if chain.assigned.replace(to.to_owned()).is_some() {
                return Err("a ticket is done twice: one acceptance, two assignments".to_owned());
            }
            return Ok(());
        }
        let notices = self.notices.values().filter(|notice| notice.noted.2 == number);
        let deeds = self.tickets.entry(number).or_default();
        let (done, allowed) = match (action, assignee) {
            ("assign", Some(to)) => {
                let given = deeds.given.entry(to.to_owned()).or_default();
                *given += 1;
                (*given, notices.filter(|notice| notice.noted.0 == to).count())
            }
            ("comment", None) => {
                deeds.confirmed += 1;
                let known = notices.filter(|notice| notice.acknowledged.is_some()).count();
                (deeds.confirmed, known + deeds.early.len())
            }
            ("create", None) => {
                self.opened += 1;
                (self.opened, self.opens)
            }
            ("close", None) => {
                deeds.closed += 1;
                (deeds.closed, deeds.done)
            }
            _ => return Err("an unknown deed".to_owned()),
        };
        match done {
            _ if done <= allowed => Ok(()),
            1 => Err("something is done to a ticket that nobody asked for".to_owned()),
            _ => Err("a ticket is done twice".to_owned()),
        }
    }

    fn mailed(&mut self, errand: &str, at: Time) -> Result<(), String> {
        if let Some(before) = self.mails.get(errand) {
            // a mail server cannot be asked whether it took one
            return match self.works_since(Failing::Mail, *before) {
                true => Err("a mail is sent twice".to_owned()),
                false => Ok(()),
            };
        }
        self.mails.insert(errand.to_owned(), at);
        if self.mails.len() > self.sends {
            return Err("a mail is sent that nobody sends".to_owned());
        }
        Ok(())
    }

    fn told_of_service(&mut self, text: &str, at: Time) -> Result<(), String> {
        let (begun, hasty) = (self.begun.unwrap_or(at), self.hasty);
        for (what, name) in SERVICES {
            if text.starts_with(&format!("⚠️ {name}:")) {
                let calm = |since| self.calm_since(since);
                let soon = |before: &Time| calm(*before) && at - *before < TOLD_AGAIN_AFTER;
                let (known, fails) = match self.services.get(&what) {
                    Some(service) => {
                        (service.failed.len(), service.until.is_some_and(|until| at < until))
                    }
                    None => (0, false),
                };
                let again = self.services.get(&what).and_then(|one| one.failed.last());
                if again.is_some_and(soon) {
                    return Err("told twice within ten minutes that a service fails".to_owned());
                }
                // whatever Slack held back came in its own time
                let most = i32::try_from(known).unwrap_or(i32::MAX);
                if at - begun < TOLD_AGAIN_AFTER * most - hasty {
                    return Err("told too often that a service fails".to_owned());
                }
                if !fails && calm(at) {
                    return Err("told that a service fails, though it works".to_owned());
                }
                self.services.entry(what).or_default().failed.push(at);
            }
            if text.starts_with(&format!("✅ {name}")) && text.contains("복구되었습니다") {
                let service = self.services.entry(what).or_default();
                service.works += 1;
                if service.works > service.failed.len() && self.calm_since(begun) {
                    return Err("a service works again of which nobody was told".to_owned());
                }
            }
        }
        Ok(())
    }

    /// Somebody is mentioned or called for a chain.
    fn reached(&mut self, customer: &str, who: &str, at: Time, way: Way) -> Result<(), String> {
        if !self.chains.contains_key(customer) {
            // read back from Slack's history before it was delivered
            let asked = self.asked.values().find(|asked| asked.customer == customer).cloned();
            let Some(asked) = asked else { return Err("somebody is called unasked".to_owned()) };
            self.begin(&asked, at, true);
        }
        let (calm, hasty) = (self.calm, self.hasty);
        let steady = hasty.is_zero();
        let carried = |since: Time| self.works_since(Failing::Phone, since);
        let telephone = self.chains.get(customer).and_then(|chain| chain.round.last());
        let again = match telephone.map(|rung| rung.telephone) {
            // what was said of a page after the first counts only once its call is known to be placed
            Some(Telephone::Named { at, first }) => first || carried(at),
            Some(Telephone::Shared(at)) => carried(at),
            Some(Telephone::Silent) | None => false,
        };
        let chain = self.chains.get_mut(customer).unwrap();
        let rang = |rung: &Rung| rung.who == who && rung.telephone != Telephone::Silent;
        match chain.stands {
            // pressed 1 on a telephone whose placing was not known yet: the mention beside it may still come
            Stands::Accepted(_) if way == Way::Mention && chain.round.last().is_some_and(rang) => {}
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
            let twice = match way {
                Way::Mention => std::mem::replace(&mut rung.posted, true),
                Way::Voice { .. } | Way::Share => again,
            };
            if twice {
                return Err("somebody is reached twice on one rung".to_owned());
            }
            rung.telephone.rings(way, at);
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
        let told = chain.round.last().map_or(from, Rung::told);
        if at < from - hasty {
            return Err(format!("sooner than the rung before allows ({})", from.time()));
        }
        if steady && calm.is_none_or(|calm| calm <= told) && at > from + MOMENT {
            return Err(format!("later than the rung before asks for ({})", from.time()));
        }
        chain.in_turn(Some(who), [from - hasty, from, at, at + hasty])?;
        chain.reached.insert(who.to_owned());
        let mut telephone = Telephone::Silent;
        telephone.rings(way, at);
        chain.round.push(Rung {
            who: who.to_owned(),
            began: at,
            posted: way == Way::Mention,
            telephone,
            rings_from: at,
            ended: None,
        });
        Ok(())
    }

    fn exhausted(&mut self, customer: &str, channel: &str, at: Time) -> Result<(), String> {
        let (hasty, calm) = (self.hasty, self.calm_since(at));
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
        // its twin was read in the other channel, and the chain started again, before it got out
        if chain.late_alarms > 0 && !calm && chain.stands != Stands::Before {
            chain.late_alarms -= 1;
            chain.alarms.remove(channel);
            return Ok(());
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
        let calm = self.chains.get(customer).is_some_and(|chain| self.took_calmly(chain));
        let coming = self.is_coming(customer, who, at);
        let doers = &self.doers;
        let Some(chain) = self.chains.get_mut(customer) else { return Ok(()) };
        if chain.confirmed.is_some() {
            return Err("taken twice".to_owned());
        }
        if !doers.contains(who) && !COC.iter().any(|coc| doers.contains(*coc)) {
            return Err("taken by somebody who did nothing".to_owned());
        }
        if !chain.reached.contains(who) {
            if !coming {
                return Err("taken by somebody who was never reached".to_owned());
            }
            chain.reached.insert(who.to_owned());
        }
        if calm && chain.taker.as_deref() != Some(who) {
            return Err(format!("taken by another than {:?}", chain.taker));
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
            taker: None,
            confirmed: None,
            assigned: None,
            alarms: BTreeSet::new(),
            late_alarms: 0,
        };
        self.chains.entry(asked.customer.clone()).or_insert(chain);
    }

    /// A notice that was written at `at`, and known since then.
    fn notice(&mut self, name: &str, noted: (String, String, u64), at: Time, since: Time) {
        if self.notices.contains_key(name) {
            return;
        }
        for other in self.notices.values_mut().filter(|other| other.noted.2 == noted.2) {
            other.over.get_or_insert(since);
        }
        let in_hand = !self.calm_since(since)
            && self.tickets.get(&noted.2).is_some_and(|deeds| deeds.early.contains(&noted.0));
        self.notice_of.insert(name.to_owned(), name.to_owned());
        let call_at = call_at(at);
        let notice = Notice {
            noted,
            call_at,
            acknowledged: None,
            in_hand,
            over: None,
            called: None,
            telephone: Telephone::Silent,
            rings_from: None,
            hushed: false,
        };
        self.notices.insert(name.to_owned(), notice);
    }

    /// The 30-minute call of a notice is announced, or asked of COC (A9).
    fn first_call(&mut self, name: &str, dials: bool, at: Time) -> Result<(), String> {
        let calm = self.calm_since(self.notices[name].call_at);
        let hasty = self.hasty;
        let notice = self.notices.get_mut(name).unwrap();
        if notice.called.replace(at).is_some() {
            return Err("phoned twice by itself".to_owned());
        }
        if dials && notice.rings_from.is_none() {
            notice.rings_from = Some(at);
        }
        // owed before, and held up by Slack or decided in the same instant
        let owed = |since: &Time| notice.call_at <= *since && (!calm || at - *since < MOMENT);
        if let Some(since) = notice.acknowledged.filter(|since| !owed(since)) {
            return Err(format!("phoned after an acknowledgement at {}", since.time()));
        }
        if notice.over.is_some_and(|since| !owed(&since)) {
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
        ticket: u64,
        to: &str,
        at: Time,
        way: Way,
    ) -> Result<(), String> {
        let hasty = self.hasty;
        let own = self.notices.values_mut().filter(|one| one.is_of(to, customer, ticket));
        let mut own: Vec<&mut Notice> = own.collect();
        if own.is_empty() {
            return Err("somebody is called for a ticket that is not theirs".to_owned());
        }
        let waits = own.iter_mut().find(|notice| {
            notice.acknowledged.is_none()
                && notice.over.is_none()
                && notice.call_at - hasty - TimeDelta::seconds(1) <= at
        });
        match waits {
            Some(notice) => {
                notice.telephone.rings(way, at);
                notice.hushed = false;
                Ok(())
            }
            None => {
                Err(format!("an assignee is called too soon or after an acknowledgement {own:?}"))
            }
        }
    }

    fn hear(&mut self, heard: &Heard) -> Result<(), String> {
        let (at, by) = (heard.at, heard.by.as_str());
        match &heard.told {
            Told::Said { message, thread: None, written, .. } => {
                if let Some(asked) = self.asked.get(message).cloned() {
                    self.begin(&asked, at, asked.complete && asked.decided);
                }
                if let Some(one) = self.noted.get(message).cloned() {
                    let noted = (one.who.to_owned(), one.customer.to_owned(), one.ticket);
                    self.notice(message, noted, written.unwrap_or(at), at);
                }
            }
            Told::Said { thread: Some(root), text, .. } => {
                let refuses = text.contains("어렵");
                if refuses {
                    return Ok(());
                }
                if let Some(chain) = self.chain_at(root)
                    && chain.reached.contains(by)
                    && !chain.refused.contains(by)
                {
                    chain.by_word = Some(by.to_owned());
                    chain.accept(by, at);
                }
                self.acknowledge(root, by, false, at);
            }
            Told::Reacted { message, thread, emoji } => {
                if emoji != "+1" {
                    return Ok(());
                }
                let another = self.rung_of.get(message).is_some_and(|(_, who)| who != by);
                if let Some(chain) = self.chain_at(message)
                    && chain.reached.contains(by)
                    && !another
                {
                    chain.by_word = Some(by.to_owned());
                    chain.accept(by, at);
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
                if let Some(number) = ticket_in(text).filter(|_| text.starts_with("done ")) {
                    self.tickets.entry(number).or_default().done += 1;
                    let same = |notice: &&mut Notice| notice.noted.2 == number;
                    self.notices.values_mut().filter(same).for_each(|one| {
                        one.over.get_or_insert(at);
                    });
                }
            }
            Told::Phone { errand, event, pages } => {
                if let Some(call) = self.calls.get_mut(errand) {
                    call.over = true;
                }
                for page in pages {
                    let page = Page::read(page).ok_or("a page that nobody understands")?;
                    self.telephoned(&page, by, *event, at);
                }
            }
            Told::Joined { call, page } => self.joined(call, by, page, at)?,
            Told::Noticed => {}
        }
        Ok(())
    }

    /// Somebody did something with a telephone, about one page.
    fn telephoned(&mut self, page: &Page, who: &str, event: CallEvent, at: Time) {
        match page {
            Page::Chain(customer) => {
                let Some(chain) = self.chains.get_mut(customer) else { return };
                match event {
                    CallEvent::Accepted => {
                        // it waits where it is not known yet that the call was placed
                        chain.by_word = Some(who.to_owned());
                        chain.accept(who, at);
                    }
                    CallEvent::Answered => {
                        if let Some(rung) = chain.round.last_mut().filter(|rung| rung.who == who)
                            && rung.telephone.unheard()
                        {
                            rung.rings_from = at;
                        }
                    }
                    CallEvent::Rejected => {
                        chain.refused.insert(who.to_owned());
                        chain.end(who, at);
                    }
                    CallEvent::Busy
                    | CallEvent::NoAnswer
                    | CallEvent::Voicemail
                    | CallEvent::Failed => chain.end(who, at),
                }
            }
            Page::Notice { customer, ticket } => {
                let own = |notice: &&mut Notice| notice.is_of(who, customer, *ticket);
                for notice in self.notices.values_mut().filter(own).filter(|one| one.over.is_none())
                {
                    match event {
                        CallEvent::Accepted => {
                            notice.acknowledged.get_or_insert(at);
                        }
                        CallEvent::Answered => {
                            if notice.telephone.unheard() {
                                notice.rings_from = Some(at);
                            }
                        }
                        CallEvent::Rejected
                        | CallEvent::Busy
                        | CallEvent::NoAnswer
                        | CallEvent::Voicemail
                        | CallEvent::Failed => {}
                    }
                }
            }
            Page::Incident(_) => {}
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
                "수락" => chain.accept(&who, at),
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
        let of_request = label == "완료" && self.requests.contains(thread);
        self.sends += usize::from(matches!(label, "메일 발송" | "이메일만") || of_request);
        self.opens += usize::from(matches!(label, "추가 조치 필요" | "기술지원 요청"));
        if let ("부재" | "다시 전화", true, Some(name)) = (label, coc, self.notice_of.get(thread))
            && let Some(notice) = self.notices.get_mut(name)
        {
            notice.hushed = true;
            return;
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
            // of a chain that was started again meanwhile it ends nothing
            "종료" if coc && matches!(chain.stands, Stands::Exhausted(_)) => chain.stop(),
            "그대로 시작" if coc && chain.stands == Stands::Before && chain.asked.decided => {
                chain.stands = Stands::Running(at);
            }
            "다시 시작" if coc => {
                if let Stands::Exhausted(_) = chain.stands {
                    chain.stands = Stands::Running(at);
                    chain.round.clear();
                    chain.late_alarms = 2 - chain.alarms.len();
                    chain.alarms.clear();
                }
            }
            _ => {}
        }
    }

    fn acknowledge(&mut self, message: &str, by: &str, coc: bool, at: Time) {
        let Some(name) = self.notice_of.get(message) else { return };
        let Some(ticket) = self.notices.get(name).map(|notice| notice.noted.2) else { return };
        // whoever holds the ticket now may answer under an earlier notice of it
        let now_holds = self.notices.iter().find(|(_, one)| {
            one.noted.2 == ticket && one.over.is_none() && one.noted.0 == by && !coc
        });
        let name = now_holds.map_or(name, |(name, _)| name).clone();
        let calm = self.calm_since(at);
        let Some(notice) = self.notices.get_mut(&name) else { return };
        if !calm && notice.acknowledged.is_some() {
            self.tickets.entry(ticket).or_default().early.push(notice.noted.0.clone());
        }
        if notice.over.is_none() && (coc || notice.noted.0 == by) {
            notice.acknowledged.get_or_insert(at);
        }
    }

    /// A telephone rings as long as somebody is waited for, and no longer (reading 10).
    fn nobody_rings_for_nothing(&mut self, world: &World) -> Result<(), String> {
        let now = world.now();
        for (errand, to) in world.ringing() {
            let Some(call) = self.calls.get(&errand) else { continue };
            let waits = |page: &Page| match page {
                Page::Chain(_) => self.waits(page, &call.to, now),
                Page::Incident(_) => true,
                Page::Notice { customer, ticket } => {
                    let own = |notice: &&Notice| notice.is_of(&call.to, customer, *ticket);
                    let open = |one: &Notice| one.acknowledged.is_none() && one.over.is_none();
                    self.notices.values().filter(own).any(open)
                }
            };
            let idle = if call.pages.iter().any(waits) { None } else { call.idle.or(Some(now)) };
            // whether a call was placed may not be known yet
            let known = |since| self.works_since(Failing::Phone, since);
            let late =
                idle.is_some_and(|idle| known(call.at) && known(idle) && now > idle + MOMENT);
            if late {
                return Err(format!("{to} rings though nobody is waited for: {call:?}"));
            }
            if let Some(call) = self.calls.get_mut(&errand) {
                call.idle = idle;
            }
        }
        Ok(())
    }

    /// While everything works, what falls due is there.
    fn nothing_is_overdue(&self, world: &World) -> Result<(), String> {
        let now = world.now();
        let late = |due: Time| self.calm_since(due) && now > due + MOMENT;
        for (customer, chain) in &self.chains {
            match chain.stands {
                Stands::Running(since) => {
                    let due = chain.round.last().map_or(since, Rung::due);
                    let told = chain.round.last().map_or(since, Rung::told);
                    if late(due) && self.calm_since(told) {
                        return Err(format!(
                            "{customer}: nobody is reached though it was due at {due}"
                        ));
                    }
                    let Some(rung) = chain.round.last() else { continue };
                    let dials = self.phones && !SA.contains(&rung.who.as_str());
                    let phoned = rung.telephone != Telephone::Silent || !dials;
                    let carried = self.works_since(Failing::Phone, rung.rings_from);
                    if late(rung.began) && !rung.posted
                        || late(rung.rings_from) && carried && !phoned
                    {
                        return Err(format!(
                            "{customer}: {} is mentioned or phoned alone",
                            rung.who
                        ));
                    }
                }
                Stands::Accepted(since) if late(since) => {
                    if chain.confirmed.is_none() {
                        return Err(format!(
                            "{customer}: nobody is told of the acceptance at {since}"
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
            if !notice.is_open() {
                continue;
            }
            if notice.called.is_none() && late(notice.call_at) {
                return Err(format!("notice {name}: not phoned at {}", notice.call_at));
            }
            let silent = notice.telephone == Telephone::Silent && !notice.hushed;
            if let Some(since) = notice.rings_from.filter(|_| silent)
                && late(since)
                && self.works_since(Failing::Phone, since)
            {
                return Err(format!("notice {name}: a call is announced, and nobody's rings"));
            }
        }
        for (what, service) in &self.services {
            let told = service.failed.len() > service.works;
            if let Some(until) = service.until.filter(|_| told)
                && self.calm_since(until)
                && now > until + PROBED_WITHIN
            {
                return Err(format!("nobody is told that {what:?} works again since {until}"));
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
            if chain.asked.ticket.is_some() && chain.assigned != chain.confirmed {
                return Err(format!("{customer}: the ticket is not whose it is: {chain:?}"));
            }
        }
        for (post, (at, buttons)) in &self.buttons {
            let (customer, who) = &self.rung_of[post];
            let left: &[&str] = match self.chains[customer].stands {
                Stands::Running(_) | Stands::Before => continue,
                Stands::Exhausted(_) => &["수락"],
                Stands::Stopped | Stands::Accepted(_) => &[],
            };
            // where a post stands may not be known
            if self.calm_since(*at) && !buttons.iter().all(|label| left.contains(&label.as_str())) {
                return Err(format!("{customer}: {post} still asks {who}: {buttons:?}"));
            }
        }
        let silent =
            self.notices.iter().find(|(_, notice)| notice.is_open() && notice.called.is_none());
        match silent {
            Some((name, notice)) => Err(format!("notice {name}: nobody phoned: {notice:?}")),
            None => Ok(()),
        }
    }
}

const SA: [&str; 2] = ["하늘솔", "노을찬"];

impl Telephone {
    const fn rings(&mut self, way: Way, at: Time) {
        match way {
            Way::Mention => {}
            Way::Voice { first } => *self = Self::Named { at, first },
            Way::Share => *self = Self::Shared(at),
        }
    }

    /// Somebody answered and pressed no key: whether the voice did not come to what joined the call later. Then it is silent again.
    fn unheard(&mut self) -> bool {
        let shared = matches!(self, Self::Shared(_));
        if shared {
            *self = Self::Silent;
        }
        shared
    }
}

impl Notice {
    fn is_of(&self, who: &str, customer: &str, ticket: u64) -> bool {
        self.noted.0 == who && self.noted.1 == customer && self.noted.2 == ticket
    }

    /// Whether an acknowledgement is still waited for.
    fn is_open(&self) -> bool {
        self.acknowledged.is_none() && !self.in_hand && self.over.is_none()
    }
}

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
    fn accept(&mut self, who: &str, at: Time) {
        match self.stands {
            Stands::Running(_) | Stands::Exhausted(_) => {
                self.stands = Stands::Accepted(at);
                self.taker = Some(who.to_owned());
            }
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
            self.taker = None;
        }
        if let (Stands::Running(_), Some(rung)) = (self.stands, self.round.last_mut())
            && rung.who == who
        {
            rung.ended.get_or_insert(at);
        }
    }
}
