//! What Amazon SNS and EventBridge post, against the hooks themselves: who is let in, what is answered, and that nothing is answered
//! before it is kept. SNS is a stand-in on this machine, whose signatures another implementation's deliveries vouch for.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
#[path = "common/files.rs"]
mod files;
#[path = "standins/sns/mod.rs"]
mod standin;

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::http::{Request, StatusCode};
use chrono::{DateTime, TimeDelta};
use coc::adapters::http::{Base, Http};
use coc::adapters::sns::{Hosts, Sns};
use coc::domain::input::{Input, Notice, TopicEvent, TopicNews, Way};
use coc::domain::policy::{Admission, Intake};
use coc::domain::time::{Time, in_seoul};
use coc::ingress::request::Secret;
use coc::ingress::sns::{Hook, MAX_BODY, PATH, Trust, router};
use coc::ingress::{Notices, Unavailable, eventbridge};
use coc::replay::play;
use http_body_util::Full;
use serde_json::{Value, json};
use standin::{Gives, Sns as StandIn, TOPIC, signed, signs_the_same_by_hand};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

const SECRET: &str = "hidden-api-key";
/// When it is, for the hook.
const NOW: &str = "2025-08-05T13:00:00Z";
const ALARM: &str = include_str!("payloads/cloudwatch_single_metric.json");

fn now() -> Time {
    in_seoul(&DateTime::parse_from_rfc3339(NOW).unwrap())
}

