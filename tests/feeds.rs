//! AWS's status feeds: what is read of them, over HTTP on a loopback port, and what the desk makes of a real one.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "common/workplace.rs"]
mod workplace;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use coc::adapters::feeds::{AwsStatus, current_events, rss_items};
use coc::adapters::http::Base;
use coc::domain::change::Change;
use coc::domain::decide::decide;
use coc::domain::desk::Desk;
use coc::domain::input::{Directory, Input};
use coc::domain::procedures::outage::open_events;
use coc::domain::status::{Item, Kind, News, Source, State};
use coc::domain::time::{Time, in_seoul};
use coc::feeds::read;
use coc::ports::{Clock, Feeds, PortError};
use coc::sandbox::server::{Options, Sandbox};
use coc::sandbox::workspace::Workspace;
use coc::service::WallClock;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

const BEGINS: &str = include_str!("scenarios/feeds/seoul-begins.rss");
const GOES_ON: &str = include_str!("scenarios/feeds/seoul-goes-on.rss");

/// What the stand-in answers.
#[derive(Clone)]
enum Mood {
    Body(&'static str, Bytes),
    Status(u16, Option<u64>),
    Hangs,
    Huge,
    /// Redirects are not followed: who answers there is not who was named.
    Moved,
}

struct StandIn {
    url: String,
    mood: Arc<Mutex<Mood>>,
    /// The headers of every request.
    heard: Arc<Mutex<Vec<HeaderMap>>>,
}

impl StandIn {
    async fn open(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/rss/all.rss", listener.local_addr().unwrap());
        let mood = Arc::new(Mutex::new(mood));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let answers = {
            let (mood, heard) = (Arc::clone(&mood), Arc::clone(&heard));
            move |headers: HeaderMap| {
                heard.lock().unwrap().push(headers.clone());
                let mood = mood.lock().unwrap().clone();
                answer(mood, headers)
            }
        };
        let router = Router::new().route("/rss/all.rss", get(answers.clone()));
        let router = router.route("/public/currentevents", get(answers));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, mood, heard }
    }

    fn becomes(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn feeds(&self) -> AwsStatus {
        let base = Base::read(&self.url, "https://a.example.com").unwrap();
        AwsStatus::new(base, Duration::from_millis(600))
    }

    fn events_url(&self) -> String {
        self.url.replace("/rss/all.rss", "/public/currentevents")
    }
}

async fn answer(mood: Mood, headers: HeaderMap) -> Response {
    match mood {
        Mood::Body(tag, body) => {
            let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == tag);
            if known {
                return StatusCode::NOT_MODIFIED.into_response();
            }
            let modified = "Tue, 05 Aug 2025 13:08:00 GMT";
            ([(header::ETAG, tag), (header::LAST_MODIFIED, modified)], body).into_response()
        }
        Mood::Status(status, wait) => {
            let status = StatusCode::from_u16(status).unwrap();
            match wait {
                Some(wait) => (status, [(header::RETRY_AFTER, wait.to_string())]).into_response(),
                None => status.into_response(),
            }
        }
        Mood::Hangs => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            StatusCode::OK.into_response()
        }
        Mood::Huge => Body::from(vec![b' '; 6 << 20]).into_response(),
        Mood::Moved => {
            (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:1/")]).into_response()
        }
    }
}

fn feed(tag: &'static str, text: &'static str) -> Mood {
    Mood::Body(tag, Bytes::from_static(text.as_bytes()))
}

fn at(epoch: i64) -> Time {
    in_seoul(&chrono::DateTime::from_timestamp(epoch, 0).unwrap())
}

fn why(read: Result<Vec<Item>, PortError>) -> String {
    read.unwrap_err().to_string()
}

#[test]
fn an_item_is_read_whole() {
    let items = rss_items(GOES_ON.as_bytes()).unwrap();
    assert_eq!(items.len(), 4);
    let newest = &items[0];
    assert_eq!(newest.about.service, "ec2");
    assert_eq!(newest.about.region.as_deref(), Some("ap-northeast-2"));
    assert_eq!(newest.at.to_rfc3339(), "2025-08-05T22:31:00+09:00");
    assert_eq!(newest.kind, Kind::Impact);
    assert_eq!(newest.summary, "Increased API Error Rates");
    assert_eq!(
        newest.text,
        "We have identified the cause & continue to work on it. See the AWS Support Center."
    );
    assert_eq!(items[2].kind, Kind::Resolved);
}

