//! The contract of `/admin/failures`.

use dg_http::Code;
use dg_http::contract::{Operation, Query};
use dg_projections::Projection;
use dg_storage::projections::FailureStatus;
use serde_json::{Value, json};

use super::{Asked, Listed, OneFailure, Queued};
use crate::keyset;

pub(crate) fn list() -> Operation {
    keyset::paged(
        Operation::new("list_failures", "List events that were set aside")
            .says("Latest first.")
            .query(Query::words("status", FailureStatus::ALL.map(FailureStatus::as_str)))
            .query(Query::words("projection", Projection::ALL.map(Projection::as_str)))
            .query(Query::text("trace_id").says("Of this trace.")),
    )
    .answers::<Listed<'_>>(200, "A page of failures.")
    .leads_to(200, "list_failures", keyset::NEXT)
    .leads_to(200, "get_failure", &[("failure_id", "/data/failures/0/failure_id")])
}

pub(crate) fn show() -> Operation {
    Operation::new("get_failure", "Show a failure").answers::<OneFailure<'_>>(200, "The failure.")
}

pub(crate) fn retry() -> Operation {
    Operation::new("retry_failure", "Try an event again")
        .says("Queues a run that projects it, with everything of its trace.")
        .permission("projection_replay")
        .optional_body::<Asked>(&json!({}))
        .answers::<Queued<'_>>(202, "The run is queued.")
        .refuses([Code::Conflict])
}

pub(crate) fn quarantine() -> Operation {
    Operation::new("quarantine_failure", "Accept that an event is missing")
        .says("Health is well again; digests and the trace go on saying so.")
        .permission("projection_quarantine")
        .body_that::<Asked>(reason_is_given(), &json!({"reason": "a test event"}))
        .answers::<OneFailure<'_>>(200, "The failure as it is now.")
        .refuses([Code::Conflict])
}

pub(crate) fn resolve() -> Operation {
    Operation::new("resolve_failure", "Project an accepted event after all")
        .permission("projection_quarantine")
        .body_that::<Asked>(reason_is_given(), &json!({"reason": "it can be read now"}))
        .answers::<Queued<'_>>(202, "The run is queued.")
        .refuses([Code::Conflict])
}

fn reason_is_given() -> Value {
    json!({"required": ["reason"], "properties": {"reason": {"type": "string"}}})
}
