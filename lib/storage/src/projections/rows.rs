//! Rows of the read models, read into the types of the folds.

use dg_projections::{TraceRow, TraceSummary};
use tokio_postgres::Row;

use crate::{error::StoreError, values::PgMicros};

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

pub(super) fn read_trace(row: &Row) -> Result<TraceRow, StoreError> {
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
            started_instant: row.try_get::<_, PgMicros>("started_instant")?.0,
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
