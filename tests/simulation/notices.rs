//! What monitoring services, AWS and its TAM tell on one day: deliveries as they come in life, and what a reader takes each for.

use crate::script::Dice;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use serde_json::{Value, json};

type Time = DateTime<FixedOffset>;

/// What a delivery says, told without the program's help.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Says {
    /// An alarm of a customer's account.
    Alarm {
        customer: &'static str,
        name: String,
        level: u8,
        production: bool,
        rings: bool,
        at: Time,
    },
    /// A GuardDuty finding.
    Finding { customer: &'static str, kind: String, high: bool, agreed: bool },
    /// An event of AWS Health, by its type.
    Health { customer: &'static str, code: String },
    /// An alarm of an account that is on nobody's record.
    Stranger { account: String },
    /// Nothing that anybody understands, with a word of it.
    Unread { word: String },
}

/// A delivery, under the name that its sender gives it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) path: &'static str,
    pub(crate) body: String,
    pub(crate) says: Says,
}

/// Customers whose incidents page people; nobody ever asks for an urgent ticket of theirs.
pub(crate) const WATCHED: [&str; 2] = ["새벽마켓", "은하물류"];

struct Monitored {
    customer: &'static str,
    account: &'static str,
    /// Names of production bear this; where it is empty all are.
    production: &'static str,
    agreed: bool,
}

const MONITORED: [Monitored; 6] = [
    Monitored {
        customer: "새벽마켓", account: "310000000001", production: "prod", agreed: true
    },
    Monitored { customer: "은하물류", account: "310000000002", production: "", agreed: true },
    Monitored {
        customer: "새벽마켓", account: "310000000001", production: "prod", agreed: true
    },
    Monitored { customer: "은하물류", account: "310000000003", production: "", agreed: true },
    Monitored {
        customer: "다온식품", account: "310000000009", production: "prod", agreed: false
    },
    Monitored { customer: "솔빛출판", account: "310000000008", production: "", agreed: false },
];

/// Everything that was sent so far.
#[derive(Debug, Default)]
pub(crate) struct Senders {
    count: u64,
    feed: Vec<String>,
    last: Option<Sent>,
    /// An alarm that rings again and again today.
    restless: Option<Alarm>,
}

#[derive(Clone, Debug)]
struct Alarm {
    of: usize,
    level: u8,
    production: bool,
    what: &'static str,
}

impl Senders {
    /// The next delivery.
    pub(crate) fn next(&mut self, dice: &mut Dice, now: Time) -> Sent {
        self.count += 1;
        let nth = self.count;
        let sent = match dice.upto(12) {
            0 if self.last.is_some() => self.last.clone().unwrap(),
            0..=7 => self.alarm(dice, nth, now),
            8 => finding(dice, nth, now),
            9 => health(dice, nth, now),
            10 => stranger(nth, now),
            _ => unread(nth),
        };
        self.last = Some(sent.clone());
        sent
    }

    /// The status feed with one more item; the first time there is none of interest.
    pub(crate) fn feed(
        &mut self,
        dice: &mut Dice,
        now: Time,
        first: bool,
    ) -> (String, Vec<String>) {
        if !first && self.feed.len() < SERVICES.len() {
            let service = SERVICES[self.feed.len()];
            let title = format!("Increased Error Rates {}", self.feed.len());
            let region = dice.of(&["ap-northeast-2", "us-east-1", "eu-central-1"]);
            let title = if region.starts_with("eu") { format!("{title} afar") } else { title };
            self.feed.push(item(service, region, &title, now));
        }
        let old =
            item("directconnect", "eu-central-1", "Packet Loss afar", now - TimeDelta::days(1));
        let items = self.feed.iter().rev().cloned().collect::<String>();
        let titles = (0..self.feed.len())
            .filter(|nth| !self.feed[*nth].contains(" afar"))
            .map(|nth| format!("Increased Error Rates {nth}"))
            .collect();
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"><channel><title>Amazon Web Services Service Status</title>";
        (format!("{head}{items}{old}</channel></rss>"), titles)
    }

