//! Telephone calls by Twilio: the adapter and the hooks against the stand-in, over HTTP on this machine.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "bounds on real time")]

#[path = "standins/desk.rs"]
mod desk;
#[path = "standins/twilio/mod.rs"]
mod standin;

use axum::body::Bytes;
use axum::http::Request;
use coc::adapters::e164::E164;
use coc::adapters::http::{Base, Http};
use coc::adapters::twilio::{API, Account, Api, Callbacks, Twilio};
use coc::domain::errand::CallEvent;
use coc::domain::ids::{ErrandId, Name, PhoneNumber};
use coc::domain::words::phone as words;
use coc::ingress::twilio::{Verifier, router};
use coc::ports::{Clock, Phone, PortError};
use coc::service::WallClock;
use desk::Desk;
use http_body_util::Full;
use standin::{ACCOUNT, Call, Does, FROM, Fault, Fields, Kind, Options, Order, TOKEN, signature};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const GAON: &str = "010-0000-1001";
const GAON_ABROAD: &str = "+821000001001";
const ABOUT: &str = "한빛전자 장애 4242번 대응 요청입니다.";
const OTHER: &str = "다온유통 디스크 4343번 대응 요청입니다.";
const SOON: Duration = Duration::from_secs(20);
/// How long the adapter waits for Twilio here.
const TIME_OUT: Duration = Duration::from_millis(800);

/// Twilio, the bot's telephone, and the desk behind its hooks.
struct Scene {
    twilio: standin::Twilio,
    phone: Twilio,
    desk: Arc<Desk>,
    public: String,
}

fn id(text: &str) -> ErrandId {
    text.parse().unwrap()
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::from(text)
}

fn phone(api: &str, token: &str, public: &str) -> Twilio {
    let base = Base::read(api, API).unwrap();
    let account = Account::new(ACCOUNT, token).unwrap();
    let from = E164::read("070-0000-0001").unwrap();
    let api = Api::new(base, account, TIME_OUT).unwrap();
    Twilio::new(api, from, Base::read(public, API).unwrap())
}

