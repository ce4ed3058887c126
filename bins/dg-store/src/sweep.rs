//! Gives the disk space of removed generations back, as the schema owner.
//!
//! The registry's connection is asked at an interval whether a slot was emptied; only then is the owner's connection opened.
//! Nothing here ends the daemon: what cannot be done now is said once and tried again, more slowly while nothing changes.

use std::time::Duration;

use dg_runtime::exit::chain;
use dg_runtime::metrics::Metrics;
use dg_runtime::prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use dg_runtime::{CancellationToken, Failure};
use dg_storage::projections::{Removed, Sweep, sweep};
use dg_storage::{DatabaseConfig, Store, StoreError};
use tracing::{debug, warn};

use crate::ROLE;

/// The longest pause is this many times the usual one. A vacuum that an old snapshot makes useless still reads the table.
const SLOWEST: u32 = 64;

/// The room that gives space back.
pub(crate) struct Sweeper {
    store: Store,
    owner: DatabaseConfig,
    every: Duration,
    sweeps: Counter,
    bytes_returned: Counter,
    removed: Gauge,
    oldest_seconds: Gauge,
}

impl Sweeper {
    pub(crate) fn new(store: Store, owner: DatabaseConfig, metrics: &Metrics, every: Duration) -> Self {
        let counter = |name: &str, help: &str| {
            let counter: Counter = Counter::default();
            metrics.register(name, help, counter.clone());
            counter
        };
        let gauge = |name: &str, help: &str| {
            let gauge: Gauge = Gauge::default();
            metrics.register(name, help, gauge.clone());
            gauge
        };
        Self {
            store,
            owner,
            every,
            sweeps: counter("dg_store_space_sweeps", "Sweeps over the slots of removed generations"),
            bytes_returned: counter("dg_store_space_bytes_returned", "Bytes by which sweeps made tables smaller"),
            removed: gauge("dg_store_removed_generations", "Generations that nobody reads and that still take space"),
            oldest_seconds: gauge(
                "dg_store_removed_oldest_seconds",
                "For how long the slowest removed generation has not come further",
            ),
        }
    }

    /// Looks and sweeps until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) -> Result<(), Failure> {
        let mut slowness = 1;
        // What the last look failed with.
        let mut trouble = None;
        loop {
            match self.look(&stop).await {
                Ok(swept) => {
                    trouble = None;
                    slowness = if swept.waiting > 0 && swept.settled == 0 { slower(slowness) } else { 1 };
                }
                Err(error) => {
                    slowness = slower(slowness);
                    // The keeper speaks about a database that is away or older.
                    if error.is_transient() {
                        debug!(code = error.code(), "space cannot be given back now: {}", chain(&error));
                    } else if trouble.replace(error.code()) != Some(error.code()) {
                        warn!(code = error.code(), "space cannot be given back: {}", chain(&error));
                    }
                }
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(self.every * slowness) => {}
            }
        }
    }

    async fn look(&self, stop: &CancellationToken) -> Result<Sweep, StoreError> {
        self.store.check_daemon(ROLE).await?;
        if self.count().await?.emptied == 0 {
            return Ok(Sweep::default());
        }
        let Some(swept) = sweep(&self.owner, stop).await? else { return Ok(Sweep::default()) };
        self.sweeps.inc();
        self.bytes_returned.inc_by(swept.bytes_returned);
        self.count().await?;
        Ok(swept)
    }

    async fn count(&self) -> Result<Removed, StoreError> {
        let removed = self.store.removed_generations().await?;
        self.removed.set(removed.retired + removed.emptied);
        self.oldest_seconds.set(i64::try_from(removed.oldest.as_secs()).unwrap_or(i64::MAX));
        Ok(removed)
    }
}

fn slower(slowness: u32) -> u32 {
    (slowness * 2).min(SLOWEST)
}
