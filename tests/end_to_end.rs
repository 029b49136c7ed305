//! The real program against the practice workspace over HTTP and WebSocket, as in a real workspace: `coc run` is a process of its
//! own, reached by the real Slack client, and killed by signal 9.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "bounds on real time")]

#[path = "common/bare.rs"]
mod bare;

use bare::Bare;
use coc::domain::ids::{ChannelId, MessageRef, SlackUser};
use coc::domain::people::read_guide;
use coc::domain::time::Time;
use coc::ports::Clock;
use coc::sandbox::server::{Options, Sandbox};
use coc::sandbox::workspace::{Author, Delivery, Typing, Workspace};
use coc::service::{WallClock, today};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const TICKET: &str = "https://support.example.com/agent/tickets/4242";

/// A workspace that is served, and the bot beside it.
struct Scene {
    workspace: Arc<Mutex<Workspace>>,
    sandbox: Sandbox,
    url: String,
    folder: tempfile::TempDir,
    bot: Option<Child>,
    csr: SlackUser,
    general: ChannelId,
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Scene {
    async fn set(policy: &str) -> Self {
        let guide = include_str!("../data/guide.txt");
        let (roster, _) = read_guide(guide, today()).unwrap();
        let mut workspace = Workspace::new();
        let general = workspace.add_channel("general", "");
        workspace.add_channel("coc-noti", "");
        for (nth, person) in roster.people.iter().enumerate() {
            let made_up = format!("ts{nth}@example.co.kr");
            let email = person.email.as_deref().unwrap_or(&made_up);
            workspace.add_user(&format!("ts{nth}"), person.name.as_str(), email);
        }
        let csr = workspace.add_user("csr1", "오하라", "csr1@example.com");
        let coc = workspace.add_user("coc1", "고윤슬", "coc1@example.com");
        workspace.add_group("csr", "csr", std::slice::from_ref(&csr));
        workspace.add_group("coc", "coc", &[coc]);
        let workspace = Arc::new(Mutex::new(workspace));
        let options = Options { again_after: Duration::from_millis(700), ..Options::default() };
        let sandbox = Sandbox::new(Arc::clone(&workspace), Arc::new(Bare), options);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/", listener.local_addr().unwrap());
        let serving = sandbox.clone();
        tokio::spawn(async move { serving.serve(listener, std::future::pending()).await });
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("guide.txt"), guide).unwrap();
        std::fs::write(data.join("customers.csv"), include_str!("../data/customers.csv")).unwrap();
        std::fs::write(data.join("policy.toml"), policy).unwrap();
        Self { workspace, sandbox, url, folder, bot: None, csr, general }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coc"));
        command
            .env_clear()
            .arg("--data")
            .arg(self.folder.path().join("data"))
            .arg("--state")
            .arg(self.folder.path().join("state"))
            .arg("run")
            .env("SLACK_API_URL", &self.url)
            .env("SLACK_BOT_TOKEN", "xoxb-sandbox")
            .env("SLACK_APP_TOKEN", "xapp-sandbox")
            .env("RUST_LOG", std::env::var("COC_TEST_LOG").unwrap_or_else(|_| "warn".to_owned()))
            .stdout(Stdio::null());
        command
    }

    fn start(&mut self) {
        self.bot = Some(self.command().spawn().unwrap());
    }

    /// Gone between two instructions.
    fn kill(&mut self) {
        if let Some(mut bot) = self.bot.take() {
            bot.kill().unwrap();
            bot.wait().unwrap();
        }
    }

    /// Does something in the workspace and hands what Slack tells of it to the bot.
    fn with<T>(&self, act: impl FnOnce(&mut Workspace, Time) -> (T, Vec<Delivery>)) -> T {
        let (value, told) = act(&mut self.workspace.lock().unwrap(), WallClock.now());
        self.sandbox.deliver(told);
        value
    }

    fn request(&self) -> MessageRef {
        let text = format!("@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: {TICKET}");
        self.with(|workspace, now| {
            workspace.say(now, &self.csr, &self.general, None, &text, Typing::Plain).unwrap()
        })
    }

    /// Everything that the bot posted, oldest first: what it says and whom it mentions.
    fn posts(&self) -> Vec<(MessageRef, String, Vec<String>)> {
        let workspace = self.workspace.lock().unwrap();
        let mut found = Vec::new();
        for channel in ["general", "coc-noti"] {
            let id = workspace.channel_named(channel).unwrap().id.clone();
            for message in workspace.messages(&id) {
                if matches!(message.author, Author::Bot) {
                    let words = workspace.words(&message.text, &message.blocks);
                    let mentions = workspace.mentions(&message.text, &message.blocks);
                    found.push((message.at.clone(), words, mentions));
                }
            }
        }
        found
    }

