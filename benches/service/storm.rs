//! A storm of alarms over `/hooks/sns`, each really signed, while somebody else has an urgent request: what the answers take, when the
//! cards stand, and that nothing is lost.

use crate::scene::{Bot, Line, StandIn};
use crate::sns::{self, Sns, TOPIC};
use crate::{millis, quantile, rounded};
use chrono::Utc;
use coc::domain::change::Change;
use coc::domain::errand::{ErrandKind, Outcome};
use coc::domain::input::Input;
use coc::domain::time::Time;
use coc::journal::Record;
use coc::ports::Clock;
use coc::sandbox::workspace::{Author, Typing};
use coc::service::WallClock;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// So many deliveries are under way at once.
const CONNECTIONS: usize = 16;
/// The desk has done everything when nothing changes in Slack for so long: a post waits no longer than a second for its turn.
const QUIET: Duration = Duration::from_secs(5);
/// Far more than any storm takes: one that does not end is a mistake.
const PATIENCE: Duration = Duration::from_secs(600);
/// Whose urgent request comes in the middle of it.
const OTHER: &str = "한빛전자";

/// What a storm is made of.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Of twenty alarms of a customer one is L3, five are L2 and the others L1.
    Mixed,
    /// L1 throughout, but for one L3 in the middle.
    OneAmongMany,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Mixed => "mixed",
            Self::OneAmongMany => "one L3 among L1",
        }
    }

    /// The level of the nth alarm of `count` over so many customers.
    const fn level(self, nth: usize, count: usize, customers: usize) -> &'static str {
        match self {
            Self::Mixed => match nth / customers % 20 {
                // the third is of the second's metric, and joins the incident
                3 | 5 | 12 | 13 | 16 => "L2",
                10 => "L3",
                _ => "L1",
            },
            Self::OneAmongMany if nth == count / 2 => "L3",
            Self::OneAmongMany => "L1",
        }
    }

    /// Which customers get a card.
    fn carded(self, count: usize, customers: usize) -> BTreeSet<String> {
        let all = 0..count;
        let rings = all.filter(|nth| self.level(*nth, count, customers) == "L3");
        rings.map(|nth| customer(nth % customers)).collect()
    }
}

fn customer(nth: usize) -> String {
    format!("시험고객{:02}", nth + 1)
}

fn account(nth: usize) -> String {
    format!("3200000{nth:05}")
}

/// A data folder of its own: the shipped guide, the topic, and made-up MSP customers.
fn data(folder: &Path, customers: usize) -> PathBuf {
    let data = folder.join("data");
    std::fs::create_dir_all(&data).unwrap();
    let mut text = String::from(
        "name,aliases,grade,important,ts_primary,ts_backup,sa_primary,sa_backup,csr,accounts,emails,phones,guardduty_agreed,environment_rule,comment\n",
    );
    for nth in 0..customers {
        let (name, account) = (customer(nth), account(nth));
        text.push_str(&format!(
            "{name},,MSP,,가온별,사랑빈,하늘솔,노을찬,유가람,{account},ops{nth}@storm.example.com,010-0000-2001,,,\n"
        ));
    }
    text.push_str(&format!(
        "{OTHER},,일반,,,,하늘솔,,오하라,123456789012,ops@hanbit.example.com,010-0000-2001,,,\n"
    ));
    std::fs::write(data.join("customers.csv"), text).unwrap();
    std::fs::write(data.join("guide.txt"), include_str!("../../data/guide.txt")).unwrap();
    std::fs::write(data.join("policy.toml"), format!("[intake]\ntopics = [\"{TOPIC}\"]\n"))
        .unwrap();
    data
}

fn alarm(nth: usize, of: usize, level: &str) -> String {
    let (name, instance) = (format!("[{level}] prod-{} CPU", nth % 7), format!("i-{:04}", nth % 7));
    let at = Utc::now().format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string();
    sns::alarm(&account(of), &name, &instance, &at)
}

