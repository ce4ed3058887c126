//! The contract of dry runs and of starting reviews.

use dg_http::Code;
use dg_http::contract::{Operation, Query};
use serde_json::json;

use super::json::DryRunJson;
use super::{ASSIGN, Asked, Started};

pub(crate) fn dry_run() -> Operation {
    Operation::new("dry_run_trace", "Say what a review of a trace would be")
        .says("What stands out, by fixed signals; precedents, whatever became of them and without the trace itself; items that are there; and the review that would be started. It is computed from the log and changes nothing; precedents are as far as `precedents_as_of_log_seq`.")
        .query(Query::text("template_id").says("Another template than the one that suits the signals."))
        .answers::<DryRunJson<'_>>(200, "What was found.")
        .refuses([Code::Conflict])
}

pub(crate) fn start() -> Operation {
    Operation::new("start_workflow_review", "Start a review of a trace")
        .says("Of a trace that is still open, or finished. A review by the same template that is open is the answer, with 200; one that was decided is followed by another. What the dry run found is recorded in the event, and its SHA-256 is evidence of the request. A review may be made more urgent than drafted, and due sooner, never the other way.")
        .permission(ASSIGN)
        .body_that::<Asked>(
            json!({"required": ["reason"], "properties": {"reason": {"type": "string"}}}),
            &json!({"reason": "the customer complained", "template_id": "incident_triage", "sla_hours": 1}),
        )
        .answers::<Started<'_>>(201, "The review.")
        .answers::<Started<'_>>(200, "The review that was there.")
        .refuses([Code::Conflict, Code::SchemaViolation, Code::PiiPolicyViolation])
        .leads_to(201, "get_workflow", &[("workflow_id", "/data/workflow/workflow_id")])
}
