//! The contract of actions.

use dg_http::Code;
use dg_http::contract::{Operation, Query};
use serde_json::json;

use super::super::asked::Asked;
use super::{Done, DryRun};

pub(crate) fn act() -> Operation {
    Operation::new("act_on_workflow", "Do something with an item")
        .says(
            "`approve`, `reject`, `request_change`, `comment`, `attach`, `claim`, `unclaim`, `snooze` and `unsnooze` need the permission \
             `workflow_review`, `reassign` needs `workflow_assign`, `escalate` and `extend` need `workflow_escalate`, `override` and \
             `reopen` need `workflow_override`. `resubmit` is for who asked, who may also comment and attach. Whoever asked cannot \
             approve. What is done is in the log when the answer comes.",
        )
        .query(Query::words("dry_run", ["true", "false"]).default("false").says("Whether only to say what would happen."))
        .header("if-match", &json!({"type": "string"}), "The version of the item as the caller saw it.")
        .body::<Asked>(&json!({"action": "approve", "reason": "Within what the customer was promised."}))
        .answers_either::<Done, DryRun>(200, "What was done and the item as it is now, or what would happen.")
        .refuses([
            Code::NotFound,
            Code::Conflict,
            Code::PreconditionFailed,
            Code::SchemaViolation,
            Code::PiiPolicyViolation,
        ])
        .leads_to(200, "get_workflow", &[("workflow_id", "/data/workflow/workflow_id")])
}
