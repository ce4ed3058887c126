//! A secret at the one moment at which it is shown, as the answer to the form that made it.

use dioxus::prelude::*;

use super::parts;
use crate::model::{
    Shell,
    once::{OnceKind, OncePage},
};

pub(super) fn page(page: &OncePage, shell: &Shell) -> Element {
    let (what, title) = match page.kind {
        OnceKind::Token => ("token", format!("A new token of {}", page.whose)),
        OnceKind::Password => ("password", format!("A first password for {}", page.whose)),
    };
    let back = page.back.href();
    rsx! {
        div { class: "page-head", h1 { "{title}" } }
        div { class: "panel do", id: "once",
            match &page.secret {
                Some(secret) => rsx! {
                    p { class: "lead", "Copy it now. It is on this page and nowhere else." }
                    p { code { id: "secret", class: "selectable secret", "{secret.expose()}" } }
                    {about(page, shell)}
                },
                None => rsx! {
                    p { class: "lead", id: "shown-before", "This {what} was shown once." }
                    p { "The form came a second time, and nothing was made again. What it made cannot be shown any more: the service keeps only what it needs to check it. {instead(page.kind)}" }
                },
            }
            p { a { class: "button primary", href: "{back}", "Go on to {page.whose}" } }
        }
    }
}

fn about(page: &OncePage, shell: &Shell) -> Element {
    let ends = match page.kind {
        OnceKind::Password => rsx! { "it opens one sign-in, at which they choose another one" },
        OnceKind::Token if page.expires.is_some() => parts::instant(page.expires, shell),
        OnceKind::Token => rsx! { "never, unless somebody revokes it" },
    };
    rsx! {
        dl { class: "facts-panel",
            if let Some(public) = &page.public { {parts::fact("Public part", rsx! { code { "{public}" } })} }
            {parts::fact("Ends", ends)}
            if let Some((old, until)) = &page.replaces {
                {parts::fact("In place of", rsx! { code { "{old}" } })}
                {parts::fact("Which goes on until", parts::instant(*until, shell))}
            }
        }
    }
}

fn instead(kind: OnceKind) -> &'static str {
    match kind {
        OnceKind::Token => "If nobody copied it, revoke it and make another one.",
        OnceKind::Password => "If nobody copied it, reset the password.",
    }
}
