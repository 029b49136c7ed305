//! Random days at the desk: requests, assignments, presses, reactions, replies, telephones, repeats, faults, crashes and stops, each
//! drawn from a seed; rules that must hold are looked at after every step.
//!
//! `COC_SEEDS` says how many seeds (200), `COC_SEED` where to begin (1).
#![expect(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "a bound on real time")]

mod common;

use chrono::TimeDelta;
use coc::domain::case::Procedure;
use coc::domain::decide::decide;
use coc::domain::desk::Desk;
use coc::domain::input::Books;
use coc::domain::ladder::LadderState;
use coc::domain::procedures::assignment::{AssignmentState, Ringing};
use coc::domain::procedures::urgent::UrgentState;
use coc::replay::scenario::{Scenario, Step};
use coc::replay::{Act, Crash, Did, Player, World};
use common::books;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// A slow machine tries fewer seeds rather than keeping everybody waiting; never when seeds were asked for by number.
const ALTOGETHER: Duration = Duration::from_secs(25);

#[test]
fn the_rules_hold_on_random_days() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let asked = number("COC_SEEDS");
    let first = number("COC_SEED").unwrap_or(1);
    let books = books();
    let begun = Instant::now();
    let mut tried = 0;
    for seed in first..first + asked.unwrap_or(200) {
        if let Err(wrong) = day(seed, &books) {
            panic!("{wrong}\nto repeat: COC_SEED={seed} COC_SEEDS=1 cargo test --test simulation");
        }
        tried += 1;
        if asked.is_none() && begun.elapsed() > ALTOGETHER {
            break;
        }
    }
    assert!(tried > 0);
}

/// xorshift64*: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    fn upto(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
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
const STARTS: [&str; 5] = [
    "2025-08-05T22:00:00",
    "2025-08-06T08:40:00",
    "2025-08-07T11:20:00",
    "2025-08-08T17:10:00",
    "2025-08-28T23:40:00",
];

/// What people, machines and chance do on one day.
struct Script {
    dice: Dice,
    asked: u64,
    tickets: u64,
    customers: Vec<&'static str>,
    delivered: Vec<usize>,
    lines: Vec<String>,
}

