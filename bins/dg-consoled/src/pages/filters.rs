//! Fields of the forms by which people search and choose.
//!
//! `value` and `selected` are quoted: as Dioxus's own attributes they would be written with each update, over what somebody is
//! typing.

use dioxus::prelude::*;

/// A short text to filter by.
pub(super) fn entry(name: &str, label: &str, example: &str, value: &str) -> Element {
    rsx! {
        div { class: "field",
            label { r#for: "{name}", "{label}" }
            input { id: "{name}", name: "{name}", "value": "{value}", autocomplete: "off", placeholder: "{example}" }
        }
    }
}

/// A choice of one of `options`, or of any.
pub(super) fn choice(id: &str, name: &str, label: &str, options: &[&str], chosen: Option<&str>, any: bool) -> Element {
    let options = options.iter().map(|option| {
        let selected = chosen == Some(*option);
        rsx! { option { key: "{option}", value: "{option}", "selected": selected, "{option}" } }
    });
    rsx! {
        div { class: "field",
            label { r#for: "{id}", "{label}" }
            select { id: "{id}", name: "{name}",
                if any {
                    option { value: "", "selected": chosen.is_none(), "any" }
                }
                {options}
            }
        }
    }
}
