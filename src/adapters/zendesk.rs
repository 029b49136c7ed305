//! The support desk: Zendesk's ticketing API.
//!
//! A change is one request: assignee, status and comment together, all or nothing. It names the state that it was decided upon, and
//! Zendesk refuses it when somebody was faster; so a request that was given up on cannot overtake the one that replaced it. Each
//! change bears its errand's name in its audit's metadata, where it is looked for before it is repeated. A ticket that is opened bears it
//! as its external id, and as the request's idempotency key.

use super::http::{Base, Http, NotABase, Repeat, Reply, refused};
use crate::domain::errand::{NewTicket, TicketAct, TicketDeed};
use crate::domain::ids::{ErrandId, Name, TicketLink};
use crate::ports::{Engineer, PortError, Tickets};
use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use http_body_util::Full;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::form_urlencoded;

/// How the service is called in what COC reads.
const WHAT: &str = "Zendesk";
/// Requests for counts that are under way at once; a team of forty takes a few seconds so, and people's own work is not limited.
const COUNTS_AT_ONCE: usize = 4;
/// How often a change is tried that others overtake.
const TRIES: usize = 4;
/// How long the list of agents is believed while somebody is not on it.
const AGENTS_ARE_FRESH: Duration = Duration::from_secs(600);
/// Agents a page, as many as Zendesk gives.
const AGENTS_A_PAGE: usize = 100;
/// Audits a page: each bears a comment of up to 64 KiB in three forms, and an answer is not read beyond its bound.
const AUDITS_A_PAGE: usize = 25;
/// More pages than Zendesk has of anything that is asked for here: a ticket has at most 5,000 comments.
const PAGES: usize = 400;
/// A comment may be 64 KiB long; room is left for what Zendesk makes of it.
const LONGEST_COMMENT: usize = 60_000;
/// The keys in an audit's metadata.
const ERRAND: &str = "coc_errand";
const DEED: &str = "coc_deed";
/// Zendesk opens one ticket for all requests that bear the same.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

const EXAMPLE: &str = "https://example.zendesk.com";

/// How Zendesk is reached.
#[derive(Clone)]
pub struct Settings {
    base: Base,
    authorization: HeaderValue,
    /// What a request may take, answer included.
    pub time_out: Duration,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("base", &self.base)
            .field("time_out", &self.time_out)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// `url` is the account's address (`https://example.zendesk.com`), with or without what its pages and its API add to it;
    /// `email` that of an agent or administrator; `token` an API token.
    ///
    /// # Errors
    /// When the token must not be sent to that address.
    pub fn new(url: &str, email: &str, token: &str) -> Result<Self, NotABase> {
        let bare = url.trim().trim_end_matches('/');
        let bare = bare.strip_suffix("/api/v2").or(bare.strip_suffix("/agent")).unwrap_or(bare);
        let base = Base::read(bare, EXAMPLE)?;
        let credentials = STANDARD.encode(format!("{}/token:{}", email.trim(), token.trim()));
        // base64 has no letter that a header may not have
        let mut authorization = HeaderValue::from_str(&format!("Basic {credentials}"))
            .unwrap_or_else(|_| HeaderValue::from_static("Basic"));
        authorization.set_sensitive(true);
        Ok(Self { base, authorization, time_out: Duration::from_secs(10) })
    }
}

/// The people who may have tickets, as Zendesk knows them.
#[derive(Debug, Default)]
struct Agents {
    /// By address in lower case; those who can be given tickets.
    ids: BTreeMap<String, u64>,
    /// Everybody's address, in service or not.
    emails: BTreeMap<u64, String>,
    read_at: Option<Instant>,
}

impl Agents {
    fn id(&self, email: &str) -> Option<u64> {
        self.ids.get(&email.to_lowercase()).copied()
    }

    fn are_fresh(&self) -> bool {
        self.read_at.is_some_and(|at| at.elapsed() < AGENTS_ARE_FRESH)
    }
}

/// A client of one Zendesk account.
pub struct Zendesk {
    http: Http,
    settings: Settings,
    agents: Mutex<Agents>,
}

impl fmt::Debug for Zendesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zendesk").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Whose credentials these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Myself {
    /// Zendesk's word: `admin`, `agent`, `end-user`.
    pub role: String,
}

impl Myself {
    /// Whether this person may change tickets.
    #[must_use]
    pub fn may_work(&self) -> bool {
        matches!(self.role.as_str(), "admin" | "agent")
    }
}

