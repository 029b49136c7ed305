//! AWS Health events where a replay cannot bring them: no mail server, a record that learns an account, news that were overtaken.
#![expect(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests")]

mod common;

use chrono::TimeDelta;
use coc::domain::aws::{HealthEvent, Told, read};
use coc::domain::change::Change;
use coc::domain::decide::decide;
use coc::domain::desk::{Desk, Due};
use coc::domain::errand::{ErrandKind, Outcome};
use coc::domain::ids::{ChannelId, MessageRef, SlackGroup, SlackUser, Ts};
use coc::domain::input::{
    Adapters, CustomerRecord, Directory, Group, Input, Member, Notice, ReplyTo, SlackAct,
    SlackInput, Way,
};
use coc::domain::message::Message;
use coc::domain::time::{Time, seoul};
use common::books;
use serde_json::{Value, json};

/// A desk whose posts stand as soon as they are owed.
struct Bench {
    desk: Desk,
    now: Time,
    seq: u64,
    /// What was said, with where: the channel, or the post it hangs on.
    said: Vec<(String, Message)>,
}

impl Bench {
    fn new(mail: bool) -> Self {
        let now = "2025-08-05T22:00:00".parse().map(seoul).unwrap();
        let mut bench = Self { desk: Desk::default(), now, seq: 0, said: Vec::new() };
        let adapters = Adapters { tickets: false, mail };
        bench.offer(&Input::Started { alive_until: None, phone_adapter: false, adapters });
        bench.offer(&Input::Books(books()));
        let coc = SlackUser::from("UCOC");
        let member = Member { name: "고윤슬".to_owned(), email: None, phone: None };
        let group = Group { handle: "coc".to_owned(), members: vec![coc.clone()] };
        bench.offer(&Input::Directory(Directory {
            users: [(coc, member)].into(),
            groups: [(SlackGroup::from("SCOC"), group)].into(),
            channels: [
                (ChannelId::from("CGEN"), "general".to_owned()),
                (ChannelId::from("CNOTI"), "coc-noti".to_owned()),
            ]
            .into(),
            ..Directory::default()
        }));
        bench.offer(&Input::CaughtUp);
        bench.offer(&Input::ReadBack);
        bench
    }

    fn offer(&mut self, input: &Input) {
        self.seq += 1;
        let decision = decide(&self.desk, input, self.now, self.seq);
        for change in &decision.changes {
            self.desk.apply(self.now, change);
            if let Change::Owed(errand) = change {
                self.hear(&errand.kind);
            }
        }
        let owed: Vec<_> = self.desk.errands.values().cloned().collect();
        for errand in owed {
            let outcome = match &errand.kind {
                ErrandKind::Post { place, .. } => Outcome::Posted(MessageRef {
                    channel: place.channel.clone(),
                    ts: Ts(format!("{}.{:06}", errand.id.seq, errand.id.nth)),
                }),
                ErrandKind::Mail { .. } => continue,
                _ => Outcome::Done,
            };
            self.offer(&Input::Settled { errand: errand.id, outcome });
        }
    }

    fn hear(&mut self, kind: &ErrandKind) {
        match kind {
            ErrandKind::Post { place, message } => {
                let hangs = if place.thread.is_some() { "↳" } else { "" };
                self.said.push((format!("{}{hangs}", place.channel), message.clone()));
            }
            ErrandKind::Update { message, .. } => {
                self.said.push(("update".to_owned(), message.clone()));
            }
            ErrandKind::Ephemeral { message, .. } => {
                self.said.push(("alone".to_owned(), message.clone()));
            }
            ErrandKind::Mail { mail } => {
                let message = Message { lines: Vec::new(), buttons: Vec::new() };
                self.said.push((format!("mail {}", mail.to.join(",")), message));
            }
            _ => {}
        }
    }

    /// What was said since the last time somebody looked.
    fn news(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
            .into_iter()
            .map(|(at, message)| format!("{at}: {}", message.plain()))
            .collect()
    }

