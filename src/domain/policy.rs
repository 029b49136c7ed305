//! Everything tunable, with its default. The shipped `policy.toml` comments each key.

use super::ids::AccountId;
use super::time::Span;
use chrono::{NaiveDate, NaiveTime};
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

/// The policy in force. Unknown keys are errors; absent keys take these defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Business time (reading 1) and the call rule (reading 3).
    pub hours: Hours,
    /// Ladders (readings 9, 10, 13).
    pub chain: Chain,
    /// Emoji names that acknowledge (reading 20); skin tones are looked past.
    pub acks: Acks,
    /// Who dials.
    pub phone: PhoneMode,
    /// Urgent requests (readings 6 to 8).
    pub urgent: UrgentPolicy,
    /// Ticket assignments (A1).
    pub assign: AssignPolicy,
    /// What monitoring services may tell.
    pub intake: Intake,
    /// CloudWatch alarms (M5, reading 17).
    pub alarm: Alarm,
    /// GuardDuty (G1, G4, reading 18).
    pub guardduty: GuardDuty,
    /// The call desk (C5, reading 12).
    pub desk: DeskPolicy,
    /// Channels by name (with or without `#`) or id.
    pub channels: Channels,
    /// Slack user groups by handle or id, or lists of e-mail addresses.
    pub groups: Groups,
    /// Who may do what, by group.
    pub roles: Roles,
    /// Forced off-boarding (X4, reading 25).
    pub offboard: Offboard,
    /// Reports (W1, W2).
    pub reports: Reports,
    /// AWS Health, personal (P1).
    pub phd: Phd,
    /// Rooms (F1 to F4).
    pub rooms: Rooms,
    /// Who is on duty at COC.
    pub duty: DutyPolicy,
    /// The coming weeks (R2).
    pub coverage: CoveragePolicy,
    /// Feeds (H1).
    pub feeds: Feeds,
    /// The company's own record (R6).
    pub company: Company,
    /// Mail.
    pub mail: MailPolicy,
    /// The customer record.
    pub customers: RecordPolicy,
    /// `[REQ]`s of AWS's TAM (T).
    pub tam: TamPolicy,
    /// Who watches the bot itself.
    pub watch: WatchPolicy,
    /// What should come regularly.
    pub heartbeats: Vec<Heartbeat>,
    /// Practice chains.
    pub drill: DrillPolicy,
    /// The board (H3).
    pub board: BoardPolicy,
}

/// Business time and the call rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hours {
    /// Opening.
    #[serde(with = "hhmm")]
    pub open: NaiveTime,
    /// Closing.
    #[serde(with = "hhmm")]
    pub close: NaiveTime,
    /// Lunch begins.
    #[serde(with = "hhmm")]
    pub lunch_from: NaiveTime,
    /// Lunch ends.
    #[serde(with = "hhmm")]
    pub lunch_to: NaiveTime,
    /// From here on a notice is phoned at the next opening (A9).
    #[serde(with = "hhmm")]
    pub late_from: NaiveTime,
    /// How long an assignee has (A9), in business time.
    pub answer_within: Span,
    /// Days added to the computed holidays (elections, temporary ones).
    pub holidays: Vec<NamedDay>,
    /// Days taken out of the holidays.
    #[serde(with = "days")]
    pub workdays: Vec<NaiveDate>,
}

/// A day with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedDay {
    /// The day.
    #[serde(with = "day")]
    pub date: NaiveDate,
    /// What it is called.
    pub name: String,
}

const fn time(hour: u32, minute: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, minute, 0) {
        Some(time) => time,
        None => panic!("a time of day"),
    }
}

impl Default for Hours {
    fn default() -> Self {
        Self {
            open: time(9, 0),
            close: time(18, 0),
            lunch_from: time(12, 0),
            lunch_to: time(13, 0),
            late_from: time(17, 30),
            answer_within: Span::minutes(30),
            holidays: Vec::new(),
            workdays: Vec::new(),
        }
    }
}

/// Ladders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Chain {
    /// Silence on one rung.
    pub rung: Span,
    /// The kinds of chain in which 병역특례 people of the General list come last: `msp`, `urgent`.
    pub military_last: Vec<ChainKind>,
    /// Words in a reply that make it no acceptance.
    pub refusal_words: Vec<String>,
    /// After how long COC is asked again where nobody is left to reach (reading 11).
    pub chase_after: Span,
}

