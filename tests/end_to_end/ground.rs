//! The ground that the journal stands on gives way: a folder that cannot be written, a full disk, two processes on one folder. And a
//! back-up that is put back.

use crate::scene::{Scene, reached};
use coc::sandbox::workspace::Typing;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A request about another ticket than the first one's.
fn ask_again(scene: &Scene) {
    let ticket = "https://support.example.com/agent/tickets/4343";
    let text = format!("@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: {ticket}");
    scene.with(|workspace, now| {
        workspace.say(now, &scene.csr, &scene.general, None, &text, Typing::Plain).unwrap()
    });
}

async fn ended(mut command: Command) -> Output {
    let run = move || command.stderr(Stdio::piped()).output().unwrap();
    tokio::task::spawn_blocking(run).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_on_the_same_folder_says_so_and_disturbs_nobody() {
    let mut scene = Scene::set("").await;
    scene.start();
    scene.request();
    scene.until(LONG, "the first rung", |s| s.says("수락입니다")).await;
    let second = ended(scene.command(&["run"])).await;
    assert_eq!(second.status.code(), Some(1));
    let words = said(&second);
    assert!(
        words.contains("다른 coc 프로세스가 쓰고 있습니다") && words.contains("--state"),
        "{words}"
    );
    ask_again(&scene);
    scene.until(LONG, "the second request", |s| reached(&s.posts()).len() >= 2).await;
    assert_eq!(reached(&scene.posts()).len(), 2, "each request has one rung: {:#?}", scene.posts());
    assert!(scene.stop().await.success());
}

/// As somebody who may not write there, also where the tests are root's.
fn as_nobody(command: &Command) -> Command {
    let mut lowered = Command::new("setpriv");
    lowered.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    lowered.arg(command.get_program()).args(command.get_args()).env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            lowered.env(name, value);
        }
    }
    lowered.env("PATH", "/usr/bin:/bin").stdin(Stdio::null()).stdout(Stdio::null());
    lowered
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_may_not_be_written_is_named() {
    let mut scene = Scene::set("").await;
    let state = scene.state();
    mode(state.parent().unwrap(), 0o755);
    // a folder that is there and is somebody else's, one that cannot be made, one whose journal may be read only
    std::fs::create_dir(&state).unwrap();
    mode(&state, 0o555);
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let command = |scene: &Scene| {
        let command = scene.command(&["run"]);
        if is_root { as_nobody(&command) } else { command }
    };
    let refused = |output: Output, path: &Path| {
        let words = said(&output);
        assert_eq!(output.status.code(), Some(1), "{words}");
        let told = words.contains(&path.display().to_string()) && words.contains("쓰기 권한");
        assert!(told && !words.contains("panicked"), "{words}");
    };
    refused(ended(command(&scene)).await, &state);
    std::fs::remove_dir(&state).unwrap();
    mode(state.parent().unwrap(), 0o555);
    refused(ended(command(&scene)).await, &state);
    mode(state.parent().unwrap(), 0o755);
    // one that everybody may look into is said to be so, and taken
    std::fs::create_dir(&state).unwrap();
    mode(&state, 0o755);
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut run = scene.command(&["run"]);
    scene.bot = Some(run.stderr(log.reopen().unwrap()).spawn().unwrap());
    scene.request();
    scene.until(LONG, "the first rung", |s| s.says("수락입니다")).await;
    assert!(scene.stop().await.success());
    let words = std::fs::read_to_string(log.path()).unwrap();
    assert!(words.contains("누구나 볼 수 있습니다(755)") && words.contains("chmod 700"), "{words}");
    for entry in std::fs::read_dir(state.join("journal")).unwrap() {
        mode(&entry.unwrap().path(), 0o444);
    }
    mode(&state.join("journal"), 0o555);
    refused(ended(command(&scene)).await, &state);
    // root may write whatever the bits say; others get their folder back
    mode(&state.join("journal"), 0o700);
    for entry in std::fs::read_dir(state.join("journal")).unwrap() {
        mode(&entry.unwrap().path(), 0o600);
    }
    scene.start();
    scene.until(LONG, "it goes on", |s| !s.posts().is_empty()).await;
    assert_eq!(reached(&scene.posts()).len(), 1, "{:#?}", scene.posts());
}

