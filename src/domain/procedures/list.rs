//! Checklists that people work off: their card, their steps, their chasing (M1, M3, M4, M11, M12, G2, T). What a list is about is its
//! kind's; the steps are data.

use super::super::aws::Finding;
use super::super::case::{CaseChange, Home, Procedure};
use super::super::change::Change;
use super::super::checklist::{
    Checklist, ChecklistChange, NotFinished, StepDefinition, StepKind, StepState,
};
use super::super::desk::{Desk, Room};
use super::super::errand::{Errand, ErrandKind, Outcome, Place, Urgency};
use super::super::ids::{AccountId, CaseId, ErrandId, MessageRef, Name, SlackUser, TicketLink};
use super::super::input::ReplyTo;
use super::super::mail::{Draft, DraftState};
use super::super::message::{Answer, FieldError, Message};
use super::super::policy::{Policy, Role};
use super::super::text::ticket_link;
use super::super::time::{Span, Time};
use super::super::turn::{ListPress, StepPress, Turn};
use super::super::words;
use super::monthly::{Monthly, MonthlyChange};
use super::offboard::MspOffboard;
use super::onboard::{Onboard, OnboardChange};
use super::setup::Setup;
use super::tam::{Tam, TamChange};
use super::{mail, monthly, offboard, onboard, tam, urgent};
use serde::{Deserialize, Serialize};

/// A checklist that is worked off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// The message whose thread it lives in: a person's, or its own card.
    pub home: Home,
    /// The customer's name; empty where nobody knows it, or there is none.
    pub customer: String,
    /// What began it: the name of a delivery, or of a due time.
    pub origin: String,
    /// What it is about.
    pub kind: ListKind,
    /// The post that shows its steps.
    pub card: ErrandId,
    /// Its steps.
    pub checklist: Checklist,
    /// How far it is.
    pub stage: Stage,
}

/// What a checklist is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    /// A `[REQ]` of AWS's TAM (T).
    Tam(Tam),
    /// Setting up the monitoring of a customer (M1, M3, M4, M11, M12).
    Setup(Setup),
    /// SA guides a customer whose own setting sends findings of low severity (G2).
    SaGuide(SaGuide),
    /// Something that should come regularly did not.
    Heartbeat(Missing),
    /// The accounts of a payer are taken in (N).
    Onboard(Onboard),
    /// An MSP customer leaves: TS looks after what stands before (X7).
    MspOffboard(MspOffboard),
    /// The month's on- and off-boardings (W1).
    Monthly(Monthly),
}

/// Findings of low severity that a customer's own setting sent (G2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaGuide {
    /// The last one, in GuardDuty's words.
    pub title: String,
    /// Its severity, as GuardDuty has it.
    pub severity: String,
    /// Its account, where it tells.
    pub account: Option<AccountId>,
    /// When it came.
    pub at: Time,
    /// How many came while this is open.
    pub count: u64,
}

/// Something that should come regularly and did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// What people call it.
    pub name: String,
    /// When it came last; `None`: not since it is waited for.
    pub last: Option<Time>,
    /// From when its absence counts.
    pub from: Time,
    /// How often it should come.
    pub every: Span,
}

/// How far a checklist is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The customer is asked for before anything is done (T1).
    Asking {
        /// When it was last asked for.
        asked: Time,
    },
    /// It is worked off.
    Working,
    /// It is over.
    Over {
        /// When.
        at: Time,
        /// How.
        how: Ending,
    },
}

/// How a checklist ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// All of it is done.
    Done,
    /// 취소
    Cancelled {
        /// By whom.
        by: Name,
    },
    /// What was missing came again.
    CameBack,
}

/// A step of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListChange {
    /// A step of the checklist.
    Checklist(ChecklistChange),
    /// The customer was asked for again.
    AskedAgain {
        /// When.
        at: Time,
    },
    /// The customer is another than was thought, or known by now.
    Customer {
        /// The name; empty: nobody knows.
        name: String,
    },
    /// It is worked off from now on.
    Begun {
        /// Now.
        at: Time,
    },
    /// Of a `[REQ]`.
    Tam(TamChange),
    /// Of an on-boarding.
    Onboard(OnboardChange),
    /// Another finding came (G2).
    Repeated {
        /// All of them, with the last one.
        guide: SaGuide,
    },
    /// Its thread is gone: it goes on with a new card elsewhere.
    Moved {
        /// Where it lives now.
        home: Home,
        /// Its card.
        card: ErrandId,
    },
    /// It is over.
    Over {
        /// When.
        at: Time,
        /// How.
        how: Ending,
    },
    /// Of a month's on- and off-boardings (W1).
    Monthly(MonthlyChange),
}

