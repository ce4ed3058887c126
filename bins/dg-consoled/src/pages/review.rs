//! One item: what is asked, what is known, what was done; and beside it how it stands and what can be done.

mod decide;

use dioxus::prelude::*;

use super::parts;
use crate::{
    model::{
        Panel, Shell,
        review::{Happening, Item, ReviewPage},
    },
    moment,
    place::{Download, Place, Screen},
};

pub(super) fn page(page: &ReviewPage, shell: &Shell) -> Element {
    let inbox = Place::of(&page.tenant, Screen::inbox("all")).href();
    rsx! {
        nav { class: "crumbs", "aria-label": "Breadcrumb",
            a { href: "{inbox}", "Inbox" }
            span { "aria-hidden": "true", "/" }
            span { "aria-current": "page", "{page.workflow_id}" }
        }
        {match &page.item {
            Panel::Loading => rsx! { h1 { "Review" } div { class: "panel", span { class: "bone" } } },
            Panel::Failed(failure) => rsx! { h1 { "Review" } {parts::failure("The item could not be read.", failure, shell)} },
            Panel::Ready(item) => whole(page, item, shell),
        }}
    }
}

fn whole(page: &ReviewPage, item: &Item, shell: &Shell) -> Element {
    rsx! {
        div { class: "page-head",
            div { class: "title-line",
                h1 { "{item.title}" }
                {parts::review_status(&item.status)}
                {parts::priority(&item.priority)}
            }
            code { class: "quiet selectable", id: "workflow-id", "{page.workflow_id}" }
        }
        {decide::bar(page, item, shell)}
        {decide::form(page, item, shell)}
        div { class: "columns",
            div { class: "stack",
                {asked(page, item, shell)}
                {feed(item, shell)}
            }
            aside { "aria-label": "How it stands", class: "stack",
                {standing(page, item, shell)}
                {export(page, shell)}
                {told(item, shell)}
            }
        }
    }
}

fn asked(page: &ReviewPage, item: &Item, shell: &Shell) -> Element {
    let trace = Place::of(&page.tenant, Screen::trace(&item.trace_id)).href();
    let (needed, given) = &item.ballots;
    rsx! {
        section { "aria-labelledby": "asked",
            h2 { id: "asked", "What is asked" }
            div { class: "panel",
                blockquote { class: "quote", "{item.reason}" }
                p { class: "quiet",
                    "{item.requester} asked "
                    {parts::instant(item.requested, shell)}
                    if !item.policy.is_empty() { ", for an exception to {item.policy}" }
                    "."
                }
                p { a { class: "button", href: "{trace}", "The whole trace" } }
                if *needed > 1 {
                    p { "{given.len()} of {needed} have approved"
                        if !given.is_empty() { ": {given.join(\", \")}" }
                        "."
                    }
                }
                if !item.signals.is_empty() {
                    h3 { "What stands out" }
                    ul { class: "rows", for signal in &item.signals { li { key: "{signal}", {signal.replace('_', " ")} } } }
                }
                if let Some((decision, reason)) = &item.decision {
                    h3 { "Decided" }
                    p { {decision.replace('_', " ")} " " {parts::instant(item.resolved, shell)} }
                    blockquote { class: "quote", "{reason}" }
                }
            }
        }
    }
}

fn feed(item: &Item, shell: &Shell) -> Element {
    rsx! {
        section { "aria-labelledby": "feed",
            h2 { id: "feed", "What was done" }
            ol { class: "panel rows feed", id: "actions", {item.feed.iter().map(|one| happening(one, shell))} }
        }
    }
}

fn happening(one: &Happening, shell: &Shell) -> Element {
    rsx! {
        li { key: "{one.log_seq}",
            strong { "{one.what}" }
            span { "by {one.by}" }
            span { class: "quiet small", {parts::instant(one.at, shell)} ", then {one.status}, log position {one.log_seq}" }
            if !one.words.is_empty() { blockquote { class: "quote", "{one.words}" } }
            if !one.evidence.is_empty() {
                ul { class: "evidence", "aria-label": "Evidence", for line in &one.evidence { li { key: "{line}", "{line}" } } }
            }
        }
    }
}

fn standing(page: &ReviewPage, item: &Item, shell: &Shell) -> Element {
    let whom = match (&item.account, &item.role) {
        (Some(account), _) => account.clone(),
        (None, Some(role)) => format!("everybody with the role {role}"),
        (None, None) => "nobody".to_owned(),
    };
    let companion = item.companion.as_ref().map(|id| (id.clone(), Place::of(&page.tenant, Screen::trace(id)).href()));
    rsx! {
        section { "aria-labelledby": "standing",
            h2 { id: "standing", "How it stands" }
            dl { class: "panel facts-panel one", id: "summary",
                {parts::fact("For", rsx! { "{whom}" })}
                {parts::fact("Looked at by", match &item.claimed_by { Some(who) => rsx! { "{who}" }, None => rsx! { "nobody" } })}
                {parts::fact("Due", clock(item, shell))}
                if item.escalations > 0 { {parts::fact("Escalated", rsx! { {parts::counted(item.escalations, "time")} })} }
                {parts::fact("Round and version", rsx! { "{item.round}, {item.version}" })}
                if let Some((id, version)) = &item.template { {parts::fact("Template", rsx! { "{id} " span { class: "quiet small", if *version == 0 { "built in" } else { "version {version}" } } })} }
                {parts::fact("Recorded by", rsx! { "{item.recorded_by}" })}
                if let Some((id, href)) = companion { {parts::fact("Companion trace", rsx! { a { class: "id", href: "{href}", "{id}" } })} }
                {parts::fact("Request", rsx! { code { class: "selectable", "{item.request_hash}" } })}
            }
        }
    }
}

fn export(page: &ReviewPage, shell: &Shell) -> Element {
    if !shell.may("workflow_export") {
        return rsx! {};
    }
    let case = Download::Case(page.workflow_id.clone()).href(&page.tenant);
    let report = Download::Report(page.workflow_id.clone()).href(&page.tenant);
    rsx! {
        section { "aria-labelledby": "export",
            h2 { id: "export", "Take it out" }
            div { class: "panel links",
                a { class: "button", href: "{report}", download: "case.html", "Report" }
                a { class: "button", href: "{case}", download: "case.ndjson", "Case" }
                p { class: "quiet small", "The case is checked without the service by "
                    code { "dg verify bundle case.ndjson" }
                    ". That it was taken out is in the audit."
                }
            }
        }
    }
}

fn clock(item: &Item, shell: &Shell) -> Element {
    match (item.due, item.paused) {
        (Some(due), _) => rsx! {
            if item.overdue { strong { "overdue " } }
            {parts::instant(Some(due), shell)}
        },
        (None, Some(left)) => rsx! { "The clock stands still; {moment::stretch(left)} are left." },
        (None, None) => rsx! { "no deadline" },
    }
}

fn told(item: &Item, shell: &Shell) -> Element {
    if item.told.is_empty() {
        return rsx! {};
    }
    let rows = item.told.iter().enumerate().map(|(nth, (at, message, whom))| {
        rsx! { li { key: "{nth}", span { "{whom}: {message}" } span { class: "quiet small", {parts::instant(*at, shell)} } } }
    });
    rsx! {
        section { "aria-labelledby": "told",
            h2 { id: "told", "Who was told" }
            ul { class: "panel rows", {rows} }
        }
    }
}