    fn alarm(&mut self, dice: &mut Dice, nth: u64, now: Time) -> Sent {
        let drawn = Alarm {
            of: usize::try_from(dice.upto(MONITORED.len() as u64)).unwrap(),
            level: [1, 2, 2, 2, 3, 3, 3][usize::try_from(dice.upto(7)).unwrap()],
            production: dice.upto(5) > 0,
            what: dice.of(&["web", "db"]),
        };
        let again = dice.upto(5) > 1;
        let known = self.restless.clone().filter(|_| again);
        let one = self.restless.insert(known.unwrap_or(drawn)).clone();
        alarm(dice, nth, now, &one)
    }
}

fn alarm(dice: &mut Dice, nth: u64, now: Time, one: &Alarm) -> Sent {
    let Alarm { of, level, production, what } = *one;
    let of = &MONITORED[of];
    let production = of.production.is_empty() || production;
    let environment = if production { "prod" } else { "dev-zz" };
    let rings = dice.upto(5) > 0;
    // the metric tells an alarm of one account from the same of another
    let name = format!("[L{level}] {environment}-{what}-{}", &of.account[10..]);
    let before = [0, 0, 20, 120][usize::try_from(dice.upto(4)).unwrap()];
    let at = now
        - TimeDelta::seconds(before)
        - TimeDelta::nanoseconds(i64::from(now.timestamp_subsec_nanos()));
    let state = if rings { "ALARM" } else { dice.of(&["OK", "OK", "INSUFFICIENT_DATA"]) };
    let message = cloudwatch(of.account, &name, state, &name, at);
    by_sns(nth, &message, Says::Alarm { customer: of.customer, name, level, production, rings, at })
}

const SERVICES: [&str; 4] = ["ec2", "s3", "rds", "lambda"];

fn item(service: &str, region: &str, title: &str, at: Time) -> String {
    let said = at.with_timezone(&Utc).format("%a, %d %b %Y %H:%M:%S GMT");
    format!(
        "<item><title>Service impact: {title}</title><link>https://status.aws.amazon.com/</link><pubDate>{said}</pubDate><guid \
         isPermaLink=\"false\">https://status.aws.amazon.com/#{service}-{region}_{}</guid><description>We are investigating.</description></item>",
        at.timestamp()
    )
}