/// Requests as they go over the wire, signed beforehand: the sender's own work is not what is measured.
fn requests(kind: Kind, count: usize, customers: usize, sns: &Sns) -> Vec<Vec<u8>> {
    let made = (0..count).map(|nth| {
        let of = nth % customers;
        let text = alarm(nth, of, kind.level(nth, count, customers));
        let now = Utc::now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let body =
            sns.signed(sns.notification(&format!("storm-{nth}"), &now, None, &text), 2).to_string();
        let length = body.len();
        format!(
            "POST /hooks/sns HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain; charset=UTF-8\r\n\
             x-amz-sns-message-type: Notification\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    });
    made.collect()
}

/// One alarm's way.
struct Sample {
    nth: usize,
    sent: Time,
    took: Duration,
}

async fn send(bot: SocketAddr, requests: Arc<Vec<Vec<u8>>>, next: Arc<AtomicUsize>) -> Vec<Sample> {
    let mut line = TcpStream::connect(bot).await.unwrap();
    line.set_nodelay(true).unwrap();
    let (mut samples, mut answer) = (Vec::new(), Vec::new());
    loop {
        let nth = next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = requests.get(nth) else { return samples };
        let (sent, began) = (WallClock.now(), Instant::now());
        line.write_all(request).await.unwrap();
        answer.clear();
        // the answer has no body
        while !answer.ends_with(b"\r\n\r\n") {
            assert!(line.read_buf(&mut answer).await.unwrap() > 0, "the bot hung up");
        }
        samples.push(Sample { nth, sent, took: began.elapsed() });
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    }
}

/// The bot's own message in a channel: when it was posted, how it reads, and whether a customer's call is asked for on it.
struct Seen {
    at: Time,
    text: String,
    in_thread: bool,
    card: bool,
}

fn seen(slack: &StandIn) -> Vec<Seen> {
    let workspace = slack.workspace.lock().unwrap();
    let mut seen = Vec::new();
    for channel in workspace.channels().filter(|channel| channel.direct_with.is_none()) {
        for message in workspace.messages(&channel.id).filter(|one| one.author == Author::Bot) {
            seen.push(Seen {
                at: message.at.ts.time().unwrap(),
                text: workspace.words(&message.text, &message.blocks),
                in_thread: message.thread.is_some(),
                card: workspace.buttons(&message.at).iter().any(|button| button.label == "연결됨"),
            });
        }
    }
    seen
}

/// What a storm came to.
struct Run {
    answers: Vec<Duration>,
    whole: Duration,
    /// From sending the L3 in the middle until its card stood; `None` of a mixed storm.
    l3: Option<Duration>,
    first_card: Duration,
    last_card: Duration,
    rung: Duration,
    cards: usize,
    posts: usize,
    updates: usize,
    memory: [f64; 3],
}

/// Both kinds of storm.
pub(crate) async fn measure(count: usize, customers: usize) {
    println!(
        "\n{count} alarms over {customers} MSP customers, signed, over {CONNECTIONS} connections; one run each, with a fresh journal\n"
    );
    println!(
        "| storm | all answered after, s | alarms/s | p50, ms | p99, ms | the L3's card after, s | first / last card after, s | \
         first rung of another's urgent request after, s | cards | posts | updates | resident before / after / most, MB |"
    );
    println!("|-|-|-|-|-|-|-|-|-:|-:|-:|-|");
    for kind in [Kind::Mixed, Kind::OneAmongMany] {
        row(kind, &storm(kind, count, customers).await);
    }
}

fn row(kind: Kind, run: &Run) {
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = run.answers.len() as f64 / run.whole.as_secs_f64();
    let seconds = |time: Duration| rounded(time.as_secs_f64());
    let [before, after, most] = run.memory.map(rounded);
    println!(
        "| {} | {} | {} | {} | {} | {} | {} / {} | {} | {} | {} | {} | {before} / {after} / {most} |",
        kind.name(),
        seconds(run.whole),
        rounded(rate),
        rounded(millis(quantile(&run.answers, 0.5))),
        rounded(millis(quantile(&run.answers, 0.99))),
        run.l3.map_or_else(|| "–".to_owned(), seconds),
        seconds(run.first_card),
        seconds(run.last_card),
        seconds(run.rung),
        run.cards,
        run.posts,
        run.updates,
    );
}

async fn storm(kind: Kind, count: usize, customers: usize) -> Run {
    let slack = Arc::new(StandIn::open().await);
    let sns = Sns::open().await;
    let folder = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    let (data, state) = (data(folder.path(), customers), folder.path().join("state"));
    std::fs::create_dir(&state).unwrap();
    let bot = {
        let (data, state, slack, host) =
            (data.clone(), state.clone(), slack.address, sns.url.clone());
        let start =
            move || Bot::start_with(&data, &state, slack, Line::Socket, &[("COC_SNS_HOST", &host)]);
        Arc::new(tokio::task::spawn_blocking(start).await.unwrap())
    };
    let opened = Instant::now();
    while slack.sandbox.sockets() == 0 {
        assert!(opened.elapsed() < PATIENCE, "the bot opens no socket");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let requests = Arc::new(requests(kind, count, customers, &sns));
    let before = bot.memory("VmRSS");
    let next = Arc::new(AtomicUsize::new(0));
    let (from, began) = (WallClock.now(), Instant::now());
    let mut senders = JoinSet::new();
    for _ in 0..CONNECTIONS {
        senders.spawn(send(bot.address, Arc::clone(&requests), Arc::clone(&next)));
    }
    while next.load(Ordering::Relaxed) < count / 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let asked = ask(&slack);
    let samples: Vec<Sample> = senders.join_all().await.into_iter().flatten().collect();
    let whole = began.elapsed();
    until_quiet(&slack, kind.carded(count, customers).len()).await;
    let memory = [before, bot.memory("VmRSS"), bot.memory("VmHWM")];
    Arc::into_inner(bot).unwrap().stop();

    let seen = seen(&slack);
    let updates = nothing_is_lost(&data, &state, count);
    let cards = cards(&seen, &kind.carded(count, customers));
    let since = |from: Time, to: Time| (to - from).to_std().unwrap_or_default();
    let rung =
        seen.iter().find(|one| one.text.contains("긴급 티켓입니다") && one.text.contains(OTHER));
    let rung = rung.unwrap_or_else(|| panic!("nobody was called for {OTHER}")).at;
    let l3 = match kind {
        Kind::Mixed => None,
        Kind::OneAmongMany => {
            let sent = samples.iter().find(|one| one.nth == count / 2).unwrap().sent;
            cards.values().next().map(|at| since(sent, *at))
        }
    };
    let mut answers: Vec<Duration> = samples.iter().map(|one| one.took).collect();
    answers.sort_unstable();
    Run {
        answers,
        whole,
        l3,
        first_card: since(from, *cards.values().min().unwrap()),
        last_card: since(from, *cards.values().max().unwrap()),
        rung: since(asked, rung),
        cards: cards.len(),
        posts: seen.len(),
        updates,
        memory,
    }
}

/// A CSR of another customer asks for an urgent ticket. When that was.
fn ask(slack: &StandIn) -> Time {
    let now = WallClock.now();
    let text = format!(
        "@COC [긴급티켓배정요청] 고객사: {OTHER} / 티켓: https://support.example.com/agent/tickets/4242"
    );
    let told = {
        let mut workspace = slack.workspace.lock().unwrap();
        let csr = workspace.user_named("오하라").unwrap().id.clone();
        let general = workspace.channel_named("general").unwrap().id.clone();
        workspace.say(now, &csr, &general, None, &text, Typing::Plain).unwrap().1
    };
    slack.sandbox.deliver(told);
    now
}

/// Until all cards stand and nothing in Slack has changed for a while.
async fn until_quiet(slack: &StandIn, cards: usize) {
    let began = Instant::now();
    let (mut last, mut changed) = (String::new(), Instant::now());
    loop {
        let seen = seen(slack);
        let now: String = seen.iter().map(|one| format!("{}{}\n", one.at, one.text)).collect();
        if now != last {
            (last, changed) = (now, Instant::now());
        }
        let stand = seen.iter().filter(|one| one.card).count();
        if stand >= cards && changed.elapsed() > QUIET {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{stand} of {cards} cards stand");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// When each customer's card stood: every customer has exactly one, and nobody else has any.
fn cards(seen: &[Seen], expected: &BTreeSet<String>) -> BTreeMap<String, Time> {
    let mut cards = BTreeMap::new();
    for card in seen.iter().filter(|one| one.card) {
        assert!(!card.in_thread, "{}", card.text);
        let whose = expected.iter().find(|name| card.text.contains(&format!("[{name}]")));
        let whose = whose.unwrap_or_else(|| panic!("nobody's card: {}", card.text));
        assert_eq!(cards.insert(whose.clone(), card.at), None, "two cards of {whose}");
    }
    assert_eq!(cards.len(), expected.len(), "customers without a card");
    cards
}

/// Every alarm is in the journal, once. How many updates of messages were made.
fn nothing_is_lost(data: &Path, state: &Path, count: usize) -> usize {
    let mut export = std::process::Command::new(env!("CARGO_BIN_EXE_coc"));
    export.env_clear().arg("--data").arg(data).arg("--state").arg(state);
    let exported = export.args(["journal", "export"]).output().unwrap();
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let text = String::from_utf8(exported.stdout).unwrap();
    let (mut keys, mut owed, mut updates) = (Vec::new(), BTreeSet::new(), 0);
    for line in text.lines() {
        let record: Record = serde_json::from_str(line).unwrap();
        for change in &record.changes {
            if let Change::Owed(errand) = change
                && matches!(errand.kind, ErrandKind::Update { .. })
            {
                owed.insert(errand.id);
            }
        }
        if let Input::Notice(notice) = &record.input {
            keys.push(notice.key.clone());
        }
        if let Input::Settled { errand, outcome: Outcome::Done } = &record.input
            && owed.contains(errand)
        {
            updates += 1;
        }
    }
    keys.sort();
    let mut expected: Vec<String> = (0..count).map(|nth| format!("sns:storm-{nth}")).collect();
    expected.sort();
    assert_eq!(keys, expected, "every alarm once");
    updates
}
