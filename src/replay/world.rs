//! A process of the bot on a virtual clock: started, stopped, crashed, and driven instant by instant.

use super::acts::{Act, Did};
use super::fleet::{Fleet, Moment, Node, name_of};
use super::heard::Heard;
use super::hooks::{Ask, Request};
use super::parts::{Disk, Parts, Wiring};
use super::scenario::Failing;
use super::site::{
    Hand, Line, Newsstand, Porter, PostOffice, Shared, Shelf, Site, SupportDesk, Telephones,
};
use crate::adapters::slack::blocks;
use crate::adapters::slack::chat::Slack;
use crate::adapters::slack::events::{self, Ignored};
use crate::domain::desk::{Desk, Due};
use crate::domain::errand::{CallEvent, Outcome};
use crate::domain::ids::{ErrandId, Name, SlackUser};
use crate::domain::input::{Books, CustomerRecord, Input, SlackAct, SlackInput};
use crate::domain::message::Answer;
use crate::domain::policy::PhoneMode;
use crate::domain::time::Time;
use crate::engine::{Engine, OfferError};
use crate::errands::{Attempt, Hands, Runner, carry_out};
use crate::feeds::{Watcher, read};
use crate::ingress::Unavailable;
use crate::journal::{AppendError, Journal, Record, Store};
use crate::ports::PortError;
use crate::recovery::{Recovering, first_inputs, read_back, read_directory};
use crate::sandbox::workspace::{Delivery, DeliveryKind};
use async_trait::async_trait;
use chrono::TimeDelta;
use futures_util::FutureExt;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::sync::Arc;

/// Where a simulated crash strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// Right after this record became durable, before anything of it was carried out.
    AfterRecord(u64),
    /// After this many effects in the world, before the outcome of the last became a record.
    AfterEffect(u64),
    /// After this many records of the first start that follows another crash: while it is still coming up, when they are few.
    AfterRecordOfStart(u64),
}

/// The world of one replay.
pub struct World {
    pub(super) site: Shared,
    pub(super) disk: Disk,
    wiring: Box<dyn Wiring>,
    pub(super) hands: Hands,
    books: Books,
    tickets: BTreeMap<Name, u32>,
    /// One, but where several share a store.
    pub(super) nodes: Vec<Node>,
    /// Whose turn it is: everything of one node is done by this one.
    pub(super) at: usize,
    /// Where several share a store.
    pub(super) fleet: Option<Box<Fleet>>,
    /// What Slack holds back while it is away.
    pub(super) waiting: VecDeque<Delivery>,
    /// What Slack hands over late, by when it does, and how often it did before.
    pub(super) on_the_way: BTreeMap<(Time, u64), (Delivery, usize)>,
    /// How late the next deliveries are.
    pub(super) delays: VecDeque<TimeDelta>,
    pub(super) late: u64,
    /// Crashes still to come.
    pub(super) crashes: Vec<Crash>,
    struck: bool,
    pub(super) effects: u64,
    starts: u64,
    guard: u32,
    failed: bool,
}

pub(super) struct Running {
    pub(super) engine: Engine<Box<dyn Store>>,
    pub(super) runner: Runner,
    /// Reads the feeds, once the world has some.
    feeds: Option<Watcher>,
    /// The last record before this start, when it follows one of the crashes.
    after_crash: Option<u64>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("effects", &self.effects).finish_non_exhaustive()
    }
}

/// How long an adapter waits for an answer.
pub(super) const ANSWERED_WITHIN: TimeDelta = TimeDelta::seconds(10);
/// How often Slack hands over a delivery that is not acknowledged.
const DELIVERED_AT_MOST: u32 = 4;

/// Instants in a row without anything settling: a loop that must not be.
const RESTLESS: u32 = 100_000;

/// The ports of a replay are ready at once: a future that waits is a mistake of the replay itself.
#[expect(clippy::expect_used, reason = "a replay's ports never wait")]
pub(super) fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("a replay's port waited")
}

