//! Mails: what is sent, the templates they are made from, and drafts that wait for somebody's button. No mail to a customer leaves by
//! itself.

use super::ids::{CaseId, ErrandId, Name};
use super::people::LineError;
use super::time::Time;
use minijinja::{Environment, UndefinedBehavior};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A mail, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// The address it comes from (`mail.from`).
    pub from: String,
    /// To whom; at least one address.
    pub to: Vec<String>,
    /// Copies.
    pub cc: Vec<String>,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// A mail that waits for somebody to send it. It is named by the errand that posted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The errand that posted it.
    pub post: ErrandId,
    /// Its case.
    pub case: CaseId,
    /// The customer it is for.
    pub customer: String,
    /// The mail as it stands.
    pub mail: Email,
    /// Where it stands.
    pub state: DraftState,
}

/// Where a draft stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftState {
    /// It can be changed and sent.
    Open,
    /// It is being sent.
    Sending {
        /// The errand that sends it.
        errand: ErrandId,
        /// Who pressed 메일 발송.
        by: Name,
    },
    /// It is sent.
    Sent {
        /// When.
        at: Time,
        /// Who pressed 메일 발송.
        by: Name,
    },
    /// Nobody wants it any more.
    Discarded,
}

/// A step of a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftChange {
    /// Its words or addresses were changed.
    Edited {
        /// The mail as it stands now.
        mail: Email,
    },
    /// Somebody pressed 메일 발송.
    Sending {
        /// The errand that sends it.
        errand: ErrandId,
        /// Who.
        by: Name,
    },
    /// It is sent.
    Sent {
        /// When.
        at: Time,
        /// Who pressed.
        by: Name,
    },
    /// It could not be sent, and can be changed and sent again.
    Returned,
    /// Nobody wants it any more.
    Discarded,
}

impl Draft {
    /// Takes a step.
    pub fn apply(&mut self, change: &DraftChange) {
        match change {
            DraftChange::Edited { mail } => self.mail = mail.clone(),
            DraftChange::Sending { errand, by } => {
                self.state = DraftState::Sending { errand: *errand, by: by.clone() };
            }
            DraftChange::Sent { at, by } => {
                self.state = DraftState::Sent { at: *at, by: by.clone() };
            }
            DraftChange::Returned => self.state = DraftState::Open,
            DraftChange::Discarded => self.state = DraftState::Discarded,
        }
    }
}

/// The templates by what they are for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Templates(BTreeMap<String, Template>);

/// A template: its subject's line and its text, with `{{ names }}` in them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Template {
    subject: String,
    text: String,
}

/// What a mail is for, and with that the names that its template may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Occasion {
    /// Somebody took an urgent request: the customer learns who.
    UrgentTaken,
    /// An alarm or finding of which the customer is told by mail (M10, G4).
    Alarm,
    /// An AWS Health event (P3).
    Phd,
    /// A `[REQ]` of AWS's TAM (T2).
    Tam,
    /// The month's on- and off-boardings, to the company's own people (W1).
    Monthly,
    /// Accounts are taken in: the invitation, Cross Account, the payment role, where the cost is seen (N3).
    Invitation,
    /// Something of it that the customer has to do is still open (N6).
    OnboardReminder,
}

