//! Removes files that were put as evidence and that nobody named for a day.
//!
//! As in [`crate::sweep`], nothing here ends the daemon: what cannot be done now is said once and tried again.

use std::time::Duration;

use dg_runtime::exit::chain;
use dg_runtime::metrics::Metrics;
use dg_runtime::prometheus_client::metrics::counter::Counter;
use dg_runtime::{CancellationToken, Failure};
use dg_storage::{Store, StoreError};
use tracing::{debug, info, warn};

use crate::ROLE;

/// The room that removes them.
pub(crate) struct Remover {
    store: Store,
    every: Duration,
    removed: Counter,
}

impl Remover {
    pub(crate) fn new(store: Store, metrics: &Metrics, every: Duration) -> Self {
        let removed = Counter::default();
        let help = "Files of evidence that nobody named for a day, and that were removed";
        metrics.register("dg_store_files_removed", help, removed.clone());
        Self { store, every, removed }
    }

    /// Looks and removes until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) -> Result<(), Failure> {
        // What the last look failed with.
        let mut trouble = None;
        loop {
            match self.look().await {
                Ok(()) => trouble = None,
                // The keeper speaks about a database that is away or older.
                Err(error) if error.is_transient() => {
                    debug!(code = error.code(), "files cannot be removed now: {}", chain(&error));
                }
                Err(error) => {
                    if trouble.replace(error.code()) != Some(error.code()) {
                        warn!(code = error.code(), "files cannot be removed: {}", chain(&error));
                    }
                }
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(self.every) => {}
            }
        }
    }

    async fn look(&self) -> Result<(), StoreError> {
        self.store.check_daemon(ROLE).await?;
        let removed = self.store.remove_unnamed_files().await?;
        if removed > 0 {
            self.removed.inc_by(removed);
            info!(removed, "removed {removed} files that nobody named");
        }
        Ok(())
    }
}