impl List {
    /// Takes a step.
    pub fn apply(&mut self, change: &ListChange) {
        match change {
            ListChange::Checklist(change) => self.checklist.apply(change),
            ListChange::AskedAgain { at } => self.stage = Stage::Asking { asked: *at },
            ListChange::Customer { name } => self.customer = name.clone(),
            ListChange::Begun { at } => {
                self.checklist.apply(&ChecklistChange::Restarted { at: *at });
                self.stage = Stage::Working;
            }
            ListChange::Tam(change) => match &mut self.kind {
                ListKind::Tam(tam) => tam.apply(change),
                ListKind::Setup(_)
                | ListKind::SaGuide(_)
                | ListKind::Heartbeat(_)
                | ListKind::Onboard(_)
                | ListKind::MspOffboard(_)
                | ListKind::Monthly(_) => {}
            },
            ListChange::Monthly(change) => match &mut self.kind {
                ListKind::Monthly(one) => one.apply(change),
                ListKind::Tam(_)
                | ListKind::Setup(_)
                | ListKind::SaGuide(_)
                | ListKind::Heartbeat(_)
                | ListKind::Onboard(_)
                | ListKind::MspOffboard(_) => {}
            },
            ListChange::Onboard(change) => match &mut self.kind {
                ListKind::Onboard(one) => one.apply(change),
                ListKind::Tam(_)
                | ListKind::Setup(_)
                | ListKind::SaGuide(_)
                | ListKind::Heartbeat(_)
                | ListKind::MspOffboard(_)
                | ListKind::Monthly(_) => {}
            },
            ListChange::Repeated { guide } => self.kind = ListKind::SaGuide(guide.clone()),
            ListChange::Moved { home, card } => {
                self.home = home.clone();
                self.card = *card;
            }
            ListChange::Over { at, how } => {
                self.stage = Stage::Over { at: *at, how: how.clone() };
            }
        }
    }

    /// Whether something is still to come.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        match self.stage {
            Stage::Asking { .. } | Stage::Working => true,
            Stage::Over { .. } => false,
        }
    }

    /// The next due time.
    #[must_use]
    pub fn wake(&self, policy: &Policy) -> Option<Time> {
        match &self.stage {
            Stage::Asking { asked } => Some(*asked + policy.tam.ask_again.delta()),
            Stage::Working => self.checklist.next_chase().map(|(_, at)| at),
            Stage::Over { .. } => None,
        }
    }

    /// The ticket, once one was handed in.
    #[must_use]
    pub fn ticket(&self) -> Option<TicketLink> {
        if let ListKind::Setup(setup) = &self.kind {
            return Some(setup.ticket.clone());
        }
        if let ListKind::Onboard(one) = &self.kind {
            return Some(one.ticket.clone());
        }
        let (_, step) = self.checklist.of_kind(StepKind::Ticket)?;
        step.evidence().and_then(|text| ticket_link(text).ok())
    }
}

/// Whose a step is, by the word in its definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// `COC`, and whoever is none of the others.
    Coc,
    /// `CSR`
    Csr,
    /// `SA`
    Sa,
    /// `TS 담당자`
    Ts,
}

impl Owner {
    /// Of a step.
    #[must_use]
    pub fn of(definition: &StepDefinition) -> Self {
        let word = definition.owner.trim().to_uppercase();
        let first = word.split_whitespace().next().unwrap_or_default();
        match first {
            "CSR" => Self::Csr,
            "SA" => Self::Sa,
            "TS" => Self::Ts,
            _ => Self::Coc,
        }
    }

    const fn role(self) -> Role {
        match self {
            Self::Coc => Role::Coc,
            Self::Csr => Role::Csr,
            Self::Sa => Role::Sa,
            Self::Ts => Role::Engineer,
        }
    }
}

/// Begins a list whose card heads a thread in n; `None` where there is no such channel.
pub(super) fn begin(
    turn: &mut Turn<'_>,
    origin: &str,
    customer: &str,
    kind: ListKind,
    steps: Vec<StepDefinition>,
) -> Option<CaseId> {
    begin_work(turn, origin, customer, kind, steps).map(|work| work.id)
}

