//! Twilio Programmable Voice.
//!
//! Twilio has no idempotency: whether an attempt placed a call is asked of its list of calls. No number, token or word of a person
//! stands in an error or in the log.

pub mod twiml;

use super::e164::E164;
use super::http::{Base, Http, Repeat, Reply, refused};
use crate::domain::ids::{ErrandId, Name, PhoneNumber};
use crate::domain::time::Time;
use crate::ports::{Phone, PortError};
use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use http_body_util::Full;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use url::form_urlencoded;

/// What sentences call it.
const WHAT: &str = "전화 발신(Twilio)";
/// Where Twilio is, unless `TWILIO_API_URL` says otherwise.
pub const API: &str = "https://api.twilio.com";
/// How long a whole exchange may take.
pub const TIME_OUT: Duration = Duration::from_secs(10);
/// How long a telephone rings, in seconds.
const RINGS: &str = "60";
/// How long a call may last that nobody ends, in seconds.
const LASTS: &str = "300";
/// How far Twilio's clock may be behind ours before an own call is not found again.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(5);
/// How many own calls are remembered by their errand.
const REMEMBERED: usize = 256;
/// How many calls to one number are looked through, newest first.
const LOOKED_THROUGH: &str = "200";
/// Twilio tries a status callback again when it does not come through, or comes back with 5xx (a "connection override").
pub const AGAIN: &str = "#rc=5&rp=5xx,ct,rt";

/// Where Twilio finds the bot.
#[derive(Clone, Debug)]
pub struct Callbacks(Base);

impl Callbacks {
    /// Path of the address that keys are sent to.
    pub const VOICE: &str = "/hooks/twilio/voice";
    /// Path of the address that a call's status is sent to.
    pub const STATUS: &str = "/hooks/twilio/status";

    /// Below the address at which the bot is reached from outside.
    #[must_use]
    pub const fn new(public: Base) -> Self {
        Self(public)
    }

    /// Where the `turn`-th answer to this errand's page is sent.
    #[must_use]
    pub fn voice(&self, page: ErrandId, turn: u8) -> String {
        self.at(Self::VOICE, &format!("call={page}&turn={turn}"))
    }

    fn status(&self, call: ErrandId) -> String {
        self.at(Self::STATUS, &format!("call={call}{AGAIN}"))
    }

    /// An address with its query, as Twilio signs it.
    #[must_use]
    pub fn at(&self, path: &str, query: &str) -> String {
        self.0.at(&format!("{path}?{query}"))
    }

    /// What the voice says and waits for: from the first turn on everything is said twice, from the second on once.
    #[must_use]
    pub fn ask(&self, page: ErrandId, turn: u8, speech: &str) -> String {
        let actions: Vec<String> = (turn..=2).map(|turn| self.voice(page, turn)).collect();
        twiml::ask(speech, &actions)
    }
}

/// An account at Twilio.
#[derive(Clone)]
pub struct Account {
    sid: String,
    credentials: HeaderValue,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").finish_non_exhaustive()
    }
}

/// Credentials that no request could bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "TWILIO_ACCOUNT_SID와 TWILIO_AUTH_TOKEN은 영문자와 숫자로 된 값입니다. Twilio 콘솔에서 다시 복사해 주십시오."
)]
pub struct NotAnAccount;

impl Account {
    /// The account with its token.
    ///
    /// # Errors
    /// When they cannot be what Twilio gives out.
    pub fn new(sid: &str, token: &str) -> Result<Self, NotAnAccount> {
        if !is_sid(sid) || token.is_empty() {
            return Err(NotAnAccount);
        }
        let basic = format!("Basic {}", STANDARD.encode(format!("{sid}:{token}")));
        let mut credentials = HeaderValue::try_from(basic).map_err(|_| NotAnAccount)?;
        credentials.set_sensitive(true);
        Ok(Self { sid: sid.to_owned(), credentials })
    }
}

/// Twilio's names for things: letters and digits.
fn is_sid(text: &str) -> bool {
    let fits = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_');
    !text.is_empty() && text.chars().all(fits)
}

/// Twilio's REST API for one account.
#[derive(Clone, Debug)]
pub struct Api {
    http: Http,
    base: Base,
    account: Account,
}

impl Api {
    /// Connects when it is first used. `time_out` bounds every exchange.
    ///
    /// # Errors
    /// When the machine has no certificates to trust.
    pub fn new(base: Base, account: Account, time_out: Duration) -> std::io::Result<Self> {
        Ok(Self { http: Http::new(&base, time_out)?, base, account })
    }

    /// Reads something; `query` begins with `?` or is empty.
    ///
    /// # Errors
    /// When no answer came, or one that says no or cannot be read.
    pub async fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, PortError> {
        let mut path = self.of_account(path);
        if !query.is_empty() {
            path = format!("{path}?{}", form(query));
        }
        self.read_at(&self.base.at(&path)).await
    }

