//! The state of AWS's own services as its public feeds tell it (H1): items, and the events that they are about.

use super::ids::CaseId;
use super::text::pattern;
use super::time::Time;
use chrono::TimeDelta;
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Where an item was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The RSS feed of all services.
    Rss,
    /// The dashboard's own list of current events, as JSON.
    CurrentEvents,
}

/// What AWS says of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// "Service is operating normally": the event is over.
    Resolved,
    /// "Informational message".
    Information,
    /// "Service impact", "Service degradation" and the like.
    Impact,
    /// "Service disruption".
    Disruption,
}

/// One update of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Which service and region.
    pub about: About,
    /// When AWS wrote it.
    pub at: Time,
    /// What it says of the service.
    pub kind: Kind,
    /// The event in a few English words, without what [`Kind`] says.
    pub summary: String,
    /// AWS's own English words, without markup.
    pub text: String,
}

/// What a feed had when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// Which feed.
    pub source: Source,
    /// Its items that the desk does not know as they stand, in any order; none: the feed was read and says nothing new.
    pub items: Vec<Item>,
    /// Every feed that is configured was read.
    pub complete: bool,
}

/// The key of an event: one service in one region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct About {
    /// The service as the feed names it: `ec2`, `multipleservices`.
    pub service: String,
    /// The region's code; `None`: the service belongs to none.
    pub region: Option<String>,
}

static WITH_REGION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(.+)-([a-z]{2}(?:-(?:gov|iso[a-z]?))?-(?:north|south|east|west|central)(?:east|west)?-[0-9]+)$",
    )
});

impl About {
    /// Reads `ec2-ap-northeast-2`, `multipleservices-us-east-1`, `cloudfront`.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = text.trim().to_ascii_lowercase();
        if let Some(found) = WITH_REGION.captures(&text)
            && let (Some(service), Some(region)) = (found.get(1), found.get(2))
        {
            let (service, region) = (service.as_str().to_owned(), Some(region.as_str().to_owned()));
            return Self { service, region };
        }
        Self { service: text, region: None }
    }
}

/// Its name in [`Board::events`]: the feed's own, `ec2-ap-northeast-2`.
impl std::fmt::Display for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.region {
            Some(region) => write!(f, "{}-{region}", self.service),
            None => f.write_str(&self.service),
        }
    }
}

impl Item {
    /// Reads what an item is about and when it was written from the name that the feed gives it:
    /// `https://status.aws.amazon.com/#ec2-ap-northeast-2_1787025679` (seconds since 1970; `None` where they are left out). A name
    /// without `#` is one only where it bears a region.
    #[must_use]
    pub fn named(guid: &str) -> Option<(About, Option<i64>)> {
        let whole = guid.rsplit_once('#').map(|(_, name)| name);
        let name = whole.or_else(|| guid.rsplit('/').next())?;
        let (key, epoch) = match name.rsplit_once('_') {
            Some((key, epoch)) => (key, epoch.trim().parse().ok()),
            None => (name, None),
        };
        let about = About::read(key);
        let is_sure = whole.is_some() && (epoch.is_some() || !name.contains('_'));
        let is_name = !about.service.is_empty() && (about.region.is_some() || is_sure);
        is_name.then_some((about, epoch))
    }

    /// The name by which the same update is known whichever feed told it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}_{}", self.about, self.at.timestamp())
    }

    /// A fingerprint of what it says; not for keeping secrets.
    #[must_use]
    pub fn says(&self) -> u64 {
        let mut print = fingerprint(0, &self.summary);
        print = fingerprint(print, &self.text);
        fingerprint(print, if self.kind == Kind::Resolved { "over" } else { "" })
    }
}

