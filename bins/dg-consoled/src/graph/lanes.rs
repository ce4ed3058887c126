//! The layout in columns, one for each kind of node.
//!
//! Traces stand in their column with the one in the middle first, then by position in the log. The other columns are
//! ordered by the barycentre of their neighbours: two passes down (from the left) and up (from the right), ties by node id.

use std::{cmp::Ordering, collections::BTreeMap};

use super::{Graph, KINDS, Node, Picture, Spot, lane_of, sketch::Above};

/// From one column to the next.
pub(crate) const COLUMN_GAP: f64 = 220.0;
/// From one row to the next.
pub(crate) const ROW_GAP: f64 = 64.0;

const PASSES: usize = 2;

/// Draws a graph in lanes.
pub(crate) fn lanes(graph: &Graph) -> Picture {
    let mut spots = Vec::with_capacity(graph.nodes.len());
    for (lane, keys) in ordered(graph).into_iter().enumerate() {
        for (row, key) in keys.into_iter().enumerate() {
            spots.push(Spot { key: key.to_owned(), x: lane as f64 * COLUMN_GAP, y: row as f64 * ROW_GAP });
        }
    }
    Picture::new(graph, spots, Above::Around)
}

/// The keys of each lane, from the top.
pub(super) fn ordered(graph: &Graph) -> Vec<Vec<&str>> {
    let mut columns: Vec<Vec<&Node>> = vec![Vec::new(); KINDS.len() + 1];
    for node in &graph.nodes {
        columns[lane_of(node.kind())].push(node);
    }
    let trace = lane_of("trace");
    columns[trace].sort_by_key(|node| (node.key != graph.center, node.log_seq, node.key.as_str()));
    let mut columns: Vec<Vec<&str>> =
        columns.into_iter().map(|nodes| nodes.into_iter().map(|node| node.key.as_str()).collect()).collect();
    let beside = graph.neighbours();
    for _ in 0..PASSES {
        let rightwards: Vec<usize> = (1..columns.len()).collect();
        let leftwards: Vec<usize> = (0..columns.len() - 1).rev().collect();
        for (order, from_left) in [(rightwards, true), (leftwards, false)] {
            for lane in order.into_iter().filter(|lane| *lane != trace) {
                let seen = if from_left { 0..lane } else { lane + 1..columns.len() };
                let rows: BTreeMap<&str, i64> =
                    columns[seen].iter().flat_map(|keys| keys.iter().copied().zip(0..)).collect();
                let mut weighed: Vec<(Barycentre, &str)> = columns[lane]
                    .iter()
                    .copied()
                    .zip(0..)
                    .map(|(key, row)| {
                        let near = beside.get(key).into_iter().flatten().filter_map(|other| rows.get(other));
                        (Barycentre::of(near, row), key)
                    })
                    .collect();
                weighed.sort_by(|(a, first), (b, second)| a.compare(b).then_with(|| first.cmp(second)));
                columns[lane] = weighed.into_iter().map(|(_, key)| key).collect();
            }
        }
    }
    columns
}

/// A mean row, exact: two of them compare the same on every machine.
#[derive(Clone, Copy)]
struct Barycentre {
    sum: i64,
    count: i64,
}

impl Barycentre {
    /// Of the neighbours' rows; a node without any keeps its own.
    fn of<'r>(rows: impl Iterator<Item = &'r i64>, own: i64) -> Self {
        let (sum, count) = rows.fold((0, 0), |(sum, count), row| (sum + row, count + 1));
        if count == 0 { Self { sum: own, count: 1 } } else { Self { sum, count } }
    }

    fn compare(&self, other: &Self) -> Ordering {
        (self.sum * other.count).cmp(&(other.sum * self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::tests::graph;

    fn spots(picture: &Picture) -> Vec<(&str, f64, f64)> {
        picture.spots.iter().map(|spot| (spot.key.as_str(), spot.x, spot.y)).collect()
    }

    #[test]
    fn each_kind_has_its_column_and_the_middle_comes_first() {
        let nodes = [
            ("actor:system:bot", 1),
            ("trace:b", 9),
            ("trace:z", 4),
            ("trace:m", 20),
            ("policy:cap:1", 5),
            ("exception:x", 6),
            ("action:a", 7),
            ("entity:order:1", 1),
            ("input:i", 2),
            ("strange", 3),
        ];
        let picture = lanes(&graph("trace:m", &nodes, &[]));
        let expected = [
            ("actor:system:bot", 0.0, 0.0),
            ("input:i", 220.0, 0.0),
            ("trace:m", 440.0, 0.0),
            ("trace:z", 440.0, 64.0),
            ("trace:b", 440.0, 128.0),
            ("policy:cap:1", 660.0, 0.0),
            ("exception:x", 880.0, 0.0),
            ("action:a", 1100.0, 0.0),
            ("entity:order:1", 1320.0, 0.0),
            ("strange", 1540.0, 0.0),
        ];
        assert_eq!(spots(&picture), expected);
    }

    #[test]
    fn columns_follow_their_neighbours_and_ties_go_by_id() {
        let nodes = [("trace:a", 1), ("trace:b", 2), ("trace:c", 3), ("policy:x", 4), ("policy:y", 5), ("policy:z", 6)];
        // x hangs on the last trace, z on the first, y on the first too.
        let edges = [("trace:c", "policy:x", "e"), ("trace:a", "policy:z", "e"), ("trace:a", "policy:y", "e")];
        let picture = lanes(&graph("trace:a", &nodes, &edges));
        let policies: Vec<_> = spots(&picture).into_iter().filter(|(key, ..)| key.starts_with("policy")).collect();
        assert_eq!(policies, [("policy:y", 660.0, 0.0), ("policy:z", 660.0, 64.0), ("policy:x", 660.0, 128.0)]);
    }

    #[test]
    fn the_order_of_the_data_does_not_matter() {
        let mut nodes = vec![("trace:a", 1), ("trace:b", 2), ("policy:x", 3), ("policy:y", 4), ("entity:e:1", 5)];
        let mut edges = vec![
            ("trace:a", "policy:y", "p"),
            ("trace:b", "policy:x", "p"),
            ("trace:a", "entity:e:1", "e"),
            ("trace:b", "entity:e:1", "e"),
        ];
        let first = lanes(&Graph::new("trace:a".to_owned(), named(&nodes), tied(&edges)));
        for _ in 0..nodes.len() {
            nodes.rotate_left(1);
            edges.rotate_left(1);
            assert_eq!(lanes(&Graph::new("trace:a".to_owned(), named(&nodes), tied(&edges))), first);
        }
        nodes.reverse();
        edges.reverse();
        assert_eq!(lanes(&Graph::new("trace:a".to_owned(), named(&nodes), tied(&edges))), first);
    }

    fn named(nodes: &[(&str, i64)]) -> Vec<Node> {
        nodes.iter().map(|(key, log_seq)| Node { key: (*key).to_owned(), log_seq: *log_seq, ghost: false }).collect()
    }

    fn tied(edges: &[(&str, &str, &str)]) -> Vec<crate::graph::Edge> {
        let edge = |(from, to, kind): &(&str, &str, &str)| crate::graph::Edge {
            from: (*from).to_owned(),
            to: (*to).to_owned(),
            kind: (*kind).to_owned(),
            id: format!("{kind}:{from}:{to}"),
        };
        edges.iter().map(edge).collect()
    }
}
