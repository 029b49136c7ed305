//! The board (H3): a page for the screen in the control room and for a telephone, live.
//!
//! `GET /board` and `/board/case/ID` show what [`view`] makes of the desk; `/board/events` tells each change of it. Whoever is not let
//! in ([`doors`]) reads how to ask for a link. Nothing here changes the desk.

use crate::domain::ids::{CaseId, Name, SlackUser};
use crate::domain::time::Time;
use async_trait::async_trait;
use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use chrono::TimeDelta;
use doors::{Closed, Doors, Session};
use pages::Pages;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::Instant;
use view::{BoardView, Story};

pub mod doors;
mod pages;
pub mod view;

/// Changes that come together are told together; no browser is told more often than this.
const GATHER: Duration = Duration::from_millis(250);
/// How often the time is told; a browser that hears none knows that the line is gone.
const TICK: Duration = Duration::from_secs(1);
/// How often the board is looked at while nothing changes: the time alone changes it too.
const LOOK_EVERY: u32 = 20;
/// How often it is asked again whether somebody may still look, in ticks.
const ASK_EVERY: u32 = 5;
/// How many browsers follow the board at once.
const FOLLOWERS: usize = 100;
/// How soon a browser comes back after the line was cut.
const BACK_AFTER: Duration = Duration::from_secs(1);

/// The desk is gone for the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the desk is gone")]
pub struct Gone;

/// What the board needs of the running bot.
#[async_trait]
pub trait Watched: Send + Sync {
    /// What the board shows now.
    async fn board(&self) -> Result<BoardView, Gone>;

    /// A case's story; `None` when nobody knows it.
    async fn story(&self, id: CaseId) -> Result<Option<Story>, Gone>;

    /// Whether somebody may look, and for how long without another link; asked for at each request.
    async fn admits(&self, user: &SlackUser) -> Result<Option<Admitted>, Gone>;

    /// Turns with each change of the desk.
    fn changes(&self) -> Result<watch::Receiver<u64>, Gone>;

    /// The desk's time.
    fn now(&self) -> Time;
}

/// Somebody who may look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Who.
    pub name: Name,
    /// For how long without another link.
    pub session: TimeDelta,
}

/// The board; clones are the same one.
#[derive(Clone)]
struct Board {
    watched: Arc<dyn Watched>,
    doors: Arc<Doors>,
    pages: Arc<Pages>,
    followers: Arc<Semaphore>,
    /// The fragments as they were last made: all who follow share them.
    last: Arc<Mutex<Option<Made>>>,
}

/// The board's fragments, and when they were made.
struct Made {
    at: Instant,
    fragments: Arc<str>,
}

/// The board's addresses.
pub fn router(watched: Arc<dyn Watched>, doors: Arc<Doors>) -> Router {
    let board = Board {
        watched,
        doors,
        pages: Arc::new(Pages::new()),
        followers: Arc::new(Semaphore::new(FOLLOWERS)),
        last: Arc::default(),
    };
    Router::new()
        .route("/board", get(show))
        .route("/board/case/{id}", get(show_case))
        .route("/board/events", get(follow))
        .route("/board/in/{secret}", get(come_in))
        .route("/board/out", post(go_out))
        .route("/board/board.css", get(|| file("board.css", "text/css; charset=utf-8")))
        .route("/board/board.js", get(|| file("board.js", "text/javascript; charset=utf-8")))
        .with_state(board)
        .layer(from_fn(guarded))
}

/// What stands on every answer; and a `HEAD` is no `GET` here: a link that is looked at must stay good.
async fn guarded(request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::HEAD {
        (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")]).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                  base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn file(name: &'static str, kind: &'static str) -> Response {
    let Some(file) = pages::file(name) else { return StatusCode::NOT_FOUND.into_response() };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], file).into_response()
}

