//! Socket Mode, Slack's side: the envelopes that wait, the sockets that carry them, the acknowledgements that come back.

use super::server::Sandbox;
use super::workspace::{Delivery, DeliveryKind};
use crate::domain::ids::{ChannelId, SlackUser};
use axum::extract::ws::{Message, WebSocket};
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// How often a socket is pinged, as Slack does.
const PING_EVERY: Duration = Duration::from_secs(10);
/// How long a person waits for the app before Slack says that it did not answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);
/// The most sockets that one app may hold.
const MOST_SOCKETS: usize = 10;

/// What waits for the app, and which sockets are there.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Envelope>,
    tickets: BTreeSet<String>,
    sockets: BTreeSet<u64>,
    serial: u64,
    /// Sockets up to this number are asked to go.
    refreshed: u64,
}

#[derive(Debug)]
struct Envelope {
    id: String,
    delivery: Delivery,
    attempts: u32,
    sent: Option<(u64, Instant)>,
}

/// What an acknowledgement with an answer is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// A form that was handed in.
    Form { user: SlackUser, view_id: String },
    /// A slash command.
    Command { user: SlackUser, channel: ChannelId },
    /// A button of a message: the person waits, but there is nothing to answer.
    Press { user: SlackUser, channel: ChannelId },
    /// An event, or a button elsewhere: nothing to answer.
    Other,
}

impl Subject {
    pub(super) fn of(delivery: &Delivery) -> Self {
        let payload = &delivery.payload;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match delivery.kind {
            DeliveryKind::Interactive if payload["type"] == "view_submission" => Self::Form {
                user: SlackUser(text(&payload["user"]["id"])),
                view_id: text(&payload["view"]["id"]),
            },
            DeliveryKind::Command => Self::Command {
                user: SlackUser(text(&payload["user_id"])),
                channel: ChannelId(text(&payload["channel_id"])),
            },
            DeliveryKind::Interactive if payload["channel"]["id"].is_string() => Self::Press {
                user: SlackUser(text(&payload["user"]["id"])),
                channel: ChannelId(text(&payload["channel"]["id"])),
            },
            DeliveryKind::Interactive | DeliveryKind::Event => Self::Other,
        }
    }
}

impl Outbox {
    /// A ticket for one socket.
    pub(super) fn ticket(&mut self) -> Result<String, &'static str> {
        if self.sockets.len() >= MOST_SOCKETS {
            return Err("too_many_websockets");
        }
        self.serial += 1;
        let ticket = format!("sandbox-{}", self.serial);
        self.tickets.insert(ticket.clone());
        Ok(ticket)
    }

    /// Whether the ticket was good; it is good once.
    pub(super) fn redeem(&mut self, ticket: &str) -> bool {
        self.tickets.remove(ticket)
    }

    /// Connected sockets.
    pub(super) fn sockets(&self) -> usize {
        self.sockets.len()
    }

    /// What has not been acknowledged.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Forgets what waits.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
    }

    /// Asks every socket that stands now to be replaced, as Slack does every few hours.
    pub(super) fn refresh(&mut self) {
        self.refreshed = self.serial;
    }

    /// Puts a delivery in line; returns its envelope's id.
    pub(super) fn push(&mut self, delivery: Delivery) -> String {
        self.serial += 1;
        let id = format!("{:08x}-5a4d-4b0c-8000-{:012x}", self.serial, self.serial);
        self.waiting.push_back(Envelope { id: id.clone(), delivery, attempts: 0, sent: None });
        id
    }

    fn take(&mut self, id: &str) -> Option<Delivery> {
        let place = self.waiting.iter().position(|envelope| envelope.id == id)?;
        self.waiting.remove(place).map(|envelope| envelope.delivery)
    }

    fn open(&mut self) -> u64 {
        self.serial += 1;
        self.sockets.insert(self.serial);
        self.serial
    }

    /// A socket is gone: what it carried without an acknowledgement is sent again.
    fn close(&mut self, socket: u64) {
        self.sockets.remove(&socket);
        for envelope in &mut self.waiting {
            if envelope.sent.is_some_and(|(by, _)| by == socket) {
                envelope.sent = None;
            }
        }
    }

    /// The next frame for a socket, or the time at which one falls due.
    fn claim(&mut self, socket: u64, again_after: Duration) -> Result<String, Option<Instant>> {
        let now = Instant::now();
        let mut due: Option<Instant> = None;
        for envelope in &mut self.waiting {
            let repeats = envelope.delivery.kind == DeliveryKind::Event;
            match envelope.sent {
                Some((_, at)) if !repeats || at + again_after > now => {
                    if repeats {
                        due = Some(due.map_or(at + again_after, |due| due.min(at + again_after)));
                    }
                }
                Some(_) | None => {
                    envelope.sent = Some((socket, now));
                    envelope.attempts += 1;
                    return Ok(envelope.frame());
                }
            }
        }
        Err(due)
    }
}

