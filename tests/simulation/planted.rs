//! Broken parts, planted from outside: the simulation notices each within a bounded number of seeds and says which rule it broke.

use crate::{Plant, on, try_seeds};
use async_trait::async_trait;
use coc::domain::desk::{Desk, Due};
use coc::domain::errand::{CallEvent, NewTicket, Presence, TicketDeed};
use coc::domain::ids::{CaseId, ChannelId, ErrandId, MessageRef, Name, SlackUser, TicketLink, Ts};
use coc::domain::input::{Directory, Input, ReplyTo, SlackAct, SlackInput};
use coc::domain::message::{Form, Message};
use coc::journal::{Alive, AppendError, Memory, Store, StoreError, StoredRecord};
use coc::ports::{Chat, Engineer, Picture, PortError, Tickets, Upload, Watched};
use coc::replay::{Parts, Wiring};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

type Time = chrono::DateTime<chrono::FixedOffset>;

/// Seeds within which a planted bug must show.
const WITHIN: u64 = 150;

/// The rules that were broken, one of which must be named.
pub(crate) fn is_noticed(what: &str, rules: &[&str], plant: &(dyn Fn(&Memory) -> Plant + Sync)) {
    let Some((seed, wrong)) = try_seeds(1, WITHIN, plant).wrong else {
        panic!("{what}: not noticed in {WITHIN} seeds");
    };
    let first = wrong.lines().next().unwrap();
    println!("{what}: {first}");
    assert!(rules.iter().any(|rule| first.contains(rule)), "{what}, seed {seed}: {first}");
}

#[test]
fn what_is_sent_before_it_is_kept_is_noticed() {
    let rules = ["one errand, two visible acts", "twice", "called unasked", "taken by somebody"];
    is_noticed("send before commit", &rules, &|memory| {
        let memory = memory.clone();
        let disk = move || Box::new(Hasty::over(memory.clone())) as Box<dyn Store>;
        let parts = Parts { disk: Box::new(disk), ..Parts::default() };
        Plant { parts, unread: true, ..Plant::default() }
    });
}

#[test]
fn a_timer_lost_at_a_restart_is_noticed() {
    let rules = ["nobody is reached though it was due", "not phoned at", "ends in silence"];
    is_noticed("timer lost at restart", &rules, &|memory| {
        let wiring = Box::new(Forgetful::default());
        Plant { parts: Parts { wiring, ..on(memory) }, ..Plant::default() }
    });
}

#[test]
fn an_acceptance_ignored_while_a_call_rings_is_noticed() {
    let rules = ["called after an acceptance", "nobody is told of the acceptance"];
    is_noticed("acceptance ignored while a call rings", &rules, &|memory| {
        let wiring = Box::new(Deaf);
        Plant { parts: Parts { wiring, ..on(memory) }, ..Plant::default() }
    });
}

#[test]
fn a_post_made_twice_is_noticed() {
    let rules = ["one errand, two visible acts"];
    is_noticed("post made twice", &rules, &|memory| {
        let chat = Box::new(|chat| Arc::new(Mouth::that_stutters(chat)) as Arc<dyn Chat>);
        Plant { parts: Parts { chat, ..on(memory) }, ..Plant::default() }
    });
}

#[test]
fn a_page_that_joined_a_call_and_is_forgotten_is_noticed() {
    let rules = [
        "nobody is told of the acceptance",
        "called after an acceptance",
        "nobody is reached though it was due",
    ];
    is_noticed("a joined page is forgotten", &rules, &|memory| {
        let wiring = Box::new(FirstOnly);
        Plant { parts: Parts { wiring, ..on(memory) }, ..Plant::default() }
    });
}

#[test]
fn a_ticket_that_is_done_twice_is_noticed() {
    let rules = ["one errand, two visible acts", "a ticket is done twice"];
    is_noticed("a ticket is done twice", &rules, &|memory| {
        let tickets = Box::new(|tickets| Arc::new(Blind(tickets)) as Arc<dyn Tickets>);
        Plant { parts: Parts { tickets, ..on(memory) }, ..Plant::default() }
    });
}

#[test]
fn a_rung_that_is_too_short_is_noticed() {
    let rules =
        ["sooner than the rung before allows", "nobody is left, though", "hung up though it still"];
    is_noticed("rung of four minutes", &rules, &|memory| Plant {
        parts: on(memory),
        policy: ", chain.rung: 4m",
        ..Plant::default()
    });
}

