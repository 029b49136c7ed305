//! Mail over SMTP: against a server of a few lines that is scripted here, and against `aiosmtpd`, whose mails Python's own parser
//! reads (`tests/standins/smtp.py`; `COC_JUDGES` is the folder with its Python environment in `bin/`).
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "how long something took is measured")]

#[path = "standins/smtp.rs"]
mod smtp;

use coc::adapters::smtp::{Server, Settings, Smtp};
use coc::domain::ids::ErrandId;
use coc::domain::mail::Email;
use coc::domain::time::{Time, in_seoul};
use coc::ports::{Clock, Mailer, PortError};
use serde_json::{Value, json};
use smtp::Scripted;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const PASSWORD: &str = "p@ss/ word%";
const WRITTEN: &str = "p%40ss%2F%20word%25";
const ERRAND: ErrandId = ErrandId { seq: 12, nth: 3 };

/// A clock that stands.
struct Stands;

#[async_trait::async_trait]
impl Clock for Stands {
    fn now(&self) -> Time {
        in_seoul(&chrono::DateTime::from_timestamp(1_754_398_800, 0).unwrap())
    }

    async fn sleep_until(&self, _at: Option<Time>) {
        panic!("a mailer does not wait by the desk's clock");
    }
}

fn mailer(url: &str) -> Smtp {
    Smtp::new(Settings::new(Server::read(url).unwrap()), Arc::new(Stands)).unwrap()
}

fn quick(url: &str) -> Smtp {
    let settings = Settings::new(Server::read(url).unwrap());
    let settings = Settings { time_out: Duration::from_millis(700), ..settings };
    Smtp::new(settings, Arc::new(Stands)).unwrap()
}

fn mail_to(to: &[&str]) -> Email {
    Email {
        from: "coc@saltware.example.com".to_owned(),
        to: to.iter().map(|one| (*one).to_owned()).collect(),
        cc: Vec::new(),
        subject: "[솔트웨어] 한빛전자 긴급 대응 담당자를 안내드립니다. 제목이 길어 여러 줄로 나뉘어도 그대로 읽혀야 합니다"
            .to_owned(),
        text: "안녕하십니까.\n\n.점으로 시작하는 줄\n담당 엔지니어: 가온별 (22:03)\n감사합니다.\n".to_owned(),
    }
}

/// What was said of a failure, having made sure that nothing private is in it.
#[track_caller]
fn why(error: &PortError) -> &str {
    let why = match error {
        PortError::Transient { why, .. }
        | PortError::NotYet { why }
        | PortError::Unknown { why }
        | PortError::Permanent { why } => why,
    };
    assert!(why.starts_with("메일 서버: "), "{why}");
    for private in ["p@ss", "p%40ss", "127.0.0.1", "refused@", "grey@", "no such person"] {
        assert!(!why.contains(private), "{private} in {why}");
    }
    why
}

#[track_caller]
fn transient(result: Result<(), PortError>, words: &str) {
    let error = result.unwrap_err();
    assert!(matches!(error, PortError::Transient { .. }), "{error:?}");
    assert!(why(&error).contains(words), "{error:?}");
}

#[track_caller]
fn not_yet(result: Result<(), PortError>, words: &str) {
    let error = result.unwrap_err();
    assert!(matches!(error, PortError::NotYet { .. }), "{error:?}");
    assert!(why(&error).contains(words), "{error:?}");
}

#[track_caller]
fn permanent(result: Result<(), PortError>, words: &str) {
    let error = result.unwrap_err();
    assert!(matches!(error, PortError::Permanent { .. }), "{error:?}");
    assert!(why(&error).contains(words), "{error:?}");
}

#[track_caller]
fn unknown(result: Result<(), PortError>, words: &str) {
    let error = result.unwrap_err();
    assert!(matches!(error, PortError::Unknown { .. }), "{error:?}");
    assert!(why(&error).contains(words), "{error:?}");
}

