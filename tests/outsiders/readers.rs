//! Everything that outsiders can hand to the program, as bytes: each goes to the reader that takes it in production, and what the
//! reader promises is asked for. A test reads the kept corpus with these; `fuzz/` looks for new bytes with the same.

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDate;
use coc::adapters::feeds::{current_events, rss_items};
use coc::adapters::http::Base;
use coc::adapters::phone_http::HOOK;
use coc::adapters::twilio::Callbacks;
use coc::adapters::zendesk::{self as zendesk_client, Zendesk};
use coc::domain::aws;
use coc::domain::contacts::read_contacts;
use coc::domain::customers::read_customers;
use coc::domain::definitions::read_definitions;
use coc::domain::errand::CallEvent;
use coc::domain::ids::ErrandId;
use coc::domain::input::{Books, Notice, SlackInput, TicketNews, TopicNews};
use coc::domain::mail::read_templates;
use coc::domain::message::Answer;
use coc::domain::people::guide::{LineError, read_guide};
use coc::domain::policy::Admission;
use coc::domain::scripts::read_scripts;
use coc::domain::{books, text};
use coc::ingress::{
    Desk, Hooks, Notices, Page, Unavailable, eventbridge, http, phone, sns, twilio, zendesk,
};
use coc::journal::line;
use coc::replay::Player;
use coc::replay::scenario::{Scenario, Step};
use ring::hmac;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;
use std::str::from_utf8;
use std::sync::{Arc, LazyLock};
use tokio::runtime::Runtime;
use tower_service::Service as _;

/// A reader by the name of its folder in `fuzz/corpus`.
pub(crate) type Reader = (&'static str, fn(&[u8]));

/// All of them.
pub(crate) const READERS: [Reader; 9] = [
    ("books", books_folder),
    ("customers", customers),
    ("desk", desk),
    ("feeds", feeds),
    ("guide", guide),
    ("hooks", hooks),
    ("journal_line", journal_line),
    ("notices", notices),
    ("scenario", scenario),
];

/// What is told of a line names it and says something.
fn told(errors: &[LineError], of: &str) {
    assert!(!errors.is_empty(), "refused without a word");
    // a lone carriage return ends a line, too
    let lines = of.replace("\r\n", "\n").split(['\r', '\n']).count();
    for error in errors {
        assert!((1..=lines).contains(&error.line), "{error} of {of:?}");
        assert!(!error.text.trim().is_empty(), "line {} is refused without a word", error.line);
    }
}

/// What was read is the same when it comes back out of the journal.
fn keeps<T: Serialize + DeserializeOwned + PartialEq + Debug>(read: &T) {
    let kept = serde_json::to_vec(read).unwrap();
    assert_eq!(&serde_json::from_slice::<T>(&kept).unwrap(), read);
}

const fn near() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 8, 4).unwrap()
}

/// The COC work guide.
pub(crate) fn guide(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    if let Err(errors) = read_guide(text, near()) {
        told(&errors, text);
    }
}

/// The customer record.
pub(crate) fn customers(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    match read_customers(text) {
        Err(errors) => told(&errors, text),
        Ok(customers) => {
            for word in text.split([',', '\n', ' ']) {
                let named = customers.named_in(word).map(|customer| customer.name.as_str());
                for name in named.into_iter().chain(customers.similar(word)) {
                    assert!(customers.find(name).is_some(), "{name} is not found by its own name");
                }
            }
        }
    }
}

