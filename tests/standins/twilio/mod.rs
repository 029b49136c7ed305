//! Twilio without telephones: its REST API for calls, and people who answer, press keys, or do not.
//!
//! It behaves as Twilio does: a call is queued, rings, is answered and ends; TwiML is carried out verb by verb; every callback is
//! signed, has its SequenceNumber, and is tried again as its address asks for. On demand it is slow, refuses, answers nonsense,
//! breaks off, and tells things twice or in another order. What it does not understand it complains of.

#![allow(dead_code, reason = "each test program uses a part of it")]

mod talk;
mod twiml;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{any, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use coc::domain::time::Time;
use coc::ports::Clock;
use coc::service::WallClock;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::form_urlencoded;

pub(crate) const ACCOUNT: &str = "AC00000000000000000000000000000001";
pub(crate) const TOKEN: &str = "standin-auth-token";
pub(crate) const FROM: &str = "+827000000001";

/// Fields of a form, in order.
pub(crate) type Fields = Vec<(String, String)>;

/// What the person at the other end does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// Picks up and presses one of these keys each time the voice waits; `-` is none, and so is what comes after the last.
    Keys(&'static str),
    /// Picks up and hangs up before the voice is through.
    HangsUp,
    /// Is talking to somebody else.
    Busy,
    /// Lets it ring.
    NoAnswer,
    /// Has a machine that answers.
    Voicemail,
    /// Is not to be reached by the carrier.
    Failed,
}

/// What goes wrong with the next request of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is done, and answered much later.
    Slow(Duration),
    /// It is refused with this status and nothing is done.
    Status(u16),
    /// It is refused with this status, and Twilio's number for why.
    Code(u16, u64),
    /// Nothing is done, and the answer is 200 and no JSON.
    Garbage,
    /// It is done, but the connection breaks in the middle of the answer.
    Lost,
    /// Nothing is done, and the connection breaks in the middle of the answer.
    Gone,
}

/// Kinds of requests that go wrong each for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A call is placed.
    Create,
    /// Calls are listed.
    List,
    /// A call is ended.
    End,
    /// The account is looked at.
    Account,
}

/// How status callbacks are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Order {
    /// One after the other, as things happen.
    #[default]
    AsItHappens,
    /// Each twice.
    Twice,
    /// All when the call is over, the last one first.
    Backwards,
}

/// How the stand-in is set up.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// How long one of Twilio's seconds is.
    pub(crate) second: Duration,
    /// Whether the account may call Korea.
    pub(crate) korea: bool,
    /// How status callbacks are told.
    pub(crate) order: Order,
    /// How the account stands.
    pub(crate) status: &'static str,
    /// After how many of its seconds of ringing somebody who picks up does so.
    pub(crate) picks_up_after: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            second: Duration::from_millis(10),
            korea: true,
            order: Order::default(),
            status: "active",
            picks_up_after: 2,
        }
    }
}

/// A call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) sid: String,
    pub(crate) to: String,
    pub(crate) from: String,
    pub(crate) status: String,
    pub(crate) created: Time,
    /// What the voice said, in order.
    pub(crate) said: Vec<String>,
    /// Fields of the request that placed it.
    pub(crate) fields: Fields,
    end: watch::Sender<bool>,
}

impl Call {
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.status.as_str(), "completed" | "busy" | "failed" | "no-answer" | "canceled")
    }

    fn json(&self) -> Value {
        let stamp = |at: Time| at.to_utc().to_rfc2822();
        json!({
            "sid": self.sid,
            "account_sid": ACCOUNT,
            "to": self.to,
            "to_formatted": self.to,
            "from": self.from,
            "from_formatted": self.from,
            "status": self.status,
            "direction": "outbound-api",
            "api_version": "2010-04-01",
            "answered_by": null,
            "date_created": stamp(self.created),
            "date_updated": stamp(self.created),
            "start_time": (self.status != "queued").then(|| stamp(self.created)),
            "end_time": null,
            "duration": null,
            "price": null,
            "price_unit": "USD",
            "queue_time": "0",
            "uri": format!("/2010-04-01/Accounts/{ACCOUNT}/Calls/{}.json", self.sid),
            "subresource_uris": {},
        })
    }
}

