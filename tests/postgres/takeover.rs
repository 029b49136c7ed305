//! Whatever happens to the node that leads, the night goes on, every page goes out, and none twice.
//!
//! `COC_TAKEOVERS` says how many rounds the long night has (8: each kind once), `COC_SEED` from which seed (a fresh one each time).

#![expect(clippy::print_stderr, reason = "what is drawn and measured is told")]

use crate::database::Database;
use crate::pair::{POLICY, Pair, SECRET, TAKEN_OVER_WITHIN, aside, signal};
use crate::scene::{Scene, chain, reached};
use crate::wire::Way;
use axum::Router;
use axum::extract::Json;
use axum::http::StatusCode;
use axum::routing::{any, post};
use coc::journal::{Postgres, Store, StoredRecord};
use coc::ports::Clock;
use coc::sandbox::workspace::Typing;
use coc::service::WallClock;
use ring::hmac;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn the_leader_is_killed_and_the_other_goes_on() {
    let mut pair = Pair::set(POLICY).await;
    pair.scene.request();
    pair.reaches(2, "the second rung").await;
    pair.kill(0);
    let killed = Instant::now();
    let so_far = pair.so_far();
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
    let so_far = pair.so_far();
    pair.reaches(so_far + 2, "the other goes on").await;
    signal(pair.node(0), "-CONT");
    pair.reaches(so_far + 4, "and on").await;
    pair.is_in_order();
    // it stands by, and takes its turn
    pair.kill(1);
    let so_far = pair.so_far();
    pair.reaches(so_far + 1, "the one that hung leads again").await;
    pair.is_in_order();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn the_database_is_restarted_and_the_night_goes_on() {
    let mut pair = Pair::set(POLICY).await;
    pair.scene.request();
    pair.reaches(1, "the first rung").await;
    restart_the_database(&mut pair).await;
    let so_far = pair.so_far();
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
    let so_far = pair.so_far();
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

async fn restart_the_database(pair: &mut Pair) {
    let mut database = pair.database.take().unwrap();
    let database = aside(move || {
        database.stop();
        std::thread::sleep(Duration::from_secs(2));
        database.run();
        database
    });
    pair.database = Some(database.await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn a_leader_that_is_cut_off_from_the_database_does_nothing_more_and_the_other_goes_on() {
    let mut pair = Pair::set(POLICY).await;
    pair.scene.request();
    let mut leader = 0;
    for (way, reach) in [(Way::Silent, 1), (Way::Cut, 4)] {
        pair.reaches(reach, "a rung").await;
        pair.until_following(1 - leader).await;
        pair.cut(leader, way);
        pair.until_ready(1 - leader, "the other leads").await;
        // it reaches Slack still, and could page
        let so_far = pair.so_far();
        pair.reaches(so_far + 2, "the other goes on").await;
        pair.is_in_order();
        pair.cut(leader, Way::Open);
        pair.until_following(leader).await;
        assert!(pair.nodes[leader].as_mut().unwrap().try_wait().unwrap().is_none());
        leader = 1 - leader;
    }
    let so_far = pair.so_far();
    pair.reaches(so_far + 1, "and on").await;
    pair.is_in_order();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn a_database_that_is_full_takes_nothing_and_nothing_is_lost() {
    let database = aside(Database::small).await;
    let mut pair = Pair::set_on(POLICY, database).await;
    pair.scene.request();
    pair.reaches(2, "the second rung").await;
    pair.database.as_mut().unwrap().fill();
    let told = |pair: &Pair| {
        let posts = pair.scene.posts();
        posts.iter().filter(|(_, said, _)| said.contains("긴급 대응을 시작합니다")).count()
    };
    let other = "@COC [긴급티켓배정요청] 고객사: 푸른병원 / 티켓: https://support.example.com/agent/tickets/77";
    let scene = &pair.scene;
    scene.with(|workspace, now| {
        workspace.say(now, &scene.csr, &scene.general, None, other, Typing::Plain).unwrap()
    });
    // what room its pages have left may take a record still; nobody is reached whom none names
    tokio::time::sleep(Duration::from_secs(8)).await;
    let reached_so_far = pair.so_far();
    let owed =
        "SELECT count(*) FROM coc_record WHERE convert_from(body, 'UTF8') LIKE '%긴급 티켓입니다%'";
    let owed: usize = pair.database.as_ref().unwrap().ask(owed).parse().unwrap();
    assert!(reached_so_far <= owed, "{reached_so_far} of {owed}: {:#?}", pair.scene.posts());
    let mut database = pair.database.take().unwrap();
    pair.database = Some(
        aside(move || {
            database.empty();
            database
        })
        .await,
    );
    pair.scene.until(Duration::from_secs(40), "the request is taken", |_| told(&pair) == 2).await;
    for node in &mut pair.nodes {
        assert!(node.as_mut().unwrap().try_wait().unwrap().is_none(), "both are there");
    }
    let posts = pair.scene.posts();
    let of_the_first = |one: &&(_, String, Vec<String>)| one.1.contains("한빛전자");
    let first = reached(&posts.iter().filter(of_the_first).cloned().collect::<Vec<_>>());
    assert_eq!(first, chain()[..first.len()], "{posts:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn what_a_service_hands_to_the_one_that_stands_by_is_taken_by_the_leader() {
    let pair = Pair::set("phone = \"desk\"\n").await;
    pair.until_following(1).await;
    let finding = include_str!("../payloads/guardduty_high_eventbridge.json");
    let posted = async |nth: usize, key: &str| {
        let headers = [("x-api-key", key), ("content-type", "application/json")];
        pair.post(nth, "/hooks/eventbridge", &headers, finding).await.0
    };
    assert_eq!(posted(1, "another").await, 403);
    assert_eq!(posted(1, SECRET).await, 200);
    let kept = "SELECT count(*) FROM coc_record WHERE convert_from(body, 'UTF8') LIKE '%GuardDuty Finding%'";
    let database = pair.database.as_ref().unwrap();
    pair.scene
        .until(Duration::from_secs(10), "it is in the journal", |_| database.ask(kept) == "1")
        .await;
    // the same by both doors is one
    assert_eq!(posted(0, SECRET).await, 200);
    assert_eq!(posted(1, SECRET).await, 200);
    let waiting = "SELECT count(*) FROM coc_inbox WHERE answer IS NULL";
    pair.scene
        .until(Duration::from_secs(10), "nothing waits", |_| database.ask(waiting) == "0")
        .await;
    assert_eq!(database.ask(kept), "1");
}

/// A telephone service that dials nobody: what it was asked to dial.
async fn telephones() -> (String, Arc<Mutex<Vec<Value>>>) {
    let dialled: Arc<Mutex<Vec<Value>>> = Arc::default();
    let kept = Arc::clone(&dialled);
    let place = async move |Json(call): Json<Value>| {
        let id = call["id"].clone();
        kept.lock().unwrap().push(call);
        let placed = json!({"id": id, "created_at": WallClock.now().to_rfc3339()});
        (StatusCode::CREATED, Json(placed))
    };
    let gone = async || StatusCode::NOT_FOUND;
    let routes = Router::new().route("/calls", post(place)).route("/calls/{id}", any(gone));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, dialled)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn a_key_that_the_telephone_tells_to_the_one_that_stands_by_is_an_acceptance() {
    const TOKEN: &str = "a-long-random-token";
    let (url, dialled) = telephones().await;
    let settings = vec![
        ("PHONE_URL", url),
        ("PHONE_TOKEN", TOKEN.to_owned()),
        ("COC_PUBLIC_URL", "https://coc.example.com".to_owned()),
    ];
    let pair = Pair::set_with("", aside(Database::start).await, settings).await;
    pair.until_following(1).await;
    pair.scene.request();
    pair.scene
        .until(Duration::from_secs(20), "a call", |_| !dialled.lock().unwrap().is_empty())
        .await;
    let call = dialled.lock().unwrap()[0].clone();
    let id = call["id"].as_str().unwrap().to_owned();
    let told = async |event: Value| {
        let body = event.to_string();
        let stamp = WallClock.now().timestamp().to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, TOKEN.as_bytes());
        let tag = hmac::sign(&key, format!("{stamp}.{body}").as_bytes());
        let tag: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let headers = [
            ("content-type", "application/json"),
            ("x-coc-timestamp", stamp.as_str()),
            ("x-coc-signature", tag.as_str()),
        ];
        pair.post(1, "/hooks/phone", &headers, &body).await
    };
    // another key first: the voice says it again, from what this node has read of the journal
    let key = |key: &str, turn: u8| json!({"id": id, "event": "key", "key": key, "page": id, "turn": turn});
    let (status, said) = told(key("5", 1)).await;
    assert_eq!(status, 200, "{said}");
    assert!(said.contains("한빛전자") && said.contains("\"ask\""), "{said}");
    let (status, said) = told(key("1", 1)).await;
    assert_eq!(status, 200, "{said}");
    assert!(said.contains("hang_up") && said.contains("수락"), "{said}");
    pair.scene
        .until(Duration::from_secs(5), "the acceptance is told", |scene| scene.says("수락"))
        .await;
    // pressed once more it is over, and changes nothing
    let (status, said) = told(key("1", 1)).await;
    assert_eq!(status, 200, "{said}");
    assert!(said.contains("hang_up"), "{said}");
    assert_eq!(dialled.lock().unwrap().len(), 1, "nobody else is called");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn behind_a_balancer_slack_may_post_to_any_of_them() {
    const SECRET: &str = "signing-secret";
    let settings =
        vec![("SLACK_APP_TOKEN", String::new()), ("SLACK_SIGNING_SECRET", SECRET.to_owned())];
    let policy = "phone = \"desk\"\n";
    let pair = Pair::set_with(policy, aside(Database::start).await, settings).await;
    pair.until_following(1).await;
    let scene = &pair.scene;
    // what Slack would deliver, and to both of them
    let text = "@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: https://support.example.com/agent/tickets/4242";
    let (_, told) = scene
        .workspace
        .lock()
        .unwrap()
        .say(WallClock.now(), &scene.csr, &scene.general, None, text, Typing::Plain)
        .unwrap();
    assert!(!told.is_empty());
    for delivery in told {
        let body = delivery.payload.to_string();
        let stamp = WallClock.now().timestamp().to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        let tag = hmac::sign(&key, format!("v0:{stamp}:{body}").as_bytes());
        let tag: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let signature = format!("v0={tag}");
        let headers = [
            ("content-type", "application/json"),
            ("x-slack-request-timestamp", stamp.as_str()),
            ("x-slack-signature", signature.as_str()),
        ];
        for nth in [1, 0, 1] {
            let (status, said) = pair.post(nth, "/slack/events", &headers, &body).await;
            assert_eq!(status, 200, "{said}");
        }
    }
    pair.reaches(1, "the first rung").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    pair.is_in_order();
    let posts = pair.scene.posts();
    let begun = posts.iter().filter(|(_, said, _)| said.contains("긴급 대응을 시작합니다"));
    assert_eq!(begun.count(), 1, "{posts:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn a_program_that_does_not_know_a_record_refuses_to_lead_and_hands_on() {
    let mut pair = Pair::set("phone = \"desk\"\n").await;
    pair.until_following(1).await;
    pair.kill(0);
    pair.kill(1);
    // a program that is newer than these two has led meanwhile
    let url = pair.database.as_ref().unwrap().url();
    let newer = aside(move || {
        let mut newer = Postgres::open(&url).unwrap();
        let since = Instant::now();
        while !newer.try_lead("newer").unwrap() {
            assert!(since.elapsed() < Duration::from_secs(10));
            std::thread::sleep(Duration::from_millis(100));
        }
        let last = newer.last().unwrap().unwrap();
        let seq = last.seq + 1;
        let record = format!(
            "{{\"v\":1,\"seq\":{seq},\"at\":\"2025-08-05T22:00:00+09:00\",\"input\":{{\"not_yet_thought_of\":1}},\"changes\":[],\"prev\":\"{}\"}}",
            last.hash
        );
        newer.append(seq, &[StoredRecord::seal(seq, record.into_bytes())]).unwrap();
        newer
    })
    .await;
    pair.start(0);
    let since = Instant::now();
    let refused = loop {
        let said = pair.readiness(0).await;
        if said.contains("이끌지 않습니다") {
            break said;
        }
        assert!(since.elapsed() < Duration::from_secs(10), "{said}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.contains("새로운 coc"), "{refused}");
    // also when nobody leads any more
    drop(newer);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let database = pair.database.as_ref().unwrap();
    assert_eq!(database.ask("SELECT until < clock_timestamp() FROM coc_lease"), "t");
    assert_eq!(database.ask("SELECT holder FROM coc_lease"), "newer");
    // and what Slack tells it waits for one that knows more
    pair.scene.until(Duration::from_secs(10), "a line", |scene| scene.sandbox.sockets() > 0).await;
    pair.scene.request();
    let waiting = "SELECT count(*) FROM coc_inbox WHERE answer IS NULL";
    pair.scene
        .until(Duration::from_secs(10), "the request waits", |_| database.ask(waiting) != "0")
        .await;
    assert!(pair.nodes[0].as_mut().unwrap().try_wait().unwrap().is_none(), "it is there");
}

/// How many rounds, and from which seed they are drawn.
fn rounds() -> (usize, u64) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let fresh = || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::try_from(now.as_millis()).unwrap() % 1_000_000
    };
    let rounds = usize::try_from(number("COC_TAKEOVERS").unwrap_or(KINDS)).unwrap();
    (rounds, number("COC_SEED").unwrap_or_else(fresh))
}

/// What happens to a leader in the long night.
const KINDS: u64 = 8;

/// One round: something happens to the leader. Gives how long it took until one was ready that leads.
async fn strike(pair: &mut Pair, leader: usize, kind: u64) -> Duration {
    let other = 1 - leader;
    match kind {
        0 => {
            pair.kill(leader);
            let took = pair.until_ready(other, "after a kill").await;
            pair.start(leader);
            took
        }
        1 => {
            signal(pair.node(leader), "-STOP");
            let took = pair.until_ready(other, "while the leader hangs").await;
            tokio::time::sleep(Duration::from_secs(20).saturating_sub(took)).await;
            signal(pair.node(leader), "-CONT");
            took
        }
        // it wakes about when its lease ends
        2 => {
            signal(pair.node(leader), "-STOP");
            tokio::time::sleep(Duration::from_millis(2900)).await;
            signal(pair.node(leader), "-CONT");
            let since = Instant::now();
            loop {
                let (leads, _) = pair.until_somebody_leads("after a pause").await;
                let took = since.elapsed();
                // it had the lease, or has lost it in this moment
                tokio::time::sleep(Duration::from_millis(1500)).await;
                if pair.until_somebody_leads("after a pause").await.0 == leads {
                    return took;
                }
            }
        }
        3 | 4 => {
            pair.cut(leader, if kind == 3 { Way::Silent } else { Way::Cut });
            let took = pair.until_ready(other, "while the leader is cut off").await;
            pair.cut(leader, Way::Open);
            took
        }
        5 => {
            signal(pair.node(leader), "-TERM");
            let took = pair.until_ready(other, "after an orderly stop").await;
            let mut node = pair.nodes[leader].take().unwrap();
            assert!(aside(move || node.wait().unwrap()).await.success());
            pair.start(leader);
            took
        }
        6 => {
            let since = Instant::now();
            restart_the_database(pair).await;
            pair.until_somebody_leads("after the database's restart").await;
            since.elapsed()
        }
        // both at once
        _ => {
            pair.kill(0);
            pair.kill(1);
            pair.start(leader);
            let took = pair.until_ready(leader, "after both were killed").await;
            pair.start(other);
            took
        }
    }
}

const NAMES: [&str; 8] = [
    "killed",
    "hung for 20 s",
    "hung for 2.9 s",
    "cut off, silent",
    "cut off, refused",
    "stopped in order",
    "database restarted after 2 s",
    "both killed",
];

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
    let mut nights = 1;
    let mut took: Vec<Vec<Duration>> = vec![Vec::new(); NAMES.len()];
    let turn = upto(KINDS);
    pair.scene.request();
    pair.reaches(1, "the first rung").await;
    for round in 0..rounds {
        // rungs go on while somebody hangs
        if pair.so_far() + 10 >= chain().len() {
            pair.is_in_order();
            nights += 1;
            drop(pair);
            pair = Pair::set(POLICY).await;
            pair.scene.request();
            pair.reaches(1, "the first rung of another night").await;
        }
        tokio::time::sleep(Duration::from_millis(upto(2500))).await;
        // each kind comes in turn; when it strikes is chance
        let kind = (turn + round as u64) % KINDS;
        // on a machine that has much to do a lease may end for no other reason
        let (leader, _) = pair.until_somebody_leads("before a round").await;
        pair.until_following(1 - leader).await;
        let after = strike(&mut pair, leader, kind).await;
        took[usize::try_from(kind).unwrap()].push(after);
        let told = format!("seed {seed}, round {round}, {}", NAMES[usize::try_from(kind).unwrap()]);
        pair.reaches((pair.so_far() + 1).min(chain().len()), &told).await;
        pair.is_in_order();
    }
    eprintln!("takeovers: {rounds} rounds, {nights} nights, seed {seed}, {:.1?}", begun.elapsed());
    for (name, mut took) in NAMES.into_iter().zip(took) {
        took.sort();
        if let (Some(least), Some(most)) = (took.first(), took.last()) {
            let middle = took[took.len() / 2];
            eprintln!(
                "{name}: {} times, ready after {middle:.2?} ({least:.2?}–{most:.2?})",
                took.len()
            );
        }
    }
}
