//! The running bot: one loop that owns the engine and the errand runner, and what feeds it.
//!
//! Everything that changes the desk goes through the loop's queue and is durable before the sender hears of it. What waits in the
//! queue together is written together.

use crate::domain::desk::{Desk, Due};
use crate::domain::errand::{CallEvent, Service as Outer};
use crate::domain::ids::{CaseId, ErrandId, SlackUser};
use crate::domain::input::{Books, Input, Notice, SlackInput, TicketNews, TopicNews};
use crate::domain::message::Answer;
use crate::domain::policy::Admission;
use crate::domain::time::Time;
use crate::engine::{Engine, Follower, OfferError};
use crate::errands::{Attempt, Hands, Runner, Task, carry_out};
use crate::ingress::{self, Page, Taken, Unavailable};
use crate::journal::{JournalError, Store};
use crate::metrics::{ClockStep, Label, Metrics, Way};
use crate::ports::{Clock, CustomerSource, Feeds, PortError};
use crate::recovery::{Recovering, RecoveryError, first_inputs, read_back, read_directory};
use crate::web;
use crate::web::view::{self, BoardView, Story, Vitals};
use async_trait::async_trait;
use chrono::TimeDelta;
use futures_util::FutureExt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{Mutex, Notify, mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

mod health;
mod measured;
mod upkeep;
pub mod vigil;

pub use health::{ECHO_WITHIN, Health, NotReady};
use measured::Measured;

/// Inputs that may wait for the loop; more wait at their senders.
const QUEUE: usize = 1024;
/// How many inputs are written down together at the most.
const TOGETHER: usize = 128;
/// How often the journal is told that the process is alive.
const ALIVE_EVERY: Duration = Duration::from_secs(5);
/// How often it is looked whether this process leads still, where nothing else happens.
const LEAD_LOOKED_AT_EVERY: Duration = Duration::from_secs(1);
/// How long a start waits for Slack before timers run without what was missed: a page late by Slack's outage is worse than one
/// too many.
const SLACK_MUST_ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How long a start waits for the customer record when there is one that holds meanwhile.
const RECORD_WAITED_FOR: Duration = Duration::from_secs(1);
const SLACK_AGAIN_AFTER: Duration = Duration::from_secs(3);
/// How long an orderly stop waits for errands that are being carried out.
const LAND_WITHIN: Duration = Duration::from_secs(3);

/// Why the bot cannot run, or ran no longer.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal cannot be written.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// Slack refuses the bot.
    #[error("Slack이 봇을 받아들이지 않습니다: {0}. 토큰과 권한(manifest.yml)을 확인해 주십시오.")]
    Refused(PortError),
    /// Another one leads, or may by now: what is owed is its to carry out.
    #[error("다른 coc가 이끌 차례입니다. 이 프로세스는 물러나 대기합니다.")]
    SteppedDown,
    /// The loop is gone.
    #[error("당직 데스크가 멈췄습니다. 로그를 확인해 주십시오.")]
    Gone,
}

/// Where the loop answers to what it was asked to take.
type Answered = oneshot::Receiver<Result<Vec<Answer>, Unavailable>>;

enum Order {
    Take { inputs: Vec<Input>, answer: oneshot::Sender<Result<Vec<Answer>, Unavailable>> },
    Look(Box<dyn FnOnce(&Desk) + Send>),
    Landed { attempt: Box<Attempt>, result: Result<crate::domain::errand::Outcome, PortError> },
    ChatIsBack,
    Stop,
}

/// A hand on the running loop; clones are the same one.
#[derive(Clone)]
pub struct Handle {
    orders: mpsc::Sender<Order>,
    health: Arc<Health>,
    clock: Arc<dyn Clock>,
    /// Somebody changed a ticket at the support desk: they are worth counting.
    ticket_news: Arc<Notify>,
    /// The number of the desk's last record.
    changes: watch::Receiver<u64>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").field("health", &self.health).finish_non_exhaustive()
    }
}

