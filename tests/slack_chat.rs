//! The chat against a Web API that answers as it is told to.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "how long something took is measured")]

use async_trait::async_trait;
use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use coc::adapters::slack::api::{Settings, Token};
use coc::adapters::slack::chat::Slack;
use coc::domain::errand::Presence;
use coc::domain::ids::{ChannelId, ErrandId, MessageRef, SlackUser, Ts};
use coc::domain::input::{ReplyTo, SlackAct};
use coc::domain::message::{Form, Message, Piece};
use coc::domain::time::{Time, in_seoul};
use coc::ports::{Chat, Clock, PortError, Watched};
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

const NOW: i64 = 1_754_398_800;
const SAID: &str = "한빛전자 긴급 티켓입니다";

fn at(seconds: i64) -> Time {
    in_seoul(&chrono::DateTime::from_timestamp(seconds, 0).unwrap())
}

struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Time {
        at(NOW)
    }

    async fn sleep_until(&self, _at: Option<Time>) {
        std::future::pending::<()>().await;
    }
}

/// One request as it came.
#[derive(Clone, Debug)]
struct Seen {
    path: String,
    token: Option<String>,
    arguments: Value,
}

impl Seen {
    fn is(&self, method: &str) -> bool {
        self.path == format!("/api/{method}")
    }
}

type Answers = fn(&Seen, usize) -> Response;

#[derive(Clone)]
struct Fake {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Fake {
    /// Answers each request by `answers`, which is told how many of that path came before.
    async fn new(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let log = Arc::clone(&seen);
        let app = Router::new().fallback(move |request: Request| {
            let log = Arc::clone(&log);
            async move {
                let request = read(request).await;
                let before = {
                    let mut log = log.lock().unwrap();
                    log.push(request.clone());
                    log.iter().filter(|other| other.path == request.path).count() - 1
                };
                answers(&request, before)
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, seen }
    }

    fn chat(&self) -> Slack {
        chat_at(self.address, Duration::from_secs(5))
    }

    fn seen(&self, method: &str) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| seen.is(method)).cloned().collect()
    }
}

async fn read(request: Request) -> Seen {
    let (head, body) = request.into_parts();
    let token = head.headers.get("authorization").map(|t| t.to_str().unwrap().to_owned());
    let body: Bytes = to_bytes(body, 1 << 20).await.unwrap();
    let arguments = if body.is_empty() {
        let query = url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
        let fields: Map<String, Value> =
            query.map(|(k, v)| (k.into_owned(), Value::String(v.into_owned()))).collect();
        Value::Object(fields)
    } else {
        serde_json::from_slice(&body).unwrap()
    };
    Seen { path: head.uri.path().to_owned(), token, arguments }
}

fn chat_at(address: SocketAddr, time_out: Duration) -> Slack {
    let mut settings = Settings::new(Token::from("xoxb-secret"));
    settings.base = format!("http://{address}/api/").parse().unwrap();
    settings.time_out = time_out;
    Slack::new(settings, Arc::new(Still)).unwrap()
}

fn ok(body: Value) -> Response {
    let mut body = body;
    body["ok"] = json!(true);
    axum::Json(body).into_response()
}

fn no(error: &str) -> Response {
    axum::Json(json!({"ok": false, "error": error, "detail": SAID})).into_response()
}

fn errand() -> ErrandId {
    ErrandId { seq: 12, nth: 0 }
}

fn general() -> ChannelId {
    "C0GENERAL".into()
}

fn said() -> Message {
    Message { lines: vec![vec![Piece::Text(SAID.to_owned())]], buttons: Vec::new() }
}

async fn post(chat: &Slack) -> Result<MessageRef, PortError> {
    chat.post(errand(), &general(), None, &said()).await
}

/// Neither the token nor anything that was written.
fn is_discreet(error: &PortError) {
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("secret") && !shown.contains("한빛"), "{shown}");
}

#[tokio::test]
async fn a_post_bears_its_errand_and_pages_nobody_by_accident() {
    let fake =
        Fake::new(|_, _| ok(json!({"channel": "C0GENERAL", "ts": "1754398801.000200"}))).await;
    let root = Ts::from("1754398800.000100");
    let posted = fake.chat().post(errand(), &general(), Some(&root), &said()).await.unwrap();
    assert_eq!(posted, MessageRef { channel: general(), ts: "1754398801.000200".into() });
    let seen = fake.seen("chat.postMessage").remove(0);
    assert_eq!(seen.token.as_deref(), Some("Bearer xoxb-secret"));
    let body = seen.arguments;
    assert_eq!((&body["channel"], &body["thread_ts"]), (&json!("C0GENERAL"), &json!(root)));
    assert_eq!(
        body["metadata"],
        json!({"event_type": "coc_errand", "event_payload": {"id": "12.0"}})
    );
    assert_eq!(body["text"], SAID);
    assert_eq!(body["blocks"][0]["text"]["verbatim"], true);
    assert_eq!((&body["link_names"], &body["parse"]), (&json!(false), &json!("none")));
}

