//! Socket Mode against a Slack of a few lines: it opens connections, sends envelopes and counts acknowledgements.
#![expect(clippy::unwrap_used, reason = "tests")]

use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use coc::adapters::slack::api::{Api, Settings as ApiSettings, Token};
use coc::domain::input::SlackInput;
use coc::domain::message::{Answer, FieldError};
use coc::ingress::socket::{Settings, run};
use coc::ingress::{Desk, Taken, Unavailable};
use coc::metrics::Way;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(10);

struct FakeDesk {
    up: mpsc::UnboundedSender<bool>,
    /// What was handed over, in that order, and what of it is durable.
    handed_over: Mutex<Vec<String>>,
    taken: Arc<Mutex<Vec<String>>>,
    /// Inputs of this channel wait for `go`.
    slow: &'static str,
    go: Arc<Notify>,
    /// The first delivery of these keys is refused.
    refuses: Mutex<HashSet<String>>,
    /// What was delivered, each whether it was an own post; how often anything was heard and acknowledged.
    delivered: Mutex<Vec<bool>>,
    heard: AtomicUsize,
    acknowledged: AtomicUsize,
}

#[async_trait]
impl Desk for FakeDesk {
    async fn take(&self, input: SlackInput) -> Result<Answer, Unavailable> {
        self.hand_over(input).await?.await
    }

    async fn hand_over(&self, input: SlackInput) -> Result<Taken, Unavailable> {
        if self.refuses.lock().unwrap().remove(&input.key) {
            return Err(Unavailable);
        }
        self.handed_over.lock().unwrap().push(input.key.clone());
        let waits = input.key.starts_with(&format!("m:{}:", self.slow));
        let (go, taken) = (Arc::clone(&self.go), Arc::clone(&self.taken));
        Ok(Box::pin(async move {
            if waits {
                go.notified().await;
            }
            taken.lock().unwrap().push(input.key.clone());
            if input.key.starts_with("i:") {
                let error =
                    FieldError { key: "accounts".into(), text: "11자리입니다.".into() };
                return Ok(Answer::Errors(vec![error]));
            }
            Ok(Answer::Nothing)
        }))
    }

    async fn connected(&self, up: bool) {
        self.up.send(up).unwrap();
    }

    fn heard(&self) {
        self.heard.fetch_add(1, Ordering::Relaxed);
    }

    fn delivered(&self, own: bool) {
        self.delivered.lock().unwrap().push(own);
    }

    fn acknowledged(&self, way: Way, _took: Duration) {
        assert_eq!(way, Way::Socket);
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
    }
}

/// One connection, seen from Slack.
struct Line {
    send: mpsc::UnboundedSender<Frame>,
    heard: mpsc::UnboundedReceiver<Value>,
}

impl Line {
    fn say(&self, frame: &Value) {
        self.send.send(Frame::text(frame.to_string())).unwrap();
    }

    async fn ack(&mut self) -> Value {
        timeout(PATIENCE, self.heard.recv()).await.unwrap().unwrap()
    }

    async fn no_ack(&mut self) {
        let heard = timeout(Duration::from_millis(150), self.heard.recv()).await;
        assert!(heard.is_err(), "{heard:?}");
    }
}

#[derive(Clone)]
struct World {
    address: SocketAddr,
    lines: mpsc::UnboundedSender<Line>,
    opened: Arc<AtomicUsize>,
    /// So many attempts to open are refused first.
    refusals: usize,
    /// Whether connections greet.
    greets: bool,
}

async fn open(State(world): State<World>) -> Response {
    let before = world.opened.fetch_add(1, Ordering::SeqCst);
    if before < world.refusals {
        return axum::Json(json!({"ok": false, "error": "internal_error"})).into_response();
    }
    let url = format!("ws://{}/link?ticket=secret", world.address);
    axum::Json(json!({"ok": true, "url": url})).into_response()
}

async fn link(State(world): State<World>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| converse(world, socket))
}

