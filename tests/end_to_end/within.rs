//! The running bot from within, where what goes wrong cannot be done to a process from outside: a journal that hangs, a line to Slack that
//! stands and brings nothing.

use crate::scene::Scene;
use crate::workplace::{free_address, shipped};
use async_trait::async_trait;
use axum::http::Request;
use coc::adapters::http::{Base, Http};
use coc::adapters::slack::api::{Api, Settings, Token};
use coc::adapters::slack::chat::Slack;
use coc::domain::input::{Books, Input, SlackInput};
use coc::domain::message::Answer;
use coc::errands::Hands;
use coc::ingress::{Desk, Taken, Unavailable, socket};
use coc::journal::{Alive, AppendError, Memory, Record, Store, StoreError, StoredRecord};
use coc::metrics::Way;
use coc::ports::{Clock, Library};
use coc::probes;
use coc::sandbox::workspace::Typing;
use coc::service::{ECHO_WITHIN, Intake, NotReady, Service, WallClock};
use http_body_util::Full;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;

struct NoLibrary;

impl Library for NoLibrary {
    fn guide(&self) -> Result<String, String> {
        Err("없습니다".to_owned())
    }
}

/// A store whose appends wait for as long as somebody holds the gate.
#[derive(Default)]
struct Gated {
    store: Memory,
    gate: Arc<Mutex<()>>,
    /// The numbers of the records that were written together.
    batches: Arc<Mutex<Vec<Vec<u64>>>>,
}

impl Store for Gated {
    fn last(&self) -> Result<Option<StoredRecord>, StoreError> {
        self.store.last()
    }
    fn read(
        &self,
        from: u64,
        each: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.store.read(from, each)
    }
    fn append(&mut self, expected_next: u64, batch: &[StoredRecord]) -> Result<(), AppendError> {
        let _through = self.gate.lock().unwrap();
        self.batches.lock().unwrap().push(batch.iter().map(|stored| stored.seq).collect());
        self.store.append(expected_next, batch)
    }
    fn snapshots(&self) -> Result<Vec<u64>, StoreError> {
        self.store.snapshots()
    }
    fn snapshot(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        self.store.snapshot(seq)
    }
    fn put_snapshot(&mut self, seq: u64, bytes: &[u8]) -> Result<(), StoreError> {
        self.store.put_snapshot(seq, bytes)
    }
    fn note_alive(&mut self, alive: &Alive) -> Result<(), StoreError> {
        self.store.note_alive(alive)
    }
    fn last_alive(&self) -> Result<Option<Alive>, StoreError> {
        self.store.last_alive()
    }
}

/// What Slack's line reaches: the desk, unless nothing is to come by it.
struct Ear {
    intake: Intake,
    deaf: AtomicBool,
    handed_over: AtomicUsize,
}

