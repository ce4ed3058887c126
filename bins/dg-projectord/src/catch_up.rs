//! Moves one tenant's projections to the end of its log, batch by batch.

use std::time::Instant;

use dg_domain::{LogSeq, StoredEvent};
use dg_projections::{Batch, FoldError, Folded, Projection, fold};
use dg_storage::{
    Channel, Store, StoreError,
    notifier::Notifier,
    projections::{Advance, LeftOut, ProjectionScope, ProjectionWriter, refused},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use crate::{metrics::Metrics, pace::Pace};

/// Where a catch-up ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CaughtUp {
    /// At the end of the log, as it was at the last look.
    AtHead,
    /// Some projection stands before a hole in the log. Trying again does no harm.
    AtHole,
    /// Its turn is over, though there is more to do: other tenants wait.
    TurnOver,
    /// Between two batches, because it was told to stop.
    Stopped,
}

/// Batches per turn. A tenant that is written to all the time would otherwise never let go of its worker.
const BATCHES_PER_TURN: usize = 16;
/// A log that grows event by event is read in small pieces.
const FIRST_BATCH: i64 = 250;

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
    let mut pace = Pace::new(FIRST_BATCH, tools.batch_events);
    let mut ahead: Option<Batch> = None;
    for _ in 0..BATCHES_PER_TURN {
        if stop.is_cancelled() {
            return Ok(CaughtUp::Stopped);
        }
        let Some(advance) = scope.next() else { return Ok(CaughtUp::AtHole) };
        let batch = match ahead.take() {
            Some(read) if read.after == advance.after => read,
            _ => read(tools, scope, advance.after, &pace).await?,
        };
        if batch.events.is_empty() {
            return Ok(if scope.has_failed() { CaughtUp::AtHole } else { CaughtUp::AtHead });
        }
        let more = pace.took(&batch.events);
        let folded = fold(&batch, &advance.projections);
        let reader = scope.clone();
        let began = Instant::now();
        let (applied, next) = tokio::join!(apply(tools, writer, scope, &advance, &batch, &folded), async {
            if more { Some(read(tools, &reader, batch.last(), &pace).await) } else { None }
        });
        let applied: LogSeq = applied?;
        ahead = next.transpose()?;
        let latest = batch.events.iter().rev().find(|stored| stored.log_seq <= applied);
        tools.metrics.applied(folded.applied, advance.projections.len(), began.elapsed(), latest);
        tools.notifier.nudge(Channel::Projection);
        let size = batch.events.len();
        debug!(tenant = %scope.tenant(), log_seq = applied.get(), batch_size = size, "applied batch up to {applied}");
    }
    Ok(CaughtUp::TurnOver)
}

async fn read(tools: &Tools, scope: &ProjectionScope, after: LogSeq, pace: &Pace) -> Result<Batch, StoreError> {
    tools.store.batch_to_fold(scope.tenant(), after, None, pace.events(), &LeftOut::default()).await
}

/// Writes a batch. When the database refuses it for a reason that will not go away, the event that is the reason is found by
/// halving and set aside.
async fn apply(
    tools: &Tools,
    writer: &mut ProjectionWriter,
    scope: &mut ProjectionScope,
    advance: &Advance,
    batch: &Batch,
    folded: &Folded,
) -> Result<LogSeq, StoreError> {
    match writer.advance(scope, advance, batch, folded).await {
        Err(error) if is_deterministic(&error) => {
            warn!(
                tenant = %scope.tenant(), log_seq = advance.after.get(), batch_size = batch.events.len(),
                error = &error as &dyn std::error::Error, "the rows of a batch are refused; looking for the event"
            );
            isolate(tools, writer, scope, advance, batch).await
        }
        Ok(applied) => {
            tell_aside(tools, scope, &folded.aside);
            if let Some(halted) = &folded.halted {
                error!(tenant = %scope.tenant(), log_seq = halted.log_seq.get(), "the log has a hole: {halted}");
            }
            Ok(applied)
        }
        Err(error) => Err(error),
    }
}

/// Applies the first half, or the first event, projection by projection.
async fn isolate(
    tools: &Tools,
    writer: &mut ProjectionWriter,
    scope: &mut ProjectionScope,
    advance: &Advance,
    batch: &Batch,
) -> Result<LogSeq, StoreError> {
    if let [alone] = &*batch.events {
        for projection in &advance.projections {
            set_aside(tools, writer, scope, &advance.only(*projection), batch, alone).await?;
        }
        return Ok(batch.last());
    }
    let half = batch.events.len().div_ceil(2);
    let first = tools
        .store
        .batch_to_fold(scope.tenant(), batch.after, None, i64::try_from(half).unwrap_or(1), &LeftOut::default())
        .await?;
    let folded = fold(&first, &advance.projections);
    Box::pin(apply(tools, writer, scope, advance, &first, &folded)).await
}

/// Applies one event to one projection; when that is refused, the projection goes on without it.
async fn set_aside(
    tools: &Tools,
    writer: &mut ProjectionWriter,
    scope: &mut ProjectionScope,
    advance: &Advance,
    batch: &Batch,
    event: &StoredEvent,
) -> Result<(), StoreError> {
    let folded = fold(batch, &advance.projections);
    let error = match writer.advance(scope, advance, batch, &folded).await {
        Err(error) if is_deterministic(&error) => error,
        Ok(_) => {
            tell_aside(tools, scope, &folded.aside);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let violation = refused(&error);
    let projections: Vec<Projection> = advance.projections.clone();
    let skips = projections.iter().map(|projection| (*projection, event.log_seq)).collect();
    let without = Batch { skips, ..batch.clone() };
    let mut folded = fold(&without, &projections);
    folded.aside.push(FoldError::new(event, projections.clone(), violation.clone()));
    match writer.advance(scope, advance, &without, &folded).await {
        Err(error) if is_deterministic(&error) => {
            // Not even its place can be kept: rows that should be there are not.
            error!(tenant = %scope.tenant(), log_seq = event.log_seq.get(), "a projection cannot go on: {violation}");
            writer.halt(scope, &projections, &violation).await
        }
        Ok(_) => {
            tell_aside(tools, scope, &folded.aside);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn tell_aside(tools: &Tools, scope: &ProjectionScope, aside: &[FoldError]) {
    for missing in aside {
        tools.metrics.set_aside(&missing.violation);
        error!(
            tenant = %scope.tenant(), log_seq = missing.log_seq.get(), event_id = missing.event_id,
            code = %missing.violation.code,
            "an event cannot be folded and is set aside: {}", missing.violation
        );
    }
}

/// Whether trying again comes to the same.
fn is_deterministic(error: &StoreError) -> bool {
    matches!(error, StoreError::Domain(_) | StoreError::Query { .. } | StoreError::Corrupt { .. })
}
