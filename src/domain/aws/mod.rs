//! What AWS tells, read from its own texts: CloudWatch alarms (M5), GuardDuty findings (G1, G3), AWS Health events (P). Pure, and lenient:
//! fields that nothing is decided by may be absent or odd.

mod cloudwatch;
mod guardduty;
mod health;

use super::ids::AccountId;
use super::time::Time;
use serde::{Deserialize, Serialize};

/// What a text of AWS says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// A CloudWatch alarm changed its state.
    Alarm(Alarm),
    /// A GuardDuty finding.
    Finding(Finding),
    /// A page of an AWS Health event.
    Health(HealthEvent),
}

/// A CloudWatch alarm as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Its name; bears the level (`[L3] prod-web-1 CPU`).
    pub name: String,
    /// Its description; empty for none.
    pub description: String,
    /// The account it is in; `None` where the text does not tell.
    pub account: Option<AccountId>,
    /// Its region as the text has it: `ap-northeast-2`, or SNS's `Asia Pacific (Seoul)`; empty for none.
    pub region: String,
    /// Its state now.
    pub state: AlarmState,
    /// Why it is in that state, in AWS's words.
    pub reason: String,
    /// When it got into that state.
    pub at: Option<Time>,
    /// What it measures: makes two alarms of one name the same or not.
    pub metric: Metric,
    /// Its tags, where the text has any.
    pub tags: Vec<(String, String)>,
}

/// An alarm's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmState {
    /// All is well.
    Ok,
    /// It rings.
    Alarm,
    /// It does not know.
    InsufficientData,
}

/// What an alarm measures (reading 17: resource and metric).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Metric {
    /// `AWS/EC2`; empty for metric math and composite alarms.
    pub namespace: String,
    /// `CPUUtilization`; for metric math its expressions; for a composite alarm its rule.
    pub name: String,
    /// The resource: dimensions as `InstanceId=i-0abc`, in the order of their names.
    pub dimensions: Vec<String>,
}

/// A GuardDuty finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its id: an update bears it again.
    pub id: String,
    /// The account it is in; `None` where the text does not tell.
    pub account: Option<AccountId>,
    /// Its region.
    pub region: String,
    /// `PrivilegeEscalation:IAMUser/AdministrativePermissions`
    pub kind: String,
    /// 1.0 to 10.0.
    pub severity: f64,
    /// One line.
    pub title: String,
    /// More of it.
    pub description: String,
    /// Whether it is a sample that somebody had made.
    pub sample: bool,
    /// How often it was seen.
    pub count: u64,
    /// When it was last updated.
    pub updated: Option<Time>,
    /// In which form it came (G3).
    pub shape: Shape,
}

/// In which form a finding came (G3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// As GuardDuty's JSON.
    Json,
    /// As plain text, made by an input transformer on the customer's EventBridge.
    Plain,
}

/// A page of an AWS Health event, for one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthEvent {
    /// The event's ARN: the same for every update and account.
    pub arn: String,
    /// Names one communication of the event; with the account, the same for every page and repeat of it.
    pub communication: String,
    /// `EC2`
    pub service: String,
    /// `AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED`
    pub code: String,
    /// `issue`, `scheduledChange`, `accountNotification`, `investigation`
    pub category: String,
    /// `ACCOUNT_SPECIFIC` or `PUBLIC`
    pub scope: String,
    /// The account it is about; `None` where the text does not tell.
    pub account: Option<AccountId>,
    /// The region of the event.
    pub region: String,
    /// `open`, `upcoming`, `closed`
    pub status: String,
    /// When it begins or began.
    pub start: Option<Time>,
    /// When it ends or ended.
    pub end: Option<Time>,
    /// What AWS says of it, English as a rule.
    pub description: String,
    /// The affected resources of this page.
    pub entities: Vec<String>,
    /// This page, counted from 1.
    pub page: u32,
    /// How many pages there are.
    pub pages: u32,
    /// Sent a second time from the backup region: of no news.
    pub backup: bool,
}

/// Why a text is nothing that this program knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{0}")]
pub struct Unread(pub String);

/// Reads a text: an SNS message's, an event of EventBridge, or what a person pasted. `subject` is the line above it, if any.
///
/// # Errors
/// When it is none of the known kinds, or lacks what makes it one; why, in Korean.
pub fn read(subject: Option<&str>, text: &str) -> Result<Told, Unread> {
    let json: Option<serde_json::Value> = serde_json::from_str(text.trim()).ok();
    let found = match &json {
        Some(json) => cloudwatch::of_json(json)
            .map(Told::Alarm)
            .or_else(|| guardduty::of_json(json).map(Told::Finding))
            .or_else(|| health::of_json(json).map(Told::Health)),
        None => guardduty::of_text(subject, text)
            .map(Told::Finding)
            .or_else(|| cloudwatch::of_text(subject, text).map(Told::Alarm)),
    };
    found.ok_or_else(|| Unread("아는 형식의 알람이 아닙니다".to_owned()))
}
