//! Urgent requests: `@COC [긴급티켓배정요청]` in #general (A4 to A6, readings 6 to 11, 23).

use super::super::case::{CaseChange, Procedure};
use super::super::change::Change;
use super::super::customers::Customers;
use super::super::desk::{Desk, Room};
use super::super::errand::{ErrandKind, Place, TicketAct, Urgency};
use super::super::ids::{CaseId, ErrandId, MessageRef, Name, SlackUser, TicketLink};
use super::super::input::ReplyTo;
use super::super::ladder::{Acceptance, Ladder, LadderChange, LadderState};
use super::super::mail::Occasion;
use super::super::message::Message;
use super::super::people::order::{Candidate, Order, msp_order, urgent_order};
use super::super::policy::Policy;
use super::super::text::{Reading, mark, pattern, read, ticket_link};
use super::super::time::Time;
use super::super::turn::{ExhaustedPress, Turn, UrgentPress, thread_of};
use super::super::words;
use super::super::words::paging::Subject;
use super::paging::Paging;
use super::{assignment, mail, tickets};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// An urgent request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Urgent {
    /// The message that asked.
    pub request: MessageRef,
    /// The thread that the case lives in: the request's own, or the one it was written in.
    pub root: MessageRef,
    /// Posts that still bear the case's own buttons, with what they say.
    pub boards: Vec<Board>,
    /// Who asked.
    pub by: SlackUser,
    /// The customer as far as it is known.
    pub customer: CustomerRead,
    /// The ticket, once known.
    pub ticket: Option<TicketLink>,
    /// Where it stands.
    pub state: UrgentState,
    /// When its ticket was solved, after somebody took it; `None` while it is an active ticket.
    #[serde(default)]
    pub solved: Option<Time>,
}

/// A customer as read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerRead {
    /// On record, by its name there.
    Known(String),
    /// Something was written that is on no record.
    Unknown(String),
    /// Nothing was written.
    Missing,
}

impl CustomerRead {
    /// The name for sentences; empty when nothing was written.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Known(name) | Self::Unknown(name) => name,
            Self::Missing => "",
        }
    }
}

/// A post with buttons that are of use for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// The errand that posted it.
    pub post: ErrandId,
    /// What it says.
    pub message: Message,
}

/// The buttons of these posts are of no use any more.
pub(super) fn take_buttons(turn: &mut Turn<'_>, case: CaseId, boards: Vec<Board>) {
    for Board { post, message } in boards {
        let kind = ErrandKind::Update { post, message: message.without_buttons() };
        turn.owe(Some(case), Urgency::Housekeeping, kind);
    }
}

/// Where an urgent request stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UrgentState {
    /// Something is missing; it was asked for in the thread (reading 8).
    Asking {
        /// Whether it is decided (reading 6).
        decided: bool,
        /// Since when.
        since: Time,
        /// Whether COC was told in n.
        told: bool,
    },
    /// People are reached, somebody took it, or nobody is left.
    Chain(Ladder),
    /// 미결정: assigned as an ordinary ticket at opening (A6).
    Queued {
        /// The opening.
        until: Time,
    },
    /// Over.
    Done(Ending),
}

/// How an urgent request ended, besides an acceptance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// 취소 or 종료, or the request was deleted before anything began.
    Closed {
        /// When.
        at: Time,
    },
    /// Handed on as an ordinary assignment.
    Assigned {
        /// That case.
        case: CaseId,
    },
}

/// A step of an urgent request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UrgentChange {
    /// The request was read anew (an edit).
    Read {
        /// The customer as read now.
        customer: CustomerRead,
        /// The ticket as read now.
        ticket: Option<TicketLink>,
    },
    /// Something is missing.
    Asked {
        /// Whether it is decided.
        decided: bool,
        /// When.
        at: Time,
    },
    /// COC was told in n that something is still missing.
    Told {
        /// When.
        at: Time,
    },
    /// A post bears the case's buttons.
    Shown(Board),
    /// The posts that bore them bear them no more.
    Cleared,
    /// The ladder begins.
    ChainBegun {
        /// In this order.
        order: Order,
    },
    /// A step of the ladder.
    Ladder(LadderChange),
    /// 미결정.
    Queued {
        /// Until this opening.
        until: Time,
    },
    /// Over.
    Ended(Ending),
    /// The ticket of whoever took it is done.
    Solved {
        /// When.
        at: Time,
    },
    /// The ticket is open again.
    Reopened,
}

