//! A start while a service says nothing.

use crate::scene::Scene;
use crate::standins::gate::Weather;
use crate::standins::outside::Service;
use std::time::Duration;

/// The record that was read last holds; nobody waits for another one while somebody waits for an engineer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rung_that_falls_due_while_it_comes_up_is_not_late_for_a_silent_record() {
    let policy = "[chain]\nrung = \"6s\"\n";
    let mut scene = Scene::set("coming up", policy, Duration::from_secs(1)).await;
    scene.open().await;
    scene.request();
    scene.until("the first rung", |scene| scene.rungs().len() == 1).await;
    scene.kill();
    for service in Service::ALL {
        scene.outside.set(service, Weather::Silent);
    }
    scene.start();
    scene.until("the second rung", |scene| scene.rungs().len() == 2).await;
    let rungs = scene.rungs();
    let took = (rungs[1].1 - rungs[0].1).as_seconds_f64();
    assert!((took - 6.0).abs() < 1.5, "{took} s");
}
