//! What goes one after the other, and what need not be looked at again.
//!
//! A storm leaves thousands of posts that wait for their channel's turn, and the loop turns with every input. Most turns owe something new
//! and change nothing of what waits: then only the new is looked at.

use crate::domain::desk::Desk;
use crate::domain::errand::{Anchor, Errand, ErrandKind, Place};
use crate::domain::ids::{ChannelId, ErrandId, Name, SlackUser, TicketLink, Ts};
use crate::domain::time::Time;
use std::collections::HashMap;

/// Errands of one lane go one after the other, in the order in which they are owed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    Thread(ChannelId, Thread),
    Person(SlackUser),
    Phone(Name),
    Post(ErrandId),
    Ticket(TicketLink),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Thread {
    Under(Ts),
    UnderPost(ErrandId),
}

pub(super) fn lane(errand: &Errand) -> Option<Lane> {
    match &errand.kind {
        ErrandKind::Post { place: Place { channel, thread }, .. }
        | ErrandKind::PostWithPicture { place: Place { channel, thread }, .. } => {
            let thread = match thread {
                // posts of a channel itself need no order among themselves: the more urgent goes first
                None => return None,
                Some(Anchor::Message(ts)) => Thread::Under(ts.clone()),
                Some(Anchor::PostOf(id)) => Thread::UnderPost(*id),
            };
            Some(Lane::Thread(channel.clone(), thread))
        }
        ErrandKind::Update { post, .. } => Some(Lane::Post(*post)),
        ErrandKind::Direct { to, .. }
        | ErrandKind::Ephemeral { to, .. }
        | ErrandKind::File { to, .. }
        | ErrandKind::SignIn { to, .. } => Some(Lane::Person(to.clone())),
        ErrandKind::Call { to, .. } | ErrandKind::HangUp { to, .. } => {
            Some(Lane::Phone(to.clone()))
        }
        ErrandKind::Ticket { deed } => Some(Lane::Ticket(deed.ticket.clone())),
        ErrandKind::OpenForm { .. }
        | ErrandKind::PublishHome { .. }
        | ErrandKind::Home { .. }
        | ErrandKind::ReadGuide { .. }
        | ErrandKind::Presence { .. }
        | ErrandKind::OpenTicket { .. }
        | ErrandKind::Mail { .. }
        | ErrandKind::Probe { .. } => None,
    }
}

/// What the last look at everything owed came to, as long as it holds.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// The newest errand that was looked at; whatever is owed later has a greater number.
    upto: Option<ErrandId>,
    /// How many were owed, and how many calls were under way.
    owed: usize,
    calls: usize,
    /// The oldest errand of each lane, however urgent those behind it are.
    heads: HashMap<Lane, ErrandId>,
    /// When something that was looked at may be attempted.
    pub(super) again: Option<Time>,
    /// When something that was looked at is of no use any more.
    expires: Option<Time>,
}

impl Looked {
    /// What has to be looked at now, the more urgent first; if `self` holds still, only what is owed since. `true`: it is everything.
    pub(super) fn at<'d>(&mut self, desk: &'d Desk, now: Time) -> (Vec<&'d Errand>, bool) {
        let new = self.new_of(desk);
        let holds = self.holds(desk, new.len(), now);
        let mut looks = if holds {
            new
        } else {
            *self = Self { calls: desk.calls.len(), ..Self::default() };
            desk.owed().collect()
        };
        self.owed += looks.len();
        self.upto = looks.iter().map(|errand| errand.id).max().max(self.upto);
        for errand in &looks {
            if let Some(lane) = lane(errand) {
                let head = self.heads.entry(lane).or_insert(errand.id);
                *head = (*head).min(errand.id);
            }
        }
        looks.sort_unstable_by_key(|errand| (errand.urgency, errand.id));
        (looks, !holds)
    }

    /// What is owed since.
    pub(super) fn new_of<'d>(&self, desk: &'d Desk) -> Vec<&'d Errand> {
        let Some(upto) = self.upto else { return Vec::new() };
        desk.owed().rev().take_while(|errand| errand.id > upto).collect()
    }

    /// Whether nothing but so much new may be attempted that could not be before. Whatever changes besides the desk makes a new look.
    pub(super) fn holds(&self, desk: &Desk, new: usize, now: Time) -> bool {
        // one that is gone lets those behind it go; a call that is over leaves nothing to be hung up
        self.upto.is_some()
            && !desk.presence.catching_up
            && desk.errands.len() == self.owed + new
            && desk.calls.len() == self.calls
            && self.again.into_iter().chain(self.expires).all(|until| now < until)
    }

    /// Whether another one of its lane goes first.
    pub(super) fn is_behind(&self, errand: &Errand) -> bool {
        lane(errand).is_some_and(|lane| self.heads.get(&lane) != Some(&errand.id))
    }

    /// Something may be attempted then.
    pub(super) fn again_at(&mut self, at: Time) {
        self.again = Some(self.again.map_or(at, |other| other.min(at)));
    }

    /// Something is of no use any more then.
    pub(super) fn expires_at(&mut self, at: Time) {
        self.expires = Some(self.expires.map_or(at, |other| other.min(at)));
    }
}
