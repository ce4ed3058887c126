//! Changes as set-based statements: one per table and batch.

use dg_projections::{Changes, Projection, SummaryChange, TraceActivity, TraceStart};
use tokio_postgres::{Transaction, types::ToSql};

use crate::{error::StoreError, values::{PgKey, PgMicros}};

const INSERT_NODES: &str = include_str!("../../../../sql/queries/projections/insert_nodes.sql");
const INSERT_EDGES: &str = include_str!("../../../../sql/queries/projections/insert_edges.sql");
const INSERT_SUMMARIES: &str = include_str!("../../../../sql/queries/projections/insert_summaries.sql");
const FINISH_SUMMARIES: &str = include_str!("../../../../sql/queries/projections/finish_summaries.sql");
const INSERT_POLICY_EVALS: &str = include_str!("../../../../sql/queries/projections/insert_policy_evals.sql");
const INSERT_PRECEDENTS: &str = include_str!("../../../../sql/queries/projections/insert_precedents.sql");
const START_ACTIVITY: &str = include_str!("../../../../sql/queries/projections/start_activity.sql");
const ADD_ACTIVITY: &str = include_str!("../../../../sql/queries/projections/add_activity.sql");

/// What writing found out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    /// Some trace's row did not end right before this batch.
    pub(super) activities_refused: bool,
}

/// Writes all changes of a batch, sent together. Whether they commit is the caller's decision.
pub(super) async fn changes(
    transaction: &Transaction<'_>,
    tenant: &str,
    slot: impl Fn(Projection) -> i16,
    changes: &Changes,
) -> Result<Written, StoreError> {
    let graph = Target { transaction, tenant, slot: slot(Projection::ContextGraph) };
    let summaries = Target { transaction, tenant, slot: slot(Projection::TraceSummary) };
    let precedents = Target { transaction, tenant, slot: slot(Projection::PrecedentIndex) };
    let traces = Target { transaction, tenant, slot: slot(Projection::TraceIndex) };
    nodes(&graph, changes).await?;
    edges(&graph, changes).await?;
    insert_summaries(&summaries, changes).await?;
    finish_summaries(&summaries, changes).await?;
    policy_evals(&precedents, changes).await?;
    insert_precedents(&precedents, changes).await?;
    start_activities(&traces, changes).await?;
    let activities_refused = add_activities(&traces, changes).await?;
    Ok(Written { activities_refused })
}

/// A slot of a tenant's rows, inside the writing transaction.
struct Target<'t> {
    transaction: &'t Transaction<'t>,
    tenant: &'t str,
    slot: i16,
}

impl Target<'_> {
    async fn run(&self, name: &'static str, sql: &str, columns: &[&(dyn ToSql + Sync)]) -> Result<u64, StoreError> {
        let mut params: Vec<&(dyn ToSql + Sync)> = vec![&self.tenant, &self.slot];
        params.extend_from_slice(columns);
        self.transaction.execute(sql, &params).await.map_err(StoreError::of(name))
    }
}

/// One column of some rows.
fn column<'r, R, V>(rows: &'r [R], value: impl Fn(&'r R) -> V) -> Vec<V> {
    rows.iter().map(value).collect()
}

async fn nodes(target: &Target<'_>, changes: &Changes) -> Result<(), StoreError> {
    let rows = &changes.nodes;
    if rows.is_empty() {
        return Ok(());
    }
    let columns: [&(dyn ToSql + Sync); 5] = [
        &column(rows, |row| PgKey(row.key)),
        &column(rows, |row| row.log_seq),
        &column(rows, |row| &*row.node_id),
        &column(rows, |row| &*row.trace_id),
        &column(rows, |row| &*row.created_at),
    ];
    target.run("projections.insert_nodes", INSERT_NODES, &columns).await.map(drop)
}

