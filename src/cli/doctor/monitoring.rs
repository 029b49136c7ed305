//! What monitoring services need in order to reach the desk. Nothing is tried: it is they who call.

use super::super::settings::setting;
use super::super::wiring::monitoring::{HOST, SECRET, host, secret};
use super::super::wiring::phone::{PUBLIC, PUBLIC_EXAMPLE};
use super::{Check, State};
use crate::adapters::http::Base;
use crate::domain::ids::is_topic_arn;
use crate::domain::policy::Policy;
use crate::ingress::{eventbridge, sns};

pub(super) fn checks(policy: Option<&Policy>) -> Vec<Check> {
    let topics = policy.map(|policy| policy.intake.topics.as_slice());
    vec![
        Check::of("관제 알람 (SNS)", from_sns(topics)),
        Check::of("관제 알람 (EventBridge)", from_eventbridge()),
    ]
}

/// Where a hook is called, as whoever sets it up has to write it.
fn address(path: &str) -> Result<String, String> {
    match setting(PUBLIC) {
        Ok(Some(public)) => match Base::read(&public, PUBLIC_EXAMPLE) {
            Ok(public) => Ok(public.at(path)),
            Err(error) => Err(format!("{PUBLIC}: {error}")),
        },
        Ok(None) => Err(format!(
            "밖에서 닿는 https 주소를 {PUBLIC}에 적고, 프록시에서 {path}를 COC_LISTEN의 주소로 넘겨 주십시오."
        )),
        Err(error) => Err(error.to_string()),
    }
}

fn from_sns(topics: Option<&[String]>) -> (State, String) {
    let Some(topics) = topics else {
        return (State::Untried, "정책을 읽을 수 없어 토픽을 알 수 없습니다.".to_owned());
    };
    let other = match host() {
        Err(why) => return (State::Missing, why),
        Ok(other) => other,
    };
    if topics.is_empty() {
        let text = "policy.toml의 intake.topics가 비어 있어 SNS를 받지 않습니다. 받을 토픽의 ARN을 적어 주십시오.";
        return (State::Off, text.to_owned());
    }
    let odd = topics.iter().filter(|topic| !is_topic_arn(topic.trim())).count();
    if odd > 0 {
        let text = format!("intake.topics에 ARN이 아닌 것이 {odd}개 있습니다 (coc check).");
        return (State::Doubt, text);
    }
    let count = topics.len();
    match address(sns::PATH) {
        Err(why) => (State::Doubt, format!("토픽 {count}개. {why}")),
        Ok(at) if other.is_some() => (
            State::Doubt,
            format!(
                "토픽 {count}개, 구독 주소 {at}. {HOST}의 주소도 SNS로 믿습니다. 시험이 끝났으면 지워 주십시오."
            ),
        ),
        Ok(at) => (State::Ok, format!("토픽 {count}개, 구독 주소 {at}.")),
    }
}

fn from_eventbridge() -> (State, String) {
    match secret() {
        Err(why) => (State::Missing, why),
        Ok(None) => (State::Off, format!("{SECRET} 없음. EventBridge API 대상은 받지 않습니다.")),
        Ok(Some(_)) => match address(eventbridge::PATH) {
            Ok(at) => (State::Ok, format!("{SECRET} 있음. API 대상 주소 {at}.")),
            Err(why) => (State::Doubt, format!("{SECRET} 있음. {why}")),
        },
    }
}