/// A time so long before [`NOW`], as SNS writes it.
fn ago(age: TimeDelta) -> String {
    (now() - age).to_utc().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The desk's end.
#[derive(Default)]
struct Inbox {
    topics: Mutex<Vec<String>>,
    seen: Mutex<BTreeSet<String>>,
    notices: Mutex<Vec<Notice>>,
    news: Mutex<Vec<TopicNews>>,
    away: AtomicBool,
}

impl Inbox {
    fn is_new(&self, key: &str) -> Result<bool, Unavailable> {
        if self.away.load(Ordering::SeqCst) {
            return Err(Unavailable);
        }
        Ok(self.seen.lock().unwrap().insert(key.to_owned()))
    }

    fn is_empty(&self) -> bool {
        self.notices.lock().unwrap().is_empty() && self.news.lock().unwrap().is_empty()
    }

    fn keys(&self) -> Vec<String> {
        self.notices.lock().unwrap().iter().map(|notice| notice.key.clone()).collect()
    }
}

#[async_trait]
impl Notices for Inbox {
    async fn notice(&self, notice: Notice) -> Result<(), Unavailable> {
        if self.is_new(&notice.key)? {
            self.notices.lock().unwrap().push(notice);
        }
        Ok(())
    }

    async fn topic(&self, news: TopicNews) -> Result<(), Unavailable> {
        if self.is_new(&news.key)? {
            self.news.lock().unwrap().push(news);
        }
        Ok(())
    }

    async fn admits(&self, topic: &str) -> Result<Admission, Unavailable> {
        Ok(Intake { topics: self.topics.lock().unwrap().clone() }.admits(topic))
    }

    async fn knows(&self, key: &str) -> Result<bool, Unavailable> {
        Ok(self.seen.lock().unwrap().contains(key))
    }
}

struct Scene {
    sns: StandIn,
    inbox: Arc<Inbox>,
    url: String,
    http: Http,
    clock: Arc<Mutex<Time>>,
}

impl Scene {
    async fn set() -> Self {
        let sns = StandIn::open().await;
        let inbox = Arc::new(Inbox::default());
        inbox.topics.lock().unwrap().push(TOPIC.to_owned());
        let hosts = Hosts::new(Some(Base::read(&sns.url, "").unwrap()));
        let sender = Arc::new(Sns::new(hosts, Duration::from_millis(500)));
        let secret = Secret::new(SECRET, "").unwrap();
        let clock = Arc::new(Mutex::new(now()));
        let time = Arc::clone(&clock);
        let time: coc::ingress::request::Now = Arc::new(move || *time.lock().unwrap());
        let desk = Arc::clone(&inbox) as Arc<dyn Notices>;
        let trust = Trust::Signed { sender, raw: Some(secret.clone()) };
        let hook = Hook::new(trust, Arc::clone(&desk), Arc::clone(&time));
        let other = eventbridge::Hook::new(eventbridge::Trust::Secret(secret), desk, time);
        let url = serve(router(hook).merge(eventbridge::router(other))).await;
        let http = Http::new(&Base::read(&url, "").unwrap(), Duration::from_secs(10)).unwrap();
        Self { sns, inbox, url, http, clock }
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> u16 {
        let mut request = Request::post(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let reply = self.http.send(request.body(Full::new(body.into())).unwrap()).await.unwrap();
        assert!(reply.body.is_empty(), "nothing is told of why");
        reply.status.as_u16()
    }

    /// As SNS delivers it.
    async fn delivers(&self, message: &Value) -> u16 {
        let kind = message["Type"].as_str().unwrap();
        let id = message["MessageId"].as_str().unwrap_or_default();
        let headers = [
            ("content-type", "text/plain; charset=UTF-8"),
            ("x-amz-sns-message-type", kind),
            ("x-amz-sns-message-id", id),
        ];
        self.post(PATH, &headers, message.to_string()).await
    }

    fn alarm(&self, id: &str) -> Value {
        self.sns.notification(id, &ago(TimeDelta::seconds(1)), None, ALARM)
    }

    #[track_caller]
    fn nothing_happened(&self, why: &str) {
        assert!(self.inbox.is_empty(), "{why}");
    }
}

async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

// ── What is taken ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn both_versions_with_and_without_a_subject() {
    let scene = Scene::set().await;
    let at = ago(TimeDelta::seconds(1));
    for version in [1, 2] {
        for subject in [None, Some("ALARM: \"cpu\" in Asia Pacific (Seoul)")] {
            let id = format!("{version}-{}", subject.is_some());
            let message = scene.sns.notification(&id, &at, subject, "한글과 \"따옴표\"\n줄");
            assert_eq!(scene.delivers(&scene.sns.signed(message, version)).await, 200, "{id}");
            let notice = scene.inbox.notices.lock().unwrap().pop().unwrap();
            let way = Way::Sns { topic: TOPIC.to_owned() };
            let sent = Some(now() - TimeDelta::seconds(1));
            let (subject, text) = (subject.map(str::to_owned), "한글과 \"따옴표\"\n줄".to_owned());
            assert_eq!(notice, Notice { key: format!("sns:{id}"), way, sent, subject, text });
        }
    }
    assert_eq!(scene.sns.asked(".pem"), 1, "the certificate is kept");
}

#[tokio::test]
async fn deliveries_of_another_implementation() {
    let scene = Scene::set().await;
    let lines: Vec<Value> = standin::LOCALSTACK_DELIVERIES
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    scene.sns.gives(Gives::Body(standin::LOCALSTACK.into()));
    let topic = "arn:aws:sns:ap-northeast-2:000000000000:coc-alarms-v2";
    scene.inbox.topics.lock().unwrap().push(topic.to_owned());
    *scene.clock.lock().unwrap() =
        in_seoul(&DateTime::parse_from_rfc3339("2026-11-23T02:53:42Z").unwrap());
    for line in &lines {
        // the address of the certificate is not signed, so that it can be the stand-in's
        let mut message: Value = serde_json::from_str(line["body"].as_str().unwrap()).unwrap();
        message["SigningCertURL"] = scene.sns.certificate().into();
        let confirms = message["Type"] == "SubscriptionConfirmation";
        // its confirmation is rightly signed, and goes to a host that is not to be followed
        let expected = if confirms { 403 } else { 200 };
        assert_eq!(scene.delivers(&message).await, expected, "{message}");
        message["Message"] = format!("{}.", message["Message"].as_str().unwrap()).into();
        message["MessageId"] = "another".into();
        assert_eq!(scene.delivers(&message).await, 403);
    }
    assert_eq!(scene.inbox.notices.lock().unwrap().len(), 2);
    assert!(signs_the_same_by_hand("한글"));
}

#[tokio::test]
async fn a_repeat_is_answered_and_changes_nothing() {
    let scene = Scene::set().await;
    let message = scene.sns.signed(scene.alarm("one"), 2);
    for _ in 0..3 {
        assert_eq!(scene.delivers(&message).await, 200);
    }
    assert_eq!(scene.inbox.keys(), ["sns:one"]);
}

#[tokio::test]
async fn many_at_once_wait_for_one_certificate() {
    let scene = Arc::new(Scene::set().await);
    scene.sns.gives(Gives::Late(Duration::from_millis(200)));
    let mut all = tokio::task::JoinSet::new();
    for nth in 0..40 {
        let scene = Arc::clone(&scene);
        all.spawn(async move {
            let message = scene.sns.signed(scene.alarm(&format!("m{nth}")), 2);
            scene.delivers(&message).await
        });
    }
    assert!(all.join_all().await.iter().all(|status| *status == 200));
    assert_eq!(scene.sns.asked(".pem"), 1);
    assert_eq!(scene.inbox.notices.lock().unwrap().len(), 40);
}

#[tokio::test]
async fn the_published_shapes_are_read() {
    let scene = Scene::set().await;
    let topic = "arn:aws:sns:us-west-2:123456789012:MyTopic";
    scene.inbox.topics.lock().unwrap().push(topic.to_owned());
    for (published, year) in [
        (include_str!("payloads/docs_Notification.json"), "2012-05-02T00:54:07Z"),
        (include_str!("payloads/docs_UnsubscribeConfirmation.json"), "2012-04-26T20:06:42Z"),
        (include_str!("payloads/docs_SubscriptionConfirmation.json"), "2012-04-26T20:45:05Z"),
    ] {
        *scene.clock.lock().unwrap() = in_seoul(&DateTime::parse_from_rfc3339(year).unwrap());
        let message: Value = serde_json::from_str(published).unwrap();
        // their signatures are examples that are cut short; nobody is asked for a certificate because of them
        if message["Type"] != "SubscriptionConfirmation" {
            assert_eq!(scene.delivers(&message).await, 403, "{published}");
        }
        let mut message = scene.sns.signed(message, 1);
        if message["Type"] == "SubscriptionConfirmation" {
            let url = message["SubscribeURL"].as_str().unwrap().to_owned();
            let there = url.replace("https://sns.us-west-2.amazonaws.com", &scene.sns.url);
            message["SubscribeURL"] = there.into();
            message = scene.sns.signed(message, 1);
        }
        assert_eq!(scene.delivers(&message).await, 200, "{published}");
    }
    let notices = scene.inbox.notices.lock().unwrap();
    let [notice] = notices.as_slice() else { panic!("{notices:?}") };
    assert_eq!(notice.subject.as_deref(), Some("My First Message"));
    assert_eq!(notice.text, "Hello world!");
    let what: Vec<TopicEvent> =
        scene.inbox.news.lock().unwrap().iter().map(|news| news.what).collect();
    assert_eq!(what, [TopicEvent::Unsubscribed, TopicEvent::Subscribed]);
    assert_eq!(scene.sns.asked("ConfirmSubscription"), 1);
}

// ── Subscriptions ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn a_subscription_is_confirmed_once() {
    let scene = Arc::new(Scene::set().await);
    let at = ago(TimeDelta::minutes(1));
    let asks = scene.sns.confirmation("SubscriptionConfirmation", "s1", &at);
    let asks = scene.sns.signed(asks, 2);
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let (scene, asks) = (Arc::clone(&scene), asks.clone());
        all.spawn(async move { scene.delivers(&asks).await });
    }
    assert_eq!(all.join_all().await, [200; 5]);
    assert_eq!(scene.sns.asked("ConfirmSubscription"), 1);
    let (key, topic) = ("sns:s1".to_owned(), TOPIC.to_owned());
    let news = TopicNews { key, topic, what: TopicEvent::Subscribed };
    assert_eq!(*scene.inbox.news.lock().unwrap(), [news]);
}

