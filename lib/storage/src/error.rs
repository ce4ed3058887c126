//! What can go wrong with the database, and what a caller can do about it.

use std::{error::Error, sync::Arc};

use dg_domain::Violation;
use dg_projections::Category;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

/// A shared cause: one failed commit is answered to many callers.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// The one error of this crate.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The server cannot be reached, went away, is overloaded or took too long. Asking again later may help.
    #[error("the database is unavailable ({name})")]
    Unavailable {
        /// Which statement or connection.
        name: &'static str,
        /// Why.
        #[source]
        source: Cause,
    },
    /// A statement failed for a reason that asking again does not cure.
    #[error("query {name} failed")]
    Query {
        /// Which statement.
        name: &'static str,
        /// Why.
        #[source]
        source: Arc<tokio_postgres::Error>,
    },
    /// A row that does not hold what this program writes.
    #[error("a row of {name} cannot be read")]
    Corrupt {
        /// Which statement.
        name: &'static str,
        /// Why.
        #[source]
        source: Cause,
    },
    /// The connection settings make no sense.
    #[error("the database settings cannot be used: {reason}")]
    BadConfig {
        /// What is wrong with them. Never the URL itself, which may hold a password.
        reason: String,
    },
    /// The schema is older than this program needs: dg-store migrates it.
    #[error("the database schema is at version {}, version {needed} is needed; dg-store or `dg migrate` brings it there", found.unwrap_or(0))]
    SchemaOlder {
        /// The version found; `None` for an empty database.
        found: Option<i32>,
        /// The version this program needs.
        needed: i32,
    },
    /// The schema is newer than this program knows.
    #[error("the database schema is at version {found}, this program knows {known}; install the newer release")]
    SchemaNewer {
        /// The version found.
        found: i32,
        /// The newest version this program knows.
        known: i32,
    },
    /// A migration failed; earlier ones stay applied.
    #[error("a schema migration failed")]
    Migration {
        /// Why.
        #[source]
        source: Cause,
    },
    /// The database role may not do what is needed; an administrator can, with this SQL.
    #[error("an administrator has to prepare the database; run as a superuser:\n{sql}")]
    NeedsAdministrator {
        /// Complete statements, each on a line of its own.
        sql: String,
        /// What was refused.
        #[source]
        source: Cause,
    },
    /// A daemon's session may do more than its role.
    #[error(
        "the database role {found} {excess}; set database.role = \"{needed}\", or connect as a user that has the rights of {needed} alone"
    )]
    RoleTooStrong {
        /// What the session works as.
        found: String,
        /// What is too much, in words.
        excess: String,
        /// The daemon's role.
        needed: &'static str,
    },
    /// A rule of the domain.
    #[error(transparent)]
    Domain(#[from] Violation),
    /// Somebody else owns the scope now; what was being written is not.
    #[error("the scope {scope} has another owner")]
    Fenced {
        /// Which scope.
        scope: String,
    },
    /// There is no such thing.
    #[error("{what} does not exist")]
    NotFound {
        /// What was looked for, for example `tenant`.
        what: &'static str,
    },
    /// There is such a thing already.
    #[error("{what} exists already")]
    Exists {
        /// What was to be created, for example `tenant`.
        what: &'static str,
    },
    /// The thing is not any more as the caller saw it. Nothing was changed.
    #[error("the {what} has changed since you saw it; look at it again")]
    Changed {
        /// What was to be changed, for example `tenant`.
        what: &'static str,
    },
    /// Another run that touches the same projection of the tenant has not ended.
    #[error("the run {job_id} touches the same projection and has not ended")]
    RunOverlaps {
        /// That run.
        job_id: Uuid,
    },
    /// What is asked for is not possible in the state that the thing is in.
    #[error("the {what} is {status}, which does not allow that")]
    WrongState {
        /// What was to be changed, for example `run`.
        what: &'static str,
        /// The state it is in.
        status: &'static str,
    },
}

