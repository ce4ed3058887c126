//! Who did what, was refused it, or signed in.

use dioxus::prelude::*;

use super::{filters, parts};
use crate::{
    model::{
        Panel, Shell,
        audit::{AuditEntry, AuditList, AuditPage},
    },
    place::{AuditFilter, KINDS, Place, Screen},
};

pub(super) fn page(page: &AuditPage, shell: &Shell) -> Element {
    rsx! {
        div { class: "page-head",
            h1 { "Audit" }
            p { class: "quiet", "Administrative acts, refusals, exports and sign-ins, the latest first. Each row is bound to the one before it." }
        }
        {filters(page)}
        {list(page, shell)}
    }
}

fn filters(page: &AuditPage) -> Element {
    let all = Place::of(&page.tenant, Screen::Audit { filter: AuditFilter::default(), cursor: None }).href();
    let filter = &page.filter;
    rsx! {
        form { class: "filters", method: "get", action: "{all}", role: "search", "aria-label": "Filter the audit",
            {filters::choice("kind", "kind", "Kind", &KINDS, filter.kind.as_deref(), true)}
            {filters::entry("principal", "Who", "any", filter.principal.as_deref().unwrap_or_default())}
            {filters::entry("action", "What", "any", filter.action.as_deref().unwrap_or_default())}
            {filters::entry("subject", "To what", "any", filter.subject.as_deref().unwrap_or_default())}
            div { class: "field actions",
                button { class: "button primary", r#type: "submit", "Filter" }
                if !filter.is_empty() {
                    a { class: "button", href: "{all}", "Clear filters" }
                }
            }
        }
    }
}

fn list(page: &AuditPage, shell: &Shell) -> Element {
    match &page.list {
        Panel::Loading => rsx! { div { class: "panel", span { class: "bone" } } },
        Panel::Failed(failure) if failure.code == "forbidden" => rsx! {
            div { class: "panel", id: "forbidden",
                p { class: "lead", "Your account may not read the audit." }
                p { "It needs the role admin and the permission "
                    code { "audit_read" }
                    ", which an administrator grants: "
                    code { "dg users set NAME --permissions audit_read" }
                }
            }
        },
        Panel::Failed(failure) => parts::failure("The audit could not be read.", failure, shell),
        Panel::Ready(list) if list.rows.is_empty() => rsx! {
            div { class: "panel", id: "empty",
                p { class: "lead", "No row fits." }
                p { "The audit begins with the first administrative act of this installation." }
            }
        },
        Panel::Ready(list) => table(page, list, shell),
    }
}

fn table(page: &AuditPage, list: &AuditList, shell: &Shell) -> Element {
    let older = list.next.as_ref().map(|next| {
        Place::of(&page.tenant, Screen::Audit { filter: page.filter.clone(), cursor: Some(next.clone()) }).href()
    });
    rsx! {
        div { class: "scroll", tabindex: "0", role: "region", "aria-label": "Rows of the audit",
            table { id: "audit", class: "list", role: "table",
                caption { class: "hidden", "The audit, latest first" }
                thead { role: "rowgroup",
                    tr { role: "row",
                        for name in ["Outcome", "What", "Who", "To what", "When"] {
                            th { key: "{name}", role: "columnheader", scope: "col", "{name}" }
                        }
                    }
                }
                tbody { role: "rowgroup", {list.rows.iter().map(|row| entry(row, shell))} }
            }
        }
        if let Some(older) = older {
            nav { class: "paging", "aria-label": "Pages", a { class: "button", rel: "next", href: "{older}", "Older" } }
        }
    }
}

fn entry(row: &AuditEntry, shell: &Shell) -> Element {
    let (tone, mark) = match row.outcome.as_str() {
        "done" => ("good", "✓"),
        "refused" => ("alert", "✕"),
        _ => ("info", "○"),
    };
    rsx! {
        tr { key: "{row.seq}", role: "row",
            td { role: "cell", class: "stands",
                {parts::chip(tone, mark, &row.outcome)}
            }
            td { role: "cell", class: "what",
                span { "{row.action}" }
                span { class: "quiet small after", "{row.kind}" }
                details { id: "row-{row.seq}",
                    summary { class: "small", "Details of row {row.seq}" }
                    pre { code { "{row.details}" } }
                    dl { class: "small",
                        if let Some(address) = &row.address { dt { "address" } dd { code { "{address}" } } }
                        if let Some(request) = &row.request_id { dt { "request" } dd { code { "{request}" } } }
                        dt { "entry hash" }
                        dd { code { class: "selectable", "{row.entry_hash}" } }
                    }
                }
            }
            td { role: "cell",
                if row.principal.is_empty() { span { class: "quiet", "nobody known" } } else { "{row.principal}" }
                if let Some(agent) = &row.agent { span { class: "quiet small", " through {agent}" } }
            }
            td { role: "cell",
                "{row.subject}"
                if let Some(about) = &row.about { span { class: "quiet small", " in {about}" } }
            }
            td { role: "cell", class: "when", {parts::instant(row.at, shell)} }
        }
    }
}