/// The disk takes nothing more from one moment to the next (no file may grow beyond what it has). What Slack told then was not taken,
/// so it is not lost: Slack tells it again, and it is done once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_the_desk_with_a_word_and_loses_nothing() {
    let mut scene = Scene::set("").await;
    let run = scene.command(&["run"]);
    // a process that ignores the signal is told by the system that the file is too big, as it is told that a disk is full
    let mut bash = Command::new("bash");
    bash.args(["-c", "trap '' XFSZ; exec \"$@\"", "bash"]);
    bash.arg(run.get_program()).args(run.get_args()).env_clear();
    bash.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    bash.env("PATH", "/usr/bin:/bin").stdin(Stdio::null()).stdout(Stdio::null());
    // by a pipe: a log's file would be full as well
    scene.bot = Some(bash.stderr(Stdio::piped()).spawn().unwrap());
    scene.request();
    scene.until(LONG, "the first rung", |s| reached(&s.posts()).len() == 1).await;
    let bot = scene.bot.take().unwrap();
    let full = Command::new("prlimit")
        .args(["--fsize=16:16", "--pid", &bot.id().to_string()])
        .status()
        .unwrap();
    assert!(full.success());
    ask_again(&scene);
    let ended = tokio::task::spawn_blocking(move || bot.wait_with_output().unwrap());
    let ended = tokio::time::timeout(LONG, ended).await.unwrap().unwrap();
    let words = said(&ended);
    assert_eq!(ended.status.code(), Some(1), "{words}");
    assert!(words.contains("남은 공간을 확인해 주십시오"), "{words}");
    assert!(words.contains("다시 시작하면 저장된 데서 이어집니다"), "{words}");
    assert_eq!(reached(&scene.posts()).len(), 1, "nothing leaves that is not durable");
    // somebody made room
    scene.start();
    scene.until(LONG, "the second request", |s| reached(&s.posts()).len() >= 2).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(reached(&scene.posts()).len(), 2, "{:#?}", scene.posts());
    assert!(scene.stop().await.success());
    let verified = self::ended(scene.command(&["journal", "verify"])).await;
    assert!(verified.status.success(), "{}", said(&verified));
}

/// docs/백업과복구.md, step by step.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_put_into_an_empty_folder_carries_the_case_on() {
    let mut scene = Scene::set("phone = \"desk\"\n").await;
    scene.start();
    scene.request();
    scene.until(LONG, "the first rung", |s| s.says("수락입니다")).await;
    let (rung, _, _) =
        scene.posts().into_iter().find(|(_, said, _)| said.contains("수락입니다")).unwrap();
    assert!(scene.stop().await.success());
    let backup = scene.state().with_file_name("coc.jsonl");
    let file = backup.to_str().unwrap();
    let exported = ended(scene.command(&["journal", "export", "--out", file])).await;
    assert!(exported.status.success(), "{}", said(&exported));
    let meta = std::fs::metadata(&backup).unwrap();
    assert_eq!(meta.permissions().mode() & 0o777, 0o600, "it holds names and numbers");
    std::fs::remove_dir_all(scene.state()).unwrap();
    let restored = ended(scene.command(&["journal", "restore", file])).await;
    assert!(restored.status.success(), "{}", said(&restored));
    let verified = ended(scene.command(&["journal", "verify"])).await;
    assert!(verified.status.success(), "{}", said(&verified));
    scene.start();
    let gaon = scene.workspace.lock().unwrap().user_named("가온별").unwrap().id.clone();
    scene.with(|workspace, now| ((), workspace.react(now, &gaon, &rung, "eyes").unwrap()));
    scene.until(LONG, "taken", |s| s.says("✅ 가온별 님이")).await;
    assert_eq!(reached(&scene.posts()), ["가온별"], "nobody is reached twice");
    assert!(scene.stop().await.success());
}

/// A copy that is made while the process stands still is what a power cut would leave.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_the_folder_of_a_bot_that_is_held_for_a_moment_is_whole() {
    let mut scene = Scene::set("").await;
    scene.start();
    scene.request();
    scene.until(LONG, "the first rung", |s| s.says("수락입니다")).await;
    let bot = scene.bot.as_ref().unwrap().id().to_string();
    let copy = scene.state().with_file_name("copy");
    for command in [
        vec!["kill", "-STOP", &bot],
        vec!["cp", "-a", scene.state().to_str().unwrap(), copy.to_str().unwrap()],
        vec!["kill", "-CONT", &bot],
    ] {
        assert!(Command::new(command[0]).args(&command[1..]).status().unwrap().success());
    }
    ask_again(&scene);
    scene.until(LONG, "it went on", |s| reached(&s.posts()).len() == 2).await;
    let mut verify = Command::new(env!("CARGO_BIN_EXE_coc"));
    verify.args(["journal", "verify", "--json", "--state"]).arg(&copy).env_clear();
    let verified = ended(verify).await;
    assert!(verified.status.success(), "{}", said(&verified));
    let verdict: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert!(verdict["ok"] == true && verdict["records"].as_u64().unwrap() > 3, "{verdict}");
    assert!(scene.stop().await.success());
}