impl StoreError {
    /// The stable code. Clients, alerts and `docs/errors/` key on it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } | Self::Query { .. } | Self::Corrupt { .. } => "storage",
            Self::BadConfig { .. } => "bad_database_settings",
            Self::SchemaOlder { .. } => "schema_older",
            Self::SchemaNewer { .. } => "schema_newer",
            Self::Migration { .. } => "migration_failed",
            Self::NeedsAdministrator { .. } => "needs_administrator",
            Self::RoleTooStrong { .. } => "role_too_strong",
            Self::Domain(violation) => violation.code.as_str(),
            Self::Fenced { .. } => "fenced",
            Self::NotFound { .. } => "not_found",
            Self::Exists { .. } | Self::RunOverlaps { .. } | Self::WrongState { .. } => "conflict",
            Self::Changed { .. } => "precondition_failed",
        }
    }

    /// What kind of trouble it is for a projection.
    #[must_use]
    pub fn category(&self) -> Category {
        match self {
            Self::Unavailable { source, .. } => match sqlstate(source.as_ref()) {
                Some("40001" | "40P01" | "55P03") => Category::StorageConflict,
                Some(code) if code.starts_with("53") => Category::StorageFull,
                _ => Category::StorageUnavailable,
            },
            Self::Domain(violation) => Category::from(violation),
            Self::Fenced { .. } => Category::LockLost,
            Self::SchemaOlder { .. } | Self::SchemaNewer { .. } => Category::StorageUnavailable,
            Self::Query { .. }
            | Self::Corrupt { .. }
            | Self::BadConfig { .. }
            | Self::Migration { .. }
            | Self::NeedsAdministrator { .. }
            | Self::RoleTooStrong { .. }
            | Self::NotFound { .. }
            | Self::Exists { .. }
            | Self::Changed { .. }
            | Self::RunOverlaps { .. }
            | Self::WrongState { .. } => Category::Internal,
        }
    }

    /// Whether the same call may succeed later with nobody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::SchemaOlder { .. })
    }

    /// Sorts a failure of the statement `name`.
    pub(crate) fn of(name: &'static str) -> impl Fn(tokio_postgres::Error) -> Self + Copy {
        move |source| {
            if is_transient(&source) {
                Self::Unavailable { name, source: Arc::new(source) }
            } else {
                Self::Query { name, source: Arc::new(source) }
            }
        }
    }

    pub(crate) fn unavailable(name: &'static str, source: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable { name, source: Arc::new(source) }
    }

    pub(crate) fn corrupt(name: &'static str, source: impl Error + Send + Sync + 'static) -> Self {
        Self::Corrupt { name, source: Arc::new(source) }
    }
}

/// The SQLSTATE of the server's answer, if that is the cause.
fn sqlstate<'e>(cause: &'e (dyn Error + Send + Sync + 'static)) -> Option<&'e str> {
    cause.downcast_ref::<tokio_postgres::Error>()?.code().map(SqlState::code)
}

/// Nothing came back within the time allowed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no answer within {0:?}")]
pub(crate) struct NoAnswer(pub(crate) std::time::Duration);

/// The connection ended.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the connection was lost")]
pub(crate) struct ConnectionLost;

/// Whether the server, the network or the load is at fault, and not the statement.
pub(crate) fn is_transient(error: &tokio_postgres::Error) -> bool {
    let Some(code) = error.code() else {
        let io = error.source().is_some_and(|source| source.is::<std::io::Error>());
        return error.is_closed() || io;
    };
    ends_connection(code)
        || matches!(code.code(), "40001" | "40P01" | "55P03" | "57014")
        || code.code().starts_with("53")
}

/// Whether the connection is gone with this error, never came to be, or is of no use: 25006 is a server that became
/// read-only, so the primary is elsewhere now.
pub(crate) fn ends_connection(code: &SqlState) -> bool {
    code.code().starts_with("08")
        || matches!(code.code(), "25006" | "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04")
}