/// A request that the stand-in made, and the status it was answered with; 0: it was not.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) url: String,
    pub(crate) fields: Fields,
    pub(crate) signature: String,
    pub(crate) answered: u16,
}

#[derive(Default)]
struct Inner {
    calls: Vec<Call>,
    people: BTreeMap<String, VecDeque<Does>>,
    /// What those do of whom nothing else is said, call by call; the last one from then on.
    everybody: VecDeque<Does>,
    faults: BTreeMap<Kind, VecDeque<Fault>>,
    told: Vec<Told>,
    complaints: Vec<String>,
}

/// The stand-in; clones are the same one.
#[derive(Clone)]
pub(crate) struct Twilio {
    inner: Arc<Mutex<Inner>>,
    options: Options,
    url: String,
}

impl Twilio {
    /// Listens on a free port of this machine.
    pub(crate) async fn start(options: Options) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").await.unwrap(), options)
    }

    pub(crate) fn listen(listener: TcpListener, options: Options) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let twilio = Self { inner: Arc::default(), options, url };
        let account = format!("/2010-04-01/Accounts/{ACCOUNT}");
        let router = Router::new()
            .route(&format!("{account}/Calls.json"), post(create).get(list))
            .route(&format!("{account}/Calls/{{sid}}"), post(update).get(one))
            .route(&format!("{account}/IncomingPhoneNumbers.json"), get(numbers))
            .route(&format!("{account}/OutgoingCallerIds.json"), get(verified))
            .route("/2010-04-01/Accounts/{account}", get(account_itself))
            .route("/v1/DialingPermissions/Countries/KR", get(korea))
            .fallback(any(nothing))
            .with_state(twilio.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        twilio
    }

    /// Where it is reached.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// What the person with this number does at the next call, and those after; then nobody answers.
    pub(crate) fn person(&self, number: &str, does: &[Does]) {
        let mut inner = self.inner();
        inner.people.entry(number.to_owned()).or_default().extend(does.iter().cloned());
    }

    /// What those do of whom nothing else is said: at the first call to anybody of them, at the second, …; the last from then on.
    pub(crate) fn everybody(&self, does: &[Does]) {
        self.inner().everybody = does.iter().cloned().collect();
    }

    /// The next request of this kind goes wrong.
    pub(crate) fn next(&self, kind: Kind, fault: Fault) {
        self.inner().faults.entry(kind).or_default().push_back(fault);
    }

    /// Every call that was placed, in order.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.inner().calls.clone()
    }

    /// Every callback that was made, in order of their answers.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.inner().told.clone()
    }

    /// What was not understood.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.inner().complaints.clone()
    }

    fn complain(&self, what: impl Into<String>) {
        self.inner().complaints.push(what.into());
    }

    fn fault(&self, kind: Kind) -> Option<Fault> {
        self.inner().faults.get_mut(&kind)?.pop_front()
    }

    fn with<T>(&self, sid: &str, act: impl FnOnce(&mut Call) -> T) -> T {
        let mut inner = self.inner();
        act(inner.calls.iter_mut().find(|call| call.sid == sid).unwrap())
    }
}

/// The signature as Twilio documents it.
pub(crate) fn signature(token: &str, url: &str, fields: &Fields) -> String {
    let mut sorted = fields.clone();
    sorted.sort();
    sorted.dedup();
    let mut text = url.to_owned();
    for (key, value) in sorted {
        text += &key;
        text += &value;
    }
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    STANDARD.encode(ring::hmac::sign(&key, text.as_bytes()))
}

