//! The network between the bot and a service, with its weather: whatever stands behind a gate becomes slow, refuses, answers
//! nonsense or nothing, is not there, or vanishes in the middle of an answer, for as long as the weather lasts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What a service does to whoever comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weather {
    /// It works.
    Fine,
    /// It does what is asked, and answers so much later. A mail server greets so much later.
    Slow(Duration),
    /// Too much is asked of it: 429 with `Retry-After`; a mail server's 421.
    TooMany,
    /// It does not work: 500; a mail server's 451.
    Error,
    /// Its answer is none.
    Garbage,
    /// It listens and says nothing.
    Silent,
    /// Nobody listens.
    Refused,
    /// It does what is asked, and vanishes in the middle of saying so. What only reads goes through, where a service has more than
    /// that.
    Lost,
    /// It does what is asked, and never says so. What only reads goes through, where a service has more than that.
    Held,
}

/// The seconds that [`Weather::TooMany`] asks to wait.
pub(crate) const RETRY_AFTER: u64 = 3;

/// What is spoken behind a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// HTTP with deeds, which are told by their method.
    Http,
    /// HTTP that only reads.
    HttpToRead,
    /// SMTP.
    Smtp,
}

/// A gate; clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    weather: watch::Sender<Weather>,
    met: Arc<AtomicUsize>,
}

impl Gate {
    /// A gate in front of `to`.
    pub(crate) fn listen(listener: TcpListener, to: SocketAddr, speaks: Speaks) -> Self {
        let address = listener.local_addr().unwrap();
        let gate =
            Self { address, weather: watch::Sender::new(Weather::Fine), met: Arc::default() };
        tokio::spawn(gate.clone().keep(listener, to, speaks));
        gate
    }

    /// From now on.
    pub(crate) fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// How many came while it was not fine.
    pub(crate) fn met(&self) -> usize {
        self.met.load(Ordering::SeqCst)
    }

    async fn keep(self, listener: TcpListener, to: SocketAddr, speaks: Speaks) {
        let mut changes = self.weather.subscribe();
        let mut open = Some(listener);
        loop {
            if *changes.borrow_and_update() == Weather::Refused {
                open = None;
                changes.changed().await.unwrap();
                continue;
            }
            let listener = match open.take() {
                Some(listener) => listener,
                None => TcpListener::bind(self.address).await.unwrap(),
            };
            tokio::select! {
                accepted = listener.accept() => {
                    let visit = Visit { gate: self.clone(), to, stream: accepted.unwrap().0 };
                    tokio::spawn(async move {
                        // either side may go at any time
                        let _ = match speaks {
                            Speaks::Http => visit.http(false).await,
                            Speaks::HttpToRead => visit.http(true).await,
                            Speaks::Smtp => visit.smtp().await,
                        };
                    });
                }
                _ = changes.changed() => {}
            }
            open = Some(listener);
        }
    }

    /// The weather for somebody who comes now.
    fn weather(&self) -> Weather {
        let weather = *self.weather.borrow();
        if weather != Weather::Fine {
            self.met.fetch_add(1, Ordering::SeqCst);
        }
        weather
    }
}

struct Visit {
    gate: Gate,
    to: SocketAddr,
    stream: TcpStream,
}

impl Visit {
    /// One request a connection, so that the weather holds for each.
    async fn http(mut self, only_reads: bool) -> std::io::Result<()> {
        let request = read_request(&mut self.stream).await?;
        let reads = request.starts_with(b"GET ") && !only_reads;
        let answer = match self.gate.weather() {
            Weather::Fine | Weather::Refused => self.forwarded(&request).await?,
            Weather::Slow(wait) => {
                let answer = self.forwarded(&request).await?;
                tokio::time::sleep(wait).await;
                answer
            }
            Weather::TooMany => said("429 Too Many Requests", RETRY_AFTER, "{\"error\":\"busy\"}"),
            Weather::Error => said("500 Internal Server Error", 0, "<html>no</html>"),
            Weather::Garbage => said("200 OK", 0, "<html>{\"이 페이지는\": JSON이 아닙니다</html>"),
            Weather::Silent => return self.waits().await,
            Weather::Lost | Weather::Held if reads => self.forwarded(&request).await?,
            Weather::Lost => {
                let answer = self.forwarded(&request).await?;
                answer[..answer.len() - answer.len() / 8].to_vec()
            }
            Weather::Held => {
                self.forwarded(&request).await?;
                return self.waits().await;
            }
        };
        self.stream.write_all(&answer).await?;
        self.stream.shutdown().await
    }