#[test]
fn a_rung_that_is_too_long_is_noticed() {
    let rules = [
        "nobody is reached though it was due",
        "later than the rung before asks for",
        "rings though nobody is waited for",
    ];
    is_noticed("rung of seven minutes", &rules, &|memory| Plant {
        parts: on(memory),
        policy: ", chain.rung: 7m",
        ..Plant::default()
    });
}

#[test]
fn a_call_rule_that_is_off_by_five_minutes_is_noticed() {
    for (what, policy, rules) in [
        (
            "call after 25 minutes",
            ", hours.answer_within: 25m",
            ["phoned before", "called too soon"],
        ),
        (
            "call after 35 minutes",
            ", hours.answer_within: 35m, hours.late_from: \"17:20\"",
            ["not phoned at", "phoned after"],
        ),
    ] {
        is_noticed(what, &rules, &|memory| Plant { parts: on(memory), policy, ..Plant::default() });
    }
}

#[test]
fn an_order_that_is_not_the_guides_is_noticed() {
    let rules = ["is skipped"];
    is_noticed("order of the parts' members", &rules, &|memory| Plant {
        parts: on(memory),
        guide: Some((
            "자람우(010-0000-1009), \n차오름(010-0000-1010)",
            "차오름(010-0000-1010), \n자람우(010-0000-1009)",
        )),
        ..Plant::default()
    });
}

#[test]
fn a_notice_that_is_answered_before_it_is_kept_is_noticed() {
    let rules = ["nobody is told of what was answered for"];
    is_noticed("notice answered before it is kept", &rules, &|memory| {
        let memory = memory.clone();
        let disk = move || Box::new(HastyWithNotices::over(memory.clone())) as Box<dyn Store>;
        let parts = Parts { disk: Box::new(disk), ..Parts::default() };
        Plant { parts, unread: true, ..Plant::default() }
    });
}

#[test]
fn a_notice_that_is_answered_and_never_kept_is_noticed() {
    let rules = ["nobody is told of what was answered for", "answered and not kept"];
    is_noticed("notice answered and never kept", &rules, &|memory| {
        let wiring = Box::new(Ignorant);
        Plant { parts: Parts { wiring, ..on(memory) }, ..Plant::default() }
    });
}

#[test]
fn hits_forgotten_at_a_restart_are_noticed() {
    let rules = ["nobody is told of what was answered for"];
    is_noticed("L2 register forgotten at restart", &rules, &|memory| {
        let wiring = Box::new(Amnesia::default());
        Plant { parts: Parts { wiring, ..on(memory) }, unread: true, ..Plant::default() }
    });
}

#[test]
fn an_l2_window_that_is_too_long_or_too_short_is_noticed() {
    for (what, policy, rules) in [
        ("window of six hours", ", alarm.l2_window: 6h", ["an incident that nothing asks for"]),
        (
            "window of a minute",
            ", alarm.l2_window: 1m",
            ["nobody is told of what was answered for"],
        ),
    ] {
        is_noticed(what, &rules, &|memory| Plant { parts: on(memory), policy, ..Plant::default() });
    }
}

#[test]
fn people_called_though_the_customer_needs_nothing_are_noticed() {
    let rules = ["before 추가 조치 필요", "that nobody asked for", "that nobody asks for"];
    is_noticed("조치 불필요 taken for 추가 조치 필요", &rules, &|memory| {
        let wiring = Box::new(Eager);
        Plant { parts: Parts { wiring, ..on(memory) }, ..Plant::default() }
    });
}

/// Takes one button of an incident for another.
struct Eager;

impl Wiring for Eager {
    fn bring(&mut self, _: &Desk, mut input: Input) -> Option<Input> {
        if let Input::Slack(SlackInput { what: SlackAct::Pressed { token, .. }, .. }) = &mut input {
            *token = token.replace("\"not_needed\"", "\"needed\"");
        }
        Some(input)
    }
}

/// Takes no metric for the one that hit before this process began.
#[derive(Default)]
struct Amnesia {
    starts: u32,
}

impl Wiring for Amnesia {
    fn started(&mut self, _: &Desk) {
        self.starts += 1;
    }

    fn bring(&mut self, _: &Desk, mut input: Input) -> Option<Input> {
        if let Input::Notice(notice) = &mut input {
            let another = format!("\"MetricName\":\"{} ", self.starts);
            notice.text = notice.text.replace("\"MetricName\":\"", &another);
        }
        Some(input)
    }
}

/// Loses what monitoring services tell, after it said yes.
struct Ignorant;

impl Wiring for Ignorant {
    fn bring(&mut self, _: &Desk, input: Input) -> Option<Input> {
        (!matches!(input, Input::Notice(_))).then_some(input)
    }
}

