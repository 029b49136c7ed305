//! The limits on what one source may ask, before the real doors.
#![expect(clippy::unwrap_used, reason = "tests")]

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::ConnectInfo;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use coc::domain::input::{Notice, SlackInput, TopicNews};
use coc::domain::message::Answer;
use coc::domain::policy::Admission;
use coc::domain::time::{Time, in_seoul};
use coc::ingress::http::{Verifier, router};
use coc::ingress::limits::{Gate, Limits};
use coc::ingress::request::Now;
use coc::ingress::sns::{Hook, Trust, router as sns};
use coc::ingress::{Desk, Notices, Unavailable};
use coc::metrics::Metrics;
use prometheus_client::encoding::prometheus_text;
use ring::hmac;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service;

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const NOW: i64 = 1_754_398_800;
const OURS: &str = "arn:aws:sns:ap-northeast-2:123456789012:coc-alarms";
const FOREIGN: &str = "arn:aws:sns:ap-northeast-2:210987654321:other";

fn now() -> Time {
    in_seoul(&chrono::DateTime::from_timestamp(NOW, 0).unwrap())
}

/// A desk that counts.
#[derive(Default)]
struct Counting {
    slack: AtomicUsize,
    notices: AtomicUsize,
}

#[async_trait]
impl Desk for Counting {
    async fn take(&self, _input: SlackInput) -> Result<Answer, Unavailable> {
        self.slack.fetch_add(1, Ordering::Relaxed);
        Ok(Answer::Nothing)
    }

    async fn connected(&self, _up: bool) {}
}

#[async_trait]
impl Notices for Counting {
    async fn notice(&self, _notice: Notice) -> Result<(), Unavailable> {
        self.notices.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn topic(&self, _news: TopicNews) -> Result<(), Unavailable> {
        Ok(())
    }

    async fn admits(&self, topic: &str) -> Result<Admission, Unavailable> {
        Ok(if topic == OURS { Admission::Listed } else { Admission::Foreign })
    }

    async fn knows(&self, _key: &str) -> Result<bool, Unavailable> {
        Ok(false)
    }
}

struct Bench {
    desk: Arc<Counting>,
    gate: Gate,
    doors: Router,
    metrics: Metrics,
}

impl Bench {
    fn new(limits: Limits) -> Self {
        let desk = Arc::new(Counting::default());
        let clock: Now = Arc::new(now);
        let gate = Gate::new(limits);
        let metrics = Metrics::default();
        gate.measured_by(&metrics);
        let doors = router(Verifier::new(SECRET).unwrap(), desk.clone(), Arc::clone(&clock))
            .merge(sns(Hook::new(Trust::Anybody, desk.clone(), clock)))
            .route("/healthz", get(|| async { "ok\n" }));
        Self { doors: gate.guarding(doors), desk, gate, metrics }
    }

    /// From an address, through the proxy on this machine.
    async fn ask(&self, from: &str, mut request: Request<Body>) -> (StatusCode, Option<u64>) {
        let proxy: SocketAddr = "127.0.0.1:4711".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(proxy));
        if !from.is_empty() {
            request.headers_mut().insert("x-forwarded-for", from.parse().unwrap());
        }
        let response = self.doors.clone().call(request).await.unwrap();
        let again = response.headers().get("retry-after");
        let again = again.map(|seconds| seconds.to_str().unwrap().parse().unwrap());
        (response.status(), again)
    }

    fn counted(&self, series: &str) -> u64 {
        let mut said = String::new();
        prometheus_text::encode(&mut said, &self.metrics.registry()).unwrap();
        let name = format!("coc_requests_turned_away_total{{{series}}} ");
        let found = said.lines().find_map(|line| line.strip_prefix(&name));
        found.unwrap_or_else(|| panic!("{name}: {said}")).parse().unwrap()
    }
}

