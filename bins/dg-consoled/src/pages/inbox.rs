//! What waits for people: the queues, the items of one, and doing something with several of them.

use dioxus::prelude::*;

use super::{filters, forms, parts};
use crate::{
    model::{
        Panel, Shell,
        inbox::{InboxList, InboxPage, InboxRow},
    },
    moment,
    place::{InboxFilter, PRIORITIES, Place, Screen, VIEWS},
};

const BULK: &str = "bulk";

pub(super) fn page(page: &InboxPage, shell: &Shell) -> Element {
    rsx! {
        div { class: "page-head",
            h1 { "Inbox" }
            p { class: "quiet", "What waits for a decision in "
                strong { "{page.tenant}" }
                ", the most urgent first."
            }
        }
        {views(page)}
        {filters(page)}
        {list(page, shell)}
    }
}

fn views(page: &InboxPage) -> Element {
    let counts = page.counts.ready();
    let links = VIEWS.into_iter().map(|(view, label)| {
        let filter = Box::new(InboxFilter { view, ..page.filter.clone() });
        let href = Place::of(&page.tenant, Screen::Inbox { filter, cursor: None }).href();
        let current = (page.filter.view == view).then_some("page");
        let count =
            counts.and_then(|counts| counts.iter().find(|(name, _)| *name == view)).and_then(|(_, count)| *count);
        rsx! {
            a { key: "{view}", class: "tab", href: "{href}", "aria-current": current,
                "{label}"
                if let Some(count) = count { span { class: "tab-count", "{parts::grouped(count)}" } }
            }
        }
    });
    rsx! { nav { class: "tabs", "aria-label": "Queues", {links} } }
}

