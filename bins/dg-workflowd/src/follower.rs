//! Follows the end of every tenant's log.
//!
//! Only reads: it wakes on a nudge or at an interval, and starts from what the database says, so that a lost nudge costs a moment
//! and a restart costs nothing.

use std::time::Duration;

use dg_runtime::backoff::Backoff;
use dg_runtime::exit::chain;
use dg_runtime::metrics::Metrics;
use dg_runtime::notify::{self, Pulse};
use dg_runtime::prometheus_client::metrics::{family::Family, gauge::Gauge};
use dg_runtime::{CancellationToken, Failure};
use dg_storage::listener::Nudges;
use dg_storage::{Store, StoreError};
use tracing::{debug, info, warn};

use crate::ROLE;

/// The one label of a per-tenant metric.
type TenantLabel = [(&'static str, String); 1];

/// The least time between two looks. A busy log nudges a hundred times a second.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// The room that does dg-workflowd's work.
pub(crate) struct Follower {
    store: Store,
    head: Family<TenantLabel, Gauge>,
    database_up: Gauge,
}

impl Follower {
    pub(crate) fn new(store: Store, metrics: &Metrics) -> Self {
        let follower = Self { store, head: Family::default(), database_up: Gauge::default() };
        let head = "Last log position seen, by tenant";
        metrics.register("dg_workflow_head_log_seq", head, follower.head.clone());
        let up = "Whether the last look at the log worked";
        metrics.register("dg_workflow_database_up", up, follower.database_up.clone());
        follower
    }

    /// Waits for the schema, says ready, and follows until `stop`.
    ///
    /// # Errors
    /// 78 when the schema is newer than this program.
    pub(crate) async fn run(self, mut nudges: Nudges, stop: CancellationToken) -> Result<(), Failure> {
        let mut pulse = Pulse::from_env();
        let mut ready = false;
        // How many looks in a row did not work, and what the last one failed with.
        let mut failures = 0;
        let mut trouble = None;
        loop {
            pulse.beat();
            match self.look().await {
                Ok(()) => {
                    if trouble.take().is_some() {
                        info!("the database is back");
                    }
                    failures = 0;
                    self.database_up.set(1);
                    if !ready {
                        notify::ready("following the log");
                        ready = true;
                    }
                }
                Err(error @ (StoreError::SchemaNewer { .. } | StoreError::RoleTooStrong { .. })) => {
                    return Err(Failure::config(error));
                }
                Err(error) => {
                    if trouble.replace(error.code()) != Some(error.code()) {
                        warn!(code = error.code(), "waiting for the database: {}", chain(&error));
                    }
                    self.database_up.set(0);
                    if !Backoff::NETWORK.pause(failures.min(4), &stop).await {
                        return Ok(());
                    }
                    failures += 1;
                    continue;
                }
            }
            let news = async {
                tokio::time::sleep(BETWEEN_LOOKS).await;
                nudges.changed().await
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                wake = news => debug!(?wake, "looking"),
            }
        }
    }

    async fn look(&self) -> Result<(), StoreError> {
        self.store.check_daemon(ROLE).await?;
        for (tenant_id, last) in self.store.heads().await? {
            self.head.get_or_create(&[("tenant", tenant_id.as_str().to_owned())]).set(last.get());
        }
        Ok(())
    }
}