impl Urgent {
    /// Takes a step.
    pub fn apply(&mut self, change: &UrgentChange) {
        match change {
            UrgentChange::Read { customer, ticket } => {
                self.customer = customer.clone();
                self.ticket = ticket.clone();
            }
            UrgentChange::Asked { decided, at } => {
                self.state = UrgentState::Asking { decided: *decided, since: *at, told: false };
            }
            UrgentChange::Told { at } => {
                if let UrgentState::Asking { told, since, .. } = &mut self.state {
                    *told = true;
                    *since = *at;
                }
            }
            UrgentChange::Shown(board) => self.boards.push(board.clone()),
            UrgentChange::Cleared => self.boards.clear(),
            UrgentChange::ChainBegun { order } => {
                self.state = UrgentState::Chain(Ladder::new(order.clone()));
            }
            UrgentChange::Ladder(change) => {
                if let UrgentState::Chain(ladder) = &mut self.state {
                    ladder.apply(change);
                }
            }
            UrgentChange::Queued { until } => self.state = UrgentState::Queued { until: *until },
            UrgentChange::Ended(ending) => self.state = UrgentState::Done(ending.clone()),
            UrgentChange::Solved { at } => self.solved = Some(*at),
            UrgentChange::Reopened => self.solved = None,
        }
    }

    /// Whether something is still to come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match &self.state {
            UrgentState::Asking { .. } | UrgentState::Queued { .. } => true,
            UrgentState::Chain(ladder) => ladder.is_open(),
            UrgentState::Done(_) => false,
        }
    }

    /// The ladder, while there is one.
    #[must_use]
    pub fn ladder(&self) -> Option<&Ladder> {
        match &self.state {
            UrgentState::Chain(ladder) => Some(ladder),
            UrgentState::Asking { .. } | UrgentState::Queued { .. } | UrgentState::Done(_) => None,
        }
    }

    /// The acceptance, once there is one.
    #[must_use]
    pub fn taken(&self) -> Option<&Acceptance> {
        match &self.ladder()?.state {
            LadderState::Taken(taken) => Some(taken),
            LadderState::Between
            | LadderState::Calling(_)
            | LadderState::Exhausted { .. }
            | LadderState::Stopped { .. } => None,
        }
    }

    /// The next due time.
    #[must_use]
    pub fn wake(&self, policy: &Policy) -> Option<Time> {
        match &self.state {
            UrgentState::Asking { since, told: false, .. } => {
                Some(*since + policy.urgent.ask_again.delta())
            }
            UrgentState::Asking { since, told: true, .. } => Some(*since + TOLD_AGAIN_AFTER),
            UrgentState::Done(_) => None,
            UrgentState::Chain(ladder) => ladder.deadline(policy.chain.rung),
            UrgentState::Queued { until } => Some(*until),
        }
    }

    /// What its ladder is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject {
            customer: self.customer.name().to_owned(),
            what: "긴급 티켓".to_owned(),
            detail: String::new(),
            ticket: self.ticket.clone(),
            drill: false,
        }
    }

    fn order(&self, desk: &Desk) -> Order {
        match self.msp_customer(desk) {
            Some(customer) => msp_order(&desk.roster.value, customer, &desk.policy.value),
            None => urgent_order(&desk.roster.value, &desk.policy.value),
        }
    }

    /// The customer, when its chain is the MSP chain (reading 7).
    fn msp_customer<'a>(&self, desk: &'a Desk) -> Option<&'a super::super::customers::Customer> {
        desk.customers.value.find(self.customer.name()).filter(|one| one.runs_msp_chain())
    }
}