impl Board {
    /// Who asks, if that one may look.
    async fn admitted(&self, headers: &HeaderMap) -> Result<(Session, Admitted), Response> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|one| one.to_str().ok());
        let Some(session) = self.doors.session(cookies) else {
            return Err(self.notice(StatusCode::UNAUTHORIZED, &pages::NOT_SIGNED_IN));
        };
        match self.watched.admits(&session.user).await {
            Ok(Some(admitted)) => Ok((session, admitted)),
            Ok(None) => Err(self.notice(StatusCode::UNAUTHORIZED, &pages::NOT_ADMITTED)),
            Err(Gone) => Err(self.gone()),
        }
    }

    fn notice(&self, status: StatusCode, notice: &pages::Notice) -> Response {
        (status, Html(self.pages.notice(notice))).into_response()
    }

    fn gone(&self) -> Response {
        let mut response = self.notice(StatusCode::SERVICE_UNAVAILABLE, &pages::GONE);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("3"));
        response
    }

    /// The board's fragments as they are now, or as they were made since `noticed`: one look serves all who follow.
    async fn fragments(&self, noticed: Instant) -> Result<Arc<str>, Gone> {
        let mut last = self.last.lock().await;
        if let Some(made) = last.as_ref().filter(|made| made.at >= noticed) {
            return Ok(Arc::clone(&made.fragments));
        }
        let at = Instant::now();
        let fragments: Arc<str> = self.pages.fragments(&self.watched.board().await?).into();
        *last = Some(Made { at, fragments: Arc::clone(&fragments) });
        Ok(fragments)
    }
}

/// `GET /board`
async fn show(State(board): State<Board>, headers: HeaderMap) -> Response {
    let (_, who) = match board.admitted(&headers).await {
        Ok(who) => who,
        Err(response) => return response,
    };
    match board.watched.board().await {
        Ok(shown) => {
            Html(board.pages.board(&shown, &who.name, board.watched.now())).into_response()
        }
        Err(Gone) => board.gone(),
    }
}

/// `GET /board/case/ID`
async fn show_case(
    State(board): State<Board>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let (_, who) = match board.admitted(&headers).await {
        Ok(who) => who,
        Err(response) => return response,
    };
    let Ok(id) = id.parse::<u64>().map(CaseId) else {
        return board.notice(StatusCode::NOT_FOUND, &pages::NO_SUCH_CASE);
    };
    match board.watched.story(id).await {
        Ok(Some(story)) => {
            Html(board.pages.story(&story, &who.name, board.watched.now())).into_response()
        }
        Ok(None) => board.notice(StatusCode::NOT_FOUND, &pages::NO_SUCH_CASE),
        Err(Gone) => board.gone(),
    }
}

