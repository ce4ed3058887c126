//! The contract of `POST /events`.

use dg_http::Code;
use dg_http::contract::Operation;
use serde_json::json;

use super::Appended;
use crate::event_types;

/// What an append may be told beside what any write may be.
pub(crate) const APPEND: [Code; 5] = [
    Code::Conflict,
    Code::IdempotencyConflict,
    Code::EventSequenceInvalid,
    Code::SchemaViolation,
    Code::PiiPolicyViolation,
];

pub(crate) fn append() -> Operation {
    let event = json!({"$ref": "#/components/schemas/NewEvent"});
    let replayed = json!({"type": "string", "const": "true"});
    Operation::new("append_event", "Append an event")
        .says("One event of at most 1 MiB. Sending the same event again is always safe: it is stored once.")
        .bodies(&[("application/json", event, event_types::example())])
        .answers::<Appended<'_>>(201, "The event is stored.")
        .answers::<Appended<'_>>(200, "The event had been stored before; this is how.")
        .answer_header(200, "idempotent-replayed", true, &replayed, "Tells it from a first time.")
        .refuses(APPEND)
        .leads_to(201, "get_trace", &[("trace_id", "/data/event/trace_id"), ("min_log_seq", "/data/event/log_seq")])
        .leads_to(201, "list_trace_events", &[("trace_id", "/data/event/trace_id")])
        .leads_to(201, "list_events", &[("until", "/data/event/log_seq")])
}
