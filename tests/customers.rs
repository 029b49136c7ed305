//! The customer record over HTTP: against a stand-in with moods, and held against `docs/openapi/fitcloud.yaml` by Prism, which plays
//! the server from the description and judges both sides (`COC_JUDGES` is the folder with it in `node_modules`).
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "how long something took is measured")]

#[path = "standins/fitcloud.rs"]
mod fitcloud;

use coc::adapters::fitcloud::{FitCloud, Settings, Token};
use coc::adapters::http::Base;
use coc::domain::customers::{COLUMNS, Grade, read_customers};
use coc::domain::time::{Time, in_seoul};
use coc::ports::{Clock, CustomerSource, PortError};
use fitcloud::{Mood, StandIn, TOKEN, customer};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// A clock that goes on by a minute each time it is looked at.
struct Ticks(AtomicI64);

#[async_trait::async_trait]
impl Clock for Ticks {
    fn now(&self) -> Time {
        let seconds = self.0.fetch_add(60, Ordering::SeqCst);
        in_seoul(&chrono::DateTime::from_timestamp(seconds, 0).unwrap())
    }

    async fn sleep_until(&self, _at: Option<Time>) {
        panic!("a source does not wait");
    }
}

fn source_at(url: &str) -> FitCloud {
    let base = Base::read(url, "https://fitcloud.example.com").unwrap();
    let mut settings = Settings::new(base, Token::read(TOKEN).unwrap());
    settings.time_out = Duration::from_secs(1);
    FitCloud::new(settings, Arc::new(Ticks(AtomicI64::new(1_754_398_800)))).unwrap()
}

#[track_caller]
fn later(result: Result<coc::domain::input::CustomerRecord, PortError>, words: &str) {
    let error = result.unwrap_err();
    let PortError::Transient { why, .. } = &error else { panic!("{error:?}") };
    assert!(why.contains(words), "{why}");
    for private in [TOKEN, "127.0.0.1", "010-0000"] {
        assert!(!why.contains(private), "{private} in {why}");
    }
}

/// A record of three, not in the order of their names.
fn three() -> Vec<Value> {
    let mut gana = customer("가나게임즈", &["GANA", "가나"], "MSP");
    gana["important"] = json!(true);
    gana["ts_primary"] = json!("자람우");
    gana["accounts"] = json!(["210987654321", "210987654322"]);
    gana["comment"] = json!("심야에는 \"메일\" 먼저, 전화는 그 뒤");
    vec![customer("한빛전자", &[], "일반"), gana, customer("다온식품", &["Daon"], "MSP Basic")]
}

#[tokio::test]
async fn the_record_reads_like_the_file() {
    let server = StandIn::open(three()).await;
    let source = source_at(&server.url);
    let record = source.read().await.unwrap();
    assert_eq!(
        record.text,
        format!(
            "{}\n\
             가나게임즈,GANA;가나,MSP,y,자람우,,하늘솔,,오하라,210987654321;210987654322,,,,,\"심야에는 \"\"메일\"\" 먼저, 전화는 그 뒤\"\n\
             다온식품,Daon,MSP Basic,,,,하늘솔,,오하라,,,,,,\n\
             한빛전자,,일반,,,,하늘솔,,오하라,,,,,,\n",
            COLUMNS.join(",")
        )
    );
    assert_eq!(record.as_of.to_rfc3339(), "2025-08-05T22:00:00+09:00");
    let read = read_customers(&record.text).unwrap();
    let gana = read.find("GANA").unwrap();
    assert_eq!((gana.grade, gana.important, gana.accounts.len()), (Grade::Msp, true, 2));
    // another order is no other record
    let mut turned = three();
    turned.reverse();
    server.holds(turned);
    let again = source.read().await.unwrap();
    assert_eq!(again.text, record.text);
}

#[tokio::test]
async fn an_unchanged_record_costs_an_empty_answer_and_is_known_to_hold() {
    let server = StandIn::open(three()).await;
    let source = source_at(&server.url);
    let first = source.read().await.unwrap();
    let second = source.read().await.unwrap();
    assert_eq!(second.text, first.text);
    assert_eq!((second.as_of - first.as_of).num_seconds(), 60);
    let asked = server.asked();
    assert_eq!(asked, [(200, "limit=200".to_owned()), (304, "limit=200".to_owned())]);
    server.holds(three().into_iter().take(1).collect());
    assert!(source.read().await.unwrap().text.lines().count() == 2);
    assert_eq!(server.asked()[0].0, 200);
}