#[tokio::test]
async fn a_subscription_that_cannot_be_confirmed_comes_again() {
    let scene = Scene::set().await;
    let at = ago(TimeDelta::minutes(1));
    let asks = scene.sns.confirmation("SubscriptionConfirmation", "s1", &at);
    let asks = scene.sns.signed(asks, 2);
    scene.sns.confirms(500);
    assert_eq!(scene.delivers(&asks).await, 503);
    scene.nothing_happened("it is not confirmed");
    scene.sns.confirms(200);
    scene.inbox.away.store(true, Ordering::SeqCst);
    assert_eq!(scene.delivers(&asks).await, 503, "confirmed, but not kept");
    scene.inbox.away.store(false, Ordering::SeqCst);
    assert_eq!(scene.delivers(&asks).await, 200);
    assert_eq!(scene.delivers(&asks).await, 200);
    assert_eq!(scene.inbox.news.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_subscription_is_followed_to_sns_alone() {
    let scene = Scene::set().await;
    let at = ago(TimeDelta::minutes(1));
    let other = StandIn::open().await;
    for url in [
        format!("{}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=1", other.url),
        format!("{}/?Action=DeleteTopic&TopicArn={TOPIC}", scene.sns.url),
    ] {
        let mut asks = scene.sns.confirmation("SubscriptionConfirmation", "s1", &at);
        asks["SubscribeURL"] = url.into();
        assert_eq!(scene.delivers(&scene.sns.signed(asks, 2)).await, 403);
    }
    scene.nothing_happened("nothing was confirmed");
    assert_eq!(other.asked("") + scene.sns.asked("Action"), 0);
}

#[tokio::test]
async fn the_end_of_a_subscription_is_told() {
    let scene = Scene::set().await;
    let at = ago(TimeDelta::minutes(1));
    let ended = scene.sns.confirmation("UnsubscribeConfirmation", "u1", &at);
    assert_eq!(scene.delivers(&scene.sns.signed(ended, 1)).await, 200);
    let news = scene.inbox.news.lock().unwrap().pop().unwrap();
    assert_eq!((news.key.as_str(), news.what), ("sns:u1", TopicEvent::Unsubscribed));
    assert_eq!(scene.sns.asked("Action"), 0, "what somebody ended is not taken back");
}

// ── What is refused ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn what_is_not_signed_by_sns_is_refused() {
    let scene = Scene::set().await;
    let good = scene.sns.signed(scene.alarm("one"), 2);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut message = good.clone();
        change(&mut message);
        message
    };
    let set =
        |name: &'static str, value: Value| changed(&move |message| message[name] = value.clone());
    let old = scene.sns.notification("old", &ago(TimeDelta::seconds(3601)), None, "x");
    let ahead = scene.sns.notification("new", &ago(TimeDelta::seconds(-901)), None, "x");
    let no_time = scene.sns.notification("none", "yesterday", None, "x");
    let mut foreign = scene.alarm("foreign");
    foreign["TopicArn"] = "arn:aws:sns:ap-northeast-2:123456789012:somebody-elses".into();
    let elsewhere = StandIn::open().await;
    for (why, message) in [
        ("another text", set("Message", "x".into())),
        ("another subject", set("Subject", "x".into())),
        ("another id", set("MessageId", "two".into())),
        ("another kind", set("Type", "UnsubscribeConfirmation".into())),
        ("another signature", set("Signature", "AAAA".into())),
        ("no base64", set("Signature", "가".into())),
        ("no signature", set("Signature", Value::Null)),
        ("no certificate", set("SigningCertURL", Value::Null)),
        ("the other version", set("SignatureVersion", "1".into())),
        ("no such version", set("SignatureVersion", "3".into())),
        ("a foreign certificate", signed(scene.alarm("one"), 2, &elsewhere.certificate())),
        ("no address", signed(scene.alarm("one"), 2, "over there")),
        ("too old", scene.sns.signed(old, 2)),
        ("too far ahead", scene.sns.signed(ahead, 2)),
        ("without a time", scene.sns.signed(no_time, 2)),
        ("a foreign topic", scene.sns.signed(foreign, 2)),
    ] {
        let expected = if why == "another kind" { 400 } else { 403 };
        assert_eq!(scene.delivers(&message).await, expected, "{why}");
    }
    scene.nothing_happened("none of them is SNS's");
    assert_eq!(elsewhere.asked(""), 0, "nobody is sent to a foreign host");
    assert_eq!(scene.delivers(&good).await, 200, "and the good one is");
    let border = scene.sns.notification("border", &ago(TimeDelta::hours(1)), None, "x");
    assert_eq!(scene.delivers(&scene.sns.signed(border, 2)).await, 200);
}

