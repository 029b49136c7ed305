//! Slack's Socket Mode.
//!
//! The connections are our own. Those of the client library call one handler after the other, so that a slow one delays the
//! acknowledgements behind it past Slack's three seconds; they write the connection's secret address into the log; and nothing
//! there has a time-out. The library opens the connection's address, as it does every other call.

use super::{Desk, Unavailable};
use crate::adapters::http::is_here;
use crate::adapters::slack::api::{Api, Failed, Method, WebApi};
use crate::adapters::slack::blocks;
use crate::adapters::slack::events::{self, Ignored, MAX_BODY};
use crate::domain::input::{SlackAct, SlackInput};
use crate::domain::message::Answer;
use crate::metrics::Way;
use crate::ports::PortError;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message as Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use url::Url;

/// How the connections are kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many stand side by side: while one is renewed or silently dead, the others carry on.
    pub connections: u32,
    /// How long a connection may take to stand, `hello` included.
    pub connect_within: Duration,
    /// How often the other end is asked whether it is there; one that is silent for three times as long is given up.
    pub ping_every: Duration,
    /// The first wait after a failure; it doubles up to [`Settings::longest_wait`].
    pub first_wait: Duration,
    /// The longest wait between attempts.
    pub longest_wait: Duration,
    /// How long the desk may take over one input before it is left to be sent again.
    pub take_within: Duration,
    /// How long an orderly stop waits for inputs that are being taken.
    pub drain_within: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections: 2,
            connect_within: Duration::from_secs(10),
            ping_every: Duration::from_secs(10),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(30),
            take_within: Duration::from_secs(30),
            drain_within: Duration::from_secs(2),
        }
    }
}

/// Inputs that may be on their way to the desk at a time; more wait in their connections.
const IN_FLIGHT: usize = 256;
/// A renewed connection that Slack does not close itself is closed after this.
const OLD_LINGERS: Duration = Duration::from_secs(30);
/// Longer frames end the connection.
const LONGEST_FRAME: usize = 16 * MAX_BODY;

/// Runs Socket Mode until `stop` turns true (or its sender is gone). The client bears the app-level token.
pub async fn run(
    api: Arc<Api>,
    desk: Arc<dyn Desk>,
    settings: Settings,
    stop: watch::Receiver<bool>,
) {
    let (lines, states) = mpsc::unbounded_channel();
    let line = Arc::new(Line {
        api,
        desk: Arc::clone(&desk),
        lanes: Lanes::default(),
        in_flight: Arc::new(Semaphore::new(IN_FLIGHT)),
        lines,
        settings,
        stop,
    });
    let telling = tokio::spawn(tell(desk, states));
    let mut slots = JoinSet::new();
    for _ in 0..line.settings.connections.max(1) {
        slots.spawn(Arc::clone(&line).keep());
    }
    while slots.join_next().await.is_some() {}
    // The last sender goes with it, and with that the telling ends.
    drop(line);
    if let Err(error) = telling.await {
        tracing::error!(panicked = error.is_panic(), "telling of the line's state ended early");
    }
}

/// Tells the desk when the first connection stands and when the last one is gone, in that order.
async fn tell(desk: Arc<dyn Desk>, mut states: mpsc::UnboundedReceiver<bool>) {
    let mut standing = 0_usize;
    while let Some(up) = states.recv().await {
        let before = standing;
        standing = if up { standing + 1 } else { standing.saturating_sub(1) };
        if (before == 0) != (standing == 0) {
            tracing::info!(up, "Slack's line");
            desk.connected(up).await;
        }
    }
}

struct Line {
    api: Arc<Api>,
    desk: Arc<dyn Desk>,
    lanes: Lanes,
    in_flight: Arc<Semaphore>,
    lines: mpsc::UnboundedSender<bool>,
    settings: Settings,
    stop: watch::Receiver<bool>,
}

/// A connection that stands, for as long as it is held.
struct Standing(mpsc::UnboundedSender<bool>);

