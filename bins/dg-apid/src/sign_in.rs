//! `/sessions`: people sign in through a program that acts for them, and out.
//!
//! The program (the console) has a token of its own and the permission `principal_assert`; nobody else gets to try a password.
//! However somebody proves who they are, [`open`] is what makes a session of it.

pub(crate) mod contract;
pub(crate) mod oidc;
pub(crate) mod setup;

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{Request, State};
use dg_domain::{Hash32, Micros};
use dg_http::gate::{AccountCaller, AnyRole, PRINCIPAL_ASSERT, Principal};
use dg_http::params::NoParams;
use dg_http::peer::neighbourhood;
use dg_http::token::Minted;
use dg_http::{ApiError, Code, Reply, body};
use dg_storage::accounts::Account;
use dg_storage::audit::By;
use dg_storage::people::Tries;
use dg_storage::sessions::NewSession;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};
use utoipa::ToSchema;

use crate::app::App;
use crate::words;

/// The method of the session.
const PASSWORD: &str = "password";
/// For so long a failed try counts.
const WINDOW_S: f64 = 900.0;
/// Failed tries of one name, from wherever they come.
const TRIES_PER_NAME: i64 = 10;
/// Failed tries from one address, whatever the names.
const TRIES_PER_ADDRESS: i64 = 50;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    user_id: String,
    password: String,
    /// Where the person is, as the program sees it.
    #[schema(schema_with = words::nullable_address)]
    address: Option<IpAddr>,
}

#[derive(Serialize, ToSchema)]
struct Opened<'a> {
    session: OpenedSession<'a>,
    user: OpenedUser,
}

#[derive(Serialize, ToSchema)]
struct OpenedSession<'a> {
    session_id: &'a str,
    /// What the program presents in `x-dg-session`; in this answer and nowhere else.
    session: &'a str,
    #[schema(format = DateTime)]
    expires_at: String,
    idle_s: i64,
}

#[derive(Serialize, ToSchema)]
struct OpenedUser {
    user_id: String,
    display_name: Option<String>,
    must_change_password: bool,
}

#[derive(Serialize, ToSchema)]
struct Ended<'a> {
    session_id: &'a str,
}

/// Signs a person in by name and password.
pub(crate) async fn by_password(
    State(app): State<App>,
    caller: AccountCaller<AnyRole>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let agent = program(&caller.principal)?;
    let asked = body::command::<Asked>(request).await?;
    let address = asked.address.or_else(dg_http::address);
    let by = through(agent, address);
    let scopes = [name_scope(&asked.user_id), address_scope(address)];
    let tries = app.store.count_try(&[&scopes[0], &scopes[1]], WINDOW_S).await?;
    if let Some(wait) = too_many(&tries, &scopes[0]) {
        return Err(limited(&app, Some(&asked.user_id), PASSWORD, &tries, wait, &by).await?);
    }
    let known = app.store.password_of(&asked.user_id).await?;
    let right = app.passwords.verify(asked.password, known.as_ref().map(|known| known.phc.clone())).await?;
    let reason = match &known {
        None => "unknown",
        Some(_) if !right => "password",
        Some(known) if known.account.disabled => "disabled",
        Some(_) => "",
    };
    let Some(known) = known.filter(|_| reason.is_empty()) else {
        warn!(reason, "a sign-in was refused");
        app.store.refused_sign_in(Some(&asked.user_id), PASSWORD, reason, &by).await?;
        return Err(ApiError::new(Code::SignInRefused, "name or password is wrong"));
    };
    app.store.forgive_try(&scopes[0], &scopes[1]).await?;
    open(&app, known.account, PASSWORD, known.must_change, &by).await
}

/// Begins a session of a person who proved who they are, in the hands of `by.agent`.
async fn open(
    app: &App,
    account: Account,
    method: &'static str,
    must_change_password: bool,
    by: &By,
) -> Result<Reply, ApiError> {
    let by = By { principal: Some(account.account_id.clone()), ..by.clone() };
    let now = dg_runtime::clock::now();
    let minted = Minted::session();
    let new = NewSession {
        session_id: minted.token_id.clone(),
        secret_sha256: minted.digest,
        account_id: account.account_id.clone(),
        agent_id: by.agent.clone().unwrap_or_default(),
        method,
        idle_seconds: app.config.session_idle_s,
        expires_at: Micros::new(now.get() + app.config.session_max_s * 1_000_000),
    };
    let session = app.store.begin_session(&new, &by).await?;
    info!(session_id = session.session_id, account = account.account_id, agent = by.agent, "signed in");
    let opened = Opened {
        session: OpenedSession {
            session_id: &session.session_id,
            session: minted.reveal(),
            expires_at: session.expires_at.rfc3339(),
            idle_s: session.idle_seconds,
        },
        user: OpenedUser { user_id: account.account_id, display_name: account.display_name, must_change_password },
    };
    Ok(Reply::created(&opened)?.unkept())
}

