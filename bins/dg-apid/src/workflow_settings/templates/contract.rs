//! The contract of templates.

use dg_http::Code;
use dg_http::contract::{Operation, Query};
use serde_json::json;

use super::{Asked, CONFIGURE, Listed, One};

pub(crate) fn list() -> Operation {
    Operation::new("list_workflow_templates", "List templates of reviews")
        .says("The newest version of each: the three that are built in, or what the tenant has under their names, then the tenant's own by name.")
        .answers::<Listed>(200, "The templates.")
        .leads_to(200, "get_workflow_template", &[("template_id", "/data/templates/0/template_id")])
}

pub(crate) fn show() -> Operation {
    Operation::new("get_workflow_template", "Show a template of reviews")
        .query(Query::integer("version", 0..=i64::MAX).says("Another one than the newest; 0 for what is built in."))
        .answers::<One>(200, "The template.")
}

pub(crate) fn put() -> Operation {
    Operation::new("put_workflow_template", "Make the next version of a template")
        .says("Who reviews, how urgent it is, within which time, how many have to approve, and what is asked of whoever decides: a choice, typed fields, conditions, a checklist, evidence. Everything that is wrong with it is said at once. Items keep the version that they were made by.")
        .permission(CONFIGURE)
        .body_that::<Asked>(
            json!({"required": ["reason"], "properties": {"reason": {"type": "string"}}}),
            &json!({
                "definition": {
                    "title": "Large refund",
                    "description": "For refunds that need two people.",
                    "workflow_kind": "exception_review",
                    "reviewer_role": "admin",
                    "default_priority": "high",
                    "sla_hours": 8,
                    "required_approvals": 2,
                    "form": {
                        "fields": [{"key": "ticket", "label": "Ticket", "kind": "text", "required": true}],
                        "conditions": [{"key": "max_amount", "label": "At most", "kind": "integer", "min": 0}],
                        "checklist": [{"key": "customer_checked", "label": "I looked at the customer", "required": true}],
                    },
                },
                "reason": "two people for refunds",
            }),
        )
        .answers::<One>(200, "The version that counts now.")
        .refuses([Code::PreconditionFailed])
}
