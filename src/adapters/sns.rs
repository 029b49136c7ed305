//! Amazon SNS as the desk reaches it: the certificates with which it signs, and the confirmation of a subscription. Both addresses
//! come out of messages, so that only those of SNS itself are followed. What vouches for a certificate is the connection by TLS to SNS's
//! own host, as Amazon's manual has it.

use super::http::{Base, Http, NoReply};
use crate::domain::time::Time;
use axum::body::Bytes;
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use http_body_util::Full;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use url::Url;
use x509_parser::oid_registry::OID_PKCS1_RSAENCRYPTION;
use x509_parser::pem::parse_x509_pem;

/// What the setting for another address than Amazon's looks like.
pub const EXAMPLE: &str = "http://127.0.0.1:4566";
/// How long a certificate, or a confirmation, is waited for.
pub const TIME_OUT: Duration = Duration::from_secs(4);
/// The longest certificate that is read, in bytes; Amazon's have about two thousand.
const LONGEST: usize = 64 << 10;
/// Certificates that are kept; Amazon has one a region, and a second while it changes them.
const KEPT: usize = 32;
/// How long one is kept.
const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// An address that is not SNS's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an address that is not Amazon SNS's")]
pub struct Foreign;

/// A certificate that nothing can be verified with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// No PEM, or no X.509 in it.
    #[error("no certificate")]
    Unreadable,
    /// Its key is not RSA's.
    #[error("a certificate without an RSA key")]
    Key,
    /// It is not valid yet, or not any more.
    #[error("a certificate that is not valid now")]
    Expired,
}

/// Why there is no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCertificate {
    /// Its address is not SNS's.
    #[error(transparent)]
    Foreign(#[from] Foreign),
    /// What is there is of no use.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// There is none at that address.
    #[error("no certificate at its address ({0})")]
    Missing(StatusCode),
    /// It cannot be had now.
    #[error("the certificate cannot be had now ({0})")]
    Away(Away),
}

/// Why a subscription is not confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotConfirmed {
    /// The address is not SNS's, or not that of this topic's confirmation.
    #[error(transparent)]
    Foreign(#[from] Foreign),
    /// SNS did not take it.
    #[error("the subscription was not confirmed ({0})")]
    Away(Away),
}

/// Why SNS cannot be reached, or what it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Away {
    /// No answer.
    #[error("{0:?}")]
    NoReply(NoReply),
    /// An answer that is no success.
    #[error("status {0}")]
    Status(StatusCode),
}

/// Where SNS is.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    /// Beside Amazon's own: a test's, or a private one.
    other: Option<Base>,
}

impl Hosts {
    /// Amazon's, and this one.
    #[must_use]
    pub const fn new(other: Option<Base>) -> Self {
        Self { other }
    }

    /// The address of a certificate, when it is one of SNS's.
    ///
    /// # Errors
    /// When it is not.
    pub fn certificate(&self, url: &str) -> Result<Url, Foreign> {
        let (url, amazon) = self.ours(url)?;
        let (folder, file) = url.path().rsplit_once('/').ok_or(Foreign)?;
        let name = file
            .strip_prefix("SimpleNotificationService-")
            .and_then(|rest| rest.strip_suffix(".pem"))
            .ok_or(Foreign)?;
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let there = folder.is_empty() || !amazon;
        if plain && there && url.query().is_none() { Ok(url) } else { Err(Foreign) }
    }

    /// The address that confirms the subscription to this topic, when it is one of SNS's.
    ///
    /// # Errors
    /// When it is not.
    pub fn confirmation(&self, url: &str, topic: &str) -> Result<Url, Foreign> {
        let (url, _) = self.ours(url)?;
        let says = |name: &str, value: &str| {
            let mut said = url.query_pairs().filter(|(key, _)| key == name);
            said.next().is_some_and(|(_, said)| said == value) && said.next().is_none()
        };
        let fits = says("Action", "ConfirmSubscription") && says("TopicArn", topic);
        if fits { Ok(url) } else { Err(Foreign) }
    }