    fn told(&mut self, event: &Value) {
        let key = format!("notice {}", self.seq);
        let text = event.to_string();
        let notice = Notice { key, way: Way::EventBridge, sent: None, subject: None, text };
        self.offer(&Input::Notice(notice));
    }

    /// Presses a button of the newest post or change that bears it.
    fn press(&mut self, on: &Message, label: &str) {
        let token = on.buttons.iter().find(|button| button.label == label).unwrap().token.clone();
        let at = MessageRef { channel: ChannelId::from("CNOTI"), ts: Ts::from("1.000000") };
        let reply = ReplyTo { channel: at.channel.clone(), thread: None, url: None };
        let what = SlackAct::Pressed { on: at, thread: None, token, trigger: String::new(), reply };
        let (key, by) = (format!("press {}", self.seq), SlackUser::from("UCOC"));
        self.offer(&Input::Slack(SlackInput { key, by, what, raw: None }));
    }

    /// The card as it stands: the newest message that bears a button.
    fn card(&self) -> Message {
        let bears = |(_, message): &&(String, Message)| !message.buttons.is_empty();
        self.said.iter().rev().find(bears).map(|(_, message)| message.clone()).unwrap()
    }

    fn wait(&mut self, length: TimeDelta) {
        let until = self.now + length;
        while let Some(due) = self.desk.next_due().filter(|due| due.at() <= until) {
            self.now = due.at();
            self.offer(&Due::input(due));
        }
        self.now = until;
    }
}

fn event(account: &str, communication: &str, status: &str, written: &str) -> Value {
    json!({
        "source": "aws.health", "detail-type": "AWS Health Event", "account": account, "time": "2025-08-05T13:00:00Z",
        "detail": {
            "eventArn": "arn:aws:health:ap-northeast-2::event/RDS/AWS_RDS_OPERATIONAL_ISSUE/1", "service": "RDS",
            "eventTypeCode": "AWS_RDS_OPERATIONAL_ISSUE", "eventTypeCategory": "issue", "eventScopeCode": "PUBLIC",
            "communicationId": communication, "statusCode": status, "eventRegion": "ap-northeast-2",
            "affectedAccount": account, "lastUpdatedTime": written,
            "eventDescription": [{"language": "en_US", "latestDescription": format!("words of {communication}")}],
        }
    })
}

const FIRST: &str = "Tue, 05 Aug 2025 13:00:00 GMT";
const SECOND: &str = "Tue, 05 Aug 2025 13:30:00 GMT";

#[test]
fn without_a_mail_server_people_send_the_mail() {
    let mut bench = Bench::new(false);
    bench.told(&event("310000000001", "c1", "open", FIRST));
    let card = bench.card();
    let said = bench.news();
    assert!(said[0].starts_with("CNOTI: 🚨 [새벽마켓]"), "{said:#?}");
    assert!(said[0].contains("메일 서버가 설정되어 있지 않습니다"), "{said:#?}");
    let mail = said.iter().find(|one| one.contains("직접 보내실 메일입니다")).unwrap();
    assert!(mail.starts_with("CNOTI↳"), "{mail}");
    assert!(mail.contains("받는 사람: alert@saebyeok.example.com"), "{mail}");
    assert!(mail.contains("words of c1"), "{mail}");

    bench.press(&card, "메일 발송");
    let said = bench.news();
    assert!(!said.iter().any(|one| one.starts_with("mail ")), "{said:#?}");
    assert!(
        said.iter().any(|one| one.contains("직접 보낸 것으로 남겼습니다 (고윤슬, 22:00)")),
        "{said:#?}"
    );
    bench.press(&card, "메일 발송");
    let said = bench.news();
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].starts_with("alone: ⛔"), "{said:#?}");
}

