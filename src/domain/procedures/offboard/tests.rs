//! Stories that no scenario can tell, and the property: whatever people, the record, Slack and time do, nothing is unlinked that was not
//! held against the record in force and confirmed by a second person in that very round, not before 퇴점 일시, and nothing twice.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::wildcard_enum_match_arm, reason = "tests pick what they look at")]

mod property;

use super::super::super::errand::{ErrandKind, Outcome};
use super::super::super::ids::{ChannelId, MessageRef, Ts};
use super::super::super::input::{Adapters, CustomerRecord, Input};
use super::super::super::turn::{OffboardPress, Token, UnlinkPress};
use super::{Stage, Why};
use chrono::TimeDelta;
use property::{World, customers};

/// A request by a salesperson for these accounts, ten minutes ahead.
fn requested(world: &mut World, accounts: &str) {
    let at = (world.now + TimeDelta::minutes(10)).format("%Y-%m-%d %H:%M").to_string();
    let fields = [
        ("customer", "한빛전자".to_owned()),
        ("reason", "미수".to_owned()),
        ("at", at),
        ("accounts", accounts.to_owned()),
        ("ticket", "https://support.example.com/agent/tickets/4243".to_owned()),
    ];
    world.submit("U1", &Token::OffboardForm.text(), &fields);
}

fn later(world: &mut World, minutes: i64) {
    world.now += TimeDelta::minutes(minutes);
    world.wake();
}

fn record(world: &mut World, variant: u32) {
    let record = CustomerRecord { text: customers(variant), as_of: world.now };
    world.offer(&Input::Record(record));
}

/// Presses the newest button of this kind.
fn press(world: &mut World, by: &str, wanted: fn(&Token) -> bool) {
    let newest = world.buttons.iter().rev();
    let found = newest.clone().find(|(_, token)| Token::read(token).is_some_and(|t| wanted(&t)));
    let (on, token) = found.unwrap().clone();
    world.press(by, &on, &token);
}

fn of(press: OffboardPress) -> fn(&Token) -> bool {
    match press {
        OffboardPress::Confirm => |t| matches!(t, Token::Offboard(_, _, OffboardPress::Confirm)),
        _ => |t| matches!(t, Token::Offboard(_, _, OffboardPress::Resume)),
    }
}

fn confirmed(world: &mut World, by: &str) {
    press(world, by, of(OffboardPress::Confirm));
    let form = world.forms.last().unwrap().clone();
    world.submit(by, &form, &[("customer", "한빛전자".to_owned())]);
}

fn stage(world: &World) -> &Stage {
    let case = world.desk.cases.values().find(|case| case.procedure.as_offboard().is_some());
    &case.unwrap().procedure.as_offboard().unwrap().stage
}

fn said(world: &World, channel: &str, words: &str) -> usize {
    world.said.iter().filter(|(at, text)| at == channel && text.contains(words)).count()
}

#[test]
fn a_record_that_changes_stops_it_and_asks_in_general_once() {
    let mut world = World::new(true, 1);
    requested(&mut world, "123456789012, 123456789013");
    record(&mut world, 2);
    assert!(matches!(stage(&world), Stage::Stopped { why: Why::Record { .. }, .. }));
    let asked = "123456789013: [한빛전자]가 아니라 [솔빛출판]의 계정입니다";
    assert_eq!(said(&world, "C1", asked), 1);
    // nothing is asked for at its time, and COC cannot go on yet
    later(&mut world, 30);
    press(&mut world, "U3", of(OffboardPress::Resume));
    assert_eq!(said(&world, "alone", "아직 고객 기록과 맞지 않습니다"), 1);
    assert_eq!(said(&world, "C4", ""), 0);
    assert_eq!(said(&world, "C1", asked), 1, "asked once");
    // the record is put right
    record(&mut world, 0);
    press(&mut world, "U3", of(OffboardPress::Resume));
    assert_eq!(said(&world, "C4", "실행 확인이 필요합니다"), 1);
    confirmed(&mut world, "U3");
    assert_eq!(said(&world, "C4", "/unlink 123456789012"), 1);
    // between two accounts it changes again: the second is not asked for
    record(&mut world, 2);
    press(&mut world, "U4", |t| matches!(t, Token::Unlink(_, _, _, UnlinkPress::Done)));
    assert!(matches!(stage(&world), Stage::Stopped { why: Why::Record { .. }, .. }));
    assert_eq!(said(&world, "C4", "/unlink 123456789013"), 0);
    assert_eq!(said(&world, "C1", "강제 퇴점을 마쳤습니다"), 0);
}

