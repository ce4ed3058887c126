//! The context graph: a walk outwards from a node, and a node's edges page by page (semantics, 12.4 and 12.5).

use dg_domain::keys;
use dg_projections::{Projection, Walk, WalkLimits, WalkedEdge};
use tokio_postgres::Row;

use super::snapshot::Snapshot;
use crate::{error::StoreError, values::PgKey};

const LEVEL_EDGES: &str = include_str!("../../../../sql/queries/graph/level_edges.sql");
const NODES: &str = include_str!("../../../../sql/queries/graph/nodes.sql");
const NODE_EDGES: &str = include_str!("../../../../sql/queries/graph/node_edges.sql");
const EDGE_POSITION: &str = include_str!("../../../../sql/queries/graph/edge_position.sql");

/// A node as it is kept; its `attrs` are always empty.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields carry the names of the contract, semantics section 10.2")]
pub struct NodeRecord {
    pub node_id: String,
    pub trace_id: String,
    pub log_seq: i64,
    pub created_at: String,
}

/// An edge with its ids spelled out; its `attrs` are always empty.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields carry the names of the contract, semantics section 10.2")]
pub struct EdgeRecord {
    pub edge_id: String,
    pub edge_type: String,
    pub from_node_id: String,
    pub to_node_id: String,
    pub trace_id: String,
    pub log_seq: i64,
    pub created_at: String,
}

impl WalkedEdge for EdgeRecord {
    fn edge_id(&self) -> &str {
        &self.edge_id
    }

    fn start(&self) -> &str {
        &self.from_node_id
    }

    fn end(&self) -> &str {
        &self.to_node_id
    }
}

/// The neighbourhood of a node. Edges may point at nodes that were filtered out or fell over a cap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subgraph {
    /// By `node_id`; empty when the centre is unknown.
    pub nodes: Vec<NodeRecord>,
    /// By `edge_id`.
    pub edges: Vec<EdgeRecord>,
    /// Whether something more was wanted than the caps allow.
    pub truncated: bool,
}

/// Which edges of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Edges that end at the node.
    Incoming,
    /// Edges that start at the node.
    Outgoing,
    /// Either; a self loop once.
    Both,
}

/// The end of a page: strictly after this edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeCursor {
    /// The edge's id.
    pub edge_id: String,
    /// Its position; looked up when absent.
    pub log_seq: Option<i64>,
}

impl Snapshot {
    /// Walks outwards from a full node id. `edge_types` of `None` follows all.
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn subgraph(
        &self,
        centre: &str,
        limits: WalkLimits,
        edge_types: Option<&[String]>,
    ) -> Result<Subgraph, StoreError> {
        let tenant = self.tenant.as_str();
        let slot = self.slot(Projection::ContextGraph);
        let mut walk = Walk::new(centre.to_owned(), limits);
        let needed = i64::try_from(walk.edges_needed()).unwrap_or(i64::MAX);
        while let Some(frontier) = walk.frontier() {
            let keys = node_keys(frontier);
            let rows = self
                .query("graph.level_edges", LEVEL_EDGES, &[&tenant, &slot, &keys, &edge_types, &needed, &self.until])
                .await?;
            let edges: Vec<EdgeRecord> = rows.iter().map(read_edge).collect::<Result<_, _>>()?;
            walk.take_level(edges);
        }
        let (node_ids, edges, truncated) = walk.finish();
        let rows = self.query("graph.nodes", NODES, &[&tenant, &slot, &node_keys(&node_ids), &self.until]).await?;
        let nodes = rows.iter().map(read_node).collect::<Result<_, _>>()?;
        Ok(Subgraph { nodes, edges, truncated })
    }

    /// At most `limit` edges of a node by position, then id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the cursor names no edge and no position, or as [`crate::Store::ping`].
    pub async fn node_edges(
        &self,
        node_id: &str,
        direction: Direction,
        after: Option<&EdgeCursor>,
        limit: i64,
    ) -> Result<Vec<EdgeRecord>, StoreError> {
        let tenant = self.tenant.as_str();
        let slot = self.slot(Projection::ContextGraph);
        let (log_seq, edge_id) = match after {
            None => (0, ""),
            Some(EdgeCursor { edge_id, log_seq: Some(log_seq) }) => (*log_seq, edge_id.as_str()),
            Some(EdgeCursor { edge_id, log_seq: None }) => {
                let key = PgKey(keys::text_key(edge_id));
                let rows =
                    self.query("graph.edge_position", EDGE_POSITION, &[&tenant, &slot, &key, &self.until]).await?;
                let row = rows.first().ok_or(StoreError::NotFound { what: "cursor edge" })?;
                (row.try_get(0).map_err(StoreError::of("graph.edge_position"))?, edge_id.as_str())
            }
        };
        let (outgoing, incoming) = (direction != Direction::Incoming, direction != Direction::Outgoing);
        let key = PgKey(keys::text_key(node_id));
        let rows = self
            .query(
                "graph.node_edges",
                NODE_EDGES,
                &[&tenant, &slot, &key, &outgoing, &incoming, &log_seq, &edge_id, &limit, &self.until],
            )
            .await?;
        rows.iter().map(read_edge).collect()
    }
}

fn node_keys<'i>(ids: impl IntoIterator<Item = &'i String>) -> Vec<PgKey> {
    ids.into_iter().map(|id| keys::text_key(id)).map(PgKey).collect::<Vec<_>>()
}

pub(super) fn read_node(row: &Row) -> Result<NodeRecord, StoreError> {
    let read = || -> Result<NodeRecord, tokio_postgres::Error> {
        Ok(NodeRecord {
            node_id: row.try_get("node_id")?,
            trace_id: row.try_get("trace_id")?,
            log_seq: row.try_get("log_seq")?,
            created_at: row.try_get("created_at")?,
        })
    };
    read().map_err(StoreError::of("graph.nodes"))
}

fn read_edge(row: &Row) -> Result<EdgeRecord, StoreError> {
    let read = || -> Result<EdgeRecord, tokio_postgres::Error> {
        Ok(EdgeRecord {
            edge_id: row.try_get("edge_id")?,
            edge_type: row.try_get("edge_type")?,
            from_node_id: row.try_get("from_node_id")?,
            to_node_id: row.try_get("to_node_id")?,
            trace_id: row.try_get("trace_id")?,
            log_seq: row.try_get("log_seq")?,
            created_at: row.try_get("created_at")?,
        })
    };
    read().map_err(StoreError::of("graph.edges"))
}
