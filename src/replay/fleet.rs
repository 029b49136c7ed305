//! Several nodes over one store in a world: who leads by the lease, who takes over when, what befalls a node, and which way deliveries
//! take. Everything else a node does as the one process of a replay does it: the world plays them in turn.
//!
//! What a node does while it stands by is not polled: the instants at which one of them can come to lead follow from the lease.

use super::hooks::Request;
use super::parts::{Nodes, OwnStore};
use super::world::{ANSWERED_WITHIN, Running, World, at_once, parsed};
use crate::domain::desk::Desk;
use crate::domain::errand::Outcome;
use crate::domain::ids::ErrandId;
use crate::domain::input::{Input, Notice, SlackAct, SlackInput};
use crate::domain::message::Answer;
use crate::domain::time::Time;
use crate::engine::{Engine, Follower};
use crate::errands::{Attempt, Task, carry_out};
use crate::journal::{Leased, Reach, Seat};
use crate::ports::PortError;
use crate::sandbox::workspace::Delivery;
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How often a node that stands by asks for the lease.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// When Slack hands over again what was not acknowledged.
const AGAIN_AFTER: [TimeDelta; 3] =
    [TimeDelta::seconds(3), TimeDelta::minutes(1), TimeDelta::minutes(5)];
/// When a monitoring service sends again what was not answered.
const POSTED_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(20);

/// What befalls a node, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// It stands still (SIGSTOP); then it goes on where it was.
    Pause(TimeDelta),
    /// It is gone; another process is started after that.
    Kill(TimeDelta),
    /// It does not reach the store so well.
    Store(Reach, TimeDelta),
    /// It does not reach Slack.
    Slack(TimeDelta),
    /// Answers to its renewals take the first, for the second.
    LateAnswers(TimeDelta, TimeDelta),
}

/// When a blow strikes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// This record became durable, and nothing of it was carried out.
    AfterRecord(u64),
    /// What would be this effect is taken up, and did not happen yet.
    BeforeEffect(u64),
    /// This effect happened, and its outcome is no record yet.
    AfterEffect(u64),
    /// A lease was granted, the how manieth, and its node did not open the journal yet.
    AfterGrant(u64),
}

/// Whom a blow strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The node that leads.
    Leader,
    /// One that does not.
    Other,
    /// All of them.
    Everybody,
}

/// A lease that was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// When.
    pub at: Time,
    /// To which node.
    pub node: usize,
    /// Others that took themselves for the leader then.
    pub others: Vec<usize>,
}

/// Records that a node wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Which node.
    pub node: usize,
    /// The first and the last of them.
    pub records: (u64, u64),
    /// Whether the newest lease was its.
    pub led: bool,
}

/// Something that a node did outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Its place among the world's acts.
    pub act: usize,
    /// Which node.
    pub node: usize,
    /// Whether the node had the lease.
    pub led: bool,
    /// Whether it was under way already when the node fell still or lost its line.
    pub under_way: bool,
}

/// One node. Of a world without a shared store it is the only one, and nothing befalls it here.
#[derive(Default)]
pub(super) struct Node {
    pub(super) running: Option<Running>,
    /// Attempts whose effect is there and whose answer is on its way, with when it comes.
    pub(super) flying: Vec<(Time, Attempt, Result<Outcome, PortError>)>,
    pub(super) slack_was_down: bool,
    /// How often it came to keep the journal.
    pub(super) life: u64,
    /// Its copy of the desk, while it stands by.
    pub(super) copy: Option<Follower>,
    /// Attempts that were taken up and whose effect is to come, with when, and in which life they were taken up.
    under_way: Vec<(Time, Attempt, u64)>,
    /// It has the lease, and did not open the journal yet.
    is_granted: bool,
    /// It is to stand still for so long, as soon as what it is at is done.
    falling_still: Option<TimeDelta>,
    still_until: Option<Time>,
    gone_until: Option<Time>,
    no_store_until: Option<Time>,
    no_slack_until: Option<Time>,
    late_until: Option<Time>,
}