#[derive(Deserialize)]
struct UserAnswer {
    user: User,
}

#[derive(Deserialize)]
struct UsersAnswer {
    users: Vec<User>,
    meta: Meta,
}

#[derive(Deserialize)]
struct User {
    /// Absent of somebody whom Zendesk does not know.
    id: Option<u64>,
    email: Option<String>,
    role: Option<String>,
    #[serde(default)]
    suspended: Option<bool>,
    #[serde(default)]
    active: Option<bool>,
}

#[derive(Default, Deserialize)]
struct Meta {
    has_more: bool,
    #[serde(default)]
    after_cursor: Option<String>,
}

impl Meta {
    fn next(self) -> Option<String> {
        self.after_cursor.filter(|_| self.has_more)
    }
}

#[derive(Deserialize)]
struct CountAnswer {
    count: u32,
}

#[derive(Deserialize)]
struct TicketAnswer {
    ticket: Ticket,
}

#[derive(Deserialize)]
struct TicketsAnswer {
    tickets: Vec<Found>,
}

/// A ticket in a list.
#[derive(Deserialize)]
struct Found {
    id: u64,
    external_id: Option<String>,
}

#[derive(Deserialize)]
struct Ticket {
    id: u64,
    status: String,
    /// As Zendesk writes it: it is handed back letter by letter.
    updated_at: String,
}

#[derive(Deserialize)]
struct AuditsAnswer {
    audits: Vec<Audit>,
    /// Absent of an archived ticket, whose audits come all at once.
    #[serde(default)]
    meta: Meta,
}

#[derive(Deserialize)]
struct Audit {
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    /// A map; an empty list when there is nothing in it.
    #[serde(default)]
    custom: Value,
}

impl Metadata {
    fn has(&self, key: &str, value: &str) -> bool {
        self.custom.get(key).and_then(Value::as_str) == Some(value)
    }
}

/// How a change went that Zendesk decided upon.
enum Put {
    Done,
    /// Somebody changed the ticket since it was read.
    Overtaken,
}

impl Zendesk {
    /// A client; connects when it is first used.
    ///
    /// # Errors
    /// When the machine has no certificates to trust.
    pub fn new(settings: Settings) -> std::io::Result<Self> {
        let http = Http::new(&settings.base, settings.time_out)?;
        Ok(Self { http, settings, agents: Mutex::default() })
    }

    /// Whose credentials these are.
    ///
    /// # Errors
    /// When Zendesk does not say.
    pub async fn myself(&self) -> Result<Myself, PortError> {
        let answer: UserAnswer = self.read("/api/v2/users/me.json", &[]).await?;
        // wrong credentials may be answered as somebody unknown
        let role = answer.user.id.and(answer.user.role).unwrap_or_default();
        Ok(Myself { role })
    }

    /// The address of a user; `None` when Zendesk knows none.
    ///
    /// # Errors
    /// When Zendesk does not answer.
    pub async fn email_of(&self, user: u64) -> Result<Option<String>, PortError> {
        if let Some(email) = self.agents.lock().await.emails.get(&user) {
            return Ok(Some(email.clone()));
        }
        let reply = self.get(&format!("/api/v2/users/{user}.json"), &[]).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let answer: UserAnswer = parsed(&reply)?;
        let email = answer.user.email;
        if let Some(email) = &email {
            self.agents.lock().await.emails.insert(user, email.clone());
        }
        Ok(email)
    }

