//! The board (H3) and the app's home: what they show of a desk, and who is let in, over HTTP and without a browser.
#![expect(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests")]

mod common;

use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::{HeaderMap, Request, StatusCode};
use chrono::TimeDelta;
use coc::domain::change::Change;
use coc::domain::decide::decide;
use coc::domain::desk::Desk;
use coc::domain::errand::{ErrandKind, Outcome};
use coc::domain::ids::{CaseId, ChannelId, MessageRef, SlackGroup, SlackUser, Ts};
use coc::domain::input::{
    Adapters, CustomerRecord, Directory, Group, Input, Member, ReplyTo, SlackAct, SlackInput,
};
use coc::domain::message::{Answer, Form, Message};
use coc::domain::time::{Time, seoul};
use coc::domain::words;
use coc::ports::{Clock, SignIns};
use coc::web::doors::{Doors, KEY};
use coc::web::view::{self, BoardView, Level, Story, Vitals, discreet};
use coc::web::{self, Admitted, Gone, Watched};
use common::books;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

const WELL: Vitals = Vitals { ready: true };
const ASKED: &str = "@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: https://support.example.com/agent/tickets/4242";

/// A desk whose posts stand as soon as they are owed.
struct Bench {
    desk: Desk,
    now: Time,
    seq: u64,
    homes: Vec<SlackUser>,
    forms: Vec<Form>,
    said: Vec<Message>,
    links: Vec<SlackUser>,
}

fn directory() -> Directory {
    let people = ["고윤슬", "오하라", "가온별", "다솜윤", "손다온"];
    let ids = ["UCOC", "UCSR", "UGAON", "UDASOM", "UTAM"];
    let member = |name: &str| Member { name: name.to_owned(), email: None, phone: None };
    let group = |handle: &str, who: &str| Group {
        handle: handle.to_owned(),
        members: vec![SlackUser::from(who)],
    };
    Directory {
        users: ids
            .iter()
            .zip(people)
            .map(|(id, name)| (SlackUser::from(*id), member(name)))
            .collect(),
        groups: [
            (SlackGroup::from("SCOC"), group("coc", "UCOC")),
            (SlackGroup::from("SCSR"), group("csr", "UCSR")),
        ]
        .into(),
        channels: [("CGEN", "general"), ("CNOTI", "coc-noti")]
            .map(|(id, name)| (ChannelId::from(id), name.to_owned()))
            .into(),
        url: Some("https://coc-practice.slack.example.com/".to_owned()),
        ..Directory::default()
    }
}

impl Bench {
    fn new() -> Self {
        let now = "2025-08-05T22:00:00".parse().map(seoul).unwrap();
        let mut bench = Self {
            desk: Desk::default(),
            now,
            seq: 0,
            homes: Vec::new(),
            forms: Vec::new(),
            said: Vec::new(),
            links: Vec::new(),
        };
        let adapters = Adapters { tickets: true, mail: false };
        bench.offer(&Input::Started { alive_until: None, phone_adapter: false, adapters });
        let books = books();
        let record = CustomerRecord { text: books.customers.clone(), as_of: now };
        bench.offer(&Input::Books(books));
        bench.offer(&Input::Record(record));
        bench.offer(&Input::Directory(directory()));
        bench.offer(&Input::CaughtUp);
        bench.offer(&Input::ReadBack);
        bench
    }

    fn offer(&mut self, input: &Input) -> Answer {
        self.seq += 1;
        let decision = decide(&self.desk, input, self.now, self.seq);
        for change in &decision.changes {
            self.desk.apply(self.now, change);
            if let Change::Owed(errand) = change {
                match &errand.kind {
                    ErrandKind::Home { of } => self.homes.push(of.clone()),
                    ErrandKind::OpenForm { form, .. } => self.forms.push(form.clone()),
                    ErrandKind::Ephemeral { message, .. } => self.said.push(message.clone()),
                    ErrandKind::SignIn { to, .. } => self.links.push(to.clone()),
                    _ => {}
                }
            }
        }
        for errand in self.desk.errands.values().cloned().collect::<Vec<_>>() {
            let outcome = match &errand.kind {
                ErrandKind::Post { place, .. } => Outcome::Posted(MessageRef {
                    channel: place.channel.clone(),
                    ts: Ts(format!("{}.{:06}", errand.id.seq, errand.id.nth)),
                }),
                _ => Outcome::Done,
            };
            self.offer(&Input::Settled { errand: errand.id, outcome });
        }
        decision.answer
    }