/// What several nodes share, and what became of them.
pub(super) struct Fleet {
    store: Leased,
    own: OwnStore,
    seats: Vec<Seat>,
    ahead: Vec<TimeDelta>,
    blows: Vec<(Moment, Blow)>,
    /// The beginning of the store's time.
    epoch: Time,
    /// Which node is handed the next delivery.
    turn: usize,
    /// Requests that nobody answered, by when they are sent again.
    posts: Vec<(Time, Request)>,
    grants: Vec<Grant>,
    written: Vec<Written>,
    deeds: Vec<Deed>,
    /// Acts that happened beside what the desk knows of.
    strays: BTreeSet<usize>,
    /// Names of deliveries that were acknowledged, and whether they were in the journal then.
    acknowledged: BTreeMap<String, bool>,
    befallen: u64,
    /// When the last of it is over.
    over: Option<Time>,
    /// Two that took themselves for the leader at one moment.
    two: Option<String>,
}

impl Fleet {
    pub(super) fn new(nodes: Nodes, epoch: Time) -> Self {
        let Nodes { store, own, ahead, blows } = nodes;
        Self {
            seats: ahead.iter().map(|_| store.seat()).collect(),
            store,
            own,
            ahead,
            blows,
            epoch,
            turn: 0,
            posts: Vec::new(),
            grants: Vec::new(),
            written: Vec::new(),
            deeds: Vec::new(),
            strays: BTreeSet::new(),
            acknowledged: BTreeMap::new(),
            befallen: 0,
            over: None,
            two: None,
        }
    }

    pub(super) const fn store(&self) -> &Leased {
        &self.store
    }

    pub(super) const fn size(&self) -> usize {
        self.ahead.len()
    }

    fn since(&self, at: Time) -> Duration {
        (at - self.epoch).to_std().unwrap_or_default()
    }

    fn when(&self, at: Duration) -> Time {
        self.epoch + TimeDelta::from_std(at).unwrap_or(TimeDelta::MAX)
    }

    /// When this node asks for the lease the next time at which it is free: nobody asks in between.
    fn asks_at(&self, nth: usize, now: Duration) -> Duration {
        // no two ask at one instant
        let first = ASK_EVERY * u32::try_from(nth).unwrap_or_default()
            / u32::try_from(self.size()).unwrap_or(1);
        let free = self.store.row().until() + Duration::from_nanos(1);
        let after = free.max(now).saturating_sub(first);
        let rounds = after.as_nanos().div_ceil(ASK_EVERY.as_nanos());
        first + ASK_EVERY * u32::try_from(rounds).unwrap_or(u32::MAX)
    }
}

/// What a test of several nodes looks at.
impl World {
    /// The node that leads, by the store's row, while it keeps the journal.
    #[must_use]
    pub fn leader(&self) -> Option<usize> {
        let fleet = self.fleet.as_ref()?;
        let row = fleet.store.row();
        let leads = |(nth, seat): (usize, &Seat)| {
            let is_present = row.is_present(seat.lead().fence());
            (is_present && self.nodes[nth].running.is_some()).then_some(nth)
        };
        fleet.seats.iter().enumerate().find_map(leads)
    }

