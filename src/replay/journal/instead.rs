//! The same people under other books: a counterfactual night.
//!
//! The engine and the errand runner are those of production; the world answers every errand at once. What people did is taken
//! from the journal (`script`) and said again, addressed to the post, rung or call that it is about in this night. What
//! that takes for granted is [`ASSUMED`].

use super::script::{Event, How, Said, Script, What, held_by, ladder};
use super::story::{Key, Stories, Story};
use crate::domain::case::Procedure;

use crate::domain::desk::{Desk, Due};
use crate::domain::errand::{CallEvent, Outcome, Presence};
use crate::domain::ids::{CaseId, ErrandId, MessageRef, Name, SlackUser, TicketLink, Ts};
use crate::domain::input::{
    Books, CustomerRecord, Input, ReplyTo, SlackAct, SlackInput, reaction_key,
};
use crate::domain::procedures::assignment::AssignmentState;
use crate::domain::time::Time;
use crate::domain::turn::{RungPress, Token};
use crate::engine::Engine;
use crate::errands::{Attempt, Runner, Task};
use crate::journal::{Memory, Record, Store, chain};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// What a counterfactual night takes for granted, for people.
pub const ASSUMED: [&str; 5] = [
    "글과 전화 발신은 곧바로 되었다고 봅니다. 봇이 멈춰 있던 시간은 기록 그대로입니다.",
    "사람의 답은 그때 이미 연락을 받은 뒤였으면 실제로 답한 시각에 한 것으로 봅니다. 그보다 늦게 연락을 받으면, 실제로 걸린 시간만큼 뒤에 같은 답을 합니다.",
    "기록에서 연락을 받지 않은 사람은 답하지 않은 것으로 봅니다.",
    "아무것도 바꾸지 않아 기록되지 않은 행동은 알 수 없습니다.",
    "바꾼 파일은 기록의 처음부터 적용된 것으로 봅니다. 기록 중에 적용된 같은 종류의 변경은 쓰지 않습니다.",
];

/// Books in place of the recorded ones.
#[derive(Clone, Debug, Default)]
pub struct Instead {
    /// In place of `policy.toml`.
    pub policy: Option<String>,
    /// In place of `guide.txt`.
    pub guide: Option<String>,
    /// In place of `customers.csv`.
    pub customers: Option<String>,
}

/// A night that was not.
#[derive(Clone, Debug)]
pub struct Other {
    /// What became of each case, by number.
    pub stories: Vec<Story>,
    /// How many things that people did had nothing to be about.
    pub unsaid: u64,
}

/// Why it could not be played.
#[derive(Debug, thiserror::Error)]
pub enum OtherError {
    /// The program itself failed.
    #[error("다시 돌려 볼 수 없습니다: {0}")]
    Failed(String),
}

/// How long after the journal's end a case that ended there may go on here.
const AFTER: TimeDelta = TimeDelta::hours(24);
/// Instants in a row without anything settling: a loop that must not be.
const RESTLESS: u32 = 100_000;

/// Plays what people did against other books. Deterministic: the same journal and books give the same night.
///
/// # Errors
/// When the program itself fails.
pub fn play_instead(records: &[Record], instead: &Instead) -> Result<Other, OtherError> {
    let script = Script::of(records);
    let Some(end) = script.end else { return Ok(Other { stories: Vec::new(), unsaid: 0 }) };
    let first = records.first().map_or(end, |record| record.at);
    let mut night = Night::new(&script, instead, first)?;
    night.play(end)
}

struct Night<'a> {
    script: &'a Script,
    instead: &'a Instead,
    store: Memory,
    engine: Engine<Memory>,
    runner: Runner,
    stories: Stories,
    now: Time,
    /// When the runner wants to be asked again.
    again: Option<Time>,
    /// The script's next event.
    next: usize,
    /// Answers by when they are given, in the order in which they were.
    due: BTreeMap<(Time, usize), Said>,
    /// Answers of people who were not asked yet, in order.
    waiting: Vec<(usize, Said)>,
    /// Answers on telephones that do not ring yet.
    unheard: Vec<(CaseId, Said)>,
    nth: usize,
    posted: BTreeSet<MessageRef>,
    unsaid: u64,
    /// How many tickets were opened.
    opened: usize,
    guard: u32,
}

