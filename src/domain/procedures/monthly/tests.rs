//! Stories of months in which accounts came and went.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::super::super::accounts::Entry;
use super::super::super::books::read_policy;
use super::super::super::change::Change;
use super::super::super::decide::decide;
use super::super::super::errand::{ErrandKind, Outcome};
use super::super::super::ids::{ChannelId, MessageRef, SlackGroup, SlackUser, Ts};
use super::super::super::input::{
    Adapters, Directory, Group, Input, Member, ReplyTo, SlackAct, SlackInput,
};
use super::super::super::mail::read_templates;
use super::super::super::message::Message;
use super::super::super::turn::{StepPress, Token};
use super::*;
use proptest::prelude::*;

fn at(month: u32, day: u32, hour: u32, minute: u32) -> Time {
    let day = NaiveDate::from_ymd_opt(2025, month, day).unwrap();
    seoul(day.and_hms_opt(hour, minute, 0).unwrap())
}

fn account(nth: u64) -> AccountId {
    format!("{:012}", 310_000_000_000 + nth).parse().unwrap()
}

const MAIN: u64 = 900;
const OTHER: u64 = 901;

/// A desk with a mail server, and what it posted and mailed.
struct Story {
    desk: Desk,
    seq: u64,
    posts: Vec<Message>,
    told: Vec<String>,
    mails: Vec<Email>,
}

impl Story {
    fn new(policy: &str) -> Self {
        // of other clauses nothing is to come
        let policy = &format!("rooms.prompt = false\nreports.post = false\n{policy}");
        let member = |name: &str| Member { name: name.to_owned(), email: None, phone: None };
        let users = [("U1", "고윤슬"), ("U3", "오하라")];
        let group = |handle: &str, who: &str| Group {
            handle: handle.to_owned(),
            members: vec![SlackUser::from(who)],
        };
        let channels = [("C1", "general"), ("C2", "coc-noti")];
        let directory = Directory {
            users: users.map(|(id, name)| (SlackUser::from(id), member(name))).into(),
            groups: [
                (SlackGroup::from("S1"), group("coc", "U1")),
                (SlackGroup::from("S3"), group("csr", "U3")),
            ]
            .into(),
            channels: channels.map(|(id, name)| (ChannelId::from(id), name.to_owned())).into(),
            ..Directory::default()
        };
        let template = include_str!("../../../../data/mail/monthly.txt").to_owned();
        let templates = BTreeMap::from([("monthly.txt".to_owned(), template)]);
        let mut story = Self {
            desk: Desk::default(),
            seq: 1,
            posts: Vec::new(),
            told: Vec::new(),
            mails: Vec::new(),
        };
        let start = at(7, 1, 0, 0);
        let adapters = Adapters { mail: true, ..Adapters::default() };
        story.take(
            start,
            vec![
                Change::PolicyAdopted {
                    text: policy.to_owned(),
                    policy: Box::new(read_policy(policy).unwrap()),
                },
                Change::TemplatesAdopted { templates: read_templates(&templates).unwrap() },
                Change::DirectoryRead(directory),
                Change::Started { alive_until: None, phone_adapter: false, adapters },
                Change::CaughtUp,
            ],
        );
        story
    }

    fn take(&mut self, now: Time, changes: Vec<Change>) {
        changes.iter().for_each(|change| self.desk.apply(now, change));
        self.seq += 1;
        while let Some((id, kind)) =
            self.desk.errands.iter().next().map(|(id, errand)| (*id, errand.kind.clone()))
        {
            let outcome = if let ErrandKind::Post { place, message } = kind {
                self.posts.push(message);
                let ts = Ts(format!("{}.{:06}", now.timestamp(), self.posts.len()));
                Outcome::Posted(MessageRef { channel: place.channel, ts })
            } else {
                if let ErrandKind::Mail { mail } = kind {
                    self.mails.push(mail);
                } else if let ErrandKind::Ephemeral { message, .. } = kind {
                    self.told.push(message.plain());
                } else if let ErrandKind::OpenForm { form, .. } = kind {
                    self.told.push(format!("양식 {}", form.fields[0].label));
                } else {
                    assert!(matches!(kind, ErrandKind::Update { .. }), "{kind:?}");
                }
                Outcome::Done
            };
            let settled =
                decide(&self.desk, &Input::Settled { errand: id, outcome }, now, self.seq);
            settled.changes.iter().for_each(|change| self.desk.apply(now, change));
            self.seq += 1;
        }
    }

    fn did(&mut self, now: Time, by: &str, what: SlackAct) {
        let key = format!("{}", self.seq);
        let input = SlackInput { key, by: SlackUser::from(by), what, raw: None };
        let decision = decide(&self.desk, &Input::Slack(input), now, self.seq);
        self.take(now, decision.changes);
    }

