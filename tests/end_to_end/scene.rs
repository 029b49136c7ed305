//! A workspace that is served, and the bot beside it.

use crate::workplace::{Bare, furnished};
use coc::domain::ids::{ChannelId, MessageRef, SlackUser};
use coc::domain::time::Time;
use coc::ports::Clock;
use coc::sandbox::server::{Options, Sandbox};
use coc::sandbox::workspace::{Author, Delivery, Typing, Workspace};
use coc::service::WallClock;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

pub(crate) const TICKET: &str = "https://support.example.com/agent/tickets/4242";

/// A workspace that is served, and the bot beside it.
pub(crate) struct Scene {
    pub(crate) workspace: Arc<Mutex<Workspace>>,
    pub(crate) sandbox: Sandbox,
    pub(crate) url: String,
    folder: tempfile::TempDir,
    pub(crate) bot: Option<Child>,
    pub(crate) csr: SlackUser,
    pub(crate) coc: SlackUser,
    pub(crate) general: ChannelId,
    pub(crate) noti: ChannelId,
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Scene {
    pub(crate) async fn set(policy: &str) -> Self {
        let guide = include_str!("../../data/guide.txt");
        let workspace = furnished();
        let person = |name: &str| workspace.user_named(name).unwrap().id.clone();
        let channel = |name: &str| workspace.channel_named(name).unwrap().id.clone();
        let (csr, coc) = (person("오하라"), person("고윤슬"));
        let (general, noti) = (channel("general"), channel("coc-noti"));
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
        std::fs::write(data.join("customers.csv"), include_str!("../../data/customers.csv"))
            .unwrap();
        // nobody is there to read a temperature when a real hour strikes, and what falls due by the wall clock is no part of a scene
        let policy = format!("{policy}\n[rooms]\nprompt = false\n[reports]\npost = false\n");
        std::fs::write(data.join("policy.toml"), policy).unwrap();
        Self { workspace, sandbox, url, folder, bot: None, csr, coc, general, noti }
    }

    /// The program with the scene's folders and this subcommand.
    pub(crate) fn command(&self, subcommand: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coc"));
        command
            .env_clear()
            .arg("--data")
            .arg(self.folder.path().join("data"))
            .arg("--state")
            .arg(self.state())
            .args(subcommand)
            .env("AWS_STATUS_URL", "off")
            .env("SLACK_API_URL", &self.url)
            .env("SLACK_BOT_TOKEN", "xoxb-sandbox")
            .env("SLACK_APP_TOKEN", "xapp-sandbox")
            .env("RUST_LOG", std::env::var("COC_TEST_LOG").unwrap_or_else(|_| "warn".to_owned()))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    pub(crate) fn start(&mut self) {
        self.bot = Some(self.command(&["run"]).spawn().unwrap());
    }

    /// Gone between two instructions.
    pub(crate) fn kill(&mut self) {
        if let Some(mut bot) = self.bot.take() {
            bot.kill().unwrap();
            bot.wait().unwrap();
        }
    }

    /// The folder of the journal.
    pub(crate) fn state(&self) -> std::path::PathBuf {
        self.folder.path().join("state")
    }

    /// An orderly stop, which has to come within five seconds.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        let mut bot = self.bot.take().unwrap();
        let asked = Command::new("kill").arg("-TERM").arg(bot.id().to_string()).status().unwrap();
        assert!(asked.success());
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            if let Some(status) = bot.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "SIGTERM is answered within five seconds");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Does something in the workspace and hands what Slack tells of it to the bot.
    pub(crate) fn with<T>(
        &self,
        act: impl FnOnce(&mut Workspace, Time) -> (T, Vec<Delivery>),
    ) -> T {
        let (value, told) = act(&mut self.workspace.lock().unwrap(), WallClock.now());
        self.sandbox.deliver(told);
        value
    }

    pub(crate) fn request(&self) -> MessageRef {
        let text = format!("@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: {TICKET}");
        self.with(|workspace, now| {
            workspace.say(now, &self.csr, &self.general, None, &text, Typing::Plain).unwrap()
        })
    }

    /// Everything that the bot posted, oldest first: what it says and whom it mentions.
    pub(crate) fn posts(&self) -> Vec<(MessageRef, String, Vec<String>)> {
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

    pub(crate) async fn until(
        &self,
        within: Duration,
        what: &str,
        mut holds: impl FnMut(&Self) -> bool,
    ) {
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

    pub(crate) fn says(&self, words: &str) -> bool {
        self.posts().iter().any(|(_, said, _)| said.contains(words))
    }
}

/// Whom the rungs' posts reached, in order. A rung that is over names its person without a mention.
pub(crate) fn reached(posts: &[(MessageRef, String, Vec<String>)]) -> Vec<String> {
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
pub(crate) fn chain() -> Vec<&'static str> {
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