    fn act(&mut self, by: &str, what: SlackAct) -> Answer {
        let key = format!("k{}", self.seq);
        self.offer(&Input::Slack(SlackInput { key, by: by.into(), what, raw: None }))
    }

    fn ask(&mut self) {
        let at = MessageRef { channel: "CGEN".into(), ts: Ts("1754398800.000100".to_owned()) };
        self.act("UCSR", SlackAct::Said { at, thread: None, text: ASKED.to_owned() });
    }

    fn slash(&mut self, by: &str, text: &str) {
        let reply = ReplyTo { channel: "CNOTI".into(), thread: None, url: None };
        self.act(
            by,
            SlackAct::Commanded {
                command: "/coc".to_owned(),
                text: text.to_owned(),
                channel: "CNOTI".into(),
                trigger: "t".to_owned(),
                reply,
            },
        );
    }

    /// Runs what falls due within so many minutes.
    fn wait(&mut self, minutes: i64) {
        let until = self.now + TimeDelta::minutes(minutes);
        while let Some(due) = self.desk.next_due().filter(|due| due.at() <= until) {
            self.now = self.now.max(due.at());
            self.offer(&due.input());
        }
        self.now = until;
    }

    fn board(&self) -> BoardView {
        view::board(&self.desk, WELL, self.now)
    }

    fn home(&self, user: &str) -> Message {
        words::home::home(&self.desk, &user.into(), self.now)
    }
}

fn labels(message: &Message) -> Vec<&str> {
    message.buttons.iter().map(|button| button.label.as_str()).collect()
}

#[test]
fn a_quiet_desk_says_so() {
    let board = Bench::new().board();
    assert_eq!(board.day, "2025년 8월 5일 (화)");
    assert_eq!(board.hours, "업무 외 시간");
    assert_eq!(board.headline, "진행 중인 사건이 없습니다");
    assert!(board.cases.is_empty());
    let wakes: Vec<_> =
        board.wakes.iter().map(|one| (one.title.as_str(), one.due.clock.as_str())).collect();
    assert_eq!(wakes[0].0, "온도 확인 요청", "{wakes:?}");
    assert!(wakes.contains(&("AWS Health(PHD) 확인 요청", "8/6 09:00")), "{wakes:?}");
    assert!(wakes.contains(&("일간 보고", "8/6 09:00")), "{wakes:?}");
    assert_eq!(board.general.order[0].who, "가온별");
    assert_eq!(board.general.order[0].note, "0건");
    assert!(board.general.skipped.iter().any(|one| one.who == "나래솔"), "{:?}", board.general);
    let regions: Vec<&str> = board.aws.regions.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(regions, ["서울", "도쿄", "싱가포르", "버지니아"]);
    assert!(board.aws.regions.iter().all(|one| one.level == Level::Doubt && one.says == "읽기 전"));
    assert_eq!(board.health[0].says, "봇이 정상입니다");
    let away: Vec<_> = board.absences.iter().map(|one| (one.who.as_str(), one.now)).collect();
    assert_eq!(away[0], ("나래솔", true), "{away:?}");
    assert!(away.iter().any(|(_, now)| !now), "absences to come stand behind: {away:?}");
}

#[test]
fn a_chain_is_followed_rung_by_rung() {
    let mut bench = Bench::new();
    bench.ask();
    let board = bench.board();
    assert_eq!(board.headline, "진행 중 1건 · 호출 중 1건");
    let case = &board.cases[0];
    assert_eq!(case.title, "긴급 [한빛전자]");
    assert_eq!(case.due.as_ref().unwrap().clock, "22:05");
    assert_eq!(
        case.slack.as_deref(),
        Some("https://coc-practice.slack.example.com/archives/CGEN/p1754398800000100")
    );
    let who: Vec<&str> = case.people.iter().map(|step| step.who.as_str()).collect();
    assert_eq!(who[..2], ["가온별", "다솜윤"]);
    assert_eq!(who.len(), 4, "three come next: {who:?}");
    assert!(case.after > 0);
    bench.wait(6);
    let board = bench.board();
    let people = serde_json::to_value(&board.cases[0].people).unwrap();
    assert_eq!(people[0]["is"], "over");
    assert_eq!(people[1]["who"], "다솜윤");
    assert_eq!(people[1]["is"], "now");
    assert_eq!(board.wakes[0].case, Some(board.cases[0].id));
    let story = view::story(&bench.desk, board.cases[0].id, bench.now).unwrap();
    let chosen: Vec<String> = story
        .chosen
        .iter()
        .map(|line| line.iter().map(|part| part.text.as_str()).collect())
        .collect();
    assert!(chosen.iter().any(|line| line.contains("가온별 — General 목록 1번")), "{chosen:#?}");
    assert!(chosen.iter().any(|line| line.contains("나래솔 — ~8/28")), "{chosen:#?}");
    assert_eq!(view::story(&bench.desk, CaseId(999), bench.now), None);
}