    fn reply() -> ReplyTo {
        ReplyTo { channel: ChannelId::from("C2"), thread: None, url: None }
    }

    /// 완료 of a step of the report.
    fn press(&mut self, now: Time, by: &str, case: CaseId, nth: usize) {
        let what = SlackAct::Pressed {
            on: MessageRef { channel: ChannelId::from("C2"), ts: Ts::from("1.0") },
            thread: None,
            token: Token::Step(case, nth, StepPress::Done).text(),
            trigger: "t".to_owned(),
            reply: Self::reply(),
        };
        self.did(now, by, what);
    }

    fn hand_in(&mut self, now: Time, by: &str, case: CaseId, nth: usize, text: &str) {
        let fields = BTreeMap::from([("evidence".to_owned(), text.to_owned())]);
        self.did(now, by, SlackAct::Submitted { token: Token::StepForm(case, nth).text(), fields });
    }

    fn command(&mut self, now: Time, text: &str) -> String {
        let what = SlackAct::Commanded {
            command: "/coc".to_owned(),
            text: text.to_owned(),
            channel: ChannelId::from("C2"),
            trigger: "t".to_owned(),
            reply: Self::reply(),
        };
        self.did(now, "U1", what);
        self.told.pop().unwrap()
    }

    fn account(&mut self, now: Time, of: &AccountId, what: AccountEvent, payer: Option<u64>) {
        let entry = Entry {
            at: now,
            what,
            customer: if of < &account(5) { "한빛전자" } else { "너른건설" }.to_owned(),
            payer: payer.map(account),
            case: CaseId(77),
            by: Name::from("고윤슬"),
        };
        self.take(now, vec![Change::Account { account: of.clone(), entry }]);
    }

    /// Everything that is due until `to`, but for the daily look at AWS Health.
    fn wait(&mut self, to: Time) {
        while let Some(due) = self.desk.next_due().filter(|due| due.at() <= to) {
            let decision = decide(&self.desk, &due.input(), due.at(), self.seq);
            self.take(due.at(), decision.changes);
        }
    }

    fn report(&self) -> (CaseId, List) {
        let of = |(id, case): (&CaseId, &super::super::super::case::Case)| {
            let list = case.procedure.as_list()?;
            monthly_of(list).map(|_| (*id, list.clone()))
        };
        self.desk.cases.iter().rev().find_map(of).unwrap()
    }

    fn posted(&self, part: &str) -> Option<String> {
        self.posts.iter().map(Message::plain).find(|text| text.contains(part))
    }
}

fn with_main() -> String {
    format!("company.main_payers = [\"{}\"]\nphd.check_at = \"23:59\"\n", account(MAIN))
}

