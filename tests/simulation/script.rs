//! What people, machines and chance do on one day, drawn from a seed.

use crate::Watch;
use crate::alarms::Alarms;
use crate::model::{Asked, Model, Noted};
use crate::notices::Senders;
use chrono::{DateTime, FixedOffset, TimeDelta};
use coc::journal::Memory;
use coc::journal::memory::Failure;
use coc::replay::scenario::{Failing, Post, Step};
use coc::replay::{Blow, Crash, Did, Player, Who, World};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// xorshift64*: small, and the same everywhere.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    pub(crate) fn upto(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub(crate) fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[usize::try_from(self.upto(all.len() as u64)).unwrap()]
    }
}

const PEOPLE: [&str; 13] = [
    "가온별",
    "나래솔",
    "다솜윤",
    "라온결",
    "마루한",
    "바름찬",
    "사랑빈",
    "아람준",
    "자람우",
    "차오름",
    "카이로",
    "타래은",
    "파란하",
];
const OTHERS: [&str; 4] = ["csr1", "csr2", "coc1", "coc2"];
const CUSTOMERS: [&str; 9] = [
    "한빛전자",
    "가나게임즈",
    "푸른병원",
    "두레교육",
    "바다여행",
    "솔빛출판",
    "다온식품",
    "이음금융",
    "너른건설",
];
const BUTTONS: [&str; 14] = [
    "수락",
    "부재",
    "거절",
    "수락",
    "부재",
    "거절",
    "미결정",
    "취소",
    "그대로 시작",
    "다시 시작",
    "확인",
    "연결됨",
    "다시 전화",
    "재배정",
];
type Time = DateTime<FixedOffset>;

/// What happens beside a step, before it.
#[derive(Clone, Debug)]
pub(crate) enum Weather {
    /// This many posts and calls happen, and their answers are lost.
    LoseAnswers(u32),
    /// The next deliveries come that many seconds late each.
    Delay(Vec<i64>),
    /// Answers take that many seconds, for so many minutes.
    Slow(i64, i64),
    /// The process's clock is set so many seconds ahead of the time.
    Clock(i64),
    /// The next append to the journal fails, before or after it is kept.
    Journal(Failure),
}

/// One step, with the weather before it.
#[derive(Clone, Debug)]
pub(crate) struct Deed {
    pub(crate) weather: Option<Weather>,
    /// What befalls one of several nodes before it.
    pub(crate) fate: Option<(Who, Blow)>,
    pub(crate) line: String,
}

impl std::fmt::Display for Deed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "  - {}", self.line)?;
        if let Some(fate) = &self.fate {
            write!(f, "  # before it: {fate:?}")?;
        }
        self.weather.as_ref().map_or(Ok(()), |weather| write!(f, "  # before it: {weather:?}"))
    }
}

/// What people, machines and chance do on one day.
pub(crate) struct Script {
    pub(crate) dice: Dice,
    pub(crate) head: String,
    pub(crate) crashes: Vec<Crash>,
    pub(crate) phones: bool,
    pub(crate) deeds: Vec<Deed>,
    asked: u64,
    tickets: u64,
    notes: u64,
    customers: Vec<&'static str>,
    /// Steps that Slack delivered something of.
    pub(crate) delivered: Vec<usize>,
    /// Whether clocks go wrong today: then there are bounds instead of times.
    pub(crate) clocks: bool,
    /// Whether anything goes wrong today.
    pub(crate) fair: bool,
    /// Whether anything is monitored today.
    monitors: bool,
    /// Whether AWS's feed is read today, and what it was last.
    feeds: bool,
    fed: u64,
    senders: Senders,
    requested: u64,
    /// Where the bodies of requests and feeds lie.
    folder: TempDir,
}

