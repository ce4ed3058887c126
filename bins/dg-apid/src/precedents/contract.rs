//! The contract of `GET /precedents`.

use dg_http::contract::{Operation, Query};

use super::Found;

pub(crate) fn find() -> Operation {
    Operation::new("find_precedents", "Find precedents")
        .says("Finished traces by exact match, latest finish first. An empty value does not filter.")
        .query(Query::text("policy_id"))
        .query(Query::text("policy_version").says("Needs `policy_id`."))
        .query(Query::text("entity_type"))
        .query(Query::text("entity_id").says("Needs `entity_type`."))
        .query(Query::text("outcome"))
        .query(Query::integer("limit", 1..=10_000).default(100).says("How many at most."))
        .looks_back()
        .fresh()
        .answers::<Found<'_>>(200, "The precedents.")
}