#[tokio::test]
async fn a_mail_goes_to_all_its_addresses_or_to_none() {
    let server = Scripted::open(&[
        ("RCPT TO:<refused@", "550 5.1.1 no such person: refused@hanbit.example.com"),
        ("RCPT TO:<grey@", "451 4.7.1 come again"),
    ])
    .await;
    let mailer = mailer(&server.url);
    let mut mail = mail_to(&["ops@hanbit.example.com"]);
    mail.cc = vec!["cto@hanbit.example.com".to_owned(), "OPS@hanbit.example.com".to_owned()];
    mailer.send(ERRAND, &mail).await.unwrap();
    assert_eq!((server.heard("RCPT"), server.heard("DATA")), (2, 1), "each address once");
    let both = mail_to(&["ops@hanbit.example.com", "refused@hanbit.example.com"]);
    permanent(mailer.send(ERRAND, &both).await, "r**@hanbit.example.com (550 5.1.1)");
    let grey = mail_to(&["grey@hanbit.example.com", "ops@hanbit.example.com"]);
    not_yet(mailer.send(ERRAND, &grey).await, "g**@hanbit.example.com (451 4.7.1)");
    assert_eq!(server.heard("DATA"), 1, "nobody got a mail that not all could get");
}

#[tokio::test]
async fn what_silence_means_depends_on_what_had_left() {
    for (script, sent, words) in [
        (&[("GREETING", "…")][..], false, "응답이 없습니다"),
        (&[("GREETING", "x")], false, "SMTP로 응답하지 않습니다"),
        (&[("GREETING", "554 no")], false, "연결을 거절했습니다 (554)"),
        (&[("GREETING", "HTTP/1.1 400 Bad Request")], false, "SMTP로 응답하지 않습니다"),
        (&[("MAIL", "…")], false, "응답이 없습니다"),
        (&[("RCPT", "x")], false, ""),
        (&[("DATA", "…")], false, "응답이 없습니다"),
        (&[(".", "…")], true, "응답이 없습니다"),
        (&[(".", "x")], true, "연결이 끊어졌습니다"),
        (&[(".", "garbage")], true, "이미 갔을 수 있습니다"),
    ] {
        let server = Scripted::open(script).await;
        let began = Instant::now();
        let result = quick(&server.url).send(ERRAND, &mail_to(&["ops@hanbit.example.com"])).await;
        assert!(began.elapsed() < Duration::from_secs(5), "{script:?}");
        if sent { unknown(result, words) } else { transient(result, words) }
    }
    let gone = "smtp://127.0.0.1:1";
    transient(quick(gone).send(ERRAND, &mail_to(&["ops@hanbit.example.com"])).await, "연결되지");
    transient(quick(gone).probe().await, "연결되지");
}

