//! Who watches the bot: `/healthz`, `/readyz`, `/metrics`, the dead-man ping, systemd.

use crate::scene::Scene;
use crate::workplace::free_address;
use axum::Router;
use axum::http::{Request, StatusCode};
use coc::adapters::http::{Base, Http};
use http_body_util::Full;
use std::net::SocketAddr;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

/// The status and the text of an address of the bot's; `None`: nobody is there.
async fn get(at: SocketAddr, path: &str) -> Option<(u16, String)> {
    let url = format!("http://{at}");
    let http = Http::new(&Base::read(&url, "").unwrap(), Duration::from_secs(5)).unwrap();
    let request = Request::get(format!("{url}{path}")).body(Full::default()).unwrap();
    let reply = http.send(request).await.ok()?;
    Some((reply.status.as_u16(), String::from_utf8(reply.body.to_vec()).unwrap()))
}

/// Waits until an address says this.
async fn until(at: SocketAddr, path: &str, status: u16, words: &str) -> String {
    let mut last = None;
    for _ in 0..400 {
        last = get(at, path).await;
        if let Some((_, said)) = last.take_if(|(s, said)| *s == status && said.contains(words)) {
            return said;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path}: {last:?}");
}

/// The value of a series.
fn value(said: &str, series: &str) -> f64 {
    let line = said.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {said}")).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_it_does_is_measured_and_nobody_is_named() {
    let mut scene = Scene::set("").await;
    let at = free_address();
    let mut command = scene.command(&["run"]);
    scene.bot = Some(command.env("COC_LISTEN", at.to_string()).spawn().unwrap());
    until(at, "/readyz", 200, "ready").await;
    until(at, "/healthz", 200, "ok").await;
    scene.request();
    scene.until(Duration::from_secs(20), "the first rung", |s| s.says("수락입니다")).await;
    let posted = "coc_errands_total{kind=\"post\",outcome=\"done\"}";
    let said = until(at, "/metrics", 200, posted).await;
    assert!(value(&said, posted) >= 1.0);
    assert!(value(&said, "coc_errand_attempts_total{kind=\"post\",result=\"ok\"}") >= 1.0);
    assert!(value(&said, "coc_open_cases{kind=\"urgent\"}") >= 1.0, "{said}");
    assert!(value(&said, "coc_slack_acknowledgement_seconds_count{transport=\"socket\"}") >= 1.0);
    assert!(value(&said, "coc_journal_append_seconds_count") >= 2.0);
    assert!(value(&said, "coc_journal_written_bytes_total") > 1_000.0);
    assert!(value(&said, "coc_state_folder_free_bytes") > 0.0);
    assert!(value(&said, "process_resident_memory_bytes") > 1e6);
    for one in ["coc_slack_up", "coc_ready", "coc_desk_responsive"] {
        assert!(value(&said, one) > 0.5, "{one}: {said}");
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
    for one in ["coc_slack_last_heard", "coc_slack_last_event"] {
        let ago = now - value(&said, &format!("{one}_timestamp_seconds"));
        assert!((-1.0..30.0).contains(&ago), "{one}: {ago} s");
    }
    assert!(said.is_ascii(), "nobody is named: {said}");
    assert!(scene.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_slacks_line_it_is_alive_and_not_ready_and_nobody_is_told_that_it_lives() {
    let (watcher, pings) = watcher().await;
    let policy = format!("[watch]\nping_url = \"http://{watcher}/hidden\"\nping_every = \"1s\"\n");
    let mut scene = Scene::set(&policy).await;
    let at = free_address();
    let mut command = scene.command(&["run"]);
    command.env("COC_LISTEN", at.to_string()).env("SLACK_APP_TOKEN", "nonsense");
    scene.bot = Some(command.spawn().unwrap());
    until(at, "/readyz", 503, "Slack과 연결되어 있지 않습니다").await;
    until(at, "/healthz", 200, "ok").await;
    let withheld = "coc_deadman_pings_total{outcome=\"withheld\"}";
    loop {
        let (_, said) = get(at, "/metrics").await.unwrap();
        assert!(value(&said, "coc_ready") < 0.5 && value(&said, "coc_slack_up") < 0.5);
        if value(&said, withheld) >= 2.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(pings.load(Ordering::Relaxed), 0);
}

/// Somebody who raises the alarm when nobody calls; refuses every other call.
async fn watcher() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let pings = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&pings);
    let answer = move || {
        let nth = counted.fetch_add(1, Ordering::Relaxed);
        let even = nth.is_multiple_of(2);
        async move { if even { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR } }
    };
    let routes = Router::new().route("/hidden", axum::routing::get(answer));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (at, pings)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_a_ping_gets_it_and_its_address_is_nowhere() {
    let (watcher, pings) = watcher().await;
    let policy = format!("[watch]\nping_url = \"http://{watcher}/hidden\"\nping_every = \"1s\"\n");
    let mut scene = Scene::set(&policy).await;
    let at = free_address();
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut command = scene.command(&["run"]);
    command.env("COC_LISTEN", at.to_string()).env("RUST_LOG", "trace");
    command.stderr(log.reopen().unwrap());
    scene.bot = Some(command.spawn().unwrap());
    until(at, "/readyz", 200, "ready").await;
    let (went, failed) = ("coc_deadman_pings_total{outcome=\"ok\"}", "{outcome=\"failed\"}");
    let failed = format!("coc_deadman_pings_total{failed}");
    for _ in 0..200 {
        let (_, said) = get(at, "/metrics").await.unwrap();
        if value(&said, went) >= 1.0 && value(&said, &failed) >= 1.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(pings.load(Ordering::Relaxed) >= 2, "one answered, one refused");
    let status = scene.stop().await;
    assert!(status.success(), "{status}");
    let said = std::fs::read_to_string(log.path()).unwrap();
    assert!(said.contains("a dead-man ping was refused"), "{said}");
    let shown: Vec<_> = said.lines().filter(|line| line.contains("/hidden")).collect();
    assert!(shown.is_empty(), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn systemd_is_told_that_it_is_ready_that_it_lives_and_that_it_stops() {
    let mut scene = Scene::set("").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let systemd = UnixDatagram::bind(&path).unwrap();
    systemd.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut command = scene.command(&["run"]);
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "900000");
    scene.bot = Some(command.spawn().unwrap());
    let hear = move |within: Duration| {
        systemd.set_read_timeout(Some(within)).unwrap();
        let mut heard = [0; 512];
        let read = systemd.recv(&mut heard).ok()?;
        Some(String::from_utf8(heard[..read].to_vec()).unwrap())
    };
    let patience = Duration::from_secs(20);
    let (hear, first) = listened(hear, patience).await;
    assert!(first.unwrap().starts_with("READY=1\n"));
    let mut hear = hear;
    for _ in 0..3 {
        let (back, sign) = listened(hear, patience).await;
        assert!(sign.unwrap().starts_with("WATCHDOG=1\n"));
        hear = back;
    }
    // a process that stands still feeds nobody
    let bot = scene.bot.as_ref().unwrap().id().to_string();
    let signal = |name: &str| std::process::Command::new("kill").args([name, &bot]).status();
    assert!(signal("-STOP").unwrap().success());
    loop {
        let (back, sign) = listened(hear, Duration::from_secs(2)).await;
        hear = back;
        if sign.is_none() {
            break;
        }
    }
    assert!(signal("-CONT").unwrap().success());
    let (hear, sign) = listened(hear, patience).await;
    assert!(sign.unwrap().starts_with("WATCHDOG=1\n"));
    assert!(scene.stop().await.success());
    let mut hear = hear;
    loop {
        let (back, sign) = listened(hear, patience).await;
        if sign.unwrap().starts_with("STOPPING=1\n") {
            break;
        }
        hear = back;
    }
}

/// Hears beside the stand-ins, which go on meanwhile.
async fn listened<F>(hear: F, within: Duration) -> (F, Option<String>)
where
    F: Fn(Duration) -> Option<String> + Send + 'static,
{
    tokio::task::spawn_blocking(move || {
        let heard = hear(within);
        (hear, heard)
    })
    .await
    .unwrap()
}
