//! `coc doctor` in every weather at once, and the bot through all of them: no secret is shown.

use crate::scene::Scene;
use crate::standins::gate::Weather;
use crate::standins::outside::Service;
use crate::weather::STORMS;
use std::time::Duration;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_shows_no_secret_in_any_weather() {
    let mut looking = JoinSet::new();
    for weather in std::iter::once(Weather::Fine).chain(STORMS) {
        looking.spawn(look(weather));
    }
    while let Some(looked) = looking.join_next().await {
        looked.unwrap();
    }
}

async fn look(weather: Weather) {
    let scene = Scene::set(&format!("doctor {weather:?}"), "", Duration::from_millis(10)).await;
    for service in Service::ALL {
        scene.outside.set(service, weather);
    }
    let ask = |more: &[&str]| {
        let mut coc = scene.coc(&["doctor"]);
        coc.args(more);
        tokio::task::spawn_blocking(move || coc.output().unwrap())
    };
    let (text, json) = tokio::join!(ask(&[]), ask(&["--json"]));
    for output in [text.unwrap(), json.unwrap()] {
        let said = String::from_utf8_lossy(&output.stdout);
        let wrong = String::from_utf8_lossy(&output.stderr);
        scene.no_secret_in("the doctor's word", &format!("{said}{wrong}"));
        assert!(said.contains("Zendesk") && said.contains("FitCloud"), "{weather:?}: {said}");
        assert_eq!(output.status.success(), weather == Weather::Fine, "{weather:?}: {said}");
    }
}

/// Settings that cannot be right are told of without their values.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_setting_is_told_of_without_its_value() {
    let scene = Scene::set("wrong settings", "", Duration::from_millis(10)).await;
    let names: Vec<&str> = scene.outside.environment().into_iter().map(|(name, _)| name).collect();
    let names = names.into_iter().chain(["SLACK_API_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]);
    let mut asking = Vec::new();
    for name in names {
        for value in ["hidden\u{1}value", "http://hidden:value@mail.example.com/?token=hidden"] {
            let mut coc = scene.coc(&["doctor"]);
            coc.env(name, value);
            asking.push((name, tokio::task::spawn_blocking(move || coc.output().unwrap())));
        }
    }
    let shown = ["COC_LISTEN"];
    for (name, asked) in asking {
        let output = asked.await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = said + &String::from_utf8_lossy(&output.stderr);
        scene.no_secret_in(name, &said);
        assert!(shown.contains(&name) || !said.contains("hidden"), "{name}: {said}");
    }
}
