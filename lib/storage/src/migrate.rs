//! Brings the schema to the version this program needs.
//!
//! Migrations are files, forward only, applied by refinery in order, each in a transaction of its own. Several programs
//! may try at once: an advisory lock on the migrating session lets one work while the others wait and then find nothing
//! to do. refinery's `embed_migrations!` is not used: with it a file added later does not cause a rebuild.

use std::sync::Arc;

use refinery::{Migration, Runner, Target};
use tracing::info;

use crate::{
    config::DatabaseConfig,
    connection::{self, bounded},
    error::StoreError,
    locks::{LockClass, LockKey},
};

/// Every migration, in order.
const MIGRATIONS: &[(&str, &str)] = &[
    ("V0001__tenants", include_str!("../../../sql/migrations/V0001__tenants.sql")),
    ("V0002__event_log", include_str!("../../../sql/migrations/V0002__event_log.sql")),
    ("V0003__accounts", include_str!("../../../sql/migrations/V0003__accounts.sql")),
    ("V0004__projections", include_str!("../../../sql/migrations/V0004__projections.sql")),
    ("V0005__projection_runtime", include_str!("../../../sql/migrations/V0005__projection_runtime.sql")),
    ("V0006__fact_order", include_str!("../../../sql/migrations/V0006__fact_order.sql")),
    ("V0007__light_statistics", include_str!("../../../sql/migrations/V0007__light_statistics.sql")),
    ("V0008__identity", include_str!("../../../sql/migrations/V0008__identity.sql")),
    ("V0009__audit", include_str!("../../../sql/migrations/V0009__audit.sql")),
    ("V0010__roles", include_str!("../../../sql/migrations/V0010__roles.sql")),
    ("V0011__limits", include_str!("../../../sql/migrations/V0011__limits.sql")),
    ("V0012__idempotency_keys", include_str!("../../../sql/migrations/V0012__idempotency_keys.sql")),
    ("V0013__webhooks", include_str!("../../../sql/migrations/V0013__webhooks.sql")),
    ("V0014__oidc", include_str!("../../../sql/migrations/V0014__oidc.sql")),
    ("V0015__workflow", include_str!("../../../sql/migrations/V0015__workflow.sql")),
    ("V0016__telling", include_str!("../../../sql/migrations/V0016__telling.sql")),
    ("V0017__templates", include_str!("../../../sql/migrations/V0017__templates.sql")),
    ("V0018__queue", include_str!("../../../sql/migrations/V0018__queue.sql")),
    ("V0019__review_replays", include_str!("../../../sql/migrations/V0019__review_replays.sql")),
    ("V0020__workflow_files", include_str!("../../../sql/migrations/V0020__workflow_files.sql")),
    ("V0021__workflow_counts", include_str!("../../../sql/migrations/V0021__workflow_counts.sql")),
    ("V0022__setup", include_str!("../../../sql/migrations/V0022__setup.sql")),
];

/// The schema version this program was built for: the number of the last migration.
#[expect(clippy::cast_possible_truncation, reason = "there will never be two billion migrations")]
#[expect(clippy::cast_possible_wrap, reason = "there will never be two billion migrations")]
pub const SCHEMA_VERSION: i32 = MIGRATIONS.len() as i32;

const HISTORY: &str = "dg_schema_history";

/// What [`run`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Names of the migrations applied now, in order; empty when the schema was current.
    pub migrations: Vec<String>,
    /// The version the schema is at.
    pub version: i32,
}

/// Applies what is missing, as the role of `config`, which has to own the schema (`dg_owner`).
///
/// # Errors
/// [`StoreError::SchemaNewer`] when the database knows more migrations than this program, [`StoreError::Migration`] when
/// one fails or an applied one differs from ours, otherwise as [`connection::connect`].
pub async fn run(config: &DatabaseConfig) -> Result<Applied, StoreError> {
    run_to(config, SCHEMA_VERSION).await
}

/// The same up to an older version, for tests of what an upgrade does to a database that has been in use.
///
/// # Errors
/// As [`run`].
pub async fn run_to(config: &DatabaseConfig, version: i32) -> Result<Applied, StoreError> {
    let mut session = connection::connect(config).await?;
    let lock = LockKey::new(LockClass::Migrations, &[]);
    let waiting = async {
        // A migration may take as long as it needs; what may not last is waiting for another migrator that hangs.
        session
            .client()
            .batch_execute(&format!(
                "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '10min'; \
                 SELECT pg_advisory_lock({}, {}); SET lock_timeout = '1min'",
                lock.class(),
                lock.hash()
            ))
            .await
            .map_err(StoreError::of("migrate.lock"))
    };
    bounded("migrate.lock", std::time::Duration::from_secs(660), waiting).await?;
    refuse_newer(&session).await?;
    let report = runner()?
        .set_target(Target::Version(version))
        .run_async(session.client_mut())
        .await
        .map_err(|source| StoreError::Migration { source: Arc::new(source) })?;
    let migrations: Vec<String> = report.applied_migrations().iter().map(ToString::to_string).collect();
    if !migrations.is_empty() {
        info!(schema_version = version, applied = migrations.len(), "the schema is at version {version}");
    }
    Ok(Applied { migrations, version })
}

fn runner() -> Result<Runner, StoreError> {
    let migrations: Result<Vec<Migration>, _> =
        MIGRATIONS.iter().map(|(name, sql)| Migration::unapplied(name, sql)).collect();
    let migrations = migrations.map_err(|source| StoreError::Migration { source: Arc::new(source) })?;
    let mut runner = Runner::new(&migrations).set_abort_divergent(true).set_abort_missing(true);
    runner.set_migration_table_name(HISTORY);
    Ok(runner)
}

async fn refuse_newer(session: &connection::Connection) -> Result<(), StoreError> {
    let name = "migrate.version";
    let exists = "SELECT to_regclass('dg_schema_history') IS NOT NULL";
    let exists = session.client().query_one(exists, &[]).await.map_err(StoreError::of(name))?;
    if !exists.try_get::<_, bool>(0).map_err(StoreError::of(name))? {
        return Ok(());
    }
    let newest = "SELECT max(version) FROM dg_schema_history";
    let newest = session.client().query_one(newest, &[]).await.map_err(StoreError::of(name))?;
    match newest.try_get::<_, Option<i32>>(0).map_err(StoreError::of(name))? {
        Some(found) if found > SCHEMA_VERSION => Err(StoreError::SchemaNewer { found, known: SCHEMA_VERSION }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that nobody listed would never run; a number out of turn would make [`SCHEMA_VERSION`] lie.
    #[test]
    fn the_table_lists_every_file_in_order() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sql/migrations");
        let mut files: Vec<String> = std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".sql").map(str::to_owned))
            .collect();
        files.sort();
        let listed: Vec<&str> = MIGRATIONS.iter().map(|(name, _)| *name).collect();
        assert_eq!(files, listed);
        for (at, name) in listed.iter().enumerate() {
            assert!(name.starts_with(&format!("V{:04}__", at + 1)), "{name}");
        }
        assert!(runner().is_ok());
    }
}
