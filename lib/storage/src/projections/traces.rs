//! Traces as people look for them, and the summary of one.

use dg_projections::{Projection, TraceRow, TraceSummary};

use super::{
    rows::{read_summary, read_trace},
    snapshot::Snapshot,
};
use crate::error::StoreError;

const SUMMARY: &str = include_str!("../../../../sql/queries/projections/summary.sql");
const TRACE: &str = include_str!("../../../../sql/queries/projections/trace.sql");
const TRACES: &str = include_str!("../../../../sql/queries/projections/traces.sql");

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