/// A kind of chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChainKind {
    /// A5.
    Urgent,
    /// M8.
    Msp,
}

impl Default for Chain {
    fn default() -> Self {
        let words = ["거절", "못 받", "못받", "불가", "어렵", "안 됩니다", "안됩니다", "힘들"];
        Self {
            rung: Span::minutes(5),
            military_last: vec![ChainKind::Msp],
            refusal_words: words.map(str::to_owned).to_vec(),
            chase_after: Span::minutes(10),
        }
    }
}

/// Emoji names that acknowledge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Acks(pub Vec<String>);

impl Default for Acks {
    fn default() -> Self {
        let names =
            ["white_check_mark", "heavy_check_mark", "+1", "eyes", "ok_hand", "raised_hands"];
        Self(names.map(str::to_owned).to_vec())
    }
}

impl Acks {
    /// Whether this emoji acknowledges; `+1::skin-tone-3` counts as `+1`, `thumbsup` as well.
    #[must_use]
    pub fn take(&self, emoji: &str) -> bool {
        is_among(emoji, &self.0)
    }
}

/// Whether an emoji is among these, whatever its skin tone.
#[must_use]
pub fn is_among(emoji: &str, names: &[String]) -> bool {
    let bare = emoji.trim_matches(':').split("::").next().unwrap_or_default();
    let bare = if bare == "thumbsup" { "+1" } else { bare };
    names.iter().any(|name| name.trim_matches(':') == bare)
}

/// Who dials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhoneMode {
    /// The phone adapter where one is configured, COC otherwise.
    #[default]
    Auto,
    /// COC always.
    Desk,
}

/// Urgent requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UrgentPolicy {
    /// Words that mean "not decided yet" (reading 6).
    pub undecided_words: Vec<String>,
    /// How long a request may lack its customer or ticket before COC is told in n (reading 8).
    pub ask_again: Span,
}

impl Default for UrgentPolicy {
    fn default() -> Self {
        Self {
            undecided_words: ["미결정", "보류"].map(str::to_owned).to_vec(),
            ask_again: Span::minutes(10),
        }
    }
}

/// Ticket assignments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AssignPolicy {
    /// How long a doubtful person has to say whether the ticket can be theirs (A1).
    pub ask_within: Span,
    /// Words in a Slack status that make its person doubtful; case does not matter.
    pub away_words: Vec<String>,
    /// Status emoji that do the same.
    pub away_emoji: Vec<String>,
}

impl Default for AssignPolicy {
    fn default() -> Self {
        let words =
            ["휴가", "연차", "반차", "부재", "외근", "출장", "병가", "휴무", "vacation", "ooo"];
        let emoji = [
            "palm_tree",
            "face_with_thermometer",
            "airplane",
            "no_entry",
            "zzz",
            "house_with_garden",
        ];
        Self {
            ask_within: Span::minutes(5),
            away_words: words.map(str::to_owned).to_vec(),
            away_emoji: emoji.map(str::to_owned).to_vec(),
        }
    }
}

/// What monitoring services may tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Intake {
    /// The topics of Amazon SNS that are listened to, by ARN; empty: none.
    pub topics: Vec<String>,
}

/// Whether a topic of SNS is listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The policy lists it.
    Listed,
    /// The policy lists others.
    Foreign,
    /// The policy lists none at all.
    NoneListed,
}

impl Intake {
    /// Whether this topic is listened to.
    #[must_use]
    pub fn admits(&self, topic: &str) -> Admission {
        if self.topics.is_empty() {
            Admission::NoneListed
        } else if self.topics.iter().any(|listed| listed.trim() == topic) {
            Admission::Listed
        } else {
            Admission::Foreign
        }
    }
}

