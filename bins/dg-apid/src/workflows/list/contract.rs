//! The contract of the queue.

use dg_http::contract::{Operation, Query};
use dg_workflow::{Kind, Priority};

use super::{BucketsJson, LARGEST_PAGE, Listed, PAGE, STATUSES};

pub(crate) fn list() -> Operation {
    let operation = Operation::new("list_workflows", "List what is to be reviewed")
        .says("Overdue ones first, then by urgency, then by age. Given parameters all have to hold.");
    filters(operation)
        .paged(LARGEST_PAGE, PAGE)
        .answers::<Listed>(200, "A page of the queue, and how many items the tenant has.")
        .leads_to(200, "list_workflows", crate::keyset::NEXT)
        .leads_to(200, "get_workflow", &[("workflow_id", "/data/items/0/workflow_id")])
        .leads_to(200, "act_on_workflow", &[("workflow_id", "/data/items/0/workflow_id")])
}

/// The parameters that choose items.
pub(crate) fn filters(operation: Operation) -> Operation {
    let text = |name, says| Query::text(name).says(says);
    let flag = |name| Query::words(name, ["true", "1", "false", "0"]);
    operation
        .query(Query::words("status", STATUSES).list().says("Where they stand; asking for one turns `only_open` off."))
        .query(Query::words("priority", Priority::ALL.map(Priority::as_str)).list())
        .query(Query::words("kind", Kind::ALL.map(Kind::as_str)))
        .query(text("workflow_name", "The workflow of the trace, or the template."))
        .query(text("policy_id", "The policy that is concerned."))
        .query(text("template_id", "The template."))
        .query(text("requested_by", "The account that asked."))
        .query(text("decided_by", "The account that decided."))
        .query(text("assigned_account_id", "Who is to look."))
        .query(text("assigned_role", "Whose members are to look."))
        .query(Query::words("assignee", ["me", "unassigned", "my_roles"]))
        .query(text("trace_id", "The trace that is reviewed."))
        .query(text("subject_id", "What is reviewed."))
        .query(flag("only_open").says("Only those that wait; the default unless a status is asked for."))
        .query(flag("only_overdue").default("false"))
        .query(Query::instant("due_before").says("Due earlier."))
        .query(Query::instant("requested_after").says("Asked for then or later."))
        .query(Query::instant("requested_before").says("Asked for earlier."))
        .query(text("q", "Has this text in title, id or reason."))
}

pub(crate) fn buckets() -> Operation {
    Operation::new("count_workflows", "Count the caller's queues")
        .says("Snoozed items are in none but their own.")
        .answers::<BucketsJson>(200, "How many items each holds.")
}
