//! What is measured of a running bot, for Prometheus.
//!
//! Nothing here is about people: every value of a label is one of a closed list of this program's own words, never a name, a customer, a
//! channel or a text. Whoever measures is handed a [`Metrics`]; there are no globals. Names and units are by Prometheus's conventions:
//! seconds and bytes, times as seconds since 1970 (so that what has stood still shows), counters that end in `_total`.

use crate::domain::case::Procedure;
use crate::domain::desk::Desk;
use crate::domain::errand::{ErrandKind, Outcome, Service, Urgency};
use crate::domain::procedures::list::ListKind;
use crate::domain::time::Time;
use crate::ports::PortError;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// Labels with their values, all of them this program's own words.
type Labels<const N: usize> = [(&'static str, &'static str); N];

/// A number with a fraction.
type Number = Gauge<f64, AtomicU64>;

/// How long something took, in seconds, by these buckets.
#[derive(Clone, Copy, Debug)]
struct Buckets(&'static [f64]);

/// From an append's milliseconds to what Slack gives up on.
const SHORT: Buckets = Buckets(&[
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
]);
/// From punctual to what was missed in an hour's absence.
const LATE: Buckets =
    Buckets(&[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 3_600.0]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

/// How Slack reaches the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Socket Mode.
    Socket,
    /// The HTTP Events API.
    Http,
}

/// How a request that watches something went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// It was answered as it should be.
    Ok,
    /// It was not.
    Failed,
    /// It was not made, on purpose.
    Withheld,
}

impl Watched {
    const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Withheld => "withheld",
        }
    }
}

/// A way in from the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Slack's HTTP Events API.
    Slack,
    /// Amazon SNS.
    Sns,
    /// EventBridge.
    EventBridge,
    /// Twilio.
    Twilio,
    /// A telephone service of the team's own.
    Phone,
    /// Zendesk.
    Zendesk,
    /// The board.
    Board,
    /// A hook that there is not.
    Other,
}

const DOORS: [Door; 8] = [
    Door::Slack,
    Door::Sns,
    Door::EventBridge,
    Door::Twilio,
    Door::Phone,
    Door::Zendesk,
    Door::Board,
    Door::Other,
];

impl Door {
    const fn label(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Sns => "sns",
            Self::EventBridge => "eventbridge",
            Self::Twilio => "twilio",
            Self::Phone => "phone",
            Self::Zendesk => "zendesk",
            Self::Board => "board",
            Self::Other => "other",
        }
    }
}

/// Why a request was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnedAway {
    /// It was looked at, and is not the sender's.
    Refused,
    /// It was not looked at: its source sent too much of that.
    Unauthentic,
    /// It was not looked at: its source sent too much.
    TooMany,
}

const TURNED_AWAY: [TurnedAway; 3] =
    [TurnedAway::Refused, TurnedAway::Unauthentic, TurnedAway::TooMany];

impl TurnedAway {
    const fn label(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Unauthentic => "unauthentic",
            Self::TooMany => "too_many",
        }
    }
}

/// The wall clock was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockStep {
    /// Into the future.
    Forward,
    /// Into the past.
    Back,
}

/// A word of this program's own; the only thing that becomes the value of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(&'static str);

impl From<&ErrandKind> for Label {
    fn from(kind: &ErrandKind) -> Self {
        Self(of_errand(kind))
    }
}

impl From<&Outcome> for Label {
    fn from(outcome: &Outcome) -> Self {
        Self(of_outcome(outcome))
    }
}

