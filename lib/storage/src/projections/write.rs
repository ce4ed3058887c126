//! Changes as set-based statements: one per table and batch, with the row digests kept up.

use std::collections::HashMap;

use dg_domain::{ErrorCode, Key16, Violation};
use dg_projections::{
    Changes, Edge, Hashed, Node, PolicyEval, Precedent, Projection, SummaryChange, TraceActivity, TraceRow,
    TraceSummary,
};
use tokio_postgres::{Row, error::SqlState, types::ToSql};

use super::{
    rows::{read_summary, read_trace},
    tally::Tallies,
    target::Target,
    write_search,
};
use crate::{
    error::StoreError,
    values::{PgKey, PgMicros},
};

const INSERT_NODES: &str = include_str!("../../../../sql/queries/projections/insert_nodes.sql");
const INSERT_EDGES: &str = include_str!("../../../../sql/queries/projections/insert_edges.sql");
const INSERT_SUMMARIES: &str = include_str!("../../../../sql/queries/projections/insert_summaries.sql");
const FINISH_SUMMARIES: &str = include_str!("../../../../sql/queries/projections/finish_summaries.sql");
const INSERT_POLICY_EVALS: &str = include_str!("../../../../sql/queries/projections/insert_policy_evals.sql");
const INSERT_PRECEDENTS: &str = include_str!("../../../../sql/queries/projections/insert_precedents.sql");
const TRACE_ROWS: &str = include_str!("../../../../sql/queries/projections/trace_rows.sql");
const INSERT_TRACES: &str = include_str!("../../../../sql/queries/projections/insert_traces.sql");
const UPDATE_TRACES: &str = include_str!("../../../../sql/queries/projections/update_traces.sql");

/// Writes all changes of a batch into rows that may be there already. Whether they commit is the caller's decision.
///
/// The statements touch different rows, so they are sent together: a small batch costs one wait for the server.
///
/// # Errors
/// The database's.
pub(super) async fn merge(
    target: &Target<'_>,
    changes: &Changes,
    traces: Traces<'_>,
    tallies: &mut Tallies,
) -> Result<(), StoreError> {
    let (started, followed) = traces;
    let (summaries, _) = summaries(changes);
    let mut parts = [Tallies::default(); 10];
    let [t0, t1, t2, t3, t4, t5, t6, t7, t8, t9] = &mut parts;
    let (r0, r1, r2, r3, r4, r5, r6, r7, r8, r9) = tokio::join!(
        biased;
        nodes(target, &changes.nodes, t0),
        edges(target, &changes.edges, t1),
        insert_summaries(target, &summaries, t2),
        finish_summaries(target, changes, t3),
        policy_evals(target, &changes.policy_evals, t4),
        precedents(target, &changes.precedents, t5),
        insert_traces(target, &started, t6),
        update_traces(target, &followed, t7),
        write_search::insert(target, &started, t8),
        write_search::merge_later(target, &followed, t9),
    );
    first_cause([r0, r1, r2, r3, r4, r5, r6, r7, r8, r9])?;
    parts.iter().for_each(|part| tallies.absorb(part));
    Ok(())
}

/// The error that ended a transaction. Statements that were sent behind the one that failed are refused for that reason alone.
fn first_cause(results: impl IntoIterator<Item = Result<(), StoreError>>) -> Result<(), StoreError> {
    let mut refused = Ok(());
    for result in results {
        match result {
            Err(StoreError::Query { source, name }) if source.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION) => {
                refused = Err(StoreError::Query { source, name });
            }
            Err(error) => return Err(error),
            Ok(()) => {}
        }
    }
    refused
}

/// One column of some rows.
pub(super) fn column<'r, R, V>(rows: &'r [R], value: impl Fn(&'r R) -> V) -> Vec<V> {
    rows.iter().map(value).collect()
}

/// Counts the rows that a statement answered by their key.
fn count<R: Hashed>(
    rows: &[R],
    key: impl Fn(&R) -> Key16,
    inserted: &[Row],
    projection: Projection,
    tallies: &mut Tallies,
) -> Result<(), StoreError> {
    if inserted.len() == rows.len() {
        tallies.add_all(projection, rows);
        return Ok(());
    }
    let by_key: HashMap<Key16, &R> = rows.iter().map(|row| (key(row), row)).collect();
    for row in inserted {
        let key: PgKey = row.try_get(0).map_err(StoreError::of("projections.inserted"))?;
        if let Some(row) = by_key.get(&key.0) {
            tallies.add(projection, row.row_hash());
        }
    }
    Ok(())
}

pub(super) async fn nodes(target: &Target<'_>, rows: &[Node], tallies: &mut Tallies) -> Result<(), StoreError> {
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
    let inserted = target.run(Projection::ContextGraph, "projections.insert_nodes", INSERT_NODES, &columns).await?;
    count(rows, |row| row.key, &inserted, Projection::ContextGraph, tallies)
}

