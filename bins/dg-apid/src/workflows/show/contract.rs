//! The contract of one item.

use dg_http::Code;
use dg_http::contract::Operation;

use super::Detail;

pub(crate) fn show() -> Operation {
    Operation::new("get_workflow", "Show an item")
        .says("With everything that was done with it, and what was told about it.")
        .answers::<Detail>(200, "The item.")
        .refuses([Code::NotFound])
        .leads_to(200, "act_on_workflow", &[("workflow_id", "/data/workflow/workflow_id")])
        .leads_to(200, "wait_for_workflow", &[("workflow_id", "/data/workflow/workflow_id")])
}