impl Occasion {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::UrgentTaken,
        Self::Alarm,
        Self::Phd,
        Self::Tam,
        Self::Monthly,
        Self::Invitation,
        Self::OnboardReminder,
    ];

    /// Its template's file within the data folder's `mail/`.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::UrgentTaken => "urgent-taken.txt",
            Self::Alarm => "alarm.txt",
            Self::Phd => "phd.txt",
            Self::Tam => "tam.txt",
            Self::Monthly => "monthly.txt",
            Self::Invitation => "invitation.txt",
            Self::OnboardReminder => "onboard-reminder.txt",
        }
    }

    /// The names that its template may use, each with an example.
    #[must_use]
    pub const fn names(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::UrgentTaken => &[
                ("company", "솔트웨어"),
                ("customer", "한빛전자"),
                ("engineer", "가온별"),
                ("at", "2025-08-05 22:03"),
                ("ticket", "https://support.example.com/agent/tickets/4242"),
            ],
            Self::Alarm => &[
                ("company", "솔트웨어"),
                ("customer", "한빛전자"),
                ("alarm", "[L3] prod-web-1 CPU"),
                ("account", "123456789012"),
                ("region", "ap-northeast-2"),
                ("at", "2025-08-05 22:03"),
                (
                    "detail",
                    "Threshold Crossed: 1 datapoint [97.0] was greater than the threshold (90.0).",
                ),
            ],
            Self::Phd => &[
                ("company", "솔트웨어"),
                ("customer", "한빛전자"),
                ("service", "EC2"),
                ("event", "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED"),
                ("account", "123456789012"),
                ("region", "ap-northeast-2"),
                ("status", "진행 중"),
                ("start", "2025-08-27 22:19"),
                ("end", ""),
                ("resources", "i-1234567890abcdef0"),
                ("description", "A description of the event."),
            ],
            Self::Tam => &[
                ("company", "솔트웨어"),
                ("customer", "한빛전자"),
                ("request", "액세스 키가 공개 저장소에서 발견되었습니다."),
                ("at", "2025-08-05 22:03"),
            ],
            Self::Monthly => &[
                ("company", "솔트웨어"),
                ("month", "2025년 8월"),
                ("report", "입점 1 · 퇴점 0 (고객사 1곳, Payer 1개)"),
            ],
            Self::Invitation => &[
                ("company", "솔트웨어"),
                ("customer", "한빛전자"),
                ("payer", "999988887777"),
                ("accounts", "123456789014\n123456789015"),
            ],
            Self::OnboardReminder => &[
                ("company", "솔트웨어"),
                ("customer", "한빛전자"),
                ("payer", "999988887777"),
                ("accounts", "123456789014\n123456789015"),
                ("step", "Cross Account"),
                ("guide", "Cross Account 설정이 아직 되어 있지 않습니다."),
            ],
        }
    }
}

const SUBJECT: &str = "제목:";

/// Reads the templates, and tries each with examples of its names.
///
/// # Errors
/// Everything wrong, by file and line.
pub fn read_templates(
    texts: &BTreeMap<String, String>,
) -> Result<Templates, Vec<(String, LineError)>> {
    let mut templates = BTreeMap::new();
    let mut errors = Vec::new();
    for (file, text) in texts {
        let mut wrong = |line, text: String| errors.push((file.clone(), LineError { line, text }));
        let Some(occasion) = Occasion::ALL.into_iter().find(|one| one.file() == file) else {
            let known: Vec<&str> = Occasion::ALL.iter().map(|one| one.file()).collect();
            wrong(1, format!("모르는 메일 양식입니다. 쓸 수 있는 파일: {}", known.join(", ")));
            continue;
        };
        match template(text) {
            Ok(template) => {
                let examples = occasion.names().iter().copied().collect();
                match template.fill(&examples) {
                    Ok(_) => {
                        templates.insert(file.clone(), template);
                    }
                    Err(error) => {
                        let names: Vec<String> = occasion
                            .names()
                            .iter()
                            .map(|(name, _)| format!("{{{{ {name} }}}}"))
                            .collect();
                        wrong(
                            error.line,
                            format!("{} 쓸 수 있는 이름: {}", error.text, names.join(", ")),
                        );
                    }
                }
            }
            Err(error) => wrong(error.line, error.text),
        }
    }
    if errors.is_empty() { Ok(Templates(templates)) } else { Err(errors) }
}