/// The same, to go on with it.
pub(super) fn begin_work<'t, 'a>(
    turn: &'t mut Turn<'a>,
    origin: &str,
    customer: &str,
    kind: ListKind,
    steps: Vec<StepDefinition>,
) -> Option<Work<'t, 'a>> {
    let channel = turn.desk.room(Room::Noti)?;
    let card = turn.next_errand();
    let home = Home::Post(channel.clone(), card);
    let place = Place { channel, thread: None };
    let checklist = Checklist::new(steps, turn.now);
    let (customer, origin) = (customer.to_owned(), origin.to_owned());
    let list = List { home, customer, origin, kind, card, checklist, stage: Stage::Working };
    let id = Work::open(turn, list.clone(), place);
    Some(Work { turn, id, list })
}

/// A decision about one list.
pub(super) struct Work<'t, 'a> {
    pub(super) turn: &'t mut Turn<'a>,
    pub(super) id: CaseId,
    pub(super) list: List,
}

impl<'t, 'a> Work<'t, 'a> {
    pub(super) fn of(turn: &'t mut Turn<'a>, id: CaseId) -> Option<Self> {
        let list = turn.desk.cases.get(&id)?.procedure.as_list()?.clone();
        Some(Self { turn, id, list })
    }

    /// Opens the case, and posts its card at `place`.
    pub(super) fn open(turn: &mut Turn<'_>, list: List, place: Place) -> CaseId {
        let id = turn.open(Procedure::List(list.clone()));
        let message = words::list::card(turn.desk, id, &list, turn.now);
        let kind = ErrandKind::Post { place, message };
        turn.owe_as(list.card, Some(id), Urgency::Answer, kind);
        id
    }

    pub(super) fn step(&mut self, change: ListChange) {
        self.list.apply(&change);
        self.turn.change(Change::Case(self.id, CaseChange::List(change)));
    }

    pub(super) fn say(&mut self, message: Message) {
        let place = self.list.home.thread();
        self.turn.post(Some(self.id), Urgency::Notice, place, message);
    }

    pub(super) fn tell(&mut self, to: &SlackUser, reply: &ReplyTo, message: Message) {
        self.turn.tell(to, reply, message);
    }

    /// The card says how far it is now.
    pub(super) fn show_card(&mut self) {
        let message = words::list::card(self.turn.desk, self.id, &self.list, self.turn.now);
        let kind = ErrandKind::Update { post: self.list.card, message };
        self.turn.owe(Some(self.id), Urgency::Housekeeping, kind);
    }

    pub(super) fn may(&self, by: &SlackUser, owner: Owner) -> bool {
        let desk = self.turn.desk;
        desk.holds(by, &desk.policy.value.roles.checklist) || desk.holds(by, &[owner.role()])
    }

    pub(super) fn may_end(&self, by: &SlackUser) -> bool {
        self.turn.desk.holds(by, &self.turn.desk.policy.value.roles.checklist)
    }

    /// Why this person cannot finish this step with this, now; else how it is finished.
    fn finishing(
        &self,
        nth: usize,
        by: &SlackUser,
        evidence: &str,
    ) -> Result<ChecklistChange, Refused> {
        let Some(step) = self.list.checklist.steps.get(nth) else {
            return Err(Refused::Told(words::stale()));
        };
        if let Stage::Over { at, how } = &self.list.stage {
            return Err(Refused::Told(words::list::is_over(*at, how)));
        }
        if !self.may(by, Owner::of(&step.definition)) {
            return Err(Refused::Told(words::list::not_yours(&step.definition)));
        }
        if matches!(self.list.stage, Stage::Asking { .. }) {
            return Err(Refused::Told(words::stale()));
        }
        let who = self.turn.desk.name_of(by);
        let finish =
            |evidence: &str| self.list.checklist.finish(nth, &who, self.turn.now, evidence);
        match finish(evidence) {
            Ok(change) if step.definition.kind == StepKind::Ticket => match ticket_link(evidence) {
                Ok(link) => finish(link.as_str()).map_or(Ok(change), Ok),
                Err(read) => Err(Refused::Evidence(words::commands::bad_ticket(&read))),
            },
            Ok(change) if step.definition.kind == StepKind::Credit => {
                match onboard::credit(evidence) {
                    Some(credit) => finish(&credit).map_or(Ok(change), Ok),
                    None => Err(Refused::Evidence(words::onboard::bad_credit(evidence))),
                }
            }
            Ok(change) => Ok(change),
            Err(NotFinished::Lacking { evidence }) => Err(Refused::Lacking(evidence)),
            Err(NotFinished::Already { by, at }) => {
                Err(Refused::Told(words::list::already(&step.definition, &by, at)))
            }
            Err(NotFinished::Before { title }) => Err(Refused::Told(words::list::before(&title))),
            Err(NotFinished::Unknown) => Err(Refused::Told(words::stale())),
        }
    }

