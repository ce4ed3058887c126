//! `/sessions/setup`: the first person of an installation makes themselves, with the code that `dg init` showed.

pub(crate) mod contract;

use std::net::IpAddr;

use axum::extract::{Request, State};
use dg_http::gate::{AccountCaller, AnyRole};
use dg_http::params::NoParams;
use dg_http::{ApiError, Code, Reply, body, password, setup};
use dg_storage::accounts::NewAccount;
use dg_storage::audit::By;
use dg_storage::people::NewPassword;
use serde::Deserialize;
use tracing::{info, warn};
use utoipa::ToSchema;

use super::{PASSWORD, WINDOW_S, address_scope, limited, name_scope, open, program, through, too_many};
use crate::admin::grants;
use crate::app::App;
use crate::words;

/// How the audit calls it.
const METHOD: &str = "setup";

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedSetup)]
struct Asked {
    /// Shown by `dg init`; good for a day, once.
    code: String,
    #[schema(schema_with = words::name)]
    user_id: String,
    #[schema(schema_with = words::nullable_title)]
    display_name: Option<String>,
    /// Their own, so that they need not choose another.
    #[schema(schema_with = words::password)]
    password: String,
    /// Where the person is, as the program sees it.
    #[schema(schema_with = words::nullable_address)]
    address: Option<IpAddr>,
}

/// Makes the first person, an administrator of everything, and signs them in.
pub(crate) async fn first(
    State(app): State<App>,
    caller: AccountCaller<AnyRole>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let agent = program(&caller.principal)?;
    let asked = body::command::<Asked>(request).await?;
    grants::name(&asked.user_id, "/user_id")?;
    grants::title(asked.display_name.as_deref(), "/display_name")?;
    password::check_new(&asked.password, "/password")?;
    let address = asked.address.or_else(dg_http::address);
    let by = through(agent, address);
    let scopes = [name_scope(METHOD), address_scope(address)];
    let tries = app.store.count_try(&[&scopes[0], &scopes[1]], WINDOW_S).await?;
    if let Some(wait) = too_many(&tries, &scopes[0]) {
        return Err(limited(&app, None, METHOD, &tries, wait, &by).await?);
    }
    let new = NewAccount {
        account_id: asked.user_id,
        display_name: asked.display_name,
        roles: vec!["admin".to_owned()],
        permissions: vec!["*".to_owned()],
        tenant_ids: vec!["*".to_owned()],
        ..NewAccount::default()
    };
    let password = NewPassword { phc: app.passwords.hash(asked.password).await?, must_change: false };
    let themselves = By { principal: Some(new.account_id.clone()), ..by.clone() };
    let made = app.store.set_up(&setup::digest(&asked.code), &new, &password, &themselves).await?;
    let Some(account) = made else {
        warn!("a setup was refused: the code is not good");
        app.store.refused_sign_in(None, METHOD, "code", &by).await?;
        let message = "the setup code is wrong, used or older than a day, or there is somebody who can sign in";
        return Err(ApiError::new(Code::SignInRefused, message));
    };
    app.store.forgive_try(&scopes[0], &scopes[1]).await?;
    app.directory_changed().await;
    info!(account = account.account_id, "made the first user");
    open(&app, account, PASSWORD, false, &by).await
}