#[test]
fn a_month_is_collated_checked_and_only_then_mailed() {
    let mut story = Story::new(&with_main());
    let (one, two, old) = (account(1), account(2), account(6));
    // the month before is another report's
    story.account(at(6, 30, 23, 59), &account(3), AccountEvent::Joined, Some(MAIN));
    story.account(at(7, 1, 0, 0), &one, AccountEvent::Joining, Some(MAIN));
    story.account(at(7, 2, 10, 0), &one, AccountEvent::Joined, Some(MAIN));
    story.account(at(7, 2, 10, 0), &two, AccountEvent::Joined, Some(OTHER));
    // nobody told its payer: it was on record before the desk was
    story.account(at(7, 9, 14, 0), &old, AccountEvent::Leaving, None);
    story.account(at(7, 9, 14, 30), &old, AccountEvent::Left, None);
    story.account(at(7, 31, 23, 59), &account(4), AccountEvent::Joining, Some(MAIN));
    story.account(at(7, 31, 23, 59), &account(7), AccountEvent::Leaving, None);
    // and this is August's
    story.account(at(8, 1, 0, 0), &account(4), AccountEvent::Joined, Some(MAIN));
    story.wait(at(7, 1, 9, 20));
    assert!(story.posted("2025년 6월 입퇴점 현황 (초안, 발송 전)").is_some(), "main payers alone");
    story.posts.clear();
    story.wait(at(8, 1, 9, 19));
    assert_eq!(story.posted("2025년 7월"), None);
    story.posts.clear();
    story.wait(at(8, 1, 9, 20));
    let card = story.posted("2025년 7월 입퇴점 현황 (초안, 확인 전)").unwrap();
    for line in [
        "입점 2 · 퇴점 1 (고객사 2곳, Payer 3개)",
        "월말에 입점 중 1 · 월말에 퇴점 진행 중 1",
        "[너른건설] 입점 0 · 퇴점 1",
        "· 7/9 퇴점 310000000006 (Payer 미확인, 사건 #77)",
        "[한빛전자] 입점 2 · 퇴점 0",
        "Payer 310000000900: 입점 1 · 퇴점 0",
        "Payer 310000000901: 입점 1 · 퇴점 0 — 수작업 확인 대상",
        "Payer 미확인: 입점 0 · 퇴점 1 — 수작업 확인 대상",
        "1. 수작업 확인: Payer 310000000901 (계정 1개): 할 차례 (COC)",
        "2. 수작업 확인: Payer 미확인 (계정 1개): 대기 (COC)",
        "3. 메일: 대기 (COC)",
    ] {
        assert!(card.lines().any(|said| said == line), "{line}: {card}");
    }
    assert!(!card.contains("310000000003") && !card.contains("310000000004"), "{card}");
    let (id, _) = story.report();

    // the mail waits for both checks, whoever presses
    story.press(at(8, 1, 9, 30), "U1", id, 2);
    assert!(story.told.pop().unwrap().contains("앞 단계가 먼저입니다"));
    assert_eq!(story.posted("메일 초안입니다"), None);
    // a check needs its result, and it is COC's
    story.press(at(8, 1, 9, 31), "U1", id, 0);
    assert_eq!(story.told.pop().unwrap(), "양식 확인 결과");
    story.hand_in(at(8, 1, 9, 32), "U1", id, 0, "  ");
    story.hand_in(at(8, 1, 9, 32), "U3", id, 0, "보았습니다");
    assert_eq!(story.report().1.checklist.open().next().unwrap().0, 0);
    story.hand_in(at(8, 1, 9, 33), "U1", id, 0, "FitCloud와 같음");
    assert_eq!(story.posted("메일 초안입니다"), None);
    story.hand_in(at(8, 1, 9, 34), "U1", id, 1, "Payer는 310000000900");
    assert!(story.posted("메일 초안입니다").is_some());
    assert!(story.mails.is_empty(), "nothing leaves by itself");

    story.press(at(8, 1, 9, 35), "U1", id, 2);
    story.press(at(8, 1, 9, 36), "U1", id, 2);
    let [mail] = story.mails.as_slice() else { panic!("one mail: {:?}", story.mails) };
    assert_eq!(mail.to, ["csg@saltware.co.kr"]);
    assert_eq!(mail.cc, ["haneul015@example.co.kr", "garam.bi@example.co.kr"]);
    assert_eq!(mail.subject, "[솔트웨어] 2025년 7월 입퇴점 현황");
    for part in [
        "· 수작업 확인: Payer 310000000901 (계정 1개): FitCloud와 같음 (고윤슬, 8/1 09:33)",
        "· 수작업 확인: Payer 미확인 (계정 1개): Payer는 310000000900 (고윤슬, 8/1 09:34)",
    ] {
        assert!(mail.text.contains(part), "{part}: {}", mail.text);
    }
    assert!(!story.report().1.is_open());
}

#[test]
fn without_main_payers_every_payer_is_checked() {
    let mut story = Story::new("phd.check_at = \"23:59\"");
    story.account(at(7, 2, 10, 0), &account(1), AccountEvent::Joined, Some(MAIN));
    story.wait(at(8, 1, 9, 20));
    let (_, list) = story.report();
    let titles: Vec<&str> =
        list.checklist.steps.iter().map(|step| step.definition.title.as_str()).collect();
    assert_eq!(titles, ["수작업 확인: Payer 310000000900 (계정 1개)", "메일"]);
}

#[test]
fn an_account_tells_its_history_with_the_ticket_of_its_case() {
    let mut story = Story::new("phd.check_at = \"23:59\"");
    let one = account(1);
    story.account(at(7, 2, 10, 0), &one, AccountEvent::Joining, Some(MAIN));
    story.account(at(7, 3, 10, 0), &one, AccountEvent::Joined, None);
    let said = story.command(at(7, 4, 9, 0), "account 0001");
    for line in [
        "계정 310000000001: 입점 (2025-07-03 10:00부터)",
        "고객사: 한빛전자 (입퇴점 이력의 이름)",
        "Payer: 310000000900",
        "⚠️ 입점했으나 고객 기록에는 없습니다. FitCloud를 확인해 주십시오.",
        "이력 2건입니다.",
        "· 2025-07-02 10:00 입점 시작 — 고윤슬, Payer 310000000900, 사건 #77",
        "· 2025-07-03 10:00 입점 완료 — 고윤슬, 사건 #77",
    ] {
        assert!(said.lines().any(|one| one == line), "{line}: {said}");
    }
    story.account(at(7, 5, 10, 0), &one, AccountEvent::Leaving, None);
    story.account(at(7, 5, 10, 1), &one, AccountEvent::UnlinkFailed, None);
    let said = story.command(at(7, 5, 11, 0), "account 3100 0000-0001");
    assert!(said.starts_with("계정 310000000001: 퇴점 진행 중 (링크 해지 오류)"), "{said}");
}

