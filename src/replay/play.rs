//! Plays a scenario: each step is something that a person, a telephone or a machine does.

use super::acts::Act;
use super::fleet::{Blow, Who};
use super::hooks::Request;
use super::parts::Parts;
use super::scenario::{
    Extra, ExtraRole, Failing, FeedStep, Meanwhile, PolicySource, Scenario, Shown, Step, brought,
};
use super::site::{Shared, Site};
use super::world::{Crash, World};
use crate::domain::books::{BookFile, read_books, read_policy};
use crate::domain::errand::CallEvent;
use crate::domain::ids::{ChannelId, MessageRef, Name, SlackUser};
use crate::domain::input::Books;
use crate::domain::policy::{GroupRef, PhoneMode, Policy};
use crate::domain::time::Time;
use crate::sandbox::workspace::{Delivery, Pick, PressOn, Refused, Typing, Workspace};
use chrono::TimeDelta;
use serde::Serialize;
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a replay comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Played {
    /// The scenario's title.
    pub title: String,
    /// When it ended.
    pub ended_at: Time,
    /// What the bot did, in order.
    pub acts: Vec<Act>,
}

impl std::fmt::Display for Played {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "■ {}", self.title)?;
        for act in &self.acts {
            writeln!(f, "{act}")?;
        }
        write!(f, "끝 {}", self.ended_at.format("%Y-%m-%d %H:%M:%S"))
    }
}

/// Why a scenario cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The file is no scenario.
    #[error("{file}: 시나리오로 읽을 수 없습니다. {why}")]
    Unreadable {
        /// Which file.
        file: String,
        /// Where and why.
        why: String,
    },
    /// A step cannot be done.
    #[error("{file} {line}행 ({step}번째 step): {why}")]
    Step {
        /// Which file.
        file: String,
        /// The step's line.
        line: u64,
        /// The step, counted from 1.
        step: usize,
        /// Why.
        why: String,
    },
    /// The books it needs are wrong.
    #[error("{0}")]
    Books(String),
    /// The program itself failed.
    #[error("재생이 실패했습니다: {0}")]
    Failed(String),
}

/// Plays a scenario file. `data` gives the books that the scenario does not name; `crashes` strike where they say.
///
/// # Errors
/// See [`PlayError`].
pub fn play(file: &Path, data: &Books, crashes: &[Crash]) -> Result<(Played, World), PlayError> {
    Stage::set(file, data)?.play(crashes)
}

/// A scenario that was read, with its world as it is before the process starts for the first time: it can be played many times.
#[derive(Debug)]
pub struct Stage {
    file: String,
    scenario: Scenario,
    furniture: Furniture,
}

impl Stage {
    /// Reads a scenario file. `data` gives the books that it does not name.
    ///
    /// # Errors
    /// See [`PlayError`].
    pub fn set(file: &Path, data: &Books) -> Result<Self, PlayError> {
        let shown = file.display().to_string();
        let unreadable = |why: String| PlayError::Unreadable { file: shown.clone(), why };
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
        let scenario: Scenario =
            serde_saphyr::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        let folder = file.parent().unwrap_or_else(|| Path::new("."));
        let furniture = Furniture::of(&scenario, folder, data)?;
        Ok(Self { file: shown, scenario, furniture })
    }

    /// Plays it; `crashes` strike where they say.
    ///
    /// # Errors
    /// See [`PlayError`].
    pub fn play(&self, crashes: &[Crash]) -> Result<(Played, World), PlayError> {
        let mut player = Player::begin(self.furniture.clone(), crashes, Parts::default())?;
        for step in &self.scenario.steps {
            player.step(&step.value).map_err(|why| PlayError::Step {
                file: self.file.clone(),
                line: line_of(step),
                step: player.done,
                why,
            })?;
        }
        player.end()
    }
}

fn line_of(step: &Spanned<Step>) -> u64 {
    step.referenced.line()
}

