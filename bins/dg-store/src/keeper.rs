//! Looks after the schema and the registry.
//!
//! First it migrates, and only then the daemon is ready. After that it looks the registry over at an interval: every tenant
//! has the head row without which it could not append, and the metrics say how many there are. The first look also makes the
//! signing key. A database that is away is
//! waited for, a schema that somebody made older is migrated again, and one that somebody made newer ends the daemon.

use std::time::Duration;

use dg_runtime::exit::chain;
use dg_runtime::metrics::Metrics;
use dg_runtime::notify::{self, Pulse};
use dg_runtime::prometheus_client::metrics::gauge::Gauge;
use dg_runtime::{CancellationToken, Failure};
use dg_storage::{DatabaseConfig, Store, StoreError, tenants::TenantStatus};
use tracing::{info, warn};

use crate::ROLE;
use crate::{migration, signing};

/// How soon to look again while something is wrong.
const RETRY_EVERY: Duration = Duration::from_millis(250);

/// The room that does dg-store's work.
pub(crate) struct Keeper {
    store: Store,
    look_every: Duration,
    schema_version: Gauge,
    active: Gauge,
    suspended: Gauge,
    database_up: Gauge,
}

impl Keeper {
    pub(crate) fn new(store: Store, metrics: &Metrics, look_every: Duration) -> Self {
        let gauge = |name: &str, help: &str| {
            let gauge: Gauge = Gauge::default();
            metrics.register(name, help, gauge.clone());
            gauge
        };
        Self {
            store,
            look_every,
            schema_version: gauge("dg_schema_version", "Version of the database schema"),
            active: gauge("dg_tenants_active", "Tenants that take events"),
            suspended: gauge("dg_tenants_suspended", "Tenants that are read-only for now"),
            database_up: gauge("dg_store_database_up", "Whether the last look at the registry worked"),
        }
    }

    /// Migrates, says ready, and keeps looking until `stop`.
    ///
    /// # Errors
    /// As [`migration::run`].
    pub(crate) async fn run(self, migrating: DatabaseConfig, stop: CancellationToken) -> Result<(), Failure> {
        let mut pulse = Pulse::from_env();
        let pause = pulse.interval().map_or(self.look_every, |due| due.min(self.look_every));
        // The daemon is ready from its first good look on.
        let mut ready = false;
        // Whether the signing key is known to be there and whole.
        let mut has_key = false;
        // What the last look failed with.
        let mut trouble = None;
        // Whether the schema was found older, or never looked at.
        let mut outdated = true;
        loop {
            if outdated {
                let Some(applied) = migration::run(&migrating, &stop).await? else { return Ok(()) };
                self.schema_version.set(i64::from(applied.version));
                has_key = false;
                outdated = false;
            }
            match self.look(&mut has_key).await {
                Ok(()) => {
                    if trouble.take().is_some() {
                        info!("the database is back");
                    }
                    self.database_up.set(1);
                    if !ready {
                        notify::ready("the schema is current");
                        ready = true;
                    }
                }
                Err(error @ (StoreError::SchemaNewer { .. } | StoreError::RoleTooStrong { .. })) => {
                    return Err(migration::give_up(error));
                }
                Err(error) => {
                    if trouble.replace(error.code()) != Some(error.code()) {
                        warn!(code = error.code(), "the registry cannot be looked over: {}", chain(&error));
                    }
                    self.database_up.set(0);
                    // Somebody restored an older backup under a running suite.
                    outdated = matches!(error, StoreError::SchemaOlder { .. });
                }
            }
            pulse.beat();
            let pause = if ready && trouble.is_none() { pause } else { pause.min(RETRY_EVERY) };
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn look(&self, has_key: &mut bool) -> Result<(), StoreError> {
        self.store.check_daemon(ROLE).await?;
        for (tenant_id, last) in self.store.repair_heads().await? {
            warn!(tenant_id = %tenant_id, log_seq = last.get(), "made the missing head row of tenant {tenant_id}");
        }
        if !*has_key {
            signing::ensure(&self.store).await?;
            *has_key = true;
        }
        let tenants = self.store.tenants().await?;
        let active = tenants.iter().filter(|tenant| tenant.status == TenantStatus::Active).count();
        self.active.set(i64::try_from(active).unwrap_or(i64::MAX));
        self.suspended.set(i64::try_from(tenants.len() - active).unwrap_or(i64::MAX));
        Ok(())
    }
}
