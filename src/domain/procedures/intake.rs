//! What monitoring services tell (M5, G): read, and handed to the procedure that it belongs to. What nobody understands is kept and shown.

use super::super::alarms::{AlarmsChange, Hit, MetricKey, Recorded, Why};
use super::super::aws::{Alarm, AlarmState, Finding, Shape, Told, read};
use super::super::change::Change;
use super::super::customers::Customer;
use super::super::desk::Desk;
use super::super::ids::{CaseId, MessageRef};
use super::super::input::Notice;
use super::super::policy::AlarmLevel;
use super::super::text::pattern;
use super::super::time::Time;
use super::super::turn::Turn;
use super::incident::{About, Found, Incident, Ring, RingState, Stage};
use super::stray::{self, Subject};
use super::{heartbeats, incident, list, phd};
use chrono::TimeDelta;
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A monitoring service tells something.
pub(in crate::domain) fn noticed(turn: &mut Turn<'_>, notice: &Notice) {
    if turn.desk.seen.contains_key(&notice.key) {
        return;
    }
    turn.change(Change::Seen(notice.key.clone()));
    let awaited = heartbeats::beat(turn, notice);
    // a sign of life need not say anything else
    if awaited && read(notice.subject.as_deref(), &notice.text).is_err() {
        return;
    }
    told(turn, &notice.key, notice.subject.as_deref(), &notice.text);
}

/// A message was written; in the alarm channel of the policy it is an alarm.
pub(in crate::domain) fn said(turn: &mut Turn<'_>, at: &MessageRef, text: &str) {
    if turn.desk.alarm_channel().as_ref() != Some(&at.channel) {
        return;
    }
    let key = format!("m:{}:{}", at.channel, at.ts);
    told(turn, &key, None, &as_written(text));
}

static LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r"<([a-z]+:[^<>|\s]+)(?:\|[^<>]*)?>"));

/// A text as it was before Slack escaped it and made its addresses links.
fn as_written(text: &str) -> String {
    let bare = LINK.replace_all(text, "$1");
    let bare = bare.trim().trim_start_matches("```").trim_end_matches("```");
    bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn told(turn: &mut Turn<'_>, key: &str, subject: Option<&str>, text: &str) {
    match read(subject, text) {
        Ok(Told::Alarm(alarm)) => _ = rings(turn, key, &alarm, text),
        Ok(Told::Finding(finding)) => found(turn, key, &finding, text),
        Ok(Told::Health(event)) => phd::told(turn, key, &event),
        Err(why) => {
            let whole = subject.map_or_else(|| text.to_owned(), |line| format!("{line}\n{text}"));
            stray::came(turn, key, Subject::Unread { why: why.0 }, &whole);
        }
    }
}

/// What became of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum Taken {
    /// It called nobody.
    Recorded(Why),
    /// It began an incident.
    Opened(CaseId),
    /// It joined an incident.
    Joined(CaseId),
    /// An open incident knew it already.
    Absorbed(CaseId),
    /// An alarm of an incident is well.
    Fine(CaseId),
    /// Nobody knows whose it is.
    Stray,
}

fn rings(turn: &mut Turn<'_>, key: &str, alarm: &Alarm, text: &str) -> Taken {
    let customers = &turn.desk.customers.value;
    let customer = alarm.account.as_ref().and_then(|account| customers.by_account(account));
    if let Some(customer) = customer {
        return of_customer(turn, key, customer, alarm);
    }
    match alarm.state {
        AlarmState::Alarm => {
            let name = alarm.name.clone();
            let subject = match &alarm.account {
                Some(account) => Subject::Account { account: account.clone(), name },
                None => Subject::NoAccount { name },
            };
            stray::came(turn, key, subject, text);
            Taken::Stray
        }
        AlarmState::Ok => recorded(turn, "", &alarm.name, None, Why::Fine),
        AlarmState::InsufficientData => recorded(turn, "", &alarm.name, None, Why::NoData),
    }
}

