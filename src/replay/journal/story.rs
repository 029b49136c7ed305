//! What became of each case, told from its changes: who was reached, when, how it ended.

use crate::domain::case::{self, Case, CaseChange};
use crate::domain::change::Change;
use crate::domain::desk::Desk;
use crate::domain::errand::CallEvent;
use crate::domain::ids::{CaseId, MessageRef, Name, TicketLink};
use crate::domain::ladder::{Ladder, LadderChange, LadderState, RungEnd, Via};
use crate::domain::procedures::assignment::{Assignment, AssignmentChange, AssignmentState};
use crate::domain::procedures::urgent::{Ending, Urgent, UrgentChange, UrgentState};
use crate::domain::time::{Time, clock};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// What makes a case the same one under other books, where its number may be another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// An urgent request: the message that asked.
    Request(MessageRef),
    /// An assignment: the ticket.
    Ticket(TicketLink),
    /// Anything else: the name of what began it.
    Origin(String),
}

/// The procedures that make cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Procedure {
    /// An urgent request.
    Urgent,
    /// A ticket assignment.
    Assignment,
    /// An alarm or finding that is propagated.
    Incident,
    /// Something that nobody understood.
    Stray,
    /// An AWS Health event of a customer.
    Phd,
    /// An event of the status feed.
    Outage,
    /// A checklist.
    List,
    /// A forced off-boarding.
    Offboard,
    /// People reached in order for something else.
    Dispatch,
    /// Somebody telephoned.
    Inquiry,
    /// A room.
    Climate,
}

/// A case's story.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Story {
    /// Its number.
    pub case: CaseId,
    /// What it is.
    pub procedure: Procedure,
    /// The customer as read; empty when nothing was.
    pub customer: String,
    /// When it began.
    pub opened: Time,
    /// Who could be asked, in order, when the chain last began or was replanned. Empty where there is no chain.
    pub order: Vec<Name>,
    /// Who was reached, oldest first.
    pub reached: Vec<Reached>,
    /// How it ended.
    pub end: End,
    /// What makes it the same one under other books.
    #[serde(skip)]
    pub key: Key,
    /// How many of those reached belong to chains before the present one.
    #[serde(skip)]
    before: usize,
}

/// Somebody who was reached: called by a rung, asked for a ticket or given it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// Who.
    pub who: Name,
    /// When.
    pub at: Time,
    /// What came of it, in Korean, and when; `None` while nothing did.
    pub answer: Option<Answered>,
}

/// What came of reaching somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// When.
    pub at: Time,
    /// What, in Korean.
    pub how: String,
}

/// How a case stands or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum End {
    /// It is open.
    Open,
    /// It waits for opening (A2, A6).
    Queued {
        /// The opening.
        until: Time,
    },
    /// Somebody took it.
    Taken {
        /// Who.
        by: Name,
        /// When.
        at: Time,
        /// How, in Korean.
        how: String,
    },
    /// Nobody was left to reach (reading 11).
    Exhausted {
        /// Since when.
        at: Time,
    },
    /// An urgent request that became an ordinary assignment (A6).
    Assigned {
        /// That case.
        case: CaseId,
    },
    /// Closed by a person.
    Closed {
        /// When.
        at: Time,
    },
}

impl End {
    /// Whether nothing more comes by itself.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        match self {
            Self::Open | Self::Queued { .. } => false,
            Self::Taken { .. }
            | Self::Exhausted { .. }
            | Self::Assigned { .. }
            | Self::Closed { .. } => true,
        }
    }
}

/// The stories of a desk, told change by change.
#[derive(Clone, Debug, Default)]
pub struct Stories {
    told: BTreeMap<CaseId, Story>,
    cases: BTreeMap<CaseId, Case>,
    by_key: BTreeMap<Key, CaseId>,
}

impl Stories {
    /// Takes a change that was applied to `desk` at `at`.
    pub fn take(&mut self, desk: &Desk, at: Time, change: &Change) {
        match change {
            Change::Opened(case) => self.open(case),
            Change::Case(id, change) => self.go_on(desk, *id, at, change),
            Change::Started { .. }
            | Change::CaughtUp
            | Change::ReadBack
            | Change::BookRefused { .. }
            | Change::CallHeard { .. }
            | Change::Stopped
            | Change::PolicyAdopted { .. }
            | Change::CustomersAdopted { .. }
            | Change::RosterAdopted { .. }
            | Change::GuideProposed { .. }
            | Change::RecordSeen { .. }
            | Change::RecordWarned
            | Change::Board(_)
            | Change::TemplatesAdopted { .. }
            | Change::DefinitionsAdopted { .. }
            | Change::Beat { .. }
            | Change::BeatSeenTo { .. }
            | Change::BeatMissed { .. }
            | Change::TroubleBegan { .. }
            | Change::TroubleOver { .. }
            | Change::Drafted(_)
            | Change::Draft { .. }
            | Change::DirectoryRead(_)
            | Change::TicketsCounted(_)
            | Change::Seen(_)
            | Change::Unseen(_)
            | Change::Kept(_)
            | Change::KeptDone { .. }
            | Change::Alarms(_)
            | Change::Account { .. }
            | Change::Readings(_)
            | Change::Duty(_)
            | Change::CoverageChecked { .. }
            | Change::AbsenceEntered { .. }
            | Change::Owed(_)
            | Change::Settled { .. }
            | Change::Dropped { .. }
            | Change::Reported { .. }
            | Change::Drill(_)
            | Change::CallOver { .. }
            | Change::ScriptsAdopted { .. }
            | Change::ContactsAdopted { .. }
            | Change::Forgotten { .. } => {}
        }
    }

