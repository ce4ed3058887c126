//! Brings the schema up to date, however long the database takes to come.

use dg_runtime::backoff::Backoff;
use dg_runtime::exit::chain;
use dg_runtime::{CancellationToken, Failure, notify};
use dg_storage::migrate::{self, Applied};
use dg_storage::{DatabaseConfig, StoreError};
use tracing::{info, warn};

/// Migrates, trying again while the database is away. `None` when told to stop meanwhile.
///
/// # Errors
/// 78 when a person has to act first: the schema is newer than this program, the settings are wrong, the role lacks a right. 75 when
/// a migration failed: it was rolled back, and what was in its way may be gone the next time.
pub(crate) async fn run(database: &DatabaseConfig, stop: &CancellationToken) -> Result<Option<Applied>, Failure> {
    let mut attempt = 0;
    loop {
        let tried = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(None),
            tried = migrate::run(database) => tried,
        };
        match tried {
            Ok(applied) => {
                info!(schema_version = applied.version, applied = applied.migrations.len(), "the schema is current");
                return Ok(Some(applied));
            }
            Err(error) if error.is_transient() => {
                if attempt == 0 {
                    warn!("waiting for the database: {}", chain(&error));
                    notify::status("waiting for the database");
                }
            }
            Err(error) => return Err(give_up(error)),
        }
        if !Backoff::NETWORK.pause(attempt, stop).await {
            return Ok(None);
        }
        attempt += 1;
    }
}

/// Which exit code a failure that is not transient deserves.
pub(crate) fn give_up(error: StoreError) -> Failure {
    match error {
        StoreError::SchemaNewer { .. }
        | StoreError::RoleTooStrong { .. }
        | StoreError::BadConfig { .. }
        | StoreError::NeedsAdministrator { .. } => Failure::config(error),
        other => Failure::retry(other),
    }
}
