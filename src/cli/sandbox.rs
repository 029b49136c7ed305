//! `coc sandbox`: a practice workspace on this machine, with the real bot in it.

use super::books::{FolderLibrary, Overrides, load_checked};
use super::run::stop_asked;
use super::wiring::monitoring::practice;
use super::{Done, Failure, Folders, logs, out, values, wiring};
use crate::adapters::feeds::rss_items;
use crate::adapters::slack::api::{Api, Base, Settings, Token};
use crate::adapters::slack::chat::Slack;
use crate::domain::books::{ReadBooks, read_books};
use crate::domain::calendar::Calendar;
use crate::domain::case::Procedure;
use crate::domain::desk::{Desk, Due};
use crate::domain::errand::CallEvent;
use crate::domain::ids::{CaseId, ErrandId, Name, SlackUser};
use crate::domain::input::{Books, CustomerRecord, Input, Notice, TopicNews};
use crate::domain::policy::Admission;
use crate::domain::status::Source;
use crate::domain::time::{Time, seoul_at};
use crate::domain::words;
use crate::domain::words::ladders::{self, steps};
use crate::errands::Hands;
use crate::feeds::Watcher;
use crate::ingress::request::Now;
use crate::ingress::{Notices, Unavailable, eventbridge, socket};
use crate::journal::Sled;
use crate::ports::{Chat, Clock};
use crate::sandbox::backstage::{
    Backstage, BotTurn, ClockTurn, Monitored, OpenCase, Outside, PastCall, Ringing, Step, StepIs,
};
use crate::sandbox::furnish::furnished;
use crate::sandbox::offices::Offices;
use crate::sandbox::server::{Options, Sandbox};
use crate::sandbox::telephones::Telephones;
use crate::sandbox::workspace::Workspace;
use crate::service::{Handle, Intake, PracticeClock, Service, ServiceError, WallClock, today};
use crate::web::doors::Doors;
use crate::web::view::{BoardView, Story};
use crate::web::{self, Watched};
use anyhow::Context;
use async_trait::async_trait;
use axum::http::{HeaderMap, StatusCode};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::{Mutex as AsyncMutex, mpsc, watch};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 연습용 페이지의 주소 (예: 127.0.0.1:4003)
    #[arg(long, value_name = "ADDR", value_parser = values::address)]
    listen: Option<SocketAddr>,
    /// 시계를 이 시각에서 시작합니다 (예: "2025-08-05 22:00")
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    at: Option<Time>,
    /// 브라우저에서 페이지를 엽니다
    #[arg(long)]
    open: bool,
}

/// Where the page is unless `--listen` says otherwise; the next free port when it is taken.
const LISTEN: ([u8; 4], u16) = ([127, 0, 0, 1], 4003);