/// An urgent request as read from a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The customer.
    pub customer: CustomerRead,
    /// The ticket, or what was written in its place (empty: nothing).
    pub ticket: Result<TicketLink, String>,
    /// Whether it is decided (reading 6).
    pub decided: bool,
}

/// What a message in the channel is to this procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Heard {
    /// Not for us.
    Nothing,
    /// Somebody means a request but leaves out what makes it one.
    Nearly(Lacks),
    /// A request.
    Request(Request),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lacks {
    Mention,
    Brackets,
}

static TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[\s*긴급\s*티켓\s*배정\s*요청\s*\]"));
static BARE_TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"긴급\s*티켓\s*배정\s*요청"));
static COC_IN_TEXT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)(?:^|[^A-Za-z0-9._-])@\s?coc(?:-?bot)?(?:$|[^A-Za-z0-9_.-]|[.-](?:\s|$))")
});
static CUSTOMER_LABEL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"고객사?(?:\s*명)?\s*[:=]\s*([^/\n|]*)"));
static TICKET_LABEL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"티켓(?:\s*(?:링크|번호))?\s*[:=]\s*([^\s|]*)"));
static BRACKETED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[\s*([^\[\]\n]+?)\s*\]"));

fn hear(desk: &Desk, text: &str) -> Heard {
    let reading = read(text);
    let tagged = TAG.is_match(&reading.words);
    if !tagged && !BARE_TAG.is_match(&reading.words) {
        return Heard::Nothing;
    }
    match (mentions_coc(desk, &reading), tagged) {
        (true, true) => Heard::Request(parse(desk, &reading)),
        (false, true) => Heard::Nearly(Lacks::Mention),
        (true, false) => Heard::Nearly(Lacks::Brackets),
        (false, false) => Heard::Nothing,
    }
}

/// Whether a text means an urgent request, complete or not.
pub(in crate::domain) fn is_meant(reading: &Reading) -> bool {
    BARE_TAG.is_match(&reading.words)
}

/// Whether @COC is mentioned: the bot, the COC group or plain text (reading 23).
pub(in crate::domain) fn mentions_coc(desk: &Desk, reading: &Reading) -> bool {
    let of_coc = |group: &super::super::ids::SlackGroup| {
        let wanted = desk.mention_group(&desk.policy.value.groups.coc);
        wanted.iter().any(
            |piece| matches!(piece, super::super::message::Piece::Group { id, .. } if id == group),
        )
    };
    desk.directory.bot.as_ref().is_some_and(|bot| reading.users.contains(bot))
        || reading.groups.iter().any(of_coc)
        || COC_IN_TEXT.is_match(&reading.words)
}

fn parse(desk: &Desk, reading: &Reading) -> Request {
    let mut rest = TAG.replace_all(&reading.words, " ").into_owned();
    rest = COC_IN_TEXT.replace_all(&rest, " ").into_owned();
    for id in reading.users.iter().map(|user| &user.0).chain(reading.groups.iter().map(|g| &g.0)) {
        rest = rest.replace(&mark(id), " ");
    }
    let decided =
        !desk.policy.value.urgent.undecided_words.iter().any(|word| rest.contains(word.as_str()));
    let labelled = TICKET_LABEL.captures(&rest).and_then(|found| found.get(1));
    let written = match labelled.map(|found| found.as_str()).filter(|text| !text.is_empty()) {
        Some(text) if !text.trim_matches(['[', ']', '<', '>']).is_empty() => text.to_owned(),
        Some(_) | None => reading.links.first().cloned().unwrap_or_default(),
    };
    let without_links =
        reading.links.iter().fold(rest.clone(), |text, link| text.replace(link, " "));
    Request {
        customer: parse_customer(desk, &without_links),
        ticket: ticket_link(&written).or_else(|read| match reading.links.first() {
            // a label with a word in front of the link: the link counts
            Some(link) => ticket_link(link).map_err(|_| read),
            None => Err(read),
        }),
        decided,
    }
}