/// The other files of the data folder; the first byte says which.
pub(crate) fn books_folder(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let Ok(text) = from_utf8(bytes) else { return };
    let one = |name: &str| BTreeMap::from([(name.to_owned(), text.to_owned())]);
    let errors = match which {
        b'p' => {
            if let Err(errors) = books::read_policy(text) {
                assert!(!errors.is_empty(), "refused without a word");
                for error in errors {
                    assert!(!error.text.trim().is_empty(), "refused without a word");
                    assert!(
                        error
                            .line
                            .is_none_or(|line| (1..=text.lines().count() + 1).contains(&line))
                    );
                }
            }
            return;
        }
        b'k' => {
            return read_contacts(text).err().into_iter().for_each(|errors| told(&errors, text));
        }
        b't' => read_definitions(&one("tam.toml")).err(),
        b's' => read_definitions(&one("setup.toml")).err(),
        b'm' => read_templates(&one("tam.txt")).err(),
        b'c' => read_scripts(&one("msp-outage.txt")).err(),
        _ => return,
    };
    for (_, error) in errors.into_iter().flatten() {
        told(&[error], text);
    }
}

/// What a monitoring service tells, or a person pastes: CloudWatch, GuardDuty, Personal Health Dashboard.
pub(crate) fn notices(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    let (subject, body) = text.split_once('\n').unwrap_or(("", text));
    for told in [aws::read(None, text), aws::read(Some(subject), body)] {
        match told {
            Ok(told) => keeps(&told),
            Err(why) => assert!(!why.0.trim().is_empty(), "refused without a word"),
        }
    }
}

/// The status feeds.
pub(crate) fn feeds(bytes: &[u8]) {
    for read in [rss_items(bytes), current_events(bytes)] {
        if let Err(why) = read {
            assert!(!why.trim().is_empty(), "refused without a word");
        }
    }
}

/// A line of an exported journal: what is taken is written the same.
pub(crate) fn journal_line(bytes: &[u8]) {
    if let Ok(read) = line::read(bytes, 7) {
        let mut again = Vec::new();
        line::write(&read.stored, read.held, &mut again).unwrap();
        assert_eq!(again.strip_suffix(b"\n"), Some(bytes));
    }
}

/// A scenario file: read, not played.
pub(crate) fn scenario(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    let read: Result<Scenario, _> = serde_saphyr::from_str(text);
    if let Err(error) = read {
        assert!(!error.to_string().trim().is_empty(), "refused without a word");
    }
}

const STAGE: &str = "
title: 아무 말
start: 2025-08-05T22:00:00+09:00
policy: {rooms.prompt: false, reports.post: false}
people:
  csr1: {name: 오하라, role: csr}
  coc1: {name: 고윤슬, role: coc}
  guest: {name: 손님, role: customer}
";

/// What people type: the first byte says who types it and where, the rest is the text. The desk takes it all the way: parsed, decided,
/// kept, answered, and once more after a quarter of an hour and a crash.
pub(crate) fn desk(bytes: &[u8]) {
    let Some((how, bytes)) = bytes.split_first() else { return };
    let Ok(text) = from_utf8(bytes) else { return };
    let reading = text::read(text);
    assert_eq!(reading.words, reading.words.trim());
    let by = ["csr1", "coc1", "guest", "가온별"][usize::from(how % 4)];
    let channel = ["#general", "#강제링크해지", "#coc-noti"][usize::from(how / 4 % 3)];
    let command = ["/coc", "/assign", "/offboard", "/call", "/onboard"][usize::from(how / 12 % 5)];
    let said = match how / 60 {
        // Slack lets nobody say nothing
        0 if text.trim().is_empty() => return,
        0 => json!({"say": {"by": by, "in": channel, "text": text}}),
        1 => {
            json!({"say": {"by": by, "in": channel, "text": format!("@COC [긴급티켓배정요청] {text}")}})
        }
        2 => json!({"say": {"by": by, "in": channel, "text": format!("@COC {text}")}}),
        _ => json!({"slash": {"by": by, "in": channel, "command": command, "text": text}}),
    };
    let scenario: Scenario = serde_saphyr::from_str(STAGE).unwrap();
    let books = Books {
        policy: include_str!("../../data/policy.toml").to_owned(),
        guide: include_str!("../../data/guide.txt").to_owned(),
        customers: include_str!("../../data/customers.csv").to_owned(),
        contacts: include_str!("../../data/contacts.toml").to_owned(),
        ..Books::default()
    };
    let mut player = Player::new(&scenario, Path::new("."), &books, &[]).unwrap();
    for step in [said, json!({"wait": "15m"}), json!({"crash": {}}), json!({"wait": "15m"})] {
        let step: Step = serde_json::from_value(step).unwrap();
        player.step(&step).unwrap();
    }
    player.end().unwrap();
}

