//! Amazon SNS over HTTP: what CloudWatch, GuardDuty and AWS Health tell through topics, and what becomes of the subscription itself.
//!
//! SNS takes a 4xx for an answer and never sends such a message again; what is to come again is answered 5xx.

use super::limits::Authentic;
use super::request::{Now, Secret, Unverified, answered, header};
use super::{Notices, Unavailable};
use crate::adapters::sns::{Certificate, NoCertificate, NotConfirmed, SignatureVersion, Sns};
use crate::domain::ids::is_topic_arn;
use crate::domain::input::{Notice, TopicEvent, TopicNews, Way};
use crate::domain::policy::Admission;
use crate::domain::time::{Time, in_seoul};
use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Where SNS posts to.
pub const PATH: &str = "/hooks/sns";
/// The longest body that is read, in bytes: a message of 256 KiB, every sign of it escaped.
pub const MAX_BODY: usize = 1 << 20;
/// SNS gives up after fifteen seconds; the rest is for the way.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(12);
/// How old a message may be: as long as SNS may go on trying. Repeats are known for longer than that.
pub const MAX_AGE: TimeDelta = TimeDelta::hours(1);
/// How far its clock may be ahead.
pub const MAX_AHEAD: TimeDelta = TimeDelta::minutes(15);
/// The longest name of a message; theirs have 36 signs.
const LONGEST_ID: usize = 200;

/// SNS itself, as far as the hook needs it.
#[async_trait]
pub trait Sender: Send + Sync {
    /// The certificate at an address of SNS's, valid now.
    ///
    /// # Errors
    /// See [`NoCertificate`].
    async fn certificate(&self, url: &str, now: Time) -> Result<Arc<Certificate>, NoCertificate>;

    /// Confirms the subscription to a topic.
    ///
    /// # Errors
    /// See [`NotConfirmed`].
    async fn confirm(&self, url: &str, topic: &str) -> Result<(), NotConfirmed>;
}

#[async_trait]
impl Sender for Sns {
    async fn certificate(&self, url: &str, now: Time) -> Result<Arc<Certificate>, NoCertificate> {
        Sns::certificate(self, url, now).await
    }

    async fn confirm(&self, url: &str, topic: &str) -> Result<(), NotConfirmed> {
        Sns::confirm(self, url, topic).await
    }
}

/// Which messages are taken.
#[derive(Clone)]
pub enum Trust {
    /// Those that SNS signed lately, of topics that the policy lists. Raw deliveries bear no signature: they are taken with this
    /// secret only.
    Signed {
        /// SNS itself.
        sender: Arc<dyn Sender>,
        /// What a raw delivery has to bear; `None`: they are refused.
        raw: Option<Secret>,
    },
    /// All of them, for practice: signed or not, old or not, and a message without its envelope too. The policy's topics hold where it
    /// lists any. Nothing is asked of SNS.
    Anybody,
}

/// Why a request is refused. Says what is wrong, never what was read but for a topic that is one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The body is longer than [`MAX_BODY`].
    #[error("a body that is too long")]
    TooLong,
    /// It is no message of SNS's.
    #[error("{0}")]
    Unreadable(&'static str),
    /// It is not signed, wrongly, or at another time.
    #[error(transparent)]
    Unverified(#[from] Unverified),
    /// There is no certificate to verify it with.
    #[error(transparent)]
    Certificate(#[from] NoCertificate),
    /// A raw delivery without the secret.
    #[error(
        "a raw delivery bears no signature: turn raw message delivery off, or send COC_EVENTBRIDGE_SECRET in x-api-key"
    )]
    Raw,
    /// The topic is none of those that are listened to.
    #[error("the topic is not in intake.topics of policy.toml: {0}")]
    Topic(String),
    /// None is listened to.
    #[error("intake.topics of policy.toml is empty: add the topic's ARN: {0}")]
    NoTopics(String),
    /// The subscription could not be confirmed.
    #[error(transparent)]
    NotConfirmed(#[from] NotConfirmed),
    /// The journal cannot keep it.
    #[error("the journal could not keep it; SNS sends it again")]
    NotKept,
}

impl From<Unavailable> for Refusal {
    fn from(Unavailable: Unavailable) -> Self {
        Self::NotKept
    }
}

impl Refusal {
    /// The answer: 4xx for what would be no better a second time, 5xx for what is to come again.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::Certificate(NoCertificate::Away(_))
            | Self::NotConfirmed(NotConfirmed::Away(_))
            | Self::NotKept => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unverified(_)
            | Self::Certificate(
                NoCertificate::Foreign(_) | NoCertificate::Unusable(_) | NoCertificate::Missing(_),
            )
            | Self::NotConfirmed(NotConfirmed::Foreign(_))
            | Self::Raw
            | Self::Topic(_)
            | Self::NoTopics(_) => StatusCode::FORBIDDEN,
        }
    }
}

