//! `GET /me`: who the caller is.

use axum::extract::State;
use dg_domain::Micros;
use dg_http::gate::{AccountCaller, AnyRole};
use dg_http::params::NoParams;
use dg_http::{ApiError, Reply};
use serde::Serialize;

use crate::app::App;

#[derive(Serialize)]
struct Me<'a> {
    account_id: &'a str,
    roles: &'a [String],
    permissions: &'a [String],
    tenant_ids: &'a [String],
    token: TokenJson<'a>,
    /// The registered tenants that the account may use.
    tenants: Vec<String>,
}

#[derive(Serialize)]
struct TokenJson<'a> {
    token_id: &'a str,
    expires_at: Option<String>,
}

/// Describes the account and token of the request.
pub(crate) async fn show(
    State(app): State<App>,
    caller: AccountCaller<AnyRole>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let who = &caller.principal;
    let registered = app.store.tenants().await?;
    let tenants = registered.into_iter().map(|tenant| tenant.tenant_id.to_string());
    Reply::ok(&Me {
        account_id: &who.account_id,
        roles: &who.roles,
        permissions: &who.permissions,
        tenant_ids: &who.tenant_ids,
        token: TokenJson { token_id: &who.token_id, expires_at: who.expires_at.map(Micros::rfc3339) },
        tenants: tenants.filter(|tenant| who.may_use(tenant)).collect(),
    })
}
