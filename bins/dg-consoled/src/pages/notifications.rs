//! What the viewer was told.

use dioxus::prelude::*;

use super::{forms, parts};
use crate::{
    model::{
        Panel, Shell,
        notifications::{NotificationList, NotificationRow, NotificationsPage},
    },
    place::{Place, Screen},
};

pub(super) fn page(page: &NotificationsPage, shell: &Shell) -> Element {
    let at = |unread| Place::of(&page.tenant, Screen::Notifications { unread, cursor: None }).href();
    let choices = [("All", false), ("Unread", true)].map(|(name, unread)| {
        let current = (page.unread == unread).then_some("page");
        rsx! { a { key: "{name}", class: "tab", href: "{at(unread)}", "aria-current": current, "{name}" } }
    });
    rsx! {
        div { class: "page-head",
            h1 { "Notifications" }
            p { class: "quiet", "What you were told in "
                strong { "{page.tenant}" }
                ", the latest first."
            }
        }
        nav { class: "tabs", "aria-label": "Which notifications", {choices.into_iter()} }
        {list(page, shell)}
    }
}

fn list(page: &NotificationsPage, shell: &Shell) -> Element {
    match &page.list {
        Panel::Loading => rsx! { div { class: "panel", span { class: "bone" } } },
        Panel::Failed(failure) => parts::failure("The notifications could not be read.", failure, shell),
        Panel::Ready(list) if list.rows.is_empty() => nothing(page),
        Panel::Ready(list) => rows(page, list, shell),
    }
}

fn nothing(page: &NotificationsPage) -> Element {
    let all = Place::of(&page.tenant, Screen::Notifications { unread: false, cursor: None }).href();
    rsx! {
        div { class: "panel", id: "empty",
            if page.unread {
                p { class: "lead", "You have read everything." }
                p { a { class: "button", href: "{all}", "Show all" } }
            } else {
                p { class: "lead", "You were not told anything yet." }
                p { "Whoever an item is given to hears of it here, and everybody who has its role; so does whoever asked, when it is decided." }
            }
        }
    }
}

fn rows(page: &NotificationsPage, list: &NotificationList, shell: &Shell) -> Element {
    let newest = list.rows.first().map(|row| row.notification_id.clone()).unwrap_or_default();
    let next = list.next.as_ref().map(|next| {
        Place::of(&page.tenant, Screen::Notifications { unread: page.unread, cursor: Some(next.clone()) }).href()
    });
    rsx! {
        if list.unread > 0 && page.cursor.is_none() {
            form { class: "line-form", method: "post", action: forms::action(shell, "read-notifications"),
                {forms::carried(shell, "read-all")}
                input { r#type: "hidden", name: "up_to", "value": "{newest}" }
                span { class: "quiet", "{parts::counted(list.unread, \"unread notification\")} " }
                button { class: "button", r#type: "submit", "Mark all as read" }
            }
        }
        ul { class: "panel rows", id: "notifications", {list.rows.iter().map(|row| entry(page, row, shell))} }
        if let Some(next) = next {
            nav { class: "paging", "aria-label": "Pages", a { class: "button", rel: "next", href: "{next}", "Older" } }
        }
    }
}

fn entry(page: &NotificationsPage, row: &NotificationRow, shell: &Shell) -> Element {
    // A dead letter has no item: it names its trace twice.
    let screen =
        if row.workflow_id == row.trace_id { Screen::trace(&row.trace_id) } else { Screen::review(&row.workflow_id) };
    let href = Place::of(&page.tenant, screen).href();
    let (tone, mark, word) = if row.read { ("neutral", "✓", "read") } else { ("info", "●", "unread") };
    let form = format!("read-{}", row.notification_id);
    rsx! {
        li { key: "{row.notification_id}",
            {parts::chip(tone, mark, word)}
            a { href: "{href}", "{row.message}" }
            span { class: "quiet small",
                "{row.category} "
                if let Some(person) = &row.instead_of { "instead of {person} " }
                {parts::instant(row.at, shell)}
            }
            if !row.read {
                form { method: "post", action: forms::action(shell, "read-notifications"),
                    {forms::carried(shell, &form)}
                    input { r#type: "hidden", name: "notification_id", "value": "{row.notification_id}" }
                    button { class: "button small", r#type: "submit",
                        "Mark as read"
                        span { class: "hidden", ": {row.message}" }
                    }
                }
            }
        }
    }
}
