//! What the checklists' steps are: the data folder's `procedures/`, which COC changes without a build. A file that is not there is
//! the one that this program was shipped with.

use super::books::in_korean;
use super::checklist::{StepDefinition, StepKind};
use super::people::LineError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;
use toml::Spanned;

/// The steps of every checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definitions {
    /// A `[REQ]` of AWS's TAM (T2).
    pub tam: Vec<StepDefinition>,
    /// Setting up the monitoring of a customer.
    pub setup: SetupDefinition,
    /// A customer is guided by SA (G2).
    pub sa_guide: Vec<StepDefinition>,
    /// Something that should come regularly did not.
    pub heartbeat: Vec<StepDefinition>,
    /// The accounts of a payer are taken in (N).
    #[serde(default = "shipped_onboard")]
    pub onboard: Vec<StepDefinition>,
    /// An MSP customer leaves (X7).
    #[serde(default = "shipped_msp_offboard")]
    pub msp_offboard: Vec<StepDefinition>,
    /// A room is hot, or burns (F3, F4).
    #[serde(default = "shipped_rooms")]
    pub rooms: RoomsDefinition,
}

/// A room is hot, or burns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomsDefinition {
    /// Hot (F3); the last step asks for the temperature.
    pub heat: Vec<StepDefinition>,
    /// Fire or smoke (F4).
    pub fire: Vec<StepDefinition>,
}

/// For journals of before there was such a list.
fn shipped_rooms() -> RoomsDefinition {
    Definitions::default().rooms
}

/// For journals of before there was such a list.
fn shipped_onboard() -> Vec<StepDefinition> {
    Definitions::default().onboard
}

/// For journals of before there was such a list.
fn shipped_msp_offboard() -> Vec<StepDefinition> {
    Definitions::default().msp_offboard
}

/// Setting up the monitoring of a customer, by the alarm channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupDefinition {
    /// The channels that there is a template for (M4).
    pub channels: Vec<String>,
    /// One of them (M1, M3).
    pub known: Vec<StepDefinition>,
    /// Another channel: TS takes part (M4).
    pub new: Vec<StepDefinition>,
    /// Alarms that are there already and no CloudWatch's (M11).
    pub existing: Vec<StepDefinition>,
    /// DataDog (M12).
    pub datadog: Vec<StepDefinition>,
}

const TAM: &str = "tam.toml";
const SETUP: &str = "setup.toml";
const SA_GUIDE: &str = "sa-guide.toml";
const HEARTBEAT: &str = "heartbeat.toml";
const ONBOARD: &str = "onboard.toml";
const MSP_OFFBOARD: &str = "msp-offboard.toml";
const ROOMS: &str = "rooms.toml";
/// What the last step of a hot room asks for.
pub const TEMPERATURE: &str = "온도";

/// The files, each as it was shipped.
const SHIPPED: [(&str, &str); 7] = [
    (TAM, include_str!("../../data/procedures/tam.toml")),
    (SETUP, include_str!("../../data/procedures/setup.toml")),
    (SA_GUIDE, include_str!("../../data/procedures/sa-guide.toml")),
    (HEARTBEAT, include_str!("../../data/procedures/heartbeat.toml")),
    (ONBOARD, include_str!("../../data/procedures/onboard.toml")),
    (MSP_OFFBOARD, include_str!("../../data/procedures/msp-offboard.toml")),
    (ROOMS, include_str!("../../data/procedures/rooms.toml")),
];

/// An open step is not asked for more often than this.
const CHASED_AT_MOST_EVERY: u32 = 60;

impl Default for Definitions {
    /// As shipped.
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "constant texts, read by every test run")]
        static SHIPPED: LazyLock<Definitions> =
            LazyLock::new(|| read_definitions(&BTreeMap::new()).expect("the shipped definitions"));
        SHIPPED.clone()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    step: Vec<Spanned<StepDefinition>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setup {
    channels: Vec<String>,
    known: Vec<Spanned<StepDefinition>>,
    new: Vec<Spanned<StepDefinition>>,
    existing: Vec<Spanned<StepDefinition>>,
    datadog: Vec<Spanned<StepDefinition>>,
}

