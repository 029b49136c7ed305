//! Nights in which the process is killed by signal 9 again and again, at moments that are drawn from a seed, while people ask, accept,
//! pass, mend, acknowledge and go on leave. What people see in the end is a night like any other.
//!
//! `COC_KILLS` says how many kills (20; `.ci/run`: 100), `COC_SEED` from which seed (a fresh one each time). A failure names the
//! command that repeats it: the same deeds and the same moments of the kills are drawn again.

#![expect(clippy::print_stderr, reason = "what is drawn is told")]
#![expect(clippy::wildcard_enum_match_arm, reason = "one change of many is looked for")]

use crate::scene::{Scene, chain, reached};
use coc::domain::change::Change;
use coc::domain::errand::Anchor;
use coc::domain::ids::{ChannelId, MessageRef, SlackUser, Ts};
use coc::domain::time::Time;
use coc::ports::Clock;
use coc::replay::journal::read;
use coc::sandbox::workspace::{Author, Delivery, Message, Pick, PressOn, Typing, Workspace};
use coc::service::{WallClock, today};
use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::task::JoinSet;

/// Nights beside each other: most of a night is waiting.
const AT_ONCE: usize = 3;
/// Kills of one night.
const A_NIGHT: u64 = 10;
/// Rungs are short, so that a night has many.
const POLICY: &str = "phone = \"desk\"\n[chain]\nrung = \"1s\"\n";

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// How many kills were asked for.
fn kills() -> u64 {
    number("COC_KILLS").unwrap_or(20)
}

/// Tells how to repeat it, if it ends in a panic.
struct Repeat {
    seed: u64,
    kills: u64,
    test: &'static str,
}

impl Drop for Repeat {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { seed, kills, test } = self;
            eprintln!(
                "to repeat: COC_SEED={seed} COC_KILLS={kills} cargo test --locked --test end_to_end -- --exact {test}"
            );
        }
    }
}

/// xorshift64*: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn upto(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) % n
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.upto(all.len() as u64)).unwrap()]
    }
}