impl Script {
    /// The day of a seed.
    pub(crate) fn new(seed: u64, policy: &str) -> Self {
        let mut dice = Dice::new(seed);
        let start = start(&mut dice);
        let phone = dice.of(&["auto", "auto", "desk"]);
        let monitors = seed.is_multiple_of(2);
        let feeds = seed.is_multiple_of(10);
        // days of what nobody looks after are long
        let chase = if seed.is_multiple_of(8) { "10m" } else { "3h" };
        let head = format!(
            "title: seed {seed}\nstart: {start}\npolicy: {{phone: {phone}, alarm.chase_after: {chase}, reports.post: false, rooms.prompt: false{policy}}}\npeople:\n  csr1: {{name: 오하라, role: csr}}\n  \
             csr2: {{name: 유가람, role: csr}}\n  coc1: {{name: 고윤슬, role: coc}}\n  coc2: {{name: 온누리, role: coc}}\n  \
             sa1: {{name: 하늘솔, role: sa}}\n  sa2: {{name: 노을찬, role: sa}}\n  tam1: {{name: 손다온, role: customer}}\n"
        );
        let fair = dice.upto(4) == 0;
        let clocks = !fair && dice.upto(4) == 0;
        let mut customers = CUSTOMERS.to_vec();
        let turn = usize::try_from(dice.upto(customers.len() as u64)).unwrap();
        customers.rotate_left(turn);
        let crashes = if fair { Vec::new() } else { crashes(&mut dice) };
        Self {
            dice,
            head,
            crashes,
            phones: phone == "auto",
            deeds: Vec::new(),
            asked: 0,
            tickets: 0,
            notes: 0,
            customers,
            delivered: Vec::new(),
            clocks,
            fair,
            monitors,
            feeds,
            fed: 0,
            senders: Senders::default(),
            requested: 0,
            folder: TempDir::new().unwrap(),
        }
    }

    /// How many steps the day has.
    pub(crate) const fn steps(&self) -> usize {
        if self.monitors { 30 } else { 25 }
    }

    /// Where the paths of the steps begin.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A monitoring service tells something, or what it told before once more.
    fn notify(&mut self, world: &World, watch: &mut Watch) -> String {
        let later = if self.dice.upto(8) == 0 && !self.fair { self.dice.upto(40) + 1 } else { 0 };
        let at = world.now() + TimeDelta::minutes(i64::try_from(later).unwrap());
        let sent = self.senders.next(&mut self.dice, at);
        watch.alarms.sent(&sent);
        let file = format!("{}.json", sent.id.replace(':', "-"));
        fs::write(self.folder().join(&file), &sent.body).unwrap();
        let post = format!("post: {{path: {}, body: {file}, unsigned: true}}", sent.path);
        if later == 0 {
            return post;
        }
        // it finds nobody there, and is sent again once somebody is
        let length = later + self.dice.upto(20);
        format!("down: {{for: {length}m, meanwhile: [{{after: {later}m, {post}}}]}}")
    }

    /// AWS's feed has one item more.
    fn feed(&mut self, world: &World, watch: &mut Watch) -> String {
        let (text, titles) = self.senders.feed(&mut self.dice, world.now(), self.fed == 0);
        watch.alarms.news(titles);
        self.fed += 1;
        let file = format!("feed-{}.rss", self.fed);
        fs::write(self.folder().join(&file), text).unwrap();
        format!("feed: {{url: aws-status, items: {file}}}")
    }

    /// AWS's TAM asks for something.
    fn request(&mut self, watch: &mut Watch) -> String {
        self.requested += 1;
        let name = format!("r{}", self.requested);
        let customer = self.dice.of(&CUSTOMERS);
        watch.alarms.requested(name.clone());
        watch.model.requested(name.clone());
        format!(
            "say: {{by: tam1, in: \"#saltware-pls-technical-support\", text: \"[REQ] {customer} 계정 안내를 부탁드립니다.\", as: {name}}}"
        )
    }

