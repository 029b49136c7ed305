//! What seeds found, as stories of their own.

use crate::common::books;
use chrono::TimeDelta;
use coc::journal::Leased;
use coc::replay::scenario::{Scenario, Step};
use coc::replay::{Blow, Did, Moment, Nodes, Parts, Player, Who};
use std::collections::BTreeSet;
use std::path::Path;

const HEAD: &str = "title: found\nstart: 2025-08-12T22:00:00+09:00\npeople:\n  csr1: {name: 오하라, role: csr}\n  coc1: {name: 고윤슬, role: coc}\n";
const ASKS: &str = "say: {by: csr1, in: \"#general\", text: \"@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: https://support.example.com/agent/tickets/1\", as: m1}";

fn night() -> Player {
    let scenario: Scenario = serde_saphyr::from_str(HEAD).unwrap();
    Player::new(&scenario, Path::new("."), &books(), &[]).unwrap()
}

fn step(player: &mut Player, line: &str) {
    let step: Step = serde_saphyr::from_str(line).unwrap();
    player.step(&step).unwrap();
}

fn called(player: &Player) -> Vec<String> {
    player.world().look(|acts, _| {
        let to = acts.iter().filter_map(|act| match &act.did {
            Did::Call { to, .. } => Some(to.clone()),
            _ => None,
        });
        to.collect()
    })
}

/// The telephone rang and key 1 was pressed, but the carrier's answer to the placing was lost, and so was the one to the question
/// whether it was placed. The desk then took the call for one that was never made, forgot the key, and called the next person.
#[test]
fn key_1_counts_though_the_carrier_never_says_that_the_call_was_placed() {
    let mut player = night();
    step(&mut player, "phone: {who: 가온별, does: accept}");
    player.slow_answers(TimeDelta::seconds(11), TimeDelta::minutes(2));
    step(&mut player, ASKS);
    step(&mut player, "wait: 30m");
    assert_eq!(called(&player), ["가온별"]);
    let taken = player.world().look(|acts, _| {
        let told = acts.iter().filter_map(|act| match &act.did {
            Did::Post { words, .. } if words.text.contains("수락했습니다") => {
                Some(words.text.clone())
            }
            _ => None,
        });
        told.collect::<Vec<_>>()
    });
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert!(taken[0].contains("가온별") && taken[0].contains("전화"), "{taken:?}");
}

/// The same, but the key was pressed after the desk had given the call up: nobody knew that call any more.
#[test]
fn key_1_counts_on_a_call_that_was_given_up() {
    let mut player = night();
    player.slow_answers(TimeDelta::seconds(11), TimeDelta::minutes(2));
    step(&mut player, ASKS);
    step(&mut player, "wait: 1m");
    step(&mut player, "phone: {who: 가온별, does: accept}");
    step(&mut player, "wait: 30m");
    assert_eq!(called(&player), ["가온별"]);
    assert_eq!(posted(&player, "수락했습니다"), 1);
}

const ASKS_TOO: &str = "say: {by: csr1, in: \"#general\", text: \"@COC [긴급티켓배정요청] 고객사: 솔빛출판 / 티켓: https://support.example.com/agent/tickets/2\", as: m2}";
/// Two requests whose first person did not answer: both are about to go to 다솜윤 in one call.
fn two_that_go_on_together() -> Player {
    let mut player = night();
    step(&mut player, ASKS);
    step(&mut player, ASKS_TOO);
    step(&mut player, "wait: 5m");
    player
}

/// The carrier's answer to a call for two requests was lost, and the telephone was engaged. The first request went on to the next
/// person; the second was believed to ring on a telephone that had been put down, and 다솜윤 was not called for it any more.
#[test]
fn a_page_that_rode_in_a_lost_call_is_called_for_by_itself() {
    let mut player = two_that_go_on_together();
    step(&mut player, "phone: {who: 다솜윤, does: busy}");
    player.lose_answers(1);
    step(&mut player, "wait: 1m");
    assert_eq!(called(&player), ["가온별", "다솜윤", "다솜윤", "라온결"]);
}

const ASKS_AGAIN: &str = "say: {by: csr1, in: \"#general\", text: \"@COC [긴급티켓배정요청] 고객사: 다온식품 / 티켓: https://support.example.com/agent/tickets/3\", as: m3}";

/// Each page that joined a call let it count as a new one: pages went on joining a telephone that had rung out long before.
#[test]
fn a_page_that_joins_does_not_prolong_the_call() {
    let mut player = night();
    step(&mut player, ASKS);
    step(&mut player, "wait: 170s");
    step(&mut player, ASKS_TOO);
    assert_eq!(called(&player), ["가온별"]);
    step(&mut player, "wait: 30s");
    step(&mut player, ASKS_AGAIN);
    assert_eq!(called(&player), ["가온별", "가온별"]);
}