/// One after another, unless one is asked for.
fn first_seed() -> u64 {
    number("COC_SEED").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::try_from(now.as_millis()).unwrap() % 1_000_000_000
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nights_of_kills_look_like_any_other() {
    let (kills, first, begun) = (kills(), first_seed(), Instant::now());
    let nights = kills.div_ceil(A_NIGHT);
    let mut under_way = JoinSet::new();
    let mut failed = 0;
    for nth in 0..nights {
        if under_way.len() == AT_ONCE {
            failed += u64::from(under_way.join_next().await.unwrap().is_err());
        }
        let tonight = A_NIGHT.min(kills - nth * A_NIGHT);
        under_way.spawn(night(first + nth, tonight));
    }
    while let Some(ended) = under_way.join_next().await {
        failed += u64::from(ended.is_err());
    }
    eprintln!("kills: {kills} kills in {nights} nights in {:.1?}", begun.elapsed());
    assert_eq!(failed, 0, "nights that were not like any other; each says how to repeat it");
}

async fn night(seed: u64, kills: u64) {
    let _repeat = Repeat { seed, kills, test: "kills::nights_of_kills_look_like_any_other" };
    let begun = Instant::now();
    let mut night = Night::begin(seed).await;
    night.go_by(kills).await;
    night.end().await;
    let moments = night.moments;
    eprintln!("kills: seed {seed}: {kills} kills ({moments}) in {:.1?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_all_along_a_chain_nobody_is_skipped_and_nobody_mentioned_twice() {
    let (kills, seed) = (kills().min(20), first_seed());
    let test = "kills::killed_all_along_a_chain_nobody_is_skipped_and_nobody_mentioned_twice";
    let _repeat = Repeat { seed, kills, test };
    eprintln!("kills: seed {seed}: {kills} kills along a chain");
    let mut night = Night::with(seed, Vec::new()).await;
    night.scene.request();
    night.scene.start();
    night.go_by(kills).await;
    let alarm = "모두 연락되지 않았습니다";
    let alarms = |scene: &Scene| scene.posts().iter().filter(|post| post.1.contains(alarm)).count();
    night.scene.until(Duration::from_secs(90), "the chain ends", |s| alarms(s) == 2).await;
    night
        .scene
        .until(Duration::from_secs(30), "all are passed", |s| passed(&s.posts()) == chain().len())
        .await;
    night.stop().await;
    let posts = night.scene.posts();
    assert_eq!(reached(&posts), chain(), "each once, in order: {posts:#?}");
    assert_eq!(passed(&posts), chain().len(), "each passing on is told once: {posts:#?}");
    assert_eq!(alarms(&night.scene), 2, "once in g, once in n: {posts:#?}");
    night.nothing_stands_twice();
}

fn passed(posts: &[(MessageRef, String, Vec<String>)]) -> usize {
    posts.iter().filter(|(_, said, _)| said.starts_with('⏭')).count()
}

/// How somebody takes a request, or acknowledges a notice.
#[derive(Clone, Copy, Debug)]
enum Way {
    Button,
    Reaction,
    Reply,
}
const WAYS: [Way; 3] = [Way::Button, Way::Reaction, Way::Reply];

/// What people mean to do; each does it when the time has come, and again while it shows no effect and a person would do it again.
#[derive(Debug)]
enum Will {
    /// A CSR asks; without the ticket, which is added later, if `lacks`.
    Ask { request: usize },
    /// The CSR adds the ticket.
    Mend { request: usize },
    /// COC says of the person of a rung that nobody is there, or the person refuses.
    Pass { request: usize, rung: usize, by_coc: bool },
    /// The person of a rung takes it.
    Take { request: usize, rung: usize, way: Way },
    /// COC assigns a ticket: by a written notice, or by `/assign`.
    Assign { ticket: u64, who: &'static str, written: bool },
    /// The assignee acknowledges.
    Acknowledge { ticket: u64, who: &'static str, way: Way },
    /// Somebody enters an absence.
    Leave { who: &'static str },
}

#[derive(Debug)]
struct Intent {
    will: Will,
    /// Not before, counted from the night's beginning.
    after: Duration,
    last: Option<Instant>,
    done: bool,
}

#[derive(Debug, Default)]
struct Request {
    ticket: u64,
    lacks: bool,
    at: Option<MessageRef>,
    /// The bot was away when the person of the newest rung took it, or accepted by words that are read back: nobody is reached after.
    taken_away: Option<Time>,
}

struct Night {
    scene: Scene,
    /// Draws what people mean to do, and the moments of the kills: the same whenever the seed is the same.
    dice: Dice,
    /// Draws whose turn it is, as often as the machine lets people act.
    turns: Dice,
    begun: Instant,
    requests: Vec<Request>,
    intents: Vec<Intent>,
    /// How many kills fell where.
    moments: Moments,
    notices: Vec<(u64, Option<MessageRef>)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    in_start: u64,
    after_call: u64,
    anywhere: u64,
}

impl std::fmt::Display for Moments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { in_start, after_call, anywhere } = self;
        write!(f, "{in_start} while starting, {after_call} right after a call, {anywhere} anywhere")
    }
}

impl Night {
    async fn with(seed: u64, requests: Vec<Request>) -> Self {
        let scene = Scene::set(POLICY).await;
        Self {
            scene,
            dice: Dice::new(seed),
            turns: Dice::new(!seed),
            begun: Instant::now(),
            requests,
            intents: Vec::new(),
            moments: Moments::default(),
            notices: Vec::new(),
        }
    }

    /// A night with two or three chains, one of which may lack its ticket at first, two assignments and an absence.
    async fn begin(seed: u64) -> Self {
        let mut night = Self::with(seed, Vec::new()).await;
        let chains = 2 + night.dice.upto(2);
        for nth in 0..chains {
            let request = night.requests.len();
            let lacks = nth == 1 && night.dice.upto(2) == 0;
            night.requests.push(Request { ticket: 4242 + nth, lacks, ..Request::default() });
            night.intend(Will::Ask { request }, 5000);
            if lacks {
                night.intend(Will::Mend { request }, 6000);
            }
            let rung = usize::try_from(night.dice.upto(5)).unwrap();
            let way = night.dice.of(&WAYS);
            night.intend(Will::Take { request, rung, way }, 0);
            if rung > 0 && night.dice.upto(2) == 0 {
                let by_coc = night.dice.upto(2) == 0;
                night.intend(Will::Pass { request, rung: rung - 1, by_coc }, 0);
            }
        }
        for (ticket, who, written) in [(4301, "마루한", true), (4302, "자람우", false)] {
            night.intend(Will::Assign { ticket, who, written }, 6000);
            let way = night.dice.of(&[Way::Reaction, Way::Reply]);
            night.intend(Will::Acknowledge { ticket, who, way }, 0);
            night.notices.push((ticket, None));
        }
        night.intend(Will::Leave { who: "타래은" }, 6000);
        night.scene.start();
        night
    }

    fn intend(&mut self, will: Will, within: u64) {
        let after = Duration::from_millis(self.dice.upto(within.max(1)));
        self.intents.push(Intent { will, after, last: None, done: false });
    }

    /// The process is killed so often, and started again.
    async fn go_by(&mut self, kills: u64) {
        for _ in 0..kills {
            match self.dice.upto(3) {
                0 => {
                    let moment = self.dice.upto(250);
                    self.live(Duration::from_millis(moment)).await;
                    self.moments.in_start += 1;
                }
                1 => {
                    let calls = self.calls();
                    let patience = Instant::now() + Duration::from_millis(2500);
                    while self.calls() == calls && Instant::now() < patience {
                        self.act(true);
                        // closer than a timer: the effect is there, its outcome hardly on disk
                        let look = Instant::now() + Duration::from_millis(50);
                        tokio::task::block_in_place(|| {
                            while self.calls() == calls && Instant::now() < look {
                                std::thread::sleep(Duration::from_micros(100));
                            }
                        });
                    }
                    self.moments.after_call += 1;
                }
                _ => {
                    let moment = 100 + self.dice.upto(1400);
                    self.live(Duration::from_millis(moment)).await;
                    self.moments.anywhere += 1;
                }
            }
            self.scene.kill();
            for _ in 0..self.dice.upto(3) {
                self.act(false);
            }
            let away = Duration::from_millis(self.dice.upto(400));
            tokio::time::sleep(away).await;
            self.scene.start();
        }
    }

    /// People go on while the bot is up.
    async fn live(&mut self, length: Duration) {
        let until = Instant::now() + length;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            self.act(true);
            tokio::time::sleep(left.min(Duration::from_millis(40))).await;
        }
    }

    /// What the bot did to the workspace so far: posts, the newest change of one, answers to one person.
    fn calls(&self) -> (usize, Option<Ts>, usize) {
        let workspace = self.scene.workspace.lock().unwrap();
        let own = [&self.scene.general, &self.scene.noti].into_iter().flat_map(|channel| {
            workspace.messages(channel).filter(|message| matches!(message.author, Author::Bot))
        });
        let (mut posts, mut changed) = (0, None);
        for message in own {
            posts += 1;
            changed = changed.max(message.edited.as_ref().map(|(_, at)| at.clone()));
        }
        (posts, changed, workspace.ephemerals().len())
    }

    /// One of those who mean to do something does it, if the time has come.
    fn act(&mut self, up: bool) {
        let most = self.intents.len() as u64;
        if most == 0 {
            return;
        }
        let from = usize::try_from(self.turns.upto(most)).unwrap();
        for nth in (from..self.intents.len()).chain(0..from) {
            let due = self.begun.elapsed() >= self.intents[nth].after;
            let again =
                self.intents[nth].last.is_none_or(|last| last.elapsed() > Duration::from_secs(4));
            if !self.intents[nth].done && due && again && self.attempt(nth, up) {
                return;
            }
        }
    }

    /// Lets somebody do something. Events of people are told to the bot; while it is away, some of them are not.
    fn person<T>(
        &mut self,
        up: bool,
        act: impl FnOnce(&mut Workspace, Time) -> (T, Vec<Delivery>),
    ) -> T {
        let told = up || self.turns.upto(2) == 0;
        let (value, deliveries) = act(&mut self.scene.workspace.lock().unwrap(), WallClock.now());
        if told {
            self.scene.sandbox.deliver(deliveries);
        }
        value
    }

    fn user(&self, name: &str) -> SlackUser {
        self.scene.workspace.lock().unwrap().user_named(name).unwrap().id.clone()
    }

    fn say(
        &mut self,
        up: bool,
        by: &SlackUser,
        channel: &ChannelId,
        under: Option<&MessageRef>,
        text: &str,
    ) -> MessageRef {
        let (by, channel, text) = (by.clone(), channel.clone(), text.to_owned());
        let thread = under.map(|root| root.ts.clone());
        self.person(up, |workspace, now| {
            workspace.say(now, &by, &channel, thread.as_ref(), &text, Typing::Plain).unwrap()
        })
    }

    fn react(&mut self, up: bool, by: &SlackUser, to: &MessageRef) {
        let emoji = self.turns.of(&["white_check_mark", "+1", "eyes"]);
        self.person(up, |workspace, now| ((), workspace.react(now, by, to, emoji).unwrap()));
    }

    /// Presses a button if it is there. What is pressed while the bot is away is told to nobody for long.
    fn press(&mut self, up: bool, by: &SlackUser, on: &MessageRef, button: &str) -> bool {
        self.person(up, |workspace, now| {
            match workspace.press(now, by, PressOn::Message(on), Pick::Label(button)) {
                Ok(told) => (true, vec![told]),
                Err(_) => (false, Vec::new()),
            }
        })
    }

    /// Does what is meant, or finds that it is done. `false`: not yet.
    fn attempt(&mut self, nth: usize, up: bool) -> bool {
        let first = self.intents[nth].last.is_none();
        let (csr, coc) = (self.scene.csr.clone(), self.scene.coc.clone());
        let mut done = false;
        match self.intents[nth].will {
            Will::Ask { request } => {
                let Request { ticket, lacks, .. } = self.requests[request];
                let text = asked(ticket, !lacks);
                let general = self.scene.general.clone();
                self.requests[request].at = Some(self.say(up, &csr, &general, None, &text));
                done = true;
            }
            Will::Mend { request } => {
                let Some(at) = self.requests[request].at.clone() else { return false };
                let text = asked(self.requests[request].ticket, true);
                self.person(up, |workspace, now| {
                    ((), workspace.edit(now, &csr, &at, &text, Typing::Plain).unwrap())
                });
                done = true;
            }
            Will::Pass { request, rung, by_coc } => {
                let Some((at, who)) = self.rungs(request).get(rung).cloned() else { return false };
                let (by, button) =
                    if by_coc { (coc, "부재") } else { (self.user(&who), "거절") };
                // it is over when the rung is, by this or otherwise
                done = self.is_taken(request) || !self.press(up, &by, &at, button);
            }
            Will::Take { request, rung, way } => {
                if self.is_taken(request) {
                    done = true;
                } else {
                    let rungs = self.rungs(request);
                    let Some((at, who)) = rungs.get(rung).cloned() else { return false };
                    let by = self.user(&who);
                    let root = self.requests[request].at.clone().unwrap();
                    match way {
                        // whoever sees no answer presses the button
                        Way::Button => _ = self.press(up, &by, &at, "수락"),
                        Way::Reaction | Way::Reply if !first => {
                            _ = self.press(up, &by, &at, "수락");
                        }
                        Way::Reaction => self.react(up, &by, &at),
                        Way::Reply => {
                            let general = self.scene.general.clone();
                            self.say(up, &by, &general, Some(&root), "제가 맡겠습니다");
                        }
                    }
                    let read_back = matches!(way, Way::Reaction | Way::Reply) && first;
                    if !up && read_back && rung + 1 == rungs.len() {
                        self.requests[request].taken_away = Some(WallClock.now());
                    }
                }
            }
            Will::Assign { ticket, who, written } => {
                let noti = self.scene.noti.clone();
                if written {
                    let text = format!("@{who} [한빛전자] 티켓 배정 [{}]", link(ticket));
                    let at = self.say(up, &coc, &noti, None, &text);
                    self.notices.iter_mut().find(|one| one.0 == ticket).unwrap().1 = Some(at);
                    done = true;
                } else if let Some(at) = self.notice(ticket) {
                    self.notices.iter_mut().find(|one| one.0 == ticket).unwrap().1 = Some(at);
                    done = true;
                } else if up {
                    let text = format!("한빛전자 {} @{who}", link(ticket));
                    self.slash(&coc, "/assign", &text);
                } else {
                    return false;
                }
            }
            Will::Acknowledge { ticket, who, way } => {
                let at = self.notices.iter().find(|one| one.0 == ticket).unwrap().1.clone();
                let Some(at) = at else { return false };
                if !self.thread(&at).iter().any(|said| said.contains("확인이 없으면")) {
                    return false;
                }
                let by = self.user(who);
                match way {
                    Way::Reply => {
                        let noti = self.scene.noti.clone();
                        self.say(up, &by, &noti, Some(&at), "확인했습니다");
                    }
                    Way::Reaction | Way::Button => self.react(up, &by, &at),
                }
                done = true;
            }
            Will::Leave { who } => {
                if self.scene.says(&format!("{who} 님 부재:")) {
                    done = true;
                } else if up {
                    let day = today() + chrono::TimeDelta::days(1);
                    let by = self.user(who);
                    self.slash(&by, "/leave", &format!("{day} ~ {day} 휴가"));
                } else {
                    return false;
                }
            }
        }
        self.intents[nth].last = Some(Instant::now());
        self.intents[nth].done = done;
        true
    }

    fn slash(&mut self, by: &SlackUser, command: &str, text: &str) {
        let noti = self.scene.noti.clone();
        self.person(true, |workspace, now| {
            ((), vec![workspace.slash(now, by, &noti, command, text, Typing::Plain).unwrap()])
        });
    }

    /// The bot's posts under a message, oldest first.
    fn under(&self, root: &MessageRef) -> Vec<(MessageRef, String, Vec<String>)> {
        let mut posts = self.scene.posts();
        let workspace = self.scene.workspace.lock().unwrap();
        posts.retain(|(at, _, _)| workspace.message(at).unwrap().root() == *root);
        posts
    }

    fn thread(&self, root: &MessageRef) -> Vec<String> {
        self.under(root).into_iter().map(|(_, said, _)| said).collect()
    }

    /// The rungs of a request: where each stands and whose it is.
    fn rungs(&self, request: usize) -> Vec<(MessageRef, String)> {
        let Some(root) = &self.requests[request].at else { return Vec::new() };
        let posts = self.under(root);
        let rungs = posts.into_iter().map(|post| {
            let who = reached(std::slice::from_ref(&post)).pop();
            who.map(|who| (post.0, who))
        });
        rungs.flatten().collect()
    }

    fn is_taken(&self, request: usize) -> bool {
        let root = self.requests[request].at.as_ref();
        root.is_some_and(|root| self.thread(root).iter().any(|said| said.contains("수락했습니다")))
    }

    /// Where the bot wrote the notice of a ticket.
    fn notice(&self, ticket: u64) -> Option<MessageRef> {
        let link = link(ticket);
        let posts = self.scene.posts();
        let mut notices = posts
            .into_iter()
            .filter(|(_, said, _)| said.contains("티켓 배정 [") && said.contains(&link));
        notices.next().map(|(at, _, _)| at)
    }

    /// Everybody does what is left to do; then the night is looked at.
    async fn end(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(90);
        while !self.intents.iter().all(|intent| intent.done) || !self.is_quiet() {
            let open: Vec<_> = self.intents.iter().filter(|intent| !intent.done).collect();
            assert!(
                Instant::now() < deadline,
                "the night does not end: {open:#?}\n{:#?}\n{:#?}",
                self.requests,
                self.scene.posts()
            );
            self.act(true);
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        let patience = Instant::now() + Duration::from_secs(5);
        while !self.asking().is_empty() && Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        self.stop().await;
        // one that was taken back while it was being posted, and then killed before that was heard of, is known to nobody
        let mut asking = self.asking();
        if !asking.is_empty() {
            let taken_back = self.taken_back();
            asking.retain(|(errand, _)| !taken_back.contains(errand));
        }
        assert!(asking.is_empty(), "a rung that is over asks on: {asking:#?}");
        for nth in 0..self.requests.len() {
            self.look_at_request(nth);
        }
        for (ticket, at) in &self.notices {
            let thread = self.thread(at.as_ref().unwrap());
            let told = |words: &str| thread.iter().filter(|said| said.contains(words)).count();
            assert_eq!(told("확인이 없으면"), 1, "ticket {ticket}: told once: {thread:#?}");
            assert_eq!(told("님 확인 ("), 1, "ticket {ticket}: acknowledged once: {thread:#?}");
        }
        let posts = self.scene.posts();
        let notices = posts.iter().filter(|(_, said, _)| said.contains("티켓 배정 [")).count();
        assert_eq!(notices, 1, "the notice that was not written by hand: {posts:#?}");
        let leaves = posts.iter().filter(|(_, said, _)| said.contains("님 부재:")).count();
        assert_eq!(leaves, 1, "one absence: {posts:#?}");
        self.nothing_stands_twice();
    }

    /// Everything that has to be said has been said.
    fn is_quiet(&self) -> bool {
        let taken = (0..self.requests.len()).all(|nth| self.is_taken(nth));
        taken
            && self.notices.iter().all(|(_, at)| {
                at.as_ref()
                    .is_some_and(|at| self.thread(at).iter().any(|said| said.contains("님 확인 (")))
            })
    }

    /// The rungs' posts that still ask for an answer, by errand.
    fn asking(&self) -> Vec<(String, String)> {
        let workspace = self.scene.workspace.lock().unwrap();
        let posts = workspace.messages(&self.scene.general);
        let worded = posts.map(|post| (errand(post), workspace.words(&post.text, &post.blocks)));
        let asking = worded.filter_map(|(errand, said)| Some((errand?, said)));
        asking.filter(|(_, said)| said.contains("긴급 티켓입니다")).collect()
    }

    /// What was taken back before it was known to stand.
    fn taken_back(&self) -> BTreeSet<String> {
        let mut dropped = BTreeSet::new();
        read(&self.scene.state(), |record| {
            dropped.extend(record.changes.iter().filter_map(|change| match change {
                Change::Dropped { errand } => Some(errand.to_string()),
                _ => None,
            }));
        })
        .unwrap();
        dropped
    }

    /// The post that was to reach somebody was taken back before it stood.
    fn rung_taken_back(&self, root: &MessageRef, who: &str) -> bool {
        let (user, thread) = (self.user(who), Some(Anchor::Message(root.ts.clone())));
        let mut owed = BTreeSet::new();
        read(&self.scene.state(), |record| {
            for change in &record.changes {
                let Change::Owed(errand) = change else { continue };
                let Some((place, message)) = errand.as_post() else { continue };
                let said = serde_json::to_string(message).unwrap();
                if place.thread == thread
                    && said.contains("긴급 티켓입니다")
                    && said.contains(user.as_str())
                {
                    owed.insert(errand.id.to_string());
                }
            }
        })
        .unwrap();
        owed.len() == 1 && owed.is_subset(&self.taken_back())
    }

    fn look_at_request(&self, nth: usize) {
        let request = &self.requests[nth];
        let root = request.at.as_ref().unwrap();
        let posts = self.under(root);
        let count = |fits: &dyn Fn(&str) -> bool| posts.iter().filter(|post| fits(&post.1)).count();
        assert_eq!(
            count(&|said| said.contains("긴급 대응을 시작합니다")),
            1,
            "answered once: {posts:#?}"
        );
        assert_eq!(count(&|said| said.contains("수락했습니다")), 1, "taken once: {posts:#?}");
        assert!(
            count(&|said| said.contains("티켓이 없습니다") || said.contains("티켓 링크가 없습니다"))
                <= 1,
            "asked once: {posts:#?}"
        );
        let reached = reached(&posts);
        assert_eq!(reached, chain()[..reached.len()], "each once, in order: {posts:#?}");
        // whoever is passed is told of once; the last one took it, or was reached when somebody before took it
        let said = posts.iter().map(|post| post.1.as_str());
        let passed: Vec<&str> = said.filter(|said| said.starts_with('⏭')).collect();
        // or whoever was passed took it after all, before the next one was reached: that post is taken back unseen
        let took_though_passed = passed.len() == reached.len();
        let ended = passed.len() + usize::from(!took_though_passed);
        assert_eq!(ended, reached.len(), "each passing on is told once: {posts:#?}");
        if took_though_passed {
            let next = chain()[reached.len()];
            assert!(self.rung_taken_back(root, next), "{next} is never reached: {posts:#?}");
        }
        for (who, said) in reached.iter().zip(&passed) {
            assert!(said.contains(&format!("{who} 님:")), "{who}: {said}\n{posts:#?}");
        }
        let taken = posts.iter().position(|post| post.1.contains("수락했습니다")).unwrap();
        let after = crate::scene::reached(&posts[taken..]);
        assert!(after.is_empty(), "nobody is reached after the acceptance: {posts:#?}");
        if let Some(away) = request.taken_away {
            let late: Vec<_> = posts
                .iter()
                .filter(|post| !crate::scene::reached(std::slice::from_ref(post)).is_empty())
                .filter(|post| post.0.ts.time().unwrap() > away)
                .collect();
            assert!(
                late.is_empty(),
                "reached after somebody took it at {away}: {late:#?}\n{posts:#?}"
            );
        }
    }

    /// An errand is one post at the most; and no two posts of a thread say the same.
    fn nothing_stands_twice(&self) {
        let workspace = self.scene.workspace.lock().unwrap();
        let (mut errands, mut said) = (BTreeSet::new(), BTreeSet::new());
        for channel in [&self.scene.general, &self.scene.noti] {
            for message in workspace.messages(channel) {
                if !matches!(message.author, Author::Bot) {
                    continue;
                }
                let id = errand(message).unwrap_or_else(|| panic!("of no errand: {message:?}"));
                assert!(errands.insert(id), "an errand that was posted twice: {message:#?}");
                let words = workspace.words(&message.text, &message.blocks);
                let same = (message.root(), words);
                assert!(!said.contains(&same), "said twice: {same:#?}");
                said.insert(same);
            }
        }
    }

    /// Stopped in order; then the journal is whole and tells the same night again.
    async fn stop(&mut self) {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let before = self.scene.posts().len();
        let status = self.scene.stop().await;
        assert!(status.success(), "{status}");
        assert_eq!(self.scene.posts().len(), before, "nothing was owed any more");
        for subcommand in [&["journal", "verify"][..], &["replay", "--json", "--journal"]] {
            let mut command = self.scene.command(subcommand);
            if subcommand[0] == "replay" {
                command.arg(self.scene.state());
            }
            let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            let wrong = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{subcommand:?}: {said}{wrong}");
            if subcommand[0] == "replay" {
                let told: serde_json::Value = serde_json::from_str(&said).unwrap();
                assert_eq!(told["same_state"], true, "{said}");
            }
        }
    }
}

/// The errand that posted a message.
fn errand(message: &Message) -> Option<String> {
    let id = message.metadata.as_ref()?.pointer("/event_payload/id")?;
    id.as_str().map(str::to_owned)
}

fn link(ticket: u64) -> String {
    format!("https://support.example.com/agent/tickets/{ticket}")
}

fn asked(ticket: u64, whole: bool) -> String {
    let ticket = if whole { format!(" / 티켓: {}", link(ticket)) } else { String::new() };
    format!("@COC [긴급티켓배정요청] 고객사: 한빛전자{ticket}")
}
