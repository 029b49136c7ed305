//! The argument parser's own words in Korean.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use std::error::Error as _;

const TEMPLATE: &str = "{about-with-newline}\n사용법: {usage}\n\n{all-args}{after-help}";

/// Above the options that every command takes.
const COMMON: &str = "공통 옵션";

/// The command and all below it with Korean headings and a Korean `--help`.
pub(super) fn localised(command: Command) -> Command {
    let with_version = command.get_version().is_some();
    let command = command
        .help_template(TEMPLATE)
        .subcommand_help_heading("명령")
        .subcommand_value_name("명령")
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .mut_args(|arg| {
            let heading = match (arg.is_positional(), arg.is_global_set()) {
                (true, _) => "인자",
                (false, false) => "옵션",
                (false, true) => COMMON,
            };
            arg.help_heading(heading)
        })
        .arg(flag("help", 'h', ArgAction::Help, "도움말을 보입니다"))
        .mut_subcommands(localised);
    if with_version {
        command.arg(flag("version", 'V', ArgAction::Version, "판 번호를 보입니다"))
    } else {
        command
    }
}

fn flag(name: &'static str, short: char, action: ArgAction, help: &'static str) -> Arg {
    Arg::new(name).short(short).long(name).action(action).help(help).help_heading(COMMON)
}

/// A help text as the parser renders it, without its last English words.
pub(super) fn help(rendered: &StyledStr) -> String {
    rendered.to_string().replace("[OPTIONS]", "[옵션]")
}

/// A mistake on the command line: what was read, what is expected, the usage.
pub(super) fn usage_error(error: &clap::Error) -> String {
    let kind = error.kind();
    if kind == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return format!("명령을 하나 골라 주십시오.\n\n{}", help(&error.render()));
    }
    let named = |kind: ContextKind| error.get(kind).map(words).unwrap_or_default();
    let argument = named(ContextKind::InvalidArg);
    let value = named(ContextKind::InvalidValue);
    let known = named(ContextKind::ValidValue);
    let said = if kind == ErrorKind::InvalidSubcommand {
        let alike = named(ContextKind::SuggestedSubcommand);
        with_hint(
            format!("모르는 명령입니다: \"{}\".", named(ContextKind::InvalidSubcommand)),
            "비슷한 명령",
            &alike,
        )
    } else if kind == ErrorKind::MissingSubcommand {
        with_hint(
            "명령이 빠졌습니다.".to_owned(),
            "쓸 수 있는 명령",
            &named(ContextKind::ValidSubcommand),
        )
    } else if kind == ErrorKind::UnknownArgument {
        let alike = named(ContextKind::SuggestedArg);
        with_hint(format!("모르는 인자입니다: \"{argument}\"."), "비슷한 인자", &alike)
    } else if kind == ErrorKind::MissingRequiredArgument {
        format!("인자가 빠졌습니다: {argument}")
    } else if kind == ErrorKind::InvalidValue && value.is_empty() {
        with_hint(format!("{argument}: 값이 빠졌습니다."), "쓸 수 있는 값", &known)
    } else if kind == ErrorKind::InvalidValue {
        with_hint(format!("{argument}: 읽은 값: \"{value}\"."), "쓸 수 있는 값", &known)
    } else if kind == ErrorKind::ValueValidation {
        let why = error.source().map(ToString::to_string);
        format!("{argument}: {}", why.unwrap_or_else(|| format!("읽은 값: \"{value}\".")))
    } else if kind == ErrorKind::ArgumentConflict {
        match named(ContextKind::PriorArg) {
            prior if prior.is_empty() || prior == argument => {
                format!("{argument}: 한 번만 적어 주십시오.")
            }
            prior => format!("{argument}: {prior}와 함께 쓸 수 없습니다."),
        }
    } else if kind == ErrorKind::InvalidUtf8 {
        "UTF-8이 아닌 글자가 있습니다. UTF-8 터미널에서 다시 적어 주십시오.".to_owned()
    } else {
        return error.render().to_string();
    };
    let usage = error.get(ContextKind::Usage).map(words).unwrap_or_default();
    let usage = usage.trim().trim_start_matches("Usage:").trim().replace("[OPTIONS]", "[옵션]");
    let usage = if usage.is_empty() { "coc --help" } else { &usage };
    format!("{said}\n사용법: {usage}")
}

fn with_hint(said: String, label: &str, hint: &str) -> String {
    if hint.is_empty() { said } else { format!("{said} {label}: {hint}") }
}

fn words(value: &ContextValue) -> String {
    let styled = |text: &StyledStr| text.to_string();
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        ContextValue::StyledStr(text) => styled(text),
        ContextValue::StyledStrs(texts) => texts.iter().map(styled).collect::<Vec<_>>().join(", "),
        ContextValue::None | ContextValue::Bool(_) | ContextValue::Number(_) | _ => {
            value.to_string()
        }
    }
}
