//! The picture of a graph: where nodes stand and how edges run, as plain functions of the data.
//!
//! Same data, same picture, in whatever order the data came. Nothing here knows HTML or fetches.

mod lanes;
mod paths;
mod rings;
mod sketch;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use lanes::lanes;
pub(crate) use paths::shortest;
pub(crate) use rings::rings;
pub(crate) use sketch::{Curve, Picture, Spot};

/// Width of a node's box, in the units of a picture.
pub(crate) const NODE_WIDTH: f64 = 168.0;
/// Height of a node's box.
pub(crate) const NODE_HEIGHT: f64 = 44.0;

/// The columns of lanes, from left to right.
pub(crate) const KINDS: [&str; 7] = ["actor", "input", "trace", "policy", "exception", "action", "entity"];

/// What is drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Graph {
    /// Key of the node in the middle.
    pub(crate) center: String,
    /// By key, each once.
    pub(crate) nodes: Vec<Node>,
    /// By ends and kind.
    pub(crate) edges: Vec<Edge>,
}

/// A node of a picture.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Node {
    /// Type, colon, id.
    pub(crate) key: String,
    /// Position in the log of the event that made it; 0 where that is not known.
    pub(crate) log_seq: i64,
    /// An edge names it and nothing else is known of it.
    pub(crate) ghost: bool,
}

/// A directed edge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    /// Key of the node it begins at.
    pub(crate) from: String,
    /// Key of the node it ends at.
    pub(crate) to: String,
    /// Its type.
    pub(crate) kind: String,
    /// Tells edges between the same ends apart.
    pub(crate) id: String,
}

impl Node {
    /// The type of the node.
    pub(crate) fn kind(&self) -> &str {
        kind_of(&self.key)
    }
}

/// The type in a key.
pub(crate) fn kind_of(key: &str) -> &str {
    key.split_once(':').map_or(key, |(kind, _)| kind)
}

/// The id in a key.
pub(crate) fn id_of(key: &str) -> &str {
    key.split_once(':').map_or("", |(_, id)| id)
}

/// The lane of a kind; unknown kinds share the last one.
pub(crate) fn lane_of(kind: &str) -> usize {
    KINDS.iter().position(|known| *known == kind).unwrap_or(KINDS.len())
}

impl Graph {
    /// In a fixed order, and with a ghost for each end that is not among the nodes.
    pub(crate) fn new(center: String, nodes: Vec<Node>, mut edges: Vec<Edge>) -> Self {
        let mut by_key: BTreeMap<String, Node> = nodes.into_iter().map(|node| (node.key.clone(), node)).collect();
        edges.sort_unstable();
        edges.dedup();
        let ends: BTreeSet<&String> = edges.iter().flat_map(|edge| [&edge.from, &edge.to]).collect();
        for key in ends {
            by_key.entry(key.clone()).or_insert_with(|| Node { key: key.clone(), log_seq: 0, ghost: true });
        }
        Self { center, nodes: by_key.into_values().collect(), edges }
    }

    /// Only the nodes and edges of these kinds, where none named are all. The node in the middle always stays; a ghost goes with its
    /// last edge.
    pub(crate) fn only(&self, node_kinds: &[String], edge_kinds: &[String]) -> Self {
        let among = |kinds: &[String], kind: &str| kinds.is_empty() || kinds.iter().any(|one| one == kind);
        let seen = |key: &str| key == self.center || among(node_kinds, kind_of(key));
        let fits = |edge: &&Edge| seen(&edge.from) && seen(&edge.to) && among(edge_kinds, &edge.kind);
        let edges: Vec<Edge> = self.edges.iter().filter(fits).cloned().collect();
        let ends: BTreeSet<&str> = edges.iter().flat_map(|edge| [edge.from.as_str(), edge.to.as_str()]).collect();
        let stays = |node: &&Node| seen(&node.key) && (!node.ghost || ends.contains(node.key.as_str()));
        let nodes = self.nodes.iter().filter(stays).cloned().collect();
        Self { center: self.center.clone(), nodes, edges }
    }

    /// The nodes beside each node, in either direction.
    fn neighbours(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut beside: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for edge in self.edges.iter().filter(|edge| edge.from != edge.to) {
            beside.entry(&edge.from).or_default().insert(&edge.to);
            beside.entry(&edge.to).or_default().insert(&edge.from);
        }
        beside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph from `key@log_seq` and `from>to:kind`.
    pub(super) fn graph(center: &str, nodes: &[(&str, i64)], edges: &[(&str, &str, &str)]) -> Graph {
        let nodes = nodes.iter().map(|(key, log_seq)| Node { key: (*key).to_owned(), log_seq: *log_seq, ghost: false });
        let edges = edges.iter().enumerate().map(|(at, (from, to, kind))| Edge {
            from: (*from).to_owned(),
            to: (*to).to_owned(),
            kind: (*kind).to_owned(),
            id: at.to_string(),
        });
        Graph::new(center.to_owned(), nodes.collect(), edges.collect())
    }

    #[test]
    fn ends_without_a_node_are_ghosts() {
        let graph = graph("trace:t", &[("trace:t", 1)], &[("trace:t", "trace:u", "trace_cited_precedent")]);
        let told: Vec<(&str, bool)> = graph.nodes.iter().map(|node| (node.key.as_str(), node.ghost)).collect();
        assert_eq!(told, [("trace:t", false), ("trace:u", true)]);
    }

    #[test]
    fn kinds_that_are_not_shown_take_their_edges_and_ghosts_along() {
        let edges = [
            ("trace:t", "policy:p:1", "trace_evaluated_policy"),
            ("trace:t", "trace:u", "trace_cited_precedent"),
            ("action:a", "entity:e:1", "action_targets_entity"),
        ];
        let graph = graph("trace:t", &[("trace:t", 1), ("policy:p:1", 2), ("action:a", 3)], &edges);
        let keys = |graph: &Graph| graph.nodes.iter().map(|node| node.key.clone()).collect::<Vec<_>>();
        let left = graph.only(&["action".to_owned(), "entity".to_owned()], &[]);
        assert_eq!(keys(&left), ["action:a", "entity:e:1", "trace:t"], "the middle stays");
        assert_eq!(left.edges.len(), 1);
        let left = graph.only(&[], &["trace_evaluated_policy".to_owned(), "trace_cited_precedent".to_owned()]);
        assert_eq!(keys(&left), ["action:a", "policy:p:1", "trace:t", "trace:u"]);
        assert_eq!(graph.only(&[], &[]), graph);
    }
}
