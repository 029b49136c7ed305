//! Mail over SMTP. One connection a mail, every exchange bounded in time; what passes over it is never logged.
//!
//! A mail is handed over for all its addresses or for none: an address that is refused ends the exchange before the text goes out.

use crate::domain::ids::ErrandId;
use crate::domain::mail::Email;
use crate::ports::{Clock, Mailer, PortError};
use async_trait::async_trait;
use lettre::Address;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::{Data, Mail, Noop, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::error::Error as _;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use url::Url;

/// How the service is named in sentences.
const WHAT: &str = "메일 서버";

/// How long a whole exchange may take.
const TIME_OUT: Duration = Duration::from_secs(10);

/// How long the server may take to hear that we are leaving. What it answered before stands in any case.
const FAREWELL: Duration = Duration::from_secs(2);

/// Without the server having asked for anything else.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// A server that mails may be given to (`SMTP_URL`). It bears the password, and so has no form that can be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    host: String,
    port: u16,
    tls: Tls,
    login: Option<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    /// None: only to this machine's own address.
    Here,
    /// By STARTTLS, and not without.
    Upgrade,
    /// From the first byte.
    Whole,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("tls", &self.tls).finish_non_exhaustive()
    }
}

/// Why an address is not taken. No message bears any part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAServer {
    /// No address at all, or of another kind.
    #[error("smtp:// 또는 smtps://로 시작하는 주소가 아닙니다. {EXAMPLES}")]
    Scheme,
    /// No host in it.
    #[error("서버 이름이 없습니다. {EXAMPLES}")]
    Host,
    /// It would go over the network for everybody to read.
    #[error(
        "암호화 없이 다른 컴퓨터의 메일 서버에 연결할 수 없습니다. STARTTLS라면 ?tls=required를 붙이고, TLS라면 smtps://로 적어 주십시오. {EXAMPLES}"
    )]
    Plain,
    /// One of user and password is missing.
    #[error(
        "사용자와 비밀번호는 함께 적어야 합니다. 비밀번호에 특수 문자가 있으면 %40처럼 바꾸어 적어 주십시오. {EXAMPLES}"
    )]
    Login,
    /// Something behind the `?` that is not known, or a path.
    #[error("뒤에 붙일 수 있는 것은 ?tls=required뿐입니다. {EXAMPLES}")]
    Options,
}

const EXAMPLES: &str = "예: smtp://user:password@mail.example.com:587?tls=required, smtps://user:password@mail.example.com:465";

impl Server {
    /// Reads `SMTP_URL`.
    ///
    /// # Errors
    /// See [`NotAServer`].
    pub fn read(text: &str) -> Result<Self, NotAServer> {
        let url = Url::parse(text.trim()).map_err(|_| NotAServer::Scheme)?;
        if !matches!(url.scheme(), "smtp" | "smtps") {
            return Err(NotAServer::Scheme);
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(NotAServer::Host)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(NotAServer::Options);
        }
        let upgrade = match url.query() {
            None | Some("") => false,
            Some("tls=required") => true,
            Some(_) => return Err(NotAServer::Options),
        };
        let (tls, port) = match (url.scheme(), upgrade) {
            ("smtps", _) => (Tls::Whole, 465),
            (_, true) => (Tls::Upgrade, 587),
            (_, false) if is_here(&host) => (Tls::Here, 25),
            (_, false) => return Err(NotAServer::Plain),
        };
        let plain = |text: &str| {
            let bytes = percent_encoding::percent_decode_str(text);
            bytes.decode_utf8().map(|text| text.into_owned()).map_err(|_| NotAServer::Login)
        };
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return Err(NotAServer::Login),
            (user, Some(password)) => Some((plain(user)?, plain(password)?)),
        };
        Ok(Self { host, port: url.port().unwrap_or(port), tls, login })
    }
}

/// Whether a host is this machine itself.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What a mailer is made of.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server.
    pub server: Server,
    /// How long a whole exchange may take; what is under way then counts as not answered.
    pub time_out: Duration,
    /// Certificates (PEM) that are trusted beside the machine's own.
    pub also_trusted: Option<Vec<u8>>,
}

impl Settings {
    /// The usual ones.
    #[must_use]
    pub fn new(server: Server) -> Self {
        Self { server, time_out: TIME_OUT, also_trusted: None }
    }
}

/// The machine has no certificates to trust, or one that was given cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{WHAT}: 믿을 인증서를 읽을 수 없습니다 ({0})")]
pub struct NoTrust(Error);

/// A mail server.
pub struct Smtp {
    server: Server,
    time_out: Duration,
    /// Where the connection is encrypted.
    tls: Option<TlsParameters>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("server", &self.server).finish_non_exhaustive()
    }
}

