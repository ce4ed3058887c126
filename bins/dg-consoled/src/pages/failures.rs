//! Events that a read model could not take, and what can be done about each.

use dioxus::prelude::*;

use super::{filters, forms, parts, steering};
use crate::{
    acts::runs::quarantine_phrase,
    model::{
        Panel, Shell,
        failures::{FailureList, FailureRow, FailuresPage},
    },
    place::{EventsAt, FAILURE_STATUSES, FailuresAt, PROJECTIONS, Place, Screen},
};

const FORM: &str = "decide";

pub(super) fn page(page: &FailuresPage, shell: &Shell) -> Element {
    let health = Place::of(&page.tenant, Screen::Projections).href();
    let list = match &page.list {
        Panel::Ready(list) if list.rows.is_empty() => empty(page),
        Panel::Ready(list) => table(page, list, shell),
        unready => steering::unready(unready, "The failures could not be read.", shell),
    };
    rsx! {
        div { class: "page-head",
            nav { class: "crumbs", "aria-label": "Breadcrumb", a { href: "{health}", "Projections" } span { "aria-hidden": "true", "/" } span { "aria-current": "page", "Failures" } }
            h1 { "Failures" }
            p { class: "quiet", "Events that a projection could not take. They never stop it: each is set aside until somebody decides." }
        }
        {deciding(page, shell)}
        {filters(page)}
        {list}
    }
}