impl Envelope {
    fn frame(&self) -> String {
        let kind = self.delivery.kind;
        let mut frame = json!({
            "envelope_id": self.id,
            "type": kind.envelope_type(),
            "payload": self.delivery.payload,
            "accepts_response_payload": kind.accepts_response(),
        });
        if kind == DeliveryKind::Event {
            frame["retry_attempt"] = json!(self.attempts - 1);
            frame["retry_reason"] = json!(if self.attempts > 1 { "timeout" } else { "" });
        }
        frame.to_string()
    }
}

/// Hands one thing to the app. Events wait for a socket and are sent again until they are acknowledged. What a person waits for
/// does not: without an answer within three seconds the person is told, as in Slack.
pub(super) fn dispatch(sandbox: &Sandbox, delivery: Delivery) {
    let waits = delivery.kind != DeliveryKind::Event;
    let id = sandbox.outbox().push(delivery);
    sandbox.stir();
    if waits {
        let sandbox = sandbox.clone();
        tokio::spawn(async move {
            sleep(PATIENCE).await;
            let unanswered = sandbox.outbox().take(&id);
            if let Some(delivery) = unanswered {
                sandbox.unanswered(&delivery, &Subject::of(&delivery));
            }
        });
    }
}

/// Serves one socket until it closes.
pub(super) async fn serve(sandbox: Sandbox, mut socket: WebSocket) {
    let me = sandbox.outbox().open();
    sandbox.stir();
    carry(&sandbox, me, &mut socket).await;
    sandbox.outbox().close(me);
    sandbox.stir();
    part(&mut socket).await;
}

/// Says goodbye, or answers the client's: a socket that just ends is an error to the official clients. One that is broken is let go.
async fn part(socket: &mut WebSocket) {
    let goodbye = async {
        // Where the client said goodbye first, there is nothing to send: the answer goes out with the next read.
        if let Err(error) = socket.send(Message::Close(None)).await {
            tracing::trace!(%error, "no goodbye of our own");
        }
        while let Some(Ok(_)) = socket.recv().await {}
    };
    if timeout(PATIENCE, goodbye).await.is_err() {
        tracing::debug!("a socket was let go without a goodbye");
    }
}

/// Ends when the socket does: a socket that fails is closed, and what it carried goes by another.
async fn carry(sandbox: &Sandbox, me: u64, socket: &mut WebSocket) {
    let debug =
        json!({ "host": "sandbox", "build_number": 1, "approximate_connection_time": 18_060 });
    let hello = json!({
        "type": "hello",
        "num_connections": sandbox.outbox().sockets(),
        "debug_info": debug,
        "connection_info": { "app_id": sandbox.workspace().bot.app_id },
    });
    if socket.send(Message::text(hello.to_string())).await.is_err() {
        return;
    }
    let mut stirred = sandbox.stirred();
    let mut ping = tokio::time::interval(PING_EVERY);
    loop {
        stirred.mark_unchanged();
        if sandbox.outbox().refreshed >= me {
            let bye =
                json!({ "type": "disconnect", "reason": "refresh_requested", "debug_info": debug });
            if socket.send(Message::text(bye.to_string())).await.is_ok() {
                // The client opens its next socket before it lets this one go.
                drain(sandbox, socket).await;
            }
            return;
        }
        let claimed = sandbox.outbox().claim(me, sandbox.again_after());
        let due = match claimed {
            Ok(frame) => {
                if socket.send(Message::text(frame)).await.is_err() {
                    return;
                }
                continue;
            }
            Err(due) => due,
        };
        let far = Instant::now() + PING_EVERY * 6;
        tokio::select! {
            frame = socket.recv() => {
                let Some(Ok(frame)) = frame else { return };
                if !take_frame(sandbox, frame) {
                    return;
                }
            }
            _ = stirred.changed() => {}
            () = sleep_until(due.unwrap_or(far)) => {}
            _ = ping.tick() => {
                if socket.send(Message::Ping("Ping from the sandbox".into())).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn drain(sandbox: &Sandbox, socket: &mut WebSocket) {
    let end = Instant::now() + PING_EVERY;
    loop {
        tokio::select! {
            frame = socket.recv() => {
                let Some(Ok(frame)) = frame else { return };
                if !take_frame(sandbox, frame) {
                    return;
                }
            }
            () = sleep_until(end) => return,
        }
    }
}

/// Whether the socket goes on.
fn take_frame(sandbox: &Sandbox, frame: Message) -> bool {
    match frame {
        Message::Text(text) => {
            let frame: Value = serde_json::from_str(&text).unwrap_or_default();
            let Some(id) = frame["envelope_id"].as_str() else {
                tracing::warn!("a frame without envelope_id came over the socket");
                return true;
            };
            let acknowledged = sandbox.outbox().take(id);
            if let Some(delivery) = acknowledged {
                let answer = frame.get("payload").filter(|payload| !payload.is_null());
                sandbox.acknowledged(&Subject::of(&delivery), answer);
            }
            true
        }
        Message::Close(_) => false,
        Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => true,
    }
}
