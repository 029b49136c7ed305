//! The real program between the practice workspace and a stand-in for Amazon SNS: what AWS publishes comes in over HTTP, signed, and is
//! in the journal when it is answered.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(
    clippy::disallowed_methods,
    reason = "bounds on real time, and messages signed at the machine's time"
)]

#[path = "standins/sns/mod.rs"]
mod standin;
#[path = "common/workplace.rs"]
mod workplace;

use axum::http::Request;
use chrono::Utc;
use coc::adapters::http::{Base, Http, NoReply};
use coc::sandbox::server::{Options, Sandbox};
use coc::sandbox::workspace::{Author, Workspace};
use http_body_util::Full;
use serde_json::Value;
use standin::{Sns, TOPIC};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use workplace::{Bare, free_address, furnished};

const SECRET: &str = "hidden-api-key";
const SOON: Duration = Duration::from_secs(30);
/// What AWS publishes of its services' texts.
const PAYLOADS: [&str; 8] = [
    include_str!("payloads/cloudwatch_single_metric.json"),
    include_str!("payloads/guardduty_high_eventbridge.json"),
    include_str!("payloads/guardduty_low_finding.json"),
    include_str!("payloads/health_account_ec2_retirement.json"),
    include_str!("payloads/health_public_ec2_operational_issue.json"),
    include_str!("payloads/cloudwatch-math.json"),
    include_str!("payloads/cloudwatch-composite.json"),
    "AWS 310000000002 계정의 ap-northeast-2 리전에서 심각도 8의 GuardDuty 결과 유형 UnauthorizedAccess:EC2/SSHBruteForce 이(가) 발견되었습니다.",
];

