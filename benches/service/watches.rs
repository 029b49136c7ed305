//! A desk with very many open watches: how `coc run` comes up with them, how long a decision takes among them, how late wake-ups are, and
//! what acknowledgements take.
//!
//! The watches are 30-minute calls (A9) that fall due later. What falls due while it is measured are rungs of urgent chains (A5), because
//! they do so at any hour.

use crate::ingress::PER_SECOND;
use crate::load::{Events, over_http_at};
use crate::scene::{Bot, Line, StandIn};
use crate::traffic::{Traffic, Unhurried, books, said_in};
use crate::{millis, quantile, rounded};
use chrono::TimeDelta;
use coc::adapters::slack::api::{Settings, Token};
use coc::adapters::slack::chat::Slack;
use coc::adapters::slack::events;
use coc::domain::decide::decide;
use coc::domain::desk::Desk;
use coc::domain::errand::ErrandKind;
use coc::domain::ids::{SlackUser, Ts};
use coc::domain::input::{Adapters, Directory, Input};
use coc::domain::time::Time;
use coc::engine::Engine;
use coc::journal::{Journal, Sled};
use coc::ports::{Chat, Clock};
use coc::service::WallClock;
use serde_json::json;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many rungs end at one moment, and how many one at a time, so far apart.
pub(crate) struct Due {
    pub(crate) together: usize,
    pub(crate) alone: usize,
    pub(crate) apart: TimeDelta,
}

type Bench = Engine<Unhurried<Sled>>;

/// Measures with so many watches.
pub(crate) async fn measure(open: usize, due: &Due, load: usize) {
    let slack = Arc::new(StandIn::open().await);
    let mut settings = Settings::new(Token::from("xoxb-sandbox"));
    settings.base = format!("http://{}/api/", slack.address).parse().unwrap();
    let directory = Slack::new(settings, Arc::new(WallClock)).unwrap().directory().await.unwrap();
    let folder = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    let state = folder.path().join("state");
    let mut desk = Populated::new(&state, slack, directory, open);
    println!("\n{open} open watches ({} records)\n", desk.records);
    decisions(&mut desk);
    let address = desk.slack.address;
    drop(desk.engine.take());
    println!("\n| start | ready after, ms | resident, MB | at the most, MB |");
    println!("|-|-:|-:|-:|");
    let mut ready = 0.0;
    for start in ["the first ever, no snapshot", "after an orderly stop"] {
        let bot = started(&state, address).await;
        ready = millis(bot.ready_after);
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let [now, most] = ["VmRSS", "VmHWM"].map(|what| rounded(bot.memory(what)));
        println!("| {start} | {} | {now} | {most} |", rounded(ready));
        bot.stop();
    }
    // far enough ahead for the next start to be over
    let ahead = TimeDelta::seconds(10)
        + TimeDelta::from_std(Duration::from_secs_f64(ready * 3.0 / 1000.0)).unwrap();
    let (last, until) = desk.let_fall_due(&state, ahead, due);
    let bot = started(&state, address).await;
    let left = (until - WallClock.now()).to_std().unwrap_or_default();
    tokio::time::sleep(left + Duration::from_secs(1)).await;
    bot.stop();
    lateness(&state, last, due);

    let bot = started(&state, address).await;
    let events = Events::new(&desk.slack, 10, 0, load);
    let run = over_http_at(bot.address, events, PER_SECOND).await;
    bot.stop();
    let at = |share: f64| rounded(millis(run.at(share)));
    println!(
        "\n| {load} events, {PER_SECOND} a second, 10 % open a case: events/s | p50, ms | p99, ms | longest, ms |"
    );
    println!("|-:|-:|-:|-:|");
    println!("| {} | {} | {} | {} |", rounded(run.per_second), at(0.5), at(0.99), at(1.0));
}

async fn started(state: &Path, slack: std::net::SocketAddr) -> Bot {
    let state = state.to_owned();
    tokio::task::spawn_blocking(move || Bot::start(&state, slack, Line::Http)).await.unwrap()
}

