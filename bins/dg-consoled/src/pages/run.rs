//! One run: how it stands, how far it is, and what came out.

use dioxus::prelude::*;

use super::{forms, parts, steering};
use crate::{
    model::{
        Panel, Shell,
        runs::{Difference, DigestPair, RunDetail, RunPage, Verdict, mode_name},
    },
    moment,
    place::{Place, ReplaysAt, RunAt, Screen},
};

const FORM: &str = "step";

pub(super) fn page(page: &RunPage, shell: &Shell) -> Element {
    let all = Place::of(&page.tenant, Screen::Replays(ReplaysAt::default())).href();
    let (title, content) = match &page.run {
        Panel::Ready(run) => {
            (format!("{} of {}", mode_name(&run.line.mode), run.line.projection), ready(page, run, shell))
        }
        unready => ("Run".to_owned(), steering::unready(unready, "The run could not be read.", shell)),
    };
    rsx! {
        div { class: "page-head",
            nav { class: "crumbs", "aria-label": "Breadcrumb", a { href: "{all}", "Replays" } span { "aria-hidden": "true", "/" } span { "aria-current": "page", "{page.at.job_id}" } }
            h1 { "{title}" }
        }
        {content}
    }
}

fn ready(page: &RunPage, run: &RunDetail, shell: &Shell) -> Element {
    rsx! {
        {steps(run)}
        {error(run)}
        {stepping(page, run, shell)}
        section { class: "panel do", "aria-labelledby": "progress-title",
            h2 { id: "progress-title", "Progress" }
            {steering::progress(&run.line)}
            p { class: "quiet small", "{parts::counted(run.line.folded, \"event\")} folded, counted once per projection" if !run.line.phase.is_empty() && !run.line.has_ended() { "; {run.line.phase}" } "." }
        }
        {outcome(run)}
        {facts(page, run, shell)}
    }
}

/// The states of a run in their order, the present one marked.
fn steps(run: &RunDetail) -> Element {
    let status = run.line.status.as_str();
    let ended = run.line.has_ended();
    let mut names = vec!["queued"];
    if !ended || run.started.is_some() {
        names.push(if matches!(status, "paused" | "cancelling") { status } else { "running" });
    }
    names.push(if ended { status } else { "completed" });
    let at = names.iter().position(|name| *name == status).unwrap_or(0);
    let items = names.into_iter().enumerate().map(|(nth, name)| {
        let (mark, class) = match nth {
            _ if nth < at => ("✓", "past"),
            _ if nth == at => ("●", "now"),
            _ => ("○", "ahead"),
        };
        let current = (nth == at).then_some("step");
        rsx! { li { key: "{name}", class: "{class}", "aria-current": current, span { "aria-hidden": "true", "{mark} " } "{name}" } }
    });
    let again = (run.attempt > 1).then(|| format!("Its runner was lost; this is attempt {}.", run.attempt));
    rsx! {
        ol { class: "states", id: "steps", "aria-label": "State: {status}", {items} }
        if let Some(again) = again { p { {parts::chip("warn", "!", "taken up again")} " {again}" } }
    }
}

fn error(run: &RunDetail) -> Element {
    let Some((code, message)) = &run.error else { return rsx! {} };
    rsx! {
        div { class: "panel failed", id: "error",
            p { class: "lead", "The run failed." }
            p { "{message}" }
            p { class: "quiet small", "Code " code { "{code}" } }
        }
    }
}