    /// Somebody presses what the newest cards offer.
    fn press_card(&mut self, world: &World, model: &mut Model) -> Option<String> {
        let offered = world.look(|acts, _| {
            let posts = acts.iter().rev().take(30).filter_map(|act| match &act.did {
                Did::Post { words, .. } | Did::Update { words, .. } => Some(&words.buttons),
                _ => None,
            });
            let mut of_cards: Vec<String> = posts
                .flatten()
                .filter(|one| CARD_BUTTONS.contains(&one.as_str()))
                .cloned()
                .collect();
            of_cards.truncate(6);
            of_cards
        });
        if offered.is_empty() {
            return None;
        }
        // rather the newest, and what takes an incident further than a call to the customer
        let count = offered.len() as u64;
        let nth = usize::try_from(self.dice.upto(count).min(self.dice.upto(count))).unwrap();
        let further =
            offered.iter().position(|label| label == "추가 조치 필요" || label == "연결됨");
        let nth = further.filter(|_| self.dice.upto(2) == 0).unwrap_or(nth);
        let by = if self.dice.upto(6) == 0 { "csr1" } else { self.dice.of(&["coc1", "coc2"]) };
        model.did(name_of(by));
        Some(format!("press: {{by: {by}, button: \"{}\", on: last}}", offered[nth]))
    }