/// A journal with the watches.
struct Populated {
    slack: Arc<StandIn>,
    coc: SlackUser,
    noti: String,
    engineers: Vec<SlackUser>,
    traffic: Traffic,
    /// While it is open here.
    engine: Option<Bench>,
    records: u64,
    nth: usize,
}

impl Populated {
    fn new(state: &Path, slack: Arc<StandIn>, directory: Directory, open: usize) -> Self {
        let (mut engine, _) = Engine::open(Unhurried::new(Sled::open(state).unwrap())).unwrap();
        let mut traffic = Traffic::new(5, WallClock.now());
        traffic.slack_takes = TimeDelta::zero();
        let adapters = Adapters::default();
        for input in [
            Input::Started { alive_until: None, phone_adapter: false, adapters },
            Input::Books(books()),
            Input::Directory(directory),
            Input::CaughtUp,
        ] {
            traffic.offer(&mut engine, input);
        }
        let desk = engine.desk();
        let people = desk.roster.value.people.iter().filter_map(|one| desk.slack_of(&one.name));
        let engineers: Vec<SlackUser> = people.cloned().collect();
        let (coc, noti) = {
            let workspace = slack.workspace.lock().unwrap();
            let coc = workspace.user_named("고윤슬").unwrap().id.clone();
            (coc, workspace.channel_named("coc-noti").unwrap().id.to_string())
        };
        let mut populated =
            Self { slack, coc, noti, engineers, traffic, engine: Some(engine), records: 0, nth: 0 };
        for _ in 0..open {
            let assign = populated.assign(true);
            populated.offer(assign);
        }
        let engine = populated.engine.as_ref().unwrap();
        let waiting = engine.desk().cases.values().filter(|case| case.is_open()).count();
        assert_eq!(waiting, open, "open watches");
        populated.records = engine.last_seq();
        populated
    }

    fn offer(&mut self, input: Input) {
        self.traffic.offer(self.engine.as_mut().unwrap(), input);
    }

