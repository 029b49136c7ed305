//! The desk: a value that knows everything and does nothing.

use super::accounts::Register;
use super::alarms::Alarms;
use super::calendar::Calendar;
use super::case::{Case, Procedure};
use super::change::{Change, Chime, Chore, Wake};
use super::contacts::Contacts;
use super::customers::Customers;
use super::definitions::Definitions;
use super::errand::{CallEvent, Errand, ErrandKind, Outcome, Service};
use super::ids::{
    CaseId, ChannelId, ErrandId, MessageRef, Name, PhoneNumber, SlackUser, TicketLink,
};
use super::input::{Adapters, Directory, Input, SlackAct, SlackInput};
use super::mail::{Draft, Templates};
use super::message::Piece;
use super::people::Roster;
use super::people::order::Leaves;
use super::policy::{GroupRef, Heartbeat, PhoneMode, Policy, Role};
use super::procedures::accounts;
use super::procedures::assignment::{Assignment, NoticeRef};
use super::procedures::drill::{self, Drills};
use super::procedures::duty::Duty;
use super::procedures::incident::Incident;
use super::procedures::list::{List, ListKind};
use super::procedures::monthly;
use super::procedures::phd::{self, Matter, Phd};
use super::procedures::reports::{self, ReportKind};
use super::procedures::stray::Stray;
use super::procedures::{climate, coverage};
use super::readings::Readings;
use super::scripts::Scripts;
use super::status::Board;
use super::tally::{self, Tally};
use super::time::Time;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod index;
mod lists;

/// Everything the desk knows. Only [`Desk::apply`] alters it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Desk {
    /// The policy in force, with the text it was read from.
    pub policy: Sourced<Policy>,
    /// The customer record in force.
    pub customers: Sourced<Customers>,
    /// The roster in force.
    pub roster: Sourced<Roster>,
    /// A changed guide that waits for 적용.
    pub proposed: Option<Proposal>,
    /// Texts of the data folder that could not be read and were told of, by file.
    #[serde(default)]
    pub refused: BTreeMap<String, String>,
    /// Who is who in the workspace.
    pub directory: Directory,
    /// Absences entered by `/leave`.
    pub leaves: Leaves,
    /// Cases by number.
    pub cases: BTreeMap<CaseId, Case>,
    /// What is owed.
    pub errands: BTreeMap<ErrandId, Errand>,
    /// Where own posts stand.
    pub posts: BTreeMap<ErrandId, OwnPost>,
    /// Calls that ring.
    pub calls: BTreeMap<ErrandId, LiveCall>,
    /// What happened on calls whose placing is not known yet.
    #[serde(default)]
    pub heard: BTreeMap<ErrandId, CallEvent>,
    /// Mails that were drafted, by the errand that posted them.
    #[serde(default)]
    pub drafts: BTreeMap<ErrandId, Draft>,
    /// What is remembered of alarms besides their cases.
    #[serde(default)]
    pub alarms: Alarms,
    /// The mail templates in force.
    #[serde(default)]
    pub templates: Templates,
    /// The checklists' definitions in force.
    #[serde(default)]
    pub definitions: Definitions,
    /// The scripts of telephone calls in force (C4 to C8).
    #[serde(default)]
    pub scripts: Scripts,
    /// The contacts in force (K1, K2, C2).
    #[serde(default)]
    pub contacts: Contacts,
    /// What comes regularly, by name.
    #[serde(default)]
    pub beats: BTreeMap<String, Beat>,
    /// Services that do not work, or did not until a while ago.
    #[serde(default)]
    pub troubles: BTreeMap<Service, Trouble>,
    /// How old the customer record is.
    #[serde(default)]
    pub record: RecordAge,
    /// What AWS's status feeds told (H1).
    #[serde(default)]
    pub board: Board,
    /// Up to when the daily looks at AWS Health are dealt with (P1); `None` before the first start.
    #[serde(default)]
    pub phd_checked: Option<Time>,
    /// The rooms' temperatures (F1, F2).
    #[serde(default)]
    pub readings: Readings,
    /// Who is on duty at COC.
    #[serde(default)]
    pub duty: Duty,
    /// Up to when the looks at the coming weeks are dealt with (R2); `None` before the first start.
    #[serde(default)]
    pub coverage_checked: Option<Time>,
    /// What became of every account (N, X, W1).
    #[serde(default)]
    pub accounts: Register,
    /// The first day of the last month whose on- and off-boardings were reported, or were over before the desk began (W1); `None`
    /// before the very first start.
    #[serde(default)]
    pub months_reported: Option<NaiveDate>,
    /// Telephone calls and alarms, counted (W2).
    #[serde(default)]
    pub tallies: Tally,
    /// Up to when each report is dealt with (W2).
    #[serde(default)]
    pub reported: BTreeMap<ReportKind, Time>,
    /// The desk's own practice chains.
    #[serde(default)]
    pub drills: Drills,
    /// Whether the process runs, and what is known of its last pause.
    pub presence: DeskState,
    /// Active tickets as the support desk counted them, and when.
    pub counted: Counted,
    /// When each person was last given a General ticket (A2's tie).
    pub last_assigned: BTreeMap<Name, Time>,
    /// Deliveries taken, with their time.
    pub seen: BTreeMap<String, Time>,
    /// Reactions and replies that wait for a post's outcome.
    pub kept: Vec<Kept>,
    /// The number of the last case.
    pub last_case: u64,
    #[serde(skip)]
    derived: Derived,
}

