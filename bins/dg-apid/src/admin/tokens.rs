//! `/admin/accounts/{account_id}/tokens`: what accounts are known by.

pub(crate) mod contract;

use axum::extract::{Request, State};
use dg_domain::Micros;
use dg_http::gate::{AccountCaller, Admin};
use dg_http::params::NoParams;
use dg_http::path::Segments;
use dg_http::token::Minted;
use dg_http::{ApiError, Reply, body};
use dg_storage::accounts::{NewToken, Token};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

use super::accounts::{find, find_seen};
use super::grants::{self, ACCOUNTS_MANAGE};
use crate::app::App;
use crate::words;

/// Ten years; a token for longer is one without an end.
pub(crate) const LONGEST_S: i64 = 10 * 366 * 24 * 3600;
/// How long a token goes on after another one took its place, unless something else is said.
const OVERLAP_S: i64 = 24 * 3600;
/// Thirty days: whoever needs more wants two tokens.
pub(crate) const LONGEST_OVERLAP_S: i64 = 30 * 24 * 3600;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[schema(schema_with = words::life)]
    expires_in_s: Option<i64>,
    #[schema(schema_with = words::nullable_title)]
    label: Option<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    #[schema(schema_with = words::overlap)]
    overlap_s: Option<i64>,
    #[schema(schema_with = words::life)]
    expires_in_s: Option<i64>,
}

/// A token with its text, for the one answer that shows it.
#[derive(Serialize, ToSchema)]
#[schema(as = NewToken)]
pub(super) struct ShownOnce<'a> {
    token_id: &'a str,
    token: &'a str,
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// A token as everybody else sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub(super) struct TokenJson {
    token_id: String,
    account_id: String,
    label: Option<String>,
    #[schema(schema_with = words::token_status)]
    status: &'static str,
    #[schema(format = DateTime)]
    created_at: String,
    created_by: Option<String>,
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
    revoked_by: Option<String>,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    replaces: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Listed {
    tokens: Vec<TokenJson>,
}

#[derive(Serialize, ToSchema)]
struct Created<'a> {
    token: ShownOnce<'a>,
}

#[derive(Serialize, ToSchema)]
struct Rotated<'a> {
    token: ShownOnce<'a>,
    replaced: TokenJson,
}

#[derive(Serialize, ToSchema)]
struct Revoked {
    token: TokenJson,
}

/// Lists the tokens of an account, oldest first; names them and does not show them.
pub(crate) async fn list(
    State(app): State<App>,
    Segments([account_id]): Segments<1>,
    caller: AccountCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    find_seen(&app, &caller.principal, &account_id).await?;
    let tokens = app.store.tokens(&account_id).await?;
    Reply::ok(&Listed { tokens: tokens.into_iter().map(TokenJson::of).collect() })
}

/// Gives an account one more token, which is shown in this answer and never again. The others stay valid.
pub(crate) async fn create(
    State(app): State<App>,
    Segments([account_id]): Segments<1>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let who = &caller.principal;
    who.require(ACCOUNTS_MANAGE)?;
    let asked = body::command::<Asked>(request).await?;
    grants::title(asked.label.as_deref(), "/label")?;
    let expires_at = end(asked.expires_in_s, dg_runtime::clock::now())?;
    grants::over(who, &find(&app, &account_id).await?)?;
    let minted = Minted::draw();
    app.store.create_token(&account_id, &new(&minted, expires_at, asked.label), &who.by()).await?;
    app.directory_changed().await;
    info!(made = minted.token_id, of = account_id, account = who.account_id, "made a token");
    Ok(Reply::created(&Created { token: ShownOnce::of(&minted, expires_at) })?.unkept())
}

/// Makes a token in the place of another one, which goes on for a while, so that clients can change over.
pub(crate) async fn rotate(
    State(app): State<App>,
    Segments([account_id, token_id]): Segments<2>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let who = &caller.principal;
    who.require(ACCOUNTS_MANAGE)?;
    let asked: Rotation = body::command_if_any(request).await?;
    let now = dg_runtime::clock::now();
    let (expires_at, overlap_until) = (end(asked.expires_in_s, now)?, asked.overlap_until(now)?);
    grants::over(who, &find(&app, &account_id).await?)?;
    let minted = Minted::draw();
    let token = new(&minted, expires_at, None);
    let (_, old) = app.store.rotate_token(&account_id, &token_id, &token, overlap_until, &who.by()).await?;
    app.directory_changed().await;
    info!(made = minted.token_id, replaced = token_id, of = account_id, account = who.account_id, "rotated a token");
    let rotated = Rotated { token: ShownOnce::of(&minted, expires_at), replaced: TokenJson::of(old) };
    Ok(Reply::created(&rotated)?.unkept())
}