    /// What the service answers, whole.
    async fn forwarded(&self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut service = TcpStream::connect(self.to).await?;
        let line = request.windows(2).position(|two| two == b"\r\n").unwrap_or(0);
        service.write_all(&request[..line]).await?;
        service.write_all(b"\r\nconnection: close").await?;
        service.write_all(&request[line..]).await?;
        let mut answer = Vec::new();
        service.read_to_end(&mut answer).await?;
        Ok(answer)
    }

    /// Says nothing until the other side goes.
    async fn waits(mut self) -> std::io::Result<()> {
        let mut heard = [0; 1024];
        while self.stream.read(&mut heard).await? > 0 {}
        Ok(())
    }

    async fn smtp(mut self) -> std::io::Result<()> {
        match self.gate.weather() {
            Weather::Fine | Weather::Refused => self.passed().await,
            Weather::Slow(wait) => {
                tokio::time::sleep(wait).await;
                self.passed().await
            }
            Weather::TooMany => self.stream.write_all(b"421 4.7.0 too many\r\n").await,
            Weather::Error => self.out_of_order().await,
            Weather::Garbage => self.stream.write_all(b"<html>no SMTP</html>\r\n").await,
            Weather::Silent => self.waits().await,
            Weather::Lost => self.until_taken().await,
            Weather::Held => {
                self.until_taken().await?;
                self.waits().await
            }
        }
    }

    async fn passed(&mut self) -> std::io::Result<()> {
        let mut service = TcpStream::connect(self.to).await?;
        copy_bidirectional(&mut self.stream, &mut service).await.map(drop)
    }

    /// A mail server that lets people in and takes nothing.
    async fn out_of_order(&mut self) -> std::io::Result<()> {
        self.stream.write_all(b"220 mail.example.com\r\n").await?;
        let mut heard = [0; 1024];
        loop {
            let count = self.stream.read(&mut heard).await?;
            let answer: &[u8] = match &heard[..count.min(4)] {
                [] => return Ok(()),
                b"EHLO" => b"250-mail.example.com\r\n250 AUTH PLAIN\r\n",
                b"AUTH" => b"235 2.7.0 yes\r\n",
                b"QUIT" => b"221 2.0.0 bye\r\n",
                _ => b"451 4.3.0 out of order\r\n",
            };
            self.stream.write_all(answer).await?;
        }
    }

    /// Everything passes but the server's word that it took the mail.
    async fn until_taken(&mut self) -> std::io::Result<()> {
        let mut service = TcpStream::connect(self.to).await?;
        let (mut up, mut down) = ([0; 4096], [0; 4096]);
        let mut last = Vec::new();
        loop {
            tokio::select! {
                count = self.stream.read(&mut up) => {
                    let count = count?;
                    if count == 0 {
                        return Ok(());
                    }
                    service.write_all(&up[..count]).await?;
                    last.extend_from_slice(&up[..count]);
                    if last.ends_with(b"\r\n.\r\n") {
                        return match service.read(&mut down).await? {
                            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
                            _ => Ok(()),
                        };
                    }
                }
                count = service.read(&mut down) => {
                    let count = count?;
                    if count == 0 {
                        return Ok(());
                    }
                    self.stream.write_all(&down[..count]).await?;
                }
            }
        }
    }
}

fn said(status: &str, retry_after: u64, body: &str) -> Vec<u8> {
    let retry = match retry_after {
        0 => String::new(),
        seconds => format!("retry-after: {seconds}\r\n"),
    };
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{retry}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

async fn read_request(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let count = stream.read(&mut piece).await?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        request.extend_from_slice(&piece[..count]);
        let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(0, |text| text.trim().parse().unwrap());
        if request.len() >= end + 4 + length {
            return Ok(request);
        }
    }
}
