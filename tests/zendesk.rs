//! The support desk against a stand-in for Zendesk: what the bot reads there and does there, what goes wrong on the way, and what
//! Zendesk tells of what people did. The stand-in itself is judged by clients that others made (`official_clients/`, ignored here).
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "requests are signed at the machine's time")]

#[path = "standins/zendesk/mod.rs"]
mod standin;

use async_trait::async_trait;
use axum::http::{Method, StatusCode};
use chrono::{TimeDelta, Utc};
use coc::adapters::zendesk::{Settings, Zendesk};
use coc::domain::errand::{CallEvent, NewTicket, TicketAct, TicketDeed};
use coc::domain::ids::{ErrandId, Name, TicketLink};
use coc::domain::input::{TicketEvent, TicketNews};
use coc::domain::time::in_seoul;
use coc::ingress::zendesk::{Verifier, router};
use coc::ingress::{Hooks, Page, Unavailable};
use coc::ports::{Engineer, PortError, Tickets};
use serde_json::{Value, json};
use standin::{
    Account, Change, Delivery, Failure, Hook, How, Seen, When, Zendesk as StandIn, deliver, signed,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

const EMAIL: &str = "coc@example.com";
const TOKEN: &str = "hidden-token-4f1c";
const SECRET: &str = "hidden-webhook-secret";
const COMMENT: &str = "[COC] [한빛전자] 긴급 대응 경과\n2025-08-05 22:07 다솜윤 수락 (버튼)";
const LINK: &str = "https://support.example.com/agent/tickets/4242";
const GAON: &str = "gaon@example.co.kr";
const DASOM: &str = "dasom@example.co.kr";

/// The bot's side and the account.
struct Scene {
    account: StandIn,
    zendesk: Arc<Zendesk>,
    gaon: u64,
    dasom: u64,
}

impl Scene {
    async fn set() -> Self {
        let mut account = Account::new(EMAIL, TOKEN);
        let gaon = account.add_user("가온별", GAON, "agent");
        let dasom = account.add_user("다솜윤", "Dasom@example.co.kr", "agent");
        account.add_ticket(4242, "new", None);
        let account = StandIn::open(account).await;
        let zendesk = client(&account, TOKEN, Duration::from_millis(800));
        Self { account, zendesk, gaon, dasom }
    }

    fn fail(&self, method: &Method, path: &'static str, how: How, when: When) {
        self.account.fail(Failure { method: method.clone(), path, how, when, times: 1 });
    }

    fn puts(&self) -> Vec<Seen> {
        self.account.seen().into_iter().filter(|seen| seen.method == Method::PUT).collect()
    }

    fn reads_of_agents(&self) -> usize {
        let seen = self.account.seen();
        seen.iter().filter(|seen| seen.path == "/api/v2/users.json").count()
    }

    /// Status and assignee of the ticket.
    fn ticket(&self) -> (String, Option<u64>) {
        self.account.with(|account| {
            let ticket = &account.tickets[&4242];
            (ticket.status.clone(), ticket.assignee)
        })
    }

    fn comments(&self) -> Vec<(String, bool)> {
        self.account.with(|account| account.comments(4242))
    }

    /// The errand as the runner carries it out that does not know whether it happened.
    async fn again(&self, errand: ErrandId, deed: &TicketDeed) -> Result<(), PortError> {
        if !self.zendesk.is_done(errand, deed).await? {
            self.zendesk.act(errand, deed).await?;
        }
        Ok(())
    }
}

fn client(account: &StandIn, token: &str, time_out: Duration) -> Arc<Zendesk> {
    let mut settings = Settings::new(&account.url(), EMAIL, token).unwrap();
    settings.time_out = time_out;
    Arc::new(Zendesk::new(settings).unwrap())
}

fn errand(seq: u64) -> ErrandId {
    ErrandId { seq, nth: 0 }
}

fn assign(link: &str, to: &str, email: Option<&str>) -> TicketDeed {
    let act = TicketAct::Assign { to: Name::from(to), email: email.map(str::to_owned) };
    TicketDeed { ticket: TicketLink::from(link), act, comment: COMMENT.to_owned() }
}

fn deed(act: TicketAct) -> TicketDeed {
    TicketDeed { ticket: TicketLink::from(LINK), act, comment: COMMENT.to_owned() }
}

fn engineer(name: &str, email: Option<&str>) -> Engineer {
    Engineer { name: Name::from(name), email: email.map(str::to_owned) }
}

#[track_caller]
fn permanent(result: Result<(), PortError>) -> String {
    match result {
        Err(PortError::Permanent { why }) => discreet(why),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn transient<T: std::fmt::Debug>(result: Result<T, PortError>) -> (String, Option<Duration>) {
    match result {
        Err(PortError::Transient { why, retry_after }) => (discreet(why), retry_after),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn unknown(result: Result<(), PortError>) -> String {
    match result {
        Err(PortError::Unknown { why }) => discreet(why),
        other => panic!("{other:?}"),
    }
}

/// What is told or logged bears no secret and nobody's words.
#[track_caller]
fn discreet(said: String) -> String {
    let basic = "Y29jQGV4YW1wbGUuY29t";
    for hidden in [TOKEN, SECRET, basic, "경과", "고객이 쓴", GAON, "customer.example"] {
        assert!(!said.contains(hidden), "{hidden} in {said}");
    }
    said
}

// ── Counts ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn tickets_that_are_neither_solved_nor_closed_are_counted() {
    let scene = Scene::set().await;
    let (gaon, dasom) = (scene.gaon, scene.dasom);
    scene.account.with(|account| {
        let all = ["new", "open", "pending", "hold", "solved", "closed"];
        for (number, status) in (1..).zip(all) {
            account.add_ticket(number, status, Some(gaon));
        }
        account.add_ticket(7, "open", Some(dasom));
    });
    let of = [
        engineer("가온별", Some(GAON)),
        // addresses are one, however they are written
        engineer("다솜윤", Some("DASOM@Example.co.kr")),
        engineer("나래솔", Some("narae@example.co.kr")),
        engineer("라온결", None),
    ];
    let counts = scene.zendesk.active(&of).await.unwrap();
    let expected = [(Name::from("가온별"), 4), (Name::from("다솜윤"), 1)];
    assert_eq!(counts, BTreeMap::from(expected), "whom Zendesk does not know is absent");
    scene.zendesk.active(&of).await.unwrap();
    assert_eq!(scene.reads_of_agents(), 1, "people are read once, although one is unknown");
}

#[tokio::test]
async fn a_hundred_agents_and_one_more_are_read_by_pages() {
    let scene = Scene::set().await;
    let last = scene.account.with(|account| {
        (0..210).map(|nth| account.add_user("누군가", &format!("{nth}@a.example"), "agent")).last()
    });
    scene.account.with(|account| account.add_ticket(9, "open", last));
    let counts = scene.zendesk.active(&[engineer("누군가", Some("209@a.example"))]).await.unwrap();
    assert_eq!(counts, BTreeMap::from([(Name::from("누군가"), 1)]));
    assert_eq!(scene.reads_of_agents(), 3);
}

#[tokio::test]
async fn a_count_that_fails_is_no_count() {
    let scene = Scene::set().await;
    let of = [engineer("가온별", Some(GAON))];
    let cases = [
        (How::Status(429, Some(7)), "429", Some(7)),
        (How::Status(500, None), "500", None),
        (How::Status(401, None), "인증", None),
        (How::Slow(Duration::from_secs(10)), "응답이 없습니다", None),
        (How::Garbage, "알 수 없는 응답", None),
        (How::Vanish, "끊어졌습니다", None),
    ];
    for (how, said, wait) in cases {
        scene.fail(&Method::GET, "search/count", how, When::Before);
        let (why, retry_after) = transient(scene.zendesk.active(&of).await);
        assert!(why.contains(said), "{why}");
        assert_eq!(retry_after, wait.map(Duration::from_secs));
    }
    assert_eq!(scene.zendesk.active(&of).await.unwrap().len(), 1, "and all is well again");
}

// ── Changes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn an_assignment_comes_with_its_comment_in_one_request() {
    let scene = Scene::set().await;
    let deed = assign(LINK, "다솜윤", Some(DASOM));
    assert!(!scene.zendesk.is_done(errand(12), &deed).await.unwrap());
    scene.zendesk.act(errand(12), &deed).await.unwrap();
    assert_eq!(scene.ticket(), ("open".to_owned(), Some(scene.dasom)));
    assert_eq!(scene.comments(), [(COMMENT.to_owned(), false)], "the customer does not see it");
    assert_eq!(scene.puts().len(), 1);
    assert!(scene.zendesk.is_done(errand(12), &deed).await.unwrap());
    assert!(!scene.zendesk.is_done(errand(13), &deed).await.unwrap(), "another errand");
    let other = assign(LINK, "가온별", Some(GAON));
    assert!(!scene.zendesk.is_done(errand(12), &other).await.unwrap(), "of another journal");
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_comment() {
    for how in [
        How::Vanish,
        How::Garbage,
        How::Slow(Duration::from_secs(10)),
        How::Status(500, None),
        How::Status(502, None),
    ] {
        let scene = Scene::set().await;
        let deed = assign(LINK, "다솜윤", Some(DASOM));
        scene.fail(&Method::PUT, "tickets/4242", how.clone(), When::After);
        unknown(scene.zendesk.act(errand(12), &deed).await);
        scene.again(errand(12), &deed).await.unwrap();
        assert_eq!(scene.comments().len(), 1, "{how:?}");
        assert_eq!(scene.ticket().1, Some(scene.dasom));
    }
}

#[tokio::test]
async fn what_did_not_happen_is_done_the_second_time() {
    for (how, wait) in [
        (How::Vanish, None),
        (How::Status(500, None), None),
        (How::Status(429, Some(30)), Some(30)),
        (How::Status(503, Some(20)), Some(20)),
        (How::Status(401, None), None),
    ] {
        let scene = Scene::set().await;
        let deed = assign(LINK, "다솜윤", Some(DASOM));
        scene.fail(&Method::PUT, "tickets/4242", how.clone(), When::Before);
        let result = scene.zendesk.act(errand(12), &deed).await;
        match (&how, result) {
            (How::Vanish | How::Status(500, _), Err(PortError::Unknown { why })) => {
                discreet(why);
            }
            (_, result) => assert_eq!(transient(result).1, wait.map(Duration::from_secs)),
        }
        assert_eq!(scene.comments(), []);
        scene.again(errand(12), &deed).await.unwrap();
        assert_eq!(scene.comments().len(), 1, "{how:?}");
    }
}

#[tokio::test]
async fn a_ticket_of_another_group_does_not_hold_up_the_others() {
    for method in [Method::GET, Method::PUT] {
        let scene = Scene::set().await;
        scene.fail(&method, "tickets/4242", How::Status(403, None), When::Before);
        let why = permanent(scene.zendesk.act(errand(12), &deed(TicketAct::Comment)).await);
        assert!(why.contains("4242번을 보거나 바꿀 권한"), "{why}");
    }
}

#[tokio::test]
async fn a_person_between_reading_and_writing_is_not_overrun_unseen() {
    let scene = Scene::set().await;
    let (gaon, dasom) = (scene.gaon, scene.dasom);
    let said = Change { comment: Some("제가 봅니다"), ..Change::default() };
    scene.account.with(|account| account.meanwhile.push_back((gaon, said)));
    scene.zendesk.act(errand(12), &assign(LINK, "다솜윤", Some(DASOM))).await.unwrap();
    let comments = scene.comments();
    assert_eq!(comments.len(), 2, "{comments:?}");
    assert_eq!(comments[0].0, "제가 봅니다");
    assert_eq!(scene.ticket().1, Some(dasom));
    assert_eq!(scene.puts().len(), 2, "the first one was refused");
}

#[tokio::test]
async fn a_ticket_closed_between_reading_and_writing_is_left_alone() {
    let scene = Scene::set().await;
    let gaon = scene.gaon;
    let closed = Change { status: Some("closed"), ..Change::default() };
    scene.account.with(|account| account.meanwhile.push_back((gaon, closed)));
    let why = permanent(scene.zendesk.act(errand(12), &deed(TicketAct::Comment)).await);
    assert!(why.contains("4242번은 종료(closed)"), "{why}");
    assert_eq!(scene.comments(), []);
}

#[tokio::test]
async fn a_ticket_that_changes_all_the_time_waits() {
    let scene = Scene::set().await;
    let gaon = scene.gaon;
    let said = || Change { comment: Some("또"), ..Change::default() };
    scene.account.with(|account| account.meanwhile.extend((0..9).map(|_| (gaon, said()))));
    let (why, _) = transient(scene.zendesk.act(errand(12), &deed(TicketAct::Comment)).await);
    assert!(why.contains("409"), "{why}");
    assert_eq!(scene.puts().len(), 4, "the tries are bounded");
    assert!(scene.comments().iter().all(|(text, _)| text == "또"));
}

#[tokio::test]
async fn a_request_that_was_given_up_on_cannot_come_after_the_one_that_replaced_it() {
    let scene = Scene::set().await;
    let deed = assign(LINK, "다솜윤", Some(DASOM));
    scene.fail(&Method::PUT, "tickets/4242", How::Vanish, When::Before);
    unknown(scene.zendesk.act(errand(12), &deed).await);
    scene.again(errand(12), &deed).await.unwrap();
    // the lost one arrives after all
    let late = scene.puts()[0].body["ticket"].clone();
    let me = scene.account.with(|account| account.me);
    let refused = scene.account.with(|account| account.update(me, 4242, &late).is_err());
    assert!(refused, "it names a state that is over");
    assert_eq!(scene.comments().len(), 1);
}

#[tokio::test]
async fn a_ticket_is_solved_with_a_comment() {
    let scene = Scene::set().await;
    let refused = permanent(scene.zendesk.act(errand(1), &deed(TicketAct::Solve)).await);
    assert_eq!(refused, "Zendesk가 받아들이지 않았습니다: assignee (422)", "nobody has it yet");
    scene.zendesk.act(errand(2), &assign(LINK, "다솜윤", Some(DASOM))).await.unwrap();
    scene.zendesk.act(errand(3), &deed(TicketAct::Comment)).await.unwrap();
    scene.zendesk.act(errand(4), &deed(TicketAct::Solve)).await.unwrap();
    assert_eq!(scene.ticket(), ("solved".to_owned(), Some(scene.dasom)));
    assert_eq!(scene.comments().len(), 3);
    assert!(scene.zendesk.is_done(errand(4), &deed(TicketAct::Solve)).await.unwrap());
}

#[tokio::test]
async fn links_of_all_shapes_mean_the_ticket() {
    let scene = Scene::set().await;
    let links = [
        "https://support.example.com/agent/tickets/4242",
        "https://example.zendesk.com/agent/tickets/4242?brand_id=1#comment-7",
        "https://example.zendesk.com/tickets/4242",
        "https://example.zendesk.com/hc/ko/requests/4242",
        "https://example.zendesk.com/hc/requests/4242?page=2",
        "https://example.zendesk.com/api/v2/tickets/4242.json",
        "https://example.zendesk.com/agent/tickets/4242/events#last",
    ];
    for (seq, link) in (1..).zip(links) {
        let deed = assign(link, "다솜윤", Some(DASOM));
        scene.zendesk.act(errand(seq), &deed).await.unwrap();
        assert!(scene.zendesk.is_done(errand(seq), &deed).await.unwrap(), "{link}");
    }
    assert_eq!(scene.comments().len(), links.len());
    let nowhere = assign("https://example.zendesk.com/agent/dashboard", "다솜윤", Some(DASOM));
    let why = permanent(scene.zendesk.act(errand(99), &nowhere).await);
    assert!(why.contains("티켓 번호"), "{why}");
}

#[tokio::test]
async fn what_can_never_be_done_says_why() {
    let scene = Scene::set().await;
    scene.account.with(|account| {
        account.add_ticket(4300, "closed", None);
        account.add_user("떠난이", "gone@example.co.kr", "agent");
        let gone = account.users.values_mut().last().unwrap();
        gone.suspended = true;
    });
    let link = |number: u64| format!("https://support.example.com/agent/tickets/{number}");
    let cases = [
        (assign(&link(9999), "다솜윤", Some(DASOM)), "티켓 9999번을 찾지 못했습니다"),
        (assign(&link(4300), "다솜윤", Some(DASOM)), "티켓 4300번은 종료(closed)"),
        (assign(LINK, "모르는이", Some("nobody@example.co.kr")), "상담원이 없습니다"),
        (assign(LINK, "떠난이", Some("gone@example.co.kr")), "상담원이 없습니다"),
        (assign(LINK, "라온결", None), "라온결 님의 이메일이 없습니다"),
    ];
    for (deed, said) in cases {
        let why = permanent(scene.zendesk.act(errand(1), &deed).await);
        assert!(why.contains(said), "{why}");
    }
    assert_eq!(scene.ticket(), ("new".to_owned(), None));
    assert_eq!(scene.puts().len(), 0, "nothing is half done");
}

#[tokio::test]
async fn an_agent_who_is_new_is_found_at_the_next_assignment() {
    let scene = Scene::set().await;
    let deed = assign(LINK, "새사람", Some("new@example.co.kr"));
    permanent(scene.zendesk.act(errand(1), &deed).await);
    let new =
        scene.account.with(|account| account.add_user("새사람", "new@example.co.kr", "agent"));
    scene.zendesk.act(errand(2), &deed).await.unwrap();
    assert_eq!(scene.ticket().1, Some(new));
}

#[tokio::test]
async fn what_was_done_is_found_in_a_long_history() {
    let scene = Scene::set().await;
    let (gaon, deed) = (scene.gaon, deed(TicketAct::Comment));
    let busy = |account: &mut Account| {
        for _ in 0..40 {
            let said = Change { comment: Some("또"), ..Change::default() };
            account.person_changes(gaon, 4242, &said);
        }
    };
    scene.account.with(busy);
    scene.zendesk.act(errand(5), &deed).await.unwrap();
    scene.account.with(busy);
    assert!(scene.zendesk.is_done(errand(5), &deed).await.unwrap());
    assert!(!scene.zendesk.is_done(errand(6), &deed).await.unwrap());
}

#[tokio::test]
async fn what_was_done_is_found_in_the_archive() {
    let scene = Scene::set().await;
    let (gaon, deed) = (scene.gaon, deed(TicketAct::Comment));
    scene.zendesk.act(errand(5), &deed).await.unwrap();
    scene.account.with(|account| {
        for _ in 0..40 {
            let said = Change { comment: Some("또"), ..Change::default() };
            account.person_changes(gaon, 4242, &said);
        }
        account.person_changes(gaon, 4242, &Change { status: Some("closed"), ..Change::default() });
    });
    assert!(scene.zendesk.is_done(errand(5), &deed).await.unwrap());
    assert!(!scene.zendesk.is_done(errand(6), &deed).await.unwrap());
}

#[tokio::test]
async fn what_cannot_be_read_leaves_the_ticket_alone() {
    let failures = || {
        [
            How::Status(429, Some(7)),
            How::Status(500, None),
            How::Status(401, None),
            How::Slow(Duration::from_secs(10)),
            How::Garbage,
            How::Vanish,
        ]
    };
    for how in failures() {
        for path in ["users.json", "tickets/4242.json"] {
            let scene = Scene::set().await;
            scene.fail(&Method::GET, path, how.clone(), When::Before);
            let deed = assign(LINK, "다솜윤", Some(DASOM));
            transient(scene.zendesk.act(errand(1), &deed).await);
            assert_eq!(scene.puts().len(), 0, "{how:?} of {path}");
            scene.zendesk.act(errand(1), &deed).await.unwrap();
        }
        let scene = Scene::set().await;
        scene.fail(&Method::GET, "audits", how, When::Before);
        transient(scene.zendesk.is_done(errand(1), &deed(TicketAct::Comment)).await);
    }
}

#[tokio::test]
async fn a_comment_longer_than_zendesk_takes_is_cut() {
    let scene = Scene::set().await;
    let mut deed = deed(TicketAct::Comment);
    deed.comment = "가".repeat(30_000);
    scene.zendesk.act(errand(5), &deed).await.unwrap();
    assert_eq!(scene.comments()[0].0.len(), 60_000);
    assert!(scene.zendesk.is_done(errand(5), &deed).await.unwrap());
}

#[tokio::test]
async fn the_credentials_are_tried() {
    let scene = Scene::set().await;
    scene.zendesk.probe().await.unwrap();
    let (why, _) = transient(client(&scene.account, "wrong", Duration::from_secs(1)).probe().await);
    assert!(why.contains("인증"), "{why}");
    scene.account.with(|account| {
        let me = account.me;
        account.users.get_mut(&me).unwrap().role = "end-user";
    });
    let (why, _) = transient(scene.zendesk.probe().await);
    assert!(why.contains("상담원이나 관리자"), "{why}");
    for (how, said) in [
        (How::Status(404, None), "404"),
        (How::Status(503, Some(3)), "503"),
        (How::Garbage, "알 수 없는 응답"),
    ] {
        scene.fail(&Method::GET, "users/me", how, When::Before);
        let (why, _) = transient(scene.zendesk.probe().await);
        assert!(why.contains(said), "a probe goes on: {why}");
    }
}

#[tokio::test]
async fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let zendesk = Zendesk::new(Settings::new(&url, EMAIL, TOKEN).unwrap()).unwrap();
    let (why, _) = transient(zendesk.act(errand(1), &deed(TicketAct::Comment)).await);
    assert_eq!(why, "Zendesk: 연결되지 않습니다");
}

#[test]
fn the_address_is_taken_as_people_copy_it() {
    for url in [
        "https://example.zendesk.com",
        "https://example.zendesk.com/",
        "https://example.zendesk.com/agent/",
        "https://example.zendesk.com/api/v2",
    ] {
        let shown = format!("{:?}", Settings::new(url, EMAIL, TOKEN).unwrap());
        assert!(!shown.contains("/agent") && !shown.contains("/api"), "{shown}");
        assert!(!shown.contains(TOKEN) && !shown.contains("Basic"), "{shown}");
    }
    let error = Settings::new("http://example.zendesk.com", EMAIL, TOKEN).unwrap_err();
    assert!(error.to_string().contains("https"), "{error}");
}

// ── The webhook ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// The desk's end: what was handed in, as long as the journal can keep it.
#[derive(Default)]
struct Inbox {
    news: Mutex<Vec<TicketNews>>,
    unavailable: AtomicUsize,
}

#[async_trait]
impl Hooks for Inbox {
    async fn phoned(&self, _call: ErrandId, _event: CallEvent) -> Result<(), Unavailable> {
        panic!("no telephone")
    }

    async fn pages(&self, _reference: &str) -> Result<Vec<Page>, Unavailable> {
        panic!("no telephone")
    }

    async fn page(&self, _call: ErrandId) -> Result<Option<Page>, Unavailable> {
        panic!("no telephone")
    }

    async fn ticket(&self, news: TicketNews) -> Result<(), Unavailable> {
        let down = self
            .unavailable
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if down.is_ok() {
            return Err(Unavailable);
        }
        self.news.lock().unwrap().push(news);
        Ok(())
    }
}

struct Webhook {
    scene: Scene,
    inbox: Arc<Inbox>,
    moved: Arc<AtomicUsize>,
    hook: Hook,
}

impl Webhook {
    async fn set() -> Self {
        let scene = Scene::set().await;
        let inbox = Arc::new(Inbox::default());
        let moved = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&moved);
        let app = router(
            Verifier::new(SECRET).unwrap(),
            Arc::clone(&inbox) as Arc<dyn Hooks>,
            Arc::clone(&scene.zendesk),
            Arc::new(|| in_seoul(&Utc::now())),
            Arc::new(move || {
                counter.fetch_add(1, Ordering::SeqCst);
            }),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks/zendesk", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let hook = Hook { url, secret: SECRET.to_owned() };
        Self { scene, inbox, moved, hook }
    }

    fn person(&self, change: &Change) -> Vec<Delivery> {
        let by = self.scene.gaon;
        self.scene.account.with(|account| {
            account.person_changes(by, 4242, change);
            std::mem::take(&mut account.events)
        })
    }

    /// Somebody's ticket gets this status.
    fn status(&self, status: &'static str) -> Delivery {
        if self.scene.ticket().1.is_none() {
            self.assignee(Some(self.scene.gaon));
        }
        let mut events = self.person(&Change { status: Some(status), ..Change::default() });
        assert_eq!(events.len(), 1);
        events.remove(0)
    }

    fn assignee(&self, assignee: Option<u64>) -> Vec<Delivery> {
        self.person(&Change { assignee: Some(assignee), ..Change::default() })
    }

    async fn deliver(&self, delivery: &Delivery) -> StatusCode {
        deliver(&self.hook, delivery, Utc::now()).await.status
    }

    async fn post(&self, body: &Value) -> StatusCode {
        let delivery = Delivery { invocation: String::new(), body: body.to_string() };
        self.deliver(&delivery).await
    }

    fn news(&self) -> Vec<TicketEvent> {
        let news = std::mem::take(&mut *self.inbox.news.lock().unwrap());
        assert!(news.iter().all(|one| one.ticket == 4242), "{news:?}");
        news.into_iter().map(|one| one.what).collect()
    }

    fn keys(&self) -> Vec<String> {
        let news = std::mem::take(&mut *self.inbox.news.lock().unwrap());
        news.into_iter().map(|one| one.key).collect()
    }

    fn moved(&self) -> usize {
        self.moved.swap(0, Ordering::SeqCst)
    }
}

fn assigned(email: Option<&str>) -> TicketEvent {
    TicketEvent::Assigned { email: email.map(str::to_owned) }
}

#[tokio::test]
async fn what_people_do_at_zendesk_reaches_the_desk() {
    let webhook = Webhook::set().await;
    let gaon = webhook.scene.gaon;
    // an assignment opens a new ticket: two events, one piece of news
    for event in webhook.assignee(Some(gaon)) {
        assert_eq!(webhook.deliver(&event).await, StatusCode::OK);
    }
    assert_eq!(webhook.news(), [assigned(Some(GAON))]);
    assert_eq!(webhook.moved(), 2);
    for (status, expected) in [
        ("pending", vec![]),
        ("solved", vec![TicketEvent::Solved]),
        ("open", vec![TicketEvent::Reopened]),
        ("hold", vec![]),
        ("solved", vec![TicketEvent::Solved]),
    ] {
        assert_eq!(webhook.deliver(&webhook.status(status)).await, StatusCode::OK);
        assert_eq!(webhook.news(), expected, "{status}");
        assert_eq!(webhook.moved(), 1, "counts are read again");
    }
    assert_eq!(webhook.deliver(&webhook.status("closed")).await, StatusCode::OK);
    assert_eq!(webhook.news(), [], "it was solved already");
}

#[tokio::test]
async fn what_the_bot_does_itself_is_told_as_well() {
    let webhook = Webhook::set().await;
    webhook.scene.account.tell(webhook.hook.clone());
    let deed = assign(LINK, "다솜윤", Some(DASOM));
    webhook.scene.zendesk.act(errand(1), &deed).await.unwrap();
    let told = async {
        while webhook.moved.load(Ordering::SeqCst) < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), told).await.unwrap();
    assert_eq!(
        webhook.news(),
        [assigned(Some("Dasom@example.co.kr"))],
        "the desk knows it already"
    );
}

#[tokio::test]
async fn a_ticket_that_nobody_has_and_one_that_a_stranger_has() {
    let webhook = Webhook::set().await;
    let gaon = webhook.scene.gaon;
    let stranger = webhook.scene.account.with(|account| {
        let id = account.add_user("새 상담원", "new@example.co.kr", "agent");
        account.users.get_mut(&id).unwrap().email = None;
        id
    });
    webhook.assignee(Some(gaon));
    for event in webhook.assignee(None) {
        assert_eq!(webhook.deliver(&event).await, StatusCode::OK);
    }
    assert_eq!(webhook.news(), [assigned(None)]);
    for event in webhook.assignee(Some(stranger)) {
        assert_eq!(webhook.deliver(&event).await, StatusCode::OK);
    }
    assert_eq!(webhook.news(), [assigned(Some(&stranger.to_string()))], "not nobody");
}

#[tokio::test]
async fn an_assignee_who_cannot_be_looked_up_comes_again() {
    let webhook = Webhook::set().await;
    let dasom = webhook.scene.dasom;
    let events = webhook.assignee(Some(dasom));
    let event = events.iter().find(|event| event.body.contains("agent_assignment")).unwrap();
    webhook.scene.fail(&Method::GET, "users/", How::Status(500, None), When::Before);
    let reply = deliver(&webhook.hook, event, Utc::now()).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.retry_after().unwrap() < Duration::from_secs(60), "else it would not come");
    assert_eq!(webhook.deliver(event).await, StatusCode::OK);
    assert_eq!(webhook.news(), [assigned(Some("Dasom@example.co.kr"))]);
}

#[tokio::test]
async fn who_does_not_know_the_secret_is_not_heard() {
    let webhook = Webhook::set().await;
    let event = webhook.status("solved");
    let other = Hook { secret: "another secret".to_owned(), ..webhook.hook.clone() };
    assert_eq!(deliver(&other, &event, Utc::now()).await.status, StatusCode::UNAUTHORIZED);
    for off in [-301, 301] {
        let at = Utc::now() + TimeDelta::seconds(off);
        let reply = deliver(&webhook.hook, &event, at).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{off} seconds off");
    }
    for off in [-290, 290] {
        let at = Utc::now() + TimeDelta::seconds(off);
        assert_eq!(deliver(&webhook.hook, &event, at).await.status, StatusCode::OK);
    }
    assert_eq!(webhook.keys().len(), 2);
    assert_eq!(webhook.moved(), 2);
}

#[test]
fn the_signature_is_zendesks() {
    // made with Python's hmac and base64
    let stamp = "2025-08-05T13:00:00Z";
    assert_eq!(signed(SECRET, stamp, r#"{"a":1}"#), "9iQ5eZ/nrCrSJReUIrp8/tjX9jflEHKUj21lSpReBO0=");
    let mut headers = axum::http::HeaderMap::new();
    headers.insert(
        "x-zendesk-webhook-signature",
        "9iQ5eZ/nrCrSJReUIrp8/tjX9jflEHKUj21lSpReBO0=".parse().unwrap(),
    );
    headers.insert("x-zendesk-webhook-signature-timestamp", stamp.parse().unwrap());
    let verifier = Verifier::new(SECRET).unwrap();
    let now = in_seoul(&stamp.parse::<chrono::DateTime<Utc>>().unwrap());
    verifier.check(&headers, br#"{"a":1}"#, now).unwrap();
    verifier.check(&headers, br#"{"a":2}"#, now).unwrap_err();
}

#[tokio::test]
async fn a_repeated_delivery_bears_the_same_key() {
    let webhook = Webhook::set().await;
    let event = webhook.status("solved");
    for _ in 0..3 {
        assert_eq!(webhook.deliver(&event).await, StatusCode::OK);
    }
    let keys = webhook.keys();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0] && key.starts_with("zendesk:")), "{keys:?}");
    let again = webhook.status("open");
    assert_eq!(webhook.deliver(&again).await, StatusCode::OK);
    assert_ne!(webhook.keys()[0], keys[0]);
}

#[tokio::test]
async fn what_comes_late_does_not_undo_what_came_after_it() {
    let webhook = Webhook::set().await;
    let (solved, reopened) = (webhook.status("solved"), webhook.status("open"));
    let events = webhook.assignee(Some(webhook.scene.dasom));
    assert_eq!(webhook.deliver(&reopened).await, StatusCode::OK);
    assert_eq!(webhook.deliver(&solved).await, StatusCode::OK, "heard, and overtaken");
    assert_eq!(webhook.deliver(&events[0]).await, StatusCode::OK);
    assert_eq!(webhook.news(), [TicketEvent::Reopened, assigned(Some("Dasom@example.co.kr"))]);
}

#[tokio::test]
async fn an_event_that_the_journal_could_not_keep_comes_again() {
    let webhook = Webhook::set().await;
    webhook.inbox.unavailable.store(1, Ordering::SeqCst);
    let event = webhook.status("solved");
    let reply = deliver(&webhook.hook, &event, Utc::now()).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.retry_after(), Some(Duration::from_secs(10)));
    assert_eq!((webhook.news(), webhook.moved()), (vec![], 0));
    assert_eq!(webhook.deliver(&event).await, StatusCode::OK);
    assert_eq!((webhook.news(), webhook.moved()), (vec![TicketEvent::Solved], 1));
}

#[tokio::test]
async fn unknown_events_are_answered_and_unreadable_ones_refused() {
    let webhook = Webhook::set().await;
    let fine = [
        json!({ "type": "zen:event-type:ticket.comment_added", "id": "01", "detail": {} }),
        json!({ "type": "zen:event-type:user.created", "id": "02", "detail": { "id": "7" } }),
        json!({ "type": "zen:event-type:ticket.status_changed", "id": "03",
            "detail": { "id": "4242" }, "event": { "previous": "OPEN", "current": "DELETED" } }),
    ];
    for body in fine {
        assert_eq!(webhook.post(&body).await, StatusCode::OK, "{body}");
    }
    let status = json!({ "previous": "OPEN", "current": "SOLVED" });
    let wrong = [
        json!("text"),
        json!([]),
        json!({}),
        json!({ "type": "zen:event-type:ticket.status_changed", "detail": { "id": "4242" },
            "event": status }),
        json!({ "type": "zen:event-type:ticket.status_changed", "id": "04", "event": status }),
        json!({ "type": "zen:event-type:ticket.agent_assignment_changed", "id": "05",
            "detail": { "id": "4242" }, "event": { "current": "가온별" } }),
        json!({ "event_id": "06", "status": "solved" }),
        json!({ "ticket": 4242, "status": "solved" }),
    ];
    for body in wrong {
        assert_eq!(webhook.post(&body).await, StatusCode::BAD_REQUEST, "{body}");
    }
    let long = Value::String("가".repeat(1 << 20));
    assert_eq!(webhook.post(&long).await, StatusCode::PAYLOAD_TOO_LARGE);
    let delivery = Delivery { invocation: "07".to_owned(), body: "{".to_owned() };
    assert_eq!(webhook.deliver(&delivery).await, StatusCode::BAD_REQUEST);
    assert_eq!(webhook.news(), []);
}

#[tokio::test]
async fn a_trigger_made_body_says_the_same() {
    let webhook = Webhook::set().await;
    let cases = [
        (json!({ "status": "solved" }), vec![TicketEvent::Solved]),
        (json!({ "status": "open" }), vec![TicketEvent::Reopened]),
        (json!({ "assignee": GAON }), vec![assigned(Some(GAON))]),
        (json!({ "assignee": "" }), vec![assigned(None)]),
        (
            json!({ "assignee": GAON, "status": "solved" }),
            vec![assigned(Some(GAON)), TicketEvent::Solved],
        ),
        (json!({ "status": "해결됨" }), vec![]),
        (json!({}), vec![]),
    ];
    for (nth, (mut body, expected)) in cases.into_iter().enumerate() {
        body["ticket"] = json!("4242");
        body["event_id"] = json!(format!("4242-{nth}"));
        assert_eq!(webhook.post(&body).await, StatusCode::OK);
        assert_eq!(webhook.news(), expected, "{body}");
    }
    let at = |status: &str, at: &str| json!({ "ticket": 4242, "event_id": at, "status": status, "at": at });
    assert_eq!(webhook.post(&at("open", "2025-08-05T13:00:10Z")).await, StatusCode::OK);
    assert_eq!(webhook.post(&at("solved", "2025-08-05T13:00:00Z")).await, StatusCode::OK);
    assert_eq!(webhook.news(), [TicketEvent::Reopened], "the late one is over");
}

#[tokio::test]
async fn nothing_that_people_wrote_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let webhook = Webhook::set().await;
    let solved = webhook.status("solved");
    let other = Hook { secret: "another secret".to_owned(), ..webhook.hook.clone() };
    deliver(&other, &solved, Utc::now()).await;
    webhook.deliver(&solved).await;
    webhook.post(&json!({ "고객이 쓴": "글" })).await;
    webhook.post(&json!({ "type": "고객이 쓴 종류", "id": "1" })).await;
    webhook.inbox.unavailable.store(1, Ordering::SeqCst);
    webhook.deliver(&webhook.status("open")).await;
    for how in [How::Garbage, How::Vanish, How::Status(422, None)] {
        webhook.scene.fail(&Method::PUT, "tickets", how, When::Before);
        let result = webhook.scene.zendesk.act(errand(1), &deed(TicketAct::Comment)).await;
        tracing::warn!(error = %result.unwrap_err(), "attempt failed");
    }
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("not Zendesk's was refused"), "{logged}");
    assert!(logged.contains("attempt failed"), "{logged}");
    discreet(logged);
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

