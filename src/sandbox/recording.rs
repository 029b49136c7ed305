//! What people did in a practice, written down as a scenario file for `coc replay`.
//!
//! A replay has no delays of its own: there the bot answers at the instant at which it is told. What people did is therefore kept
//! with the time at which they did it, and messages of the bot by references that a replay resolves to the same message.

use super::backstage::{BotTurn, ClockTurn, Ringing};
use super::deeds::{Deed, Press, Surface, place};
use super::furnish::GUESTS;
use super::notices;
use super::workspace::{Author, Workspace};
use crate::domain::errand::CallEvent;
use crate::domain::ids::{MessageRef, Name, SlackUser, Ts};
use crate::domain::time::{Span, Time};
use chrono::{SecondsFormat, SubsecRound, TimeDelta};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is kept of one practice.
#[derive(Debug)]
pub(super) struct Recording {
    title: String,
    start: Time,
    tickets: BTreeMap<Name, u32>,
    steps: Vec<Step>,
    /// Until when the steps so far play.
    written: Time,
    /// The last step turned the clock. A replay lets what falls due at its end run only before a later instant.
    turned: bool,
    /// People's messages by the names that they bear in the steps.
    names: BTreeMap<MessageRef, String>,
    /// The bot's posts, oldest first, with the mentions with which they were posted: an update does not alter what a reference means.
    posts: Vec<(MessageRef, Vec<String>)>,
    /// What people do while the bot is gone, and since when it is.
    gone: Option<(Time, Vec<Meanwhile>)>,
    left_out: Vec<String>,
}

/// An act of a person, looked at before it is done: afterwards its message may read differently.
#[derive(Debug)]
pub(super) enum Drafted {
    /// A step, but for the name of the message that it writes.
    Step(Step),
    /// Nothing that the bot hears of.
    Nothing,
    /// A scenario file cannot say it.
    Unsayable(String),
}

/// A step of a scenario file.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Step {
    Say {
        by: String,
        #[serde(rename = "in")]
        channel: String,
        text: String,
        #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    Reply {
        by: String,
        to: String,
        text: String,
        #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    Edit {
        by: String,
        message: String,
        text: String,
    },
    Delete {
        by: String,
        message: String,
    },
    React {
        by: String,
        emoji: String,
        to: String,
    },
    Unreact {
        by: String,
        emoji: String,
        to: String,
    },
    Press {
        by: String,
        button: String,
        on: String,
    },
    Slash {
        by: String,
        #[serde(rename = "in")]
        channel: String,
        command: String,
        #[serde(skip_serializing_if = "String::is_empty")]
        text: String,
    },
    Submit {
        by: String,
        fields: BTreeMap<String, String>,
    },
    Presence {
        who: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        is: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        emoji: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        dnd: Option<bool>,
    },
    Phone {
        who: String,
        does: &'static str,
    },
    Post {
        path: &'static str,
        text: String,
        unsigned: bool,
    },
    Feed {
        url: &'static str,
        text: String,
    },
    Wait(Span),
    At(String),
    Down {
        #[serde(rename = "for")]
        length: Span,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        meanwhile: Vec<Meanwhile>,
    },
    Crash {},
}

/// Something that people do while the bot is gone.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Meanwhile {
    after: Span,
    #[serde(flatten)]
    step: Step,
}

#[derive(Serialize)]
struct File<'a> {
    title: &'a str,
    start: String,
    people: BTreeMap<String, Extra>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tickets: &'a BTreeMap<Name, u32>,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Extra {
    name: String,
    role: String,
}

/// The roles that a scenario file knows by user group.
const ROLES: [&str; 3] = ["csr", "coc", "sa"];

impl Recording {
    /// Nothing yet, of a practice that begins now.
    pub(super) fn new(title: &str, start: Time, tickets: BTreeMap<Name, u32>) -> Self {
        let start = start.trunc_subsecs(3);
        Self {
            title: title.to_owned(),
            start,
            tickets,
            steps: Vec::new(),
            written: start,
            turned: false,
            names: BTreeMap::new(),
            posts: Vec::new(),
            gone: None,
            left_out: Vec::new(),
        }
    }