    /// A step is done: told in the thread with what comes next (T4), and the list is over with the last one.
    pub(super) fn finish(&mut self, change: ChecklistChange) {
        let ChecklistChange::Finished { step: nth, by, evidence, .. } = &change else { return };
        let (nth, by, evidence) = (*nth, by.clone(), evidence.clone());
        let was_open: Vec<usize> = self.list.checklist.open().map(|(nth, _)| nth).collect();
        self.step(ListChange::Checklist(change));
        let note = words::list::finished_note(&self.list, nth, &evidence);
        self.turn.note_by(self.id, Some(by.clone()), note);
        let opened: Vec<usize> = self
            .list
            .checklist
            .open()
            .map(|(nth, _)| nth)
            .filter(|nth| !was_open.contains(nth))
            .collect();
        let (desk, now) = (self.turn.desk, self.turn.now);
        let message = words::list::finished(desk, &self.list, nth, &by, &evidence, &opened, now);
        self.say(message);
        onboard::finished(self, nth, &by, &opened);
        if self.list.checklist.is_done() {
            self.end(Ending::Done);
        } else {
            self.show_card();
            if matches!(self.list.kind, ListKind::Monthly(_)) {
                monthly::went_on(self);
            }
        }
    }

    /// It is over, and says so.
    pub(super) fn end(&mut self, how: Ending) {
        let at = self.turn.now;
        let was_asking = matches!(self.list.stage, Stage::Asking { .. });
        self.step(ListChange::Over { at, how: how.clone() });
        match (self.list.kind.clone(), &how) {
            (ListKind::Tam(_), Ending::Done) => tam::share(self),
            (ListKind::Heartbeat(one), Ending::Done) => {
                self.turn.change(Change::BeatSeenTo { name: one.name });
            }
            (ListKind::MspOffboard(one), how) => {
                let by = self.finisher(how).unwrap_or_else(|| one.by.clone());
                let customer = self.list.customer.clone();
                offboard::msp_ended(self.turn, self.id, &customer, &one, how, &by);
            }
            (
                ListKind::Tam(_)
                | ListKind::Setup(_)
                | ListKind::SaGuide(_)
                | ListKind::Heartbeat(_)
                | ListKind::Onboard(_)
                | ListKind::Monthly(_),
                _,
            ) => {}
        }
        if let Ending::Cancelled { by } = &how {
            self.discard_drafts(by);
            self.turn.note_by(self.id, Some(by.clone()), "취소");
        }
        let mut message = words::list::ended(&self.list, &how, was_asking);
        message.lines.extend(onboard::ended(self, &how));
        self.say(message);
        self.show_card();
    }

    /// Nobody wants the mails any more that wait for somebody's button.
    fn discard_drafts(&mut self, by: &Name) {
        let desk = self.turn.desk;
        let waits = |draft: &&Draft| draft.case == self.id && draft.state == DraftState::Open;
        let waiting: Vec<Draft> = desk.drafts.values().filter(waits).cloned().collect();
        for draft in waiting {
            mail::discard(self.turn, draft, by);
        }
    }

    /// Who ended the list: who cancelled it, or finished its last step.
    fn finisher(&self, how: &Ending) -> Option<Name> {
        let last = |step: &super::super::checklist::Step| match &step.state {
            StepState::Done { by, at, .. } => Some((*at, by.clone())),
            StepState::Open { .. } | StepState::Waiting => None,
        };
        match how {
            Ending::Cancelled { by } => Some(by.clone()),
            Ending::Done | Ending::CameBack => {
                let steps = self.list.checklist.steps.iter().filter_map(last);
                steps.max_by_key(|(at, _)| *at).map(|(_, by)| by)
            }
        }
    }

