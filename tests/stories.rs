//! Short stories that a scenario file cannot tell: answers of Slack and of the carrier that are lost on the way.
#![expect(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests")]

mod common;

use coc::domain::case::Procedure;
use coc::domain::change::Change;
use coc::domain::decide::decide;
use coc::domain::errand::{CallEvent, ErrandKind, Outcome};
use coc::domain::ids::{MessageRef, Ts};
use coc::domain::input::Input;
use coc::replay::{Act, Did, Player};
use common::books;
use std::path::Path;

const HEAD: &str =
    "title: story\nstart: 2025-08-05T22:00:00+09:00\npeople:\n  csr1: {name: 오하라, role: csr}\n";
const ASK: &str = "say: {by: csr1, in: \"#general\", text: \"@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: https://support.example.com/agent/tickets/4242\", as: m1}";

/// Plays steps after `lost` answers began to get lost; returns what was seen.
fn story(lost: u32, steps: &[&str]) -> Vec<Act> {
    let scenario = serde_saphyr::from_str(HEAD).unwrap();
    let mut player = Player::new(&scenario, Path::new("."), &books(), &[]).unwrap();
    player.lose_answers(lost);
    for step in steps {
        player.step(&serde_saphyr::from_str(step).unwrap()).unwrap();
    }
    player.end().unwrap().0.acts
}

fn calls(acts: &[Act]) -> Vec<&str> {
    acts.iter()
        .filter_map(|act| match &act.did {
            Did::Call { to, .. } => Some(to.as_str()),
            _ => None,
        })
        .collect()
}

fn posts(acts: &[Act]) -> Vec<&str> {
    acts.iter()
        .filter_map(|act| match &act.did {
            Did::Post { words, .. } => words.text.lines().next(),
            _ => None,
        })
        .collect()
}

#[test]
fn a_call_whose_answer_is_lost_is_not_placed_again_and_can_be_accepted() {
    let acts = story(1, &[ASK, "wait: 1m", "phone: {who: 가온별, does: accept}", "wait: 30m"]);
    assert_eq!(calls(&acts), ["가온별"]);
    assert_eq!(posts(&acts).last(), Some(&"✅ 가온별 님이 22:01에 수락했습니다 (전화)."));
}

#[test]
fn posts_whose_answers_are_lost_stand_once_and_their_buttons_work() {
    let press = "press: {by: 가온별, button: 수락, on: \"last:가온별\"}";
    let acts = story(3, &[ASK, "wait: 1m", press, "wait: 30m"]);
    assert_eq!(calls(&acts), ["가온별"]);
    assert_eq!(
        posts(&acts),
        [
            "🚨 [한빛전자] 긴급 대응을 시작합니다. 일반 고객 · 업무 외 시간",
            "@가온별 [한빛전자] 긴급 티켓입니다.",
            "✅ 가온별 님이 22:01에 수락했습니다 (버튼). 대기 중이던 호출 1건을 취소했습니다.",
        ]
    );
}

#[test]
fn the_clock_of_a_rung_runs_from_a_call_whose_answer_was_lost() {
    let acts = story(1, &[ASK, "wait: 5m", "wait: 30s", "phone: {who: 다솜윤, does: accept}"]);
    assert_eq!(calls(&acts), ["가온별", "다솜윤"]);
}

#[test]
fn two_pages_that_are_due_at_one_time_are_one_call_that_names_both() {
    let other = "say: {by: csr1, in: \"#general\", text: \"@COC [긴급티켓배정요청] 고객사: 솔빛출판 / 티켓: https://support.example.com/agent/tickets/4243\", as: m2}";
    let acts = story(0, &[ASK, other, "wait: 6m"]);
    assert_eq!(calls(&acts), ["가온별", "다솜윤"], "the second request joins the call that rings");
    let spoken: Vec<&str> = acts
        .iter()
        .filter_map(|act| match &act.did {
            Did::Call { about, .. } => Some(about.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        spoken[1],
        "COC입니다. 요청이 모두 2건입니다. 먼저, 한빛전자 긴급 티켓 4242번 대응 요청입니다. 기다리는 긴급 요청은 모두 2건입니다. 다음, \
         솔빛출판 긴급 티켓 4243번 대응 요청입니다. 기다리는 긴급 요청은 모두 2건입니다. 첫 번째 건부터 받습니다. \
         수락은 1번, 거절은 2번, 다시 듣기는 3번을 눌러 주십시오."
    );
}

#[test]
fn a_button_that_is_pressed_before_the_answer_to_its_post_came_is_taken_off_all_the_same() {
    let press = "press: {by: 가온별, button: 거절, on: \"last:가온별\"}";
    let acts = story(3, &[ASK, "wait: 2s", press, "wait: 1m"]);
    let ended = acts.iter().find_map(|act| match &act.did {
        Did::Update { words, .. } if words.text.contains("거절 (가온별 기록") => Some(words),
        _ => None,
    });
    let ended = ended.expect("the rung's post says that it is over");
    assert!(ended.mentions.is_empty() && ended.buttons == ["수락"], "{ended:?}");
    let reached: Vec<&str> =
        posts(&acts).into_iter().filter(|said| said.contains("긴급 티켓입니다")).collect();
    assert_eq!(
        reached,
        ["@가온별 [한빛전자] 긴급 티켓입니다.", "@다솜윤 [한빛전자] 긴급 티켓입니다."]
    );
}

/// The telephone ends a rung while its post is on the way: the post stands a moment later, and must not ask for anything.
#[test]
fn a_post_that_stands_after_its_rung_was_over_says_so() {
    let scenario = serde_saphyr::from_str(HEAD).unwrap();
    let mut player = Player::new(&scenario, Path::new("."), &books(), &[]).unwrap();
    player.lose_answers(3);
    for step in [ASK, "wait: 2s"] {
        player.step(&serde_saphyr::from_str(step).unwrap()).unwrap();
    }
    let mut desk = player.world().live_desk().unwrap().clone();
    let now = player.world().acts().last().unwrap().at;
    let (call, event) = (*desk.calls.keys().next().unwrap(), CallEvent::NoAnswer);
    for change in decide(&desk, &Input::Phone { call, event }, now, 999).changes {
        desk.apply(now, &change);
    }
    let case = desk.cases.values().next().unwrap();
    let Procedure::Urgent(urgent) = &case.procedure else { panic!("{case:?}") };
    let over = &urgent.ladder().unwrap().over[0];
    assert!(!desk.errands.contains_key(&over.post) && !desk.posts.contains_key(&over.post));
    let at = MessageRef { ts: Ts("1754398801.000100".to_owned()), ..urgent.root.clone() };
    let landed = Input::Settled { errand: over.post, outcome: Outcome::Posted(at) };
    let changes = decide(&desk, &landed, now, 1000).changes;
    let updated = changes.iter().find_map(|change| match change {
        Change::Owed(errand) => match &errand.kind {
            ErrandKind::Update { post, message } if post == &over.post => Some(message),
            _ => None,
        },
        _ => None,
    });
    let buttons =
        updated.expect("it is changed").buttons.iter().map(|button| button.label.as_str());
    assert_eq!(buttons.collect::<Vec<_>>(), ["수락"], "{changes:#?}");
}