/// The bot, running.
#[derive(Debug)]
pub struct Service {
    handle: Handle,
    body: JoinHandle<Result<(), ServiceError>>,
    side: JoinSet<()>,
}

impl Service {
    /// Opens the journal and starts the loop; then the customer record, who is who and what was missed is read. Returns when timers
    /// run. Whoever followed the journal until now (`followed`) reads no more of it than what came since. Without a source of the customer
    /// record the books' own holds.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn start(
        store: impl Store + 'static,
        followed: Option<Follower>,
        books: Books,
        hands: Hands,
        customers: Option<Arc<dyn CustomerSource>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ServiceError> {
        let health = Arc::new(Health::default());
        health.metrics.started(clock.now());
        let store = Measured { store, health: Arc::clone(&health) };
        let (mut engine, alive_until) = match followed {
            Some(follower) => Engine::lead(store, follower)?,
            None => Engine::open(store)?,
        };
        // before the loop turns once: nothing may be carried out until what was missed has been read
        let first = first_inputs(alive_until, &hands, books);
        engine.offer(clock.now(), first)?;
        let (orders, queue) = mpsc::channel(QUEUE);
        let changes = watch::Sender::new(engine.last_seq());
        let handle = Handle {
            orders: orders.clone(),
            changes: changes.subscribe(),
            health: Arc::clone(&health),
            clock: Arc::clone(&clock),
            ticket_news: Arc::default(),
        };
        let (chat, tickets) = (Arc::clone(&hands.chat), hands.tickets.clone());
        let body = Body {
            runner: Runner::new(engine.desk()),
            engine,
            hands,
            clock,
            orders: orders.downgrade(),
            health,
            changes,
            flights: JoinSet::new(),
        };
        let body = tokio::spawn(body.run(queue));
        let mut service = Self { handle: handle.clone(), body, side: JoinSet::new() };
        let read = Arc::clone(&chat);
        let mut record = upkeep::Reading::default();
        if let Some(source) = &customers {
            let has_record = handle.look(|desk| desk.record.as_of.is_some()).await?;
            let read = record.read(&handle, source.as_ref());
            if has_record {
                // nobody's page waits for a source that says nothing; it is asked again beside the desk
                let _ = tokio::time::timeout(RECORD_WAITED_FOR, read).await;
            } else {
                read.await;
            }
        }
        let complete = service.read_all(read.as_ref(), alive_until).await?;
        handle.offer(vec![Input::CaughtUp]).await?;
        handle.health.caught_up.store(true, Ordering::Relaxed);
        if let Some(tickets) = tickets {
            let news = Arc::clone(&handle.ticket_news);
            service.side.spawn(upkeep::keep_counts(handle.clone(), tickets, news));
        }
        if let Some(source) = customers {
            service.side.spawn(record.keep(handle.clone(), source));
        }
        service.side.spawn(upkeep::keep_directory(handle, chat, complete, alive_until));
        Ok(service)
    }

    /// Reads who is who and what was missed. `false`: Slack did not answer in time.
    async fn read_all(
        &mut self,
        chat: &dyn crate::ports::Chat,
        since: Option<Time>,
    ) -> Result<bool, ServiceError> {
        let began = Instant::now();
        loop {
            let knows = self.handle.look(|desk| !desk.directory.users.is_empty()).await?;
            let reading = read_once(&self.handle, chat, since);
            // many open threads are many questions, and Slack answers only so many a minute
            let read = match start_waits(began.elapsed(), knows) {
                None => reading.await,
                Some(left) => match tokio::time::timeout(left, reading).await {
                    Ok(read) => read,
                    Err(_) => {
                        tracing::warn!("what was missed is read beside the desk's work");
                        return Ok(false);
                    }
                },
            };
            match read {
                Ok(()) => return Ok(true),
                Err(RecoveryError::Offer(error)) => return Err(error.into()),
                Err(RecoveryError::Chat(error @ PortError::Permanent { .. })) => {
                    return Err(ServiceError::Refused(error));
                }
                Err(RecoveryError::Chat(error)) => {
                    tracing::warn!(%error, "Slack is not read back yet");
                    tokio::time::sleep(SLACK_AGAIN_AFTER).await;
                }
            }
        }
    }

