//! What `dg init`, `dg migrate` and `dg up` do in the database itself.

use dg_http::{
    setup::{GOOD_FOR_S, SetupCode},
    token::Minted,
};
use dg_storage::{
    DatabaseConfig, Store, StoreError,
    accounts::{Account, NewAccount, NewToken},
    audit::By,
    bootstrap,
};
use percent_encoding::percent_decode_str;

use crate::failure::{Exit, Failure};

/// Owns the schema; tables are changed in its name.
pub(crate) const OWNER: &str = "dg_owner";

/// The name that is used when a URL names none.
pub(crate) const DATABASE: &str = "decisiongraph";

/// The connection of the schema's owner: whatever user the URL names becomes the owner after connecting.
pub(crate) fn owner(url: &str) -> DatabaseConfig {
    DatabaseConfig::new(url).with_role(OWNER)
}

/// The database a URL names.
pub(crate) fn database_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let named = query.split('&').find_map(|pair| pair.strip_prefix("dbname="));
    let path = before.split_once('/').map(|(_, path)| path);
    let name = named.or(path).filter(|name| !name.is_empty())?;
    Some(percent_decode_str(name).decode_utf8_lossy().into_owned())
}

/// The same URL with the database `name`.
pub(crate) fn with_database(url: &str, name: &str) -> Result<String, Failure> {
    Ok(bootstrap::with_database(url, name)?)
}

/// An account that may do everything everywhere; the one that is there if the name is taken.
pub(crate) async fn administrator(store: &Store, account_id: &str, by: &str) -> Result<(Account, bool), StoreError> {
    account(store, everywhere(account_id, "admin", &["*"]), by).await
}

/// What an account with one role in every tenant looks like.
pub(crate) fn everywhere(account_id: &str, role: &str, permissions: &[&str]) -> NewAccount {
    NewAccount {
        account_id: account_id.to_owned(),
        roles: vec![role.to_owned()],
        permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
        tenant_ids: vec!["*".to_owned()],
        ..NewAccount::default()
    }
}

/// An account, and whether it is new; the one that is there if the name is taken.
pub(crate) async fn account(store: &Store, new: NewAccount, by: &str) -> Result<(Account, bool), StoreError> {
    if let Some(account) = store.account(&new.account_id).await? {
        return Ok((account, false));
    }
    match store.create_account(&new, &By::of(by)).await {
        Ok(account) => Ok((account, true)),
        Err(StoreError::Exists { what }) => match store.account(&new.account_id).await? {
            Some(account) => Ok((account, false)),
            None => Err(StoreError::Exists { what }),
        },
        Err(error) => Err(error),
    }
}

/// Stores a token that was drawn before.
pub(crate) async fn enter_token(store: &Store, account_id: &str, minted: &Minted, by: &str) -> Result<(), StoreError> {
    let (token_id, secret_sha256) = (minted.token_id.clone(), minted.digest);
    let new = NewToken { token_id, secret_sha256, expires_at: None, label: None };
    store.create_token(account_id, &new, &By::of(by)).await.map(drop)
}

/// Makes a code with which the first person of the console can be made; `None` when there is somebody who can sign in.
pub(crate) async fn open_setup(store: &Store, by: &str) -> Result<Option<SetupCode>, StoreError> {
    let code = SetupCode::draw();
    Ok(store.open_setup(&code.digest, GOOD_FOR_S, &By::of(by)).await?.then_some(code))
}

/// Refuses what can only end in confusion: a text that is not a URL.
pub(crate) fn check_url(url: &str) -> Result<(), Failure> {
    if url.starts_with("postgresql://") || url.starts_with("postgres://") {
        return Ok(());
    }
    // Not repeated in the message: it may hold a password.
    Err(Failure::new(Exit::Config, "bad_database_settings", "the database address is not a PostgreSQL URL")
        .advise("give it as postgresql://user@host/name or postgresql:///name?host=/socket/dir"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_found() {
        for (url, expected) in [
            ("postgresql://u@h:5432/dg", Some("dg")),
            ("postgresql:///dg?host=%2Frun&user=u", Some("dg")),
            ("postgresql://h/a%20b", Some("a b")),
            ("postgresql://h?dbname=x&user=y", Some("x")),
            ("postgresql://h/", None),
            ("postgresql://h", None),
            ("host=/run", None),
        ] {
            assert_eq!(database_of(url).as_deref(), expected, "{url}");
        }
    }
}