pub(crate) fn run(args: &Args, folders: &Folders) -> Done {
    logs::start("warn");
    let books = load_checked(folders, &Overrides::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("실행 환경을 만들 수 없습니다")?;
    runtime.block_on(practise(args, folders, books))
}

async fn practise(args: &Args, folders: &Folders, books: Books) -> Done {
    let mut stop = stop_asked()?;
    let listener = listener(args.listen).await?;
    let address = listener.local_addr().context("연습용 주소를 알 수 없습니다")?;
    let clock = Arc::new(StageClock::new(args.at.unwrap_or_else(|| WallClock.now())));
    let journal = JournalFolder::fresh(&folders.state)?;
    let workspace = Arc::new(Mutex::new(furnish(&books)?));
    let (telephones, happened) = Telephones::new(Arc::clone(&clock) as Arc<dyn Clock>);
    let offices = Arc::new(Offices::new(Arc::clone(&clock) as Arc<dyn Clock>));
    let stage = Arc::new(Stage {
        clock,
        offices,
        telephones: Arc::new(telephones),
        bot: AsyncMutex::new(None),
        handle: watch::Sender::new(None),
        cases: Mutex::new(Vec::new()),
        monitored: monitored(&books)?,
        books,
        data: folders.data.clone(),
        journal: journal.0.clone(),
        practices: AtomicU64::new(0),
        base: OnceLock::new(),
        // whoever practises stays in while the practice's clock is turned by days
        doors: wiring::board::practice(Arc::new(WallClock)).map_err(Failure::work)?,
    });
    stage.doors.open_at(&wiring::board::here(address));
    let scopes = crate::adapters::slack::api::scopes().into_iter().map(str::to_owned).collect();
    let options = Options { scopes, ..Options::default() };
    let sandbox = Sandbox::new(workspace, Arc::clone(&stage) as Arc<dyn Backstage>, options);
    let url = format!("http://{address}/");
    // the base is set once, here
    let _ = stage.base.set(format!("{url}api/"));
    let serving = tokio::spawn({
        let (sandbox, mut stop) = (sandbox.clone(), stop.clone());
        let clock = Arc::clone(&stage.clock);
        let now: Now = Arc::new(move || clock.now());
        let reception = || Reception(stage.handle.subscribe());
        let screen = Screen { reception: reception(), clock: Arc::clone(&stage.clock) };
        let hooks = practice(Arc::new(reception()), now)
            .merge(web::router(Arc::new(screen), Arc::clone(&stage.doors)));
        async move {
            let stopped = async move {
                let _ = stop.wait_for(|stop| *stop).await;
            };
            sandbox.serve_beside(hooks, listener, stopped).await
        }
    });
    tokio::spawn(tell_calls(Arc::clone(&stage), happened));
    tokio::spawn(watch_desk(Arc::clone(&stage), sandbox));
    stage.start().await?;
    stage.open_books(BTreeMap::new()).await?;
    out::text(&format!(
        "연습용 작업 공간이 열렸습니다: {url}\n\
         이 주소를 브라우저로 여십시오.\n\
         1. [예문 넣기]를 누르고 Enter를 누르면 긴급 요청이 시작됩니다. 준비된 장면은 [장면 고르기]에 있습니다.\n\
         2. 글 아래 답글을 열고, 전화를 받거나 ✅ 반응을 달거나 시계를 앞으로 돌려 봅니다.\n\
         끝내려면 Ctrl-C를 누르십시오. 연습 기록은 지워집니다."
    ))?;
    if args.open {
        open_browser(&url);
    }
    // a sender that is gone means the same
    let _ = stop.wait_for(|stop| *stop).await;
    stage.shut_down().await;
    serving.abort();
    Ok(())
}

async fn listener(wanted: Option<SocketAddr>) -> Result<TcpListener, Failure> {
    if let Some(address) = wanted {
        return TcpListener::bind(address).await.map_err(|error| {
            Failure::work(format!("{address}에서 페이지를 열 수 없습니다 ({error}). --listen으로 다른 주소를 알려 주십시오."))
        });
    }
    match TcpListener::bind(SocketAddr::from(LISTEN)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind(SocketAddr::from((LISTEN.0, 0))).await.map_err(|error| {
            Failure::work(format!("이 컴퓨터에서 페이지를 열 수 없습니다 ({error})."))
        }),
    }
}

fn open_browser(url: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    if let Err(error) = std::process::Command::new(opener).arg(url).spawn() {
        out::note(&format!("브라우저를 열지 못했습니다 ({error}). 주소를 직접 여십시오: {url}"));
    }
}

/// The practice journal: made for this practice, gone after it.
struct JournalFolder(PathBuf);

impl JournalFolder {
    fn fresh(state: &Path) -> Result<Self, Failure> {
        let folder = state.join(format!("sandbox-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| {
            Failure::work(format!("{}: 폴더를 만들 수 없습니다 ({error}).", folder.display()))
        })?;
        Ok(Self(folder))
    }
}

impl Drop for JournalFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "the practice journal was not removed");
        }
    }
}

/// The workspace that these books are about.
fn furnish(books: &Books) -> Result<Workspace, Failure> {
    Ok(furnished(&read(books)?))
}

fn read(books: &Books) -> Result<ReadBooks, Failure> {
    read_books(books, today())
        .map_err(|_| Failure::input("데이터 폴더를 읽을 수 없습니다. coc check로 확인해 주십시오."))
}

/// The customers with accounts.
fn monitored(books: &Books) -> Result<Vec<Monitored>, Failure> {
    let customers = read(books)?.customers.0;
    let watched = customers.into_iter().filter_map(|one| {
        let account = one.accounts.first()?.to_string();
        Some(Monitored { name: one.name.to_string(), account })
    });
    Ok(watched.collect())
}

/// The clock of the practice that goes on: a practice clock never goes back, but the next practice has another.
struct StageClock(Mutex<Arc<PracticeClock>>);

