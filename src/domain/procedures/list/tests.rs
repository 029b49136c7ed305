//! Stories of checklists that no scenario file can tell: what comes from other procedures, and a desk without a mail server.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::super::super::aws::{Finding, Shape};
use super::super::super::books::read_policy;
use super::super::super::change::{Change, Chime, Chore};
use super::super::super::customers::read_customers;
use super::super::super::decide::decide;
use super::super::super::desk::{Desk, Due};
use super::super::super::errand::{ErrandKind, Outcome, Place};
use super::super::super::ids::{CaseId, ChannelId, MessageRef, SlackGroup, SlackUser, Ts};
use super::super::super::input::{
    Directory, Group, Input, Member, Notice, ReplyTo, SlackAct, SlackInput, Way,
};
use super::super::super::mail::read_templates;
use super::super::super::message::Message;
use super::super::super::time::{Time, seoul};
use super::super::super::turn::{DispatchPress, ListPress, StepPress, Token, Turn};
use super::guide_customer;
use std::collections::{BTreeMap, BTreeSet};

const TOPIC: &str = "arn:aws:sns:ap-northeast-2:123456789012:heartbeat-hanbit";

fn at(day: u32, hour: u32, minute: u32) -> Time {
    let day = chrono::NaiveDate::from_ymd_opt(2025, 8, day).unwrap();
    seoul(day.and_hms_opt(hour, minute, 0).unwrap())
}

/// A desk, and what it posted.
struct Story {
    desk: Desk,
    seq: u64,
    said: Vec<Message>,
    updated: Vec<Message>,
    /// What people were told alone.
    told: Vec<Message>,
    /// Whether Slack takes no posts in threads: their roots are gone.
    threads_gone: bool,
}

impl Story {
    fn new(policy: &str, mails: bool) -> Self {
        let member = |name: &str| Member { name: name.to_owned(), email: None, phone: None };
        let users = [("U1", "고윤슬"), ("U2", "하늘솔"), ("U3", "오하라")];
        let group = |handle: &str, who: &str| Group {
            handle: handle.to_owned(),
            members: vec![SlackUser::from(who)],
        };
        let channels =
            [("C1", "general"), ("C2", "coc-noti"), ("C3", "saltware-pls-technical-support")];
        let directory = Directory {
            users: users.map(|(id, name)| (SlackUser::from(id), member(name))).into(),
            groups: [
                (SlackGroup::from("S1"), group("coc", "U1")),
                (SlackGroup::from("S2"), group("sa", "U2")),
                (SlackGroup::from("S3"), group("csr", "U3")),
            ]
            .into(),
            channels: channels.map(|(id, name)| (ChannelId::from(id), name.to_owned())).into(),
            ..Directory::default()
        };
        let customers = include_str!("../../../../data/customers.csv");
        let template = include_str!("../../../../data/mail/tam.txt").to_owned();
        let invitation = include_str!("../../../../data/mail/invitation.txt").to_owned();
        let templates = BTreeMap::from([
            ("tam.txt".to_owned(), template),
            ("invitation.txt".to_owned(), invitation),
        ]);
        let templates = if mails { templates } else { BTreeMap::new() };
        let mut story = Self {
            desk: Desk::default(),
            seq: 0,
            said: Vec::new(),
            updated: Vec::new(),
            told: Vec::new(),
            threads_gone: false,
        };
        let start = at(5, 9, 0);
        story.take(
            start,
            vec![
                Change::PolicyAdopted {
                    text: policy.to_owned(),
                    policy: Box::new(read_policy(policy).unwrap()),
                },
                Change::CustomersAdopted {
                    text: customers.to_owned(),
                    customers: read_customers(customers).unwrap(),
                },
                Change::TemplatesAdopted { templates: read_templates(&templates).unwrap() },
                Change::DirectoryRead(directory),
            ],
        );
        story
    }