/// How far an exchange got, and with that what silence means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The mail's text has not left.
    Before,
    /// It has, and the server did not say yet whether it takes it.
    HandedOver,
}

impl Smtp {
    /// A mailer; connects when a mail is sent.
    ///
    /// # Errors
    /// See [`NoTrust`].
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, NoTrust> {
        super::http::install_tls();
        let Settings { server, time_out, also_trusted } = settings;
        let tls = match server.tls {
            Tls::Here => None,
            Tls::Upgrade | Tls::Whole => {
                let mut trust = TlsParametersBuilder::new(server.host.clone());
                if let Some(pem) = also_trusted {
                    let more = Certificate::from_pem(&pem).map_err(NoTrust)?;
                    trust = trust.add_root_certificate(more);
                }
                Some(trust.build().map_err(NoTrust)?)
            }
        };
        Ok(Self { server, time_out, tls, clock })
    }

    /// Connects, encrypts and signs in.
    async fn connect(&self) -> Result<AsyncSmtpConnection, PortError> {
        let hello = ClientId::default();
        let at_once = self.tls.clone().filter(|_| self.server.tls == Tls::Whole);
        let address = (self.server.host.as_str(), self.server.port);
        // a name may have several addresses, and the first may lead nowhere
        let each = Some(self.time_out / 3);
        let mut line = AsyncSmtpConnection::connect_tokio1(address, each, &hello, at_once, None)
            .await
            .map_err(|error| not_connected(&error))?;
        if let (Tls::Upgrade, Some(tls)) = (self.server.tls, self.tls.clone()) {
            if !line.can_starttls() {
                return Err(later("STARTTLS를 받지 않는 서버여서 보내지 않았습니다"));
            }
            line.starttls(tls, &hello).await.map_err(|error| not_connected(&error))?;
        }
        if let Some((user, password)) = &self.server.login {
            if line.server_info().get_auth_mechanism(&MECHANISMS).is_none() {
                return Err(later("로그인 방법(PLAIN, LOGIN)이 맞지 않습니다"));
            }
            let credentials = Credentials::new(user.clone(), password.clone());
            line.auth(&MECHANISMS, &credentials).await.map_err(|error| match told(&error) {
                Some(told) => later(&format!("로그인이 거절되었습니다 ({told})")),
                None => not_connected(&error),
            })?;
        }
        Ok(line)
    }

    fn letter(&self, errand: ErrandId, mail: &Email) -> Result<Letter, PortError> {
        let from = address(&mail.from)?;
        let mut builder = Message::builder()
            .message_id(Some(message_id(errand, mail, from.domain())))
            .date(SystemTime::from(self.clock.now()))
            .from(Mailbox::new(None, from.clone()));
        let mut to = Vec::new();
        let mut seen = BTreeSet::new();
        for (list, is_copy) in [(&mail.to, false), (&mail.cc, true)] {
            for one in list {
                let one = address(one)?;
                if seen.insert(one.to_string().to_lowercase()) {
                    to.push(one.clone());
                }
                let mailbox = Mailbox::new(None, one);
                builder = if is_copy { builder.cc(mailbox) } else { builder.to(mailbox) };
            }
        }
        let message = builder
            .subject(mail.subject.clone())
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .map_err(|error| never(&format!("메일을 만들 수 없습니다 ({error})")))?;
        Ok(Letter { from, to, bytes: message.formatted() })
    }
}

/// A mail as it goes over the line.
struct Letter {
    from: Address,
    /// Each address once.
    to: Vec<Address>,
    bytes: Vec<u8>,
}

impl Letter {
    async fn hand_over(
        &self,
        line: &mut AsyncSmtpConnection,
        stage: &mut Stage,
    ) -> Result<(), PortError> {
        let from = Mail::new(Some(self.from.clone()), Vec::new());
        line.command(from).await.map_err(|error| refused("보내는 주소", &error))?;
        let mut verdicts = Vec::new();
        for to in &self.to {
            match line.command(Rcpt::new(to.clone(), Vec::new())).await {
                Ok(_) => {}
                Err(error) if told(&error).is_some() => verdicts.push((masked(to), error)),
                Err(error) => return Err(not_connected(&error)),
            }
        }
        // the ones that will never do are what somebody has to change
        let named = |permanent: bool| {
            let those = verdicts.iter().filter(|(_, error)| error.is_permanent() == permanent);
            let said = those.map(|(who, error)| match told(error) {
                Some(told) => format!("{who} ({told})"),
                None => who.clone(),
            });
            said.collect::<Vec<_>>().join(", ")
        };
        if verdicts.iter().any(|(_, error)| error.is_permanent()) {
            return Err(never(&format!("받는 주소가 거절되었습니다: {}", named(true))));
        }
        if !verdicts.is_empty() {
            let why = format!("{WHAT}: 지금은 받지 않는 주소가 있습니다: {}", named(false));
            return Err(PortError::NotYet { why });
        }
        line.command(Data).await.map_err(|error| refused("메일", &error))?;
        *stage = Stage::HandedOver;
        match line.message(&self.bytes).await {
            Ok(_) => Ok(()),
            Err(error) if told(&error).is_some() => Err(refused("메일", &error)),
            Err(_) => Err(stage.cut("연결이 끊어졌습니다")),
        }
    }
}

