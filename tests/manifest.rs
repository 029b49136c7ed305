//! The app's manifest asks for what the code uses, and for nothing else.
#![expect(clippy::unwrap_used, reason = "tests")]

use coc::adapters::slack::api::{METHODS, RESERVED, scopes};
use coc::adapters::slack::events::{COMMANDS, EVENTS};
use serde_json::Value;
use std::collections::BTreeSet;

fn manifest() -> Value {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/manifest.yml"));
    serde_saphyr::from_str(&text.unwrap()).unwrap()
}

fn texts(manifest: &Value, place: &str) -> Vec<String> {
    let list = manifest.pointer(place).unwrap().as_array().unwrap();
    list.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// As a set, with no entry twice.
fn set(list: Vec<String>) -> BTreeSet<String> {
    let (many, set) = (list.len(), BTreeSet::from_iter(list));
    assert_eq!(many, set.len(), "something stands there twice: {set:?}");
    set
}

#[test]
fn its_scopes_are_those_that_the_code_needs() {
    let asked = set(texts(&manifest(), "/oauth_config/scopes/bot"));
    assert_eq!(asked, scopes().into_iter().map(str::to_owned).collect());
}

#[test]
fn a_reserved_scope_is_not_needed_yet_and_has_its_reason() {
    for (scope, why) in RESERVED {
        let needed = METHODS.iter().chain(EVENTS).any(|(_, scopes)| scopes.contains(scope));
        assert!(!needed && !why.is_empty(), "{scope} is needed by now: it is no longer reserved");
    }
}

#[test]
fn its_events_are_those_that_the_code_reads() {
    let asked = set(texts(&manifest(), "/settings/event_subscriptions/bot_events"));
    assert_eq!(asked, EVENTS.iter().map(|(event, _)| (*event).to_owned()).collect());
}

#[test]
fn its_commands_are_those_that_the_code_knows() {
    let manifest = manifest();
    let commands = manifest["features"]["slash_commands"].as_array().unwrap();
    let names = commands.iter().map(|one| one["command"].as_str().unwrap().to_owned()).collect();
    assert_eq!(set(names), COMMANDS.iter().map(|name| (*name).to_owned()).collect());
    for command in commands {
        assert_eq!(command["should_escape"], true, "people are read by id: {command}");
        for words in ["description", "usage_hint"] {
            let korean = command[words].as_str().unwrap();
            assert!(korean.chars().any(|c| ('가'..='힣').contains(&c)), "{command}");
        }
    }
}

#[test]
fn its_settings() {
    let manifest = manifest();
    for (place, value) in [
        ("/settings/socket_mode_enabled", true),
        ("/settings/interactivity/is_enabled", true),
        ("/settings/org_deploy_enabled", false),
        ("/settings/token_rotation_enabled", false),
        ("/features/app_home/home_tab_enabled", true),
    ] {
        assert_eq!(manifest.pointer(place), Some(&Value::Bool(value)), "{place}");
    }
    assert_eq!(manifest["features"]["bot_user"]["display_name"], "COC");
    let long = manifest["display_information"]["long_description"].as_str().unwrap();
    assert!((175..=4000).contains(&long.chars().count()), "Slack takes 175 to 4000 characters");
    let short = manifest["display_information"]["description"].as_str().unwrap();
    assert!(short.chars().count() <= 140, "Slack takes 140 characters");
}