/// Everything that is measured; clones are the same.
#[derive(Clone, Debug)]
pub struct Metrics {
    errands: Family<Labels<2>, Counter>,
    attempts: Family<Labels<2>, Counter>,
    attempt: Family<Labels<1>, Histogram, Buckets>,
    owed: Family<Labels<1>, Gauge>,
    oldest_owed: Family<Labels<1>, Number>,
    open_cases: Family<Labels<1>, Gauge>,
    lateness: Histogram,
    acknowledgement: Family<Labels<1>, Histogram, Buckets>,
    append: Histogram,
    records: Counter,
    written: Counter,
    append_failures: Counter,
    in_trouble: Family<Labels<1>, Gauge>,
    troubles: Family<Labels<1>, Counter>,
    slack_up: Gauge,
    slack_heard: Number,
    slack_event: Number,
    slack_probes: Family<Labels<1>, Counter>,
    pings: Family<Labels<1>, Counter>,
    last_ping: Number,
    clock_steps: Family<Labels<1>, Counter>,
    turned_away: Family<Labels<2>, Counter>,
    ready: Gauge,
    responsive: Gauge,
    build: Family<Labels<1>, Gauge>,
    started: Number,
    resident: Gauge,
    free: Gauge,
}

const URGENCIES: [Urgency; 4] =
    [Urgency::Page, Urgency::Answer, Urgency::Notice, Urgency::Housekeeping];
const SERVICES: [Service; 5] =
    [Service::Phone, Service::Tickets, Service::Mail, Service::Customers, Service::Feeds];

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            errands: Family::default(),
            attempts: Family::default(),
            attempt: Family::new_with_constructor(SHORT),
            owed: Family::default(),
            oldest_owed: Family::default(),
            open_cases: Family::default(),
            lateness: LATE.new_metric(),
            acknowledgement: Family::new_with_constructor(SHORT),
            append: SHORT.new_metric(),
            records: Counter::default(),
            written: Counter::default(),
            append_failures: Counter::default(),
            in_trouble: Family::default(),
            troubles: Family::default(),
            slack_up: Gauge::default(),
            slack_heard: Number::default(),
            slack_event: Number::default(),
            slack_probes: Family::default(),
            pings: Family::default(),
            last_ping: Number::default(),
            clock_steps: Family::default(),
            turned_away: Family::default(),
            ready: Gauge::default(),
            responsive: Gauge::default(),
            build: Family::default(),
            started: Number::default(),
            resident: Gauge::default(),
            free: Gauge::default(),
        };
        // a rate can be taken of what has not happened yet
        for service in SERVICES {
            drop(metrics.troubles.get_or_create(&[("service", of_service(service))]));
        }
        for went in [Watched::Ok, Watched::Failed, Watched::Withheld] {
            drop(metrics.pings.get_or_create(&[("outcome", went.label())]));
        }
        for went in [Watched::Ok, Watched::Failed] {
            drop(metrics.slack_probes.get_or_create(&[("outcome", went.label())]));
        }
        for step in ["forward", "back"] {
            drop(metrics.clock_steps.get_or_create(&[("direction", step)]));
        }
        for door in DOORS {
            for why in TURNED_AWAY {
                let labels = [("door", door.label()), ("why", why.label())];
                drop(metrics.turned_away.get_or_create(&labels));
            }
        }
        metrics.build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        metrics
    }
}

