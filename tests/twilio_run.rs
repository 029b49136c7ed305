//! The real program with a real telephone's stand-in: `coc run` as a process of its own between the practice workspace and Twilio's
//! stand-in, and `coc doctor` beside it.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "bounds on real time")]

#[path = "standins/twilio/mod.rs"]
mod standin;
#[path = "common/workplace.rs"]
mod workplace;

use coc::domain::words::phone as words;
use coc::ports::Clock;
use coc::sandbox::server::{Options, Sandbox};
use coc::sandbox::workspace::{Author, Typing, Workspace};
use coc::service::WallClock;
use serde_json::Value;
use standin::{ACCOUNT, Does, FROM, Fault, Kind, TOKEN, Twilio};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use workplace::{Bare, free_address, furnished};

const GUIDE: &str = include_str!("../data/guide.txt");
const SOON: Duration = Duration::from_secs(30);
const GAON: &str = "+821000001001";
const NARAE: &str = "+821000001002";

/// The workspace, Twilio, and the bot between them.
struct Scene {
    workspace: Arc<Mutex<Workspace>>,
    sandbox: Sandbox,
    slack: String,
    twilio: Twilio,
    folder: tempfile::TempDir,
    port: u16,
    bot: Option<Child>,
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Scene {
    async fn set(options: standin::Options) -> Self {
        let workspace = Arc::new(Mutex::new(furnished()));
        let sandbox = Sandbox::new(Arc::clone(&workspace), Arc::new(Bare), Options::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let slack = format!("http://{}/api/", listener.local_addr().unwrap());
        let serving = sandbox.clone();
        tokio::spawn(async move { serving.serve(listener, std::future::pending()).await });
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("guide.txt"), GUIDE).unwrap();
        std::fs::write(data.join("customers.csv"), include_str!("../data/customers.csv")).unwrap();
        let (twilio, port) = (Twilio::start(options).await, free_address().port());
        Self { workspace, sandbox, slack, twilio, folder, port, bot: None }
    }

    fn coc(&self, command: &str) -> Command {
        let mut coc = Command::new(env!("CARGO_BIN_EXE_coc"));
        let folder = self.folder.path();
        coc.env_clear().arg("--data").arg(folder.join("data")).arg("--state");
        coc.arg(folder.join("state")).arg(command);
        coc.env("SLACK_API_URL", &self.slack)
            .env("AWS_STATUS_URL", "off")
            .env("SLACK_BOT_TOKEN", "xoxb-sandbox")
            .env("SLACK_APP_TOKEN", "xapp-sandbox")
            .env("COC_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("TWILIO_ACCOUNT_SID", ACCOUNT)
            .env("TWILIO_AUTH_TOKEN", TOKEN)
            .env("TWILIO_FROM", FROM)
            .env("TWILIO_API_URL", self.twilio.url())
            .env("COC_PUBLIC_URL", format!("http://127.0.0.1:{}", self.port))
            .env("RUST_LOG", "info");
        coc
    }

    fn log(&self) -> std::path::PathBuf {
        self.folder.path().join("log")
    }

    fn start(&mut self) {
        self.start_with(|_| {});
    }

    fn start_with(&mut self, change: impl FnOnce(&mut Command)) {
        let log = std::fs::File::options().create(true).append(true).open(self.log()).unwrap();
        let mut coc = self.coc("run");
        change(&mut coc);
        self.bot = Some(coc.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    }

    fn kill(&mut self) {
        if let Some(mut bot) = self.bot.take() {
            bot.kill().unwrap();
            bot.wait().unwrap();
        }
    }

    fn requests(&self) {
        self.requests_for(4242);
    }

    fn requests_for(&self, ticket: u32) {
        let link = format!("https://support.example.com/agent/tickets/{ticket}");
        let text = &format!("@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: {link}");
        let mut workspace = self.workspace.lock().unwrap();
        let csr = workspace.user_named("오하라").unwrap().id.clone();
        let general = workspace.channel_named("general").unwrap().id.clone();
        let now = WallClock.now();
        let (_, told) = workspace.say(now, &csr, &general, None, text, Typing::Plain).unwrap();
        drop(workspace);
        self.sandbox.deliver(told);
    }

    fn posts(&self) -> Vec<String> {
        let workspace = self.workspace.lock().unwrap();
        let mut found = Vec::new();
        for channel in ["general", "coc-noti"] {
            let id = workspace.channel_named(channel).unwrap().id.clone();
            let own = workspace.messages(&id).filter(|one| matches!(one.author, Author::Bot));
            found.extend(own.map(|one| workspace.words(&one.text, &one.blocks)));
        }
        found
    }

    fn says(&self, words: &str) -> bool {
        self.posts().iter().any(|said| said.contains(words))
    }

    async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + SOON;
        while !holds(self) {
            assert!(
                Instant::now() < deadline,
                "{what}: not within {SOON:?}; {:#?} {:#?} {}",
                self.posts(),
                self.twilio.calls(),
                std::fs::read_to_string(self.log()).unwrap_or_default()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Nothing that is nobody's business is in the log, and Twilio's stand-in understood everything.
    fn is_clean(&self) {
        assert_eq!(self.twilio.complaints(), Vec::<String>::new());
        let log = std::fs::read_to_string(self.log()).unwrap();
        for secret in [TOKEN, ACCOUNT, "0000-1001", "00001001", "한빛전자"] {
            assert!(!log.contains(secret), "{secret} in {log}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_refuses_by_key_2_and_the_next_accepts_by_key_1() {
    let mut scene = Scene::set(standin::Options::default()).await;
    scene.twilio.person(GAON, &[Does::Keys("2")]);
    scene.twilio.person(NARAE, &[Does::Keys("31")]);
    scene.start();
    scene.requests();
    scene.until("taken", |scene| scene.says("✅ 나래솔 님이")).await;
    let calls = scene.twilio.calls();
    let numbers: Vec<&str> = calls.iter().map(|call| call.to.as_str()).collect();
    assert_eq!(numbers, [GAON, NARAE]);
    assert!(
        calls[0].said[0].contains("한빛전자") && calls[0].said[0].contains("4242번"),
        "{calls:#?}"
    );
    assert_eq!(calls[0].said[1], words::goodbye(false));
    scene
        .until("a goodbye", |scene| {
            scene.twilio.calls()[1].said.last().is_some_and(|said| said == words::goodbye(true))
        })
        .await;
    assert!(scene.posts().iter().any(|said| said.contains("✅ 나래솔") && said.contains("전화")));
    scene.is_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_requests_share_one_call_and_have_their_own_keys() {
    let second = Duration::from_secs(1);
    let mut scene = Scene::set(standin::Options { second, ..standin::Options::default() }).await;
    scene.twilio.person(GAON, &[Does::Keys("12")]);
    scene.twilio.person(NARAE, &[Does::Keys("1")]);
    scene.start();
    scene.requests();
    scene.until("it is dialled", |scene| !scene.twilio.calls().is_empty()).await;
    scene.requests_for(4343);
    scene
        .until("both are taken", |scene| {
            scene.says("✅ 가온별 님이") && scene.says("✅ 나래솔 님이")
        })
        .await;
    let calls = scene.twilio.calls();
    let numbers: Vec<&str> = calls.iter().map(|call| call.to.as_str()).collect();
    assert_eq!(numbers, [GAON, NARAE], "one call to each");
    let said = &calls[0].said;
    assert!(said[0].contains("4242번") && !said[0].contains("4343번"), "{said:?}");
    assert!(said[1].contains("다음 건입니다") && said[1].contains("4343번"), "{said:?}");
    assert_eq!(said[2..], [words::goodbye(false)]);
    assert!(calls[1].said[0].contains("4343번"), "{:?}", calls[1].said);
    scene.is_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acceptance_in_slack_ends_the_ringing() {
    let second = Duration::from_secs(1);
    let mut scene = Scene::set(standin::Options { second, ..standin::Options::default() }).await;
    scene.start();
    scene.requests();
    scene
        .until("it rings", |scene| {
            scene.twilio.calls().first().is_some_and(|call| call.status == "ringing")
        })
        .await;
    scene.until("the mention", |scene| scene.says("수락입니다")).await;
    let told = {
        let mut workspace = scene.workspace.lock().unwrap();
        let gaon = workspace.user_named("가온별").unwrap().id.clone();
        let general = workspace.channel_named("general").unwrap().id.clone();
        let is_rung = |text: &str| text.contains("수락입니다");
        let rung = workspace
            .messages(&general)
            .find(|one| is_rung(&workspace.words(&one.text, &one.blocks)))
            .unwrap()
            .at
            .clone();
        workspace.react(WallClock.now(), &gaon, &rung, "white_check_mark").unwrap()
    };
    scene.sandbox.deliver(told);
    scene.until("taken", |scene| scene.says("✅ 가온별 님이")).await;
    scene
        .until("the telephone is still", |scene| scene.twilio.calls()[0].status == "canceled")
        .await;
    assert_eq!(scene.twilio.calls().len(), 1);
    scene.is_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_the_carrier_answered_it_dials_nobody_twice() {
    let second = Duration::from_secs(4);
    let mut scene = Scene::set(standin::Options { second, ..standin::Options::default() }).await;
    scene.twilio.person(GAON, &[Does::Keys("1")]);
    scene.twilio.next(Kind::Create, Fault::Slow(Duration::from_secs(9)));
    scene.start();
    scene.requests();
    scene.until("it is dialled", |scene| !scene.twilio.calls().is_empty()).await;
    scene.kill();
    scene.start();
    // it rings on, and the key counts for the call that was found
    scene.until("taken", |scene| scene.says("✅ 가온별 님이")).await;
    assert_eq!(scene.twilio.calls().len(), 1, "{:#?}", scene.twilio.calls());
    scene.is_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn set_up_by_half_it_says_so_and_coc_phones() {
    let mut scene = Scene::set(standin::Options::default()).await;
    scene.start_with(|coc| {
        coc.env_remove("TWILIO_FROM");
    });
    scene.requests();
    scene.until("the mention", |scene| scene.says("수락입니다")).await;
    scene.until("COC is asked", |scene| scene.says("010-0000-1001")).await;
    let log = std::fs::read_to_string(scene.log()).unwrap();
    assert!(log.contains("전화 발신 없이 시작합니다") && log.contains("TWILIO_FROM"), "{log}");
    assert_eq!(scene.twilio.calls().len(), 0);
}

#[track_caller]
fn found(output: &Output, what: &str) -> (String, String) {
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = read["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["what"] == what);
    let check = check.unwrap_or_else(|| panic!("{what} is not in {read}"));
    let word = |key: &str| check[key].as_str().unwrap().to_owned();
    for secret in [TOKEN, ACCOUNT, "7000000001"] {
        assert!(!String::from_utf8_lossy(&output.stdout).contains(secret), "{secret}");
    }
    (word("state"), word("text"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_tries_the_telephone() {
    let scene = Scene::set(standin::Options::default()).await;
    let doctor = || {
        let mut coc = scene.coc("doctor");
        coc.arg("--json");
        coc
    };
    let output = doctor().output().unwrap();
    for what in ["전화 설정", "전화 계정", "발신 번호", "한국 발신"] {
        let (state, text) = found(&output, what);
        assert_eq!(state, "ok", "{what}: {text}");
    }
    let output = doctor().env("TWILIO_FROM", "070-0000-0002").output().unwrap();
    let (state, text) = found(&output, "발신 번호");
    assert!(state == "missing" && text.contains("이 계정의 번호가 아닙니다"), "{text}");
    let output = doctor().env("TWILIO_AUTH_TOKEN", "another-token").output().unwrap();
    let (state, text) = found(&output, "전화 계정");
    assert!(state == "missing" && text.contains("인증"), "{text}");
    assert_eq!(found(&output, "한국 발신").0, "untried");
    let output = doctor().env("COC_PUBLIC_URL", "http://coc.example.com").output().unwrap();
    let (state, text) = found(&output, "전화 설정");
    assert!(state == "missing" && text.contains("COC_PUBLIC_URL"), "{text}");
    assert_eq!(scene.twilio.calls().len(), 0, "nobody is called");
    assert_eq!(scene.twilio.complaints(), Vec::<String>::new());
    let shut =
        standin::Options { korea: false, status: "suspended", ..standin::Options::default() };
    let shut = Scene::set(shut).await;
    let output = shut.coc("doctor").arg("--json").output().unwrap();
    let (state, text) = found(&output, "한국 발신");
    assert!(state == "missing" && text.contains("South Korea"), "{text}");
    assert_eq!(found(&output, "전화 계정").0, "missing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_tries_a_service_of_the_teams_own() {
    use axum::http::{HeaderMap, StatusCode};

    let scene = Scene::set(standin::Options::default()).await;
    let health = |headers: HeaderMap| async move {
        let right = headers.get("authorization").is_some_and(|given| given == "Bearer own-token");
        if right { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED }
    };
    let routes = axum::Router::new().route("/health", axum::routing::get(health));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let doctor = |token: &str, twilio: bool| {
        let mut coc = scene.coc("doctor");
        coc.arg("--json").env("PHONE_URL", &url).env("PHONE_TOKEN", token);
        if !twilio {
            coc.env_remove("TWILIO_AUTH_TOKEN");
        }
        coc.output().unwrap()
    };
    // Twilio goes first where both are whole, and its half does not stand in the way
    assert!(found(&doctor("own-token", true), "전화 설정").1.contains("Twilio"));
    let output = doctor("own-token", false);
    assert!(found(&output, "전화 설정").1.contains("PHONE_URL"));
    assert_eq!(found(&output, "전화 서비스").0, "ok");
    let (state, text) = found(&doctor("another-token", false), "전화 서비스");
    assert!(state == "missing" && text.contains("인증"), "{text}");
    let (state, text) = found(&doctor("두 낱말", false), "전화 설정");
    assert!(state == "missing" && text.contains("PHONE_TOKEN"), "{text}");
}
