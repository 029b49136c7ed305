//! `/metrics`: what is measured, in the text format of Prometheus.

use crate::metrics::DeskView;
use crate::service::Handle;
use axum::Router;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::registry::Registry;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long the loop may take to say how things stand; Prometheus gives up after ten seconds.
const LOOK_WITHIN: Duration = Duration::from_secs(2);

const OPEN_METRICS: &str = "application/openmetrics-text";

/// The address. `state`: the folder whose free room is told.
pub fn routes(handle: Handle, state: PathBuf) -> Router {
    let registry = Arc::new(handle.metrics().registry());
    let state: Arc<Path> = state.into();
    let answer = move |headers: HeaderMap| {
        let (handle, registry, state) = (handle.clone(), Arc::clone(&registry), Arc::clone(&state));
        async move { told(&handle, &registry, &state, &headers).await }
    };
    Router::new().route("/metrics", get(answer))
}

async fn told(handle: &Handle, registry: &Registry, state: &Path, headers: &HeaderMap) -> Response {
    let metrics = handle.metrics();
    let now = handle.now();
    // a loop that hangs must not hide that it hangs
    let looked = timeout(LOOK_WITHIN, handle.look(move |desk| DeskView::of(desk, now))).await;
    let view = looked.ok().and_then(Result::ok);
    if let Some(view) = &view {
        metrics.looked(view);
    }
    metrics.is(handle.health().not_ready().is_empty(), view.is_some());
    metrics.machine(resident(), free(state));
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut body = String::new();
    let (kind, written) = if accepted.contains(OPEN_METRICS) {
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        (kind, text::encode(&mut body, registry))
    } else {
        (prometheus_text::CONTENT_TYPE, prometheus_text::encode(&mut body, registry))
    };
    match written {
        Ok(()) => ([(CONTENT_TYPE, kind)], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The process's memory in bytes, where the system tells.
fn resident() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Bytes that the journal can still take.
fn free(state: &Path) -> Option<i64> {
    let about = rustix::fs::statvfs(state).ok()?;
    i64::try_from(about.f_bavail.saturating_mul(about.f_frsize)).ok()
}