/// Something read from a text of the data folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sourced<T> {
    /// The text.
    pub text: String,
    /// What it says.
    pub value: T,
}

/// A changed guide that was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The guide's text.
    pub text: String,
    /// The post that shows the difference.
    pub post: ErrandId,
}

/// An own post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPost {
    /// Where it stands.
    pub at: MessageRef,
    /// Its case.
    pub case: Option<CaseId>,
}

/// A call that the carrier took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveCall {
    /// Who is called.
    pub to: Name,
    /// Its case.
    pub case: Option<CaseId>,
    /// The carrier's name for it; calls to one person at one time share it.
    pub reference: String,
    /// Since when; `None` in journals of before it was written down.
    #[serde(default)]
    pub since: Option<Time>,
    /// It became part of a call that rang already: the voice's first words were not about it.
    #[serde(default)]
    pub joined: bool,
    /// What it is about, as the voice says it.
    #[serde(default)]
    pub about: String,
}

/// How a service that the desk can do without is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// It does not work.
    Since {
        /// Since when.
        since: Time,
        /// Why, for COC.
        why: String,
        /// Whether COC was told of it, not of one shortly before.
        told: bool,
    },
    /// It works again.
    Over {
        /// Since when.
        at: Time,
    },
}

/// When something that should come regularly came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// Last; `None`: not yet.
    pub last: Option<Time>,
    /// From when its absence counts: the time in which nobody could have heard it is left out.
    pub from: Time,
    /// The case that says that it did not come; `None` while it is not missing.
    pub missing: Option<CaseId>,
}

/// How old the customer record is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordAge {
    /// As of when it is known to be right; `None`: nobody said.
    pub as_of: Option<Time>,
    /// When COC was last told that it is old.
    pub warned: Option<Time>,
}

/// Something that falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// In a case.
    Case(Wake),
    /// At the desk itself.
    Desk(Chime),
}

impl Due {
    /// When.
    #[must_use]
    pub const fn at(self) -> Time {
        match self {
            Self::Case(wake) => wake.due,
            Self::Desk(chime) => chime.due,
        }
    }

    /// The input that it becomes.
    #[must_use]
    pub const fn input(self) -> Input {
        match self {
            Self::Case(wake) => Input::Woken(wake),
            Self::Desk(chime) => Input::Chimed(chime),
        }
    }
}

/// Whether the process runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskState {
    /// Timers and errands wait until what was missed has been read.
    pub catching_up: bool,
    /// A phone adapter is configured.
    pub phone_adapter: bool,
    /// Which other adapters are.
    #[serde(default)]
    pub adapters: Adapters,
    /// Since when nobody knows what people did; `None` when all of it has been read.
    #[serde(default)]
    pub unread_since: Option<Time>,
    /// The last pauses, oldest first.
    pub pauses: Vec<Pause>,
}

/// A time in which the process was away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When it was last known to be alive.
    pub from: Time,
    /// When it was back.
    pub to: Time,
}

/// Counts of active tickets from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// When; `None`: never.
    #[serde(default)]
    pub at: Option<Time>,
    /// By person.
    pub tickets: BTreeMap<Name, u32>,
    /// Own tickets that the count knew already, by who held them. Those given since are added; the order of the journal tells,
    /// for Slack's clock and ours may differ.
    pub known: BTreeMap<Name, BTreeSet<CaseId>>,
}

/// What follows from the rest; made anew after reading a snapshot.
#[derive(Clone, Debug, Default)]
struct Derived {
    calendar: Option<Arc<Calendar>>,
    slack_of: BTreeMap<Name, SlackUser>,
    name_of: BTreeMap<SlackUser, Name>,
    roles: BTreeMap<SlackUser, BTreeSet<Role>>,
    case_at: BTreeMap<MessageRef, CaseId>,
    post_at: BTreeMap<MessageRef, ErrandId>,
    wakes: BTreeSet<Wake>,
    wake_of: BTreeMap<CaseId, Time>,
    by_ticket: BTreeMap<TicketLink, CaseId>,
    /// Urgent cases by the ticket that they were once for.
    urgents: BTreeMap<TicketLink, BTreeSet<CaseId>>,
    open_tickets: BTreeMap<Name, BTreeMap<CaseId, Time>>,
    /// Open incidents, by customer.
    incidents: BTreeMap<String, BTreeSet<CaseId>>,
    /// The newest case of each finding, by its id.
    findings: BTreeMap<String, CaseId>,
    /// Open cases of what nobody understood.
    strays: BTreeSet<CaseId>,
    /// Open cases of every kind.
    open: BTreeSet<CaseId>,
}

/// A reaction or reply that waits for a post's outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Since when.
    pub since: Time,
    /// What was done.
    pub input: SlackInput,
}

/// Which of the desk's channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// #general
    General,
    /// #coc-noti
    Noti,
    /// #saltware-pls-technical-support
    Tam,
    /// #강제링크해지
    Unlink,
}

