//! The contract of `GET /workflows/stream`.

use dg_http::contract::{Operation, Query};
use serde_json::json;

pub(crate) fn follow() -> Operation {
    let resumed = json!({"type": "string", "pattern": "^([0-9]{1,18})?$"});
    let stream = json!({"type": "string", "description": "Server-sent events; `data` is a JSON object."});
    Operation::new("follow_workflows", "Follow reviews")
        .says(
            "Server-sent events, one per act on an item, once and in order: `workflow.created`, `workflow.escalated` and \
             `workflow.updated`, with the position of the act as `id`, and `data` with `workflow_id`, `trace_id`, `action`, and \
             `version`, `priority`, assignee and deadline of the item as it is now. `notification.unread_count` (`unread`) comes at \
             the beginning and whenever the caller's inbox changes; it has no id. Without `after` and `Last-Event-ID` it begins \
             with what happens next. Claims and snoozes are in no log, and not in here.",
        )
        .query(Query::integer("after", 0..=i64::MAX).says("Begin after this position; not beyond the end of the log."))
        .query(Query::text("workflow_id").says("Of this item."))
        .query(Query::text("trace_id").says("Of the items of this trace."))
        .header("last-event-id", &resumed, "Where to go on; counts before `after`.")
        .answer(200, "What happens.", "text/event-stream", &stream)
}
