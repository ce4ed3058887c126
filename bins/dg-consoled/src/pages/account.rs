//! One account and its tokens.

use dioxus::prelude::*;

use super::{accounts::MANAGE, grants, managed::Form, parts, steering};
use crate::{
    acts::managed::{disable_phrase, revoke_phrase},
    model::{
        Panel, Shell,
        accounts::{AccountPage, AccountRow, TokenRow},
    },
    place::{ManagedAt, Place, Screen},
};

/// When a new token ends, in seconds.
pub(super) const LIVES: [(&str, &str); 5] = [
    ("2592000", "after 30 days"),
    ("7776000", "after 90 days"),
    ("15552000", "after 180 days"),
    ("31536000", "after a year"),
    ("", "never"),
];
/// How long the old one goes on.
const OVERLAPS: [(&str, &str); 5] = [
    ("0", "not at all"),
    ("3600", "for an hour"),
    ("86400", "for a day"),
    ("604800", "for a week"),
    ("2592000", "for 30 days"),
];

const SWITCH: &str = "switch-account";

pub(super) fn page(page: &AccountPage, shell: &Shell) -> Element {
    let all = Place::of(&page.tenant, Screen::Accounts { asking: false }).href();
    let content = match &page.account {
        Panel::Ready((account, tokens)) => rsx! {
            {facts(account, shell)}
            {doings(page, account)}
            {doing(page, account, tokens, shell)}
            section { "aria-labelledby": "tokens-title",
                h2 { id: "tokens-title", "Tokens" }
                {table(page, tokens, shell)}
            }
        },
        unready => steering::unready(unready, "The account could not be read.", shell),
    };
    rsx! {
        nav { class: "crumbs", "aria-label": "Where this is",
            a { href: "{all}", "Accounts" }
            span { "aria-hidden": "true", "›" }
            span { "aria-current": "page", "{page.at.id}" }
        }
        div { class: "page-head", h1 { "{page.at.id}" } }
        {content}
    }
}

fn facts(account: &AccountRow, shell: &Shell) -> Element {
    rsx! {
        dl { class: "panel facts-panel", id: "facts",
            {parts::fact("State", grants::switched(account.disabled))}
            if let Some(name) = &account.display_name { {parts::fact("What people call it", rsx! { "{name}" })} }
            {parts::fact("Who answers for it", match &account.owner {
                Some(owner) => rsx! { "{owner}" },
                None => rsx! { span { class: "quiet", "nobody" } },
            })}
            {parts::fact("Made", rsx! { {parts::instant(account.created, shell)} span { class: "quiet", " by {account.created_by}" } })}
            {grants::facts(&account.grants)}
        }
    }
}

fn doings(page: &AccountPage, account: &AccountRow) -> Element {
    let switch = if account.disabled { ("enable", "Enable") } else { ("disable", "Disable") };
    let links = [("token", "Add a token"), ("change", "Change"), switch].map(|(step, word)| {
        let href = to(page, step, None);
        let current = (page.at.doing.as_deref() == Some(step)).then_some("true");
        rsx! { a { key: "{step}", class: "button", id: "to-{step}", href: "{href}", "aria-current": current, "{word}" } }
    });
    rsx! { nav { class: "doings", "aria-label": "What can be done", {links.into_iter()} } }
}

fn to(page: &AccountPage, step: &str, on: Option<&str>) -> String {
    Place::of(&page.tenant, Screen::Account(page.at.doing(step, on))).href()
}