/// How long a delivery's name is remembered: longer than Slack repeats it and than anything is read back.
const SEEN_FOR: chrono::TimeDelta = chrono::TimeDelta::hours(72);
/// How long a closed case can still be looked at, pressed and counted.
const CASES_KEPT: chrono::TimeDelta = chrono::TimeDelta::days(90);
/// So many closed cases are forgotten together: everything that is kept of cases is gone through once for all of them.
const FORGOTTEN_TOGETHER: usize = 256;
/// How many pauses are remembered: a due time that one of them held up is told soon after.
const PAUSES_KEPT: usize = 16;
/// How long a call is believed to ring or to be talked on when nothing more is heard of it.
const CALL_LASTS: chrono::TimeDelta = chrono::TimeDelta::minutes(3);
/// How long the support desk's index may take to count a ticket.
const COUNT_LAGS: chrono::TimeDelta = chrono::TimeDelta::minutes(2);
/// A service that fails again this soon is not told of again.
const TROUBLE_TOLD_AGAIN_AFTER: chrono::TimeDelta = chrono::TimeDelta::minutes(10);
/// COC is told of an old customer record this often.
const RECORD_WARNED_EVERY: chrono::TimeDelta = chrono::TimeDelta::hours(24);
/// How long a reaction waits for the outcome of a post.
const KEPT_FOR: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

impl Desk {
    /// Makes what follows from the rest; called once after a snapshot was read.
    #[must_use]
    pub fn revived(mut self) -> Self {
        self.derive_people();
        self.derived.calendar = Some(Arc::new(Calendar::new(&self.policy.value.hours)));
        let ids: Vec<CaseId> = self.cases.keys().copied().collect();
        for id in ids {
            self.derive_case(id);
        }
        let posts: Vec<_> = self.posts.iter().map(|(id, post)| (post.at.clone(), *id)).collect();
        self.derived.post_at = posts.into_iter().collect();
        self
    }

    /// The business calendar of the policy in force.
    #[must_use]
    pub fn calendar(&self) -> Arc<Calendar> {
        self.derived
            .calendar
            .clone()
            .unwrap_or_else(|| Arc::new(Calendar::new(&self.policy.value.hours)))
    }

