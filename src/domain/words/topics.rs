//! What COC is told of the topics of Amazon SNS.

use super::super::desk::Desk;
use super::super::ids::AccountId;
use super::super::message::Message;
use super::super::turn::lines;
use super::line;

/// Somebody ended the subscription to a topic.
#[must_use]
pub fn unsubscribed(desk: &Desk, topic: &str) -> Message {
    let name = topic.rsplit(':').next().unwrap_or(topic);
    let account = topic.split(':').nth(4).and_then(|digits| digits.parse::<AccountId>().ok());
    let customer = account.and_then(|account| desk.customers.value.by_account(&account));
    let whose = customer.map_or_else(String::new, |customer| format!("[{}] ", customer.name));
    lines(vec![
        line![format!("⚠️ {whose}SNS 토픽 {name}의 구독이 해지되었습니다.")],
        line![format!("토픽: {topic}")],
        line![
            "이 토픽의 알람과 알림은 더 오지 않습니다. 그동안은 고객의 콘솔을 직접 확인해 주십시오."
        ],
        line![
            "실수로 해지된 것이면 AWS 콘솔의 SNS에서 다시 구독해 주십시오. 구독 확인은 봇이 합니다."
        ],
    ])
}