    /// Reads AWS's status feeds from now on (H1).
    pub fn watch_feeds(&mut self, feeds: Arc<dyn Feeds>) {
        self.side.spawn(upkeep::keep_feeds(self.handle.clone(), feeds));
    }

    /// A hand on the loop.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Waits until the loop ends by itself, which it does only when the journal fails.
    ///
    /// # Errors
    /// Why it ended.
    pub async fn ended(&mut self) -> Result<(), ServiceError> {
        match (&mut self.body).await {
            Ok(result) => result,
            Err(_) => Err(ServiceError::Gone),
        }
    }

    /// Stops in order: what is under way is finished or left owed in the journal.
    ///
    /// # Errors
    /// Why it could not be finished.
    pub async fn stop(mut self) -> Result<(), ServiceError> {
        self.side.shutdown().await;
        if self.handle.orders.send(Order::Stop).await.is_err() {
            return self.ended().await;
        }
        self.ended().await
    }

    /// Is gone between two instructions, as if the machine had lost its power (practice).
    pub async fn kill(mut self) {
        self.side.abort_all();
        self.body.abort();
        // an aborted task says so; there is nothing else to hear
        let _ = self.body.await;
    }
}

/// How much longer a start that has waited so long waits for Slack, before it goes on without what was missed. `None`: until it comes. One that
/// never knew who is who would page nobody, and take no channel for one of its own.
fn start_waits(waited: Duration, knows_who_is_who: bool) -> Option<Duration> {
    knows_who_is_who.then(|| SLACK_MUST_ANSWER_WITHIN.saturating_sub(waited))
}

async fn read_once(
    handle: &Handle,
    chat: &dyn crate::ports::Chat,
    since: Option<Time>,
) -> Result<(), RecoveryError> {
    let mut into = handle.clone();
    read_directory(&mut into, chat).await?;
    read_back(&mut into, chat, since).await
}

impl Handle {
    /// Takes inputs; they are durable when this returns.
    ///
    /// # Errors
    /// When the journal did not keep them.
    pub async fn offer(&self, inputs: Vec<Input>) -> Result<Vec<Answer>, ServiceError> {
        match self.queue(inputs).await?.await {
            Ok(Ok(answers)) => Ok(answers),
            Ok(Err(Unavailable)) | Err(_) => Err(ServiceError::Gone),
        }
    }

    /// Puts inputs into the loop's queue: they are seen in the order in which this returns, and durable when the answer is there.
    async fn queue(&self, inputs: Vec<Input>) -> Result<Answered, ServiceError> {
        let (answer, answered) = oneshot::channel();
        let order = Order::Take { inputs, answer };
        self.orders.send(order).await.map_err(|_| ServiceError::Gone)?;
        Ok(answered)
    }

    /// Looks at the desk between two decisions.
    ///
    /// # Errors
    /// When the loop is gone.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Desk) -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let (seen, result) = oneshot::channel();
        let order = Order::Look(Box::new(move |desk| {
            // nobody waiting for the answer any more is no fault
            let _ = seen.send(look(desk));
        }));
        self.orders.send(order).await.map_err(|_| ServiceError::Gone)?;
        result.await.map_err(|_| ServiceError::Gone)
    }

    /// Somebody changed tickets at the support desk: they are counted again soon.
    pub fn count_tickets(&self) {
        self.ticket_news.notify_one();
    }

    /// What time it is for the desk.
    #[must_use]
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// What is measured.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.health.metrics
    }

    /// The bot's own state.
    #[must_use]
    pub fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }
}

