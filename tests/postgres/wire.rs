//! The wire between one node and the database, which a test can cut.

use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How a wire is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Everything passes.
    Open,
    /// Nothing passes, and nobody is told: a cable that was pulled.
    Silent,
    /// Every connection breaks, and none is made.
    Cut,
}

/// A wire; dropping it cuts it.
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    way: Arc<watch::Sender<Way>>,
}

impl Wire {
    /// A wire to this address.
    pub(crate) async fn to(far: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let way = Arc::new(watch::Sender::new(Way::Open));
        let seen = way.subscribe();
        tokio::spawn(async move {
            loop {
                let Ok((near, _)) = listener.accept().await else { return };
                if *seen.borrow() != Way::Cut {
                    tokio::spawn(carry(near, far, seen.clone()));
                }
            }
        });
        Self { address, way }
    }

    /// From now on it is like this.
    pub(crate) fn turn(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn carry(near: TcpStream, far: SocketAddr, mut way: watch::Receiver<Way>) {
    if way.wait_for(|way| *way != Way::Silent).await.is_err() {
        return;
    }
    let Ok(far) = TcpStream::connect(far).await else { return };
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    tokio::select! {
        () = pass(near_in, far_out, way.clone()) => {}
        () = pass(far_in, near_out, way.clone()) => {}
        // a sender that is gone means the same
        _ = way.wait_for(|way| *way == Way::Cut) => {}
    }
}

/// What is read while the wire is silent comes out when it is not any more, as TCP would bring it.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut way: watch::Receiver<Way>) {
    let mut bytes = vec![0; 64 << 10];
    loop {
        let count = from.read(&mut bytes).await.unwrap_or_default();
        // neither does the other end hear that this one is gone
        if way.wait_for(|way| *way != Way::Silent).await.is_err() || count == 0 {
            return;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