fn parse_customer(desk: &Desk, text: &str) -> CustomerRead {
    let customers = &desk.customers.value;
    let known = |name: &str| customers.find(name).map(|one| CustomerRead::Known(one.name.clone()));
    if let Some(found) = CUSTOMER_LABEL.captures(text).and_then(|found| found.get(1)) {
        let upto_ticket = found.as_str().split("티켓").next().unwrap_or_default();
        let written = upto_ticket.trim().trim_matches(['[', ']', '"', '\'']).trim();
        if !written.is_empty() {
            // words may follow the name where no separator does
            let words: Vec<&str> = written.split(' ').collect();
            return (1..=words.len())
                .rev()
                .find_map(|upto| known(&words[..upto].join(" ")))
                .unwrap_or_else(|| CustomerRead::Unknown(written.to_owned()));
        }
    }
    if let Some(name) = named_by_words(customers, text) {
        return CustomerRead::Known(name);
    }
    let bracketed = BRACKETED
        .captures_iter(text)
        .filter_map(|found| found.get(1))
        .map(|found| found.as_str().trim())
        .find(|inner| !inner.is_empty() && !inner.contains("티켓"));
    match bracketed {
        Some(written) => {
            known(written).unwrap_or_else(|| CustomerRead::Unknown(written.to_owned()))
        }
        None => CustomerRead::Missing,
    }
}

/// The longest name of a customer in words.
const NAME_WORDS: usize = 3;

/// The one customer whose name or alias stands in a text as words of its own, a particle behind it or not. A name within a longer
/// word is none: it may be somebody else's, or misspelt.
pub(super) fn named_by_words(customers: &Customers, text: &str) -> Option<String> {
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_whitespace() || "[](){}<>/|,.:;!?\"'".contains(letter))
        .filter(|word| !word.is_empty())
        .collect();
    let mut found: Vec<&str> = Vec::new();
    let mut from = 0;
    while from < words.len() {
        let longest = (1..=NAME_WORDS.min(words.len() - from)).rev().find_map(|length| {
            let one = name_with_particle(customers, &words[from..from + length].join(" "))?;
            Some((length, one))
        });
        match longest {
            Some((length, one)) => {
                if !found.contains(&one) {
                    found.push(one);
                }
                from += length;
            }
            None => from += 1,
        }
    }
    match found.as_slice() {
        [one] => Some((*one).to_owned()),
        _ => None,
    }
}

fn name_with_particle<'a>(customers: &'a Customers, text: &str) -> Option<&'a str> {
    const PARTICLES: [&str; 14] = [
        "에서",
        "고객사",
        "고객",
        "입니다",
        "은",
        "는",
        "이",
        "가",
        "을",
        "를",
        "의",
        "에",
        "님",
        "측",
    ];
    let bare = PARTICLES.iter().filter_map(|particle| text.strip_suffix(particle));
    std::iter::once(text).chain(bare).find_map(|name| Some(customers.find(name)?.name.as_str()))
}

/// Everything doubtful about an order now. A number that the guide lacks but Slack has is no doubt.
pub(in crate::domain) fn doubts(desk: &Desk, order: &Order, now: Time) -> Vec<String> {
    let (present, _) = order.available(&desk.roster.value, &desk.leaves, now);
    let own = present.into_iter().flat_map(|one| own_doubts(desk, one, now));
    order.warnings.iter().cloned().chain(own).collect()
}

/// What is doubtful about one person of an order now (reading 14).
pub(in crate::domain) fn own_doubts(desk: &Desk, one: &Candidate, now: Time) -> Vec<String> {
    let mut warnings = one.warnings_at(&desk.roster.value, &desk.leaves, now);
    if desk.phone_of(&one.name).is_some() {
        warnings.retain(|warning| !one.warnings.contains(warning));
    }
    warnings
}

/// A decision about one urgent case.
struct Work<'t, 'a> {
    turn: &'t mut Turn<'a>,
    id: CaseId,
    urgent: Urgent,
}

impl<'t, 'a> Work<'t, 'a> {
    fn of(turn: &'t mut Turn<'a>, id: CaseId) -> Option<Self> {
        let urgent = turn.desk.cases.get(&id)?.procedure.as_urgent()?.clone();
        Some(Self { turn, id, urgent })
    }