#[tokio::test]
async fn a_word_after_the_text_is_the_last_one() {
    let mail = mail_to(&["ops@hanbit.example.com"]);
    let spam = Scripted::open(&[(".", "554 5.7.1 looks like spam")]).await;
    permanent(quick(&spam.url).send(ERRAND, &mail).await, "거절되었습니다 (554 5.7.1)");
    let busy = Scripted::open(&[(".", "452 4.3.1 no room")]).await;
    transient(quick(&busy.url).send(ERRAND, &mail).await, "지금은 받지 않습니다 (452 4.3.1)");
    // taken, and then not even a goodbye
    let rude = Scripted::open(&[("QUIT", "…")]).await;
    let began = Instant::now();
    mailer(&rude.url).send(ERRAND, &mail).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn signing_in_is_nothing_that_the_mail_can_help() {
    let mail = mail_to(&["ops@hanbit.example.com"]);
    let with = |server: &Scripted| server.url.replace("smtp://", &format!("smtp://coc:{WRITTEN}@"));
    let wrong = Scripted::open(&[
        ("EHLO", "250-mail.example.com\r\n250 AUTH PLAIN"),
        ("AUTH", "535 5.7.8 wrong"),
    ])
    .await;
    transient(
        quick(&with(&wrong)).send(ERRAND, &mail).await,
        "로그인이 거절되었습니다 (535 5.7.8)",
    );
    transient(quick(&with(&wrong)).probe().await, "로그인이 거절되었습니다");
    let none = Scripted::open(&[]).await;
    transient(quick(&with(&none)).send(ERRAND, &mail).await, "로그인 방법");
    let needed = Scripted::open(&[("MAIL", "530 5.7.0 sign in first")]).await;
    transient(quick(&needed.url).send(ERRAND, &mail).await, "로그인이 필요");
    let plain = Scripted::open(&[]).await;
    let upgrade = format!("{}?tls=required", plain.url.replace("127.0.0.1", "localhost"));
    transient(quick(&upgrade).send(ERRAND, &mail).await, "STARTTLS를 받지 않는");
    assert_eq!(plain.heard("MAIL"), 0, "nothing goes out in the clear");
    let fine = Scripted::open(&[]).await;
    quick(&fine.url).probe().await.unwrap();
    assert_eq!((fine.heard("NOOP"), fine.heard("QUIT"), fine.heard("MAIL")), (1, 1, 0));
}

/// `aiosmtpd`, which goes with the test.
struct Real {
    child: Child,
    port: u16,
    out: PathBuf,
    folder: tempfile::TempDir,
}

impl Drop for Real {
    fn drop(&mut self) {
        // Gone already is fine, too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Real {
    fn open(tls: &str, login: bool) -> Self {
        let judges = PathBuf::from(std::env::var("COC_JUDGES").expect("COC_JUDGES names a folder"));
        let python = judges.join("bin/python");
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let made = Command::new(&python)
            .args(["-m", "trustme", "-q", "-i", "localhost", "-d"])
            .arg(folder.path())
            .status();
        assert!(made.unwrap().success());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/standins/smtp.py");
        let mut command = Command::new(&python);
        command.arg(script).args(["--tls", tls]).arg("--out").arg(at("out"));
        command.arg("--certificate").arg(at("server.pem")).arg("--key").arg(at("server.key"));
        if login {
            command.args(["--user", "coc@example.com", "--password", PASSWORD]);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port = port.trim().parse().unwrap();
        Self { child, port, out: at("out"), folder }
    }

    fn mailer(&self, url: &str, trusted: bool) -> Smtp {
        let url = url.replace("PORT", &self.port.to_string());
        let mut settings = Settings::new(Server::read(&url).unwrap());
        let authority = std::fs::read(self.folder.path().join("client.pem")).unwrap();
        settings.also_trusted = trusted.then_some(authority);
        Smtp::new(settings, Arc::new(Stands)).unwrap()
    }

    fn taken(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.out).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs aiosmtpd (.ci/run installs it)"]
async fn what_is_sent_is_what_another_program_reads() {
    let server = Real::open("none", false);
    let mailer = server.mailer("smtp://127.0.0.1:PORT", false);
    let mut mail = mail_to(&["ops@hanbit.example.com", "it@pureun.example.com"]);
    mail.cc = vec!["infra@eunha.example.com".to_owned()];
    mailer.send(ERRAND, &mail).await.unwrap();
    mailer.send(ERRAND, &mail).await.unwrap();
    mailer.send(ErrandId { seq: 13, nth: 0 }, &mail).await.unwrap();
    let taken = server.taken();
    let first = &taken[0];
    assert_eq!(first["subject"], json!(mail.subject));
    assert_eq!(first["text"], json!(mail.text));
    assert_eq!(first["from"], json!([mail.from]));
    assert_eq!(first["sender"], json!(mail.from));
    assert_eq!(first["to"], json!(mail.to));
    assert_eq!(first["cc"], json!(mail.cc));
    assert_eq!(
        first["recipients"],
        json!(["ops@hanbit.example.com", "it@pureun.example.com", "infra@eunha.example.com"])
    );
    assert_eq!(first["date"], json!("2025-08-05T13:00:00+00:00"));
    assert_eq!((&first["defects"], &first["ascii"]), (&json!([]), &json!(true)));
    assert!(first["message_id"].as_str().unwrap().ends_with("@saltware.example.com>"));
    assert_eq!(taken[1]["message_id"], first["message_id"], "the same errand, the same mail");
    assert_ne!(taken[2]["message_id"], first["message_id"]);
    assert_eq!(taken.len(), 3);
    mailer.probe().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs aiosmtpd (.ci/run installs it)"]
async fn another_programs_refusals_are_understood() {
    let server = Real::open("none", false);
    let mailer = server.mailer("smtp://127.0.0.1:PORT", false);
    let two = mail_to(&["ops@hanbit.example.com", "refused@hanbit.example.com"]);
    permanent(mailer.send(ERRAND, &two).await, "r**@hanbit.example.com (550 5.1.1)");
    let grey = mail_to(&["grey@hanbit.example.com"]);
    not_yet(mailer.send(ERRAND, &grey).await, "g**@hanbit.example.com (451 4.7.1)");
    assert_eq!(server.taken(), Vec::<Value>::new());
    mailer.send(ERRAND, &grey).await.unwrap();
    assert_eq!(server.taken().len(), 1, "what was put off is taken later");
    permanent(mailer.send(ERRAND, &mail_to(&["spam@hanbit.example.com"])).await, "554 5.7.1");
    transient(mailer.send(ERRAND, &mail_to(&["busy@hanbit.example.com"])).await, "452 4.3.1");
    transient(mailer.send(ERRAND, &mail_to(&["cut@hanbit.example.com"])).await, "");
    assert_eq!(server.taken().len(), 1);
    unknown(mailer.send(ERRAND, &mail_to(&["gone@hanbit.example.com"])).await, "끊어졌습니다");
    assert_eq!(server.taken().len(), 2, "it had arrived, which is why nobody can know");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs aiosmtpd (.ci/run installs it)"]
async fn ten_seconds_are_all_that_is_waited() {
    let server = Real::open("none", false);
    let mailer = server.mailer("smtp://127.0.0.1:PORT", false);
    let began = Instant::now();
    let (slow, silent) = (mail_to(&["slow@a.example.com"]), mail_to(&["silent@a.example.com"]));
    let (slow, silent) = tokio::join!(mailer.send(ERRAND, &slow), mailer.send(ERRAND, &silent));
    let took = began.elapsed();
    transient(slow, "응답이 없습니다");
    unknown(silent, "이미 갔을 수 있습니다");
    assert!(took > Duration::from_secs(9) && took < Duration::from_secs(13), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs aiosmtpd (.ci/run installs it)"]
async fn passwords_and_certificates() {
    let mail = mail_to(&["ops@hanbit.example.com"]);
    for (tls, url) in [
        ("starttls", "smtp://coc%40example.com:PASSWORD@localhost:PORT?tls=required"),
        ("whole", "smtps://coc%40example.com:PASSWORD@localhost:PORT"),
    ] {
        let server = Real::open(tls, true);
        let right = url.replace("PASSWORD", WRITTEN);
        let mailer = server.mailer(&right, true);
        mailer.probe().await.unwrap();
        mailer.send(ERRAND, &mail).await.unwrap();
        let taken = server.taken();
        assert_eq!(
            (&taken[0]["tls"], &taken[0]["user"]),
            (&json!(true), &json!("coc@example.com"))
        );
        let wrong = server.mailer(&url.replace("PASSWORD", "other"), true);
        transient(wrong.send(ERRAND, &mail).await, "로그인이 거절되었습니다 (535 5.7.8)");
        transient(wrong.probe().await, "로그인이 거절되었습니다");
        let nobody = url.replace("coc%40example.com:PASSWORD@", "");
        transient(server.mailer(&nobody, true).send(ERRAND, &mail).await, "로그인이 필요");
        transient(server.mailer(&right, false).send(ERRAND, &mail).await, "인증서를 믿을 수");
        transient(server.mailer(&right, false).probe().await, "인증서를 믿을 수");
        // the certificate is for a name, not for whoever answers there
        let elsewhere = right.replace("localhost", "127.0.0.1");
        transient(server.mailer(&elsewhere, true).send(ERRAND, &mail).await, "인증서를 믿을 수");
        assert_eq!(server.taken().len(), 1);
    }
    // TLS where there is none, and none where there is TLS
    let plain = Real::open("none", false);
    let mailer = plain.mailer("smtps://localhost:PORT", true);
    transient(mailer.send(ERRAND, &mail).await, "TLS 연결을 맺지 못했습니다");
    let whole = Real::open("whole", false);
    let address: SocketAddr = ([127, 0, 0, 1], whole.port).into();
    let mailer = quick(&format!("smtp://{address}"));
    transient(mailer.send(ERRAND, &mail).await, "");
}
