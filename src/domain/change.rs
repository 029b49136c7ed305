//! What a decision changes: the closed list. Applying changes is all that ever alters the desk.

use super::accounts::Entry;
use super::alarms::AlarmsChange;
use super::case::{Case, CaseChange};
use super::contacts::Contacts;
use super::customers::Customers;
use super::definitions::Definitions;
use super::errand::{CallEvent, Errand, Outcome, Service};
use super::ids::{AccountId, CaseId, ErrandId, Name};
use super::input::{Adapters, Directory, SlackInput};
use super::mail::{Draft, DraftChange, Templates};
use super::people::{Absence, Roster};
use super::policy::Policy;
use super::procedures::drill::DrillChange;
use super::procedures::duty::DutyChange;
use super::procedures::reports::ReportKind;
use super::readings::ReadingsChange;
use super::scripts::Scripts;
use super::status::BoardChange;
use super::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A due time, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Wake {
    /// When it falls due.
    pub due: Time,
    /// Whose it is.
    pub case: CaseId,
}

/// A due time of the desk itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Chime {
    /// When it falls due.
    pub due: Time,
    /// What for.
    pub what: Chore,
}

/// What the desk does by itself at a due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chore {
    /// COC is told that the customer record is old, once a day.
    RecordIsOld,
    /// Something that should come regularly did not.
    BeatIsMissing,
    /// COC is asked for the daily look at AWS Health (P1).
    PhdCheck,
    /// The month before is over: its on- and off-boardings are reported (W1).
    Monthly,
    /// COC is asked for the rooms' temperatures (F1, F2).
    RoomCheck,
    /// COC is asked for them again.
    RoomChase,
    /// Nobody took over a shift yet.
    HandoverChase,
    /// The coming weeks are looked at (R2).
    CoverageCheck,
    /// A report is posted in n (W2).
    Report(ReportKind),
    /// A practice chain is begun, where the policy wants some.
    Drill,
}

/// One change of the desk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The process came up; timers and errands wait until what was missed has been read.
    Started {
        /// When it was last known to be alive.
        alive_until: Option<Time>,
        /// Whether a phone adapter is configured.
        phone_adapter: bool,
        /// Which other adapters are.
        #[serde(default)]
        adapters: Adapters,
    },
    /// Timers and errands run again.
    CaughtUp,
    /// What was missed has been read to its end.
    ReadBack,
    /// The process stops in order.
    Stopped,
    /// Another policy is in force.
    PolicyAdopted {
        /// The text it was read from.
        text: String,
        /// As read.
        policy: Box<Policy>,
    },
    /// Another customer record is in force.
    CustomersAdopted {
        /// The text it was read from.
        text: String,
        /// As read.
        customers: Customers,
    },
    /// The customer record is known to be right as of then.
    RecordSeen {
        /// As of when.
        as_of: Time,
    },
    /// AWS's status feeds told something (H1).
    Board(BoardChange),
    /// COC was told that the customer record is old.
    RecordWarned,
    /// Other mail templates are in force.
    TemplatesAdopted {
        /// As read.
        templates: Templates,
    },
    /// Other definitions of the checklists are in force; those that run go on as they began.
    DefinitionsAdopted {
        /// As read.
        definitions: Definitions,
    },
    /// Something that comes regularly came.
    Beat {
        /// Its name.
        name: String,
    },
    /// The absence of something that comes regularly counts from now on: somebody saw to it.
    BeatSeenTo {
        /// Its name.
        name: String,
    },
    /// Something that should come regularly did not.
    BeatMissed {
        /// Its name.
        name: String,
        /// The case that says so.
        case: CaseId,
    },
    /// Another roster is in force (R1).
    RosterAdopted {
        /// The guide it was read from.
        text: String,
        /// As read.
        roster: Roster,
    },
    /// A changed guide was shown and waits for 적용 (R1).
    GuideProposed {
        /// The guide's text.
        text: String,
        /// The post that shows the difference.
        post: ErrandId,
    },
    /// A text of the data folder cannot be read; the old one stays in force, and people are told once.
    BookRefused {
        /// Which file.
        file: String,
        /// Its text.
        text: String,
    },
    /// The workspace's people, groups and channels as they are now.
    DirectoryRead(Directory),
    /// Active tickets of each person as the support desk counts them (A2).
    TicketsCounted(BTreeMap<Name, u32>),
    /// A delivery was taken; its repeats change nothing.
    Seen(String),
    /// A delivery is taken anew should it come again: what it did was taken back.
    Unseen(String),
    /// A reaction or reply came for a message that may be an own post whose outcome is not known yet.
    Kept(Box<SlackInput>),
    /// Kept ones are taken up again or forgotten.
    KeptDone {
        /// The delivery.
        key: String,
    },
    /// Something of an alarm is remembered besides its case (M5).
    Alarms(AlarmsChange),
    /// Something became of an account (N, X, W1).
    Account {
        /// Which.
        account: AccountId,
        /// What.
        entry: Entry,
    },
    /// Something became of the rooms' temperatures (F1, F2).
    Readings(ReadingsChange),
    /// Something became of who is on duty at COC.
    Duty(DutyChange),
    /// The coming weeks were looked at (R2).
    CoverageChecked {
        /// When that was due.
        due: Time,
    },
    /// Somebody's absence was entered (R2).
    AbsenceEntered {
        /// Whose.
        who: Name,
        /// Which.
        absence: Absence,
    },
    /// A case begins.
    Opened(Box<Case>),
    /// A case goes on.
    Case(CaseId, CaseChange),
    /// Something is owed.
    Owed(Box<Errand>),
    /// Something owed is settled.
    Settled {
        /// Which.
        errand: ErrandId,
        /// How.
        outcome: Outcome,
    },
    /// Something owed is of no use any more and was not begun.
    Dropped {
        /// Which.
        errand: ErrandId,
    },
    /// Something happened on a call whose placing is not known yet: the carrier was quicker than its own answer, or the process was
    /// gone in between.
    CallHeard {
        /// The errand that places it.
        call: ErrandId,
        /// What happened.
        event: CallEvent,
    },
    /// A service does not work; COC was told, and has its work meanwhile.
    TroubleBegan {
        /// Which.
        service: Service,
        /// Since when.
        since: Time,
        /// Why, for COC.
        why: String,
    },
    /// It works again.
    TroubleOver {
        /// Which.
        service: Service,
    },
    /// A mail was drafted.
    Drafted(Box<Draft>),
    /// A drafted mail goes on.
    Draft {
        /// Which: the errand that posted it.
        draft: ErrandId,
        /// What happened to it.
        change: DraftChange,
    },
    /// A report was posted, or the one that fell due then was left out for a later one (W2).
    Reported {
        /// Which.
        kind: ReportKind,
        /// When it fell due.
        due: Time,
    },
    /// The desk's own practice chains go on.
    Drill(DrillChange),
    /// A call that was placed is over.
    CallOver {
        /// The errand that placed it.
        call: ErrandId,
        /// How it ended; `None`: hung up.
        how: Option<CallEvent>,
    },
    /// Other scripts of telephone calls are in force.
    ScriptsAdopted {
        /// As read.
        scripts: Scripts,
    },
    /// Other contacts are in force.
    ContactsAdopted {
        /// As read.
        contacts: Contacts,
    },
    /// Earlier records name somebody who left by this alias; the desk, made of those records, does so by itself.
    Forgotten {
        /// The alias.
        alias: String,
    },
}
