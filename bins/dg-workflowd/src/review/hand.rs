//! Works for one tenant at a time: lets its items follow the log, and the clock speak. Several do so side by side.

use std::time::Duration;

use dg_runtime::CancellationToken;
use dg_storage::notifier::Notifier;
use dg_storage::workflow::{Standing, Synced};
use dg_storage::{Channel, Store, StoreError};

use super::metrics::ReviewMetrics;

/// Most turns of each kind for one tenant before the others are looked at again: a log that is far behind keeps nobody's deadline.
const TURNS: usize = 4;

/// What working for a tenant takes.
#[derive(Clone)]
pub(super) struct Hand {
    pub(super) store: Store,
    pub(super) notifier: Notifier,
    pub(super) metrics: ReviewMetrics,
}

impl Hand {
    /// Brings one tenant closer to where its log is, and lets the clock speak. The answer is when it is needed next, if soon.
    pub(super) async fn serve(
        &self,
        standing: &Standing,
        stop: &CancellationToken,
    ) -> Result<Option<Duration>, StoreError> {
        let due = standing.next_timer_at.is_some_and(|at| at <= standing.now);
        let (mut behind, mut late) = (standing.applied < standing.head, due);
        // A turn that fires follows the log as well. What is late comes first.
        for _ in 0..TURNS {
            if !late || stop.is_cancelled() {
                break;
            }
            let did = self.store.workflow_fire(&standing.tenant_id).await?;
            self.did(did);
            (behind, late) = (false, did.more);
        }
        for _ in 0..TURNS {
            if !behind || stop.is_cancelled() {
                break;
            }
            let did = self.store.workflow_follow(standing).await?;
            self.did(did);
            behind = did.more;
        }
        if standing.replayed && !stop.is_cancelled() {
            let did = self.store.workflow_attach(&standing.tenant_id).await?;
            self.did(did);
            behind |= did.more;
        }
        if behind || late {
            return Ok(Some(Duration::ZERO));
        }
        let left =
            |at: i64| Duration::from_micros(u64::try_from(at.saturating_sub(standing.now.get())).unwrap_or_default());
        Ok(standing.next_timer_at.filter(|_| !due).map(|at| left(at.get())))
    }

    fn did(&self, did: Synced) {
        self.metrics.did(did);
        if did.told > 0 || did.escalated > 0 || did.warned > 0 || did.attached > 0 {
            self.notifier.nudge(Channel::Workflow);
        }
        if did.escalated > 0 || did.attached > 0 {
            self.notifier.nudge(Channel::Log);
        }
    }
}
