//! The customer record over HTTP, as `docs/openapi/fitcloud.yaml` describes it. It is turned into the text of `customers.csv`, so that
//! one reader with one set of rules judges the record wherever it comes from.

use super::http::{Base, Http, Repeat, Reply, refused};
use crate::domain::customers::COLUMNS;
use crate::domain::input::CustomerRecord;
use crate::ports::{Clock, CustomerSource, PortError};
use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::header::{ACCEPT, AUTHORIZATION, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderValue, Request, StatusCode};
use http_body_util::Full;
use serde::Deserialize;
use serde_json::error::Category;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::form_urlencoded;

/// How the service is named in sentences.
const WHAT: &str = "고객 기록(FitCloud)";

/// How long one page may take.
const TIME_OUT: Duration = Duration::from_secs(10);

/// How often the record is asked for. An unchanged one costs an empty answer.
const EVERY: Duration = Duration::from_secs(60);

/// How many customers a page holds at most.
const PAGE: usize = 200;

/// More pages than this are no customer record.
const MAX_PAGES: usize = 100;

/// How often a record that changes while it is read is begun anew.
const TRIES: usize = 3;

/// What a source is made of.
#[derive(Clone)]
pub struct Settings {
    /// `FITCLOUD_URL`.
    pub base: Base,
    /// `FITCLOUD_TOKEN`.
    pub token: Token,
    /// How long one page may take.
    pub time_out: Duration,
}

impl Settings {
    /// The usual ones.
    #[must_use]
    pub fn new(base: Base, token: Token) -> Self {
        Self { base, token, time_out: TIME_OUT }
    }
}

/// The bearer token, as it goes into the header; it cannot be shown.
#[derive(Clone)]
pub struct Token(HeaderValue);

/// A text that cannot stand in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("토큰에 쓸 수 없는 글자가 있습니다. 줄바꿈이나 한글이 섞이지 않았는지 확인해 주십시오")]
pub struct NotAToken;

impl Token {
    /// Reads a token.
    ///
    /// # Errors
    /// When it bears signs that cannot be sent.
    pub fn read(text: &str) -> Result<Self, NotAToken> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(NotAToken);
        }
        let mut value = HeaderValue::try_from(format!("Bearer {text}")).map_err(|_| NotAToken)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

/// The record as it was last read whole.
#[derive(Clone)]
struct Known {
    version: HeaderValue,
    text: String,
}

/// The customer record of a FitCloud server.
pub struct FitCloud {
    http: Http,
    base: Base,
    token: Token,
    clock: Arc<dyn Clock>,
    known: Mutex<Option<Known>>,
}

impl fmt::Debug for FitCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FitCloud").finish_non_exhaustive()
    }
}

/// A page. What the description does not name is passed over.
#[derive(Deserialize)]
struct Page {
    customers: Vec<Row>,
    #[serde(deserialize_with = "Option::deserialize")]
    next: Option<String>,
}

/// A customer, as the description has it.
#[derive(Deserialize)]
struct Row {
    name: String,
    aliases: Vec<String>,
    grade: String,
    important: bool,
    ts_primary: String,
    ts_backup: String,
    sa_primary: String,
    sa_backup: String,
    csr: String,
    accounts: Vec<String>,
    emails: Vec<String>,
    phones: Vec<String>,
    guardduty_agreed: bool,
    environment_rule: Vec<String>,
    comment: String,
}

impl Row {
    /// The row's fields in the order of [`COLUMNS`].
    ///
    /// # Errors
    /// The column with an entry that the file could not hold.
    fn fields(self) -> Result<[String; COLUMNS.len()], &'static str> {
        let list = |column: &'static str, entries: Vec<String>| {
            let holds = entries.iter().all(|entry| !entry.contains(';'));
            if holds { Ok(entries.join(";")) } else { Err(column) }
        };
        let mark = |yes: bool| if yes { "y" } else { "" }.to_owned();
        Ok([
            self.name,
            list("aliases", self.aliases)?,
            self.grade,
            mark(self.important),
            self.ts_primary,
            self.ts_backup,
            self.sa_primary,
            self.sa_backup,
            self.csr,
            list("accounts", self.accounts)?,
            list("emails", self.emails)?,
            list("phones", self.phones)?,
            mark(self.guardduty_agreed),
            list("environment_rule", self.environment_rule)?,
            self.comment,
        ])
    }
}

/// What reading all pages came to.
enum Read {
    /// The record is the one that is known.
    Same(String),
    /// Another one.
    Whole(Known),
    /// It changed in the middle.
    Torn,
}

