//! Telephone calls by a service of the team's own: the adapter, the hook and `docs/openapi/phone.yaml` agree. Every request and every
//! answer is kept, and held against the document by a judge of its own (`tests/official_clients/judge_openapi.py`).
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "standins/desk.rs"]
mod desk;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use coc::adapters::http::{Base, Http};
use coc::adapters::phone_http::{HttpPhone, Token};
use coc::domain::errand::CallEvent;
use coc::domain::ids::{ErrandId, Name, PhoneNumber};
use coc::domain::words::phone as words;
use coc::ingress::phone::router;
use coc::ports::{Clock, Phone, PortError};
use coc::service::WallClock;
use desk::Desk;
use http_body_util::Full;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

const TOKEN: &str = "a-long-random-token";
const ABOUT: &str = "한빛전자 장애 4242번 대응 요청입니다.";
const OTHER: &str = "다온유통 디스크 4343번 대응 요청입니다.";

/// Every value that was sent or answered, and which schema describes it.
static SEEN: Mutex<Vec<(String, Value)>> = Mutex::new(Vec::new());

/// The document.
struct Contract(Value);

impl Contract {
    fn read() -> Self {
        let text = include_str!("../docs/openapi/phone.yaml");
        Self(serde_saphyr::from_str(text).unwrap())
    }

    /// Keeps a value that one of the document's schemas must hold for.
    #[track_caller]
    fn holds(&self, schema: &str, value: &Value) {
        assert!(self.0["components"]["schemas"].get(schema).is_some(), "{schema} is not there");
        SEEN.lock().unwrap().push((schema.to_owned(), value.clone()));
    }

    /// The document says that this may be answered.
    #[track_caller]
    fn answers(&self, operation: &Value, status: u16) {
        let known = operation["responses"].get(status.to_string());
        assert!(known.is_some(), "{status} is not in {operation}");
    }
}

#[derive(Default)]
struct Inner {
    calls: BTreeMap<String, Value>,
    dialled: Vec<Value>,
    ended: Vec<String>,
    /// What the next request is answered with instead.
    next: Option<Answer>,
}

enum Answer {
    Status(StatusCode),
    Late(Duration),
    Garbage,
}

/// A service that does what the document says, and looks closely at what it is sent.
#[derive(Clone)]
struct Service {
    contract: Arc<Contract>,
    inner: Arc<Mutex<Inner>>,
}

impl Service {
    fn refuses(&self, headers: &HeaderMap) -> Option<Response> {
        let bearer = headers.get("authorization").and_then(|value| value.to_str().ok());
        if bearer != Some(&format!("Bearer {TOKEN}")) {
            return Some(StatusCode::UNAUTHORIZED.into_response());
        }
        match self.inner.lock().unwrap().next.take_if(|next| !matches!(next, Answer::Late(_)))? {
            Answer::Status(status) => Some((status, [("retry-after", "7")]).into_response()),
            Answer::Garbage => Some("<html>".into_response()),
            Answer::Late(_) => None,
        }
    }
}

async fn place(State(service): State<Service>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(refusal) = service.refuses(&headers) {
        return refusal;
    }
    let asked: Value = serde_json::from_slice(&body).unwrap();
    service.contract.holds("NewCall", &asked);
    let id = asked["id"].as_str().unwrap().to_owned();
    let (status, call, late) = {
        let mut inner = service.inner.lock().unwrap();
        let late = match inner.next.take() {
            Some(Answer::Late(late)) => Some(late),
            Some(_) | None => None,
        };
        match inner.calls.get(&id) {
            Some(call) => (StatusCode::OK, call.clone(), late),
            None => {
                let call = json!({"id": id, "created_at": WallClock.now().to_rfc3339()});
                inner.calls.insert(id, call.clone());
                inner.dialled.push(asked);
                (StatusCode::CREATED, call, late)
            }
        }
    };
    service.contract.holds("Call", &call);
    service.contract.answers(&service.contract.0["paths"]["/calls"]["post"], status.as_u16());
    if let Some(late) = late {
        tokio::time::sleep(late).await;
    }
    (status, Json(call)).into_response()
}

