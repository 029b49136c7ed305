//! How much one source may ask of the doors that stand open to the network.
//!
//! - Whoever sends what is not authentic more than so many times a minute is turned away with 429 before anything of the next request is
//!   read. What is authentic costs none of that: a storm of alarms is taken whole.
//! - Above that stands a bound on all requests of one source, far beyond what any service sends. It is answered 503, so that whoever is
//!   right and has only too much sends it again.
//!
//! A source is the address at the other end of the line, or, where that is a proxy that is trusted, the last address in `X-Forwarded-For` that
//! is none: what stands before it was written by whoever sent it. Of an IPv6 address the first 64 bits count. Behind a proxy that names nobody
//! sources cannot be told apart: then nobody is turned away for another's doing, and only the bound on all requests stands.
//!
//! What is known of sources is bounded: who has been quiet is forgotten, and of more sources than [`SOURCES`] at once the new ones are
//! not limited one by one, for their signatures still are.

use crate::metrics::{Door, Metrics, TurnedAway};
use axum::Router;
use axum::extract::connect_info::{ConnectInfo, IntoMakeServiceWithConnectInfo};
use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// So many sources are told apart at once.
pub const SOURCES: usize = 10_000;

/// So many requests a minute that are not authentic, by default.
pub const REFUSED_A_MINUTE: NonZeroU32 = NonZeroU32::new(60).unwrap();

/// So many requests a second in the long run, by default.
pub const TAKEN_A_SECOND: NonZeroU32 = NonZeroU32::new(1_000).unwrap();

/// A source may be ahead of that by the requests of so many seconds.
const AHEAD: u32 = 30;

/// How long whoever asks for too much is to wait.
const WAIT_A_SECOND: Duration = Duration::from_secs(1);

/// An answer that says that a request was rightly signed although it is refused: it is not held against its source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Authentic;

/// The limits.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests a minute that are not authentic.
    pub refused_a_minute: NonZeroU32,
    /// Requests a second.
    pub taken_a_second: NonZeroU32,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<Net>,
}

impl Default for Limits {
    /// As documented; a proxy on this machine is trusted.
    fn default() -> Self {
        let here = [
            Net { address: IpAddr::from([127, 0, 0, 0]), bits: 8 },
            Net::from(IpAddr::from(Ipv6Addr::LOCALHOST)),
        ];
        Self {
            refused_a_minute: REFUSED_A_MINUTE,
            taken_a_second: TAKEN_A_SECOND,
            proxies: here.to_vec(),
        }
    }
}

/// Addresses that begin alike: `10.0.0.0/8`, or one: `10.0.0.7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    address: IpAddr,
    bits: u8,
}

/// A text that names no addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("주소가 아닙니다. 예: 10.0.0.7 또는 10.0.0.0/8")]
pub struct NotANet;

impl From<IpAddr> for Net {
    fn from(address: IpAddr) -> Self {
        Self { address, bits: if address.is_ipv4() { 32 } else { 128 } }
    }
}

impl FromStr for Net {
    type Err = NotANet;

    fn from_str(text: &str) -> Result<Self, NotANet> {
        let (address, bits) = match text.trim().split_once('/') {
            None => (text.trim(), None),
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| NotANet)?)),
        };
        let whole = Self::from(address.parse::<IpAddr>().map_err(|_| NotANet)?);
        match bits {
            Some(bits) if bits <= whole.bits => Ok(Self { bits, ..whole }),
            Some(_) => Err(NotANet),
            None => Ok(whole),
        }
    }
}

impl Net {
    fn holds(&self, other: IpAddr) -> bool {
        let (of, other) = match (self.address, other) {
            (IpAddr::V4(of), IpAddr::V4(other)) => {
                (u128::from(of.to_bits()) << 96, u128::from(other.to_bits()) << 96)
            }
            (IpAddr::V6(of), IpAddr::V6(other)) => (of.to_bits(), other.to_bits()),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        self.bits == 0 || (of ^ other) >> (128 - u32::from(self.bits)) == 0
    }
}

/// Who asks: what cannot be told apart is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Source {
    Known(IpAddr),
    /// Somebody behind this proxy.
    Behind(IpAddr),
}

impl Source {
    /// By the address at the other end and what proxies say.
    fn of(peer: IpAddr, headers: &HeaderMap, proxies: &[Net]) -> Self {
        let trusted = |address: IpAddr| proxies.iter().any(|net| net.holds(address));
        let peer = peer.to_canonical();
        if !trusted(peer) {
            return Self::Known(one(peer));
        }
        let named = headers.get_all("x-forwarded-for").iter().rev();
        let named = named.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        for address in named {
            match forwarded(address.trim()) {
                Some(address) if trusted(address) => {}
                Some(address) => return Self::Known(one(address)),
                None => break,
            }
        }
        Self::Behind(peer)
    }
}