pub(super) async fn edges(target: &Target<'_>, rows: &[Edge], tallies: &mut Tallies) -> Result<(), StoreError> {
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
    let inserted = target.run(Projection::ContextGraph, "projections.insert_edges", INSERT_EDGES, &columns).await?;
    count(rows, |row| row.key, &inserted, Projection::ContextGraph, tallies)
}

/// Trace, outcome, time and position of a finish.
type Finish<'c> = (&'c str, &'c str, &'c str, i64);

/// Rows that start, and what finishes traces that started before.
pub(super) fn summaries(changes: &Changes) -> (Vec<&TraceSummary>, Vec<Finish<'_>>) {
    let (mut started, mut finished) = (Vec::new(), Vec::new());
    for change in &changes.summaries {
        match change {
            SummaryChange::Insert(row) => started.push(row),
            SummaryChange::Finish { trace_id, outcome, finished_at, log_seq } => {
                finished.push((&**trace_id, &**outcome, &**finished_at, *log_seq));
            }
        }
    }
    (started, finished)
}

pub(super) async fn insert_summaries(
    target: &Target<'_>,
    rows: &[&TraceSummary],
    tallies: &mut Tallies,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let columns: [&(dyn ToSql + Sync); 11] = [
        &column(rows, |row| &*row.trace_id),
        &column(rows, |row| &*row.workflow),
        &column(rows, |row| &*row.title),
        &column(rows, |row| &*row.primary_entity_type),
        &column(rows, |row| row.primary_entity_system.as_deref()),
        &column(rows, |row| &*row.primary_entity_id),
        &column(rows, |row| row.outcome.as_deref()),
        &column(rows, |row| &*row.started_at),
        &column(rows, |row| row.finished_at.as_deref()),
        &column(rows, |row| row.event_count),
        &column(rows, |row| row.last_log_seq),
    ];
    target.run(Projection::TraceSummary, "projections.insert_summaries", INSERT_SUMMARIES, &columns).await?;
    tallies.add_all(Projection::TraceSummary, rows.iter().copied());
    Ok(())
}

pub(super) async fn finish_summaries(
    target: &Target<'_>,
    changes: &Changes,
    tallies: &mut Tallies,
) -> Result<(), StoreError> {
    let (_, rows) = summaries(changes);
    if rows.is_empty() {
        return Ok(());
    }
    let columns: [&(dyn ToSql + Sync); 4] = [
        &column(&rows, |row| row.0),
        &column(&rows, |row| row.1),
        &column(&rows, |row| row.2),
        &column(&rows, |row| row.3),
    ];
    let name = "projections.finish_summaries";
    let before = target.run(Projection::TraceSummary, name, FINISH_SUMMARIES, &columns).await?;
    let finishes: HashMap<&str, (&str, &str, i64)> = rows.iter().map(|row| (row.0, (row.1, row.2, row.3))).collect();
    for row in &before {
        let mut summary = read_summary(row)?;
        tallies.remove(Projection::TraceSummary, summary.row_hash());
        if let Some((outcome, finished_at, log_seq)) = finishes.get(&*summary.trace_id) {
            summary.finish(outcome, finished_at, *log_seq);
        }
        tallies.add(Projection::TraceSummary, summary.row_hash());
    }
    Ok(())
}

pub(super) async fn policy_evals(
    target: &Target<'_>,
    rows: &[PolicyEval],
    tallies: &mut Tallies,
) -> Result<(), StoreError> {
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
    let name = "projections.insert_policy_evals";
    let inserted = target.run(Projection::PrecedentIndex, name, INSERT_POLICY_EVALS, &columns).await?;
    count(rows, PolicyEval::key, &inserted, Projection::PrecedentIndex, tallies)
}

pub(super) async fn precedents(
    target: &Target<'_>,
    rows: &[Precedent],
    tallies: &mut Tallies,
) -> Result<(), StoreError> {
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
    target.run(Projection::PrecedentIndex, "projections.insert_precedents", INSERT_PRECEDENTS, &columns).await?;
    tallies.add_all(Projection::PrecedentIndex, rows);
    Ok(())
}

/// The row of a trace that starts, with what it came from.
pub(super) type Started<'c> = (TraceRow, &'c TraceActivity);
/// The row of a trace that goes on, as it was and as it becomes.
pub(super) type Followed<'c> = (TraceRow, TraceRow, &'c TraceActivity);
/// Traces that start, and traces that go on.
pub(super) type Traces<'c> = (Vec<Started<'c>>, Vec<Followed<'c>>);

