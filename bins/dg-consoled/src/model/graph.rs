//! What is connected to what.

use std::collections::BTreeMap;

use dg_domain::{Micros, TenantId};

use super::{Panel, TraceRow};
use crate::{
    graph::{Graph, Picture, kind_of, lanes, rings, shortest},
    place::{GraphAsk, Layout},
};

/// The graph screen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GraphPage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// Which part, and how.
    pub(crate) ask: GraphAsk,
    /// Traces to begin with, where no node is named.
    pub(crate) begin: Panel<Vec<TraceRow>>,
    /// The graph around the named node.
    pub(crate) content: Panel<GraphView>,
}

/// A part of the graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GraphView {
    /// All that was read.
    pub(crate) read: Graph,
    /// Those of it that are shown.
    pub(crate) shown: Graph,
    /// Them drawn.
    pub(crate) picture: Picture,
    /// What is known of each node.
    pub(crate) nodes: BTreeMap<String, NodeFacts>,
    /// What is known of each edge, by its id.
    pub(crate) edges: BTreeMap<String, EdgeFacts>,
    /// The service cut something off.
    pub(crate) truncated: bool,
    /// The asked path; inside, none where nothing that is shown leads there.
    pub(crate) path: Option<Option<Vec<String>>>,
}

/// What is known of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeFacts {
    /// Its attributes, laid out.
    pub(crate) attrs: String,
    /// The event that made it.
    pub(crate) source: Origin,
}

/// What is known of an edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EdgeFacts {
    /// Its attributes, laid out.
    pub(crate) attrs: String,
    /// The event that made it.
    pub(crate) source: Origin,
    /// Whether that event approved or rejected, as it says.
    pub(crate) decision: Option<String>,
}

/// The event behind a node or an edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Its position in the log.
    pub(crate) log_seq: i64,
    /// Its trace.
    pub(crate) trace_id: Option<String>,
    /// When it happened.
    pub(crate) at: Option<Micros>,
}

impl GraphView {
    /// What is shown of what was read.
    pub(crate) fn of(
        read: Graph,
        nodes: BTreeMap<String, NodeFacts>,
        edges: BTreeMap<String, EdgeFacts>,
        truncated: bool,
        ask: &GraphAsk,
    ) -> Self {
        let shown = read.only(&ask.kinds, &ask.edges);
        let picture = match ask.layout {
            Layout::Lanes => lanes(&shown),
            Layout::Rings => rings(&shown),
        };
        let ends = ask.looked_at().zip(ask.path_to.as_deref());
        let path = ends.map(|(start, end)| shortest(&shown, start, end));
        Self { read, shown, picture, nodes, edges, truncated, path }
    }

    /// `12 nodes, 14 edges, centre trace refund-17`.
    pub(crate) fn summary(&self) -> String {
        let counted = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        let center = self.shown.center.replacen(':', " ", 1);
        let (nodes, edges) = (counted(self.shown.nodes.len(), "node"), counted(self.shown.edges.len(), "edge"));
        format!("{nodes}, {edges}, centre {center}")
    }

    /// The kinds of nodes that were read, with how many.
    pub(crate) fn node_kinds(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for node in &self.read.nodes {
            *counts.entry(kind_of(&node.key)).or_default() += 1;
        }
        counts
    }

    /// The types of edges that were read, with how many.
    pub(crate) fn edge_kinds(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for edge in &self.read.edges {
            *counts.entry(edge.kind.as_str()).or_default() += 1;
        }
        counts
    }

    /// Whether an edge between these nodes is a step of the asked path.
    pub(crate) fn is_on_path(&self, from: &str, to: &str) -> bool {
        let Some(Some(path)) = &self.path else { return false };
        path.windows(2).any(|step| (step[0] == from && step[1] == to) || (step[0] == to && step[1] == from))
    }
}
