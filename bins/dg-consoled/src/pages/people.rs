//! Who signs in.

use dioxus::prelude::*;

use super::{
    accounts::{MANAGE, holds},
    grants,
    managed::Form,
    parts, steering,
};
use crate::{
    model::{
        Panel, Shell,
        accounts::Grants,
        people::{PeoplePage, PersonRow},
    },
    place::{ManagedAt, Place, Screen},
};

const FORM: &str = "create-person";

pub(super) fn page(page: &PeoplePage, shell: &Shell) -> Element {
    let list = match &page.list {
        Panel::Ready(rows) if rows.is_empty() => rsx! {
            div { class: "panel", id: "empty",
                p { class: "lead", "There is nobody that you may see." }
                p { "Whoever decides something in the console signs in as a person, so that the log says who it was." }
            }
        },
        Panel::Ready(rows) => table(page, rows, shell),
        unready => steering::unready(unready, "The people could not be read.", shell),
    };
    let ask = Place::of(&page.tenant, Screen::People { asking: true }).href();
    rsx! {
        div { class: "page-head",
            h1 { "People" }
            p { class: "quiet", "Who signs in, what each may do, and where." }
        }
        if page.asking {
            {asking(page, shell)}
        } else {
            p { class: "doings", a { class: "button primary", id: "to-create", href: "{ask}", "Add somebody" } }
        }
        {list}
    }
}

fn asking(page: &PeoplePage, shell: &Shell) -> Element {
    let back = Place::of(&page.tenant, Screen::People { asking: false }).href();
    let given =
        Grants { roles: vec!["reader".to_owned()], tenants: vec![page.tenant.to_string()], ..Grants::default() };
    let about = rsx! { p { "Their first password is drawn and shown once, in the answer to this form. It opens one sign-in, at which they choose their own." } };
    let fields = rsx! {
        div { class: "filters",
            {grants::line(shell, FORM, "user_id", "Name", "", true)}
            {grants::line(shell, FORM, "display_name", "What people call them (optional)", "", false)}
        }
        {grants::fields(shell, FORM, &given)}
    };
    Form::issues(FORM, "Add somebody", "Add them").draw(shell, MANAGE, ("", ""), &back, about, fields)
}

fn table(page: &PeoplePage, rows: &[PersonRow], shell: &Shell) -> Element {
    let rows = rows.iter().map(|row| {
        let href = Place::of(&page.tenant, Screen::Person(ManagedAt::of(&row.user_id))).href();
        let id = row.user_id.as_str();
        rsx! {
            tr { key: "{id}", role: "row", "data-person": "{id}",
                td { role: "cell", "data-label": "State", {grants::switched(row.disabled)} }
                td { role: "cell", class: "what",
                    a { href: "{href}", "{id}" }
                    if let Some(name) = &row.display_name { span { class: "block", "{name}" } }
                    if row.must_change { span { class: "quiet small block", "has a first password" } }
                    if !row.has_password { span { class: "quiet small block", "has no password" } }
                }
                {holds(&row.grants)}
                td { role: "cell", class: "when", "data-label": "Last here", {seen(row, shell)} }
            }
        }
    });
    rsx! {
        div { class: "scroll", tabindex: "0", role: "region", "aria-label": "People",
            table { id: "people", class: "list stacked told", role: "table",
                caption { class: "hidden", "People who sign in, by name" }
                thead { role: "rowgroup",
                    tr { role: "row",
                        for name in ["State", "Person", "Roles", "Permissions", "Tenants", "Last here"] {
                            th { key: "{name}", role: "columnheader", scope: "col", "{name}" }
                        }
                    }
                }
                tbody { role: "rowgroup", {rows} }
            }
        }
    }
}

/// When somebody was last here.
pub(super) fn seen(row: &PersonRow, shell: &Shell) -> Element {
    match row.seen {
        Some(at) => parts::instant(Some(at), shell),
        None => rsx! { span { class: "quiet", "never" } },
    }
}