    /// The leases that were granted.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        self.fleet.as_ref().map_or(&[], |fleet| &fleet.grants)
    }

    /// What was written by whom.
    #[must_use]
    pub fn written(&self) -> &[Written] {
        self.fleet.as_ref().map_or(&[], |fleet| &fleet.written)
    }

    /// What was done outside by whom.
    #[must_use]
    pub fn deeds(&self) -> &[Deed] {
        self.fleet.as_ref().map_or(&[], |fleet| &fleet.deeds)
    }

    /// Acts that were under way when their node fell still or lost its line, and which another had done by itself, or which nobody
    /// owed any more, when they happened: by their place among the acts. Nobody could have known.
    #[must_use]
    pub fn strays(&self) -> Option<&BTreeSet<usize>> {
        self.fleet.as_ref().map(|fleet| &fleet.strays)
    }

    /// Whether this act is one of those.
    #[must_use]
    pub fn is_stray(&self, act: usize) -> bool {
        self.strays().is_some_and(|strays| strays.contains(&act))
    }

    /// Deliveries that were acknowledged, by name, and whether the desk had written them down then: what changes nothing is not.
    #[must_use]
    pub fn acknowledged_deliveries(&self) -> Option<&BTreeMap<String, bool>> {
        self.fleet.as_ref().map(|fleet| &fleet.acknowledged)
    }

    /// How often something befell a node.
    #[must_use]
    pub fn befallen(&self) -> u64 {
        self.fleet.as_ref().map_or(0, |fleet| fleet.befallen)
    }

    /// When all that befell a node is over, and what it held up is sent again.
    #[must_use]
    pub fn settles_at(&self) -> Option<Time> {
        let fleet = self.fleet.as_ref()?;
        let late = self.on_the_way.last_key_value().map(|((at, _), _)| *at);
        let posts = fleet.posts.iter().map(|(at, _)| *at).max();
        [fleet.over, late, posts].into_iter().flatten().max()
    }

    /// Two nodes that took themselves for the leader at one moment, in words.
    #[must_use]
    pub fn two_leaders(&self) -> Option<&str> {
        self.fleet.as_ref()?.two.as_deref()
    }

    /// How much waits to be taken by the leader.
    #[must_use]
    pub fn handed_on(&self) -> usize {
        self.fleet.as_ref().map_or(0, |fleet| fleet.store.waiting())
    }
}

impl World {
    /// From here on everything is done by this node.
    pub(super) fn turn_of(&mut self, nth: usize) {
        self.at = nth;
        if let Some(fleet) = &self.fleet {
            let mut site = self.site.lock();
            site.skew = fleet.ahead[nth];
            site.cut = self.nodes[nth].no_slack_until.is_some();
        }
    }

    /// Whether a node's process is there and goes on.
    pub(super) fn is_awake(&self, nth: usize) -> bool {
        let node = &self.nodes[nth];
        node.still_until.is_none() && node.gone_until.is_none()
    }