struct Scene {
    workspace: Arc<Mutex<Workspace>>,
    slack: String,
    sns: Sns,
    folder: tempfile::TempDir,
    url: String,
    http: Http,
    bot: Option<Child>,
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Scene {
    async fn set() -> Self {
        let workspace = Arc::new(Mutex::new(furnished()));
        let sandbox = Sandbox::new(Arc::clone(&workspace), Arc::new(Bare), Options::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let slack = format!("http://{}/api/", listener.local_addr().unwrap());
        tokio::spawn(async move { sandbox.serve(listener, std::future::pending()).await });
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("guide.txt"), include_str!("../data/guide.txt")).unwrap();
        let policy = format!("[intake]\ntopics = [\"{TOPIC}\"]\n[rooms]\nprompt = false\n");
        std::fs::write(data.join("policy.toml"), policy).unwrap();
        let url = format!("http://{}", free_address());
        let http = Http::new(&Base::read(&url, "").unwrap(), Duration::from_secs(20)).unwrap();
        let sns = Sns::open().await;
        Self { workspace, slack, sns, folder, url, http, bot: None }
    }

    /// The program with its settings; `shell` comes before it.
    fn coc(&self, shell: &str, arguments: &str) -> Command {
        let mut coc = Command::new("/bin/sh");
        let folder = self.folder.path().display();
        let binary = env!("CARGO_BIN_EXE_coc");
        coc.arg("-c").arg(format!(
            "{shell} exec {binary} --data {folder}/data --state {folder}/state {arguments}"
        ));
        coc.env_clear()
            .env("SLACK_API_URL", &self.slack)
            .env("SLACK_BOT_TOKEN", "xoxb-sandbox")
            .env("SLACK_APP_TOKEN", "xapp-sandbox")
            .env("COC_LISTEN", self.url.trim_start_matches("http://"))
            .env("COC_PUBLIC_URL", "https://coc.example.com")
            .env("COC_SNS_HOST", &self.sns.url)
            .env("COC_EVENTBRIDGE_SECRET", SECRET)
            .env("RUST_LOG", "info")
            .stdin(Stdio::null());
        coc
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    async fn start(&mut self, shell: &str) {
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        let mut coc = self.coc(shell, "run");
        self.bot = Some(coc.stdout(Stdio::null()).stderr(log).spawn().unwrap());
        let deadline = Instant::now() + SOON;
        while self.get("/readyz").await != Ok(200) {
            assert!(Instant::now() < deadline, "not ready: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn kill(&mut self) {
        if let Some(mut bot) = self.bot.take() {
            bot.kill().unwrap();
            bot.wait().unwrap();
        }
    }

    async fn get(&self, path: &str) -> Result<u16, NoReply> {
        let request = Request::get(format!("{}{path}", self.url));
        let reply = self.http.send(request.body(Full::default()).unwrap()).await;
        reply.map(|reply| reply.status.as_u16())
    }

    async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<u16, NoReply> {
        let mut request = Request::post(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let reply = self.http.send(request.body(Full::new(body.into())).unwrap()).await;
        reply.map(|reply| reply.status.as_u16())
    }

    async fn delivers(&self, message: &Value) -> Result<u16, NoReply> {
        let kind = message["Type"].as_str().unwrap().to_owned();
        let headers = [("x-amz-sns-message-type", kind.as_str())];
        self.post("/hooks/sns", &headers, message.to_string()).await
    }

    fn now() -> String {
        Utc::now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    }

    /// What the journal has of the hooks, in order; the program must be gone.
    fn kept(&self) -> Vec<Value> {
        let exported = self.coc("", "journal export").output().unwrap();
        assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
        let text = String::from_utf8(exported.stdout).unwrap();
        let inputs = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        inputs
            .filter_map(|record| {
                let input = record.get("input")?;
                input.get("notice").or_else(|| input.get("topic")).cloned()
            })
            .collect()
    }

    fn posts(&self) -> Vec<String> {
        let workspace = self.workspace.lock().unwrap();
        let noti = workspace.channel_named("coc-noti").unwrap().id.clone();
        let by_bot = workspace.messages(&noti).filter(|one| matches!(one.author, Author::Bot));
        by_bot.map(|message| message.text.clone()).collect()
    }
}

#[tokio::test]
async fn everything_that_aws_publishes_is_kept_before_it_is_answered() {
    let mut scene = Scene::set().await;
    scene.start("").await;
    let sns = scene.sns.clone();
    let asks = sns.signed(sns.confirmation("SubscriptionConfirmation", "s", &Scene::now()), 2);
    assert_eq!(scene.delivers(&asks).await, Ok(200));
    assert_eq!(sns.asked("ConfirmSubscription"), 1);
    for version in [1, 2] {
        for (nth, payload) in PAYLOADS.iter().enumerate() {
            let message =
                sns.notification(&format!("{version}-{nth}"), &Scene::now(), None, payload);
            let message = sns.signed(message, version);
            assert_eq!(scene.delivers(&message).await, Ok(200), "{message}");
        }
    }
    let again = sns.signed(sns.notification("1-0", &Scene::now(), None, PAYLOADS[0]), 2);
    assert_eq!(scene.delivers(&again).await, Ok(200));
    let key = [("x-api-key", SECRET)];
    for payload in PAYLOADS {
        let sent = scene.post("/hooks/eventbridge", &key, payload.to_owned()).await;
        assert_eq!(sent, Ok(200), "{payload}");
    }
    let mut other = again.clone();
    other["Message"] = "changed".into();
    other["MessageId"] = "changed".into();
    assert_eq!(scene.delivers(&other).await, Ok(403));
    assert_eq!(scene.post("/hooks/eventbridge", &[], "x".to_owned()).await, Ok(403));
    assert_eq!(scene.post("/hooks/sns", &[], "x".repeat(5 << 20)).await, Ok(413));
    assert_eq!(scene.post("/hooks/sns", &[], "{\"Type\"".to_owned()).await, Ok(400));
    let ended = sns.confirmation("UnsubscribeConfirmation", "u", &Scene::now());
    assert_eq!(scene.delivers(&sns.signed(ended, 1)).await, Ok(200));
    // signal 9: what was answered is there all the same
    scene.kill();
    let kept = scene.kept();
    let keys: Vec<&str> = kept.iter().map(|kept| kept["key"].as_str().unwrap()).collect();
    let mut expected = vec!["sns:s".to_owned()];
    for version in [1, 2] {
        expected.extend((0..PAYLOADS.len()).map(|nth| format!("sns:{version}-{nth}")));
    }
    assert_eq!(keys[..expected.len()], expected);
    let by_bridge = &kept[expected.len()..kept.len() - 1];
    // the two samples of AWS Health bear one id: the second is taken for a repeat of the first
    assert_eq!(by_bridge.len(), PAYLOADS.len() - 1, "{keys:?}");
    assert_eq!(keys.last(), Some(&"sns:u"));
    for (kept, payload) in kept[1..].iter().zip(PAYLOADS) {
        assert_eq!(kept["text"], payload, "as it came");
    }
    let log = scene.log();
    let refused =
        log.lines().filter(|line| line.contains("not taken") || line.contains("too long"));
    assert_eq!(refused.count(), 4, "a line each: {log}");
    assert!(!log.contains(SECRET) && !log.contains("Threshold Crossed"), "{log}");
}

#[tokio::test]
async fn the_end_of_a_subscription_is_posted() {
    let mut scene = Scene::set().await;
    scene.start("").await;
    let sns = scene.sns.clone();
    let ended = sns.signed(sns.confirmation("UnsubscribeConfirmation", "u", &Scene::now()), 2);
    let deadline = Instant::now() + SOON;
    while !scene.posts().iter().any(|post| post.contains("coc-alarms의 구독이 해지되었습니다"))
    {
        assert_eq!(scene.delivers(&ended).await, Ok(200));
        assert!(Instant::now() < deadline, "{}", scene.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let told = scene.posts().iter().filter(|post| post.contains("해지되었습니다")).count();
    assert_eq!(told, 1, "{:?}", scene.posts());
}

/// The disk is full, as far as the program can see: a file may not grow any more.
#[tokio::test]
async fn what_a_full_disk_cannot_keep_is_answered_503() {
    let mut scene = Scene::set().await;
    // in blocks of 512 bytes
    scene.start("trap '' XFSZ; ulimit -f 8192;").await;
    let long = "알람".repeat(20_000);
    let mut answers = Vec::new();
    for nth in 0..400 {
        let message = scene.sns.notification(&format!("n{nth}"), &Scene::now(), None, &long);
        let answer = scene.delivers(&scene.sns.signed(message, 2)).await;
        answers.push(answer);
        if answer != Ok(200) {
            break;
        }
    }
    let (last, before) = answers.split_last().unwrap();
    assert_eq!(*last, Ok(503), "after {} that were kept: {}", before.len(), scene.log());
    assert!(!before.is_empty(), "there was room for a while");
    scene.kill();
    assert_eq!(scene.kept().len(), before.len(), "what was answered 200 and nothing else");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_says_where_the_hooks_are() {
    let scene = Scene::set().await;
    let told = scene.coc("", "doctor --json").output().unwrap();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let line = |what: &str| {
        let checks = told["checks"].as_array().unwrap();
        let found = checks.iter().find(|check| check["what"].as_str().unwrap().contains(what));
        found.unwrap()["text"].as_str().unwrap().to_owned()
    };
    assert!(line("SNS").contains("https://coc.example.com/hooks/sns"), "{}", line("SNS"));
    assert!(line("SNS").contains("COC_SNS_HOST"), "{}", line("SNS"));
    assert!(line("EventBridge").contains("https://coc.example.com/hooks/eventbridge"));
    assert!(!told.to_string().contains(SECRET));
}

#[tokio::test]
async fn in_the_practice_workspace_curl_is_enough() {
    let mut scene = Scene::set().await;
    let listen = scene.url.trim_start_matches("http://").to_owned();
    let mut coc = scene.coc("", &format!("sandbox --listen {listen}"));
    scene.bot = Some(coc.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let deadline = Instant::now() + SOON;
    // the policy's topics hold there too
    let topic = [("x-amz-sns-topic-arn", TOPIC)];
    while scene.post("/hooks/sns", &topic, PAYLOADS[0].to_owned()).await != Ok(200) {
        assert!(Instant::now() < deadline, "the practice workspace takes nothing");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(scene.post("/hooks/eventbridge", &[], PAYLOADS[1].to_owned()).await, Ok(200));
    assert_eq!(scene.post("/hooks/sns", &topic, "{\"AlarmName\"".to_owned()).await, Ok(400));
    assert_eq!(scene.post("/hooks/sns", &[], PAYLOADS[0].to_owned()).await, Ok(403));
}
