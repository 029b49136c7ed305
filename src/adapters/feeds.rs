//! AWS's public status feeds (H1): the RSS feed of all services, and the dashboard's list of current events.

use super::http::{Base, Http, Repeat, Reply, refused};
use crate::domain::status::{About, Item, Kind, title};
use crate::domain::text::pattern;
use crate::domain::time::in_seoul;
use crate::ports::{Feeds, PortError};
use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::header::{
    ACCEPT, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, USER_AGENT,
};
use axum::http::{HeaderValue, Method, Request, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::Full;
use regex::Regex;
use serde_json::Value;
use std::fmt;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// The feed of all services.
pub const RSS: &str = "https://status.aws.amazon.com/rss/all.rss";
/// How long one reading may take.
pub const TIME_OUT: Duration = Duration::from_secs(20);

const WHAT: &str = "AWS 상태 피드";
/// The longest feed that is read, in bytes; the real one has some 100 kB.
const LONGEST: usize = 4 << 20;
/// So many items of one feed are read.
const ITEMS: usize = 500;
/// So many letters of an update are kept.
const TEXT: usize = 2_000;
const SUMMARY: usize = 300;

/// A feed as it was last read, and by what its next reading may be spared.
#[derive(Clone, Default)]
struct Cached {
    url: String,
    etag: Option<HeaderValue>,
    modified: Option<HeaderValue>,
    items: Vec<Item>,
}

/// The feeds over HTTP.
pub struct AwsStatus {
    rss: Base,
    time_out: Duration,
    /// Of the RSS feed, of the current events.
    cached: [Mutex<Cached>; 2],
}

impl fmt::Debug for AwsStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsStatus").field("rss", &self.rss).finish_non_exhaustive()
    }
}

impl AwsStatus {
    /// The feeds; `rss` is where the RSS feed is.
    #[must_use]
    pub fn new(rss: Base, time_out: Duration) -> Self {
        Self { rss, time_out, cached: Default::default() }
    }

