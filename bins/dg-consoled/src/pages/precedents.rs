//! Finished decisions that are like a case.

use dg_domain::TenantId;
use dioxus::prelude::*;

use super::parts;
use crate::{
    model::{
        Panel, Shell,
        precedents::{Hit, Hits, PrecedentsPage},
    },
    place::{OUTCOMES, Place, PrecedentAsk, Screen},
};

pub(super) fn page(page: &PrecedentsPage, shell: &Shell) -> Element {
    let of = page.ask.of.as_ref().map(|of| (of, Place::of(&page.tenant, Screen::trace(of)).href()));
    rsx! {
        div { class: "page-head",
            h1 { "Precedents" }
            p { class: "quiet", "Finished decisions of " strong { "{page.tenant}" } ", latest finish first."
                if let Some((of, href)) = of { " To compare with " a { href: "{href}", "{of}" } "." }
            }
        }
        {filters(page)}
        {found(page, shell)}
    }
}

fn filters(page: &PrecedentsPage) -> Element {
    let ask = &page.ask;
    let all = Place::of(
        &page.tenant,
        Screen::Precedents(Box::new(PrecedentAsk { of: ask.of.clone(), ..PrecedentAsk::default() })),
    );
    let action = Place::of(&page.tenant, Screen::Precedents(Box::default())).href();
    let fields = [
        ("policy", "Policy", &ask.policy_id),
        ("version", "Its version", &ask.policy_version),
        ("entity_type", "Entity type", &ask.entity_type),
        ("entity_id", "Its id", &ask.entity_id),
        ("workflow", "Workflow", &ask.workflow),
    ];
    let fields = fields.map(|(name, label, value)| {
        let value = value.clone().unwrap_or_default();
        rsx! {
            div { key: "{name}", class: "field",
                label { r#for: "{name}", "{label}" }
                input { id: "{name}", name: "{name}", "value": "{value}", autocomplete: "off", placeholder: "any", maxlength: "512" }
            }
        }
    });
    let outcomes = OUTCOMES.iter().map(|outcome| {
        let chosen = ask.outcome.as_deref() == Some(*outcome);
        rsx! { option { key: "{outcome}", value: "{outcome}", "selected": chosen, "{outcome}" } }
    });
    rsx! {
        form { class: "filters", method: "get", action: "{action}", role: "search", "aria-label": "Find precedents",
            {fields.into_iter()}
            div { class: "field",
                label { r#for: "outcome", "Outcome" }
                select { id: "outcome", name: "outcome",
                    option { value: "", "selected": ask.outcome.is_none(), "any" }
                    {outcomes}
                }
            }
            if let Some(of) = &ask.of { input { r#type: "hidden", name: "of", "value": "{of}" } }
            div { class: "field actions",
                button { class: "button primary", r#type: "submit", "Find" }
                if !ask.is_empty() { a { class: "button", href: "{all.href()}", "Clear filters" } }
            }
        }
    }
}

fn found(page: &PrecedentsPage, shell: &Shell) -> Element {
    match &page.hits {
        Panel::Loading => rsx! { div { class: "panel quiet", role: "status", "Searching …" } },
        Panel::Failed(failure) => parts::failure("The search could not be made.", failure, shell),
        Panel::Ready(hits) if hits.rows.is_empty() => rsx! {
            div { class: "panel", id: "empty",
                p { class: "lead", "No finished decision fits." }
                p { "A decision can be a precedent once its trace is finished. Leave out a filter to find more." }
            }
        },
        Panel::Ready(hits) => rsx! {
            {table(&page.tenant, "precedents", "Precedents", page.ask.of.as_deref(), hits, shell)}
            if hits.full { p { class: "quiet small", "The search stopped where it had found as many as are read at once. A narrower one finds the others." } }
        },
    }
}

/// The hits. With `of`, each leads to the comparison with it; without, two of them can be chosen.
pub(super) fn table(tenant: &TenantId, id: &str, title: &str, of: Option<&str>, hits: &Hits, shell: &Shell) -> Element {
    let action = Place::of(tenant, Screen::Compare { a: None, b: None, only: false }).href();
    let rows = hits.rows.iter().enumerate().map(|(at, hit)| row(tenant, of, at, hit, shell));
    rsx! {
        form { class: "rows", method: "get", action: "{action}", "aria-label": "Compare: {title}",
            div { class: "scroll", tabindex: "0", role: "region", "aria-label": "{title}",
                table { id: "{id}", class: "list stacked", role: "table",
                    caption { class: "hidden", "Finished decisions, latest finish first" }
                    thead { role: "rowgroup",
                        tr { role: "row",
                            th { role: "columnheader", scope: "col", "Outcome" }
                            th { role: "columnheader", scope: "col", "Decision" }
                            th { role: "columnheader", scope: "col", "Workflow" }
                            th { role: "columnheader", scope: "col", "Why it matched" }
                            th { role: "columnheader", scope: "col", "Finished" }
                            th { role: "columnheader", scope: "col", "Compare" }
                        }
                    }
                    tbody { role: "rowgroup", {rows} }
                }
            }
            if of.is_none() && hits.rows.len() > 1 {
                p { class: "paging", button { class: "button", r#type: "submit", "Compare A with B" } }
            }
        }
    }
}

fn row(tenant: &TenantId, of: Option<&str>, at: usize, hit: &Hit, shell: &Shell) -> Element {
    let href = Place::of(tenant, Screen::trace(&hit.trace_id)).href();
    let title = if hit.title.is_empty() { hit.trace_id.as_str() } else { hit.title.as_str() };
    let why = if hit.why.is_empty() { "every finished decision".to_owned() } else { hit.why.join(", ") };
    let compare = of.map(|of| {
        Place::of(tenant, Screen::Compare { a: Some(of.to_owned()), b: Some(hit.trace_id.clone()), only: false }).href()
    });
    rsx! {
        tr { key: "{hit.trace_id}", role: "row", "data-trace": "{hit.trace_id}",
            td { role: "cell", {parts::standing(hit.standing)} }
            td { role: "cell", class: "what",
                a { href: "{href}", "{title}" }
                code { class: "quiet", "{hit.trace_id}" }
            }
            td { role: "cell", "{hit.workflow}" }
            td { role: "cell", class: "small", "{why}" }
            td { role: "cell", class: "when", {parts::instant(hit.finished, shell)} }
            td { role: "cell", class: "nowrap",
                if let Some(compare) = compare {
                    a { class: "button", href: "{compare}", "aria-label": "Compare with {title}", "Compare" }
                } else {
                    label { class: "check", input { r#type: "radio", name: "a", value: "{hit.trace_id}", "checked": at == 0, "aria-label": "A: {title}" } "A" }
                    " "
                    label { class: "check", input { r#type: "radio", name: "b", value: "{hit.trace_id}", "checked": at == 1, "aria-label": "B: {title}" } "B" }
                }
            }
        }
    }
}
