//! A stand-in for Amazon SNS: it signs as SNS does, gives out its certificate and confirms subscriptions. What it signs with is test
//! material that nobody trusts; `localstack-deliveries.jsonl` are three deliveries of another implementation (LocalStack), with a
//! certificate made of the public key that they were signed with.

#![allow(dead_code, reason = "each test program uses a part of it")]

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;
use ring::digest;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// A topic that is listened to.
pub(crate) const TOPIC: &str = "arn:aws:sns:ap-northeast-2:123456789012:coc-alarms";
const KEY: &str = include_str!("test-signing-key.pem");
pub(crate) const CERTIFICATE: &str = include_str!("test-signing-cert.pem");
pub(crate) const EXPIRED: &str = include_str!("test-expired-cert.pem");
pub(crate) const ELLIPTIC: &str = include_str!("test-elliptic-cert.pem");
pub(crate) const LOCALSTACK: &str = include_str!("localstack-cert.pem");
/// Headers and body of each delivery, a line each.
pub(crate) const LOCALSTACK_DELIVERIES: &str = include_str!("localstack-deliveries.jsonl");

/// What is answered to whoever asks for a certificate.
#[derive(Clone)]
pub(crate) enum Gives {
    Body(Vec<u8>),
    Status(u16),
    /// The certificate, after a while.
    Late(Duration),
    Nothing,
}

struct Inner {
    gives: Mutex<Gives>,
    /// What is answered to confirmations.
    confirms: Mutex<u16>,
    seen: Mutex<Vec<String>>,
}

/// SNS at an address of this machine.
#[derive(Clone)]
pub(crate) struct Sns {
    pub(crate) url: String,
    inner: Arc<Inner>,
}

impl Sns {
    pub(crate) async fn open() -> Self {
        let inner = Arc::new(Inner {
            gives: Mutex::new(Gives::Body(CERTIFICATE.into())),
            confirms: Mutex::new(200),
            seen: Mutex::default(),
        });
        let app = Router::new()
            .route("/", get(confirm))
            .route("/{file}", get(certificate))
            .with_state(Arc::clone(&inner));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, inner }
    }

    pub(crate) fn gives(&self, gives: Gives) {
        *self.inner.gives.lock().unwrap() = gives;
    }

    pub(crate) fn confirms(&self, status: u16) {
        *self.inner.confirms.lock().unwrap() = status;
    }

    /// How often something was asked for whose address contains this.
    pub(crate) fn asked(&self, what: &str) -> usize {
        self.inner.seen.lock().unwrap().iter().filter(|seen| seen.contains(what)).count()
    }

    pub(crate) fn certificate(&self) -> String {
        format!("{}/SimpleNotificationService-f3ecfb72.pem", self.url)
    }

    /// A notification, not signed yet.
    pub(crate) fn notification(
        &self,
        id: &str,
        at: &str,
        subject: Option<&str>,
        text: &str,
    ) -> Value {
        let mut message = json!({
            "Type": "Notification", "MessageId": id, "TopicArn": TOPIC, "Message": text, "Timestamp": at,
            "UnsubscribeURL": format!("{}/?Action=Unsubscribe&SubscriptionArn={TOPIC}:c9135db0", self.url),
        });
        if let Some(subject) = subject {
            message["Subject"] = subject.into();
        }
        message
    }

    /// A confirmation of a subscription, or of its end, not signed yet.
    pub(crate) fn confirmation(&self, kind: &str, id: &str, at: &str) -> Value {
        json!({
            "Type": kind, "MessageId": id, "TopicArn": TOPIC, "Timestamp": at, "Token": "2336412f37",
            "Message": format!("You have chosen to subscribe to the topic {TOPIC}.\nTo confirm the subscription, visit the SubscribeURL included in this message."),
            "SubscribeURL": format!("{}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37", self.url),
        })
    }

    /// Signs a message.
    pub(crate) fn signed(&self, message: Value, version: u8) -> Value {
        signed(message, version, &self.certificate())
    }
}

