//! Coming up: what must be read before timers may run and anybody is phoned (reading 4). The same steps in production, in the
//! practice workspace and in a replay.

use crate::domain::desk::{Desk, Room};
use crate::domain::errand::Outcome;
use crate::domain::input::{Adapters, Books, Input};
use crate::domain::time::Time;
use crate::engine::OfferError;
use crate::errands::{Hands, posts_to_look_for};
use crate::ports::{Chat, PortError, Watched};
use async_trait::async_trait;
use chrono::TimeDelta;

/// How far Slack's clock and ours may be apart.
const MARGIN: TimeDelta = TimeDelta::minutes(2);
/// How far back is read when nobody knows how long the process was away.
const AT_MOST: TimeDelta = TimeDelta::days(3);

/// Where recovered inputs go.
#[async_trait]
pub trait Recovering: Send {
    /// Takes inputs durably.
    async fn offer(&mut self, inputs: Vec<Input>) -> Result<(), OfferError>;
    /// The desk as it is; a copy, for this happens once a start.
    async fn desk(&mut self) -> Desk;
    /// Now.
    fn now(&self) -> Time;
}

/// Why a recovery did not come through.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The journal.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// Slack; worth another try.
    #[error("Slack에서 놓친 내용을 읽지 못했습니다: {0}")]
    Chat(#[from] PortError),
}

/// The first inputs of a process: it is up, and its books are these. Until [`read_back`] came through nothing is carried out.
#[must_use]
pub fn first_inputs(alive_until: Option<Time>, hands: &Hands, books: Books) -> Vec<Input> {
    let phone_adapter = hands.phone.is_some();
    let adapters = Adapters { tickets: hands.tickets.is_some(), mail: hands.mail.is_some() };
    vec![Input::Started { alive_until, phone_adapter, adapters }, Input::Books(books)]
}

/// Who is who.
///
/// # Errors
/// See [`RecoveryError`].
pub async fn read_directory(
    into: &mut dyn Recovering,
    chat: &dyn Chat,
) -> Result<(), RecoveryError> {
    let directory = chat.directory().await?;
    into.offer(vec![Input::Directory(directory)]).await?;
    Ok(())
}

/// Looks for posts whose outcome never came, then reads what people did meanwhile. Reading twice does no harm.
///
/// # Errors
/// See [`RecoveryError`]; what was read until then is taken.
pub async fn read_back(
    into: &mut dyn Recovering,
    chat: &dyn Chat,
    since: Option<Time>,
) -> Result<(), RecoveryError> {
    let desk = into.desk().await;
    for (errand, channel, thread, owed_since) in posts_to_look_for(&desk) {
        match chat.find_post(errand, &channel, thread.as_ref(), owed_since).await {
            Ok(Some(at)) => {
                let outcome = Outcome::Posted(at);
                into.offer(vec![Input::Settled { errand, outcome }]).await?;
            }
            // a channel or thread that is gone cannot hold it; posting will say so
            Ok(None) | Err(PortError::Permanent { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let desk = into.desk().await;
    // a start that was cut short did not read what it missed
    let Some(since) = since.into_iter().chain(desk.presence.unread_since).min() else {
        return Ok(());
    };
    let now = into.now();
    let watched = watched(&desk, since.max(now - AT_MOST) - MARGIN);
    for input in chat.missed(&watched).await? {
        into.offer(vec![Input::Slack(input)]).await?;
    }
    into.offer(vec![Input::ReadBack]).await?;
    Ok(())
}

/// The channels that are listened to, and the threads in which something may still be said that counts.
#[must_use]
pub fn watched(desk: &Desk, since: Time) -> Vec<Watched> {
    let rooms = [Room::General, Room::Noti, Room::Tam]
        .into_iter()
        .filter_map(|room| desk.room(room))
        .map(|channel| Watched { channel, thread: None, since });
    let threads = desk.open_threads().into_iter().map(|(root, since)| Watched {
        channel: root.channel,
        thread: Some(root.ts),
        since,
    });
    let alarms = desk
        .alarm_channel()
        .filter(|channel| {
            ![Room::General, Room::Noti]
                .iter()
                .any(|room| desk.room(*room).as_ref() == Some(channel))
        })
        .map(|channel| Watched { channel, thread: None, since });
    rooms.chain(alarms).chain(threads).collect()
}