impl StageClock {
    fn new(at: Time) -> Self {
        Self(Mutex::new(Arc::new(PracticeClock::new(at))))
    }

    fn present(&self) -> Arc<PracticeClock> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another practice begins: the clock stands at `at`.
    fn begin_at(&self, at: Time) {
        let clock = PracticeClock::standing(at);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(clock);
    }
}

#[async_trait]
impl Clock for StageClock {
    fn now(&self) -> Time {
        self.present().now()
    }

    async fn sleep_until(&self, at: Option<Time>) {
        self.present().sleep_until(at).await;
    }
}

/// The bot and what surrounds it.
struct Stage {
    clock: Arc<StageClock>,
    telephones: Arc<Telephones>,
    offices: Arc<Offices>,
    bot: AsyncMutex<Option<Bot>>,
    handle: watch::Sender<Option<Handle>>,
    cases: Mutex<Vec<OpenCase>>,
    monitored: Vec<Monitored>,
    books: Books,
    data: PathBuf,
    journal: PathBuf,
    /// How many practices there were; each has a journal of its own.
    practices: AtomicU64,
    base: OnceLock<String>,
    /// Of the board.
    doors: Arc<Doors>,
}

/// The production bot, connected through the real Slack client.
struct Bot {
    service: Service,
    line: tokio::task::JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl Stage {
    async fn start(&self) -> Result<(), Failure> {
        let mut bot = self.bot.lock().await;
        if bot.is_some() {
            return Ok(());
        }
        let base: Base = self
            .base
            .get()
            .and_then(|base| base.parse().ok())
            .ok_or_else(|| Failure::work("연습용 주소가 정해지지 않았습니다."))?;
        let settings =
            |token: &str| Settings { base: base.clone(), ..Settings::new(Token::from(token)) };
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let began = clock.now();
        let chat = Slack::new(settings("xoxb-sandbox"), Arc::clone(&clock))
            .context("Slack 연결을 준비할 수 없습니다")?;
        let chat: Arc<dyn Chat> = Arc::new(chat);
        let hands = Hands {
            board: Some(Arc::clone(&self.doors) as _),
            chat: Arc::clone(&chat),
            phone: Some(Arc::clone(&self.telephones) as _),
            tickets: Some(Arc::clone(&self.offices) as _),
            mail: Some(Arc::clone(&self.offices) as _),
            library: Arc::new(FolderLibrary::new(&self.data)),
        };
        let store =
            Sled::open(&self.journal()).map_err(|error| Failure::work(error.to_string()))?;
        let mut service = Service::start(store, None, self.books.clone(), hands, None, clock)
            .await
            .map_err(|error| Failure::work(error.to_string()))?;
        if let Some(feeds) = wiring::feeds::feeds_of_practice() {
            service.watch_feeds(feeds);
        }
        let intake = Arc::new(Intake::new(service.handle(), chat, began));
        let api = Api::new(settings("xapp-sandbox")).context("Slack 연결을 준비할 수 없습니다")?;
        let (stop, stopped) = watch::channel(false);
        let line =
            tokio::spawn(socket::run(Arc::new(api), intake, socket::Settings::default(), stopped));
        self.handle.send_replace(Some(service.handle()));
        *bot = Some(Bot { service, line, stop });
        Ok(())
    }

    /// The journal of the practice that goes on.
    fn journal(&self) -> PathBuf {
        self.journal.join(self.practices.load(Ordering::Relaxed).to_string())
    }

    /// The support desk's counts and the customer record, as a replay gives them at its start.
    async fn open_books(&self, tickets: BTreeMap<Name, u32>) -> Result<(), Failure> {
        let (text, as_of) = (self.books.customers.clone(), self.clock.now());
        let record = CustomerRecord { text, as_of };
        let handle = self.handle.borrow().clone();
        if let Some(handle) = handle {
            let counted = handle.offer(vec![Input::Tickets(tickets), Input::Record(record)]).await;
            counted.map_err(|error| Failure::work(error.to_string()))?;
        }
        Ok(())
    }

    /// Gone between two instructions, as by signal 9.
    async fn kill(&self) {
        if let Some(bot) = self.bot.lock().await.take() {
            self.handle.send_replace(None);
            bot.line.abort();
            bot.service.kill().await;
        }
    }

    async fn shut_down(&self) {
        if let Some(bot) = self.bot.lock().await.take() {
            self.handle.send_replace(None);
            bot.stop.send_replace(true);
            if let Err(error) = bot.service.stop().await {
                tracing::warn!(%error, "the bot did not stop in order");
            }
            bot.line.abort();
        }
    }
}

/// Why nothing is taken while no bot runs.
const NOBODY_HEARS: &str =
    "봇이 꺼져 있어 받지 못했습니다. 봇을 다시 시작한 뒤 다시 보내 주십시오.";

/// What is posted to the practice's hooks goes to the bot that runs; while none does, the sender is to try again.
struct Reception(watch::Receiver<Option<Handle>>);

impl Reception {
    fn bot(&self) -> Result<Handle, Unavailable> {
        self.0.borrow().clone().ok_or(Unavailable)
    }
}

#[async_trait]
impl Notices for Reception {
    async fn notice(&self, notice: Notice) -> Result<(), Unavailable> {
        self.bot()?.notice(notice).await
    }

