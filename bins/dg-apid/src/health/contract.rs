//! The contract of `GET /projections/health`.

use dg_http::contract::Operation;

use super::TenantJson;

pub(crate) fn show() -> Operation {
    Operation::new("get_projection_health", "Show where the projections stand")
        .says("`status` is the worst of the projections' statuses.")
        .answers::<TenantJson<'_>>(200, "The health of the tenant's projections.")
}
