//! What goes on beside the projections: old generations are cleared, digests are checked and written down, numbers taken.

use std::{collections::HashSet, time::Duration};

use dg_runtime::{backoff::Backoff, chance};
use dg_storage::{
    DatabaseConfig, StoreError,
    locks::{LockClass, LockKey, LockSession},
    projections::Checker,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use crate::catch_up::Tools;

/// How the upkeep works.
#[derive(Clone, Debug)]
pub(crate) struct UpkeepConfig {
    /// What this process calls itself in the digest history.
    pub(crate) name: String,
    /// The database, as the projector's role.
    pub(crate) database: DatabaseConfig,
    /// How long a tenant is to be quiet before it is checked.
    pub(crate) check_after: Duration,
}

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Rows deleted at once; between two steps others have their turn.
const STEP_ROWS: i64 = 5_000;
const STEP_PAUSE: Duration = Duration::from_millis(10);

/// The rooms that do it.
pub(crate) struct Upkeep {
    config: UpkeepConfig,
    tools: Tools,
    locks: Option<LockSession>,
}

impl Upkeep {
    pub(crate) fn new(config: UpkeepConfig, tools: Tools) -> Self {
        Self { config, tools, locks: None }
    }

    /// Clears old generations until `stop`.
    pub(crate) async fn clear(self, stop: CancellationToken) {
        self.each_look(stop, Duration::from_millis(500), async |upkeep, stop| upkeep.clear_old(stop).await).await;
    }

    /// Checks digests until `stop`.
    pub(crate) async fn check(self, stop: CancellationToken) {
        self.each_look(stop, LOOK_EVERY, async |upkeep, stop| upkeep.check_due(stop).await).await;
    }

    /// Takes numbers until `stop`.
    pub(crate) async fn observe(self, stop: CancellationToken) {
        self.each_look(stop, LOOK_EVERY, async |upkeep, _| {
            let standing = upkeep.tools.store.standing().await?;
            upkeep.tools.metrics.stand(&standing, &upkeep.tools.store);
            Ok(())
        })
        .await;
    }

    async fn each_look<F>(mut self, stop: CancellationToken, every: Duration, look: F)
    where
        F: AsyncFn(&mut Self, &CancellationToken) -> Result<(), StoreError>,
    {
        let mut failures = 0;
        while !stop.is_cancelled() {
            let pause = match look(&mut self, &stop).await {
                Ok(()) => {
                    failures = 0;
                    every
                }
                Err(error) => {
                    if failures == 0 {
                        warn!(error = &error as &dyn std::error::Error, "upkeep has to wait");
                    }
                    failures += 1;
                    Backoff::NETWORK.delay(failures, chance::fraction()).max(every)
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn locks(&mut self) -> Result<LockSession, StoreError> {
        if self.locks.as_ref().is_some_and(LockSession::is_lost) {
            self.locks = None;
        }
        Ok(match &self.locks {
            Some(locks) => locks.clone(),
            None => self.locks.insert(LockSession::connect(&self.config.database).await?).clone(),
        })
    }

    async fn clear_old(&mut self, stop: &CancellationToken) -> Result<(), StoreError> {
        let old = self.tools.store.old_slots().await?;
        if old.is_empty() {
            self.locks = None;
            return Ok(());
        }
        let locks = self.locks().await?;
        for slot in old {
            let Some(lock) = locks.try_lock(slot.lock()).await? else { continue };
            let began = Instant::now();
            while !stop.is_cancelled() && !lock.is_lost() {
                if !self.tools.store.clear_step(&slot, STEP_ROWS).await? {
                    let seconds = began.elapsed().as_secs_f64();
                    info!(tenant = %slot.tenant, projection = %slot.projection, seconds, "cleared an old generation");
                    break;
                }
                tokio::time::sleep(STEP_PAUSE).await;
            }
        }
        Ok(())
    }

    async fn check_due(&mut self, stop: &CancellationToken) -> Result<(), StoreError> {
        let due = self.tools.store.tenants_to_check(self.config.check_after).await?;
        if due.is_empty() {
            self.locks = None;
            return Ok(());
        }
        let locks = self.locks().await?;
        let mut seen = HashSet::new();
        for tenant in due {
            if stop.is_cancelled() || !seen.insert(tenant.clone()) {
                continue;
            }
            let key = LockKey::new(LockClass::SelfCheck, &[tenant.as_str()]);
            let Some(_lock) = locks.try_lock(key).await? else { continue };
            let began = Instant::now();
            let checker = Checker { owner: &self.config.name, job_id: None };
            match self.tools.store.self_check(&tenant, checker).await {
                Ok(checked) if checked.drifted.is_empty() => {
                    self.tools.metrics.checked("equal", began.elapsed());
                    debug!(tenant = %tenant, "the rows are those that were written");
                }
                Ok(checked) => {
                    self.tools.metrics.checked("drift", began.elapsed());
                    for projection in checked.drifted {
                        error!(
                            tenant = %tenant, projection = %projection,
                            "the rows of {projection} are not those that were written; verify it, then rebuild it"
                        );
                    }
                }
                Err(error) => {
                    self.tools.metrics.checked("error", began.elapsed());
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}