    fn anybody(&mut self) -> &'static str {
        if self.dice.upto(4) == 0 { self.dice.of(&OTHERS) } else { self.dice.of(&PEOPLE) }
    }

    fn somewhere(&mut self) -> String {
        match self.dice.upto(3) {
            0 if self.asked > 0 => format!("m{}", self.dice.upto(self.asked) + 1),
            0 => "last".to_owned(),
            _ => format!("last:{}", self.dice.of(&PEOPLE)),
        }
    }

    /// The person whom the newest post mentions: chance alone would hardly ever choose the right one.
    fn called(world: &World) -> Option<String> {
        world.look(|acts, _| {
            acts.iter().rev().find_map(|act| match &act.did {
                Did::Post { words, .. } => {
                    words.mentions.iter().find(|who| !who.starts_with('@')).cloned()
                }
                _ => None,
            })
        })
    }

    fn length(&mut self) -> String {
        match self.dice.upto(8) {
            0 => format!("{}s", self.dice.upto(59) + 1),
            1 => "5m".to_owned(),
            2 => format!("{}m", self.dice.upto(50) + 10),
            3 => format!("{}h", self.dice.upto(12) + 1),
            _ => format!("{}m", self.dice.upto(6) + 1),
        }
    }

    fn ask(&mut self, model: &mut Model) -> Option<String> {
        let customer = self.customers.pop()?;
        self.asked += 1;
        self.tickets += 1;
        let unknown = self.dice.upto(8) == 0;
        let name =
            if unknown { format!("없는회사{}", self.asked) } else { customer.to_owned() };
        let without = self.dice.upto(8) == 0;
        let ticket = match without {
            true => String::new(),
            false => format!(" / 티켓: https://support.example.com/agent/tickets/{}", self.tickets),
        };
        let open = self.dice.upto(6) == 0;
        let undecided = if open { " (미결정)" } else { "" };
        let by = self.dice.of(&OTHERS);
        let asked = Asked {
            customer: name.clone(),
            by: name_of(by),
            ticket: (!without).then_some(self.tickets),
            complete: !unknown && !without,
            decided: !open,
        };
        model.asked(format!("m{}", self.asked), asked);
        Some(format!(
            "say: {{by: {by}, in: \"#general\", text: \"@COC [긴급티켓배정요청] 고객사: {name}{ticket}{undecided}\", as: m{}}}",
            self.asked
        ))
    }

    fn assign(&mut self, model: &mut Model) -> String {
        if self.dice.upto(3) > 0 {
            self.tickets += 1;
        }
        let number = self.tickets.max(1);
        let ticket = format!("https://support.example.com/agent/tickets/{number}");
        let customer = self.dice.of(&CUSTOMERS);
        let who = self.dice.of(&PEOPLE);
        match self.dice.upto(3) {
            0 => {
                self.notes += 1;
                let name = format!("n{}", self.notes);
                model.noted(name.clone(), Noted { who, customer, ticket: number });
                format!(
                    "say: {{by: coc1, in: \"#coc-noti\", text: \"@{who} [{customer}] 티켓 배정 [{ticket}]\", as: {name}}}"
                )
            }
            1 => format!(
                "slash: {{by: coc1, in: \"#coc-noti\", command: /assign, text: \"{customer} {ticket} @{who}\"}}"
            ),
            _ => format!(
                "slash: {{by: coc2, in: \"#coc-noti\", command: /assign, text: \"{customer} {ticket}\"}}"
            ),
        }
    }

    fn press(&mut self, world: &World, model: &mut Model) -> String {
        let called = Self::called(world).filter(|_| self.dice.upto(3) > 0);
        let (by, on) = match called {
            Some(who) => {
                let by = if self.dice.upto(2) == 0 { "coc1".to_owned() } else { who.clone() };
                (by, format!("last:{who}"))
            }
            None => (self.anybody().to_owned(), self.somewhere()),
        };
        model.did(name_of(&by));
        format!("press: {{by: {by}, button: {}, on: \"{on}\"}}", self.dice.of(&BUTTONS))
    }

    fn acknowledge(&mut self, world: &World, model: &mut Model) -> String {
        let called = Self::called(world).filter(|_| self.dice.upto(2) > 0);
        let (by, on) = match called {
            Some(who) => (who.clone(), format!("last:{who}")),
            None => (self.anybody().to_owned(), self.somewhere()),
        };
        model.did(name_of(&by));
        match self.dice.upto(4) {
            0 => format!("reply: {{by: {by}, to: \"{on}\", text: \"확인했습니다\"}}"),
            1 => format!("reply: {{by: {by}, to: \"{on}\", text: \"지금은 어렵습니다\"}}"),
            2 => format!("react: {{by: {by}, emoji: tada, to: \"{on}\"}}"),
            _ => format!("react: {{by: {by}, emoji: \"+1\", to: \"{on}\"}}"),
        }
    }

    /// Somebody says that a ticket is done.
    fn finish(&mut self) -> String {
        let number = self.dice.upto(self.tickets.max(1)) + 1;
        let by = self.dice.of(&["coc1", "coc2"]);
        format!(
            "slash: {{by: {by}, in: \"#coc-noti\", command: /coc, text: \"done https://support.example.com/agent/tickets/{number}\"}}"
        )
    }

    /// The customer is written to.
    fn mail(&mut self) -> String {
        let on = self.dice.upto(self.asked) + 1;
        let (by, button) = (self.dice.of(&OTHERS), self.dice.of(&["고객 메일", "메일 발송"]));
        format!("press: {{by: {by}, button: {button}, on: m{on}}}")
    }

    fn phone(&mut self, world: &World, model: &mut Model) -> String {
        let called = Self::called(world).filter(|_| self.dice.upto(4) > 0);
        let who = called.unwrap_or_else(|| self.dice.of(&PEOPLE).to_owned());
        model.did(&who);
        let does = ["accept", "reject", "answer", "busy", "no-answer", "voicemail", "failed"];
        format!("phone: {{who: {who}, does: {}}}", self.dice.of(&does))
    }

    /// The next step of the day.
    pub(crate) fn next(&mut self, world: &World, watch: &mut Watch) -> Deed {
        // what stands in the feed when it is read first is no news
        if self.feeds && self.fed == 0 {
            return Deed { weather: None, fate: None, line: self.feed(world, watch) };
        }
        let weather = if self.fair || self.dice.upto(5) > 0 { None } else { self.weather() };
        let kinds = if self.monitors { 38 } else { 22 };
        loop {
            let model = &mut watch.model;
            let line = match self.dice.upto(kinds) {
                0 | 1 => self.ask(model),
                2 | 3 => Some(self.assign(model)),
                4..=6 => Some(self.press(world, model)),
                7 | 8 => Some(self.acknowledge(world, model)),
                9 | 10 => Some(self.phone(world, model)),
                11 if !self.delivered.is_empty() => {
                    let nth = self.dice.upto(self.delivered.len() as u64);
                    let step = self.delivered[usize::try_from(nth).unwrap()];
                    Some(format!("repeat: {{step: {step}, times: 2}}"))
                }
                12 if !self.fair => {
                    let (what, how) = (
                        self.dice.of(if self.feeds { &SERVICES } else { &SERVICES[..4] }),
                        self.dice.of(&["429", "500", "timeout", "refused"]),
                    );
                    Some(format!("fail: {{what: {what}, how: {how}, for: {}}}", self.length()))
                }
                13 if !self.fair => Some(format!("down: {{for: {}}}", self.length())),
                14 if !self.fair => Some("crash: {}".to_owned()),
                15 if !self.fair => Some("restart: {}".to_owned()),
                16 => {
                    let who = self.dice.of(&PEOPLE);
                    let is = self.dice.of(&["away", "active"]);
                    Some(format!("presence: {{who: {who}, is: {is}}}"))
                }
                17 => Some(self.finish()),
                18 if self.asked > 0 => Some(self.mail()),
                22..=27 => Some(self.notify(world, watch)),
                28..=33 => self.press_card(world, model),
                34 if self.dice.upto(2) == 0 => Some(self.request(watch)),
                34 => {
                    self.tickets += 1;
                    Some(format!(
                        "submit: {{by: coc1, fields: {{\"티켓\": \"https://support.example.com/agent/tickets/{}\"}}}}",
                        7_000 + self.tickets
                    ))
                }
                35 if self.feeds => Some(self.feed(world, watch)),
                _ => Some(format!("wait: {}", self.length())),
            };
            if let Some(line) = line {
                return Deed { weather, fate: None, line };
            }
        }
    }

    fn weather(&mut self) -> Option<Weather> {
        let small = |dice: &mut Dice| i64::try_from(dice.upto(90)).unwrap();
        match self.dice.upto(6) {
            0 => Some(Weather::LoseAnswers(u32::try_from(self.dice.upto(3) + 1).unwrap())),
            1 | 2 => {
                let several = self.dice.upto(4) + 1;
                let delays = (0..several).map(|_| match self.dice.upto(4) {
                    0 => 0,
                    1 => 5 * small(&mut self.dice),
                    _ => small(&mut self.dice),
                });
                Some(Weather::Delay(delays.collect()))
            }
            3 => {
                // nobody waits longer than ten seconds for an answer
                let (delay, minutes) = match self.dice.upto(3) {
                    0 => (11, 1 + small(&mut self.dice) % 3),
                    _ => (1 + small(&mut self.dice) % 9, small(&mut self.dice)),
                };
                Some(Weather::Slow(delay, minutes))
            }
            4 => {
                let when = [Failure::BeforeEffect, Failure::AfterEffect];
                Some(Weather::Journal(when[usize::try_from(self.dice.upto(2)).unwrap()]))
            }
            _ if self.clocks => {
                // within what a clock that is kept by the network does; once it lags by hours until somebody sets it
                let lag = self.deeds.is_empty() && self.dice.upto(2) == 0;
                let ahead =
                    if lag { -120 * small(&mut self.dice) } else { small(&mut self.dice) * 2 - 60 };
                Some(Weather::Clock(ahead.min(120)))
            }
            _ => None,
        }
    }

    /// Does one of them to the world; tells the model from when on everything works again.
    pub(crate) fn let_loose(
        weather: &Weather,
        player: &mut Player,
        memory: &Memory,
        model: &mut Model,
    ) {
        let now = player.world().now();
        let settled = TimeDelta::minutes(2);
        match weather {
            Weather::LoseAnswers(effects) => player.lose_answers(*effects),
            Weather::Delay(seconds) => {
                let delays: Vec<TimeDelta> =
                    seconds.iter().map(|seconds| TimeDelta::seconds(*seconds)).collect();
                player.delay_deliveries(&delays);
            }
            Weather::Slow(delay, minutes) => {
                let (delay, length) = (TimeDelta::seconds(*delay), TimeDelta::minutes(*minutes));
                player.slow_answers(delay, length);
                model.trouble(now + delay + length + settled);
            }
            Weather::Clock(ahead) => {
                let ahead = TimeDelta::seconds(*ahead);
                player.set_clock_ahead(ahead);
                model.clock_was_set(ahead);
            }
            Weather::Journal(failure) => memory.fail_next(*failure),
        }
        model.trouble(now + settled);
    }
}

