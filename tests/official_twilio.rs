//! Twilio's stand-in, and the bot's own signatures and TwiML, judged by Twilio's own clients for Python and Node. Each judge is a
//! process of its own (`tests/official_clients/`) that asserts by itself.
//!
//! `COC_JUDGES` is the folder with the clients: a Python environment in `bin/`, `node_modules` beside it.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "standins/desk.rs"]
mod desk;
#[path = "standins/twilio/mod.rs"]
mod standin;

use coc::adapters::http::Base;
use coc::adapters::twilio::{API, Callbacks};
use coc::domain::errand::CallEvent;
use coc::domain::ids::ErrandId;
use coc::domain::words::phone as words;
use coc::ingress::twilio::{Verifier, router};
use desk::Desk;
use serde_json::{Value, json};
use standin::{ACCOUNT, Does, FROM, Fields, Options, TOKEN, Twilio, signature};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

const GAON: &str = "+821000001001";
const ABOUT: &str = "한빛전자 <장애> & 4242번 대응 요청입니다.";

/// Runs a judge to its end. Returns what it found.
async fn judge(script: &str, mode: &str, url: &str, asked: &Value) -> Vec<u8> {
    let judges = PathBuf::from(std::env::var("COC_JUDGES").expect("COC_JUDGES names a folder"));
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/official_clients");
    let program = match Path::new(script).extension().and_then(|end| end.to_str()) {
        Some("py") => judges.join("bin/python"),
        Some(_) | None => PathBuf::from("node"),
    };
    let mut judge = Command::new(program)
        .arg(here.join(script))
        .arg(mode)
        .env("COC_JUDGES", &judges)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("TWILIO_API_URL", url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    judge.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    // every request and every wait of a judge has a bound of its own
    let ended = tokio::task::spawn_blocking(move || judge.wait_with_output());
    let ended = tokio::time::timeout(Duration::from_secs(90), ended);
    let output = ended.await.expect("the judge ends").unwrap().unwrap();
    assert!(output.status.success(), "{script} {mode}: {}", output.status);
    output.stdout
}

async fn places_lists_and_ends_calls(script: &str) {
    let second = Duration::from_millis(50);
    let twilio = Twilio::start(Options { second, ..Options::default() }).await;
    twilio.person(GAON, &[Does::Keys("31"), Does::NoAnswer]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let public = Base::read(&format!("http://{}", listener.local_addr().unwrap()), API).unwrap();
    let (desk, callbacks) = (Arc::new(Desk::default()), Callbacks::new(public));
    let call: ErrandId = "12.0".parse().unwrap();
    desk.owes(call, ABOUT);
    let hooks = router(Verifier::new(TOKEN), callbacks.clone(), desk.clone());
    tokio::spawn(async move { axum::serve(listener, hooks).await.unwrap() });
    let asked = json!({
        "account": ACCOUNT, "token": TOKEN, "from": FROM, "to": GAON,
        "twiml": callbacks.ask(call, 1, &words::speech(&[ABOUT])),
        "status": callbacks.at(Callbacks::STATUS, "call=12.0"),
    });
    judge(script, "calls", twilio.url(), &asked).await;
    assert_eq!(twilio.complaints(), Vec::<String>::new());
    assert_eq!(desk.kept(), [(call, CallEvent::Accepted)]);
    // what the stand-in signed, and what nobody's telephone sends but a signature must hold for
    let told = twilio.told();
    assert!(told.len() >= 6, "{told:#?}");
    let mut cases: Vec<(String, Fields, String)> =
        told.into_iter().map(|one| (one.url, one.fields, one.signature)).collect();
    let odd: Fields = [("b", "2"), ("a", "다솜윤 & \"가\""), ("b", "10"), ("b", "2"), ("B", "")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec();
    for url in ["https://coc.example.com/x?call=1.0&turn=1", "https://coc.example.com:8443/x?b=가"]
    {
        cases.push((url.to_owned(), odd.clone(), signature(TOKEN, url, &odd)));
        cases.push((url.to_owned(), odd.clone(), String::new()));
    }
    let shown: Vec<Value> = cases
        .iter()
        .map(|(url, fields, signature)| json!({"url": url, "fields": fields, "signature": signature}))
        .collect();
    let asked = json!({"account": ACCOUNT, "token": TOKEN, "cases": shown});
    let found = judge(script, "signatures", twilio.url(), &asked).await;
    let found: Vec<String> = serde_json::from_slice(&found).unwrap();
    assert_eq!(found.len(), cases.len());
    let (ours, others) = (Verifier::new(TOKEN), Verifier::new("another token"));
    for ((url, fields, signed), found) in cases.iter().zip(found) {
        assert!(ours.holds(url, fields, &found), "{url} {fields:?}");
        assert!(!others.holds(url, fields, &found), "{url} {fields:?}");
        assert!(signed.is_empty() || *signed == found, "{url} {fields:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python and Node with Twilio's clients; .ci/run installs them"]
async fn python_places_lists_and_ends_calls() {
    places_lists_and_ends_calls("judge_twilio.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python and Node with Twilio's clients; .ci/run installs them"]
async fn node_places_lists_and_ends_calls() {
    places_lists_and_ends_calls("judge_twilio.mjs").await;
}

#[tokio::test]
#[ignore = "needs Python and Node with Twilio's clients; .ci/run installs them"]
async fn python_writes_the_same_twiml() {
    let callbacks = Callbacks::new(Base::read("https://coc.example.com", API).unwrap());
    let call: ErrandId = "12.0".parse().unwrap();
    let speech = words::speech(&[ABOUT]);
    let asked = json!({
        "speech": speech,
        "actions": [callbacks.voice(call, 1), callbacks.voice(call, 2)],
        "no_key": words::no_key(),
        "twiml": callbacks.ask(call, 1, &speech),
    });
    judge("judge_twilio.py", "twiml", "", &asked).await;
}
