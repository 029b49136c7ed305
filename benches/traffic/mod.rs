//! Days at a desk, drawn from a seed: requests, assignments, presses, reactions, silence. Every record comes of a real decision by the
//! engine; people's inputs are read from payloads as Slack sends them, and what is owed is settled as Slack would.

use chrono::{TimeDelta, Timelike};
use coc::adapters::slack::events;
use coc::domain::errand::{Errand, ErrandKind, Outcome, Presence};
use coc::domain::ids::{ChannelId, ErrandId, MessageRef, SlackUser, TicketLink, Ts};
use coc::domain::input::{Adapters, Books, Directory, Group, Input, Member, SlackInput};
use coc::domain::message::{Button, Piece};
use coc::domain::people::read_guide;
use coc::domain::time::Time;
use coc::engine::Engine;
use coc::journal::{Alive, AppendError, Store, StoreError, StoredRecord};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

pub(crate) const GENERAL: &str = "C0GENERAL1";
pub(crate) const NOTI: &str = "C0NOTI0001";
pub(crate) const CSR: &str = "U0CSR00001";
pub(crate) const COC: &str = "U0COC00001";
const BOT: &str = "U0BOT00001";
const CUSTOMERS: [&str; 6] =
    ["한빛전자", "가나게임즈", "푸른병원", "두레교육", "새벽마켓", "은하물류"];

/// The shipped data folder.
pub(crate) fn books() -> Books {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let read = |name: &str| std::fs::read_to_string(data.join(name)).unwrap();
    Books {
        policy: read("policy.toml"),
        guide: read("guide.txt"),
        customers: read("customers.csv"),
        ..Books::default()
    }
}

/// A workspace with everybody of the guide, one CSR and one COC.
pub(crate) fn directory(books: &Books, at: Time) -> Directory {
    let (roster, _) = read_guide(&books.guide, at.date_naive()).unwrap();
    let engineers = roster.people.iter().enumerate().map(|(nth, person)| {
        (format!("U0ENG{nth:05}"), person.name.as_str().to_owned(), person.email.clone())
    });
    let others = [(CSR, "오하라"), (COC, "고윤슬")];
    let others = others.map(|(id, name)| (id.to_owned(), name.to_owned(), None));
    let users = engineers
        .chain(others)
        .map(|(id, name, email)| (SlackUser(id), Member { name, email, phone: None }))
        .collect();
    let group = |handle: &str, member: &str| {
        let members = vec![SlackUser::from(member)];
        (format!("S0{handle}").as_str().into(), Group { handle: handle.to_owned(), members })
    };
    Directory {
        bot: Some(BOT.into()),
        bot_id: Some("B0BOT00001".to_owned()),
        users,
        groups: [group("csr", CSR), group("coc", COC)].into_iter().collect(),
        channels: [(GENERAL, "general"), (NOTI, "coc-noti")]
            .into_iter()
            .map(|(id, name)| (id.into(), name.to_owned()))
            .collect(),
        url: None,
    }
}

/// xorshift64*: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    fn upto(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn percent(&mut self, share: u64) -> bool {
        self.upto(100) < share
    }

    /// Anywhere up to twice the mean.
    fn about(&mut self, mean: TimeDelta) -> TimeDelta {
        TimeDelta::seconds(
            1 + self.upto(u64::try_from(mean.num_seconds()).unwrap() * 2).cast_signed(),
        )
    }
}

/// Something that a person is going to do.
enum Plan {
    Ask,
    Press { by: SlackUser, on: MessageRef, token: String },
    React { by: SlackUser, on: MessageRef },
}

/// About a hundred tickets a day, most of them in business hours, and all that comes of them.
pub(crate) struct Traffic {
    dice: Dice,
    now: Time,
    plans: BTreeMap<(Time, u64), Plan>,
    nth: u64,
    /// How long Slack takes for everything that is owed.
    pub(crate) slack_takes: TimeDelta,
}

impl Traffic {
    /// Traffic from `at` on.
    pub(crate) fn new(seed: u64, at: Time) -> Self {
        let dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let slack_takes = TimeDelta::milliseconds(150);
        let mut traffic = Self { dice, now: at, plans: BTreeMap::new(), nth: 0, slack_takes };
        traffic.plan(TimeDelta::seconds(30), Plan::Ask);
        traffic
    }

    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// What is offered from now on happens then.
    pub(crate) fn set(&mut self, now: Time) {
        self.now = now;
    }

    /// The first inputs of a process.
    pub(crate) fn start<S: Store>(&mut self, engine: &mut Engine<S>) {
        let books = books();
        let directory = directory(&books, self.now);
        for input in [
            Input::Started {
                alive_until: None,
                phone_adapter: false,
                adapters: Adapters::default(),
            },
            Input::Books(books),
            Input::Directory(directory),
            Input::CaughtUp,
        ] {
            self.offer(engine, input);
        }
    }

