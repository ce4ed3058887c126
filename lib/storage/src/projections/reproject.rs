//! One event that was set aside, projected after all, as if it had been folded in its place.
//!
//! The event's trace is folded anew as far as the projection has come. Rows that belong to a trace are replaced. A node or edge
//! that a later event of any trace brought in first is given to the earlier one. All of it happens in one transaction that holds
//! the cursor row and raises its epoch, so that a batch that was folded meanwhile is refused and folded again.

use std::collections::HashSet;

use dg_domain::{ErrorCode, LogSeq, StoredEvent, Violation, keys};
use dg_projections::{Batch, Changes, Edge, FoldError, Hashed, Node, Precedent, Projection, Skips, fold_trace};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use super::{
    build::{DURABLE, GenerationBuilder},
    cursor::position,
    rows::{read_summary, read_trace},
    runner::{self, ClaimedRun, RunEnd, borrowed, field},
    tally::{Tallies, read_digest},
    target::{Slots, Target},
    write::{self, column},
    write_search,
};
use crate::{error::StoreError, log::stored_event, values::PgKey};

const LOCK_CURSORS: &str = include_str!("../../../../sql/queries/projections/lock_cursors.sql");
const FAILURE: &str = include_str!("../../../../sql/queries/runner/failure.sql");
const FAILED_AGAIN: &str = include_str!("../../../../sql/queries/runner/failed_again.sql");
const MISSING_OF_TRACE: &str = include_str!("../../../../sql/queries/runner/missing_of_trace.sql");
const TRACE_EVENTS: &str = include_str!("../../../../sql/queries/runner/trace_events.sql");
const RESOLVE: &str = include_str!("../../../../sql/queries/runner/resolve.sql");
const FENCE: &str = include_str!("../../../../sql/queries/runner/fence.sql");
const DELETE_SUMMARY: &str = include_str!("../../../../sql/queries/runner/delete_summary.sql");
const DELETE_PRECEDENTS: &str = include_str!("../../../../sql/queries/runner/delete_precedents.sql");
const DELETE_TRACE: &str = include_str!("../../../../sql/queries/runner/delete_trace.sql");
const LATER_NODES: &str = include_str!("../../../../sql/queries/runner/later_nodes.sql");
const LATER_EDGES: &str = include_str!("../../../../sql/queries/runner/later_edges.sql");

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reprojected {
    /// The projection holds the event now; the run is completed.
    Done {
        /// How many events the trace has.
        events: usize,
    },
    /// It still cannot be folded; nothing was changed.
    StillFails(Violation),
    /// The run is not to go on, or the failure was settled otherwise.
    Refused,
}

/// The failure to be undone.
struct Failure {
    id: Uuid,
    projection: Projection,
    log_seq: LogSeq,
    trace_id: String,
}

impl GenerationBuilder {
    /// Projects the event of the run's failure.
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn reproject(
        &mut self,
        run: &ClaimedRun,
        owner: &str,
        result: impl FnOnce() -> String,
    ) -> Result<Reprojected, StoreError> {
        let Some(failure_id) = run.failure_id else { return Ok(Reprojected::Refused) };
        let (client, statements) = self.parts();
        let transaction = client.transaction().await.map_err(StoreError::of("runner.begin"))?;
        let tenant = run.tenant.as_str();
        let mut target = Target { client: transaction.client(), statements, tenant, slots: Slots::default() };
        let (durable, whose) = tokio::join!(biased; target.command("runner.durable", DURABLE), target.say_whose());
        durable.and(whose)?;
        let Some(failure) = read_failure(&target, failure_id).await? else { return Ok(Reprojected::Refused) };
        let names = [failure.projection.as_str()];
        let cursors = target.query("projections.lock_cursors", LOCK_CURSORS, &[&tenant, &&names[..]]).await?;
        let Some(cursor) = cursors.first() else { return Ok(Reprojected::Refused) };
        target.slots.set(failure.projection, field(cursor, "slot")?);
        let mut tallies = Tallies::default();
        tallies.set(failure.projection, read_digest(cursor)?);
        let applied = position(field(cursor, "last_log_seq")?)?;
        let events = read_trace_events(&target, &failure, applied).await?;
        let skips = read_skips(&target, &failure).await?;
        let batch = Batch { events, skips, ..Batch::default() };
        let (changes, aside) = fold_trace(&batch, &[failure.projection]);
        if let Some(error) = still_fails(&batch, &failure, &aside) {
            transaction.rollback().await.map_err(StoreError::of("runner.rollback"))?;
            let again: [&(dyn ToSql + Sync); 4] = [&tenant, &failure.id, &error.code.as_str(), &error.message];
            self.store().of(&run.tenant).query("runner.failed_again", FAILED_AGAIN, &again).await?;
            return Ok(Reprojected::StillFails(error));
        }
        replace(&target, &failure, &batch.events, &changes, &mut tallies).await?;
        let sum = tallies.of(failure.projection);
        let bytes = sum.to_bytes().to_vec();
        target.query("runner.fence", FENCE, &[&tenant, &failure.projection.as_str(), &bytes, &sum.rows()]).await?;
        target.query("runner.resolve", RESOLVE, &[&tenant, &failure.id, &run.job_id, &owner]).await?;
        if !runner::end_in(&target, run, &RunEnd::Completed { result_json: result() }).await? {
            return Ok(Reprojected::Refused);
        }
        transaction.commit().await.map_err(StoreError::of("runner.commit"))?;
        Ok(Reprojected::Done { events: batch.events.len() })
    }
}