fn template(text: &str) -> Result<Template, LineError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let subject = first.trim().strip_prefix(SUBJECT).map(str::trim).filter(|one| !one.is_empty());
    let Some(subject) = subject else {
        return Err(LineError {
            line: 1,
            text: format!(
                "첫 줄은 제목이어야 합니다. 읽은 값: \"{}\". 예: {SUBJECT} [{{{{ company }}}}] 안내",
                first.trim()
            ),
        });
    };
    if rest.trim().is_empty() {
        // the second line, where there is one
        let line = text.split('\n').count().min(2);
        return Err(LineError {
            line, text: "제목 아래에 본문이 없습니다.".to_owned()
        });
    }
    Ok(Template { subject: subject.to_owned(), text: rest.trim_matches(['\r', '\n']).to_owned() })
}

impl Template {
    fn fill(&self, names: &BTreeMap<&str, &str>) -> Result<(String, String), LineError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let fill = |text: &str, before: usize| {
            let names = names.iter().map(|(name, said)| ((*name).to_owned(), (*said).to_owned()));
            environment.render_str(text, minijinja::Value::from_pairs(names)).map_err(|error| {
                LineError {
                    line: before + error.line().unwrap_or(1),
                    text: format!("양식을 채울 수 없습니다 ({error})."),
                }
            })
        };
        let subject = fill(&self.subject, 0)?.replace(['\r', '\n'], " ");
        // the subject stands in the first line, the text begins behind it at the earliest
        Ok((subject, fill(&self.text, 1)?))
    }
}

impl Templates {
    /// Whether there is one for this occasion.
    #[must_use]
    pub fn has(&self, occasion: Occasion) -> bool {
        self.0.contains_key(occasion.file())
    }

    /// Subject and text, filled in; `None` where there is no template, or it lacks a name.
    #[must_use]
    pub fn fill(
        &self,
        occasion: Occasion,
        names: &BTreeMap<&str, &str>,
    ) -> Option<(String, String)> {
        self.0.get(occasion.file())?.fill(names).ok()
    }
}

/// Addresses as people type them into a form: commas, semicolons, spaces or lines between.
#[must_use]
pub fn addresses(text: &str) -> Vec<String> {
    let parts = text.split([',', ';', '\n', ' ']).map(str::trim).filter(|one| !one.is_empty());
    let mut found: Vec<String> = Vec::new();
    for one in parts {
        if !found.iter().any(|known| known.eq_ignore_ascii_case(one)) {
            found.push(one.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn read(text: &str) -> Result<Templates, Vec<(String, LineError)>> {
        read_templates(&BTreeMap::from([("urgent-taken.txt".to_owned(), text.to_owned())]))
    }

    #[test]
    fn a_template_is_filled() {
        let templates = read(
            "제목: [{{ company }}] {{ customer }} & 담당자\n\n{{ engineer }} 님이\n{{ at }}에\n",
        )
        .unwrap();
        let names = BTreeMap::from([
            ("company", "솔트웨어"),
            ("customer", "<한빛>"),
            ("engineer", "가온별"),
            ("at", "22:03"),
            ("ticket", ""),
        ]);
        let (subject, text) = templates.fill(Occasion::UrgentTaken, &names).unwrap();
        assert_eq!(subject, "[솔트웨어] <한빛> & 담당자");
        assert_eq!(text, "가온별 님이\n22:03에");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line) in [
            ("안녕하십니까", 1),
            ("제목: 안내\n", 2),
            ("제목: {{ who }}\n\n글", 1),
            ("제목: 안내\n가\n나 {{ who }}\n", 3),
            ("제목: 안내\n{% if %}", 2),
        ] {
            let errors = read(text).unwrap_err();
            assert_eq!(errors.len(), 1, "{text}");
            assert_eq!(errors[0].1.line, line, "{text}: {errors:?}");
        }
        let unknown = BTreeMap::from([("other.txt".to_owned(), "제목: 가\n나".to_owned())]);
        assert!(read_templates(&unknown).unwrap_err()[0].1.text.contains("urgent-taken.txt"));
    }

    #[test]
    fn addresses_in_every_shape() {
        assert_eq!(
            addresses("a@example.com; b@example.com,\nA@example.com  "),
            ["a@example.com", "b@example.com"]
        );
    }
}