const SECRET: &str = "hidden";
/// When the hooks are called, in seconds since 1970.
const NOW: i64 = 1_754_398_800;
const PUBLIC: &str = "https://coc.example.com";

/// Takes everything, when it can be kept.
struct Taker;

#[async_trait]
impl Desk for Taker {
    async fn take(&self, input: SlackInput) -> Result<Answer, Unavailable> {
        keeps(&input);
        Ok(Answer::Nothing)
    }

    async fn connected(&self, _up: bool) {}
}

#[async_trait]
impl Hooks for Taker {
    async fn phoned(&self, _call: ErrandId, event: CallEvent) -> Result<(), Unavailable> {
        keeps(&event);
        Ok(())
    }

    async fn page(&self, call: ErrandId) -> Result<Option<Page>, Unavailable> {
        Ok(Some(Page { call, about: "한빛전자 긴급 티켓".to_owned() }))
    }

    async fn pages(&self, _reference: &str) -> Result<Vec<Page>, Unavailable> {
        Ok(Vec::new())
    }

    async fn ticket(&self, news: TicketNews) -> Result<(), Unavailable> {
        keeps(&news);
        Ok(())
    }
}

#[async_trait]
impl Notices for Taker {
    async fn notice(&self, notice: Notice) -> Result<(), Unavailable> {
        keeps(&notice);
        Ok(())
    }

    async fn topic(&self, news: TopicNews) -> Result<(), Unavailable> {
        keeps(&news);
        Ok(())
    }

    async fn admits(&self, _topic: &str) -> Result<Admission, Unavailable> {
        Ok(Admission::Listed)
    }

    async fn knows(&self, _key: &str) -> Result<bool, Unavailable> {
        Ok(false)
    }
}

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());

static ROUTER: LazyLock<Router> = LazyLock::new(|| {
    let now = || {
        Arc::new(|| coc::domain::time::in_seoul(&chrono::DateTime::from_timestamp(NOW, 0).unwrap()))
    };
    let callbacks = Callbacks::new(Base::read(PUBLIC, PUBLIC).unwrap());
    // nobody is there: an assignee whom only a number names cannot be looked up
    let support = zendesk_client::Settings::new("http://127.0.0.1:1", "coc@example.com", SECRET);
    let support = support.unwrap();
    http::router(http::Verifier::new(SECRET).unwrap(), Arc::new(Taker), now())
        .merge(phone::router(SECRET, Arc::new(Taker), now()))
        .merge(twilio::router(twilio::Verifier::new(SECRET), callbacks, Arc::new(Taker)))
        .merge(sns::router(sns::Hook::new(sns::Trust::Anybody, Arc::new(Taker), now())))
        .merge(eventbridge::router(eventbridge::Hook::new(
            eventbridge::Trust::Anybody,
            Arc::new(Taker),
            now(),
        )))
        .merge(zendesk::router(
            zendesk::Verifier::new(SECRET).unwrap(),
            Arc::new(Taker),
            Arc::new(Zendesk::new(support).unwrap()),
            now(),
            Arc::new(|| {}),
        ))
});

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn tag(signed: &[&[u8]]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), &signed.concat())
}

