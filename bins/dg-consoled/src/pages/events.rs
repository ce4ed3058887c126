//! The log itself, newest first.

use dg_domain::EventType;
use dioxus::prelude::*;

use super::{Ask, ask, filters, parts, steering, timeline};
use crate::{
    model::{
        Panel, Shell,
        events::{EventList, EventsPage, LogRow},
    },
    place::{EventsAt, Place, Screen},
};

pub(super) fn page(page: &EventsPage, shell: &Shell) -> Element {
    let content = match &page.list {
        Panel::Ready(list) => rsx! {
            {standing(page, list, shell)}
            if list.rows.is_empty() && page.waiting == 0 { {empty(page, list)} } else { {log(page, list, shell)} }
        },
        unready => steering::unready(unready, "The log could not be read.", shell),
    };
    rsx! {
        div { class: "page-head",
            h1 { "Events" }
            p { class: "quiet", "The log of "
                strong { "{page.tenant}" }
                ", newest first: what was recorded, as it was recorded."
            }
        }
        {filters(page)}
        {content}
    }
}

fn filters(page: &EventsPage) -> Element {
    let all = Place::of(&page.tenant, Screen::Events(EventsAt::default())).href();
    let names = EventType::ALL.map(EventType::as_str);
    let trace = page.at.trace_id.clone().unwrap_or_default();
    let until = page.at.until.map(|until| until.to_string()).unwrap_or_default();
    rsx! {
        form { class: "filters", method: "get", action: "{all}", role: "search", "aria-label": "Filter events",
            {filters::choice("type", "type", "Type", &names, page.at.event_type.as_deref(), true)}
            div { class: "field",
                label { r#for: "trace", "Trace" }
                input { id: "trace", name: "trace", "value": "{trace}", autocomplete: "off", placeholder: "any" }
            }
            div { class: "field",
                label { r#for: "until", "Up to log position" }
                input { id: "until", name: "until", "value": "{until}", inputmode: "numeric", autocomplete: "off", placeholder: "the end" }
            }
            div { class: "field actions",
                button { class: "button primary", r#type: "submit", "Filter" }
                if page.at != EventsAt::default() { a { class: "button", id: "clear", href: "{all}", "Clear filters" } }
            }
        }
    }
}

/// Whether the page follows the log, and the way to the other.
fn standing(page: &EventsPage, list: &EventList, shell: &Shell) -> Element {
    let to = |until| Place::of(&page.tenant, Screen::Events(page.at.until(until))).href();
    match page.at.until {
        Some(until) => {
            let newer = (list.head - until).max(0);
            rsx! {
                div { class: "links", id: "standing",
                    {parts::chip("warn", "Ⅱ", "held")}
                    span { role: "status", "Up to position {parts::grouped(until)}; {parts::counted(newer, \"newer event\")} since." }
                    a { class: "button", id: "resume", href: "{to(None)}", "Jump to now" }
                }
            }
        }
        None => rsx! {
            div { class: "links", id: "standing",
                if shell.live { {parts::chip("good", "▶", "following")} } else { {parts::chip("neutral", "■", "as read")} }
                span { "The log ends at position {parts::grouped(list.head)}." }
                if list.head > 0 { a { class: "button", id: "pause", href: "{to(Some(list.head))}", "Hold here" } }
            }
        },
    }
}

fn log(page: &EventsPage, list: &EventList, shell: &Shell) -> Element {
    let waiting = parts::counted(i64::try_from(page.waiting).unwrap_or(i64::MAX), "new event");
    let rows = list.rows.iter().map(|one| row(page, one, shell));
    rsx! {
        div {
            div { class: "waiting", "aria-live": "polite",
                if page.waiting > 0 {
                    button { class: "button", id: "waiting", r#type: "button", onclick: move |_| ask(Ask::ShowWaiting), "Show {waiting}" }
                }
            }
            ol { class: "log", id: "log", "aria-label": "Events", {rows} }
        }
        {paging(page, list)}
    }
}

fn row(page: &EventsPage, row: &LogRow, shell: &Shell) -> Element {
    let event = &row.event;
    let trace = Place::of(&page.tenant, Screen::trace(&row.trace_id)).href();
    let here = Place::of(&page.tenant, Screen::Events(page.at.until(Some(event.log_seq)))).href();
    let fresh = if event.fresh { "fresh" } else { "" };
    let fields = event.fields.iter().map(|(name, value)| {
        rsx! { div { key: "{name}", dt { "{name}" } dd { code { "{value}" } } } }
    });
    rsx! {
        li { key: "{event.log_seq}", id: "log-{event.log_seq}", class: "log-row {event.story.tone.word()} {fresh}", "data-type": "{event.event_type}",
            div { class: "event-head",
                a { class: "seq", href: "{here}", "aria-label": "The log up to position {event.log_seq}", "{parts::grouped(event.log_seq)}" }
                span { class: "event-type", "{event.event_type}" }
                span { class: "who", "{event.actor}" }
                {parts::instant(event.at, shell)}
            }
            p { class: "story", {event.story.parts.iter().map(|part| timeline::words(&page.tenant, part))} }
            p { class: "small", "Trace " a { href: "{trace}#seq-{event.trace_seq}", "{row.trace_id}" } ", event {event.trace_seq}" }
            details { class: "closer", id: "event-{event.log_seq}",
                summary { "Payload and fields of event {event.log_seq}" }
                pre { tabindex: "0", code { "{event.payload}" } }
                dl { {fields} }
            }
            if let Some((first, last)) = row.gap {
                p { class: "gap", role: "alert",
                    {parts::chip("alert", "!", "missing")}
                    " Positions {parts::grouped(first)} to {parts::grouped(last)} are not in the log."
                }
            }
        }
    }
}

fn paging(page: &EventsPage, list: &EventList) -> Element {
    let to = |until| Place::of(&page.tenant, Screen::Events(page.at.until(until))).href();
    let shown = parts::counted(i64::try_from(list.rows.len()).unwrap_or(i64::MAX), "event");
    rsx! {
        nav { class: "paging", "aria-label": "Pages",
            span { class: "quiet", "{shown} on this page" if let Some(to) = list.searched_to { ", searched back to position {parts::grouped(to + 1)}" } }
            if page.at.until.is_some() { a { class: "button", href: "{to(None)}", "Newest" } }
            if let Some(older) = list.older {
                a { class: "button", rel: "next", href: "{to(Some(older))}", if list.searched_to.is_some() { "Search further back" } else { "Older" } }
            }
        }
    }
}

fn empty(page: &EventsPage, list: &EventList) -> Element {
    let all = Place::of(&page.tenant, Screen::Events(EventsAt::default())).href();
    if list.head == 0 {
        return super::traces::nothing(&page.tenant);
    }
    rsx! {
        div { class: "panel", id: "empty",
            p { class: "lead", "No event fits." }
            p { a { class: "button", href: "{all}", "Clear filters" } }
        }
        {paging(page, list)}
    }
}