impl Scene {
    async fn set(options: Options) -> Self {
        let twilio = standin::Twilio::start(options).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let public = format!("http://{}", listener.local_addr().unwrap());
        let desk = Arc::new(Desk::default());
        let callbacks = Callbacks::new(Base::read(&public, API).unwrap());
        let routes = router(Verifier::new(TOKEN), callbacks, desk.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let phone = phone(twilio.url(), TOKEN, &public);
        Self { twilio, phone, desk, public }
    }

    /// A person who does these things, one a call.
    async fn with(does: &[Does]) -> Self {
        let scene = Self::set(Options::default()).await;
        scene.twilio.person(GAON_ABROAD, does);
        scene
    }

    async fn call(&self, errand: &str) -> Result<String, PortError> {
        let (errand, gaon) = (id(errand), Name::from("가온별"));
        self.phone.call(errand, &gaon, &number(GAON), &words::speech(&[ABOUT])).await
    }

    /// The desk owes a call, and it is placed.
    async fn pages(&self, errand: &str) -> String {
        self.desk.owes(id(errand), ABOUT);
        let reference = self.call(errand).await.unwrap();
        self.desk.placed(id(errand), &reference);
        reference
    }

    /// Waits until the `nth` call is over and told of.
    async fn over(&self, nth: usize) -> Call {
        let deadline = Instant::now() + SOON;
        loop {
            if let Some(call) = self.twilio.calls().get(nth) {
                let last = call.status.clone();
                let told = self.twilio.told();
                let has = |one: &standin::Told, name: &str, value: &str| {
                    one.fields.iter().any(|(key, is)| key == name && is == value)
                };
                let is_told = |status: &str| {
                    told.iter().any(|one| {
                        has(one, "CallSid", &call.sid)
                            && has(one, "CallStatus", status)
                            && one.answered < 500
                    })
                };
                // all that is told of it, backwards or not, has the first thing in it
                if call.is_over() && is_told(&last) && is_told("initiated") {
                    assert_eq!(self.twilio.complaints(), Vec::<String>::new());
                    return call.clone();
                }
            }
            assert!(
                Instant::now() < deadline,
                "{:#?} {:#?}",
                self.twilio.calls(),
                self.desk.kept()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Posts as Twilio would, with this signature.
    async fn post(&self, path: &str, fields: &Fields, signature: Option<&str>) -> (u16, String) {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = Request::builder()
            .method("POST")
            .uri(format!("{}{path}", self.public))
            .header("host", "somewhere.example.com");
        if let Some(signature) = signature {
            request = request.header("x-twilio-signature", signature);
        }
        let client = Http::new(&Base::read(&self.public, API).unwrap(), SOON).unwrap();
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let answer = client.send(request).await.unwrap();
        (answer.status.as_u16(), String::from_utf8(answer.body.to_vec()).unwrap())
    }

    async fn signed(&self, path: &str, fields: &Fields) -> (u16, String) {
        let signature = signature(TOKEN, &format!("{}{path}", self.public), fields);
        self.post(path, fields, Some(&signature)).await
    }
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn speech() -> String {
    words::speech(&[ABOUT])
}

#[tokio::test]
async fn key_1_accepts() {
    let scene = Scene::with(&[Does::Keys("1")]).await;
    let reference = scene.pages("12.0").await;
    let call = scene.over(0).await;
    assert_eq!((call.sid.as_str(), call.to.as_str()), (reference.as_str(), GAON_ABROAD));
    assert_eq!(call.from, FROM);
    assert_eq!(call.said, [speech().as_str(), words::goodbye(true)]);
    // that the call is completed afterwards changes nothing
    assert_eq!(scene.desk.kept(), [(id("12.0"), CallEvent::Accepted)]);
    let asked = |name| call.fields.iter().filter(move |(key, _)| key == name);
    let events: Vec<&str> = asked("StatusCallbackEvent").map(|(_, event)| event.as_str()).collect();
    assert_eq!(events, ["initiated", "ringing", "answered", "completed"]);
    assert_eq!(asked("MachineDetection").count(), 1);
}

#[tokio::test]
async fn key_2_refuses() {
    let scene = Scene::with(&[Does::Keys("2")]).await;
    scene.pages("12.0").await;
    let call = scene.over(0).await;
    assert_eq!(call.said, [speech().as_str(), words::goodbye(false)]);
    assert_eq!(scene.desk.kept(), [(id("12.0"), CallEvent::Rejected)]);
}

#[tokio::test]
async fn key_3_and_a_slip_of_the_finger_repeat() {
    let scene = Scene::with(&[Does::Keys("37#1")]).await;
    scene.pages("12.0").await;
    let call = scene.over(0).await;
    let speech = speech();
    assert_eq!(call.said, [&speech, &speech, &speech, &speech, words::goodbye(true)]);
    assert_eq!(scene.desk.kept(), [(id("12.0"), CallEvent::Accepted)]);
}

#[tokio::test]
async fn silence_is_told_twice_and_ends() {
    let scene = Scene::with(&[Does::Keys(""), Does::Keys("-1"), Does::HangsUp]).await;
    scene.pages("12.0").await;
    let call = scene.over(0).await;
    let speech = speech();
    assert_eq!(call.said, [&speech, &speech, words::no_key()]);
    assert_eq!(scene.desk.kept(), [(id("12.0"), CallEvent::Answered)]);
    scene.pages("13.0").await;
    let call = scene.over(1).await;
    assert_eq!(
        call.said,
        [&speech, &speech, words::goodbye(true)],
        "the second time is time enough"
    );
    scene.pages("14.0").await;
    scene.over(2).await;
    let kept = scene.desk.kept();
    assert_eq!(kept[1..], [(id("13.0"), CallEvent::Accepted), (id("14.0"), CallEvent::Answered)]);
}

#[tokio::test]
async fn silence_that_the_carrier_asks_about_is_said_again_once() {
    let scene = Scene::with(&[]).await;
    scene.desk.owes(id("12.0"), ABOUT);
    scene.desk.placed(id("12.0"), "CA1");
    let silent = fields(&[("CallSid", "CA1"), ("CallStatus", "in-progress")]);
    let (status, twiml) = scene.signed("/hooks/twilio/voice?call=12.0&turn=1", &silent).await;
    assert_eq!((status, twiml.matches(ABOUT).count()), (200, 1), "{twiml}");
    assert!(twiml.contains("call=12.0&amp;turn=2"), "{twiml}");
    assert_eq!(scene.desk.kept(), []);
    let (status, twiml) = scene.signed("/hooks/twilio/voice?call=12.0&turn=2", &silent).await;
    assert!(
        status == 200 && twiml.contains(words::no_key()) && !twiml.contains("Gather"),
        "{twiml}"
    );
    assert_eq!(scene.desk.kept(), [(id("12.0"), CallEvent::Answered)]);
}

#[tokio::test]
async fn who_is_not_reached_is_told_apart() {
    let all = [
        (Does::Busy, CallEvent::Busy),
        (Does::NoAnswer, CallEvent::NoAnswer),
        (Does::Failed, CallEvent::Failed),
        (Does::Voicemail, CallEvent::Voicemail),
    ];
    for (does, event) in all {
        let scene = Scene::with(std::slice::from_ref(&does)).await;
        scene.pages("12.0").await;
        scene.over(0).await;
        assert_eq!(scene.desk.kept(), [(id("12.0"), event)], "{does:?}");
    }
}

#[tokio::test]
async fn a_machine_that_twilio_asks_about_is_hung_up_on() {
    let scene = Scene::with(&[]).await;
    for (nth, by) in ["machine_start", "machine_end_beep", "fax"].into_iter().enumerate() {
        let (errand, sid) = (format!("{nth}.0"), format!("CA{nth}"));
        scene.desk.owes(id(&errand), ABOUT);
        scene.desk.placed(id(&errand), &sid);
        let told = fields(&[("CallSid", &sid), ("AnsweredBy", by)]);
        let path = format!("/hooks/twilio/voice?call={errand}&turn=1");
        let (status, twiml) = scene.signed(&path, &told).await;
        assert!(status == 200 && twiml.ends_with("<Response><Hangup/></Response>"), "{twiml}");
        assert_eq!(scene.desk.kept()[nth], (id(&errand), CallEvent::Voicemail));
    }
    // a machine presses no keys: whoever does is a person
    scene.desk.owes(id("9.0"), ABOUT);
    scene.desk.placed(id("9.0"), "CA9");
    let told = fields(&[("CallSid", "CA9"), ("AnsweredBy", "machine_start"), ("Digits", "1")]);
    scene.signed("/hooks/twilio/voice?call=9.0&turn=1", &told).await;
    assert_eq!(scene.desk.kept()[3], (id("9.0"), CallEvent::Accepted));
}

#[tokio::test]
async fn two_pages_in_one_call_have_their_own_keys() {
    let scene = Scene::with(&[Does::Keys("12")]).await;
    scene.desk.owes(id("12.0"), ABOUT);
    scene.desk.owes(id("13.0"), OTHER);
    let both = words::speech(&[ABOUT, OTHER]);
    let gaon = Name::from("가온별");
    let reference = scene.phone.call(id("12.0"), &gaon, &number(GAON), &both).await.unwrap();
    scene.desk.placed(id("12.0"), &reference);
    scene.desk.placed(id("13.0"), &reference);
    let call = scene.over(0).await;
    assert_eq!(call.said, [both.as_str(), &words::next(OTHER), words::goodbye(false)]);
    let kept = [(id("12.0"), CallEvent::Accepted), (id("13.0"), CallEvent::Rejected)];
    assert_eq!(scene.desk.kept(), kept);
}

#[tokio::test]
async fn who_hangs_up_after_the_first_of_two_pages_has_not_answered_the_second() {
    let scene = Scene::with(&[Does::Keys("2")]).await;
    scene.desk.owes(id("13.0"), OTHER);
    let reference = scene.pages("12.0").await;
    // it came up while the first one rang
    scene.desk.placed(id("13.0"), &reference);
    scene.over(0).await;
    let kept = [(id("12.0"), CallEvent::Rejected), (id("13.0"), CallEvent::Answered)];
    assert_eq!(scene.desk.kept(), kept);
}

#[tokio::test]
async fn a_page_that_is_over_by_now_is_said_to_be() {
    let scene = Scene::with(&[Does::Keys("1"), Does::Keys("11")]).await;
    scene.pages("12.0").await;
    scene.desk.drops(id("12.0"));
    let call = scene.over(0).await;
    assert_eq!(call.said, [speech().as_str(), words::over()]);
    assert_eq!(scene.desk.kept(), []);
    // another one that shares the call is not
    scene.desk.owes(id("15.0"), OTHER);
    let reference = scene.pages("14.0").await;
    scene.desk.placed(id("15.0"), &reference);
    scene.desk.drops(id("14.0"));
    let call = scene.over(1).await;
    assert!(call.said[1].starts_with(words::over()) && call.said[1].contains(OTHER), "{call:#?}");
    assert_eq!(scene.desk.kept(), [(id("15.0"), CallEvent::Accepted)]);
}

#[tokio::test]
async fn what_is_not_twilios_is_refused() {
    let scene = Scene::with(&[]).await;
    scene.desk.owes(id("12.0"), ABOUT);
    scene.desk.owes(id("13.0"), OTHER);
    scene.desk.placed(id("12.0"), "CA1");
    let path = "/hooks/twilio/voice?call=12.0&turn=1";
    let told = fields(&[("CallSid", "CA1"), ("Digits", "1")]);
    let right = signature(TOKEN, &format!("{}{path}", scene.public), &told);
    let by_another = signature("another token", &format!("{}{path}", scene.public), &told);
    // the Host header is what the request came with; it is nobody's word
    let elsewhere = signature(TOKEN, &format!("http://somewhere.example.com{path}"), &told);
    for wrong in [None, Some(""), Some("AAAA"), Some(&*by_another), Some(&*elsewhere)] {
        assert_eq!(scene.post(path, &told, wrong).await.0, 403, "{wrong:?}");
        let status = "/hooks/twilio/status?call=12.0";
        assert_eq!(scene.post(status, &told, wrong).await.0, 403, "{wrong:?}");
    }
    let other_page = "/hooks/twilio/voice?call=13.0&turn=1";
    assert_eq!(scene.post(other_page, &told, Some(&right)).await.0, 403);
    let other_key = fields(&[("CallSid", "CA1"), ("Digits", "2")]);
    assert_eq!(scene.post(path, &other_key, Some(&right)).await.0, 403);
    let long = fields(&[("CallSid", "CA1"), ("Digits", &"1".repeat(70_000))]);
    assert_eq!(scene.post(path, &long, Some(&right)).await.0, 413);
    assert_eq!(scene.desk.kept(), []);
    let (status, first) = scene.post(path, &told, Some(&right)).await;
    assert!(status == 200 && first.contains(words::goodbye(true)), "{first}");
    // somebody who overheard it gains nothing by repeating it
    let (status, replayed) = scene.post(path, &told, Some(&right)).await;
    assert!(status == 200 && replayed.contains(words::over()), "{replayed}");
    assert_eq!(scene.desk.kept(), [(id("12.0"), CallEvent::Accepted)]);
}

#[tokio::test]
async fn callbacks_that_come_twice_or_backwards_change_nothing() {
    for order in [Order::Twice, Order::Backwards] {
        let scene = Scene::set(Options { order, ..Options::default() }).await;
        scene.twilio.person(GAON_ABROAD, &[Does::Keys("1"), Does::Busy]);
        scene.pages("12.0").await;
        scene.over(0).await;
        scene.pages("13.0").await;
        scene.over(1).await;
        let kept = [(id("12.0"), CallEvent::Accepted), (id("13.0"), CallEvent::Busy)];
        assert_eq!(scene.desk.kept(), kept, "{order:?}");
    }
}

#[tokio::test]
async fn a_call_that_is_over_before_its_placing_was_answered_is_heard() {
    let scene = Scene::with(&[Does::Busy, Does::Keys("1")]).await;
    scene.twilio.next(Kind::Create, Fault::Slow(Duration::from_millis(500)));
    scene.pages("12.0").await;
    assert_eq!(scene.desk.kept(), [(id("12.0"), CallEvent::Busy)]);
    scene.twilio.next(Kind::Create, Fault::Slow(Duration::from_millis(500)));
    scene.pages("13.0").await;
    let call = scene.over(1).await;
    assert_eq!(call.said, [speech().as_str(), words::goodbye(true)], "and the person is told so");
    assert_eq!(scene.desk.kept()[1], (id("13.0"), CallEvent::Accepted));
}

#[tokio::test]
async fn a_key_that_is_not_kept_does_not_count_and_the_person_is_told() {
    let scene = Scene::with(&[Does::Keys("1")]).await;
    scene.pages("12.0").await;
    scene.desk.is_away(true);
    let deadline = Instant::now() + SOON;
    let refused = |scene: &Scene| {
        let told = scene.twilio.told();
        told.iter().any(|one| one.url.contains("/status") && one.answered == 503)
    };
    while !refused(&scene) {
        assert!(Instant::now() < deadline, "{:#?}", scene.twilio.told());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(scene.desk.kept(), []);
    // Twilio tells again, as it was asked to
    scene.desk.is_away(false);
    let call = scene.over(0).await;
    assert_eq!(call.said, [speech().as_str(), words::not_kept()]);
    assert_eq!(scene.desk.kept(), [(id("12.0"), CallEvent::Answered)]);
}

#[tokio::test]
async fn a_desk_that_is_stuck_leaves_nobody_on_the_line() {
    let scene = Scene::with(&[]).await;
    scene.desk.owes(id("12.0"), ABOUT);
    scene.desk.placed(id("12.0"), "CA1");
    scene.desk.is_stuck(true);
    let began = Instant::now();
    let told = fields(&[("CallSid", "CA1"), ("Digits", "1"), ("CallStatus", "completed")]);
    let (voice, status) = tokio::join!(
        scene.signed("/hooks/twilio/voice?call=12.0&turn=1", &told),
        scene.signed("/hooks/twilio/status?call=12.0", &told),
    );
    assert!(voice.0 == 200 && voice.1.contains(words::not_kept()), "{}", voice.1);
    assert_eq!(status.0, 503);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_call_whose_answer_was_lost_is_found_and_not_dialled_again() {
    let scene = Scene::with(&[]).await;
    for fault in [Fault::Slow(TIME_OUT * 2), Fault::Lost] {
        let (before, since) = (scene.twilio.calls().len(), WallClock.now());
        scene.twilio.next(Kind::Create, fault.clone());
        let errand = id(&format!("{before}.0"));
        let failed = scene.call(&format!("{before}.0")).await.unwrap_err();
        assert!(matches!(failed, PortError::Unknown { .. }), "{fault:?}: {failed:?}");
        let found = scene.phone.find_call(errand, &number(GAON), since).await.unwrap();
        let calls = scene.twilio.calls();
        assert_eq!(calls.len(), before + 1);
        assert_eq!(found.as_deref(), Some(calls[before].sid.as_str()), "{fault:?}");
    }
}

#[tokio::test]
async fn what_another_errand_or_an_earlier_day_dialled_is_not_taken_for_it() {
    let scene = Scene::with(&[]).await;
    scene.pages("12.0").await;
    let since = WallClock.now();
    for fault in [Fault::Garbage, Fault::Gone, Fault::Status(500)] {
        scene.twilio.next(Kind::Create, fault.clone());
        let failed = scene.call("13.0").await.unwrap_err();
        assert!(matches!(failed, PortError::Unknown { .. }), "{fault:?}: {failed:?}");
        let found = scene.phone.find_call(id("13.0"), &number(GAON), since).await.unwrap();
        assert_eq!(found, None, "{fault:?}");
    }
    // a process that starts anew remembers no errands: the time tells
    let anew = phone(scene.twilio.url(), TOKEN, &scene.public);
    let later = since + chrono::TimeDelta::minutes(1);
    assert_eq!(anew.find_call(id("13.0"), &number(GAON), later).await.unwrap(), None);
    let found = anew.find_call(id("12.0"), &number(GAON), since).await.unwrap();
    assert_eq!(found, Some(scene.twilio.calls()[0].sid.clone()));
    let to_another = anew.find_call(id("12.0"), &number("010-0000-1002"), since).await.unwrap();
    assert_eq!(to_another, None);
    // a list that cannot be read is no empty one
    scene.twilio.next(Kind::List, Fault::Garbage);
    let failed = anew.find_call(id("12.0"), &number(GAON), since).await.unwrap_err();
    assert!(matches!(failed, PortError::Transient { .. }), "{failed:?}");
}

#[tokio::test]
async fn a_refusal_says_what_to_do_and_no_number() {
    let scene = Scene::with(&[]).await;
    let cases = [
        (Fault::Code(400, 21211), "없는 전화번호"),
        (Fault::Code(400, 21215), "South Korea"),
        (Fault::Code(403, 13227), "South Korea"),
        (Fault::Code(400, 21210), "TWILIO_FROM"),
        (Fault::Code(400, 99999), "거절되었습니다 (400)"),
    ];
    for (fault, words) in cases {
        scene.twilio.next(Kind::Create, fault.clone());
        let failed = scene.call("12.0").await.unwrap_err();
        let said = failed.to_string();
        assert!(matches!(failed, PortError::Permanent { .. }), "{fault:?}: {failed:?}");
        assert!(said.contains(words), "{fault:?}: {said}");
        assert!(!said.contains("0000") && !said.contains("1001"), "{said}");
    }
    for fault in [Fault::Code(429, 20429), Fault::Status(403)] {
        scene.twilio.next(Kind::Create, fault.clone());
        let failed = scene.call("12.0").await.unwrap_err();
        assert!(matches!(failed, PortError::Transient { .. }), "{fault:?}: {failed:?}");
    }
    let foreign = phone(scene.twilio.url(), "another-token", &scene.public);
    let gaon = Name::from("가온별");
    let failed = foreign.call(id("12.0"), &gaon, &number(GAON), "말").await.unwrap_err();
    assert!(
        matches!(&failed, PortError::Transient { why, .. } if why.contains("인증")),
        "{failed:?}"
    );
    let gone = phone("http://127.0.0.1:1", TOKEN, &scene.public);
    let failed = gone.call(id("12.0"), &gaon, &number(GAON), "말").await.unwrap_err();
    assert!(matches!(failed, PortError::Transient { .. }), "{failed:?}");
    let failed = scene.phone.call(id("12.0"), &gaon, &number("없음"), "말").await.unwrap_err();
    assert!(matches!(failed, PortError::Permanent { .. }), "{failed:?}");
    assert_eq!(scene.twilio.calls().len(), 0);
}

#[tokio::test]
async fn a_telephone_that_rings_or_is_talked_on_is_hung_up() {
    let options = Options { second: Duration::from_millis(100), ..Options::default() };
    let scene = Scene::set(options).await;
    scene.twilio.person(GAON_ABROAD, &[Does::NoAnswer, Does::Keys("")]);
    let gaon = Name::from("가온별");
    let wait = async |nth: usize, status: &str| {
        let deadline = Instant::now() + SOON;
        while scene.twilio.calls()[nth].status != status {
            assert!(Instant::now() < deadline, "{:#?}", scene.twilio.calls());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let reference = scene.pages("12.0").await;
    wait(0, "ringing").await;
    scene.phone.hang_up(&reference, &gaon).await.unwrap();
    assert_eq!(scene.over(0).await.status, "canceled");
    assert_eq!(scene.desk.kept(), [], "who hangs up needs not be told");
    let reference = scene.pages("13.0").await;
    wait(1, "in-progress").await;
    scene.phone.hang_up(&reference, &gaon).await.unwrap();
    scene.desk.drops(id("13.0"));
    assert_eq!(scene.over(1).await.status, "completed");
    assert_eq!(scene.desk.kept(), []);
    // over already, never known, or asked twice: no error
    scene.phone.hang_up(&reference, &gaon).await.unwrap();
    scene.phone.hang_up("CA99", &gaon).await.unwrap();
    scene.twilio.next(Kind::End, Fault::Status(500));
    let failed = scene.phone.hang_up(&reference, &gaon).await.unwrap_err();
    assert!(matches!(failed, PortError::Transient { .. }), "{failed:?}");
    let failed = scene.phone.hang_up("../../x", &gaon).await.unwrap_err();
    assert!(matches!(failed, PortError::Permanent { .. }), "{failed:?}");
}

#[tokio::test]
async fn what_is_too_long_for_the_request_is_asked_of_us() {
    let scene = Scene::with(&[Does::Keys("1")]).await;
    let about = format!("{} 대응 요청입니다.", "한빛전자 ".repeat(450));
    scene.desk.owes(id("12.0"), &about);
    let gaon = Name::from("가온별");
    let speech = words::speech(&[&about]);
    let reference = scene.phone.call(id("12.0"), &gaon, &number(GAON), &speech).await.unwrap();
    scene.desk.placed(id("12.0"), &reference);
    let call = scene.over(0).await;
    assert_eq!(call.said, [speech.as_str(), words::goodbye(true)]);
    assert_eq!(scene.desk.kept(), [(id("12.0"), CallEvent::Accepted)]);
}

#[tokio::test]
async fn a_probe_tells_whether_calls_could_be_placed() {
    let scene = Scene::with(&[]).await;
    scene.phone.probe().await.unwrap();
    for fault in [Fault::Status(500), Fault::Status(404), Fault::Garbage, Fault::Gone] {
        scene.twilio.next(Kind::Account, fault.clone());
        let failed = scene.phone.probe().await.unwrap_err();
        // a probe that says "never" would never be made again
        assert!(matches!(failed, PortError::Transient { .. }), "{fault:?}: {failed:?}");
    }
    let closed = Scene::set(Options { status: "suspended", ..Options::default() }).await;
    let failed = closed.phone.probe().await.unwrap_err();
    assert!(failed.to_string().contains("정지"), "{failed}");
}

/// The desk itself, while it does not know yet that its call was placed.
#[test]
fn a_key_that_came_before_the_placing_was_answered_outlives_the_end_of_the_call() {
    use coc::domain::change::Change;
    use coc::domain::decide::decide;
    use coc::domain::errand::{Errand, ErrandKind, Urgency};
    use coc::domain::input::Input;

    let (now, call) = (WallClock.now(), id("12.0"));
    for (events, heard) in [
        ([CallEvent::Accepted, CallEvent::Answered], CallEvent::Accepted),
        ([CallEvent::Rejected, CallEvent::Voicemail], CallEvent::Rejected),
        ([CallEvent::Answered, CallEvent::Accepted], CallEvent::Accepted),
        ([CallEvent::Busy, CallEvent::Answered], CallEvent::Busy),
        ([CallEvent::Rejected, CallEvent::Accepted], CallEvent::Rejected),
    ] {
        let mut desk = coc::domain::desk::Desk::default();
        let (to, number) = (Name::from("가온별"), number(GAON));
        let kind = ErrandKind::Call { to, number, about: ABOUT.to_owned() };
        let errand = Errand { id: call, since: now, case: None, urgency: Urgency::Page, kind };
        desk.apply(now, &Change::Owed(Box::new(errand)));
        for (seq, event) in (13..).zip(events) {
            for change in decide(&desk, &Input::Phone { call, event }, now, seq).changes {
                desk.apply(now, &change);
            }
        }
        assert_eq!(desk.heard.get(&call), Some(&heard), "{events:?}");
    }
}

#[tokio::test]
async fn behind_a_proxy_the_address_from_outside_is_the_one_that_is_signed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let inside = format!("http://{}", listener.local_addr().unwrap());
    let desk = Arc::new(Desk::default());
    let public = "https://ops.example.com/coc";
    let callbacks = Callbacks::new(Base::read(public, API).unwrap());
    let routes = router(Verifier::new(TOKEN), callbacks, desk.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let twilio = standin::Twilio::start(Options::default()).await;
    let phone = phone(twilio.url(), TOKEN, public);
    let scene = Scene { twilio, phone, desk, public: inside };
    scene.desk.owes(id("12.0"), ABOUT);
    scene.desk.placed(id("12.0"), "CA1");
    let path = "/hooks/twilio/voice?call=12.0&turn=1";
    let told = fields(&[("CallSid", "CA1"), ("Digits", "3")]);
    for address in ["https://ops.example.com/coc", "https://ops.example.com:443/coc"] {
        let signed = signature(TOKEN, &format!("{address}{path}"), &told);
        let (status, twiml) = scene.post(path, &told, Some(&signed)).await;
        assert!(status == 200 && twiml.contains(r#"action="https://ops.example.com/coc/hooks/twilio/voice?call=12.0&amp;turn=1""#), "{twiml}");
    }
    let inner = signature(TOKEN, &format!("{}{path}", scene.public), &told);
    assert_eq!(scene.post(path, &told, Some(&inner)).await.0, 403);
    // what the status address asks of Twilio behind its # may be signed or not
    let call = scene.call("12.0").await.unwrap();
    let placed = scene.twilio.calls();
    let (_, status) = placed[0].fields.iter().find(|(name, _)| name == "StatusCallback").unwrap();
    assert_eq!(call, placed[0].sid);
    let busy = fields(&[("CallSid", "CA1"), ("CallStatus", "busy")]);
    for address in [status.as_str(), status.split('#').next().unwrap()] {
        let signed = signature(TOKEN, address, &busy);
        let path = "/hooks/twilio/status?call=12.0";
        assert_eq!(scene.post(path, &busy, Some(&signed)).await.0, 204, "{address}");
    }
    assert_eq!(scene.desk.kept(), [(id("12.0"), CallEvent::Busy)]);
}
