//! Spots and curves of a picture.

use std::collections::BTreeMap;

use super::{Graph, NODE_HEIGHT, NODE_WIDTH};

/// A drawn graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Picture {
    /// Where each node's box has its middle.
    pub(crate) spots: Vec<Spot>,
    /// One for all edges with the same ends.
    pub(crate) curves: Vec<Curve>,
}

/// Where a node stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spot {
    /// Which node.
    pub(crate) key: String,
    /// The middle of its box.
    pub(crate) x: f64,
    /// Downwards.
    pub(crate) y: f64,
}

/// How edges with the same ends run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve {
    /// Where they begin.
    pub(crate) from: String,
    /// Where they end.
    pub(crate) to: String,
    /// The types of the edges, each once.
    pub(crate) kinds: Vec<String>,
    /// How many edges.
    pub(crate) count: usize,
    /// A cubic curve, as the `d` of a path.
    pub(crate) path: String,
    /// Where words can stand on it: halfway, or as near to that as no box is.
    pub(crate) label: (f64, f64),
}

/// How an edge runs between boxes that stand above each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Above {
    /// Around on the right: others stand between them.
    Around,
    /// From one to the other.
    Straight,
}

impl Picture {
    /// Runs the edges between the spots.
    pub(super) fn new(graph: &Graph, spots: Vec<Spot>, above: Above) -> Self {
        let at: BTreeMap<&str, (f64, f64)> = spots.iter().map(|spot| (spot.key.as_str(), (spot.x, spot.y))).collect();
        let mut bundles: BTreeMap<(&str, &str), (usize, Vec<&str>)> = BTreeMap::new();
        for edge in &graph.edges {
            let (count, kinds) = bundles.entry((&edge.from, &edge.to)).or_default();
            *count += 1;
            if !kinds.contains(&edge.kind.as_str()) {
                kinds.push(&edge.kind);
            }
        }
        let free = |(x, y): (f64, f64)| {
            !spots
                .iter()
                .any(|spot| (x - spot.x).abs() < NODE_WIDTH / 2.0 && (y - spot.y).abs() < NODE_HEIGHT / 2.0 + 8.0)
        };
        let curves = bundles.into_iter().filter_map(|((from, to), (count, kinds))| {
            let bend = Bend::between(*at.get(from)?, *at.get(to)?, above);
            let kinds = kinds.into_iter().map(str::to_owned).collect();
            let label = LABELS.into_iter().map(|part| bend.at(part)).find(|at| free(*at)).unwrap_or(bend.at(0.5));
            Some(Curve { from: from.to_owned(), to: to.to_owned(), kinds, count, path: bend.path(), label })
        });
        let curves = curves.collect();
        Self { spots, curves }
    }

    /// Left, top, width and height of all there is, with a margin.
    pub(crate) fn bounds(&self) -> (f64, f64, f64, f64) {
        const MARGIN: f64 = 36.0;
        let ends = |value: fn(&Spot) -> f64| {
            let low = self.spots.iter().map(value).fold(f64::INFINITY, f64::min);
            let high = self.spots.iter().map(value).fold(f64::NEG_INFINITY, f64::max);
            if self.spots.is_empty() { (0.0, 0.0) } else { (low, high) }
        };
        let ((left, right), (top, bottom)) = (ends(|spot| spot.x), ends(|spot| spot.y));
        let (beside, above) = (NODE_WIDTH / 2.0 + MARGIN, NODE_HEIGHT / 2.0 + MARGIN);
        (left - beside, top - above, right - left + 2.0 * beside, bottom - top + 2.0 * above)
    }
}

/// Where along a curve words are tried, the best place first.
const LABELS: [f64; 7] = [0.5, 0.4, 0.6, 0.25, 0.75, 0.1, 0.9];
/// How far the controls of an edge along a row stand above it, so that it passes over the boxes between its ends.
const BOW: f64 = 52.0;

/// The four points of a cubic curve.
struct Bend([(f64, f64); 4]);

impl Bend {
    /// From one box to another: out of the side that faces the other.
    fn between((x1, y1): (f64, f64), (x2, y2): (f64, f64), way: Above) -> Self {
        let half = NODE_WIDTH / 2.0;
        let above = (x2 - x1).abs() < NODE_WIDTH;
        if above && way == Above::Straight && y1 != y2 {
            let side = if y2 > y1 { NODE_HEIGHT / 2.0 } else { -NODE_HEIGHT / 2.0 };
            let half_way = ((y1 + y2) / 2.0).round();
            return Self([(x1, y1 + side), (x1, half_way), (x2, half_way), (x2, y2 - side)]);
        }
        let (out, into) = match (above, x2 > x1) {
            (true, _) => (1.0, 1.0),
            (false, true) => (1.0, -1.0),
            (false, false) => (-1.0, 1.0),
        };
        let (sx, ex) = (x1 + out * half, x2 + into * half);
        let reach = if above { 40.0 } else { ((ex - sx).abs() / 2.0).max(24.0) };
        let bow = if y1 == y2 && (x2 - x1).abs() > 2.0 * NODE_WIDTH { BOW } else { 0.0 };
        Self([(sx, y1), ((sx + out * reach).round(), y1 - bow), ((ex + into * reach).round(), y2 - bow), (ex, y2)])
    }

    fn path(&self) -> String {
        let [(sx, sy), (ax, ay), (bx, by), (ex, ey)] = self.0;
        format!("M{sx} {sy}C{ax} {ay} {bx} {by} {ex} {ey}")
    }

    /// The point after this part of the way, in whole units.
    fn at(&self, part: f64) -> (f64, f64) {
        let rest = 1.0 - part;
        let weights = [rest * rest * rest, 3.0 * rest * rest * part, 3.0 * rest * part * part, part * part * part];
        let sum = |value: fn(&(f64, f64)) -> f64| {
            self.0.iter().zip(weights).map(|(point, weight)| value(point) * weight).sum::<f64>()
        };
        (sum(|point| point.0).round(), sum(|point| point.1).round() + 0.0)
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{lanes, tests::graph};

    #[test]
    fn curves_face_each_other_pass_over_boxes_and_bundles_are_counted() {
        let nodes = [("trace:a", 1), ("trace:b", 2), ("policy:p", 3), ("actor:x", 4)];
        let edges = [
            ("trace:a", "policy:p", "trace_evaluated_policy"),
            ("trace:a", "policy:p", "trace_evaluated_policy"),
            ("trace:a", "trace:b", "trace_cited_precedent"),
            ("trace:a", "actor:x", "k"),
        ];
        let picture = lanes(&graph("trace:a", &nodes, &edges));
        let told: Vec<(&str, usize, &str)> =
            picture.curves.iter().map(|curve| (curve.to.as_str(), curve.count, curve.path.as_str())).collect();
        let expected = [
            ("actor:x", 1, "M356 0C220 -52 220 -52 84 0"),
            ("policy:p", 2, "M524 0C550 0 550 0 576 0"),
            ("trace:b", 1, "M524 0C564 0 564 64 524 64"),
        ];
        assert_eq!(told, expected);
        assert_eq!(picture.curves[1].kinds, ["trace_evaluated_policy"]);
        assert_eq!(picture.curves[1].label, (550.0, 0.0));
        assert_eq!(picture.bounds(), (-120.0, -58.0, 900.0, 180.0));
    }
}
