//! The four digests of a tenant, streamed out of one snapshot with bounded memory on this side.

use dg_projections::{Digester, Digests, EdgeRow, Precedent, Projection};
use futures_util::{TryStreamExt, pin_mut};
use tokio_postgres::{Row, types::ToSql};

use super::{rows::read_summary, snapshot::Snapshot};
use crate::error::StoreError;

const EDGES: &str = include_str!("../../../../sql/queries/graph/all_edges.sql");
const NODES: &str = include_str!("../../../../sql/queries/graph/all_nodes.sql");
const SUMMARIES: &str = include_str!("../../../../sql/queries/projections/all_summaries.sql");
const PRECEDENTS: &str = include_str!("../../../../sql/queries/projections/all_precedents.sql");

/// All rows of a tenant are read, joined and sorted, which may take longer than an ordinary answer. Nested loops are
/// closed: with statistics from before the table grew they would be chosen, and take the square of the rows.
const SETTINGS: &str = "SET LOCAL statement_timeout = '10min'; SET LOCAL work_mem = '64MB'; SET LOCAL enable_nestloop = off; \
    SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; SET LOCAL enable_seqscan = on";

impl Snapshot {
    /// Hashes every row of the three reference projections. Takes time in proportion to their rows.
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn digests(&self) -> Result<Digests, StoreError> {
        let client = self.client()?;
        client.batch_execute(SETTINGS).await.map_err(StoreError::of("digests.settings"))?;
        let mut digester = Digester::new();
        self.each("digests.edges", EDGES, Projection::ContextGraph, |row| {
            digester.edge(&EdgeRow {
                edge_id: row.try_get("edge_id")?,
                edge_type: row.try_get("edge_type")?,
                from_node_id: row.try_get("from_node_id")?,
                to_node_id: row.try_get("to_node_id")?,
                trace_id: row.try_get("trace_id")?,
                log_seq: row.try_get("log_seq")?,
                created_at: row.try_get("created_at")?,
            });
            Ok(())
        })
        .await?;
        self.each("digests.nodes", NODES, Projection::ContextGraph, |row| {
            let (node_id, trace_id) = (row.try_get("node_id")?, row.try_get("trace_id")?);
            digester.node(node_id, trace_id, row.try_get("log_seq")?, row.try_get("created_at")?);
            Ok(())
        })
        .await?;
        let mut unreadable = None;
        self.each("digests.summaries", SUMMARIES, Projection::TraceSummary, |row| {
            match read_summary(row) {
                Ok(summary) => digester.summary(&summary),
                Err(error) => unreadable = Some(error),
            }
            Ok(())
        })
        .await?;
        if let Some(error) = unreadable {
            return Err(error);
        }
        self.each("digests.precedents", PRECEDENTS, Projection::PrecedentIndex, |row| {
            digester.precedent(&Precedent {
                source_event_id: row.try_get("source_event_id")?,
                log_seq: row.try_get("log_seq")?,
                trace_id: row.try_get("trace_id")?,
                policy_id: row.try_get("policy_id")?,
                policy_version: row.try_get("policy_version")?,
                exception_id: row.try_get("exception_id")?,
                primary_entity_type: row.try_get("primary_entity_type")?,
                primary_entity_system: row.try_get("primary_entity_system")?,
                primary_entity_id: row.try_get("primary_entity_id")?,
                finished_log_seq: row.try_get("finished_log_seq")?,
            });
            Ok(())
        })
        .await?;
        Ok(digester.finish())
    }

    async fn each(
        &self,
        name: &'static str,
        sql: &str,
        projection: Projection,
        mut take: impl FnMut(&Row) -> Result<(), tokio_postgres::Error>,
    ) -> Result<(), StoreError> {
        let error = StoreError::of(name);
        let client = self.client()?;
        let statement = client.prepare_cached(sql).await.map_err(error)?;
        let (tenant, slot) = (self.tenant.as_str(), self.slot(projection));
        let params: [&(dyn ToSql + Sync); 2] = [&tenant, &slot];
        let rows = client.query_raw(&statement, params).await.map_err(error)?;
        pin_mut!(rows);
        while let Some(row) = rows.try_next().await.map_err(error)? {
            take(&row).map_err(error)?;
        }
        Ok(())
    }
}