/// Twilio's signature of a form.
fn twilio_tag(url: &str, body: &[u8]) -> String {
    let mut fields: Vec<(String, String)> =
        url::form_urlencoded::parse(body).into_owned().collect();
    fields.sort();
    fields.dedup();
    let signed: String =
        fields.into_iter().fold(url.to_owned(), |all, (key, value)| all + &key + &value);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes());
    STANDARD.encode(hmac::sign(&key, signed.as_bytes()))
}

/// The hooks of Slack, the telephones, SNS, EventBridge and Zendesk: the first byte says which, the rest is the body, rightly signed. Whatever
/// comes is answered, never with 500; what the desk takes the journal can keep.
pub(crate) fn hooks(bytes: &[u8]) {
    let Some((which, body)) = bytes.split_first() else { return };
    let stamp = NOW.to_string();
    let slack = || {
        [
            ("x-slack-request-timestamp", stamp.clone()),
            (
                "x-slack-signature",
                format!("v0={}", hex(tag(&[b"v0:", stamp.as_bytes(), b":", body]).as_ref())),
            ),
        ]
    };
    let twilio = |path: &str| {
        let path = format!("{path}?call=9.0&turn=1");
        let signature = twilio_tag(&format!("{PUBLIC}{path}"), body);
        (
            path,
            [
                ("x-twilio-signature", signature),
                ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ],
        )
    };
    let (path, headers) = match which {
        b'e' => ("/slack/events".to_owned(), slack()),
        b'c' => ("/slack/commands".to_owned(), slack()),
        b'i' => ("/slack/interactions".to_owned(), slack()),
        // what stands in an interaction's form, bare
        b'j' => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.append_pair("payload", &String::from_utf8_lossy(body));
            return hooks(format!("i{}", form.finish()).as_bytes());
        }
        b'p' => {
            let signature = hex(tag(&[stamp.as_bytes(), b".", body]).as_ref());
            (HOOK.to_owned(), [("x-coc-timestamp", stamp.clone()), ("x-coc-signature", signature)])
        }
        b'v' => twilio(Callbacks::VOICE),
        b's' => twilio(Callbacks::STATUS),
        b'n' => (
            sns::PATH.to_owned(),
            [
                ("content-type", "text/plain".to_owned()),
                ("x-amz-sns-message-type", "Notification".to_owned()),
            ],
        ),
        b'z' => {
            let stamp = chrono::DateTime::from_timestamp(NOW, 0).unwrap().to_rfc3339();
            let signature = STANDARD.encode(tag(&[stamp.as_bytes(), body]));
            (
                "/hooks/zendesk".to_owned(),
                [
                    ("x-zendesk-webhook-signature", signature),
                    ("x-zendesk-webhook-signature-timestamp", stamp),
                ],
            )
        }
        b'b' => (
            eventbridge::PATH.to_owned(),
            [("content-type", "application/json".to_owned()), ("x-api-key", SECRET.to_owned())],
        ),
        _ => return,
    };
    let mut request = Request::post(&path);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(body.to_vec())).unwrap();
    let (status, said) = RUNTIME.block_on(async {
        let answer = ROUTER.clone().call(request).await.unwrap();
        let status = answer.status();
        (status, to_bytes(answer.into_body(), 1 << 20).await.unwrap())
    });
    let known = [
        StatusCode::OK,
        StatusCode::NO_CONTENT,
        StatusCode::BAD_REQUEST,
        StatusCode::FORBIDDEN,
        StatusCode::NOT_FOUND,
        StatusCode::PAYLOAD_TOO_LARGE,
    ];
    // Zendesk is to send again what names somebody who cannot be looked up now
    let again = *which == b'z' && status == StatusCode::SERVICE_UNAVAILABLE;
    assert!(again || known.contains(&status), "{path} answers {status}");
    if status == StatusCode::OK && path.starts_with("/slack") && !said.is_empty() {
        // an answer, or the challenge of an endpoint's set-up
        let _: Value =
            serde_json::from_slice(&said).unwrap_or_else(|_| json!(from_utf8(&said).unwrap()));
    }
}