#[test]
fn a_command_that_waits_for_slack_is_taken_back_when_the_record_changes() {
    let mut world = World::new(true, 1);
    requested(&mut world, "123456789012");
    later(&mut world, 11);
    press(&mut world, "U3", of(OffboardPress::Confirm));
    let form = world.forms.last().unwrap().clone();
    world.slack_is_up = false;
    world.submit("U3", &form, &[("customer", "한빛전자".to_owned())]);
    let is_command = |kind: &ErrandKind| matches!(kind, ErrandKind::Post { message, .. } if message.plain().starts_with("/unlink"));
    let command = world.desk.errands.values().find(|errand| is_command(&errand.kind));
    let command = command.unwrap().id;
    record(&mut world, 3);
    world.slack_is_up = true;
    world.carry_out();
    assert_eq!(said(&world, "C4", "/unlink"), 0);
    assert!(matches!(stage(&world), Stage::Stopped { why: Why::Record { .. }, .. }));
    // it was under way all the same: COC is told
    let at = MessageRef { channel: ChannelId::from("C4"), ts: Ts("1.000001".to_owned()) };
    world.offer(&Input::Settled { errand: command, outcome: Outcome::Posted(at) });
    assert_eq!(said(&world, "C2", "해지 명령이 이미 올라갔습니다"), 1);
}

#[test]
fn without_the_unlink_channel_nothing_is_confirmed_anywhere_else() {
    let mut world = World::new(false, 1);
    let mut directory = world.desk.directory.clone();
    let whole = directory.clone();
    directory.channels.remove(&ChannelId::from("C4"));
    world.offer(&Input::Directory(directory));
    requested(&mut world, "123456789012");
    later(&mut world, 11);
    assert!(matches!(stage(&world), Stage::Stopped { why: Why::Unposted { refused: None }, .. }));
    assert_eq!(said(&world, "C2", "봇이 #강제링크해지 채널에 없어 멈췄습니다"), 1);
    later(&mut world, 31);
    assert_eq!(said(&world, "C2", "올리지 못한 강제 퇴점이 남아 있습니다"), 1);
    // invited: it goes on by itself when it would have been chased
    world.offer(&Input::Directory(whole));
    later(&mut world, 31);
    assert!(matches!(stage(&world), Stage::Asking { .. }));
    assert_eq!(said(&world, "C4", "실행 확인이 필요합니다"), 1);
}

#[test]
fn without_a_support_desk_coc_is_asked_to_close_the_ticket() {
    for tickets in [true, false] {
        let mut world = World::new(false, 1);
        let adapters = Adapters { tickets, mail: false };
        world.offer(&Input::Started { alive_until: None, phone_adapter: false, adapters });
        world.offer(&Input::CaughtUp);
        requested(&mut world, "123456789012");
        later(&mut world, 11);
        confirmed(&mut world, "U3");
        press(&mut world, "U3", |t| matches!(t, Token::Unlink(_, _, _, UnlinkPress::Done)));
        assert_eq!(said(&world, "C1", "강제 퇴점을 마쳤습니다"), 1);
        assert_eq!(said(&world, "C2", "티켓을 직접 종료해 주십시오"), usize::from(!tickets));
    }
}