    /// Applies changes, and carries out what they owe.
    fn take(&mut self, now: Time, changes: Vec<Change>) {
        changes.iter().for_each(|change| self.desk.apply(now, change));
        self.seq += 1;
        while let Some((id, kind)) =
            self.desk.errands.iter().next().map(|(id, errand)| (*id, errand.kind.clone()))
        {
            let outcome = if let ErrandKind::Post { place: Place { thread: Some(_), .. }, .. } =
                &kind
                && self.threads_gone
            {
                Outcome::Refused { why: "thread_not_found".to_owned() }
            } else if let ErrandKind::Post { place, message } = kind {
                self.said.push(message);
                let ts = Ts(format!("{}.{:06}", now.timestamp(), self.said.len()));
                Outcome::Posted(MessageRef { channel: place.channel, ts })
            } else {
                match kind {
                    ErrandKind::Update { message, .. } => self.updated.push(message),
                    ErrandKind::Ephemeral { message, .. } | ErrandKind::Direct { message, .. } => {
                        self.told.push(message);
                    }
                    ErrandKind::Post { .. }
                    | ErrandKind::OpenForm { .. }
                    | ErrandKind::PublishHome { .. }
                    | ErrandKind::Call { .. }
                    | ErrandKind::HangUp { .. }
                    | ErrandKind::ReadGuide { .. }
                    | ErrandKind::Presence { .. }
                    | ErrandKind::Ticket { .. }
                    | ErrandKind::OpenTicket { .. }
                    | ErrandKind::Mail { .. }
                    | ErrandKind::PostWithPicture { .. }
                    | ErrandKind::File { .. }
                    | ErrandKind::Home { .. }
                    | ErrandKind::SignIn { .. }
                    | ErrandKind::Probe { .. } => {}
                }
                Outcome::Done
            };
            let settled =
                decide(&self.desk, &Input::Settled { errand: id, outcome }, now, self.seq);
            settled.changes.iter().for_each(|change| self.desk.apply(now, change));
            self.seq += 1;
        }
    }

    fn offer(&mut self, now: Time, input: &Input) {
        let decision = decide(&self.desk, input, now, self.seq);
        self.take(now, decision.changes);
    }

    fn finding(&mut self, now: Time, customer: &str, title: &str) {
        let finding = Finding {
            id: title.to_owned(),
            account: Some("210987654321".parse().unwrap()),
            region: "ap-northeast-2".to_owned(),
            kind: "Recon:EC2/PortProbeUnprotectedPort".to_owned(),
            severity: 2.0,
            title: title.to_owned(),
            description: String::new(),
            sample: false,
            count: 1,
            updated: None,
            shape: Shape::Json,
        };
        let desk = self.desk.clone();
        let mut turn = Turn::new(&desk, now, self.seq);
        guide_customer(&mut turn, title, customer, &finding);
        self.take(now, turn.changes);
    }

    fn notice(&mut self, now: Time, key: &str, topic: &str) {
        self.told(now, key, topic, "beat");
    }

    fn told(&mut self, now: Time, key: &str, topic: &str, text: &str) {
        let way = Way::Sns { topic: topic.to_owned() };
        let (key, text) = (key.to_owned(), text.to_owned());
        self.offer(now, &Input::Notice(Notice { key, way, sent: None, subject: None, text }));
    }

    fn press(&mut self, now: Time, by: &str, case: u64, nth: usize) {
        self.press_token(now, by, &Token::Step(CaseId(case), nth, StepPress::Done));
    }

    fn press_token(&mut self, now: Time, by: &str, token: &Token) {
        let channel = ChannelId::from("C2");
        let what = SlackAct::Pressed {
            on: MessageRef { channel: channel.clone(), ts: Ts::from("1.0") },
            thread: None,
            token: token.text(),
            trigger: "t".to_owned(),
            reply: ReplyTo { channel, thread: None, url: None },
        };
        let key = format!("press {}", self.seq);
        self.offer(
            now,
            &Input::Slack(SlackInput { key, by: SlackUser::from(by), what, raw: None }),
        );
    }

    /// Everything that is due until `to`.
    fn wait(&mut self, to: Time) {
        while let Some(due) = self.desk.next_due().filter(|due| due.at() <= to) {
            self.offer(due.at(), &due.input());
        }
    }

    /// The first lines of what was said since the last look.
    fn heard(&mut self) -> Vec<String> {
        let said = std::mem::take(&mut self.said);
        said.iter().map(|one| one.plain().lines().next().unwrap().to_owned()).collect()
    }

    fn open(&self) -> usize {
        self.desk.cases.values().filter(|case| case.is_open()).count()
    }
}

