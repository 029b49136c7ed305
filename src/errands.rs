//! Carrying out what the desk owes: in order within a thread, pages first, within Slack's limits, again after failures, and
//! looking before repeating.
//!
//! [`Runner`] decides which errand may be attempted now and what a failure means; it does no I/O and is told the time, so that
//! production, replay and tests share it. [`carry_out`] is the attempt itself.

use crate::domain::desk::Desk;
use crate::domain::errand::{Anchor, Errand, ErrandKind, Outcome, Place};
use crate::domain::ids::{ChannelId, ErrandId, MessageRef, Name, PhoneNumber, SlackUser, Ts};
use crate::domain::input::{Input, ReplyTo};
use crate::domain::message::{Form, Message};
use crate::domain::time::Time;
use crate::ports::{Chat, Library, Phone, PortError};
use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::TimeDelta;
use governor::clock::FakeRelativeClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// How many attempts may be under way at once.
const AT_ONCE: usize = 8;
/// How long Slack's trigger opens a form.
const TRIGGER_LIVES: TimeDelta = TimeDelta::seconds(3);
/// How long Slack takes an answer to one person alone.
const ANSWER_LIVES: TimeDelta = TimeDelta::minutes(30);
/// How long a decision waits for Slack's word on somebody's presence (A1).
const PRESENCE_WAITS: TimeDelta = TimeDelta::seconds(30);
/// How long a call that should end is still worth ending.
const HANG_UP_WAITS: TimeDelta = TimeDelta::minutes(2);

/// What an attempt needs of the world.
#[derive(Clone)]
pub struct Hands {
    /// Slack.
    pub chat: Arc<dyn Chat>,
    /// The carrier, where one is configured.
    pub phone: Option<Arc<dyn Phone>>,
    /// The data folder.
    pub library: Arc<dyn Library>,
}

/// An errand that may be attempted now, with everything resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which errand.
    pub id: ErrandId,
    /// Since when it is owed.
    pub since: Time,
    /// It may have happened already: look first.
    pub look_first: bool,
    /// What to do.
    pub task: Task,
}

/// What an attempt does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Post a message.
    Post {
        /// Where.
        channel: ChannelId,
        /// In which thread.
        thread: Option<Ts>,
        /// What.
        message: Message,
    },
    /// Change an own message.
    Update {
        /// The errand that posted it, whose name stays on it.
        post: ErrandId,
        /// Where it stands.
        at: MessageRef,
        /// What it says now.
        message: Message,
    },
    /// Answer one person alone.
    Ephemeral {
        /// Who.
        to: SlackUser,
        /// Where.
        reply: ReplyTo,
        /// What.
        message: Message,
    },
    /// Write to one person.
    Direct {
        /// Who.
        to: SlackUser,
        /// What.
        message: Message,
    },
    /// Open a form.
    OpenForm {
        /// For whom.
        to: SlackUser,
        /// Slack's trigger.
        trigger: String,
        /// The form.
        form: Form,
    },
    /// Publish the home of one person.
    PublishHome {
        /// Whose.
        to: SlackUser,
        /// What stands there.
        message: Message,
    },
    /// Place a call.
    Call {
        /// Who.
        to: Name,
        /// The number.
        number: PhoneNumber,
        /// What the voice says.
        about: String,
    },
    /// End a call.
    HangUp {
        /// Who was called.
        to: Name,
        /// The carrier's name for it.
        reference: String,
    },
    /// Ask Slack about somebody.
    Presence {
        /// Whom.
        of: SlackUser,
    },
    /// Read the guide anew.
    ReadGuide,
}

impl Task {
    /// Whether Slack must do it.
    #[must_use]
    pub const fn needs_chat(&self) -> bool {
        !matches!(self, Self::Call { .. } | Self::HangUp { .. } | Self::ReadGuide)
    }
}