impl Ear {
    fn hears(&self) -> bool {
        !self.deaf.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Desk for Ear {
    async fn take(&self, input: SlackInput) -> Result<Answer, Unavailable> {
        if self.hears() { self.intake.take(input).await } else { Err(Unavailable) }
    }
    async fn hand_over(&self, input: SlackInput) -> Result<Taken, Unavailable> {
        if !self.hears() {
            return Err(Unavailable);
        }
        let taken = self.intake.hand_over(input).await;
        self.handed_over.fetch_add(1, Ordering::Relaxed);
        taken
    }
    async fn connected(&self, up: bool) {
        self.intake.connected(up).await;
    }
    fn heard(&self) {
        self.intake.heard();
    }
    fn delivered(&self, own: bool) {
        if self.hears() {
            self.intake.delivered(own);
        }
    }
    fn acknowledged(&self, way: Way, took: Duration) {
        self.intake.acknowledged(way, took);
    }
}

struct Running {
    scene: Scene,
    service: Service,
    ear: Arc<Ear>,
    store: Memory,
    gate: Arc<Mutex<()>>,
    batches: Arc<Mutex<Vec<Vec<u64>>>>,
    at: SocketAddr,
    _stop: watch::Sender<bool>,
}

async fn running(policy: &str) -> Running {
    let scene = Scene::set(policy).await;
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    let settings = |token: &str| {
        let mut settings = Settings::new(Token::from(token));
        settings.base = scene.url.parse().unwrap();
        settings
    };
    let chat = Arc::new(Slack::new(settings("xoxb-sandbox"), Arc::clone(&clock)).unwrap());
    let hands = Hands {
        chat: chat.clone(),
        phone: None,
        tickets: None,
        mail: None,
        library: Arc::new(NoLibrary),
        board: None,
    };
    let books = Books { policy: policy.to_owned(), ..shipped() };
    let store = Gated::default();
    let (kept, gate, batches) =
        (store.store.clone(), Arc::clone(&store.gate), Arc::clone(&store.batches));
    let began = clock.now();
    let service = Service::start(store, None, books, hands, None, clock).await.unwrap();
    let intake = Intake::new(service.handle(), chat, began);
    let ear = Arc::new(Ear { intake, deaf: AtomicBool::new(false), handed_over: 0.into() });
    let (stop, stopped) = watch::channel(false);
    let api = Arc::new(Api::new(settings("xapp-sandbox")).unwrap());
    tokio::spawn(socket::run(api, ear.clone(), socket::Settings::default(), stopped));
    let at = free_address();
    let listener = tokio::net::TcpListener::bind(at).await.unwrap();
    let handle = service.handle();
    let routes = probes::health::routes(&handle)
        .merge(probes::metrics::routes(handle, std::env::temp_dir()));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let running = Running { scene, service, ear, store: kept, gate, batches, at, _stop: stop };
    running.until("ready", Duration::from_secs(20), |r| r.why().is_empty()).await;
    running
}

impl Running {
    fn why(&self) -> Vec<NotReady> {
        self.service.handle().health().not_ready()
    }

    async fn until(&self, what: &str, within: Duration, mut holds: impl FnMut(&Self) -> bool) {
        let began = Instant::now();
        while !holds(self) {
            assert!(began.elapsed() < within, "{what}: {:?}", self.why());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Appends wait from now on, until what is returned first is dropped.
    async fn shut_the_gate(&self) -> (std::sync::mpsc::Sender<()>, std::thread::JoinHandle<()>) {
        let gate = Arc::clone(&self.gate);
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let holding = std::thread::spawn(move || {
            let _closed = gate.lock().unwrap();
            // ends when it is let go, either way
            let _ = held.recv();
        });
        while self.gate.try_lock().is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        (hold, holding)
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let url = format!("http://{}", self.at);
        let http = Http::new(&Base::read(&url, "").unwrap(), Duration::from_secs(8)).unwrap();
        let request = Request::get(format!("{url}{path}")).body(Full::default()).unwrap();
        let reply = http.send(request).await.unwrap();
        (reply.status.as_u16(), String::from_utf8(reply.body.to_vec()).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_loop_that_hangs_does_not_hide_it_from_whoever_measures() {
    let running = running("").await;
    let (status, said) = running.get("/metrics").await;
    assert!(status == 200 && said.contains("coc_desk_responsive 1\n"), "{said}");
    let (hold, holding) = running.shut_the_gate().await;
    running.scene.request();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let began = Instant::now();
    let (status, said) = running.get("/metrics").await;
    assert!(status == 200 && said.contains("coc_desk_responsive 0\n"), "{said}");
    assert!(began.elapsed() < Duration::from_secs(5), "Prometheus waits ten seconds");
    drop(hold);
    holding.join().unwrap();
    let (_, said) = running.get("/metrics").await;
    assert!(said.contains("coc_desk_responsive 1\n"), "{said}");
    running.scene.until(Duration::from_secs(20), "it goes on", |s| s.says("수락입니다")).await;
}

/// A disk that takes its time, and people who go on talking in one channel.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_one_channel_brings_while_the_disk_is_busy_is_written_down_together_and_in_its_order()
{
    let running = running("phone = \"desk\"\n").await;
    let (hold, holding) = running.shut_the_gate().await;
    let before = running.ear.handed_over.load(Ordering::Relaxed);
    let mut asked = Vec::new();
    for nth in 0..6 {
        let text = format!(
            "@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: https://support.example.com/agent/tickets/{}",
            9000 + nth
        );
        let at = running.scene.with(|workspace, now| {
            let (csr, general) = (&running.scene.csr, &running.scene.general);
            workspace.say(now, csr, general, None, &text, Typing::Plain).unwrap()
        });
        asked.push(format!("m:{}:{}", at.channel, at.ts));
        running
            .until("handed over", Duration::from_secs(20), |r| {
                r.ear.handed_over.load(Ordering::Relaxed) > before + nth
            })
            .await;
    }
    drop(hold);
    holding.join().unwrap();
    let records = || {
        let records = running.store.records();
        let read = records.iter().map(|one| serde_json::from_slice::<Record>(&one.bytes).unwrap());
        let said = read.filter_map(|record| {
            let Input::Slack(input) = record.input else { return None };
            asked.contains(&input.key).then_some((record.seq, input.key))
        });
        said.unzip::<u64, String, Vec<_>, Vec<_>>()
    };
    running.until("all are kept", Duration::from_secs(20), |_| records().0.len() == 6).await;
    let (numbers, keys) = records();
    assert_eq!(keys, asked);
    // the disk was busy with the first one
    let batches = running.batches.lock().unwrap();
    let together = batches.iter().find(|batch| batch.contains(&numbers[1])).unwrap();
    assert!(numbers[1..].iter().all(|number| together.contains(number)), "{batches:?}");
}

/// Slack's line stands, its pings are answered, and nothing comes by it any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes a minute; .ci/run does it"]
async fn a_line_that_stands_and_brings_nothing_is_found_out_by_the_own_posts() {
    let running = running("phone = \"desk\"\n[chain]\nrung = \"5s\"\n").await;
    running.scene.request();
    running.scene.until(Duration::from_secs(20), "the first rung", |s| s.says("수락입니다")).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    running.ear.deaf.store(true, Ordering::Relaxed);
    let began = Instant::now();
    let is_deaf = |running: &Running| running.why() == [NotReady::Deaf];
    running.until("deaf", ECHO_WITHIN + Duration::from_secs(20), is_deaf).await;
    assert!(began.elapsed() > ECHO_WITHIN - Duration::from_secs(1), "{:?}", began.elapsed());
    let (status, said) = running.get("/readyz").await;
    assert!(status == 503 && said.contains("이벤트로 돌아오지 않습니다"), "{said}");
    assert_eq!(running.get("/healthz").await.0, 200, "to begin anew would not help");
    running.ear.deaf.store(false, Ordering::Relaxed);
    running.until("well again", Duration::from_secs(20), |r| r.why().is_empty()).await;
}
