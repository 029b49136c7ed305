//! The load: events as Slack sends them, over the HTTP Events API and over Socket Mode, as fast as they are acknowledged or at a pace of
//! their own. It comes from this process; whoever is measured is another, and both share the machine.

use crate::quantile;
use crate::scene::{SECRET, StandIn};
use crate::traffic::said_in;
use coc::domain::ids::Ts;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message as Frame;

/// Whoever is slow is measured for no longer than this, with what it has done by then.
const LONGEST: Duration = Duration::from_secs(4);

/// One event's way.
pub(crate) struct Sample {
    opens_case: bool,
    took: Duration,
}

/// What one run came to.
pub(crate) struct Run {
    pub(crate) per_second: f64,
    /// How long each took, sorted.
    pub(crate) all: Vec<Duration>,
    /// The same of those that open a case.
    pub(crate) opening: Vec<Duration>,
}

impl Run {
    fn of(samples: Vec<Sample>, whole: Duration) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let per_second = samples.len() as f64 / whole.as_secs_f64();
        let sorted = |only_opening: bool| {
            let wanted = samples.iter().filter(|one| one.opens_case || !only_opening);
            let mut times: Vec<_> = wanted.map(|one| one.took).collect();
            times.sort_unstable();
            times
        };
        Self { per_second, all: sorted(false), opening: sorted(true) }
    }

    /// How long so great a share (0 to 1) of all took at the most.
    pub(crate) fn at(&self, share: f64) -> Duration {
        quantile(&self.all, share)
    }
}

/// Events in the order in which they are sent, whoever sends them.
pub(crate) struct Events {
    slack: Arc<StandIn>,
    share: usize,
    next: AtomicUsize,
    end: usize,
}

impl Events {
    /// From the `from`th on so many, of a hundred of which `share` are urgent requests, each of which opens a case. The others are
    /// people talking.
    pub(crate) fn new(slack: &Arc<StandIn>, share: usize, from: usize, count: usize) -> Arc<Self> {
        let slack = Arc::clone(slack);
        Arc::new(Self { slack, share, next: from.into(), end: from + count })
    }

    fn next(&self) -> Option<(String, bool)> {
        let nth = self.next.fetch_add(1, Ordering::Relaxed);
        (nth < self.end).then(|| self.nth(nth))
    }

    fn opens_case(&self, nth: usize) -> bool {
        // spread over the hundred
        nth * 37 % 100 < self.share
    }

    /// How many were sent, those before the first one among them.
    pub(crate) fn sent(&self) -> usize {
        self.next.load(Ordering::Relaxed).min(self.end)
    }

    /// How many of those sent open a case.
    pub(crate) fn opening(&self) -> usize {
        (0..self.sent()).filter(|nth| self.opens_case(*nth)).count()
    }

    /// An event's payload, and whether it opens a case.
    fn nth(&self, nth: usize) -> (String, bool) {
        let opens_case = self.opens_case(nth);
        let text = if opens_case {
            format!(
                "<@{}> [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: <https://support.example.com/agent/tickets/{}>",
                self.slack.bot,
                10_000 + nth
            )
        } else {
            "어제 말씀드린 대시보드는 오늘 오후에 다시 확인해 보겠습니다. 감사합니다!".to_owned()
        };
        let in_general = opens_case || nth.is_multiple_of(3);
        let channel = if in_general { &self.slack.general } else { &self.slack.random };
        let ts = Ts(format!("{}.{:06}", self.slack.opened, nth));
        let mut event = said_in(channel, &self.slack.csr, &text, &ts, &format!("Ev{nth:09}"));
        if opens_case {
            event["event"]["type"] = json!("app_mention");
        }
        (event.to_string(), opens_case)
    }
}

pub(crate) fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

/// A request to `/slack/events` as it goes over the wire, signed.
fn signed(body: &str) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
    let stamp = now();
    let tag = ring::hmac::sign(&key, format!("v0:{stamp}:{body}").as_bytes());
    let hex: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    format!(
        "POST /slack/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         x-slack-request-timestamp: {stamp}\r\nx-slack-signature: v0={hex}\r\n\r\n{body}",
        body.len()
    )
}

/// A kept-alive connection.
struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, answer: Vec::new() }
    }

    /// Sends an event and waits for its acknowledgement.
    async fn send(&mut self, body: &str) {
        self.stream.write_all(signed(body).as_bytes()).await.unwrap();
        self.answer.clear();
        while !is_whole(&self.answer) {
            let read = self.stream.read_buf(&mut self.answer).await.unwrap();
            assert!(read > 0, "the connection was closed");
        }
        let text = String::from_utf8_lossy(&self.answer);
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    }
}

