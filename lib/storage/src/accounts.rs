//! Who may call: accounts and their tokens.

use dg_domain::Micros;
use tokio_postgres::{Row, types::ToSql};

use crate::{
    audit::{self, By, NewEntry},
    error::StoreError,
    store::Store,
    values::PgMicros,
    work::Work,
};

const CREATE: &str = include_str!("../../../sql/queries/accounts/create.sql");
const ALL: &str = include_str!("../../../sql/queries/accounts/all.sql");
const ONE: &str = include_str!("../../../sql/queries/accounts/one.sql");
const LOCK_OWNER: &str = include_str!("../../../sql/queries/accounts/lock_owner.sql");
const LOCK: &str = include_str!("../../../sql/queries/accounts/lock.sql");
const CHANGE: &str = include_str!("../../../sql/queries/accounts/change.sql");
const CREATE_TOKEN: &str = include_str!("../../../sql/queries/accounts/create_token.sql");
const TOKENS: &str = include_str!("../../../sql/queries/accounts/tokens.sql");
const REVOKE_TOKEN: &str = include_str!("../../../sql/queries/accounts/revoke_token.sql");
const END_TOKEN: &str = include_str!("../../../sql/queries/accounts/end_token.sql");
const CREDENTIAL: &str = include_str!("../../../sql/queries/accounts/credential.sql");
const TOKEN_USED: &str = include_str!("../../../sql/queries/accounts/token_used.sql");

/// Who is behind an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountKind {
    /// A program.
    #[default]
    Service,
    /// Somebody who signs in.
    Person,
}

impl AccountKind {
    /// The word in tables and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Person => "person",
        }
    }
}

/// A person or a program that may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name, recorded as the principal of what it does.
    pub account_id: String,
    /// Who is behind it.
    pub kind: AccountKind,
    /// How people call it.
    pub display_name: Option<String>,
    /// Who answers for it: reviews take both for one person.
    pub owner_id: Option<String>,
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
#[derive(Clone, Debug, Default)]
pub struct NewAccount {
    /// Its name.
    pub account_id: String,
    /// Who is behind it.
    pub kind: AccountKind,
    /// How people call it.
    pub display_name: Option<String>,
    /// Who answers for it.
    pub owner_id: Option<String>,
    /// Its roles.
    pub roles: Vec<String>,
    /// Permissions beside those of its roles.
    pub permissions: Vec<String>,
    /// The tenants it may use.
    pub tenant_ids: Vec<String>,
}

/// What becomes different about an account; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// How people call it.
    pub display_name: Option<String>,
    /// Who answers for it; the inner `None` is nobody.
    pub owner_id: Option<Option<String>>,
    /// Its roles.
    pub roles: Option<Vec<String>>,
    /// Permissions beside those of its roles.
    pub permissions: Option<Vec<String>>,
    /// The tenants it may use.
    pub tenant_ids: Option<Vec<String>>,
    /// Whether all that it is known by is refused.
    pub disabled: Option<bool>,
}

