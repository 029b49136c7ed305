//! The bot is killed by signal 9 at each thing that others can see of it, just when it is done and before the bot hears of it; then
//! it is started again and goes on.

use crate::scene::{FIRST, SECOND, Scene};
use crate::standins::gate::Weather;
use crate::standins::outside::Service;
use crate::standins::twilio::Does;
use std::collections::BTreeSet;
use std::time::Duration;

/// Long enough that a telephone still rings when the bot is back.
const SLOWLY: Duration = Duration::from_millis(1500);
const BRIEFLY: Duration = Duration::from_millis(10);

async fn scene(name: &str, second: Duration) -> Scene {
    let mut scene = Scene::set(name, "", second).await;
    scene.outside.twilio.person(FIRST.1, &[Does::Busy]);
    scene.outside.twilio.person(SECOND.1, &[Does::Keys("1")]);
    scene.open().await;
    scene
}

/// The walk comes to its end, and nothing was done twice. `handed_over`: how often the mail left before.
async fn ends(mut scene: Scene, handed_over: usize) {
    scene.until("taken", |scene| scene.says("✅ 나래솔 님이")).await;
    scene.until("assigned", |scene| !scene.comments().is_empty()).await;
    if handed_over == 0 {
        scene.mails().await;
    }
    scene.until("sent", |scene| scene.says("고객 메일을 보냈습니다")).await;
    scene.close().await;
    let called: Vec<String> =
        scene.outside.twilio.calls().into_iter().map(|call| call.to).collect();
    assert_eq!(called, [FIRST.1, SECOND.1], "{}", scene.name);
    assert_eq!(scene.assignee().as_deref(), Some(SECOND.0), "{}", scene.name);
    assert_eq!(scene.comments().len(), 1, "{}: {:#?}", scene.name, scene.comments());
    let mails = scene.outside.mail.letters();
    assert_eq!(mails.len(), handed_over + 1, "{}: {mails:#?}", scene.name);
    let ids: BTreeSet<&str> = mails.iter().map(|letter| letter.id.as_str()).collect();
    assert_eq!(ids.len(), 1, "{}: it is one mail: {mails:#?}", scene.name);
    scene.nothing_is_done_twice();
    assert_eq!(scene.noti(), Vec::<String>::new(), "{}", scene.name);
    scene.is_discreet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_when_a_call_is_placed_it_dials_nobody_again() {
    let mut scene = scene("killed at the call", SLOWLY).await;
    scene.request();
    scene.until("the first one is called", |scene| scene.outside.twilio.calls().len() == 1).await;
    scene.outside.set(Service::Twilio, Weather::Held);
    scene.until("the second one is called", |scene| scene.outside.twilio.calls().len() == 2).await;
    scene.kill();
    scene.outside.set(Service::Twilio, Weather::Fine);
    scene.open().await;
    ends(scene, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_when_the_ticket_is_changed_it_comments_no_second_time() {
    let mut scene = scene("killed at the ticket", BRIEFLY).await;
    scene.outside.set(Service::Zendesk, Weather::Held);
    scene.request();
    scene.until("the comment stands", |scene| scene.comments().len() == 1).await;
    scene.kill();
    scene.outside.set(Service::Zendesk, Weather::Fine);
    scene.open().await;
    ends(scene, 0).await;
}

/// Whether a mail server took a mail cannot be asked of it. So a mail whose fate is unknown is handed over again, as the same mail:
/// with the same `Message-ID`, by which servers and readers know it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_when_the_mail_is_handed_over_it_hands_over_the_same_mail_again() {
    let mut scene = scene("killed at the mail", BRIEFLY).await;
    scene.request();
    scene.until("taken", |scene| scene.says("✅ 나래솔 님이")).await;
    scene.outside.set(Service::Mail, Weather::Held);
    scene.mails().await;
    scene.until("it is handed over", |scene| scene.outside.mail.letters().len() == 1).await;
    scene.kill();
    scene.outside.set(Service::Mail, Weather::Fine);
    scene.open().await;
    ends(scene, 1).await;
}

/// At each of the bot's posts, too: what is said is said once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_post_the_walk_comes_to_its_end() {
    let mut scene = scene("killed at every post", SLOWLY).await;
    scene.request();
    let mut seen = 0;
    while !scene.says("✅ 나래솔 님이") {
        scene.until("another post", |scene| scene.slack.posts().len() > seen).await;
        scene.kill();
        seen = scene.slack.posts().len();
        scene.open().await;
    }
    ends(scene, 0).await;
}
