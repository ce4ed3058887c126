//! What the read models amount to: computed now, and as it was written down.

use dioxus::prelude::*;

use super::{filters, parts, steering};
use crate::{
    model::{
        Panel, Shell,
        projections::{DigestsNow, DigestsPage, History, Written},
    },
    place::{DIGESTED, DigestsAt, Place, Screen},
};

pub(super) fn page(page: &DigestsPage, shell: &Shell) -> Element {
    let health = Place::of(&page.tenant, Screen::Projections).href();
    let compute = Place::of(&page.tenant, Screen::Digests(DigestsAt { now: true, ..page.at.clone() })).href();
    let now = match &page.now {
        None => rsx! { p { class: "quiet", "Computing reads every row; it takes time in proportion to them." } },
        Some(Panel::Ready(now)) => computed(now),
        Some(unready) => steering::unready(unready, "The digests could not be computed.", shell),
    };
    let history = match &page.history {
        Panel::Ready(history) if history.rows.is_empty() => {
            rsx! { p { class: "panel quiet", id: "empty", "Nothing was written down yet. The self-check and every run do that." } }
        }
        Panel::Ready(history) => table(page, history, shell),
        unready => steering::unready(unready, "The history could not be read.", shell),
    };
    rsx! {
        div { class: "page-head",
            nav { class: "crumbs", "aria-label": "Breadcrumb", a { href: "{health}", "Projections" } span { "aria-hidden": "true", "/" } span { "aria-current": "page", "Digests" } }
            h1 { "Digests" }
            p { class: "quiet", "The same log gives the same digests, in any database." }
        }
        section { "aria-labelledby": "now-title",
            h2 { id: "now-title", "Now" }
            {now}
            p { a { class: "button", href: "{compute}", if page.now.is_some() { "Compute again" } else { "Compute now" } } }
        }
        section { "aria-labelledby": "history-title",
            h2 { id: "history-title", "Written down" }
            {filter(page)}
            {history}
        }
    }
}

fn computed(now: &DigestsNow) -> Element {
    let rows = now.rows.iter().map(|(name, digest)| {
        rsx! { div { key: "{name}", dt { "{name}" } dd { code { class: "digest selectable", "{digest}" } } } }
    });
    rsx! {
        dl { class: "panel pairs", id: "digests-now", {rows} }
        p { class: "small",
            "For log position "
            strong { "{parts::grouped(now.log_seq)}" }
            if now.skipped > 0 { ", without {parts::counted(now.skipped, \"event\")} that could not be taken." } else { "; no event is missing." }
        }
    }
}

fn filter(page: &DigestsPage) -> Element {
    let all = Place::of(&page.tenant, Screen::Digests(DigestsAt::default())).href();
    rsx! {
        form { class: "filters", method: "get", action: "{all}", "aria-label": "Filter digests",
            {filters::choice("of", "of", "Of", &DIGESTED, page.at.of.as_deref(), true)}
            div { class: "field actions", button { class: "button", r#type: "submit", "Filter" } }
        }
    }
}

fn table(page: &DigestsPage, history: &History, shell: &Shell) -> Element {
    let rows = history.rows.iter().enumerate().map(|(at, one)| row(page, at, one, shell));
    let older = history.next.clone().map(|cursor| {
        let at = DigestsAt { now: false, cursor: Some(cursor), ..page.at.clone() };
        Place::of(&page.tenant, Screen::Digests(at)).href()
    });
    rsx! {
        div { class: "scroll", tabindex: "0", role: "region", "aria-label": "Digests that were written down",
            table { id: "history", class: "list told", role: "table",
                caption { class: "hidden", "Digests of {page.tenant} that were written down, newest first" }
                thead { role: "rowgroup",
                    tr { role: "row",
                        th { role: "columnheader", scope: "col", "Of" }
                        th { role: "columnheader", scope: "col", class: "number", "Position" }
                        th { role: "columnheader", scope: "col", "Digest" }
                        th { role: "columnheader", scope: "col", class: "number", "Rows" }
                        th { role: "columnheader", scope: "col", "By" }
                        th { role: "columnheader", scope: "col", "When" }
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

fn row(page: &DigestsPage, at: usize, row: &Written, shell: &Shell) -> Element {
    rsx! {
        tr { key: "{at}", role: "row",
            td { role: "cell", "data-label": "Of", strong { "{row.projection}" } span { class: "quiet small after nowrap", "generation {row.generation}" } }
            td { role: "cell", class: "num", "data-label": "Position", "{parts::grouped(row.log_seq)}" }
            td { role: "cell", "data-label": "Digest",
                code { class: "digest", "{row.digest}" }
                if row.drifted { span { class: "block", {parts::chip("alert", "≠", "rows changed by other hands")} } }
                if row.skipped > 0 { span { class: "quiet small block", "without {parts::counted(row.skipped, \"event\")}" } }
            }
            td { role: "cell", class: "num", "data-label": "Rows", "{parts::grouped(row.rows)}" }
            td { role: "cell", "data-label": "By",
                match &row.job_id {
                    Some(job_id) => {
                        let href = Place::of(&page.tenant, Screen::run(job_id)).href();
                        rsx! { a { href: "{href}", "run" } }
                    }
                    None => rsx! { span { class: "nowrap", "{row.source}" } },
                }
            }
            td { role: "cell", class: "when", "data-label": "When", {parts::instant(row.at, shell)} }
        }
    }
}
