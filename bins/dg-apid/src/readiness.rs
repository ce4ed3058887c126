//! Whether the API can do its work: the database answers, the schema is the right one, the append stage has a connection.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dg_runtime::CancellationToken;
use dg_runtime::admin::{Readiness, Reason};
use dg_runtime::backoff::Backoff;
use dg_storage::log::AppendStage;
use dg_storage::{Store, StoreError};
use tracing::debug;

/// How far the daemon has come.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    store: Store,
    stage: Arc<OnceLock<AppendStage>>,
}

impl Progress {
    /// A daemon that has just begun.
    pub(crate) fn new(store: Store) -> Self {
        Self { store, stage: Arc::default() }
    }

    /// The append stage exists now.
    pub(crate) fn has_stage(&self, stage: AppendStage) {
        // Set once, at start; a second stage would be a bug that the first one hides.
        let _ = self.stage.set(stage);
    }

    /// The question for the probes.
    pub(crate) fn readiness(&self) -> Readiness {
        let progress = self.clone();
        Readiness::new(move || {
            let progress = progress.clone();
            async move { progress.check().await.map_err(|reason| vec![reason]) }
        })
    }

    async fn check(&self) -> Result<(), Reason> {
        self.store.check_daemon(crate::ROLE).await.map_err(|error| reason(&error))?;
        match self.stage.get() {
            None => Err(Reason::new("starting", "the daemon is starting")),
            Some(stage) if !stage.stats().up => Err(Reason::new("append", "the append stage has no connection")),
            Some(_) => Ok(()),
        }
    }

    /// Waits until the first real work can be done; `None` when the daemon is stopped before.
    pub(crate) async fn wait_until_ready(&self, stop: &CancellationToken) -> Option<()> {
        let backoff = Backoff { first: Duration::from_millis(5), cap: Duration::from_millis(500) };
        let mut attempt = 0;
        while let Err(reason) = self.check().await {
            debug!(code = reason.code, "not ready yet: {}", reason.message);
            if !backoff.pause(attempt, stop).await {
                return None;
            }
            attempt += 1;
        }
        Some(())
    }
}

fn reason(error: &StoreError) -> Reason {
    match error {
        StoreError::SchemaOlder { .. } => Reason::new("schema_older", "the schema is older than this release needs"),
        StoreError::RoleTooStrong { .. } => {
            Reason::new("role_too_strong", "the database role may do more than it should")
        }
        StoreError::SchemaNewer { .. } => Reason::new("schema_newer", "the schema is newer than this release knows"),
        _ => Reason::new("storage", "the database does not answer"),
    }
}
