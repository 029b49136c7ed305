//! What others post to the bot's hooks, taken by the same code as in production. A replay has no key of AWS's, so that what is signed
//! cannot be verified in it.

use super::scenario::{Post, brought};
use crate::adapters::sns::{Certificate, NoCertificate, NotConfirmed};
use crate::domain::input::{Input, Notice, TopicNews};
use crate::domain::policy::Admission;
use crate::domain::time::Time;
use crate::ingress::request::Now;
use crate::ingress::sns::{Sender, Trust};
use crate::ingress::{Notices, Unavailable, eventbridge, sns};
use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::sync::{mpsc, oneshot};

/// A request to one of the bot's hooks; sent again it is the same.
#[derive(Clone, Debug)]
pub(super) struct Request {
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
    unsigned: bool,
}

impl Request {
    /// The request of a step; `own` names one that bears no name itself.
    ///
    /// # Errors
    /// Why it cannot be made, in Korean.
    pub(super) fn read(post: &Post, folder: &Path, own: &str) -> Result<Self, String> {
        let body = brought(post.body.as_deref(), post.text.as_deref(), folder)?.unwrap_or_default();
        let mut headers = HeaderMap::new();
        for (name, value) in &post.headers {
            let header = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(&value.0).ok());
            let (name, value) = header
                .ok_or_else(|| format!("\"{name}: {}\"은(는) HTTP 헤더가 아닙니다", value.0))?;
            headers.insert(name, value);
        }
        if post.unsigned && !headers.contains_key(MESSAGE_ID) {
            let own = HeaderValue::try_from(own);
            headers.insert(MESSAGE_ID, own.map_err(|error| error.to_string())?);
        }
        Ok(Self { path: post.path.clone(), headers, body, unsigned: post.unsigned })
    }

    /// Where it goes, without what stands behind `?`.
    pub(super) fn path(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// The answer; what the hook asks of the desk and hands in there goes to `desk`.
    ///
    /// # Errors
    /// What `desk` fails with.
    pub(super) fn answered(
        &self,
        at: Time,
        mut desk: impl FnMut(Ask) -> Result<(), String>,
    ) -> Result<StatusCode, String> {
        let (asks, mut asked) = mpsc::unbounded_channel();
        let desk_port: Arc<dyn Notices> = Arc::new(Line(asks));
        let now: Now = Arc::new(move || at);
        let mut answering = pin!(self.answer(desk_port, now));
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(status) = answering.as_mut().poll(&mut context) {
                return Ok(status);
            }
            let Ok(ask) = asked.try_recv() else {
                return Err("받는 주소가 재생에 없는 것을 기다립니다".to_owned());
            };
            desk(ask)?;
        }
    }

    async fn answer(&self, desk: Arc<dyn Notices>, now: Now) -> StatusCode {
        match (self.path(), self.unsigned) {
            (sns::PATH, unsigned) => {
                let trust = if unsigned {
                    Trust::Anybody
                } else {
                    Trust::Signed { sender: Arc::new(NoKey), raw: None }
                };
                sns::Hook::new(trust, desk, now).answer(&self.headers, &self.body).await
            }
            (eventbridge::PATH, true) => {
                let hook = eventbridge::Hook::new(eventbridge::Trust::Anybody, desk, now);
                hook.answer(&self.headers, &self.body).await
            }
            // nobody knows the secret of a replay
            (eventbridge::PATH, false) => StatusCode::FORBIDDEN,
            _ => StatusCode::NOT_FOUND,
        }
    }
}

const MESSAGE_ID: &str = "x-amz-sns-message-id";

/// What a hook asks of the desk.
pub(super) enum Ask {
    /// Take this.
    Take(Box<Input>, oneshot::Sender<Result<(), Unavailable>>),
    /// Is this topic listened to?
    Admits(String, oneshot::Sender<Admission>),
    /// Was something of this name taken?
    Knows(String, oneshot::Sender<bool>),
}

struct Line(mpsc::UnboundedSender<Ask>);

impl Line {
    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T, Unavailable> {
        let (answer, answered) = oneshot::channel();
        self.0.send(ask(answer)).map_err(|_| Unavailable)?;
        answered.await.map_err(|_| Unavailable)
    }
}

#[async_trait]
impl Notices for Line {
    async fn notice(&self, notice: Notice) -> Result<(), Unavailable> {
        self.ask(|answer| Ask::Take(Box::new(Input::Notice(notice)), answer)).await?
    }

    async fn topic(&self, news: TopicNews) -> Result<(), Unavailable> {
        self.ask(|answer| Ask::Take(Box::new(Input::Topic(news)), answer)).await?
    }

    async fn admits(&self, topic: &str) -> Result<Admission, Unavailable> {
        self.ask(|answer| Ask::Admits(topic.to_owned(), answer)).await
    }

    async fn knows(&self, key: &str) -> Result<bool, Unavailable> {
        self.ask(|answer| Ask::Knows(key.to_owned(), answer)).await
    }
}

/// SNS where there is no network.
struct NoKey;

#[async_trait]
impl Sender for NoKey {
    async fn certificate(&self, _url: &str, _now: Time) -> Result<Arc<Certificate>, NoCertificate> {
        Err(NoCertificate::Missing(StatusCode::NOT_FOUND))
    }

    async fn confirm(&self, _url: &str, _topic: &str) -> Result<(), NotConfirmed> {
        Err(NotConfirmed::Foreign(crate::adapters::sns::Foreign))
    }
}