impl Metrics {
    /// Everything under its name, with what it is.
    #[must_use]
    pub fn registry(&self) -> Registry {
        let mut all = Registry::default();
        let one = self.clone();
        all.register("coc_errands", "Errands that were settled, by kind and outcome", one.errands);
        all.register(
            "coc_errand_attempts",
            "Attempts at errands, by kind and result",
            one.attempts,
        );
        all.register_with_unit(
            "coc_errand_attempt",
            "How long an attempt at an errand took, by kind",
            Unit::Seconds,
            one.attempt,
        );
        all.register("coc_owed_errands", "Errands that are owed now, by urgency", one.owed);
        all.register_with_unit(
            "coc_oldest_owed_errand_age",
            "Age of the errand that is owed longest, by urgency; 0 when none is",
            Unit::Seconds,
            one.oldest_owed,
        );
        all.register("coc_open_cases", "Cases that are open now, by kind", one.open_cases);
        all.register_with_unit(
            "coc_wakeup_lateness",
            "How late the desk woke up for what fell due",
            Unit::Seconds,
            one.lateness,
        );
        all.register_with_unit(
            "coc_slack_acknowledgement",
            "From the receipt of what Slack sent, by way of signature and journal, to its acknowledgement",
            Unit::Seconds,
            one.acknowledgement,
        );
        all.register_with_unit(
            "coc_journal_append",
            "How long a batch of records took to become durable",
            Unit::Seconds,
            one.append,
        );
        all.register("coc_journal_records", "Records that this process wrote", one.records);
        all.register_with_unit(
            "coc_journal_written",
            "Bytes of the records that this process wrote",
            Unit::Bytes,
            one.written,
        );
        all.register(
            "coc_journal_append_failures",
            "Batches of records that were not kept, or may not have been",
            one.append_failures,
        );
        all.register(
            "coc_service_in_trouble",
            "1 while a service is known not to work",
            one.in_trouble,
        );
        all.register(
            "coc_service_troubles",
            "How often a service was found not to work for so long that COC was told",
            one.troubles,
        );
        all.register(
            "coc_requests_turned_away",
            "Requests that were not let in, by door and why",
            one.turned_away,
        );
        all.register("coc_slack_up", "1 while Slack's line is up", one.slack_up);
        all.register_with_unit(
            "coc_slack_last_heard_timestamp",
            "When anything at all came from Slack, pings included; 0: never",
            Unit::Seconds,
            one.slack_heard,
        );
        all.register_with_unit(
            "coc_slack_last_event_timestamp",
            "When Slack delivered an event, a press or a command; 0: never",
            Unit::Seconds,
            one.slack_event,
        );
        all.register(
            "coc_slack_probes",
            "Questions to Slack whether it still takes the bot's token, by outcome",
            one.slack_probes,
        );
        all.register("coc_deadman_pings", "Dead-man pings, by outcome", one.pings);
        all.register_with_unit(
            "coc_deadman_last_success_timestamp",
            "When a dead-man ping was answered; 0: never",
            Unit::Seconds,
            one.last_ping,
        );
        all.register("coc_clock_steps", "How often the wall clock was set", one.clock_steps);
        all.register("coc_ready", "1 while pages are delivered and answers heard", one.ready);
        all.register(
            "coc_desk_responsive",
            "1 when the one loop answered this very request; at 0 the figures of the desk are old",
            one.responsive,
        );
        all.register("coc_build_info", "1, with the version of the program", one.build);
        all.register_with_unit(
            "process_start_time",
            "When the process began",
            Unit::Seconds,
            one.started,
        );
        all.register_with_unit(
            "process_resident_memory",
            "Memory of the process",
            Unit::Bytes,
            one.resident,
        );
        all.register_with_unit(
            "coc_state_folder_free",
            "Room that is left where the journal stands; -1: unknown",
            Unit::Bytes,
            one.free,
        );
        all
    }

    /// An errand of this kind is settled.
    pub fn settled(&self, kind: Label, outcome: Label) {
        self.errands.get_or_create(&[("kind", kind.0), ("outcome", outcome.0)]).inc();
    }

    /// An attempt at an errand came to its end.
    pub fn attempted(&self, kind: Label, result: &Result<Outcome, PortError>, took: Duration) {
        self.attempts.get_or_create(&[("kind", kind.0), ("result", of_result(result))]).inc();
        self.attempt.get_or_create(&[("kind", kind.0)]).observe(took.as_secs_f64());
    }

    /// What the desk says of itself at `now`.
    pub fn looked(&self, view: &DeskView) {
        for (urgency, (owed, oldest)) in &view.owed {
            let labels = [("urgency", *urgency)];
            self.owed.get_or_create(&labels).set(*owed);
            self.oldest_owed.get_or_create(&labels).set(*oldest);
        }
        for (kind, open) in &view.open_cases {
            self.open_cases.get_or_create(&[("kind", *kind)]).set(*open);
        }
        for (service, fails) in &view.in_trouble {
            self.in_trouble.get_or_create(&[("service", *service)]).set(i64::from(*fails));
        }
    }

