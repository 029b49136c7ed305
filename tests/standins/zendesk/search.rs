//! The search, as much of its language as is spoken here. A word that it does not know is refused.

use super::account::{Account, Ticket};

/// The tickets that a query finds; `Err` with the word that is not understood.
pub(crate) fn find<'a>(account: &'a Account, query: &str) -> Result<Vec<&'a Ticket>, String> {
    let mut found: Vec<&Ticket> = account.tickets.values().collect();
    for word in query.split_whitespace() {
        if word == "type:ticket" {
        } else if let Some(limit) = word.strip_prefix("status<") {
            let limit = rank(limit).ok_or(word)?;
            found.retain(|ticket| rank(&ticket.status).is_some_and(|rank| rank < limit));
        } else if let Some(wanted) = word.strip_prefix("status:") {
            rank(wanted).ok_or(word)?;
            found.retain(|ticket| ticket.status == wanted);
        } else if let Some(who) = word.strip_prefix("assignee:") {
            let mut users = account.users.values();
            let user = users.find(|user| {
                user.id.to_string() == who
                    || user.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(who))
            });
            let id = user.map(|user| user.id);
            found.retain(|ticket| id.is_some() && ticket.assignee == id);
        } else {
            return Err(word.to_owned());
        }
    }
    Ok(found)
}

fn rank(status: &str) -> Option<usize> {
    ["new", "open", "pending", "hold", "solved", "closed"].iter().position(|known| *known == status)
}