/// Whether an answer has come to its end: it says how long its body is, or sends it in pieces, the last of which is empty.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let body = &answer[end + 4..];
    if head.contains("transfer-encoding: chunked") {
        return body.ends_with(b"0\r\n\r\n");
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    body.len() >= length.map_or(0, |length| length.trim().parse().unwrap())
}

/// The HTTP Events API on so many connections, each of which sends its next event when the last one is acknowledged.
pub(crate) async fn over_http(to: SocketAddr, events: Arc<Events>, connections: usize) -> Run {
    let mut lines = Vec::new();
    for _ in 0..connections {
        lines.push(Connection::open(to).await);
    }
    let began = Instant::now();
    let mut senders = JoinSet::new();
    for mut line in lines {
        let events = Arc::clone(&events);
        senders.spawn(async move {
            let mut samples = Vec::new();
            while began.elapsed() < LONGEST
                && let Some((body, opens_case)) = events.next()
            {
                let began = Instant::now();
                line.send(&body).await;
                samples.push(Sample { opens_case, took: began.elapsed() });
            }
            samples
        });
    }
    let samples = senders.join_all().await.into_iter().flatten().collect();
    Run::of(samples, began.elapsed())
}

/// One delivery once more; it is acknowledged, and that is all.
pub(crate) async fn again_over_http(to: SocketAddr, events: &Events, nth: usize) {
    Connection::open(to).await.send(&events.nth(nth).0).await;
}

/// Moments at a steady pace, told by a thread of its own: a runtime's timers have steps of a millisecond. What is sent late, because
/// everybody is waiting still, is late by that, too.
fn paced(per_second: u32, count: usize) -> mpsc::UnboundedReceiver<(usize, Instant)> {
    let (tell, told) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let began = Instant::now();
        for nth in 0..count {
            let at = began + Duration::from_secs(1) / per_second * u32::try_from(nth).unwrap();
            std::thread::sleep(at.saturating_duration_since(Instant::now()));
            // who waits for it takes all
            tell.send((nth, at)).unwrap();
        }
    });
    told
}

/// The HTTP Events API at a steady pace, on as many connections as are needed, up to a bound. From when each should have been sent; what
/// could not be sent for a while after the last one should have been is left, and counts as having taken until then.
pub(crate) async fn over_http_at(to: SocketAddr, events: Arc<Events>, per_second: u32) -> Run {
    const CONNECTIONS: usize = 64;
    let first = events.sent();
    let count = events.end - first;
    let mut lines = Vec::new();
    for _ in 0..CONNECTIONS {
        lines.push(Connection::open(to).await);
    }
    let moments = Arc::new(tokio::sync::Mutex::new(paced(per_second, count)));
    let began = Instant::now();
    let last = began + Duration::from_secs(1) / per_second * u32::try_from(count).unwrap();
    let mut senders = JoinSet::new();
    for mut line in lines {
        let (events, moments) = (Arc::clone(&events), Arc::clone(&moments));
        senders.spawn(async move {
            let mut samples = Vec::new();
            loop {
                let mut queue = moments.lock().await;
                let Some((nth, at)) = queue.recv().await else { return samples };
                let opens_case = events.opens_case(first + nth);
                let given_up = last + LONGEST <= Instant::now();
                if !given_up {
                    events.next.fetch_add(1, Ordering::Relaxed);
                    drop(queue);
                    line.send(&events.nth(first + nth).0).await;
                }
                samples.push(Sample { opens_case, took: at.elapsed() });
            }
        });
    }
    let samples = senders.join_all().await.into_iter().flatten().collect();
    let whole = began.elapsed();
    let mut run = Run::of(samples, whole);
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let sent = (events.sent() - first) as f64;
    run.per_second = sent / whole.as_secs_f64();
    run
}

/// Who waits for which acknowledgement.
type Awaited = Arc<Mutex<HashMap<String, oneshot::Sender<()>>>>;

/// Sends an event over a connection of Socket Mode; what is returned ends with its acknowledgement.
fn deliver(
    line: &mpsc::UnboundedSender<String>,
    awaited: &Awaited,
    id: String,
    body: &str,
) -> oneshot::Receiver<()> {
    let (heard, acknowledged) = oneshot::channel();
    let frame = format!(
        r#"{{"type":"events_api","envelope_id":"{id}","accepts_response_payload":false,"payload":{body}}}"#
    );
    awaited.lock().unwrap().insert(id, heard);
    line.send(frame).unwrap();
    acknowledged
}

/// In front of the practice workspace: answers `apps.connections.open` and holds the sockets, so that acknowledgements are seen here;
/// passes everything else on.
pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    lines: mpsc::UnboundedReceiver<mpsc::UnboundedSender<String>>,
    awaited: Awaited,
}