/// A scenario's world before anything happens.
#[derive(Clone, Debug)]
struct Furniture {
    title: String,
    folder: PathBuf,
    site: Site,
    books: Books,
    tickets: BTreeMap<Name, u32>,
    phone: PhoneMode,
    people: BTreeMap<String, SlackUser>,
}

impl Furniture {
    fn of(scenario: &Scenario, folder: &Path, data: &Books) -> Result<Self, PlayError> {
        let read = |path: &Path| {
            let path = folder.join(path);
            std::fs::read_to_string(&path)
                .map_err(|error| PlayError::Books(format!("{}: {error}", path.display())))
        };
        let mut books = data.clone();
        if let Some(path) = &scenario.guide {
            books.guide = read(path)?;
        }
        if let Some(path) = &scenario.customers {
            books.customers = read(path)?;
        }
        match &scenario.policy {
            Some(PolicySource::File(path)) => books.policy = read(path)?,
            Some(PolicySource::Changes(changes)) => {
                books.policy = changed_policy(&books.policy, changes).map_err(PlayError::Books)?;
            }
            None => {}
        }
        let near = scenario.start.date_naive();
        let read = read_books(&books, near).map_err(|errors| {
            let said: Vec<String> = errors
                .iter()
                .map(|error| {
                    let own = match (error.file, &scenario.policy) {
                        (BookFile::Guide, _) => scenario.guide.as_ref(),
                        (BookFile::Customers, _) => scenario.customers.as_ref(),
                        (BookFile::Policy, Some(PolicySource::File(path))) => Some(path),
                        (
                            BookFile::Policy
                            | BookFile::Mails
                            | BookFile::Procedures
                            | BookFile::Scripts
                            | BookFile::Contacts,
                            _,
                        ) => None,
                    };
                    let file = own.map_or_else(
                        || error.file.to_string(),
                        |path| folder.join(path).display().to_string(),
                    );
                    let line = error.line.map_or_else(String::new, |line| format!(":{line}"));
                    format!("{file}{line}: {}", error.text)
                })
                .collect();
            PlayError::Books(said.join("\n"))
        })?;
        let (workspace, people) = furnish(&read.policy, &read.roster, scenario);
        for name in scenario.tickets.keys() {
            if read.roster.person(&Name::from(name.as_str())).is_none() {
                return Err(PlayError::Books(format!(
                    "tickets: 가이드에 없는 이름입니다. 읽은 값: \"{name}\". 가이드의 이름으로 적어 주십시오. 예: 가온별: 3"
                )));
            }
        }
        let tickets: BTreeMap<Name, u32> =
            scenario.tickets.iter().map(|(name, n)| (Name::from(name.as_str()), *n)).collect();
        let site = Site::new(scenario.start, workspace, books.guide.clone(), tickets.clone());
        Ok(Self {
            title: scenario.title.clone(),
            folder: folder.to_owned(),
            site,
            books,
            tickets,
            phone: read.policy.phone,
            people,
        })
    }
}

/// Plays a scenario step by step.
#[derive(Debug)]
pub struct Player {
    title: String,
    folder: PathBuf,
    world: World,
    people: BTreeMap<String, SlackUser>,
    /// How many steps were begun.
    done: usize,
    steps: BTreeMap<usize, Delivered>,
}

/// What a step brought to the bot, to be brought again.
#[derive(Clone, Debug)]
enum Delivered {
    /// By Slack.
    Slack(Vec<Delivery>),
    /// By a request to one of its hooks.
    Post(Request),
}

impl Player {
    /// Furnishes the world and starts the process. `folder` is where the scenario's paths begin.
    ///
    /// # Errors
    /// See [`PlayError`].
    pub fn new(
        scenario: &Scenario,
        folder: &Path,
        data: &Books,
        crashes: &[Crash],
    ) -> Result<Self, PlayError> {
        Self::over(scenario, folder, data, crashes, Parts::default())
    }

    /// The same in a world made of these parts.
    ///
    /// # Errors
    /// See [`PlayError`].
    pub fn over(
        scenario: &Scenario,
        folder: &Path,
        data: &Books,
        crashes: &[Crash],
        parts: Parts,
    ) -> Result<Self, PlayError> {
        Self::begin(Furniture::of(scenario, folder, data)?, crashes, parts)
    }

