//! The contract of exports.

use dg_http::Code;
use dg_http::contract::{Operation, Query};
use dg_workflow::case::Profile;
use serde_json::json;

use super::{EVENTS, EXPORT, FORMATS};
use crate::workflows::list::contract::filters;

pub(crate) fn one() -> Operation {
    let parts = [
        "audit_summary",
        "digests",
        "end",
        "events",
        "evidence",
        "export_version",
        "exported_at",
        "manifest",
        "trace_reference",
        "workflow",
        "workflow_actions",
        "workflow_notifications",
    ];
    let envelope = json!({
        "type": "object", "required": ["data", "request_id"],
        "properties": {
            "data": {"type": "object", "required": parts},
            "request_id": {"$ref": "#/components/schemas/RequestId"},
        },
    });
    shared(Operation::new("export_workflow", "Take one case out"))
        .says("With everything that is known of it; `dg verify bundle` checks it without the service. Each export is a row of the audit.")
        .query(Query::words("format", FORMATS.map(|(word, _)| word)).default("json"))
        .answer(200, "The case, as a document, as lines, or as a page for people.", "application/json", &envelope)
        .answer_or(200, "application/x-ndjson", &json!({"description": "A part and a row a line."}))
        .answer_or(200, "text/html", &json!({"type": "string"}))
        .refuses([Code::NotFound])
}

pub(crate) fn many() -> Operation {
    filters(shared(Operation::new("export_workflows", "Take cases out")))
        .says("As lines, one case after another, at most 50,000. A set without its last line is not whole.")
        .answer(200, "The cases.", "application/x-ndjson", &json!({"description": "A part and a row a line."}))
}

fn shared(operation: Operation) -> Operation {
    let events = Query::words("events", EVENTS.map(|(word, _)| word)).default("item");
    operation
        .permission(EXPORT)
        .query(
            Query::words("profile", Profile::ALL.map(Profile::as_str))
                .default("internal")
                .says("How much leaves the house."),
        )
        .query(events.says("Those that the item and its review are made of, or all of the reviewed trace too."))
}
