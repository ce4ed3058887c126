//! The page for another password.

use dioxus::prelude::*;

use crate::model::{PasswordPage, Shell};

pub(super) fn page(page: &PasswordPage, shell: &Shell) -> Element {
    rsx! {
        div { class: "card",
            h1 { "Choose a password" }
            if page.required {
                p { "The one you came in with was chosen by somebody else. It is good for this only." }
            }
            if let Some(problem) = &page.problem {
                p { class: "strip alert", id: "password-problem", role: "alert", "{problem}" }
            }
            form { method: "post", action: "/password",
                input { r#type: "hidden", name: "csrf", value: "{shell.csrf}" }
                input { r#type: "hidden", name: "next", value: "{page.next}" }
                label { r#for: "current", "Current password" }
                input {
                    id: "current",
                    name: "current",
                    r#type: "password",
                    required: true,
                    autofocus: true,
                    autocomplete: "current-password",
                }
                label { r#for: "new", "New password" }
                input {
                    id: "new",
                    name: "new",
                    r#type: "password",
                    required: true,
                    minlength: "12",
                    autocomplete: "new-password",
                    "aria-describedby": "new-help",
                }
                p { class: "quiet small", id: "new-help", "At least 12 characters. Your other sessions end." }
                label { r#for: "again", "New password, once more" }
                input {
                    id: "again",
                    name: "again",
                    r#type: "password",
                    required: true,
                    minlength: "12",
                    autocomplete: "new-password",
                }
                button { class: "button primary", r#type: "submit", "Change password" }
            }
        }
    }
}
