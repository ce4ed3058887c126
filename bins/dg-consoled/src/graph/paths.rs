//! Steps between nodes, in either direction of the edges.

use std::collections::{BTreeMap, VecDeque};

use super::Graph;

/// How many steps each node is away from `start`; nodes that no path leads to are absent.
pub(super) fn distances<'g>(graph: &'g Graph, start: &str) -> BTreeMap<&'g str, usize> {
    walk(graph, start).into_iter().map(|(key, (distance, _))| (key, distance)).collect()
}

/// The keys from `start` to `end`, both included; of several shortest paths the one whose keys come first. None where no path
/// leads there.
pub(crate) fn shortest(graph: &Graph, start: &str, end: &str) -> Option<Vec<String>> {
    let walked = walk(graph, start);
    let mut path = Vec::new();
    let mut at = walked.get_key_value(end).map(|(key, _)| *key);
    while let Some(key) = at {
        path.push(key.to_owned());
        at = walked.get(key).and_then(|(_, before)| *before);
    }
    path.reverse();
    (!path.is_empty()).then_some(path)
}

/// Breadth first: distance, and the node before. Neighbours are visited by key.
fn walk<'g>(graph: &'g Graph, start: &str) -> BTreeMap<&'g str, (usize, Option<&'g str>)> {
    let beside = graph.neighbours();
    let mut reached = BTreeMap::new();
    let mut waiting = VecDeque::new();
    if let Some(node) = graph.nodes.iter().find(|node| node.key == start) {
        reached.insert(node.key.as_str(), (0, None));
        waiting.push_back(node.key.as_str());
    }
    while let Some(key) = waiting.pop_front() {
        let distance = reached.get(key).map_or(0, |(distance, _)| *distance);
        for other in beside.get(key).into_iter().flatten() {
            if !reached.contains_key(other) {
                reached.insert(*other, (distance + 1, Some(key)));
                waiting.push_back(*other);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::tests::graph;

    #[test]
    fn the_shortest_path_goes_either_way_and_is_always_the_same() {
        let nodes = [("trace:a", 1), ("trace:b", 2), ("entity:e:1", 3), ("policy:p", 4), ("trace:c", 5)];
        let edges = [
            ("trace:a", "policy:p", "k"),
            ("trace:b", "policy:p", "k"),
            ("trace:a", "entity:e:1", "k"),
            ("trace:b", "entity:e:1", "k"),
        ];
        let graph = graph("trace:a", &nodes, &edges);
        assert_eq!(shortest(&graph, "trace:a", "trace:b").unwrap(), ["trace:a", "entity:e:1", "trace:b"]);
        assert_eq!(shortest(&graph, "trace:a", "trace:a").unwrap(), ["trace:a"]);
        assert_eq!(shortest(&graph, "trace:a", "trace:c"), None);
        assert_eq!(shortest(&graph, "trace:none", "trace:a"), None);
    }
}