#[test]
fn a_record_that_learns_the_account_gives_the_event_its_customer() {
    let mut bench = Bench::new(true);
    bench.told(&event("999999999999", "c1", "open", FIRST));
    let said = bench.news();
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].contains("고객사 미확인"), "{said:#?}");
    // the same again, and another account that nobody knows
    bench.told(&event("999999999999", "c1", "open", FIRST));
    assert!(bench.news().is_empty());
    bench.told(&event("888888888888", "c1", "open", FIRST));
    assert_eq!(bench.news().len(), 1);

    let text = books().customers.replace("310000000008", "310000000008;999999999999");
    bench.offer(&Input::Record(CustomerRecord { text, as_of: bench.now }));
    bench.wait(TimeDelta::minutes(30));
    let said = bench.news();
    let found = |part: &str| said.iter().any(|one| one.contains(part));
    assert!(found("update: 🚨 [솔빛출판] PHD 주요 알림입니다"), "{said:#?}");
    assert!(found("CGEN: 🚨 [솔빛출판]"), "{said:#?}");
    // the other one is still asked for
    assert!(found("고객사 확인"), "{said:#?}");
    // what comes of it now goes to the same card
    bench.told(&event("999999999999", "c2", "closed", SECOND));
    let said = bench.news();
    assert!(said.iter().any(|one| one.starts_with("CNOTI↳: ✉️ [솔빛출판]")), "{said:#?}");
    assert!(!said.iter().any(|one| one.starts_with("CNOTI:")), "no second card: {said:#?}");
}

#[test]
fn what_was_overtaken_on_its_way_changes_no_state() {
    let mut bench = Bench::new(true);
    bench.told(&event("310000000001", "c2", "closed", SECOND));
    let said = bench.news();
    assert!(!said.iter().any(|one| one.starts_with("CGEN")), "it is over: {said:#?}");
    bench.told(&event("310000000001", "c1", "open", FIRST));
    let said = bench.news();
    assert!(!said.iter().any(|one| one.starts_with("CGEN")), "it is over: {said:#?}");
    assert!(said.iter().any(|one| one.contains("AWS 상태: 종료")), "{said:#?}");
}

#[test]
fn nobody_is_told_of_a_backup() {
    let mut bench = Bench::new(true);
    let mut backup = event("310000000001", "c1", "open", FIRST);
    backup["detail"]["backupEvent"] = json!("true");
    bench.told(&backup);
    assert!(bench.news().is_empty());
    assert!(bench.desk.cases.is_empty());
}

#[test]
fn an_event_that_is_none_is_no_case() {
    let mut bench = Bench::new(true);
    let mut nearly = event("310000000001", "c1", "open", FIRST);
    nearly["detail"]["eventArn"] = Value::Null;
    bench.told(&nearly);
    let is_phd = |text: &String| text.contains("PHD");
    assert!(!bench.news().iter().any(is_phd));
}

/// A storm of one event over many accounts stays one card a customer, and one post in general.
#[test]
fn one_card_a_customer_and_one_announcement() {
    let mut bench = Bench::new(true);
    for account in ["310000000001", "210987654321", "210987654322", "123456789012", "123456789013"]
    {
        for _ in 0..3 {
            bench.told(&event(account, "c1", "open", FIRST));
        }
    }
    let said = bench.news();
    let count = |start: &str| said.iter().filter(|one| one.starts_with(start)).count();
    assert_eq!(count("CNOTI:"), 3, "{said:#?}");
    assert_eq!(count("CGEN:"), 1, "{said:#?}");
    assert_eq!(count("CGEN↳:"), 2, "{said:#?}");
    assert_eq!(count("update:"), 2, "{said:#?}");
}

#[test]
fn the_journal_keeps_a_case_whole() {
    let mut bench = Bench::new(true);
    bench.told(&event("310000000001", "c1", "open", FIRST));
    let kept: Desk = serde_json::from_value(serde_json::to_value(&bench.desk).unwrap()).unwrap();
    let kept = kept.revived();
    assert_eq!(kept.cases, bench.desk.cases);
    assert_eq!(kept.next_due(), bench.desk.next_due());
}

#[test]
fn an_event_reads_alike_from_every_side() {
    let told = |value: &Value| -> HealthEvent {
        match read(None, &value.to_string()).unwrap() {
            Told::Health(event) => event,
            other => panic!("{other:?}"),
        }
    };
    let whole = event("310000000001", "c1", "open", FIRST);
    let bare = whole["detail"].clone();
    assert_eq!(told(&whole), told(&bare));
}
