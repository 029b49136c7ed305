//! Running a ladder: who is mentioned and phoned, what is said when a rung ends (reading 10). Any procedure that reaches people
//! in order uses this; it brings its headline and its place.

use super::super::case::CaseChange;
use super::super::change::Change;
use super::super::desk::Room;
use super::super::errand::{Anchor, CallEvent, Errand, ErrandKind, Outcome, Place, Urgency};
use super::super::figures::is_drill;
use super::super::ids::{CaseId, ErrandId, Name, PhoneNumber, SlackUser};
use super::super::input::ReplyTo;
use super::super::ladder::{
    Acceptance, Begun, Ladder, LadderChange, LadderState, Rung, RungCall, RungEnd, Via,
};
use super::super::message::{Button, Message};
use super::super::people::order::Candidate;
use super::super::time::Time;
use super::super::turn::{RungPress, Turn};
use super::super::words;
use super::super::words::paging::Subject;

/// A ladder in the hands of a procedure, for one decision.
#[derive(Debug)]
pub(super) struct Paging<'t, 'a> {
    pub(super) turn: &'t mut Turn<'a>,
    pub(super) ladder: Ladder,
    /// Posts made here that bear buttons of the case.
    pub(super) shown: Vec<(ErrandId, Message)>,
    /// What can be done once somebody took it.
    pub(super) then: Vec<Button>,
    case: CaseId,
    subject: Subject,
    place: Place,
    wrap: fn(LadderChange) -> CaseChange,
}

impl<'t, 'a> Paging<'t, 'a> {
    pub(super) fn new(
        turn: &'t mut Turn<'a>,
        ladder: Ladder,
        case: CaseId,
        subject: Subject,
        place: Place,
        wrap: fn(LadderChange) -> CaseChange,
    ) -> Self {
        Self { turn, ladder, shown: Vec::new(), then: Vec::new(), case, subject, place, wrap }
    }

    fn step(&mut self, change: LadderChange) {
        self.ladder.apply(&change);
        self.turn.change(Change::Case(self.case, (self.wrap)(change)));
    }

    fn say(&mut self, message: Message) -> ErrandId {
        let message = if self.subject.drill { words::drill::marked(message) } else { message };
        self.turn.post(Some(self.case), Urgency::Notice, self.place.clone(), message)
    }

    fn candidate_after(&self, who: &Name) -> Option<Candidate> {
        // whoever would come next if the present rung ended now
        let mut then = self.ladder.clone();
        if then.rung().is_some_and(|rung| &rung.who == who) {
            then.apply(&LadderChange::RungEnded { at: self.turn.now, how: RungEnd::Silent });
        }
        self.next_of(&then)
    }

    fn next_of(&self, ladder: &Ladder) -> Option<Candidate> {
        let desk = self.turn.desk;
        ladder.next(&desk.roster.value, &desk.leaves, self.turn.now).cloned()
    }

    /// Reaches the next person, or tells everybody that nobody is left (reading 11).
    pub(super) fn advance(&mut self) {
        let now = self.turn.now;
        self.advance_from(now);
    }

    /// The same, of a rung that should have begun at `due`.
    fn advance_from(&mut self, due: Time) {
        match self.next_of(&self.ladder) {
            Some(candidate) => self.open_rung(&candidate, due),
            None => self.exhaust(),
        }
    }

    fn open_rung(&mut self, candidate: &Candidate, due: Time) {
        let who = candidate.name.clone();
        let number = self.turn.desk.phone_of(&who).or_else(|| candidate.phone.clone());
        let nth = self.ladder.over.len();
        let post = self.turn.next_errand();
        let dials = self.turn.desk.dials();
        let call = match &number {
            Some(_) if dials => Some(self.turn.next_errand()),
            Some(_) | None => None,
        };
        let rung = Rung {
            who: who.clone(),
            opened: self.turn.now,
            post,
            call: call.map_or(RungCall::Desk, RungCall::Ringing),
            begun: Begun::NotYet,
        };
        self.step(LadderChange::RungOpened(rung));
        let after = self.candidate_after(&who).map(|next| next.name);
        let desk = self.turn.desk;
        let mut warnings = candidate.warnings_at(&desk.roster.value, &desk.leaves, self.turn.now);
        // the rung itself says that a number is missing, or shows the one of the Slack profile
        warnings.retain(|warning| !candidate.warnings.contains(warning));
        let message = words::paging::rung(
            desk,
            &self.subject,
            &words::paging::RungWords {
                case: self.case,
                nth,
                who: &who,
                after: after.as_ref(),
                number: number.as_ref(),
                dials: call.is_some(),
                warnings: &warnings,
                late: words::lateness(desk, due, self.turn.now),
            },
        );
        let kind = ErrandKind::Post { place: self.place.clone(), message };
        self.turn.owe_as(post, Some(self.case), Urgency::Page, kind);
        if let (Some(call), Some(number)) = (call, number) {
            let kind = self.call(who, number);
            self.turn.owe_as(call, Some(self.case), Urgency::Page, kind);
        }
    }