    /// Something fell due so long ago.
    pub fn woke(&self, late: chrono::TimeDelta) {
        self.lateness.observe(late.as_seconds_f64().max(0.0));
    }

    /// What Slack sent is acknowledged.
    pub fn acknowledged(&self, way: Way, took: Duration) {
        let way = match way {
            Way::Socket => "socket",
            Way::Http => "http",
        };
        self.acknowledgement.get_or_create(&[("transport", way)]).observe(took.as_secs_f64());
    }

    /// So many records of so many bytes together are durable.
    pub fn appended(&self, records: usize, bytes: usize, took: Duration) {
        self.append.observe(took.as_secs_f64());
        self.records.inc_by(records as u64);
        self.written.inc_by(bytes as u64);
    }

    /// A batch of records was not kept, or may not have been.
    pub fn append_failed(&self) {
        self.append_failures.inc();
    }

    /// A service does not work.
    pub fn trouble(&self, service: Service) {
        self.troubles.get_or_create(&[("service", of_service(service))]).inc();
    }

    /// A request was not let in.
    pub fn turned_away(&self, door: Door, why: TurnedAway) {
        let labels = [("door", door.label()), ("why", why.label())];
        self.turned_away.get_or_create(&labels).inc();
    }

    /// Slack's line is up or down.
    pub fn slack_is_up(&self, up: bool) {
        self.slack_up.set(i64::from(up));
    }

    /// Something came from Slack.
    pub fn heard(&self, at: Time) {
        self.slack_heard.set(seconds(at));
    }

    /// Slack delivered an event, a press or a command.
    pub fn event(&self, at: Time) {
        self.slack_event.set(seconds(at));
    }

    /// Slack was asked whether it still takes the bot's token.
    pub fn probed(&self, went: Watched) {
        self.slack_probes.get_or_create(&[("outcome", went.label())]).inc();
    }

    /// Somebody who watches the bot was told that it lives, or not.
    pub fn pinged(&self, went: Watched, at: Time) {
        self.pings.get_or_create(&[("outcome", went.label())]).inc();
        if went == Watched::Ok {
            self.last_ping.set(seconds(at));
        }
    }

    /// The wall clock was set.
    pub fn clock_stepped(&self, step: ClockStep) {
        let direction = match step {
            ClockStep::Forward => "forward",
            ClockStep::Back => "back",
        };
        self.clock_steps.get_or_create(&[("direction", direction)]).inc();
    }

    /// Whether the bot is ready, and whether its loop answered just now.
    pub fn is(&self, ready: bool, responsive: bool) {
        self.ready.set(i64::from(ready));
        self.responsive.set(i64::from(responsive));
    }

    /// When the process began.
    pub fn started(&self, at: Time) {
        self.started.set(seconds(at));
    }

    /// The process's memory and the room that is left for the journal, in bytes, where they are known.
    pub fn machine(&self, resident: Option<i64>, free: Option<i64>) {
        if let Some(resident) = resident {
            self.resident.set(resident);
        }
        self.free.set(free.unwrap_or(-1));
    }
}

fn seconds(at: Time) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact for thousands of years")]
    let micros = at.timestamp_micros() as f64;
    micros / 1_000_000.0
}

/// What the desk says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeskView {
    /// By urgency: how many errands are owed, and the age of the oldest in seconds.
    owed: BTreeMap<&'static str, (i64, f64)>,
    open_cases: BTreeMap<&'static str, i64>,
    in_trouble: BTreeMap<&'static str, bool>,
}