/// The hook.
#[derive(Clone)]
pub struct Hook {
    trust: Trust,
    desk: Arc<dyn Notices>,
    now: Now,
    /// Held while a subscription is confirmed, so that each is once.
    confirming: Arc<Mutex<()>>,
}

/// The address that SNS posts to.
pub fn router(hook: Hook) -> Router {
    Router::new().route(PATH, post(take)).with_state(hook)
}

async fn take(State(hook): State<Hook>, headers: HeaderMap, body: Body) -> Response {
    let deadline = Instant::now() + ANSWER_WITHIN;
    let foreign = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&foreign);
    let answer = move |headers: HeaderMap, body: Bytes| async move {
        let taken = hook.take(&headers, &body).await;
        let is_foreign = matches!(taken, Err(Refusal::Topic(_) | Refusal::NoTopics(_)));
        noted.store(is_foreign, Ordering::Relaxed);
        said(&headers, taken)
    };
    let status = answered(headers, body, MAX_BODY, deadline, "sns", answer).await;
    let mut response = status.into_response();
    // anybody can make SNS call us from the addresses from which it brings our own alarms: those are not turned away for it
    if foreign.load(Ordering::Relaxed) {
        response.extensions_mut().insert(Authentic);
    }
    response
}

/// The status of the answer; a refusal is logged.
fn said(headers: &HeaderMap, taken: Result<(), Refusal>) -> StatusCode {
    match taken {
        Ok(()) => StatusCode::OK,
        Err(refusal) => {
            let status = refusal.status();
            let message = header(headers, "x-amz-sns-message-id").filter(|id| is_plain(id));
            tracing::warn!(%refusal, %status, message, "a delivery of SNS's was not taken");
            status
        }
    }
}

impl Hook {
    /// A hook that hands in here what it trusts.
    #[must_use]
    pub fn new(trust: Trust, desk: Arc<dyn Notices>, now: Now) -> Self {
        Self { trust, desk, now, confirming: Arc::default() }
    }

    /// Takes a request, and says what it is answered; it is durable when that is a success.
    pub async fn answer(&self, headers: &HeaderMap, body: &[u8]) -> StatusCode {
        said(headers, self.take(headers, body).await)
    }

    async fn take(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
        if body.len() > MAX_BODY {
            return Err(Refusal::TooLong);
        }
        let raw = header(headers, "x-amz-sns-rawdelivery") == Some("true");
        let envelope = match &self.trust {
            Trust::Signed { raw: None, .. } if raw => return Err(Refusal::Raw),
            Trust::Signed { raw: Some(secret), .. } if raw => {
                secret.borne(headers).map_err(|_| Refusal::Raw)?;
                let envelope = Envelope::bare(headers, body, None)?;
                self.admitted(&envelope.topic, false).await?;
                envelope
            }
            Trust::Signed { sender, .. } => {
                let written = Envelope::read(body).or_else(|unreadable| {
                    // something else that is whole is what it is, but it is signed by nobody
                    let text = std::str::from_utf8(body).map_err(|_| unreadable.clone())?;
                    is_whole(text).map_err(|_| unreadable)?;
                    Err(Refusal::Unverified(Unverified::Absent))
                });
                let envelope = written?.whole(headers)?;
                self.admitted(&envelope.topic, false).await?;
                self.verified(sender.as_ref(), &envelope).await?;
                envelope
            }
            Trust::Anybody => {
                // each is a delivery of its own, unless it bears a name
                let at = (self.now)().timestamp_nanos_opt().unwrap_or_default().to_be_bytes();
                let own = hex(&Sha256::new().chain_update(at).chain_update(body).finalize());
                let envelope = match Envelope::read(body) {
                    Ok(written) => written.completed(headers, Some(own))?,
                    Err(_) => Envelope::bare(headers, body, Some(own))?,
                };
                self.admitted(&envelope.topic, true).await?;
                envelope
            }
        };
        self.hand_in(envelope).await
    }

