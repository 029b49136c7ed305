//! Events from signature (HTTP) or sending (Socket Mode) to acknowledgement. The load comes from this process, the bot is another;
//! both share the machine.

use crate::scene::{Bot, Line, SECRET, StandIn};
use crate::traffic::said_in;
use crate::{millis, quantile, rounded, spread};
use coc::domain::ids::Ts;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message as Frame;

/// Of a hundred events so many are urgent requests, each of which opens a case; the others are people talking.
const SHARES: [usize; 3] = [0, 1, 10];

/// One event's way.
struct Sample {
    opens_case: bool,
    took: Duration,
}

/// What one run came to.
struct Run {
    per_second: f64,
    all: Vec<Duration>,
    opening: Vec<Duration>,
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
}

fn head(what: &str, at_once: &str, times: usize) {
    println!("\n{what}: the middle of {times} runs (least–most), each with a fresh journal\n");
    println!(
        "| {at_once} | open a case | events/s | p50, ms | p99, ms | longest, ms | those that open a case: p50 / p99, ms |"
    );
    println!("|-:|-:|-|-|-|-|-|");
}

fn row(at_once: usize, share: usize, runs: &[Run]) {
    let at =
        |share: f64| spread(runs.iter().map(|run| millis(quantile(&run.all, share))).collect());
    let opening = |share: f64| {
        let mut values: Vec<f64> = runs
            .iter()
            .filter(|run| !run.opening.is_empty())
            .map(|run| millis(quantile(&run.opening, share)))
            .collect();
        values.sort_by(f64::total_cmp);
        if values.is_empty() { "–".to_owned() } else { rounded(quantile(&values, 0.5)) }
    };
    let rate = spread(runs.iter().map(|run| run.per_second).collect());
    println!(
        "| {at_once} | {share} % | {rate} | {} | {} | {} | {} / {} |",
        at(0.5),
        at(0.99),
        at(1.0),
        opening(0.5),
        opening(0.99)
    );
}

/// Events in the order in which they are sent, whoever sends them.
struct Events {
    slack: Arc<StandIn>,
    share: usize,
    next: AtomicUsize,
    count: usize,
}

impl Events {
    /// The next event's payload, and whether it opens a case.
    fn next(&self) -> Option<(String, bool)> {
        let nth = self.next.fetch_add(1, Ordering::Relaxed);
        if nth >= self.count {
            return None;
        }
        // spread over the hundred
        let opens_case = nth * 37 % 100 < self.share;
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
        let ts = Ts(format!("{}.{:06}", now(), nth));
        let event = said_in(channel, &self.slack.csr, &text, &ts, &format!("Ev{nth:09}"));
        Some((event.to_string(), opens_case))
    }
}

fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

fn state() -> tempfile::TempDir {
    tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap()
}

/// The HTTP Events API.
pub(crate) async fn http(connections: &[usize], count: usize, times: usize) {
    let slack = Arc::new(StandIn::open().await);
    head("HTTP, signed `/slack/events`", "connections", times);
    for &connections in connections {
        for share in SHARES {
            let mut runs = Vec::new();
            for _ in 0..times {
                let folder = state();
                let (path, address) = (folder.path().join("state"), slack.address);
                std::fs::create_dir(&path).unwrap();
                let starting =
                    tokio::task::spawn_blocking(move || Bot::start(&path, address, Line::Http));
                let bot = starting.await.unwrap();
                let events = Events { slack: Arc::clone(&slack), share, next: 0.into(), count };
                runs.push(run_http(bot.address, Arc::new(events), connections).await);
            }
            row(connections, share, &runs);
        }
    }
}

async fn run_http(bot: SocketAddr, events: Arc<Events>, connections: usize) -> Run {
    let mut lines = Vec::new();
    for _ in 0..connections {
        let line = TcpStream::connect(bot).await.unwrap();
        line.set_nodelay(true).unwrap();
        lines.push(line);
    }
    let began = Instant::now();
    let mut senders = JoinSet::new();
    for line in lines {
        senders.spawn(send_http(line, Arc::clone(&events)));
    }
    let samples = senders.join_all().await.into_iter().flatten().collect();
    Run::of(samples, began.elapsed())
}

