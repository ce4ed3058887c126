//! The context graph.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The node a neighbourhood was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Center {
    /// Id without its type.
    pub node_id: String,
    /// Its type.
    pub node_type: String,
}

/// A node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Node {
    /// What is known of it.
    pub attrs: Box<RawValue>,
    /// When the event that made it occurred, as the producer wrote it.
    #[serde(default)]
    pub created_at: Option<String>,
    /// Position of that event.
    pub log_seq: i64,
    /// Key: type, colon, id.
    pub node_id: String,
    /// Its type.
    pub node_type: String,
    /// Trace of that event.
    #[serde(default)]
    pub trace_id: Option<String>,
}

/// A directed edge.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Edge {
    /// What is known of it.
    pub attrs: Box<RawValue>,
    /// When the event that made it occurred.
    #[serde(default)]
    pub created_at: Option<String>,
    /// Its key.
    pub edge_id: String,
    /// Its type.
    pub edge_type: String,
    /// Key of the node it begins at.
    pub from_node_id: String,
    /// Position of the event that made it.
    pub log_seq: i64,
    /// Key of the node it ends at.
    pub to_node_id: String,
    /// Trace of that event.
    #[serde(default)]
    pub trace_id: Option<String>,
}

/// A neighbourhood.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subgraph {
    /// What was asked for.
    pub center: Center,
    /// By edge id; an end may lie outside of `nodes`.
    pub edges: Vec<Edge>,
    /// By key.
    pub nodes: Vec<Node>,
    /// Whether a limit cut something off.
    pub truncated: bool,
}