    fn call(&self, to: Name, number: PhoneNumber) -> ErrandKind {
        let about = words::paging::spoken(&self.subject, waiting(self.turn, self.case));
        ErrandKind::Call { to, number, about }
    }

    fn exhaust(&mut self) {
        self.step(LadderChange::Exhausted { at: self.turn.now });
        if self.subject.drill {
            // nobody is called upon: the drill tells its result by itself
            return;
        }
        let desk = self.turn.desk;
        let tried = self.ladder.over.len() - self.ladder.earlier;
        let buttons = words::paging::exhausted_buttons(self.case);
        // CSR is called upon in g, in the case's own thread where it lives there
        let in_general = desk.room(Room::General).map(|channel| {
            if channel == self.place.channel {
                self.place.clone()
            } else {
                Place { channel, thread: None }
            }
        });
        if let Some(place) = in_general {
            let general =
                words::paging::exhausted(desk, &self.subject, tried, true, buttons.clone());
            let post = self.turn.post(Some(self.case), Urgency::Page, place, general.clone());
            self.shown.push((post, general));
        }
        if let Some(channel) = desk.room(Room::Noti) {
            let noti = words::paging::exhausted(desk, &self.subject, tried, false, buttons);
            let place = Place { channel, thread: None };
            let post = self.turn.post(Some(self.case), Urgency::Page, place, noti.clone());
            self.shown.push((post, noti));
        }
    }

    /// Takes the telephone of the present rung out of the world; returns how many calls that cancelled.
    fn end_call(&mut self) -> u32 {
        match self.ladder.rung().map(|rung| rung.call) {
            Some(RungCall::Ringing(call)) => {
                hang_up(self.turn, Some(self.case), call);
                1
            }
            Some(RungCall::Desk | RungCall::Over(_)) | None => 0,
        }
    }

    /// The present rung is over without an acceptance: says so, and goes on at once.
    pub(super) fn pass_on(&mut self, how: RungEnd) {
        let now = self.turn.now;
        self.pass_on_from(how, now);
    }

    fn pass_on_from(&mut self, how: RungEnd, due: Time) {
        let Some(rung) = self.ladder.rung().cloned() else { return };
        self.end_call();
        let nth = self.ladder.over.len();
        self.step(LadderChange::RungEnded { at: self.turn.now, how: how.clone() });
        let next = self.next_of(&self.ladder).map(|next| next.name);
        let why = words::paging::ended(&how, self.turn.now, &self.turn.desk.policy.value);
        self.retire(
            &rung,
            words::paging::retired(&self.subject, &rung.who, &why, Some((self.case, nth))),
        );
        let late = words::lateness(self.turn.desk, due, self.turn.now);
        self.say(words::paging::passed_on(&late, &rung.who, &why, next.as_ref()));
        self.advance_from(due);
    }

    /// An own post that asked for something says what became of it.
    fn retire(&mut self, rung: &Rung, message: Message) {
        if self.turn.desk.posts.contains_key(&rung.post) {
            let kind = ErrandKind::Update { post: rung.post, message };
            self.turn.owe(Some(self.case), Urgency::Housekeeping, kind);
        } else {
            self.turn.drop_errand(rung.post);
        }
    }

    /// The post of a rung that was over before it stood says so.
    pub(super) fn posted_after_all(&mut self, post: ErrandId) {
        let rungs = self.ladder.over.iter().enumerate();
        let Some((nth, over)) = rungs.into_iter().find(|(_, over)| over.post == post) else {
            return;
        };
        let ended = || words::paging::ended(&over.how, over.at, &self.turn.desk.policy.value);
        let (why, late) = match &self.ladder.state {
            LadderState::Taken(taken) => (words::paging::taken_by(&taken.by, taken.at), None),
            LadderState::Stopped { .. } => (ended(), None),
            LadderState::Between | LadderState::Calling(_) | LadderState::Exhausted { .. } => {
                (ended(), Some((self.case, nth)))
            }
        };
        let message = words::paging::retired(&self.subject, &over.who, &why, late);
        let kind = ErrandKind::Update { post, message };
        self.turn.owe(Some(self.case), Urgency::Housekeeping, kind);
    }

