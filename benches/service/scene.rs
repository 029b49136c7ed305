//! The practice workspace on a loopback port, and `coc run` as a process of its own.

use crate::load::now;
use crate::workplace::{Bare, furnished};
use coc::sandbox::server::{Options, Sandbox};
use coc::sandbox::workspace::Workspace;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub(crate) const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const PATIENCE: Duration = Duration::from_secs(600);

/// A line of `/proc/PID/status` in MB: `VmRSS` is what is resident, `VmHWM` the most that ever was.
pub(crate) fn memory(process: &Child, what: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    let kb: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kb / 1024.0
}

/// Asks a process to stop in order.
pub(crate) fn terminate(process: &Child) {
    let pid = process.id().to_string();
    assert!(Command::new("kill").arg("-TERM").arg(pid).status().unwrap().success());
}

/// Where events come from and posts go to.
pub(crate) struct StandIn {
    pub(crate) address: SocketAddr,
    pub(crate) general: String,
    pub(crate) random: String,
    pub(crate) csr: String,
    pub(crate) bot: String,
    /// Since when, in seconds since 1970: messages bear that time, so that one that is sent again is the same.
    pub(crate) opened: u64,
    pub(crate) workspace: Arc<Mutex<Workspace>>,
    pub(crate) sandbox: Sandbox,
}

impl StandIn {
    /// Serves a workspace from the present runtime.
    pub(crate) async fn open() -> Self {
        let mut workspace = furnished();
        let random = workspace.add_channel("random", "");
        let general = workspace.channel_named("general").unwrap().id.clone();
        let csr = workspace.user_named("오하라").unwrap().id.clone();
        let bot = workspace.bot.user.to_string();
        let workspace = Arc::new(Mutex::new(workspace));
        let sandbox = Sandbox::new(Arc::clone(&workspace), Arc::new(Bare), Options::default());
        let served = sandbox.clone();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { served.serve(listener, std::future::pending()).await });
        Self {
            address,
            general: general.to_string(),
            random: random.to_string(),
            csr: csr.to_string(),
            bot,
            opened: now(),
            workspace,
            sandbox,
        }
    }
}

/// How Slack reaches the bot.
#[derive(Clone, Copy)]
pub(crate) enum Line {
    Http,
    Socket,
}

/// `coc run`, until this is dropped.
pub(crate) struct Bot {
    process: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// From the start of the process until it was ready.
    pub(crate) ready_after: Duration,
}

impl Bot {
    /// Starts it on the shipped data folder and waits until it is ready.
    pub(crate) fn start(state: &Path, slack: SocketAddr, line: Line) -> Self {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        Self::start_with(&data, state, slack, line, &[])
    }

    /// Starts it on this data folder, with these settings beside the usual ones, and waits until it is ready.
    pub(crate) fn start_with(
        data: &Path,
        state: &Path,
        slack: SocketAddr,
        line: Line,
        settings: &[(&str, &str)],
    ) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_coc"));
        command.env_clear().arg("--data").arg(data).arg("--state").arg(state).arg("run");
        command
            .env("SLACK_API_URL", format!("http://{slack}/api/"))
            .env("AWS_STATUS_URL", "off")
            .env("SLACK_BOT_TOKEN", "xoxb-sandbox")
            .env("COC_LISTEN", address.to_string())
            .env("RUST_LOG", "error")
            .envs(settings.iter().copied());
        match line {
            Line::Http => command.env("SLACK_SIGNING_SECRET", SECRET),
            Line::Socket => command.env("SLACK_APP_TOKEN", "xapp-sandbox"),
        };
        let log = std::fs::File::create(state.with_extension("log")).unwrap();
        command.stdout(Stdio::null()).stderr(log);
        let began = Instant::now();
        let mut process = command.spawn().unwrap();
        while !is_ready(address) {
            assert!(process.try_wait().unwrap().is_none(), "coc run ended: see {state:?}.log");
            assert!(began.elapsed() < PATIENCE, "coc run is not ready");
            std::thread::sleep(Duration::from_millis(2));
        }
        Self { process, address, ready_after: began.elapsed() }
    }

    /// See [`memory`].
    pub(crate) fn memory(&self, what: &str) -> f64 {
        memory(&self.process, what)
    }

    /// Stops it in order and waits for its end.
    pub(crate) fn stop(mut self) {
        terminate(&self.process);
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        // one that ended already cannot be killed, and that is all that is wanted
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut line) = TcpStream::connect(address) else { return false };
    let asked = b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut answer = Vec::new();
    line.write_all(asked).and_then(|()| line.read_to_end(&mut answer)).is_ok()
        && answer.starts_with(b"HTTP/1.1 200")
}
