//! Two real processes on one database, in a workspace that is served: whatever happens to the one that leads, the night goes on, every
//! page goes out, and none twice.
//!
//! `COC_TAKEOVERS` says how many rounds the long night has (6), `COC_SEED` from which seed (a fresh one each time).

#![expect(clippy::print_stderr, reason = "what is drawn is told")]

use crate::database::Database;
use crate::scene::{Scene, chain, reached};
use coc::sandbox::workspace::Typing;
use std::process::{Child, Command};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Rungs are short, so that a night has many.
const POLICY: &str = "phone = \"desk\"\n[chain]\nrung = \"2s\"\n";
/// How long it may take until another one leads and has read what was missed.
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(15);

/// Two nodes.
struct Pair {
    scene: Scene,
    database: Option<Database>,
    url: String,
    nodes: Vec<Option<Child>>,
}

impl Drop for Pair {
    fn drop(&mut self) {
        for node in self.nodes.iter_mut().flatten() {
            node.kill().unwrap();
            node.wait().unwrap();
        }
    }
}

fn signal(node: &Child, name: &str) {
    let sent = Command::new("kill").arg(name).arg(node.id().to_string()).status().unwrap();
    assert!(sent.success());
}

impl Pair {
    async fn set(policy: &str) -> Self {
        let database = tokio::task::spawn_blocking(Database::start).await.unwrap();
        let scene = Scene::set(policy).await;
        let url = database.url();
        let mut pair = Self { scene, database: Some(database), url, nodes: vec![None, None] };
        pair.start(0);
        pair.scene
            .until(Duration::from_secs(20), "a leader", |scene| scene.sandbox.sockets() > 0)
            .await;
        pair.start(1);
        pair
    }

    fn start(&mut self, nth: usize) {
        assert!(self.nodes[nth].is_none());
        let mut command = self.scene.command(&["run"]);
        command.env("DATABASE_URL", &self.url);
        self.nodes[nth] = Some(command.spawn().unwrap());
    }

    fn node(&self, nth: usize) -> &Child {
        self.nodes[nth].as_ref().unwrap()
    }

    fn kill(&mut self, nth: usize) {
        let mut node = self.nodes[nth].take().unwrap();
        node.kill().unwrap();
        node.wait().unwrap();
    }

    /// Until so many were reached.
    async fn reaches(&self, count: usize, what: &str) {
        let within = TAKEN_OVER_WITHIN + Duration::from_secs(5);
        self.scene.until(within, what, |scene| reached(&scene.posts()).len() >= count).await;
    }

