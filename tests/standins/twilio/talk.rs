//! A call's life: it rings, is answered or not, speaks, listens, and ends; and whoever asked is told of it.

use super::twiml::{Verb, read};
use super::{ACCOUNT, Call, Does, Fields, Order, TOKEN, Told, Twilio, field, signature};
use axum::body::Bytes;
use axum::http::Request;
use coc::adapters::http::{Base, Http, Reply};
use http_body_util::Full;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use url::form_urlencoded;

/// How long a webhook may take.
const WEBHOOK_WITHIN: Duration = Duration::from_secs(15);
/// The longest pause before a webhook is tried again.
const AGAIN_AFTER: Duration = Duration::from_millis(300);

/// How a conversation went on.
enum Went {
    On,
    Over,
}

struct Line {
    twilio: Twilio,
    sid: String,
    ended: watch::Receiver<bool>,
    sequence: u32,
    /// Status callbacks that wait until the call is over.
    held: Vec<(String, Fields)>,
    tell: mpsc::UnboundedSender<(String, Fields)>,
    machine: bool,
}

struct Teller {
    twilio: Twilio,
    sid: String,
}

/// Carries a call from its beginning to its end.
pub(super) async fn carry(twilio: Twilio, sid: String, does: Does, ended: watch::Receiver<bool>) {
    let machine = does == Does::Voicemail;
    let (tell, mut to_tell) = mpsc::unbounded_channel();
    let mut line = Line { twilio, sid, ended, sequence: 0, held: Vec::new(), tell, machine };
    // beside the call, which does not wait for anybody to have heard of it
    let teller = Teller { twilio: line.twilio.clone(), sid: line.sid.clone() };
    tokio::spawn(async move {
        while let Some((url, fields)) = to_tell.recv().await {
            teller.post(&url, fields).await;
        }
    });
    line.became("initiated", "initiated");
    let second = line.twilio.options.second;
    let status = line.lives(does, second).await;
    line.twilio.with(&line.sid, |call| status.clone_into(&mut call.status));
    line.became(status, "completed");
    for held in std::mem::take(&mut line.held).into_iter().rev() {
        line.tell.send(held).unwrap();
    }
}

impl Line {
    fn call(&self) -> Call {
        self.twilio.with(&self.sid, |call| call.clone())
    }

    /// Waits, or less when the call is ended from outside. `true`: it was.
    async fn waits(&mut self, long: Duration) -> bool {
        tokio::select! {
            _ = self.ended.wait_for(|ended| *ended) => true,
            () = tokio::time::sleep(long) => false,
        }
    }