// ── Opening a ticket ────────────────────────────────────────────────────────────────────────────────────────────────────────────

fn new_ticket() -> NewTicket {
    NewTicket {
        subject: "[한빛전자] L3 알람: [L3] prod-web-1".to_owned(),
        comment: COMMENT.to_owned(),
    }
}

/// How many tickets the bot opened, and the comments of the last.
fn opened(scene: &Scene) -> (usize, Vec<(String, bool)>) {
    scene.account.with(|account| {
        let own = account.tickets.values().filter(|one| one.external_id.is_some());
        let numbers: Vec<u64> = own.map(|one| one.id).collect();
        let last = numbers.last().map(|last| account.comments(*last)).unwrap_or_default();
        (numbers.len(), last)
    })
}

#[tokio::test]
async fn a_ticket_is_opened_once() {
    let scene = Scene::set().await;
    let ticket = new_ticket();
    assert_eq!(scene.zendesk.find_opened(errand(7), &ticket).await.unwrap(), None);
    let link = scene.zendesk.open(errand(7), &ticket).await.unwrap();
    assert_eq!(link.number(), Some(5_001), "{link}");
    assert!(link.as_str().contains("/agent/tickets/"), "{link}");
    // nobody but the support desk reads it
    assert_eq!(opened(&scene), (1, vec![(COMMENT.to_owned(), false)]));
    assert_eq!(scene.zendesk.find_opened(errand(7), &ticket).await.unwrap(), Some(link.clone()));
    // a request that was given up on and comes through after all
    assert_eq!(scene.zendesk.open(errand(7), &ticket).await.unwrap(), link);
    assert_eq!(opened(&scene).0, 1);
    // another errand's, and the same errand's of another journal, are others
    assert_eq!(scene.zendesk.find_opened(errand(8), &ticket).await.unwrap(), None);
    let other = NewTicket { comment: "다른 내용".to_owned(), ..new_ticket() };
    assert_eq!(scene.zendesk.find_opened(errand(7), &other).await.unwrap(), None);
    scene.zendesk.open(errand(7), &other).await.unwrap();
    assert_eq!(opened(&scene).0, 2);
}

