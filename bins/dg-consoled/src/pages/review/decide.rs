//! What can be done with an item: a bar of links, and the form of the one that was chosen.

use dioxus::prelude::*;

use super::super::forms;
use crate::{
    model::{
        Panel, Shell,
        review::{DecisionForm, Effect, FormField, Item, ReviewPage},
    },
    place::{PRIORITIES, Place, Screen},
};

/// Something that can be done: its word, what people read, the permission that it needs, and whether the item has to be open.
struct Doing {
    word: &'static str,
    label: &'static str,
    permission: Option<&'static str>,
}

const REVIEW: Option<&str> = Some("workflow_review");
const ESCALATE: Option<&str> = Some("workflow_escalate");
const OVERRIDE: Option<&str> = Some("workflow_override");
const DOINGS: [Doing; 13] = [
    Doing { word: "approve", label: "Approve", permission: REVIEW },
    Doing { word: "reject", label: "Reject", permission: REVIEW },
    Doing { word: "request_change", label: "Request a change", permission: REVIEW },
    Doing { word: "resubmit", label: "Resubmit", permission: None },
    Doing { word: "comment", label: "Comment", permission: REVIEW },
    Doing { word: "claim", label: "Claim", permission: REVIEW },
    Doing { word: "unclaim", label: "Give back", permission: REVIEW },
    Doing { word: "reassign", label: "Reassign", permission: Some("workflow_assign") },
    Doing { word: "snooze", label: "Snooze", permission: REVIEW },
    Doing { word: "escalate", label: "Escalate", permission: ESCALATE },
    Doing { word: "extend", label: "Extend", permission: ESCALATE },
    Doing { word: "override", label: "Override", permission: OVERRIDE },
    Doing { word: "reopen", label: "Reopen", permission: OVERRIDE },
];
/// With these comes what the template asks for.
const DECIDES: [&str; 3] = ["approve", "reject", "override"];

/// Why the viewer may not do it; none where they may.
fn hindrance(doing: &Doing, item: &Item, shell: &Shell) -> Option<String> {
    if let Some(lacking) = doing.permission.and_then(|permission| shell.lacks(permission)) {
        return Some(format!("needs {lacking}"));
    }
    let viewer = shell.viewer.as_ref().map(|viewer| viewer.account_id.as_str()).unwrap_or_default();
    match (doing.word, &item.claimed_by) {
        ("approve" | "reject" | "override" | "request_change" | "claim", Some(holder)) if holder != viewer => {
            Some(format!("{holder} looks at it"))
        }
        ("approve", _) if item.four_eyes && item.recorded_by == viewer => Some("you asked for it yourself".to_owned()),
        _ => None,
    }
}

/// What can be done where the item stands. What the viewer may not do says why.
pub(super) fn bar(page: &ReviewPage, item: &Item, shell: &Shell) -> Element {
    let viewer = shell.viewer.as_ref().map(|viewer| viewer.account_id.as_str()).unwrap_or_default();
    let mine = item.claimed_by.as_deref() == Some(viewer);
    let possible = DOINGS.iter().filter(|doing| item.allowed.iter().any(|word| word == doing.word)).filter(|doing| {
        match doing.word {
            "claim" => !mine,
            "unclaim" => mine,
            _ => true,
        }
    });
    let links = possible.map(|doing| {
        let screen = Screen::Review { workflow_id: page.workflow_id.clone(), doing: Some(doing.word.to_owned()) };
        let href = format!("{}#doing", Place::of(&page.tenant, screen).href());
        let current = (page.doing.as_deref() == Some(doing.word)).then_some("true");
        match hindrance(doing, item, shell) {
            None => rsx! { a { key: "{doing.word}", class: "button", href: "{href}", "aria-current": current, "{doing.label}" } },
            Some(why) => rsx! {
                span { key: "{doing.word}", class: "button off", id: "off-{doing.word}",
                    "{doing.label}"
                    span { class: "quiet small", " {why}" }
                }
            },
        }
    });
    rsx! { nav { class: "doings", id: "doings", "aria-label": "What can be done", {links} } }
}

