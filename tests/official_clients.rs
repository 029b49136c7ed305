//! The practice workspace judged by Slack's own clients: `slack_sdk` and `slack_bolt` for Python, `@slack/bolt` for Node. Each is a
//! process of its own that runs a small app (`tests/official_clients/`); the people are played here, and what the workspace then
//! holds is looked at.
//!
//! `COC_JUDGES` is the folder with the clients: a Python environment in `bin/`, `node_modules` beside it.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "common/workplace.rs"]
mod workplace;

use coc::domain::ids::{ChannelId, MessageRef, SlackUser};
use coc::domain::time::Time;
use coc::ports::Clock;
use coc::sandbox::request_url::RequestUrls;
use coc::sandbox::server::{Options, Sandbox};
use coc::sandbox::workspace::{
    Author, Delivery, Message, OpenForm, Pick, PressOn, Typing, Workspace,
};
use coc::service::WallClock;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::Instant;
use workplace::Bare;

/// How long anything may take that a judge or the stand-in does; generous, for a busy machine.
const SOON: Duration = Duration::from_secs(30);
const SECRET: &str = "sandbox-signing-secret";

/// How a judge is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Socket,
    Http,
}

/// A judge's process, which goes with the test.
struct Judge(Child);

impl Drop for Judge {
    fn drop(&mut self) {
        // Gone already is fine, too.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Judge {
    async fn ends(&mut self, within: Duration) -> ExitStatus {
        let deadline = Instant::now() + within;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the judge does not end within {within:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A workspace that is served, two people, and a judge's app beside it.
struct Scene {
    workspace: Arc<Mutex<Workspace>>,
    sandbox: Sandbox,
    api: String,
    /// Where an app in HTTP mode listens.
    port: u16,
    gaon: SlackUser,
    narae: SlackUser,
    general: ChannelId,
}

impl Scene {
    async fn set(mode: Mode) -> Self {
        let mut workspace = Workspace::new();
        let general = workspace.add_channel("general", "");
        let away = workspace.add_channel("away", "the app is not in it");
        let gaon = workspace.add_user("gaon", "가온별", "gaon@example.co.kr");
        let narae = workspace.add_user("narae", "나래솔", "narae@example.co.kr");
        workspace.add_group("coc", "COC", &[gaon.clone(), narae.clone()]);
        let bot = workspace.bot.user.clone();
        workspace.leave_channel(&away, &bot);
        let workspace = Arc::new(Mutex::new(workspace));
        let port = free_port().await;
        let url = format!("http://127.0.0.1:{port}/slack/events");
        let mut urls = RequestUrls::new(&url, &url, &url, SECRET).unwrap();
        urls.again_after = vec![Duration::ZERO, Duration::from_millis(500)];
        let options = Options {
            again_after: Duration::from_secs(4),
            deliver_to: (mode == Mode::Http).then_some(urls),
            ..Options::default()
        };
        let sandbox = Sandbox::new(Arc::clone(&workspace), Arc::new(Bare), options);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}/api/", listener.local_addr().unwrap());
        let serving = sandbox.clone();
        tokio::spawn(async move { serving.serve(listener, std::future::pending()).await });
        Self { workspace, sandbox, api, port, gaon, narae, general }
    }

    /// Starts a judge and waits until Slack reaches it.
    async fn app(mode: Mode, script: &str) -> (Self, Judge) {
        let scene = Self::set(mode).await;
        let port = scene.port.to_string();
        let judge = match mode {
            Mode::Socket => scene.judge(script, &["socket"]),
            Mode::Http => scene.judge(script, &["http", &port]),
        };
        scene.reached(mode).await;
        (scene, judge)
    }

    async fn reached(&self, mode: Mode) {
        let deadline = Instant::now() + SOON;
        loop {
            let there = match mode {
                Mode::Socket => self.sandbox.sockets() > 0,
                Mode::Http => self.sandbox.challenge().await,
            };
            if there {
                return;
            }
            assert!(Instant::now() < deadline, "the judge's app is not there");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn judge(&self, script: &str, args: &[&str]) -> Judge {
        let judges = PathBuf::from(std::env::var("COC_JUDGES").expect("COC_JUDGES names a folder"));
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/official_clients");
        let program = match Path::new(script).extension().and_then(|end| end.to_str()) {
            Some("py") => judges.join("bin/python"),
            Some(_) | None => PathBuf::from("node"),
        };
        let child = Command::new(program)
            .arg(here.join(script))
            .args(args)
            .env("COC_JUDGES", &judges)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("SLACK_API_URL", &self.api)
            .env("SLACK_APP_TOKEN", "xapp-sandbox")
            .env("SLACK_BOT_TOKEN", "xoxb-sandbox")
            .env("SLACK_SIGNING_SECRET", SECRET)
            .spawn()
            .unwrap();
        Judge(child)
    }

    fn workspace(&self) -> MutexGuard<'_, Workspace> {
        self.workspace.lock().unwrap()
    }

    /// Does something in the workspace and hands what Slack tells of it to the app.
    fn with<T>(&self, act: impl FnOnce(&mut Workspace, Time) -> (T, Vec<Delivery>)) -> T {
        let (value, told) = act(&mut self.workspace(), WallClock.now());
        self.sandbox.deliver(told);
        value
    }

    fn say(&self, text: &str) -> MessageRef {
        self.with(|workspace, now| {
            workspace.say(now, &self.gaon, &self.general, None, text, Typing::Plain).unwrap()
        })
    }

    fn press(&self, on: PressOn<'_>, label: &str) {
        self.with(|workspace, now| {
            let pressed = workspace.press(now, &self.gaon, on, Pick::Label(label)).unwrap();
            ((), vec![pressed])
        });
    }

    fn slash(&self, text: &str) {
        self.with(|workspace, now| {
            let typed =
                workspace.slash(now, &self.gaon, &self.general, "/judge", text, Typing::Plain);
            ((), vec![typed.unwrap()])
        });
    }

    fn submit(&self, fields: &[(&str, &str)]) {
        let fields: BTreeMap<String, String> =
            fields.iter().map(|(label, said)| ((*label).into(), (*said).into())).collect();
        self.with(|workspace, now| ((), vec![workspace.submit(now, &self.gaon, &fields).unwrap()]));
    }

    fn form(&self) -> Option<OpenForm> {
        self.workspace().open_form(&self.gaon)
    }

    fn form_is(&self, title: &str) -> bool {
        self.form().is_some_and(|form| form.title == title)
    }

    /// What the app posted in #general and its threads, oldest first.
    fn posts(&self) -> Vec<Message> {
        let workspace = self.workspace();
        let all = workspace.messages(&self.general);
        all.filter(|message| message.author == Author::Bot).cloned().collect()
    }

    fn says(&self, text: &str) -> bool {
        self.posts().iter().any(|message| message.text == text)
    }

    fn whispers(&self, text: &str) -> bool {
        let workspace = self.workspace();
        workspace.ephemerals().iter().any(|shown| shown.to == self.gaon && shown.text == text)
    }

    async fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + SOON;
        while !holds() {
            assert!(
                Instant::now() < deadline,
                "{what}: not within {SOON:?}; posts {:#?}; whispers {:#?}; form {:#?}",
                self.posts().iter().map(|post| post.text.clone()).collect::<Vec<_>>(),
                self.workspace().ephemerals(),
                self.form(),
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn until_said(&self, text: &str) {
        self.until(text, || self.says(text)).await;
    }

    /// The app's answer in the thread of a message.
    async fn answer_to(&self, root: &MessageRef, text: &str) -> Message {
        let find = || {
            let workspace = self.workspace();
            let mut replies = workspace.replies(root);
            replies.find(|reply| reply.author == Author::Bot && reply.text == text).cloned()
        };
        self.until(text, || find().is_some()).await;
        find().unwrap()
    }

    /// All that the judges' app in Bolt does, whatever its language and mode.
    async fn play(&self) {
        self.messages().await;
        self.buttons().await;
        self.commands().await;
        self.forms().await;
        self.home().await;
    }

    async fn messages(&self) {
        let greeting = self.say("안녕, 친구");
        self.until_said("안녕하세요").await;
        self.with(|workspace, now| {
            ((), workspace.react(now, &self.narae, &greeting, "white_check_mark").unwrap())
        });
        self.answer_to(&greeting, "반응: white_check_mark").await;
        let slip = self.say("가 & 나");
        self.with(|workspace, now| {
            ((), workspace.edit(now, &self.gaon, &slip, "다", Typing::Plain).unwrap())
        });
        self.until_said("고침: 가 &amp; 나 → 다").await;
        self.with(|workspace, now| ((), workspace.delete(now, &self.gaon, &slip).unwrap()));
        self.until_said("지움: 다").await;
        let greetings = self.posts().iter().filter(|post| post.text == "안녕하세요").count();
        assert_eq!(greetings, 1, "an event that was taken is not sent again");
    }

    async fn buttons(&self) {
        let asked = self.say("@COC 시작");
        let answer = self.answer_to(&asked, "들었습니다").await;
        assert_eq!(answer.metadata.unwrap()["event_payload"]["of"], asked.ts.as_str());
        let bot = self.workspace().bot.user.clone();
        let reactions = self.workspace().message(&asked).unwrap().reactions.clone();
        assert_eq!((reactions[0].name.as_str(), &reactions[0].users), ("eyes", &vec![bot]));
        self.press(PressOn::Message(&answer.at), "수락");
        self.answer_to(&asked, "수락되었습니다: 예").await;
        assert_eq!(self.workspace().buttons(&answer.at), [], "an empty list takes them away");
        self.until("the app whispers", || self.whispers("혼자 봅니다")).await;
        let asked = self.say("@COC 다른 일");
        let answer = self.answer_to(&asked, "들었습니다").await;
        self.press(PressOn::Message(&answer.at), "거절");
        self.answer_to(&asked, "거절되었습니다").await;
    }

    async fn commands(&self) {
        self.slash("말");
        self.until("the command's answer", || self.whispers("받았습니다")).await;
        self.slash("늦게");
        self.until("a trigger dies", || self.whispers("오류: expired_trigger_id")).await;
    }

    async fn forms(&self) {
        self.slash("양식");
        self.until("a form", || self.form_is("심판")).await;
        let labels: Vec<String> =
            self.form().unwrap().fields.into_iter().map(|field| field.label).collect();
        assert_eq!(labels, ["이름", "종류", "누구"]);
        self.press(PressOn::Form, "더");
        self.until("the form changes", || self.form_is("바뀐 심판")).await;
        self.until_said("오류: hash_conflict, 적힌 이름: 처음").await;
        self.submit(&[("이름", "틀림")]);
        let error = || self.form().and_then(|form| form.fields[0].error.clone());
        self.until("an error", || error().as_deref() == Some("이름이 틀렸습니다")).await;
        self.press(PressOn::Form, "위");
        self.until("a form on top", || self.form_is("위 양식")).await;
        self.submit(&[]);
        self.until("all forms close", || self.form().is_none()).await;
        self.slash("양식");
        self.until("a form", || self.form_is("심판")).await;
        self.submit(&[("이름", "바꿈")]);
        self.until("another form in its place", || self.form_is("또 바뀜")).await;
        self.with(|workspace, _| {
            ((), workspace.close_form(&self.gaon).unwrap().into_iter().collect())
        });
        self.until_said("닫힘: 곁말").await;
        self.slash("양식");
        self.until("a form", || self.form_is("심판")).await;
        self.submit(&[("이름", "가"), ("종류", "둘"), ("누구", "나래솔")]);
        self.until_said(&format!("제출: 가/2/{}", self.narae)).await;
        self.until("the form closes", || self.form().is_none()).await;
    }

    async fn home(&self) {
        let reads = |words: &str| {
            let workspace = self.workspace();
            let home = workspace.home(&self.gaon);
            home.is_some_and(|home| workspace.words("", home.blocks()) == words)
        };
        self.with(|workspace, now| ((), vec![workspace.open_home(now, &self.gaon).unwrap()]));
        self.until("the home is published", || reads("첫 화면")).await;
        self.press(PressOn::Home, "집");
        self.until("the home changes", || reads("누른 화면")).await;
    }

    /// Slack asks for another socket every few hours: nothing gets lost over it.
    async fn refresh(&self) {
        self.sandbox.refresh_sockets();
        let asked = self.say("@COC 바꾸는 동안");
        self.answer_to(&asked, "들었습니다").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let asked = self.say("@COC 바꾼 뒤");
        self.answer_to(&asked, "들었습니다").await;
    }
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// The Web API by a judge who asserts by itself.
async fn web(script: &str, limited: [&str; 2]) {
    let scene = Scene::set(Mode::Socket).await;
    scene.say("사람이 쓴 글");
    for method in limited {
        scene.workspace().refuse_next(method, 1, 1);
    }
    let status = scene.judge(script, &["web"]).ends(SOON * 2).await;
    assert!(status.success(), "{script}: {status}");
    for method in limited {
        let left = scene.workspace().admit(WallClock.now(), method, &serde_json::json!({}));
        assert_eq!(left, Ok(()), "{method} was asked for");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python and Node with the official Slack clients; .ci/run installs them"]
async fn python_calls_the_web_api() {
    web("judge_sdk.py", ["usergroups.list", "conversations.list"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python and Node with the official Slack clients; .ci/run installs them"]
async fn node_calls_the_web_api() {
    web("judge_bolt.mjs", ["dnd.info", "users.getPresence"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python and Node with the official Slack clients; .ci/run installs them"]
async fn python_listens_on_sockets() {
    for kind in ["builtin", "websocket_client"] {
        let scene = Scene::set(Mode::Socket).await;
        let _judge = scene.judge("judge_sdk.py", &["socket", kind]);
        scene.reached(Mode::Socket).await;
        let said = scene.say("들립니까");
        let answer = scene.answer_to(&said, "들었습니다").await;
        scene.press(PressOn::Message(&answer.at), "수락");
        scene.answer_to(&said, "수락되었습니다: 예").await;
        let lost = scene.say("다시");
        scene.answer_to(&lost, "재시도 1 timeout").await;
        scene.slash("양식");
        scene.until("the command's answer", || scene.whispers("받았습니다: 양식")).await;
        scene.until("a form", || scene.form_is("심판")).await;
        scene.submit(&[("이름", "틀림")]);
        let error = || scene.form().and_then(|form| form.fields[0].error.clone());
        scene.until("an error", || error().as_deref() == Some("이름이 틀렸습니다")).await;
        scene.submit(&[("이름", "가")]);
        scene.until("the form closes", || scene.form().is_none()).await;
        scene.refresh().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python and Node with the official Slack clients; .ci/run installs them"]
async fn python_bolt_over_sockets() {
    let (scene, _judge) = Scene::app(Mode::Socket, "judge_bolt.py").await;
    scene.play().await;
    scene.refresh().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python and Node with the official Slack clients; .ci/run installs them"]
async fn python_bolt_over_http() {
    let (scene, _judge) = Scene::app(Mode::Http, "judge_bolt.py").await;
    scene.play().await;
    scene.say("다시");
    scene.until_said("재시도 1 http_error").await;
    forged(&scene).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python and Node with the official Slack clients; .ci/run installs them"]
async fn node_bolt_over_sockets() {
    let (scene, _judge) = Scene::app(Mode::Socket, "judge_bolt.mjs").await;
    scene.play().await;
    scene.refresh().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python and Node with the official Slack clients; .ci/run installs them"]
async fn node_bolt_over_http() {
    let (scene, _judge) = Scene::app(Mode::Http, "judge_bolt.mjs").await;
    scene.play().await;
    forged(&scene).await;
}

/// The judge's app does look at signatures: one by another secret is refused.
async fn forged(scene: &Scene) {
    let url = format!("http://127.0.0.1:{}/slack/events", scene.port);
    let urls = RequestUrls::new(&url, &url, &url, "another secret").unwrap();
    let options = Options { deliver_to: Some(urls), ..Options::default() };
    let other = Sandbox::new(Arc::default(), Arc::new(Bare), options);
    assert!(scene.sandbox.challenge().await);
    assert!(!other.challenge().await);
}
