//! The contract of `GET /events/stream`.

use dg_domain::EventType;
use dg_http::contract::{Operation, Query};
use serde_json::json;

pub(crate) fn follow() -> Operation {
    let resumed = json!({"type": "string", "pattern": "^([0-9]{1,18})?$"});
    let stream =
        json!({"type": "string", "description": "Server-sent events: `id` is the `log_seq`, `data` an Event."});
    Operation::new("follow_events", "Follow the log")
        .says(
            "Server-sent events, one per event of the log, once and in order. Without `after` and `Last-Event-ID` it begins \
             with the next event. It ends when the token does, and when the service stops; going on with the last id loses \
             and repeats nothing.",
        )
        .query(Query::integer("after", 0..=i64::MAX).says("Begin after this position; not beyond the end of the log."))
        .query(Query::words("event_type", EventType::ALL.map(EventType::as_str)).list())
        .query(Query::text("trace_id").says("Events of this trace."))
        .header("last-event-id", &resumed, "Where to go on; counts before `after`.")
        .answer(200, "Events as they come.", "text/event-stream", &stream)
}