    fn begin(furniture: Furniture, crashes: &[Crash], parts: Parts) -> Result<Self, PlayError> {
        let Furniture { title, folder, site, books, tickets, phone, people } = furniture;
        let mut world = World::new(Shared::new(site), books, tickets, phone, parts);
        world.crashes = crashes.to_vec();
        world.start().map_err(PlayError::Failed)?;
        Ok(Self { title, folder, world, people, done: 0, steps: BTreeMap::new() })
    }

    /// The world as it is.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The next posts and calls happen, but their answers are lost on the way.
    pub fn lose_answers(&mut self, effects: u32) {
        self.world.site.lock().lose_answers = effects;
    }

    /// The next deliveries of Slack reach the process this much later each; with different delays, in another order.
    pub fn delay_deliveries(&mut self, delays: &[TimeDelta]) {
        self.world.delays = delays.iter().copied().collect();
    }

    /// For `length` the outside does what it is asked to at once, but its answers take `delay`.
    pub fn slow_answers(&mut self, delay: TimeDelta, length: TimeDelta) {
        let mut site = self.world.site.lock();
        site.slow = Some((delay, site.now + length));
    }

    /// The process's clock is set: from here on it is `ahead` of the time.
    pub fn set_clock_ahead(&mut self, ahead: TimeDelta) {
        self.world.site.lock().skew = ahead;
    }

    /// This befalls a node, where there are several.
    pub fn befall(&mut self, who: Who, blow: Blow) {
        self.world.befall(who, blow);
    }

    /// Runs the timers of the last instant and ends.
    ///
    /// # Errors
    /// See [`PlayError`].
    pub fn end(mut self) -> Result<(Played, World), PlayError> {
        let now = self.world.now();
        self.world.turn_to(now, true).map_err(PlayError::Failed)?;
        let played =
            Played { title: self.title, ended_at: self.world.now(), acts: self.world.acts() };
        Ok((played, self.world))
    }

    fn person(&self, name: &str) -> Result<SlackUser, String> {
        let bare = name.trim_start_matches('@');
        self.people.get(bare).cloned().ok_or_else(|| {
            let known: Vec<&str> = self.people.keys().map(String::as_str).collect();
            format!("\"{name}\"이라는 사람이 없습니다. 있는 사람: {}", known.join(", "))
        })
    }

    fn channel(&self, name: &str) -> Result<ChannelId, String> {
        let site = self.world.site.lock();
        let found = site.workspace.channel_named(name.trim_start_matches('#'));
        found
            .map(|channel| channel.id.clone())
            .ok_or_else(|| format!("\"{name}\" 채널이 없습니다. 예: \"#general\""))
    }

    fn message(&self, reference: &str) -> Result<MessageRef, String> {
        let site = self.world.site.lock();
        if let Some(at) = site.names.get(reference) {
            return Ok(at.clone());
        }
        let newest = fitting(&site, &self.by_name(&site, reference))?.next();
        newest.ok_or_else(|| format!("\"{reference}\"에 맞는 봇의 글이 없습니다"))
    }