/// CloudWatch alarms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Alarm {
    /// The sliding window of L2; its end is inclusive.
    pub l2_window: Span,
    /// The level of an alarm whose name bears none and that no rule fits: `L1`, `L2` or `L3`.
    pub default_level: AlarmLevel,
    /// Levels of alarms whose name bears none; the first rule that fits counts.
    pub rules: Vec<AlarmRule>,
    /// A Slack channel whose posts are read as alarms, by name or id; empty: none.
    pub channel: String,
    /// Another alarm of a customer joins its open incident when that began so long ago at the most, or while the customer is still
    /// being reached.
    pub group_within: Span,
    /// When COC is asked again, as long as nobody has reached the customer (M6).
    pub chase_after: Span,
    /// When COC is reminded of an incident that somebody looks after and nobody ended.
    pub remind_after: Span,
}

/// A rule for the level of alarms whose name bears none (M5). All that it says has to fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmRule {
    /// Of this customer alone.
    #[serde(default)]
    pub customer: Option<String>,
    /// What the alarm's name looks like.
    #[serde(default)]
    pub name: Option<NamePattern>,
    /// A tag that the alarm bears: `key=value`, or `key` alone.
    #[serde(default)]
    pub tag: Option<String>,
    /// The level.
    pub level: AlarmLevel,
}

impl AlarmRule {
    /// Whether it fits an alarm.
    #[must_use]
    pub fn fits(&self, customer: &str, name: &str, tags: &[(String, String)]) -> bool {
        let of_customer = self.customer.as_ref().is_none_or(|one| one == customer);
        let of_tag = self.tag.as_ref().is_none_or(|tag| match tag.split_once('=') {
            Some((key, value)) => tags.iter().any(|(k, v)| k == key.trim() && v == value.trim()),
            None => tags.iter().any(|(key, _)| key == tag.trim()),
        });
        of_customer && of_tag && self.name.as_ref().is_none_or(|pattern| pattern.fits(name))
    }
}

/// What a name looks like: `prod-*-cpu` (`*` any letters, `?` one), or a regular expression between slashes (`/^prod-.*cpu$/`).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NamePattern {
    text: String,
    made: Regex,
}

impl NamePattern {
    /// Whether a name looks so; the case of letters does not matter.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        self.made.is_match(name)
    }
}

impl PartialEq for NamePattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl From<NamePattern> for String {
    fn from(pattern: NamePattern) -> Self {
        pattern.text
    }
}

/// A text that is no pattern.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\"은(는) 이름 무늬가 아닙니다. 예: \"prod-*-cpu\" 또는 \"/^prod-.*cpu$/\"")]
pub struct NotAPattern(String);

impl TryFrom<String> for NamePattern {
    type Error = NotAPattern;

    fn try_from(text: String) -> Result<Self, NotAPattern> {
        let inner = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        let written = match inner {
            Some(regex) => regex.to_owned(),
            None => {
                let bare = regex::escape(&text).replace(r"\*", ".*").replace(r"\?", ".");
                format!("^(?:{bare})$")
            }
        };
        let made = RegexBuilder::new(&written).case_insensitive(true).size_limit(1 << 20).build();
        match made {
            Ok(made) if !text.is_empty() => Ok(Self { text, made }),
            Ok(_) | Err(_) => Err(NotAPattern(text)),
        }
    }
}

/// An alarm's level (M5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AlarmLevel {
    /// Recorded.
    L1,
    /// An incident at the second hit within the window.
    L2,
    /// An incident at once.
    L3,
}

impl Default for Alarm {
    fn default() -> Self {
        Self {
            l2_window: Span::minutes(60),
            default_level: AlarmLevel::L2,
            rules: Vec::new(),
            channel: String::new(),
            group_within: Span::minutes(30),
            chase_after: Span::minutes(10),
            remind_after: Span::minutes(120),
        }
    }
}

/// GuardDuty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuardDuty {
    /// 고위험도 begins here.
    pub high_from: f64,
    /// Silence past this counts as 판단 불가 (G4).
    pub decide_within: Span,
    /// The customers whose EventBridge sends findings as plain text (G3), by their names on record.
    pub plain: Vec<String>,
}

impl Default for GuardDuty {
    fn default() -> Self {
        Self { high_from: 7.0, decide_within: Span::minutes(10), plain: Vec::new() }
    }
}

/// The call desk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeskPolicy {
    /// The promise to a caller with an outage (C5).
    pub promise: Span,
    /// When nobody took what a caller asked for, it is asked for again (C5 to C7).
    pub chase_after: Span,
}