/// `198.51.100.7`, `198.51.100.7:4711`, `[2001:db8::1]:4711`.
fn forwarded(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address: Option<IpAddr> = text
        .parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|at| at.ip()))
        .or_else(bare);
    address.map(|address| address.to_canonical())
}

/// All addresses that one has at once.
fn one(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() >> 64 << 64)),
    }
}

type PerSource = RateLimiter<Source, HashMapStateStore<Source>, DefaultClock>;

/// Stands before the doors; clones are the same.
#[derive(Clone)]
pub struct Gate(Arc<Kept>);

struct Kept {
    proxies: Vec<Net>,
    refused: PerSource,
    taken: PerSource,
    /// Until when a source is turned away.
    away: Mutex<HashMap<Source, Instant>>,
    clock: DefaultClock,
    metrics: Mutex<Option<Metrics>>,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("sources", &self.sources()).finish_non_exhaustive()
    }
}

impl Gate {
    /// With these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let ahead = limits.taken_a_second.saturating_mul(NonZeroU32::MIN.saturating_add(AHEAD - 1));
        let taken = Quota::per_second(limits.taken_a_second).allow_burst(ahead);
        Self(Arc::new(Kept {
            proxies: limits.proxies,
            refused: RateLimiter::hashmap(Quota::per_minute(limits.refused_a_minute)),
            taken: RateLimiter::hashmap(taken),
            away: Mutex::default(),
            clock: DefaultClock::default(),
            metrics: Mutex::default(),
        }))
    }

    /// What is turned away is counted here from now on.
    pub fn measured_by(&self, metrics: &Metrics) {
        *self.0.metrics.lock().unwrap_or_else(PoisonError::into_inner) = Some(metrics.clone());
    }

    /// The doors with the gate before them.
    pub fn guarding(&self, doors: Router) -> Router {
        doors.layer(from_fn_with_state(self.clone(), guard))
    }

    /// The same, to be served.
    pub fn before(&self, doors: Router) -> IntoMakeServiceWithConnectInfo<Router, SocketAddr> {
        self.guarding(doors).into_make_service_with_connect_info::<SocketAddr>()
    }

    /// How many sources are told apart now.
    #[must_use]
    pub fn sources(&self) -> usize {
        self.0.taken.len().max(self.0.refused.len()).max(self.away().len())
    }

    fn away(&self) -> MutexGuard<'_, HashMap<Source, Instant>> {
        self.0.away.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turned_away(&self, door: Door, why: TurnedAway) {
        let metrics = self.0.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(metrics) = metrics.as_ref() {
            metrics.turned_away(door, why);
        }
    }

    /// How long a source is to wait before it may ask again; `None`: it may now.
    fn comes(&self, source: Source) -> Option<(Duration, TurnedAway)> {
        let now = Instant::now();
        if let Some(until) = self.away().get(&source).filter(|until| now < **until) {
            return Some((*until - now, TurnedAway::Unauthentic));
        }
        if !has_room(&self.0.taken) {
            return None;
        }
        let taken = self.0.taken.check_key(&source);
        taken.is_err().then_some((WAIT_A_SECOND, TurnedAway::TooMany))
    }

    /// A source sent what is not authentic. One that cannot be told from others is not held to account for it.
    fn was_refused(&self, source: Source) {
        if matches!(source, Source::Behind(_)) || !has_room(&self.0.refused) {
            return;
        }
        if let Err(again) = self.0.refused.check_key(&source) {
            let now = Instant::now();
            let mut away = self.away();
            away.retain(|_, until| now < *until);
            away.insert(source, now + again.wait_time_from(self.0.clock.now()));
        }
    }
}

/// Forgets who has been quiet when many are known; `false`: too many still are.
fn has_room(limiter: &PerSource) -> bool {
    if limiter.len() < SOURCES {
        return true;
    }
    limiter.retain_recent();
    limiter.shrink_to_fit();
    limiter.len() < SOURCES
}

async fn guard(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let Some(door) = Door::of(request.uri().path()) else { return next.run(request).await };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let Some(peer) = peer else { return next.run(request).await };
    let source = Source::of(peer, request.headers(), &gate.0.proxies);
    if let Some((wait, why)) = gate.comes(source) {
        gate.turned_away(door, why);
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let again = [(RETRY_AFTER, seconds.max(1).to_string())];
        let status = match why {
            TurnedAway::Refused | TurnedAway::Unauthentic => StatusCode::TOO_MANY_REQUESTS,
            TurnedAway::TooMany => StatusCode::SERVICE_UNAVAILABLE,
        };
        return (status, again).into_response();
    }
    let response = next.run(request).await;
    let is_authentic = response.extensions().get::<Authentic>().is_some();
    if !is_authentic && door.takes_for_false(response.status()) {
        gate.turned_away(door, TurnedAway::Refused);
        gate.was_refused(source);
    }
    response
}

