//! Forms that do something: what each of them carries, and the fields that several pages draw.
//!
//! A form is sent to `/t/{tenant}/do/{act}`, which answers with the way back to the page (see `web::act`). It works
//! without scripts.

use dioxus::prelude::*;

use crate::{model::Shell, place::escaped};

/// Where a form for `act` goes.
pub(super) fn action(shell: &Shell, act: &str) -> String {
    let tenant = shell.place.tenant().map(|tenant| escaped(tenant.as_str())).unwrap_or_default();
    format!("/t/{tenant}/do/{act}")
}

/// Where a form for `act` goes whose answer is the one page that shows a secret (see `web::issue`).
pub(super) fn issuing(shell: &Shell, act: &str) -> String {
    let tenant = shell.place.tenant().map(|tenant| escaped(tenant.as_str())).unwrap_or_default();
    format!("/t/{tenant}/issue/{act}")
}

/// What every form carries, unseen. `form` names the form on its page; what was typed into a refused one comes back to it.
pub(super) fn carried(shell: &Shell, form: &str) -> Element {
    let next = shell.place.clone().saying(None).href();
    let key = format!("{}-{form}", shell.key);
    rsx! {
        input { r#type: "hidden", name: "csrf", "value": "{shell.csrf}" }
        input { r#type: "hidden", name: "next", "value": "{next}" }
        input { r#type: "hidden", name: "key", "value": "{key}" }
        input { r#type: "hidden", name: "form", "value": "{form}" }
    }
}

/// A text of several lines. `value` is quoted elsewhere for the same reason: updates must not write over what somebody types.
pub(super) fn words(shell: &Shell, form: &str, name: &str, label: &str, required: bool) -> Element {
    let (id, typed) = (format!("{form}-{name}"), shell.typed(form, name).to_owned());
    rsx! {
        div { class: "field wide",
            label { r#for: "{id}", "{label}" }
            textarea { id: "{id}", name: "{name}", rows: "3", maxlength: "4000", required, "data-draft": "{form}", "{typed}" }
        }
    }
}

/// A short text.
pub(super) fn line(shell: &Shell, form: &str, name: &str, label: &str, required: bool) -> Element {
    let (id, typed) = (format!("{form}-{name}"), shell.typed(form, name).to_owned());
    rsx! {
        div { class: "field",
            label { r#for: "{id}", "{label}" }
            input { id: "{id}", name: "{name}", "value": "{typed}", required, autocomplete: "off", maxlength: "512" }
        }
    }
}