impl Default for DeskPolicy {
    fn default() -> Self {
        Self { promise: Span::minutes(15), chase_after: Span::minutes(10) }
    }
}

/// Channels by name or id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Channels {
    /// g.
    pub general: String,
    /// n.
    pub noti: String,
    /// x.
    pub unlink: String,
    /// t.
    pub tam: String,
}

impl Default for Channels {
    fn default() -> Self {
        Self {
            general: "#general".to_owned(),
            noti: "#coc-noti".to_owned(),
            unlink: "#강제링크해지".to_owned(),
            tam: "#saltware-pls-technical-support".to_owned(),
        }
    }
}

/// A group of people: a Slack user group by handle or id, or a list of e-mail addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum GroupRef {
    /// By handle (with or without `@`) or id (`S…`).
    Handle(String),
    /// By addresses, where the workspace has no group.
    Emails(Vec<String>),
}

/// The desk's groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Groups {
    /// COC operators.
    pub coc: GroupRef,
    /// Sales.
    pub csr: GroupRef,
    /// Solution architects.
    pub sa: GroupRef,
}

impl Default for Groups {
    fn default() -> Self {
        let handle = |name: &str| GroupRef::Handle(name.to_owned());
        Self { coc: handle("coc"), csr: handle("csr"), sa: handle("sa") }
    }
}

/// What somebody is to the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// COC operator.
    Coc,
    /// Sales.
    Csr,
    /// Solution architect.
    Sa,
    /// On the guide's General list or in a TS part.
    Engineer,
}

/// Who may do what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Roles {
    /// Ask for an urgent assignment in g (A4).
    pub urgent: Vec<Role>,
    /// `/assign` (A7).
    pub assign: Vec<Role>,
    /// Write an assignment notice that is tracked (A7).
    pub notice: Vec<Role>,
    /// Press a chain's buttons for somebody else (reading 10).
    pub chain: Vec<Role>,
    /// Enter somebody else's absence (R2); one's own anybody of the guide may enter.
    pub leave: Vec<Role>,
    /// Make a changed guide live (R1).
    pub guide: Vec<Role>,
    /// Draft, change and send mails to customers.
    pub mail: Vec<Role>,
    /// `/coc setup` (M1).
    pub setup: Vec<Role>,
    /// Finish checklist steps that are somebody else's, and end checklists.
    pub checklist: Vec<Role>,
    /// Enter alarms and press the buttons of incidents (M6, G4).
    pub alarm: Vec<Role>,
    /// `/onboard` (N1).
    pub onboard: Vec<Role>,
    /// Ask for a forced off-boarding and change the request (X2); COC alone confirms and runs it.
    pub offboard: Vec<Role>,
    /// Enter telephone calls, and press the buttons of what became of them (C1).
    pub call: Vec<Role>,
    /// `/coc report` (W2).
    pub report: Vec<Role>,
    /// `/coc drill`.
    pub drill: Vec<Role>,
    /// Look at the board (H3).
    pub board: Vec<Role>,
}

impl Default for Roles {
    fn default() -> Self {
        Self {
            urgent: vec![Role::Csr, Role::Coc],
            assign: vec![Role::Coc],
            notice: vec![Role::Coc, Role::Csr, Role::Sa, Role::Engineer],
            chain: vec![Role::Coc],
            leave: vec![Role::Coc],
            guide: vec![Role::Coc],
            mail: vec![Role::Coc, Role::Csr, Role::Engineer],
            setup: vec![Role::Coc, Role::Csr, Role::Engineer],
            checklist: vec![Role::Coc],
            alarm: vec![Role::Coc],
            onboard: vec![Role::Coc, Role::Csr],
            offboard: vec![Role::Csr, Role::Coc],
            call: vec![Role::Coc],
            report: vec![Role::Coc, Role::Csr, Role::Sa, Role::Engineer],
            drill: vec![Role::Coc],
            board: vec![Role::Coc, Role::Csr, Role::Sa, Role::Engineer],
        }
    }
}

/// Forced off-boarding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Offboard {
    /// The unlink command with `{account}`; empty: COC is asked to run it.
    pub command: String,
    /// How many people of COC confirm the execution (X4): 1 or 2.
    pub confirmations: u32,
    /// When whoever is to do something is asked again.
    pub chase_after: Span,
}