impl Door {
    /// Which door a path leads to.
    fn of(path: &str) -> Option<Self> {
        let doors = [
            ("/slack", Self::Slack),
            ("/hooks/sns", Self::Sns),
            ("/hooks/eventbridge", Self::EventBridge),
            ("/hooks/twilio", Self::Twilio),
            ("/hooks/phone", Self::Phone),
            ("/hooks/zendesk", Self::Zendesk),
            ("/hooks", Self::Other),
            ("/board", Self::Board),
        ];
        let leads = |at: &str| {
            path.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        doors.into_iter().find(|(at, _)| leads(at)).map(|(_, door)| door)
    }

    /// Whether the door answers so what it cannot take for the sender's. SNS's envelopes are read before their signature can be looked at; what
    /// others sign is read afterwards, so a body that nobody can read is theirs. Who is signed in to the board may ask for a case that is gone.
    fn takes_for_false(self, status: StatusCode) -> bool {
        let unread = [
            StatusCode::UNAUTHORIZED,
            StatusCode::FORBIDDEN,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::REQUEST_TIMEOUT,
        ];
        unread.contains(&status)
            || (self == Self::Sns && status == StatusCode::BAD_REQUEST)
            || (self != Self::Board && status == StatusCode::NOT_FOUND)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn source(peer: &str, forwarded: &[&str]) -> Source {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let mut limits = Limits::default();
        limits.proxies.push("10.1.0.0/16".parse().unwrap());
        Source::of(peer.parse().unwrap(), &headers, &limits.proxies)
    }

    fn known(address: &str) -> Source {
        Source::Known(address.parse().unwrap())
    }

    #[test]
    fn a_source_is_what_the_trusted_proxies_saw() {
        assert_eq!(source("198.51.100.7", &[]), known("198.51.100.7"));
        // whoever is no proxy may write what it likes
        assert_eq!(source("198.51.100.7", &["203.0.113.1"]), known("198.51.100.7"));
        assert_eq!(source("127.0.0.1", &["203.0.113.1"]), known("203.0.113.1"));
        assert_eq!(source("::1", &["203.0.113.1:4711"]), known("203.0.113.1"));
        assert_eq!(source("::ffff:127.0.0.1", &["::ffff:203.0.113.1"]), known("203.0.113.1"));
        // what the sender wrote before the proxies did counts for nothing
        let lines = ["192.0.2.9, 203.0.113.1", "10.1.2.3"];
        assert_eq!(source("10.1.9.9", &lines), known("203.0.113.1"));
        let six = "[2001:db8:1:2:3:4:5:6]:443";
        assert_eq!(source("127.0.0.1", &[six]), known("2001:db8:1:2::"));
        for unknown in [&[][..], &["unknown"], &["10.1.2.3"], &["203.0.113.1, _hidden"]] {
            let behind = Source::Behind("127.0.0.1".parse().unwrap());
            assert_eq!(source("127.0.0.1", unknown), behind, "{unknown:?}");
        }
    }

    #[test]
    fn addresses_that_begin_alike() {
        let holds =
            |net: &str, address: &str| net.parse::<Net>().unwrap().holds(address.parse().unwrap());
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("10.0.0.7", "10.0.0.7") && !holds("10.0.0.7", "10.0.0.6"));
        assert!(holds("0.0.0.0/0", "203.0.113.1") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1") && !holds("2001:db8::/32", "2001:db9::1"));
        for wrong in ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "proxy.example.com"] {
            assert_eq!(wrong.parse::<Net>(), Err(NotANet), "{wrong}");
        }
    }

    #[test]
    fn paths_lead_to_doors() {
        assert_eq!(Door::of("/slack/events"), Some(Door::Slack));
        assert_eq!(Door::of("/hooks/twilio/voice"), Some(Door::Twilio));
        assert_eq!(Door::of("/hooks/nobody"), Some(Door::Other));
        assert_eq!(Door::of("/board"), Some(Door::Board));
        for open in ["/healthz", "/readyz", "/metrics", "/boards", "/"] {
            assert_eq!(Door::of(open), None, "{open}");
        }
    }

    #[test]
    fn what_is_known_of_sources_is_bounded() {
        let gate = Gate::new(Limits::default());
        for n in 0..u32::try_from(SOURCES).unwrap() * 2 {
            let source = Source::Known(IpAddr::from(n.to_be_bytes()));
            assert!(gate.comes(source).is_none());
            for _ in 0..2 {
                gate.was_refused(source);
            }
        }
        assert!(gate.sources() <= SOURCES, "{}", gate.sources());
    }
}