    /// When the practice began.
    pub(super) const fn start(&self) -> Time {
        self.start
    }

    /// Takes note of the bot's new posts.
    pub(super) fn observe(&mut self, workspace: &Workspace) {
        let newest = self.posts.last().map(|(at, _)| at.ts.clone());
        let mut fresh: Vec<(MessageRef, Vec<String>)> = Vec::new();
        for channel in workspace.channels().filter(|channel| channel.direct_with.is_none()) {
            let unseen = workspace
                .messages(&channel.id)
                .rev()
                .take_while(|message| newest.as_ref().is_none_or(|newest| message.at.ts > *newest))
                .filter(|message| message.author == Author::Bot);
            fresh.extend(unseen.map(|message| {
                (message.at.clone(), workspace.mentions(&message.text, &message.blocks))
            }));
        }
        fresh.sort_by(|(a, _), (b, _)| a.ts.cmp(&b.ts));
        self.posts.extend(fresh);
    }

    /// The step that says what a person is about to do.
    pub(super) fn draft(
        &mut self,
        workspace: &Workspace,
        user: &SlackUser,
        deed: &Deed,
    ) -> Drafted {
        self.observe(workspace);
        let by = name_of(workspace, user);
        let at = |channel: &str, ts: &Ts| MessageRef {
            channel: place(workspace, channel),
            ts: ts.clone(),
        };
        match deed {
            Deed::Say { raw: true, .. }
            | Deed::Edit { raw: true, .. }
            | Deed::Slash { raw: true, .. } => {
                Drafted::Unsayable(format!("{by}: Slack 서식 그대로 쓴 글"))
            }
            Deed::Say { channel, thread: None, text, .. } => {
                let channel = channel_name(workspace, channel);
                Drafted::Step(Step::Say { by, channel, text: text.clone(), name: None })
            }
            Deed::Say { channel, thread: Some(root), text, .. } => {
                match self.in_thread(workspace, &at(channel, root)) {
                    Some(to) => {
                        Drafted::Step(Step::Reply { by, to, text: text.clone(), name: None })
                    }
                    None => Drafted::Unsayable(format!("{by}: 가리킬 수 없는 스레드의 답글")),
                }
            }
            Deed::Edit { channel, ts, text, .. } => match self.named(&at(channel, ts)) {
                Some(message) => Drafted::Step(Step::Edit { by, message, text: text.clone() }),
                None => Drafted::Unsayable(format!("{by}: 기록에 없는 글의 수정")),
            },
            Deed::Delete { channel, ts } => match self.named(&at(channel, ts)) {
                Some(message) => Drafted::Step(Step::Delete { by, message }),
                None => Drafted::Unsayable(format!("{by}: 기록에 없는 글의 삭제")),
            },
            Deed::React { channel, ts, emoji } => match self.reference(&at(channel, ts)) {
                Some(to) => Drafted::Step(Step::React { by, emoji: bare(emoji), to }),
                None => Drafted::Unsayable(format!("{by}: 지난 봇 글에 남긴 반응 {emoji}")),
            },
            Deed::Unreact { channel, ts, emoji } => match self.reference(&at(channel, ts)) {
                Some(to) => Drafted::Step(Step::Unreact { by, emoji: bare(emoji), to }),
                None => Drafted::Unsayable(format!("{by}: 지난 봇 글에서 거둔 반응 {emoji}")),
            },
            Deed::Press(press) => self.press(workspace, by, press),
            Deed::Slash { channel, command, text, .. } => {
                let channel = channel_name(workspace, channel);
                let (command, text) = (command.clone(), text.trim().to_owned());
                Drafted::Step(Step::Slash { by, channel, command, text })
            }
            Deed::Submit { fields } => submit(workspace, user, by, fields),
            Deed::Presence { active, status, emoji, dnd } => Drafted::Step(Step::Presence {
                who: by,
                is: active.map(|active| if active { "active" } else { "away" }),
                // the page sets both of them together
                status: status.clone().or_else(|| emoji.as_ref().map(|_| String::new())),
                emoji: emoji
                    .as_deref()
                    .map(bare)
                    .or_else(|| status.as_ref().map(|_| String::new())),
                dnd: *dnd,
            }),
            Deed::CloseView
            | Deed::Home
            | Deed::Clock { .. }
            | Deed::Bot { .. }
            | Deed::Phone { .. }
            | Deed::Alarm { .. }
            | Deed::Status { .. }
            | Deed::Scene { .. } => Drafted::Nothing,
        }
    }