fn error(status: u16, code: u64, message: &str) -> Response {
    let body = json!({
        "code": code,
        "message": message,
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
        "status": status,
    });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

/// How a request that bears other credentials is refused.
fn stranger(headers: &HeaderMap) -> Option<Response> {
    let right = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{TOKEN}")));
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    (given != Some(right.as_str())).then(|| error(401, 20003, "Authenticate"))
}

/// An answer whose connection breaks in its middle.
fn broken() -> Response {
    let parts: [Result<Bytes, std::io::Error>; 2] =
        [Ok(Bytes::from_static(b"{\"sid\":")), Err(std::io::Error::other("the line is cut"))];
    Body::from_stream(futures_util::stream::iter(parts)).into_response()
}

/// Does what a fault leaves to be done, and answers as it says.
async fn faulty(fault: Option<Fault>, act: impl FnOnce() -> Response) -> Response {
    match fault {
        None => act(),
        Some(Fault::Slow(wait)) => {
            let answer = act();
            tokio::time::sleep(wait).await;
            answer
        }
        Some(Fault::Status(status)) => {
            (StatusCode::from_u16(status).unwrap(), "<html>no</html>").into_response()
        }
        Some(Fault::Code(status, code)) => error(status, code, "no, because of +821000001001"),
        Some(Fault::Garbage) => "<html>이 페이지는 JSON이 아닙니다</html>".into_response(),
        Some(Fault::Lost) => {
            act();
            broken()
        }
        Some(Fault::Gone) => broken(),
    }
}

fn field<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

async fn read(body: Body) -> Fields {
    let body = to_bytes(body, 1 << 20).await.unwrap();
    form_urlencoded::parse(&body).into_owned().collect()
}

async fn create(State(twilio): State<Twilio>, headers: HeaderMap, body: Body) -> Response {
    if let Some(refusal) = stranger(&headers) {
        return refusal;
    }
    let fields = read(body).await;
    let fault = twilio.fault(Kind::Create);
    let placing = twilio.clone();
    faulty(fault, || placed(&placing, fields)).await
}

const KNOWN: [&str; 14] = [
    "To",
    "From",
    "Twiml",
    "Url",
    "Method",
    "StatusCallback",
    "StatusCallbackMethod",
    "StatusCallbackEvent",
    "Timeout",
    "TimeLimit",
    "MachineDetection",
    "AsyncAmd",
    "AsyncAmdStatusCallback",
    "AsyncAmdStatusCallbackMethod",
];

fn placed(twilio: &Twilio, fields: Fields) -> Response {
    for (name, _) in &fields {
        if !KNOWN.contains(&name.as_str()) {
            twilio.complain(format!("a call's {name} is not known"));
        }
    }
    let get = |name: &str| field(&fields, name).unwrap_or_default().to_owned();
    let (to, from) = (get("To"), get("From"));
    if from != FROM {
        return error(400, 21210, "From is not yours");
    }
    let digits = to.strip_prefix('+').unwrap_or_default();
    if !(8..=15).contains(&digits.len()) || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return error(400, 21211, "Invalid 'To' Phone Number");
    }
    if to.starts_with("+82") && !twilio.options.korea {
        return error(400, 21215, "Account not authorized to call this number");
    }
    match (field(&fields, "Twiml"), field(&fields, "Url")) {
        (Some(twiml), None) if twiml.chars().count() > 4000 => {
            return error(400, 21624, "Twiml is too long");
        }
        (Some(_), None) | (None, Some(_)) => {}
        (Some(_), Some(_)) | (None, None) => return error(400, 21205, "Url or Twiml"),
    }
    let mut inner = twilio.inner();
    let sid = format!("CA{:032x}", inner.calls.len() + 1);
    let own = inner.people.get_mut(&to).and_then(VecDeque::pop_front);
    let does = own.unwrap_or_else(|| match inner.everybody.len() {
        0 => Does::NoAnswer,
        1 => inner.everybody[0].clone(),
        _ => inner.everybody.pop_front().unwrap(),
    });
    let (end, ended) = watch::channel(false);
    let call = Call {
        sid: sid.clone(),
        to,
        from,
        status: "queued".to_owned(),
        created: WallClock.now(),
        said: Vec::new(),
        fields,
        end,
    };
    let shown = call.json();
    inner.calls.push(call);
    drop(inner);
    tokio::spawn(talk::carry(twilio.clone(), sid, does, ended));
    (StatusCode::CREATED, Json(shown)).into_response()
}