#[async_trait]
impl Recovering for Handle {
    async fn offer(&mut self, inputs: Vec<Input>) -> Result<(), OfferError> {
        // a loop that is gone reports its own reason; here only that nothing was taken matters
        Handle::offer(self, inputs).await.map(drop).map_err(|_| OfferError::Gone)
    }

    async fn desk(&mut self) -> Desk {
        self.look(Desk::clone).await.unwrap_or_default()
    }

    fn now(&self) -> Time {
        self.clock.now()
    }
}

#[async_trait]
impl ingress::Hooks for Handle {
    async fn phoned(&self, call: ErrandId, event: CallEvent) -> Result<(), Unavailable> {
        let taken = Handle::offer(self, vec![Input::Phone { call, event }]).await;
        taken.map(drop).map_err(|_| Unavailable)
    }

    async fn page(&self, call: ErrandId) -> Result<Option<Page>, Unavailable> {
        let page = self.look(move |desk| {
            let about = desk.about_of(call)?.to_owned();
            Some(Page { call, about })
        });
        page.await.map_err(|_| Unavailable)
    }

    async fn pages(&self, reference: &str) -> Result<Vec<Page>, Unavailable> {
        let reference = reference.to_owned();
        let pages = self.look(move |desk| {
            let calls = desk.calls_of(&reference);
            calls.map(|(call, live)| Page { call, about: live.about.clone() }).collect()
        });
        pages.await.map_err(|_| Unavailable)
    }

    async fn ticket(&self, news: TicketNews) -> Result<(), Unavailable> {
        let taken = Handle::offer(self, vec![Input::Ticket(news)]).await;
        taken.map(drop).map_err(|_| Unavailable)
    }
}

#[async_trait]
impl ingress::Notices for Handle {
    async fn notice(&self, notice: Notice) -> Result<(), Unavailable> {
        let taken = Handle::offer(self, vec![Input::Notice(notice)]).await;
        taken.map(drop).map_err(|_| Unavailable)
    }

    async fn topic(&self, news: TopicNews) -> Result<(), Unavailable> {
        let taken = Handle::offer(self, vec![Input::Topic(news)]).await;
        taken.map(drop).map_err(|_| Unavailable)
    }

    async fn admits(&self, topic: &str) -> Result<Admission, Unavailable> {
        let topic = topic.to_owned();
        let admits = self.look(move |desk| desk.policy.value.intake.admits(&topic)).await;
        admits.map_err(|_| Unavailable)
    }

    async fn knows(&self, key: &str) -> Result<bool, Unavailable> {
        let key = key.to_owned();
        self.look(move |desk| desk.seen.contains_key(&key)).await.map_err(|_| Unavailable)
    }
}

#[async_trait]
impl web::Watched for Handle {
    async fn board(&self) -> Result<BoardView, web::Gone> {
        let (now, vitals) = (self.now(), Vitals { ready: self.health.is_ready() });
        self.look(move |desk| view::board(desk, vitals, now)).await.map_err(|_| web::Gone)
    }

    async fn story(&self, id: CaseId) -> Result<Option<Story>, web::Gone> {
        let now = self.now();
        self.look(move |desk| view::story(desk, id, now)).await.map_err(|_| web::Gone)
    }

    async fn admits(&self, user: &SlackUser) -> Result<Option<web::Admitted>, web::Gone> {
        let user = user.clone();
        let admitted = move |desk: &Desk| {
            let session = desk.policy.value.board.session.delta();
            desk.sees_board(&user).then(|| web::Admitted { name: desk.name_of(&user), session })
        };
        self.look(admitted).await.map_err(|_| web::Gone)
    }

    fn changes(&self) -> Result<watch::Receiver<u64>, web::Gone> {
        Ok(self.changes.clone())
    }

    fn now(&self) -> Time {
        self.clock.now()
    }
}

