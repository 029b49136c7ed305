//! An account: its people, its tickets, and the history of these.

use super::webhook::Delivery;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, VecDeque};

/// The number of the account itself, in its events.
const ACCOUNT: u64 = 12_514_403;
/// An audit holds so many bytes of metadata at most.
const MOST_METADATA: usize = 1_024;

/// Somebody whom the account knows.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) role: &'static str,
    pub(crate) suspended: bool,
}

impl User {
    fn may_work(&self) -> bool {
        matches!(self.role, "agent" | "admin") && !self.suspended
    }
}

/// A ticket as it is, with all that was done to it.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) id: u64,
    pub(crate) subject: String,
    pub(crate) external_id: Option<String>,
    pub(crate) requester: u64,
    pub(crate) status: String,
    pub(crate) assignee: Option<u64>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) audits: Vec<Value>,
}

/// What somebody does to a ticket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    pub(crate) status: Option<&'static str>,
    /// `Some(None)`: nobody's any more.
    pub(crate) assignee: Option<Option<u64>>,
    pub(crate) comment: Option<&'static str>,
}

/// Why a change is not made.
#[derive(Clone, Debug)]
pub(crate) enum Refused {
    NoTicket,
    /// Somebody was faster.
    Outdated,
    /// By field, with Zendesk's sentence.
    Unfit(&'static str, String),
}

/// The account.
pub(crate) struct Account {
    pub(crate) users: BTreeMap<u64, User>,
    pub(crate) tickets: BTreeMap<u64, Ticket>,
    /// The one whose token is used.
    pub(crate) me: u64,
    pub(crate) token: String,
    /// What people do just after the next reading of a ticket, each time one thing.
    pub(crate) meanwhile: VecDeque<(u64, Change)>,
    /// What is to be told to webhooks, oldest first.
    pub(crate) events: Vec<Delivery>,
    now: DateTime<Utc>,
    next_id: u64,
    next_ticket: u64,
    /// Tickets by the idempotency key of the request that opened them, with that request.
    by_key: BTreeMap<String, (Value, u64)>,
}

impl Account {
    pub(crate) fn new(email: &str, token: &str) -> Self {
        let mut account = Self {
            users: BTreeMap::new(),
            tickets: BTreeMap::new(),
            me: 0,
            token: token.to_owned(),
            meanwhile: VecDeque::new(),
            events: Vec::new(),
            now: DateTime::from_timestamp(1_754_398_800, 0).unwrap(),
            next_id: 900_000_001,
            next_ticket: 5_000,
            by_key: BTreeMap::new(),
        };
        account.me = account.add_user("COC", email, "admin");
        account
    }

    pub(crate) fn add_user(&mut self, name: &str, email: &str, role: &'static str) -> u64 {
        let id = self.next_id();
        let email = Some(email.to_owned());
        self.users.insert(id, User { id, name: name.to_owned(), email, role, suspended: false });
        id
    }

    pub(crate) fn add_ticket(&mut self, number: u64, status: &str, assignee: Option<u64>) {
        let requester = match self.users.values().find(|user| user.role == "end-user") {
            Some(user) => user.id,
            None => self.add_user("고객", "customer@customer.example", "end-user"),
        };
        let at = self.tick();
        let ticket = Ticket {
            id: number,
            subject: "고객이 쓴 제목".to_owned(),
            external_id: None,
            requester,
            status: status.to_owned(),
            assignee,
            created_at: at,
            updated_at: at,
            audits: Vec::new(),
        };
        self.tickets.insert(number, ticket);
    }