async fn edges(target: &Target<'_>, changes: &Changes) -> Result<(), StoreError> {
    let rows = &changes.edges;
    if rows.is_empty() {
        return Ok(());
    }
    let columns: [&(dyn ToSql + Sync); 8] = [
        &column(rows, |row| PgKey(row.key)),
        &column(rows, |row| PgKey(row.from_key)),
        &column(rows, |row| PgKey(row.to_key)),
        &column(rows, |row| row.log_seq),
        &column(rows, |row| &*row.edge_type),
        &column(rows, |row| &*row.event_id),
        &column(rows, |row| &*row.trace_id),
        &column(rows, |row| &*row.created_at),
    ];
    target.run("projections.insert_edges", INSERT_EDGES, &columns).await.map(drop)
}

async fn insert_summaries(target: &Target<'_>, changes: &Changes) -> Result<(), StoreError> {
    let started = changes.summaries.iter().filter_map(|change| match change {
        SummaryChange::Insert(row) => Some(row),
        SummaryChange::Finish { .. } => None,
    });
    let rows: Vec<_> = started.collect();
    if rows.is_empty() {
        return Ok(());
    }
    let columns: [&(dyn ToSql + Sync); 11] = [
        &column(&rows, |row| &*row.trace_id),
        &column(&rows, |row| &*row.workflow),
        &column(&rows, |row| &*row.title),
        &column(&rows, |row| &*row.primary_entity_type),
        &column(&rows, |row| row.primary_entity_system.as_deref()),
        &column(&rows, |row| &*row.primary_entity_id),
        &column(&rows, |row| row.outcome.as_deref()),
        &column(&rows, |row| &*row.started_at),
        &column(&rows, |row| row.finished_at.as_deref()),
        &column(&rows, |row| row.event_count),
        &column(&rows, |row| row.last_log_seq),
    ];
    target.run("projections.insert_summaries", INSERT_SUMMARIES, &columns).await.map(drop)
}

async fn finish_summaries(target: &Target<'_>, changes: &Changes) -> Result<(), StoreError> {
    let finished = changes.summaries.iter().filter_map(|change| match change {
        SummaryChange::Finish { trace_id, outcome, finished_at, log_seq } => {
            Some((trace_id, outcome, finished_at, *log_seq))
        }
        SummaryChange::Insert(_) => None,
    });
    let rows: Vec<_> = finished.collect();
    if rows.is_empty() {
        return Ok(());
    }
    let columns: [&(dyn ToSql + Sync); 4] = [
        &column(&rows, |row| row.0),
        &column(&rows, |row| row.1),
        &column(&rows, |row| row.2),
        &column(&rows, |row| row.3),
    ];
    target.run("projections.finish_summaries", FINISH_SUMMARIES, &columns).await.map(drop)
}

async fn policy_evals(target: &Target<'_>, changes: &Changes) -> Result<(), StoreError> {
    let rows = &changes.policy_evals;
    if rows.is_empty() {
        return Ok(());
    }
    let columns: [&(dyn ToSql + Sync); 7] = [
        &column(rows, |row| PgKey(row.key())),
        &column(rows, |row| row.log_seq),
        &column(rows, |row| &*row.trace_id),
        &column(rows, |row| &*row.policy_id),
        &column(rows, |row| &*row.policy_version),
        &column(rows, |row| &*row.event_id),
        &column(rows, |row| &*row.created_at),
    ];
    target.run("projections.insert_policy_evals", INSERT_POLICY_EVALS, &columns).await.map(drop)
}

async fn insert_precedents(target: &Target<'_>, changes: &Changes) -> Result<(), StoreError> {
    let rows = &changes.precedents;
    if rows.is_empty() {
        return Ok(());
    }
    let columns: [&(dyn ToSql + Sync); 10] = [
        &column(rows, |row| row.log_seq),
        &column(rows, |row| row.finished_log_seq),
        &column(rows, |row| &*row.source_event_id),
        &column(rows, |row| &*row.trace_id),
        &column(rows, |row| &*row.policy_id),
        &column(rows, |row| &*row.policy_version),
        &column(rows, |row| row.exception_id.as_deref()),
        &column(rows, |row| &*row.primary_entity_type),
        &column(rows, |row| row.primary_entity_system.as_deref()),
        &column(rows, |row| &*row.primary_entity_id),
    ];
    target.run("projections.insert_precedents", INSERT_PRECEDENTS, &columns).await.map(drop)
}