/// The desk as Slack's ingress sees it.
pub struct Intake {
    handle: Handle,
    chat: Arc<dyn crate::ports::Chat>,
    /// Since when the line is down; what happened meanwhile is read back when it is up again.
    down_since: Mutex<Option<Time>>,
}

impl Intake {
    /// An intake for this bot. `since`: from when on nothing was listened to.
    #[must_use]
    pub fn new(handle: Handle, chat: Arc<dyn crate::ports::Chat>, since: Time) -> Self {
        Self { handle, chat, down_since: Mutex::new(Some(since)) }
    }
}

#[async_trait]
impl ingress::Desk for Intake {
    async fn take(&self, input: SlackInput) -> Result<Answer, Unavailable> {
        self.hand_over(input).await?.await
    }

    async fn hand_over(&self, input: SlackInput) -> Result<Taken, Unavailable> {
        let queued = self.handle.queue(vec![Input::Slack(input)]).await;
        let answered = queued.map_err(|_| Unavailable)?;
        let taken = async move {
            match answered.await {
                Ok(Ok(mut answers)) => Ok(answers.pop().unwrap_or_default()),
                Ok(Err(Unavailable)) | Err(_) => Err(Unavailable),
            }
        };
        Ok(taken.boxed())
    }

    async fn connected(&self, up: bool) {
        self.handle.health.connected.store(up, Ordering::Relaxed);
        self.handle.metrics().slack_is_up(up);
        self.handle.health.line_is_new();
        let mut down_since = self.down_since.lock().await;
        if !up {
            *down_since = Some(self.handle.clock.now());
            return;
        }
        let Some(since) = down_since.take() else { return };
        // a loop that is gone has nothing left to hurry
        let _ = self.handle.orders.send(Order::ChatIsBack).await;
        let (mut handle, chat) = (self.handle.clone(), Arc::clone(&self.chat));
        tokio::spawn(async move {
            if let Err(error) = read_back(&mut handle, chat.as_ref(), Some(since)).await {
                tracing::warn!(%error, "not everything was read back after the line was down");
            }
        });
    }

    fn heard(&self) {
        self.handle.metrics().heard(self.handle.now());
    }

    fn delivered(&self, own: bool) {
        self.handle.health.delivered(own);
        self.handle.metrics().event(self.handle.now());
    }

    fn acknowledged(&self, way: Way, took: Duration) {
        self.handle.metrics().acknowledged(way, took);
    }
}

struct Body<S> {
    engine: Engine<Measured<S>>,
    runner: Runner,
    hands: Hands,
    clock: Arc<dyn Clock>,
    orders: mpsc::WeakSender<Order>,
    health: Arc<Health>,
    /// Who looks at the desk without asking anything of it is told that it is another.
    changes: watch::Sender<u64>,
    flights: JoinSet<()>,
}

impl<S: Store> Body<S> {
    async fn run(mut self, mut queue: mpsc::Receiver<Order>) -> Result<(), ServiceError> {
        let ended = self.serve(&mut queue).await;
        if let Err(error) = &ended {
            self.health.journal_closed.store(true, Ordering::Relaxed);
            tracing::error!(%error, "the desk stops");
        }
        ended
    }

    async fn serve(&mut self, queue: &mut mpsc::Receiver<Order>) -> Result<(), ServiceError> {
        let mut alive = tokio::time::interval(ALIVE_EVERY);
        let mut lead = tokio::time::interval(LEAD_LOOKED_AT_EVERY);
        let mut waiting = Vec::with_capacity(TOGETHER);
        // of the machine, for a clock of practice is set all the time
        let mut watched = Watched::new(WallClock.now());
        loop {
            self.health.turned();
            if let Some(step) = watched.step(WallClock.now()) {
                tracing::warn!(?step, "the clock was set; what is due now is done now");
                self.health.metrics.clock_stepped(step);
            }
            let until = self.move_on()?;
            let last = self.engine.last_seq();
            self.changes.send_if_modified(|told| std::mem::replace(told, last) != last);
            tokio::select! {
                biased;
                count = queue.recv_many(&mut waiting, TOGETHER) => {
                    if count == 0 || self.take(&mut waiting)? {
                        return self.land(queue).await;
                    }
                }
                () = self.clock.sleep_until(until) => {}
                _ = alive.tick() => self.engine.note_alive(self.clock.now()),
                // moving on asks for it
                _ = lead.tick() => {}
            }
            while self.flights.try_join_next().is_some() {}
        }
    }

