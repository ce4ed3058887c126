//! People: their passwords, and how often somebody failed to be one of them.

use dg_domain::Micros;
use tokio_postgres::Row;

use crate::{
    accounts::{Account, AccountKind, NewAccount, account, insert, instant_if_any},
    audit::{self, AuditKind, By, Outcome},
    error::StoreError,
    store::Store,
    work::Work,
};

const ALL: &str = include_str!("../../../sql/queries/people/all.sql");
const PASSWORD: &str = include_str!("../../../sql/queries/people/password.sql");
const SET_PASSWORD: &str = include_str!("../../../sql/queries/people/set_password.sql");
const END_ALL: &str = include_str!("../../../sql/queries/sessions/end_all.sql");
const COUNT: &str = include_str!("../../../sql/queries/sign_in/count.sql");
const FORGIVE: &str = include_str!("../../../sql/queries/sign_in/forgive.sql");
const CLEAR: &str = include_str!("../../../sql/queries/sign_in/clear.sql");

/// A person, as administrators see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their account.
    pub account: Account,
    /// Since when their password is what it is; `None` without one.
    pub password_changed_at: Option<Micros>,
    /// Whether somebody else chose it.
    pub must_change: bool,
    /// When a session of theirs was last used, to the minute.
    pub last_seen_at: Option<Micros>,
}

/// A password to set, hashed already.
#[derive(Clone)]
pub struct NewPassword {
    /// Argon2id in PHC form.
    pub phc: String,
    /// Whether the person is to choose another one.
    pub must_change: bool,
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPassword").field("must_change", &self.must_change).finish_non_exhaustive()
    }
}

/// What a password is checked against.
#[derive(Clone)]
pub struct PasswordCredential {
    /// Whose it is.
    pub account: Account,
    /// Argon2id in PHC form.
    pub phc: String,
    /// Whether the person is to choose another one.
    pub must_change: bool,
}

impl std::fmt::Debug for PasswordCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordCredential").field("account", &self.account).finish_non_exhaustive()
    }
}

/// How often something was tried in its window, this try included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tries {
    /// What was tried, or from where.
    pub scope: String,
    /// How often.
    pub failures: i64,
    /// Until the count begins anew.
    pub seconds_left: i64,
}

impl Store {
    /// Makes a person with a password, or with none when they come by other ways.
    ///
    /// # Errors
    /// [`StoreError::Exists`], or the database's.
    pub async fn create_person(
        &self,
        new: &NewAccount,
        password: Option<&NewPassword>,
        by: &By,
    ) -> Result<Account, StoreError> {
        let work = Work::begin(self).await?;
        let (made, entry) = insert(&work, &NewAccount { kind: AccountKind::Person, ..new.clone() }, by).await?;
        if let Some(password) = password {
            write_password(&work, &made.account_id, password, by).await?;
        }
        audit::append(&work, vec![entry.with("password", password.is_some())]).await?;
        work.commit().await?;
        Ok(made)
    }

    /// Every person, by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn people(&self) -> Result<Vec<Person>, StoreError> {
        let name = "people.all";
        self.query(name, ALL, &[&None::<&str>]).await?.iter().map(|row| person(name, row)).collect()
    }

    /// One person; `None` also for a program of that name.
    ///
    /// # Errors
    /// The database's.
    pub async fn person(&self, account_id: &str) -> Result<Option<Person>, StoreError> {
        let name = "people.all";
        self.query_opt(name, ALL, &[&account_id]).await?.map(|row| person(name, &row)).transpose()
    }

    /// What a password is checked against; `None` when no password opens this account.
    ///
    /// # Errors
    /// The database's.
    pub async fn password_of(&self, account_id: &str) -> Result<Option<PasswordCredential>, StoreError> {
        let name = "people.password";
        let Some(row) = self.query_opt(name, PASSWORD, &[&account_id]).await? else { return Ok(None) };
        let failed = StoreError::of(name);
        Ok(Some(PasswordCredential {
            account: account(name, &row)?,
            phc: row.try_get("phc").map_err(failed)?,
            must_change: row.try_get("must_change").map_err(failed)?,
        }))
    }

    /// Sets a person's password and ends all their sessions but `keep`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without such a person, or the database's.
    pub async fn set_password(
        &self,
        account_id: &str,
        password: &NewPassword,
        keep: Option<&str>,
        by: &By,
    ) -> Result<(), StoreError> {
        if self.person(account_id).await?.is_none() {
            return Err(StoreError::NotFound { what: "user" });
        }
        let work = Work::begin(self).await?;
        write_password(&work, account_id, password, by).await?;
        work.query("sessions.end_all", END_ALL, &[&account_id, &by.name(), &keep]).await?;
        let entry = by.did("user.password").subject(account_id).with("must_change", password.must_change);
        audit::append(&work, vec![entry]).await?;
        work.commit().await
    }

    /// Counts a try to sign in, before it is made, for each of `scopes`; a count lasts `window_seconds` from its first try.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_try(&self, scopes: &[&str], window_seconds: f64) -> Result<Vec<Tries>, StoreError> {
        let name = "sign_in.count";
        let rows = self.query(name, COUNT, &[&scopes, &window_seconds]).await?;
        let read = |row: &Row| -> Result<Tries, tokio_postgres::Error> {
            Ok(Tries {
                scope: row.try_get("scope")?,
                failures: row.try_get("failures")?,
                seconds_left: row.try_get("seconds_left")?,
            })
        };
        rows.iter().map(|row| read(row).map_err(StoreError::of(name))).collect()
    }

    /// Takes a try back that succeeded.
    ///
    /// # Errors
    /// The database's.
    pub async fn forgive_try(&self, account_scope: &str, address_scope: &str) -> Result<(), StoreError> {
        self.query("sign_in.forgive", FORGIVE, &[&account_scope, &address_scope]).await.map(drop)
    }

    /// Notes that a sign-in by `method` (`password` or `oidc`) was refused, and removes a few counts that are over.
    ///
    /// # Errors
    /// The database's.
    pub async fn refused_sign_in(
        &self,
        account_id: Option<&str>,
        method: &'static str,
        reason: &str,
        by: &By,
    ) -> Result<(), StoreError> {
        let entry = by.note(AuditKind::SignIn, "session.sign_in", Outcome::Refused);
        let entry = entry.with("method", method).with("reason", reason);
        let entry = account_id.into_iter().fold(entry, |entry, account_id| entry.subject(account_id));
        let work = Work::begin(self).await?;
        work.query("sign_in.clear", CLEAR, &[]).await?;
        audit::append(&work, vec![entry]).await?;
        work.commit().await
    }
}

pub(crate) async fn write_password(
    work: &Work,
    account_id: &str,
    new: &NewPassword,
    by: &By,
) -> Result<(), StoreError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 4] = [&account_id, &new.phc, &new.must_change, &by.name()];
    work.query("people.set_password", SET_PASSWORD, &params).await.map(drop)
}

fn person(name: &'static str, row: &Row) -> Result<Person, StoreError> {
    let must_change: Option<bool> = row.try_get("must_change").map_err(StoreError::of(name))?;
    Ok(Person {
        account: account(name, row)?,
        password_changed_at: instant_if_any(name, row, "changed_at")?,
        must_change: must_change.unwrap_or(false),
        last_seen_at: instant_if_any(name, row, "last_seen_at")?,
    })
}
