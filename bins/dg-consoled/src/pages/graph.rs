//! The graph around a node: a drawing to click through, tables that say the same, and what is known of the selected node.

mod drawing;
mod picked;
mod tables;

use dg_domain::TenantId;
use dioxus::prelude::*;

use super::parts;
use crate::{
    graph::{KINDS, id_of, kind_of},
    model::{
        Panel, Shell,
        graph::{GraphPage, GraphView},
    },
    place::{Download, GraphAsk, Layout, Place, Screen},
};

pub(super) use drawing::svg;
pub(crate) use drawing::svg_file;

/// More nodes are told in tables: nobody reads a drawing of them.
const DRAWN: usize = 300;

pub(super) fn page(page: &GraphPage, shell: &Shell) -> Element {
    let ask = &page.ask;
    rsx! {
        div { class: "page-head",
            h1 { "Graph" }
            if let Some(node) = &ask.node {
                p { class: "quiet",
                    "Around {kind_of(node)} "
                    code { class: "selectable", "{id_of(node)}" }
                }
            } else {
                p { class: "quiet", "What is connected to what in " strong { "{page.tenant}" } "." }
            }
        }
        {controls(page)}
        if ask.node.is_some() { {content(page, shell)} } else { {begin(page, shell)} }
    }
}

/// A link's address on this screen.
fn href(tenant: &TenantId, ask: GraphAsk) -> String {
    Place::of(tenant, Screen::Graph(Box::new(ask))).href()
}