    /// Opens a ticket: `Ok(None)` when the key was used for another request.
    pub(crate) fn create(
        &mut self,
        by: u64,
        wanted: &Value,
        key: Option<&str>,
    ) -> Result<Option<u64>, Refused> {
        if let Some((first, number)) = key.and_then(|key| self.by_key.get(key)) {
            return Ok((first == wanted).then_some(*number));
        }
        let words = wanted.pointer("/comment/body").and_then(Value::as_str).unwrap_or_default();
        if words.trim().is_empty() {
            let why = "Description: cannot be blank".to_owned();
            return Err(Refused::Unfit("base", why));
        }
        self.next_ticket += 1;
        let number = self.next_ticket;
        let at = self.tick();
        let text = |name: &str| wanted.get(name).and_then(Value::as_str).map(str::to_owned);
        let ticket = Ticket {
            id: number,
            subject: text("subject").unwrap_or_default(),
            external_id: text("external_id"),
            requester: by,
            status: "new".to_owned(),
            assignee: None,
            created_at: at,
            updated_at: at,
            audits: Vec::new(),
        };
        self.tickets.insert(number, ticket);
        let said = json!({ "comment": wanted["comment"] });
        self.update(by, number, &said)?;
        if let Some(key) = key {
            self.by_key.insert(key.to_owned(), (wanted.clone(), number));
        }
        Ok(Some(number))
    }

    /// A person does something at the support desk itself.
    pub(crate) fn person_changes(&mut self, by: u64, number: u64, change: &Change) {
        let mut wanted = Map::new();
        if let Some(status) = change.status {
            wanted.insert("status".to_owned(), json!(status));
        }
        if let Some(assignee) = change.assignee {
            wanted.insert("assignee_id".to_owned(), json!(assignee));
        }
        if let Some(comment) = change.comment {
            wanted.insert("comment".to_owned(), json!({ "body": comment, "public": false }));
        }
        self.update(by, number, &Value::Object(wanted)).unwrap();
    }

    /// The comments of a ticket: text, and whether the customer sees it.
    pub(crate) fn comments(&self, number: u64) -> Vec<(String, bool)> {
        let all = self.tickets[&number].audits.iter();
        let events = all.flat_map(|audit| audit["events"].as_array().unwrap());
        let comments = events.filter(|event| event["type"] == "Comment");
        comments
            .map(|event| {
                (event["body"].as_str().unwrap().to_owned(), event["public"].as_bool().unwrap())
            })
            .collect()
    }

    fn next_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn tick(&mut self) -> DateTime<Utc> {
        self.now += TimeDelta::seconds(1);
        self.now
    }

    fn unfit(&self, ticket: &Ticket, wanted: &Value) -> Option<Refused> {
        let unfit = |field, why: &str| Some(Refused::Unfit(field, why.to_owned()));
        if ticket.status == "closed" {
            return unfit("status", "Status: closed prevents ticket update");
        }
        if let Some(status) = wanted.get("status") {
            let known = ["new", "open", "pending", "hold", "solved", "closed"];
            if !status.as_str().is_some_and(|status| known.contains(&status)) {
                return unfit("status", "Status: is not valid");
            }
        }
        let assignee = match wanted.get("assignee_id") {
            None => ticket.assignee,
            Some(wanted) if wanted.is_null() => None,
            Some(wanted) => {
                let user = wanted.as_u64().and_then(|id| self.users.get(&id));
                if !user.is_some_and(User::may_work) {
                    return unfit("assignee", "Assignee: cannot be assigned to this ticket");
                }
                wanted.as_u64()
            }
        };
        if wanted.get("status") == Some(&json!("solved")) && assignee.is_none() {
            return unfit("assignee", "Assignee: is required when solving a ticket");
        }
        let metadata = wanted.get("metadata").map(ToString::to_string).unwrap_or_default();
        if metadata.len() > MOST_METADATA {
            return unfit("metadata", "Metadata: is too large");
        }
        None
    }

