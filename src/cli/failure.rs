//! How a subcommand fails.

use std::fmt;
use std::process::ExitCode;

/// What a subcommand ends with.
pub(crate) type Done = Result<(), Failure>;

/// Why a subcommand failed; the words are Korean and for people.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The work failed: exit status 1.
    Work(anyhow::Error),
    /// Bad usage or bad input: exit status 2. Says file, line, what was read, what is expected.
    Input(anyhow::Error),
}

impl Failure {
    /// The work failed.
    pub(crate) fn work(said: impl Into<String>) -> Self {
        Self::Work(anyhow::Error::msg(said.into()))
    }

    /// Bad usage or bad input.
    pub(crate) fn input(said: impl Into<String>) -> Self {
        Self::Input(anyhow::Error::msg(said.into()))
    }

    /// The exit status that tells the two apart.
    pub(crate) fn status(&self) -> ExitCode {
        match self {
            Self::Work(_) => ExitCode::from(1),
            Self::Input(_) => ExitCode::from(2),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Work(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Work(error) | Self::Input(error) => write!(f, "{error:#}"),
        }
    }
}
