//! The scenario file: what people, telephones and machines do, step by step.

use crate::domain::errand::CallEvent;
use crate::domain::time::{SEOUL, Span, Time};
use chrono::{DateTime, NaiveDateTime};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A scenario.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows.
    pub title: String,
    /// Clause ids that it shows, for the coverage table; readings as `r10`.
    #[serde(default)]
    pub clauses: Vec<String>,
    /// When it begins.
    #[serde(deserialize_with = "time")]
    pub start: Time,
    /// Another guide, relative to this file.
    #[serde(default)]
    pub guide: Option<PathBuf>,
    /// Other customers, relative to this file.
    #[serde(default)]
    pub customers: Option<PathBuf>,
    /// Another policy, or changes to the data folder's.
    #[serde(default)]
    pub policy: Option<PolicySource>,
    /// Slack users who are not in the guide, by key.
    #[serde(default)]
    pub people: BTreeMap<String, Extra>,
    /// Active tickets at the start, by name.
    #[serde(default)]
    pub tickets: BTreeMap<String, u32>,
    /// What happens.
    #[serde(default)]
    pub steps: Vec<Spanned<Step>>,
}

/// Where a scenario's policy comes from.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum PolicySource {
    /// A file, relative to the scenario's.
    File(PathBuf),
    /// Changes to the data folder's policy; keys may be dotted.
    Changes(BTreeMap<String, serde_json::Value>),
}

/// A Slack user who is not in the guide.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// The real name.
    pub name: String,
    /// What the person is to the desk.
    pub role: ExtraRole,
    /// The number in the Slack profile.
    #[serde(default)]
    pub phone: Option<String>,
    /// The address; made up when absent.
    #[serde(default)]
    pub email: Option<String>,
}

/// What somebody is to the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExtraRole {
    /// In the CSR group.
    Csr,
    /// In the COC group.
    Coc,
    /// In the SA group.
    Sa,
    /// In no group.
    Customer,
    /// In no group.
    Engineer,
}

/// One step.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Step {
    /// A message is written in a channel.
    Say(Say),
    /// Time passes.
    Wait(#[serde(deserialize_with = "span")] Span),
    /// Time passes until then.
    At(#[serde(deserialize_with = "time")] Time),
    /// A button is pressed.
    Press(Press),
    /// A reaction is set.
    React(React),
    /// A reaction is taken back.
    Unreact(React),
    /// A reply is written in a thread.
    Reply(Reply),
    /// A message is changed.
    Edit(Edit),
    /// A message is deleted.
    Delete(Delete),
    /// A slash command is typed.
    Slash(Slash),
    /// The open form is handed in.
    Submit(Submit),
    /// Somebody does something with a ringing telephone.
    Phone(PhoneStep),
    /// Slack shows a person differently.
    Presence(PresenceStep),
    /// Somebody opens the app's home, or presses a button there.
    Home(HomeStep),
    /// A hook is called.
    Post(Post),
    /// A feed has these items.
    Feed(FeedStep),
    /// Something outside fails for a while.
    Fail(Fail),
    /// The process is gone for a while.
    Down(Down),
    /// The guide's file is changed.
    Guide(GuideStep),
    /// Orderly stop and start.
    Restart(Nothing),
    /// The process is gone between two instructions, then started again.
    Crash(Nothing),
    /// Slack delivers a step's event again.
    Repeat(Repeat),
}

/// `{}`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// `say`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Say {
    /// Who.
    pub by: String,
    /// The channel, `#general`.
    #[serde(rename = "in")]
    pub channel: String,
    /// The text.
    pub text: String,
    /// The message's name in later steps.
    #[serde(default, rename = "as")]
    pub name: Option<String>,
}

/// `press`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Press {
    /// Who.
    pub by: String,
    /// The button's label.
    pub button: String,
    /// On which message; the newest that fits and bears the button.
    pub on: String,
}

/// `react`, `unreact`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct React {
    /// Who.
    pub by: String,
    /// The emoji.
    pub emoji: String,
    /// On which message.
    pub to: String,
}