impl FitCloud {
    /// A source; connects when the record is read.
    ///
    /// # Errors
    /// When the machine has no certificates to trust.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let Settings { base, token, time_out } = settings;
        let http = Http::new(&base, time_out)?;
        Ok(Self { http, base, token, clock, known: Mutex::new(None) })
    }

    fn known(&self) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn page(
        &self,
        cursor: Option<&str>,
        known: Option<&HeaderValue>,
    ) -> Result<Reply, PortError> {
        let mut request = Request::get(self.base.at(&path(cursor)))
            .header(AUTHORIZATION, self.token.0.clone())
            .header(ACCEPT, "application/json");
        if let Some(version) = known {
            request = request.header(IF_NONE_MATCH, version.clone());
        }
        let request = request
            .body(Full::<Bytes>::default())
            .map_err(|_| garbled("다음 쪽의 주소를 만들 수 없습니다"))?;
        self.http.send(request).await.map_err(|error| error.port(WHAT, Repeat::Harmless))
    }

    /// Reads all pages, if the record is not the one that is known.
    async fn pages(&self) -> Result<Read, PortError> {
        let known = self.known();
        let mut version: Option<HeaderValue> = None;
        let mut cursor: Option<String> = None;
        let mut cursors = BTreeSet::new();
        let mut rows = Vec::new();
        for _ in 0..MAX_PAGES {
            let asked = known.as_ref().filter(|_| version.is_none()).map(|known| &known.version);
            let reply = self.page(cursor.as_deref(), asked).await?;
            match (reply.status, &known) {
                (StatusCode::OK, _) => {}
                (StatusCode::NOT_MODIFIED, Some(known)) if version.is_none() => {
                    return Ok(Read::Same(known.text.clone()));
                }
                _ => return Err(refused(WHAT, &reply, Repeat::Harmless)),
            }
            let Some(tag) = reply.headers.get(ETAG) else {
                return Err(garbled("ETag가 없습니다"));
            };
            if version.get_or_insert_with(|| tag.clone()) != tag {
                return Ok(Read::Torn);
            }
            let page: Page = serde_json::from_slice(&reply.body).map_err(|e| misread(&e))?;
            for row in page.customers {
                let nth = rows.len() + 1;
                rows.push(row.fields().map_err(|column| {
                    garbled(&format!(
                        "{nth}번째 고객의 {column}에 ;가 있습니다. 여러 값은 목록으로 나누어 주십시오"
                    ))
                })?);
            }
            match page.next {
                None => {
                    let Some(version) = version else { return Ok(Read::Torn) };
                    return Ok(Read::Whole(Known { version, text: text(rows)? }));
                }
                Some(next) if cursors.insert(next.clone()) => cursor = Some(next),
                Some(_) => return Err(garbled("같은 쪽이 되풀이됩니다")),
            }
        }
        Err(garbled(&format!("{MAX_PAGES}쪽이 넘습니다")))
    }
}

/// Where a page is.
fn path(cursor: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("limit", &PAGE.to_string());
    if let Some(cursor) = cursor {
        query.append_pair("cursor", cursor);
    }
    format!("/customers?{}", query.finish())
}

/// What is wrong with an answer that cannot be read. The values that stand there are people's, and stay out of the sentence.
fn misread(error: &serde_json::Error) -> PortError {
    let place = format!("{}행 {}열", error.line(), error.column());
    let said = error.to_string();
    let field = said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    garbled(&match (field, error.classify()) {
        (Some(field), _) => format!("{field}이(가) 빠졌습니다 ({place})"),
        (None, Category::Data) => {
            format!("docs/openapi/fitcloud.yaml의 형식과 다른 값이 있습니다 ({place})")
        }
        (None, Category::Eof) => format!("응답이 중간에 끊겼습니다 ({place})"),
        (None, Category::Syntax | Category::Io) => format!("JSON이 아닙니다 ({place})"),
    })
}

/// The rows as `customers.csv`, in an order that does not depend on the server's.
fn text(mut rows: Vec<[String; COLUMNS.len()]>) -> Result<String, PortError> {
    if rows.is_empty() {
        // a fault of the server would otherwise take every owner away
        return Err(garbled("고객이 한 곳도 없습니다"));
    }
    rows.sort();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer
        .write_record(COLUMNS)
        .and_then(|()| rows.iter().try_for_each(|row| writer.write_record(row)));
    let bytes = written
        .map_err(|error| error.to_string())
        .and_then(|()| writer.into_inner().map_err(|error| error.to_string()));
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(|error| error.to_string()));
    text.map_err(|error| garbled(&format!("CSV로 쓸 수 없습니다 ({error})")))
}

/// An answer that is not as described. Somebody may mend it, so it is asked for again.
fn garbled(why: &str) -> PortError {
    PortError::Transient { why: format!("{WHAT}: {why}"), retry_after: None }
}

#[async_trait]
impl CustomerSource for FitCloud {
    async fn read(&self) -> Result<CustomerRecord, PortError> {
        for _ in 0..TRIES {
            // what the answer says held when it was asked for, not when its last page came
            let as_of = self.clock.now();
            match self.pages().await? {
                Read::Same(text) => return Ok(CustomerRecord { text, as_of }),
                Read::Whole(known) => {
                    let text = known.text.clone();
                    *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
                    return Ok(CustomerRecord { text, as_of });
                }
                Read::Torn => {}
            }
        }
        Err(garbled("읽는 동안 계속 바뀝니다"))
    }

    fn every(&self) -> Duration {
        EVERY
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_token_is_sent_and_not_shown() {
        let token = Token::read("hidden-token").unwrap();
        assert!(!format!("{:?}", token.0).contains("hidden"));
        for wrong in ["", "a b", "a\nb", "토큰"] {
            assert_eq!(Token::read(wrong).err(), Some(NotAToken), "{wrong}");
        }
    }
}
