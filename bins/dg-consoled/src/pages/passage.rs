//! The page between two places.

use dioxus::prelude::*;

use crate::model::PassagePage;

pub(super) fn page(page: &PassagePage) -> Element {
    rsx! {
        div { class: "card",
            h1 { "{page.title}" }
            p { a { class: "button primary", id: "onward", href: "{page.to}", "Go on" } }
        }
    }
}