    /// Timers that are due, and errands that may be attempted. Returns when to look again.
    fn move_on(&mut self) -> Result<Option<Time>, ServiceError> {
        loop {
            if !self.engine.leads() {
                return Err(ServiceError::SteppedDown);
            }
            let now = self.clock.now();
            // when many promises end together, none of them waits for the disk once for each before it
            let woken = self.engine.wake(now, TOGETHER)?;
            if !woken.is_empty() {
                for due in woken {
                    self.health.metrics.woke(now - due.at());
                }
                continue;
            }
            let ready = self.runner.ready(self.engine.desk(), now);
            for attempt in ready.attempts {
                self.send_out(attempt);
            }
            if !ready.settled.is_empty() {
                self.offer(now, ready.settled)?;
                continue;
            }
            let wake = self.engine.desk().next_due().map(Due::at);
            return Ok([wake, ready.again_at].into_iter().flatten().min());
        }
    }

    /// Hands inputs to the engine and counts what they come to.
    fn offer(&mut self, now: Time, inputs: Vec<Input>) -> Result<Vec<Answer>, OfferError> {
        let desk = self.engine.desk();
        let told: Vec<Told> = inputs.iter().filter_map(|input| Told::of(desk, input)).collect();
        let answers = self.engine.offer(now, inputs)?;
        for one in told {
            one.count(&self.health.metrics);
        }
        Ok(answers)
    }

    fn send_out(&mut self, attempt: Attempt) {
        let (hands, orders) = (self.hands.clone(), self.orders.clone());
        let health = Arc::clone(&self.health);
        let kind = self.engine.desk().errands.get(&attempt.id).map(|one| Label::from(&one.kind));
        self.flights.spawn(async move {
            let began = Instant::now();
            let result = carry_out(&hands, &attempt).await;
            if let Some(kind) = kind {
                health.metrics.attempted(kind, &result, began.elapsed());
            }
            // an own post comes back as an event; one that was found stood before
            if matches!(attempt.task, Task::Post { .. }) && result.is_ok() && !attempt.look_first {
                health.posted(began);
            }
            if let Some(orders) = orders.upgrade() {
                let landed = Order::Landed { attempt: Box::new(attempt), result };
                // a loop that is gone left the errand owed in the journal
                let _ = orders.send(landed).await;
            }
        });
    }

    /// Takes what waited; all inputs of it are written down together. `true`: an orderly stop was asked for.
    fn take(&mut self, waiting: &mut Vec<Order>) -> Result<bool, ServiceError> {
        let now = self.clock.now();
        let mut stop = false;
        let mut inputs = Vec::new();
        let mut asking = Vec::new();
        for order in waiting.drain(..) {
            match order {
                Order::Take { inputs: more, answer } => {
                    asking.push((answer, more.len()));
                    inputs.extend(more);
                }
                Order::Landed { attempt, result } => {
                    let done = self.runner.done(self.engine.desk(), &attempt, result, now);
                    if !done.is_empty() {
                        // between answers that are awaited their own answers are counted to nobody
                        let (nobody, _) = oneshot::channel();
                        asking.push((nobody, done.len()));
                        inputs.extend(done);
                    }
                }
                Order::Look(look) => look(self.engine.desk()),
                Order::ChatIsBack => self.runner.chat_is_back(),
                Order::Stop => stop = true,
            }
        }
        match self.offer(now, inputs) {
            Ok(answers) => {
                let mut answers = answers.into_iter();
                for (asker, count) in asking {
                    // an asker who went away is no fault: the input is durable
                    let _ = asker.send(Ok(answers.by_ref().take(count).collect()));
                }
            }
            Err(error @ OfferError::NotKept(_)) => {
                tracing::error!(%error, "inputs were not kept");
                for (asker, _) in asking {
                    let _ = asker.send(Err(Unavailable));
                }
            }
            Err(error) => {
                for (asker, _) in asking {
                    let _ = asker.send(Err(Unavailable));
                }
                return Err(error.into());
            }
        }
        Ok(stop)
    }