impl Standing {
    fn new(lines: &mpsc::UnboundedSender<bool>) -> Self {
        // The receiver outlives every connection; see `run`.
        let _ = lines.send(true);
        Self(lines.clone())
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        let _ = self.0.send(false);
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why there is no connection. Bears no address: it is a secret.
#[derive(Debug, thiserror::Error)]
enum NoConnection {
    #[error("{}", PortError::from(.0.clone()))]
    Opening(Failed),
    #[error("{0}")]
    Address(&'static str),
    #[error("{0}")]
    Socket(String),
    #[error("not there in time")]
    Late,
}

impl Line {
    /// Keeps one connection standing until the stop.
    async fn keep(self: Arc<Self>) {
        let mut wait = self.settings.first_wait;
        let mut stop = self.stop.clone();
        let mut connections = JoinSet::new();
        while !is_over(&stop) {
            let socket = tokio::select! {
                socket = self.connect() => socket,
                () = over(&mut stop) => break,
            };
            let pause = match socket {
                Ok(socket) => {
                    let (renew, renewal) = oneshot::channel();
                    let began = Instant::now();
                    connections.spawn(Arc::clone(&self).serve(socket, renew));
                    // Ends when Slack announces that it will close the connection, or when it is closed.
                    let announced = renewal.await.is_ok();
                    while connections.try_join_next().is_some() {}
                    let stood = began.elapsed();
                    if stood > self.settings.longest_wait {
                        wait = self.settings.first_wait;
                    }
                    // The old one carries on while the new one is made; but not in a circle without a pause.
                    if announced && stood > self.settings.first_wait {
                        Duration::ZERO
                    } else {
                        wait
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, wait_ms = wait.as_millis(), "no connection to Slack");
                    asked_wait(&error).map_or(wait, |asked| asked.max(wait))
                }
            };
            if !pause.is_zero() {
                wait = (wait * 2).min(self.settings.longest_wait);
                tokio::select! {
                    () = sleep(pause) => {}
                    () = over(&mut stop) => {}
                }
            }
        }
        while connections.join_next().await.is_some() {}
    }

    async fn connect(&self) -> Result<Socket, NoConnection> {
        let opening = self.api.post(Method::AppsConnectionsOpen, &json!({})).await;
        let answer = opening.map_err(NoConnection::Opening)?;
        let url = answer.get("url").and_then(Value::as_str).unwrap_or_default();
        let url = Url::parse(url).map_err(|_| NoConnection::Address("no address was given"))?;
        if url.scheme() != "wss" && !(url.scheme() == "ws" && is_here(&url)) {
            return Err(NoConnection::Address("an address without TLS was given"));
        }
        let limits = WebSocketConfig::default()
            .max_message_size(Some(LONGEST_FRAME))
            .max_frame_size(Some(LONGEST_FRAME));
        let connecting = connect_async_with_config(url.as_str(), Some(limits), true);
        match timeout(self.settings.connect_within, connecting).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(error)) => Err(NoConnection::Socket(what(&error))),
            Err(_) => Err(NoConnection::Late),
        }
    }

    /// Reads one connection until it ends. `renew` is used when Slack announces that; dropped without, it has ended.
    async fn serve(self: Arc<Self>, socket: Socket, renew: oneshot::Sender<()>) {
        let (mut writer, mut reader) = socket.split();
        let (acks, mut to_write) = mpsc::unbounded_channel::<Frame>();
        let writing = tokio::spawn(async move {
            while let Some(frame) = to_write.recv().await {
                if let Err(error) = writer.send(frame).await {
                    tracing::debug!(error = what(&error), "Slack's connection takes nothing more");
                    return;
                }
            }
            // It may be gone already.
            let _ = writer.close().await;
        });
        let mut renew = Some(renew);
        let mut standing = None;
        let mut stop = self.stop.clone();
        let mut takes = JoinSet::new();
        let mut ping = tokio::time::interval(self.settings.ping_every);
        let began = Instant::now();
        let mut heard = began;
        let mut closing: Option<Instant> = None;
        loop {
            tokio::select! {
                // The stop first: a connection that has only now been greeted must not count as standing after it.
                biased;
                () = over(&mut stop) => break,
                _ = ping.tick() => {
                    let silent = heard.elapsed() > self.settings.ping_every * 3;
                    let mute = standing.is_none() && began.elapsed() > self.settings.connect_within;
                    if silent || mute {
                        tracing::warn!("a connection to Slack has fallen silent");
                        break;
                    }
                    if closing.is_some_and(|at| at <= Instant::now())
                        || acks.send(Frame::Ping(tungstenite::Bytes::new())).is_err()
                    {
                        break;
                    }
                }
                // Collected as they end, so that a long-lived connection does not pile them up.
                Some(ended) = takes.join_next() => note(&ended),
                frame = reader.next() => {
                    heard = Instant::now();
                    if matches!(frame, Some(Ok(_))) {
                        self.desk.heard();
                    }
                    match frame {
                        Some(Ok(Frame::Text(text))) => match Heard::read(&text) {
                            Heard::Hello => {
                                standing.get_or_insert_with(|| Standing::new(&self.lines));
                            }
                            Heard::Disconnect(reason) => {
                                tracing::info!(reason, "Slack will close a connection");
                                closing.get_or_insert(heard + OLD_LINGERS);
                                // Switched off, a new connection would only be refused: let the waits grow.
                                if reason != "link_disabled" && let Some(renew) = renew.take() {
                                    // The keeper waits for it as long as the stop has not come.
                                    let _ = renew.send(());
                                }
                            }
                            Heard::Envelope { id, answers, own, input } => {
                                self.desk.delivered(own);
                                let (came, acks) = (heard, acks.clone());
                                tokio::select! {
                                    () = self.hand_in(&mut takes, acks, Envelope { id, answers, came }, input) => {
                                        heard = Instant::now();
                                    }
                                    () = over(&mut stop) => break,
                                }
                            }
                            Heard::Nothing => tracing::debug!("a frame without an envelope"),
                        },
                        Some(Ok(Frame::Ping(_) | Frame::Pong(_) | Frame::Binary(_) | Frame::Frame(_))) => {}
                        Some(Ok(Frame::Close(_))) | None => break,
                        Some(Err(error)) => {
                            tracing::warn!(error = what(&error), "a connection to Slack broke");
                            break;
                        }
                    }
                }
            }
        }
        // No longer read from, so for the desk it is gone; and a keeper that waits for the end may go on.
        drop(standing);
        drop(renew);
        let drained = async {
            while let Some(ended) = takes.join_next().await {
                note(&ended);
            }
        };
        if timeout(self.settings.drain_within, drained).await.is_err() {
            tracing::warn!("inputs were still being taken; Slack will send them again");
            takes.shutdown().await;
        }
        drop(acks);
        let mut writing = writing;
        if timeout(self.settings.drain_within, &mut writing).await.is_err() {
            writing.abort();
        }
    }

    /// Hands an input to the desk beside the others and acknowledges it when it is kept.
    async fn hand_in(
        &self,
        takes: &mut JoinSet<()>,
        acks: mpsc::UnboundedSender<Frame>,
        envelope: Envelope,
        input: Result<SlackInput, Ignored>,
    ) {
        let Envelope { id, answers, came } = envelope;
        let input = match input {
            Ok(input) => input,
            Err(reason) => {
                tracing::debug!(%reason, "ignored");
                acknowledge(&acks, &id, None);
                return;
            }
        };
        let Ok(permit) = Arc::clone(&self.in_flight).acquire_owned().await else { return };
        let turn = self.lanes.turn(&input);
        let desk = Arc::clone(&self.desk);
        let within = self.settings.take_within;
        takes.spawn(async move {
            let _permit = permit;
            let done = turn.wait().await;
            let taken = async {
                let handed_over = desk.hand_over(input).await;
                // The order is settled: the next one need not wait for the disk, and is written down together with this one.
                drop(done);
                handed_over?.await
            };
            match timeout(within, taken).await {
                Ok(Ok(answer)) => {
                    let payload = if answers { blocks::answer(&answer) } else { None };
                    if payload.is_none() && answer != Answer::Nothing {
                        tracing::warn!("Slack takes no answer to this envelope");
                    }
                    acknowledge(&acks, &id, payload);
                    desk.acknowledged(Way::Socket, came.elapsed());
                }
                Ok(Err(Unavailable)) => {
                    tracing::warn!("the journal could not keep an input; Slack will send it again");
                }
                Err(_) => tracing::warn!("an input took too long; Slack will send it again"),
            }
        });
    }
}

/// What is known of an envelope beside its contents.
struct Envelope {
    id: String,
    /// Whether the acknowledgement may carry an answer.
    answers: bool,
    /// When it came.
    came: Instant,
}

fn acknowledge(acks: &mpsc::UnboundedSender<Frame>, id: &str, payload: Option<Value>) {
    let mut ack = json!({"envelope_id": id});
    if let Some(payload) = payload {
        ack["payload"] = payload;
    }
    if acks.send(Frame::text(ack.to_string())).is_err() {
        tracing::debug!(
            "the connection was gone before the acknowledgement; Slack will send it again"
        );
    }
}

fn note(ended: &Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(panicked = error.is_panic(), "taking an input ended early");
    }
}

