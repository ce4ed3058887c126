//! The contract of `/absences`.

use dg_http::Code;
use dg_http::contract::{Operation, Query};
use serde_json::json;

use super::{Asked, Deleted, Listed, One};

pub(crate) fn list() -> Operation {
    Operation::new("list_absences", "List absences")
        .says("Those of the caller that are not over, the earliest first. Those of others need the permission `workflow_configure`.")
        .query(Query::text("account_id").says("Of this account."))
        .query(Query::words("everybody", ["true", "false"]).default("false"))
        .query(Query::words("past", ["true", "false"]).default("false").says("Those that are over too."))
        .answers::<Listed>(200, "The absences.")
}

pub(crate) fn put() -> Operation {
    Operation::new("put_absence", "Keep an absence")
        .says("Under a UUID that the caller draws, so that sending it twice is harmless. Somebody else's needs the permission `workflow_configure`. Whoever is told of something while they are away finds it in their inbox; their substitute is told as well.")
        .body::<Asked>(&json!({
            "substitute_id": "ben", "from": "2026-12-24T00:00:00Z", "until": "2027-01-02T00:00:00Z", "reason": "holidays",
        }))
        .answers::<One>(200, "The absence.")
        .refuses([Code::Conflict])
        .leads_to(200, "delete_absence", &[("absence_id", "/data/absence/absence_id")])
}

pub(crate) fn delete() -> Operation {
    Operation::new("delete_absence", "Remove an absence")
        .says("Somebody else's needs the permission `workflow_configure`.")
        .answers::<Deleted>(200, "It is gone.")
}