    fn step(&mut self, change: UrgentChange) {
        self.urgent.apply(&change);
        self.turn.change(Change::Case(self.id, CaseChange::Urgent(change)));
    }

    fn place(&self) -> Place {
        thread_of(&self.urgent.root)
    }

    /// Says something with buttons of the case; they go when the case goes on.
    fn show(&mut self, message: Message) {
        let place = self.place();
        let post = self.turn.post(Some(self.id), Urgency::Notice, place, message.clone());
        self.step(UrgentChange::Shown(Board { post, message }));
    }

    /// The case goes on: buttons of where it stood before are of no use any more.
    fn clear(&mut self) {
        let boards = std::mem::take(&mut self.urgent.boards);
        if boards.is_empty() {
            return;
        }
        take_buttons(self.turn, self.id, boards);
        self.step(UrgentChange::Cleared);
    }

    fn say(&mut self, message: Message) {
        let place = self.place();
        self.turn.post(Some(self.id), Urgency::Notice, place, message);
    }

    fn paging(&mut self) -> Option<Paging<'_, 'a>> {
        let ladder = self.urgent.ladder()?.clone();
        let (subject, place) = (self.urgent.subject(), self.place());
        let wrap = |change| CaseChange::Urgent(UrgentChange::Ladder(change));
        let offers = mail::can_draft(self.turn, Occasion::UrgentTaken, self.urgent.customer.name());
        let mut paging = Paging::new(self.turn, ladder, self.id, subject, place, wrap);
        if offers {
            paging.then.push(words::mail::offer(self.id));
        }
        Some(paging)
    }

    /// Lets the ladder act; keeps the own copy in step with it.
    fn page(&mut self, act: impl FnOnce(&mut Paging<'_, 'a>)) {
        let Some(mut paging) = self.paging() else { return };
        act(&mut paging);
        let (ladder, shown) = (paging.ladder, paging.shown);
        let was_taken = self.urgent.taken().is_some();
        self.urgent.state = UrgentState::Chain(ladder);
        if let (Some(taken), false) = (self.urgent.taken().cloned(), was_taken) {
            self.clear();
            self.hand_over(&taken.by);
        }
        for (post, message) in shown {
            self.step(UrgentChange::Shown(Board { post, message }));
        }
    }

    /// The support desk learns who has the ticket, and how it came to that.
    fn hand_over(&mut self, to: &Name) {
        let Some(ticket) = self.urgent.ticket.clone() else { return };
        let desk = self.turn.desk;
        let asked = desk.name_of(&self.urgent.by);
        let story = words::tickets::timeline(&self.urgent, &asked, &desk.policy.value);
        tickets::assign(self.turn, self.id, &ticket, to, story);
    }

    fn goes_on(&mut self, request: &Request) {
        let missing = words::urgent::missing(self.turn.desk, request);
        if missing.is_empty() {
            return self.start_or_queue(request.decided);
        }
        if !request.decided {
            return self.undecide();
        }
        let now = self.turn.now;
        self.step(UrgentChange::Asked { decided: request.decided, at: now });
        self.clear();
        let message = words::urgent::asked(self.turn.desk, self.id, &missing);
        self.show(message);
    }

    fn start_or_queue(&mut self, decided: bool) {
        if decided { self.start() } else { self.queue() }
    }

    /// The chain begins (A5, reading 7).
    fn start(&mut self) {
        let desk = self.turn.desk;
        let order = self.urgent.order(desk);
        let (available, skipped) = order.available(&desk.roster.value, &desk.leaves, self.turn.now);
        let names: Vec<Name> = available.iter().map(|one| one.name.clone()).collect();
        // a request that was read back after a stop is answered late
        let asked = self.urgent.request.ts.time();
        let late = asked.filter(|_| !desk.cases.contains_key(&self.id));
        let message = words::urgent::started(
            desk,
            self.id,
            late,
            &self.urgent,
            &names,
            &skipped,
            &doubts(desk, &order, self.turn.now),
            self.turn.now,
        );
        self.clear();
        self.step(UrgentChange::ChainBegun { order });
        self.show(message);
        self.page(|paging| paging.advance());
    }

