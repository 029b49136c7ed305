//! A mail server of a few lines.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A server of a few lines: to each line that begins so it gives that answer, else `250`. `"…"` is silence, `"x"` the end of the
/// connection. The text's end is the line `.`.
pub(crate) struct Scripted {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    pub(crate) async fn open(script: &'static [(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&heard);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(Self::talk(stream, script, Arc::clone(&hears)));
            }
        });
        Self { url, heard }
    }

    async fn talk(stream: TcpStream, script: &[(&str, &str)], heard: Arc<Mutex<Vec<String>>>) {
        let mut lines = BufReader::new(stream);
        let mut in_text = false;
        let mut line = "GREETING".to_owned();
        loop {
            let answer = script.iter().find(|(begins, _)| line.starts_with(begins));
            let answer = match (answer, in_text) {
                (Some((_, answer)), _) => *answer,
                (None, true) if line != "." => "",
                (None, _) if line == "GREETING" => "220 mail.example.com",
                (None, _) if line == "DATA" => "354 go on",
                (None, _) if line == "QUIT" => "221 bye",
                (None, _) => "250 fine",
            };
            in_text = (in_text || answer.starts_with("354")) && line != ".";
            match answer {
                "" => {}
                "…" => std::future::pending().await,
                "x" => return,
                answer => {
                    let written = lines.write_all(format!("{answer}\r\n").as_bytes()).await;
                    if written.is_err() {
                        return;
                    }
                }
            }
            line.clear();
            // the other side may go at any time
            if lines.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            line = line.trim_end().to_owned();
            heard.lock().unwrap().push(line.clone());
        }
    }

    pub(crate) fn heard(&self, begins: &str) -> usize {
        self.heard.lock().unwrap().iter().filter(|line| line.starts_with(begins)).count()
    }
}