/// The carrier did not answer while a call should have been ended. The desk believed for good that the telephone rang.
#[test]
fn a_call_that_cannot_be_ended_is_not_believed_to_ring_for_ever() {
    let mut player = night();
    step(&mut player, ASKS);
    step(&mut player, "fail: {what: phone, how: timeout, for: 10m}");
    step(&mut player, "press: {by: 가온별, button: 수락, on: m1}");
    step(&mut player, "wait: 30m");
    assert!(player.world().live_desk().unwrap().calls.is_empty());
}

fn hung_up(player: &Player) -> Vec<String> {
    player.world().look(|acts, _| {
        let to = acts.iter().filter_map(|act| match &act.did {
            Did::Hangup { to, .. } => Some(to.clone()),
            _ => None,
        });
        to.collect()
    })
}

fn posted(player: &Player, words: &str) -> usize {
    player.world().look(|acts, _| {
        let said = |act: &&coc::replay::Act| {
            matches!(&act.did, Did::Post { words: said, .. } if said.text.contains(words))
        };
        acts.iter().filter(said).count()
    })
}

/// Somebody took the first of two requests at the very moment at which their call was being placed. The telephone was put down
/// for the second one too.
#[test]
fn a_call_for_two_rings_on_when_one_is_taken_while_it_is_placed() {
    let mut player = two_that_go_on_together();
    player.slow_answers(TimeDelta::seconds(5), TimeDelta::minutes(1));
    step(&mut player, "wait: 2s");
    step(&mut player, "press: {by: 가온별, button: 수락, on: m1}");
    step(&mut player, "wait: 1m");
    assert_eq!(called(&player), ["가온별", "다솜윤"]);
    assert_eq!(hung_up(&player), ["가온별"]);
    step(&mut player, "phone: {who: 다솜윤, does: accept}");
    assert_eq!(posted(&player, "다솜윤 님이"), 1);
}

/// The process ended between a call for two requests and its record. The next one found the call for the first of them, and placed
/// another beside it for the second, on a telephone that rang already.
#[test]
fn after_a_crash_nobody_is_called_beside_a_telephone_that_rings() {
    let mut player = two_that_go_on_together();
    player.slow_answers(TimeDelta::seconds(5), TimeDelta::seconds(3));
    step(&mut player, "wait: 2s");
    assert_eq!(called(&player), ["가온별", "다솜윤"]);
    step(&mut player, "crash: {}");
    step(&mut player, "wait: 1m");
    assert_eq!(called(&player), ["가온별", "다솜윤"]);
}

/// A ticket was done before its notice got out. The notice went out all the same: somebody was given a ticket that was done, with a
/// button that no longer meant anything.
#[test]
fn a_ticket_that_is_done_is_given_to_nobody() {
    let mut player = night();
    step(&mut player, "fail: {what: slack, how: 500, for: 5m}");
    for text in [
        "slash: {by: coc1, in: \"#coc-noti\", command: /assign, text: \"한빛전자 https://support.example.com/agent/tickets/1 @다솜윤\"}",
        "slash: {by: coc1, in: \"#coc-noti\", command: /coc, text: \"done https://support.example.com/agent/tickets/1\"}",
        "wait: 10m",
    ] {
        step(&mut player, text);
    }
    assert_eq!(posted(&player, "티켓 배정 ["), 0);
}

/// The same, and the telephone is engaged before the second request is known to have joined.
#[test]
fn after_a_crash_a_page_does_not_join_a_telephone_that_is_down_by_then() {
    let mut player = two_that_go_on_together();
    player.slow_answers(TimeDelta::seconds(5), TimeDelta::minutes(1));
    step(&mut player, "wait: 2s");
    step(&mut player, "crash: {}");
    step(&mut player, "wait: 7s");
    step(&mut player, "phone: {who: 다솜윤, does: busy}");
    step(&mut player, "wait: 1m");
    assert_eq!(called(&player), ["가온별", "다솜윤", "라온결", "다솜윤"]);
}

const ASSIGNS: &str = "slash: {by: coc1, in: \"#coc-noti\", command: /assign, text: \"한빛전자 https://support.example.com/agent/tickets/1 @다솜윤\"}";
const CONFIRMS: &str = "reply: {by: 다솜윤, to: \"last:다솜윤\", text: \"확인했습니다\"}";

/// Somebody acknowledged a notice before Slack had answered to its posting, and the process was away for a while. The answer was
/// thrown away before the notice was looked for: the person was phoned the next morning all the same.
#[test]
fn an_answer_to_a_notice_outlives_a_long_stop() {
    let mut player = night();
    player.slow_answers(TimeDelta::seconds(5), TimeDelta::minutes(1));
    for line in [ASSIGNS, CONFIRMS, "down: {for: 30m}", "wait: 1m"] {
        step(&mut player, line);
    }
    assert_eq!(posted(&player, "✅ 다솜윤 님 확인"), 1);
}