    /// Has each node that goes on do this in its turn.
    pub(super) fn each_awake(
        &mut self,
        mut does: impl FnMut(&mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        for nth in 0..self.nodes.len() {
            if self.is_awake(nth) {
                self.turn_of(nth);
                does(self)?;
            }
        }
        Ok(())
    }

    /// The store is told the time.
    pub(super) fn tick(&mut self) {
        let now = self.now();
        if let Some(fleet) = &self.fleet {
            fleet.store.turn_to(fleet.since(now));
        }
    }

    fn seat(&self) -> Option<Seat> {
        self.fleet.as_ref().map(|fleet| fleet.seats[self.at].clone())
    }

    /// Whether the node does not reach the store.
    pub(super) fn is_out_of_reach(&self) -> bool {
        self.seat().is_some_and(|seat| !seat.is_answered())
    }

    /// Whether nobody but this node can have written last.
    pub(super) fn writes_alone(&self) -> bool {
        self.seat().is_none_or(|seat| seat.store().row().is_present(seat.lead().fence()))
    }

    /// Something that keeps the model from saying when to the minute.
    pub(super) fn is_amiss(&self, fleet: &Fleet) -> bool {
        let leads = self.leader().is_some_and(|nth| {
            let node = &self.nodes[nth];
            let faults = [
                node.still_until,
                node.gone_until,
                node.no_store_until,
                node.no_slack_until,
                node.late_until,
            ];
            faults.iter().all(Option::is_none) && node.falling_still.is_none()
        });
        let under_way = self.nodes.iter().any(|node| !node.under_way.is_empty());
        !leads || under_way || !fleet.posts.is_empty() || fleet.store.waiting() > 0
    }

    /// Processes that are gone are started again. One that finds the lease free asks for it at once.
    pub(super) fn processes_start(&mut self) -> Result<(), String> {
        for node in &mut self.nodes {
            node.gone_until = None;
        }
        self.tick();
        self.lead_if_free()
    }

    fn lead_if_free(&mut self) -> Result<(), String> {
        for nth in 0..self.nodes.len() {
            let Some(fleet) = &self.fleet else { return Ok(()) };
            let row = fleet.store.row();
            let is_free = row.fence() == 0 || row.until() < fleet.since(self.now());
            if is_free && self.stands_by(nth) {
                self.ask_for_the_lease(nth)?;
            }
        }
        Ok(())
    }

    /// Whether the node would lead if it were its turn.
    fn stands_by(&self, nth: usize) -> bool {
        let node = &self.nodes[nth];
        let reaches = self.fleet.as_ref().is_some_and(|fleet| fleet.seats[nth].is_answered());
        self.is_awake(nth) && node.running.is_none() && !node.is_granted && reaches
    }

    fn ask_for_the_lease(&mut self, nth: usize) -> Result<(), String> {
        self.turn_of(nth);
        let Some(seat) = self.seat() else { return Ok(()) };
        let is_granted = seat.try_lead().unwrap_or_else(|error| {
            tracing::warn!(%error, "asking for the lease failed");
            false
        });
        if !is_granted {
            return Ok(());
        }
        let leads = |(_, node): &(usize, &Node)| {
            node.running.as_ref().is_some_and(|running| running.engine.leads())
        };
        let others = self.nodes.iter().enumerate().filter(|(other, _)| *other != nth);
        let others = others.filter(leads).map(|(other, _)| other).collect();
        let grant = Grant { at: self.now(), node: nth, others };
        let nth_grant = self.fleet.as_mut().map_or(0, |fleet| {
            fleet.grants.push(grant);
            fleet.grants.len() as u64
        });
        self.node_mut().is_granted = true;
        self.blow(|moment| moment == Moment::AfterGrant(nth_grant));
        self.falls_still();
        self.open_if_granted()
    }

    /// A node that was granted the lease comes to lead: the only way to it.
    fn open_if_granted(&mut self) -> Result<(), String> {
        if !(self.is_awake(self.at) && self.node().is_granted) {
            return Ok(());
        }
        self.node_mut().is_granted = false;
        let (Some(fleet), Some(seat)) = (&self.fleet, self.seat()) else { return Ok(()) };
        let store = (fleet.own)(&seat, fleet.ahead[self.at]);
        self.open(store)
    }

    /// The process ends its leading, and stands by.
    pub(super) fn step_down(&mut self) {
        self.let_go();
        self.gone();
    }

    pub(super) fn let_go(&self) {
        if let Some(seat) = self.seat() {
            seat.step_down();
        }
    }

    /// What is of a process ends with it.
    pub(super) fn process_ends(&mut self) {
        if let Some(seat) = self.seat() {
            seat.forget();
        }
        let node = self.node_mut();
        node.under_way.clear();
        node.copy = None;
        (node.is_granted, node.still_until, node.falling_still) = (false, None, None);
    }

    /// Whether the node may do something now: it goes on, and it leads. One that does not lead any more steps down.
    pub(super) fn goes_on(&mut self) -> Result<bool, String> {
        if self.fleet.is_none() {
            return Ok(true);
        }
        if self.falls_still().is_some() || !self.is_awake(self.at) {
            return Ok(false);
        }
        let Some(running) = &self.node().running else { return Ok(false) };
        if !running.engine.leads() {
            self.step_down();
            return Ok(false);
        }
        self.take_in()?;
        Ok(self.is_running() && self.falls_still().is_none())
    }

    /// Takes what reached the others.
    fn take_in(&mut self) -> Result<(), String> {
        let Some(seat) = self.seat() else { return Ok(()) };
        let Ok(waiting) = seat.waiting() else { return Ok(()) };
        for (id, input) in waiting {
            let key = name_of(&input).map(str::to_owned);
            let answers = self.offer(vec![input])?;
            if !self.is_running() {
                break;
            }
            self.acknowledged(key.as_deref());
            let answer = answers.into_iter().next().unwrap_or_default();
            if let Err(error) = seat.answer(id, &answer) {
                tracing::warn!(%error, "what was taken is taken once more");
                break;
            }
        }
        Ok(())
    }

    /// It stands still from now on, if it is to. Until when it does.
    pub(super) fn falls_still(&mut self) -> Option<Time> {
        let now = self.now();
        let node = self.node_mut();
        if let Some(length) = node.falling_still.take() {
            node.still_until = Some(now + length);
            if let Some(seat) = self.seat() {
                seat.stop(true);
            }
        }
        self.node().still_until
    }

    /// Whether the node falls still, or has lost its line, between taking this up and doing it. It happens then, or never.
    pub(super) fn is_held_up(&mut self, attempt: &Attempt) -> bool {
        if self.fleet.is_none() {
            return false;
        }
        let effect = self.effects + 1;
        if is_seen(&attempt.task) {
            self.blow(|moment| moment == Moment::BeforeEffect(effect));
        }
        if !self.is_running() {
            return true;
        }
        let soon = self.now() + ANSWERED_WITHIN;
        let stuck = self.node().no_slack_until.filter(|until| {
            *until <= soon && matches!(attempt.task, Task::Post { .. } | Task::Direct { .. })
        });
        let Some(until) = self.falls_still().or(stuck) else { return false };
        let node = self.node_mut();
        node.under_way.push((until, attempt.clone(), node.life));
        true
    }

    /// Something befalls whoever it is now.
    pub(super) fn blow(&mut self, here: impl Fn(Moment) -> bool) {
        let at = self.at;
        while let Some(fleet) = &mut self.fleet {
            let Some(hit) = fleet.blows.iter().position(|(moment, _)| here(*moment)) else {
                return;
            };
            let (_, blow) = fleet.blows.remove(hit);
            self.strike_node(at, blow);
            self.turn_of(at);
        }
    }

    /// The same from outside.
    pub(super) fn befall(&mut self, who: Who, blow: Blow) {
        let leader = self.leader();
        let all = 0..self.nodes.len();
        let whom: Vec<usize> = match who {
            Who::Leader => leader.into_iter().collect(),
            Who::Other => all.rev().find(|nth| Some(*nth) != leader).into_iter().collect(),
            Who::Everybody => all.collect(),
        };
        for nth in whom {
            self.strike_node(nth, blow);
            self.turn_of(nth);
            self.falls_still();
        }
    }

    fn strike_node(&mut self, nth: usize, blow: Blow) {
        self.turn_of(nth);
        let now = self.now();
        let Some(seat) = self.seat() else { return };
        if let Some(fleet) = &mut self.fleet {
            fleet.befallen += 1;
            let (Blow::Pause(length)
            | Blow::Kill(length)
            | Blow::Store(_, length)
            | Blow::Slack(length)
            | Blow::LateAnswers(_, length)) = blow;
            fleet.over = fleet.over.max(Some(now + length));
        }
        if self.node().gone_until.is_some() {
            return;
        }
        match blow {
            Blow::Pause(length) => {
                if self.node().still_until.is_none() {
                    self.node_mut().falling_still = Some(length);
                }
            }
            Blow::Kill(length) => {
                self.crash_one();
                self.node_mut().gone_until = Some(now + length);
            }
            Blow::Store(reach, length) => {
                seat.reaches(reach);
                self.node_mut().no_store_until = Some(now + length);
            }
            Blow::Slack(length) => {
                self.node_mut().no_slack_until = Some(now + length);
                self.turn_of(nth);
            }
            Blow::LateAnswers(lag, length) => {
                seat.answers_take(lag.to_std().unwrap_or_default());
                self.node_mut().late_until = Some(now + length);
            }
        }
    }

    /// What befell nodes ends when it is time.
    fn blows_end(&mut self) -> Result<(), String> {
        let now = self.now();
        for nth in 0..self.nodes.len() {
            self.turn_of(nth);
            let Some(seat) = self.seat() else { return Ok(()) };
            let over = |until: &mut Option<Time>| until.take_if(|until| *until <= now).is_some();
            if over(&mut self.node_mut().no_store_until) {
                seat.reaches(Reach::Whole);
            }
            if over(&mut self.node_mut().late_until) {
                seat.answers_take(Duration::ZERO);
            }
            if over(&mut self.node_mut().no_slack_until) {
                self.turn_of(nth);
            }
            if over(&mut self.node_mut().gone_until) {
                self.lead_if_free()?;
                self.turn_of(nth);
            }
            if over(&mut self.node_mut().still_until) {
                // what was under way goes on before the process looks at anything
                self.effects_happen()?;
                self.landings()?;
                seat.stop(false);
                self.open_if_granted()?;
            }
        }
        Ok(())
    }

    /// What was taken up happens now where it is time. Of a node that does not lead any more nothing comes of it in the journal.
    fn effects_happen(&mut self) -> Result<(), String> {
        let now = self.now();
        let due = |(at, ..): &(Time, Attempt, u64)| *at <= now;
        while let Some(nth) = self.node().under_way.iter().position(due) {
            let (_, attempt, life) = self.node_mut().under_way.remove(nth);
            let is_stray = !self.is_owed(attempt.id);
            self.site.lock().stray = is_stray;
            let seen = self.site.lock().acts.len();
            let result = at_once(carry_out(&self.hands, &attempt));
            let acts = {
                let mut site = self.site.lock();
                site.stray = false;
                site.acts.len()
            };
            if acts > seen {
                self.effects += 1;
                self.did(seen, true);
                if let Some(fleet) = self.fleet.as_mut().filter(|_| is_stray) {
                    fleet.strays.extend(seen..acts);
                }
            }
            if self.node().life == life {
                self.land(&attempt, result)?;
            }
        }
        Ok(())
    }

    /// Whether nobody else may lead now: by the store's own clock.
    fn has_lease(&self) -> bool {
        self.seat().is_none_or(|seat| {
            let row = seat.store().row();
            row.is_present(seat.lead().fence()) && seat.now() <= row.until()
        })
    }

    /// Whether this is still to be done, as far as the journal and people know.
    fn is_owed(&self, errand: ErrandId) -> bool {
        let name = errand.to_string();
        let is_done = self.site.lock().acts.iter().any(|act| act.did.errand() == Some(&name));
        let owed = |desk: &Desk| desk.errands.contains_key(&errand);
        let read = || Engine::open((self.disk)()).is_ok_and(|(engine, _)| owed(engine.desk()));
        !is_done && self.live_desk().map_or_else(read, owed)
    }

    /// Notes whose acts these were.
    pub(super) fn did(&mut self, first: usize, under_way: bool) {
        let (led, node, acts) = (self.has_lease(), self.at, self.site.lock().acts.len());
        if let Some(fleet) = &mut self.fleet {
            let deeds = (first..acts).map(|act| Deed { act, node, led, under_way });
            fleet.deeds.extend(deeds);
        }
    }

    /// Notes who wrote what stands behind this record.
    pub(super) fn wrote(&mut self, before: u64, last: u64) {
        if last <= before {
            return;
        }
        let (led, node) = (self.writes_alone(), self.at);
        if let Some(fleet) = &mut self.fleet {
            fleet.written.push(Written { node, records: (before + 1, last), led });
        }
    }

    /// A delivery of this name is acknowledged, now that the node whose turn it is took it, or handed it on.
    pub(super) fn acknowledged(&mut self, key: Option<&str>) {
        let Some(key) = key else { return };
        let kept = self.own_desk().is_some_and(|desk| desk.seen.contains_key(key));
        if let Some(fleet) = &mut self.fleet {
            *fleet.acknowledged.entry(key.to_owned()).or_default() |= kept;
        }
    }

    /// What Slack tells of the bot's own deeds, or held back.
    pub(super) fn hear_back(&mut self, delivery: &Delivery) -> Result<(), String> {
        if self.fleet.is_some() {
            self.arrive(delivery.clone(), 0)
        } else {
            self.hand_over(delivery)
        }
    }

    /// Slack hands a delivery to one of the nodes. What is not acknowledged comes again, to the next one.
    pub(super) fn arrive_somewhere(
        &mut self,
        delivery: Delivery,
        before: usize,
    ) -> Result<(), String> {
        let Some(input) = parsed(&delivery) else { return Ok(()) };
        let nth = self.takes_turns();
        let back = self.at;
        self.turn_of(nth);
        let is_taken = self.falls_still().is_none()
            && self.is_awake(nth)
            && self.node().no_slack_until.is_none()
            && self.takes(&input, &delivery)?;
        if let Some(after) = AGAIN_AFTER.get(before).filter(|_| !is_taken) {
            self.late += 1;
            self.on_the_way.insert((self.now() + *after, self.late), (delivery, before + 1));
        }
        self.turn_of(back);
        Ok(())
    }

    /// The node that is handed something next.
    fn takes_turns(&mut self) -> usize {
        self.fleet.as_mut().map_or(0, |fleet| {
            fleet.turn += 1;
            fleet.turn % fleet.seats.len()
        })
    }

    /// Whether the node acknowledged it: it leads and took it, or handed it on.
    fn takes(&mut self, input: &SlackInput, delivery: &Delivery) -> Result<bool, String> {
        let is_form = matches!(input.what, SlackAct::Submitted { .. });
        if self.is_running() {
            let answers = self.offer(vec![Input::Slack(input.clone())])?;
            if self.is_running() {
                self.acknowledged(Some(&input.key));
                if is_form {
                    self.answer_form(&input.by, delivery, answers.first());
                }
            }
            return Ok(self.is_running());
        }
        let Some(seat) = self.seat() else { return Ok(false) };
        let Ok(id) = seat.put(&Input::Slack(input.clone())) else { return Ok(false) };
        if let Some(leader) = self.leader().filter(|nth| self.is_awake(*nth)) {
            self.turn_of(leader);
            self.goes_on()?;
        }
        if !is_form {
            self.acknowledged(Some(&input.key));
            return Ok(true);
        }
        // whoever waits for an answer to a form waits for the leader
        let answer: Option<Answer> = seat.answer_of(id).unwrap_or_default();
        if let Some(answer) = &answer {
            self.answer_form(&input.by, delivery, Some(answer));
        }
        // a form that nobody answers is not handed over again: whoever sent it is told
        Ok(true)
    }

    /// What a node that stands by knows of the desk: the copy, where it has one.
    pub(super) fn known_desk(&self) -> Option<&Desk> {
        self.own_desk().or_else(|| self.node().copy.as_ref().map(Follower::desk))
    }

    /// A node that stands by hands an input on. Whether it is durable.
    pub(super) fn hands_on(&self, input: &Input) -> bool {
        self.seat().is_some_and(|seat| seat.put(input).is_ok())
    }

    /// A request goes to one of the nodes. One that nobody answers is sent again later, to the next one.
    pub(super) fn post_somewhere(&mut self, request: &Request) -> Result<(), String> {
        let nth = self.takes_turns();
        self.turn_of(nth);
        let is_there = self.falls_still().is_none() && self.is_awake(nth);
        let stands_by = self.stands_by(nth) && self.node().copy.is_some();
        let is_answered = is_there && (stands_by || self.goes_on()?) && self.answers(request)?;
        let at = self.now() + POSTED_AGAIN_AFTER;
        if let Some(fleet) = self.fleet.as_mut().filter(|_| !is_answered) {
            fleet.posts.push((at, request.clone()));
        }
        self.settle()
    }

    fn posts_come_again(&mut self) -> Result<(), String> {
        let now = self.now();
        let due: Vec<(Time, Request)> = self.fleet.as_mut().map_or_else(Vec::new, |fleet| {
            fleet.posts.extract_if(.., |(at, _)| *at <= now).collect()
        });
        due.iter().try_for_each(|(_, request)| self.post_somewhere(request))
    }

    /// Everything due at this instant, node by node.
    pub(super) fn instant_of_nodes(&mut self) -> Result<(), String> {
        self.blows_end()?;
        let now = self.now();
        for nth in 0..self.nodes.len() {
            let Some(fleet) = &self.fleet else { return Ok(()) };
            let since = fleet.since(now);
            if self.stands_by(nth) && fleet.asks_at(nth, since) <= since {
                self.ask_for_the_lease(nth)?;
            }
        }
        self.each_awake(Self::slack_back)?;
        self.arrivals()?;
        self.posts_come_again()?;
        self.each_awake(|world| {
            world.effects_happen()?;
            world.instant_of_one()
        })?;
        self.count_leaders();
        (0..self.nodes.len()).try_for_each(|nth| self.follow(nth))
    }

    /// A node that stands by reads what was written. Every second one does: the others read all of it when their turn comes.
    fn follow(&mut self, nth: usize) -> Result<(), String> {
        if nth.is_multiple_of(2) || !self.stands_by(nth) {
            return Ok(());
        }
        self.turn_of(nth);
        let Some(seat) = self.seat() else { return Ok(()) };
        let read = match self.node_mut().copy.take() {
            None => Follower::begin(&seat),
            Some(mut copy) => copy.follow(&seat).map(|()| copy),
        };
        self.node_mut().copy = Some(read.map_err(|error| {
            self.gives_up();
            error.to_string()
        })?);
        Ok(())
    }

    fn count_leaders(&mut self) {
        let leads =
            |node: &&Node| node.running.as_ref().is_some_and(|running| running.engine.leads());
        let count = self.nodes.iter().filter(leads).count();
        let now = self.now();
        if let Some(fleet) = self.fleet.as_mut().filter(|_| count > 1) {
            fleet.two.get_or_insert_with(|| format!("{count} of the nodes lead at {now}"));
        }
    }

    /// When something happens next to any of the nodes.
    pub(super) fn next_of_nodes(&mut self, now: Time) -> Option<Time> {
        let mut next: Vec<Option<Time>> = Vec::new();
        let renewal = self.fleet.as_ref().and_then(|fleet| {
            next.extend(fleet.posts.iter().map(|(at, _)| Some(*at)));
            fleet.seats.iter().filter_map(Seat::renews_at).min()
        });
        for nth in 0..self.nodes.len() {
            self.turn_of(nth);
            let node = &self.nodes[nth];
            next.extend([
                node.still_until,
                node.gone_until,
                node.no_store_until,
                node.no_slack_until,
                node.late_until,
            ]);
            if !self.is_awake(nth) {
                continue;
            }
            next.extend(node.under_way.iter().map(|(at, ..)| Some(*at)));
            next.extend(self.next_of_one());
            let Some(fleet) = &self.fleet else { return None };
            let seat = &fleet.seats[nth];
            let row = fleet.store.row();
            if self.is_running() && !seat.is_answered() {
                // nobody renews it
                next.push(Some(fleet.when(seat.lead().until())));
            }
            if self.stands_by(nth) {
                let asks = fleet.asks_at(nth, fleet.since(now));
                let comes_first = renewal.filter(|renewal| *renewal <= asks);
                next.push(match comes_first {
                    None => Some(fleet.when(asks)),
                    // late, and before anybody asks: what follows is seen then
                    Some(renewal) if renewal > row.until() => Some(fleet.when(renewal)),
                    Some(_) => None,
                });
            }
        }
        next.into_iter().flatten().min()
    }
}

/// The name under which the desk knows a delivery.
pub(super) const fn name_of(input: &Input) -> Option<&str> {
    if let Input::Slack(SlackInput { key, .. }) | Input::Notice(Notice { key, .. }) = input {
        Some(key.as_str())
    } else {
        None
    }
}

/// Whether people see what comes of it.
const fn is_seen(task: &Task) -> bool {
    match task {
        Task::Post { .. }
        | Task::PostWithPicture { .. }
        | Task::File { .. }
        | Task::Update { .. }
        | Task::Ephemeral { .. }
        | Task::Direct { .. }
        | Task::OpenForm { .. }
        | Task::PublishHome { .. }
        | Task::Call { .. }
        | Task::HangUp { .. }
        | Task::Ticket { .. }
        | Task::OpenTicket { .. }
        | Task::Mail { .. }
        | Task::SignIn { .. } => true,
        Task::Presence { .. } | Task::ReadGuide | Task::Probe { .. } => false,
    }
}