async fn list(
    State(twilio): State<Twilio>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = stranger(&headers) {
        return refusal;
    }
    let query = query.unwrap_or_default();
    let asked: Fields = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let fault = twilio.fault(Kind::List);
    faulty(fault, || {
        let fits = |call: &&Call| {
            let same = |name, value: &str| field(&asked, name).is_none_or(|asked| asked == value);
            same("To", &call.to) && same("From", &call.from) && same("Status", &call.status)
        };
        let size = field(&asked, "PageSize").and_then(|size| size.parse().ok()).unwrap_or(50);
        let inner = twilio.inner();
        // the newest first
        let calls: Vec<Value> =
            inner.calls.iter().rev().filter(fits).take(size).map(Call::json).collect();
        let uri = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json");
        Json(json!({
            "calls": calls, "page": 0, "page_size": size, "start": 0, "end": calls.len(), "uri": uri,
            "first_page_uri": uri, "next_page_uri": null, "previous_page_uri": null,
        }))
        .into_response()
    })
    .await
}

async fn one(
    State(twilio): State<Twilio>,
    Path(sid): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = stranger(&headers) {
        return refusal;
    }
    let found = twilio.calls().into_iter().find(|call| sid == format!("{}.json", call.sid));
    match found {
        Some(call) => Json(call.json()).into_response(),
        None => error(404, 20404, "not found"),
    }
}

async fn update(
    State(twilio): State<Twilio>,
    Path(sid): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if let Some(refusal) = stranger(&headers) {
        return refusal;
    }
    let fields = read(body).await;
    let fault = twilio.fault(Kind::End);
    faulty(fault, || {
        let inner = twilio.inner();
        let Some(call) = inner.calls.iter().find(|call| sid == format!("{}.json", call.sid)) else {
            return error(404, 20404, "not found");
        };
        match field(&fields, "Status") {
            _ if call.is_over() => {
                return error(400, 21220, "Call is not in-progress. Cannot redirect.");
            }
            Some("completed") => drop(call.end.send(true)),
            // does nothing to one that is talked on
            Some("canceled") if call.status == "in-progress" => {}
            Some("canceled") => drop(call.end.send(true)),
            Some(_) | None => return error(400, 20001, "Status"),
        }
        Json(call.json()).into_response()
    })
    .await
}

async fn account_itself(
    State(twilio): State<Twilio>,
    Path(account): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = stranger(&headers) {
        return refusal;
    }
    let fault = twilio.fault(Kind::Account);
    let status = twilio.options.status;
    faulty(fault, || {
        if account != format!("{ACCOUNT}.json") {
            return error(404, 20404, "not found");
        }
        Json(json!({
            "sid": ACCOUNT, "friendly_name": "stand-in", "status": status, "type": "Full",
            "owner_account_sid": ACCOUNT, "uri": format!("/2010-04-01/Accounts/{ACCOUNT}.json"),
        }))
        .into_response()
    })
    .await
}

async fn numbers(RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if let Some(refusal) = stranger(&headers) {
        return refusal;
    }
    let query = query.unwrap_or_default();
    let asked: Fields = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let owned = field(&asked, "PhoneNumber").is_none_or(|number| number == FROM);
    let numbers = if owned {
        json!([{"sid": "PN01", "phone_number": FROM, "capabilities": {"voice": true, "sms": false}}])
    } else {
        json!([])
    };
    Json(json!({
        "incoming_phone_numbers": numbers, "page": 0, "page_size": 50, "next_page_uri": null,
    }))
    .into_response()
}

async fn verified(headers: HeaderMap) -> Response {
    if let Some(refusal) = stranger(&headers) {
        return refusal;
    }
    let none: [Value; 0] = [];
    Json(json!({
        "outgoing_caller_ids": none, "page": 0, "page_size": 50, "next_page_uri": null,
    }))
    .into_response()
}

async fn korea(State(twilio): State<Twilio>, headers: HeaderMap) -> Response {
    if let Some(refusal) = stranger(&headers) {
        return refusal;
    }
    Json(json!({
        "iso_code": "KR", "name": "South Korea", "continent": "ASIA", "country_codes": ["+82"],
        "low_risk_numbers_enabled": twilio.options.korea,
        "high_risk_special_numbers_enabled": false,
        "high_risk_tollfraud_numbers_enabled": false,
    }))
    .into_response()
}

async fn nothing(State(twilio): State<Twilio>, method: Method, headers: HeaderMap) -> Response {
    if let Some(refusal) = stranger(&headers) {
        return refusal;
    }
    twilio.complain(format!("a {method} that Twilio does not have"));
    error(404, 20404, "not found")
}