    /// The story of a case.
    #[must_use]
    pub fn of(&self, id: CaseId) -> Option<&Story> {
        self.told.get(&id)
    }

    /// The case that is this one under other books.
    #[must_use]
    pub fn case(&self, key: &Key) -> Option<CaseId> {
        self.by_key.get(key).copied()
    }

    /// All stories, by case.
    #[must_use]
    pub fn told(&self) -> Vec<Story> {
        self.told.values().cloned().collect()
    }

    fn open(&mut self, case: &Case) {
        let origin = |origin: &String| Key::Origin(origin.clone());
        let (procedure, key) = match &case.procedure {
            case::Procedure::Urgent(urgent) => {
                (Procedure::Urgent, Key::Request(urgent.request.clone()))
            }
            case::Procedure::Assignment(one) => {
                (Procedure::Assignment, Key::Ticket(one.ticket.clone()))
            }
            case::Procedure::Incident(one) => (Procedure::Incident, origin(&one.origin)),
            case::Procedure::Stray(one) => (Procedure::Stray, origin(&one.origin)),
            case::Procedure::Phd(one) => (Procedure::Phd, origin(&one.origin)),
            case::Procedure::Outage(one) => {
                let began = format!("{}_{}", one.about, one.event.began.timestamp());
                (Procedure::Outage, Key::Origin(began))
            }
            case::Procedure::List(one) => (Procedure::List, origin(&one.origin)),
            case::Procedure::Offboard(one) => (Procedure::Offboard, origin(&one.origin)),
            case::Procedure::Dispatch(one) => (Procedure::Dispatch, origin(&one.origin)),
            case::Procedure::Inquiry(one) => (Procedure::Inquiry, origin(&one.origin)),
            case::Procedure::Climate(one) => (Procedure::Climate, origin(&one.origin)),
        };
        let customer = case.procedure.customer().to_owned();
        let story = Story {
            case: case.id,
            procedure,
            customer,
            opened: case.opened,
            order: Vec::new(),
            reached: Vec::new(),
            end: End::Open,
            key: key.clone(),
            before: 0,
        };
        self.by_key.insert(key, case.id);
        self.told.insert(case.id, story);
        self.cases.insert(case.id, case.clone());
    }

    fn go_on(&mut self, desk: &Desk, id: CaseId, at: Time, change: &CaseChange) {
        let (Some(story), Some(case)) = (self.told.get_mut(&id), self.cases.get_mut(&id)) else {
            return;
        };
        if let CaseChange::Noted(_) = change {
            return;
        }
        case.apply(change);
        match (&case.procedure, change) {
            (case::Procedure::Urgent(urgent), CaseChange::Urgent(change)) => {
                story.urgent(desk, at, urgent, change);
            }
            (case::Procedure::Assignment(one), CaseChange::Assignment(change)) => {
                story.assignment(at, one, change);
            }
            (case::Procedure::Urgent(_) | case::Procedure::Assignment(_), _) => {}
            (
                one @ (case::Procedure::Incident(_)
                | case::Procedure::Stray(_)
                | case::Procedure::Phd(_)
                | case::Procedure::Outage(_)
                | case::Procedure::List(_)
                | case::Procedure::Offboard(_)
                | case::Procedure::Dispatch(_)
                | case::Procedure::Inquiry(_)
                | case::Procedure::Climate(_)),
                _,
            ) => story.other(desk, at, one),
        }
    }
}

impl Story {
    /// When this person was first reached.
    #[must_use]
    pub fn reached(&self, who: &Name) -> Option<Time> {
        self.reached.iter().find(|one| &one.who == who).map(|one| one.at)
    }

    /// When this person was last reached, at `by` or before.
    #[must_use]
    pub fn last_reached(&self, who: &Name, by: Time) -> Option<Time> {
        self.reached.iter().rev().find(|one| &one.who == who && one.at <= by).map(|one| one.at)
    }