async fn read_failure(target: &Target<'_>, id: Uuid) -> Result<Option<Failure>, StoreError> {
    let rows = target.query("runner.failure", FAILURE, &[&target.tenant, &id]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let projection = Projection::from_name(borrowed(row, "projection_name")?);
    let open = matches!(borrowed(row, "status")?, "open" | "quarantined");
    let Some(projection) = projection.filter(|_| open) else { return Ok(None) };
    let log_seq = position(field(row, "log_seq")?)?;
    Ok(Some(Failure { id, projection, log_seq, trace_id: field(row, "trace_id")? }))
}

async fn read_trace_events(
    target: &Target<'_>,
    failure: &Failure,
    applied: LogSeq,
) -> Result<Vec<StoredEvent>, StoreError> {
    let name = "runner.trace_events";
    let key = PgKey(keys::trace_key(&failure.trace_id));
    let params: [&(dyn ToSql + Sync); 4] = [&target.tenant, &key, &failure.trace_id, &applied.get()];
    target.query(name, TRACE_EVENTS, &params).await?.iter().map(|row| stored_event(name, row)).collect()
}

/// What else of the trace the projection does not hold.
async fn read_skips(target: &Target<'_>, failure: &Failure) -> Result<Skips, StoreError> {
    let params: [&(dyn ToSql + Sync); 4] =
        [&target.tenant, &failure.projection.as_str(), &failure.trace_id, &failure.id];
    let rows = target.query("runner.missing_of_trace", MISSING_OF_TRACE, &params).await?;
    rows.iter().map(|row| Ok((failure.projection, position(field(row, "log_seq")?)?))).collect()
}

/// Why nothing can be done: the event, or another that was sound when it was folded, is refused.
fn still_fails(batch: &Batch, failure: &Failure, aside: &[FoldError]) -> Option<Violation> {
    if !batch.events.iter().any(|stored| stored.log_seq == failure.log_seq) {
        return Some(Violation::new(ErrorCode::NotFound, "the event is not in the log as far as it was projected"));
    }
    let first = aside.first()?;
    if first.log_seq == failure.log_seq {
        return Some(first.violation.clone());
    }
    let message =
        format!("the trace's event at log_seq {} cannot be folded: {}", first.log_seq, first.violation.message);
    Some(Violation { message, ..first.violation.clone() })
}

async fn replace(
    target: &Target<'_>,
    failure: &Failure,
    events: &[StoredEvent],
    changes: &Changes,
    tallies: &mut Tallies,
) -> Result<(), StoreError> {
    let projection = failure.projection;
    match projection {
        Projection::ContextGraph => graph(target, changes, tallies).await,
        Projection::TraceSummary => {
            let gone = target.run(projection, "runner.delete_summary", DELETE_SUMMARY, &[&failure.trace_id]).await?;
            for row in &gone {
                tallies.remove(projection, read_summary(row)?.row_hash());
            }
            let (started, _) = write::summaries(changes);
            write::insert_summaries(target, &started, tallies).await
        }
        Projection::PrecedentIndex => {
            let positions: Vec<i64> = events.iter().map(|stored| stored.log_seq.get()).collect();
            let gone = target.run(projection, "runner.delete_precedents", DELETE_PRECEDENTS, &[&positions]).await?;
            for row in &gone {
                tallies.remove(projection, read_precedent(row)?.row_hash());
            }
            write::policy_evals(target, &changes.policy_evals, tallies).await?;
            write::precedents(target, &changes.precedents, tallies).await
        }
        Projection::TraceIndex => {
            let gone = target.run(projection, "runner.delete_trace", DELETE_TRACE, &[&failure.trace_id]).await?;
            for row in &gone {
                tallies.remove(projection, read_trace(row)?.row_hash());
            }
            let (started, _) = write::traces(target, changes).await?;
            write::insert_traces(target, &started, tallies).await?;
            write_search::merge(target, started.iter().map(|(row, activity)| (row, *activity)), tallies).await
        }
    }
}

/// What is missing is inserted; what a later event brought in first is given to the earlier one.
async fn graph(target: &Target<'_>, changes: &Changes, tallies: &mut Tallies) -> Result<(), StoreError> {
    let projection = Projection::ContextGraph;
    let nodes = &changes.nodes;
    let columns: [&(dyn ToSql + Sync); 5] = [
        &column(nodes, |row| PgKey(row.key)),
        &column(nodes, |row| row.log_seq),
        &column(nodes, |row| &*row.node_id),
        &column(nodes, |row| &*row.trace_id),
        &column(nodes, |row| &*row.created_at),
    ];
    let mut moved = HashSet::new();
    for row in &target.run(projection, "runner.later_nodes", LATER_NODES, &columns).await? {
        let before = read_node(row)?;
        tallies.remove(projection, before.row_hash());
        moved.insert(before.key);
    }
    tallies.add_all(projection, nodes.iter().filter(|node| moved.contains(&node.key)));
    let edges = &changes.edges;
    let columns: [&(dyn ToSql + Sync); 8] = [
        &column(edges, |row| PgKey(row.key)),
        &column(edges, |row| PgKey(row.from_key)),
        &column(edges, |row| PgKey(row.to_key)),
        &column(edges, |row| row.log_seq),
        &column(edges, |row| &*row.edge_type),
        &column(edges, |row| &*row.event_id),
        &column(edges, |row| &*row.trace_id),
        &column(edges, |row| &*row.created_at),
    ];
    let mut moved = HashSet::new();
    for row in &target.run(projection, "runner.later_edges", LATER_EDGES, &columns).await? {
        let before = read_edge(row)?;
        tallies.remove(projection, before.row_hash());
        moved.insert(before.key);
    }
    tallies.add_all(projection, edges.iter().filter(|edge| moved.contains(&edge.key)));
    write::nodes(target, nodes, tallies).await?;
    write::edges(target, edges, tallies).await
}

fn read_node(row: &Row) -> Result<Node, StoreError> {
    Ok(Node {
        key: field::<PgKey>(row, "node_key")?.0,
        node_id: field(row, "node_id")?,
        trace_id: field(row, "trace_id")?,
        log_seq: field(row, "log_seq")?,
        created_at: field(row, "created_at")?,
    })
}

fn read_edge(row: &Row) -> Result<Edge, StoreError> {
    Ok(Edge {
        key: field::<PgKey>(row, "edge_key")?.0,
        from_key: field::<PgKey>(row, "from_key")?.0,
        to_key: field::<PgKey>(row, "to_key")?.0,
        edge_type: field(row, "edge_type")?,
        from_node_id: String::new(),
        to_node_id: String::new(),
        event_id: field(row, "event_id")?,
        trace_id: field(row, "trace_id")?,
        log_seq: field(row, "log_seq")?,
        created_at: field(row, "created_at")?,
    })
}

pub(super) fn read_precedent(row: &Row) -> Result<Precedent, StoreError> {
    Ok(Precedent {
        source_event_id: field(row, "source_event_id")?,
        log_seq: field(row, "log_seq")?,
        trace_id: field(row, "trace_id")?,
        policy_id: field(row, "policy_id")?,
        policy_version: field(row, "policy_version")?,
        exception_id: field(row, "exception_id")?,
        primary_entity_type: field(row, "primary_entity_type")?,
        primary_entity_system: field(row, "primary_entity_system")?,
        primary_entity_id: field(row, "primary_entity_id")?,
        finished_log_seq: field(row, "finished_log_seq")?,
    })
}