    /// The next thing that happens, and what is owed for it.
    pub(crate) fn step<S: Store>(&mut self, engine: &mut Engine<S>) {
        let planned = self.plans.first_key_value().map(|((at, _), _)| *at).unwrap();
        if let Some(wake) = engine.desk().next_wake().filter(|wake| wake.due < planned) {
            self.now = self.now.max(wake.due);
            return self.offer(engine, Input::Woken(wake));
        }
        let ((at, _), plan) = self.plans.pop_first().unwrap();
        self.now = self.now.max(at);
        let input = match plan {
            Plan::Ask => {
                let busy = (9..18).contains(&self.now.hour());
                let mean = TimeDelta::minutes(if busy { 6 } else { 40 });
                let gap = self.dice.about(mean);
                self.plan(gap, Plan::Ask);
                if self.dice.percent(if busy { 15 } else { 70 }) {
                    self.urgent()
                } else {
                    self.assign()
                }
            }
            Plan::Press { by, on, token } => self.press(&by, &on, &token),
            Plan::React { by, on } => self.react(&by, &on),
        };
        self.offer(engine, Input::Slack(input));
    }

    /// Nothing new comes in any more; what is open is brought to its end.
    pub(crate) fn finish<S: Store>(&mut self, engine: &mut Engine<S>) {
        self.plans.retain(|_, plan| !matches!(plan, Plan::Ask));
        while !self.plans.is_empty() || engine.desk().next_wake().is_some() {
            if self.plans.is_empty() {
                // people who are silent to the very end would be asked for ever
                let wake = engine.desk().next_wake().unwrap();
                self.now = self.now.max(wake.due);
                self.offer(engine, Input::Woken(wake));
            } else {
                self.step(engine);
            }
        }
    }

    /// An urgent request for a new ticket.
    pub(crate) fn urgent(&mut self) -> SlackInput {
        let ticket = 100_000 + self.next();
        let customer = CUSTOMERS[usize::try_from(self.dice.upto(6)).unwrap()];
        let text = format!(
            "<@{BOT}> [긴급티켓배정요청] 고객사: {customer} / 티켓: <https://support.example.com/agent/tickets/{ticket}>"
        );
        self.said(&text)
    }

    /// A message of a person in #general.
    pub(crate) fn said(&mut self, text: &str) -> SlackInput {
        let ts = self.ts();
        events::event(&said(text, &ts, &format!("Ev{:09}", self.nth))).unwrap()
    }