    async fn topic(&self, news: TopicNews) -> Result<(), Unavailable> {
        self.bot()?.topic(news).await
    }

    async fn admits(&self, topic: &str) -> Result<Admission, Unavailable> {
        Notices::admits(&self.bot()?, topic).await
    }

    async fn knows(&self, key: &str) -> Result<bool, Unavailable> {
        self.bot()?.knows(key).await
    }
}

/// The board shows the bot that runs; while none does, it says so and comes back by itself.
struct Screen {
    reception: Reception,
    clock: Arc<StageClock>,
}

impl Screen {
    fn bot(&self) -> Result<Handle, web::Gone> {
        self.reception.bot().map_err(|Unavailable| web::Gone)
    }
}

#[async_trait]
impl Watched for Screen {
    async fn board(&self) -> Result<BoardView, web::Gone> {
        Watched::board(&self.bot()?).await
    }

    async fn story(&self, id: CaseId) -> Result<Option<Story>, web::Gone> {
        self.bot()?.story(id).await
    }

    async fn admits(&self, user: &SlackUser) -> Result<Option<web::Admitted>, web::Gone> {
        Watched::admits(&self.bot()?, user).await
    }

    fn changes(&self) -> Result<watch::Receiver<u64>, web::Gone> {
        self.bot()?.changes()
    }

    fn now(&self) -> Time {
        self.clock.now()
    }
}

/// What happens on telephones is told to the bot that runs; while none does, it is not.
async fn tell_calls(
    stage: Arc<Stage>,
    mut happened: mpsc::UnboundedReceiver<(ErrandId, CallEvent)>,
) {
    while let Some((call, event)) = happened.recv().await {
        let handle = stage.handle.borrow().clone();
        if let Some(handle) = handle
            && let Err(error) = telephoned(&handle, call, event).await
        {
            tracing::warn!(%error, "a telephone's event was not taken");
        }
    }
}

/// The voice names one thing after the other, and what is pressed for one is pressed for all that the call is still about.
async fn telephoned(handle: &Handle, call: ErrandId, event: CallEvent) -> Result<(), ServiceError> {
    let reference = Telephones::reference(call);
    let mut next = Some(call);
    while let Some(call) = next {
        handle.offer(vec![Input::Phone { call, event }]).await?;
        let reference = reference.clone();
        let others = handle.look(move |desk| desk.calls_of(&reference).next().map(|(id, _)| id));
        next = others.await?;
    }
    Ok(())
}

/// How many looks a standing clock lets the desk wait for Slack's pace.
const PATIENT_LOOKS: u32 = 3;
/// How often the page's desk panel is looked at anew.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(300);

async fn watch_desk(stage: Arc<Stage>, sandbox: Sandbox) {
    // looks at which the clock stood still and the desk owed something
    let (mut waited, mut paces) = (0, 0);
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let handle = stage.handle.borrow().clone();
        let (cases, owes) = match handle {
            Some(handle) => {
                let now = stage.clock.now();
                let seen = move |desk: &Desk| (open_cases(desk, now), desk.owed().next().is_some());
                handle.look(seen).await.unwrap_or_default()
            }
            None => continue,
        };
        let clock = stage.clock.present();
        waited = if owes && clock.speed() <= 0.0 { waited + 1 } else { 0 };
        if !owes {
            paces = 0;
        }
        // Slack's pace is told by the clock: one that stands would hold back what people wait for
        if waited >= PATIENT_LOOKS && paces < PACES {
            clock.advance_to(clock.now() + PACE);
            (waited, paces) = (0, paces + 1);
        }
        let mut shown = stage.cases.lock().unwrap_or_else(PoisonError::into_inner);
        if *shown != cases {
            *shown = cases;
            drop(shown);
            sandbox.stir();
        }
    }
}