    /// Nobody was skipped and nobody reached twice.
    fn is_in_order(&self) {
        let reached = reached(&self.scene.posts());
        assert_eq!(reached, chain()[..reached.len()], "{:#?}", self.scene.posts());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn the_leader_is_killed_and_the_other_goes_on() {
    let mut pair = Pair::set(POLICY).await;
    pair.scene.request();
    pair.reaches(2, "the second rung").await;
    pair.kill(0);
    let killed = Instant::now();
    let so_far = reached(&pair.scene.posts()).len();
    pair.reaches(so_far + 1, "the next rung, by the other").await;
    assert!(killed.elapsed() < TAKEN_OVER_WITHIN);
    pair.start(0);
    pair.reaches(so_far + 3, "and on").await;
    pair.is_in_order();
    pair.kill(1);
    pair.reaches(so_far + 4, "the first one leads again").await;
    pair.is_in_order();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn a_leader_that_hangs_is_followed_and_does_nothing_more_when_it_wakes() {
    let mut pair = Pair::set(POLICY).await;
    pair.scene.request();
    pair.reaches(1, "the first rung").await;
    signal(pair.node(0), "-STOP");
    let so_far = reached(&pair.scene.posts()).len();
    pair.reaches(so_far + 2, "the other goes on").await;
    signal(pair.node(0), "-CONT");
    pair.reaches(so_far + 4, "and on").await;
    pair.is_in_order();
    // it stands by, and takes its turn
    pair.kill(1);
    let so_far = reached(&pair.scene.posts()).len();
    pair.reaches(so_far + 1, "the one that hung leads again").await;
    pair.is_in_order();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn the_database_is_restarted_and_the_night_goes_on() {
    let mut pair = Pair::set(POLICY).await;
    pair.scene.request();
    pair.reaches(1, "the first rung").await;
    let mut database = pair.database.take().unwrap();
    let database = tokio::task::spawn_blocking(move || {
        database.stop();
        std::thread::sleep(Duration::from_secs(2));
        database.run();
        database
    });
    pair.database = Some(database.await.unwrap());
    let so_far = reached(&pair.scene.posts()).len();
    pair.reaches(so_far + 2, "the night goes on").await;
    pair.is_in_order();
    for nth in 0..2 {
        assert!(pair.nodes[nth].as_mut().unwrap().try_wait().unwrap().is_none(), "both are there");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn an_orderly_stop_hands_over_at_once() {
    let mut pair = Pair::set(POLICY).await;
    pair.scene.request();
    pair.reaches(1, "the first rung").await;
    signal(pair.node(0), "-TERM");
    let stopped = Instant::now();
    let mut node = pair.nodes[0].take().unwrap();
    while node.try_wait().unwrap().is_none() {
        assert!(stopped.elapsed() < Duration::from_secs(5), "an orderly stop takes five seconds");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(node.wait().unwrap().success());
    let so_far = reached(&pair.scene.posts()).len();
    pair.reaches(so_far + 2, "the other goes on").await;
    pair.is_in_order();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn what_slack_hands_to_the_one_that_stands_by_is_taken_by_the_leader() {
    let pair = Pair::set("phone = \"desk\"\n").await;
    pair.scene
        .until(Duration::from_secs(10), "both have lines", |scene| scene.sandbox.sockets() >= 4)
        .await;
    let handed_on = || pair.database.as_ref().unwrap().ask("SELECT count(*) FROM coc_inbox");
    // which line carries one is chance; a burst may all go by one line
    let mut said = 0;
    while said < 12 || (said < 60 && handed_on() == "0") {
        said += 1;
        let ticket = format!("https://support.example.com/agent/tickets/{}", 7000 + said);
        let text = format!("@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: {ticket}");
        let scene = &pair.scene;
        scene.with(|workspace, now| {
            workspace.say(now, &scene.csr, &scene.general, None, &text, Typing::Plain).unwrap()
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let begun = |scene: &Scene| {
        let posts = scene.posts();
        posts.iter().filter(|(_, said, _)| said.contains("긴급 대응을 시작합니다")).count()
    };
    pair.scene.until(Duration::from_secs(20), "all are taken", |scene| begun(scene) >= said).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(begun(&pair.scene), said, "none twice");
    assert_ne!(handed_on(), "0", "some came by the other's line");
    let waiting = "SELECT count(*) FROM coc_inbox WHERE answer IS NULL";
    assert_eq!(pair.database.as_ref().unwrap().ask(waiting), "0");
}

/// How many rounds, and from which seed they are drawn.
fn rounds() -> (usize, u64) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let fresh = || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::try_from(now.as_millis()).unwrap() % 1_000_000
    };
    let rounds = usize::try_from(number("COC_TAKEOVERS").unwrap_or(6)).unwrap();
    (rounds, number("COC_SEED").unwrap_or_else(fresh))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn a_long_night_of_takeovers() {
    let (rounds, seed) = rounds();
    let mut dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut upto = |n: u64| {
        dice ^= dice >> 12;
        dice ^= dice << 25;
        dice ^= dice >> 27;
        (dice.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) % n
    };
    let begun = Instant::now();
    let mut pair = Pair::set(POLICY).await;
    let mut nights = 0;
    let mut leader = 0;
    pair.scene.request();
    for round in 0..rounds {
        let so_far = reached(&pair.scene.posts()).len();
        if so_far + 3 >= chain().len() {
            // everybody was reached: another night on the same database
            pair.is_in_order();
            nights += 1;
            drop(pair);
            pair = Pair::set(POLICY).await;
            leader = 0;
            pair.scene.request();
            pair.reaches(1, "the first rung of another night").await;
        }
        tokio::time::sleep(Duration::from_millis(upto(2500))).await;
        let told = format!("seed {seed}, round {round}");
        match upto(3) {
            0 => {
                pair.kill(leader);
                pair.start(leader);
                leader = 1 - leader;
            }
            1 => {
                signal(pair.node(leader), "-STOP");
                tokio::time::sleep(Duration::from_secs(5)).await;
                signal(pair.node(leader), "-CONT");
                leader = 1 - leader;
            }
            _ => {
                // both at once
                pair.kill(0);
                pair.kill(1);
                pair.start(leader);
                tokio::time::sleep(Duration::from_millis(upto(1000))).await;
                pair.start(1 - leader);
            }
        }
        let so_far = reached(&pair.scene.posts()).len();
        pair.reaches((so_far + 1).min(chain().len()), &told).await;
        pair.is_in_order();
    }
    eprintln!(
        "takeovers: {rounds} rounds, {} nights, seed {seed}, {:.1?}",
        nights + 1,
        begun.elapsed()
    );
}
