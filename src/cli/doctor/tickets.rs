//! The support desk, tried for real: the credentials, whose they are, whether everybody of the guide is known there, and whether its
//! webhooks can be heard.

use super::{Check, State};
use crate::cli::settings::setting;
use crate::cli::wiring::tickets::{SECRET, SupportDesk, read};
use crate::domain::books::ReadBooks;
use crate::domain::ids::Name;
use crate::ports::{Engineer, PortError};

const LINE: &str = "티켓 연결";
const PEOPLE: &str = "티켓 사람";
const WEBHOOK: &str = "티켓 웹훅";

/// How many names are listed in one line.
const LISTED: usize = 12;

/// Tries what is configured; nothing without a support desk. `books`: as they are on disk; `None` when they cannot be read.
pub(super) fn checks(books: Option<&ReadBooks>) -> Vec<Check> {
    let desk = match read() {
        Ok(None) => return Vec::new(),
        Ok(Some(desk)) => desk,
        Err(why) => return vec![check(LINE, State::Missing, why)],
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(tried(&desk, books)),
        Err(error) => {
            vec![check(LINE, State::Missing, format!("실행 환경을 만들 수 없습니다: {error}"))]
        }
    }
}

fn check(what: &'static str, state: State, text: impl Into<String>) -> Check {
    Check { what, state, text: text.into() }
}

async fn tried(desk: &SupportDesk, books: Option<&ReadBooks>) -> Vec<Check> {
    let (line, well) = match desk.zendesk.myself().await {
        Ok(myself) if myself.may_work() => {
            let text = format!("Zendesk에 연결했습니다. 역할: {}.", myself.role);
            (check(LINE, State::Ok, text), true)
        }
        Ok(_) => {
            let text = "ZENDESK_EMAIL이 상담원(agent)이나 관리자(admin)의 계정이 아닙니다. 상담원 계정의 주소를 적어 주십시오.";
            (check(LINE, State::Missing, text), false)
        }
        Err(error) => (check(LINE, State::Missing, refused(&error)), false),
    };
    let people = match (well, books) {
        (false, _) => check(PEOPLE, State::Untried, "연결되지 않아 시험하지 않았습니다."),
        (true, None) => {
            check(PEOPLE, State::Untried, "데이터 폴더에 고칠 것이 있어 견주지 못했습니다.")
        }
        (true, Some(books)) => people(desk, books).await,
    };
    vec![line, people, webhook(desk)]
}

fn refused(error: &PortError) -> String {
    format!(
        "{error}. ZENDESK_URL, ZENDESK_EMAIL, ZENDESK_TOKEN을 확인하고, 관리 센터의 \"앱 및 통합 → API\"에서 토큰 접근이 켜져 있는지 보아 주십시오."
    )
}

async fn people(desk: &SupportDesk, books: &ReadBooks) -> Check {
    let people: Vec<Engineer> = books
        .roster
        .people
        .iter()
        .map(|person| Engineer { name: person.name.clone(), email: person.email.clone() })
        .collect();
    match desk.zendesk.unknown(&people).await {
        Err(error) => {
            check(PEOPLE, State::Missing, format!("Zendesk에서 읽지 못했습니다 ({error})."))
        }
        Ok(unknown) if unknown.is_empty() => {
            let text = format!("가이드의 {}명이 모두 Zendesk 상담원입니다.", people.len());
            check(PEOPLE, State::Ok, text)
        }
        Ok(unknown) => {
            // without anybody no ticket can be assigned; without some of them COC assigns by hand
            let none = unknown.len() == people.len();
            let state = if none { State::Missing } else { State::Doubt };
            let text = format!(
                "가이드의 {}명이 Zendesk 상담원이 아닙니다: {}. 이 사람들의 티켓은 세지 못하고 배정은 COC가 직접 해야 합니다. 가이드의 이메일이 Zendesk의 기본 이메일과 같은지 확인해 주십시오.",
                unknown.len(),
                listed(&unknown)
            );
            check(PEOPLE, state, text)
        }
    }
}

fn listed(names: &[&Name]) -> String {
    let shown: Vec<&str> = names.iter().take(LISTED).map(|name| name.as_str()).collect();
    let more = names.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" 외 {more}명") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn webhook(desk: &SupportDesk) -> Check {
    if !desk.hears() {
        let text =
            format!("{SECRET} 없음. Zendesk에서 사람이 바꾼 담당자와 상태를 바로 알지 못합니다.");
        return check(WEBHOOK, State::Off, text);
    }
    let has = |name| setting(name).ok().flatten().is_some();
    // without Socket Mode the bot listens anyway
    if has("COC_LISTEN") || !has("SLACK_APP_TOKEN") {
        return check(
            WEBHOOK,
            State::Ok,
            format!("{SECRET} 있음. POST /hooks/zendesk로 받습니다."),
        );
    }
    let text = format!(
        "{SECRET}은 있으나 COC_LISTEN이 없어 받을 곳이 없습니다. 예: COC_LISTEN=127.0.0.1:3000"
    );
    check(WEBHOOK, State::Missing, text)
}
