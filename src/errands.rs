//! Carrying out what the desk owes: in order within a thread, pages first, within Slack's limits, again after failures, and
//! looking before repeating.
//!
//! [`Runner`] decides which errand may be attempted now and what a failure means; it does no I/O and is told the time, so that
//! production, replay and tests share it. [`carry_out`] is the attempt itself.

use crate::domain::chart::Chart;
use crate::domain::desk::Desk;
use crate::domain::errand::{
    Anchor, Errand, ErrandKind, NewTicket, Outcome, Place, Service, TextFile, TicketDeed,
};
use crate::domain::ids::{ChannelId, ErrandId, MessageRef, Name, PhoneNumber, SlackUser, Ts};
use crate::domain::input::{Input, ReplyTo};
use crate::domain::mail::Email;
use crate::domain::message::{Form, Message};
use crate::domain::time::Time;
use crate::domain::words;
use crate::ports::{Chat, Library, Mailer, Phone, Picture, PortError, SignIns, Tickets, Upload};
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

mod lanes;

use lanes::Looked;

/// How long Slack's trigger opens a form.
const TRIGGER_LIVES: TimeDelta = TimeDelta::seconds(3);
/// How long Slack takes an answer to one person alone.
const ANSWER_LIVES: TimeDelta = TimeDelta::minutes(30);
/// How long a decision waits for Slack's word on somebody's presence (A1).
const PRESENCE_WAITS: TimeDelta = TimeDelta::seconds(30);
/// How long a ticket's deed waits for a support desk that does not answer.
const TICKET_WAITS: TimeDelta = TimeDelta::hours(72);
/// How long a mail waits for a mail server that does not answer.
const MAIL_WAITS: TimeDelta = TimeDelta::hours(24);
/// How long a mail that may have been taken is handed over again: each time its readers may get it once more.
const MAIL_REPEATED: TimeDelta = TimeDelta::minutes(3);
/// When something that a service did not take yet is tried again.
const NOT_YET_WAITS: TimeDelta = TimeDelta::minutes(2);
/// How often a service that failed is tried.
const PROBE_EVERY: TimeDelta = TimeDelta::seconds(30);
/// A service that fails for so long is told of; a carrier that does not take a call at once, for COC phones meanwhile.
const TOLD_AFTER: TimeDelta = TimeDelta::minutes(1);
/// How long the words of a report wait for its picture.
const PICTURE_WAITS: TimeDelta = TimeDelta::minutes(5);
/// How long a call that should end is still worth ending.
const HANG_UP_WAITS: TimeDelta = TimeDelta::minutes(2);

/// What an attempt needs of the world.
#[derive(Clone)]
pub struct Hands {
    /// Slack.
    pub chat: Arc<dyn Chat>,
    /// The carrier, where one is configured.
    pub phone: Option<Arc<dyn Phone>>,
    /// The support desk, where one is configured.
    pub tickets: Option<Arc<dyn Tickets>>,
    /// The mail server, where one is configured.
    pub mail: Option<Arc<dyn Mailer>>,
    /// The data folder.
    pub library: Arc<dyn Library>,
    /// Who is let in to the board, where one is served.
    pub board: Option<Arc<dyn SignIns>>,
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
    /// Calls to the same person that become part of this one.
    pub with: Vec<ErrandId>,
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
        /// All that the voice says before it waits for a key.
        speech: String,
        /// The carrier's name for a call to this person that rings already: where this one was not placed before, it becomes part of
        /// that one.
        beside: Option<String>,
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
    /// Do something to a ticket.
    Ticket {
        /// What.
        deed: TicketDeed,
    },
    /// Open a ticket.
    OpenTicket {
        /// Which.
        ticket: NewTicket,
    },
    /// Send a mail.
    Mail {
        /// Which.
        mail: Email,
    },
    /// Post a message with a picture.
    PostWithPicture {
        /// Where.
        channel: ChannelId,
        /// In which thread.
        thread: Option<Ts>,
        /// What.
        message: Message,
        /// The picture.
        chart: Box<Chart>,
        /// The words have waited long enough for the picture.
        anyway: bool,
    },
    /// Hand a file to one person.
    File {
        /// Who.
        to: SlackUser,
        /// What stands beside it.
        message: Message,
        /// The file.
        file: TextFile,
    },
    /// Try whether a service works again.
    Probe {
        /// Which.
        service: Service,
    },
    /// Tell one person a link that lets in to the board.
    SignIn {
        /// Who.
        to: SlackUser,
        /// Where.
        reply: ReplyTo,
        /// How long the link is good.
        lives: TimeDelta,
    },
}