    /// The open steps that are due are asked for again; those of business hours wait for opening.
    fn chase(&mut self) {
        let (now, calendar) = (self.turn.now, self.turn.desk.calendar());
        let due: Vec<(usize, Time)> =
            self.list.checklist.chases().filter(|(_, at)| *at <= now).collect();
        let mut asked = Vec::new();
        for (nth, at) in due {
            let in_hours =
                self.list.checklist.steps.get(nth).is_some_and(|step| step.definition.in_hours);
            if in_hours && !calendar.is_open(now) {
                let until = calendar.next_opening(now);
                self.step(ListChange::Checklist(ChecklistChange::Quieted { step: nth, until }));
            } else {
                self.step(ListChange::Checklist(ChecklistChange::Chased { step: nth, at: now }));
                asked.push((nth, at));
            }
        }
        if let Some(due) = asked.iter().map(|(_, at)| *at).min() {
            let steps: Vec<usize> = asked.into_iter().map(|(nth, _)| nth).collect();
            let mut message = words::list::chased(self.turn.desk, &self.list, &steps, due, now);
            if onboard::can_remind(self.turn.desk, &self.list, &steps) {
                message.buttons.push(words::mail::offer(self.id));
            }
            self.say(message);
        }
    }
}

/// Why a step is not finished.
enum Refused {
    /// Its person is told so.
    Told(Message),
    /// What must be handed in, by its label, was not.
    Lacking(String),
    /// What was handed in cannot be read.
    Evidence(String),
}

/// Somebody replied in the thread.
pub(in crate::domain) fn replied(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    at: &MessageRef,
    text: &str,
) {
    let Some(work) = Work::of(turn, id) else { return };
    let is_tam = matches!(work.list.kind, ListKind::Tam(_));
    let root = work.list.home.stands_at(work.turn.desk).unwrap_or_else(|| at.clone());
    if !(is_tam && tam::replied(work, by, at, &root, text)) {
        urgent::said(turn, by, at, &root, text);
    }
}

/// The message that the case hangs on was changed.
pub(in crate::domain) fn edited(turn: &mut Turn<'_>, id: CaseId, at: &MessageRef, text: &str) {
    let Some(work) = Work::of(turn, id) else { return };
    let is_it = matches!(&work.list.home, Home::Message(root) if root == at);
    if is_it && matches!(work.list.kind, ListKind::Tam(_)) {
        tam::edited(work, text);
    }
}

/// 완료 · 오류 · 대본
pub(in crate::domain) fn pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    nth: usize,
    press: StepPress,
    trigger: &str,
    reply: &ReplyTo,
) {
    match press {
        StepPress::Done => {}
        StepPress::Error => return onboard::failed(turn, id, by, nth, reply),
        StepPress::Script => return onboard::script_asked(turn, id, by, nth, reply),
    }
    let Some(mut work) = Work::of(turn, id) else {
        return turn.tell(by, reply, words::stale());
    };
    match work.finishing(nth, by, "") {
        Ok(change) => {
            let kind = work.list.checklist.steps.get(nth).map(|step| step.definition.kind);
            if kind == Some(StepKind::Mail) {
                mail_done(work, by, reply, change);
            } else {
                work.finish(change);
            }
        }
        Err(Refused::Lacking(label)) => {
            let form = words::list::evidence_form(id, nth, &work.list, &label);
            work.turn.open_form(by, trigger, form);
        }
        Err(Refused::Told(message)) => work.tell(by, reply, message),
        Err(Refused::Evidence(text)) => work.tell(by, reply, words::refused(text, "")),
    }
}

/// The draft of the mail that a step of the list sends.
const fn draft_of(list: &List) -> Option<ErrandId> {
    match &list.kind {
        ListKind::Tam(tam) => tam.draft,
        ListKind::Onboard(one) => one.draft,
        ListKind::Setup(_)
        | ListKind::SaGuide(_)
        | ListKind::Heartbeat(_)
        | ListKind::MspOffboard(_) => None,
        ListKind::Monthly(one) => one.draft,
    }
}