    async fn until(&self, within: Duration, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + within;
        while !holds(self) {
            assert!(
                Instant::now() < deadline,
                "{what}: not within {within:?}; {:#?}",
                self.posts()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn says(&self, words: &str) -> bool {
        self.posts().iter().any(|(_, said, _)| said.contains(words))
    }
}

/// Whom the rungs' posts reached, in order. A rung that is over names its person without a mention.
fn reached(posts: &[(MessageRef, String, Vec<String>)]) -> Vec<String> {
    let rungs = posts.iter().filter(|(_, said, _)| {
        said.contains("긴급 티켓입니다") || said.contains("긴급 티켓 호출은 끝났습니다")
    });
    rungs
        .map(|(_, said, mentions)| match mentions.first() {
            Some(who) => who.clone(),
            None => said.split_whitespace().next().unwrap().to_owned(),
        })
        .collect()
}

/// The people of the shipped guide in the order of the urgent chain; nobody is absent today.
fn chain() -> Vec<&'static str> {
    vec![
        "가온별",
        "나래솔",
        "다솜윤",
        "라온결",
        "마루한",
        "사랑빈",
        "바름찬",
        "자람우",
        "차오름",
        "카이로",
        "아람준",
        "파란하",
        "타래은",
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_answered_by_a_reaction() {
    let mut scene = Scene::set("").await;
    scene.start();
    let request = scene.request();
    scene.until(Duration::from_secs(20), "the first rung", |s| s.says("수락입니다")).await;
    let (rung, _, mentions) =
        scene.posts().into_iter().find(|(_, said, _)| said.contains("수락입니다")).unwrap();
    assert_eq!(mentions, ["가온별"]);
    let gaon = scene.workspace.lock().unwrap().user_named("가온별").unwrap().id.clone();
    scene.with(|workspace, now| {
        ((), workspace.react(now, &gaon, &rung, "white_check_mark").unwrap())
    });
    scene.until(Duration::from_secs(10), "taken", |s| s.says("✅ 가온별 님이")).await;
    let root = scene.workspace.lock().unwrap().message(&rung).unwrap().root();
    assert_eq!(root, request, "the case lives in the thread of the request");
    // an orderly stop: exit 0 within five seconds
    let mut bot = scene.bot.take().unwrap();
    let asked = Command::new("kill").arg("-TERM").arg(bot.id().to_string()).status().unwrap();
    assert!(asked.success());
    let deadline = Instant::now() + Duration::from_secs(5);
    let status = loop {
        if let Some(status) = bot.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < deadline, "SIGTERM is answered within five seconds");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(status.success(), "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_twenty_times_in_a_chain_nobody_is_skipped_and_nobody_mentioned_twice() {
    let mut scene = Scene::set("phone = \"desk\"\n[chain]\nrung = \"1s\"\n").await;
    scene.start();
    scene.request();
    scene.until(Duration::from_secs(20), "the first rung", |s| s.says("수락입니다")).await;
    for nth in 0..20_u64 {
        // moments that fall differently into the rungs and into the start each time
        tokio::time::sleep(Duration::from_millis(60 + (nth * 137) % 610)).await;
        scene.kill();
        scene.start();
    }
    scene
        .until(Duration::from_secs(90), "the chain ends", |s| {
            s.posts()
                .iter()
                .filter(|(_, said, _)| said.contains("모두 연락되지 않았습니다"))
                .count()
                == 2
        })
        .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let posts = scene.posts();
    let mentioned = reached(&posts);
    assert_eq!(mentioned, chain(), "each once, in order: {posts:#?}");
    let passed = posts.iter().filter(|(_, said, _)| said.starts_with('⏭')).count();
    assert_eq!(passed, chain().len(), "each passing on is told once: {posts:#?}");
    let alarmed = posts.iter().filter(|(_, said, _)| said.contains("모두 연락되지")).count();
    assert_eq!(alarmed, 2, "once in g, once in n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_did_while_it_was_away_is_read_back_before_anybody_is_reached() {
    let mut scene = Scene::set("phone = \"desk\"\n[chain]\nrung = \"3s\"\n").await;
    scene.start();
    scene.request();
    scene.until(Duration::from_secs(20), "the first rung", |s| s.says("수락입니다")).await;
    scene.kill();
    let (rung, _, _) =
        scene.posts().into_iter().find(|(_, said, _)| said.contains("수락입니다")).unwrap();
    let gaon = scene.workspace.lock().unwrap().user_named("가온별").unwrap().id.clone();
    // told to nobody: the bot is away
    let now = WallClock.now();
    scene.workspace.lock().unwrap().react(now, &gaon, &rung, "eyes").unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    scene.start();
    scene.until(Duration::from_secs(20), "taken", |s| s.says("✅ 가온별 님이")).await;
    let posts = scene.posts();
    let reached = reached(&posts);
    assert_eq!(reached, ["가온별"], "nobody else is reached: {posts:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_settings_it_names_the_two_ways_to_go_on() {
    let output = Command::new(env!("CARGO_BIN_EXE_coc")).env_clear().arg("run").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    let (first, second) =
        (said.find("coc sandbox").unwrap(), said.find("SLACK_APP_TOKEN").unwrap());
    assert!(first < second, "the sandbox comes first: {said}");
}