fn open_cases(desk: &Desk, now: Time) -> Vec<OpenCase> {
    let policy = &desk.policy.value;
    let mut open: Vec<OpenCase> = desk
        .cases
        .values()
        .filter(|case| case.is_open())
        .map(|case| OpenCase {
            id: case.id.to_string(),
            title: words::cases::title(&case.procedure),
            state: words::cases::state(&case.procedure),
            next_at: case.procedure.wake(policy),
            next_why: words::cases::next_is(&case.procedure).to_owned(),
            at: if let Procedure::Urgent(one) = &case.procedure {
                // the thread that it was asked in may be another's
                Some(one.request.clone())
            } else {
                case.procedure.home(desk).and_then(|home| home.stands_at(desk))
            },
            ladder: steps(desk, case, now).into_iter().map(shown).collect(),
        })
        .collect();
    open.sort_by_key(|case| (case.next_at.is_none(), case.next_at));
    open
}

fn shown(step: ladders::Step) -> Step {
    let is = match step.is {
        ladders::StepIs::Over => StepIs::Over,
        ladders::StepIs::Now => StepIs::Now,
        ladders::StepIs::Next => StepIs::Next,
        ladders::StepIs::Away => StepIs::Away,
    };
    Step { who: step.who.to_string(), is, note: step.note }
}

#[async_trait]
impl Backstage for Stage {
    fn now(&self) -> Time {
        self.clock.now()
    }

    fn speed(&self) -> f64 {
        self.clock.present().speed()
    }

    async fn turn_clock(&self, turn: ClockTurn) -> Result<(), String> {
        match turn {
            ClockTurn::Advance(seconds) => {
                // step by step, so that each timer runs at its own time
                let to = self.clock.now() + chrono::TimeDelta::seconds(i64::from(seconds));
                self.walk_to(to).await;
            }
            ClockTurn::NextBusinessDay => {
                let hours = self.hours().await;
                let calendar = Calendar::new(&hours);
                let day = calendar.next_business_day(self.clock.now().date_naive());
                self.walk_to(seoul_at(day, hours.open)).await;
            }
            ClockTurn::Speed(speed) if (0.0..=3600.0).contains(&speed) => {
                self.clock.present().set_speed(speed);
            }
            ClockTurn::Speed(_) => return Err("속도는 0에서 3600 사이입니다.".to_owned()),
        }
        Ok(())
    }

    fn ringing(&self) -> Vec<Ringing> {
        self.telephones.ringing()
    }

    fn past_calls(&self) -> Vec<PastCall> {
        self.telephones.past()
    }

    fn outside(&self) -> Vec<Outside> {
        self.offices.seen()
    }

    async fn answer_phone(&self, call: &str, event: CallEvent) -> Result<(), String> {
        self.telephones.answer(call, event)
    }

    fn monitored(&self) -> Vec<Monitored> {
        self.monitored.clone()
    }

    async fn post(&self, path: &str, text: &str) -> Result<(), String> {
        if path != eventbridge::PATH {
            return Err(format!("연습에서 보낼 수 없는 주소입니다. 읽은 값: {path}"));
        }
        let reception = Arc::new(Reception(self.handle.subscribe()));
        let clock = Arc::clone(&self.clock);
        let now: Now = Arc::new(move || clock.now());
        let hook = eventbridge::Hook::new(eventbridge::Trust::Anybody, reception, now);
        match hook.answer(&HeaderMap::new(), text.as_bytes()).await {
            StatusCode::OK => Ok(()),
            StatusCode::SERVICE_UNAVAILABLE => Err(NOBODY_HEARS.to_owned()),
            status => Err(format!("봇이 받지 않았습니다 ({status}). 내용을 확인해 주십시오.")),
        }
    }

