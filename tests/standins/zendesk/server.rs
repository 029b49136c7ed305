//! The account over HTTP.

use super::account::{Account, Refused, Ticket, User, written};
use super::search;
use super::webhook::{Hook, deliver_stubbornly};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub(crate) enum How {
    /// It is answered with this status, and asked to wait so many seconds.
    Status(u16, Option<u64>),
    /// The answer takes its time.
    Slow(Duration),
    /// The answer is none of Zendesk's.
    Garbage,
    /// The connection breaks in the middle of the answer.
    Vanish,
}

/// Whether what was asked for has happened all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    After,
}

/// Something that goes wrong so many times.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) method: Method,
    /// What the path contains.
    pub(crate) path: &'static str,
    pub(crate) how: How,
    pub(crate) when: When,
    pub(crate) times: usize,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Value,
}

struct Inner {
    account: Account,
    failures: Vec<Failure>,
    seen: Vec<Seen>,
    /// Who is told of events by themselves, as they happen.
    hook: Option<Hook>,
}

/// A stand-in that listens.
#[derive(Clone)]
pub(crate) struct Zendesk {
    address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
}

impl Zendesk {
    pub(crate) async fn open(account: Account) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").await.unwrap(), account)
    }

    pub(crate) fn listen(listener: TcpListener, account: Account) -> Self {
        let address = listener.local_addr().unwrap();
        let inner = Inner { account, failures: Vec::new(), seen: Vec::new(), hook: None };
        let this = Self { address, inner: Arc::new(Mutex::new(inner)) };
        let serving = this.clone();
        let app = Router::new().fallback(move |request: Request| {
            let serving = serving.clone();
            async move { serving.answer(request).await }
        });
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        this
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Looks at the account, or changes it as its people do.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Account) -> T) -> T {
        act(&mut self.inner.lock().unwrap().account)
    }

    pub(crate) fn fail(&self, failure: Failure) {
        self.inner.lock().unwrap().failures.push(failure);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.inner.lock().unwrap().seen.clone()
    }

    /// From now on every event is told there by itself.
    pub(crate) fn tell(&self, hook: Hook) {
        self.inner.lock().unwrap().hook = Some(hook);
    }

    /// Tells what happened meanwhile, if somebody is to be told.
    pub(crate) fn send_events(&self) {
        let mut inner = self.inner.lock().unwrap();
        let Some(hook) = inner.hook.clone() else { return };
        for delivery in std::mem::take(&mut inner.account.events) {
            tokio::spawn(deliver_stubbornly(hook.clone(), delivery));
        }
    }

    async fn answer(&self, request: Request) -> Response {
        let (head, body) = request.into_parts();
        let query = url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
        let query: Vec<(String, String)> = query.into_owned().collect();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let body: Value = if body.is_empty() {
            Value::Null
        } else {
            match serde_json::from_slice(&body) {
                Ok(body) => body,
                Err(_) => return error(StatusCode::BAD_REQUEST, "Unparseable"),
            }
        };
        let path = head.uri.path().to_owned();
        let seen = Seen { method: head.method, path, query, body };
        let failure = {
            let mut inner = self.inner.lock().unwrap();
            inner.seen.push(seen.clone());
            let mut failures = inner.failures.iter_mut();
            let failure = failures.find(|failure| {
                failure.times > 0
                    && failure.method == seen.method
                    && seen.path.contains(failure.path)
            });
            failure.map(|failure| {
                failure.times -= 1;
                failure.clone()
            })
        };
        let answer = match &failure {
            Some(failure) if failure.when == When::Before => None,
            Some(_) | None => Some(self.route(&seen, &head.headers)),
        };
        self.send_events();
        match failure.map(|failure| failure.how) {
            None => answer.unwrap(),
            Some(How::Status(status, wait)) => {
                let mut refused = error(StatusCode::from_u16(status).unwrap(), "Refused");
                if let Some(wait) = wait {
                    refused.headers_mut().insert("retry-after", wait.into());
                }
                refused
            }
            Some(How::Slow(wait)) => {
                tokio::time::sleep(wait).await;
                answer.unwrap_or_else(|| error(StatusCode::GATEWAY_TIMEOUT, "Timeout"))
            }
            Some(How::Garbage) => "<html>점검 중입니다</html>".into_response(),
            Some(How::Vanish) => {
                let cut = std::io::Error::other("gone");
                let parts = [Ok("{\"ticket\":"), Err(cut)];
                Body::from_stream(stream::iter(parts)).into_response()
            }
        }
    }

    fn route(&self, seen: &Seen, headers: &HeaderMap) -> Response {
        let mut inner = self.inner.lock().unwrap();
        let account = &mut inner.account;
        let url = self.url();
        let Some(path) = seen.path.strip_prefix("/api/v2/") else {
            return error(StatusCode::NOT_FOUND, "InvalidEndpoint");
        };
        let path = path.strip_suffix(".json").unwrap_or(path);
        let parts: Vec<&str> = path.split('/').collect();
        let caller = match caller(account, headers) {
            Ok(caller) => caller,
            Err(()) => return error(StatusCode::UNAUTHORIZED, "Couldn't authenticate you"),
        };
        if parts == ["users", "me"] {
            let me = caller.and_then(|id| account.users.get(&id));
            let anonymous = json!({ "id": null, "name": "Anonymous user", "role": "end-user" });
            return Json(json!({ "user": me.map_or(anonymous, |me| user(&url, me)) }))
                .into_response();
        }
        let Some(caller) = caller else {
            return error(StatusCode::UNAUTHORIZED, "Couldn't authenticate you");
        };
        if account.users[&caller].role == "end-user" {
            return error(StatusCode::FORBIDDEN, "Forbidden");
        }
        match (&seen.method, parts.as_slice()) {
            (&Method::GET, ["users"]) => {
                let roles: Vec<&str> = all(seen, &["role[]", "role"]);
                let users = account.users.values();
                let users = users.filter(|one| roles.is_empty() || roles.contains(&one.role));
                let users: Vec<Value> = users.map(|one| user(&url, one)).collect();
                page(seen, "users", users)
            }
            (&Method::GET, ["users", id]) => {
                let found = id.parse().ok().and_then(|id: u64| account.users.get(&id));
                found.map_or_else(gone, |one| {
                    Json(json!({ "user": user(&url, one) })).into_response()
                })
            }
            (&Method::GET, ["tickets"]) => {
                let wanted = all(seen, &["external_id"]).first().map(|id| (*id).to_owned());
                let tickets = account.tickets.values();
                let tickets = tickets
                    .filter(|one| wanted.is_none() || one.external_id == wanted)
                    .map(|one| ticket(&url, one))
                    .collect();
                page(seen, "tickets", tickets)
            }
            (&Method::POST, ["tickets"]) => {
                let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
                match account.create(caller, &seen.body["ticket"], key) {
                    Ok(Some(number)) => {
                        let ticket = ticket(&url, &account.tickets[&number]);
                        (StatusCode::CREATED, Json(json!({ "ticket": ticket }))).into_response()
                    }
                    Ok(None) => error(StatusCode::BAD_REQUEST, "IdempotentRequestError"),
                    Err(refused) => refusal(refused),
                }
            }
            (&Method::GET, ["tickets", id]) => {
                let found = id.parse().ok().and_then(|id: u64| account.tickets.get(&id).cloned());
                let Some(found) = found else { return gone() };
                if let Some((by, change)) = account.meanwhile.pop_front() {
                    account.person_changes(by, found.id, &change);
                }
                Json(json!({ "ticket": ticket(&url, &found) })).into_response()
            }
            (&Method::PUT, ["tickets", id]) => {
                let Ok(id) = id.parse() else { return gone() };
                match account.update(caller, id, &seen.body["ticket"]) {
                    Ok(audit) => {
                        let ticket = ticket(&url, &account.tickets[&id]);
                        Json(json!({ "ticket": ticket, "audit": audit })).into_response()
                    }
                    Err(refused) => refusal(refused),
                }
            }
            (&Method::GET, ["tickets", id, "audits"]) => {
                let found = id.parse().ok().and_then(|id: u64| account.tickets.get(&id));
                match found {
                    None => gone(),
                    // archived ones come all at once
                    Some(one) if one.status == "closed" => {
                        Json(json!({ "audits": one.audits })).into_response()
                    }
                    Some(one) => page(seen, "audits", one.audits.clone()),
                }
            }
            (&Method::GET, ["tickets", id, "comments"]) => {
                let found = id.parse().ok().and_then(|id: u64| account.tickets.get(&id));
                found.map_or_else(gone, |one| page(seen, "comments", comments(one)))
            }
            (&Method::GET, ["search"]) => {
                let query = all(seen, &["query"]).concat();
                match search::find(account, &query) {
                    Ok(found) => {
                        let found = found.into_iter().map(|one| {
                            let mut found = ticket(&url, one);
                            found["result_type"] = json!("ticket");
                            found
                        });
                        page(seen, "results", found.collect())
                    }
                    Err(_) => error(StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
                }
            }
            (&Method::GET, ["search", "count"]) => {
                let query = all(seen, &["query"]).concat();
                match search::find(account, &query) {
                    Ok(found) => Json(json!({ "count": found.len() })).into_response(),
                    Err(_) => error(StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
                }
            }
            _ => error(StatusCode::NOT_FOUND, "InvalidEndpoint"),
        }
    }
}

/// Whose request it is; `Ok(None)` without credentials.
fn caller(account: &Account, headers: &HeaderMap) -> Result<Option<u64>, ()> {
    let Some(given) = headers.get("authorization") else { return Ok(None) };
    let given = given.to_str().map_err(|_| ())?.strip_prefix("Basic ").ok_or(())?;
    let given = String::from_utf8(STANDARD.decode(given).map_err(|_| ())?).map_err(|_| ())?;
    let (email, token) = given.split_once("/token:").ok_or(())?;
    let mut users = account.users.values();
    let user = users.find(|user| user.email.as_deref() == Some(email)).ok_or(())?;
    if token == account.token && !user.suspended { Ok(Some(user.id)) } else { Err(()) }
}

fn all<'a>(seen: &'a Seen, names: &[&str]) -> Vec<&'a str> {
    let pairs = seen.query.iter();
    let named = pairs.filter(|(name, _)| names.contains(&name.as_str()));
    named.map(|(_, value)| value.as_str()).collect()
}