async fn find(
    State(service): State<Service>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if let Some(refusal) = service.refuses(&headers) {
        return refusal;
    }
    service.contract.holds("Id", &json!(id));
    match service.inner.lock().unwrap().calls.get(&id) {
        Some(call) => Json(call.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn end(
    State(service): State<Service>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if let Some(refusal) = service.refuses(&headers) {
        return refusal;
    }
    service.contract.holds("Id", &json!(id));
    let mut inner = service.inner.lock().unwrap();
    inner.ended.push(id.clone());
    if inner.calls.contains_key(&id) { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
        .into_response()
}

async fn health(State(service): State<Service>, headers: HeaderMap) -> Response {
    service.refuses(&headers).unwrap_or_else(|| StatusCode::NO_CONTENT.into_response())
}

struct Scene {
    contract: Arc<Contract>,
    service: Service,
    phone: HttpPhone,
    desk: Arc<Desk>,
    public: String,
    url: String,
}

fn id(text: &str) -> ErrandId {
    text.parse().unwrap()
}

fn phone(url: &str, token: &str, public: &str) -> HttpPhone {
    let (base, public) = (Base::read(url, "").unwrap(), Base::read(public, "").unwrap());
    HttpPhone::new(base, Token::new(token).unwrap(), &public, Duration::from_millis(500)).unwrap()
}

impl Scene {
    async fn set() -> Self {
        let contract = Arc::new(Contract::read());
        let service = Service { contract: Arc::clone(&contract), inner: Arc::default() };
        let routes = Router::new()
            .route("/v1/calls", post(place))
            .route("/v1/calls/{id}", get(find).delete(end))
            .route("/v1/health", get(health))
            .with_state(service.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let desk = Arc::new(Desk::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let public = format!("http://{}", listener.local_addr().unwrap());
        let hooks = router(TOKEN, desk.clone(), Arc::new(|| WallClock.now()));
        tokio::spawn(async move { axum::serve(listener, hooks).await.unwrap() });
        let phone = phone(&url, TOKEN, &public);
        Self { contract, service, phone, desk, public, url }
    }

    async fn call(&self, errand: &str) -> Result<String, PortError> {
        let number = PhoneNumber::from("010-0000-1001");
        let gaon = Name::from("가온별");
        self.phone.call(id(errand), &gaon, &number, &words::speech(&[ABOUT])).await
    }

    async fn find(&self, errand: &str, since: coc::domain::time::Time) -> Option<String> {
        let number = PhoneNumber::from("010-0000-1001");
        self.phone.find_call(id(errand), &number, since).await.unwrap()
    }

    fn next(&self, answer: Answer) {
        self.service.inner.lock().unwrap().next = Some(answer);
    }

    fn dialled(&self) -> usize {
        self.service.inner.lock().unwrap().dialled.len()
    }

    /// Tells the bot something as the document says, and holds the answer against it.
    async fn tells(&self, happened: Value) -> (u16, Option<Value>) {
        self.contract.holds("Happened", &happened);
        let (status, body) = self.posts(&happened, WallClock.now().timestamp(), TOKEN).await;
        let callbacks = &self.contract.0["paths"]["/calls"]["post"]["callbacks"]["happened"];
        self.contract.answers(&callbacks["{$request.body#/callback}"]["post"], status);
        let next = (!body.is_empty()).then(|| serde_json::from_str(&body).unwrap());
        if let Some(next) = &next {
            self.contract.holds("Next", next);
        }
        (status, next)
    }

    async fn posts(&self, happened: &Value, at: i64, token: &str) -> (u16, String) {
        let body = happened.to_string();
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, token.as_bytes());
        let signature = ring::hmac::sign(&key, format!("{at}.{body}").as_bytes());
        let hex: String = signature.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let callback = format!("{}/hooks/phone", self.public);
        let request = Request::builder()
            .method("POST")
            .uri(callback)
            .header("x-coc-timestamp", at.to_string())
            .header("x-coc-signature", hex)
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let client = Http::new(&Base::read(&self.public, "").unwrap(), Duration::from_secs(20));
        let answer = client.unwrap().send(request).await.unwrap();
        (answer.status.as_u16(), String::from_utf8(answer.body.to_vec()).unwrap())
    }
}

#[tokio::test]
async fn a_call_is_placed_found_and_ended() {
    let scene = Scene::set().await;
    let since = WallClock.now();
    assert_eq!(scene.find("12.0", since).await, None);
    assert_eq!(scene.call("12.0").await.unwrap(), "12.0");
    let dialled = scene.service.inner.lock().unwrap().dialled[0].clone();
    assert_eq!(dialled["to"], "+821000001001");
    assert_eq!(dialled["speech"], words::speech(&[ABOUT]));
    assert_eq!(dialled["callback"], format!("{}/hooks/phone", scene.public));
    assert_eq!(scene.find("12.0", since).await.as_deref(), Some("12.0"));
    // a journal that begins anew gives the name again: what bears it is another call
    let later = since + chrono::TimeDelta::hours(1);
    assert_eq!(scene.find("12.0", later).await, None);
    let gaon = Name::from("가온별");
    scene.phone.hang_up("12.0", &gaon).await.unwrap();
    scene.phone.hang_up("13.0", &gaon).await.unwrap();
    assert_eq!(scene.service.inner.lock().unwrap().ended, ["12.0", "13.0"]);
    let failed = scene.phone.hang_up("CA/../1", &gaon).await.unwrap_err();
    assert!(matches!(failed, PortError::Permanent { .. }), "{failed:?}");
    scene.phone.probe().await.unwrap();
}

#[tokio::test]
async fn a_call_whose_answer_was_lost_is_not_dialled_again() {
    let scene = Scene::set().await;
    scene.next(Answer::Late(Duration::from_secs(2)));
    let failed = scene.call("12.0").await.unwrap_err();
    assert!(matches!(failed, PortError::Unknown { .. }), "{failed:?}");
    assert_eq!(scene.call("12.0").await.unwrap(), "12.0");
    assert_eq!(scene.dialled(), 1);
}

#[tokio::test]
async fn what_a_refusal_means() {
    let scene = Scene::set().await;
    for (status, kind) in [
        (StatusCode::UNPROCESSABLE_ENTITY, "never"),
        (StatusCode::BAD_REQUEST, "never"),
        (StatusCode::TOO_MANY_REQUESTS, "later"),
        (StatusCode::SERVICE_UNAVAILABLE, "later"),
        (StatusCode::INTERNAL_SERVER_ERROR, "unknown"),
    ] {
        scene.next(Answer::Status(status));
        let failed = scene.call("12.0").await.unwrap_err();
        let is = match &failed {
            PortError::Transient { .. } | PortError::NotYet { .. } => "later",
            PortError::Unknown { .. } => "unknown",
            PortError::Permanent { .. } => "never",
        };
        assert_eq!(is, kind, "{status}: {failed}");
        assert!(!failed.to_string().contains("1001"), "{failed}");
    }
    scene.next(Answer::Garbage);
    let failed = scene.call("12.0").await.unwrap_err();
    assert!(matches!(failed, PortError::Unknown { .. }), "{failed:?}");
    assert_eq!(scene.dialled(), 0);
    let foreign = phone(&scene.url, "another-token", &scene.public);
    let failed = foreign.probe().await.unwrap_err();
    assert!(
        matches!(&failed, PortError::Transient { why, .. } if why.contains("인증")),
        "{failed:?}"
    );
    for wrong in ["", "두 낱말", "a b"] {
        assert!(Token::new(wrong).is_err(), "{wrong}");
    }
    assert!(!format!("{:?}", scene.phone).contains(TOKEN));
}

#[tokio::test]
async fn two_pages_in_one_call_have_their_own_keys() {
    let scene = Scene::set().await;
    scene.desk.owes(id("12.0"), ABOUT);
    scene.desk.owes(id("13.0"), OTHER);
    for page in ["12.0", "13.0"] {
        scene.desk.placed(id(page), "12.0");
    }
    let key = |key: &str, page: &str| json!({"id": "12.0", "event": "key", "key": key, "page": page, "turn": 1});
    let (status, next) = scene.tells(key("3", "12.0")).await;
    let next = next.unwrap();
    assert_eq!((status, &next["then"], &next["page"]), (200, &json!("ask"), &json!("12.0")));
    assert_eq!(next["speech"], words::speech(&[ABOUT, OTHER]));
    let (_, next) = scene.tells(key("1", "12.0")).await;
    let asked = json!({"then": "ask", "speech": words::next(OTHER), "page": "13.0", "turn": 1});
    assert_eq!(next.unwrap(), asked);
    let (_, next) = scene.tells(key("2", "13.0")).await;
    assert_eq!(next.unwrap(), json!({"then": "hang_up", "speech": words::goodbye(false)}));
    let (status, next) = scene.tells(json!({"id": "12.0", "event": "ended"})).await;
    assert_eq!((status, next), (204, None));
    let kept = [(id("12.0"), CallEvent::Accepted), (id("13.0"), CallEvent::Rejected)];
    assert_eq!(scene.desk.kept(), kept);
    let (_, next) = scene.tells(key("1", "13.0")).await;
    assert_eq!(next.unwrap(), json!({"then": "hang_up", "speech": words::over()}));
    assert_eq!(scene.desk.kept().len(), 2);
}

#[tokio::test]
async fn what_a_call_came_to_is_told_apart() {
    let scene = Scene::set().await;
    let all = [
        ("busy", Some(CallEvent::Busy)),
        ("no_answer", Some(CallEvent::NoAnswer)),
        ("voicemail", Some(CallEvent::Voicemail)),
        ("failed", Some(CallEvent::Failed)),
        ("ended", Some(CallEvent::Answered)),
        ("cancelled", None),
    ];
    for (nth, (event, meant)) in all.into_iter().enumerate() {
        let errand = format!("{nth}.0");
        scene.desk.owes(id(&errand), ABOUT);
        scene.desk.placed(id(&errand), &errand);
        for _ in 0..2 {
            let (status, _) = scene.tells(json!({"id": errand, "event": event})).await;
            assert_eq!(status, 204);
        }
        let kept = scene.desk.kept().into_iter().find(|(call, _)| *call == id(&errand));
        assert_eq!(kept.map(|(_, event)| event), meant, "{event}");
    }
    scene.desk.owes(id("9.0"), ABOUT);
    scene.desk.placed(id("9.0"), "9.0");
    let none = |turn: u8| json!({"id": "9.0", "event": "no_key", "page": "9.0", "turn": turn});
    let (_, next) = scene.tells(none(1)).await;
    assert_eq!(next.unwrap()["turn"], 2);
    let (_, next) = scene.tells(none(2)).await;
    assert_eq!(next.unwrap(), json!({"then": "hang_up", "speech": words::no_key()}));
    assert!(scene.desk.kept().contains(&(id("9.0"), CallEvent::Answered)));
}

#[tokio::test]
async fn what_is_not_the_services_is_refused_and_what_is_not_kept_comes_again() {
    let scene = Scene::set().await;
    scene.desk.owes(id("12.0"), ABOUT);
    scene.desk.placed(id("12.0"), "12.0");
    let key = json!({"id": "12.0", "event": "key", "key": "1", "page": "12.0", "turn": 1});
    let now = WallClock.now().timestamp();
    assert_eq!(scene.posts(&key, now, "another token").await.0, 403);
    assert_eq!(scene.posts(&key, now - 301, TOKEN).await.0, 403);
    assert_eq!(scene.posts(&key, now + 301, TOKEN).await.0, 403);
    for unreadable in [
        json!({"id": "12.0", "event": "key", "key": "11", "page": "12.0", "turn": 1}),
        json!({"id": "12.0", "event": "else"}),
        json!({"id": "CA1", "event": "busy"}),
        json!([]),
    ] {
        assert_eq!(scene.posts(&unreadable, now, TOKEN).await.0, 400, "{unreadable}");
    }
    let long = json!({"id": "12.0", "event": "busy", "else": "가".repeat(10_000)});
    assert_eq!(scene.posts(&long, now, TOKEN).await.0, 413);
    assert_eq!(scene.desk.kept(), []);
    scene.desk.is_away(true);
    let (status, next) = scene.tells(key.clone()).await;
    let told = json!({"then": "hang_up", "speech": words::not_kept()});
    assert_eq!((status, next), (503, Some(told)));
    let ended = json!({"id": "12.0", "event": "ended"});
    assert_eq!(scene.tells(ended.clone()).await, (503, None));
    scene.desk.is_away(false);
    assert_eq!(scene.tells(ended).await, (204, None));
    assert_eq!(scene.desk.kept(), [(id("12.0"), CallEvent::Answered)]);
}

/// Values that the document must not hold for.
fn wrong() -> Vec<(&'static str, Value)> {
    vec![
        ("Id", json!("CA1")),
        ("NewCall", json!({"id": "1.0", "to": "010-0000-1001", "speech": "말", "callback": "x:y"})),
        ("NewCall", json!({"id": "1.0", "to": "+821000001001", "speech": "말"})),
        ("Call", json!({"id": "1.0", "created_at": "어제"})),
        ("Happened", json!({"id": "1.0", "event": "key", "page": "1.0", "turn": 1})),
        ("Happened", json!({"id": "1.0", "event": "sleeps"})),
        ("Next", json!({"then": "ask", "speech": "말"})),
        ("Next", json!({"then": "hang_up", "page": "1.0"})),
    ]
}

#[test]
#[ignore = "needs Python with openapi-spec-validator; .ci/run installs it"]
fn every_exchange_is_as_the_document_says() {
    a_call_is_placed_found_and_ended();
    a_call_whose_answer_was_lost_is_not_dialled_again();
    what_a_refusal_means();
    two_pages_in_one_call_have_their_own_keys();
    what_a_call_came_to_is_told_apart();
    what_is_not_the_services_is_refused_and_what_is_not_kept_comes_again();
    let right = SEEN.lock().unwrap().clone();
    let kinds: std::collections::BTreeSet<&str> =
        right.iter().map(|(schema, _)| schema.as_str()).collect();
    let all = ["Call", "Happened", "Id", "NewCall", "Next"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all, "nothing is left out");
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let judges = std::path::PathBuf::from(std::env::var("COC_JUDGES").expect("COC_JUDGES"));
    let mut judge = Command::new(judges.join("bin/python"))
        .arg(here.join("tests/official_clients/judge_openapi.py"))
        .arg(here.join("docs/openapi/phone.yaml"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let asked = json!({"right": right, "wrong": wrong()}).to_string();
    judge.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
    assert!(judge.wait().unwrap().success());
}