/// A reply that Slack delivered again acknowledged a notice that was posted after it was written.
#[test]
fn a_reply_from_before_the_notice_acknowledges_nothing() {
    let mut player = night();
    step(&mut player, ASSIGNS);
    step(
        &mut player,
        "slash: {by: coc1, in: \"#coc-noti\", command: /coc, text: \"done https://support.example.com/agent/tickets/1\"}",
    );
    step(&mut player, CONFIRMS);
    step(&mut player, "wait: 1m");
    step(&mut player, ASSIGNS);
    step(&mut player, "repeat: {step: 3, times: 1}");
    assert_eq!(posted(&player, "✅ 다솜윤 님 확인"), 0);
    step(&mut player, CONFIRMS);
    assert_eq!(posted(&player, "✅ 다솜윤 님 확인"), 1);
}

/// What was said under an earlier notice of a ticket counted until the process was started again.
#[test]
fn an_earlier_notice_belongs_to_its_ticket_after_a_restart_too() {
    let mut player = night();
    for line in [
        "say: {by: coc1, in: \"#coc-noti\", text: \"@파란하 [한빛전자] 티켓 배정 [https://support.example.com/agent/tickets/1]\", as: n1}",
        "say: {by: coc1, in: \"#coc-noti\", text: \"@다솜윤 [한빛전자] 티켓 배정 [https://support.example.com/agent/tickets/1]\", as: n2}",
        "restart: {}",
        "reply: {by: 다솜윤, to: n1, text: \"확인했습니다\"}",
        "wait: 1m",
    ] {
        step(&mut player, line);
    }
    assert_eq!(posted(&player, "✅ 다솜윤 님 확인"), 1);
    crate::rules::replays(player.world(), &BTreeSet::new()).unwrap();
}

/// Somebody's turn had passed, but the telephone could not be put down at once: key 1 was answered with "수락되었습니다", and the next
/// person was called all the same.
#[test]
fn key_1_counts_while_a_telephone_rings_on_after_its_turn() {
    let mut player = night();
    for line in [
        ASKS,
        "fail: {what: phone, how: 500, for: 1m}",
        "press: {by: coc1, button: 부재, on: \"last:가온별\"}",
        "phone: {who: 가온별, does: accept}",
        "wait: 10m",
    ] {
        step(&mut player, line);
    }
    assert_eq!(posted(&player, "가온별 님이"), 1);
    assert_eq!(posted(&player, "@라온결"), 0);
}

/// One call named two tickets, and nobody picked up before the carrier had said that it was placed. Only the first ticket's page ended
/// with it; of the other the telephone was believed to ring on.
#[test]
fn an_end_that_is_heard_early_is_the_end_of_every_page() {
    let mut player = night();
    for line in [
        "slash: {by: coc1, in: \"#coc-noti\", command: /assign, text: \"한빛전자 https://support.example.com/agent/tickets/1 @다솜윤\"}",
        "slash: {by: coc1, in: \"#coc-noti\", command: /assign, text: \"한빛전자 https://support.example.com/agent/tickets/2 @다솜윤\"}",
        "phone: {who: 다솜윤, does: no-answer}",
        "at: 2025-08-13T09:29:50+09:00",
    ] {
        step(&mut player, line);
    }
    player.slow_answers(TimeDelta::seconds(8), TimeDelta::minutes(2));
    step(&mut player, "wait: 1m");
    assert_eq!(called(&player), ["다솜윤"], "one call of both");
    assert_eq!(player.world().live_desk().unwrap().calls.len(), 0);
    assert_eq!(posted(&player, "전화 받지 않음"), 2);
}

/// The same night with two nodes over one store.
fn night_of_two(blows: &[(Moment, Blow)]) -> Player {
    let scenario: Scenario = serde_saphyr::from_str(HEAD).unwrap();
    let mut nodes = Nodes::new(Leased::new(), vec![TimeDelta::zero(); 2]);
    nodes.blows = blows.to_vec();
    let parts = Parts { nodes: Some(nodes), ..Parts::default() };
    Player::over(&scenario, Path::new("."), &books(), &[], parts).unwrap()
}

/// A node fell still while it posted a notice; the other posted it as well, and was killed before Slack had answered. Of the two copies
/// the next leader took the later one for its own, and nobody heard the answer under the first.
#[test]
fn of_two_copies_the_one_that_people_saw_first_counts() {
    let still = Blow::Pause(TimeDelta::seconds(8));
    let mut player = night_of_two(&[(Moment::BeforeEffect(1), still)]);
    step(&mut player, ASSIGNS);
    player.slow_answers(TimeDelta::seconds(7), TimeDelta::seconds(9));
    step(&mut player, "wait: 9s");
    player.befall(Who::Leader, Blow::Kill(TimeDelta::seconds(5)));
    step(&mut player, "wait: 1m");
    let copies = player.world().look(|acts, _| {
        let copy = |act: &&coc::replay::Act| {
            matches!(&act.did, Did::Post { words, .. } if words.buttons == ["확인"])
        };
        acts.iter().filter(copy).count()
    });
    assert_eq!((copies, player.world().strays().unwrap().len()), (2, 1));
    step(&mut player, "react: {by: 다솜윤, emoji: \"+1\", to: \"last:다솜윤\"}");
    step(&mut player, "wait: 1m");
    assert_eq!(posted(&player, "✅ 다솜윤 님 확인"), 1);
}
