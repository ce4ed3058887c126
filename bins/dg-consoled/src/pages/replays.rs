//! Runs over the read models, and the form that asks for another one.

use dioxus::prelude::*;

use super::{filters, forms, parts, steering};
use crate::{
    acts::runs::phrase,
    model::{
        Panel, Shell,
        runs::{ReplaysPage, RunLine, RunList, RunState, mode_name},
    },
    place::{ASKED_MODES, Place, RUN_MODES, RUN_STATUSES, ReplaysAt, Screen, TARGETS},
};

const FORM: &str = "start";

pub(super) fn page(page: &ReplaysPage, shell: &Shell) -> Element {
    let list = match &page.list {
        Panel::Ready(list) if list.rows.is_empty() => empty(page),
        Panel::Ready(list) => table(page, list, shell),
        unready => steering::unready(unready, "The runs could not be read.", shell),
    };
    let under_way = match &page.state {
        Panel::Ready(state) => steering::under_way(&page.tenant, &state.open),
        unready => steering::unready(unready, "What is under way could not be read.", shell),
    };
    rsx! {
        div { class: "page-head",
            h1 { "Replays" }
            p { class: "quiet", "The log folded again: to verify what readers see, to catch up, or to build it anew." }
        }
        if page.at.asking.is_some() { {asking(page, shell)} } else { {choose(page)} }
        section { "aria-labelledby": "under-way",
            h2 { id: "under-way", "Under way" }
            {under_way}
        }
        section { "aria-labelledby": "all-runs",
            h2 { id: "all-runs", "All runs" }
            {filters(page)}
            {list}
        }
    }
}