/// One page of a list: by cursor where a size is asked for, by number else.
fn page(seen: &Seen, name: &str, items: Vec<Value>) -> Response {
    let number = |key: &str| all(seen, &[key]).first().and_then(|text| text.parse::<usize>().ok());
    let count = items.len();
    if let Some(size) = number("page[size]") {
        let size = size.clamp(1, 100);
        let after =
            all(seen, &["page[after]"]).first().map(|text| text.trim_start_matches("after-"));
        let from = after.and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
        let more = from + size < count;
        let items: Vec<Value> = items.into_iter().skip(from).take(size).collect();
        let cursor = more.then(|| format!("after-{}", from + size));
        return Json(json!({
            name: items,
            "meta": { "has_more": more, "after_cursor": cursor, "before_cursor": null },
            "links": { "next": null, "prev": null },
        }))
        .into_response();
    }
    let size = number("per_page").unwrap_or(100).clamp(1, 100);
    let from = (number("page").unwrap_or(1).max(1) - 1) * size;
    let items: Vec<Value> = items.into_iter().skip(from).take(size).collect();
    Json(json!({ name: items, "count": count, "next_page": null, "previous_page": null }))
        .into_response()
}

fn user(url: &str, one: &User) -> Value {
    json!({
        "id": one.id, "url": format!("{url}/api/v2/users/{}.json", one.id), "name": one.name,
        "email": one.email, "role": one.role, "active": true, "verified": true,
        "suspended": one.suspended, "created_at": "2025-01-02T00:00:00Z",
        "updated_at": "2025-01-02T00:00:00Z", "time_zone": "Seoul", "locale": "ko", "tags": [],
        "phone": null, "organization_id": null, "user_fields": {},
    })
}

