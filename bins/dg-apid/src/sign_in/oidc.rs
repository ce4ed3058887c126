//! `/sessions/oidc`: people prove who they are to an issuer, and a program carries their browser there and back.

pub(crate) mod contract;

use std::net::IpAddr;

use axum::extract::{Request, State};
use dg_http::gate::{AccountCaller, AnyRole};
use dg_http::params::NoParams;
use dg_http::{ApiError, Code, Reply, body};
use dg_storage::StoreError;
use dg_storage::accounts::Account;
use dg_storage::audit::By;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};
use utoipa::ToSchema;

use super::{WINDOW_S, address_scope, limited, open, program, through, too_many};
use crate::app::App;
use crate::oidc::{Drawn, Issuer, Unsaid, state_digest};
use crate::words;

const METHOD: &str = "oidc";
/// From the beginning until the browser is back.
const PENDING_S: f64 = 600.0;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedOidcSignIn)]
struct Beginning {
    redirect_uri: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OidcReturn)]
struct Return {
    state: String,
    code: String,
    /// Whom the browser says it comes from.
    iss: Option<String>,
    /// Where the person is, as the program sees it.
    #[schema(schema_with = words::nullable_address)]
    address: Option<IpAddr>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SignInMethods)]
struct Methods<'a> {
    password: bool,
    oidc: Option<Oidc<'a>>,
    /// Whether the first person can be made: nobody can sign in yet, and there is a code that is good.
    setup: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OidcMethod)]
struct Oidc<'a> {
    label: &'a str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OidcSignIn)]
struct Begun {
    authorization_url: String,
    /// The browser comes back with it; the program keeps it there until then.
    state: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Why somebody does not come in.
struct Refusal {
    /// For the audit, and for nobody else.
    reason: &'static str,
    /// Whom it is about, if that is known.
    account_id: Option<String>,
    /// Whether the issuer could not be asked, so that it is nobody's fault here.
    away: Option<Unsaid>,
}

/// By what people can sign in.
pub(crate) async fn methods(
    State(app): State<App>,
    caller: AccountCaller<AnyRole>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    program(&caller.principal)?;
    let oidc = app.issuer.as_ref().map(|issuer| Oidc { label: issuer.label() });
    Reply::ok(&Methods { password: true, oidc, setup: app.store.setup_is_open().await? })
}

/// Begins: says where the browser goes.
pub(crate) async fn begin(
    State(app): State<App>,
    caller: AccountCaller<AnyRole>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let agent = program(&caller.principal)?;
    let issuer = issuer(&app)?;
    let asked = body::command::<Beginning>(request).await?;
    if !issuer.allows(&asked.redirect_uri) {
        let message = "browsers are sent back to the addresses of api.oidc.redirect_uris only";
        return Err(ApiError::invalid(message).with("pointer", "/redirect_uri"));
    }
    let drawn = Drawn::to(asked.redirect_uri);
    let authorization_url = issuer.authorization_url(&drawn).await.map_err(|away| unavailable(away.into()))?;
    let digest = state_digest(&drawn.state);
    let expires_at = app.store.begin_oidc(&digest, &agent.account_id, &drawn.begun, PENDING_S).await?;
    let begun = Begun { authorization_url, state: drawn.state, expires_at: expires_at.rfc3339() };
    Ok(Reply::created(&begun)?.unkept())
}

/// Signs a person in whom the issuer sent back.
pub(crate) async fn finish(
    State(app): State<App>,
    caller: AccountCaller<AnyRole>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let agent = program(&caller.principal)?;
    let issuer = issuer(&app)?;
    let asked = body::command::<Return>(request).await?;
    let address = asked.address.or_else(dg_http::address);
    let by = through(agent, address);
    let scope = address_scope(address);
    let tries = app.store.count_try(&[&scope], WINDOW_S).await?;
    if let Some(wait) = too_many(&tries, "") {
        return Err(limited(&app, None, METHOD, &tries, wait, &by).await?);
    }
    match identify(&app, issuer, &agent.account_id, &asked, &by).await? {
        Ok(account) => {
            app.store.forgive_try("", &scope).await?;
            open(&app, account, METHOD, false, &by).await
        }
        Err(Refusal { reason, account_id, away }) => {
            warn!(reason, "a sign-in was refused");
            app.store.refused_sign_in(account_id.as_deref(), METHOD, reason, &by).await?;
            let Some(away) = away else { return Err(ApiError::new(Code::SignInRefused, "the sign-in was refused")) };
            app.store.forgive_try("", &scope).await?;
            Err(unavailable(away))
        }
    }
}

/// Whom the issuer sent back, if they may come in.
async fn identify(
    app: &App,
    issuer: &Issuer,
    agent_id: &str,
    asked: &Return,
    by: &By,
) -> Result<Result<Account, Refusal>, StoreError> {
    let refused = |reason| Ok(Err(Refusal { reason, account_id: None, away: None }));
    let Some(begun) = app.store.take_oidc(&state_digest(&asked.state), agent_id).await? else {
        return refused("state");
    };
    let claims = match issuer.who(&begun, &asked.code, asked.iss.as_deref()).await {
        Ok(claims) => claims,
        Err(Unsaid::Code(_)) => return refused("code"),
        Err(Unsaid::Token(fault)) => return refused(fault.as_str()),
        Err(Unsaid::Mixed) => return refused("issuer"),
        Err(away @ Unsaid::Away(_)) => {
            return Ok(Err(Refusal { reason: "issuer_away", account_id: None, away: Some(away) }));
        }
    };
    let (account, linked) = match app.store.linked_person(issuer.name(), &claims.sub).await? {
        Some(account) => (account, true),
        None => {
            let Some(name) = issuer.local_name(&claims) else { return refused("unlinked") };
            let Some(person) = app.store.person(name).await? else { return refused("unlinked") };
            (person.account, false)
        }
    };
    let refused = |reason| Ok(Err(Refusal { reason, account_id: Some(account.account_id.clone()), away: None }));
    if account.disabled {
        return refused("disabled");
    }
    if linked {
        return Ok(Ok(account));
    }
    let by = By { principal: Some(account.account_id.clone()), ..by.clone() };
    match app.store.link_person(&account.account_id, issuer.name(), &claims.sub, &by).await {
        Ok(_) => {
            info!(account = account.account_id, "linked at the first sign-in");
            Ok(Ok(account))
        }
        // They are another subject of the issuer already.
        Err(StoreError::Exists { .. }) => refused("linked_otherwise"),
        Err(error) => Err(error),
    }
}

fn issuer(app: &App) -> Result<&Issuer, ApiError> {
    app.issuer.as_ref().ok_or_else(|| ApiError::new(Code::NotFound, "nobody signs in by OpenID Connect here"))
}

fn unavailable(away: Unsaid) -> ApiError {
    ApiError::new(Code::SignInUnavailable, "the issuer cannot be asked; try again").caused_by(away)
}
