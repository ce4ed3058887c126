//! The contract of upkeep.

use dg_http::Code;
use dg_http::contract::{Operation, Query};
use serde_json::{Value, json};

use super::{CONFIGURE, LARGEST_PAGE, Letters, PAGE, Skipped, Underway, Verdict, Why};

pub(crate) fn verify() -> Operation {
    Operation::new("verify_workflows", "Compare the items with the log")
        .says("Folds the tenant's log from its first event. Changes nothing, and nobody waits for it.")
        .answers::<Verdict>(200, "Both digests.")
}

pub(crate) fn rebuild() -> Operation {
    Operation::new("rebuild_workflows", "Make the items again from the log")
        .says("Nothing is told to anybody. Claims, snoozes and read marks stay: they are in no log.")
        .permission(CONFIGURE)
        .body_that::<Why>(reason_is_given(), &json!({"reason": "after a restore"}))
        .answers::<Verdict>(200, "Both digests; the items are the fold of the log now.")
        .answers::<Underway>(202, "dg-workflowd is still at it; its log says how it ended.")
}

pub(crate) fn dead_letters() -> Operation {
    Operation::new("list_workflow_dead_letters", "List events that no item could take")
        .query(Query::words("resolved", ["true", "false"]).default("false").says("Those that were dealt with too."))
        .paged(LARGEST_PAGE, PAGE)
        .answers::<Letters>(200, "A page, newest first.")
        .leads_to(200, "list_workflow_dead_letters", crate::keyset::NEXT)
}

pub(crate) fn skip() -> Operation {
    Operation::new("skip_workflow_dead_letter", "Accept that an item goes on without an event")
        .says("To have it applied after all, repair the cause and rebuild.")
        .permission(CONFIGURE)
        .body_that::<Why>(reason_is_given(), &json!({"reason": "sent by mistake"}))
        .answers::<Skipped>(200, "It is settled.")
        .refuses([Code::NotFound])
}

fn reason_is_given() -> Value {
    json!({"required": ["reason"], "properties": {"reason": {"type": "string"}}})
}