    /// An orderly stop: what is in the air may land, the rest stays owed.
    async fn land(&mut self, queue: &mut mpsc::Receiver<Order>) -> Result<(), ServiceError> {
        let landed = tokio::time::timeout(LAND_WITHIN, async {
            while !self.runner.is_idle() {
                let Some(order) = queue.recv().await else { break };
                self.take(&mut vec![order])?;
            }
            Ok::<(), ServiceError>(())
        });
        match landed.await {
            Ok(result) => result?,
            Err(_) => tracing::warn!("errands under way are left owed in the journal"),
        }
        let now = self.clock.now();
        self.offer(now, vec![Input::Stopping])?;
        self.engine.snapshot();
        self.engine.note_alive(now);
        Ok(())
    }
}

/// Something of an input that is counted once it is durable.
#[derive(Clone, Copy, Debug)]
enum Told {
    Settled(Label, Label),
    Trouble(Outer),
}

impl Told {
    fn of(desk: &Desk, input: &Input) -> Option<Self> {
        if let Input::Settled { errand, outcome } = input {
            let errand = desk.errands.get(errand)?;
            return Some(Self::Settled(Label::from(&errand.kind), Label::from(outcome)));
        }
        if let Input::Trouble { service, .. } = input
            && !desk.in_trouble(*service)
        {
            return Some(Self::Trouble(*service));
        }
        None
    }

    fn count(self, metrics: &Metrics) {
        match self {
            Self::Settled(kind, outcome) => metrics.settled(kind, outcome),
            Self::Trouble(service) => metrics.trouble(service),
        }
    }
}

/// The wall clock beside one that nobody sets.
struct Watched {
    wall: Time,
    steady: Instant,
}

/// The two are apart by so much only when somebody set the wall clock.
const STEP: TimeDelta = TimeDelta::seconds(2);

impl Watched {
    fn new(wall: Time) -> Self {
        Self { wall, steady: Instant::now() }
    }

