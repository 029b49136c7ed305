//! Cases: one running procedure each, with its story.

use super::desk::Desk;
use super::errand::{Anchor, Place};
use super::ids::{CaseId, ChannelId, ErrandId, MessageRef, Name, TicketLink};
use super::ladder::Ladder;
use super::policy::Policy;
use super::procedures::assignment::{Assignment, AssignmentChange, NoticeRef};
use super::procedures::climate::{Climate, ClimateChange};
use super::procedures::dispatch::{Dispatch, DispatchChange};
use super::procedures::incident::{Incident, IncidentChange};
use super::procedures::inquiry::{Inquiry, InquiryChange};
use super::procedures::list::{List, ListChange};
use super::procedures::offboard::{Offboard, OffboardChange};
use super::procedures::outage::{Outage, OutageChange};
use super::procedures::phd::{Phd, PhdChange};
use super::procedures::stray::{Stray, StrayChange};
use super::procedures::urgent::{Urgent, UrgentChange};
use super::time::Time;
use serde::{Deserialize, Serialize};

/// A case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its number.
    pub id: CaseId,
    /// When it began.
    pub opened: Time,
    /// What runs in it.
    pub procedure: Procedure,
    /// What is worth telling of it besides its state, oldest first.
    pub notes: Vec<Note>,
}

/// The procedures that make cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Procedure {
    /// An urgent request (A4 to A6).
    Urgent(Urgent),
    /// A ticket assignment (A1, A2, A7 to A9).
    Assignment(Assignment),
    /// An alarm or finding that is propagated (M5 to M10, G1, G4).
    Incident(Incident),
    /// Something from outside that nobody understood.
    Stray(Stray),
    /// An AWS Health event of one customer (P2 to P5).
    Phd(Phd),
    /// An event of the AWS status feed (H2).
    Outage(Outage),
    /// A checklist that is worked off (M1, M3, M4, M11, M12, G2, P1, T).
    List(List),
    /// A forced off-boarding (X1 to X6, X8).
    Offboard(Offboard),
    /// People reached in order for something that is neither an urgent request nor an alarm (N4, C5).
    Dispatch(Dispatch),
    /// Somebody telephoned the desk (C1).
    Inquiry(Inquiry),
    /// A reading of a room's temperature, heat or fire (F1 to F4).
    Climate(Climate),
}

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: Time,
    /// Who did it, if a person did.
    pub by: Option<Name>,
    /// What, in Korean.
    pub text: String,
}

/// A step of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseChange {
    /// Something worth telling happened.
    Noted(Note),
    /// Of an urgent request.
    Urgent(UrgentChange),
    /// Of an assignment.
    Assignment(AssignmentChange),
    /// Of an incident.
    Incident(IncidentChange),
    /// Of something that nobody understood.
    Stray(StrayChange),
    /// Of an AWS Health event.
    Phd(PhdChange),
    /// Of an event of the status feed.
    Outage(OutageChange),
    /// Of a checklist.
    List(ListChange),
    /// Of a forced off-boarding.
    Offboard(OffboardChange),
    /// Of people who are reached in order.
    Dispatch(DispatchChange),
    /// Of somebody who telephoned.
    Inquiry(InquiryChange),
    /// Of a room.
    Climate(ClimateChange),
}

/// The message whose thread a case lives in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Home {
    /// A message that stands already, a person's as a rule.
    Message(MessageRef),
    /// An own post in this channel.
    Post(ChannelId, ErrandId),
}

impl Home {
    /// Where it stands; `None` while it is being posted.
    #[must_use]
    pub fn stands_at(&self, desk: &Desk) -> Option<MessageRef> {
        match self {
            Self::Message(at) => Some(at.clone()),
            Self::Post(_, post) => desk.posts.get(post).map(|own| own.at.clone()),
        }
    }

    /// Its thread; posts there wait until it stands.
    #[must_use]
    pub fn thread(&self) -> Place {
        match self {
            Self::Message(at) => {
                Place { channel: at.channel.clone(), thread: Some(Anchor::Message(at.ts.clone())) }
            }
            Self::Post(channel, post) => {
                Place { channel: channel.clone(), thread: Some(Anchor::PostOf(*post)) }
            }
        }
    }
}