#[tokio::test]
async fn a_ticket_whose_answer_was_lost_is_found() {
    for how in [How::Vanish, How::Garbage, How::Status(502, None)] {
        let scene = Scene::set().await;
        scene.fail(&Method::POST, "/tickets", how.clone(), When::After);
        let lost = scene.zendesk.open(errand(7), &new_ticket()).await;
        assert!(matches!(lost, Err(PortError::Unknown { .. })), "{how:?}: {lost:?}");
        let found = scene.zendesk.find_opened(errand(7), &new_ticket()).await.unwrap();
        assert_eq!(found.and_then(|link| link.number()), Some(5_001), "{how:?}");
        assert_eq!(opened(&scene).0, 1);
    }
}

#[tokio::test]
async fn a_ticket_that_zendesk_does_not_take_is_refused() {
    let scene = Scene::set().await;
    let empty = NewTicket { comment: String::new(), ..new_ticket() };
    match scene.zendesk.open(errand(7), &empty).await {
        Err(PortError::Permanent { why }) => assert!(why.contains("422"), "{why}"),
        other => panic!("{other:?}"),
    }
    scene.fail(&Method::POST, "/tickets", How::Status(429, Some(3)), When::Before);
    let (_, wait) = transient(scene.zendesk.open(errand(7), &new_ticket()).await);
    assert_eq!(wait, Some(Duration::from_secs(3)));
    assert_eq!(opened(&scene).0, 0);
}

