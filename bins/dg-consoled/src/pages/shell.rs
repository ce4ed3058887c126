//! The frame around every page: where one is, as whom, and how current it is.

use dg_domain::TenantId;
use dioxus::prelude::*;

use super::parts;
use crate::{
    model::{Freshness, Said, Shell, Viewer},
    place::{Area, Place, Screen},
};

pub(super) fn frame(shell: &Shell, body: Element) -> Element {
    let tenant = shell.place.tenant();
    let home = tenant.map_or_else(|| "/".to_owned(), |tenant| Place::of(tenant, Screen::Overview).href());
    rsx! {
        a { class: "skip", href: "#main", "Skip to content" }
        header { class: "bar",
            a { class: "brand", href: "{home}",
                {mark()}
                span { "DecisionGraph" }
            }
            div { class: "bar-end",
                if tenant.is_some() {
                    {pill(shell)}
                    {tenants(shell)}
                }
                if shell.environment == "dev" {
                    span { class: "badge", title: "This installation is for development", "dev" }
                }
                {account(shell)}
            }
            if shell.refreshing {
                div { class: "progress", "aria-hidden": "true" }
            }
        }
        {notices(shell)}
        if let Some(tenant) = tenant {
            div { class: "stage",
                {areas(tenant, shell)}
                {content(shell, body)}
            }
        } else {
            {content(shell, body)}
        }
    }
}

fn content(shell: &Shell, body: Element) -> Element {
    rsx! {
        main { id: "main", tabindex: "-1",
            {said(shell)}
            {body}
        }
    }
}

fn areas(tenant: &TenantId, shell: &Shell) -> Element {
    let screen = shell.place.screen();
    let links = Area::ALL.into_iter().filter(|area| leads(*area, shell)).map(|area| {
        let first = area.screen();
        let current = match screen {
            Some(screen) if *screen == first => Some("page"),
            Some(screen) if screen.area() == area => Some("true"),
            _ => None,
        };
        let href = Place::of(tenant, first).href();
        rsx! {
            a { key: "{area.label()}", href: "{href}", "aria-current": current, "data-key": "{area.key()}", "data-name": "{area.label()}",
                "{area.label()}"
                kbd { "aria-hidden": "true", "{area.key()}" }
            }
        }
    });
    rsx! { nav { class: "rail", "aria-label": "Main", {links} } }
}

/// Whether the viewer is led there: what only others may see is not in the way.
fn leads(area: Area, shell: &Shell) -> bool {
    let admin = shell.viewer.as_ref().is_some_and(|viewer| viewer.roles.iter().any(|role| role == "admin"));
    (admin || !area.is_for_admins()) && area.permission().is_none_or(|permission| shell.may(permission))
}

/// What came of the form that led here.
fn said(shell: &Shell) -> Element {
    let Some(said) = &shell.said else { return rsx! {} };
    let without = shell.place.clone().saying(None).href();
    match said {
        Said::Done(text) => rsx! {
            div { class: "strip good", id: "said", role: "status",
                strong { "Done. " }
                span { "{text} " }
                a { href: "{without}", "Close" }
            }
        },
        Said::Refused { failure, .. } => rsx! {
            div { class: "strip alert", id: "said", role: "alert",
                strong { "Not done. " }
                span { "{parts::sentence(failure)} " }
                span { class: "small",
                    "Code "
                    code { "{failure.code}" }
                    if let Some(id) = &failure.request_id {
                        " · request "
                        code { "{id}" }
                    }
                    " "
                }
                a { href: "{without}", "Close" }
            }
        },
    }
}

fn notices(shell: &Shell) -> Element {
    let development = shell.viewer.as_ref().is_some_and(|viewer| viewer.development);
    if shell.outage.is_none() && !matches!(shell.freshness, Freshness::Behind { .. }) && !development {
        return rsx! {};
    }
    rsx! {
        section { "aria-label": "Notices",
            if let Some(failure) = &shell.outage {
                div { class: "strip alert", role: "alert",
                    strong { "The service does not answer. " }
                    if matches!(shell.freshness, Freshness::Unknown) {
                        span { "{parts::sentence(failure)} " }
                    } else {
                        span { "What you see is the last state that was read. {parts::sentence(failure)} " }
                    }
                    span { if shell.live { "This page recovers by itself." } else { "Reload to try again." } }
                }
            }
            if let Freshness::Behind { applied, head } = shell.freshness {
                div { class: "strip warn", role: "status",
                    "Shown as of log position {parts::grouped(applied)}, {parts::counted(head - applied, \"event\")} behind."
                }
            }
            if development {
                div { class: "strip dev",
                    strong { "Development reader. " }
                    "Nobody is signed in; pages are read with the token of this development installation. "
                    a { href: "/sign-in", "Sign in" }
                }
            }
        }
    }
}