    fn step(&mut self, wall: Time) -> Option<ClockStep> {
        let passed = TimeDelta::from_std(self.steady.elapsed()).unwrap_or_default();
        let apart = (wall - self.wall) - passed;
        *self = Self::new(wall);
        if apart >= STEP {
            Some(ClockStep::Forward)
        } else if apart <= -STEP {
            Some(ClockStep::Back)
        } else {
            None
        }
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallClock;

/// Today in Seoul.
#[must_use]
pub fn today() -> chrono::NaiveDate {
    WallClock.now().date_naive()
}

/// Timers look at the wall clock at least this often, so that a clock that is set is noticed.
const LOOK_AT_LEAST_EVERY: TimeDelta = TimeDelta::seconds(30);

#[async_trait]
impl Clock for WallClock {
    fn now(&self) -> Time {
        #[expect(clippy::disallowed_methods, reason = "the one real clock")]
        let now = chrono::Utc::now();
        crate::domain::time::in_seoul(&now)
    }

    async fn sleep_until(&self, at: Option<Time>) {
        let now = self.now();
        let until = at.map_or(LOOK_AT_LEAST_EVERY, |at| (at - now).min(LOOK_AT_LEAST_EVERY));
        tokio::time::sleep(until.to_std().unwrap_or(Duration::ZERO)).await;
    }
}

/// A clock that people move (practice): it starts somewhere, runs at a speed, and can be set on.
#[derive(Debug)]
pub struct PracticeClock {
    state: std::sync::Mutex<Turned>,
    moved: watch::Sender<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Turned {
    /// The practice time at `since`.
    at: Time,
    since: Instant,
    speed: f64,
}

impl PracticeClock {
    /// A clock that shows `at` now and runs as fast as time.
    #[must_use]
    pub fn new(at: Time) -> Self {
        Self::at_speed(at, 1.0)
    }

    /// A clock that shows `at` and stands.
    #[must_use]
    pub fn standing(at: Time) -> Self {
        Self::at_speed(at, 0.0)
    }

    fn at_speed(at: Time, speed: f64) -> Self {
        let turned = Turned { at, since: Instant::now(), speed };
        Self { state: std::sync::Mutex::new(turned), moved: watch::Sender::new(0) }
    }

    fn turned(&self) -> std::sync::MutexGuard<'_, Turned> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// How many seconds pass in one.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.turned().speed
    }

    /// Sets it on; it never goes back.
    pub fn advance_to(&self, at: Time) {
        let now = self.now();
        let mut turned = self.turned();
        turned.at = at.max(now);
        turned.since = Instant::now();
        drop(turned);
        self.moved.send_modify(|n| *n += 1);
    }

    /// From now on so many seconds pass in one; 0 stops it.
    pub fn set_speed(&self, speed: f64) {
        let now = self.now();
        let mut turned = self.turned();
        *turned = Turned { at: now, since: Instant::now(), speed: speed.clamp(0.0, 3600.0) };
        drop(turned);
        self.moved.send_modify(|n| *n += 1);
    }
}

#[async_trait]
impl Clock for PracticeClock {
    fn now(&self) -> Time {
        let turned = *self.turned();
        let passed = turned.since.elapsed().mul_f64(turned.speed);
        turned.at + TimeDelta::from_std(passed).unwrap_or_default()
    }

    async fn sleep_until(&self, at: Option<Time>) {
        let mut moved = self.moved.subscribe();
        let Some(at) = at else {
            // the sender lives as long as this clock
            let _ = moved.changed().await;
            return;
        };
        let (left, speed) = ((at - self.now()).to_std().unwrap_or(Duration::ZERO), self.speed());
        if speed <= 0.0 && !left.is_zero() {
            let _ = moved.changed().await;
            return;
        }
        let real = if left.is_zero() { left } else { left.div_f64(speed) };
        tokio::select! {
            () = tokio::time::sleep(real) => {}
            _ = moved.changed() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_start_of_all_waits_for_slack_and_later_ones_do_not_wait_for_long() {
        let seconds = Duration::from_secs;
        assert_eq!(start_waits(seconds(20), true), Some(seconds(40)));
        assert_eq!(start_waits(seconds(61), true), Some(Duration::ZERO), "pages wait no longer");
        assert_eq!(start_waits(seconds(3_600), false), None, "a request would be turned away");
    }

    #[test]
    fn a_clock_that_is_set_is_noticed_and_one_that_runs_is_not() {
        let at = WallClock.now();
        let step = |seconds| Watched::new(at).step(at + TimeDelta::seconds(seconds));
        assert_eq!(step(0), None);
        assert_eq!(step(1), None);
        assert_eq!(step(-1), None);
        assert_eq!(step(3_600), Some(ClockStep::Forward));
        assert_eq!(step(-3_600), Some(ClockStep::Back));
        let mut watched = Watched::new(at);
        assert_eq!(watched.step(at - TimeDelta::hours(1)), Some(ClockStep::Back));
        assert_eq!(watched.step(at - TimeDelta::hours(1)), None, "told once");
    }
}