    /// Does the next step.
    ///
    /// # Errors
    /// Why it cannot be done, in Korean.
    pub fn step(&mut self, step: &Step) -> Result<(), String> {
        self.done += 1;
        let nth = self.done;
        match step {
            Step::Wait(length) => {
                let to = self.world.now() + length.delta();
                self.world.turn_to(to, false)
            }
            Step::At(to) => {
                if *to < self.world.now() {
                    return Err(format!("{to}은 이미 지난 시각입니다"));
                }
                self.world.turn_to(*to, false)
            }
            Step::Fail(fail) => {
                let until = self.world.now() + fail.length.delta();
                self.world.site.lock().fail(fail.what, fail.how, until);
                if fail.what == Failing::Slack {
                    self.world.slack_goes();
                }
                Ok(())
            }
            Step::Down(down) => self.down(down.length.delta(), &down.meanwhile),
            Step::Guide(guide) => {
                let path = self.folder.join(&guide.file);
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                self.world.site.lock().guide = Ok(text);
                Ok(())
            }
            Step::Restart(_) => {
                self.world.stop()?;
                self.world.start()
            }
            Step::Crash(_) => {
                self.world.crash();
                self.world.start()
            }
            Step::Repeat(repeat) => {
                let delivered = self.steps.get(&repeat.step).cloned().ok_or_else(|| {
                    format!("{}번째 step은 봇에 전달된 것이 아닙니다", repeat.step)
                })?;
                for _ in 0..repeat.times {
                    match &delivered {
                        Delivered::Slack(deliveries) => self.world.deliver(deliveries.clone())?,
                        Delivered::Post(request) => self.world.post(request)?,
                    }
                }
                Ok(())
            }
            Step::Phone(phone) => {
                self.person(&phone.who)?;
                let who = self.display_name(&phone.who);
                self.world.site.lock().telephone(&who, CallEvent::from(phone.does));
                self.world.settle()
            }
            Step::Feed(feed) => {
                self.feed(feed)?;
                self.world.read_feeds_now()
            }
            Step::Post(post) => {
                let request = Request::read(post, &self.folder, &format!("step-{nth}"))?;
                self.steps.insert(nth, Delivered::Post(request.clone()));
                self.world.post(&request)
            }
            Step::Say(_)
            | Step::Press(_)
            | Step::React(_)
            | Step::Unreact(_)
            | Step::Reply(_)
            | Step::Edit(_)
            | Step::Delete(_)
            | Step::Slash(_)
            | Step::Submit(_)
            | Step::Presence(_)
            | Step::Home(_) => {
                let deliveries = self.act(step)?;
                if !deliveries.is_empty() {
                    self.steps.insert(nth, Delivered::Slack(deliveries.clone()));
                }
                self.world.deliver(deliveries)
            }
        }
    }

    /// A feed has other contents from now on.
    fn feed(&self, feed: &FeedStep) -> Result<(), String> {
        let body = brought(feed.items.as_deref(), feed.text.as_deref(), &self.folder)?;
        let body = body.ok_or("feed에는 items(파일)나 text가 있어야 합니다")?;
        self.world.site.lock().feeds.insert(feed.url, body);
        Ok(())
    }

    /// `last:csr1` as `last:오하라`: people are named by their key or their name.
    fn by_name(&self, site: &Site, reference: &str) -> String {
        let key = reference.strip_prefix("last:").map(|key| key.trim_start_matches('@'));
        match key.and_then(|key| self.people.get(key)) {
            Some(id) => format!("last:{}", site.person_name(id)),
            None => reference.to_owned(),
        }
    }

    fn display_name(&self, key: &str) -> Name {
        match self.people.get(key) {
            Some(id) => Name(self.world.site.lock().person_name(id)),
            None => Name::from(key),
        }
    }