/// A store that says yes to a notice before it keeps it: it goes with the process, unless something else was kept after it.
struct HastyWithNotices {
    kept: Memory,
    promised: Vec<StoredRecord>,
}

impl HastyWithNotices {
    fn over(kept: Memory) -> Self {
        Self { kept, promised: Vec::new() }
    }
}

impl Store for HastyWithNotices {
    fn last(&self) -> Result<Option<StoredRecord>, StoreError> {
        match self.promised.last() {
            Some(last) => Ok(Some(last.clone())),
            None => self.kept.last(),
        }
    }

    fn read(
        &self,
        from: u64,
        each: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.kept.read(from, each)
    }

    fn append(&mut self, after: u64, batch: &[StoredRecord]) -> Result<(), AppendError> {
        let before = std::mem::take(&mut self.promised);
        if let Some(first) = before.first() {
            self.kept.append(first.seq, &before)?;
        }
        let notice = |one: &StoredRecord| {
            String::from_utf8_lossy(&one.bytes).contains("\"input\":{\"notice\":")
        };
        if batch.iter().any(notice) {
            self.promised = batch.to_vec();
            return Ok(());
        }
        self.kept.append(after, batch)
    }

    fn snapshots(&self) -> Result<Vec<u64>, StoreError> {
        Ok(Vec::new())
    }

    fn snapshot(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        self.kept.snapshot(seq)
    }

    fn put_snapshot(&mut self, _: u64, _: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    fn note_alive(&mut self, alive: &Alive) -> Result<(), StoreError> {
        // one of what is not kept yet would give it away before anything is seen
        if self.promised.is_empty() { self.kept.note_alive(alive) } else { Ok(()) }
    }

    fn last_alive(&self) -> Result<Option<Alive>, StoreError> {
        self.kept.last_alive()
    }
}

/// A store that says yes before it keeps: what it was given last is gone with the process.
struct Hasty {
    kept: Memory,
    promised: Vec<StoredRecord>,
}

impl Hasty {
    fn over(kept: Memory) -> Self {
        Self { kept, promised: Vec::new() }
    }
}

impl Store for Hasty {
    fn last(&self) -> Result<Option<StoredRecord>, StoreError> {
        match self.promised.last() {
            Some(last) => Ok(Some(last.clone())),
            None => self.kept.last(),
        }
    }

    fn read(
        &self,
        from: u64,
        each: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.kept.read(from, each)
    }

    fn append(&mut self, _: u64, batch: &[StoredRecord]) -> Result<(), AppendError> {
        let before = std::mem::replace(&mut self.promised, batch.to_vec());
        match before.first() {
            Some(first) => self.kept.append(first.seq, &before),
            None => Ok(()),
        }
    }

    fn snapshots(&self) -> Result<Vec<u64>, StoreError> {
        Ok(Vec::new())
    }

    fn snapshot(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        self.kept.snapshot(seq)
    }

    fn put_snapshot(&mut self, _: u64, _: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    // a sign of life would give it away before anything is seen
    fn note_alive(&mut self, _: &Alive) -> Result<(), StoreError> {
        Ok(())
    }

    fn last_alive(&self) -> Result<Option<Alive>, StoreError> {
        Ok(None)
    }
}

/// Timers set while the process runs; those from before it are gone.
#[derive(Default)]
struct Forgetful {
    lost: BTreeSet<(Time, CaseId)>,
}

impl Wiring for Forgetful {
    fn started(&mut self, desk: &Desk) {
        for case in desk.cases.values() {
            let due = case.procedure.wake(&desk.policy.value);
            self.lost.extend(due.map(|due| (due, case.id)));
        }
    }

    fn due(&mut self, desk: &Desk) -> Option<Due> {
        desk.next_due().filter(|due| match due {
            Due::Case(wake) => !self.lost.contains(&(wake.due, wake.case)),
            Due::Desk(_) => true,
        })
    }
}

/// Hears nobody accept while a telephone rings.
struct Deaf;

impl Wiring for Deaf {
    fn bring(&mut self, desk: &Desk, input: Input) -> Option<Input> {
        let accepts = match &input {
            Input::Phone { event, .. } => *event == CallEvent::Accepted,
            Input::Slack(SlackInput { what: SlackAct::Reacted { .. }, .. }) => true,
            Input::Slack(SlackInput { what: SlackAct::Pressed { token, .. }, .. }) => {
                token.contains("accept")
            }
            _ => false,
        };
        (!accepts || desk.calls.is_empty()).then_some(input)
    }
}

/// Brings what happened on a telephone to the page that the call was placed for, and to none that joined it.
struct FirstOnly;

impl Wiring for FirstOnly {
    fn bring(&mut self, desk: &Desk, input: Input) -> Option<Input> {
        let of_joined = match &input {
            Input::Phone { call, .. } => desk.calls.get(call).is_some_and(|call| call.joined),
            _ => false,
        };
        (!of_joined).then_some(input)
    }
}

/// Never sees what was done to a ticket before.
struct Blind(Arc<dyn Tickets>);

#[async_trait]
impl Tickets for Blind {
    async fn active(&self, of: &[Engineer]) -> Result<BTreeMap<Name, u32>, PortError> {
        self.0.active(of).await
    }