impl Front {
    pub(crate) async fn open(behind: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (new_line, lines) = mpsc::unbounded_channel();
        let awaited = Awaited::default();
        let kept = Arc::clone(&awaited);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(meet(stream, address, behind, new_line.clone(), Arc::clone(&kept)));
            }
        });
        Self { address, lines, awaited }
    }

    /// The bot's two connections.
    async fn both(&mut self) -> Vec<mpsc::UnboundedSender<String>> {
        let mut lines = Vec::new();
        while lines.len() < 2 {
            lines.push(self.lines.recv().await.unwrap());
        }
        lines
    }

    /// So many events are under way at once on the bot's two connections.
    pub(crate) async fn run(&mut self, events: Arc<Events>, at_once: usize) -> Run {
        let lines = self.both().await;
        let began = Instant::now();
        let mut senders = JoinSet::new();
        for nth in 0..at_once {
            let (line, awaited) = (lines[nth % lines.len()].clone(), Arc::clone(&self.awaited));
            let events = Arc::clone(&events);
            senders.spawn(async move {
                let mut samples = Vec::new();
                while began.elapsed() < LONGEST
                    && let Some((body, opens_case)) = events.next()
                {
                    let began = Instant::now();
                    let id = format!("{nth}-{}", samples.len());
                    deliver(&line, &awaited, id, &body).await.unwrap();
                    samples.push(Sample { opens_case, took: began.elapsed() });
                }
                samples
            });
        }
        let samples = senders.join_all().await.into_iter().flatten().collect();
        Run::of(samples, began.elapsed())
    }

    /// Events at a steady pace. From when each should have been sent.
    pub(crate) async fn run_at(&mut self, events: Arc<Events>, per_second: u32) -> Run {
        let lines = self.both().await;
        let mut moments = paced(per_second, events.end - events.sent());
        let began = Instant::now();
        let mut waiting = JoinSet::new();
        while let Some((nth, at)) = moments.recv().await {
            let (body, opens_case) = events.next().unwrap();
            let line = &lines[nth % lines.len()];
            let acknowledged = deliver(line, &self.awaited, format!("e{nth}"), &body);
            waiting.spawn(async move {
                acknowledged.await.unwrap();
                Sample { opens_case, took: at.elapsed() }
            });
        }
        let samples = waiting.join_all().await;
        Run::of(samples, began.elapsed())
    }
}

async fn meet(
    mut stream: TcpStream,
    own: SocketAddr,
    behind: SocketAddr,
    new_line: mpsc::UnboundedSender<mpsc::UnboundedSender<String>>,
    awaited: Awaited,
) {
    let mut first = [0; 32];
    let seen = stream.peek(&mut first).await.unwrap();
    if first[..seen].starts_with(b"GET /link") {
        return converse(stream, new_line, awaited).await;
    }
    if first[..seen].starts_with(b"POST /api/apps.connection") {
        let mut asked = Vec::new();
        while !asked.windows(4).any(|four| four == b"\r\n\r\n") {
            stream.read_buf(&mut asked).await.unwrap();
        }
        let body = json!({"ok": true, "url": format!("ws://{own}/link")}).to_string();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        return;
    }
    let mut beyond = TcpStream::connect(behind).await.unwrap();
    // it ends with either side, at the latest when the bot is gone
    let _ = tokio::io::copy_bidirectional(&mut stream, &mut beyond).await;
}

async fn converse(
    stream: TcpStream,
    new_line: mpsc::UnboundedSender<mpsc::UnboundedSender<String>>,
    awaited: Awaited,
) {
    stream.set_nodelay(true).unwrap();
    let socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    let (mut out, mut heard) = socket.split();
    let hello = json!({"type": "hello", "num_connections": 1, "debug_info": {}}).to_string();
    out.send(Frame::text(hello)).await.unwrap();
    let (line, mut to_send) = mpsc::unbounded_channel::<String>();
    if new_line.send(line).is_err() {
        return;
    }
    loop {
        tokio::select! {
            frame = to_send.recv() => {
                let Some(frame) = frame else { return };
                if out.send(Frame::text(frame)).await.is_err() {
                    return;
                }
            }
            frame = heard.next() => match frame {
                Some(Ok(Frame::Text(text))) => {
                    let ack: Value = serde_json::from_str(text.as_str()).unwrap();
                    let id = ack["envelope_id"].as_str().unwrap();
                    let waiting = awaited.lock().unwrap().remove(id).unwrap();
                    // whoever waited is still there: nothing else ends its wait
                    waiting.send(()).unwrap();
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}