/// Reads the definitions, by file name within `procedures/`; a file that is not there is as shipped.
///
/// # Errors
/// Everything wrong, by file and line.
pub fn read_definitions(
    texts: &BTreeMap<String, String>,
) -> Result<Definitions, Vec<(String, LineError)>> {
    let mut errors = Vec::new();
    for file in texts.keys().filter(|file| !SHIPPED.iter().any(|(known, _)| known == file)) {
        let known = SHIPPED.map(|(known, _)| known).join(", ");
        let text = format!("모르는 절차입니다. 쓸 수 있는 파일: {known}");
        errors.push((file.clone(), LineError { line: 1, text }));
    }
    let of = |file: &'static str| {
        let shipped = SHIPPED.iter().find(|(known, _)| *known == file).map_or("", |(_, text)| text);
        let text = texts.get(file).map_or(shipped, String::as_str);
        Reader { file, text, errors: Vec::new() }
    };
    let mut tam = of(TAM);
    let tam_steps = tam.plain(Special::Tam);
    let mut setup = of(SETUP);
    let setup_steps = setup.setup();
    let mut sa_guide = of(SA_GUIDE);
    let sa_guide_steps = sa_guide.plain(Special::None);
    let mut heartbeat = of(HEARTBEAT);
    let heartbeat_steps = heartbeat.plain(Special::None);
    let mut onboard = of(ONBOARD);
    let onboard_steps = onboard.plain(Special::Onboard);
    let mut msp_offboard = of(MSP_OFFBOARD);
    let msp_offboard_steps = msp_offboard.plain(Special::None);
    let mut rooms = of(ROOMS);
    let rooms_steps = rooms.rooms();
    for reader in [tam, setup, sa_guide, heartbeat, onboard, msp_offboard, rooms] {
        errors.extend(reader.errors.into_iter().map(|error| (reader.file.to_owned(), error)));
    }
    let read = || {
        Some(Definitions {
            tam: tam_steps?,
            setup: setup_steps?,
            sa_guide: sa_guide_steps?,
            heartbeat: heartbeat_steps?,
            onboard: onboard_steps?,
            msp_offboard: msp_offboard_steps?,
            rooms: rooms_steps?,
        })
    };
    if errors.is_empty() { read().ok_or(errors) } else { Err(errors) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rooms {
    heat: Vec<Spanned<StepDefinition>>,
    fire: Vec<Spanned<StepDefinition>>,
}

/// A file whose steps may do more than others'.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Special {
    None,
    Tam,
    Onboard,
}

impl Special {
    /// The kinds of which there is exactly one step, each with its word and the clause that asks for it.
    const fn exactly_one(self) -> &'static [(StepKind, &'static str, &'static str)] {
        match self {
            Self::None => &[],
            Self::Tam => &[
                (StepKind::Mail, "mail", "T2"),
                (StepKind::Phone, "phone", "T2"),
                (StepKind::Ticket, "ticket", "T2"),
            ],
            Self::Onboard => &[(StepKind::Mail, "mail", "N3"), (StepKind::Credit, "credit", "N5")],
        }
    }
}

struct Reader<'a> {
    file: &'static str,
    text: &'a str,
    errors: Vec<LineError>,
}

