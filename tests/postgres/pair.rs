//! Two real processes on one database, each with a wire of its own to it, in a workspace that is served.

use crate::database::Database;
use crate::scene::{Scene, chain, reached};
use crate::wire::{Way, Wire};
use crate::workplace::free_address;
use std::net::SocketAddr;
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Rungs are short, so that a night has many.
pub(crate) const POLICY: &str = "phone = \"desk\"\n[chain]\nrung = \"2s\"\n";
/// How long it may take until another one leads and has read what was missed, on a machine that does much else.
pub(crate) const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(15);
/// What EventBridge bears.
pub(crate) const SECRET: &str = "hidden-api-key";

/// Two nodes.
pub(crate) struct Pair {
    pub(crate) scene: Scene,
    pub(crate) database: Option<Database>,
    pub(crate) wires: Vec<Wire>,
    pub(crate) listen: Vec<SocketAddr>,
    pub(crate) nodes: Vec<Option<Child>>,
    /// Settings besides.
    settings: Vec<(&'static str, String)>,
}

impl Drop for Pair {
    fn drop(&mut self) {
        for node in self.nodes.iter_mut().flatten() {
            node.kill().unwrap();
            node.wait().unwrap();
        }
    }
}

pub(crate) fn signal(node: &Child, name: &str) {
    let sent = Command::new("kill").arg(name).arg(node.id().to_string()).status().unwrap();
    assert!(sent.success());
}

/// Something that does not wait is done while others go on.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

impl Pair {
    pub(crate) async fn set(policy: &str) -> Self {
        Self::set_on(policy, aside(Database::start).await).await
    }

    /// Two nodes on this database; the first one leads.
    pub(crate) async fn set_on(policy: &str, database: Database) -> Self {
        Self::set_with(policy, database, Vec::new()).await
    }

    /// The same with settings of the environment besides; one that is empty takes away.
    pub(crate) async fn set_with(
        policy: &str,
        database: Database,
        settings: Vec<(&'static str, String)>,
    ) -> Self {
        let scene = Scene::set(policy).await;
        let mut wires = Vec::new();
        for _ in 0..2 {
            wires.push(Wire::to(database.address()).await);
        }
        let listen = vec![free_address(), free_address()];
        let nodes = vec![None, None];
        let mut pair = Self { scene, database: Some(database), wires, listen, nodes, settings };
        pair.start(0);
        pair.until_ready(0, "a leader").await;
        pair.start(1);
        pair
    }

    pub(crate) fn command(&self, nth: usize) -> Command {
        let mut command = self.scene.command(&["run"]);
        command
            .env("DATABASE_URL", format!("postgres://coc@{}/postgres", self.wires[nth].address))
            .env("COC_LISTEN", self.listen[nth].to_string())
            .env("COC_EVENTBRIDGE_SECRET", SECRET);
        for (name, value) in &self.settings {
            match value.as_str() {
                "" => command.env_remove(name),
                value => command.env(name, value),
            };
        }
        command
    }

    pub(crate) fn start(&mut self, nth: usize) {
        assert!(self.nodes[nth].is_none());
        self.nodes[nth] = Some(self.command(nth).spawn().unwrap());
    }

    pub(crate) fn node(&self, nth: usize) -> &Child {
        self.nodes[nth].as_ref().unwrap()
    }

    pub(crate) fn kill(&mut self, nth: usize) {
        let mut node = self.nodes[nth].take().unwrap();
        node.kill().unwrap();
        node.wait().unwrap();
    }

    pub(crate) fn cut(&self, nth: usize, way: Way) {
        self.wires[nth].turn(way);
    }

    /// Asks a node something; the whole answer, empty when it gives none.
    pub(crate) async fn ask(&self, nth: usize, request: &str) -> String {
        let answered = async {
            let mut stream = TcpStream::connect(self.listen[nth]).await?;
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        match tokio::time::timeout(Duration::from_secs(5), answered).await {
            Ok(answer) => answer.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Posts something to a node; the status and the whole answer.
    pub(crate) async fn post(
        &self,
        nth: usize,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, String) {
        let headers: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: bot\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = self.ask(nth, &request).await;
        let status = answer.split_whitespace().nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_default(), answer)
    }

    pub(crate) async fn readiness(&self, nth: usize) -> String {
        self.ask(nth, "GET /readyz HTTP/1.1\r\nhost: bot\r\nconnection: close\r\n\r\n").await
    }

    /// Until this node leads and does its work; how long that took.
    pub(crate) async fn until_ready(&self, nth: usize, what: &str) -> Duration {
        let since = Instant::now();
        loop {
            let said = self.readiness(nth).await;
            if said.starts_with("HTTP/1.1 200") {
                return since.elapsed();
            }
            assert!(since.elapsed() < Duration::from_secs(20), "{what}: {said}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Until one of them has the lease and does its work: which, and how long that took.
    pub(crate) async fn until_somebody_leads(&self, what: &str) -> (usize, Duration) {
        let since = Instant::now();
        loop {
            // of a moment: who has just lost it may take itself for ready still
            let holds = "SELECT holder FROM coc_lease WHERE until > clock_timestamp()";
            let holder = self.database.as_ref().unwrap().ask(holds);
            let leads = (0..self.nodes.len())
                .find(|nth| holder.ends_with(&format!(":{}", self.node(*nth).id())));
            if let Some(nth) = leads
                && self.readiness(nth).await.starts_with("HTTP/1.1 200")
            {
                return (nth, since.elapsed());
            }
            assert!(since.elapsed() < Duration::from_secs(20), "{what}: nobody leads: {holder}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Until this node stands by, with a copy that reaches as far as the journal did.
    pub(crate) async fn until_following(&self, nth: usize) {
        let last = self.database.as_ref().unwrap().ask("SELECT max(seq) FROM coc_record");
        let last: u64 = last.parse().unwrap();
        let since = Instant::now();
        loop {
            let said = self.readiness(nth).await;
            let number = said.lines().find_map(|line| line.split_once("번 기록까지"));
            let reached = number.and_then(|(number, _)| number.parse::<u64>().ok());
            if reached.is_some_and(|reached| reached >= last) {
                return;
            }
            assert!(since.elapsed() < Duration::from_secs(20), "it does not follow: {said}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Until so many were reached.
    pub(crate) async fn reaches(&self, count: usize, what: &str) {
        let within = TAKEN_OVER_WITHIN + Duration::from_secs(5);
        self.scene.until(within, what, |scene| reached(&scene.posts()).len() >= count).await;
    }

    /// How many were reached so far.
    pub(crate) fn so_far(&self) -> usize {
        reached(&self.scene.posts()).len()
    }

    /// Nobody was skipped and nobody reached twice.
    pub(crate) fn is_in_order(&self) {
        let reached = reached(&self.scene.posts());
        assert_eq!(reached, chain()[..reached.len()], "{:#?}", self.scene.posts());
    }
}