fn filters(page: &FailuresPage) -> Element {
    let all = Place::of(&page.tenant, Screen::Failures(FailuresAt::default())).href();
    let trace = page.at.trace_id.clone().unwrap_or_default();
    rsx! {
        form { class: "filters", method: "get", action: "{all}", role: "search", "aria-label": "Filter failures",
            {filters::choice("status", "status", "Status", &FAILURE_STATUSES, page.at.status.as_deref(), true)}
            {filters::choice("projection", "projection", "Projection", &PROJECTIONS, page.at.projection.as_deref(), true)}
            div { class: "field",
                label { r#for: "trace", "Trace" }
                input { id: "trace", name: "trace", "value": "{trace}", autocomplete: "off", placeholder: "any" }
            }
            div { class: "field actions",
                button { class: "button primary", r#type: "submit", "Filter" }
                if !page.at.is_unfiltered() { a { class: "button", id: "clear", href: "{all}", "Clear filters" } }
            }
        }
    }
}

fn empty(page: &FailuresPage) -> Element {
    let all = Place::of(&page.tenant, Screen::Failures(FailuresAt::default())).href();
    rsx! {
        div { class: "panel", id: "empty",
            if page.at.is_unfiltered() && page.at.cursor.is_none() {
                p { class: "lead", "Every event was taken." }
                p { "An event that a projection cannot fold appears here, and the projection goes on without it." }
            } else {
                p { class: "lead", "No failure fits." }
                p { a { class: "button", href: "{all}", "Clear filters" } }
            }
        }
    }
}

fn table(page: &FailuresPage, list: &FailureList, shell: &Shell) -> Element {
    let rows = list.rows.iter().map(|one| row(page, one, shell));
    let older = list.next.clone().map(|cursor| {
        let at = FailuresAt { cursor: Some(cursor), ..page.at.list() };
        Place::of(&page.tenant, Screen::Failures(at)).href()
    });
    rsx! {
        div { class: "scroll", tabindex: "0", role: "region", "aria-label": "Failures",
            table { id: "failures", class: "list told", role: "table",
                caption { class: "hidden", "Events that projections of {page.tenant} lack or lacked, latest first" }
                thead { role: "rowgroup",
                    tr { role: "row",
                        th { role: "columnheader", scope: "col", "Status" }
                        th { role: "columnheader", scope: "col", "What" }
                        th { role: "columnheader", scope: "col", "Event" }
                        th { role: "columnheader", scope: "col", class: "number", "Tries" }
                        th { role: "columnheader", scope: "col", "First and last seen" }
                        th { role: "columnheader", scope: "col", "Decide" }
                    }
                }
                tbody { role: "rowgroup", {rows} }
            }
        }
        nav { class: "paging", "aria-label": "Pages",
            if let Some(older) = older { a { class: "button", rel: "next", href: "{older}", "Older" } }
        }
    }
}

fn row(page: &FailuresPage, row: &FailureRow, shell: &Shell) -> Element {
    rsx! {
        tr { key: "{row.failure_id}", role: "row", "data-failure": "{row.failure_id}",
            td { role: "cell", "data-label": "Status",
                {stands(&row.status)}
            }
            td { role: "cell", class: "what",
                strong { "{row.projection}" }
                span { class: "block", "{row.message}" }
                code { class: "quiet", "{row.category} {row.code}" }
                if row.status == "open" { span { class: "quiet small block", "Recoverable: it can be tried again once its cause is gone." } }
                if let Some((who, at, why)) = &row.decided {
                    span { class: "quiet small block", "{who}" if !why.is_empty() { ": {why}" } " " {parts::instant(*at, shell)} }
                }
                if let Some(job_id) = &row.job_id {
                    a { class: "small", href: "{Place::of(&page.tenant, Screen::run(job_id)).href()}", "The run that took it" }
                }
            }
            td { role: "cell", "data-label": "Event", {event(page, row)} }
            td { role: "cell", class: "num", "data-label": "Tries", "{row.attempts}" }
            td { role: "cell", class: "when", "data-label": "Seen", {parts::instant(row.first, shell)} {parts::instant(row.last, shell)} }
            td { role: "cell", "data-label": "Decide", {choices(page, row)} }
        }
    }
}

fn event(page: &FailuresPage, row: &FailureRow) -> Element {
    let trace = Place::of(&page.tenant, Screen::trace(&row.trace_id)).href();
    let at = EventsAt { until: Some(row.log_seq), ..EventsAt::default() };
    let log = Place::of(&page.tenant, Screen::Events(at)).href();
    rsx! {
        a { href: "{log}#log-{row.log_seq}", "position {parts::grouped(row.log_seq)}" }
        span { class: "block", "in " a { href: "{trace}", "{row.trace_id}" } }
        code { class: "quiet small", "{row.event_id}" }
    }
}

fn stands(status: &str) -> Element {
    match status {
        "open" => parts::chip("alert", "✕", status),
        "quarantined" => parts::chip("warn", "–", status),
        "resolved" => parts::chip("good", "✓", status),
        _ => parts::chip("neutral", "■", status),
    }
}

fn choices(page: &FailuresPage, row: &FailureRow) -> Element {
    let to = |act: &str| {
        let act = Some((act.to_owned(), row.failure_id.clone()));
        Place::of(&page.tenant, Screen::Failures(FailuresAt { act, ..page.at.clone() })).href()
    };
    match row.status.as_str() {
        "open" => rsx! {
            div { class: "links",
                a { class: "button", href: "{to(\"retry\")}#do", "Retry" }
                a { class: "button", href: "{to(\"quarantine\")}#do", "Quarantine" }
            }
        },
        "quarantined" => rsx! { a { class: "button", href: "{to(\"resolve\")}#do", "Resolve" } },
        _ => rsx! { span { class: "quiet", "settled" } },
    }
}

/// The form for the decision that the address names.
fn deciding(page: &FailuresPage, shell: &Shell) -> Element {
    let (Some((act, _)), Some(chosen)) = (&page.at.act, &page.chosen) else { return rsx! {} };
    let row = match chosen {
        Panel::Ready(row) => row,
        unready => return steering::unready(unready, "The failure could not be read.", shell),
    };
    let (title, effect, permission) = match act.as_str() {
        "retry" => (
            "Try the event again",
            "Queues a run that projects this event with everything of its trace. If that works, the failure is resolved; if not, it stays open.",
            "projection_replay",
        ),
        "resolve" => (
            "Project the event after all",
            "Queues a run that projects this event, whose absence somebody had accepted, with everything of its trace.",
            "projection_quarantine",
        ),
        _ => (
            "Accept that the event is missing",
            "The projection counts as well again although this event is not in it. Digests and the trace go on saying that it is missing. It can be taken back with Resolve.",
            "projection_quarantine",
        ),
    };
    let barred = steering::barred(shell, permission);
    let back = Place::of(&page.tenant, Screen::Failures(page.at.list())).href();
    let dangerous = act == "quarantine";
    rsx! {
        form { id: "do", class: if dangerous { "panel do danger" } else { "panel do" }, method: "post", action: "{forms::action(shell, \"decide-failure\")}", "aria-labelledby": "do-title",
            {forms::carried(shell, FORM)}
            input { r#type: "hidden", name: "decision", "value": "{act}" }
            input { r#type: "hidden", name: "failure", "value": "{row.failure_id}" }
            input { r#type: "hidden", name: "log_seq", "value": "{row.log_seq}" }
            h2 { id: "do-title", "{title}" }
            p { "Event {parts::grouped(row.log_seq)} of {row.trace_id} in "
                strong { "{row.projection}" }
                ", which is "
                {stands(&row.status)}
                ": {row.message}"
            }
            p { "{effect}" }
            {steering::in_whose_name(shell)}
            {steering::why_barred(barred.as_deref())}
            fieldset { disabled: barred.is_some(),
                legend { class: "hidden", "{title}" }
                if act != "retry" { {forms::words(shell, FORM, "reason", "Reason", true)} }
                if dangerous { {steering::phrase(shell, FORM, &quarantine_phrase(&row.log_seq.to_string()))} }
                div { class: "field actions",
                    button { class: "button primary", r#type: "submit", "{title}" }
                    a { class: "button", href: "{back}", "Leave it" }
                }
            }
        }
    }
}