/// Takes a token back. It is refused from the next request on; doing it again changes nothing.
pub(crate) async fn revoke(
    State(app): State<App>,
    Segments([account_id, token_id]): Segments<2>,
    caller: AccountCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let who = &caller.principal;
    who.require(ACCOUNTS_MANAGE)?;
    grants::over(who, &find(&app, &account_id).await?)?;
    let token = app.store.revoke_token(&account_id, &token_id, &who.by()).await?;
    app.directory_changed().await;
    info!(revoked = token_id, of = account_id, account = who.account_id, "revoked a token");
    Reply::ok(&Revoked { token: TokenJson::of(token) })
}

/// When a token made now ends.
///
/// # Errors
/// `invalid_argument`.
pub(super) fn end(expires_in_s: Option<i64>, now: Micros) -> Result<Option<Micros>, ApiError> {
    expires_in_s.map(|seconds| later(now, seconds, 1..=LONGEST_S, "expires_in_s")).transpose()
}

/// A token to store.
pub(super) fn new(minted: &Minted, expires_at: Option<Micros>, label: Option<String>) -> NewToken {
    NewToken { token_id: minted.token_id.clone(), secret_sha256: minted.digest, expires_at, label }
}

fn later(now: Micros, seconds: i64, range: std::ops::RangeInclusive<i64>, key: &str) -> Result<Micros, ApiError> {
    if range.contains(&seconds) {
        return Ok(Micros::new(now.get() + seconds * 1_000_000));
    }
    let message = format!("{key} must be an integer from {} to {}", range.start(), range.end());
    Err(ApiError::invalid(message).with("pointer", format!("/{key}")))
}

impl Rotation {
    fn overlap_until(&self, now: Micros) -> Result<Micros, ApiError> {
        later(now, self.overlap_s.unwrap_or(OVERLAP_S), 0..=LONGEST_OVERLAP_S, "overlap_s")
    }
}

impl<'a> ShownOnce<'a> {
    pub(super) fn of(minted: &'a Minted, expires_at: Option<Micros>) -> Self {
        let expires_at = expires_at.map(Micros::rfc3339);
        Self { token_id: &minted.token_id, token: minted.reveal(), expires_at }
    }
}

impl TokenJson {
    pub(super) fn of(token: Token) -> Self {
        let now = dg_runtime::clock::now();
        let status = match (token.revoked_at, token.expires_at) {
            (Some(_), _) => "revoked",
            (None, Some(at)) if at <= now => "expired",
            _ => "active",
        };
        Self {
            status,
            token_id: token.token_id,
            account_id: token.account_id,
            label: token.label,
            created_at: token.created_at.rfc3339(),
            created_by: token.created_by,
            expires_at: token.expires_at.map(Micros::rfc3339),
            revoked_at: token.revoked_at.map(Micros::rfc3339),
            revoked_by: token.revoked_by,
            last_used_at: token.last_used_at.map(Micros::rfc3339),
            replaces: token.replaces,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_the_life_of_a_token() {
        let check = |seconds| end(seconds, Micros::new(5)).map_err(drop);
        assert_eq!(check(None), Ok(None));
        assert_eq!(check(Some(2)), Ok(Some(Micros::new(2_000_005))));
        assert_eq!(check(Some(0)), Err(()));
        assert_eq!(check(Some(i64::MAX)), Err(()));
    }

    #[test]
    fn bounds_how_long_the_old_one_goes_on() {
        let check = |overlap_s| Rotation { overlap_s, expires_in_s: None }.overlap_until(Micros::new(5)).map_err(drop);
        assert_eq!(check(None), Ok(Micros::new(86_400_000_005)));
        assert_eq!(check(Some(0)), Ok(Micros::new(5)));
        assert_eq!((check(Some(-1)), check(Some(i64::MAX))), (Err(()), Err(())));
    }
}