#[test]
fn what_is_no_feed_is_an_error() {
    for wrong in [
        "",
        "no feed",
        "<html><body>Please try again",
        "{\"message\": \"Forbidden\"}",
        &BEGINS[..BEGINS.len() / 2],
    ] {
        assert!(rss_items(wrong.as_bytes()).is_err(), "{wrong}");
    }
    for wrong in ["", "{}", "<html>", "[{\"service\": "] {
        assert!(current_events(wrong.as_bytes()).is_err(), "{wrong}");
    }
    assert_eq!(current_events(b"[]").unwrap(), []);
}

#[test]
fn current_events_are_read_leniently() {
    let utf16 = include_bytes!("scenarios/feeds/seoul-begins.json");
    let utf8 = include_bytes!("scenarios/feeds/seoul-goes-on.json");
    let (first, both) = (current_events(utf16).unwrap(), current_events(utf8).unwrap());
    assert_eq!(first.len(), 1);
    assert_eq!(both.len(), 2);
    assert_eq!(first[0], both[0]);
    assert_eq!(first[0].name(), rss_items(BEGINS.as_bytes()).unwrap()[0].name());
    // big-endian without a mark, numbers as texts, milliseconds, an event without a log
    let text = r#"[{"service": "iam", "status": "3", "date": "1754398800000", "summary": "Errors"},
        {"service": "s3", "region": "us-east-1", "status": 0, "date": 1754398800, "summary": "[RESOLVED] Errors"},
        {"summary": "nothing of a service"}]"#;
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let items = current_events(&wide).unwrap();
    let told: Vec<_> = items.iter().map(|item| (item.name(), item.kind)).collect();
    let expected = [
        ("iam_1754398800".to_owned(), Kind::Disruption),
        ("s3-us-east-1_1754398800".to_owned(), Kind::Resolved),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let there = StandIn::open(feed("\"one\"", BEGINS)).await;
    let feeds = there.feeds();
    let first = feeds.rss().await.unwrap();
    assert_eq!(feeds.rss().await.unwrap(), first);
    {
        let heard = there.heard.lock().unwrap();
        assert!(heard[0].get(header::IF_NONE_MATCH).is_none());
        assert_eq!(heard[1].get(header::IF_NONE_MATCH).unwrap(), "\"one\"");
        assert!(heard[1].get(header::IF_MODIFIED_SINCE).is_some());
    }
    there.becomes(feed("\"two\"", GOES_ON));
    assert_eq!(feeds.rss().await.unwrap().len(), first.len() + 1);
    // what failed in between takes nothing away
    there.becomes(Mood::Status(500, None));
    feeds.rss().await.unwrap_err();
    there.becomes(feed("\"two\"", GOES_ON));
    assert_eq!(feeds.rss().await.unwrap().len(), first.len() + 1);
    let heard = there.heard.lock().unwrap();
    assert_eq!(heard.last().unwrap().get(header::IF_NONE_MATCH).unwrap(), "\"two\"");
}

#[tokio::test]
async fn each_failure_is_named() {
    let there = StandIn::open(Mood::Status(500, None)).await;
    let feeds = there.feeds();
    assert!(why(feeds.rss().await).contains("500"));
    there.becomes(Mood::Status(429, Some(120)));
    let limited = feeds.rss().await.unwrap_err();
    assert!(
        matches!(&limited, PortError::Transient { retry_after: Some(wait), .. } if wait.as_secs() == 120),
        "{limited:?}"
    );
    there.becomes(Mood::Hangs);
    assert!(why(feeds.rss().await).contains("응답이 없습니다"));
    there.becomes(Mood::Huge);
    assert!(why(feeds.rss().await).contains("너무 깁니다"));
    there.becomes(Mood::Moved);
    assert!(why(feeds.rss().await).contains("302"));
    there.becomes(feed("\"broken\"", "<rss><channel><item>"));
    assert!(why(feeds.rss().await).contains("RSS로 읽을 수 없습니다"));
    // what could not be read is asked for whole the next time
    there.becomes(feed("\"broken\"", BEGINS));
    assert_eq!(feeds.rss().await.unwrap().len(), 3);
    let nobody = Base::read("http://127.0.0.1:1/", "https://a.example.com").unwrap();
    let nobody = AwsStatus::new(nobody, Duration::from_millis(600));
    assert!(why(nobody.rss().await).contains("연결되지 않습니다"));
}

