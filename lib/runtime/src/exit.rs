//! Exit codes that tell a supervisor what to do next.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

/// The codes of `sysexits.h` that the suite uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: ended because it was asked to.
    Ok,
    /// 64: the command line is wrong.
    Usage,
    /// 70: a bug.
    Bug,
    /// 75: something it needs is away; another try may help.
    Retry,
    /// 78: the configuration or the schema is wrong; stay down until a person has changed something.
    Config,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Usage => 64,
            Self::Bug => 70,
            Self::Retry => 75,
            Self::Config => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a daemon ends unasked: the code it leaves with and the error that explains it.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    source: Box<dyn Error + Send + Sync>,
}

impl Failure {
    /// Ends with 75: another try may help.
    pub fn retry(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { exit: Exit::Retry, source: source.into() }
    }

    /// Ends with 78: a person has to change something first. Let the message say what.
    pub fn config(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { exit: Exit::Config, source: source.into() }
    }

    /// Ends with 70: this should not happen.
    pub fn bug(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { exit: Exit::Bug, source: source.into() }
    }

    /// The code it leaves with.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.source()
    }
}

/// An I/O error at start is worth another try: a port still taken, a directory not mounted yet.
impl From<std::io::Error> for Failure {
    fn from(source: std::io::Error) -> Self {
        Self::retry(source)
    }
}

/// Logs the failure, with its whole chain of causes, and answers the exit code.
pub fn from_result(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => Exit::Ok.into(),
        Err(failure) => {
            tracing::error!(exit_code = failure.exit.code(), "ending: {}", chain(&failure));
            failure.exit.into()
        }
    }
}

/// An error and its causes on one line: `query log.head failed: connection closed`.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        // Some libraries repeat the cause in their own Display.
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn the_chain_names_every_cause_once() {
        let failure = Failure::retry(Outer(std::io::Error::other("inner")));
        assert_eq!(chain(&failure), "outer: inner");
        assert_eq!(failure.exit().code(), 75);
    }
}
