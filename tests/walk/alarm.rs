//! An alarm, from Amazon SNS to the engineer who takes it.

use crate::scene::{FIRST, Scene};
use crate::standins::sns::TOPIC;
use crate::standins::twilio::Does;
use crate::{BRIEFLY, COC};

/// Of 은하물류, whose primary TS is the first of the chain.
const ACCOUNT: &str = "310000000002";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_over_signed_sns_is_taken_by_telephone() {
    let policy = format!("[intake]\ntopics = [\"{TOPIC}\"]\n");
    let mut scene = Scene::set("alarm", &policy, BRIEFLY).await;
    scene.outside.twilio.person(FIRST.1, &[Does::Keys("1")]);
    scene.open().await;
    for _ in 0..2 {
        let answered = scene.outside.rings("a1", ACCOUNT, "[L3] prod-web-1 status check").await;
        assert_eq!(answered, Some(200), "the second time it is the same: {}", scene.logs());
    }
    scene.until("the card", |scene| scene.says("[은하물류] L3 알람")).await;
    assert!(scene.outside.twilio.calls().is_empty(), "the customer comes first");
    for label in ["연결됨", "추가 조치 필요"] {
        scene.until(label, |scene| scene.slack.press(COC, label)).await;
    }
    scene.until("taken", |scene| scene.says("✅ 가온별 님이")).await;
    let calls = scene.outside.twilio.calls();
    let called: Vec<&str> = calls.iter().map(|call| call.to.as_str()).collect();
    assert_eq!(called, [FIRST.1]);
    assert!(calls[0].said[0].contains("은하물류"), "{calls:#?}");
    let cards = scene.noti().into_iter().filter(|post| post.contains("사건 #")).count();
    assert_eq!(cards, 1, "{:#?}", scene.noti());
    scene.close().await;
    scene.nothing_is_done_twice();
    scene.is_discreet().await;
}
