//! What people did, taken out of a journal: free of the errands, posts and case numbers of that night, so that it can be said
//! again where those are others.

use super::story::{Key, Stories};
use crate::domain::case::Procedure;
use crate::domain::change::Change;
use crate::domain::desk::Desk;
use crate::domain::errand::{CallEvent, Outcome, Presence};
use crate::domain::ids::{CaseId, ErrandId, MessageRef, Name, SlackUser, TicketLink};
use crate::domain::input::{Input, SlackAct, SlackInput};
use crate::domain::ladder::Ladder;
use crate::domain::procedures::assignment::AssignmentState;
use crate::domain::time::Time;
use crate::domain::turn::{AskPress, CallPress, DraftPress, RungPress, Token};
use crate::journal::Record;
use std::collections::{BTreeMap, BTreeSet};

/// A night's inputs without its errands.
#[derive(Clone, Debug, Default)]
pub(super) struct Script {
    /// What happened, in order.
    pub(super) events: Vec<Event>,
    /// When the process was away.
    pub(super) away: Vec<(Time, Time)>,
    /// What Slack said of people, with its time.
    pub(super) presences: BTreeMap<SlackUser, Vec<(Time, Presence)>>,
    /// The guide as it was read anew, with its time.
    pub(super) guides: Vec<(Time, String)>,
    /// The tickets that were opened, in order.
    pub(super) opened: Vec<TicketLink>,
    /// Messages that people wrote: no own post may bear their name.
    pub(super) written: BTreeSet<MessageRef>,
    /// The stories as they were.
    pub(super) stories: Stories,
    /// The last record's time.
    pub(super) end: Option<Time>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) at: Time,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    /// The same under any books.
    Plain(Box<Input>),
    /// About a case: to be said of that case as it is then.
    Said(Box<Said>),
    /// 적용 under the guide's difference.
    ApplyGuide(Box<SlackInput>),
}

/// Something said about a case.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) at: Time,
    pub(super) case: Key,
    /// Whose answer it is; `None` when it is about the case alone.
    pub(super) of: Option<Name>,
    /// When this person had been asked; `None` when it was not an answer to being asked.
    pub(super) asked: Option<Time>,
    pub(super) how: How,
}

#[derive(Clone, Debug)]
pub(super) enum How {
    /// A reaction, set or taken back: on this person's rung, or on the case's own message.
    Reacted { input: Box<SlackInput>, rung_of: Option<Name> },
    /// A reply in the case's thread.
    Replied(Box<SlackInput>),
    /// A button of somebody's rung.
    Rung(Box<SlackInput>, RungPress),
    /// A button of the case, as it was.
    Pressed(Box<SlackInput>, Token),
    /// A form of the case, as it was.
    HandedIn(Box<SlackInput>, Token),
    /// A button of the case's drafted mail.
    Draft(Box<SlackInput>, DraftPress),
    /// 확인 under a notice.
    Notice(Box<SlackInput>),
    /// A button of the 30-minute call.
    Call(Box<SlackInput>, CallPress),
    /// A button of the question before an assignment.
    Ask(Box<SlackInput>, AskPress),
    /// The telephone.
    Phone(CallEvent),
}

