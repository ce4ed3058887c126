//! The digests of a tenant, streamed out of one snapshot with bounded memory on this side.

use dg_domain::Hash32;
use dg_projections::{
    Digester, Digests, EdgeColumns, EdgeRow, Hashed, Node, PolicyEval, Projection, edge_hash, fact_hash, term_hash,
};
use futures_util::{TryStreamExt, pin_mut};
use tokio_postgres::{Row, types::ToSql};

use super::{
    reproject::read_precedent,
    rows::{read_summary, read_trace},
    runner::{borrowed, field},
    snapshot::Snapshot,
    tally::Tallies,
    target::Slots,
};
use crate::{
    error::StoreError,
    values::{PgKey, PgMicros},
};

const EDGES: &str = include_str!("../../../../sql/queries/graph/all_edges.sql");
const NODES: &str = include_str!("../../../../sql/queries/graph/all_nodes.sql");
const SUMMARIES: &str = include_str!("../../../../sql/queries/projections/all_summaries.sql");
const PRECEDENTS: &str = include_str!("../../../../sql/queries/projections/all_precedents.sql");
const POLICY_EVALS: &str = include_str!("../../../../sql/queries/projections/all_policy_evals.sql");
const TRACES: &str = include_str!("../../../../sql/queries/projections/all_traces.sql");
const TERMS: &str = include_str!("../../../../sql/queries/projections/all_terms.sql");
const FACTS: &str = include_str!("../../../../sql/queries/projections/all_facts.sql");

/// All rows of a tenant are read, joined and sorted, which may take longer than an ordinary answer. Nested loops are
/// closed: with statistics from before the table grew they would be chosen, and take the square of the rows.
const SETTINGS: &str = "SET LOCAL statement_timeout = '10min'; SET LOCAL work_mem = '64MB'; SET LOCAL enable_nestloop = off; \
    SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; SET LOCAL enable_seqscan = on";

/// Everything that can be computed from the rows of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowsRead {
    /// The reference digests.
    pub digests: Digests,
    /// The row digests.
    pub tallies: Tallies,
}

impl Snapshot {
    /// Hashes every row of the three reference projections. Takes time in proportion to their rows.
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn digests(&self) -> Result<Digests, StoreError> {
        Ok(self.digest_surface(self.slots(), &mut Tallies::default()).await?.finish())
    }

    /// Hashes every row of every projection, for the reference digests and the row digests.
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn read_rows(&self) -> Result<RowsRead, StoreError> {
        self.read_rows_in(self.slots(), &Projection::ALL).await
    }

    /// The same of any slots; of other projections than `wanted` the digests are those of no rows.
    pub(super) async fn read_rows_in(&self, slots: Slots, wanted: &[Projection]) -> Result<RowsRead, StoreError> {
        let mut tallies = Tallies::default();
        let digester = self.digest_surface(slots, &mut tallies).await?;
        if wanted.contains(&Projection::PrecedentIndex) {
            self.each("digests.policy_evals", POLICY_EVALS, slots.of(Projection::PrecedentIndex), |row| {
                tallies.add(Projection::PrecedentIndex, read_policy_eval(row)?.row_hash());
                Ok(())
            })
            .await?;
        }
        if wanted.contains(&Projection::TraceIndex) {
            self.trace_index(slots.of(Projection::TraceIndex), &mut tallies).await?;
        }
        Ok(RowsRead { digests: digester.finish(), tallies })
    }