/// The first of two steps: what the run is to do.
fn choose(page: &ReplaysPage) -> Element {
    let here = Place::of(&page.tenant, Screen::Replays(ReplaysAt::default())).href();
    rsx! {
        form { class: "filters panel", id: "choose", method: "get", action: "{here}", "aria-label": "Ask for a run",
            {filters::choice("do-mode", "do", "Ask for a", &ASKED_MODES, Some(ASKED_MODES[0]), false)}
            {filters::choice("do-of", "of", "of", &TARGETS, Some(TARGETS[0]), false)}
            div { class: "field actions", button { class: "button primary", r#type: "submit", "Continue" } }
        }
    }
}

/// The second: what that would mean, and the confirmation.
fn asking(page: &ReplaysPage, shell: &Shell) -> Element {
    let Some((mode, target)) = &page.at.asking else { return rsx! {} };
    let permission = if mode == "rebuild" { "projection_rebuild" } else { "projection_replay" };
    let barred = steering::barred(shell, permission);
    let back = Place::of(&page.tenant, Screen::Replays(ReplaysAt { asking: None, ..page.at.clone() })).href();
    let title = format!("{} of {target}", mode_name(mode));
    let dangerous = mode == "rebuild";
    rsx! {
        form { id: "do", class: if dangerous { "panel do danger" } else { "panel do" }, method: "post", action: "{forms::action(shell, \"start-run\")}", "aria-labelledby": "do-title",
            {forms::carried(shell, FORM)}
            input { r#type: "hidden", name: "mode", "value": "{mode}" }
            input { r#type: "hidden", name: "projection", "value": "{target}" }
            h2 { id: "do-title", "{title}" }
            p { "{meaning(mode)}" }
            {meets(page, target)}
            {steering::in_whose_name(shell)}
            {steering::why_barred(barred.as_deref())}
            fieldset { disabled: barred.is_some(),
                legend { class: "hidden", "{title}" }
                {forms::words(shell, FORM, "reason", "Reason", true)}
                if mode == "catch_up" { {forms::line(shell, FORM, "until", "Up to log position (optional)", false)} }
                if let Some(phrase) = phrase(mode, target) { {steering::phrase(shell, FORM, &phrase)} }
                div { class: "field actions",
                    button { class: "button primary", r#type: "submit", "Queue the run" }
                    a { class: "button", href: "{back}", "Leave it" }
                }
            }
        }
    }
}

fn meaning(mode: &str) -> &'static str {
    match mode {
        "verify" => {
            "Folds the log again into rows of its own and compares them with what readers see, row by row. Nothing that readers see is touched."
        }
        "catch_up" => "Brings what readers see to the end of the log, and tries a projection that rests at once.",
        _ => {
            "Folds the whole log again beside what readers see, then switches to it in one step. Reads go on as before until then. The service refuses this where rebuilds are switched off (api.allow_rebuild)."
        }
    }
}

/// What the run would meet: how much there is to do, how far behind it is, and who is in the way.
fn meets(page: &ReplaysPage, target: &str) -> Element {
    let Panel::Ready(state) = &page.state else { return rsx! {} };
    let behind = lag(state);
    let in_the_way = state.open.iter().filter(|line| line.meets(target)).map(|line| {
        let href = Place::of(&page.tenant, Screen::run(&line.job_id)).href();
        let name = mode_name(&line.mode);
        rsx! {
            p { key: "{line.job_id}",
                {parts::chip("warn", "!", "in the way")}
                " "
                a { href: "{href}", "{name} of {line.projection}" }
                " is {line.status}; the service refuses another run about the same projection until it has ended."
            }
        }
    });
    rsx! {
        p { class: "small", id: "meets", "The log has {parts::counted(state.head, \"event\")}. {behind}" }
        {in_the_way}
    }
}

fn lag(state: &RunState) -> String {
    let behind: Vec<String> = state
        .pending
        .iter()
        .filter(|(_, pending)| *pending > 0)
        .map(|(name, pending)| format!("{name} lacks {}", parts::counted(*pending, "event")))
        .collect();
    if behind.is_empty() { "Every projection has all of them.".to_owned() } else { format!("{}.", behind.join(", ")) }
}

fn filters(page: &ReplaysPage) -> Element {
    let all = Place::of(&page.tenant, Screen::Replays(ReplaysAt::default())).href();
    rsx! {
        form { class: "filters", method: "get", action: "{all}", role: "search", "aria-label": "Filter runs",
            {filters::choice("status", "status", "Status", &RUN_STATUSES, page.at.status.as_deref(), true)}
            {filters::choice("mode", "mode", "Mode", &RUN_MODES, page.at.mode.as_deref(), true)}
            div { class: "field actions",
                button { class: "button", r#type: "submit", "Filter" }
                if !page.at.is_unfiltered() { a { class: "button", id: "clear", href: "{all}", "Clear filters" } }
            }
        }
    }
}

fn empty(page: &ReplaysPage) -> Element {
    let all = Place::of(&page.tenant, Screen::Replays(ReplaysAt::default())).href();
    rsx! {
        div { class: "panel", id: "empty",
            if page.at.is_unfiltered() && page.at.cursor.is_none() {
                p { class: "lead", "No run was asked for yet." }
                p { "A verification proves that what readers see is what the log says." }
            } else {
                p { class: "lead", "No run fits." }
                p { a { class: "button", href: "{all}", "Clear filters" } }
            }
        }
    }
}

fn table(page: &ReplaysPage, list: &RunList, shell: &Shell) -> Element {
    let rows = list.rows.iter().map(|one| row(page, one, shell));
    let older = list.next.clone().map(|cursor| {
        let at = ReplaysAt { cursor: Some(cursor), asking: None, ..page.at.clone() };
        Place::of(&page.tenant, Screen::Replays(at)).href()
    });
    rsx! {
        div { class: "scroll", tabindex: "0", role: "region", "aria-label": "Runs",
            table { id: "runs", class: "list told", role: "table",
                caption { class: "hidden", "Runs over the projections of {page.tenant}, newest first" }
                thead { role: "rowgroup",
                    tr { role: "row",
                        th { role: "columnheader", scope: "col", "Status" }
                        th { role: "columnheader", scope: "col", "Run" }
                        th { role: "columnheader", scope: "col", "Digests" }
                        th { role: "columnheader", scope: "col", "Progress" }
                        th { role: "columnheader", scope: "col", "Who and why" }
                        th { role: "columnheader", scope: "col", "Asked" }
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

fn row(page: &ReplaysPage, row: &RunLine, shell: &Shell) -> Element {
    let href = Place::of(&page.tenant, Screen::run(&row.job_id)).href();
    let name = mode_name(&row.mode);
    rsx! {
        tr { key: "{row.job_id}", role: "row", "data-run": "{row.job_id}",
            td { role: "cell", "data-label": "Status", {steering::status(&row.status)} }
            td { role: "cell", class: "what",
                a { href: "{href}", "{name} of {row.projection}" }
                code { class: "quiet", "{row.job_id}" }
            }
            td { role: "cell", "data-label": "Digests",
                match row.verdict {
                    Some(verdict) => steering::verdict(verdict),
                    None => rsx! { span { class: "quiet", "none" } },
                }
            }
            td { role: "cell", "data-label": "Progress", {steering::progress(row)} }
            td { role: "cell", class: "why", "data-label": "Who and why",
                strong { "{row.by}" }
                span { class: "quiet block", "{row.reason}" }
            }
            td { role: "cell", class: "when", "data-label": "Asked", {parts::instant(row.asked, shell)} }
        }
    }
}
