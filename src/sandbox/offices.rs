//! A support desk and a mail server for practice: what the bot does there is shown on the page, and nothing leaves the machine.

use super::backstage::Outside;
use crate::domain::errand::{NewTicket, TicketAct, TicketDeed};
use crate::domain::ids::{ErrandId, Name, TicketLink};
use crate::domain::mail::Email;
use crate::ports::{Clock, Engineer, Mailer, PortError, Tickets};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The support desk and the mail server of a practice workspace.
pub struct Offices {
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Active tickets that were there before the practice began.
    before: BTreeMap<Name, u32>,
    /// Who holds which ticket since.
    held: BTreeMap<TicketLink, Name>,
    done: BTreeSet<ErrandId>,
    /// Tickets that the bot opened.
    opened: BTreeMap<ErrandId, TicketLink>,
    seen: Vec<Outside>,
}

impl std::fmt::Debug for Offices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offices").finish_non_exhaustive()
    }
}

impl Offices {
    /// Offices in which nothing has happened.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything: another practice begins, with these active tickets.
    pub fn begin(&self, tickets: BTreeMap<Name, u32>) {
        *self.kept() = Kept { before: tickets, ..Kept::default() };
    }

    /// What the bot did, the newest first.
    #[must_use]
    pub fn seen(&self) -> Vec<Outside> {
        self.kept().seen.iter().rev().cloned().collect()
    }

    fn note(&self, kept: &mut Kept, title: String, text: String) {
        kept.seen.push(Outside { at: self.clock.now(), title, text });
    }
}

#[async_trait]
impl Tickets for Offices {
    async fn active(&self, of: &[Engineer]) -> Result<BTreeMap<Name, u32>, PortError> {
        let kept = self.kept();
        let mut counts = kept.before.clone();
        for holder in kept.held.values() {
            *counts.entry(holder.clone()).or_default() += 1;
        }
        counts.retain(|name, _| of.iter().any(|one| &one.name == name));
        Ok(counts)
    }

    async fn act(&self, errand: ErrandId, deed: &TicketDeed) -> Result<(), PortError> {
        let mut kept = self.kept();
        if !kept.done.insert(errand) {
            return Ok(());
        }
        let number = deed.ticket.number().map_or_else(String::new, |number| format!(" {number}"));
        let what = match &deed.act {
            TicketAct::Assign { to, .. } => {
                kept.held.insert(deed.ticket.clone(), to.clone());
                format!("티켓{number} 배정: {to}")
            }
            TicketAct::Comment => format!("티켓{number} 기록"),
            TicketAct::Solve => {
                kept.held.remove(&deed.ticket);
                format!("티켓{number} 완료")
            }
        };
        self.note(&mut kept, what, deed.comment.clone());
        Ok(())
    }

    async fn open(&self, errand: ErrandId, ticket: &NewTicket) -> Result<TicketLink, PortError> {
        let mut kept = self.kept();
        if let Some(link) = kept.opened.get(&errand) {
            return Ok(link.clone());
        }
        let number = 90_001 + kept.opened.len();
        let link = TicketLink(format!("https://support.example.com/agent/tickets/{number}"));
        kept.opened.insert(errand, link.clone());
        self.note(
            &mut kept,
            format!("티켓 {number} 생성: {}", ticket.subject),
            ticket.comment.clone(),
        );
        Ok(link)
    }

    async fn find_opened(
        &self,
        errand: ErrandId,
        _ticket: &NewTicket,
    ) -> Result<Option<TicketLink>, PortError> {
        Ok(self.kept().opened.get(&errand).cloned())
    }

    async fn is_done(&self, errand: ErrandId, _deed: &TicketDeed) -> Result<bool, PortError> {
        Ok(self.kept().done.contains(&errand))
    }

    async fn probe(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl Mailer for Offices {
    async fn send(&self, _errand: ErrandId, mail: &Email) -> Result<(), PortError> {
        let mut kept = self.kept();
        let title = format!("메일: {}", mail.to.join(", "));
        self.note(&mut kept, title, format!("{}\n\n{}", mail.subject, mail.text));
        Ok(())
    }

    async fn probe(&self) -> Result<(), PortError> {
        Ok(())
    }
}
