//! `coc run`: the bot. Alone on its state folder, or one of several on a database (`DATABASE_URL`): whoever has the lease leads, the
//! others stand by.

use super::books::{FolderLibrary, Overrides, load, load_checked};
use super::settings;
use super::standby::{Relay, Standing, Turn};
use super::systemd::Systemd;
use super::wiring::customers::Source;
use super::{Done, Failure, Folders, logs, out, standby, wiring};
use crate::adapters::slack::api::{Api, Base, Settings, Token};
use crate::adapters::slack::chat::Slack;
use crate::domain::input::Books;
use crate::engine::Follower;
use crate::errands::Hands;
use crate::ingress::http::{Verifier, router};
use crate::ingress::limits::Gate;
use crate::ingress::request::Now;
use crate::ingress::{Desk, socket};
use crate::journal::postgres::Inbox;
use crate::journal::{JournalError, Postgres, Sled, Store};
use crate::ports::Clock;
use crate::probes;
use crate::service::{Intake, Service, ServiceError, WallClock};
use crate::web::doors::{Doors, KEY};
use crate::web::router as board;
use anyhow::Context;
use axum::Router;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// How Slack reaches the bot.
enum Line {
    Socket(Token),
    Http(Verifier),
}

/// Where the bot listens when others call it, unless `COC_LISTEN` says otherwise.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);

/// How long a process whose desk has ended goes on answering: whoever handed something in that was not kept is told so, and tries again.
const LAST_ANSWERS: Duration = Duration::from_millis(300);

/// How long a node that lost its lead leaves it to others.
const AFTER_LOSS: Duration = Duration::from_millis(500);

/// How long a line may take to end whose node comes to lead.
const LINE_ENDS_WITHIN: Duration = Duration::from_secs(3);

struct Settled {
    line: Line,
    token: Token,
    base: Base,
    listen: Option<SocketAddr>,
    gate: Gate,
}

impl Settled {
    /// How Slack's Web API is reached with this token.
    fn api(&self, token: Token) -> Settings {
        let mut settings = Settings::new(token);
        settings.base = self.base.clone();
        settings
    }
}

fn setting(name: &'static str) -> Result<Option<String>, Failure> {
    settings::setting(name).map_err(|error| Failure::input(error.to_string()))
}

fn settled() -> Result<Settled, Failure> {
    let token = setting("SLACK_BOT_TOKEN")?;
    let app = setting("SLACK_APP_TOKEN")?;
    let secret = setting("SLACK_SIGNING_SECRET")?;
    let line = match (app, secret) {
        (Some(app), _) => Line::Socket(Token::from(app.as_str())),
        (None, Some(secret)) => Line::Http(
            Verifier::new(&secret)
                .map_err(|error| Failure::input(format!("SLACK_SIGNING_SECRET: {error}")))?,
        ),
        (None, None) => return Err(no_line()),
    };
    let Some(token) = token else {
        return Err(Failure::input(
            "SLACK_BOT_TOKEN이 없습니다. Slack 앱의 \"OAuth & Permissions\"에 있는 xoxb-로 시작하는 값을 넣어 주십시오.\n토큰 없이 연습하려면: coc sandbox",
        ));
    };
    let base = match setting("SLACK_API_URL")? {
        Some(url) => {
            url.parse().map_err(|error| Failure::input(format!("SLACK_API_URL: {error}")))?
        }
        None => Base::default(),
    };
    let listen = match setting("COC_LISTEN")? {
        Some(address) => Some(address.parse().map_err(|_| {
            Failure::input(format!(
                "COC_LISTEN: 주소가 아닙니다. 읽은 값: \"{address}\". 예: 127.0.0.1:3000"
            ))
        })?),
        None => None,
    };
    let gate = Gate::new(wiring::limits::limits()?);
    Ok(Settled { line, token: Token::from(token.as_str()), base, listen, gate })
}

fn no_line() -> Failure {
    Failure::input(
        "Slack에 연결할 설정이 없습니다. 두 가지 길이 있습니다.\n\
         1. 연습: coc sandbox — 계정 없이 이 컴퓨터에서 바로 써 볼 수 있습니다.\n\
         2. 실제: SLACK_BOT_TOKEN과 함께 SLACK_APP_TOKEN(Socket Mode) 또는 SLACK_SIGNING_SECRET(HTTP)을 넣고 다시 실행해 주십시오.",
    )
}

