//! Who may call: accounts and their tokens.

use dg_domain::Micros;
use tokio_postgres::Row;

use crate::{error::StoreError, store::Store, values::PgMicros};

const CREATE: &str = include_str!("../../../sql/queries/accounts/create.sql");
const ALL: &str = include_str!("../../../sql/queries/accounts/all.sql");
const ONE: &str = include_str!("../../../sql/queries/accounts/one.sql");
const SET_DISABLED: &str = include_str!("../../../sql/queries/accounts/set_disabled.sql");
const CREATE_TOKEN: &str = include_str!("../../../sql/queries/accounts/create_token.sql");
const TOKENS: &str = include_str!("../../../sql/queries/accounts/tokens.sql");
const REVOKE_TOKEN: &str = include_str!("../../../sql/queries/accounts/revoke_token.sql");
const CREDENTIAL: &str = include_str!("../../../sql/queries/accounts/credential.sql");
const TOKEN_USED: &str = include_str!("../../../sql/queries/accounts/token_used.sql");

/// A person or a program that may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name, recorded as the principal of what it does.
    pub account_id: String,
    /// Its roles.
    pub roles: Vec<String>,
    /// Permissions beside those of its roles.
    pub permissions: Vec<String>,
    /// The tenants it may use; `*` is every tenant.
    pub tenant_ids: Vec<String>,
    /// Whether its tokens are refused for now.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Micros,
    /// By whom.
    pub created_by: String,
}

/// An account to make.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its name.
    pub account_id: String,
    /// Its roles.
    pub roles: Vec<String>,
    /// Permissions beside those of its roles.
    pub permissions: Vec<String>,
    /// The tenants it may use.
    pub tenant_ids: Vec<String>,
    /// The principal that makes it.
    pub created_by: String,
}

/// What is known about a token, apart from its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The public part of the token.
    pub token_id: String,
    /// Whose it is.
    pub account_id: String,
    /// When it was made.
    pub created_at: Micros,
    /// Refused from then on.
    pub expires_at: Option<Micros>,
    /// Refused since then.
    pub revoked_at: Option<Micros>,
    /// Last used about then, to the minute.
    pub last_used_at: Option<Micros>,
}

/// What a presented token is checked against. Whether it counts (expiry, revocation, a disabled account) is the caller's
/// to decide, who also has the time.
#[derive(Clone)]
pub struct Credential {
    /// Whose token it is.
    pub account: Account,
    /// The token.
    pub token: Token,
    /// SHA-256 of the whole token text; compare in constant time.
    pub secret_sha256: [u8; 32],
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("account", &self.account).field("token", &self.token).finish_non_exhaustive()
    }
}

