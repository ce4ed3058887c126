//! The drawing: an SVG whose nodes are links.
//!
//! Edges and summary are one image for screen readers; the nodes stand beside it as links.

use dg_domain::TenantId;
use dioxus::prelude::*;

use super::{href, relation};
use crate::{
    graph::{Curve, Edge, NODE_HEIGHT, NODE_WIDTH, Spot, id_of, kind_of},
    model::graph::{GraphPage, GraphView},
    place::{GraphAsk, Window},
};

/// Dioxus knows HTML's `a` only; inside of a drawing a link is another element of the same name.
mod dioxus_elements {
    pub(super) use dioxus::prelude::dioxus_elements::*;
    pub(super) use elements::anchor;

    pub(super) mod elements {
        pub(in super::super) use dioxus::prelude::dioxus_elements::elements::*;

        pub(in super::super) mod anchor {
            pub(in super::super::super) const TAG_NAME: &str = "a";
            pub(in super::super::super) const NAME_SPACE: Option<&str> = Some("http://www.w3.org/2000/svg");
        }
    }
}

/// How much nearer one step of zoom is.
const NEARER: f64 = 1.4;
/// Letters that fit into a node.
const LETTERS: usize = 22;
/// What a saved drawing looks like, without the console's style sheet.
const FILE_STYLE: &str = "text{font:12px sans-serif;fill:#16292f}.g-kind{font-size:10px;fill:#576a70}.g-box{fill:#fffdf9;stroke:#576a70}\
                          .ghost .g-box{stroke-dasharray:5 4}.center .g-box{stroke-width:2.5}.g-edge{fill:none;stroke:#9aa7a8}\
                          .g-head{fill:#9aa7a8}.on{stroke:#12645a;stroke-width:2.5}.g-word{font-size:10px}";

pub(super) fn section(page: &GraphPage, view: &GraphView) -> Element {
    rsx! {
        {moves(page)}
        div { class: "drawing", {svg(&page.tenant, &page.ask, view)} }
    }
}

/// Nearer, farther, and to the sides: without scripts these are all there is, with them the wheel and dragging do it too.
fn moves(page: &GraphPage) -> Element {
    let (ask, window) = (&page.ask, page.ask.window);
    let step = (320.0 / NEARER.powi(i32::try_from(window.zoom).unwrap_or(0))).round();
    let step = format!("{step}").parse::<i64>().unwrap_or(100);
    let to = |zoom: i64, x: i64, y: i64| {
        href(&page.tenant, ask.through(Window { zoom: window.zoom + zoom, x: window.x + x, y: window.y + y }))
    };
    let links = [
        ("+", "Nearer", to(1, 0, 0)),
        ("−", "Farther", to(-1, 0, 0)),
        ("←", "Left", to(0, -step, 0)),
        ("→", "Right", to(0, step, 0)),
        ("↑", "Up", to(0, 0, -step)),
        ("↓", "Down", to(0, 0, step)),
        ("Fit", "Fit", href(&page.tenant, ask.through(Window::default()))),
    ];
    let links = links.map(|(mark, name, href)| {
        rsx! { a { key: "{name}", class: "button", href: "{href}", "aria-label": "{name}", "{mark}" } }
    });
    rsx! { nav { class: "paging moves", "aria-label": "Move the drawing", {links.into_iter()} } }
}

