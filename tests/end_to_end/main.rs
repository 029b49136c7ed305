//! The real program against the practice workspace over HTTP and WebSocket, as in a real workspace: `coc run` is a process of its
//! own, reached by the real Slack client, and killed by signal 9.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "bounds on real time")]

mod ground;
mod kills;
mod scene;
mod watched;
mod within;
#[path = "../common/workplace.rs"]
mod workplace;

use coc::ports::Clock;
use coc::service::WallClock;
use scene::{Scene, reached};
use std::process::Command;
use std::time::Duration;

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
    let status = scene.stop().await;
    assert!(status.success(), "{status}");
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
