//! The walk from a node outwards: breadth first, both directions, with hard caps (semantics, section 12.4).
//!
//! The walk says which nodes' edges it needs, the shell fetches them in `edge_id` order, and the walk decides which of them
//! count. So the caps are honoured exactly, whatever stores the edges.

use std::collections::{BTreeMap, BTreeSet};

use crate::context_graph::node_type;

/// How far a walk goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkLimits {
    /// Levels from the centre, 0 to 10.
    pub max_depth: u32,
    /// Nodes, the centre included, above 0.
    pub max_nodes: usize,
    /// Edges, above 0.
    pub max_edges: usize,
    /// Node types that may be added; the centre stays whatever its type. `None` allows all.
    pub node_types: Option<BTreeSet<String>>,
}

/// An edge that the walk met.
pub trait WalkedEdge {
    /// The edge's id, the order within a level.
    fn edge_id(&self) -> &str;
    /// Where it starts.
    fn start(&self) -> &str;
    /// Where it ends.
    fn end(&self) -> &str;
}

/// A walk under way.
#[derive(Debug)]
pub struct Walk<E> {
    limits: WalkLimits,
    depth: u32,
    frontier: BTreeSet<String>,
    nodes: BTreeSet<String>,
    edges: BTreeMap<String, E>,
    truncated: bool,
}

impl<E: WalkedEdge> Walk<E> {
    /// Starts at `centre`, a full node id.
    #[must_use]
    pub fn new(centre: String, limits: WalkLimits) -> Self {
        let nodes = BTreeSet::from([centre]);
        Self { limits, depth: 0, frontier: nodes.clone(), nodes, edges: BTreeMap::new(), truncated: false }
    }

    /// The nodes whose edges are needed next, or `None` at the end.
    #[must_use]
    pub fn frontier(&self) -> Option<&BTreeSet<String>> {
        let goes_on = !self.frontier.is_empty() && !self.truncated && self.depth < self.limits.max_depth;
        goes_on.then_some(&self.frontier)
    }

    /// More edges of one level than this cannot matter.
    #[must_use]
    pub fn edges_needed(&self) -> usize {
        self.limits.max_edges.saturating_add(1)
    }

    /// Takes all edges that touch the frontier, in `edge_id` order (or the first [`Self::edges_needed`] of them).
    pub fn take_level(&mut self, edges: impl IntoIterator<Item = E>) {
        let mut next = BTreeSet::new();
        for edge in edges {
            if self.edges.contains_key(edge.edge_id()) {
                continue;
            }
            if self.edges.len() >= self.limits.max_edges {
                self.truncated = true;
                break;
            }
            let fits = [edge.start(), edge.end()].into_iter().all(|node_id| self.meet(node_id, &mut next));
            // An edge stays even if its far end was filtered out or fell over the cap.
            self.edges.insert(edge.edge_id().to_owned(), edge);
            if !fits {
                self.truncated = true;
                break;
            }
        }
        self.frontier = next;
        self.depth += 1;
    }

    /// Whether there was room for the node, or none was needed.
    fn meet(&mut self, node_id: &str, next: &mut BTreeSet<String>) -> bool {
        let unwanted = self.limits.node_types.as_ref().is_some_and(|wanted| !wanted.contains(node_type(node_id)));
        if self.nodes.contains(node_id) || unwanted {
            return true;
        }
        if self.nodes.len() >= self.limits.max_nodes {
            return false;
        }
        self.nodes.insert(node_id.to_owned());
        next.insert(node_id.to_owned());
        true
    }

    /// The node ids met, the edges by id, and whether something more was wanted.
    #[must_use]
    pub fn finish(self) -> (BTreeSet<String>, Vec<E>, bool) {
        (self.nodes, self.edges.into_values().collect(), self.truncated)
    }
}