    /// Keeps what was drafted: it was done at `at`, and wrote `message` if it wrote one.
    pub(super) fn keep(&mut self, at: Time, drafted: Drafted, message: Option<MessageRef>) {
        let mut step = match drafted {
            Drafted::Step(step) => step,
            Drafted::Nothing => return,
            Drafted::Unsayable(what) => return self.leave_out(at, &what),
        };
        if let (Step::Say { name, .. } | Step::Reply { name, .. }, Some(message)) =
            (&mut step, message)
        {
            let fresh = format!("m{}", self.names.len() + 1);
            *name = Some(fresh.clone());
            self.names.insert(message, fresh);
        }
        self.push(at, step);
    }

    /// Somebody did something with a call that rang.
    pub(super) fn phoned(&mut self, at: Time, call: &Ringing, event: CallEvent) {
        if self.gone.is_some() {
            // a bot that is gone never hears of it; in a replay the call rings on as well
            return self.leave_out(at, &format!("{}: 봇이 꺼진 동안의 전화", call.to));
        }
        let does = match event {
            CallEvent::Accepted => "accept",
            CallEvent::Rejected => "reject",
            CallEvent::Answered => "answer",
            CallEvent::Busy => "busy",
            CallEvent::NoAnswer => "no-answer",
            CallEvent::Voicemail => "voicemail",
            CallEvent::Failed => "failed",
        };
        self.push(at, Step::Phone { who: call.to.clone(), does });
    }

    /// A monitoring service posted this.
    pub(super) fn posted(&mut self, at: Time, text: &str) {
        let text = text.to_owned();
        self.push(at, Step::Post { path: notices::PATH, text, unsigned: true });
    }

    /// AWS's status feed reads like this.
    pub(super) fn fed(&mut self, at: Time, text: &str) {
        self.push(at, Step::Feed { url: "aws-status", text: text.to_owned() });
    }

    /// The clock was moved, from `from` to `to`.
    pub(super) fn turned(&mut self, turn: ClockTurn, from: Time, to: Time) {
        if self.gone.is_some() {
            return;
        }
        match turn {
            ClockTurn::Advance(seconds) => {
                self.pass_to(from);
                let span = Span::seconds(seconds);
                self.steps.push(Step::Wait(span));
                self.written += span.delta();
                self.turned = true;
            }
            ClockTurn::NextBusinessDay => {
                self.pass_to(from);
                self.pass_to(to);
                self.turned = true;
            }
            ClockTurn::Speed(_) => {}
        }
    }

    /// The bot was killed or started.
    pub(super) fn bot_turned(&mut self, at: Time, turn: BotTurn) {
        match turn {
            BotTurn::Kill if self.gone.is_none() => {
                self.come_to(at);
                self.gone = Some((self.written, Vec::new()));
            }
            BotTurn::Start => {
                if let Some((since, meanwhile)) = self.gone.take() {
                    let step = back(since, meanwhile, at);
                    if let Step::Down { length, .. } = &step {
                        self.written += length.delta();
                    }
                    self.steps.push(step);
                }
            }
            BotTurn::Kill => {}
        }
    }

