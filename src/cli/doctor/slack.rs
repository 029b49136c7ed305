//! The Slack part of `coc doctor`, tried for real: the tokens, the scopes, channels, people and groups, and the clock.

use super::{Check, State};
use crate::adapters::slack::api::probe::{Probed, probe};
use crate::adapters::slack::api::{Base, Failed, Method, Settings, Token, scopes};
use crate::adapters::slack::chat::Slack;
use crate::cli::settings::setting;
use crate::domain::books::ReadBooks;
use crate::domain::change::Change;
use crate::domain::desk::Desk;
use crate::domain::ids::{ChannelId, Name};
use crate::domain::input::Directory;
use crate::domain::policy::GroupRef;
use crate::domain::time::Time;
use crate::ports::{Chat, Clock, PortError};
use crate::service::WallClock;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) const BOT: &str = "SLACK_BOT_TOKEN";
pub(super) const APP: &str = "SLACK_APP_TOKEN";

const TOKEN: &str = "Slack 토큰";
const SCOPES: &str = "Slack 권한";
const CLOCK: &str = "시계";
const CHANNELS: &str = "Slack 채널";
const PEOPLE: &str = "Slack 사람";
const GROUPS: &str = "Slack 그룹";
const SOCKET: &str = "Socket Mode";

/// Everything that is tried with the bot's token, in order.
const ALL: [&str; 6] = [TOKEN, SCOPES, CLOCK, CHANNELS, PEOPLE, GROUPS];

/// How far this machine's clock may be off Slack's before calls come at the wrong minute, in seconds.
const CLOCK_MAY_BE_OFF: i64 = 30;

/// How many names are listed in one line.
const LISTED: usize = 12;

/// Tries what is configured. `books`: as they are on disk; `None` when they cannot be read.
pub(super) fn checks(books: Option<&ReadBooks>) -> Vec<Check> {
    let given = |name| setting(name).ok().flatten();
    let base = match given("SLACK_API_URL").map(|url| url.parse::<Base>()) {
        None => Base::default(),
        Some(Ok(base)) => base,
        Some(Err(error)) => return vec![check(TOKEN, State::Missing, error.to_string())],
    };
    let (bot, app) = (given(BOT), given(APP));
    if bot.is_none() && app.is_none() {
        let all = ALL.iter().chain([&SOCKET]).copied().collect::<Vec<_>>().join(", ");
        let text = format!(
            "Slack 토큰이 없어 시험하지 않았습니다: {all}. {BOT}을 넣고 다시 실행해 주십시오."
        );
        return vec![check("Slack 연결", State::Untried, text)];
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let text = format!("실행 환경을 만들 수 없습니다: {error}");
            return vec![check("Slack 연결", State::Missing, text)];
        }
    };
    runtime.block_on(async {
        let mut checks = match &bot {
            Some(token) => with_bot(token, &base, books).await,
            None => untried(&ALL, &format!("{BOT}이 없어 시험하지 않았습니다.")),
        };
        if let Some(token) = &app {
            checks.push(socket(token, &base).await);
        }
        checks
    })
}

fn check(what: &'static str, state: State, text: impl Into<String>) -> Check {
    Check { what, state, text: text.into() }
}