#[tokio::test]
async fn no_topic_is_listened_to_until_one_is_listed() {
    let scene = Scene::set().await;
    scene.inbox.topics.lock().unwrap().clear();
    let message = scene.sns.signed(scene.alarm("one"), 2);
    assert_eq!(scene.delivers(&message).await, 403);
    assert_eq!(scene.sns.asked(""), 0);
    scene.inbox.topics.lock().unwrap().push(TOPIC.to_owned());
    assert_eq!(scene.delivers(&message).await, 200);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let scene = Scene::set().await;
    let good = scene.sns.signed(scene.alarm("one"), 2).to_string();
    let mut no_topic = scene.sns.signed(scene.alarm("one"), 2);
    no_topic["TopicArn"] = Value::Null;
    let mut no_id = scene.sns.signed(scene.alarm("one"), 2);
    no_id["MessageId"] = "".into();
    let token = scene.sns.confirmation("UnsubscribeConfirmation", "u", &ago(TimeDelta::zero()));
    let mut token = scene.sns.signed(token, 2);
    token["Token"] = Value::Null;
    let long = vec![b'x'; 5 << 20];
    for (why, body, expected) in [
        ("broken off", good.as_bytes()[..good.len() / 2].to_vec(), 400),
        ("empty", Vec::new(), 400),
        ("no text", vec![0xff, 0xfe], 400),
        ("no topic", no_topic.to_string().into_bytes(), 400),
        ("no name", no_id.to_string().into_bytes(), 400),
        ("no token", token.to_string().into_bytes(), 400),
        ("JSON of somebody's", ALARM.as_bytes().to_vec(), 403),
        ("words of somebody's", b"GuardDuty severity 8".to_vec(), 403),
        ("five megabytes", long.clone(), 413),
        ("as long as can be", vec![b'x'; MAX_BODY], 403),
        ("one byte more", vec![b'x'; MAX_BODY + 1], 413),
    ] {
        assert_eq!(scene.post(PATH, &[], body).await, expected, "{why}");
    }
    let kind = [("x-amz-sns-message-type", "SubscriptionConfirmation")];
    assert_eq!(scene.post(PATH, &kind, good.clone()).await, 400, "two kinds at once");
    scene.nothing_happened("none of them is one");
    assert_eq!(scene.post(PATH, &[], good).await, 200, "the headers are not needed");
    let secret = [("x-api-key", SECRET)];
    assert_eq!(scene.post(eventbridge::PATH, &secret, long).await, 413);
}