fn iso(at: Time) -> String {
    at.with_timezone(&Utc).format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

fn by_sns(nth: u64, message: &str, says: Says) -> Sent {
    let id = format!("22b80b92-fdea-4c2c-8f9d-{nth:012}");
    let body = json!({
        "Type": "Notification", "MessageId": id, "TopicArn": "arn:aws:sns:ap-northeast-2:310000000002:coc-alarms",
        "Message": message, "Timestamp": "2025-08-05T13:00:01.000Z", "SignatureVersion": "1", "Signature": "EXAMPLE",
        "SigningCertURL": "https://sns.ap-northeast-2.amazonaws.com/SimpleNotificationService-example.pem",
        "UnsubscribeURL": "https://sns.ap-northeast-2.amazonaws.com/?Action=Unsubscribe"
    });
    Sent { id: format!("sns:{id}"), path: "/hooks/sns", body: body.to_string(), says }
}

fn by_eventbridge(nth: u64, mut event: Value, says: Says) -> Sent {
    let id = format!("7bf73129-1428-4cd3-a780-{nth:012}");
    event["id"] = json!(id);
    event["version"] = json!("0");
    Sent { id: format!("eb:{id}"), path: "/hooks/eventbridge", body: event.to_string(), says }
}

fn cloudwatch(account: &str, name: &str, state: &str, metric: &str, at: Time) -> String {
    json!({
        "AlarmName": name, "AlarmDescription": null, "AWSAccountId": account, "NewStateValue": state,
        "NewStateReason": "Threshold Crossed.", "StateChangeTime": iso(at), "Region": "Asia Pacific (Seoul)",
        "AlarmArn": format!("arn:aws:cloudwatch:ap-northeast-2:{account}:alarm:x"), "OldStateValue": "OK",
        "Trigger": {"MetricName": metric, "Namespace": "AWS/EC2", "Dimensions": [{"value": account, "name": "InstanceId"}], "Period": 60}
    })
    .to_string()
}

fn finding(dice: &mut Dice, nth: u64, now: Time) -> Sent {
    let of = &MONITORED[usize::try_from(dice.upto(MONITORED.len() as u64)).unwrap()];
    let severity = [2.0, 5.0, 7.0, 8.0, 9.5][usize::try_from(dice.upto(5)).unwrap()];
    let high = severity >= 7.0;
    let kind = match (of.agreed, high) {
        (true, true) => format!("UnauthorizedAccess:EC2/Night{nth}"),
        (false, true) => format!("UnauthorizedAccess:EC2/Silent{nth}"),
        (_, false) => format!("Recon:EC2/Low{nth}"),
    };
    let at = iso(now);
    let event = json!({
        "detail-type": "GuardDuty Finding", "source": "aws.guardduty", "account": of.account, "time": at,
        "region": "ap-northeast-2", "resources": [],
        "detail": {
            "schemaVersion": "2.0", "accountId": of.account, "region": "ap-northeast-2", "partition": "aws", "id": format!("f{nth}"),
            "arn": format!("arn:aws:guardduty:ap-northeast-2:{}:detector/d1/finding/f{nth}", of.account), "type": kind,
            "service": {"serviceName": "guardduty", "detectorId": "d1", "additionalInfo": {}, "archived": false, "count": 1},
            "severity": severity, "createdAt": at, "updatedAt": at, "title": "brute force", "description": "brute force"
        }
    });
    let says = Says::Finding { customer: of.customer, kind, high, agreed: of.agreed };
    by_eventbridge(nth, event, says)
}

fn health(dice: &mut Dice, nth: u64, now: Time) -> Sent {
    let of = &MONITORED[usize::try_from(dice.upto(MONITORED.len() as u64)).unwrap()];
    let code = format!("AWS_EC2_NIGHT_{nth}");
    let category = dice.of(&["issue", "scheduledChange", "accountNotification"]);
    let at = now.with_timezone(&Utc).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let pages = dice.upto(2) + 1;
    let event = json!({
        "detail-type": "AWS Health Event", "source": "aws.health", "account": of.account, "time": iso(now), "region": "us-west-2",
        "resources": [],
        "detail": {
            "eventArn": format!("arn:aws:health:ap-northeast-2::event/EC2/{code}/{code}_1"), "service": "EC2", "eventTypeCode": code,
            "eventTypeCategory": category, "eventScopeCode": "ACCOUNT_SPECIFIC", "communicationId": format!("c-{nth}"),
            "startTime": at, "lastUpdatedTime": at, "statusCode": "open", "eventRegion": "ap-northeast-2",
            "eventDescription": [{"language": "en_US", "latestDescription": "Several instances will be stopped."}],
            "affectedEntities": [{"entityValue": "i-010", "lastUpdatedTime": at, "status": "PENDING"}],
            "affectedAccount": of.account, "page": "1", "totalPages": pages.to_string(), "backupEvent": "false"
        }
    });
    by_eventbridge(nth, event, Says::Health { customer: of.customer, code })
}

fn stranger(nth: u64, now: Time) -> Sent {
    let account = format!("99{nth:010}");
    let message = cloudwatch(&account, "[L3] prod-strange", "ALARM", "CPUUtilization", now);
    by_sns(nth, &message, Says::Stranger { account })
}

fn unread(nth: u64) -> Sent {
    let word = format!("soliloquy-{nth}-");
    by_sns(nth, &format!("to be or not to be {word}"), Says::Unread { word })
}
