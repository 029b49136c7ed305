//! The world of a replay: a Slack workspace, telephones and the data folder in memory, with their faults.

use super::acts::{Act, Did, FieldError, Words};
use super::heard::{Heard, Told};
use super::scenario::{FailHow, Failing, FeedName};
use crate::adapters::feeds::{current_events, rss_items};
use crate::adapters::slack::api::{Failed, Failure, Method, Repeat, WebApi};
use crate::domain::desk::Desk;
use crate::domain::errand::{CallEvent, ErrandKind, NewTicket, Outcome, TicketAct, TicketDeed};
use crate::domain::ids::{
    ChannelId, ErrandId, MessageRef, Name, PhoneNumber, SlackUser, TicketLink,
};
use crate::domain::input::{Input, SlackAct, SlackInput};
use crate::domain::mail::Email;
use crate::domain::status::Item;
use crate::domain::time::Time;
use crate::ports::{Clock, Engineer, Feeds, Library, Mailer, Phone, PortError, SignIns, Tickets};
use crate::sandbox::workspace::Workspace;
use async_trait::async_trait;
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Everything outside the process.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) now: Time,
    pub(super) workspace: Workspace,
    pub(super) acts: Vec<Act>,
    pub(super) posts: Vec<Posted>,
    /// Names of people's messages (`as`).
    pub(super) names: BTreeMap<String, MessageRef>,
    pub(super) faults: BTreeMap<Failing, (FailHow, Time)>,
    pub(super) ringing: Vec<RingingCall>,
    /// What somebody will do with the next call.
    pub(super) will_do: BTreeMap<Name, VecDeque<CallEvent>>,
    /// What happened on calls and was not told to the desk yet.
    pub(super) call_events: VecDeque<(ErrandId, CallEvent)>,
    pub(super) guide: Result<String, String>,
    /// What the feeds have, once a scenario has some.
    pub(super) feeds: BTreeMap<FeedName, Vec<u8>>,
    /// Calls that the carrier knows, ringing or over.
    placed: BTreeMap<ErrandId, (String, Name)>,
    /// What was done to tickets.
    deeds: BTreeSet<ErrandId>,
    /// Tickets that were opened.
    opened: BTreeMap<ErrandId, TicketLink>,
    /// Active tickets as the support desk counts them.
    pub(super) tickets: BTreeMap<Name, u32>,
    /// Posts and calls that happen although their answer is lost, counted down (simulation).
    pub(super) lose_answers: u32,
    /// How long the outside takes to answer, and until when it is so slow (simulation).
    pub(super) slow: Option<(TimeDelta, Time)>,
    /// How far the process's clock is ahead of the time (simulation).
    pub(super) skew: TimeDelta,
    /// Whether the node whose turn it is does not reach Slack (simulation).
    pub(super) cut: bool,
    /// Whether what happens now happens beside what the desk knows of: people see it, and do nothing with it (simulation).
    pub(super) stray: bool,
    /// What reached the process, in order.
    pub(super) heard: Vec<Heard>,
}

/// A post of the bot.
#[derive(Clone, Debug)]
pub(super) struct Posted {
    pub(super) id: String,
    pub(super) at: MessageRef,
    pub(super) mentions: Vec<String>,
}

/// A call that rings.
#[derive(Clone, Debug)]
pub(super) struct RingingCall {
    pub(super) errand: ErrandId,
    pub(super) to: Name,
    pub(super) reference: String,
}

/// The site in the hands of several.
#[derive(Clone, Debug)]
pub(super) struct Shared(Arc<Mutex<Site>>);

impl Site {
    pub(super) fn new(
        now: Time,
        workspace: Workspace,
        guide: String,
        tickets: BTreeMap<Name, u32>,
    ) -> Self {
        Self {
            now,
            workspace,
            acts: Vec::new(),
            posts: Vec::new(),
            names: BTreeMap::new(),
            faults: BTreeMap::new(),
            ringing: Vec::new(),
            will_do: BTreeMap::new(),
            call_events: VecDeque::new(),
            guide: Ok(guide),
            feeds: BTreeMap::new(),
            placed: BTreeMap::new(),
            deeds: BTreeSet::new(),
            opened: BTreeMap::new(),
            tickets,
            lose_answers: 0,
            slow: None,
            skew: TimeDelta::zero(),
            cut: false,
            stray: false,
            heard: Vec::new(),
        }
    }
}