#[tokio::test]
async fn a_raw_delivery_needs_the_secret() {
    let scene = Scene::set().await;
    let raw = |topic| {
        vec![
            ("x-amz-sns-rawdelivery", "true"),
            ("x-amz-sns-message-type", "Notification"),
            ("x-amz-sns-message-id", "raw-1"),
            ("x-amz-sns-topic-arn", topic),
        ]
    };
    assert_eq!(scene.post(PATH, &raw(TOPIC), ALARM).await, 403);
    let with = |topic, name, value| [raw(topic), vec![(name, value)]].concat();
    assert_eq!(scene.post(PATH, &with(TOPIC, "x-api-key", "guessed"), ALARM).await, 403);
    assert_eq!(scene.post(PATH, &with("arn:else", "x-api-key", SECRET), ALARM).await, 403);
    scene.nothing_happened("nobody vouches for it");
    assert_eq!(scene.post(PATH, &with(TOPIC, "x-api-key", SECRET), ALARM).await, 200);
    let bearer = format!("Bearer {SECRET}");
    assert_eq!(scene.post(PATH, &with(TOPIC, "authorization", &bearer), ALARM).await, 200);
    assert_eq!(scene.inbox.keys(), ["sns:raw-1"]);
    let cut = &ALARM[..ALARM.len() / 2];
    assert_eq!(scene.post(PATH, &with(TOPIC, "x-api-key", SECRET), cut).await, 400);
}