#[tokio::test]
async fn the_second_source_is_read_where_it_is_named() {
    let there = StandIn::open(feed("\"one\"", BEGINS)).await;
    let feeds = there.feeds();
    assert_eq!(read(&feeds, "").await.len(), 1);
    let json = Bytes::from_static(include_bytes!("scenarios/feeds/seoul-begins.json"));
    let other = StandIn::open(Mood::Body("\"j\"", json)).await;
    let reads = read(&feeds, &other.events_url()).await;
    let sources: Vec<Source> = reads.iter().map(|(source, _)| *source).collect();
    assert_eq!(sources, [Source::Rss, Source::CurrentEvents]);
    assert!(reads.iter().all(|(_, read)| read.is_ok()), "{reads:?}");
    // one that fails takes nothing from the other
    other.becomes(Mood::Status(503, None));
    let reads = read(&feeds, &other.events_url()).await;
    assert!(matches!(&reads[..], [(_, Ok(_)), (_, Err(_))]), "{reads:?}");
    // secrets would be safe, but an address that nobody could trust is none
    let plain = read(&feeds, "http://a.example.com/currentevents").await;
    assert!(matches!(&plain[1].1, Err(PortError::Permanent { why }) if why.contains("https")));
}

/// A desk in channels of its own that has read these items at `now`.
fn desk_that_read(items: Vec<Item>, now: Time) -> Desk {
    let mut desk = Desk::default();
    let mut directory = Directory::default();
    directory.channels.insert("C1".into(), "general".to_owned());
    directory.channels.insert("C2".into(), "coc-noti".to_owned());
    desk.apply(now, &Change::DirectoryRead(directory));
    let news = News { source: Source::Rss, items, complete: true };
    for change in decide(&desk, &Input::Status(news), now, 1).changes {
        desk.apply(now, &change);
    }
    desk
}

/// As the real feed of August 2026 has it, in few words.
const EXCERPT: [(&str, i64, &str); 8] = [
    ("directconnect-eu-central-1", 1_787_025_679, "Service is operating normally: [RESOLVED] Loss"),
    ("directconnect-eu-central-1", 1_787_017_812, "Service impact: Loss"),
    ("directconnect-eu-central-1", 1_786_945_084, "Service impact: Loss"),
    ("directconnect-eu-central-1", 1_786_897_839, "Service impact: Loss"),
    ("multipleservices-me-central-1", 1_777_533_954, "Service disruption: Error Rates"),
    ("multipleservices-me-south-1", 1_777_532_831, "Service disruption: Connectivity"),
    ("multipleservices-me-south-1", 1_772_556_000, "Service impact: Connectivity"),
    ("multipleservices-me-central-1", 1_772_554_485, "Service disruption: Error Rates"),
];

fn excerpt() -> String {
    let item = |(key, epoch, title): &(&str, i64, &str)| {
        format!(
            "<item><title><![CDATA[{title}]]></title><guid isPermaLink=\"false\">https://status.aws.amazon.com/#{key}_{epoch}</guid><description><![CDATA[{key} at {epoch}]]></description></item>"
        )
    };
    let items: String = EXCERPT.iter().map(item).collect();
    format!(
        "<rss version=\"2.0\"><channel><title>Status</title><link>https://status.aws.amazon.com/</link><description>d</description>{items}</channel></rss>"
    )
}

#[test]
fn the_events_of_an_excerpt() {
    let items = rss_items(excerpt().as_bytes()).unwrap();
    assert_eq!(items.len(), EXCERPT.len());
    // an hour before the end: one event goes on, since its first update
    let before: Vec<Item> =
        items.iter().filter(|item| item.kind != Kind::Resolved).cloned().collect();
    let desk = desk_that_read(before, at(1_787_022_000));
    let open = open_events(&desk, at(1_787_022_000));
    let [(about, event)] = &open[..] else { panic!("{open:?}") };
    assert_eq!(about.to_string(), "directconnect-eu-central-1");
    assert_eq!((event.began, event.state), (at(1_786_897_839), State::Open));
    assert!(desk.cases.is_empty(), "no region of ours");
    let desk = desk_that_read(items, at(1_787_026_000));
    assert_eq!(open_events(&desk, at(1_787_026_000)), []);
    assert_eq!(desk.board.events.len(), 3);
}

