//! `/healthz`: whether the process is alive. `/readyz`: whether it does its work, and if not, why.

use crate::service::{Handle, NotReady};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

/// The two addresses. They say nothing personal, so anybody may ask.
pub fn routes(handle: &Handle) -> Router {
    let (alive, ready) = (handle.health(), handle.health());
    let alive = move || async move {
        if alive.turns() {
            (StatusCode::OK, "ok\n")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "the loop does not turn\n")
        }
    };
    let ready = move || async move {
        let why = ready.not_ready();
        if why.is_empty() {
            return (StatusCode::OK, "ready\n".to_owned());
        }
        let lines = why.into_iter().map(|why| format!("{}\n", words(why)));
        (StatusCode::SERVICE_UNAVAILABLE, format!("not ready\n{}", lines.collect::<String>()))
    };
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready))
}

/// The two addresses of a process that stands by while another one leads: alive, and nobody to send anything to. `told` says how it
/// stands, in a line.
pub fn standing_by(told: impl Fn() -> String + Clone + Send + Sync + 'static) -> Router {
    let ready = move || {
        let told = told();
        async move { (StatusCode::SERVICE_UNAVAILABLE, format!("standing by\n{told}")) }
    };
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready))
}

const fn words(why: NotReady) -> &'static str {
    match why {
        NotReady::CatchingUp => "놓친 내용을 읽는 중입니다. 끝나면 준비됩니다.",
        NotReady::Disconnected => {
            "Slack과 연결되어 있지 않습니다. 다시 연결하고 있습니다. 네트워크와 토큰을 확인해 주십시오."
        }
        NotReady::Deaf => {
            "Slack에 올린 글이 이벤트로 돌아오지 않습니다. 연결은 있으나 아무것도 들리지 않습니다. Slack 앱의 Event Subscriptions를 확인해 주십시오."
        }
        NotReady::Refused => {
            "Slack의 Web API가 봇을 받아들이지 않거나 답하지 않습니다. coc doctor로 확인해 주십시오."
        }
        NotReady::JournalClosed => "저널을 더 쓸 수 없습니다. coc를 다시 시작해 주십시오.",
        NotReady::Unwritable => {
            "상태 폴더에 쓸 수 없습니다. 쓰기 권한과 남은 공간을 확인해 주십시오."
        }
        NotReady::Stuck => "당직 데스크가 멈춰 있습니다. 계속되면 coc를 다시 시작해 주십시오.",
    }
}