/// What an attempt goes through. Each line is left alone for itself when it fails, and none keeps the others waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Chat,
    /// The chat's store of files: a slow or limited one must not keep pages waiting.
    Files,
    Phone,
    Tickets,
    Mail,
    Probe,
    Folder,
}

impl Line {
    /// How many attempts may be under way at once.
    const fn at_once(self) -> usize {
        match self {
            Self::Chat => 8,
            Self::Phone => 4,
            Self::Probe => 3,
            Self::Tickets | Self::Mail => 2,
            Self::Folder | Self::Files => 1,
        }
    }

    /// The service of which COC is told when the line fails. Of the chat nobody could be told through the chat.
    const fn service(self) -> Option<Service> {
        match self {
            Self::Phone => Some(Service::Phone),
            Self::Tickets => Some(Service::Tickets),
            Self::Mail => Some(Service::Mail),
            Self::Chat | Self::Files | Self::Probe | Self::Folder => None,
        }
    }
}

/// How a line is doing.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    /// Failures in a row.
    failures: usize,
    /// Since when it fails.
    failing_since: Option<Time>,
    /// Until when it is left alone.
    rests_until: Option<Time>,
}

impl Task {
    const fn line(&self) -> Line {
        match self {
            Self::Post { .. }
            | Self::Update { .. }
            | Self::Ephemeral { .. }
            | Self::Direct { .. }
            | Self::OpenForm { .. }
            | Self::PublishHome { .. }
            | Self::SignIn { .. }
            | Self::Presence { .. } => Line::Chat,
            Self::PostWithPicture { .. } | Self::File { .. } => Line::Files,
            Self::Call { .. } | Self::HangUp { .. } => Line::Phone,
            Self::ReadGuide => Line::Folder,
            Self::Ticket { .. } | Self::OpenTicket { .. } => Line::Tickets,
            Self::Mail { .. } => Line::Mail,
            Self::Probe { .. } => Line::Probe,
        }
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
        Task::PostWithPicture { channel, thread, message, chart, anyway } => {
            if attempt.look_first
                && let Some(found) =
                    chat.find_post(attempt.id, channel, thread.as_ref(), attempt.since).await?
            {
                return Ok(Outcome::Posted(found));
            }
            let thread = thread.as_ref();
            let why = match uploaded(chat.as_ref(), chart, *anyway).await? {
                Ok(picture) => {
                    let shown = chat.post_with(attempt.id, channel, thread, message, &picture);
                    match shown.await {
                        Ok(posted) => return Ok(Outcome::Posted(posted)),
                        Err(PortError::Permanent { why }) => why,
                        Err(error) => return Err(error),
                    }
                }
                Err(why) => why,
            };
            tracing::warn!(errand = %attempt.id, why, "posted without its picture");
            let mut alone = message.clone();
            alone.lines.push(words::reports::without_picture(&why));
            Ok(Outcome::Posted(chat.post(attempt.id, channel, thread, &alone).await?))
        }
        Task::File { to, message, file } => {
            let since = attempt.look_first.then_some(attempt.since);
            let upload = Upload {
                name: file.name.clone(),
                title: file.name.clone(),
                bytes: file.text.clone().into_bytes(),
            };
            chat.hand_over(to, message, &upload, since).await?;
            Ok(Outcome::Done)
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
        Task::Ticket { deed } => {
            let tickets = there(hands.tickets.as_ref(), "티켓 시스템이")?;
            if !(attempt.look_first && tickets.is_done(attempt.id, deed).await?) {
                tickets.act(attempt.id, deed).await?;
            }
            Ok(Outcome::Done)
        }
        Task::OpenTicket { ticket } => {
            let tickets = there(hands.tickets.as_ref(), "티켓 시스템이")?;
            if attempt.look_first
                && let Some(ticket) = tickets.find_opened(attempt.id, ticket).await?
            {
                return Ok(Outcome::Opened { ticket });
            }
            Ok(Outcome::Opened { ticket: tickets.open(attempt.id, ticket).await? })
        }
        Task::Mail { mail } => {
            there(hands.mail.as_ref(), "메일 서버가")?.send(attempt.id, mail).await?;
            Ok(Outcome::Done)
        }
        Task::Probe { service } => {
            match service {
                Service::Phone => carrier(hands)?.probe().await?,
                Service::Tickets => there(hands.tickets.as_ref(), "티켓 시스템이")?.probe().await?,
                Service::Mail => there(hands.mail.as_ref(), "메일 서버가")?.probe().await?,
                // whoever reads those tells that they are there again
                Service::Customers | Service::Feeds => {
                    return Ok(Outcome::Refused {
                        why: "복구는 읽는 쪽에서 알립니다".to_owned()
                    });
                }
            }
            Ok(Outcome::Done)
        }
        Task::Call { to, number, speech, beside } => {
            let phone = carrier(hands)?;
            if attempt.look_first
                && let Some(reference) = phone.find_call(attempt.id, number, attempt.since).await?
            {
                return Ok(Outcome::Placed { reference, to: to.clone() });
            }
            if let Some(reference) = beside.clone() {
                return Ok(Outcome::Joined { reference, to: to.clone() });
            }
            let reference = phone.call(attempt.id, to, number, speech).await?;
            Ok(Outcome::Placed { reference, to: to.clone() })
        }
        Task::HangUp { to, reference } => {
            carrier(hands)?.hang_up(reference, to).await?;
            Ok(Outcome::Done)
        }
        Task::SignIn { to, reply, lives } => {
            let link = there(hands.board.as_ref(), "관제 화면의 주소가")?.link(to, *lives)?;
            chat.ephemeral(to, reply, &words::board::link(&link, *lives)).await?;
            Ok(Outcome::Done)
        }
    }
}

/// Draws a picture and puts it into the chat's store, where nobody sees it yet; why not, where the words are to go alone.
async fn uploaded(
    chat: &dyn Chat,
    chart: &Chart,
    anyway: bool,
) -> Result<Result<Picture, String>, PortError> {
    let bytes = match crate::chart::png(chart) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let upload = Upload { name: chart.name.clone(), title: chart.title.clone(), bytes };
    match chat.upload(&upload).await {
        Ok(id) => Ok(Ok(Picture { id, alt: chart.alt.clone() })),
        Err(PortError::Permanent { why }) => Ok(Err(why)),
        Err(error) if anyway => Ok(Err(error.to_string())),
        // one that nobody sees may be there twice
        Err(PortError::Unknown { why } | PortError::NotYet { why }) => {
            Err(PortError::Transient { why, retry_after: None })
        }
        Err(error @ PortError::Transient { .. }) => Err(error),
    }
}

fn carrier(hands: &Hands) -> Result<&Arc<dyn Phone>, PortError> {
    there(hands.phone.as_ref(), "전화 발신이")
}

fn there<'a, T: ?Sized>(port: Option<&'a Arc<T>>, what: &str) -> Result<&'a Arc<T>, PortError> {
    port.ok_or_else(|| PortError::Permanent {
        why: format!("{what} 설정되어 있지 않습니다")
    })
}