/// A token to make. Only the hash of its text is stored.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The public part.
    pub token_id: String,
    /// SHA-256 of the whole text.
    pub secret_sha256: [u8; 32],
    /// Refused from then on.
    pub expires_at: Option<Micros>,
    /// What it is for.
    pub label: Option<String>,
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
    /// What it is for.
    pub label: Option<String>,
    /// The principal that made it; not known of those made by early releases.
    pub created_by: Option<String>,
    /// The principal that revoked it.
    pub revoked_by: Option<String>,
    /// The token it was made to replace.
    pub replaces: Option<String>,
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
    pub async fn create_account(&self, new: &NewAccount, by: &By) -> Result<Account, StoreError> {
        let work = Work::begin(self).await?;
        let (account, entry) = insert(&work, new, by).await?;
        audit::append(&work, vec![entry]).await?;
        work.commit().await?;
        Ok(account)
    }

    /// Makes accounts with their tokens, all or none. `what` is for the audit: where they come from.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when one of them, or of their tokens, is there, or the database's.
    pub async fn create_accounts(
        &self,
        new: &[(NewAccount, Vec<NewToken>)],
        what: Option<&str>,
        by: &By,
    ) -> Result<Vec<(Account, Vec<Token>)>, StoreError> {
        let work = Work::begin(self).await?;
        let (mut made, mut entries) = (Vec::new(), Vec::new());
        for (account, tokens) in new {
            let (account, entry) = insert(&work, account, by).await?;
            entries.push(match what {
                Some(what) => entry.with("from", what),
                None => entry,
            });
            let mut with = Vec::new();
            for token in tokens {
                let (token, entry) = insert_token(&work, &account.account_id, token, None, by).await?;
                entries.push(entry);
                with.push(token);
            }
            made.push((account, with));
        }
        audit::append(&work, entries).await?;
        work.commit().await?;
        Ok(made)
    }

    /// Every account, by name; of one kind when asked for it.
    ///
    /// # Errors
    /// The database's.
    pub async fn accounts(&self, kind: Option<AccountKind>) -> Result<Vec<Account>, StoreError> {
        let name = "accounts.all";
        let kind = kind.map(AccountKind::as_str);
        self.query(name, ALL, &[&kind]).await?.iter().map(|row| account(name, row)).collect()
    }

    /// One account.
    ///
    /// # Errors
    /// The database's.
    pub async fn account(&self, account_id: &str) -> Result<Option<Account>, StoreError> {
        let name = "accounts.one";
        self.query_opt(name, ONE, &[&account_id]).await?.map(|row| account(name, &row)).transpose()
    }

    /// Changes an account, if it still is as it was `seen`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Changed`], [`StoreError::WrongState`] for an owner that somebody answers for or an
    /// account that answers for others, or the database's.
    pub async fn change_account(
        &self,
        account_id: &str,
        change: &AccountChange,
        seen: Option<&Account>,
        by: &By,
    ) -> Result<Account, StoreError> {
        let name = "accounts.change";
        let missing = StoreError::NotFound { what: "account" };
        let work = Work::begin(self).await?;
        let row = work.query_opt("accounts.lock", LOCK, &[&account_id]).await?;
        let before = account("accounts.lock", &row.ok_or_else(|| missing.clone())?)?;
        if seen.is_some_and(|seen| *seen != before) {
            return Err(StoreError::Changed { what: "account" });
        }
        let owner = change.owner_id.as_ref().and_then(Option::as_deref);
        if let Some(owner) = owner {
            check_owner(&work, owner, account_id).await?;
        }
        let params: [&(dyn ToSql + Sync); 8] = [
            &account_id,
            &change.display_name,
            &change.roles,
            &change.permissions,
            &change.tenant_ids,
            &change.disabled,
            &change.owner_id.is_some(),
            &owner,
        ];
        let after = account(name, &work.query_opt(name, CHANGE, &params).await?.ok_or(missing)?)?;
        audit::append(&work, vec![differences(by.did("account.change").subject(account_id), &before, &after)]).await?;
        work.commit().await?;
        Ok(after)
    }

    /// Gives an account one more token.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without such an account, [`StoreError::Exists`] when some account has this token, or the
    /// database's.
    pub async fn create_token(&self, account_id: &str, new: &NewToken, by: &By) -> Result<Token, StoreError> {
        let work = Work::begin(self).await?;
        let (token, entry) = insert_token(&work, account_id, new, None, by).await?;
        audit::append(&work, vec![entry]).await?;
        work.commit().await?;
        Ok(token)
    }

    /// Makes a token in the place of another one, which goes on until `overlap_until` at most. Answers the new one and
    /// the old one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the account has no such token, [`StoreError::WrongState`] when that one has ended, or the
    /// database's.
    pub async fn rotate_token(
        &self,
        account_id: &str,
        token_id: &str,
        new: &NewToken,
        overlap_until: Micros,
        by: &By,
    ) -> Result<(Token, Token), StoreError> {
        let name = "accounts.end_token";
        let work = Work::begin(self).await?;
        let row = work.query_opt(name, END_TOKEN, &[&account_id, &token_id, &PgMicros(overlap_until)]).await?;
        let Some(row) = row else {
            let tokens = work.query("accounts.tokens", TOKENS, &[&account_id]).await?;
            let known = tokens.iter().any(|row| row.try_get("token_id").is_ok_and(|id: &str| id == token_id));
            return Err(match known {
                true => StoreError::WrongState { what: "token", status: "ended" },
                false => StoreError::NotFound { what: "token" },
            });
        };
        let old = token(name, &row)?;
        let new = NewToken { label: new.label.clone().or_else(|| old.label.clone()), ..new.clone() };
        let (made, entry) = insert_token(&work, account_id, &new, Some(token_id), by).await?;
        let ends_at = old.expires_at.map(Micros::rfc3339);
        let rotated = by.did("token.rotate").subject(token_id).with("account_id", account_id);
        let rotated = rotated.with("token_id", made.token_id.clone()).with("expires_at", ends_at);
        audit::append(&work, vec![entry, rotated]).await?;
        work.commit().await?;
        Ok((made, old))
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
    pub async fn revoke_token(&self, account_id: &str, token_id: &str, by: &By) -> Result<Token, StoreError> {
        let name = "accounts.revoke_token";
        let work = Work::begin(self).await?;
        let row = work.query_opt(name, REVOKE_TOKEN, &[&account_id, &token_id, &by.name()]).await?;
        let row = row.ok_or(StoreError::NotFound { what: "token" })?;
        if row.try_get("changed").map_err(StoreError::of(name))? {
            let entry = by.did("token.revoke").subject(token_id).with("account_id", account_id);
            audit::append(&work, vec![entry]).await?;
        }
        work.commit().await?;
        token(name, &row)
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
        let created_by = row.try_get("token_created_by").map_err(StoreError::of(name))?;
        let token = Token { created_at: instant(name, &row, "token_created_at")?, created_by, ..token(name, &row)? };
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

pub(crate) async fn insert(work: &Work, new: &NewAccount, by: &By) -> Result<(Account, NewEntry), StoreError> {
    let name = "accounts.create";
    if let Some(owner) = &new.owner_id {
        check_owner(work, owner, &new.account_id).await?;
    }
    let params: [&(dyn ToSql + Sync); 8] = [
        &new.account_id,
        &new.kind.as_str(),
        &new.display_name,
        &new.roles,
        &new.permissions,
        &new.tenant_ids,
        &by.name(),
        &new.owner_id,
    ];
    let row = work.query_opt(name, CREATE, &params).await?.ok_or(StoreError::Exists { what: "account" })?;
    let made = account(name, &row)?;
    let entry = by.did("account.create").subject(&made.account_id).with("kind", made.kind.as_str());
    let entry = entry.with("roles", made.roles.clone()).with("permissions", made.permissions.clone());
    let entry = entry.with("tenant_ids", made.tenant_ids.clone()).with("owner_id", made.owner_id.clone());
    Ok((made, entry))
}

/// Lets `owner` answer for an account: whoever answers for another has nobody who answers for them, so that two accounts are one
/// person exactly where they have the same owner or one of them is the other's.
async fn check_owner(work: &Work, owner: &str, account_id: &str) -> Result<(), StoreError> {
    let name = "accounts.lock_owner";
    let mut known = false;
    for row in work.query(name, LOCK_OWNER, &[&owner, &account_id]).await? {
        let one: &str = row.try_get(0).map_err(StoreError::of(name))?;
        let (owned, owns): (bool, bool) =
            (row.try_get(1).map_err(StoreError::of(name))?, row.try_get(2).map_err(StoreError::of(name))?);
        known |= one == owner;
        if one == owner && owned {
            return Err(StoreError::WrongState { what: "owner", status: "answered for by another one" });
        }
        if one == account_id && owns {
            return Err(StoreError::WrongState { what: "account", status: "the owner of others" });
        }
    }
    if known { Ok(()) } else { Err(StoreError::NotFound { what: "owner" }) }
}

async fn insert_token(
    work: &Work,
    account_id: &str,
    new: &NewToken,
    replaces: Option<&str>,
    by: &By,
) -> Result<(Token, NewEntry), StoreError> {
    let name = "accounts.create_token";
    let (secret, expires_at) = (new.secret_sha256.as_slice(), new.expires_at.map(PgMicros));
    let params: [&(dyn ToSql + Sync); 7] =
        [&new.token_id, &account_id, &secret, &expires_at, &new.label, &by.name(), &replaces];
    let Some(row) = work.query_opt(name, CREATE_TOKEN, &params).await? else {
        let known = work.query_opt("accounts.one", ONE, &[&account_id]).await?.is_some();
        return Err(if known {
            StoreError::Exists { what: "token" }
        } else {
            StoreError::NotFound { what: "account" }
        });
    };
    let made = token(name, &row)?;
    let entry = by.did("token.create").subject(&made.token_id).with("account_id", account_id);
    Ok((made, entry.with("expires_at", new.expires_at.map(Micros::rfc3339))))
}

/// What became different, each with what it was before.
fn differences(entry: NewEntry, before: &Account, after: &Account) -> NewEntry {
    let lists = [
        ("roles", "roles_before", &before.roles, &after.roles),
        ("permissions", "permissions_before", &before.permissions, &after.permissions),
        ("tenant_ids", "tenant_ids_before", &before.tenant_ids, &after.tenant_ids),
    ];
    let entry = lists
        .into_iter()
        .filter(|(_, _, was, is)| was != is)
        .fold(entry, |entry, (now, then, was, is)| entry.with(now, is.clone()).with(then, was.clone()));
    let entry = if before.owner_id == after.owner_id {
        entry
    } else {
        entry.with("owner_id", after.owner_id.clone()).with("owner_id_before", before.owner_id.clone())
    };
    let entry = if before.disabled == after.disabled { entry } else { entry.with("disabled", after.disabled) };
    match &after.display_name {
        Some(name) if before.display_name != after.display_name => entry.with("display_name", name.clone()),
        _ => entry,
    }
}

pub(crate) fn account(name: &'static str, row: &Row) -> Result<Account, StoreError> {
    let failed = StoreError::of(name);
    let kind: &str = row.try_get("kind").map_err(failed)?;
    Ok(Account {
        account_id: row.try_get("account_id").map_err(failed)?,
        kind: if kind == "person" { AccountKind::Person } else { AccountKind::Service },
        display_name: row.try_get("display_name").map_err(failed)?,
        owner_id: row.try_get("owner_id").map_err(failed)?,
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
    Ok(Token {
        token_id: row.try_get("token_id").map_err(failed)?,
        account_id: row.try_get("account_id").map_err(failed)?,
        created_at: instant(name, row, "created_at")?,
        expires_at: instant_if_any(name, row, "expires_at")?,
        revoked_at: instant_if_any(name, row, "revoked_at")?,
        last_used_at: instant_if_any(name, row, "last_used_at")?,
        label: row.try_get("label").map_err(failed)?,
        created_by: row.try_get("created_by").map_err(failed)?,
        revoked_by: row.try_get("revoked_by").map_err(failed)?,
        replaces: row.try_get("replaces").map_err(failed)?,
    })
}

pub(crate) fn instant(name: &'static str, row: &Row, column: &str) -> Result<Micros, StoreError> {
    row.try_get::<_, PgMicros>(column).map(|at| at.0).map_err(StoreError::of(name))
}

pub(crate) fn instant_if_any(name: &'static str, row: &Row, column: &str) -> Result<Option<Micros>, StoreError> {
    row.try_get::<_, Option<PgMicros>>(column).map(|at| at.map(|at| at.0)).map_err(StoreError::of(name))
}