/// Where a whole real feed lies beside the project, it is read as well; the excerpt above has to do anywhere else.
#[test]
fn the_whole_of_a_real_feed() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/payloads");
    if !folder.exists() {
        return;
    }
    let body = std::fs::read(Path::new(&folder).join("aws_status_all.rss")).unwrap();
    let items = rss_items(&body).unwrap();
    assert_eq!(items.len(), 50);
    let text = String::from_utf8(body).unwrap();
    for item in &items {
        // the time of the name is the time of the update, in summer and in winter
        let (stamp, zone) = [(-7, "PDT"), (-8, "PST")]
            .map(|(hours, zone)| {
                let offset = chrono::FixedOffset::east_opt(hours * 3600).unwrap();
                let stamp = item.at.with_timezone(&offset).format("%a, %d %b %Y %H:%M:%S");
                (format!("{stamp} {zone}"), zone)
            })
            .into_iter()
            .find(|(stamp, _)| text.contains(stamp))
            .unwrap_or_else(|| panic!("{} is at no time of the feed", item.name()));
        assert!(text.contains(&format!("#{}", item.name())), "{stamp} {zone}");
        assert!(!item.text.contains('<') && !item.summary.contains("RESOLVED"), "{item:?}");
    }
    let now = at(1_787_026_000);
    let desk = desk_that_read(items, now);
    assert_eq!(open_events(&desk, now), []);
    let keys: Vec<&str> = desk.board.events.keys().map(String::as_str).collect();
    let expected = [
        "directconnect-eu-central-1",
        "multipleservices-me-central-1",
        "multipleservices-me-south-1",
    ];
    assert_eq!(keys, expected);
    assert!(desk.cases.is_empty() && desk.errands.is_empty());
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn now_feed(titles: &[(&str, i64)]) -> Bytes {
    let now = WallClock.now().timestamp();
    let item = |(title, ago): &(&str, i64)| {
        let epoch = now - ago;
        format!(
            "<item><title>{title}</title><guid>https://status.aws.amazon.com/#ec2-ap-northeast-2_{epoch}</guid><description>Words of AWS.</description></item>"
        )
    };
    let items: String = titles.iter().map(item).collect();
    Bytes::from(format!(
        "<rss version=\"2.0\"><channel><title>Status</title><link>https://status.aws.amazon.com/</link><description>d</description>{items}</channel></rss>"
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_bot_tells_of_an_event_and_of_its_end() {
    let mut workspace = Workspace::new();
    let general = workspace.add_channel("general", "");
    let noti = workspace.add_channel("coc-noti", "");
    let workspace = Arc::new(Mutex::new(workspace));
    let sandbox =
        Sandbox::new(Arc::clone(&workspace), Arc::new(workplace::Bare), Options::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let slack = format!("http://{}/api/", listener.local_addr().unwrap());
    tokio::spawn(async move { sandbox.serve(listener, std::future::pending()).await });

    let impact = ("Service impact: Errors", 600);
    let there = StandIn::open(Mood::Body("\"1\"", now_feed(&[impact]))).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("guide.txt"), include_str!("../data/guide.txt")).unwrap();
    std::fs::write(data.join("policy.toml"), "[feeds]\npoll = \"10s\"\n").unwrap();
    let program = |subcommand: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coc"));
        command.env_clear().current_dir(folder.path()).arg(subcommand);
        command.env("SLACK_API_URL", &slack).env("SLACK_BOT_TOKEN", "xoxb-sandbox");
        command.env("SLACK_APP_TOKEN", "xapp-sandbox").env("AWS_STATUS_URL", &there.url);
        command
    };
    let doctor = program("doctor").output().unwrap();
    let doctor = String::from_utf8(doctor.stdout).unwrap();
    assert!(doctor.contains("✅ AWS 상태 피드: 읽었습니다. 소식 1건"), "{doctor}");

    let bot = program("run").stdout(Stdio::null()).spawn().unwrap();
    let _bot = Running(bot);
    let said = |channel, words: &str| {
        let workspace = workspace.lock().unwrap();
        workspace.messages(channel).any(|message| message.text.contains(words))
    };
    let wait = async |channel, words: &str| {
        for _ in 0..300 {
            if said(channel, words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let workspace = workspace.lock().unwrap();
        let all: Vec<&str> =
            workspace.messages(channel).map(|message| message.text.as_str()).collect();
        panic!("nobody says {words:?}: {all:#?}");
    };
    wait(&general, "🚨 AWS 서울 ec2: 서비스에 영향이 있습니다").await;
    wait(&noti, "관제 화면 확인이 필요합니다").await;
    let over = ("Service is operating normally: [RESOLVED] Errors", 5);
    there.becomes(Mood::Body("\"2\"", now_feed(&[over, impact])));
    wait(&general, "✅ AWS 서울 ec2: 끝났습니다").await;
    assert!(!said(&general, "🚨"), "the post itself says that it is over");
    let count = workspace.lock().unwrap().messages(&general).count();
    assert_eq!(count, 2, "one post, and its end in the thread");
}
