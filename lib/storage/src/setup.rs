//! The first person of an installation: made with a code, while there is nobody who can sign in.

use crate::{
    accounts::{Account, AccountKind, NewAccount, insert},
    audit::{self, By},
    error::StoreError,
    people::{NewPassword, write_password},
    store::Store,
    work::Work,
};

const OPEN: &str = include_str!("../../../sql/queries/setup/open.sql");
const IS_OPEN: &str = include_str!("../../../sql/queries/setup/is_open.sql");
const TAKE: &str = include_str!("../../../sql/queries/setup/take.sql");

impl Store {
    /// Makes a code good for `seconds`, given by its SHA-256, in place of the one before. For the schema's owner. Answers
    /// whether it is good: it is not when there is anybody who can sign in.
    ///
    /// # Errors
    /// The database's.
    pub async fn open_setup(&self, code_sha256: &[u8; 32], seconds: f64, by: &By) -> Result<bool, StoreError> {
        let code = code_sha256.as_slice();
        Ok(self.query_opt("setup.open", OPEN, &[&code, &seconds, &by.name()]).await?.is_some())
    }

    /// Whether there is a code that is good.
    ///
    /// # Errors
    /// The database's.
    pub async fn setup_is_open(&self) -> Result<bool, StoreError> {
        let name = "setup.is_open";
        let row = self.query_opt(name, IS_OPEN, &[]).await?;
        row.map_or(Ok(false), |row| row.try_get("open").map_err(StoreError::of(name)))
    }

    /// Makes the first person, and uses the code up; `None`, and nothing is made, when the code is not good.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when a program has that name, or the database's.
    pub async fn set_up(
        &self,
        code_sha256: &[u8; 32],
        new: &NewAccount,
        password: &NewPassword,
        by: &By,
    ) -> Result<Option<Account>, StoreError> {
        let work = Work::begin(self).await?;
        if work.query("setup.take", TAKE, &[&code_sha256.as_slice()]).await?.is_empty() {
            return Ok(None);
        }
        let (made, entry) = insert(&work, &NewAccount { kind: AccountKind::Person, ..new.clone() }, by).await?;
        write_password(&work, &made.account_id, password, by).await?;
        audit::append(&work, vec![entry.with("password", true).with("setup", true)]).await?;
        work.commit().await?;
        Ok(Some(made))
    }
}
