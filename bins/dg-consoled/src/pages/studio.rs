//! Templates of reviews, and what a review of a trace would be.

use dioxus::prelude::*;

use super::{forms, parts};
use crate::{
    model::{
        Panel, Shell,
        studio::{StudioPage, TemplateRow, Trial},
    },
    place::{Place, Screen},
};

const FORM: &str = "start-review";
const PRIORITIES: [&str; 4] = ["urgent", "high", "normal", "low"];

pub(super) fn page(page: &StudioPage, shell: &Shell) -> Element {
    rsx! {
        div { class: "page-head",
            h1 { "Studio" }
            p { class: "quiet", "What a review of a trace would be. Nothing is changed before it is started." }
        }
        {chooser(page)}
        if let Some(trial) = &page.trial { {tried(page, trial, shell)} }
        {templates(page, shell)}
    }
}

fn chooser(page: &StudioPage) -> Element {
    let here = Place::of(&page.tenant, Screen::Studio { trace_id: None, template_id: None }).href();
    let trace_id = page.trace_id.clone().unwrap_or_default();
    let chosen = page.template_id.as_deref();
    let names = page.templates.ready().into_iter().flatten().filter(|row| row.enabled).map(|row| {
        let selected = chosen == Some(row.template_id.as_str());
        rsx! { option { key: "{row.template_id}", value: "{row.template_id}", "selected": selected, "{row.template_id}" } }
    });
    rsx! {
        form { class: "filters", method: "get", action: "{here}", role: "search", "aria-label": "Try a review",
            div { class: "field",
                label { r#for: "trace_id", "Trace" }
                input { id: "trace_id", name: "trace_id", "value": "{trace_id}", required: true, autocomplete: "off", placeholder: "its id" }
            }
            div { class: "field",
                label { r#for: "template_id", "Template" }
                select { id: "template_id", name: "template_id",
                    option { value: "", "selected": chosen.is_none(), "the one that suits" }
                    {names}
                }
            }
            div { class: "field actions", button { class: "button primary", r#type: "submit", "Try" } }
        }
    }
}

fn tried(page: &StudioPage, trial: &Panel<Trial>, shell: &Shell) -> Element {
    match trial {
        Panel::Loading => rsx! { div { class: "panel", span { class: "bone" } } },
        Panel::Failed(failure) => parts::failure("The review could not be tried.", failure, shell),
        Panel::Ready(trial) => rsx! {
            section { "aria-labelledby": "trial",
                h2 { id: "trial", "The review that it would be" }
                {draft(page, trial)}
                {start(page, trial, shell)}
            }
        },
    }
}

fn draft(page: &StudioPage, trial: &Trial) -> Element {
    let whom = match (&trial.account, &trial.role) {
        (Some(account), _) => account.clone(),
        (None, Some(role)) => format!("everybody with the role {role}"),
        (None, None) => "nobody yet".to_owned(),
    };
    let trace = |id: &str| Place::of(&page.tenant, Screen::trace(id)).href();
    let like = trial.precedents.iter().map(|(id, outcome)| {
        let href = trace(id);
        rsx! { li { key: "{id}", a { href: "{href}", "{id}" } " " span { class: "quiet small", "{outcome}" } } }
    });
    let signals = trial.signals.iter().map(|signal| rsx! { li { key: "{signal}", "{signal}" } });
    let existing = trial.existing.iter().map(|(id, status)| {
        let href = Place::of(&page.tenant, Screen::review(id)).href();
        rsx! { li { key: "{id}", a { class: "id", href: "{href}", "{id}" } " " span { class: "quiet small", "{status}" } } }
    });
    rsx! {
        div { class: "panel",
            h3 { "What stands out" }
            if trial.signals.is_empty() { p { class: "quiet", "Nothing." } } else { ul { class: "rows", id: "signals", {signals} } }
            h3 { "Who, and by when" }
            p { "{whom}, priority {trial.priority}, within {parts::counted(trial.sla_hours, \"hour\")}." }
            if !trial.existing.is_empty() {
                h3 { "Reviews of this trace" }
                ul { class: "rows", {existing} }
            }
            if !trial.precedents.is_empty() {
                h3 { "Like it" }
                ul { class: "rows", {like} }
            }
            p { class: "quiet small", "As of log position {parts::grouped(trial.as_of)}." }
        }
    }
}

fn start(page: &StudioPage, trial: &Trial, shell: &Shell) -> Element {
    if trial.exists {
        let href = Place::of(&page.tenant, Screen::review(&trial.workflow_id)).href();
        return rsx! { p { class: "panel", id: "exists", "This review is open already: " a { href: "{href}", "{trial.workflow_id}" } } };
    }
    if let Some(lacking) = shell.lacks("workflow_assign") {
        return rsx! {
            p { class: "panel quiet", id: "may-not", "You may not start a review: that needs {lacking}, which an administrator grants." }
        };
    }
    let typed = |name: &str, drafted: &str| {
        let typed = shell.typed(FORM, name);
        if typed.is_empty() { drafted.to_owned() } else { typed.to_owned() }
    };
    let (title, hours) = (typed("title", &trial.title), typed("sla_hours", &trial.sla_hours.to_string()));
    let (priority, reason) = (typed("priority", &trial.priority), typed("reason", &trial.reason));
    let (account, role) = (
        typed("account", trial.account.as_deref().unwrap_or_default()),
        typed("role", trial.role.as_deref().unwrap_or_default()),
    );
    let (trace_id, template_id) =
        (page.trace_id.clone().unwrap_or_default(), page.template_id.clone().unwrap_or_default());
    let priorities = PRIORITIES.map(|one| {
        let selected = priority == one;
        rsx! { option { key: "{one}", value: "{one}", "selected": selected, "{one}" } }
    });
    rsx! {
        form { class: "panel filters", id: "start", method: "post", action: forms::action(shell, FORM),
            {forms::carried(shell, FORM)}
            input { r#type: "hidden", name: "trace_id", "value": "{trace_id}" }
            input { r#type: "hidden", name: "template_id", "value": "{template_id}" }
            div { class: "field wide",
                label { r#for: "review-title", "Title" }
                input { id: "review-title", name: "title", "value": "{title}", required: true, maxlength: "200" }
            }
            div { class: "field wide",
                label { r#for: "review-reason", "Why" }
                textarea { id: "review-reason", name: "reason", rows: "3", required: true, maxlength: "4000", "{reason}" }
            }
            div { class: "field",
                label { r#for: "review-priority", "Priority" }
                select { id: "review-priority", name: "priority", {priorities.into_iter()} }
            }
            div { class: "field",
                label { r#for: "review-hours", "Hours to decide" }
                input { id: "review-hours", name: "sla_hours", r#type: "number", min: "1", max: "8760", "value": "{hours}" }
            }
            div { class: "field",
                label { r#for: "review-account", "For the account" }
                input { id: "review-account", name: "account", "value": "{account}", autocomplete: "off" }
            }
            div { class: "field",
                label { r#for: "review-role", "Or everybody with the role" }
                input { id: "review-role", name: "role", "value": "{role}", autocomplete: "off" }
            }
            div { class: "field actions", button { class: "button primary", r#type: "submit", "Start the review" } }
        }
    }
}

fn templates(page: &StudioPage, shell: &Shell) -> Element {
    let content = match &page.templates {
        Panel::Loading => rsx! { div { class: "panel", span { class: "bone" } } },
        Panel::Failed(failure) => parts::failure("The templates could not be read.", failure, shell),
        Panel::Ready(rows) => rsx! { ul { class: "panel rows", id: "templates", {rows.iter().map(template)} } },
    };
    rsx! {
        section { "aria-labelledby": "templates-title",
            h2 { id: "templates-title", "Templates" }
            {content}
        }
    }
}

fn template(row: &TemplateRow) -> Element {
    let (tone, mark, word) = if row.enabled { ("good", "✓", "in use") } else { ("neutral", "–", "switched off") };
    let version = if row.version == 0 { "built in".to_owned() } else { format!("version {}", row.version) };
    rsx! {
        li { key: "{row.template_id}",
            {parts::chip(tone, mark, word)}
            code { "{row.template_id}" }
            span { "{row.title}" }
            span { class: "quiet small", "{version}" }
            details { class: "closer", id: "template-{row.template_id}",
                summary { "What it says" }
                pre { code { "{row.definition}" } }
            }
        }
    }
}
