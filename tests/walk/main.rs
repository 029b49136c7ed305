//! The real program with all its services together: `coc run` as a process of its own between Slack, Twilio, Zendesk, a mail server
//! and FitCloud, none of them real and each behind a gate with its weather.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "bounds on real time")]

mod alarm;
mod coming_up;
mod discretion;
mod kills;
mod scene;
mod secrets;
#[path = "../standins/mod.rs"]
mod standins;
mod weather;

use coc::domain::words::phone as words;
use scene::{CSR, FIRST, SECOND, Scene};
use standins::twilio::Does;
use std::time::Duration;

/// Somebody of COC.
const COC: &str = "고윤슬";
/// One of Twilio's seconds where nothing depends on it.
const BRIEFLY: Duration = Duration::from_millis(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_request_from_the_mention_to_the_mail_with_nobody_at_the_desk() {
    let mut scene = Scene::set("walk", "", BRIEFLY).await;
    scene.outside.twilio.person(FIRST.1, &[Does::NoAnswer]);
    scene.outside.twilio.person(SECOND.1, &[Does::Keys("1")]);
    // FitCloud's record decides, not the shipped file's words
    let addresses = serde_json::json!(["night@hanbit.example.com", "ops@hanbit.example.com"]);
    scene.outside.record("한빛전자", "emails", addresses);
    scene.open().await;
    scene.request();
    scene.until("taken", |scene| scene.says("✅ 나래솔 님이")).await;

    let calls = scene.outside.twilio.calls();
    let called: Vec<&str> = calls.iter().map(|call| call.to.as_str()).collect();
    assert_eq!(called, [FIRST.1, SECOND.1]);
    assert!(calls[1].said[0].contains("한빛전자"), "{calls:#?}");
    let reached: Vec<String> = scene.rungs().into_iter().map(|(who, _)| who).collect();
    assert_eq!(reached, [FIRST.0, SECOND.0]);
    assert!(scene.says("일반 고객"), "{:#?}", scene.slack.posts());

    scene.until("the ticket", |scene| scene.assignee().is_some()).await;
    assert_eq!(scene.assignee().as_deref(), Some(SECOND.0));
    scene.mails().await;
    scene.until("the mail", |scene| !scene.outside.mail.letters().is_empty()).await;
    scene.until("that it was sent is said", |scene| scene.says("보냈습니다")).await;
    let letters = scene.outside.mail.letters();
    assert_eq!(letters.len(), 1, "{letters:#?}");
    assert_eq!(letters[0].to, ["night@hanbit.example.com", "ops@hanbit.example.com"]);
    assert_eq!(letters[0].subject, "[솔트웨어] 한빛전자 긴급 요청의 담당 엔지니어 안내");
    assert!(letters[0].text.contains("나래솔 엔지니어가"), "{letters:#?}");

    scene
        .until("a goodbye", |scene| {
            let said = &scene.outside.twilio.calls()[1].said;
            said.last().is_some_and(|said| said == words::goodbye(true))
        })
        .await;
    scene.close().await;
    let comments = scene.comments();
    assert_eq!(comments.len(), 1, "{comments:#?}");
    let (story, public) = &comments[0];
    assert!(!public, "an internal comment");
    for told in ["요청: 오하라", "가온별 호출: 전화 받지 않음", "나래솔 수락 (전화)"]
    {
        assert!(story.contains(told), "{told}: {story}");
    }
    scene.nothing_is_done_twice();
    scene.is_discreet().await;
    assert_eq!(scene.noti(), Vec::<String>::new(), "nothing is COC's: {CSR} alone did this");
}