/// What can be done to a run that has not ended.
fn stepping(page: &RunPage, run: &RunDetail, shell: &Shell) -> Element {
    if run.line.has_ended() {
        return rsx! {};
    }
    let to = |step: &str| {
        let at = RunAt { job_id: page.at.job_id.clone(), step: Some(step.to_owned()) };
        format!("{}#do", Place::of(&page.tenant, Screen::Run(at)).href())
    };
    let Some(step) = &page.at.step else {
        let steps: &[(&str, &str)] = match run.line.status.as_str() {
            "paused" => &[("resume", "Resume"), ("cancel", "Cancel")],
            "cancelling" => &[],
            _ => &[("pause", "Pause"), ("cancel", "Cancel")],
        };
        let links = steps.iter().map(|(step, label)| {
            rsx! { a { key: "{step}", class: "button", id: "to-{step}", href: "{to(step)}", "{label}" } }
        });
        return rsx! { div { class: "links", {links} } };
    };
    let (title, effect) = match step.as_str() {
        "cancel" => (
            "Cancel the run",
            "It ends within one batch. What readers see stays as it is; what the run has built is dropped.",
        ),
        "pause" => ("Pause the run", "It stops within one batch and keeps what it has done until it is resumed."),
        _ => ("Resume the run", "It goes on where it stopped."),
    };
    let permission = if run.line.mode == "rebuild" { "projection_rebuild" } else { "projection_replay" };
    let barred = steering::barred(shell, permission);
    let back = Place::of(&page.tenant, Screen::run(&page.at.job_id)).href();
    rsx! {
        form { id: "do", class: "panel do", method: "post", action: "{forms::action(shell, \"step-run\")}", "aria-labelledby": "do-title",
            {forms::carried(shell, FORM)}
            input { r#type: "hidden", name: "job", "value": "{page.at.job_id}" }
            input { r#type: "hidden", name: "step", "value": "{step}" }
            h2 { id: "do-title", "{title}" }
            p { "{effect}" }
            {steering::why_barred(barred.as_deref())}
            fieldset { disabled: barred.is_some(),
                legend { class: "hidden", "{title}" }
                {forms::words(shell, FORM, "reason", "Reason", true)}
                div { class: "field actions",
                    button { class: "button primary", r#type: "submit", "{title}" }
                    a { class: "button", href: "{back}", "Leave it" }
                }
            }
        }
    }
}

fn outcome(run: &RunDetail) -> Element {
    if run.digests.is_empty() && run.line.verdict.is_none() {
        return rsx! {};
    }
    let at = run.compared_at.map(|at| format!(" at log position {}", parts::grouped(at))).unwrap_or_default();
    let words = match (run.line.verdict, run.line.mode.as_str()) {
        (Some(Verdict::Equal), "verify") => format!("What readers see is what the log says{at}."),
        (Some(Verdict::Different), "verify") => format!("What readers see is not what the log says{at}."),
        (Some(Verdict::Equal), _) => format!("The new rows have the digests that were kept with the old ones{at}."),
        (Some(Verdict::Different), _) => {
            format!("The new rows do not have the digests that were kept with the old ones{at}.")
        }
        (Some(Verdict::NotComparable), _) => {
            "The two sides are of different positions; they say nothing about each other.".to_owned()
        }
        (None, _) => "Nothing was compared.".to_owned(),
    };
    let headings =
        if run.line.mode == "verify" { ["What readers see", "What the log gives"] } else { ["Before", "After"] };
    let rows = run.digests.iter().map(|pair| digests(pair, headings));
    rsx! {
        section { "aria-labelledby": "outcome-title",
            h2 { id: "outcome-title", "Outcome" }
            p { id: "verdict", if let Some(verdict) = run.line.verdict { {steering::verdict(verdict)} } " {words}" }
            div { class: "scroll", tabindex: "0", role: "region", "aria-label": "Digests per projection",
                table { id: "digests", class: "list told", role: "table",
                    caption { class: "hidden", "Digests per projection" }
                    thead { role: "rowgroup",
                        tr { role: "row",
                            th { role: "columnheader", scope: "col", "Result" }
                            th { role: "columnheader", scope: "col", "Projection" }
                            th { role: "columnheader", scope: "col", "{headings[0]}" }
                            th { role: "columnheader", scope: "col", "{headings[1]}" }
                        }
                    }
                    tbody { role: "rowgroup", {rows} }
                }
            }
            if let Some(difference) = &run.difference { {differing(difference)} }
        }
    }
}

fn digests(pair: &DigestPair, headings: [&'static str; 2]) -> Element {
    let none = || "none".to_owned();
    let (seen, folded) = (pair.seen.clone().unwrap_or_else(none), pair.folded.clone().unwrap_or_else(none));
    rsx! {
        tr { key: "{pair.projection}", role: "row", "data-projection": "{pair.projection}",
            td { role: "cell", "data-label": "Result", {steering::verdict(pair.verdict)} }
            td { role: "cell", class: "what", strong { "{pair.projection}" } }
            td { role: "cell", "data-label": "{headings[0]}", code { class: "digest", "{seen}" } }
            td { role: "cell", "data-label": "{headings[1]}", code { class: "digest", "{folded}" } }
        }
    }
}

fn differing(difference: &Difference) -> Element {
    let says = match (difference.missing, difference.unknown) {
        (true, _) => "Readers see no such row; the log says:",
        (_, true) => "The log knows no such row; readers see:",
        _ => "Field by field:",
    };
    let rows = difference.fields.iter().map(|(name, expected, actual)| {
        let differs = expected != actual;
        let or_none = |side: &Option<String>| side.clone().unwrap_or_else(|| "none".to_owned());
        let (expected, actual) = (or_none(expected), or_none(actual));
        rsx! {
            tr { key: "{name}", role: "row", class: if differs { "differs" } else { "" },
                td { role: "cell", "data-label": "", if differs { {parts::chip("alert", "≠", "different")} } else { {parts::chip("neutral", "=", "same")} } }
                td { role: "cell", class: "what", code { "{name}" } }
                td { role: "cell", "data-label": "Expected", code { class: "digest", "{expected}" } }
                td { role: "cell", "data-label": "Actual", code { class: "digest", "{actual}" } }
            }
        }
    });
    rsx! {
        h3 { id: "difference-title", "First difference: {difference.projection}, table {difference.table}, key {difference.key}" }
        p { class: "small", "{says}" }
        div { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": "difference-title",
            table { id: "difference", class: "list told", role: "table",
                caption { class: "hidden", "The first row that differs, field by field" }
                thead { role: "rowgroup",
                    tr { role: "row",
                        th { role: "columnheader", scope: "col", "" span { class: "hidden", "Comparison" } }
                        th { role: "columnheader", scope: "col", "Field" }
                        th { role: "columnheader", scope: "col", "Expected by the log" }
                        th { role: "columnheader", scope: "col", "Actual" }
                    }
                }
                tbody { role: "rowgroup", {rows} }
            }
        }
    }
}

fn facts(page: &RunPage, run: &RunDetail, shell: &Shell) -> Element {
    let line = &run.line;
    let took = run.started.zip(line.ended).map(|(began, ended)| moment::stretch(ended.get() - began.get()));
    let more = run.facts.iter().map(|(name, value)| {
        let review = (*name == "For the review").then(|| Place::of(&page.tenant, Screen::review(value)).href());
        rsx! {
            div { key: "{name}",
                dt { "{name}" }
                dd {
                    match review {
                        Some(href) => rsx! { a { href: "{href}", "{value}" } },
                        None => rsx! { code { "{value}" } },
                    }
                }
            }
        }
    });
    rsx! {
        dl { class: "panel facts-panel", id: "facts",
            div { dt { "Asked by" } dd { "{line.by}" } }
            div { dt { "Reason" } dd { "{line.reason}" } }
            div { dt { "Asked" } dd { {parts::instant(line.asked, shell)} } }
            if run.started.is_some() { div { dt { "Began" } dd { {parts::instant(run.started, shell)} } } }
            if line.ended.is_some() { div { dt { "Ended" } dd { {parts::instant(line.ended, shell)} } } }
            if let Some(took) = took { div { dt { "Took" } dd { "{took}" } } }
            if let Some(generation) = run.generation { div { dt { "Generation made" } dd { "{generation}" } } }
            if let Some(aside) = run.set_aside { div { dt { "Events set aside" } dd { "{aside}" } } }
            if let Some(trace_id) = &run.trace_id {
                div { dt { "Trace" } dd { a { href: "{Place::of(&page.tenant, Screen::trace(trace_id)).href()}", "{trace_id}" } } }
            }
            if !run.owner.is_empty() { div { dt { "Carried out by" } dd { "{run.owner}" } } }
            {more}
        }
    }
}
