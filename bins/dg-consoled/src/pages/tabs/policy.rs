//! How a trace was decided: the steps with the time between, then every evaluation.

use dg_domain::TenantId;
use dioxus::prelude::*;

use crate::{
    model::{
        Shell, TracePage,
        tabs::{Evaluation, PolicyPath, Step},
    },
    moment,
    pages::{parts, timeline},
    place::{Place, Screen},
};

pub(super) fn section(page: &TracePage, path: &PolicyPath, shell: &Shell) -> Element {
    if path.steps.is_empty() {
        return rsx! { p { class: "panel quiet", "Nothing was evaluated or decided in this trace yet." } };
    }
    let steps = path.steps.iter().map(|one| step(page, one, shell));
    let evaluations = path.evaluations.iter().map(|one| evaluation(page, one));
    rsx! {
        section { "aria-labelledby": "path-title",
            h2 { id: "path-title", "Decision path" }
            ol { class: "steps", id: "decision-path", {steps} }
        }
        section { "aria-labelledby": "evaluations-title",
            h2 { id: "evaluations-title", "Evaluations" }
            if path.evaluations.is_empty() {
                p { class: "panel quiet", "No policy was evaluated." }
            }
            div { class: "graph-parts", id: "evaluations", {evaluations} }
        }
    }
}

fn step(page: &TracePage, step: &Step, shell: &Shell) -> Element {
    let event = format!("{}#seq-{}", Place::of(&page.tenant, Screen::trace(&page.trace_id)).href(), step.trace_seq);
    let review = step.review.as_ref().map(|item| Place::of(&page.tenant, Screen::review(item)).href());
    let since = step.since.map(moment::stretch);
    rsx! {
        li { key: "{step.trace_seq}", class: "{step.story.tone.word()}", "data-type": "{step.event_type}",
            if let Some(since) = since { span { class: "quiet small", "{since} later" } }
            div { class: "event-card",
                div { class: "event-head",
                    a { class: "seq", href: "{event}", "aria-label": "Event {step.trace_seq} in the timeline", "{step.trace_seq}" }
                    span { class: "event-type", "{step.event_type}" }
                    {parts::instant(step.at, shell)}
                }
                p { class: "story", {step.story.parts.iter().map(|part| timeline::words(&page.tenant, part))} }
                if let Some(quote) = &step.story.quote { blockquote { "{quote}" } }
                if let Some(review) = review { p { class: "small", a { href: "{review}", "Review of this exception" } } }
            }
        }
    }
}

fn evaluation(page: &TracePage, one: &Evaluation) -> Element {
    let (tone, mark) = match one.decision.as_str() {
        "allow" => ("good", "✓"),
        "deny" => ("alert", "✕"),
        _ => ("warn", "!"),
    };
    let graph = |key: &str| graph_href(&page.tenant, key);
    let violations = one.violations.iter().map(|(code, message)| {
        rsx! { li { key: "{code} {message}", code { "{code}" } " {message}" } }
    });
    let inputs = one.inputs.iter().map(|input| {
        let href = graph(&format!("input:{input}"));
        rsx! { li { key: "{input}", a { class: "id", href: "{href}", "{input}" } } }
    });
    rsx! {
        article { key: "{one.trace_seq}", class: "panel picked", "aria-label": "Evaluation in event {one.trace_seq}",
            p { class: "title-line",
                a { href: "{graph(&one.node)}", "{one.policy}" }
                {parts::chip(tone, mark, &one.decision)}
                span { class: "quiet small", "event {one.trace_seq}" }
            }
            if let Some(explanation) = &one.explanation { p { class: "explained", "{explanation}" } }
            h3 { "Violations ({one.violations.len()})" }
            if !one.violations.is_empty() { ul { {violations} } }
            h3 { "Inputs ({one.inputs.len()})" }
            if !one.inputs.is_empty() { ul { class: "small", {inputs} } }
        }
    }
}

fn graph_href(tenant: &TenantId, key: &str) -> String {
    Place::of(tenant, Screen::graph(key)).href()
}
