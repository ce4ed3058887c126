//! One trace: what it is, what happened, what it touches.

use dioxus::prelude::*;

use super::{parts, tabs, timeline};
use crate::{
    model::{Neighbour, Neighbours, Panel, Shell, TraceHead, TracePage, tabs::TabView},
    moment,
    place::{Place, Screen},
};

pub(super) fn page(page: &TracePage, shell: &Shell) -> Element {
    let list = Place::of(&page.tenant, Screen::traces()).href();
    let title = match page.head.ready() {
        Some(head) if !head.title.is_empty() => head.title.as_str(),
        _ => page.trace_id.as_str(),
    };
    rsx! {
        nav { class: "crumbs", "aria-label": "Breadcrumb",
            a { href: "{list}", "Traces" }
            span { "aria-hidden": "true", "/" }
            span { "aria-current": "page", "{page.trace_id}" }
        }
        div { class: "page-head",
            div { class: "title-line",
                h1 { "{title}" }
                if let Some(head) = page.head.ready() { {parts::standing(head.standing)} }
            }
            code { class: "quiet selectable", id: "trace-id", "{page.trace_id}" }
        }
        {head(page, shell)}
        {tabs::nav(page)}
        if page.tab == TabView::Timeline {
            div { class: "columns",
                {timeline::section(page, shell)}
                aside { "aria-label": "Around this trace", {neighbours(page, shell)} }
            }
        } else {
            {tabs::section(page, shell)}
        }
    }
}

fn head(page: &TracePage, shell: &Shell) -> Element {
    match &page.head {
        Panel::Loading => rsx! { div { class: "panel facts-panel", "aria-hidden": "true", span { class: "bone" } } },
        Panel::Failed(failure) => {
            parts::failure("The summary could not be read; the timeline does not need it.", failure, shell)
        }
        Panel::Ready(head) => summary(head, shell),
    }
}

fn summary(head: &TraceHead, shell: &Shell) -> Element {
    let took = match (head.started, head.finished) {
        (Some(started), Some(finished)) => Some(moment::stretch(finished.get().saturating_sub(started.get()))),
        _ => None,
    };
    let range = head.log_range.map(|(first, last)| {
        if first == last {
            parts::grouped(first)
        } else {
            format!("{} – {}", parts::grouped(first), parts::grouped(last))
        }
    });
    rsx! {
        dl { class: "panel facts-panel", id: "summary",
            {parts::fact("Workflow", rsx! { "{or_unknown(&head.workflow)}" })}
            {parts::fact("About", parts::entity(&head.entity))}
            {parts::fact("Events", rsx! { span { id: "event-count", "{parts::grouped(head.event_count)}" } })}
            {parts::fact("Started", parts::instant(head.started, shell))}
            if head.finished.is_some() { {parts::fact("Finished", parts::instant(head.finished, shell))} }
            if let Some(took) = took { {parts::fact("Took", rsx! { "{took}" })} }
            if let Some(range) = range { {parts::fact("Log positions", rsx! { "{range}" })} }
            if !head.policies.is_empty() { {parts::fact("Policies", names(&head.policies))} }
            if !head.actors.is_empty() { {parts::fact("Actors", names(&head.actors))} }
            if !head.tags.is_empty() { {parts::fact("Tags", names(&head.tags))} }
        }
    }
}

fn names(names: &[String]) -> Element {
    let names = names.iter().map(|name| rsx! { span { key: "{name}", class: "tag", "{name}" } });
    rsx! { span { class: "tags", {names} } }
}

fn or_unknown(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}

fn neighbours(page: &TracePage, shell: &Shell) -> Element {
    match &page.neighbours {
        Panel::Loading => rsx! { div { class: "panel", span { class: "bone" } } },
        Panel::Failed(failure) => parts::failure("The graph could not be read.", failure, shell),
        Panel::Ready(groups) => rsx! {
            section { "aria-labelledby": "around",
                h2 { id: "around", "Connected to" }
                div { class: "panel",
                    if groups.is_empty() {
                        p { class: "quiet", "Nothing yet." }
                    }
                    {groups.iter().map(group)}
                }
            }
        },
    }
}

fn group(group: &Neighbours) -> Element {
    rsx! {
        div { key: "{group.kind}", class: "group",
            h3 { "{group.kind}" }
            ul { {group.nodes.iter().map(neighbour)} }
        }
    }
}

fn neighbour(node: &Neighbour) -> Element {
    let href = node.place.as_ref().map(Place::href);
    rsx! {
        li { key: "{node.relation} {node.id}",
            span { class: "quiet small", "{node.relation}" }
            if let Some(href) = href {
                a { class: "id", href: "{href}", "{node.id}" }
            } else {
                span { class: "id", "{node.id}" }
            }
        }
    }
}