    /// 미결정: an ordinary ticket at opening; at once when it is open now (A6).
    fn queue(&mut self) {
        let desk = self.turn.desk;
        if desk.calendar().is_open(self.turn.now) {
            return self.assign();
        }
        let until = desk.calendar().next_opening(self.turn.now);
        self.clear();
        self.step(UrgentChange::Queued { until });
        let message = words::urgent::queued(self.id, &self.urgent, until, self.turn.now);
        self.show(message);
    }

    fn assign(&mut self) {
        let Some(ticket) = self.urgent.ticket.clone() else {
            // nothing to assign without a ticket: it stays asked for
            let now = self.turn.now;
            self.step(UrgentChange::Asked { decided: false, at: now });
            self.clear();
            let message =
                words::urgent::asked(self.turn.desk, self.id, &[words::urgent::ticket_missing("")]);
            return self.show(message);
        };
        let customer = self.urgent.customer.name().to_owned();
        let message = words::urgent::handed_on(&self.urgent);
        self.clear();
        let case = assignment::begin(self.turn, ticket, customer, None);
        self.step(UrgentChange::Ended(Ending::Assigned { case }));
        self.say(message);
    }

    fn pressed(&mut self, by: &SlackUser, press: UrgentPress, reply: &ReplyTo) {
        let desk = self.turn.desk;
        let coc = desk.holds(by, &desk.policy.value.roles.chain);
        let allowed = match press {
            UrgentPress::Undecided | UrgentPress::Cancel => coc || &self.urgent.by == by,
            UrgentPress::StartAnyway => coc,
        };
        if !allowed {
            let message = words::urgent::not_allowed(press);
            return self.turn.tell(by, reply, message);
        }
        if !self.urgent.is_open() {
            let message = words::urgent::is_over(&self.urgent);
            return self.turn.tell(by, reply, message);
        }
        let who = desk.name_of(by);
        match (press, &self.urgent.state) {
            (UrgentPress::StartAnyway, UrgentState::Asking { decided, .. }) => {
                let decided = *decided;
                self.turn.note_by(self.id, Some(who), "그대로 시작");
                self.start_or_queue(decided);
            }
            (UrgentPress::StartAnyway, _)
            | (UrgentPress::Undecided, UrgentState::Queued { .. }) => {
                self.turn.tell(by, reply, words::urgent::already(&self.urgent));
            }
            (UrgentPress::Undecided, UrgentState::Asking { .. }) => {
                self.turn.note_by(self.id, Some(who), "미결정");
                self.undecide();
            }
            (UrgentPress::Undecided, _) => {
                self.turn.note_by(self.id, Some(who), "미결정");
                self.page(|paging| paging.stop("미결정"));
                self.undecide();
            }
            (UrgentPress::Cancel, _) => self.close(&who, "취소"),
        }
    }

    fn undecide(&mut self) {
        let unknown = !matches!(self.urgent.customer, CustomerRead::Known(_));
        if self.urgent.ticket.is_none()
            || (unknown && self.turn.desk.calendar().is_open(self.turn.now))
        {
            let now = self.turn.now;
            let missing = words::urgent::still_missing(self.turn.desk, &self.urgent);
            self.step(UrgentChange::Asked { decided: false, at: now });
            self.clear();
            let message = words::urgent::asked(self.turn.desk, self.id, &missing);
            return self.show(message);
        }
        self.queue();
    }

    fn close(&mut self, who: &Name, word: &str) {
        self.page(|paging| paging.stop(word));
        self.clear();
        let at = self.turn.now;
        self.step(UrgentChange::Ended(Ending::Closed { at }));
        self.say(words::urgent::closed(&self.urgent, who, word));
    }