/// A CloudWatch alarm of one metric, as it stands in a notification. `at`: as CloudWatch writes it.
pub(crate) fn alarm(account: &str, name: &str, instance: &str, at: &str) -> String {
    json!({
        "AlarmName": name, "AlarmDescription": null, "AWSAccountId": account, "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed: 1 datapoint [97.0] was greater than the threshold (90.0).",
        "StateChangeTime": at, "Region": "Asia Pacific (Seoul)", "OldStateValue": "OK",
        "AlarmArn": format!("arn:aws:cloudwatch:ap-northeast-2:{account}:alarm:{name}"),
        "Trigger": {
            "MetricName": "CPUUtilization", "Namespace": "AWS/EC2", "StatisticType": "Statistic", "Statistic": "AVERAGE",
            "Unit": null, "Dimensions": [{"value": instance, "name": "InstanceId"}], "Period": 60, "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold", "Threshold": 90.0, "TreatMissingData": "missing",
            "EvaluateLowSampleCountPercentile": "",
        },
    })
    .to_string()
}

async fn certificate(State(inner): State<Arc<Inner>>, Path(file): Path<String>) -> Response {
    inner.seen.lock().unwrap().push(file);
    let gives = inner.gives.lock().unwrap().clone();
    match gives {
        Gives::Body(body) => body.into_response(),
        Gives::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Gives::Late(wait) => {
            tokio::time::sleep(wait).await;
            CERTIFICATE.into_response()
        }
        Gives::Nothing => std::future::pending().await,
    }
}

async fn confirm(State(inner): State<Arc<Inner>>, RawQuery(query): RawQuery) -> StatusCode {
    inner.seen.lock().unwrap().push(query.unwrap_or_default());
    StatusCode::from_u16(*inner.confirms.lock().unwrap()).unwrap()
}

/// Adds a signature to a message.
pub(crate) fn signed(mut message: Value, version: u8, certificate: &str) -> Value {
    let text = text_to_sign(&message);
    let signature = match version {
        1 => by_hand(&digest::SHA1_FOR_LEGACY_USE_ONLY, &text),
        _ => by_ring(&text),
    };
    message["SignatureVersion"] = version.to_string().into();
    message["Signature"] = STANDARD.encode(signature).into();
    message["SigningCertURL"] = certificate.into();
    message
}

/// By the words of Amazon's manual: the names in the order of the alphabet, each with its value, a line each.
fn text_to_sign(message: &Value) -> String {
    let names: &[&str] = if message["Type"] == "Notification" {
        &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    } else {
        &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    };
    let there = names.iter().filter_map(|name| Some((name, message.get(*name)?.as_str()?)));
    there.map(|(name, value)| format!("{name}\n{value}\n")).collect()
}

fn der() -> Vec<u8> {
    STANDARD.decode(KEY.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap()
}

fn by_ring(text: &str) -> Vec<u8> {
    let key = KeyPair::from_der(&der()).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    signature
}

/// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.1), for ring signs nothing with SHA-1.
fn by_hand(hash: &'static digest::Algorithm, text: &str) -> Vec<u8> {
    let names: &[u8] = if hash == &digest::SHA1_FOR_LEGACY_USE_ONLY {
        &[0x30, 0x21, 0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 0x14]
    } else {
        &[0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20]
    };
    let hashed = [names, digest::digest(hash, text.as_bytes()).as_ref()].concat();
    let [_, modulus, _, private] = integers();
    let mut padded = vec![0, 1];
    padded.resize(256 - hashed.len() - 1, 0xff);
    padded.push(0);
    padded.extend(hashed);
    let number = BigUint::from_bytes_be(&padded).modpow(&private, &modulus).to_bytes_be();
    [vec![0; 256 - number.len()], number].concat()
}

/// The first four numbers of the key: its form's version, the modulus, the public and the private exponent.
fn integers() -> [BigUint; 4] {
    let der = der();
    // the sequence's own tag and length: 0x30 0x82 hi lo
    let mut rest = &der[4..];
    std::array::from_fn(|_| {
        assert_eq!(rest[0], 2, "a number");
        let (length, from) = match rest[1] {
            0x81 => (usize::from(rest[2]), 3),
            0x82 => (usize::from(rest[2]) << 8 | usize::from(rest[3]), 4),
            short => (usize::from(short), 2),
        };
        let number = BigUint::from_bytes_be(&rest[from..from + length]);
        rest = &rest[from + length..];
        number
    })
}

/// The two ways of signing agree where both can.
pub(crate) fn signs_the_same_by_hand(text: &str) -> bool {
    by_hand(&digest::SHA256, text) == by_ring(text)
}