/// Ends the session of the request.
pub(crate) async fn out(
    State(app): State<App>,
    caller: AccountCaller<AnyRole>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let session_id = session_of(&caller.principal)?;
    app.store.end_session(session_id, true, &caller.principal.by()).await?;
    app.directory_changed().await;
    Reply::ok(&Ended { session_id })
}

/// Checks the password of somebody who is signed in, with the same limits.
///
/// # Errors
/// `sign_in_refused`, `rate_limited`, or the store's.
pub(crate) async fn check_again(app: &App, who: &Principal, password: String) -> Result<(), ApiError> {
    let scope = name_scope(&who.account_id);
    let tries = app.store.count_try(&[&scope], WINDOW_S).await?;
    if let Some(wait) = too_many(&tries, &scope) {
        return Err(limited(app, Some(&who.account_id), PASSWORD, &tries, wait, &who.by()).await?);
    }
    let known = app.store.password_of(&who.account_id).await?;
    if !app.passwords.verify(password, known.map(|known| known.phc)).await? {
        app.store.refused_sign_in(Some(&who.account_id), PASSWORD, "password", &who.by()).await?;
        return Err(ApiError::new(Code::SignInRefused, "the current password is wrong"));
    }
    Ok(app.store.forgive_try(&scope, "").await?)
}

/// The session of the request.
///
/// # Errors
/// `invalid_argument` without one.
pub(crate) fn session_of(who: &Principal) -> Result<&str, ApiError> {
    let none = || ApiError::invalid("this is for a person: present a session in x-dg-session");
    who.session_id.as_deref().ok_or_else(none)
}

/// Somebody whom nobody knows yet, at `address`, in the hands of `agent`.
fn through(agent: &Principal, address: Option<IpAddr>) -> By {
    let address = address.map(|address| address.to_string());
    By { principal: None, agent: Some(agent.account_id.clone()), address, ..agent.by() }
}

fn program(who: &Principal) -> Result<&Principal, ApiError> {
    if who.is_person {
        return Err(ApiError::new(Code::Forbidden, "people are signed in by a program"));
    }
    who.require(PRINCIPAL_ASSERT)?;
    Ok(who)
}

/// The names that are tried come from anybody: only their hash is kept, so that none is long and none is a password
/// that somebody typed in the wrong place.
fn name_scope(user_id: &str) -> String {
    let mut digits = Hash32::of(user_id.as_bytes()).hex();
    digits.truncate(32);
    format!("name:{digits}")
}

fn address_scope(address: Option<IpAddr>) -> String {
    format!("address:{}", address.map_or_else(|| "unknown".to_owned(), neighbourhood))
}

/// How many seconds to wait, when there were too many tries.
fn too_many(tries: &[Tries], name_scope: &str) -> Option<i64> {
    let most = |one: &Tries| if one.scope == name_scope { TRIES_PER_NAME } else { TRIES_PER_ADDRESS };
    tries.iter().filter(|one| one.failures > most(one)).map(|one| one.seconds_left).max()
}

/// The refusal; noted when it is the first one, so that nobody fills the audit by trying.
async fn limited(
    app: &App,
    user_id: Option<&str>,
    method: &'static str,
    tries: &[Tries],
    wait: i64,
    by: &By,
) -> Result<ApiError, ApiError> {
    let first = tries.iter().any(|one| one.failures == TRIES_PER_NAME + 1 || one.failures == TRIES_PER_ADDRESS + 1);
    if first {
        warn!("sign-ins are refused for a while: too many failed");
        app.store.refused_sign_in(user_id, method, "too_many", by).await?;
    }
    let message = "too many sign-ins failed; wait before the next one";
    let wait = Duration::from_secs(u64::try_from(wait).unwrap_or(1));
    Ok(ApiError::new(Code::RateLimited, message).retry_after(wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_counted_apart() {
        let (name, address) = (name_scope("ana"), address_scope("10.0.0.7".parse().ok()));
        assert_eq!(address, "address:10.0.0.7");
        assert_eq!(name_scope(&"x".repeat(100_000)).len(), name.len());
        let check = |names, addresses| {
            let one = |scope: &str, failures, seconds_left| Tries { scope: scope.to_owned(), failures, seconds_left };
            too_many(&[one(&name, names, 30), one(&address, addresses, 60)], &name)
        };
        assert_eq!(check(10, 50), None);
        assert_eq!(check(11, 50), Some(30));
        assert_eq!(check(1, 51), Some(60));
        assert_eq!(check(11, 51), Some(60));
    }
}
