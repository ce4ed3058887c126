//! What the read models take on disk: before, at most, and when the old generation is gone.

use std::time::{Duration, Instant};

use dg_domain::TenantId;
use dg_runtime::CancellationToken;
use dg_storage::{Store, StoreError};
use tokio::task::JoinHandle;

use crate::failure::{Exit, Failure};

/// So long the space may take to come back.
const DEADLINE: Duration = Duration::from_secs(300);
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Bytes of all read models.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disk {
    pub(super) before: i64,
    pub(super) peak: i64,
    pub(super) after: i64,
    /// Whether nothing of the old generation is left.
    pub(super) returned: bool,
}

/// Looks at the size again and again.
pub(super) struct DiskWatch {
    store: Store,
    before: i64,
    stop: CancellationToken,
    watching: JoinHandle<Result<i64, StoreError>>,
}

impl DiskWatch {
    pub(super) async fn start(store: Store) -> Result<Self, Failure> {
        let (before, stop) = (store.read_model_bytes().await?, CancellationToken::new());
        let watching = tokio::spawn(peak(store.clone(), before, stop.clone()));
        Ok(Self { store, before, stop, watching })
    }

    /// Waits until nothing of the old generation is left, at most for [`DEADLINE`].
    pub(super) async fn settle(self, tenant: &TenantId) -> Result<Disk, Failure> {
        let deadline = Instant::now() + DEADLINE;
        let mut returned = self.store.builds_left(tenant).await? == 0;
        while !returned && Instant::now() < deadline {
            tokio::time::sleep(LOOK_EVERY).await;
            returned = self.store.builds_left(tenant).await? == 0;
        }
        self.stop.cancel();
        let peak = self.watching.await;
        let peak = peak.map_err(|error| Failure::new(Exit::Software, "internal_error", error.to_string()))??;
        Ok(Disk { before: self.before, peak, after: self.store.read_model_bytes().await?, returned })
    }
}

async fn peak(store: Store, before: i64, stop: CancellationToken) -> Result<i64, StoreError> {
    let mut peak = before;
    while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
        peak = peak.max(store.read_model_bytes().await?);
    }
    Ok(peak)
}