/// Told the time rather than reading it, like everything here.
type ChannelLimits =
    RateLimiter<ChannelId, HashMapStateStore<ChannelId>, FakeRelativeClock, NoOpMiddleware<Nanos>>;

/// Which errand may be attempted now.
pub struct Runner {
    /// Errands that are being attempted, and through what.
    flying: BTreeMap<ErrandId, Line>,
    /// Errands whose fate is not known: owed before this process began, or an attempt's answer never came.
    doubtful: BTreeSet<ErrandId>,
    /// Mails that may have been taken, and since when.
    taken_perhaps: BTreeMap<ErrandId, Time>,
    /// When an errand may be tried again, and how often it was.
    waits: BTreeMap<ErrandId, (Time, usize)>,
    /// How each line is doing.
    standing: BTreeMap<Line, Standing>,
    /// Channels that Slack asked us to leave alone for a while.
    channels_rest_until: BTreeMap<ChannelId, Time>,
    /// One post a second in a channel, with a burst.
    limits: ChannelLimits,
    limits_clock: FakeRelativeClock,
    limits_at: Option<Time>,
    /// What need not be looked at again.
    looked: Looked,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner")
            .field("flying", &self.flying)
            .field("doubtful", &self.doubtful)
            .field("waits", &self.waits)
            .field("standing", &self.standing)
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
            taken_perhaps: BTreeMap::new(),
            waits: BTreeMap::new(),
            standing: BTreeMap::new(),
            channels_rest_until: BTreeMap::new(),
            limits: RateLimiter::new(quota, HashMapStateStore::default(), limits_clock.clone()),
            limits_clock,
            limits_at: None,
            looked: Looked::default(),
        }
    }

    /// Whether anything is being attempted.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.flying.is_empty()
    }

    /// Slack is known to work again: nothing waits for its sake any more.
    pub fn chat_is_back(&mut self) {
        self.standing.remove(&Line::Chat);
        self.standing.remove(&Line::Files);
        self.channels_rest_until.clear();
        self.waits.clear();
        self.looked = Looked::default();
    }

    /// What may be attempted now. Within a thread the order of owing is kept; between threads the more urgent goes first.
    pub fn ready(&mut self, desk: &Desk, now: Time) -> Ready {
        self.tick(now);
        let mut ready = Ready::default();
        let mut looked = std::mem::take(&mut self.looked);
        let (looks, all) = looked.at(desk, now);
        if all {
            self.waits.retain(|id, _| desk.errands.contains_key(id));
            self.doubtful.retain(|id| desk.errands.contains_key(id));
            self.taken_perhaps.retain(|id, _| desk.errands.contains_key(id));
        }
        // what stands behind a channel's turn is not made ready for nothing
        let mut full: BTreeSet<&ChannelId> = BTreeSet::new();
        for errand in looks {
            if self.flying.contains_key(&errand.id) {
                continue;
            }
            if let Some(over) = expiry(errand) {
                if over <= now {
                    let outcome = Outcome::Expired;
                    ready.settled.push(Input::Settled { errand: errand.id, outcome });
                    continue;
                }
                looked.expires_at(over);
            }
            if looked.is_behind(errand) {
                continue;
            }
            if let Some((until, _)) = self.waits.get(&errand.id)
                && *until > now
            {
                looked.again_at(expiry(errand).map_or(*until, |over| over.min(*until)));
                continue;
            }
            if let ErrandKind::Call { to, .. } = &errand.kind
                && !self.doubtful.contains(&errand.id)
                && let Some(call) = desk.call_to(to, now)
            {
                let (reference, to) = (call.reference.clone(), to.clone());
                let outcome = Outcome::Joined { reference, to };
                ready.settled.push(Input::Settled { errand: errand.id, outcome });
                continue;
            }
            let place = errand.as_post().map(|(place, _)| place);
            if let Some(place) = place
                && full.contains(&place.channel)
                && !matches!(thread_root(desk, place), Root::Never)
            {
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
            let line = task.line();
            let flying = self.flying.values().filter(|other| **other == line).count();
            if flying >= line.at_once() {
                continue;
            }
            // a carrier that fails hands its call to COC; nothing is gained by leaving it alone
            if line != Line::Phone
                && let Some(standing) = self.standing.get(&line)
            {
                if let Some(until) = standing.rests_until
                    && until > now
                {
                    looked.again_at(expiry(errand).map_or(until, |over| over.min(until)));
                    continue;
                }
                // after a failure one attempt at a time feels whether it is back
                if standing.failures > 0 && flying > 0 {
                    continue;
                }
            }
            if let Task::Post { channel, .. } | Task::PostWithPicture { channel, .. } = &task {
                if let Some(until) = self.channels_rest_until.get(channel)
                    && *until > now
                {
                    looked.again_at(*until);
                    full.extend(place.map(|place| &place.channel));
                    continue;
                }
                if let Err(not_until) = self.limits.check_key(channel) {
                    let wait =
                        not_until.wait_time_from(governor::clock::Clock::now(&self.limits_clock));
                    looked.again_at(now + delta(wait).max(TimeDelta::milliseconds(1)));
                    full.extend(place.map(|place| &place.channel));
                    continue;
                }
            }
            let look_first = self.doubtful.contains(&errand.id);
            // a call that may be placed already names what it named
            let (task, with) =
                if look_first { (task, Vec::new()) } else { self.together(desk, errand, task) };
            for id in std::iter::once(&errand.id).chain(&with) {
                self.flying.insert(*id, line);
            }
            ready.attempts.push(Attempt {
                id: errand.id,
                since: errand.since,
                look_first,
                with,
                task,
            });
        }
        ready.again_at = looked.again;
        // what is known without an attempt may not be kept, and is told of then again
        self.looked = if ready.settled.is_empty() { looked } else { Looked::default() };
        ready
    }

    /// Takes attempts back that were not begun.
    pub fn give_back(&mut self, attempts: &[Attempt]) {
        for attempt in attempts {
            self.landed(attempt);
        }
    }

    fn landed(&mut self, attempt: &Attempt) {
        for id in std::iter::once(&attempt.id).chain(&attempt.with) {
            self.flying.remove(id);
        }
        // what it was in the way of may go, and what it came to changes how its line is doing
        self.looked = Looked::default();
    }

    fn tick(&mut self, now: Time) {
        if let Some(before) = self.limits_at
            && let Ok(passed) = (now - before).to_std()
        {
            self.limits_clock.advance(passed);
        }
        self.limits_at = Some(self.limits_at.map_or(now, |before| before.max(now)));
    }

    /// What an attempt came to. Returns what the desk learns of it: the outcome, unless it will be tried again, and that a service
    /// fails.
    pub fn done(
        &mut self,
        desk: &Desk,
        attempt: &Attempt,
        result: Result<Outcome, PortError>,
        now: Time,
    ) -> Vec<Input> {
        self.landed(attempt);
        let line = attempt.task.line();
        let error = match result {
            Ok(outcome) => {
                self.standing.remove(&line);
                self.doubtful.remove(&attempt.id);
                if let Outcome::Joined { reference, .. } = &outcome
                    && desk.calls_of(reference).next().is_none()
                {
                    // the telephone was put down meanwhile: this call is made by itself
                    return Vec::new();
                }
                let all = std::iter::once(&attempt.id).chain(&attempt.with);
                return all
                    .map(|errand| Input::Settled { errand: *errand, outcome: outcome.clone() })
                    .collect();
            }
            Err(error) => error,
        };
        tracing::warn!(errand = %attempt.id, %error, "attempt failed");
        let (why, retry_after) = match error {
            PortError::Permanent { why } => {
                // it answered: the line itself is well
                self.standing.remove(&line);
                self.doubtful.remove(&attempt.id);
                return refused(attempt, &why);
            }
            PortError::NotYet { why: _ } => {
                // it answered: the line itself is well
                self.standing.remove(&line);
                let tries = self.waits.get(&attempt.id).map_or(0, |(_, tries)| *tries);
                self.waits.insert(attempt.id, (now + NOT_YET_WAITS, tries + 1));
                return Vec::new();
            }
            PortError::Transient { why, retry_after } => (why, retry_after),
            PortError::Unknown { why } => {
                self.doubtful.insert(attempt.id);
                if matches!(attempt.task, Task::Mail { .. }) {
                    self.taken_perhaps.entry(attempt.id).or_insert(now);
                }
                (why, None)
            }
        };
        let perhaps = self.taken_perhaps.get(&attempt.id);
        if perhaps.is_some_and(|since| now - *since >= MAIL_REPEATED) {
            return refused(attempt, words::mail::taken_perhaps());
        }
        // a telephone that does not work is COC's at once (reading 10), unless it may be ringing already
        let is_cocs = matches!(attempt.task, Task::Call { .. })
            && (!self.doubtful.contains(&attempt.id) || attempt.look_first);
        let told_after = if is_cocs { TimeDelta::zero() } else { TOLD_AFTER };
        let trouble = self.failed(desk, line, &why, told_after, now);
        let mut told: Vec<Input> = trouble.into_iter().collect();
        match &attempt.task {
            Task::Call { .. } if is_cocs => told.extend(refused(attempt, &why)),
            Task::HangUp { .. } | Task::Call { .. } => {
                let tries = self.waits.get(&attempt.id).map_or(0, |(_, tries)| *tries);
                if desk.errands.contains_key(&attempt.id) {
                    self.waits.insert(attempt.id, (now + pause(tries), tries + 1));
                }
            }
            Task::Probe { .. } => {
                self.waits.insert(attempt.id, (now + PROBE_EVERY, 0));
            }
            Task::Post { channel, .. } if retry_after.is_some() => {
                let wait = retry_after.map_or(TimeDelta::seconds(1), delta);
                self.channels_rest_until.insert(channel.clone(), now + wait);
            }
            Task::Post { .. }
            | Task::Update { .. }
            | Task::Ephemeral { .. }
            | Task::Direct { .. }
            | Task::OpenForm { .. }
            | Task::PublishHome { .. }
            | Task::SignIn { .. }
            | Task::Presence { .. }
            | Task::Ticket { .. }
            | Task::OpenTicket { .. }
            | Task::PostWithPicture { .. }
            | Task::File { .. }
            | Task::Mail { .. } => {
                let standing = self.standing.entry(line).or_default();
                let wait = retry_after.map_or_else(|| pause(standing.failures), delta);
                standing.failures += 1;
                standing.rests_until = Some(now + wait);
            }
            Task::ReadGuide => told.extend(refused(attempt, &why)),
        }
        told
    }

    /// A line failed. Returns what the desk is told of its service, once, when it fails for so long.
    fn failed(
        &mut self,
        desk: &Desk,
        line: Line,
        why: &str,
        told_after: TimeDelta,
        now: Time,
    ) -> Option<Input> {
        let since = *self.standing.entry(line).or_default().failing_since.get_or_insert(now);
        let service = line.service()?;
        if desk.in_trouble(service) {
            // it is not well yet, whatever the last probe said
            let probes = desk.errands.values().filter(|errand| {
                matches!(&errand.kind, ErrandKind::Probe { service: of } if *of == service)
            });
            for probe in probes {
                self.waits.insert(probe.id, (now + PROBE_EVERY, 0));
            }
            return None;
        }
        (now - since >= told_after).then(|| Input::Trouble { service, since, why: why.to_owned() })
    }

    /// A call takes along the other calls to the same person that are owed now, in the order in which they are owed.
    fn together(&self, desk: &Desk, errand: &Errand, task: Task) -> (Task, Vec<ErrandId>) {
        let (ErrandKind::Call { to, about, .. }, Task::Call { to: who, number, .. }) =
            (&errand.kind, &task)
        else {
            return (task, Vec::new());
        };
        let (mut pages, mut with) = (vec![about.as_str()], Vec::new());
        for other in desk.owed() {
            let free = !self.flying.contains_key(&other.id) && !self.doubtful.contains(&other.id);
            if let ErrandKind::Call { to: other_to, about, .. } = &other.kind
                && other.id != errand.id
                && other_to == to
                && free
            {
                pages.push(about);
                with.push(other.id);
            }
        }
        let speech = words::phone::speech(&pages);
        (Task::Call { to: who.clone(), number: number.clone(), speech, beside: None }, with)
    }
}