impl Script {
    /// Reads a journal.
    pub(super) fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut script = Self::default();
        let mut desk = Desk::default();
        for record in records {
            script.read(&desk, record);
            for change in &record.changes {
                desk.apply(record.at, change);
                script.stories.take(&desk, record.at, change);
            }
            script.end = Some(script.end.map_or(record.at, |end| end.max(record.at)));
        }
        script
    }

    fn push(&mut self, at: Time, what: What) {
        self.events.push(Event { at, what });
    }

    /// `desk`: as it was before the record.
    fn read(&mut self, desk: &Desk, record: &Record) {
        let at = record.at;
        match &record.input {
            Input::Started { alive_until, .. } => {
                if let Some(from) = alive_until
                    && *from < at
                {
                    self.away.push((*from, at));
                }
                self.push(at, What::Plain(Box::new(record.input.clone())));
            }
            Input::CaughtUp
            | Input::ReadBack
            | Input::Stopping
            | Input::Books(_)
            | Input::Directory(_)
            | Input::Record(_)
            | Input::Ticket(_)
            | Input::Notice(_)
            | Input::Status(_)
            | Input::Topic(_)
            | Input::Forgotten(_)
            | Input::Tickets(_) => self.push(at, What::Plain(Box::new(record.input.clone()))),
            Input::Slack(slack) => {
                if let SlackAct::Said { at: written, .. } = &slack.what {
                    self.written.insert(written.clone());
                }
                // what was kept is said when it was taken up: only then is it known what it was about
                if !matches!(record.changes.as_slice(), [Change::Kept(_)]) {
                    self.slack(desk, at, slack);
                }
            }
            Input::TakenUp { key } => {
                if let Some(slack) = desk.kept(key) {
                    self.slack(desk, at, slack);
                }
            }
            Input::Settled { outcome, errand } => self.settled(desk, at, *errand, outcome),
            Input::Phone { call, event } => {
                if let Some(live) = desk.calls.get(call)
                    && let Some(id) = live.case
                {
                    let of = Some(live.to.clone());
                    self.say(at, id, of, How::Phone(*event));
                }
            }
            // its own timers ring where they are due
            Input::Woken(_) | Input::Chimed(_) => {}
            // in the other night every service works
            Input::Trouble { .. } => {}
        }
    }

    fn settled(&mut self, desk: &Desk, at: Time, errand: ErrandId, outcome: &Outcome) {
        match outcome {
            Outcome::Presence(presence) => {
                if let Some(crate::domain::errand::ErrandKind::Presence { of }) =
                    desk.errands.get(&errand).map(|errand| &errand.kind)
                {
                    let said = self.presences.entry(of.clone()).or_default();
                    said.push((at, presence.clone()));
                }
            }
            Outcome::Opened { ticket } => self.opened.push(ticket.clone()),
            Outcome::Guide { text } => self.guides.push((at, text.clone())),
            Outcome::Posted(_)
            | Outcome::Done
            | Outcome::Placed { .. }
            | Outcome::Joined { .. }
            | Outcome::Refused { .. }
            | Outcome::Expired => {}
        }
    }

    fn say(&mut self, at: Time, id: CaseId, of: Option<Name>, how: How) {
        let Some(story) = self.stories.of(id) else { return };
        let asked = of.as_ref().and_then(|who| story.last_reached(who, at));
        let case = story.key.clone();
        self.push(at, What::Said(Box::new(Said { at, case, of, asked, how })));
    }

    fn slack(&mut self, desk: &Desk, at: Time, slack: &SlackInput) {
        let slack = SlackInput { raw: None, ..slack.clone() };
        let by = Some(desk.name_of(&slack.by));
        match &slack.what {
            SlackAct::Reacted { to, .. } | SlackAct::Unreacted { to, .. } => {
                match desk.case_at(to) {
                    Some(id) => {
                        let rung_of = rung_at(desk, id, to);
                        let input = Box::new(slack);
                        self.say(at, id, by, How::Reacted { input, rung_of });
                    }
                    None => self.push(at, What::Plain(Box::new(Input::Slack(slack)))),
                }
            }
            SlackAct::Said { at: message, thread: Some(root), .. } if root != &message.ts => {
                let root = MessageRef { channel: message.channel.clone(), ts: root.clone() };
                match desk.case_at(&root) {
                    Some(id) => self.say(at, id, by, How::Replied(Box::new(slack))),
                    None => self.push(at, What::Plain(Box::new(Input::Slack(slack)))),
                }
            }
            SlackAct::Pressed { token, .. } => {
                let token = Token::read(token);
                self.pressed(desk, at, slack, by, token);
            }
            SlackAct::Submitted { token, .. } => match Token::read(token) {
                Some(token) if let Some(id) = token.case() => {
                    self.say(at, id, None, How::HandedIn(Box::new(slack), token));
                }
                Some(_) | None => self.push(at, What::Plain(Box::new(Input::Slack(slack)))),
            },
            SlackAct::Said { .. }
            | SlackAct::BotSaid { .. }
            | SlackAct::Edited { .. }
            | SlackAct::Deleted { .. }
            | SlackAct::Commanded { .. }
            | SlackAct::HomeOpened
            | SlackAct::HomePressed { .. } => {
                self.push(at, What::Plain(Box::new(Input::Slack(slack))))
            }
        }
    }

    fn pressed(
        &mut self,
        desk: &Desk,
        at: Time,
        slack: SlackInput,
        by: Option<Name>,
        token: Option<Token>,
    ) {
        let slack = Box::new(slack);
        match token {
            Some(Token::Rung(id, nth, press)) => {
                // of a rung that is not there nothing came, and nothing would
                if let Some(who) = ladder(desk, id).and_then(|ladder| on_rung(ladder, nth)) {
                    self.say(at, id, Some(who), How::Rung(slack, press));
                }
            }
            Some(Token::Notice(id, _)) => self.say(at, id, by, How::Notice(slack)),
            Some(Token::Call(id, _, press)) => {
                if let Some(who) = held_by(desk, id) {
                    self.say(at, id, Some(who), How::Call(slack, press));
                }
            }
            Some(Token::Ask(id, _, press)) => {
                if let Some(who) = held_by(desk, id) {
                    self.say(at, id, Some(who), How::Ask(slack, press));
                }
            }
            Some(Token::ApplyGuide) => self.push(at, What::ApplyGuide(slack)),
            // a mail can be the end of a case (M10, T2)
            Some(Token::Draft(draft, press)) => {
                if let Some(draft) = desk.drafts.get(&draft) {
                    self.say(at, draft.case, None, How::Draft(slack, press));
                }
            }
            Some(token) => {
                // others open forms, or are no buttons at all
                if let Some(id) = token.case() {
                    self.say(at, id, None, How::Pressed(slack, token));
                }
            }
            None => {}
        }
    }
}

