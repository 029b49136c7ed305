//! Files through Slack's Web API: uploaded, shown under words, handed to one person; and what is posted where that does not work.
#![expect(clippy::unwrap_used, reason = "tests")]

use async_trait::async_trait;
use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use coc::adapters::slack::api::{Settings, Token};
use coc::adapters::slack::chat::Slack;
use coc::domain::chart::{Chart, Panel, Series};
use coc::domain::errand::Outcome;
use coc::domain::ids::{ErrandId, SlackUser};
use coc::domain::message::{Message, Piece};
use coc::domain::time::{Time, in_seoul};
use coc::errands::{Attempt, Hands, Task, carry_out};
use coc::ports::{Chat, Clock, Library, Picture, PortError, Upload};
use coc::sandbox::workspace::Workspace;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

fn now() -> Time {
    in_seoul(&chrono::DateTime::from_timestamp(1_754_398_800, 0).unwrap())
}

struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Time {
        now()
    }

    async fn sleep_until(&self, _at: Option<Time>) {
        std::future::pending::<()>().await;
    }
}

struct Nothing;

impl Library for Nothing {
    fn guide(&self) -> Result<String, String> {
        Err(String::new())
    }
}

/// A workspace behind the routes that files take; methods in `refused` are refused with `missing_scope`, `late` times a post with a
/// picture as one that Slack has not looked at.
struct Stage {
    workspace: Arc<Mutex<Workspace>>,
    address: SocketAddr,
}

async fn stage(refused: &'static [&'static str], late: usize) -> Stage {
    let mut workspace = Workspace::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    workspace.set_response_base(&format!("http://{address}/response"));
    workspace.add_user("gaon", "가온별", "gaon@example.co.kr");
    workspace.add_channel("coc-noti", "");
    let workspace = Arc::new(Mutex::new(workspace));
    let shared = Arc::clone(&workspace);
    let late = Arc::new(Mutex::new(late));
    let app = Router::new().fallback(move |request: Request| {
        let (shared, late) = (Arc::clone(&shared), Arc::clone(&late));
        async move {
            let (head, body) = request.into_parts();
            let path = head.uri.path().to_owned();
            let body = axum::body::to_bytes(body, 1 << 24).await.unwrap();
            if let Some(id) = path.strip_prefix("/upload/") {
                assert!(head.headers.get("authorization").is_none(), "no token goes there");
                let taken = shared.lock().unwrap().take_bytes(id, body.into());
                return if taken { "OK" } else { "no" }.into_response();
            }
            let method = path.strip_prefix("/api/").unwrap().to_owned();
            if refused.contains(&method.as_str()) {
                let said = json!({"ok": false, "error": "missing_scope", "needed": "files:write"});
                return axum::Json(said).into_response();
            }
            let args: Value = if body.is_empty() {
                let query = head.uri.query().unwrap_or_default();
                let fields = url::form_urlencoded::parse(query.as_bytes());
                let fields = fields.map(|(k, v)| (k.into_owned(), Value::String(v.into_owned())));
                Value::Object(fields.collect())
            } else {
                serde_json::from_slice(&body).unwrap()
            };
            if args.to_string().contains("slack_file") && *late.lock().unwrap() > 0 {
                *late.lock().unwrap() -= 1;
                return axum::Json(json!({"ok": false, "error": "invalid_blocks"})).into_response();
            }
            let mut workspace = shared.lock().unwrap();
            let token = workspace.bot.bot_token.clone();
            axum::Json(workspace.api(now(), Some(&token), &method, &args)).into_response()
        }
    });
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Stage { workspace, address }
}

impl Stage {
    fn chat(&self) -> Slack {
        let settings = Settings {
            base: format!("http://{}/api/", self.address).parse().unwrap(),
            ..Settings::new(Token::from("xoxb-sandbox"))
        };
        Slack::new(settings, Arc::new(Still)).unwrap()
    }

    /// The words and the files' names of every message of the channel or of somebody's direct messages.
    fn said(&self, channel: &str) -> Vec<(String, Vec<String>)> {
        let workspace = self.workspace.lock().unwrap();
        workspace
            .messages(&channel.into())
            .map(|message| {
                let files = workspace.files_of(message);
                (message.text.clone(), files.iter().map(|file| file.name.clone()).collect())
            })
            .collect()
    }

