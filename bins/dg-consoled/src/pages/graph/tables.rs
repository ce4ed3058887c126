//! The same graph in tables.

use dioxus::prelude::*;

use super::{href, picked, relation};
use crate::{
    graph::{Edge, Node, id_of},
    model::{
        Shell,
        graph::{GraphPage, GraphView},
    },
    place::GraphAsk,
};

pub(super) fn section(page: &GraphPage, view: &GraphView, shell: &Shell) -> Element {
    let nodes = view.shown.nodes.iter().map(|one| node(page, view, one, shell));
    let edges = view.shown.edges.iter().map(|one| edge(page, view, one, shell));
    rsx! {
        h2 { id: "nodes-title", "Nodes" }
        div { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": "nodes-title",
            table { id: "nodes", class: "list stacked", role: "table",
                caption { class: "hidden", "{view.summary()}" }
                thead { role: "rowgroup",
                    tr { role: "row",
                        th { role: "columnheader", scope: "col", "Kind" }
                        th { role: "columnheader", scope: "col", "Id" }
                        th { role: "columnheader", scope: "col", "Source" }
                    }
                }
                tbody { role: "rowgroup", {nodes} }
            }
        }
        h2 { id: "edges-title", "Edges" }
        div { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": "edges-title",
            table { id: "edges", class: "list stacked", role: "table",
                caption { class: "hidden", "Edges between these nodes" }
                thead { role: "rowgroup",
                    tr { role: "row",
                        th { role: "columnheader", scope: "col", "From" }
                        th { role: "columnheader", scope: "col", "Relation" }
                        th { role: "columnheader", scope: "col", "To" }
                        th { role: "columnheader", scope: "col", "Source" }
                    }
                }
                tbody { role: "rowgroup", {edges} }
            }
        }
    }
}

fn link(page: &GraphPage, key: &str) -> String {
    href(&page.tenant, GraphAsk { selected: Some(key.to_owned()), path_to: None, ..page.ask.clone() })
}

fn node(page: &GraphPage, view: &GraphView, node: &Node, shell: &Shell) -> Element {
    let link = link(page, &node.key);
    let current = if page.ask.looked_at() == Some(node.key.as_str()) { "true" } else { "false" };
    rsx! {
        tr { key: "{node.key}", role: "row", "data-key": "{node.key}",
            td { role: "cell", "{node.kind()}" }
            td { role: "cell", a { class: "id", href: "{link}", "aria-current": "{current}", "{id_of(&node.key)}" } }
            td { role: "cell", class: "small",
                if let Some(facts) = view.nodes.get(&node.key) {
                    {picked::origin(page, &facts.source, shell)}
                } else {
                    span { class: "quiet", "not stored here" }
                }
            }
        }
    }
}

fn edge(page: &GraphPage, view: &GraphView, edge: &Edge, shell: &Shell) -> Element {
    let facts = view.edges.get(&edge.id);
    let word = relation(&edge.kind, facts.and_then(|facts| facts.decision.as_deref()));
    let (from, to) = (link(page, &edge.from), link(page, &edge.to));
    rsx! {
        tr { key: "{edge.id}", role: "row",
            td { role: "cell", a { class: "id", href: "{from}", "{edge.from}" } }
            td { role: "cell", "{word}" }
            td { role: "cell", a { class: "id", href: "{to}", "{edge.to}" } }
            td { role: "cell", class: "small", if let Some(facts) = facts { {picked::origin(page, &facts.source, shell)} } }
        }
    }
}