/// `reply`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Who.
    pub by: String,
    /// To which message (in its thread).
    pub to: String,
    /// The text.
    pub text: String,
    /// The message's name in later steps.
    #[serde(default, rename = "as")]
    pub name: Option<String>,
}

/// `edit`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// Who.
    pub by: String,
    /// Which message.
    pub message: String,
    /// The text now.
    pub text: String,
}

/// `delete`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    /// Who.
    pub by: String,
    /// Which message.
    pub message: String,
}

/// `slash`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slash {
    /// Who.
    pub by: String,
    /// Where.
    #[serde(rename = "in")]
    pub channel: String,
    /// `/assign`
    pub command: String,
    /// What stands behind it.
    #[serde(default)]
    pub text: String,
}

/// `submit`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submit {
    /// Who.
    pub by: String,
    /// The answers, by label.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

/// `home`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HomeStep {
    /// Whose.
    pub by: String,
    /// The button; without one the home is opened.
    #[serde(default)]
    pub button: Option<String>,
}

/// `phone`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneStep {
    /// Whose telephone.
    pub who: String,
    /// What the person does.
    pub does: PhoneDoes,
}

/// What somebody does with a telephone that rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhoneDoes {
    /// Key 1.
    Accept,
    /// Key 2.
    Reject,
    /// Picks up, no key.
    Answer,
    /// Engaged.
    Busy,
    /// Does not pick up.
    NoAnswer,
    /// A machine picks up.
    Voicemail,
    /// Cannot be put through.
    Failed,
}

impl From<PhoneDoes> for CallEvent {
    fn from(does: PhoneDoes) -> Self {
        match does {
            PhoneDoes::Accept => Self::Accepted,
            PhoneDoes::Reject => Self::Rejected,
            PhoneDoes::Answer => Self::Answered,
            PhoneDoes::Busy => Self::Busy,
            PhoneDoes::NoAnswer => Self::NoAnswer,
            PhoneDoes::Voicemail => Self::Voicemail,
            PhoneDoes::Failed => Self::Failed,
        }
    }
}

/// `presence`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresenceStep {
    /// Whose.
    pub who: String,
    /// `active` or `away`.
    #[serde(default)]
    pub is: Option<Shown>,
    /// The status text.
    #[serde(default)]
    pub status: Option<String>,
    /// The status emoji.
    #[serde(default)]
    pub emoji: Option<String>,
    /// Whether notifications are paused.
    #[serde(default)]
    pub dnd: Option<bool>,
}

/// How Slack shows a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shown {
    /// Green.
    Active,
    /// Hollow.
    Away,
}

/// `post`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// The hook, `/hooks/sns`.
    pub path: String,
    /// The file that is posted, relative to the scenario; none: nothing is.
    #[serde(default)]
    pub body: Option<PathBuf>,
    /// What is posted, in place of a file.
    #[serde(default)]
    pub text: Option<String>,
    /// The headers, whatever their case.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderText>,
    /// Whether it is taken without a signature that holds.
    #[serde(default)]
    pub unsigned: bool,
}

/// What a step brings from outside: a file relative to the scenario, or the text itself.
///
/// # Errors
/// It has both, or the file cannot be read; in Korean.
pub(super) fn brought(
    file: Option<&Path>,
    text: Option<&str>,
    folder: &Path,
) -> Result<Option<Vec<u8>>, String> {
    match (file, text) {
        (Some(_), Some(_)) => Err("파일과 text 중 하나만 적어야 합니다".to_owned()),
        (Some(file), None) => {
            let path = folder.join(file);
            let read = std::fs::read(&path);
            read.map(Some).map_err(|error| format!("{}: {error}", path.display()))
        }
        (None, text) => Ok(text.map(|text| text.as_bytes().to_vec())),
    }
}

/// A header's value; `true` and numbers may stand there without quotes.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "serde_json::Value")]
pub struct HeaderText(pub String);

impl From<serde_json::Value> for HeaderText {
    fn from(value: serde_json::Value) -> Self {
        Self(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }
}

/// `fail`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fail {
    /// What fails.
    pub what: Failing,
    /// How.
    #[serde(deserialize_with = "how")]
    pub how: FailHow,
    /// How long.
    #[serde(rename = "for", deserialize_with = "span")]
    pub length: Span,
}

