//! What the desk's lists, the board and the app's home ask: what is open, what comes next, who has what.

use super::Desk;
use crate::domain::case::Case;
use crate::domain::change::{Chime, Wake};
use crate::domain::ids::{CaseId, MessageRef, Name, SlackUser};
use crate::domain::policy::Role;
use crate::domain::time::Time;

impl Desk {
    /// The open cases, the oldest first, without a look at the closed ones.
    pub fn open_cases(&self) -> impl Iterator<Item = &Case> {
        self.derived.open.iter().filter_map(|id| self.cases.get(id))
    }

    /// The due times of cases, the next first.
    pub fn wakes(&self) -> impl Iterator<Item = Wake> {
        self.derived.wakes.iter().copied()
    }

    /// The due times of the desk itself, the next first.
    #[must_use]
    pub fn chimes(&self) -> Vec<Chime> {
        let mut chimes: Vec<Chime> = self.chores().collect();
        chimes.sort();
        chimes
    }

    /// The open tickets that the desk gave to somebody, with since when, the oldest case first.
    pub fn tickets_of(&self, who: &Name) -> impl Iterator<Item = (&Case, Time)> {
        let held = self.derived.open_tickets.get(who).into_iter().flatten();
        held.filter_map(|(id, since)| Some((self.cases.get(id)?, *since)))
    }

    /// What somebody is to the desk.
    #[must_use]
    pub fn roles_of(&self, user: &SlackUser) -> Vec<Role> {
        self.derived.roles.get(user).into_iter().flatten().copied().collect()
    }

    /// Whether somebody may look at the board: one who left the workspace or the groups may not.
    #[must_use]
    pub fn sees_board(&self, user: &SlackUser) -> bool {
        self.directory.users.contains_key(user) && self.holds(user, &self.policy.value.roles.board)
    }

    /// The address of a message in Slack; `None` while the workspace's own is not known.
    #[must_use]
    pub fn permalink(&self, at: &MessageRef) -> Option<String> {
        let workspace = self.directory.url.as_ref()?;
        let ts: String = at.ts.as_str().chars().filter(char::is_ascii_digit).collect();
        Some(format!("{workspace}archives/{}/p{ts}", at.channel))
    }

    /// Where a case is talked about.
    #[must_use]
    pub fn thread_of(&self, id: CaseId) -> Option<MessageRef> {
        self.cases.get(&id)?.procedure.home(self)?.stands_at(self)
    }
}
