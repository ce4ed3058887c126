//! What accounts and people may do: told, and as fields of a form.

use dioxus::prelude::*;

use super::parts;
use crate::model::{
    Said, Shell,
    accounts::{Grants, PERMISSIONS, ROLES},
};

const ALL: &str = "*";

/// Roles, permissions or tenants as tags.
pub(super) fn tags(names: &[String], nothing: &str, all: &str) -> Element {
    if names.is_empty() {
        return rsx! { span { class: "quiet", "{nothing}" } };
    }
    let tags = names.iter().map(|name| {
        let word = if name == ALL { all } else { name.as_str() };
        rsx! { li { key: "{name}", class: "tag", "{word}" } }
    });
    rsx! { ul { class: "tags", {tags} } }
}

/// The same in three lines of a list of facts.
pub(super) fn facts(grants: &Grants) -> Element {
    rsx! {
        {parts::fact("Roles", tags(&grants.roles, "none", "every role"))}
        {parts::fact("Permissions", tags(&grants.permissions, "none beside the roles", "everything"))}
        {parts::fact("Tenants", tags(&grants.tenants, "none", "every tenant"))}
    }
}

/// Whether something is on.
pub(super) fn switched(disabled: bool) -> Element {
    if disabled { parts::chip("alert", "✕", "disabled") } else { parts::chip("good", "✓", "enabled") }
}

/// The fields by which grants are given. Nobody gives what they do not have: other permissions are not offered, and the service
/// looks again. What was chosen in a refused form is chosen still.
pub(super) fn fields(shell: &Shell, form: &str, given: &Grants) -> Element {
    let refused = is_refused(shell, form);
    let on = |field: &str, value: &str, given: &[String]| {
        if refused { shell.chosen(form, field, value) } else { given.iter().any(|one| one == value) }
    };
    let roles = ROLES.map(|role| {
        let checked = on("role", role, &given.roles);
        rsx! { label { key: "{role}", class: "check", input { r#type: "checkbox", name: "role", value: "{role}", "checked": checked } "{role}" } }
    });
    let others = given.permissions.iter().map(String::as_str);
    let others = others.filter(|name| *name != ALL && !PERMISSIONS.contains(name));
    let offered =
        PERMISSIONS.into_iter().filter(|name| shell.may(name) || given.permissions.iter().any(|one| one == name));
    let every = (shell.may(ALL) || given.permissions.iter().any(|one| one == ALL)).then_some(ALL);
    let permissions = offered.chain(others).chain(every).map(|name| {
        let checked = on("permission", name, &given.permissions);
        let word = if name == ALL { "everything" } else { name };
        rsx! { label { key: "{name}", class: "check", input { r#type: "checkbox", name: "permission", value: "{name}", "checked": checked } "{word}" } }
    });
    let tenants = if refused { shell.typed(form, "tenants").to_owned() } else { given.tenants.join(" ") };
    rsx! {
        fieldset { class: "checks", legend { "Roles" } {roles.into_iter()} }
        fieldset { class: "checks", legend { "Permissions" } {permissions} }
        div { class: "field wide",
            label { r#for: "{form}-tenants", "Tenants, with spaces between them; * is every tenant" }
            input { id: "{form}-tenants", name: "tenants", "value": "{tenants}", autocomplete: "off", spellcheck: "false", maxlength: "4000" }
        }
    }
}

/// A short text with what there is already.
pub(super) fn line(shell: &Shell, form: &str, name: &str, label: &str, given: &str, required: bool) -> Element {
    let value = if is_refused(shell, form) { shell.typed(form, name).to_owned() } else { given.to_owned() };
    rsx! {
        div { class: "field",
            label { r#for: "{form}-{name}", "{label}" }
            input { id: "{form}-{name}", name: "{name}", "value": "{value}", required, autocomplete: "off", spellcheck: "false", maxlength: "1000" }
        }
    }
}

/// One of several stretches of time, in seconds; a blank one is what `blank` says.
pub(super) fn stretch(
    shell: &Shell,
    form: &str,
    name: &str,
    label: &str,
    given: &str,
    choices: &[(&str, &str)],
) -> Element {
    let chosen = if is_refused(shell, form) { shell.typed(form, name).to_owned() } else { given.to_owned() };
    let options = choices.iter().map(|(value, word)| {
        let selected = chosen == *value;
        rsx! { option { key: "{value}", value: "{value}", "selected": selected, "{word}" } }
    });
    rsx! {
        div { class: "field",
            label { r#for: "{form}-{name}", "{label}" }
            select { id: "{form}-{name}", name: "{name}", {options} }
        }
    }
}

fn is_refused(shell: &Shell, form: &str) -> bool {
    matches!(&shell.said, Some(Said::Refused { fields, .. }) if fields.get("form") == Some(form))
}