    fn urgent(&mut self, desk: &Desk, at: Time, urgent: &Urgent, change: &UrgentChange) {
        urgent.customer.name().clone_into(&mut self.customer);
        match change {
            UrgentChange::ChainBegun { order }
            | UrgentChange::Ladder(
                LadderChange::Restarted { order } | LadderChange::Replanned { order },
            ) => {
                let (present, _) = order.available(&desk.roster.value, &desk.leaves, at);
                self.order = present.into_iter().map(|one| one.name.clone()).collect();
            }
            UrgentChange::Read { .. }
            | UrgentChange::Asked { .. }
            | UrgentChange::Told { .. }
            | UrgentChange::Shown(_)
            | UrgentChange::Cleared
            | UrgentChange::Ladder(
                LadderChange::RungOpened(_)
                | LadderChange::RungBegan { .. }
                | LadderChange::CallOver
                | LadderChange::CallAgain { .. }
                | LadderChange::RungEnded { .. }
                | LadderChange::Taken(_)
                | LadderChange::Exhausted { .. }
                | LadderChange::Stopped { .. },
            )
            | UrgentChange::Queued { .. }
            | UrgentChange::Solved { .. }
            | UrgentChange::Reopened
            | UrgentChange::Ended(_) => {}
        }
        if let UrgentChange::ChainBegun { .. } = change {
            self.before = self.reached.len();
        }
        if let Some(ladder) = urgent.ladder() {
            self.reached.truncate(self.before);
            self.reached.extend(rungs(ladder));
        }
        self.end = match &urgent.state {
            UrgentState::Asking { .. } => End::Open,
            UrgentState::Queued { until } => End::Queued { until: *until },
            UrgentState::Done(Ending::Closed { at }) => End::Closed { at: *at },
            UrgentState::Done(Ending::Assigned { case }) => End::Assigned { case: *case },
            UrgentState::Chain(ladder) => of_ladder(ladder),
        };
    }

    fn other(&mut self, desk: &Desk, at: Time, one: &case::Procedure) {
        // what is tidied up afterwards does not end it later
        if one.is_open() {
            self.end = End::Open;
        } else if !matches!(self.end, End::Closed { .. }) {
            self.end = End::Closed { at };
        }
        if let Some(ladder) = one.ladder() {
            let (present, _) = ladder.order.available(&desk.roster.value, &desk.leaves, at);
            self.order = present.into_iter().map(|one| one.name.clone()).collect();
            self.reached = rungs(ladder).collect();
            self.end = of_ladder(ladder);
        }
    }

    fn assignment(&mut self, at: Time, one: &Assignment, change: &AssignmentChange) {
        self.customer.clone_from(&one.customer);
        match change {
            AssignmentChange::Asking { who, .. }
            | AssignmentChange::Announcing { who, .. }
            | AssignmentChange::Waiting { who, .. } => self.reach(who, at),
            AssignmentChange::PassedOver { .. } => self.answer(at, "맡지 않음"),
            AssignmentChange::Round { .. } => self.answer(at, "재배정"),
            AssignmentChange::Confirmed { at, how } => {
                self.answer(*at, &format!("확인 ({})", via(how)));
            }
            AssignmentChange::Queued { .. }
            | AssignmentChange::Stuck { .. }
            | AssignmentChange::Looking { .. }
            | AssignmentChange::Calling { .. }
            | AssignmentChange::CallDoubted
            | AssignmentChange::CallOver
            | AssignmentChange::Ended { .. } => {}
        }
        self.end = match &one.state {
            AssignmentState::Queued { until } => End::Queued { until: *until },
            AssignmentState::Stuck { .. }
            | AssignmentState::Looking { .. }
            | AssignmentState::Asking { .. }
            | AssignmentState::Announcing { .. }
            | AssignmentState::Waiting { .. }
            | AssignmentState::Calling { .. } => End::Open,
            AssignmentState::Confirmed { who, at, how, .. } => {
                End::Taken { by: who.clone(), at: *at, how: via(how) }
            }
            AssignmentState::Ended { at, .. } => End::Closed { at: *at },
        };
    }

    fn reach(&mut self, who: &Name, at: Time) {
        let same =
            self.reached.last().is_some_and(|last| &last.who == who && last.answer.is_none());
        if !same {
            self.reached.push(Reached { who: who.clone(), at, answer: None });
        }
    }

    fn answer(&mut self, at: Time, how: &str) {
        if let Some(last) = self.reached.last_mut()
            && last.answer.is_none()
        {
            last.answer = Some(Answered { at, how: how.to_owned() });
        }
    }
}

