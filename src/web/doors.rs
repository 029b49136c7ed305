//! Who is let in to the board: links that are good once and for minutes, and the sessions of browsers that came by one.
//!
//! Links live in memory: a restart ends them, and whoever held one asks again. Sessions outlive it: a cookie bears the person, its end
//! and a signature under a key that the state folder keeps. Roles stand in no cookie; they are asked for at each request.

use crate::domain::ids::SlackUser;
use crate::domain::time::Time;
use crate::ports::{Clock, PortError, SignIns};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use governor::clock::DefaultClock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The length of the key and of a link's secret, in bytes.
pub const KEY: usize = 32;
/// So many links of one person are good at once: an answer that Slack may not have taken is given again with another.
const OF_ONE: usize = 3;
/// So many links are good at once.
const LINKS: usize = 500;
/// So many wrong links a minute are answered; what comes above is turned away. A right one always opens: it cannot be guessed, and
/// nobody must be able to lock COC out by guessing.
const WRONG_A_MINUTE: NonZeroU32 = match NonZeroU32::new(20) {
    Some(n) => n,
    None => panic!("twenty is not zero"),
};

/// Where browsers keep it.
const COOKIE: &str = "coc_board";

/// The doors of the board.
pub struct Doors {
    key: hmac::Key,
    random: SystemRandom,
    clock: Arc<dyn Clock>,
    /// Where browsers reach the board; nobody does before it is told.
    address: OnceLock<String>,
    links: Mutex<Vec<Link>>,
    wrong: RateLimiter<NotKeyed, InMemoryState, DefaultClock, NoOpMiddleware>,
}

impl std::fmt::Debug for Doors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Doors").field("address", &self.address).finish_non_exhaustive()
    }
}

/// A link that nobody opened yet; its secret is known to the person alone, here is what it signs.
struct Link {
    tag: hmac::Tag,
    user: SlackUser,
    until: Time,
}

/// Why a link does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It was opened before, its time is over, the process began anew, or it never was one.
    Void,
    /// Too many wrong ones came.
    TooMany,
}

/// A browser that was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub user: SlackUser,
    /// Until when.
    pub until: Time,
}

impl Doors {
    /// Doors whose sessions are signed under this key.
    #[must_use]
    pub fn new(key: &[u8; KEY], clock: Arc<dyn Clock>) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            random: SystemRandom::new(),
            clock,
            address: OnceLock::new(),
            links: Mutex::default(),
            wrong: RateLimiter::direct(Quota::per_minute(WRONG_A_MINUTE)),
        }
    }

    /// Links lead to this address from now on (without a slash at its end); the first that is told holds.
    pub fn open_at(&self, address: &str) {
        // told once, when the listener stands
        let _ = self.address.set(address.trim_end_matches('/').to_owned());
    }

    fn links(&self) -> MutexGuard<'_, Vec<Link>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn signed(&self, what: &str, text: &str) -> hmac::Tag {
        hmac::sign(&self.key, format!("{what}\0{text}").as_bytes())
    }

    /// Whether `tag` is that of `text`, in constant time.
    fn signs(&self, what: &str, text: &str, tag: &[u8]) -> bool {
        hmac::verify(&self.key, format!("{what}\0{text}").as_bytes(), tag).is_ok()
    }

    /// Whoever comes by this link, which is good no more.
    ///
    /// # Errors
    /// Why it does not open.
    pub fn come_by(&self, secret: &str) -> Result<SlackUser, Closed> {
        let now = self.clock.now();
        let mut links = self.links();
        links.retain(|link| now < link.until);
        // every link is compared, each in constant time
        let fits: Vec<bool> =
            links.iter().map(|link| self.signs("link", secret, link.tag.as_ref())).collect();
        if let Some(nth) = fits.iter().position(|fits| *fits) {
            return Ok(links.remove(nth).user);
        }
        drop(links);
        match self.wrong.check() {
            Ok(()) => Err(Closed::Void),
            Err(_) => Err(Closed::TooMany),
        }
    }

    /// The `Set-Cookie` that lets this person's browser in for so long.
    #[must_use]
    pub fn cookie(&self, user: &SlackUser, lives: TimeDelta) -> String {
        let until = self.clock.now() + lives;
        let said = format!("{}.{}", URL_SAFE_NO_PAD.encode(user.as_str()), until.timestamp());
        let tag = URL_SAFE_NO_PAD.encode(self.signed("session", &said));
        self.set_cookie(&format!("{said}.{tag}"), lives.num_seconds())
    }

    /// The `Set-Cookie` that ends a session in its browser.
    #[must_use]
    pub fn no_cookie(&self) -> String {
        self.set_cookie("", 0)
    }

    fn set_cookie(&self, value: &str, seconds: i64) -> String {
        let secure = self.address.get().is_some_and(|address| address.starts_with("https://"));
        let secure = if secure { "; Secure" } else { "" };
        // not Strict: a browser that comes from Slack's page would show that it is not let in
        format!("{COOKIE}={value}; Path=/board; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
    }

    /// The session of a request's `Cookie` headers, if one of them is ours and its time is not over.
    pub fn session<'a>(&self, headers: impl Iterator<Item = &'a str>) -> Option<Session> {
        let cookies = headers.flat_map(|header| header.split(';'));
        let ours = cookies.filter_map(|one| one.trim().strip_prefix(COOKIE)?.strip_prefix('='));
        ours.filter_map(|value| self.read(value)).next()
    }

    fn read(&self, value: &str) -> Option<Session> {
        let (said, tag) = value.rsplit_once('.')?;
        if !self.signs("session", said, &URL_SAFE_NO_PAD.decode(tag).ok()?) {
            return None;
        }
        let (user, until) = said.split_once('.')?;
        let user = String::from_utf8(URL_SAFE_NO_PAD.decode(user).ok()?).ok()?;
        let until = chrono::DateTime::from_timestamp(until.parse().ok()?, 0)?;
        let until = crate::domain::time::in_seoul(&until);
        let session = Session { user: SlackUser(user), until };
        self.holds(&session).then_some(session)
    }

    /// Whether a session's time is not over.
    #[must_use]
    pub fn holds(&self, session: &Session) -> bool {
        self.clock.now() < session.until
    }
}

