//! The settings of the projector.

use std::time::Duration;

use dg_runtime::config::{AdminConfig, LogConfig, Problems, Settings};
use dg_storage::DatabaseConfig;
use serde::Deserialize;

/// What the projector reads of the shared file.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(crate) struct ProjectorConfig {
    /// `[log]`
    pub(crate) log: LogConfig,
    /// `[admin]`
    pub(crate) admin: AdminConfig,
    /// `[database]`
    pub(crate) database: DatabaseConfig,
    /// `[projector]`
    pub(crate) projector: Projecting,
    /// How long a stop may take.
    pub(crate) grace_ms: u64,
}

/// `[projector]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Projecting {
    /// Events per transaction at most, 1 to 50,000.
    pub(crate) batch_events: i64,
    /// Tenants that catch up at the same time, 1 to 64.
    pub(crate) workers: usize,
    /// How often to look for work without a nudge.
    pub(crate) poll_every_ms: u64,
    /// How long an idle tenant stays owned before another process may take it.
    pub(crate) keep_idle_ms: u64,
    /// Replay runs that this process carries out at the same time, 1 to 16.
    pub(crate) runs: usize,
    /// Events per transaction of a rebuild at most, 1 to 200,000.
    pub(crate) run_batch_events: i64,
    /// Threads that fold a batch of a rebuild, 1 to 64.
    pub(crate) run_threads: usize,
    /// How long a tenant has to be quiet before its rows are checked against their digests.
    pub(crate) check_after_ms: u64,
}

impl Default for Projecting {
    fn default() -> Self {
        Self {
            batch_events: 5_000,
            workers: 2,
            poll_every_ms: 1_000,
            keep_idle_ms: 30_000,
            runs: 1,
            run_batch_events: 20_000,
            run_threads: 1,
            check_after_ms: 60_000,
        }
    }
}

impl Default for ProjectorConfig {
    fn default() -> Self {
        Self {
            log: LogConfig::default(),
            admin: AdminConfig::default(),
            database: DatabaseConfig::default(),
            projector: Projecting::default(),
            grace_ms: 10_000,
        }
    }
}

impl Projecting {
    /// Between two looks.
    #[must_use]
    pub(crate) const fn poll_every(&self) -> Duration {
        Duration::from_millis(self.poll_every_ms)
    }
}

impl Settings for ProjectorConfig {
    fn log(&self) -> &LogConfig {
        &self.log
    }

    fn check(&self, problems: &mut Problems) {
        self.admin.check(problems);
        problems.require(!self.database.url.is_empty(), "database.url", "is needed");
        let Projecting { batch_events, workers, poll_every_ms, runs, run_batch_events, run_threads, .. } =
            self.projector;
        problems.require((1..=50_000).contains(&batch_events), "projector.batch_events", "must be 1 to 50000");
        problems.require((1..=64).contains(&workers), "projector.workers", "must be 1 to 64");
        problems.require((10..=60_000).contains(&poll_every_ms), "projector.poll_every_ms", "must be 10 to 60000");
        problems.require((1..=16).contains(&runs), "projector.runs", "must be 1 to 16");
        let batches = 1..=200_000;
        problems.require(batches.contains(&run_batch_events), "projector.run_batch_events", "must be 1 to 200000");
        problems.require((1..=64).contains(&run_threads), "projector.run_threads", "must be 1 to 64");
        let check = 100..=86_400_000;
        problems.require(
            check.contains(&self.projector.check_after_ms),
            "projector.check_after_ms",
            "must be 100 to 86400000",
        );
    }
}