    /// What a person does in Slack; returns what Slack tells the app of it.
    fn act(&mut self, step: &Step) -> Result<Vec<Delivery>, String> {
        let now = self.world.now();
        let said = |refused: Refused| refused.to_string();
        match step {
            Step::Say(say) => {
                let (by, channel) = (self.person(&say.by)?, self.channel(&say.channel)?);
                let mut site = self.world.site.lock();
                let (at, told) = site
                    .workspace
                    .say(now, &by, &channel, None, &say.text, Typing::Plain)
                    .map_err(said)?;
                name_message(&mut site, say.name.as_deref(), at)?;
                Ok(told)
            }
            Step::Reply(reply) => {
                let (by, to) = (self.person(&reply.by)?, self.message(&reply.to)?);
                let mut site = self.world.site.lock();
                let root = site
                    .workspace
                    .message(&to)
                    .map_or_else(|| to.clone(), crate::sandbox::workspace::Message::root);
                let (at, told) = site
                    .workspace
                    .say(now, &by, &root.channel, Some(&root.ts), &reply.text, Typing::Plain)
                    .map_err(said)?;
                name_message(&mut site, reply.name.as_deref(), at)?;
                Ok(told)
            }
            Step::Press(press) => self.press(now, press),
            Step::React(react) => {
                let (by, to) = (self.person(&react.by)?, self.message(&react.to)?);
                let emoji = react.emoji.trim_matches(':');
                self.world.site.lock().workspace.react(now, &by, &to, emoji).map_err(said)
            }
            Step::Unreact(react) => {
                let (by, to) = (self.person(&react.by)?, self.message(&react.to)?);
                let emoji = react.emoji.trim_matches(':');
                self.world.site.lock().workspace.unreact(now, &by, &to, emoji).map_err(said)
            }
            Step::Edit(edit) => {
                let (by, at) = (self.person(&edit.by)?, self.message(&edit.message)?);
                let mut site = self.world.site.lock();
                site.workspace.edit(now, &by, &at, &edit.text, Typing::Plain).map_err(said)
            }
            Step::Delete(delete) => {
                let (by, at) = (self.person(&delete.by)?, self.message(&delete.message)?);
                self.world.site.lock().workspace.delete(now, &by, &at).map_err(said)
            }
            Step::Slash(slash) => {
                let (by, channel) = (self.person(&slash.by)?, self.channel(&slash.channel)?);
                let mut site = self.world.site.lock();
                let told = site
                    .workspace
                    .slash(now, &by, &channel, &slash.command, &slash.text, Typing::Plain)
                    .map_err(said)?;
                Ok(vec![told])
            }
            Step::Submit(submit) => {
                let by = self.person(&submit.by)?;
                let mut site = self.world.site.lock();
                let told = site.workspace.submit(now, &by, &submit.fields).map_err(said)?;
                Ok(vec![told])
            }
            Step::Home(home) => {
                let by = self.person(&home.by)?;
                let mut site = self.world.site.lock();
                let told = match &home.button {
                    None => site.workspace.open_home(now, &by),
                    Some(label) => {
                        site.workspace.press(now, &by, PressOn::Home, Pick::Label(label))
                    }
                };
                Ok(vec![told.map_err(said)?])
            }
            Step::Presence(presence) => {
                let who = self.person(&presence.who)?;
                let mut site = self.world.site.lock();
                if let Some(shown) = presence.is {
                    site.workspace.set_presence(&who, shown == Shown::Active).map_err(said)?;
                }
                if let Some(on) = presence.dnd {
                    site.workspace.set_dnd(now, &who, on).map_err(said)?;
                }
                let user = site.workspace.user(&who).cloned();
                if let (Some(user), true) =
                    (user, presence.status.is_some() || presence.emoji.is_some())
                {
                    let status = presence.status.as_deref().unwrap_or(&user.status);
                    let emoji = presence.emoji.as_deref().unwrap_or(&user.emoji);
                    site.workspace.set_status(now, &who, status, emoji).map_err(said)?;
                }
                Ok(Vec::new())
            }
            Step::Wait(_)
            | Step::At(_)
            | Step::Phone(_)
            | Step::Post(_)
            | Step::Feed(_)
            | Step::Fail(_)
            | Step::Down(_)
            | Step::Guide(_)
            | Step::Restart(_)
            | Step::Crash(_)
            | Step::Repeat(_) => Err("사람이 Slack에서 하는 일이 아닙니다".to_owned()),
        }
    }

    fn press(
        &mut self,
        now: Time,
        press: &super::scenario::Press,
    ) -> Result<Vec<Delivery>, String> {
        let by = self.person(&press.by)?;
        let mut site = self.world.site.lock();
        let bears = |site: &Site, at: &MessageRef| {
            site.workspace.buttons(at).iter().any(|button| button.label == press.button)
        };
        let candidates: Vec<MessageRef> = match site.names.get(&press.on) {
            // a person's message stands for its thread
            Some(root) => site
                .posts
                .iter()
                .rev()
                .map(|post| post.at.clone())
                .filter(|at| {
                    site.workspace.message(at).is_some_and(|message| &message.root() == root)
                })
                .collect(),
            None => fitting(&site, &self.by_name(&site, &press.on))?.collect(),
        };
        let on = candidates.into_iter().find(|at| bears(&site, at)).ok_or_else(|| {
            format!("\"{}\"에 맞고 지금 [{}] 버튼이 있는 글이 없습니다", press.on, press.button)
        })?;
        let told = site
            .workspace
            .press(now, &by, PressOn::Message(&on), Pick::Label(&press.button))
            .map_err(|refused| refused.to_string())?;
        Ok(vec![told])
    }