pub(crate) fn run(Args {}: Args, folders: &Folders) -> Done {
    let settled = settled()?;
    logs::start("info");
    let callers = wiring::Callers::of_environment();
    let store = match setting("DATABASE_URL")? {
        None => {
            let store = Sled::open(&folders.state).map_err(work)?;
            told_if_open(&folders.state);
            Kept::Here(Box::new(store))
        }
        Some(url) => Kept::Shared(Postgres::open(&url).map_err(work)?, url),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("실행 환경을 만들 수 없습니다")?;
    runtime.block_on(async {
        let stop = stop_asked()?;
        match store {
            Kept::Here(store) => {
                let books = books(folders, store.as_ref())?;
                let board_key = wiring::board::key(&folders.state).map_err(Failure::work)?;
                let lead = Lead { store, followed: None, board_key, inbox: None };
                match serve(&settled, folders, &callers, lead, books, stop).await? {
                    Ended::Asked => Ok(()),
                    Ended::Lost(error) => Err(work(error)),
                }
            }
            Kept::Shared(store, url) => {
                in_turns(&settled, folders, &callers, store, &url, stop).await
            }
        }
    })
}

/// Where the journal is kept.
enum Kept {
    /// In the state folder.
    Here(Box<dyn Store>),
    /// In a database that others use as well, and its address.
    Shared(Postgres, String),
}

/// How leading ended.
enum Ended {
    /// The process is to stop.
    Asked,
    /// The journal failed, or another one leads.
    Lost(ServiceError),
}

fn work(error: impl std::fmt::Display) -> Failure {
    Failure::work(error.to_string())
}

/// The data folder. A slip in a file must not keep the desk from its night: what is in force stays so, and n is told.
fn books(folders: &Folders, store: &dyn Store) -> Result<Books, Failure> {
    match load_checked(folders, &Overrides::default()) {
        Ok(books) => Ok(books),
        Err(error) if store.last().map_err(work)?.is_some() => {
            out::note(&format!("⚠️ {error}\n이전에 적용된 내용으로 시작합니다."));
            load(&folders.data, &Overrides::default()).map_err(|_| error)
        }
        Err(error) => Err(error),
    }
}

/// Leads whenever it is this node's turn, and stands by in between.
async fn in_turns(
    settled: &Settled,
    folders: &Folders,
    callers: &wiring::Callers,
    first: Postgres,
    url: &str,
    stop: watch::Receiver<bool>,
) -> Done {
    let inbox = Arc::new(Inbox::new(url).map_err(work)?);
    let mut store = Some(first);
    loop {
        let turn = stand_by(settled, callers, store.take(), url, &inbox, &stop).await?;
        let Some(Turn { store, followed }) = turn else { return Ok(()) };
        tracing::info!("이 프로세스가 이끕니다");
        let books = books(folders, &store)?;
        let fresh = wiring::board::fresh().context("난수를 얻을 수 없습니다")?;
        let board_key = match store.board_key(fresh) {
            Ok(key) => key,
            // whoever was let in to the board asks for a link anew; nobody's page waits for that
            Err(error) => {
                tracing::warn!(%error, "the board's key is not shared");
                fresh
            }
        };
        let lead = Lead { store, followed, board_key, inbox: Some(Arc::clone(&inbox)) };
        match serve(settled, folders, callers, lead, books, stop.clone()).await? {
            Ended::Asked => return Ok(()),
            Ended::Lost(error) => tracing::warn!(%error, "물러나 대기합니다"),
        }
        // another one may fare better
        let mut stopping = stop.clone();
        if tokio::time::timeout(AFTER_LOSS, stopping.wait_for(|stop| *stop)).await.is_ok() {
            return Ok(());
        }
    }
}

/// Waits for this node's turn; `None` when the process is to stop. What reaches it meanwhile goes to the one that leads.
async fn stand_by(
    settled: &Settled,
    callers: &wiring::Callers,
    at_hand: Option<Postgres>,
    url: &str,
    inbox: &Arc<Inbox>,
    stop: &watch::Receiver<bool>,
) -> Result<Option<Turn>, Failure> {
    let standing = Standing::default();
    // whoever leads from the start needs no line before
    let mut waiting = std::pin::pin!(standby::turn(at_hand, url, standing.clone(), stop.clone()));
    if let Ok(turn) = tokio::time::timeout(standby::AT_ONCE, &mut waiting).await {
        return turn.map_err(work);
    }
    let relay = Arc::new(Relay::new(Arc::clone(inbox), standing.clone()));
    let (over, ended) = watch::channel(false);
    let now: Now = Arc::new(|| WallClock.now());
    let told = standing.clone();
    let mut routes = probes::health::standing_by(move || told.told());
    // the leader counts tickets when it takes the news in
    routes = routes.merge(callers.routes(&relay, &now, Arc::new(|| {})));
    let mut line = None;
    match &settled.line {
        Line::Socket(token) => {
            let api = Arc::new(
                Api::new(settled.api(token.clone())).context("Slack 연결을 준비할 수 없습니다")?,
            );
            let settings = socket::Settings::default();
            line = Some(tokio::spawn(socket::run(api, relay, settings, ended.clone())));
        }
        Line::Http(verifier) => {
            routes = routes.merge(router(verifier.clone(), relay, now));
        }
    }
    let listen = settled.listen.or(callers.call().then_some(LISTEN));
    let served = match listen {
        Some(address) => Some(listen_on(address, routes, &settled.gate, ended).await?.1),
        None => None,
    };
    let systemd = Systemd::of_environment();
    systemd.standing_by();
    let turn = tokio::select! {
        turn = waiting => turn.map_err(work)?,
        () = systemd.feed_idle() => None,
    };
    over.send_replace(true);
    for task in [line, served].into_iter().flatten() {
        // what it was taking is handed on, and its address is free when it is gone
        if tokio::time::timeout(LINE_ENDS_WITHIN, task).await.is_err() {
            tracing::warn!("the line of a node that stood by did not end in time");
        }
    }
    Ok(turn)
}

/// A folder that was there before keeps its permissions; the journal in it holds names and telephone numbers.
fn told_if_open(state: &Path) {
    let mode = std::fs::metadata(state).map_or(0, |about| about.permissions().mode());
    if mode & 0o007 != 0 {
        out::note(&format!(
            "⚠️ 상태 폴더 {}을(를) 이 컴퓨터의 누구나 볼 수 있습니다({:o}). 저널에는 이름과 전화번호가 있습니다. 그대로 시작합니다. 고치려면: chmod 700 {}",
            state.display(),
            mode & 0o777,
            state.display()
        ));
    }
}

/// What a process leads with.
struct Lead<S> {
    store: S,
    /// The desk, where this node stood by and followed the journal.
    followed: Option<Follower>,
    board_key: [u8; KEY],
    /// What reaches the nodes that stand by, where there may be some.
    inbox: Option<Arc<Inbox>>,
}

async fn serve(
    settled: &Settled,
    folders: &Folders,
    callers: &wiring::Callers,
    lead: Lead<impl Store + 'static>,
    books: Books,
    stop: watch::Receiver<bool>,
) -> Result<Ended, Failure> {
    let Lead { store, followed, board_key, inbox } = lead;
    let library = FolderLibrary::new(&folders.data);
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    let began = clock.now();
    let chat = Slack::new(settled.api(settled.token.clone()), Arc::clone(&clock))
        .context("Slack 연결을 준비할 수 없습니다")?;
    let chat: Arc<dyn crate::ports::Chat> = Arc::new(chat);
    let doors = Arc::new(Doors::new(&board_key, Arc::clone(&clock)));
    // somebody who asked before the stop is answered before the listener stands
    let listens_at = settled.listen.filter(|address| address.port() != 0);
    if let Some(address) = listens_at {
        doors.open_at(&wiring::board::address(address));
    }
    let hands = Hands {
        board: Some(Arc::clone(&doors) as _),
        chat: Arc::clone(&chat),
        phone: callers.carrier.as_ref().map(|carrier| Arc::clone(&carrier.phone)),
        tickets: callers.tickets.as_ref().map(wiring::tickets::SupportDesk::port),
        mail: wiring::mail::mailer(&clock),
        library: Arc::new(library),
    };
    let (books, customers) = match wiring::customers::source(&folders.data, &clock) {
        Source::FitCloud(source) => (Books { customers: String::new(), ..books }, Some(source)),
        Source::File(source) => (books, Some(source)),
        Source::None => (books, None),
    };
    let mut stopping = stop.clone();
    let started = tokio::select! {
        started = Service::start(store, followed, books, hands, customers, Arc::clone(&clock)) => started,
        _ = stopping.wait_for(|stop| *stop) => return Ok(Ended::Asked),
    };
    let mut service = match started {
        Ok(service) => service,
        // a journal that this program cannot read is another's to lead, or a person's to mend
        Err(
            error @ (ServiceError::Refused(_)
            | ServiceError::Journal(JournalError::Broken(_) | JournalError::Lost { .. })),
        ) => return Err(work(error)),
        Err(error) => return Ok(Ended::Lost(error)),
    };
    if let Some(feeds) = wiring::feeds::feeds() {
        service.watch_feeds(feeds);
    }
    service.ping();
    let asking =
        Api::new(settled.api(settled.token.clone())).context("Slack 연결을 준비할 수 없습니다")?;
    service.ask_slack(Arc::new(asking));
    let intake: Arc<dyn Desk> = Arc::new(Intake::new(service.handle(), chat, began));
    let handle = service.handle();
    let taking_in = inbox.map(|inbox| tokio::spawn(standby::take_in(inbox, handle.clone())));
    let now: Now = {
        let clock = Arc::clone(&clock);
        Arc::new(move || clock.now())
    };
    let counting = handle.clone();
    let moved = Arc::new(move || counting.count_tickets());
    let mut routes = vec![callers.routes(&Arc::new(handle.clone()), &now, moved)];
    if let Line::Http(verifier) = &settled.line {
        routes.push(router(verifier.clone(), Arc::clone(&intake), Arc::clone(&now)));
    }
    let topics = handle.look(|desk| !desk.policy.value.intake.topics.is_empty()).await;
    let is_called = matches!(settled.line, Line::Http(_))
        || callers.call()
        || topics.map_err(|error| Failure::work(error.to_string()))?;
    // whoever is called by others listens, also where nobody said at which address
    let listen = settled.listen.or(is_called.then_some(LISTEN));
    routes.push(probes::health::routes(&handle));
    routes.push(probes::metrics::routes(handle.clone(), folders.state.clone()));
    routes.push(board(Arc::new(handle.clone()), Arc::clone(&doors)));
    let web = routes.into_iter().fold(Router::new(), Router::merge);
    settled.gate.measured_by(handle.metrics());
    let served = match listen {
        Some(address) => {
            let (address, served) = listen_on(address, web, &settled.gate, stop.clone()).await?;
            if listens_at.is_none() {
                doors.open_at(&wiring::board::address(address));
            }
            Some(served)
        }
        None => None,
    };
    let line = match &settled.line {
        Line::Socket(token) => {
            let api = Arc::new(
                Api::new(settled.api(token.clone())).context("Slack 연결을 준비할 수 없습니다")?,
            );
            let settings = socket::Settings::default();
            Some(tokio::spawn(socket::run(api, intake, settings, stop.clone())))
        }
        Line::Http(_) => {
            // Slack calls us: the line is up as soon as we listen
            intake.connected(true).await;
            None
        }
    };
    tracing::info!("당직 데스크가 시작되었습니다");
    let systemd = Systemd::of_environment();
    systemd.ready();
    let mut stopping = stop.clone();
    let ended = tokio::select! {
        ended = service.ended() => Some(ended),
        () = systemd.feed(handle) => None,
        _ = stopping.wait_for(|stop| *stop) => None,
    };
    let ended = match ended {
        Some(ended) => {
            tokio::time::sleep(LAST_ANSWERS).await;
            ended
        }
        None => {
            tracing::info!("당직 데스크를 멈춥니다");
            systemd.stopping();
            service.stop().await
        }
    };
    for task in [line, served, taking_in].into_iter().flatten() {
        task.abort();
        // what it held is free when it is gone
        let _ = task.await;
    }
    Ok(ended.map_or_else(Ended::Lost, |()| Ended::Asked))
}

/// Turns true when the process is asked to stop (SIGTERM, Ctrl-C).
pub(crate) fn stop_asked() -> Result<watch::Receiver<bool>, Failure> {
    let (asked, stop) = watch::channel(false);
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .context("SIGTERM을 받을 수 없습니다")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => {}
            pressed = tokio::signal::ctrl_c() => {
                if let Err(error) = pressed {
                    tracing::error!(%error, "Ctrl-C cannot be heard");
                    term.recv().await;
                }
            }
        }
        asked.send_replace(true);
        // kept, so that receivers see `true` rather than a channel that closed
        asked.closed().await;
    });
    Ok(stop)
}

async fn listen_on(
    address: SocketAddr,
    web: Router,
    gate: &Gate,
    mut stop: watch::Receiver<bool>,
) -> Result<(SocketAddr, tokio::task::JoinHandle<()>), Failure> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::work(format!(
            "{address}에서 받을 수 없습니다 ({error}). COC_LISTEN을 확인해 주십시오."
        ))
    })?;
    let at = listener.local_addr().context("받는 주소를 알 수 없습니다")?;
    out::note(&format!("HTTP: {at}"));
    let stopped = async move {
        // a sender that is gone means the same
        let _ = stop.wait_for(|stop| *stop).await;
    };
    Ok((at, tokio::spawn(serve_web(listener, gate.before(web), stopped))))
}

async fn serve_web(
    listener: TcpListener,
    web: IntoMakeServiceWithConnectInfo<Router, SocketAddr>,
    stopped: impl Future<Output = ()> + Send + 'static,
) {
    if let Err(error) = axum::serve(listener, web).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "the HTTP server ended");
    }
}