impl Default for Offboard {
    fn default() -> Self {
        Self { command: String::new(), confirmations: 1, chase_after: Span::minutes(30) }
    }
}

/// Reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reports {
    /// To whom the monthly on- and off-boarding report goes.
    pub monthly_to: Vec<String>,
    /// Its Cc.
    pub monthly_cc: Vec<String>,
    /// Every day at.
    #[serde(with = "hhmm")]
    pub daily_at: NaiveTime,
    /// Mondays at.
    #[serde(with = "hhmm")]
    pub weekly_at: NaiveTime,
    /// The first of the month at.
    #[serde(with = "hhmm")]
    pub monthly_at: NaiveTime,
    /// When an open step of the monthly on- and off-boarding report is asked for again, in business hours.
    pub monthly_chase_after: Span,
    /// Whether they are posted by themselves at those times.
    pub post: bool,
}

impl Default for Reports {
    fn default() -> Self {
        Self {
            monthly_to: vec!["csg@saltware.co.kr".to_owned()],
            monthly_cc: ["haneul015@example.co.kr", "garam.bi@example.co.kr"]
                .map(str::to_owned)
                .to_vec(),
            daily_at: time(9, 0),
            weekly_at: time(9, 10),
            monthly_at: time(9, 20),
            monthly_chase_after: Span::minutes(240),
            post: true,
        }
    }
}

/// AWS Health, personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Phd {
    /// The daily look.
    #[serde(with = "hhmm")]
    pub check_at: NaiveTime,
    /// When an unanswered prompt is asked again, and a customer who was not told yet.
    pub chase_after: Span,
    /// The categories that are phoned as well as mailed (P2).
    pub call_categories: Vec<HealthCategory>,
    /// How long the pages of one communication are waited for.
    pub pages_within: Span,
}

/// What kind of thing an event of AWS Health is, in AWS's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HealthCategory {
    /// Something does not work.
    Issue,
    /// Something will be changed.
    ScheduledChange,
    /// The account is told something.
    AccountNotification,
    /// AWS looks into something.
    Investigation,
}

impl HealthCategory {
    const ALL: [Self; 4] =
        [Self::Issue, Self::ScheduledChange, Self::AccountNotification, Self::Investigation];

    /// As AWS writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::ScheduledChange => "scheduledChange",
            Self::AccountNotification => "accountNotification",
            Self::Investigation => "investigation",
        }
    }

    /// The one that AWS writes so, whatever its case.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name().eq_ignore_ascii_case(text))
    }
}

impl Default for Phd {
    fn default() -> Self {
        Self {
            check_at: time(9, 0),
            chase_after: Span::minutes(30),
            call_categories: vec![HealthCategory::Issue, HealthCategory::ScheduledChange],
            pages_within: Span::minutes(2),
        }
    }
}

impl Phd {
    /// Whether customers are phoned for events of this category. One that nobody knows is phoned: better once too often.
    #[must_use]
    pub fn phones(&self, category: &str) -> bool {
        HealthCategory::named(category).is_none_or(|one| self.call_categories.contains(&one))
    }
}

/// Rooms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rooms {
    /// Whether COC is asked for temperatures.
    pub prompt: bool,
    /// How often, counted from midnight (F2, reading 27).
    pub every: Span,
    /// When a missed reading is asked for again; later and later each time.
    pub chase_after: Span,
    /// The first month in which the outdoor unit is looked after (F1, reading 27).
    pub outdoor_from: u32,
    /// The last one.
    pub outdoor_to: u32,
    /// From so many degrees on the server room is too hot (F3).
    pub hot_from: f64,
    /// Who tells another temperature of a place within this while mistyped the first.
    pub correct_within: Span,
    /// Who is told of a fire, and of a place that is not as it should be (F4).
    pub tell: Vec<String>,
}

impl Default for Rooms {
    fn default() -> Self {
        Self {
            prompt: true,
            every: Span::minutes(120),
            chase_after: Span::minutes(30),
            outdoor_from: 6,
            outdoor_to: 9,
            hot_from: 30.0,
            correct_within: Span::minutes(3),
            tell: ["119", "경영관리부", "ISTeam"].map(str::to_owned).to_vec(),
        }
    }
}