    fn reread(&mut self, request: &Request) {
        let ticket = request.ticket.as_ref().ok().cloned();
        let same_customer = request.customer == self.urgent.customer;
        let same_ticket = ticket.is_none() || ticket == self.urgent.ticket;
        let (old_subject, had_chain) = (self.urgent.subject(), self.urgent.ladder().is_some());
        let was_msp = self.urgent.msp_customer(self.turn.desk).map(|one| one.name.clone());
        if !(same_customer && same_ticket) {
            self.step(UrgentChange::Read {
                customer: request.customer.clone(),
                ticket: ticket.or_else(|| self.urgent.ticket.clone()),
            });
        }
        match &self.urgent.state {
            UrgentState::Asking { .. } => self.goes_on(request),
            UrgentState::Chain(_) if !request.decided => {
                self.turn.note(self.id, Some(&self.urgent.by), "미결정 (글 수정)");
                self.page(|paging| paging.stop("미결정"));
                self.undecide();
            }
            UrgentState::Queued { .. } if request.decided => self.start(),
            UrgentState::Chain(_) | UrgentState::Queued { .. } => {
                if same_customer && same_ticket {
                    return;
                }
                let message = words::urgent::changed(&old_subject, &self.urgent.subject());
                self.say(message);
                let is_msp = self.urgent.msp_customer(self.turn.desk).map(|one| one.name.clone());
                if had_chain && was_msp != is_msp {
                    let order = self.urgent.order(self.turn.desk);
                    self.page(|paging| paging.replan(order));
                }
            }
            UrgentState::Done(_) => {}
        }
    }
}

/// How often COC is told again of a request that still lacks something.
const TOLD_AGAIN_AFTER: chrono::TimeDelta = chrono::TimeDelta::hours(1);

const REQUEST_CHANNEL: Room = Room::General;

/// A message was written in a channel, or in a thread of no case; `root` is the thread that a case of it would live in.
pub(in crate::domain) fn said(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    at: &MessageRef,
    root: &MessageRef,
    text: &str,
) {
    let desk = turn.desk;
    let heard = hear(desk, text);
    let request = match heard {
        Heard::Nothing => return,
        _ if desk.room(REQUEST_CHANNEL).as_ref() != Some(&at.channel) => {
            return turn.tell_at(by, at, None, words::urgent::wrong_channel(desk));
        }
        _ if !desk.holds(by, &desk.policy.value.roles.urgent) => {
            return turn.tell_at(by, at, None, words::urgent::wrong_role());
        }
        Heard::Nearly(lacks) => {
            let message = words::urgent::nearly(lacks == Lacks::Mention);
            return turn.tell_at(by, at, None, message);
        }
        Heard::Request(request) => request,
    };
    if let Ok(ticket) = &request.ticket
        && let Some((id, _)) = open_request_for(desk, ticket)
    {
        return turn.tell_at(by, at, None, words::urgent::twice(id, ticket));
    }
    let urgent = Urgent {
        request: at.clone(),
        root: root.clone(),
        boards: Vec::new(),
        by: by.clone(),
        customer: request.customer.clone(),
        ticket: request.ticket.as_ref().ok().cloned(),
        state: UrgentState::Asking { decided: request.decided, since: turn.now, told: false },
        solved: None,
    };
    let id = turn.open(Procedure::Urgent(urgent.clone()));
    Work { turn, id, urgent }.goes_on(&request);
}

fn open_request_for<'a>(desk: &'a Desk, ticket: &'a TicketLink) -> Option<(CaseId, &'a Urgent)> {
    desk.urgents_of(ticket).find(|(_, urgent)| urgent.is_open())
}

/// The newest urgent case of this ticket that somebody took and whose ticket is not solved, and who took it.
pub(in crate::domain) fn taken_with<'a>(
    desk: &'a Desk,
    ticket: &'a TicketLink,
) -> Option<(CaseId, Option<&'a Name>)> {
    let unsolved = desk.urgents_of(ticket).rev().filter(|(_, urgent)| urgent.solved.is_none());
    unsolved.filter_map(|(id, urgent)| urgent.taken().map(|taken| (id, Some(&taken.by)))).next()
}