    async fn lives(&mut self, does: Does, second: Duration) -> &'static str {
        if self.waits(second).await {
            return "canceled";
        }
        let keys = match does {
            Does::Failed => return "failed",
            Does::Busy => return "busy",
            Does::Keys(keys) => keys,
            Does::HangsUp | Does::NoAnswer | Does::Voicemail => "",
        };
        self.became("ringing", "ringing");
        let rings = field(&self.call().fields, "Timeout").and_then(|n| n.parse().ok());
        let picks_up = self.twilio.options.picks_up_after;
        let rings = if does == Does::NoAnswer { rings.unwrap_or(60) } else { picks_up };
        if self.waits(second * rings).await {
            return "canceled";
        }
        if does == Does::NoAnswer {
            return "no-answer";
        }
        self.became("in-progress", "answered");
        if does == Does::HangsUp {
            return "completed";
        }
        if self.machine {
            self.detected("machine_start");
        }
        self.talks(keys, second).await;
        "completed"
    }

    async fn talks(&mut self, keys: &str, second: Duration) {
        let call = self.call();
        let mut keys = keys.chars();
        let mut document = match field(&call.fields, "Twiml") {
            Some(twiml) => Some(twiml.to_owned()),
            None => match field(&call.fields, "Url") {
                Some(url) => self.ask(url, None).await,
                None => None,
            },
        };
        while let Some(text) = document.take() {
            let verbs = match read(&text) {
                Ok(verbs) => verbs,
                Err(why) => return self.twilio.complain(format!("TwiML: {why} in {text}")),
            };
            for verb in verbs {
                if *self.ended.borrow() {
                    return;
                }
                match verb {
                    Verb::Say(said) => self.says(&said),
                    Verb::Hangup => return,
                    Verb::Gather { action, digits, waits, says } => {
                        if digits != 1 {
                            self.twilio.complain("more than one key");
                        }
                        says.iter().for_each(|said| self.says(said));
                        let key = keys.next().filter(|key| *key != '-');
                        let waits = if key.is_some() { 1 } else { waits };
                        let waits = u32::try_from(waits).unwrap();
                        if let Went::Over = self.listens(second * waits).await {
                            return;
                        }
                        if let Some(key) = key {
                            document = self.ask(&action, Some(key)).await;
                            break;
                        }
                    }
                }
            }
        }
    }

    fn says(&self, said: &str) {
        self.twilio.with(&self.sid, |call| call.said.push(said.to_owned()));
    }

    async fn listens(&mut self, long: Duration) -> Went {
        if self.waits(long).await { Went::Over } else { Went::On }
    }

    fn fields(&self, status: &str) -> Fields {
        let call = self.call();
        let pairs = [
            ("CallSid", call.sid.as_str()),
            ("AccountSid", ACCOUNT),
            ("From", &call.from),
            ("To", &call.to),
            ("Caller", &call.from),
            ("Called", &call.to),
            ("CallStatus", status),
            ("Direction", "outbound-api"),
            ("ApiVersion", "2010-04-01"),
        ];
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec()
    }

    /// Asks for TwiML. Without an answer that can be read the call is over, with an apology.
    async fn ask(&self, url: &str, key: Option<char>) -> Option<String> {
        let mut fields = self.fields("in-progress");
        if let Some(key) = key {
            fields.push(("Digits".to_owned(), key.to_string()));
            fields.push(("msg".to_owned(), "Gather End".to_owned()));
            fields.push(("FinishedOnKey".to_owned(), String::new()));
        }
        let teller = Teller { twilio: self.twilio.clone(), sid: self.sid.clone() };
        let answer = teller.post(url, fields).await.filter(|answer| answer.status.is_success());
        let typed = |answer: &Reply| {
            let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok());
            kind.is_some_and(|kind| kind.contains("xml"))
        };
        let Some(answer) = answer.filter(typed) else {
            self.says("An application error has occurred");
            return None;
        };
        Some(String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// Tells what became of the call, when that was asked for.
    fn became(&mut self, status: &str, event: &str) {
        let shown = if status == "initiated" { "queued" } else { status };
        self.twilio.with(&self.sid, |call| shown.clone_into(&mut call.status));
        let call = self.call();
        let asked =
            |(key, value): &(String, String)| key == "StatusCallbackEvent" && value == event;
        let Some(url) = field(&call.fields, "StatusCallback") else { return };
        if !call.fields.iter().any(asked) {
            return;
        }
        let mut fields = self.fields(status);
        fields.push(("CallbackSource".to_owned(), "call-progress-events".to_owned()));
        fields.push(("SequenceNumber".to_owned(), self.sequence.to_string()));
        if event == "completed" {
            fields.push(("CallDuration".to_owned(), "0".to_owned()));
        }
        self.sequence += 1;
        match self.twilio.options.order {
            Order::AsItHappens => self.tell.send((url.to_owned(), fields)).unwrap(),
            Order::Twice => {
                self.tell.send((url.to_owned(), fields.clone())).unwrap();
                self.tell.send((url.to_owned(), fields)).unwrap();
            }
            Order::Backwards => self.held.push((url.to_owned(), fields)),
        }
    }

    /// Tells what answered, when that was asked for.
    fn detected(&self, by: &str) {
        let call = self.call();
        let enabled = field(&call.fields, "MachineDetection").is_some()
            && field(&call.fields, "AsyncAmd") == Some("true");
        let Some(url) = field(&call.fields, "AsyncAmdStatusCallback").filter(|_| enabled) else {
            return;
        };
        let fields = [
            ("CallSid", call.sid.as_str()),
            ("AccountSid", ACCOUNT),
            ("AnsweredBy", by),
            ("MachineDetectionDuration", "2400"),
        ];
        let fields = fields.map(|(key, value)| (key.to_owned(), value.to_owned()));
        self.tell.send((url.to_owned(), fields.to_vec())).unwrap();
    }
}

impl Teller {
    /// Posts a signed form; again as the address's fragment asks for.
    async fn post(&self, url: &str, fields: Fields) -> Option<Reply> {
        let (address, overrides) = url.split_once('#').unwrap_or((url, ""));
        let overrides: Fields = form_urlencoded::parse(overrides.as_bytes()).into_owned().collect();
        let again = field(&overrides, "rc").map_or(1, |count| count.parse().unwrap());
        let policy = field(&overrides, "rp").unwrap_or("ct").to_owned();
        let signature = signature(TOKEN, address, &fields);
        let base = Base::read("http://127.0.0.1", "").unwrap();
        let client = Http::new(&base, WEBHOOK_WITHIN).unwrap();
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        for left in (0..=again).rev() {
            let request = Request::builder()
                .method("POST")
                .uri(address)
                .header("content-type", "application/x-www-form-urlencoded; charset=UTF-8")
                .header("x-twilio-signature", &signature)
                .header("i-twilio-idempotency-token", &self.sid)
                .body(Full::new(Bytes::from(body.clone())))
                .unwrap();
            let answer = client.send(request).await;
            let answered = answer.as_ref().map_or(0, |answer| answer.status.as_u16());
            self.twilio.inner().told.push(Told {
                url: address.to_owned(),
                fields: fields.clone(),
                signature: signature.clone(),
                answered,
            });
            let retry = match answered {
                0 => true,
                500.. => policy.contains("5xx"),
                _ => false,
            };
            if !retry || left == 0 {
                return answer.ok();
            }
            tokio::time::sleep((self.twilio.options.second * 10).min(AGAIN_AFTER)).await;
        }
        None
    }
}