impl Rooms {
    /// Whether the outdoor unit is looked after in this month, 1 to 12; the season may go over the turn of the year.
    #[must_use]
    pub const fn is_summer(&self, month: u32) -> bool {
        if self.outdoor_from <= self.outdoor_to {
            self.outdoor_from <= month && month <= self.outdoor_to
        } else {
            self.outdoor_from <= month || month <= self.outdoor_to
        }
    }
}

/// Who is on duty at COC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DutyPolicy {
    /// The rota; empty: `/coc duty` says who.
    pub shifts: Vec<Shift>,
    /// When a hand-over that nobody took is asked for again.
    pub chase_after: Span,
}

/// A shift of the rota.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// What people call it.
    pub name: String,
    /// When it begins.
    #[serde(with = "hhmm")]
    pub from: NaiveTime,
    /// When it ends; not later than it begins: the next day.
    #[serde(with = "hhmm")]
    pub to: NaiveTime,
    /// Who works in it, by real names or addresses of the workspace.
    pub people: Vec<String>,
    /// They take turns, a day each; the first of them on this day. Absent: all of them every day.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "a_day")]
    pub rotate_from: Option<NaiveDate>,
}

impl Default for DutyPolicy {
    fn default() -> Self {
        Self { shifts: Vec::new(), chase_after: Span::minutes(15) }
    }
}

/// The coming weeks (R2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CoveragePolicy {
    /// The look of every business day.
    #[serde(with = "hhmm")]
    pub check_at: NaiveTime,
    /// How many people of the General list, and of each chain, should be there.
    pub at_least: u32,
    /// How many days it looks ahead.
    pub days: u32,
}

impl Default for CoveragePolicy {
    fn default() -> Self {
        Self { check_at: time(9, 0), at_least: 2, days: 14 }
    }
}

/// Feeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Feeds {
    /// How often the status feeds are read.
    pub poll: Span,
    /// A feed that could not be read for so long is told of.
    pub silent_after: Span,
    /// The address of a second source, the dashboard's list of current events; empty: none.
    pub currentevents: String,
    /// The regions whose events are told in g (H2), in the order of `/coc health`.
    pub regions: Vec<Region>,
    /// Whether events of services that belong to no region are told in g too.
    pub global: bool,
    /// Where people look for themselves (H4).
    pub dashboard: String,
}

/// A region of AWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// `ap-northeast-2`
    pub code: String,
    /// What people call it.
    pub name: String,
}

impl Default for Feeds {
    fn default() -> Self {
        let regions = [
            ("ap-northeast-2", "서울"),
            ("ap-northeast-1", "도쿄"),
            ("ap-southeast-1", "싱가포르"),
            ("us-east-1", "버지니아"),
        ];
        let region = |(code, name): (&str, &str)| {
            let (code, name) = (code.to_owned(), name.to_owned());
            Region { code, name }
        };
        Self {
            poll: Span::minutes(5),
            silent_after: Span::minutes(15),
            currentevents: String::new(),
            regions: regions.map(region).to_vec(),
            global: true,
            dashboard: "https://health.aws.amazon.com/health/status".to_owned(),
        }
    }
}

impl Feeds {
    /// What people call the region of an event that is told in g; `None`: it is recorded only (H2).
    #[must_use]
    pub fn told_as(&self, region: Option<&str>) -> Option<&str> {
        match region {
            None => self.global.then_some("글로벌"),
            Some(code) => {
                let known = self.regions.iter().find(|one| one.code.eq_ignore_ascii_case(code));
                known.map(|one| one.name.as_str())
            }
        }
    }
}

/// The company's own record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Company {
    /// The customer record that stands for the company itself (R6).
    pub customer: String,
    /// The main payers; accounts of others are checked by hand in the monthly report (W1). Empty: all are.
    pub main_payers: Vec<AccountId>,
}

impl Default for Company {
    fn default() -> Self {
        Self { customer: "솔트웨어".to_owned(), main_payers: Vec::new() }
    }
}

/// Who watches the bot itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WatchPolicy {
    /// An address that is asked again and again while the bot is ready, and that calls for help when it is not; empty: none. May be a
    /// secret, so nothing shows it.
    pub ping_url: String,
    /// How often.
    pub ping_every: Span,
}

