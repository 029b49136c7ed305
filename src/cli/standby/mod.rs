//! Standing by: a node that shares its journal with others follows it, so that it is up to date when its turn to lead comes. What
//! Slack and the other services hand to it meanwhile goes to the one that leads ([`relay`]).

mod relay;

pub(super) use relay::{Relay, take_in};

use crate::engine::{Follower, News};
use crate::journal::{Break, JournalError, Postgres, Why};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// How often a node that stands by reads what was written, and asks for the lease. With the lease's own length this bounds how long
/// nobody leads.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// How often one that must not lead looks whether it may.
const LOOK_AGAIN_EVERY: Duration = Duration::from_secs(5);

/// A database that is away is told of once in so many questions.
const SILENCES_A_WORD: u32 = 40;

/// So long it takes at the most to learn that nobody else leads.
pub(super) const AT_ONCE: Duration = Duration::from_millis(300);

/// What a node that stands by knows; clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing(Arc<RwLock<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// The desk as far as it was followed; nothing before the journal has been read once.
    copy: Option<Follower>,
    /// Why this node must not lead.
    refuses: Option<String>,
}

impl Standing {
    /// Looks at the copy, when there is one.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Follower) -> T) -> Option<T> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.copy.as_ref().map(look)
    }

    fn write<T>(&self, write: impl FnOnce(&mut Known) -> T) -> T {
        write(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// How it stands, in a line for those who ask whether this node is ready.
    pub(super) fn told(&self) -> String {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match (&known.refuses, &known.copy) {
            (Some(why), _) => format!("이끌지 않습니다: {why}\n"),
            (None, Some(copy)) => format!("{}번 기록까지 따라 읽었습니다.\n", copy.tail().seq),
            (None, None) => "저널을 읽는 중입니다.\n".to_owned(),
        }
    }

    /// Reads what was written since the last time; all of it the first time.
    fn follow(&self, store: &Postgres) -> Result<(), JournalError> {
        match self.look(Follower::tail) {
            None => {
                let copy = Follower::begin(store)?;
                self.write(|known| known.copy = Some(copy));
            }
            Some(tail) => {
                let news = News::after(tail, store)?;
                self.write(|known| {
                    if let Some(copy) = &mut known.copy {
                        copy.take(news);
                    }
                });
            }
        }
        Ok(())
    }
}

/// This node's turn to lead.
pub(super) struct Turn {
    pub(super) store: Postgres,
    pub(super) followed: Option<Follower>,
}

/// What came of asking.
pub(super) enum Asked {
    /// It leads now.
    Leads(Postgres),
    /// Another one does.
    Waits(Postgres),
    /// It must not: the journal holds what this program does not know.
    Refuses(Postgres, Break),
}

/// Waits until this node leads; `None` when it is to stop before. `at_hand` is used first, where it is given: a connection that broke is
/// made anew.
///
/// # Errors
/// When the journal does not hold: a person must look.
pub(super) async fn turn(
    at_hand: Option<Postgres>,
    url: &str,
    standing: Standing,
    mut stop: watch::Receiver<bool>,
) -> Result<Option<Turn>, JournalError> {
    let holder = holder();
    let mut at_hand = at_hand;
    let mut is_told = false;
    let mut silences: u32 = 0;
    loop {
        let (url, holder, node) = (url.to_owned(), holder.clone(), at_hand.take());
        let own = standing.clone();
        // the database may take its time, and others have work meanwhile
        let asked = tokio::task::spawn_blocking(move || ask(node, &url, &holder, &own)).await;
        let mut again = ASK_EVERY;
        match asked {
            Ok(Ok(Asked::Leads(store))) => {
                let followed = standing.write(|known| known.copy.take());
                return Ok(Some(Turn { store, followed }));
            }
            Ok(Ok(Asked::Waits(store))) => {
                if !std::mem::replace(&mut is_told, true) {
                    tracing::info!("다른 coc가 이끌고 있습니다. 저널을 따라 읽으며 대기합니다.");
                }
                standing.write(|known| known.refuses = None);
                silences = 0;
                at_hand = Some(store);
            }
            Ok(Ok(Asked::Refuses(store, why))) => {
                let why = why.to_string();
                let before = standing.write(|known| known.refuses.replace(why.clone()));
                if before.as_ref() != Some(&why) {
                    tracing::error!(
                        %why,
                        "이 프로그램이 모르는 기록이 저널에 있어 이끌지 않습니다. 받은 것은 이끄는 coc에 넘깁니다. 같은 버전으로 올려 주십시오."
                    );
                }
                at_hand = Some(store);
                again = LOOK_AGAIN_EVERY;
            }
            Ok(Err(JournalError::Store(error))) => {
                if silences.is_multiple_of(SILENCES_A_WORD) {
                    tracing::warn!(%error, silences, "the database does not answer");
                }
                silences += 1;
            }
            Ok(Err(error)) => return Err(error),
            Err(error) => tracing::error!(%error, "asking for the lease broke off"),
        }
        tokio::select! {
            () = sleep(again) => {}
            _ = stop.wait_for(|stop| *stop) => return Ok(None),
        }
    }
}

/// Reads what was written, and asks for the lease.
fn ask(
    node: Option<Postgres>,
    url: &str,
    holder: &str,
    standing: &Standing,
) -> Result<Asked, JournalError> {
    let store = node.map_or_else(|| Postgres::open(url), Ok)?;
    match standing.follow(&store) {
        Ok(()) => {}
        Err(JournalError::Broken(
            at @ Break { why: Why::UnknownVersion { .. } | Why::Unreadable { .. }, .. },
        )) => return Ok(Asked::Refuses(store, at)),
        Err(error) => return Err(error),
    }
    let leads = store.try_lead(holder)?;
    Ok(if leads { Asked::Leads(store) } else { Asked::Waits(store) })
}

/// What this node is called in the lease: for people who look there.
fn holder() -> String {
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{machine}:{}", std::process::id())
}