#[tokio::test]
async fn certificates_that_nothing_can_be_verified_with() {
    let scene = Scene::set().await;
    let message = scene.sns.signed(scene.alarm("one"), 2);
    let mut fetched = 0;
    for (why, gives, expected) in [
        ("expired", Gives::Body(standin::EXPIRED.into()), 403),
        ("no RSA", Gives::Body(standin::ELLIPTIC.into()), 403),
        ("another's", Gives::Body(standin::LOCALSTACK.into()), 403),
        ("no certificate", Gives::Body(b"<html>".to_vec()), 403),
        ("too long", Gives::Body(vec![b'x'; 100 << 10]), 403),
        ("not there", Gives::Status(404), 403),
        ("busy", Gives::Status(429), 503),
        ("broken", Gives::Status(500), 503),
        ("silent", Gives::Nothing, 503),
    ] {
        let scene = if why == "another's" { Scene::set().await } else { clone(&scene) };
        scene.sns.gives(gives);
        let message = scene.sns.signed(message.clone(), 2);
        assert_eq!(scene.delivers(&message).await, expected, "{why}");
        scene.nothing_happened(why);
        fetched += 1;
    }
    scene.sns.gives(Gives::Body(standin::CERTIFICATE.into()));
    assert_eq!(scene.delivers(&message).await, 200, "what failed is not kept");
    assert_eq!(scene.sns.asked(".pem"), fetched);
}

fn clone(scene: &Scene) -> Scene {
    Scene {
        sns: scene.sns.clone(),
        inbox: Arc::clone(&scene.inbox),
        url: scene.url.clone(),
        http: scene.http.clone(),
        clock: Arc::clone(&scene.clock),
    }
}

#[tokio::test]
async fn what_the_journal_cannot_keep_comes_again() {
    let scene = Scene::set().await;
    let message = scene.sns.signed(scene.alarm("one"), 2);
    let secret = [("x-api-key", SECRET)];
    scene.inbox.away.store(true, Ordering::SeqCst);
    assert_eq!(scene.delivers(&message).await, 503);
    assert_eq!(scene.post(eventbridge::PATH, &secret, ALARM).await, 503);
    scene.nothing_happened("it could not be kept");
    scene.inbox.away.store(false, Ordering::SeqCst);
    assert_eq!(scene.delivers(&message).await, 200);
    assert_eq!(scene.post(eventbridge::PATH, &secret, ALARM).await, 200);
    assert_eq!(scene.inbox.notices.lock().unwrap().len(), 2);
}