    async fn digest_surface(&self, slots: Slots, tallies: &mut Tallies) -> Result<Digester, StoreError> {
        let client = self.client()?;
        client.batch_execute(SETTINGS).await.map_err(StoreError::of("digests.settings"))?;
        let mut digester = Digester::new();
        let graph = slots.of(Projection::ContextGraph);
        self.each("digests.edges", EDGES, graph, |row| {
            digester.edge(&EdgeRow {
                edge_id: borrowed(row, "edge_id")?,
                edge_type: borrowed(row, "edge_type")?,
                from_node_id: borrowed(row, "from_node_id")?,
                to_node_id: borrowed(row, "to_node_id")?,
                trace_id: borrowed(row, "trace_id")?,
                log_seq: field(row, "log_seq")?,
                created_at: borrowed(row, "created_at")?,
            });
            tallies.add(Projection::ContextGraph, hash_edge(row)?);
            Ok(())
        })
        .await?;
        self.each("digests.nodes", NODES, graph, |row| {
            let node = Node {
                key: field::<PgKey>(row, "node_key")?.0,
                node_id: field(row, "node_id")?,
                trace_id: field(row, "trace_id")?,
                log_seq: field(row, "log_seq")?,
                created_at: field(row, "created_at")?,
            };
            digester.node(&node.node_id, &node.trace_id, node.log_seq, &node.created_at);
            tallies.add(Projection::ContextGraph, node.row_hash());
            Ok(())
        })
        .await?;
        self.each("digests.summaries", SUMMARIES, slots.of(Projection::TraceSummary), |row| {
            let summary = read_summary(row)?;
            digester.summary(&summary);
            tallies.add(Projection::TraceSummary, summary.row_hash());
            Ok(())
        })
        .await?;
        self.each("digests.precedents", PRECEDENTS, slots.of(Projection::PrecedentIndex), |row| {
            let precedent = read_precedent(row)?;
            digester.precedent(&precedent);
            tallies.add(Projection::PrecedentIndex, precedent.row_hash());
            Ok(())
        })
        .await?;
        Ok(digester)
    }

    async fn trace_index(&self, slot: i16, tallies: &mut Tallies) -> Result<(), StoreError> {
        self.each("digests.traces", TRACES, slot, |row| {
            tallies.add(Projection::TraceIndex, read_trace(row)?.row_hash());
            Ok(())
        })
        .await?;
        self.each("digests.terms", TERMS, slot, |row| {
            let started: PgMicros = field(row, "started_instant")?;
            let hash = term_hash(borrowed(row, "term")?, started.0, field(row, "first_log_seq")?);
            tallies.add(Projection::TraceIndex, hash);
            Ok(())
        })
        .await?;
        self.each("digests.facts", FACTS, slot, |row| {
            let started: PgMicros = field(row, "started_instant")?;
            let (key, number) = (borrowed(row, "fact_key")?, field(row, "millionths")?);
            let hash = fact_hash(key, number, started.0, field(row, "first_log_seq")?);
            tallies.add(Projection::TraceIndex, hash);
            Ok(())
        })
        .await
    }

    async fn each(
        &self,
        name: &'static str,
        sql: &str,
        slot: i16,
        mut take: impl FnMut(&Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let error = StoreError::of(name);
        let client = self.client()?;
        let statement = client.prepare_cached(sql).await.map_err(error)?;
        let tenant = self.tenant.as_str();
        let params: [&(dyn ToSql + Sync); 2] = [&tenant, &slot];
        let rows = client.query_raw(&statement, params).await.map_err(error)?;
        pin_mut!(rows);
        while let Some(row) = rows.try_next().await.map_err(error)? {
            take(&row)?;
        }
        Ok(())
    }
}

fn hash_edge(row: &Row) -> Result<Hash32, StoreError> {
    let (key, from, to): (PgKey, PgKey, PgKey) =
        (field(row, "edge_key")?, field(row, "from_key")?, field(row, "to_key")?);
    Ok(edge_hash(&EdgeColumns {
        keys: [key.0.as_bytes(), from.0.as_bytes(), to.0.as_bytes()],
        edge_type: borrowed(row, "edge_type")?,
        event_id: borrowed(row, "event_id")?,
        trace_id: borrowed(row, "trace_id")?,
        log_seq: field(row, "log_seq")?,
        created_at: borrowed(row, "created_at")?,
    }))
}

fn read_policy_eval(row: &Row) -> Result<PolicyEval, StoreError> {
    Ok(PolicyEval {
        trace_id: field(row, "trace_id")?,
        policy_id: field(row, "policy_id")?,
        policy_version: field(row, "policy_version")?,
        event_id: field(row, "event_id")?,
        log_seq: field(row, "log_seq")?,
        created_at: field(row, "created_at")?,
    })
}