    /// Alters the desk. Total: whatever stands in a journal can be applied.
    pub fn apply(&mut self, at: Time, change: &Change) {
        for what in tally::counted(self, change) {
            self.tallies.add(at, what);
        }
        match change {
            Change::Started { alive_until, phone_adapter, adapters } => {
                self.presence.catching_up = true;
                self.presence.adapters = *adapters;
                self.presence.phone_adapter = *phone_adapter;
                self.phd_checked = self.phd_checked.or(Some(at));
                self.accounts.begin(at);
                if self.months_reported.is_none() {
                    self.months_reported = monthly::over_before(&self.policy.value, at);
                }
                self.readings.settled = self.readings.settled.or(Some(at));
                self.coverage_checked = self.coverage_checked.or(Some(at));
                for kind in ReportKind::ALL {
                    self.reported.entry(kind).or_insert(at);
                }
                self.drills.started(at);
                let unread = &mut self.presence.unread_since;
                *unread = unread.iter().chain(alive_until).min().copied();
                if let Some(from) = alive_until.filter(|from| *from < at) {
                    let pauses = &mut self.presence.pauses;
                    pauses.push(Pause { from, to: at });
                    let old = pauses.len().saturating_sub(PAUSES_KEPT);
                    pauses.drain(..old);
                    for beat in self.beats.values_mut() {
                        beat.from = (beat.from + (at - from)).min(at);
                    }
                }
            }
            Change::CaughtUp => self.presence.catching_up = false,
            Change::ReadBack => self.presence.unread_since = None,
            Change::Stopped => {}
            Change::PolicyAdopted { text, policy } => {
                // what nobody was to be asked for is nothing that was missed
                if !self.policy.value.rooms.prompt {
                    self.readings.settled = self.readings.settled.map(|_| at);
                }
                if policy.reports.post && !self.policy.value.reports.post {
                    self.reported = ReportKind::ALL.map(|kind| (kind, at)).into();
                }
                self.policy = Sourced { text: text.clone(), value: (**policy).clone() };
                self.derived.calendar = Some(Arc::new(Calendar::new(&self.policy.value.hours)));
                let beats = std::mem::take(&mut self.beats);
                let unheard = Beat { last: None, from: at, missing: None };
                let names = self.policy.value.heartbeats.iter().map(|beat| beat.name.clone());
                let heard = |name: String| {
                    let beat = beats.get(&name).copied().unwrap_or(unheard);
                    (name, beat)
                };
                self.beats = names.map(heard).collect();
                self.derive_people();
                // rung lengths and the call rule may have changed
                let ids: Vec<CaseId> = self.derived.wake_of.keys().copied().collect();
                for id in ids {
                    self.derive_case(id);
                }
            }
            Change::CustomersAdopted { text, customers } => {
                self.customers = Sourced { text: text.clone(), value: customers.clone() };
                self.derive_people();
            }
            Change::RecordSeen { as_of } => self.record.as_of = Some(*as_of),
            Change::Board(change) => self.board.apply(at, change),
            Change::RecordWarned => self.record.warned = Some(at),
            Change::TemplatesAdopted { templates } => self.templates = templates.clone(),
            Change::DefinitionsAdopted { definitions } => self.definitions = definitions.clone(),
            Change::ScriptsAdopted { scripts } => self.scripts = scripts.clone(),
            Change::ContactsAdopted { contacts } => self.contacts = contacts.clone(),
            Change::Forgotten { .. } => {}
            Change::Beat { name } => {
                if let Some(beat) = self.beats.get_mut(name) {
                    *beat = Beat { last: Some(at), from: at, missing: None };
                }
            }
            Change::BeatSeenTo { name } => {
                if let Some(beat) = self.beats.get_mut(name) {
                    *beat = Beat { from: at, missing: None, ..*beat };
                }
            }
            Change::BeatMissed { name, case } => {
                if let Some(beat) = self.beats.get_mut(name) {
                    beat.missing = Some(*case);
                }
            }
            Change::TroubleBegan { service, since, why } => {
                let told = self.tells_of(*service, at);
                let trouble = Trouble::Since { since: *since, why: why.clone(), told };
                self.troubles.insert(*service, trouble);
            }
            Change::TroubleOver { service } => {
                self.troubles.insert(*service, Trouble::Over { at });
            }
            Change::Drafted(draft) => {
                self.drafts.insert(draft.post, (**draft).clone());
            }
            Change::Draft { draft, change } => {
                if let Some(draft) = self.drafts.get_mut(draft) {
                    draft.apply(change);
                }
            }
            Change::RosterAdopted { text, roster } => {
                self.roster = Sourced { text: text.clone(), value: roster.clone() };
                self.proposed = None;
                self.derive_people();
            }
            Change::GuideProposed { text, post } => {
                self.proposed = Some(Proposal { text: text.clone(), post: *post });
            }
            Change::BookRefused { file, text } => {
                self.refused.insert(file.clone(), text.clone());
            }
            Change::DirectoryRead(directory) => {
                self.directory = directory.clone();
                self.derive_people();
            }
            Change::TicketsCounted(tickets) => {
                let held = self.derived.open_tickets.iter();
                // the support desk counts a ticket only after a while: until then it is added here
                let known_by_now = |cases: &BTreeMap<CaseId, Time>| -> BTreeSet<CaseId> {
                    let old = cases.iter().filter(|(_, since)| **since <= at - COUNT_LAGS);
                    old.map(|(case, _)| *case).collect()
                };
                let known = held
                    .map(|(who, cases)| (who.clone(), known_by_now(cases)))
                    .filter(|(_, cases)| !cases.is_empty());
                let (at, tickets) = (Some(at), tickets.clone());
                self.counted = Counted { at, tickets, known: known.collect() };
            }
            Change::Seen(key) => {
                self.seen.insert(key.clone(), at);
                if self.seen.len().is_multiple_of(256) {
                    self.seen.retain(|_, seen| at - *seen < SEEN_FOR);
                }
            }
            Change::Unseen(key) => {
                self.seen.remove(key);
            }
            Change::Kept(input) => {
                self.kept.push(Kept { since: at, input: (**input).clone() });
            }
            Change::KeptDone { key } => self.kept.retain(|kept| &kept.input.key != key),
            Change::Alarms(change) => self.alarms.apply(change),
            Change::Account { account, entry } => {
                let case = self.cases.get(&entry.case);
                let ticket = case.and_then(|case| accounts::ticket_of(&case.procedure));
                self.accounts.apply(account, entry, ticket);
            }
            Change::Readings(change) => {
                for post in self.readings.apply(at, change) {
                    if let Some(own) = self.posts.remove(&post) {
                        self.derived.post_at.remove(&own.at);
                    }
                }
            }
            Change::Duty(change) => self.duty.apply(at, change),
            Change::CoverageChecked { due } => self.coverage_checked = Some(*due),
            Change::AbsenceEntered { who, absence } => {
                let leaves = self.leaves.entry(who.clone()).or_default();
                leaves.retain(|old| at < old.to);
                leaves.push(absence.clone());
            }
            Change::Opened(case) => {
                self.forget_before(at - CASES_KEPT);
                self.last_case = self.last_case.max(case.id.0);
                let id = case.id;
                if let Procedure::Phd(Phd { matter: Matter::Check(check), .. }) = &case.procedure {
                    self.phd_checked = Some(check.due);
                }
                if let Procedure::List(List { kind: ListKind::Monthly(one), .. }) = &case.procedure
                {
                    self.months_reported = self.months_reported.max(Some(one.month));
                }
                self.cases.insert(id, (**case).clone());
                self.derive_case(id);
            }
            Change::Case(id, change) => {
                if let Some(case) = self.cases.get_mut(id) {
                    case.apply(change);
                    if let Procedure::Assignment(assignment) = &case.procedure
                        && let Some(who) = assignment.given()
                    {
                        self.last_assigned.insert(who.clone(), at);
                    }
                    self.derive_case(*id);
                }
            }
            Change::Owed(errand) => {
                self.errands.insert(errand.id, (**errand).clone());
            }
            Change::Settled { errand, outcome } => self.settle(at, *errand, outcome),
            Change::Dropped { errand } => {
                self.errands.remove(errand);
                self.heard.remove(errand);
            }
            Change::CallHeard { call, event } => {
                self.heard.insert(*call, *event);
            }
            Change::Reported { kind, due } => {
                self.reported.insert(*kind, *due);
            }
            Change::Drill(change) => self.drills.apply(change),
            Change::CallOver { call, .. } => {
                self.calls.remove(call);
                self.heard.remove(call);
            }
        }
    }