#[tokio::test]
async fn an_update_keeps_the_errand_and_takes_the_buttons_away() {
    let fake = Fake::new(|_, _| ok(json!({}))).await;
    let post = MessageRef { channel: general(), ts: "1754398801.000200".into() };
    fake.chat().update(errand(), &post, &said()).await.unwrap();
    let body = fake.seen("chat.update").remove(0).arguments;
    assert_eq!(body["ts"], "1754398801.000200");
    assert_eq!(body["metadata"]["event_payload"]["id"], "12.0");
    assert_eq!(body["blocks"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_slack_refuses_is_told_apart() {
    let fake = Fake::new(|_, before| match before {
        0 => no("not_in_channel"),
        1 => no("ratelimited"),
        2 => no("internal_error"),
        _ => axum::Json(json!({"ok": false, "error": "missing_scope", "needed": "chat:write"}))
            .into_response(),
    })
    .await;
    let chat = fake.chat();
    let errors = [post(&chat).await, post(&chat).await, post(&chat).await, post(&chat).await];
    let [refused, limited, doubtful, scope] = errors.map(Result::unwrap_err);
    assert_eq!(refused, PortError::Permanent { why: "chat.postMessage: not_in_channel".into() });
    assert!(matches!(limited, PortError::Transient { retry_after: None, .. }), "{limited:?}");
    assert!(matches!(doubtful, PortError::Unknown { .. }), "{doubtful:?}");
    assert_eq!(scope.to_string(), "chat.postMessage: missing_scope (chat:write)");
    for error in [refused, limited, doubtful, scope] {
        is_discreet(&error);
    }
}

#[tokio::test]
async fn too_many_requests_say_how_long_to_wait() {
    let fake = Fake::new(|_, before| {
        let body = if before == 0 { r#"{"ok":false,"error":"ratelimited"}"# } else { "slow down" };
        let kind = if before == 0 { "application/json" } else { "text/plain" };
        (
            axum::http::StatusCode::TOO_MANY_REQUESTS,
            [("retry-after", "7"), ("content-type", kind)],
            body,
        )
            .into_response()
    })
    .await;
    let chat = fake.chat();
    for _ in 0..2 {
        let error = post(&chat).await.unwrap_err();
        let wait = Some(Duration::from_secs(7));
        assert!(matches!(error, PortError::Transient { retry_after, .. } if retry_after == wait));
    }
    assert_eq!(fake.seen("chat.postMessage").len(), 2, "nothing is tried again here");
}

#[tokio::test]
async fn a_fault_of_the_server_leaves_a_post_in_doubt_and_a_reading_not() {
    let fake = Fake::new(|_, before| match before {
        0 => (axum::http::StatusCode::INTERNAL_SERVER_ERROR, SAID).into_response(),
        1 => SAID.into_response(),
        _ => ([("content-type", "application/json")], "{\"ok\": tru").into_response(),
    })
    .await;
    let chat = fake.chat();
    for _ in 0..3 {
        let error = post(&chat).await.unwrap_err();
        assert!(matches!(error, PortError::Unknown { .. }), "{error:?}");
        is_discreet(&error);
    }
    for _ in 0..3 {
        let error = chat.directory().await.unwrap_err();
        assert!(matches!(error, PortError::Transient { retry_after: None, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let chat = chat_at(listener.local_addr().unwrap(), Duration::from_millis(300));
    let hold = tokio::spawn(async move {
        let mut lines = Vec::new();
        while let Ok((line, _)) = listener.accept().await {
            lines.push(line);
        }
    });
    let began = std::time::Instant::now();
    assert!(matches!(post(&chat).await.unwrap_err(), PortError::Unknown { .. }));
    assert!(began.elapsed() < Duration::from_secs(2));
    let of = SlackUser::from("U0GA");
    assert!(matches!(chat.presence(&of).await.unwrap_err(), PortError::Transient { .. }));
    hold.abort();
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_a_post_in_doubt() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let chat = chat_at(listener.local_addr().unwrap(), Duration::from_millis(300));
    let drops = tokio::spawn(async move {
        while let Ok((mut line, _)) = listener.accept().await {
            // The request is read; the answer never comes.
            let _ = line.read(&mut [0; 4096]).await;
        }
    });
    assert!(matches!(post(&chat).await.unwrap_err(), PortError::Unknown { .. }));
    drops.abort();
}

#[tokio::test]
async fn what_never_left_did_not_happen() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let chat = chat_at(listener.local_addr().unwrap(), Duration::from_millis(300));
    drop(listener);
    let error = post(&chat).await.unwrap_err();
    assert!(matches!(error, PortError::Transient { retry_after: None, .. }), "{error:?}");
    is_discreet(&error);
}

#[tokio::test]
async fn a_post_is_found_by_its_errand_on_any_page() {
    let fake = Fake::new(|seen, before| {
        let other = json!({"ts": "1754398802.0", "metadata":
            {"event_type": "coc_errand", "event_payload": {"id": "12.1"}}});
        let wanted = json!({"ts": "1754398801.000200", "metadata":
            {"event_type": "coc_errand", "event_payload": {"id": "12.0"}}});
        let forged = json!({"ts": "1754398803.0", "metadata":
            {"event_type": "other", "event_payload": {"id": "12.0"}}});
        if seen.is("conversations.replies") {
            return no("thread_not_found");
        }
        match before {
            0 => {
                ok(json!({"messages": [other, forged], "response_metadata": {"next_cursor": "n"}}))
            }
            1 => ok(json!({"messages": [wanted], "response_metadata": {"next_cursor": ""}})),
            _ => ok(json!({"messages": [other]})),
        }
    })
    .await;
    let chat = fake.chat();
    let find = |thread| {
        let chat = &chat;
        async move { chat.find_post(errand(), &general(), thread, at(NOW)).await.unwrap() }
    };
    let ts = Ts::from("1754398801.000200");
    assert_eq!(find(None).await, Some(MessageRef { channel: general(), ts: ts.clone() }));
    assert_eq!(find(None).await, None);
    assert_eq!(find(Some(&ts)).await, None, "a thread that is gone holds nothing");
    let asked = fake.seen("conversations.history");
    assert_eq!(asked[0].arguments["include_all_metadata"], "true");
    assert_eq!(asked[0].arguments["oldest"], format!("{}.000000", NOW - 300));
    assert_eq!(asked[1].arguments["cursor"], "n");
}

#[tokio::test]
async fn a_direct_message_is_sent_and_found_by_the_person() {
    let fake = Fake::new(|seen, _| {
        if seen.is("conversations.open") {
            return ok(json!({"channel": {"id": "D0GA"}}));
        }
        if seen.is("conversations.history") {
            return ok(json!({"messages": [{"ts": "1754398801.000200", "metadata":
                {"event_type": "coc_errand", "event_payload": {"id": "12.0"}}}]}));
        }
        ok(json!({"channel": "D0GA", "ts": "1754398801.000200"}))
    })
    .await;
    let chat = fake.chat();
    let there = MessageRef { channel: "D0GA".into(), ts: "1754398801.000200".into() };
    assert_eq!(chat.direct(errand(), &"U0GA".into(), &said()).await.unwrap(), there);
    let found = chat.find_post(errand(), &"U0GA".into(), None, at(NOW)).await.unwrap();
    assert_eq!(found, Some(there));
    assert_eq!(fake.seen("chat.postMessage")[0].arguments["channel"], "D0GA");
}

fn reply(url: Option<String>) -> ReplyTo {
    ReplyTo { channel: general(), thread: Some("1754398800.000100".into()), url }
}

#[tokio::test]
async fn an_ephemeral_goes_by_the_response_url_without_the_token() {
    let fake = Fake::new(|_, _| "ok".into_response()).await;
    let url = format!("http://{}/response/T01/1/x", fake.address);
    fake.chat().ephemeral(&"U0CSR".into(), &reply(Some(url)), &said()).await.unwrap();
    let seen = fake.seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].path.as_str(), &seen[0].token), ("/response/T01/1/x", &None));
    let body = &seen[0].arguments;
    assert_eq!(body["response_type"], "ephemeral");
    assert_eq!(body["replace_original"], false);
    assert_eq!(body["thread_ts"], "1754398800.000100");
}

#[tokio::test]
async fn an_ephemeral_finds_the_other_way_when_the_url_is_of_no_use() {
    let fake = Fake::new(|seen, _| {
        if seen.is("chat.postEphemeral") {
            return ok(json!({"message_ts": "1754398801.000200"}));
        }
        (axum::http::StatusCode::NOT_FOUND, "expired_url").into_response()
    })
    .await;
    let chat = fake.chat();
    let expired = format!("http://{}/response/T01/1/x", fake.address);
    let foreign = "https://hooks.example.com/x".to_owned();
    for url in [Some(expired), Some(foreign), None] {
        chat.ephemeral(&"U0CSR".into(), &reply(url), &said()).await.unwrap();
    }
    let seen = fake.seen("chat.postEphemeral");
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[0].arguments["user"], "U0CSR");
    assert_eq!(seen[0].arguments["channel"], "C0GENERAL");
}

#[tokio::test]
async fn a_form_and_a_home_are_views() {
    let fake = Fake::new(|_, _| ok(json!({}))).await;
    let chat = fake.chat();
    let form = Form {
        token: "offboard".to_owned(),
        title: "강제 퇴점".to_owned(),
        intro: Vec::new(),
        submit: "요청".to_owned(),
        fields: Vec::new(),
    };
    chat.open_form(&"U0CSR".into(), "12.34.ab", &form).await.unwrap();
    let opened = fake.seen("views.open").remove(0).arguments;
    assert_eq!(opened["trigger_id"], "12.34.ab");
    assert_eq!(opened["view"]["private_metadata"], "offboard");
    chat.publish_home(&"U0CSR".into(), &said()).await.unwrap();
    let home = fake.seen("views.publish").remove(0).arguments;
    assert_eq!((&home["user_id"], &home["view"]["type"]), (&json!("U0CSR"), &json!("home")));
}

#[tokio::test]
async fn presence_is_put_together_from_three_answers() {
    let fake = Fake::new(|seen, _| match seen.path.as_str() {
        "/api/users.getPresence" => ok(json!({"presence": "away"})),
        "/api/users.profile.get" => {
            ok(json!({"profile": {"status_text": "휴가", "status_emoji": ":palm_tree:"}}))
        }
        _ => ok(json!({
            "dnd_enabled": true, "next_dnd_start_ts": NOW - 60, "next_dnd_end_ts": NOW + 60,
        })),
    })
    .await;
    let expected =
        Presence { active: false, dnd: true, status: "휴가".into(), emoji: "palm_tree".into() };
    assert_eq!(fake.chat().presence(&"U0GA".into()).await.unwrap(), expected);
    assert_eq!(fake.seen("dnd.info")[0].arguments["user"], "U0GA");
}

#[tokio::test]
async fn the_directory_is_read_page_by_page_and_waits_out_a_limit() {
    let fake = Fake::new(|seen, before| match (seen.path.as_str(), before) {
        ("/api/auth.test", _) => ok(json!({"user_id": "UBOT", "bot_id": "B01"})),
        ("/api/users.list", 0) => ok(json!({
            "members": [
                {"id": "U0GA", "name": "gaon", "profile": {"real_name": "가온별", "email": "gaon@example.co.kr"}},
                {"id": "UBOT", "name": "coc", "is_bot": true},
            ],
            "response_metadata": {"next_cursor": "n"},
        })),
        ("/api/users.list", 1) => {
            (axum::http::StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")], "slow down").into_response()
        }
        ("/api/users.list", _) => ok(json!({"members": [
            {"id": "U0DA", "name": "dasom", "real_name": "다솜윤", "profile": {}},
            {"id": "U0OUT", "name": "out", "deleted": true},
        ]})),
        ("/api/usergroups.list", _) => ok(json!({"usergroups": [
            {"id": "S0CSR", "handle": "csr", "users": ["U0CSR"], "date_delete": 0},
            {"id": "S0OLD", "handle": "old", "date_delete": 1_700_000_000},
        ]})),
        _ => ok(json!({"channels": [{"id": "C0GENERAL", "name": "general"}]})),
    })
    .await;
    let directory = fake.chat().directory().await.unwrap();
    assert_eq!(directory.bot, Some("UBOT".into()));
    assert_eq!(directory.bot_id.as_deref(), Some("B01"));
    let names: Vec<_> =
        directory.users.values().map(|m| (m.name.as_str(), m.email.is_some())).collect();
    assert_eq!(names, [("다솜윤", false), ("가온별", true)]);
    assert_eq!(directory.groups.len(), 1);
    assert_eq!(directory.groups[&"S0CSR".into()].members, ["U0CSR".into()]);
    assert_eq!(directory.channels[&general()], "general");
}

/// A guest writes its own name, and so does somebody of another workspace: they are never taken for whom they are called like.
#[tokio::test]
async fn a_guest_called_like_an_engineer_is_not_that_engineer() {
    let fake = Fake::new(|seen, _| match seen.path.as_str() {
        "/api/auth.test" => ok(json!({"user_id": "UBOT"})),
        "/api/users.list" => ok(json!({"members": [
            {"id": "U0GA", "real_name": "가온별", "is_restricted": false, "profile": {}},
            {"id": "U0G1", "real_name": "가온별", "is_restricted": true, "profile": {}},
            {"id": "U0G2", "real_name": "가온별", "is_ultra_restricted": true, "profile": {}},
            {"id": "U0G3", "real_name": "가온별", "is_stranger": true, "profile": {}},
        ]})),
        "/api/usergroups.list" => ok(json!({"usergroups": []})),
        _ => ok(json!({"channels": []})),
    })
    .await;
    let directory = fake.chat().directory().await.unwrap();
    let same = directory.users.iter().filter(|(_, one)| one.name == "가온별");
    assert_eq!(same.map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["U0GA"]);
    assert_eq!(directory.users[&"U0G1".into()].name, "가온별 (게스트)");
}

#[tokio::test]
async fn what_was_missed_comes_oldest_first_and_once() {
    let fake = Fake::new(|seen, _| match seen.path.as_str() {
        "/api/auth.test" => ok(json!({"user_id": "UBOT"})),
        _ if seen.arguments["channel"] == "C0LEFT" => no("not_in_channel"),
        // Slack's order: newest first; a broadcast reply stands in both.
        "/api/conversations.history" => ok(json!({"messages": [
            {"user": "U0DA", "text": "확인했습니다", "ts": "1754398830.0", "thread_ts": "1754398820.0",
             "subtype": "thread_broadcast"},
            {"user": "U0CSR", "text": "[긴급티켓배정요청]", "ts": "1754398820.0", "thread_ts": "1754398820.0",
             "reply_count": 1, "latest_reply": "1754398830.0"},
            {"bot_id": "B01", "user": "UBOT", "text": "배정", "ts": "1754398810.0",
             "reactions": [{"name": "eyes", "users": ["U0GA", "UBOT"]}]},
        ]})),
        _ if seen.arguments["ts"] == "1754398820.0" => ok(json!({"messages": [
            {"user": "U0CSR", "text": "[긴급티켓배정요청]", "ts": "1754398820.0", "thread_ts": "1754398820.0"},
            {"user": "U0DA", "text": "확인했습니다", "ts": "1754398830.0", "thread_ts": "1754398820.0",
             "subtype": "thread_broadcast"},
        ]})),
        // An older thread: its root and first reply were known, an edit and a reaction are new.
        _ if seen.arguments["ts"] == "1754390000.0" => ok(json!({"messages": [
            {"user": "U0CSR", "text": "고객사: 한빛전자", "ts": "1754390000.0", "thread_ts": "1754390000.0",
             "edited": {"user": "U0CSR", "ts": "1754398825.0"}},
            {"bot_id": "B01", "user": "UBOT", "text": "가온별", "ts": "1754390001.0",
             "thread_ts": "1754390000.0", "reactions": [{"name": "+1", "users": ["U0GA"]}]},
            {"user": "U0GA", "text": "앞의 답글", "ts": "1754390002.0", "thread_ts": "1754390000.0"},
        ]})),
        _ => no("thread_not_found"),
    })
    .await;
    let watch = |thread: Option<&str>| Watched {
        channel: general(),
        thread: thread.map(Ts::from),
        since: at(NOW),
    };
    let left = Watched { channel: "C0LEFT".into(), thread: None, since: at(NOW) };
    let watched = [left, watch(None), watch(Some("1754390000.0")), watch(Some("1754300000.0"))];
    let missed = fake.chat().missed(&watched).await.unwrap();
    let keys: Vec<_> = missed.iter().map(|input| input.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "r:C0GENERAL:1754390001.0:U0GA:+1",
            "r:C0GENERAL:1754398810.0:U0GA:eyes",
            "m:C0GENERAL:1754398820.0",
            "e:C0GENERAL:1754390000.0:1754398825.0",
            "m:C0GENERAL:1754398830.0",
        ]
    );
    assert!(missed.iter().all(|input| input.raw.is_none()));
    let thread = Some(Ts::from("1754398820.0"));
    assert!(matches!(&missed[4].what, SlackAct::Said { thread: on, .. } if *on == thread));
}

#[tokio::test]
async fn what_cannot_be_read_back_for_another_reason_is_no_catching_up() {
    let fake = Fake::new(|seen, _| match seen.path.as_str() {
        "/api/auth.test" => ok(json!({"user_id": "UBOT"})),
        _ => no("missing_scope"),
    })
    .await;
    let watched = [Watched { channel: general(), thread: None, since: at(NOW) }];
    let error = fake.chat().missed(&watched).await.unwrap_err();
    assert!(matches!(error, PortError::Permanent { .. }), "{error:?}");
}