impl DeskView {
    /// Of this desk at `now`.
    #[must_use]
    pub fn of(desk: &Desk, now: Time) -> Self {
        let mut view = Self::default();
        for urgency in URGENCIES {
            view.owed.insert(of_urgency(urgency), (0, 0.0));
        }
        for errand in desk.errands.values() {
            let age = (now - errand.since).as_seconds_f64().max(0.0);
            let (owed, oldest) = view.owed.entry(of_urgency(errand.urgency)).or_default();
            *owed += 1;
            *oldest = oldest.max(age);
        }
        for case in desk.cases.values() {
            // a kind that was open once is told as 0 when none is any more
            let open = view.open_cases.entry(of_case(&case.procedure)).or_default();
            *open += i64::from(case.is_open());
        }
        for service in SERVICES {
            view.in_trouble.insert(of_service(service), desk.in_trouble(service));
        }
        view
    }
}

const fn of_urgency(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Page => "page",
        Urgency::Answer => "answer",
        Urgency::Notice => "notice",
        Urgency::Housekeeping => "housekeeping",
    }
}

const fn of_service(service: Service) -> &'static str {
    match service {
        Service::Phone => "phone",
        Service::Tickets => "tickets",
        Service::Mail => "mail",
        Service::Customers => "customers",
        Service::Feeds => "feeds",
    }
}

const fn of_errand(kind: &ErrandKind) -> &'static str {
    match kind {
        ErrandKind::Post { .. } => "post",
        ErrandKind::Update { .. } => "update",
        ErrandKind::Ephemeral { .. } => "ephemeral",
        ErrandKind::Direct { .. } => "direct",
        ErrandKind::OpenForm { .. } => "open_form",
        ErrandKind::PublishHome { .. } => "publish_home",
        ErrandKind::Call { .. } => "call",
        ErrandKind::HangUp { .. } => "hang_up",
        ErrandKind::ReadGuide { .. } => "read_guide",
        ErrandKind::Presence { .. } => "presence",
        ErrandKind::Ticket { .. } => "ticket",
        ErrandKind::OpenTicket { .. } => "open_ticket",
        ErrandKind::Mail { .. } => "mail",
        ErrandKind::Probe { .. } => "probe",
        ErrandKind::PostWithPicture { .. } => "post_with_picture",
        ErrandKind::File { .. } => "file",
        ErrandKind::Home { .. } => "home",
        ErrandKind::SignIn { .. } => "sign_in",
    }
}

const fn of_outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Posted(_)
        | Outcome::Done
        | Outcome::Placed { .. }
        | Outcome::Joined { .. }
        | Outcome::Presence(_)
        | Outcome::Guide { .. }
        | Outcome::Opened { .. } => "done",
        Outcome::Refused { .. } => "refused",
        Outcome::Expired => "expired",
    }
}

const fn of_result(result: &Result<Outcome, PortError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(PortError::Transient { .. }) => "transient",
        Err(PortError::NotYet { .. }) => "not_yet",
        Err(PortError::Unknown { .. }) => "unknown",
        Err(PortError::Permanent { .. }) => "permanent",
    }
}

const fn of_case(procedure: &Procedure) -> &'static str {
    match procedure {
        Procedure::Urgent(_) => "urgent",
        Procedure::Assignment(_) => "assignment",
        Procedure::Incident(_) => "incident",
        Procedure::Stray(_) => "stray",
        Procedure::Phd(_) => "phd",
        Procedure::Outage(_) => "outage",
        Procedure::List(list) => match &list.kind {
            ListKind::Tam(_) => "tam",
            ListKind::Setup(_) => "setup",
            ListKind::SaGuide(_) => "sa_guide",
            ListKind::Heartbeat(_) => "heartbeat",
            ListKind::Onboard(_) => "onboard",
            ListKind::MspOffboard(_) => "msp_offboard",
            ListKind::Monthly(_) => "monthly",
        },
        Procedure::Offboard(_) => "offboard",
        Procedure::Dispatch(_) => "dispatch",
        Procedure::Inquiry(_) => "inquiry",
        Procedure::Climate(_) => "climate",
    }
}
