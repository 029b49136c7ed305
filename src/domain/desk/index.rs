//! What is found without a look at every case.

use super::{Derived, Desk};
use crate::domain::case::Procedure;
use crate::domain::ids::{CaseId, TicketLink};
use crate::domain::procedures::urgent::Urgent;

impl Desk {
    /// The urgent cases of a ticket, the oldest first.
    pub fn urgents_of<'a>(
        &'a self,
        ticket: &'a TicketLink,
    ) -> impl DoubleEndedIterator<Item = (CaseId, &'a Urgent)> {
        let ids = self.derived.urgents.get(ticket).into_iter().flatten();
        let urgents = ids.filter_map(|id| Some((*id, self.cases.get(id)?.procedure.as_urgent()?)));
        // it may be for another one by now
        urgents.filter(move |(_, one)| one.ticket.as_ref() == Some(ticket))
    }
}

impl Derived {
    /// Keeps open incidents and strays, and the cases of findings, to be found without a look at every case.
    pub(super) fn note_alarm(&mut self, id: CaseId, procedure: &Procedure) {
        match procedure {
            Procedure::Incident(one) => {
                if one.is_open() {
                    self.incidents.entry(one.customer.clone()).or_default().insert(id);
                } else if let Some(open) = self.incidents.get_mut(&one.customer) {
                    open.remove(&id);
                }
                if let Some(finding) = one.finding_id() {
                    self.findings.insert(finding.to_owned(), id);
                }
            }
            Procedure::Stray(one) => {
                if one.is_open() {
                    self.strays.insert(id);
                } else {
                    self.strays.remove(&id);
                }
            }
            Procedure::Urgent(_)
            | Procedure::Assignment(_)
            | Procedure::Phd(_)
            | Procedure::Outage(_)
            | Procedure::List(_)
            | Procedure::Offboard(_)
            | Procedure::Dispatch(_)
            | Procedure::Inquiry(_)
            | Procedure::Climate(_) => {}
        }
    }
}