/// Tells the model until when a step keeps things from working.
pub(crate) fn foresee(step: &Step, now: Time, model: &mut Model) {
    let settled = TimeDelta::minutes(2);
    match step {
        Step::Fail(fail) if fail.what == Failing::Slack => {
            model.trouble(now + fail.length.delta() + settled);
        }
        // the desk can do without the others: they hold up nobody
        Step::Fail(fail) => model.fails(fail.what, now + fail.length.delta() + settled),
        Step::Down(down) => model.trouble(now + down.length.delta() + settled),
        Step::Crash(_) | Step::Restart(_) => model.trouble(now + settled),
        _ => {}
    }
}

/// Any minute of August 2025, and the minutes in which rules change more often than chance would have it.
fn start(dice: &mut Dice) -> String {
    let day = 4 + dice.upto(25);
    let (hour, minute) = match dice.upto(4) {
        0 => (dice.upto(24), dice.upto(60)),
        1 => (17, 20 + dice.upto(20)),
        2 => (11, 20 + dice.upto(40)),
        _ => (21 + dice.upto(3), dice.upto(60)),
    };
    format!("2025-08-{day:02}T{hour:02}:{minute:02}:{:02}+09:00", dice.upto(60))
}

/// Anywhere, and now and then again right after the first: in the middle of coming up.
fn crashes(dice: &mut Dice) -> Vec<Crash> {
    let mut crashes = Vec::new();
    for _ in 0..dice.upto(4) {
        if dice.upto(2) == 0 {
            crashes.push(Crash::AfterEffect(dice.upto(80) + 1));
            continue;
        }
        let record = dice.upto(150) + 5;
        let again = [0, 0, 1, 2][usize::try_from(dice.upto(4)).unwrap()];
        crashes.extend((0..=again).map(|more| Crash::AfterRecord(record + more)));
    }
    crashes
}