/// `GET /board/in/SECRET`: the link of `/coc board`.
async fn come_in(
    State(board): State<Board>,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Response {
    // a browser that fetches what somebody might open next does not open it
    let ahead = |name: &str| {
        headers.get(name).is_some_and(|value| value.as_bytes().starts_with(b"prefetch"))
    };
    if ahead("sec-purpose") || ahead("purpose") {
        return StatusCode::NO_CONTENT.into_response();
    }
    let user = match board.doors.come_by(&secret) {
        Ok(user) => user,
        Err(Closed::Void) => return board.notice(StatusCode::UNAUTHORIZED, &pages::VOID_LINK),
        Err(Closed::TooMany) => {
            tracing::warn!("links to the board are being guessed");
            let mut response = board.notice(StatusCode::TOO_MANY_REQUESTS, &pages::TOO_MANY);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            return response;
        }
    };
    match board.watched.admits(&user).await {
        Ok(Some(who)) => {
            tracing::info!(user = %user, "somebody opened the board");
            let cookie = board.doors.cookie(&user, who.session);
            (
                StatusCode::SEE_OTHER,
                [(header::LOCATION, "/board".to_owned()), (header::SET_COOKIE, cookie)],
            )
                .into_response()
        }
        Ok(None) => board.notice(StatusCode::UNAUTHORIZED, &pages::NOT_ADMITTED),
        Err(Gone) => board.gone(),
    }
}

/// `POST /board/out`
async fn go_out(State(board): State<Board>) -> Response {
    let mut response = board.notice(StatusCode::OK, &pages::SIGNED_OUT);
    if let Ok(cookie) = HeaderValue::from_str(&board.doors.no_cookie()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

#[derive(Deserialize)]
struct Followed {
    /// The case whose story is followed; without it the board.
    case: Option<u64>,
}

/// `GET /board/events`: `board` (the fragments that are shown, as JSON) whenever they change, `tick` (milliseconds since 1970) each
/// second, `out` when the reader may look no more.
async fn follow(
    State(board): State<Board>,
    Query(Followed { case }): Query<Followed>,
    headers: HeaderMap,
) -> Response {
    let (session, _) = match board.admitted(&headers).await {
        Ok(who) => who,
        Err(response) => return response,
    };
    let Ok(place) = Arc::clone(&board.followers).try_acquire_owned() else {
        return board.notice(StatusCode::SERVICE_UNAVAILABLE, &pages::FULL);
    };
    let Ok(changes) = board.watched.changes() else { return board.gone() };
    let (tell, told) = mpsc::channel(4);
    let follower =
        Follower { board, session, case: case.map(CaseId), tell, last: None, _place: place };
    tokio::spawn(follower.follow(changes));
    let told = futures_util::stream::unfold(told, |mut told| async move {
        told.recv().await.map(|event: Event| (Ok::<_, Infallible>(event), told))
    });
    let mut response = Sse::new(told).keep_alive(KeepAlive::default()).into_response();
    // a proxy that gathers an answer before it hands it on would show nothing
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// A browser that follows.
struct Follower {
    board: Board,
    session: Session,
    case: Option<CaseId>,
    tell: mpsc::Sender<Event>,
    last: Option<Arc<str>>,
    _place: OwnedSemaphorePermit,
}

/// Nobody follows any more, or there is nothing to follow.
struct Ended;

impl Follower {
    async fn follow(mut self, mut changes: watch::Receiver<u64>) {
        // whatever the reason: the browser comes back, and is told it then
        let _ = self.go_on(&mut changes).await;
    }

    async fn go_on(&mut self, changes: &mut watch::Receiver<u64>) -> Result<(), Ended> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut ticks = 0_u32;
        self.send(Event::default().event("hello").retry(BACK_AFTER).data("hello")).await?;
        loop {
            tokio::select! {
                changed = changes.changed() => {
                    changed.map_err(|_| Ended)?;
                    // what changes from here on is told in the next round
                    let noticed = Instant::now();
                    tokio::time::sleep(GATHER).await;
                    self.show(noticed).await?;
                }
                _ = tick.tick() => {
                    let now = self.board.watched.now().timestamp_millis();
                    self.send(Event::default().event("tick").data(now.to_string())).await?;
                    if ticks.is_multiple_of(ASK_EVERY) {
                        self.ask().await?;
                    }
                    if ticks.is_multiple_of(LOOK_EVERY) {
                        self.show(Instant::now()).await?;
                    }
                    ticks = ticks.wrapping_add(1);
                }
            }
        }
    }

    async fn send(&self, event: Event) -> Result<(), Ended> {
        self.tell.send(event).await.map_err(|_| Ended)
    }

    /// Whether the reader may still look.
    async fn ask(&self) -> Result<(), Ended> {
        let admitted = match self.board.watched.admits(&self.session.user).await {
            Ok(admitted) => admitted.is_some(),
            Err(Gone) => return Err(Ended),
        };
        if admitted && self.board.doors.holds(&self.session) {
            return Ok(());
        }
        self.send(Event::default().event("out").data("out")).await?;
        Err(Ended)
    }

    async fn show(&mut self, noticed: Instant) -> Result<(), Ended> {
        let fragments = match self.case {
            None => self.board.fragments(noticed).await.map_err(|Gone| Ended)?,
            Some(id) => match self.board.watched.story(id).await.map_err(|Gone| Ended)? {
                Some(story) => self.board.pages.story_fragments(&story).into(),
                None => return Ok(()),
            },
        };
        if self.last.as_ref() != Some(&fragments) {
            self.ask().await?;
            self.send(Event::default().event("board").data(&*fragments)).await?;
            self.last = Some(fragments);
        }
        Ok(())
    }
}
