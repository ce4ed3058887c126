//! Reading the context graph.

use serde::{Deserialize, Serialize};

use super::Params;
use crate::{Client, ClientError, Edge, Fresh, Subgraph};

/// Limits and filters of a neighbourhood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphQuery {
    /// 0 to 10; the service takes 1 without it.
    pub max_depth: Option<u32>,
    /// Nodes to answer at most.
    pub max_nodes: Option<u32>,
    /// Edges to answer at most.
    pub max_edges: Option<u32>,
    /// Only edges of these types; empty for all.
    pub edge_types: Vec<String>,
    /// Only nodes of these types; empty for all.
    pub node_types: Vec<String>,
}

/// Which end of an edge the node is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Either end.
    #[default]
    Both,
    /// Edges that end at the node.
    Incoming,
    /// Edges that begin at the node.
    Outgoing,
}

/// Where a page of edges ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeCursor {
    /// Direction the page was read in.
    #[serde(default)]
    pub direction: Direction,
    /// Key of the last edge.
    pub edge_key: String,
    /// Its position in the log.
    #[serde(default)]
    pub log_seq: Option<i64>,
}

/// Which edges of a node to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EdgeQuery {
    /// Which end the node is.
    pub direction: Direction,
    /// 1 to 10,000; the service takes 100 without it.
    pub limit: Option<u32>,
    /// Continue after the page that gave this cursor.
    pub cursor: Option<EdgeCursor>,
}

/// A page of a node's edges, by position in the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EdgePage {
    /// Oldest first.
    pub edges: Vec<Edge>,
    /// For the next page; none at the end.
    #[serde(default)]
    pub next_cursor: Option<EdgeCursor>,
}

impl Client {
    /// The neighbourhood of a node. An unknown node gives an empty one.
    ///
    /// # Errors
    /// The service's refusals, for example `projection_out_of_date`.
    pub async fn graph(
        &self,
        node_type: &str,
        node_id: &str,
        query: &GraphQuery,
    ) -> Result<Fresh<Subgraph>, ClientError> {
        let params = Params::default()
            .set("node_type", Some(node_type))
            .set("node_id", Some(node_id))
            .set("max_depth", query.max_depth)
            .set("max_nodes", query.max_nodes)
            .set("max_edges", query.max_edges)
            .each("edge_types", &query.edge_types)
            .each("node_types", &query.node_types);
        self.get_fresh("/graph/context".to_owned(), params.0).await
    }

    /// One page of a node's edges.
    ///
    /// # Errors
    /// The service's refusals, for example `invalid_argument` for a cursor of another direction.
    pub async fn edges(
        &self,
        node_type: &str,
        node_id: &str,
        query: &EdgeQuery,
    ) -> Result<Fresh<EdgePage>, ClientError> {
        let direction = match query.direction {
            Direction::Both => "both",
            Direction::Incoming => "incoming",
            Direction::Outgoing => "outgoing",
        };
        let cursor = query.cursor.as_ref();
        let params = Params::default()
            .set("node_type", Some(node_type))
            .set("node_id", Some(node_id))
            .set("direction", Some(direction))
            .set("limit", query.limit)
            .set("cursor_edge_key", cursor.map(|cursor| cursor.edge_key.as_str()))
            .set("cursor_log_seq", cursor.and_then(|cursor| cursor.log_seq));
        self.get_fresh("/graph/edges".to_owned(), params.0).await
    }
}