fn failed(error: impl std::fmt::Display) -> OtherError {
    OtherError::Failed(error.to_string())
}

impl<'a> Night<'a> {
    fn new(script: &'a Script, instead: &'a Instead, now: Time) -> Result<Self, OtherError> {
        let store = Memory::new();
        let (engine, _) = Engine::open(store.clone()).map_err(failed)?;
        let runner = Runner::new(engine.desk());
        Ok(Self {
            script,
            instead,
            store,
            engine,
            runner,
            stories: Stories::default(),
            now,
            again: None,
            next: 0,
            due: BTreeMap::new(),
            waiting: Vec::new(),
            unheard: Vec::new(),
            nth: 0,
            posted: BTreeSet::new(),
            unsaid: 0,
            opened: 0,
            guard: 0,
        })
    }

    fn desk(&self) -> &Desk {
        self.engine.desk()
    }

    fn play(&mut self, end: Time) -> Result<Other, OtherError> {
        let mut at_end = None;
        while let Some((at, step)) = self.next_step() {
            if at > end {
                let then = at_end.get_or_insert_with(|| self.stories.told());
                if at > end + AFTER || !self.is_unfinished(then) {
                    break;
                }
            }
            if at > self.now {
                self.now = at;
                self.guard = 0;
            }
            self.guard += 1;
            if self.guard > RESTLESS {
                return Err(failed("같은 시각에 할 일이 계속 생깁니다"));
            }
            match step {
                Step::Event => {
                    let event = &self.script.events[self.next];
                    self.next += 1;
                    self.happen(event)?;
                }
                Step::Answer(key) => {
                    if let Some(said) = self.due.remove(&key) {
                        self.say(&said)?;
                    }
                }
                Step::Wake(due) => self.offer(due.input())?,
                Step::Again => {}
            }
            self.settle()?;
        }
        let unsaid = self.unsaid + (self.waiting.len() + self.unheard.len()) as u64;
        let then = at_end.unwrap_or_else(|| self.stories.told());
        Ok(Other { stories: self.ended(then), unsaid })
    }

    /// A case that was open at the journal's end is told as it stood then; one that had ended is told to its end.
    fn ended(&self, then: Vec<Story>) -> Vec<Story> {
        let mut stories: BTreeMap<CaseId, Story> =
            then.into_iter().map(|story| (story.case, story)).collect();
        for story in self.stories.told() {
            if self.had_ended(&story.key) {
                stories.insert(story.case, story);
            }
        }
        stories.into_values().collect()
    }

    fn had_ended(&self, key: &Key) -> bool {
        let then = &self.script.stories;
        then.case(key).and_then(|id| then.of(id)).is_some_and(|story| story.end.is_over())
    }

    /// Whether a case that had ended by the journal's end is still under way here. `known`: the cases of that instant.
    fn is_unfinished(&self, known: &[Story]) -> bool {
        known.iter().any(|story| {
            self.had_ended(&story.key)
                && self.stories.of(story.case).is_some_and(|now| !now.end.is_over())
        })
    }

    /// What comes next: people before timers of the same instant. While the process was away its timers wait.
    fn next_step(&self) -> Option<(Time, Step)> {
        let event = self.script.events.get(self.next).map(|event| (event.at, Step::Event));
        let answer = self.due.keys().next().map(|key| (key.0, Step::Answer(*key)));
        let due = self.desk().next_due();
        let wake = due.map(|due| (self.awake(due.at()), Step::Wake(due)));
        let again = self.again.map(|at| (self.awake(at), Step::Again));
        let steps = [event, answer, wake, again].into_iter().flatten();
        // of equals the first is taken
        steps.map(|(at, step)| (at.max(self.now), step)).min_by_key(|(at, _)| *at)
    }

    fn awake(&self, at: Time) -> Time {
        let away = self.script.away.iter().find(|(from, to)| *from < at && at < *to);
        away.map_or(at, |(_, to)| *to)
    }