    /// Those of these people whom Zendesk does not know as somebody who can be given tickets. Reads the agents anew.
    ///
    /// # Errors
    /// When Zendesk does not answer.
    pub async fn unknown<'a>(&self, people: &'a [Engineer]) -> Result<Vec<&'a Name>, PortError> {
        let mut agents = self.agents.lock().await;
        self.read_agents(&mut agents).await?;
        let unknown = people
            .iter()
            .filter(|person| person.email.as_ref().and_then(|email| agents.id(email)).is_none());
        Ok(unknown.map(|person| &person.name).collect())
    }

    async fn read_agents(&self, agents: &mut Agents) -> Result<(), PortError> {
        let mut found = Agents::default();
        let mut after: Option<String> = None;
        for _ in 0..PAGES {
            let size = AGENTS_A_PAGE.to_string();
            let mut query =
                vec![("role[]", "agent"), ("role[]", "admin"), ("page[size]", size.as_str())];
            if let Some(after) = &after {
                query.push(("page[after]", after));
            }
            let page: UsersAnswer = self.read("/api/v2/users.json", &query).await?;
            for user in page.users {
                let (Some(id), Some(email)) = (user.id, user.email) else { continue };
                if user.suspended != Some(true) && user.active != Some(false) {
                    found.ids.insert(email.to_lowercase(), id);
                }
                found.emails.insert(id, email);
            }
            after = page.meta.next();
            if after.is_none() {
                found.read_at = Some(Instant::now());
                *agents = found;
                return Ok(());
            }
        }
        Err(endless())
    }

    async fn assignee(&self, to: &Name, email: Option<&str>) -> Result<u64, PortError> {
        let Some(email) = email else {
            let why = format!("업무가이드에 {}의 이메일이 없습니다", to.polite());
            return Err(PortError::Permanent { why });
        };
        let mut agents = self.agents.lock().await;
        if let Some(id) = agents.id(email) {
            return Ok(id);
        }
        self.read_agents(&mut agents).await?;
        agents.id(email).ok_or_else(|| PortError::Permanent {
            why: format!("{}의 이메일로 된 Zendesk 상담원이 없습니다", to.polite()),
        })
    }

    async fn ticket(&self, number: u64) -> Result<Ticket, PortError> {
        let reply = self.get(&format!("/api/v2/tickets/{number}.json"), &[]).await?;
        match reply.status {
            StatusCode::NOT_FOUND => Err(not_found(number)),
            StatusCode::FORBIDDEN => Err(not_ours(number)),
            _ => parsed(&reply).map(|answer: TicketAnswer| answer.ticket),
        }
    }

    async fn put(&self, ticket: &Ticket, change: &Value) -> Result<Put, PortError> {
        let mut change = change.clone();
        change["updated_stamp"] = json!(ticket.updated_at);
        let body = json!({ "ticket": change }).to_string();
        let path = format!("/api/v2/tickets/{}.json", ticket.id);
        let request = self.request(Method::PUT, &path, &[], body)?;
        let sent = self.http.send(request).await;
        let reply = sent.map_err(|error| error.port(WHAT, Repeat::Doubles))?;
        match reply.status {
            StatusCode::CONFLICT => Ok(Put::Overtaken),
            StatusCode::NOT_FOUND => Err(not_found(ticket.id)),
            StatusCode::FORBIDDEN => Err(not_ours(ticket.id)),
            StatusCode::UNPROCESSABLE_ENTITY => Err(unfit(&reply)),
            status if status.is_success() => {
                // something else than Zendesk can stand in between and be pleased with anything
                let ours = serde_json::from_slice::<TicketAnswer>(&reply.body)
                    .is_ok_and(|answer| answer.ticket.id == ticket.id);
                let strange = || Repeat::Doubles.doubtful(strange());
                if ours { Ok(Put::Done) } else { Err(strange()) }
            }
            _ => Err(refused(WHAT, &reply, Repeat::Doubles)),
        }
    }

    async fn find(
        &self,
        number: u64,
        errand: ErrandId,
        deed: &TicketDeed,
    ) -> Result<bool, PortError> {
        let path = format!("/api/v2/tickets/{number}/audits.json");
        let (errand, deed) = (errand.to_string(), fingerprint(deed));
        let size = AUDITS_A_PAGE.to_string();
        let mut after: Option<String> = None;
        for _ in 0..PAGES {
            let mut query = vec![("page[size]", size.as_str())];
            if let Some(after) = &after {
                query.push(("page[after]", after));
            }
            let reply = self.get(&path, &query).await?;
            if reply.status == StatusCode::NOT_FOUND {
                return Err(not_found(number));
            }
            let page: AuditsAnswer = parsed(&reply)?;
            let mut metadata = page.audits.iter().map(|audit| &audit.metadata);
            if metadata.any(|data| data.has(ERRAND, &errand) && data.has(DEED, &deed)) {
                return Ok(true);
            }
            after = page.meta.next();
            if after.is_none() {
                return Ok(false);
            }
        }
        Err(endless())
    }

    /// A ticket's page.
    fn link(&self, number: u64) -> TicketLink {
        TicketLink(self.settings.base.at(&format!("/agent/tickets/{number}")))
    }

    async fn count(&self, assignee: u64) -> Result<u32, PortError> {
        let query = format!("type:ticket status<solved assignee:{assignee}");
        let answer: CountAnswer =
            self.read("/api/v2/search/count.json", &[("query", &query)]).await?;
        Ok(answer.count)
    }

    async fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, PortError> {
        parsed(&self.get(path, query).await?)
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Reply, PortError> {
        let request = self.request(Method::GET, path, query, String::new())?;
        self.http.send(request).await.map_err(|error| error.port(WHAT, Repeat::Harmless))
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: String,
    ) -> Result<Request<Full<Bytes>>, PortError> {
        let mut address = self.settings.base.at(path);
        if !query.is_empty() {
            let query =
                form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
            address = format!("{address}?{}", query.replace('+', "%20"));
        }
        Request::builder()
            .method(method)
            .uri(address)
            .header(AUTHORIZATION, self.settings.authorization.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| PortError::Permanent {
                why: format!("{WHAT}: 주소가 올바르지 않습니다")
            })
    }
}