fn pill(shell: &Shell) -> Element {
    let (tone, words, detail) = match (&shell.outage, shell.freshness) {
        (Some(_), _) => ("alert", "offline", "the service does not answer".to_owned()),
        (None, Freshness::Unknown) => ("neutral", "waiting", "nothing was read yet".to_owned()),
        (None, Freshness::Behind { applied, head }) => ("warn", "catching up", format!("position {applied} of {head}")),
        (None, Freshness::Current { applied }) if shell.live => ("good", "live", format!("log position {applied}")),
        (None, Freshness::Current { applied }) => ("neutral", "as read", format!("log position {applied}")),
    };
    rsx! {
        span { class: "pill {tone}", id: "freshness", title: "{detail}",
            span { class: "dot", "aria-hidden": "true" }
            "{words}"
            span { class: "small pill-detail", "{detail}" }
        }
    }
}

fn tenants(shell: &Shell) -> Element {
    let Some(current) = shell.place.tenant() else { return rsx! {} };
    let others = shell.tenants.iter().map(|tenant| {
        let href = Place::of(tenant, Screen::Overview).href();
        let here = if tenant == current { "true" } else { "false" };
        rsx! { li { key: "{tenant}", a { href: "{href}", "aria-current": "{here}", "{tenant}" } } }
    });
    rsx! {
        details { class: "menu", id: "tenants",
            summary {
                span { class: "quiet", "Tenant " }
                strong { "{current}" }
            }
            ul { "aria-label": "Tenants", {others} }
        }
    }
}

fn account(shell: &Shell) -> Element {
    let Some(viewer) = &shell.viewer else { return rsx! {} };
    let here = shell.place.clone().saying(None).href();
    rsx! {
        details { class: "menu", id: "account",
            summary {
                span { class: "quiet", "Account " }
                strong { if viewer.development { "development reader" } else { "{viewer.account_id}" } }
            }
            div { class: "menu-body",
                p { class: "quiet small", "{roles(viewer)}" }
                form { class: "theme", method: "post", action: "/theme",
                    input { r#type: "hidden", name: "next", "value": "{here}" }
                    span { class: "quiet small", id: "colours", "Colours" }
                    div { role: "group", "aria-labelledby": "colours",
                        for (name, word) in [("system", "System"), ("light", "Light"), ("dark", "Dark")] {
                            button { key: "{name}", class: "button small", r#type: "submit", name: "theme", value: "{name}", "{word}" }
                        }
                    }
                }
                if viewer.development {
                    a { class: "button", href: "/sign-in", "Sign in" }
                } else {
                    form { method: "post", action: "/sign-out",
                        input { r#type: "hidden", name: "csrf", "value": "{shell.csrf}" }
                        button { class: "button", r#type: "submit", "Sign out" }
                    }
                }
            }
        }
    }
}

fn roles(viewer: &Viewer) -> String {
    let account = if viewer.account_id.is_empty() { "unknown account" } else { viewer.account_id.as_str() };
    if viewer.roles.is_empty() { account.to_owned() } else { format!("{account}: {}", viewer.roles.join(", ")) }
}

fn mark() -> Element {
    rsx! {
        svg { class: "logo", view_box: "0 0 24 24", width: "22", height: "22", "aria-hidden": "true",
            path { d: "M6 6 L18 12 L6 18", fill: "none", stroke: "currentColor", stroke_width: "1.8" }
            circle { cx: "6", cy: "6", r: "3", fill: "currentColor" }
            circle { cx: "6", cy: "18", r: "3", fill: "currentColor" }
            circle { class: "logo-to", cx: "18", cy: "12", r: "3.6" }
        }
    }
}