// ── EventBridge ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn events_bear_their_own_name_and_plain_words_get_one() {
    let scene = Scene::set().await;
    let secret = [("x-api-key", SECRET)];
    let finding = include_str!("payloads/guardduty_high_eventbridge.json");
    let bare = include_str!("payloads/guardduty_low_finding.json");
    let post = |body: &'static str| scene.post(eventbridge::PATH, &secret, body);
    for _ in 0..2 {
        assert_eq!(post(finding).await, 200);
        assert_eq!(post(bare).await, 200);
        assert_eq!(post("GuardDuty 8.0 i-0abc").await, 200);
    }
    assert_eq!(post("GuardDuty 8.0 i-0def").await, 200);
    let keys = scene.inbox.keys();
    assert_eq!(keys.len(), 4, "{keys:?}");
    assert_eq!(keys[0], "eb:cd2d702e-ab31-411b-9344-793ce56b1bc7");
    assert!(!keys[1].contains("eeb88ab56556eb7771b266670dddee5a"), "an update bears it again");
    // sent again because the answer was lost, over the turn of a minute
    *scene.clock.lock().unwrap() += TimeDelta::seconds(70);
    assert_eq!(post("GuardDuty 8.0 i-0abc").await, 200);
    assert_eq!(scene.inbox.keys().len(), 4);
    // the same words much later tell of something new
    *scene.clock.lock().unwrap() += TimeDelta::minutes(5);
    assert_eq!(post("GuardDuty 8.0 i-0abc").await, 200);
    assert_eq!(scene.inbox.keys().len(), 5);
    let notice = scene.inbox.notices.lock().unwrap()[0].clone();
    assert_eq!((notice.way, notice.text.as_str()), (Way::EventBridge, finding));
    let cases = [
        ([("accept", "*/*")], finding, 403),
        ([("x-api-key", "guessed")], finding, 403),
        ([("authorization", "Bearer guessed")], finding, 403),
        (secret, "{\"id\": ", 400),
        (secret, " ", 400),
    ];
    for (headers, body, expected) in cases {
        assert_eq!(scene.post(eventbridge::PATH, &headers, body).await, expected, "{body}");
    }
    assert_eq!(scene.inbox.keys().len(), 5);
}

// ── Practice ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn in_practice_everybody_is_let_in() {
    let inbox = Arc::new(Inbox::default());
    let hook = Hook::new(Trust::Anybody, Arc::clone(&inbox) as Arc<dyn Notices>, Arc::new(now));
    let headers = axum::http::HeaderMap::new();
    let post = async |body: &str| hook.answer(&headers, body.as_bytes()).await;
    assert_eq!(post(ALARM).await, StatusCode::OK);
    assert_eq!(post("GuardDuty 8.0").await, StatusCode::OK);
    assert_eq!(post(&ALARM[..40]).await, StatusCode::BAD_REQUEST);
    for published in [
        include_str!("payloads/docs_Notification.json"),
        include_str!("payloads/docs_UnsubscribeConfirmation.json"),
        include_str!("payloads/docs_SubscriptionConfirmation.json"),
    ] {
        assert_eq!(post(published).await, StatusCode::OK);
        assert_eq!(post(published).await, StatusCode::OK);
    }
    assert_eq!(
        post(&json!({"Type": "Notification", "Message": "x"}).to_string()).await,
        StatusCode::OK
    );
    assert_eq!(inbox.notices.lock().unwrap().len(), 4);
    assert_eq!(inbox.news.lock().unwrap().len(), 2);
    inbox.topics.lock().unwrap().push(TOPIC.to_owned());
    assert_eq!(post(ALARM).await, StatusCode::FORBIDDEN, "the policy's topics hold");
}

// ── The journal ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// What a scenario's hooks left in the journal.
fn kept(scenario: &str) -> Vec<Input> {
    let file = files::scenarios().into_iter().find(|file| file.ends_with(scenario)).unwrap();
    let (_, world) = play(&file, &common::books(), &[]).unwrap();
    let records = world.journal().unwrap().into_iter().map(|record| record.input);
    records.filter(|input| matches!(input, Input::Notice(_) | Input::Topic(_))).collect()
}

#[test]
fn what_is_taken_is_in_the_journal_once_and_what_is_refused_is_not() {
    let taken = kept("195-sns-taken.yaml");
    let key = |input: &Input| {
        let Input::Notice(notice) = input else { panic!("{input:?}") };
        notice.key.clone()
    };
    let keys: Vec<String> = taken.iter().map(key).collect();
    assert_eq!(keys, ["sns:step-1", "sns:step-2", "sns:22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324"]);
    assert_eq!(kept("196-sns-not-signed.yaml"), []);
    assert_eq!(kept("197-sns-foreign-topic.yaml").len(), 2);
    assert_eq!(kept("198-hooks-unreadable.yaml"), []);
    assert_eq!(kept("199-sns-unsubscribed.yaml").len(), 2);
    assert_eq!(kept("200-sns-subscribed.yaml").len(), 1);
    assert_eq!(kept("201-eventbridge.yaml").len(), 1);
}