/// Does it.
///
/// # Errors
/// As the port says.
pub async fn carry_out(hands: &Hands, attempt: &Attempt) -> Result<Outcome, PortError> {
    let chat = &hands.chat;
    match &attempt.task {
        Task::Post { channel, thread, message } => {
            if attempt.look_first
                && let Some(found) =
                    chat.find_post(attempt.id, channel, thread.as_ref(), attempt.since).await?
            {
                return Ok(Outcome::Posted(found));
            }
            let posted = chat.post(attempt.id, channel, thread.as_ref(), message).await?;
            Ok(Outcome::Posted(posted))
        }
        Task::Update { post, at, message } => {
            chat.update(*post, at, message).await?;
            Ok(Outcome::Done)
        }
        Task::Ephemeral { to, reply, message } => {
            chat.ephemeral(to, reply, message).await?;
            Ok(Outcome::Done)
        }
        Task::Direct { to, message } => {
            if attempt.look_first {
                let there = ChannelId::from(to.as_str());
                match chat.find_post(attempt.id, &there, None, attempt.since).await {
                    Ok(Some(_)) => return Ok(Outcome::Done),
                    // where direct messages may not be read, one too many is better than none
                    Ok(None) | Err(PortError::Permanent { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            chat.direct(attempt.id, to, message).await?;
            Ok(Outcome::Done)
        }
        Task::OpenForm { to, trigger, form } => {
            chat.open_form(to, trigger, form).await?;
            Ok(Outcome::Done)
        }
        Task::PublishHome { to, message } => {
            chat.publish_home(to, message).await?;
            Ok(Outcome::Done)
        }
        Task::Presence { of } => Ok(Outcome::Presence(chat.presence(of).await?)),
        Task::ReadGuide => Ok(match hands.library.guide() {
            Ok(text) => Outcome::Guide { text },
            Err(why) => Outcome::Refused { why },
        }),
        Task::Call { to, number, about } => {
            let phone = carrier(hands)?;
            if attempt.look_first
                && let Some(reference) = phone.find_call(attempt.id, number, attempt.since).await?
            {
                return Ok(Outcome::Placed { reference, to: to.clone() });
            }
            let reference = phone.call(attempt.id, to, number, about).await?;
            Ok(Outcome::Placed { reference, to: to.clone() })
        }
        Task::HangUp { to, reference } => {
            carrier(hands)?.hang_up(reference, to).await?;
            Ok(Outcome::Done)
        }
    }
}

fn carrier(hands: &Hands) -> Result<&Arc<dyn Phone>, PortError> {
    let missing = || PortError::Permanent {
        why: "전화 발신이 설정되어 있지 않습니다".to_owned()
    };
    hands.phone.as_ref().ok_or_else(missing)
}

/// Told the time rather than reading it, like everything here.
type ChannelLimits =
    RateLimiter<ChannelId, HashMapStateStore<ChannelId>, FakeRelativeClock, NoOpMiddleware<Nanos>>;

/// Which errand may be attempted now.
pub struct Runner {
    /// Errands that are being attempted, and whether Slack does them.
    flying: BTreeMap<ErrandId, bool>,
    /// Errands whose fate is not known: owed before this process began, or an attempt's answer never came.
    doubtful: BTreeSet<ErrandId>,
    /// When an errand may be tried again, and how often it was.
    waits: BTreeMap<ErrandId, (Time, usize)>,
    /// Failures of Slack in a row, and until when it is left alone.
    chat_failures: usize,
    chat_rests_until: Option<Time>,
    /// Channels that Slack asked us to leave alone for a while.
    channels_rest_until: BTreeMap<ChannelId, Time>,
    /// One post a second in a channel, with a burst.
    limits: ChannelLimits,
    limits_clock: FakeRelativeClock,
    limits_at: Option<Time>,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner")
            .field("flying", &self.flying)
            .field("doubtful", &self.doubtful)
            .field("waits", &self.waits)
            .field("chat_failures", &self.chat_failures)
            .finish_non_exhaustive()
    }
}

/// What the runner makes of the desk now.
#[derive(Debug, Default)]
pub struct Ready {
    /// To be attempted, in this order; they count as being attempted from now on.
    pub attempts: Vec<Attempt>,
    /// What is known without an attempt: errands whose time is over.
    pub settled: Vec<Input>,
    /// When to ask again, if nothing else happens.
    pub again_at: Option<Time>,
}

const BURST: NonZeroU32 = match NonZeroU32::new(10) {
    Some(n) => n,
    None => panic!("ten is not zero"),
};
const A_SECOND: NonZeroU32 = match NonZeroU32::new(1) {
    Some(n) => n,
    None => panic!("one is not zero"),
};

impl Runner {
    /// A runner for a process that starts with this desk: whatever is owed already may have happened.
    #[must_use]
    pub fn new(desk: &Desk) -> Self {
        let limits_clock = FakeRelativeClock::default();
        let quota = Quota::per_second(A_SECOND).allow_burst(BURST);
        Self {
            flying: BTreeMap::new(),
            doubtful: desk.errands.keys().copied().collect(),
            waits: BTreeMap::new(),
            chat_failures: 0,
            chat_rests_until: None,
            channels_rest_until: BTreeMap::new(),
            limits: RateLimiter::new(quota, HashMapStateStore::default(), limits_clock.clone()),
            limits_clock,
            limits_at: None,
        }
    }

    /// Whether anything is being attempted.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.flying.is_empty()
    }

    /// Slack is known to work again: nothing waits for its sake any more.
    pub fn chat_is_back(&mut self) {
        self.chat_failures = 0;
        self.chat_rests_until = None;
        self.channels_rest_until.clear();
        self.waits.clear();
    }

    /// What may be attempted now. Within a thread the order of owing is kept; between threads the more urgent goes first.
    pub fn ready(&mut self, desk: &Desk, now: Time) -> Ready {
        self.waits.retain(|id, _| desk.errands.contains_key(id));
        self.doubtful.retain(|id| desk.errands.contains_key(id));
        self.tick(now);
        let mut ready = Ready::default();
        let again = |at: Time, ready: &mut Ready| {
            ready.again_at = Some(ready.again_at.map_or(at, |other: Time| other.min(at)));
        };
        let mut lanes = BTreeSet::new();
        let mut owed: Vec<&Errand> = desk.owed().collect();
        owed.sort_by_key(|errand| (errand.urgency, errand.id));
        // the head of each lane is its oldest errand, however urgent those behind it are
        let heads = lane_heads(&owed);
        for errand in owed {
            if self.flying.contains_key(&errand.id) {
                continue;
            }
            if let Some(over) = expiry(errand)
                && over <= now
            {
                ready.settled.push(Input::Settled { errand: errand.id, outcome: Outcome::Expired });
                continue;
            }
            if let Some(lane) = lane(errand)
                && (heads.get(&lane) != Some(&errand.id) || !lanes.insert(lane))
            {
                continue;
            }
            if let Some((until, _)) = self.waits.get(&errand.id)
                && *until > now
            {
                again(expiry(errand).map_or(*until, |over| over.min(*until)), &mut ready);
                continue;
            }
            let task = match resolve(desk, errand, now) {
                Resolved::Task(task) => task,
                Resolved::NotYet => continue,
                Resolved::Never(why) => {
                    let outcome = Outcome::Refused { why: why.to_owned() };
                    ready.settled.push(Input::Settled { errand: errand.id, outcome });
                    continue;
                }
            };
            if self.flying.len() >= AT_ONCE {
                break;
            }
            if task.needs_chat() {
                if let Some(until) = self.chat_rests_until
                    && until > now
                {
                    again(expiry(errand).map_or(until, |over| over.min(until)), &mut ready);
                    continue;
                }
                // after a failure one attempt at a time feels whether Slack is back
                if self.chat_failures > 0 && self.flying.values().any(|chat| *chat) {
                    continue;
                }
            }
            if let Task::Post { channel, .. } = &task {
                if let Some(until) = self.channels_rest_until.get(channel)
                    && *until > now
                {
                    again(*until, &mut ready);
                    continue;
                }
                if let Err(not_until) = self.limits.check_key(channel) {
                    let wait =
                        not_until.wait_time_from(governor::clock::Clock::now(&self.limits_clock));
                    again(now + delta(wait).max(TimeDelta::milliseconds(1)), &mut ready);
                    continue;
                }
            }
            self.flying.insert(errand.id, task.needs_chat());
            ready.attempts.push(Attempt {
                id: errand.id,
                since: errand.since,
                look_first: self.doubtful.contains(&errand.id),
                task,
            });
        }
        ready
    }

    /// Takes attempts back that were not begun.
    pub fn give_back(&mut self, attempts: &[Attempt]) {
        for attempt in attempts {
            self.flying.remove(&attempt.id);
        }
    }

    fn tick(&mut self, now: Time) {
        if let Some(before) = self.limits_at
            && let Ok(passed) = (now - before).to_std()
        {
            self.limits_clock.advance(passed);
        }
        self.limits_at = Some(self.limits_at.map_or(now, |before| before.max(now)));
    }

    /// What an attempt came to. Returns the outcome for the desk, or nothing when it will be tried again.
    pub fn done(
        &mut self,
        desk: &Desk,
        attempt: &Attempt,
        result: Result<Outcome, PortError>,
        now: Time,
    ) -> Option<Input> {
        self.flying.remove(&attempt.id);
        let chat = attempt.task.needs_chat();
        let error = match result {
            Ok(outcome) => {
                if chat {
                    self.chat_failures = 0;
                    self.chat_rests_until = None;
                }
                self.doubtful.remove(&attempt.id);
                return Some(Input::Settled { errand: attempt.id, outcome });
            }
            Err(error) => error,
        };
        tracing::warn!(errand = %attempt.id, %error, "attempt failed");
        let (why, retry_after) = match error {
            PortError::Permanent { why } => {
                if chat {
                    self.chat_failures = 0;
                }
                self.doubtful.remove(&attempt.id);
                return Some(refused(attempt.id, why));
            }
            PortError::Transient { why, retry_after } => (why, retry_after),
            PortError::Unknown { why } => {
                self.doubtful.insert(attempt.id);
                (why, None)
            }
        };
        match &attempt.task {
            // a telephone that does not work is COC's at once (reading 10), unless it may be ringing already
            Task::Call { .. } if !self.doubtful.contains(&attempt.id) || attempt.look_first => {
                return Some(refused(attempt.id, why));
            }
            Task::HangUp { .. } | Task::Call { .. } => {}
            Task::Post { channel, .. } if retry_after.is_some() => {
                let wait = retry_after.map_or(TimeDelta::seconds(1), delta);
                self.channels_rest_until.insert(channel.clone(), now + wait);
                return None;
            }
            Task::Post { .. }
            | Task::Update { .. }
            | Task::Ephemeral { .. }
            | Task::Direct { .. }
            | Task::OpenForm { .. }
            | Task::PublishHome { .. }
            | Task::Presence { .. } => {
                let wait = retry_after.map_or_else(|| pause(self.chat_failures), delta);
                self.chat_failures += 1;
                self.chat_rests_until = Some(now + wait);
                return None;
            }
            Task::ReadGuide => return Some(refused(attempt.id, why)),
        }
        let tries = self.waits.get(&attempt.id).map_or(0, |(_, tries)| *tries);
        if desk.errands.contains_key(&attempt.id) {
            self.waits.insert(attempt.id, (now + pause(tries), tries + 1));
        }
        None
    }
}

fn refused(errand: ErrandId, why: String) -> Input {
    Input::Settled { errand, outcome: Outcome::Refused { why } }
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

/// The pause after the n-th failure in a row: 1 s, doubled each time, 15 s at the most.
fn pause(failures: usize) -> TimeDelta {
    let mut pauses = ExponentialBuilder::default()
        .with_min_delay(Duration::from_secs(1))
        .with_max_delay(Duration::from_secs(15))
        .without_max_times()
        .build();
    pauses.nth(failures.min(8)).map_or(TimeDelta::seconds(15), delta)
}

/// Errands of one lane go one after the other, in the order in which they are owed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    Thread(ChannelId, Thread),
    Person(SlackUser),
    Phone(Name),
    Post(ErrandId),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thread {
    Under(Ts),
    UnderPost(ErrandId),
}

fn lane(errand: &Errand) -> Option<Lane> {
    match &errand.kind {
        ErrandKind::Post { place: Place { channel, thread }, .. } => {
            let thread = match thread {
                // posts of a channel itself need no order among themselves: the more urgent goes first
                None => return None,
                Some(Anchor::Message(ts)) => Thread::Under(ts.clone()),
                Some(Anchor::PostOf(id)) => Thread::UnderPost(*id),
            };
            Some(Lane::Thread(channel.clone(), thread))
        }
        ErrandKind::Update { post, .. } => Some(Lane::Post(*post)),
        ErrandKind::Direct { to, .. } | ErrandKind::Ephemeral { to, .. } => {
            Some(Lane::Person(to.clone()))
        }
        ErrandKind::Call { to, .. } | ErrandKind::HangUp { to, .. } => {
            Some(Lane::Phone(to.clone()))
        }
        ErrandKind::OpenForm { .. }
        | ErrandKind::PublishHome { .. }
        | ErrandKind::ReadGuide { .. }
        | ErrandKind::Presence { .. } => None,
    }
}

fn lane_heads(owed: &[&Errand]) -> BTreeMap<Lane, ErrandId> {
    let mut heads: BTreeMap<Lane, ErrandId> = BTreeMap::new();
    for errand in owed {
        if let Some(lane) = lane(errand) {
            let head = heads.entry(lane).or_insert(errand.id);
            *head = (*head).min(errand.id);
        }
    }
    heads
}

/// When an errand is of no use any more.
fn expiry(errand: &Errand) -> Option<Time> {
    match &errand.kind {
        ErrandKind::OpenForm { .. } => Some(errand.since + TRIGGER_LIVES),
        ErrandKind::Ephemeral { .. } => Some(errand.since + ANSWER_LIVES),
        ErrandKind::Presence { .. } => Some(errand.since + PRESENCE_WAITS),
        ErrandKind::HangUp { .. } => Some(errand.since + HANG_UP_WAITS),
        ErrandKind::Post { .. }
        | ErrandKind::Update { .. }
        | ErrandKind::Direct { .. }
        | ErrandKind::PublishHome { .. }
        | ErrandKind::ReadGuide { .. }
        | ErrandKind::Call { .. } => None,
    }
}

enum Resolved {
    Task(Task),
    NotYet,
    Never(&'static str),
}

/// The errand with its references looked up and its relative times settled.
fn resolve(desk: &Desk, errand: &Errand, now: Time) -> Resolved {
    let worded =
        |message: &Message| message.at(now, errand.since, desk.clock_of(errand).unwrap_or(now));
    Resolved::Task(match &errand.kind {
        ErrandKind::Post { place, message } => {
            let thread = match thread_root(desk, place) {
                Root::None => None,
                Root::At(ts) => Some(ts),
                Root::NotYet => return Resolved::NotYet,
                Root::Never => return Resolved::Never("스레드의 첫 글이 올라가지 못했습니다"),
            };
            Task::Post { channel: place.channel.clone(), thread, message: worded(message) }
        }
        ErrandKind::Update { post, message } => match desk.posts.get(post) {
            Some(own) => Task::Update { post: *post, at: own.at.clone(), message: worded(message) },
            None if desk.errands.contains_key(post) => return Resolved::NotYet,
            None => return Resolved::Never("고칠 글이 없습니다"),
        },
        ErrandKind::Ephemeral { to, reply, message } => {
            Task::Ephemeral { to: to.clone(), reply: reply.clone(), message: worded(message) }
        }
        ErrandKind::Direct { to, message } => {
            Task::Direct { to: to.clone(), message: worded(message) }
        }
        ErrandKind::OpenForm { to, trigger, form } => {
            Task::OpenForm { to: to.clone(), trigger: trigger.clone(), form: form.clone() }
        }
        ErrandKind::PublishHome { to, message } => {
            Task::PublishHome { to: to.clone(), message: worded(message) }
        }
        ErrandKind::Call { to, number, about } => {
            Task::Call { to: to.clone(), number: number.clone(), about: about.clone() }
        }
        ErrandKind::HangUp { call, to } => match desk.calls.get(call) {
            Some(live) => Task::HangUp { to: to.clone(), reference: live.reference.clone() },
            None => return Resolved::Never("이미 끝난 통화입니다"),
        },
        ErrandKind::ReadGuide { .. } => Task::ReadGuide,
        ErrandKind::Presence { of } => Task::Presence { of: of.clone() },
    })
}

enum Root {
    None,
    At(Ts),
    NotYet,
    Never,
}

fn thread_root(desk: &Desk, place: &Place) -> Root {
    match &place.thread {
        None => Root::None,
        Some(Anchor::Message(ts)) => Root::At(ts.clone()),
        Some(Anchor::PostOf(post)) => match desk.posts.get(post) {
            Some(own) => Root::At(own.at.ts.clone()),
            None if desk.errands.contains_key(post) => Root::NotYet,
            None => Root::Never,
        },
    }
}

/// The posts that are owed at a start, with where they would stand: they are looked for before anything else, so that what
/// people did with them in the meantime is understood.
#[must_use]
pub fn posts_to_look_for(desk: &Desk) -> Vec<(ErrandId, ChannelId, Option<Ts>, Time)> {
    desk.errands
        .values()
        .filter_map(|errand| match &errand.kind {
            ErrandKind::Post { place, .. } => match thread_root(desk, place) {
                Root::None => Some((errand.id, place.channel.clone(), None, errand.since)),
                Root::At(ts) => Some((errand.id, place.channel.clone(), Some(ts), errand.since)),
                Root::NotYet | Root::Never => None,
            },
            ErrandKind::Update { .. }
            | ErrandKind::Ephemeral { .. }
            | ErrandKind::Direct { .. }
            | ErrandKind::OpenForm { .. }
            | ErrandKind::PublishHome { .. }
            | ErrandKind::Call { .. }
            | ErrandKind::HangUp { .. }
            | ErrandKind::ReadGuide { .. }
            | ErrandKind::Presence { .. } => None,
        })
        .collect()
}
