//! The one HTTP client: HTTP/1.1, TLS by rustls with ring, a bound on every answer's time and length.
//!
//! What it sends and receives is never logged: it bears secrets and people's words.

use crate::ports::PortError;
use axum::body::Bytes;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::fmt;
use std::time::Duration;
use url::{Host, Url};

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 8 << 20;

/// Makes ring the process's one TLS provider. Doing it twice is no fault.
pub fn install_tls() {
    // An error says that a provider is there already, which is all that is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Whether an address is this machine's own: only there a connection may go without TLS.
#[must_use]
pub fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The address of a service, to which secrets may be sent: `https`, or this machine's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base(Url);

/// An address that secrets must not be sent to. No message bears what may be a secret: of a text that is no address at all,
/// nothing is shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{read} https 주소나, 이 컴퓨터의 http 주소를 적어 주십시오. 예: {example}")]
pub struct NotABase {
    /// What was read, as a sentence.
    read: String,
    example: &'static str,
}

impl Base {
    /// Reads an address; `example` stands in the refusal.
    ///
    /// # Errors
    /// When secrets must not be sent there, or it bears some itself.
    pub fn read(text: &str, example: &'static str) -> Result<Self, NotABase> {
        let url = Url::parse(text.trim().trim_end_matches('/'));
        let wrong =
            |read: &str| NotABase { read: format!("읽은 값은 \"{read}\"입니다."), example };
        let Some(url) = url.ok().filter(Url::has_host) else {
            return Err(NotABase {
                read: "주소로 읽을 수 없는 값입니다.".to_owned(), example
            });
        };
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            return Err(wrong(&format!("{}://…", url.scheme())));
        }
        let safe = url.scheme() == "https" || (url.scheme() == "http" && is_here(&url));
        if safe { Ok(Self(url)) } else { Err(wrong(text.trim())) }
    }

    /// The address of `path` (from its root, with a slash in front) below it.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0.as_str().trim_end_matches('/'))
    }

    /// Whether the connection goes without TLS.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// Whether `other` is at the same scheme, host and port.
    #[must_use]
    pub fn shares_origin(&self, other: &Url) -> bool {
        self.0.origin() == other.origin()
    }
}

/// What connects: with TLS alone, or where `plain` without it too.
///
/// # Errors
/// When the machine has no certificates to trust (without TLS none are needed).
pub fn connector(
    plain: bool,
    time_out: Duration,
) -> std::io::Result<HttpsConnector<HttpConnector>> {
    install_tls();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(Duration::from_secs(30)));
    // A connection that cannot be made is known not to have carried anything: leave time to tell.
    tcp.set_connect_timeout(Some(time_out / 2));
    let builder = HttpsConnectorBuilder::new();
    // HTTP/1.1 on purpose: a request that times out takes its connection with it, where a dead HTTP/2 connection would be
    // used again for as long as the kernel believes in it.
    if plain {
        let nobody = rustls::ClientConfig::builder()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        Ok(builder.with_tls_config(nobody).https_or_http().enable_http1().wrap_connector(tcp))
    } else {
        Ok(builder.with_native_roots()?.https_only().enable_http1().wrap_connector(tcp))
    }
}

/// A client of one service.
#[derive(Clone)]
pub struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    time_out: Duration,
    longest: usize,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("time_out", &self.time_out).finish_non_exhaustive()
    }
}

/// An answer, whatever its status.
#[derive(Clone)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, whole.
    pub body: Bytes,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Reply {
    /// How long the other side asks us to wait, in its header's whole seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

/// A request that got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoReply {
    /// No connection came about: nothing was done.
    #[error("연결되지 않습니다")]
    Unreachable,
    /// No answer in time: it may have been done.
    #[error("응답이 없습니다")]
    Silence,
    /// The connection broke: it may have been done.
    #[error("연결이 끊어졌습니다")]
    Broken,
    /// The answer is longer than any that is expected: it may have been done.
    #[error("응답이 너무 깁니다")]
    TooLong,
}

/// What it means to send a request again whose answer never came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Nothing: it reads, or the second time changes nothing.
    Harmless,
    /// Somebody would be reached, or something written, twice.
    Doubles,
}

impl Repeat {
    /// The failure of a request that may have been done.
    #[must_use]
    pub fn doubtful(self, why: String) -> PortError {
        match self {
            Self::Harmless => PortError::Transient { why, retry_after: None },
            Self::Doubles => PortError::Unknown { why },
        }
    }
}

