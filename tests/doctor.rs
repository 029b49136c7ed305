//! `coc doctor` against the practice workspace, over HTTP, as in a real workspace.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "standins/fitcloud.rs"]
mod fitcloud;
#[path = "standins/smtp.rs"]
#[expect(dead_code, reason = "what it heard is other tests'")]
mod smtp;
#[path = "common/workplace.rs"]
mod workplace;

use coc::adapters::slack::api::scopes;
use coc::domain::people::read_guide;
use coc::sandbox::server::{Options, Sandbox};
use coc::sandbox::workspace::Workspace;
use coc::service::today;
use fitcloud::{Mood, StandIn, customer};
use serde_json::{Value, json};
use smtp::Scripted;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use workplace::Bare;

const GUIDE: &str = include_str!("../data/guide.txt");
const TOKENS: [(&str, &str); 2] =
    [("SLACK_BOT_TOKEN", "xoxb-sandbox"), ("SLACK_APP_TOKEN", "xapp-sandbox")];

/// A workspace in which nothing is missing, but for what `spoil` takes out of it.
struct Clinic {
    url: String,
    folder: tempfile::TempDir,
}

impl Clinic {
    async fn open(options: Options, furnish: impl FnOnce(&mut Workspace)) -> Self {
        let mut workspace = Workspace::new();
        furnish(&mut workspace);
        let workspace = Arc::new(Mutex::new(workspace));
        let sandbox = Sandbox::new(workspace, Arc::new(Bare), options);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/", listener.local_addr().unwrap());
        tokio::spawn(async move { sandbox.serve(listener, std::future::pending()).await });
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("guide.txt"), GUIDE).unwrap();
        Self { url, folder }
    }

    fn coc(&self, environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coc"));
        command.args(["doctor", "--json"]).current_dir(self.folder.path()).env_clear();
        command.env("SLACK_API_URL", &self.url).env("AWS_STATUS_URL", "off");
        command.envs(environment.iter().copied());
        let output = command.output().unwrap();
        for (_, secret) in environment {
            assert!(!text(&output).contains(secret), "a secret: {}", text(&output));
        }
        output
    }
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn all_scopes() -> Options {
    let scopes = scopes().into_iter().map(str::to_owned).collect();
    Options { scopes, ..Options::default() }
}

/// Everybody of the guide, the channels that are needed, and the groups.
fn whole(workspace: &mut Workspace) {
    workspace.add_channel("general", "");
    workspace.add_channel("coc-noti", "");
    workspace.add_channel("saltware-pls-technical-support", "");
    people(workspace, &[]);
    let csr = workspace.add_user("csr1", "오하라", "csr1@example.com");
    let coc = workspace.add_user("coc1", "고윤슬", "coc1@example.com");
    let sa = workspace.add_user("sa1", "이든솔", "sa1@example.com");
    workspace.add_group("csr", "csr", &[csr]);
    workspace.add_group("coc", "coc", &[coc]);
    workspace.add_group("sa", "sa", &[sa]);
}

fn people(workspace: &mut Workspace, but: &[&str]) {
    let (roster, _) = read_guide(GUIDE, today()).unwrap();
    for (nth, person) in roster.people.iter().enumerate() {
        if !but.contains(&person.name.as_str()) {
            let made_up = format!("ts{nth}@example.co.kr");
            let email = person.email.as_deref().unwrap_or(&made_up);
            workspace.add_user(&format!("ts{nth}"), person.name.as_str(), email);
        }
    }
}

#[track_caller]
fn states(output: &Output, status: i32) -> Vec<(String, String, String)> {
    assert_eq!(output.status.code(), Some(status), "{}", text(output));
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read["ok"], status == 0);
    let word = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    let checks = read["checks"].as_array().unwrap().iter();
    checks.map(|check| (word(check, "what"), word(check, "state"), word(check, "text"))).collect()
}

