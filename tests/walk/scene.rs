//! The real program between its five services, as a process of its own.

use crate::standins::outside::{Addresses, Outside};
use crate::standins::slack::{APP_TOKEN, BOT_TOKEN, Slack};
use crate::standins::twilio;
use crate::standins::workplace::free_address;
use coc::domain::ids::MessageRef;
use coc::domain::time::Time;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const CSR: &str = "오하라";
/// The chain's first people and their telephones; nobody is absent today.
pub(crate) const FIRST: (&str, &str) = ("가온별", "+821000001001");
pub(crate) const SECOND: (&str, &str) = ("나래솔", "+821000001002");
pub(crate) const TICKET: u64 = 4242;
const SOON: Duration = Duration::from_secs(40);

/// The services, and the bot between them.
pub(crate) struct Scene {
    pub(crate) name: String,
    pub(crate) slack: Slack,
    pub(crate) outside: Outside,
    folder: tempfile::TempDir,
    bot: Option<Child>,
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Scene {
    /// `second`: how long one of Twilio's seconds is.
    pub(crate) async fn set(name: &str, policy: &str, second: Duration) -> Self {
        let free = free_address();
        let options = twilio::Options { second, ..twilio::Options::default() };
        let outside = Outside::open(Addresses::free(), options, free).await;
        let slack = Slack::listen(TcpListener::bind(free_address()).await.unwrap());
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir_all(data.join("mail")).unwrap();
        // nobody is there to read a temperature when a real hour strikes, and what falls due by the wall clock is no part of a scene
        let policy = format!("{policy}\n[rooms]\nprompt = false\n[reports]\npost = false\n");
        // without the customers: FitCloud's record has to be the one that decides
        for (file, text) in [
            ("guide.txt", include_str!("../../data/guide.txt")),
            ("policy.toml", policy.as_str()),
            ("mail/urgent-taken.txt", include_str!("../../data/mail/urgent-taken.txt")),
        ] {
            std::fs::write(data.join(file), text).unwrap();
        }
        Self { name: name.to_owned(), slack, outside, folder, bot: None }
    }

    /// The program with everything that it needs.
    pub(crate) fn coc(&self, subcommand: &[&str]) -> Command {
        let mut coc = Command::new(env!("CARGO_BIN_EXE_coc"));
        coc.env_clear()
            .arg("--data")
            .arg(self.folder.path().join("data"))
            .arg("--state")
            .arg(self.folder.path().join("state"))
            .args(subcommand)
            .env("AWS_STATUS_URL", "off")
            .env("SLACK_API_URL", &self.slack.url)
            .env("SLACK_BOT_TOKEN", BOT_TOKEN)
            .env("SLACK_APP_TOKEN", APP_TOKEN)
            .envs(self.outside.environment())
            .env("RUST_LOG", "coc=trace,info")
            .stdin(Stdio::null());
        coc
    }

    fn log(&self, stream: &str) -> PathBuf {
        self.folder.path().join(stream)
    }

    /// All that the bot said on its streams.
    pub(crate) fn logs(&self) -> String {
        let read = |stream| std::fs::read_to_string(self.log(stream)).unwrap_or_default();
        format!("{}{}", read("stdout"), read("stderr"))
    }

    pub(crate) fn start(&mut self) {
        let open = |stream| {
            std::fs::File::options().create(true).append(true).open(self.log(stream)).unwrap()
        };
        let mut coc = self.coc(&["run"]);
        self.bot = Some(coc.stdout(open("stdout")).stderr(open("stderr")).spawn().unwrap());
    }

    /// Starts it and waits until it is ready.
    pub(crate) async fn open(&mut self) {
        self.start();
        let deadline = Instant::now() + SOON;
        loop {
            let asked = tokio::time::timeout(Duration::from_secs(2), self.is_ready());
            if asked.await.unwrap_or(false) {
                return;
            }
            let ended = self.bot.as_mut().unwrap().try_wait().unwrap();
            assert_eq!(ended, None, "{}: it ended: {}", self.name, self.logs());
            assert!(Instant::now() < deadline, "{}: not ready; {}", self.name, self.logs());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn is_ready(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(self.outside.bot).await else { return false };
        let request = b"GET /readyz HTTP/1.1\r\nhost: bot\r\nconnection: close\r\n\r\n";
        let mut answer = String::new();
        let asked = stream.write_all(request).await;
        asked.is_ok()
            && stream.read_to_string(&mut answer).await.is_ok()
            && answer.starts_with("HTTP/1.1 200")
    }

    /// Gone between two instructions.
    pub(crate) fn kill(&mut self) {
        if let Some(mut bot) = self.bot.take() {
            bot.kill().unwrap();
            bot.wait().unwrap();
        }
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
            assert!(Instant::now() < deadline, "{}: SIGTERM is not answered", self.name);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Stops in order, and the journal is whole.
    pub(crate) async fn close(&mut self) {
        let status = self.stop().await;
        assert!(status.success(), "{}: {status}; {}", self.name, self.logs());
        self.run(&["journal", "verify"]).await;
    }

    /// A subcommand that has to succeed.
    pub(crate) async fn run(&self, subcommand: &[&str]) -> Output {
        let mut coc = self.coc(subcommand);
        let ran = tokio::task::spawn_blocking(move || coc.output().unwrap()).await.unwrap();
        let said = String::from_utf8_lossy(&ran.stdout);
        let wrong = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{}: {subcommand:?}: {said}{wrong}", self.name);
        ran
    }

    /// The CSR asks for an urgent ticket.
    pub(crate) fn request(&self) -> MessageRef {
        let link = format!("https://support.example.com/agent/tickets/{TICKET}");
        let text = format!("@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: {link}");
        self.slack.say(CSR, "general", &text)
    }

    /// The CSR drafts the customer's mail and sends it.
    pub(crate) async fn mails(&self) {
        for label in ["고객 메일", "메일 발송"] {
            self.until(label, |scene| scene.slack.press(CSR, label)).await;
        }
    }

    pub(crate) fn says(&self, words: &str) -> bool {
        self.slack.posts().iter().any(|post| post.text.contains(words))
    }

    /// What stands in #coc-noti.
    pub(crate) fn noti(&self) -> Vec<String> {
        let posts = self.slack.posts().into_iter();
        posts.filter(|post| post.channel == "coc-noti").map(|post| post.text).collect()
    }

    /// The rungs' posts with their times, in order.
    pub(crate) fn rungs(&self) -> Vec<(String, Time)> {
        let posts = self.slack.posts().into_iter().filter(|post| {
            post.text.contains("긴급 티켓입니다") || post.text.contains("호출은 끝났습니다")
        });
        posts
            .map(|post| {
                let first = post.text.split_whitespace().next().unwrap().trim_start_matches('@');
                (first.to_owned(), post.at.ts.time().unwrap())
            })
            .collect()
    }

    pub(crate) async fn until(&self, what: &str, holds: impl FnMut(&Self) -> bool) {
        self.within(SOON, what, holds).await;
    }

    pub(crate) async fn within(
        &self,
        long: Duration,
        what: &str,
        mut holds: impl FnMut(&Self) -> bool,
    ) {
        let deadline = Instant::now() + long;
        while !holds(self) {
            assert!(
                Instant::now() < deadline,
                "{}: {what}: not within {long:?}\n{:#?}\n{:#?}\n{}",
                self.name,
                self.texts(),
                self.outside.twilio.calls(),
                self.logs()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn texts(&self) -> Vec<String> {
        self.slack.posts().into_iter().map(|post| post.text).collect()
    }

    /// Whose the ticket is at Zendesk.
    pub(crate) fn assignee(&self) -> Option<String> {
        self.outside.zendesk.with(|account| {
            let id = account.tickets[&TICKET].assignee?;
            Some(account.users[&id].name.clone())
        })
    }

    /// What was written at the ticket, and whether the customer sees it.
    pub(crate) fn comments(&self) -> Vec<(String, bool)> {
        self.outside.zendesk.with(|account| account.comments(TICKET))
    }

    /// Nobody was called twice, nothing was written or posted twice, and every stand-in understood everything.
    #[track_caller]
    pub(crate) fn nothing_is_done_twice(&self) {
        let name = &self.name;
        let twice = |what: &str, mut all: Vec<String>| {
            all.sort();
            let found = all.windows(2).find(|two| two[0] == two[1]);
            assert!(found.is_none(), "{name}: {what} twice: {found:?}\n{}", self.logs());
        };
        let calls = self.outside.twilio.calls();
        twice("called", calls.into_iter().map(|call| call.to).collect());
        twice("written", self.comments().into_iter().map(|(text, _)| text).collect());
        let posts = self.slack.posts().into_iter();
        twice("posted", posts.map(|post| format!("{} {}", post.channel, post.text)).collect());
        assert_eq!(self.outside.twilio.complaints(), Vec::<String>::new(), "{name}");
    }
}