#[async_trait]
impl Tickets for Zendesk {
    async fn active(&self, of: &[Engineer]) -> Result<BTreeMap<Name, u32>, PortError> {
        let mut known = Vec::new();
        {
            let mut agents = self.agents.lock().await;
            let emails = || of.iter().filter_map(|person| person.email.as_deref());
            if emails().any(|email| agents.id(email).is_none()) && !agents.are_fresh() {
                self.read_agents(&mut agents).await?;
            }
            for person in of {
                let id = person.email.as_deref().and_then(|email| agents.id(email));
                known.extend(id.map(|id| (person.name.clone(), id)));
            }
        }
        stream::iter(known)
            .map(|(name, id)| async move { Ok((name, self.count(id).await?)) })
            .buffer_unordered(COUNTS_AT_ONCE)
            .try_collect()
            .await
    }

    async fn act(&self, errand: ErrandId, deed: &TicketDeed) -> Result<(), PortError> {
        let number = number_of(&deed.ticket)?;
        let mut change = json!({
            "comment": { "body": bounded(&deed.comment), "public": false },
            "metadata": { ERRAND: errand.to_string(), DEED: fingerprint(deed) },
            "safe_update": true,
        });
        match &deed.act {
            TicketAct::Assign { to, email } => {
                change["assignee_id"] = json!(self.assignee(to, email.as_deref()).await?);
            }
            TicketAct::Comment => {}
            TicketAct::Solve => change["status"] = json!("solved"),
        }
        for _ in 0..TRIES {
            let ticket = self.ticket(number).await?;
            if ticket.status == "closed" {
                let why = format!("티켓 {number}번은 종료(closed)되어 바꿀 수 없습니다");
                return Err(PortError::Permanent { why });
            }
            match self.put(&ticket, &change).await? {
                Put::Done => return Ok(()),
                // the one who was faster may be an earlier request of this errand
                Put::Overtaken if self.find(number, errand, deed).await? => return Ok(()),
                Put::Overtaken => {}
            }
        }
        Err(PortError::Transient {
            why: format!("{WHAT}: 티켓 {number}번을 다른 쪽에서 계속 바꾸고 있습니다 (409)"),
            retry_after: None,
        })
    }

    async fn open(&self, errand: ErrandId, ticket: &NewTicket) -> Result<TicketLink, PortError> {
        let name = external_id(errand, ticket);
        let body = json!({ "ticket": {
            "subject": ticket.subject,
            "comment": { "body": bounded(&ticket.comment), "public": false },
            "external_id": name,
        } });
        let mut request =
            self.request(Method::POST, "/api/v2/tickets.json", &[], body.to_string())?;
        if let Ok(name) = HeaderValue::from_str(&name) {
            request.headers_mut().insert(IDEMPOTENCY_KEY, name);
        }
        let sent = self.http.send(request).await;
        let reply = sent.map_err(|error| error.port(WHAT, Repeat::Doubles))?;
        match reply.status {
            StatusCode::UNPROCESSABLE_ENTITY => Err(unfit(&reply)),
            status if status.is_success() => {
                let answer = serde_json::from_slice::<TicketAnswer>(&reply.body);
                let answer = answer.map_err(|_| Repeat::Doubles.doubtful(strange()))?;
                Ok(self.link(answer.ticket.id))
            }
            _ => Err(refused(WHAT, &reply, Repeat::Doubles)),
        }
    }