#[test]
fn many_cases_are_counted_and_never_cloned_as_a_whole() {
    let mut bench = Bench::new();
    for nth in 0..30 {
        let text = ASKED.replace("4242", &format!("5{nth:03}"));
        let ts = Ts(format!("1754398{nth:03}.000100"));
        let at = MessageRef { channel: "CGEN".into(), ts };
        bench.act("UCSR", SlackAct::Said { at, thread: None, text });
    }
    let board = bench.board();
    assert_eq!(board.cases.len() + board.more, 30);
    assert_eq!(board.cases.len(), 12);
    assert!(bench.home("UCOC").plain().contains("진행 중인 사건 30건"));
    assert!(bench.home("UCOC").plain().contains("외 15건"));
}

#[test]
fn what_ails_the_bot_stands_first() {
    let mut bench = Bench::new();
    let board = view::board(&bench.desk, Vitals { ready: false }, bench.now);
    assert_eq!(board.health[0].level, Level::Bad);
    assert_eq!(board.health[0].says, "Slack과 연결되어 있지 않습니다");
    let service = coc::domain::errand::Service::Feeds;
    let trouble =
        Input::Trouble { service, since: bench.now, why: "ops@hanbit.example.com".to_owned() };
    bench.offer(&trouble);
    let board = bench.board();
    assert_eq!(board.health[0].says, "AWS 상태 피드: 22:00부터 응답하지 않습니다");
}

#[test]
fn numbers_and_addresses_are_not_on_the_screen() {
    for (text, shown) in [
        ("전화 010-0000-1001로", "전화 (전화번호)로"),
        ("01000001001", "(전화번호)"),
        ("+82-10-0000-1001.", "(전화번호)."),
        ("대표 02-0000-6111", "대표 (전화번호)"),
        ("1668-4108", "(전화번호)"),
        ("ops@hanbit.example.com에 보냄", "(메일 주소)에 보냄"),
        ("계정 310000000002, 티켓 4242, 22:05–22:10", "계정 310000000002, 티켓 4242, 22:05–22:10"),
        ("@csr 2025-08-06 ~ 2025-08-07", "@csr 2025-08-06 ~ 2025-08-07"),
    ] {
        assert_eq!(discreet(text), shown);
    }
    let mut bench = Bench::new();
    bench.ask();
    bench.slash("UCOC", "alarm 은하물류 [L3] prod-web-1 ops@eunha.example.com 010-0000-9999");
    bench.wait(30);
    let ids: Vec<CaseId> = bench.desk.cases.keys().copied().collect();
    let mut seen = serde_json::to_string(&bench.board()).unwrap();
    for id in ids {
        let story = view::story(&bench.desk, id, bench.now).unwrap();
        seen.push_str(&serde_json::to_string(&story).unwrap());
    }
    assert!(seen.contains("은하물류"));
    let numbers = bench.desk.roster.value.people.iter().map(|person| person.phone.0.clone());
    let customers = &bench.desk.customers.value.0;
    let theirs = customers.iter().flat_map(|one| one.phones.iter().chain(&one.emails)).cloned();
    for hidden in numbers.chain(theirs).chain(["9999".to_owned(), "eunha.example".to_owned()]) {
        assert!(!seen.contains(&hidden), "{hidden} is on the screen: {seen}");
    }
}

