//! One trace: its summary and its row in the index.

use dg_projections::{Projection, TraceRow, TraceSummary};

use super::{
    rows::{read_summary, read_trace},
    snapshot::Snapshot,
};
use crate::error::StoreError;

const SUMMARY: &str = include_str!("../../../../sql/queries/projections/summary.sql");
const TRACE: &str = include_str!("../../../../sql/queries/projections/trace.sql");

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
}