impl SignIns for Doors {
    fn link(&self, to: &SlackUser, lives: TimeDelta) -> Result<String, PortError> {
        let no = |why: &str| PortError::Permanent { why: why.to_owned() };
        let address = self.address.get().ok_or_else(|| no("관제 화면을 열 주소가 없습니다"))?;
        let mut secret = [0; KEY];
        self.random.fill(&mut secret).map_err(|_| no("난수를 얻을 수 없습니다"))?;
        let secret = URL_SAFE_NO_PAD.encode(secret);
        let now = self.clock.now();
        let link = Link { tag: self.signed("link", &secret), user: to.clone(), until: now + lives };
        let mut links = self.links();
        links.retain(|link| now < link.until);
        let own = links.iter().filter(|link| &link.user == to).count();
        if let Some(oldest) = (own >= OF_ONE)
            .then(|| links.iter().position(|link| &link.user == to))
            .flatten()
            .or((links.len() >= LINKS).then_some(0))
        {
            links.remove(oldest);
        }
        links.push(link);
        Ok(format!("{address}/board/in/{secret}"))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::time::seoul;
    use async_trait::async_trait;
    use chrono::NaiveDate;

    #[derive(Default)]
    struct Hand(Mutex<i64>);

    impl Hand {
        fn turn(&self, seconds: i64) {
            *self.0.lock().unwrap() += seconds;
        }
    }

    #[async_trait]
    impl Clock for Hand {
        fn now(&self) -> Time {
            let noon = NaiveDate::from_ymd_opt(2025, 8, 5).unwrap().and_hms_opt(12, 0, 0).unwrap();
            seoul(noon) + TimeDelta::seconds(*self.0.lock().unwrap())
        }

        async fn sleep_until(&self, _at: Option<Time>) {}
    }

    fn doors() -> (Doors, Arc<Hand>) {
        let clock = Arc::new(Hand::default());
        let doors = Doors::new(&[7; KEY], Arc::clone(&clock) as Arc<dyn Clock>);
        doors.open_at("http://127.0.0.1:3000/");
        (doors, clock)
    }

    fn secret(doors: &Doors, user: &str) -> String {
        let link = doors.link(&user.into(), TimeDelta::minutes(5)).unwrap();
        link.strip_prefix("http://127.0.0.1:3000/board/in/").unwrap().to_owned()
    }

    fn value(cookie: &str) -> String {
        cookie.split(';').next().unwrap().to_owned()
    }

    #[test]
    fn a_link_opens_once_for_its_person_and_not_for_long() {
        let (doors, clock) = doors();
        let mine = secret(&doors, "U1");
        let other = secret(&doors, "U2");
        assert_ne!(mine, other);
        assert!(mine.len() >= 43, "256 bits: {mine}");
        assert_eq!(doors.come_by(&mine), Ok("U1".into()));
        assert_eq!(doors.come_by(&mine), Err(Closed::Void));
        clock.turn(299);
        assert_eq!(doors.come_by(&other), Ok("U2".into()));
        let late = secret(&doors, "U1");
        clock.turn(300);
        assert_eq!(doors.come_by(&late), Err(Closed::Void));
    }

    #[test]
    fn links_are_few_and_end_with_the_process() {
        let (doors, _) = doors();
        let all: Vec<String> = (0..=OF_ONE).map(|_| secret(&doors, "U1")).collect();
        let theirs = secret(&doors, "U2");
        assert_eq!(doors.come_by(&all[0]), Err(Closed::Void), "the oldest made room");
        assert_eq!(doors.come_by(&all[1]), Ok("U1".into()));
        assert_eq!(doors.come_by(&theirs), Ok("U2".into()));
        let again = Doors::new(&[7; KEY], Arc::new(Hand::default()));
        assert_eq!(again.come_by(&all[2]), Err(Closed::Void));
        let nowhere = again.link(&"U1".into(), TimeDelta::minutes(5));
        assert!(matches!(nowhere, Err(PortError::Permanent { .. })), "{nowhere:?}");
    }

    #[test]
    fn guessing_is_turned_away_and_locks_nobody_out() {
        let (doors, _) = doors();
        let mine = secret(&doors, "U1");
        let said: Vec<_> = (0..40).map(|nth| doors.come_by(&format!("guess-{nth}"))).collect();
        assert_eq!(said[0], Err(Closed::Void));
        assert_eq!(said[39], Err(Closed::TooMany));
        assert_eq!(doors.come_by(&mine), Ok("U1".into()));
    }

    #[test]
    fn a_session_outlives_the_process_and_ends_with_its_time() {
        let (doors, clock) = doors();
        let set = doors.cookie(&"U1".into(), TimeDelta::hours(12));
        for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/board", "; Max-Age=43200"] {
            assert!(set.contains(part), "{set}");
        }
        assert!(!set.contains("Secure"), "over http it would be lost: {set}");
        let mine = value(&set);
        let header = format!("other=1; {mine}");
        let user = |doors: &Doors, header: &str| {
            doors.session(std::iter::once(header)).map(|session| session.user)
        };
        assert_eq!(user(&doors, &header), Some("U1".into()));
        let again = Doors::new(&[7; KEY], Arc::clone(&clock) as Arc<dyn Clock>);
        again.open_at("https://coc.example.com");
        assert_eq!(user(&again, &header), Some("U1".into()));
        assert!(again.cookie(&"U1".into(), TimeDelta::hours(1)).contains("; Secure"));
        clock.turn(12 * 3600 - 1);
        assert_eq!(user(&doors, &header), Some("U1".into()));
        clock.turn(1);
        assert_eq!(user(&doors, &header), None);
    }

    #[test]
    fn a_forged_session_lets_nobody_in() {
        let (doors, _) = doors();
        let mine = value(&doors.cookie(&"U1".into(), TimeDelta::hours(12)));
        let (said, tag) = mine.rsplit_once('.').unwrap();
        let (_, until) = said.rsplit_once('.').unwrap();
        let longer = format!("{}9", until);
        let theirs = URL_SAFE_NO_PAD.encode("U2");
        let other = Doors::new(&[8; KEY], Arc::new(Hand::default()));
        let forged = [
            format!("{COOKIE}={theirs}.{until}.{tag}"),
            format!("{}.{longer}.{tag}", said.rsplit_once('.').unwrap().0),
            format!("{said}.{}", tag.chars().rev().collect::<String>()),
            format!("{said}."),
            format!("{COOKIE}="),
            format!("{COOKIE}=..."),
            // what signs a link signs no session
            format!("{said}.{}", URL_SAFE_NO_PAD.encode(doors.signed("link", said))),
            value(&other.cookie(&"U1".into(), TimeDelta::hours(12))),
            mine.replace(COOKIE, "coc_boards"),
        ];
        for one in forged {
            assert_eq!(doors.session(std::iter::once(one.as_str())), None, "{one}");
        }
    }
}