impl Default for WatchPolicy {
    fn default() -> Self {
        Self { ping_url: String::new(), ping_every: Span::minutes(1) }
    }
}

/// Mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailPolicy {
    /// The address that mails come from.
    pub from: String,
}

impl Default for MailPolicy {
    fn default() -> Self {
        Self { from: "alarm@saltware.co.kr".to_owned() }
    }
}

/// The customer record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordPolicy {
    /// A record older than this is warned about in n, once a day.
    pub stale_after: Span,
}

impl Default for RecordPolicy {
    fn default() -> Self {
        Self { stale_after: Span::minutes(30 * 24 * 60) }
    }
}

/// Practice chains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DrillPolicy {
    /// So many days after the last one the desk begins one by itself, in business hours; 0: never.
    pub every_days: u32,
    /// Somebody who could not be reached so often in a row is named to COC.
    pub missed_from: u32,
}

impl Default for DrillPolicy {
    fn default() -> Self {
        Self { every_days: 0, missed_from: 2 }
    }
}

/// The board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BoardPolicy {
    /// How long a link of `/coc board` lets its one person in, once.
    pub link: Span,
    /// How long a browser that was let in stays so.
    pub session: Span,
}

impl Default for BoardPolicy {
    fn default() -> Self {
        Self { link: Span::minutes(5), session: Span::minutes(12 * 60) }
    }
}

/// `[REQ]`s of AWS's TAM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TamPolicy {
    /// When COC is asked again for a customer that is not known.
    pub ask_again: Span,
}

impl Default for TamPolicy {
    fn default() -> Self {
        Self { ask_again: Span::minutes(10) }
    }
}

/// Something that should come regularly: a customer's test alarm, say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// What people call it; once only.
    pub name: String,
    /// What its notice holds in subject, text or topic; case does not matter.
    #[serde(rename = "match")]
    pub matches: String,
    /// How often it should come.
    pub every: Span,
    /// How much later it may come.
    #[serde(default = "Heartbeat::grace")]
    pub grace: Span,
    /// Whose it is; blank: nobody's.
    #[serde(default)]
    pub customer: String,
}

impl Heartbeat {
    const fn grace() -> Span {
        Span::minutes(10)
    }
}

/// Times of day as `"09:00"`.
mod hhmm {
    use chrono::NaiveTime;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(time: &NaiveTime, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&time.format("%H:%M"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveTime, D::Error> {
        let text = String::deserialize(from)?;
        NaiveTime::parse_from_str(&text, "%H:%M").map_err(|_| {
            D::Error::custom(format!("\"{text}\"은(는) 시각이 아닙니다. 예: \"09:00\""))
        })
    }
}

/// A day as `"2025-06-03"`, or as TOML's own date without quotes.
mod day {
    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[derive(Deserialize)]
    #[serde(untagged)]
    pub(super) enum Written {
        Text(String),
        Date(toml::value::Datetime),
    }

    impl Written {
        pub(super) fn read<E: Error>(self) -> Result<NaiveDate, E> {
            let text = match self {
                Self::Text(text) => text,
                Self::Date(date) => date.to_string(),
            };
            NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| {
                E::custom(format!("\"{text}\"은(는) 날짜가 아닙니다. 예: \"2025-06-03\""))
            })
        }
    }

    pub(super) fn serialize<S: Serializer>(day: &NaiveDate, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(day)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveDate, D::Error> {
        Written::deserialize(from)?.read()
    }
}

/// A day as [`day`] reads it, or none.
mod a_day {
    use super::day::Written;
    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "as serde hands it over")]
    pub(super) fn serialize<S: Serializer>(
        day: &Option<NaiveDate>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => to.collect_str(day),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<NaiveDate>, D::Error> {
        Option::<Written>::deserialize(from)?.map(Written::read).transpose()
    }
}

/// Days as [`day`] reads them.
mod days {
    use super::day::Written;
    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(days: &[NaiveDate], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(days.iter().map(NaiveDate::to_string))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<NaiveDate>, D::Error> {
        Vec::<Written>::deserialize(from)?.into_iter().map(Written::read).collect()
    }
}
