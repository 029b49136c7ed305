//! Slack's HTTP Events API against the real router on a loopback port.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "how long something took is measured")]

use async_trait::async_trait;
use coc::domain::input::{SlackAct, SlackInput};
use coc::domain::message::{Answer, FieldError};
use coc::domain::time::{Time, in_seoul};
use coc::ingress::http::{Verifier, router};
use coc::ingress::request::{Now, Unverified};
use coc::ingress::{Desk, Unavailable};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const NOW: i64 = 1_754_398_800;

fn at(seconds: i64) -> Time {
    in_seoul(&chrono::DateTime::from_timestamp(seconds, 0).unwrap())
}

#[derive(Clone, Copy)]
enum Mood {
    Keeps,
    Refuses,
    Sleeps,
}

struct FakeDesk {
    mood: Mood,
    answer: Answer,
    taken: Mutex<Vec<SlackInput>>,
}

#[async_trait]
impl Desk for FakeDesk {
    async fn take(&self, input: SlackInput) -> Result<Answer, Unavailable> {
        match self.mood {
            Mood::Keeps => {}
            Mood::Refuses => return Err(Unavailable),
            Mood::Sleeps => tokio::time::sleep(Duration::from_millis(2700)).await,
        }
        self.taken.lock().unwrap().push(input);
        Ok(self.answer.clone())
    }

    async fn connected(&self, _up: bool) {
        panic!("there is no line over HTTP");
    }
}

struct Bench {
    desk: Arc<FakeDesk>,
    address: SocketAddr,
}

impl Bench {
    async fn new(mood: Mood, answer: Answer) -> Self {
        let desk = Arc::new(FakeDesk { mood, answer, taken: Mutex::default() });
        let now: Now = Arc::new(|| at(NOW));
        let app = router(Verifier::new(SECRET).unwrap(), desk.clone(), now);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { desk, address }
    }

    /// Posts and returns the status, the head and the body.
    async fn send(&self, path: &str, headers: &str, body: &[u8]) -> (u16, String, String) {
        let mut line = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
        );
        line.write_all(head.as_bytes()).await.unwrap();
        // A refusal may come before the body is read.
        let _ = line.write_all(body).await;
        let mut answer = Vec::new();
        let _ = line.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_ascii_lowercase(), body.to_owned())
    }

    async fn signed(&self, path: &str, body: &[u8]) -> (u16, String, String) {
        self.send(path, &sign(NOW, body), body).await
    }

    fn taken(&self) -> Vec<SlackInput> {
        self.desk.taken.lock().unwrap().clone()
    }
}

fn sign(at: i64, body: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
    let tag = ring::hmac::sign(&key, &[format!("v0:{at}:").as_bytes(), body].concat());
    let hex: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    format!("x-slack-request-timestamp: {at}\r\nx-slack-signature: v0={hex}\r\n")
}

fn mention() -> Vec<u8> {
    let body = json!({
        "token": "verification", "type": "event_callback", "event_id": "Ev01",
        "event": {"type": "app_mention", "channel": "C0GENERAL", "user": "U0CSR", "ts": "1754398800.000100",
            "text": "<@UBOT> [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: <https://support.example.com/agent/tickets/4242>"},
    });
    body.to_string().into_bytes()
}

fn form(payload: &Value) -> Vec<u8> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("payload", &payload.to_string());
    form.finish().into_bytes()
}

fn submission() -> Vec<u8> {
    form(&json!({
        "type": "view_submission", "user": {"id": "U0CSR"}, "trigger_id": "12.35.ab",
        "view": {"private_metadata": "offboard", "state": {"values": {
            "accounts": {"v": {"type": "plain_text_input", "value": "12345678901"}}}}},
    }))
}

fn headers(stamp: &str, signature: &str) -> axum::http::HeaderMap {
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("x-slack-request-timestamp", stamp.parse().unwrap());
    headers.insert("x-slack-signature", signature.parse().unwrap());
    headers
}

/// The worked example of Slack's documentation.
#[test]
fn the_published_signature_holds() {
    let body = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
        &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
        &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
        &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    let signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    let verifier = Verifier::new(SECRET).unwrap();
    let check = |signature: &str, body: &[u8], seconds: i64| {
        verifier.check(&headers("1531420618", signature), body, at(seconds))
    };
    assert_eq!(check(signature, body, 1_531_420_618), Ok(()));
    assert_eq!(check(signature, body, 1_531_420_618 + 300), Ok(()));
    assert_eq!(check(signature, body, 1_531_420_618 + 301), Err(Unverified::Stale));
    assert_eq!(check(signature, body, 1_531_420_618 - 301), Err(Unverified::Stale));
    assert_eq!(check(signature, &body[1..], 1_531_420_618), Err(Unverified::Wrong));
    for wrong in ["v0=", "v0=zz", &signature[3..], &signature[..signature.len() - 2]] {
        assert_eq!(check(wrong, body, 1_531_420_618), Err(Unverified::Wrong), "{wrong}");
    }
    let without = axum::http::HeaderMap::new();
    assert_eq!(verifier.check(&without, body, at(1_531_420_618)), Err(Unverified::Absent));
}

#[tokio::test]
async fn a_signed_event_is_taken() {
    let bench = Bench::new(Mood::Keeps, Answer::Nothing).await;
    let (status, _, body) = bench.signed("/slack/events", &mention()).await;
    assert_eq!((status, body.as_str()), (200, ""));
    let taken = bench.taken();
    assert_eq!(taken[0].key, "m:C0GENERAL:1754398800.000100");
    assert!(!taken[0].raw.as_ref().unwrap().to_string().contains("verification"));
}