#[test]
fn a_link_is_asked_for_by_those_who_may_look() {
    let mut bench = Bench::new();
    for by in ["UCOC", "UCSR", "UGAON"] {
        bench.slash(by, "board");
        assert_eq!(bench.links.pop(), Some(by.into()));
    }
    assert!(bench.said.is_empty());
    bench.slash("UTAM", "board");
    assert!(bench.links.is_empty());
    assert!(bench.said.pop().unwrap().plain().starts_with("⛔ 관제 화면은"));
    // where nobody listens the person hears it
    let reply = ReplyTo { channel: "CNOTI".into(), thread: None, url: None };
    bench.seq += 1;
    let what = SlackAct::Commanded {
        command: "/coc".to_owned(),
        text: "board".to_owned(),
        channel: "CNOTI".into(),
        trigger: "t".to_owned(),
        reply,
    };
    let input = SlackInput { key: "once".to_owned(), by: "UCOC".into(), what, raw: None };
    let decision = decide(&bench.desk, &Input::Slack(input), bench.now, bench.seq);
    decision.changes.iter().for_each(|change| bench.desk.apply(bench.now, change));
    let errand = bench.desk.errands.keys().next().copied().unwrap();
    bench.offer(&Input::Settled { errand, outcome: Outcome::Refused { why: "x".to_owned() } });
    assert!(bench.said.pop().unwrap().plain().contains("COC_LISTEN"));
}

#[test]
fn an_engineer_s_home() {
    let mut bench = Bench::new();
    let home = bench.home("UGAON");
    let said = home.plain();
    assert!(said.starts_with("가온별 님, COC 당직 데스크입니다. 8/5 22:00 기준입니다."), "{said}");
    assert!(said.contains("데스크가 배정한 열린 티켓이 없습니다."), "{said}");
    assert!(said.contains("General 티켓: 다음 차례입니다 (활성 0건)."), "{said}");
    assert!(said.contains("긴급 호출: 1번째입니다."), "{said}");
    assert!(said.contains("내 부재"), "{said}");
    assert!(!said.contains("오늘의 순서") && !said.contains("내 요청"), "{said}");
    assert_eq!(labels(&home), ["부재 등록", "새로 고침"]);
    let next = bench.home("UDASOM").plain();
    assert!(next.contains("General 티켓: 2번째입니다 (활성 0건). 앞: 가온별"), "{next}");
    bench.ask();
    let called = bench.home("UGAON").plain();
    assert!(called.contains("🚨 지금 긴급 [한빛전자] 호출 중입니다 (사건 #1)"), "{called}");
    let at = MessageRef { channel: "CGEN".into(), ts: Ts("1754398800.000100".to_owned()) };
    let reply = SlackAct::Said {
        at: MessageRef { ts: Ts("1754398900.000100".to_owned()), ..at.clone() },
        thread: Some(at.ts),
        text: "확인했습니다".to_owned(),
    };
    bench.act("UGAON", reply);
    let held = bench.home("UGAON").plain();
    assert!(held.contains("내 티켓 1건"), "{held}");
    assert!(held.contains("https://support.example.com/agent/tickets/4242"), "{held}");
    assert!(held.contains("(활성 1건)"), "{held}");
}