fn untried(what: &[&'static str], why: &str) -> Vec<Check> {
    what.iter().map(|what| check(what, State::Untried, why)).collect()
}

fn settings(token: &str, base: &Base) -> Settings {
    let mut settings = Settings::new(Token::from(token));
    settings.base = base.clone();
    settings
}

async fn with_bot(token: &str, base: &Base, books: Option<&ReadBooks>) -> Vec<Check> {
    if let Some(wrong) = wrong_kind(token, Kind::Bot) {
        let mut checks = vec![check(TOKEN, State::Missing, wrong)];
        checks.extend(untried(&ALL[1..], "토큰이 맞지 않아 시험하지 않았습니다."));
        return checks;
    }
    let settings = settings(token, base);
    let probed = match probe(&settings, Method::AuthTest).await {
        Ok(probed) => probed,
        Err(failed) => {
            let mut checks = vec![check(TOKEN, State::Missing, refused(BOT, failed))];
            checks.extend(untried(&ALL[1..], "Slack이 받아 주지 않아 시험하지 않았습니다."));
            return checks;
        }
    };
    let clock = Arc::new(WallClock);
    let mut checks =
        vec![authenticated(&probed), scopes_held(&probed), clock_set(&probed, clock.now())];
    let Some(books) = books else {
        checks.extend(untried(&ALL[3..], "데이터 폴더에 고칠 것이 있어 견주지 못했습니다."));
        return checks;
    };
    let read = async {
        let slack = Slack::new(settings, clock)
            .map_err(|error| PortError::Permanent { why: error.to_string() })?;
        Ok::<_, PortError>((slack.directory().await?, slack.channels_there().await?))
    };
    match read.await {
        Ok((directory, there)) => {
            checks.push(channels(books, &directory, &there));
            checks.push(people(books, &directory));
            checks.push(groups(books, &directory));
        }
        Err(error) => {
            let why = format!(
                "Slack에서 읽지 못했습니다 ({error}). 권한을 확인하고 앱을 다시 설치한 뒤 다시 실행해 주십시오."
            );
            checks.extend(ALL[3..].iter().map(|what| check(what, State::Missing, why.as_str())));
        }
    }
    checks
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bot,
    App,
}

/// What is wrong with a token by its looks. Only well-known beginnings are named: what else stands there may be a secret of its own.
fn wrong_kind(token: &str, wanted: Kind) -> Option<String> {
    let (setting, prefix, place) = match wanted {
        Kind::Bot => (BOT, "xoxb-", "\"OAuth & Permissions\"의 Bot User OAuth Token"),
        Kind::App => (APP, "xapp-", "\"Basic Information\"의 App-Level Token"),
    };
    if token.starts_with(prefix) {
        return None;
    }
    let known = [
        ("xoxb-", "봇 토큰(xoxb-)"),
        ("xapp-", "앱 토큰(xapp-)"),
        ("xoxp-", "사용자 토큰(xoxp-)"),
        ("xoxe", "회전 토큰(xoxe)"),
    ];
    let read = known
        .iter()
        .find(|(prefix, _)| token.starts_with(prefix))
        .map_or("알 수 없는 값", |(_, said)| said);
    Some(format!(
        "{setting}에 {read}이 들어 있습니다. {prefix}로 시작하는 값이어야 합니다. Slack 앱의 {place}을 넣어 주십시오."
    ))
}

/// Why Slack would not take a token, and what to do.
fn refused(setting: &str, failed: Failed) -> String {
    let wrong = failed.is(&["invalid_auth", "not_authed", "not_allowed_token_type"]);
    let gone = failed.is(&["account_inactive", "token_revoked", "token_expired"]);
    let scope = failed.is(&["missing_scope"]);
    let why = PortError::from(failed);
    if wrong {
        format!(
            "Slack이 {setting}을 받아 주지 않습니다 ({why}). 값을 Slack 앱의 화면에서 다시 복사해 주십시오."
        )
    } else if gone {
        format!(
            "{setting}이 더 이상 쓰이지 않습니다 ({why}). 앱을 작업 공간에 다시 설치하고 새 값을 넣어 주십시오."
        )
    } else if scope {
        format!("{setting}에 권한이 없습니다 ({why}). 앱 토큰에는 connections:write가 필요합니다.")
    } else {
        format!(
            "Slack에 닿지 못했습니다 ({why}). 네트워크와 SLACK_API_URL을 확인하고 다시 실행해 주십시오."
        )
    }
}

fn authenticated(probed: &Probed) -> Check {
    let said = |key: &str| probed.body.get(key).and_then(serde_json::Value::as_str);
    let (user, team) = (said("user").unwrap_or("봇"), said("team").unwrap_or("이름 없음"));
    check(TOKEN, State::Ok, format!("봇 토큰이 맞습니다. 작업 공간 {team}, 봇 {user}."))
}

fn scopes_held(probed: &Probed) -> Check {
    let Some(held) = &probed.scopes else {
        return check(
            SCOPES,
            State::Untried,
            "Slack이 토큰의 권한을 알려 주지 않았습니다: 알 수 없음.",
        );
    };
    let wanted = scopes();
    let lacking: Vec<&str> =
        wanted.iter().copied().filter(|scope| !held.contains(*scope)).collect();
    if lacking.is_empty() {
        return check(
            SCOPES,
            State::Ok,
            format!("필요한 권한 {}가지가 모두 있습니다.", wanted.len()),
        );
    }
    check(
        SCOPES,
        State::Missing,
        format!(
            "권한 {}가지가 없습니다: {}. Slack 앱의 manifest를 다시 적용하고 앱을 작업 공간에 다시 설치해 주십시오.",
            lacking.len(),
            lacking.join(", ")
        ),
    )
}

fn clock_set(probed: &Probed, now: Time) -> Check {
    let Some(date) = probed.date else {
        return check(
            CLOCK,
            State::Untried,
            "Slack의 답에 시각이 없어 견주지 못했습니다: 알 수 없음.",
        );
    };
    let off = (now - date).num_seconds();
    if off.abs() <= CLOCK_MAY_BE_OFF {
        return check(CLOCK, State::Ok, format!("Slack의 시각과 {}초 차이입니다.", off.abs()));
    }
    let way = if off > 0 { "빠릅니다" } else { "느립니다" };
    check(
        CLOCK,
        State::Missing,
        format!(
            "이 컴퓨터의 시계가 Slack보다 {}초 {way}. 전화 시각과 서명 확인이 틀어집니다. NTP를 켜 주십시오. 예: timedatectl set-ntp true",
            off.abs()
        ),
    )
}

fn channels(
    books: &ReadBooks,
    directory: &Directory,
    there: &BTreeMap<ChannelId, String>,
) -> Check {
    let names = &books.policy.channels;
    let find = |wanted: &str, among: &BTreeMap<ChannelId, String>| {
        let bare = wanted.trim_start_matches('#');
        among.iter().any(|(id, name)| id.as_str() == bare || name == bare)
    };
    let said = |key: &str, wanted: &str| {
        if find(wanted, &directory.channels) {
            None
        } else if find(wanted, there) {
            Some(format!(
                "{wanted}에 봇이 들어 있지 않습니다. 그 채널에서 /invite로 봇을 초대해 주십시오."
            ))
        } else {
            Some(format!(
                "{wanted} 채널이 없거나 봇에게 보이지 않습니다. 비공개 채널이면 봇을 초대하고, 이름이 다르면 policy.toml의 {key}에 적어 주십시오. 예: {key} = \"#general\""
            ))
        }
    };
    let needed = [
        ("channels.general", &names.general),
        ("channels.noti", &names.noti),
        ("channels.tam", &names.tam),
    ];
    let later = [("channels.unlink", &names.unlink)];
    let missing: Vec<String> =
        needed.iter().filter_map(|(key, wanted)| said(key, wanted)).collect();
    let not_yet: Vec<String> = later
        .iter()
        .filter(|(key, wanted)| said(key, wanted).is_some())
        .map(|(_, wanted)| (*wanted).clone())
        .collect();
    let mut lines = missing.clone();
    if missing.is_empty() {
        lines.push(format!(
            "{}, {}, {}에 봇이 들어 있습니다.",
            names.general, names.noti, names.tam
        ));
    }
    if !not_yet.is_empty() {
        lines.push(format!(
            "{}에는 없습니다. 강제 퇴점을 하려면 봇을 초대해 주십시오.",
            not_yet.join(", ")
        ));
    }
    let state = if missing.is_empty() { State::Ok } else { State::Missing };
    check(CHANNELS, state, lines.join(" "))
}

/// The desk's own way of finding people, so that what is told here is what a page would do.
fn people(books: &ReadBooks, directory: &Directory) -> Check {
    let mut desk = Desk::default();
    let at = WallClock.now();
    let adopt = [
        Change::PolicyAdopted { text: String::new(), policy: Box::new(books.policy.clone()) },
        Change::CustomersAdopted { text: String::new(), customers: books.customers.clone() },
        Change::RosterAdopted { text: String::new(), roster: books.roster.clone() },
        Change::DirectoryRead(directory.clone()),
    ];
    adopt.iter().for_each(|change| desk.apply(at, change));
    let nobody = |name: &&Name| desk.slack_of(name).is_none();
    let of_guide: BTreeSet<&Name> = books.roster.people.iter().map(|person| &person.name).collect();
    let of_customers: BTreeSet<&Name> = books
        .customers
        .0
        .iter()
        .flat_map(|one| {
            let owners =
                [&one.ts_primary, &one.ts_backup, &one.sa_primary, &one.sa_backup, &one.csr];
            owners.into_iter().flatten()
        })
        .filter(|name| !of_guide.contains(name))
        .collect();
    let unknown: Vec<&Name> = of_guide.iter().copied().filter(nobody).collect();
    let others: Vec<&Name> = of_customers.iter().copied().filter(nobody).collect();
    let mut lines = Vec::new();
    if unknown.is_empty() {
        lines.push(format!("가이드의 {}명을 모두 Slack에서 찾았습니다.", of_guide.len()));
    } else {
        lines.push(format!(
            "가이드의 {}명을 Slack에서 찾지 못했습니다: {}. 멘션이 가지 않고 이름만 나옵니다. 가이드의 이메일이 Slack 프로필과 같은지, 같은 실명이 둘이 아닌지 확인해 주십시오.",
            unknown.len(),
            listed(&unknown)
        ));
    }
    if !others.is_empty() {
        lines.push(format!(
            "고객 기록의 {}명도 찾지 못했습니다: {}. Slack의 실명과 같게 적어 주십시오.",
            others.len(),
            listed(&others)
        ));
    }
    let state = match (unknown.is_empty(), others.is_empty()) {
        (false, _) => State::Missing,
        (true, false) => State::Doubt,
        (true, true) => State::Ok,
    };
    check(PEOPLE, state, lines.join(" "))
}

fn listed(names: &[&Name]) -> String {
    let shown: Vec<&str> = names.iter().take(LISTED).map(|name| name.as_str()).collect();
    let more = names.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" 외 {more}명") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn groups(books: &ReadBooks, directory: &Directory) -> Check {
    let named = &books.policy.groups;
    let mut lines = Vec::new();
    let mut state = State::Ok;
    // without COC nobody may press the chain's buttons, without CSR nobody is told of an exhausted one
    let all = [
        ("coc", &named.coc, State::Missing),
        ("csr", &named.csr, State::Missing),
        ("sa", &named.sa, State::Doubt),
    ];
    let mut found = Vec::new();
    for (key, group, grave) in all {
        match members(group, directory) {
            Ok(0) => lines.push(format!(
                "{key} 그룹({})이 비어 있습니다. Slack에서 구성원을 넣어 주십시오.",
                shown(group)
            )),
            Ok(count) => {
                found.push(format!("{key} {count}명"));
                continue;
            }
            Err(()) => lines.push(format!(
                "{key} 그룹({})이 Slack에 없습니다. 사용자 그룹을 만들거나 policy.toml의 groups.{key}에 핸들이나 이메일 목록을 적어 주십시오. 예: {key} = [\"name@example.com\"]",
                shown(group)
            )),
        }
        if state != State::Missing {
            state = grave;
        }
    }
    if !found.is_empty() {
        lines.insert(0, format!("{}.", found.join(", ")));
    }
    check(GROUPS, state, lines.join(" "))
}

fn shown(group: &GroupRef) -> String {
    match group {
        GroupRef::Handle(handle) => format!("@{}", handle.trim_start_matches('@')),
        GroupRef::Emails(mails) => format!("이메일 {}개", mails.len()),
    }
}

/// How many are in a group; an error when the workspace has no such group.
fn members(group: &GroupRef, directory: &Directory) -> Result<usize, ()> {
    match group {
        GroupRef::Handle(handle) => {
            let bare = handle.trim_start_matches('@');
            let found =
                directory.groups.iter().find(|(id, one)| id.as_str() == bare || one.handle == bare);
            found.map(|(_, one)| one.members.len()).ok_or(())
        }
        GroupRef::Emails(mails) => {
            let theirs = directory.users.values().filter_map(|member| member.email.as_deref());
            Ok(theirs
                .filter(|mail| mails.iter().any(|listed| listed.eq_ignore_ascii_case(mail)))
                .count())
        }
    }
}

async fn socket(token: &str, base: &Base) -> Check {
    if let Some(wrong) = wrong_kind(token, Kind::App) {
        return check(SOCKET, State::Missing, wrong);
    }
    match probe(&settings(token, base), Method::AppsConnectionsOpen).await {
        Ok(_) => check(SOCKET, State::Ok, "앱 토큰이 맞고 연결을 열 수 있습니다."),
        Err(failed) => check(SOCKET, State::Missing, refused(APP, failed)),
    }
}
