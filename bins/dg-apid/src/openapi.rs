//! `/openapi.json`: the contract for programs; `/docs`: the same for people.

mod page;

use std::sync::LazyLock;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use dg_http::contract::{Document, Info};
use dg_http::reply::JSON;
use serde_json::Value;

use crate::{event_types, routes};

const ABOUT: &str = "The system of record for decisions of AI agents. Every answer is `{\"data\": …, \"request_id\": …}`, every \
                     failure `{\"error\": {\"code\", \"message\", \"details\"}, \"request_id\"}` with a stable code. Query parameters \
                     that an operation does not know, or that are given twice, are refused with 400. Clients have to expect \
                     members of answers that they do not know.";

/// The areas, in the order to read them in.
const TAGS: &[(&str, &str)] = &[
    ("events", "Append to the log and read it."),
    ("event-types", "Which events there are, and their shapes."),
    ("traces", "Find decisions, and see them whole."),
    ("graph", "What a decision is connected with."),
    ("precedents", "Earlier decisions like the one at hand."),
    ("projections", "Where the read models stand."),
    ("workflows", "What people have to look at, and what they do with it."),
    (
        "workflow-studio",
        "What reviews are made by, what one of a trace would be, starting it, and what another policy would have said.",
    ),
    ("workflow-files", "Files that are shown as evidence."),
    ("notifications", "What the caller was told, and what they want to be told."),
    ("absences", "When somebody is away, and who stands in."),
    ("digests", "The proof of what the read models hold."),
    ("me", "The caller."),
    ("sessions", "Signing people in and out, for programs that act for them."),
    ("admin/tenants", "The registry of tenants."),
    ("admin/accounts", "Who may call, and with which tokens."),
    ("admin/users", "Who may sign in."),
    ("admin/sessions", "Who is signed in."),
    ("admin/replays", "Catch-ups, rebuilds and comparisons of projections."),
    ("admin/failures", "Events that a projection does not hold."),
    ("admin/webhooks", "Endpoints that are told about events and projections."),
    ("admin/workflows", "Whether the items of review are what the log says."),
    ("admin/workflow-templates", "Templates of reviews, by version."),
    ("admin/workflow-routing", "Where new items go."),
    ("admin/workflow-calendars", "When anybody is there: how deadlines are counted."),
    ("admin/workflow-channels", "Where notifications go beside inboxes."),
    ("admin/workflow-deliveries", "What went out about notifications."),
    ("admin/workflow-dead-letters", "Events that no item of review could take."),
    ("admin/environment", "What runs, and on what."),
    ("admin/audit", "Who did what."),
    ("service", "Probes and this documentation."),
];

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document = Document::default();
    routes::describe(&mut document);
    for (name, schema) in event_types::components() {
        document.schema(&name, schema);
    }
    let info = Info { title: "DecisionGraph", version: env!("CARGO_PKG_VERSION"), description: ABOUT };
    document.finish(info, TAGS)
});
static TEXT: LazyLock<String> = LazyLock::new(|| DOCUMENT.to_string());
static PAGE: LazyLock<page::Page> = LazyLock::new(|| page::Page::of(&DOCUMENT));

/// The document as a text that people can read and compare.
pub(crate) fn text() -> String {
    format!("{:#}\n", *DOCUMENT)
}

/// The document.
pub(crate) async fn document() -> Response {
    ([JSON], TEXT.as_str()).into_response()
}

/// The page. No script, no other host, and the one style is named by its hash.
pub(crate) async fn docs() -> Response {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let sniff = (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let referrer = (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let policy: (HeaderName, HeaderValue) = (header::CONTENT_SECURITY_POLICY, PAGE.policy.clone());
    ([kind, sniff, referrer, policy], PAGE.html.as_str()).into_response()
}

pub(crate) mod contract {
    //! The contract of `/openapi.json` and `/docs`.

    use dg_http::contract::Operation;
    use serde_json::json;

    pub(crate) fn document() -> Operation {
        Operation::new("get_openapi", "This document").says("Needs no token.").answer(
            200,
            "OpenAPI 3.1.",
            "application/json",
            &json!({"type": "object", "required": ["openapi", "paths"]}),
        )
    }

    pub(crate) fn docs() -> Operation {
        Operation::new("get_docs", "This document as a page").says("Needs no token and no scripts.").answer(
            200,
            "HTML.",
            "text/html",
            &json!({"type": "string"}),
        )
    }
}

#[cfg(test)]
mod tests;