fn refused(attempt: &Attempt, why: &str) -> Vec<Input> {
    let all = std::iter::once(&attempt.id).chain(&attempt.with);
    let outcome = || Outcome::Refused { why: why.to_owned() };
    all.map(|errand| Input::Settled { errand: *errand, outcome: outcome() }).collect()
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

/// When an errand is of no use any more.
fn expiry(errand: &Errand) -> Option<Time> {
    match &errand.kind {
        ErrandKind::OpenForm { .. } => Some(errand.since + TRIGGER_LIVES),
        ErrandKind::Ephemeral { .. } | ErrandKind::SignIn { .. } => {
            Some(errand.since + ANSWER_LIVES)
        }
        ErrandKind::Presence { .. } => Some(errand.since + PRESENCE_WAITS),
        ErrandKind::HangUp { .. } => Some(errand.since + HANG_UP_WAITS),
        ErrandKind::Ticket { .. } | ErrandKind::OpenTicket { .. } => {
            Some(errand.since + TICKET_WAITS)
        }
        ErrandKind::Mail { .. } => Some(errand.since + MAIL_WAITS),
        ErrandKind::Post { .. }
        | ErrandKind::PostWithPicture { .. }
        | ErrandKind::File { .. }
        | ErrandKind::Update { .. }
        | ErrandKind::Direct { .. }
        | ErrandKind::PublishHome { .. }
        | ErrandKind::Home { .. }
        | ErrandKind::ReadGuide { .. }
        | ErrandKind::Probe { .. }
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
        ErrandKind::PostWithPicture { place, message, chart } => {
            let thread = match thread_root(desk, place) {
                Root::None => None,
                Root::At(ts) => Some(ts),
                Root::NotYet => return Resolved::NotYet,
                Root::Never => return Resolved::Never("스레드의 첫 글이 올라가지 못했습니다"),
            };
            Task::PostWithPicture {
                channel: place.channel.clone(),
                thread,
                message: worded(message),
                chart: chart.clone(),
                anyway: now - errand.since >= PICTURE_WAITS,
            }
        }
        ErrandKind::File { to, message, file } => {
            Task::File { to: to.clone(), message: worded(message), file: file.clone() }
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
            let speech = words::phone::speech(&[about]);
            let beside = desk.call_to(to, now).map(|call| call.reference.clone());
            Task::Call { to: to.clone(), number: number.clone(), speech, beside }
        }
        ErrandKind::HangUp { call, to } => match desk.calls.get(call) {
            Some(live) if desk.calls_of(&live.reference).count() > 1 => {
                return Resolved::Never("같은 전화가 다른 건으로 울립니다");
            }
            Some(live) => Task::HangUp { to: to.clone(), reference: live.reference.clone() },
            None => return Resolved::Never("이미 끝난 통화입니다"),
        },
        ErrandKind::ReadGuide { .. } => Task::ReadGuide,
        ErrandKind::Presence { of } => Task::Presence { of: of.clone() },
        ErrandKind::Ticket { deed } => Task::Ticket { deed: deed.clone() },
        ErrandKind::OpenTicket { ticket } => Task::OpenTicket { ticket: ticket.clone() },
        ErrandKind::Mail { mail } => Task::Mail { mail: mail.clone() },
        ErrandKind::Probe { service } => Task::Probe { service: *service },
        ErrandKind::Home { of } => {
            Task::PublishHome { to: of.clone(), message: words::home::home(desk, of, now) }
        }
        ErrandKind::SignIn { to, reply } => {
            let lives = desk.policy.value.board.link.delta();
            Task::SignIn { to: to.clone(), reply: reply.clone(), lives }
        }
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
        .filter_map(|errand| {
            let (place, _) = errand.as_post()?;
            let (channel, since) = (place.channel.clone(), errand.since);
            match thread_root(desk, place) {
                Root::None => Some((errand.id, channel, None, since)),
                Root::At(ts) => Some((errand.id, channel, Some(ts), since)),
                Root::NotYet | Root::Never => None,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