impl Stage {
    /// The exchange ended without a word.
    fn cut(self, why: &str) -> PortError {
        match self {
            Self::Before => later(why),
            Self::HandedOver => PortError::Unknown {
                why: format!("{WHAT}: 메일을 넘긴 뒤 {why}. 이미 갔을 수 있습니다"),
            },
        }
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, errand: ErrandId, mail: &Email) -> Result<(), PortError> {
        let letter = self.letter(errand, mail)?;
        let mut stage = Stage::Before;
        let exchange = async {
            let mut line = self.connect().await?;
            let handed = letter.hand_over(&mut line, &mut stage).await;
            tokio::spawn(async move { leave(line).await });
            handed
        };
        match tokio::time::timeout(self.time_out, exchange).await {
            Ok(handed) => handed,
            Err(_) => Err(stage.cut("응답이 없습니다")),
        }
    }

    async fn probe(&self) -> Result<(), PortError> {
        let exchange = async {
            let mut line = self.connect().await?;
            line.command(Noop).await.map_err(|error| refused("연결 확인", &error))?;
            leave(line).await;
            Ok(())
        };
        match tokio::time::timeout(self.time_out, exchange).await {
            Ok(probed) => probed,
            Err(_) => Err(Stage::Before.cut("응답이 없습니다")),
        }
    }
}

/// Says goodbye. A server that does not hear it closes by itself.
async fn leave(mut line: AsyncSmtpConnection) {
    let _ = tokio::time::timeout(FAREWELL, line.quit()).await;
}

/// The same for every attempt of an errand, and for no other mail: journals of two installations may count alike, their mails do
/// not read alike.
fn message_id(errand: ErrandId, mail: &Email, domain: &str) -> String {
    let mut digest = Sha256::new();
    let lines = [&mail.from, &mail.subject, &mail.text];
    for part in lines.into_iter().chain(&mail.to).chain(&mail.cc) {
        digest.update(part.len().to_be_bytes());
        digest.update(part.as_bytes());
    }
    let digest = digest.finalize();
    let hex: String = digest.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
    format!("<coc.{errand}.{hex}@{domain}>")
}

fn address(text: &str) -> Result<Address, PortError> {
    let read: Result<Address, _> = text.trim().parse();
    match read {
        Ok(address) if text.is_ascii() => Ok(address),
        Ok(address) => {
            Err(never(&format!("영문이 아닌 주소로는 보낼 수 없습니다: {}", masked(&address))))
        }
        Err(_) => Err(never("메일 주소로 읽을 수 없는 것이 있습니다. 예: ops@example.com")),
    }
}

/// An address as the log may have it, and as those who wrote it still know it again: `o**@hanbit.example.com`.
fn masked(address: &Address) -> String {
    let first = address.user().chars().next().map(String::from).unwrap_or_default();
    format!("{first}**@{}", address.domain())
}

fn later(why: &str) -> PortError {
    PortError::Transient { why: format!("{WHAT}: {why}"), retry_after: None }
}

fn never(why: &str) -> PortError {
    PortError::Permanent { why: format!("{WHAT}: {why}") }
}

/// The server's code, and its finer one where it gives one (`550 5.1.1`). Its words may name people and are left out.
fn told(error: &Error) -> Option<String> {
    let code = error.status()?.to_string();
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    let finer = words.split_whitespace().next().filter(|word| {
        let mut parts = word.split('.');
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        word.len() <= 11 && parts.clone().count() == 3 && parts.all(digits)
    });
    Some(match finer {
        Some(finer) => format!("{code} {finer}"),
        None => code,
    })
}

/// The server said no. That we have to sign in first is no property of the mail.
fn refused(what: &str, error: &Error) -> PortError {
    let Some(told) = told(error) else { return not_connected(error) };
    let sign_in = error.status().is_some_and(|code| matches!(u16::from(code), 530 | 535 | 538));
    if sign_in {
        return later(&format!("로그인이 필요하거나 거절되었습니다 ({told})"));
    }
    if error.is_permanent() {
        never(&format!("{what}이(가) 거절되었습니다 ({told})"))
    } else {
        later(&format!("{what}을(를) 지금은 받지 않습니다 ({told})"))
    }
}