#[tokio::test]
async fn pages_are_one_record_or_none() {
    let server = StandIn::open(three()).await;
    server.inside().page = 1;
    let source = source_at(&server.url);
    let whole = source.read().await.unwrap();
    assert_eq!(whole.text.lines().count(), 4);
    let asked: Vec<String> = server.asked().into_iter().map(|(_, query)| query).collect();
    assert_eq!(asked, ["limit=200", "cursor=1&limit=200", "cursor=2&limit=200"]);
    // another page two than page one belonged to: begun anew
    let changed: Vec<Value> = three()
        .into_iter()
        .map(|mut one| {
            one["csr"] = json!("유가람");
            one
        })
        .collect();
    server.holds(three());
    server.will(&[Mood::Changes(changed)]);
    let record = source.read().await.unwrap();
    assert!(!record.text.contains("오하라"), "{}", record.text);
    assert_eq!(record.text.matches("유가람").count(), 3);
    assert_eq!(server.asked().len(), 2 + 3);
    // for ever
    let moods: Vec<Mood> = (0..6).map(|_| Mood::Changes(three())).collect();
    server.will(&moods);
    later(source.read().await, "계속 바뀝니다");
    server.inside().moods.clear();
    server.holds(three());
    server.will(&[Mood::Circles, Mood::Circles]);
    later(source.read().await, "되풀이됩니다");
}

#[tokio::test]
async fn what_is_no_record_leaves_the_known_one_alone() {
    let server = StandIn::open(three()).await;
    let source = source_at(&server.url);
    let known = source.read().await.unwrap();
    server.holds(three());
    let mut wrong = three();
    wrong[1]["phones"] = json!("010-0000-2001");
    let wrong = json!({"updated_at": "", "customers": wrong, "next": null}).to_string();
    let mut short = three();
    short[1].as_object_mut().unwrap().remove("grade");
    let short = json!({"updated_at": "", "customers": short, "next": null}).to_string();
    let mut parted = three();
    parted[1]["aliases"] = json!(["가나;게임즈"]);
    let parted = json!({"updated_at": "", "customers": parted, "next": null}).to_string();
    let says = |text: &str| Mood::Says(text.to_owned());
    for (mood, words) in [
        (Mood::Refuses(500, None), "서버 오류 (500)"),
        (Mood::Refuses(503, Some(5)), "쉬는 중입니다"),
        (Mood::Refuses(401, None), "인증이 거절되었습니다"),
        (Mood::Breaks, "연결이 끊어졌습니다"),
        (Mood::NoVersion, "ETag가 없습니다"),
        (says("<html>로그인해 주십시오</html>"), "JSON이 아닙니다"),
        (says("{\"customers\": ["), "중간에 끊겼습니다"),
        (says("{\"customers\": []}"), "next이(가) 빠졌습니다"),
        (says("{\"customers\": [], \"next\": null}"), "고객이 한 곳도 없습니다"),
        (says(&wrong), "형식과 다른 값이 있습니다"),
        (says(&short), "grade이(가) 빠졌습니다"),
        (says(&parted), "2번째 고객의 aliases에 ;가 있습니다"),
    ] {
        server.will(&[mood]);
        later(source.read().await, words);
    }
    let began = Instant::now();
    server.will(&[Mood::Silent]);
    later(source.read().await, "응답이 없습니다");
    assert!(began.elapsed() < Duration::from_secs(5));
    server.will(&[Mood::Refuses(429, Some(7))]);
    let limited = source.read().await.unwrap_err();
    let PortError::Transient { retry_after, .. } = limited else { panic!("{limited:?}") };
    assert_eq!(retry_after, Some(Duration::from_secs(7)));
    server.will(&[Mood::Refuses(404, None)]);
    let gone = source.read().await.unwrap_err();
    assert!(matches!(gone, PortError::Permanent { .. }), "{gone:?}");
    // and then it is there again
    assert_eq!(source.read().await.unwrap().text, known.text);
}