impl World {
    pub(super) fn new(
        site: Shared,
        books: Books,
        tickets: BTreeMap<Name, u32>,
        phone: PhoneMode,
        parts: Parts,
    ) -> Self {
        let clock = Arc::new(Hand(site.clone()));
        let phone_adapter = phone == PhoneMode::Auto;
        let hands = Hands {
            chat: (parts.chat)(Arc::new(Slack::over(Line(site.clone()), clock))),
            phone: phone_adapter.then(|| Arc::new(Telephones(site.clone())) as _),
            tickets: Some((parts.tickets)(Arc::new(SupportDesk(site.clone())))),
            mail: Some(Arc::new(PostOffice(site.clone()))),
            library: Arc::new(Shelf(site.clone())),
            board: Some(Arc::new(Porter)),
        };
        let fleet = parts.nodes.map(|nodes| Box::new(Fleet::new(nodes, site.lock().now)));
        let disk: Disk = match &fleet {
            None => parts.disk,
            Some(fleet) => {
                let memory = fleet.store().memory();
                Box::new(move || Box::new(memory.clone()))
            }
        };
        let nodes = fleet.as_ref().map_or(1, |fleet| fleet.size());
        Self {
            site,
            disk,
            wiring: parts.wiring,
            hands,
            books,
            tickets,
            nodes: std::iter::repeat_with(Node::default).take(nodes).collect(),
            at: 0,
            fleet,
            waiting: VecDeque::new(),
            on_the_way: BTreeMap::new(),
            delays: VecDeque::new(),
            late: 0,
            crashes: Vec::new(),
            struck: false,
            effects: 0,
            starts: 0,
            guard: 0,
            failed: false,
        }
    }