    fn happen(&mut self, event: &Event) -> Result<(), OtherError> {
        match &event.what {
            What::Plain(input) => {
                let input = if let Input::Books(books) = &**input {
                    Input::Books(self.books(books))
                } else if let (Input::Record(record), Some(text)) =
                    (&**input, &self.instead.customers)
                {
                    Input::Record(CustomerRecord { text: text.clone(), as_of: record.as_of })
                } else {
                    (**input).clone()
                };
                let is_start = matches!(input, Input::Started { .. });
                self.offer(input)?;
                if is_start {
                    self.runner = Runner::new(self.engine.desk());
                }
                Ok(())
            }
            What::ApplyGuide(slack) => {
                let post = self.desk().proposed.as_ref().map(|proposal| proposal.post);
                match post.and_then(|post| self.stands(post)) {
                    Some(on) => self.press(slack, &Token::ApplyGuide, on),
                    None => Ok(()),
                }
            }
            What::Said(said) => {
                let nth = self.nth;
                self.nth += 1;
                if self.is_ready(said) {
                    self.say(said)
                } else {
                    self.waiting.push((nth, (**said).clone()));
                    Ok(())
                }
            }
        }
    }

    fn books(&self, recorded: &Books) -> Books {
        let Instead { policy, guide, customers } = self.instead;
        Books {
            policy: policy.as_ref().unwrap_or(&recorded.policy).clone(),
            guide: guide.as_ref().unwrap_or(&recorded.guide).clone(),
            customers: customers.as_ref().unwrap_or(&recorded.customers).clone(),
            mails: recorded.mails.clone(),
            procedures: recorded.procedures.clone(),
            scripts: recorded.scripts.clone(),
            contacts: recorded.contacts.clone(),
        }
    }

    /// Takes an input, tells the stories on, and schedules the answers of whoever was asked by it.
    fn offer(&mut self, input: Input) -> Result<(), OtherError> {
        let before = self.engine.last_seq();
        self.engine.offer(self.now, vec![input]).map_err(failed)?;
        let mut records = Vec::new();
        self.store
            .read(before + 1, &mut |stored| {
                records.push(chain::record_of(&stored));
                ControlFlow::Continue(())
            })
            .map_err(failed)?;
        for record in records {
            let record = record.map_err(failed)?;
            for change in &record.changes {
                self.stories.take(self.engine.desk(), record.at, change);
            }
        }
        self.hear();
        let waiting = std::mem::take(&mut self.waiting);
        for (nth, said) in waiting {
            match self.reached(&said) {
                Some(at) => {
                    let took = said.asked.map_or(TimeDelta::zero(), |asked| said.at - asked);
                    self.due.insert(((at + took).max(said.at), nth), said);
                }
                None => self.waiting.push((nth, said)),
            }
        }
        Ok(())
    }

    /// When the person whose answer it is was reached in this night.
    fn reached(&self, said: &Said) -> Option<Time> {
        let id = self.stories.case(&said.case)?;
        self.stories.of(id)?.reached(said.of.as_ref()?)
    }

    /// Whether it can be said at once: nobody needs to have been asked, or the person was.
    fn is_ready(&self, said: &Said) -> bool {
        said.of.is_none() || said.asked.is_none() || self.reached(said).is_some()
    }

    fn settle(&mut self) -> Result<(), OtherError> {
        loop {
            self.guard += 1;
            if self.guard > RESTLESS {
                return Err(failed("같은 시각에 할 일이 계속 생깁니다"));
            }
            let ready = self.runner.ready(self.engine.desk(), self.now);
            self.again = ready.again_at;
            if ready.attempts.is_empty() && ready.settled.is_empty() {
                return Ok(());
            }
            for input in ready.settled {
                self.offer(input)?;
            }
            for attempt in ready.attempts {
                let outcome = self.outcome(&attempt);
                let desk = self.engine.desk();
                for input in self.runner.done(desk, &attempt, Ok(outcome), self.now) {
                    self.offer(input)?;
                }
            }
        }
    }