/// Works out the rows of the trace index.
///
/// # Errors
/// [`StoreError::Domain`] when a trace goes on that is not there, or not at that place.
pub(super) async fn traces<'c>(target: &Target<'_>, changes: &'c Changes) -> Result<Traces<'c>, StoreError> {
    let mut started = Vec::new();
    let mut later: HashMap<&str, &TraceActivity> = HashMap::new();
    for activity in &changes.traces {
        match TraceRow::start(activity) {
            Some(row) => started.push((row, activity)),
            None => {
                later.insert(&activity.trace_id, activity);
            }
        }
    }
    if later.is_empty() {
        return Ok((started, Vec::new()));
    }
    let ids: Vec<&str> = later.keys().copied().collect();
    let rows = target.run(Projection::TraceIndex, "projections.trace_rows", TRACE_ROWS, &[&ids]).await?;
    let mut followed = Vec::with_capacity(rows.len());
    for row in &rows {
        let before = read_trace(row)?;
        let Some(activity) = later.remove(&*before.trace_id) else { continue };
        let after = before.clone().followed_by(activity).ok_or_else(|| out_of_place(activity))?;
        followed.push((before, after, activity));
    }
    match later.into_values().next() {
        Some(missing) => Err(out_of_place(missing)),
        None => Ok((started, followed)),
    }
}

fn out_of_place(activity: &TraceActivity) -> StoreError {
    let message = format!(
        "the trace index does not hold the event right before trace_seq {} of trace {}",
        activity.first_trace_seq, activity.trace_id
    );
    Violation::new(ErrorCode::EventSequenceInvalid, message).because("sequence_gap").into()
}

pub(super) async fn insert_traces(
    target: &Target<'_>,
    rows: &[Started<'_>],
    tallies: &mut Tallies,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let columns: [&(dyn ToSql + Sync); 20] = [
        &column(rows, |(row, _)| &*row.trace_id),
        &column(rows, |(row, _)| row.companion),
        &column(rows, |(row, _)| &*row.workflow),
        &column(rows, |(row, _)| &*row.title),
        &column(rows, |(row, _)| &*row.primary_entity_type),
        &column(rows, |(row, _)| row.primary_entity_system.as_deref()),
        &column(rows, |(row, _)| &*row.primary_entity_id),
        &column(rows, |(row, _)| row.outcome.as_deref()),
        &column(rows, |(row, _)| &*row.started_at),
        &column(rows, |(row, _)| PgMicros(row.started_instant)),
        &column(rows, |(row, _)| row.finished_at.as_deref()),
        &column(rows, |(row, _)| row.event_count),
        &column(rows, |(row, _)| row.first_log_seq),
        &column(rows, |(row, _)| row.last_log_seq),
        &column(rows, |(row, _)| row.last_trace_seq),
        &column(rows, |(row, _)| &*row.last_event_type),
        &column(rows, |(row, _)| &*row.last_occurred_at),
        &column(rows, |(row, _)| text_list(&row.actors)),
        &column(rows, |(row, _)| text_list(&row.policies)),
        &column(rows, |(row, _)| text_list(&row.tags)),
    ];
    target.run(Projection::TraceIndex, "projections.insert_traces", INSERT_TRACES, &columns).await?;
    tallies.add_all(Projection::TraceIndex, rows.iter().map(|(row, _)| row));
    Ok(())
}

pub(super) async fn update_traces(
    target: &Target<'_>,
    rows: &[Followed<'_>],
    tallies: &mut Tallies,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let columns: [&(dyn ToSql + Sync); 11] = [
        &column(rows, |(_, row, _)| &*row.trace_id),
        &column(rows, |(_, row, _)| row.outcome.as_deref()),
        &column(rows, |(_, row, _)| row.finished_at.as_deref()),
        &column(rows, |(_, row, _)| row.event_count),
        &column(rows, |(_, row, _)| row.last_log_seq),
        &column(rows, |(_, row, _)| row.last_trace_seq),
        &column(rows, |(_, row, _)| &*row.last_event_type),
        &column(rows, |(_, row, _)| &*row.last_occurred_at),
        &column(rows, |(_, row, _)| text_list(&row.actors)),
        &column(rows, |(_, row, _)| text_list(&row.policies)),
        &column(rows, |(_, row, _)| text_list(&row.tags)),
    ];
    target.run(Projection::TraceIndex, "projections.update_traces", UPDATE_TRACES, &columns).await?;
    for (before, after, _) in rows {
        tallies.remove(Projection::TraceIndex, before.row_hash());
        tallies.add(Projection::TraceIndex, after.row_hash());
    }
    Ok(())
}

/// A list of texts as PostgreSQL writes an array, since a column of lists of unequal length is no array of arrays.
fn text_list(texts: &[String]) -> String {
    let mut list = String::from("{");
    for text in texts {
        if list.len() > 1 {
            list.push(',');
        }
        list.push('"');
        for letter in text.chars() {
            if matches!(letter, '"' | '\\') {
                list.push('\\');
            }
            list.push(letter);
        }
        list.push('"');
    }
    list.push('}');
    list
}
