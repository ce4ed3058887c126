//! Small pieces that several pages draw.

use dg_domain::Micros;
use dioxus::prelude::*;

use super::{Ask, ask};
use crate::{
    model::{Entity, Failure, Shell, Standing},
    moment,
};

/// A mark beside a word, so that no meaning is carried by colour alone.
pub(super) fn chip(tone: &str, mark: &str, word: &str) -> Element {
    rsx! {
        span { class: "chip {tone}",
            span { class: "mark", "aria-hidden": "true", "{mark}" }
            "{word}"
        }
    }
}

/// A name and what goes by it, in a list of such.
pub(super) fn fact(name: &str, value: Element) -> Element {
    rsx! { div { dt { "{name}" } dd { {value} } } }
}

/// How a trace stands.
pub(super) fn standing(standing: Standing) -> Element {
    let (tone, mark) = match standing {
        Standing::Open => ("info", "○"),
        Standing::Success => ("good", "✓"),
        Standing::Failure => ("alert", "✕"),
        Standing::Abandoned => ("warn", "–"),
        Standing::Finished => ("neutral", "■"),
    };
    rsx! {
        {chip(tone, mark, standing.word())}
    }
}

/// How an item of the queue stands.
pub(super) fn review_status(status: &str) -> Element {
    let (tone, mark) = match status {
        "approved" => ("good", "✓"),
        "rejected" => ("alert", "✕"),
        "overridden" => ("warn", "↷"),
        "escalated" => ("warn", "▲"),
        "changes_requested" => ("neutral", "↩"),
        _ => ("info", "○"),
    };
    let word = status.replace('_', " ");
    rsx! {
        {chip(tone, mark, &word)}
    }
}

/// How urgent something is.
pub(super) fn priority(priority: &str) -> Element {
    let (tone, mark) = match priority {
        "urgent" => ("alert", "‼"),
        "high" => ("warn", "!"),
        "low" => ("neutral", "↓"),
        _ => ("info", "–"),
    };
    rsx! {
        {chip(tone, mark, priority)}
    }
}

/// A point in time: absolute, with the distance beside it.
pub(super) fn instant(at: Option<Micros>, shell: &Shell) -> Element {
    let Some(at) = at else { return rsx! { span { class: "quiet", "unknown" } } };
    let (machine, absolute) = (at.rfc3339(), moment::absolute(at));
    let distance = moment::relative(at, shell.now);
    rsx! {
        time { datetime: "{machine}", title: "{machine}",
            span { class: "nowrap", "{absolute}" }
            " "
            span { class: "quiet nowrap", "{distance}" }
        }
    }
}

/// What a trace decides about: its id, and what that is.
pub(super) fn entity(entity: &Entity) -> Element {
    rsx! {
        if entity.id.is_empty() {
            span { class: "quiet", "unknown" }
        } else {
            span { class: "entity", "{entity.id}" }
            span { class: "quiet kind", "{entity.kind}" }
        }
    }
}

/// Why something is missing, with what helps to find out more.
pub(super) fn failure(what: &str, failure: &Failure, shell: &Shell) -> Element {
    rsx! {
        div { class: "panel failed", role: "alert",
            p { class: "lead", "{what}" }
            p { "{sentence(failure)}" }
            p { class: "quiet small",
                "Code "
                code { "{failure.code}" }
                if let Some(id) = &failure.request_id {
                    " · request "
                    code { "{id}" }
                }
            }
            p { {retry(failure, shell)} }
        }
    }
}

/// A way to try again that fits the page: the session's, or a plain reload.
pub(super) fn retry(failure: &Failure, shell: &Shell) -> Element {
    if shell.live && failure.transient {
        return rsx! {
            button { class: "button", r#type: "button", onclick: move |_| ask(Ask::Retry), "Try now" }
            span { class: "quiet small after", "This page keeps trying by itself." }
        };
    }
    let here = shell.place.href();
    rsx! { a { class: "button", href: "{here}", "Try again" } }
}

/// A failure's message as a sentence.
pub(super) fn sentence(failure: &Failure) -> String {
    let mut letters = failure.message.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// `1 event`, `2 events`, `1,204 events`.
pub(super) fn counted(count: i64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// Digits in groups of three.
pub(super) fn grouped(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut out = String::from(if count < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_and_agree() {
        for (count, expected) in [
            (0, "0 events"),
            (1, "1 event"),
            (999, "999 events"),
            (1000, "1,000 events"),
            (1_234_567, "1,234,567 events"),
        ] {
            assert_eq!(counted(count, "event"), expected);
        }
        assert_eq!(grouped(-1234), "-1,234");
    }
}
