//! `/me`: who the caller is, and the caller's own password.

pub(crate) mod contract;

use axum::extract::{Request, State};
use dg_domain::Micros;
use dg_http::gate::{AccountCaller, AnyRole};
use dg_http::params::NoParams;
use dg_http::{ApiError, Reply, body, password};
use dg_storage::people::NewPassword;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::sign_in::session_of;
use crate::words;

#[derive(Serialize, ToSchema)]
struct Me<'a> {
    account_id: &'a str,
    #[schema(schema_with = words::account_kind)]
    kind: &'static str,
    display_name: Option<&'a str>,
    roles: &'a [String],
    permissions: &'a [String],
    tenant_ids: &'a [String],
    token: Option<TokenJson<'a>>,
    session: Option<SessionJson<'a>>,
    /// The registered tenants that the account may use.
    tenants: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = MyToken)]
struct TokenJson<'a> {
    token_id: &'a str,
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = MySession)]
struct SessionJson<'a> {
    session_id: &'a str,
    agent: Option<&'a str>,
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    must_change_password: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AskedPassword {
    current: String,
    #[schema(schema_with = words::password)]
    new: String,
}

#[derive(Serialize, ToSchema)]
struct Changed<'a> {
    account_id: &'a str,
}

/// Describes the account and token of the request; the person, when a program asks in somebody's name.
pub(crate) async fn show(
    State(app): State<App>,
    caller: AccountCaller<AnyRole>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let who = &caller.principal;
    let registered = app.store.tenants().await?;
    let tenants = registered.into_iter().map(|tenant| tenant.tenant_id.to_string());
    let expires_at = who.expires_at.map(Micros::rfc3339);
    let session = who.session_id.as_deref().map(|session_id| SessionJson {
        session_id,
        agent: who.agent.as_deref(),
        expires_at: expires_at.clone(),
        must_change_password: who.must_change_password,
    });
    let token = session.is_none().then(|| TokenJson { token_id: &who.token_id, expires_at });
    Reply::ok(&Me {
        account_id: &who.account_id,
        kind: if who.is_person { "person" } else { "service" },
        display_name: who.display_name.as_deref(),
        roles: &who.roles,
        permissions: &who.permissions,
        tenant_ids: &who.tenant_ids,
        token,
        session,
        tenants: tenants.filter(|tenant| who.may_use(tenant)).collect(),
    })
}

/// Lets a person choose another password; their other sessions end.
pub(crate) async fn change_password(
    State(app): State<App>,
    caller: AccountCaller<AnyRole>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let who = &caller.principal;
    let session_id = session_of(who)?;
    let asked = body::command::<AskedPassword>(request).await?;
    password::check_new(&asked.new, "/new")?;
    if asked.new == asked.current {
        return Err(ApiError::invalid("the new password is the current one").with("pointer", "/new"));
    }
    crate::sign_in::check_again(&app, who, asked.current).await?;
    let phc = app.passwords.hash(asked.new).await?;
    let new = NewPassword { phc, must_change: false };
    app.store.set_password(&who.account_id, &new, Some(session_id), &who.by()).await?;
    app.directory_changed().await;
    Reply::ok(&Changed { account_id: &who.account_id })
}
