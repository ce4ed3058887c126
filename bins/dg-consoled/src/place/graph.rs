//! Which part of the graph is shown, and how.

use super::query::{Pairs, given, number_of, one_of, value_of, values_of};

/// Nodes that are read at first.
const FIRST_NODES: i64 = 60;
/// Nodes that are read at most.
const MOST_NODES: i64 = 500;
/// Edges that are read at most.
const MOST_EDGES: i64 = 1500;
const FIRST_DEPTH: i64 = 2;
const MOST_DEPTH: i64 = 4;
/// The nearest one can look.
const MOST_ZOOM: i64 = 8;
/// The farthest one can look away from the middle, in units of the picture.
const FARTHEST: i64 = 100_000;

/// How nodes are placed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Layout {
    /// In columns by kind.
    #[default]
    Lanes,
    /// Around the middle by distance.
    Rings,
}

/// Which part of the picture is seen; the default is all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    /// Steps nearer, 0 to 8.
    pub(crate) zoom: i64,
    /// Right of the middle of the picture, in its units.
    pub(crate) x: i64,
    /// Below it.
    pub(crate) y: i64,
}

/// Which part of the graph is shown, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GraphAsk {
    /// Key of the node in the middle, `type:id`; none is the way in.
    pub(crate) node: Option<String>,
    /// Steps from the middle, 1 to 4.
    pub(crate) depth: i64,
    /// Nodes to read at most, 1 to 500.
    pub(crate) nodes: i64,
    /// How nodes are placed.
    pub(crate) layout: Layout,
    /// Kinds of nodes to show; empty for all.
    pub(crate) kinds: Vec<String>,
    /// Types of edges to show; empty for all.
    pub(crate) edges: Vec<String>,
    /// The log ended here; none for the present.
    pub(crate) as_of: Option<i64>,
    /// Tables instead of a drawing.
    pub(crate) table: bool,
    /// Key of the node that is looked at; none is the one in the middle.
    pub(crate) selected: Option<String>,
    /// Key of the node to which a path from the selected one is shown.
    pub(crate) path_to: Option<String>,
    /// Which part of the picture is seen.
    pub(crate) window: Window,
}

impl Default for GraphAsk {
    fn default() -> Self {
        Self {
            node: None,
            depth: FIRST_DEPTH,
            nodes: FIRST_NODES,
            layout: Layout::default(),
            kinds: Vec::new(),
            edges: Vec::new(),
            as_of: None,
            table: false,
            selected: None,
            path_to: None,
            window: Window::default(),
        }
    }
}

impl GraphAsk {
    /// The graph around a node.
    pub(crate) fn around(key: &str) -> Self {
        Self { node: Some(key.to_owned()), ..Self::default() }
    }

    /// The node that is looked at.
    pub(crate) fn looked_at(&self) -> Option<&str> {
        self.selected.as_deref().or(self.node.as_deref())
    }

    /// Edges to read at most: twice the nodes at first, three times in the end.
    pub(crate) fn most_edges(&self) -> i64 {
        if self.nodes >= MOST_NODES { MOST_EDGES } else { self.nodes * 2 }
    }

    /// The same with more nodes; none where there cannot be more.
    pub(crate) fn more(&self) -> Option<Self> {
        let nodes = (self.nodes * 2).min(MOST_NODES);
        (nodes > self.nodes).then(|| Self { nodes, ..self.clone() })
    }

    /// The same, looked at from elsewhere.
    pub(crate) fn through(&self, window: Window) -> Self {
        let zoom = window.zoom.clamp(0, MOST_ZOOM);
        let (x, y) = (window.x.clamp(-FARTHEST, FARTHEST), window.y.clamp(-FARTHEST, FARTHEST));
        Self { window: Window { zoom, x, y }, ..self.clone() }
    }

    pub(super) fn read(query: &str) -> Self {
        let bounded =
            |key: &str, first: i64, most: i64| number_of(query, key).map_or(first, |given| given.clamp(1, most));
        let signed = |key: &str| value_of(query, key).and_then(|text| text.parse().ok()).unwrap_or(0);
        let layout = if one_of(query, "layout", &["rings"]).is_some() { Layout::Rings } else { Layout::Lanes };
        let ask = Self {
            node: value_of(query, "node"),
            depth: bounded("depth", FIRST_DEPTH, MOST_DEPTH),
            nodes: bounded("nodes", FIRST_NODES, MOST_NODES),
            layout,
            kinds: values_of(query, "types"),
            edges: values_of(query, "edges"),
            as_of: number_of(query, "as_of").filter(|at| *at > 0),
            table: one_of(query, "view", &["table"]).is_some(),
            selected: value_of(query, "sel"),
            path_to: value_of(query, "path_to"),
            window: Window::default(),
        };
        ask.through(Window { zoom: signed("zoom"), x: signed("x"), y: signed("y") })
    }

    pub(super) fn pairs(&self) -> Pairs {
        let unless = |value: i64, usual: i64| (value != usual).then(|| value.to_string());
        let listed = |values: &[String]| (!values.is_empty()).then(|| values.join(","));
        given([
            ("node", self.node.clone()),
            ("depth", unless(self.depth, FIRST_DEPTH)),
            ("nodes", unless(self.nodes, FIRST_NODES)),
            ("layout", (self.layout == Layout::Rings).then(|| "rings".to_owned())),
            ("types", listed(&self.kinds)),
            ("edges", listed(&self.edges)),
            ("as_of", self.as_of.map(|at| at.to_string())),
            ("view", self.table.then(|| "table".to_owned())),
            ("sel", self.selected.clone()),
            ("path_to", self.path_to.clone()),
            ("zoom", unless(self.window.zoom, 0)),
            ("x", unless(self.window.x, 0)),
            ("y", unless(self.window.y, 0)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::{Place, Screen};
    use dg_domain::TenantId;

    #[test]
    fn what_is_written_reads_back() {
        let ask = GraphAsk {
            node: Some("entity:order:ä/1".to_owned()),
            depth: 4,
            nodes: 120,
            layout: Layout::Rings,
            kinds: vec!["policy".to_owned(), "trace".to_owned()],
            edges: vec!["trace_evaluated_policy".to_owned()],
            as_of: Some(17),
            table: true,
            selected: Some("trace:t".to_owned()),
            path_to: Some("trace:u".to_owned()),
            window: Window { zoom: 2, x: -40, y: 7 },
        };
        for ask in [ask, GraphAsk::default()] {
            let place = Place::of(&TenantId::new("acme").unwrap(), Screen::Graph(Box::new(ask)));
            assert_eq!(Place::parse(&place.href()), place);
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_brought_back() {
        let ask = GraphAsk::read(
            "node=trace:t&depth=9&nodes=9000&types=trace&types=policy%2Ctrace&zoom=99&x=no&as_of=0&view=tree",
        );
        assert_eq!((ask.depth, ask.nodes, ask.most_edges(), ask.window.zoom, ask.window.x), (4, 500, 1500, 8, 0));
        assert_eq!(ask.kinds, ["policy", "trace"]);
        assert!(ask.as_of.is_none() && !ask.table && ask.more().is_none());
        assert_eq!(GraphAsk::default().more().unwrap().nodes, 120);
    }
}