fn doing(page: &AccountPage, account: &AccountRow, tokens: &[TokenRow], shell: &Shell) -> Element {
    let token = page.at.on.as_deref().and_then(|on| tokens.iter().find(|token| token.token_id == on));
    let back = Place::of(&page.tenant, Screen::Account(ManagedAt::of(&page.at.id))).href();
    let (form, about, fields) = match (page.at.doing.as_deref(), token) {
        (Some("token"), _) => add(shell),
        (Some("rotate"), Some(token)) if token.is_active() => rotate(token, shell),
        (Some("revoke"), Some(token)) if token.revoked.is_none() => revoke(account, token, shell),
        (Some("change"), _) => change(account, shell),
        (Some("disable"), _) => disable(account, shell),
        (Some("enable"), _) => (
            Form::plain(SWITCH, "Enable the account", "Enable it"),
            rsx! { p { "Its tokens that have not ended open the service again." } },
            rsx! { input { r#type: "hidden", name: "switch", value: "enable" } },
        ),
        _ => return rsx! {},
    };
    form.draw(shell, MANAGE, ("account_id", &page.at.id), &back, about, fields)
}

type Parts = (Form, Element, Element);

fn add(shell: &Shell) -> Parts {
    let about = rsx! { p { "The others stay valid. The new one is shown once, in the answer to this form." } };
    let fields = rsx! {
        div { class: "filters",
            {grants::line(shell, "create-token", "label", "What it is for (optional)", "", false)}
            {grants::stretch(shell, "create-token", "expires", "It ends", "7776000", &LIVES)}
        }
    };
    (Form::issues("create-token", "Add a token", "Make the token"), about, fields)
}

fn rotate(token: &TokenRow, shell: &Shell) -> Parts {
    let about = rsx! {
        p {
            "A new token takes the place of "
            code { "{token.token_id}" }
            ". The old one goes on for a while, so that programs can change over, and then ends by itself."
        }
    };
    let fields = rsx! {
        input { r#type: "hidden", name: "token_id", value: "{token.token_id}" }
        div { class: "filters",
            {grants::stretch(shell, "rotate-token", "overlap", "The old one goes on", "86400", &OVERLAPS)}
            {grants::stretch(shell, "rotate-token", "expires", "The new one ends", "7776000", &LIVES)}
        }
    };
    (Form::issues("rotate-token", "Put a token in its place", "Make the new token"), about, fields)
}

fn revoke(account: &AccountRow, token: &TokenRow, shell: &Shell) -> Parts {
    let about = rsx! {
        p {
            "Whatever still uses "
            code { "{token.token_id}" }
            " is refused from the next request on. This cannot be undone; rotate it instead if a program has to go on."
        }
        p { class: "small", "Last used: " {used(token, shell)} }
    };
    let fields = rsx! {
        input { r#type: "hidden", name: "token_id", value: "{token.token_id}" }
        {steering::phrase(shell, "revoke-token", &revoke_phrase(&account.account_id))}
    };
    (Form::plain("revoke-token", "Revoke a token", "Revoke it").danger(), about, fields)
}

fn change(account: &AccountRow, shell: &Shell) -> Parts {
    let form = "change-account";
    let (name, owner) =
        (account.display_name.as_deref().unwrap_or_default(), account.owner.as_deref().unwrap_or_default());
    let fields = rsx! {
        div { class: "filters",
            {grants::line(shell, form, "display_name", "What people call it", name, false)}
            {grants::line(shell, form, "owner_id", "Who answers for it", owner, false)}
        }
        {grants::fields(shell, form, &account.grants)}
    };
    let about = rsx! { p { "What it may do counts from its next request on." } };
    (Form::plain(form, "Change the account", "Change it"), about, fields)
}

fn disable(account: &AccountRow, shell: &Shell) -> Parts {
    let about = rsx! { p { "All of its tokens are refused from the next request on, until it is enabled again." } };
    let fields = rsx! {
        input { r#type: "hidden", name: "switch", value: "disable" }
        {steering::phrase(shell, SWITCH, &disable_phrase(&account.account_id))}
    };
    (Form::plain(SWITCH, "Disable the account", "Disable it").danger(), about, fields)
}

fn table(page: &AccountPage, tokens: &[TokenRow], shell: &Shell) -> Element {
    if tokens.is_empty() {
        return rsx! { p { class: "panel quiet", "It has no token: nothing can call the service in its name." } };
    }
    rsx! {
        div { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of tokens",
            table { id: "tokens", class: "list stacked told", role: "table",
                caption { class: "hidden", "Tokens of {page.at.id}, the latest first" }
                thead { role: "rowgroup",
                    tr { role: "row",
                        for name in ["State", "Token", "Made", "Last used", "Ends", "Decide"] {
                            th { key: "{name}", role: "columnheader", scope: "col", "{name}" }
                        }
                    }
                }
                tbody { role: "rowgroup", {tokens.iter().map(|row| token(page, row, shell))} }
            }
        }
    }
}

fn token(page: &AccountPage, row: &TokenRow, shell: &Shell) -> Element {
    let (tone, mark) = match row.status.as_str() {
        "active" => ("good", "✓"),
        "revoked" => ("alert", "✕"),
        _ => ("neutral", "–"),
    };
    let id = row.token_id.as_str();
    rsx! {
        tr { key: "{id}", role: "row", "data-token": "{id}",
            td { role: "cell", "data-label": "State", {parts::chip(tone, mark, &row.status)} }
            td { role: "cell", class: "what",
                code { "dg_{id}_…" }
                if let Some(label) = &row.label { span { class: "block", "{label}" } }
                if let Some(old) = &row.replaces { span { class: "quiet small block", "in place of {old}" } }
            }
            td { role: "cell", class: "when", "data-label": "Made",
                {parts::instant(row.created, shell)}
                if let Some(by) = &row.created_by { span { class: "quiet small", "by {by}" } }
            }
            td { role: "cell", class: "when", "data-label": "Last used", {used(row, shell)} }
            td { role: "cell", class: "when", "data-label": "Ends",
                match (&row.revoked, row.expires) {
                    (Some((at, by)), _) => rsx! { {parts::instant(Some(*at), shell)} span { class: "quiet small", "revoked by {by}" } },
                    (None, Some(at)) => parts::instant(Some(at), shell),
                    (None, None) => rsx! { span { class: "quiet", "never" } },
                }
            }
            td { role: "cell", "data-label": "Decide",
                if row.is_active() {
                    div { class: "doings",
                        a { class: "button small", href: "{to(page, \"rotate\", Some(id))}", "aria-label": "Rotate {id}", "Rotate" }
                        a { class: "button small", href: "{to(page, \"revoke\", Some(id))}", "aria-label": "Revoke {id}", "Revoke" }
                    }
                } else {
                    span { class: "quiet", "–" }
                }
            }
        }
    }
}

fn used(row: &TokenRow, shell: &Shell) -> Element {
    match row.used {
        Some(at) => parts::instant(Some(at), shell),
        None => rsx! { span { class: "quiet", "never" } },
    }
}