/// An alarm of a known customer: recorded, absorbed, joined or an incident of its own (M2, M5).
pub(super) fn of_customer(
    turn: &mut Turn<'_>,
    key: &str,
    customer: &Customer,
    alarm: &Alarm,
) -> Taken {
    let desk = turn.desk;
    let policy = &desk.policy.value;
    let level = level(desk, &customer.name, alarm);
    let of = (alarm.account.as_ref(), alarm.region.as_str());
    let metric = MetricKey::of(&customer.name, of.0, of.1, &alarm.metric, &alarm.name);
    let at = believed(alarm.at, turn.now);
    let told = alarm.at.and_then(|_| desk.alarms.last_told(&metric, &alarm.name, at));
    match alarm.state {
        AlarmState::InsufficientData => {
            return recorded(turn, &customer.name, &alarm.name, Some(level), Why::NoData);
        }
        AlarmState::Ok => {
            let rings_there = |(_, one): &(CaseId, &Incident)| {
                one.ring(&metric, &alarm.name)
                    .is_some_and(|ring| ring.state == RingState::Ringing && ring.last <= at)
            };
            let Some((id, one)) = desk.incidents_of(&customer.name).find(rings_there) else {
                return recorded(turn, &customer.name, &alarm.name, Some(level), Why::Fine);
            };
            incident::fine(turn, id, one, metric, &alarm.name, at);
            return Taken::Fine(id);
        }
        AlarmState::Alarm => {}
    }
    let quiet = if !is_production(customer, &alarm.name) {
        Some(Why::NotProduction)
    } else if level == AlarmLevel::L1 {
        Some(Why::Low)
    } else if told.is_some_and(|told| turn.now - told <= TOLD_TWICE_WITHIN) {
        Some(Why::Known)
    } else {
        None
    };
    if let Some(why) = quiet {
        return recorded(turn, &customer.name, &alarm.name, Some(level), why);
    }
    // a sender that tells an old change once more means that it rings now
    let at = if told.is_some() { turn.now } else { at };
    let window = policy.alarm.l2_window.delta();
    let again = desk.alarms.hit_near(&metric, at, window);
    let hit = Hit { at, alarm: alarm.name.clone(), told: turn.now };
    let before = turn.now - window.max(TRUSTED_BEFORE);
    turn.change(Change::Alarms(AlarmsChange::Hit { key: metric.clone(), hit, before }));
    let known = desk.incidents_of(&customer.name).find(|(_, one)| one.has_metric(&metric));
    if let Some((id, one)) = known {
        incident::absorb(turn, id, one, metric, ring(alarm, level, 1, at));
        return Taken::Absorbed(id);
    }
    if level == AlarmLevel::L2 && !again {
        return recorded(turn, &customer.name, &alarm.name, Some(level), Why::First);
    }
    let hits = if level == AlarmLevel::L2 { 2 } else { 1 };
    let ring = ring(alarm, level, hits, at);
    let now = turn.now;
    let taking = desk.incidents_of(&customer.name).filter(|(_, one)| one.takes(now, policy));
    if let Some((id, one)) = taking.last() {
        incident::join(turn, id, one, metric, ring);
        return Taken::Joined(id);
    }
    let about = About::Alarms(BTreeMap::from([(metric, vec![ring])]));
    let stage = Stage::Contact { absent: 0 };
    Taken::Opened(incident::open(turn, &customer.name, key, about, stage))
}

/// A case that COC made by hand: of whatever level, a person has decided (M6).
pub(super) fn by_hand(
    turn: &mut Turn<'_>,
    key: &str,
    customer: &Customer,
    level: AlarmLevel,
    alarm: &Alarm,
) -> CaseId {
    let metric = MetricKey::of(&customer.name, None, "", &alarm.metric, &alarm.name);
    let ring = ring(alarm, level, 1, turn.now);
    let about = About::Alarms(BTreeMap::from([(metric, vec![ring])]));
    incident::open(turn, &customer.name, key, about, Stage::Contact { absent: 0 })
}

/// How long before its coming an alarm may have happened to be believed, and how far a clock may be ahead.
const TRUSTED_BEFORE: TimeDelta = TimeDelta::hours(6);
const TRUSTED_AHEAD: TimeDelta = TimeDelta::minutes(5);

/// How long the same change of state may come again by another way, and is the same.
const TOLD_TWICE_WITHIN: TimeDelta = TimeDelta::minutes(2);

fn believed(at: Option<Time>, now: Time) -> Time {
    at.filter(|at| now - TRUSTED_BEFORE <= *at && *at <= now + TRUSTED_AHEAD).unwrap_or(now)
}