impl Shared {
    pub(super) fn new(site: Site) -> Self {
        Self(Arc::new(Mutex::new(site)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Site> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Site {
    pub(super) fn failing(&self, what: Failing) -> Option<FailHow> {
        self.faults.get(&what).filter(|(_, until)| self.now < *until).map(|(how, _)| *how)
    }

    /// The time by the process's clock.
    pub(super) fn clock(&self) -> Time {
        self.now + self.skew
    }

    /// How long an answer takes now.
    pub(super) fn slowness(&self) -> Option<TimeDelta> {
        self.slow.filter(|(_, until)| self.now < *until).map(|(delay, _)| delay)
    }

    /// What of this reaches the process from outside, as it stands before the desk takes it.
    pub(super) fn hear(&self, desk: &Desk, inputs: &[Input]) -> Vec<Heard> {
        let (at, acts) = (self.now, self.acts.len());
        let heard = inputs.iter().filter_map(|input| {
            let (key, by, told) = match input {
                Input::Slack(slack) => self
                    .told_of(slack)
                    .map(|told| (slack.key.clone(), self.person_name(&slack.by), told)),
                Input::Phone { call, event } => self.told_phone(desk, *call, *event),
                Input::Settled { errand, outcome: Outcome::Joined { reference, to } } => {
                    let placed = self.placed.iter().find(|(_, (one, _))| one == reference);
                    let page = desk.about_of(*errand).unwrap_or_default().to_owned();
                    placed.map(|(call, _)| {
                        let told = Told::Joined { call: call.to_string(), page };
                        (format!("{errand} joined"), to.to_string(), told)
                    })
                }
                Input::Notice(notice) => Some((notice.key.clone(), String::new(), Told::Noticed)),
                Input::Started { .. }
                | Input::CaughtUp
                | Input::ReadBack
                | Input::Stopping
                | Input::Books(_)
                | Input::Directory(_)
                | Input::Tickets(_)
                | Input::TakenUp { .. }
                | Input::Settled { .. }
                | Input::Chimed(_)
                | Input::Trouble { .. }
                | Input::Record(_)
                | Input::Ticket(_)
                | Input::Status(_)
                | Input::Topic(_)
                | Input::Forgotten(_)
                | Input::Woken(_) => None,
            }?;
            Some(Heard { at, acts, key, by, told })
        });
        heard.collect()
    }

    fn told_phone(
        &self,
        desk: &Desk,
        call: ErrandId,
        event: CallEvent,
    ) -> Option<(String, String, Told)> {
        let live = desk.calls.get(&call);
        let to = live.map(|live| &live.to).or_else(|| Some(&self.placed.get(&call)?.1))?;
        let pages = match (event, live) {
            (CallEvent::Accepted | CallEvent::Rejected, _) => {
                desk.about_of(call).map(str::to_owned).into_iter().collect()
            }
            // the carrier was quicker than its own answer: every page that the voice names
            (
                CallEvent::Answered
                | CallEvent::Busy
                | CallEvent::NoAnswer
                | CallEvent::Voicemail
                | CallEvent::Failed,
                None,
            ) => self.named_by(desk, call),
            (
                CallEvent::Answered
                | CallEvent::Busy
                | CallEvent::NoAnswer
                | CallEvent::Voicemail
                | CallEvent::Failed,
                Some(live),
            ) => desk.calls_of(&live.reference).map(|(_, live)| live.about.clone()).collect(),
        };
        let told = Told::Phone { errand: call.to_string(), event, pages };
        Some((format!("{call} {event:?}"), to.to_string(), told))
    }

    /// The pages that the voice of a call names and that are still owed.
    fn named_by(&self, desk: &Desk, call: ErrandId) -> Vec<String> {
        let placed = call.to_string();
        let speech = self.acts.iter().rev().find_map(|act| {
            let Did::Call { errand, about, .. } = &act.did else { return None };
            (*errand == placed).then_some(about.as_str())
        });
        let speech = speech.unwrap_or_default();
        let owed = desk.errands.values().filter_map(|errand| {
            let ErrandKind::Call { about, .. } = &errand.kind else { return None };
            Some(about)
        });
        owed.filter(|about| speech.contains(about.as_str())).cloned().collect()
    }

    fn told_of(&self, input: &SlackInput) -> Option<Told> {
        Some(match &input.what {
            SlackAct::Said { at, thread, text } => Told::Said {
                message: self.name_of(at),
                thread: self.thread_name(&at.channel, thread.as_ref().filter(|ts| **ts != at.ts)),
                channel: self.channel_name(&at.channel),
                written: at.ts.time(),
                text: text.clone(),
            },
            SlackAct::Reacted { to, emoji } => Told::Reacted {
                message: self.name_of(to),
                thread: self.root_name(to),
                emoji: emoji.clone(),
            },
            SlackAct::Pressed { on, .. } => {
                let raw = input.raw.as_ref();
                let label = raw.and_then(|raw| raw.pointer("/actions/0/text/text"));
                Told::Pressed {
                    message: self.name_of(on),
                    thread: self.root_name(on),
                    label: label.and_then(Value::as_str).unwrap_or_default().to_owned(),
                }
            }
            SlackAct::Commanded { command, text, .. } => {
                Told::Commanded { command: command.clone(), text: text.clone() }
            }
            SlackAct::BotSaid { .. }
            | SlackAct::Edited { .. }
            | SlackAct::Deleted { .. }
            | SlackAct::Unreacted { .. }
            | SlackAct::Submitted { .. }
            | SlackAct::HomeOpened
            | SlackAct::HomePressed { .. } => return None,
        })
    }

    /// The name of the message that this one hangs on, or its own.
    fn root_name(&self, at: &MessageRef) -> String {
        let root = self.workspace.message(at).map(crate::sandbox::workspace::Message::root);
        self.name_of(&root.unwrap_or_else(|| at.clone()))
    }

    /// Whether the node whose turn it is does not reach Slack.
    pub(super) fn slack_is_away(&self) -> bool {
        self.cut || self.failing(Failing::Slack).is_some()
    }

    /// Slack's answer while it fails.
    fn slack(&self) -> Result<(), Failure> {
        if self.cut {
            return Err(Failure::Silence);
        }
        match self.failing(Failing::Slack) {
            None => Ok(()),
            Some(FailHow::TooMany) => Err(Failure::Limited(None)),
            Some(FailHow::ServerError) => Err(Failure::Status(500)),
            Some(FailHow::Timeout) => Err(Failure::Silence),
            Some(FailHow::Refused) => Err(Failure::Unreachable),
        }
    }

    /// The carrier's answer while it fails.
    fn carrier(&self) -> Result<(), PortError> {
        self.service(Failing::Phone, "전화 발신")
    }

    /// The answer of a service while it fails.
    fn service(&self, which: Failing, name: &str) -> Result<(), PortError> {
        let later = |why: &str| {
            Err(PortError::Transient { why: format!("{name}: {why}"), retry_after: None })
        };
        match self.failing(which) {
            None => Ok(()),
            Some(FailHow::TooMany) => later("요청이 너무 많음 (429)"),
            Some(FailHow::ServerError) => later("서버 오류 (500)"),
            Some(FailHow::Timeout) => {
                Err(PortError::Unknown { why: format!("{name}: 응답 없음") })
            }
            Some(FailHow::Refused) => later("연결되지 않음"),
        }
    }

    /// The carrier's name for a call.
    pub(super) fn reference(&self, call: ErrandId) -> Option<String> {
        self.placed.get(&call).map(|(reference, _)| reference.clone())
    }

    /// Something happened; whether its answer arrives (simulation).
    fn answer_or_lose(&mut self, name: &str) -> Result<(), PortError> {
        if self.lose_answers == 0 {
            return Ok(());
        }
        self.lose_answers -= 1;
        Err(PortError::Unknown { why: format!("{name}: 응답 없음") })
    }

    pub(super) fn did(&mut self, did: Did) {
        let at = self.now;
        self.acts.push(Act { at, did });
    }

    fn words_of(&self, text: &str, blocks: &[Value]) -> Words {
        Words {
            text: self.workspace.words(text, blocks),
            mentions: self.workspace.mentions(text, blocks),
            buttons: button_labels(blocks),
            files: Vec::new(),
        }
    }

    fn channel_name(&self, id: &ChannelId) -> String {
        match self.workspace.channel(id) {
            Some(channel) => format!("#{}", channel.name),
            None => id.to_string(),
        }
    }

    pub(super) fn person_name(&self, id: &SlackUser) -> String {
        self.workspace.user(id).map_or_else(|| id.to_string(), |user| user.real_name.clone())
    }

    /// A message's name: the one that a step gave it, the post's id, or its timestamp.
    pub(super) fn name_of(&self, at: &MessageRef) -> String {
        let named = self.names.iter().find(|(_, known)| *known == at).map(|(name, _)| name.clone());
        named
            .or_else(|| self.posts.iter().find(|post| &post.at == at).map(|post| post.id.clone()))
            .unwrap_or_else(|| at.ts.to_string())
    }

    fn thread_name(
        &self,
        channel: &ChannelId,
        thread: Option<&crate::domain::ids::Ts>,
    ) -> Option<String> {
        thread.map(|ts| self.name_of(&MessageRef { channel: channel.clone(), ts: ts.clone() }))
    }

    /// Tells what a successful call of the Web API did to the world.
    fn told(&mut self, method: Method, arguments: &Value, answer: &Value) {
        match method {
            Method::ChatPostMessage => {
                let id = arguments.pointer("/metadata/event_payload/id").and_then(Value::as_str);
                self.told_post(answer, id.unwrap_or_default());
            }
            Method::ChatUpdate => {
                let at = reference(&arguments["channel"], &arguments["ts"]);
                let Some(message) = self.workspace.message(&at).cloned() else { return };
                let words = self.words_of(&message.text, &message.blocks);
                let (id, channel) = (self.name_of(&at), self.channel_name(&at.channel));
                let thread = self.thread_name(&at.channel, message.thread.as_ref());
                self.did(Did::Update { id, channel, thread, words });
            }
            Method::ChatPostEphemeral => self.told_ephemeral(),
            Method::FilesComplete => {
                let Some(channel) = arguments["channel_id"].as_str().map(ChannelId::from) else {
                    return;
                };
                let newest = self.workspace.messages(&channel).last().map(|one| one.at.clone());
                if let Some(at) = newest {
                    let answer = json!({ "channel": at.channel, "ts": at.ts });
                    self.told_post(&answer, "");
                }
            }
            Method::ViewsOpen => {
                let user = answer.pointer("/view/id").and_then(Value::as_str).and_then(|id| {
                    let users: Vec<SlackUser> =
                        self.workspace.users().map(|user| user.id.clone()).collect();
                    users
                        .into_iter()
                        .find(|user| self.workspace.modal(user).is_some_and(|view| view.id == id))
                });
                if let Some(user) = user {
                    self.told_view(&user);
                }
            }
            Method::AppsConnectionsOpen
            | Method::AuthTest
            | Method::ConversationsHistory
            | Method::ConversationsList
            | Method::ConversationsOpen
            | Method::ConversationsReplies
            | Method::DndInfo
            | Method::FilesUploadUrl
            | Method::UsergroupsList
            | Method::UsersConversations
            | Method::UsersGetPresence
            | Method::UsersList
            | Method::UsersProfileGet => {}
            Method::ViewsPublish => {
                self.told_home(&arguments["user_id"].as_str().unwrap_or_default().into())
            }
        }
    }

    fn told_post(&mut self, answer: &Value, errand: &str) {
        let at = reference(&answer["channel"], &answer["ts"]);
        let Some(message) = self.workspace.message(&at).cloned() else { return };
        let mut words = self.words_of(&message.text, &message.blocks);
        let files = self.workspace.files_of(&message);
        words.files = files.into_iter().map(|file| file.name.clone()).collect();
        let id = format!("p{}", self.posts.len() + 1);
        let direct =
            self.workspace.channel(&at.channel).and_then(|channel| channel.direct_with.clone());
        if let Some(to) = direct {
            let to = self.person_name(&to);
            let id = format!("d{}", self.acts.len() + 1);
            return self.did(Did::Dm { id, to, thread: None, words });
        }
        let channel = self.channel_name(&at.channel);
        let thread = self.thread_name(&at.channel, message.thread.as_ref());
        if self.stray {
            let id = format!("s{}", self.acts.len() + 1);
            return self.did(Did::Post { id, channel, thread, words, errand: errand.to_owned() });
        }
        let mentions = words.mentions.clone();
        self.posts.push(Posted { id: id.clone(), at, mentions });
        self.did(Did::Post { id, channel, thread, words, errand: errand.to_owned() });
    }

    fn told_ephemeral(&mut self) {
        let Some(shown) = self.workspace.ephemerals().last().cloned() else { return };
        let words = self.words_of(&shown.text, &shown.blocks);
        let id = format!("e{}", self.acts.len() + 1);
        let to = self.person_name(&shown.to);
        let channel = self.channel_name(&shown.at.channel);
        let thread = self.thread_name(&shown.at.channel, shown.thread.as_ref());
        self.did(Did::Ephemeral { id, to, channel, thread, words });
    }

    /// Tells of the form that is open for somebody, with its errors.
    pub(super) fn told_view(&mut self, user: &SlackUser) {
        let Some(form) = self.workspace.open_form(user) else { return };
        let errors = form
            .fields
            .iter()
            .filter_map(|field| {
                let text = field.error.clone()?;
                Some(FieldError { field: field.label.clone(), text })
            })
            .collect();
        let did = Did::View {
            to: self.person_name(user),
            title: form.title,
            text: form.text,
            fields: form.fields.into_iter().map(|field| field.label).collect(),
            errors,
        };
        self.did(did);
    }

    /// Tells of somebody's home, with its buttons in the place of fields.
    fn told_home(&mut self, user: &SlackUser) {
        let Some(view) = self.workspace.home(user) else { return };
        let blocks = view.blocks().to_vec();
        let did = Did::View {
            to: self.person_name(user),
            title: "앱 홈".to_owned(),
            text: self.workspace.words("", &blocks),
            fields: button_labels(&blocks),
            errors: Vec::new(),
        };
        self.did(did);
    }

    /// Somebody does something with the telephone: with the ringing one, or with the next that rings.
    pub(super) fn telephone(&mut self, who: &Name, event: CallEvent) {
        match self.ringing.iter().position(|call| &call.to == who) {
            Some(place) => {
                let call = self.ringing.remove(place);
                self.call_events.push_back((call.errand, event));
            }
            None => self.will_do.entry(who.clone()).or_default().push_back(event),
        }
    }
}

fn button_labels(blocks: &[Value]) -> Vec<String> {
    let actions = blocks.iter().filter(|block| block["type"] == "actions");
    let elements = actions.filter_map(|block| block["elements"].as_array()).flatten();
    elements
        .filter_map(|element| element.pointer("/text/text").and_then(Value::as_str))
        .map(str::to_owned)
        .collect()
}

fn reference(channel: &Value, ts: &Value) -> MessageRef {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    MessageRef { channel: ChannelId(text(channel)), ts: crate::domain::ids::Ts(text(ts)) }
}

/// Slack's Web API within the process.
#[derive(Clone, Debug)]
pub(super) struct Line(pub(super) Shared);

impl Line {
    fn call(&self, method: Method, arguments: &Value) -> Result<Value, Failed> {
        let mut site = self.0.lock();
        site.slack().map_err(|failure| Failed::new(method, failure))?;
        let (now, token) = (site.now, site.workspace.bot.bot_token.clone());
        let answer = site.workspace.api(now, Some(&token), method.name(), arguments);
        if answer["ok"] != true {
            let code = answer["error"].as_str().unwrap_or("unknown_error");
            return Err(Failed::refused(method, code));
        }
        site.told(method, arguments, &answer);
        if method == Method::ChatPostMessage && site.lose_answers > 0 {
            site.lose_answers -= 1;
            return Err(Failed::new(method, Failure::Silence));
        }
        Ok(answer)
    }
}

#[async_trait]
impl WebApi for Line {
    async fn get(&self, method: Method, arguments: &[(&str, String)]) -> Result<Value, Failed> {
        let arguments: serde_json::Map<String, Value> =
            arguments.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        self.call(method, &Value::Object(arguments))
    }

    async fn post(&self, method: Method, arguments: &Value) -> Result<Value, Failed> {
        self.call(method, arguments)
    }

    async fn send_file(&self, url: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        let mut site = self.0.lock();
        site.slack().map_err(|failure| failure.port("upload", Repeat::Harmless))?;
        let id = url.rsplit('/').next().unwrap_or_default();
        if site.workspace.take_bytes(id, bytes) {
            Ok(())
        } else {
            Err(PortError::Permanent { why: "upload: refused".to_owned() })
        }
    }

    async fn respond(&self, url: &str, message: &Value) -> Result<(), PortError> {
        let mut site = self.0.lock();
        site.slack().map_err(|failure| failure.port("response_url", Repeat::Seen))?;
        let token = url.rsplit('/').next().unwrap_or_default();
        let now = site.now;
        let answer = site.workspace.respond(now, token, message);
        if answer["ok"] != true {
            let error = answer["error"].as_str().unwrap_or("unknown_error");
            return Err(PortError::Permanent { why: format!("response_url: {error}") });
        }
        site.told_ephemeral();
        Ok(())
    }
}

/// Telephones within the process.
#[derive(Clone, Debug)]
pub(super) struct Telephones(pub(super) Shared);

#[async_trait]
impl Phone for Telephones {
    async fn call(
        &self,
        errand: ErrandId,
        to: &Name,
        number: &PhoneNumber,
        speech: &str,
    ) -> Result<String, PortError> {
        let mut site = self.0.lock();
        site.carrier()?;
        let reference = format!("call-{errand}");
        site.placed.insert(errand, (reference.clone(), to.clone()));
        site.did(Did::Call {
            to: to.to_string(),
            number: number.to_string(),
            about: speech.to_owned(),
            errand: errand.to_string(),
        });
        if site.stray {
            return Ok(reference);
        }
        let planned = site.will_do.get_mut(to).and_then(VecDeque::pop_front);
        match planned {
            Some(event) => site.call_events.push_back((errand, event)),
            None => {
                let call = RingingCall { errand, to: to.clone(), reference: reference.clone() };
                site.ringing.push(call);
            }
        }
        site.answer_or_lose("전화 발신")?;
        Ok(reference)
    }

    async fn find_call(
        &self,
        errand: ErrandId,
        _number: &PhoneNumber,
        _since: Time,
    ) -> Result<Option<String>, PortError> {
        let site = self.0.lock();
        site.carrier()?;
        Ok(site.placed.get(&errand).map(|(reference, _)| reference.clone()))
    }

    async fn hang_up(&self, reference: &str, to: &Name) -> Result<(), PortError> {
        let mut site = self.0.lock();
        site.carrier()?;
        if let Some(place) = site.ringing.iter().position(|call| call.reference == reference) {
            let errand = site.ringing.remove(place).errand.to_string();
            site.did(Did::Hangup { to: to.to_string(), errand });
        }
        Ok(())
    }

    async fn probe(&self) -> Result<(), PortError> {
        self.0.lock().carrier()
    }
}

/// The number of the first ticket that is opened in a replay.
const FIRST_NEW_TICKET: usize = 90_001;

/// The support desk within the process.
#[derive(Clone, Debug)]
pub(super) struct SupportDesk(pub(super) Shared);

#[async_trait]
impl Tickets for SupportDesk {
    async fn active(&self, _of: &[Engineer]) -> Result<BTreeMap<Name, u32>, PortError> {
        let site = self.0.lock();
        site.service(Failing::Tickets, "티켓 시스템")?;
        Ok(site.tickets.clone())
    }

    async fn act(&self, errand: ErrandId, deed: &TicketDeed) -> Result<(), PortError> {
        let mut site = self.0.lock();
        site.service(Failing::Tickets, "티켓 시스템")?;
        site.deeds.insert(errand);
        let mut fields = BTreeMap::from([("comment".to_owned(), deed.comment.clone())]);
        let action = match &deed.act {
            TicketAct::Assign { to, .. } => {
                fields.insert("assignee".to_owned(), to.to_string());
                "assign"
            }
            TicketAct::Comment => "comment",
            TicketAct::Solve => "close",
        };
        let (action, ticket) = (action.to_owned(), deed.ticket.to_string());
        site.did(Did::Ticket { action, ticket, fields, errand: errand.to_string() });
        site.answer_or_lose("티켓 시스템")
    }

    async fn open(&self, errand: ErrandId, ticket: &NewTicket) -> Result<TicketLink, PortError> {
        let mut site = self.0.lock();
        site.service(Failing::Tickets, "티켓 시스템")?;
        let number = FIRST_NEW_TICKET + site.opened.len();
        let link = format!("https://support.example.com/agent/tickets/{number}");
        let link = TicketLink(link);
        site.opened.insert(errand, link.clone());
        let fields = BTreeMap::from([
            ("subject".to_owned(), ticket.subject.clone()),
            ("comment".to_owned(), ticket.comment.clone()),
        ]);
        let (action, ticket) = ("create".to_owned(), number.to_string());
        site.did(Did::Ticket { action, ticket, fields, errand: errand.to_string() });
        site.answer_or_lose("티켓 시스템")?;
        Ok(link)
    }

    async fn find_opened(
        &self,
        errand: ErrandId,
        _ticket: &NewTicket,
    ) -> Result<Option<TicketLink>, PortError> {
        let site = self.0.lock();
        site.service(Failing::Tickets, "티켓 시스템")?;
        Ok(site.opened.get(&errand).cloned())
    }

    async fn is_done(&self, errand: ErrandId, _deed: &TicketDeed) -> Result<bool, PortError> {
        let site = self.0.lock();
        site.service(Failing::Tickets, "티켓 시스템")?;
        Ok(site.deeds.contains(&errand))
    }

    async fn probe(&self) -> Result<(), PortError> {
        self.0.lock().service(Failing::Tickets, "티켓 시스템")
    }
}

/// The mail server within the process.
#[derive(Clone, Debug)]
pub(super) struct PostOffice(pub(super) Shared);

#[async_trait]
impl Mailer for PostOffice {
    async fn send(&self, errand: ErrandId, mail: &Email) -> Result<(), PortError> {
        let mut site = self.0.lock();
        // it went silent before it had the mail
        if let Err(error) = site.service(Failing::Mail, "메일 발송") {
            return Err(PortError::Transient { why: error.to_string(), retry_after: None });
        }
        let Email { from: _, to, cc, subject, text } = mail.clone();
        site.did(Did::Mail { to, cc, subject, text, errand: errand.to_string() });
        Ok(())
    }

    async fn probe(&self) -> Result<(), PortError> {
        self.0.lock().service(Failing::Mail, "메일 발송")
    }
}

/// AWS's status feeds within the process.
#[derive(Clone, Debug)]
pub(super) struct Newsstand(pub(super) Shared);

impl Newsstand {
    fn body(&self, feed: FeedName) -> Result<Vec<u8>, PortError> {
        let site = self.0.lock();
        site.service(Failing::Feeds, "AWS 상태 피드")?;
        site.feeds.get(&feed).cloned().ok_or_else(|| PortError::Permanent {
            why: "AWS 상태 피드: 이 장면에 없는 피드입니다".to_owned(),
        })
    }
}

fn readable(read: Result<Vec<Item>, String>) -> Result<Vec<Item>, PortError> {
    read.map_err(|why| PortError::Transient {
        why: format!("AWS 상태 피드: {why}"),
        retry_after: None,
    })
}

#[async_trait]
impl Feeds for Newsstand {
    async fn rss(&self) -> Result<Vec<Item>, PortError> {
        readable(rss_items(&self.body(FeedName::AwsStatus)?))
    }

    async fn current_events(&self, _url: &str) -> Result<Vec<Item>, PortError> {
        readable(current_events(&self.body(FeedName::AwsCurrentevents)?))
    }
}

/// The data folder's guide within the process.
#[derive(Clone, Debug)]
pub(super) struct Shelf(pub(super) Shared);

impl Library for Shelf {
    fn guide(&self) -> Result<String, String> {
        self.0.lock().guide.clone()
    }
}

/// Stands at the board's door: a replay has no browser to let in, and the same link each time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Porter;

impl SignIns for Porter {
    fn link(&self, _to: &SlackUser, _lives: TimeDelta) -> Result<String, PortError> {
        Ok("https://coc.example.com/board/in/replay".to_owned())
    }
}

/// The virtual clock.
#[derive(Clone, Debug)]
pub(super) struct Hand(pub(super) Shared);

#[async_trait]
impl Clock for Hand {
    fn now(&self) -> Time {
        self.0.lock().clock()
    }

    async fn sleep_until(&self, _at: Option<Time>) {
        // the player turns this clock; nothing in a replay waits by itself
        std::future::pending::<()>().await;
    }
}