    /// The world: everything works out at once.
    fn outcome(&mut self, attempt: &Attempt) -> Outcome {
        match &attempt.task {
            Task::Post { channel, .. } | Task::PostWithPicture { channel, .. } => {
                let mut at = self.now;
                let post = loop {
                    let ts = Ts(format!("{}.{:06}", at.timestamp(), at.timestamp_subsec_micros()));
                    let post = MessageRef { channel: channel.clone(), ts };
                    if !self.script.written.contains(&post) && self.posted.insert(post.clone()) {
                        break post;
                    }
                    at += TimeDelta::microseconds(1);
                };
                Outcome::Posted(post)
            }
            Task::Call { to, .. } => {
                Outcome::Placed { reference: format!("instead-{}", attempt.id), to: to.clone() }
            }
            Task::Presence { of } => Outcome::Presence(self.presence(of)),
            Task::ReadGuide => match self.guide() {
                Some(text) => Outcome::Guide { text },
                None => Outcome::Refused { why: "기록에 없는 가이드입니다".to_owned() },
            },
            Task::OpenTicket { .. } => Outcome::Opened { ticket: self.new_ticket(attempt.id) },
            Task::Update { .. }
            | Task::Ephemeral { .. }
            | Task::Direct { .. }
            | Task::OpenForm { .. }
            | Task::PublishHome { .. }
            | Task::File { .. }
            | Task::SignIn { .. }
            | Task::HangUp { .. }
            | Task::Ticket { .. }
            | Task::Mail { .. }
            | Task::Probe { .. } => Outcome::Done,
        }
    }

    /// What Slack said of this person last, else next; somebody it was never asked about is there.
    fn presence(&self, of: &SlackUser) -> Presence {
        let said = self.script.presences.get(of).map_or(&[][..], Vec::as_slice);
        let last = said.iter().rev().find(|(at, _)| *at <= self.now);
        last.or_else(|| said.first()).map_or_else(
            || Presence { active: true, dnd: false, status: String::new(), emoji: String::new() },
            |(_, presence)| presence.clone(),
        )
    }

    /// The ticket that was opened then, so that its assignment is the same one; more than then get numbers of their own.
    fn new_ticket(&mut self, errand: ErrandId) -> TicketLink {
        let nth = self.opened;
        self.opened += 1;
        let made_up =
            || TicketLink(format!("https://support.example.com/instead/tickets/{}", errand.seq));
        self.script.opened.get(nth).cloned().unwrap_or_else(made_up)
    }

    fn guide(&self) -> Option<String> {
        let recorded = || {
            let next = self.script.guides.iter().find(|(at, _)| *at >= self.now);
            next.map(|(_, text)| text.clone())
        };
        self.instead.guide.clone().or_else(recorded)
    }

    fn stands(&self, post: ErrandId) -> Option<MessageRef> {
        self.desk().posts.get(&post).map(|post| post.at.clone())
    }

    /// The message that a case hangs on.
    fn root(&self, id: CaseId) -> Option<MessageRef> {
        match &self.desk().cases.get(&id)?.procedure {
            Procedure::Urgent(urgent) => Some(urgent.request.clone()),
            Procedure::Assignment(one) => match (one.notice(), &one.state) {
                (Some(notice), _) => self.desk().stands_at(notice),
                (None, AssignmentState::Asking { post, .. }) => self.stands(*post),
                (None, _) => None,
            },
            one @ (Procedure::Incident(_)
            | Procedure::Stray(_)
            | Procedure::Phd(_)
            | Procedure::Outage(_)
            | Procedure::List(_)
            | Procedure::Offboard(_)
            | Procedure::Dispatch(_)
            | Procedure::Inquiry(_)
            | Procedure::Climate(_)) => one.home(self.desk())?.stands_at(self.desk()),
        }
    }

    /// This person's rung, the newest: its number and its post.
    fn rung(&self, id: CaseId, who: &Name) -> Option<(usize, ErrandId)> {
        let ladder = ladder(self.desk(), id)?;
        if let Some(rung) = ladder.rung().filter(|rung| &rung.who == who) {
            return Some((ladder.over.len(), rung.post));
        }
        let nth = ladder.over.iter().rposition(|over| &over.who == who)?;
        Some((nth, ladder.over[nth].post))
    }