fn signed(nth: usize) -> Request<Body> {
    let body = format!(
        r#"{{"type":"event_callback","event_id":"Ev{nth}","authorizations":[{{"user_id":"U0BOT"}}],"event":{{"type":"message","channel":"C1","user":"U1","ts":"1754398800.{nth:06}","text":"확인했습니다"}}}}"#
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let tag = hmac::sign(&key, format!("v0:{NOW}:{body}").as_bytes());
    let mut hex = String::new();
    tag.as_ref().iter().for_each(|byte| write!(hex, "{byte:02x}").unwrap());
    Request::post("/slack/events")
        .header("x-slack-request-timestamp", NOW)
        .header("x-slack-signature", format!("v0={hex}"))
        .body(Body::from(body))
        .unwrap()
}

fn unsigned() -> Request<Body> {
    Request::post("/slack/events").body(Body::from("{}")).unwrap()
}

fn alarm(topic: &str, nth: usize) -> Request<Body> {
    let body = format!(
        r#"{{"Type":"Notification","MessageId":"m-{nth}","TopicArn":"{topic}","Message":"[L3] prod-web-{nth} CPU","Timestamp":"2025-08-05T13:00:00.000Z"}}"#
    );
    Request::post("/hooks/sns").body(Body::from(body)).unwrap()
}

const ATTACKER: &str = "203.0.113.66";

fn few(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

#[tokio::test]
async fn a_flood_of_unsigned_requests_is_turned_away_while_others_go_on() {
    let bench = Bench::new(Limits { refused_a_minute: few(2), ..Limits::default() });
    for n in 0..2_000 {
        let (status, again) = bench.ask(ATTACKER, unsigned()).await;
        // the third one is looked at, and is one too many
        if n < 3 {
            assert_eq!((status, again), (StatusCode::UNAUTHORIZED, None), "{n}");
        } else {
            assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{n}");
            assert!((1..=30).contains(&again.unwrap()), "{again:?}");
        }
        if n % 20 == 0 {
            let nth = usize::try_from(n).unwrap();
            assert_eq!(bench.ask("198.51.100.1", signed(nth)).await.0, StatusCode::OK);
            assert_eq!(bench.ask("198.51.100.2", alarm(OURS, nth)).await.0, StatusCode::OK);
            let health = Request::get("/healthz").body(Body::empty()).unwrap();
            assert_eq!(bench.ask(ATTACKER, health).await.0, StatusCode::OK);
        }
    }
    // it is the source that is turned away, at every door and whatever it brings
    assert_eq!(bench.ask(ATTACKER, alarm(OURS, 1)).await.0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(bench.desk.slack.load(Ordering::Relaxed), 100);
    assert_eq!(bench.desk.notices.load(Ordering::Relaxed), 100);
    let refused = bench.counted("door=\"slack\",why=\"refused\"");
    let away = bench.counted("door=\"slack\",why=\"unauthentic\"");
    assert_eq!((refused, away), (3, 1_997));
    assert_eq!(bench.counted("door=\"sns\",why=\"unauthentic\""), 1);
    assert_eq!(bench.gate.sources(), 3);
}

#[tokio::test]
async fn a_storm_that_is_authentic_is_taken_whole() {
    let bench = Bench::new(Limits::default());
    for nth in 0..10_000 {
        assert_eq!(bench.ask("198.51.100.2", alarm(OURS, nth)).await.0, StatusCode::OK, "{nth}");
        assert_eq!(bench.ask("198.51.100.1", signed(nth)).await.0, StatusCode::OK, "{nth}");
    }
    assert_eq!(bench.desk.notices.load(Ordering::Relaxed), 10_000);
    assert_eq!(bench.desk.slack.load(Ordering::Relaxed), 10_000);
}

#[tokio::test]
async fn far_above_that_what_is_authentic_is_to_come_again() {
    let bench = Bench::new(Limits { taken_a_second: few(2), ..Limits::default() });
    let mut taken = 0;
    let last = loop {
        match bench.ask("198.51.100.2", alarm(OURS, taken)).await {
            (StatusCode::OK, None) => taken += 1,
            other => break other,
        }
    };
    // not a 4xx, which SNS takes for an answer
    assert_eq!(last, (StatusCode::SERVICE_UNAVAILABLE, Some(1)));
    assert!((60..80).contains(&taken), "{taken}");
    assert_eq!(bench.counted("door=\"sns\",why=\"too_many\""), 1);
    assert_eq!(bench.ask("198.51.100.3", alarm(OURS, taken)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn topics_that_are_not_listened_to_do_not_shut_out_the_addresses_of_sns() {
    let bench = Bench::new(Limits::default());
    for nth in 0..500 {
        let foreign = bench.ask("198.51.100.2", alarm(FOREIGN, nth)).await;
        assert_eq!(foreign, (StatusCode::FORBIDDEN, None), "{nth}");
    }
    assert_eq!(bench.ask("198.51.100.2", alarm(OURS, 500)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn behind_a_proxy_that_names_nobody_no_one_is_shut_out_for_anothers_doing() {
    let bench = Bench::new(Limits::default());
    for nth in 0..500 {
        assert_eq!(bench.ask("", unsigned()).await.0, StatusCode::UNAUTHORIZED, "{nth}");
    }
    assert_eq!(bench.ask("", signed(1)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn whoever_is_turned_away_is_answered_before_its_body_is_read() {
    let limits = Limits { proxies: Vec::new(), refused_a_minute: few(1), ..Limits::default() };
    let desk = Arc::new(Counting::default());
    let doors = router(Verifier::new(SECRET).unwrap(), desk, Arc::new(now));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let guarded = Gate::new(limits).before(doors);
    tokio::spawn(async move { axum::serve(listener, guarded).await.unwrap() });
    let ask = async |length: usize, body: &str, forwarded: usize| {
        let mut line = TcpStream::connect(at).await.unwrap();
        let head = format!(
            "POST /slack/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-forwarded-for: 192.0.2.{forwarded}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        line.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).await.unwrap();
        answer
    };
    for n in 1..=2 {
        // what it says of itself makes it no other
        let answer = ask(2, "{}", n).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{n}: {answer}");
    }
    // a body that never comes
    let answer = ask(1_000_000, "", 3).await.to_ascii_lowercase();
    assert!(answer.starts_with("http/1.1 429") && answer.contains("\r\nretry-after: "), "{answer}");
}