    async fn feed(&self, text: &str) -> Result<(), String> {
        let handle = self.handle.borrow().clone();
        let handle = handle.ok_or_else(|| NOBODY_HEARS.to_owned())?;
        let items = rss_items(text.as_bytes())?;
        let (reads, now) = (vec![(Source::Rss, Ok(items))], self.clock.now());
        let inputs = handle.look(move |desk| Watcher::new(now).take(desk, reads, now)).await;
        let inputs = inputs.map_err(|error| error.to_string())?;
        handle.offer(inputs).await.map(drop).map_err(|error| error.to_string())
    }

    fn cases(&self) -> Vec<OpenCase> {
        self.cases.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn bot_runs(&self) -> bool {
        self.handle.borrow().is_some()
    }

    async fn turn_bot(&self, turn: BotTurn) -> Result<(), String> {
        match turn {
            BotTurn::Kill => {
                self.kill().await;
                Ok(())
            }
            BotTurn::Start => self.start().await.map_err(|failure| failure.to_string()),
        }
    }

    async fn clear(&self, at: Time) -> Result<Workspace, String> {
        let said = |failure: Failure| failure.to_string();
        self.shut_down().await;
        let old = self.journal();
        if let Err(error) = tokio::fs::remove_dir_all(&old).await {
            // it lies in a folder that goes with the program
            tracing::warn!(%error, folder = %old.display(), "a practice journal was not removed");
        }
        self.practices.fetch_add(1, Ordering::Relaxed);
        self.telephones.forget();
        self.offices.begin(BTreeMap::new());
        self.cases.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.clock.begin_at(at);
        furnish(&self.books).map_err(said)
    }

    async fn begin(&self, tickets: BTreeMap<Name, u32>) -> Result<(), String> {
        let said = |failure: Failure| failure.to_string();
        // before the bot counts for the first time
        self.offices.begin(tickets.clone());
        self.start().await.map_err(said)?;
        self.open_books(tickets).await.map_err(said)
    }
}

/// How often the desk is looked at while it acts.
const BREATH: std::time::Duration = std::time::Duration::from_millis(10);
/// How long the desk gets to act at each instant while the clock is moved on.
const ACTS_WITHIN: std::time::Duration = std::time::Duration::from_millis(400);
/// How long it gets to decide what is due: nothing else than a busy machine keeps it from that.
const DECIDES_WITHIN: std::time::Duration = std::time::Duration::from_secs(3);
/// How far the clock goes on at a time while something waits for Slack's pace.
const PACE: chrono::TimeDelta = chrono::TimeDelta::seconds(1);
/// How many such paces one move of the clock takes at the most.
const PACES: u32 = 120;

/// What the clock stops for on its way.
#[derive(Clone, Copy)]
struct Ahead {
    due: Option<Time>,
    owes: bool,
}

impl Stage {
    async fn hours(&self) -> crate::domain::policy::Hours {
        let handle = self.handle.borrow().clone();
        match handle {
            Some(handle) => {
                handle.look(|desk| desk.policy.value.hours.clone()).await.unwrap_or_default()
            }
            None => crate::domain::policy::Hours::default(),
        }
    }

    /// Lets the desk act at this instant until it owes nothing, or does not come on with what it owes. `None`: no bot runs.
    async fn let_act(&self) -> Option<Ahead> {
        let handle = self.handle.borrow().clone()?;
        let began = tokio::time::Instant::now();
        loop {
            tokio::time::sleep(BREATH).await;
            let ahead = handle
                .look(|desk| Ahead {
                    due: desk.next_due().map(Due::at),
                    owes: desk.owed().next().is_some(),
                })
                .await
                .ok()?;
            let late = ahead.due.is_some_and(|due| due <= self.clock.now());
            let within = if late { DECIDES_WITHIN } else { ACTS_WITHIN };
            if !(ahead.owes || late) || began.elapsed() > within {
                return Some(ahead);
            }
        }
    }

    /// Moves the clock on, stopping at each due time in between so that nothing that falls due together in real life is bunched.
    async fn walk_to(&self, to: Time) {
        let mut paces = 0;
        while let Some(ahead) = self.let_act().await {
            let now = self.clock.now();
            let pace = (ahead.owes && paces < PACES).then(|| now + PACE);
            paces += u32::from(pace.is_some());
            let due = ahead.due.filter(|due| *due > now);
            match [due, pace].into_iter().flatten().min().filter(|next| *next < to) {
                Some(next) => self.clock.present().advance_to(next),
                None => break,
            }
        }
        self.clock.present().advance_to(to);
        self.let_act().await;
    }
}
