//! The contract of `/notifications`.

use dg_http::Code;
use dg_http::contract::{Operation, Query};
use dg_workflow::Category;
use serde_json::json;

use super::{Asked, Listed, Marked};
use crate::keyset;

pub(crate) fn list() -> Operation {
    let operation = Operation::new("list_notifications", "List what the caller was told")
        .says("In this tenant, what came last first. Whatever else somebody wants to be told, it is here.")
        .query(Query::words("unread", ["true", "false"]).says("Those that were not seen, or those that were."))
        .query(Query::words("category", Category::ALL.map(Category::as_str)).list())
        .query(Query::text("workflow_id").says("About this item."));
    keyset::paged(operation).answers::<Listed>(200, "A page, and how many were not seen.").leads_to(
        200,
        "list_notifications",
        keyset::NEXT,
    )
}

pub(crate) fn read() -> Operation {
    Operation::new("read_notifications", "Note what the caller has seen")
        .says("Some by id, or one and everything that came before it. Ids that the caller was not told of change nothing.")
        .body::<Asked>(&json!({"notification_ids": ["0190a5a1-0000-8000-8000-000000000000"]}))
        .answers::<Marked>(200, "For how many it is new.")
        .refuses([Code::NotFound])
}