static BRACKETED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[\s*L([123])\s*\]"));
static ALONE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:^|[^A-Za-z0-9])L([123])(?:$|[^A-Za-z0-9])"));

/// The level that stands alone in a name; brackets go first.
pub(super) fn level_in(name: &str) -> Option<AlarmLevel> {
    let found = BRACKETED.captures(name).or_else(|| ALONE.captures(name))?;
    match found.get(1)?.as_str() {
        "1" => Some(AlarmLevel::L1),
        "2" => Some(AlarmLevel::L2),
        _ => Some(AlarmLevel::L3),
    }
}

/// An alarm's level: its name's, else the first rule's of the policy that fits, else the policy's default (M5, reading 17).
fn level(desk: &Desk, customer: &str, alarm: &Alarm) -> AlarmLevel {
    let policy = &desk.policy.value.alarm;
    let by_rule = || {
        let mut rules = policy.rules.iter();
        rules.find(|rule| rule.fits(customer, &alarm.name, &alarm.tags)).map(|rule| rule.level)
    };
    level_in(&alarm.name).or_else(by_rule).unwrap_or(policy.default_level)
}

/// Whether the alarm's name bears one of the customer's words for production; without such words all are (M2).
fn is_production(customer: &Customer, name: &str) -> bool {
    let name = name.to_lowercase();
    customer.environment_rule.is_empty()
        || customer.environment_rule.iter().any(|word| name.contains(&word.to_lowercase()))
}

/// How much of AWS's own words stands in a card.
const REASON_SHOWN: usize = 200;

fn ring(alarm: &Alarm, level: AlarmLevel, hits: u32, at: Time) -> Ring {
    let reason = if alarm.reason.is_empty() { &alarm.description } else { &alarm.reason };
    Ring {
        alarm: alarm.name.clone(),
        level,
        account: alarm.account.clone(),
        region: alarm.region.clone(),
        resource: alarm.metric.dimensions.join(", "),
        reason: clipped(reason, REASON_SHOWN),
        hits,
        first: at,
        last: at,
        state: RingState::Ringing,
    }
}