    /// Makes an update, all of it or nothing. Returns its audit, unless it changed nothing.
    pub(crate) fn update(
        &mut self,
        by: u64,
        number: u64,
        wanted: &Value,
    ) -> Result<Option<Value>, Refused> {
        let ticket = self.tickets.get(&number).ok_or(Refused::NoTicket)?.clone();
        if wanted.get("safe_update") == Some(&json!(true)) {
            let stamp = wanted.get("updated_stamp").and_then(Value::as_str);
            if stamp != Some(written(ticket.updated_at).as_str()) {
                return Err(Refused::Outdated);
            }
        }
        if let Some(unfit) = self.unfit(&ticket, wanted) {
            return Err(unfit);
        }
        let mut after = ticket.clone();
        let mut events = Vec::new();
        if let Some(comment) = wanted.get("comment") {
            let body = comment["body"].as_str().unwrap_or_default();
            let public = comment.get("public").and_then(Value::as_bool).unwrap_or(true);
            events.push(json!({
                "id": self.next_id(), "type": "Comment", "author_id": by, "body": body,
                "plain_body": body, "html_body": format!("<p>{body}</p>"), "public": public,
                "attachments": [],
            }));
        }
        let mut changed = |field: &str, before: Value, now: Value, id: u64| {
            events.push(json!({
                "id": id, "type": "Change", "field_name": field, "previous_value": before,
                "value": now,
            }));
        };
        if let Some(status) = wanted.get("status").and_then(Value::as_str)
            && status != ticket.status
        {
            after.status = status.to_owned();
            changed("status", json!(ticket.status), json!(status), self.next_id());
        }
        if let Some(assignee) = wanted.get("assignee_id")
            && assignee.as_u64() != ticket.assignee
        {
            after.assignee = assignee.as_u64();
            // a new ticket that somebody gets is open
            if after.status == "new" && after.assignee.is_some() {
                after.status = "open".to_owned();
            }
            let text = |id: Option<u64>| json!(id.map(|id| id.to_string()));
            changed("assignee_id", text(ticket.assignee), text(after.assignee), self.next_id());
        }
        if events.is_empty() {
            return Ok(None);
        }
        after.updated_at = self.tick();
        let custom = wanted.get("metadata").cloned().unwrap_or_else(|| json!({}));
        let audit = json!({
            "id": self.next_id(), "ticket_id": number, "author_id": by,
            "created_at": written(after.updated_at),
            "metadata": { "system": { "client": "stand-in" }, "custom": custom },
            "via": { "channel": "api", "source": { "from": {}, "to": {}, "rel": null } },
            "events": events,
        });
        after.audits.push(audit.clone());
        self.tell(by, &ticket, &after);
        self.tickets.insert(number, after);
        Ok(Some(audit))
    }

    fn tell(&mut self, by: u64, before: &Ticket, after: &Ticket) {
        if before.status != after.status {
            let word = |status: &str| json!(status.to_uppercase());
            let event = (word(&before.status), word(&after.status));
            self.event("status_changed", by, after, event);
        }
        if before.assignee != after.assignee {
            let word = |id: Option<u64>| json!(id.map(|id| id.to_string()));
            let event = (word(before.assignee), word(after.assignee));
            self.event("agent_assignment_changed", by, after, event);
        }
    }

    /// An event of a ticket as Zendesk's webhooks tell it: numbers as text, states in capitals.
    pub(crate) fn event(
        &mut self,
        kind: &str,
        by: u64,
        ticket: &Ticket,
        (previous, current): (Value, Value),
    ) {
        let id = format!("01JX{:012}", self.next_id());
        let text = |id: Option<u64>| id.map_or_else(|| "0".to_owned(), |id| id.to_string());
        let body = json!({
            "type": format!("zen:event-type:ticket.{kind}"),
            "account_id": ACCOUNT,
            "id": id,
            "time": ticket.updated_at.to_rfc3339_opts(SecondsFormat::Nanos, true),
            "zendesk_event_version": "2022-11-06",
            "subject": format!("zen:ticket:{}", ticket.id),
            "detail": {
                "id": ticket.id.to_string(), "actor_id": by.to_string(),
                "assignee_id": text(ticket.assignee), "requester_id": ticket.requester.to_string(),
                "status": ticket.status.to_uppercase(), "subject": ticket.subject,
                "description": "고객이 쓴 글", "is_public": true, "tags": [],
                "created_at": written(ticket.created_at), "updated_at": written(ticket.updated_at),
                "via": { "channel": "web_service" },
            },
            "event": { "previous": previous, "current": current },
        });
        self.events.push(Delivery { invocation: id, body: body.to_string() });
    }
}

/// A time as Zendesk writes it.
pub(crate) fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
