//! The views of a trace beside its timeline.

mod policy;

use dioxus::prelude::*;

use super::{graph, parts, precedents};
use crate::{
    model::{
        Panel, Shell, TracePage,
        graph::GraphView,
        precedents::Hits,
        tabs::{Alike, Raw, ReviewRow, TabView},
    },
    place::{Download, GraphAsk, Place, PrecedentAsk, Screen, TraceTab},
};

/// Links to the views.
pub(super) fn nav(page: &TracePage) -> Element {
    let shown = page.tab.tab();
    let links = TraceTab::ALL.map(|tab| {
        let screen = Screen::Trace { trace_id: page.trace_id.clone(), from: 0, tab };
        let href = Place::of(&page.tenant, screen).href();
        rsx! {
            a { key: "{tab.label()}", href: "{href}", "aria-current": if tab == shown { "page" }, "{tab.label()}" }
        }
    });
    rsx! { nav { class: "tabs", "aria-label": "Views of this trace", {links.into_iter()} } }
}

/// The view on show; the timeline is drawn by the page itself.
pub(super) fn section(page: &TracePage, shell: &Shell) -> Element {
    match &page.tab {
        TabView::Timeline => rsx! {},
        TabView::Policy(panel) => {
            fetched(panel, shell, "The decision could not be read.", |path| policy::section(page, path, shell))
        }
        TabView::Graph(ask, panel) => {
            fetched(panel, shell, "The graph could not be read.", |view| drawing(page, ask, view))
        }
        TabView::Precedents(panel) => {
            fetched(panel, shell, "The precedents could not be read.", |alike| similar(page, alike, shell))
        }
        TabView::Review(panel) => {
            fetched(panel, shell, "The reviews could not be read.", |rows| reviews(page, rows, shell))
        }
        TabView::Raw(panel) => fetched(panel, shell, "The events could not be read.", |events| raw(page, events)),
    }
}

fn fetched<T>(panel: &Panel<T>, shell: &Shell, failed: &str, ready: impl FnOnce(&T) -> Element) -> Element {
    match panel {
        Panel::Loading => rsx! { div { class: "panel quiet", role: "status", "Reading …" } },
        Panel::Failed(failure) => parts::failure(failed, failure, shell),
        Panel::Ready(content) => ready(content),
    }
}

fn drawing(page: &TracePage, ask: &GraphAsk, view: &GraphView) -> Element {
    let explorer = Place::of(&page.tenant, Screen::graph(&format!("trace:{}", page.trace_id))).href();
    rsx! {
        section { class: "graph-parts", "aria-labelledby": "graph-title",
            h2 { id: "graph-title", "Connected to" }
            p { class: "line-of",
                span { "{view.summary()}" }
                a { class: "button", id: "explore", href: "{explorer}", "Explore the graph" }
            }
            div { class: "drawing", {graph::svg(&page.tenant, ask, view)} }
        }
    }
}

fn similar(page: &TracePage, alike: &Alike, shell: &Shell) -> Element {
    if alike.policy.is_none() && alike.entity.is_none() {
        return rsx! { p { class: "panel quiet", "Nothing was evaluated here yet, and it is not known what this is about." } };
    }
    rsx! {
        {list(page, "by-policy", "Same policy and type of entity", alike.policy.as_ref(), shell)}
        {list(page, "by-entity", "Same entity", alike.entity.as_ref(), shell)}
    }
}

fn list(page: &TracePage, id: &str, title: &str, found: Option<&(PrecedentAsk, Hits)>, shell: &Shell) -> Element {
    let Some((ask, hits)) = found else { return rsx! {} };
    let search = Place::of(&page.tenant, Screen::Precedents(Box::new(ask.clone()))).href();
    rsx! {
        div { class: "graph-parts",
            div { class: "line-of",
                h2 { "{title}" }
                a { class: "button", href: "{search}", "aria-label": "Change this search: {title}", "Change this search" }
            }
            if hits.rows.is_empty() {
                p { class: "panel quiet", "No other finished decision." }
            } else {
                {precedents::table(&page.tenant, id, title, Some(&page.trace_id), hits, shell)}
            }
        }
    }
}

fn reviews(page: &TracePage, rows: &[ReviewRow], shell: &Shell) -> Element {
    let rows_shown = rows.iter().map(|row| review(page, row, shell));
    rsx! {
        section { "aria-labelledby": "reviews-title",
            h2 { id: "reviews-title", "Reviews" }
            if rows.is_empty() {
                p { class: "panel quiet", "Nobody was asked to decide about this trace. An exception that it asks for appears here." }
            } else {
                ul { class: "panel rows", id: "reviews", {rows_shown} }
            }
        }
    }
}

fn review(page: &TracePage, row: &ReviewRow, shell: &Shell) -> Element {
    let href = Place::of(&page.tenant, Screen::review(&row.workflow_id)).href();
    rsx! {
        li { key: "{row.workflow_id}",
            {parts::review_status(&row.status)}
            a { href: "{href}", "{row.title}" }
            span { class: "quiet small",
                "{row.priority}"
                if let Some(assignee) = &row.assignee { ", with {assignee}" }
                if row.open {
                    if row.overdue { ", overdue " } else { ", due " }
                    {parts::instant(row.due, shell)}
                }
            }
        }
    }
}

fn raw(page: &TracePage, raw: &Raw) -> Element {
    let file = Download::Events(page.trace_id.clone()).href(&page.tenant);
    let shown = parts::counted(i64::try_from(raw.lines.len()).unwrap_or(i64::MAX), "event");
    rsx! {
        section { class: "graph-parts", "aria-labelledby": "raw-title",
            h2 { id: "raw-title", "Stored events" }
            p { class: "line-of",
                span {
                    "{shown}, one a line, as they are stored."
                    if raw.cut { " There are more; the file has all of them." }
                }
                a { class: "button", id: "save-events", href: "{file}", download: "trace.ndjson", "Save as NDJSON" }
            }
            pre { id: "raw", tabindex: "0", code { "{raw.lines.join(\"\\n\")}" } }
        }
    }
}