    /// `/assign`, to a person of COC's choice or by rule.
    fn assign(&mut self, chosen: bool) -> Input {
        self.nth += 1;
        let ticket = 200_000 + self.nth;
        let who = &self.engineers[self.nth % self.engineers.len()];
        let to = if chosen { format!(" <@{who}>") } else { String::new() };
        let command = json!({
            "team_id": "T000000001", "channel_id": self.noti, "channel_name": "coc-noti", "user_id": self.coc,
            "user_name": "yunseul", "command": "/assign",
            "text": format!("한빛전자 https://support.example.com/agent/tickets/{ticket}{to}"),
            "response_url": format!("https://hooks.slack.com/commands/T000000001/{ticket}/aaaaaaaaaaaaaaaaaaaaaaaa"),
            "trigger_id": format!("{ticket}.1234567890.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        });
        Input::Slack(events::command(&command).unwrap())
    }

    fn said(&mut self, text: &str) -> Input {
        self.nth += 1;
        let ts = Ts(format!("{}.{:06}", self.traffic.now().timestamp(), self.nth % 1_000_000));
        let (general, csr) = (&self.slack.general, &self.slack.csr);
        let event = said_in(general, csr, text, &ts, &format!("Ev{:09}", self.nth));
        Input::Slack(events::event(&event).unwrap())
    }

    fn urgent(&mut self) -> Input {
        let text = format!(
            "<@{}> [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: <https://support.example.com/agent/tickets/{}>",
            self.slack.bot,
            600_000 + self.nth
        );
        self.said(&text)
    }

    /// Opens the journal again and leaves rungs in it that will end. After which record, and when the last one ends.
    fn let_fall_due(&mut self, state: &Path, ahead: TimeDelta, due: &Due) -> (u64, Time) {
        let (engine, _) = Engine::open(Unhurried::new(Sled::open(state).unwrap())).unwrap();
        let rung = engine.desk().policy.value.chain.rung.delta();
        self.engine = Some(engine);
        let mut at = WallClock.now() + ahead;
        let waits = i32::try_from(due.alone).unwrap();
        // what the last start still had to do is done by then
        let ends = std::iter::repeat_n(at + due.apart * (waits + 2), due.together);
        let alone = std::iter::repeat_with(|| {
            at += due.apart;
            at
        });
        let ends: Vec<Time> = alone.take(due.alone).chain(ends).collect();
        for end in &ends {
            self.traffic.set(*end - rung);
            let urgent = self.urgent();
            self.offer(urgent);
        }
        let last = self.engine.take().unwrap().last_seq();
        (last, *ends.iter().max().unwrap())
    }
}

/// Decisions among the watches, the middle of some.
fn decisions(of: &mut Populated) {
    const SO_MANY: usize = 101;
    let now = WallClock.now();
    of.traffic.set(now);
    // one more, whose notice is looked at before it stands
    let assign = of.assign(true);
    let engine = of.engine.as_mut().unwrap();
    engine.offer(now, vec![assign]).unwrap();
    let token = engine.desk().owed().find_map(|errand| {
        let ErrandKind::Post { message, .. } = &errand.kind else { return None };
        let button = message.buttons.iter().find(|button| button.label == "확인")?;
        Some((errand.id, button.token.clone()))
    });
    let (notice, token) = token.unwrap();
    of.traffic.settle(engine);
    let on = engine.desk().posts[&notice].at.clone();
    let press = Input::Slack(of.traffic.press(&of.coc.clone(), &on, &token));
    let talk = of.said("어제 말씀드린 대시보드는 오늘 오후에 다시 확인해 보겠습니다. 감사합니다!");
    let (urgent, assign) = (of.urgent(), of.assign(false));
    let desk = of.engine.as_ref().unwrap().desk();
    let wake = desk.next_wake().unwrap();
    let looked = Duration::from_secs_f64(
        middle(SO_MANY, || {
            black_box(black_box(desk).next_due());
        }) / 1e6,
    );
    println!("| decision | µs |");
    println!("|-|-:|");
    for (what, input, at) in [
        ("talk that is not for us", talk, now),
        ("an urgent request that opens a chain", urgent, now),
        ("`/assign` by rule", assign, now),
        ("확인 pressed on a notice", press, now),
        ("a 30-minute call falls due", Input::Woken(wake), wake.due),
    ] {
        let acts = what != "talk that is not for us";
        assert_eq!(!decide(desk, &input, at, 1_000_000).changes.is_empty(), acts, "{what}");
        let took = middle(SO_MANY, || {
            black_box(decide(black_box(desk), black_box(&input), at, 1_000_000));
        });
        println!("| {what} | {} |", rounded(took));
    }
    println!("| what is due next | {} |", rounded(looked.as_secs_f64() * 1e6));
}

/// The middle of so many, µs.
fn middle(times: usize, mut one: impl FnMut()) -> f64 {
    let mut took: Vec<f64> = Vec::new();
    for _ in 0..times {
        let began = Instant::now();
        one();
        took.push(began.elapsed().as_secs_f64() * 1e6);
    }
    took.sort_by(f64::total_cmp);
    quantile(&took, 0.5)
}

/// How late the wake-ups after this record were decided.
fn lateness(state: &Path, after: u64, due: &Due) {
    let journal = Journal::open::<Desk>(Sled::open(state).unwrap(), "figures").unwrap().journal;
    let mut woken = Vec::new();
    let read = journal.read_after(after, |record| {
        if let Input::Woken(wake) = record.input {
            woken.push((wake.due, (record.at - wake.due).to_std().unwrap()));
        }
    });
    read.unwrap();
    woken.sort();
    assert!(woken.len() >= due.together + due.alone, "{} wake-ups", woken.len());
    let (alone, rest) = woken.split_at(due.alone);
    println!("\n| rungs end | wake-ups | late by: p50, ms | p99, ms | longest, ms |");
    println!("|-|-:|-:|-:|-:|");
    for (how, some) in [("one at a time", alone), ("all at once", &rest[..due.together])] {
        let mut late: Vec<Duration> = some.iter().map(|(_, late)| *late).collect();
        late.sort();
        let at = |share: f64| rounded(millis(quantile(&late, share)));
        println!("| {how} | {} | {} | {} | {} |", late.len(), at(0.5), at(0.99), at(1.0));
    }
}