    /// An address at SNS, and whether it is Amazon's own.
    fn ours(&self, url: &str) -> Result<(Url, bool), Foreign> {
        let url = Url::parse(url).map_err(|_| Foreign)?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(Foreign);
        }
        let amazon = url.scheme() == "https"
            && url.port().is_none()
            && url.host_str().is_some_and(is_amazons);
        if amazon || self.is_other(&url) { Ok((url, amazon)) } else { Err(Foreign) }
    }

    fn is_other(&self, url: &Url) -> bool {
        self.other.as_ref().is_some_and(|other| other.shares_origin(url))
    }
}

/// `sns.ap-northeast-2.amazonaws.com`, `sns.cn-north-1.amazonaws.com.cn`
fn is_amazons(host: &str) -> bool {
    let region = host.strip_prefix("sns.").and_then(|rest| {
        rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn"))
    });
    region.is_some_and(|region| {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !region.is_empty() && region.bytes().all(fits)
    })
}

/// How a signature was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureVersion {
    /// RSA with SHA-1.
    One,
    /// RSA with SHA-256.
    Two,
}

/// What SNS signs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The RSA key, as PKCS #1 has it.
    key: Vec<u8>,
    /// When it is valid, in seconds since 1970.
    valid: (i64, i64),
}

impl Certificate {
    /// Reads a PEM.
    ///
    /// # Errors
    /// When it is no certificate, or none of an RSA key.
    pub fn read(pem: &[u8]) -> Result<Self, Unusable> {
        let (_, pem) = parse_x509_pem(pem).map_err(|_| Unusable::Unreadable)?;
        let certificate = pem.parse_x509().map_err(|_| Unusable::Unreadable)?;
        let key = certificate.public_key();
        if key.algorithm.algorithm != OID_PKCS1_RSAENCRYPTION {
            return Err(Unusable::Key);
        }
        let valid = certificate.validity();
        Ok(Self {
            key: key.subject_public_key.data.to_vec(),
            valid: (valid.not_before.timestamp(), valid.not_after.timestamp()),
        })
    }

    /// Whether it is valid.
    #[must_use]
    pub fn is_valid(&self, now: Time) -> bool {
        let (from, to) = self.valid;
        (from..=to).contains(&now.timestamp())
    }

    /// Whether a signature is one of its key. Keys below 2048 bits sign nothing.
    #[must_use]
    pub fn verifies(&self, version: SignatureVersion, signed: &[u8], signature: &[u8]) -> bool {
        let algorithm = match version {
            SignatureVersion::One => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            SignatureVersion::Two => &RSA_PKCS1_2048_8192_SHA256,
        };
        UnparsedPublicKey::new(algorithm, &self.key).verify(signed, signature).is_ok()
    }
}

type Fetch = Shared<BoxFuture<'static, Result<Arc<Certificate>, NoCertificate>>>;

/// A certificate that is kept, or on its way.
struct Kept {
    fetch: Fetch,
    /// Tells it from an earlier one of the same address.
    nth: u64,
    since: Time,
}

/// Certificates by address.
#[derive(Default)]
struct Certificates {
    kept: BTreeMap<String, Kept>,
    fetched: u64,
}

/// The client of SNS.
pub struct Sns {
    hosts: Hosts,
    /// `None`: this machine has no certificates to trust.
    amazon: Option<Http>,
    other: Option<Http>,
    certificates: Mutex<Certificates>,
}

