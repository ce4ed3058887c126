//! Why a command failed: a code, a message, what to do, and the exit code.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use dg_client::ClientError;
use dg_storage::StoreError;
use serde_json::{Map, Value, json};

/// Exit codes, after sysexits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The answer is no: a check found something.
    Found = 1,
    /// The command line is wrong.
    Usage = 64,
    /// What was given, or asked for, is not acceptable.
    Data = 65,
    /// Something it needs is not there.
    Unavailable = 69,
    /// A bug.
    Software = 70,
    /// Another try may help.
    Temporary = 75,
    /// Not allowed.
    Permission = 77,
    /// Settings are missing or wrong.
    Config = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A failed command.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    code: Box<str>,
    message: String,
    advice: Option<Box<str>>,
    details: Map<String, Value>,
    request_id: Option<Box<str>>,
    closed_pipe: bool,
}

impl Failure {
    pub(crate) fn new(exit: Exit, code: &str, message: impl Into<String>) -> Self {
        Self {
            exit,
            code: code.into(),
            message: message.into(),
            advice: None,
            details: Map::new(),
            request_id: None,
            closed_pipe: false,
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    /// Says what to do about it.
    pub(crate) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into().into());
        self
    }

    /// Adds a detail.
    pub(crate) fn note(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    #[cfg(test)]
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }

    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.closed_pipe
    }

    /// Writes it for a person, or as one JSON document.
    pub(crate) fn report(&self, json: bool, to: &mut impl Write) -> io::Result<()> {
        if json {
            let document = json!({"error": {
                "advice": self.advice, "code": self.code, "details": self.details,
                "message": self.message, "request_id": self.request_id,
            }});
            return writeln!(to, "{document}");
        }
        writeln!(to, "\x1b[1;31merror\x1b[0m: {} [{}]", self.message, self.code)?;
        for (name, value) in &self.details {
            writeln!(to, "  {name}: {value}")?;
        }
        if let Some(request_id) = &self.request_id {
            writeln!(to, "  request id: {request_id}")?;
        }
        match &self.advice {
            Some(advice) => writeln!(to, "\x1b[1mtry\x1b[0m: {advice}"),
            None => Ok(()),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let closed_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Self { closed_pipe, ..Self::new(Exit::Unavailable, "io", error.to_string()) }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() {
            return io::Error::from(error).into();
        }
        Self::new(Exit::Software, "internal_error", format!("cannot write JSON: {error}"))
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let (exit, advice) = explain(&error);
        let message = match error.source() {
            Some(cause) => format!("{error}: {}", root(cause)),
            None => error.to_string(),
        };
        Self {
            advice: advice.map(Into::into),
            details: error.details,
            request_id: error.request_id.map(Into::into),
            ..Self::new(exit, &error.code, message)
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        if let StoreError::NeedsAdministrator { sql, source } = &error {
            return Self::new(
                Exit::Permission,
                error.code(),
                format!("the user may not prepare the database: {source}"),
            )
            .advise(format!("let a superuser run this, then repeat the command:\n{sql}"));
        }
        let (exit, advice) = match &error {
            StoreError::Unavailable { .. } => (
                Exit::Unavailable,
                Some("check that PostgreSQL runs and that the database address is right; then repeat the command"),
            ),
            StoreError::SchemaOlder { .. } => {
                (Exit::Config, Some("run `dg migrate`, or start dg-store, which migrates"))
            }
            StoreError::SchemaNewer { .. } => {
                (Exit::Config, Some("install the release that made this schema, or a newer one"))
            }
            StoreError::BadConfig { .. } => (
                Exit::Config,
                Some("give the database as postgresql://user@host/name or postgresql:///name?host=/socket/dir"),
            ),
            StoreError::Query { .. } => {
                (Exit::Permission, Some("use a database user that may do this; `dg init --help` tells which"))
            }
            _ => (Exit::Data, None),
        };
        let failure = Self::new(exit, error.code(), dg_runtime::exit::chain(&error));
        match advice {
            Some(advice) => failure.advise(advice),
            None => failure,
        }
    }
}

/// The exit code for an answer, and what a person can do.
fn explain(error: &ClientError) -> (Exit, Option<&'static str>) {
    match (error.code.as_str(), error.status) {
        ("unauthorized", _) => (
            Exit::Permission,
            Some(
                "check --token, DG_TOKEN or .dg/client.toml; an administrator issues one with `dg tokens create NAME`",
            ),
        ),
        ("forbidden", _) => {
            (Exit::Permission, Some("use an account with that role and tenant; `dg status` shows what this one may do"))
        }
        ("projection_out_of_date", _) => {
            (Exit::Temporary, Some("wait a moment, or leave out --strict; `dg status` shows the lag"))
        }
        ("not_found", Some(_)) => {
            (Exit::Data, Some("check the name; `dg tenants list` and `dg traces` show what there is"))
        }
        ("rate_limited", _) => (Exit::Temporary, Some("wait, then repeat the command")),
        ("unavailable" | "timeout", None) => (
            Exit::Unavailable,
            Some(
                "is the suite running? start it with `dg up`, or give its address with --api-url; `dg doctor` looks closer",
            ),
        ),
        ("invalid_argument", None) => (Exit::Usage, None),
        ("invalid_response", _) => (Exit::Unavailable, Some("check --api-url: something else seems to answer there")),
        (_, Some(500..)) => (Exit::Temporary, Some("repeat the command in a moment; `dg doctor` looks for the cause")),
        _ => (Exit::Data, None),
    }
}

fn root(error: &dyn Error) -> &dyn Error {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_happened_and_what_to_do() {
        let failure = Failure::new(Exit::Data, "not_found", "there is no trace x").advise("look with `dg traces`");
        let mut text = Vec::new();
        failure.report(false, &mut text).unwrap();
        let text = anstream::adapter::strip_str(std::str::from_utf8(&text).unwrap()).to_string();
        assert_eq!(text, "error: there is no trace x [not_found]\ntry: look with `dg traces`\n");
        let mut json = Vec::new();
        failure.report(true, &mut json).unwrap();
        let document: Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(document["error"]["code"], "not_found");
    }
}
