//! Two decisions side by side.

use dioxus::prelude::*;

use super::parts;
use crate::{
    compare::{Line, Mark},
    model::{
        Panel, Shell,
        precedents::{ComparePage, Compared},
    },
    place::{Place, PrecedentAsk, Screen},
};

pub(super) fn page(page: &ComparePage, shell: &Shell) -> Element {
    let search = Place::of(
        &page.tenant,
        Screen::Precedents(Box::new(PrecedentAsk { of: page.a.clone(), ..PrecedentAsk::default() })),
    );
    let both = page.a.is_some() && page.b.is_some();
    rsx! {
        nav { class: "crumbs", "aria-label": "Breadcrumb",
            a { href: "{search.href()}", "Precedents" }
            span { "aria-hidden": "true", "/" }
            span { "aria-current": "page", "Comparison" }
        }
        div { class: "page-head", h1 { "Comparison" } }
        {choice(page)}
        if both { {content(page, shell)} } else { p { class: "panel quiet", "Name two decisions, or choose them among the precedents." } }
    }
}

fn choice(page: &ComparePage) -> Element {
    let action = Place::of(&page.tenant, Screen::Compare { a: None, b: None, only: false }).href();
    let (a, b) = (page.a.clone().unwrap_or_default(), page.b.clone().unwrap_or_default());
    // A box that somebody ticked keeps that against an update; another address has another box.
    let only = [page.only].map(|only| {
        rsx! {
            label { key: "{only}", class: "check", r#for: "only",
                input { id: "only", r#type: "checkbox", name: "only", value: "differences", "checked": only }
                "Only differences"
            }
        }
    });
    rsx! {
        form { class: "filters", method: "get", action: "{action}", role: "search", "aria-label": "What to compare",
            div { class: "field",
                label { r#for: "a", "A" }
                input { id: "a", name: "a", "value": "{a}", autocomplete: "off", placeholder: "trace", maxlength: "512" }
            }
            div { class: "field",
                label { r#for: "b", "B" }
                input { id: "b", name: "b", "value": "{b}", autocomplete: "off", placeholder: "trace", maxlength: "512" }
            }
            div { class: "field actions",
                {only.into_iter()}
                button { class: "button primary", r#type: "submit", "Compare" }
            }
        }
    }
}

fn content(page: &ComparePage, shell: &Shell) -> Element {
    match &page.content {
        Panel::Loading => rsx! { div { class: "panel quiet", role: "status", "Reading both …" } },
        Panel::Failed(failure) => parts::failure("The two could not be compared.", failure, shell),
        Panel::Ready(compared) => both(page, compared),
    }
}

fn both(page: &ComparePage, compared: &Compared) -> Element {
    let comparison = &compared.comparison;
    let differences = parts::counted(i64::try_from(comparison.differences()).unwrap_or(i64::MAX), "difference");
    let switched = Screen::Compare { a: page.a.clone(), b: page.b.clone(), only: !page.only };
    let switched = Place::of(&page.tenant, switched).href();
    rsx! {
        p { class: "panel lead-line", id: "sentence", "{comparison.sentence}" }
        p { class: "line-of",
            span { class: "quiet", "{differences} in all" }
            a { class: "button", id: "only-differences", href: "{switched}", if page.only { "Show all" } else { "Show only differences" } }
        }
        {table(page, compared, "decision", "Decision", &comparison.decision)}
        {table(page, compared, "facts", "Facts", &comparison.facts)}
        {table(page, compared, "actions", "Actions and changes", &comparison.actions)}
    }
}

fn table(page: &ComparePage, compared: &Compared, id: &str, title: &str, lines: &[Line]) -> Element {
    let shown: Vec<&Line> = lines.iter().filter(|line| !page.only || line.mark != Mark::Same).collect();
    let head = |letter: &str, title: &str, trace: &Option<String>| {
        let href = Place::of(&page.tenant, Screen::trace(trace.as_deref().unwrap_or_default())).href();
        rsx! { th { role: "columnheader", scope: "col", "{letter}: " a { href: "{href}", "{title}" } } }
    };
    let nothing = if lines.is_empty() { "Neither has any." } else { "No difference." };
    rsx! {
        div { class: "graph-parts",
            h2 { id: "{id}-title", "{title}" }
            if shown.is_empty() {
                p { class: "panel quiet", "{nothing}" }
            } else {
                div { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": "{id}-title",
                    table { id: "{id}", class: "list stacked compared", role: "table",
                        caption { class: "hidden", "{title} of both decisions" }
                        thead { role: "rowgroup",
                            tr { role: "row",
                                th { role: "columnheader", scope: "col", "" span { class: "hidden", "What" } }
                                {head("A", &compared.a_title, &page.a)}
                                {head("B", &compared.b_title, &page.b)}
                                th { role: "columnheader", scope: "col", "Compared" }
                            }
                        }
                        tbody { role: "rowgroup", {shown.into_iter().map(line)} }
                    }
                }
            }
        }
    }
}

fn line(line: &Line) -> Element {
    let (tone, mark) = match line.mark {
        Mark::Same => ("neutral", "="),
        Mark::Different => ("warn", "≠"),
        Mark::OnlyA => ("info", "A"),
        Mark::OnlyB => ("info", "B"),
    };
    let side = |letter: &'static str, value: &Option<String>| {
        let value = value.clone();
        rsx! {
            td { role: "cell", "data-side": "{letter}",
                if let Some(value) = value { "{value}" } else { span { class: "quiet", "none" } }
            }
        }
    };
    rsx! {
        tr { key: "{line.name}", role: "row", "data-line": "{line.name}",
            th { role: "rowheader", scope: "row", "{line.name}" }
            {side("A", &line.a)}
            {side("B", &line.b)}
            td { role: "cell",
                {parts::chip(tone, mark, line.mark.word())}
                if let Some(difference) = &line.difference { span { class: "after number", "{difference}" } }
            }
        }
    }
}
