//! `/admin/accounts/{account_id}/tokens`: what accounts are known by.

use axum::extract::{Request, State};
use dg_domain::Micros;
use dg_http::gate::{AccountCaller, Admin};
use dg_http::params::NoParams;
use dg_http::path::Segments;
use dg_http::token::Minted;
use dg_http::{ApiError, Reply, body};
use dg_storage::accounts::Token;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::accounts::unknown;
use crate::app::App;

/// Ten years; a token for longer is one without an end.
const LONGEST_S: i64 = 10 * 366 * 24 * 3600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    expires_in_s: Option<i64>,
}

/// A token with its text, for the one answer that shows it.
#[derive(Serialize)]
pub(super) struct ShownOnce<'a> {
    token_id: &'a str,
    token: &'a str,
    expires_at: Option<String>,
}

/// A token as everybody else sees it.
#[derive(Serialize)]
pub(super) struct TokenJson {
    token_id: String,
    account_id: String,
    created_at: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
    last_used_at: Option<String>,
}

/// Gives an account one more token, which is shown in this answer and never again. The others stay valid.
pub(crate) async fn create(
    State(app): State<App>,
    Segments([account_id]): Segments<1>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    #[derive(Serialize)]
    struct Created<'a> {
        token: ShownOnce<'a>,
    }
    let expires_at = body::command::<Asked>(request).await?.expires_at(dg_runtime::clock::now())?;
    if app.store.account(&account_id).await?.is_none() {
        return Err(unknown(&account_id));
    }
    let minted = Minted::draw();
    app.store.create_token(&account_id, &minted.token_id, minted.digest, expires_at).await?;
    app.directory_changed();
    info!(made = minted.token_id, of = account_id, account = caller.principal.account_id, "made a token");
    Reply::created(&Created { token: ShownOnce::of(&minted, expires_at) })
}

/// Takes a token back. Every copy of dg-apid refuses it within a second; doing it again changes nothing.
pub(crate) async fn revoke(
    State(app): State<App>,
    Segments([account_id, token_id]): Segments<2>,
    caller: AccountCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    #[derive(Serialize)]
    struct Revoked {
        token: TokenJson,
    }
    let token = app.store.revoke_token(&account_id, &token_id).await?;
    app.directory_changed();
    info!(revoked = token_id, of = account_id, account = caller.principal.account_id, "revoked a token");
    Reply::ok(&Revoked { token: TokenJson::of(token) })
}

impl Asked {
    fn expires_at(&self, now: Micros) -> Result<Option<Micros>, ApiError> {
        let Some(seconds) = self.expires_in_s else { return Ok(None) };
        if !(1..=LONGEST_S).contains(&seconds) {
            let message = format!("expires_in_s must be an integer from 1 to {LONGEST_S}");
            return Err(ApiError::invalid(message).with("pointer", "/expires_in_s"));
        }
        Ok(Some(Micros::new(now.get() + seconds * 1_000_000)))
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
        Self {
            token_id: token.token_id,
            account_id: token.account_id,
            created_at: token.created_at.rfc3339(),
            expires_at: token.expires_at.map(Micros::rfc3339),
            revoked_at: token.revoked_at.map(Micros::rfc3339),
            last_used_at: token.last_used_at.map(Micros::rfc3339),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_the_life_of_a_token() {
        let check = |seconds| Asked { expires_in_s: seconds }.expires_at(Micros::new(5)).map_err(drop);
        assert_eq!(check(None), Ok(None));
        assert_eq!(check(Some(2)), Ok(Some(Micros::new(2_000_005))));
        assert_eq!(check(Some(0)), Err(()));
        assert_eq!(check(Some(i64::MAX)), Err(()));
    }
}