impl std::fmt::Debug for Sns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sns").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl Sns {
    /// A client; connects when it is first used. `time_out` bounds each exchange. Without certificates to trust on this machine nothing
    /// is reached by TLS, and the log says so.
    #[must_use]
    pub fn new(hosts: Hosts, time_out: Duration) -> Self {
        let of = |base: &Base| match Http::new(base, time_out) {
            Ok(http) => Some(http.with_answers_of(LONGEST)),
            Err(error) => {
                tracing::error!(%error, "no certificates to trust: what SNS signed cannot be verified");
                None
            }
        };
        let amazon = Base::read("https://sns.us-east-1.amazonaws.com", EXAMPLE).ok();
        let (amazon, other) = (amazon.as_ref().and_then(of), hosts.other.as_ref().and_then(of));
        Self { hosts, amazon, other, certificates: Mutex::default() }
    }

    /// The certificate at an address. One that is kept is not fetched again, and those who want the same one at the same time wait for
    /// one fetch. Must be called within a runtime.
    ///
    /// # Errors
    /// See [`NoCertificate`].
    pub async fn certificate(
        &self,
        url: &str,
        now: Time,
    ) -> Result<Arc<Certificate>, NoCertificate> {
        let url = self.hosts.certificate(url)?;
        let (fetch, nth) = self.fetch(&url, now);
        let had = fetch.await;
        let had = had.and_then(|certificate| {
            if certificate.is_valid(now) {
                Ok(certificate)
            } else {
                Err(NoCertificate::Unusable(Unusable::Expired))
            }
        });
        if had.is_err() {
            let mut certificates = self.certificates();
            if certificates.kept.get(url.as_str()).is_some_and(|kept| kept.nth == nth) {
                certificates.kept.remove(url.as_str());
            }
        }
        had
    }

    fn fetch(&self, url: &Url, now: Time) -> (Fetch, u64) {
        let mut certificates = self.certificates();
        let is_young = |kept: &&Kept| (now - kept.since).abs() < KEPT_FOR;
        if let Some(kept) = certificates.kept.get(url.as_str()).filter(is_young) {
            return (kept.fetch.clone(), kept.nth);
        }
        let (client, address) = (self.client(url), url.to_string());
        // in a task of its own: whoever began it may go away while others wait for it
        let fetching = tokio::spawn(async move {
            let reply = match get(client, &address).await {
                Ok(reply) => reply,
                Err(Away::NoReply(NoReply::TooLong)) => {
                    return Err(NoCertificate::Unusable(Unusable::Unreadable));
                }
                Err(away) => return Err(NoCertificate::Away(away)),
            };
            match reply.status {
                status if status.is_success() => {
                    Ok(Arc::new(Certificate::read(&reply.body).map_err(NoCertificate::Unusable)?))
                }
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                    Err(NoCertificate::Away(Away::Status(reply.status)))
                }
                status if status.is_client_error() => Err(NoCertificate::Missing(status)),
                status => Err(NoCertificate::Away(Away::Status(status))),
            }
        });
        let fetch = fetching
            .map(|done| done.unwrap_or(Err(NoCertificate::Away(Away::NoReply(NoReply::Broken)))))
            .boxed()
            .shared();
        certificates.fetched += 1;
        let nth = certificates.fetched;
        certificates.kept.insert(url.to_string(), Kept { fetch: fetch.clone(), nth, since: now });
        if certificates.kept.len() > KEPT {
            let oldest = certificates.kept.iter().min_by_key(|(_, kept)| kept.nth);
            if let Some(oldest) = oldest.map(|(url, _)| url.clone()) {
                certificates.kept.remove(&oldest);
            }
        }
        (fetch, nth)
    }

    /// Confirms the subscription to a topic. Doing it twice changes nothing.
    ///
    /// # Errors
    /// See [`NotConfirmed`].
    pub async fn confirm(&self, url: &str, topic: &str) -> Result<(), NotConfirmed> {
        let url = self.hosts.confirmation(url, topic)?;
        let reply = get(self.client(&url), url.as_str()).await.map_err(NotConfirmed::Away)?;
        if reply.status.is_success() {
            Ok(())
        } else {
            Err(NotConfirmed::Away(Away::Status(reply.status)))
        }
    }

    fn client(&self, url: &Url) -> Option<Http> {
        if self.hosts.is_other(url) { self.other.clone() } else { self.amazon.clone() }
    }

    fn certificates(&self) -> MutexGuard<'_, Certificates> {
        self.certificates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn get(client: Option<Http>, url: &str) -> Result<super::http::Reply, Away> {
    let client = client.ok_or(Away::NoReply(NoReply::Unreachable))?;
    let request = Request::get(url)
        .body(Full::new(Bytes::new()))
        .map_err(|_| Away::NoReply(NoReply::Unreachable))?;
    client.send(request).await.map_err(Away::NoReply)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const PEM: &str = "/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem";

    #[test]
    fn certificates_are_amazons() {
        let hosts = Hosts::default();
        for fine in [
            "https://sns.us-west-2.amazonaws.com",
            "https://sns.us-west-2.amazonaws.com:443",
            "https://sns.cn-north-1.amazonaws.com.cn",
            "https://sns.us-gov-west-1.amazonaws.com",
        ] {
            hosts.certificate(&format!("{fine}{PEM}")).unwrap();
        }
        for foreign in [
            "http://sns.us-west-2.amazonaws.com",
            "https://sns.us-west-2.amazonaws.com:8443",
            "https://sns.amazonaws.com",
            "https://sns..amazonaws.com",
            "https://sns.us-west-2.amazonaws.com.evil.example",
            "https://sns.us-west-2.amazonaws.com@evil.example",
            "https://me@sns.us-west-2.amazonaws.com",
            "https://evil.example/sns.us-west-2.amazonaws.com",
            "https://sns.evil.example.s3.amazonaws.com",
            "https://xsns.us-west-2.amazonaws.com",
            "https://s3.us-west-2.amazonaws.com",
            "http://127.0.0.1:4566",
            "file://sns.us-west-2.amazonaws.com",
            "",
        ] {
            assert_eq!(hosts.certificate(&format!("{foreign}{PEM}")), Err(Foreign), "{foreign}");
        }
        for path in [
            "/other.pem",
            "/SimpleNotificationService-.pem",
            "/SimpleNotificationService-1.pem.html",
            "/SimpleNotificationService-..%2f1.pem",
            "/elsewhere/SimpleNotificationService-1.pem",
            "/SimpleNotificationService-1.pem?to=elsewhere",
            "/SimpleNotificationService-1.pem#there",
        ] {
            let url = format!("https://sns.us-west-2.amazonaws.com{path}");
            assert_eq!(hosts.certificate(&url), Err(Foreign), "{path}");
        }
    }

    #[test]
    fn another_host_only_where_it_is_set() {
        let hosts = Hosts::new(Some(Base::read(EXAMPLE, EXAMPLE).unwrap()));
        hosts.certificate(&format!("http://127.0.0.1:4566/_aws/sns{PEM}")).unwrap();
        hosts.certificate(&format!("https://sns.us-west-2.amazonaws.com{PEM}")).unwrap();
        for foreign in ["http://127.0.0.1:4567", "https://127.0.0.1:4566", "http://localhost:4566"]
        {
            assert_eq!(hosts.certificate(&format!("{foreign}{PEM}")), Err(Foreign), "{foreign}");
        }
    }

    #[test]
    fn a_confirmation_is_of_its_topic() {
        let topic = "arn:aws:sns:us-west-2:123456789012:MyTopic";
        let of = |query: &str| {
            let url = format!("https://sns.us-west-2.amazonaws.com/?{query}");
            Hosts::default().confirmation(&url, topic).is_ok()
        };
        assert!(of(&format!("Action=ConfirmSubscription&TopicArn={topic}&Token=2336412f37")));
        assert!(!of(&format!("Action=Unsubscribe&TopicArn={topic}")));
        assert!(!of(&format!("Action=ConfirmSubscription&Action=DeleteTopic&TopicArn={topic}")));
        assert!(!of(
            "Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-west-2:123456789012:Other"
        ));
        assert!(!of("Action=ConfirmSubscription"));
        let elsewhere =
            format!("https://evil.example/?Action=ConfirmSubscription&TopicArn={topic}&Token=1");
        assert!(Hosts::default().confirmation(&elsewhere, topic).is_err());
    }
}