    /// Whether the program itself failed, not a step that nobody could do.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        self.failed
    }

    /// The program itself failed.
    pub(super) const fn gives_up(&mut self) {
        self.failed = true;
    }

    /// The time, whatever the process's own clock says.
    #[must_use]
    pub fn now(&self) -> Time {
        self.site.lock().now
    }

    /// The time by the process's clock.
    pub(super) fn clock(&self) -> Time {
        self.site.lock().clock()
    }

    /// The instant at which the process's clock says `at`.
    fn when(&self, at: Time) -> Time {
        at - self.site.lock().skew
    }

    /// The node whose turn it is.
    pub(super) fn node(&self) -> &Node {
        &self.nodes[self.at]
    }

    pub(super) fn node_mut(&mut self) -> &mut Node {
        &mut self.nodes[self.at]
    }

    pub(super) fn is_running(&self) -> bool {
        self.node().running.is_some()
    }

    /// The process that keeps the journal: of several the one that leads.
    fn live(&self) -> Option<&Running> {
        let nth = if self.fleet.is_some() { self.leader()? } else { self.at };
        self.nodes[nth].running.as_ref()
    }

    /// The desk, while the process runs.
    #[must_use]
    pub fn live_desk(&self) -> Option<&Desk> {
        self.live().map(|running| running.engine.desk())
    }

    /// How many records the journal has, and how many effects the world has seen.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.live().map_or(0, |running| running.engine.last_seq()), self.effects)
    }

    /// Crashes that have not struck yet.
    #[must_use]
    pub fn crashes_to_come(&self) -> &[Crash] {
        &self.crashes
    }

    /// How often a process began.
    #[must_use]
    pub const fn starts(&self) -> u64 {
        self.starts
    }

    /// What the bot did so far.
    #[must_use]
    pub fn acts(&self) -> Vec<Act> {
        self.site.lock().acts.clone()
    }

    /// Looks at what the bot did and at what reached it, without a copy.
    pub fn look<T>(&self, look: impl FnOnce(&[Act], &[Heard]) -> T) -> T {
        let site = self.site.lock();
        look(&site.acts, &site.heard)
    }

    /// The calls that ring, by the errand that placed them, and whose telephone it is.
    #[must_use]
    pub fn ringing(&self) -> Vec<(String, Name)> {
        let site = self.site.lock();
        site.ringing.iter().map(|call| (call.errand.to_string(), call.to.clone())).collect()
    }

    /// Whether the answer to something that happens next will be lost.
    #[must_use]
    pub fn loses_answers(&self) -> bool {
        self.site.lock().lose_answers > 0
    }

    /// Whether a service fails now.
    #[must_use]
    pub fn fails(&self, what: Failing) -> bool {
        self.site.lock().failing(what).is_some()
    }

    /// Whether anything is amiss now: Slack fails, answers or deliveries are late, the process is gone. Services that the desk can do
    /// without are not asked.
    #[must_use]
    pub fn is_troubled(&self) -> bool {
        let amiss = match &self.fleet {
            None => !self.is_running(),
            Some(fleet) => self.is_amiss(fleet),
        };
        let site = self.site.lock();
        amiss
            || self.nodes.iter().any(|node| node.slack_was_down || !node.flying.is_empty())
            || !(self.waiting.is_empty() && self.on_the_way.is_empty())
            || site.lose_answers > 0
            || site.slow.is_some_and(|(_, until)| site.now < until)
            || site.failing(Failing::Slack).is_some()
    }

    /// The journal so far, from its first record.
    ///
    /// # Errors
    /// When it cannot be read, in words.
    pub fn journal(&self) -> Result<Vec<Record>, String> {
        let opened = Journal::open::<serde_json::Value>((self.disk)(), "none");
        let journal = opened.map_err(|error| error.to_string())?.journal;
        let mut records = Vec::new();
        let read = journal.read_after(0, |record| records.push(record));
        read.map_err(|error| error.to_string())?;
        Ok(records)
    }

    pub(super) fn start(&mut self) -> Result<(), String> {
        if self.fleet.is_some() {
            return self.processes_start();
        }
        self.open((self.disk)())
    }

    /// A process comes to keep the journal of this store: it reads it, and what it missed.
    pub(super) fn open(&mut self, store: Box<dyn Store>) -> Result<(), String> {
        let opened = match self.node_mut().copy.take() {
            Some(copy) => Engine::lead(store, copy),
            None => Engine::open(store),
        };
        let (engine, alive_until) = match opened {
            Ok(opened) => opened,
            Err(error) if self.is_out_of_reach() => {
                tracing::warn!(%error, "the journal is not read");
                self.step_down();
                return Ok(());
            }
            Err(error) => {
                self.failed = true;
                return Err(error.to_string());
            }
        };
        self.starts += 1;
        let first = engine.last_seq() == 0;
        self.wiring.started(engine.desk());
        let runner = Runner::new(engine.desk());
        let after_crash = self.struck.then(|| engine.last_seq());
        let node = self.node_mut();
        node.life += 1;
        node.running = Some(Running { engine, runner, feeds: None, after_crash });
        self.books.guide = self.site.lock().guide.clone().unwrap_or_default();
        let mut inputs = first_inputs(alive_until, &self.hands, self.books.clone());
        if first {
            inputs.push(Input::Tickets(self.tickets.clone()));
            let (text, as_of) = (self.books.customers.clone(), self.now());
            inputs.push(Input::Record(CustomerRecord { text, as_of }));
        }
        self.offer(inputs)?;
        self.recover(alive_until)
    }

    /// Reads what was missed. While Slack is away it is tried again when it is back, and the desk goes on without: a page late by
    /// an outage of Slack is worse than one too many.
    fn recover(&mut self, alive_until: Option<Time>) -> Result<(), String> {
        let chat = Arc::clone(&self.hands.chat);
        let read = at_once(async {
            read_directory(self, chat.as_ref()).await?;
            read_back(self, chat.as_ref(), alive_until).await
        });
        if let Err(error) = read {
            tracing::warn!(%error, "not read back");
            self.node_mut().slack_was_down = true;
        }
        if self.is_running() {
            self.offer(vec![Input::CaughtUp])?;
        }
        self.read_feeds()?;
        self.settle()
    }

    /// The feeds have other contents: they are read at once, as if it were time to.
    pub(super) fn read_feeds_now(&mut self) -> Result<(), String> {
        self.each_awake(|world| {
            let now = world.clock();
            let running = world.node_mut().running.as_mut();
            if let Some(watcher) = running.and_then(|running| running.feeds.as_mut()) {
                watcher.hurry(now);
            }
            world.read_feeds()?;
            world.settle_one()
        })
    }

    /// Reads the feeds when it is time to.
    pub(super) fn read_feeds(&mut self) -> Result<(), String> {
        let now = self.clock();
        if self.site.lock().feeds.is_empty() {
            return Ok(());
        }
        let site = self.site.clone();
        let Some(running) = &mut self.nodes[self.at].running else { return Ok(()) };
        let desk = running.engine.desk();
        let watcher = running.feeds.get_or_insert_with(|| Watcher::new(now));
        if watcher.due() > now || desk.presence.catching_up {
            return Ok(());
        }
        let url = desk.policy.value.feeds.currentevents.clone();
        let reads = at_once(read(&Newsstand(site), &url));
        let inputs = watcher.take(desk, reads, now);
        self.offer(inputs).map(drop)
    }

    /// Gone between two instructions; of several the one that leads.
    pub(super) fn crash(&mut self) {
        if let Some(leader) = self.leader() {
            self.turn_of(leader);
        }
        self.crash_one();
    }

    /// All processes are gone.
    pub(super) fn all_gone(&mut self) {
        for nth in 0..self.nodes.len() {
            self.turn_of(nth);
            self.crash_one();
        }
    }

    pub(super) fn crash_one(&mut self) {
        let now = self.clock();
        if let Some(running) = &mut self.node_mut().running {
            running.engine.note_alive(now);
        }
        self.process_ends();
        self.gone();
    }

    pub(super) fn gone(&mut self) {
        let node = self.node_mut();
        node.running = None;
        node.flying.clear();
    }

    /// Stopped in order; of several the one that leads.
    pub(super) fn stop(&mut self) -> Result<(), String> {
        if let Some(leader) = self.leader() {
            self.turn_of(leader);
        }
        if !self.is_awake(self.at) {
            // nobody there to hear of it
            self.crash_one();
            return Ok(());
        }
        self.settle_one()?;
        self.offer(vec![Input::Stopping])?;
        if let Some(running) = &mut self.node_mut().running {
            running.engine.snapshot();
        }
        self.let_go();
        self.crash_one();
        Ok(())
    }

    /// Takes inputs; an input that the process does not live to take is lost with it, like in life.
    pub(super) fn offer(&mut self, inputs: Vec<Input>) -> Result<Vec<Answer>, String> {
        self.take(inputs).map_err(|error| {
            self.failed = true;
            error.to_string()
        })
    }

    fn take(&mut self, inputs: Vec<Input>) -> Result<Vec<Answer>, OfferError> {
        let now = self.clock();
        let Some(running) = &mut self.nodes[self.at].running else { return Ok(Vec::new()) };
        let before = running.engine.last_seq();
        let heard = self.site.lock().hear(running.engine.desk(), &inputs);
        let wiring = &mut self.wiring;
        let inputs: Vec<Input> = inputs
            .into_iter()
            .filter_map(|input| wiring.bring(running.engine.desk(), input))
            .collect();
        let answers = match running.engine.offer(now, inputs) {
            Ok(answers) => answers,
            // nobody knows what was kept: the process ends, and the next one reads the journal
            Err(OfferError::Closed(error)) => {
                tracing::warn!(%error, "the process steps down");
                let last = (self.disk)().last().ok().flatten();
                let is_own = matches!(error, AppendError::Doubtful(_)) && self.writes_alone();
                if let Some(last) = last.filter(|last| is_own && last.seq > before) {
                    self.site.lock().heard.extend(heard);
                    self.wrote(before, last.seq);
                }
                self.step_down();
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        };
        let after = running.engine.last_seq();
        self.site.lock().heard.extend(heard);
        let start = running.after_crash;
        self.wrote(before, after);
        self.blow(
            |moment| matches!(moment, Moment::AfterRecord(seq) if before < seq && seq <= after),
        );
        self.strike(|crash| match crash {
            Crash::AfterRecord(seq) => before < seq && seq <= after,
            Crash::AfterRecordOfStart(nth) => start.is_some_and(|start| {
                let seq = start + nth;
                before < seq && seq <= after
            }),
            Crash::AfterEffect(_) => false,
        });
        Ok(answers)
    }

    /// The process is gone if one of the crashes to come strikes here.
    fn strike(&mut self, here: impl Fn(Crash) -> bool) -> bool {
        let Some(hit) = self.crashes.iter().position(|crash| here(*crash)) else { return false };
        self.crashes.remove(hit);
        self.struck = true;
        self.crash_one();
        true
    }

    /// Somebody did something in Slack: told to the process, held back while Slack is away, lost while the process is.
    pub(super) fn deliver(&mut self, deliveries: Vec<Delivery>) -> Result<(), String> {
        for delivery in deliveries {
            match self.delays.pop_front().filter(|delay| !delay.is_zero()) {
                Some(delay) => {
                    self.late += 1;
                    self.on_the_way.insert((self.now() + delay, self.late), (delivery, 0));
                }
                None => self.arrive(delivery, 0)?,
            }
        }
        self.settle()
    }

    /// Slack hands something over, which was handed over so often before.
    pub(super) fn arrive(&mut self, delivery: Delivery, before: usize) -> Result<(), String> {
        if self.site.lock().failing(Failing::Slack).is_some() {
            self.waiting.push_back(delivery);
            return Ok(());
        }
        if self.fleet.is_some() {
            return self.arrive_somewhere(delivery, before);
        }
        self.hand_over(&delivery)
    }

    /// What Slack hands over late.
    pub(super) fn arrivals(&mut self) -> Result<(), String> {
        let now = self.now();
        while let Some(entry) = self.on_the_way.first_entry().filter(|entry| entry.key().0 <= now) {
            let (delivery, before) = entry.remove();
            self.arrive(delivery, before)?;
        }
        Ok(())
    }

    /// Answers that took their time.
    pub(super) fn landings(&mut self) -> Result<(), String> {
        let now = self.now();
        while let Some(nth) = self.node().flying.iter().position(|(at, ..)| *at <= now) {
            let (_, attempt, result) = self.node_mut().flying.remove(nth);
            self.land(&attempt, result)?;
        }
        Ok(())
    }

    pub(super) fn land(
        &mut self,
        attempt: &Attempt,
        result: Result<Outcome, PortError>,
    ) -> Result<(), String> {
        let now = self.clock();
        let Some(running) = &mut self.nodes[self.at].running else { return Ok(()) };
        let done = running.runner.done(running.engine.desk(), attempt, result, now);
        self.offer(done).map(drop)
    }

    pub(super) fn hand_over(&mut self, delivery: &Delivery) -> Result<(), String> {
        if !self.is_running() {
            return Ok(());
        }
        let Some(input) = parsed(delivery) else { return Ok(()) };
        for _ in 0..DELIVERED_AT_MOST {
            let answers = self.offer(vec![Input::Slack(input.clone())])?;
            if self.is_running() {
                if let SlackAct::Submitted { .. } = &input.what {
                    self.answer_form(&input.by, delivery, answers.first());
                }
                return Ok(());
            }
            // Slack was not answered in time and delivers again
            self.come_back()?;
        }
        Ok(())
    }

    /// A request to one of the hooks, and what comes of it. One whose connection broke is sent again.
    pub(super) fn post(&mut self, request: &Request) -> Result<(), String> {
        if self.fleet.is_some() {
            return self.post_somewhere(request);
        }
        for _ in 0..DELIVERED_AT_MOST {
            self.come_back()?;
            if self.answers(request)? {
                break;
            }
        }
        self.settle()
    }

    /// Whether the process lived to answer.
    pub(super) fn answers(&mut self, request: &Request) -> Result<bool, String> {
        let at = self.clock();
        let status = request.answered(at, |ask| self.asked(ask))?;
        // one that stands by and cannot hand it on has no answer
        let stands_by = self.fleet.is_some() && !self.is_running();
        let is_answered = self.is_running() || stands_by && status.is_success();
        if is_answered {
            let mut site = self.site.lock();
            let (at, path) = (site.now, request.path().to_owned());
            site.acts.push(Act { at, did: Did::Http { path, status: status.as_u16() } });
        }
        Ok(is_answered)
    }

    /// A hook asks something of the desk. A process that does not live to answer does not.
    fn asked(&mut self, ask: Ask) -> Result<(), String> {
        // a hook that does not wait any more is no fault
        match ask {
            Ask::Take(input, answer) => {
                let key = name_of(&input).map(str::to_owned);
                let is_taken = if self.is_running() || self.fleet.is_none() {
                    self.offer(vec![*input])?;
                    self.is_running()
                } else {
                    self.hands_on(&input)
                };
                if is_taken {
                    self.acknowledged(key.as_deref());
                }
                let _ = answer.send(is_taken.then_some(()).ok_or(Unavailable));
            }
            Ask::Admits(topic, answer) => {
                if let Some(desk) = self.known_desk() {
                    let _ = answer.send(desk.policy.value.intake.admits(&topic));
                }
            }
            Ask::Knows(key, answer) => {
                if let Some(desk) = self.known_desk() {
                    let _ = answer.send(desk.seen.contains_key(&key));
                }
            }
        }
        Ok(())
    }

    pub(super) fn answer_form(
        &mut self,
        by: &SlackUser,
        delivery: &Delivery,
        answer: Option<&Answer>,
    ) {
        let view = delivery.payload.pointer("/view/id").and_then(serde_json::Value::as_str);
        let (Some(view), Some(answer)) = (view, answer) else { return };
        let mut site = self.site.lock();
        let said = blocks::answer(answer);
        site.workspace.answer_form(by, view, said.as_ref());
        if matches!(answer, Answer::Errors(_)) {
            site.told_view(by);
        }
    }

    fn come_back(&mut self) -> Result<(), String> {
        if self.is_running() || self.fleet.is_some() { Ok(()) } else { self.start() }
    }

    /// The desk of the node whose turn it is.
    pub(super) fn own_desk(&self) -> Option<&Desk> {
        self.node().running.as_ref().map(|running| running.engine.desk())
    }

    /// Carries out whatever can be carried out at this instant, until nothing moves.
    pub(super) fn settle(&mut self) -> Result<(), String> {
        self.each_awake(Self::settle_one)
    }

    /// The same for the node whose turn it is.
    pub(super) fn settle_one(&mut self) -> Result<(), String> {
        loop {
            self.guard += 1;
            if self.guard > RESTLESS {
                self.failed = true;
                return Err("재생이 끝나지 않습니다: 같은 시각에 할 일이 계속 생깁니다".to_owned());
            }
            let now = self.clock();
            let echoes = self.site.lock().workspace.take_echoes();
            for echo in echoes {
                self.hear_back(&echo)?;
            }
            if !self.goes_on()? {
                return Ok(());
            }
            let Some(running) = &mut self.nodes[self.at].running else {
                self.come_back()?;
                continue;
            };
            let ready = running.runner.ready(running.engine.desk(), now);
            let idle = ready.attempts.is_empty() && ready.settled.is_empty();
            self.offer(ready.settled)?;
            for attempt in ready.attempts {
                if !self.is_running() {
                    break;
                }
                if self.is_held_up(&attempt) {
                    continue;
                }
                let seen = self.site.lock().acts.len();
                let result = at_once(carry_out(&self.hands, &attempt));
                if self.site.lock().acts.len() > seen {
                    self.effects += 1;
                    let effects = self.effects;
                    self.did(seen, false);
                    self.blow(|moment| moment == Moment::AfterEffect(effects));
                    self.strike(|crash| crash == Crash::AfterEffect(effects));
                    if !self.is_running() {
                        break;
                    }
                }
                if let Some(until) = self.falls_still() {
                    self.node_mut().flying.push((until, attempt, result));
                    continue;
                }
                let slow = self.site.lock().slowness();
                match slow {
                    Some(delay) if delay > ANSWERED_WITHIN => {
                        let unheard = PortError::Unknown { why: "응답 없음".to_owned() };
                        let at = self.now() + ANSWERED_WITHIN;
                        self.node_mut().flying.push((at, attempt, Err(unheard)));
                    }
                    Some(delay) => {
                        let at = self.now() + delay;
                        self.node_mut().flying.push((at, attempt, result));
                    }
                    None => self.land(&attempt, result)?,
                }
            }
            if !self.is_running() {
                self.come_back()?;
                continue;
            }
            if idle {
                // a telephone takes its time: what can be posted is posted before anybody picks up
                let call = self.site.lock().call_events.front().cloned();
                let Some((call, event)) = call else { return Ok(()) };
                self.telephoned(call, event)?;
                // the carrier tells it again to the next process when this one did not take it
                if self.is_running() {
                    self.site.lock().call_events.pop_front();
                }
            }
        }
    }

    /// Something happened on a telephone. The voice names one thing after the other, and what is pressed for one is pressed for all
    /// that the call is still about.
    fn telephoned(&mut self, call: ErrandId, event: CallEvent) -> Result<(), String> {
        let reference = self.site.lock().reference(call);
        let mut told = BTreeSet::new();
        let mut next = Some(call);
        while let Some(call) = next {
            told.insert(call);
            self.offer(vec![Input::Phone { call, event }])?;
            next = self.own_desk().and_then(|desk| {
                let mut pages = desk.calls_of(reference.as_deref()?).map(|(call, _)| call);
                pages.find(|page| !told.contains(page))
            });
        }
        Ok(())
    }

    /// Turns the clock to `to`. Timers before then run at their instants; those of `to` itself only with `inclusive`.
    pub(super) fn turn_to(&mut self, to: Time, inclusive: bool) -> Result<(), String> {
        self.guard = 0;
        loop {
            let now = self.now();
            let Some(next) = self.next_instant(now) else { break };
            if next > to || (next == to && !inclusive) {
                break;
            }
            self.set_now(next);
            self.instant()?;
        }
        self.set_now(to);
        self.each_awake(Self::slack_back)
    }

    /// It is so late now; time does not go back.
    pub(super) fn set_now(&mut self, at: Time) {
        let mut site = self.site.lock();
        site.now = site.now.max(at);
        drop(site);
        self.tick();
    }

    fn next_instant(&mut self, now: Time) -> Option<Time> {
        let outage = self.site.lock().faults.get(&Failing::Slack).map(|(_, until)| *until);
        let was_down = self.nodes.iter().any(|node| node.slack_was_down);
        // of several nodes one may not reach Slack although it is back
        let over = |until: &Time| self.fleet.is_some() && *until <= now;
        let outage = outage.filter(|until| !over(until) && (was_down || !self.waiting.is_empty()));
        let arrival = self.on_the_way.first_key_value().map(|((at, _), _)| *at);
        let own = if self.fleet.is_some() {
            self.next_of_nodes(now)
        } else {
            // without a process nothing happens
            self.next_of_one()?
        };
        [own, outage, arrival].into_iter().flatten().min().map(|at| at.max(now))
    }

    /// When the node whose turn it is has something to do next; `None` while its process is gone.
    pub(super) fn next_of_one(&mut self) -> Option<Option<Time>> {
        let clock = self.clock();
        let node = &mut self.nodes[self.at];
        let landing = node.flying.iter().map(|(at, ..)| *at).min();
        let running = node.running.as_mut()?;
        let wake = self.wiring.due(running.engine.desk()).map(|due| due.at().max(clock));
        let ready = running.runner.ready(running.engine.desk(), clock);
        running.runner.give_back(&ready.attempts);
        // what became ready at the very end of a wait is carried out before anything else is
        let idle = ready.attempts.is_empty() && ready.settled.is_empty();
        let again = if idle { ready.again_at } else { Some(clock) };
        let feeds = running.feeds.as_ref().map(|watcher| watcher.due().max(clock));
        let by_clock = [wake, again, feeds].into_iter().flatten().min().map(|at| self.when(at));
        Some([by_clock, landing].into_iter().flatten().min())
    }

    /// Everything due at this instant: first Slack coming back, then timers.
    fn instant(&mut self) -> Result<(), String> {
        if self.fleet.is_some() {
            return self.instant_of_nodes();
        }
        self.slack_back()?;
        self.arrivals()?;
        self.instant_of_one()
    }

    /// The same for the node whose turn it is.
    pub(super) fn instant_of_one(&mut self) -> Result<(), String> {
        self.landings()?;
        self.settle_one()?;
        self.read_feeds()?;
        self.settle_one()?;
        let now = self.clock();
        // all that is due at this instant is decided before any of it is carried out, as the running bot does
        while let Some(due) = self.due(now) {
            self.offer(vec![due.input()])?;
            if !self.is_running() {
                self.come_back()?;
            }
        }
        self.settle_one()
    }

    /// What is due by the process's clock.
    fn due(&mut self, now: Time) -> Option<Due> {
        if self.falls_still().is_some() {
            return None;
        }
        let running = self.nodes[self.at].running.as_ref();
        let desk = running.map(|running| running.engine.desk())?;
        self.wiring.due(desk).filter(|due| due.at() <= now)
    }

    /// Slack is there again: hands over what it held back, and the runner need not wait.
    pub(super) fn slack_back(&mut self) -> Result<(), String> {
        let away = self.site.lock().slack_is_away();
        let node = &mut self.nodes[self.at];
        if away {
            node.slack_was_down = true;
            return Ok(());
        }
        if !node.slack_was_down {
            return Ok(());
        }
        node.slack_was_down = false;
        if let Some(running) = &mut node.running {
            running.runner.chat_is_back();
        }
        while let Some(delivery) = self.waiting.pop_front() {
            self.hear_back(&delivery)?;
        }
        let unread = self.own_desk().and_then(|desk| desk.presence.unread_since);
        if unread.is_some() {
            return self.recover(unread);
        }
        self.settle_one()
    }

    /// Slack is known to be away from now on.
    pub(super) fn slack_goes(&mut self) {
        self.nodes.iter_mut().for_each(|node| node.slack_was_down = true);
    }
}

/// A delivery as the ingress reads it.
pub(super) fn parsed(delivery: &Delivery) -> Option<SlackInput> {
    let read: Result<SlackInput, Ignored> = match delivery.kind {
        DeliveryKind::Event => events::event(&delivery.payload),
        DeliveryKind::Interactive => events::interaction(&delivery.payload),
        DeliveryKind::Command => events::command(&delivery.payload),
    };
    match read {
        Ok(input) => Some(input),
        Err(reason) => {
            tracing::debug!(%reason, "ignored");
            None
        }
    }
}

#[async_trait]
impl Recovering for World {
    async fn offer(&mut self, inputs: Vec<Input>) -> Result<(), OfferError> {
        self.take(inputs).map(drop)
    }

    async fn desk(&mut self) -> Desk {
        self.own_desk().cloned().unwrap_or_default()
    }

    fn now(&self) -> Time {
        self.clock()
    }
}

impl Site {
    /// Gives a fault until then.
    pub(super) fn fail(&mut self, what: Failing, how: super::scenario::FailHow, until: Time) {
        self.faults.insert(what, (how, until));
    }
}
