//! Whether anything is wrong, and what waits.

use dioxus::prelude::*;

use super::{parts, steering, traces};
use crate::{
    model::{
        Panel, Shell, TraceRow,
        overview::{OverviewPage, ProjectionRow, Reviews, Waiting},
    },
    moment,
    place::{Place, Screen},
};

pub(super) fn page(page: &OverviewPage, shell: &Shell) -> Element {
    rsx! {
        div { class: "page-head",
            h1 { "Overview" }
            p { class: "quiet", "What waits in "
                strong { "{page.tenant}" }
                ", and whether all is well."
            }
        }
        {reviews(page, shell)}
        {projections(page, shell)}
        {latest(page, shell)}
    }
}

fn reviews(page: &OverviewPage, shell: &Shell) -> Element {
    let content = match &page.reviews {
        Panel::Loading => rsx! { div { class: "panel", span { class: "bone" } } },
        Panel::Failed(failure) => parts::failure("The reviews could not be read.", failure, shell),
        Panel::Ready(reviews) => rsx! {
            {cards(page, reviews, shell)}
            {next(page, reviews, shell)}
        },
    };
    rsx! {
        section { "aria-labelledby": "reviews",
            h2 { id: "reviews", "Reviews" }
            {content}
        }
    }
}

fn cards(page: &OverviewPage, reviews: &Reviews, shell: &Shell) -> Element {
    let waits = reviews.oldest.map(|at| format!("the oldest {}", moment::relative(at, shell.now)));
    let good = |count: i64, tone| if count > 0 { tone } else { "good" };
    let roles = format!("and {} for my roles", parts::grouped(reviews.my_roles));
    let cards = [
        ("Overdue", "overdue", reviews.overdue, good(reviews.overdue, "alert"), "past their deadline".to_owned()),
        ("Due soon", "due_soon", reviews.due_soon, good(reviews.due_soon, "warn"), "within 30 minutes".to_owned()),
        (
            "Escalated",
            "escalated",
            reviews.escalated,
            good(reviews.escalated, "warn"),
            "and not decided since".to_owned(),
        ),
        ("Open", "all", reviews.open, "info", waits.unwrap_or_else(|| "nothing waits".to_owned())),
        ("Mine", "mine", reviews.mine, "info", roles),
    ];
    let cards = cards.into_iter().map(|(name, view, count, tone, words)| {
        let href = Place::of(&page.tenant, Screen::inbox(view)).href();
        rsx! {
            li { key: "{name}", class: "tile {tone}",
                a { class: "tile-name", href: "{href}", "{name}" }
                strong { class: "tile-count", "{parts::grouped(count)}" }
                span { class: "quiet small", "{words}" }
            }
        }
    });
    rsx! { ul { class: "tiles", {cards} } }
}

fn next(page: &OverviewPage, reviews: &Reviews, shell: &Shell) -> Element {
    if reviews.next.is_empty() {
        return rsx! { p { class: "panel quiet", "Nobody waits for a decision. An agent that asks for an exception appears here at once." } };
    }
    let rows = reviews.next.iter().map(|item| waiting(page, item, shell));
    rsx! { ol { class: "panel rows", "aria-label": "First in the queue", {rows} } }
}

fn waiting(page: &OverviewPage, item: &Waiting, shell: &Shell) -> Element {
    let href = Place::of(&page.tenant, Screen::review(&item.workflow_id)).href();
    let due = item.due.map_or_else(|| "no deadline".to_owned(), |due| moment::relative(due, shell.now));
    let (tone, mark, word) = if item.overdue { ("alert", "!", "overdue") } else { ("info", "○", "in time") };
    rsx! {
        li { key: "{item.workflow_id}",
            {parts::chip(tone, mark, word)}
            a { href: "{href}", "{item.title}" }
            span { class: "quiet small", "{item.priority}, due {due}" }
        }
    }
}

fn projections(page: &OverviewPage, shell: &Shell) -> Element {
    let content = match &page.projections {
        Panel::Loading => rsx! { div { class: "panel", span { class: "bone" } } },
        Panel::Failed(failure) => parts::failure("The read models could not be asked.", failure, shell),
        Panel::Ready(rows) => rsx! { ul { class: "panel rows", {rows.iter().map(projection)} } },
    };
    rsx! {
        section { "aria-labelledby": "projections",
            h2 { id: "projections", "Read models" }
            {content}
        }
    }
}

fn projection(row: &ProjectionRow) -> Element {
    let failures = (row.failures > 0).then(|| parts::counted(row.failures, "open failure"));
    rsx! {
        li { key: "{row.name}",
            {steering::health(&row.status)}
            code { "{row.name}" }
            span { class: "quiet small",
                "at position {parts::grouped(row.applied)}"
                if row.pending > 0 { ", {parts::counted(row.pending, \"event\")} behind" }
                if let Some(failures) = failures { ", {failures}" }
            }
        }
    }
}

fn latest(page: &OverviewPage, shell: &Shell) -> Element {
    let all = Place::of(&page.tenant, Screen::traces()).href();
    let content = match &page.traces {
        Panel::Loading => rsx! { div { class: "panel", span { class: "bone" } } },
        Panel::Failed(failure) => parts::failure("The traces could not be read.", failure, shell),
        Panel::Ready(rows) if rows.is_empty() => traces::nothing(&page.tenant),
        Panel::Ready(rows) => rsx! { ul { class: "panel rows", {rows.iter().map(|row| trace(page, row, shell))} } },
    };
    rsx! {
        section { "aria-labelledby": "latest",
            h2 { id: "latest", "Latest activity" }
            {content}
            p { a { class: "button", href: "{all}", "All traces" } }
        }
    }
}

fn trace(page: &OverviewPage, row: &TraceRow, shell: &Shell) -> Element {
    let href = Place::of(&page.tenant, Screen::trace(&row.trace_id)).href();
    let title = if row.title.is_empty() { row.trace_id.as_str() } else { row.title.as_str() };
    rsx! {
        li { key: "{row.trace_id}",
            {parts::standing(row.standing)}
            a { href: "{href}", "{title}" }
            span { class: "quiet small",
                "{row.last_event_type} "
                {parts::instant(row.last_at, shell)}
            }
        }
    }
}