async fn converse(world: World, mut socket: WebSocket) {
    let (send, mut to_send) = mpsc::unbounded_channel();
    let (hear, heard) = mpsc::unbounded_channel();
    if world.greets {
        let hello = json!({"type": "hello", "num_connections": 1, "debug_info": {}});
        socket.send(Frame::text(hello.to_string())).await.unwrap();
    }
    let _ = world.lines.send(Line { send, heard });
    loop {
        tokio::select! {
            frame = to_send.recv() => match frame {
                Some(frame) => { let _ = socket.send(frame).await; }
                // The test let go of the line: it breaks.
                None => return,
            },
            frame = socket.recv() => match frame {
                Some(Ok(Frame::Text(text))) => {
                    let _ = hear.send(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}

struct Bench {
    desk: Arc<FakeDesk>,
    up: mpsc::UnboundedReceiver<bool>,
    lines: mpsc::UnboundedReceiver<Line>,
    opened: Arc<AtomicUsize>,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Bench {
    async fn new(connections: u32, refusals: usize, greets: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (new_line, lines) = mpsc::unbounded_channel();
        let opened = Arc::default();
        let world =
            World { address, lines: new_line, opened: Arc::clone(&opened), refusals, greets };
        let app = Router::new()
            .route("/api/apps.connections.open", post(open))
            .route("/link", get(link))
            .with_state(world);
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });

        let (tell, up) = mpsc::unbounded_channel();
        let desk = Arc::new(FakeDesk {
            up: tell,
            handed_over: Mutex::default(),
            taken: Arc::default(),
            slow: "C0SLOW",
            go: Arc::default(),
            refuses: Mutex::default(),
            delivered: Mutex::default(),
            heard: AtomicUsize::new(0),
            acknowledged: AtomicUsize::new(0),
        });
        let mut api = ApiSettings::new(Token::from("xapp-secret"));
        api.base = format!("http://{address}/api/").parse().unwrap();
        let settings = Settings {
            connections,
            connect_within: Duration::from_millis(1000),
            ping_every: Duration::from_millis(300),
            first_wait: Duration::from_millis(20),
            longest_wait: Duration::from_millis(200),
            ..Settings::default()
        };
        let (stop, stopped) = watch::channel(false);
        let taker: Arc<dyn Desk> = desk.clone();
        let running = tokio::spawn(run(Arc::new(Api::new(api).unwrap()), taker, settings, stopped));
        Self { desk, up, lines, opened, stop, running }
    }

    async fn line(&mut self) -> Line {
        timeout(PATIENCE, self.lines.recv()).await.unwrap().unwrap()
    }

    async fn up(&mut self) -> bool {
        timeout(PATIENCE, self.up.recv()).await.unwrap().unwrap()
    }

    fn taken(&self) -> Vec<String> {
        self.desk.taken.lock().unwrap().clone()
    }

    async fn stop(self) {
        self.stop.send(true).unwrap();
        timeout(Duration::from_secs(5), self.running).await.unwrap().unwrap();
    }
}

fn message(envelope: &str, channel: &str, ts: &str) -> Value {
    json!({
        "type": "events_api", "envelope_id": envelope, "accepts_response_payload": false,
        "retry_attempt": 0, "payload": {"type": "event_callback", "event_id": "Ev01", "event": {
            "type": "message", "channel": channel, "user": "U0DA", "text": "확인했습니다", "ts": ts}},
    })
}

#[tokio::test]
async fn an_envelope_is_acknowledged_when_it_is_kept() {
    let mut bench = Bench::new(1, 0, true).await;
    let mut line = bench.line().await;
    assert!(bench.up().await);
    line.say(&message("e1", "C0GENERAL", "1754398800.000100"));
    assert_eq!(line.ack().await, json!({"envelope_id": "e1"}));
    assert_eq!(bench.taken(), ["m:C0GENERAL:1754398800.000100"]);
    bench.stop().await;
}

/// What the bot's health is judged by.
#[tokio::test]
async fn an_own_post_that_comes_back_is_told_from_what_others_say() {
    let mut bench = Bench::new(1, 0, true).await;
    let mut line = bench.line().await;
    line.say(&message("e1", "C0GENERAL", "1754398800.000100"));
    line.ack().await;
    let mut own = message("e2", "C0GENERAL", "1754398801.000100");
    own["payload"]["authorizations"] = json!([{"user_id": "UBOT", "is_bot": true}]);
    own["payload"]["event"]["user"] = json!("UBOT");
    own["payload"]["event"]["bot_id"] = json!("B01");
    // most own posts stand in a thread
    own["payload"]["event"]["thread_ts"] = json!("1754398800.000100");
    line.say(&own);
    line.ack().await;
    assert_eq!(*bench.desk.delivered.lock().unwrap(), [false, true]);
    assert_eq!(bench.desk.acknowledged.load(Ordering::Relaxed), 1, "what the desk took");
    assert!(bench.desk.heard.load(Ordering::Relaxed) >= 3, "the greeting and the envelopes");
    bench.stop().await;
}

#[tokio::test]
async fn a_slow_one_does_not_delay_the_others() {
    let mut bench = Bench::new(1, 0, true).await;
    let mut line = bench.line().await;
    line.say(&message("slow", "C0SLOW", "1754398800.000100"));
    line.say(&message("e2", "C0GENERAL", "1754398801.000100"));
    line.say(&message("behind", "C0SLOW", "1754398802.000100"));
    assert_eq!(line.ack().await["envelope_id"], "e2");
    line.no_ack().await;
    bench.desk.go.notify_one();
    assert_eq!(line.ack().await["envelope_id"], "slow");
    bench.desk.go.notify_one();
    assert_eq!(line.ack().await["envelope_id"], "behind");
    bench.stop().await;
}

/// Two connections, one channel, a disk that takes its time.
#[tokio::test]
async fn those_of_one_channel_are_handed_over_in_their_order_and_wait_for_the_disk_together() {
    let mut bench = Bench::new(2, 0, true).await;
    let mut lines = [bench.line().await, bench.line().await];
    let mut keys = Vec::new();
    for nth in 0..20 {
        let ts = format!("17543988{nth:02}.000100");
        lines[nth % 2].say(&message(&format!("e{nth}"), "C0SLOW", &ts));
        keys.push(format!("m:C0SLOW:{ts}"));
        let handed_over = || bench.desk.handed_over.lock().unwrap().len();
        let all = async {
            while handed_over() <= nth {
                sleep(Duration::from_millis(1)).await;
            }
        };
        // none before it is durable yet
        timeout(PATIENCE, all).await.unwrap();
    }
    assert_eq!(*bench.desk.handed_over.lock().unwrap(), keys);
    assert!(bench.taken().is_empty());
    for line in &mut lines {
        line.no_ack().await;
    }
    bench.desk.go.notify_waiters();
    for (nth, line) in lines.iter_mut().enumerate() {
        let mut acknowledged = HashSet::new();
        for _ in 0..10 {
            acknowledged.insert(line.ack().await["envelope_id"].as_str().unwrap().to_owned());
        }
        let sent = (0..20).filter(|sent| sent % 2 == nth).map(|sent| format!("e{sent}"));
        assert_eq!(acknowledged, sent.collect());
    }
    bench.stop().await;
}

/// Also past one that the desk cannot keep.
#[tokio::test]
async fn a_burst_of_one_channel_keeps_its_order() {
    let mut bench = Bench::new(1, 0, true).await;
    let mut line = bench.line().await;
    let ts = |nth: usize| format!("1754398{nth:03}.000100");
    bench.desk.refuses.lock().unwrap().insert(format!("m:C0GENERAL:{}", ts(7)));
    for nth in 0..600 {
        line.say(&message(&format!("e{nth}"), "C0GENERAL", &ts(nth)));
    }
    let mut acknowledged = HashSet::new();
    while acknowledged.len() < 599 {
        assert!(acknowledged.insert(line.ack().await["envelope_id"].to_string()));
    }
    assert!(!acknowledged.contains("\"e7\""), "what was refused");
    let kept = (0..600).filter(|nth| *nth != 7);
    let keys: Vec<String> = kept.map(|nth| format!("m:C0GENERAL:{}", ts(nth))).collect();
    assert_eq!(*bench.desk.handed_over.lock().unwrap(), keys);
    bench.stop().await;
}

#[tokio::test]
async fn what_the_journal_cannot_keep_is_not_acknowledged() {
    let mut bench = Bench::new(1, 0, true).await;
    let mut line = bench.line().await;
    let key = "m:C0GENERAL:1754398800.000100".to_owned();
    bench.desk.refuses.lock().unwrap().insert(key.clone());
    let envelope = message("e1", "C0GENERAL", "1754398800.000100");
    line.say(&envelope);
    line.no_ack().await;
    line.say(&envelope);
    assert_eq!(line.ack().await, json!({"envelope_id": "e1"}));
    assert_eq!(bench.taken(), [key]);
    bench.stop().await;
}

#[tokio::test]
async fn a_form_is_answered_in_its_acknowledgement() {
    let mut bench = Bench::new(1, 0, true).await;
    let mut line = bench.line().await;
    let envelope = |id: &str, answers: bool| {
        json!({
            "type": "interactive", "envelope_id": id, "accepts_response_payload": answers,
            "payload": {"type": "view_submission", "user": {"id": "U0CSR"}, "trigger_id": id,
                "view": {"private_metadata": "offboard", "state": {"values": {}}}},
        })
    };
    line.say(&envelope("e1", true));
    let payload = json!({"response_action": "errors", "errors": {"accounts": "11자리입니다."}});
    assert_eq!(line.ack().await, json!({"envelope_id": "e1", "payload": payload}));
    line.say(&envelope("e2", false));
    assert_eq!(line.ack().await, json!({"envelope_id": "e2"}));
    bench.stop().await;
}

#[tokio::test]
async fn what_is_not_for_the_desk_is_acknowledged() {
    let mut bench = Bench::new(1, 0, true).await;
    let mut line = bench.line().await;
    line.say(&json!({"type": "news", "envelope_id": "e1", "payload": {}}));
    assert_eq!(line.ack().await, json!({"envelope_id": "e1"}));
    line.say(&json!({"type": "events_api", "envelope_id": "e2", "payload": "가온별"}));
    assert_eq!(line.ack().await, json!({"envelope_id": "e2"}));
    assert!(bench.taken().is_empty());
    bench.stop().await;
}

#[tokio::test]
async fn an_announced_end_is_forestalled_and_the_old_line_still_acknowledges() {
    let mut bench = Bench::new(1, 0, true).await;
    let mut old = bench.line().await;
    assert!(bench.up().await);
    sleep(Duration::from_millis(50)).await;
    old.say(&message("slow", "C0SLOW", "1754398800.000100"));
    old.say(&json!({"type": "disconnect", "reason": "warning", "debug_info": {}}));
    let mut new = bench.line().await;
    bench.desk.go.notify_one();
    assert_eq!(old.ack().await["envelope_id"], "slow");
    new.say(&message("e2", "C0GENERAL", "1754398801.000100"));
    assert_eq!(new.ack().await["envelope_id"], "e2");
    drop(old);
    sleep(Duration::from_millis(50)).await;
    assert!(bench.up.try_recv().is_err(), "the line was never down");
    bench.stop().await;
}

#[tokio::test]
async fn a_broken_line_is_made_anew_and_the_desk_is_told() {
    let mut bench = Bench::new(1, 0, true).await;
    drop(bench.line().await);
    let mut line = bench.line().await;
    assert_eq!([bench.up().await, bench.up().await, bench.up().await], [true, false, true]);
    line.say(&message("e1", "C0GENERAL", "1754398800.000100"));
    assert_eq!(line.ack().await["envelope_id"], "e1");
    bench.stop().await;
}

#[tokio::test]
async fn two_lines_are_one_state() {
    let mut bench = Bench::new(2, 0, true).await;
    let (one, mut other) = (bench.line().await, bench.line().await);
    assert!(bench.up().await);
    // Until its greeting is heard, the second one carries nothing yet.
    other.say(&message("e1", "C0GENERAL", "1754398800.000100"));
    assert_eq!(other.ack().await["envelope_id"], "e1");
    drop(one);
    let _again = bench.line().await;
    assert!(bench.up.try_recv().is_err(), "one line stood all the time");
    let Bench { mut up, stop, running, .. } = bench;
    stop.send(true).unwrap();
    timeout(Duration::from_secs(5), running).await.unwrap().unwrap();
    assert_eq!(up.recv().await, Some(false));
    assert_eq!(up.try_recv().ok(), None);
}

#[tokio::test]
async fn refusals_are_waited_out() {
    let mut bench = Bench::new(1, 2, true).await;
    let _line = bench.line().await;
    assert!(bench.up().await);
    assert_eq!(bench.opened.load(Ordering::SeqCst), 3);
    bench.stop().await;
}

#[tokio::test]
async fn a_line_without_a_greeting_does_not_stand_and_is_given_up() {
    let mut bench = Bench::new(1, 0, false).await;
    let _mute = bench.line().await;
    let _next = bench.line().await;
    assert!(bench.up.try_recv().is_err());
    bench.stop().await;
}

#[tokio::test]
async fn a_stop_lets_what_is_being_taken_finish() {
    let mut bench = Bench::new(1, 0, true).await;
    let mut line = bench.line().await;
    assert!(bench.up().await);
    line.say(&message("slow", "C0SLOW", "1754398800.000100"));
    line.no_ack().await;
    bench.stop.send(true).unwrap();
    sleep(Duration::from_millis(50)).await;
    bench.desk.go.notify_one();
    assert_eq!(line.ack().await["envelope_id"], "slow");
    assert_eq!(bench.taken().len(), 1);
    timeout(Duration::from_secs(5), bench.running).await.unwrap().unwrap();
}