    /// Closed cases leave the desk's memory; the journal keeps them for good.
    fn forget_before(&mut self, before: Time) {
        let old: BTreeSet<CaseId> = self
            .cases
            .values()
            .take_while(|case| case.opened < before)
            .filter(|case| !case.is_open())
            .map(|case| case.id)
            .collect();
        if old.len() < FORGOTTEN_TOGETHER {
            return;
        }
        for id in &old {
            self.cases.remove(id);
        }
        self.posts.retain(|_, post| post.case.is_none_or(|case| !old.contains(&case)));
        self.drafts.retain(|_, draft| !old.contains(&draft.case));
        let (posts, derived) = (&self.posts, &mut self.derived);
        derived.post_at.retain(|_, errand| posts.contains_key(errand));
        derived.case_at.retain(|_, case| !old.contains(case));
        derived.by_ticket.retain(|_, case| !old.contains(case));
        derived.findings.retain(|_, case| !old.contains(case));
        derived.urgents.retain(|_, cases| {
            cases.retain(|case| !old.contains(case));
            !cases.is_empty()
        });
        for held in derived.open_tickets.values_mut() {
            held.retain(|case, _| !old.contains(case));
        }
    }

    fn settle(&mut self, now: Time, id: ErrandId, outcome: &Outcome) {
        let errand = self.errands.remove(&id);
        let case = errand.as_ref().and_then(|errand| errand.case);
        match outcome {
            Outcome::Posted(at) => {
                self.derived.post_at.insert(at.clone(), id);
                self.posts.insert(id, OwnPost { at: at.clone(), case });
                if let Some(case) = case {
                    self.derive_case(case);
                }
            }
            Outcome::Placed { reference, to } | Outcome::Joined { reference, to } => {
                let joined = matches!(outcome, Outcome::Joined { .. });
                // a telephone rings no longer for what joins it
                let placed = self.calls_of(reference).find_map(|(_, call)| call.since);
                let call = LiveCall {
                    to: to.clone(),
                    case,
                    reference: reference.clone(),
                    since: placed.filter(|_| joined).or(Some(now)),
                    joined,
                    about: match errand.map(|errand| errand.kind) {
                        Some(ErrandKind::Call { about, .. }) => about,
                        Some(_) | None => String::new(),
                    },
                };
                self.calls.insert(id, call);
            }
            Outcome::Done
            | Outcome::Presence(_)
            | Outcome::Guide { .. }
            | Outcome::Opened { .. }
            | Outcome::Refused { .. }
            | Outcome::Expired => {
                self.heard.remove(&id);
            }
        }
    }

    fn derive_case(&mut self, id: CaseId) {
        let Some(case) = self.cases.get(&id) else { return };
        if case.is_open() {
            self.derived.open.insert(id);
        } else {
            self.derived.open.remove(&id);
        }
        if let Some(due) = self.derived.wake_of.remove(&id) {
            self.derived.wakes.remove(&Wake { due, case: id });
        }
        if let Some(due) = case.procedure.wake(&self.policy.value) {
            self.derived.wake_of.insert(id, due);
            self.derived.wakes.insert(Wake { due, case: id });
        }
        for held in self.derived.open_tickets.values_mut() {
            held.remove(&id);
        }
        match &case.procedure {
            Procedure::Urgent(urgent) => {
                self.derived.case_at.insert(urgent.root.clone(), id);
                self.derived.case_at.insert(urgent.request.clone(), id);
                if let Some(ticket) = &urgent.ticket {
                    self.derived.urgents.entry(ticket.clone()).or_default().insert(id);
                }
                if let (Some(taken), Some(_), None) =
                    (urgent.taken(), &urgent.ticket, urgent.solved)
                {
                    let held = self.derived.open_tickets.entry(taken.by.clone()).or_default();
                    held.insert(id, taken.at);
                }
            }
            Procedure::Assignment(assignment) => {
                self.derived.by_ticket.insert(assignment.ticket.clone(), id);
                for at in &assignment.written {
                    self.derived.case_at.insert(at.clone(), id);
                }
                if let Some(at) = assignment.notice().and_then(|notice| self.stands_at(notice)) {
                    self.derived.case_at.insert(at, id);
                }
                if let Some((who, since)) = assignment.held() {
                    self.derived.open_tickets.entry(who.clone()).or_default().insert(id, since);
                }
            }
            Procedure::Incident(_)
            | Procedure::Stray(_)
            | Procedure::Phd(_)
            | Procedure::Outage(_)
            | Procedure::List(_)
            | Procedure::Offboard(_)
            | Procedure::Dispatch(_)
            | Procedure::Inquiry(_)
            | Procedure::Climate(_) => {
                self.derived.note_alarm(id, &case.procedure);
                if let Some(at) = case.procedure.home(self).and_then(|home| home.stands_at(self)) {
                    self.derived.case_at.insert(at, id);
                }
            }
        }
    }