impl<'a> Reader<'a> {
    fn parsed<T: Deserialize<'a>>(&mut self) -> Option<T> {
        match toml::from_str(self.text) {
            Ok(read) => Some(read),
            Err(error) => {
                let at = error.span().unwrap_or(0..0);
                let text = format!(
                    "{} 예: [[step]] title = \"메일\", owner = \"COC\", chase_after = \"10m\"",
                    in_korean(error.message())
                );
                self.wrong(&at, text);
                None
            }
        }
    }

    fn wrong(&mut self, at: &Range<usize>, text: impl Into<String>) {
        let line = self.text.get(..at.start).unwrap_or(self.text).matches('\n').count() + 1;
        self.errors.push(LineError { line, text: text.into() });
    }

    fn plain(&mut self, special: Special) -> Option<Vec<StepDefinition>> {
        let Plain { step } = self.parsed()?;
        for (kind, word, clause) in special.exactly_one() {
            let count = step.iter().filter(|one| one.get_ref().kind == *kind).count();
            if count != 1 {
                self.wrong(
                    &(0..0),
                    format!(
                        "kind = \"{word}\"인 단계가 {count}개입니다. 하나여야 합니다 ({clause})."
                    ),
                );
            }
        }
        Some(self.steps("step", step, special))
    }

    fn setup(&mut self) -> Option<SetupDefinition> {
        let Setup { channels, known, new, existing, datadog } = self.parsed()?;
        Some(SetupDefinition {
            channels,
            known: self.steps("known", known, Special::None),
            new: self.steps("new", new, Special::None),
            existing: self.steps("existing", existing, Special::None),
            datadog: self.steps("datadog", datadog, Special::None),
        })
    }

    fn rooms(&mut self) -> Option<RoomsDefinition> {
        let Rooms { heat, fire } = self.parsed()?;
        let asks = |step: &Spanned<StepDefinition>| {
            step.get_ref().evidence.as_deref() == Some(TEMPERATURE)
        };
        if heat.iter().rposition(asks).is_none_or(|nth| nth + 1 != heat.len()) {
            let text =
                "heat의 마지막 단계에는 evidence = \"온도\"가 있어야 합니다 (F3: 다시 재서 확인).";
            self.wrong(&(0..0), text);
        }
        Some(RoomsDefinition {
            heat: self.steps("heat", heat, Special::None),
            fire: self.steps("fire", fire, Special::None),
        })
    }

    fn steps(
        &mut self,
        list: &str,
        steps: Vec<Spanned<StepDefinition>>,
        special: Special,
    ) -> Vec<StepDefinition> {
        if steps.is_empty() {
            self.wrong(&(0..0), format!("{list}에 단계가 없습니다. 하나 이상 적어 주십시오."));
        }
        let mut read = Vec::new();
        for step in steps {
            let (at, step) = (step.span(), step.into_inner());
            for (key, text) in [("title", &step.title), ("owner", &step.owner)] {
                if text.trim().is_empty() {
                    self.wrong(&at, format!("{key}이(가) 비어 있습니다. 예: {key} = \"COC\""));
                }
            }
            // a case never ends in silence
            if step.chase_after.is_none_or(|after| after.as_seconds() < CHASED_AT_MOST_EVERY) {
                self.wrong(
                    &at,
                    "chase_after가 없거나 1분보다 짧습니다. 다시 알리는 간격을 적어 주십시오. 예: chase_after = \"10m\"",
                );
            }
            match step.kind {
                StepKind::Ticket if step.evidence.is_none() => self.wrong(
                    &at,
                    "kind = \"ticket\"인 단계에는 evidence가 있어야 합니다. 예: evidence = \"티켓\"",
                ),
                StepKind::Credit if step.evidence.is_none() => self.wrong(
                    &at,
                    "kind = \"credit\"인 단계에는 evidence가 있어야 합니다. 예: evidence = \"잔여 크레딧\"",
                ),
                StepKind::Mail | StepKind::Phone if step.evidence.is_some() => self.wrong(
                    &at,
                    "메일과 전화 단계는 evidence를 받지 않습니다. evidence를 지워 주십시오.",
                ),
                StepKind::Mail | StepKind::Phone if special == Special::None => self.wrong(
                    &at,
                    "kind = \"mail\"과 \"phone\"은 tam.toml과 onboard.toml에서만 쓸 수 있습니다.",
                ),
                StepKind::Credit if special != Special::Onboard => self.wrong(
                    &at,
                    "kind = \"credit\"은 onboard.toml에서만 쓸 수 있습니다.",
                ),
                StepKind::Phone if special == Special::Onboard && step.script.is_none() => self
                    .wrong(
                        &at,
                        "전화 단계에 script가 없습니다. 전화에서 읽을 말을 적어 주십시오. 예: script = \"안녕하세요 …\"",
                    ),
                StepKind::Plain
                | StepKind::Mail
                | StepKind::Phone
                | StepKind::Ticket
                | StepKind::Credit => {}
            }
            match &step.script {
                Some(_) if special != Special::Onboard => {
                    self.wrong(&at, "script는 onboard.toml에서만 쓸 수 있습니다.");
                }
                Some(script) if script.trim().is_empty() => {
                    self.wrong(
                        &at,
                        "script가 비어 있습니다. 고객에게 할 말을 적거나 지워 주십시오.",
                    );
                }
                Some(_) | None => {}
            }
            read.push(step);
        }
        read
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn read(file: &str, text: &str) -> Result<Definitions, Vec<(String, LineError)>> {
        read_definitions(&BTreeMap::from([(file.to_owned(), text.to_owned())]))
    }

    #[test]
    fn what_is_not_there_is_as_shipped() {
        let shipped = Definitions::default();
        let titles: Vec<&str> = shipped.tam.iter().map(|step| step.title.as_str()).collect();
        assert_eq!(titles, ["메일", "전화", "티켓"]);
        let owners: Vec<&str> = shipped.setup.known.iter().map(|s| s.owner.as_str()).collect();
        assert_eq!(owners[..3], ["CSR", "CSR", "TS 담당자"]);
        assert!(shipped.setup.new.len() > shipped.setup.known.len());
        let own =
            read(SA_GUIDE, "[[step]]\ntitle = \"안내\"\nowner = \"SA\"\nchase_after = \"8h\"")
                .unwrap();
        assert_eq!(own.sa_guide[0].title, "안내");
        assert_eq!(own.tam, shipped.tam);
    }

    #[test]
    fn what_is_wrong_bears_file_and_line() {
        let step = "[[step]]\ntitle = \"가\"\nowner = \"SA\"\nchase_after = \"8h\"\n";
        for (file, text, line, said) in [
            (SA_GUIDE, format!("{step}ownr = \"SA\"\n"), 5, "모르는 항목"),
            (SA_GUIDE, format!("{step}\n[[step]]\ntitle = \"나\"\n"), 6, "owner"),
            (SA_GUIDE, format!("{step}chase = 3\n["), 6, ""),
            (SA_GUIDE, "[[step]]\ntitle = \"가\"\nowner = \"SA\"\n".to_owned(), 1, "chase_after"),
            (SA_GUIDE, step.replace("8h", "0s"), 1, "chase_after"),
            (SA_GUIDE, step.replace("8h", "soon"), 4, "시간 길이"),
            (SA_GUIDE, format!("{step}kind = \"mail\"\n"), 1, "tam.toml"),
            (SA_GUIDE, format!("{step}kind = \"credit\"\nevidence = \"나\"\n"), 1, "onboard.toml"),
            (SA_GUIDE, format!("{step}script = \"말\"\n"), 1, "onboard.toml"),
            (SA_GUIDE, format!("{step}kind = \"ticket\"\n"), 1, "evidence"),
            (SA_GUIDE, "step = []".to_owned(), 1, "하나 이상"),
            ("other.toml", step.to_owned(), 1, "모르는 절차"),
        ] {
            let errors = read(file, &text).unwrap_err();
            assert_eq!(errors[0].0, file, "{errors:?}");
            assert_eq!(errors[0].1.line, line, "{text}: {errors:?}");
            assert!(errors[0].1.text.contains(said), "{text}: {errors:?}");
        }
        let three = read(TAM, step).unwrap_err();
        assert_eq!(three.len(), 3, "mail, telephone and ticket: {three:?}");
        let two = read(ONBOARD, step).unwrap_err();
        assert_eq!(two.len(), 2, "the invitation and the remaining credit: {two:?}");
        let call = SHIPPED[4].1.replace("kind = \"credit\"", "kind = \"phone\"");
        let said: Vec<String> =
            read(ONBOARD, &call).unwrap_err().into_iter().map(|(_, error)| error.text).collect();
        assert!(
            said.iter().any(|text| text.contains("kind = \"credit\"인 단계가 0개")),
            "{said:?}"
        );
        assert!(said.iter().any(|text| text.contains("evidence를 지워")), "{said:?}");
    }
}