/// Nothing was handed over, for the connection did not come about or did not hold.
fn not_connected(error: &Error) -> PortError {
    if let Some(told) = told(error) {
        return later(&format!("서버가 연결을 거절했습니다 ({told})"));
    }
    match tls_error(error) {
        Some(rustls::Error::InvalidCertificate(_)) => {
            later("서버의 인증서를 믿을 수 없습니다. 서버 이름과 인증서를 확인해 주십시오")
        }
        Some(_) => later("TLS 연결을 맺지 못했습니다. 포트와 smtp:// · smtps://를 확인해 주십시오"),
        None if error.is_response() => {
            later("SMTP로 응답하지 않습니다. 포트와 smtp:// · smtps://를 확인해 주십시오")
        }
        None => later("연결되지 않습니다"),
    }
}

fn tls_error(error: &Error) -> Option<&rustls::Error> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.source();
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(tls);
        }
        let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(tls) = inside.and_then(|inside| inside.downcast_ref::<rustls::Error>()) {
            return Some(tls);
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn an_address_says_how_it_is_encrypted() {
        let read = |text| Server::read(text).unwrap();
        let upgrade = read("smtp://me%40example.com:p%40ss%2Fword@mail.example.com?tls=required");
        assert_eq!((upgrade.tls, upgrade.port), (Tls::Upgrade, 587));
        assert_eq!(upgrade.login, Some(("me@example.com".to_owned(), "p@ss/word".to_owned())));
        let whole = read("smtps://mail.example.com");
        assert_eq!((whole.tls, whole.port, whole.login), (Tls::Whole, 465, None));
        for here in ["smtp://127.0.0.1:2525", "smtp://localhost:2525/", "smtp://[::1]:2525"] {
            assert_eq!((read(here).tls, read(here).port), (Tls::Here, 2525));
        }
        assert_eq!(read("smtp://[::1]:2525").host, "::1");
    }

    #[test]
    fn what_is_refused_is_told_without_any_of_it() {
        for (wrong, why) in [
            ("smtp://me:hidden@mail.example.com:587", NotAServer::Plain),
            ("smtp://me:hidden@10.0.0.1", NotAServer::Plain),
            ("smtp://me:hidden@127.0.0.1.example.com", NotAServer::Plain),
            ("smtp://me:hidden@mail.example.com?tls=opportunistic", NotAServer::Options),
            ("smtps://me:hidden@mail.example.com/inbox", NotAServer::Options),
            ("smtps://hidden@mail.example.com", NotAServer::Login),
            ("smtps://:hidden@mail.example.com", NotAServer::Login),
            ("smtps://me:%ffhidden@mail.example.com", NotAServer::Login),
            ("https://me:hidden@mail.example.com", NotAServer::Scheme),
            ("mail.example.com", NotAServer::Scheme),
            ("smtps://", NotAServer::Host),
        ] {
            let error = Server::read(wrong).unwrap_err();
            assert_eq!(error, why, "{wrong}");
            assert!(!error.to_string().contains("hidden"), "{error}");
        }
        let server = Server::read("smtps://me:hidden@mail.example.com").unwrap();
        assert!(!format!("{server:?}").contains("hidden"));
    }

    #[test]
    fn a_repeated_errand_bears_the_same_id_and_no_other_mail_does() {
        let mail = Email {
            from: "coc@saltware.example.com".to_owned(),
            to: vec!["ops@hanbit.example.com".to_owned()],
            cc: Vec::new(),
            subject: "안내".to_owned(),
            text: "글".to_owned(),
        };
        let other = Email { text: "다른 글".to_owned(), ..mail.clone() };
        let id = |seq, mail| message_id(ErrandId { seq, nth: 0 }, mail, "saltware.example.com");
        assert_eq!(id(12, &mail), id(12, &mail));
        assert_ne!(id(12, &mail), id(13, &mail));
        assert_ne!(id(12, &mail), id(12, &other));
        assert!(id(12, &mail).starts_with("<coc.12.0."), "{}", id(12, &mail));
    }

    #[test]
    fn an_address_is_masked_and_known_again() {
        let masked_of = |text: &str| masked(&text.parse().unwrap());
        assert_eq!(masked_of("ops@hanbit.example.com"), "o**@hanbit.example.com");
        assert!(matches!(address("ops"), Err(PortError::Permanent { .. })));
        assert!(matches!(address("운영@example.com"), Err(PortError::Permanent { .. })));
    }
}