async fn start_activities(target: &Target<'_>, changes: &Changes) -> Result<(), StoreError> {
    let rows: Vec<(&TraceActivity, &TraceStart)> =
        changes.traces.iter().filter_map(|row| row.started.as_ref().map(|start| (row, start))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let columns: [&(dyn ToSql + Sync); 20] = [
        &column(&rows, |(row, _)| &*row.trace_id),
        &column(&rows, |(row, _)| row.is_companion()),
        &column(&rows, |(_, start)| &*start.workflow),
        &column(&rows, |(_, start)| &*start.title),
        &column(&rows, |(_, start)| &*start.primary_entity_type),
        &column(&rows, |(_, start)| start.primary_entity_system.as_deref()),
        &column(&rows, |(_, start)| &*start.primary_entity_id),
        &column(&rows, |(row, _)| outcome(row)),
        &column(&rows, |(_, start)| &*start.started_at),
        &column(&rows, |(row, _)| finished_at(row)),
        &column(&rows, |(row, _)| row.events),
        &column(&rows, |(row, _)| row.first_log_seq),
        &column(&rows, |(row, _)| row.last_log_seq),
        &column(&rows, |(row, _)| row.last_trace_seq),
        &column(&rows, |(row, _)| row.last_event_type),
        &column(&rows, |(row, _)| &*row.last_occurred_at),
        &column(&rows, |(row, _)| text_list(&row.actors)),
        &column(&rows, |(row, _)| text_list(&row.policies)),
        &column(&rows, |(row, _)| text_list(&row.tags)),
        &column(&rows, |(_, start)| PgMicros(start.started_instant)),
    ];
    target.run("projections.start_activity", START_ACTIVITY, &columns).await.map(drop)
}

/// Answers whether a row was missing or ended elsewhere.
async fn add_activities(target: &Target<'_>, changes: &Changes) -> Result<bool, StoreError> {
    let rows: Vec<&TraceActivity> = changes.traces.iter().filter(|row| row.started.is_none()).collect();
    if rows.is_empty() {
        return Ok(false);
    }
    let columns: [&(dyn ToSql + Sync); 12] = [
        &column(&rows, |row| &*row.trace_id),
        &column(&rows, |row| outcome(row)),
        &column(&rows, |row| finished_at(row)),
        &column(&rows, |row| row.events),
        &column(&rows, |row| row.first_trace_seq),
        &column(&rows, |row| row.last_log_seq),
        &column(&rows, |row| row.last_trace_seq),
        &column(&rows, |row| row.last_event_type),
        &column(&rows, |row| &*row.last_occurred_at),
        &column(&rows, |row| text_list(&row.actors)),
        &column(&rows, |row| text_list(&row.policies)),
        &column(&rows, |row| text_list(&row.tags)),
    ];
    let moved = target.run("projections.add_activity", ADD_ACTIVITY, &columns).await?;
    Ok(moved != rows.len() as u64)
}

fn outcome(row: &TraceActivity) -> Option<&str> {
    row.finished.as_ref().map(|(outcome, _)| outcome.as_str())
}

fn finished_at(row: &TraceActivity) -> Option<&str> {
    row.finished.as_ref().map(|(_, at)| at.as_str())
}

/// A list of texts as JSON, since a column of lists of unequal length is no PostgreSQL array.
fn text_list(texts: &std::collections::BTreeSet<String>) -> String {
    let mut list = String::from("[");
    for text in texts {
        if list.len() > 1 {
            list.push(',');
        }
        dg_domain::json::write_text(text, &mut list);
    }
    list.push(']');
    list
}