    fn derive_people(&mut self) {
        let people = &self.roster.value.people;
        let mut slack_of = BTreeMap::new();
        let unique_by_name = |name: &str| {
            let mut found = self.directory.users.iter().filter(|(_, one)| one.name.trim() == name);
            match (found.next(), found.next()) {
                (Some((id, _)), None) => Some(id.clone()),
                _ => None,
            }
        };
        for person in people {
            let by_mail = person.email.as_ref().and_then(|email| {
                let same = |one: &super::input::Member| {
                    one.email.as_deref().is_some_and(|theirs| theirs.eq_ignore_ascii_case(email))
                };
                self.directory.users.iter().find(|(_, one)| same(one)).map(|(id, _)| id.clone())
            });
            if let Some(id) = by_mail.or_else(|| unique_by_name(person.name.as_str())) {
                slack_of.insert(person.name.clone(), id);
            }
        }
        for customer in &self.customers.value.0 {
            let named = [
                &customer.ts_primary,
                &customer.ts_backup,
                &customer.sa_primary,
                &customer.sa_backup,
                &customer.csr,
            ];
            for name in named.into_iter().flatten() {
                if !slack_of.contains_key(name)
                    && let Some(id) = unique_by_name(name.as_str())
                {
                    slack_of.insert(name.clone(), id);
                }
            }
        }
        let mut name_of: BTreeMap<SlackUser, Name> = self
            .directory
            .users
            .iter()
            .map(|(id, member)| (id.clone(), Name(member.name.clone())))
            .collect();
        name_of.extend(slack_of.iter().map(|(name, id)| (id.clone(), name.clone())));
        let mut roles: BTreeMap<SlackUser, BTreeSet<Role>> = BTreeMap::new();
        let groups = &self.policy.value.groups;
        for (role, group) in
            [(Role::Coc, &groups.coc), (Role::Csr, &groups.csr), (Role::Sa, &groups.sa)]
        {
            for user in self.members_of(group) {
                roles.entry(user).or_default().insert(role);
            }
        }
        for person in people {
            if let Some(id) = slack_of.get(&person.name) {
                roles.entry(id.clone()).or_default().insert(Role::Engineer);
            }
        }
        self.derived.slack_of = slack_of;
        self.derived.name_of = name_of;
        self.derived.roles = roles;
    }

    fn members_of(&self, group: &GroupRef) -> Vec<SlackUser> {
        match group {
            GroupRef::Handle(handle) => {
                let handle = handle.trim_start_matches('@');
                self.directory
                    .groups
                    .iter()
                    .filter(|(id, one)| id.as_str() == handle || one.handle == handle)
                    .flat_map(|(_, one)| one.members.iter().cloned())
                    .collect()
            }
            GroupRef::Emails(mails) => self
                .directory
                .users
                .iter()
                .filter(|(_, member)| {
                    member.email.as_ref().is_some_and(|mail| {
                        mails.iter().any(|listed| listed.eq_ignore_ascii_case(mail))
                    })
                })
                .map(|(id, _)| id.clone())
                .collect(),
        }
    }

    /// The next due time, and whose it is. Nothing falls due while what was missed is being read.
    #[must_use]
    pub fn next_wake(&self) -> Option<Wake> {
        if self.presence.catching_up {
            return None;
        }
        self.derived.wakes.first().copied()
    }

    /// The next due time of all: of a case, or of the desk itself.
    #[must_use]
    pub fn next_due(&self) -> Option<Due> {
        let case = self.next_wake().map(Due::Case);
        let desk = self.next_chime().map(Due::Desk);
        case.into_iter().chain(desk).min_by_key(|due| due.at())
    }

    /// The next due time of the desk itself.
    fn next_chime(&self) -> Option<Chime> {
        if self.presence.catching_up || self.room(Room::Noti).is_none() {
            return None;
        }
        self.chores().min()
    }

    /// What the desk does by itself, each with when it falls due next.
    fn chores(&self) -> impl Iterator<Item = Chime> {
        let policy = &self.policy.value;
        let beat_is_missing = self.missing_beats().map(|(due, _)| due).min();
        let phd_check = self.phd_checked.and_then(|done| phd::next_check(policy, done));
        let monthly = self.months_reported.and_then(|done| monthly::next_due(policy, done));
        let room_check =
            self.readings.settled.and_then(|done| climate::next_check(&policy.rooms, done));
        let check = self.readings.open_check();
        let room_chase = check.and_then(|check| climate::next_chase(&policy.rooms, check));
        let coverage = self.coverage_checked.and_then(|done| coverage::next_check(self, done));
        [
            (self.record_is_old(), Chore::RecordIsOld),
            (beat_is_missing, Chore::BeatIsMissing),
            (phd_check, Chore::PhdCheck),
            (monthly, Chore::Monthly),
            (room_check, Chore::RoomCheck),
            (room_chase, Chore::RoomChase),
            (self.duty.next_chase(policy), Chore::HandoverChase),
            (coverage, Chore::CoverageCheck),
            (drill::due(self), Chore::Drill),
        ]
        .into_iter()
        .chain(reports::due(self))
        .filter_map(|(due, what)| Some(Chime { due: due?, what }))
    }

    fn record_is_old(&self) -> Option<Time> {
        let old_at = self.record.as_of? + self.policy.value.customers.stale_after.delta();
        let again = self.record.warned.map(|warned| warned + RECORD_WARNED_EVERY);
        Some(again.map_or(old_at, |again| again.max(old_at)))
    }

    /// What should come regularly and is not known to be missing, each with when it will be.
    pub fn missing_beats(&self) -> impl Iterator<Item = (Time, &Heartbeat)> {
        self.policy.value.heartbeats.iter().filter_map(|one| {
            let beat = self.beats.get(&one.name).filter(|beat| beat.missing.is_none())?;
            Some((beat.from + one.every.delta() + one.grace.delta(), one))
        })
    }

    /// Whether COC is told of a failing service at `now`: not of one that failed until shortly before.
    #[must_use]
    pub fn tells_of(&self, service: Service, now: Time) -> bool {
        match self.troubles.get(&service) {
            None => true,
            Some(Trouble::Over { at }) => now - *at >= TROUBLE_TOLD_AGAIN_AFTER,
            Some(Trouble::Since { .. }) => false,
        }
    }

