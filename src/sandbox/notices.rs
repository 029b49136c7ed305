//! What monitoring services tell in a practice, in the shapes in which AWS tells it.

use crate::domain::time::Time;
use chrono::{TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;

/// Where notices of a practice are posted to: the bot's own address, which takes them from anybody there.
pub const PATH: &str = "/hooks/eventbridge";

/// An alarm's level (M5), as it stands in the alarm's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Level {
    /// Only recorded.
    L1,
    /// An incident at the second hit within the hour.
    L2,
    /// An incident at once.
    L3,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::L3 => "L3",
        }
    }
}

/// A CloudWatch alarm of an account, as EventBridge tells it. The same name is the same metric. `nth` tells the alarms of a practice
/// apart, for its clock may stand.
#[must_use]
pub fn alarm(account: &str, level: Level, name: &str, at: Time, nth: u32) -> String {
    let at = (at + TimeDelta::milliseconds(i64::from(nth))).with_timezone(&Utc);
    let stamp = at.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let titled = format!("[{}] {name}", level.word());
    json!({
        "version": "0", "id": format!("practice-{nth}"), "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch", "account": account, "time": at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": "ap-northeast-2", "resources": [format!("arn:aws:cloudwatch:ap-northeast-2:{account}:alarm:{titled}")],
        "detail": {
            "alarmName": titled,
            "configuration": {"metrics": [{
                "id": "m1", "returnData": true,
                "metricStat": {
                    "metric": {"namespace": "AWS/EC2", "name": "CPUUtilization", "dimensions": {"InstanceId": name}},
                    "period": 60, "stat": "Average",
                },
            }]},
            "previousState": {"value": "OK"},
            "state": {
                "value": "ALARM", "timestamp": stamp,
                "reason": "Threshold Crossed: 1 datapoint [97.0] was greater than the threshold (90.0).",
            },
        },
    })
    .to_string()
}

/// What AWS says of its own services in Seoul.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Something is wrong.
    Impact,
    /// All is well again.
    Resolved,
}

/// AWS's status feed with these updates, oldest first.
#[must_use]
pub fn feed(updates: &[(Time, Status)]) -> String {
    let items: String = updates.iter().rev().map(|(at, status)| item(*at, *status)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel>\
         <title>Amazon Web Services Service Status</title><link>https://status.aws.amazon.com/</link>\
         <description>The most recent updates of events that affect Amazon Web Services.</description>\
         {items}</channel></rss>\n"
    )
}

fn item(at: Time, status: Status) -> String {
    let (title, text) = match status {
        Status::Impact => (
            "Service impact: Increased API Error Rates",
            "We are investigating increased API error rates in the AP-NORTHEAST-2 Region.",
        ),
        Status::Resolved => (
            "Service is operating normally: [RESOLVED] Increased API Error Rates",
            "The issue has been resolved and the service is operating normally.",
        ),
    };
    let (at, seconds) = (at.to_rfc2822(), at.timestamp());
    format!(
        "<item><title>{title}</title><link>https://status.aws.amazon.com/</link><pubDate>{at}</pubDate>\
         <guid isPermaLink=\"false\">https://status.aws.amazon.com/#ec2-ap-northeast-2_{seconds}</guid>\
         <description>{text}</description></item>"
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::aws::{AlarmState, Told, read};
    use crate::domain::time::seoul;
    use chrono::NaiveDate;

    fn now() -> Time {
        seoul(NaiveDate::from_ymd_opt(2025, 8, 5).unwrap().and_hms_opt(22, 0, 0).unwrap())
    }

    #[test]
    fn an_alarm_reads_as_amazons() {
        let text = alarm("310000000002", Level::L2, " prod-web  \"1\" ", now(), 3);
        let Ok(Told::Alarm(read)) = read(None, &text) else { panic!("no alarm: {text}") };
        assert_eq!(read.name, "[L2] prod-web \"1\"");
        assert_eq!(read.account.unwrap().to_string(), "310000000002");
        assert_eq!(read.state, AlarmState::Alarm);
        assert_eq!(read.at, Some(now() + TimeDelta::milliseconds(3)));
        assert_eq!(read.metric.name, "CPUUtilization");
    }
}
