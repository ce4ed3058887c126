//! The sign-in page.

use dioxus::prelude::*;

use crate::model::{Shell, SignInPage};

pub(super) fn page(page: &SignInPage, shell: &Shell) -> Element {
    rsx! {
        div { class: "card",
            h1 { "Sign in" }
            if let Some(problem) = &page.problem {
                p { class: "strip alert", id: "problem", role: "alert", "{problem}" }
            }
            if page.setup {
                p { class: "strip info",
                    "Nobody can sign in here yet. "
                    a { href: "/setup", "Make the first person" }
                }
            }
            if let Some(label) = &page.issuer {
                {by_issuer(label, page, shell)}
                h2 { "Or with name and password" }
            }
            if page.people {
                {by_password(page, shell)}
                h2 { "Or with an API token" }
            }
            {by_token(page, shell)}
        }
    }
}

fn by_issuer(label: &str, page: &SignInPage, shell: &Shell) -> Element {
    rsx! {
        form { method: "post", action: "/sign-in/oidc",
            {hidden(page, shell)}
            button { class: "button primary", r#type: "submit", "{label}" }
        }
    }
}

fn by_password(page: &SignInPage, shell: &Shell) -> Element {
    rsx! {
        form { method: "post", action: "/sign-in",
            {hidden(page, shell)}
            label { r#for: "user_id", "Name" }
            input {
                id: "user_id",
                name: "user_id",
                value: "{page.user_id}",
                required: true,
                autofocus: true,
                autocomplete: "username",
                autocapitalize: "none",
                spellcheck: "false",
            }
            label { r#for: "password", "Password" }
            input {
                id: "password",
                name: "password",
                r#type: "password",
                required: true,
                autocomplete: "current-password",
                "aria-describedby": if page.problem.is_some() { "problem" },
            }
            button { class: if page.issuer.is_some() { "button" } else { "button primary" }, r#type: "submit", "Sign in" }
        }
    }
}

fn by_token(page: &SignInPage, shell: &Shell) -> Element {
    let describes = if page.problem.is_some() { "problem token-help" } else { "token-help" };
    rsx! {
        form { method: "post", action: "/sign-in",
            {hidden(page, shell)}
            label { r#for: "token", "API token" }
            input {
                id: "token",
                name: "token",
                r#type: "password",
                required: true,
                autofocus: !page.people,
                autocomplete: "off",
                spellcheck: "false",
                "aria-describedby": "{describes}",
            }
            p { class: "quiet small", id: "token-help",
                "It begins with "
                code { "dg_" }
                " and was shown once when it was created. The console keeps it in memory until you sign out."
            }
            button { class: if page.people { "button" } else { "button primary" }, r#type: "submit",
                if page.people { "Use the token" } else { "Sign in" }
            }
        }
    }
}

fn hidden(page: &SignInPage, shell: &Shell) -> Element {
    rsx! {
        input { r#type: "hidden", name: "csrf", value: "{shell.csrf}" }
        input { r#type: "hidden", name: "next", value: "{page.next}" }
    }
}
