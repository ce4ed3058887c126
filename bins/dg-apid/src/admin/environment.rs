//! `GET /admin/environment`: what runs, and on what. It names no host, no database and no tenant.

pub(crate) mod contract;

use axum::extract::State;
use dg_domain::Micros;
use dg_http::gate::{AccountCaller, Admin};
use dg_http::params::NoParams;
use dg_http::{ApiError, Reply};
use dg_storage::environment::{AppliedMigration, Environment, Lease};
use dg_storage::migrate::SCHEMA_VERSION;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::words;

#[derive(Serialize, ToSchema)]
#[schema(as = Environment)]
struct EnvironmentJson {
    /// Version of the service.
    api_version: &'static str,
    database: DatabaseJson,
    schema: SchemaJson,
    /// Who is connected to the database, by name; daemons come by the name of their role.
    programs: Vec<ProgramJson>,
    /// Work that is held by one process at a time, by kind and holder.
    leases: Vec<LeaseJson>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = EnvironmentDatabase)]
struct DatabaseJson {
    version: String,
    #[schema(format = DateTime)]
    started_at: String,
    /// By how much its clock is ahead of the service's; negative when it is behind.
    clock_ahead_seconds: f64,
    size_bytes: i64,
    connections: i64,
    /// For all databases of the server.
    max_connections: i64,
    /// Of the service's own transactions.
    #[schema(format = DateTime)]
    oldest_transaction_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = EnvironmentSchema)]
struct SchemaJson {
    version: i32,
    /// The one that the service was built for.
    needed_version: i32,
    migrations: Vec<MigrationJson>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AppliedMigration)]
struct MigrationJson {
    version: i32,
    name: String,
    #[schema(format = DateTime)]
    applied_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ConnectedProgram)]
struct ProgramJson {
    name: String,
    connections: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = HeldLease)]
struct LeaseJson {
    #[schema(schema_with = words::lock_class)]
    kind: &'static str,
    holder: String,
    held: i64,
    waiting: i64,
}

#[derive(Serialize, ToSchema)]
struct Found {
    environment: EnvironmentJson,
}

/// Describes what runs, and on what.
pub(crate) async fn show(State(app): State<App>, _: AccountCaller<Admin>, _: NoParams) -> Result<Reply, ApiError> {
    let asked = dg_runtime::clock::now();
    let found = app.store.environment().await?;
    Reply::ok(&Found { environment: EnvironmentJson::of(found, asked, dg_runtime::clock::now()) })
}

impl EnvironmentJson {
    fn of(found: Environment, asked: Micros, answered: Micros) -> Self {
        Self {
            api_version: env!("CARGO_PKG_VERSION"),
            database: DatabaseJson {
                clock_ahead_seconds: ahead(found.clock, asked, answered),
                version: found.version,
                started_at: found.started_at.rfc3339(),
                size_bytes: found.size_bytes,
                connections: found.connections,
                max_connections: found.max_connections,
                oldest_transaction_at: found.oldest_transaction_at.map(Micros::rfc3339),
            },
            schema: SchemaJson {
                version: found.migrations.last().map_or(0, |last| last.version),
                needed_version: SCHEMA_VERSION,
                migrations: found.migrations.into_iter().map(MigrationJson::of).collect(),
            },
            programs: found.programs.into_iter().map(|(name, connections)| ProgramJson { name, connections }).collect(),
            leases: found.leases.into_iter().map(LeaseJson::of).collect(),
        }
    }
}

/// By how many seconds a clock was ahead that was read at some time between two readings of ours: nothing, if it was between them.
#[expect(clippy::cast_precision_loss, reason = "a distance for people, to the millisecond")]
fn ahead(clock: Micros, asked: Micros, answered: Micros) -> f64 {
    let off = (clock.get() - answered.get()).max(0) + (clock.get() - asked.get()).min(0);
    (off as f64 / 1e3).round() / 1e3
}

impl MigrationJson {
    fn of(one: AppliedMigration) -> Self {
        Self { version: one.version, name: one.name, applied_at: one.applied_at.map(Micros::rfc3339) }
    }
}

impl LeaseJson {
    fn of(one: Lease) -> Self {
        Self { kind: one.class.as_str(), holder: one.holder, held: one.held, waiting: one.waiting }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_between_ours_is_not_off() {
        let seconds = |clock| ahead(Micros::new(clock), Micros::new(1_000_000), Micros::new(3_000_000));
        for (clock, off) in [(1_000_000, 0.0), (2_000_000, 0.0), (3_000_000, 0.0), (3_250_400, 0.25), (0, -1.0)] {
            assert!((seconds(clock) - off).abs() < 1e-9, "{clock}");
        }
    }
}
