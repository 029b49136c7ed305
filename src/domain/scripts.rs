//! What the operator says on the telephone: the guide's own words, from the data folder's `scripts/`. A file that is not there is the
//! one that this program was shipped with.

use super::people::LineError;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The scripts as read, by file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scripts(BTreeMap<String, String>);

/// What is said when, and with that the names that its words may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Script {
    /// Every caller is asked this first (C4).
    Common,
    /// An MSP customer has an outage (C5).
    MspOutage,
    /// An MSP customer asks something (C6).
    MspInquiry,
    /// Another customer asks something within business hours (C7).
    GeneralInquiry,
    /// Another customer calls out of hours (C8).
    GeneralAfterHours,
}

/// The names that the words of a call may use, each with an example.
const NAMES: [(&str, &str); 5] = [
    ("promise", "15분"),
    ("mail", "support@saltware.co.kr"),
    ("operator", "고윤슬"),
    ("customer", "한빛전자"),
    ("caller", "한별"),
];

/// Scripts of on-boarding, which reads them itself.
const OF_ONBOARDING: [&str; 2] = ["onboard-invited.txt", "onboard-linked.txt"];

impl Script {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Common,
        Self::MspOutage,
        Self::MspInquiry,
        Self::GeneralInquiry,
        Self::GeneralAfterHours,
    ];

    /// Its file within the data folder's `scripts/`.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::Common => "common.txt",
            Self::MspOutage => "msp-outage.txt",
            Self::MspInquiry => "msp-inquiry.txt",
            Self::GeneralInquiry => "general-inquiry.txt",
            Self::GeneralAfterHours => "general-after-hours.txt",
        }
    }

    const fn shipped(self) -> &'static str {
        match self {
            Self::Common => include_str!("../../data/scripts/common.txt"),
            Self::MspOutage => include_str!("../../data/scripts/msp-outage.txt"),
            Self::MspInquiry => include_str!("../../data/scripts/msp-inquiry.txt"),
            Self::GeneralInquiry => include_str!("../../data/scripts/general-inquiry.txt"),
            Self::GeneralAfterHours => include_str!("../../data/scripts/general-after-hours.txt"),
        }
    }
}

impl Default for Scripts {
    /// As shipped.
    fn default() -> Self {
        let shipped = Script::ALL.map(|one| (one.file().to_owned(), one.shipped().to_owned()));
        Self(shipped.into_iter().collect())
    }
}

/// Reads the scripts, by file name within `scripts/`, and tries each with examples of its names. A file that is not there is as shipped.
///
/// # Errors
/// Everything wrong, by file and line.
pub fn read_scripts(texts: &BTreeMap<String, String>) -> Result<Scripts, Vec<(String, LineError)>> {
    let mut read = Scripts::default();
    let mut errors = Vec::new();
    for (file, text) in texts {
        let mut wrong = |line, text: String| errors.push((file.clone(), LineError { line, text }));
        if OF_ONBOARDING.contains(&file.as_str()) {
            continue;
        }
        if !Script::ALL.iter().any(|one| one.file() == file) {
            let known: Vec<&str> =
                Script::ALL.iter().map(|one| one.file()).chain(OF_ONBOARDING).collect();
            wrong(1, format!("모르는 대본입니다. 쓸 수 있는 파일: {}", known.join(", ")));
            continue;
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            wrong(1, "비어 있습니다. 읽을 말을 적어 주십시오.".to_owned());
            continue;
        }
        match fill(text, &NAMES) {
            Ok(_) => {
                read.0.insert(file.clone(), text.to_owned());
            }
            Err(error) => {
                let names = NAMES.map(|(name, _)| format!("{{{{ {name} }}}}"));
                wrong(
                    error.line().unwrap_or(1),
                    format!(
                        "대본을 채울 수 없습니다 ({error}). 쓸 수 있는 이름: {}",
                        names.join(", ")
                    ),
                );
            }
        }
    }
    if errors.is_empty() { Ok(read) } else { Err(errors) }
}

fn fill(text: &str, names: &[(&str, &str)]) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let names = names.iter().map(|(name, said)| ((*name).to_owned(), (*said).to_owned()));
    environment.render_str(text, Value::from_pairs(names))
}

/// What a script's names are filled with.
#[derive(Clone, Copy, Debug)]
pub struct Filling<'a> {
    /// How long the promise to a caller with an outage is.
    pub promise: &'a str,
    /// The address for inquiries.
    pub mail: &'a str,
    /// Who answers the telephone.
    pub operator: &'a str,
    /// The customer; empty while nobody knows it.
    pub customer: &'a str,
    /// Who calls; empty while nobody knows it.
    pub caller: &'a str,
}

impl Scripts {
    /// The words to say, a line each.
    #[must_use]
    pub fn say(&self, script: Script, with: &Filling<'_>) -> Vec<String> {
        let text = self.0.get(script.file()).map_or(script.shipped(), String::as_str);
        let names = [
            ("promise", with.promise),
            ("mail", with.mail),
            ("operator", with.operator),
            ("customer", with.customer),
            ("caller", with.caller),
        ];
        let said = fill(text, &names).unwrap_or_else(|_| text.to_owned());
        said.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const FILLING: Filling<'static> = Filling {
        promise: "15분",
        mail: "support@saltware.co.kr",
        operator: "고윤슬",
        customer: "한빛전자",
        caller: "한별",
    };

    fn read(file: &str, text: &str) -> Result<Scripts, Vec<(String, LineError)>> {
        read_scripts(&BTreeMap::from([(file.to_owned(), text.to_owned())]))
    }

    #[test]
    fn the_shipped_words_are_the_guides_own() {
        let guide = include_str!("../../tests/guide/whole.txt");
        for script in Script::ALL {
            let said = Scripts::default().say(script, &FILLING).join("\n");
            assert!(guide.contains(&format!("\"{said}\"")), "{script:?}: {said}");
            assert!(read(script.file(), script.shipped()).is_ok());
        }
    }

    #[test]
    fn own_words_take_the_place_of_the_shipped_ones() {
        let own = read("msp-outage.txt", "{{ customer }} {{ caller }} 님,\n\n{{ promise }} 안에\n");
        let own = own.unwrap();
        assert_eq!(own.say(Script::MspOutage, &FILLING), ["한빛전자 한별 님,", "15분 안에"]);
        let shipped = Scripts::default();
        assert_eq!(own.say(Script::Common, &FILLING), shipped.say(Script::Common, &FILLING));
        assert_eq!(read("onboard-invited.txt", "{{ who_knows }}").unwrap(), shipped);
    }

    #[test]
    fn what_is_wrong_bears_file_and_line() {
        for (file, text, line, said) in [
            ("msp-outage.txt", "가\n{{ promis }}", 2, "{{ promise }}"),
            ("msp-outage.txt", "가\n나\n{% if %}", 3, "채울 수 없습니다"),
            ("common.txt", " \n", 1, "비어 있습니다"),
            ("lunch.txt", "가", 1, "onboard-linked.txt"),
        ] {
            let errors = read(file, text).unwrap_err();
            assert_eq!((errors[0].0.as_str(), errors[0].1.line), (file, line), "{errors:?}");
            assert!(errors[0].1.text.contains(said), "{errors:?}");
        }
    }
}