// ── The stand-in itself ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/// An account as the judges expect it, and a judge's run on it; it has to find everything right.
async fn judged(script: &str, args: &[&Path]) -> Scene {
    let scene = Scene::set().await;
    let gaon = scene.gaon;
    scene.account.with(|account| {
        account.add_ticket(4300, "closed", Some(gaon));
        let taken = Change { assignee: Some(Some(gaon)), ..Change::default() };
        account.person_changes(gaon, 4242, &taken);
    });
    let judges = PathBuf::from(std::env::var("COC_JUDGES").expect("COC_JUDGES names a folder"));
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/official_clients");
    let python = script.ends_with(".py");
    let mut judge = Command::new(if python { judges.join("bin/python") } else { "node".into() });
    judge.arg(here.join(script)).args(args).env("PYTHONDONTWRITEBYTECODE", "1");
    judge.env("COC_JUDGES", &judges).env("ZENDESK_URL", scene.account.url());
    judge.env("ZENDESK_EMAIL", EMAIL).env("ZENDESK_TOKEN", TOKEN);
    let ended = tokio::task::spawn_blocking(move || judge.status().unwrap()).await.unwrap();
    assert!(ended.success(), "{script}: {ended}");
    scene
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python and Node with clients of Zendesk; .ci/run installs them"]
async fn judged_by_node_zendesk() {
    let scene = judged("judge_zendesk.mjs", &[]).await;
    assert_eq!(scene.comments(), [("node".to_owned(), false)]);
    assert_eq!(scene.ticket(), ("open".to_owned(), Some(scene.dasom)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python and Node with clients of Zendesk; .ci/run installs them"]
async fn judged_by_zenpy() {
    let scene = judged("judge_zenpy.py", &[]).await;
    assert_eq!(scene.comments(), [("zenpy".to_owned(), false)]);
    assert_eq!(scene.ticket(), ("open".to_owned(), Some(scene.dasom)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python and Node with clients of Zendesk; .ci/run installs them"]
async fn judged_by_zendesks_own_description() {
    let bot = Scene::set().await;
    bot.zendesk.probe().await.unwrap();
    bot.zendesk.active(&[engineer("가온별", Some(GAON))]).await.unwrap();
    bot.zendesk.email_of(999_999_999).await.unwrap();
    let deeds =
        [assign(LINK, "다솜윤", Some(DASOM)), deed(TicketAct::Comment), deed(TicketAct::Solve)];
    for (seq, deed) in (1..).zip(deeds) {
        bot.again(errand(seq), &deed).await.unwrap();
    }
    let sent = bot.account.seen().into_iter().map(|seen| {
        json!({ "method": seen.method.as_str(), "path": seen.path, "query": seen.query,
            "body": seen.body })
    });
    let sent = Value::Array(sent.collect());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requests.json");
    std::fs::write(&file, sent.to_string()).unwrap();
    let scene = judged("judge_zendesk_description.py", &[&file]).await;
    assert_eq!(scene.comments(), [("python-zendesk".to_owned(), false)]);
}

// ── The doctor ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// What `coc doctor` says of the support desk: what was looked at, how it stands, in which words.
async fn doctor(environment: &[(&str, &str)]) -> Vec<(String, String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("guide.txt"), include_str!("../data/guide.txt")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_coc"));
    command.args(["doctor", "--json"]).current_dir(folder.path()).env_clear();
    command.env("AWS_STATUS_URL", "off").envs(environment.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    discreet(format!("{said}{}", String::from_utf8(output.stderr).unwrap()));
    let read: Value = serde_json::from_str(&said).unwrap();
    let word = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    let checks = read["checks"].as_array().unwrap().iter();
    checks
        .map(|check| (word(check, "what"), word(check, "state"), word(check, "text")))
        .filter(|(what, ..)| what.starts_with("티켓"))
        .collect()
}

#[track_caller]
fn expect(found: &[(String, String, String)], expected: &[(&str, &str, &str)]) {
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for ((what, state, text), (name, is, words)) in found.iter().zip(expected) {
        assert_eq!((what.as_str(), state.as_str()), (*name, *is), "{text}");
        assert!(text.contains(words), "{what}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_tries_the_support_desk() {
    let scene = Scene::set().await;
    let (roster, _) =
        coc::domain::people::read_guide(include_str!("../data/guide.txt"), coc::service::today())
            .unwrap();
    scene.account.with(|account| {
        for person in &roster.people {
            if let Some(email) = &person.email {
                account.add_user(person.name.as_str(), email, "agent");
            }
        }
    });
    let url = scene.account.url();
    let mut given = vec![
        ("ZENDESK_URL", url.as_str()),
        ("ZENDESK_EMAIL", EMAIL),
        ("ZENDESK_TOKEN", TOKEN),
        ("ZENDESK_WEBHOOK_SECRET", SECRET),
    ];
    let all_known = roster.people.iter().all(|person| person.email.is_some());
    expect(
        &doctor(&given).await,
        &[
            ("티켓 설정", "ok", "ZENDESK_TOKEN 있음"),
            ("티켓 연결", "ok", "역할: admin"),
            ("티켓 사람", if all_known { "ok" } else { "doubt" }, "명이"),
            ("티켓 웹훅", "ok", "/hooks/zendesk"),
        ],
    );
    let last = roster.people.iter().rev().find_map(|person| person.email.clone()).unwrap();
    scene.account.with(|account| {
        account.users.retain(|_, user| user.email.as_ref() != Some(&last));
    });
    given.truncate(3);
    given.push(("SLACK_APP_TOKEN", "xapp-1"));
    expect(
        &doctor(&given).await[2..],
        &[("티켓 사람", "doubt", "상담원이 아닙니다"), ("티켓 웹훅", "off", "바로 알지 못합니다")],
    );
    given.push(("ZENDESK_WEBHOOK_SECRET", SECRET));
    expect(&doctor(&given).await[3..], &[("티켓 웹훅", "missing", "COC_LISTEN이 없어")]);
    given[2] = ("ZENDESK_TOKEN", "wrong");
    expect(
        &doctor(&given).await[1..3],
        &[("티켓 연결", "missing", "인증이 거절"), ("티켓 사람", "untried", "시험하지 않았습니다")],
    );
    scene.account.with(|account| {
        let me = account.me;
        account.users.get_mut(&me).unwrap().role = "end-user";
    });
    given[2] = ("ZENDESK_TOKEN", TOKEN);
    expect(&doctor(&given).await[1..2], &[("티켓 연결", "missing", "ZENDESK_EMAIL이 상담원")]);
    expect(&doctor(&[]).await, &[("티켓 설정", "off", "봇이 배정한 것만")]);
    expect(
        &doctor(&[("ZENDESK_URL", "http://example.zendesk.com")]).await,
        &[("티켓 설정", "missing", "필요합니다"), ("티켓 연결", "missing", "ZENDESK_TOKEN도 필요")],
    );
}