/// The ticket of whoever took it is done: it counts no more.
pub(in crate::domain) fn done(turn: &mut Turn<'_>, id: CaseId, by: &SlackUser) {
    let Some(mut work) = Work::of(turn, id) else { return };
    let Some(ticket) = work.urgent.ticket.clone() else { return };
    let at = work.turn.now;
    work.step(UrgentChange::Solved { at });
    work.turn.note(id, Some(by), "티켓 완료");
    let comment = words::tickets::done(&work.turn.desk.name_of(by), at);
    tickets::owe(work.turn, id, &ticket, TicketAct::Solve, comment);
}

/// The request's message was changed: it is read again (reading 8).
pub(in crate::domain) fn edited(turn: &mut Turn<'_>, id: CaseId, text: &str) {
    let Heard::Request(request) = hear(turn.desk, text) else { return };
    if let Some(mut work) = Work::of(turn, id)
        && work.urgent.is_open()
    {
        work.reread(&request);
    }
}

/// The request's message was deleted. What has begun goes on until somebody says otherwise: a case never ends in silence.
pub(in crate::domain) fn deleted(turn: &mut Turn<'_>, id: CaseId) {
    let Some(mut work) = Work::of(turn, id) else { return };
    if !work.urgent.is_open() {
        return;
    }
    if matches!(work.urgent.state, UrgentState::Asking { .. }) {
        let at = work.turn.now;
        work.step(UrgentChange::Ended(Ending::Closed { at }));
        let by = work.urgent.by.clone();
        work.turn.note(id, Some(&by), "요청 글이 지워져 접수하지 않음");
        let request = work.urgent.request.clone();
        return work.turn.tell_at(&by, &request, None, words::urgent::withdrawn());
    }
    work.clear();
    let message = words::urgent::deleted(id, &work.urgent);
    work.show(message);
}

/// 미결정 · 취소 · 그대로 시작
pub(in crate::domain) fn pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    press: UrgentPress,
    reply: &ReplyTo,
) {
    match Work::of(turn, id) {
        Some(mut work) => work.pressed(by, press, reply),
        None => turn.tell(by, reply, words::stale()),
    }
}

/// Lets the ladder of a case act.
pub(super) fn page<'a>(turn: &mut Turn<'a>, id: CaseId, act: impl FnOnce(&mut Paging<'_, 'a>)) {
    if let Some(mut work) = Work::of(turn, id) {
        work.page(act);
    }
}

/// 다시 시작 · 종료 under an exhausted chain (reading 11).
pub(super) fn after_exhaustion(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    press: ExhaustedPress,
) {
    let who = turn.desk.name_of(by);
    let Some(mut work) = Work::of(turn, id) else { return };
    match press {
        ExhaustedPress::Close => work.close(&who, "종료"),
        ExhaustedPress::Again => {
            let order = work.urgent.order(work.turn.desk);
            work.clear();
            work.say(words::urgent::again(&who));
            work.page(|paging| paging.restart(order));
        }
    }
}

/// A due time of the case has come.
pub(in crate::domain) fn woken(turn: &mut Turn<'_>, id: CaseId) {
    let Some(mut work) = Work::of(turn, id) else { return };
    let now = work.turn.now;
    let due = work.urgent.wake(&work.turn.desk.policy.value).is_some_and(|due| due <= now);
    if !due {
        return;
    }
    match work.urgent.state.clone() {
        UrgentState::Asking { .. } => {
            work.step(UrgentChange::Told { at: now });
            let desk = work.turn.desk;
            if let Some(channel) = desk.room(Room::Noti) {
                let message = words::urgent::still_asking(desk, id, &work.urgent);
                let place = Place { channel, thread: None };
                let post = work.turn.post(Some(id), Urgency::Page, place, message.clone());
                work.step(UrgentChange::Shown(Board { post, message }));
            }
        }
        UrgentState::Chain(_) => work.page(|paging| paging.woken()),
        UrgentState::Queued { .. } => work.assign(),
        UrgentState::Done(_) => {}
    }
}