    /// Somebody who was reached accepts: every pending call stops.
    pub(super) fn accept(&mut self, by: &Name, how: Via) {
        if !self.ladder.is_open() {
            return;
        }
        let rung = self.ladder.rung().cloned();
        let cancelled = self.end_call();
        let acceptance = Acceptance { by: by.clone(), at: self.turn.now, how };
        let then = std::mem::take(&mut self.then);
        let message = words::paging::taken(&acceptance, cancelled, then);
        self.step(LadderChange::Taken(acceptance));
        let why = words::paging::taken_by(by, self.turn.now);
        self.retire_all(rung.as_ref(), &why);
        self.say(message);
    }

    /// The ladder is ended from outside (미결정, 취소).
    pub(super) fn stop(&mut self, why: &str) {
        let rung = self.ladder.rung().cloned();
        self.end_call();
        self.step(LadderChange::Stopped { at: self.turn.now });
        self.retire_all(rung.as_ref(), why);
    }

    /// Takes the buttons off every rung's post that still bears some.
    fn retire_all(&mut self, present: Option<&Rung>, why: &str) {
        let desk = self.turn.desk;
        for over in self.ladder.over.clone() {
            if present.is_some_and(|rung| rung.post == over.post) {
                continue;
            }
            if desk.posts.contains_key(&over.post) {
                let message = words::paging::retired(&self.subject, &over.who, why, None);
                let kind = ErrandKind::Update { post: over.post, message };
                self.turn.owe(Some(self.case), Urgency::Housekeeping, kind);
            }
        }
        if let Some(rung) = present {
            let message = words::paging::retired(&self.subject, &rung.who, why, None);
            self.retire(rung, message);
        }
    }

    /// What became of a rung's mention or call. The first of the two that got out starts its clock (reading 10).
    pub(super) fn settled(&mut self, errand: &Errand, outcome: &Outcome) {
        let Some(rung) = self.ladder.rung().cloned() else { return };
        let of_post = rung.post == errand.id;
        let of_call = rung.call == RungCall::Ringing(errand.id);
        if !of_post && !of_call {
            return;
        }
        match outcome {
            Outcome::Posted(_)
            | Outcome::Placed { .. }
            | Outcome::Joined { .. }
            | Outcome::Done => {
                if rung.begun == Begun::NotYet {
                    self.step(LadderChange::RungBegan { at: self.turn.now });
                }
            }
            Outcome::Refused { why } if of_call => {
                self.step(LadderChange::CallOver);
                let number = self.turn.desk.phone_of(&rung.who);
                self.say(words::paging::call_not_placed(&rung.who, number.as_ref(), why));
            }
            Outcome::Refused { why } => {
                // nobody sees this rung: if the telephone is not out either, silence must still end it
                self.turn.note_by(self.case, None, format!("{} 호출 게시 실패: {why}", rung.who));
                if rung.begun == Begun::NotYet {
                    self.step(LadderChange::RungBegan { at: self.turn.now });
                }
            }
            Outcome::Expired
            | Outcome::Presence(_)
            | Outcome::Guide { .. }
            | Outcome::Opened { .. } => {}
        }
    }

    /// What happened on the present rung's telephone. `unheard`: the voice did not come to this page.
    pub(super) fn phone(&mut self, call: ErrandId, event: CallEvent, unheard: bool) {
        let rung = self.ladder.rung().filter(|rung| rung.call == RungCall::Ringing(call)).cloned();
        let Some(rung) = rung else {
            // the turn has passed, and the telephone still rang: key 1 counts like the button
            let by = self.turn.desk.calls.get(&call).map(|call| call.to.clone());
            if let Some(by) = by.filter(|by| self.ladder.was_reached(by))
                && event == CallEvent::Accepted
            {
                self.accept(&by, Via::Phone);
            }
            return;
        };
        self.step(LadderChange::CallOver);
        if unheard && let Some(number) = self.turn.desk.phone_of(&rung.who) {
            let kind = self.call(rung.who.clone(), number);
            let again = self.turn.owe(Some(self.case), Urgency::Page, kind);
            return self.step(LadderChange::CallAgain { call: again });
        }
        match event {
            CallEvent::Accepted => self.accept(&rung.who, Via::Phone),
            CallEvent::Answered => {
                self.turn.note_by(
                    self.case,
                    None,
                    format!("{} 전화를 받았으나 번호를 누르지 않음", rung.who),
                );
            }
            CallEvent::Rejected
            | CallEvent::Busy
            | CallEvent::NoAnswer
            | CallEvent::Voicemail
            | CallEvent::Failed => self.pass_on(RungEnd::Phone(event)),
        }
    }