impl NoReply {
    /// What it means for the errand; `what` names the service in sentences.
    #[must_use]
    pub fn port(self, what: &str, repeat: Repeat) -> PortError {
        let why = format!("{what}: {self}");
        match self {
            Self::Unreachable => PortError::Transient { why, retry_after: None },
            Self::Silence | Self::Broken | Self::TooLong => repeat.doubtful(why),
        }
    }
}

/// What a status that is no success means for the errand. Wrong credentials are no property of the one errand: they are tried
/// again, for somebody may mend them.
#[must_use]
pub fn refused(what: &str, reply: &Reply, repeat: Repeat) -> PortError {
    let status = reply.status.as_u16();
    let later = |why: String| PortError::Transient { why, retry_after: reply.retry_after() };
    match status {
        401 | 403 => later(format!("{what}: 인증이 거절되었습니다 ({status})")),
        429 => later(format!("{what}: 요청이 너무 많습니다 (429)")),
        // it says of itself that it did nothing
        503 if reply.retry_after().is_some() => {
            later(format!("{what}: 서버가 쉬는 중입니다 (503)"))
        }
        408 | 500.. => repeat.doubtful(format!("{what}: 서버 오류 ({status})")),
        _ => PortError::Permanent { why: format!("{what}: 거절되었습니다 ({status})") },
    }
}

impl Http {
    /// A client; connects when it is first used. `time_out` bounds a whole exchange.
    ///
    /// # Errors
    /// See [`connector`].
    pub fn new(base: &Base, time_out: Duration) -> std::io::Result<Self> {
        let connector = connector(base.is_plain(), time_out)?;
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, time_out, longest: MAX_ANSWER })
    }

    /// The same client for answers of so many bytes at the most.
    #[must_use]
    pub const fn with_answers_of(mut self, longest: usize) -> Self {
        self.longest = longest;
        self
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// See [`NoReply`].
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Reply, NoReply> {
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|error| {
                if error.is_connect() { NoReply::Unreachable } else { NoReply::Broken }
            })?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, self.longest).collect().await.map_err(|error| {
                let too_long = error.is::<http_body_util::LengthLimitError>();
                if too_long { NoReply::TooLong } else { NoReply::Broken }
            })?;
            Ok(Reply { status: parts.status, headers: parts.headers, body: body.to_bytes() })
        };
        match tokio::time::timeout(self.time_out, exchange).await {
            Ok(answered) => answered,
            Err(_) => Err(NoReply::Silence),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const EXAMPLE: &str = "https://a.example.com";

    #[test]
    fn secrets_go_over_tls_or_stay_on_the_machine() {
        for fine in [
            "https://a.example.com/x/",
            "http://127.0.0.1:9/api",
            "http://localhost:1",
            "http://[::1]:1",
        ] {
            Base::read(fine, EXAMPLE).unwrap();
        }
        for wrong in [
            "http://a.example.com",
            "a.example.com",
            "https://me:hidden@a.example.com",
            "https://a.example.com?key=hidden",
            "ftp://127.0.0.1",
            // a token that was put into the wrong setting
            "hidden-token",
            "hidden:token",
        ] {
            let error = Base::read(wrong, EXAMPLE).unwrap_err().to_string();
            assert!(error.contains(EXAMPLE) && !error.contains("hidden"), "{error}");
        }
        let base = Base::read("https://a.example.com/api/", EXAMPLE).unwrap();
        assert_eq!(base.at("/v2/x.json"), "https://a.example.com/api/v2/x.json");
    }

    #[test]
    fn what_a_status_means() {
        let reply = |status: u16, wait: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(wait) = wait {
                headers.insert(RETRY_AFTER, wait.parse().unwrap());
            }
            Reply { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::new() }
        };
        let of = |status, wait, repeat| refused("서비스", &reply(status, wait), repeat);
        let limited = of(429, Some("7"), Repeat::Doubles);
        assert!(
            matches!(limited, PortError::Transient { retry_after: Some(wait), .. } if wait == Duration::from_secs(7))
        );
        assert!(matches!(of(500, None, Repeat::Doubles), PortError::Unknown { .. }));
        assert!(matches!(of(500, None, Repeat::Harmless), PortError::Transient { .. }));
        assert!(matches!(of(503, Some("1"), Repeat::Doubles), PortError::Transient { .. }));
        assert!(matches!(of(401, None, Repeat::Doubles), PortError::Transient { .. }));
        assert!(matches!(of(404, None, Repeat::Harmless), PortError::Permanent { .. }));
    }
}