#[tokio::test]
async fn a_bad_row_is_judged_by_the_files_own_reader() {
    let mut bad = three();
    bad[0]["grade"] = json!("Gold");
    bad[1]["accounts"] = json!(["1234"]);
    let server = StandIn::open(bad).await;
    let record = source_at(&server.url).read().await.unwrap();
    let errors = read_customers(&record.text).unwrap_err();
    let lines: Vec<(usize, bool)> =
        errors.iter().map(|error| (error.line, error.text.contains("Gold"))).collect();
    assert_eq!(lines, [(2, false), (4, true)], "{errors:?}");
}

/// Prism, which goes with the test.
struct Prism {
    child: Child,
    url: String,
}

impl Drop for Prism {
    fn drop(&mut self) {
        // Gone already is fine, too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Prism {
    /// `args`: `mock`, or `proxy` with what stands behind it.
    async fn open(args: &[&str]) -> Self {
        let judges = PathBuf::from(std::env::var("COC_JUDGES").expect("COC_JUDGES names a folder"));
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        };
        let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi/fitcloud.yaml");
        let child = Command::new("node")
            .arg(judges.join("node_modules/.bin/prism"))
            .arg(args[0])
            .arg(document)
            .args(&args[1..])
            .args(["--errors", "--host", "127.0.0.1", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let prism = Self { child, url: format!("http://127.0.0.1:{port}") };
        let deadline = Instant::now() + Duration::from_secs(60);
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(Instant::now() < deadline, "Prism does not listen");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        prism
    }
}

/// A source that has time for a slow judge.
fn patient(url: &str) -> FitCloud {
    let base = Base::read(url, "https://fitcloud.example.com").unwrap();
    let mut settings = Settings::new(base, Token::read(TOKEN).unwrap());
    settings.time_out = Duration::from_secs(30);
    FitCloud::new(settings, Arc::new(Ticks(AtomicI64::new(1_754_398_800)))).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Node and Prism (.ci/run installs them)"]
async fn a_server_made_of_the_description_is_understood() {
    let prism = Prism::open(&["mock"]).await;
    let record = patient(&prism.url).read().await.unwrap();
    let rows: Vec<&str> = record.text.lines().skip(1).collect();
    assert_eq!(
        rows,
        [
            "가나게임즈,GANA;가나,MSP,,자람우,차오름,하늘솔,노을찬,유가람,210987654321,ops@gana.example.com;cto@gana.example.com,010-0000-2002,y,prod;live,\"심야에는 메일 먼저, 전화는 그 뒤\"",
            "한빛전자,Hanbit;한빛,일반,,,,하늘솔,,오하라,123456789012;123456789013,ops@hanbit.example.com,010-0000-2001,,,",
        ]
    );
    read_customers(&record.text).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Node and Prism (.ci/run installs them)"]
async fn both_sides_keep_to_the_description() {
    let server = StandIn::open(three()).await;
    server.inside().page = 2;
    let prism = Prism::open(&["proxy", &server.url]).await;
    let source = patient(&prism.url);
    let direct = patient(&server.url).read().await.unwrap();
    server.asked();
    let record = source.read().await.unwrap();
    assert_eq!(record.text, direct.text);
    assert_eq!(source.read().await.unwrap().text, record.text);
    let statuses: Vec<u16> = server.asked().into_iter().map(|(status, _)| status).collect();
    assert_eq!(statuses, [200, 200, 304]);
    for (status, words) in [(401, "인증이"), (403, "인증이"), (500, "(500)"), (503, "(503)")]
    {
        let wait = (status == 503).then_some(3);
        server.will(&[Mood::Refuses(status, wait)]);
        later(source.read().await, words);
    }
    server.will(&[Mood::Refuses(429, Some(7))]);
    let limited = source.read().await.unwrap_err();
    assert!(matches!(limited, PortError::Transient { retry_after: Some(_), .. }), "{limited:?}");
    assert_eq!(server.asked().len(), 5, "Prism let every request through");
    // that it judges at all: what the description does not have is stopped on its way
    let mut wrong = three();
    wrong[0]["accounts"] = json!(["1234"]);
    server.holds(wrong);
    later(source.read().await, "(500)");
    assert_eq!(
        server.asked(),
        [(200, "limit=200".to_owned())],
        "it was the answer that was stopped"
    );
    server.holds(three());
    source.read().await.unwrap();
}