/// A text up to so many letters.
pub(super) fn clipped(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn recorded(
    turn: &mut Turn<'_>,
    customer: &str,
    name: &str,
    level: Option<AlarmLevel>,
    why: Why,
) -> Taken {
    let (at, customer) = (turn.now, customer.to_owned());
    let one = Recorded { at, customer, name: clipped(name, REASON_SHOWN), level, why };
    turn.change(Change::Alarms(AlarmsChange::Recorded(Box::new(one))));
    Taken::Recorded(why)
}

/// How long an update of a finding whose case is over is only recorded.
const CLOSED_FOR: TimeDelta = TimeDelta::hours(24);

/// A GuardDuty finding (G1, G2, G4, reading 18).
fn found(turn: &mut Turn<'_>, key: &str, finding: &Finding, text: &str) {
    let desk = turn.desk;
    let customers = &desk.customers.value;
    let customer = finding.account.as_ref().and_then(|account| customers.by_account(account));
    let name = format!("GuardDuty {}", finding.kind);
    if finding.sample {
        let whose = customer.map_or("", |one| one.name.as_str());
        recorded(turn, whose, &name, None, Why::Sample);
        return;
    }
    let Some(customer) = customer else {
        let subject = match &finding.account {
            Some(account) => Subject::Account { account: account.clone(), name },
            None => Subject::NoAccount { name },
        };
        stray::came(turn, key, subject, text);
        return;
    };
    let severity = tenths(finding.severity);
    let known = desk.incident_of_finding(&finding.id).filter(|_| !finding.id.is_empty());
    if let Some(id) = known
        && let Some((_, one)) = desk.incidents_of(&customer.name).find(|(open, _)| *open == id)
    {
        return incident::found_again(turn, id, one, severity);
    }
    if known.is_some_and(|id| incident::over_since(desk, id, turn.now - CLOSED_FOR)) {
        recorded(turn, &customer.name, &name, None, Why::Closed);
        return;
    }
    let high_from = desk.policy.value.guardduty.high_from;
    if finding.severity < high_from {
        recorded(turn, &customer.name, &name, None, Why::LowSeverity);
        return list::guide_customer(turn, key, &customer.name, finding);
    }
    if !customer.guardduty_agreed {
        recorded(turn, &customer.name, &name, None, Why::NotAgreed);
        return;
    }
    let about = About::Finding(Box::new(Found {
        id: finding.id.clone(),
        kind: finding.kind.clone(),
        severity,
        account: finding.account.clone(),
        region: finding.region.clone(),
        title: clipped(&finding.title, REASON_SHOWN),
        detail: clipped(&finding.description, 2 * REASON_SHOWN),
        at: believed(finding.updated, turn.now),
        told: 1,
        plain: finding.shape == Shape::Plain,
    }));
    incident::open(turn, &customer.name, key, about, Stage::Judging);
}

/// A severity in tenths: 8.0 is 80.
fn tenths(severity: f64) -> u16 {
    // as it is held to its bounds first, nothing is lost; what is no number counts as the highest
    let bounded = if severity.is_nan() { 10.0 } else { severity.clamp(0.0, 10.0) };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 100"
    )]
    let tenths = (bounded * 10.0).round() as u16;
    tenths
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::decide::decide;
    use crate::domain::ids::{ChannelId, SlackUser};
    use crate::domain::input::{Input, SlackAct, SlackInput};
    use crate::domain::time::seoul;
    use chrono::NaiveDate;

    fn now() -> Time {
        seoul(NaiveDate::from_ymd_opt(2025, 8, 5).unwrap().and_hms_opt(22, 0, 0).unwrap())
    }

    #[test]
    fn a_level_stands_alone_in_a_name() {
        for (name, level) in [
            ("[L3] prod-web-1 CPU", Some(AlarmLevel::L3)),
            ("L2 prod", Some(AlarmLevel::L2)),
            ("prod_L1_disk", Some(AlarmLevel::L1)),
            ("L2 switch [ L3 ]", Some(AlarmLevel::L3)),
            ("prod(L3)", Some(AlarmLevel::L3)),
            ("XL3 prod", None),
            ("L34 prod", None),
            ("l3 prod", None),
            ("prod", None),
        ] {
            assert_eq!(level_in(name), level, "{name}");
        }
    }

    #[test]
    fn a_time_is_believed_within_six_hours() {
        let now = now();
        for (minutes, believed_in) in [(-360, true), (-361, false), (5, true), (6, false)] {
            let at = now + TimeDelta::minutes(minutes);
            assert_eq!(believed(Some(at), now) == at, believed_in, "{minutes}");
        }
        assert_eq!(believed(None, now), now);
    }

    #[test]
    fn a_severity_that_is_no_number_is_the_highest() {
        assert_eq!([f64::NAN, 11.0, 6.95, 8.0].map(tenths), [100, 100, 70, 80]);
    }

    #[test]
    fn another_app_is_listened_to_in_the_alarm_channel_alone() {
        let mut desk = Desk::default();
        desk.policy.value.alarm.channel = "#alarms".to_owned();
        desk.directory.bot = Some(SlackUser::from("UCOC"));
        desk.directory.bot_id = Some("BCOC".to_owned());
        for (id, name) in [("C1", "alarms"), ("C2", "general"), ("C3", "coc-noti")] {
            desk.directory.channels.insert(ChannelId::from(id), name.to_owned());
        }
        let cards = |by: &str, channel: &str, text: &str| {
            let at = MessageRef { channel: channel.into(), ts: "1754398800.000100".into() };
            let what = SlackAct::BotSaid { at, text: text.to_owned() };
            let key = "m:1".to_owned();
            let input = Input::Slack(SlackInput { key, by: SlackUser::from(by), what, raw: None });
            let changes = decide(&desk, &input, now(), 1).changes;
            changes.iter().filter(|change| matches!(change, Change::Opened(_))).count()
        };
        let urgent = "@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: https://support.example.com/agent/tickets/1";
        assert_eq!(cards("BAWS", "C1", "disk full"), 1);
        assert_eq!(cards("BAWS", "C2", urgent), 0, "other apps give no orders");
        assert_eq!(cards("UCOC", "C1", "disk full"), 0, "its own words are no alarm");
        assert_eq!(cards("BCOC", "C1", "disk full"), 0);
    }
}
