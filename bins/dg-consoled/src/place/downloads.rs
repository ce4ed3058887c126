//! Addresses of files that a browser saves.

use dg_domain::TenantId;

use super::{
    graph::GraphAsk,
    query::{Pairs, escaped, query_of},
};

/// A file to save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Download {
    /// `graph.svg`
    Drawing(Box<GraphAsk>),
    /// `graph.json`
    Graph(Box<GraphAsk>),
    /// `trace.ndjson`: the events of a trace as they are stored.
    Events(String),
    /// `case.ndjson`: an item with everything that is known of it, to be checked by `dg verify bundle`.
    Case(String),
    /// `case.html`: the same to be read and printed.
    Report(String),
}

impl Download {
    /// The address, escaped, as it goes into a link.
    pub(crate) fn href(&self, tenant: &TenantId) -> String {
        let (name, pairs): (_, Pairs) = match self {
            Self::Drawing(ask) => ("graph.svg", ask.pairs()),
            Self::Graph(ask) => ("graph.json", ask.pairs()),
            Self::Events(trace_id) => ("trace.ndjson", vec![("trace_id", trace_id.clone())]),
            Self::Case(workflow_id) => ("case.ndjson", vec![("workflow_id", workflow_id.clone())]),
            Self::Report(workflow_id) => ("case.html", vec![("workflow_id", workflow_id.clone())]),
        };
        format!("/t/{}/{name}{}", escaped(tenant.as_str()), query_of(&pairs))
    }
}
