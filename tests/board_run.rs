//! The board of the real program: a link asked for in Slack lets in once, a browser that is in stays so through a restart, and no
//! secret is in the log or the journal.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "another process is waited for by the real clock")]

#[path = "common/workplace.rs"]
mod workplace;

use axum::body::Bytes;
use axum::http::{HeaderMap, Request, StatusCode};
use coc::domain::ids::SlackUser;
use coc::ports::Clock;
use coc::sandbox::server::{Options, Sandbox};
use coc::sandbox::workspace::{Typing, Workspace};
use coc::service::WallClock;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use workplace::{Bare, free_address, furnished};

const SOON: Duration = Duration::from_secs(30);

struct Scene {
    workspace: Arc<Mutex<Workspace>>,
    sandbox: Sandbox,
    slack: String,
    folder: tempfile::TempDir,
    url: String,
    http: Client<HttpConnector, Full<Bytes>>,
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
        let served = sandbox.clone();
        tokio::spawn(async move { served.serve(listener, std::future::pending()).await });
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("guide.txt"), include_str!("../data/guide.txt")).unwrap();
        let url = format!("http://{}", free_address());
        let http = Client::builder(TokioExecutor::new()).build_http();
        Self { workspace, sandbox, slack, folder, url, http, bot: None }
    }

    fn coc(&self, arguments: &[&str], listens: bool) -> Command {
        let mut coc = Command::new(env!("CARGO_BIN_EXE_coc"));
        coc.arg("--data")
            .arg(self.folder.path().join("data"))
            .arg("--state")
            .arg(self.folder.path().join("state"))
            .args(arguments)
            .env_clear()
            .env("SLACK_API_URL", &self.slack)
            .env("SLACK_BOT_TOKEN", "xoxb-sandbox")
            .env("SLACK_APP_TOKEN", "xapp-sandbox")
            .env("AWS_STATUS_URL", "off")
            .env("RUST_LOG", "debug")
            .stdin(Stdio::null());
        if listens {
            coc.env("COC_LISTEN", self.url.trim_start_matches("http://"));
        }
        coc
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    async fn start(&mut self, listens: bool) {
        let log = self.folder.path().join("log");
        let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
        let mut coc = self.coc(&["run"], listens);
        self.bot = Some(coc.stdout(Stdio::null()).stderr(log).spawn().unwrap());
        let deadline = Instant::now() + SOON;
        loop {
            let ready = if listens {
                self.get("/readyz", "").await.is_some_and(|got| got.0 == StatusCode::OK)
            } else {
                self.sandbox.sockets() > 0
            };
            if ready {
                return;
            }
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

    /// `None`: nobody answers.
    async fn get(&self, path: &str, cookie: &str) -> Option<(StatusCode, HeaderMap, String)> {
        let path = path.strip_prefix(&self.url).unwrap_or(path);
        let request = Request::get(format!("{}{path}", self.url)).header("cookie", cookie);
        let got = self.http.request(request.body(Full::default()).unwrap()).await.ok()?;
        let (parts, body) = got.into_parts();
        let text = String::from_utf8(body.collect().await.ok()?.to_bytes().to_vec()).unwrap();
        Some((parts.status, parts.headers, text))
    }

    /// What `/coc board` answers this person alone.
    async fn asks(&self, name: &str) -> String {
        let delivery = {
            let mut workspace = self.workspace.lock().unwrap();
            let by: SlackUser =
                workspace.users().find(|user| user.real_name == name).unwrap().id.clone();
            let channel =
                workspace.channels().find(|one| one.name == "coc-noti").unwrap().id.clone();
            let now = WallClock.now();
            workspace.slash(now, &by, &channel, "/coc", "board", Typing::Plain).unwrap()
        };
        let before = self.workspace.lock().unwrap().ephemerals().len();
        self.sandbox.deliver(vec![delivery]);
        let deadline = Instant::now() + SOON;
        loop {
            let told = self.workspace.lock().unwrap().ephemerals().get(before).cloned();
            if let Some(told) = told {
                return told.text;
            }
            assert!(Instant::now() < deadline, "no answer: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn link(&self, name: &str) -> String {
        let said = self.asks(name).await;
        let from =
            said.find(&format!("{}/board/in/", self.url)).unwrap_or_else(|| panic!("{said}"));
        let link = &said[from..];
        link[..link.find(['>', '\n', '|']).unwrap_or(link.len())].to_owned()
    }
}

#[tokio::test]
async fn who_is_in_stays_in_through_a_restart() {
    let mut scene = Scene::set().await;
    scene.start(true).await;
    let link = scene.link("고윤슬").await;
    let (status, headers, _) = scene.get(&link, "").await.unwrap();
    assert_eq!(status, StatusCode::SEE_OTHER);
    let set = headers["set-cookie"].to_str().unwrap().to_owned();
    let cookie = set.split(';').next().unwrap().to_owned();
    let (status, _, page) = scene.get("/board", &cookie).await.unwrap();
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("고윤슬") && page.contains("가온별"), "{page}");
    assert_eq!(scene.get(&link, "").await.unwrap().0, StatusCode::UNAUTHORIZED);
    let unused = scene.link("가온별").await;

    scene.kill();
    assert!(scene.get("/board", &cookie).await.is_none());
    scene.start(true).await;
    assert_eq!(scene.get("/board", &cookie).await.unwrap().0, StatusCode::OK);
    let (status, _, page) = scene.get(&unused, "").await.unwrap();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(page.contains("봇이 다시 시작되었습니다"), "{page}");

    let key = scene.folder.path().join("state/board.key");
    let mode = std::fs::metadata(&key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    scene.kill();
    let exported = scene.coc(&["journal", "export"], false).output().unwrap();
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let journal = String::from_utf8(exported.stdout).unwrap();
    assert!(journal.contains("sign_in"));
    let value = cookie.split_once('=').unwrap().1;
    let secrets: BTreeSet<&str> = [&link, &unused]
        .map(|link| link.rsplit('/').next().unwrap())
        .into_iter()
        .chain([value])
        .collect();
    for secret in secrets {
        assert!(!journal.contains(secret) && !scene.log().contains(secret), "{secret}");
    }

    // another key: everybody asks anew
    std::fs::remove_file(&key).unwrap();
    scene.start(true).await;
    assert_eq!(scene.get("/board", &cookie).await.unwrap().0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn where_nobody_listens_there_is_no_link() {
    let mut scene = Scene::set().await;
    scene.start(false).await;
    let said = scene.asks("고윤슬").await;
    assert!(said.contains("COC_LISTEN") && !said.contains("/board/in/"), "{said}");
}