impl Case {
    /// Takes a step. A step of another procedure is a programming error and changes nothing.
    pub fn apply(&mut self, change: &CaseChange) {
        match (change, &mut self.procedure) {
            (CaseChange::Noted(note), _) => self.notes.push(note.clone()),
            (CaseChange::Urgent(change), Procedure::Urgent(one)) => one.apply(change),
            (CaseChange::Assignment(change), Procedure::Assignment(one)) => one.apply(change),
            (CaseChange::Incident(change), Procedure::Incident(one)) => one.apply(change),
            (CaseChange::Stray(change), Procedure::Stray(one)) => one.apply(change),
            (CaseChange::Phd(change), Procedure::Phd(one)) => one.apply(change),
            (CaseChange::Outage(change), Procedure::Outage(one)) => one.apply(change),
            (CaseChange::List(change), Procedure::List(one)) => one.apply(change),
            (CaseChange::Offboard(change), Procedure::Offboard(one)) => one.apply(change),
            (CaseChange::Dispatch(change), Procedure::Dispatch(one)) => one.apply(change),
            (CaseChange::Inquiry(change), Procedure::Inquiry(one)) => one.apply(change),
            (CaseChange::Climate(change), Procedure::Climate(one)) => one.apply(change),
            (
                CaseChange::Urgent(_)
                | CaseChange::Assignment(_)
                | CaseChange::Incident(_)
                | CaseChange::Stray(_)
                | CaseChange::Phd(_)
                | CaseChange::Outage(_)
                | CaseChange::List(_)
                | CaseChange::Offboard(_)
                | CaseChange::Dispatch(_)
                | CaseChange::Inquiry(_)
                | CaseChange::Climate(_),
                _,
            ) => debug_assert!(false, "a step of another procedure"),
        }
    }

    /// Whether something of it is still to come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.procedure.is_open()
    }
}