/// 완료 of the mail: the draft is sent; without one somebody sent it by hand (T2, N3).
fn mail_done(mut work: Work<'_, '_>, by: &SlackUser, reply: &ReplyTo, change: ChecklistChange) {
    let desk = work.turn.desk;
    let Some(found) = draft_of(&work.list).and_then(|post| desk.drafts.get(&post)).cloned() else {
        return work.finish(change);
    };
    match &found.state {
        DraftState::Open if found.mail.to.is_empty() => {
            work.tell(by, reply, words::mail::nobody_to_send_to());
        }
        DraftState::Open => mail::send(work.turn, found, &desk.name_of(by)),
        DraftState::Discarded => {
            match &work.list.kind {
                ListKind::Tam(_) => tam::draft(&mut work),
                ListKind::Onboard(_) => onboard::draft(&mut work),
                ListKind::Setup(_)
                | ListKind::SaGuide(_)
                | ListKind::Heartbeat(_)
                | ListKind::MspOffboard(_) => {}
                ListKind::Monthly(_) => monthly::draft(&mut work),
            }
            work.tell(by, reply, words::tam::drafted_anew());
        }
        state @ (DraftState::Sending { .. } | DraftState::Sent { .. }) => {
            let how = words::mail::over_already(state).unwrap_or_default();
            work.tell(by, reply, words::mail::is_over(&how));
        }
    }
}

/// A step's evidence was handed in.
pub(in crate::domain) fn handed_in(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    nth: usize,
    evidence: &str,
) {
    let wrong =
        |text: String| Answer::Errors(vec![FieldError { key: "evidence".to_owned(), text }]);
    let Some(mut work) = Work::of(turn, id) else {
        turn.answer = wrong(words::stale().plain());
        return;
    };
    let kind = work.list.checklist.steps.get(nth).map(|step| step.definition.kind);
    match work.finishing(nth, by, evidence) {
        Ok(change) => work.finish(change),
        Err(Refused::Lacking(_)) if kind == Some(StepKind::Credit) => {
            work.turn.answer = wrong(words::onboard::bad_credit(""));
        }
        Err(Refused::Lacking(_)) => work.turn.answer = wrong(words::list::blank()),
        Err(Refused::Told(message)) => work.turn.answer = wrong(message.plain()),
        Err(Refused::Evidence(text)) => work.turn.answer = wrong(text),
    }
}

/// 그대로 시작 · 취소 · 기술지원 요청
pub(in crate::domain) fn whole_pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    press: ListPress,
    trigger: &str,
    reply: &ReplyTo,
) {
    let Some(mut work) = Work::of(turn, id) else {
        return turn.tell(by, reply, words::stale());
    };
    if !work.may_end(by) {
        return work.tell(by, reply, words::urgent::coc_only());
    }
    match (press, &work.list.stage) {
        (ListPress::Support, _) => tam::support(work, by, trigger, reply),
        (ListPress::Anyway | ListPress::Cancel, Stage::Over { at, how }) => {
            let message = words::list::is_over(*at, how);
            work.tell(by, reply, message);
        }
        (ListPress::Cancel, Stage::Asking { .. } | Stage::Working) => {
            let by = work.turn.desk.name_of(by);
            work.end(Ending::Cancelled { by });
        }
        (ListPress::Anyway, Stage::Asking { .. }) => tam::anyway(work, by),
        (ListPress::Anyway, Stage::Working) => work.tell(by, reply, words::stale()),
    }
}

/// The ticket of 기술지원 요청 was handed in (T5).
pub(in crate::domain) fn support_asked(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    ticket: &str,
) {
    let wrong = |text: String| Answer::Errors(vec![FieldError { key: "ticket".to_owned(), text }]);
    let refused = match Work::of(turn, id) {
        Some(work) if work.may_end(by) => match ticket_link(ticket) {
            Ok(ticket) => tam::support_with(work, by, ticket).err().map(|said| said.plain()),
            Err(read) => Some(words::commands::bad_ticket(&read)),
        },
        Some(_) => Some(words::urgent::coc_only().plain()),
        None => Some(words::stale().plain()),
    };
    if let Some(text) = refused {
        turn.answer = wrong(text);
    }
}

/// A mail of the case that was drafted is sent (T2, N3).
pub(in crate::domain) fn mailed(turn: &mut Turn<'_>, draft: &Draft, by: &Name) {
    let Some(mut work) = Work::of(turn, draft.case) else { return };
    // what the customer is reminded of finishes no step
    let other =
        matches!(work.list.kind, ListKind::Onboard(_)) && draft_of(&work.list) != Some(draft.post);
    let Some((nth, _)) = work.list.checklist.of_kind(StepKind::Mail) else { return };
    let to = draft.mail.to.join(", ");
    let now = work.turn.now;
    if work.list.is_open()
        && !other
        && let Ok(change) = work.list.checklist.finish(nth, by, now, &to)
    {
        work.finish(change);
    }
}