impl Store {
    /// Makes an account, still without a token.
    ///
    /// # Errors
    /// [`StoreError::Exists`], or the database's.
    pub async fn create_account(&self, new: &NewAccount) -> Result<Account, StoreError> {
        let name = "accounts.create";
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&new.account_id, &new.roles, &new.permissions, &new.tenant_ids, &new.created_by];
        let row = self.query_opt(name, CREATE, &params).await?;
        account(name, &row.ok_or(StoreError::Exists { what: "account" })?)
    }

    /// Every account, by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let name = "accounts.all";
        self.query(name, ALL, &[]).await?.iter().map(|row| account(name, row)).collect()
    }

    /// One account.
    ///
    /// # Errors
    /// The database's.
    pub async fn account(&self, account_id: &str) -> Result<Option<Account>, StoreError> {
        let name = "accounts.one";
        self.query_opt(name, ONE, &[&account_id]).await?.map(|row| account(name, &row)).transpose()
    }

    /// Refuses every token of an account, or takes that back.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database's.
    pub async fn set_account_disabled(&self, account_id: &str, disabled: bool) -> Result<Account, StoreError> {
        let name = "accounts.set_disabled";
        let row = self.query_opt(name, SET_DISABLED, &[&account_id, &disabled]).await?;
        account(name, &row.ok_or(StoreError::NotFound { what: "account" })?)
    }

    /// Gives an account one more token. Only the hash of its text is stored.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without such an account, or the database's.
    pub async fn create_token(
        &self,
        account_id: &str,
        token_id: &str,
        secret_sha256: [u8; 32],
        expires_at: Option<Micros>,
    ) -> Result<Token, StoreError> {
        let name = "accounts.create_token";
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
            [&token_id, &account_id, &secret_sha256.as_slice(), &expires_at.map(PgMicros)];
        let row = self.query_opt(name, CREATE_TOKEN, &params).await?;
        token(name, &row.ok_or(StoreError::NotFound { what: "account" })?)
    }

    /// The tokens of an account, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn tokens(&self, account_id: &str) -> Result<Vec<Token>, StoreError> {
        let name = "accounts.tokens";
        self.query(name, TOKENS, &[&account_id]).await?.iter().map(|row| token(name, row)).collect()
    }

    /// Revokes a token. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the account has no such token, or the database's.
    pub async fn revoke_token(&self, account_id: &str, token_id: &str) -> Result<Token, StoreError> {
        let name = "accounts.revoke_token";
        let row = self.query_opt(name, REVOKE_TOKEN, &[&account_id, &token_id]).await?;
        token(name, &row.ok_or(StoreError::NotFound { what: "token" })?)
    }

    /// What a presented token is checked against.
    ///
    /// # Errors
    /// The database's.
    pub async fn credential(&self, token_id: &str) -> Result<Option<Credential>, StoreError> {
        let name = "accounts.credential";
        let Some(row) = self.query_opt(name, CREDENTIAL, &[&token_id]).await? else { return Ok(None) };
        let secret: &[u8] = row.try_get("secret_sha256").map_err(StoreError::of(name))?;
        let secret_sha256 = secret.try_into().map_err(|source| StoreError::corrupt(name, source))?;
        let token = Token { created_at: instant(name, &row, "token_created_at")?, ..token(name, &row)? };
        Ok(Some(Credential { account: account(name, &row)?, token, secret_sha256 }))
    }

    /// Notes that a token was used, at most once a minute. For a task beside the requests, not for a read itself.
    ///
    /// # Errors
    /// The database's.
    pub async fn token_used(&self, token_id: &str) -> Result<(), StoreError> {
        self.query("accounts.token_used", TOKEN_USED, &[&token_id]).await.map(drop)
    }
}

fn account(name: &'static str, row: &Row) -> Result<Account, StoreError> {
    let failed = StoreError::of(name);
    Ok(Account {
        account_id: row.try_get("account_id").map_err(failed)?,
        roles: row.try_get("roles").map_err(failed)?,
        permissions: row.try_get("permissions").map_err(failed)?,
        tenant_ids: row.try_get("tenant_ids").map_err(failed)?,
        disabled: row.try_get("disabled").map_err(failed)?,
        created_at: instant(name, row, "created_at")?,
        created_by: row.try_get("created_by").map_err(failed)?,
    })
}

fn token(name: &'static str, row: &Row) -> Result<Token, StoreError> {
    let failed = StoreError::of(name);
    let optional = |column: &str| row.try_get::<_, Option<PgMicros>>(column).map(|at| at.map(|at| at.0));
    Ok(Token {
        token_id: row.try_get("token_id").map_err(failed)?,
        account_id: row.try_get("account_id").map_err(failed)?,
        created_at: instant(name, row, "created_at")?,
        expires_at: optional("expires_at").map_err(failed)?,
        revoked_at: optional("revoked_at").map_err(failed)?,
        last_used_at: optional("last_used_at").map_err(failed)?,
    })
}

fn instant(name: &'static str, row: &Row, column: &str) -> Result<Micros, StoreError> {
    row.try_get::<_, PgMicros>(column).map(|at| at.0).map_err(StoreError::of(name))
}
