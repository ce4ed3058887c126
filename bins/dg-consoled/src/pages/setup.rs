//! The page of the first run.

use dioxus::prelude::*;

use crate::model::{SetupPage, Shell};

pub(super) fn page(page: &SetupPage, shell: &Shell) -> Element {
    rsx! {
        div { class: "card",
            h1 { "First run" }
            p {
                "Nobody can sign in here yet. Make yourself the first person: an administrator, who then lets others in. "
                code { "dg init" }
                " and "
                code { "dg up" }
                " showed the code; it is good for a day, once."
            }
            if let Some(problem) = &page.problem {
                p { class: "strip alert", id: "problem", role: "alert", "{problem}" }
            }
            form { method: "post", action: "/setup",
                input { r#type: "hidden", name: "csrf", value: "{shell.csrf}" }
                label { r#for: "code", "Setup code" }
                input {
                    id: "code",
                    name: "code",
                    required: true,
                    autofocus: true,
                    autocomplete: "one-time-code",
                    autocapitalize: "none",
                    spellcheck: "false",
                    "aria-describedby": if page.problem.is_some() { "problem" },
                }
                label { r#for: "user_id", "Name to sign in with" }
                input {
                    id: "user_id",
                    name: "user_id",
                    value: "{page.user_id}",
                    required: true,
                    autocomplete: "username",
                    autocapitalize: "none",
                    spellcheck: "false",
                    "aria-describedby": "user-help",
                }
                p { class: "quiet small", id: "user-help", "Decisions are on record under this name." }
                label { r#for: "display_name", "How people call you (may be left empty)" }
                input { id: "display_name", name: "display_name", value: "{page.display_name}", autocomplete: "name" }
                label { r#for: "password", "Password" }
                input {
                    id: "password",
                    name: "password",
                    r#type: "password",
                    required: true,
                    minlength: "12",
                    autocomplete: "new-password",
                    "aria-describedby": "password-help",
                }
                p { class: "quiet small", id: "password-help", "At least 12 characters." }
                label { r#for: "again", "Password, once more" }
                input {
                    id: "again",
                    name: "again",
                    r#type: "password",
                    required: true,
                    minlength: "12",
                    autocomplete: "new-password",
                }
                button { class: "button primary", r#type: "submit", "Begin" }
            }
        }
    }
}