/// What became of an errand of the case.
pub(in crate::domain) fn settled(
    turn: &mut Turn<'_>,
    id: CaseId,
    errand: &Errand,
    outcome: &Outcome,
) {
    let (Outcome::Refused { why }, ErrandKind::Post { place, message }) = (outcome, &errand.kind)
    else {
        return;
    };
    let Some(mut work) = Work::of(turn, id) else { return };
    work.turn.note_by(id, None, format!("글을 올리지 못함: {why}"));
    let noti = work.turn.desk.room(Room::Noti);
    let Some(channel) = noti.filter(|_| place.thread.is_some()) else { return };
    // the thread is gone (its root was deleted, say): the case goes on in n rather than nowhere
    let new = Place { channel: channel.clone(), thread: None };
    let is_card = errand.id == work.list.card;
    // its buttons are gone with the thread: what was said in it meanwhile moves it once
    let is_home = work.list.is_open() && *place == work.list.home.thread();
    if is_card || is_home {
        let card = work.turn.next_errand();
        work.step(ListChange::Moved { home: Home::Post(channel, card), card });
        let message = words::list::card(work.turn.desk, id, &work.list, work.turn.now);
        let kind = ErrandKind::Post { place: new.clone(), message };
        work.turn.owe_as(card, Some(id), Urgency::Answer, kind);
    }
    if !is_card {
        work.turn.post(Some(id), errand.urgency, new, message.clone());
    }
}

/// A due time of the case has come.
pub(in crate::domain) fn woken(turn: &mut Turn<'_>, id: CaseId) {
    let Some(mut work) = Work::of(turn, id) else { return };
    let now = work.turn.now;
    if work.list.wake(&work.turn.desk.policy.value).is_none_or(|due| now < due) {
        return;
    }
    match work.list.stage {
        Stage::Asking { .. } => {
            work.step(ListChange::AskedAgain { at: now });
            let message = words::tam::asked_again(work.turn.desk);
            work.say(message);
        }
        Stage::Working => work.chase(),
        Stage::Over { .. } => {}
    }
}

/// The open list of this kind and customer.
fn open_guide<'a>(desk: &'a Desk, customer: &str) -> Option<(CaseId, &'a SaGuide)> {
    desk.cases.iter().find_map(|(id, case)| match &case.procedure {
        Procedure::List(list) if list.is_open() && list.customer == customer => match &list.kind {
            ListKind::SaGuide(guide) => Some((*id, guide)),
            ListKind::Tam(_)
            | ListKind::Setup(_)
            | ListKind::Heartbeat(_)
            | ListKind::Onboard(_)
            | ListKind::MspOffboard(_)
            | ListKind::Monthly(_) => None,
        },
        Procedure::List(_)
        | Procedure::Urgent(_)
        | Procedure::Assignment(_)
        | Procedure::Incident(_)
        | Procedure::Stray(_)
        | Procedure::Phd(_)
        | Procedure::Outage(_)
        | Procedure::Offboard(_)
        | Procedure::Dispatch(_)
        | Procedure::Inquiry(_)
        | Procedure::Climate(_) => None,
    })
}

/// The solution architects are to guide a customer whose own setting sent a finding of low severity (G2); once while such a task of
/// that customer is open.
pub(in crate::domain) fn guide_customer(
    turn: &mut Turn<'_>,
    origin: &str,
    customer: &str,
    finding: &Finding,
) {
    let desk = turn.desk;
    let open = open_guide(desk, customer);
    let guide = SaGuide {
        title: if finding.title.is_empty() { finding.kind.clone() } else { finding.title.clone() },
        severity: finding.severity.to_string(),
        account: finding.account.clone(),
        at: turn.now,
        count: open.map_or(1, |(_, guide)| guide.count + 1),
    };
    match open {
        Some((id, _)) => {
            if let Some(mut work) = Work::of(turn, id) {
                work.step(ListChange::Repeated { guide });
                work.show_card();
            }
        }
        None => {
            let steps = desk.definitions.sa_guide.clone();
            begin(turn, origin, customer, ListKind::SaGuide(guide), steps);
        }
    }
}

#[cfg(test)]
mod tests;