    /// Says again what somebody said, of this night's case.
    fn say(&mut self, said: &Said) -> Result<(), OtherError> {
        if self.say_of(said)?.is_none() {
            self.unsaid += 1;
        }
        Ok(())
    }

    fn say_of(&mut self, said: &Said) -> Result<Option<()>, OtherError> {
        let Some(id) = self.stories.case(&said.case) else { return Ok(None) };
        let Some(root) = self.root(id) else { return Ok(None) };
        let said = match &said.how {
            How::Reacted { input, rung_of } => {
                let rung = rung_of.as_ref().and_then(|who| self.rung(id, who));
                let on = match (rung_of, rung) {
                    (Some(_), None) => return Ok(None),
                    (Some(_), Some((_, post))) => self.stands(post).unwrap_or(root),
                    (None, _) => root,
                };
                self.offer(Input::Slack(on_message(input, &on)))?;
                Some(())
            }
            How::Replied(input) => {
                self.offer(Input::Slack(in_thread(input, &root)))?;
                Some(())
            }
            How::Rung(input, press) => match self.rung_of(id, said) {
                Some((nth, on)) => {
                    self.press(input, &Token::Rung(id, nth, *press), on.unwrap_or(root))?;
                    Some(())
                }
                None => None,
            },
            How::Pressed(input, token) => match token.of_case(id) {
                Some(token) => {
                    self.press(input, &token, root)?;
                    Some(())
                }
                None => None,
            },
            How::HandedIn(input, token) => {
                let SlackAct::Submitted { fields, .. } = &input.what else { return Ok(None) };
                let Some(token) = token.of_case(id) else { return Ok(None) };
                let (token, fields) = (token.text(), fields.clone());
                let what = SlackAct::Submitted { token, fields };
                self.offer(Input::Slack(SlackInput { what, ..(**input).clone() }))?;
                Some(())
            }
            How::Draft(input, press) => {
                let drafts = self.desk().drafts.values();
                let own = drafts.rev().find(|draft| draft.case == id).map(|draft| draft.post);
                let Some(draft) = own else { return Ok(None) };
                self.press(input, &Token::Draft(draft, *press), root)?;
                Some(())
            }
            How::Notice(input) => {
                let round = self.round(id);
                self.press(input, &Token::Notice(id, round), root)?;
                Some(())
            }
            How::Call(input, press) if self.holds(id, said) => {
                let round = self.round(id);
                self.press(input, &Token::Call(id, round, *press), root)?;
                Some(())
            }
            How::Ask(input, press) if self.holds(id, said) => {
                let round = self.round(id);
                self.press(input, &Token::Ask(id, round, *press), root)?;
                Some(())
            }
            // about somebody who does not have it here
            How::Call(..) | How::Ask(..) => None,
            How::Phone(event) => self.phone(id, said, *event, root)?,
        };
        Ok(said)
    }

    fn rung_of(&self, id: CaseId, said: &Said) -> Option<(usize, Option<MessageRef>)> {
        let (nth, post) = self.rung(id, said.of.as_ref()?)?;
        Some((nth, self.stands(post)))
    }

    fn holds(&self, id: CaseId, said: &Said) -> bool {
        said.of.is_some() && held_by(self.desk(), id) == said.of
    }

    fn round(&self, id: CaseId) -> u32 {
        match self.desk().cases.get(&id).map(|case| &case.procedure) {
            Some(Procedure::Assignment(one)) => one.round,
            Some(
                Procedure::Urgent(_)
                | Procedure::Incident(_)
                | Procedure::Stray(_)
                | Procedure::Phd(_)
                | Procedure::Outage(_)
                | Procedure::List(_)
                | Procedure::Offboard(_)
                | Procedure::Dispatch(_)
                | Procedure::Inquiry(_)
                | Procedure::Climate(_),
            )
            | None => 0,
        }
    }