async fn send_http(mut line: TcpStream, events: Arc<Events>) -> Vec<Sample> {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
    let mut samples = Vec::new();
    let mut answer = Vec::new();
    while let Some((body, opens_case)) = events.next() {
        let began = Instant::now();
        let stamp = now();
        let tag = ring::hmac::sign(&key, format!("v0:{stamp}:{body}").as_bytes());
        let hex: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        let request = format!(
            "POST /slack/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             x-slack-request-timestamp: {stamp}\r\nx-slack-signature: v0={hex}\r\n\r\n{body}",
            body.len()
        );
        line.write_all(request.as_bytes()).await.unwrap();
        answer.clear();
        // an acknowledgement has no body
        while !answer.ends_with(b"\r\n\r\n") {
            assert!(line.read_buf(&mut answer).await.unwrap() > 0, "the bot hung up");
        }
        samples.push(Sample { opens_case, took: began.elapsed() });
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    }
    samples
}

/// Socket Mode. The bot keeps two connections; so many events are under way on them at once.
pub(crate) async fn socket(at_once: &[usize], count: usize, times: usize) {
    let slack = Arc::new(StandIn::open().await);
    head("Socket Mode, two connections", "at once", times);
    for &at_once in at_once {
        for share in SHARES {
            let mut runs = Vec::new();
            for _ in 0..times {
                let mut front = Front::open(slack.address).await;
                let folder = state();
                let (path, address) = (folder.path().join("state"), front.address);
                std::fs::create_dir(&path).unwrap();
                let starting =
                    tokio::task::spawn_blocking(move || Bot::start(&path, address, Line::Socket));
                let bot = starting.await.unwrap();
                let mut lines = Vec::new();
                while lines.len() < 2 {
                    lines.push(front.lines.recv().await.unwrap());
                }
                let events = Events { slack: Arc::clone(&slack), share, next: 0.into(), count };
                runs.push(run_socket(&lines, &front.awaited, Arc::new(events), at_once).await);
                drop(bot);
            }
            row(at_once, share, &runs);
        }
    }
}

type Awaited = Arc<Mutex<HashMap<String, oneshot::Sender<()>>>>;

async fn run_socket(
    lines: &[mpsc::UnboundedSender<String>],
    awaited: &Awaited,
    events: Arc<Events>,
    at_once: usize,
) -> Run {
    let began = Instant::now();
    let mut senders = JoinSet::new();
    for nth in 0..at_once {
        let (line, awaited) = (lines[nth % lines.len()].clone(), Arc::clone(awaited));
        let events = Arc::clone(&events);
        senders.spawn(async move {
            let mut samples = Vec::new();
            while let Some((body, opens_case)) = events.next() {
                let began = Instant::now();
                let id = format!("{nth}-{}", samples.len());
                let (heard, acknowledged) = oneshot::channel();
                awaited.lock().unwrap().insert(id.clone(), heard);
                let frame = format!(
                    r#"{{"type":"events_api","envelope_id":"{id}","accepts_response_payload":false,"payload":{body}}}"#
                );
                line.send(frame).unwrap();
                acknowledged.await.unwrap();
                samples.push(Sample { opens_case, took: began.elapsed() });
            }
            samples
        });
    }
    let samples = senders.join_all().await.into_iter().flatten().collect();
    Run::of(samples, began.elapsed())
}

/// In front of the practice workspace: answers `apps.connections.open` and holds the sockets, so that acknowledgements are seen here;
/// passes everything else on.
struct Front {
    address: SocketAddr,
    lines: mpsc::UnboundedReceiver<mpsc::UnboundedSender<String>>,
    awaited: Awaited,
}

impl Front {
    async fn open(behind: SocketAddr) -> Self {
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
                    let ack: serde_json::Value = serde_json::from_str(text.as_str()).unwrap();
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