    /// The process is gone; people go on.
    fn down(&mut self, length: TimeDelta, meanwhile: &[Meanwhile]) -> Result<(), String> {
        let from = self.world.now();
        let mut before = TimeDelta::zero();
        for doing in meanwhile {
            let after = doing.after.delta();
            if after < before || after > length {
                return Err(format!(
                    "meanwhile의 after는 시간 순서대로, for({}분) 안이어야 합니다. 읽은 값: {}",
                    length.num_minutes(),
                    doing.after
                ));
            }
            before = after;
        }
        self.world.all_gone();
        let mut refused = Vec::new();
        for doing in meanwhile {
            let at = from + doing.after.delta();
            self.world.set_now(at);
            if let Step::Phone(phone) = doing.step.as_ref() {
                let who = self.display_name(&phone.who);
                self.world.site.lock().telephone(&who, CallEvent::from(phone.does));
            } else if let Step::Feed(feed) = doing.step.as_ref() {
                self.feed(feed)?;
            } else if let Step::Post(post) = doing.step.as_ref() {
                // whoever finds nobody there tries again
                let name = format!("step-{}-{}", self.done, refused.len() + 1);
                refused.push(Request::read(post, &self.folder, &name)?);
            } else {
                // told to nobody: it is read back at the start
                self.act(&doing.step)?;
            }
        }
        self.world.set_now(from + length);
        self.world.site.lock().workspace.take_echoes();
        self.world.start()?;
        refused.iter().try_for_each(|request| self.world.post(request))
    }
}

fn name_message(site: &mut Site, name: Option<&str>, at: MessageRef) -> Result<(), String> {
    let Some(name) = name else { return Ok(()) };
    if site.names.insert(name.to_owned(), at).is_some() {
        return Err(format!("\"{name}\"은(는) 이미 쓴 이름입니다"));
    }
    Ok(())
}

/// The bot's posts that a reference means, newest first.
fn fitting<'a>(
    site: &'a Site,
    reference: &str,
) -> Result<Box<dyn Iterator<Item = MessageRef> + 'a>, String> {
    let newest = site.posts.iter().rev();
    match reference.split_once(':') {
        None if reference == "last" => Ok(Box::new(newest.map(|post| post.at.clone()))),
        Some(("last", name)) => {
            let name = name.to_owned();
            let fits = move |post: &&super::site::Posted| {
                post.mentions
                    .iter()
                    .any(|who| who.trim_start_matches('@') == name.trim_start_matches('@'))
            };
            Ok(Box::new(newest.filter(fits).map(|post| post.at.clone())))
        }
        Some(_) | None => Err(format!(
            "\"{reference}\"을(를) 알 수 없습니다. 쓸 수 있는 것: as로 붙인 이름, last, last:이름"
        )),
    }
}

