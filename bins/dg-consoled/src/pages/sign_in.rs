//! The sign-in page.

use dioxus::prelude::*;

use crate::model::{Shell, SignInPage};

pub(super) fn page(page: &SignInPage, shell: &Shell) -> Element {
    let describes = if page.problem.is_some() { "token-problem token-help" } else { "token-help" };
    rsx! {
        div { class: "card",
            h1 { "Sign in" }
            if let Some(problem) = &page.problem {
                p { class: "strip alert", id: "token-problem", role: "alert", "{problem}" }
            }
            form { method: "post", action: "/sign-in",
                input { r#type: "hidden", name: "csrf", value: "{shell.csrf}" }
                input { r#type: "hidden", name: "next", value: "{page.next}" }
                label { r#for: "token", "API token" }
                input {
                    id: "token",
                    name: "token",
                    r#type: "password",
                    required: true,
                    autofocus: true,
                    autocomplete: "off",
                    spellcheck: "false",
                    "aria-describedby": "{describes}",
                }
                p { class: "quiet small", id: "token-help",
                    "It begins with "
                    code { "dg_" }
                    " and was shown once when it was created. The console keeps it in memory until you sign out."
                }
                button { class: "button primary", r#type: "submit", "Sign in" }
            }
        }
    }
}