/// FNV-1a over words, so that spaces and line ends do not count.
fn fingerprint(seed: u64, text: &str) -> u64 {
    let bytes = text.split_whitespace().flat_map(|word| word.bytes().chain([b' ']));
    bytes.fold(seed ^ 0xcbf2_9ce4_8422_2325, |print, byte| {
        (print ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Reads a title: `Service impact: Increased Packet loss`, `Service is operating normally: [RESOLVED] …`.
#[must_use]
pub fn title(text: &str) -> (Kind, String) {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let resolved = text.to_ascii_uppercase().contains("[RESOLVED]");
    let (head, rest) = text.split_once(':').unwrap_or(("", text.as_str()));
    let known = match head.trim().to_ascii_lowercase().as_str() {
        "service is operating normally" => Some(Kind::Resolved),
        "informational message" => Some(Kind::Information),
        "service disruption" => Some(Kind::Disruption),
        "service impact" | "service degradation" | "performance issues" => Some(Kind::Impact),
        _ => None,
    };
    let rest = if known.is_some() { rest } else { text.as_str() };
    let kind = if resolved { Kind::Resolved } else { known.unwrap_or(Kind::Impact) };
    (kind, without_mark(rest))
}

fn without_mark(text: &str) -> String {
    static MARK: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\[resolved\]"));
    MARK.replace_all(text, " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Updates of one key that are further apart belong to two events.
pub const GAP: TimeDelta = TimeDelta::hours(24);

/// The same words of one key are one update when they are no further apart.
const SAME_WORDS: TimeDelta = TimeDelta::minutes(30);
/// Two feeds' updates of one key are one when they are no further apart.
const SAME_TIME: TimeDelta = TimeDelta::minutes(2);

/// How many updates are remembered by name. The feed shows the newest 50.
const REMEMBERED: usize = 600;
/// So many keys have their last event remembered.
const EVENTS: usize = 300;

/// An event as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When AWS wrote its first update.
    pub began: Time,
    /// Its newest update.
    pub last: Item,
    /// How it stands.
    pub state: State,
}

/// How an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It goes on.
    Open,
    /// AWS said that it is over.
    Resolved,
    /// AWS said nothing more of it.
    FellSilent,
}

impl Event {
    /// An event that begins with this update.
    #[must_use]
    pub const fn of(item: Item) -> Self {
        let state = match item.kind {
            Kind::Resolved => State::Resolved,
            Kind::Information | Kind::Impact | Kind::Disruption => State::Open,
        };
        Self { began: item.at, last: item, state }
    }

    /// Whether it goes on at `now`, as far as AWS said.
    #[must_use]
    pub fn is_open(&self, now: Time) -> bool {
        self.state == State::Open && now - self.last.at < GAP
    }

    /// Whether an update belongs to it.
    #[must_use]
    pub fn takes(&self, item: &Item) -> bool {
        match self.state {
            State::Open => item.at - self.last.at < GAP,
            // what is read late or was mended afterwards; an update after the end begins another event
            State::Resolved | State::FellSilent => item.at <= self.last.at,
        }
    }

    /// Goes on with an update; `false`: it is older than what is known, and changes nothing.
    pub fn go_on(&mut self, item: &Item) -> bool {
        if item.at < self.last.at {
            if item.kind != Kind::Resolved && self.began - item.at < GAP {
                self.began = self.began.min(item.at);
            }
            return false;
        }
        if item.kind == Kind::Resolved {
            self.state = State::Resolved;
        }
        self.last = item.clone();
        true
    }
}

/// The newest event of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// It was told in g; its case has it.
    Told(CaseId),
    /// It is recorded only (H2).
    Recorded(Event),
}

/// What the desk knows of the feeds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// When each feed was last known to be read.
    pub read: BTreeMap<Source, Time>,
    /// The updates that are known, by name, with the fingerprint of what they say.
    pub seen: BTreeMap<String, Seen>,
    /// The newest event of each key, by [`About`] as text.
    pub events: BTreeMap<String, Known>,
}

/// An update that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Which feed told it first.
    pub source: Source,
    /// When AWS wrote it.
    pub at: Time,
    /// See [`Item::says`].
    pub says: u64,
}

/// A step of the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoardChange {
    /// A feed was read.
    Read(Source),
    /// An update is known.
    Seen {
        /// Its name.
        name: String,
        /// What is known of it.
        seen: Seen,
    },
    /// The newest event of a key.
    Event(About, Known),
}

impl Board {
    /// Takes a step.
    pub fn apply(&mut self, at: Time, change: &BoardChange) {
        match change {
            BoardChange::Read(source) => {
                self.read.insert(*source, at);
            }
            BoardChange::Seen { name, seen } => {
                self.seen.insert(name.clone(), *seen);
                if self.seen.len() > REMEMBERED {
                    let oldest = self.seen.iter().min_by_key(|(_, seen)| seen.at);
                    if let Some(name) = oldest.map(|(name, _)| name.clone()) {
                        self.seen.remove(&name);
                    }
                }
            }
            BoardChange::Event(about, known) => {
                self.events.insert(about.to_string(), known.clone());
                if self.events.len() > EVENTS {
                    let recorded = self.events.iter().filter_map(|(key, known)| match known {
                        Known::Recorded(event) => Some((event.last.at, key.clone())),
                        Known::Told(_) => None,
                    });
                    if let Some((_, key)) = recorded.min() {
                        self.events.remove(&key);
                    }
                }
            }
        }
    }