    /// Reads something that stands elsewhere than at the account: at a whole address of Twilio's.
    ///
    /// # Errors
    /// See [`Api::read`].
    pub async fn read_at<T: DeserializeOwned>(&self, url: &str) -> Result<T, PortError> {
        let reply = self.send(Method::GET, url, String::new(), Repeat::Harmless).await?;
        if !reply.status.is_success() {
            return Err(refused(WHAT, &reply, Repeat::Harmless));
        }
        serde_json::from_slice(&reply.body).map_err(|_| unreadable(Repeat::Harmless))
    }

    async fn write(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        repeat: Repeat,
    ) -> Result<Reply, PortError> {
        let url = self.base.at(&self.of_account(path));
        self.send(Method::POST, &url, form(fields), repeat).await
    }

    fn of_account(&self, path: &str) -> String {
        format!("/2010-04-01/Accounts/{}{path}", self.account.sid)
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        body: String,
        repeat: Repeat,
    ) -> Result<Reply, PortError> {
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header(AUTHORIZATION, self.account.credentials.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| PortError::Permanent {
                why: format!("{WHAT}: 주소가 틀렸습니다")
            })?;
        self.http.send(request).await.map_err(|none| none.port(WHAT, repeat))
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn unreadable(repeat: Repeat) -> PortError {
    repeat.doubtful(format!("{WHAT}: 답을 읽을 수 없습니다"))
}

/// What an answer that is no success says.
#[derive(Deserialize)]
struct Refusal {
    code: Option<u64>,
}

/// Twilio's own number for why it refused.
fn code(reply: &Reply) -> Option<u64> {
    serde_json::from_slice::<Refusal>(&reply.body).ok()?.code
}

/// Why a call is not placed that Twilio understood very well. Twilio's own sentence may bear the number and is left out.
fn because(code: u64) -> Option<&'static str> {
    Some(match code {
        13223 | 13224 | 21211 | 21214 | 21217 => {
            "없는 전화번호이거나 걸 수 없는 번호입니다. 업무가이드의 번호를 확인해 주십시오"
        }
        13227 | 21215 => {
            "한국으로 거는 것이 허용되어 있지 않습니다. Twilio 콘솔의 Voice Geographic Permissions에서 South Korea를 켜 주십시오"
        }
        13225 | 21216 => "Twilio가 이 번호로 거는 것을 막았습니다",
        21210 | 21212 => {
            "발신 번호(TWILIO_FROM)를 쓸 수 없습니다. Twilio에서 산 번호인지 확인해 주십시오"
        }
        21219 => "체험 계정은 Twilio에 등록한 번호로만 걸 수 있습니다",
        _ => return None,
    })
}

fn not_placed(reply: &Reply) -> PortError {
    let known = code(reply).filter(|_| reply.status.is_client_error());
    match known.and_then(|code| Some((code, because(code)?))) {
        Some((code, why)) => PortError::Permanent { why: format!("{WHAT}: {why} ({code})") },
        None => refused(WHAT, reply, Repeat::Doubles),
    }
}

/// A call as Twilio lists it.
#[derive(Deserialize)]
struct Call {
    sid: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    date_created: String,
}

#[derive(Deserialize)]
struct Calls {
    calls: Vec<Call>,
}

#[derive(Deserialize)]
struct Named {
    sid: String,
}

/// The account itself.
#[derive(Debug, Deserialize)]
pub struct Standing {
    /// `active`, `suspended`, `closed`.
    #[serde(default)]
    pub status: String,
    /// `Full` or `Trial`.
    #[serde(default, rename = "type")]
    pub kind: String,
}

/// The telephone by Twilio.
pub struct Twilio {
    api: Api,
    from: E164,
    callbacks: Callbacks,
    /// Which errand which call is of, oldest first.
    placed: Mutex<VecDeque<(ErrandId, String)>>,
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Twilio").field("api", &self.api).finish_non_exhaustive()
    }
}

impl Twilio {
    /// Calls from this number; what happens on a call is sent to `public`'s hooks.
    #[must_use]
    pub fn new(api: Api, from: E164, public: Base) -> Self {
        Self { api, from, callbacks: Callbacks::new(public), placed: Mutex::default() }
    }

    fn remember(&self, errand: ErrandId, sid: &str) {
        let mut placed = self.placed.lock().unwrap_or_else(PoisonError::into_inner);
        placed.push_back((errand, sid.to_owned()));
        if placed.len() > REMEMBERED {
            placed.pop_front();
        }
    }

    fn is_of_another(&self, errand: ErrandId, sid: &str) -> bool {
        let placed = self.placed.lock().unwrap_or_else(PoisonError::into_inner);
        placed.iter().any(|(of, known)| *of != errand && known == sid)
    }

    /// The account.
    ///
    /// # Errors
    /// See [`Api::read`].
    pub async fn standing(api: &Api) -> Result<Standing, PortError> {
        api.read(".json", &[]).await
    }
}

