//! A FitCloud server as `docs/openapi/fitcloud.yaml` describes it, with the moods that servers have.

#![allow(dead_code, reason = "each test program uses a part of it")]

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;

pub(crate) const TOKEN: &str = "hidden-fitcloud-token";

/// What happens to one request.
#[derive(Clone, Debug)]
pub(crate) enum Mood {
    /// It is answered, and then the record is another one.
    Changes(Vec<Value>),
    /// No answer.
    Silent,
    /// This status, with these seconds in `Retry-After`.
    Refuses(u16, Option<u64>),
    /// This text with status 200.
    Says(String),
    /// Half the page, then the connection breaks.
    Breaks,
    /// The same cursor for ever.
    Circles,
    /// Without the record's version.
    NoVersion,
}

/// What is there, and what was asked.
#[derive(Debug, Default)]
pub(crate) struct Inside {
    customers: Vec<Value>,
    version: u64,
    /// What happens to the next requests; then they are answered.
    pub(crate) moods: VecDeque<Mood>,
    /// Status and query of every request.
    pub(crate) asked: Vec<(u16, String)>,
    /// A page holds no more than that, whatever is asked for.
    pub(crate) page: usize,
}

/// The server.
#[derive(Clone, Debug)]
pub(crate) struct StandIn {
    pub(crate) url: String,
    inside: Arc<Mutex<Inside>>,
}

/// A customer as the record has it.
pub(crate) fn customer(name: &str, aliases: &[&str], grade: &str) -> Value {
    json!({
        "name": name, "aliases": aliases, "grade": grade, "important": false,
        "ts_primary": "", "ts_backup": "", "sa_primary": "하늘솔", "sa_backup": "", "csr": "오하라",
        "accounts": [], "emails": [], "phones": [], "guardduty_agreed": false,
        "environment_rule": [], "comment": "",
    })
}

/// The customers of a `customers.csv`.
pub(crate) fn customers_of(text: &str) -> Vec<Value> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let list = |text: &str| -> Vec<String> {
        text.split(';').filter(|one| !one.is_empty()).map(str::to_owned).collect()
    };
    let mut found = Vec::new();
    for row in reader.deserialize() {
        let row: BTreeMap<String, String> = row.unwrap();
        let of = |(key, text): (&String, &String)| {
            let value = match key.as_str() {
                "aliases" | "accounts" | "emails" | "phones" | "environment_rule" => {
                    json!(list(text))
                }
                "important" | "guardduty_agreed" => json!(text == "y"),
                _ => json!(text),
            };
            (key.clone(), value)
        };
        found.push(Value::Object(row.iter().map(of).collect()));
    }
    found
}

impl StandIn {
    pub(crate) async fn open(customers: Vec<Value>) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").await.unwrap(), customers)
    }

    pub(crate) fn listen(listener: TcpListener, customers: Vec<Value>) -> Self {
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        let inside = Inside { customers, version: 1, page: usize::MAX, ..Inside::default() };
        let inside = Arc::new(Mutex::new(inside));
        let stand_in = Self { url, inside: Arc::clone(&inside) };
        let router = Router::new().route("/api/customers", get(answer)).with_state(inside);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        stand_in
    }

    pub(crate) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    pub(crate) fn holds(&self, customers: Vec<Value>) {
        self.inside().holds(customers);
    }

    pub(crate) fn will(&self, moods: &[Mood]) {
        self.inside().moods.extend(moods.iter().cloned());
    }

    /// Status and query of what was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<(u16, String)> {
        std::mem::take(&mut self.inside().asked)
    }
}

impl Inside {
    fn holds(&mut self, customers: Vec<Value>) {
        self.customers = customers;
        self.version += 1;
    }

    fn tag(&self) -> String {
        format!("\"record-{}\"", self.version)
    }

    /// The page and its tag; `None` when the cursor is not understood.
    fn page(&self, query: &BTreeMap<String, String>) -> Option<Value> {
        let limit: usize = query.get("limit").map_or(Some(200), |text| text.parse().ok())?;
        let from: usize = query.get("cursor").map_or(Some(0), |text| text.parse().ok())?;
        let until = from + limit.min(self.page).min(self.customers.len().checked_sub(from)?);
        let next = (until < self.customers.len()).then(|| until.to_string());
        let customers = &self.customers[from..until];
        let updated_at = "2025-08-05T09:00:00+09:00";
        Some(json!({"updated_at": updated_at, "customers": customers, "next": next}))
    }
}

fn refusal(status: u16, wait: Option<u64>) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let mut response = (status, axum::Json(json!({"error": "that did not work"}))).into_response();
    if let Some(wait) = wait {
        response.headers_mut().insert("retry-after", wait.into());
    }
    response
}

async fn answer(
    State(inside): State<Arc<Mutex<Inside>>>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mood = inside.lock().unwrap().moods.pop_front();
    if matches!(mood, Some(Mood::Silent)) {
        std::future::pending::<()>().await;
    }
    let mut inside = inside.lock().unwrap();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let tag = inside.tag();
    let response = match (mood, inside.page(&query)) {
        _ if header("authorization") != Some(&format!("Bearer {TOKEN}")) => refusal(401, None),
        (Some(Mood::Refuses(status, wait)), _) => refusal(status, wait),
        (_, None) => refusal(400, None),
        (Some(Mood::Says(text)), _) => {
            ([("etag", tag.as_str()), ("content-type", "application/json")], text).into_response()
        }
        (Some(Mood::Breaks), Some(page)) => {
            let text = page.to_string().into_bytes();
            let half = Bytes::copy_from_slice(&text[..text.len() / 2]);
            let broken = std::io::Error::other("the connection breaks");
            let body = futures_util::stream::iter([Ok(half), Err(broken)]);
            ([("etag", tag.as_str())], Body::from_stream(body)).into_response()
        }
        (Some(Mood::Circles), Some(mut page)) => {
            page["next"] = json!("0");
            ([("etag", tag.as_str())], axum::Json(page)).into_response()
        }
        (Some(Mood::NoVersion), Some(page)) => axum::Json(page).into_response(),
        (Some(Mood::Changes(customers)), Some(page)) => {
            inside.holds(customers);
            ([("etag", tag.as_str())], axum::Json(page)).into_response()
        }
        (Some(Mood::Silent) | None, Some(_)) if header("if-none-match") == Some(&tag) => {
            (StatusCode::NOT_MODIFIED, [("etag", tag.as_str())]).into_response()
        }
        (Some(Mood::Silent) | None, Some(page)) => {
            ([("etag", tag.as_str())], axum::Json(page)).into_response()
        }
    };
    let asked: Vec<String> = query.iter().map(|(key, value)| format!("{key}={value}")).collect();
    inside.asked.push((response.status().as_u16(), asked.join("&")));
    response
}