    /// The present rung's time ran out.
    pub(super) fn woken(&mut self) {
        let rung = self.turn.desk.policy.value.chain.rung;
        if let Some(due) = self.ladder.deadline(rung)
            && due <= self.turn.now
        {
            self.pass_on_from(RungEnd::Silent, due);
        }
    }

    /// 수락 · 부재 · 거절, by the person mentioned or by COC for that person.
    pub(super) fn pressed(
        &mut self,
        by: &SlackUser,
        nth: usize,
        press: RungPress,
        reply: &ReplyTo,
    ) {
        let desk = self.turn.desk;
        let present = self.ladder.over.len();
        let who = match self.ladder.rung() {
            Some(rung) if nth == present => rung.who.clone(),
            Some(_) | None => match self.ladder.over.get(nth) {
                Some(over) => over.who.clone(),
                None => return self.turn.tell(by, reply, words::stale()),
            },
        };
        let own = desk.slack_of(&who) == Some(by);
        let desk_does = desk.holds(by, &desk.policy.value.roles.chain);
        if !own && !desk_does {
            return self.turn.tell(by, reply, words::paging::not_yours(&who));
        }
        if !self.ladder.is_open() {
            let message = words::paging::is_over(&self.ladder.state);
            return self.turn.tell(by, reply, message);
        }
        let recorder = desk.name_of(by);
        match press {
            RungPress::Accept => {
                let how = if own { Via::Button } else { Via::Desk { by: recorder } };
                self.accept(&who, how);
            }
            RungPress::Absent | RungPress::Refuse if nth != present => {
                self.turn.tell(by, reply, words::paging::passed_already(&who));
            }
            RungPress::Absent => self.pass_on(RungEnd::Absent { by: recorder }),
            RungPress::Refuse => self.pass_on(RungEnd::Refused { by: recorder }),
        }
    }

    /// From the top again (reading 11).
    pub(super) fn restart(&mut self, order: super::super::people::order::Order) {
        self.step(LadderChange::Restarted { order });
        self.advance();
    }

    /// Another order for those who were not reached yet.
    pub(super) fn replan(&mut self, order: super::super::people::order::Order) {
        self.step(LadderChange::Replanned { order });
        if matches!(self.ladder.state, LadderState::Exhausted { .. })
            && self.next_of(&self.ladder).is_some()
        {
            self.advance();
        }
    }
}

/// How many urgent requests wait for somebody, this case included.
fn waiting(turn: &Turn<'_>, this: CaseId) -> usize {
    let others = turn.desk.cases.values().filter(|case| {
        case.id != this
            && case.procedure.ladder().is_some_and(Ladder::is_open)
            && !is_drill(&case.procedure)
    });
    others.count() + 1
}

/// Takes a call out of the world: before it is placed, while it rings, or (should it be in the carrier's hands at this very
/// moment) as soon as it is known.
pub(super) fn hang_up(turn: &mut Turn<'_>, case: Option<CaseId>, call: ErrandId) {
    if turn.desk.errands.contains_key(&call) {
        turn.drop_errand(call);
    } else if let Some(live) = turn.desk.calls.get(&call) {
        if turn.desk.calls_of(&live.reference).count() > 1 {
            // the telephone goes on ringing for the others
            return turn.change(Change::CallOver { call, how: None });
        }
        let kind = ErrandKind::HangUp { call, to: live.to.clone() };
        turn.owe(case, Urgency::Page, kind);
    }
}

/// An anchor's thread: where a case's posts go.
#[must_use]
pub(super) fn under(channel: super::super::ids::ChannelId, post: ErrandId) -> Place {
    Place { channel, thread: Some(Anchor::PostOf(post)) }
}