fn filters(page: &InboxPage) -> Element {
    let filter = &page.filter;
    let whole = Place::of(&page.tenant, Screen::inbox(filter.view)).href();
    let action = Place::of(&page.tenant, Screen::inbox("all")).href();
    rsx! {
        form { class: "filters", method: "get", action: "{action}", role: "search", "aria-label": "Filter the queue",
            if filter.view != "all" { input { r#type: "hidden", name: "view", "value": "{filter.view}" } }
            {filters::entry("q", "Words", "title, id, reason", filter.text.as_deref().unwrap_or_default())}
            {filters::choice("priority", "priority", "Priority", &PRIORITIES, filter.priority.as_deref(), true)}
            {filters::entry("policy", "Policy", "refund-limit", filter.policy.as_deref().unwrap_or_default())}
            div { class: "field actions",
                button { class: "button primary", r#type: "submit", "Filter" }
                if !filter.is_whole() { a { class: "button", href: "{whole}", "Clear filters" } }
            }
        }
    }
}

fn list(page: &InboxPage, shell: &Shell) -> Element {
    match &page.list {
        Panel::Loading => rsx! { div { class: "panel", span { class: "bone" } } },
        Panel::Failed(failure) => parts::failure("The queue could not be read.", failure, shell),
        Panel::Ready(list) if list.rows.is_empty() => empty(page),
        Panel::Ready(list) => table(page, list, shell),
    }
}

fn empty(page: &InboxPage) -> Element {
    let all = Place::of(&page.tenant, Screen::inbox("all")).href();
    let traces = Place::of(&page.tenant, Screen::traces()).href();
    rsx! {
        div { class: "panel", id: "empty",
            if page.filter == InboxFilter::default() {
                p { class: "lead", "Nobody waits for a decision." }
                p { "An exception that an agent asks for appears here at once. A review of any trace is started from the studio." }
                p { a { class: "button", href: "{traces}", "Look at traces" } }
            } else {
                p { class: "lead", "Nothing is in this queue." }
                p { a { class: "button", href: "{all}", "Show all that is open" } }
            }
        }
    }
}

/// The boxes belong to the form below the table, so that each row needs no form of its own.
fn table(page: &InboxPage, list: &InboxList, shell: &Shell) -> Element {
    let next = list.next.as_ref().map(|next| {
        let screen = Screen::Inbox { filter: Box::new(page.filter.clone()), cursor: Some(next.clone()) };
        Place::of(&page.tenant, screen).href()
    });
    let open = page.filter.view != "closed" && shell.may("workflow_review");
    rsx! {
        div { class: "scroll", tabindex: "0", role: "region", "aria-label": "Items",
            table { id: "inbox", class: "list", role: "table",
                caption { class: "hidden", "Items that wait, the most urgent first" }
                thead { role: "rowgroup",
                    tr { role: "row",
                        if open { th { role: "columnheader", scope: "col", span { class: "hidden", "Chosen" } } }
                        for name in ["Status", "Item", "Priority", "Due", "For"] {
                            th { key: "{name}", role: "columnheader", scope: "col", "{name}" }
                        }
                    }
                }
                tbody { role: "rowgroup", {list.rows.iter().map(|row| item(page, row, open, shell))} }
            }
        }
        if open { {bulk(shell)} }
        if let Some(next) = next {
            nav { class: "paging", "aria-label": "Pages", a { class: "button", rel: "next", href: "{next}", "More" } }
        }
    }
}

fn item(page: &InboxPage, row: &InboxRow, open: bool, shell: &Shell) -> Element {
    let href = Place::of(&page.tenant, Screen::review(&row.workflow_id)).href();
    let chosen = shell.chosen(BULK, "workflow_id", &row.workflow_id);
    rsx! {
        tr { key: "{row.workflow_id}", role: "row",
            if open {
                td { role: "cell", class: "box",
                    input { r#type: "checkbox", form: BULK, name: "workflow_id", value: "{row.workflow_id}", "checked": chosen, "aria-label": "Choose {row.title}" }
                }
            }
            td { role: "cell", class: "stands", {parts::review_status(&row.status)} }
            td { role: "cell", class: "what",
                a { href: "{href}", "{row.title}" }
                span { class: "quiet small",
                    if !row.policy.is_empty() { "{row.policy}, " }
                    "asked by {row.requester} "
                    {parts::instant(row.requested, shell)}
                }
            }
            td { role: "cell", {parts::priority(&row.priority)} }
            td { role: "cell", class: "when", {due(row, shell)} }
            td { role: "cell",
                "{row.assignee}"
                if let Some(holder) = &row.claimed_by { span { class: "quiet small", " {holder} looks at it" } }
            }
        }
    }
}

fn due(row: &InboxRow, shell: &Shell) -> Element {
    let Some(due) = row.due else { return rsx! { span { class: "quiet", "the clock stands still" } } };
    let distance = moment::relative(due, shell.now);
    rsx! {
        if row.overdue {
            {parts::chip("alert", "!", "overdue")}
            " "
        }
        time { datetime: "{due.rfc3339()}", title: "{due.rfc3339()}", "{distance}" }
    }
}

/// Several at once: the phrase says how many, so nobody decides more than they chose.
fn bulk(shell: &Shell) -> Element {
    rsx! {
        form { class: "panel filters", id: BULK, method: "post", action: forms::action(shell, "review-many"),
            {forms::carried(shell, BULK)}
            h2 { "With those chosen" }
            div { class: "field",
                label { r#for: "bulk-action", "Do" }
                select { id: "bulk-action", name: "action",
                    for (word, label) in [("claim", "claim"), ("comment", "comment"), ("approve", "approve"), ("reject", "reject"), ("request_change", "request a change")] {
                        option { key: "{word}", value: "{word}", "selected": shell.chosen(BULK, "action", word), "{label}" }
                    }
                }
            }
            {forms::words(shell, BULK, "reason", "Why", true)}
            div { class: "field",
                label { r#for: "bulk-confirm", "For more than one, type for example APPROVE 3 ITEMS" }
                input { id: "bulk-confirm", name: "confirm_text", autocomplete: "off", "value": shell.typed(BULK, "confirm_text") }
            }
            div { class: "field actions", button { class: "button", r#type: "submit", "Do it" } }
        }
    }
}