    /// The telephone, where it rings in this night. Where the bot does not dial, or rings no more, a yes or no is the person's
    /// button: somebody would have phoned. Of a ticket the call may still be to come: its answer waits for it.
    fn phone(
        &mut self,
        id: CaseId,
        said: &Said,
        event: CallEvent,
        root: MessageRef,
    ) -> Result<Option<()>, OtherError> {
        let Some(who) = &said.of else { return Ok(None) };
        let calls = &self.desk().calls;
        let live = calls.iter().find(|(_, call)| call.case == Some(id) && &call.to == who);
        if let Some((call, _)) = live {
            let call = *call;
            self.offer(Input::Phone { call, event })?;
            return Ok(Some(()));
        }
        let yes = match event {
            CallEvent::Accepted => true,
            CallEvent::Rejected => false,
            CallEvent::Answered
            | CallEvent::Busy
            | CallEvent::NoAnswer
            | CallEvent::Voicemail
            | CallEvent::Failed => return Ok(self.await_call(id, said)),
        };
        let token = match self.rung(id, who) {
            Some((nth, _)) if yes => Token::Rung(id, nth, RungPress::Accept),
            Some((nth, _)) => Token::Rung(id, nth, RungPress::Refuse),
            None if yes && self.holds(id, said) && !self.desk().dials() => {
                Token::Notice(id, self.round(id))
            }
            None => return Ok(self.await_call(id, said)),
        };
        let Some(by) = self.desk().slack_of(who).cloned() else { return Ok(None) };
        let reply = ReplyTo { channel: root.channel.clone(), thread: None, url: None };
        let key = format!("instead:{id}:{who}:{}", said.at.timestamp_micros());
        let (on, token, trigger) = (root, token.text(), String::new());
        let what = SlackAct::Pressed { on, thread: None, token, trigger, reply };
        self.offer(Input::Slack(SlackInput { key, by, what, raw: None }))?;
        Ok(Some(()))
    }

    /// Keeps what was said on the telephone until it rings.
    fn await_call(&mut self, id: CaseId, said: &Said) -> Option<()> {
        let will_ring = self.desk().dials() && self.holds(id, said);
        will_ring.then(|| self.unheard.push((id, said.clone())))
    }

    /// What waited for a telephone that rings now is said.
    fn hear(&mut self) {
        for (id, said) in std::mem::take(&mut self.unheard) {
            let mut calls = self.engine.desk().calls.values();
            let rings =
                calls.any(|call| call.case == Some(id) && Some(&call.to) == said.of.as_ref());
            if rings {
                let nth = self.nth;
                self.nth += 1;
                self.due.insert((self.now, nth), said);
            } else {
                self.unheard.push((id, said));
            }
        }
    }

    fn press(
        &mut self,
        input: &SlackInput,
        token: &Token,
        on: MessageRef,
    ) -> Result<(), OtherError> {
        let SlackAct::Pressed { thread, trigger, reply, .. } = &input.what else { return Ok(()) };
        let what = SlackAct::Pressed {
            on,
            thread: thread.clone(),
            token: token.text(),
            trigger: trigger.clone(),
            reply: reply.clone(),
        };
        self.offer(Input::Slack(SlackInput { what, ..input.clone() }))
    }
}

enum Step {
    Event,
    Answer((Time, usize)),
    Wake(Due),
    Again,
}

/// A reaction on another message.
fn on_message(input: &SlackInput, on: &MessageRef) -> SlackInput {
    let mut input = input.clone();
    match &mut input.what {
        SlackAct::Reacted { to, emoji } => {
            *to = on.clone();
            input.key = reaction_key(on, &input.by, emoji);
        }
        SlackAct::Unreacted { to, .. } => *to = on.clone(),
        SlackAct::Said { .. }
        | SlackAct::BotSaid { .. }
        | SlackAct::Edited { .. }
        | SlackAct::Deleted { .. }
        | SlackAct::Pressed { .. }
        | SlackAct::Commanded { .. }
        | SlackAct::Submitted { .. }
        | SlackAct::HomeOpened
        | SlackAct::HomePressed { .. } => {}
    }
    input
}

/// A reply in another thread.
fn in_thread(input: &SlackInput, root: &MessageRef) -> SlackInput {
    let mut input = input.clone();
    if let SlackAct::Said { at, thread, .. } = &mut input.what {
        at.channel = root.channel.clone();
        *thread = Some(root.ts.clone());
    }
    input
}