    /// Whether an item of a feed says something that is not known. Each feed words an update in its own way: of the other feed's, the
    /// same key at the same time is the same update, and so are the same words a while apart.
    #[must_use]
    pub fn is_news(&self, source: Source, item: &Item) -> bool {
        let says = item.says();
        if let Some(seen) = self.seen.get(&item.name()) {
            return seen.source == source && seen.says != says;
        }
        let same = |seen: &Seen| {
            let apart = (seen.at - item.at).abs();
            let words = seen.says == says && apart <= SAME_WORDS;
            words || (seen.source != source && apart <= SAME_TIME)
        };
        let key = format!("{}_", item.about);
        let of_key = self.seen.range(key.clone()..);
        !of_key.take_while(|(name, _)| name.starts_with(&key)).any(|(_, seen)| same(seen))
    }

    /// As of when all feeds that were ever read are known.
    #[must_use]
    pub fn as_of(&self) -> Option<Time> {
        self.read.values().max().copied()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::domain::time::in_seoul;

    fn at(epoch: i64) -> Time {
        in_seoul(&chrono::DateTime::from_timestamp(epoch, 0).unwrap())
    }

    #[test]
    fn the_name_of_an_update_says_service_region_and_time() {
        let of = |guid: &str| {
            let (about, at) = Item::named(guid).unwrap();
            (about.service, about.region.unwrap_or_default(), at.unwrap())
        };
        let base = "https://status.aws.amazon.com/#";
        for (name, service, region) in [
            ("ec2-ap-northeast-2_1787025679", "ec2", "ap-northeast-2"),
            ("multipleservices-me-central-1_1787025679", "multipleservices", "me-central-1"),
            (
                "internet-connectivity-us-gov-west-1_1787025679",
                "internet-connectivity",
                "us-gov-west-1",
            ),
            ("my-db-us-east-1_1787025679", "my-db", "us-east-1"),
            ("cloudfront_1787025679", "cloudfront", ""),
            ("management-console_1787025679", "management-console", ""),
        ] {
            let expected = (service.to_owned(), region.to_owned(), 1_787_025_679);
            assert_eq!(of(&format!("{base}{name}")), expected);
        }
        for wrong in [
            "",
            "https://status.aws.amazon.com/",
            "1f3870be274f6c49b3e31a0c6728957f",
            "#",
            "#_1",
            "#ec2_x",
        ] {
            assert_eq!(Item::named(wrong), None, "{wrong}");
        }
        let known = Some((About::read("ec2-us-east-1"), Some(1_787_025_679)));
        assert_eq!(Item::named("ec2-us-east-1_1787025679"), known);
        assert_eq!(Item::named("#ec2-us-east-1_x"), Some((About::read("ec2-us-east-1"), None)));
        assert_eq!(Item::named("#ec2-us-east-1"), Some((About::read("ec2-us-east-1"), None)));
    }

    #[test]
    fn a_title_says_how_it_stands() {
        for (text, kind, summary) in [
            ("Service impact: Increased Packet loss", Kind::Impact, "Increased Packet loss"),
            ("Service disruption: Error: Rates", Kind::Disruption, "Error: Rates"),
            ("Informational message: Delays", Kind::Information, "Delays"),
            (
                "Service is operating normally: [RESOLVED] Packet loss",
                Kind::Resolved,
                "Packet loss",
            ),
            ("[RESOLVED] Packet loss", Kind::Resolved, "Packet loss"),
            ("Delays: in two zones", Kind::Impact, "Delays: in two zones"),
        ] {
            assert_eq!(title(text), (kind, summary.to_owned()), "{text}");
        }
    }

    #[test]
    fn one_update_of_two_feeds_is_known_once() {
        let item = |epoch, text: &str| Item {
            about: About::read("ec2-us-east-1"),
            at: at(epoch),
            kind: Kind::Impact,
            summary: "Errors".to_owned(),
            text: text.to_owned(),
        };
        let first = item(1_000_000, "We are investigating.");
        let mut board = Board::default();
        let seen = Seen { source: Source::Rss, at: first.at, says: first.says() };
        board.apply(at(1_000_100), &BoardChange::Seen { name: first.name(), seen });
        let news = |source, epoch, text| board.is_news(source, &item(epoch, text));
        let same = "We  are\ninvestigating.";
        assert!(!news(Source::Rss, 1_000_000, same));
        assert!(!news(Source::Rss, 1_000_060, same));
        assert!(news(Source::Rss, 1_000_000, "We are still investigating."), "it was mended");
        assert!(news(Source::Rss, 1_000_060, "We know the cause."));
        assert!(news(Source::Rss, 1_090_000, same), "a day later");
        // the other feed
        assert!(!news(Source::CurrentEvents, 1_000_000, "We are investigating. <a>more</a>"));
        assert!(!news(Source::CurrentEvents, 1_000_090, "We are investigating. <a>more</a>"));
        assert!(!news(Source::CurrentEvents, 1_000_600, same));
        assert!(news(Source::CurrentEvents, 1_000_600, "We know the cause."));
    }
}