fn of_ladder(ladder: &Ladder) -> End {
    match &ladder.state {
        LadderState::Between | LadderState::Calling(_) => End::Open,
        LadderState::Taken(taken) => {
            End::Taken { by: taken.by.clone(), at: taken.at, how: via(&taken.how) }
        }
        LadderState::Exhausted { at } => End::Exhausted { at: *at },
        LadderState::Stopped { at } => End::Closed { at: *at },
    }
}

fn rungs(ladder: &Ladder) -> impl Iterator<Item = Reached> {
    let over = ladder.over.iter().map(|over| Reached {
        who: over.who.clone(),
        at: over.opened,
        answer: Some(Answered { at: over.at, how: rung_end(&over.how) }),
    });
    let present =
        ladder.rung().map(|rung| Reached { who: rung.who.clone(), at: rung.opened, answer: None });
    over.chain(present)
}

fn rung_end(how: &RungEnd) -> String {
    let event = |event: &CallEvent| match event {
        CallEvent::Accepted => "전화로 수락",
        CallEvent::Rejected => "전화로 거절",
        CallEvent::Answered => "전화를 받고 답하지 않음",
        CallEvent::Busy => "통화 중",
        CallEvent::NoAnswer => "전화 무응답",
        CallEvent::Voicemail => "음성 사서함",
        CallEvent::Failed => "전화 연결 실패",
    };
    match how {
        RungEnd::Absent { by } => format!("부재, {by} 기록"),
        RungEnd::Refused { by } => format!("거절, {by} 기록"),
        RungEnd::Phone(heard) => event(heard).to_owned(),
        RungEnd::Silent => "응답 없음".to_owned(),
        // whoever accepted may have been reached before: the end of the case names the person
        RungEnd::Accepted => "수락으로 끝남".to_owned(),
        RungEnd::Stopped => "중단".to_owned(),
    }
}

fn via(how: &Via) -> String {
    match how {
        Via::Button => "버튼".to_owned(),
        Via::Reaction => "반응".to_owned(),
        Via::Reply => "답글".to_owned(),
        Via::Phone => "전화".to_owned(),
        Via::Desk { by } => format!("{by} 기록"),
    }
}

impl Story {
    /// `사건 #1 [한빛전자] 긴급 · 2025-08-05 22:00`
    #[must_use]
    pub fn title(&self) -> String {
        let what = match self.procedure {
            Procedure::Urgent => "긴급",
            Procedure::Assignment => "배정",
            Procedure::Incident => "알람",
            Procedure::Stray => "확인 필요",
            Procedure::Phd => "PHD",
            Procedure::Outage => "AWS 상태",
            Procedure::List => "점검",
            Procedure::Offboard => "퇴점",
            Procedure::Dispatch => "호출",
            Procedure::Inquiry => "전화",
            Procedure::Climate => "사무 환경",
        };
        let customer = if self.customer.is_empty() { "고객사 미상" } else { &self.customer };
        format!("사건 {} [{customer}] {what} · {}", self.case, self.opened.format("%Y-%m-%d %H:%M"))
    }

    /// `22:00 가온별 (부재, 고윤슬 기록 22:03) → 22:03 다솜윤`
    #[must_use]
    pub fn calls(&self) -> String {
        let today = self.opened.date_naive();
        let said = |one: &Reached| {
            let answer = one
                .answer
                .as_ref()
                .map(|answer| format!(" ({} {})", answer.how, clock(answer.at, today)))
                .unwrap_or_default();
            format!("{} {}{answer}", clock(one.at, today), one.who)
        };
        let all: Vec<String> = self.reached.iter().map(said).collect();
        if all.is_empty() { "없음".to_owned() } else { all.join(" → ") }
    }

    /// `가온별 → 다솜윤`
    #[must_use]
    pub fn order(&self) -> String {
        let names: Vec<&str> = self.order.iter().map(Name::as_str).collect();
        if names.is_empty() { "없음".to_owned() } else { names.join(" → ") }
    }

    /// `✅ 다솜윤 님이 22:07에 맡음 (버튼)`
    #[must_use]
    pub fn outcome(&self) -> String {
        let at = |at: &Time| clock(*at, self.opened.date_naive());
        match &self.end {
            End::Open => "열려 있음".to_owned(),
            End::Queued { until } => format!("{}까지 대기", at(until)),
            End::Taken { by, at: when, how } => {
                format!("✅ {} {}에 맡음 ({how})", by.polite(), at(when))
            }
            End::Exhausted { at: when } => format!("🚨 {} 모두 연락되지 않음", at(when)),
            End::Assigned { case } => format!("일반 티켓으로 배정 (사건 {case})"),
            End::Closed { at: when } => format!("{} 종료", at(when)),
        }
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title())?;
        writeln!(f, "    연락: {}", self.calls())?;
        write!(f, "    결과: {}", self.outcome())
    }
}
