//! The contract of `/admin/workflow-routing`.

use dg_http::Code;
use dg_http::contract::{Operation, Query};
use serde_json::json;

use super::{Asked, CONFIGURE, One};

pub(crate) fn show() -> Operation {
    Operation::new("get_workflow_routing", "Show where new items go")
        .permission(CONFIGURE)
        .query(Query::integer("version", 0..=i64::MAX).says("Another version than the newest."))
        .answers::<One>(200, "What is said.")
}

pub(crate) fn put() -> Operation {
    Operation::new("put_workflow_routing", "Say where new items go")
        .says("Ordered rules, of which the first that matches counts: by kind, policy, workflow, entity, requester, priority and comparisons with what the trace observed. A rule says who is to look, how one of a role is chosen (`pool`, `round_robin`, `least_open`), how urgent it is, within how many open minutes, by which template and calendar. Beside them, times by priority and a calendar for everything else. Items that are there stay where they are.")
        .permission(CONFIGURE)
        .body_that::<Asked>(
            json!({"required": ["reason"], "properties": {"reason": {"type": "string"}}}),
            &json!({
                "definition": {
                    "rules": [{
                        "rule_id": "large_refunds",
                        "when": {"policy_ids": ["refunds"], "facts": [{"fact": "amount", "operator": "gt", "value": "1000"}]},
                        "then": {"assigned": {"role": "admin"}, "strategy": "least_open", "priority": "urgent", "required_approvals": 2},
                    }],
                    "sla_profile": {"urgent_minutes": 60, "high_minutes": 240, "normal_minutes": 1440, "low_minutes": 4320},
                },
                "reason": "large refunds need two people",
            }),
        )
        .answers::<One>(200, "What counts now.")
        .refuses([Code::PreconditionFailed])
}