    async fn find_opened(
        &self,
        errand: ErrandId,
        ticket: &NewTicket,
    ) -> Result<Option<TicketLink>, PortError> {
        let name = external_id(errand, ticket);
        let answer: TicketsAnswer =
            self.read("/api/v2/tickets.json", &[("external_id", &name)]).await?;
        // an answer that is not held to the id that was asked for finds nothing
        let own = |found: &&Found| found.external_id.as_ref() == Some(&name);
        Ok(answer.tickets.iter().find(own).map(|found| self.link(found.id)))
    }

    async fn is_done(&self, errand: ErrandId, deed: &TicketDeed) -> Result<bool, PortError> {
        self.find(number_of(&deed.ticket)?, errand, deed).await
    }

    async fn probe(&self) -> Result<(), PortError> {
        let later = |why| PortError::Transient { why, retry_after: None };
        match self.myself().await {
            Ok(myself) if myself.may_work() => Ok(()),
            Ok(_) => Err(later(format!("{WHAT}: 상담원이나 관리자의 계정이 아닙니다"))),
            // a probe is tried until it works: whatever is wrong, somebody may mend it
            Err(
                PortError::Permanent { why }
                | PortError::Unknown { why }
                | PortError::NotYet { why },
            ) => Err(later(why)),
            Err(error @ PortError::Transient { .. }) => Err(error),
        }
    }
}

fn number_of(ticket: &TicketLink) -> Result<u64, PortError> {
    ticket.number().ok_or_else(|| PortError::Permanent {
        why: "링크에서 티켓 번호를 찾지 못했습니다".to_owned(),
    })
}

fn not_found(number: u64) -> PortError {
    PortError::Permanent { why: format!("티켓 {number}번을 찾지 못했습니다") }
}

/// Credentials that are wrong altogether are answered 401; this is one ticket, and must not hold up the others.
fn not_ours(number: u64) -> PortError {
    PortError::Permanent {
        why: format!("티켓 {number}번을 보거나 바꿀 권한이 없습니다")
    }
}

fn strange() -> String {
    format!("{WHAT}: 알 수 없는 응답입니다")
}

fn endless() -> PortError {
    PortError::Transient {
        why: format!("{WHAT}: 목록이 끝나지 않습니다"), retry_after: None
    }
}

fn parsed<T: DeserializeOwned>(reply: &Reply) -> Result<T, PortError> {
    if !reply.status.is_success() {
        return Err(refused(WHAT, reply, Repeat::Harmless));
    }
    // without what the parser says: it quotes what it read
    serde_json::from_slice(&reply.body).map_err(|_| Repeat::Harmless.doubtful(strange()))
}

/// Why Zendesk finds a change unfit, by the names of its fields alone: what else it says may be people's words.
fn unfit(reply: &Reply) -> PortError {
    #[derive(Deserialize)]
    struct Answer {
        details: BTreeMap<String, Value>,
    }
    let is_word = |word: &String| {
        word.len() <= 40 && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    let details = serde_json::from_slice::<Answer>(&reply.body).map(|answer| answer.details);
    let words: Vec<String> = details.unwrap_or_default().into_keys().filter(is_word).collect();
    let words = if words.is_empty() { String::new() } else { format!(": {}", words.join(", ")) };
    PortError::Permanent { why: format!("{WHAT}가 받아들이지 않았습니다{words} (422)") }
}

/// What is done, as sixteen hexadecimal digits: an errand of another journal may have the same number.
fn fingerprint(deed: &TicketDeed) -> String {
    let said = match &deed.act {
        TicketAct::Assign { to, email } => {
            format!("assign\n{to}\n{}", email.as_deref().unwrap_or_default())
        }
        TicketAct::Comment => "comment".to_owned(),
        TicketAct::Solve => "solve".to_owned(),
    };
    let whole = Sha256::digest(format!("{}\n{said}\n{}", deed.ticket, deed.comment));
    whole.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What a new ticket is found again by.
fn external_id(errand: ErrandId, ticket: &NewTicket) -> String {
    let whole = Sha256::digest(format!("{}\n{}", ticket.subject, ticket.comment));
    let digits: String = whole.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("coc-{errand}-{digits}")
}

fn bounded(comment: &str) -> &str {
    &comment[..comment.floor_char_boundary(LONGEST_COMMENT)]
}