    /// Whether the topic is listened to; `freely`: also while the policy lists none.
    async fn admitted(&self, topic: &str, freely: bool) -> Result<(), Refusal> {
        // what somebody makes up stands in no log
        let shown = || if is_topic_arn(topic) { topic } else { "(no ARN)" }.to_owned();
        match self.desk.admits(topic).await? {
            Admission::Listed => Ok(()),
            Admission::NoneListed if freely => Ok(()),
            Admission::NoneListed => Err(Refusal::NoTopics(shown())),
            Admission::Foreign => Err(Refusal::Topic(shown())),
        }
    }

    async fn verified(&self, sender: &dyn Sender, envelope: &Envelope) -> Result<(), Refusal> {
        let now = (self.now)();
        let sent = envelope.sent.ok_or(Unverified::Stale)?;
        if now - sent > MAX_AGE || sent - now > MAX_AHEAD {
            return Err(Unverified::Stale.into());
        }
        let signed = envelope.signature.as_ref().ok_or(Unverified::Absent)?;
        let signature = STANDARD.decode(&signed.signature).map_err(|_| Unverified::Wrong)?;
        let certificate = sender.certificate(&signed.certificate, now).await?;
        let text = envelope.signed_text();
        if certificate.verifies(signed.version, text.as_bytes(), &signature) {
            Ok(())
        } else {
            Err(Unverified::Wrong.into())
        }
    }

    async fn hand_in(&self, envelope: Envelope) -> Result<(), Refusal> {
        let Envelope { id, topic, sent, what, .. } = envelope;
        let key = format!("sns:{id}");
        match what {
            What::Notification { subject, message } => {
                let way = Way::Sns { topic };
                let notice = Notice { key, way, sent, subject, text: message };
                Ok(self.desk.notice(notice).await?)
            }
            What::Subscription { url, .. } => self.confirm(key, topic, &url).await,
            What::Unsubscription { .. } => Ok(self
                .desk
                .topic(TopicNews { key, topic, what: TopicEvent::Unsubscribed })
                .await?),
        }
    }

    /// Confirms a subscription once. When it cannot be confirmed, or not be kept, it comes again.
    async fn confirm(&self, key: String, topic: String, url: &str) -> Result<(), Refusal> {
        let turn = self.confirming.lock().await;
        if self.desk.knows(&key).await? {
            return Ok(());
        }
        if let Trust::Signed { sender, .. } = &self.trust {
            sender.confirm(url, &topic).await?;
            tracing::info!(topic, "the subscription to a topic of SNS is confirmed");
        }
        self.desk.topic(TopicNews { key, topic, what: TopicEvent::Subscribed }).await?;
        drop(turn);
        Ok(())
    }
}

/// A message of SNS's.
struct Envelope {
    id: String,
    topic: String,
    /// As it is signed.
    timestamp: String,
    /// The same, where it can be read.
    sent: Option<Time>,
    what: What,
    /// `None`: it bears none.
    signature: Option<Signature>,
}

enum What {
    Notification { subject: Option<String>, message: String },
    Subscription { message: String, token: String, url: String },
    Unsubscription { message: String, token: String, url: String },
}

struct Signature {
    version: SignatureVersion,
    signature: String,
    certificate: String,
}

/// A message as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    #[serde(rename = "Type")]
    kind: Kind,
    message_id: Option<String>,
    topic_arn: Option<String>,
    subject: Option<String>,
    message: String,
    timestamp: Option<String>,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    signature_version: Option<String>,
    signature: Option<String>,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
enum Kind {
    Notification,
    SubscriptionConfirmation,
    UnsubscribeConfirmation,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }
}

impl Envelope {
    /// Reads a message in its envelope.
    fn read(body: &[u8]) -> Result<Written, Refusal> {
        // without what the parser says: it quotes what it read
        serde_json::from_slice(body)
            .map_err(|_| Refusal::Unreadable("no message of Amazon SNS's in JSON"))
    }