impl Procedure {
    /// Whether something of it is still to come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self {
            Self::Urgent(one) => one.is_open(),
            Self::Assignment(one) => one.is_open(),
            Self::Incident(one) => one.is_open(),
            Self::Stray(one) => one.is_open(),
            Self::Phd(one) => one.is_open(),
            Self::Outage(one) => one.is_open(),
            Self::List(one) => one.is_open(),
            Self::Offboard(one) => one.is_open(),
            Self::Dispatch(one) => one.is_open(),
            Self::Inquiry(one) => one.is_open(),
            Self::Climate(one) => one.is_open(),
        }
    }

    /// Its next due time.
    #[must_use]
    pub fn wake(&self, policy: &Policy) -> Option<Time> {
        match self {
            Self::Urgent(one) => one.wake(policy),
            Self::Assignment(one) => one.wake(policy),
            Self::Incident(one) => one.wake(policy),
            Self::Stray(one) => one.wake(policy),
            Self::Phd(one) => one.wake(policy),
            Self::Outage(one) => one.wake(policy),
            Self::List(one) => one.wake(policy),
            Self::Offboard(one) => one.wake(policy),
            Self::Dispatch(one) => one.wake(policy),
            Self::Inquiry(one) => one.wake(policy),
            Self::Climate(one) => one.wake(policy),
        }
    }

    /// The message whose thread it lives in; `None` while it has none.
    #[must_use]
    pub fn home(&self, desk: &Desk) -> Option<Home> {
        match self {
            Self::Urgent(one) => Some(Home::Message(one.root.clone())),
            Self::Assignment(one) => match one.notice()? {
                NoticeRef::Written(at) => Some(Home::Message(at.clone())),
                NoticeRef::Posted(post) => {
                    let stands = desk.posts.get(post).map(|own| Home::Message(own.at.clone()));
                    let noti = || desk.room(super::desk::Room::Noti);
                    stands.or_else(|| noti().map(|channel| Home::Post(channel, *post)))
                }
            },
            Self::Incident(one) => Some(one.home.clone()),
            Self::Stray(one) => Some(one.home.clone()),
            Self::Phd(one) => one.home().cloned(),
            Self::Outage(one) => Some(one.home.clone()),
            Self::List(one) => Some(one.home.clone()),
            Self::Offboard(one) => Some(one.home.clone()),
            Self::Dispatch(one) => Some(one.home.clone()),
            Self::Inquiry(one) => one.home.clone(),
            Self::Climate(one) => Some(one.home.clone()),
        }
    }

    /// The customer's name; empty where there is none.
    #[must_use]
    pub fn customer(&self) -> &str {
        match self {
            Self::Urgent(one) => one.customer.name(),
            Self::Assignment(one) => &one.customer,
            Self::Incident(one) => &one.customer,
            Self::Stray(_) | Self::Outage(_) | Self::Climate(_) => "",
            Self::Phd(one) => &one.customer,
            Self::List(one) => &one.customer,
            Self::Offboard(one) => one.customer(),
            Self::Dispatch(one) => &one.customer,
            Self::Inquiry(one) => &one.customer,
        }
    }

    /// The ticket, where there is one.
    #[must_use]
    pub fn ticket(&self) -> Option<&TicketLink> {
        match self {
            Self::Urgent(one) => one.ticket.as_ref(),
            Self::Assignment(one) => Some(&one.ticket),
            Self::Incident(one) => one.ticket(),
            Self::Offboard(one) => Some(one.ticket()),
            Self::Dispatch(one) => one.ticket.as_ref(),
            Self::Stray(_)
            | Self::Phd(_)
            | Self::Outage(_)
            | Self::List(_)
            | Self::Inquiry(_)
            | Self::Climate(_) => None,
        }
    }

    /// The ladder, while people are reached in order.
    #[must_use]
    pub fn ladder(&self) -> Option<&Ladder> {
        match self {
            Self::Urgent(one) => one.ladder(),
            Self::Incident(one) => one.ladder(),
            Self::Dispatch(one) => Some(&one.ladder),
            Self::Offboard(_)
            | Self::Inquiry(_)
            | Self::Climate(_)
            | Self::Assignment(_)
            | Self::Stray(_)
            | Self::Phd(_)
            | Self::Outage(_)
            | Self::List(_) => None,
        }
    }

    /// The urgent request, when it is one.
    #[must_use]
    pub const fn as_urgent(&self) -> Option<&Urgent> {
        if let Self::Urgent(one) = self { Some(one) } else { None }
    }

    /// The assignment, when it is one.
    #[must_use]
    pub const fn as_assignment(&self) -> Option<&Assignment> {
        if let Self::Assignment(one) = self { Some(one) } else { None }
    }

    /// The incident, when it is one.
    #[must_use]
    pub const fn as_incident(&self) -> Option<&Incident> {
        if let Self::Incident(one) = self { Some(one) } else { None }
    }

    /// What nobody understood, when it is that.
    #[must_use]
    pub const fn as_stray(&self) -> Option<&Stray> {
        if let Self::Stray(one) = self { Some(one) } else { None }
    }

    /// The AWS Health event, when it is one.
    #[must_use]
    pub const fn as_phd(&self) -> Option<&Phd> {
        if let Self::Phd(one) = self { Some(one) } else { None }
    }

    /// The event of the status feed, when it is one.
    #[must_use]
    pub const fn as_outage(&self) -> Option<&Outage> {
        if let Self::Outage(one) = self { Some(one) } else { None }
    }

    /// The checklist, when it is one.
    #[must_use]
    pub const fn as_list(&self) -> Option<&List> {
        if let Self::List(one) = self { Some(one) } else { None }
    }

    /// The forced off-boarding, when it is one.
    #[must_use]
    pub const fn as_offboard(&self) -> Option<&Offboard> {
        if let Self::Offboard(one) = self { Some(one) } else { None }
    }

    /// The people who are reached in order for something else, when it is that.
    #[must_use]
    pub const fn as_dispatch(&self) -> Option<&Dispatch> {
        if let Self::Dispatch(one) = self { Some(one) } else { None }
    }

    /// The telephone call that somebody made to the desk, when it is one.
    #[must_use]
    pub const fn as_inquiry(&self) -> Option<&Inquiry> {
        if let Self::Inquiry(one) = self { Some(one) } else { None }
    }

    /// The room, when it is one.
    #[must_use]
    pub const fn as_climate(&self) -> Option<&Climate> {
        if let Self::Climate(one) = self { Some(one) } else { None }
    }
}
