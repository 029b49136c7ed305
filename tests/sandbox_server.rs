//! The loopback server over real HTTP and WebSockets, as an app and as the page see it.

#![expect(clippy::unwrap_used, reason = "tests")]

use async_trait::async_trait;
use chrono::DateTime;
use coc::domain::errand::CallEvent;
use coc::domain::time::{Time, in_seoul};
use coc::sandbox::backstage::{Backstage, BotTurn, ClockTurn, OpenCase, Ringing};
use coc::sandbox::server::{Options, Sandbox};
use coc::sandbox::workspace::Workspace;
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use slack_morphism::prelude::*;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite};

/// A clock that stands until it is moved, one call that rings, no desk.
struct Stage {
    now: Mutex<Time>,
    ringing: Mutex<Vec<Ringing>>,
}

impl Stage {
    fn new() -> Self {
        let now = in_seoul(&DateTime::parse_from_rfc3339("2025-08-05T22:00:00+09:00").unwrap());
        let call = Ringing {
            id: "CA1".to_owned(),
            to: "가온별".to_owned(),
            number: "010-0000-1001".to_owned(),
            about: "[한빛전자] 긴급 티켓".to_owned(),
            since: now,
        };
        Self { now: Mutex::new(now), ringing: Mutex::new(vec![call]) }
    }
}

#[async_trait]
impl Backstage for Stage {
    fn now(&self) -> Time {
        *self.now.lock().unwrap()
    }

    fn speed(&self) -> f64 {
        0.0
    }

    async fn turn_clock(&self, turn: ClockTurn) -> Result<(), String> {
        match turn {
            ClockTurn::Advance(seconds) => {
                *self.now.lock().unwrap() += chrono::TimeDelta::seconds(i64::from(seconds));
                Ok(())
            }
            ClockTurn::NextBusinessDay | ClockTurn::Speed(_) => {
                Err("움직일 수 없습니다.".to_owned())
            }
        }
    }

    fn bot_runs(&self) -> bool {
        true
    }

    async fn turn_bot(&self, _turn: BotTurn) -> Result<(), String> {
        Err("여기에는 봇이 없습니다.".to_owned())
    }

    fn ringing(&self) -> Vec<Ringing> {
        self.ringing.lock().unwrap().clone()
    }

    async fn answer_phone(&self, call: &str, event: CallEvent) -> Result<(), String> {
        assert_eq!(event, CallEvent::NoAnswer);
        let mut ringing = self.ringing.lock().unwrap();
        let before = ringing.len();
        ringing.retain(|one| one.id != call);
        if ringing.len() < before {
            Ok(())
        } else {
            Err("그런 전화가 없습니다.".to_owned())
        }
    }

    fn cases(&self) -> Vec<OpenCase> {
        Vec::new()
    }
}

struct Running {
    base: String,
    sandbox: Sandbox,
    http: Client<HttpConnector, Full<axum::body::Bytes>>,
}

