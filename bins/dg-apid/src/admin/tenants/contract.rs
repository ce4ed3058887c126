//! The contract of `/admin/tenants`.

use dg_http::Code;
use dg_http::contract::Operation;
use serde_json::{Value, json};

use super::{Asked, Change, Listed, OneTenant, TENANTS_MANAGE};

/// Where the answers about one tenant have its name.
const TENANT: &[(&str, &str)] = &[("tenant_id", "/data/tenant/tenant_id")];

pub(crate) fn list() -> Operation {
    Operation::new("list_tenants", "List tenants")
        .says("Those that the caller may use, by name.")
        .answers::<Listed>(200, "The tenants.")
        .leads_to(200, "get_tenant", &[("tenant_id", "/data/tenants/0/tenant_id")])
}

pub(crate) fn create() -> Operation {
    Operation::new("create_tenant", "Register a tenant")
        .permission(TENANTS_MANAGE)
        .body::<Asked>(&json!({"tenant_id": "docs", "limits": {"max_batch_events": 500}}))
        .answers::<OneTenant>(201, "The tenant.")
        .refuses([Code::Conflict])
        .leads_to(201, "get_tenant", TENANT)
        .leads_to(201, "change_tenant", TENANT)
}

pub(crate) fn show() -> Operation {
    Operation::new("get_tenant", "Show a tenant").answers::<OneTenant>(200, "The tenant.")
}

pub(crate) fn change() -> Operation {
    Operation::new("change_tenant", "Change a tenant")
        .if_match()
        .says("What is not named stays; a limit of null is given up. Counts from the next request on.")
        .permission(TENANTS_MANAGE)
        .body_that::<Change>(something_changes(), &json!({"status": "suspended", "reason": "a bill that was not paid"}))
        .answers::<OneTenant>(200, "The tenant as it is now.")
}

/// At least one thing has to change.
fn something_changes() -> Value {
    let given = |name: &str| json!({"required": [name], "properties": {name: {"type": "string"}}});
    let limits = json!({"required": ["limits"], "properties": {"limits": {"type": "object", "minProperties": 1}}});
    json!({"anyOf": [given("status"), given("secret_guard"), limits]})
}
