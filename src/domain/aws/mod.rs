//! What AWS tells, read from its own texts: CloudWatch alarms (M5), GuardDuty findings (G1, G3), AWS Health events (P). Pure, and lenient:
//! fields that nothing is decided by may be absent or odd.

mod cloudwatch;
mod guardduty;
mod health;
mod parts;

use super::ids::AccountId;
use super::time::Time;
use super::words::aws as words;
use parts::{field, text_at, written_out};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// When AWS last wrote of it.
    pub updated: Option<Time>,
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
    nested(subject, text, DEEPEST)
}

/// How many wrappings are taken off: SNS's envelope round a text round a pasted piece.
const DEEPEST: usize = 3;

fn nested(subject: Option<&str>, text: &str, deeper: usize) -> Result<Told, Unread> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    match serde_json::from_str(text) {
        Ok(Value::String(inner)) if deeper > 0 => return nested(subject, &inner, deeper - 1),
        Ok(json) => return of_json(subject, &json, deeper),
        Err(_) => {}
    }
    let first = match of_text(subject, text) {
        Some(Ok(told)) => return Ok(told),
        Some(Err(why)) => Some(why),
        None => None,
    };
    // pasted with words or marks around it
    let pasted = text.find('{').zip(text.rfind('}')).filter(|(from, to)| from < to);
    if let Some((from, to)) = pasted
        && let Ok(json) = serde_json::from_str(&text[from..=to])
    {
        let found = of_json(subject, &json, deeper);
        if found.is_ok() || first.is_none() {
            return found;
        }
    }
    Err(first.unwrap_or_else(|| Unread(words::unknown(None))))
}

fn of_text(subject: Option<&str>, text: &str) -> Option<Result<Told, Unread>> {
    let alarm = cloudwatch::of_text(subject, text).map(|one| one.map(Told::Alarm));
    let finding = || guardduty::of_text(subject, text).map(|one| one.map(Told::Finding));
    match alarm {
        Some(Ok(_)) => alarm,
        Some(Err(_)) => finding().filter(Result::is_ok).or(alarm),
        None => finding(),
    }
}

fn of_json(subject: Option<&str>, json: &Value, deeper: usize) -> Result<Told, Unread> {
    let enveloped = text_at(json, &["Type"]).is_some_and(|kind| kind == "Notification");
    if let (true, Some(Value::String(message))) = (enveloped && deeper > 0, field(json, "Message"))
    {
        let subject = text_at(json, &["Subject"]);
        return nested(subject.as_deref(), message, deeper - 1);
    }
    let alarm = || cloudwatch::of_json(json).map(|one| one.map(Told::Alarm));
    let finding = || guardduty::of_json(json).map(|one| one.map(Told::Finding));
    let health = || health::of_json(json).map(|one| one.map(Told::Health));
    if let Some(found) = alarm().or_else(finding).or_else(health) {
        return found;
    }
    // an input transformer may put the words, or a few of the fields, into an object of its own
    let spoken = ["text", "message", "content"].iter().find_map(|name| text_at(json, &[name]));
    let spoken = spoken.filter(|_| deeper > 0).and_then(|said| of_text(subject, &said));
    let written = || of_text(subject, &written_out(json)).filter(Result::is_ok);
    spoken
        .or_else(written)
        .unwrap_or_else(|| Err(Unread(words::unknown(text_at(json, &["detail-type"]).as_deref()))))
}