#[test]
fn findings_of_a_customers_own_setting_are_one_task_of_sa() {
    let mut story = Story::new("", true);
    story.finding(at(5, 3, 0), "가나게임즈", "Port probe");
    assert_eq!(story.said[0].mentions(), ["@sa"]);
    let said = story.said[0].plain();
    assert!(
        said.contains("[가나게임즈]") && said.contains("심각도 2, 계정 210987654321"),
        "{said}"
    );
    story.heard();
    // more of it is counted, not posted
    story.finding(at(5, 4, 0), "가나게임즈", "Port scan");
    assert_eq!(story.heard(), [""; 0]);
    assert!(story.updated.last().unwrap().plain().contains("지금까지 2건"));
    // another customer's is another task
    story.finding(at(5, 4, 1), "은하물류", "Port probe");
    assert_eq!((story.heard().len(), story.open()), (1, 2));
    // chased daily, in business hours
    story.wait(at(6, 8, 59));
    assert_eq!(story.heard(), [""; 0]);
    story.wait(at(6, 9, 0));
    assert_eq!(story.heard().len(), 2);
    // CSR has no part in it; SA ends it, and the next finding is a new task
    story.press(at(6, 9, 1), "U3", 1, 0);
    assert_eq!(story.open(), 2);
    story.press(at(6, 9, 2), "U2", 1, 0);
    assert_eq!(story.open(), 1);
    story.heard();
    story.finding(at(6, 10, 0), "가나게임즈", "Port probe");
    assert_eq!((story.heard().len(), story.open()), (1, 2));
}

const HEARTBEATS: &str = "heartbeats = [{ name = \"시험 알람\", match = \"Heartbeat-Hanbit\", every = \"2h\", customer = \"Hanbit\" }]\n[rooms]\nprompt = false\n";

#[test]
fn a_heartbeat_that_stays_away_is_a_case_until_it_comes_again() {
    let mut story = Story::new(HEARTBEATS, true);
    story.notice(at(5, 10, 0), "n1", TOPIC);
    // what does not match is no heartbeat
    let quiet = r#"{"AlarmName":"[L1] cpu","NewStateValue":"ALARM","AWSAccountId":"123456789012"}"#;
    story.told(at(5, 11, 30), "n2", "arn:aws:sns:ap-northeast-2:123456789012:other", quiet);
    assert_eq!(
        story.heard(),
        [""; 0],
        "a sign of life is nothing to show, though it says nothing else"
    );
    story.wait(at(5, 12, 9));
    assert_eq!(story.heard(), [""; 0]);
    story.wait(at(5, 12, 10));
    let said = story.said[0].plain();
    assert!(said.contains("[한빛전자] 정기 신호가 오지 않았습니다: 시험 알람"), "{said}");
    assert!(said.contains("2시간마다 와야 합니다. 마지막: 10:00"), "{said}");
    assert_eq!(story.said[0].mentions(), ["@coc"]);
    story.heard();
    // told once, then chased
    story.wait(at(5, 13, 9));
    assert_eq!(story.heard(), [""; 0]);
    story.wait(at(5, 13, 10));
    assert_eq!(story.heard().len(), 1);
    // it comes again: closed by itself; a repeat of the delivery changes nothing
    story.notice(at(5, 13, 20), "n3", TOPIC);
    assert_eq!(story.heard(), ["✅ 정기 신호가 다시 왔습니다. 사건을 닫습니다."]);
    assert_eq!(story.open(), 0);
    story.notice(at(5, 15, 0), "n3", TOPIC);
    story.wait(at(5, 15, 30));
    assert_eq!(story.heard().len(), 1, "missing again, counted from 13:20");
}

#[test]
fn a_heartbeat_counts_from_when_it_is_waited_for_and_not_while_nobody_could_hear_it() {
    let mut story = Story::new(HEARTBEATS, true);
    let due = |story: &Story| match story.desk.next_due() {
        Some(Due::Desk(Chime { due, what: Chore::BeatIsMissing })) => Some(due),
        Some(Due::Desk(_) | Due::Case(_)) | None => None,
    };
    assert_eq!(due(&story), Some(at(5, 11, 10)), "from 09:00, when the policy came into force");
    let started = Input::Started {
        alive_until: Some(at(5, 10, 0)),
        phone_adapter: false,
        adapters: Default::default(),
    };
    story.offer(at(5, 13, 0), &started);
    story.offer(at(5, 13, 0), &Input::CaughtUp);
    assert_eq!(due(&story), Some(at(5, 14, 10)), "three hours later");
    // one that is no longer in the policy is not waited for
    let change =
        Change::PolicyAdopted { text: String::new(), policy: Box::new(read_policy("").unwrap()) };
    story.take(at(5, 13, 1), vec![change]);
    assert_eq!(due(&story), None);
    let names: BTreeSet<&String> = story.desk.beats.keys().collect();
    assert!(names.is_empty());
}

fn request(story: &mut Story, now: Time) {
    let at = MessageRef {
        channel: ChannelId::from("C3"),
        ts: Ts(format!("{}.000001", now.timestamp())),
    };
    let text = "[REQ] 한빛전자 루트 계정 로그인이 있었습니다".to_owned();
    let what = SlackAct::Said { at, thread: None, text };
    let key = "m".to_owned();
    let slack = SlackInput { key, by: SlackUser::from("W9"), what, raw: None };
    story.offer(now, &Input::Slack(slack));
}