fn ticket(url: &str, one: &Ticket) -> Value {
    json!({
        "id": one.id, "url": format!("{url}/api/v2/tickets/{}.json", one.id),
        "subject": one.subject, "raw_subject": one.subject, "description": "고객이 쓴 글",
        "status": one.status, "assignee_id": one.assignee, "requester_id": one.requester,
        "submitter_id": one.requester, "organization_id": null, "group_id": null,
        "priority": "normal", "type": "incident", "tags": [], "custom_fields": [],
        "created_at": written(one.created_at), "updated_at": written(one.updated_at),
        "via": { "channel": "web", "source": { "from": {}, "to": {}, "rel": null } },
        "collaborator_ids": [], "follower_ids": [], "email_cc_ids": [], "has_incidents": false,
        "is_public": true, "due_at": null, "problem_id": null, "external_id": one.external_id,
    })
}

fn comments(one: &Ticket) -> Vec<Value> {
    let mut found = Vec::new();
    for audit in &one.audits {
        for event in audit["events"].as_array().unwrap() {
            if event["type"] == "Comment" {
                let mut comment = event.clone();
                comment["audit_id"] = audit["id"].clone();
                comment["created_at"] = audit["created_at"].clone();
                comment["via"] = audit["via"].clone();
                comment["metadata"] = audit["metadata"].clone();
                found.push(comment);
            }
        }
    }
    found
}

fn error(status: StatusCode, word: &str) -> Response {
    (status, Json(json!({ "error": word }))).into_response()
}

fn gone() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "error": "RecordNotFound", "description": "Not found" })))
        .into_response()
}

fn refusal(refused: Refused) -> Response {
    match refused {
        Refused::NoTicket => gone(),
        Refused::Outdated => (
            StatusCode::CONFLICT,
            Json(json!({
                "error": "UpdateConflict",
                "description": "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data and try again.",
            })),
        )
            .into_response(),
        Refused::Unfit(field, why) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            Json(json!({
                "error": "RecordInvalid", "description": "Record validation errors",
                "details": { field: [{ "description": why }] },
            })),
        )
            .into_response(),
    }
}
