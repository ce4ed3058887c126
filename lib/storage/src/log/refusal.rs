//! What a failed batch means for the events in it.

use std::sync::Arc;

use dg_domain::{ErrorCode, Violation};
use tokio_postgres::error::SqlState;

use crate::error::{StoreError, ends_connection};

/// Why a batch was not stored.
#[derive(Debug)]
pub(super) enum Fault {
    /// The connection is gone. `unknown` when the commit may have happened all the same.
    Lost { error: StoreError, unknown: bool },
    /// Deadlock or serialization failure: the same again may pass.
    Again(StoreError),
    /// The server refused a row, so some event of the batch is at fault.
    Row(Arc<tokio_postgres::Error>),
    /// No event is at fault: permission, disk, timeout, load.
    Whole(StoreError),
}

impl Fault {
    /// Sorts a failure by its SQLSTATE.
    pub(super) fn of(name: &'static str, error: tokio_postgres::Error) -> Self {
        let code = error.code().map(SqlState::code);
        match code {
            Some("40001" | "40P01") => Self::Again(StoreError::of(name)(error)),
            // Constraint, value, program limit: 23, 22, 54.
            Some(code) if ["22", "23", "54"].iter().any(|class| code.starts_with(class)) => Self::Row(Arc::new(error)),
            Some(_) if !error.code().is_some_and(ends_connection) => Self::Whole(StoreError::of(name)(error)),
            _ => Self::Lost { error: StoreError::Unavailable { name, source: Arc::new(error) }, unknown: false },
        }
    }
}

/// The answer to the event at fault: a conflict that names the constraint.
pub(super) fn violation(error: &tokio_postgres::Error) -> Violation {
    const CONSTRAINTS: [&str; 10] = [
        "dg_event_log_pk",
        "dg_event_log_event_id_unique",
        "dg_event_log_trace_seq_unique",
        "dg_event_log_idempotency_unique",
        "dg_event_log_log_seq_range",
        "dg_event_log_trace_seq_range",
        "dg_event_log_schema_version_positive",
        "dg_event_log_payload_hash_length",
        "dg_event_log_entry_hash_length",
        "dg_event_log_event_type_valid",
    ];
    let broken = error.as_db_error().and_then(tokio_postgres::error::DbError::constraint);
    let mut violation = Violation::new(ErrorCode::Conflict, "the log refused the event");
    violation.details.constraint = CONSTRAINTS.into_iter().find(|name| Some(*name) == broken);
    violation
}
