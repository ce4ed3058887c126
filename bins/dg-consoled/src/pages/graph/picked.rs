//! What is known of the selected node, and where to go from it.

use dioxus::prelude::*;

use super::{href, relation};
use crate::{
    graph::{Edge, id_of, kind_of},
    model::{
        Shell,
        graph::{GraphPage, GraphView, Origin},
    },
    pages::parts,
    place::{GraphAsk, Place, Screen},
};

pub(super) fn section(page: &GraphPage, view: &GraphView, shell: &Shell) -> Element {
    let key = page.ask.looked_at().unwrap_or_default();
    let (kind, id) = (kind_of(key), id_of(key));
    let trace = (kind == "trace").then(|| Place::of(&page.tenant, Screen::trace(id)).href());
    let is_center = key == view.shown.center;
    let center =
        href(&page.tenant, GraphAsk { node: Some(key.to_owned()), selected: None, path_to: None, ..page.ask.clone() });
    let edges: Vec<&Edge> = view.shown.edges.iter().filter(|edge| edge.from == key || edge.to == key).collect();
    let facts = view.nodes.get(key);
    rsx! {
        div { class: "panel picked", id: "picked",
            h2 { "{kind}" }
            code { class: "selectable", "{id}" }
            p { class: "line-of",
                if is_center {
                    span { class: "quiet small", "in the middle" }
                } else {
                    a { class: "button", id: "center-here", href: "{center}", "Centre here" }
                }
                if let Some(trace) = trace { a { class: "button", href: "{trace}", "Open the trace" } }
            }
            if let Some(facts) = facts {
                p { class: "small", {origin(page, &facts.source, shell)} }
                if facts.attrs.len() > 2 {
                    details { class: "closer", id: "attrs", summary { "Attributes" }
                        pre { tabindex: "0", code { "{facts.attrs}" } }
                    }
                }
            } else {
                p { class: "small", "An edge names this node, and nothing else is stored of it here." }
            }
            {path_form(page, view, key)}
            h3 { "Edges ({edges.len()})" }
            ul { class: "small", {edges.iter().map(|one| edge(page, view, key, one))} }
        }
    }
}

/// The event behind a node or an edge.
pub(super) fn origin(page: &GraphPage, origin: &Origin, shell: &Shell) -> Element {
    let at = parts::grouped(origin.log_seq);
    let trace = origin.trace_id.as_ref().map(|id| (id, Place::of(&page.tenant, Screen::trace(id)).href()));
    rsx! {
        "Event at log position {at}"
        if let Some((id, href)) = trace {
            " of "
            a { href: "{href}", "{id}" }
        }
        if origin.at.is_some() {
            ", "
            {parts::instant(origin.at, shell)}
        }
    }
}

fn path_form(page: &GraphPage, view: &GraphView, from: &str) -> Element {
    let ask = &page.ask;
    let others = view.shown.nodes.iter().filter(|node| node.key != from).map(|node| {
        let chosen = ask.path_to.as_deref() == Some(node.key.as_str());
        rsx! { option { key: "{node.key}", value: "{node.key}", "selected": chosen, "{node.key}" } }
    });
    let carried = [
        ("node", ask.node.clone()),
        ("sel", Some(from.to_owned())),
        ("depth", Some(ask.depth.to_string())),
        ("nodes", Some(ask.nodes.to_string())),
        ("layout", (ask.layout == crate::place::Layout::Rings).then(|| "rings".to_owned())),
        ("types", Some(ask.kinds.join(",")).filter(|list| !list.is_empty())),
        ("edges", Some(ask.edges.join(",")).filter(|list| !list.is_empty())),
        ("as_of", ask.as_of.map(|at| at.to_string())),
        ("view", ask.table.then(|| "table".to_owned())),
    ];
    let carried =
        carried.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).map(|(name, value)| {
            rsx! { input { key: "{name}", r#type: "hidden", name: "{name}", "value": "{value}" } }
        });
    let action = href(&page.tenant, GraphAsk::default());
    rsx! {
        form { class: "filters", method: "get", action: "{action}", "aria-label": "Path to another node",
            {carried}
            div { class: "field",
                label { r#for: "path_to", "Path to" }
                select { id: "path_to", name: "path_to",
                    option { value: "", "selected": ask.path_to.is_none(), "nowhere" }
                    {others}
                }
            }
            div { class: "field actions", button { class: "button", r#type: "submit", "Find path" } }
        }
    }
}

fn edge(page: &GraphPage, view: &GraphView, key: &str, edge: &Edge) -> Element {
    let decision = view.edges.get(&edge.id).and_then(|facts| facts.decision.as_deref());
    let word = relation(&edge.kind, decision);
    let (arrow, other) = if edge.from == key { ("→", &edge.to) } else { ("←", &edge.from) };
    let way = if edge.from == key { "to" } else { "from" };
    let href = href(&page.tenant, GraphAsk { selected: Some(other.clone()), path_to: None, ..page.ask.clone() });
    rsx! {
        li { key: "{edge.id}",
            span { class: "quiet", "{word} "
                span { "aria-hidden": "true", "{arrow}" }
                span { class: "hidden", " {way} " }
            }
            a { class: "id", href: "{href}", "{other}" }
        }
    }
}