    /// Whether a service is known not to work.
    #[must_use]
    pub fn in_trouble(&self, service: Service) -> bool {
        matches!(self.troubles.get(&service), Some(Trouble::Since { .. }))
    }

    /// The call to this person that rings or is talked on at `now`.
    #[must_use]
    pub fn call_to(&self, who: &Name, now: Time) -> Option<&LiveCall> {
        self.calls.values().find(|call| {
            &call.to == who && call.since.is_some_and(|since| now - since < CALL_LASTS)
        })
    }

    /// What the call of this errand is about, while it is owed or under way.
    #[must_use]
    pub fn about_of(&self, call: ErrandId) -> Option<&str> {
        if let Some(live) = self.calls.get(&call) {
            return Some(&live.about);
        }
        let ErrandKind::Call { about, .. } = &self.errands.get(&call)?.kind else { return None };
        Some(about)
    }

    /// The calls that share the carrier's name `reference`, in the order in which they were owed.
    pub fn calls_of<'a>(
        &'a self,
        reference: &'a str,
    ) -> impl Iterator<Item = (ErrandId, &'a LiveCall)> {
        let same = move |(_, call): &(&ErrandId, &LiveCall)| call.reference == reference;
        self.calls.iter().filter(same).map(|(id, call)| (*id, call))
    }

    /// What is owed, unless what was missed is still being read.
    pub fn owed(&self) -> impl DoubleEndedIterator<Item = &Errand> {
        self.errands.values().filter(|_| !self.presence.catching_up)
    }

    /// What was kept under this delivery's name.
    #[must_use]
    pub fn kept(&self, key: &str) -> Option<&SlackInput> {
        self.kept.iter().map(|kept| &kept.input).find(|input| input.key == key)
    }

    /// A kept reaction or reply whose message is known by now, or that waited long enough.
    #[must_use]
    pub fn to_take_up(&self, now: Time) -> Option<&str> {
        // after a start it waits until posts whose outcome never came have been looked for
        let is_read = !self.presence.catching_up && self.presence.unread_since.is_none();
        let ready =
            |kept: &&Kept| {
                (is_read && now - kept.since > KEPT_FOR)
                    || kept.input.what.about().is_some_and(|at| {
                        self.case_at(&at).is_some() || self.errand_at(&at).is_some()
                    })
            };
        self.kept.iter().find(ready).map(|kept| kept.input.key.as_str())
    }

    /// A button that is pressed shows where its post stands, should the answer to the posting not have come yet.
    #[must_use]
    pub fn shown_by(&self, input: &Input) -> Option<(ErrandId, MessageRef)> {
        let Input::Slack(SlackInput { what: SlackAct::Pressed { on, token, .. }, .. }) = input
        else {
            return None;
        };
        if self.errand_at(on).is_some() {
            return None;
        }
        let mut bearing = self.errands.values().filter(|errand| {
            errand.as_post().is_some_and(|(place, message)| {
                place.channel == on.channel
                    && message.buttons.iter().any(|button| &button.token == token)
            })
        });
        match (bearing.next(), bearing.next()) {
            (Some(errand), None) => Some((errand.id, on.clone())),
            (None, _) | (Some(_), Some(_)) => None,
        }
    }

    /// What happened on a call before it was known to be placed, once it is.
    #[must_use]
    pub fn heard_early(&self) -> Option<(ErrandId, CallEvent)> {
        let known = self.heard.iter().find(|(call, _)| self.calls.contains_key(call));
        known.map(|(call, event)| (*call, *event))
    }

    /// The channel of a room.
    #[must_use]
    pub fn room(&self, room: Room) -> Option<ChannelId> {
        let channels = &self.policy.value.channels;
        let wanted = match room {
            Room::General => &channels.general,
            Room::Noti => &channels.noti,
            Room::Tam => &channels.tam,
            Room::Unlink => &channels.unlink,
        };
        let wanted = wanted.trim_start_matches('#');
        self.directory
            .channels
            .iter()
            .find(|(id, name)| id.as_str() == wanted || name.as_str() == wanted)
            .map(|(id, _)| id.clone())
    }

    /// The channel whose posts are alarms; `None` where the policy names none, or the bot is not in it.
    #[must_use]
    pub fn alarm_channel(&self) -> Option<ChannelId> {
        let wanted = self.policy.value.alarm.channel.trim_start_matches('#').trim();
        let mut channels = self.directory.channels.iter();
        let found = channels.find(|(id, name)| id.as_str() == wanted || name.as_str() == wanted);
        found.filter(|_| !wanted.is_empty()).map(|(id, _)| id.clone())
    }

    /// The Slack user of a person, by e-mail, then by a unique real name.
    #[must_use]
    pub fn slack_of(&self, name: &Name) -> Option<&SlackUser> {
        self.derived.slack_of.get(name)
    }

    /// What people call a Slack user; the id when the directory does not know it.
    #[must_use]
    pub fn name_of(&self, user: &SlackUser) -> Name {
        self.derived.name_of.get(user).cloned().unwrap_or_else(|| Name(user.0.clone()))
    }

    /// Whether a user holds one of these roles.
    #[must_use]
    pub fn holds(&self, user: &SlackUser, any_of: &[Role]) -> bool {
        self.derived
            .roles
            .get(user)
            .is_some_and(|held| any_of.iter().any(|role| held.contains(role)))
    }

    /// A person as a mention, or by name where Slack knows nobody unique.
    #[must_use]
    pub fn mention(&self, name: &Name) -> Piece {
        match self.slack_of(name) {
            Some(id) => Piece::Person { id: id.clone(), name: name.clone() },
            None => Piece::Text(name.polite()),
        }
    }

    /// A group as a mention; its members one by one where the workspace has no such group.
    #[must_use]
    pub fn mention_group(&self, group: &GroupRef) -> Vec<Piece> {
        if let GroupRef::Handle(handle) = group {
            let bare = handle.trim_start_matches('@');
            let found = self
                .directory
                .groups
                .iter()
                .find(|(id, one)| id.as_str() == bare || one.handle == bare);
            return vec![match found {
                Some((id, one)) => Piece::Group { id: id.clone(), handle: one.handle.clone() },
                None => Piece::Text(format!("@{bare}")),
            }];
        }
        let members = self.members_of(group);
        let mut pieces = Vec::new();
        for id in members {
            if !pieces.is_empty() {
                pieces.push(Piece::Text(" ".to_owned()));
            }
            let name = self.name_of(&id);
            pieces.push(Piece::Person { id, name });
        }
        pieces
    }

    /// The emergency number of a person: the guide's, else the Slack profile's.
    #[must_use]
    pub fn phone_of(&self, name: &Name) -> Option<PhoneNumber> {
        let of_guide = self.roster.value.person(name).map(|person| person.phone.clone());
        of_guide.or_else(|| self.directory.users.get(self.slack_of(name)?)?.phone.clone())
    }

    /// Whether the bot dials by itself.
    #[must_use]
    pub fn dials(&self) -> bool {
        self.policy.value.phone == PhoneMode::Auto && self.presence.phone_adapter
    }

    /// The case of a message: the request or notice itself, or an own post of the case.
    #[must_use]
    pub fn case_at(&self, at: &MessageRef) -> Option<CaseId> {
        self.derived.case_at.get(at).copied().or_else(|| {
            let errand = self.derived.post_at.get(at)?;
            self.posts.get(errand)?.case
        })
    }

    /// The errand that posted this message.
    #[must_use]
    pub fn errand_at(&self, at: &MessageRef) -> Option<ErrandId> {
        self.derived.post_at.get(at).copied()
    }

    /// The threads of open cases, with when each case began.
    #[must_use]
    pub fn open_threads(&self) -> Vec<(MessageRef, Time)> {
        let open = self.cases.values().filter(|case| case.is_open());
        let rounds = self.readings.open_check().into_iter();
        let rounds = rounds.filter_map(|check| Some((check.home.stands_at(self)?, check.due)));
        open.filter_map(|case| Some((case.procedure.home(self)?.stands_at(self)?, case.opened)))
            .chain(rounds)
            .collect()
    }

    /// Where a notice stands, once it is posted.
    #[must_use]
    pub fn stands_at(&self, notice: &NoticeRef) -> Option<MessageRef> {
        match notice {
            NoticeRef::Written(at) => Some(at.clone()),
            NoticeRef::Posted(errand) => Some(self.posts.get(errand)?.at.clone()),
        }
    }

    /// The assignment of a ticket, open or not.
    #[must_use]
    pub fn assignment_of(&self, ticket: &TicketLink) -> Option<(CaseId, &Assignment)> {
        let id = *self.derived.by_ticket.get(ticket)?;
        self.cases.get(&id)?.procedure.as_assignment().map(|assignment| (id, assignment))
    }

    /// The open incidents of a customer, the oldest first.
    pub fn incidents_of(&self, customer: &str) -> impl Iterator<Item = (CaseId, &Incident)> {
        let ids = self.derived.incidents.get(customer).into_iter().flatten();
        ids.filter_map(|id| self.cases.get(id)?.procedure.as_incident().map(|one| (*id, one)))
    }

    /// The newest case of a finding.
    #[must_use]
    pub fn incident_of_finding(&self, finding: &str) -> Option<CaseId> {
        self.derived.findings.get(finding).copied()
    }

    /// The open cases of what nobody understood, the oldest first.
    pub fn strays(&self) -> impl DoubleEndedIterator<Item = (CaseId, &Stray)> {
        self.derived
            .strays
            .iter()
            .filter_map(|id| self.cases.get(id)?.procedure.as_stray().map(|one| (*id, one)))
    }

    /// Active tickets by person (A2): the support desk's count, and own assignments made since.
    #[must_use]
    pub fn active_tickets(&self) -> BTreeMap<Name, u32> {
        let mut counts = self.counted.tickets.clone();
        for (who, held) in &self.derived.open_tickets {
            let own = match self.counted.known.get(who) {
                Some(known) => held.keys().filter(|case| !known.contains(case)).count(),
                None => held.len(),
            };
            let own = u32::try_from(own).unwrap_or(u32::MAX);
            if own > 0 {
                *counts.entry(who.clone()).or_default() += own;
            }
        }
        counts
    }

    /// From when a rung's or promise's clock runs, for the words of the post that announces it.
    #[must_use]
    pub fn clock_of(&self, errand: &Errand) -> Option<Time> {
        self.cases.get(&errand.case?)?.procedure.ladder()?.clock_of(errand.id)
    }

    /// The pause that overlaps a due time, if the process was away then.
    #[must_use]
    pub fn pause_over(&self, due: Time) -> Option<Pause> {
        let over = |pause: &&Pause| pause.from <= due && due < pause.to;
        self.presence.pauses.iter().rev().find(over).copied()
    }
}
