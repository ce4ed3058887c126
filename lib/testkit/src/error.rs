//! The one error of the test kit: which preparation step failed, and why.

use std::path::{Path, PathBuf};

/// A step of a test's preparation that did not work; tests unwrap it.
#[derive(Debug, thiserror::Error)]
pub enum KitError {
    /// No PostgreSQL server binaries on this machine.
    #[error("no PostgreSQL server found in /usr/lib/postgresql/*/bin or PATH; `make up` installs one")]
    NoServer,
    /// A system call or a file operation failed.
    #[error("{what}")]
    Io {
        /// What was being done.
        what: String,
        /// The operating system's answer.
        #[source]
        source: std::io::Error,
    },
    /// A helper program ended with a failure.
    #[error("{program} failed: {output}")]
    Program {
        /// The program's name.
        program: String,
        /// What it wrote.
        output: String,
    },
    /// A SQL statement of the kit itself failed.
    #[error("{what}")]
    Sql {
        /// What was being done.
        what: String,
        /// The server's answer.
        #[source]
        source: tokio_postgres::Error,
    },
    /// A state did not come in time.
    #[error("gave up waiting for {what} after {waited_ms} ms{}", hint(.last))]
    Deadline {
        /// The state that was waited for.
        what: String,
        /// How long, in milliseconds.
        waited_ms: u128,
        /// Something that helps to see why, such as a log's tail.
        last: String,
    },
    /// A fixture is not what it should be.
    #[error("fixture {}: {reason}", .path.display())]
    Fixture {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl KitError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    pub(crate) fn sql(what: impl Into<String>) -> impl FnOnce(tokio_postgres::Error) -> Self {
        let what = what.into();
        move |source| Self::Sql { what, source }
    }

    pub(crate) fn fixture(path: &Path, reason: &impl ToString) -> Self {
        Self::Fixture { path: path.to_owned(), reason: reason.to_string() }
    }
}

fn hint(last: &str) -> String {
    if last.is_empty() { String::new() } else { format!("; last seen: {last}") }
}