    async fn get(
        &self,
        base: &Base,
        cached: &Mutex<Cached>,
        parse: impl Fn(&[u8]) -> Result<Vec<Item>, String>,
    ) -> Result<Vec<Item>, PortError> {
        let url = base.at("");
        let known = cached.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known = Some(known).filter(|known| known.url == url);
        let wrong = |why: &str| PortError::Permanent { why: format!("{WHAT}: {why}") };
        let mut request = Request::builder()
            .method(Method::GET)
            .uri(&url)
            .header(USER_AGENT, concat!("coc/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "application/rss+xml, application/xml, application/json, */*");
        if let Some(known) = &known {
            let asks = [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.modified)];
            for (name, value) in asks {
                if let Some(value) = value {
                    request = request.header(name, value.clone());
                }
            }
        }
        let request = request.body(Full::new(Bytes::new()));
        let request = request.map_err(|_| wrong("주소가 올바르지 않습니다"))?;
        let http = Http::new(base, self.time_out);
        let http = http.map_err(|error| wrong(&format!("인증서를 읽을 수 없습니다 ({error})")))?;
        let reply = http.send(request).await.map_err(|error| error.port(WHAT, Repeat::Harmless))?;
        match (reply.status, known) {
            (StatusCode::NOT_MODIFIED, Some(known)) => return Ok(known.items),
            (StatusCode::OK, _) => {}
            (_, _) => return Err(refused(WHAT, &reply, Repeat::Harmless)),
        }
        let items = read_body(&reply, parse)?;
        let header = |name| reply.headers.get(name).cloned();
        let (etag, modified) = (header(ETAG), header(LAST_MODIFIED));
        *cached.lock().unwrap_or_else(PoisonError::into_inner) =
            Cached { url, etag, modified, items: items.clone() };
        Ok(items)
    }
}

/// A body that is no feed may be one at the next reading.
fn read_body(
    reply: &Reply,
    parse: impl Fn(&[u8]) -> Result<Vec<Item>, String>,
) -> Result<Vec<Item>, PortError> {
    let broken =
        |why: String| PortError::Transient { why: format!("{WHAT}: {why}"), retry_after: None };
    if reply.body.len() > LONGEST {
        return Err(broken("응답이 너무 깁니다".to_owned()));
    }
    parse(&reply.body).map_err(broken)
}

#[async_trait]
impl Feeds for AwsStatus {
    async fn rss(&self) -> Result<Vec<Item>, PortError> {
        self.get(&self.rss, &self.cached[0], rss_items).await
    }

    async fn current_events(&self, url: &str) -> Result<Vec<Item>, PortError> {
        let example = "https://health.aws.amazon.com/public/currentevents";
        let base = Base::read(url, example)
            .map_err(|error| PortError::Permanent { why: format!("currentevents: {error}") })?;
        self.get(&base, &self.cached[1], current_events).await
    }
}

static MARKUP: LazyLock<Regex> = LazyLock::new(|| pattern(r"<[^<>]{0,2000}>"));

/// Words without markup, in one line.
fn words(text: &str, at_most: usize) -> String {
    let plain = MARKUP.replace_all(text, "");
    let plain = plain
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&");
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(at_most).collect()
}

/// The items of the RSS feed. An item whose name says nothing is left out, and logged.
///
/// # Errors
/// Why it is no feed, in Korean.
pub fn rss_items(body: &[u8]) -> Result<Vec<Item>, String> {
    let feed = feed_rs::parser::parse(body)
        .map_err(|error| format!("RSS로 읽을 수 없습니다 ({error})"))?;
    let mut items = Vec::new();
    for entry in feed.entries.into_iter().take(ITEMS) {
        let Some((about, epoch)) = Item::named(&entry.id) else {
            tracing::warn!(guid = %entry.id, "an item of the status feed has no name that can be read");
            continue;
        };
        let named = epoch.and_then(|epoch| DateTime::from_timestamp(epoch, 0));
        // the name's seconds are exact, unless they are some other number
        let is_time = |named: &DateTime<Utc>| {
            entry.published.is_none_or(|at| (*named - at).abs() <= TimeDelta::days(1))
        };
        let Some(at) = named.filter(is_time).or(entry.published) else {
            tracing::warn!(guid = %entry.id, "an item of the status feed bears no time");
            continue;
        };
        let (kind, summary) = title(&words(&text_of(entry.title), SUMMARY));
        let text = words(&text_of(entry.summary), TEXT);
        items.push(Item { about, at: in_seoul(&at), kind, summary, text });
    }
    Ok(items)
}

fn text_of(text: Option<feed_rs::model::Text>) -> String {
    text.map(|text| text.content).unwrap_or_default()
}

/// The updates of the dashboard's current events: an array of `{service, status, summary, date, event_log: [{summary, message, status,
/// timestamp}]}`. Read leniently: numbers may be texts, and what is missing is taken from the event.
///
/// # Errors
/// Why it is no such list, in Korean.
pub fn current_events(body: &[u8]) -> Result<Vec<Item>, String> {
    let text = decoded(body)?;
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| format!("JSON으로 읽을 수 없습니다 ({error})"))?;
    let events = value.as_array().or_else(|| value["events"].as_array());
    let Some(events) = events else {
        return Err("JSON이지만 사건의 목록이 아닙니다".to_owned());
    };
    let mut items = Vec::new();
    for event in events {
        let service = said(&event["service"]);
        if service.is_empty() {
            tracing::warn!("a current event names no service");
            continue;
        }
        let mut about = About::read(&service);
        if about.region.is_none() {
            let region = said(&event["region"]).to_ascii_lowercase();
            about = About::read(&format!("{service}-{region}"));
            if about.region.is_none() {
                about = About::read(&service);
            }
        }
        let own = [event.clone()];
        let log = event["event_log"].as_array().filter(|log| !log.is_empty());
        for update in log.map_or(&own[..], Vec::as_slice) {
            let at = number(&update["timestamp"]).or_else(|| number(&update["date"]));
            let at = at.or_else(|| number(&event["date"]));
            let Some(at) = at.and_then(|epoch| DateTime::from_timestamp(epoch, 0)) else {
                continue;
            };
            let or = |one: &str, other: &str| {
                let own = said(&update[one]);
                if own.is_empty() { said(&event[other]) } else { own }
            };
            let (kind, summary) = title(&words(&or("summary", "summary"), SUMMARY));
            let status = number(&update["status"]).or_else(|| number(&event["status"]));
            let kind = match (kind, status) {
                (Kind::Resolved, _) | (_, Some(0)) => Kind::Resolved,
                (_, Some(1)) => Kind::Information,
                (_, Some(3)) => Kind::Disruption,
                (kind, _) => kind,
            };
            let text = words(&or("message", "description"), TEXT);
            items.push(Item { about: about.clone(), at: in_seoul(&at), kind, summary, text });
            if items.len() >= ITEMS {
                return Ok(items);
            }
        }
    }
    Ok(items)
}

fn said(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim().to_owned()
}

/// A number that may be written as a text; of milliseconds the seconds.
fn number(value: &Value) -> Option<i64> {
    let number = value.as_i64().or_else(|| {
        let float = value.as_f64().map(|float| float.round() as i64);
        float.or_else(|| value.as_str()?.trim().parse().ok())
    })?;
    Some(if number > 100_000_000_000 { number / 1000 } else { number })
}

/// The text of a body in UTF-8 or, as the dashboard sends it at times, UTF-16.
fn decoded(body: &[u8]) -> Result<String, String> {
    let wide = |body: &[u8], of: fn([u8; 2]) -> u16| {
        let pairs = body.chunks_exact(2).map(|pair| of([pair[0], pair[1]]));
        String::from_utf16(&pairs.collect::<Vec<u16>>())
            .map_err(|_| "UTF-16으로 읽을 수 없습니다".to_owned())
    };
    match body {
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        // JSON begins with an ASCII letter
        [0, first, ..] if *first != 0 => wide(body, u16::from_be_bytes),
        [first, 0, ..] if *first != 0 => wide(body, u16::from_le_bytes),
        _ => String::from_utf8(body.to_vec()).map_err(|_| "UTF-8로 읽을 수 없습니다".to_owned()),
    }
}