    /// The scenario file, played until `now`.
    ///
    /// # Errors
    /// What YAML cannot say; there is nothing of the kind in it.
    pub(super) fn file(
        &self,
        workspace: &Workspace,
        now: Time,
    ) -> Result<String, serde_saphyr::ser::Error> {
        let mut steps = self.steps.clone();
        match &self.gone {
            Some((since, meanwhile)) => steps.push(back(*since, meanwhile.clone(), now)),
            None if now.trunc_subsecs(3) > self.written => steps.push(Step::At(stamp(now))),
            None => {}
        }
        let groups: Vec<_> = workspace.groups().collect();
        let mut people = BTreeMap::new();
        for (role, group) in ROLES.iter().filter_map(|role| {
            groups.iter().find(|group| group.handle == *role).map(|group| (role, group))
        }) {
            for user in group.members.iter().filter_map(|id| workspace.user(id)) {
                let extra = Extra { name: user.real_name.clone(), role: (*role).to_owned() };
                people.insert(user.handle.clone(), extra);
            }
        }
        for (handle, name) in GUESTS.iter().filter(|(_, name)| workspace.user_named(name).is_some())
        {
            let extra = Extra { name: (*name).to_owned(), role: "customer".to_owned() };
            people.insert((*handle).to_owned(), extra);
        }
        let title = format!("{} ({})", self.title, self.start.format("%Y-%m-%d %H:%M"));
        let file =
            File { title: &title, start: stamp(self.start), people, tickets: &self.tickets, steps };
        let mut text = String::from("# 연습에서 기록한 장면입니다. 재생: coc replay 이파일.yaml\n");
        for what in &self.left_out {
            text.push_str(&format!("# 시나리오로 적을 수 없어 뺐습니다: {what}\n"));
        }
        text.push_str(&serde_saphyr::to_string(&file)?);
        Ok(text)
    }

    fn push(&mut self, at: Time, step: Step) {
        if let Some((since, meanwhile)) = &mut self.gone {
            meanwhile.push(Meanwhile { after: whole_seconds(at - *since), step });
            return;
        }
        self.come_to(at);
        self.steps.push(step);
    }

    /// Lets time pass up to an act of a person.
    fn come_to(&mut self, at: Time) {
        let at = if self.turned { at.max(self.written + TimeDelta::milliseconds(1)) } else { at };
        self.turned = false;
        self.pass_to(at);
    }

    fn pass_to(&mut self, at: Time) {
        let at = at.trunc_subsecs(3);
        if at > self.written {
            self.steps.push(Step::At(stamp(at)));
            self.written = at;
        }
    }

    fn leave_out(&mut self, at: Time, what: &str) {
        let line: String = what.split_whitespace().collect::<Vec<_>>().join(" ");
        self.left_out.push(format!("{} {line}", at.format("%m-%d %H:%M:%S")));
    }

    /// The name of a person's message.
    fn named(&self, at: &MessageRef) -> Option<String> {
        self.names.get(at).cloned()
    }

    /// What means this message: its name, or what the newest fitting post of the bot is found by.
    fn reference(&self, at: &MessageRef) -> Option<String> {
        self.named(at).or_else(|| self.newest(at, |_| true))
    }

    /// `last:NAME` or `last`, when the bot's newest post of those that fit is this one.
    fn newest(&self, at: &MessageRef, fits: impl Fn(&MessageRef) -> bool) -> Option<String> {
        let (_, mentions) = self.posts.iter().find(|(post, _)| post == at)?;
        let newest = |mention: Option<&String>| {
            let fitting = self.posts.iter().rev().find(|(post, theirs)| {
                mention.is_none_or(|mention| theirs.contains(mention)) && fits(post)
            });
            fitting.is_some_and(|(post, _)| post == at)
        };
        let by_mention = mentions.iter().find(|mention| newest(Some(mention)));
        by_mention
            .map(|mention| format!("last:{}", mention.trim_start_matches('@')))
            .or_else(|| newest(None).then(|| "last".to_owned()))
    }

    /// What means a message of the thread of `root`, so that a reply to it lands in that thread.
    fn in_thread(&self, workspace: &Workspace, at: &MessageRef) -> Option<String> {
        let root = workspace.message(at)?.root();
        let replies: Vec<MessageRef> =
            workspace.replies(&root).map(|message| message.at.clone()).collect();
        let named = self.named(&root).or_else(|| replies.iter().find_map(|at| self.named(at)));
        named.or_else(|| {
            replies.iter().rev().chain([&root]).find_map(|at| self.newest(at, |_| true))
        })
    }

