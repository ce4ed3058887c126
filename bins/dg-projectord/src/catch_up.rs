//! Moves one tenant's projections to the end of its log, batch by batch.

use dg_domain::LogSeq;
use dg_projections::fold;
use dg_storage::{
    Channel, Store, StoreError,
    notifier::Notifier,
    projections::{ProjectionScope, ProjectionWriter},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error};

use crate::metrics::Metrics;

/// Where a catch-up ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CaughtUp {
    /// At the end of the log, as it was at the last look.
    AtHead,
    /// Before an event that cannot be folded. It is recorded as a failure; trying again does no harm.
    AtFailure,
    /// Its turn is over, though there is more to do: other tenants wait.
    TurnOver,
    /// Between two batches, because it was told to stop.
    Stopped,
}

/// Batches per turn. A tenant that is written to all the time would otherwise never let go of its worker.
const BATCHES_PER_TURN: usize = 16;

/// What a catch-up works with.
#[derive(Clone)]
pub(crate) struct Tools {
    /// Reads the log.
    pub(crate) store: Store,
    /// Tells readers that something moved.
    pub(crate) notifier: Notifier,
    /// Counts.
    pub(crate) metrics: Metrics,
    /// Events per batch at most.
    pub(crate) batch_events: i64,
}

/// Reads, folds and writes until there is nothing left or the turn is over. While one batch is written, the next is read.
///
/// # Errors
/// Whatever the database answered. The scope is to be taken anew after any error.
pub(crate) async fn catch_up(
    tools: &Tools,
    writer: &mut ProjectionWriter,
    scope: &mut ProjectionScope,
    stop: &CancellationToken,
) -> Result<CaughtUp, StoreError> {
    let mut ahead = None;
    for _ in 0..BATCHES_PER_TURN {
        if stop.is_cancelled() {
            return Ok(CaughtUp::Stopped);
        }
        let advance = scope.next();
        let (batch, history) = match ahead.take() {
            Some((after, read)) if after == advance.after => read,
            _ => tools.store.batch_to_fold(scope.tenant(), advance.after, tools.batch_events).await?,
        };
        let Some(last) = batch.last().map(|stored| stored.log_seq) else { return Ok(CaughtUp::AtHead) };
        let folded = fold(advance.after, &batch, &advance.projections, history);
        let full = i64::try_from(batch.len()).is_ok_and(|events| events >= tools.batch_events);
        let tenant = scope.tenant().clone();
        let (applied, read) = tokio::join!(writer.advance(scope, &advance, &batch, &folded), async {
            let next = tools.store.batch_to_fold(&tenant, last, tools.batch_events);
            if full { Some(next.await) } else { None }
        });
        let applied: LogSeq = applied?;
        ahead = read.transpose()?.map(|read| (last, read));
        tools.metrics.applied(folded.applied, advance.projections.len());
        tools.notifier.nudge(Channel::Projection);
        debug!(tenant = %tenant, log_seq = applied.get(), batch_size = batch.len(), "applied batch up to {applied}");
        if let Some(failure) = &folded.failure {
            error!(
                tenant = %tenant, log_seq = failure.log_seq.get(), event_id = failure.event_id, code = %failure.violation.code,
                "an event cannot be folded; its projections wait before it: {}", failure.violation
            );
            return Ok(CaughtUp::AtFailure);
        }
    }
    Ok(CaughtUp::TurnOver)
}