    /// A message without its envelope, which stands in the headers. `own` is the name of one that bears none there.
    fn bare(headers: &HeaderMap, body: &[u8], own: Option<String>) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(body).map_err(|_| Refusal::Unreadable("no text"))?;
        let kind = header(headers, "x-amz-sns-message-type");
        if kind.is_some_and(|kind| kind != Kind::Notification.name()) {
            return Err(Refusal::Unreadable(
                "a message without its envelope that is no notification",
            ));
        }
        is_whole(text).map_err(Refusal::Unreadable)?;
        let id = header(headers, "x-amz-sns-message-id").map(str::to_owned).or(own);
        let topic = header(headers, "x-amz-sns-topic-arn").unwrap_or_default().to_owned();
        Ok(Self {
            id: named(id.unwrap_or_default())?,
            topic,
            timestamp: String::new(),
            sent: None,
            what: What::Notification { subject: None, message: text.to_owned() },
            signature: None,
        })
    }

    /// What SNS signs: names and values, a line each.
    fn signed_text(&self) -> String {
        let (id, at, topic) = (&self.id, &self.timestamp, &self.topic);
        match &self.what {
            What::Notification { subject, message } => {
                let subject = subject
                    .as_ref()
                    .map_or(Cow::Borrowed(""), |subject| format!("Subject\n{subject}\n").into());
                format!(
                    "Message\n{message}\nMessageId\n{id}\n{subject}Timestamp\n{at}\nTopicArn\n{topic}\nType\nNotification\n"
                )
            }
            What::Subscription { message, token, url } => format!(
                "Message\n{message}\nMessageId\n{id}\nSubscribeURL\n{url}\nTimestamp\n{at}\nToken\n{token}\nTopicArn\n{topic}\nType\nSubscriptionConfirmation\n"
            ),
            What::Unsubscription { message, token, url } => format!(
                "Message\n{message}\nMessageId\n{id}\nSubscribeURL\n{url}\nTimestamp\n{at}\nToken\n{token}\nTopicArn\n{topic}\nType\nUnsubscribeConfirmation\n"
            ),
        }
    }
}

impl Written {
    /// A message that has everything that SNS gives it.
    fn whole(self, headers: &HeaderMap) -> Result<Envelope, Refusal> {
        if self.message_id.is_none() {
            return Err(Refusal::Unreadable("no MessageId"));
        }
        if self.topic_arn.is_none() {
            return Err(Refusal::Unreadable("no TopicArn"));
        }
        self.completed(headers, None)
    }

    /// A message whose name and topic may stand in the headers alone. `own` is the name of one that bears none.
    fn completed(self, headers: &HeaderMap, own: Option<String>) -> Result<Envelope, Refusal> {
        let kind = self.kind;
        if header(headers, "x-amz-sns-message-type").is_some_and(|said| said != kind.name()) {
            return Err(Refusal::Unreadable("x-amz-sns-message-type and Type differ"));
        }
        let told = |name| header(headers, name).map(str::to_owned);
        let id = self.message_id.or_else(|| told("x-amz-sns-message-id")).or(own);
        let id = named(id.unwrap_or_default())?;
        let topic = self.topic_arn.or_else(|| told("x-amz-sns-topic-arn")).unwrap_or_default();
        let timestamp = self.timestamp.unwrap_or_default();
        let sent = DateTime::parse_from_rfc3339(&timestamp).ok().map(|at| in_seoul(&at));
        let signature = match (self.signature, self.signing_cert_url) {
            (Some(signature), Some(certificate)) => {
                let version = match self.signature_version.as_deref() {
                    Some("1") => SignatureVersion::One,
                    Some("2") => SignatureVersion::Two,
                    Some(_) | None => return Err(Unverified::Wrong.into()),
                };
                Some(Signature { version, signature, certificate })
            }
            (Some(_) | None, _) => None,
        };
        let message = self.message;
        let what = match kind {
            Kind::Notification => What::Notification { subject: self.subject, message },
            Kind::SubscriptionConfirmation | Kind::UnsubscribeConfirmation => {
                let token = self.token.ok_or(Refusal::Unreadable("no Token"))?;
                let url = self.subscribe_url.ok_or(Refusal::Unreadable("no SubscribeURL"))?;
                if kind == Kind::SubscriptionConfirmation {
                    What::Subscription { message, token, url }
                } else {
                    What::Unsubscription { message, token, url }
                }
            }
        };
        Ok(Envelope { id, topic, timestamp, sent, what, signature })
    }
}

/// A message's name, when it can be one.
fn named(id: String) -> Result<String, Refusal> {
    let fits = !id.is_empty() && id.len() <= LONGEST_ID;
    if fits { Ok(id) } else { Err(Refusal::Unreadable("no MessageId")) }
}

/// Whether a name may stand in the log.
fn is_plain(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    id.len() <= LONGEST_ID && id.bytes().all(fits)
}

/// Whether a text that comes without an envelope can be all of it: plain words, or JSON to its end.
pub(super) fn is_whole(text: &str) -> Result<(), &'static str> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err("nothing in it");
    }
    if text.starts_with('{') && serde_json::from_str::<Value>(text).is_err() {
        return Err("JSON that breaks off");
    }
    Ok(())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