    async fn report(&self) -> Outcome {
        let panel = Panel {
            title: "건수".to_owned(),
            labels: vec!["1".to_owned()],
            series: vec![Series { name: "긴급".to_owned(), values: vec![3] }],
        };
        let chart = Chart {
            name: "a.png".to_owned(),
            title: "보고".to_owned(),
            alt: "보고 그림".to_owned(),
            panels: vec![panel],
        };
        let task = Task::PostWithPicture {
            channel: "C0SBX00001".into(),
            thread: None,
            message: words("일간 보고"),
            chart: Box::new(chart),
            anyway: false,
        };
        let id = ErrandId { seq: 7, nth: 0 };
        let hands = Hands {
            chat: Arc::new(self.chat()),
            phone: None,
            tickets: None,
            mail: None,
            library: Arc::new(Nothing),
            board: None,
        };
        let mut attempt = Attempt { id, since: now(), look_first: false, with: Vec::new(), task };
        let outcome = carry_out(&hands, &attempt).await.unwrap();
        // an attempt whose answer was lost is looked for, and not made again
        attempt.look_first = true;
        assert_eq!(carry_out(&hands, &attempt).await.unwrap(), outcome);
        outcome
    }
}

fn words(text: &str) -> Message {
    Message { lines: vec![vec![Piece::from(text)]], buttons: Vec::new() }
}

#[tokio::test]
async fn a_report_stands_once_with_its_picture() {
    let stage = stage(&[], 0).await;
    stage.report().await;
    assert_eq!(stage.said("C0SBX00001"), [("일간 보고".to_owned(), vec!["a.png".to_owned()])]);
    let bytes = stage.workspace.lock().unwrap().file("F0SBX00001").unwrap().bytes.clone().unwrap();
    assert!(bytes.starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn a_picture_that_slack_has_not_looked_at_yet_is_waited_for() {
    let stage = stage(&[], 1).await;
    stage.report().await;
    assert_eq!(stage.said("C0SBX00001"), [("일간 보고".to_owned(), vec!["a.png".to_owned()])]);
}

#[tokio::test]
async fn without_its_picture_a_report_stands_and_says_so() {
    for refused in [&["files.getUploadURLExternal"][..], &["files.completeUploadExternal"]] {
        let stage = stage(refused, 0).await;
        stage.report().await;
        let said = stage.said("C0SBX00001");
        assert_eq!(said.len(), 1);
        let (text, files) = &said[0];
        assert!(
            files.is_empty() && text.starts_with("일간 보고\n⚠️ 그림을 올리지 못했습니다."),
            "{text}"
        );
        assert!(text.contains("missing_scope (files:write)"), "{text}");
    }
}

#[tokio::test]
async fn a_table_is_handed_over_once() {
    let stage = stage(&[], 0).await;
    let chat = stage.chat();
    let file = Upload {
        name: "표.csv".to_owned(),
        title: "표".to_owned(),
        bytes: "구분,값\r\n".as_bytes().to_vec(),
    };
    let to = SlackUser::from("U0SBX00001");
    chat.hand_over(&to, &words("표입니다."), &file, None).await.unwrap();
    chat.hand_over(&to, &words("표입니다."), &file, Some(now())).await.unwrap();
    let direct = {
        let workspace = stage.workspace.lock().unwrap();
        let channel = workspace.channels().find(|one| one.direct_with.as_ref() == Some(&to));
        channel.unwrap().id.to_string()
    };
    assert_eq!(stage.said(&direct), [("표입니다.".to_owned(), vec!["표.csv".to_owned()])]);
}

#[tokio::test]
async fn a_picture_that_is_not_there_is_refused() {
    let stage = stage(&[], 0).await;
    let picture = Picture { id: "F9".to_owned(), alt: "그림".to_owned() };
    let refused = stage
        .chat()
        .post_with(
            ErrandId { seq: 1, nth: 0 },
            &"C0SBX00001".into(),
            None,
            &words("보고"),
            &picture,
        )
        .await
        .unwrap_err();
    assert!(matches!(refused, PortError::Permanent { .. }), "{refused:?}");
    assert!(stage.said("C0SBX00001").is_empty());
}
