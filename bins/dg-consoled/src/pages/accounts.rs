//! The accounts of programs.

use dioxus::prelude::*;

use super::{account::LIVES, grants, managed::Form, parts, steering};
use crate::{
    model::{
        Panel, Shell,
        accounts::{AccountRow, AccountsPage, Grants},
    },
    place::{ManagedAt, Place, Screen},
};

/// Who may change accounts and people.
pub(super) const MANAGE: &str = "accounts_manage";
const FORM: &str = "create-account";

pub(super) fn page(page: &AccountsPage, shell: &Shell) -> Element {
    let list = match &page.list {
        Panel::Ready(rows) if rows.is_empty() => rsx! {
            div { class: "panel", id: "empty",
                p { class: "lead", "There is no account that you may see." }
                p { "Programs call the service with the token of an account. Make one for each of them." }
            }
        },
        Panel::Ready(rows) => table(page, rows, shell),
        unready => steering::unready(unready, "The accounts could not be read.", shell),
    };
    let ask = Place::of(&page.tenant, Screen::Accounts { asking: true }).href();
    rsx! {
        div { class: "page-head",
            h1 { "Accounts" }
            p { class: "quiet", "What programs are known by: what each may do, and where. Tokens are kept as hashes and can never be shown again." }
        }
        if page.asking {
            {asking(page, shell)}
        } else {
            p { class: "doings", a { class: "button primary", id: "to-create", href: "{ask}", "Make an account" } }
        }
        {list}
    }
}

fn asking(page: &AccountsPage, shell: &Shell) -> Element {
    let back = Place::of(&page.tenant, Screen::Accounts { asking: false }).href();
    let given = Grants { tenants: vec![page.tenant.to_string()], ..Grants::default() };
    let about = rsx! { p { "Its first token is shown once, in the answer to this form." } };
    let fields = rsx! {
        div { class: "filters",
            {grants::line(shell, FORM, "account_id", "Name", "", true)}
            {grants::line(shell, FORM, "display_name", "What people call it (optional)", "", false)}
            {grants::line(shell, FORM, "owner_id", "Who answers for it (optional)", "", false)}
            {grants::stretch(shell, FORM, "expires", "Its token ends", "7776000", &LIVES)}
        }
        {grants::fields(shell, FORM, &given)}
    };
    Form::issues(FORM, "Make an account", "Make it").draw(shell, MANAGE, ("", ""), &back, about, fields)
}

fn table(page: &AccountsPage, rows: &[AccountRow], shell: &Shell) -> Element {
    let rows = rows.iter().map(|row| {
        let href = Place::of(&page.tenant, Screen::Account(ManagedAt::of(&row.account_id))).href();
        let id = row.account_id.as_str();
        rsx! {
            tr { key: "{id}", role: "row", "data-account": "{id}",
                td { role: "cell", "data-label": "State", {grants::switched(row.disabled)} }
                td { role: "cell", class: "what",
                    a { href: "{href}", "{id}" }
                    if let Some(name) = &row.display_name { span { class: "block", "{name}" } }
                    if let Some(owner) = &row.owner { span { class: "quiet small block", "{owner} answers for it" } }
                }
                {holds(&row.grants)}
                td { role: "cell", class: "when", "data-label": "Made",
                    {parts::instant(row.created, shell)}
                    span { class: "quiet small", "by {row.created_by}" }
                }
            }
        }
    });
    rsx! {
        div { class: "scroll", tabindex: "0", role: "region", "aria-label": "Accounts",
            table { id: "accounts", class: "list stacked told", role: "table",
                caption { class: "hidden", "Accounts of programs, by name" }
                thead { role: "rowgroup",
                    tr { role: "row",
                        for name in ["State", "Account", "Roles", "Permissions", "Tenants", "Made"] {
                            th { key: "{name}", role: "columnheader", scope: "col", "{name}" }
                        }
                    }
                }
                tbody { role: "rowgroup", {rows} }
            }
        }
    }
}

/// Three cells: roles, permissions, tenants.
pub(super) fn holds(grants: &Grants) -> Element {
    rsx! {
        td { role: "cell", "data-label": "Roles", {grants::tags(&grants.roles, "none", "every role")} }
        td { role: "cell", "data-label": "Permissions", {grants::tags(&grants.permissions, "none", "everything")} }
        td { role: "cell", "data-label": "Tenants", {grants::tags(&grants.tenants, "none", "every tenant")} }
    }
}
