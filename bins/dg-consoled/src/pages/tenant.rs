//! What a tenant holds, and what it may send.

use dioxus::prelude::*;

use super::{filters, forms, grants, managed::Form, parts, steering};
use crate::{
    acts::managed::status_phrase,
    model::{
        Panel, Shell,
        tenant::{About, Log, PolicyRow, Reviews, STATUSES, TenantPage, Traces},
    },
    moment,
    place::{Place, Screen, TraceFilter},
};

const MANAGE: &str = "tenants_manage";
const FORM: &str = "change-tenant";

pub(super) fn page(page: &TenantPage, shell: &Shell) -> Element {
    rsx! {
        div { class: "page-head",
            h1 { "Tenant {page.tenant}" }
            p { class: "quiet", "What it holds, how it is decided on, and what it may send." }
        }
        {tiles(page, shell)}
        section { "aria-labelledby": "about-title",
            h2 { id: "about-title", "How it is registered" }
            match &page.about {
                Panel::Ready(about) => rsx! {
                    {facts(about, shell)}
                    {doings(page)}
                    {doing(page, about, shell)}
                },
                unready => steering::unready(unready, "The tenant could not be read.", shell),
            }
        }
        section { "aria-labelledby": "policies-title",
            h2 { id: "policies-title", "The last 30 days, by policy" }
            match &page.policies {
                Panel::Ready(rows) if rows.is_empty() => rsx! {
                    p { class: "panel quiet", "Nothing was asked for and nothing was decided." }
                },
                Panel::Ready(rows) => policies(rows),
                unready => steering::unready(unready, "The figures could not be read.", shell),
            }
        }
    }
}

fn tiles(page: &TenantPage, shell: &Shell) -> Element {
    rsx! {
        section { "aria-labelledby": "holds-title",
            h2 { id: "holds-title", "What it holds" }
            match &page.log {
                Panel::Ready(log) => events(page, log),
                unready => steering::unready(unready, "The log could not be asked.", shell),
            }
            match &page.traces {
                Panel::Ready(counts) => traces(page, *counts),
                unready => steering::unready(unready, "The traces could not be counted.", shell),
            }
            match &page.reviews {
                Panel::Ready(counts) => reviews(page, *counts),
                unready => steering::unready(unready, "The reviews could not be counted.", shell),
            }
        }
    }
}

fn tile(name: &str, href: &str, tone: &str, count: &str, words: &str) -> Element {
    rsx! {
        li { class: "tile {tone}",
            a { class: "tile-name", href: "{href}", "{name}" }
            strong { class: "tile-count", "{count}" }
            span { class: "quiet small", "{words}" }
        }
    }
}

fn events(page: &TenantPage, log: &Log) -> Element {
    let href = |screen| Place::of(&page.tenant, screen).href();
    let rate = if log.per_second >= 0.05 {
        format!("{:.1} a second now", log.per_second)
    } else {
        "none right now".to_owned()
    };
    let (tone, behind) = match log.behind {
        0 => ("good", "every one of them has all events".to_owned()),
        behind => ("warn", format!("{} behind", parts::counted(behind, "event"))),
    };
    let failures = if log.failures > 0 { "alert" } else { "good" };
    rsx! {
        ul { class: "tiles", id: "log",
            {tile("Events", &href(Screen::Events(crate::place::EventsAt::default())), "info", &parts::grouped(log.head), &rate)}
            {tile("Read models", &href(Screen::Projections), tone, &log.status, &behind)}
            {tile("Failures", &href(Screen::Failures(crate::place::FailuresAt::default())), failures, &parts::grouped(log.failures), "wait for a person")}
        }
    }
}

fn traces(page: &TenantPage, counts: Traces) -> Element {
    let list = |status: Option<&str>| {
        let filter = TraceFilter { status: status.map(str::to_owned), ..TraceFilter::default() };
        Place::of(&page.tenant, Screen::Traces { filter: Box::new(filter), cursor: None }).href()
    };
    let told = |(count, stopped): (i64, bool)| format!("{}{}", parts::grouped(count), if stopped { "+" } else { "" });
    rsx! {
        ul { class: "tiles", id: "trace-counts",
            {tile("Traces", &list(None), "info", &told(counts.all), "decisions that were recorded")}
            {tile("Open traces", &list(Some("open")), "info", &told(counts.open), "not finished yet")}
        }
    }
}

fn reviews(page: &TenantPage, counts: Reviews) -> Element {
    let inbox = |view| Place::of(&page.tenant, Screen::inbox(view)).href();
    let tone = |count: i64, tone| if count > 0 { tone } else { "good" };
    let decided = format!(
        "{} approved, {} rejected, {} overridden",
        parts::grouped(counts.approved),
        parts::grouped(counts.rejected),
        parts::grouped(counts.overridden)
    );
    let escalated = format!("and {} escalated", parts::grouped(counts.escalated));
    rsx! {
        ul { class: "tiles", id: "review-counts",
            {tile("Reviews", &inbox("all"), "info", &parts::grouped(counts.all), &decided)}
            {tile("Open reviews", &inbox("all"), "info", &parts::grouped(counts.open), &escalated)}
            {tile("Overdue", &inbox("overdue"), tone(counts.overdue, "alert"), &parts::grouped(counts.overdue), "past their deadline")}
        }
    }
}