    fn press(&self, workspace: &Workspace, by: String, press: &Press) -> Drafted {
        let unsayable = |what: &str| Drafted::Unsayable(format!("{by}: {what}"));
        match press.on {
            Surface::Message if press.choice.is_none() => {}
            Surface::Message | Surface::Ephemeral | Surface::Home | Surface::Form => {
                return unsayable("채널의 글이 아닌 곳에서 누른 버튼");
            }
        }
        let at = MessageRef { channel: place(workspace, &press.channel), ts: press.stamp() };
        let there = workspace.buttons(&at);
        let label = press.label.clone().or_else(|| {
            let same = there.iter().find(|button| {
                button.block_id == press.block_id && button.action_id == press.action_id
            });
            same.map(|button| button.label.clone())
        });
        let Some(button) = label else { return unsayable("이름 없는 버튼") };
        let bears =
            |post: &MessageRef| workspace.buttons(post).iter().any(|there| there.label == button);
        let in_thread = |root: &MessageRef, post: &MessageRef| {
            workspace.message(post).is_some_and(|message| &message.root() == root)
        };
        let root = workspace.message(&at).map(super::workspace::Message::root);
        let of_root = root.filter(|root| {
            let newest = self.posts.iter().rev().map(|(post, _)| post);
            newest.filter(|post| in_thread(root, post)).find(|post| bears(post)) == Some(&at)
        });
        let named = of_root.and_then(|root| self.named(&root));
        // posts of one instant in two channels can come the other way round in a replay: bare `last` comes last
        let found = self.newest(&at, bears);
        let on = match (found, named) {
            (Some(last), Some(named)) if last == "last" => Some(named),
            (found, named) => found.or(named),
        };
        match on {
            Some(on) => Drafted::Step(Step::Press { by, button, on }),
            None => unsayable(&format!("지난 글의 버튼 [{button}]")),
        }
    }
}

/// The bot comes back at `at`.
fn back(since: Time, meanwhile: Vec<Meanwhile>, at: Time) -> Step {
    let length = whole_seconds(at - since);
    if meanwhile.is_empty() && length.as_seconds() == 0 {
        return Step::Crash {};
    }
    Step::Down { length, meanwhile }
}

/// The nearest length that a scenario file can say.
fn whole_seconds(length: TimeDelta) -> Span {
    let rounded = (length + TimeDelta::milliseconds(500)).num_seconds();
    Span::seconds(u32::try_from(rounded).unwrap_or(0))
}

fn stamp(at: Time) -> String {
    at.trunc_subsecs(3).to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

fn bare(emoji: &str) -> String {
    emoji.trim_matches(':').to_owned()
}

fn name_of(workspace: &Workspace, user: &SlackUser) -> String {
    workspace.user(user).map_or_else(|| user.to_string(), |user| user.real_name.clone())
}

fn channel_name(workspace: &Workspace, channel: &str) -> String {
    let id = place(workspace, channel);
    let known = workspace.channel(&id);
    format!("#{}", known.map_or(channel, |channel| &channel.name))
}

/// The form that is open, handed in: answers by label, people by name.
fn submit(
    workspace: &Workspace,
    user: &SlackUser,
    by: String,
    given: &BTreeMap<String, String>,
) -> Drafted {
    let Some(form) = workspace.open_form(user) else { return Drafted::Nothing };
    let mut fields = BTreeMap::new();
    for field in form.fields {
        let answer = given.get(&field.block_id).or_else(|| given.get(&field.label));
        let Some(answer) = answer.filter(|answer| **answer != field.initial) else { continue };
        let chosen = field.options.iter().find(|(_, value)| value == answer);
        let said = match chosen {
            Some((label, _)) => label.clone(),
            None if field.kind == "users_select" => {
                name_of(workspace, &SlackUser(answer.trim_start_matches('@').to_owned()))
            }
            None => answer.clone(),
        };
        fields.insert(field.label, said);
    }
    Drafted::Step(Step::Submit { by, fields })
}