/// The ladder of a case, while it has one.
pub(super) fn ladder(desk: &Desk, id: CaseId) -> Option<&Ladder> {
    desk.cases.get(&id)?.procedure.ladder()
}

/// Whose rung this was, counted from 0.
fn on_rung(ladder: &Ladder, nth: usize) -> Option<Name> {
    if let Some(over) = ladder.over.get(nth) {
        return Some(over.who.clone());
    }
    ladder.rung().filter(|_| nth == ladder.over.len()).map(|rung| rung.who.clone())
}

/// Whose rung a post of the case mentions.
fn rung_at(desk: &Desk, id: CaseId, at: &MessageRef) -> Option<Name> {
    let post = desk.errand_at(at)?;
    let ladder = ladder(desk, id)?;
    let over = ladder.over.iter().find(|over| over.post == post).map(|over| &over.who);
    let present = || ladder.rung().filter(|rung| rung.post == post).map(|rung| &rung.who);
    over.or_else(present).cloned()
}

/// Who has an assignment, or is asked whether to take it.
pub(super) fn held_by(desk: &Desk, id: CaseId) -> Option<Name> {
    match &desk.cases.get(&id)?.procedure {
        Procedure::Urgent(_)
        | Procedure::Incident(_)
        | Procedure::Stray(_)
        | Procedure::Phd(_)
        | Procedure::Outage(_)
        | Procedure::List(_)
        | Procedure::Offboard(_)
        | Procedure::Dispatch(_)
        | Procedure::Inquiry(_)
        | Procedure::Climate(_) => None,
        Procedure::Assignment(one) => match &one.state {
            AssignmentState::Asking { who, .. } => Some(who.clone()),
            AssignmentState::Announcing { .. }
            | AssignmentState::Waiting { .. }
            | AssignmentState::Calling { .. }
            | AssignmentState::Confirmed { .. }
            | AssignmentState::Queued { .. }
            | AssignmentState::Stuck { .. }
            | AssignmentState::Looking { .. }
            | AssignmentState::Ended { .. } => one.assignee().cloned(),
        },
    }
}
