//! The layout in rings around the node in the middle.
//!
//! The radius is the distance in steps, the angle goes by the order that lanes have, from twelve o'clock on.

use std::collections::BTreeMap;

use super::{Graph, NODE_WIDTH, Picture, Spot, lanes, paths, sketch::Above};

/// From one ring to the next, when no ring is crowded.
pub(crate) const RING_GAP: f64 = 220.0;
/// Room for a node on its ring.
const ROOM: f64 = NODE_WIDTH + 16.0;

/// Draws a graph in rings.
pub(crate) fn rings(graph: &Graph) -> Picture {
    let distances = paths::distances(graph, &graph.center);
    // What no path leads to stands outside of all rings.
    let outside = distances.values().max().map_or(1, |most| most + 1);
    let mut ringed: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for key in lanes::ordered(graph).into_iter().flatten() {
        ringed.entry(distances.get(key).copied().unwrap_or(outside)).or_default().push(key);
    }
    // One gap for all rings keeps the distance readable; a crowded ring widens all of them.
    let gap = ringed
        .iter()
        .filter(|(distance, _)| **distance > 0)
        .map(|(distance, keys)| keys.len() as f64 * ROOM / (std::f64::consts::TAU * *distance as f64))
        .fold(RING_GAP, f64::max)
        .ceil();
    let spots = ringed.into_iter().flat_map(|(distance, keys)| {
        let count = keys.len() as f64;
        keys.into_iter().enumerate().map(move |(at, key)| {
            let (radius, turn) = (gap * distance as f64, std::f64::consts::TAU * at as f64 / count);
            // Whole units: what a machine's sine differs by in its last digit is not in the picture.
            Spot { key: key.to_owned(), x: whole(radius * turn.sin()), y: whole(-radius * turn.cos()) }
        })
    });
    Picture::new(graph, spots.collect(), Above::Straight)
}

/// Rounded, without a minus before zero.
fn whole(value: f64) -> f64 {
    value.round() + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::tests::graph;

    fn spots(picture: &Picture) -> Vec<(&str, f64, f64)> {
        picture.spots.iter().map(|spot| (spot.key.as_str(), spot.x, spot.y)).collect()
    }

    #[test]
    fn distance_is_the_radius_and_lanes_give_the_angle() {
        let nodes =
            [("trace:a", 1), ("policy:p", 2), ("actor:x", 3), ("entity:e:1", 4), ("input:i", 5), ("trace:b", 6)];
        let edges = [
            ("trace:a", "policy:p", "k"),
            ("actor:x", "trace:a", "k"),
            ("trace:a", "entity:e:1", "k"),
            ("trace:a", "input:i", "k"),
            ("trace:b", "policy:p", "k"),
        ];
        let picture = rings(&graph("trace:a", &nodes, &edges));
        let expected = [
            ("trace:a", 0.0, 0.0),
            ("actor:x", 0.0, -220.0),
            ("input:i", 220.0, 0.0),
            ("policy:p", 0.0, 220.0),
            ("entity:e:1", -220.0, 0.0),
            ("trace:b", 0.0, -440.0),
        ];
        assert_eq!(spots(&picture), expected);
    }

    #[test]
    fn a_crowded_ring_widens_all_and_the_unreached_stand_outside() {
        let names: Vec<String> = (0..12).map(|at| format!("input:{at:02}")).collect();
        let mut nodes: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
        let edges: Vec<(&str, &str, &str)> = names.iter().map(|name| ("trace:a", name.as_str(), "k")).collect();
        nodes.extend([("trace:a", 1), ("trace:alone", 2)]);
        let picture = rings(&graph("trace:a", &nodes, &edges));
        let at = |key: &str| picture.spots.iter().find(|spot| spot.key == key).map(|spot| (spot.x, spot.y));
        assert_eq!(at("input:00"), Some((0.0, -352.0)));
        assert_eq!(at("trace:alone"), Some((0.0, -704.0)));
        let reversed = Graph { nodes: nodes_back(&picture, &nodes), ..graph("trace:a", &nodes, &edges) };
        assert_eq!(rings(&Graph::new(reversed.center, reversed.nodes, reversed.edges)), picture);
    }

    fn nodes_back(_: &Picture, nodes: &[(&str, i64)]) -> Vec<crate::graph::Node> {
        let node = |(key, log_seq): &(&str, i64)| crate::graph::Node {
            key: (*key).to_owned(),
            log_seq: *log_seq,
            ghost: false,
        };
        nodes.iter().rev().map(node).collect()
    }
}