#[test]
fn every_month_that_was_missed_has_its_own_report_and_says_that_it_is_late() {
    let mut story = Story::new(&with_main());
    story.account(at(8, 2, 10, 0), &account(1), AccountEvent::Joined, Some(MAIN));
    let back = at(10, 1, 11, 0);
    while let Some(due) = story.desk.next_due().filter(|due| due.at() <= back) {
        let decision = decide(&story.desk, &due.input(), back, story.seq);
        story.take(back, decision.changes);
    }
    let cards = |story: &Story| -> Vec<String> {
        let texts = story.posts.iter().map(Message::plain);
        texts.filter(|text| text.contains("입퇴점 현황 (초안")).collect()
    };
    let said = cards(&story);
    for (card, (month, late, figures)) in said.iter().zip([
        ("6월", "7/1 09:20", "입점과 퇴점: 없음"),
        ("7월", "8/1 09:20", "입점과 퇴점: 없음"),
        ("8월", "9/1 09:20", "입점 1 · 퇴점 0 (고객사 1곳, Payer 1개)"),
        ("9월", "09:20", "입점과 퇴점: 없음"),
    ]) {
        assert!(card.starts_with(&format!("@coc 2025년 {month} 입퇴점 현황")), "{card}");
        assert!(card.contains(&format!("10/1 11:00 정기 작성 (늦음: {late} 예정)")), "{card}");
        assert!(card.lines().any(|line| line == figures), "{card}");
    }
    assert_eq!(said.len(), 4);
    story.wait(at(10, 30, 0, 0));
    assert_eq!(cards(&story).len(), 4, "each once");
}

#[test]
fn a_month_is_read_as_people_write_it() {
    let august = NaiveDate::from_ymd_opt(2025, 8, 1);
    for text in ["2025-08", "2025-8", " 2025.08 ", "2025/8", "2025년 8월", "2025년8월"] {
        assert_eq!(read(text), august, "{text}");
    }
    for text in ["", "8월", "2025", "2025-13", "2025-00", "25-08", "2025-08-01", "팔월"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn months_before_the_desk_began_are_not_reported() {
    let policy = Policy::default();
    let month = |month: u32| NaiveDate::from_ymd_opt(2025, month, 1);
    assert_eq!(over_before(&policy, at(8, 15, 0, 0)), month(7));
    assert_eq!(over_before(&policy, at(8, 1, 9, 20)), month(6), "July's is just due");
    assert_eq!(over_before(&policy, at(8, 1, 9, 21)), month(7));
    assert_eq!(next_due(&policy, month(7).unwrap()), Some(at(9, 1, 9, 20)));
}

proptest! {
    /// Whatever came and went: every account that came or left in the month stands in the report once for each time, every payer
    /// that is none of the main ones has its check, and the counts by customer and by payer are the same sum.
    #[test]
    fn figures_add_up(
        events in proptest::collection::vec(
            (0u64..8, 0usize..7, proptest::option::of(899u64..903), 0i64..92), 0..40
        )
    ) {
        let kinds = [
            AccountEvent::Joining, AccountEvent::Joined, AccountEvent::NotJoined, AccountEvent::Leaving,
            AccountEvent::Left, AccountEvent::UnlinkFailed, AccountEvent::Stays,
        ];
        let mut story = Story::new(&with_main());
        let mut events = events;
        events.sort_by_key(|(.., day)| *day);
        for (nth, kind, payer, day) in &events {
            let now = at(7, 1, 12, 0) + chrono::TimeDelta::days(*day);
            story.account(now, &account(*nth), kinds[*kind], *payer);
        }
        let month = NaiveDate::from_ymd_opt(2025, 8, 1).unwrap();
        let made = Made::Asked { by: Name::from("고윤슬"), at: at(10, 1, 9, 0) };
        let one = collated(&story.desk, month, made);
        let expected = events.iter().filter(|(_, kind, _, day)| {
            (31..62).contains(day)
                && matches!(kinds[*kind], AccountEvent::Joined | AccountEvent::Left)
        });
        prop_assert_eq!(one.moves.len(), expected.count());
        let payers: BTreeSet<Option<&AccountId>> =
            one.moves.iter().map(|one| one.payer.as_ref()).collect();
        let main = account(MAIN);
        for payer in &payers {
            let checked = one.to_check.iter().any(|one| one.as_ref() == *payer);
            prop_assert_eq!(checked, *payer != Some(&main));
        }
        prop_assert!(one.to_check.iter().all(|one| payers.contains(&one.as_ref())));
        prop_assert_eq!(steps(&story.desk.policy.value, &one).len(), one.to_check.len() + 1);
    }
}