    async fn act(&self, errand: ErrandId, deed: &TicketDeed) -> Result<(), PortError> {
        self.0.act(errand, deed).await
    }

    async fn open(&self, errand: ErrandId, ticket: &NewTicket) -> Result<TicketLink, PortError> {
        self.0.open(errand, ticket).await
    }

    async fn find_opened(
        &self,
        errand: ErrandId,
        ticket: &NewTicket,
    ) -> Result<Option<TicketLink>, PortError> {
        self.0.find_opened(errand, ticket).await.map(|_| None)
    }

    async fn is_done(&self, errand: ErrandId, deed: &TicketDeed) -> Result<bool, PortError> {
        self.0.is_done(errand, deed).await.map(|_| false)
    }

    async fn probe(&self) -> Result<(), PortError> {
        self.0.probe().await
    }
}

/// A chat of which one thing is otherwise.
pub(crate) struct Mouth {
    chat: Arc<dyn Chat>,
    stutters: bool,
    looks: bool,
}

impl Mouth {
    /// Says everything twice.
    fn that_stutters(chat: Arc<dyn Chat>) -> Self {
        Self { chat, stutters: true, looks: true }
    }

    /// Never finds what was said before.
    pub(crate) fn that_never_looks(chat: Arc<dyn Chat>) -> Self {
        Self { chat, stutters: false, looks: false }
    }
}

#[async_trait]
impl Chat for Mouth {
    async fn post(
        &self,
        errand: ErrandId,
        channel: &ChannelId,
        thread: Option<&Ts>,
        message: &Message,
    ) -> Result<MessageRef, PortError> {
        if self.stutters {
            self.chat.post(errand, channel, thread, message).await?;
        }
        self.chat.post(errand, channel, thread, message).await
    }

    async fn upload(&self, file: &Upload) -> Result<String, PortError> {
        self.chat.upload(file).await
    }

    async fn post_with(
        &self,
        errand: ErrandId,
        channel: &ChannelId,
        thread: Option<&Ts>,
        message: &Message,
        picture: &Picture,
    ) -> Result<MessageRef, PortError> {
        self.chat.post_with(errand, channel, thread, message, picture).await
    }

    async fn hand_over(
        &self,
        to: &SlackUser,
        message: &Message,
        file: &Upload,
        look_since: Option<Time>,
    ) -> Result<(), PortError> {
        self.chat.hand_over(to, message, file, look_since).await
    }

    async fn find_post(
        &self,
        errand: ErrandId,
        channel: &ChannelId,
        thread: Option<&Ts>,
        since: Time,
    ) -> Result<Option<MessageRef>, PortError> {
        let found = self.chat.find_post(errand, channel, thread, since).await?;
        Ok(found.filter(|_| self.looks))
    }

    async fn update(
        &self,
        errand: ErrandId,
        post: &MessageRef,
        message: &Message,
    ) -> Result<(), PortError> {
        self.chat.update(errand, post, message).await
    }

    async fn ephemeral(
        &self,
        to: &SlackUser,
        reply: &ReplyTo,
        message: &Message,
    ) -> Result<(), PortError> {
        self.chat.ephemeral(to, reply, message).await
    }

    async fn direct(
        &self,
        errand: ErrandId,
        to: &SlackUser,
        message: &Message,
    ) -> Result<MessageRef, PortError> {
        self.chat.direct(errand, to, message).await
    }

    async fn open_form(&self, to: &SlackUser, trigger: &str, form: &Form) -> Result<(), PortError> {
        self.chat.open_form(to, trigger, form).await
    }

    async fn publish_home(&self, to: &SlackUser, message: &Message) -> Result<(), PortError> {
        self.chat.publish_home(to, message).await
    }

    async fn presence(&self, of: &SlackUser) -> Result<Presence, PortError> {
        self.chat.presence(of).await
    }

    async fn directory(&self) -> Result<Directory, PortError> {
        self.chat.directory().await
    }

    async fn missed(&self, watched: &[Watched]) -> Result<Vec<SlackInput>, PortError> {
        self.chat.missed(watched).await
    }
}
