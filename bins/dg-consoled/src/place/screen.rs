//! The screens of a tenant, each with everything that decides what it shows.

use super::{
    graph::GraphAsk,
    precedents::PrecedentAsk,
    query::{Pairs, given, number_of, one_of, value_of},
    tab::TraceTab,
    traces::TraceFilter,
};

/// One screen of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    /// Whether anything is wrong, and what waits.
    Overview,
    /// `traces`
    Traces {
        /// Which of them.
        filter: TraceFilter,
        /// Where the page starts; none is the newest.
        cursor: Option<String>,
    },
    /// `traces/{trace_id}`
    Trace {
        /// Which trace.
        trace_id: String,
        /// The first event shown, counted from 0.
        from: i64,
        /// Which view of it.
        tab: TraceTab,
    },
    /// `graph`
    Graph(Box<GraphAsk>),
    /// `precedents`
    Precedents(Box<PrecedentAsk>),
    /// `compare`
    Compare {
        /// The left trace.
        a: Option<String>,
        /// The right one.
        b: Option<String>,
        /// Only what is not the same.
        only: bool,
    },
}

/// What the navigation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    /// The start page.
    Overview,
    /// The list of traces and each trace.
    Traces,
    /// What is connected to what.
    Graph,
    /// Finished decisions, and two of them side by side.
    Precedents,
}

impl Area {
    /// All of them, in the order of the navigation.
    pub(crate) const ALL: [Self; 4] = [Self::Overview, Self::Traces, Self::Graph, Self::Precedents];

    /// What the navigation calls it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Traces => "Traces",
            Self::Graph => "Graph",
            Self::Precedents => "Precedents",
        }
    }

    /// Where it begins.
    pub(crate) fn screen(self) -> Screen {
        match self {
            Self::Overview => Screen::Overview,
            Self::Traces => Screen::traces(),
            Self::Graph => Screen::Graph(Box::default()),
            Self::Precedents => Screen::Precedents(Box::default()),
        }
    }
}

impl Screen {
    /// The unfiltered list.
    pub(crate) fn traces() -> Self {
        Self::Traces { filter: TraceFilter::default(), cursor: None }
    }

    /// One trace from its beginning.
    pub(crate) fn trace(trace_id: &str) -> Self {
        Self::Trace { trace_id: trace_id.to_owned(), from: 0, tab: TraceTab::default() }
    }

    /// The graph around a node, named by its key.
    pub(crate) fn graph(key: &str) -> Self {
        Self::Graph(Box::new(GraphAsk::around(key)))
    }

    /// Where in the navigation it belongs.
    pub(crate) fn area(&self) -> Area {
        match self {
            Self::Overview => Area::Overview,
            Self::Traces { .. } | Self::Trace { .. } => Area::Traces,
            Self::Graph(_) => Area::Graph,
            Self::Precedents(_) | Self::Compare { .. } => Area::Precedents,
        }
    }

    /// Reads what stands behind the tenant; `None` where there is no such screen.
    pub(super) fn read(segments: &[&str], query: &str) -> Option<Self> {
        Some(match segments {
            [] | [""] => Self::Overview,
            ["traces"] => Self::Traces { filter: TraceFilter::read(query), cursor: value_of(query, "cursor") },
            ["traces", trace_id] if !trace_id.is_empty() => Self::Trace {
                trace_id: (*trace_id).to_owned(),
                from: number_of(query, "from").unwrap_or(0),
                tab: TraceTab::read(query),
            },
            ["graph"] => Self::Graph(Box::new(GraphAsk::read(query))),
            ["precedents"] => Self::Precedents(Box::new(PrecedentAsk::read(query))),
            ["compare"] => Self::Compare {
                a: value_of(query, "a"),
                b: value_of(query, "b"),
                only: one_of(query, "only", &["differences"]).is_some(),
            },
            _ => return None,
        })
    }

    /// The segments behind the tenant, and the query.
    pub(super) fn write(&self) -> (Vec<&str>, Pairs) {
        match self {
            Self::Overview => (Vec::new(), Vec::new()),
            Self::Traces { filter, cursor } => {
                let mut pairs = filter.pairs();
                pairs.extend(given([("cursor", cursor.clone())]));
                (vec!["traces"], pairs)
            }
            Self::Trace { trace_id, from, tab } => {
                let from = (*from > 0).then(|| from.to_string());
                (vec!["traces", trace_id], given([("from", from), ("tab", tab.written())]))
            }
            Self::Graph(ask) => (vec!["graph"], ask.pairs()),
            Self::Precedents(ask) => (vec!["precedents"], ask.pairs()),
            Self::Compare { a, b, only } => {
                let only = only.then(|| "differences".to_owned());
                (vec!["compare"], given([("a", a.clone()), ("b", b.clone()), ("only", only)]))
            }
        }
    }
}