fn controls(page: &GraphPage) -> Element {
    let ask = &page.ask;
    let action = href(&page.tenant, GraphAsk::default());
    let node = ask.node.clone().unwrap_or_default();
    let as_of = ask.as_of.map(|at| at.to_string()).unwrap_or_default();
    let depths = (1..=4).map(|depth: i64| {
        rsx! { option { key: "{depth}", value: "{depth}", "selected": ask.depth == depth, "{depth}" } }
    });
    let rings = ask.layout == Layout::Rings;
    rsx! {
        form { class: "filters", method: "get", action: "{action}", role: "search", "aria-label": "What to show of the graph",
            div { class: "field",
                label { r#for: "node", "Around" }
                input { id: "node", name: "node", "value": "{node}", autocomplete: "off", placeholder: "trace:refund-17", maxlength: "1024" }
            }
            div { class: "field narrow",
                label { r#for: "depth", "Steps" }
                select { id: "depth", name: "depth", {depths} }
            }
            div { class: "field",
                label { r#for: "layout", "Layout" }
                select { id: "layout", name: "layout",
                    option { value: "lanes", "selected": !rings, "lanes by kind" }
                    option { value: "rings", "selected": rings, "rings by distance" }
                }
            }
            div { class: "field",
                label { r#for: "as_of", "As of log position" }
                input { id: "as_of", name: "as_of", r#type: "number", min: "1", "value": "{as_of}", placeholder: "now" }
            }
            if ask.table { input { r#type: "hidden", name: "view", "value": "table" } }
            if let Some(view) = page.content.ready() { {kinds(view, ask)} }
            div { class: "field actions", button { class: "button primary", r#type: "submit", "Show" } }
        }
    }
}

fn kinds(view: &GraphView, ask: &GraphAsk) -> Element {
    let (nodes, edges) = (view.node_kinds(), view.edge_kinds());
    let boxes = |name: &'static str, counts: Vec<(String, String, usize)>, shown: &[String]| {
        let boxes = counts.into_iter().map(|(kind, label, count)| {
            let (id, checked) = (format!("{name}-{kind}"), shown.is_empty() || shown.contains(&kind));
            rsx! {
                label { key: "{kind}", class: "check", r#for: "{id}",
                    input { id: "{id}", r#type: "checkbox", name: "{name}", value: "{kind}", "checked": checked }
                    "{label} ({count})"
                }
            }
        });
        rsx! { {boxes} }
    };
    let all_kinds =
        KINDS.iter().filter_map(|kind| nodes.get(kind).map(|count| ((*kind).to_owned(), (*kind).to_owned(), *count)));
    let all_edges = edges.iter().map(|(kind, count)| ((*kind).to_owned(), relation(kind, None).to_owned(), *count));
    let groups =
        [("Nodes", "types", all_kinds.collect(), &ask.kinds), ("Edges", "edges", all_edges.collect(), &ask.edges)];
    // Boxes that somebody ticked keep that against an update; other addresses have other boxes.
    let groups = groups.map(|(legend, name, counts, shown)| {
        rsx! {
            fieldset { key: "{name} {shown.join(\" \")}", class: "checks",
                legend { "{legend}" }
                {boxes(name, counts, shown)}
            }
        }
    });
    rsx! { {groups.into_iter()} }
}

fn begin(page: &GraphPage, shell: &Shell) -> Element {
    match &page.begin {
        Panel::Loading => rsx! { div { class: "panel", span { class: "bone" } } },
        Panel::Failed(failure) => parts::failure("The traces to begin with could not be read.", failure, shell),
        Panel::Ready(rows) if rows.is_empty() => super::traces::nothing(&page.tenant),
        Panel::Ready(rows) => {
            let rows = rows.iter().map(|row| {
                let href = Place::of(&page.tenant, Screen::graph(&format!("trace:{}", row.trace_id))).href();
                let title = if row.title.is_empty() { row.trace_id.as_str() } else { row.title.as_str() };
                rsx! {
                    li { key: "{row.trace_id}",
                        {parts::standing(row.standing)}
                        a { href: "{href}", "{title}" }
                        code { class: "quiet small", "{row.trace_id}" }
                    }
                }
            });
            rsx! {
                section { "aria-labelledby": "begin",
                    h2 { id: "begin", "Begin with a trace" }
                    ul { class: "panel rows", {rows} }
                }
            }
        }
    }
}

fn content(page: &GraphPage, shell: &Shell) -> Element {
    match &page.content {
        Panel::Loading => rsx! { div { class: "panel quiet", role: "status", "Reading the graph …" } },
        Panel::Failed(failure) => parts::failure("The graph could not be read.", failure, shell),
        Panel::Ready(view) if view.read.nodes.is_empty() => empty(page),
        Panel::Ready(view) => rsx! {
            {said(page, view)}
            div { class: "graph-parts",
                section { "aria-label": "The graph",
                    if page.ask.table || view.shown.nodes.len() > DRAWN {
                        {tables::section(page, view, shell)}
                    } else {
                        {drawing::section(page, view)}
                    }
                }
                aside { "aria-label": "The selected node", {picked::section(page, view, shell)} }
            }
        },
    }
}

fn empty(page: &GraphPage) -> Element {
    let traces = Place::of(&page.tenant, Screen::traces()).href();
    rsx! {
        div { class: "panel", id: "empty",
            p { class: "lead", "Nothing is connected to this node." }
            p { "A node is named by its kind and id: " code { "trace:refund-17" } ", " code { "policy:refund-cap:2" } ", " code { "entity:order:1" } "."
                if page.ask.as_of.is_some() { " It may be younger than the log position asked for." }
            }
            p { a { class: "button", href: "{traces}", "Find a trace" } }
        }
    }
}

/// What is shown, what is not, and the other ways to have it.
fn said(page: &GraphPage, view: &GraphView) -> Element {
    let (tenant, ask) = (&page.tenant, &page.ask);
    let other = href(tenant, GraphAsk { table: !ask.table, ..ask.clone() });
    let saved =
        [Download::Drawing(Box::new(ask.clone())), Download::Graph(Box::new(ask.clone()))].map(|one| one.href(tenant));
    let hidden = view.read.nodes.len() - view.shown.nodes.len();
    let more = ask.more().map(|more| href(tenant, more));
    let around = ask.looked_at().filter(|node| Some(*node) != ask.node.as_deref());
    let around = around.map(|node| {
        href(tenant, GraphAsk { node: Some(node.to_owned()), selected: None, path_to: None, ..ask.clone() })
    });
    rsx! {
        div { class: "line-of",
            p { id: "graph-summary", "{view.summary()}"
                if hidden > 0 { span { class: "quiet", " · {hidden} of other kinds not shown" } }
                if let Some(at) = ask.as_of { span { class: "quiet", " · as it was at log position {parts::grouped(at)}" } }
            }
            nav { class: "paging", "aria-label": "Other forms of this graph",
                a { class: "button", id: "other-view", href: "{other}", if ask.table { "Drawing" } else { "Table" } }
                a { class: "button", href: "{saved[0]}", download: "graph.svg", "Save as SVG" }
                a { class: "button", href: "{saved[1]}", download: "graph.json", "Save as JSON" }
            }
        }
        if view.truncated {
            div { class: "strip warn", id: "truncated",
                "There is more than the {ask.nodes} nodes and {ask.most_edges()} edges that were read. "
                if let Some(more) = more { a { href: "{more}", "Load more" } " " }
                if let Some(around) = around { a { href: "{around}", "Load more around the selected node" } }
            }
        }
        if view.shown.nodes.len() > DRAWN && !ask.table {
            div { class: "strip warn", "More than {DRAWN} nodes are told in tables. Show fewer kinds or steps to see them drawn." }
        }
        if let Some(path) = &view.path { {told(ask, path.as_deref())} }
    }
}

fn told(ask: &GraphAsk, path: Option<&[String]>) -> Element {
    let end = ask.path_to.clone().unwrap_or_default();
    match path {
        Some(path) => {
            let words: Vec<String> = path.iter().map(|key| key.replacen(':', " ", 1)).collect();
            let steps = parts::counted(i64::try_from(path.len() - 1).unwrap_or(i64::MAX), "step");
            rsx! { p { class: "strip info", id: "path", "Path of {steps}: {words.join(\" → \")}" } }
        }
        None => {
            rsx! { p { class: "strip warn", id: "path", "Nothing that is shown leads to {end}. More steps or kinds may." } }
        }
    }
}

/// An edge in a word or two. The graph has the same edge for an approval and a rejection; what the event says tells them apart.
pub(super) fn relation<'k>(kind: &'k str, decision: Option<&str>) -> &'k str {
    match (kind, decision) {
        ("trace_involves_entity", _) => "involves",
        ("trace_observed_input", _) => "read",
        ("trace_evaluated_policy", _) => "evaluated",
        ("trace_requested_exception", _) => "asked for",
        ("exception_approved_by", Some("approved")) => "approved by",
        ("exception_approved_by", Some("rejected")) => "rejected by",
        ("exception_approved_by", _) => "decided by",
        ("trace_cited_precedent", _) => "cites",
        ("trace_proposed_action", _) => "proposed",
        ("trace_committed_action", _) => "carried out",
        ("action_targets_entity", _) => "targets",
        (other, _) => other,
    }
}