#[test]
fn without_a_mail_server_the_mail_is_recorded_as_sent_by_hand() {
    let mut story = Story::new("", true);
    request(&mut story, at(5, 10, 0));
    let draft = story.said[2].plain();
    assert!(draft.contains("직접 보내신 뒤 [메일 발송]"), "{draft}");
    story.heard();
    story.press(at(5, 10, 1), "U1", 1, 0);
    let said = story.heard();
    assert_eq!(said, ["✅ 1. 메일: 완료했습니다 (고윤슬, 10:01)."]);
    let draft = &story.desk.drafts.values().next().unwrap().state;
    assert!(super::words::mail::over_already(draft).unwrap().contains("이미 보냈습니다"));
}

#[test]
fn without_a_template_there_is_no_draft_and_the_mail_is_somebodys() {
    let mut story = Story::new("", false);
    request(&mut story, at(5, 10, 0));
    assert_eq!(story.said.len(), 2, "the card, and how to reach the customer");
    assert!(story.said[0].plain().contains("mail/tam.txt"), "{}", story.said[0].plain());
    story.heard();
    story.press(at(5, 10, 1), "U1", 1, 0);
    assert_eq!(story.heard(), ["✅ 1. 메일: 완료했습니다 (고윤슬, 10:01). 직접 보냄"]);
}

fn hand_in(story: &mut Story, now: Time, token: &Token, fields: &[(&str, &str)]) {
    let fields = fields.iter().map(|(key, said)| ((*key).to_owned(), (*said).to_owned()));
    let what = SlackAct::Submitted { token: token.text(), fields: fields.collect() };
    let key = format!("form {}", story.seq);
    let slack = SlackInput { key, by: SlackUser::from("U1"), what, raw: None };
    story.offer(now, &Input::Slack(slack));
}

fn onboard(story: &mut Story, now: Time) {
    hand_in(
        story,
        now,
        &Token::OnboardForm,
        &[
            ("customer", "한빛전자"),
            ("payer", "999988887777"),
            ("accounts", "123456789014"),
            ("ticket", "https://support.example.com/agent/tickets/4500"),
        ],
    );
}

#[test]
fn without_a_mail_server_the_invitation_is_sent_by_hand_and_without_a_support_desk_so_is_the_ticket_closed()
 {
    let mut story = Story::new("", true);
    onboard(&mut story, at(5, 10, 0));
    assert_eq!(story.heard(), ["@coc [한빛전자] 입점입니다. Payer 999988887777"]);
    story.press(at(5, 10, 1), "U1", 1, 0);
    let draft = story.said[1].plain();
    assert!(draft.contains("직접 보내신 뒤 [메일 발송]"), "{draft}");
    let card = story.updated.last().unwrap().plain();
    assert!(card.contains("스레드의 초안을 직접 보낸 뒤 [완료]"), "{card}");
    story.heard();
    story.press(at(5, 10, 2), "U1", 1, 1);
    assert_eq!(
        story.heard(),
        [
            "✅ 2. 초대 메일: 완료했습니다 (고윤슬, 10:02).",
            "☎️ [한빛전자] 안내 전화 대본입니다 (고윤슬)."
        ]
    );
    for nth in 2..5 {
        story.press(at(5, 10, 3), "U1", 1, nth);
    }
    hand_in(&mut story, at(5, 10, 4), &Token::StepForm(CaseId(1), 5), &[("evidence", "0")]);
    story.press(at(5, 10, 5), "U1", 1, 6);
    assert_eq!(story.open(), 0);
    let end = story.said.last().unwrap().plain();
    assert!(end.contains("COC는 티켓을 직접 닫아 주십시오"), "{end}");
}

#[test]
fn without_a_template_the_invitation_is_somebodys() {
    let mut story = Story::new("", false);
    onboard(&mut story, at(5, 10, 0));
    story.heard();
    story.press(at(5, 10, 1), "U1", 1, 0);
    assert_eq!(story.heard().len(), 1, "no draft");
    let card = story.updated.last().unwrap().plain();
    assert!(card.contains("초안을 만들 수 없습니다. 직접 보내 주십시오"), "{card}");
    story.press(at(5, 10, 2), "U1", 1, 1);
    assert_eq!(story.heard()[0], "✅ 2. 초대 메일: 완료했습니다 (고윤슬, 10:02). 직접 보냄");
}

