//! The practice as a person meets it: `coc sandbox` as a process of its own, its page's requests, its recordings played again, and
//! its page in a browser.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "another process is waited for by the real clock")]

mod common;

use coc::replay::{Played, play};
use coc::sandbox::workspace::Workspace;
use common::books;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// `coc sandbox` on a free port; gone with the value.
struct Practice {
    process: Child,
    url: String,
    http: Client<HttpConnector, Full<axum::body::Bytes>>,
    _state: tempfile::TempDir,
}

impl Drop for Practice {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Practice {
    fn open() -> Self {
        Self::open_on(&data_folder())
    }

    fn open_on(data: &Path) -> Self {
        let state = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_coc"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .arg("--data")
            .arg(data)
            .arg("--state")
            .arg(state.path())
            .args(["sandbox", "--listen", "127.0.0.1:0", "--at", "2025-08-05 22:00"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let at = first.find("http://").unwrap();
        let url = first[at..].trim().trim_end_matches('/').to_owned();
        let http = Client::builder(TokioExecutor::new()).build_http();
        Self { process, url, http, _state: state }
    }

    async fn get(&self, path: &str) -> String {
        let got = self.http.get(format!("{}{path}", self.url).parse().unwrap()).await.unwrap();
        assert!(got.status().is_success(), "{path}: {}", got.status());
        let body = got.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    }

    async fn state(&self) -> Value {
        serde_json::from_str(&self.get("/page/state").await).unwrap()
    }

    async fn try_to(&self, who: &str, mut deed: Value) -> Value {
        deed["who"] = json!(who);
        let request = axum::http::Request::post(format!("{}/page/act", self.url))
            .header("content-type", "application/json")
            .body(Full::from(deed.to_string()))
            .unwrap();
        let answer = self.http.request(request).await.unwrap();
        serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
    }

    async fn act(&self, who: &str, deed: Value) -> Value {
        let said = self.try_to(who, deed.clone()).await;
        assert_eq!(said["ok"], true, "{deed}: {said}");
        said
    }

    async fn begin(&self, scene: &str) {
        self.act("", json!({"do": "scene", "scene": scene})).await;
        self.turn(json!({"speed": 0})).await;
    }

    async fn turn(&self, turn: Value) {
        self.act("", json!({"do": "clock", "turn": turn})).await;
    }

    /// Waits for the newest of the bot's messages that reads so; what is asked for comes within seconds or not at all.
    async fn sees(&self, text: &str) -> Seen {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let seen = messages(&self.state().await);
            if let Some(found) = seen.iter().rev().find(|one| one.text.contains(text)) {
                return found.clone();
            }
            assert!(Instant::now() < deadline, "nothing says {text:?}: {seen:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn press(&self, who: &str, on: &Seen, label: &str) {
        let at = json!({"do": "press", "channel": on.channel_id, "ts": on.ts, "label": label});
        self.act(who, at).await;
    }

    async fn phone(&self, who: &str, event: &str) {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let state = self.state().await;
            let ringing = state["panels"]["ringing"].as_array().unwrap();
            if let Some(call) = ringing.iter().find(|call| call["to"] == who) {
                self.act("", json!({"do": "phone", "call": call["id"], "event": event})).await;
                return;
            }
            assert!(Instant::now() < deadline, "{who} is not called");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the pane shows an open case.
    async fn has_a_case(&self) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.state().await["panels"]["cases"].as_array().unwrap().is_empty() {
            assert!(Instant::now() < deadline, "no case is open");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// That the recording played again leaves the same to be read, once the last post stands here.
    async fn plays_the_same(&self) {
        let (yaml, played) = self.play_again().await;
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let state = self.state().await;
            if apart(&played, &state) == (Vec::new(), Vec::new()) || Instant::now() > deadline {
                return same(&played, &state, &yaml);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The recording, played again.
    async fn play_again(&self) -> (String, Played) {
        let yaml = self.get("/page/scenario.yaml").await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("recorded.yaml");
        std::fs::write(&file, &yaml).unwrap();
        let played = play(&file, &books(), &[]);
        let (played, _) = played.unwrap_or_else(|error| panic!("{error}\n{yaml}"));
        (yaml, played)
    }
}

fn data_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// A message of the bot as people see it.
#[derive(Clone, Debug)]
struct Seen {
    channel_id: String,
    ts: String,
    channel: String,
    text: String,
    mentions: Vec<String>,
}

/// The bot's messages in channels, oldest first.
fn messages(state: &Value) -> Vec<Seen> {
    // a workspace of the same people reads their mentions
    let mut reader = Workspace::new();
    for user in state["users"].as_array().unwrap() {
        let id = reader.add_user(text(&user["handle"]), text(&user["name"]), "");
        assert_eq!(id.as_str(), text(&user["id"]));
    }
    for group in state["groups"].as_array().unwrap() {
        let id = reader.add_group(text(&group["handle"]), text(&group["name"]), &[]);
        assert_eq!(id.as_str(), text(&group["id"]));
    }
    let mut seen = Vec::new();
    for channel in state["channels"].as_array().unwrap() {
        if !channel["direct_with"].is_null() {
            continue;
        }
        for message in channel["messages"].as_array().unwrap() {
            if message["bot_id"].is_null() {
                continue;
            }
            let blocks = message["blocks"].as_array().cloned().unwrap_or_default();
            seen.push(Seen {
                channel_id: text(&channel["id"]).to_owned(),
                ts: text(&message["ts"]).to_owned(),
                channel: format!("#{}", text(&channel["name"])),
                text: reader.words(text(&message["text"]), &blocks),
                mentions: reader.mentions(text(&message["text"]), &blocks),
            });
        }
    }
    seen.sort_by(|a, b| a.ts.cmp(&b.ts));
    seen
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

type Post = (String, String, Vec<String>);

/// That a recording played again leaves the same to be read: what goes to channels themselves at one instant may arrive in either
/// order.
fn same(played: &Played, state: &Value, yaml: &str) {
    let none = (Vec::new(), Vec::new());
    assert_eq!(apart(played, state), none, "in the replay alone, on the page alone\n{yaml}");
}

fn apart(played: &Played, state: &Value) -> (Vec<Post>, Vec<Post>) {
    let (mut only_again, mut only_seen) = (posts_of(played), posts_on(state));
    only_again.retain(|post| match only_seen.iter().position(|seen| seen == post) {
        Some(at) => {
            only_seen.swap_remove(at);
            false
        }
        None => true,
    });
    (only_again, only_seen)
}

/// The posts of a replay as they read at its end: channel, text, mentions.
fn posts_of(played: &Played) -> Vec<Post> {
    let acts = serde_json::to_value(&played.acts).unwrap();
    let mut posts: Vec<(String, Post)> = Vec::new();
    for act in acts.as_array().unwrap() {
        let kind = text(&act["kind"]);
        if kind != "post" && kind != "update" {
            continue;
        }
        let mentions =
            act["mentions"].as_array().unwrap().iter().map(|name| text(name).to_owned()).collect();
        let post = (text(&act["channel"]).to_owned(), text(&act["text"]).to_owned(), mentions);
        let id = text(&act["id"]);
        match posts.iter_mut().find(|(known, _)| known == id) {
            Some((_, old)) => *old = post,
            None => posts.push((id.to_owned(), post)),
        }
    }
    posts.into_iter().map(|(_, post)| post).collect()
}

fn posts_on(state: &Value) -> Vec<Post> {
    messages(state).into_iter().map(|one| (one.channel, one.text, one.mentions)).collect()
}

#[tokio::test]
async fn a_recorded_night_plays_the_same() {
    let practice = Practice::open();
    practice.begin("night").await;
    let first = practice.sees("22:05까지 응답이 없으면 다솜윤").await;
    let asked = json!({
        "do": "say", "channel": "general", "text": "@라온결 혹시 깨어 계십니까",
    });
    let said = practice.act("고윤슬", asked).await;
    practice.press("고윤슬", &first, "부재").await;
    let second = practice.sees("22:05까지 응답이 없으면 라온결").await;
    let edited = json!({
        "do": "edit", "channel": said["channel"], "ts": said["ts"], "text": "@라온결 대기해 주십시오",
    });
    practice.act("고윤슬", edited).await;
    // somebody else's reaction changes nothing
    let eyes = json!({
        "do": "react", "channel": second.channel_id, "ts": second.ts, "emoji": "eyes",
    });
    practice.act("라온결", eyes).await;
    practice.turn(json!({"advance": 300})).await;
    practice.phone("라온결", "busy").await;
    practice.sees("라온결 님: 전화 통화 중").await;
    let fourth = practice.sees("22:10까지").await;
    assert_eq!(fourth.mentions, ["마루한"]);
    let reply = json!({
        "do": "say", "channel": fourth.channel_id, "text": "제가 맡겠습니다", "thread": fourth.ts,
    });
    practice.act("마루한", reply).await;
    practice.sees("마루한 님이 22:05에 수락했습니다 (답글)").await;
    practice.turn(json!({"advance": 1800})).await;

    let state = practice.state().await;
    let (yaml, played) = practice.play_again().await;
    assert!(played.title.starts_with("한밤 긴급 요청"), "{}", played.title);
    same(&played, &state, &yaml);
    assert!(!yaml.contains("뺐습니다"), "{yaml}");
}

#[tokio::test]
async fn a_recorded_day_of_forms_restarts_and_absences_plays_the_same() {
    let practice = Practice::open();
    practice.begin("lunch").await;
    let notice = practice.sees("[한빛전자] 티켓 배정").await;
    let typed = json!({"do": "slash", "channel": "coc-noti", "command": "/assign", "text": ""});
    practice.act("온누리", typed).await;
    let form = loop {
        let state = practice.state().await;
        let user = state["users"].as_array().unwrap().iter().find(|one| one["name"] == "온누리");
        let form = state["forms"][text(&user.unwrap()["id"])].clone();
        if !form.is_null() {
            break form;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let blocks = form["body"]["blocks"].as_array().unwrap();
    let block = |label: &str| {
        let found = blocks
            .iter()
            .find(|block| block["label"]["text"].as_str().is_some_and(|text| text.contains(label)));
        text(&found.unwrap()["block_id"]).to_owned()
    };
    let blank = practice.try_to("온누리", json!({"do": "submit", "fields": {}})).await;
    assert_eq!(blank["ok"], false, "{blank}");
    let fields = json!({
        block("고객사"): "솔빛출판",
        block("티켓"): "https://support.example.com/agent/tickets/4300",
    });
    practice.act("온누리", json!({"do": "submit", "fields": fields})).await;
    practice.sees("[솔빛출판] 티켓 배정").await;
    practice.turn(json!({"advance": 1800})).await;

    practice.act("", json!({"do": "bot", "turn": "kill"})).await;
    practice.turn(json!({"advance": 600})).await;
    let who = notice.mentions.first().unwrap().clone();
    let seen = json!({
        "do": "react", "channel": notice.channel_id, "ts": notice.ts, "emoji": "white_check_mark",
    });
    practice.act(&who, seen).await;
    practice.turn(json!({"advance": 120})).await;
    practice.act("", json!({"do": "bot", "turn": "start"})).await;
    practice.sees(&format!("{who} 님 확인")).await;
    practice.turn(json!({"advance": 3600})).await;
    practice.turn(json!("next_business_day")).await;

    let state = practice.state().await;
    let (yaml, played) = practice.play_again().await;
    same(&played, &state, &yaml);
}

#[tokio::test]
async fn every_scene_opens_and_its_recording_plays_the_same() {
    let practice = Practice::open();
    let scenes = practice.state().await["scenes"].as_array().unwrap().clone();
    assert_eq!(scenes.len(), 13);
    for scene in &scenes {
        let id = text(&scene["id"]);
        practice.begin(id).await;
        let state = practice.state().await;
        assert_eq!(state["practice"]["scene"]["id"], id);
        practice.turn(json!({"advance": 60})).await;
        // the telephone rings, and nobody has written anything down yet
        if id != "call" {
            practice.has_a_case().await;
        }
        practice.turn(json!("next_business_day")).await;
        practice.plays_the_same().await;
    }
    let none = practice.try_to("", json!({"do": "scene", "scene": "nonsense"})).await;
    assert!(text(&none["error"]).contains("nonsense"), "{none}");
}

#[tokio::test]
async fn alarms_and_outages_of_the_page_play_the_same() {
    let practice = Practice::open();
    practice.begin("alarm").await;
    let card = practice.sees("[은하물류] L3 알람").await;
    practice.press("고윤슬", &card, "연결됨").await;
    practice.sees("고객과 연결되었습니다").await;
    practice.press("고윤슬", &card, "추가 조치 필요").await;
    practice.sees("22:05까지 응답이 없으면").await;
    practice.phone("가온별", "accepted").await;
    practice.sees("가온별 님이").await;
    // the second hit of the hour is an incident, and the clock stands
    let alarm =
        json!({"do": "alarm", "customer": "두레교육", "level": "L2", "name": "lms-1 \"CPU\""});
    practice.act("", alarm.clone()).await;
    practice.act("", alarm).await;
    practice.sees("[두레교육] L2 알람").await;
    practice.turn(json!({"advance": 600})).await;
    practice.act("", json!({"do": "status", "says": "impact"})).await;
    practice.sees("AP-NORTHEAST-2").await;
    let again = practice.try_to("", json!({"do": "status", "says": "impact"})).await;
    assert!(text(&again["error"]).contains("이미"), "{again}");
    practice.turn(json!({"advance": 1800})).await;
    practice.act("", json!({"do": "status", "says": "resolved"})).await;
    practice.turn(json!({"advance": 600})).await;

    practice.plays_the_same().await;

    practice.act("", json!({"do": "bot", "turn": "kill"})).await;
    for (deed, why) in [
        (json!({"do": "alarm", "customer": "두레교육", "level": "L3", "name": "x"}), "꺼져"),
        (json!({"do": "status", "says": "impact"}), "꺼져"),
        (json!({"do": "alarm", "customer": "없는곳", "level": "L3", "name": "x"}), "없는곳"),
        (json!({"do": "alarm", "customer": "두레교육", "level": "L3", "name": " "}), "이름"),
    ] {
        let said = practice.try_to("", deed).await;
        assert!(text(&said["error"]).contains(why), "{said}");
    }
}

/// Plays a file of `tests/page/` in Chromium. Where its packages are installed is said by `COC_PAGE_MODULES` (a `node_modules` folder),
/// where the screenshots go by `COC_PAGE_SHOTS`, where the pictures of README and manual go by `COC_PAGE_PICTURES` (`docs/images`, to
/// take them anew).
fn in_browser(practice: &Practice, file: &str, data: &Path) -> (PathBuf, tempfile::TempDir) {
    let kept = std::env::var_os("COC_PAGE_SHOTS").map(PathBuf::from);
    let folder = tempfile::tempdir().unwrap();
    let shots = kept.unwrap_or_else(|| folder.path().to_owned());
    std::fs::create_dir_all(&shots).unwrap();
    let status = Command::new("node")
        .arg("--test")
        .arg("--test-reporter=spec")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page").join(file))
        .env("COC_PAGE_URL", format!("{}/", practice.url))
        .env("COC_PAGE_SHOTS", &shots)
        .env("COC_PAGE_DATA", data)
        .status()
        .unwrap();
    assert!(status.success());
    (shots, folder)
}

/// The page itself, by clicks and keys.
#[tokio::test]
#[ignore = "needs Chromium and Node; .ci/run installs them"]
async fn the_page_in_a_browser() {
    let practice = Practice::open();
    let (shots, _folder) = in_browser(&practice, "scenes.test.mjs", &data_folder());
    let recorded = shots.join("recorded.yaml");
    let (played, _) = play(&recorded, &books(), &[]).unwrap();
    let last = posts_of(&played).pop().unwrap();
    assert!(last.1.contains("라온결 님이 22:05에 수락했습니다"), "{last:?}");
}

/// What the manual shows, played where COC phones by hand: the pictures are taken on the way.
#[tokio::test]
#[ignore = "needs Chromium and Node; .ci/run installs them"]
async fn what_the_manual_shows() {
    let own = tempfile::tempdir().unwrap();
    for name in ["guide.txt", "customers.csv", "policy.toml"] {
        let text = std::fs::read_to_string(data_folder().join(name)).unwrap();
        let by_hand = text.replace("phone = \"auto\"", "phone = \"desk\"");
        assert!(name != "policy.toml" || by_hand != text);
        std::fs::write(own.path().join(name), by_hand).unwrap();
    }
    let practice = Practice::open_on(own.path());
    in_browser(&practice, "manual.test.mjs", own.path());
}

/// The board beside the page, in five widths, light and dark, through the bot's restart; and the app's home.
#[tokio::test]
#[ignore = "needs Chromium and Node; .ci/run installs them"]
async fn the_board_in_a_browser() {
    let practice = Practice::open();
    in_browser(&practice, "board.test.mjs", &data_folder());
}