    fn assign(&mut self) -> SlackInput {
        let ticket = 100_000 + self.next();
        let customer = CUSTOMERS[usize::try_from(self.dice.upto(6)).unwrap()];
        events::command(&json!({
            "token": "verification", "team_id": "T000000001", "team_domain": "example", "api_app_id": "A000000001",
            "channel_id": NOTI, "channel_name": "coc-noti", "user_id": COC, "user_name": "yunseul",
            "is_enterprise_install": "false", "command": "/assign",
            "text": format!("{customer} https://support.example.com/agent/tickets/{ticket}"),
            "response_url": format!("https://hooks.slack.com/commands/T000000001/{ticket}/aaaaaaaaaaaaaaaaaaaaaaaa"),
            "trigger_id": format!("{ticket}.1234567890.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        }))
        .unwrap()
    }

    /// A press, with the message that Slack sends along.
    pub(crate) fn press(&mut self, by: &SlackUser, on: &MessageRef, token: &str) -> SlackInput {
        let nth = self.next();
        let button = |label: &str| {
            json!({"type": "button", "action_id": label, "value": token,
                "text": {"type": "plain_text", "text": label, "emoji": true}})
        };
        events::interaction(&json!({
            "type": "block_actions", "token": "verification", "api_app_id": "A000000001",
            "user": {"id": by, "username": "somebody", "name": "somebody", "team_id": "T000000001"},
            "team": {"id": "T000000001", "domain": "example"}, "enterprise": null,
            "is_enterprise_install": false,
            "channel": {"id": on.channel, "name": "general"},
            "container": {"type": "message", "message_ts": on.ts, "channel_id": on.channel, "is_ephemeral": false},
            "trigger_id": format!("{nth}.1234567890.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            "message": {
                "user": BOT, "type": "message", "ts": on.ts, "bot_id": "B0BOT00001", "app_id": "A000000001",
                "text": "[한빛전자] 긴급 티켓입니다.", "team": "T000000001",
                "blocks": [
                    {"type": "section", "block_id": "b0", "text": {"type": "mrkdwn", "verbatim": false, "text":
                        "<@U0ENG00001> [한빛전자] 긴급 티켓입니다.\nhttps://support.example.com/agent/tickets/4242\n5분 안에 응답이 없으면 다음 사람에게 넘어갑니다."}},
                    {"type": "actions", "block_id": "b1", "elements": [button("수락"), button("부재"), button("거절")]},
                ],
            },
            "state": {"values": {}},
            "response_url": format!("https://hooks.slack.com/actions/T000000001/{nth}/aaaaaaaaaaaaaaaaaaaaaaaa"),
            "actions": [{"type": "button", "action_id": "b0", "block_id": "b1", "value": token, "action_ts": on.ts,
                "text": {"type": "plain_text", "text": "수락", "emoji": true}}],
        }))
        .unwrap()
    }

    fn react(&mut self, by: &SlackUser, on: &MessageRef) -> SlackInput {
        let nth = self.next();
        let event = json!({
            "type": "reaction_added", "user": by, "reaction": "white_check_mark", "item_user": BOT,
            "item": {"type": "message", "channel": on.channel, "ts": on.ts}, "event_ts": on.ts,
        });
        events::event(&envelope(&event, &format!("Ev{nth:09}"))).unwrap()
    }

    /// Offers an input and settles all that is owed then.
    pub(crate) fn offer<S: Store>(&mut self, engine: &mut Engine<S>, input: Input) {
        engine.offer(self.now, vec![input]).unwrap();
        self.settle(engine);
    }

    /// Settles all that is owed.
    pub(crate) fn settle<S: Store>(&mut self, engine: &mut Engine<S>) {
        loop {
            let Some(errand) = engine.desk().owed().next().cloned() else { return };
            self.now += self.slack_takes;
            let outcome = self.carried_out(&errand);
            let settled = Input::Settled { errand: errand.id, outcome };
            engine.offer(self.now, vec![settled]).unwrap();
        }
    }

    fn carried_out(&mut self, errand: &Errand) -> Outcome {
        match &errand.kind {
            ErrandKind::Post { place, message }
            | ErrandKind::PostWithPicture { place, message, .. } => {
                let at = MessageRef { channel: place.channel.clone(), ts: self.ts() };
                let mentioned = message.lines.iter().flatten().find_map(|piece| match piece {
                    Piece::Person { id, .. } => Some(id.clone()),
                    Piece::Text(_)
                    | Piece::Bold(_)
                    | Piece::Group { .. }
                    | Piece::Link(_)
                    | Piece::After(_)
                    | Piece::IfLate => None,
                });
                self.answered(&message.buttons, mentioned, &at);
                Outcome::Posted(at)
            }
            ErrandKind::Direct { to, .. } => {
                let channel = ChannelId(format!("D{to}"));
                Outcome::Posted(MessageRef { channel, ts: self.ts() })
            }
            ErrandKind::Update { .. }
            | ErrandKind::Ephemeral { .. }
            | ErrandKind::OpenForm { .. }
            | ErrandKind::PublishHome { .. }
            | ErrandKind::Home { .. }
            | ErrandKind::SignIn { .. }
            | ErrandKind::HangUp { .. }
            | ErrandKind::Ticket { .. }
            | ErrandKind::Mail { .. }
            | ErrandKind::File { .. }
            | ErrandKind::Probe { .. } => Outcome::Done,
            ErrandKind::OpenTicket { .. } => {
                let link = format!("https://support.example.com/agent/tickets/{}", errand.id.seq);
                Outcome::Opened { ticket: TicketLink(link) }
            }
            ErrandKind::Call { to, .. } => {
                Outcome::Placed { reference: reference(errand.id), to: to.clone() }
            }
            ErrandKind::ReadGuide { .. } => Outcome::Guide { text: books().guide },
            ErrandKind::Presence { .. } => {
                let active = self.dice.percent(85);
                let (status, emoji) = (String::new(), String::new());
                Outcome::Presence(Presence { active, dnd: false, status, emoji })
            }
        }
    }

    /// What a post with buttons brings about, sooner or later; sometimes nothing.
    fn answered(&mut self, buttons: &[Button], mentioned: Option<SlackUser>, at: &MessageRef) {
        let named = |label: &str| buttons.iter().find(|button| button.label == label);
        let (mean, wanted) = if named("부재").is_some() && named("수락").is_some() {
            let accepts = self.dice.percent(50);
            (TimeDelta::minutes(2), if accepts { "수락" } else { "부재" })
        } else if named("확인").is_some() {
            (TimeDelta::minutes(12), "확인")
        } else if named("연결됨").is_some() {
            (TimeDelta::minutes(4), "연결됨")
        } else if named("종료").is_some() {
            (TimeDelta::minutes(15), "종료")
        } else if let Some(first) = buttons.first() {
            (TimeDelta::minutes(5), first.label.as_str())
        } else {
            return;
        };
        let Some(button) = named(wanted) else { return };
        let gap = self.dice.about(mean);
        let by = mentioned.filter(|_| matches!(wanted, "수락" | "확인"));
        let plan = match by {
            Some(by) if self.dice.percent(40) => Plan::React { by, on: at.clone() },
            by => {
                let by = by.unwrap_or_else(|| COC.into());
                Plan::Press { by, on: at.clone(), token: button.token.clone() }
            }
        };
        self.plan(gap, plan);
    }

    fn plan(&mut self, gap: TimeDelta, plan: Plan) {
        let nth = self.next();
        self.plans.insert((self.now + gap, nth), plan);
    }

    fn next(&mut self) -> u64 {
        self.nth += 1;
        self.nth
    }

    fn ts(&mut self) -> Ts {
        let nth = self.next();
        Ts(format!("{}.{:06}", self.now.timestamp(), nth % 1_000_000))
    }
}

fn reference(errand: ErrandId) -> String {
    format!("CA{errand}")
}

/// The outer envelope of an event.
pub(crate) fn envelope(event: &Value, event_id: &str) -> Value {
    json!({
        "token": "verification", "team_id": "T000000001", "context_team_id": "T000000001", "api_app_id": "A000000001",
        "event": event, "type": "event_callback", "event_id": event_id, "event_time": 1_754_398_800,
        "authorizations": [{"enterprise_id": null, "team_id": "T000000001", "user_id": BOT, "is_bot": true,
            "is_enterprise_install": false}],
        "is_ext_shared_channel": false, "event_context": "4-eyJldCI6ImFwcF9tZW50aW9uIiwidGlkIjoiVDAwMDAwMDAwMSJ9",
    })
}

/// A message in #general as Slack tells of it.
pub(crate) fn said(text: &str, ts: &Ts, event_id: &str) -> Value {
    said_in(GENERAL, CSR, text, ts, event_id)
}

/// A message of somebody in a channel.
pub(crate) fn said_in(channel: &str, by: &str, text: &str, ts: &Ts, event_id: &str) -> Value {
    let event = json!({
        "type": "message", "user": by, "ts": ts, "client_msg_id": "0b1f0e0a-6a3c-4a55-9a8e-0d9d0c0b0a09", "text": text,
        "team": "T000000001", "channel": channel, "event_ts": ts, "channel_type": "channel",
        "blocks": [{"type": "rich_text", "block_id": "Ab1", "elements": [{"type": "rich_text_section",
            "elements": [{"type": "user", "user_id": BOT}, {"type": "text", "text": text}]}]}],
    });
    envelope(&event, event_id)
}

/// A store that makes records durable by the hundred, for figures about what is there and not about how it came there. It keeps
/// snapshots only where they are wanted.
pub(crate) struct Unhurried<S: Store> {
    inner: S,
    waiting: Vec<StoredRecord>,
    pub(crate) bytes: u64,
}

impl<S: Store> Unhurried<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner, waiting: Vec::new(), bytes: 0 }
    }

    fn write(&mut self) -> Result<(), AppendError> {
        let Some(first) = self.waiting.first() else { return Ok(()) };
        self.inner.append(first.seq, &self.waiting)?;
        self.waiting.clear();
        Ok(())
    }
}

impl<S: Store> Drop for Unhurried<S> {
    fn drop(&mut self) {
        self.write().unwrap();
    }
}

impl<S: Store> Store for Unhurried<S> {
    fn last(&self) -> Result<Option<StoredRecord>, StoreError> {
        self.inner.last()
    }

    fn read(
        &self,
        from: u64,
        each: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.inner.read(from, each)
    }

    fn append(&mut self, _: u64, batch: &[StoredRecord]) -> Result<(), AppendError> {
        self.bytes += batch.iter().map(|stored| stored.bytes.len() as u64).sum::<u64>();
        self.waiting.extend_from_slice(batch);
        if self.waiting.len() >= 200 { self.write() } else { Ok(()) }
    }

    fn snapshots(&self) -> Result<Vec<u64>, StoreError> {
        self.inner.snapshots()
    }

    fn snapshot(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        self.inner.snapshot(seq)
    }

    fn put_snapshot(&mut self, _: u64, _: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    fn note_alive(&mut self, _: &Alive) -> Result<(), StoreError> {
        Ok(())
    }

    fn last_alive(&self) -> Result<Option<Alive>, StoreError> {
        self.inner.last_alive()
    }
}