/// A workspace with the desk's channels and groups, the guide's people and the scenario's.
fn furnish(
    policy: &Policy,
    roster: &crate::domain::people::Roster,
    scenario: &Scenario,
) -> (Workspace, BTreeMap<String, SlackUser>) {
    let mut workspace = Workspace::new();
    let names = &policy.channels;
    let alarms = Some(&policy.alarm.channel).filter(|name| !name.trim().is_empty());
    let mut channels: Vec<String> = [&names.general, &names.noti, &names.unlink, &names.tam]
        .into_iter()
        .chain(alarms)
        .map(|name| name.trim_start_matches('#').to_owned())
        .collect();
    for step in &scenario.steps {
        let used = match &step.value {
            Step::Say(say) => say.channel.trim_start_matches('#').to_owned(),
            Step::Slash(slash) => slash.channel.trim_start_matches('#').to_owned(),
            Step::Wait(_)
            | Step::At(_)
            | Step::Press(_)
            | Step::React(_)
            | Step::Unreact(_)
            | Step::Reply(_)
            | Step::Edit(_)
            | Step::Delete(_)
            | Step::Submit(_)
            | Step::Phone(_)
            | Step::Presence(_)
            | Step::Post(_)
            | Step::Feed(_)
            | Step::Fail(_)
            | Step::Down(_)
            | Step::Guide(_)
            | Step::Restart(_)
            | Step::Crash(_)
            | Step::Repeat(_)
            | Step::Home(_) => continue,
        };
        if !channels.contains(&used) {
            channels.push(used);
        }
    }
    for name in &channels {
        workspace.add_channel(name, "");
    }
    let mut people = BTreeMap::new();
    for (nth, person) in roster.people.iter().enumerate() {
        let made_up = format!("ts{}@example.co.kr", nth + 1);
        let email = person.email.as_deref().unwrap_or(&made_up);
        let handle = email.split('@').next().unwrap_or_default().to_owned();
        let id = workspace.add_user(&handle, person.name.as_str(), email);
        people.insert(person.name.to_string(), id);
    }
    let mut members: BTreeMap<&str, Vec<SlackUser>> = BTreeMap::new();
    for (key, extra) in &scenario.people {
        let id = match people.get(&extra.name) {
            Some(id) => id.clone(),
            None => add_extra(&mut workspace, key, extra),
        };
        let group = match extra.role {
            ExtraRole::Coc => "coc",
            ExtraRole::Csr => "csr",
            ExtraRole::Sa => "sa",
            ExtraRole::Customer | ExtraRole::Engineer => "",
        };
        members.entry(group).or_default().push(id.clone());
        people.insert(key.clone(), id.clone());
        people.insert(extra.name.clone(), id);
    }
    let groups = &policy.groups;
    for (key, group) in [("coc", &groups.coc), ("csr", &groups.csr), ("sa", &groups.sa)] {
        if let GroupRef::Handle(handle) = group {
            let handle = handle.trim_start_matches('@');
            let empty = Vec::new();
            workspace.add_group(handle, handle, members.get(key).unwrap_or(&empty));
        }
    }
    (workspace, people)
}

fn add_extra(workspace: &mut Workspace, key: &str, extra: &Extra) -> SlackUser {
    let made_up = format!("{}@example.com", key.to_lowercase());
    let email = extra.email.as_deref().unwrap_or(&made_up);
    let id = workspace.add_user(key, &extra.name, email);
    if let Some(phone) = &extra.phone {
        workspace.set_phone(&id, phone);
    }
    id
}

/// The data folder's policy with these changes; keys may be dotted (`chain.rung`).
fn changed_policy(
    base: &str,
    changes: &BTreeMap<String, serde_json::Value>,
) -> Result<String, String> {
    let mut table: toml::Table = toml::from_str(base).map_err(|error| error.to_string())?;
    for (key, value) in changes {
        let value = toml::Value::try_from(value).map_err(|error| format!("{key}: {error}"))?;
        merge(&mut table, key, value);
    }
    let text = toml::to_string(&table).map_err(|error| error.to_string())?;
    read_policy(&text).map_err(|errors| {
        errors.iter().map(|error| error.text.clone()).collect::<Vec<_>>().join("\n")
    })?;
    Ok(text)
}

fn merge(table: &mut toml::Table, key: &str, value: toml::Value) {
    if let Some((head, rest)) = key.split_once('.') {
        let inner = table.entry(head).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        if let toml::Value::Table(inner) = inner {
            merge(inner, rest, value);
        }
        return;
    }
    match (table.get_mut(key), value) {
        (Some(toml::Value::Table(old)), toml::Value::Table(new)) => {
            for (key, value) in new {
                merge(old, &key, value);
            }
        }
        (_, value) => {
            table.insert(key.to_owned(), value);
        }
    }
}