/// What stands on the cards of incidents, of AWS Health, of what nobody understood, of AWS's status and of the TAM's requests.
const CARD_BUTTONS: [&str; 15] = [
    "연결됨",
    "부재",
    "추가 조치 필요",
    "조치 불필요",
    "종료",
    "전파",
    "이메일만",
    "판단 불가",
    "완료",
    "완료: 전화",
    "완료: 티켓",
    "기술지원 요청",
    "메일 발송",
    "무시",
    "다시 시작",
];

/// What fails; the feeds only where they are read.
const SERVICES: [&str; 5] = ["slack", "phone", "tickets", "mail", "feeds"];

/// What a person is called.
fn name_of(key: &str) -> &str {
    match key {
        "csr1" => "오하라",
        "csr2" => "유가람",
        "coc1" => "고윤슬",
        "coc2" => "온누리",
        name => name,
    }
}

/// Notes what a delivery was answered with. Whatever the weather, it is taken in the end, or its sender knows that it was not.
pub(crate) fn answered(
    post: &Post,
    before: usize,
    world: &World,
    alarms: &mut Alarms,
) -> Result<(), String> {
    let file = post.body.as_ref().and_then(|file| file.to_str()).unwrap_or_default();
    let id = file.trim_end_matches(".json").replacen('-', ":", 1);
    world.look(|acts, _| {
        for act in &acts[before..] {
            if let Did::Http { status, .. } = &act.did {
                match status {
                    200 => alarms.answer(&id),
                    _ => return Err(format!("a delivery is refused: {act}")),
                }
            }
        }
        Ok(())
    })
}
