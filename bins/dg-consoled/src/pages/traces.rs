//! The list of traces.

use dg_domain::TenantId;
use dioxus::prelude::*;

use super::{Ask, ask, filters, parts};
use crate::{
    model::{Panel, Shell, TraceList, TraceRow, TracesPage},
    place::{OUTCOMES, Place, STATUSES, Screen, TraceFilter},
};

pub(super) fn page(page: &TracesPage, shell: &Shell) -> Element {
    rsx! {
        div { class: "page-head",
            h1 { "Traces" }
            p { class: "quiet", "Every decision of "
                strong { "{page.tenant}" }
                ", latest activity first."
            }
        }
        {filters(page)}
        {list(page, shell)}
    }
}

/// `value` and `selected` are quoted: as Dioxus's own attributes they would be written with each update, over what
/// somebody is typing.
fn filters(page: &TracesPage) -> Element {
    let filter = &page.filter;
    let all = Place::of(&page.tenant, Screen::traces()).href();
    let workflow = filter.workflow.clone().unwrap_or_default();
    rsx! {
        form { class: "filters", method: "get", action: "{all}", role: "search", "aria-label": "Filter traces",
            {filters::entry("q", "Words", "title, workflow, reason", filter.words.as_deref().unwrap_or_default())}
            div { class: "field",
                label { r#for: "workflow", "Workflow" }
                input { id: "workflow", name: "workflow", "value": "{workflow}", list: "workflows", autocomplete: "off", placeholder: "any" }
                datalist { id: "workflows", {workflows(page)} }
            }
            {filters::choice("status", "status", "Status", &STATUSES, filter.status.as_deref(), true)}
            {filters::choice("outcome", "outcome", "Outcome", &OUTCOMES, filter.outcome.as_deref(), true)}
            div { class: "field actions",
                button { class: "button primary", r#type: "submit", "Filter" }
                if !filter.is_empty() {
                    a { class: "button", id: "clear", href: "{all}", "Clear filters" }
                }
            }
            details { class: "closer", id: "closer", "open": filter.looks_closer(),
                summary { "Look closer" }
                div { class: "filters", {closer(filter)} }
            }
        }
    }
}

fn closer(filter: &TraceFilter) -> Element {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    rsx! {
        {filters::entry("entity", "Entity", "order:1042", &text(&filter.entity))}
        {filters::entry("policy", "Policy", "refund-limit:3", &text(&filter.policy))}
        {filters::entry("actor", "Actor", "agent:refund-bot", &text(&filter.actor))}
        {filters::entry("tag", "Tags", "eu, urgent", &filter.tags.join(", "))}
        {filters::entry("fact", "Facts", "amount>=100, region=EU", &filter.facts.join(", "))}
        {day("started_from", "Started from", &text(&filter.from))}
        {day("started_until", "Started before", &text(&filter.until))}
        div { class: "field check",
            label {
                input { r#type: "checkbox", id: "companions", name: "companions", value: "true", "checked": filter.companions }
                " Companions of reviews too"
            }
        }
    }
}

fn day(name: &str, label: &str, value: &str) -> Element {
    rsx! {
        div { class: "field",
            label { r#for: "{name}", "{label}" }
            input { id: "{name}", name: "{name}", r#type: "date", "value": "{value}" }
        }
    }
}

fn workflows(page: &TracesPage) -> Element {
    let mut names: Vec<&str> =
        page.list.ready().into_iter().flat_map(|list| &list.rows).map(|row| row.workflow.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let names = names
        .into_iter()
        .filter(|name| !name.is_empty())
        .map(|name| rsx! { option { key: "{name}", value: "{name}" } });
    rsx! { {names} }
}

fn list(page: &TracesPage, shell: &Shell) -> Element {
    match &page.list {
        Panel::Loading => skeleton(),
        Panel::Failed(failure) => parts::failure("The list could not be read.", failure, shell),
        Panel::Ready(list) if list.rows.is_empty() && page.waiting == 0 => empty(page),
        Panel::Ready(list) => table(page, list, shell),
    }
}

/// The roles are those the elements have by themselves; they hold where a narrow screen stacks the cells.
fn table(page: &TracesPage, list: &TraceList, shell: &Shell) -> Element {
    let waiting = parts::counted(i64::try_from(page.waiting).unwrap_or(i64::MAX), "new trace");
    let rows = list.rows.iter().map(|entry| row(page, entry, shell));
    rsx! {
        div {
            div { class: "waiting", "aria-live": "polite",
                if page.waiting > 0 {
                    button { class: "button", id: "waiting", r#type: "button", onclick: move |_| ask(Ask::ShowWaiting), "Show {waiting}" }
                }
            }
            div { class: "scroll", tabindex: "0", role: "region", "aria-label": "Traces",
                table { id: "traces", class: "list", role: "table",
                    caption { class: "hidden", "Traces of {page.tenant}, latest activity first" }
                    thead { role: "rowgroup",
                        tr { role: "row",
                            th { role: "columnheader", scope: "col", "Status" }
                            th { role: "columnheader", scope: "col", "Trace" }
                            th { role: "columnheader", scope: "col", "Workflow" }
                            th { role: "columnheader", scope: "col", "About" }
                            th { role: "columnheader", scope: "col", class: "number", "Events" }
                            th { role: "columnheader", scope: "col", "Last activity" }
                        }
                    }
                    tbody { role: "rowgroup", {rows} }
                }
            }
        }
        {paging(page, list)}
    }
}

fn row(page: &TracesPage, row: &TraceRow, shell: &Shell) -> Element {
    let href = Place::of(&page.tenant, Screen::trace(&row.trace_id)).href();
    let title = if row.title.is_empty() { row.trace_id.as_str() } else { row.title.as_str() };
    let class = match (row.left, row.fresh) {
        (true, _) => "left",
        (false, true) => "fresh",
        (false, false) => "",
    };
    rsx! {
        tr { key: "{row.trace_id}", role: "row", class: "{class}", "data-trace": "{row.trace_id}",
            td { role: "cell", class: "stands", {parts::standing(row.standing)} }
            td { role: "cell", class: "what",
                a { href: "{href}", "{title}" }
                if row.left {
                    span { class: "quiet small after", "no longer fits the filter" }
                }
                code { class: "quiet", "{row.trace_id}" }
            }
            td { role: "cell", class: "flow", if row.workflow.is_empty() { span { class: "quiet", "not started" } } else { "{row.workflow}" } }
            td { role: "cell", class: "about", {parts::entity(&row.entity)} }
            td { role: "cell", class: "number", "{parts::grouped(row.event_count)}" }
            td { role: "cell", class: "when",
                span { class: "event-type", "{row.last_event_type}" }
                {parts::instant(row.last_at, shell)}
            }
        }
    }
}

fn paging(page: &TracesPage, list: &TraceList) -> Element {
    let at = |cursor: Option<String>| {
        Place::of(&page.tenant, Screen::Traces { filter: Box::new(page.filter.clone()), cursor }).href()
    };
    let shown = parts::counted(i64::try_from(list.rows.len()).unwrap_or(i64::MAX), "trace");
    let total = list.total.map(|(total, more)| {
        format!(", of {}{} that fit", if more { "more than " } else { "" }, parts::counted(total, "trace"))
    });
    let total = total.unwrap_or_default();
    rsx! {
        nav { class: "paging", "aria-label": "Pages",
            span { class: "quiet", "{shown} on this page{total}" }
            if page.cursor.is_some() {
                a { class: "button", href: "{at(None)}", "Newest" }
            }
            if let Some(next) = &list.next {
                a { class: "button", rel: "next", href: "{at(Some(next.clone()))}", "Older" }
            }
        }
    }
}

fn empty(page: &TracesPage) -> Element {
    let all = Place::of(&page.tenant, Screen::traces()).href();
    if page.filter.is_empty() && page.cursor.is_none() {
        return nothing(&page.tenant);
    }
    rsx! {
        div { class: "panel", id: "empty",
            p { class: "lead", "No trace fits." }
            p { "{active(&page.filter)}" }
            p { a { class: "button", href: "{all}", "Clear filters" } }
        }
    }
}

/// What to do in a tenant without a trace.
pub(super) fn nothing(tenant: &TenantId) -> Element {
    rsx! {
        div { class: "panel", id: "empty",
            p { class: "lead", "No decision was recorded here yet." }
            p { "A trace appears with its first event. Append one through the API or load a file:" }
            pre { code { "dg import events.ndjson --tenant {tenant}" } }
        }
    }
}

fn active(filter: &TraceFilter) -> String {
    let named = [
        ("words are", &filter.words),
        ("workflow is", &filter.workflow),
        ("status is", &filter.status),
        ("outcome is", &filter.outcome),
        ("entity is", &filter.entity),
        ("policy is", &filter.policy),
        ("actor is", &filter.actor),
        ("started from", &filter.from),
        ("started before", &filter.until),
    ];
    let one = named.into_iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("{name} {value}")));
    let tags = filter.tags.iter().map(|tag| format!("has the tag {tag}"));
    let words: Vec<String> = one.chain(tags).chain(filter.facts.iter().cloned()).collect();
    if words.is_empty() {
        "This page of the list is empty.".to_owned()
    } else {
        format!("Filter: {}.", words.join(", "))
    }
}

fn skeleton() -> Element {
    let rows = (0..8).map(|at| {
        rsx! { tr { key: "{at}", for column in 0..6 { td { key: "{column}", span { class: "bone" } } } } }
    });
    rsx! {
        div { class: "panel quiet", role: "status",
            "Reading the list …"
            noscript { " Reload the page in a moment." }
        }
        div { class: "scroll", "aria-hidden": "true", table { class: "list bones", tbody { {rows} } } }
    }
}
