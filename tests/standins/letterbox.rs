//! A mail server that takes what it gets and keeps it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const USER: &str = "coc";
pub(crate) const PASSWORD: &str = "hidden-mail-password";

/// A mail as it was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// Its `Message-ID`.
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// The server; clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Letterbox {
    letters: Arc<Mutex<Vec<Letter>>>,
}

impl Letterbox {
    pub(crate) fn listen(listener: TcpListener) -> Self {
        let this = Self { letters: Arc::default() };
        let serving = this.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let talking = serving.clone();
                // a client that goes in the middle is no fault of the server's
                tokio::spawn(async move { talking.talk(stream).await.unwrap_or_default() });
            }
        });
        this
    }

    /// Every mail that was taken, in order.
    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap().clone()
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 mail.example.com\r\n").await?;
        let login = STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
        let (mut known, mut from, mut to) = (false, String::new(), Vec::new());
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            let answer = match line.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => "250-mail.example.com\r\n250-8BITMIME\r\n250 AUTH PLAIN",
                "AUTH" => {
                    known = line == format!("AUTH PLAIN {login}");
                    if known { "235 2.7.0 yes" } else { "535 5.7.8 no" }
                }
                "NOOP" | "RSET" => "250 2.0.0 fine",
                "QUIT" => "221 2.0.0 bye",
                _ if !known => "530 5.7.0 who is there",
                "MAIL" => {
                    from = address(line);
                    to.clear();
                    "250 2.1.0 fine"
                }
                "RCPT" => {
                    to.push(address(line));
                    "250 2.1.5 fine"
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let whole = text(&mut stream).await?;
                    self.letters.lock().unwrap().push(letter(&from, &to, &whole));
                    "250 2.0.0 kept"
                }
                _ => "502 5.5.1 not here",
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
            if answer.starts_with("221") {
                return Ok(());
            }
        }
    }
}

fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}

async fn text(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut whole = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end() {
            "." => return Ok(whole),
            line => whole += &format!("{}\n", line.strip_prefix('.').unwrap_or(line)),
        }
    }
}

fn letter(from: &str, to: &[String], whole: &str) -> Letter {
    let (head, body) = whole.split_once("\n\n").unwrap();
    let head = head.replace("\n ", " ").replace("\n\t", " ");
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map_or_else(String::new, |(_, value)| value.trim().to_owned())
    };
    let text = match header("Content-Transfer-Encoding").as_str() {
        "base64" => decoded(&body.replace('\n', "")),
        _ => body.to_owned(),
    };
    // encoded words, and blanks between two of them stand for nothing
    let subject = header("Subject");
    let subject = subject.split_whitespace().map(|word| {
        let inside = word.strip_prefix("=?utf-8?b?").and_then(|rest| rest.strip_suffix("?="));
        inside.map_or_else(|| word.to_owned(), decoded)
    });
    Letter {
        from: from.to_owned(),
        to: to.to_vec(),
        id: header("Message-ID"),
        subject: subject.collect(),
        text,
    }
}

fn decoded(text: &str) -> String {
    String::from_utf8(STANDARD.decode(text).unwrap()).unwrap()
}