/// The drawing as a file of its own: with a name space, a style, and all of the picture.
pub(crate) fn svg_file(tenant: &TenantId, ask: &GraphAsk, view: &GraphView) -> String {
    let whole = GraphAsk { window: Window::default(), ..ask.clone() };
    let drawn = dioxus_ssr::render_element(svg(tenant, &whole, view));
    let (head, rest) = drawn.split_once('>').unwrap_or((&drawn, ""));
    let head = head.replacen("<svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"", 1);
    format!("{head}><style>{FILE_STYLE}</style>{rest}\n")
}

pub(crate) fn svg(tenant: &TenantId, ask: &GraphAsk, view: &GraphView) -> Element {
    let (x, y, width, height) = seen(view, ask.window);
    let curves = view.picture.curves.iter().map(|curve| edge(ask, view, curve));
    let labels = view.picture.curves.iter().filter_map(|curve| label(ask, view, curve));
    let spots = view.picture.spots.iter().map(|spot| node(tenant, ask, view, spot));
    rsx! {
        svg { "class": "graph", id: "graph", "viewBox": "{x} {y} {width} {height}", "data-pan": "{ask.window.zoom}",
            "width": "{width}", "height": "{height}",
            defs {
                marker { id: "head", "viewBox": "0 0 8 8", "refX": "7", "refY": "4", "markerWidth": "7", "markerHeight": "7", "orient": "auto",
                    path { "class": "g-head", "d": "M0 0L8 4L0 8z" }
                }
            }
            g { role: "img", "aria-label": "{view.summary()}", {curves} }
            {spots}
            g { "aria-hidden": "true", {labels} }
        }
    }
}

/// Left, top, width and height of what is seen.
fn seen(view: &GraphView, window: Window) -> (f64, f64, f64, f64) {
    let (x, y, width, height) = view.picture.bounds();
    let nearer = NEARER.powi(i32::try_from(window.zoom).unwrap_or(0));
    let (seen_width, seen_height) = ((width / nearer).round(), (height / nearer).round());
    let left = (x + (width - seen_width) / 2.0 + window.x as f64).round();
    let top = (y + (height - seen_height) / 2.0 + window.y as f64).round();
    (left, top, seen_width, seen_height)
}

fn edge(ask: &GraphAsk, view: &GraphView, curve: &Curve) -> Element {
    let class = match (view.is_on_path(&curve.from, &curve.to), is_near(ask, curve)) {
        (true, _) => "g-edge on",
        (false, true) => "g-edge near",
        (false, false) => "g-edge",
    };
    rsx! {
        path { key: "{curve.from} {curve.to}", "class": "{class}", "d": "{curve.path}", "marker-end": "url(#head)", "data-count": "{curve.count}" }
    }
}

/// Whether a curve begins or ends at the selected node.
fn is_near(ask: &GraphAsk, curve: &Curve) -> bool {
    ask.looked_at().is_some_and(|key| key == curve.from || key == curve.to)
}

/// What stands on a curve: what it says, if it is near, and how many edges it is.
fn label(ask: &GraphAsk, view: &GraphView, curve: &Curve) -> Option<Element> {
    let words = is_near(ask, curve).then(|| words(view, curve));
    let count = (curve.count > 1).then(|| format!("×{}", curve.count));
    let label: Vec<String> = [words, count].into_iter().flatten().collect();
    let (x, y) = (curve.label.0, curve.label.1 - 4.0);
    (!label.is_empty()).then(|| {
        rsx! { text { key: "{curve.from} {curve.to}", "class": "g-word", "x": "{x}", "y": "{y}", "text-anchor": "middle", "{label.join(\" \")}" } }
    })
}

/// What the edges of a curve say, each word once.
fn words(view: &GraphView, curve: &Curve) -> String {
    let same = |edge: &&Edge| edge.from == curve.from && edge.to == curve.to;
    let mut words: Vec<&str> = Vec::new();
    for edge in view.shown.edges.iter().filter(same) {
        let word = relation(&edge.kind, view.edges.get(&edge.id).and_then(|facts| facts.decision.as_deref()));
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(", ")
}

fn node(tenant: &TenantId, ask: &GraphAsk, view: &GraphView, spot: &Spot) -> Element {
    let key = spot.key.as_str();
    let ghost = view.shown.nodes.iter().any(|node| node.key == key && node.ghost);
    let selected = ask.looked_at() == Some(key);
    let marks = [
        ("ghost", ghost),
        ("center", key == view.shown.center),
        ("selected", selected),
        ("on", view.path.iter().flatten().flatten().any(|step| step == key)),
    ];
    let marks: Vec<&str> = marks.into_iter().filter(|(_, holds)| *holds).map(|(name, _)| name).collect();
    let (kind, id) = (kind_of(key), id_of(key));
    let href = href(tenant, GraphAsk { selected: Some(key.to_owned()), path_to: None, ..ask.clone() });
    let (left, top) = (spot.x - NODE_WIDTH / 2.0, spot.y - NODE_HEIGHT / 2.0);
    // The name begins with what is seen, for those who say it aloud.
    let short = shortened(id);
    let whole = if short == id { String::new() } else { format!(", in full {id}") };
    let name = format!("{kind} {short}{whole}{}", if ghost { ", not stored here" } else { "" });
    let current = if selected { "true" } else { "false" };
    rsx! {
        anchor { key: "{key}", "class": "g-node k-{kind} {marks.join(\" \")}", "href": "{href}", "aria-label": "{name}", "aria-current": "{current}", "data-key": "{key}",
            rect { "class": "g-box", "x": "{left}", "y": "{top}", "width": "{NODE_WIDTH}", "height": "{NODE_HEIGHT}", "rx": "9" }
            text {
                tspan { "class": "g-kind", "x": "{left + 10.0}", "y": "{spot.y - 5.0}", "{kind}" }
                " "
                tspan { "class": "g-id", "x": "{left + 10.0}", "y": "{spot.y + 12.0}", "{short}" }
            }
        }
    }
}

/// An id that fits: its beginning and its end.
fn shortened(id: &str) -> String {
    let letters: Vec<char> = id.chars().collect();
    if letters.len() <= LETTERS {
        return id.to_owned();
    }
    let (head, tail) = (LETTERS / 2, LETTERS - LETTERS / 2 - 1);
    let ends = [&letters[..head], &['…'], &letters[letters.len() - tail..]];
    ends.concat().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ids_keep_both_ends() {
        assert_eq!(shortened("refund-17"), "refund-17");
        let short = shortened("trace-precedent-renewal-001");
        assert_eq!((short.as_str(), short.chars().count()), ("trace-prece…enewal-001", LETTERS));
    }
}