#[tokio::test]
async fn a_repeated_delivery_is_taken_like_the_first() {
    let bench = Bench::new(Mood::Keeps, Answer::Nothing).await;
    let body = mention();
    let retry = "x-slack-retry-num: 1\r\nx-slack-retry-reason: http_timeout\r\n";
    assert_eq!(bench.signed("/slack/events", &body).await.0, 200);
    let again = bench.send("/slack/events", &(sign(NOW, &body) + retry), &body).await;
    assert_eq!(again.0, 200);
    let taken = bench.taken();
    assert_eq!((taken.len(), &taken[0].key), (2, &taken[1].key));
}

#[tokio::test]
async fn an_unsigned_or_old_request_is_refused_before_it_is_read() {
    let bench = Bench::new(Mood::Keeps, Answer::Nothing).await;
    for body in [mention(), b"no json".to_vec()] {
        assert_eq!(bench.send("/slack/events", "", &body).await.0, 401);
        let stolen = sign(NOW, b"another body");
        assert_eq!(bench.send("/slack/events", &stolen, &body).await.0, 401);
        let old = sign(NOW - 301, &body);
        assert_eq!(bench.send("/slack/events", &old, &body).await.0, 401);
    }
    assert!(bench.taken().is_empty());
}

#[tokio::test]
async fn the_challenge_is_answered_to_slack_alone() {
    let bench = Bench::new(Mood::Keeps, Answer::Nothing).await;
    let body = json!({"type": "url_verification", "challenge": "3eZbrw1a"}).to_string();
    let (status, _, said) = bench.signed("/slack/events", body.as_bytes()).await;
    assert_eq!((status, said.as_str()), (200, "3eZbrw1a"));
    let unsigned = bench.send("/slack/events", "", body.as_bytes()).await;
    assert_eq!(unsigned.0, 401);
}

#[tokio::test]
async fn what_nobody_can_read_is_not_sent_again() {
    let bench = Bench::new(Mood::Keeps, Answer::Nothing).await;
    for (path, body) in [("/slack/events", "{"), ("/slack/interactions", "a=b")] {
        let (status, head, _) = bench.signed(path, body.as_bytes()).await;
        assert_eq!(status, 400, "{path}");
        assert!(head.contains("x-slack-no-retry: 1"), "{head}");
    }
}

#[tokio::test]
async fn what_is_not_for_the_desk_is_acknowledged() {
    let bench = Bench::new(Mood::Refuses, Answer::Nothing).await;
    let body = json!({"type": "event_callback", "event": {"type": "team_join"}}).to_string();
    assert_eq!(bench.signed("/slack/events", body.as_bytes()).await.0, 200);
}

#[tokio::test]
async fn too_long_a_body_is_refused() {
    let bench = Bench::new(Mood::Keeps, Answer::Nothing).await;
    let body = vec![b' '; (1 << 20) + 1];
    assert_eq!(bench.signed("/slack/events", &body).await.0, 413);
    let chunked = b"100001\r\n".iter().copied().chain(body).chain(*b"\r\n0\r\n\r\n");
    let chunked: Vec<u8> = chunked.collect();
    let mut line = TcpStream::connect(bench.address).await.unwrap();
    let head = "POST /slack/events HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    line.write_all(head.as_bytes()).await.unwrap();
    let _ = line.write_all(&chunked).await;
    let mut answer = [0; 12];
    line.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn what_the_journal_cannot_keep_is_sent_again() {
    let bench = Bench::new(Mood::Refuses, Answer::Nothing).await;
    let (status, head, _) = bench.signed("/slack/events", &mention()).await;
    assert_eq!(status, 503);
    assert!(!head.contains("no-retry"), "{head}");
}

#[tokio::test]
async fn a_slow_desk_is_answered_for_in_time_and_not_interrupted() {
    let bench = Bench::new(Mood::Sleeps, Answer::Nothing).await;
    let began = Instant::now();
    assert_eq!(bench.signed("/slack/events", &mention()).await.0, 503);
    assert!(began.elapsed() < Duration::from_secs(3));
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(bench.taken().len(), 1);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let bench = Bench::new(Mood::Keeps, Answer::Nothing).await;
    let mut line = TcpStream::connect(bench.address).await.unwrap();
    let head = "POST /slack/events HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{";
    line.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    let read = tokio::time::timeout(Duration::from_secs(3), line.read_exact(&mut answer)).await;
    read.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[tokio::test]
async fn a_forms_errors_are_the_answer() {
    let text = "\"12345678901\"은 11자리입니다. 12자리 숫자로 적어 주십시오. 예: 123456789012";
    let error = FieldError { key: "accounts".to_owned(), text: text.to_owned() };
    let bench = Bench::new(Mood::Keeps, Answer::Errors(vec![error])).await;
    let (status, _, body) = bench.signed("/slack/interactions", &submission()).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    let expected = json!({"response_action": "errors", "errors": {"accounts": text}});
    assert_eq!((status, body), (200, expected));
}

#[tokio::test]
async fn a_form_without_errors_closes() {
    let bench = Bench::new(Mood::Keeps, Answer::Nothing).await;
    let (status, _, body) = bench.signed("/slack/interactions", &submission()).await;
    assert_eq!((status, body.as_str()), (200, ""));
    assert!(
        matches!(&bench.taken()[0].what, SlackAct::Submitted { token, .. } if token == "offboard")
    );
}

#[tokio::test]
async fn a_command_is_taken() {
    let bench = Bench::new(Mood::Keeps, Answer::Nothing).await;
    let body = b"command=%2Fcoc&text=help&channel_id=C0NOTI&user_id=U0COC&trigger_id=12.36.ab";
    let (status, _, said) = bench.signed("/slack/commands", body).await;
    assert_eq!((status, said.as_str()), (200, ""));
    assert!(matches!(&bench.taken()[0].what, SlackAct::Commanded { text, .. } if text == "help"));
}
