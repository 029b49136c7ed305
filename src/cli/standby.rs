//! Standing by: a node that shares its journal with others waits for its turn to lead.

use crate::journal::Postgres;
use std::time::Duration;
use tokio::sync::watch;

/// How often a node that stands by asks for the lease. With the lease's own length this bounds how long nobody leads.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Waits until this node leads; `None` when it is to stop before. `at_hand` is used first, where it is given: a connection that broke is
/// made anew.
pub(super) async fn turn(
    at_hand: Option<Postgres>,
    url: &str,
    mut stop: watch::Receiver<bool>,
) -> Option<Postgres> {
    let (url, holder) = (url.to_owned(), holder());
    let mut at_hand = at_hand;
    let mut is_told = false;
    loop {
        let (url, holder, node) = (url.clone(), holder.clone(), at_hand.take());
        // the database may take its time, and others have work meanwhile
        let asked = tokio::task::spawn_blocking(move || {
            let node = node.map_or_else(|| Postgres::open(&url), Ok)?;
            let leads = node.try_lead(&holder)?;
            Ok::<_, crate::journal::StoreError>((node, leads))
        });
        match asked.await {
            Ok(Ok((node, true))) => return Some(node),
            Ok(Ok((node, false))) => {
                if !std::mem::replace(&mut is_told, true) {
                    tracing::info!("다른 coc가 이끌고 있습니다. 대기합니다.");
                }
                at_hand = Some(node);
            }
            Ok(Err(error)) => tracing::warn!(%error, "the database does not answer"),
            Err(error) => tracing::error!(%error, "asking for the lease broke off"),
        }
        tokio::select! {
            () = tokio::time::sleep(ASK_EVERY) => {}
            _ = stop.wait_for(|stop| *stop) => return None,
        }
    }
}

/// What this node is called in the lease: for people who look there.
fn holder() -> String {
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{machine}:{}", std::process::id())
}
