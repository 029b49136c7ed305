//! What systemd is told of a service of `Type=notify`: that it is ready, that it stops, and, for `WatchdogSec`, that it lives. Only a
//! loop that answers feeds the watchdog. Without systemd nothing is told.

use crate::service::Handle;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Where systemd listens, and how often it waits for a sign.
#[derive(Debug)]
pub(super) struct Systemd {
    to: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Systemd {
    /// What the environment says: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`.
    pub(super) fn of_environment() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let to = variable("NOTIFY_SOCKET").and_then(|path| match Self::at(&path) {
            Ok(to) => Some(to),
            Err(error) => {
                tracing::error!(%error, "systemd cannot be told anything");
                None
            }
        });
        let ours = variable("WATCHDOG_PID").is_none_or(|pid| pid == std::process::id().to_string());
        let every = variable("WATCHDOG_USEC").and_then(|micros| micros.parse().ok());
        let watchdog = every.filter(|micros| ours && *micros > 0).map(Duration::from_micros);
        Self { to, watchdog }
    }

    fn at(path: &str) -> io::Result<(UnixDatagram, SocketAddr)> {
        let address = match path.strip_prefix('@') {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(path)?,
        };
        let socket = UnixDatagram::unbound()?;
        // nobody's page waits for systemd
        socket.set_nonblocking(true)?;
        Ok((socket, address))
    }

    fn tell(&self, what: &str) {
        if let Some((socket, address)) = &self.to
            && let Err(error) = socket.send_to_addr(what.as_bytes(), address)
        {
            tracing::warn!(%error, "systemd was not told");
        }
    }

    /// The bot is up.
    pub(super) fn ready(&self) {
        self.tell("READY=1\nSTATUS=당직 데스크가 시작되었습니다");
    }

    /// The bot is up, and another one leads.
    pub(super) fn standing_by(&self) {
        self.tell("READY=1\nSTATUS=다른 coc가 이끕니다. 대기합니다");
    }

    /// Feeds the watchdog, if there is one, while another one leads; never returns.
    pub(super) async fn feed_idle(&self) {
        let Some(every) = self.watchdog.filter(|_| self.to.is_some()) else {
            return std::future::pending().await;
        };
        loop {
            self.tell("WATCHDOG=1");
            tokio::time::sleep(every / 3).await;
        }
    }

    /// The bot stops in order.
    pub(super) fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=당직 데스크를 멈춥니다");
    }

    /// Feeds the watchdog, if there is one, for as long as the loop answers; never returns before the loop is gone.
    pub(super) async fn feed(&self, handle: Handle) {
        let Some(every) = self.watchdog.filter(|_| self.to.is_some()) else {
            return std::future::pending().await;
        };
        while handle.look(|_| ()).await.is_ok() {
            let status = if handle.health().is_ready() {
                "준비되어 있습니다"
            } else {
                "준비되어 있지 않습니다. /readyz를 봐 주십시오"
            };
            self.tell(&format!("WATCHDOG=1\nSTATUS={status}"));
            tokio::time::sleep(every / 3).await;
        }
        // whoever waits for the loop says how it ended
        std::future::pending().await
    }
}
