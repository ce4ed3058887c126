//! The contract of figures.

use dg_http::contract::{Operation, Query};

use super::Report;

pub(crate) fn show() -> Operation {
    Operation::new("get_workflow_figures", "Show how reviews were decided")
        .says("Per policy and per reviewer: how often, how fast, and whether decisions held. The last 30 days by default.")
        .query(Query::instant("from").says("Decided, or asked for, then or later."))
        .query(Query::instant("to").says("Earlier."))
        .query(Query::text("policy_id").says("Of this policy only."))
        .query(Query::text("reviewer").says("Decided by this account only."))
        .answers::<Report>(200, "The figures.")
}