fn facts(about: &About, shell: &Shell) -> Element {
    let (tone, mark) = match about.status.as_str() {
        "active" => ("good", "✓"),
        "suspended" => ("warn", "–"),
        _ => ("alert", "✕"),
    };
    let guard = match about.guard.as_str() {
        "precise" => "precise: refuses what is a secret",
        "reference" => "reference: refuses what looks like one, as the reference does",
        other => other,
    };
    let limits = about.limits.iter().map(|limit| {
        let value = limit.value.map_or_else(|| "as the service allows".to_owned(), parts::grouped);
        rsx! { {parts::fact(limit.words, rsx! { "{value}" })} }
    });
    rsx! {
        dl { class: "panel facts-panel", id: "facts",
            {parts::fact("State", parts::chip(tone, mark, &about.status))}
            {parts::fact("Secret guard", rsx! { "{guard}" })}
            {parts::fact("Kind", rsx! { if about.demo { "a demonstration: its history is taken as it is" } else { "for real work" } })}
            {parts::fact("Registered", rsx! { {parts::instant(about.created, shell)} span { class: "quiet", " by {about.created_by}" } })}
            {limits}
        }
    }
}

fn doings(page: &TenantPage) -> Element {
    let links = [("limits", "Change the limits"), ("status", "Change the state")].map(|(step, word)| {
        let href = Place::of(&page.tenant, Screen::Tenant { doing: Some(step.to_owned()) }).href();
        let current = (page.doing.as_deref() == Some(step)).then_some("true");
        rsx! { a { key: "{step}", class: "button", id: "to-{step}", href: "{href}", "aria-current": current, "{word}" } }
    });
    rsx! { nav { class: "doings", "aria-label": "What can be done", {links.into_iter()} } }
}

fn doing(page: &TenantPage, about: &About, shell: &Shell) -> Element {
    let back = Place::of(&page.tenant, Screen::Tenant { doing: None }).href();
    match page.doing.as_deref() {
        Some("limits") => {
            let fields = about.limits.iter().map(|limit| {
                let (least, most) = limit.range;
                let label = format!("{}, {} to {}", limit.words, parts::grouped(least), parts::grouped(most));
                let value = limit.value.map(|value| value.to_string()).unwrap_or_default();
                grants::line(shell, FORM, limit.field, &label, &value, false)
            });
            let about = rsx! { p { "A blank one is the service's own limit. They count from the next request on." } };
            let fields = rsx! {
                div { class: "filters", {fields} }
                {forms::words(shell, FORM, "reason", "Reason", true)}
            };
            Form::plain(FORM, "Change the limits", "Change them").draw(shell, MANAGE, ("", ""), &back, about, fields)
        }
        Some("status") => status(page, about, shell, &back),
        _ => rsx! {},
    }
}

fn status(page: &TenantPage, about: &About, shell: &Shell, back: &str) -> Element {
    let others: Vec<&str> = STATUSES.into_iter().filter(|status| *status != about.status).collect();
    let phrases = others.iter().filter_map(|status| Some((*status, status_phrase(status, &page.tenant)?)));
    let phrases = phrases.map(|(status, phrase)| {
        rsx! { li { key: "{status}", "For {status}: " code { class: "selectable", "{phrase}" } } }
    });
    let (chosen, typed) = (shell.typed(FORM, "status").to_owned(), shell.typed(FORM, "phrase").to_owned());
    let about = rsx! {
        p { "Suspended, it can be read and takes nothing new. Closed, only administrators still come in. Active, everything works. It counts from the next request on." }
    };
    let fields = rsx! {
        div { class: "filters", {filters::choice("new-status", "status", "It becomes", &others, Some(chosen.as_str()).filter(|chosen| !chosen.is_empty()), false)} }
        {forms::words(shell, FORM, "reason", "Reason", true)}
        div { class: "field wide",
            label { r#for: "{FORM}-phrase", "To confirm that it takes nothing new, type" }
            ul { class: "rows small", {phrases} }
            input { id: "{FORM}-phrase", name: "phrase", "value": "{typed}", autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: "200" }
        }
    };
    Form::plain(FORM, "Change the state", "Change it").danger().draw(shell, MANAGE, ("", ""), back, about, fields)
}

fn policies(rows: &[PolicyRow]) -> Element {
    let rows = rows.iter().map(|row| {
        let name = row.policy.as_deref().unwrap_or("no policy");
        let share = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", share * 100.0));
        let median = row.median.map_or_else(|| "–".to_owned(), |seconds| moment::stretch(micros(seconds)));
        rsx! {
            tr { key: "{name}", role: "row",
                td { role: "cell", class: "what",
                    strong { "{name}" }
                    if let Some(words) = &row.suggestion { span { class: "quiet small block", "{words}" } }
                }
                td { role: "cell", class: "num", "data-label": "Exceptions asked for", "{parts::grouped(row.exceptions)}" }
                td { role: "cell", class: "num", "data-label": "Decisions", "{parts::grouped(row.decisions)}" }
                td { role: "cell", class: "num", "data-label": "Approved", "{share(row.approved)}" }
                td { role: "cell", class: "num", "data-label": "Overridden", "{share(row.overridden)}" }
                td { role: "cell", class: "num", "data-label": "Half are decided within", "{median}" }
            }
        }
    });
    rsx! {
        div { class: "scroll", tabindex: "0", role: "region", "aria-label": "Figures by policy",
            table { id: "policies", class: "list stacked told", role: "table",
                caption { class: "hidden", "How reviews were decided in the last 30 days, by policy" }
                thead { role: "rowgroup",
                    tr { role: "row",
                        th { role: "columnheader", scope: "col", "Policy" }
                        for name in ["Exceptions asked for", "Decisions", "Approved", "Overridden", "Half are decided within"] {
                            th { key: "{name}", role: "columnheader", scope: "col", class: "number", "{name}" }
                        }
                    }
                }
                tbody { role: "rowgroup", {rows} }
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "microseconds of a stretch of time, far below 2^63")]
fn micros(seconds: f64) -> i64 {
    (seconds * 1e6) as i64
}