#[test]
fn an_absence_is_entered_from_the_home() {
    let mut bench = Bench::new();
    bench.act("UGAON", SlackAct::HomeOpened);
    assert_eq!(bench.homes, ["UGAON".into()]);
    let press = |label: &str, home: &Message| {
        let button = home.buttons.iter().find(|button| button.label == label).unwrap();
        SlackAct::HomePressed { token: button.token.clone(), trigger: "t".to_owned() }
    };
    let home = bench.home("UGAON");
    bench.act("UGAON", press("부재 등록", &home));
    let form = bench.forms.pop().unwrap();
    assert_eq!(form.title, "부재 등록");
    let fields = |from: &str| -> BTreeMap<String, String> {
        [("from", from), ("to", ""), ("reason", "휴가"), ("scope", "모든 업무"), ("who", "")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    };
    let token = form.token;
    let wrong = SlackAct::Submitted { token: token.clone(), fields: fields("언젠가") };
    assert!(matches!(bench.act("UGAON", wrong), Answer::Errors(_)));
    assert_eq!(bench.homes.len(), 1, "nothing is new there");
    let right = SlackAct::Submitted { token, fields: fields("2025-08-05") };
    assert_eq!(bench.act("UGAON", right), Answer::Nothing);
    assert_eq!(bench.homes.len(), 2);
    let said = bench.home("UGAON").plain();
    assert!(said.contains("· 8/5 휴가 — 지금"), "{said}");
    assert!(said.contains("General 티켓: 지금은 빠져 있습니다 (8/5 휴가)."), "{said}");
    assert!(said.contains("긴급 호출: 지금은 빠져 있습니다 (8/5 휴가)."), "{said}");
    bench.act("UGAON", press("새로 고침", &home));
    assert_eq!(bench.homes.len(), 3);
    // a button of another version's home
    bench.act("UGAON", SlackAct::HomePressed { token: "{}".to_owned(), trigger: "t".to_owned() });
    assert_eq!(bench.homes.len(), 4);
}

#[test]
fn coc_s_and_csr_s_homes() {
    let mut bench = Bench::new();
    assert!(bench.home("UCOC").plain().contains("진행 중인 사건이 없습니다."));
    bench.ask();
    let coc = bench.home("UCOC");
    let said = coc.plain();
    assert!(said.contains("진행 중인 사건 1건"), "{said}");
    assert!(said.contains("· #1 긴급 [한빛전자]") && said.contains("다음 22:05"), "{said}");
    assert!(said.contains("General 티켓: 가온별 0건 → 다솜윤 0건"), "{said}");
    assert!(said.contains("긴급 호출: 가온별 → 다솜윤"), "{said}");
    assert!(said.contains("제외: 나래솔"), "{said}");
    assert_eq!(labels(&coc), ["부재 등록", "새로 고침"]);
    let csr = bench.home("UCSR");
    let said = csr.plain();
    assert!(said.contains("내 요청과 내 고객의 사건 1건"), "{said}");
    assert!(said.contains("· #1 긴급 [한빛전자]"), "{said}");
    assert!(!said.contains("오늘의 순서") && !said.contains("내 순서"), "{said}");
    assert_eq!(labels(&csr), ["새로 고침"]);
    let stranger = bench.home("UTAM").plain();
    assert!(stranger.contains("담당 그룹에 없는 분입니다"), "{stranger}");
    assert!(!stranger.contains("한빛전자]"), "nobody else's business: {stranger}");
    let blocks = coc::adapters::slack::blocks::home(&coc).unwrap();
    assert!(blocks["blocks"].as_array().unwrap().len() <= 100);
}

/// A clock for sessions that the test turns.
#[derive(Default)]
struct Hand(Mutex<i64>);

#[async_trait]
impl Clock for Hand {
    fn now(&self) -> Time {
        let began: Time = "2025-08-05T22:00:00".parse().map(seoul).unwrap();
        began + TimeDelta::seconds(*self.0.lock().unwrap())
    }

    async fn sleep_until(&self, _at: Option<Time>) {}
}

/// The bench as the board sees the running bot; gone when there is none.
struct Shown {
    bench: Mutex<Option<Bench>>,
    changes: watch::Sender<u64>,
}

impl Shown {
    fn with<T>(&self, look: impl FnOnce(&mut Bench) -> T) -> Result<T, Gone> {
        self.bench.lock().unwrap().as_mut().map(look).ok_or(Gone)
    }

    fn change(&self, change: impl FnOnce(&mut Bench)) {
        self.with(change).unwrap();
        self.changes.send_modify(|seq| *seq += 1);
    }
}

#[async_trait]
impl Watched for Shown {
    async fn board(&self) -> Result<BoardView, Gone> {
        self.with(|bench| bench.board())
    }

    async fn story(&self, id: CaseId) -> Result<Option<Story>, Gone> {
        self.with(|bench| view::story(&bench.desk, id, bench.now))
    }

    async fn admits(&self, user: &SlackUser) -> Result<Option<Admitted>, Gone> {
        self.with(|bench| {
            let session = bench.desk.policy.value.board.session.delta();
            let name = bench.desk.name_of(user);
            bench.desk.sees_board(user).then_some(Admitted { name, session })
        })
    }

    fn changes(&self) -> Result<watch::Receiver<u64>, Gone> {
        self.with(|_| self.changes.subscribe())
    }

    fn now(&self) -> Time {
        self.with(|bench| bench.now).unwrap_or_else(|Gone| Hand::default().now())
    }
}

/// The board behind a loopback port.
struct Screen {
    shown: Arc<Shown>,
    doors: Arc<Doors>,
    clock: Arc<Hand>,
    url: String,
    http: Client<HttpConnector, Full<Bytes>>,
}

struct Got {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}

impl Screen {
    async fn open() -> Self {
        let clock = Arc::new(Hand::default());
        let doors = Arc::new(Doors::new(&[3; KEY], Arc::clone(&clock) as Arc<dyn Clock>));
        let bench = Mutex::new(Some(Bench::new()));
        let shown = Arc::new(Shown { bench, changes: watch::Sender::new(0) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        doors.open_at(&url);
        let router = web::router(Arc::clone(&shown) as Arc<dyn Watched>, Arc::clone(&doors));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let http = Client::builder(TokioExecutor::new()).build_http();
        Self { shown, doors, clock, url, http }
    }

    async fn ask(&self, method: &str, path: &str, cookie: &str) -> Got {
        let path = path.strip_prefix(&self.url).unwrap_or(path);
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("cookie", cookie)
            .body(Full::default())
            .unwrap();
        let got = self.http.request(request).await.unwrap();
        let (parts, body) = got.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap().replace("&#x2f;", "/");
        Got { status: parts.status, headers: parts.headers, text }
    }

    async fn get(&self, path: &str, cookie: &str) -> Got {
        self.ask("GET", path, cookie).await
    }

    fn link(&self, user: &str) -> String {
        self.doors.link(&user.into(), TimeDelta::minutes(5)).unwrap()
    }

    async fn sign_in(&self, user: &str) -> String {
        let got = self.get(&self.link(user), "").await;
        assert_eq!((got.status, got.header("location")), (StatusCode::SEE_OTHER, "/board"));
        got.cookie()
    }
}

#[tokio::test]
async fn nobody_is_shown_anything_without_a_link() {
    let screen = Screen::open().await;
    for path in ["/board", "/board/case/1", "/board/events", "/board/events?case=1"] {
        let got = screen.get(path, "").await;
        assert_eq!(got.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(got.text.contains("/coc board"), "{path}: {}", got.text);
        assert!(!got.text.contains("가온별"), "{path}");
        assert_eq!(got.header("cache-control"), "no-store");
        let policy = got.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }
    for name in ["board.css", "board.js"] {
        assert_eq!(screen.get(&format!("/board/{name}"), "").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_link_lets_in_once() {
    let screen = Screen::open().await;
    let link = screen.link("UCOC");
    // whoever looks at the link without opening it leaves it good
    for method in ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
        let got = screen.ask(method, &link, "").await;
        assert_eq!(got.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert!(got.header("allow").contains("GET"), "{method}");
    }
    let got = screen.get(&link, "").await;
    assert_eq!(got.status, StatusCode::SEE_OTHER);
    let set = got.header("set-cookie").to_owned();
    assert!(
        set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/board")
    );
    let page = screen.get("/board", &got.cookie()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("고윤슬") && page.text.contains("진행 중인 사건이 없습니다"));
    let again = screen.get(&link, "").await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert!(again.text.contains("더 쓸 수 없습니다") && again.header("set-cookie").is_empty());
    let late = screen.link("UCOC");
    *screen.clock.0.lock().unwrap() += 300;
    assert_eq!(screen.get(&late, "").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_is_its_person_s_and_ends() {
    let screen = Screen::open().await;
    let (coc, gaon) = (screen.sign_in("UCOC").await, screen.sign_in("UGAON").await);
    assert_ne!(coc, gaon);
    assert!(screen.get("/board", &gaon).await.text.contains(">가온별</span>"));
    // the one's signature under the other's name
    let (said, _) = coc.rsplit_once('.').unwrap();
    let (_, tag) = gaon.rsplit_once('.').unwrap();
    let forged = format!("{said}.{tag}");
    assert_eq!(screen.get("/board", &forged).await.status, StatusCode::UNAUTHORIZED);
    // who leaves the workspace may look no more, whatever the cookie says
    screen.shown.change(|bench| {
        let mut without = directory();
        without.users.remove(&SlackUser::from("UGAON"));
        bench.offer(&Input::Directory(without));
    });
    let left = screen.get("/board", &gaon).await;
    assert_eq!(left.status, StatusCode::UNAUTHORIZED);
    assert!(left.text.contains("볼 수 없습니다"), "{}", left.text);
    assert_eq!(screen.get("/board", &coc).await.status, StatusCode::OK);
    let out = screen.ask("POST", "/board/out", &coc).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{}", out.header("set-cookie"));
    *screen.clock.0.lock().unwrap() += 12 * 3600;
    assert_eq!(screen.get("/board", &coc).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn who_lost_the_role_is_not_let_in_by_a_link() {
    let screen = Screen::open().await;
    let link = screen.link("UTAM");
    let got = screen.get(&link, "").await;
    assert_eq!(got.status, StatusCode::UNAUTHORIZED);
    assert!(got.header("set-cookie").is_empty());
}

#[tokio::test]
async fn guessing_links_is_slowed_down() {
    let screen = Screen::open().await;
    let link = screen.link("UCOC");
    let mut last = StatusCode::OK;
    for nth in 0..30 {
        last = screen.get(&format!("/board/in/guess{nth}"), "").await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(screen.get(&link, "").await.status, StatusCode::SEE_OTHER, "nobody is locked out");
}

#[tokio::test]
async fn a_case_tells_its_whole_story() {
    let screen = Screen::open().await;
    let cookie = screen.sign_in("UCSR").await;
    screen.shown.change(|bench| {
        bench.ask();
        bench.wait(11);
    });
    let page = screen.get("/board/case/1", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    for said in ["긴급 [한빛전자]", "가온별 — General 목록 1번", "건너뛴 사람", "Slack 스레드"]
    {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    for nothing in
        ["/board/case/99", "/board/case/x", "/board/case/-1", "/board/case/99999999999999999999999"]
    {
        assert_eq!(screen.get(nothing, &cookie).await.status, StatusCode::NOT_FOUND, "{nothing}");
    }
    for method in ["HEAD", "POST", "DELETE"] {
        for path in ["/board", "/board/case/1"] {
            let got = screen.ask(method, path, &cookie).await;
            assert_eq!(got.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_people_write_is_text_on_the_page() {
    let screen = Screen::open().await;
    let cookie = screen.sign_in("UCOC").await;
    let nasty = "[긴급티켓배정요청] 고객사: <script>alert(1)</script>\"'> / 티켓: https://support.example.com/agent/tickets/1?\"><img src=x>";
    screen.shown.change(|bench| {
        let at = MessageRef { channel: "CGEN".into(), ts: Ts("1754398800.000900".to_owned()) };
        let text = format!("@COC {nasty}").replace('<', "&lt;").replace('>', "&gt;");
        bench.act("UCSR", SlackAct::Said { at, thread: None, text });
    });
    for path in ["/board", "/board/case/1"] {
        let page = screen.get(path, &cookie).await.text;
        assert!(page.contains("&lt;script&gt;"), "{page}");
        assert!(!page.contains("<script>") && !page.contains("<img"), "{page}");
    }
}

#[tokio::test]
async fn the_stream_tells_changes_and_ends_with_the_right_to_look() {
    let screen = Screen::open().await;
    let cookie = screen.sign_in("UGAON").await;
    let request = Request::get(format!("{}/board/events", screen.url))
        .header("cookie", &cookie)
        .body(Full::default())
        .unwrap();
    let mut body = screen.http.request(request).await.unwrap().into_body();
    let mut heard = String::new();
    let mut until = async |what: &str| {
        let from = heard.len();
        let reading = async {
            while !heard[from..].contains(what) {
                match body.frame().await {
                    Some(Ok(frame)) => {
                        let bytes = frame.into_data().unwrap_or_default();
                        heard.push_str(std::str::from_utf8(&bytes).unwrap());
                    }
                    _ => return false,
                }
            }
            true
        };
        let seen = tokio::time::timeout(Duration::from_secs(10), reading).await;
        assert_eq!(seen, Ok(true), "{what} was not told: {heard}");
    };
    until("event: hello").await;
    until("진행 중인 사건이 없습니다").await;
    until("event: tick").await;
    screen.shown.change(Bench::ask);
    until("긴급 [한빛전자]").await;
    screen.shown.change(|bench| bench.wait(6));
    until("다솜윤").await;
    screen.shown.change(|bench| {
        let mut without = directory();
        without.users.remove(&SlackUser::from("UGAON"));
        bench.offer(&Input::Directory(without));
    });
    until("event: out").await;
}

#[tokio::test]
async fn a_bot_that_is_away_is_said_to_be() {
    let screen = Screen::open().await;
    let cookie = screen.sign_in("UCOC").await;
    let bench = screen.shown.bench.lock().unwrap().take();
    for path in ["/board", "/board/case/1", "/board/events"] {
        let got = screen.get(path, &cookie).await;
        assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(got.text.contains("봇이 응답하지 않습니다"));
    }
    *screen.shown.bench.lock().unwrap() = bench;
    assert_eq!(screen.get("/board", &cookie).await.status, StatusCode::OK);
}
