//! The events of a trace, oldest first.

use dg_domain::TenantId;
use dioxus::prelude::*;

use super::parts;
use crate::{
    model::{EventRow, Panel, Shell, Timeline, TracePage},
    moment,
    place::{Place, Screen, TraceTab},
    story::{Part, Value},
};

/// A pause between two events that is worth a line of its own.
const LONG_PAUSE: i64 = 60_000_000;

pub(super) fn section(page: &TracePage, shell: &Shell) -> Element {
    let content = match &page.timeline {
        Panel::Loading => {
            rsx! { ol { class: "timeline", "aria-hidden": "true", for at in 0..6 { li { key: "{at}", class: "event", span { class: "bone" } } } } }
        }
        Panel::Failed(failure) => parts::failure("The events could not be read.", failure, shell),
        Panel::Ready(timeline) => events(page, timeline),
    };
    rsx! {
        section { class: "events", "aria-labelledby": "timeline-title",
            h2 { id: "timeline-title", "Timeline" }
            {content}
        }
    }
}

fn events(page: &TracePage, timeline: &Timeline) -> Element {
    if timeline.events.is_empty() {
        return rsx! { p { class: "panel quiet", "No event in this stretch." } };
    }
    let stretch = |from| {
        Place::of(&page.tenant, Screen::Trace { trace_id: page.trace_id.clone(), from, tab: TraceTab::Timeline }).href()
    };
    let rows = timeline.events.iter().map(|row| event(&page.tenant, row));
    rsx! {
        if timeline.from > 0 {
            nav { class: "paging", "aria-label": "Earlier events", a { class: "button", href: "{stretch(0)}", "From the start" } }
        }
        ol { class: "timeline", id: "timeline", start: "{timeline.from}", {rows} }
        if let Some(next) = timeline.next {
            nav { class: "paging", "aria-label": "Later events", a { class: "button", rel: "next", href: "{stretch(next)}", "Later events" } }
        }
    }
}

fn event(tenant: &TenantId, row: &EventRow) -> Element {
    let pause = row
        .since_previous
        .filter(|micros| *micros > LONG_PAUSE)
        .map(|micros| format!("{} later", moment::stretch(micros)));
    let fresh = if row.fresh { "fresh" } else { "" };
    rsx! {
        li { key: "{row.trace_seq}", id: "seq-{row.trace_seq}", class: "event {row.story.tone.word()} {fresh}", "data-type": "{row.event_type}",
            if let Some(pause) = pause {
                p { class: "pause", "{pause}" }
            }
            article { class: "event-card", "aria-label": "Event {row.trace_seq}: {row.event_type}",
                div { class: "event-head",
                    a { class: "seq", href: "#seq-{row.trace_seq}", "aria-label": "Link to event {row.trace_seq}", "{row.trace_seq}" }
                    span { class: "event-type", "{row.event_type}" }
                    span { class: "who", "{row.actor}" }
                    {when(row)}
                }
                p { class: "story", {row.story.parts.iter().map(|part| words(tenant, part))} }
                if let Some(quote) = &row.story.quote {
                    blockquote { "{quote}" }
                }
                if !row.story.values.is_empty() {
                    ul { class: "values", "aria-label": "Values", {row.story.values.iter().map(value)} }
                }
                {closer(row)}
            }
        }
    }
}

fn when(row: &EventRow) -> Element {
    match row.at {
        Some(at) => {
            rsx! { time { class: "quiet", datetime: "{at.rfc3339()}", title: "{row.occurred_at}", "{moment::absolute(at)}" } }
        }
        None => rsx! { span { class: "quiet", "{row.occurred_at}" } },
    }
}

/// A piece of an event's sentence.
pub(super) fn words(tenant: &TenantId, part: &Part) -> Element {
    match part {
        Part::Text(text) => rsx! { "{text}" },
        Part::Strong(text) => rsx! { strong { "{text}" } },
        Part::Id(id) => rsx! { code { "{id}" } },
        Part::Trace(id) => {
            let href = Place::of(tenant, Screen::trace(id)).href();
            rsx! { a { href: "{href}", "{id}" } }
        }
    }
}

fn value(value: &Value) -> Element {
    rsx! {
        li {
            span { class: "key", "{value.key}" }
            if let Some(was) = &value.was {
                del { "{was}" }
                span { "aria-hidden": "true", " → " }
            }
            span { class: "now", "{value.now}" }
        }
    }
}

fn closer(row: &EventRow) -> Element {
    let fields = row.fields.iter().map(|(name, value)| {
        rsx! { div { key: "{name}", dt { "{name}" } dd { code { "{value}" } } } }
    });
    rsx! {
        details { class: "closer", id: "payload-{row.trace_seq}",
            summary { "Payload and fields" }
            if let Some(cause) = row.caused_by {
                p { class: "small", "Caused by " a { href: "#seq-{cause}", "event {cause}" } "." }
            }
            pre { tabindex: "0", code { "{row.payload}" } }
            dl { {fields} }
        }
    }
}