/// The form of what was chosen.
pub(super) fn form(page: &ReviewPage, item: &Item, shell: &Shell) -> Element {
    let Some(doing) = DOINGS.iter().find(|doing| page.doing.as_deref() == Some(doing.word)) else { return rsx! {} };
    let back = format!("{}#doings", Place::of(&page.tenant, Screen::review(&page.workflow_id)).href());
    let possible = item.allowed.iter().any(|word| word == doing.word);
    let why = if possible { hindrance(doing, item, shell) } else { Some("is not possible where it stands".to_owned()) };
    if let Some(why) = why {
        return rsx! {
            section { class: "panel", id: "doing",
                h2 { "{doing.label}" }
                p { "It cannot be done: {why}." }
                p { a { class: "button", href: "{back}", "Back" } }
            }
        };
    }
    let word = doing.word;
    rsx! {
        section { class: "panel doing", id: "doing", "aria-labelledby": "doing-title",
            h2 { id: "doing-title", "{doing.label}" }
            {effect(page)}
            form { class: "filters", method: "post", action: forms::action(shell, "review"),
                {forms::carried(shell, word)}
                input { r#type: "hidden", name: "action", "value": "{word}" }
                input { r#type: "hidden", name: "workflow_id", "value": "{page.workflow_id}" }
                input { r#type: "hidden", name: "version", "value": "{item.version}" }
                input { r#type: "hidden", name: "request_hash", "value": "{item.request_hash}" }
                {inputs(word, item, shell)}
                if DECIDES.contains(&word) { {asked(word, page, shell)} }
                {phrase(word, &page.workflow_id, shell)}
                div { class: "field actions",
                    button { class: "button primary", r#type: "submit", "{doing.label}" }
                    a { class: "button", href: "{back}", "Cancel" }
                }
            }
        }
    }
}

fn effect(page: &ReviewPage) -> Element {
    match &page.effect {
        None => rsx! {},
        Some(Effect::Not(why)) => rsx! { p { class: "strip warn", id: "effect", "It would be refused: {why}." } },
        Some(Effect::Would { status, events, tells }) => rsx! {
            div { class: "effect", id: "effect",
                p { "The item would be "
                    strong { {status.replace('_', " ")} }
                    ". Recorded: {events.join(\", \")}."
                }
                if !tells.is_empty() { p { class: "quiet small", "Told: {tells.join(\"; \")}" } }
            }
        },
    }
}

fn inputs(word: &str, item: &Item, shell: &Shell) -> Element {
    let whom = rsx! {
        {forms::line(shell, word, "account", "The account", false)}
        {forms::line(shell, word, "role", "Or everybody with the role", false)}
    };
    match word {
        "claim" | "unclaim" => rsx! {},
        "comment" => forms::words(shell, word, "note", "What you want to say", true),
        "reassign" => rsx! { {whom} {forms::words(shell, word, "reason", "Why", false)} },
        "escalate" => rsx! { {whom} {forms::words(shell, word, "reason", "Why", true)} },
        "snooze" => instant(shell, word, "until", "Until (UTC)", true),
        "extend" => {
            let typed = shell.typed(word, "priority").to_owned();
            let chosen = if typed.is_empty() { item.priority.clone() } else { typed };
            let options = PRIORITIES
                .map(|one| rsx! { option { key: "{one}", value: "{one}", "selected": chosen == one, "{one}" } });
            rsx! {
                {instant(shell, word, "due_at", "New deadline (UTC)", false)}
                div { class: "field",
                    label { r#for: "extend-priority", "Priority" }
                    select { id: "extend-priority", name: "priority", {options.into_iter()} }
                }
                {forms::words(shell, word, "reason", "Why", true)}
            }
        }
        _ => rsx! {
            {forms::words(shell, word, "reason", "Why", true)}
            {forms::line(shell, word, "evidence", "Evidence: an address or a word of where it is", false)}
        },
    }
}

fn instant(shell: &Shell, form: &str, name: &str, label: &str, required: bool) -> Element {
    let (id, typed) = (format!("{form}-{name}"), shell.typed(form, name).to_owned());
    rsx! {
        div { class: "field",
            label { r#for: "{id}", "{label}" }
            input { id: "{id}", name: "{name}", r#type: "datetime-local", "value": "{typed}", required }
        }
    }
}

/// What the template asks of whoever decides.
fn asked(word: &str, page: &ReviewPage, shell: &Shell) -> Element {
    let form = match &page.form {
        None => return rsx! {},
        Some(Panel::Ready(form)) => form,
        Some(_) => return rsx! { p { class: "strip warn", "What the template asks for could not be read." } },
    };
    let DecisionForm { options, fields, conditions, checklist, evidence } = form;
    let options: Vec<_> = options.iter().filter(|(_, _, action)| action == word).collect();
    let fields = fields.iter().filter(|field| field.on.is_empty() || field.on.iter().any(|on| on == word));
    let conditional = word != "reject";
    let ticks = checklist.iter().map(|(key, label, required)| {
        rsx! {
            label { key: "{key}",
                input { r#type: "checkbox", name: "check", value: "{key}", "checked": shell.chosen(word, "check", key) }
                " {label}"
                if *required { span { class: "quiet small", " needed" } }
            }
        }
    });
    let choices = options.iter().map(|(key, label, _)| {
        let selected = shell.chosen(word, "decision_option", key);
        rsx! { option { key: "{key}", value: "{key}", "selected": selected, "{label}" } }
    });
    rsx! {
        if !options.is_empty() {
            div { class: "field",
                label { r#for: "decision-option", "Decision" }
                select { id: "decision-option", name: "decision_option", {choices} }
            }
        }
        {fields.map(|field| typed("form", word, field, shell))}
        if conditional && !conditions.is_empty() { {conditions.iter().map(|field| typed("condition", word, field, shell))} }
        if conditional && !checklist.is_empty() {
            fieldset { class: "field wide", legend { "Looked at" } {ticks} }
        }
        if !evidence.is_empty() { p { class: "quiet small wide", "There has to be evidence of the kind {evidence.join(\", \")}." } }
    }
}

/// A field of the form. Its name says of what kind it is, so that what is sent becomes a value of that kind.
fn typed(what: &str, word: &str, field: &FormField, shell: &Shell) -> Element {
    let name = format!("{what}:{}:{}", field.kind, field.key);
    let (id, given, required) = (format!("{what}-{}", field.key), shell.typed(word, &name).to_owned(), field.required);
    let choices = match field.kind.as_str() {
        "choice" => field.choices.clone(),
        "boolean" => {
            [("true", "yes"), ("false", "no")].map(|(value, label)| (value.to_owned(), label.to_owned())).into()
        }
        _ => Vec::new(),
    };
    let kind = match field.kind.as_str() {
        "integer" => "number",
        "date" => "date",
        _ => "text",
    };
    rsx! {
        div { class: "field", key: "{name}",
            label { r#for: "{id}", "{field.label}" }
            if choices.is_empty() {
                input { id: "{id}", name: "{name}", r#type: "{kind}", "value": "{given}", required, autocomplete: "off" }
            } else {
                select { id: "{id}", name: "{name}", required,
                    option { value: "", "selected": given.is_empty(), "choose" }
                    for (value, label) in choices { option { key: "{value}", value: "{value}", "selected": given == value, "{label}" } }
                }
            }
        }
    }
}

/// Dangerous things are typed out.
fn phrase(word: &str, workflow_id: &str, shell: &Shell) -> Element {
    if !matches!(word, "override" | "reopen") {
        return rsx! {};
    }
    let needed = format!("{} {}", word.to_uppercase(), workflow_id.to_uppercase());
    let (tenant, account) = (
        shell.place.tenant().map(ToString::to_string).unwrap_or_default(),
        shell.viewer.as_ref().map(|viewer| viewer.account_id.clone()).unwrap_or_default(),
    );
    rsx! {
        div { class: "field wide danger",
            p { "{account} does this in {tenant}, {shell.environment}. To go on, type" }
            code { class: "selectable", id: "phrase", "{needed}" }
            label { r#for: "confirm", class: "hidden", "Type the phrase" }
            input { id: "confirm", name: "confirm_text", "value": shell.typed(word, "confirm_text"), required: true, autocomplete: "off", "aria-describedby": "phrase" }
        }
    }
}