/// What can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Failing {
    /// Slack's Web API and its events.
    Slack,
    /// The carrier.
    Phone,
    /// The support desk.
    Tickets,
    /// The mail server.
    Mail,
    /// The customer record.
    Customers,
    /// The feeds.
    Feeds,
}

/// How something fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailHow {
    /// 429
    TooMany,
    /// 500
    ServerError,
    /// No answer.
    Timeout,
    /// No connection.
    Refused,
}

/// `down`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Down {
    /// How long.
    #[serde(rename = "for", deserialize_with = "span")]
    pub length: Span,
    /// What people do meanwhile.
    #[serde(default)]
    pub meanwhile: Vec<Meanwhile>,
}

/// Something that people do while the process is gone.
#[derive(Clone, Debug)]
pub struct Meanwhile {
    /// How long after it went.
    pub after: Span,
    /// What.
    pub step: Box<Step>,
}

impl<'de> Deserialize<'de> for Meanwhile {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let mut fields = BTreeMap::<String, serde_json::Value>::deserialize(from)?;
        let after = match fields.remove("after") {
            Some(after) => serde_json::from_value(after).map_err(D::Error::custom)?,
            None => return Err(D::Error::missing_field("after")),
        };
        let step = serde_json::to_value(fields)
            .and_then(serde_json::from_value)
            .map_err(D::Error::custom)?;
        Ok(Self { after, step: Box::new(step) })
    }
}

/// `feed`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedStep {
    /// Which feed.
    pub url: FeedName,
    /// What it has from now on, a file relative to the scenario.
    #[serde(default)]
    pub items: Option<PathBuf>,
    /// What it has from now on, in place of a file.
    #[serde(default)]
    pub text: Option<String>,
}

/// A feed of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedName {
    /// The RSS feed of AWS's services.
    AwsStatus,
    /// The dashboard's list of current events; the policy's `feeds.currentevents` must name it.
    AwsCurrentevents,
}

/// `guide`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuideStep {
    /// The file's new contents, relative to the scenario.
    pub file: PathBuf,
}

/// `repeat`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// Which step, counted from 1.
    pub step: usize,
    /// How often.
    #[serde(default = "once")]
    pub times: u32,
}

const fn once() -> u32 {
    1
}

fn span<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
    Span::deserialize(from)
}

fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
    use serde::de::Error;
    let text = String::deserialize(from)?;
    if let Ok(at) = DateTime::parse_from_rfc3339(&text) {
        return Ok(at.with_timezone(&SEOUL));
    }
    let shapes = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let local = shapes.iter().find_map(|shape| NaiveDateTime::parse_from_str(&text, shape).ok());
    local.map(crate::domain::time::seoul).ok_or_else(|| {
        D::Error::custom(format!("\"{text}\"은(는) 시각이 아닙니다. 예: 2025-08-05T22:00:00+09:00"))
    })
}

fn how<'de, D: Deserializer<'de>>(from: D) -> Result<FailHow, D::Error> {
    use serde::de::Error;
    let value = serde_json::Value::deserialize(from)?;
    // 429 may stand there without quotes
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.as_str() {
        "429" => Ok(FailHow::TooMany),
        "500" => Ok(FailHow::ServerError),
        "timeout" => Ok(FailHow::Timeout),
        "refused" => Ok(FailHow::Refused),
        _ => Err(D::Error::custom(format!(
            "\"{text}\"은(는) 실패 방식이 아닙니다. 쓸 수 있는 값: 429, 500, timeout, refused"
        ))),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_step_brings_a_file_or_a_text_but_not_both() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.json"), "file").unwrap();
        let file = Some(Path::new("a.json"));
        assert_eq!(brought(file, None, folder.path()).unwrap(), Some(b"file".to_vec()));
        assert_eq!(brought(None, Some("text"), folder.path()).unwrap(), Some(b"text".to_vec()));
        assert_eq!(brought(None, None, folder.path()).unwrap(), None);
        assert!(brought(file, Some("text"), folder.path()).is_err());
        assert!(brought(Some(Path::new("b.json")), None, folder.path()).is_err());
    }
}