#[async_trait]
impl Phone for Twilio {
    async fn call(
        &self,
        errand: ErrandId,
        _to: &Name,
        number: &PhoneNumber,
        speech: &str,
    ) -> Result<String, PortError> {
        let to = E164::of(number)?;
        let status = self.callbacks.status(errand);
        // it speaks even when our own door is shut at that moment; only what is too long for that is asked of us
        let inline = self.callbacks.ask(errand, 1, speech);
        let asked = self.callbacks.voice(errand, 0);
        let words = if inline.chars().count() <= twiml::INLINE_AT_MOST {
            ("Twiml", inline.as_str())
        } else {
            ("Url", asked.as_str())
        };
        let fields = [
            ("To", to.as_str()),
            ("From", self.from.as_str()),
            words,
            ("StatusCallback", &status),
            ("StatusCallbackMethod", "POST"),
            ("StatusCallbackEvent", "initiated"),
            ("StatusCallbackEvent", "ringing"),
            ("StatusCallbackEvent", "answered"),
            ("StatusCallbackEvent", "completed"),
            ("Timeout", RINGS),
            ("TimeLimit", LASTS),
            // beside the voice: a person hears it at once, instead of seconds of silence
            ("MachineDetection", "Enable"),
            ("AsyncAmd", "true"),
            ("AsyncAmdStatusCallback", &status),
            ("AsyncAmdStatusCallbackMethod", "POST"),
        ];
        let reply = self.api.write("/Calls.json", &fields, Repeat::Doubles).await?;
        if !reply.status.is_success() {
            return Err(not_placed(&reply));
        }
        match serde_json::from_slice::<Named>(&reply.body) {
            Ok(Named { sid }) if is_sid(&sid) => {
                self.remember(errand, &sid);
                Ok(sid)
            }
            Ok(_) | Err(_) => Err(unreadable(Repeat::Doubles)),
        }
    }

    /// The newest call from our number to this one since the errand came up. Twilio's own filters go by the time at which a call
    /// began to ring, which one that still waits in its queue has not: the times are compared here.
    async fn find_call(
        &self,
        errand: ErrandId,
        number: &PhoneNumber,
        since: Time,
    ) -> Result<Option<String>, PortError> {
        let to = E164::of(number)?;
        let query = [("To", to.as_str()), ("PageSize", LOOKED_THROUGH)];
        let Calls { calls } = self.api.read("/Calls.json", &query).await?;
        let mut newest: Option<(Time, String)> = None;
        for call in calls {
            if call.to != to.as_str() || call.from != self.from.as_str() {
                continue;
            }
            let Ok(created) = Time::parse_from_rfc2822(&call.date_created) else {
                return Err(unreadable(Repeat::Harmless));
            };
            let ours = created >= since - CLOCKS_DIFFER && !self.is_of_another(errand, &call.sid);
            if ours && newest.as_ref().is_none_or(|(at, _)| created > *at) {
                newest = Some((created, call.sid));
            }
        }
        let found = newest.map(|(_, sid)| sid);
        if let Some(sid) = &found {
            self.remember(errand, sid);
        }
        Ok(found)
    }

    async fn hang_up(&self, reference: &str, _to: &Name) -> Result<(), PortError> {
        if !is_sid(reference) {
            return Err(PortError::Permanent { why: format!("{WHAT}: 모르는 통화입니다") });
        }
        // "completed" ends a call whether it rings or is talked on; "canceled" only one that rings
        let path = format!("/Calls/{reference}.json");
        let reply = self.api.write(&path, &[("Status", "completed")], Repeat::Harmless).await?;
        let over = reply.status == StatusCode::NOT_FOUND || code(&reply) == Some(NOT_UNDER_WAY);
        if reply.status.is_success() || over {
            return Ok(());
        }
        Err(refused(WHAT, &reply, Repeat::Harmless))
    }

    async fn probe(&self) -> Result<(), PortError> {
        match Self::standing(&self.api).await {
            Ok(standing) if standing.status.is_empty() || standing.status == "active" => Ok(()),
            Ok(_) => Err(PortError::Transient {
                why: format!("{WHAT}: 계정이 정지되어 있습니다"),
                retry_after: None,
            }),
            // whatever is wrong with the account may be mended: it is tried again
            Err(PortError::Permanent { why }) => {
                Err(PortError::Transient { why, retry_after: None })
            }
            Err(error) => Err(error),
        }
    }
}

/// "Call is not in-progress".
const NOT_UNDER_WAY: u64 = 21220;

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn secrets_are_never_shown() {
        let account = Account::new("AC1234", "hidden-token").unwrap();
        let base = Base::read("https://api.example.com", API).unwrap();
        let api = Api::new(base.clone(), account, TIME_OUT).unwrap();
        let from = E164::read("070-0000-0001").unwrap();
        let shown = format!("{:?}", Twilio::new(api, from, base));
        let coded = STANDARD.encode("AC1234:hidden-token");
        for secret in ["hidden", "AC1234", "7000000001", coded.as_str()] {
            assert!(!shown.contains(secret), "{shown}");
        }
        for (sid, token) in [("", "a"), ("AC1/../x", "a"), ("AC1", "")] {
            assert_eq!(Account::new(sid, token).unwrap_err(), NotAnAccount);
        }
    }
}