impl Script {
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
        world.acts().iter().rev().find_map(|act| match &act.did {
            Did::Post { words, .. } => {
                words.mentions.iter().find(|who| !who.starts_with('@')).cloned()
            }
            _ => None,
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

    fn ask(&mut self) -> Option<String> {
        let customer = self.customers.pop()?;
        self.asked += 1;
        self.tickets += 1;
        let name = if self.dice.upto(8) == 0 { "없는회사" } else { customer };
        let ticket = match self.dice.upto(8) {
            0 => String::new(),
            _ => format!(" / 티켓: https://support.example.com/agent/tickets/{}", self.tickets),
        };
        let undecided = if self.dice.upto(6) == 0 { " (미결정)" } else { "" };
        let by = self.dice.of(&OTHERS);
        Some(format!(
            "say: {{by: {by}, in: \"#general\", text: \"@COC [긴급티켓배정요청] 고객사: {name}{ticket}{undecided}\", as: m{}}}",
            self.asked
        ))
    }

    fn assign(&mut self) -> String {
        if self.dice.upto(3) > 0 {
            self.tickets += 1;
        }
        let ticket = format!("https://support.example.com/agent/tickets/{}", self.tickets.max(1));
        let customer = self.dice.of(&CUSTOMERS);
        let who = self.dice.of(&PEOPLE);
        match self.dice.upto(3) {
            0 => format!(
                "say: {{by: coc1, in: \"#coc-noti\", text: \"@{who} [{customer}] 티켓 배정 [{ticket}]\"}}"
            ),
            1 => format!(
                "slash: {{by: coc1, in: \"#coc-noti\", command: /assign, text: \"{customer} {ticket} @{who}\"}}"
            ),
            _ => format!(
                "slash: {{by: coc2, in: \"#coc-noti\", command: /assign, text: \"{customer} {ticket}\"}}"
            ),
        }
    }

    fn press(&mut self, world: &World) -> String {
        let called = Self::called(world).filter(|_| self.dice.upto(3) > 0);
        let (by, on) = match called {
            Some(who) => {
                let by = if self.dice.upto(2) == 0 { "coc1".to_owned() } else { who.clone() };
                (by, format!("last:{who}"))
            }
            None => (self.anybody().to_owned(), self.somewhere()),
        };
        format!("press: {{by: {by}, button: {}, on: \"{on}\"}}", self.dice.of(&BUTTONS))
    }

    fn acknowledge(&mut self, world: &World) -> String {
        let called = Self::called(world).filter(|_| self.dice.upto(2) > 0);
        let (by, on) = match called {
            Some(who) => (who.clone(), format!("last:{who}")),
            None => (self.anybody().to_owned(), self.somewhere()),
        };
        match self.dice.upto(4) {
            0 => format!("reply: {{by: {by}, to: \"{on}\", text: \"확인했습니다\"}}"),
            1 => format!("reply: {{by: {by}, to: \"{on}\", text: \"지금은 어렵습니다\"}}"),
            2 => format!("react: {{by: {by}, emoji: tada, to: \"{on}\"}}"),
            _ => format!("react: {{by: {by}, emoji: \"+1\", to: \"{on}\"}}"),
        }
    }

    fn phone(&mut self, world: &World) -> String {
        let called = Self::called(world).filter(|_| self.dice.upto(4) > 0);
        let who = called.unwrap_or_else(|| self.dice.of(&PEOPLE).to_owned());
        let does = ["accept", "reject", "answer", "busy", "no-answer", "voicemail", "failed"];
        format!("phone: {{who: {who}, does: {}}}", self.dice.of(&does))
    }

    fn line(&mut self, world: &World) -> String {
        loop {
            let line = match self.dice.upto(20) {
                0 | 1 => self.ask(),
                2 | 3 => Some(self.assign()),
                4..=6 => Some(self.press(world)),
                7 | 8 => Some(self.acknowledge(world)),
                9 | 10 => Some(self.phone(world)),
                11 if !self.delivered.is_empty() => {
                    let nth = self.dice.upto(self.delivered.len() as u64);
                    let step = self.delivered[usize::try_from(nth).unwrap()];
                    Some(format!("repeat: {{step: {step}, times: 2}}"))
                }
                12 => {
                    let (what, how) = (
                        self.dice.of(&["slack", "phone"]),
                        self.dice.of(&["429", "500", "timeout", "refused"]),
                    );
                    Some(format!("fail: {{what: {what}, how: {how}, for: {}}}", self.length()))
                }
                13 => Some(format!("down: {{for: {}}}", self.length())),
                14 => Some("crash: {}".to_owned()),
                15 => Some("restart: {}".to_owned()),
                16 => {
                    let who = self.dice.of(&PEOPLE);
                    let is = self.dice.of(&["away", "active"]);
                    Some(format!("presence: {{who: {who}, is: {is}}}"))
                }
                _ => Some(format!("wait: {}", self.length())),
            };
            if let Some(line) = line {
                return line;
            }
        }
    }
}

fn day(seed: u64, books: &Books) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let start = dice.of(&STARTS);
    let phone = dice.of(&["auto", "auto", "desk"]);
    let head = format!(
        "title: seed {seed}\nstart: {start}+09:00\npolicy: {{phone: {phone}}}\npeople:\n  csr1: {{name: 오하라, role: csr}}\n  \
         csr2: {{name: 유가람, role: csr}}\n  coc1: {{name: 고윤슬, role: coc}}\n  coc2: {{name: 민가을, role: coc}}\n"
    );
    let scenario: Scenario = serde_saphyr::from_str(&head).unwrap();
    let crashes: Vec<Crash> = (0..dice.upto(6))
        .map(|_| match dice.upto(2) {
            0 => Crash::AfterRecord(dice.upto(150) + 5),
            _ => Crash::AfterEffect(dice.upto(80) + 1),
        })
        .collect();
    let mut customers = CUSTOMERS.to_vec();
    let turn = usize::try_from(dice.upto(customers.len() as u64)).unwrap();
    customers.rotate_left(turn);
    let mut script =
        Script { dice, asked: 0, tickets: 0, customers, delivered: Vec::new(), lines: Vec::new() };
    let mut player =
        Player::new(&scenario, Path::new("."), books, &crashes).map_err(|e| e.to_string())?;
    let told = |script: &Script, wrong: String| {
        let mut text = format!("seed {seed}: {wrong}\ncrashes: {crashes:?}\n{head}steps:\n");
        for line in &script.lines {
            writeln!(text, "  - {line}").unwrap();
        }
        text
    };
    for _ in 0..25 {
        let line = script.line(player.world());
        script.lines.push(line.clone());
        if script.dice.upto(12) == 0 {
            let effects = script.dice.upto(3) + 1;
            script.lines.last_mut().unwrap().push_str(&format!("  # {effects} answers are lost"));
            player.lose_answers(u32::try_from(effects).unwrap());
        }
        let step: Step =
            serde_saphyr::from_str(&line).map_err(|error| format!("{line}: {error}"))?;
        let done = player.step(&step);
        if player.world().has_failed() {
            return Err(told(&script, done.err().unwrap_or_default()));
        }
        let delivered = matches!(
            step,
            Step::Say(_) | Step::Press(_) | Step::React(_) | Step::Reply(_) | Step::Slash(_)
        );
        match done {
            Ok(()) if delivered => script.delivered.push(script.lines.len()),
            Ok(()) => {}
            // what nobody could do: a button that is not there, a reaction that is there already
            Err(_) => *script.lines.last_mut().unwrap() = "wait: 0s".to_owned(),
        }
        holds(player.world()).map_err(|wrong| told(&script, wrong))?;
    }
    // whatever is broken is whole again, and nobody does anything for days: nothing may end in silence
    script.lines.push("wait: 96h".to_owned());
    player
        .step(&serde_saphyr::from_str("wait: 96h").unwrap())
        .map_err(|wrong| told(&script, wrong))?;
    let (_, world) = player.end().map_err(|error| told(&script, error.to_string()))?;
    holds(&world)
        .and_then(|()| ended(&world))
        .and_then(|()| replays(&world))
        .map_err(|wrong| told(&script, wrong))
}

/// What must hold at every moment.
fn holds(world: &World) -> Result<(), String> {
    let acts = world.acts();
    one_visible_act_per_errand(&acts)?;
    let Some(desk) = world.live_desk() else { return Err("the process is gone".to_owned()) };
    for case in desk.cases.values() {
        match &case.procedure {
            Procedure::Urgent(urgent) => {
                if let UrgentState::Chain(ladder) = &urgent.state {
                    if let LadderState::Calling(rung) = &ladder.state {
                        let wake = urgent.wake(&desk.policy.value).is_some();
                        let owed = desk
                            .errands
                            .values()
                            .any(|errand| errand.id == rung.post || errand.case == Some(case.id));
                        if !wake && !owed {
                            return Err(format!(
                                "{}: nothing will end the rung of {}",
                                case.id, rung.who
                            ));
                        }
                    }
                    if let LadderState::Taken(taken) = &ladder.state {
                        nobody_after(&acts, urgent.customer.name(), taken.at)?;
                    }
                }
            }
            Procedure::Assignment(one) => {
                let owed = desk.errands.values().any(|errand| errand.case == Some(case.id));
                let wake = one.wake(&desk.policy.value).is_some();
                let needs = match &one.state {
                    AssignmentState::Queued { .. }
                    | AssignmentState::Asking { .. }
                    | AssignmentState::Waiting { .. } => wake,
                    AssignmentState::Looking { .. } | AssignmentState::Announcing { .. } => owed,
                    AssignmentState::Stuck { .. }
                    | AssignmentState::Calling { .. }
                    | AssignmentState::Confirmed { .. }
                    | AssignmentState::Ended { .. } => true,
                };
                if !needs {
                    return Err(format!("{}: nothing moves {:?}", case.id, one.state));
                }
            }
        }
    }
    Ok(())
}

/// Each customer has one urgent request a day, so that its name tells whose chain somebody is called for.
fn nobody_after(
    acts: &[Act],
    customer: &str,
    taken: coc::domain::time::Time,
) -> Result<(), String> {
    if customer == "없는회사" || customer.is_empty() {
        return Ok(());
    }
    for act in acts.iter().filter(|act| act.at > taken) {
        let reaches = match &act.did {
            Did::Post { words, .. } => {
                words.buttons == ["수락", "부재", "거절"]
                    && words.text.contains(&format!("[{customer}] 긴급"))
            }
            Did::Call { about, .. } => about.contains(&format!("{customer} 긴급")),
            Did::Update { .. }
            | Did::Ephemeral { .. }
            | Did::Dm { .. }
            | Did::View { .. }
            | Did::Hangup { .. }
            | Did::Ticket { .. }
            | Did::Mail { .. } => false,
        };
        if reaches {
            return Err(format!("accepted at {taken}, but: {act}"));
        }
    }
    Ok(())
}

fn one_visible_act_per_errand(acts: &[Act]) -> Result<(), String> {
    let mut known = BTreeSet::new();
    for act in acts {
        if let Did::Post { errand, .. } | Did::Call { errand, .. } | Did::Ticket { errand, .. } =
            &act.did
            && !known.insert(errand)
        {
            return Err(format!("errand {errand} was seen twice: {act}"));
        }
    }
    Ok(())
}

/// After days of quiet every case has ended, or somebody was told that it is theirs.
fn ended(world: &World) -> Result<(), String> {
    let desk = world.live_desk().unwrap();
    if let Some(errand) = desk.errands.values().next() {
        return Err(format!("still owed: {errand:?}"));
    }
    for case in desk.cases.values() {
        let fine = match &case.procedure {
            Procedure::Urgent(urgent) => match &urgent.state {
                UrgentState::Asking { told, .. } => *told,
                UrgentState::Chain(ladder) => {
                    !matches!(ladder.state, LadderState::Calling(_) | LadderState::Between)
                }
                UrgentState::Queued { .. } => false,
                UrgentState::Done(_) => true,
            },
            Procedure::Assignment(one) => match &one.state {
                AssignmentState::Stuck { .. }
                | AssignmentState::Confirmed { .. }
                | AssignmentState::Ended { .. }
                // COC was asked
                | AssignmentState::Calling { ringing: None | Some(Ringing { doubt_at: None, .. }), .. } => true,
                // business time may still be to come
                AssignmentState::Waiting { watch, .. } => watch.due - watch.since > TimeDelta::days(3),
                AssignmentState::Queued { .. }
                | AssignmentState::Looking { .. }
                | AssignmentState::Asking { .. }
                | AssignmentState::Announcing { .. }
                | AssignmentState::Calling { .. } => false,
            },
        };
        if !fine {
            return Err(format!("{} never ended: {:?}", case.id, case.procedure));
        }
    }
    Ok(())
}

/// The journal alone gives the desk, and its inputs the same changes again.
fn replays(world: &World) -> Result<(), String> {
    let mut desk = Desk::default();
    for record in world.journal()? {
        let again = decide(&desk, &record.input, record.at, record.seq);
        if again.changes != record.changes {
            return Err(format!("record {} is decided otherwise the second time", record.seq));
        }
        for change in &record.changes {
            desk.apply(record.at, change);
        }
    }
    let value = |desk: &Desk| -> BTreeMap<String, serde_json::Value> {
        serde_json::from_value(serde_json::to_value(desk).unwrap()).unwrap()
    };
    let (again, live) = (value(&desk), value(world.live_desk().unwrap()));
    match live.iter().find(|(part, value)| again.get(*part) != Some(value)) {
        Some((part, _)) => Err(format!("the journal gives another desk: {part}")),
        None => Ok(()),
    }
}