#[test]
fn where_the_thread_is_gone_the_list_goes_on_with_a_new_card() {
    let mut story = Story::new("", true);
    onboard(&mut story, at(5, 10, 0));
    story.heard();
    story.threads_gone = true;
    story.press(at(5, 10, 1), "U1", 1, 0);
    let said = story.heard();
    assert_eq!(said.len(), 3, "{said:?}");
    assert_eq!(
        said[0], "@coc [한빛전자] 입점입니다. Payer 999988887777",
        "its buttons are there again"
    );
    assert_eq!(said[1], "✅ 1. FitCloud 계정 등록: 완료했습니다 (고윤슬, 10:01).");
    assert!(said[2].contains("고객 메일 초안입니다"), "{said:?}");
    assert!(story.desk.cases[&CaseId(1)].notes.iter().any(|note| note.text.contains("thread_not")));
    // it lives under the new card
    story.threads_gone = false;
    story.press(at(5, 10, 2), "U1", 1, 1);
    assert_eq!(story.heard().len(), 2);
}

#[test]
fn an_error_when_the_guide_names_nobody_is_told_at_once_and_again_until_somebody_ends_it() {
    let mut story = Story::new("", true);
    onboard(&mut story, at(5, 22, 0));
    story.heard();
    story.press_token(at(5, 22, 1), "U1", &Token::Step(CaseId(1), 0, StepPress::Error));
    let said = story.heard();
    assert!(said.iter().any(|one| one.contains("지금 연락할 수 있는 사람이 없습니다")), "{said:?}");
    let card = story
        .updated
        .iter()
        .find(|one| one.plain().contains("사건 #2\n") || one.plain().ends_with("사건 #2"));
    assert!(card.unwrap().plain().contains("모두 연락되지 않았습니다"), "{card:?}");
    for minute in [11, 21, 31, 41] {
        story.wait(at(5, 22, minute - 1));
        assert_eq!(story.heard(), [""; 0], "before 22:{minute}");
        story.wait(at(5, 22, minute));
        let said = story.heard();
        assert_eq!(said, ["⏰ @coc [한빛전자] 입점 오류: 연락된 사람이 없이 열려 있습니다."]);
    }
    // more seldom after the fourth
    story.wait(at(5, 23, 0));
    assert_eq!(story.heard(), [""; 0]);
    story.wait(at(5, 23, 1));
    assert_eq!(story.heard().len(), 1);
    // CSR cannot end it
    story.press_token(at(5, 23, 2), "U3", &Token::Dispatch(CaseId(2), DispatchPress::Close));
    assert!(story.told.last().unwrap().plain().starts_with("⛔ COC만"));
    story.press_token(at(5, 23, 3), "U1", &Token::Dispatch(CaseId(2), DispatchPress::Close));
    assert_eq!(story.open(), 1, "the step is open");
    story.heard();
    story.press_token(at(5, 23, 4), "U1", &Token::Dispatch(CaseId(2), DispatchPress::Close));
    assert!(story.told.last().unwrap().plain().contains("이미 끝난 호출입니다"));
    story.wait(at(6, 8, 59));
    assert_eq!(story.heard(), [""; 0], "nothing more of it");
}

#[test]
fn what_is_over_takes_no_more_presses() {
    let mut story = Story::new("", true);
    onboard(&mut story, at(5, 10, 0));
    story.press(at(5, 10, 1), "U1", 1, 0);
    story.press_token(at(5, 10, 2), "U1", &Token::List(CaseId(1), ListPress::Cancel));
    story.heard();
    let before = story.desk.accounts.clone();
    for press in [StepPress::Done, StepPress::Error, StepPress::Script] {
        for nth in [0, 1, 6, 99] {
            story.press_token(at(5, 10, 3), "U1", &Token::Step(CaseId(1), nth, press));
            assert!(story.told.last().unwrap().plain().starts_with('⛔'), "{press:?} {nth}");
        }
    }
    story.press_token(at(5, 10, 4), "U1", &Token::List(CaseId(1), ListPress::Cancel));
    story.press_token(at(5, 10, 4), "U1", &Token::List(CaseId(1), ListPress::Support));
    story.press_token(at(5, 10, 4), "U1", &Token::List(CaseId(1), ListPress::Anyway));
    assert_eq!(story.heard(), [""; 0]);
    assert_eq!(story.desk.accounts, before);
    assert_eq!(story.open(), 0);
}

#[test]
fn without_its_channel_nothing_begins() {
    let mut story = Story::new("channels.noti = \"#nowhere\"", true);
    onboard(&mut story, at(5, 10, 0));
    assert_eq!((story.open(), story.heard().len()), (0, 0));
    assert!(story.told.last().unwrap().plain().contains("시작하지 않았습니다"));
    assert_eq!(story.desk.accounts.all().count(), 0);
}
