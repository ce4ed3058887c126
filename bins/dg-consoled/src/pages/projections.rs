//! How the read models stand.

use dioxus::prelude::*;

use super::{forms, parts, steering};
use crate::{
    model::{
        Panel, Shell,
        projections::{Health, HealthRow, ProjectionsPage},
    },
    place::{DigestsAt, FailuresAt, Place, ReplaysAt, Screen},
};

pub(super) fn page(page: &ProjectionsPage, shell: &Shell) -> Element {
    let to = |screen| Place::of(&page.tenant, screen).href();
    let failures = to(Screen::Failures(FailuresAt::default()));
    let digests = to(Screen::Digests(DigestsAt::default()));
    let verify = Some(("verify".to_owned(), "all".to_owned()));
    let verify = to(Screen::Replays(ReplaysAt { asking: verify, ..ReplaysAt::default() }));
    let content = match &page.health {
        Panel::Ready(health) => ready(page, health, shell),
        unready => steering::unready(unready, "The read models could not be asked.", shell),
    };
    rsx! {
        div { class: "page-head",
            h1 { "Projections" }
            p { class: "quiet", "What readers of "
                strong { "{page.tenant}" }
                " see is folded from the log. This is how far that is, and whether it is right."
            }
        }
        nav { class: "links", "aria-label": "About projections",
            a { class: "button", href: "{digests}", "Digests" }
            a { class: "button", href: "{failures}", "Failures" }
            a { class: "button", href: "{verify}", "Verify against the log" }
        }
        {content}
    }
}

fn ready(page: &ProjectionsPage, health: &Health, shell: &Shell) -> Element {
    let rows = health.rows.iter().map(|one| row(page, one, shell));
    rsx! {
        dl { class: "panel facts-panel", id: "overall",
            div { dt { "Overall" } dd { {steering::health(&health.status)} } }
            div { dt { "End of the log" } dd { "position {parts::grouped(health.head)}" } }
            div { class: "broad",
                dt { "Full digest, as written down" }
                dd {
                    match &health.full_digest {
                        Some(digest) => rsx! { code { class: "digest", "{digest}" } },
                        None => rsx! { span { class: "quiet", "none yet" } },
                    }
                }
            }
        }
        div { class: "scroll", tabindex: "0", role: "region", "aria-label": "Health per projection",
            table { id: "health", class: "list told", role: "table",
                caption { class: "hidden", "How each projection of {page.tenant} stands" }
                thead { role: "rowgroup",
                    tr { role: "row",
                        th { role: "columnheader", scope: "col", "Status" }
                        th { role: "columnheader", scope: "col", "Projection" }
                        th { role: "columnheader", scope: "col", class: "number", "Applied" }
                        th { role: "columnheader", scope: "col", class: "number", "Behind" }
                        th { role: "columnheader", scope: "col", class: "number", "Generation" }
                        th { role: "columnheader", scope: "col", "Digest written down" }
                        th { role: "columnheader", scope: "col", "Failures" }
                        th { role: "columnheader", scope: "col", "Last moved" }
                    }
                }
                tbody { role: "rowgroup", {rows} }
            }
        }
        {waiting(page, health)}
        section { "aria-labelledby": "under-way",
            h2 { id: "under-way", "Runs under way" }
            {steering::under_way(&page.tenant, &health.open)}
        }
        {reviews(shell)}
    }
}

fn row(page: &ProjectionsPage, row: &HealthRow, shell: &Shell) -> Element {
    let failures = FailuresAt { projection: Some(row.name.clone()), ..FailuresAt::default() };
    let failures = Place::of(&page.tenant, Screen::Failures(failures)).href();
    let behind = if row.pending == 0 { "nothing".to_owned() } else { parts::counted(row.pending, "event") };
    let lag = (row.pending > 0).then(|| format!("{:.1} s old", row.lag));
    let rate = (row.per_second >= 0.05).then(|| format!("{:.1} events/s", row.per_second));
    rsx! {
        tr { key: "{row.name}", role: "row", "data-projection": "{row.name}",
            td { role: "cell", "data-label": "Status",
                {steering::health(&row.status)}
                if row.state != "idle" && !row.state.is_empty() {
                    span { class: "quiet small after", "{row.state}" }
                }
            }
            td { role: "cell", class: "what",
                strong { "{row.name}" }
                if let Some((code, message)) = &row.error {
                    span { class: "small block",
                        code { "{code}" }
                        " {message}"
                    }
                }
                if row.drift.is_some() {
                    span { class: "small block",
                        {parts::chip("alert", "≠", "changed by other hands")}
                        " since "
                        {parts::instant(row.drift, shell)}
                    }
                }
            }
            td { role: "cell", class: "num", "data-label": "Applied", "{parts::grouped(row.applied)}" }
            td { role: "cell", class: "num", "data-label": "Behind",
                "{behind}"
                if let Some(lag) = lag { span { class: "quiet small block", "{lag}" } }
                if let Some(rate) = rate { span { class: "quiet small block", "{rate}" } }
            }
            td { role: "cell", class: "num", "data-label": "Generation", "{row.generation}" }
            td { role: "cell", "data-label": "Digest",
                match &row.digest {
                    Some(digest) => steering::short_digest(digest),
                    None => rsx! { span { class: "quiet", "none yet" } },
                }
            }
            td { role: "cell", "data-label": "Failures",
                if row.failures > 0 || row.quarantined > 0 {
                    a { href: "{failures}", "{row.failures} open, {row.quarantined} accepted" }
                } else {
                    span { class: "quiet", "none" }
                }
            }
            td { role: "cell", class: "when", "data-label": "Last moved", {parts::instant(row.moved, shell)} }
        }
    }
}

fn waiting(page: &ProjectionsPage, health: &Health) -> Element {
    if health.waiting.is_empty() {
        return rsx! {};
    }
    let rows = health.waiting.iter().map(|one| {
        let act = Some(("retry".to_owned(), one.failure_id.clone()));
        let href = Place::of(&page.tenant, Screen::Failures(FailuresAt { act, ..FailuresAt::default() })).href();
        let trace = Place::of(&page.tenant, Screen::trace(&one.trace_id)).href();
        rsx! {
            li { key: "{one.failure_id}",
                {parts::chip("alert", "✕", "missing")}
                span { "event {parts::grouped(one.log_seq)} of " a { href: "{trace}", "{one.trace_id}" } " in {one.projection}" }
                code { "{one.code}" }
                a { class: "button", href: "{href}", "Decide" }
            }
        }
    });
    rsx! {
        section { "aria-labelledby": "waiting-title",
            h2 { id: "waiting-title", "Events that wait for a decision" }
            ul { class: "panel rows", {rows} }
        }
    }
}

/// The state of reviews has no run of its own; it is compared at once.
fn reviews(shell: &Shell) -> Element {
    let barred = steering::not_admin(shell);
    rsx! {
        section { "aria-labelledby": "reviews-title",
            h2 { id: "reviews-title", "Reviews" }
            form { class: "panel do", method: "post", action: "{forms::action(shell, \"verify-reviews\")}",
                {forms::carried(shell, "verify-reviews")}
                p { "Reviews are folded from the log too. Comparing them reads the whole log and changes nothing." }
                {steering::why_barred(barred.as_deref())}
                div { class: "field actions",
                    button { class: "button", r#type: "submit", disabled: barred.is_some(), "Compare reviews with the log" }
                }
            }
        }
    }
}