impl Running {
    async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    async fn start_with(options: Options) -> Self {
        let mut workspace = Workspace::new();
        workspace.add_channel("general", "");
        let gaon = workspace.add_user("gaon", "가온별", "gaon@example.co.kr");
        workspace.add_group("coc", "COC", &[gaon]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let workspace = Arc::new(Mutex::new(workspace));
        let sandbox = Sandbox::new(workspace, Arc::new(Stage::new()), options);
        let served = sandbox.clone();
        tokio::spawn(async move { served.serve(listener, std::future::pending()).await.unwrap() });
        Self { base, sandbox, http: Client::builder(TokioExecutor::new()).build_http() }
    }

    async fn send(&self, path: &str, headers: &[(&str, &str)], body: String) -> (u16, String) {
        let url =
            if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let mut request = axum::http::Request::post(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.http.request(request.body(Full::from(body)).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let request = axum::http::Request::get(format!("{}{path}", self.base));
        let answer = self.http.request(request.body(Full::default()).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn api_as(&self, token: &str, method: &str, args: Value) -> Value {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let (_, said) = self.send(&format!("/api/{method}"), &headers, args.to_string()).await;
        serde_json::from_str(&said).unwrap()
    }

    async fn api(&self, method: &str, args: Value) -> Value {
        self.api_as("xoxb-sandbox", method, args).await
    }

    async fn act(&self, mut deed: Value) -> (u16, Value) {
        deed["who"] = json!("가온별");
        let headers = [("content-type", "application/json")];
        let (status, said) = self.send("/page/act", &headers, deed.to_string()).await;
        (status, serde_json::from_str(&said).unwrap())
    }

    async fn state(&self) -> Value {
        serde_json::from_str(&self.get("/page/state").await.1).unwrap()
    }

    /// The state once it is as wanted; panics when it does not become so.
    async fn state_when(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..200 {
            let state = self.state().await;
            if wanted(&state) {
                return state;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the state did not become as wanted: {}", self.state().await);
    }

    async fn connect(&self) -> Socket {
        let opened = self.api_as("xapp-sandbox", "apps.connections.open", json!({})).await;
        let url = opened["url"].as_str().unwrap();
        let mut socket = Socket(connect_async(url).await.unwrap().0);
        let hello = socket.next().await;
        assert_eq!(hello["type"], "hello");
        assert_eq!(hello["connection_info"]["app_id"], "A0SANDBOXCOC");
        socket
    }
}

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn next(&mut self) -> Value {
        timeout(Duration::from_secs(8), async {
            loop {
                match self.0.next().await.unwrap().unwrap() {
                    tungstenite::Message::Text(text) => {
                        return serde_json::from_str(&text).unwrap();
                    }
                    tungstenite::Message::Ping(_) | tungstenite::Message::Pong(_) => {}
                    tungstenite::Message::Binary(_)
                    | tungstenite::Message::Close(_)
                    | tungstenite::Message::Frame(_) => panic!("the socket closed"),
                }
            }
        })
        .await
        .unwrap()
    }

    async fn acknowledge(&mut self, envelope: &Value, payload: Option<Value>) {
        let mut frame = json!({ "envelope_id": envelope["envelope_id"] });
        if let Some(payload) = payload {
            frame["payload"] = payload;
        }
        self.0.send(tungstenite::Message::text(frame.to_string())).await.unwrap();
    }

    async fn quiet_for(&mut self, time: Duration) {
        let came = timeout(time, self.next()).await;
        assert!(came.is_err(), "nothing was expected: {came:?}");
    }
}

fn form() -> Value {
    let plain = |text: &str| json!({ "type": "plain_text", "text": text });
    json!({
        "type": "modal", "callback_id": "call", "title": plain("전화"), "submit": plain("저장"),
        "blocks": [{ "type": "input", "block_id": "who", "label": plain("문의자"),
            "element": { "type": "plain_text_input", "action_id": "v" } }],
    })
}

/// `/call` is typed; the app acknowledges and opens a form.
async fn open_form(it: &Running, socket: &mut Socket) {
    let (status, _) =
        it.act(json!({ "do": "slash", "channel": "general", "command": "/call" })).await;
    assert_eq!(status, 200);
    let command = socket.next().await;
    socket.acknowledge(&command, None).await;
    let trigger = command["payload"]["trigger_id"].clone();
    let opened = it.api("views.open", json!({ "trigger_id": trigger, "view": form() })).await;
    assert_eq!(opened["ok"], true, "{opened}");
}

#[tokio::test]
async fn calls_come_as_json_and_as_forms() {
    let it = Running::start().await;
    assert_eq!(it.api("auth.test", json!({})).await["user_id"], "U0SANDBOXCOC");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let body =
        "token=xoxb-sandbox&channel=%23general&text=%EC%95%88%EB%85%95&blocks=%5B%5D".to_owned();
    let (_, said) = it.send("/api/chat.postMessage", &headers, body).await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["message"]["text"], "안녕");
    let (_, said) = it.get("/api/users.list?token=xoxb-sandbox&limit=1").await;
    assert!(said.contains("next_cursor\":\"from:1"), "{said}");
    assert_eq!(it.api_as("xoxb-other", "auth.test", json!({})).await["error"], "invalid_auth");
    assert_eq!(it.api("no.such", json!({})).await["error"], "unknown_method");
    let headers = [("content-type", "application/json")];
    let (_, said) = it.send("/api/auth.test", &headers, "{".to_owned()).await;
    assert!(said.contains("invalid_json"), "{said}");
}

#[tokio::test]
async fn a_socket_needs_the_apps_token_and_a_ticket_of_its_own() {
    let it = Running::start().await;
    let refused = it.api("apps.connections.open", json!({})).await;
    assert_eq!(refused["error"], "not_allowed_token_type");
    let opened = it.api_as("xapp-sandbox", "apps.connections.open", json!({})).await;
    let url = opened["url"].as_str().unwrap();
    let _first = connect_async(url).await.unwrap();
    assert!(connect_async(url).await.is_err());
}

#[tokio::test]
async fn events_wait_for_a_socket_and_come_once_when_acknowledged() {
    let it = Running::start_with(Options {
        again_after: Duration::from_millis(300),
        ..Options::default()
    })
    .await;
    let (status, said) =
        it.act(json!({ "do": "say", "channel": "#general", "text": "안녕하세요" })).await;
    assert_eq!(status, 200, "{said}");
    let mut socket = it.connect().await;
    let event = socket.next().await;
    assert_eq!(event["type"], "events_api");
    assert_eq!(event["accepts_response_payload"], false);
    assert_eq!(event["retry_attempt"], 0);
    assert_eq!(event["payload"]["event"]["text"], "안녕하세요");
    assert_eq!(event["payload"]["event"]["ts"], said["ts"]);
    let again = socket.next().await;
    assert_eq!(again["envelope_id"], event["envelope_id"]);
    assert_eq!(again["payload"]["event_id"], event["payload"]["event_id"]);
    assert_eq!(again["retry_attempt"], 1);
    assert_eq!(again["retry_reason"], "timeout");
    socket.acknowledge(&again, None).await;
    socket.quiet_for(Duration::from_millis(900)).await;
    assert_eq!(it.state().await["app"]["waiting"], 0);
}

#[tokio::test]
async fn what_a_lost_socket_carried_goes_by_another() {
    let it = Running::start().await;
    let mut first = it.connect().await;
    it.act(json!({ "do": "say", "channel": "general", "text": "하나" })).await;
    let event = first.next().await;
    drop(first);
    let mut second = it.connect().await;
    let again = second.next().await;
    assert_eq!(again["envelope_id"], event["envelope_id"]);
    second.acknowledge(&again, None).await;
    it.state_when(|state| state["app"]["waiting"] == 0 && state["app"]["sockets"] == 1).await;
}

#[tokio::test]
async fn a_refresh_asks_for_another_socket() {
    let it = Running::start().await;
    let mut first = it.connect().await;
    it.sandbox.refresh_sockets();
    assert_eq!(first.next().await["type"], "disconnect");
    // the client's goodbye is answered: a connection that just ends is an error to Slack's own clients
    first.0.close(None).await.unwrap();
    let answered = timeout(Duration::from_secs(5), async {
        while let Some(frame) = first.0.next().await {
            if matches!(frame.unwrap(), tungstenite::Message::Close(_)) {
                return true;
            }
        }
        false
    });
    assert!(answered.await.unwrap());
    let mut second = it.connect().await;
    it.act(json!({ "do": "say", "channel": "general", "text": "하나" })).await;
    assert_eq!(second.next().await["payload"]["event"]["text"], "하나");
}

#[tokio::test]
async fn a_commands_acknowledgement_is_shown_to_its_author() {
    let it = Running::start().await;
    let mut socket = it.connect().await;
    it.act(json!({ "do": "slash", "channel": "general", "command": "/coc", "text": "help" })).await;
    let command = socket.next().await;
    assert_eq!(command["type"], "slash_commands");
    assert_eq!(command["payload"]["text"], "help");
    socket.acknowledge(&command, Some(json!({ "text": "도움말입니다." }))).await;
    let state = it.state_when(|state| state["ephemerals"][0]["text"] == "도움말입니다.").await;
    assert_eq!(state["ephemerals"][0]["to"], command["payload"]["user_id"]);

    let url = command["payload"]["response_url"].as_str().unwrap();
    let headers = [("content-type", "application/json")];
    let body = json!({ "text": "모두에게", "response_type": "in_channel" }).to_string();
    assert_eq!(it.send(url, &headers, body).await, (200, "ok".to_owned()));
    let echo = socket.next().await;
    assert_eq!(echo["payload"]["event"]["bot_id"], "B0SANDBOXCOC");
    let (status, _) = it.send("/response/none", &headers, "{}".to_owned()).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_command_that_is_not_acknowledged_says_so() {
    let it = Running::start().await;
    let mut socket = it.connect().await;
    it.act(json!({ "do": "slash", "channel": "general", "command": "/coc" })).await;
    socket.next().await;
    let timed_out = |state: &Value| {
        state["ephemerals"][0]["text"]
            .as_str()
            .is_some_and(|text| text.contains("operation_timeout"))
    };
    it.state_when(timed_out).await;
    assert_eq!(it.state().await["app"]["waiting"], 0);
}

#[tokio::test]
async fn a_press_without_an_app_is_refused() {
    let it = Running::start().await;
    let plain = json!({ "type": "plain_text", "text": "수락" });
    let button = json!({ "type": "button", "action_id": "take", "value": "t", "text": plain });
    let blocks = json!([{ "type": "actions", "block_id": "row", "elements": [button] }]);
    let posted = it
        .api("chat.postMessage", json!({ "channel": "general", "text": "글", "blocks": blocks }))
        .await;
    let press =
        json!({ "do": "press", "channel": posted["channel"], "ts": posted["ts"], "label": "수락" });
    assert_eq!(it.act(press.clone()).await.0, 409);
    let mut socket = it.connect().await;
    assert_eq!(socket.next().await["payload"]["event"]["text"], "글");
    assert_eq!(it.act(press).await.0, 200);
    let pressed = socket.next().await;
    assert_eq!(pressed["type"], "interactive");
    assert_eq!(pressed["payload"]["actions"][0]["value"], "t");
    let told = |state: &Value| state["ephemerals"][0]["to"] == "U0SBX00001";
    it.state_when(told).await;
}

#[tokio::test]
async fn a_form_shows_errors_and_closes() {
    let it = Running::start().await;
    let mut socket = it.connect().await;
    open_form(&it, &mut socket).await;
    let user = "U0SBX00001";
    assert_eq!(it.state().await["forms"][user]["body"]["callback_id"], "call");

    let (status, said) = it.act(json!({ "do": "submit", "fields": { "who": " " } })).await;
    assert_eq!(status, 409);
    assert_eq!(said["fields"]["who"], "비어 있습니다. 값을 적어 주십시오.");

    let (status, _) = it.act(json!({ "do": "submit", "fields": { "문의자": "홍길동" } })).await;
    assert_eq!(status, 200);
    let handed_in = socket.next().await;
    let values = &handed_in["payload"]["view"]["state"]["values"];
    assert_eq!(values["who"]["v"]["value"], "홍길동");
    let errors =
        json!({ "response_action": "errors", "errors": { "who": "두 글자로 적어 주십시오." } });
    socket.acknowledge(&handed_in, Some(errors)).await;
    it.state_when(|state| state["forms"][user]["errors"]["who"] == "두 글자로 적어 주십시오.")
        .await;

    it.act(json!({ "do": "submit", "fields": { "문의자": "홍길" } })).await;
    let handed_in = socket.next().await;
    let update = json!({ "response_action": "update", "view": form() });
    socket.acknowledge(&handed_in, Some(update)).await;
    it.state_when(|state| state["forms"][user]["errors"] == json!({})).await;

    it.act(json!({ "do": "submit", "fields": { "문의자": "홍길" } })).await;
    let handed_in = socket.next().await;
    socket.acknowledge(&handed_in, Some(json!({ "response_action": "clear" }))).await;
    it.state_when(|state| state["forms"] == json!({})).await;

    open_form(&it, &mut socket).await;
    assert_eq!(it.act(json!({ "do": "close_view" })).await.0, 200);
    assert_eq!(it.act(json!({ "do": "close_view" })).await.0, 409);
}

#[tokio::test]
async fn the_page_its_stream_and_the_stage() {
    let it = Running::start().await;
    for (path, word) in
        [("/", "<html lang=\"ko\">"), ("/app.js", "EventSource"), ("/style.css", ":root")]
    {
        let (status, body) = it.get(path).await;
        assert_eq!(status, 200, "{path}");
        assert!(body.contains(word), "{path}");
        assert!(!body.contains("//cdn"), "{path}: everything comes from here");
    }
    let request = axum::http::Request::get(format!("{}/page/stream", it.base));
    let answer = it.http.request(request.body(Full::default()).unwrap()).await.unwrap();
    let mut stream = answer.into_body();
    let mut heard = String::new();
    let mut hear = async |word: &str| {
        while !heard.contains(word) {
            let frame = timeout(Duration::from_secs(5), stream.frame()).await.unwrap().unwrap();
            heard.push_str(&String::from_utf8_lossy(frame.unwrap().data_ref().unwrap()));
        }
    };
    hear("event: workspace").await;
    hear("event: panels").await;
    it.act(json!({ "do": "say", "channel": "general", "text": "새-소식" })).await;
    hear("새-소식").await;

    assert_eq!(it.act(json!({ "do": "clock", "turn": { "advance": 300 } })).await.0, 200);
    hear("2025-08-05T22:05:00+09:00").await;
    let (status, said) = it.act(json!({ "do": "clock", "turn": "next_business_day" })).await;
    assert_eq!((status, &said["error"]), (409, &json!("움직일 수 없습니다.")));
    let answer = json!({ "do": "phone", "call": "CA1", "event": "no-answer" });
    assert_eq!(it.act(answer.clone()).await.0, 200);
    assert_eq!(it.state().await["panels"]["ringing"], json!([]));
    assert_eq!(it.act(answer).await.0, 409);
}

#[tokio::test]
async fn the_client_of_the_bot_reads_what_is_answered() {
    let it = Running::start().await;
    let connector = SlackClientHyperConnector::with_connector(HttpConnector::new())
        .with_slack_api_url(&format!("{}/api", it.base));
    let client = SlackClient::new(connector);
    let token = SlackApiToken::new("xoxb-sandbox".into());
    let session = client.open_session(&token);
    assert_eq!(session.auth_test().await.unwrap().user_id.0, "U0SANDBOXCOC");
    let users = session.users_list(&SlackApiUsersListRequest::new()).await.unwrap();
    assert_eq!(users.members.len(), 3, "Slackbot, the bot and a person");
    let groups = SlackApiUserGroupsListRequest::new().with_include_users(true);
    let groups = session.usergroups_list(&groups).await.unwrap();
    assert_eq!(groups.usergroups[0].handle, "coc");
    let channels =
        session.conversations_list(&SlackApiConversationsListRequest::new()).await.unwrap();
    let channel = channels.channels[0].id.clone();
    let content = SlackMessageContent::new().with_text("안녕하세요".into());
    let post = SlackApiChatPostMessageRequest::new(channel.clone(), content);
    let posted = session.chat_post_message(&post).await.unwrap();
    assert_eq!(posted.message.content.text.as_deref(), Some("안녕하세요"));
    let history = SlackApiConversationsHistoryRequest::new().with_channel(channel);
    let history = session.conversations_history(&history).await.unwrap();
    assert_eq!(history.messages[0].origin.ts, posted.ts);
}
