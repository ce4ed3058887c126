//! Traces as people look for them, and the summary of one.

use dg_projections::{Projection, TraceSummary};
use tokio_postgres::Row;

use super::snapshot::Snapshot;
use crate::error::StoreError;

const SUMMARY: &str = include_str!("../../../../sql/queries/projections/summary.sql");
const TRACE: &str = include_str!("../../../../sql/queries/projections/trace.sql");
const TRACES: &str = include_str!("../../../../sql/queries/projections/traces.sql");

/// A row of the trace index.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_trace_index")]
pub struct TraceRow {
    pub trace_id: String,
    pub companion: bool,
    pub workflow: String,
    pub title: String,
    pub primary_entity_type: String,
    pub primary_entity_system: Option<String>,
    pub primary_entity_id: String,
    pub outcome: Option<String>,
    pub started_at: String,
    pub finished_at: Option<String>,
    pub event_count: i64,
    pub first_log_seq: i64,
    pub last_log_seq: i64,
    pub last_trace_seq: i64,
    pub last_event_type: String,
    pub last_occurred_at: String,
    pub actors: Vec<String>,
    pub policies: Vec<String>,
    pub tags: Vec<String>,
}

/// Which traces to list. Absent fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceFilter {
    /// The workflow, exactly.
    pub workflow: Option<String>,
    /// The outcome, exactly.
    pub outcome: Option<String>,
    /// Only finished traces, or only open ones.
    pub finished: Option<bool>,
    /// The primary entity's type, exactly.
    pub entity_type: Option<String>,
    /// The primary entity's id, exactly.
    pub entity_id: Option<String>,
    /// Whether to list companion traces of reviews too.
    pub companions: bool,
    /// Only traces whose latest event lies before this position: the end of the page before.
    pub before: Option<i64>,
}

impl Snapshot {
    /// The reference's summary of a trace, from `trace_summary`.
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn summary(&self, trace_id: &str) -> Result<Option<TraceSummary>, StoreError> {
        let slot = self.slot(Projection::TraceSummary);
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&self.tenant.as_str(), &slot, &trace_id];
        self.query("projections.summary", SUMMARY, &params).await?.first().map(read_summary).transpose()
    }

    /// One trace, from `trace_index`.
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn trace(&self, trace_id: &str) -> Result<Option<TraceRow>, StoreError> {
        let slot = self.slot(Projection::TraceIndex);
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&self.tenant.as_str(), &slot, &trace_id];
        self.query("projections.trace", TRACE, &params).await?.first().map(read_trace).transpose()
    }

    /// A page of traces, newest activity first, at most `limit`.
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn traces(&self, filter: &TraceFilter, limit: i64) -> Result<Vec<TraceRow>, StoreError> {
        let slot = self.slot(Projection::TraceIndex);
        let before = filter.before.unwrap_or(i64::MAX);
        let rows = self
            .query(
                "projections.traces",
                TRACES,
                &[
                    &self.tenant.as_str(),
                    &slot,
                    &before,
                    &filter.companions,
                    &filter.workflow,
                    &filter.outcome,
                    &filter.finished,
                    &filter.entity_type,
                    &filter.entity_id,
                    &limit,
                ],
            )
            .await?;
        rows.iter().map(read_trace).collect()
    }
}

pub(super) fn read_summary(row: &Row) -> Result<TraceSummary, StoreError> {
    let read = || -> Result<TraceSummary, tokio_postgres::Error> {
        Ok(TraceSummary {
            trace_id: row.try_get("trace_id")?,
            workflow: row.try_get("workflow")?,
            title: row.try_get("title")?,
            primary_entity_type: row.try_get("primary_entity_type")?,
            primary_entity_system: row.try_get("primary_entity_system")?,
            primary_entity_id: row.try_get("primary_entity_id")?,
            outcome: row.try_get("outcome")?,
            started_at: row.try_get("started_at")?,
            finished_at: row.try_get("finished_at")?,
            event_count: row.try_get("event_count")?,
            last_log_seq: row.try_get("last_log_seq")?,
        })
    };
    read().map_err(StoreError::of("projections.summary"))
}

fn read_trace(row: &Row) -> Result<TraceRow, StoreError> {
    let read = || -> Result<TraceRow, tokio_postgres::Error> {
        Ok(TraceRow {
            trace_id: row.try_get("trace_id")?,
            companion: row.try_get("companion")?,
            workflow: row.try_get("workflow")?,
            title: row.try_get("title")?,
            primary_entity_type: row.try_get("primary_entity_type")?,
            primary_entity_system: row.try_get("primary_entity_system")?,
            primary_entity_id: row.try_get("primary_entity_id")?,
            outcome: row.try_get("outcome")?,
            started_at: row.try_get("started_at")?,
            finished_at: row.try_get("finished_at")?,
            event_count: row.try_get("event_count")?,
            first_log_seq: row.try_get("first_log_seq")?,
            last_log_seq: row.try_get("last_log_seq")?,
            last_trace_seq: row.try_get("last_trace_seq")?,
            last_event_type: row.try_get("last_event_type")?,
            last_occurred_at: row.try_get("last_occurred_at")?,
            actors: row.try_get("actors")?,
            policies: row.try_get("policies")?,
            tags: row.try_get("tags")?,
        })
    };
    read().map_err(StoreError::of("projections.trace"))
}