fn is_over(stop: &watch::Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}

/// Returns when the stop has come.
async fn over(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone can never say it any more.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn asked_wait(error: &NoConnection) -> Option<Duration> {
    match error {
        NoConnection::Opening(failed) => failed.asked_wait(),
        NoConnection::Address(_) | NoConnection::Socket(_) | NoConnection::Late => None,
    }
}

/// What went wrong with a WebSocket, without the address and what was on it.
fn what(error: &tungstenite::Error) -> String {
    match error {
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => "closed".into(),
        tungstenite::Error::Io(error) => format!("{}", error.kind()),
        tungstenite::Error::Tls(_) => "TLS".into(),
        tungstenite::Error::Capacity(_) => "a frame that is too long".into(),
        tungstenite::Error::Protocol(error) => format!("{error}"),
        tungstenite::Error::WriteBufferFull(_) => "the other end reads nothing".into(),
        tungstenite::Error::Utf8(_) => "no UTF-8".into(),
        tungstenite::Error::AttackAttempt => "an attack".into(),
        tungstenite::Error::Url(_) => "the address".into(),
        tungstenite::Error::Http(answer) => format!("HTTP {}", answer.status().as_u16()),
        tungstenite::Error::HttpFormat(_) => "no HTTP".into(),
    }
}

/// A frame of Slack's.
#[derive(Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "lives on the stack for a moment")]
enum Heard {
    Hello,
    /// With the reason, if it is one that Slack documents.
    Disconnect(&'static str),
    Envelope {
        id: String,
        /// Whether the acknowledgement may carry an answer.
        answers: bool,
        /// Whether it brings a post of the bot's own.
        own: bool,
        input: Result<SlackInput, Ignored>,
    },
    Nothing,
}

/// What every frame may bear; its payload is passed over, however deep.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    envelope_id: String,
    #[serde(default)]
    accepts_response_payload: bool,
}

impl Heard {
    fn read(text: &str) -> Self {
        let Ok(head) = serde_json::from_str::<Head>(text) else { return Self::Nothing };
        match head.kind.as_str() {
            "hello" => return Self::Hello,
            "disconnect" => {
                let known = ["warning", "refresh_requested", "link_disabled"];
                let reason = known.into_iter().find(|known| *known == head.reason);
                return Self::Disconnect(reason.unwrap_or("other"));
            }
            _ => {}
        }
        if head.envelope_id.is_empty() {
            return Self::Nothing;
        }
        let mut own = false;
        let input = match events::read(text.as_bytes()) {
            Ok(mut frame) => {
                let payload = frame.get_mut("payload").map(Value::take).unwrap_or_default();
                match head.kind.as_str() {
                    "events_api" => {
                        own = events::is_own_post(&payload);
                        events::event(&payload)
                    }
                    "interactive" => events::interaction(&payload),
                    "slash_commands" => events::command(&payload),
                    _ => Err(Ignored::Kind("envelope".to_owned())),
                }
            }
            Err(error) => {
                // Sent again it would be no more readable, so it is acknowledged.
                tracing::warn!(%error, "an unreadable envelope");
                Err(Ignored::Missing("/payload"))
            }
        };
        Self::Envelope { id: head.envelope_id, answers: head.accepts_response_payload, own, input }
    }
}

/// Keeps inputs of one channel in the order in which they came until they are handed over, and lets all others pass each other.
#[derive(Default)]
struct Lanes(Mutex<HashMap<String, oneshot::Receiver<()>>>);

/// A place in a lane's queue.
struct Turn {
    before: Option<oneshot::Receiver<()>>,
    done: oneshot::Sender<()>,
}

impl Turn {
    /// Returns when the one before is handed over; dropping what is returned lets the next one go.
    async fn wait(self) -> oneshot::Sender<()> {
        if let Some(before) = self.before {
            // It ends by being dropped; nothing is ever sent.
            let _ = before.await;
        }
        self.done
    }
}

impl Lanes {
    fn turn(&self, input: &SlackInput) -> Turn {
        let (done, ended) = oneshot::channel();
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes.len() >= IN_FLIGHT {
            lanes.retain(|_, last| last.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        }
        Turn { before: lanes.insert(lane(input), ended), done }
    }
}

/// Where order matters: the channel; for what stands in none, the person.
fn lane(input: &SlackInput) -> String {
    match &input.what {
        SlackAct::Said { at, .. }
        | SlackAct::BotSaid { at, .. }
        | SlackAct::Edited { at, .. }
        | SlackAct::Deleted { at } => at.channel.to_string(),
        SlackAct::Reacted { to, .. } | SlackAct::Unreacted { to, .. } => to.channel.to_string(),
        SlackAct::Pressed { on, .. } => on.channel.to_string(),
        SlackAct::Commanded { channel, .. } => channel.to_string(),
        SlackAct::Submitted { .. } | SlackAct::HomeOpened | SlackAct::HomePressed { .. } => {
            input.by.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn said(channel: &str) -> SlackInput {
        let frame = json!({
            "type": "events_api", "envelope_id": "e1", "accepts_response_payload": false,
            "payload": {"type": "event_callback", "event_id": "Ev01", "event": {
                "type": "message", "channel": channel, "user": "U0CSR", "text": "확인했습니다",
                "ts": "1754398800.000100"}},
        });
        let heard = Heard::read(&frame.to_string());
        let Heard::Envelope { input, .. } = heard else { panic!("{heard:?}") };
        input.unwrap()
    }

    #[test]
    fn frames() {
        assert_eq!(Heard::read(r#"{"type":"hello","num_connections":1}"#), Heard::Hello);
        let warning = r#"{"type":"disconnect","reason":"warning","debug_info":{}}"#;
        assert_eq!(Heard::read(warning), Heard::Disconnect("warning"));
        let strange = r#"{"type":"disconnect","reason":"가온별"}"#;
        assert_eq!(Heard::read(strange), Heard::Disconnect("other"));
        for nothing in ["", "[]", "{}", r#"{"type":"events_api"}"#] {
            assert_eq!(Heard::read(nothing), Heard::Nothing);
        }
    }

    #[test]
    fn an_envelope_that_cannot_be_read_can_be_acknowledged() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        for payload in ["7", "null", deep.as_str()] {
            let frame =
                format!(r#"{{"type":"events_api","envelope_id":"e1","payload":{payload}}}"#);
            let heard = Heard::read(&frame);
            let Heard::Envelope { id, input, .. } = heard else { panic!("{heard:?}") };
            assert!(id == "e1" && input.is_err());
        }
    }

    #[tokio::test]
    async fn one_channel_keeps_its_order_and_another_passes() {
        let lanes = Lanes::default();
        let [first, second, other] = [said("C1"), said("C1"), said("C2")].map(|i| lanes.turn(&i));
        let first = first.wait().await;
        let mut second = tokio::spawn(second.wait());
        timeout(Duration::from_secs(5), other.wait()).await.unwrap();
        assert!(timeout(Duration::from_millis(20), &mut second).await.is_err());
        drop(first);
        timeout(Duration::from_secs(5), second).await.unwrap().unwrap();
    }

    #[test]
    fn lanes_are_forgotten_when_nobody_is_in_them() {
        let lanes = Lanes::default();
        for n in 0..IN_FLIGHT * 2 {
            drop(lanes.turn(&said(&format!("C{n}"))));
        }
        assert!(lanes.0.lock().unwrap().len() <= IN_FLIGHT);
    }
}