#[track_caller]
fn expect(states: &[(String, String, String)], what: &str, state: &str, words: &str) {
    let (_, is, text) = states.iter().find(|(name, ..)| name == what).unwrap();
    assert_eq!(is, state, "{what}: {text}");
    assert!(text.contains(words), "{what}: {text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_workspace_is_well() {
    let clinic = Clinic::open(all_scopes(), whole).await;
    let output = clinic.coc(&TOKENS);
    let found = states(&output, 0);
    let expected = [
        ("상태 폴더", "ok", "쓸 수 있습니다"),
        ("남은 공간", "ok", "MiB"),
        ("Slack 설정", "ok", "Socket Mode"),
        ("Slack 토큰", "ok", "봇 토큰이 맞습니다"),
        ("Slack 권한", "ok", "모두 있습니다"),
        ("시계", "ok", "초 차이"),
        (
            "Slack 채널",
            "ok",
            "#general, #coc-noti, #saltware-pls-technical-support에 봇이 들어 있습니다",
        ),
        ("Slack 사람", "ok", "13명"),
        ("Slack 그룹", "ok", "coc 1명, csr 1명, sa 1명"),
        ("Socket Mode", "ok", "연결을 열 수 있습니다"),
    ];
    for (what, state, words) in expected {
        expect(&found, what, state, words);
    }
    assert!(!clinic.folder.path().join("state").exists(), "looking makes nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_named_with_what_to_do() {
    let mut options = all_scopes();
    options.scopes.retain(|scope| scope != "im:write" && scope != "dnd:read");
    let clinic = Clinic::open(options, |workspace| {
        workspace.add_channel("general", "");
        people(workspace, &["다솜윤", "아람준"]);
        let coc = workspace.add_user("coc1", "고윤슬", "coc1@example.com");
        workspace.add_group("coc", "coc", &[coc]);
        workspace.add_group("csr", "csr", &[]);
    })
    .await;
    let found = states(&clinic.coc(&TOKENS), 1);
    expect(&found, "Slack 권한", "missing", "권한 2가지가 없습니다: dnd:read, im:write");
    expect(&found, "Slack 채널", "missing", "#coc-noti 채널이 없거나");
    expect(&found, "Slack 사람", "missing", "2명을 Slack에서 찾지 못했습니다: 다솜윤, 아람준");
    expect(&found, "Slack 그룹", "missing", "csr 그룹(@csr)이 비어 있습니다");
    expect(&found, "Slack 그룹", "missing", "sa 그룹(@sa)이 Slack에 없습니다");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_header_that_is_absent_is_not_known() {
    let clinic = Clinic::open(Options::default(), whole).await;
    let found = states(&clinic.coc(&TOKENS), 0);
    expect(&found, "Slack 권한", "untried", "알 수 없음");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_without_the_bot_is_told_apart_from_one_that_is_not() {
    let clinic = Clinic::open(all_scopes(), |workspace| {
        whole(workspace);
        let noti = workspace.channel_named("coc-noti").unwrap().id.clone();
        let bot = workspace.bot.user.clone();
        workspace.leave_channel(&noti, &bot);
    })
    .await;
    let found = states(&clinic.coc(&TOKENS), 1);
    expect(&found, "Slack 채널", "missing", "#coc-noti에 봇이 들어 있지 않습니다");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_tokens_are_told_without_showing_them() {
    let clinic = Clinic::open(all_scopes(), whole).await;
    let swapped = [("SLACK_BOT_TOKEN", "xapp-hidden-1"), ("SLACK_APP_TOKEN", "xoxb-hidden-2")];
    let found = states(&clinic.coc(&swapped), 1);
    expect(&found, "Slack 토큰", "missing", "앱 토큰(xapp-)이 들어 있습니다");
    expect(&found, "Socket Mode", "missing", "봇 토큰(xoxb-)이 들어 있습니다");
    expect(&found, "Slack 사람", "untried", "시험하지 않았습니다");
    let foreign = [("SLACK_BOT_TOKEN", "xoxb-hidden-3"), ("SLACK_APP_TOKEN", "xapp-hidden-4")];
    let found = states(&clinic.coc(&foreign), 1);
    expect(&found, "Slack 토큰", "missing", "받아 주지 않습니다 (auth.test: invalid_auth)");
    expect(&found, "Socket Mode", "missing", "invalid_auth");
    let odd = [("SLACK_BOT_TOKEN", "secret-of-another-kind")];
    let found = states(&clinic.coc(&odd), 1);
    expect(&found, "Slack 토큰", "missing", "알 수 없는 값");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_slack_it_says_what_was_not_tried() {
    let clinic = Clinic::open(all_scopes(), whole).await;
    let found = states(&clinic.coc(&[]), 1);
    expect(&found, "Slack 연결", "untried", "Slack 토큰, Slack 권한, 시계");
    let silent =
        [("SLACK_BOT_TOKEN", "xoxb-sandbox"), ("SLACK_API_URL", "http://127.0.0.1:1/api/")];
    let mut command = Command::new(env!("CARGO_BIN_EXE_coc"));
    command.args(["doctor", "--json"]).current_dir(clinic.folder.path()).env_clear();
    command.env("AWS_STATUS_URL", "off");
    let found = states(&command.envs(silent).output().unwrap(), 1);
    expect(&found, "Slack 토큰", "missing", "Slack에 닿지 못했습니다");
    expect(&found, "Slack 채널", "untried", "시험하지 않았습니다");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_mail_server_is_tried_up_to_the_login() {
    let clinic = Clinic::open(all_scopes(), whole).await;
    let with = |url: &str| {
        let environment = [TOKENS[0], TOKENS[1], ("SMTP_URL", url)];
        clinic.coc(&environment)
    };
    let well = Scripted::open(&[]).await;
    let found = states(&with(&well.url), 0);
    expect(&found, "메일 서버", "ok", "보내는 주소는");
    expect(&found, "메일 양식", "doubt", "mail/urgent-taken.txt, mail/alarm.txt");
    let mail = clinic.folder.path().join("data/mail");
    std::fs::create_dir(&mail).unwrap();
    for file in
        ["alarm.txt", "phd.txt", "tam.txt", "invitation.txt", "onboard-reminder.txt", "monthly.txt"]
    {
        std::fs::write(mail.join(file), "제목: 안내\n{{ company }} 드림\n").unwrap();
    }
    expect(&states(&with(&well.url), 0), "메일 양식", "doubt", "mail/urgent-taken.txt이(가) 없어");
    std::fs::write(mail.join("urgent-taken.txt"), "제목: 안내\n담당: {{ engineer }}\n").unwrap();
    expect(&states(&with(&well.url), 0), "메일 양식", "ok", "mail/urgent-taken.txt");
    std::fs::write(mail.join("urgent-taken.txt"), "제목: 안내\n담당: {{ who }}\n").unwrap();
    expect(&states(&with(&well.url), 1), "메일 양식", "missing", "coc check");
    std::fs::remove_dir_all(&mail).unwrap();
    let strict = Scripted::open(&[
        ("EHLO", "250-mail.example.com\r\n250 AUTH PLAIN"),
        ("AUTH", "535 5.7.8 wrong"),
    ])
    .await;
    let url = strict.url.replace("smtp://", "smtp://coc:hidden-password@");
    let output = with(&url);
    assert!(!text(&output).contains("hidden-password"), "{}", text(&output));
    expect(&states(&output, 1), "메일 서버", "missing", "로그인이 거절되었습니다 (535 5.7.8)");
    let plain = states(&with("smtp://coc:hidden-password@mail.example.com"), 1);
    expect(&plain, "메일 서버", "missing", "SMTP_URL: 암호화 없이");
    let nobody = states(&with("smtp://127.0.0.1:1"), 1);
    expect(&nobody, "메일 서버", "missing", "연결되지 않습니다");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_customer_record_is_read_from_where_it_comes_from() {
    let clinic = Clinic::open(all_scopes(), whole).await;
    let of = |url: &str, token: &str| {
        clinic.coc(&[TOKENS[0], TOKENS[1], ("FITCLOUD_URL", url), ("FITCLOUD_TOKEN", token)])
    };
    expect(&states(&clinic.coc(&TOKENS), 0), "고객 기록", "doubt", "모든 고객을 일반으로");
    let server =
        StandIn::open(vec![customer("한빛전자", &[], "일반"), customer("은하물류", &[], "MSP")])
            .await;
    let found = states(&of(&server.url, fitcloud::TOKEN), 0);
    expect(&found, "고객 기록", "ok", "FitCloud에서 고객 2곳을 읽었습니다");
    let found = states(&of(&server.url, "hidden-other-token"), 1);
    expect(&found, "고객 기록", "missing", "인증이 거절되었습니다 (401)");
    server.will(&[Mood::Says("<html>".to_owned())]);
    expect(
        &states(&of(&server.url, fitcloud::TOKEN), 1),
        "고객 기록",
        "missing",
        "JSON이 아닙니다",
    );
    let mut bad = customer("한빛전자", &[], "일반");
    bad["grade"] = json!("Gold");
    server.holds(vec![bad]);
    let found = states(&of(&server.url, fitcloud::TOKEN), 1);
    expect(&found, "고객 기록", "missing", "고칠 것이 1건 있습니다. 2행: 한빛전자: grade \"Gold\"");
    let half = [TOKENS[0], TOKENS[1], ("FITCLOUD_URL", server.url.as_str())];
    let found = states(&clinic.coc(&half), 1);
    expect(&found, "고객 기록", "missing", "FITCLOUD_TOKEN도 필요합니다");
    let file = clinic.folder.path().join("data/customers.csv");
    std::fs::copy("data/customers.csv", &file).unwrap();
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_754_398_800);
    std::fs::File::options().append(true).open(&file).unwrap().set_modified(old).unwrap();
    let found = states(&clinic.coc(&TOKENS), 0);
    expect(&found, "고객 기록", "doubt", "고객 12곳을 읽었습니다 (2025-08-05 22:00 기준)");
    // which disk it is depends on where this runs; that it is looked at does not
    let disk = found.iter().find(|(what, ..)| what == "상태 폴더의 디스크").unwrap();
    assert!(disk.1 == "ok" || disk.1 == "doubt", "{disk:?}");
}
